/* SPDX-License-Identifier: MIT
 *
 * IPv4 input: every check of the header, in the order of RFC 1122 3.2.1, then on to reassembly or the transport.
 */
#include <string.h>

#include "internal.h"
#include "ip/ip_send.h"
#include "ip/ip_wire.h"

#define QUOTE_MAX 576 /* bytes of a packet of ours that an error is told about; more than is ever looked at */

void ip_init(struct stack *s)
{
	s->ip.id_key = random_key(&s->random);
	loopback_init(s);
	reassembly_init(s);
}

void ip_release(struct stack *s)
{
	loopback_release(s);
	reassembly_release(s);
}

/* ---- whose address is this? ---- */

static uint8_t first_byte(struct address a)
{
	return (uint8_t)(address_number(a) >> 24);
}

static bool is_loopback(struct address a)
{
	return first_byte(a) == 127;
}

static bool is_multicast(struct address a)
{
	return first_byte(a) >= 224 && first_byte(a) < 240;
}

bool ip_is_ours(const struct stack *s, struct address a)
{
	return is_loopback(a) || address_equal(a, s->interface.address);
}

bool ip_is_host(const struct stack *s, struct address a)
{
	return first_byte(a) != 0 && first_byte(a) < 224 && !interface_is_broadcast(&s->interface, a);
}

/* ---- checks ---- */

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

/* Whether sender and receiver of a well-formed packet are what they can be on a wire (RFC 1122 3.2.1.3). */
static bool addresses_good(struct stack *s, const struct ip_header *header, bool link_broadcast)
{
	if (is_loopback(header->source) || is_loopback(header->destination))
		stack_drop(s, DROP_IP_LOOPBACK);
	else if (!ip_is_host(s, header->source) || address_equal(header->source, s->interface.address))
		stack_drop(s, DROP_IP_SOURCE); /* our own address from the wire is the land attack */
	else if (is_multicast(header->destination))
		stack_drop(s, DROP_IP_MULTICAST);
	else if (link_broadcast && ip_is_host(s, header->destination))
		stack_drop(s, DROP_IP_LINK_BROADCAST); /* RFC 1122 3.3.6 */
	else
		return true;
	return false;
}

/* A header that does not parse. About an option that cannot be its sender is told (RFC 1122 3.2.2.5). */
static void refuse(struct stack *s, enum ip_verdict verdict, const uint8_t *packet, const struct ip_header *header,
		   bool link_broadcast)
{
	if (verdict == IP_BAD_OPTIONS && !addresses_good(s, header, link_broadcast))
		return; /* dropped for that: nobody could be told */
	stack_drop(s, verdict_reason(verdict));
	if (verdict == IP_BAD_OPTIONS && ip_is_ours(s, header->destination))
		icmp_error_reply(s, packet, header->total_length, ICMP_PARAMETER_PROBLEM, 0, header->problem << 24);
}

/* RFC 1122 3.1: a host does not forward, unless somebody made it a router. */
static void not_ours(struct stack *s, const uint8_t *packet, const struct ip_header *header)
{
	if (s->ip.forward && ip_is_host(s, header->destination))
		s->ip.forward(s->ip.forward_user, s, packet, header->total_length);
	else
		stack_drop(s, DROP_IP_NOT_OURS);
}

/* ---- up ---- */

void ip_deliver(struct stack *s, const struct ip_datagram *datagram)
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

static struct ip_datagram datagram_of(const uint8_t *packet, const struct ip_header *header, bool broadcast)
{
	return (struct ip_datagram){
	    .source = header->source,
	    .destination = header->destination,
	    .protocol = header->protocol,
	    .ttl = header->ttl,
	    .tos = header->tos,
	    .broadcast = broadcast,
	    .bytes = packet,
	    .header_length = header->header_length,
	    .payload = packet + header->header_length,
	    .length = header->total_length - header->header_length,
	};
}

/* A packet for us, whole or a part. */
static void take(struct stack *s, const uint8_t *packet, const struct ip_header *header, bool broadcast,
		 const struct rx_frame *frame)
{
	if (header->source_routed) {
		stack_drop(s, DROP_IP_SOURCE_ROUTE);
		return;
	}
	if (header->more_fragments || header->fragment_offset > 0) {
		reassembly_input(s, packet, header, broadcast);
		return;
	}
	struct ip_datagram datagram = datagram_of(packet, header, broadcast);
	datagram.checksum = frame->checksum;
	datagram.gso_size = frame->gso_size;
	ip_deliver(s, &datagram);
}

void ip_input(struct stack *s, const struct rx_frame *frame, size_t offset, bool link_broadcast)
{
	const uint8_t *packet = frame->bytes + offset;
	struct ip_header header;

	if (s->interface.tentative) {
		stack_drop(s, DROP_IP_NO_ADDRESS);
		return;
	}
	enum ip_verdict verdict = ip_parse(packet, frame->length - offset, &header);
	if (verdict != IP_GOOD) {
		refuse(s, verdict, packet, &header, link_broadcast);
		return;
	}
	/* The time to live is a router's business: what has come to us has arrived (RFC 1122 3.2.1.7). */
	if (!addresses_good(s, &header, link_broadcast))
		return;
	bool broadcast = interface_is_broadcast(&s->interface, header.destination);
	if (broadcast || ip_is_ours(s, header.destination))
		take(s, packet, &header, broadcast, frame);
	else
		not_ours(s, packet, &header);
}

void ip_loopback_input(struct stack *s, const uint8_t *packet, size_t length)
{
	struct ip_header header;

	enum ip_verdict verdict = ip_parse(packet, length, &header);
	if (verdict != IP_GOOD) {
		stack_drop(s, verdict_reason(verdict));
		return;
	}
	struct ip_datagram datagram = datagram_of(packet, &header, false);
	ip_deliver(s, &datagram);
}

bool ip_datagram_sum_good(const struct ip_datagram *datagram, size_t length)
{
	if (datagram->checksum != RX_CHECKSUM_UNKNOWN)
		return true;
	struct checksum sum = ip_pseudo_sum(datagram->source, datagram->destination, datagram->protocol, length);
	checksum_add(&sum, datagram->payload, length);
	return checksum_finish(&sum) == 0;
}

/* ---- errors from below ---- */

/* How a packet begins, contiguous. Returns how many bytes. */
static size_t copy_beginning(const struct tx_packet *packet, uint8_t to[QUOTE_MAX])
{
	size_t length = tx_header_length(packet);

	memcpy(to, tx_headers(packet), length);
	for (unsigned i = 0; i < packet->slice_count && length < QUOTE_MAX; i++) {
		size_t part = packet->slices[i].length;
		if (part > QUOTE_MAX - length)
			part = QUOTE_MAX - length;
		memcpy(to + length, packet->slices[i].bytes, part);
		length += part;
	}
	return length;
}

void ip_error(struct stack *s, const struct tx_packet *packet, struct address next_hop)
{
	uint8_t quote[QUOTE_MAX];
	size_t length = copy_beginning(packet, quote);
	struct ip_header header;

	if (!ip_parse_quote(quote, length, &header))
		return;
	route_mark_dead(s, next_hop);
	if (ip_send_again(s, packet, header.destination))
		return;
	if (header.fragment_offset > 0) /* the first fragment tells */
		return;
	if (address_equal(header.source, s->interface.address))
		icmp_deliver_error(s, s->interface.address, header.source, ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE,
				   quote, length);
	else /* somebody's whom we forward for (RFC 1812 5.2.7.1) */
		icmp_error_reply(s, quote, length, ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE, 0);
}
