/* SPDX-License-Identifier: MIT
 *
 * Scripts about the link: Ethernet's own checks, and ARP (RFC 826, RFC 1122 2.3.2, RFC 5227).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/harness/harness.h"

TestSuite(ethernet, .init = harness_start, .fini = harness_end);
TestSuite(arp, .init = harness_start_bare, .fini = harness_end);

static const struct mac nobody = {{0}};

/* An echo request of the current flow's peer, which makes the stack want to answer. */
static void in_echo(unsigned sequence)
{
	struct frame frame = frame_icmp(8, 0, 0x10000u + sequence, 8);
	in_frame(&frame);
}

static void out_echo_reply(unsigned sequence)
{
	out_icmp(0, 0, 0x10000u + sequence);
}

/* A request from this station for that address. */
static void in_request(const char *sender, const char *target)
{
	struct frame frame = frame_arp(1, mac_of(sender), sender, nobody, target);
	in_frame(&frame);
}

static void in_reply(const char *sender)
{
	struct frame frame = frame_arp(2, mac_of(sender), sender, mac_of("192.0.2.2"), "192.0.2.2");
	in_frame(&frame);
}

/* --- Ethernet ---------------------------------------------------------------------------------------------------- */

/* Law: a runt has a name, and is never read past its end (each length is a block of its own under ASan). */
Test(ethernet, attack_runts_of_every_length_below_a_header)
{
	struct frame frame = frame_icmp(8, 0, 1, 18);
	for (frame.length = 0; frame.length < 14; frame.length++) {
		in_frame(&frame);
		assert_dropped(DROP_ETHER_SHORT);
	}
}

Test(ethernet, a_frame_beyond_the_mtu_is_dropped)
{
	struct frame frame = frame_icmp(8, 0, 1, 1472);
	in_frame(&frame); /* 1500 bytes of IP: the most that fits */
	out_icmp(0, 0, 1);
	frame.length++;
	in_frame(&frame);
	assert_dropped(DROP_ETHER_LONG);
}

Test(ethernet, frames_for_others_from_groups_and_of_other_types_are_dropped)
{
	struct frame good = frame_icmp(8, 0, 1, 8);
	struct frame frame = good;
	frame.bytes[5] ^= 1;
	in_frame(&frame);
	assert_dropped(DROP_ETHER_NOT_OURS);

	frame = good;
	frame.bytes[AT_ETHER_FROM] |= 1;
	in_frame(&frame);
	assert_dropped(DROP_ETHER_SOURCE);

	frame = good;
	poke16(&frame, AT_ETHER_TYPE, 0x86dd);
	in_frame(&frame);
	assert_dropped(DROP_ETHER_TYPE);

	frame = good;
	poke16(&frame, AT_ETHER_TYPE, 42); /* an IEEE 802.3 length */
	in_frame(&frame);
	assert_dropped(DROP_ETHER_TYPE);

	frame = good;
	memcpy(frame.bytes, "\x01\x00\x5e\x00\x00\x01", 6); /* all hosts; we have joined no group */
	in_frame(&frame);
	assert_dropped(DROP_ETHER_NOT_OURS);
}

/* --- Announcement, requests, replies ----------------------------------------------------------------------------- */

/* RFC 5227 2.3 */
Test(arp, the_address_is_announced_at_the_start)
{
	out_arp_announcement();
	quiet_for(10 * SECOND);
}

/* RFC 826; the asker is learnt, so that the answer to what it sends next needs no request. */
Test(arp, a_request_for_us_is_answered_and_its_sender_learnt)
{
	out_arp_announcement();
	in_request("192.0.2.1", "192.0.2.2");
	out_arp_reply("192.0.2.1");
	in_echo(1);
	out_echo_reply(1);
}

Test(arp, a_request_may_have_padding_and_come_by_unicast)
{
	out_arp_announcement();
	struct frame frame = frame_arp(1, mac_of("192.0.2.1"), "192.0.2.1", nobody, "192.0.2.2");
	memcpy(frame.bytes, mac_of("192.0.2.2").bytes, 6);
	frame.length = 60;
	memset(frame.bytes + 42, 0xee, 18);
	in_frame(&frame);
	out_arp_reply("192.0.2.1");
}

Test(arp, a_request_for_somebody_else_is_neither_answered_nor_learnt)
{
	out_arp_announcement();
	in_request("192.0.2.1", "192.0.2.3");
	assert_dropped(DROP_ARP_NOT_OURS);
	in_echo(1);
	out_arp_request("192.0.2.1");
}

/* RFC 826 and RFC 1122 2.3.2.2: what waits is sent once the answer is there, oldest first. */
Test(arp, packets_wait_for_the_address_and_leave_in_order)
{
	out_arp_announcement();
	in_echo(1);
	out_arp_request("192.0.2.1");
	in_echo(2);
	in_echo(3);
	quiet();
	check(events_seen(EVENT_ARP_QUEUED) == 3);
	in_reply("192.0.2.1");
	out_echo_reply(1);
	out_echo_reply(2);
	out_echo_reply(3);
	check(events_seen(EVENT_ARP_LEARNED) == 1);
	in_echo(4);
	out_echo_reply(4);
}

/* A request from the very station that we ask for answers our question as well. */
Test(arp, a_request_to_us_releases_what_waits)
{
	out_arp_announcement();
	in_echo(1);
	out_arp_request("192.0.2.1");
	in_request("192.0.2.1", "192.0.2.2");
	out_echo_reply(1);
	out_arp_reply("192.0.2.1");
}

/* RFC 1122 2.3.2.1: at most one request a second for one address; then it is given up, and what waited is dropped. */
Test(arp, an_unanswered_request_is_repeated_each_second_and_given_up)
{
	out_arp_announcement();
	in_echo(1);
	out_arp_request("192.0.2.1");
	after(SECOND);
	out_arp_request("192.0.2.1");
	in_echo(2);
	quiet_for(SECOND / 2);
	in_echo(3);
	after(SECOND / 2);
	out_arp_request("192.0.2.1");
	quiet_for(SECOND - 1);
	check(dropped(DROP_ARP_UNRESOLVED) == 0);
	quiet_for(1);
	check(dropped(DROP_ARP_UNRESOLVED) == 3);
	check(events_seen(EVENT_ARP_GAVE_UP) == 1);
	quiet_for(100 * SECOND);
	in_echo(4); /* and a new packet asks anew */
	out_arp_request("192.0.2.1");
}

/* RFC 1122 2.3.2.1: entries age. */
Test(arp, an_entry_is_forgotten_when_not_confirmed_for_a_minute)
{
	out_arp_announcement();
	in_request("192.0.2.1", "192.0.2.2");
	out_arp_reply("192.0.2.1");
	quiet_for(60 * SECOND - 1);
	in_echo(1);
	out_echo_reply(1);
	quiet_for(1);
	in_echo(2);
	out_arp_request("192.0.2.1");
}

/* A station whose card was changed says so when it next asks for us. */
Test(arp, a_request_to_us_updates_the_entry)
{
	out_arp_announcement();
	in_request("192.0.2.1", "192.0.2.2");
	out_arp_reply("192.0.2.1");
	struct frame frame = frame_arp(1, mac_of("192.0.2.77"), "192.0.2.1", nobody, "192.0.2.2");
	in_frame(&frame);
	struct frame reply = out_frame();
	check(memcmp(reply.bytes, mac_of("192.0.2.77").bytes, 6) == 0);
}

/* RFC 1122 2.3.2.2: at least the latest packet is saved; the queue is bounded all the same. */
Test(arp, the_queue_is_bounded_and_keeps_the_latest)
{
	out_arp_announcement();
	in_echo(0);
	out_arp_request("192.0.2.1");
	for (unsigned i = 1; i < 100; i++)
		in_echo(i);
	uint64_t lost = dropped(DROP_ARP_QUEUE_FULL);
	check(lost > 50 && lost < 100);
	in_reply("192.0.2.1");
	struct frame last = out_frame();
	for (uint64_t i = 1; i < 100 - lost; i++)
		last = out_frame();
	check_that(peek32(&last, AT_TRANSPORT + 4) == 0x10000 + 99, "the latest packet was not saved");
}

/* --- Hostile ARP ------------------------------------------------------------------------------------------------- */

Test(arp, attack_reply_that_nobody_asked_for_makes_no_entry)
{
	out_arp_announcement();
	in_reply("192.0.2.1");
	assert_dropped(DROP_ARP_UNASKED);
	in_echo(1);
	out_arp_request("192.0.2.1");
}

Test(arp, attack_reply_that_nobody_asked_for_overwrites_no_entry)
{
	out_arp_announcement();
	in_request("192.0.2.1", "192.0.2.2");
	out_arp_reply("192.0.2.1");
	struct frame frame = frame_arp(2, mac_of("192.0.2.66"), "192.0.2.1", mac_of("192.0.2.2"), "192.0.2.2");
	in_frame(&frame);
	assert_dropped(DROP_ARP_UNASKED);
	in_echo(1);
	out_echo_reply(1); /* to the right MAC: the harness looks */
}

Test(arp, attack_reply_for_another_question_answers_nothing)
{
	out_arp_announcement();
	in_echo(1);
	out_arp_request("192.0.2.1");
	in_reply("192.0.2.9");
	assert_dropped(DROP_ARP_UNASKED);
	in_reply("192.0.2.1");
	out_echo_reply(1);
}

/* RFC 5227 1.1: a probe has sender 0.0.0.0; it is answered, so that the prober learns of the conflict, and never
 * cached. */
Test(arp, attack_probe_is_answered_and_never_cached)
{
	out_arp_announcement();
	struct frame frame = frame_arp(1, mac_of("192.0.2.7"), "0.0.0.0", nobody, "192.0.2.2");
	in_frame(&frame);
	assert_not_dropped();
	struct frame reply = out_frame();
	check(peek16(&reply, AT_ARP + 6) == 2 && memcmp(reply.bytes, mac_of("192.0.2.7").bytes, 6) == 0);
	check(events_seen(EVENT_ARP_LEARNED) == 0);
}

Test(arp, attack_group_sender_is_refused)
{
	out_arp_announcement();
	struct frame frame = frame_arp(1, MAC_BROADCAST, "192.0.2.1", nobody, "192.0.2.2");
	memcpy(frame.bytes + AT_ETHER_FROM, mac_of("192.0.2.1").bytes, 6);
	in_frame(&frame);
	assert_dropped(DROP_ARP_SENDER);
	frame.bytes[AT_ARP + 8] = 1; /* multicast */
	frame.bytes[AT_ARP + 9] = 0;
	in_frame(&frame);
	assert_dropped(DROP_ARP_SENDER);
}

Test(arp, attack_sender_addresses_that_are_no_neighbour_are_refused)
{
	static const char *const senders[] = {"192.0.2.255", "192.0.2.0",    "255.255.255.255",
					      "224.0.0.1",   "198.51.100.1", "127.0.0.1"};
	out_arp_announcement();
	for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
		struct frame frame = frame_arp(1, mac_of("192.0.2.1"), senders[i], nobody, "192.0.2.2");
		in_frame(&frame);
		assert_dropped(DROP_ARP_SENDER);
	}
}

/* RFC 5227 2.4: told, and not believed. */
Test(arp, attack_claim_of_our_own_address_is_named_a_conflict)
{
	out_arp_announcement();
	struct frame frame = frame_arp(2, mac_of("192.0.2.66"), "192.0.2.2", MAC_BROADCAST, "192.0.2.2");
	in_frame(&frame);
	assert_dropped(DROP_ARP_CONFLICT);
	check(events_seen(EVENT_ARP_CONFLICT) == 1);
	frame = frame_arp(1, mac_of("192.0.2.66"), "192.0.2.2", nobody, "192.0.2.2");
	in_frame(&frame);
	assert_dropped(DROP_ARP_CONFLICT);
	check(events_seen(EVENT_ARP_CONFLICT) == 2);
}

Test(arp, attack_malformed_packets_of_every_kind_and_length)
{
	static const struct {
		size_t at;
		unsigned value;
	} wrong[] = {{AT_ARP, 6},     {AT_ARP + 2, 0x86dd}, {AT_ARP + 4, 0x0804}, {AT_ARP + 4, 0x0610},
		     {AT_ARP + 4, 0}, {AT_ARP + 6, 0},      {AT_ARP + 6, 3},      {AT_ARP + 6, 0xffff}};
	struct frame good = frame_arp(1, mac_of("192.0.2.1"), "192.0.2.1", nobody, "192.0.2.2");
	out_arp_announcement();
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct frame frame = good;
		poke16(&frame, wrong[i].at, wrong[i].value);
		in_frame(&frame);
		assert_dropped(DROP_ARP_MALFORMED);
	}
	for (size_t length = 14; length < 42; length++) {
		struct frame frame = good;
		frame.length = length;
		in_frame(&frame);
		assert_dropped(DROP_ARP_MALFORMED);
	}
}

/* A flood of askers can neither grow the cache without end nor push out an entry in use. */
Test(arp, attack_flood_of_senders_is_bounded)
{
	struct stack_config config = harness_config();
	config.prefix_length = 16;
	out_arp_announcement();
	harness_end();
	harness_start_with(&config);
	in_request("192.0.2.1", "192.0.2.2");
	out_arp_reply("192.0.2.1");
	size_t most = 0;
	for (unsigned i = 0; i < 2000; i++) {
		char sender[16];
		snprintf(sender, sizeof sender, "192.0.%u.%u", 16 + i / 200, 1 + i % 200);
		in_request(sender, "192.0.2.2");
		out_arp_reply(sender);
		if (i == 1000)
			most = stack_memory(harness_stack())->bytes;
	}
	check(stack_memory(harness_stack())->bytes == most);
	check(dropped(DROP_ARP_CACHE_FULL) > 1000);
	in_echo(1);
	out_echo_reply(1);
	/* And we ourselves can still turn to a new neighbour. */
	check(stack_echo(harness_stack(), ip_of("192.0.99.99"), 1, 1, "x", 1) == 0);
	flow_current()->peer[2] = 99;
	flow_current()->peer[3] = 99;
	out_icmp(8, 0, 0x00010001);
}

/* When we ourselves turn to more neighbours than the cache holds, the one least recently used makes room: never the
 * one in use. */
Test(arp, a_neighbour_in_use_is_not_pushed_out)
{
	struct stack_config config = harness_config();
	config.prefix_length = 16;
	out_arp_announcement();
	harness_end();
	harness_start_with(&config);
	in_request("192.0.2.1", "192.0.2.2");
	out_arp_reply("192.0.2.1");
	for (unsigned i = 0; i < 1000; i++) {
		char other[16];
		snprintf(other, sizeof other, "192.0.%u.%u", 16 + i / 200, 1 + i % 200);
		pass(MS);
		check(stack_echo(harness_stack(), ip_of(other), 1, 1, "x", 1) == 0);
		out_frame();
		pass(MS);
		uint64_t asked = counted(COUNT_ARP_REQUESTS_OUT);
		in_echo(i);
		out_echo_reply(i);
		check(counted(COUNT_ARP_REQUESTS_OUT) == asked);
	}
}

/* --- Memory and device ------------------------------------------------------------------------------------------- */

Test(arp, without_memory_a_packet_is_dropped_by_name)
{
	out_arp_announcement();
	harness_fail_allocation(1, true);
	in_echo(1);
	check(dropped(DROP_ARP_CACHE_FULL) + dropped(DROP_TX_NO_MEMORY) == 1);
	harness_fail_allocation(0, false);
	in_echo(2);
	out_arp_request("192.0.2.1");
	in_reply("192.0.2.1");
	out_echo_reply(2);
}

Test(arp, a_full_device_costs_datagrams_their_life_by_name)
{
	out_arp_announcement();
	in_request("192.0.2.1", "192.0.2.2");
	out_arp_reply("192.0.2.1");
	harness_device_full(true);
	in_echo(1);
	assert_dropped(DROP_TX_FULL);
	harness_device_full(false);
	quiet();
	in_echo(2);
	out_echo_reply(2);
}
