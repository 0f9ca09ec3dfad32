/* SPDX-License-Identifier: MIT
 *
 * Scripts about attacks on TCP that are published, as far as no other script has them beside what they attack: options in
 * every broken shape, peers that hold on to our memory.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/harness/harness.h"

TestSuite(tcp_attack, .init = harness_start, .fini = harness_end);

static size_t held(void)
{
	return stack_memory(harness_stack())->bytes;
}

/* Ten bytes there and ten back. */
static void stands(struct socket *s)
{
	in("P. 1:11(10) ack 1");
	app_read(s, 10);
	app_write(s, 10);
	out("P. 1:11(10) ack 11");
}

/* --- Options ----------------------------------------------------------------------------------------------------- */

/* A segment with 40 bytes of options: no-operation, and then these. */
static struct frame frame_with_tail(const char *segment, const uint8_t *bytes, size_t length)
{
	char hex[81] = "";
	for (size_t i = 0; i < 40; i++)
		snprintf(hex + 2 * i, 3, "%02x", i < 40 - length ? 1 : bytes[i - (40 - length)]);
	return frame_tcp("%s <hex %s>", segment, hex);
}

/* MUST-7: each kind that we know, and one that nobody does, with each length there is, at the beginning of the options, where all that it
 * claims is there or cut off, and with its last bytes only: the SYN is answered as one without it or with it, and the connection stands. */
Test(tcp_attack, attack_options_of_every_length)
{
	static const uint8_t kinds[] = {0, 1, 2, 3, 4, 5, 8, 28, 34, 253};
	struct socket *listener = app_listen();
	for (size_t k = 0; k < sizeof kinds; k++)
		for (unsigned claimed = 0; claimed <= 256; claimed = claimed == 42 ? 255 : claimed + 1)
			for (size_t present = 1; present <= 40; present += present < 12 ? 1 : 28) {
				uint8_t bytes[40];
				memset(bytes, 0xff, sizeof bytes);
				bytes[0] = kinds[k];
				bytes[1] = (uint8_t)claimed;
				struct frame syn = frame_with_tail("S 0:0(0)", bytes, present);
				in_frame(&syn);
				struct frame answer = out_frame();
				check_that((answer.bytes[AT_TCP_FLAGS] & 0x3f) == 0x12, "kind %u length %u", kinds[k],
					   claimed);
				in("R 1:1(0)");
			}
	check(!socket_accept(listener) && stack_connections(harness_stack()) == 0);
}

/* The same in a connection that stands: the text that comes with them is taken, and nothing else changes. */
Test(tcp_attack, attack_options_in_an_established_connection)
{
	static const uint8_t kinds[] = {0, 1, 2, 3, 4, 5, 8, 28, 34, 253};
	struct socket *s = passive_open();
	unsigned seq = 1;
	for (size_t k = 0; k < sizeof kinds; k++)
		for (unsigned claimed = 0; claimed < 42; claimed++) {
			uint8_t bytes[40];
			char segment[64];
			memset(bytes, 0xff, sizeof bytes);
			bytes[0] = kinds[k];
			bytes[1] = (uint8_t)claimed;
			snprintf(segment, sizeof segment, "P. %u:%u(1) ack 1", seq, seq + 1);
			struct frame frame = frame_with_tail(segment, bytes, 40);
			in_frame(&frame);
			seq++;
			app_read(s, 1);
			pass(40 * MS);
			out_rest();
		}
	app_write(s, 1001); /* of the MSS that the SYN told */
	out(". 1:1001(1000) ack %u <>", seq);
	out("P. 1001:1002(1) ack %u <>", seq);
}

/* An option twice: one of them counts, whichever, and for the MSS the answer is one of the two. */
Test(tcp_attack, attack_options_twice)
{
	struct socket *s = passive_open_with("mss 300,mss 700,wscale 2,wscale 3,sackOK,sackOK", 65535, 65535);
	app_write(s, 701);
	struct frame frame = out_frame();
	size_t length = frame.length - AT_TCP_OPTIONS;
	check(length == 300 || length == 700);
	out_rest();
	in(". 1:1(0) ack 702 win 65535");

	flow_select(1);
	s = passive_open_with("mss 1012,TS val 100 ecr 0,TS val 200 ecr 0", 65535, 65535);
	in("P. 1:11(10) ack 1 <TS val 1000 ecr last,TS val 1001 ecr last>");
	app_read(s, 10);
	pass(40 * MS);
	frame = out_frame();
	check(peek32(&frame, AT_TCP_OPTIONS + 8) == 1000 || peek32(&frame, AT_TCP_OPTIONS + 8) == 1001);
}

/* Timestamps on one side only are on neither (RFC 7323 3.2): ours that the peer did not take up, the peer's that come later. */
Test(tcp_attack, attack_timestamps_on_one_side)
{
	struct socket *s = app_connect();
	out("S 0:0(0) <mss 1460,sackOK,TS val * ecr 0,nop,wscale 7>");
	in("S. 0:0(0) ack 1 <mss 1000>");
	out(". 1:1(0) ack 1 <>");
	in("P. 1:11(10) ack 1 <nop,nop,TS val 1000 ecr last>");
	after(40 * MS);
	out(". 1:1(0) ack 11 <>");
	in("P. 11:21(10) ack 1 <nop,nop,TS val 1 ecr 0>"); /* older, if anybody asked */
	assert_not_dropped();
	after(40 * MS);
	out(". 1:1(0) ack 21 <>");
	app_read(s, 20);
}

/* SACK blocks that are reversed, empty, outside of what is in flight, overlapping, forty bytes of them, in place of each other: they
 * retransmit nothing, acknowledge nothing, and hold nothing. */
Test(tcp_attack, attack_sack_blocks_that_cannot_be)
{
	struct socket *s = passive_open_with("mss 1012,sackOK", 65535, 65535);
	app_write(s, 5000);
	out_rest();
	size_t before = held();
	uint32_t una = flow_current()->our_isn + 1;
	const uint32_t blocks[][2] = {
	    {una + 2000, una + 1000},
	    {una + 1000, una + 1000},
	    {una - 1000, una},
	    {una - 2000, una + 9000},
	    {una, una},
	    {una, una + 5000},
	    {una + 5000, una + 6000},
	    {una + 4000, una + 5001},
	    {una + 0x80000000u, una + 0x80001000u},
	    {una - 1, una + 0x7fffffffu},
	    {0, 0},
	    {0xffffffffu, 0},
	};
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
		uint8_t option[40];
		memset(option, 1, sizeof option);
		option[0] = 5;
		option[1] = 34;
		for (unsigned b = 0; b < 4; b++)
			for (unsigned n = 0; n < 8; n++)
				option[2 + 8 * b + n] = (uint8_t)(blocks[i][n / 4] >> (24 - 8 * (n % 4)));
		char segment[64]; /* with a window of its own, so that it is no duplicate ACK */
		snprintf(segment, sizeof segment, ". 1:1(0) ack 1 win %zu", 65000 - i);
		struct frame frame = frame_with_tail(segment, option, 40);
		in_frame(&frame);
		quiet();
		check(held() <= before + 1024);
	}
	check(counted(COUNT_TCP_RETRANSMITS) == 0);
	in(". 1:1(0) ack 5001");
	quiet_for(1000 * SECOND);
}

/* --- Sockstress: peers that hold on to our memory ------------------------------------------------------------------ */

/* Many peers that take a large answer, close their windows and answer each probe. As long as somebody here wants that it may go on for
 * ever (MUST-37), with no more memory than the buffers'; a user time-out ends them all, whatever they answer. */
Test(tcp_attack, attack_windows_that_stay_closed_and_the_user_timeout)
{
	enum { PEERS = 100 };
	struct socket *sockets[PEERS];
	socket_set_user_timeout(app_listen(), 600 * SECOND);
	size_t idle = held();
	for (unsigned i = 0; i < PEERS; i++) {
		flow_select(i);
		sockets[i] = passive_open();
		in(". 1:1(0) ack 1 win 0");
		app_write(sockets[i], 40000);
	}
	check_that(held() - idle < (size_t)PEERS * (65536 + 4096), "%zu bytes", held() - idle);
	size_t before = held();
	for (unsigned second = 0; second < 599; second++) {
		harness_deaf(true);
		pass(SECOND);
		for (unsigned i = 0; i < PEERS; i++) {
			flow_select(i);
			in(". 1:1(0) ack 1 win 0");
		}
		harness_deaf(false);
		check(held() <= before);
	}
	check(stack_connections(harness_stack()) == PEERS);
	harness_deaf(true);
	pass(SECOND);
	harness_deaf(false);
	check(stack_connections(harness_stack()) == 0);
	for (unsigned i = 0; i < PEERS; i++) {
		check(socket_error(sockets[i]) == -ETIMEDOUT);
		socket_close(sockets[i]);
	}
	check(held() <= idle + 128 * sizeof(void *)); /* the table has grown */
}

/* When its user has let go, nobody is left who could want that: an orphan whose peer answers and answers, but takes nothing, is reset
 * in the end (RFC 6429 3: for want of memory it may be). Its window is closed, or open by a byte now and then that it does not take. */
Test(tcp_attack, attack_orphans_whose_peer_takes_nothing)
{
	for (unsigned i = 0; i < 2; i++) {
		flow_select(i);
		struct socket *s = passive_open();
		in(". 1:1(0) ack 1 win 0");
		app_write(s, 10000);
		socket_close(s);
		uint64_t begun = harness_now();
		harness_deaf(true);
		for (unsigned second = 0; stack_connections(harness_stack()) > 0; second++) {
			check_that(second < 1100, "it is held for ever");
			in(". 1:1(0) ack 1 win %u", i && second % 2);
			pass(SECOND);
		}
		harness_deaf(false);
		check(harness_now() - begun >= 900 * SECOND);
		check(counted(COUNT_TCP_RESETS_OUT) == i + 1); /* it is there to hear of it */
	}
}

/* A user who has said how long he would wait has said it for what he leaves behind, too (MUST-21). */
Test(tcp_attack, orphans_keep_to_the_user_timeout)
{
	struct socket *s = passive_open();
	socket_set_user_timeout(s, 7200 * SECOND);
	in(". 1:1(0) ack 1 win 0");
	app_write(s, 10000);
	socket_close(s);
	harness_deaf(true);
	for (unsigned second = 0; second < 7199; second++) {
		pass(SECOND);
		in(". 1:1(0) ack 1 win 0");
	}
	check(stack_connections(harness_stack()) == 1);
	pass(SECOND);
	harness_deaf(false);
	check(stack_connections(harness_stack()) == 0);
}

/* One whose peer takes a byte every quarter of an hour is served to the end. */
Test(tcp_attack, orphans_of_a_slow_peer_are_served)
{
	struct socket *s = passive_open();
	in(". 1:1(0) ack 1 win 0");
	app_write(s, 20);
	socket_close(s);
	harness_deaf(true);
	for (unsigned taken = 0; taken < 20; taken++) {
		for (unsigned minute = 0; minute < 14; minute++) {
			pass(60 * SECOND);
			in(". 1:1(0) ack %u win 0", 1 + taken);
		}
		in(". 1:1(0) ack %u win 1", 1 + taken);
		pass(2 * SECOND);
		in(". 1:1(0) ack %u win 0", 2 + taken);
		check_that(stack_connections(harness_stack()) == 1, "given up after %u bytes", taken);
	}
	in("F. 1:1(0) ack 21 win 100");
	pass(SECOND);
	harness_deaf(false);
	in(". 2:2(0) ack 22 win 100");
	quiet_for(100 * SECOND);
	check(stack_connections(harness_stack()) == 0);
}

/* A peer that sends and never acknowledges more than a byte, whose windows are of one byte: segments are few. */
Test(tcp_attack, attack_one_byte_at_a_time)
{
	struct socket *s = passive_open_with("mss 1000", 1, 1);
	app_write(s, 100);
	harness_deaf(true);
	pass(0);
	size_t before = held();
	for (unsigned acked = 0; acked < 100; acked++) {
		pass(SECOND);
		in(". 1:1(0) ack %u win 1", 1 + acked);
		check(held() <= before);
	}
	harness_deaf(false);
	check_that(counted(COUNT_TCP_SEGMENTS_OUT) < 500, "%llu segments",
		   (unsigned long long)counted(COUNT_TCP_SEGMENTS_OUT));
}

/* Every second byte, one at a time, alternately at the far edge of our window and near its middle: what is kept in mind is bounded, each
 * is answered once, and text in order is taken at every moment. */
Test(tcp_attack, attack_out_of_order_flood_at_the_far_edge)
{
	struct socket *s = passive_open();
	unsigned next = 11;
	in("P. 1:11(10) ack 1"); /* the window is its largest from here on */
	app_read(s, 10);
	after(40 * MS);
	out(". 1:1(0) ack 11");
	for (unsigned i = 0; i < 4000; i++) {
		unsigned at = i % 2 ? 65000 - i : 30000 + i;
		in(". %u(1) ack 1", at & ~1u);
		out(". 1:1(0) ack %u", next);
		check_that(held() < 256 << 10, "%zu bytes", held());
		if (i % 100 == 99) {
			in(". %u(10) ack 1", next);
			next += 10;
			app_read(s, 10);
			out(". 1:1(0) ack %u", next);
		}
	}
	check(dropped(DROP_TCP_OUT_OF_ORDER) > 0);
}

/* SYNs without end from everywhere: no more is kept than the backlog, all others are dropped by name; and when the flood is over and its
 * SYN,ACKs have gone unanswered, the listener takes connections as before. */
Test(tcp_attack, attack_syn_flood_and_afterwards)
{
	app_listen();
	harness_deaf(true);
	for (unsigned i = 0; i < 20000; i++) {
		struct frame syn = frame_tcp("S 0:0(0) <mss 1000>");
		poke16(&syn, AT_TRANSPORT, 1024 + i);
		syn.bytes[AT_IP_FROM + 3] = (uint8_t)(3 + i % 200);
		frame_fix(&syn);
		in_frame(&syn);
		check(stack_connections(harness_stack()) <= 16);
	}
	check(dropped(DROP_TCP_HALF_OPEN_FULL) >= 20000 - 16);
	pass(120 * SECOND);
	harness_deaf(false);
	check(stack_connections(harness_stack()) == 0);
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 1");
	stands(app_accept());
}

/* ACK division where the window is small, and optimistic ACKs: what is acknowledged twice, or was never sent, lets nothing go. */
Test(tcp_attack, attack_optimistic_acks)
{
	struct socket *s = passive_open();
	app_write(s, 30000);
	for (unsigned i = 0; i < 10; i++)
		out(". %u:%u(1000) ack 1", 1 + 1000 * i, 1001 + 1000 * i);
	for (unsigned i = 0; i < 100; i++) {
		in(". 1:1(0) ack %u", 10002 + 1000 * i);
		assert_dropped(DROP_TCP_ACK);
		if (i == 0) /* one answer within 500 ms */
			out(". 10001:10001(0) ack 1");
	}
	struct socket_tcp_info info;
	check(socket_tcp_info(s, &info) == 0 && info.cwnd == 10000 && info.in_flight == 10000);
}
