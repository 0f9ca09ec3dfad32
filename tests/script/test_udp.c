/* SPDX-License-Identifier: MIT
 *
 * Scripts about UDP: what arrives at a socket and what leaves it (RFC 768, RFC 1122 4.1).
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/harness/harness.h"
#include "udp/udp.h"

TestSuite(udp_in, .init = harness_start, .fini = harness_end);
TestSuite(udp_out, .init = harness_start, .fini = harness_end);

static const struct endpoint peer = {{{192, 0, 2, 1}}, 6000};

static void send_gives(struct socket *s, const char *address, unsigned port, size_t length, long result)
{
	static const uint8_t bytes[65536];
	struct endpoint to = {ip_of(address), (uint16_t)port};
	long got = socket_send_to(s, bytes, length, &to);
	check_that(got == result, "socket_send_to() answered %ld, expected %ld", got, result);
}

/* Change the destination of a frame to a broadcast address, on the link too. */
static struct frame to_everybody(struct frame frame, const char *address)
{
	memset(frame.bytes, 0xff, 6);
	memcpy(frame.bytes + AT_IP_TO, ip_of(address).bytes, 4);
	frame_fix(&frame);
	return frame;
}

/* --- One datagram, byte for byte --------------------------------------------------------------------------------- */

/* RFC 768. The sums are worked out by hand: c000 + 0202 + c000 + 0201 + 0011 + 000a (the pseudo-header), + 1388 + 1770 +
 * 000a + 6869 = 21789, folded 178b, and its complement is e874. */
Test(udp_out, a_datagram_byte_for_byte)
{
	static const uint8_t wanted[] = {0x13, 0x88, 0x17, 0x70, 0x00, 0x0a, 0xe8, 0x74, 'h', 'i'};
	struct socket *s = app_datagram();
	check(socket_send_to(s, "hi", 2, &peer) == 2);
	struct frame frame = out_frame();
	check(frame.length == AT_TRANSPORT + sizeof wanted && frame.bytes[AT_IP_PROTOCOL] == 17);
	check(memcmp(frame.bytes + AT_TRANSPORT, wanted, sizeof wanted) == 0);
	check(counted(COUNT_UDP_DATAGRAMS_OUT) == 1);
}

/* The same ports the other way round have the same sum. */
Test(udp_in, a_datagram_byte_for_byte)
{
	static const uint8_t sent[] = {0x17, 0x70, 0x13, 0x88, 0x00, 0x0a, 0xe8, 0x74, 'h', 'i'};
	uint8_t bytes[8];
	struct socket *s = app_datagram();
	struct frame frame = frame_ip(17, sent, sizeof sent);
	check(memcmp(frame.bytes + AT_TRANSPORT, sent, sizeof sent) == 0);
	in_frame(&frame);
	check(socket_receive_from(s, bytes, sizeof bytes, false, NULL) == 2 && memcmp(bytes, "hi", 2) == 0);
	check(counted(COUNT_UDP_DATAGRAMS_IN) == 1);
}

/* Datagrams keep their borders, and an empty one is one too. */
Test(udp_in, datagrams_of_every_size_one_by_one)
{
	struct socket *s = app_datagram();
	static const size_t sizes[] = {0, 1, 7, 8, 100, 1471, 1472};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		in_udp(sizes[i]);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		app_receive(s, sizes[i]);
	app_receive_gives(s, -EAGAIN);
}

Test(udp_out, datagrams_of_every_size)
{
	struct socket *s = app_datagram();
	for (size_t size = 0; size <= 1472; size++) {
		app_send_to(s, size);
		out_udp(size);
	}
}

/* --- What came with it ------------------------------------------------------------------------------------------- */

/* RFC 1122 4.1.3.2, 4.1.3.5, 4.1.4: IP options, the address that it was sent to, TTL and TOS are the application's to see. */
Test(udp_in, options_destination_ttl_and_tos_are_told)
{
	static const uint8_t alert[] = {0x94, 0x04, 0x00, 0x00, 0x01, 0x01, 0x01, 0x00}; /* RFC 2113 and padding */
	struct socket *s = app_datagram();
	struct frame plain = frame_udp(6000, 5000, 9);
	plain.bytes[AT_IP_TTL] = 17;
	plain.bytes[AT_IP + 1] = 0xb9;
	struct frame frame = frame_with_ip_options(&plain, alert, sizeof alert);
	in_frame(&frame);
	in_udp(3);
	struct socket_message message = app_receive(s, 9);
	check(message.ttl == 17 && message.tos == 0xb9);
	check(address_equal(message.destination, ip_of("192.0.2.2")));
	check(message.options.length == 8);
	for (unsigned i = 0; i < 8; i++) /* they outlive their datagram until the next call */
		check(message.options.bytes[i] == alert[i]);
	message = app_receive(s, 3);
	check(message.ttl == 64 && message.tos == 0 && message.options.length == 0);
}

Test(udp_in, peeking_leaves_it_there)
{
	uint8_t bytes[10];
	struct socket_message message;
	struct socket *s = app_datagram();
	in_udp(5);
	in_udp(6);
	for (unsigned i = 0; i < 2; i++) {
		check(socket_receive_from(s, bytes, sizeof bytes, true, &message) == 5 && message.length == 5);
		check(bytes[4] == pattern(4));
	}
	app_receive(s, 5);
	app_receive(s, 6);
}

/* What does not fit is cut off, which the length tells, and gone. */
Test(udp_in, truncation_is_told)
{
	uint8_t bytes[4] = {0, 0, 0, 0xee};
	struct socket_message message;
	struct socket *s = app_datagram();
	in_udp(10);
	in_udp(2);
	check(socket_receive_from(s, bytes, 3, true, &message) == 3 && message.length == 10);
	check(socket_receive_from(s, NULL, 0, true, &message) == 0 && message.length == 10);
	check(socket_receive_from(s, bytes, 3, false, &message) == 3 && message.length == 10);
	check(bytes[2] == pattern(2) && bytes[3] == 0xee);
	app_receive(s, 2);
}

/* RFC 768: source port 0 says that no reply is wanted. None can be sent. */
Test(udp_in, source_port_0_is_taken)
{
	struct socket_message message;
	uint8_t byte;
	struct socket *s = app_datagram();
	struct frame frame = frame_udp(0, 5000, 1);
	in_frame(&frame);
	check(socket_receive_from(s, &byte, 1, false, &message) == 1 && message.source.port == 0);
	check(socket_send_to(s, &byte, 1, &message.source) == -EINVAL);
}

/* --- Checksums (RFC 1122 4.1.3.4) -------------------------------------------------------------------------------- */

Test(udp_in, no_checksum_is_taken)
{
	struct socket *s = app_datagram();
	struct frame frame = frame_udp(6000, 5000, 9);
	poke16(&frame, AT_TRANSPORT + 6, 0);
	in_frame(&frame);
	app_receive(s, 9);
}

Test(udp_in, each_wrong_bit_is_dropped)
{
	struct socket *s = app_datagram();
	for (size_t bit = 0; bit < 8 * 17; bit++) {
		struct frame frame = frame_udp(6000, 5000, 9);
		frame.bytes[AT_TRANSPORT + bit / 8] ^= (uint8_t)(1 << bit % 8);
		in_frame(&frame);
		if (bit / 8 == 4 || bit / 8 == 5)
			check(dropped(DROP_UDP_LENGTH) + dropped(DROP_UDP_CHECKSUM) == bit + 1);
		else
			assert_dropped(DROP_UDP_CHECKSUM);
		quiet();
	}
	app_receive_gives(s, -EAGAIN);
}

/* RFC 768: a sum of 0 is sent as ffff. Without data it is af21 (see above), and af21 + 50de = ffff. */
Test(udp_out, a_checksum_of_0_is_sent_as_ffff)
{
	struct socket *s = app_datagram();
	check(socket_send_to(s, "\x50\xde", 2, &peer) == 2);
	struct frame frame = out_frame();
	check(peek16(&frame, AT_TRANSPORT + 6) == 0xffff);
}

Test(udp_in, a_checksum_of_ffff_is_taken)
{
	static const uint8_t sent[] = {0x17, 0x70, 0x13, 0x88, 0x00, 0x0a, 0xff, 0xff, 0x50, 0xde};
	uint8_t bytes[2];
	struct socket *s = app_datagram();
	struct frame frame = frame_ip(17, sent, sizeof sent);
	in_frame(&frame);
	check(socket_receive_from(s, bytes, 2, false, NULL) == 2);
}

/* What follows the length that UDP gives is not UDP's. */
Test(udp_in, bytes_beyond_the_length_are_left_out)
{
	struct socket *s = app_datagram();
	uint8_t message[20] = {0x17, 0x70, 0x13, 0x88, 0x00, 0x09, 0, 0, pattern(0), 0xee, 0xee};
	struct frame frame = frame_ip(17, message, sizeof message);
	poke16(&frame, AT_TRANSPORT + 6, 0);
	in_frame(&frame);
	app_receive(s, 1);
}

/* --- Attacks ----------------------------------------------------------------------------------------------------- */

Test(udp_in, attack_lengths_below_8_and_beyond_the_datagram)
{
	static const unsigned lengths[] = {0, 1, 7, 25, 26, 0x8000, 0xffff};
	struct socket *s = app_datagram();
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct frame frame = frame_udp(6000, 5000, 16);
		poke16(&frame, AT_TRANSPORT + 4, lengths[i]);
		poke16(&frame, AT_TRANSPORT + 6, 0);
		in_frame(&frame);
		assert_dropped(DROP_UDP_LENGTH);
		quiet();
	}
	app_receive_gives(s, -EAGAIN);
}

Test(udp_in, attack_datagrams_shorter_than_a_header)
{
	app_datagram();
	for (size_t length = 0; length < 8; length++) {
		struct frame frame = frame_ip(17, "\x17\x70\x13\x88\x00\x08\x00\x00", length);
		in_frame(&frame);
		assert_dropped(DROP_UDP_SHORT);
		quiet();
	}
}

/* Port 0 is nobody's, not even that of a socket without a port. */
Test(udp_in, attack_destination_port_0)
{
	struct socket *s = socket_open(harness_stack(), SOCKET_DATAGRAM);
	struct frame frame = frame_udp(6000, 0, 4);
	in_frame(&frame);
	assert_dropped(DROP_UDP_PORT);
	out_icmp(3, 3, 0);
	app_receive_gives(s, -EAGAIN);
}

/* Nobody reads: the newest are dropped by name, and what is there keeps its order. */
Test(udp_in, attack_a_flood_fills_the_queue_and_no_more)
{
	struct socket *s = app_datagram();
	size_t each = sizeof(struct udp_datagram) + 1400, count = 0;
	in_udp(7);
	while (dropped(DROP_UDP_QUEUE_FULL) == 0) {
		in_udp(1400);
		count++;
	}
	assert_dropped(DROP_UDP_QUEUE_FULL);
	check(count == (UDP_QUEUE_MAX - sizeof(struct udp_datagram) - 7) / each + 1);
	app_receive(s, 7);
	app_receive(s, 1400);
	in_udp(1400);
	assert_not_dropped();
	in_udp(1400);
	assert_dropped(DROP_UDP_QUEUE_FULL);
}

/* Empty datagrams cost memory as well. */
Test(udp_in, attack_a_flood_of_empty_datagrams)
{
	app_datagram();
	size_t count = UDP_QUEUE_MAX / sizeof(struct udp_datagram);
	for (size_t i = 0; i < count; i++)
		in_udp(0);
	check(dropped(DROP_UDP_QUEUE_FULL) == 0);
	in_udp(0);
	assert_dropped(DROP_UDP_QUEUE_FULL);
}

/* A queue filled to its last byte. */
Test(udp_in, the_queue_takes_exactly_what_fits)
{
	size_t cost = sizeof(struct udp_datagram), left = UDP_QUEUE_MAX;
	app_datagram();
	while (left >= 2 * (cost + 1400)) {
		in_udp(1400);
		left -= cost + 1400;
	}
	in_udp(700);
	left -= cost + 700;
	in_udp(left - cost);
	check(dropped(DROP_UDP_QUEUE_FULL) == 0);
	in_udp(0);
	assert_dropped(DROP_UDP_QUEUE_FULL);
}

Test(udp_in, without_memory_it_is_dropped)
{
	struct socket *s = app_datagram();
	harness_fail_allocation(1, true);
	in_udp(5);
	assert_dropped(DROP_UDP_NO_MEMORY);
	quiet();
	harness_fail_allocation(0, false);
	in_udp(5);
	app_receive(s, 5);
}

/* RFC 1122 4.1.3.6: a source that cannot be one host (udp_discard_mcast_source_addr). */
Test(udp_in, attack_sources_that_are_no_host)
{
	static const char *const sources[] = {"224.0.0.1", "239.255.255.255", "255.255.255.255", "192.0.2.255",
					      "192.0.2.2", "0.0.0.0",         "240.0.0.1",       "192.0.2.0"};
	struct socket *s = app_datagram();
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		struct frame frame = frame_udp(6000, 5000, 4);
		memcpy(frame.bytes + AT_IP_FROM, ip_of(sources[i]).bytes, 4);
		frame_fix(&frame);
		in_frame(&frame);
		assert_dropped(DROP_IP_SOURCE);
		quiet();
	}
	app_receive_gives(s, -EAGAIN);
}

/* --- Who gets it ------------------------------------------------------------------------------------------------- */

/* A socket on all addresses hears what is sent to ours (udp_any_addr_recv_unicast), as one on that address does. */
Test(udp_in, unicast_reaches_a_socket_on_any_and_on_our_address)
{
	struct socket *any = app_datagram();
	in_udp(4);
	app_receive(any, 4);
	socket_close(any);
	struct socket *ours = app_datagram_on("192.0.2.2");
	in_udp(4);
	app_receive(ours, 4);
	socket_close(ours);
	app_datagram_on("127.0.0.1");
	in_udp(4);
	assert_dropped(DROP_UDP_PORT);
	out_icmp(3, 3, 0);
}

/* Ports that share a bucket are still different ports. */
Test(udp_in, each_port_is_its_own)
{
	struct socket *s[3];
	for (unsigned i = 0; i < 3; i++) {
		flow_current()->local_port = (uint16_t)(5000 + i * UDP_BUCKETS);
		s[i] = app_datagram();
	}
	for (unsigned i = 0; i < 3; i++) {
		flow_current()->local_port = (uint16_t)(5000 + i * UDP_BUCKETS);
		in_udp(10 + i);
		app_receive(s[i], 10 + i);
	}
	flow_current()->local_port = 5000 + 3 * UDP_BUCKETS;
	in_udp(1);
	assert_dropped(DROP_UDP_PORT);
	out_icmp(3, 3, 0);
}

Test(udp_in, a_connected_socket_hears_its_peer_only)
{
	struct socket *s = app_datagram_connected();
	in_udp(4);
	app_receive(s, 4);
	struct frame frame = frame_udp(6001, 5000, 4); /* another port of the same host */
	in_frame(&frame);
	assert_dropped(DROP_UDP_PORT);
	out_icmp(3, 3, 0);
	memcpy(flow_current()->peer, ip_of("192.0.2.9").bytes, 4); /* the same port of another host */
	in_udp(4);
	assert_dropped(DROP_UDP_PORT);
	out_icmp(3, 3, 0);
	app_receive_gives(s, -EAGAIN);
}

/* What came before connecting stays; with port 0 it hears everybody again; and it may be connected elsewhere. */
Test(udp_in, connecting_anew_and_no_more)
{
	struct socket *s = app_datagram();
	struct frame other = frame_udp(6001, 5000, 4);
	in_udp(3);
	check(socket_connect(s, &(struct endpoint){peer.address, 6001}) == 0);
	check(socket_remote(s).port == 6001);
	app_receive(s, 3);
	in_udp(3);
	assert_dropped(DROP_UDP_PORT);
	out_icmp(3, 3, 0);
	check(socket_connect(s, &peer) == 0);
	in_udp(3);
	app_receive(s, 3);
	in_frame(&other);
	assert_dropped(DROP_UDP_PORT);
	out_icmp(3, 3, 0);
	check(socket_connect(s, &(struct endpoint){.port = 0}) == 0);
	check(socket_remote(s).port == 0);
	in_frame(&other);
	app_receive_gives(s, 1);
}

/* The send and receive matrix, received: a broadcast reaches the socket on all addresses and no other, and is never answered
 * with an error (RFC 1122 3.2.2). */
Test(udp_in, broadcasts_reach_a_socket_on_any)
{
	static const char *const all[] = {"255.255.255.255", "192.0.2.255", "192.0.2.0"};
	struct socket *any = app_datagram();
	for (size_t i = 0; i < 3; i++) {
		struct frame frame = to_everybody(frame_udp(6000, 5000, 6), all[i]);
		in_frame(&frame);
		struct socket_message message = app_receive(any, 6);
		check(address_equal(message.destination, ip_of(all[i])));
	}
	socket_close(any);
	app_datagram_on("192.0.2.2");
	for (size_t i = 0; i < 3; i++) {
		struct frame frame = to_everybody(frame_udp(6000, 5000, 6), all[i]);
		in_frame(&frame);
		assert_dropped(DROP_UDP_PORT);
		quiet();
	}
}

/* Groups that we are in none of, the all-hosts one included. */
Test(udp_in, multicast_reaches_nobody)
{
	struct socket *s = app_datagram();
	struct frame frame = frame_udp(6000, 5000, 6);
	memcpy(frame.bytes, "\x01\x00\x5e\x00\x00\x01", 6);
	memcpy(frame.bytes + AT_IP_TO, ip_of("224.0.0.1").bytes, 4);
	frame_fix(&frame);
	in_frame(&frame);
	quiet();
	app_receive_gives(s, -EAGAIN);
}

/* --- What leaves ------------------------------------------------------------------------------------------------- */

Test(udp_out, a_connected_socket_needs_no_destination_and_may_have_another)
{
	struct socket *s = app_datagram_connected();
	app_send(s, 20);
	out_udp(20);
	send_gives(s, "192.0.2.1", 6001, 0, 0);
	flow_current()->peer_port = 6001;
	out_udp(0);
}

Test(udp_out, sends_that_cannot_be)
{
	struct socket *s = app_datagram();
	check(socket_send_to(s, "x", 1, NULL) == -EDESTADDRREQ);
	send_gives(s, "192.0.2.1", 0, 1, -EINVAL);
	send_gives(s, "192.0.2.1", 6000, 65508, -EMSGSIZE);
	send_gives(s, "224.0.0.1", 6000, 1, -ENETUNREACH);
	send_gives(s, "240.0.0.1", 6000, 1, -ENETUNREACH);
	send_gives(s, "0.0.0.0", 6000, 1, -ENETUNREACH);
	check(counted(COUNT_UDP_DATAGRAMS_OUT) == 0);
	quiet();
}

/* The send matrix: a broadcast leaves by permission only (RFC 919), from our address, to everybody on the link. */
Test(udp_out, broadcast_by_permission)
{
	static const char *const all[] = {"255.255.255.255", "192.0.2.255"};
	struct socket *s = app_datagram();
	for (size_t i = 0; i < 2; i++) {
		send_gives(s, all[i], 6000, 4, -EACCES);
		check(socket_connect(s, &(struct endpoint){ip_of(all[i]), 6000}) == -EACCES);
	}
	quiet();
	socket_set_broadcast(s, true);
	for (size_t i = 0; i < 2; i++) {
		send_gives(s, all[i], 6000, 4, 4);
		struct frame frame = out_frame();
		check(memcmp(frame.bytes, "\xff\xff\xff\xff\xff\xff", 6) == 0);
		check(memcmp(frame.bytes + AT_IP_TO, ip_of(all[i]).bytes, 4) == 0);
		check(socket_connect(s, &(struct endpoint){ip_of(all[i]), 6000}) == 0);
		check(socket_send_to(s, "", 0, NULL) == 0);
		out_frame();
	}
	socket_set_broadcast(s, false);
	check(socket_send_to(s, "", 0, NULL) == -EACCES);
}

/* RFC 1122 4.1.4: TTL and TOS are the application's to set; 0 is the default again. */
Test(udp_out, ttl_and_tos_are_set)
{
	struct socket *s = app_datagram();
	app_send_to(s, 1);
	struct frame frame = out_udp(1);
	check(frame.bytes[AT_IP + 1] == 0);
	socket_set_ttl(s, 3);
	socket_set_tos(s, 0xb8);
	harness_expect_ttl(3);
	app_send_to(s, 1);
	frame = out_udp(1);
	check(frame.bytes[AT_IP + 1] == 0xb8);
	socket_set_ttl(s, 0);
	harness_expect_ttl(64);
	app_send_to(s, 1);
	out_udp(1);
}

Test(udp_out, a_full_device_is_told)
{
	struct socket *s = app_datagram();
	app_send_to(s, 1);
	out_udp(1);
	harness_device_full(true);
	send_gives(s, "192.0.2.1", 6000, 1, -EAGAIN);
	check(counted(COUNT_UDP_DATAGRAMS_OUT) == 1);
	harness_device_full(false);
	app_send_to(s, 2);
	out_udp(2);
}

/* --- Fragments --------------------------------------------------------------------------------------------------- */

/* RFC 1122 3.3.3: larger than the MTU, it leaves in fragments, with one checksum over the whole. */
Test(udp_out, datagrams_up_to_the_largest_leave_in_fragments)
{
	static const size_t sizes[] = {1473, 2952, 2953, 8000, 65506, 65507};
	static struct datagram whole;
	struct socket *s = app_datagram();
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		app_send_to(s, sizes[i]);
		whole = out_datagram();
		check(whole.protocol == 17 && whole.length == 8 + sizes[i]);
		check(whole.bytes[4] * 256u + whole.bytes[5] == 8 + sizes[i]);
		for (size_t at = 0; at < sizes[i]; at++)
			check(whole.bytes[8 + at] == pattern(at));
	}
}

/* RFC 1122 3.3.2 */
Test(udp_in, datagrams_up_to_the_largest_arrive_in_fragments)
{
	static const size_t sizes[] = {9, 1473, 8000, 65506, 65507};
	static struct datagram whole;
	struct socket *s = app_datagram();
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		whole = datagram_udp(6000, 5000, sizes[i]);
		whole.id = (uint16_t)i;
		whole.ttl = 9;
		in_datagram(&whole, 1480 < sizes[i] ? 1480 : 8);
		struct socket_message message = app_receive(s, sizes[i]);
		check(message.ttl == 9 && message.options.length == 0);
	}
}

/* --- To ourselves ------------------------------------------------------------------------------------------------ */

Test(udp_out, a_datagram_to_ourselves_comes_in_and_never_leaves)
{
	static const char *const ours[] = {"192.0.2.2", "127.0.0.1", "127.1.2.3"};
	static uint8_t bytes[65507];
	struct socket_message message;
	struct socket *a = app_datagram();
	struct socket *b = socket_open(harness_stack(), SOCKET_DATAGRAM);
	for (size_t i = 0; i < 3; i++) {
		send_gives(b, ours[i], 5000, 65507, 65507);
		quiet_for(1);
		check(socket_receive_from(a, bytes, sizeof bytes, false, &message) == 65507);
		check(endpoint_equal(&message.source, &(struct endpoint){ip_of(ours[i]), socket_local(b).port}));
		check(socket_send_to(a, bytes, 3, &message.source) == 3);
		quiet_for(1);
		check(socket_receive_from(b, bytes, sizeof bytes, false, NULL) == 3);
	}
}

/* RFC 1122 3.2.1.3: 127/8 is never seen outside of a host. */
Test(udp_out, a_loopback_source_does_not_leave)
{
	struct socket *s = app_datagram_on("127.0.0.1");
	send_gives(s, "192.0.2.1", 6000, 1, -EINVAL);
	send_gives(s, "127.0.0.1", 5000, 1, 1);
	quiet_for(1);
	app_receive_gives(s, 1);
	send_gives(s, "192.0.2.2", 5000, 1, 1);
	quiet_for(1);
	check(dropped(DROP_UDP_PORT) == 1);
}

/* Its user is told of it by the stack itself, as of any closed port. */
Test(udp_out, a_closed_port_of_our_own)
{
	struct socket *s = app_datagram();
	struct endpoint closed = {ip_of("192.0.2.2"), 9999};
	check(socket_connect(s, &closed) == 0);
	app_send(s, 4);
	quiet_for(1);
	app_receive_gives(s, -ECONNREFUSED);
}
