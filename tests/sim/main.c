/* SPDX-License-Identifier: MIT
 *
 * make sim FROM=M SEEDS=N: N worlds from seed M on, for a night. One world alone tells its story.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/sim/sim.h"

static double seconds_since(const struct timespec *start)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void totals_print(const struct sim_totals *t, double seconds)
{
	double virtual = (double)t->microseconds / 1e6;
	printf("%" PRIu64 " worlds, %" PRIu64 " failed; %" PRIu64 " frames sent, of which %" PRIu64 " lost, %" PRIu64
	       " corrupted, %" PRIu64 " duplicated, %" PRIu64 " reordered; %" PRIu64
	       " refused by a full driver; %" PRIu64 " allocations failed\n",
	       t->worlds, t->failed, t->frames, t->lost, t->corrupted, t->duplicated, t->reordered, t->refused,
	       t->starved);
	printf("users: %" PRIu64 " got the whole stream, %" PRIu64 " an error, %" PRIu64 " quit, %" PRIu64
	       " were forsaken; %" PRIu64 " bytes read; %" PRIu64 " streams wrapped their sequence numbers\n",
	       t->endings[1], t->endings[2], t->endings[3], t->endings[4], t->bytes, t->wrapped);
	printf("settings: %" PRIu64 " closes were resets, %" PRIu64 " users lost their patience, %" PRIu64
	       " shut their read side; %" PRIu64 " datagrams sent, %" PRIu64 " received\n",
	       t->lingered, t->impatient, t->deaf, t->datagrams_sent, t->datagrams_received);
	printf("%.1f hours of virtual time in %.1f s: %.0f times as fast as the clock\n", virtual / 3600, seconds,
	       virtual / seconds);
}

int main(int argc, char **argv)
{
	uint64_t from = argc > 1 ? strtoull(argv[1], NULL, 10) : 0, seeds = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	struct sim_totals totals = {0};
	struct timespec start;
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (uint64_t seed = from; seed < from + seeds; seed++)
		sim_run(seed, seeds == 1, &totals);
	totals_print(&totals, seconds_since(&start));
	return totals.failed ? 1 : 0;
}
