/* SPDX-License-Identifier: MIT
 *
 * Request heads, right and hostile, by the clauses of RFC 9112. Every one of them is fed whole and byte by byte: the
 * answer must not depend on how it was cut.
 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "apps/http_parse.h"

#define HOST "Host: 192.0.2.2\r\n"

/* What the parser says once all of the head is there. It must have asked for more before, and stay with its answer
 * after. */
static enum http_parse_result parse_growing(const char *head, size_t length, struct http_request *request)
{
	enum http_parse_result result = HTTP_PARSE_MORE;
	for (size_t some = 0; some <= length; some++) {
		char *exact = malloc(some + 1); /* so that reading one byte too far is seen */
		cr_assert(exact);
		memcpy(exact, head, some);
		enum http_parse_result now = http_parse(exact, some, request);
		free(exact);
		cr_assert(result == HTTP_PARSE_MORE || now == result, "changed its mind at byte %zu of: %s", some,
			  head);
		result = now;
	}
	cr_assert_eq(http_parse(head, length, request), result);
	return result;
}

static enum http_parse_result parse(const char *head, struct http_request *request)
{
	return parse_growing(head, strlen(head), request);
}

Test(http_parse, takes_a_request_apart)
{
	/* RFC 9112 2.1's kind of example, as curl sends it */
	const char *head = "GET /hello.txt?a=b HTTP/1.1\r\n" HOST "User-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n";
	struct http_request request;
	cr_assert_eq(parse(head, &request), HTTP_PARSE_DONE);
	cr_assert(http_text_is(request.method, "GET"));
	cr_assert(http_text_is(request.target, "/hello.txt?a=b"));
	cr_assert(!request.http_1_0);
	cr_assert(request.keep_alive);
	cr_assert_eq(request.framing, HTTP_BODY_NONE);
	cr_assert_eq(request.length, strlen(head));
}

Test(http_parse, ends_at_the_empty_line)
{
	const char *pipeline = "GET /1 HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n";
	struct http_request request;
	cr_assert_eq(http_parse(pipeline, strlen(pipeline), &request), HTTP_PARSE_DONE);
	cr_assert(http_text_is(request.target, "/1"));
	cr_assert_eq(request.length, strlen(pipeline) / 2);
	cr_assert_eq(http_parse(pipeline + request.length, strlen(pipeline) - request.length, &request),
		     HTTP_PARSE_DONE);
	cr_assert(http_text_is(request.target, "/2"));
}

Test(http_parse, asks_for_more_until_the_last_byte)
{
	const char *head = "\r\nHEAD / HTTP/1.0\r\nX: y\r\n\r\n";
	struct http_request request;
	for (size_t some = 0; some < strlen(head); some++)
		cr_assert_eq(http_parse(head, some, &request), HTTP_PARSE_MORE, "%zu bytes", some);
	cr_assert_eq(http_parse(head, strlen(head), &request), HTTP_PARSE_DONE);
}

static const struct {
	const char *head, *why;
	bool http_1_0, keep_alive, has_body;
} right[] = {
    {"GET / HTTP/1.1\r\n" HOST "\r\n", "RFC 9112 9.3: 1.1 stays open", false, true, false},
    {"GET / HTTP/1.9\r\n" HOST "\r\n", "RFC 9110 2.5: a later minor version is read as 1.1", false, true, false},
    {"GET / HTTP/1.0\r\n\r\n", "RFC 9112 9.3: 1.0 closes; it needs no Host", true, false, false},
    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "RFC 9112 9.3: 1.0 stays when asked", true, true, false},
    {"GET / HTTP/1.0\r\nConnection: Keep-Alive, close\r\n\r\n", "close decides", true, false, false},
    {"GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", "RFC 9112 9.6", false, false, false},
    {"GET / HTTP/1.1\r\n" HOST "Connection: TE,\t CLOSE ,\r\n\r\n", "RFC 9110 7.6.1: a list, any case", false, false,
     false},
    {"GET / HTTP/1.1\r\n" HOST "connection: x\r\nCONNECTION: close\r\n\r\n", "two fields are one list", false, false,
     false},
    {"GET / HTTP/1.1\r\n" HOST "Connection: closer\r\n\r\n", "another option", false, true, false},
    {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "RFC 9112 3.2: an empty Host is one", false, true, false},
    {"GET / HTTP/1.1\r\nhost:[::1]:80\t \r\n\r\n", "RFC 9112 5.1: white space around a value", false, true, false},
    {"GET / HTTP/1.1\r\n" HOST "X:\r\nY: a b\tc \xc3\xa9\r\n\r\n", "RFC 9112 5: what a value may hold", false, true,
     false},
    {"\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", "RFC 9112 2.2: empty lines before are skipped", false, true, false},
    {"!#$%&'*+-.^_`|~09Az / HTTP/1.1\r\n" HOST "\r\n", "RFC 9110 5.6.2: any token is a method", false, true, false},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n", "RFC 9112 6.2", false, true, true},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", "no body at all", false, true, false},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 9999999999999999999\r\n\r\n", "19 digits still count", false, true,
     true},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", "RFC 9112 6.1", false, true, true},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: ,\tChunked ,\r\n\r\n", "RFC 9112 7: names in any case", false, true,
     true},
};

Test(http_parse, accepts)
{
	for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
		struct http_request request;
		cr_assert_eq(parse(right[i].head, &request), HTTP_PARSE_DONE, "%s", right[i].why);
		cr_expect_eq(request.http_1_0, right[i].http_1_0, "%s: version", right[i].why);
		cr_expect_eq(request.keep_alive, right[i].keep_alive, "%s: persistence", right[i].why);
		cr_expect_eq(request.framing != HTTP_BODY_NONE, right[i].has_body, "%s: body", right[i].why);
		cr_expect_eq(request.length, strlen(right[i].head), "%s: length", right[i].why);
	}
}

static const struct {
	const char *head, *why;
} wrong[] = {
    {"GET / HTTP/1.1\n", "RFC 9112 2.2: a line that ends in LF alone"},
    {"GET / HTTP/1.1\rX", "RFC 9112 2.2: a CR without its LF"},
    {"GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n", "RFC 9112 2.2: a bare CR in a field"},
    {"GET / HTTP/1.1\r\n" HOST "X: a\nEvil: b\r\n\r\n", "RFC 9110 5.5: an LF in a value"},
    {"GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n", "a control character in a value"},
    {"GET / HTTP/1.1\r\n" HOST "X: a\x7f\r\n\r\n", "DEL in a value"},
    {"\x16\x03\x01", "a TLS handshake is refused at its first byte"},
    {" GET / HTTP/1.1\r\n", "RFC 9112 3: a space before the method"},
    {"GET  / HTTP/1.1\r\n", "RFC 9112 3: two spaces"},
    {"GET / HTTP/1.1 \r\n", "RFC 9112 3: a space at the end"},
    {"GET\t/ HTTP/1.1\r\n", "RFC 9112 3: a tab for a space"},
    {"GET /a b HTTP/1.1\r\n", "RFC 9112 3.2: white space in the target"},
    {"GET /\xc3\xa9 HTTP/1.1\r\n", "RFC 3986 2: a byte that belongs percent-encoded"},
    {"GET\r\n", "no target"},
    {"GET /\r\n", "HTTP/0.9"},
    {"GE(T / HTTP/1.1\r\n", "RFC 9110 5.6.2: a method that is no token"},
    {"GET / http/1.1\r\n", "RFC 9112 2.3: the version's case"},
    {"GET / HTTP/x.1\r\n", "no number"},
    {"GET / HTTP/1,1\r\n", "RFC 9112 2.3: no dot"},
    {"GET / HTTP/1.\r\n", "no minor version"},
    {"GET / HTTP/1.10\r\n", "RFC 9112 2.3: one digit"},
    {"GET / HTTP/11\r\n", "no dot"},
    {"GET / HTTP/1.1\r\n\r\n", "RFC 9112 3.2: 1.1 without a Host"},
    {"GET / HTTP/1.1\r\n" HOST HOST "\r\n", "RFC 9112 3.2: two Hosts, even the same"},
    {"GET / HTTP/1.0\r\n" HOST HOST "\r\n", "RFC 9112 3.2: in 1.0 too"},
    {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "RFC 9112 3.2: a Host that is none"},
    {"GET / HTTP/1.1\r\nHost: user@a\r\n\r\n", "RFC 9112 3.2: a user in the Host"},
    {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "RFC 9112 3.2: a path in the Host"},
    {"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", "RFC 3986 3.2.3: a port that is none"},
    {"GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", "two ports"},
    {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "RFC 3986 3.2.2: an open bracket"},
    {"GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n", "and something behind a closed one"},
    {"GET / HTTP/1.1\r\nHost: []\r\n\r\n", "and nothing inside"},
    {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "RFC 9112 5.1: a space before the colon"},
    {"GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n", "RFC 9112 5.2: a folded line"},
    {"GET / HTTP/1.1\r\n X: a\r\n" HOST "\r\n", "RFC 9112 2.2: white space after the request line"},
    {"GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n", "a field without a name"},
    {"GET / HTTP/1.1\r\n" HOST "X\r\n\r\n", "a field without a colon"},
    {"GET / HTTP/1.1\r\n" HOST "X(): a\r\n\r\n", "a name that is no token"},
    {"GET / HTTP/1.1\r\n" HOST "Connection: cl ose\r\n\r\n", "an option that is no token"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", "RFC 9110 8.6: no number"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", "negative"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n", "signed"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 0x10\r\n\r\n", "not decimal"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1 2\r\n\r\n", "two numbers"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n", "RFC 9110 8.6: a list may be refused, and is"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616\r\n\r\n", "2^64"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 00000000000000000000000000005\r\n\r\n", "zeros without end"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", "RFC 9110 8.6: the same twice"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999999\r\n\r\n", "far beyond 2^64"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", "RFC 9112 6.3: two lengths"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\nContent-Length: 6\r\n\r\n", "RFC 9112 6.3: the first of them 0"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "RFC 9112 6.1: both"},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: x\r\nContent-Length: 0\r\n\r\n",
     "RFC 9112 6.1: both, the other way round"},
    {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "RFC 9112 6.1: chunks in HTTP/1.0"},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", "RFC 9112 6.3: chunked is not last"},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, gzip\r\n\r\n", "RFC 9112 6.3: the same"},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
     "RFC 9112 6.1: chunked twice"},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", "another word"},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \x0b"
     "chunked\r\n\r\n",
     "a control character before it"},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n", "no coding at all"},
};

static const struct {
	const char *head, *why;
	enum http_status status;
} not_here[] = {
    {"GET / HTTP/2.0\r\n", "RFC 9110 15.6.6: another major version", HTTP_VERSION_NOT_SUPPORTED},
    {"PRI * HTTP/2.0\r\n", "RFC 9113 3.4: the preface of HTTP/2", HTTP_VERSION_NOT_SUPPORTED},
    {"GET / HTTP/0.9\r\n", "and an earlier one", HTTP_VERSION_NOT_SUPPORTED},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", "RFC 9112 6.1: a coding that is unknown",
     HTTP_NOT_IMPLEMENTED},
};

Test(http_parse, refuses)
{
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct http_request request;
		cr_expect_eq(parse(wrong[i].head, &request), HTTP_PARSE_BAD, "%s", wrong[i].why);
		cr_expect_eq(request.error, HTTP_BAD_REQUEST, "%s: %d", wrong[i].why, request.error);
	}
}

Test(http_parse, refuses_what_is_right_and_unknown_here)
{
	for (size_t i = 0; i < sizeof not_here / sizeof not_here[0]; i++) {
		struct http_request request;
		cr_expect_eq(parse(not_here[i].head, &request), HTTP_PARSE_BAD, "%s", not_here[i].why);
		cr_expect_eq(request.error, not_here[i].status, "%s: %d", not_here[i].why, request.error);
	}
}

Test(http_parse, refuses_a_zero_byte_anywhere)
{
	static const char head[] = "GET / HTTP/1.1\r\n" HOST "X: y\r\n\r\n";
	char bytes[sizeof head];
	for (size_t at = 0; at < sizeof head - 1; at++) {
		struct http_request request;
		memcpy(bytes, head, sizeof head);
		bytes[at] = '\0';
		cr_expect_eq(parse_growing(bytes, sizeof head - 1, &request), HTTP_PARSE_BAD, "at %zu", at);
	}
}

/* A head of exactly `length` bytes. */
static char *head_of(size_t length)
{
	static const char start[] = "GET / HTTP/1.1\r\n" HOST "X: ", end[] = "\r\n\r\n";
	char *head = malloc(length);
	cr_assert(head);
	memset(head, 'x', length);
	memcpy(head, start, sizeof start - 1);
	memcpy(head + length - (sizeof end - 1), end, sizeof end - 1);
	return head;
}

Test(http_parse, takes_a_head_of_the_limit_and_not_a_byte_more)
{
	struct http_request request;
	char *head = head_of(HTTP_HEAD_MAX);
	cr_expect_eq(http_parse(head, HTTP_HEAD_MAX - 1, &request), HTTP_PARSE_MORE);
	cr_expect_eq(http_parse(head, HTTP_HEAD_MAX, &request), HTTP_PARSE_DONE);
	free(head);
	head = head_of(HTTP_HEAD_MAX + 1);
	cr_expect_eq(http_parse(head, HTTP_HEAD_MAX - 1, &request), HTTP_PARSE_MORE);
	cr_expect_eq(http_parse(head, HTTP_HEAD_MAX, &request), HTTP_PARSE_BAD);
	cr_expect_eq(http_parse(head, HTTP_HEAD_MAX + 1, &request), HTTP_PARSE_BAD);
	free(head);
}

Test(http_parse, attack_endless_heads_end_at_the_limit)
{
	struct http_request request;
	char *head = head_of(HTTP_HEAD_MAX + 1);
	cr_expect_eq(http_parse(head, HTTP_HEAD_MAX, &request), HTTP_PARSE_BAD);
	cr_expect_eq(request.error, HTTP_FIELDS_TOO_LARGE);
	cr_expect(http_text_is(request.method, "GET"));
	free(head);
}

/* RFC 9112 3: 8000 bytes at least, and a limit all the same */
Test(http_parse, attack_a_request_line_of_the_limit_and_a_byte_more)
{
	static const char end[] = " HTTP/1.1\r\n" HOST "\r\n";
	for (size_t more = 0; more < 2; more++) {
		char head[HTTP_LINE_MAX + 64];
		struct http_request request;
		size_t target = HTTP_LINE_MAX -
				strlen("GET "
				       " HTTP/1.1") +
				more;
		memset(head, '/', sizeof head);
		memcpy(head, "GET ", 4);
		memcpy(head + 4 + target, end, sizeof end);
		enum http_parse_result result = parse(head, &request);
		cr_expect_eq(result, more ? HTTP_PARSE_BAD : HTTP_PARSE_DONE);
		cr_expect_eq(request.error, more ? HTTP_URI_TOO_LONG : HTTP_OK);
	}
}

Test(http_parse, attack_fields_beyond_counting)
{
	for (unsigned more = 0; more < 2; more++) {
		char head[HTTP_HEAD_MAX] = "GET / HTTP/1.1\r\n" HOST;
		struct http_request request;
		for (unsigned i = 1; i < HTTP_FIELDS_MAX + more; i++)
			strcat(head, "a:b\r\n");
		strcat(head, "\r\n");
		cr_expect_eq(http_parse(head, strlen(head), &request), more ? HTTP_PARSE_BAD : HTTP_PARSE_DONE);
		cr_expect_eq(request.error, more ? HTTP_FIELDS_TOO_LARGE : HTTP_OK);
	}
}

/* What an error is answered by depends on it (RFC 9110 9.3.2: HEAD has no content). */
Test(http_parse, tells_the_method_as_soon_as_it_knows)
{
	struct http_request request;
	cr_expect_eq(parse("HEAD / HTTP/1.1\r\nHost : a\r\n", &request), HTTP_PARSE_BAD);
	cr_expect(http_text_is(request.method, "HEAD"));
	cr_expect(http_text_is(request.line, "HEAD / HTTP/1.1"));
	cr_expect_eq(parse("HEAD / HTTP/1.1\r\nHost", &request), HTTP_PARSE_MORE);
	cr_expect(http_text_is(request.method, "HEAD"));
	cr_expect_eq(parse("HEAD / HTT", &request), HTTP_PARSE_MORE);
	cr_expect_eq(request.method.length + request.line.length, 0);
	cr_expect_eq(http_parse(NULL, 0, &request), HTTP_PARSE_MORE);
}

/* RFC 9110 10.1.1 */
Test(http_parse, knows_what_is_expected)
{
	static const struct {
		const char *head;
		enum http_expectation expect;
	} heads[] = {
	    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nExpect: 100-Continue\r\n\r\n", HTTP_EXPECT_CONTINUE},
	    {"POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n", HTTP_EXPECT_NOTHING},
	    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\nExpect: 100-continue\r\n\r\n", HTTP_EXPECT_NOTHING},
	    {"GET / HTTP/1.1\r\n" HOST "\r\n", HTTP_EXPECT_NOTHING},
	    {"GET / HTTP/1.1\r\n" HOST "Expect: a cake\r\n\r\n", HTTP_EXPECT_UNKNOWN},
	    {"GET / HTTP/1.1\r\n" HOST "Expect: x\r\nExpect: 100-continue\r\n\r\n", HTTP_EXPECT_UNKNOWN},
	};
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		struct http_request request;
		cr_expect_eq(parse(heads[i].head, &request), HTTP_PARSE_DONE, "%s", heads[i].head);
		cr_expect_eq(request.expect, heads[i].expect, "%s", heads[i].head);
	}
}

/* RFC 9112 6.3; 411 is for those that could have said */
Test(http_parse, tells_how_the_content_ends)
{
	struct http_request request;
	parse("POST / HTTP/1.1\r\n" HOST "Content-Length: 12\r\n\r\n", &request);
	cr_expect(request.framing == HTTP_BODY_LENGTH && request.body_length == 12 && request.has_length);
	parse("POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", &request);
	cr_expect(request.framing == HTTP_BODY_NONE && request.has_length);
	parse("POST / HTTP/1.1\r\n" HOST "\r\n", &request);
	cr_expect(request.framing == HTTP_BODY_NONE && !request.has_length);
	parse("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", &request);
	cr_expect(request.framing == HTTP_BODY_CHUNKED && request.has_length);
}

Test(http_parse, finds_fields_by_name)
{
	struct http_request request;
	struct http_text value = {NULL, 0};
	parse("GET / HTTP/1.1\r\nA: 1\r\n" HOST "a:\r\nAb: 3\r\nB: one\r\nA: \t4 4 \r\n\r\n", &request);
	cr_assert(http_field_next(&request, "a", &value) && http_text_is(value, "1"));
	cr_assert(http_field_next(&request, "a", &value) && http_text_is(value, ""));
	cr_assert(http_field_next(&request, "a", &value) && http_text_is(value, "4 4"));
	cr_assert_not(http_field_next(&request, "a", &value));
	cr_expect(http_field_only(&request, "b", &value) && http_text_is(value, "one"));
	cr_expect_not(http_field_only(&request, "A", &value));
	cr_expect_not(http_field_only(&request, "C", &value));
}

Test(http_parse, compares_words)
{
	struct http_text text = {"GETTING", 3};
	cr_assert(http_text_is(text, "GET"));
	cr_assert(!http_text_is(text, "get"));
	cr_assert(!http_text_is(text, "GETT"));
	cr_assert(http_text_is_nocase(text, "gEt"));
	cr_assert(!http_text_is_nocase(text, "ge"));
}
