/* SPDX-License-Identifier: MIT
 *
 * Dates: see http_date.h. Neither strftime() nor strptime(), because these names are English whatever the locale.
 */
#include "apps/http_date.h"

#include <stdio.h>
#include <string.h>

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

char *http_date(time_t time, char text[HTTP_DATE_TEXT])
{
	const time_t end_of_9999 = 253402300799;
	struct tm tm;
	time = time < 0 ? 0 : time > end_of_9999 ? end_of_9999 : time;
	gmtime_r(&time, &tm);
	snprintf(text, HTTP_DATE_TEXT, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT", days + 3 * tm.tm_wday,
		 (unsigned)tm.tm_mday % 100, months + 3 * tm.tm_mon, (unsigned)(tm.tm_year + 1900) % 10000,
		 (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
	return text;
}

/* Where the name whose first three letters these are stands in the row of them, or -1. */
static int name_index(const char *name, const char *row)
{
	for (int i = 0; row[3 * i]; i++)
		if (strncmp(name, row + 3 * i, 3) == 0)
			return i;
	return -1;
}

/* RFC 9110 5.6.7: a year of two digits is the nearest that lies no more than 50 years ahead. */
static int whole_year(int year, time_t now)
{
	struct tm today;
	gmtime_r(&now, &today);
	int this_year = today.tm_year + 1900;
	year += this_year - this_year % 100;
	return year > this_year + 50 ? year - 100 : year;
}

/* Read one of the forms: the time, but for the month, whose name is left in `month`, and with the year in full. */
static bool take_form(const char *text, time_t now, struct tm *tm, char month[4])
{
	char day[10];
	int end = 0;
	if (sscanf(text, "%3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", day, &tm->tm_mday, month, &tm->tm_year,
		   &tm->tm_hour, &tm->tm_min, &tm->tm_sec, &end) == 7 &&
	    end > 0)
		return text[end] == '\0' && name_index(day, days) >= 0;
	if (sscanf(text, "%9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n", day, &tm->tm_mday, month, &tm->tm_year,
		   &tm->tm_hour, &tm->tm_min, &tm->tm_sec, &end) == 7 &&
	    end > 0) {
		tm->tm_year = whole_year(tm->tm_year, now);
		return text[end] == '\0' && strlen(day) >= 6 && name_index(day, days) >= 0;
	}
	return sscanf(text, "%3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n", day, month, &tm->tm_mday, &tm->tm_hour,
		      &tm->tm_min, &tm->tm_sec, &tm->tm_year, &end) == 7 &&
	       text[end] == '\0' && name_index(day, days) >= 0;
}

static bool is_between(int number, int least, int most)
{
	return number >= least && number <= most;
}

bool http_date_parse(struct http_text text, time_t now, time_t *time)
{
	char copy[40], month[4] = "";
	struct tm tm = {0};
	if (text.length >= sizeof copy)
		return false;
	snprintf(copy, sizeof copy, "%.*s", (int)text.length, text.bytes);
	if (!take_form(copy, now, &tm, month))
		return false;
	tm.tm_mon = strlen(month) == 3 ? name_index(month, months) : -1;
	if (tm.tm_mon < 0 || !is_between(tm.tm_year, 1970, 9999) || !is_between(tm.tm_mday, 1, 31) ||
	    !is_between(tm.tm_hour, 0, 23) || !is_between(tm.tm_min, 0, 59) || !is_between(tm.tm_sec, 0, 60))
		return false;
	tm.tm_year -= 1900;
	*time = timegm(&tm);
	return true;
}
