/* SPDX-License-Identifier: MIT
 *
 * A rude HTTP server on the kernel's sockets, for what no server that is somebody's pride does. What it answers depends on the path:
 *
 *     /plain       6 bytes, "hello\n", connection kept        /close      the same, and the connection is closed without a word of it
 *     /none        closes without an answer                   /reset      resets instead of answering
 *     /cut         closes before the body is whole            /cutreset   resets in the midst of the body
 *     /chunks      "hello\n" in two chunks, with a trailer    /badchunk   a size that is none
 *     /interim     two 1xx first                              /silent     says nothing, ever
 *     /head        a head without end                         /twice      two lengths that differ
 *     /circle      redirects to itself                        /next/N     redirects to /next/N+1; /next/60 is "hello\n"
 *     /away        redirects to https                         /escape     a head with control characters in it
 *     /later       redirects to /plain, after 3.2 s
 *     /gib/N       N MiB of zeros                             /slow       "hello\n", a byte every 100 ms
 *     /404, /416   with a body                                /range      "lo\n" as 206, from 3 on
 *     /echo        what the request's body was                /count      how many connections there have been
 *
 * rude_server PORT: until it is killed. One process for each connection.
 */
#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define OK "HTTP/1.1 200 OK\r\n"

static char request[1 << 20];
static unsigned count;

/* The same bytes, whatever the request. */
static const struct {
	const char *path, *answer;
	bool close;
} answers[] = {
    {"/plain", OK "Content-Length: 6\r\n\r\nhello\n", false},
    {"/close", OK "Content-Length: 6\r\n\r\nhello\n", true},
    {"/none", "", true},
    {"/cut", OK "Content-Length: 60\r\n\r\nhello\n", true},
    {"/chunks", OK "Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n4\r\nllo\n\r\n0\r\nTrailer: x\r\n\r\n", false},
    {"/badchunk", OK "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", true},
    {"/interim",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK "Content-Length: 6\r\n\r\nhello\n",
     false},
    {"/twice", OK "Content-Length: 6\r\nContent-Length: 5\r\n\r\nhello\n", true},
    {"/circle", "HTTP/1.1 302 Found\r\nLocation: /circle\r\nContent-Length: 0\r\n\r\n", false},
    {"/away", "HTTP/1.1 301 Moved\r\nLocation: https://www.example/\r\nContent-Length: 0\r\n\r\n", false},
    {"/escape", OK "X: \033[2J\007\r\nContent-Length: 0\r\n\r\n", false},
    {"/404", "HTTP/1.1 404 Not Found\r\nContent-Length: 8\r\n\r\nnothing\n", false},
    {"/416", "HTTP/1.1 416 No\r\nContent-Length: 8\r\n\r\nnothing\n", false},
    {"/range", "HTTP/1.1 206 Partial\r\nContent-Range: bytes 3-5/6\r\nContent-Length: 3\r\n\r\nlo\n", false},
};

static void say(int connection, const void *bytes, size_t length)
{
	const char *at = bytes;
	while (length > 0) {
		ssize_t sent = send(connection, at, length, MSG_NOSIGNAL);
		if (sent <= 0)
			exit(0);
		at += sent;
		length -= (size_t)sent;
	}
}

static void say_text(int connection, const char *text)
{
	say(connection, text, strlen(text));
}

static void reset(int connection)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(connection);
	exit(0);
}

/* Until the peer has acknowledged everything: it has been given to whoever reads there. */
static void await_acknowledgment(int connection)
{
	int left = 1;
	while (ioctl(connection, SIOCOUTQ, &left) == 0 && left > 0)
		usleep(1000);
}

static void say_many(int connection, unsigned long mebibytes)
{
	static char zeros[1 << 20];
	char head[100];
	snprintf(head, sizeof head, OK "Content-Length: %lu\r\n\r\n", mebibytes << 20);
	say_text(connection, head);
	while (mebibytes-- > 0)
		say(connection, zeros, sizeof zeros);
}

static void say_next(int connection, unsigned number)
{
	char head[100];
	if (number >= 60)
		say_text(connection, answers[0].answer);
	snprintf(head, sizeof head, "HTTP/1.1 302 Found\r\nLocation: %u\r\nContent-Length: 0\r\n\r\n", number + 1);
	if (number < 60)
		say_text(connection, head);
}

static void say_body(int connection, const char *body, size_t length)
{
	char head[100];
	snprintf(head, sizeof head, OK "Content-Length: %zu\r\n\r\n", length);
	say_text(connection, head);
	say(connection, body, length);
}

static void say_slowly(int connection)
{
	say_text(connection, OK "Content-Length: 6\r\n\r\n");
	for (int i = 0; i < 6; i++) {
		usleep(100000);
		say(connection, &"hello\n"[i], 1);
	}
}

/* What takes more than bytes. False: there is no such path. */
static bool answer_specially(int connection, const char *path, const char *body, size_t length)
{
	char number[16];
	if (strcmp(path, "/reset") == 0)
		reset(connection);
	else if (strcmp(path, "/cutreset") == 0)
		say_text(connection, OK "Content-Length: 60\r\n\r\nhello\n"), await_acknowledgment(connection),
		    reset(connection);
	else if (strcmp(path, "/silent") == 0)
		pause();
	else if (strcmp(path, "/head") == 0)
		for (say_text(connection, OK);;)
			say_text(connection, "X: endless\r\n");
	else if (strncmp(path, "/next/", 6) == 0)
		say_next(connection, (unsigned)atoi(path + 6));
	else if (strncmp(path, "/gib/", 5) == 0)
		say_many(connection, (unsigned long)atol(path + 5));
	else if (strcmp(path, "/later") == 0)
		usleep(3200000), say_text(connection, "HTTP/1.1 302 Found\r\nLocation: /plain\r\nConnection: close\r\n"
						      "Content-Length: 0\r\n\r\n");
	else if (strcmp(path, "/slow") == 0)
		say_slowly(connection);
	else if (strcmp(path, "/echo") == 0)
		say_body(connection, body, length);
	else if (strcmp(path, "/count") == 0)
		say_body(connection, number, (size_t)snprintf(number, sizeof number, "%u\n", count));
	else
		return false;
	return true;
}

/* Answer; false: the connection is to be closed. */
static bool answer(int connection, const char *path, const char *body, size_t length)
{
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		if (strcmp(path, answers[i].path) == 0) {
			say_text(connection, answers[i].answer);
			return !answers[i].close;
		}
	}
	return answer_specially(connection, path, body, length);
}

/* Read a request whole, head and body: its body's length, and *body; false at the end of the stream. */
static bool read_request(int connection, const char **body, size_t *body_length)
{
	size_t length = 0;
	for (;;) {
		request[length] = '\0';
		const char *end = strstr(request, "\r\n\r\n"), *field = strstr(request, "Content-Length: ");
		*body_length = field && field < end ? (size_t)atol(field + 16) : 0;
		*body = end ? end + 4 : request;
		if (end && length >= (size_t)(*body - request) + *body_length)
			return true;
		ssize_t got = recv(connection, request + length, sizeof request - 1 - length, 0);
		if (got <= 0)
			return false;
		length += (size_t)got;
	}
}

static void serve(int connection)
{
	const char *body;
	size_t length;
	char path[200];
	while (read_request(connection, &body, &length))
		if (sscanf(request, "%*s %199s", path) != 1 || !answer(connection, path, body, length))
			break;
	shutdown(connection, SHUT_WR);
	while (recv(connection, request, sizeof request, 0) > 0)
		;
	exit(0);
}

int main(int argc, char **argv)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	struct sockaddr_in local = {.sin_family = AF_INET,
				    .sin_port = htons((uint16_t)(argc == 2 ? atoi(argv[1]) : 0))};
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (argc != 2 || bind(listener, (struct sockaddr *)&local, sizeof local) || listen(listener, 64)) {
		perror("rude_server PORT");
		return 2;
	}
	signal(SIGCHLD, SIG_IGN);
	puts("rude_server: listening");
	fflush(stdout);
	for (;;) {
		int connection = accept(listener, NULL, NULL);
		count++;
		if (fork() == 0) {
			close(listener);
			serve(connection);
		}
		close(connection);
	}
}
