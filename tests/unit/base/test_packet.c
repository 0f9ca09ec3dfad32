/* SPDX-License-Identifier: MIT
 *
 * The packet to send: headers prepended, slices appended, copied out in the order of the wire.
 */
#include <criterion/criterion.h>

#include "base/packet.h"

Test(packet, starts_empty_and_unmarked)
{
	struct tx_packet packet;
	memset(&packet, 0xa5, sizeof packet);
	tx_init(&packet);
	cr_assert_eq(tx_header_length(&packet), 0);
	cr_assert_eq(tx_length(&packet), 0);
	cr_assert_eq(packet.slice_count, 0);
	cr_assert_eq(packet.checksum_header, 0);
	cr_assert_eq(packet.checksum_offset, 0);
	cr_assert_eq(packet.gso_size, 0);
}

Test(packet, is_copied_in_the_order_of_the_wire)
{
	struct tx_packet packet;
	tx_init(&packet);
	tx_append(&packet, "one", 3);
	tx_append(&packet, "three", 5);
	memcpy(tx_prepend(&packet, 4), "TCP.", 4);
	memcpy(tx_prepend(&packet, 3), "IP.", 3);
	memcpy(tx_prepend(&packet, 6), "Ether.", 6);
	tx_append(&packet, "two", 3);

	cr_assert_eq(tx_header_length(&packet), 13);
	cr_assert_eq(packet.payload_length, 11);
	cr_assert_eq(tx_length(&packet), 24);
	cr_assert_arr_eq(tx_headers(&packet), "Ether.IP.TCP.", 13);
	char copy[25] = "????????????????????????";
	tx_copy(&packet, (uint8_t *)copy);
	cr_assert_str_eq(copy, "Ether.IP.TCP.onethreetwo");
}

Test(packet, slices_are_borrowed_not_copied)
{
	static const uint8_t payload[] = {1, 2, 3};
	struct tx_packet packet;
	tx_init(&packet);
	tx_append(&packet, payload, sizeof payload);
	cr_assert_eq(packet.slices[0].bytes, payload);
	cr_assert_eq(packet.slices[0].length, 3);
}

Test(packet, an_empty_slice_takes_no_place)
{
	struct tx_packet packet;
	tx_init(&packet);
	for (unsigned i = 0; i < TX_SLICES; i++) {
		tx_append(&packet, NULL, 0);
		tx_append(&packet, "x", 1);
	}
	tx_append(&packet, NULL, 0);
	cr_assert_eq(packet.slice_count, TX_SLICES);
	cr_assert_eq(packet.payload_length, TX_SLICES);
}

Test(packet, the_room_can_be_filled)
{
	struct tx_packet packet;
	tx_init(&packet);
	uint8_t *inner = tx_prepend(&packet, 60), *outer = tx_prepend(&packet, TX_HEADROOM - 60);
	cr_assert_eq(outer, packet.room);
	cr_assert_eq(inner, packet.room + TX_HEADROOM - 60);
	cr_assert_eq(tx_header_length(&packet), TX_HEADROOM);
}

/* Ethernet, the longest IPv4 header and the longest TCP header. */
Test(packet, the_room_holds_the_longest_headers)
{
	cr_assert_geq(TX_HEADROOM, 14 + 60 + 60);
}
