/* SPDX-License-Identifier: MIT
 *
 * Scripts about what an application sets of a connection: Nagle and the cork (RFC 9293 3.7.4), keepalive (RFC 9293 3.8.4), the user
 * time-out (RFC 9293 3.8.3, RFC 5482).
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/harness/harness.h"

TestSuite(tcp_nagle, .init = harness_start, .fini = harness_end);
TestSuite(tcp_cork, .init = harness_start, .fini = harness_end);
TestSuite(tcp_keepalive, .init = harness_start, .fini = harness_end);
TestSuite(tcp_user_timeout, .init = harness_start, .fini = harness_end);

/* The peer, or a stranger, finds the connection gone: a segment that acknowledges `ack` is answered with RST. */
static void gone(unsigned ack)
{
	in(". 1:1(0) ack %u", ack);
	out("R %u:%u(0)", ack, ack);
}

/* --- Nagle ------------------------------------------------------------------------------------------------------- */

/* SHLD-7: while a small segment is unacknowledged, no other leaves; what comes together goes as one. */
Test(tcp_nagle, small_segments_wait_for_an_ack)
{
	struct socket *s = passive_open();
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	app_write(s, 10);
	app_write(s, 10);
	quiet();
	in(". 1:1(0) ack 11");
	out("P. 11:31(20) ack 1");
}

/* Minshall's variant: a full segment in flight holds nothing back, so that the last piece of a long write need not wait. */
Test(tcp_nagle, a_full_segment_in_flight_does_not_matter)
{
	struct socket *s = passive_open();
	app_write(s, 1010);
	out(". 1:1001(1000) ack 1");
	out("P. 1001:1011(10) ack 1");
	app_write(s, 990);
	quiet();
	app_write(s, 10); /* full now */
	out("P. 1011:2011(1000) ack 1");
}

/* MUST-17: an application can turn it off, */
Test(tcp_nagle, off)
{
	struct socket *s = passive_open();
	socket_set_nodelay(s, true);
	for (unsigned i = 0; i < 5; i++) {
		app_write(s, 10);
		out("P. %u:%u(10) ack 1", 1 + 10 * i, 11 + 10 * i);
	}
	socket_set_nodelay(s, false);
	app_write(s, 10);
	quiet();
	in(". 1:1(0) ack 51");
	out("P. 51:61(10) ack 1");
}

/* and what it has held back goes at once then. */
Test(tcp_nagle, turning_it_off_sends)
{
	struct socket *s = passive_open();
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	app_write(s, 10);
	quiet();
	socket_set_nodelay(s, true);
	out("P. 11:21(10) ack 1");
}

/* MUST-38: silly windows are avoided with and without Nagle. */
Test(tcp_nagle, off_is_no_licence_for_silly_windows)
{
	struct socket *s = passive_open_with("mss 1000", 65535, 65535);
	socket_set_nodelay(s, true);
	app_write(s, 1000);
	out("P. 1:1001(1000) ack 1");
	in(". 1:1(0) ack 1001 win 10");
	app_write(s, 500);
	quiet_for(100 * MS);
}

/* Set before there is a connection: on a socket that connects, and on a listener, whose connections have it. */
Test(tcp_nagle, off_from_the_start)
{
	struct socket *s = socket_open(harness_stack(), SOCKET_STREAM);
	struct endpoint local = {ip_of("192.0.2.2"), 5000};
	struct endpoint remote = {ip_of("192.0.2.1"), 6000};
	socket_set_nodelay(s, true);
	check(socket_bind(s, &local) == 0 && socket_connect(s, &remote) == 0);
	out("S 0:0(0)");
	in("S. 0:0(0) ack 1 <mss 1000>");
	out(". 1:1(0) ack 1");
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	app_write(s, 10);
	out("P. 11:21(10) ack 1");
}

Test(tcp_nagle, off_from_the_listener)
{
	socket_set_nodelay(app_listen(), true);
	struct socket *s = passive_open();
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	app_write(s, 10);
	out("P. 11:21(10) ack 1");
	socket_set_cork(s, true); /* one setting more leaves the inherited one */
	socket_set_cork(s, false);
	app_write(s, 10);
	out("P. 21:31(10) ack 1");
}

/* --- The cork ---------------------------------------------------------------------------------------------------- */

/* Writes are gathered into full segments; the rest waits for more. */
Test(tcp_cork, only_full_segments_leave)
{
	struct socket *s = passive_open();
	socket_set_cork(s, true);
	app_write(s, 11);
	app_write(s, 11);
	quiet();
	app_write(s, 1001);
	out(". 1:1001(1000) ack 1");
	in(". 1:1(0) ack 1001");
	quiet();
	app_write(s, 977);
	out("P. 1001:2001(1000) ack 1");
}

/* For 200 ms at most, as Linux has it, whether something is in flight or not. */
Test(tcp_cork, the_rest_leaves_after_200_ms)
{
	struct socket *s = passive_open();
	socket_set_cork(s, true);
	app_write(s, 11);
	quiet_for(100 * MS);
	app_write(s, 11); /* does not put it off */
	after(100 * MS);
	out("P. 1:23(22) ack 1");
	pass(100 * MS);
	app_write(s, 5);
	in(". 1:1(0) ack 23");
	after(200 * MS);
	out("P. 23:28(5) ack 1");
	in(". 1:1(0) ack 28");
	quiet_for(1000 * SECOND);
}

Test(tcp_cork, the_rest_leaves_after_200_ms_beside_data_in_flight)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	pass(100 * MS); /* a round trip, which makes the RTO 300 ms */
	in("S. 0:0(0) ack 1 <mss 1000>");
	out(". 1:1(0) ack 1");
	socket_set_cork(s, true);
	app_write(s, 1500);
	out(". 1:1001(1000) ack 1");
	pass(150 * MS);
	in(". 1:1(0) ack 1"); /* a duplicate restarts nothing */
	after(50 * MS);
	out("P. 1001:1501(500) ack 1");
}

/* Drawing it sends, Nagle permitting. */
Test(tcp_cork, drawing_it_sends)
{
	struct socket *s = passive_open();
	socket_set_cork(s, true);
	app_write(s, 300);
	quiet();
	socket_set_cork(s, false);
	out("P. 1:301(300) ack 1");
	in(". 1:1(0) ack 301");
	quiet_for(1000 * SECOND);
}

/* It goes before nodelay: both together send whole segments now and the rest at the end without Nagle. */
Test(tcp_cork, goes_before_nodelay)
{
	struct socket *s = passive_open();
	socket_set_nodelay(s, true);
	socket_set_cork(s, true);
	app_write(s, 10);
	quiet();
	socket_set_cork(s, false);
	out("P. 1:11(10) ack 1");
	socket_set_cork(s, true);
	app_write(s, 10);
	quiet();
	socket_set_cork(s, false);
	out("P. 11:21(10) ack 1");
}

/* Nothing more can come after a FIN, so nothing is waited for. */
Test(tcp_cork, a_fin_lets_go)
{
	struct socket *s = passive_open();
	socket_set_cork(s, true);
	app_write(s, 300);
	quiet();
	check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
	out("FP. 1:301(300) ack 1");
}

/* A window that has no room for a full segment is filled as far as it goes. */
Test(tcp_cork, a_window_below_one_segment_lets_go)
{
	struct socket *s = passive_open();
	socket_set_cork(s, true);
	in(". 1:1(0) ack 1 win 22");
	app_write(s, 11);
	quiet();
	app_write(s, 11);
	out("P. 1:23(22) ack 1");
}

/* What was lost goes again, however short. */
Test(tcp_cork, retransmissions_are_not_held_back)
{
	struct socket *s = passive_open();
	app_write(s, 300);
	out("P. 1:301(300) ack 1");
	socket_set_cork(s, true);
	after(200 * MS);
	out("P. 1:301(300) ack 1");
}

/* A closed window is probed as ever. */
Test(tcp_cork, a_closed_window_is_probed)
{
	struct socket *s = passive_open();
	socket_set_cork(s, true);
	in(". 1:1(0) ack 1 win 0");
	app_write(s, 11);
	after(200 * MS);
	out(". 0:0(0) ack 1");
	in(". 1:1(0) ack 1 win 0");
	quiet_for(100 * MS);
	in(". 1:1(0) ack 1 win 1000");
	after(200 * MS); /* corked from here on */
	out("P. 1:12(11) ack 1");
}

/* --- Keepalive --------------------------------------------------------------------------------------------------- */

/* Ask after 10 seconds of silence and then every 2 seconds, so often. */
static void keep_alive(struct socket *s, unsigned count)
{
	socket_set_keepalive(s, true, 10 * SECOND, 2 * SECOND, count);
}

static void two_probes(void)
{
	after(10 * SECOND);
	out(". 0:0(0) ack 1");
	after(2 * SECOND);
	out(". 0:0(0) ack 1");
}

/* MUST-25: off unless asked for. */
Test(tcp_keepalive, off_at_first)
{
	passive_open();
	quiet_for(48 * 3600 * SECOND);
	check(counted(COUNT_TCP_KEEPALIVES) == 0);
}

/* MUST-24, MUST-28: two hours at first, then every 75 seconds; SHLD-12: the probe is empty; MUST-29: nine go unanswered before the peer
 * is given up. */
Test(tcp_keepalive, the_defaults)
{
	struct socket *s = passive_open();
	socket_set_keepalive(s, true, 0, 0, 0);
	after(7200 * SECOND);
	out(". 0:0(0) ack 1");
	for (unsigned i = 2; i <= 9; i++) {
		after(75 * SECOND);
		out(". 0:0(0) ack 1");
	}
	check(counted(COUNT_TCP_KEEPALIVES) == 9);
	check(!(socket_ready(s) & SOCKET_ERROR));
	after(75 * SECOND);
	out("R. 1:1(0) ack 1");
	check(socket_error(s) == -ETIMEDOUT);
	quiet_for(48 * 3600 * SECOND);
}

/* MUST-26, MUST-27: the interval is the application's, and every answer begins it anew. */
Test(tcp_keepalive, an_answer_is_enough)
{
	struct socket *s = passive_open();
	keep_alive(s, 3);
	for (unsigned i = 0; i < 10; i++) {
		two_probes();
		in(". 1:1(0) ack 1");
	}
	check(socket_error(s) == 0);
}

/* MUST-26: data from the peer puts it off as well. */
Test(tcp_keepalive, what_arrives_puts_it_off)
{
	struct socket *s = passive_open();
	keep_alive(s, 3);
	quiet_for(7 * SECOND);
	in("P. 1:11(10) ack 1");
	after(40 * MS);
	out(". 1:1(0) ack 11");
	after(10 * SECOND - 40 * MS);
	out(". 0:0(0) ack 11");
	app_read(s, 10);
}

/* MUST-26: never while data is outstanding, whose retransmissions ask the same. */
Test(tcp_keepalive, not_while_data_is_outstanding)
{
	struct socket *s = passive_open();
	pass(SECOND);
	keep_alive(s, 3);
	app_write(s, 10);
	harness_deaf(true);
	pass(60 * SECOND);
	harness_deaf(false);
	check(counted(COUNT_TCP_RETRANSMITS) > 3);
	check(counted(COUNT_TCP_KEEPALIVES) == 0);
	check(socket_error(s) == 0);
	in(". 1:1(0) ack 11");
	after(10 * SECOND);
	out(". 10:10(0) ack 1");
}

/* A closed window is the window probes' business. */
Test(tcp_keepalive, not_while_the_window_is_closed)
{
	struct socket *s = passive_open();
	socket_set_keepalive(s, true, SECOND, SECOND, 3);
	in(". 1:1(0) ack 1 win 0");
	app_write(s, 10);
	for (unsigned i = 0; i < 6; i++) {
		pass(200 * MS << i);
		out(". 0:0(0) ack 1");
		in(". 1:1(0) ack 1 win 0");
	}
	check(counted(COUNT_TCP_KEEPALIVES) == 0 && counted(COUNT_TCP_PROBES) == 6);
}

/* Set before there is a connection, it runs from when the connection stands; and can be turned off again. */
Test(tcp_keepalive, from_the_listener_and_off_again)
{
	keep_alive(app_listen(), 3);
	struct socket *s = passive_open();
	after(10 * SECOND);
	out(". 0:0(0) ack 1");
	socket_set_keepalive(s, false, 0, 0, 0);
	quiet_for(48 * 3600 * SECOND);
}

/* Other settings, and these once more, do not put it off. */
Test(tcp_keepalive, other_settings_leave_it_alone)
{
	struct socket *s = passive_open();
	keep_alive(s, 3);
	quiet_for(7 * SECOND);
	socket_set_nodelay(s, true);
	keep_alive(s, 3);
	after(3 * SECOND);
	out(". 0:0(0) ack 1");
}

/* Times without end are not the past. */
Test(tcp_keepalive, for_ever)
{
	struct socket *s = passive_open();
	socket_set_keepalive(s, true, UINT64_MAX, UINT64_MAX, UINT32_MAX);
	quiet_for(48 * 3600 * SECOND);
	socket_set_linger(s, true, UINT64_MAX);
	socket_close(s);
	out("F. 1:1(0) ack 1");
	pass(200 * MS);
	out("F. 1:1(0) ack 1");
	in("F. 1:1(0) ack 2");
	out(". 2:2(0) ack 2");
}

/* MUST-29: one unanswered probe does not make a connection dead, even where an application asks for that. */
Test(tcp_keepalive, one_probe_is_not_enough)
{
	struct socket *s = passive_open();
	keep_alive(s, 1);
	two_probes();
	in(". 1:1(0) ack 1");
	check(socket_error(s) == 0);
}

/* Also after we have sent our FIN, where a reader waits for the peer's; and after the peer's FIN. */
Test(tcp_keepalive, of_half_closed_connections)
{
	struct socket *s = passive_open();
	keep_alive(s, 2);
	check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
	out("F. 1:1(0) ack 1");
	in(". 1:1(0) ack 2");
	after(10 * SECOND);
	out(". 1:1(0) ack 1");
	after(2 * SECOND);
	out(". 1:1(0) ack 1");
	after(2 * SECOND);
	out("R. 2:2(0) ack 1");
	app_read_gives(s, -ETIMEDOUT);

	flow_select(1);
	s = passive_open();
	keep_alive(s, 2);
	in("F. 1:1(0) ack 1");
	out(". 1:1(0) ack 2");
	after(10 * SECOND);
	out(". 0:0(0) ack 2");
}

/* --- The user time-out ------------------------------------------------------------------------------------------- */

/* MUST-21, RFC 5482 2: data that is not acknowledged within the limit, to the microsecond; the peer's next segment finds nobody. */
Test(tcp_user_timeout, data_that_is_not_acknowledged)
{
	struct socket *s = passive_open();
	socket_set_user_timeout(s, 3 * SECOND);
	pass(10 * SECOND);
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	harness_deaf(true);
	pass(3 * SECOND - 1);
	harness_deaf(false);
	check(!(socket_ready(s) & SOCKET_ERROR));
	after(1);
	check(socket_ready(s) & SOCKET_ERROR);
	check(socket_error(s) == -ETIMEDOUT);
	gone(11);
}

/* An ACK just before it keeps the connection; and begins it anew for what is left. */
Test(tcp_user_timeout, an_ack_begins_it_anew)
{
	struct socket *s = passive_open();
	socket_set_user_timeout(s, 3 * SECOND);
	app_write(s, 2000);
	out(". 1:1001(1000) ack 1");
	out("P. 1001:2001(1000) ack 1");
	harness_deaf(true);
	pass(2900 * MS);
	in(". 1:1(0) ack 1001");
	pass(2900 * MS);
	check(!(socket_ready(s) & SOCKET_ERROR));
	pass(100 * MS);
	harness_deaf(false);
	check(socket_error(s) == -ETIMEDOUT);
}

/* To the microsecond also where a time-out without a floor would be next: at 1 ms the last segment went again as a loss probe, at
 * 21 and 61 ms the first one, as lost (tcp_rack_wait). */
Test(tcp_user_timeout, in_a_prompt_time_out)
{
	struct socket *s = passive_open_with("mss 1000,sackOK", 65535, 65535);
	socket_set_user_timeout(s, 100 * MS);
	app_write(s, 3000);
	harness_deaf(true);
	pass(62 * MS);
	harness_deaf(false);
	check(counted(COUNT_TCP_TIMEOUTS) == 2 && counted(COUNT_TCP_RETRANSMITS) == 3);
	after(38 * MS);
	quiet();
	check(socket_error(s) == -ETIMEDOUT);
	check(counted(COUNT_TCP_RETRANSMITS) == 3);
	gone(3001);
}

/* A FIN is waited for no longer than data. */
Test(tcp_user_timeout, a_fin_that_is_not_acknowledged)
{
	struct socket *s = passive_open();
	socket_set_user_timeout(s, 3 * SECOND);
	socket_close(s);
	out("F. 1:1(0) ack 1");
	harness_deaf(true);
	pass(3 * SECOND - 1);
	check(stack_connections(harness_stack()) == 1);
	pass(1);
	harness_deaf(false);
	check(stack_connections(harness_stack()) == 0);
	gone(2);
}

/* It may also be longer than R2 is without it, and without end. */
Test(tcp_user_timeout, longer_than_without)
{
	static const uint64_t limits[] = {4 * 3600 * SECOND, UINT64_MAX};
	for (unsigned i = 0; i < 2; i++) {
		flow_select(i);
		struct socket *s = passive_open();
		socket_set_user_timeout(s, limits[i]);
		app_write(s, 10);
		harness_deaf(true);
		pass(4 * 3600 * SECOND - 1);
		check(socket_error(s) == 0);
		pass(1);
		check(socket_error(s) == (i == 0 ? -ETIMEDOUT : 0));
		pass(100 * SECOND);
		socket_abort(s);
		quiet();
		harness_deaf(false);
	}
}

/* tcp(7): it counts as well for data that a closed window holds up, though every probe is answered (MUST-37 is R2's rule). */
Test(tcp_user_timeout, a_window_that_stays_closed)
{
	struct socket *s = passive_open();
	socket_set_user_timeout(s, 3 * SECOND);
	in(". 1:1(0) ack 1 win 0");
	quiet_for(100 * SECOND); /* nothing waits */
	app_write(s, 10);
	for (unsigned i = 0; i < 3; i++) { /* at 0.2, 0.6 and 1.4 s */
		after(200 * MS << i);
		out(". 0:0(0) ack 1");
		in(". 1:1(0) ack 1 win 0");
	}
	after(1600 * MS);
	check(socket_error(s) == -ETIMEDOUT);
	gone(1);
}

/* A window that closes over what is in flight. */
Test(tcp_user_timeout, a_window_that_closes_over_data)
{
	struct socket *s = passive_open();
	socket_set_user_timeout(s, 3 * SECOND);
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	in(". 1:1(0) ack 1 win 0");
	harness_deaf(true);
	for (unsigned i = 0; i < 29; i++) {
		pass(100 * MS);
		in(". 1:1(0) ack 1 win 0");
	}
	check(socket_error(s) == 0);
	pass(100 * MS);
	harness_deaf(false);
	check(socket_error(s) == -ETIMEDOUT);
}

/* Idleness is no waiting. */
Test(tcp_user_timeout, idle_connections_live_on)
{
	struct socket *s = passive_open();
	socket_set_user_timeout(s, 3 * SECOND);
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	in(". 1:1(0) ack 11");
	quiet_for(48 * 3600 * SECOND);
	check(socket_error(s) == 0);
}

/* Text behind a cork waits for its own user, not for the peer: an old stall does not count against it. */
Test(tcp_user_timeout, a_cork_is_no_waiting)
{
	struct socket *s = passive_open();
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	in(". 1:1(0) ack 11");
	pass(100 * SECOND);
	socket_set_cork(s, true);
	app_write(s, 10);
	quiet();
	socket_set_user_timeout(s, 100 * MS);
	after(200 * MS);
	out("P. 11:21(10) ack 1");
	check(socket_error(s) == 0);
}

/* Set while data waits already, it takes effect. */
Test(tcp_user_timeout, set_while_data_waits)
{
	struct socket *s = passive_open();
	app_write(s, 10);
	harness_deaf(true);
	pass(2 * SECOND);
	socket_set_user_timeout(s, 2100 * MS);
	pass(100 * MS);
	check(socket_error(s) == -ETIMEDOUT);
	harness_deaf(false);
}

/* A SYN is given up by it too; what the network said of it is the better reason. */
Test(tcp_user_timeout, of_a_syn)
{
	struct socket *s = app_connect();
	socket_set_user_timeout(s, 2 * SECOND);
	out("S 0:0(0)");
	after(SECOND);
	out("S 0:0(0)");
	after(SECOND);
	check(socket_error(s) == -ETIMEDOUT);
}

/* RFC 9293 3.9.2.2, MUST-56: an ICMP error is only a soft one, until the limit comes: then it is told. */
Test(tcp_user_timeout, tells_what_the_network_said)
{
	struct socket *s = passive_open();
	socket_set_user_timeout(s, 3 * SECOND);
	app_write(s, 10);
	struct frame lost = out_frame();
	struct frame error = frame_icmp_about(3, 1, &lost);
	in_frame(&error);
	harness_deaf(true);
	pass(3 * SECOND - 1);
	check(socket_error(s) == 0);
	pass(1);
	harness_deaf(false);
	check(socket_error(s) == -EHOSTUNREACH);
}

/* With keepalive it takes the place of the number of probes, as in Linux. */
Test(tcp_user_timeout, with_keepalive)
{
	struct socket *s = passive_open();
	socket_set_user_timeout(s, 15 * SECOND);
	keep_alive(s, 2);
	two_probes();
	after(2 * SECOND);
	out(". 0:0(0) ack 1");
	after(2 * SECOND);
	out("R. 1:1(0) ack 1");
	check(socket_error(s) == -ETIMEDOUT);
}

/* Even where it is shorter than the idle time, the peer is asked once. */
Test(tcp_user_timeout, shorter_than_keepalive_is_idle)
{
	struct socket *s = passive_open();
	socket_set_user_timeout(s, 5 * SECOND);
	keep_alive(s, 9);
	after(10 * SECOND);
	out(". 0:0(0) ack 1");
	after(2 * SECOND);
	out("R. 1:1(0) ack 1");
	check(socket_error(s) == -ETIMEDOUT);
}
