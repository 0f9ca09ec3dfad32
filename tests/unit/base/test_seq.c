/* SPDX-License-Identifier: MIT
 *
 * Sequence numbers around 2^32 and 2^31.
 */
#include <criterion/criterion.h>

#include "base/seq.h"

#define POSITION(high, low) (UINT64_C(0x##high##low))

Test(seq, first_position_is_one_epoch_up)
{
	cr_assert_eq(seq_first(0), POSITION(1, 00000000));
	cr_assert_eq(seq_first(0xffffffff), POSITION(1, ffffffff));
	cr_assert_eq(seq_wire(seq_first(0xfffffffe)), 0xfffffffe);
	cr_assert_eq(seq_wire(seq_first(0xfffffffe) + 2), 0);
}

Test(seq, unwraps_forward_across_the_wrap)
{
	cr_assert_eq(seq_unwrap(POSITION(1, fffffffe), 0xffffffff), POSITION(1, ffffffff));
	cr_assert_eq(seq_unwrap(POSITION(1, fffffffe), 0x00000000), POSITION(2, 00000000));
	cr_assert_eq(seq_unwrap(POSITION(1, ffffffff), 0x7ffffffe), POSITION(2, 7ffffffe));
}

Test(seq, unwraps_backward_across_the_wrap)
{
	cr_assert_eq(seq_unwrap(POSITION(2, 00000001), 0xffffffff), POSITION(1, ffffffff));
	cr_assert_eq(seq_unwrap(POSITION(1, 00000000), 0xffffffff), POSITION(0, ffffffff));
	cr_assert_eq(seq_unwrap(POSITION(1, 00000000), 0x80000001), POSITION(0, 80000001));
}

Test(seq, unwraps_itself_and_its_neighbours)
{
	static const uint64_t positions[] = {POSITION(1, 00000000), POSITION(1, 7fffffff), POSITION(1, 80000000),
					     POSITION(1, ffffffff), POSITION(2, 00000000), POSITION(7, 12345678)};
	static const int64_t distances[] = {0, 1, -1, 1000, -1000, 0x7fffffff, -0x7fffffff};
	for (unsigned i = 0; i < sizeof positions / sizeof positions[0]; i++)
		for (unsigned j = 0; j < sizeof distances / sizeof distances[0]; j++) {
			uint64_t position = positions[i] + (uint64_t)distances[j];
			cr_assert_eq(seq_unwrap(positions[i], seq_wire(position)), position, "%u, %u", i, j);
		}
}

Test(seq, compares_across_the_wrap)
{
	cr_assert(seq_lt(0xffffffff, 0));
	cr_assert(seq_lt(0xfffffff0, 0x10));
	cr_assert_not(seq_lt(0, 0xffffffff));
	cr_assert(seq_gt(0, 0xffffffff));
	cr_assert_not(seq_gt(0xffffffff, 0));
	cr_assert(seq_leq(0xffffffff, 0));
	cr_assert(seq_geq(0, 0xffffffff));
}

Test(seq, equals_are_neither_less_nor_greater)
{
	static const uint32_t values[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff};
	for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
		cr_assert_not(seq_lt(values[i], values[i]));
		cr_assert_not(seq_gt(values[i], values[i]));
		cr_assert(seq_leq(values[i], values[i]));
		cr_assert(seq_geq(values[i], values[i]));
	}
}

Test(seq, compares_up_to_half_the_circle)
{
	cr_assert(seq_lt(5, 5 + 0x7fffffffu));
	cr_assert(seq_gt(5, 5 + 0x80000001u));
	cr_assert_not(seq_leq(5 + 0x7fffffffu, 5));
	cr_assert_not(seq_geq(5, 5 + 0x7fffffffu));
}
