/* SPDX-License-Identifier: MIT
 *
 * TIME-WAIT (RFC 9293 3.6.1, MUST-13): for two maximum segment lifetimes after the close the four-tuple is remembered,
 * so that the peer's FIN is acknowledged again if that ACK was lost, and old duplicates do not reach a new connection.
 *
 * What has to be remembered is little, so the connection's control block goes at once, and a record of under 128 bytes
 * stays. All records wait equally long: they stand in one list, oldest first, under one deadline.
 *
 *     OPEN by our own user, after 1 s     the same, where timestamps tell the two apart (RFC 7323 B.2)
 *     SYN, newer than all we have seen    a new connection may begin (RFC 6191), with sequence numbers above the old
 *     RST                                 ignored: it could cut TIME-WAIT short (RFC 1337 3, TIME-WAIT assassination)
 *     FIN, or anything out of place       acknowledged; a FIN starts the time anew
 */
#ifndef STRATA_TCP_TCP_TIME_WAIT_H
#define STRATA_TCP_TCP_TIME_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/deadline.h"
#include "base/list.h"

struct stack;
struct ip_datagram;
struct tcp_connection;
struct tcp_header;

#define TCP_TIME_WAIT_TIME  60000000 /* microseconds: 2 MSL, of 30 s each as in Linux (RFC 9293 3.4.2: of 2 minutes) */
#define TCP_TIME_WAIT_REUSE 1000000  /* microseconds after which a timestamp is certainly a new one, as in Linux */
#define TCP_TIME_WAIT_MAX   262144   /* records; the oldest makes room for one more */

struct tcp_time_wait {
	struct tcp_time_wait *next; /* in its bucket */
	struct list node;           /* in tcp_time_waits.oldest_first */
	uint64_t expires;
	uint64_t unchallenged; /* before then no further challenge ACK is sent */
	struct endpoint local;
	struct endpoint remote;
	uint32_t snd_nxt; /* as on the wire, where all comparisons of a record take place */
	uint32_t rcv_nxt;
	uint32_t rcv_wnd;   /* bytes */
	uint32_t ts_recent; /* the peer's newest timestamp */
	uint32_t ts_offset; /* of ours */
	uint16_t window;    /* the field that our last segment had */
	bool timestamps;
};

struct tcp_time_waits {
	struct tcp_time_wait **buckets;
	size_t bucket_count; /* a power of two, or 0 before the first record */
	size_t count;
	struct list oldest_first;
	struct deadline deadline; /* of the oldest */
};

void tcp_time_wait_init(struct stack *s);
void tcp_time_wait_release(struct stack *s);

/* A connection enters TIME-WAIT: a record takes its place, and what ACK it owes is sent. The control block is gone
 * afterwards, or CLOSED where it has a user who may still read. Without memory for the record the four-tuple is
 * forgotten at once. */
void tcp_time_wait_enter(struct stack *s, struct tcp_connection *c);

/* The record of this four-tuple, or NULL. */
struct tcp_time_wait *tcp_time_wait_lookup(struct stack *s, const struct endpoint *local,
					   const struct endpoint *remote);

/* A segment for a record. True: it is the SYN of a new connection (RFC 6191), whose sequence numbers must lie above
 * *iss_floor; the record is gone, and the segment is the listener's. With iss_floor NULL nobody listens, and no new
 * connection can begin. */
bool tcp_time_wait_input(struct stack *s, struct tcp_time_wait *w, const struct tcp_header *h, size_t text_length,
			 uint32_t *iss_floor);

/* Whether we may open a connection in this one's place: both sides sent timestamps, and ours has grown since. */
bool tcp_time_wait_reusable(const struct stack *s, const struct tcp_time_wait *w);

/* Let it go for a new connection, whose sequence numbers must lie above what is returned. */
uint32_t tcp_time_wait_replace(struct stack *s, struct tcp_time_wait *w);

/* stack_tick(): the oldest record's time is over. */
void tcp_time_wait_deadline(struct stack *s);

#endif
