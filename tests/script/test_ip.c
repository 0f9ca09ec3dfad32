/* SPDX-License-Identifier: MIT
 *
 * Scripts about IPv4 input and routing (RFC 791, RFC 1122 3.2.1 and 3.3.1): every check of the header, one at a time,
 * on a packet that is otherwise an echo request that would be answered.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/harness.h"

TestSuite(ip, .init = harness_start, .fini = harness_end);

static struct frame echo(void)
{
	return frame_icmp(8, 0, 0x00070001, 20);
}

/* The frame arrives and is dropped for this reason, and nothing is said. */
static void refused(struct frame frame, enum drop_reason reason)
{
	in_frame(&frame);
	assert_dropped(reason);
	quiet();
}

static void answered(struct frame frame)
{
	in_frame(&frame);
	assert_not_dropped();
	out_icmp(0, 0, 0x00070001);
}

Test(ip, a_good_packet_is_answered)
{
	answered(echo());
}

/* --- Lengths ----------------------------------------------------------------------------------------------------- */

/* An Ethernet frame has at least 46 bytes of payload: what stands behind the packet is padding (RFC 894). */
Test(ip, padding_behind_a_short_packet_is_ignored)
{
	struct frame frame = frame_icmp(8, 0, 0x00070001, 1);
	memset(frame.bytes + frame.length, 0xee, 60 - frame.length);
	frame.length = 60;
	in_frame(&frame);
	struct frame reply = out_icmp(0, 0, 0x00070001);
	check(reply.length == 14 + 20 + 8 + 1);
}

Test(ip, attack_runts_of_every_length)
{
	struct frame good = echo();
	for (size_t length = 14; length < good.length; length++) {
		struct frame frame = good;
		frame.length = length;
		refused(frame, length < 34 ? DROP_IP_SHORT : DROP_IP_TOTAL_LENGTH);
	}
}

Test(ip, attack_header_length_below_20)
{
	for (unsigned ihl = 0; ihl < 5; ihl++) {
		struct frame frame = echo();
		frame.bytes[AT_IP] = (uint8_t)(0x40 + ihl);
		frame_fix_ip(&frame);
		refused(frame, DROP_IP_HEADER_LENGTH);
	}
}

Test(ip, attack_header_length_beyond_the_bytes_present)
{
	struct frame frame = frame_ip(1, "\x08\0\0\0", 4);
	frame.bytes[AT_IP] = 0x4f;
	refused(frame, DROP_IP_HEADER_LENGTH);
}

/* The header ends beyond the packet, though not beyond the frame. */
Test(ip, attack_header_length_beyond_the_total_length)
{
	struct frame frame = frame_icmp(8, 0, 0x00070001, 100);
	frame.bytes[AT_IP] = 0x4f;
	poke16(&frame, AT_IP_TOTAL, 56);
	memset(frame.bytes + AT_TRANSPORT, 1, 40);
	frame_fix_ip(&frame);
	in_frame(&frame);
	check(dropped(DROP_IP_HEADER_LENGTH) + dropped(DROP_IP_TOTAL_LENGTH) == 1);
	quiet();
}

Test(ip, attack_total_length_below_the_header_and_beyond_the_frame)
{
	static const unsigned totals[] = {0, 1, 19, 49, 1500, 65535};
	for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
		struct frame frame = echo();
		poke16(&frame, AT_IP_TOTAL, totals[i]);
		frame_fix_ip(&frame);
		refused(frame, DROP_IP_TOTAL_LENGTH);
	}
}

/* --- Fields ------------------------------------------------------------------------------------------------------ */

/* RFC 1122 3.2.1.1 */
Test(ip, other_versions_are_dropped)
{
	for (unsigned version = 0; version < 16; version++) {
		if (version == 4)
			continue;
		struct frame frame = echo();
		frame.bytes[AT_IP] = (uint8_t)(version * 16 + 5);
		frame_fix_ip(&frame);
		refused(frame, DROP_IP_VERSION);
	}
}

/* RFC 1122 3.2.1.2: any single wrong bit of the header is found. */
Test(ip, a_wrong_checksum_is_dropped)
{
	for (size_t at = AT_IP_ID; at < AT_TRANSPORT; at++) {
		struct frame frame = echo();
		frame.bytes[at] ^= 0x10;
		refused(frame, DROP_IP_CHECKSUM);
	}
}

/* RFC 1122 3.2.1.7: a host takes what has reached it, with 1 and even with 0. */
Test(ip, time_to_live)
{
	struct frame frame = echo();
	frame.bytes[AT_IP_TTL] = 0;
	frame_fix_ip(&frame);
	answered(frame);
	frame.bytes[AT_IP_TTL] = 1;
	frame_fix_ip(&frame);
	answered(frame);
}

struct named {
	const char *address;
	enum drop_reason reason;
};

/* RFC 1122 3.2.1.3; RFC 1122 3.1: forwarding is off. */
Test(ip, what_is_not_for_us_is_dropped_by_name)
{
	static const struct named others[] = {
	    {"192.0.2.3", DROP_IP_NOT_OURS},  {"198.51.100.2", DROP_IP_NOT_OURS}, {"198.51.100.255", DROP_IP_NOT_OURS},
	    {"0.0.0.0", DROP_IP_NOT_OURS},    {"240.0.0.1", DROP_IP_NOT_OURS},    {"224.0.0.1", DROP_IP_MULTICAST},
	    {"239.1.2.3", DROP_IP_MULTICAST}, {"127.0.0.1", DROP_IP_LOOPBACK},    {"127.255.255.255", DROP_IP_LOOPBACK},
	    {"128.0.0.1", DROP_IP_NOT_OURS},  {"126.0.0.1", DROP_IP_NOT_OURS},    {"223.0.0.1", DROP_IP_NOT_OURS},
	};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct frame frame = echo();
		memcpy(frame.bytes + AT_IP_TO, ip_of(others[i].address).bytes, 4);
		frame_fix(&frame);
		refused(frame, others[i].reason);
	}
}

/* RFC 1122 3.2.1.3: sources that cannot be one host; our own is the land attack. */
Test(ip, attack_sources_that_are_no_host)
{
	static const struct named bad[] = {
	    {"0.0.0.0", DROP_IP_SOURCE},           {"0.1.2.3", DROP_IP_SOURCE},
	    {"224.0.0.1", DROP_IP_SOURCE},         {"239.255.255.255", DROP_IP_SOURCE},
	    {"240.0.0.1", DROP_IP_SOURCE},         {"255.255.255.255", DROP_IP_SOURCE},
	    {"192.0.2.255", DROP_IP_SOURCE},       {"192.0.2.0", DROP_IP_SOURCE},
	    {"192.0.2.2", DROP_IP_SOURCE},         {"127.0.0.1", DROP_IP_LOOPBACK},
	    {"127.255.255.255", DROP_IP_LOOPBACK},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct frame frame = echo();
		memcpy(frame.bytes + AT_IP_FROM, ip_of(bad[i].address).bytes, 4);
		frame_fix(&frame);
		refused(frame, bad[i].reason);
	}
}

Test(ip, attack_land_syn)
{
	app_listen();
	struct frame frame = frame_tcp("S 0:0(0) win 1000");
	memcpy(frame.bytes + AT_IP_FROM, ip_of("192.0.2.2").bytes, 4);
	poke16(&frame, AT_TRANSPORT, 5000);
	frame_fix(&frame);
	refused(frame, DROP_IP_SOURCE);
}

/* RFC 1122 3.3.6: a packet for one host in a frame for all is dropped. */
Test(ip, unicast_inside_a_link_broadcast_is_dropped)
{
	struct frame frame = echo();
	memset(frame.bytes, 0xff, 6);
	refused(frame, DROP_IP_LINK_BROADCAST);
}

/* The reserved bit is no reason to drop (RFC 791 3.1 names none), nor is an absent DF. */
Test(ip, without_dont_fragment_it_is_taken)
{
	struct frame frame = echo();
	poke16(&frame, AT_IP_FRAGMENT, 0);
	frame_fix_ip(&frame);
	answered(frame);
	poke16(&frame, AT_IP_FRAGMENT, 0x8000);
	frame_fix_ip(&frame);
	answered(frame);
}

/* --- Options ----------------------------------------------------------------------------------------------------- */

/* RFC 1122 3.2.1.8: options that we do not know are skipped by their length. */
Test(ip, unknown_options_are_skipped)
{
	struct frame frame = echo();
	answered(frame_with_ip_options(&frame, "\x01\x01\x01\x00", 4));
	answered(frame_with_ip_options(&frame, "\x94\x04\x00\x00", 4));                 /* router alert */
	answered(frame_with_ip_options(&frame, "\x5e\x06\xaa\xbb\xcc\xdd\x00\x00", 8)); /* kind 94 */
	answered(frame_with_ip_options(&frame, "\x00\x83\x83\x83", 4));                 /* the end, then rubbish */
	answered(frame_with_ip_options(&frame, "\x07\x07\x04\x00\x00\x00\x00\x00", 8)); /* record route */
	answered(frame_with_ip_options(&frame, "\x44\x08\x05\x00\x00\x00\x00\x00", 8)); /* timestamp */
}

/* The length of this option cannot be: RFC 1122 3.2.2.5 has it told, with a pointer to the byte (RFC 792). */
static void problem(struct frame frame, unsigned pointer)
{
	in_frame(&frame);
	assert_dropped(DROP_IP_OPTIONS);
	struct frame error = out_icmp(12, 0, pointer << 24);
	check(error.length == frame.length + 28);
	check(memcmp(error.bytes + AT_TRANSPORT + 8, frame.bytes + AT_IP, frame.length - 14) == 0);
}

Test(ip, attack_options_with_impossible_lengths)
{
	struct frame frame = echo();
	problem(frame_with_ip_options(&frame, "\x94\x00\x00\x00", 4), 21);
	problem(frame_with_ip_options(&frame, "\x94\x01\x00\x00", 4), 21);
	problem(frame_with_ip_options(&frame, "\x94\x05\x00\x00", 4), 21);
	problem(frame_with_ip_options(&frame, "\x94\xff\x00\x00", 4), 21);
	problem(frame_with_ip_options(&frame, "\x01\x01\x94\x00", 4), 23);
	problem(frame_with_ip_options(&frame, "\x01\x01\x01\x94", 4), 23); /* no length at all: the kind */
	problem(frame_with_ip_options(&frame, "\x94\x04\x00\x00\x07\x09\x04\x00", 8), 25);
}

/* RFC 1122 3.2.2: nobody is told who could not be, or when all were asked. */
Test(ip, attack_parameter_problems_are_not_told_to_nobody)
{
	struct frame plain = echo();
	struct frame bad = frame_with_ip_options(&plain, "\x94\x00\x00\x00", 4);
	static const struct named from[] = {{"192.0.2.2", DROP_IP_SOURCE},
					    {"127.0.0.1", DROP_IP_LOOPBACK},
					    {"192.0.2.255", DROP_IP_SOURCE},
					    {"224.0.0.1", DROP_IP_SOURCE}};
	static const struct named to[] = {{"127.0.0.1", DROP_IP_LOOPBACK},
					  {"224.0.0.1", DROP_IP_MULTICAST},
					  {"192.0.2.255", DROP_IP_OPTIONS},
					  {"192.0.2.3", DROP_IP_OPTIONS}};
	for (size_t i = 0; i < 4; i++) {
		struct frame frame = bad;
		memcpy(frame.bytes + AT_IP_FROM, ip_of(from[i].address).bytes, 4);
		frame_fix_ip(&frame);
		refused(frame, from[i].reason);
		frame = bad;
		memcpy(frame.bytes + AT_IP_TO, ip_of(to[i].address).bytes, 4);
		frame_fix_ip(&frame);
		refused(frame, to[i].reason);
	}
	struct frame frame = bad;
	memset(frame.bytes, 0xff, 6);
	refused(frame, DROP_IP_LINK_BROADCAST);
	frame = bad;
	poke16(&frame, AT_IP_FRAGMENT, 1); /* not the first fragment */
	frame_fix_ip(&frame);
	refused(frame, DROP_IP_OPTIONS);
	plain = frame_icmp(3, 1, 0, 28); /* an error itself */
	refused(frame_with_ip_options(&plain, "\x94\x00\x00\x00", 4), DROP_IP_OPTIONS);
}

/* Loose (131) and strict (137) source routes are refused, also empty ones. */
Test(ip, attack_source_routes)
{
	struct frame frame = echo();
	refused(frame_with_ip_options(&frame, "\x83\x07\x04\xc0\x00\x02\x09\x00", 8), DROP_IP_SOURCE_ROUTE);
	refused(frame_with_ip_options(&frame, "\x89\x07\x04\xc0\x00\x02\x09\x00", 8), DROP_IP_SOURCE_ROUTE);
	refused(frame_with_ip_options(&frame, "\x01\x83\x03\x04", 4), DROP_IP_SOURCE_ROUTE);
}

/* --- Protocols and broadcast ------------------------------------------------------------------------------------- */

/* IP in IP is not taken apart (the Ripple20 holes), but told about as any protocol that nobody speaks. */
Test(ip, attack_ip_in_ip_is_not_decapsulated)
{
	struct frame inner = echo();
	struct frame frame = frame_ip(4, inner.bytes + AT_IP, inner.length - 14);
	in_frame(&frame);
	assert_dropped(DROP_IP_PROTOCOL);
	out_icmp(3, 2, 0);
}

/* RFC 1122 3.3.6: limited, directed, and the old form with zeros. */
Test(ip, broadcasts_of_all_forms_are_received_but_never_answered)
{
	static const char *const all[] = {"255.255.255.255", "192.0.2.255", "192.0.2.0"};
	for (size_t i = 0; i < 3; i++) {
		struct frame frame = frame_udp(1000, 2000, 16);
		memset(frame.bytes, 0xff, 6);
		memcpy(frame.bytes + AT_IP_TO, ip_of(all[i]).bytes, 4);
		frame_fix(&frame);
		refused(frame, DROP_UDP_PORT);
		frame = frame_ip(99, "x", 1);
		memset(frame.bytes, 0xff, 6);
		memcpy(frame.bytes + AT_IP_TO, ip_of(all[i]).bytes, 4);
		frame_fix(&frame);
		refused(frame, DROP_IP_PROTOCOL);
	}
}

/* RFC 3021: a network of two addresses has no broadcast: both are hosts. */
Test(ip, the_network_of_two_addresses_has_no_broadcast)
{
	struct stack_config config = harness_config();
	config.prefix_length = 31; /* 192.0.2.2 and 192.0.2.3 */
	config.gateway = ip_of("192.0.2.3");
	harness_end();
	harness_start_with(&config);
	memcpy(flow_current()->peer, ip_of("192.0.2.3").bytes, 4);
	answered(echo());
}
