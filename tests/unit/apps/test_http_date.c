/* SPDX-License-Identifier: MIT
 *
 * Dates, by the examples of RFC 9110 5.6.7.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "apps/http_date.h"

#define EXAMPLE 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */

Test(http_date, writes)
{
	char date[HTTP_DATE_TEXT];
	cr_expect_str_eq(http_date(EXAMPLE, date), "Sun, 06 Nov 1994 08:49:37 GMT");
	cr_expect_str_eq(http_date(0, date), "Thu, 01 Jan 1970 00:00:00 GMT");
	cr_expect_str_eq(http_date(951782400, date), "Tue, 29 Feb 2000 00:00:00 GMT");
	cr_expect_str_eq(http_date(-1, date), "Thu, 01 Jan 1970 00:00:00 GMT");
	cr_expect_str_eq(http_date((time_t)1 << 60, date), "Fri, 31 Dec 9999 23:59:59 GMT");
}

static bool parse(const char *text, time_t now, time_t *time)
{
	return http_date_parse((struct http_text){text, strlen(text)}, now, time);
}

Test(http_date, reads_all_three_forms)
{
	static const char *const forms[] = {
	    "Sun, 06 Nov 1994 08:49:37 GMT",
	    "Sunday, 06-Nov-94 08:49:37 GMT",
	    "Sun Nov  6 08:49:37 1994",
	};
	for (size_t i = 0; i < 3; i++) {
		time_t time = 0;
		cr_expect(parse(forms[i], EXAMPLE, &time), "%s", forms[i]);
		cr_expect_eq(time, EXAMPLE, "%s: %ld", forms[i], (long)time);
	}
}

/* A year of two digits: no more than 50 years ahead. */
Test(http_date, takes_two_digits_for_the_nearest_year)
{
	const time_t in_2026 = 1785000000;
	time_t time = 0;
	cr_expect(parse("Friday, 01-Jan-76 00:00:00 GMT", in_2026, &time) && time == 3345062400);  /* 2076 */
	cr_expect(parse("Saturday, 01-Jan-77 00:00:00 GMT", in_2026, &time) && time == 220924800); /* 1977 */
	cr_expect(parse("Sunday, 06-Nov-94 08:49:37 GMT", in_2026, &time) && time == EXAMPLE);
}

Test(http_date, refuses_what_is_none)
{
	static const char *const none[] = {
	    "",
	    "yesterday",
	    "784111777",
	    "Sun, 06 Nov 1994 08:49:37",
	    "Sun, 06 Nov 1994 08:49:37 CET",
	    "Sun, 06 Nov 1994 08:49:37 GMT ",
	    "Xyz, 06 Nov 1994 08:49:37 GMT",
	    "Sun, 06 Xyz 1994 08:49:37 GMT",
	    "Sun, 06 No 1994 08:49:37 GMT",
	    "Sun, 00 Nov 1994 08:49:37 GMT",
	    "Sun, 32 Nov 1994 08:49:37 GMT",
	    "Sun, 06 Nov 1994 24:49:37 GMT",
	    "Sun, 06 Nov 1994 08:60:37 GMT",
	    "Sun, 06 Nov 1994 08:49:61 GMT",
	    "Sun, 06 Nov 94 08:49:37 GMT",
	    "Sun, 06-Nov-94 08:49:37 GMT",
	    "Sun Nov  6 08:49:37",
	    "Sun, 06 Nov 1994 08:49:37 GMTSun, 06 Nov 1994 08:49:37 GMT",
	};
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		time_t time;
		cr_expect_not(parse(none[i], EXAMPLE, &time), "%s", none[i]);
	}
}
