/* SPDX-License-Identifier: MIT
 *
 * Most published holes in stacks need one or two changed fields in one packet. So each kind of valid packet that the
 * scripts know is changed in every byte and every pair of bytes, cut at every length, and in seeded pairs of places,
 * with right checksums and with wrong ones. Nobody says what must happen to each; what must always hold is looked at
 * after every one: nothing is read or written out of bounds (the sanitizers), tcp_check_all() holds, every frame that
 * leaves is sound, memory is bounded, and at the end the stack still serves.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/harness.h"

TestSuite(attack_mutants, .init = harness_start, .fini = harness_end);

#define KINDS 12

static struct socket *listener;

static struct frame kind(unsigned n)
{
	static const struct mac nobody = {{0}};
	switch (n) {
	case 0:
		return frame_arp(1, mac_of("192.0.2.1"), "192.0.2.1", nobody, "192.0.2.2");
	case 1:
		return frame_arp(2, mac_of("192.0.2.1"), "192.0.2.1", mac_of("192.0.2.2"), "192.0.2.2");
	case 2:
		return frame_icmp(8, 0, 0x00010001, 30);
	case 3:
		return frame_udp(1000, 2000, 30);
	case 4:
		return frame_tcp("S 0:0(0) win 64240 <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7>");
	case 5:
		return frame_tcp("P. 1:31(30) ack 1");
	case 6:
		return frame_tcp(". 11:31(20) ack 1 <nop,nop,TS val 9 ecr 9>");
	case 7:
		return frame_tcp("F. 1:11(10) ack 1");
	case 8:
		return frame_tcp("R. 2:2(0) ack 1");
	case 9:
		return frame_tcp("S. 0:0(0) ack 1 <mss 1460>");
	case 10:
		return frame_tcp("PU. 1:31(30) ack 1 urg 5");
	default:
		return frame_tcp(". 1:1(0) ack 1 <nop,nop,sack 5:9 20:30>");
	}
}

static unsigned long long chance = 1;

static unsigned random_below(unsigned bound)
{
	chance = chance * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(chance >> 33) % bound;
}

/* Right checksums again, if the headers still let anybody find them. */
static void mend(struct frame *frame)
{
	size_t header = (frame->bytes[AT_IP] & 15u) * 4;
	if (peek16(frame, AT_ETHER_TYPE) != 0x0800 || frame->length < AT_IP + 20 || AT_IP + header > frame->length)
		return;
	frame_fix(frame);
}

static void deliver_both(const struct frame *frame)
{
	struct frame mended = *frame;
	in_frame(frame);
	mend(&mended);
	in_frame(&mended);
	check_that(stack_memory(harness_stack())->bytes < 4 << 20, "%zu bytes held",
		   stack_memory(harness_stack())->bytes);
}

static const unsigned values[] = {0, 1, 0x7f, 0x80, 0xfe, 0xff};

static void mutate_byte(const struct frame *good, size_t at)
{
	for (unsigned v = 0; v < sizeof values / sizeof *values + 2; v++) {
		struct frame frame = *good;
		frame.bytes[at] = (uint8_t)(v < 6 ? values[v] : frame.bytes[at] + (v == 6 ? 1u : 255u));
		deliver_both(&frame);
	}
}

static void mutate_word(const struct frame *good, size_t at)
{
	static const unsigned words[] = {0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff};
	for (unsigned v = 0; v < sizeof words / sizeof *words; v++) {
		struct frame frame = *good;
		poke16(&frame, at, words[v]);
		deliver_both(&frame);
	}
}

static void cut(const struct frame *good)
{
	for (size_t length = 0; length < good->length; length++) {
		struct frame frame = *good;
		frame.length = length;
		in_frame(&frame);
		if (length < AT_TRANSPORT || peek16(good, AT_ETHER_TYPE) != 0x0800)
			continue;
		poke16(&frame, AT_IP_TOTAL, (unsigned)length - 14); /* and told so in its header */
		deliver_both(&frame);
	}
}

/* The stack still answers, and takes a new connection. */
static void still_serves(void)
{
	for (struct socket *s; (s = socket_accept(listener));)
		socket_abort(s);
	pass(2000 * SECOND);
	harness_deaf(false);
	flow_select(100);
	struct frame echo = frame_icmp(8, 0, 7, 10);
	in_frame(&echo);
	out_icmp(0, 0, 7);
	struct socket *s = passive_open();
	in("P. 1:11(10) ack 1");
	app_read(s, 10);
	app_write(s, 3);
	out("P. 1:4(3) ack 11");
}

/* A connection on flow 0 that stands, and one that we are opening on flow 1; mutants come for flow 0. */
static void scene(void)
{
	harness_stations_move();
	listener = app_listen();
	passive_open();
	flow_select(1);
	flow_current()->local_port = 5001;
	app_connect();
	harness_deaf(true);
	flow_select(0);
}

Test(attack_mutants, one_field)
{
	scene();
	for (unsigned n = 0; n < KINDS; n++) {
		struct frame good = kind(n);
		for (size_t at = 0; at < good.length; at++)
			mutate_byte(&good, at);
		for (size_t at = 0; at + 2 <= good.length; at++)
			mutate_word(&good, at);
		cut(&good);
		pass(SECOND);
	}
	still_serves();
}

Test(attack_mutants, two_fields)
{
	scene();
	for (unsigned i = 0; i < 20000; i++) {
		struct frame frame = kind(random_below(KINDS));
		for (unsigned change = 0; change < 2; change++)
			frame.bytes[random_below((unsigned)frame.length)] = (uint8_t)values[random_below(6)];
		deliver_both(&frame);
		if (i % 100 == 0)
			pass(100 * MS);
	}
	still_serves();
}

/* The same against a connection that we are opening. */
Test(attack_mutants, two_fields_while_connecting)
{
	scene();
	flow_select(1);
	for (unsigned i = 0; i < 5000; i++) {
		struct frame frame = kind(4 + random_below(KINDS - 4));
		for (unsigned change = 0; change < 2; change++)
			frame.bytes[random_below((unsigned)frame.length)] = (uint8_t)values[random_below(6)];
		deliver_both(&frame);
	}
	still_serves();
}

/* Streams of segments at random near the edges of everything, in every state that they lead to. */
Test(attack_mutants, random_segments)
{
	static const int places[] = {-1460, -1, 0, 1, 2, 11, 100, 1461, 64240, 65535, 65536, 65537, 100000};
	static const char *const flags[] = {".",  "P.",  "F.", "FP.", "S",  "S.", "R",
					    "R.", "SF.", "F",  "-",   "SR", "U.", "FSRPU."};
	scene();
	for (unsigned i = 0; i < 20000; i++) {
		flow_select(2 + random_below(8));
		int seq = places[random_below(13)];
		unsigned length = random_below(4) == 0 ? random_below(1400) : 0;
		in("%s %d:%d(%u) ack %d win %u", flags[random_below(random_below(2) ? 3 : 14)], seq, seq + (int)length,
		   length, places[random_below(8)], random_below(3) * 30000);
		if (random_below(50) == 0)
			pass(random_below(300) * MS);
		check_that(stack_memory(harness_stack())->bytes < 4 << 20, "%zu bytes held",
			   stack_memory(harness_stack())->bytes);
	}
	still_serves();
}
