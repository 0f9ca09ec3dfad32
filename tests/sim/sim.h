/* SPDX-License-Identifier: MIT
 *
 * Running worlds: world.h says what they are.
 */
#ifndef STRATA_TESTS_SIM_SIM_H
#define STRATA_TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

/* What has happened in all worlds so far. */
struct sim_totals {
	uint64_t worlds;
	uint64_t failed;
	uint64_t microseconds; /* virtual */
	uint64_t steps;
	uint64_t frames; /* sent */
	uint64_t lost;
	uint64_t corrupted;
	uint64_t duplicated;
	uint64_t reordered;
	uint64_t refused;    /* by a full driver */
	uint64_t starved;    /* allocations that failed */
	uint64_t endings[5]; /* of users, by enum ending */
	uint64_t bytes;      /* read */
	uint64_t wrapped;    /* streams whose sequence numbers went over 2^32 */
	uint64_t lingered;   /* closes that were resets */
	uint64_t impatient;  /* users who were told ETIMEDOUT by a time-out of their own, or keepalive */
	uint64_t deaf;       /* who shut their read side */
	uint64_t datagrams_sent;
	uint64_t datagrams_received;
	uint64_t fingerprint; /* of all frames and their times */
};

/* Five kinds of world: how many frames in a hundred are lost is that of seed % SIM_KINDS. */
#define SIM_KINDS 5
extern const unsigned sim_loss[SIM_KINDS];

/* Run the world of this seed. With `tell` its last hundreds of lines go to standard error, whatever becomes of it; if
 * it fails, they do in any case, with the command that runs it alone. False: it has failed. */
bool sim_run(uint64_t seed, bool tell, struct sim_totals *totals);

#endif
