/* SPDX-License-Identifier: MIT
 *
 * The resolver from the inside.
 *
 * Theory of operation. A request is what an application began; a query is a question on its way to a server, for which one or
 * more requests wait:
 *
 *     dns_begin -> [fresh] -- dns_flush --> answered: fixed name, cache
 *                                |
 *                                v
 *                             dns_query <---------------------------------------.
 *                                |  dns_ask: one server, one round              |
 *                                v                                              |
 *                      UDP, or TCP when the answer was cut short                |
 *                                |  dns_dispatch: answers, errors, deadlines    |
 *                                v                                              |
 *                             dns_judge --- other server, other way, alias -----'
 *                                |
 *                                v
 *                             dns_finish -> cache, done()
 *
 * Servers are asked in turn, the one that answered last first; DNS_ROUNDS times, and each round waits twice as long as the one before.
 * A server that says that it cannot help is asked no more for this query.
 *
 * Each question leaves with an id and a port that nobody can foretell (RFC 5452 4) and its letters in upper and lower case by chance
 * (draft-vixie-dnsext-dns0x20), from a socket that hears that server alone. An answer must repeat all of it. Where a server does not give
 * the letters back, or says that it does not understand EDNS, it is asked again without; and so is a silent one in the last round.
 *
 * Like the applications above it this is a user of UDP and TCP; but it is part of the stack, so it calls them directly and
 * looks at its sockets by itself, at each flush. Nothing of it happens while a frame is being received.
 */
#ifndef STRATA_DNS_RESOLVER_H
#define STRATA_DNS_RESOLVER_H

#include "base/deadline.h"
#include "base/list.h"
#include "dns/dns_cache.h"

struct udp_socket;
struct tcp_connection;

#define DNS_QUERIES_MAX  32   /* on their way at once, fewer than ARP keeps; further requests wait their turn */
#define DNS_REQUESTS_MAX 1024 /* begun and not answered */
#define DNS_ALIASES_MAX  16   /* in a row */
#define DNS_ROUNDS       3    /* how often a silent server is asked */
#define DNS_PATIENCE \
	((uint64_t)1000000) /* microseconds for the first round; the next two have twice, four times that */
#define DNS_TCP_PATIENCE ((uint64_t)10000000) /* for all of a TCP exchange */
#define DNS_ANSWER_MAX   ((size_t)256 << 10)  /* bytes of aliases and records that are gathered for one request */

struct dns_request {
	struct list node; /* in dns.fresh, or among a query's waiters */
	struct stack *stack;
	struct dns_key key;
	bool numeric; /* the name was an address: */
	struct address address;
	uint64_t begun;
	void (*done)(void *user, const struct dns_answer *answer);
	void *user;
};

/* A fixed name. */
struct dns_host {
	struct list node;
	struct dns_name name;
	struct address address;
};

/* What a query knows of one of its servers. */
struct dns_server {
	struct endpoint at;
	bool plain;    /* it does not understand EDNS (RFC 6891 7) */
	bool one_case; /* it does not give the letters back as they came */
	bool out;      /* it has said that it cannot help */
};

struct dns_query {
	struct list node; /* in dns.queries */
	struct list waiters;
	struct dns_key key;
	struct dns_name asked; /* key.name, or where its aliases have led so far */

	struct dns_server servers[DNS_SERVERS_MAX];
	unsigned server_count;
	unsigned turn;  /* whose it is */
	unsigned round; /* 0 to DNS_ROUNDS - 1 */
	bool tcp;       /* this one is asked over TCP */

	/* The question that was sent last */
	uint16_t id;
	bool edns;              /* with an OPT record */
	bool mixed;             /* spelt by chance */
	struct dns_name sent;   /* `asked`, as it was spelt */
	struct udp_socket *udp; /* one of these, or neither */
	struct tcp_connection *connection;
	bool written; /* the connection has it */
	struct deadline deadline;
	bool due;

	/* The message being received (TCP) or judged */
	uint8_t frame[2]; /* TCP's length field */
	size_t received;  /* bytes of it and the message so far */
	uint8_t *message;
	size_t message_length;
	bool understood; /* it is whole, and answers a question of ours: who looks up may see it */

	/* What came of it */
	enum dns_status status;  /* once dns_judge() says that this is the end */
	enum dns_status failure; /* the most telling of what went wrong; the more so the lower */
	uint8_t *records;        /* as in struct dns_entry */
	size_t length;
	unsigned aliases;
	uint32_t ttl; /* the least of all */
};

struct dns {
	struct endpoint servers[DNS_SERVERS_MAX];
	unsigned server_count;
	unsigned first; /* the one that answered last */
	struct list hosts;
	unsigned host_count;
	struct list fresh;
	struct list queries;
	unsigned query_count;
	unsigned request_count;
	struct dns_cache cache;
};

/* ---- the layer (dns.c) ---- */

void dns_init(struct stack *s);

/* Forget what is asked, without done(); connections end in order. */
void dns_close(struct stack *s);

/* Give everything back without a word to anybody. */
void dns_release(struct stack *s);

/* stack_tick(): a query has waited enough. */
void dns_deadline(struct deadline *deadline);

/* stack_flush(), before sockets are told: take what has come for the queries, and call done(). (dns_query.c) */
void dns_dispatch(struct stack *s);

/* stack_flush(), after that: ask what has been begun, or answer it at once. */
void dns_flush(struct stack *s);

/* ---- among the files of dns/ ---- */

/* dns.c: answer a request, which is gone afterwards. */
void dns_deliver(struct stack *s, struct dns_request *request, struct dns_answer *answer);

/* dns_query.c */
/* A query for this, with its first waiter; it is asked at once, and may be over when this returns. False: no memory. */
bool dns_query_begin(struct stack *s, struct dns_request *request);
/* The same question on its way, or NULL. */
struct dns_query *dns_query_find(struct stack *s, const struct dns_key *key);
/* Free it. `quiet`: nothing is sent any more. */
void dns_query_drop(struct stack *s, struct dns_query *q, bool quiet);

/* What a message means for a query. */
enum dns_meaning {
	DNS_MEANS_NOTHING, /* it is no answer to it: the right one may still come */
	DNS_MEANS_END,     /* of the query, with q->status */
	DNS_MEANS_ALIAS,   /* q->asked is another name now, to be asked for */
	DNS_MEANS_TCP,     /* it was cut short: ask the same server over TCP */
	DNS_MEANS_CASE,    /* its server does not keep the spelling */
	DNS_MEANS_PLAIN,   /* its server does not understand EDNS */
	DNS_MEANS_NO_HELP, /* from this server; q->failure has been noted */
};

/* dns_judge.c: check a message, and gather what it says. It has been copied to q->message unless it means nothing. */
enum dns_meaning dns_judge(struct stack *s, struct dns_query *q, const uint8_t *message, size_t length);

/* Note what went wrong, where it tells more than what did before. */
void dns_note_failure(struct dns_query *q, enum dns_status failure);

#endif
