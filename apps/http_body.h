/* SPDX-License-Identifier: MIT
 *
 * Where the content of a request ends: after as many bytes as Content-Length said, or after the last chunk
 * (RFC 9112 7.1).
 *
 *     4;name=value CR LF       chunk-size in hexadecimal, and extensions, which mean nothing here
 *     Wiki CR LF
 *     0 CR LF                  the last chunk
 *     Trailer: x CR LF         trailer fields, which mean nothing here
 *     CR LF
 *
 * It is fed piece by piece and keeps nothing but its place. All of it is bounded: a size line, the trailers, and the
 * whole with its framing.
 */
#ifndef STRATA_APPS_HTTP_BODY_H
#define STRATA_APPS_HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/http_parse.h"

#define HTTP_BODY_MAX       (1024 * 1024) /* bytes of content, with what chunks add to it */
#define HTTP_CHUNK_LINE_MAX 256           /* bytes of a chunk's size and extensions */
#define HTTP_TRAILERS_MAX   4096          /* bytes of trailer fields */

enum http_body_place {
	HTTP_PLACE_LENGTH,  /* in content that Content-Length counts */
	HTTP_PLACE_SIZE,    /* in a chunk's size line */
	HTTP_PLACE_CHUNK,   /* in a chunk's data */
	HTTP_PLACE_AFTER,   /* in the CR LF behind that */
	HTTP_PLACE_TRAILER, /* in a trailer line */
	HTTP_PLACE_END,     /* behind the last byte */
};

struct http_body {
	enum http_body_place place;
	uint64_t left;   /* bytes of the content or of the chunk that are still to come */
	size_t taken;    /* bytes so far, framing included */
	size_t line;     /* bytes of the line so far; of all trailers */
	bool sized;      /* the size is whole, and extensions follow it */
	bool spaced;     /* white space has come behind its digits */
	bool cr;         /* the byte before this one was a CR */
	bool empty_line; /* the trailer line has had no byte so far */
};

/* At the first byte of the request's content. Where it has none, at the end. */
void http_body_begin(struct http_body *body, const struct http_request *request);

/* Go through the next bytes: how many of them belong to the content. HTTP_OK: right so far, and at the end when the place is
 * HTTP_PLACE_END; otherwise what to answer before closing: 400; 413, too much; 431, too many trailers. */
size_t http_body_take(struct http_body *body, const char *bytes, size_t length, enum http_status *status);

#endif
