/* SPDX-License-Identifier: MIT
 *
 * strata's datagram sockets towards somebody else's (the kernel's: tests/system/udp_peer.c, or another strata's):
 *
 *     udp_client [options] echo ADDRESS PORT       datagrams of every interesting length come back as they went
 *     udp_client [options] refused ADDRESS PORT    nobody listens there, and a connected socket is told, once
 *     udp_client [options] nobody ADDRESS PORT     nobody has that address, and a connected socket is told
 *
 * The options are those of every machine on the wire. Exit status 0: it went as it must.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/host.h"
#include "tests/system/datagrams.h"

#define PATIENCE 60000 /* milliseconds */

static bool failed(const char *what, long error)
{
	fprintf(stderr, "udp_client: %s: %s\n", what, error < 0 ? strerror((int)-error) : "not as it must be");
	return false;
}

struct wanted {
	struct socket *socket;
	unsigned readiness;
};

static bool is_ready(void *user)
{
	const struct wanted *w = user;
	return socket_ready(w->socket) & (w->readiness | SOCKET_ERROR);
}

static int await(struct host *host, struct socket *socket, unsigned readiness)
{
	return host_until(host, is_ready, &(struct wanted){socket, readiness}, PATIENCE);
}

static bool say(struct host *host, struct socket *socket, unsigned round, size_t length)
{
	static uint8_t bytes[DATAGRAM_MAX];
	datagram_fill(bytes, round, length);
	long sent;
	while ((sent = socket_send_to(socket, bytes, length, NULL)) == -EAGAIN) {
		int error = await(host, socket, SOCKET_WRITABLE);
		if (error)
			return failed("waiting for room", error);
	}
	return sent == (long)length || failed("socket_send_to", sent);
}

static bool hear(struct host *host, struct socket *socket, const struct endpoint *peer, unsigned round, size_t length)
{
	static uint8_t bytes[DATAGRAM_MAX];
	struct socket_message message;
	int error = await(host, socket, SOCKET_READABLE);
	if (error)
		return failed("waiting for an answer", error);
	long got = socket_receive_from(socket, bytes, sizeof bytes, false, &message);
	if (got < 0)
		return failed("socket_receive_from", got);
	if ((size_t)got == length && message.length == length && datagram_is(bytes, round, length) &&
	    address_equal(message.source.address, peer->address) && message.source.port == peer->port)
		return true;
	fprintf(stderr, "udp_client: %zu bytes went, and %ld of %zu came\n", length, got, message.length);
	return false;
}

static bool echo(struct host *host, struct socket *socket, const struct endpoint *peer)
{
	size_t length;
	for (unsigned round = 0; datagram_length(round, &length); round++)
		if (!say(host, socket, round, length) || !hear(host, socket, peer, round, length))
			return false;
	return true;
}

/* RFC 1122 4.1.3.3: an error that ICMP or ARP brings reaches the connected socket, which tells it once. */
static bool hears_error(struct host *host, struct socket *socket, int wanted)
{
	uint8_t byte;
	if (!say(host, socket, 0, 5))
		return false;
	int error = await(host, socket, SOCKET_READABLE);
	if (error)
		return failed("waiting for an error", error);
	long got = socket_receive_from(socket, &byte, 1, false, NULL);
	if (got != wanted)
		return failed("the error", got);
	got = socket_receive_from(socket, &byte, 1, false, NULL);
	return got == -EAGAIN || failed("after the error", got);
}

static bool talk(struct host *host, const char *how, const struct endpoint *peer)
{
	struct socket *socket = socket_open(host_stack(host), SOCKET_DATAGRAM);
	int error = socket ? socket_connect(socket, peer) : -ENOMEM;
	if (error)
		return failed("socket_connect", error);
	if (strcmp(how, "echo") == 0)
		return echo(host, socket, peer);
	return hears_error(host, socket, strcmp(how, "refused") == 0 ? -ECONNREFUSED : -EHOSTUNREACH);
}

int main(int argc, char **argv)
{
	struct options options;
	struct endpoint peer = {.port = 0};
	options_begin(&options, "udp_client", OPTIONS_MACHINE);
	if (options_next(&options, argc, argv, NULL) != OPTIONS_END)
		return 2;
	argv += optind;
	if (argc - optind != 3 || !address_parse(argv[1], &peer.address)) {
		fprintf(stderr, "usage: udp_client [options] echo|refused|nobody ADDRESS PORT\n");
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
