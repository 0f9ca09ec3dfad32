/* SPDX-License-Identifier: MIT
 *
 * The range set. Its ranges are few and sorted, so every question is one walk from the left.
 */
#include "base/ranges.h"

#include <string.h>

/* Replace the `removed` ranges from `index` on by `added` places, which the caller fills. */
static void ranges_splice(struct ranges *set, unsigned index, unsigned removed, unsigned added)
{
	unsigned after = set->count - index - removed;
	memmove(&set->at[index + added], &set->at[index + removed], after * sizeof set->at[0]);
	set->count = set->count - removed + added;
}

bool ranges_add(struct ranges *set, uint64_t start, uint64_t end)
{
	if (start >= end)
		return true;

	/* The ranges that [start, end) meets or touches are those from `first` up to, not including, `last`. */
	unsigned first = 0;
	while (first < set->count && set->at[first].end < start)
		first++;
	unsigned last = first;
	while (last < set->count && set->at[last].start <= end)
		last++;

	if (first == last && set->count == RANGES_MAX) {
		if (first > 0)
			return false;
		set->count--; /* what is lowest is needed soonest: it may cost the highest */
	}
	if (first < last) {
		start = start < set->at[first].start ? start : set->at[first].start;
		end = end > set->at[last - 1].end ? end : set->at[last - 1].end;
	}
	ranges_splice(set, first, last - first, 1);
	set->at[first] = (struct range){start, end};
	return true;
}

void ranges_drop_below(struct ranges *set, uint64_t floor)
{
	unsigned below = 0;
	while (below < set->count && set->at[below].end <= floor)
		below++;
	ranges_splice(set, 0, below, 0);
	if (set->count > 0 && set->at[0].start < floor)
		set->at[0].start = floor;
}

bool ranges_contain(const struct ranges *set, uint64_t start, uint64_t end)
{
	if (start >= end)
		return true;
	for (unsigned i = 0; i < set->count; i++)
		if (set->at[i].start <= start && end <= set->at[i].end)
			return true; /* in one range: two never touch, so between them something is missing */
	return false;
}

bool ranges_meet(const struct ranges *set, uint64_t start, uint64_t end)
{
	if (start >= end)
		return false;
	for (unsigned i = 0; i < set->count; i++)
		if (set->at[i].start < end && start < set->at[i].end)
			return true;
	return false;
}

bool ranges_valid(const struct ranges *set)
{
	if (set->count > RANGES_MAX)
		return false;
	for (unsigned i = 0; i < set->count; i++) {
		if (set->at[i].start >= set->at[i].end)
			return false;
		if (i > 0 && set->at[i - 1].end >= set->at[i].start)
			return false;
	}
	return true;
}
