/* SPDX-License-Identifier: MIT
 *
 * The other end of tests/system/client.c: a server that uses the kernel's sockets and takes one connection.
 *
 *     peer PORT echo     keeps what it reads until the end of the stream, then sends all of it back
 *     peer PORT reset    reads a little and resets the connection
 *     peer PORT linger   reads to the end of the stream
 *     peer PORT stall    reads nothing, until the connection is reset
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int failed(const char *what)
{
	perror(what);
	return 1;
}

static int echo(int connection)
{
	size_t length = 0, room = 16 << 20;
	char *bytes = malloc(room);
	ssize_t got;
	while (bytes && length < room && (got = read(connection, bytes + length, room - length)) != 0) {
		if (got < 0)
			return failed("read");
		length += (size_t)got;
	}
	for (size_t sent = 0; sent < length; sent += (size_t)got) {
		got = write(connection, bytes + sent, length - sent);
		if (got < 0)
			return failed("write");
	}
	free(bytes);
	printf("peer: %zu bytes came, and went back\n", length);
	return close(connection) ? failed("close") : 0;
}

static int linger(int connection)
{
	char bytes[100000];
	ssize_t got;
	while ((got = read(connection, bytes, sizeof bytes)) > 0)
		;
	return got ? failed("read") : 0;
}

static int stall(int connection)
{
	struct pollfd nothing = {.fd = connection}; /* but errors */
	printf("peer: %s\n", poll(&nothing, 1, 60000) == 1 ? "the connection was reset" : "nothing happened");
	return 0;
}

static int reset(int connection)
{
	char bytes[1000];
	if (read(connection, bytes, sizeof bytes) <= 0)
		return failed("read");
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	if (setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once))
		return failed("setsockopt");
	return close(connection) ? failed("close") : 0;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: peer PORT echo|reset|linger|stall\n");
		return 2;
	}
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
	if (listener < 0 || bind(listener, (struct sockaddr *)&local, sizeof local) || listen(listener, 1))
		return failed("listen");
	fprintf(stderr, "peer: listening\n");
	int connection = accept(listener, NULL, NULL);
	if (connection < 0)
		return failed("accept");
	close(listener);
	if (strcmp(argv[2], "linger") == 0)
		return linger(connection);
	if (strcmp(argv[2], "stall") == 0)
		return stall(connection);
	return strcmp(argv[2], "echo") == 0 ? echo(connection) : reset(connection);
}
