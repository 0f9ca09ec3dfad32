/* SPDX-License-Identifier: MIT
 *
 * The next hop.
 */
#include "ip/route.h"

#include "internal.h"

bool route_next_hop(struct stack *s, struct address destination, struct address *next_hop)
{
	if (interface_on_link(&s->interface, destination)) {
		*next_hop = destination;
		return true;
	}
	if (address_is_any(s->ip.gateway))
		return false;
	*next_hop = s->ip.gateway;
	event_emit(&s->events, &(struct event){.type = EVENT_ROUTE_GATEWAY, .remote.address = destination});
	return true;
}
