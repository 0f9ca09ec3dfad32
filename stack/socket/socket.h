/* SPDX-License-Identifier: MIT
 *
 * Sockets: BSD's, without blocking. A call that cannot go on answers -EAGAIN; readiness says when to try again. Errors are negative errno
 * values. All of it is TCP (SOCK_STREAM).
 *
 * Readiness is a level: socket_ready() tells it at any time. stack_config.on_ready() is called, from stack_flush(), after anything
 * happened that an application may wait for: data or an end of stream to read, a connection to accept, room to write after a short
 * write, an error.
 *
 * Two ways to move bytes: copying (socket_send, socket_receive), or in place, where the caller looks into the receive ring (peek,
 * then consume) or fills the send ring (reserve, then commit).
 */
#ifndef STRATA_SOCKET_SOCKET_H
#define STRATA_SOCKET_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/packet.h"

struct stack;
struct socket;

enum socket_readiness {
	SOCKET_READABLE = 1, /* bytes, end of stream or, on a listener, a connection is there to be taken */
	SOCKET_WRITABLE = 2, /* a send would take a useful amount (a third of the buffer), or fail at once */
	SOCKET_HANGUP = 4,   /* both directions are over: nothing more will be read or sent */
	SOCKET_ERROR = 8,    /* socket_error() has something to tell */
};

enum socket_how { SOCKET_SHUTDOWN_READ = 1, SOCKET_SHUTDOWN_WRITE = 2, SOCKET_SHUTDOWN_BOTH = 3 };

/* A new TCP socket, or NULL: no memory. */
struct socket *socket_open(struct stack *stack);

/* Give it a local address (ADDRESS_ANY: the stack's own) and port (0: an ephemeral one, chosen at connect or listen). -EADDRINUSE,
 * -EADDRNOTAVAIL, -EINVAL when it already has one or is connected. */
int socket_bind(struct socket *socket, const struct endpoint *local);

/* Wait for connections; at most `backlog` (at least 1) are kept that have not been accepted, half-open ones included. -EADDRINUSE, -EINVAL,
 * -ENOMEM. */
int socket_listen(struct socket *socket, unsigned backlog);

/* The next established connection as a socket of its own, or NULL: none is waiting. */
struct socket *socket_accept(struct socket *listener);

/* Begin a connection (RFC 9293 3.9.1.1). 0: begun; writable when it is established, SOCKET_ERROR when it failed.
 * -EINVAL when it is bound to a listener or connected already; -EADDRNOTAVAIL: no port free, or the remote address is not one host
 * (MUST-46); -ENOMEM. */
int socket_connect(struct socket *socket, const struct endpoint *remote);

/* Copy up to `length` bytes into the send buffer: how many were taken, -EAGAIN when none could be, -EPIPE after the write side was shut,
 * -ENOTCONN, or the connection's error. */
long socket_send(struct socket *socket, const void *bytes, size_t length);

/* Take up to `length` received bytes: how many, 0 at the end of the stream, -EAGAIN when none are there yet, -ENOTCONN, or the
 * connection's error. */
long socket_receive(struct socket *socket, void *bytes, size_t length);

/* Show what could be received, as up to two slices; returns how many slices (0: nothing there). Good until the next socket call or the
 * return to the stack. */
unsigned socket_peek(const struct socket *socket, struct slice slices[2]);

/* Take the first `length` bytes of what peek showed. */
void socket_consume(struct socket *socket, size_t length);

/* Contiguous room in the send buffer to be filled in place: its start, with *length set, or NULL with *length 0 when there is none now.
 * At most `wanted` bytes are made room for. Good until the next socket call. */
uint8_t *socket_reserve(struct socket *socket, size_t wanted, size_t *length);

/* Send the first `length` bytes of what reserve gave. */
void socket_commit(struct socket *socket, size_t length);

/* End one direction or both: after SOCKET_SHUTDOWN_WRITE the peer reads what was sent and then an end of stream (a FIN); after
 * SOCKET_SHUTDOWN_READ receives answer 0. -ENOTCONN. */
int socket_shutdown(struct socket *socket, enum socket_how how);

/* Give the socket up. What was sent still goes out, in order, and the connection ends with FIN; where received bytes were never read it
 * ends with RST (RFC 2525 2.17), so that the peer knows. A listener's waiting connections are reset. The pointer is invalid afterwards. */
void socket_close(struct socket *socket);

/* Give it up at once with RST (RFC 9293 3.10.5 ABORT). The pointer is invalid afterwards. */
void socket_abort(struct socket *socket);

/* A set of enum socket_readiness, as it is now. */
unsigned socket_ready(const struct socket *socket);

/* The pending error as a negative errno, cleared by reading, or 0: -ECONNREFUSED, -ECONNRESET, -ETIMEDOUT, -EHOSTUNREACH. */
int socket_error(struct socket *socket);

struct endpoint socket_local(const struct socket *socket);
struct endpoint socket_remote(const struct socket *socket);

/* A pointer of the application's, kept and handed back untouched; NULL at first. An accepted socket starts with NULL. */
void socket_set_user(struct socket *socket, void *user);
void *socket_user(const struct socket *socket);

#endif
