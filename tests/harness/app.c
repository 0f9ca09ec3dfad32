/* SPDX-License-Identifier: MIT
 *
 * The application's side of a script, and connections that stand already.
 */
#include <stdio.h>
#include <string.h>

#include "tests/harness/world.h"

struct socket *app_listen(void)
{
	struct socket *listener = socket_open(world.stack, SOCKET_STREAM);
	struct endpoint local = {ip_of("192.0.2.2"), world.flow->local_port};
	check_that(listener, "no socket");
	check(socket_bind(listener, &local) == 0);
	check(socket_listen(listener, 16) == 0);
	world.listener = listener;
	return listener;
}

struct socket *harness_accept(const char *file, int line)
{
	world_settle(file, line);
	struct socket *accepted = world.listener ? socket_accept(world.listener) : NULL;
	if (!accepted)
		harness_fail(file, line, "no connection is waiting to be accepted");
	return accepted;
}

struct socket *harness_connect(const char *file, int line)
{
	struct socket *socket = socket_open(world.stack, SOCKET_STREAM);
	struct endpoint local = {ip_of("192.0.2.2"), world.flow->local_port};
	struct endpoint remote = {{{0}}, world.flow->peer_port};
	memcpy(remote.address.bytes, world.flow->peer, 4);
	if (!socket || socket_bind(socket, &local) != 0)
		harness_fail(file, line, "no socket, or no local port");
	int result = socket_connect(socket, &remote);
	if (result != 0)
		harness_fail(file, line, "socket_connect() answered %d", result);
	return socket;
}

void harness_write(const char *file, int line, struct socket *socket, size_t length)
{
	uint8_t bytes[1024];
	while (length) {
		size_t part = length < sizeof bytes ? length : sizeof bytes;
		for (size_t i = 0; i < part; i++)
			bytes[i] = pattern(world.flow->written + i);
		long taken = socket_send(socket, bytes, part);
		if (taken <= 0)
			harness_fail(file, line, "socket_send() answered %ld with %zu bytes to go", taken, length);
		world.flow->written += (uint64_t)taken;
		length -= (size_t)taken;
	}
}

void harness_read(const char *file, int line, struct socket *socket, size_t length)
{
	uint8_t bytes[1024];
	while (length) {
		long got = socket_receive(socket, bytes, length < sizeof bytes ? length : sizeof bytes);
		if (got <= 0)
			harness_fail(file, line, "socket_receive() answered %ld with %zu bytes to go", got, length);
		for (size_t i = 0; i < (size_t)got; i++)
			if (bytes[i] != pattern(world.flow->read + i))
				harness_fail(file, line, "byte %llu of the stream is wrong",
					     (unsigned long long)world.flow->read + i);
		world.flow->read += (uint64_t)got;
		length -= (size_t)got;
	}
}

void harness_read_gives(const char *file, int line, struct socket *socket, long result)
{
	uint8_t byte;
	long got = socket_receive(socket, &byte, 1);
	if (got != result)
		harness_fail(file, line, "socket_receive() answered %ld, expected %ld", got, result);
}

struct socket *passive_open_with(const char *options, unsigned syn_window, unsigned ack_window)
{
	const char *echo = strstr(options, "TS val") ? "<nop,nop,TS val 1001 ecr last>" : "";
	if (!world.listener)
		app_listen();
	in("S 0:0(0) win %u <%s>", syn_window, options);
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 1 win %u %s", ack_window, echo);
	return app_accept();
}

struct socket *passive_open(void)
{
	return passive_open_with("mss 1000", 65535, 65535);
}

struct socket *active_open(void)
{
	struct socket *socket = app_connect();
	out("S 0:0(0)");
	in("S. 0:0(0) ack 1 win 65535 <mss 1000>");
	out(". 1:1(0) ack 1 <>");
	check_that(socket_ready(socket) & SOCKET_WRITABLE, "connected but not writable");
	return socket;
}
