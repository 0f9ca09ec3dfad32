/* SPDX-License-Identifier: MIT
 *
 * Scripts about our own address (RFC 5227): probing, announcing, defending. 192.0.2.66 is the MAC of another that wants it.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/script/arp.h"

#define US    "192.0.2.2"
#define OTHER mac_of("192.0.2.66")

static void start_probing(void)
{
	struct stack_config config = harness_config();
	config.probe = true;
	harness_start_bare_with(&config);
}

TestSuite(arp_announce, .init = harness_start_bare, .fini = harness_end);
TestSuite(arp_probe, .init = start_probing, .fini = harness_end);
TestSuite(arp_defend, .init = arp_begin, .fini = harness_end);

/* Wait in silence for what is due next; how long it took. */
static uint64_t wait_for_next(void)
{
	quiet();
	uint64_t wait = stack_deadline(harness_stack()) - harness_now();
	check_that(wait > 0 && wait < 3600 * SECOND, "nothing is due");
	after(wait);
	return wait;
}

static bool ready(void)
{
	return stack_address_ready(harness_stack());
}

/* Let the probes go out, up to the moment at which the last one leaves. */
static void pass_probes(void)
{
	for (unsigned i = 0; i < 3; i++) {
		wait_for_next();
		out_arp_probe();
	}
}

/* A conflict was told, with who is behind it, once; and we are silent from now on, whatever comes. */
static void assert_lost_to(struct mac other)
{
	assert_dropped(DROP_ARP_CONFLICT);
	check(events_seen(EVENT_ARP_CONFLICT) == 1);
	check(address_equal(event_last(EVENT_ARP_CONFLICT)->remote.address, ip_of(US)));
	check(event_last(EVENT_ARP_CONFLICT)->value == mac_number(other));
	in_request("192.0.2.1", US);
	in_request_from(other, US, US);
	check(events_seen(EVENT_ARP_CONFLICT) == 1);
	quiet_for(3600 * SECOND);
	check(!ready());
}

/* --- Announcing -------------------------------------------------------------------------------------------------- */

/* RFC 5227 2.3: two of them, ANNOUNCE_INTERVAL apart; the address can be used at once. */
Test(arp_announce, the_address_is_announced_twice)
{
	out_arp_announcement();
	check(ready());
	after(2 * SECOND);
	out_arp_announcement();
	quiet_for(3600 * SECOND);
}

Test(arp_announce, the_address_is_in_use_between_the_announcements)
{
	out_arp_announcement();
	in_request("192.0.2.1", US);
	out_arp_reply("192.0.2.1");
	in_request_from(OTHER, US, US);
	out_arp_announcement(); /* in defence; the second is sent all the same */
	after(2 * SECOND);
	out_arp_announcement();
}

/* --- Probing ----------------------------------------------------------------------------------------------------- */

/* RFC 5227 2.1.1, and 1.1 for the constants: PROBE_WAIT, PROBE_MIN to PROBE_MAX, ANNOUNCE_WAIT, ANNOUNCE_INTERVAL. */
Test(arp_probe, three_probes_and_two_announcements_leave_in_time)
{
	for (unsigned i = 0; i < 3; i++) {
		uint64_t wait = wait_for_next();
		check(i == 0 ? wait <= SECOND : wait >= SECOND && wait <= 2 * SECOND);
		out_arp_probe();
		check(!ready());
	}
	quiet_for(2 * SECOND - 1);
	check(!ready());
	pass(1);
	check(ready());
	out_arp_announcement();
	after(2 * SECOND);
	out_arp_announcement();
	quiet_for(3600 * SECOND);
	check(events_seen(EVENT_ARP_CONFLICT) == 0);
}

/* RFC 5227 2.1.1: by chance, uniformly, so that machines switched on together do not ask together. Over 64 seeds each
 * quarter of each range is met. */
Test(arp_probe, the_waits_are_random_over_their_whole_ranges)
{
	struct stack_config config = harness_config();
	unsigned met[3] = {0};
	config.probe = true;
	harness_end();
	for (unsigned seed = 0; seed < 64; seed++) {
		config.seed[0] = (uint8_t)seed;
		harness_start_bare_with(&config);
		for (unsigned i = 0; i < 3; i++) {
			uint64_t wait = wait_for_next() - (i == 0 ? 0 : SECOND);
			met[i] |= 1u << wait * 4 / (SECOND + 1);
			out_arp_probe();
		}
		harness_end();
	}
	check(met[0] == 15 && met[1] == 15 && met[2] == 15);
	harness_start_bare_with(&config);
}

/* RFC 5227 2.1.1: an address that is being probed is nobody's yet. */
Test(arp_probe, nothing_else_is_said_or_heard_while_the_address_is_tentative)
{
	for (unsigned i = 0; i < 3; i++) {
		in_request("192.0.2.1", US);
		assert_dropped(DROP_ARP_NOT_OURS);
		in_reply("192.0.2.1");
		assert_dropped(DROP_ARP_NOT_OURS);
		in_echo(i);
		assert_dropped(DROP_IP_NO_ADDRESS);
		check(stack_echo(harness_stack(), ip_of("192.0.2.1"), 1, 1, 0, "x", 1) == -ENETDOWN);
		wait_for_next();
		out_arp_probe();
	}
	check(counted(COUNT_ARP_REPLIES_OUT) == 0 && events_seen(EVENT_ARP_LEARNED) == 0);
	after(2 * SECOND);
	out_arp_announcement();
	in_echo(9);
	out_arp_request("192.0.2.1"); /* nothing was learnt before */
	in_reply("192.0.2.1");
	out_echo_reply(9);
}

Test(arp_probe, a_request_that_claims_the_address_is_a_conflict)
{
	in_request_from(OTHER, US, "192.0.2.1"); /* in PROBE_WAIT already */
	assert_lost_to(OTHER);
}

Test(arp_probe, the_answer_of_its_owner_is_a_conflict)
{
	wait_for_next();
	out_arp_probe();
	struct frame reply = frame_arp(2, OTHER, US, mac_of(US), "0.0.0.0");
	in_frame(&reply);
	assert_lost_to(OTHER);
}

Test(arp_probe, an_announcement_by_another_is_a_conflict)
{
	pass_probes();
	in_request_from(OTHER, US, US);
	assert_lost_to(OTHER);
}

/* RFC 5227 2.1.1: up to ANNOUNCE_WAIT after the last probe. */
Test(arp_probe, the_last_moment_for_a_conflict)
{
	pass_probes();
	quiet_for(2 * SECOND - 1);
	in_request_from(OTHER, US, US);
	assert_lost_to(OTHER);
}

/* RFC 5227 2.1.1: two that want the same address at the same time both let go of it. */
Test(arp_probe, a_probe_by_another_is_a_conflict)
{
	wait_for_next();
	out_arp_probe();
	in_request_from(OTHER, "0.0.0.0", US);
	assert_lost_to(OTHER);
}

/* RFC 5227 2.1.1: a switch may send our own probe back to us. */
Test(arp_probe, our_own_probe_come_back_is_no_conflict)
{
	for (unsigned i = 0; i < 3; i++) {
		wait_for_next();
		out_arp_probe();
		in_request_from(mac_of(US), "0.0.0.0", US);
		assert_dropped(DROP_ARP_SENDER);
	}
	after(2 * SECOND);
	out_arp_announcement();
	check(ready() && events_seen(EVENT_ARP_CONFLICT) == 0);
}

/* RFC 5227 2.1.1: any packet with this sender, whatever its MAC; for all that we have said so far had sender 0.0.0.0. A
 * MAC that is made from the address is the same on both machines. */
Test(arp_probe, a_twin_with_our_mac_is_a_conflict)
{
	wait_for_next();
	out_arp_probe();
	in_request_from(mac_of(US), US, US);
	assert_lost_to(mac_of(US));
}

Test(arp_probe, attack_claim_by_a_group_is_no_conflict)
{
	struct frame frame = frame_arp(1, MAC_BROADCAST, US, (struct mac){{0}}, US);
	memcpy(frame.bytes + AT_ETHER_FROM, OTHER.bytes, 6);
	in_frame(&frame);
	assert_dropped(DROP_ARP_SENDER);
	pass_probes();
	after(2 * SECOND);
	out_arp_announcement();
}

Test(arp_probe, what_is_about_other_addresses_is_no_conflict)
{
	in_request_from(OTHER, "0.0.0.0", "192.0.2.3");
	assert_dropped(DROP_ARP_NOT_OURS);
	in_request_from(OTHER, "192.0.2.3", "192.0.2.3");
	assert_dropped(DROP_ARP_NOT_OURS);
	struct frame reply = frame_arp(2, OTHER, "0.0.0.0", mac_of(US), US); /* a reply is no probe */
	in_frame(&reply);
	assert_dropped(DROP_ARP_NOT_OURS);
	pass_probes();
	after(2 * SECOND);
	out_arp_announcement();
}

/* A conflict is news once; the conversation of the two that fight over the address is not. */
Test(arp_probe, attack_claims_after_the_loss_are_dropped_in_silence)
{
	in_request_from(OTHER, US, US);
	for (unsigned i = 0; i < 1000; i++) {
		in_request_from(mac_of("192.0.2.67"), US, US);
		assert_dropped(DROP_ARP_CONFLICT);
	}
	assert_lost_to(OTHER);
}

/* --- Defending --------------------------------------------------------------------------------------------------- */

/* RFC 5227 2.4 (c): told, answered with one announcement, and the address is kept. */
Test(arp_defend, attack_claim_of_our_address_is_told_and_answered)
{
	in_request_from(OTHER, US, "192.0.2.1");
	assert_dropped(DROP_ARP_CONFLICT);
	out_arp_announcement();
	check(events_seen(EVENT_ARP_CONFLICT) == 1);
	check(address_equal(event_last(EVENT_ARP_CONFLICT)->remote.address, ip_of(US)));
	check(event_last(EVENT_ARP_CONFLICT)->value == 0x0200c0000242);
	check(ready());
	in_request("192.0.2.1", US);
	out_arp_reply("192.0.2.1");
}

/* RFC 5227 2.4 (c): not twice within DEFEND_INTERVAL, nor told more often. */
Test(arp_defend, attack_claims_are_answered_once_in_ten_seconds)
{
	for (unsigned i = 0; i < 3; i++) {
		in_request_from(OTHER, US, US);
		out_arp_announcement();
		for (unsigned j = 0; j < 99; j++) {
			quiet_for(100 * MS);
			in_request_from(OTHER, US, US);
			assert_dropped(DROP_ARP_CONFLICT);
		}
		quiet_for(100 * MS - 1);
		in_request_from(OTHER, US, US);
		quiet_for(1);
	}
	check(events_seen(EVENT_ARP_CONFLICT) == 3);
	check(dropped(DROP_ARP_CONFLICT) == 3 * 101);
}

/* Both forms, in a reply as in a request; and neither teaches us anything. */
Test(arp_defend, attack_reply_that_claims_our_address_is_a_conflict)
{
	struct frame frame = frame_arp(2, OTHER, US, MAC_BROADCAST, US);
	in_frame(&frame);
	assert_dropped(DROP_ARP_CONFLICT);
	out_arp_announcement();
	check(events_seen(EVENT_ARP_LEARNED) == 0);
}

/* RFC 5227 2.4: once the address is ours, a probe for it is answered, which tells the prober; it is no conflict. */
Test(arp_defend, a_probe_for_our_address_is_answered)
{
	in_request_from(OTHER, "0.0.0.0", US);
	assert_not_dropped();
	struct frame reply = out_frame();
	check(peek16(&reply, AT_ARP + 6) == 2 && memcmp(reply.bytes, OTHER.bytes, 6) == 0);
	check(events_seen(EVENT_ARP_CONFLICT) == 0);
}

Test(arp_defend, our_own_announcement_come_back_is_no_conflict)
{
	in_request_from(mac_of(US), US, US);
	assert_dropped(DROP_ARP_SENDER);
	check(events_seen(EVENT_ARP_CONFLICT) == 0);
}

/* We do not probe any more, so it is a twin's. A reply would go to its own MAC, ours; the announcement reaches it. */
Test(arp_defend, a_probe_of_a_twin_with_our_mac_is_answered_by_an_announcement)
{
	in_request_from(mac_of(US), "0.0.0.0", US);
	assert_dropped(DROP_ARP_CONFLICT);
	out_arp_announcement();
	check(events_seen(EVENT_ARP_CONFLICT) == 1);
	in_request_from(mac_of(US), "0.0.0.0", "192.0.2.3");
	assert_dropped(DROP_ARP_SENDER);
}

/* What is sent on for others needs an address of ours to be sent from, too. */
Test(arp_probe, nothing_is_forwarded_while_probing)
{
	struct frame frame = frame_udp(1000, 2000, 8);
	memcpy(frame.bytes + AT_IP_FROM, ip_of("198.51.100.7").bytes, 4);
	memcpy(frame.bytes + AT_IP_TO, ip_of("192.0.2.9").bytes, 4);
	frame_fix(&frame);
	check(stack_forward(harness_stack(), frame.bytes + AT_IP, frame.length - AT_IP, harness_now()) == -ENETDOWN);
}
