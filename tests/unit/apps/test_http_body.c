/* SPDX-License-Identifier: MIT
 *
 * Where content ends, by RFC 9112 7.1. Everything is fed whole and byte by byte: the answer must not depend on how it was
 * cut.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "apps/http_body.h"

#define HOST    "Host: 192.0.2.2\r\n"
#define CHUNKED "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"

struct outcome {
	enum http_status status;
	bool ended;
	size_t taken;
};

/* Feed in pieces of this size, from a block of exactly each piece's. */
static struct outcome feed(const char *head, const char *bytes, size_t length, size_t piece)
{
	struct http_request request;
	struct http_body body;
	struct outcome outcome = {.status = HTTP_OK};
	cr_assert_eq(http_parse(head, strlen(head), &request), HTTP_PARSE_DONE);
	http_body_begin(&body, &request);
	while (length > 0 && outcome.status == HTTP_OK && body.place != HTTP_PLACE_END) {
		size_t some = piece < length ? piece : length;
		char *exact = malloc(some);
		cr_assert(exact);
		memcpy(exact, bytes, some);
		size_t taken = http_body_take(&body, exact, some, &outcome.status);
		free(exact);
		outcome.taken += taken;
		bytes += some;
		length -= some;
	}
	outcome.ended = body.place == HTTP_PLACE_END;
	return outcome;
}

static const struct {
	const char *bytes, *why;
	size_t ends; /* behind this byte; 0: it has not ended */
} right[] = {
    {"4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n", "RFC 9112 7.1", 24},
    {"4\r\nWiki\r\n0\r\n\r\nGET /", "what follows is another request", 14},
    {"0\r\n\r\n", "nothing in it", 5},
    {"000\r\n\r\n", "zeros", 7},
    {"A\r\n0123456789\r\n0a;x\r\n0123456789\r\n0\r\n\r\n", "either case of digits", 38},
    {"1;name=\"a;b\\\"c\"\r\nx\r\n0;last\r\n\r\n", "RFC 9112 7.1.1: extensions", 30},
    {"1 \t;a\r\nx\r\n0\r\n\r\n", "RFC 9112 7.1.1: white space before one is read over", 15},
    {"0\r\nTrailer: x\r\nb: c\r\n\r\n", "RFC 9112 7.1.2: trailers", 23},
    {"2\r\n\r\n\r\n0\r\n\r\n", "a chunk of CR LF", 12},
    {"4\r\nWik", "not yet", 0},
    {"0\r\n\r", "nor now", 0},
    {"0\r\nTrailer: x\r\n", "nor here", 0},
};

Test(http_body, chunks_end_where_they_say)
{
	for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
		for (size_t piece = 1; piece <= 64; piece += 21) {
			struct outcome o = feed(CHUNKED, right[i].bytes, strlen(right[i].bytes), piece);
			cr_expect_eq(o.status, HTTP_OK, "%s", right[i].why);
			cr_expect_eq(o.ended, right[i].ends > 0, "%s", right[i].why);
			cr_expect_eq(o.taken, right[i].ends ? right[i].ends : strlen(right[i].bytes), "%s: %zu",
				     right[i].why, o.taken);
		}
}

static const struct {
	const char *bytes, *why;
	enum http_status status;
} wrong[] = {
    {"\r\n", "no size", HTTP_BAD_REQUEST},
    {";a\r\n", "an extension of nothing", HTTP_BAD_REQUEST},
    {" 1\r\nx\r\n", "a space before it", HTTP_BAD_REQUEST},
    {"-1\r\n", "negative", HTTP_BAD_REQUEST},
    {"+1\r\n", "signed", HTTP_BAD_REQUEST},
    {"0x1\r\n", "C's notation", HTTP_BAD_REQUEST},
    {"1g\r\n", "no digit", HTTP_BAD_REQUEST},
    {"1 \r\nx\r\n", "a space and no extension", HTTP_BAD_REQUEST},
    {"1 1\r\nx\r\n", "two sizes", HTTP_BAD_REQUEST},
    {"1\nx\n0\n\n", "RFC 9112 2.2: lines that end in LF alone", HTTP_BAD_REQUEST},
    {"1\rx", "a CR without its LF", HTTP_BAD_REQUEST},
    {"1;a\rb\r\n", "a CR in an extension", HTTP_BAD_REQUEST},
    {"1;a\nb\r\n", "an LF in an extension", HTTP_BAD_REQUEST},
    {"1;a\x01\r\n", "a control character in an extension", HTTP_BAD_REQUEST},
    {"1\r\nxy\r\n", "more than was said", HTTP_BAD_REQUEST},
    {"1\r\nx0\r\n\r\n", "no CR LF behind a chunk", HTTP_BAD_REQUEST},
    {"1\r\nx\n", "LF behind a chunk", HTTP_BAD_REQUEST},
    {"0\r\na\rb\r\n", "a CR in a trailer", HTTP_BAD_REQUEST},
    {"100001\r\n", "more than is taken", HTTP_CONTENT_TOO_LARGE},
    {"FFFFFFFFFFFFFFFF\r\n", "2^64 - 1", HTTP_CONTENT_TOO_LARGE},
    {"10000000000000001\r\nx\r\n0\r\n\r\n", "2^64 + 1, which overflows to 1", HTTP_CONTENT_TOO_LARGE},
};

Test(http_body, attack_chunks_that_are_none)
{
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		for (size_t piece = 1; piece <= 64; piece += 21) {
			struct outcome o = feed(CHUNKED, wrong[i].bytes, strlen(wrong[i].bytes), piece);
			cr_expect_eq(o.status, wrong[i].status, "%s: %d", wrong[i].why, o.status);
		}
}

/* Feed this over and over: what stops it, and after how many bytes. */
static enum http_status feed_for_ever(const char *first, const char *again, size_t *taken)
{
	struct http_request request;
	struct http_body body;
	enum http_status status;
	http_parse(CHUNKED, strlen(CHUNKED), &request);
	http_body_begin(&body, &request);
	http_body_take(&body, first, strlen(first), &status);
	while (status == HTTP_OK && body.taken < 10 * HTTP_BODY_MAX)
		http_body_take(&body, again, strlen(again), &status);
	*taken = body.taken;
	return status;
}

Test(http_body, attack_framing_without_end)
{
	size_t taken;
	cr_expect_eq(feed_for_ever("1;", "a", &taken), HTTP_BAD_REQUEST);
	cr_expect_leq(taken, HTTP_CHUNK_LINE_MAX + 1);
	cr_expect_eq(feed_for_ever("0", "0", &taken), HTTP_BAD_REQUEST);
	cr_expect_leq(taken, HTTP_CHUNK_LINE_MAX + 1);
	cr_expect_eq(feed_for_ever("0\r\n", "a: b\r\n", &taken), HTTP_FIELDS_TOO_LARGE);
	cr_expect_leq(taken, HTTP_TRAILERS_MAX + 8);
	cr_expect_eq(feed_for_ever("1\r\nx\r\n", "1\r\nx\r\n", &taken), HTTP_CONTENT_TOO_LARGE);
	cr_expect_leq(taken, HTTP_BODY_MAX + 6);
}

Test(http_body, content_length_is_counted)
{
	static const char head[] = "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n";
	for (size_t piece = 1; piece < 8; piece++) {
		struct outcome o = feed(head, "helloGET", 8, piece);
		cr_expect(o.status == HTTP_OK && o.ended && o.taken == 5, "%zu", piece);
	}
	cr_expect_not(feed(head, "hell", 4, 4).ended);
	cr_expect(feed("GET / HTTP/1.1\r\n" HOST "\r\n", "x", 1, 1).ended);
}
