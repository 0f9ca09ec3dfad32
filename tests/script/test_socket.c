/* SPDX-License-Identifier: MIT
 *
 * Scripts about sockets as an application sees them (stack/socket/socket.h): readiness, its callback, and what each
 * call answers in each phase of a connection.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/harness/harness.h"

static struct {
	unsigned calls;
	struct socket *last;
	struct socket *accepted; /* by the callback itself */
	bool accept;
	bool close;
} seen;

static void on_ready(void *user, struct socket *socket)
{
	(void)user;
	seen.calls++;
	seen.last = socket;
	if (seen.accept) {
		struct socket *accepted = socket_accept(socket);
		if (accepted)
			seen.accepted = accepted;
	}
	if (seen.close && socket == seen.accepted) {
		socket_close(socket);
		seen.accepted = NULL;
	}
}

static void start(void)
{
	struct stack_config config = harness_config();
	config.on_ready = on_ready;
	config.send_buffer = 8192;
	harness_start_with(&config);
	seen.calls = 0;
}

TestSuite(sockets, .init = start, .fini = harness_end);

Test(sockets, the_callback_tells_each_thing_once)
{
	struct socket *listener = app_listen();
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	check(seen.calls == 0);
	in(". 1:1(0) ack 1");
	check(seen.calls == 1 && seen.last == listener);
	check(socket_ready(listener) == SOCKET_READABLE);
	struct socket *s = app_accept();
	check(socket_ready(listener) == 0);
	seen.calls = 0;
	in("P. 1:11(10) ack 1");
	check(seen.calls == 1 && seen.last == s);
	pass(SECOND);
	out(". 1:1(0) ack 11");
	check(seen.calls == 1);
	app_read(s, 10);
	in("F. 11:11(0) ack 1");
	out(". 1:1(0) ack 12");
	check(seen.calls == 2 && (socket_ready(s) & SOCKET_READABLE));
	in("R 12:12(0)");
	check(seen.calls == 3 && (socket_ready(s) & SOCKET_ERROR) && (socket_ready(s) & SOCKET_HANGUP));
	check(socket_error(s) == -ECONNRESET);
}

/* Data that came before it was accepted is there when it is. */
Test(sockets, what_came_before_accept_is_readable)
{
	app_listen();
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in("P. 1:11(10) ack 1");
	struct socket *s = app_accept();
	check(socket_ready(s) & SOCKET_READABLE);
	app_read(s, 10);
	pass(SECOND);
	out(". 1:1(0) ack 11");
}

/* Writable is told after a short write, once there is room for a third of the buffer. */
Test(sockets, writable_is_told_after_a_full_buffer)
{
	struct socket *s = passive_open_with("mss 1000", 65535, 65535);
	app_write(s, 8192);
	check(socket_send(s, "x", 1) == -EAGAIN);
	for (unsigned i = 0; i < 9; i++)
		out_frame();
	seen.calls = 0;
	in(". 1:1(0) ack 1001");
	check(seen.calls == 0 && !(socket_ready(s) & SOCKET_WRITABLE));
	in(". 1:1(0) ack 3001");
	check(seen.calls == 1 && (socket_ready(s) & SOCKET_WRITABLE));
	in(". 1:1(0) ack 8193");
}

/* The callback may close its socket: "may call any socket function, socket_close() included". */
Test(sockets, the_callback_may_accept_and_close)
{
	app_listen();
	seen.accept = true;
	seen.close = true;
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 1");
	check(seen.accepted);
	in("P. 1:11(10) ack 1");
	struct frame frame = out_frame(); /* unread data: RST */
	check(frame.bytes[AT_TCP_FLAGS] & 4);
	check(!seen.accepted);
}

Test(sockets, connecting_is_told_in_good_and_in_bad)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	check(seen.calls == 0 && socket_ready(s) == 0);
	in("S. 0:0(0) ack 1 <mss 1000>");
	out(". 1:1(0) ack 1");
	check(seen.calls == 1 && socket_ready(s) == SOCKET_WRITABLE);
	flow_select(1);
	flow_current()->local_port = 5001;
	struct socket *t = app_connect();
	out("S 0:0(0)");
	in("R. 0:0(0) ack 1");
	check(seen.calls == 2 && seen.last == t && (socket_ready(t) & SOCKET_ERROR));
	check(socket_error(t) == -ECONNREFUSED && !(socket_ready(t) & SOCKET_ERROR));
}

/* Calls on a socket that is nothing yet. */
Test(sockets, calls_without_a_connection)
{
	struct socket *s = socket_open(harness_stack(), SOCKET_STREAM);
	uint8_t byte = 0;
	size_t length;
	struct slice slices[2];
	check(socket_ready(s) == 0);
	check(socket_send(s, &byte, 1) == -ENOTCONN && socket_receive(s, &byte, 1) == -ENOTCONN);
	check(socket_shutdown(s, SOCKET_SHUTDOWN_BOTH) == -ENOTCONN);
	check(!socket_reserve(s, 10, &length) && length == 0);
	check(socket_peek(s, slices) == 0);
	check(socket_accept(s) == NULL && socket_error(s) == 0);
	check(!socket_user(s));
	socket_set_user(s, &byte);
	check(socket_user(s) == &byte);
	struct endpoint elsewhere = {ip_of("192.0.2.9"), 80};
	check(socket_bind(s, &elsewhere) == -EADDRNOTAVAIL);
	struct endpoint here = {ip_of("192.0.2.2"), 80};
	check(socket_bind(s, &here) == 0 && socket_bind(s, &here) == -EINVAL);
	check(socket_listen(s, 1) == 0 && socket_listen(s, 1) == -EINVAL);
	struct endpoint remote = {ip_of("192.0.2.1"), 80};
	check(socket_connect(s, &remote) == -EINVAL);
	socket_close(s);
	quiet();
}

/* After shutting the read side receives answer 0 at once. */
Test(sockets, shutting_the_read_side)
{
	struct socket *s = passive_open();
	check(socket_shutdown(s, SOCKET_SHUTDOWN_READ) == 0);
	app_read_gives(s, 0);
	check(socket_ready(s) & SOCKET_READABLE);
	app_write(s, 5);
	out("P. 1:6(5) ack 1");
}

/* The peer knows nothing of that: what it sends is acknowledged, and can be read. */
Test(sockets, text_that_comes_after_shutting_the_read_side)
{
	struct socket *s = passive_open();
	struct slice slices[2];
	in("P. 1:11(10) ack 1");
	check(socket_shutdown(s, SOCKET_SHUTDOWN_READ) == 0);
	check(socket_peek(s, slices) > 0);
	after(40 * MS);
	out(". 1:1(0) ack 11");
	app_read(s, 10);
	app_read_gives(s, 0);
	in("P. 11:21(10) ack 1");
	app_read(s, 10);
	app_read_gives(s, 0);
	after(40 * MS);
	out(". 1:1(0) ack 21");
}

/* An idle machine needs no clock. */
Test(sockets, an_idle_machine_has_no_deadline)
{
	passive_open();
	quiet_for(3600 * SECOND); /* ARP's entries have aged */
	check(stack_deadline(harness_stack()) == UINT64_MAX);
}

/* The same seed and the same inputs give the same frames, byte for byte (law 10). */
static struct frame first_segment(void)
{
	struct stack_config config = harness_config();
	harness_start_with(&config);
	app_connect();
	return out_frame();
}

Test(sockets, the_same_seed_gives_the_same_frames)
{
	harness_end();
	struct frame one = first_segment();
	harness_end();
	struct frame two = first_segment();
	check(one.length == two.length);
	for (size_t i = 0; i < one.length; i++)
		check(one.bytes[i] == two.bytes[i]);
}

/* A socket whose connection is over already is closed like any other. */
Test(sockets, closing_after_the_connection_has_ended)
{
	struct socket *s = passive_open();
	in("R 1:1(0)");
	socket_close(s);
	flow_select(1);
	s = passive_open();
	in("R 1:1(0)");
	socket_abort(s);
	flow_select(2);
	s = passive_open();
	check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
	check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
	out("F. 1:1(0) ack 1");
	in(". 1:1(0) ack 2");
	socket_close(s); /* an orphan in FIN-WAIT-2 from now on */
	quiet_for(60 * SECOND);
	in(". 1:1(0) ack 2");
	out("R 2:2(0)");
	socket_abort(socket_open(harness_stack(), SOCKET_STREAM));
	quiet();
}

/* Without a name: an address of the stack's own, and a port that is free. */
Test(sockets, listening_without_a_port)
{
	struct socket *one = socket_open(harness_stack(), SOCKET_STREAM);
	struct socket *two = socket_open(harness_stack(), SOCKET_STREAM);
	check(socket_listen(one, 1) == 0 && socket_listen(two, 0) == 0);
	check(socket_local(one).port >= 1024 && socket_local(two).port >= 1024);
	check(socket_local(one).port != socket_local(two).port);
	check(address_equal(socket_local(one).address, ip_of("192.0.2.2")));
	flow_current()->local_port = socket_local(two).port;
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 1");
	check(socket_accept(two) && !socket_accept(one));
	socket_abort(one);
	socket_close(two);
}

/* --- The machine ------------------------------------------------------------------------------------------------- */

/* stack_create() refuses what cannot be. */
Test(sockets, configurations_that_cannot_be)
{
	struct stack_config good = harness_config();
	struct stack_config config = good;
	config.emit = NULL;
	check(!stack_create(&config, 0));
	config = good;
	config.address = ADDRESS_ANY;
	check(!stack_create(&config, 0));
	config = good;
	config.mtu = 575;
	check(!stack_create(&config, 0));
	config.mtu = 65536;
	check(!stack_create(&config, 0));
}

/* A device that has verified the checksum, or hands over what never crossed a wire, is believed (base/packet.h). */
Test(sockets, checksum_marks_of_the_device_are_believed)
{
	struct socket *s = passive_open();
	struct frame frame = frame_tcp("P. 1:11(10) ack 1");
	poke16(&frame, AT_TCP_CHECKSUM, 0x1234);
	in_frame(&frame);
	assert_dropped(DROP_TCP_CHECKSUM);
	harness_receive_marks(RX_CHECKSUM_GOOD, 0);
	in_frame(&frame);
	app_read(s, 10);
	pass(SECOND);
	out_rest();
	frame = frame_tcp("P. 11:21(10) ack 1");
	poke16(&frame, AT_TCP_CHECKSUM, 0x1234);
	harness_receive_marks(RX_CHECKSUM_PARTIAL, 0);
	in_frame(&frame);
	app_read(s, 10);
	frame.bytes[AT_IP_TTL]++; /* the IP header's is verified all the same */
	in_frame(&frame);
	assert_dropped(DROP_IP_CHECKSUM);
	pass(SECOND);
	out(". 1:1(0) ack 21");
}

/* A frame that the device merged from several is larger than the MTU, and says so. */
Test(sockets, merged_frames_are_taken)
{
	struct socket *s = passive_open();
	harness_receive_marks(RX_CHECKSUM_PARTIAL, 1460);
	in("P. 1:7301(7300) ack 1"); /* five full segments at once (SHLD-19) */
	out(". 1:1(0) ack 7301");
	app_read(s, 7300);
}

/* Hundreds of connections at once, each with its own bytes. */
Test(sockets, many_connections)
{
	static struct socket *s[300];
	for (unsigned i = 0; i < 300; i++) {
		flow_select(i);
		s[i] = passive_open();
	}
	for (unsigned i = 0; i < 300; i++) {
		flow_select(i);
		unsigned length = 1 + i;
		in("P. 1:%u(%u) ack 1", 1 + length, length);
		app_read(s[i], length);
		app_write(s[i], length);
		out("P. 1:%u(%u) ack %u", 1 + length, length, 1 + length);
	}
	check(stack_connections(harness_stack()) == 300);
	harness_deaf(true);
	for (unsigned i = 0; i < 300; i += 2) {
		flow_select(i);
		in("R %u:%u(0)", 2 + i, 2 + i);
	}
	harness_deaf(false);
	check(stack_connections(harness_stack()) == 150);
	flow_select(1);
	in(". 3:3(0) ack 3");
	app_write(s[1], 5);
	out("P. 3:8(5) ack 3");
}

/* Closing the machine closes all that it holds, in order: FIN where there is a connection. */
Test(sockets, closing_the_machine)
{
	passive_open();
	stack_close(harness_stack());
	out("F. 1:1(0) ack 1");
	check(stack_connections(harness_stack()) == 1);
	in("F. 1:1(0) ack 2");
	out(". 2:2(0) ack 2");
	check(stack_connections(harness_stack()) == 0);
}
