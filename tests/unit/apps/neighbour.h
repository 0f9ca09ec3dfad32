/* SPDX-License-Identifier: MIT
 *
 * A device for a host, with another machine behind it, in this process and in real time:
 *
 *     host ---- struct neighbour (a driver) ---- cable ---- a stack with the address 192.0.2.1
 *
 *     struct neighbour neighbour;
 *     neighbour_begin(&neighbour, ready, &neighbour);
 *     neighbour_listen(&neighbour, SOCKET_STREAM, 7);
 *     struct host *host = neighbour_open(&neighbour, &options);
 *     ...
 *     host_close(host);
 *     neighbour_end(&neighbour);
 *
 * The neighbour runs whenever the host asks its device for frames.
 */
#ifndef STRATA_TESTS_NEIGHBOUR_H
#define STRATA_TESTS_NEIGHBOUR_H

#include <stdbool.h>
#include <stdint.h>

#include "apps/host.h"
#include "drivers/cable.h"

struct neighbour {
	struct driver driver;
	struct cable *cable;
	struct stack *stack;
	int gone;        /* negative errno: what the device's service() answers */
	bool deaf;       /* what the host sends is lost */
	bool closed;     /* the device was closed */
	unsigned served; /* how often service() was called */
};

/* `ready` is called as the stack's on_ready. */
void neighbour_begin(struct neighbour *neighbour, void (*ready)(void *user, struct socket *socket), void *user);

/* A socket of its, at this port; a stream listens. */
struct socket *neighbour_listen(struct neighbour *neighbour, enum socket_type type, uint16_t port);

/* A host on its device. */
struct host *neighbour_open(struct neighbour *neighbour, const struct options *options);

/* Once the host has closed its device. */
void neighbour_end(struct neighbour *neighbour);

#endif
