/* SPDX-License-Identifier: MIT
 *
 * An HTTP/1.1 server on a stack's sockets: GET and HEAD of the files below a directory, or of one built-in page. It
 * knows neither the device nor the clock, so that it runs the same on a TAP (strata httpd) and in virtual time (strata
 * sim).
 *
 * Each connection is a small machine, driven by the readiness of its socket:
 *
 *               request whole              head sent                    body sent, the client stays
 *     READING ----------------> HEADING -------------> SENDING -------------------------+
 *      ^   |                     |    \                  |   \                          |
 *      |   | end of stream       |     `-----------------|----`--> DRAINING --> gone    |
 *      |   `---> gone            | no body               |   the client goes            |
 *      `-------------------------+-----------------------+------------------------------'
 *
 *     READING   collects a request's head, at most HTTP_HEAD_MAX bytes. What follows it (the next request of a
 *               pipeline, RFC 9112 9.3.2) waits its turn behind it.
 *     HEADING   hands the response's head to the socket; a client that does not read stops it here.
 *     SENDING   reads content straight into the socket's send buffer, as much as fits, and goes on when there is room
 *               again: a slow reader costs its own buffer and nothing else.
 *     DRAINING  has said its last word (FIN) and throws away what still comes, a bounded amount, until the client ends
 *               too. Closing at once would reset the connection, and a reset may destroy the response before it is read
 *               (RFC 9112 9.6).
 *
 * While one request is answered, nothing more is read: TCP's window holds the client back.
 */
#ifndef STRATA_APPS_HTTP_SERVER_H
#define STRATA_APPS_HTTP_SERVER_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct http_server;
struct socket;
struct stack;

struct http_server_config {
	int directory; /* to serve, from http_content_directory(), borrowed; -1: the built-in page */
	uint16_t port; /* to listen on */
	/* The time of day, for Date. */
	time_t (*clock)(void *user);
	void *clock_user;
};

/* Begin to serve. NULL, with errno set: no memory, or the port is taken. */
struct http_server *http_server_create(struct stack *stack, const struct http_server_config *config);

/* One of the server's sockets is ready: to be called from the stack's on_ready(). */
void http_server_ready(struct http_server *server, struct socket *socket);

/* Take no more connections and end those that wait for a request; the others end after the response
 * that is under way. */
void http_server_stop(struct http_server *server);

/* How many connections there are. */
size_t http_server_connections(const struct http_server *server);

/* Reset what is under way and give everything back, before the stack is destroyed. NULL is allowed. */
void http_server_destroy(struct http_server *server);

#endif
