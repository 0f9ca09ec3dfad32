/* SPDX-License-Identifier: MIT
 *
 * Scripts about ICMP (RFC 792, RFC 1122 3.2.2): echo in both roles, what is left alone, and the errors that we send. Those that we receive
 * are in test_icmp_error.c.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/harness/harness.h"

TestSuite(icmp, .init = harness_start, .fini = harness_end);

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

/* RFC 792 knows the code 0 alone, which is what a reply has. */
Test(icmp, echo_with_another_code_is_answered_with_code_0)
{
	struct frame frame = frame_icmp(8, 77, 1, 8);
	in_frame(&frame);
	out_icmp(0, 0, 1);
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
	static const char *const all[] = {"255.255.255.255", "192.0.2.255", "192.0.2.0"};
	for (size_t i = 0; i < 3; i++) {
		struct frame frame = frame_icmp(8, 0, 1, 8);
		memset(frame.bytes, 0xff, 6);
		memcpy(frame.bytes + AT_IP_TO, ip_of(all[i]).bytes, 4);
		frame_fix(&frame);
		refused(frame, DROP_ICMP_BROADCAST);
	}
}

/* RFC 1122 3.2.2: unknown types; RFC 6918: timestamps (13, 14), information (15, 16), masks (17, 18). RFC 6633: source
 * quench (4). Redirects (5) would let anybody send our packets wherever he likes. None is obeyed or answered. */
Test(icmp, attack_types_that_a_host_leaves_alone)
{
	for (unsigned type = 1; type < 256; type++) {
		if (type == 3 || type == 8 || type == 11 || type == 12)
			continue;
		enum drop_reason reason = type == 4   ? DROP_ICMP_SOURCE_QUENCH
					  : type == 5 ? DROP_ICMP_REDIRECT
						      : DROP_ICMP_TYPE;
		refused(frame_icmp(type, 0, 0, 40), reason);
	}
}

/* Well-formed ones, by the gateway itself, about a packet that we did send. */
Test(icmp, attack_redirects_and_source_quench_change_nothing)
{
	memcpy(flow_current()->peer, ip_of("198.51.100.7").bytes, 4);
	struct socket *socket = active_open();
	app_write(socket, 1000);
	struct frame sent = out_frame();
	for (unsigned code = 0; code < 4; code++) {
		struct frame redirect = frame_icmp_about(5, code, &sent);
		memcpy(redirect.bytes + AT_TRANSPORT + 4, ip_of("192.0.2.66").bytes, 4);
		memcpy(redirect.bytes + AT_IP_FROM, ip_of("192.0.2.254").bytes, 4);
		frame_fix(&redirect);
		refused(redirect, DROP_ICMP_REDIRECT);
		refused(frame_icmp_about(4, 0, &sent), DROP_ICMP_SOURCE_QUENCH);
	}
	for (unsigned i = 1; i < 5; i++) {
		app_write(socket, 1000);
		out("P. %u:%u(1000) ack 1", i * 1000 + 1, i * 1000 + 1001); /* by the same gateway, as many as before */
	}
	in(". 1:1(0) ack 5001");
}

/* --- Our own ping ------------------------------------------------------------------------------------------------ */

Test(icmp, our_echo_request_and_the_reply_to_it)
{
	uint8_t data[56];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = pattern(i);
	check(stack_echo(harness_stack(), ip_of("192.0.2.1"), 0x1234, 7, 0, data, sizeof data) == 0);
	struct frame request = out_icmp(8, 0, 0x12340007);
	check(request.length == 42 + 56 && memcmp(request.bytes + 42, data, 56) == 0);
	struct frame reply = frame_icmp(0, 0, 0x12340007, 56);
	in_frame(&reply);
	assert_not_dropped();
	check(events_seen(EVENT_ICMP_ECHO_REPLY) == 1);
	const struct event *event = event_last(EVENT_ICMP_ECHO_REPLY);
	check(event->value == 0x12340007 && event->before == (64u << 16 | 56));
	check(address_equal(event->remote.address, ip_of("192.0.2.1")));
}

/* Time to live and length as they came, from whoever answers; a duplicate is another event. */
Test(icmp, replies_are_told_as_they_come)
{
	struct frame reply = frame_icmp(0, 0, 0xffff8000, 9);
	reply.bytes[AT_IP_TTL] = 55;
	memcpy(reply.bytes + AT_IP_FROM, ip_of("192.0.2.77").bytes, 4);
	frame_fix(&reply);
	for (unsigned i = 1; i <= 2; i++) {
		in_frame(&reply);
		quiet();
		check(events_seen(EVENT_ICMP_ECHO_REPLY) == i);
		const struct event *event = event_last(EVENT_ICMP_ECHO_REPLY);
		check(event->value == 0xffff8000 && event->before == (55u << 16 | 9));
		check(address_equal(event->remote.address, ip_of("192.0.2.77")));
	}
}

/* A device that is full is told to whoever pings. */
Test(icmp, our_echo_request_to_a_full_device)
{
	check(stack_echo(harness_stack(), ip_of("192.0.2.1"), 1, 1, 0, "x", 1) == 0);
	out_icmp(8, 0, 0x00010001);
	harness_device_full(true);
	check(stack_echo(harness_stack(), ip_of("192.0.2.1"), 1, 2, 0, "x", 1) == -EAGAIN);
	struct frame request = frame_icmp(8, 0, 1, 8);
	refused(request, DROP_TX_FULL); /* our reply; nobody keeps it */
	harness_device_full(false);
	quiet();
}

/* --- Errors ------------------------------------------------------------------------------------------------------ */

/* RFC 1122 3.2.2: the IP header and at least 8 bytes are quoted, unchanged; RFC 1812 4.3.2.3: as much as fits 576. */
static void quotes(const struct frame *error, const struct frame *about)
{
	size_t quoted = error->length - AT_TRANSPORT - 8;
	size_t had = about->length - 14;
	check(quoted == (had < 548 ? had : 548));
	check(memcmp(error->bytes + AT_TRANSPORT + 8, about->bytes + AT_IP, quoted) == 0);
}

/* RFC 1122 4.1.3.1 */
Test(icmp, a_closed_port_is_told_unreachable)
{
	static const size_t sizes[] = {0, 1, 8, 100, 520, 521, 540, 1472};
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

/* RFC 1122 3.2.2: errors SHOULD have normal type of service. */
Test(icmp, an_error_has_type_of_service_0)
{
	struct frame frame = frame_udp(1000, 2000, 30);
	frame.bytes[AT_IP + 1] = 0xff;
	frame_fix_ip(&frame);
	in_frame(&frame);
	struct frame error = out_icmp(3, 3, 0);
	check(error.bytes[AT_IP + 1] == 0);
}

/* --- Where no error may be sent (RFC 1122 3.2.2) ------------------------------------------------------------------- */

/* The packet has a broken option, which would be told. */
static struct frame broken(struct frame frame)
{
	return frame_with_ip_options(&frame, "\x94\x00\x00\x00", 4);
}

/* "MUST NOT be sent as the result of receiving an ICMP error message"; but of a query it may. */
Test(icmp, attack_no_error_about_an_error)
{
	for (unsigned type = 0; type < 32; type++) {
		bool error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
		struct frame frame = broken(frame_icmp(type, 0, 0, 40));
		in_frame(&frame);
		assert_dropped(DROP_IP_OPTIONS);
		if (!error)
			out_icmp(12, 0, 21u << 24);
		quiet();
	}
}

/* What is too short to say whether it is an error is taken for one. */
Test(icmp, attack_no_error_about_what_may_be_an_error)
{
	for (size_t length = 0; length < 8; length++)
		refused(broken(frame_ip(1, "\x08\0\0\0\0\0\0", length)), DROP_IP_OPTIONS);
}

/* To a broadcast or multicast address, by IP or on the link. */
Test(icmp, attack_no_error_about_what_was_sent_to_many)
{
	static const char *const many[] = {"255.255.255.255", "192.0.2.255", "192.0.2.0"};
	for (size_t i = 0; i < 3; i++) {
		struct frame frames[] = {frame_udp(1000, 2000, 16), frame_ip(99, "12345678", 8),
					 broken(frame_udp(1000, 2000, 16))};
		for (size_t k = 0; k < 3; k++) {
			memcpy(frames[k].bytes + AT_IP_TO, ip_of(many[i]).bytes, 4);
			frame_fix(&frames[k]);
			refused(frames[k], k == 0 ? DROP_UDP_PORT : k == 1 ? DROP_IP_PROTOCOL : DROP_IP_OPTIONS);
		}
	}
	struct frame frame = frame_udp(1000, 2000, 16);
	memset(frame.bytes, 0xff, 6);
	refused(frame, DROP_IP_LINK_BROADCAST);
	frame = frame_udp(1000, 2000, 16);
	memcpy(frame.bytes + AT_IP_TO, ip_of("224.0.0.1").bytes, 4);
	frame_fix(&frame);
	refused(frame, DROP_IP_MULTICAST);
}

/* A fragment other than the first: a protocol that nobody speaks, and a broken option. */
Test(icmp, attack_no_error_about_a_later_fragment)
{
	struct frame frame = broken(frame_udp(1000, 2000, 16));
	for (unsigned offset = 1; offset < 8192; offset *= 2) {
		poke16(&frame, AT_IP_FRAGMENT, offset);
		frame_fix_ip(&frame);
		refused(frame, DROP_IP_OPTIONS);
	}
	poke16(&frame, AT_IP_FRAGMENT, 0x2000); /* but about the first one */
	frame_fix_ip(&frame);
	in_frame(&frame);
	out_icmp(12, 0, 21u << 24);
}

/* From no single host: zero, loopback, broadcast, multicast, class E (as test_ip.c names them). */
Test(icmp, attack_no_error_to_what_is_no_host)
{
	static const char *const nobody[] = {"0.0.0.0",   "0.0.0.1",   "127.0.0.1",       "192.0.2.255",
					     "192.0.2.0", "224.0.0.1", "255.255.255.255", "240.0.0.1"};
	for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
		struct frame frame = frame_udp(1000, 2000, 16);
		memcpy(frame.bytes + AT_IP_FROM, ip_of(nobody[i]).bytes, 4);
		frame_fix(&frame);
		in_frame(&frame);
		quiet();
	}
	check(counted(COUNT_ICMP_ERRORS_OUT) == 0);
}

/* The same where the embedder asks for the error (stack.h promises it), whatever the packet. */
Test(icmp, attack_no_error_of_a_router_to_nobody_or_about_what_was_for_many)
{
	static const char *const nobody[] = {"0.0.0.1", "192.0.2.255", "224.0.0.1", "255.255.255.255", "240.0.0.1"};
	struct frame good = frame_udp(1000, 2000, 16);
	for (unsigned i = 0; i < 10; i++) {
		struct frame frame = good;
		memcpy(frame.bytes + (i < 5 ? AT_IP_FROM : AT_IP_TO), ip_of(nobody[i % 5]).bytes, 4);
		stack_icmp_error(harness_stack(), frame.bytes + AT_IP, frame.length - 14, 11, 0, 0);
		quiet();
	}
	check(counted(COUNT_ICMP_ERRORS_OUT) == 0 && counted(COUNT_ICMP_ERRORS_HELD) == 0);
	stack_icmp_error(harness_stack(), good.bytes + AT_IP, 19, 11, 0, 0); /* not even a header */
	quiet();
	stack_icmp_error(harness_stack(), good.bytes + AT_IP, good.length - 14, 11, 0, 0);
	out_icmp(11, 0, 0);
}

/* --- How many ------------------------------------------------------------------------------------------------------ */

static void provoke(unsigned errors, unsigned sent)
{
	struct frame frame = frame_udp(1000, 2000, 8);
	for (unsigned i = 0; i < errors; i++) {
		in_frame(&frame);
		if (i < sent)
			out_icmp(3, 3, 0);
		quiet();
	}
}

/* RFC 1812 4.3.2.8 asks for a limit: a burst of 50, then one a millisecond. */
Test(icmp, attack_errors_are_rate_limited)
{
	provoke(300, 50);
	check(counted(COUNT_ICMP_ERRORS_HELD) == 250);
	quiet_for(MS - 1);
	provoke(1, 0);
	quiet_for(1);
	provoke(2, 1);
	quiet_for(10 * MS);
	provoke(20, 10);
	quiet_for(60 * SECOND);
	provoke(60, 50);
}

/* Echo replies are no errors. */
Test(icmp, echo_replies_are_not_limited)
{
	provoke(60, 50);
	for (unsigned i = 0; i < 1000; i++) {
		struct frame frame = frame_icmp(8, 0, i, 8);
		in_frame(&frame);
		out_icmp(0, 0, i);
	}
}
