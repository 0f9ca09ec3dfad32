/* SPDX-License-Identifier: MIT
 *
 * What has been answered before, kept for as long as its TTL says.
 *
 * An entry is the answer to one question: its aliases and records without pointers, as dns_emit_record() writes them; or that there is no
 * such name (then for all types of it), or nothing of this type (RFC 2308 5). Entries hang in a hash table by name, and in a
 * list by use; when there is no room for one more, the one that has not been used for longest goes.
 *
 *     buckets[hash(name)] -> entry -> entry            key: name, type, server (0.0.0.0: those of the stack)
 *     used                -> oldest ... latest
 */
#ifndef STRATA_DNS_DNS_CACHE_H
#define STRATA_DNS_DNS_CACHE_H

#include "base/list.h"
#include "base/memory.h"
#include "base/siphash.h"
#include "dns/dns.h"

#define DNS_CACHE_BUCKETS 64
#define DNS_CACHE_BYTES   ((size_t)256 << 10) /* of all entries together */
#define DNS_CACHE_ENTRY   (DNS_CACHE_BYTES / 8)
#define DNS_TTL_MAX       86400 /* a day: for so long a wrong answer stays at most (RFC 8767 4 lets it be seven) */
#define DNS_NEGATIVE_MAX  10800 /* three hours (RFC 2308 5) */

/* What was asked. */
struct dns_key {
	struct dns_name name;
	uint16_t type; /* DNS_ANY in the cache, for NXDOMAIN: all types */
	bool tcp;      /* the cache does not care */
	struct endpoint server;
};

struct dns_entry {
	struct list bucket;
	struct list used;
	struct dns_key key;
	enum dns_status status;
	struct endpoint from; /* the server that said so */
	uint64_t since;       /* microseconds: when it came */
	uint32_t ttl;         /* seconds from then on */
	size_t length;        /* of records */
	uint8_t records[];
};

struct dns_cache {
	struct list buckets[DNS_CACHE_BUCKETS];
	struct list used;
	size_t bytes;
	struct siphash_key hash;
};

void dns_cache_init(struct dns_cache *cache, struct siphash_key hash);
void dns_cache_release(struct dns_cache *cache, struct memory *memory);

/* An entry with room for so many bytes of records, in no cache yet; NULL: no memory. */
struct dns_entry *dns_entry_get(struct memory *memory, size_t length);
void dns_entry_put(struct memory *memory, struct dns_entry *entry);

/* Take an entry over, in place of what is known of the same question. False: it is not worth keeping (TTL 0, or too large),
 * and the caller's still. */
bool dns_cache_add(struct dns_cache *cache, struct memory *memory, struct dns_entry *entry);

/* The answer to this question, if it is known and not over: good until the next call that is given the cache. */
const struct dns_entry *dns_cache_find(struct dns_cache *cache, struct memory *memory, const struct dns_key *key,
				       uint64_t now);

/* Whole seconds since it came. */
uint32_t dns_entry_age(const struct dns_entry *entry, uint64_t now);

#endif
