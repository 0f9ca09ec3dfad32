/* SPDX-License-Identifier: MIT
 *
 * Lines of text that never overrun.
 */
#include <criterion/criterion.h>

#include "trace/text.h"

Test(text, pads_to_columns_and_by_one_space_at_least)
{
	char room[40];
	struct text text = text_begin(room, sizeof room);

	text_add(&text, "ab");
	text_pad(&text, 4);
	text_add(&text, "cdef");
	text_pad(&text, 6);
	text_add(&text, "g");
	cr_expect_str_eq(room, "ab  cdef g");
}

Test(text, shifts_columns_after_a_wide_field)
{
	char room[40];
	struct text text = text_begin(room, sizeof room);

	text_add(&text, "wider");
	text_shift(&text, 4); /* two spaces, and 3 columns late */
	text_add(&text, "a");
	text_pad(&text, 8);
	text_add(&text, "b");
	cr_expect_str_eq(room, "wider  a   b");
}

Test(text, stays_terminated_when_it_is_full)
{
	char room[5];
	struct text text = text_begin(room, sizeof room);

	text_add(&text, "%d", 123);
	text_pad(&text, 100);
	text_add(&text, "more");
	text_escaped(&text, (const uint8_t *)"\n", 1);
	cr_expect_str_eq(room, "123 ");
	cr_expect_eq(text.length, 4);

	text = text_begin(room, 1);
	text_pad(&text, 3);
	text_add(&text, "x");
	cr_expect_str_eq(room, "");
}

Test(text, escapes_all_but_printable_ascii)
{
	char room[40];
	struct text text = text_begin(room, sizeof room);

	text_escaped(&text, (const uint8_t *)"a ~\\\0\x1f\x7f\x80", 8);
	cr_expect_str_eq(room, "a ~\\\\\\x00\\x1f\\x7f\\x80");
}
