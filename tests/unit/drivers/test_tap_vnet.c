/* SPDX-License-Identifier: MIT
 *
 * Offload marks in virtio-net headers. The expected headers are what Virtual I/O Device 1.1, 5.1.6.2 asks of a driver.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "drivers/tap_vnet.h"

static struct virtio_net_hdr header_of(uint8_t flags, uint8_t gso_type, uint16_t gso_size)
{
	return (struct virtio_net_hdr){.flags = flags, .gso_type = gso_type, .gso_size = gso_size};
}

static struct rx_frame marked(uint8_t flags, uint8_t gso_type, uint16_t gso_size)
{
	struct virtio_net_hdr header = header_of(flags, gso_type, gso_size);
	struct rx_frame frame = {.checksum = RX_CHECKSUM_GOOD, .gso_size = 7};
	tap_vnet_mark_frame(&header, &frame);
	return frame;
}

/* Ethernet 14, IPv4 20, TCP 32: the transport header starts at 34. */
static struct tx_packet packet_with_headers(void)
{
	struct tx_packet packet;
	tx_init(&packet);
	memset(tx_prepend(&packet, 32), 0, 32);
	memset(tx_prepend(&packet, 20), 0, 20);
	memset(tx_prepend(&packet, 14), 0, 14);
	return packet;
}

Test(tap_vnet, header_has_the_ten_bytes_that_the_tap_is_told_of)
{
	cr_assert_eq(sizeof(struct virtio_net_hdr), 10);
}

Test(tap_vnet, unmarked_packet_has_an_empty_header)
{
	static const uint8_t nothing[10];
	struct tx_packet packet = packet_with_headers();
	struct virtio_net_hdr header = tap_vnet_of_packet(&packet);
	cr_assert_eq(memcmp(&header, nothing, sizeof nothing), 0);
}

Test(tap_vnet, partial_checksum_names_where_to_sum_and_where_to_store)
{
	struct tx_packet packet = packet_with_headers();
	packet.checksum_header = 32;
	packet.checksum_offset = 16;
	struct virtio_net_hdr header = tap_vnet_of_packet(&packet);
	cr_assert_eq(header.flags, 1);
	cr_assert_eq(header.csum_start, 34);
	cr_assert_eq(header.csum_offset, 16);
	cr_assert_eq(header.gso_type, 0);
}

Test(tap_vnet, segmentation_names_payload_and_headers)
{
	struct tx_packet packet = packet_with_headers();
	packet.checksum_header = 32;
	packet.checksum_offset = 16;
	packet.gso_size = 1448;
	struct virtio_net_hdr header = tap_vnet_of_packet(&packet);
	cr_assert_eq(header.flags, 1);
	cr_assert_eq(header.gso_type, 1);
	cr_assert_eq(header.gso_size, 1448);
	cr_assert_eq(header.hdr_len, 66);
}

Test(tap_vnet, received_flags_become_checksum_marks)
{
	cr_assert_eq(marked(0, 0, 0).checksum, RX_CHECKSUM_UNKNOWN);
	cr_assert_eq(marked(1, 0, 0).checksum, RX_CHECKSUM_PARTIAL);
	cr_assert_eq(marked(2, 0, 0).checksum, RX_CHECKSUM_GOOD);
	cr_assert_eq(marked(3, 0, 0).checksum, RX_CHECKSUM_PARTIAL, "not summed yet weighs more than verified");
}

Test(tap_vnet, only_tcp_over_ipv4_has_a_segment_size)
{
	cr_assert_eq(marked(1, 0, 0).gso_size, 0);
	cr_assert_eq(marked(1, 1, 1448).gso_size, 1448);
	cr_assert_eq(marked(1, 0x81, 1448).gso_size, 1448, "with the ECN bit beside the type");
	cr_assert_eq(marked(1, 4, 1440).gso_size, 0, "TCP over IPv6");
	cr_assert_eq(marked(1, 3, 1472).gso_size, 0, "UDP");
	cr_assert_eq(marked(0, 0, 1448).gso_size, 0, "no type");
}
