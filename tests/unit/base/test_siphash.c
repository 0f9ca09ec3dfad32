/* SPDX-License-Identifier: MIT
 *
 * SipHash-2-4 against the published vectors: the key is the bytes 00 to 0f, input of length n is 00, 01 ... n - 1.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"

static const struct siphash_key paper_key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

static uint64_t hash_of_length(size_t length)
{
	uint8_t *bytes = malloc(length + 1); /* `bytes + 1` ends with the block and is not aligned */
	for (size_t i = 0; i < length; i++)
		bytes[i + 1] = (uint8_t)i;
	uint64_t hash = siphash(&paper_key, bytes + 1, length);
	free(bytes);
	return hash;
}

/* The paper's appendix A goes through this one, 15 bytes long, step by step. */
Test(siphash, paper_appendix_a)
{
	cr_assert_eq(hash_of_length(15), 0xa129ca6149be45e5);
}

Test(siphash, reference_vectors)
{
	static const struct {
		size_t length;
		uint64_t hash;
	} vectors[] = {
	    {0, 0x726fdb47dd0e0e31},  {1, 0x74f839c593dc67fd},  {2, 0x0d6c8009d9a94f5a},  {3, 0x85676696d7fb7e2d},
	    {4, 0xcf2794e0277187b7},  {5, 0x18765564cd99a68d},  {6, 0xcbc9466e58fee3ce},  {7, 0xab0200f58b01d137},
	    {8, 0x93f5f5799a932462},  {9, 0x9e0082df0ba9e4b0},  {10, 0x7a5dbbc594ddb9f3}, {11, 0xf4b32f46226bada7},
	    {12, 0x751e8fbc860ee5fb}, {13, 0x14ea5627c0843d90}, {14, 0xf723ca908e7af2ee}, {16, 0x3f2acc7f57c29bdb},
	    {63, 0x958a324ceb064572},
	};
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
		cr_assert_eq(hash_of_length(vectors[i].length), vectors[i].hash, "length %zu", vectors[i].length);
}

Test(siphash, either_half_of_the_key_matters)
{
	struct siphash_key first = paper_key, second = paper_key;
	first.k0 ^= 1;
	second.k1 ^= 1;
	cr_assert_neq(siphash(&first, "strata", 6), siphash(&paper_key, "strata", 6));
	cr_assert_neq(siphash(&second, "strata", 6), siphash(&paper_key, "strata", 6));
	cr_assert_neq(siphash(&second, "strata", 6), siphash(&first, "strata", 6));
}

Test(siphash, trailing_zeros_are_not_padding)
{
	cr_assert_neq(siphash(&paper_key, "\0", 1), siphash(&paper_key, "", 0));
	cr_assert_neq(siphash(&paper_key, "a\0", 2), siphash(&paper_key, "a", 1));
}
