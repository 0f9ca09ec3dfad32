/* SPDX-License-Identifier: MIT
 *
 * Scripts about messages that are sent in parts: "more follows" (socket_send_more), and what makes the parts leave.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/harness/harness.h"

TestSuite(tcp_more, .init = harness_start, .fini = harness_end);

/* So many bytes of the pattern, with more to follow. */
static void send_more(struct socket *s, size_t length)
{
	uint8_t bytes[4000];

	for (size_t i = 0; i < length; i++)
		bytes[i] = pattern(flow_current()->written + i);
	check(socket_send_more(s, bytes, length) == (long)length);
	flow_current()->written += length;
}

/* What a head began, a body ends: one segment. */
Test(tcp_more, parts_leave_as_one)
{
	struct socket *s = passive_open();
	socket_set_nodelay(s, true);
	send_more(s, 100);
	quiet_for(100 * MS);
	send_more(s, 50);
	quiet();
	app_write(s, 10);
	out("P. 1:161(160) ack 1");
}

/* Full segments do not wait; the rest does, for 200 ms. */
Test(tcp_more, full_segments_leave_and_the_rest_after_200_ms)
{
	struct socket *s = passive_open();
	send_more(s, 100);
	after(200 * MS);
	out("P. 1:101(100) ack 1");
	send_more(s, 2100);
	out(". 101:1101(1000) ack 1");
	out(". 1101:2101(1000) ack 1");
	quiet();
	app_write(s, 10);
	quiet(); /* Nagle: a small segment is on its way */
	in(". 1:1(0) ack 101");
	out("P. 2101:2211(110) ack 1");
}

/* Whatever comes from the peer, the moment for waiting is over; Nagle's rule then holds for what is left. */
Test(tcp_more, an_ack_ends_the_waiting)
{
	struct socket *s = passive_open();
	app_write(s, 1000);
	out("P. 1:1001(1000) ack 1");
	send_more(s, 10);
	quiet();
	in(". 1:1(0) ack 1001");
	out("P. 1001:1011(10) ack 1");
}

/* Nothing was taken, so nothing follows. */
Test(tcp_more, of_nothing_holds_nothing_back)
{
	struct socket *s = passive_open();
	socket_set_cork(s, true);
	app_write(s, 10);
	check(socket_send_more(s, "", 0) == 0);
	socket_set_cork(s, false);
	out("P. 1:11(10) ack 1");
	socket_shutdown(s, SOCKET_SHUTDOWN_WRITE);
	out("F. 11:11(0) ack 1");
	check(socket_send_more(s, "x", 1) == -EPIPE);
}

/* The end of the stream is the last part. */
Test(tcp_more, a_fin_lets_go)
{
	struct socket *s = passive_open();
	send_more(s, 10);
	socket_shutdown(s, SOCKET_SHUTDOWN_WRITE);
	out("FP. 1:11(10) ack 1");
}

/* Turning Nagle off pushes all that is held back, whatever holds it: once. */
Test(tcp_more, nodelay_pushes)
{
	struct socket *s = passive_open();
	socket_set_cork(s, true);
	app_write(s, 40);
	quiet();
	socket_set_nodelay(s, true);
	out("P. 1:41(40) ack 1");
	in(". 1:1(0) ack 41");
	app_write(s, 1040); /* and the cork goes on */
	out(". 41:1041(1000) ack 1");
	socket_set_nodelay(s, true);
	out("P. 1041:1081(40) ack 1");
	in(". 1:1(0) ack 1081");
	socket_set_cork(s, false);
	send_more(s, 40);
	quiet();
	socket_set_nodelay(s, true);
	out("P. 1081:1121(40) ack 1");
}
