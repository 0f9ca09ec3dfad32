/* SPDX-License-Identifier: MIT
 *
 * The random source: repeats exactly from its seed, differs by any bit of it, and stays within its bounds.
 */
#include <criterion/criterion.h>

#include "base/random.h"

static const uint8_t seed[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

Test(random, the_same_seed_gives_the_same_numbers)
{
	struct random a, b;
	random_init(&a, seed);
	random_init(&b, seed);
	for (unsigned i = 0; i < 1000; i++)
		if (random_next(&a) != random_next(&b))
			cr_assert_fail("number %u differs", i);
}

Test(random, numbers_do_not_repeat)
{
	struct random random;
	random_init(&random, seed);
	uint64_t seen[1000];
	for (unsigned i = 0; i < 1000; i++) {
		seen[i] = random_next(&random);
		for (unsigned j = 0; j < i; j++)
			if (seen[j] == seen[i])
				cr_assert_fail("numbers %u and %u are the same", j, i);
	}
}

Test(random, every_bit_of_the_seed_matters)
{
	struct random random;
	random_init(&random, seed);
	uint64_t first = random_next(&random);
	for (unsigned bit = 0; bit < 128; bit++) {
		uint8_t other[16];
		memcpy(other, seed, sizeof other);
		other[bit / 8] ^= (uint8_t)(1 << bit % 8);
		random_init(&random, other);
		cr_assert_neq(random_next(&random), first, "bit %u", bit);
	}
}

/* 6,000 dice: each face is due 1,000 times, give or take far less than 200 (seven standard deviations). */
Test(random, below_is_even_and_below)
{
	struct random random;
	random_init(&random, seed);
	unsigned faces[6] = {0};
	for (unsigned i = 0; i < 6000; i++) {
		uint64_t face = random_below(&random, 6);
		cr_assert_lt(face, 6);
		faces[face]++;
	}
	for (unsigned i = 0; i < 6; i++)
		cr_assert(faces[i] > 800 && faces[i] < 1200, "face %u came %u times", i, faces[i]);
}

Test(random, below_at_its_edges)
{
	struct random random;
	random_init(&random, seed);
	for (unsigned i = 0; i < 100; i++) {
		cr_assert_eq(random_below(&random, 1), 0);
		cr_assert_lt(random_below(&random, UINT64_MAX), UINT64_MAX);
	}
}

Test(random, keys_are_fresh)
{
	struct random random;
	random_init(&random, seed);
	struct siphash_key a = random_key(&random), b = random_key(&random);
	cr_assert_neq(a.k0, a.k1);
	cr_assert_neq(a.k0, b.k0);
	cr_assert_neq(a.k1, b.k1);
}
