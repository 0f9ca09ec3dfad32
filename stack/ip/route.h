/* SPDX-License-Identifier: MIT
 *
 * Routing (RFC 1122 3.3.1): the route with the longest matching prefix says who is the next hop. Our own network is the first
 * route, a default gateway the last.
 *
 *     203.0.113.0/24   via 192.0.2.9
 *     192.0.2.0/24     on our own link
 *     0.0.0.0/0        via 192.0.2.1        a second default gateway is used when
 *     0.0.0.0/0        via 192.0.2.254      the first one is thought dead
 */
#ifndef STRATA_IP_ROUTE_H
#define STRATA_IP_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct stack;

#define ROUTES_MAX      32
#define ROUTE_DEAD_TIME 60000000 /* microseconds that a gateway is passed over after bad advice */
#define ROUTE_PATIENCE  10000000 /* microseconds without blame for a gateway that has just taken over */

struct route {
	struct address network;
	unsigned prefix_length;
	struct address gateway; /* ADDRESS_ANY: on our own link */
	uint64_t dead_until;    /* 0, or the gateway is passed over until then where there is another */
};

/* Sorted by falling prefix length; equal ones in the order of their adding. */
struct routes {
	unsigned count;
	struct route at[ROUTES_MAX];
};

/* Add a route. -EINVAL: a prefix above 32, or a gateway that is not on our link; -ENOSPC: no room. */
int route_add(struct stack *s, struct address network, unsigned prefix_length, struct address gateway);

/* The neighbour that a packet for this destination is handed to. False: there is no route. */
bool route_next_hop(struct stack *s, struct address destination, struct address *next_hop);

/* The same for who only wants to know: it is no event. */
bool route_peek(const struct stack *s, struct address destination, struct address *next_hop);

/* Whether the next hop for this destination is a gateway that is not thought dead. */
bool route_has_live_gateway(const struct stack *s, struct address destination);

/* Whether there is a route at all. */
bool route_exists(const struct stack *s, struct address destination);

/* This next hop does not work: pass it over for a while, where it is a gateway. */
void route_mark_dead(struct stack *s, struct address gateway);

#endif
