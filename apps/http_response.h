/* SPDX-License-Identifier: MIT
 *
 * The head of an HTTP response, from a struct to bytes (RFC 9112 4), and the page that goes with an error.
 *
 *     HTTP/1.1 200 OK
 *     Server: strata
 *     Date: Sun, 06 Nov 1994 08:49:37 GMT
 *     Content-Type: text/plain; charset=utf-8
 *     Content-Length: 14
 *     Last-Modified: Sat, 05 Nov 1994 12:00:00 GMT
 *     ETag: "12f0-e-2ebbe200.0"
 *     Accept-Ranges: bytes
 *     Connection: keep-alive
 *     Keep-Alive: timeout=5, max=100
 */
#ifndef STRATA_APPS_HTTP_RESPONSE_H
#define STRATA_APPS_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "apps/http_content.h"
#include "apps/http_status.h"

#define HTTP_RESPONSE_MAX (HTTP_LINE_MAX + 2048) /* bytes of any head */

struct http_response {
	enum http_status status;
	bool head_only;         /* the request was HEAD: the same head, and nothing after it (RFC 9110 9.3.2) */
	bool keep_alive;        /* the connection stays open after this response, */
	unsigned idle_seconds;  /* for so long without another request, */
	unsigned requests_most; /* and takes so many requests in all; 0: any number */
	const char *allow;      /* the methods that are allowed (RFC 9110 10.2.1), or NULL */
	char *location;         /* for HTTP_MOVED_PERMANENTLY: where to; owned, or NULL */
	uint64_t whole_length;  /* for HTTP_RANGE_NOT_SATISFIABLE */
	struct http_content content;
};

/* Make the response one of this status, with its page for content; what it had before is given back. Without memory for the page
 * there is none. */
void http_response_refuse(struct http_response *response, enum http_status status);

/* Write the head, with the empty line that ends it. */
void http_response_head(const struct http_response *response, time_t now, struct http_buffer *to);

/* Give back what the response holds. Allowed twice. */
void http_response_release(struct http_response *response);

#endif
