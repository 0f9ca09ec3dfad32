/* SPDX-License-Identifier: MIT
 *
 * What the scripts about fragments share. The datagram in most of them is an echo request: that it was put together rightly is
 * seen in the reply, byte for byte.
 */
#ifndef STRATA_TESTS_FRAGMENTS_H
#define STRATA_TESTS_FRAGMENTS_H

#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/harness.h"

#define PING 0x00070001

/* The reply to this request has left, whole or in fragments. */
static inline void answered(const struct datagram *request)
{
	struct datagram reply = out_datagram();
	check(reply.protocol == 1 && reply.bytes[0] == 0 && reply.bytes[1] == 0);
	check(reply.length == request->length);
	check(memcmp(reply.bytes + 4, request->bytes + 4, request->length - 4) == 0);
	check(memcmp(reply.to, request->from, 4) == 0);
}

static inline struct datagram ping(size_t data_length)
{
	return datagram_icmp(8, 0, PING, data_length);
}

static inline size_t held(void)
{
	return stack_memory(harness_stack())->bytes;
}

/* An echo request in one piece is answered; afterwards the neighbour is known, and nothing more is kept for that. */
static inline void whole_packets_are_answered(void)
{
	struct frame frame = frame_icmp(8, 0, 5, 8);
	in_frame(&frame);
	out_icmp(0, 0, 5);
}

/* The fragment is dropped for this reason, and nothing is said. */
static inline void refused(const struct datagram *d, size_t start, size_t end, enum drop_reason reason)
{
	in_fragment(d, start, end);
	assert_dropped(reason);
	quiet();
}

static inline void taken(const struct datagram *d, size_t start, size_t end)
{
	in_fragment(d, start, end);
	assert_not_dropped();
}

#endif
