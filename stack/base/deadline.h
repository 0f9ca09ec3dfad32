/* SPDX-License-Identifier: MIT
 *
 * Deadlines: the only timers there are. A deadline is a member of whatever waits for it, so that arming
 * one cannot fail. They hang together in a pairing heap: a tree in which no child is due before its
 * parent, so the root is due first.
 *
 *            (5)              children of one parent form a list through `next`;
 *           / | \             removing the root pairs its children up, left to right,
 *        (9) (7) (6)          and melds the pairs, right to left.
 *             |
 *            (8)
 *
 * Arming is O(1); taking the first, moving and clearing are O(log n) amortised. Among equals the order is
 * a function of the calls made, so that a run repeats exactly.
 */
#ifndef STRATA_BASE_DEADLINE_H
#define STRATA_BASE_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#define DEADLINE_NEVER UINT64_MAX

struct deadline {
	uint64_t at;               /* microseconds; meaningful while armed */
	struct deadline *child;    /* first child */
	struct deadline *next;     /* next sibling */
	struct deadline *previous; /* previous sibling, or the parent for a first child */
	uint8_t kind;              /* what is due: the owner's constant, which stack_tick() switches on */
	bool armed;
};

struct deadlines {
	struct deadline *root;
};

/* Prepare a deadline, not armed, of this kind. */
void deadline_init(struct deadline *deadline, uint8_t kind);

/* Arm it for the time `at`, or move it there. */
void deadline_set(struct deadlines *heap, struct deadline *deadline, uint64_t at);

/* Disarm it; does nothing when it is not armed. */
void deadline_clear(struct deadlines *heap, struct deadline *deadline);

/* When the first is due, or DEADLINE_NEVER. */
uint64_t deadline_first(const struct deadlines *heap);

/* Disarm and return one that is due (at <= now), the earliest first; NULL when none is. */
struct deadline *deadline_take(struct deadlines *heap, uint64_t now);

#endif
