/* SPDX-License-Identifier: MIT
 *
 * Scripts about time and loss (RFC 8985): what has been late for too long is lost, and a probe finds what nothing came after. Segments
 * have 1000 bytes and are numbered from 1; the first window is ten, the round trip 100 ms, the reordering window a quarter of that.
 */
#include <criterion/criterion.h>

#include "tests/script/flight.h"

TestSuite(tcp_rack, .init = harness_start, .fini = harness_end);

/* --- RACK -------------------------------------------------------------------------------------------------------- */

/* 6.2: a quarter of the round trip after the one that was sent later came, and not before. Two do not suffice for more haste. */
Test(tcp_rack, a_hole_is_lost_after_the_reordering_window)
{
	in_flight(3);
	has(0, 2, 2);
	has(0, 2, 3);
	after(25 * MS);
	sends(1, 1);
	quiet();
	check(counted(COUNT_TCP_RETRANSMITS) == 1 && counted(COUNT_TCP_LOSS_PROBES) == 0);
	all_acked(3);
}

/* What comes within the window was late, and nothing was lost: nothing goes again, and cwnd stays. */
Test(tcp_rack, reordering_within_the_window_retransmits_nothing)
{
	struct socket *s = in_flight(5);
	has(0, 2, 3);
	quiet_for(24 * MS);
	in(". 1:1(0) ack 3001");
	has(3, 5, 5);
	quiet_for(20 * MS);
	in(". 1:1(0) ack 5001");
	app_write(s, 20000);
	sends(6, 15);
	check(counted(COUNT_TCP_RETRANSMITS) == 0 && counted(COUNT_TCP_FAST_RETRANSMITS) == 0);
	out_rest();
}

/* 6.2, step 4: three that came later show a loss at once, until something was seen to come late: then they wait as well. */
Test(tcp_rack, once_something_was_reordered_three_do_not_suffice)
{
	struct socket *s = in_flight(2);
	has(0, 2, 2);
	in(". 1:1(0) ack 2001"); /* 1 came after 2 */
	app_write(s, 5000);
	sends(3, 7);
	pass(100 * MS);
	has(2, 4, 7);
	after(25 * MS);
	sends(3, 3);
	all_acked(7);
}

/* Blocks of one ACK come in any order (RFC 2018 4): that is no reordering, and three suffice still. */
Test(tcp_rack, the_order_of_blocks_is_no_reordering)
{
	in_flight(8);
	in(". 1:1(0) ack 1 <nop,nop,sack 3001:4001 1001:2001>");
	quiet();
	in(". 1:1(0) ack 1 <nop,nop,sack 4001:5001 3001:4001 1001:2001>");
	sends(1, 1);
	out_rest();
}

/* Nor is it any when a hole is filled by what was sent again. */
Test(tcp_rack, a_retransmission_is_no_reordering)
{
	struct socket *s = in_flight(10);
	has(0, 2, 10);
	sends(1, 1);
	pass(100 * MS);
	in(". 1:1(0) ack 10001"); /* cwnd 5 */
	app_write(s, 5000);
	sends(11, 15);
	pass(100 * MS);
	has(10, 12, 14);
	sends(11, 11);
	quiet();
}

/* 6.2, step 4: a D-SACK says that the window was too small, and makes it larger by a quarter; once a round trip. */
Test(tcp_rack, a_dsack_widens_the_window)
{
	struct socket *s = in_flight(2);
	has(0, 2, 2);
	after(25 * MS);
	sends(1, 1);
	in(". 1:1(0) ack 2001");
	app_write(s, 3000);
	sends(3, 4);                                   /* cwnd is 2 now */
	in(". 1:1(0) ack 2001 <nop,nop,sack 1:1001>"); /* 1 came twice */
	in(". 1:1(0) ack 2001 <nop,nop,sack 1:1001>");
	pass(100 * MS);
	in(". 1:1(0) ack 2001 <nop,nop,sack 3001:4001>");
	sends(5, 5);
	after(50 * MS);
	sends(3, 3);
	quiet();
	out_rest();
}

/* Though the flight never ends in between: a quarter for each of two round trips. */
Test(tcp_rack, dsacks_of_two_round_trips)
{
	struct socket *s = in_flight(4);
	app_write(s, 2000);
	sends(5, 6);
	in(". 1:1(0) ack 4001 <nop,nop,sack 1:1001>"); /* of the round trip that ends with 6 */
	app_write(s, 4000);
	sends(7, 10);
	pass(100 * MS);
	in(". 1:1(0) ack 5001 <nop,nop,sack 1:1001>");
	in(". 1:1(0) ack 6001 <nop,nop,sack 1:1001>");
	has(6, 8, 8);
	after(75 * MS);
	sends(7, 7);
	all_acked(10);
}

/* RFC 2883 4: what came twice beyond a hole is told before the block that it lies in. */
Test(tcp_rack, a_dsack_within_the_second_block)
{
	in_flight(3);
	in(". 1:1(0) ack 1 <nop,nop,sack 1001:1501 1001:2001>");
	after(50 * MS);
	sends(1, 1);
	all_acked(3);
}

/* 6.2, step 4: after 16 recoveries without another D-SACK the window is small again. */
Test(tcp_rack, a_widened_window_is_forgotten)
{
	struct socket *s = in_flight(2);
	in(". 1:1(0) ack 1 <nop,nop,sack 1001:1501 1001:2001>");
	for (unsigned n = 1; n <= 16; n++) {
		after(50 * MS);
		sends(2 * n - 1, 2 * n - 1);
		in(". 1:1(0) ack %u", 1 + 2000 * n);
		app_write(s, 2000);
		sends(2 * n + 1, 2 * n + 2);
		pass(100 * MS);
		has(2 * n, 2 * n + 2, 2 * n + 2);
	}
	after(25 * MS);
	sends(33, 33);
	all_acked(34);
}

/* A retransmission is a segment like others: when one that was sent after it comes, and it does not, it is lost. No time-out. */
Test(tcp_rack, a_lost_retransmission_is_found)
{
	struct socket *s = open_with_sack();
	app_write(s, 100000);
	sends(1, 10);
	pass(100 * MS);
	has(0, 2, 4);
	sends(1, 1);
	quiet();
	pass(10 * MS);
	has(0, 2, 9);
	sends(11, 13); /* 10 ms after it */
	has(0, 2, 10); /* this was sent before it, and tells nothing about it */
	sends(14, 14);
	quiet_for(100 * MS);
	has(0, 2, 11);
	sends(1, 1);
	check(counted(COUNT_TCP_TIMEOUTS) == 0);
	out_rest();
}

/* 6.2, step 2: an answer that came too soon for the retransmission is to what went before it, and says nothing about the time since. */
Test(tcp_rack, an_answer_to_the_first_transmission)
{
	in_flight(4);
	has(0, 2, 2);
	after(25 * MS);
	sends(1, 1); /* 1 was only late */
	pass(10 * MS);
	in(". 1:1(0) ack 2001"); /* 3 and 4 were sent before the retransmission, but not before what has come */
	quiet_for(20 * MS);
	in(". 1:1(0) ack 4001");
	check(counted(COUNT_TCP_RETRANSMITS) == 1);
	quiet_for(1000 * SECOND);
}

/* The same where it did not come too soon: its timestamp tells. */
Test(tcp_rack, an_answer_to_the_first_transmission_by_its_timestamp)
{
	app_listen();
	in("S 0:0(0) <mss 1012,sackOK,TS val 1 ecr 0>");
	out("S. 0:0(0) ack 1");
	pass(100 * MS);
	in(". 1:1(0) ack 1 <nop,nop,TS val 2 ecr last>");
	app_write(app_accept(), 4000);
	sends(1, 4);
	uint32_t first = flow_current()->ts_val;
	pass(100 * MS);
	in(". 1:1(0) ack 1 <nop,nop,TS val 3 ecr %u,nop,nop,sack 1001:2001>", first);
	after(25 * MS);
	sends(1, 1);
	pass(110 * MS);
	in(". 1:1(0) ack 2001 <nop,nop,TS val 4 ecr %u>", first);
	quiet_for(10 * MS); /* 3 and 4 went before the retransmission, but that has not come */
	in(". 1:1(0) ack 4001 <nop,nop,TS val 5 ecr %u>", first);
	check(counted(COUNT_TCP_RETRANSMITS) == 1);
}

/* --- TLP --------------------------------------------------------------------------------------------------------- */

/* 7.2: two round trips after the last ACK the last segment goes again; its block shows what is missing. */
Test(tcp_rack, a_probe_finds_a_lost_tail)
{
	in_flight(6);
	in(". 1:1(0) ack 3001");
	after(200 * MS);
	sends(6, 6);
	quiet();
	check(counted(COUNT_TCP_LOSS_PROBES) == 1);
	pass(100 * MS);
	has(3, 6, 6);
	sends(4, 4); /* both are lost; ssthresh is 2, and the window follows what arrives */
	sends(5, 5);
	quiet();
	check(counted(COUNT_TCP_TIMEOUTS) == 0);
	all_acked(6);
}

/* 7.3: where there is new text, the probe is new text, though cwnd has no room for it. */
Test(tcp_rack, a_probe_of_new_text_when_all_is_lost)
{
	struct socket *s = open_with_sack();
	app_write(s, 100000);
	sends(1, 10);
	after(200 * MS);
	sends(11, 11);
	quiet();
	pass(100 * MS);
	has(0, 11, 11); /* all ten are lost: RFC 6937 lets two go, for one that came */
	sends(1, 2);
	quiet();
	check(counted(COUNT_TCP_TIMEOUTS) == 0 && counted(COUNT_TCP_FAST_RETRANSMITS) == 1);
}

/* 7.3: but not beyond the peer's window. */
Test(tcp_rack, a_probe_keeps_to_the_window)
{
	app_listen();
	in("S 0:0(0) win 3000 <mss 1000,sackOK>");
	out("S. 0:0(0) ack 1");
	pass(100 * MS);
	in(". 1:1(0) ack 1 win 3000");
	app_write(app_accept(), 5000);
	sends(1, 3);
	after(200 * MS);
	sends(3, 3);
	quiet();
}

/* 7.2: the ACK of a single segment may be delayed, so the probe would come after the time-out: it comes in its place, and the
 * time-out (100 + 4 * 50 ms) begins anew. */
Test(tcp_rack, a_probe_of_a_single_segment)
{
	struct socket *s = open_with_sack();
	app_write(s, 1000);
	sends(1, 1);
	after(300 * MS - 1);
	sends(1, 1);
	check(counted(COUNT_TCP_LOSS_PROBES) == 1 && counted(COUNT_TCP_TIMEOUTS) == 0);
	after(300 * MS);
	sends(1, 1);
	check(counted(COUNT_TCP_LOSS_PROBES) == 1 && counted(COUNT_TCP_TIMEOUTS) == 1);
	after(600 * MS);
	sends(1, 1);
	all_acked(1);
}

/* However short the round trip, a peer has a millisecond to answer. */
Test(tcp_rack, a_probe_has_patience)
{
	struct socket *s = passive_open_with("mss 1000,sackOK", 65535, 65535);
	app_write(s, 3000);
	sends(1, 3);
	after(MS);
	sends(3, 3);
	/* one is under way: the time-out is next, with its floor of 20 ms, which doubles */
	after(20 * MS);
	sends(1, 1);
	after(40 * MS);
	sends(1, 1);
	check(counted(COUNT_TCP_LOSS_PROBES) == 1 && counted(COUNT_TCP_TIMEOUTS) == 2);
	in(". 1:1(0) ack 1001"); /* it gets on: not doubled any more */
	sends(2, 3);
	after(20 * MS);
	sends(2, 2);
	all_acked(3);
}

/* Of a segment of which a part is acknowledged the probe repeats the rest. That is no small segment in flight, and holds no
 * other one back (RFC 9293 3.7.4). */
Test(tcp_rack, a_probe_of_a_part)
{
	struct socket *s = in_flight(1);
	in(". 1:1(0) ack 501");
	pass(400 * MS);
	out("P. 501:1001(500) ack 1");
	check(counted(COUNT_TCP_LOSS_PROBES) == 1);
	app_write(s, 10);
	out("P. 1001:1011(10) ack 1");
	in(". 1:1(0) ack 1011");
	quiet_for(1000 * SECOND);
}

/* But one of new text is, where there is no more than that. */
Test(tcp_rack, a_small_probe)
{
	struct socket *s = open_with_sack();
	app_write(s, 10500);
	sends(1, 10);
	after(200 * MS);
	out("P. 10001:10501(500) ack 1");
	app_write(s, 10);
	in(". 1:1(0) ack 10001");
	quiet();
	in(". 1:1(0) ack 10501");
	out("P. 10501:10511(10) ack 1");
	in(". 1:1(0) ack 10511");
	quiet_for(1000 * SECOND);
}

/* 7.3: no second probe before a round trip was measured since the first. */
Test(tcp_rack, no_probe_without_a_measured_round_trip)
{
	struct socket *s = in_flight(3);
	in(". 1:1(0) ack 1001");
	after(200 * MS);
	sends(3, 3);
	in(". 1:1(0) ack 3001"); /* of what was sent twice */
	in(". 1:1(0) ack 3001 <nop,nop,sack 2001:3001>");
	app_write(s, 3000);
	sends(4, 6);
	pass(250 * MS);
	sends(4, 4); /* the time-out */
	check(counted(COUNT_TCP_LOSS_PROBES) == 1 && counted(COUNT_TCP_TIMEOUTS) == 1);
}

/* What cwnd is, seen in what leaves of much to send. */
static void window_is(struct socket *s, unsigned acked, unsigned segments)
{
	app_write(s, 30000);
	sends(acked + 1, acked + segments);
	quiet();
}

/* 7.4: the probe's segment came twice, so nothing was lost but ACKs, and cwnd stays. */
Test(tcp_rack, a_probe_that_came_twice_costs_nothing)
{
	struct socket *s = in_flight(3);
	in(". 1:1(0) ack 1001");
	after(200 * MS);
	sends(3, 3);
	in(". 1:1(0) ack 3001 <nop,nop,sack 2001:3001>");
	window_is(s, 3, 10);
	in(". 1:1(0) ack 4001");
	sends(14, 15);
}

/* 7.4: it came once, and so repaired a loss: when more is acknowledged, cwnd is halved. */
Test(tcp_rack, a_probe_that_repaired_a_loss_halves_the_window)
{
	struct socket *s = in_flight(3);
	in(". 1:1(0) ack 1001");
	after(200 * MS);
	sends(3, 3);
	in(". 1:1(0) ack 3001");
	window_is(s, 3, 10);
	in(". 1:1(0) ack 8001"); /* which has opened cwnd to 15: 7, and five are in flight */
	sends(14, 15);
	quiet();
	in(". 1:1(0) ack 9001");
	sends(16, 16);
	quiet();
}

/* 7.4: a duplicate without any block is what a peer without D-SACK says of a segment that came twice. */
Test(tcp_rack, a_duplicate_says_that_the_probe_came_twice)
{
	struct socket *s = in_flight(3);
	in(". 1:1(0) ack 1001");
	after(200 * MS);
	sends(3, 3);
	in(". 1:1(0) ack 3001");
	in(". 1:1(0) ack 3001");
	window_is(s, 3, 10);
	in(". 1:1(0) ack 4001");
	sends(14, 15);
}

/* --- A full table ------------------------------------------------------------------------------------------------ */

/* What cannot be recorded is not sent, whatever cwnd allows: 8192 segments, here of 64 bytes. The probe repeats the last one, and the
 * next ACK lets as many go as it takes out. */
Test(tcp_rack, no_more_in_flight_than_can_be_recorded)
{
	const unsigned most = 8192 * 64;
	struct socket_tcp_info info;
	struct socket *s = open_with_round_trip("mss 64,sackOK,nop,wscale 7", 100 * MS);
	unsigned acked = 1;
	harness_deaf(true);
	for (unsigned window = 640; window <= 2 * most; window *= 2) { /* slow start */
		app_write(s, window);
		quiet();
		check(socket_tcp_info(s, &info) == 0 && info.cwnd == window);
		check(info.in_flight == (window < most ? window : most));
		if (window > most)
			break;
		acked += window;
		pass(100 * MS);
		in(". 1:1(0) ack %u", acked);
	}
	harness_deaf(false);
	check(info.cwnd > most && info.unsent > 0);
	after(200 * MS);
	out(". %u:%u(64) ack 1", acked + most - 64, acked + most);
	check(counted(COUNT_TCP_LOSS_PROBES) == 1);
	in(". 1:1(0) ack %u", acked + 64);
	out(". %u:%u(64) ack 1", acked + most, acked + most + 64);
	quiet();
}

/* --- What an ACK must not do ------------------------------------------------------------------------------------- */

/* Nothing of it is text in flight that came: reversed, empty, acknowledged long ago, beyond what was sent, all at once. */
Test(tcp_rack, attack_blocks_of_what_was_not_sent)
{
	in_flight(5);
	const char *blocks[] = {"3001:2001", "2001:2001", "5001:6001", "4001:5002", "-5000:3001", "1001:2147480000"};
	for (unsigned i = 0; i < sizeof blocks / sizeof *blocks; i++) {
		in(". 1:1(0) ack 1 <nop,nop,sack %s %s %s %s>", blocks[i], blocks[i], blocks[i], blocks[i]);
		quiet();
	}
	after(100 * MS); /* a loss probe, as where nothing was sacked */
	sends(5, 5);
	check(counted(COUNT_TCP_FAST_RETRANSMITS) == 0);
	all_acked(5);
}

/* A SACK option whose length cannot be is skipped; what follows it is read. */
Test(tcp_rack, attack_an_option_of_another_length)
{
	in_flight(4);
	uint32_t seq = flow_current()->our_isn + 1001;
	in(". 1:1(0) ack 1 <hex 0509%08x%06x>", seq, 0);
	in(". 1:1(0) ack 1 <hex 050b%08x%08x01>", seq, seq + 1000);
	in(". 1:1(0) ack 1 <hex 0506%08x>", seq);
	in(". 1:1(0) ack 1 <hex 0502>");
	in(". 1:1(0) ack 1 <hex 0522%08x>", seq);
	quiet_for(100 * MS - 1);
	check(counted(COUNT_TCP_RETRANSMITS) == 0);
	all_acked(4);
}

/* A peer that says to have all, and acknowledges nothing: it gets new text up to its window, and after the time-out all again. */
Test(tcp_rack, attack_all_sacked_and_nothing_acknowledged)
{
	app_listen();
	in("S 0:0(0) win 12000 <mss 1000,sackOK>");
	out("S. 0:0(0) ack 1");
	pass(100 * MS);
	in(". 1:1(0) ack 1 win 12000");
	app_write(app_accept(), 100000);
	sends(1, 10);
	pass(100 * MS);
	in(". 1:1(0) ack 1 win 12000 <nop,nop,sack 1:10001>");
	sends(11, 12);
	in(". 1:1(0) ack 1 win 12000 <nop,nop,sack 1:12001>");
	pass(SECOND);
	sends(1, 1);
	out_rest();
	check(counted(COUNT_TCP_RETRANSMITS) >= 1);
}

/* D-SACKs without end: the window for reordering never exceeds a round trip. */
Test(tcp_rack, attack_dsacks_do_not_stop_repair)
{
	struct socket *s = open_with_sack();
	for (unsigned n = 0; n < 300; n++) {
		app_write(s, 1000);
		sends(n + 1, n + 1);
		in(". 1:1(0) ack %u <nop,nop,sack %u:%u>", 1 + 1000 * n, 1 + 1000 * n - 1000, 1 + 1000 * n);
		pass(100 * MS);
		in(". 1:1(0) ack %u", 1001 + 1000 * n);
	}
	app_write(s, 2000);
	sends(301, 302);
	pass(100 * MS);
	has(300, 302, 302);
	after(100 * MS);
	sends(301, 301);
	all_acked(302);
}

/* The records go with the flight. */
Test(tcp_rack, what_was_sent_is_forgotten_when_it_is_acknowledged)
{
	struct socket *s = open_with_sack();
	const struct memory *memory = stack_memory(harness_stack());
	size_t before = memory->bytes;
	app_write(s, 8000);
	sends(1, 8);
	check(memory->bytes > before);
	in(". 1:1(0) ack 8001");
	quiet_for(SECOND);
	check(memory->bytes == before);
}
