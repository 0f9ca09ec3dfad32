/* SPDX-License-Identifier: MIT
 *
 * Scripts about loss and the congestion window (RFC 5681, RFC 6582, RFC 6928). The MSS is 1000, so that windows can
 * be counted on fingers: the first one is ten segments.
 */
#include <criterion/criterion.h>

#include "tests/harness/harness.h"

TestSuite(tcp_recovery, .init = harness_start, .fini = harness_end);

/* Segments number `first` to `last` (from 1) of full size leave, and no other. */
static void out_segments(unsigned first, unsigned last)
{
	for (unsigned n = first; n <= last; n++) {
		struct frame frame = out_frame();
		uint32_t seq = peek32(&frame, AT_TRANSPORT + 4) - flow_current()->our_isn;
		check_that(seq == 1 + 1000 * (n - 1), "segment at %u left, expected number %u", seq, n);
		check(frame.length == AT_TCP_OPTIONS + 1000);
	}
	quiet();
}

/* A connection whose first window is one segment, since the SYN,ACK was lost (RFC 5681 3.1). */
static struct socket *open_after_a_loss(void)
{
	app_listen();
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	after(SECOND);
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 1");
	return app_accept();
}

/* Of much to send ten are in flight, and two more, for two duplicate ACKs (RFC 3042). */
static void send_after_two_duplicates(void)
{
	app_write(passive_open(), 100000);
	out_segments(1, 10);
	in(". 1:1(0) ack 1");
	out_segments(11, 11);
	in(". 1:1(0) ack 1");
	out_segments(12, 12);
}

/* --- Slow start and congestion avoidance ------------------------------------------------------------------------- */

/* RFC 6928 2: min (10*MSS, max (2*MSS, 14600)) */
Test(tcp_recovery, initial_window_is_ten_segments)
{
	struct socket *s = passive_open();
	app_write(s, 100000);
	out_segments(1, 10);
	quiet_for(100 * MS);
}

/* With the MSS of Ethernet it is ten segments as well; with a very large one, two (or 14,600 bytes). */
Test(tcp_recovery, initial_window_with_an_ethernet_mss)
{
	struct socket *s = passive_open_with("mss 1460", 65535, 65535);
	app_write(s, 100000);
	for (unsigned i = 0; i < 10; i++)
		out(". %u:%u(1460) ack 1", 1 + 1460 * i, 1461 + 1460 * i);
	quiet();
}

/* RFC 5681 3.1: each ACK of new data opens it by what it acknowledged (RFC 3465 2.2). One at a
 * time. */
Test(tcp_recovery, slow_start)
{
	struct socket *s = passive_open();
	app_write(s, 100000);
	out_segments(1, 10);
	in(". 1:1(0) ack 1001"); /* cwnd 11: 2..12 */
	out_segments(11, 12);
	in(". 1:1(0) ack 2001");
	out_segments(13, 14);
	in(". 1:1(0) ack 3001");
	out_segments(15, 16);
}

/* An ACK of many segments, as from receivers that merge them, counts for all (RFC 9002 7.3.1). */
Test(tcp_recovery, slow_start_counts_all_that_is_acknowledged)
{
	struct socket *s = passive_open();
	app_write(s, 100000);
	out_segments(1, 10);
	in(". 1:1(0) ack 10001"); /* cwnd 20 */
	out_segments(11, 30);
}

/* RFC 7661 4.2: a window that the application does not use says nothing about the network, and does not grow. */
Test(tcp_recovery, a_window_that_is_not_used_does_not_grow)
{
	struct socket *s = passive_open();
	unsigned seq = 1;
	for (unsigned i = 0; i < 100; i++, seq += 100) {
		app_write(s, 100);
		out("P. %u:%u(100) ack 1", seq, seq + 100);
		in(". 1:1(0) ack %u", seq + 100);
	}
	app_write(s, 50000);
	out_segments(11, 20);
}

/* RFC 5681 3.1: when the same segment times out again, ssthresh stays what the first time made it. */
Test(tcp_recovery, a_second_timeout_does_not_halve_again)
{
	struct socket *s = passive_open();
	app_write(s, 100000);
	out_segments(1, 10);
	pass(200 * MS);
	out_segments(1, 1); /* ssthresh 5, cwnd 1 */
	pass(400 * MS);
	out_segments(1, 1);
	in(". 1:1(0) ack 1001");
	out_segments(2, 3);
	in(". 1:1(0) ack 2001");
	out_segments(4, 5);
	in(". 1:1(0) ack 3001");
	out_segments(6, 7);
	in(". 1:1(0) ack 4001");
	out_segments(8, 9);
	in(". 1:1(0) ack 5001"); /* cwnd 5 = ssthresh: congestion avoidance */
	out_segments(10, 10);
}

/* RFC 6582 4: duplicates that a time-out's retransmissions cause start no fast retransmit. */
Test(tcp_recovery, duplicates_after_a_timeout_retransmit_nothing)
{
	struct socket *s = passive_open();
	app_write(s, 10000);
	out_segments(1, 10);
	pass(200 * MS);
	out_segments(1, 1);
	for (unsigned i = 0; i < 8; i++)
		in(". 1:1(0) ack 1");
	quiet();
	check(counted(COUNT_TCP_FAST_RETRANSMITS) == 0);
}

/* ACK division: growth is counted in bytes, not in ACKs. */
Test(tcp_recovery, attack_ack_division)
{
	struct socket *s = passive_open();
	app_write(s, 100000);
	out_segments(1, 10);
	for (unsigned i = 1; i <= 499; i++)
		in(". 1:1(0) ack %u", 1 + i);
	quiet();
	in(". 1:1(0) ack 501"); /* 500 acknowledged, and cwnd 500 larger: one segment, as without the division */
	out_segments(11, 11);
	for (unsigned i = 501; i <= 999; i++)
		in(". 1:1(0) ack %u", 1 + i);
	quiet();
	in(". 1:1(0) ack 1001");
	out_segments(12, 12);
}

/* RFC 5681 3.1: in congestion avoidance one segment more for each window acknowledged. A time-out sets ssthresh to
 * half of the flight (5 segments) and cwnd to 1. */
Test(tcp_recovery, congestion_avoidance)
{
	struct socket *s = passive_open();
	app_write(s, 100000);
	out_segments(1, 10);
	pass(SECOND / 4);
	out_segments(1, 1); /* RTO: ssthresh 5, cwnd 1 */
	in(". 1:1(0) ack 1001");
	out_segments(2, 3); /* cwnd 2 */
	in(". 1:1(0) ack 2001");
	out_segments(4, 5); /* 3 */
	in(". 1:1(0) ack 3001");
	out_segments(6, 7); /* 4 */
	in(". 1:1(0) ack 4001");
	out_segments(8, 9); /* 5 = ssthresh */
	in(". 1:1(0) ack 5001");
	out_segments(10, 10); /* four fifths of a window to go */
	in(". 1:1(0) ack 6001");
	out_segments(11, 11);
	in(". 1:1(0) ack 7001");
	out_segments(12, 12);
	in(". 1:1(0) ack 8001");
	out_segments(13, 13);
	in(". 1:1(0) ack 9001"); /* five segments acknowledged at cwnd 5: 6 */
	out_segments(14, 15);
}

/* RFC 5681 3.1 and RFC 3465 2.3: in the slow start that follows a time-out an ACK opens the window by one segment at
 * most, since it may acknowledge what had arrived long ago. */
Test(tcp_recovery, after_a_timeout_an_ack_of_much_is_worth_one_segment)
{
	struct socket *s = passive_open();
	app_write(s, 100000);
	out_segments(1, 10);
	pass(SECOND / 4);
	out_segments(1, 1); /* ssthresh 5, cwnd 1 */
	in(". 1:1(0) ack 10001");
	out_segments(11, 12); /* cwnd 2 */
}

/* RFC 5681 3.1: where the SYN or the SYN,ACK was lost, the initial window is one segment. */
Test(tcp_recovery, after_a_lost_syn_ack_the_window_is_one_segment)
{
	struct socket *s = open_after_a_loss();
	app_write(s, 5000);
	out_segments(1, 1);
	in(". 1:1(0) ack 1001");
	out_segments(2, 3);
}

/* RFC 5681 4.1: after an RTO without sending, the window is the initial one again. */
Test(tcp_recovery, after_idleness_the_window_restarts)
{
	struct socket *s = passive_open();
	app_write(s, 14000);
	out_segments(1, 10);
	in(". 1:1(0) ack 10001"); /* cwnd 20 */
	out_segments(11, 14);
	in(". 1:1(0) ack 14001");
	quiet_for(10 * SECOND);
	app_write(s, 50000);
	out_segments(15, 24);
}

/* Unless that is turned off: for applications that speak in bursts over networks that they have for themselves. */
Test(tcp_recovery, after_idleness_the_window_may_stay)
{
	harness_end();
	struct stack_config config = harness_config();
	config.idle_restart = false;
	harness_start_with(&config);
	struct socket *s = passive_open();
	app_write(s, 10000);
	out_segments(1, 10);
	in(". 1:1(0) ack 10001"); /* cwnd 20 */
	quiet_for(10 * SECOND);
	app_write(s, 50000);
	out_segments(11, 30);
}

/* The peer's window bounds what is in flight, whatever cwnd says. */
Test(tcp_recovery, the_receive_window_bounds_the_flight)
{
	struct socket *s = passive_open_with("mss 1000", 65535, 3000);
	app_write(s, 100000);
	out_segments(1, 3);
	in(". 1:1(0) ack 1001 win 3000");
	out_segments(4, 4);
	in(". 1:1(0) ack 4001 win 4000");
	out_segments(5, 8);
}

/* --- Fast retransmit --------------------------------------------------------------------------------------------- */

/* RFC 5681 3.2: at the third duplicate, not before. Limited transmit is not for want of data: there is none. */
Test(tcp_recovery, the_third_duplicate_retransmits)
{
	struct socket *s = passive_open();
	app_write(s, 5000);
	out_segments(1, 5);
	in(". 1:1(0) ack 1");
	quiet();
	in(". 1:1(0) ack 1");
	quiet();
	in(". 1:1(0) ack 1");
	out_segments(1, 1);
	check(counted(COUNT_TCP_FAST_RETRANSMITS) == 1);
	check(events_seen(EVENT_TCP_FAST_RETRANSMIT) == 1);
	in(". 1:1(0) ack 1");
	quiet(); /* once only */
	in(". 1:1(0) ack 5001");
	quiet_for(1000 * SECOND);
}

/* RFC 5681 2: what a duplicate ACK is: data outstanding, no text, no SYN or FIN, the same ACK and the same window. */
Test(tcp_recovery, what_is_no_duplicate)
{
	struct socket *s = passive_open();
	for (unsigned i = 0; i < 10; i++)
		in(". 1:1(0) ack 1"); /* nothing is outstanding */
	app_write(s, 2000);
	out_segments(1, 2);
	for (unsigned i = 0; i < 10; i++)
		in(". 1:1(0) ack 1 win %u", 60000 - i); /* window updates */
	quiet();
	for (unsigned i = 0; i < 4; i++)
		in(". %u:%u(1) ack 1 win 59991", 1 + i, 2 + i); /* text */
	harness_deaf(true);
	pass(50 * MS);
	harness_deaf(false);
	check(counted(COUNT_TCP_FAST_RETRANSMITS) == 0);
}

/* RFC 3042 2: the first two duplicates let a new segment each leave, beyond cwnd and without changing it. A partial answer then
 * shows that nothing was lost. */
Test(tcp_recovery, limited_transmit)
{
	send_after_two_duplicates();
	in(". 1:1(0) ack 3001"); /* cwnd 11: of the three, two were told of before. 4 to 14 */
	out_segments(13, 14);
	check(counted(COUNT_TCP_RETRANSMITS) == 0);
}

/* An ACK that acknowledges less than the duplicates have told of counts as one segment, as without them. */
Test(tcp_recovery, duplicates_are_not_counted_twice)
{
	send_after_two_duplicates();
	in(". 1:1(0) ack 1001"); /* cwnd 11: 2 to 12 */
	quiet();
	in(". 1:1(0) ack 1501"); /* cwnd 11.5, but 10.5 in flight */
	out_segments(13, 13);
}

/* RFC 7661 4: half a window in flight does not make it grow, a little more does: until it is half again. Its ACKs, one after
 * the other, find less and less in flight; what counts is the most. */
Test(tcp_recovery, the_window_grows_as_far_as_it_is_used)
{
	struct socket_tcp_info info;
	struct socket *s = passive_open();

	app_write(s, 5000);
	out_segments(1, 5);
	in(". 1:1(0) ack 2001");
	in(". 1:1(0) ack 5001");
	check(socket_tcp_info(s, &info) == 0 && info.cwnd == 10000);
	app_write(s, 6000);
	out_segments(6, 11);
	in(". 1:1(0) ack 7001");
	check(socket_tcp_info(s, &info) == 0 && info.cwnd == 12000);
	in(". 1:1(0) ack 9001");
	in(". 1:1(0) ack 11001");
	check(socket_tcp_info(s, &info) == 0 && info.cwnd == 12000);
	app_write(s, 12000);
	out_segments(12, 23);
	for (unsigned i = 0; i < 6; i++)
		in(". 1:1(0) ack %u", 13001 + 2000 * i);
	check(socket_tcp_info(s, &info) == 0 && info.cwnd == 24000);
}

/* RFC 3042 2: only as far as the peer's window allows. */
Test(tcp_recovery, limited_transmit_keeps_to_the_window)
{
	struct socket *s = passive_open_with("mss 1000", 65535, 11000);
	app_write(s, 100000);
	out_segments(1, 10);
	in(". 1:1(0) ack 1 win 11000");
	out_segments(11, 11);
	in(". 1:1(0) ack 1 win 11000");
	quiet();
}

/* RFC 3042 2: two, and no third, also where the third duplicate starts no fast retransmit (RFC 6582 3.2 (2)). */
Test(tcp_recovery, limited_transmit_is_limited)
{
	struct socket *s = passive_open();
	app_write(s, 10000);
	out_segments(1, 10);
	pass(200 * MS);
	out_segments(1, 1);
	in(". 1:1(0) ack 10001");
	app_write(s, 50000);
	out_segments(11, 12);
	in(". 1:1(0) ack 10001");
	out_segments(13, 13);
	in(". 1:1(0) ack 10001");
	out_segments(14, 14);
	for (unsigned i = 0; i < 5; i++)
		in(". 1:1(0) ack 10001");
	quiet();
}

/* RFC 3042 2: with two segments in flight, of which one is lost, the two new ones bring the duplicates that are missing, and no
 * time-out has to come. */
Test(tcp_recovery, limited_transmit_spares_a_time_out)
{
	struct socket *s = open_after_a_loss();
	app_write(s, 50000);
	out_segments(1, 1);
	in(". 1:1(0) ack 1001");
	out_segments(2, 3); /* number 2 is lost */
	in(". 1:1(0) ack 1001");
	out_segments(4, 4);
	in(". 1:1(0) ack 1001");
	out_segments(5, 5);
	in(". 1:1(0) ack 1001"); /* the third, which number 5 caused: ssthresh 2, cwnd 2 + 3 */
	out(". 1001:2001(1000) ack 1");
	out_segments(6, 6);
	check(counted(COUNT_TCP_FAST_RETRANSMITS) == 1);
}

/* RFC 5681 3.2 steps 2 to 6, RFC 6582 3.2 step 3. Ten in flight, numbers 1 and 6 lost. */
Test(tcp_recovery, fast_recovery)
{
	send_after_two_duplicates();
	in(". 1:1(0) ack 1"); /* ssthresh 5 (the two of limited transmit do not count), cwnd 5 + 3 */
	out_segments(1, 1);
	for (unsigned i = 4; i <= 7; i++)
		in(". 1:1(0) ack 1"); /* cwnd up to 12, and twelve are in flight */
	quiet();
	for (unsigned i = 8; i <= 10; i++) { /* for each that has left the network a new one */
		in(". 1:1(0) ack 1");
		out_segments(5 + i, 5 + i);
	}
	in(". 1:1(0) ack 5001"); /* partial: cwnd 15 - 5 + 1, and 6 to 15 are in flight */
	struct frame frame = out_frame();
	check(peek32(&frame, AT_TRANSPORT + 4) == flow_current()->our_isn + 5001);
	out_segments(16, 16);
	in(". 1:1(0) ack 16001"); /* full: cwnd at most ssthresh, but no burst */
	out_segments(17, 18);
}

/* RFC 6582 3.2 step 3: a partial ACK shows the next hole, which is sent at once; the ACK of all that was in flight
 * ends it. */
Test(tcp_recovery, a_partial_ack_retransmits_the_next_hole)
{
	struct socket *s = passive_open();
	app_write(s, 8000);
	out_segments(1, 8);
	for (unsigned i = 0; i < 3; i++)
		in(". 1:1(0) ack 1");
	out_segments(1, 1); /* 1 and 4 were lost */
	in(". 1:1(0) ack 3001");
	out_segments(4, 4);
	in(". 1:1(0) ack 8001");
	quiet_for(1000 * SECOND);
}

/* RFC 6582 4: duplicates that only the retransmission caused do not start it all over. */
Test(tcp_recovery, duplicates_within_recovery_retransmit_nothing_twice)
{
	struct socket *s = passive_open();
	app_write(s, 8000);
	out_segments(1, 8);
	for (unsigned i = 0; i < 3; i++)
		in(". 1:1(0) ack 1");
	out_segments(1, 1);
	for (unsigned i = 0; i < 4; i++)
		in(". 1:1(0) ack 1");
	quiet();
	in(". 1:1(0) ack 8001");
	quiet_for(1000 * SECOND);
}

/* After fast recovery ssthresh is half of what was in flight: 4 of 8. */
Test(tcp_recovery, the_window_is_halved)
{
	struct socket *s = passive_open();
	app_write(s, 8000);
	out_segments(1, 8);
	for (unsigned i = 0; i < 3; i++)
		in(". 1:1(0) ack 1");
	out_segments(1, 1);
	in(". 1:1(0) ack 8001");
	app_write(s, 50000);
	out_segments(9, 10); /* RFC 6582 3.2: cwnd = min (ssthresh, max (FlightSize, SMSS) + SMSS): no burst after it */
	in(". 1:1(0) ack 10001");
	out_segments(11, 14); /* slow start up to ssthresh = 4 */
	in(". 1:1(0) ack 14001");
	out_segments(15, 19); /* and congestion avoidance from there: 5 */
}

/* Duplicate-ACK spoofing: more duplicates than segments in flight do not open the window further. */
Test(tcp_recovery, attack_duplicate_ack_spoofing)
{
	struct socket *s = passive_open();
	app_write(s, 100000);
	out_segments(1, 10);
	harness_deaf(true);
	for (unsigned i = 0; i < 200; i++)
		in(". 1:1(0) ack 1");
	harness_deaf(false);
	/* RFC 5681 3.2 and 7: no more new segments than duplicates that ten segments in flight could have caused,
	 * doubled for what they let out */
	check_that(counted(COUNT_TCP_SEGMENTS_OUT) < 2 + 10 + 1 + 30, "%llu segments sent",
		   (unsigned long long)counted(COUNT_TCP_SEGMENTS_OUT));
}

/* A time-out ends fast recovery. */
Test(tcp_recovery, a_timeout_within_recovery)
{
	struct socket *s = passive_open();
	app_write(s, 5000);
	out_segments(1, 5);
	for (unsigned i = 0; i < 3; i++)
		in(". 1:1(0) ack 1");
	out_segments(1, 1);
	pass(300 * MS);
	out_segments(1, 1);
	in(". 1:1(0) ack 1001");
	out_segments(2, 3);
	in(". 1:1(0) ack 5001");
	quiet_for(1000 * SECOND);
}

/* The FIN is there also when fast retransmit sends its segment again. */
Test(tcp_recovery, fast_retransmit_of_a_fin)
{
	struct socket *s = passive_open();
	app_write(s, 10);
	socket_close(s);
	out("FP. 1:11(10) ack 1");
	for (unsigned i = 0; i < 3; i++)
		in(". 1:1(0) ack 1");
	out("FP. 1:11(10) ack 1");
	in(". 1:1(0) ack 12");
}

/* The PSH and the FIN are there also when the last segment is the one that is sent again. */
Test(tcp_recovery, a_lost_last_segment_with_fin)
{
	struct socket *s = passive_open();
	app_write(s, 1500);
	socket_close(s);
	out(". 1:1001(1000) ack 1");
	out("FP. 1001:1501(500) ack 1");
	in(". 1:1(0) ack 1001");
	pass(300 * MS);
	out("FP. 1001:1501(500) ack 1");
	in(". 1:1(0) ack 1502");
	quiet();
}
