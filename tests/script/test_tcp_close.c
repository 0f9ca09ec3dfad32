/* SPDX-License-Identifier: MIT
 *
 * Scripts about closing (RFC 9293 3.6, 3.10.4 and 3.10.7.4 eighth): every order in which two ends can do it.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/harness/harness.h"

TestSuite(tcp_close, .init = harness_start, .fini = harness_end);

#define TWO_MSL (60 * SECOND)

/* The connection is gone: a segment of it draws a RST, from the listener (RFC 9293 3.10.7.2) or from nobody (3.10.7.1). */
static void gone_as(enum drop_reason reason, unsigned seq, unsigned ack)
{
	in(". %u:%u(0) ack %u", seq, seq, ack);
	assert_dropped(reason);
	out("R %u:%u(0)", ack, ack);
}

static void gone(unsigned seq, unsigned ack)
{
	gone_as(DROP_TCP_ACK, seq, ack);
}

/* --- Who closes first -------------------------------------------------------------------------------------------- */

/* Figure 12 of RFC 9293 3.6; MUST-13: the active closer waits for 2 MSL. */
Test(tcp_close, active)
{
	struct socket *s = passive_open();
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in(". 1:1(0) ack 2");
	quiet();
	in("F. 1:1(0) ack 2");
	out(". 2:2(0) ack 2");
	quiet_for(TWO_MSL - 1);
	in("F. 1:1(0) ack 2"); /* still there: TIME-WAIT acknowledges the FIN again */
	out(". 2:2(0) ack 2");
	quiet_for(TWO_MSL - 1); /* and has begun anew */
	in("F. 1:1(0) ack 2");
	out(". 2:2(0) ack 2");
	quiet_for(TWO_MSL);
	gone(2, 2);
}

Test(tcp_close, passive)
{
	struct socket *s = passive_open();
	in("F. 1:1(0) ack 1");
	out(". 1:1(0) ack 2");
	check(socket_ready(s) & SOCKET_READABLE);
	app_read_gives(s, 0);
	app_read_gives(s, 0);
	quiet_for(1000 * SECOND); /* CLOSE-WAIT has no end of its own */
	socket_close(s);
	out("F. 1:1(0) ack 2");
	in(". 2:2(0) ack 2");
	quiet();
	gone(2, 2);
}

/* Figure 13 of RFC 9293 3.6 */
Test(tcp_close, simultaneous)
{
	struct socket *s = passive_open();
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in("F. 1:1(0) ack 1");
	out(". 2:2(0) ack 2"); /* CLOSING */
	in(". 2:2(0) ack 2");
	quiet_for(TWO_MSL);
	gone(2, 2);
}

/* The peer's FIN acknowledges ours: FIN-WAIT-1 straight to TIME-WAIT. */
Test(tcp_close, fin_that_acknowledges_ours)
{
	struct socket *s = passive_open();
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in("F. 1:1(0) ack 2");
	out(". 2:2(0) ack 2");
	quiet_for(TWO_MSL);
	gone(2, 2);
}

Test(tcp_close, active_of_a_connection_that_we_opened)
{
	struct socket *s = active_open();
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in("F. 1:1(0) ack 2");
	out(". 2:2(0) ack 2");
	quiet_for(TWO_MSL);
	gone_as(DROP_TCP_NO_CONNECTION, 2, 2);
}

/* --- With data --------------------------------------------------------------------------------------------------- */

/* A FIN is sent with the last of the data, and not before it. */
Test(tcp_close, our_fin_rides_on_the_last_data)
{
	struct socket *s = passive_open();
	app_write(s, 1500);
	socket_close(s);
	out(". 1:1001(1000) ack 1");
	out("FP. 1001:1501(500) ack 1");
	in(". 1:1(0) ack 1502");
	quiet();
	in("F. 1:1(0) ack 1502");
	out(". 1502:1502(0) ack 2");
}

/* It takes its place behind data that the window holds back, and it takes a place in the window. */
Test(tcp_close, our_fin_waits_for_the_window)
{
	struct socket *s = passive_open_with("mss 1000", 65535, 1000);
	app_write(s, 2000);
	socket_close(s);
	out(". 1:1001(1000) ack 1");
	in(". 1:1(0) ack 1001 win 1000");
	out("P. 1001:2001(1000) ack 1");
	in(". 1:1(0) ack 2001 win 1000");
	out("F. 2001:2001(0) ack 1");
	in(". 1:1(0) ack 2002 win 1000");
	quiet();
}

/* A FIN with data is an offset in the stream: the data is read first. */
Test(tcp_close, fin_with_data)
{
	struct socket *s = passive_open();
	in("FP. 1:11(10) ack 1");
	out(". 1:1(0) ack 12");
	app_read(s, 10);
	app_read_gives(s, 0);
}

/* A FIN ahead of its time waits until all that is before it is there. */
Test(tcp_close, fin_out_of_order)
{
	struct socket *s = passive_open();
	in("FP. 11:21(10) ack 1");
	out(". 1:1(0) ack 1");
	app_read_gives(s, -EAGAIN);
	in(". 1:11(10) ack 1");
	out(". 1:1(0) ack 22");
	app_read(s, 20);
	app_read_gives(s, 0);
}

Test(tcp_close, bare_fin_out_of_order)
{
	struct socket *s = passive_open();
	for (unsigned i = 0; i < 2; i++) { /* answered each time (RFC 5681 4.2) */
		in("F. 11:11(0) ack 1");
		out(". 1:1(0) ack 1");
	}
	app_read_gives(s, -EAGAIN);
	in(". 1:11(10) ack 1");
	out(". 1:1(0) ack 12");
	app_read(s, 10);
	app_read_gives(s, 0);
}

/* A FIN that comes twice is acknowledged twice. */
Test(tcp_close, duplicate_fin_is_acknowledged_again)
{
	passive_open();
	in("F. 1:1(0) ack 1");
	out(". 1:1(0) ack 2");
	in("F. 1:1(0) ack 1");
	out(". 1:1(0) ack 2");
}

/* RFC 9293 3.10.7.4 seventh: in CLOSE-WAIT and later there can be no text; what comes is ignored. */
Test(tcp_close, text_after_the_fin_is_ignored)
{
	struct socket *s = passive_open();
	in("F. 1:1(0) ack 1");
	out(". 1:1(0) ack 2");
	harness_deaf(true);
	in("P. 2:12(10) ack 1");
	quiet();
	harness_deaf(false);
	app_read_gives(s, 0);
	app_write(s, 3);
	out("P. 1:4(3) ack 2");
}

/* --- Half-close -------------------------------------------------------------------------------------------------- */

/* MAY-1 and the rule of RFC 9293 3.6 that a closer goes on receiving until the other has closed too. */
Test(tcp_close, we_shut_our_side_and_go_on_reading)
{
	struct socket *s = passive_open();
	app_write(s, 5);
	check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
	out("FP. 1:6(5) ack 1");
	check(socket_send(s, "x", 1) == -EPIPE);
	in(". 1:1(0) ack 7");
	in("P. 1:11(10) ack 7");
	app_read(s, 10);
	pass(SECOND);
	out(". 7:7(0) ack 11");
	quiet_for(1000 * SECOND);
	in("FP. 11:21(10) ack 7");
	out(". 7:7(0) ack 22");
	app_read(s, 10);
	app_read_gives(s, 0);
	check(socket_ready(s) & SOCKET_HANGUP);
}

Test(tcp_close, the_peer_shuts_its_side_and_we_go_on_writing)
{
	struct socket *s = passive_open();
	in("F. 1:1(0) ack 1");
	out(". 1:1(0) ack 2");
	app_read_gives(s, 0);
	app_write(s, 2500);
	out(". 1:1001(1000) ack 2");
	out(". 1001:2001(1000) ack 2");
	out("P. 2001:2501(500) ack 2");
	in(". 2:2(0) ack 2501");
	socket_close(s);
	out("F. 2501:2501(0) ack 2");
	in(". 2:2(0) ack 2502");
	gone(2, 2502);
}

/* --- Retransmission ---------------------------------------------------------------------------------------------- */

/* In FIN-WAIT-1 and in CLOSING an unacknowledged FIN is sent again. */
Test(tcp_close, our_fin_is_retransmitted)
{
	struct socket *s = passive_open();
	socket_close(s);
	out("F. 1:1(0) ack 1");
	after(200 * MS);
	out("F. 1:1(0) ack 1");
	after(400 * MS);
	out("F. 1:1(0) ack 1");
	in("F. 1:1(0) ack 1");
	out(". 2:2(0) ack 2");
	pass(SECOND);
	out("F. 1:1(0) ack 2");
	in(". 2:2(0) ack 2");
	quiet_for(TWO_MSL);
}

Test(tcp_close, our_fin_is_retransmitted_in_last_ack)
{
	struct socket *s = passive_open();
	in("F. 1:1(0) ack 1");
	out(". 1:1(0) ack 2");
	socket_close(s);
	out("F. 1:1(0) ack 2");
	after(200 * MS);
	out("F. 1:1(0) ack 2");
	in(". 2:2(0) ack 2");
	gone(2, 2);
}

/* --- Ends without ceremony --------------------------------------------------------------------------------------- */

/* RFC 2525 2.17, SHLD-3: closing with unread text says RST, so that the peer knows. */
Test(tcp_close, with_unread_data_it_resets)
{
	struct socket *s = passive_open();
	in("P. 1:11(10) ack 1");
	app_read(s, 9);
	socket_close(s);
	struct frame frame = out_frame();
	check((frame.bytes[AT_TCP_FLAGS] & 0x04) && peek32(&frame, AT_TRANSPORT + 4) == flow_current()->our_isn + 1);
	gone(11, 1);
}

/* SHLD-3: text that comes when nobody can read it any more draws a RST. */
Test(tcp_close, text_after_close_is_reset)
{
	struct socket *s = passive_open();
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in(". 1:1(0) ack 2");
	in("P. 1:11(10) ack 2");
	assert_dropped(DROP_TCP_CLOSED);
	struct frame frame = out_frame();
	check(frame.bytes[AT_TCP_FLAGS] & 0x04);
	gone(11, 2);
}

/* RFC 9293 3.10.5: ABORT says RST with our next number, and nothing more. */
Test(tcp_close, abort_resets)
{
	struct socket *s = passive_open();
	app_write(s, 1000);
	out("P. 1:1001(1000) ack 1");
	socket_abort(s);
	struct frame frame = out_frame();
	check((frame.bytes[AT_TCP_FLAGS] & 0x04) && peek32(&frame, AT_TRANSPORT + 4) == flow_current()->our_isn + 1001);
	quiet_for(1000 * SECOND);
}

/* RFC 9293 3.10.4: closing in SYN-SENT deletes the TCB without a word. */
Test(tcp_close, while_connecting_is_silent)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	socket_close(s);
	quiet_for(1000 * SECOND);
	in("S. 0:0(0) ack 1 <mss 1000>");
	assert_dropped(DROP_TCP_NO_CONNECTION);
	out("R 1:1(0)");
}

/* RFC 9293 3.10.5: so does ABORT; the peer knows of no connection yet. */
Test(tcp_close, abort_while_connecting_is_silent)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	socket_abort(s);
	quiet_for(1000 * SECOND);
}

/* Closing in SYN-RECEIVED (a simultaneous open) sends the FIN in its turn. */
Test(tcp_close, in_syn_received_sends_fin)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	socket_close(s);
	pass(0);
	in(". 1:1(0) ack 1");
	out("F. 1:1(0) ack 1");
	in("F. 1:1(0) ack 2");
	out(". 2:2(0) ack 2");
}

/* A listener that closes resets what nobody accepted, and forgets what is half open. */
Test(tcp_close, listener_resets_what_waits)
{
	struct socket *listener = app_listen();
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 1");
	flow_select(1);
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	socket_close(listener);
	flow_select(0);
	struct frame frame = out_frame();
	check(frame.bytes[AT_TCP_FLAGS] & 0x04);
	quiet_for(1000 * SECOND);
	flow_select(1);
	gone_as(DROP_TCP_NO_CONNECTION, 1, 1);
}

/* An orphan in FIN-WAIT-2 does not wait for its peer for ever (RFC 9293 leaves it open; Linux: 60 s). */
Test(tcp_close, orphan_in_fin_wait_2_is_forgotten)
{
	struct socket *s = passive_open();
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in(". 1:1(0) ack 2");
	quiet_for(60 * SECOND);
	gone(1, 2);
}

/* But one whose application still reads does wait. */
Test(tcp_close, fin_wait_2_with_a_reader_is_kept)
{
	struct socket *s = passive_open();
	check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
	out("F. 1:1(0) ack 1");
	in(". 1:1(0) ack 2");
	quiet_for(1000 * SECOND);
	in("P. 1:11(10) ack 2");
	app_read(s, 10);
	pass(SECOND);
	out(". 2:2(0) ack 11");
}

/* --- TIME-WAIT --------------------------------------------------------------------------------------------------- */

static void into_time_wait(const char *options)
{
	struct socket *s = passive_open_with(options, 65535, 65535);
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in("F. 1:1(0) ack 2 %s", options[0] == 'T' ? "<nop,nop,TS val 1002 ecr last>" : "");
	out(". 2:2(0) ack 2");
}

/* RFC 1337: a RST is not always obeyed; whatever we do, old duplicates of text do no harm and are answered with the
 * last ACK. */
Test(tcp_close, attack_old_duplicates_in_time_wait)
{
	into_time_wait("");
	in("P. -8:2(10) ack 2");
	out(". 2:2(0) ack 2");
	in("P. -9:1(10) ack 2");
	out(". 2:2(0) ack 2");
	quiet();
}

/* A pure ACK that is in order is not answered, or two in TIME-WAIT would talk for ever. */
Test(tcp_close, pure_acks_in_time_wait_are_not_answered)
{
	into_time_wait("");
	in(". 2:2(0) ack 2");
	quiet();
}

/* While one end waits, the port can be listened on and other peers can come (MUST-42). */
Test(tcp_close, time_wait_does_not_hold_the_port)
{
	into_time_wait("");
	flow_select(1);
	passive_open();
}

/* Destroying a stack in every state gives all memory back: harness_end() looks. */
Test(tcp_close, destroyed_in_every_state)
{
	struct socket *s = passive_open();
	flow_select(1);
	struct socket *t = passive_open();
	flow_select(2);
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	flow_select(1);
	socket_close(t);
	out("F. 1:1(0) ack 1");
	flow_select(0);
	app_write(s, 5000);
	for (unsigned i = 0; i < 5; i++)
		out_frame();
	in(". 101:201(100) ack 1");
	out(". 5001:5001(0) ack 1");
}

/* What was never read in TIME-WAIT is nobody's loss but ours: no RST, and TIME-WAIT goes on (MUST-13). */
Test(tcp_close, unread_text_does_not_end_time_wait)
{
	struct socket *s = passive_open();
	socket_shutdown(s, SOCKET_SHUTDOWN_WRITE);
	out("F. 1:1(0) ack 1");
	in(". 1:1(0) ack 2");
	in("FP. 1:11(10) ack 2");
	out(". 2:2(0) ack 12");
	socket_close(s);
	quiet();
	in("FP. 1:11(10) ack 2");
	out(". 2:2(0) ack 12");
}

/* Text beyond the peer's own FIN is dropped by name. */
Test(tcp_close, text_after_the_fin_is_named)
{
	passive_open();
	in("F. 1:1(0) ack 1");
	out(". 1:1(0) ack 2");
	in("P. 2:12(10) ack 1");
	assert_dropped(DROP_TCP_AFTER_FIN);
	quiet_for(SECOND);
}
