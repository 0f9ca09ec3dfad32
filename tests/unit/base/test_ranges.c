/* SPDX-License-Identifier: MIT
 *
 * The range set: its rules one by one, and then against a set that is simply one flag a position.
 */
#include <criterion/criterion.h>

#include "base/random.h"
#include "base/ranges.h"

static void expect(const struct ranges *set, unsigned count, const struct range *expected)
{
	cr_assert(ranges_valid(set));
	cr_assert_eq(set->count, count, "%u ranges, not %u", set->count, count);
	for (unsigned i = 0; i < count; i++)
		cr_assert(set->at[i].start == expected[i].start && set->at[i].end == expected[i].end,
			  "range %u is [%lu,%lu)", i, (unsigned long)set->at[i].start, (unsigned long)set->at[i].end);
}

#define EXPECT(set, ...)                                                                \
	expect(set, sizeof((const struct range[]){__VA_ARGS__}) / sizeof(struct range), \
	       (const struct range[]){__VA_ARGS__})

/* [1000,1001) [1010,1011) ... [1630,1631): as many as fit. */
static struct ranges full_set(void)
{
	struct ranges set = {0};
	for (uint64_t i = 0; i < RANGES_MAX; i++)
		cr_assert(ranges_add(&set, 1000 + 10 * i, 1001 + 10 * i));
	return set;
}

Test(ranges, stay_sorted_whatever_the_order)
{
	struct ranges set = {0};
	cr_assert(ranges_add(&set, 300, 400));
	cr_assert(ranges_add(&set, 100, 200));
	cr_assert(ranges_add(&set, 500, 600));
	cr_assert(ranges_add(&set, 450, 460));
	EXPECT(&set, {100, 200}, {300, 400}, {450, 460}, {500, 600});
	ranges_clear(&set);
	cr_assert_eq(set.count, 0);
}

Test(ranges, merge_when_they_touch)
{
	struct ranges set = {0};
	ranges_add(&set, 100, 200);
	ranges_add(&set, 300, 400);
	ranges_add(&set, 200, 300);
	EXPECT(&set, {100, 400});
	ranges_add(&set, 400, 401);
	EXPECT(&set, {100, 401});
	ranges_add(&set, 99, 100);
	EXPECT(&set, {99, 401});
}

Test(ranges, do_not_merge_over_a_gap_of_one)
{
	struct ranges set = {0};
	ranges_add(&set, 100, 200);
	ranges_add(&set, 201, 300);
	EXPECT(&set, {100, 200}, {201, 300});
	ranges_add(&set, 98, 99);
	EXPECT(&set, {98, 99}, {100, 200}, {201, 300});
}

Test(ranges, swallow_what_lies_inside)
{
	struct ranges set = {0};
	ranges_add(&set, 100, 110);
	ranges_add(&set, 120, 130);
	ranges_add(&set, 140, 150);
	ranges_add(&set, 200, 210);
	ranges_add(&set, 105, 145);
	EXPECT(&set, {100, 150}, {200, 210});
	ranges_add(&set, 120, 130);
	EXPECT(&set, {100, 150}, {200, 210});
	ranges_add(&set, 0, 1000);
	EXPECT(&set, {0, 1000});
}

Test(ranges, adding_nothing_is_fine)
{
	struct ranges set = full_set();
	cr_assert(ranges_add(&set, 5, 5));
	cr_assert(ranges_add(&set, 1005, 1005));
	cr_assert_eq(set.count, RANGES_MAX);
	cr_assert_eq(set.at[0].start, 1000);
}

Test(ranges, a_full_set_refuses_one_more_and_does_not_change)
{
	struct ranges set = full_set(), before = set;
	cr_assert_not(ranges_add(&set, 1005, 1006), "in the middle");
	cr_assert_not(ranges_add(&set, 5000, 5001), "at the end");
	expect(&set, RANGES_MAX, before.at);
}

Test(ranges, a_full_set_still_takes_what_merges)
{
	struct ranges set = full_set();
	cr_assert(ranges_add(&set, 1630, 1700));
	cr_assert_eq(set.count, RANGES_MAX);
	cr_assert_eq(set.at[RANGES_MAX - 1].end, 1700);
	cr_assert(ranges_add(&set, 1001, 1010));
	cr_assert_eq(set.count, RANGES_MAX - 1);
	cr_assert(ranges_add(&set, 2000, 2001), "there is room again");
}

Test(ranges, a_full_set_gives_its_highest_up_for_a_lowest)
{
	struct ranges set = full_set();
	cr_assert(ranges_add(&set, 900, 910));
	cr_assert(ranges_valid(&set));
	cr_assert_eq(set.count, RANGES_MAX);
	cr_assert_eq(set.at[0].start, 900);
	cr_assert_eq(set.at[0].end, 910);
	cr_assert_eq(set.at[1].start, 1000);
	cr_assert_eq(set.at[RANGES_MAX - 1].start, 1620, "1630 has gone");
}

Test(ranges, a_full_set_that_grows_downwards_gives_nothing_up)
{
	struct ranges set = full_set();
	cr_assert(ranges_add(&set, 900, 1000));
	cr_assert_eq(set.count, RANGES_MAX);
	cr_assert_eq(set.at[0].start, 900);
	cr_assert_eq(set.at[0].end, 1001);
	cr_assert_eq(set.at[RANGES_MAX - 1].start, 1630);
}

Test(ranges, drop_below_trims_the_range_it_cuts)
{
	struct ranges set = {0};
	ranges_add(&set, 100, 200);
	ranges_add(&set, 300, 400);
	ranges_drop_below(&set, 100);
	EXPECT(&set, {100, 200}, {300, 400});
	ranges_drop_below(&set, 150);
	EXPECT(&set, {150, 200}, {300, 400});
	ranges_drop_below(&set, 200);
	EXPECT(&set, {300, 400});
	ranges_drop_below(&set, 399);
	EXPECT(&set, {399, 400});
	ranges_drop_below(&set, UINT64_MAX);
	cr_assert_eq(set.count, 0);
	ranges_drop_below(&set, 0);
	cr_assert_eq(set.count, 0);
}

Test(ranges, contain_and_meet_at_the_edges)
{
	struct ranges set = {0};
	ranges_add(&set, 100, 200);
	ranges_add(&set, 201, 300);
	cr_assert(ranges_contain(&set, 100, 200));
	cr_assert(ranges_contain(&set, 150, 151));
	cr_assert_not(ranges_contain(&set, 99, 101));
	cr_assert_not(ranges_contain(&set, 199, 201));
	cr_assert_not(ranges_contain(&set, 100, 300), "200 is missing");
	cr_assert(ranges_contain(&set, 200, 200), "nothing is in every set");
	cr_assert(ranges_meet(&set, 0, 101));
	cr_assert(ranges_meet(&set, 299, 1000));
	cr_assert(ranges_meet(&set, 0, 1000));
	cr_assert_not(ranges_meet(&set, 0, 100));
	cr_assert_not(ranges_meet(&set, 200, 201));
	cr_assert_not(ranges_meet(&set, 300, 1000));
	cr_assert_not(ranges_meet(&set, 150, 150), "nothing meets no set");
}

Test(ranges, valid_notices_each_fault)
{
	struct ranges empty = {.count = 1, .at = {{5, 5}}}, touching = {.count = 2, .at = {{1, 5}, {5, 6}}};
	struct ranges unsorted = {.count = 2, .at = {{7, 8}, {1, 2}}}, many = {.count = RANGES_MAX + 1};
	cr_assert_not(ranges_valid(&empty));
	cr_assert_not(ranges_valid(&touching));
	cr_assert_not(ranges_valid(&unsorted));
	cr_assert_not(ranges_valid(&many));
	cr_assert(ranges_valid(&(struct ranges){.count = 2, .at = {{1, 5}, {6, 7}}}));
}

/* The model: a flag for each of the positions from BASE on, which lie around 2^32. */
#define SPAN 800
#define BASE ((UINT64_C(1) << 32) - SPAN / 2)

struct model {
	bool in[SPAN + 1]; /* the last one is never set */
};

/* The runs of flags as ranges; there may be one too many. */
static unsigned model_ranges(const struct model *m, struct range runs[RANGES_MAX + 1])
{
	unsigned count = 0;
	for (unsigned i = 0; i < SPAN; i++) {
		if (!m->in[i])
			continue;
		unsigned start = i;
		while (m->in[i])
			i++;
		cr_assert_leq(count, RANGES_MAX);
		runs[count++] = (struct range){BASE + start, BASE + i};
	}
	return count;
}

static void model_set(struct model *m, uint64_t start, uint64_t end, bool in)
{
	for (uint64_t p = start; p < end; p++)
		m->in[p - BASE] = in;
}

struct tally {
	unsigned refused, given_up;
};

/* Add with the set's own rules for when it is full. */
static bool model_add(struct model *m, uint64_t start, uint64_t end, struct tally *tally)
{
	struct model before = *m;
	struct range runs[RANGES_MAX + 1];
	model_set(m, start, end, true);
	if (model_ranges(m, runs) <= RANGES_MAX)
		return true;
	if (runs[0].start == start) {
		model_set(m, runs[RANGES_MAX].start, runs[RANGES_MAX].end, false);
		tally->given_up++;
		return true;
	}
	*m = before;
	tally->refused++;
	return false;
}

static void compare(const struct ranges *set, const struct model *m, unsigned step)
{
	struct range runs[RANGES_MAX + 1];
	unsigned count = model_ranges(m, runs);
	if (!ranges_valid(set) || set->count != count || memcmp(set->at, runs, count * sizeof runs[0]) != 0)
		cr_assert_fail("step %u: the set differs from the model (%u ranges, not %u)", step, set->count, count);
}

static void compare_queries(const struct ranges *set, const struct model *m, uint64_t start, uint64_t end)
{
	bool all = true, any = false;
	for (uint64_t p = start; p < end; p++) {
		all = all && m->in[p - BASE];
		any = any || m->in[p - BASE];
	}
	if (ranges_contain(set, start, end) != all || ranges_meet(set, start, end) != any)
		cr_assert_fail("contain or meet is wrong on [%lu,%lu)", (unsigned long)start, (unsigned long)end);
}

Test(ranges, agree_with_a_flag_for_each_position)
{
	struct random random;
	random_init(&random, (const uint8_t[16]){"ranges.........."});
	struct ranges set = {0};
	struct model model = {0};
	struct tally tally = {0};
	for (unsigned step = 0; step < 30000; step++) {
		uint64_t start = BASE + random_below(&random, SPAN);
		uint64_t length = random_below(&random, random_below(&random, 40) == 0 ? 60 : 4);
		uint64_t end = start + length < BASE + SPAN ? start + length : BASE + SPAN;
		if (random_below(&random, 300) == 0) {
			uint64_t floor = start - SPAN / 2 > BASE ? start - SPAN / 2 : BASE;
			ranges_drop_below(&set, floor);
			model_set(&model, BASE, floor, false);
		} else if (random_below(&random, 1000) == 0) {
			ranges_clear(&set);
			model = (struct model){0};
		} else if (ranges_add(&set, start, end) != model_add(&model, start, end, &tally)) {
			cr_assert_fail("step %u: adding [%lu,%lu) is answered wrongly", step, (unsigned long)start,
				       (unsigned long)end);
		}
		compare(&set, &model, step);
		compare_queries(&set, &model, start, end);
	}
	cr_assert_gt(tally.refused, 100, "the set was full often enough to tell: %u", tally.refused);
	cr_assert_gt(tally.given_up, 10, "%u", tally.given_up);
}
