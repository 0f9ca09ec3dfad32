/* SPDX-License-Identifier: MIT
 *
 * Scripts about the size of buffers: windows that follow the rate, send buffers that follow cwnd, what a user sets, and
 * the budget of the whole stack.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "internal.h"
#include "tests/harness/harness.h"

#define FIRST 131072 /* that a buffer holds at first */
#define RTT   (100 * MS)
#define SCALE 128 /* what one unit of the window field stands for */

TestSuite(tcp_buffers, .init = harness_start, .fini = harness_end);

static struct socket_tcp_info info_of(const struct socket *socket)
{
	struct socket_tcp_info info;
	check(socket_tcp_info(socket, &info) == 0);
	return info;
}

/* A connection whose handshake took RTT; both sides scale their windows by 7. */
static struct socket *far_peer(void)
{
	app_listen();
	in("S 0:0(0) win 65535 <mss 1000,nop,wscale 7>");
	out("S. 0:0(0) ack 1");
	pass(RTT);
	in(". 1:1(0) ack 1 win 8000");
	return app_accept();
}

/* So many bytes of text arrive, in segments of 1000 from this position of the peer's stream on. */
static void arrive(unsigned from, unsigned length)
{
	for (unsigned at = from; at < from + length; at += 1000)
		in(". %u:%u(1000) ack 1 win 8000", at, at + 1000);
}

/* --- To receive -------------------------------------------------------------------------------------------------- */

/* Half a buffer read in a round trip doubles it, and the peer is told of the room at once. */
Test(tcp_buffers, the_window_follows_the_rate)
{
	struct socket *s = far_peer();
	harness_deaf(true);
	check(info_of(s).rcv_buffer == FIRST);
	arrive(1, 1000);
	app_read(s, 1000); /* from here on the first turn is measured */
	unsigned at = 1001;
	for (size_t buffer = FIRST; buffer < 4 << 20; buffer *= 2) {
		unsigned half = (unsigned)(buffer / 2 / 1000 + 1) * 1000;
		arrive(at, half + 1000);
		app_read(s, half);
		check(info_of(s).rcv_buffer == buffer);
		pass(RTT);
		app_read(s, 1000);
		at += half + 1000;
		check_that(info_of(s).rcv_buffer == 2 * buffer, "%zu is still %zu", buffer, info_of(s).rcv_buffer);
		check(info_of(s).rcv_wnd >= 2 * buffer - SCALE);
	}
	/* and no further than stack_config says */
	for (unsigned i = 0; i < 3; i++, at += 2100000) {
		arrive(at, 2100000);
		pass(RTT);
		app_read(s, 2100000);
	}
	check(info_of(s).rcv_buffer == 4 << 20);
	harness_deaf(false);
	in(". %u:%u(1000) ack 1 win 8000", at, at + 1000);
	in(". %u:%u(1000) ack 1 win 8000", at + 1000, at + 2000);
	out(". 1:1(0) ack %u win %u", at + 2000, ((4 << 20) - 2000) / SCALE);
}

/* Less than half a buffer in a round trip leaves it as it is, however long that goes on. */
Test(tcp_buffers, a_slow_peer_makes_nothing_grow)
{
	struct socket *s = far_peer();
	harness_deaf(true);
	for (unsigned i = 0; i < 50; i++) {
		arrive(1 + i * 65000, 65000);
		pass(RTT);
		app_read(s, 65000);
	}
	check(info_of(s).rcv_buffer == FIRST);
	harness_deaf(false);
}

/* Nor does a reader that does not read: the window closes. */
Test(tcp_buffers, a_slow_reader_makes_nothing_grow)
{
	struct socket *s = far_peer();
	harness_deaf(true);
	arrive(1, 131000);
	pass(10 * RTT);
	check(info_of(s).rcv_buffer == FIRST);
	check(info_of(s).rcv_wnd < 1000);
	app_read(s, 60000);
	check(info_of(s).rcv_buffer == FIRST);
	harness_deaf(false);
}

/* The round trip is the shortest seen: what waited in a queue counts for no longer a turn. */
Test(tcp_buffers, the_shortest_round_trip_counts)
{
	struct socket *s = far_peer();
	harness_deaf(true);
	app_write(s, 10);
	pass(10 * MS);
	in(". 1:1(0) ack 11 win 8000"); /* 10 ms now */
	arrive(1, 60000);
	pass(10 * MS);
	app_read(s, 60000);
	arrive(60001, 6000);
	pass(10 * MS);
	app_read(s, 6000);
	check(info_of(s).rcv_buffer == FIRST);
	harness_deaf(false);
}

/* --- To send ----------------------------------------------------------------------------------------------------- */

/* Twice what cwnd and the peer's window let be in flight. */
Test(tcp_buffers, the_send_buffer_follows_cwnd)
{
	struct socket *s = far_peer();
	uint8_t bytes[1000] = {0};
	harness_deaf(true);
	check(info_of(s).snd_buffer == FIRST);
	unsigned acked = 1;
	for (unsigned i = 0; i < 8; i++) {
		while (socket_send(s, bytes, sizeof bytes) > 0)
			;
		pass(0);
		pass(RTT);
		for (uint64_t left = info_of(s).in_flight; left >= 1000; left -= 1000)
			in(". 1:1(0) ack %u win 8000", acked += 1000);
		struct socket_tcp_info info = info_of(s);
		size_t wanted = 2 * (size_t)info.cwnd < 2 * 8000 * SCALE ? 2 * (size_t)info.cwnd : 2 * 8000 * SCALE;
		wanted = wanted > FIRST ? wanted : FIRST;
		check_that(info.snd_buffer == wanted, "%zu instead of %zu", info.snd_buffer, wanted);
	}
	check(info_of(s).cwnd > 1024000 && info_of(s).snd_buffer == 2048000); /* the peer's window is the lesser one */
	harness_deaf(false);
	socket_abort(s);
	pass(0);
	out_frame();
}

/* --- What the user sets ------------------------------------------------------------------------------------------ */

Test(tcp_buffers, what_is_set_stays)
{
	struct socket *s = far_peer();
	socket_set_buffers(s, 10000, 200000);
	check(info_of(s).snd_buffer == 10000 && info_of(s).rcv_buffer == 200000);
	harness_deaf(true);
	arrive(1, 190000);
	pass(RTT);
	app_read(s, 190000);
	check(info_of(s).rcv_buffer == 200000);
	in(". 1:1(0) ack 1 win 0");
	app_write(s, 10000);
	check(socket_send(s, "x", 1) == -EAGAIN);
	check(!(socket_ready(s) & SOCKET_WRITABLE));
	socket_set_buffers(s, 1, 1); /* nothing is smaller than this: */
	check(info_of(s).snd_buffer == 4096 && info_of(s).rcv_buffer == 4096);
	check(info_of(s).rcv_wnd > 190000);        /* what was promised is kept */
	socket_set_buffers(s, SIZE_MAX, SIZE_MAX); /* nor larger than that: */
	check(info_of(s).snd_buffer == 4 << 20 && info_of(s).rcv_buffer == 4 << 20);
	socket_set_buffers(s, 0, 0);
	check(info_of(s).snd_buffer == FIRST && info_of(s).rcv_buffer == FIRST);
	socket_abort(s);
	pass(0);
	harness_deaf(false);
}

/* Before there is a connection: the window of the SYN, and of the listener's connections. */
Test(tcp_buffers, what_is_set_beforehand)
{
	struct socket *listener = app_listen();
	socket_set_buffers(listener, 0, 5000);
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1 win 4380"); /* three segments of 1460 */
	in(". 1:1(0) ack 1");
	struct socket *s = socket_accept(listener);
	check(info_of(s).rcv_buffer == 5000);
	in(". 1:1001(1000) ack 1");
	in(". 1001:2001(1000) ack 1");
	out(". 1:1(0) ack 2001 win 2380"); /* 620 more would not be worth saying */
}

/* --- The budget -------------------------------------------------------------------------------------------------- */

static void start_poor(void)
{
	struct stack_config config = harness_config();
	config.buffer_memory = 8 * FIRST;
	harness_start_with(&config);
}

TestSuite(tcp_budget, .init = start_poor, .fini = harness_end);

static size_t in_use(void)
{
	return harness_stack()->tcp.buffers.bytes;
}

/* Connection n, whose send buffer takes what it can. */
static struct socket *greedy(unsigned n, size_t *taken)
{
	static const uint8_t bytes[1000];
	flow_select(n);
	struct socket *s = passive_open_with("mss 1000", 0, 0);
	long got;
	*taken = 0;
	while ((got = socket_send(s, bytes, sizeof bytes)) > 0)
		*taken += (size_t)got;
	quiet();
	check(got == -EAGAIN || got == -ENOMEM);
	return s;
}

/* Sockstress: peers that take nothing. Half of the budget is for anybody, a quarter for first sizes, the last for least
 * sizes; after that a send says that there is no memory, and all the while memory is bounded. */
Test(tcp_budget, attack_many_peers_that_take_nothing)
{
	struct socket *sockets[200];
	size_t taken[200];
	unsigned first = 0, least = 0, none = 0;
	for (unsigned i = 0; i < 200; i++) {
		sockets[i] = greedy(i, &taken[i]);
		first += taken[i] == FIRST;
		least += taken[i] == 4096;
		none += taken[i] == 0;
		check(taken[i] == FIRST || taken[i] == 4096 || taken[i] == 0);
		check(in_use() <= 8 * FIRST);
	}
	check_that(first == 6 && least == 2 * FIRST / 4096 && none == 200 - first - least, "%u, %u and %u", first,
		   least, none);
	/* A window tells what is left for it, which is the least size, or what has been promised before. */
	check(info_of(sockets[199]).rcv_buffer == 4096);
	harness_deaf(true);
	for (unsigned i = 0; i < 200; i++)
		socket_abort(sockets[i]);
	check(in_use() == 0);
	harness_deaf(false);
}

/* Take three quarters of the budget. */
static void fill_budget(void)
{
	size_t taken;
	for (unsigned i = 1; i < 7; i++)
		greedy(i, &taken);
	flow_select(0);
}

/* Give back all that fill_budget() has taken. */
static void free_budget(void)
{
	harness_deaf(true);
	for (unsigned i = 1; i < 7; i++) {
		flow_select(i);
		in("R. 1:1(0) ack 1");
	}
	harness_deaf(false);
	flow_select(0);
}

/* A window tells what is left, and its connection works. */
Test(tcp_budget, a_window_in_hard_times)
{
	fill_budget();
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1 win 2920"); /* two segments of 1460 */
	in(". 1:1(0) ack 1");
	struct socket *s = app_accept();
	in(". 1:1001(1000) ack 1");
	in(". 1001:2001(1000) ack 1");
	out(". 1:1(0) ack 2001 win 2096");
	app_read(s, 2000);
	free_budget();
	in(". 2001:3001(1000) ack 1");
	in(". 3001:4001(1000) ack 1");
	out(". 1:1(0) ack 4001 win 65535");
}

/* What a window had promised before comes all at once: what there is no room for is dropped by name, and the peer has
 * to say it again. */
Test(tcp_budget, a_promise_that_cannot_be_kept)
{
	struct socket *s = passive_open();
	fill_budget();
	for (unsigned at = 1; at < 4001; at += 2000) {
		in(". %u:%u(1000) ack 1", at, at + 1000);
		in(". %u:%u(1000) ack 1", at + 1000, at + 2000);
		out(". 1:1(0) ack %u", at + 2000);
	}
	in("F. 4001:5001(1000) ack 1"); /* 96 bytes of it, and no FIN yet */
	after(40 * MS);
	out(". 1:1(0) ack 4097");
	in("F. 4097:5001(904) ack 1");
	assert_dropped(DROP_TCP_NO_MEMORY);
	free_budget();
	in("F. 4097:5001(904) ack 1");
	out(". 1:1(0) ack 5002");
	app_read(s, 5000);
	app_read_gives(s, 0);
}
