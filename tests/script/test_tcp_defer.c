/* SPDX-License-Identifier: MIT
 *
 * Scripts about two patiences that an application sets: a listener's with a peer that connects and says nothing
 * (socket_set_defer_accept), and a closed socket's with one that does not close (socket_set_fin_wait_2).
 */
#include <criterion/criterion.h>

#include "tests/harness/harness.h"

TestSuite(tcp_defer, .init = harness_start, .fini = harness_end);
TestSuite(tcp_fin_wait, .init = harness_start, .fini = harness_end);

/* --- Deferred accepts -------------------------------------------------------------------------------------------- */

static struct socket *deferring_listener(void)
{
	struct socket *l = app_listen();
	socket_set_defer_accept(l, 3 * SECOND);
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	return l;
}

/* A bare ACK is not enough, however often it comes; and the SYN,ACK does not go again as if it were lost. */
Test(tcp_defer, a_bare_ack_is_not_enough)
{
	struct socket *l = deferring_listener();
	pass(500 * MS);
	in(". 1:1(0) ack 1");
	assert_dropped(DROP_TCP_DEFERRED);
	check(!(socket_ready(l) & SOCKET_READABLE) && !socket_accept(l));
	quiet_for(2 * SECOND);
	in(". 1:1(0) ack 1");
	assert_dropped(DROP_TCP_DEFERRED);
	check(!socket_accept(l));
}

/* Text is. */
Test(tcp_defer, text_is_enough)
{
	deferring_listener();
	in(". 1:1(0) ack 1");
	in("P. 1:5(4) ack 1");
	struct socket *s = app_accept();
	after(40 * MS);
	out(". 1:1(0) ack 5");
	app_read(s, 4);
	quiet_for(1000 * SECOND);
}

/* So is an end of stream. */
Test(tcp_defer, a_fin_is_enough)
{
	deferring_listener();
	in("F. 1:1(0) ack 1");
	out(". 1:1(0) ack 2");
	app_read_gives(app_accept(), 0);
}

/* When the time is over the peer is reminded, and its ACK counts. */
Test(tcp_defer, patience_ends)
{
	struct socket *l = deferring_listener();
	pass(500 * MS);
	in(". 1:1(0) ack 1");
	after(2500 * MS);
	out("S. 0:0(0) ack 1");
	check(!socket_accept(l));
	in(". 1:1(0) ack 1");
	assert_not_dropped();
	app_accept();
	quiet_for(1000 * SECOND);
}

/* A peer that never answers is not waited for any longer than otherwise: its SYN,ACK goes again after a second. */
Test(tcp_defer, a_lost_syn_ack_goes_again)
{
	deferring_listener();
	after(SECOND);
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 1");
	after(2 * SECOND);
	out("S. 0:0(0) ack 1");
}

/* --- FIN-WAIT-2 -------------------------------------------------------------------------------------------------- */

/* The peer never closes: after the time that was set nobody waits any more. */
Test(tcp_fin_wait, ends_after_the_time_that_was_set)
{
	struct socket *s = passive_open();
	socket_set_fin_wait_2(s, SECOND);
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in(". 1:1(0) ack 2");
	quiet_for(SECOND - 1);
	check(stack_connections(harness_stack()) == 1);
	quiet_for(1);
	check(stack_connections(harness_stack()) == 0);
	in(". 1:1(0) ack 2");
	out("R 2:2(0)");
}

/* 0 stands for the minute that it is at first; and it counts from the close where our FIN was acknowledged before. */
Test(tcp_fin_wait, is_a_minute_otherwise)
{
	struct socket *s = passive_open();
	socket_set_fin_wait_2(s, SECOND);
	socket_set_fin_wait_2(s, 0);
	socket_shutdown(s, SOCKET_SHUTDOWN_WRITE);
	out("F. 1:1(0) ack 1");
	in(". 1:1(0) ack 2");
	quiet_for(100 * SECOND);
	socket_close(s);
	quiet_for(60 * SECOND - 1);
	check(stack_connections(harness_stack()) == 1);
	quiet_for(1);
	check(stack_connections(harness_stack()) == 0);
}
