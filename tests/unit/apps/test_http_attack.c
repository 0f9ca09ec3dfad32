/* SPDX-License-Identifier: MIT
 *
 * What the HTTP server does for clients who mean harm: it answers with the reason or not at all, ends in order where it
 * can, and goes on serving the others within its bounds.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/http_body.h"
#include "apps/http_connection.h"
#include "apps/http_parse.h"
#include "tests/unit/apps/web.h"

TestSuite(http_attack, .init = web_start, .fini = web_end);

#define POST_ECHO "POST /echo HTTP/1.1\r\nHost: x\r\n"

static void still_serves(void)
{
	struct web_client *c = web_expect(LAST("/a.txt"), "200");
	cr_expect_eq(web_count(c, "alpha\n"), 1);
}

Test(http_attack, attack_path_traversal_in_every_encoding)
{
	static const char *const targets[] = {
	    "/../secret",
	    "/sub/../../secret",
	    "/..%2fsecret",
	    "/%2e%2e/secret",
	    "/%2E%2E%2Fsecret",
	    "/link",
	    "/up/secret",
	    "/up/",
	    "//../secret",
	    "/./../secret",
	    "http://192.0.2.2/../secret",
	    "http://192.0.2.2/%2e%2e/secret",
	    "/..%00/secret",
	    "/%00",
	    "/..%5csecret",
	    "/..\\secret",
	    "/%252e%252e/secret",
	    "/..;/secret",
	    "file:///etc/passwd",
	    "/proc/self/environ",
	    "/..%c0%afsecret",
	};
	char request[512];
	cr_assert_eq(symlink("../secret", "link") | symlink("..", "up"), 0);
	FILE *secret = fopen("../secret", "w");
	cr_assert(secret && fputs("secret text\n", secret) >= 0 && fclose(secret) == 0);
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		snprintf(request, sizeof request, LAST("%s"), targets[i]);
		struct web_client *c = web_ask(0, request);
		web_run(WEB_SECOND);
		cr_expect(web_count(c, "HTTP/1.1 40") == 1 && !web_count(c, "secret text"), "%s: %s", targets[i],
			  c->bytes);
	}
	remove("link");
	remove("up");
	remove("../secret");
	still_serves();
}

/* Slowloris: a byte a second, for ever */
Test(http_attack, attack_heads_a_byte_a_second)
{
	struct web_client *slow = web_ask(0, "GET /a.txt HTTP/1.1\r\n");
	unsigned seconds = 0;
	while (!slow->ended && seconds < 60) {
		if (seconds < 11)
			web_say(slow, "a");
		web_run(WEB_SECOND);
		seconds++;
	}
	cr_expect_eq(web_count(slow, "HTTP/1.1 408 Request Timeout\r\n"), 1, "%s", slow->bytes);
	cr_expect(slow->error == 0 && seconds >= 10 && seconds <= 12, "%u seconds", seconds);
	cr_expect(strstr(web.log, "\"GET /a.txt HTTP/1.1\" 408 "), "%s", web.log);
	web_run(WEB_SECOND);
	cr_expect_eq(http_server_connections(web.server), 0);
}

/* The same with content. One that comes steadily may take longer. */
Test(http_attack, attack_content_a_byte_a_second)
{
	struct web_client *slow = web_ask(0, POST_ECHO "Content-Length: 100000\r\n\r\n");
	struct web_client *steady = web_ask(1, POST_ECHO "Content-Length: 30000\r\n\r\n");
	char part[1501];
	memset(part, 'x', sizeof part);
	part[1500] = '\0';
	for (unsigned seconds = 0; seconds < 20; seconds++) {
		if (!slow->ended && seconds < 10)
			web_say(slow, "a");
		web_say(steady, part);
		web_run(WEB_SECOND);
	}
	cr_expect_eq(web_count(slow, "HTTP/1.1 408 Request Timeout\r\n"), 1);
	cr_expect(slow->ended && slow->error == 0);
	cr_expect_eq(web_count(steady, "HTTP/1.1 200 OK\r\n"), 1);
}

static void feed_until_ended(struct web_client *c, const char *again)
{
	for (unsigned i = 0; i < 40000 && !c->ended; i++) {
		socket_send(c->socket, again, strlen(again));
		if (i % 64 == 0)
			web_run(1000);
	}
	web_run(WEB_SECOND);
}

Test(http_attack, attack_endless_request_line_and_fields)
{
	struct web_client *line = web_ask(0, "GET /"), *field = web_ask(1, "GET / HTTP/1.1\r\nX: ");
	struct web_client *fields = web_ask(2, "GET / HTTP/1.1\r\n"), *nothing = web_connect(3);
	feed_until_ended(line, "aaaaaaaaaaaaaaaa");
	feed_until_ended(field, "aaaaaaaaaaaaaaaa");
	feed_until_ended(fields, "a: b\r\n");
	feed_until_ended(nothing, "\r\n");
	cr_expect_eq(web_count(line, "HTTP/1.1 414 URI Too Long\r\n"), 1);
	cr_expect_eq(web_count(field, "HTTP/1.1 431 Request Header Fields Too Large\r\n"), 1);
	cr_expect_eq(web_count(fields, "HTTP/1.1 431 Request Header Fields Too Large\r\n"), 1);
	cr_expect_eq(web_count(nothing, "HTTP/1.1 431 Request Header Fields Too Large\r\n"), 1);
	still_serves();
}

/* They are ended without a word, and cost next to nothing meanwhile. */
Test(http_attack, attack_idle_connections)
{
	for (unsigned i = 0; i < WEB_CLIENTS - 1; i++)
		web_connect(i);
	cr_expect_eq(http_server_connections(web.server), WEB_CLIENTS - 1);
	cr_expect_lt(stack_memory(web.pair.stacks[1])->bytes, (size_t)WEB_CLIENTS * 2048);
	still_serves();
	web_run(11 * WEB_SECOND);
	for (unsigned i = 0; i < WEB_CLIENTS - 1; i++)
		cr_expect(web.clients[i].ended && web.clients[i].error == 0 && !web.clients[i].bytes, "client %u", i);
	cr_expect_eq(http_server_connections(web.server), 0);
}

static void ten_connections(struct http_server_config *config, struct stack_config *stack)
{
	(void)stack;
	config->connections_most = 10;
}

/* Who has not got on for the longest time makes room. */
Test(http_attack, attack_more_connections_than_there_is_room_for)
{
	web_end();
	web_start_with(ten_connections);
	for (unsigned i = 0; i < 10; i++)
		web_connect(i);
	web_say(&web.clients[0], "GET /a.txt HTTP/1.1\r\n");
	web_run(1000);
	web_connect(10);
	web_run(1000);
	cr_expect_eq(http_server_connections(web.server), 10);
	cr_expect_eq(web.clients[1].error, -ECONNRESET);
	cr_expect_not(web.clients[0].ended);
	web_say(&web.clients[0], "Host: x\r\nConnection: close\r\n\r\n");
	web_run(WEB_SECOND);
	cr_expect_eq(web_count(&web.clients[0], "alpha"), 1);
}

/* Request smuggling: 400, the connection ends, and what might be a second request is never answered. */
Test(http_attack, attack_request_smuggling)
{
	static const char *const heads[] = {
	    "Content-Length: 5\r\nContent-Length: 6\r\n",
	    "Content-Length: 5\r\nContent-Length: 5\r\n",
	    "Content-Length: -5\r\n",
	    "Content-Length: 18446744073709551616\r\n",
	    "Content-Length: 18446744073709551621\r\n",
	    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
	    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
	    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
	    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
	    "Transfer-Encoding : chunked\r\n",
	    ("Transfer-Encoding:\x0b"
	     "chunked\r\n"),
	    "X: y\r\n Content-Length: 5\r\n",
	    "X: y\rContent-Length: 5\r\n",
	    "X: y\nContent-Length: 5\r\n",
	};
	char request[512];
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		snprintf(request, sizeof request, POST_ECHO "%s\r\n0\r\n\r\n" GET("/a.txt"), heads[i]);
		struct web_client *c = web_expect(request, "400");
		cr_expect_eq(web_count(c, "HTTP/1.1 "), 1, "%s: %s", heads[i], c->bytes);
	}
	web_end();
	web_start();
	struct web_client *c = web_connect(0);
	cr_assert_eq(socket_send(c->socket, "GET /a\0b HTTP/1.1\r\n", 19), 19);
	web_run(WEB_SECOND);
	cr_expect_eq(web_count(c, "HTTP/1.1 400 Bad Request\r\n"), 1);
}

Test(http_attack, attack_chunk_sizes_that_overflow)
{
	static const char *const chunks[][2] = {
	    {"FFFFFFFFFFFFFFFF\r\n", "413"},
	    {"10000000000000005\r\nhello\r\n0\r\n\r\n", "413"},
	    {"-5\r\nhello\r\n0\r\n\r\n", "400"},
	    {"5\r\nhelloworld\r\n0\r\n\r\n", "400"},
	};
	char request[512];
	for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
		snprintf(request, sizeof request, POST_ECHO "Transfer-Encoding: chunked\r\n\r\n%s" GET("/a.txt"),
			 chunks[i][0]);
		struct web_client *c = web_expect(request, chunks[i][1]);
		cr_expect_eq(web_count(c, "HTTP/1.1 "), 1);
	}
}

Test(http_attack, attack_thousands_of_ranges)
{
	char request[HTTP_HEAD_MAX];
	size_t length = (size_t)snprintf(request, sizeof request,
					 "GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\nRange: bytes=0-");
	while (length < sizeof request - 16)
		length += (size_t)snprintf(request + length, sizeof request - length, ",0-");
	snprintf(request + length, sizeof request - length, "\r\n\r\n");
	struct web_client *c = web_expect(request, "200");
	web_expect_big(c, 0); /* once */
}

/* A thousand requests, and not one answer read: they wait in the client's own buffers. */
Test(http_attack, attack_a_pipeline_that_nobody_reads)
{
	struct web_client *c = web_connect(0);
	c->deaf = true;
	for (unsigned i = 0; i < 5000; i++) {
		socket_send(c->socket, GET("/big"), strlen(GET("/big")));
		if (i % 100 == 0)
			web_run(1000);
	}
	web_run(WEB_SECOND);
	cr_expect_lt(stack_memory(web.pair.stacks[1])->bytes, 1200 * 1024);
	still_serves();
}

static void little_memory(struct http_server_config *config, struct stack_config *stack)
{
	(void)config;
	stack->memory_limit = (size_t)1024 * 1024;
	stack->buffer_memory = (size_t)256 * 1024;
}

/* They take all that buffers may have: when there is no more, those go who have waited longest, and not the one that has just
 * asked. */
Test(http_attack, attack_slow_readers_that_hold_all_memory)
{
	web_end();
	web_start_with(little_memory);
	for (unsigned i = 0; i < 60; i++)
		web_connect(i)->deaf = true;
	for (unsigned i = 0; i < 60; i++) {
		struct web_client *c = &web.clients[i];
		web_say(c, GET("/big"));
		web_run(WEB_SECOND / 20);
		cr_assert_eq(socket_ready(c->socket) & (SOCKET_ERROR | SOCKET_READABLE), SOCKET_READABLE, "client %u",
			     i);
	}
	cr_expect_neq(socket_ready(web.clients[0].socket) & SOCKET_ERROR, 0);
	/* and a newcomer finds room for a handshake, which needs no buffer */
	for (unsigned i = 60; i < 90; i++) {
		web_connect(i);
		cr_assert_eq(socket_ready(web.clients[i].socket), SOCKET_WRITABLE, "client %u", i);
	}
	still_serves();
	cr_expect_gt(http_server_connections(web.server), 2);
}

static struct http_connection *first_connection(void)
{
	return LIST_ITEM(web.server->connections.next, struct http_connection, node);
}

/* Between two requests there is nothing to keep, nor is content that nobody wants. */
Test(http_attack, attack_memory_for_nothing)
{
	struct web_client *c = web_ask(0, GET("/a.txt"));
	web_run(WEB_SECOND);
	cr_expect_null(first_connection()->in.bytes);
	cr_expect_null(first_connection()->out.bytes);
	web_say(c, "GET /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\nhello");
	web_run(WEB_SECOND);
	cr_expect_null(first_connection()->received.bytes);
	cr_expect_eq(web.server->held, 0);
}

/* What was not read is no request. */
Test(http_attack, attack_a_request_inside_refused_content)
{
	struct web_client *c =
	    web_expect("POST /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 42\r\n\r\n" GET("/a.txt"), "405");
	cr_expect_eq(web_count(c, "HTTP/1.1 "), 1);
}

/* What is kept for /echo is bounded over all: whoever comes when it is used up is told so. */
Test(http_attack, attack_content_that_never_ends_from_many)
{
	static char part[100001];
	unsigned refused = 0, clients = 60;
	memset(part, 'x', sizeof part - 1);
	for (unsigned i = 0; i < clients; i++)
		web_ask(i, POST_ECHO "Content-Length: 1048576\r\n\r\n");
	for (unsigned round = 0; round < 9; round++)
		for (unsigned i = 0; i < clients; i++) {
			if (web.clients[i].socket)
				socket_send(web.clients[i].socket, part, sizeof part - 1);
			web_run(10000);
		}
	socket_send(web.clients[0].socket, part, sizeof part - 1);
	web_run(WEB_SECOND);
	for (unsigned i = 0; i < clients; i++)
		refused += web_count(&web.clients[i], "HTTP/1.1 503 Service Unavailable\r\n");
	cr_expect_eq(refused, 0, "60 MiB are too few to show it");
	for (unsigned i = clients; i < clients + 10; i++) {
		web_ask(i, POST_ECHO "Content-Length: 1048576\r\n\r\n");
		for (unsigned round = 0; round < 10; round++) {
			if (web.clients[i].socket)
				socket_send(web.clients[i].socket, part, sizeof part - 1);
			web_run(10000);
		}
		refused += web_count(&web.clients[i], "HTTP/1.1 503 Service Unavailable\r\n");
	}
	cr_expect_gt(refused, 0);
	still_serves();
}

/* The rest of a request is read before the end, so that the answer is not destroyed by a reset, but not for ever. */
Test(http_attack, attack_content_without_end_after_the_answer)
{
	static char part[65536];
	struct web_client *c = web_ask(0, "POST /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n");
	size_t said = 0;
	memset(part, 'x', sizeof part);
	while (!c->ended && said < 64u * 1024 * 1024) {
		long sent = socket_send(c->socket, part, sizeof part);
		said += sent > 0 ? (size_t)sent : 0;
		c->deaf = true;
		web_run(1000);
		c->deaf = false;
		if (socket_ready(c->socket) & SOCKET_ERROR)
			break;
	}
	web_run(1000);
	cr_expect_eq(http_server_connections(web.server), 0);
	cr_expect(said > HTTP_DRAIN_MAX && said < HTTP_DRAIN_MAX + 4u * 1024 * 1024, "%zu bytes", said);
	still_serves();
}

Test(http_attack, attack_a_client_that_never_goes)
{
	web_ask(0, LAST("/a.txt"))->deaf = true; /* they never end their side */
	struct web_client *drip = web_ask(1, LAST("/a.txt"));
	drip->deaf = true;
	for (unsigned seconds = 0; seconds < 4; seconds++)
		web_run(WEB_SECOND);
	cr_expect_eq(http_server_connections(web.server), 2);
	for (unsigned seconds = 4; seconds < 40; seconds++) {
		if (drip->socket && !(socket_ready(drip->socket) & SOCKET_ERROR))
			socket_send(drip->socket, "x", 1);
		web_run(WEB_SECOND);
		if (seconds == 8)
			cr_expect_eq(http_server_connections(web.server), 1);
	}
	cr_expect_eq(http_server_connections(web.server), 0);
}
