/* SPDX-License-Identifier: MIT
 *
 * Scripts about datagram sockets as an application sees them: names, readiness, and calls in the wrong place (socket/socket.h).
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/port.h"
#include "tests/harness/harness.h"

static struct {
	unsigned calls;
	struct socket *last;
	bool close;
} seen;

static void on_ready(void *user, struct socket *socket)
{
	(void)user;
	seen.calls++;
	seen.last = socket;
	if (seen.close)
		socket_close(socket);
}

static void start(void)
{
	struct stack_config config = harness_config();
	config.on_ready = on_ready;
	harness_start_with(&config);
	memset(&seen, 0, sizeof seen);
}

TestSuite(udp_socket, .init = start, .fini = harness_end);

static struct socket *fresh(void)
{
	struct socket *s = socket_open(harness_stack(), SOCKET_DATAGRAM);
	check_that(s, "no socket");
	return s;
}

static void bind_gives(struct socket *s, const char *address, unsigned port, int result)
{
	struct endpoint local = {ip_of(address), (uint16_t)port};
	int got = socket_bind(s, &local);
	check_that(got == result, "socket_bind(%s, %u) answered %d, expected %d", address, port, got, result);
}

/* --- Names ------------------------------------------------------------------------------------------------------- */

/* BSD's rule without SO_REUSEADDR: no two sockets with the same port and addresses that overlap. */
Test(udp_socket, bind_rules)
{
	bind_gives(fresh(), "192.0.2.2", 53, 0);
	bind_gives(fresh(), "127.0.0.1", 53, 0);
	bind_gives(fresh(), "192.0.2.2", 53, -EADDRINUSE);
	bind_gives(fresh(), "0.0.0.0", 53, -EADDRINUSE);
	bind_gives(fresh(), "0.0.0.0", 54, 0);
	bind_gives(fresh(), "192.0.2.2", 54, -EADDRINUSE);
	bind_gives(fresh(), "0.0.0.0", 54, -EADDRINUSE);
	bind_gives(fresh(), "192.0.2.2", 53 + 64, 0); /* in the same bucket */
	struct socket *s = fresh();
	bind_gives(s, "192.0.2.2", 53, -EADDRINUSE);
	bind_gives(s, "192.0.2.2", 55, 0); /* after a failure it may try again */
	bind_gives(s, "192.0.2.2", 56, -EINVAL);
}

/* The bind column of the matrix: only addresses of our own, not a broadcast and no group. */
Test(udp_socket, addresses_that_are_not_ours)
{
	static const char *const addresses[] = {"192.0.2.1", "192.0.2.255", "255.255.255.255", "224.0.0.1", "0.0.0.1"};
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		bind_gives(fresh(), addresses[i], 5000, -EADDRNOTAVAIL);
}

/* A port may be UDP's and TCP's. */
Test(udp_socket, the_ports_of_tcp_are_others)
{
	app_listen();
	app_datagram();
}

Test(udp_socket, a_closed_socket_gives_its_port_back)
{
	struct socket *s = app_datagram();
	in_udp(3);
	socket_close(s);
	in_udp(3);
	assert_dropped(DROP_UDP_PORT);
	out_icmp(3, 3, 0);
	socket_abort(app_datagram());
	app_datagram();
}

/* RFC 6056 3.3.3: bound to port 0, connected or sending without a name, it gets one of the dynamic ports. */
Test(udp_socket, ephemeral_ports)
{
	struct socket *s[3] = {fresh(), fresh(), fresh()};
	struct endpoint peer = {ip_of("192.0.2.1"), 6000};
	check(socket_local(s[0]).port == 0);
	bind_gives(s[0], "0.0.0.0", 0, 0);
	check(socket_connect(s[1], &peer) == 0);
	check(socket_send_to(s[2], "", 0, &peer) == 0);
	struct frame frame = out_frame();
	check(peek16(&frame, AT_TRANSPORT) == socket_local(s[2]).port);
	for (unsigned i = 0; i < 3; i++)
		check(socket_local(s[i]).port >= PORT_FIRST);
	check(socket_local(s[0]).port != socket_local(s[1]).port);
	check(socket_local(s[1]).port != socket_local(s[2]).port);
	check(socket_local(s[2]).port != socket_local(s[0]).port);
	flow_current()->local_port = socket_local(s[2]).port;
	in_udp(5);
	app_receive(s[2], 5);
}

/* Each of the dynamic ports is had once; then there is none, for whatever needs one. */
Test(udp_socket, ephemeral_ports_run_out)
{
	static bool had[65536];
	struct endpoint peer = {ip_of("192.0.2.1"), 6000};
	struct socket *s = NULL;
	for (unsigned i = 0; i < PORT_COUNT; i++) {
		s = fresh();
		bind_gives(s, "0.0.0.0", 0, 0);
		check(!had[socket_local(s).port]);
		had[socket_local(s).port] = true;
	}
	bind_gives(fresh(), "0.0.0.0", 0, -EADDRINUSE);
	check(socket_connect(fresh(), &peer) == -EADDRINUSE);
	check(socket_send_to(fresh(), "", 0, &peer) == -EADDRINUSE);
	unsigned port = socket_local(s).port;
	socket_close(s);
	s = fresh();
	check(socket_connect(s, &peer) == 0 && socket_local(s).port == port);
}

/* RFC 1122 4.1.3.5: the application can learn the source that was chosen. */
Test(udp_socket, local_and_remote_ends)
{
	struct socket *s = app_datagram();
	check(address_equal(socket_local(s).address, ip_of("192.0.2.2")));
	check(socket_local(s).port == 5000 && socket_remote(s).port == 0);
	struct endpoint loopback = {ip_of("127.0.0.1"), 7};
	check(socket_connect(s, &loopback) == 0);
	check(address_equal(socket_local(s).address, ip_of("127.0.0.1")));
	check(address_equal(socket_remote(s).address, loopback.address) && socket_remote(s).port == 7);
	struct socket *bound = fresh();
	bind_gives(bound, "192.0.2.2", 5001, 0);
	check(socket_connect(bound, &loopback) == 0);
	check(address_equal(socket_local(bound).address, ip_of("192.0.2.2")));
}

Test(udp_socket, remote_ends_that_are_no_host)
{
	static const char *const addresses[] = {"224.0.0.1", "0.0.0.0", "240.0.0.1"};
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		struct endpoint remote = {ip_of(addresses[i]), 6000};
		struct socket *s = fresh();
		check(socket_connect(s, &remote) == -EADDRNOTAVAIL);
		check(socket_local(s).port == 0);
	}
}

/* --- Readiness --------------------------------------------------------------------------------------------------- */

Test(udp_socket, readiness_is_a_level_and_told_once)
{
	struct socket *s = app_datagram();
	check(socket_ready(s) == SOCKET_WRITABLE && seen.calls == 0);
	in_udp(0);
	check(seen.calls == 1 && seen.last == s);
	check(socket_ready(s) == (SOCKET_WRITABLE | SOCKET_READABLE));
	batch_begin();
	in_udp(1);
	in_udp(2);
	batch_end();
	check(seen.calls == 2);
	app_receive(s, 0);
	app_receive(s, 1);
	check(socket_ready(s) & SOCKET_READABLE);
	app_receive(s, 2);
	check(socket_ready(s) == SOCKET_WRITABLE);
}

Test(udp_socket, an_error_makes_it_ready)
{
	struct socket *s = app_datagram_connected();
	app_send(s, 8);
	struct frame sent = out_udp(8);
	struct frame error = frame_icmp_about(3, 3, &sent);
	in_frame(&error);
	check(seen.calls == 1 && seen.last == s);
	check(socket_ready(s) == (SOCKET_WRITABLE | SOCKET_READABLE | SOCKET_ERROR));
	check(socket_error(s) == -ECONNREFUSED);
	check(socket_ready(s) == SOCKET_WRITABLE);
}

Test(udp_socket, the_callback_may_close_it)
{
	app_datagram();
	seen.close = true;
	in_udp(3);
	check(seen.calls == 1);
	in_udp(3);
	assert_dropped(DROP_UDP_PORT);
	out_icmp(3, 3, 0);
}

/* Closed before its user could be told: nobody is told. */
Test(udp_socket, closing_before_the_callback)
{
	struct socket *s = app_datagram();
	batch_begin();
	in_udp(3);
	socket_close(s);
	batch_end();
	check(seen.calls == 0);
}

/* Streams and datagrams are told in the same flush. */
Test(udp_socket, streams_are_told_beside_it)
{
	passive_open();
	app_datagram();
	seen.calls = 0;
	batch_begin();
	in_udp(3);
	in("P. 1:11(10) ack 1");
	batch_end();
	check(seen.calls == 2);
	pass(SECOND);
	out(". 1:1(0) ack 11");
}

/* --- Calls in the wrong place ------------------------------------------------------------------------------------ */

Test(udp_socket, stream_calls_on_it)
{
	struct socket *s = app_datagram_connected();
	struct slice slices[2];
	uint8_t byte = 0;
	size_t length;
	check(socket_listen(s, 1) == -EINVAL && !socket_accept(s));
	check(socket_send(s, &byte, 1) == -ENOTCONN && socket_receive(s, &byte, 1) == -ENOTCONN);
	check(socket_peek(s, slices) == 0 && !socket_reserve(s, 1, &length));
	check(socket_shutdown(s, SOCKET_SHUTDOWN_BOTH) == -ENOTCONN);
	check(socket_error(s) == 0);
	quiet();
}

Test(udp_socket, its_calls_on_a_stream)
{
	struct socket *s = passive_open();
	struct endpoint to = {ip_of("192.0.2.1"), 6000};
	uint8_t byte = 0;
	check(socket_send_to(s, &byte, 1, &to) == -EINVAL);
	check(socket_receive_from(s, &byte, 1, false, NULL) == -EINVAL);
	socket_set_broadcast(s, true);
}

Test(udp_socket, without_memory_there_is_none)
{
	for (unsigned n = 1; n <= 2; n++) {
		harness_fail_allocation(n, false);
		check(!socket_open(harness_stack(), SOCKET_DATAGRAM));
		check(harness_allocation_failed());
	}
	harness_fail_allocation(0, false);
	app_datagram();
}

/* Closing the machine closes them, with what waits in their queues. */
Test(udp_socket, closing_the_machine)
{
	app_datagram();
	in_udp(100);
	stack_close(harness_stack());
	in_udp(100);
	assert_dropped(DROP_UDP_PORT);
	out_icmp(3, 3, 0);
}

/* Destroying it gives everything back without a word. */
Test(udp_socket, destroying_the_machine_with_datagrams_unread)
{
	app_datagram_connected();
	in_udp(100);
	in_udp(0);
	fresh();
}
