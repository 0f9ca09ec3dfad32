/* SPDX-License-Identifier: MIT
 *
 * Scripts about a router made of two stacks (RFC 1812 4.3 and 5.2, 5.3): what the forward hook, stack_forward() and
 * stack_icmp_error() make of packets for others.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/harness/router.h"

static struct router *router;

static void start(void)
{
	harness_start();
	router = router_new(1500, 1500);
}

static void end(void)
{
	router_free(router);
	harness_end();
}

/* The wire on the right carries less. */
static void start_narrow(void)
{
	harness_start();
	router = router_new(1500, 576);
}

TestSuite(router, .init = start, .fini = end);
TestSuite(router_narrow, .init = start_narrow, .fini = end);

/* An echo request from the left to somebody, by the router. */
static struct frame across(const char *to, size_t length)
{
	struct frame plain = frame_icmp(8, 0, 0x00070001, length);
	return router_frame(LEFT, "192.0.2.1", to, &plain);
}

/* The same packet has left on this side for this station: nothing has changed but the TTL, the checksum and the MACs. */
static void passed_on(enum side side, const char *station, const struct frame *frame)
{
	struct frame expected = *frame;
	struct frame got = router_out(router, side);
	memcpy(expected.bytes, mac_of(station).bytes, 6);
	memcpy(expected.bytes + 6, mac_of(side == LEFT ? "192.0.2.254" : "198.51.100.254").bytes, 6);
	expected.bytes[AT_IP_TTL]--;
	frame_fix_ip(&expected);
	check(got.length == expected.length && memcmp(got.bytes, expected.bytes, got.length) == 0);
}

/* An error has come back on the left, about this frame. */
static struct frame told(unsigned type, unsigned code, uint32_t rest, const struct frame *about)
{
	struct frame error = router_out(router, LEFT);
	size_t quoted = about->length - 14 < 548 ? about->length - 14 : 548;
	check(memcmp(error.bytes, mac_of("192.0.2.1").bytes, 6) == 0);
	check(memcmp(error.bytes + AT_IP_TO, ip_of("192.0.2.1").bytes, 4) == 0);
	check(error.bytes[AT_IP_PROTOCOL] == 1);
	check(error.bytes[AT_TRANSPORT] == type && error.bytes[AT_TRANSPORT + 1] == code);
	check(peek32(&error, AT_TRANSPORT + 4) == rest);
	check(error.length == 42 + quoted);
	check(memcmp(error.bytes + 42, about->bytes + AT_IP, quoted) == 0);
	return error;
}

/* RFC 1812 5.3.1; RFC 1624 for the checksum, at each value of it and of the time to live. */
Test(router, a_packet_is_passed_on_with_its_ttl_counted_down)
{
	for (unsigned ttl = 2; ttl < 256; ttl++) {
		struct frame frame = across("198.51.100.1", ttl);
		frame.bytes[AT_IP_TTL] = (uint8_t)ttl;
		poke16(&frame, AT_IP_ID, ttl * 257);
		frame_fix_ip(&frame);
		router_in(router, LEFT, &frame);
		passed_on(RIGHT, "198.51.100.1", &frame);
	}
	check(stack_stats(router_stack(router, RIGHT))->counters[COUNT_IP_FORWARDED] == 254);
}

/* There and back. */
Test(router, both_ways)
{
	struct frame frame = across("198.51.100.1", 30);
	router_in(router, LEFT, &frame);
	passed_on(RIGHT, "198.51.100.1", &frame);
	struct frame plain = frame_icmp(0, 0, 0x00070001, 30);
	frame = router_frame(RIGHT, "198.51.100.1", "192.0.2.1", &plain);
	router_in(router, RIGHT, &frame);
	passed_on(LEFT, "192.0.2.1", &frame);
}

/* RFC 1812 5.3.13: options that the router does not process travel on. A header with them is summed whole. */
Test(router, options_and_fragments_and_type_of_service_travel_on)
{
	struct frame plain = across("198.51.100.1", 30);
	struct frame frame = frame_with_ip_options(&plain, "\x94\x04\x00\x00\x01\x01\x01\x00", 8);
	frame.bytes[AT_IP + 1] = 0xbb;
	poke16(&frame, AT_IP_FRAGMENT, 0x2005);
	frame_fix_ip(&frame);
	router_in(router, LEFT, &frame);
	passed_on(RIGHT, "198.51.100.1", &frame);
}

/* The link's padding is not part of the packet. */
Test(router, padding_is_not_passed_on)
{
	struct frame frame = across("198.51.100.1", 1);
	struct frame padded = frame;
	memset(padded.bytes + padded.length, 0xee, 60 - padded.length);
	padded.length = 60;
	router_in(router, LEFT, &padded);
	passed_on(RIGHT, "198.51.100.1", &frame);
}

/* RFC 792, RFC 1812 5.3.1: used up here, told by the side that it came in by. */
Test(router, ttl_1_is_told_as_time_exceeded)
{
	struct frame frame = across("198.51.100.1", 100);
	frame.bytes[AT_IP_TTL] = 1;
	frame_fix_ip(&frame);
	router_in(router, LEFT, &frame);
	struct frame error = told(11, 0, 0, &frame);
	check(memcmp(error.bytes + AT_IP_FROM, ip_of("192.0.2.254").bytes, 4) == 0);
	frame.bytes[AT_IP_TTL] = 0;
	frame_fix_ip(&frame);
	router_in(router, LEFT, &frame);
	told(11, 0, 0, &frame);
}

/* RFC 1812 5.2.7.1 */
Test(router, no_route_is_told_as_net_unreachable)
{
	struct frame frame = across("203.0.113.1", 100);
	router_in(router, LEFT, &frame);
	told(3, 0, 0, &frame);
	check(stack_add_route(router_stack(router, RIGHT), ip_of("203.0.113.0"), 24, ip_of("198.51.100.1")) == 0);
	router_in(router, LEFT, &frame);
	passed_on(RIGHT, "198.51.100.1", &frame);
}

/* RFC 1812 5.2.7.1, RFC 1122 2.3.2.1: three requests, no answer, host unreachable for each that waited. */
Test(router, an_unreachable_neighbour_is_told_as_host_unreachable)
{
	struct frame frame = across("198.51.100.66", 100), other = across("198.51.100.66", 700);
	router_in(router, LEFT, &frame);
	router_in(router, LEFT, &other);
	for (unsigned i = 0; i < 3; i++) {
		struct frame request = router_out(router, RIGHT);
		check(peek16(&request, AT_ETHER_TYPE) == 0x0806);
		check(memcmp(request.bytes + AT_ARP + 24, ip_of("198.51.100.66").bytes, 4) == 0);
		router_quiet(router);
		router_pass(router, SECOND);
	}
	struct frame sent = frame;
	sent.bytes[AT_IP_TTL]--; /* as it was when it could not be sent */
	frame_fix_ip(&sent);
	told(3, 1, 0, &sent);
	sent = other;
	sent.bytes[AT_IP_TTL]--;
	frame_fix_ip(&sent);
	told(3, 1, 0, &sent);
}

/* Nobody is told about broadcasts, multicasts and what is for the router's far side (RFC 1812 4.3.2.7, RFC 2644). */
Test(router, attack_what_is_for_many_is_neither_passed_on_nor_told)
{
	static const char *const many[] = {"198.51.100.255", "198.51.100.0", "255.255.255.255", "224.0.0.5",
					   "127.0.0.1",      "0.0.0.0",      "240.0.0.1",       "198.51.100.254"};
	for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
		struct frame frame = across(many[i], 30);
		router_in(router, LEFT, &frame);
		router_quiet(router);
	}
	const struct stats *left = stack_stats(router_stack(router, LEFT));
	check(left->drops[DROP_IP_NOT_OURS] == 2); /* 0.0.0.0 and 240.0.0.1, which the hook is not asked about */
	check(left->drops[DROP_IP_LOOPBACK] == 1 && left->drops[DROP_IP_MULTICAST] == 1);
	check(stack_stats(router_stack(router, RIGHT))->counters[COUNT_IP_FORWARDED] == 0);
}

/* Nor is a source-routed packet passed on, nor one whose source is no host. */
Test(router, attack_source_routes_and_false_sources)
{
	struct frame plain = across("198.51.100.1", 30);
	struct frame frame = frame_with_ip_options(&plain, "\x83\x07\x04\xc0\x00\x02\x09\x00", 8);
	router_in(router, LEFT, &frame);
	static const char *const bad[] = {"192.0.2.254", "192.0.2.255", "127.0.0.1", "224.0.0.1", "0.0.0.0"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		frame = plain;
		memcpy(frame.bytes + AT_IP_FROM, ip_of(bad[i]).bytes, 4);
		frame_fix_ip(&frame);
		router_in(router, LEFT, &frame);
	}
	router_quiet(router);
}

/* No error about an error, and no more errors than the bucket has. */
Test(router, attack_errors_of_a_router_are_limited)
{
	struct frame plain = frame_icmp(3, 1, 0, 60);
	struct frame frame = router_frame(LEFT, "192.0.2.1", "203.0.113.1", &plain);
	router_in(router, LEFT, &frame);
	router_quiet(router);
	frame = across("203.0.113.1", 100);
	for (unsigned i = 0; i < 80; i++) {
		router_in(router, LEFT, &frame);
		if (i < 50)
			told(3, 0, 0, &frame);
		router_quiet(router);
	}
}

/* What is for the router itself is not passed on. */
Test(router, it_is_a_host_too)
{
	struct frame frame = across("192.0.2.254", 40);
	router_in(router, LEFT, &frame);
	struct frame reply = router_out(router, LEFT);
	check(reply.bytes[AT_TRANSPORT] == 0 && reply.length == frame.length);
}

/* What it has itself to say to a network behind its other side goes there; where there is no such network, it hears
 * of it. */
Test(router, its_own_packets_find_the_other_side)
{
	static uint8_t data[3000];
	struct stack *right = router_stack(router, RIGHT);
	check(stack_echo(right, ip_of("192.0.2.1"), 7, 1, 0, "data", 4) == 0);
	struct frame request = router_out(router, LEFT);
	check(memcmp(request.bytes + AT_IP_FROM, ip_of("198.51.100.254").bytes, 4) == 0);
	check(stack_echo(right, ip_of("192.0.2.1"), 7, 1, 0, data, 3000) == 0);
	for (unsigned i = 0; i < 3; i++)
		check(router_out(router, LEFT).length == (i < 2 ? 1514 : 34 + 48));
	check(stack_echo(right, ip_of("203.0.113.1"), 7, 1, 0, "data", 4) == 0);
	router_pass(router, 0);
	check(stack_stats(right)->counters[COUNT_ICMP_ERRORS_IN] == 1);
	harness_fail_allocation(1, false);
	check(stack_echo(right, ip_of("192.0.2.1"), 7, 1, 0, "data", 4) == 0);
	harness_fail_allocation(0, false);
	check(stack_stats(right)->drops[DROP_TX_NO_MEMORY] == 1);
	check(stack_echo(right, ip_of("240.0.0.1"), 7, 1, 0, "data", 4) == -ENETUNREACH);
}

/* --- A narrower wire behind it -------------------------------------------------------------------------------------- */

/* RFC 791 3.2: cut into pieces that a receiver puts together again. */
static void comes_in_pieces(const struct frame *frame, size_t first_offset, bool more_at_the_end)
{
	uint8_t bytes[FRAME_MAX];
	size_t total = frame->length - AT_TRANSPORT, at = 0;
	while (at < total) {
		struct frame piece = router_out(router, RIGHT);
		size_t length = piece.length - AT_TRANSPORT;
		unsigned field = peek16(&piece, AT_IP_FRAGMENT);
		bool last = at + length == total;
		check(piece.length - 14 <= 576 && (last || length == 552));
		check((field & 0x1fff) * 8 == first_offset + at);
		check(!!(field & 0x2000) == (!last || more_at_the_end) && (field & 0xc000) == 0);
		check(piece.bytes[AT_IP_TTL] == frame->bytes[AT_IP_TTL] - 1);
		check(peek16(&piece, AT_IP_ID) == peek16(frame, AT_IP_ID));
		check(piece.bytes[AT_IP + 1] == frame->bytes[AT_IP + 1] && piece.bytes[AT_IP_PROTOCOL] == 1);
		check(memcmp(piece.bytes + AT_IP_FROM, frame->bytes + AT_IP_FROM, 8) == 0);
		memcpy(bytes + at, piece.bytes + AT_TRANSPORT, length);
		at += length;
	}
	check(at == total && memcmp(bytes, frame->bytes + AT_TRANSPORT, total) == 0);
}

Test(router_narrow, a_large_packet_is_cut)
{
	for (size_t length = 540; length <= 1472; length += 4) {
		struct frame frame = across("198.51.100.1", length);
		poke16(&frame, AT_IP_FRAGMENT, 0);
		frame.bytes[AT_IP + 1] = 0x10;
		frame_fix_ip(&frame);
		router_in(router, LEFT, &frame);
		if (length <= 548)
			passed_on(RIGHT, "198.51.100.1", &frame);
		else
			comes_in_pieces(&frame, 0, false);
		router_quiet(router);
	}
}

/* A fragment is cut further, at its own offset, and only the very last piece is the last. */
Test(router_narrow, a_fragment_is_cut_further)
{
	for (unsigned more = 0; more < 2; more++) {
		struct frame frame = across("198.51.100.1", 1472);
		poke16(&frame, AT_IP_FRAGMENT, (more ? 0x2000 : 0) | 1480 / 8);
		frame_fix_ip(&frame);
		router_in(router, LEFT, &frame);
		comes_in_pieces(&frame, 1480, more);
		router_quiet(router);
	}
}

/* RFC 1191 4: with DF it is dropped, and told with the MTU that would do. */
Test(router_narrow, dont_fragment_is_told_as_fragmentation_needed)
{
	struct frame frame = across("198.51.100.1", 549); /* has DF */
	router_in(router, LEFT, &frame);
	told(3, 4, 576, &frame);
	frame = across("198.51.100.1", 548);
	router_in(router, LEFT, &frame);
	passed_on(RIGHT, "198.51.100.1", &frame);
}

/* Which options each piece repeats, forward.c does not know: it is told in the same way. */
Test(router_narrow, a_large_packet_with_options_is_refused)
{
	struct frame plain = across("198.51.100.1", 1000);
	poke16(&plain, AT_IP_FRAGMENT, 0);
	struct frame frame = frame_with_ip_options(&plain, "\x94\x04\x00\x00", 4);
	router_in(router, LEFT, &frame);
	told(3, 4, 576, &frame);
}

/* The time to live comes first. */
Test(router_narrow, a_large_packet_whose_ttl_is_used_up)
{
	struct frame frame = across("198.51.100.1", 1000);
	frame.bytes[AT_IP_TTL] = 1;
	frame_fix_ip(&frame);
	router_in(router, LEFT, &frame);
	told(11, 0, 0, &frame);
}
