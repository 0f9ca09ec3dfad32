/* SPDX-License-Identifier: MIT
 *
 * Chance, seeded: SipHash over a counter. The same seed gives the same numbers; without it they cannot be foretold.
 */
#ifndef STRATA_BASE_RANDOM_H
#define STRATA_BASE_RANDOM_H

#include <stdint.h>

#include "base/siphash.h"

struct random {
	struct siphash_key key;
	uint64_t counter;
};

/* Start from 16 bytes of entropy. */
void random_init(struct random *random, const uint8_t seed[16]);

uint64_t random_next(struct random *random);

/* A number in [0, bound), bound > 0, each equally likely but for a bias below bound / 2^64. */
uint64_t random_below(struct random *random, uint64_t bound);

/* A fresh key for a hash of one's own. */
struct siphash_key random_key(struct random *random);

#endif
