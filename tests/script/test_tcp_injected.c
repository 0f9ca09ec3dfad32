/* SPDX-License-Identifier: MIT
 *
 * Scripts after tests of other stacks that inject frames: opening, closing, and what the network and the clock say of a
 * connection. What they have on windows is in test_tcp_injected_window.c.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include "tests/harness/harness.h"

TestSuite(tcp_injected, .init = harness_start, .fini = harness_end);

/* Nobody knows the connection any more: a segment that acknowledges `ack` draws a RST with that number. */
static void gone(unsigned seq, unsigned ack)
{
	in(". %u:%u(0) ack %u", seq, seq, ack);
	out("R %u:%u(0) win 0 <>", ack, ack);
}

/* --- Opening ----------------------------------------------------------------------------------------------------- */

/* The third segment of a handshake with each set of flags: ACK makes it, with or without FIN, PSH and URG, and then its
 * text is delivered; SYN and RST do not, and without ACK it is nothing (RFC 9293 3.10.7.4). */
Test(tcp_injected, flags_of_the_third_segment)
{
	struct socket *listener = app_listen();
	for (unsigned set = 0; set < 64; set++) {
		char flags[8];
		snprintf(flags, sizeof flags, "%s%s%s%s%s%s", set & 1 ? "S" : "", set & 2 ? "F" : "",
			 set & 4 ? "R" : "", set & 8 ? "P" : "", set & 16 ? "U" : "", set & 32 ? "." : "");
		flow_select(set);
		in("S 0:0(0) <mss 1000>");
		out("S. 0:0(0) ack 1");
		harness_deaf(true);
		in("%s 1:11(10) ack 1%s", set ? flags : "-", set & 16 ? " urg 3" : "");
		quiet();
		struct socket *s = socket_accept(listener);
		check_that(!!s == ((set & 32) && !(set & 5)), "flags %s", flags);
		if (s) {
			app_read(s, 10);
			app_read_gives(s, set & 2 ? 0 : -EAGAIN);
			socket_abort(s);
		} else {
			in("R 1:1(0)"); /* where it is still half open */
		}
		quiet();
		harness_deaf(false);
		gone(1, 1);
	}
}

/* The handshake's ACK is lost, and what follows it says the same. */
Test(tcp_injected, text_in_place_of_a_lost_ack)
{
	app_listen();
	in("S 0:0(0) win 32792 <mss 1460,sackOK,nop,nop,nop,wscale 7>");
	out("S. 0:0(0) ack 1");
	in(". 1:5(4) ack 1 win 257");
	after(40 * MS);
	out(". 1:1(0) ack 5");
	struct socket *s = app_accept();
	app_read(s, 4);
	socket_close(s);
	out("F. 1:1(0) ack 5");
	in("F. 5:5(0) ack 2 win 257");
	out(". 2:2(0) ack 6");
}

/* Before the answer nothing can be sent or read, and nothing is lost by asking; with it everything can. */
Test(tcp_injected, sending_and_receiving_before_the_answer)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	for (unsigned i = 0; i < 3; i++) {
		check(socket_send(s, "x", 1) == -EAGAIN);
		app_read_gives(s, -EAGAIN);
		check(socket_ready(s) == 0);
		pass(100 * MS);
	}
	in("S. 0:0(0) ack 1 <mss 1000>");
	out(". 1:1(0) ack 1");
	check(socket_ready(s) == SOCKET_WRITABLE);
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	in("P. 1:11(10) ack 11");
	app_read(s, 10);
	after(40 * MS);
	out(". 11:11(0) ack 11");
}

/* After a refusal both say so. */
Test(tcp_injected, sending_and_receiving_after_a_refusal)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	in("R. 0:0(0) ack 1");
	check(socket_send(s, "x", 1) == -ECONNREFUSED);
	app_read_gives(s, -ECONNREFUSED);
	check((socket_ready(s) & SOCKET_HANGUP) && socket_error(s) == -ECONNREFUSED);
}

/* --- Listeners that close ---------------------------------------------------------------------------------------- */

/* What nobody has accepted gets RST,ACK at our next number; what is half open falls silent. Both are gone afterwards. */
Test(tcp_injected, a_listener_that_closes)
{
	struct socket *listener = app_listen();
	for (unsigned i = 0; i < 3; i++) {
		flow_select(i);
		in("S 0:0(0) <mss 1000>");
		out("S. 0:0(0) ack 1");
	}
	flow_select(1);
	in("P. 1:11(10) ack 1"); /* with text that nobody will read */
	flow_select(0);
	in(". 1:1(0) ack 1");
	pass(40 * MS);
	flow_select(1);
	out(". 1:1(0) ack 11");
	socket_close(listener);
	out("R. 1:1(0) ack 11 win 0 <>");
	flow_select(0);
	out("R. 1:1(0) ack 1 win 0 <>");
	check(stack_connections(harness_stack()) == 0);
	quiet_for(1000 * SECOND);
	for (unsigned i = 0; i < 3; i++) {
		flow_select(i);
		gone(1, 1);
	}
}

/* --- RSTs that arrive -------------------------------------------------------------------------------------------- */

/* None is answered by another; the next segment of the connection is. */
Test(tcp_injected, no_reset_for_a_reset_but_for_an_ack)
{
	struct socket *s = passive_open();
	in("R 1:1(0) win 0");
	quiet();
	app_read_gives(s, -ECONNRESET);
	in("R 1:1(0) win 0");
	in("R. 1:1(0) ack 1");
	quiet();
	gone(1, 1);
}

/* --- Closing ----------------------------------------------------------------------------------------------------- */

/* An orphan waits in FIN-WAIT-2 for as long as its user has said before he let go; 60 s where he has said nothing. A socket
 * that still has its user waits for ever. */
Test(tcp_injected, an_orphan_waits_for_as_long_as_it_was_told)
{
	static const uint64_t limits[] = {SECOND, 5 * SECOND, 0};
	for (unsigned i = 0; i < 6; i++) {
		flow_select(i);
		uint64_t limit = limits[i % 3] ? limits[i % 3] : 60 * SECOND;
		struct socket *s = passive_open();
		socket_set_fin_wait_2(s, limits[i % 3]);
		if (i >= 3) { /* FIN-WAIT-2 comes first, and then the end of its user's interest */
			check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
			out("F. 1:1(0) ack 1");
			in(". 1:1(0) ack 2");
			quiet_for(100 * SECOND);
			socket_close(s);
		} else {
			socket_close(s);
			out("F. 1:1(0) ack 1");
			in(". 1:1(0) ack 2");
		}
		quiet_for(limit - 1);
		in(". 1:1(0) ack 2");
		quiet_for(1);
		gone(1, 2);
	}
}

/* Without end, too: a time that is added to the clock stays in the future. */
Test(tcp_injected, an_orphan_waits_for_ever_if_it_was_told)
{
	struct socket *s = passive_open();
	socket_set_fin_wait_2(s, UINT64_MAX);
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in(". 1:1(0) ack 2");
	quiet_for(1000000 * SECOND);
	in("F. 1:1(0) ack 2");
	out(". 2:2(0) ack 2");
}

/* A listener hands that on, too. */
Test(tcp_injected, an_orphan_of_a_listener_with_a_limit)
{
	socket_set_fin_wait_2(app_listen(), SECOND);
	socket_close(passive_open());
	out("F. 1:1(0) ack 1");
	in(". 1:1(0) ack 2");
	quiet_for(SECOND);
	gone(1, 2);
}

/* --- Time -------------------------------------------------------------------------------------------------------- */

/* Five retransmissions, each after no less than what tcp_info tells as the time-out, which doubles. */
Test(tcp_injected, retransmissions_keep_to_what_is_told)
{
	struct socket_tcp_info info;
	struct socket *s = passive_open();
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	uint64_t before = 0;
	for (unsigned i = 0; i < 5; i++) {
		check(socket_tcp_info(s, &info) == 0);
		check(before == 0 || info.rto == 2 * before);
		before = info.rto;
		after(info.rto);
		out("P. 1:11(10) ack 1");
	}
	check(socket_tcp_info(s, &info) == 0 && info.retransmitted == 5);
}

/* An ACK that comes before the user time-out finds the connection, one that comes after it a RST: for text and for a FIN. With none
 * there is no RST either way. */
Test(tcp_injected, an_ack_before_and_after_the_user_timeout)
{
	static const struct {
		uint64_t limit;
		uint64_t delay;
		bool reset;
	} cases[] = {{0, 3 * SECOND, false}, {5 * SECOND, 4 * SECOND, false}, {5 * SECOND, 7 * SECOND, true}};
	for (unsigned i = 0; i < 6; i++) {
		bool fin = i >= 3;
		flow_select(i);
		struct socket *s = passive_open();
		socket_set_user_timeout(s, cases[i % 3].limit);
		if (fin)
			socket_close(s);
		else
			app_write(s, 100);
		out(fin ? "F. 1:1(0) ack 1" : "P. 1:101(100) ack 1");
		harness_deaf(true);
		pass(cases[i % 3].delay);
		harness_deaf(false);
		if (cases[i % 3].reset) {
			check(fin || socket_error(s) == -ETIMEDOUT);
			gone(1, fin ? 2 : 101);
		} else {
			in(". 1:1(0) ack %u", fin ? 2 : 101);
			quiet_for(5 * SECOND);
			check(fin || socket_error(s) == 0);
		}
	}
}

/* PAWS (RFC 7323 5.3 and 4.3): a segment that is 100 ticks too old draws an ACK with the echo of the newest, which it does not move: what
 * comes after it, as old as that, is good. */
Test(tcp_injected, a_timestamp_too_old_moves_nothing)
{
	struct socket *s = passive_open_with("mss 1012,sackOK,TS val 1000 ecr 0", 65535, 65535);
	in("P. 1:11(10) ack 1 <nop,nop,TS val 1100 ecr last>");
	after(40 * MS);
	out(". 1:1(0) ack 11 <nop,nop,TS val * ecr 1100>");
	in("P. 11:21(10) ack 1 <nop,nop,TS val 1000 ecr last>");
	assert_dropped(DROP_TCP_PAWS);
	out(". 1:1(0) ack 11 <nop,nop,TS val * ecr 1100>");
	in("P. 11:21(10) ack 1 <nop,nop,TS val 1099 ecr last>");
	assert_dropped(DROP_TCP_PAWS);
	out(". 1:1(0) ack 11 <nop,nop,TS val * ecr 1100>");
	in("P. 11:21(10) ack 1 <nop,nop,TS val 1100 ecr last>");
	assert_not_dropped();
	after(40 * MS);
	out(". 1:1(0) ack 21 <nop,nop,TS val * ecr 1100>");
	app_read(s, 20);
}

/* RFC 7323 5.5: after 24 days of silence the peer's clock may have wrapped, and what we remember of it says nothing: it makes way. */
Test(tcp_injected, a_timestamp_of_24_days_ago_says_nothing)
{
	struct socket *s = passive_open_with("mss 1012,sackOK,TS val 1000 ecr 0", 65535, 65535);
	quiet_for(24 * 24 * 3600 * SECOND);
	in("P. 1:11(10) ack 1 <nop,nop,TS val 900 ecr last>");
	assert_dropped(DROP_TCP_PAWS);
	out(". 1:1(0) ack 1");
	quiet_for(1);
	in("P. 1:11(10) ack 1 <nop,nop,TS val 900 ecr last>");
	assert_not_dropped();
	app_read(s, 10);
	pass(40 * MS);
	out(". 1:1(0) ack 11 <nop,nop,TS val * ecr 900>");
	in("P. 11:21(10) ack 1 <nop,nop,TS val 899 ecr last>");
	assert_dropped(DROP_TCP_PAWS);
	out(". 1:1(0) ack 11 <nop,nop,TS val * ecr 900>");
}

/* --- What the network says --------------------------------------------------------------------------------------- */

/* Each unreachable that comes for an established connection is only a soft error: text still goes, and the errno is told
 * when the user time-out ends it (RFC 9293 3.9.2.2, MUST-56; RFC 5927 5.2). */
Test(tcp_injected, unreachables_of_an_established_connection_by_code)
{
	static const int errors[] = {
	    -ENETUNREACH,  -EHOSTUNREACH, -ENOPROTOOPT,  -ECONNREFUSED, 0,       -EHOSTUNREACH,
	    -ENETUNREACH,  -EHOSTUNREACH, -EHOSTUNREACH, -EACCES,       -EACCES, -ENETUNREACH,
	    -EHOSTUNREACH, -EACCES,       -EHOSTUNREACH, -EHOSTUNREACH,
	};
	for (unsigned code = 0; code < 16; code++) {
		if (code == 4) /* what it means is path MTU discovery's */
			continue;
		flow_select(code);
		struct socket *s = passive_open();
		socket_set_user_timeout(s, 3 * SECOND);
		app_write(s, 10);
		struct frame sent = out_frame();
		struct frame error = frame_icmp_about(3, code, &sent);
		in_frame(&error);
		assert_not_dropped();
		check(socket_error(s) == 0 && !(socket_ready(s) & (SOCKET_ERROR | SOCKET_HANGUP)));
		after(200 * MS);
		out("P. 1:11(10) ack 1");
		harness_deaf(true);
		pass(2800 * MS - 1);
		check(socket_error(s) == 0);
		pass(1);
		harness_deaf(false);
		int told = socket_error(s);
		check_that(told == errors[code], "code %u: %d", code, told);
		check(socket_ready(s) & SOCKET_HANGUP);
		gone(1, 11);
	}
}
