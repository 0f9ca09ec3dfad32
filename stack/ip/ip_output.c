/* SPDX-License-Identifier: MIT
 *
 * IPv4 output: header, route, and down to ARP.
 */
#include <errno.h>

#include "internal.h"
#include "ip/ip_wire.h"
#include "ip/route.h"

unsigned ip_max_payload(const struct stack *s)
{
	return s->interface.mtu - IP_HEADER_MIN;
}

struct address ip_source_for(const struct stack *s, struct address destination)
{
	(void)destination; /* one interface, one address */
	return s->interface.address;
}

int ip_output(struct stack *s, struct tx_packet *packet, const struct ip_flow *flow)
{
	struct address next_hop;
	size_t length = IP_HEADER_MIN + tx_length(packet);

	if (length > s->interface.mtu && packet->gso_size == 0)
		return -EMSGSIZE;
	if (!route_next_hop(s, flow->destination, &next_hop))
		return -ENETUNREACH;

	struct ip_header header = {
	    .total_length = (unsigned)length,
	    .id = s->ip.next_id,
	    .dont_fragment = true,
	    .ttl = IP_DEFAULT_TTL,
	    .protocol = flow->protocol,
	    .source = flow->source,
	    .destination = flow->destination,
	};
	ip_emit(tx_prepend(packet, IP_HEADER_MIN), &header);
	int result = arp_resolve(s, packet, next_hop);
	if (result != -EAGAIN)
		s->ip.next_id++;
	return result;
}

void ip_output_or_drop(struct stack *s, struct tx_packet *packet, const struct ip_flow *flow)
{
	switch (ip_output(s, packet, flow)) {
	case 0:
		return;
	case -EMSGSIZE:
		stack_drop(s, DROP_TX_TOO_BIG);
		return;
	case -ENETUNREACH:
		stack_drop(s, DROP_TX_NO_ROUTE);
		return;
	default:
		stack_drop(s, DROP_TX_FULL);
		return;
	}
}
