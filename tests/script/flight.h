/* SPDX-License-Identifier: MIT
 *
 * What the scripts about loss share: a flight of segments that are counted, and a peer that says which of them it has. Segments have 1000
 * bytes and are numbered from 1; the round trip is 100 ms.
 */
#ifndef STRATA_TESTS_SCRIPT_FLIGHT_H
#define STRATA_TESTS_SCRIPT_FLIGHT_H

#include "tests/harness/harness.h"

/* A connection opened by the peer, with these options in its SYN and none afterwards, whose first round trip took so long. */
static inline struct socket *open_with_round_trip(const char *options, uint64_t us)
{
	app_listen();
	in("S 0:0(0) <%s>", options);
	out("S. 0:0(0) ack 1");
	quiet_for(us);
	in(". 1:1(0) ack 1");
	return app_accept();
}

/* One whose peer tells what has come (RFC 2018). */
static inline struct socket *open_with_sack(void)
{
	return open_with_round_trip("mss 1000,sackOK", 100 * MS);
}

/* Segments number `first` to `last` leave. */
static inline void sends(unsigned first, unsigned last)
{
	for (unsigned n = first; n <= last; n++) {
		struct frame frame = out_frame();
		uint32_t seq = peek32(&frame, AT_TCP_SEQ) - flow_current()->our_isn;
		check_that(seq == 1 + 1000 * (n - 1), "segment at %u left, expected number %u", seq, n);
	}
}

/* On such a connection so many segments, and no more, have been sent a round trip ago. */
static inline struct socket *in_flight(unsigned count)
{
	struct socket *s = open_with_sack();
	app_write(s, 1000 * count);
	sends(1, count);
	pass(100 * MS);
	return s;
}

/* All up to number `acked` have come, and `first` to `last`. */
static inline void has(unsigned acked, unsigned first, unsigned last)
{
	in(". 1:1(0) ack %u <nop,nop,sack %u:%u>", 1 + 1000 * acked, 1 + 1000 * (first - 1), 1 + 1000 * last);
}

/* All of so many have come, and nothing is left to do. */
static inline void all_acked(unsigned count)
{
	in(". 1:1(0) ack %u", 1 + 1000 * count);
	quiet_for(1000 * SECOND);
}

#endif
