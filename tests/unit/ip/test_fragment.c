/* SPDX-License-Identifier: MIT
 *
 * Fragmentation of what no transport sends today: headers and several slices, with cuts at every place (RFC 791 3.2).
 */
#include <criterion/criterion.h>
#include <string.h>

#include "internal.h"
#include "tests/harness/harness.h"

struct caught {
	unsigned count;
	uint8_t bytes[4096];
	size_t length; /* of the datagram so far */
	bool ended;
};

/* Append a fragment's payload: Ethernet 14 and IP 20 bytes are before it. */
static int catch (void *user, const struct tx_packet *packet)
{
	struct caught *caught = user;
	uint8_t frame[1514];
	cr_assert_leq(tx_length(packet), 14 + 576);
	tx_copy(packet, frame);
	if (frame[12] != 0x08 || frame[13] != 0x00)
		return 0; /* the announcement */
	size_t offset = ((frame[20] & 0x1fu) * 256 + frame[21]) * 8;
	cr_assert_eq(offset, caught->length);
	cr_assert(!caught->ended);
	memcpy(caught->bytes + offset, frame + 34, tx_length(packet) - 34);
	caught->length += tx_length(packet) - 34;
	caught->ended = !(frame[20] & 0x20);
	caught->count++;
	return 0;
}

/* A header of 8 bytes and three slices of these lengths, which together are more than one MTU. */
static void goes_in_pieces(const size_t lengths[3])
{
	static uint8_t data[4096];
	struct caught caught = {0};
	struct stack_config config = stack_defaults();
	config.address = ip_of("192.0.2.2");
	config.prefix_length = 24;
	config.mtu = 576;
	config.emit = catch;
	config.emit_user = &caught;
	struct stack *s = stack_create(&config, 0);
	cr_assert_eq(stack_add_neighbour(s, ip_of("192.0.2.1"), mac_of("192.0.2.1")), 0);

	struct tx_packet packet;
	size_t total = 8;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = pattern(i);
	tx_init(&packet);
	memcpy(tx_prepend(&packet, 8), data, 8);
	for (unsigned i = 0; i < 3; i++) {
		tx_append(&packet, data + total, lengths[i]);
		total += lengths[i];
	}
	cr_assert_eq(ip_output(s, &packet,
			       &(struct ip_flow){.source = ip_of("192.0.2.2"),
						 .destination = ip_of("192.0.2.1"),
						 .protocol = 17,
						 .may_fragment = true}),
		     0);
	cr_assert(caught.ended);
	cr_assert_eq(caught.length, total);
	cr_assert_eq(caught.count, (total + 551) / 552);
	cr_assert_arr_eq(caught.bytes, data, total);
	stack_destroy(s);
}

Test(ip_fragment, cuts_anywhere_in_three_slices)
{
	for (size_t first = 1; first < 1200; first += 41)
		for (size_t second = 1; second < 1200; second += 43)
			goes_in_pieces((const size_t[]){first, second, 1300});
}

Test(ip_fragment, slices_that_end_with_a_fragment)
{
	goes_in_pieces((const size_t[]){544, 552, 552});
	goes_in_pieces((const size_t[]){544, 552, 1});
	goes_in_pieces((const size_t[]){1, 543, 553});
	goes_in_pieces((const size_t[]){600, 0, 0});
}
