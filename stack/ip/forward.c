/* SPDX-License-Identifier: MIT
 *
 * Passing on what is not ours, for a router that is made of several stacks (RFC 1812 5.2, 5.3). A host does not do this
 * (RFC 1122 3.1): only a forward hook brings packets here.
 */
#include <errno.h>

#include "internal.h"
#include "ip/ip_send.h"
#include "ip/ip_wire.h"

/* A packet larger than our MTU. Options would have to be sorted into those that each fragment repeats and those that it
 * does not (RFC 791 3.1); a packet with options is not worth that and is refused. */
static int forward_in_fragments(struct stack *s, const uint8_t *packet, struct ip_header *header,
				const struct ip_hop *hop)
{
	struct tx_packet payload;

	if (header->dont_fragment || header->header_length > IP_HEADER_MIN)
		return -EMSGSIZE;
	tx_init(&payload);
	tx_append(&payload, packet + header->header_length, header->total_length - header->header_length);
	header->ttl--;
	return ip_fragment(s, &payload, header, hop);
}

static int forward_whole(struct stack *s, const uint8_t *packet, const struct ip_header *header,
			 const struct ip_hop *hop)
{
	struct tx_packet passed;

	tx_init(&passed);
	tx_append(&passed, packet + header->header_length, header->total_length - header->header_length);
	ip_emit_forwarded(tx_prepend(&passed, header->header_length), packet, header->header_length);
	return ip_send(s, &passed, hop);
}

int ip_forward(struct stack *s, const uint8_t *packet, size_t length)
{
	struct ip_hop hop = {.everybody = false};
	struct ip_header header;

	if (s->interface.tentative) /* RFC 5227 2.1.1: the address is not ours to send from yet */
		return -ENETDOWN;
	if (ip_parse(packet, length, &header) != IP_GOOD || header.source_routed)
		return -EINVAL;
	if (ip_is_ours(s, header.destination) ||
	    !ip_is_host(s, header.destination)) /* RFC 2644: no directed broadcast */
		return -EINVAL;
	if (header.ttl <= 1) /* RFC 1812 5.3.1 */
		return -ETIME;
	if (!route_next_hop(s, header.destination, &hop.neighbour))
		return -ENETUNREACH;
	int result = header.total_length > s->interface.mtu ? forward_in_fragments(s, packet, &header, &hop)
							    : forward_whole(s, packet, &header, &hop);
	if (result == 0)
		stack_count(s, COUNT_IP_FORWARDED);
	return result;
}
