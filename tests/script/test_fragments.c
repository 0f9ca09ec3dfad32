/* SPDX-License-Identifier: MIT
 *
 * Scripts about datagrams that come and go in fragments, in each transport (RFC 791 3.2, RFC 1122 3.3.2 and 3.3.3).
 */
#include <errno.h>

#include "tests/script/fragments.h"

TestSuite(fragments, .init = harness_start, .fini = harness_end);

/* --- Both ways ----------------------------------------------------------------------------------------------------- */

static const size_t interesting[] = {0,    1,    7,    8,    9,    547,  548,  549,  1471,  1472,  1473,  1479,  1480,
				     1481, 2951, 2952, 2953, 2960, 4088, 4089, 8192, 16384, 32767, 32768, 65506, 65507};

/* RFC 1122 3.2.2.6 with 3.3.2 and 3.3.3: the request is put together, the reply is cut. */
Test(fragments, echo_of_every_interesting_size_both_ways)
{
	uint16_t last_id = 0;
	for (size_t i = 0; i < sizeof interesting / sizeof *interesting; i++) {
		struct datagram d = ping(interesting[i]);
		d.id = (uint16_t)(100 + i);
		in_datagram(&d, 1480);
		struct datagram reply = out_datagram();
		check(reply.length == d.length && memcmp(reply.bytes + 4, d.bytes + 4, d.length - 4) == 0);
		check(i == 0 || reply.id != last_id);
		last_id = reply.id;
	}
}

/* The smallest MTU that we run on, whose fragments carry 552 bytes: 556 are no multiple of 8. */
Test(fragments, an_mtu_of_576)
{
	struct stack_config config = harness_config();
	config.mtu = 576;
	harness_end();
	harness_start_with(&config);
	for (size_t i = 0; i < sizeof interesting / sizeof *interesting; i++) {
		struct datagram d = ping(interesting[i]);
		d.id = (uint16_t)(100 + i);
		in_datagram(&d, 552);
		answered(&d);
	}
}

/* Our own echo request, larger than a frame, and the reply to it. */
Test(fragments, our_echo_request_in_fragments)
{
	static uint8_t data[65508];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = pattern(i);
	whole_packets_are_answered(); /* a neighbour that is not known yet would lose most of them */
	for (size_t i = 0; i < sizeof interesting / sizeof *interesting; i++) {
		check(stack_echo(harness_stack(), ip_of("192.0.2.1"), 7, 1, 0, data, interesting[i]) == 0);
		struct datagram request = out_datagram();
		check(request.bytes[0] == 8 && request.length == 8 + interesting[i]);
		check(memcmp(request.bytes + 8, data, interesting[i]) == 0);
		struct datagram reply = datagram_icmp(0, 0, PING, interesting[i]);
		reply.id = (uint16_t)i;
		in_datagram(&reply, 1480);
		check(events_seen(EVENT_ICMP_ECHO_REPLY) == i + 1);
		check(event_last(EVENT_ICMP_ECHO_REPLY)->before == (64ull << 16 | interesting[i]));
	}
	check(stack_echo(harness_stack(), ip_of("192.0.2.1"), 7, 1, 0, data, 65508) == -EMSGSIZE);
	quiet();
}

/* Offsets count in eights (RFC 791 3.1): what the MTU has beyond that stays empty. */
Test(fragments, fragments_fill_the_mtu_as_far_as_eights_go)
{
	static const unsigned mtus[] = {577, 580, 583, 584, 1492, 9000 - 1};
	for (size_t i = 0; i < sizeof mtus / sizeof *mtus; i++) {
		struct stack_config config = harness_config();
		config.mtu = mtus[i];
		harness_end();
		harness_start_with(&config);
		whole_packets_are_answered();
		struct datagram d = ping(20000);
		in_datagram(&d, 552);
		answered(&d);
	}
}

Test(fragments, udp_in_fragments_both_ways)
{
	static const size_t sizes[] = {1473, 3000, 65507};
	struct socket *socket = app_datagram();
	for (size_t i = 0; i < 3; i++) {
		struct datagram d = datagram_udp(6000, 5000, sizes[i]);
		d.id = (uint16_t)i;
		in_datagram(&d, 1480);
		app_receive(socket, sizes[i]);
		app_send_to(socket, sizes[i]);
		struct datagram sent = out_datagram();
		check(sent.protocol == 17 && sent.length == 8 + sizes[i]);
		for (size_t at = 0; at < sizes[i]; at++)
			check(sent.bytes[8 + at] == pattern(at));
	}
}

/* The checksum is over the whole: one wrong bit in any fragment is found. */
Test(fragments, a_wrong_bit_in_a_fragment_is_found_by_the_transport)
{
	app_datagram();
	for (size_t at = 8; at < 308; at += 33) {
		struct datagram d = datagram_udp(6000, 5000, 300);
		d.id = (uint16_t)at;
		d.bytes[at] ^= 4;
		in_fragment(&d, 0, 104);
		in_fragment(&d, 104, 308);
		assert_dropped(DROP_UDP_CHECKSUM);
	}
}

Test(fragments, tcp_in_fragments)
{
	struct socket *socket = passive_open();
	for (unsigned i = 0; i < 3; i++) {
		struct frame segment = frame_tcp("P. %u:%u(500) ack 1", 1 + i * 500, 501 + i * 500);
		struct datagram d = datagram_of(&segment);
		d.id = (uint16_t)(i + 1);
		in_fragment(&d, 400, d.length);
		in_fragment(&d, 24, 400);
		in_fragment(&d, 0, 24);
		app_read(socket, 500);
		out_rest();
	}
}

/* Three fragments of a datagram with these congestion bits. */
static void in_marked(const struct datagram *whole, const uint8_t marks[3])
{
	struct datagram d = *whole;
	for (unsigned part = 0; part < 3; part++) {
		d.tos = 0xb8 | marks[part];
		in_fragment(&d, part * 104, part == 2 ? d.length : part * 104 + 104);
	}
}

/* RFC 3168 5.3: if one fragment met congestion, the datagram did. */
Test(fragments, a_congestion_mark_on_any_fragment_is_kept)
{
	static const uint8_t marks[][3] = {{2, 2, 2}, {3, 2, 2}, {2, 3, 2}, {2, 2, 3}, {1, 3, 1}};
	struct socket *socket = app_datagram();
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		struct datagram d = datagram_udp(6000, 5000, 300);
		d.id = (uint16_t)i;
		in_marked(&d, marks[i]);
		check(app_receive(socket, 300).tos == (0xb8 | (i == 0 ? 2 : 3)));
	}
}

/* RFC 3168 5.3: but no mark may come of a datagram of which a part says that its transport knows nothing of it. */
Test(fragments, attack_a_congestion_mark_beside_a_fragment_that_knows_none)
{
	static const uint8_t marks[][3] = {{0, 3, 0}, {3, 0, 0}, {2, 3, 0}};
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		struct datagram d = ping(300);
		d.id = (uint16_t)i;
		in_marked(&d, marks[i]);
		assert_dropped(DROP_IP_FRAGMENT_ECN);
		quiet();
	}
}

/* Every second fragment first: as many pieces as the smallest MTU makes of the largest datagram are remembered. */
Test(fragments, every_second_fragment_comes_first)
{
	struct datagram d = ping(65507);
	for (size_t first = 0; first < 2; first++)
		for (size_t at = first * 552; at < d.length; at += 2 * 552) {
			quiet();
			in_fragment(&d, at, at + 552 < d.length ? at + 552 : d.length);
			assert_not_dropped();
		}
	answered(&d);
}

/* The end may be told by bytes that are there already. */
Test(fragments, a_duplicate_may_tell_the_end)
{
	struct datagram d = ping(40);
	struct frame all = frame_fragment(&d, 0, 48);
	poke16(&all, AT_IP_FRAGMENT, 0x2000); /* more to come, it says */
	frame_fix_ip(&all);
	in_frame(&all);
	in_fragment(&d, 24, 48);
	assert_dropped(DROP_IP_FRAGMENT_DUPLICATE);
	answered(&d);
}

/* With a longer header than 20 bytes the whole can exceed what IP allows though no fragment does. */
Test(fragments, attack_options_make_the_whole_too_long)
{
	static const uint8_t nops[40] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
					 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	struct datagram d = ping(65507);
	struct frame plain = frame_fragment(&d, 0, 1400);
	struct frame first = frame_with_ip_options(&plain, nops, sizeof nops);
	in_frame(&first);
	for (size_t at = 1400; at < d.length; at += 1400)
		in_fragment(&d, at, at + 1400 < d.length ? at + 1400 : d.length);
	assert_dropped(DROP_IP_FRAGMENT_LONG);
	quiet();
}

/* The device fills in the middle: the rest would be worth nothing, and is dropped by name once. */
Test(fragments, attack_a_full_device_amid_fragments)
{
	struct datagram d = ping(10000);
	in_datagram(&d, 1480);
	answered(&d);
	for (unsigned room = 0; room < 7; room++) {
		d.id++;
		harness_device_room(room);
		in_datagram(&d, 1480);
		assert_dropped(DROP_TX_FULL);
		check(harness_device_refused() == room + 1);
		for (unsigned i = 0; i < room; i++)
			out_frame();
		quiet();
		harness_device_full(false);
	}
	d.id++;
	in_datagram(&d, 1480);
	answered(&d);
}

/* Full before the first one: nothing has happened, and who asked may try again. */
Test(fragments, a_full_device_before_the_first_is_told)
{
	static uint8_t data[3000];
	whole_packets_are_answered();
	uint64_t before = dropped(DROP_TX_FULL);
	harness_device_full(true);
	check(stack_echo(harness_stack(), ip_of("192.0.2.1"), 7, 1, 0, data, 3000) == -EAGAIN);
	check(dropped(DROP_TX_FULL) == before && counted(COUNT_IP_FRAGMENTS_OUT) == 0);
	harness_device_full(false);
	check(stack_echo(harness_stack(), ip_of("192.0.2.1"), 7, 1, 0, data, 3000) == 0);
	check(out_datagram().length == 3008);
}
