/* SPDX-License-Identifier: MIT
 *
 * Response heads, byte by byte, the pages of errors, and the lines of the log.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "apps/http_log.h"
#include "apps/http_response.h"

#define EXAMPLE 784111777 /* RFC 9110 5.6.7: Sun, 06 Nov 1994 08:49:37 GMT */

static const char *print(const struct http_response *response)
{
	static char head[HTTP_RESPONSE_MAX + 1];
	struct http_buffer buffer = HTTP_BUFFER(HTTP_RESPONSE_MAX);
	http_response_head(response, EXAMPLE, &buffer);
	cr_assert_not(buffer.full, "cut off");
	snprintf(head, sizeof head, "%.*s", (int)buffer.length, buffer.bytes);
	http_buffer_free(&buffer);
	return head;
}

static struct http_response file_response(enum http_status status)
{
	return (struct http_response){
	    .status = status,
	    .keep_alive = true,
	    .idle_seconds = 5,
	    .requests_most = 100,
	    .content = {.type = "text/plain; charset=utf-8",
			.length = 14,
			.end = 14,
			.validators = {.etag = "\"a-b\"", .modified = 0},
			.ranges = true,
			.descriptor = -1},
	};
}

static bool has(const char *head, const char *line)
{
	char whole[128];
	snprintf(whole, sizeof whole, "\r\n%s\r\n", line);
	return strstr(head, whole);
}

Test(http_response, says_what_the_content_is)
{
	struct http_response response = file_response(HTTP_OK);
	cr_expect_str_eq(print(&response), "HTTP/1.1 200 OK\r\n"
					   "Server: strata\r\n"
					   "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
					   "Content-Type: text/plain; charset=utf-8\r\n"
					   "X-Content-Type-Options: nosniff\r\n"
					   "Content-Length: 14\r\n"
					   "Accept-Ranges: bytes\r\n"
					   "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
					   "ETag: \"a-b\"\r\n"
					   "Connection: keep-alive\r\n"
					   "Keep-Alive: timeout=5, max=100\r\n"
					   "\r\n");
}

/* RFC 9110 8.8.2.1 */
Test(http_response, never_dates_content_after_itself)
{
	struct http_response response = file_response(HTTP_OK);
	response.content.validators.modified = EXAMPLE + 1;
	cr_expect(has(print(&response), "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"));
}

Test(http_response, says_which_part)
{
	struct http_response response = file_response(HTTP_PARTIAL_CONTENT);
	response.content.at = 3;
	response.content.end = 6;
	cr_expect(has(print(&response), "Content-Range: bytes 3-5/14"));
	cr_expect(has(print(&response), "Content-Length: 3"));
}

/* RFC 9110 15.4.5: what a cache updates itself by, and no length that would be another's */
Test(http_response, not_modified_is_short)
{
	struct http_response response = file_response(HTTP_NOT_MODIFIED);
	response.content.varies = true;
	cr_expect_str_eq(print(&response), "HTTP/1.1 304 Not Modified\r\n"
					   "Server: strata\r\n"
					   "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
					   "ETag: \"a-b\"\r\n"
					   "Vary: Accept-Encoding\r\n"
					   "Connection: keep-alive\r\n"
					   "Keep-Alive: timeout=5, max=100\r\n"
					   "\r\n");
}

Test(http_response, says_how_it_is_encoded)
{
	struct http_response response = file_response(HTTP_OK);
	cr_expect_null(strstr(print(&response), "Vary"));
	cr_expect_null(strstr(print(&response), "Content-Encoding"));
	response.content.varies = response.content.gzip = true;
	cr_expect(has(print(&response), "Vary: Accept-Encoding"));
	cr_expect(has(print(&response), "Content-Encoding: gzip"));
}

/* RFC 9112 9.3 */
Test(http_response, says_whether_and_how_long_it_stays)
{
	struct http_response response = file_response(HTTP_OK);
	response.requests_most = 0;
	cr_expect(has(print(&response), "Keep-Alive: timeout=5"));
	response.keep_alive = false;
	cr_expect(has(print(&response), "Connection: close"));
	cr_expect_null(strstr(print(&response), "eep-"));
}

Test(http_response, made_for_one_request_is_not_stored)
{
	struct http_response response = file_response(HTTP_OK);
	response.content.validators.etag[0] = '\0';
	cr_expect(has(print(&response), "Cache-Control: no-store"));
	cr_expect_null(strstr(print(&response), "ETag"));
	cr_expect_null(strstr(print(&response), "Last-Modified"));
}

/* RFC 9110 8.6: no length with 204 */
Test(http_response, no_content)
{
	struct http_response response = {.status = HTTP_NO_CONTENT, .allow = "GET", .content = HTTP_CONTENT_NONE};
	cr_expect_str_eq(print(&response), "HTTP/1.1 204 No Content\r\n"
					   "Server: strata\r\n"
					   "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
					   "Allow: GET\r\n"
					   "Connection: close\r\n"
					   "\r\n");
}

static const struct {
	enum http_status status;
	const char *line, *page;
} errors[] = {
    {HTTP_MOVED_PERMANENTLY, "HTTP/1.1 301 Moved Permanently\r\n", "slash"},
    {HTTP_BAD_REQUEST, "HTTP/1.1 400 Bad Request\r\n", "RFC 9112"},
    {HTTP_FORBIDDEN, "HTTP/1.1 403 Forbidden\r\n", "inside the served directory"},
    {HTTP_NOT_FOUND, "HTTP/1.1 404 Not Found\r\n", "nothing here"},
    {HTTP_METHOD_NOT_ALLOWED, "HTTP/1.1 405 Method Not Allowed\r\n", "Allow"},
    {HTTP_REQUEST_TIMEOUT, "HTTP/1.1 408 Request Timeout\r\n", "in time"},
    {HTTP_LENGTH_REQUIRED, "HTTP/1.1 411 Length Required\r\n", "Content-Length"},
    {HTTP_PRECONDITION_FAILED, "HTTP/1.1 412 Precondition Failed\r\n", "If-Match"},
    {HTTP_CONTENT_TOO_LARGE, "HTTP/1.1 413 Content Too Large\r\n", "1 MiB"},
    {HTTP_URI_TOO_LONG, "HTTP/1.1 414 URI Too Long\r\n", "8192"},
    {HTTP_RANGE_NOT_SATISFIABLE, "HTTP/1.1 416 Range Not Satisfiable\r\n", "end"},
    {HTTP_EXPECTATION_FAILED, "HTTP/1.1 417 Expectation Failed\r\n", "100-continue"},
    {HTTP_FIELDS_TOO_LARGE, "HTTP/1.1 431 Request Header Fields Too Large\r\n", "16384"},
    {HTTP_INTERNAL_SERVER_ERROR, "HTTP/1.1 500 Internal Server Error\r\n", "disk"},
    {HTTP_NOT_IMPLEMENTED, "HTTP/1.1 501 Not Implemented\r\n", "unknown"},
    {HTTP_SERVICE_UNAVAILABLE, "HTTP/1.1 503 Service Unavailable\r\n", "try again"},
    {HTTP_VERSION_NOT_SUPPORTED, "HTTP/1.1 505 HTTP Version Not Supported\r\n", "HTTP/1.1"},
};

Test(http_response, brings_a_page_with_each_error)
{
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		struct http_response response = file_response(HTTP_OK);
		char page[4096] = "", length[64];
		http_response_refuse(&response, errors[i].status);
		const char *head = print(&response);
		cr_expect_eq(strncmp(head, errors[i].line, strlen(errors[i].line)), 0, "%s", head);
		cr_expect(has(head, "Content-Type: text/html; charset=utf-8"));
		cr_expect_null(strstr(head, "ETag"));
		bool later = strstr(head, "\r\nRetry-After: 1\r\n");
		cr_expect_eq(later, errors[i].status == HTTP_SERVICE_UNAVAILABLE);
		cr_expect_gt(http_content_read(&response.content, (uint8_t *)page, sizeof page - 1), 0);
		snprintf(length, sizeof length, "Content-Length: %zu", strlen(page));
		cr_expect(has(head, length), "%s", head);
		cr_expect_eq(strncmp(page, "<!doctype html>", 15), 0);
		cr_expect(strstr(page, errors[i].page), "%s", page);
		http_response_release(&response);
		http_response_release(&response);
	}
}

/* RFC 9110 15.5.17, 15.5.6, 15.4.2 */
Test(http_response, some_errors_say_more)
{
	struct http_response response = {.status = HTTP_OK, .content = HTTP_CONTENT_NONE, .whole_length = 1234};
	http_response_refuse(&response, HTTP_RANGE_NOT_SATISFIABLE);
	cr_expect(has(print(&response), "Content-Range: bytes */1234"));
	http_response_refuse(&response, HTTP_METHOD_NOT_ALLOWED);
	cr_expect_null(strstr(print(&response), "Content-Range"));
	response.allow = "GET, HEAD";
	cr_expect(has(print(&response), "Allow: GET, HEAD"));
	http_response_refuse(&response, HTTP_MOVED_PERMANENTLY);
	response.location = strdup("/sub/");
	cr_expect(has(print(&response), "Location: /sub/"));
	http_response_release(&response);
}

Test(http_response, has_room_for_its_longest_head)
{
	struct http_response response = {.status = HTTP_OK, .content = HTTP_CONTENT_NONE};
	char longest[HTTP_LINE_MAX + 1];
	memset(longest, 'a', HTTP_LINE_MAX);
	longest[HTTP_LINE_MAX] = '\0';
	http_response_refuse(&response, HTTP_MOVED_PERMANENTLY);
	response.location = strdup(longest);
	cr_expect(strstr(print(&response), "\r\n\r\n"));
	http_response_release(&response);
}

/* ---- the log ---- */

static void expect_line(const char *head, const char *expected)
{
	struct http_buffer line = HTTP_BUFFER(HTTP_LOG_MAX);
	struct http_request request;
	http_parse(head, strlen(head), &request);
	http_log_write(&line, (struct address){{192, 0, 2, 1}}, EXAMPLE, &request, HTTP_OK, 14);
	http_buffer_add(&line, "", 1);
	cr_expect_str_eq(line.bytes, expected);
	http_buffer_free(&line);
}

Test(http_log, writes_the_combined_format)
{
	expect_line(
	    "GET /a?b HTTP/1.1\r\nHost: a\r\nReferer: http://b/\r\nUser-Agent: c/1 (d)\r\n\r\n",
	    "192.0.2.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /a?b HTTP/1.1\" 200 14 \"http://b/\" \"c/1 (d)\"");
	expect_line("GET / HTTP/1.0\r\n\r\n",
		    "192.0.2.1 - - [06/Nov/1994:08:49:37 +0000] \"GET / HTTP/1.0\" 200 14 \"-\" \"-\"");
	expect_line("", "192.0.2.1 - - [06/Nov/1994:08:49:37 +0000] \"-\" 200 14 \"-\" \"-\"");
}

Test(http_log, attack_lines_of_the_clients_own)
{
	expect_line("GET /\"x\\ HTTP/1.0\r\nUser-Agent: a\" \xff\x1b\t\r\n\r\n",
		    "192.0.2.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /\\x22x\\x5c HTTP/1.0\" 200 14 \"-\" \"-\"");
	expect_line(
	    "GET / HTTP/1.0\r\nUser-Agent: a\" \xff\tb\r\n\r\n",
	    "192.0.2.1 - - [06/Nov/1994:08:49:37 +0000] \"GET / HTTP/1.0\" 200 14 \"-\" \"a\\x22 \\xff\\x09b\"");
}
