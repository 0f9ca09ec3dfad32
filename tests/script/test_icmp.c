/* SPDX-License-Identifier: MIT
 *
 * Scripts about ICMP and UDP on a host with no UDP socket (RFC 792, RFC 768, RFC 1122 3.2.2 and 4.1).
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/harness.h"

TestSuite(icmp, .init = harness_start, .fini = harness_end);
TestSuite(udp, .init = harness_start, .fini = harness_end);

static void refused(struct frame frame, enum drop_reason reason)
{
	in_frame(&frame);
	assert_dropped(reason);
	quiet();
}

/* --- Echo -------------------------------------------------------------------------------------------------------- */

/* RFC 1122 3.2.2.6: the same data back, whatever its length. */
Test(icmp, echo_of_every_size_comes_back_byte_for_byte)
{
	for (size_t length = 0; length <= 1472; length++) {
		struct frame frame = frame_icmp(8, 0, (uint32_t)(0xabcd0000 + length), length);
		in_frame(&frame);
		struct frame reply = out_icmp(0, 0, (uint32_t)(0xabcd0000 + length));
		check(reply.length == 42 + length);
		for (size_t i = 0; i < length; i++)
			check(reply.bytes[42 + i] == pattern(i));
	}
}

Test(icmp, echo_reply_leaves_from_the_address_that_was_asked)
{
	struct frame frame = frame_icmp(8, 0, 1, 0);
	in_frame(&frame);
	struct frame reply = out_icmp(0, 0, 1);
	check(memcmp(reply.bytes + AT_IP_FROM, frame.bytes + AT_IP_TO, 4) == 0);
}

Test(icmp, echo_with_a_wrong_checksum_is_dropped)
{
	for (size_t at = AT_TRANSPORT; at < AT_TRANSPORT + 17; at++) {
		struct frame frame = frame_icmp(8, 0, 1, 9);
		frame.bytes[at] ^= 1;
		refused(frame, DROP_ICMP_CHECKSUM);
	}
}

Test(icmp, attack_message_shorter_than_its_header)
{
	for (size_t length = 0; length < 8; length++) {
		struct frame frame = frame_ip(1, "\x08\x00\xf7\xff\x00\x00\x00\x00", length);
		refused(frame, DROP_ICMP_SHORT);
	}
}

/* RFC 1122 3.2.2.6 allows silence, and amplification (smurf) demands it. */
Test(icmp, attack_echo_to_broadcast_is_not_answered)
{
	static const char *const all[] = {"255.255.255.255", "192.0.2.255"};
	for (size_t i = 0; i < 2; i++) {
		struct frame frame = frame_icmp(8, 0, 1, 8);
		memset(frame.bytes, 0xff, 6);
		memcpy(frame.bytes + AT_IP_TO, ip_of(all[i]).bytes, 4);
		frame_fix(&frame);
		refused(frame, DROP_ICMP_BROADCAST);
	}
}

/* Redirects (5), source quench (4), timestamps (13), information (15), masks (17, 18) and unknown types (RFC 1122
 * 3.2.2, RFC 6633, RFC 6918): neither obeyed nor answered. */
Test(icmp, attack_types_that_a_host_leaves_alone)
{
	for (unsigned type = 1; type < 256; type++) {
		if (type == 8)
			continue;
		refused(frame_icmp(type, 0, 0, 40), DROP_ICMP_TYPE);
	}
}

/* --- Our own ping ------------------------------------------------------------------------------------------------ */

Test(icmp, our_echo_request_and_the_reply_to_it)
{
	uint8_t data[56];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = pattern(i);
	check(stack_echo(harness_stack(), ip_of("192.0.2.1"), 0x1234, 7, data, sizeof data) == 0);
	struct frame request = out_icmp(8, 0, 0x12340007);
	check(request.length == 42 + 56 && memcmp(request.bytes + 42, data, 56) == 0);
	struct frame reply = frame_icmp(0, 0, 0x12340007, 56);
	in_frame(&reply);
	assert_not_dropped();
	check(events_seen(EVENT_ICMP_ECHO_REPLY) == 1);
	check(event_last(EVENT_ICMP_ECHO_REPLY)->value == 0x12340007);
}

Test(icmp, our_echo_request_must_fit_one_frame)
{
	uint8_t data[1473] = {0};
	check(stack_echo(harness_stack(), ip_of("192.0.2.1"), 1, 1, data, 1473) < 0);
	quiet();
	check(stack_echo(harness_stack(), ip_of("192.0.2.1"), 1, 1, data, 1472) == 0);
	struct frame request = out_icmp(8, 0, 0x00010001);
	check(request.length == 1514);
}

/* --- Errors ------------------------------------------------------------------------------------------------------ */

/* RFC 1122 3.2.2: the IP header and at least 8 bytes are quoted, unchanged; RFC 1812 4.3.2.3: as much as fits 576. */
static void quotes(const struct frame *error, const struct frame *about)
{
	size_t quoted = error->length - AT_TRANSPORT - 8;
	size_t had = about->length - 14;
	check(quoted >= (had < 28 ? had : 28) && quoted <= had && error->length - 14 <= 576);
	check(memcmp(error->bytes + AT_TRANSPORT + 8, about->bytes + AT_IP, quoted) == 0);
}

/* RFC 1122 4.1.3.1 */
Test(udp, a_closed_port_is_told_unreachable)
{
	static const size_t sizes[] = {0, 1, 8, 100, 540, 1472};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct frame frame = frame_udp(1000, 2000, sizes[i]);
		in_frame(&frame);
		assert_dropped(DROP_UDP_PORT);
		struct frame error = out_icmp(3, 3, 0);
		quotes(&error, &frame);
	}
}

/* RFC 1122 3.2.2.1 */
Test(icmp, an_unknown_protocol_is_told_unreachable)
{
	static const unsigned protocols[] = {2, 4, 41, 47, 50, 89, 132, 255};
	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
		struct frame frame = frame_ip(protocols[i], "0123456789", 10);
		in_frame(&frame);
		assert_dropped(DROP_IP_PROTOCOL);
		struct frame error = out_icmp(3, 2, 0);
		quotes(&error, &frame);
	}
}

Test(icmp, an_error_quotes_ip_options_too)
{
	struct frame plain = frame_udp(1000, 2000, 30);
	struct frame frame = frame_with_ip_options(&plain, "\x94\x04\x00\x00", 4);
	in_frame(&frame);
	struct frame error = out_icmp(3, 3, 0);
	check(error.length >= AT_TRANSPORT + 8 + 24 + 8);
	check(memcmp(error.bytes + AT_TRANSPORT + 8, frame.bytes + AT_IP, error.length - AT_TRANSPORT - 8) == 0);
}

/* Padding of the link is not part of the packet, and is not quoted. */
Test(icmp, an_error_does_not_quote_padding)
{
	struct frame frame = frame_udp(1000, 2000, 2);
	memset(frame.bytes + frame.length, 0xee, 60 - frame.length);
	frame.length = 60;
	in_frame(&frame);
	struct frame error = out_icmp(3, 3, 0);
	check(error.length == AT_TRANSPORT + 8 + 30);
}

/* Errors are limited by a token bucket; afterwards they flow again. */
Test(icmp, attack_errors_are_rate_limited)
{
	unsigned sent = 0;
	struct frame frame = frame_udp(1000, 2000, 8);
	for (unsigned i = 0; i < 300; i++) {
		uint64_t before = counted(COUNT_ICMP_ERRORS_OUT);
		in_frame(&frame);
		if (counted(COUNT_ICMP_ERRORS_OUT) == before)
			continue;
		out_icmp(3, 3, 0);
		sent++;
	}
	check(sent > 0 && sent < 100);
	check(counted(COUNT_ICMP_ERRORS_HELD) == 300 - sent);
	quiet_for(SECOND);
	in_frame(&frame);
	out_icmp(3, 3, 0);
}

/* --- UDP --------------------------------------------------------------------------------------------------------- */

Test(udp, attack_lengths_below_8_and_beyond_the_datagram)
{
	static const unsigned lengths[] = {0, 1, 7, 25, 0xffff};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct frame frame = frame_udp(1000, 2000, 16);
		poke16(&frame, AT_TRANSPORT + 4, lengths[i]);
		poke16(&frame, AT_TRANSPORT + 6, 0);
		refused(frame, DROP_UDP_LENGTH);
	}
}

Test(udp, attack_datagrams_shorter_than_a_header)
{
	for (size_t length = 0; length < 8; length++)
		refused(frame_ip(17, "\x03\xe8\x07\xd0\x00\x08\x00\x00", length), DROP_UDP_SHORT);
}

/* RFC 1122 4.1.3.4: a wrong checksum is dropped in silence; 0 means that there is none. */
Test(udp, checksum)
{
	struct frame frame = frame_udp(1000, 2000, 9);
	frame.bytes[AT_TRANSPORT + 8] ^= 1;
	refused(frame, DROP_UDP_CHECKSUM);
	poke16(&frame, AT_TRANSPORT + 6, 0);
	in_frame(&frame);
	assert_dropped(DROP_UDP_PORT);
	out_icmp(3, 3, 0);
}

/* RFC 768: a computed 0 is sent as ffff. The first data word is chosen so that the sum comes out as zero. */
Test(udp, a_checksum_of_ffff_is_a_checksum)
{
	struct frame frame = frame_udp(1000, 2000, 2);
	poke16(&frame, AT_TRANSPORT + 8, 0);
	frame_fix(&frame);
	poke16(&frame, AT_TRANSPORT + 8, peek16(&frame, AT_TRANSPORT + 6));
	frame_fix(&frame);
	check(peek16(&frame, AT_TRANSPORT + 6) == 0xffff);
	in_frame(&frame);
	assert_dropped(DROP_UDP_PORT);
	out_icmp(3, 3, 0);
}
