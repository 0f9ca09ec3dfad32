/* SPDX-License-Identifier: MIT
 *
 * Routing for a host with one interface (RFC 1122 3.3.1): a neighbour is reached directly, everybody else through the gateway.
 */
#ifndef STRATA_IP_ROUTE_H
#define STRATA_IP_ROUTE_H

#include <stdbool.h>

#include "base/addr.h"

struct stack;

/* The neighbour that a packet for this destination is handed to. False: off our network, and there is no gateway. */
bool route_next_hop(struct stack *s, struct address destination, struct address *next_hop);

#endif
