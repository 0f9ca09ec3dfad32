/* SPDX-License-Identifier: MIT
 *
 * Looking names up (RFC 1034, RFC 1035): a stub resolver, which asks servers that find out for it.
 *
 *     dns_add_server(stack, &(struct endpoint){address, 0})
 *     dns_begin(stack, &(struct dns_wanted){.name = "www.example.com", .type = DNS_A}, done, user, &request)
 *     ... the stack is run ...
 *     done(user, answer)            from within stack_flush(): records, or why there are none
 *
 * What is known is answered without asking: numeric addresses, fixed names (dns_add_host), "localhost" (RFC 6761 6.3), and what
 * the cache still holds. Look-ups for the same thing wait for the same question. Errors are negative errno values.
 */
#ifndef STRATA_DNS_DNS_H
#define STRATA_DNS_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "dns/dns_text.h"
#include "dns/dns_wire.h"

#define DNS_PORT        53
#define DNS_SERVERS_MAX 8
#define DNS_HOSTS_MAX   256

struct stack;
struct dns_request;

enum dns_status {
	DNS_GOOD,        /* here it is */
	DNS_NO_DATA,     /* the name is there, but nothing of this type (RFC 2308 2.2) */
	DNS_NXDOMAIN,    /* there is no such name (RFC 2308 2.1) */
	DNS_SERVFAIL,    /* no server could find out; at least one says so */
	DNS_REFUSED,     /* no server wants to */
	DNS_MALFORMED,   /* what came makes no sense, or the aliases have no end */
	DNS_TIMEOUT,     /* no server has answered */
	DNS_UNREACHABLE, /* the network says that they cannot be reached, or there is none to ask */
	DNS_NO_MEMORY,
};

/* "there is no such name" and the like; static. */
const char *dns_status_text(enum dns_status status);

enum dns_source { DNS_FROM_SERVER, DNS_FROM_CACHE, DNS_FROM_HOSTS };

/* What came of a look-up. All of it is borrowed for the length of the call. */
struct dns_answer {
	enum dns_status status;
	enum dns_source source; /* hosts: fixed names, and what needs no look-up */
	struct dns_name name;   /* that was asked for */
	uint16_t type;          /* the same */
	struct endpoint server; /* that was heard or waited for last, or whose answer is in the cache */
	bool tcp;               /* by TCP */
	uint64_t time;          /* microseconds that it took */
	uint32_t age;           /* seconds since it came from its server */
	const uint8_t *records; /* for dns_answer_next() */
	size_t length;          /* of them, in bytes */
	const uint8_t *message; /* the last answer of a server, whole, for those who want to see all of it; or NULL */
	size_t message_length;
};

/* The next record, from `*at` (0 at first) on: the aliases in the order in which they lead on, then what was asked for. TTLs are
 * what is left of them. False: that was all. */
bool dns_answer_next(const struct dns_answer *answer, size_t *at, struct dns_record *record);

/* Its IPv4 addresses: how many there are; the first `room` of them are put into `addresses`. */
unsigned dns_answer_addresses(const struct dns_answer *answer, struct address *addresses, unsigned room);

/* One more server to ask, at the end of the list; port 0 stands for 53. -EINVAL: not one host; -ENOSPC: DNS_SERVERS_MAX are there. */
int dns_add_server(struct stack *stack, const struct endpoint *server);

/* The n-th of them, from 0 on, or NULL. */
const struct endpoint *dns_server(const struct stack *stack, unsigned n);

/* A fixed name: who looks for its addresses gets this one, and whatever else was added for it. -EINVAL: no name; -ENOSPC;
 * -ENOMEM. */
int dns_add_host(struct stack *stack, const char *name, struct address address);

/* What to look up, and how. */
struct dns_wanted {
	const char *name; /* as dns_name_parse() reads it; always taken from the root on, there is no search list */
	uint16_t type;    /* enum dns_type, or any other; aliases are followed unless it is DNS_CNAME or DNS_ANY */
	struct endpoint server; /* the only one to ask; address 0.0.0.0: those of the stack */
	bool tcp;               /* ask over TCP from the start */
};

/* Begin to look something up; `wanted` is copied. done() is called once, from stack_flush(), this one or a later one, never from
 * here; it may begin others. *request (where not NULL) is for dns_cancel() until then. -EINVAL: no name, or a server that is
 * not one host; -EAGAIN: too many at once; -ENOMEM. */
int dns_begin(struct stack *stack, const struct dns_wanted *wanted,
	      void (*done)(void *user, const struct dns_answer *answer), void *user, struct dns_request **request);

/* Nobody wants to know any more: done() will not be called. */
void dns_cancel(struct dns_request *request);

/* See what is remembered: each entry, those used last at the end. The answers say when they came (age), `ttl` how many seconds
 * are left. */
void dns_cache_walk(const struct stack *stack, void (*see)(void *user, const struct dns_answer *answer, uint32_t ttl),
		    void *user);

#endif
