/* SPDX-License-Identifier: MIT
 *
 * Scripts about the age of what ARP knows: REACHABLE, STALE, PROBE, and what may change an entry (RFC 1122 2.3.2.1, the
 * states of RFC 4861 7.3.2). The neighbour is 192.0.2.1; 192.0.2.66 is the MAC of a forger, or of its new network card.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/script/arp.h"

#define NEIGHBOUR   "192.0.2.1"
#define US          "192.0.2.2"
#define MINUTE      (60 * SECOND)
#define STALE_FOR   (300 * SECOND)
#define ANOTHER_MAC mac_of("192.0.2.66")

TestSuite(arp_states, .init = arp_begin, .fini = harness_end);

/* An entry that was confirmed just now. */
static void reachable(void)
{
	in_echo(1000);
	out_arp_request(NEIGHBOUR);
	in_reply(NEIGHBOUR);
	out_echo_reply(1000);
}

/* The same, not confirmed for a minute. */
static void stale(void)
{
	reachable();
	quiet_for(MINUTE);
}

/* The same, used again: the neighbour is asked whether it is still there. */
static void probing(void)
{
	stale();
	in_echo(1001);
	out_arp_request_to(NEIGHBOUR);
	out_echo_reply(1001);
}

/* The neighbour is believed for exactly the rest of a minute. */
static void assert_reachable_for(uint64_t us)
{
	quiet_for(us - 1);
	in_echo(1002);
	out_echo_reply(1002);
	quiet_for(1);
	in_echo(1003);
	out_arp_request_to(NEIGHBOUR);
	out_echo_reply(1003);
}

/* --- Ageing ------------------------------------------------------------------------------------------------------ */

/* RFC 1122 2.3.2.1 (1) and (2): a time-out, then a unicast poll. */
Test(arp_states, an_entry_is_believed_for_a_minute_and_then_validated_when_used)
{
	reachable();
	assert_reachable_for(MINUTE);
}

Test(arp_states, a_stale_entry_serves_while_it_is_validated)
{
	probing();
	in_echo(1);
	out_echo_reply(1);
	quiet_for(SECOND - 1);
	in_echo(2);
	out_echo_reply(2);
}

Test(arp_states, an_answer_makes_the_entry_reachable_again)
{
	probing();
	quiet_for(SECOND / 2);
	in_reply(NEIGHBOUR);
	assert_not_dropped();
	check_that(events_seen(EVENT_ARP_LEARNED) == 1, "it was known all the time");
	assert_reachable_for(MINUTE);
}

Test(arp_states, the_second_and_third_request_can_be_answered_too)
{
	probing();
	after(SECOND);
	out_arp_request_to(NEIGHBOUR);
	after(SECOND);
	out_arp_request_to(NEIGHBOUR);
	quiet_for(SECOND - 1);
	in_reply(NEIGHBOUR);
	assert_reachable_for(MINUTE);
	in_reply(NEIGHBOUR);
	assert_reachable_for(MINUTE); /* and all three are to be had again */
	after(SECOND);
	out_arp_request_to(NEIGHBOUR);
	after(SECOND);
	out_arp_request_to(NEIGHBOUR);
}

/* Three requests in all, a second apart; a second later the entry is given up, and the next packet asks everybody. */
Test(arp_states, a_silent_neighbour_is_given_up_and_asked_for_by_broadcast)
{
	probing();
	after(SECOND);
	out_arp_request_to(NEIGHBOUR);
	after(SECOND);
	out_arp_request_to(NEIGHBOUR);
	quiet_for(SECOND - 1);
	in_echo(1);
	out_echo_reply(1); /* to the old MAC: it is the best that we have */
	check(events_seen(EVENT_ARP_GAVE_UP) == 0);
	quiet_for(1);
	check(events_seen(EVENT_ARP_GAVE_UP) == 1);
	in_echo(2);
	out_arp_request(NEIGHBOUR);
	in_reply(NEIGHBOUR);
	out_echo_reply(2);
}

/* What nobody uses is not asked about, and forgotten in the end. */
Test(arp_states, an_unused_entry_goes_in_silence)
{
	stale();
	quiet_for(STALE_FOR);
	in_echo(1);
	out_arp_request(NEIGHBOUR);
}

Test(arp_states, an_entry_is_kept_up_to_its_last_moment)
{
	stale();
	quiet_for(STALE_FOR - 1);
	in_echo(1);
	out_arp_request_to(NEIGHBOUR);
	out_echo_reply(1);
	check(events_seen(EVENT_ARP_GAVE_UP) == 0);
}

/* A conversation costs one request a minute. */
Test(arp_states, steady_traffic_asks_once_a_minute)
{
	reachable();
	for (unsigned i = 0; i < 600; i++) {
		pass(SECOND);
		in_echo(i);
		if (i % 60 == 59) {
			out_arp_request_to(NEIGHBOUR);
			out_echo_reply(i);
			in_reply(NEIGHBOUR);
		} else {
			out_echo_reply(i);
		}
	}
}

/* --- What confirms ----------------------------------------------------------------------------------------------- */

/* A neighbour that asks for us from where we know it is there. */
Test(arp_states, a_request_from_the_same_mac_confirms_in_every_state)
{
	reachable();
	quiet_for(MINUTE / 2);
	arp_learn(NEIGHBOUR);
	quiet_for(MINUTE); /* now stale */
	arp_learn(NEIGHBOUR);
	assert_reachable_for(MINUTE);
	arp_learn(NEIGHBOUR); /* it was in PROBE */
	assert_reachable_for(MINUTE);
}

Test(arp_states, attack_reply_that_nobody_asked_for_confirms_nothing)
{
	reachable();
	quiet_for(MINUTE / 2);
	in_reply(NEIGHBOUR);
	assert_dropped(DROP_ARP_UNASKED);
	quiet_for(MINUTE / 2);
	in_reply(NEIGHBOUR);
	assert_dropped(DROP_ARP_UNASKED);
	in_echo(1);
	out_arp_request_to(NEIGHBOUR);
	out_echo_reply(1);
}

/* One MAC was asked, by unicast; another cannot answer for it. */
Test(arp_states, attack_reply_from_another_mac_while_validating_changes_nothing)
{
	probing();
	in_reply_from(ANOTHER_MAC, NEIGHBOUR);
	assert_dropped(DROP_ARP_UNASKED);
	in_echo(1);
	out_echo_reply(1);
	in_reply(NEIGHBOUR);
	assert_reachable_for(MINUTE);
}

/* --- Another MAC ------------------------------------------------------------------------------------------------- */

/* A forger asks for us in the neighbour's name. It gets the answer that anybody gets, and no packet of the neighbour's. */
Test(arp_states, attack_request_from_another_mac_is_checked_with_the_old_one)
{
	reachable();
	quiet_for(10 * SECOND);
	in_request_from(ANOTHER_MAC, NEIGHBOUR, US);
	out_arp_request_to(NEIGHBOUR);
	struct frame reply = out_frame();
	check(peek16(&reply, AT_ARP + 6) == 2 && memcmp(reply.bytes, ANOTHER_MAC.bytes, 6) == 0);
	in_echo(1);
	out_echo_reply(1);
	in_reply(NEIGHBOUR);
	assert_not_dropped();
	assert_reachable_for(MINUTE);
}

Test(arp_states, attack_requests_from_another_mac_make_one_check_a_second)
{
	reachable();
	uint64_t asked = counted(COUNT_ARP_REQUESTS_OUT);
	for (unsigned i = 0; i < 1000; i++) {
		pass(10 * MS);
		in_request_from(ANOTHER_MAC, NEIGHBOUR, US);
		out_rest();
		in_reply(NEIGHBOUR);
	}
	check(counted(COUNT_ARP_REQUESTS_OUT) - asked == 10);
	in_echo(1);
	out_echo_reply(1);
}

/* While it is checked already, and when it is stale and nobody has needed it. */
Test(arp_states, attack_request_from_another_mac_replaces_no_stale_entry)
{
	stale();
	in_request_from(ANOTHER_MAC, NEIGHBOUR, US);
	out_arp_request_to(NEIGHBOUR);
	out_frame();
	in_request_from(ANOTHER_MAC, NEIGHBOUR, US);
	out_frame();
	in_echo(1);
	out_echo_reply(1);
	after(SECOND);
	out_arp_request_to(NEIGHBOUR);
}

/* The neighbour has a new network card: within three seconds of its first request the old one has been given up. */
Test(arp_states, a_replaced_card_is_found_by_its_request)
{
	harness_stations_move();
	reachable();
	quiet_for(10 * SECOND);
	in_request_from(ANOTHER_MAC, NEIGHBOUR, US);
	out_arp_request_to(NEIGHBOUR);
	out_frame();
	after(SECOND);
	out_arp_request_to(NEIGHBOUR);
	after(SECOND);
	out_arp_request_to(NEIGHBOUR);
	quiet_for(SECOND);
	in_echo(1);
	out_arp_request(NEIGHBOUR);
	in_reply_from(ANOTHER_MAC, NEIGHBOUR);
	out_echo_reply_to(ANOTHER_MAC, 1);
}

/* RFC 5227 2.3: an announcement is there to tell of this. It is taken as a hint as well. */
Test(arp_states, a_replaced_card_is_found_by_its_announcement)
{
	reachable();
	quiet_for(10 * SECOND);
	in_request_from(ANOTHER_MAC, NEIGHBOUR, NEIGHBOUR);
	assert_dropped(DROP_ARP_NOT_OURS);
	out_arp_request_to(NEIGHBOUR);
}

Test(arp_states, an_announcement_from_the_same_mac_is_nothing_new)
{
	reachable();
	quiet_for(MINUTE / 2);
	in_request(NEIGHBOUR, NEIGHBOUR);
	assert_dropped(DROP_ARP_NOT_OURS);
	assert_reachable_for(MINUTE / 2);
}

/* It is asked for by everybody's ear, so whoever answers first is believed: there is nothing better to go by. */
Test(arp_states, the_answer_to_a_broadcast_decides)
{
	harness_stations_move();
	in_echo(1);
	out_arp_request(NEIGHBOUR);
	in_reply_from(ANOTHER_MAC, NEIGHBOUR);
	out_echo_reply_to(ANOTHER_MAC, 1);
	in_reply(NEIGHBOUR);
	assert_dropped(DROP_ARP_UNASKED);
}

/* --- A full cache ------------------------------------------------------------------------------------------------ */

/* A stale entry makes room like any other that was used longest ago; one that is being asked about does not. */
Test(arp_states, a_stale_entry_makes_room_and_one_in_probe_does_not)
{
	struct stack_config config = harness_config();
	char address[16];
	config.prefix_length = 16;
	harness_end();
	arp_start_with(&config);
	for (unsigned i = 0; i < 256; i++) {
		snprintf(address, sizeof address, "192.0.3.%u", i);
		arp_learn(address);
	}
	quiet_for(MINUTE);
	for (unsigned i = 1; i < 256; i++) { /* all but 192.0.3.0 */
		snprintf(address, sizeof address, "192.0.3.%u", i);
		check(stack_echo(harness_stack(), ip_of(address), 1, 1, 0, "x", 1) == 0);
	}
	out_rest();
	check(stack_echo(harness_stack(), ip_of("192.0.4.1"), 1, 1, 0, "x", 1) == 0);
	out_arp_request("192.0.4.1");
	check(stack_echo(harness_stack(), ip_of("192.0.4.2"), 1, 1, 0, "x", 1) == 0);
	check(dropped(DROP_ARP_CACHE_FULL) == 1);
}
