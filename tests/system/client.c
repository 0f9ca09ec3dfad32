/* SPDX-License-Identifier: MIT
 *
 * strata as a client of the kernel's TCP (tests/system/peer.c), by the blocking calls of apps/host.h:
 *
 *     client PORT echo      send 10 MiB, end that direction, read the same 10 MiB back
 *     client PORT reset     send a little; the peer resets the connection
 *     client PORT refuse    nobody listens there
 *
 * The machine is 192.0.2.2, the peer 192.0.2.1. Exit status 0: it went as it must.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/host.h"

#define LENGTH   (10 << 20)
#define PATIENCE 20000 /* milliseconds */

static bool failed(const char *what, long error)
{
	fprintf(stderr, "client: %s: %s\n", what, error < 0 ? strerror((int)-error) : "not as it must be");
	return false;
}

/* Bytes that look random and are the same every time. */
static uint8_t byte_at(size_t index)
{
	uint32_t x = (uint32_t)index * 2654435761u + 0x9e3779b9u;
	return (uint8_t)(x >> 13 ^ x >> 24);
}

static bool send_all(struct host *host, struct socket *socket)
{
	static uint8_t bytes[LENGTH];
	for (size_t i = 0; i < LENGTH; i++)
		bytes[i] = byte_at(i);
	int error = host_send(host, socket, bytes, LENGTH, PATIENCE);
	if (error)
		return failed("send", error);
	error = socket_shutdown(socket, SOCKET_SHUTDOWN_WRITE);
	return error ? failed("shutdown", error) : true;
}

static bool read_back(struct host *host, struct socket *socket)
{
	uint8_t bytes[30000];
	size_t total = 0;
	long got;
	while ((got = host_receive(host, socket, bytes, sizeof bytes, PATIENCE)) > 0)
		for (long i = 0; i < got; i++, total++)
			if (total >= LENGTH || bytes[i] != byte_at(total))
				return failed("a byte that was not sent came back", 0);
	if (got < 0)
		return failed("receive", got);
	return total == LENGTH || failed("the end came early", 0);
}

static bool echo(struct host *host, struct socket *socket)
{
	bool right = send_all(host, socket) && read_back(host, socket);
	int error = host_close_socket(host, socket, PATIENCE);
	return right && (!error || failed("close", error));
}

static bool reset(struct host *host, struct socket *socket)
{
	int error = host_send(host, socket, "hello", 5, PATIENCE);
	uint8_t byte;
	long got = error ? error : host_receive(host, socket, &byte, 1, PATIENCE);
	socket_close(socket);
	return got == -ECONNRESET || failed("receive from a peer that resets", got);
}

static bool talk(struct host *host, uint16_t port, const char *how)
{
	struct endpoint peer = {.address = {{192, 0, 2, 1}}, .port = port};
	struct socket *socket;
	int error = host_connect(host, &peer, PATIENCE, &socket);
	if (strcmp(how, "refuse") == 0)
		return error == -ECONNREFUSED || failed("connect where nobody listens", error);
	if (error)
		return failed("connect", error);
	return strcmp(how, "echo") == 0 ? echo(host, socket) : reset(host, socket);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: client PORT echo|reset|refuse\n");
		return 2;
	}
	struct options options;
	options_begin(&options, "client", OPTIONS_MACHINE);
	struct host *host = host_open(&options);
	if (!host)
		return 2;
	bool right = talk(host, (uint16_t)atoi(argv[1]), argv[2]);
	host_close(host);
	return right ? 0 : 1;
}
