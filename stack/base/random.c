/* SPDX-License-Identifier: MIT
 *
 * Chance, seeded. The seed is the key, and the n-th number is the hash of n; both are bytes in one fixed order, so
 * that a seed means the same run on every machine.
 */
#include "base/random.h"

#include <assert.h>

#include "base/wire.h"

static uint64_t get64(const uint8_t *at)
{
	return (uint64_t)wire_get32(at) << 32 | wire_get32(at + 4);
}

void random_init(struct random *random, const uint8_t seed[16])
{
	*random = (struct random){.key = {get64(seed), get64(seed + 8)}};
}

uint64_t random_next(struct random *random)
{
	uint64_t n = random->counter++;
	uint8_t bytes[8];
	wire_put32(bytes, (uint32_t)(n >> 32));
	wire_put32(bytes + 4, (uint32_t)n);
	return siphash(&random->key, bytes, sizeof bytes);
}

uint64_t random_below(struct random *random, uint64_t bound)
{
	assert(bound > 0);
	return random_next(random) % bound;
}

struct siphash_key random_key(struct random *random)
{
	struct siphash_key key;
	key.k0 = random_next(random);
	key.k1 = random_next(random);
	return key;
}
