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
 * CR LF and nothing else, no space stands before a colon, no line is folded, and a length is said once.
 */
#ifndef STRATA_APPS_HTTP_PARSE_H
#define STRATA_APPS_HTTP_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_HEAD_MAX 8192 /* bytes of a request's head, the empty line included */

/* Bytes inside somebody else's buffer; not terminated. */
struct http_text {
	const char *bytes;
	size_t length;
};

struct http_request {
	struct http_text method; /* as it came: methods are case-sensitive (RFC 9110 9.1) */
	struct http_text target; /* in any of its four forms (RFC 9112 3.2); visible ASCII only */
	bool http_1_0;           /* HTTP/1.0; otherwise HTTP/1.1, or a later 1.x, which is read as 1.1 (RFC 9110 2.5) */
	bool keep_alive; /* the connection persists after the response, as far as the client decides (RFC 9112 9.3) */
	bool has_body;   /* at least one byte of content follows the head (RFC 9112 6.3) */
	size_t length;   /* of the head: where the body or the next request begins */
};

enum http_parse_result {
	HTTP_PARSE_MORE, /* right so far, but not all of it; nothing in the request is valid yet */
	HTTP_PARSE_DONE, /* the request is filled in and points into the bytes */
	HTTP_PARSE_BAD,  /* no request, whatever follows: answer 400 and close (RFC 9112 2.2, 3) */
};

/* Parse what has come so far. More than HTTP_HEAD_MAX bytes without an end are bad. */
enum http_parse_result http_parse(const char *bytes, size_t length, struct http_request *request);

/* Whether the text is this word, exactly or in any mixture of cases. */
bool http_text_is(struct http_text text, const char *word);
bool http_text_is_nocase(struct http_text text, const char *word);

/* Whether these bytes can stand where a host, with or without a port, is named (RFC 3986 3.2.2): no user, no path. */
bool http_host_valid(struct http_text host);

#endif
