/* SPDX-License-Identifier: MIT
 *
 * UDP by the kernel's sockets: the other end of tests/system/udp_client.c, and a client of `strata echo`.
 *
 *     udp_peer serve PORT              send back what comes, until killed
 *     udp_peer echo ADDRESS PORT       datagrams of every interesting length come back as they went
 *     udp_peer burst ADDRESS PORT      and so do several that are sent at once
 *     udp_peer discard ADDRESS         port 9 says nothing (RFC 863)
 *     udp_peer chargen ADDRESS         port 19 answers with characters (RFC 864)
 *     udp_peer refused ADDRESS PORT    nobody listens there, and we are told
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/system/datagrams.h"

#define PATIENCE 60 /* seconds */
#define BURST    20

static bool failed(const char *what)
{
	fprintf(stderr, "udp_peer: %s: %s\n", what, errno ? strerror(errno) : "not as it must be");
	return false;
}

static struct sockaddr_in name(const char *address, const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		fprintf(stderr, "udp_peer: %s is no address\n", address);
	return to;
}

static int open_socket(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct timeval patience = {.tv_sec = PATIENCE};
	if (s < 0 || setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience))
		return -1;
	return s;
}

static int connect_socket(const char *address, const char *port)
{
	struct sockaddr_in to = name(address, port);
	int s = open_socket();
	if (s < 0 || connect(s, (struct sockaddr *)&to, sizeof to))
		return -1;
	return s;
}

static bool serve(const char *port)
{
	static uint8_t bytes[65536];
	struct sockaddr_in from = name("0.0.0.0", port);
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&from, sizeof from))
		return failed("bind");
	fprintf(stderr, "udp_peer: listening\n");
	for (;;) {
		socklen_t room = sizeof from;
		ssize_t got = recvfrom(s, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &room);
		if (got < 0)
			return failed("recvfrom");
		if (sendto(s, bytes, (size_t)got, 0, (struct sockaddr *)&from, room) != got)
			return failed("sendto");
	}
}

/* Send datagram number `round`, of this length. */
static bool say(int s, unsigned round, size_t length)
{
	static uint8_t bytes[DATAGRAM_MAX];
	datagram_fill(bytes, round, length);
	return send(s, bytes, length, 0) == (ssize_t)length || failed("send");
}

/* It comes back next. */
static bool hear(int s, unsigned round, size_t length)
{
	static uint8_t bytes[DATAGRAM_MAX + 1];
	errno = 0;
	ssize_t got = recv(s, bytes, sizeof bytes, 0);
	if (got == (ssize_t)length && datagram_is(bytes, round, length))
		return true;
	fprintf(stderr, "udp_peer: %zu bytes went, and %zd came\n", length, got);
	return failed("recv");
}

static bool echo(const char *address, const char *port)
{
	size_t length;
	int s = connect_socket(address, port);
	if (s < 0)
		return failed("connect");
	for (unsigned round = 0; datagram_length(round, &length); round++)
		if (!say(s, round, length) || !hear(s, round, length))
			return false;
	return true;
}

static bool burst(const char *address, const char *port)
{
	int s = connect_socket(address, port);
	if (s < 0)
		return failed("connect");
	for (unsigned round = 0; round < BURST; round++)
		if (!say(s, round, 1000 + 100 * round))
			return false;
	for (unsigned round = 0; round < BURST; round++)
		if (!hear(s, round, 1000 + 100 * round))
			return false;
	return true;
}

/* One to port 9 and then one to port 7, from the same socket: what comes first is from port 7. */
static bool discard(const char *address)
{
	struct sockaddr_in nowhere = name(address, "9"), back = name(address, "7"), from;
	socklen_t room = sizeof from;
	char byte;
	int s = open_socket();
	if (s < 0 || sendto(s, "a", 1, 0, (struct sockaddr *)&nowhere, sizeof nowhere) != 1 ||
	    sendto(s, "b", 1, 0, (struct sockaddr *)&back, sizeof back) != 1)
		return failed("sendto");
	errno = 0;
	if (recvfrom(s, &byte, 1, 0, (struct sockaddr *)&from, &room) != 1 || byte != 'b' || ntohs(from.sin_port) != 7)
		return failed("recvfrom");
	return true;
}

/* RFC 864: whatever comes, even nothing, is answered with 0 to 512 characters, printable ones and line ends. */
static bool chargen(const char *address)
{
	char text[1000];
	size_t longest = 0;
	int s = connect_socket(address, "19");
	if (s < 0)
		return failed("connect");
	for (unsigned round = 0; round < 20; round++) {
		if (send(s, "?", round % 2, 0) != (ssize_t)(round % 2))
			return failed("send");
		errno = 0;
		ssize_t got = recv(s, text, sizeof text, 0);
		if (got < 0 || got > 512)
			return failed("recv");
		for (ssize_t i = 0; i < got; i++)
			if ((text[i] < ' ' || text[i] > '~') && text[i] != '\r' && text[i] != '\n')
				return failed("a character");
		longest = (size_t)got > longest ? (size_t)got : longest;
	}
	return longest > 0 || failed("20 answers without a character");
}

static bool refused(const char *address, const char *port)
{
	char byte;
	int s = connect_socket(address, port);
	if (s < 0 || send(s, "hello", 5, 0) != 5)
		return failed("send");
	return (recv(s, &byte, 1, 0) < 0 && errno == ECONNREFUSED) || failed("recv from a closed port");
}

static int usage(void)
{
	fprintf(stderr, "usage: udp_peer serve PORT | echo|burst|refused ADDRESS PORT | discard|chargen ADDRESS\n");
	return 2;
}

int main(int argc, char **argv)
{
	bool right;
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		right = serve(argv[2]);
	else if (argc == 3 && strcmp(argv[1], "discard") == 0)
		right = discard(argv[2]);
	else if (argc == 3 && strcmp(argv[1], "chargen") == 0)
		right = chargen(argv[2]);
	else if (argc == 4 && strcmp(argv[1], "echo") == 0)
		right = echo(argv[2], argv[3]);
	else if (argc == 4 && strcmp(argv[1], "burst") == 0)
		right = burst(argv[2], argv[3]);
	else if (argc == 4 && strcmp(argv[1], "refused") == 0)
		right = refused(argv[2], argv[3]);
	else
		return usage();
	return right ? 0 : 1;
}
