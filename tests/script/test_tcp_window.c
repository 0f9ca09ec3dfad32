/* SPDX-License-Identifier: MIT
 *
 * Scripts about flow control (RFC 9293 3.8.6): windows that close, shrink and open, ours and the peer's; zero-window
 * probes; silly windows avoided on both sides.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/harness/harness.h"

TestSuite(tcp_window, .init = harness_start, .fini = harness_end);

/* A stack with a receive buffer of 4096 bytes. */
static void start_small(void)
{
	struct stack_config config = harness_config();
	config.receive_buffer = 4096;
	harness_start_with(&config);
}

TestSuite(tcp_small_window, .init = start_small, .fini = harness_end);

/* --- The peer's window closes ------------------------------------------------------------------------------------ */

/* MUST-36, SHLD-29, SHLD-30: the first probe one RTO after it closed, then at doubled intervals. As in Linux a probe
 * is an ACK one number to the left, which the peer must answer (RFC 9293 3.10.7.4 first). */
Test(tcp_window, a_closed_window_is_probed_at_doubling_intervals)
{
	struct socket *s = passive_open();
	in(". 1:1(0) ack 1 win 0");
	app_write(s, 10);
	quiet();
	uint64_t wait = 200 * MS;
	for (unsigned i = 0; i < 6; i++, wait *= 2) {
		after(wait);
		out(". 0:0(0) ack 1");
		in(". 1:1(0) ack 1 win 0");
	}
	in(". 1:1(0) ack 1 win 10");
	out("P. 1:11(10) ack 1");
	in(". 1:1(0) ack 11 win 0");
	quiet_for(1000 * SECOND); /* MUST: no probe without data */
}

/* Writing more does not put the probe off. */
Test(tcp_window, a_probe_is_not_put_off_by_writing)
{
	struct socket *s = passive_open();
	in(". 1:1(0) ack 1 win 0");
	app_write(s, 10);
	quiet_for(150 * MS);
	app_write(s, 10);
	after(50 * MS);
	out(". 0:0(0) ack 1");
}

/* MUST-37: as long as probes are answered it stays open, however long. */
Test(tcp_window, attack_zero_window_for_an_hour)
{
	struct socket *s = passive_open();
	in(". 1:1(0) ack 1 win 0");
	app_write(s, 10);
	size_t memory = stack_memory(harness_stack())->bytes;
	unsigned probes = 0;
	for (uint64_t end = harness_now() + 3600 * SECOND; harness_now() < end;) {
		uint64_t before = counted(COUNT_TCP_PROBES);
		pass(100 * MS);
		if (counted(COUNT_TCP_PROBES) == before)
			continue;
		out(". 0:0(0) ack 1");
		in(". 1:1(0) ack 1 win 0");
		probes++;
	}
	check(probes > 20 && probes < 100); /* at intervals of at most two minutes */
	check(stack_memory(harness_stack())->bytes <= memory);
	in(". 1:1(0) ack 1 win 1000");
	out("P. 1:11(10) ack 1");
	check(socket_error(s) == 0);
}

/* A peer that answers no probe at all is given up like any other that is gone. */
Test(tcp_window, unanswered_probes_are_given_up)
{
	struct socket *s = passive_open();
	in(". 1:1(0) ack 1 win 0");
	app_write(s, 10);
	harness_deaf(true);
	pass(100 * SECOND);
	check(!(socket_ready(s) & SOCKET_ERROR));
	pass(3600 * SECOND);
	harness_deaf(false);
	check(socket_error(s) == -ETIMEDOUT);
}

/* A window update that comes unasked is enough. */
Test(tcp_window, an_update_opens_it)
{
	struct socket *s = passive_open_with("mss 1000", 65535, 1000);
	app_write(s, 3000);
	out(". 1:1001(1000) ack 1");
	in(". 1:1(0) ack 1001 win 0");
	quiet_for(100 * MS);
	in(". 1:1(0) ack 1001 win 5000");
	out(". 1001:2001(1000) ack 1");
	out("P. 2001:3001(1000) ack 1");
	check(events_seen(EVENT_TCP_WINDOW_CLOSED) == 1 && events_seen(EVENT_TCP_WINDOW_OPENED) == 1);
}

/* A FIN, too, waits for the window only if data is before it; alone it may go. (RFC 9293 3.8.6 says nothing; what
 * matters is that the close ends.) */
Test(tcp_window, close_with_a_closed_window_ends_once_it_opens)
{
	struct socket *s = passive_open();
	in(". 1:1(0) ack 1 win 0");
	app_write(s, 10);
	socket_close(s);
	pass(200 * MS);
	out(". 0:0(0) ack 1");
	in(". 1:1(0) ack 1 win 1000");
	out("FP. 1:11(10) ack 1");
	in("F. 1:1(0) ack 12");
	out(". 12:12(0) ack 2");
}

/* RFC 9293 3.10.7.4: old segments must not move the window (SND.WL1, SND.WL2). */
Test(tcp_window, an_old_segment_does_not_set_the_window)
{
	struct socket *s = passive_open();
	in(". 1:11(10) ack 1 win 5000");
	in(". 11:21(10) ack 1 win 5000");
	pass(SECOND);
	out(". 1:1(0) ack 21");
	in(". 1:11(10) ack 1 win 0"); /* not acceptable: no update */
	out(". 1:1(0) ack 21");
	in(". 6:26(20) ack 1 win 0"); /* acceptable, and trimmed to 21:26 */
	app_write(s, 10);
	pass(0);
	check(counted(COUNT_TCP_PROBES) == 0);
	harness_deaf(true);
	pass(SECOND);
	harness_deaf(false);
}

/* One that was overtaken on the way: its number is older than that of the segment that last set the window
 * (SND.WL1). */
Test(tcp_window, a_segment_that_was_overtaken_does_not_set_the_window)
{
	struct socket *s = passive_open();
	in(". 21:31(10) ack 1 win 5000");
	out(". 1:1(0) ack 1");
	in(". 1:11(10) ack 1 win 0");
	out(". 1:1(0) ack 11");
	app_write(s, 10);
	out("P. 1:11(10) ack 11");
}

/* --- It shrinks -------------------------------------------------------------------------------------------------- */

/* MUST-34, SHLD-15: nothing new beyond the new edge. SHLD-16, SHLD-17: what is inside is sent again; and the
 * connection lives. */
Test(tcp_window, the_peer_shrinks_its_window)
{
	struct socket *s = passive_open_with("mss 1000", 65535, 5000);
	app_write(s, 8000);
	for (unsigned i = 0; i < 5; i++)
		out(". %u:%u(1000) ack 1", 1 + 1000 * i, 1001 + 1000 * i);
	in(". 1:1(0) ack 1001 win 2000"); /* the edge was 5001 and is 3001 now */
	after(200 * MS);
	out(". 1001:2001(1000) ack 1");
	in(". 1:1(0) ack 3001 win 8000"); /* and 11001 now: it goes on from there */
	out_rest();
	in(". 1:1(0) ack 4001 win 8000");
	out_rest();
	in(". 1:1(0) ack 5001 win 8000");
	out_rest();
	in(". 1:1(0) ack 8001 win 8000");
	quiet_for(100 * SECOND);
	check(socket_error(s) == 0);
}

/* MUST-35: to zero, with data in flight: it is probed, and goes on. */
Test(tcp_window, the_peer_shrinks_its_window_to_zero)
{
	struct socket *s = passive_open();
	app_write(s, 1000);
	out("P. 1:1001(1000) ack 1");
	in(". 1:1(0) ack 1 win 0");
	uint64_t wait = 200 * MS;
	for (unsigned i = 0; i < 20; i++) { /* more often than a silent peer would be tried */
		after(wait);
		out(". 0:0(0) ack 1");
		in(". 1:1(0) ack 1 win 0");
		wait = wait * 2 < 120 * SECOND ? wait * 2 : 120 * SECOND;
	}
	check_that(socket_error(s) == 0, "given up although every probe was answered (RFC 9293 MUST-37)");
	in(". 1:1(0) ack 1 win 1000");
	pass(120 * SECOND);
	out("P. 1:1001(1000) ack 1");
	out_rest();
	in(". 1:1(0) ack 1001 win 1000");
	quiet_for(100 * SECOND);
}

/* --- Silly windows of the peer ----------------------------------------------------------------------------------- */

/* MUST-38, RFC 9293 3.8.6.2.1: a usable window below the MSS and below half of the largest is not filled at once;
 * after a while it is used all the same, so that a peer with a small buffer is served. */
Test(tcp_window, sender_avoids_silly_windows)
{
	struct socket *s = passive_open_with("mss 1000", 65535, 4000);
	app_write(s, 6000);
	for (unsigned i = 0; i < 4; i++)
		out_frame();
	in(". 1:1(0) ack 4001 win 100");
	after(200 * MS); /* the override time-out: 0.1 to 1 s */
	out(". 4001:4101(100) ack 1");
	in(". 1:1(0) ack 4101 win 2000");
	out(". 4101:5101(1000) ack 1");
	out("P. 5101:6001(900) ack 1");
}

/* A window one byte below, exactly and one byte above what there is to send. */
Test(tcp_window, windows_around_the_size_of_the_data)
{
	struct socket *s = passive_open_with("mss 1000", 999, 999);
	app_write(s, 1000);
	out(". 1:1000(999) ack 1");
	in(". 1:1(0) ack 1000 win 999");
	out("P. 1000:1001(1) ack 1");
	in(". 1:1(0) ack 1001 win 1000");
	app_write(s, 1000);
	out("P. 1001:2001(1000) ack 1");
	in(". 1:1(0) ack 2001 win 1001");
	app_write(s, 1002);
	out(". 2001:3001(1000) ack 1");
	in(". 1:1(0) ack 3001 win 1001");
	out("P. 3001:3003(2) ack 1");
}

/* Half of the largest window that the peer has ever offered is enough. */
Test(tcp_window, half_of_the_largest_window_is_used)
{
	struct socket *s = passive_open_with("mss 1000", 600, 600);
	app_write(s, 900);
	struct frame frame = out_frame();
	check(frame.length == AT_TCP_OPTIONS + 600);
	in(". 1:1(0) ack 601 win 300");
	out("P. 601:901(300) ack 1");
}

/* --- Our window -------------------------------------------------------------------------------------------------- */

/* Two segments fill the first window, which is of whole ones (2920 of 4096 bytes); what is left is too little to
 * offer. */
static void fill(void)
{
	in(". 1:1461(1460) ack 1");
	in(". 1461:2921(1460) ack 1");
	out(". 1:1(0) ack 2921 win 0");
}

/* It closes, and opens when the application has read. */
Test(tcp_small_window, it_closes_and_opens)
{
	struct socket *s = passive_open();
	fill();
	app_read(s, 100);
	quiet_for(SECOND); /* a silly window: not told */
	app_read(s, 2820);
	out(". 1:1(0) ack 2921 win 4096");
}

/* MUST-39: the right edge does not move by less than min (half of the buffer, MSS), also where an ACK is sent
 * anyway. */
Test(tcp_small_window, receiver_avoids_silly_windows)
{
	struct socket *s = passive_open();
	fill();
	app_read(s, 200); /* 1376 bytes are free */
	quiet();
	in(". 2920:2920(0) ack 1"); /* the peer's probe: still closed */
	out(". 1:1(0) ack 2921 win 0");
	quiet_for(SECOND);
	app_read(s, 700); /* 2076: half of the buffer */
	out(". 1:1(0) ack 2921 win 2076");
}

/* RFC 9293 3.10.7.4 first: into a closed window: dropped, acknowledged; the peer's probe of one byte likewise. */
Test(tcp_small_window, the_peers_probe_is_answered)
{
	struct socket *s = passive_open();
	fill();
	in(". 2921:2922(1) ack 1");
	assert_dropped(DROP_TCP_SEQUENCE);
	out(". 1:1(0) ack 2921 win 0");
	app_read(s, 2920);
	out(". 1:1(0) ack 2921 win 4096");
	in(". 2921:2922(1) ack 1");
	app_read(s, 1);
	pass(SECOND);
	out(". 1:1(0) ack 2922");
}

/* RFC 9293 3.10.7.4: with a closed window ACKs are still taken, those of a probe with text too. */
Test(tcp_small_window, acks_are_taken_when_our_window_is_closed)
{
	struct socket *s = passive_open();
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	in(". 1:1461(1460) ack 1");
	in(". 1461:2921(1460) ack 1");
	out(". 11:11(0) ack 2921 win 1176"); /* the edge moved up to the end of the buffer when text first left */
	in(". 2921:4097(1176) ack 1");
	after(40 * MS);
	out(". 11:11(0) ack 4097 win 0");
	in(". 4097:4098(1) ack 6");
	out(". 11:11(0) ack 4097 win 0");
	in(". 4097:4097(0) ack 11");
	assert_not_dropped();
	quiet_for(100 * SECOND);
}

/* And a FIN just behind the full buffer is not lost for ever. */
Test(tcp_small_window, fin_behind_a_full_buffer)
{
	struct socket *s = passive_open();
	in(". 1:1461(1460) ack 1");
	in("F. 1461:2921(1460) ack 1"); /* the FIN has no place in the window */
	out(". 1:1(0) ack 2921 win 0");
	app_read(s, 2920);
	out(". 1:1(0) ack 2921 win 4096");
	app_read_gives(s, -EAGAIN);
	in("F. 2921:2921(0) ack 1");
	out(". 1:1(0) ack 2922");
	app_read_gives(s, 0);
}

/* Text whose first byte is where the window closed, with the FIN: the ACK and the FIN's place wait for the window. */
Test(tcp_small_window, attack_text_into_a_closed_window)
{
	struct socket *s = passive_open();
	fill();
	for (unsigned length = 1; length <= 1460; length += 99) {
		in("FP. 2921:%u(%u) ack 1", 2921 + length, length);
		assert_dropped(DROP_TCP_SEQUENCE);
		out(". 1:1(0) ack 2921 win 0");
	}
	app_read(s, 2920);
	out(". 1:1(0) ack 2921 win 4096");
	app_read_gives(s, -EAGAIN);
}

/* RFC 5681 2: a probe of our window carries a byte, and so is no duplicate ACK, even though there is no room for the
 * byte. */
Test(tcp_small_window, the_peers_probes_are_no_duplicate_acks)
{
	struct socket *s = passive_open();
	fill();
	app_write(s, 10);
	out("P. 1:11(10) ack 2921 win 0");
	for (unsigned i = 0; i < 5; i++) {
		in(". 2921:2922(1) ack 1");
		out(". 11:11(0) ack 2921 win 0");
	}
	check(counted(COUNT_TCP_FAST_RETRANSMITS) == 0);
	after(200 * MS);
	out("P. 1:11(10) ack 2921");
}

/* SHLD-14: the right edge never moves left, whatever arrives and whatever is read. */
Test(tcp_small_window, the_right_edge_never_moves_left)
{
	struct socket *s = passive_open();
	uint64_t edge = 0;
	unsigned seq = 1;
	for (unsigned i = 0; i < 200; i++) {
		unsigned length = 1 + i * 37 % 300;
		uint64_t before = counted(COUNT_TCP_SEGMENTS_OUT);
		in("P. %u:%u(%u) ack 1", seq, seq + length, length);
		seq += length;
		pass(50 * MS);
		app_read(s, length);
		pass(50 * MS);
		for (uint64_t n = counted(COUNT_TCP_SEGMENTS_OUT) - before; n > 0; n--) {
			struct frame frame = out_frame();
			uint32_t ack = peek32(&frame, AT_TRANSPORT + 8) - flow_current()->peer_isn;
			uint64_t right = (uint64_t)ack + peek16(&frame, AT_TRANSPORT + 14);
			check_that(right >= edge, "the right edge moved left: %llu, before %llu",
				   (unsigned long long)right, (unsigned long long)edge);
			edge = right;
		}
	}
}

/* The same with a scale: what is advertised is rounded, so that the edge may seem to move left, but by less than one
 * step (RFC 7323 2.4). */
Test(tcp_window, the_scaled_right_edge_never_moves_left)
{
	struct socket *s = passive_open_with("mss 1460,nop,wscale 7", 65535, 500);
	struct socket_tcp_info info;
	uint64_t edge = 0;
	unsigned seq = 1;
	for (unsigned i = 0; i < 500; i++) {
		unsigned length = 1 + i * 131 % 1460;
		uint64_t before = counted(COUNT_TCP_SEGMENTS_OUT);
		in("P. %u:%u(%u) ack 1 win 500", seq, seq + length, length);
		seq += length;
		if (i % 3 == 0)
			app_read(s, length / 2);
		pass(50 * MS);
		for (uint64_t n = counted(COUNT_TCP_SEGMENTS_OUT) - before; n > 0; n--) {
			struct frame frame = out_frame();
			uint32_t ack = peek32(&frame, AT_TRANSPORT + 8) - flow_current()->peer_isn;
			uint64_t right = (uint64_t)ack + peek16(&frame, AT_TRANSPORT + 14) * 128u;
			check_that(right + 128 > edge, "the right edge moved left: %llu, before %llu",
				   (unsigned long long)right, (unsigned long long)edge);
			check(socket_tcp_info(s, &info) == 0);
			check_that(right <= 1 + flow_current()->read + info.rcv_buffer,
				   "more is offered than the buffer holds");
			edge = right > edge ? right : edge;
		}
	}
}

/* Sockstress: a peer that never reads and never acknowledges costs no more than its buffers. */
Test(tcp_window, attack_one_byte_windows)
{
	struct socket *s = passive_open_with("mss 1000", 1, 1);
	app_write(s, 10000);
	size_t memory = stack_memory(harness_stack())->bytes;
	harness_deaf(true);
	for (unsigned i = 0; i < 100; i++) {
		in(". 1:1(0) ack 1 win %u", i % 2);
		pass(SECOND);
	}
	harness_deaf(false);
	check(stack_memory(harness_stack())->bytes <= memory);
	check(counted(COUNT_TCP_SEGMENTS_OUT) < 1000);
	socket_abort(s);
	pass(0);
	out_frame();
}

/* RFC 9293 3.8.6.2.1: however long the window was closed, one that opens by too little is used within a second. */
Test(tcp_window, a_small_window_after_a_long_closed_one)
{
	struct socket *s = passive_open();
	app_write(s, 5000);
	out_rest();
	in(". 1:1(0) ack 5001 win 0");
	app_write(s, 600);
	out_rest();
	for (unsigned i = 0; i < 9; i++) {
		pass(120 * SECOND);
		out_rest();
		in(". 1:1(0) ack 5001 win 0");
		out_rest();
	}
	pass(3 * SECOND);
	out_rest();
	in(". 1:1(0) ack 5001 win 500");
	pass(SECOND);
	out(". 5001:5501(500) ack 1");
	out_rest();
	in(". 1:1(0) ack 5501 win 65535");
	out("P. 5501:5601(100) ack 1");
	in(". 1:1(0) ack 5601 win 65535");
}

/* Reading opens the window, but a peer that has plenty of it need not be told: its next segment's ACK does. */
Test(tcp_window, reading_tells_nothing_while_the_window_is_wide)
{
	harness_end();
	struct stack_config config = harness_config();
	config.receive_buffer = 16384;
	harness_start_with(&config);
	struct socket *s = passive_open();
	harness_deaf(true);
	for (unsigned i = 0; i < 6; i++)
		in(". %u:%u(1000) ack 1", 1 + 1000 * i, 1001 + 1000 * i);
	harness_deaf(false);
	app_read(s, 6000); /* 10,384 are known, 16,384 there */
	quiet_for(SECOND);
	harness_deaf(true);
	for (unsigned i = 6; i < 16; i++)
		in(". %u:%u(1000) ack 1", 1 + 1000 * i, 1001 + 1000 * i);
	harness_deaf(false);
	app_read(s, 6000); /* 6,384 are known, 12,384 there */
	quiet_for(SECOND);
	app_read(s, 1000); /* more than twice as much */
	out(". 1:1(0) ack 16001 win 13384");
}
