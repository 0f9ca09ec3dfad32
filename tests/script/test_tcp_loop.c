/* SPDX-License-Identifier: MIT
 *
 * Scripts about two stacks that talk to each other. After somebody has lied to them what each says makes the other one answer, and
 * that must come to an end; and where the wire does nothing to their frames, none is sent twice. Beside the world of harness.h, from
 * which the forged segments are.
 *
 *     192.0.2.1  client  <--- forged --- test --- forged --->  server  192.0.2.2
 *                  ^                                             ^
 *                  `--------------- frames, 1 ms ----------------'
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "socket/socket_private.h"
#include "tests/harness/harness.h"

#define QUEUE 64

struct end {
	struct stack *stack;
	struct end *other;
	struct frame *frames; /* two queues of QUEUE frames: on their way to the other end, and just there */
	unsigned filling;     /* which of the two is the first */
	unsigned count;
	unsigned sent; /* ever */
};

static struct end client, server;
static uint64_t now;

static int emit(void *user, const struct tx_packet *packet)
{
	struct end *e = user;
	check_that(e->count < QUEUE, "more than %u frames in a millisecond", QUEUE);
	struct frame *frame = &e->frames[e->filling * QUEUE + e->count++];
	tx_copy(packet, frame->bytes);
	frame->length = tx_length(packet);
	e->sent++;
	return 0;
}

static void make(struct end *e, struct end *other, const char *address, const char *neighbour, bool sack)
{
	struct stack_config config = stack_defaults();
	config.mac = mac_of(address);
	config.address = ip_of(address);
	config.prefix_length = 24;
	config.emit = emit;
	config.emit_user = e;
	config.sack = sack;
	config.seed[0] = (uint8_t)address[8];
	*e = (struct end){.other = other, .frames = calloc(2 * QUEUE, sizeof(struct frame))};
	check(e->frames);
	e->stack = stack_create(&config, now);
	check(e->stack && stack_add_neighbour(e->stack, ip_of(neighbour), mac_of(neighbour)) == 0);
}

static void input(struct end *e, const struct frame *frame)
{
	struct rx_frame rx = {.bytes = frame->bytes, .length = frame->length};
	stack_input(e->stack, &rx, now);
}

/* What has been sent by now arrives after a millisecond. */
static void turn(void)
{
	struct end *ends[2] = {&client, &server};
	unsigned counts[2];
	now += MS;
	for (unsigned i = 0; i < 2; i++) {
		counts[i] = ends[i]->count;
		ends[i]->count = 0;
		ends[i]->filling ^= 1;
	}
	for (unsigned i = 0; i < 2; i++)
		for (unsigned n = 0; n < counts[i]; n++)
			input(ends[i]->other, &ends[i]->frames[(ends[i]->filling ^ 1) * QUEUE + n]);
	for (unsigned i = 0; i < 2; i++) {
		stack_tick(ends[i]->stack, now);
		stack_flush(ends[i]->stack, now);
	}
}

static void turns(uint64_t time)
{
	for (uint64_t end = now + time; now < end;)
		turn();
}

static struct socket *listener, *caller, *called;

static void start_with(bool sack)
{
	now = SECOND;
	make(&client, &server, "192.0.2.1", "192.0.2.2", sack);
	make(&server, &client, "192.0.2.2", "192.0.2.1", sack);
	listener = socket_open(server.stack, SOCKET_STREAM);
	check(socket_bind(listener, &(struct endpoint){ADDRESS_ANY, 5000}) == 0 && socket_listen(listener, 4) == 0);
	caller = socket_open(client.stack, SOCKET_STREAM);
	check(socket_bind(caller, &(struct endpoint){ip_of("192.0.2.1"), 6000}) == 0);
	check(socket_connect(caller, &(struct endpoint){ip_of("192.0.2.2"), 5000}) == 0);
	stack_flush(client.stack, now);
	turns(3 * SECOND); /* announcements, too */
	called = socket_accept(listener);
	check(called && socket_ready(caller) == SOCKET_WRITABLE);
}

static void start(void)
{
	harness_start();
	start_with(true);
}

static void stop(void)
{
	stack_destroy(client.stack);
	stack_destroy(server.stack);
	free(client.frames);
	free(server.frames);
}

static void end(void)
{
	stop();
	harness_end();
}

TestSuite(tcp_loop, .init = start, .fini = end);

/* How many frames both send in ten seconds. */
static unsigned sent_in_ten_seconds(void)
{
	unsigned before = client.sent + server.sent;
	turns(10 * SECOND);
	return client.sent + server.sent - before;
}

/* A segment that nobody sent, in the name of the client, so far beyond what it has sent and the server has acknowledged. */
static struct frame forged(const char *flags, unsigned length, int32_t seq_beyond, int32_t ack_beyond)
{
	const struct tcp_connection *c = caller->connection;
	struct frame frame =
	    frame_tcp("%s 1(%u) ack 1 <nop,nop,TS val %u ecr 0>", flags, length, (unsigned)(now / MS) + c->ts_offset);
	poke32(&frame, AT_TCP_SEQ, seq_wire(c->snd_nxt) + (uint32_t)seq_beyond);
	poke32(&frame, AT_TCP_ACK, seq_wire(c->rcv_nxt) + (uint32_t)ack_beyond);
	frame_fix(&frame);
	return frame;
}

/* Data that one of them never sent, and the other takes: from then on each finds the other's ACKs out of step, and says so. Without a
 * throttle that goes on at the speed of the wire (RFC 5961 7). */
Test(tcp_loop, attack_ack_storm)
{
	struct frame text = forged("P.", 10, 0, 0);
	input(&server, &text);
	unsigned frames = sent_in_ten_seconds();
	check_that(frames > 0 && frames <= 41, "%u frames in ten seconds", frames); /* each twice a second */
	check(socket_send(caller, "hello", 5) == 5 && socket_send(called, "hello", 5) == 5);
	frames = sent_in_ten_seconds();
	check_that(frames <= 80, "%u frames in ten seconds with text", frames);
	socket_abort(caller);
	stack_flush(client.stack, now);
	turns(10 * SECOND);
	frames = sent_in_ten_seconds();
	check_that(frames <= 40, "%u frames in ten seconds after an abort", frames);
}

/* The same with a forged FIN, and with both of them lied to. */
Test(tcp_loop, attack_ack_storm_with_fins)
{
	struct frame fin = forged("FP.", 10, 0, 0);
	input(&server, &fin);
	unsigned frames = sent_in_ten_seconds();
	check_that(frames <= 41, "%u frames in ten seconds", frames);
	check(socket_shutdown(called, SOCKET_SHUTDOWN_WRITE) == 0);
	check(socket_shutdown(caller, SOCKET_SHUTDOWN_WRITE) == 0);
	stack_flush(client.stack, now);
	stack_flush(server.stack, now);
	frames = sent_in_ten_seconds();
	check_that(frames <= 80, "%u frames in ten seconds while they close", frames);
}

/* Segments of every kind in and out of the window: SYNs and RSTs that are guessed draw challenge ACKs, which draw nothing, and the
 * connection goes on. */
Test(tcp_loop, attack_challenges_answer_nothing_but_the_challenged)
{
	static const char *const kinds[] = {"S", "S.", "R", "R.", ".", "F"};
	static const int32_t places[] = {-100000, -1, 1, 1000, 60000, 100000, 0x40000000};
	for (unsigned k = 0; k < 6; k++)
		for (unsigned p = 0; p < 7; p++) {
			struct frame frame = forged(kinds[k], 0, places[p], 0);
			unsigned before = client.sent + server.sent;
			input(&server, &frame);
			turns(100 * MS);
			unsigned frames = client.sent + server.sent - before;
			check_that(frames <= 2, "%s at %d: %u frames", kinds[k], places[p], frames);
			turns(SECOND);
		}
	check(socket_send(caller, "hello", 5) == 5);
	stack_flush(client.stack, now);
	turns(SECOND);
	uint8_t bytes[8];
	check(socket_receive(called, bytes, sizeof bytes) == 5);
}

/* Neither has a connection at these ports: a RST at most, and none for that (RFC 9293 3.5.2). */
Test(tcp_loop, attack_resets_answer_no_resets)
{
	static const char *const kinds[] = {"S", "S.", "R", "R.", ".", "F.", "P.", "-"};
	for (unsigned k = 0; k < 8; k++) {
		struct frame frame = frame_tcp("%s 1:11(10) ack 77", kinds[k]);
		poke16(&frame, AT_TRANSPORT, 7);
		poke16(&frame, AT_TRANSPORT + 2, 7);
		frame_fix(&frame);
		unsigned before = client.sent + server.sent;
		input(&server, &frame);
		turns(SECOND);
		unsigned frames = client.sent + server.sent - before;
		check_that(frames == (kinds[k][0] == 'R' ? 0u : 1u), "%s: %u frames", kinds[k], frames);
	}
}

/* Both in TIME-WAIT, or one of them, and out of step: their ACKs do not keep each other awake (RFC 1337). */
Test(tcp_loop, attack_two_in_time_wait)
{
	struct frame fin = forged("F.", 0, 0, 0), late = forged("P.", 10, 5000, 5000);
	check(socket_shutdown(called, SOCKET_SHUTDOWN_WRITE) == 0);
	check(socket_shutdown(caller, SOCKET_SHUTDOWN_WRITE) == 0); /* at once: both wait in the end */
	stack_flush(client.stack, now);
	stack_flush(server.stack, now);
	turns(SECOND);
	check(client.stack->tcp.time_waits.count == 1 && server.stack->tcp.time_waits.count == 1);
	unsigned before = client.sent + server.sent;
	input(&server, &fin);
	input(&server, &late);
	turns(10 * SECOND);
	unsigned frames = client.sent + server.sent - before;
	check_that(frames >= 1 && frames <= 10, "%u frames in ten seconds", frames);
	turns(61 * SECOND);
	check(client.stack->tcp.time_waits.count == 0 && server.stack->tcp.time_waits.count == 0);
}

/* --- A good wire ------------------------------------------------------------------------------------------------- */

/* What one of them has written and read of a stream of `pattern`. */
struct talk {
	struct socket *socket;
	uint64_t written, read;
};

static void write_up_to(struct talk *t, size_t most, uint64_t total)
{
	uint8_t bytes[1000];
	for (size_t length = 1; most > 0 && t->written < total; most -= length) {
		length = most < sizeof bytes ? most : sizeof bytes;
		if (length > total - t->written)
			length = (size_t)(total - t->written);
		for (size_t i = 0; i < length; i++)
			bytes[i] = pattern(t->written + i);
		long taken = socket_send(t->socket, bytes, length);
		if (taken == -EAGAIN)
			return;
		check(taken > 0);
		t->written += (uint64_t)taken;
	}
}

static void read_up_to(struct talk *t, size_t most)
{
	uint8_t bytes[1000];
	long got = 1;
	for (; most > 0; most -= (size_t)got) {
		got = socket_receive(t->socket, bytes, most < sizeof bytes ? most : sizeof bytes);
		if (got == -EAGAIN)
			return;
		check(got > 0);
		for (long i = 0; i < got; i++)
			check(bytes[i] == pattern(t->read + (uint64_t)i));
		t->read += (uint64_t)got;
	}
}

/* Both write at most `writes` bytes a millisecond, of `total`, and read at most `reads` every so many milliseconds. */
static void exchange(uint64_t total, size_t writes, size_t reads, unsigned every)
{
	struct talk talks[2] = {{.socket = caller}, {.socket = called}};
	for (unsigned i = 0; i < 2; i++)
		socket_set_buffers(talks[i].socket, 65536, 65536); /* as many frames as `struct end` holds */
	for (unsigned n = 1; talks[0].read < total || talks[1].read < total; n++) {
		check_that(n < 100000, "%llu and %llu bytes after so long", (unsigned long long)talks[0].read,
			   (unsigned long long)talks[1].read);
		for (unsigned i = 0; i < 2; i++) {
			write_up_to(&talks[i], writes, total);
			if (n % every == 0)
				read_up_to(&talks[i], reads);
		}
		stack_flush(client.stack, now);
		stack_flush(server.stack, now);
		turn();
	}
	turns(SECOND);
}

static void nothing_was_sent_twice(void)
{
	struct socket *sockets[2] = {caller, called};
	for (unsigned i = 0; i < 2; i++) {
		struct socket_tcp_info info;
		check(socket_tcp_info(sockets[i], &info) == 0 && info.unacked == 0);
		check_that(info.retransmitted == 0, "%u segments were sent again", info.retransmitted);
	}
}

/* Whoever writes and reads how much and how often, with SACK and without: no time-out, no loss probe and no duplicate is taken for a
 * loss, though ACKs are delayed, ride on text and come with window updates, and windows close. */
Test(tcp_loop, on_a_good_wire_nothing_is_sent_twice)
{
	static const struct {
		uint64_t total;
		size_t writes, reads;
		unsigned every;
	} manners[] = {
	    {4000000, 40000, 100000, 1}, /* bulk, read at once */
	    {4000000, 40000, 100000, 7},
	    {1000000, 100000, 3000, 1}, /* the readers are slow: windows close again and again */
	    {1000000, 100000, 50000, 300},
	    {20000, 100, 1000, 1}, /* a little at a time */
	    {20000, 1, 1000, 50},
	};
	for (unsigned i = 0; i < 12; i++) {
		unsigned m = i / 2;
		stop();
		start_with(i % 2);
		exchange(manners[m].total, manners[m].writes, manners[m].reads, manners[m].every);
		nothing_was_sent_twice();
	}
}
