/* SPDX-License-Identifier: MIT
 *
 * A client on the kernel's sockets of the old services over TCP:
 *
 *     services echo ADDRESS       port 7 sends back what it gets (RFC 862)
 *     services discard ADDRESS    port 9 takes it and says nothing, and ends when we do (RFC 863)
 *     services chargen ADDRESS    port 19 sends lines until we have enough (RFC 864)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE    10000
#define PIECES   100
#define LINE     74 /* 72 characters, CR LF */
#define LINES    10000
#define PATIENCE 60 /* seconds */

static bool failed(const char *what)
{
	fprintf(stderr, "services: %s: %s\n", what, errno ? strerror(errno) : "not as it must be");
	return false;
}

static int connect_to(const char *address, unsigned port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct timeval patience = {.tv_sec = PATIENCE};
	int s = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) ||
	    connect(s, (struct sockaddr *)&to, sizeof to))
		return -1;
	return s;
}

static void fill(char bytes[PIECE], unsigned round)
{
	for (unsigned i = 0; i < PIECE; i++)
		bytes[i] = (char)(i * 7 + i / 256 + round);
}

static bool say(int s, unsigned round)
{
	char bytes[PIECE];
	fill(bytes, round);
	return send(s, bytes, PIECE, 0) == PIECE || failed("send");
}

/* We have ended our direction, and the other one ends, too, without a byte more. */
static bool ends(int s)
{
	char byte;
	errno = 0;
	return (shutdown(s, SHUT_WR) == 0 && recv(s, &byte, 1, 0) == 0) || failed("end");
}

static bool echo(int s)
{
	char sent[PIECE], back[PIECE];
	for (unsigned round = 0; round < PIECES; round++) {
		if (!say(s, round))
			return false;
		fill(sent, round);
		errno = 0;
		if (recv(s, back, PIECE, MSG_WAITALL) != PIECE || memcmp(sent, back, PIECE) != 0)
			return failed("recv");
	}
	return ends(s);
}

static bool discard(int s)
{
	for (unsigned round = 0; round < PIECES; round++)
		if (!say(s, round))
			return false;
	return ends(s);
}

/* Each line begins one character further in the ring of the 95 printable ones. */
static bool chargen(int s)
{
	char line[LINE];
	for (unsigned n = 0; n < LINES; n++) {
		errno = 0;
		if (recv(s, line, LINE, MSG_WAITALL) != LINE)
			return failed("recv");
		for (unsigned i = 0; i < LINE - 2; i++)
			if (line[i] != (char)(' ' + (line[0] - ' ' + (int)i) % 95) ||
			    (i == 0 && line[0] != (char)(' ' + n % 95)))
				return failed("a line");
		if (line[LINE - 2] != '\r' || line[LINE - 1] != '\n')
			return failed("the end of a line");
	}
	return true;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		unsigned port;
		bool (*talk)(int s);
	} services[] = {{"echo", 7, echo}, {"discard", 9, discard}, {"chargen", 19, chargen}};
	for (unsigned i = 0; argc == 3 && i < 3; i++) {
		if (strcmp(argv[1], services[i].name) != 0)
			continue;
		int s = connect_to(argv[2], services[i].port);
		bool right = s < 0 ? failed("connect") : services[i].talk(s);
		return right && close(s) == 0 ? 0 : 1;
	}
	fprintf(stderr, "usage: services echo|discard|chargen ADDRESS\n");
	return 2;
}
