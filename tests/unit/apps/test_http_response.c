/* SPDX-License-Identifier: MIT
 *
 * Response heads, byte by byte.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "apps/http_response.h"

#define EXAMPLE 784111777 /* RFC 9110 5.6.7: Sun, 06 Nov 1994 08:49:37 GMT */

static const char *print(const struct http_response *response, time_t now)
{
	static char head[HTTP_RESPONSE_ROOM + 1];
	size_t length = http_response_head(response, now, head);
	cr_assert_lt(length, HTTP_RESPONSE_ROOM - 1, "cut off");
	head[length] = '\0';
	return head;
}

Test(http_response, writes_dates)
{
	char date[HTTP_DATE_TEXT];
	cr_expect_str_eq(http_date(EXAMPLE, date), "Sun, 06 Nov 1994 08:49:37 GMT");
	cr_expect_str_eq(http_date(0, date), "Thu, 01 Jan 1970 00:00:00 GMT");
	cr_expect_str_eq(http_date(951782400, date), "Tue, 29 Feb 2000 00:00:00 GMT");
	cr_expect_str_eq(http_date(-1, date), "Thu, 01 Jan 1970 00:00:00 GMT");
	cr_expect_str_eq(http_date((time_t)1 << 60, date), "Fri, 31 Dec 9999 23:59:59 GMT");
}

Test(http_response, says_what_the_content_is)
{
	struct http_response response = {
	    .status = HTTP_OK,
	    .keep_alive = true,
	    .content_type = "text/plain; charset=utf-8",
	    .content_length = 14,
	    .last_modified = 0,
	};
	cr_expect_str_eq(print(&response, EXAMPLE), "HTTP/1.1 200 OK\r\n"
						    "Server: strata\r\n"
						    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
						    "Content-Type: text/plain; charset=utf-8\r\n"
						    "Content-Length: 14\r\n"
						    "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
						    "\r\n");
}

/* RFC 9110 8.8.2.1 */
Test(http_response, never_dates_content_after_itself)
{
	struct http_response response = {.status = HTTP_OK, .content_type = "a/b", .last_modified = EXAMPLE + 1};
	cr_expect(strstr(print(&response, EXAMPLE), "\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
}

/* RFC 9112 9.3, C.2.2 */
Test(http_response, says_whether_it_stays)
{
	struct http_response response = {.status = HTTP_OK, .content_type = "a/b"};
	cr_expect(strstr(print(&response, 0), "\r\nConnection: close\r\n"));
	response.http_1_0 = true;
	cr_expect(strstr(print(&response, 0), "\r\nConnection: close\r\n"));
	response.keep_alive = true;
	cr_expect(strstr(print(&response, 0), "\r\nConnection: keep-alive\r\n"));
	response.http_1_0 = false;
	cr_expect_null(strstr(print(&response, 0), "Connection:"));
}

Test(http_response, brings_a_page_with_an_error)
{
	static const struct {
		enum http_status status;
		const char *line;
	} errors[] = {
	    {HTTP_MOVED_PERMANENTLY, "HTTP/1.1 301 Moved Permanently\r\n"},
	    {HTTP_BAD_REQUEST, "HTTP/1.1 400 Bad Request\r\n"},
	    {HTTP_NOT_FOUND, "HTTP/1.1 404 Not Found\r\n"},
	    {HTTP_METHOD_NOT_ALLOWED, "HTTP/1.1 405 Method Not Allowed\r\n"},
	    {HTTP_INTERNAL_SERVER_ERROR, "HTTP/1.1 500 Internal Server Error\r\n"},
	};
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		struct http_response response = {.status = errors[i].status, .location = "/sub/"};
		const char *head = print(&response, EXAMPLE);
		cr_expect_eq(strncmp(head, errors[i].line, strlen(errors[i].line)), 0, "%s", head);
		/* RFC 9110 15.5.6: Allow, with 405 and only there */
		bool allow = strstr(head, "\r\nAllow: GET, HEAD\r\n") != NULL;
		cr_expect_eq(allow, errors[i].status == HTTP_METHOD_NOT_ALLOWED, "%s", head);
		/* RFC 9110 15.4.2: Location, with 301 and only there */
		bool location = strstr(head, "\r\nLocation: /sub/\r\n") != NULL;
		cr_expect_eq(location, errors[i].status == HTTP_MOVED_PERMANENTLY, "%s", head);
		cr_expect(strstr(head, "\r\nContent-Type: text/html; charset=utf-8\r\n"));
		const char *body = strstr(head, "\r\n\r\n");
		cr_assert(body);
		char expected[64];
		snprintf(expected, sizeof expected, "\r\nContent-Length: %zu\r\n", strlen(body + 4));
		cr_expect(strstr(head, expected), "%s", head);
		cr_expect_eq(strncmp(body + 4, "<!doctype html>", 15), 0);
	}
}

/* RFC 9110 9.3.2: HEAD's answer is GET's without what follows the head. */
Test(http_response, leaves_the_page_out_for_head)
{
	struct http_response response = {.status = HTTP_NOT_FOUND};
	char whole[HTTP_RESPONSE_ROOM + 1];
	snprintf(whole, sizeof whole, "%s", print(&response, EXAMPLE));
	response.head_only = true;
	const char *head = print(&response, EXAMPLE);
	cr_expect_lt(strlen(head), strlen(whole));
	cr_expect_eq(strncmp(head, whole, strlen(head)), 0);
	cr_expect_str_eq(head + strlen(head) - 4, "\r\n\r\n");
}

Test(http_response, fits_its_longest_answer)
{
	char longest[HTTP_HEAD_MAX + 1];
	memset(longest, 'a', HTTP_HEAD_MAX);
	longest[HTTP_HEAD_MAX] = '\0';
	struct http_response moved = {.status = HTTP_MOVED_PERMANENTLY, .location = longest};
	cr_expect(strstr(print(&moved, EXAMPLE), "slash.</p>\n"));
	struct http_response response = {
	    .status = HTTP_OK,
	    .keep_alive = true,
	    .http_1_0 = true,
	    .content_type = "text/javascript; charset=utf-8",
	    .content_length = UINT64_MAX,
	};
	cr_expect(strstr(print(&response, EXAMPLE), "\r\nContent-Length: 18446744073709551615\r\n"));
}
