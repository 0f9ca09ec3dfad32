/* SPDX-License-Identifier: MIT
 *
 * Scripts about segments that are out of step, in each synchronized state (RFC 9293 3.10.7.4 first and fifth): each
 * is answered by a bare ACK that says where we are, or by nothing, and none of them moves the state: afterwards the
 * connection goes on and closes in order.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/harness/harness.h"

TestSuite(tcp_unacceptable, .init = harness_start, .fini = harness_end);

static bool in_time_wait; /* where a SYN beyond the window begins a new connection */

/* A connection at `seq` of ours and `ack` of the peer's draws this ACK for segments of every kind outside its
 * window. */
static void refuses(unsigned seq, unsigned ack, unsigned window)
{
	static const char *const flags[] = {"P.", "F.", "FP.", "S.", "S"};
	for (unsigned beyond = 0; beyond < 3; beyond++)
		for (unsigned i = 0; i < (in_time_wait ? 4 : 5); i++) {
			unsigned at = ack + window + beyond, length = flags[i][0] == 'S' ? 0 : 10;
			quiet_for(SECOND); /* challenge ACKs may be rate-limited */
			in("%s %u:%u(%u) ack %u", flags[i], at, at + length, length, seq);
			out(". %u:%u(0) ack %u", seq, seq, ack);
		}
	quiet_for(SECOND);
	in(". %u:%u(0) ack %u", ack + window + 1, ack + window + 1, seq); /* a bare ACK beyond the window */
	out(". %u:%u(0) ack %u", seq, seq, ack);
	quiet_for(SECOND);
	in(". %u:%u(0) ack %u", ack, ack, seq + 1); /* an ACK of what was not sent */
	assert_dropped(DROP_TCP_ACK);
	out(". %u:%u(0) ack %u", seq, seq, ack);
	quiet_for(SECOND);
}

Test(tcp_unacceptable, in_established)
{
	struct socket *s = passive_open();
	refuses(1, 1, 65535);
	in("P. 1:11(10) ack 1");
	app_read(s, 10);
	socket_close(s);
	out("F. 1:1(0) ack 11");
}

Test(tcp_unacceptable, in_fin_wait_2)
{
	struct socket *s = passive_open();
	check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
	out("F. 1:1(0) ack 1");
	in(". 1:1(0) ack 2");
	refuses(2, 1, 65535);
	in("F. 1:1(0) ack 2");
	out(". 2:2(0) ack 2");
}

Test(tcp_unacceptable, in_close_wait)
{
	struct socket *s = passive_open();
	in("F. 1:1(0) ack 1");
	out(". 1:1(0) ack 2");
	refuses(1, 2, 65535);
	socket_close(s);
	out("F. 1:1(0) ack 2");
	in(". 2:2(0) ack 2");
	quiet_for(100 * SECOND);
}

Test(tcp_unacceptable, in_time_wait)
{
	struct socket *s = passive_open();
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in("F. 1:1(0) ack 2");
	out(". 2:2(0) ack 2");
	in_time_wait = true;
	refuses(2, 2, 65535);
	quiet_for(61 * SECOND);
	in(". 2:2(0) ack 2");
	out("R 2:2(0)");
}

/* In FIN-WAIT-1, CLOSING and LAST-ACK our FIN is in flight, so that an ACK of it is not beyond what was sent. */
Test(tcp_unacceptable, while_our_fin_is_in_flight)
{
	for (unsigned i = 0; i < 3; i++) {
		flow_select(i);
		struct socket *s = passive_open();
		unsigned theirs = 1;
		if (i == 2) { /* LAST-ACK */
			in("F. 1:1(0) ack 1");
			out(". 1:1(0) ack 2");
			theirs = 2;
		}
		socket_close(s);
		out("F. 1:1(0) ack %u", theirs);
		if (i == 1) { /* CLOSING */
			in("F. 1:1(0) ack 1");
			out(". 2:2(0) ack 2");
			theirs = 2;
		}
		in("P. 70001:70011(10) ack 1");
		assert_dropped(DROP_TCP_SEQUENCE);
		out(". 2:2(0) ack %u", theirs);
		in(". %u:%u(0) ack 3", theirs, theirs);
		assert_dropped(DROP_TCP_ACK);
		out(". 2:2(0) ack %u", theirs);
		if (i == 0) {
			in("F. 1:1(0) ack 2");
			out(". 2:2(0) ack 2");
		} else {
			in(". 2:2(0) ack 2");
		}
		quiet_for(100 * SECOND);
	}
}
