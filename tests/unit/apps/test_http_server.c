/* SPDX-License-Identifier: MIT
 *
 * What the HTTP server does for clients who mean well: tests/unit/apps/web.h has the world that it happens in.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "apps/http_body.h"
#include "apps/http_connection.h"
#include "tests/unit/apps/web.h"

TestSuite(http_server, .init = web_start, .fini = web_end);

Test(http_server, answers_and_stays)
{
	struct web_client *c = web_ask(0, GET("/a.txt"));
	web_run(WEB_SECOND);
	cr_assert(c->bytes);
	cr_expect_eq(strncmp(c->bytes, "HTTP/1.1 200 OK\r\n", 17), 0, "%s", c->bytes);
	cr_expect_eq(web_count(c, "\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), 1, "%s", c->bytes);
	cr_expect_str_eq(c->bytes + c->length - 10, "\r\n\r\nalpha\n");
	web_say(c, "HEAD /a.txt HTTP/1.1\r\nHost: x\r\n\r\n");
	web_run(WEB_SECOND);
	cr_expect_eq(web_count(c, "Content-Length: 6\r\n"), 2);
	cr_expect_eq(web_count(c, "alpha"), 1);
	cr_expect_not(c->ended);
	cr_expect_eq(http_server_connections(web.server), 1);
	web_say(c, LAST("/none"));
	web_run(WEB_SECOND);
	cr_expect_eq(web_count(c, "HTTP/1.1 404 Not Found\r\n"), 1);
	cr_expect(c->ended && c->error == 0, "it did not end in order: %d", c->error);
	cr_expect_eq(http_server_connections(web.server), 0);
}

Test(http_server, sends_who_forgets_the_slash_of_a_directory_there)
{
	cr_assert_eq(mkdir("sub", 0755), 0);
	struct web_client *c = web_ask(0, GET("/sub?a=%20b") LAST("//sub"));
	web_run(WEB_SECOND);
	cr_assert_eq(rmdir("sub"), 0);
	cr_assert(c->bytes);
	cr_expect_eq(strncmp(c->bytes, "HTTP/1.1 301 Moved Permanently\r\n", 32), 0, "%s", c->bytes);
	cr_expect_eq(web_count(c, "\r\nLocation: /sub/?a=%20b\r\n"), 1, "%s", c->bytes);
	cr_expect_eq(web_count(c, "\r\nLocation: /sub/\r\n"), 1, "%s", c->bytes);
	cr_expect(c->ended && c->error == 0);
}

Test(http_server, answers_a_pipeline_in_order)
{
	struct web_client *c = web_ask(0, GET("/a.txt") GET("/none") GET("/a.txt") LAST("/") GET("/a.txt"));
	web_run(WEB_SECOND);
	cr_assert(c->bytes);
	cr_expect_eq(web_count(c, "HTTP/1.1 "), 4); /* RFC 9112 9.6: nothing after the close */
	cr_expect_eq(web_count(c, "alpha\n"), 2);
	cr_expect_lt(strstr(c->bytes, "alpha"), strstr(c->bytes, "404"));
	cr_expect(c->ended && c->error == 0);
}

Test(http_server, takes_a_request_byte_by_byte)
{
	static const char request[] = LAST("/a.txt");
	struct web_client *c = web_ask(0, "");
	for (size_t i = 0; i < sizeof request - 1; i++) {
		cr_assert_null(c->bytes);
		cr_assert_eq(socket_send(c->socket, request + i, 1), 1);
		web_run(WEB_SECOND / 10);
	}
	web_run(WEB_SECOND);
	cr_expect_eq(web_count(c, "\r\n\r\nalpha\n"), 1);
	cr_expect(c->ended && c->error == 0);
}

Test(http_server, sends_a_long_file_through_a_short_buffer)
{
	struct web_client *c = web_ask(0, LAST("/big"));
	web_run(10 * WEB_SECOND);
	cr_expect(c->ended && c->error == 0);
	web_expect_big(c, 0);
}

Test(http_server, lets_a_slow_reader_wait_alone)
{
	struct web_client *slow = web_ask(0, LAST("/big"));
	slow->deaf = true;
	web_run(5 * WEB_SECOND);
	/* bounded by the two buffers of 512 KiB and some small things, not by the file */
	cr_expect_lt(stack_memory(web.pair.stacks[1])->bytes, 1024 * 1024);
	struct web_client *quick = web_ask(1, LAST("/a.txt"));
	web_run(WEB_SECOND);
	cr_expect_eq(web_count(quick, "alpha"), 1);
	cr_expect(quick->ended && !slow->ended);
	slow->deaf = false;
	web_run(70 * WEB_SECOND);
	cr_expect(slow->ended && slow->error == 0);
	web_expect_big(slow, 0);
}

/* What still comes is read before the connection ends; were it reset, the client could lose the answer
 * (RFC 9112 9.6). */
Test(http_server, ends_in_order_under_a_body_that_it_does_not_want)
{
	static char body[100000];
	memset(body, 'x', sizeof body - 1);
	struct web_client *c = web_ask(0, "POST /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n");
	for (unsigned i = 0; i < 5; i++) {
		web_say(c, body);
		c->deaf = true;
		web_run(WEB_SECOND);
	}
	socket_shutdown(c->socket, SOCKET_SHUTDOWN_WRITE);
	web_run(WEB_SECOND);
	c->deaf = false;
	web_run(WEB_SECOND);
	cr_expect_eq(web_count(c, "HTTP/1.1 405 Method Not Allowed\r\n"), 1);
	cr_expect_eq(web_count(c, "\r\nConnection: close\r\n"), 1);
	cr_expect(c->ended && c->error == 0, "error %d", c->error);
	cr_expect_eq(http_server_connections(web.server), 0);
}

Test(http_server, answers_what_is_no_http_and_ends_in_order)
{
	static char line[10000];
	memset(line, 'A', sizeof line - 1);
	struct web_client *c = web_ask(0, "GET /\r\n\r\n"), *endless = web_ask(1, line);
	web_run(WEB_SECOND);
	cr_expect_eq(web_count(c, "HTTP/1.1 400 Bad Request\r\n"), 1);
	cr_expect(c->ended && c->error == 0);
	cr_expect_eq(web_count(endless, "HTTP/1.1 414 URI Too Long\r\n"), 1);
	cr_expect(endless->ended && endless->error == 0);
}

Test(http_server, resets_when_a_file_shrinks_under_way)
{
	struct web_client *c = web_ask(0, GET("/big"));
	c->deaf = true;
	web_run(WEB_SECOND);
	cr_assert_eq(truncate("big", 1000), 0);
	c->deaf = false;
	web_run(70 * WEB_SECOND);
	cr_expect(c->ended);
	cr_expect_eq(c->error, -ECONNRESET);
	cr_expect_eq(http_server_connections(web.server), 0);
}

Test(http_server, forgets_a_client_that_goes_away)
{
	struct web_client *gone = web_ask(0, GET("/big")), *half = web_ask(1, "GET /");
	gone->deaf = true;
	web_run(WEB_SECOND);
	socket_abort(gone->socket);
	gone->socket = NULL;
	socket_shutdown(half->socket, SOCKET_SHUTDOWN_WRITE);
	web_run(WEB_SECOND);
	cr_expect_eq(http_server_connections(web.server), 0);
	cr_expect_eq(web_count(half, "HTTP/1.1 400 Bad Request\r\n"), 1);
	cr_expect(half->ended && half->error == 0);
}

Test(http_server, serves_many_at_once)
{
	for (unsigned i = 0; i < WEB_CLIENTS; i++)
		web_ask(i, "GET /a.txt HTTP/1.1\r\nHost: x\r\n");
	cr_expect_eq(http_server_connections(web.server), WEB_CLIENTS);
	for (unsigned i = 0; i < WEB_CLIENTS; i++)
		web_say(&web.clients[i], "Connection: close\r\n\r\n");
	web_run(WEB_SECOND);
	for (unsigned i = 0; i < WEB_CLIENTS; i++)
		cr_expect(web_count(&web.clients[i], "alpha\n") == 1 && web.clients[i].ended &&
			      web.clients[i].error == 0,
			  "client %u", i);
	cr_expect_eq(http_server_connections(web.server), 0);
}

Test(http_server, stops_after_what_is_under_way)
{
	struct web_client *idle = web_ask(0, GET("/a.txt")), *busy = web_ask(1, GET("/big"));
	busy->deaf = true;
	web_run(WEB_SECOND);
	http_server_stop(web.server);
	web_run(WEB_SECOND);
	cr_expect(idle->ended && idle->error == 0);
	cr_expect_eq(http_server_connections(web.server), 1);
	busy->deaf = false;
	web_run(70 * WEB_SECOND);
	cr_expect(busy->ended && busy->error == 0);
	web_expect_big(busy, 0);
	cr_expect_eq(http_server_connections(web.server), 0);
}

/* What has to end, ends: who has asked for nothing yet in order, and who misses content by a reset, which tells so. */
Test(http_server, ends_all_when_there_is_no_more_time)
{
	struct web_client *half = web_ask(0, "GET /a.txt HTTP/1.1\r\n");
	struct web_client *content = web_ask(1, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n");
	struct web_client *stays = web_ask(2, LAST("/a.txt"));
	stays->deaf = true;
	struct web_client *busy = web_ask(3, GET("/big"));
	busy->deaf = true;
	web_run(WEB_SECOND);
	http_server_stop(web.server);
	cr_expect_eq(http_server_connections(web.server), 4);
	http_connection_end_all(web.server, true);
	cr_expect_eq(http_server_connections(web.server), 0);
	busy->deaf = stays->deaf = false;
	web_run(WEB_SECOND);
	cr_expect(half->ended && half->error == 0 && !half->bytes, "%d", half->error);
	cr_expect(content->ended && content->error == 0 && !content->bytes, "%d", content->error);
	cr_expect(busy->ended && busy->error == -ECONNRESET, "%d", busy->error);
	cr_expect(stays->ended && stays->error == 0 && web_count(stays, "alpha") == 1, "%d", stays->error);
}

static void three_seconds_and_two_requests(struct http_server_config *config, struct stack_config *stack)
{
	(void)stack;
	config->idle_seconds = 3;
	config->requests_most = 2;
}

/* --keep-alive 3,2 */
Test(http_server, keeps_a_connection_for_its_time_and_requests)
{
	web_end();
	web_start_with(three_seconds_and_two_requests);
	struct web_client *c = web_ask(0, GET("/a.txt")), *idle = web_ask(1, GET("/a.txt"));
	web_run(WEB_SECOND);
	cr_expect_eq(web_count(c, "\r\nConnection: keep-alive\r\nKeep-Alive: timeout=3, max=2\r\n"), 1);
	web_say(c, GET("/a.txt") GET("/a.txt"));
	web_run(WEB_SECOND);
	cr_expect_eq(web_count(c, "alpha"), 2);
	cr_expect_eq(web_count(c, "\r\nConnection: close\r\n"), 1);
	cr_expect(c->ended && c->error == 0);
	cr_expect_not(idle->ended);
	web_run(WEB_SECOND + WEB_SECOND / 2);
	cr_expect(idle->ended && idle->error == 0);
	cr_expect_eq(web_count(idle, "HTTP/1.1 "), 1);
}

static void for_ever(struct http_server_config *config, struct stack_config *stack)
{
	(void)stack;
	config->requests_most = 0;
}

/* --keep-alive 5,0 */
Test(http_server, takes_any_number_of_requests_where_none_is_set)
{
	web_end();
	web_start_with(for_ever);
	struct web_client *c = web_connect(0);
	for (unsigned i = 0; i < 300; i++) {
		web_say(c, GET("/a.txt"));
		web_run(WEB_SECOND / 100);
	}
	cr_expect_eq(web_count(c, "alpha"), 300);
	cr_expect_eq(web_count(c, "\r\nKeep-Alive: timeout=5\r\n"), 300);
	cr_expect_not(c->ended);
}

static void never(struct http_server_config *config, struct stack_config *stack)
{
	(void)stack;
	config->idle_seconds = 0;
}

/* --keep-alive 0,100 */
Test(http_server, ends_each_connection_after_its_request_where_it_must)
{
	web_end();
	web_start_with(never);
	struct web_client *c = web_expect(GET("/a.txt") GET("/a.txt"), "200");
	cr_expect_eq(web_count(c, "alpha"), 1);
	cr_expect_eq(web_count(c, "\r\nConnection: close\r\n"), 1);
}

/* RFC 9112 9.3: 1.0 closes, unless it asks to stay. */
Test(http_server, speaks_to_http_1_0)
{
	struct web_client *c = web_expect("GET /a.txt HTTP/1.0\r\n\r\n", "200");
	cr_expect_eq(web_count(c, "\r\nConnection: close\r\n"), 1);
	c = web_ask(0, "GET /a.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	web_run(WEB_SECOND);
	cr_expect_eq(web_count(c, "\r\nConnection: keep-alive\r\n"), 1);
	cr_expect_not(c->ended);
}

#define POST_ECHO "POST /echo HTTP/1.1\r\nHost: 192.0.2.2\r\nConnection: close\r\n"

Test(http_server, echoes_a_request_as_it_came)
{
	static const char *const requests[] = {
	    POST_ECHO "Content-Length: 5\r\nX:  y\t\r\n\r\nhello",
	    POST_ECHO "Transfer-Encoding: chunked\r\n\r\n4;a=b\r\nWiki\r\n0\r\nTrailer: c\r\n\r\n",
	    LAST("/echo?a=b"),
	    POST_ECHO "Content-Length: 0\r\n\r\n",
	};
	for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
		struct web_client *c = web_expect(requests[i], "200");
		const char *body = c->bytes ? strstr(c->bytes, "\r\n\r\n") : NULL;
		cr_assert(body);
		cr_expect_str_eq(body + 4, requests[i]);
		cr_expect_eq(web_count(c, "\r\nContent-Type: text/plain; charset=utf-8\r\n"), 1);
	}
}

/* In pieces of every size, content that fills several reads. */
Test(http_server, echoes_long_content_in_pieces)
{
	static char text[200001];
	struct web_client *c =
	    web_ask(0, "PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\nConnection: close\r\n\r\n");
	for (size_t i = 0; i < sizeof text - 1; i++)
		text[i] = (char)('a' + i * 31 % 26);
	for (size_t at = 0, piece = 1; at < sizeof text - 1; at += piece, piece = piece * 3 % 7919) {
		size_t left = sizeof text - 1 - at, length = piece < left ? piece : left;
		cr_assert_eq(socket_send(c->socket, text + at, length), (long)length);
		web_run(1000);
	}
	web_run(WEB_SECOND);
	cr_expect(c->ended && c->error == 0);
	cr_expect_gt(c->length, sizeof text);
	cr_expect_eq(strcmp(c->bytes + c->length - (sizeof text - 1), text), 0);
}

/* RFC 9112 6: what is not asked for is read all the same, and the next request stands behind it. */
Test(http_server, reads_over_content_that_means_nothing)
{
	struct web_client *c = web_ask(0, "GET /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 39\r\n\r\n"
					  "GET /one HTTP/1.1\r\nHost: smuggled!!\r\n\r\n" LAST("/a.txt"));
	web_run(WEB_SECOND);
	cr_expect_eq(web_count(c, "HTTP/1.1 200"), 2);
	cr_expect_eq(web_count(c, "HTTP/1.1 "), 2);
	cr_expect(c->ended && c->error == 0);
}

/* RFC 9110 10.1.1 */
Test(http_server, tells_who_waits_to_go_on)
{
	static const char head[] = POST_ECHO "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n";
	struct web_client *c = web_ask(0, head);
	web_run(WEB_SECOND);
	cr_assert(c->bytes);
	cr_expect_str_eq(c->bytes, "HTTP/1.1 100 Continue\r\n\r\n");
	web_say(c, "hello");
	web_run(WEB_SECOND);
	cr_expect_eq(web_count(c, "HTTP/1.1 200 OK\r\n"), 1);
	cr_expect(c->ended && c->error == 0);
	/* who has begun need not be told, and who is refused is told that instead */
	c = web_expect(POST_ECHO "Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello", "200");
	cr_expect_eq(web_count(c, "100 Continue"), 0);
	c = web_ask(1, "POST /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
	web_run(WEB_SECOND);
	cr_expect_eq(web_count(c, "100 Continue"), 0);
	cr_expect_eq(web_count(c, "HTTP/1.1 405 Method Not Allowed\r\n"), 1);
}

#define ABOUT(method, target, fields) \
	method " " target " HTTP/1.1\r\nHost: 192.0.2.2\r\nConnection: close\r\n" fields "\r\n"

Test(http_server, refuses_by_name)
{
	static const char *const cases[][2] = {
	    {ABOUT("get", "/a.txt", ""), "501"},
	    {ABOUT("BREW", "/a.txt", ""), "501"},
	    {ABOUT("POST", "/a.txt", "Content-Length: 0\r\n"), "405"},
	    {ABOUT("DELETE", "/a.txt", ""), "405"},
	    {ABOUT("TRACE", "/echo", ""), "405"},
	    {ABOUT("CONNECT", "192.0.2.2:80", ""), "405"},
	    {ABOUT("POST", "/echo", ""), "411"},
	    {ABOUT("POST", "/echo", "Content-Length: 1048577\r\n"), "413"},
	    {ABOUT("POST", "/echo", "Content-Length: 9999999999999999999\r\n"), "413"},
	    {ABOUT("POST", "/echo", "Transfer-Encoding: chunked\r\n") "fffffff\r\n", "413"},
	    {ABOUT("POST", "/echo", "Transfer-Encoding: chunked\r\n") "x\r\n", "400"},
	    {ABOUT("POST", "/echo", "Transfer-Encoding: br, chunked\r\n"), "501"},
	    {ABOUT("GET", "/a.txt", "Expect: a cake\r\n"), "417"},
	    {ABOUT("GET", "/none", ""), "404"},
	    {ABOUT("GET", "*", ""), "400"},
	    {ABOUT("GET", "a.txt", ""), "400"},
	    {ABOUT("OPTIONS", "a.txt", ""), "400"},
	    {ABOUT("GET", "/a.txt", "If-Match: \"x\"\r\n"), "412"},
	    {ABOUT("GET", "/a.txt", "Range: bytes=6-\r\n"), "416"},
	    {"GET /a.txt HTTP/2.0\r\n\r\n", "505"},
	    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
	    {"GET /a.txt HTTP/1.1\r\n\r\n", "400"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct web_client *c = web_expect(cases[i][0], cases[i][1]);
		char heading[16];
		snprintf(heading, sizeof heading, "<h1>%s ", cases[i][1]);
		cr_expect_eq(web_count(c, heading), 1, "%s", c->bytes);
		cr_expect_eq(web_count(c, "HTTP/1.1 "), 1 + web_count(c, "<p>Only HTTP/1.1"), "%s", c->bytes);
	}
}

/* RFC 9110 9.3.2: whatever the answer */
Test(http_server, head_is_never_answered_with_content)
{
	static const char *const cases[][2] = {
	    {ABOUT("HEAD", "/a.txt", ""), "200"},
	    {ABOUT("HEAD", "/", ""), "200"},
	    {ABOUT("HEAD", "/echo", ""), "200"},
	    {ABOUT("HEAD", "/a.txt", "Range: bytes=0-1\r\n"), "200"}, /* RFC 9110 14.2: of GET only */
	    {ABOUT("HEAD", "/none", ""), "404"},
	    {ABOUT("HEAD", "/a.txt", "Expect: a cake\r\n"), "417"},
	    {ABOUT("HEAD", "/a.txt", "If-Match: \"x\"\r\n"), "412"},
	    {"HEAD /a.txt HTTP/1.1\r\n\r\n", "400"},
	    {"HEAD /a.txt HTTP/3.0\r\n\r\n", "505"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct web_client *c = web_expect(cases[i][0], cases[i][1]);
		const char *end = c->bytes ? strstr(c->bytes, "\r\n\r\n") : NULL;
		cr_expect(end && end[4] == '\0', "%s: %s", cases[i][0], c->bytes);
		cr_expect_eq(web_count(c, "\r\nContent-Length: 0\r\n"), 0);
	}
}

Test(http_server, tells_what_can_be_asked_for)
{
	struct web_client *c = web_expect(ABOUT("OPTIONS", "*", ""), "204");
	cr_expect_eq(web_count(c, "\r\nAllow: GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE\r\n"), 1);
	c = web_expect(ABOUT("OPTIONS", "/a.txt", ""), "204");
	cr_expect_eq(web_count(c, "\r\nAllow: GET, HEAD, OPTIONS\r\n"), 1);
	c = web_expect(ABOUT("DELETE", "/a.txt", ""), "405");
	cr_expect_eq(web_count(c, "\r\nAllow: GET, HEAD, OPTIONS\r\n"), 1);
	c = web_expect(ABOUT("OPTIONS", "/echo", ""), "204");
	cr_expect_eq(web_count(c, "POST"), 1);
}

Test(http_server, sends_a_part)
{
	struct web_client *c = web_expect(ABOUT("GET", "/a.txt", "Range: bytes=1-3\r\n"), "206");
	cr_expect_eq(web_count(c, "\r\nContent-Range: bytes 1-3/6\r\n"), 1);
	cr_expect_eq(web_count(c, "\r\n\r\nlph"), 1);
	cr_expect_eq(web_count(c, "alpha"), 0);
	c = web_expect(ABOUT("GET", "/a.txt", "Range: bytes=6-\r\n"), "416");
	cr_expect_eq(web_count(c, "\r\nContent-Range: bytes */6\r\n"), 1);
	c = web_expect(ABOUT("GET", "/a.txt", "Range: bytes=1-3\r\nIf-Range: \"x\"\r\n"), "200");
	cr_expect_eq(web_count(c, "alpha"), 1);
	c = web_expect(ABOUT("GET", "/big", "Range: bytes=1000000-\r\n"), "206");
	web_expect_big(c, 1000000);
}

Test(http_server, sends_nothing_that_has_not_changed)
{
	char request[256], etag[64];
	struct web_client *c = web_expect(ABOUT("HEAD", "/a.txt", ""), "200");
	cr_assert_eq(sscanf(strstr(c->bytes, "ETag: "), "ETag: %63s", etag), 1);
	snprintf(request, sizeof request, ABOUT("GET", "/a.txt", "If-None-Match: %s\r\n"), etag);
	c = web_expect(request, "304");
	cr_expect_eq(web_count(c, etag), 1);
	cr_expect_eq(web_count(c, "\r\nDate: "), 1);
	cr_expect_eq(web_count(c, "Content-Length"), 0);
	cr_expect_str_eq(c->bytes + c->length - 4, "\r\n\r\n");
}

Test(http_server, has_a_picture_where_the_directory_has_none)
{
	struct web_client *c = web_expect(LAST("/favicon.ico"), "200");
	cr_expect_eq(web_count(c, "\r\nContent-Type: image/x-icon\r\n"), 1);
	web_expect(LAST("/link.html"), "404");
}

static void the_built_in_pages(struct http_server_config *config, struct stack_config *stack)
{
	(void)stack;
	config->directory = -1;
}

Test(http_server, maps_the_connection_that_asks)
{
	web_end();
	web_start_with(the_built_in_pages);
	struct web_client *c = web_expect(LAST("/"), "200");
	cr_expect_eq(web_count(c, "<td>02:00:00:00:00:01<td>02:00:00:00:00:02\n"), 1, "%s", c->bytes);
	cr_expect_eq(web_count(c, "<td>192.0.2.2:80\n"), 1);
	cr_expect_eq(web_count(c, "{{"), 0);
	web_expect(LAST("/tcp.html"), "200");
	web_expect(LAST("/a.txt"), "404");
}

Test(http_server, writes_a_log)
{
	web_expect(LAST("/a.txt?b"), "200");
	cr_expect(
	    strstr(web.log, "192.0.2.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /a.txt?b HTTP/1.1\" 200 6 \"-\" \"-\"\n"),
	    "%s", web.log);
	struct web_client *c = web_ask(0, GET("/big"));
	c->deaf = true;
	web_run(WEB_SECOND);
	cr_expect_null(strstr(web.log, "/big"));
	socket_abort(c->socket);
	c->socket = NULL;
	web_run(WEB_SECOND);
	cr_expect(strstr(web.log, "\"GET /big HTTP/1.1\" 200 "), "%s", web.log);
}

/* A time-out of TCP's, for whom reading has no end (Sockstress): what was sent is not taken for two minutes. */
Test(http_server, attack_a_reader_that_never_reads_is_given_up)
{
	struct web_client *deaf = web_ask(0, LAST("/big"));
	deaf->deaf = true;
	web_run(110 * WEB_SECOND);
	cr_expect_eq(http_server_connections(web.server), 1);
	web_run(30 * WEB_SECOND);
	cr_expect_eq(http_server_connections(web.server), 0);
}
