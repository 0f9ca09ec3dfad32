/* SPDX-License-Identifier: MIT
 *
 * IPv4 input: every check of the header, in the order of RFC 1122 3.2.1, then on to the transport.
 */
#include "internal.h"
#include "ip/icmp.h"
#include "ip/ip_wire.h"
#include "udp/udp.h"

static enum drop_reason verdict_reason(enum ip_verdict verdict)
{
	switch (verdict) {
	case IP_BAD_SHORT:
		return DROP_IP_SHORT;
	case IP_BAD_VERSION:
		return DROP_IP_VERSION;
	case IP_BAD_HEADER_LENGTH:
		return DROP_IP_HEADER_LENGTH;
	case IP_BAD_TOTAL_LENGTH:
		return DROP_IP_TOTAL_LENGTH;
	case IP_BAD_OPTIONS:
		return DROP_IP_OPTIONS;
	default:
		return DROP_IP_CHECKSUM;
	}
}

/* Whether a well-formed packet is one that this host takes. */
static bool acceptable(struct stack *s, const struct ip_header *header, bool link_broadcast)
{
	bool broadcast = interface_is_broadcast(&s->interface, header->destination);

	if (header->ttl == 0) { /* RFC 1122 3.2.1.7: 1 is enough for a host */
		stack_drop(s, DROP_IP_TTL);
	} else if (!ip_is_host(s, header->source) || address_equal(header->source, s->interface.address)) {
		stack_drop(s, DROP_IP_SOURCE); /* our own address from the wire is the land attack */
	} else if (!broadcast && !address_equal(header->destination, s->interface.address)) {
		stack_drop(s, DROP_IP_NOT_OURS);
	} else if (link_broadcast && !broadcast) { /* RFC 1122 3.3.6 */
		stack_drop(s, DROP_IP_LINK_BROADCAST);
	} else if (header->source_routed) {
		stack_drop(s, DROP_IP_SOURCE_ROUTE);
	} else if (header->more_fragments || header->fragment_offset > 0) {
		stack_drop(s, DROP_IP_FRAGMENT);
	} else {
		return true;
	}
	return false;
}

static void deliver(struct stack *s, const struct ip_datagram *datagram)
{
	switch (datagram->protocol) {
	case IP_PROTOCOL_ICMP:
		icmp_input(s, datagram);
		return;
	case IP_PROTOCOL_TCP:
		tcp_input(s, datagram);
		return;
	case IP_PROTOCOL_UDP:
		udp_input(s, datagram);
		return;
	default:
		stack_drop(s, DROP_IP_PROTOCOL);
		icmp_unreachable_reply(s, datagram, ICMP_PROTOCOL_UNREACHABLE);
		return;
	}
}

void ip_input(struct stack *s, const struct rx_frame *frame, size_t offset, bool link_broadcast)
{
	const uint8_t *bytes = frame->bytes + offset;
	struct ip_header header;

	enum ip_verdict verdict = ip_parse(bytes, frame->length - offset, &header);
	if (verdict != IP_GOOD) {
		stack_drop(s, verdict_reason(verdict));
		return;
	}
	if (!acceptable(s, &header, link_broadcast))
		return;

	deliver(s, &(struct ip_datagram){
		       .source = header.source,
		       .destination = header.destination,
		       .protocol = header.protocol,
		       .broadcast = link_broadcast || interface_is_broadcast(&s->interface, header.destination),
		       .bytes = bytes,
		       .header_length = header.header_length,
		       .payload = bytes + header.header_length,
		       .length = header.total_length - header.header_length,
		       .checksum = frame->checksum,
		   });
}

bool ip_datagram_sum_good(const struct ip_datagram *datagram, size_t length)
{
	if (datagram->checksum != RX_CHECKSUM_UNKNOWN)
		return true;
	struct checksum sum = ip_pseudo_sum(datagram->source, datagram->destination, datagram->protocol, length);
	checksum_add(&sum, datagram->payload, length);
	return checksum_finish(&sum) == 0;
}

bool ip_is_host(const struct stack *s, struct address a)
{
	uint8_t first = (uint8_t)(address_number(a) >> 24);

	return first != 0 && first != 127 && first < 224 && !interface_is_broadcast(&s->interface, a);
}
