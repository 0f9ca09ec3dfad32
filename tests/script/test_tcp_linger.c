/* SPDX-License-Identifier: MIT
 *
 * Scripts about what socket_close() does (socket_set_linger): end in order, reset at once, or give the peer so much time. What a blocking close
 * adds is apps/host's.
 */
#include <criterion/criterion.h>

#include "tests/harness/harness.h"

TestSuite(tcp_linger, .init = harness_start, .fini = harness_end);

static void gone(unsigned ack)
{
	in(". 1:1(0) ack %u", ack);
	out("R %u:%u(0)", ack, ack);
	check(stack_connections(harness_stack()) == 0);
}

/* Off: in order, with or without data (RFC 9293 3.6). */
Test(tcp_linger, off)
{
	struct socket *s = passive_open();
	socket_set_linger(s, true, 0);
	socket_set_linger(s, false, 0);
	app_write(s, 10);
	socket_close(s);
	out("FP. 1:11(10) ack 1");
	in("F. 1:1(0) ack 12");
	out(". 12:12(0) ack 2");
}

/* Time 0: ABORT (RFC 9293 3.10.5). What has not been sent is lost. */
Test(tcp_linger, for_no_time)
{
	struct socket *s = passive_open();
	socket_set_linger(s, true, 0);
	socket_close(s);
	out("R. 1:1(0) ack 1");
	gone(1);

	flow_select(1);
	s = passive_open();
	socket_set_linger(s, true, 0);
	app_write(s, 10);
	socket_close(s);
	out("R. 1:1(0) ack 1");
	gone(1);
}

/* The same after the write side was shut, and in CLOSE-WAIT; */
Test(tcp_linger, for_no_time_when_half_closed)
{
	struct socket *s = passive_open();
	socket_set_linger(s, true, 0);
	check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
	out("F. 1:1(0) ack 1");
	socket_close(s);
	out("R. 2:2(0) ack 1");
	gone(2);

	flow_select(1);
	s = passive_open();
	socket_set_linger(s, true, 0);
	check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
	out("F. 1:1(0) ack 1");
	in(". 1:1(0) ack 2");
	socket_close(s); /* FIN-WAIT-2 */
	out("R. 2:2(0) ack 1");
	gone(2);

	flow_select(2);
	s = passive_open();
	socket_set_linger(s, true, 0);
	in("F. 1:1(0) ack 1");
	out(". 1:1(0) ack 2");
	socket_close(s);
	out("R. 1:1(0) ack 2");
	gone(1);
}

/* but a SYN is only forgotten, and where both sides have sent FIN there is nothing left to reset (RFC 9293 3.10.5). */
Test(tcp_linger, for_no_time_where_nobody_needs_a_reset)
{
	struct socket *s = app_connect();
	socket_set_linger(s, true, 0);
	out("S 0:0(0)");
	socket_close(s);
	quiet_for(1000 * SECOND);

	flow_forget();
	flow_select(1);
	s = passive_open();
	socket_set_linger(s, true, 0);
	in("F. 1:1(0) ack 1");
	out(". 1:1(0) ack 2");
	check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
	out("F. 1:1(0) ack 2");
	socket_close(s); /* LAST-ACK */
	quiet_for(1000 * SECOND);
	check(stack_connections(harness_stack()) == 0);
}

/* A socket that is not connected never lingers. */
Test(tcp_linger, of_what_is_not_connected)
{
	struct socket *s = socket_open(harness_stack(), SOCKET_STREAM);
	socket_set_linger(s, true, 60 * SECOND);
	socket_close(s);
	quiet_for(1000 * SECOND);
	s = passive_open();
	socket_set_linger(s, true, 0);
	in("R 1:1(0)");
	socket_close(s);
	quiet();
}

/* For some time: in order where the peer acknowledges within it. Then it has the usual time for its own FIN. */
Test(tcp_linger, for_some_time_with_an_ack)
{
	struct socket *s = passive_open();
	socket_set_linger(s, true, 3 * SECOND);
	app_write(s, 10);
	socket_close(s);
	out("FP. 1:11(10) ack 1");
	pass(150 * MS);
	in(". 1:1(0) ack 12");
	quiet_for(50 * SECOND);
	in("F. 1:1(0) ack 12");
	out(". 12:12(0) ack 2");
	quiet_for(1000 * SECOND);
}

/* And a reset, to the microsecond, where it does not: with data, without, and after the write side was shut before. */
Test(tcp_linger, for_some_time_without_an_ack)
{
	for (unsigned i = 0; i < 3; i++) {
		unsigned end = i == 1 ? 12 : 2;
		flow_select(i);
		struct socket *s = passive_open();
		socket_set_linger(s, true, 3 * SECOND);
		if (i == 1)
			app_write(s, 10);
		if (i == 2)
			check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
		socket_close(s);
		harness_deaf(true);
		pass(3 * SECOND - 1);
		harness_deaf(false);
		check(stack_connections(harness_stack()) == 1);
		after(1);
		out("R. %u:%u(0) ack 1", end, end);
		gone(end);
	}
}

/* Data acknowledged, but not the FIN: that is not all. */
Test(tcp_linger, for_some_time_with_half_an_ack)
{
	struct socket *s = passive_open();
	socket_set_linger(s, true, SECOND);
	app_write(s, 10);
	socket_close(s);
	out("FP. 1:11(10) ack 1");
	in(". 1:1(0) ack 11");
	harness_deaf(true);
	pass(SECOND - 1);
	harness_deaf(false);
	after(1);
	out("R. 12:12(0) ack 1");
	gone(12);
}

/* A window that stays closed does not keep it either. */
Test(tcp_linger, for_some_time_behind_a_closed_window)
{
	struct socket *s = passive_open();
	in(". 1:1(0) ack 1 win 0");
	socket_set_linger(s, true, SECOND);
	app_write(s, 10);
	socket_close(s);
	for (unsigned i = 0; i < 2; i++) { /* at 0.2 and 0.6 s */
		after(200 * MS << i);
		out(". 0:0(0) ack 1");
		in(". 1:1(0) ack 1 win 0");
	}
	after(400 * MS);
	out("R. 1:1(0) ack 1");
	gone(1);
}

/* LAST-ACK, and CLOSING. */
Test(tcp_linger, for_some_time_when_the_peer_has_closed)
{
	struct socket *s = passive_open();
	in("F. 1:1(0) ack 1");
	out(". 1:1(0) ack 2");
	socket_set_linger(s, true, 100 * MS);
	socket_close(s);
	out("F. 1:1(0) ack 2");
	after(100 * MS);
	out("R. 2:2(0) ack 2");
	gone(2);

	flow_select(1);
	s = passive_open();
	socket_set_linger(s, true, 100 * MS);
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in("F. 1:1(0) ack 1");
	out(". 2:2(0) ack 2");
	after(100 * MS);
	out("R. 2:2(0) ack 2");
}

/* Unread text is worth a reset at once, lingering or not (RFC 2525 2.17). */
Test(tcp_linger, with_unread_text)
{
	struct socket *s = passive_open();
	socket_set_linger(s, true, 3 * SECOND);
	in("P. 1:11(10) ack 1");
	socket_close(s);
	out("R. 1:1(0) ack 11");
	gone(1);
}
