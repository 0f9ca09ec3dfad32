/* SPDX-License-Identifier: MIT
 *
 * Scripts about the retransmission time-out (RFC 6298): measured, floored, doubled, and at last given up. Virtual
 * time makes every wait exact to the microsecond.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/script/flight.h"

TestSuite(tcp_timer, .init = harness_start, .fini = harness_end);

/* --- Measured ---------------------------------------------------------------------------------------------------- */

/* RFC 6298 2.2: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 * RTTVAR; R = 100 ms: 300 ms. */
Test(tcp_timer, first_measurement)
{
	struct socket *s = open_with_round_trip("mss 1000", 100 * MS);
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	after(300 * MS);
	out("P. 1:11(10) ack 1");
}

/* 4 * RTTVAR is at least 200 ms, as in Linux: R = 10 ms makes 210. */
Test(tcp_timer, variance_floor)
{
	struct socket *s = open_with_round_trip("mss 1000", 10 * MS);
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	after(210 * MS);
	out("P. 1:11(10) ack 1");
}

/* RFC 6298 2.3, by hand. R = 400 ms: SRTT 400, RTTVAR 200. R' = 800 ms: RTTVAR = 3/4 * 200 + 1/4 * 400 = 250, SRTT =
 * 7/8 * 400 + 1/8 * 800 = 450; RTO = 450 + 1000. */
Test(tcp_timer, second_measurement)
{
	struct socket *s = open_with_round_trip("mss 1000", 400 * MS);
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	quiet_for(800 * MS);
	in(". 1:1(0) ack 11");
	app_write(s, 10);
	out("P. 11:21(10) ack 1");
	after(1450 * MS);
	out("P. 11:21(10) ack 1");
}

/* RFC 6298 5.5: doubled each time, and RFC 6298 2.5: no more than a bound of at least 60 s. */
Test(tcp_timer, doubling)
{
	struct socket *s = open_with_round_trip("mss 1000", 100 * MS);
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	uint64_t wait = 300 * MS;
	for (unsigned i = 0; i < 8; i++, wait *= 2) {
		after(wait);
		out("P. 1:11(10) ack 1");
	}
	check(counted(COUNT_TCP_TIMEOUTS) == 8);
	check(events_seen(EVENT_TCP_RTO) == 8);
}

/* RFC 6298 5.2 and 5.3: all acknowledged: the timer is off; some: it starts anew. */
Test(tcp_timer, an_ack_of_new_data_restarts_it)
{
	struct socket *s = open_with_round_trip("mss 1000", 100 * MS);
	app_write(s, 2000);
	out(". 1:1001(1000) ack 1");
	out("P. 1001:2001(1000) ack 1");
	quiet_for(100 * MS);
	in(". 1:1(0) ack 1001"); /* R' = 100: SRTT 100, RTTVAR 37.5 */
	after(300 * MS);         /* 100 + the floor of 200 */
	out("P. 1001:2001(1000) ack 1");
	in(". 1:1(0) ack 2001");
	quiet_for(1000 * SECOND);
}

/* RFC 6298 5.1: sending more does not put it off either. */
Test(tcp_timer, sending_more_does_not_restart_it)
{
	struct socket *s = open_with_round_trip("mss 1000", 100 * MS);
	app_write(s, 1000);
	out("P. 1:1001(1000) ack 1");
	quiet_for(200 * MS);
	app_write(s, 1000);
	out("P. 1001:2001(1000) ack 1");
	after(100 * MS);
	out(". 1:1001(1000) ack 1");
}

/* A duplicate ACK does not restart it. */
Test(tcp_timer, a_duplicate_ack_does_not_restart_it)
{
	struct socket *s = open_with_round_trip("mss 1000", 100 * MS);
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	quiet_for(200 * MS);
	in(". 1:1(0) ack 1");
	after(100 * MS);
	out("P. 1:11(10) ack 1");
}

/* --- Karn (MUST-18) ---------------------------------------------------------------------------------------------- */

/* RFC 6298 3 and 5.7: an ACK of what was sent twice says nothing about the time; the backed-off RTO stays until a
 * sample is taken. */
Test(tcp_timer, karn_keeps_the_backed_off_timeout)
{
	struct socket *s = open_with_round_trip("mss 1000", 100 * MS);
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	after(300 * MS);
	out("P. 1:11(10) ack 1");
	quiet_for(1 * MS);
	in(". 1:1(0) ack 11"); /* no sample of 1 ms, nor of 301 ms */
	app_write(s, 10);
	out("P. 11:21(10) ack 1");
	after(600 * MS);
	out("P. 11:21(10) ack 1");
	quiet_for(1 * MS);
	in(". 1:1(0) ack 21");
	app_write(s, 10);
	out("P. 21:31(10) ack 1");
	quiet_for(100 * MS);
	in(". 1:1(0) ack 31"); /* a sample again: SRTT 100, RTTVAR 37.5 */
	app_write(s, 10);
	out("P. 31:41(10) ack 1");
	after(300 * MS);
	out("P. 31:41(10) ack 1");
}

/* The same after a fast retransmit: 155 ms is no round trip. */
Test(tcp_timer, karn_takes_no_sample_from_a_fast_retransmit)
{
	struct socket *s = open_with_round_trip("mss 1000", 100 * MS);
	app_write(s, 4000);
	for (unsigned i = 0; i < 4; i++)
		out_frame();
	quiet_for(150 * MS);
	in(". 1:1(0) ack 1");
	in(". 1:1(0) ack 1");
	in(". 1:1(0) ack 1");
	out(". 1:1001(1000) ack 1");
	quiet_for(5 * MS);
	in(". 1:1(0) ack 4001");
	app_write(s, 10);
	out("P. 4001:4011(10) ack 1");
	after(300 * MS);
	out("P. 4001:4011(10) ack 1");
}

/* RFC 7323 4.1: a timestamp's echo says which of the two was acknowledged, so that a sample can be taken. The
 * second one's round trip is 100 ms. */
Test(tcp_timer, timestamps_measure_retransmissions_too)
{
	app_listen();
	in("S 0:0(0) <mss 1000,nop,nop,TS val 1 ecr 0>");
	out("S. 0:0(0) ack 1");
	quiet_for(100 * MS);
	in(". 1:1(0) ack 1 <nop,nop,TS val 2 ecr last>");
	struct socket *s = app_accept();
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	after(300 * MS);
	out("P. 1:11(10) ack 1");
	quiet_for(100 * MS);
	in(". 1:1(0) ack 11 <nop,nop,TS val 3 ecr last>");
	app_write(s, 10);
	out("P. 11:21(10) ack 1");
	quiet_for(299 * MS); /* the clock of timestamps may be as coarse as a millisecond */
	pass(3 * MS);
	out("P. 11:21(10) ack 1");
}

/* RFC 6298 5.7: a SYN that timed out makes the first RTO for data 3 s, where no sample could be taken. */
Test(tcp_timer, after_a_lost_syn_data_waits_for_three_seconds)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	after(SECOND);
	out("S 0:0(0)");
	in("S. 0:0(0) ack 1 <mss 1000>");
	out(". 1:1(0) ack 1");
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	after(3 * SECOND);
	out("P. 1:11(10) ack 1");
}

/* --- What is sent again ------------------------------------------------------------------------------------------ */

/* RFC 6298 5.4: the earliest segment alone; RFC 5681 3.1: cwnd is one segment now. */
Test(tcp_timer, a_timeout_sends_the_earliest_segment_alone)
{
	struct socket *s = open_with_round_trip("mss 1000", 100 * MS);
	app_write(s, 5000);
	for (unsigned i = 0; i < 5; i++)
		out_frame();
	after(300 * MS);
	out(". 1:1001(1000) ack 1");
	quiet_for(600 * MS - 1);
	/* All of it had arrived but the first: nothing more is sent again. */
	in(". 1:1(0) ack 5001");
	quiet_for(1000 * SECOND);
}

/* After the time-out the rest goes again as the window opens by slow start: 1, 2, ... */
Test(tcp_timer, after_a_timeout_slow_start_sends_the_rest_again)
{
	struct socket *s = open_with_round_trip("mss 1000", 100 * MS);
	app_write(s, 5000);
	for (unsigned i = 0; i < 5; i++)
		out_frame();
	after(300 * MS);
	out(". 1:1001(1000) ack 1");
	in(". 1:1(0) ack 1001");
	out(". 1001:2001(1000) ack 1");
	out(". 2001:3001(1000) ack 1");
	quiet();
	in(". 1:1(0) ack 3001");
	out(". 3001:4001(1000) ack 1");
	out("P. 4001:5001(1000) ack 1");
	in(". 1:1(0) ack 5001");
	quiet_for(1000 * SECOND);
}

/* Small segments that were lost may leave as one. */
Test(tcp_timer, a_retransmission_may_be_repacketized)
{
	struct socket *s = open_with_round_trip("mss 1000", 100 * MS);
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	app_write(s, 10);
	quiet(); /* Nagle's algorithm (SHLD-7): one small segment is in flight */
	after(300 * MS);
	out("P. 1:21(20) ack 1");
	in(". 1:1(0) ack 11"); /* the first one had arrived */
	after(600 * MS);
	out("P. 11:21(10) ack 1");
	in(". 1:1(0) ack 21");
	quiet_for(1000 * SECOND);
}

/* --- The end of patience ----------------------------------------------------------------------------------------- */

/* MUST-20, SHLD-11: R2 is at least 100 s; then the connection is closed and the application told. */
Test(tcp_timer, data_is_given_up_after_100_seconds_at_least)
{
	struct socket *s = open_with_round_trip("mss 1000", 100 * MS);
	app_write(s, 10);
	harness_deaf(true);
	pass(100 * SECOND);
	check_that(!(socket_ready(s) & SOCKET_ERROR), "given up before 100 s (RFC 9293 SHLD-11)");
	pass(3600 * SECOND);
	harness_deaf(false);
	check(socket_ready(s) & SOCKET_ERROR);
	app_read_gives(s, -ETIMEDOUT);
	quiet_for(1000 * SECOND);
}

/* SHLD-10: at least three retransmissions come before that. */
Test(tcp_timer, at_least_three_retransmissions_are_made)
{
	struct socket *s = open_with_round_trip("mss 1000", 100 * MS);
	app_write(s, 10);
	harness_deaf(true);
	pass(100 * SECOND);
	harness_deaf(false);
	check(counted(COUNT_TCP_RETRANSMITS) >= 3);
}

/* An orphan's last data is retransmitted too, and given up at last; harness_end() sees that all memory comes back. */
Test(tcp_timer, an_orphan_is_given_up)
{
	struct socket *s = open_with_round_trip("mss 1000", 100 * MS);
	app_write(s, 10);
	socket_close(s);
	out("FP. 1:11(10) ack 1");
	after(300 * MS);
	out("FP. 1:11(10) ack 1");
	harness_deaf(true);
	pass(3600 * SECOND);
	harness_deaf(false);
	in(". 1:1(0) ack 12");
	out("R 12:12(0)");
}

/* A connection that has nothing in flight has no timer. */
Test(tcp_timer, idle_connections_are_silent)
{
	passive_open();
	quiet_for(24 * 3600 * SECOND);
}
