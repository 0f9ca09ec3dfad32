/* SPDX-License-Identifier: MIT
 *
 * Reno (RFC 5681):
 *
 *     cwnd
 *      |            /|             slow start doubles cwnd every round trip up to ssthresh;
 *      |         __/ |      __/    congestion avoidance adds one MSS a round trip;
 *      |      __/    |   __/       a loss halves what was in flight.
 *      |    _/       |__/
 *      |  _/
 *      +---------------------------> time
 */
#include "tcp/cc.h"

#define CC_WINDOW_MAX (1u << 30) /* the largest window that can be advertised (RFC 7323 2.3) */

/* RFC 3465 2.3 had an ACK count for two segments at most, when receivers sent one for every second. Those that merge
 * segments first (GRO) send one for dozens, and slow start would be linear: as in RFC 9002 7.3.1 and Linux, all that is
 * acknowledged counts. */
#define CC_UNLIMITED UINT16_MAX

static uint32_t min32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t max32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* RFC 6928 2: min (10*MSS, max (2*MSS, 14600)) */
static uint32_t initial_window(const struct cc_window *w)
{
	return min32(10 * w->mss, max32(2 * w->mss, 14600));
}

static void reno_start(struct cc_window *w)
{
	w->cwnd = initial_window(w);
	w->ssthresh = CC_WINDOW_MAX; /* RFC 5681 3.1: arbitrarily high */
	w->credit = 0;
	w->limit = CC_UNLIMITED;
}

static void reno_acked(struct cc_window *w, uint32_t bytes)
{
	if (w->cwnd < w->ssthresh) { /* RFC 3465 2.2 */
		w->cwnd = min32(w->cwnd + min32(bytes, w->limit * w->mss), CC_WINDOW_MAX);
		return;
	}
	w->limit = CC_UNLIMITED;
	w->credit += bytes; /* RFC 3465 2.1: a whole window acknowledged is worth one MSS */
	if (w->credit >= w->cwnd) {
		w->credit -= w->cwnd;
		w->cwnd = min32(w->cwnd + w->mss, CC_WINDOW_MAX);
	}
}

static void reno_lost(struct cc_window *w, uint32_t in_flight)
{
	w->ssthresh = max32(in_flight / 2, 2 * w->mss); /* RFC 5681 3.1, equation (4) */
	w->credit = 0;
}

static void reno_timed_out(struct cc_window *w, uint32_t in_flight, int again)
{
	if (!again) /* RFC 5681 3.1: retransmitting the same data again halves nothing further */
		reno_lost(w, in_flight);
	w->cwnd = w->mss;
	w->credit = 0;
	w->limit = 1; /* RFC 3465 2.3: an ACK may now speak of what had arrived long ago */
}

static void reno_idle(struct cc_window *w)
{
	w->cwnd = min32(w->cwnd, initial_window(w)); /* RFC 5681 4.1 */
}

const struct congestion_control cc_reno = {
    .name = "reno",
    .start = reno_start,
    .acked = reno_acked,
    .lost = reno_lost,
    .timed_out = reno_timed_out,
    .idle = reno_idle,
};
