/* SPDX-License-Identifier: MIT
 *
 * An HTTP/1 response, taken apart as it comes (RFC 9112), in pieces of any size and without being kept:
 *
 *     HTTP/1.1 200 OK            LINE, as it came
 *     Content-Length: 3          LINE
 *                                LINE; then HEAD: what the head says is in the struct
 *     abc                        BODY, however many bytes are there
 *                                DONE
 *
 *       +------------------- 1xx -----------------+
 *       v                                         |
 *     STATUS --> FIELDS --- empty line ---> (how long is the body?, RFC 9112 6.3)
 *                                             |-- nothing --------------------------------------------> DONE
 *                                             |-- Content-Length --> COUNTED --> all there -----------> DONE
 *                                             |-- neither ---------> UNTIL_CLOSE --> the peer closes -> DONE
 *                                             `-- chunked --> SIZE <--> CHUNK, then TRAILERS ---------> DONE
 *
 * Nothing that a server says is trusted: a line, a head and the numbers have limits, and what cannot be is refused with the status that
 * curl(1) ends with. Where curl guesses, this refuses: two lengths that differ, a length with something behind it, a head that is cut off.
 */
#ifndef STRATA_APPS_HTTP_CLIENT_RESPONSE_H
#define STRATA_APPS_HTTP_CLIENT_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_CLIENT_LINE_MAX 102400 /* bytes of one line of a head: curl's limit */
#define HTTP_CLIENT_HEAD_MAX 307200 /* of all lines before a body, those of 1xx included: the same */
#define HTTP_CLIENT_VALUE    8192   /* of a Location, with its terminator */
#define HTTP_CLIENT_CHUNK    256    /* of the line that begins a chunk */

#define HTTP_CLIENT_UNKNOWN UINT64_MAX /* no length */

/* What has been found. */
enum http_client_piece {
	HTTP_CLIENT_MORE, /* nothing yet: give it more bytes */
	HTTP_CLIENT_LINE, /* line[0 .. line_length): a line of a head or a trailer, with its end; take it before going on */
	HTTP_CLIENT_HEAD, /* a head has ended. Where `status` is below 200, another follows */
	HTTP_CLIENT_BODY, /* body[0 .. body_length): part of the body, in the bytes that were given; say how much was taken */
	HTTP_CLIENT_DONE, /* the response has ended; what follows is not part of it */
	HTTP_CLIENT_BAD,  /* it cannot be read: `error` and `why` */
};

/* Exit statuses of curl(1), for what can be wrong here. */
enum http_client_error {
	HTTP_CLIENT_UNSUPPORTED = 1, /* a version or status that HTTP/1 does not have */
	HTTP_CLIENT_WEIRD = 8,       /* it makes no sense */
	HTTP_CLIENT_PARTIAL = 18,    /* the connection ended before the body did */
	HTTP_CLIENT_EMPTY = 52,      /* it ended before there was a status, or after a 1xx */
	HTTP_CLIENT_RECEIVE = 56,    /* the head, or the chunks, are broken */
	HTTP_CLIENT_ENCODING = 61,   /* a transfer coding that we do not know */
};

enum http_client_state {
	HTTP_CLIENT_IN_STATUS,
	HTTP_CLIENT_IN_FIELDS,
	HTTP_CLIENT_COUNTED,
	HTTP_CLIENT_UNTIL_CLOSE,
	HTTP_CLIENT_IN_SIZE,
	HTTP_CLIENT_IN_CHUNK,
	HTTP_CLIENT_AFTER_CHUNK,
	HTTP_CLIENT_IN_TRAILERS,
	HTTP_CLIENT_OVER,
};

struct http_client_response {
	/* What the last head said. */
	unsigned status;
	bool http_1_0;
	uint64_t length;      /* Content-Length, or HTTP_CLIENT_UNKNOWN */
	uint64_t range_first; /* of Content-Range: where the body begins; HTTP_CLIENT_UNKNOWN where it is not there */
	char location[HTTP_CLIENT_VALUE]; /* the first, as with curl; "" where there is none */
	bool keep_alive; /* the connection may be used again after this response, as far as its head says */

	/* What was found. */
	const char *line;
	size_t line_length;
	const uint8_t *body;
	size_t body_length;
	enum http_client_error error;
	char why[64];

	/* Its own. */
	bool head_only; /* the answer to HEAD: there is no body */
	bool chunked;
	bool coded; /* a transfer coding that is neither chunked nor identity */
	bool said_close, said_keep_alive;
	enum http_client_state state;
	uint64_t left;     /* of the body, or of this chunk */
	size_t head_bytes; /* so far */
	size_t kept;       /* of the line in hand */
	bool line_is_told;
	char buffer[HTTP_CLIENT_LINE_MAX + 1];
};

/* Begin a response; `head_only` where the request was HEAD (RFC 9110 9.3.2). */
void http_client_begin(struct http_client_response *response, bool head_only);

/* Look at the bytes that come next; *used is how many are done with (0 where BODY is found). To be called again, with the bytes that follow,
 * until it wants more. */
enum http_client_piece http_client_next(struct http_client_response *response, const uint8_t *bytes, size_t length,
					size_t *used);

/* So many bytes of the body that was shown have been taken. */
void http_client_took(struct http_client_response *response, size_t length);

/* The peer has ended the stream: DONE, or BAD. */
enum http_client_piece http_client_closed(struct http_client_response *response);

#endif
