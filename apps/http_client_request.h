/* SPDX-License-Identifier: MIT
 *
 * An HTTP/1 request, from a struct to the bytes of its head (RFC 9112 3), in the order in which curl has them:
 *
 *     GET /a/b.html?q=1 HTTP/1.1
 *     Host: www.example:8080
 *     Range: bytes=100-
 *     User-Agent: strata/0.1.0
 *     Accept: (anything)
 *     X-Own: what the user has given
 *     Content-Length: 3
 *     Content-Type: application/x-www-form-urlencoded
 */
#ifndef STRATA_APPS_HTTP_CLIENT_REQUEST_H
#define STRATA_APPS_HTTP_CLIENT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "apps/url.h"

struct http_client_request {
	const char *method;
	const struct url *url;
	bool http_1_0;
	const char *range; /* the value of Range, or NULL */
	/* The user's headers: "Name: value"; "Name:" leaves one of ours out, "Name;" is one without a value. */
	const char *const *headers;
	size_t header_count;
	bool
	    elsewhere; /* a redirect has led to another server: it does not get Host, Authorization and Cookie of these */
	bool has_data;
	size_t data_length; /* of the body that follows */
};

/* Whether this can be one of the headers: a name (RFC 9110 5.6.2), a colon or semicolon, nothing that ends a line. */
bool http_client_is_header(const char *header);

/* Whether this can be a method (RFC 9110 9.1). */
bool http_client_is_method(const char *method);

/* Write the head: its text, terminated, to be freed; NULL: no memory. */
char *http_client_request_head(const struct http_client_request *request);

#endif
