/* SPDX-License-Identifier: MIT
 *
 * Responses of good and of rude servers. Each is fed whole, and a byte at a time: what is understood is the same. The exit statuses
 * are those of curl 7.88 for the same bytes, but where a comment says so.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "apps/http_client_response.h"

static struct http_client_response response;
static char body[1 << 16];
static size_t body_length, heads, fed;

static void take(enum http_client_piece piece, const uint8_t *bytes, size_t room, size_t *used)
{
	if (piece == HTTP_CLIENT_HEAD)
		heads++;
	if (piece != HTTP_CLIENT_BODY)
		return;
	cr_assert(response.body >= bytes && response.body + response.body_length <= bytes + room);
	cr_assert_leq(body_length + response.body_length, sizeof body);
	memcpy(body + body_length, response.body, response.body_length);
	body_length += response.body_length;
	http_client_took(&response, response.body_length);
	*used += response.body_length;
}

/* Feed it, in pieces of so many bytes, and then end the stream: 0, or the status that it ends with. */
static int feed(const char *text, size_t length, size_t step, bool head_only)
{
	const uint8_t *bytes = (const uint8_t *)text;
	enum http_client_piece piece = HTTP_CLIENT_MORE;
	http_client_begin(&response, head_only);
	body_length = heads = fed = 0;
	while (piece != HTTP_CLIENT_DONE && piece != HTTP_CLIENT_BAD) {
		size_t room = length - fed < step ? length - fed : step, used;
		piece = http_client_next(&response, bytes + fed, room, &used);
		take(piece, bytes + fed, room, &used);
		cr_assert_leq(used, room);
		fed += used;
		if (piece == HTTP_CLIENT_MORE && fed == length)
			piece = http_client_closed(&response);
	}
	return piece == HTTP_CLIENT_BAD ? (int)response.error : 0;
}

#define is(text, status, expected) check((text), sizeof(text) - 1, (status), (expected))

static void check(const char *text, size_t length, int status, const char *expected)
{
	for (size_t step = length; step > 0; step = step > 7 ? 7 : step > 1 ? 1 : 0) {
		cr_assert_eq(feed(text, length, step, false), status, "%s: %d (%s)", text, (int)response.error,
			     response.why);
		cr_assert_eq(body_length, strlen(expected));
		cr_assert_arr_eq(body, expected, body_length);
	}
}

#define OK     "HTTP/1.1 200 OK\r\n"
#define CHUNKS OK "Transfer-Encoding: chunked\r\n\r\n"

Test(http_client_response, lengths)
{
	is(OK "Content-Length: 3\r\n\r\nabc", 0, "abc");
	cr_assert(response.keep_alive && response.status == 200 && response.length == 3);
	is(OK "content-length:3\r\n\r\nabc", 0, "abc");
	is(OK "Content-Length: 0\r\n\r\n", 0, "");
	is("HTTP/1.1 404\r\nContent-Length: 3\r\n\r\nabc", 0, "abc");
	cr_assert_eq(response.status, 404);
	is("HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\nabc", 0, "");
	is("HTTP/1.1 304 No\r\nContent-Length: 3\r\n\r\n", 0, "");
	is("HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", 0, "abc");
	is(OK "X: a\r\n b\r\nContent-Length: 3\r\n\r\nabc", 0, "abc");
}

/* Whatever lies behind the response is none of it. */
Test(http_client_response, longer_than_announced)
{
	is(OK "Content-Length: 2\r\n\r\nabcdef", 0, "ab");
	cr_assert_eq(fed, sizeof OK "Content-Length: 2\r\n\r\nab" - 1);
	is(CHUNKS "1\r\na\r\n0\r\n\r\nmore", 0, "a");
}

Test(http_client_response, until_the_peer_closes)
{
	is(OK "\r\nall of it", 0, "all of it");
	cr_assert_not(response.keep_alive);
	is("HTTP/1.0 200 OK\r\n\r\nabc", 0, "abc");
	is(OK "Transfer-Encoding: identity\r\n\r\nabc", 0, "abc");
}

Test(http_client_response, head_only)
{
	static const char text[] = OK "Content-Length: 300\r\nTransfer-Encoding: gzip\r\n\r\n";
	cr_assert_eq(feed(text, sizeof text - 1, 5, true), 0);
	cr_assert(response.length == 300 && response.keep_alive);
}

Test(http_client_response, chunks_with_extensions_and_trailers)
{
	is(CHUNKS "3;a=\"b;c\"\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\nContent-Length: 7\r\n\r\n", 0,
	   "abc0123456789");
	cr_assert(response.keep_alive);
	is(CHUNKS "0000000000000003\r\nabc\r\n0\r\n\r\n", 0, "abc");
	is(CHUNKS "3 \nabc\n0\n\n", 0, "abc");
	is(OK "Transfer-Encoding: identity, Chunked\r\n\r\n0\r\n\r\n", 0, "");
}

Test(http_client_response, interim_responses_are_skipped)
{
	is("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nContent-Length: 9\r\nLocation: /x\r\n\r\n" OK
	   "Content-Length: 3\r\n\r\nabc",
	   0, "abc");
	cr_assert(heads == 3 && response.status == 200 && response.location[0] == '\0');
}

Test(http_client_response, what_the_head_says)
{
	is("HTTP/1.1 206 P\r\nContent-Range: bytes 100-102/1000\r\nContent-Length: 3\r\nLocation:\t /a b \r\n\r\nabc",
	   0, "abc");
	cr_assert_eq(response.range_first, 100);
	cr_assert_str_eq(response.location, "/a b");
	is("HTTP/1.1 302 F\r\nLocation: /one\r\nLocation: /two\r\nContent-Length: 0\r\n\r\n", 0, "");
	cr_assert_str_eq(response.location, "/one");
	is("HTTP/1.1 416 N\r\nContent-Range: bytes */1000\r\nContent-Length: 0\r\n\r\n", 0, "");
	cr_assert_eq(response.range_first, HTTP_CLIENT_UNKNOWN);
}

/* RFC 9112 9.3 */
Test(http_client_response, keep_alive)
{
	is(OK "Connection: foo, Close\r\nContent-Length: 0\r\n\r\n", 0, "");
	cr_assert_not(response.keep_alive);
	is("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 0, "");
	cr_assert_not(response.keep_alive);
	is("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", 0, "");
	cr_assert(response.keep_alive);
}

Test(http_client_response, attack_shorter_than_announced)
{
	is(OK "Content-Length: 50\r\n\r\nabc", 18, "abc");
	cr_assert_str_eq(response.why, "closed with 47 bytes remaining to read");
	is(CHUNKS "5\r\nabc", 18, "abc");
	is(CHUNKS "3\r\nabc\r\n", 18, "abc");
	is(CHUNKS "3\r\nabc\r\n0\r\n", 18, "abc");
	is("", 52, "");
	is("HTTP/1.1 200", 52, "");
	is(OK "Content-Le", 56, ""); /* curl takes this for a response without a body */
	is("HTTP/1.1 100 Continue\r\n\r\n", 52, "");
}

/* RFC 9112 6.3, RFC 9110 8.6. */
Test(http_client_response, attack_content_lengths)
{
	is(OK "Content-Length: -1\r\n\r\nabc", 8, "");
	is(OK "Content-Length:\r\n\r\nabc", 8, "");
	is(OK "Content-Length: 3x\r\n\r\nabc", 8, "");                     /* 3 for curl */
	is(OK "Content-Length: 3\r\nContent-Length: 2\r\n\r\nabc", 8, ""); /* the last one for curl */
	is(OK "Content-Length: 3, 2\r\n\r\nabc", 8, "");                   /* the first one */
	is(OK "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 0, "abc");
	is(OK "Content-Length: 3, 3\r\n\r\nabc", 0, "abc");
	is(OK "Content-Length: 99999999999999999999\r\n\r\nabc", 0, "abc");
	is(OK "Content-Length: 18446744073709551618\r\n\r\nabc", 0, "abc");
	is(OK "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 0, "abc");
	cr_assert_not(response.keep_alive);
}

Test(http_client_response, attack_chunks)
{
	is(CHUNKS "zz\r\nabc\r\n0\r\n\r\n", 56, "");
	is(CHUNKS "\r\nabc\r\n0\r\n\r\n", 56, "");
	is(CHUNKS "-3\r\nabc", 56, "");
	is(CHUNKS "0x3\r\nabc", 56, "");
	is(CHUNKS "11111111111111111\r\nabc", 56, "");
	is(CHUNKS "ffffffffffffffff\r\nabc", 56, "");
	is(CHUNKS "8000000000000000\r\nabc", 56, "");
	is(CHUNKS "fffffffffffffff\r\nabc", 18, "abc");
	is(CHUNKS "3\r\nabcX0\r\n\r\n", 56, "abc");
	is(CHUNKS "3\r\nabc\rX", 56, "abc");
	is(CHUNKS "3\r\nabcd\r\n", 56, "abc");
}

Test(http_client_response, attack_codings)
{
	is(OK "Transfer-Encoding: gzip\r\n\r\nabc", 61, "");
	is(OK "Transfer-Encoding: foo, chunked\r\n\r\n0\r\n\r\n", 61, "");
}

Test(http_client_response, attack_status_lines)
{
	is("hello world\n", 1, "");
	is("HTTP/2 200 OK\r\n\r\n", 1, ""); /* curl does not mind */
	is("HTTP/9.9 200 OK\r\n\r\n", 1, "");
	is("HTTP/1.1 2000 OK\r\n\r\n", 1, "");
	is("HTTP/1.1 20 OK\r\n\r\n", 1, "");
	is("HTTP/1.1 099 OK\r\n\r\n", 1, "");
	is("HTTP/1.1  200 OK\r\n\r\n", 1, "");
	is("HTTP/1.1 101 Switching\r\n\r\nabc", 8, "");
	is("HTTP/1.1 700 X\r\nContent-Length: 1\r\n\r\na", 0, "a");
}

Test(http_client_response, attack_fields)
{
	is(OK "X: a\0b\r\n\r\n", 8, "");
	is(OK "foo\r\n\r\n", 8, "");
}

/* However long a server goes on, memory does not grow, and there is an end. */
Test(http_client_response, attack_endless_heads)
{
	static char text[400000];
	static const char field[] = "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
	static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
	memset(text, 'a', sizeof text);
	memcpy(text, OK, sizeof OK - 1);
	cr_assert_eq(feed(text, sizeof text, 1000, false), 56);
	cr_assert_leq(fed, HTTP_CLIENT_LINE_MAX + 1100);
	for (size_t at = sizeof OK - 1; at + sizeof field < sizeof text; at += sizeof field - 1)
		memcpy(text + at, field, sizeof field - 1);
	cr_assert_eq(feed(text, sizeof text, 1000, false), 56);
	cr_assert_leq(fed, HTTP_CLIENT_HEAD_MAX + 1100);
	for (size_t at = 0; at + sizeof interim < sizeof text; at += sizeof interim - 1)
		memcpy(text + at, interim, sizeof interim - 1);
	cr_assert_eq(feed(text, sizeof text, 1000, false), 56);
	memcpy(text, CHUNKS, sizeof CHUNKS - 1);
	memset(text + sizeof CHUNKS - 1, '0', 1000);
	cr_assert_eq(feed(text, sizeof text, 1000, false), 56); /* the size of a chunk */
	for (size_t at = sizeof CHUNKS "0\r\n" - 1; at + sizeof field < sizeof text; at += sizeof field - 1)
		memcpy(text + at, field, sizeof field - 1);
	memcpy(text, CHUNKS "0\r\n", sizeof CHUNKS "0\r\n" - 1);
	cr_assert_eq(feed(text, sizeof text, 1000, false), 56); /* trailers */
}

/* A Location longer than there is room for is none. */
Test(http_client_response, attack_a_long_location)
{
	static char text[20000];
	int length =
	    snprintf(text, sizeof text, "HTTP/1.1 302 F\r\nLocation: /%08192d\r\nContent-Length: 0\r\n\r\n", 0);
	cr_assert_eq(feed(text, (size_t)length, 999, false), 0);
	cr_assert_eq(response.location[0], '\0');
}
