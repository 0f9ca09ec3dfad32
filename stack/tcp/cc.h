/* SPDX-License-Identifier: MIT
 *
 * Congestion control behind a table of five functions. A controller sees its window and what happened, never the
 * connection: to try one of one's own, write the five and put the table's address into tcp_init().
 *
 * All amounts are bytes. The caller guarantees 0 < mss; a controller keeps cwnd >= mss and ssthresh >= 2 * mss.
 */
#ifndef STRATA_TCP_CC_H
#define STRATA_TCP_CC_H

#include <stdint.h>

struct cc_window {
	uint32_t mss;      /* the effective send MSS (SMSS of RFC 5681 2) */
	uint32_t cwnd;     /* congestion window: what may be in flight */
	uint32_t ssthresh; /* below it slow start, from it on congestion avoidance */
	uint32_t credit;   /* acknowledged in congestion avoidance since cwnd last grew */
	uint32_t limit;    /* most segments' worth that one ACK adds in slow start: L of RFC 3465 2.3 */
};

struct congestion_control {
	const char *name;
	/* The connection is established: set cwnd and ssthresh. */
	void (*start)(struct cc_window *w);
	/* New data was acknowledged outside of loss recovery, while the window was in use. */
	void (*acked)(struct cc_window *w, uint32_t bytes);
	/* Duplicate ACKs told of a loss: set ssthresh, from what was in flight; cwnd is the caller's in recovery. */
	void (*lost)(struct cc_window *w, uint32_t in_flight);
	/* The retransmission timer ran out: set both. `again`: for the same data as before. */
	void (*timed_out)(struct cc_window *w, uint32_t in_flight, int again);
	/* Nothing was sent for one RTO: what cwnd said has grown old. */
	void (*idle)(struct cc_window *w);
};

/* RFC 5681, byte counting by RFC 3465 (L = 1 after a time-out, else unlimited), initial window by RFC 6928. */
extern const struct congestion_control cc_reno;

#endif
