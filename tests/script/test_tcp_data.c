/* SPDX-License-Identifier: MIT
 *
 * Scripts about text in both directions (RFC 9293 3.10.7.4 first and seventh): in order, out of order, twice,
 * overlapping, beyond the window. All of it crosses 2^32, since both initial sequence numbers lie just below.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/harness/harness.h"

TestSuite(tcp_data, .init = harness_start, .fini = harness_end);

#define DELAYED_ACK (40 * MS)

/* --- Out --------------------------------------------------------------------------------------------------------- */

Test(tcp_data, a_small_write_leaves_at_once)
{
	struct socket *s = passive_open();
	app_write(s, 1);
	out("P. 1:2(1) ack 1 <>");
	in(". 1:1(0) ack 2");
	app_write(s, 10);
	out("P. 2:12(10) ack 1");
}

/* SHLD-28: as large as possible; MUST-61: PSH on the last one. */
Test(tcp_data, a_long_write_leaves_in_full_segments_with_psh_on_the_last)
{
	struct socket *s = passive_open();
	app_write(s, 3500);
	out(". 1:1001(1000) ack 1");
	out(". 1001:2001(1000) ack 1");
	out(". 2001:3001(1000) ack 1");
	out("P. 3001:3501(500) ack 1");
}

/* Several writes before the stack is let go become one segment. */
Test(tcp_data, writes_are_collected)
{
	struct socket *s = passive_open();
	for (unsigned i = 0; i < 10; i++)
		app_write(s, 7);
	out("P. 1:71(70) ack 1");
}

/* Wherever the wrap falls in a segment: first, middle, last byte, between two. */
Test(tcp_data, sending_across_the_wrap_at_every_place)
{
	struct socket *s = passive_open();
	unsigned seq = 1;
	for (unsigned length = 1; length <= 6; length++) {
		app_write(s, length);
		out("P. %u:%u(%u) ack 1", seq, seq + length, length);
		seq += length;
		in(". 1:1(0) ack %u", seq);
	}
	quiet_for(10 * SECOND);
}

/* A peer may acknowledge part of a segment. */
Test(tcp_data, an_ack_in_the_middle_of_a_segment)
{
	struct socket *s = passive_open();
	app_write(s, 1000);
	out("P. 1:1001(1000) ack 1");
	in(". 1:1(0) ack 2"); /* just across the wrap */
	in(". 1:1(0) ack 501");
	after(200 * MS);
	out("P. 501:1001(500) ack 1"); /* only the rest is sent again */
	in(". 1:1(0) ack 1001");
}

/* In place: what is reserved and committed is sent like a write. */
Test(tcp_data, reserve_and_commit)
{
	struct socket *s = passive_open();
	size_t length;
	for (size_t done = 0; done < 100; done += length) { /* in pieces, where the ring goes around */
		uint8_t *room = socket_reserve(s, 100 - done, &length);
		check(room && length > 0 && length <= 100 - done);
		for (size_t i = 0; i < length; i++)
			room[i] = pattern(done + i);
		socket_commit(s, length);
	}
	out("P. 1:101(100) ack 1");
}

/* The send buffer is bounded; a full one answers -EAGAIN, and says writable once there is room. */
Test(tcp_data, a_full_send_buffer)
{
	struct stack_config config = harness_config();
	config.send_buffer = 4096;
	harness_end();
	harness_start_with(&config);
	struct socket *s = passive_open_with("mss 1000", 65535, 2000);
	app_write(s, 4096);
	check(socket_send(s, "x", 1) == -EAGAIN);
	check(!(socket_ready(s) & SOCKET_WRITABLE));
	out(". 1:1001(1000) ack 1");
	out(". 1001:2001(1000) ack 1");
	in(". 1:1(0) ack 2001 win 2000");
	check(socket_ready(s) & SOCKET_WRITABLE);
	out(". 2001:3001(1000) ack 1");
	out(". 3001:4001(1000) ack 1");
}

/* --- In: what is delivered --------------------------------------------------------------------------------------- */

Test(tcp_data, text_is_delivered_in_order)
{
	struct socket *s = passive_open();
	app_read_gives(s, -EAGAIN);
	in("P. 1:11(10) ack 1");
	check(socket_ready(s) & SOCKET_READABLE);
	app_read(s, 10);
	check(!(socket_ready(s) & SOCKET_READABLE));
	app_read_gives(s, -EAGAIN);
	pass(DELAYED_ACK);
	out(". 1:1(0) ack 11");
}

Test(tcp_data, peek_and_consume)
{
	struct socket *s = passive_open();
	struct slice slices[2];
	in("P. 1:11(10) ack 1");
	check(socket_peek(s, slices) >= 1 && slices[0].bytes[0] == pattern(0));
	socket_consume(s, 4);
	check(socket_peek(s, slices) >= 1 && slices[0].bytes[0] == pattern(4));
	socket_consume(s, 6);
	check(socket_peek(s, slices) == 0);
	pass(DELAYED_ACK);
	out(". 1:1(0) ack 11");
}

/* SHLD-31: out-of-order text is kept; RFC 5681 4.2: each such segment is answered at once with an ACK of its own, and
 * so is the one that fills the gap. */
Test(tcp_data, out_of_order_text_is_kept_and_acknowledged_at_once)
{
	struct socket *s = passive_open();
	in(". 11:21(10) ack 1");
	out(". 1:1(0) ack 1");
	in(". 31:41(10) ack 1");
	out(". 1:1(0) ack 1");
	app_read_gives(s, -EAGAIN);
	in(". 1:11(10) ack 1");
	out(". 1:1(0) ack 21");
	app_read(s, 20);
	app_read_gives(s, -EAGAIN);
	in(". 21:31(10) ack 1");
	out(". 1:1(0) ack 41");
	app_read(s, 20);
	quiet_for(SECOND);
}

/* Every out-of-order segment of a batch owes an ACK of its own, or the peer's fast retransmit starves. */
Test(tcp_data, out_of_order_segments_in_one_batch_draw_one_ack_each)
{
	struct socket *s = passive_open();
	batch_begin();
	in(". 1001:2001(1000) ack 1");
	in(". 2001:3001(1000) ack 1");
	in(". 3001:4001(1000) ack 1");
	batch_end();
	out(". 1:1(0) ack 1");
	out(". 1:1(0) ack 1");
	out(". 1:1(0) ack 1");
	in(". 1:1001(1000) ack 1");
	out(". 1:1(0) ack 4001");
	app_read(s, 4000);
}

/* Where the hole is filled within the batch, one ACK says it all. */
Test(tcp_data, a_hole_filled_within_the_batch_draws_one_ack)
{
	struct socket *s = passive_open();
	batch_begin();
	in(". 11:21(10) ack 1");
	in(". 31:41(10) ack 1");
	in(". 21:31(10) ack 1");
	in(". 1:11(10) ack 1");
	batch_end();
	out(". 1:1(0) ack 41");
	quiet_for(SECOND);
	app_read(s, 40);
}

/* The last byte first, one by one, down to the first. */
Test(tcp_data, text_in_reverse_order)
{
	struct socket *s = passive_open();
	for (unsigned at = 20; at > 1; at--) {
		in(". %u:%u(1) ack 1", at, at + 1);
		out(". 1:1(0) ack 1");
	}
	in(". 1:2(1) ack 1");
	out(". 1:1(0) ack 21");
	app_read(s, 20);
}

/* RFC 9293 3.10.7.4 first: a duplicate is acknowledged at once. */
Test(tcp_data, a_duplicate_is_acknowledged_at_once_and_not_delivered_twice)
{
	struct socket *s = passive_open();
	in("P. 1:11(10) ack 1");
	app_read(s, 10);
	pass(DELAYED_ACK);
	out(". 1:1(0) ack 11");
	in("P. 1:11(10) ack 1");
	out(". 1:1(0) ack 11");
	app_read_gives(s, -EAGAIN);
	in("P. 6:11(5) ack 1");
	out(". 1:1(0) ack 11");
	app_read_gives(s, -EAGAIN);
}

/* Text that is partly old is trimmed at its front. */
Test(tcp_data, an_overlap_at_the_front_is_trimmed)
{
	struct socket *s = passive_open();
	in("P. 1:11(10) ack 1");
	in("P. 6:21(15) ack 1");
	pass(DELAYED_ACK);
	out(". 1:1(0) ack 21");
	app_read(s, 20);
	app_read_gives(s, -EAGAIN);
}

/* Overlaps of every kind among pieces out of order. */
Test(tcp_data, overlapping_pieces_out_of_order)
{
	struct socket *s = passive_open();
	static const unsigned pieces[][2] = {{41, 51}, {21, 31}, {26, 46}, {21, 51}, {11, 22}, {50, 61}, {8, 13}};
	for (unsigned i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		in(". %u:%u(%u) ack 1", pieces[i][0], pieces[i][1], pieces[i][1] - pieces[i][0]);
		out(". 1:1(0) ack 1");
	}
	in(". 1:9(8) ack 1");
	out(". 1:1(0) ack 61");
	app_read(s, 60);
	app_read_gives(s, -EAGAIN);
}

/* One piece that covers the gap and all there is beyond it. */
Test(tcp_data, one_segment_covers_gap_and_kept_text)
{
	struct socket *s = passive_open();
	in(". 11:16(5) ack 1");
	out(". 1:1(0) ack 1");
	in(". 1:31(30) ack 1");
	out(". 1:1(0) ack 31");
	app_read(s, 30);
}

/* A peer whose FIN lies before text that it has sent already contradicts itself. What is read is a prefix of the
 * stream, its end comes once, and nothing goes wrong inside (tcp_check_all() looks). */
Test(tcp_data, attack_text_beyond_a_fin)
{
	struct socket *s = passive_open();
	in(". 11:31(20) ack 1");
	out(". 1:1(0) ack 1");
	harness_deaf(true);
	in("F. 21:21(0) ack 1");
	in(". 1:11(10) ack 1");
	in(". 31:41(10) ack 1");
	in("F. 41:41(0) ack 1");
	pass(SECOND);
	harness_deaf(false);
	app_read(s, 20);
	long rest;
	uint8_t byte;
	while ((rest = socket_receive(s, &byte, 1)) == 1)
		;
	check(rest == 0 || rest == -EAGAIN);
	socket_close(s);
	pass(0);
	out_rest();
}

/* The same, where the FIN comes with the text that was missing before that which lies beyond it: it ends nothing. */
Test(tcp_data, attack_fin_in_the_middle_of_what_has_come)
{
	struct socket *s = passive_open();
	in(". 11:131(120) ack 1");
	out(". 1:1(0) ack 1");
	in("FP. 1:119(118) ack 1");
	out(". 1:1(0) ack 131");
	app_read(s, 130);
	app_read_gives(s, -EAGAIN);
	in("F. 131:131(0) ack 1");
	out(". 1:1(0) ack 132");
	app_read_gives(s, 0);
}

/* Two FINs at different places: the first to come counts, or the connection is at least not harmed. */
Test(tcp_data, attack_two_fins)
{
	struct socket *s = passive_open();
	harness_deaf(true);
	in("F. 21:21(0) ack 1");
	in("F. 11:11(0) ack 1");
	in(". 1:31(30) ack 1");
	in(". 1:21(20) ack 1");
	pass(SECOND);
	harness_deaf(false);
	uint8_t bytes[100];
	long got = socket_receive(s, bytes, sizeof bytes);
	check(got <= 30);
	socket_close(s);
	pass(0);
	out_rest();
}

/* A segment that begins in the window and ends beyond it is taken as far as the window goes. */
Test(tcp_data, text_beyond_the_window_is_cut)
{
	struct stack_config config = harness_config();
	config.receive_buffer = 4096;
	harness_end();
	harness_start_with(&config);
	struct socket *s = passive_open();
	in(". 1:1461(1460) ack 1"); /* the first window is of whole segments */
	in(". 1461:2921(1460) ack 1");
	out(". 1:1(0) ack 2921 win 0");
	app_read(s, 2920);
	out(". 1:1(0) ack 2921 win 4096");
	in(". 2921:4381(1460) ack 1");
	in(". 4381:5841(1460) ack 1");
	out(". 1:1(0) ack 5841 win 1176");
	in("FP. 5841:7301(1460) ack 1"); /* 1176 fit, and the FIN is beyond them */
	pass(DELAYED_ACK);
	out(". 1:1(0) ack 7017 win 0");
	app_read(s, 4096);
	out(". 1:1(0) ack 7017 win 4096");
	app_read_gives(s, -EAGAIN);
}

/* RFC 9293 3.10.7.4 first: wholly outside the window: dropped by name, and acknowledged. */
Test(tcp_data, text_outside_the_window_is_dropped_and_acknowledged)
{
	struct socket *s = passive_open();
	in(". 70001:70011(10) ack 1"); /* right of 1 + 65535 */
	assert_dropped(DROP_TCP_SEQUENCE);
	out(". 1:1(0) ack 1");
	quiet_for(SECOND);
	in(". -20:-10(10) ack 1"); /* left of it */
	assert_dropped(DROP_TCP_SEQUENCE);
	out(". 1:1(0) ack 1");
	quiet_for(SECOND);
	in(". 2147483649:2147483659(10) ack 1"); /* half the circle away */
	assert_dropped(DROP_TCP_SEQUENCE);
	out(". 1:1(0) ack 1");
	app_read_gives(s, -EAGAIN);
}

/* RFC 9293 3.10.7.4 fifth: without ACK every segment of an established connection is dropped in silence. */
Test(tcp_data, a_segment_without_ack_is_dropped)
{
	struct socket *s = passive_open();
	in("P 1:11(10)");
	assert_dropped(DROP_TCP_NO_ACK);
	quiet_for(SECOND);
	in("- 1:11(10)");
	assert_dropped(DROP_TCP_NO_ACK);
	quiet_for(SECOND);
	app_read_gives(s, -EAGAIN);
}

/* What a burst made grow is given back once all is read. */
Test(tcp_data, buffers_shrink_again)
{
	struct socket *s = passive_open();
	size_t before = stack_memory(harness_stack())->bytes;
	for (unsigned i = 0; i < 40; i++) {
		in(". %u:%u(1000) ack 1", 1 + 1000 * i, 1001 + 1000 * i);
		out_rest();
	}
	app_write(s, 40000);
	pass(0);
	out_rest();
	check(stack_memory(harness_stack())->bytes >= before + 80000);
	app_read(s, 40000);
	pass(0);
	for (unsigned acked = 1; acked < 40001; acked += 10000) {
		out_rest();
		in(". 40001:40001(0) ack %u", acked + 10000);
	}
	out_rest();
	in("P. 40001:40011(10) ack 40001");
	app_read(s, 10);
	pass(SECOND);
	out_rest();
	check_that(stack_memory(harness_stack())->bytes <= before, "%zu bytes held, before %zu",
		   stack_memory(harness_stack())->bytes, before);
}

/* --- Urgent ------------------------------------------------------------------------------------------------------ */

/* Urgent data is delivered in line; the pointer is never a length (URGENT/11). */
Test(tcp_data, attack_urgent_pointers_are_harmless)
{
	static const unsigned pointers[] = {0, 1, 9, 10, 11, 0x7fff, 0x8000, 0xffff};
	struct socket *s = passive_open();
	unsigned seq = 1;
	for (unsigned i = 0; i < sizeof pointers / sizeof *pointers; i++) {
		in("PU. %u:%u(10) ack 1 urg %u", seq, seq + 10, pointers[i]);
		seq += 10;
		app_read(s, 10);
		pass(DELAYED_ACK);
		out(". 1:1(0) ack %u", seq);
	}
	in("U. %u:%u(0) ack 1 urg 5", seq, seq);
	quiet_for(SECOND);
}

/* --- Floods ------------------------------------------------------------------------------------------------------ */

/* SegmentSmack: every second byte, from the far edge down. Ranges stay bounded, the left edge is always taken, and
 * all is well once the text comes again in order. */
Test(tcp_data, attack_out_of_order_flood_of_single_bytes)
{
	struct socket *s = passive_open();
	size_t most = 0;
	for (unsigned at = 8001; at > 1; at -= 2) {
		in(". %u:%u(1) ack 1", at, at + 1);
		out(". 1:1(0) ack 1");
		size_t bytes = stack_memory(harness_stack())->bytes;
		most = bytes > most ? bytes : most;
	}
	check_that(most < 2 << 20, "%zu bytes held for a flood", most);
	for (unsigned at = 1; at < 8001; at += 1000) {
		harness_deaf(true);
		in(". %u:%u(1000) ack 1", at, at + 1000);
		harness_deaf(false);
	}
	harness_deaf(true);
	pass(SECOND);
	harness_deaf(false);
	app_read(s, 8000);
}

/* The same from the near edge up, where the left edge moves last: what is too much to remember is dropped by name. */
Test(tcp_data, attack_out_of_order_flood_upwards)
{
	struct socket *s = passive_open();
	for (unsigned at = 3; at < 8001; at += 2) {
		in(". %u:%u(1) ack 1", at, at + 1);
		out(". 1:1(0) ack 1");
	}
	check(dropped(DROP_TCP_OUT_OF_ORDER) > 0);
	check(stack_memory(harness_stack())->bytes < 2 << 20);
	harness_deaf(true);
	for (unsigned at = 1; at < 8001; at += 1000)
		in(". %u:%u(1000) ack 1", at, at + 1000);
	pass(SECOND);
	harness_deaf(false);
	app_read(s, 8000);
}

/* Where the urgent text ends is counted from the number that the segment came with, not from what is left of it (MUST-62). */
Test(tcp_data, the_urgent_pointer_of_a_trimmed_segment)
{
	struct socket *s = passive_open();
	in("P. 1:11(10) ack 1");
	app_read(s, 10);
	out_rest();
	in("PU. 1:21(20) ack 1 urg 15");
	check(event_last(EVENT_TCP_URGENT)->value == 5);
	app_read(s, 10);
	pass(40 * MS);
	out(". 1:1(0) ack 21");
}

static size_t held(void)
{
	return stack_memory(harness_stack())->bytes;
}

/* Read 60,000 bytes and answer with 100. */
static void exchange(struct socket *s)
{
	for (unsigned i = 0; i < 60; i++) {
		in("P. %u(1000) ack 1", 1 + i * 1000);
		out_rest();
	}
	app_read(s, 60000);
	app_write(s, 100);
	out_rest();
}

/* The rings are given back once they are empty and nothing has come for a while, though no ACK was ever late. */
Test(tcp_data, an_idle_connection_holds_no_ring)
{
	struct socket *s = passive_open();
	size_t before = held();
	exchange(s);
	check(held() > before);
	in(". 60001:60001(0) ack 101");
	quiet_for(SECOND);
	check(held() == before);
}

/* Nor much else: with its socket it is less than 1 KiB. */
Test(tcp_data, an_idle_connection_is_small)
{
	passive_open();
	size_t before = held();
	flow_select(1);
	struct socket *s = passive_open();
	check_that(held() - before < 1024, "%zu bytes", held() - before);
	exchange(s);
	in(". 60001:60001(0) ack 101");
	quiet_for(SECOND);
	check_that(held() - before < 1024, "%zu bytes afterwards", held() - before);
}

/* Nor does one whose reader came late, when all ACKs had long been sent. */
Test(tcp_data, a_late_reader_leaves_no_ring)
{
	struct socket *s = passive_open();
	size_t before = held();
	in("P. 1:101(100) ack 1");
	pass(SECOND);
	out(". 1:1(0) ack 101");
	check(held() > before);
	app_read(s, 100);
	quiet_for(SECOND);
	check(held() == before);
}

/* TIME-WAIT holds none from its beginning. */
Test(tcp_data, time_wait_holds_no_ring)
{
	struct socket *s = passive_open();
	size_t before = held();
	exchange(s);
	socket_shutdown(s, SOCKET_SHUTDOWN_WRITE);
	out_rest();
	in("F. 60001:60001(0) ack 102");
	out_rest();
	socket_close(s);
	check(held() < before);
	quiet_for(30 * SECOND);
}
