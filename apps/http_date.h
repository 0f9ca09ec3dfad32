/* SPDX-License-Identifier: MIT
 *
 * Dates as HTTP writes them (RFC 9110 5.6.7), always in GMT and in English:
 *
 *     Sun, 06 Nov 1994 08:49:37 GMT       IMF-fixdate: what is written, and what everybody sends today
 *     Sunday, 06-Nov-94 08:49:37 GMT      of RFC 850; old, and read all the same
 *     Sun Nov  6 08:49:37 1994            of C's asctime(); the same
 */
#ifndef STRATA_APPS_HTTP_DATE_H
#define STRATA_APPS_HTTP_DATE_H

#include <stdbool.h>
#include <time.h>

#include "apps/http_text.h"

#define HTTP_DATE_TEXT 30 /* room for "Sun, 06 Nov 1994 08:49:37 GMT" and its terminator */

/* Write a time as IMF-fixdate; return `text`. Times before 1970 or after 9999 are moved to these ends. */
char *http_date(time_t time, char text[HTTP_DATE_TEXT]);

/* Read a date in any of the three forms. A year of two digits that would lie more than 50 years after `now` is one of the
 * past. False: it is none. */
bool http_date_parse(struct http_text text, time_t now, time_t *time);

#endif
