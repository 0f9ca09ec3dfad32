/* SPDX-License-Identifier: MIT
 *
 * The route table.
 */
#include "ip/route.h"

#include <errno.h>

#include "internal.h"

static bool matches(const struct route *r, struct address destination)
{
	uint32_t mask = r->prefix_length == 0 ? 0 : UINT32_MAX << (32 - r->prefix_length);

	return ((address_number(destination) ^ address_number(r->network)) & mask) == 0;
}

int route_add(struct stack *s, struct address network, unsigned prefix_length, struct address gateway)
{
	struct routes *t = &s->ip.routes;
	unsigned place = 0;

	if (prefix_length > 32 || (!address_is_any(gateway) && !interface_on_link(&s->interface, gateway)))
		return -EINVAL;
	if (t->count == ROUTES_MAX)
		return -ENOSPC;
	while (place < t->count && t->at[place].prefix_length >= prefix_length)
		place++;
	for (unsigned i = t->count; i > place; i--)
		t->at[i] = t->at[i - 1];
	t->at[place] = (struct route){.network = network, .prefix_length = prefix_length, .gateway = gateway};
	t->count++;
	return 0;
}

/* The first route that matches; where its gateway is thought dead, an equally long one whose gateway is not (RFC 1122 3.3.1.5). */
static const struct route *find(const struct stack *s, struct address destination)
{
	const struct routes *t = &s->ip.routes;
	const struct route *first = NULL;

	for (unsigned i = 0; i < t->count; i++) {
		const struct route *r = &t->at[i];
		if (first && r->prefix_length < first->prefix_length)
			break;
		if (!matches(r, destination))
			continue;
		if (r->dead_until <= s->now)
			return r;
		if (!first)
			first = r;
	}
	return first;
}

bool route_peek(const struct stack *s, struct address destination, struct address *next_hop)
{
	const struct route *r = find(s, destination);

	if (r)
		*next_hop = address_is_any(r->gateway) ? destination : r->gateway;
	return r;
}

bool route_next_hop(struct stack *s, struct address destination, struct address *next_hop)
{
	if (!route_peek(s, destination, next_hop))
		return false;
	if (!address_equal(*next_hop, destination))
		event_emit(&s->events, &(struct event){.type = EVENT_ROUTE_GATEWAY, .remote.address = destination});
	return true;
}

bool route_has_live_gateway(const struct stack *s, struct address destination)
{
	const struct route *r = find(s, destination);

	return r && !address_is_any(r->gateway) && r->dead_until <= s->now;
}

bool route_exists(const struct stack *s, struct address destination)
{
	return find(s, destination);
}

void route_mark_dead(struct stack *s, struct address gateway)
{
	for (unsigned i = 0; i < s->ip.routes.count; i++)
		if (address_equal(s->ip.routes.at[i].gateway, gateway))
			s->ip.routes.at[i].dead_until = s->now + ROUTE_DEAD_TIME;
}

/* Whether this route stands in for another that was given up a moment ago. What fails now may have failed there. */
static bool took_over_lately(const struct stack *s, const struct route *r)
{
	for (unsigned i = 0; i < s->ip.routes.count; i++) {
		const struct route *other = &s->ip.routes.at[i];
		if (other->prefix_length == r->prefix_length && matches(other, r->network) &&
		    other->dead_until + ROUTE_PATIENCE > s->now + ROUTE_DEAD_TIME)
			return true;
	}
	return false;
}

void ip_advise_failing(struct stack *s, struct address destination)
{
	const struct route *r = find(s, destination);

	if (r && !address_is_any(r->gateway) && !took_over_lately(s, r))
		route_mark_dead(s, r->gateway);
}
