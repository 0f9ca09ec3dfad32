/* SPDX-License-Identifier: MIT
 *
 * Scripts after tests of other stacks that inject frames: what lies at and beyond the edge of our window, and what closed
 * and small windows do to either side. The edges are exact: what the last segment of ours has advertised.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/harness/harness.h"

TestSuite(tcp_injected_window, .init = harness_start, .fini = harness_end);

static void start_small(void)
{
	struct stack_config config = harness_config();
	config.receive_buffer = 8192;
	harness_start_with(&config);
}

TestSuite(tcp_injected_small, .init = start_small, .fini = harness_end);

/* A connection opened by the peer on flow n, which has taken ten bytes, and acknowledged them with a window that ends here. */
static const unsigned edge = 11 + 65535;

static struct socket *open_with_edge(unsigned n)
{
	flow_select(n);
	struct socket *s = passive_open();
	in("P. 1:11(10) ack 1");
	app_read(s, 10);
	after(40 * MS);
	out(". 1:1(0) ack 11 win 65535");
	return s;
}

/* --- Beyond our window ------------------------------------------------------------------------------------------- */

/* What comes at the edge of the window and one and two beyond it. */
static const struct beyond {
	const char *flags;
	unsigned length;
	bool limited; /* answered twice a second at most (RFC 5961 7); text and FIN are answered each time */
} beyond[] = {
    {"S", 0, true},   {"S.", 0, true}, {".", 0, true},   {"F", 0, false},
    {"F.", 0, false}, {".", 6, false}, {"P.", 6, false},
};

#define BEYOND (sizeof beyond / sizeof *beyond)

/* A bare ACK exactly at the edge is another matter: see an_ack_at_the_edge_counts. */
static bool is_at_the_edge(const struct beyond *b, unsigned past)
{
	return past == 0 && b->length == 0 && strcmp(b->flags, ".") == 0;
}

/* It draws an ACK, and the second one within 500 ms the same or silence. */
static void is_answered(const struct beyond *b, unsigned at, unsigned our_next, unsigned their_next)
{
	for (unsigned i = 0; i < 2; i++) {
		in("%s %u:%u(%u) ack 1", b->flags, at, at + b->length, b->length);
		assert_dropped(DROP_TCP_SEQUENCE);
		if (i == 0 || !b->limited)
			out(". %u:%u(0) ack %u", our_next, our_next, their_next);
		quiet();
	}
}

/* RFC 9293 3.10.7.4 first: in ESTABLISHED. */
Test(tcp_injected_window, outside_in_established)
{
	for (unsigned i = 0; i < 3 * BEYOND; i++) {
		const struct beyond *b = &beyond[i % BEYOND];
		unsigned past = i / BEYOND;
		if (is_at_the_edge(b, past))
			continue;
		struct socket *s = open_with_edge(i);
		is_answered(b, edge + past, 1, 11);
		app_read_gives(s, -EAGAIN);
		in("P. 11:21(10) ack 1");
		app_read(s, 10);
		after(40 * MS);
		out(". 1:1(0) ack 21");
	}
}

/* The same in CLOSING, whose FIN has taken one of the window. */
Test(tcp_injected_window, outside_in_closing)
{
	for (unsigned i = 0; i < 3 * BEYOND; i++) {
		const struct beyond *b = &beyond[i % BEYOND];
		unsigned past = i / BEYOND;
		if (is_at_the_edge(b, past))
			continue;
		struct socket *s = open_with_edge(i);
		check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
		out("F. 1:1(0) ack 11");
		in("F. 11:11(0) ack 1");
		out(". 2:2(0) ack 12");
		is_answered(b, edge + past, 2, 12);
		in(". 12:12(0) ack 2"); /* and CLOSING it was */
		quiet_for(SECOND);
		check(stack_connections(harness_stack()) == 0);
		socket_close(s);
	}
}

/* A peer that has filled our window has its next number at the edge, and its ACKs come from there: they count, or we would not hear
 * of what we sent until a hole in its text is filled. RFC 9293 3.10.7.4 has it one number too narrow for that; Linux has it as
 * here. */
Test(tcp_injected_window, an_ack_at_the_edge_counts)
{
	struct socket *s = open_with_edge(0);
	app_write(s, 10);
	out("P. 1:11(10) ack 11");
	for (unsigned at = 1011; at < edge; at += 1000) { /* all but the first segment */
		in(". %u(%u) ack 1", at, at + 1000 < edge ? 1000 : edge - at);
		out(". 11:11(0) ack 11");
	}
	in(". %u:%u(0) ack 11", edge, edge);
	assert_not_dropped();
	quiet_for(10 * SECOND); /* nothing is sent again */
	in(". %u:%u(0) ack 11", edge + 1, edge + 1);
	assert_dropped(DROP_TCP_SEQUENCE);
	out(". 11:11(0) ack 11");
	in("R %u:%u(0)", edge, edge); /* no stranger's guess is as good as that */
	assert_dropped(DROP_TCP_SEQUENCE);
	quiet();
}

/* --- Text that is out of step, in four states -------------------------------------------------------------------- */

/* Text at the edge and beyond it, and text with an ACK one and two beyond what we have sent: an ACK that says where we are (here
 * Linux is silent to the latter in ESTABLISHED; RFC 9293 3.10.7.4 and RFC 5961 5.2 are not), and no state moves. */
static void out_of_step(unsigned our_next, unsigned their_next)
{
	for (unsigned past = 0; past < 3; past++) {
		in("P. %u(11) ack %u", edge + past, our_next);
		assert_dropped(DROP_TCP_SEQUENCE);
		out(". %u:%u(0) ack %u", our_next, our_next, their_next);
	}
	for (unsigned past = 1; past < 3; past++) {
		quiet_for(500 * MS);
		in("P. %u(11) ack %u", their_next, our_next + past);
		assert_dropped(DROP_TCP_ACK);
		out(". %u:%u(0) ack %u", our_next, our_next, their_next);
	}
}

Test(tcp_injected_window, out_of_step_in_established)
{
	struct socket *s = open_with_edge(0);
	out_of_step(1, 11);
	in("P. 11(11) ack 1"); /* nothing is wrong with this one */
	app_read(s, 11);
	after(40 * MS);
	out(". 1:1(0) ack 22");
}

Test(tcp_injected_window, out_of_step_in_close_wait)
{
	struct socket *s = open_with_edge(0);
	in("F. 11:11(0) ack 1");
	out(". 1:1(0) ack 12");
	out_of_step(1, 12);
	in("P. 12(11) ack 1"); /* in step, but behind the FIN */
	assert_dropped(DROP_TCP_AFTER_FIN);
	quiet();
	socket_close(s);
	out("F. 1:1(0) ack 12");
	in(". 12:12(0) ack 2");
	in("P. 12(11) ack 2");
	out("R 2:2(0)");
}

Test(tcp_injected_window, out_of_step_in_fin_wait_2_and_time_wait)
{
	struct socket *s = open_with_edge(0);
	check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
	out("F. 1:1(0) ack 11");
	in(". 11:11(0) ack 2");
	out_of_step(2, 11);
	in("F. 11:11(0) ack 2");
	out(". 2:2(0) ack 12");
	out_of_step(2, 12);
	socket_close(s);
	quiet_for(59 * SECOND - 1); /* TIME-WAIT it was, and its time has not begun anew */
	in("P. %u(11) ack 2", edge);
	out(". 2:2(0) ack 12");
	quiet_for(1);
	in("P. %u(11) ack 2", edge);
	out("R 2:2(0)");
}

Test(tcp_injected_window, out_of_step_in_closing)
{
	struct socket *s = open_with_edge(0);
	check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
	out("F. 1:1(0) ack 11");
	in("F. 11:11(0) ack 1");
	out(". 2:2(0) ack 12");
	harness_deaf(true); /* our FIN goes again and again in between */
	for (unsigned past = 0; past < 3; past++) {
		uint64_t answers = counted(COUNT_TCP_SEGMENTS_OUT);
		in("P. %u(11) ack 1", edge + past);
		assert_dropped(DROP_TCP_SEQUENCE);
		quiet();
		check(counted(COUNT_TCP_SEGMENTS_OUT) == answers + 1);
		pass(500 * MS);
		answers = counted(COUNT_TCP_SEGMENTS_OUT);
		in("P. 12(11) ack %u", 3 + past);
		assert_dropped(DROP_TCP_ACK);
		quiet();
		check(counted(COUNT_TCP_SEGMENTS_OUT) == answers + 1);
	}
	check(stack_connections(harness_stack()) == 1);
	harness_deaf(false);
	in(". 12:12(0) ack 2");
	socket_close(s);
	quiet_for(60 * SECOND);
}

/* --- The peer's window around the size of a segment -------------------------------------------------------------- */

/* Nagle off, eleven bytes, and a window one below, equal and one above them. Below, they are cut; above, the next eleven are not cut
 * to fill the one byte that is left. The ACK of the peer's text rides on what its own ACK lets go. */
Test(tcp_injected_window, windows_around_one_segment)
{
	for (unsigned i = 0; i < 3; i++) {
		unsigned window = 10 + i, first = i == 0 ? 10 : 11;
		flow_select(i);
		struct socket *s = passive_open_with("mss 1460", window, window);
		socket_set_nodelay(s, true);
		app_write(s, 11);
		out("%s 1:%u(%u) ack 1", i == 0 ? "." : "P.", 1 + first, first);
		if (i > 0)
			app_write(s, 11);
		quiet();
		in("P. 1:12(11) ack %u win %u", 1 + first, window);
		out("P. %u:%u(%u) ack 12", 1 + first, i == 0 ? 12 : 23, i == 0 ? 1 : 11);
		app_read(s, 11);
		in(". 12:12(0) ack %u win %u", i == 0 ? 12 : 23, window);
		quiet_for(SECOND);
	}
}

/* --- The peer's window closes ------------------------------------------------------------------------------------ */

/* It is not probed until there is something to send; first after a time-out, and then with the number before the next. What arrives when
 * it opens goes at once; and a probe of the peer's own is answered. */
Test(tcp_injected_window, a_closed_window)
{
	struct socket *s = passive_open();
	socket_set_nodelay(s, true);
	app_write(s, 11);
	out("P. 1:12(11) ack 1");
	in("P. 1:12(11) ack 12");
	after(40 * MS);
	out(". 12:12(0) ack 12");
	app_read(s, 11);
	in(". 12:12(0) ack 12 win 0");
	quiet_for(100 * SECOND);
	app_write(s, 11);
	after(200 * MS);
	out(". 11:11(0) ack 12");
	in(". 12:12(0) ack 12");
	out("P. 12:23(11) ack 12");
	in(". 11:11(0) ack 12");
	out(". 23:23(0) ack 12");
	in(". 12:12(0) ack 23");
	quiet_for(SECOND);
}

/* It is drawn back to nothing, when two segments are in flight and acknowledged by that, and when they are not: then the probe is at the
 * number before the first of them, which the peer has to answer all the same. */
Test(tcp_injected_window, a_window_drawn_back_to_nothing)
{
	for (unsigned i = 0; i < 2; i++) {
		unsigned acked = i == 0 ? 23 : 1;
		flow_select(i);
		struct socket *s = passive_open();
		socket_set_nodelay(s, true);
		app_write(s, 11);
		out("P. 1:12(11) ack 1");
		app_write(s, 11);
		out("P. 12:23(11) ack 1");
		in(". 1:1(0) ack %u win 0", acked);
		app_write(s, 11);
		after(200 * MS);
		out(". %u:%u(0) ack 1", acked - 1, acked - 1);
		in(". 1:1(0) ack %u win 0", acked);
		quiet_for(399 * MS);
		in(". 1:1(0) ack 34 win 100"); /* MUST-34: of what it never got? It cannot: */
		assert_dropped(DROP_TCP_ACK);
		out_rest();
		in(". 1:1(0) ack 23 win 100");
		out("P. 23:34(11) ack 1");
		in(". 1:1(0) ack 34 win 100");
		quiet_for(SECOND);
	}
}

/* It is drawn back over half of what is in flight (SHLD-15, SHLD-16, SHLD-17): what lies within goes again, nothing beyond it does, and for an
 * hour of answers nothing times out. When it opens, the rest goes. */
Test(tcp_injected_window, a_window_drawn_back_by_half)
{
	struct socket *s = passive_open_with("mss 1000", 65535, 4000);
	app_write(s, 6000);
	for (unsigned i = 0; i < 4; i++)
		out(". %u(1000) ack 1", 1 + 1000 * i);
	in(". 1:1(0) ack 1 win 2000");
	after(200 * MS);
	out(". 1:1001(1000) ack 1");
	in(". 1:1(0) ack 1001 win 1000");
	out(". 1001:2001(1000) ack 1");
	in(". 1:1(0) ack 2001 win 0");
	for (uint64_t end = harness_now() + 3600 * SECOND; harness_now() < end;) {
		uint64_t before = counted(COUNT_TCP_SEGMENTS_OUT);
		pass(100 * MS);
		if (counted(COUNT_TCP_SEGMENTS_OUT) == before)
			continue;
		out(". 2000:2000(0) ack 1");
		in(". 1:1(0) ack 2001 win 0");
	}
	check(socket_error(s) == 0);
	in(". 1:1(0) ack 2001 win 65535");
	pass(120 * SECOND);
	out(". 2001:3001(1000) ack 1");
	out_rest();
	in(". 1:1(0) ack 4001 win 65535");
	out(". 4001:5001(1000) ack 1");
	out("P. 5001:6001(1000) ack 1");
	in(". 1:1(0) ack 6001 win 65535");
	quiet_for(SECOND);
}

/* --- Our window -------------------------------------------------------------------------------------------------- */

/* The window of the last segment that has left; there must be one. */
static unsigned window_told(uint64_t *seen)
{
	unsigned window = 0;
	check(*seen < counted(COUNT_TCP_SEGMENTS_OUT));
	for (; *seen < counted(COUNT_TCP_SEGMENTS_OUT); ++*seen) {
		struct frame frame = out_frame();
		window = peek16(&frame, AT_TRANSPORT + 14);
	}
	return window;
}

/* Text of each size, of which only the first piece is read: our window comes to be exactly 0 in the end, never more than there is
 * room for; and opens again, when all is read, to the whole. */
Test(tcp_injected_small, our_window_closes_in_the_end)
{
	static const unsigned sizes[] = {64, 512, 1024, 1460};
	for (unsigned i = 0; i < 4; i++) {
		unsigned size = sizes[i], seq = 1, window = 1;
		flow_select(i);
		struct socket *s = passive_open();
		uint64_t seen = counted(COUNT_TCP_SEGMENTS_OUT);
		for (unsigned n = 0; window > 0; n++) {
			check(n < 8192 / size + 2);
			unsigned length = n == 0 || window > size ? size : window;
			in("P. %u(%u) ack 1", seq, length);
			seq += length;
			pass(40 * MS);
			if (n == 0)
				app_read(s, size);
			window = window_told(&seen);
			check(window <= 8192 - (seq - 1 - flow_current()->read));
		}
		app_read(s, seq - 1 - (unsigned)flow_current()->read);
		pass(0);
		check(window_told(&seen) == 8192);
	}
}

/* While a reader keeps up it never closes. */
Test(tcp_injected_small, our_window_stays_open_while_it_is_read)
{
	static const unsigned sizes[] = {64, 512, 1024, 1460};
	for (unsigned i = 0; i < 4; i++) {
		unsigned size = sizes[i], seq = 1;
		flow_select(i);
		struct socket *s = passive_open();
		uint64_t seen = counted(COUNT_TCP_SEGMENTS_OUT);
		for (unsigned n = 0; n < 100; n++, seq += size) {
			in("P. %u(%u) ack 1", seq, size);
			app_read(s, size);
			pass(40 * MS);
			check(window_told(&seen) > size);
		}
	}
}

/* What does not fit into our buffer is not kept: a reader gets what did, and then nothing (RFC 9293 3.10.7.4 first). */
Test(tcp_injected_small, what_does_not_fit_is_dropped)
{
	struct socket *s = passive_open();
	harness_deaf(true);
	for (unsigned at = 1; at < 8194; at += 1400)
		in(". %u(%u) ack 1", at, 8194 - at < 1400 ? 8194 - at : 1400);
	pass(SECOND);
	harness_deaf(false);
	uint8_t bytes[9000];
	long got = socket_receive(s, bytes, sizeof bytes);
	check(got > 0 && got <= 8192);
	for (long i = 0; i < got; i++)
		check(bytes[i] == pattern((uint64_t)i));
	app_read_gives(s, -EAGAIN);
	out(". 1:1(0) ack %u win 8192", 1 + (unsigned)got);
}
