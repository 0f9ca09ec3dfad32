/* SPDX-License-Identifier: MIT
 *
 * A rude HTTP client on the kernel's sockets, for what curl is too polite to do:
 *
 *     http_client say ADDRESS PORT         send standard input as it is, print what comes until the end
 *     http_client split ADDRESS PORT       send standard input cut in two, at each byte in turn, each time over a new
 *                                          connection: the answers must all be the same, but for their Date
 *     http_client trickle ADDRESS PORT     the same, each byte by itself
 *     http_client serial N ADDRESS PORT    N requests for /one, one after the other, over one connection
 *     http_client pipeline N ADDRESS PORT  N requests, for /one and /two in turn, without waiting for an answer
 *     http_client many N ADDRESS PORT      N connections at once; each gets its answer only after all have begun to ask
 *     http_client idle N ADDRESS PORT      N connections that say nothing; one more that asks must be answered while they
 *                                          wait; then they end without a word
 *     http_client slow N ADDRESS PORT      N connections that send a byte a second; the same; they get 408
 *     http_client deaf N ADDRESS PORT      N connections that ask for /large and do not read; the same
 *
 * A file /one is expected there that holds "x", and /two with "yy". Exit status 0: it went as it must.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROOM      (1 << 20)
#define MANY      2000
#define PATIENCE  60000 /* milliseconds that an answer may take */
#define ASK(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"
#define ASK_LAST  "GET /one HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

static struct sockaddr_in server = {.sin_family = AF_INET};
static char request[ROOM], answer[ROOM], first_answer[ROOM];
static size_t request_length;
static int connections[MANY];

static bool failed(const char *what)
{
	fprintf(stderr, "http_client: %s: %s\n", what, errno ? strerror(errno) : "not as it must be");
	return false;
}

static int connected(void)
{
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	if (s < 0 || connect(s, (struct sockaddr *)&server, sizeof server) < 0 ||
	    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0) {
		failed("connect");
		exit(1);
	}
	return s;
}

static bool say(int s, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(s, bytes, length, MSG_NOSIGNAL);
		if (sent < 0)
			return failed("send");
		bytes += sent;
		length -= (size_t)sent;
	}
	return true;
}

/* Some of what comes: how many bytes, 0 at the end; -1 has been told. */
static ssize_t hear(int s, char *to, size_t room)
{
	struct pollfd polled = {.fd = s, .events = POLLIN};
	errno = 0;
	if (poll(&polled, 1, PATIENCE) != 1)
		return failed("no answer"), -1;
	ssize_t got = recv(s, to, room, 0);
	if (got < 0)
		failed("receive");
	return got;
}

/* All that comes until the end, terminated. */
static bool hear_all(int s, char text[ROOM])
{
	size_t length = 0;
	ssize_t got;
	while (length < ROOM - 1 && (got = hear(s, text + length, ROOM - 1 - length)) != 0) {
		if (got < 0)
			return false;
		length += (size_t)got;
	}
	text[length] = '\0';
	close(s);
	return length < ROOM - 1 || failed("a longer answer than there is room for");
}

static unsigned count(const char *text, const char *what)
{
	unsigned found = 0;
	for (; (text = strstr(text, what)); text += strlen(what))
		found++;
	return found;
}

/* The dates in it, made the same. */
static void forget_dates(char *text)
{
	for (; (text = strstr(text, "\r\nDate: ")); text += 8)
		memset(text + 8, '.', strcspn(text + 8, "\r"));
}

/* ---- one request ---- */

static bool read_request(void)
{
	request_length = fread(request, 1, sizeof request, stdin);
	return request_length > 0 && request_length < sizeof request;
}

static bool say_it(void)
{
	int s = connected();
	if (!say(s, request, request_length) || !hear_all(s, answer))
		return false;
	fputs(answer, stdout);
	return true;
}

/* The request, cut in pieces of this length but for the first: its answer. */
static bool ask_in_pieces(size_t first, size_t piece, char text[ROOM])
{
	const struct timespec while_it_is_read = {.tv_nsec = 300000};
	int s = connected();
	for (size_t at = 0, length = first; at < request_length; at += length, length = piece) {
		length = length < request_length - at ? length : request_length - at;
		if (length > 0 && !say(s, request + at, length))
			return false;
		nanosleep(&while_it_is_read, NULL);
	}
	if (!hear_all(s, text))
		return false;
	forget_dates(text);
	return true;
}

static bool same_answer(size_t cut)
{
	errno = 0;
	if (strcmp(answer, first_answer) == 0)
		return true;
	fprintf(stderr, "cut at byte %zu, the answer is\n%s\ninstead of\n%s\n", cut, answer, first_answer);
	return failed("answer");
}

static bool split(void)
{
	if (!ask_in_pieces(request_length, 1, first_answer))
		return false;
	for (size_t cut = 1; cut < request_length; cut++)
		if (!ask_in_pieces(cut, request_length, answer) || !same_answer(cut))
			return false;
	printf("%zu times the same answer\n", request_length);
	return true;
}

static bool trickle(void)
{
	return ask_in_pieces(request_length, 1, first_answer) && ask_in_pieces(1, 1, answer) && same_answer(1);
}

/* ---- many requests over one connection ---- */

/* Read one answer whose content has this length and is this. */
static bool hear_one(int s, const char *content)
{
	size_t length = 0;
	char *end = NULL;
	while (!end || (size_t)(answer + length - end) < 4 + strlen(content)) {
		ssize_t got = hear(s, answer + length, ROOM - 1 - length);
		if (got <= 0)
			return got == 0 ? failed("the end came early") : false;
		length += (size_t)got;
		answer[length] = '\0';
		end = strstr(answer, "\r\n\r\n");
	}
	errno = 0;
	return (strncmp(answer, "HTTP/1.1 200 ", 13) == 0 && strcmp(end + 4, content) == 0) || failed(answer);
}

static bool serial(unsigned long n)
{
	int s = connected();
	for (unsigned long i = 0; i < n; i++)
		if (!say(s, ASK("/one"), strlen(ASK("/one"))) || !hear_one(s, "x"))
			return false;
	close(s);
	return true;
}

/* Send and receive at once, or both ends would wait for each other. */
static bool pipeline(unsigned long n)
{
	static const char *const asked[] = {ASK("/one"), ASK("/two")};
	int s = connected();
	unsigned long said = 0, heard = 0;
	size_t length = 0;
	while (heard < n) {
		struct pollfd polled = {.fd = s, .events = (short)(said < n ? POLLIN | POLLOUT : POLLIN)};
		if (poll(&polled, 1, PATIENCE) != 1)
			return failed("no answer");
		if (polled.revents & POLLOUT) {
			if (!say(s, asked[said % 2], strlen(asked[said % 2])))
				return false;
			said++;
		}
		if (!(polled.revents & ~POLLOUT))
			continue;
		ssize_t got = hear(s, answer + length, ROOM - 1 - length);
		if (got <= 0)
			return failed("the end came early");
		length += (size_t)got;
		answer[length] = '\0';
		char *end;
		while (heard < n && (end = strstr(answer, "\r\n\r\n")) &&
		       strlen(end + 4) >= strlen(heard % 2 ? "yy" : "x")) {
			const char *content = heard % 2 ? "yy" : "x";
			if (strncmp(end + 4, content, strlen(content)) != 0)
				return failed("an answer out of order");
			end += 4 + strlen(content);
			length = strlen(end);
			memmove(answer, end, length + 1);
			heard++;
		}
	}
	close(s);
	return true;
}

/* ---- many connections ---- */

static void open_many(unsigned long n, const char *first)
{
	for (unsigned long i = 0; i < n; i++) {
		connections[i] = connected();
		if (!say(connections[i], first, strlen(first)))
			exit(1);
	}
}

/* Somebody else is answered, and this connection, where it is one, has not been given up for that. */
static bool still_serves(int waiting)
{
	struct pollfd ended = {.fd = waiting, .events = POLLRDHUP};
	int s = connected();
	if (!say(s, ASK_LAST, strlen(ASK_LAST)) || !hear_all(s, answer))
		return false;
	errno = 0;
	if (strncmp(answer, "HTTP/1.1 200 ", 13) != 0)
		return failed(answer);
	return poll(&ended, 1, 0) == 0 || failed("an answer only after others were given up");
}

static bool many(unsigned long n)
{
	const char *const rest = &ASK_LAST[10];
	open_many(n, "GET /one H");
	for (unsigned long i = 0; i < n; i++)
		if (!say(connections[i], rest, strlen(rest)))
			return false;
	for (unsigned long i = 0; i < n; i++)
		if (!hear_all(connections[i], answer) || count(answer, "HTTP/1.1 200 ") != 1)
			return failed("answer");
	return true;
}

static bool idle(unsigned long n)
{
	open_many(n, "");
	if (!still_serves(connections[n - 1]))
		return false;
	for (unsigned long i = 0; i < n; i++)
		if (!hear_all(connections[i], answer) || *answer != '\0')
			return failed("end of an idle connection");
	return true;
}

static bool slow(unsigned long n)
{
	open_many(n, "GET /one HTTP/1.1\r\nX: ");
	if (!still_serves(connections[n - 1]))
		return false;
	for (unsigned round = 0; round < 3; round++, sleep(1))
		for (unsigned long i = 0; i < n; i++)
			if (!say(connections[i], "a", 1))
				return false;
	for (unsigned long i = 0; i < n; i++)
		if (!hear_all(connections[i], answer) || count(answer, "HTTP/1.1 408 ") != 1)
			return failed("end of a slow connection");
	return true;
}

static bool deaf(unsigned long n)
{
	open_many(n, ASK("/large"));
	for (unsigned round = 0; round < 3; round++, sleep(1))
		if (!still_serves(connections[n - 1]))
			return false;
	for (unsigned long i = 0; i < n; i++)
		close(connections[i]);
	return still_serves(-1);
}

/* ---- */

static bool run(const char *how, unsigned long n)
{
	if (n > MANY && strcmp(how, "serial") != 0 && strcmp(how, "pipeline") != 0)
		return failed("N");
	static const struct {
		const char *name;
		bool (*run)(unsigned long n);
	} crowds[] = {{"serial", serial}, {"pipeline", pipeline}, {"many", many},
		      {"idle", idle},     {"slow", slow},         {"deaf", deaf}};
	for (size_t i = 0; i < sizeof crowds / sizeof crowds[0]; i++)
		if (strcmp(how, crowds[i].name) == 0)
			return crowds[i].run(n);
	if (!read_request())
		return failed("standard input");
	if (strcmp(how, "split") == 0)
		return split();
	return strcmp(how, "trickle") == 0 ? trickle() : say_it();
}

int main(int argc, char **argv)
{
	struct rlimit limit;
	unsigned long n = argc == 5 ? strtoul(argv[2], NULL, 10) : 0;
	if ((argc != 4 && argc != 5) || n > 100000 || inet_pton(AF_INET, argv[argc - 2], &server.sin_addr) != 1) {
		fprintf(stderr, "usage: http_client say|split|trickle|serial N|pipeline N|many N|idle N|slow N|deaf N "
				"ADDRESS PORT\n");
		return 2;
	}
	server.sin_port = htons((uint16_t)atoi(argv[argc - 1]));
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	return run(argv[1], n) ? 0 : 1;
}
