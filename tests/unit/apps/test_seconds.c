/* SPDX-License-Identifier: MIT
 *
 * Seconds on the command line.
 */
#include <criterion/criterion.h>

#include "apps/seconds.h"

static uint64_t parsed(const char *text)
{
	uint64_t time = 0;
	cr_assert(seconds_parse(text, 0, UINT64_MAX, &time), "%s", text);
	return time;
}

Test(seconds, whole_and_with_a_point)
{
	cr_assert_eq(parsed("0"), 0);
	cr_assert_eq(parsed("2"), 2000000);
	cr_assert_eq(parsed("10.5"), 10500000);
	cr_assert_eq(parsed(".002"), 2000);
	cr_assert_eq(parsed("3."), 3000000);
	cr_assert_eq(parsed("0.0000019"), 1);
	cr_assert_eq(parsed("1844674407369"), 1844674407369000000);
}

Test(seconds, what_is_none)
{
	static const char *const wrong[] = {"", ".", "x", "1x", "-1", "1.2.3", "1e3", " 1", "99999999999999999999"};
	uint64_t time;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_assert_not(seconds_parse(wrong[i], 0, UINT64_MAX, &time), "%s", wrong[i]);
}

Test(seconds, within_limits)
{
	uint64_t time;
	cr_assert(seconds_parse("0.002", 2000, 5000, &time));
	cr_assert(seconds_parse("0.005", 2000, 5000, &time));
	cr_assert_not(seconds_parse("0.0019", 2000, 5000, &time));
	cr_assert_not(seconds_parse("0.0051", 2000, 5000, &time));
}
