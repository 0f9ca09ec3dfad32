/* SPDX-License-Identifier: MIT
 *
 * Scripts about fragments that arrive: put together in any order, duplicates, overlaps, the time-out (RFC 791 3.2, RFC 815,
 * RFC 1122 3.3.2).
 */
#include "tests/script/fragments.h"

TestSuite(reassembly, .init = harness_start, .fini = harness_end);

/* --- Whole again ------------------------------------------------------------------------------------------------- */

Test(reassembly, in_order)
{
	struct datagram d = ping(3000);
	taken(&d, 0, 1480);
	quiet_for(10 * MS);
	taken(&d, 1480, 2960);
	quiet_for(10 * MS);
	taken(&d, 2960, 3008);
	answered(&d);
	check(counted(COUNT_IP_FRAGMENTS_IN) == 3 && counted(COUNT_IP_REASSEMBLED) == 1);
	check(counted(COUNT_IP_FRAGMENTS_OUT) == 3);
}

Test(reassembly, last_fragment_first)
{
	struct datagram d = ping(3000);
	taken(&d, 2960, 3008);
	taken(&d, 1480, 2960);
	taken(&d, 0, 1480);
	answered(&d);
}

/* Four fragments in all their 24 orders. */
Test(reassembly, every_permutation)
{
	static const size_t ends[] = {0, 104, 208, 216, 308};
	whole_packets_are_answered();
	size_t before = held();
	for (unsigned code = 0; code < 256; code++) {
		unsigned which[] = {code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6};
		if ((1u << which[0] | 1u << which[1] | 1u << which[2] | 1u << which[3]) != 15)
			continue;
		struct datagram d = ping(300);
		d.id = (uint16_t)code;
		for (unsigned i = 0; i < 4; i++) {
			quiet();
			taken(&d, ends[which[i]], ends[which[i] + 1]);
		}
		answered(&d);
	}
	check(counted(COUNT_IP_REASSEMBLED) == 24);
	check(held() == before);
}

/* Sender, receiver, protocol and identification together name a datagram (RFC 791 3.2). */
Test(reassembly, datagrams_that_differ_in_one_of_the_four_do_not_mix)
{
	struct datagram a = ping(40), other_id = ping(48), other_source = ping(56), other_protocol = ping(64);
	other_id.id++;
	other_source.from[3] = 9;
	other_protocol.protocol = 99;
	taken(&a, 0, 24);
	taken(&other_id, 0, 24);
	taken(&other_source, 0, 24);
	taken(&other_protocol, 0, 24);
	taken(&other_source, 24, other_source.length);
	answered(&other_source);
	taken(&a, 24, a.length);
	answered(&a);
	in_fragment(&other_protocol, 24, other_protocol.length);
	assert_dropped(DROP_IP_PROTOCOL);
	out_icmp(3, 2, 0);
	taken(&other_id, 24, other_id.length);
	answered(&other_id);
}

/* The same identification, but one is sent to us alone and one to all. */
Test(reassembly, destinations_do_not_mix)
{
	struct datagram a = ping(40), b = ping(40);
	memcpy(b.to, ip_of("192.0.2.255").bytes, 4);
	taken(&a, 0, 24);
	taken(&b, 24, 48);
	quiet();
	taken(&a, 24, 48);
	answered(&a);
}

/* RFC 791 3.1: an option without the copy bit is in the first fragment only, which is longer for it. */
Test(reassembly, options_in_the_first_fragment_only)
{
	struct datagram d = ping(100);
	for (unsigned order = 0; order < 2; order++) {
		d.id++;
		struct frame plain = frame_fragment(&d, 0, 48);
		struct frame first = frame_with_ip_options(&plain, "\x07\x07\x04\x00\x00\x00\x00\x00", 8);
		if (order == 0)
			in_frame(&first);
		taken(&d, 48, 108);
		if (order == 1)
			in_frame(&first);
		assert_not_dropped();
		answered(&d);
	}
}

/* What is told about a datagram is told about its first fragment, as it came (RFC 1122 3.2.2: unchanged). */
Test(reassembly, an_error_about_a_datagram_quotes_its_first_fragment)
{
	struct datagram d = datagram_udp(1000, 2000, 400);
	d.tos = 0x10;
	d.ttl = 33;
	struct frame plain = frame_fragment(&d, 0, 104);
	struct frame first = frame_with_ip_options(&plain, "\x94\x04\x00\x00", 4);
	taken(&d, 104, 408);
	in_frame(&first);
	assert_dropped(DROP_UDP_PORT);
	struct frame error = out_icmp(3, 3, 0);
	check(error.length == first.length + 28);
	check(memcmp(error.bytes + AT_TRANSPORT + 8, first.bytes + AT_IP, first.length - 14) == 0);
}

/* --- The same twice ---------------------------------------------------------------------------------------------- */

Test(reassembly, duplicates_are_harmless)
{
	struct datagram d = ping(300);
	for (unsigned i = 0; i < 3; i++) {
		d.id++;
		taken(&d, 0, 104);
		refused(&d, 0, 104, DROP_IP_FRAGMENT_DUPLICATE);
		taken(&d, 208, 308);
		refused(&d, 208, 308, DROP_IP_FRAGMENT_DUPLICATE);
		refused(&d, 0, 104, DROP_IP_FRAGMENT_DUPLICATE);
		taken(&d, 104, 208);
		answered(&d);
	}
}

/* A router on another path may have cut the copy into smaller pieces. */
Test(reassembly, a_duplicate_may_be_a_part_or_span_several)
{
	struct datagram d = ping(300);
	taken(&d, 0, 104);
	taken(&d, 104, 200);
	refused(&d, 96, 112, DROP_IP_FRAGMENT_DUPLICATE);
	refused(&d, 8, 64, DROP_IP_FRAGMENT_DUPLICATE);
	refused(&d, 0, 200, DROP_IP_FRAGMENT_DUPLICATE);
	taken(&d, 200, 308);
	answered(&d);
}

/* --- Overlaps: the whole datagram goes (as RFC 5722 3) ------------------------------------------------------------- */

/* The datagram is gone with all that had come of it: what was missing does not complete it. */
static void gone(const struct datagram *d, size_t start, size_t end, size_t before)
{
	check(held() == before);
	taken(d, start, end);
	quiet();
}

/* The published attack (1997): the second fragment lies within the first, and a length computed from both is negative. */
Test(reassembly, attack_teardrop)
{
	struct datagram d = datagram_udp(1000, 2000, 28);
	whole_packets_are_answered();
	size_t before = held();
	taken(&d, 0, 32);
	d.length = 28;
	d.bytes[25] ^= 0xff;
	refused(&d, 24, 28, DROP_IP_FRAGMENT_OVERLAP); /* that it contradicts the total is the lesser evil */
	d.length = 36;
	gone(&d, 32, 36, before);
}

Test(reassembly, attack_overlap_with_other_bytes)
{
	static const size_t overlaps[][2] = {{0, 16},    {8, 104},   {96, 208}, {0, 208},
					     {104, 216}, {200, 308}, {208, 308}};
	for (size_t i = 0; i < sizeof overlaps / sizeof *overlaps; i++) {
		struct datagram d = ping(300), evil = d;
		d.id = evil.id = (uint16_t)i;
		for (size_t at = 0; at < sizeof evil.bytes; at++)
			evil.bytes[at] ^= 0x55;
		whole_packets_are_answered();
		size_t before = held();
		taken(&d, 0, 104);
		taken(&d, 208, 308);
		refused(&evil, overlaps[i][0], overlaps[i][1], DROP_IP_FRAGMENT_OVERLAP);
		gone(&d, 104, 208, before);
		in_fragment(&d, 0, 104);
		in_fragment(&d, 208, 308);
		answered(&d);
	}
}

/* ipv4_fragment_reassembly: bytes that agree do not excuse an overlap that also brings new ones. */
Test(reassembly, attack_partial_overlap)
{
	struct datagram d = ping(300);
	whole_packets_are_answered();
	size_t before = held();
	taken(&d, 0, 104);
	refused(&d, 96, 208, DROP_IP_FRAGMENT_OVERLAP);
	gone(&d, 104, 308, before);
}

/* --- Time-out (RFC 1122 3.3.2) ------------------------------------------------------------------------------------- */

Test(reassembly, timeout_tells_the_source_after_60_s_when_fragment_zero_is_here)
{
	struct datagram d = ping(3000);
	whole_packets_are_answered();
	size_t before = held();
	d.tos = 0x20;
	struct frame zero = frame_fragment(&d, 0, 1480);
	taken(&d, 1480, 2960);
	quiet_for(20 * SECOND);
	taken(&d, 0, 1480); /* the time runs from the first to come, not from fragment zero */
	after(40 * SECOND);
	struct frame error = out_icmp(11, 1, 0);
	check(error.length - 14 == 576);
	check(memcmp(error.bytes + AT_TRANSPORT + 8, zero.bytes + AT_IP, 548) == 0);
	check(dropped(DROP_IP_REASSEMBLY_TIME) == 1);
	check(held() == before);
	taken(&d, 2960, 3008); /* too late */
	quiet();
}

/* The first fragment is quoted, not what came after it. */
Test(reassembly, timeout_quotes_no_more_than_fragment_zero)
{
	struct datagram d = ping(300);
	struct frame zero = frame_fragment(&d, 0, 16);
	in_frame(&zero);
	taken(&d, 16, 104);
	after(60 * SECOND);
	struct frame error = out_icmp(11, 1, 0);
	check(error.length == zero.length + 28);
	check(memcmp(error.bytes + AT_TRANSPORT + 8, zero.bytes + AT_IP, zero.length - 14) == 0);
}

/* RFC 792: "if fragment zero is not available then no time exceeded need be sent at all". */
Test(reassembly, timeout_without_fragment_zero_is_silent)
{
	struct datagram d = ping(3000);
	whole_packets_are_answered();
	size_t before = held();
	taken(&d, 1480, 2960);
	taken(&d, 2960, 3008);
	quiet_for(60 * SECOND - 1);
	check(dropped(DROP_IP_REASSEMBLY_TIME) == 0);
	quiet_for(1);
	check(dropped(DROP_IP_REASSEMBLY_TIME) == 1);
	check(held() == before);
}

/* RFC 1122 3.2.2: no error about a broadcast, nor about an ICMP error. */
Test(reassembly, timeout_of_a_broadcast_or_an_icmp_error_is_silent)
{
	static const char *const all[] = {"255.255.255.255", "192.0.2.255", "192.0.2.0"};
	for (size_t i = 0; i < 3; i++) {
		struct datagram d = datagram_udp(1000, 2000, 300);
		memcpy(d.to, ip_of(all[i]).bytes, 4);
		struct frame frame = frame_fragment(&d, 0, 104);
		memset(frame.bytes, 0xff, 6);
		in_frame(&frame);
		assert_not_dropped();
	}
	struct datagram error = datagram_icmp(3, 1, 0, 300);
	taken(&error, 0, 104);
	quiet_for(61 * SECOND);
	check(dropped(DROP_IP_REASSEMBLY_TIME) == 4);
}

/* Two datagrams, begun a second apart, each have their own 60 s. */
Test(reassembly, each_datagram_has_its_own_time)
{
	struct datagram a = ping(300), b = a;
	b.id++;
	taken(&a, 0, 104);
	quiet_for(SECOND);
	taken(&b, 0, 104);
	after(59 * SECOND);
	out_icmp(11, 1, 0);
	taken(&b, 104, 308);
	answered(&b);
	quiet_for(61 * SECOND);
}
