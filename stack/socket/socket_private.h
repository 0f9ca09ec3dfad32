/* SPDX-License-Identifier: MIT
 *
 * A socket from the inside: what socket.c (all sockets, and streams) and socket_datagram.c share.
 */
#ifndef STRATA_SOCKET_SOCKET_PRIVATE_H
#define STRATA_SOCKET_SOCKET_PRIVATE_H

#include "internal.h"

/* At most one of the three pointers is set; a fresh stream has none. */
struct socket {
	struct stack *stack;
	struct list all;       /* in sockets.all */
	struct endpoint local; /* of a stream */
	struct tcp_listener *listener;
	struct tcp_connection *connection;
	struct udp_socket *udp;
	int error;                    /* of a stream: pending, a negative errno; besides the connection's own */
	bool read_shut;               /* receives answer 0 in place of -EAGAIN */
	bool told_error;              /* socket_error() has handed out the connection's */
	struct tcp_settings settings; /* of a stream */
	void *user;
};

#endif
