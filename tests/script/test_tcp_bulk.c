/* SPDX-License-Identifier: MIT
 *
 * Scripts that are worlds: a plain peer, written here, moves hundreds of kilobytes through a wire that loses, repeats
 * and disorders frames by a seed. Whatever the wire does, every byte must arrive, in its place, and the connection
 * must end.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/harness.h"

TestSuite(tcp_bulk, .init = harness_start, .fini = harness_end);

#define TOTAL 300000u

static unsigned long long chance;

static unsigned random_below(unsigned bound)
{
	chance = chance * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(chance >> 33) % bound;
}

/* The peer as a receiver: which bytes of our stream it has, and how far without a hole. */
struct receiver {
	bool have[TOTAL + 1]; /* the last one is the FIN */
	unsigned next;
};

/* Take what has left: note it, unless the wire loses it. How many segments came through. */
static unsigned receive(struct receiver *r, unsigned loss_percent, uint64_t *sent)
{
	unsigned came = 0;
	pass(0);
	for (; *sent < counted(COUNT_TCP_SEGMENTS_OUT); ++*sent) {
		struct frame frame = out_frame();
		size_t header = 34 + frame.bytes[AT_TCP_OFFSET] / 16 * 4u;
		uint32_t at = peek32(&frame, AT_TRANSPORT + 4) - flow_current()->our_isn - 1;
		if (random_below(100) < loss_percent)
			continue;
		check((frame.bytes[AT_TCP_FLAGS] & 4) == 0);
		for (size_t i = header; i < frame.length; i++, at++) {
			check_that(at < TOTAL && frame.bytes[i] == pattern(at), "byte %u of the stream is wrong", at);
			r->have[at] = true;
		}
		if (frame.bytes[AT_TCP_FLAGS] & 1) {
			check(at == TOTAL);
			r->have[TOTAL] = true;
		}
		came++;
	}
	while (r->next <= TOTAL && r->have[r->next])
		r->next++;
	return came;
}

/* The peer acknowledges what it has, with a timestamp where they were agreed. */
static void acknowledge(const struct receiver *r, bool timestamps)
{
	if (timestamps)
		in(". 1:1(0) ack %u <nop,nop,TS val %u ecr last>", 1 + r->next,
		   (unsigned)(harness_now() / MS) & 0x3fffffff);
	else
		in(". 1:1(0) ack %u", 1 + r->next);
}

/* We send TOTAL bytes and close; the peer acknowledges each segment that comes, unless the wire loses the ACK. */
static void send_all(unsigned loss_percent, unsigned full_percent, unsigned seed, const char *options)
{
	struct receiver *r = calloc(1, sizeof *r);
	struct socket *s = passive_open_with(options, 65535, 65535);
	uint64_t sent = counted(COUNT_TCP_SEGMENTS_OUT);
	unsigned written = 0;
	bool timestamps = strstr(options, "TS");
	chance = seed;
	for (unsigned rounds = 0; r->next <= TOTAL; rounds++) {
		check_that(rounds < 100000, "still at byte %u after so long", r->next);
		uint8_t bytes[5000];
		for (size_t i = 0; i < sizeof bytes; i++)
			bytes[i] = pattern(written + i);
		harness_device_full(random_below(100) < full_percent);
		if (s && written < TOTAL) {
			unsigned left = TOTAL - written;
			long taken = socket_send(s, bytes, left < sizeof bytes ? left : sizeof bytes);
			check(taken > 0 || taken == -EAGAIN);
			written += taken > 0 ? (unsigned)taken : 0;
		} else if (s) {
			socket_close(s);
			s = NULL;
		}
		unsigned came = receive(r, loss_percent, &sent);
		batch_begin();
		for (; came > 0; came--)
			if (random_below(100) >= loss_percent)
				acknowledge(r, timestamps);
		batch_end();
		if (sent == counted(COUNT_TCP_SEGMENTS_OUT))
			pass(20 * MS);
	}
	harness_device_full(false);
	receive(r, 0, &sent);
	acknowledge(r, timestamps);
	pass(61 * SECOND); /* the orphan's FIN-WAIT-2 */
	in("R. 1:1(0) ack %u", 1 + r->next);
	quiet();
	free(r);
}

Test(tcp_bulk, sending_over_a_good_wire)
{
	send_all(0, 0, 1, "mss 1460");
	check(counted(COUNT_TCP_RETRANSMITS) == 0);
}

Test(tcp_bulk, sending_over_wires_that_lose)
{
	static const unsigned losses[] = {1, 5, 20};
	for (unsigned i = 0; i < 9; i++) {
		flow_select(i);
		send_all(losses[i % 3], 0, i + 1, i % 2 ? "mss 1460,nop,nop,TS val 1 ecr 0" : "mss 1000");
	}
}

/* A device that is full half of the time costs time, and nothing else: nothing is sent twice. */
Test(tcp_bulk, sending_through_a_device_that_is_often_full)
{
	send_all(0, 50, 1, "mss 1460");
	flow_select(1);
	send_all(5, 50, 2, "mss 1460");
}

/* The peer sends TOTAL bytes from a window's worth of segments, chosen at random until all are acknowledged. */
static void receive_all(unsigned seed, bool poor)
{
	struct socket *s = passive_open();
	uint64_t taken = 0, out_count = counted(COUNT_TCP_SEGMENTS_OUT);
	uint32_t acked = 1, window = 60000;
	chance = seed;
	for (unsigned rounds = 0; taken < TOTAL; rounds++) {
		check_that(rounds < 100000, "still at byte %llu after so long", (unsigned long long)taken);
		uint32_t edge = acked + window < TOTAL + 1 ? acked + window : TOTAL + 1;
		if (poor) /* one of the next allocations fails */
			harness_fail_allocation(1 + random_below(3), false);
		for (unsigned n = 0; n < 8 && edge > acked; n++) {
			uint32_t span = edge - acked < 12000 ? edge - acked : 12000;
			uint32_t from = random_below(3) ? acked + random_below(span) : acked;
			uint32_t length = 1 + random_below(1400);
			if (length > edge - from)
				length = edge - from;
			for (pass(0); out_count < counted(COUNT_TCP_SEGMENTS_OUT); out_count++) {
				struct frame frame = out_frame();
				acked = peek32(&frame, AT_TRANSPORT + 8) - flow_current()->peer_isn;
				window = peek16(&frame, AT_TRANSPORT + 14);
			}
			if (from >= acked)
				in(". %u:%u(%u) ack 1", from, from + length, length);
		}
		pass(random_below(50) * MS);
		for (; out_count < counted(COUNT_TCP_SEGMENTS_OUT); out_count++) {
			struct frame frame = out_frame();
			acked = peek32(&frame, AT_TRANSPORT + 8) - flow_current()->peer_isn;
			window = peek16(&frame, AT_TRANSPORT + 14);
		}
		uint8_t bytes[3000];
		long got = socket_receive(s, bytes, 1 + random_below(sizeof bytes));
		for (long i = 0; i < got; i++)
			check_that(bytes[i] == pattern(taken + (uint64_t)i), "byte %llu is wrong",
				   (unsigned long long)taken + (uint64_t)i);
		taken += got > 0 ? (uint64_t)got : 0;
	}
	pass(SECOND);
	out_rest();
}

Test(tcp_bulk, receiving_in_every_order)
{
	for (unsigned i = 0; i < 4; i++) {
		flow_select(i);
		receive_all(i + 1, false);
	}
}

Test(tcp_bulk, receiving_into_a_small_buffer)
{
	struct stack_config config = harness_config();
	config.receive_buffer = 8192;
	harness_end();
	harness_start_with(&config);
	for (unsigned i = 0; i < 4; i++) {
		flow_select(i);
		receive_all(i + 1, false);
	}
}

/* Where memory runs out now and then, text is dropped and comes again. */
Test(tcp_bulk, receiving_with_little_memory)
{
	for (unsigned i = 0; i < 4; i++) {
		flow_select(i);
		receive_all(i + 1, true);
		harness_fail_allocation(0, false);
	}
	check(harness_allocations() > 20);
}
