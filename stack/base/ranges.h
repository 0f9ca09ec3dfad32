/* SPDX-License-Identifier: MIT
 *
 * A bounded set of stream positions, held as sorted, disjoint, half-open ranges that do not touch.
 * It serves IP reassembly, TCP's out-of-order text and the SACK scoreboard.
 *
 *     [100,200) [300,400)   + [200,300)  ->  [100,400)
 */
#ifndef STRATA_BASE_RANGES_H
#define STRATA_BASE_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#define RANGES_MAX 64 /* 65,535 bytes at the smallest MTU are 119 fragments: every second one of them */

struct range {
	uint64_t start;
	uint64_t end; /* one past the last; start < end */
};

struct ranges {
	unsigned count;
	struct range at[RANGES_MAX];
};

static inline void ranges_clear(struct ranges *set)
{
	set->count = 0;
}

/* Add [start, end), merging with whatever it meets. False, set unchanged, when it would be one range too many; but a range that
 * starts below every other one is never refused: the highest range is given up for it instead. Adding an
 * empty range does nothing and is true. */
bool ranges_add(struct ranges *set, uint64_t start, uint64_t end);

/* Remove all positions below `floor`. */
void ranges_drop_below(struct ranges *set, uint64_t floor);

/* Whether every position of [start, end) is in the set; true for an empty range. */
bool ranges_contain(const struct ranges *set, uint64_t start, uint64_t end);

/* Whether any position of [start, end) is in the set. */
bool ranges_meet(const struct ranges *set, uint64_t start, uint64_t end);

/* Sorted, disjoint, not touching, none empty: for checks. */
bool ranges_valid(const struct ranges *set);

#endif
