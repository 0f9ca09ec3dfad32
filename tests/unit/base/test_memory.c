/* SPDX-License-Identifier: MIT
 *
 * Memory: what the allocator is asked for, what is counted, where the limit lies.
 */
#include <criterion/criterion.h>

#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"

/* An allocator that remembers what it was asked, hands out dirty memory, and can be told to refuse. */
struct witness {
	unsigned gets, puts;
	size_t size;
	void *block;
	bool refuse;
};

static void *witness_get(void *user, size_t size)
{
	struct witness *w = user;
	w->gets++;
	w->size = size;
	if (w->refuse)
		return NULL;
	w->block = malloc(size);
	return memset(w->block, 0xa5, size);
}

static void witness_put(void *user, void *block, size_t size)
{
	struct witness *w = user;
	w->puts++;
	w->size = size;
	w->block = block;
	free(block);
}

static struct memory memory_of(struct witness *w, size_t limit)
{
	return (struct memory){.from = {witness_get, witness_put, w}, .limit = limit};
}

Test(memory, comes_zeroed_and_goes_back_with_its_size)
{
	struct witness w = {0};
	struct memory memory = memory_of(&w, 1000);
	uint8_t *block = memory_get(&memory, 300);
	cr_assert_eq(block, w.block);
	cr_assert_eq(w.size, 300);
	for (size_t i = 0; i < 300; i++)
		cr_assert_eq(block[i], 0, "byte %zu", i);
	w.size = 0;
	w.block = NULL;
	void *given = block;
	memory_put(&memory, block, 300);
	cr_assert_eq(w.puts, 1);
	cr_assert_eq(w.size, 300);
	cr_assert_eq(w.block, given);
}

Test(memory, counts_bytes_and_blocks)
{
	struct witness w = {0};
	struct memory memory = memory_of(&w, 1000);
	void *a = memory_get(&memory, 100), *b = memory_get(&memory, 23);
	cr_assert_eq(memory.bytes, 123);
	cr_assert_eq(memory.blocks, 2);
	memory_put(&memory, a, 100);
	cr_assert_eq(memory.bytes, 23);
	cr_assert_eq(memory.blocks, 1);
	memory_put(&memory, b, 23);
	cr_assert_eq(memory.bytes, 0);
	cr_assert_eq(memory.blocks, 0);
}

Test(memory, the_limit_may_be_met_but_not_passed)
{
	struct witness w = {0};
	struct memory memory = memory_of(&w, 100);
	void *a = memory_get(&memory, 60);
	cr_assert_null(memory_get(&memory, 41));
	cr_assert_eq(w.gets, 1, "the allocator is not even asked");
	void *b = memory_get(&memory, 40);
	cr_assert_not_null(b);
	cr_assert_null(memory_get(&memory, 1));
	memory_put(&memory, a, 60);
	a = memory_get(&memory, 60);
	cr_assert_not_null(a, "room comes back");
	memory_put(&memory, a, 60);
	memory_put(&memory, b, 40);
	cr_assert_eq(memory.bytes, 0);
}

Test(memory, a_size_beyond_counting_is_refused)
{
	struct witness w = {0};
	struct memory memory = memory_of(&w, SIZE_MAX);
	void *a = memory_get(&memory, 16);
	cr_assert_null(memory_get(&memory, SIZE_MAX - 8)); /* would wrap the count around to 7 */
	cr_assert_eq(memory.bytes, 16);
	memory_put(&memory, a, 16);
}

Test(memory, a_refusal_counts_for_nothing)
{
	struct witness w = {.refuse = true};
	struct memory memory = memory_of(&w, 1000);
	cr_assert_null(memory_get(&memory, 10));
	cr_assert_eq(w.gets, 1);
	cr_assert_eq(memory.bytes, 0);
	cr_assert_eq(memory.blocks, 0);
}

Test(memory, giving_back_nothing_does_nothing)
{
	struct witness w = {0};
	struct memory memory = memory_of(&w, 1000);
	memory_put(&memory, NULL, 10);
	cr_assert_eq(w.puts, 0);
	cr_assert_eq(memory.bytes, 0);
	cr_assert_eq(memory.blocks, 0);
}

Test(memory, libc_serves)
{
	struct memory memory = {.from = memory_libc(), .limit = 100};
	uint8_t *block = memory_get(&memory, 100);
	cr_assert_not_null(block);
	block[99] = 1;
	memory_put(&memory, block, 100);
	cr_assert_eq(memory.blocks, 0);
}

/* What a budget holds is counted in both, and either may refuse. */
Test(memory, a_budget_within)
{
	struct witness w = {0};
	struct memory all = memory_of(&w, 1000), part = {.within = &all, .limit = 300};
	uint8_t *block = memory_get(&part, 200);
	cr_assert_eq(block, w.block);
	for (size_t i = 0; i < 200; i++)
		cr_assert_eq(block[i], 0, "byte %zu", i);
	cr_assert(part.bytes == 200 && part.blocks == 1 && all.bytes == 200 && all.blocks == 1);
	cr_assert_null(memory_get(&part, 101)); /* above its own limit */
	void *other = memory_get(&all, 750);
	cr_assert_null(memory_get(&part, 51)); /* above that of the whole */
	cr_assert(part.bytes == 200 && part.blocks == 1 && all.bytes == 950 && all.blocks == 2);
	memory_put(&part, block, 200);
	memory_put(&all, other, 750);
	cr_assert(part.bytes == 0 && part.blocks == 0 && all.bytes == 0 && all.blocks == 0);
	cr_assert_eq(w.puts, 2);
}
