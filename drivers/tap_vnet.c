/* SPDX-License-Identifier: MIT
 *
 * Offload marks to virtio-net header and back; the header is drawn in tap_vnet.h.
 */
#include "drivers/tap_vnet.h"

struct virtio_net_hdr tap_vnet_of_packet(const struct tx_packet *packet)
{
	struct virtio_net_hdr header = {.gso_type = VIRTIO_NET_HDR_GSO_NONE};
	if (packet->checksum_header) {
		header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		header.csum_start = (uint16_t)(tx_header_length(packet) - packet->checksum_header);
		header.csum_offset = packet->checksum_offset;
	}
	if (packet->gso_size) {
		header.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		header.gso_size = packet->gso_size;
		header.hdr_len = (uint16_t)tx_header_length(packet);
	}
	return header;
}

/* ECN is a bit beside the type; it asks for nothing of a receiver. */
static bool tap_vnet_is_tcp(const struct virtio_net_hdr *header)
{
	return (header->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) == VIRTIO_NET_HDR_GSO_TCPV4;
}

void tap_vnet_mark_frame(const struct virtio_net_hdr *header, struct rx_frame *frame)
{
	frame->checksum = RX_CHECKSUM_UNKNOWN;
	if (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		frame->checksum = RX_CHECKSUM_PARTIAL;
	else if (header->flags & VIRTIO_NET_HDR_F_DATA_VALID)
		frame->checksum = RX_CHECKSUM_GOOD;
	frame->gso_size = tap_vnet_is_tcp(header) ? header->gso_size : 0;
}
