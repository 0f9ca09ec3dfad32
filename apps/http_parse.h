/* SPDX-License-Identifier: MIT
 *
 * The head of an HTTP/1.1 request, from bytes to a struct (RFC 9112 2 to 6).
 *
 *     GET /a%20b.txt?x=1 HTTP/1.1 CR LF       method SP request-target SP HTTP-version
 *     Host: 192.0.2.2 CR LF                   field-name ":" OWS field-value OWS
 *     Connection: close CR LF
 *     CR LF                                   the empty line that ends the head
 *
 * The parser is pure: the same bytes give the same answer, however they were cut up on the way. It is called with
 * everything that has come so far, and says that more is needed, that the head is whole, or that it can never become
 * one. A wrong byte is refused as soon as it is there, so that nobody waits for the end of something that is not HTTP.
 *
 * It is strict where leniency lets two readers of one request disagree (RFC 9112 11.2, request smuggling): lines end in
 * CR LF and nothing else, no space stands before a colon, no line is folded, and a length is said once and in one way.
 */
#ifndef STRATA_APPS_HTTP_PARSE_H
#define STRATA_APPS_HTTP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/http_status.h"
#include "apps/http_text.h"

#define HTTP_LINE_MAX   8192  /* bytes of a request line; RFC 9112 3 wants 8000 at least */
#define HTTP_HEAD_MAX   16384 /* bytes of a request's head, the empty line included */
#define HTTP_FIELDS_MAX 100   /* fields in it */

/* How the end of the content is found (RFC 9112 6.3). */
enum http_framing { HTTP_BODY_NONE, HTTP_BODY_LENGTH, HTTP_BODY_CHUNKED };

enum http_expectation { HTTP_EXPECT_NOTHING, HTTP_EXPECT_CONTINUE, HTTP_EXPECT_UNKNOWN };

struct http_request {
	struct http_text line;   /* the request line; empty until it has come */
	struct http_text method; /* as it came: methods are case-sensitive (RFC 9110 9.1); empty until then */
	struct http_text target; /* in any of its four forms (RFC 9112 3.2); visible ASCII only */
	struct http_text fields; /* the lines after it, the last one's CR LF included: see http_field_next() */
	bool http_1_0;           /* HTTP/1.0; otherwise HTTP/1.1, or a later 1.x, which is read as 1.1 (RFC 9110 2.5) */
	bool keep_alive; /* the connection persists after the response, as far as the client decides (RFC 9112 9.3) */
	enum http_expectation expect;
	enum http_framing framing;
	uint64_t body_length; /* for HTTP_BODY_LENGTH, at least 1 */
	bool has_length;      /* Content-Length or Transfer-Encoding was there, even if it says that nothing follows */
	size_t length;        /* of the head: where the content or the next request begins */
	enum http_status error; /* of a bad one: what to answer before closing */
};

enum http_parse_result {
	HTTP_PARSE_MORE, /* right so far, but not all of it; of the request, line and method are valid once they are there */
	HTTP_PARSE_DONE, /* the request is filled in and points into the bytes */
	HTTP_PARSE_BAD,  /* no request, whatever follows: error says why; line and method as above */
};

/* Parse what has come so far. HTTP_HEAD_MAX bytes without an end are bad. */
enum http_parse_result http_parse(const char *bytes, size_t length, struct http_request *request);

/* The value of the next field with this name, in any case of letters: begin with *value = {NULL, 0}. False: there is none
 * after the last one. */
bool http_field_next(const struct http_request *request, const char *name, struct http_text *value);

/* The value of the only field with this name. False: it is not there, or there more than once, which a field that is no list
 * must not be (RFC 9110 5.3). */
bool http_field_only(const struct http_request *request, const char *name, struct http_text *value);

/* Whether these bytes can stand where a host, with or without a port, is named (RFC 9110 4.2.1, RFC 3986 3.2.2): no
 * user, no path. Empty is one. */
bool http_host_valid(struct http_text host);

#endif
