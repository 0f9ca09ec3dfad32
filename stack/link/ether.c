/* SPDX-License-Identifier: MIT
 *
 * Ethernet II: which frames are for us, and to which layer they go.
 */
#include "link/ether.h"

#include "internal.h"
#include "link/ether_wire.h"

void ether_input(struct stack *s, const struct rx_frame *frame)
{
	struct ether_header header;

	stack_count(s, COUNT_FRAMES_IN);
	stats_add(&s->stats, COUNT_BYTES_IN, frame->length);
	if (!ether_parse(frame->bytes, frame->length, &header)) {
		stack_drop(s, DROP_ETHER_SHORT);
		return;
	}
	/* A frame merged by the device is larger than the wire would carry, and says so. */
	if (frame->length > ETHER_HEADER + s->interface.mtu && frame->gso_size == 0) {
		stack_drop(s, DROP_ETHER_LONG);
		return;
	}
	if (mac_is_group(header.source)) {
		stack_drop(s, DROP_ETHER_SOURCE);
		return;
	}
	/* RFC 1122 2.4: IP is told what was broadcast on the link. */
	bool broadcast = mac_equal(header.destination, MAC_BROADCAST);
	if (!broadcast && !mac_equal(header.destination, s->interface.mac)) {
		stack_drop(s, mac_is_group(header.destination) ? DROP_ETHER_GROUP : DROP_ETHER_NOT_OURS);
		return;
	}

	switch (header.type) {
	case ETHERTYPE_ARP:
		arp_input(s, frame->bytes + ETHER_HEADER, frame->length - ETHER_HEADER);
		return;
	case ETHERTYPE_IPV4:
		ip_input(s, frame, ETHER_HEADER, broadcast);
		return;
	default:
		stack_drop(s, DROP_ETHER_TYPE);
		return;
	}
}

int ether_output(struct stack *s, struct tx_packet *packet, struct mac destination, uint16_t type)
{
	struct ether_header header = {.destination = destination, .source = s->interface.mac, .type = type};

	ether_emit(tx_prepend(packet, ETHER_HEADER), &header);
	int result = s->ether.emit(s->ether.emit_user, packet);
	if (result == 0) {
		stack_count(s, COUNT_FRAMES_OUT);
		stats_add(&s->stats, COUNT_BYTES_OUT, tx_length(packet));
	}
	return result;
}
