/* SPDX-License-Identifier: MIT
 *
 * The cache of answers; see dns_cache.h.
 */
#include "dns/dns_cache.h"

#include <string.h>

void dns_cache_init(struct dns_cache *cache, struct siphash_key hash)
{
	for (unsigned i = 0; i < DNS_CACHE_BUCKETS; i++)
		list_init(&cache->buckets[i]);
	list_init(&cache->used);
	cache->hash = hash;
}

static size_t cost(size_t length)
{
	return sizeof(struct dns_entry) + length;
}

struct dns_entry *dns_entry_get(struct memory *memory, size_t length)
{
	struct dns_entry *entry = memory_get(memory, cost(length));

	if (!entry)
		return NULL;
	list_init(&entry->bucket);
	list_init(&entry->used);
	entry->length = length;
	return entry;
}

void dns_entry_put(struct memory *memory, struct dns_entry *entry)
{
	memory_put(memory, entry, cost(entry->length));
}

static void drop(struct dns_cache *cache, struct memory *memory, struct dns_entry *entry)
{
	list_remove(&entry->bucket);
	list_remove(&entry->used);
	cache->bytes -= cost(entry->length);
	dns_entry_put(memory, entry);
}

static struct dns_entry *oldest(struct dns_cache *cache)
{
	return LIST_ITEM(cache->used.next, struct dns_entry, used);
}

void dns_cache_release(struct dns_cache *cache, struct memory *memory)
{
	while (!list_empty(&cache->used))
		drop(cache, memory, oldest(cache));
}

/* Upper and lower case are the same name, so they have the same hash. */
static struct list *bucket_of(struct dns_cache *cache, const struct dns_name *name)
{
	uint8_t bytes[DNS_NAME_MAX];

	for (size_t i = 0; i < name->length; i++)
		bytes[i] = (uint8_t)(name->bytes[i] - (name->bytes[i] >= 'A' && name->bytes[i] <= 'Z' ? 'A' - 'a' : 0));
	return &cache->buckets[siphash(&cache->hash, bytes, name->length) % DNS_CACHE_BUCKETS];
}

static bool same_name(const struct dns_entry *entry, const struct dns_key *key)
{
	return endpoint_equal(&entry->key.server, &key->server) && dns_name_equal(&entry->key.name, &key->name);
}

static bool is_over(const struct dns_entry *entry, uint64_t now)
{
	return dns_entry_age(entry, now) >= entry->ttl;
}

uint32_t dns_entry_age(const struct dns_entry *entry, uint64_t now)
{
	return (uint32_t)((now - entry->since) / 1000000);
}

/* What says something about this question: of its type, or that the name is not there at all. */
static struct dns_entry *lookup(struct dns_cache *cache, const struct dns_key *key)
{
	struct list *bucket = bucket_of(cache, &key->name);

	for (struct list *node = bucket->next; node != bucket; node = node->next) {
		struct dns_entry *entry = LIST_ITEM(node, struct dns_entry, bucket);
		bool type =
		    entry->key.type == key->type || (entry->status == DNS_NXDOMAIN && entry->key.type == DNS_ANY);
		if (type && same_name(entry, key))
			return entry;
	}
	return NULL;
}

bool dns_cache_add(struct dns_cache *cache, struct memory *memory, struct dns_entry *entry)
{
	struct dns_entry *old;

	if (entry->ttl == 0 || cost(entry->length) > DNS_CACHE_ENTRY)
		return false;
	while ((old = lookup(cache, &entry->key)))
		drop(cache, memory, old);
	while (cache->bytes + cost(entry->length) > DNS_CACHE_BYTES)
		drop(cache, memory, oldest(cache));
	list_append(bucket_of(cache, &entry->key.name), &entry->bucket);
	list_append(&cache->used, &entry->used);
	cache->bytes += cost(entry->length);
	return true;
}

const struct dns_entry *dns_cache_find(struct dns_cache *cache, struct memory *memory, const struct dns_key *key,
				       uint64_t now)
{
	struct dns_entry *entry;

	while ((entry = lookup(cache, key)) && is_over(entry, now))
		drop(cache, memory, entry);
	if (!entry)
		return NULL;
	list_remove(&entry->used);
	list_append(&cache->used, &entry->used);
	return entry;
}
