/* SPDX-License-Identifier: MIT
 *
 * The socket layer from the inside: what a stack keeps of it.
 */
#ifndef STRATA_SOCKET_SOCKETS_H
#define STRATA_SOCKET_SOCKETS_H

#include "base/list.h"

struct stack;
struct socket;

struct sockets {
	struct list all; /* every struct socket there is */
	void (*on_ready)(void *user, struct socket *socket);
	void *user;
};

void sockets_init(struct stack *s);

/* Close every socket as its owner would. */
void sockets_close(struct stack *s);

/* Free every socket, and the connections that they hold, without a word to anybody. */
void sockets_release(struct stack *s);

/* Call on_ready() for every socket that was given notice since the last time. */
void sockets_dispatch(struct stack *s);

#endif
