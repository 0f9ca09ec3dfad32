/* SPDX-License-Identifier: MIT
 *
 * One client of the HTTP server: a small machine, driven by the readiness of its socket and by deadlines.
 *
 *                    content follows          100 Continue is sent
 *       READING ---------------------> CONTINUING --------> RECEIVING
 *        ^   |  head whole                                      | content whole
 *        |   |                                                  |
 *        |   `--------------> HEADING <-------------------------'
 *        |                       | head sent
 *        |                       v
 *        |  body sent,        SENDING
 *        |  the client stays     |       body sent, and it was the last
 *        `-----------------------+---------------------------> DRAINING -----> gone
 *                                                                 the client goes, or its time is over
 *
 *     READING     collects a request's head. What follows it (the next request of a pipeline, RFC 9112 9.3.2) waits behind
 *                 it. With nothing at all the client may be idle for config.idle_seconds; once it has begun, the
 *                 head must be whole within HTTP_HEAD_TIME, whatever the pace (a "Slowloris" sends a byte a second).
 *     CONTINUING  tells a client that waits for it to go on (RFC 9110 10.1.1).
 *     RECEIVING   reads the content, which has HTTP_BODY_TIME and a second more for each HTTP_BODY_RATE bytes.
 *     HEADING     hands the response's head to the socket; a client that does not read stops it here.
 *     SENDING     reads content straight into the socket's send buffer, as much as fits, and goes on when there is room
 *                 again: a slow reader costs its own buffer and nothing else. One that does not read at all is given up by
 *                 TCP's user time-out.
 *     DRAINING    has said its last word (FIN) and throws away what still comes, a bounded amount, until the client ends
 *                 too. Closing at once would reset the connection, and a reset may destroy the response before it is read
 *                 (RFC 9112 9.6).
 *
 * While one request is answered, nothing more is read: TCP's window holds the client back.
 */
#ifndef STRATA_APPS_HTTP_CONNECTION_H
#define STRATA_APPS_HTTP_CONNECTION_H

#include <stdbool.h>

#include "apps/http_body.h"
#include "apps/http_buffer.h"
#include "apps/http_response.h"
#include "apps/http_server.h"
#include "base/deadline.h"
#include "base/list.h"

/* Microseconds */
#define HTTP_HEAD_TIME       10000000u /* from a head's first byte to its last; also from the handshake to the first */
#define HTTP_BODY_TIME       10000000u /* for content, */
#define HTTP_BODY_RATE       1024u     /* and a second for so many bytes of it */
#define HTTP_STALL_TIME      120000000u /* that what was sent may stay unacknowledged, or unread (RFC 9293 3.8.3, SHLD-11) */
#define HTTP_DRAIN_IDLE_TIME 5000000u  /* that a client may be silent after the last response, */
#define HTTP_DRAIN_TIME      30000000u /* and that it may go on sending */

#define HTTP_DRAIN_MAX (16 * 1024 * 1024)         /* bytes thrown away after the last response */
#define HTTP_HELD_MAX  ((size_t)64 * 1024 * 1024) /* bytes that requests to /echo and lists of files take up in all */

/* What the server's connections share. */
struct http_server {
	struct http_server_config config;
	struct stack *stack;
	struct socket *listener; /* NULL once stopped */
	time_t started;          /* when the built-in pages came to be, as far as clients can tell */
	struct list connections; /* by when they last got on, the longest ago first */
	size_t count;            /* of them */
	size_t held;             /* at most HTTP_HELD_MAX */
	struct deadlines deadlines;
};

enum http_state {
	HTTP_READING,
	HTTP_CONTINUING,
	HTTP_RECEIVING,
	HTTP_HEADING,
	HTTP_SENDING,
	HTTP_DRAINING,
};

struct http_connection {
	struct list node; /* in the server's list */
	struct http_server *server;
	struct socket *socket;
	struct deadline deadline;
	enum http_state state;
	unsigned requests;           /* answered, or being answered */
	struct http_buffer in;       /* received and not yet done with */
	size_t head_length;          /* of the request being answered, at the front of it */
	struct http_body body;       /* where in its content we are */
	struct http_buffer received; /* the whole of it, for /echo */
	struct http_response response;
	struct http_buffer out; /* what is to be sent before the content, */
	size_t out_sent;        /* and how much of it the socket has taken */
	uint64_t body_sent;     /* content that has been sent */
	size_t held;            /* our part of server.held */
	size_t drained;         /* bytes thrown away */
	uint64_t drain_until;
};

/* A client has come. Without memory for it, it is reset. */
void http_connection_begin(struct http_server *server, struct socket *socket);

/* Its socket is ready: go as far as that allows. It may be gone afterwards. */
void http_connection_ready(struct http_connection *c);

/* A deadline of http_server.deadlines is due. */
void http_connection_due(struct http_server *server, struct deadline *deadline);

/* What is short: places for connections, or memory, which those have most of that do not read what they asked for. */
enum http_room { HTTP_ROOM_PLACE, HTTP_ROOM_MEMORY };

/* Reset the connection that has not got on for the longest time, of those where it helps. False: there is none but
 * `except`, which may be NULL. */
bool http_connection_make_room(struct http_server *server, enum http_room what, const struct http_connection *except);

/* End the connections that are in no middle of anything, or all of them. */
void http_connection_end_all(struct http_server *server, bool all);

#endif
