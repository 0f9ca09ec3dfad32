/* SPDX-License-Identifier: MIT
 *
 * IPv4 output: header, route, and down to ARP.
 */
#include <errno.h>

#include "internal.h"
#include "ip/ip_send.h"
#include "ip/ip_wire.h"
#include "link/ether_wire.h"

unsigned ip_max_payload(const struct stack *s)
{
	return s->interface.mtu - IP_HEADER_MIN;
}

struct address ip_source_for(const struct stack *s, struct address destination)
{
	return ip_is_ours(s, destination) ? destination : s->interface.address;
}

int ip_send(struct stack *s, struct tx_packet *packet, const struct ip_hop *hop)
{
	if (hop->everybody)
		return ether_output(s, packet, MAC_BROADCAST, ETHERTYPE_IPV4);
	return arp_resolve(s, packet, hop->neighbour);
}

bool ip_send_again(struct stack *s, const struct tx_packet *packet, struct address destination)
{
	struct ip_hop hop = {.everybody = false};
	struct tx_packet again = *packet;

	if (!route_has_live_gateway(s, destination) || !route_next_hop(s, destination, &hop.neighbour))
		return false;
	int error = ip_send(s, &again, &hop);
	if (error)
		ip_drop(s, error);
	return true;
}

/* RFC 6864 4: only a datagram that may be fragmented needs an identification, one that does not come again soon. Where it begins
 * and whom it is counted with are secret, so that nobody can count what we send to others (RFC 7739 5.3, an idle scan). */
static uint16_t next_id(struct stack *s, const struct ip_flow *flow)
{
	struct {
		struct address source, destination;
		uint32_t protocol;
	} which = {flow->source, flow->destination, flow->protocol};

	if (!flow->may_fragment)
		return 0;
	uint64_t hash = siphash(&s->ip.id_key, &which, sizeof which);
	return (uint16_t)((hash >> 16) + s->ip.id_counters[hash % IP_ID_COUNTERS]++);
}

/* Who the packet is handed to. 0, or why it cannot be sent. */
static int find_hop(struct stack *s, const struct ip_flow *flow, struct ip_hop *hop)
{
	if (interface_is_broadcast(&s->interface, flow->destination)) {
		hop->everybody = true;
		return flow->may_broadcast ? 0 : -EACCES;
	}
	hop->everybody = false;
	if (!ip_is_host(s, flow->destination) || !route_next_hop(s, flow->destination, &hop->neighbour))
		return -ENETUNREACH;
	return 0;
}

/* A router's own packet, for a network behind another of its interfaces: that one sends it as if it had come in here. */
static int send_elsewhere(struct stack *s, const struct tx_packet *packet)
{
	size_t length = tx_length(packet);
	uint8_t *copy = memory_get(&s->memory, length);

	if (!copy) {
		stack_drop(s, DROP_TX_NO_MEMORY);
		return 0;
	}
	tx_copy(packet, copy);
	s->ip.forward(s->ip.forward_user, s, copy, length);
	memory_put(&s->memory, copy, length);
	return 0;
}

int ip_output(struct stack *s, struct tx_packet *packet, const struct ip_flow *flow)
{
	size_t length = IP_HEADER_MIN + tx_length(packet);
	bool to_self = ip_is_ours(s, flow->destination);
	bool too_long = length > s->interface.mtu && packet->gso_size == 0 && !to_self;
	struct ip_hop hop;

	if (s->interface.tentative)
		return -ENETDOWN;
	if (length > IP_TOTAL_MAX || (too_long && !flow->may_fragment))
		return -EMSGSIZE;
	int error = to_self ? 0 : find_hop(s, flow, &hop);
	bool elsewhere = error == -ENETUNREACH && s->ip.forward && ip_is_host(s, flow->destination);
	if (error && !elsewhere)
		return error;

	struct ip_header header = {
	    .total_length = (unsigned)length,
	    .tos = flow->tos,
	    .id = next_id(s, flow),
	    .dont_fragment = !flow->may_fragment,
	    .ttl = flow->ttl ? flow->ttl : s->ip.ttl,
	    .protocol = flow->protocol,
	    .source = flow->source,
	    .destination = flow->destination,
	};
	if (too_long && !elsewhere)
		return ip_fragment(s, packet, &header, &hop);
	ip_emit(tx_prepend(packet, IP_HEADER_MIN), &header);
	if (elsewhere)
		return send_elsewhere(s, packet);
	if (to_self) {
		loopback_output(s, packet);
		return 0;
	}
	return ip_send(s, packet, &hop);
}

void ip_drop(struct stack *s, int error)
{
	switch (error) {
	case -EAGAIN:
		stack_drop(s, DROP_TX_FULL);
		return;
	case -EMSGSIZE:
		stack_drop(s, DROP_TX_TOO_BIG);
		return;
	case -ENETUNREACH:
	case -EACCES:
	case -ENETDOWN:
		stack_drop(s, DROP_TX_NO_ROUTE);
		return;
	default:
		stack_drop(s, DROP_TX_LOST);
		return;
	}
}

void ip_output_or_drop(struct stack *s, struct tx_packet *packet, const struct ip_flow *flow)
{
	int error = ip_output(s, packet, flow);

	if (error)
		ip_drop(s, error);
}
