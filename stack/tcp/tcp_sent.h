/* SPDX-License-Identifier: MIT
 *
 * What was sent and when: a record of each segment in flight, oldest first. On it rest selective acknowledgment (it is
 * the scoreboard of RFC 6675 1) and the detection of losses by time (RFC 8985 5.2).
 *
 *     snd_una                                                  snd_nxt
 *        | lost  | sacked | sacked |  lost, went again | sacked |   | ...
 *        [ record 0 ][ record 1 ][ record 2 ] ...             records, one behind the other, without a gap
 *
 * A segment is sacked, or lost, or neither: then it counts as in the network. One that was lost and went again is in
 * the network, too; what it was before is only worth the mark `again`.
 *
 * The records are there while something is in flight on a connection whose peer agreed to SACK (RFC 2018 2), and go
 * with the last ACK. Where there is no memory for them, the connection goes on as with a peer without SACK
 * (tcp_recovery.c) until all is acknowledged.
 */
#ifndef STRATA_TCP_TCP_SENT_H
#define STRATA_TCP_TCP_SENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"

struct stack;
struct tcp_connection;

#define TCP_SENT_FIRST 16   /* records that there is room for at first: more than an initial window */
#define TCP_SENT_MAX   8192 /* and at most: 8 MiB in flight at an MSS of 1024 */

/* One segment in flight. */
struct tcp_record {
	uint64_t start;   /* position of its first byte; moves up when a part of it is acknowledged */
	uint64_t sent_at; /* the last time that it was sent (Segment.xmit_ts of RFC 8985) */
	uint32_t length;  /* in sequence space: text, and one for a FIN */
	bool sacked;      /* the peer has said that it has it */
	bool lost;        /* it is to go again */
	bool again;       /* it was sent more than once (Segment.retransmitted) */
};

/* The reduction of the window over a recovery (RFC 6937 3). All in bytes, since the recovery began. */
struct tcp_prr {
	uint64_t delivered; /* newly acknowledged, either way */
	uint64_t out;       /* sent */
	uint64_t flight;    /* what was in flight when it began: RecoverFS */
};

struct tcp_sent {
	struct tcp_connection *connection;
	struct deadline deadline; /* of the reordering window, or else of the loss probe (tcp_rack.c) */

	/* The scoreboard */
	uint64_t pipe;      /* bytes in the network (RFC 6675 2): of all records that are neither sacked nor lost */
	uint64_t lost_from; /* no record before this position is lost */
	uint32_t lost;      /* records that are lost */
	uint32_t sacked;    /* records that are sacked */

	/* RACK's view of the flight (RFC 8985 5.3). Of what has arrived, the newest was sent last. */
	uint64_t newest_sent_at; /* when: RACK.xmit_ts */
	uint64_t newest_end;     /* where it ended: RACK.end_seq */
	uint64_t newest_rtt;     /* how long its round trip took: RACK.rtt */
	uint64_t highest_end;    /* the highest end of what has arrived: RACK.fack */
	uint64_t dsack_round;    /* until this is acknowledged no D-SACK widens the reordering window */
	uint64_t reorder_at;     /* when the reordering window of the last suspect is over, 0 for none */

	/* Recovery, and the loss probe */
	struct tcp_prr prr;
	uint64_t recovery_at;     /* when the recovery began */
	uint64_t progress_at;     /* when an ACK last acknowledged something new */
	unsigned prompt_timeouts; /* time-outs without the floor, one after the other: below 16 */
	bool probe_now;           /* a loss probe is owed */

	uint32_t first; /* index of the oldest record */
	uint32_t count;
	uint32_t capacity; /* a power of two */
	struct tcp_record records[];
};

/* The record with this number, 0 for the oldest, below count. */
static inline struct tcp_record *tcp_sent_at(struct tcp_sent *sent, uint32_t number)
{
	return &sent->records[(sent->first + number) & (sent->capacity - 1)];
}

static inline uint64_t tcp_record_end(const struct tcp_record *r)
{
	return r->start + r->length;
}

/* The number of the first record that starts at this position or behind it; count for none. */
uint32_t tcp_sent_find(struct tcp_sent *sent, uint64_t position);

/* The oldest record that is lost, or NULL. */
struct tcp_record *tcp_sent_lost(struct tcp_sent *sent);

/* Mark a record lost that is neither sacked nor lost; mark one sacked that is not. */
void tcp_sent_lose(struct tcp_sent *sent, struct tcp_record *r);
void tcp_sent_sack(struct tcp_sent *sent, struct tcp_record *r);

/* What the peer has said in SACK blocks is taken back (RFC 2018 8). */
void tcp_sent_unsack(struct tcp_sent *sent);

/* Everything below this position is acknowledged. Answers how many bytes of the oldest record that is, and takes it out
 * if that is all of it; 0 when there is none below. `record` becomes what the record was. */
uint32_t tcp_sent_acked(struct tcp_sent *sent, uint64_t position, struct tcp_record *record);

/* Sequence space from `start` up to `end` has been sent: one segment, at snd_nxt, which has not moved yet; or a
 * record's segment, again. */
void tcp_sent_note(struct stack *s, struct tcp_connection *c, uint64_t start, uint64_t end);

/* Whether no further segment can be recorded. */
static inline bool tcp_sent_full(const struct tcp_sent *sent)
{
	return sent->count == TCP_SENT_MAX;
}

/* There are no records from here on; NULL is fine. */
void tcp_sent_release(struct stack *s, struct tcp_connection *c);

/* Whether the records are those of this connection's flight: for checks. */
bool tcp_sent_holds(const struct tcp_connection *c);

#endif
