/* SPDX-License-Identifier: MIT
 *
 * strata as a client of somebody else's TCP (the kernel's: tests/system/peer.c, or another strata's), by the blocking
 * calls of apps/host.h:
 *
 *     client [options] echo ADDRESS PORT      send 10 MiB, end that direction, read the same 10 MiB back
 *     client [options] pieces ADDRESS PORT    the same 10 MiB, of which each piece comes back before the next is sent
 *     client [options] reset ADDRESS PORT     send a little; the peer resets the connection
 *     client [options] linger ADDRESS PORT    send 10 MiB and wait until the peer has all of it
 *     client [options] stall ADDRESS PORT     send more than the peer takes, and do not wait for long
 *     client [options] refuse ADDRESS PORT    nobody listens there
 *     client [options] nobody ADDRESS PORT    nobody has that address
 *
 * The options are those of every machine on the wire. Exit status 0: it went as it must.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/host.h"

#define LENGTH   (10 << 20)
#define PIECE    100000
#define PATIENCE 60000 /* milliseconds */

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

static bool send_part(struct host *host, struct socket *socket, size_t from, size_t length)
{
	static uint8_t bytes[LENGTH];
	for (size_t i = 0; i < length; i++)
		bytes[i] = byte_at(from + i);
	int error = host_send(host, socket, bytes, length, PATIENCE);
	return error ? failed("send", error) : true;
}

static bool read_part(struct host *host, struct socket *socket, size_t from, size_t length)
{
	uint8_t bytes[30000];
	size_t end = from + length;
	while (from < end) {
		size_t room = end - from < sizeof bytes ? end - from : sizeof bytes;
		long got = host_receive(host, socket, bytes, room, PATIENCE);
		if (got <= 0)
			return failed(got ? "receive" : "the end came early", got);
		for (long i = 0; i < got; i++, from++)
			if (bytes[i] != byte_at(from))
				return failed("a byte that was not sent came back", 0);
	}
	return true;
}

static bool read_end(struct host *host, struct socket *socket)
{
	uint8_t byte;
	long got = host_receive(host, socket, &byte, 1, PATIENCE);
	return got == 0 || failed("the end did not come", got);
}

static bool end(struct socket *socket)
{
	int error = socket_shutdown(socket, SOCKET_SHUTDOWN_WRITE);
	return error ? failed("shutdown", error) : true;
}

static bool echo(struct host *host, struct socket *socket)
{
	bool right = send_part(host, socket, 0, LENGTH) && end(socket) && read_part(host, socket, 0, LENGTH) &&
		     read_end(host, socket);
	int error = host_close_socket(host, socket, PATIENCE);
	return right && (!error || failed("close", error));
}

static bool pieces(struct host *host, struct socket *socket)
{
	bool right = true;
	for (size_t at = 0; right && at < LENGTH; at += PIECE) {
		size_t length = LENGTH - at < PIECE ? LENGTH - at : PIECE;
		right = send_part(host, socket, at, length) && read_part(host, socket, at, length);
	}
	right = right && end(socket) && read_end(host, socket);
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

static bool linger(struct host *host, struct socket *socket)
{
	bool right = send_part(host, socket, 0, LENGTH);
	int error = host_close_lingering(host, socket, PATIENCE);
	return right && (!error || failed("close", error));
}

static bool stall(struct host *host, struct socket *socket)
{
	uint8_t bytes[10000] = {0};
	int error;
	while ((error = host_send(host, socket, bytes, sizeof bytes, 2000)) == 0)
		;
	if (error != -ETIMEDOUT)
		return failed("send", error);
	error = host_close_lingering(host, socket, 100);
	return error == -ETIMEDOUT || failed("close", error);
}

static bool talk(struct host *host, const char *how, const struct endpoint *peer)
{
	struct socket *socket;
	int error = host_connect(host, peer, PATIENCE, &socket);
	if (strcmp(how, "refuse") == 0)
		return error == -ECONNREFUSED || failed("connect where nobody listens", error);
	if (strcmp(how, "nobody") == 0) /* RFC 1122 2.4: ARP's failure is told as host unreachable */
		return error == -EHOSTUNREACH || failed("connect where nobody is", error);
	if (error)
		return failed("connect", error);
	if (strcmp(how, "pieces") == 0)
		return pieces(host, socket);
	if (strcmp(how, "linger") == 0)
		return linger(host, socket);
	if (strcmp(how, "stall") == 0)
		return stall(host, socket);
	return strcmp(how, "echo") == 0 ? echo(host, socket) : reset(host, socket);
}

int main(int argc, char **argv)
{
	struct options options;
	struct endpoint peer = {.port = 0};
	options_begin(&options, "client", OPTIONS_MACHINE);
	if (options_next(&options, argc, argv, NULL) != OPTIONS_END)
		return 2;
	argv += optind;
	if (argc - optind != 3 || !address_parse(argv[1], &peer.address)) {
		fprintf(stderr, "usage: client [options] echo|pieces|reset|linger|stall|refuse|nobody ADDRESS PORT\n");
		return 2;
	}
	peer.port = (uint16_t)atoi(argv[2]);
	struct host *host = host_open(&options);
	if (!host)
		return 2;
	bool right = talk(host, argv[0], &peer);
	host_close(host);
	return right ? 0 : 1;
}
