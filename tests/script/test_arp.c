/* SPDX-License-Identifier: MIT
 *
 * Scripts about the link: Ethernet's own checks, and ARP (RFC 826, RFC 1122 2.3.2). How entries age is told in
 * test_arp_states.c, how we come by our own address in test_arp_conflict.c.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/script/arp.h"

TestSuite(ethernet, .init = harness_start, .fini = harness_end);
TestSuite(arp, .init = arp_begin, .fini = harness_end);

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
	assert_dropped(DROP_ETHER_GROUP);
}

/* --- Requests, replies ----------------------------------------------------------------------------- */

/* RFC 826; the asker is learnt, so that the answer to what it sends next needs no request. */
Test(arp, a_request_for_us_is_answered_and_its_sender_learnt)
{
	in_request("192.0.2.1", "192.0.2.2");
	out_arp_reply("192.0.2.1");
	in_echo(1);
	out_echo_reply(1);
}

Test(arp, a_request_may_have_padding_and_come_by_unicast)
{
	struct frame frame = frame_arp(1, mac_of("192.0.2.1"), "192.0.2.1", (struct mac){{0}}, "192.0.2.2");
	memcpy(frame.bytes, mac_of("192.0.2.2").bytes, 6);
	frame.length = 60;
	memset(frame.bytes + 42, 0xee, 18);
	in_frame(&frame);
	out_arp_reply("192.0.2.1");
}

Test(arp, a_request_for_somebody_else_is_neither_answered_nor_learnt)
{
	in_request("192.0.2.1", "192.0.2.3");
	assert_dropped(DROP_ARP_NOT_OURS);
	in_echo(1);
	out_arp_request("192.0.2.1");
}

/* RFC 826 and RFC 1122 2.3.2.2: what waits is sent once the answer is there, oldest first. */
Test(arp, packets_wait_for_the_address_and_leave_in_order)
{
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
	in_echo(1);
	out_arp_request("192.0.2.1");
	in_request("192.0.2.1", "192.0.2.2");
	out_echo_reply(1);
	out_arp_reply("192.0.2.1");
}

/* RFC 1122 2.3.2.1: at most one request a second for one address; then it is given up, and what waited is dropped. */
Test(arp, an_unanswered_request_is_repeated_each_second_and_given_up)
{
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

/* RFC 1122 2.4: a missing entry is no error while somebody is asked; when nobody answers, all who wait hear of it: an echo,
 * a connection, a datagram socket. The last one sends again at once, which asks anew. */
Test(arp, whoever_waits_is_told_that_the_host_is_unreachable)
{
	struct endpoint peer = {ip_of("192.0.2.1"), 9};
	struct socket *stream = app_connect();
	struct socket *datagrams = socket_open(harness_stack(), SOCKET_DATAGRAM);
	check(socket_connect(datagrams, &peer) == 0);
	out_arp_request("192.0.2.1");
	check(socket_send_to(datagrams, "x", 1, NULL) == 1);
	check(stack_echo(harness_stack(), ip_of("192.0.2.1"), 7, 1, 0, "x", 1) == 0);
	check(stack_echo(harness_stack(), ip_of("192.0.2.1"), 7, 2, 0, "x", 1) == 0);
	after(SECOND);
	out_arp_request("192.0.2.1");
	after(SECOND);
	out_rest();
	quiet_for(SECOND - 1);
	check(socket_error(stream) == 0 && socket_error(datagrams) == 0 && events_seen(EVENT_ICMP_ECHO_ERROR) == 0);
	pass(1);
	check(dropped(DROP_ARP_UNRESOLVED) >= 4);
	check(events_seen(EVENT_ICMP_ECHO_ERROR) == 2);
	check(event_last(EVENT_ICMP_ECHO_ERROR)->before == 0x0301); /* destination unreachable, host */
	check(event_last(EVENT_ICMP_ECHO_ERROR)->value == 0x00070002);
	check(address_equal(event_last(EVENT_ICMP_ECHO_ERROR)->local.address, ip_of("192.0.2.2"))); /* so we say */
	check(socket_error(stream) == -EHOSTUNREACH);
	check(socket_error(datagrams) == -EHOSTUNREACH);
	check(socket_send_to(datagrams, "x", 1, NULL) == 1);
	out_arp_request("192.0.2.1");
	socket_close(stream);
	socket_close(datagrams);
}

/* RFC 1122 2.3.2.2: at least the latest packet is saved; the queue is bounded all the same. */
Test(arp, the_queue_is_bounded_and_keeps_the_latest)
{
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
	in_reply("192.0.2.1");
	assert_dropped(DROP_ARP_UNASKED);
	in_echo(1);
	out_arp_request("192.0.2.1");
}

Test(arp, attack_reply_that_nobody_asked_for_overwrites_no_entry)
{
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
	struct frame frame = frame_arp(1, mac_of("192.0.2.7"), "0.0.0.0", (struct mac){{0}}, "192.0.2.2");
	in_frame(&frame);
	assert_not_dropped();
	struct frame reply = out_frame();
	check(peek16(&reply, AT_ARP + 6) == 2 && memcmp(reply.bytes, mac_of("192.0.2.7").bytes, 6) == 0);
	check(events_seen(EVENT_ARP_LEARNED) == 0);
}

Test(arp, attack_group_sender_is_refused)
{
	struct frame frame = frame_arp(1, MAC_BROADCAST, "192.0.2.1", (struct mac){{0}}, "192.0.2.2");
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
	for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
		struct frame frame = frame_arp(1, mac_of("192.0.2.1"), senders[i], (struct mac){{0}}, "192.0.2.2");
		in_frame(&frame);
		assert_dropped(DROP_ARP_SENDER);
	}
}

Test(arp, attack_malformed_packets_of_every_kind_and_length)
{
	static const struct {
		size_t at;
		unsigned value;
	} wrong[] = {{AT_ARP, 6},     {AT_ARP + 2, 0x86dd}, {AT_ARP + 4, 0x0804}, {AT_ARP + 4, 0x0610},
		     {AT_ARP + 4, 0}, {AT_ARP + 6, 0},      {AT_ARP + 6, 3},      {AT_ARP + 6, 0xffff}};
	struct frame good = frame_arp(1, mac_of("192.0.2.1"), "192.0.2.1", (struct mac){{0}}, "192.0.2.2");
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
	check(stack_echo(harness_stack(), ip_of("192.0.99.99"), 1, 1, 0, "x", 1) == 0);
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
	harness_end();
	harness_start_with(&config);
	in_request("192.0.2.1", "192.0.2.2");
	out_arp_reply("192.0.2.1");
	for (unsigned i = 0; i < 1000; i++) {
		char other[16];
		snprintf(other, sizeof other, "192.0.%u.%u", 16 + i / 200, 1 + i % 200);
		pass(MS);
		check(stack_echo(harness_stack(), ip_of(other), 1, 1, 0, "x", 1) == 0);
		out_frame();
		pass(MS);
		uint64_t asked = counted(COUNT_ARP_REQUESTS_OUT);
		in_echo(i);
		out_echo_reply(i);
		check(counted(COUNT_ARP_REQUESTS_OUT) == asked);
	}
}

/* Nor can packets to addresses where nobody is: at most half of the cache waits for answers, each with its bounded queue,
 * and the neighbours that we were busy with last stay known. */
Test(arp, attack_flood_to_silent_addresses_pushes_out_no_neighbour_in_use)
{
	struct stack_config config = harness_config();
	char address[16];
	config.prefix_length = 16;
	harness_end();
	arp_start_with(&config);
	for (unsigned i = 3; i < 203; i++) {
		snprintf(address, sizeof address, "192.0.2.%u", i);
		arp_learn(address);
	}
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 100; i < 200; i++) {
			flow_current()->peer[3] = (uint8_t)i;
			in_echo(i);
			out_echo_reply(i);
		}
		uint64_t asked = counted(COUNT_ARP_REQUESTS_OUT);
		for (unsigned i = 0; round == 0 && i < 1000; i++) {
			snprintf(address, sizeof address, "192.0.%u.%u", 16 + i / 200, 1 + i % 200);
			check(stack_echo(harness_stack(), ip_of(address), 1, 1, 0, "x", 1) == 0);
		}
		check(counted(COUNT_ARP_REQUESTS_OUT) - asked == (round == 0 ? 128 : 0));
		out_rest();
	}
	check(dropped(DROP_ARP_CACHE_FULL) == 1000 - 128);
	harness_deaf(true);
	pass(3 * SECOND);
	harness_deaf(false);
	check(stack_echo(harness_stack(), ip_of("192.0.99.99"), 1, 1, 0, "x", 1) == 0);
	out_arp_request("192.0.99.99");
}

/* RFC 826: a reply is for whoever asked. */
Test(arp, attack_reply_to_another_station_answers_nothing)
{
	in_echo(1);
	out_arp_request("192.0.2.1");
	struct frame frame = frame_arp(2, mac_of("192.0.2.1"), "192.0.2.1", mac_of("192.0.2.2"), "192.0.2.3");
	in_frame(&frame);
	assert_dropped(DROP_ARP_NOT_OURS);
	frame = frame_arp(2, mac_of("192.0.2.1"), "192.0.2.1", MAC_BROADCAST, "192.0.2.1"); /* an announcement */
	in_frame(&frame);
	assert_dropped(DROP_ARP_NOT_OURS);
	in_reply("192.0.2.1");
	out_echo_reply(1);
}

/* Whoever lends a neighbour our own MAC would have us talk to ourselves. */
Test(arp, attack_sender_with_our_own_mac_is_refused)
{
	in_echo(1);
	out_arp_request("192.0.2.1");
	in_request_from(mac_of("192.0.2.2"), "192.0.2.1", "192.0.2.2");
	assert_dropped(DROP_ARP_SENDER);
	in_reply_from(mac_of("192.0.2.2"), "192.0.2.1");
	assert_dropped(DROP_ARP_SENDER);
	in_reply("192.0.2.1");
	out_echo_reply(1);
}

/* RFC 1122 2.3.2.1, the flood that it names: requests for one address, however many packets come for it. */
Test(arp, attack_packets_to_a_dead_neighbour_make_one_request_a_second)
{
	uint64_t before = counted(COUNT_ARP_REQUESTS_OUT), last = 0;
	for (unsigned i = 0, asked = 0; i < 2000; i++) {
		check(stack_echo(harness_stack(), ip_of("192.0.2.77"), 1, 1, 0, "x", 1) == 0);
		pass(10 * MS);
		if (counted(COUNT_ARP_REQUESTS_OUT) > before + asked) {
			struct frame request = out_frame();
			check(asked++ == 0 || request.time - last == SECOND);
			last = request.time;
		}
		quiet();
	}
	check(counted(COUNT_ARP_REQUESTS_OUT) == before + 21); /* at 0, 1, 2 ... 20 s */
}

/* --- Static entries ---------------------------------------------------------------------------------------------- */

static int add_static(const char *address, struct mac mac)
{
	return stack_add_neighbour(harness_stack(), ip_of(address), mac);
}

Test(arp, a_static_entry_is_neither_asked_for_nor_forgotten)
{
	check(add_static("192.0.2.1", mac_of("192.0.2.1")) == 0);
	in_echo(1);
	out_echo_reply(1);
	quiet_for(3600 * SECOND);
	in_echo(2);
	out_echo_reply(2);
	quiet_for(3600 * SECOND);
}

Test(arp, attack_a_static_entry_cannot_be_changed_from_outside)
{
	check(add_static("192.0.2.1", mac_of("192.0.2.1")) == 0);
	in_reply_from(mac_of("192.0.2.66"), "192.0.2.1");
	assert_dropped(DROP_ARP_UNASKED);
	in_request_from(mac_of("192.0.2.66"), "192.0.2.1", "192.0.2.2");
	out_frame();
	in_request("192.0.2.1", "192.0.2.2"); /* nor does a true one make it age */
	out_arp_reply("192.0.2.1");
	quiet_for(3600 * SECOND);
	in_echo(1);
	out_echo_reply(1);
	quiet_for(10 * SECOND);
}

Test(arp, a_static_entry_ends_the_asking_and_may_be_given_anew)
{
	harness_stations_move();
	in_echo(1);
	out_arp_request("192.0.2.1");
	check(add_static("192.0.2.1", mac_of("192.0.2.77")) == 0);
	out_echo_reply_to(mac_of("192.0.2.77"), 1);
	quiet_for(10 * SECOND);
	in_echo(2);
	out_echo_reply_to(mac_of("192.0.2.77"), 2);
	check(add_static("192.0.2.1", mac_of("192.0.2.78")) == 0);
	in_echo(3);
	out_echo_reply_to(mac_of("192.0.2.78"), 3);
}

Test(arp, a_static_entry_must_be_one_station_of_our_network)
{
	check(add_static("198.51.100.1", mac_of("192.0.2.1")) == -EINVAL);
	check(add_static("192.0.2.255", mac_of("192.0.2.1")) == -EINVAL);
	check(add_static("192.0.2.2", mac_of("192.0.2.1")) == -EINVAL);
	check(add_static("192.0.2.1", MAC_BROADCAST) == -EINVAL);
}

/* They leave room for others; a full cache makes room for them; and nothing makes room in their place. */
Test(arp, static_entries_are_bounded_and_stay)
{
	struct stack_config config = harness_config();
	char address[16];
	config.prefix_length = 16;
	harness_end();
	harness_start_with(&config);
	for (unsigned i = 0; i < 256; i++) {
		snprintf(address, sizeof address, "192.0.3.%u", i);
		arp_learn(address);
	}
	for (unsigned i = 1; i <= 64; i++) {
		snprintf(address, sizeof address, "192.0.2.%u", 100 + i);
		check(add_static(address, mac_of(address)) == 0);
	}
	check(add_static("192.0.2.99", mac_of("192.0.2.99")) == -ENOSPC);
	check(add_static("192.0.2.101", mac_of("192.0.2.101")) == 0);
	for (unsigned i = 0; i < 300; i++) {
		snprintf(address, sizeof address, "192.0.%u.%u", 16 + i / 200, 1 + i % 200);
		pass(MS);
		check(stack_echo(harness_stack(), ip_of(address), 1, 1, 0, "x", 1) == 0);
		out_frame();
	}
	uint64_t asked = counted(COUNT_ARP_REQUESTS_OUT);
	for (unsigned i = 1; i <= 64; i++) {
		flow_current()->peer[3] = (uint8_t)(100 + i);
		in_echo(i);
		out_echo_reply(i);
	}
	check(counted(COUNT_ARP_REQUESTS_OUT) == asked);
}

Test(arp, a_static_entry_without_memory_is_refused)
{
	harness_fail_allocation(1, false);
	check(add_static("192.0.2.1", mac_of("192.0.2.1")) == -ENOMEM);
	check(add_static("192.0.2.1", mac_of("192.0.2.1")) == 0);
}

/* --- Memory and device ------------------------------------------------------------------------------------------- */

Test(arp, without_memory_a_packet_is_dropped_by_name)
{
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
