/* SPDX-License-Identifier: MIT
 *
 * Sequence numbers, and the one place where they wrap.
 *
 * The wire carries 32 bits that wrap around every 4 GiB (RFC 9293 3.4). Inside strata a sequence number
 * is a 64-bit stream position whose low 32 bits are what the wire carries. It never wraps in
 * practice, so everything above this file compares positions with plain < and <=.
 *
 *      wire     fffffffe ffffffff 00000000 00000001
 *      position 1_fffffffe 1_ffffffff 2_00000000 2_00000001      (high half _ low half)
 *
 * A number that arrives is unwrapped once: it becomes the position with those low bits that is
 * nearest to one we already know (rcv_nxt for SEG.SEQ, snd_nxt for SEG.ACK).
 *
 * Timestamps wrap too, but are never unwrapped (RFC 7323 5.2): they use seq_lt() and friends.
 */
#ifndef STRATA_BASE_SEQ_H
#define STRATA_BASE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/* First positions begin one epoch up, so that what lies before them does not fall below zero. */
#define SEQ_EPOCH ((uint64_t)1 << 32)

/* The position at which a stream with this initial sequence number begins. */
static inline uint64_t seq_first(uint32_t initial)
{
	return SEQ_EPOCH + initial;
}

/* What the wire carries for this position. */
static inline uint32_t seq_wire(uint64_t position)
{
	return (uint32_t)position;
}

/* The position nearest to `near` whose low 32 bits are `wire`: within 2^31 of it, either way. */
static inline uint64_t seq_unwrap(uint64_t near, uint32_t wire)
{
	return near + (uint64_t)(int64_t)(int32_t)(wire - (uint32_t)near);
}

/* Comparison of two wrapping 32-bit values less than 2^31 apart (RFC 9293 3.4, RFC 7323 5.2). */
static inline bool seq_lt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool seq_leq(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

static inline bool seq_gt(uint32_t a, uint32_t b)
{
	return seq_lt(b, a);
}

static inline bool seq_geq(uint32_t a, uint32_t b)
{
	return seq_leq(b, a);
}

#endif
