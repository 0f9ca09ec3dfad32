/* SPDX-License-Identifier: MIT
 *
 * A thousand worlds, two hundred of each kind. world.h says what they are and what must hold in them; `make sim` runs
 * more.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "tests/sim/sim.h"

#define WORLDS 200

/* The worlds in which so many frames in a hundred are lost, and what happened in them. */
static struct sim_totals run_kind(unsigned loss)
{
	struct sim_totals totals = {0};
	unsigned kind = 0;
	while (sim_loss[kind] != loss)
		kind++;
	for (uint64_t seed = kind; totals.worlds < WORLDS; seed += SIM_KINDS)
		cr_expect_eq(sim_run(seed, false, &totals), true, "world %llu: see above", (unsigned long long)seed);
	/* That the worlds were as bad as they should be, and that something got through nevertheless */
	cr_expect_gt(totals.endings[1], WORLDS, "users to whom all came");
	cr_expect_gt(totals.endings[2], 0, "users who were told an error");
	cr_expect_gt(totals.endings[3], 0, "users who quit");
	cr_expect_gt(totals.corrupted, 0);
	cr_expect_gt(totals.duplicated, 0);
	cr_expect_gt(totals.reordered, 0);
	cr_expect_gt(totals.refused, 0);
	cr_expect_gt(totals.starved, 0);
	cr_expect_gt(totals.wrapped, 0);
	cr_expect_gt(totals.lingered, 0);
	cr_expect_gt(totals.impatient, 0);
	cr_expect_gt(totals.deaf, 0);
	cr_expect_gt(totals.datagrams_received, WORLDS);
	return totals;
}

Test(sim, worlds_that_lose_nothing)
{
	run_kind(0);
}

Test(sim, worlds_that_lose_1_in_100)
{
	cr_expect_gt(run_kind(1).lost, 0);
}

Test(sim, worlds_that_lose_5_in_100)
{
	cr_expect_gt(run_kind(5).lost, 0);
}

Test(sim, worlds_that_lose_20_in_100)
{
	cr_expect_gt(run_kind(20).lost, 0);
}

Test(sim, worlds_that_lose_40_in_100)
{
	cr_expect_gt(run_kind(40).lost, 0);
}

Test(sim, a_world_is_the_same_each_time)
{
	for (uint64_t seed = 0; seed < 2 * SIM_KINDS; seed++) {
		struct sim_totals first = {0}, second = {0};
		sim_run(seed, false, &first);
		sim_run(seed, false, &second);
		cr_expect_neq(first.fingerprint, 0);
		cr_expect_eq(first.fingerprint, second.fingerprint, "world %llu differs from itself",
			     (unsigned long long)seed);
	}
}

/* Each is one in tens of thousands, and is nobody's fault (user.c, datagram.c): text of a connection that was reset comes into the next
 * on the same ports; a time-out of two hours is waited for; bits of two fragments are bent; bits are bent on two wires. */
Test(sim, worlds_of_which_nobody_is_to_blame)
{
	static const uint64_t seeds[] = {37341, 147915, 240112, 109173, 116866, 117658, 98108};
	struct sim_totals totals = {0};
	for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
		cr_expect_eq(sim_run(seeds[i], false, &totals), true, "world %llu: see above",
			     (unsigned long long)seeds[i]);
}
