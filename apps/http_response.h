/* SPDX-License-Identifier: MIT
 *
 * The head of an HTTP response, from a struct to bytes (RFC 9112 4).
 *
 *     HTTP/1.1 200 OK
 *     Server: strata
 *     Date: Sun, 06 Nov 1994 08:49:37 GMT
 *     Content-Type: text/plain; charset=utf-8
 *     Content-Length: 14
 *     Last-Modified: Sat, 05 Nov 1994 12:00:00 GMT
 *     Connection: close
 *
 * The answers other than 200 bring a short page that says why: 301 for a directory without its slash, 400, 404, 405,
 * and 500 for a system that is out of something.
 */
#ifndef STRATA_APPS_HTTP_RESPONSE_H
#define STRATA_APPS_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "apps/http_parse.h"

#define HTTP_DATE_TEXT     30                    /* room for "Sun, 06 Nov 1994 08:49:37 GMT" and its terminator */
#define HTTP_RESPONSE_ROOM (HTTP_HEAD_MAX + 768) /* room for any head that http_response_head() writes, with its page */

enum http_status {
	HTTP_OK = 200,
	HTTP_MOVED_PERMANENTLY = 301,
	HTTP_BAD_REQUEST = 400,
	HTTP_NOT_FOUND = 404,
	HTTP_METHOD_NOT_ALLOWED = 405,
	HTTP_INTERNAL_SERVER_ERROR = 500,
};

struct http_response {
	enum http_status status;
	bool head_only;       /* the request was HEAD: the same head, and nothing after it (RFC 9110 9.3.2) */
	bool keep_alive;      /* the connection stays open after this response */
	bool http_1_0;        /* the request was HTTP/1.0, where staying open has to be said (RFC 9112 C.2.2) */
	const char *location; /* for HTTP_MOVED_PERMANENTLY: where to, at most HTTP_HEAD_MAX bytes */
	/* For HTTP_OK: */
	const char *content_type;
	uint64_t content_length;
	time_t last_modified;
};

/* Write the head, with the empty line that ends it, and the page of what is not 200. How many bytes. */
size_t http_response_head(const struct http_response *response, time_t now, char to[HTTP_RESPONSE_ROOM]);

/* Write a time as HTTP writes it, always in GMT (RFC 9110 5.6.7: IMF-fixdate); return `text`. Times before 1970 or
 * after 9999 are moved to these ends. */
char *http_date(time_t time, char text[HTTP_DATE_TEXT]);

#endif
