/* SPDX-License-Identifier: MIT
 *
 * Scripts about loss with a peer that tells what has come (RFC 2018, RFC 6675, RFC 6937): what goes again, what does not, and
 * how much beside it. Segments have 1000 bytes and are numbered from 1; the first window is ten, the round trip 100 ms. What is lost is
 * found when three later ones have come: here nothing was ever reordered (RFC 8985 6.2).
 */
#include <criterion/criterion.h>

#include "tests/script/flight.h"

TestSuite(tcp_sack_recovery, .init = harness_start, .fini = harness_end);

static struct socket *ten_in_flight(void)
{
	struct socket *s = open_with_sack();
	app_write(s, 100000);
	sends(1, 10);
	pass(100 * MS);
	return s;
}

/* RFC 6675 5 and RFC 6937 3. Each block shrinks the pipe, so that at first a new segment goes for each (RFC 3042). Twelve are in flight
 * when the third shows the loss: ssthresh is 5, and for 12 that arrive 5 may go, of which the retransmission is one.
 *
 *     arrived     2-4    5    6    7    8    9      10     11     12
 *     pipe        8 + 1  8    7    6    5    4 + 1  4 + 1  4 + 1  4 + 1      below ssthresh one for one */
Test(tcp_sack_recovery, one_loss)
{
	ten_in_flight();
	has(0, 2, 2);
	sends(11, 11);
	has(0, 2, 3);
	sends(12, 12);
	pass(MS);
	has(0, 2, 4);
	sends(1, 1);
	quiet();
	check(counted(COUNT_TCP_FAST_RETRANSMITS) == 1 && events_seen(EVENT_TCP_FAST_RETRANSMIT) == 1);
	for (unsigned n = 5; n <= 8; n++) {
		has(0, 2, n);
		quiet();
	}
	for (unsigned n = 9; n <= 12; n++) {
		if (n == 11)
			pass(99 * MS);
		has(0, 2, n);
		sends(n + 4, n + 4);
		quiet();
	}
	in(". 1:1(0) ack 12001"); /* all of the flight: cwnd is ssthresh, and four are under way */
	sends(17, 17);
	quiet();
	check(counted(COUNT_TCP_RETRANSMITS) == 1);
}

/* RFC 6675 4, NextSeg() (1): the holes go again in order, before new text, each once; what lies between them does not. */
Test(tcp_sack_recovery, several_losses_in_one_window)
{
	in_flight(10); /* 1, 4 and 7 are lost */
	has(0, 2, 3);
	in(". 1:1(0) ack 1 <nop,nop,sack 4001:6001 1001:3001>"); /* 1 and 4 are older than the newest that came: ssthresh 5 */
	sends(1, 1);
	quiet();
	in(". 1:1(0) ack 1 <nop,nop,sack 7001:8001 4001:6001 1001:3001>"); /* and 7: three are in the network */
	sends(4, 4);
	sends(7, 7);
	in(". 1:1(0) ack 1 <nop,nop,sack 7001:9001 4001:6001 1001:3001>");
	in(". 1:1(0) ack 1 <nop,nop,sack 7001:10001 4001:6001 1001:3001>");
	quiet();
	pass(100 * MS);
	in(". 1:1(0) ack 3001 <nop,nop,sack 7001:10001 4001:6001>");
	in(". 1:1(0) ack 6001 <nop,nop,sack 7001:10001>");
	all_acked(10);
	check(counted(COUNT_TCP_RETRANSMITS) == 3 && counted(COUNT_TCP_FAST_RETRANSMITS) == 1);
	check(counted(COUNT_TCP_TIMEOUTS) == 0);
}

/* RFC 6937 3: where what is left in flight is less than ssthresh, each ACK lets go what it delivered and a segment more. */
Test(tcp_sack_recovery, when_most_is_lost_recovery_slow_starts)
{
	in_flight(10);
	has(0, 8, 10); /* three came at once; seven are lost; ssthresh 5, and four may go */
	sends(1, 4);
	quiet();
	pass(100 * MS);
	in(". 1:1(0) ack 2001 <nop,nop,sack 7001:10001>");
	sends(5, 7);
	quiet();
}

/* RFC 2018 8: text that was sacked does not go again before the time-out, whatever is acknowledged; then it does, since the peer may have
 * discarded it. RFC 6675 5.1: and the ACKs that follow tell anew what is there. */
Test(tcp_sack_recovery, a_peer_that_reneges)
{
	in_flight(5);
	has(0, 2, 5);
	sends(1, 1);
	pass(100 * MS);
	in(". 1:1(0) ack 1001"); /* and 2 to 5 are not there any more */
	/* Two samples of 100 ms (the handshake, 2): RTTVAR is 50 ms, then 37.5. There is a hole, so that the peer answers at once, and the RTO
	 * needs no floor: 100 + 4 * 37.5 ms. */
	after(250 * MS);
	sends(2, 2);
	quiet();
	check(counted(COUNT_TCP_TIMEOUTS) == 1);
	pass(100 * MS);
	in(". 1:1(0) ack 2001 <nop,nop,sack 3001:4001>"); /* 4 is there after all */
	sends(3, 3);
	sends(5, 5);
	quiet();
	pass(100 * MS);
	all_acked(5);
}

/* RFC 6675 5.1: a time-out ends recovery, takes all for lost and begins with one segment; no new recovery begins before
 * what was in flight is acknowledged. */
Test(tcp_sack_recovery, a_time_out_takes_all_for_lost)
{
	ten_in_flight();
	has(0, 2, 4);
	sends(1, 1);
	after(250 * MS); /* without a floor, as in the script before */
	sends(1, 1);
	quiet();
	check(counted(COUNT_TCP_TIMEOUTS) == 1);
	pass(100 * MS);
	in(". 1:1(0) ack 4001"); /* slow start: cwnd 2 */
	sends(5, 6);
	quiet();
	pass(100 * MS);
	has(5, 7, 7); /* it is there anyway, and does not go; cwnd 3 */
	sends(8, 9);
	quiet();
	check(counted(COUNT_TCP_FAST_RETRANSMITS) == 1);
}

static uint32_t ssthresh_of(const struct socket *s)
{
	struct socket_tcp_info info;
	check(socket_tcp_info(s, &info) == 0);
	return info.ssthresh;
}

/* RFC 5681 3.1: a time-out halves what is in flight, not cwnd: six segments of twelve. When the same goes again, with
 * the floor of the time-out or without, it halves nothing further. */
Test(tcp_sack_recovery, a_time_out_halves_the_flight)
{
	struct socket *s = in_flight(8);
	in(". 1:1(0) ack 2001"); /* cwnd 12 */
	after(200 * MS);
	sends(8, 8);     /* a loss probe */
	after(250 * MS); /* without a floor: 100 + 4 * 37.5 ms */
	sends(3, 3);
	check(ssthresh_of(s) == 3000);
	after(300 * MS); /* the RTO: 500 ms would be more */
	sends(3, 3);
	check(counted(COUNT_TCP_TIMEOUTS) == 2 && ssthresh_of(s) == 3000);
	all_acked(8);
}

/* But no more than cwnd, where that has been halved since: nine of the ten in flight have left the network. */
Test(tcp_sack_recovery, a_time_out_in_recovery_halves_the_window)
{
	struct socket *s = in_flight(10);
	has(0, 2, 10);
	sends(1, 1);
	check(ssthresh_of(s) == 5000);
	struct socket_tcp_info info;
	check(socket_tcp_info(s, &info) == 0);
	after(250 * MS);
	sends(1, 1);
	check_that(ssthresh_of(s) == info.cwnd / 2, "ssthresh %u, cwnd was %u", ssthresh_of(s), info.cwnd);
	check(info.cwnd < 10000);
	all_acked(10);
}

/* RFC 8985 6.3: but for what was sent a moment ago. */
Test(tcp_sack_recovery, a_time_out_leaves_what_has_just_been_sent)
{
	struct socket *s = open_with_sack();
	app_write(s, 1000);
	sends(1, 1);
	after(300 * MS - 1);
	sends(1, 1); /* a loss probe */
	pass(290 * MS);
	app_write(s, 1000);
	sends(2, 2);
	after(10 * MS);
	sends(1, 1);
	pass(50 * MS);
	in(". 1:1(0) ack 1001"); /* cwnd 2, and one in flight */
	quiet();
	all_acked(2);
}

/* What was sacked lies beyond a hole, and makes the peer answer at once, though less than two full segments are in
 * flight: 100 + 4 * 37.5 ms. */
Test(tcp_sack_recovery, a_hole_in_a_small_flight)
{
	struct socket *s = open_with_sack();
	app_write(s, 1500);
	sends(1, 2);
	pass(100 * MS);
	in(". 1:1(0) ack 1 <nop,nop,sack 1001:1501>");
	after(25 * MS);
	sends(1, 1);
	after(250 * MS);
	sends(1, 1);
	check(counted(COUNT_TCP_TIMEOUTS) == 1);
	in(". 1:1(0) ack 1501");
	quiet_for(1000 * SECOND);
}

/* RFC 5681 4.3: a retransmission that is lost is a second sign of congestion: ssthresh is 5, then 2. */
Test(tcp_sack_recovery, a_lost_retransmission_halves_again)
{
	ten_in_flight();
	has(0, 2, 4);
	sends(1, 1);
	pass(50 * MS);
	has(0, 2, 9);
	sends(11, 13);
	pass(100 * MS);
	has(0, 2, 9); /* nothing new */
	quiet();
	has(0, 2, 11); /* sent after the retransmission, and a round trip is over: two are in the network */
	sends(1, 1);
	quiet();
	check(counted(COUNT_TCP_FAST_RETRANSMITS) == 2);
	check(counted(COUNT_TCP_TIMEOUTS) == 0);
	out_rest();
}

/* Blocks that begin or end within a segment: what is not all there goes again whole. */
Test(tcp_sack_recovery, a_block_of_parts)
{
	in_flight(6);
	in(". 1:1(0) ack 1 <nop,nop,sack 1500:5500>"); /* 3, 4 and 5; of 2 and 6 a part */
	sends(1, 2);
	quiet();
	in(". 1:1(0) ack 501 <nop,nop,sack 1001:6001>");
	quiet();
	pass(100 * MS);
	all_acked(6);
}

/* The FIN has its place in the record of its segment. */
Test(tcp_sack_recovery, a_lost_fin)
{
	struct socket *s = open_with_sack();
	app_write(s, 2500);
	socket_close(s);
	sends(1, 3);
	pass(100 * MS);
	in(". 1:1(0) ack 2001");
	pass(400 * MS);
	out("FP. 2001:2501(500) ack 1");
	in(". 1:1(0) ack 2502");
	quiet();
}

/* RFC 9293 3.8.6, MUST-34: the window closes over what was sent, and is asked for. When it opens, all that was lost goes again. */
Test(tcp_sack_recovery, a_window_that_closes_over_the_flight)
{
	in_flight(3);
	in(". 1:1(0) ack 1001 win 0");
	pass(200 * MS);
	sends(3, 3); /* a loss probe */
	pass(300 * MS);
	out(". 1000:1000(0) ack 1"); /* the time-out, and a window probe in its place */
	in(". 1:1(0) ack 1001 win 5000");
	sends(2, 3);
	in(". 1:1(0) ack 3001 win 5000");
	quiet_for(1000 * SECOND);
}

/* Without memory for records a connection does as with a peer without SACK: three duplicates, and partial ACKs. */
Test(tcp_sack_recovery, without_memory_it_is_newreno)
{
	struct socket *s = open_with_sack();
	app_write(s, 8000);
	harness_fail_allocation(1, false);
	sends(1, 8);
	check(harness_allocation_failed());
	pass(100 * MS);
	for (unsigned n = 2; n <= 4; n++)
		has(0, 2, n);
	sends(1, 1);
	in(". 1:1(0) ack 4001");
	sends(5, 5);
	quiet();
	all_acked(8);
}
