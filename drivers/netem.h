/* SPDX-License-Identifier: MIT
 *
 * A bad wire, named after Linux's queueing discipline of the same purpose (tc-netem(8)). It wraps any driver and is a
 * driver itself. Each direction is a wire of its own, with its own luck:
 *
 *                 lost          queue full: lost
 *                  ^                ^
 *     frame --> [chance] --> [rate: one at a time] --> [delay +- jitter] --> [held back?] --> the other end
 *                  |                                                            |
 *                  +--> one bit flipped, sent twice                             +--> passed by later frames
 *
 * In order. A long plain wire does not reorder, so frames leave in the order in which they came, whatever the jitter:
 * one that drew a short delay waits for the one before it. (Linux's netem lets jitter reorder, unless a rate is set.)
 * Only the frames that `reorder` chooses are passed by others.
 *
 * By seed. The same seed and the same frames at the same times give the same faults. Each frame takes the same number
 * of draws, so that a frame that is lost stays lost when another fault is added to the wire.
 *
 * At any clock. Time is only what the calls are given; wait() names the time at which the next frame is due.
 */
#ifndef STRATA_DRIVERS_NETEM_H
#define STRATA_DRIVERS_NETEM_H

#include "drivers/driver.h"

#define NETEM_CERTAIN  1000000 /* a chance of one */
#define NETEM_RATE_MAX 1000000000000
#define NETEM_QUEUE    1000  /* frames, as Linux's limit has it */
#define NETEM_PASSES   4     /* a frame that is held back goes after 1 to so many later ones ... */
#define NETEM_HOLD     10000 /* ... or after so many microseconds, when fewer come */

/* What is wrong with the wire, the same both ways; all zero is a good one. */
struct netem_options {
	/* Chances for each frame, in millionths */
	uint32_t loss;
	uint32_t corrupt;   /* one bit is flipped, anywhere in it */
	uint32_t duplicate; /* it arrives twice in a row, flipped bit and all */
	uint32_t reorder;   /* it is held back */

	uint64_t delay;  /* microseconds */
	uint64_t jitter; /* the delay is anywhere from delay - jitter to delay + jitter, and not below 0 */
	uint64_t rate;   /* bits of frame a second, at most NETEM_RATE_MAX; 0: no limit */
	unsigned queue;  /* frames that can be under way each way; the next is lost. 0: NETEM_QUEUE */
};

enum netem_direction { NETEM_OUT, NETEM_IN };

/* What has become of the frames of one direction. */
struct netem_counts {
	uint64_t frames; /* that came to the wire */
	uint64_t lost;   /* by chance */
	uint64_t full;   /* lost because the queue was full, or no memory was there for a copy */
	uint64_t corrupted;
	uint64_t duplicated;
	uint64_t reordered; /* left after a frame that had come later */
	uint64_t failed;    /* refused by the wrapped driver after a delay, when nobody was left to tell */
};

/* Whether the wire differs from a good one, so that wrapping a driver makes a difference. */
bool netem_is_bad(const struct netem_options *options);

/* Wrap `inner`, which then belongs to the wire. 16 bytes of seed, not those of a stack. NULL: no memory, and `inner` is
 * still the caller's.
 *
 * emit() answers 0 for a frame that is lost or delayed: as on a real wire, its sender does not hear of it. While the
 * wrapped driver is full, it answers -EAGAIN, and what has been delayed waits too, so that nothing is lost that way.
 *
 * A frame that meets neither fault nor delay goes through as it is; others are copied, and their offload marks with
 * them, but for a corrupted one: nobody has verified its checksum, and a partial one is left as it is, which is wrong.
 * A wire with faults takes neither partial checksums nor packets to be cut, since each frame has a fate of its own. */
struct driver *netem_wrap(struct driver *inner, const struct netem_options *options, const uint8_t seed[16]);

/* What has happened so far. */
struct netem_counts netem_count(const struct driver *netem, enum netem_direction direction);

/* How many frames are under way. */
unsigned netem_queued(const struct driver *netem, enum netem_direction direction);

#endif
