/* SPDX-License-Identifier: MIT
 *
 * Scripts about RST: when we send one (RFC 9293 3.5.2 and 3.10.7.1), when we believe one, and what a blind attacker
 * gets instead (RFC 5961, RFC 9293 3.10.7.3 and 3.10.7.4).
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/harness/harness.h"

TestSuite(tcp_reset, .init = harness_start, .fini = harness_end);

/* The connection stands: text goes both ways. */
static void stands(struct socket *s)
{
	in("P. 1:11(10) ack 1");
	app_read(s, 10);
	app_write(s, 10);
	out("P. 1:11(10) ack 11");
}

/* --- Closed port (RFC 9293 3.10.7.1) ----------------------------------------------------------------------------- */

/* No ACK: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>, where SYN and FIN count. */
Test(tcp_reset, closed_port_without_ack)
{
	in("S 0:0(0) <mss 1000>");
	assert_dropped(DROP_TCP_NO_CONNECTION);
	out("R. 0:0(0) ack 1 win 0 <>");
	in("S 0:10(10)");
	out("R. 0:0(0) ack 11");
	in("- 5:15(10)");
	out("R. 0:0(0) ack 15");
	in("F 5:15(10)");
	out("R. 0:0(0) ack 16");
	in("SF 5:15(10)");
	out("R. 0:0(0) ack 17");
}

/* ACK: <SEQ=SEG.ACK><CTL=RST> */
Test(tcp_reset, closed_port_with_ack)
{
	in(". 5:5(0) ack 77");
	assert_dropped(DROP_TCP_NO_CONNECTION);
	out("R 77:77(0) win 0 <>");
	in("S. 0:0(0) ack =4294967295 <mss 1000>");
	out("R =4294967295:4294967295(0)");
	in("FP. 5:15(10) ack 0");
	out("R 0:0(0)");
}

/* Never a RST about a RST. */
Test(tcp_reset, closed_port_with_rst)
{
	in("R 5:5(0)");
	assert_dropped(DROP_TCP_NO_CONNECTION);
	quiet();
	in("R. 5:5(0) ack 77");
	assert_dropped(DROP_TCP_NO_CONNECTION);
	quiet();
}

/* Nothing is said about a segment whose checksum is wrong. */
Test(tcp_reset, closed_port_with_a_wrong_checksum)
{
	struct frame frame = frame_tcp("S 0:0(0) <mss 1000>");
	frame.bytes[AT_TCP_CHECKSUM] ^= 1;
	in_frame(&frame);
	assert_dropped(DROP_TCP_CHECKSUM);
	quiet();
}

/* --- LISTEN (RFC 9293 3.10.7.2) ---------------------------------------------------------------------------------- */

Test(tcp_reset, listener)
{
	app_listen();
	in("R 5:5(0)"); /* first: RST ignored */
	quiet();
	in(". 5:5(0) ack 77"); /* second: any ACK is bad */
	out("R 77:77(0)");
	in("S. 5:5(0) ack 77");
	out("R 77:77(0)");
	in("- 5:15(10)"); /* fourth: anything else is dropped */
	quiet();
	in("F 5:5(0)");
	quiet();
	passive_open();
}

/* --- SYN-SENT (RFC 9293 3.10.7.3) -------------------------------------------------------------------------------- */

/* First: an ACK that is not of our SYN draws a RST, and the attempt goes on. */
Test(tcp_reset, syn_sent_bad_ack)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	in("S. 0:0(0) ack 0 <mss 1000>");
	assert_dropped(DROP_TCP_ACK);
	out("R 0:0(0)");
	in("S. 0:0(0) ack 2 <mss 1000>");
	out("R 2:2(0)");
	in(". 0:0(0) ack 2");
	out("R 2:2(0)");
	in("R. 0:0(0) ack 2"); /* with a RST: silence */
	quiet();
	in("S. 0:0(0) ack 1 <mss 1000>");
	out(". 1:1(0) ack 1");
	check(socket_ready(s) == SOCKET_WRITABLE);
}

/* Second: RST with an acceptable ACK: refused. */
Test(tcp_reset, syn_sent_rst_with_ack_refuses)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	in("R. 0:0(0) ack 1");
	check(socket_ready(s) & SOCKET_ERROR);
	check(socket_error(s) == -ECONNREFUSED);
	quiet_for(1000 * SECOND);
	check(counted(COUNT_TCP_RESETS_IN) == 1);
}

/* RST without an ACK: dropped. */
Test(tcp_reset, syn_sent_rst_without_ack_is_ignored)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	in("R 0:0(0)");
	assert_dropped(DROP_TCP_RST);
	check(socket_ready(s) == 0);
	in("S. 0:0(0) ack 1 <mss 1000>");
	out(". 1:1(0) ack 1");
}

/* Fifth: neither SYN nor RST: dropped. FIN too (RFC 9293 3.10.7.4 eighth: do not process a FIN in SYN-SENT). */
Test(tcp_reset, syn_sent_drops_what_is_neither_syn_nor_rst)
{
	app_connect();
	out("S 0:0(0)");
	in(". 0:0(0) ack 1");
	quiet();
	in("P. 1:11(10) ack 1");
	quiet();
	in("F. 0:0(0) ack 1");
	quiet();
	in("F 0:0(0)");
	quiet();
	in("- 0:0(0)");
	quiet();
}

/* --- SYN-RECEIVED ------------------------------------------------------------------------------------------------ */

/* RFC 9293 3.10.7.4 fifth: an ACK outside SND.UNA < SEG.ACK =< SND.NXT draws <SEQ=SEG.ACK><CTL=RST>. */
Test(tcp_reset, syn_received_bad_ack)
{
	app_listen();
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 0");
	assert_dropped(DROP_TCP_ACK);
	out("R 0:0(0)");
	in(". 1:1(0) ack 2");
	out("R 2:2(0)");
	in(". 1:1(0) ack 1");
	app_accept();
}

/* RFC 9293 3.10.7.4 second: a RST takes a passive open back to LISTEN. */
Test(tcp_reset, syn_received_rst_returns_to_listen)
{
	app_listen();
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in("R 1:1(0)");
	quiet_for(100 * SECOND);
	in(". 1:1(0) ack 1");
	out("R 1:1(0)");
	flow_forget();
	passive_open();
}

/* RFC 9293 3.10.7.4 fourth: a SYN in the window of a passive open's SYN-RECEIVED takes it back to LISTEN. */
Test(tcp_reset, syn_received_syn_in_the_window_returns_to_listen)
{
	app_listen();
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in("S 100:100(0) <mss 1000>");
	assert_dropped(DROP_TCP_SYN);
	quiet_for(100 * SECOND);
	in(". 1:1(0) ack 1");
	out("R 1:1(0)");
}

/* An active open that became SYN-RECEIVED is refused. */
Test(tcp_reset, simultaneous_open_then_rst_refuses)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in("R 1:1(0)");
	check(socket_error(s) == -ECONNREFUSED);
	quiet_for(1000 * SECOND);
}

/* RFC 5961 3.2 holds here too: a RST in the window that is not exact is challenged. */
Test(tcp_reset, attack_syn_received_blind_rst)
{
	app_listen();
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in("R 100:100(0)");
	struct frame frame = out_frame();
	check((frame.bytes[AT_TCP_FLAGS] & 0x14) == 0x10);
	in(". 1:1(0) ack 1");
	app_accept();
}

/* RFC 9293 3.10.7.4 first: a RST outside of the window draws no answer, not even with the peer's SYN, or its SYN,ACK, around it. */
Test(tcp_reset, attack_syn_received_rst_with_the_syn)
{
	app_listen();
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in("SR 0:0(0)");
	assert_dropped(DROP_TCP_SEQUENCE);
	in("SR. 0:0(0) ack 1");
	assert_dropped(DROP_TCP_SEQUENCE);
	in(". 1:1(0) ack 1");
	app_accept();
}

/* --- Synchronized states ----------------------------------------------------------------------------------------- */

/* RFC 5961 3.2: exactly RCV.NXT resets; MUST-12: the application is told that it was no orderly close. */
Test(tcp_reset, exact_rst_resets)
{
	struct socket *s = passive_open();
	in("R 1:1(0)");
	check(socket_ready(s) & SOCKET_ERROR);
	app_read_gives(s, -ECONNRESET);
	quiet_for(1000 * SECOND);
	in(". 1:1(0) ack 1");
	out("R 1:1(0)");
}

/* SHLD-2: a RST may carry data (a reason in words). */
Test(tcp_reset, rst_with_data_resets)
{
	struct socket *s = passive_open();
	in("R. 1:11(10) ack 1");
	app_read_gives(s, -ECONNRESET);
}

/* MUST-66: also when our receive window is closed. */
Test(tcp_reset, exact_rst_resets_with_a_closed_window)
{
	struct stack_config config = harness_config();
	config.receive_buffer = 4096;
	harness_end();
	harness_start_with(&config);
	struct socket *s = passive_open();
	harness_deaf(true);
	in(". 1:1001(1000) ack 1");
	in(". 1001:2001(1000) ack 1");
	in(". 2001:3001(1000) ack 1");
	in(". 3001:4001(1000) ack 1");
	in(". 4001:4097(96) ack 1");
	pass(SECOND);
	harness_deaf(false);
	in("R 4097:4097(0)");
	check(socket_ready(s) & SOCKET_ERROR);
	check(socket_error(s) == -ECONNRESET);
}

/* RFC 5961 3.2: in the window, but not exact: a challenge ACK; a genuine peer then answers it with an exact RST. */
Test(tcp_reset, attack_rst_in_the_window_is_challenged)
{
	struct socket *s = passive_open();
	in("R 2:2(0)");
	assert_dropped(DROP_TCP_RST);
	out(". 1:1(0) ack 1");
	check(counted(COUNT_TCP_CHALLENGES) == 1);
	quiet_for(2 * SECOND);
	in("R 65535:65535(0)");
	out(". 1:1(0) ack 1");
	stands(s);
	in("R 11:11(0)");
	check(socket_error(s) == -ECONNRESET);
}

/* RFC 9293 3.10.7.4 first: outside the window it is dropped in silence. */
Test(tcp_reset, attack_rst_outside_the_window_is_dropped)
{
	struct socket *s = passive_open();
	in("R 0:0(0)");
	assert_dropped(DROP_TCP_SEQUENCE);
	quiet_for(2 * SECOND);
	in("R 70001:70001(0)");
	assert_dropped(DROP_TCP_SEQUENCE);
	quiet_for(2 * SECOND);
	in("R. 2147483649:2147483649(0) ack 1");
	assert_dropped(DROP_TCP_SEQUENCE);
	quiet_for(2 * SECOND);
	stands(s);
}

/* RFC 5961 4.2: a SYN inside a connection draws a challenge ACK, whatever its number. */
Test(tcp_reset, attack_syn_in_a_connection_is_challenged)
{
	static const int places[] = {0, 1, 2, 100, 70000, -100};
	struct socket *s = passive_open();
	for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
		in("S %d:%d(0) <mss 1000>", places[i], places[i]);
		out(". 1:1(0) ack 1");
		quiet_for(2 * SECOND);
		in("S. %d:%d(0) ack 1 <mss 1000>", places[i], places[i]);
		out(". 1:1(0) ack 1");
		quiet_for(2 * SECOND);
	}
	stands(s);
}

/* RFC 5961 7: challenge ACKs are rate-limited, so that a flood makes no flood; then they flow again. */
Test(tcp_reset, attack_challenge_acks_are_rate_limited)
{
	passive_open();
	harness_deaf(true);
	for (unsigned i = 0; i < 1000; i++)
		in("R 2:2(0)");
	quiet();
	harness_deaf(false);
	check(counted(COUNT_TCP_CHALLENGES) <= 100);
	check(counted(COUNT_TCP_CHALLENGES) + counted(COUNT_TCP_CHALLENGES_HELD) == 1000);
	quiet_for(2 * SECOND);
	in("R 2:2(0)");
	out(". 1:1(0) ack 1");
}

/* A RST in the closing states ends them. */
Test(tcp_reset, rst_in_every_closing_state)
{
	struct socket *s = passive_open(); /* FIN-WAIT-1 */
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in("R 1:1(0)");
	quiet_for(1000 * SECOND);

	flow_select(1); /* FIN-WAIT-2 */
	s = passive_open();
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in(". 1:1(0) ack 2");
	in("R 1:1(0)");
	in(". 1:1(0) ack 2");
	out("R 2:2(0)");

	flow_select(2); /* CLOSE-WAIT: what had come is lost to a reader who did not read, but told as an error */
	s = passive_open();
	in("F. 1:1(0) ack 1");
	out(". 1:1(0) ack 2");
	in("R 2:2(0)");
	check(socket_ready(s) & SOCKET_ERROR);

	flow_select(3); /* CLOSING */
	s = passive_open();
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in("F. 1:1(0) ack 1");
	out(". 2:2(0) ack 2");
	in("R 2:2(0)");
	quiet_for(1000 * SECOND);

	flow_select(4); /* LAST-ACK */
	s = passive_open();
	in("F. 1:1(0) ack 1");
	out(". 1:1(0) ack 2");
	socket_close(s);
	out("F. 1:1(0) ack 2");
	in("R 2:2(0)");
	quiet_for(1000 * SECOND);
}

/* RFC 9293 3.10.7.4 second: when both FINs have been sent and read, a RST is no error any more. */
Test(tcp_reset, rst_in_closing_is_no_error)
{
	struct socket *s = passive_open();
	check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
	out("F. 1:1(0) ack 1");
	in("F. 1:1(0) ack 1");
	out(". 2:2(0) ack 2");
	in("R 2:2(0)");
	check(socket_error(s) == 0);
	app_read_gives(s, 0);
}

/* A connection that is reset before anybody accepted it is gone, or accepted with its error; its place in the backlog
 * is free again. */
Test(tcp_reset, before_accept)
{
	struct socket *listener = app_listen();
	for (unsigned i = 0; i < 40; i++) { /* more than the backlog */
		flow_select(i);
		in("S 0:0(0) <mss 1000>");
		out("S. 0:0(0) ack 1");
		in(". 1:1(0) ack 1");
		in("R 1:1(0)");
	}
	struct socket *s = socket_accept(listener);
	check(!s || socket_error(s) == -ECONNRESET);
	flow_select(41);
	passive_open();
}

/* A RST while data waits for its ACK stops the retransmissions. */
Test(tcp_reset, rst_stops_retransmission)
{
	struct socket *s = passive_open();
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	in("R 1:1(0)");
	quiet_for(1000 * SECOND);
	check(socket_send(s, "x", 1) == -ECONNRESET || socket_send(s, "x", 1) == -EPIPE);
}

/* A broken segment of a standing connection does it no harm. */
Test(tcp_reset, attack_broken_segments)
{
	struct socket *s = passive_open();
	struct frame good = frame_tcp("P. 1:11(10) ack 1");
	for (unsigned words = 0; words < 16; words++) {
		struct frame frame = good;
		frame.bytes[AT_TCP_OFFSET] = (uint8_t)(words * 16);
		frame_fix(&frame);
		if (words >= 5 && words * 4 <= 30)
			continue;
		in_frame(&frame);
		assert_dropped(DROP_TCP_OFFSET);
		quiet();
	}
	for (size_t length = 0; length < 20; length++) {
		struct frame frame = frame_ip(6, good.bytes + AT_TRANSPORT, length);
		in_frame(&frame);
		assert_dropped(DROP_TCP_SHORT);
		quiet();
	}
	for (size_t at = AT_TRANSPORT; at < good.length; at++) {
		struct frame frame = good;
		frame.bytes[at] ^= 0x80;
		in_frame(&frame);
		check(dropped(DROP_TCP_CHECKSUM) + dropped(DROP_TCP_OFFSET) > at - AT_TRANSPORT);
		quiet();
	}
	stands(s);
}

/* RFC 5961 3.2: a RST is believed for its own number, not for that of text which it carries across RCV.NXT. */
Test(tcp_reset, attack_reset_with_text_across_the_edge)
{
	struct socket *s = passive_open();
	in("P. 1:1001(1000) ack 1");
	app_read(s, 1000);
	after(40 * MS);
	out(". 1:1(0) ack 1001");
	in("R 500:1500(1000)");
	assert_dropped(DROP_TCP_RST);
	out(". 1:1(0) ack 1001");
	in("R 1001:1001(0)");
	app_read_gives(s, -ECONNRESET);
}

/* RFC 5961 4.2 and 7: a SYN outside the window is answered like one inside: not more often than twice a second. */
Test(tcp_reset, attack_flood_of_syns_outside_the_window)
{
	passive_open();
	for (unsigned i = 0; i < 20; i++) {
		in("S 900000:900000(0)");
		if (i == 0)
			out(". 1:1(0) ack 1");
	}
	pass(500 * MS);
	in("S 900000:900000(0)");
	out(". 1:1(0) ack 1");
}

/* RFC 7323 3.2: where timestamps were agreed on, the RST that ends a connection carries one, which moves on with the clock. */
Test(tcp_reset, carries_a_timestamp)
{
	struct socket *s = passive_open_with("mss 1012,sackOK,TS val 100 ecr 0", 65535, 65535);
	uint32_t before = flow_current()->ts_val;
	pass(SECOND);
	in("P. 1:11(10) ack 1 <TS val 1100 ecr last>");
	socket_close(s);
	out("R. 1:1(0) ack 11 <nop,nop,TS val * ecr 1100>");
	check(flow_current()->ts_val - before == 1000);
}
