/* SPDX-License-Identifier: MIT
 *
 * "Only if", "only a part", "rather compressed": RFC 9110 12.5.3, 13 and 14, a request at a time.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "apps/http_accept.h"
#include "apps/http_range.h"
#include "apps/http_validators.h"

#define NOW    784111777 /* RFC 9110 5.6.7: Sun, 06 Nov 1994 08:49:37 GMT */
#define BEFORE "Sun, 06 Nov 1994 08:49:30 GMT"
#define SAME   "Sun, 06 Nov 1994 08:49:31 GMT" /* when the file was changed */
#define AFTER  "Sun, 06 Nov 1994 08:49:32 GMT"

static const struct http_validators file = {.etag = "\"xyzzy\"", .modified = NOW - 6};

/* A request with these fields. */
static struct http_request request_with(const char *fields)
{
	static char head[HTTP_HEAD_MAX];
	struct http_request request;
	snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);
	cr_assert_eq(http_parse(head, strlen(head), &request), HTTP_PARSE_DONE, "%s", fields);
	return request;
}

static const struct {
	const char *fields, *why;
	enum http_status status;
} conditions[] = {
    {"", "none", HTTP_OK},
    {"If-None-Match: \"xyzzy\"\r\n", "RFC 9110 13.1.2", HTTP_NOT_MODIFIED},
    {"If-None-Match: W/\"xyzzy\"\r\n", "weak comparison", HTTP_NOT_MODIFIED},
    {"If-None-Match: *\r\n", "any", HTTP_NOT_MODIFIED},
    {"If-None-Match: \"a\" , W/\"b,c\",\"xyzzy\"\r\n", "a list, with a comma in a tag", HTTP_NOT_MODIFIED},
    {"If-None-Match: \"a\"\r\nIf-None-Match: \"xyzzy\"\r\n", "a list in two fields", HTTP_NOT_MODIFIED},
    {"If-None-Match: \"a\", \"b\"\r\n", "others", HTTP_OK},
    {"If-None-Match: xyzzy\r\n", "no quotes, no tag", HTTP_OK},
    {"If-None-Match: \"xyzzy\r\n", "an open quote", HTTP_OK},
    {"If-None-Match: \"XYZZY\"\r\n", "tags have their case", HTTP_OK},
    {"If-None-Match:\r\n", "an empty list", HTTP_OK},
    {"If-Modified-Since: " BEFORE "\r\n", "RFC 9110 13.1.3: changed since", HTTP_OK},
    {"If-Modified-Since: " SAME "\r\n", "not since", HTTP_NOT_MODIFIED},
    {"If-Modified-Since: " AFTER "\r\n", "not since", HTTP_NOT_MODIFIED},
    {"If-Modified-Since: yesterday\r\n", "no date: ignored", HTTP_OK},
    {"If-Modified-Since: " SAME "\r\nIf-Modified-Since: " SAME "\r\n", "two dates: ignored", HTTP_OK},
    {"If-None-Match: \"a\"\r\nIf-Modified-Since: " AFTER "\r\n", "the tag decides alone", HTTP_OK},
    {"If-Match: \"xyzzy\"\r\n", "RFC 9110 13.1.1", HTTP_OK},
    {"If-Match: *\r\n", "any", HTTP_OK},
    {"If-Match: \"a\", \"xyzzy\"\r\n", "one of them", HTTP_OK},
    {"If-Match: \"a\"\r\n", "another", HTTP_PRECONDITION_FAILED},
    {"If-Match: W/\"xyzzy\"\r\n", "strong comparison", HTTP_PRECONDITION_FAILED},
    {"If-Unmodified-Since: " SAME "\r\n", "RFC 9110 13.1.4", HTTP_OK},
    {"If-Unmodified-Since: " BEFORE "\r\n", "changed since", HTTP_PRECONDITION_FAILED},
    {"If-Unmodified-Since: x\r\n", "no date: ignored", HTTP_OK},
    {"If-Match: \"xyzzy\"\r\nIf-Unmodified-Since: " BEFORE "\r\n", "the tag decides alone", HTTP_OK},
    {"If-Match: \"xyzzy\"\r\nIf-None-Match: \"xyzzy\"\r\n", "RFC 9110 13.2.2: both, in order", HTTP_NOT_MODIFIED},
    {"If-Match: \"a\"\r\nIf-None-Match: \"xyzzy\"\r\n", "the first of them fails", HTTP_PRECONDITION_FAILED},
};

Test(http_conditions, preconditions_in_order)
{
	for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
		struct http_request request = request_with(conditions[i].fields);
		cr_expect_eq(http_validators_check(&file, &request, NOW), conditions[i].status, "%s: %s",
			     conditions[i].why, conditions[i].fields);
	}
}

/* A list of files, say: no tag is its own, though it is there; a date is passed over (RFC 9110 13.1.3, 13.1.4). */
Test(http_conditions, of_what_is_made_for_this_request_alone)
{
	static const struct {
		const char *fields;
		enum http_status status;
	} cases[] = {
	    {"If-Match: \"xyzzy\"\r\n", HTTP_PRECONDITION_FAILED},
	    {"If-Match: \"\"\r\n", HTTP_PRECONDITION_FAILED},
	    {"If-Match: *\r\n", HTTP_OK},
	    {"If-None-Match: \"xyzzy\"\r\n", HTTP_OK},
	    {"If-None-Match: *\r\n", HTTP_NOT_MODIFIED},
	    {"If-Modified-Since: " AFTER "\r\n", HTTP_OK},
	    {"If-Unmodified-Since: " BEFORE "\r\n", HTTP_OK},
	};
	const struct http_validators none = {.etag = ""};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct http_request request = request_with(cases[i].fields);
		cr_expect_eq(http_validators_check(&none, &request, NOW), cases[i].status, "%s", cases[i].fields);
	}
}

/* RFC 9110 13.1.5 */
Test(http_conditions, if_range)
{
	static const struct {
		const char *fields;
		bool allowed;
	} cases[] = {
	    {"", true},
	    {"If-Range: \"xyzzy\"\r\n", true},
	    {"If-Range: W/\"xyzzy\"\r\n", false},
	    {"If-Range: \"a\"\r\n", false},
	    {"If-Range: \"a\", \"xyzzy\"\r\n", false},
	    {"If-Range: *\r\n", false},
	    {"If-Range: " SAME "\r\n", true},
	    {"If-Range: " AFTER "\r\n", false},
	    {"If-Range: \"xyzzy\"\r\nIf-Range: \"xyzzy\"\r\n", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct http_request request = request_with(cases[i].fields);
		cr_expect_eq(http_validators_allow_range(&file, &request, NOW), cases[i].allowed, "%s",
			     cases[i].fields);
	}
	/* RFC 9110 8.8.2.2: within its second a date is weak */
	struct http_request request = request_with("If-Range: " SAME "\r\n");
	cr_expect_not(http_validators_allow_range(&file, &request, NOW - 6));
}

static const struct {
	const char *range;
	enum http_status status;
	uint64_t first, last;
} ranges[] = {
    {"bytes=0-499", HTTP_PARTIAL_CONTENT, 0, 499}, /* RFC 9110 14.1.2's, of 10000 bytes */
    {"bytes=500-999", HTTP_PARTIAL_CONTENT, 500, 999},
    {"bytes=-500", HTTP_PARTIAL_CONTENT, 9500, 9999},
    {"bytes=9500-", HTTP_PARTIAL_CONTENT, 9500, 9999},
    {"bytes=0-0", HTTP_PARTIAL_CONTENT, 0, 0},
    {"bytes=-1", HTTP_PARTIAL_CONTENT, 9999, 9999},
    {"Bytes=0-", HTTP_PARTIAL_CONTENT, 0, 9999},
    {"bytes=9999-9999", HTTP_PARTIAL_CONTENT, 9999, 9999},
    {"bytes=5-20000", HTTP_PARTIAL_CONTENT, 5, 9999},
    {"bytes=5-99999999999999999999999", HTTP_PARTIAL_CONTENT, 5, 9999},
    {"bytes=-20000", HTTP_PARTIAL_CONTENT, 0, 9999},
    {"bytes=-99999999999999999999999", HTTP_PARTIAL_CONTENT, 0, 9999},
    {"bytes=10000-", HTTP_RANGE_NOT_SATISFIABLE, 0, 0},
    {"bytes=10000-10001", HTTP_RANGE_NOT_SATISFIABLE, 0, 0},
    {"bytes=99999999999999999999999-", HTTP_RANGE_NOT_SATISFIABLE, 0, 0},
    {"bytes=-0", HTTP_RANGE_NOT_SATISFIABLE, 0, 0},
    /* ignored: */
    {"bytes=500-499", HTTP_OK, 0, 0},
    {"bytes=0-0,-1", HTTP_OK, 0, 0},
    {"bytes=0-,0-,0-", HTTP_OK, 0, 0},
    {"lines=0-4", HTTP_OK, 0, 0},
    {"bytes", HTTP_OK, 0, 0},
    {"bytes=", HTTP_OK, 0, 0},
    {"bytes=-", HTTP_OK, 0, 0},
    {"bytes=5", HTTP_OK, 0, 0},
    {"bytes=a-b", HTTP_OK, 0, 0},
    {"bytes=0-b", HTTP_OK, 0, 0},
    {"bytes=--5", HTTP_OK, 0, 0},
    {"bytes=+1-2", HTTP_OK, 0, 0},
    {"bytes= 0-1", HTTP_OK, 0, 0},
    {"", HTTP_OK, 0, 0},
};

Test(http_conditions, attack_ranges_overlapping_reversed_and_beyond_the_end)
{
	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
		uint64_t first = 0, last = 0;
		struct http_text value = {ranges[i].range, strlen(ranges[i].range)};
		enum http_status status = http_range(value, 10000, &first, &last);
		cr_expect_eq(status, ranges[i].status, "%s: %d", ranges[i].range, status);
		if (status == HTTP_PARTIAL_CONTENT)
			cr_expect(first == ranges[i].first && last == ranges[i].last, "%s", ranges[i].range);
	}
}

Test(http_conditions, ranges_of_nothing)
{
	uint64_t first, last;
	cr_expect_eq(http_range((struct http_text){"bytes=0-", 8}, 0, &first, &last), HTTP_RANGE_NOT_SATISFIABLE);
	cr_expect_eq(http_range((struct http_text){"bytes=-5", 8}, 0, &first, &last), HTTP_OK);
}

Test(http_conditions, gzip_where_it_is_wanted)
{
	static const struct {
		const char *fields;
		bool accepted;
	} cases[] = {
	    {"", false},
	    {"Accept-Encoding:\r\n", false},
	    {"Accept-Encoding: gzip\r\n", true},
	    {"Accept-Encoding: deflate, gzip, br\r\n", true},
	    {"Accept-Encoding: br\r\nAccept-Encoding: x-GZIP\r\n", true},
	    {"Accept-Encoding: *\r\n", true},
	    {"Accept-Encoding: *;q=0\r\n", false},
	    {"Accept-Encoding: gzip;q=0, *\r\n", false},
	    {"Accept-Encoding: *;q=0, gzip\r\n", true},
	    {"Accept-Encoding: gzip;q=0\r\n", false},
	    {"Accept-Encoding: gzip;q=0.000\r\n", false},
	    {"Accept-Encoding: gzip;q=0.001\r\n", true},
	    {"Accept-Encoding: gzip ; Q=0.5\r\n", true},
	    {"Accept-Encoding: gzip;q=1.000, identity;q=0.5\r\n", true},
	    {"Accept-Encoding: gzip;q=0.5, identity\r\n", false},
	    {"Accept-Encoding: gzip;q=0.05, identity;q=0.5\r\n", false},
	    {"Accept-Encoding: gzip;q=2\r\n", false},
	    {"Accept-Encoding: gzip;q=1.5\r\n", false},
	    {"Accept-Encoding: gzip;q=0.1234\r\n", false},
	    {"Accept-Encoding: gzip;level=9\r\n", false},
	    {"Accept-Encoding: gzipped\r\n", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct http_request request = request_with(cases[i].fields);
		cr_expect_eq(http_accepts_gzip(&request), cases[i].accepted, "%s", cases[i].fields);
	}
}
