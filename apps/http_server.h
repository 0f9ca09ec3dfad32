/* SPDX-License-Identifier: MIT
 *
 * An HTTP/1.1 server (RFC 9110, RFC 9112) on a stack's sockets: the files below a directory, or the built-in pages. It
 * knows neither the device nor the clock, so that it runs the same on a TAP (strata httpd) and in virtual time (strata
 * sim). From the bytes up:
 *
 *     http_text, http_parse, http_body     what a request says, and where it ends
 *     http_target, http_accept             what it is about
 *     http_content, http_listing, http_pages, http_type       what is there
 *     http_validators, http_range          under which condition, and how much of it
 *     http_answer, http_response           the response
 *     http_connection                      one client; http_server: all of them
 *
 * One thread serves all clients, since none of them is ever waited for. What they may cost is bounded: connections by
 * their number, a connection by its buffers (the head of a request, what it sends to /echo, the socket's rings), every
 * wait by a time. Where the bounds are reached, the client that has not got on for the longest time makes room.
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
	int directory;               /* to serve, from http_content_directory(), borrowed; -1: the built-in pages */
	uint16_t port;               /* to listen on */
	unsigned idle_seconds;       /* that a connection may wait for its next request; 0: it ends after the first */
	unsigned requests_most;      /* that a connection takes; 0: any number */
	size_t connections_most;     /* at once */
	time_t (*clock)(void *user); /* the time of day, for Date */
	uint64_t (*now)(void *user); /* microseconds on a clock that never goes back, the stack's */
	void *clock_user;
	void (*log)(void *user, const char *line); /* a line of the access log (http_log.h), or NULL */
	void *log_user;
};

/* The built-in pages on port 80, 5 seconds, 100 requests, 10,000 connections; the clocks are the caller's to fill in. */
struct http_server_config http_server_defaults(void);

/* Begin to serve. NULL, with errno set: no memory, or the port is taken. */
struct http_server *http_server_create(struct stack *stack, const struct http_server_config *config);

/* One of the server's sockets is ready: to be called from the stack's on_ready(). */
void http_server_ready(struct http_server *server, struct socket *socket);

/* When http_server_tick() is next needed, or DEADLINE_NEVER (base/deadline.h). */
uint64_t http_server_deadline(const struct http_server *server);

/* End every wait that is over. To be called between rounds of the stack's loop, and followed by stack_flush(). */
void http_server_tick(struct http_server *server);

/* Take no more connections and end those that wait for a request; the others end after the response
 * that is under way. */
void http_server_stop(struct http_server *server);

/* How many connections there are. */
size_t http_server_connections(const struct http_server *server);

/* End all connections, those by a reset whose response is not through, and give everything back, before the stack is destroyed.
 * NULL is allowed. */
void http_server_destroy(struct http_server *server);

#endif
