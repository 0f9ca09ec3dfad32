/* SPDX-License-Identifier: MIT
 *
 * Conditional requests (RFC 9110 13): "only if it has changed", "only if it has not", by what tells one state of a file
 * from another:
 *
 *     ETag: "12f0-a3-63e1f2a40.1dcd6500"           inode, length and time of the last change
 *     Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT
 *
 * An entity tag of ours is strong: the same tag, the same bytes. So is one only if it comes from us without "W/".
 */
#ifndef STRATA_APPS_HTTP_VALIDATORS_H
#define STRATA_APPS_HTTP_VALIDATORS_H

#include <stdbool.h>
#include <time.h>

#include "apps/http_parse.h"

#define HTTP_ETAG_TEXT 72 /* room for an entity tag with its quotes and terminator */

struct http_validators {
	char etag[HTTP_ETAG_TEXT]; /* with its quotes; "" where there is nothing to tell it by, */
	time_t modified;           /* nor a date: 0 */
};

/* What the preconditions of a GET or HEAD come to, in the order of RFC 9110 13.2.2: HTTP_OK, HTTP_NOT_MODIFIED or
 * HTTP_PRECONDITION_FAILED. `now` is for dates with years of two digits. */
enum http_status http_validators_check(const struct http_validators *validators, const struct http_request *request,
				       time_t now);

/* Whether a Range may be obeyed: there is no If-Range, or it names this very state (RFC 9110 13.1.5). */
bool http_validators_allow_range(const struct http_validators *validators, const struct http_request *request,
				 time_t now);

#endif
