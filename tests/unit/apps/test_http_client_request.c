/* SPDX-License-Identifier: MIT
 *
 * The heads of requests, as curl 7.88 has them but for the name of the user agent.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "apps/http_client_request.h"

static struct url url;

static void begin(void)
{
	cr_assert_eq(url_parse("http://www.example:8080/a?b", &url), URL_GOOD);
}

TestSuite(http_client_request, .init = begin);

static void writes(const struct http_client_request *request, const char *expected)
{
	char *head = http_client_request_head(request);
	cr_assert_str_eq(head, expected);
	free(head);
}

Test(http_client_request, get)
{
	struct http_client_request request = {.method = "GET", .url = &url};
	writes(&request,
	       "GET /a?b HTTP/1.1\r\nHost: www.example:8080\r\nUser-Agent: strata/0.1.0\r\nAccept: */*\r\n\r\n");
	url_parse("http://www.example/", &url);
	request.http_1_0 = true;
	request.range = "bytes=3-";
	writes(&request, "GET / HTTP/1.0\r\nHost: www.example\r\nRange: bytes=3-\r\nUser-Agent: "
			 "strata/0.1.0\r\nAccept: */*\r\n\r\n");
}

Test(http_client_request, data)
{
	const struct http_client_request request = {.method = "PUT", .url = &url, .has_data = true, .data_length = 7};
	writes(&request, "PUT /a?b HTTP/1.1\r\nHost: www.example:8080\r\nUser-Agent: strata/0.1.0\r\nAccept: */*\r\n"
			 "Content-Length: 7\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n");
}

Test(http_client_request, headers_of_the_user)
{
	static const char *const headers[] = {"host: other", "User-Agent:", "Accept;", "X-Own: 1"};
	const struct http_client_request request = {
	    .method = "GET", .url = &url, .headers = headers, .header_count = 4};
	writes(&request, "GET /a?b HTTP/1.1\r\nhost: other\r\nAccept:\r\nX-Own: 1\r\n\r\n");
}

/* What was meant for one server is not sent to another that it redirects to. */
Test(http_client_request, attack_a_redirect_gets_no_secrets)
{
	static const char *const headers[] = {"Host: other", "authorization: Basic eA==", "Cookie: a", "X-Own: 1"};
	const struct http_client_request request = {
	    .method = "GET", .url = &url, .headers = headers, .header_count = 4, .elsewhere = true};
	writes(&request, "GET /a?b HTTP/1.1\r\nHost: www.example:8080\r\nUser-Agent: strata/0.1.0\r\nAccept: "
			 "*/*\r\nX-Own: 1\r\n\r\n");
}

Test(http_client_request, attack_what_is_no_header)
{
	cr_assert(http_client_is_header("A: b"));
	cr_assert(http_client_is_header("A:"));
	cr_assert(http_client_is_header("A;"));
	cr_assert_not(http_client_is_header("A"));
	cr_assert_not(http_client_is_header(": b"));
	cr_assert_not(http_client_is_header("A b: c"));
	cr_assert_not(http_client_is_header("A;b"));
	cr_assert_not(http_client_is_header("A: b\r\nC: d"));
	cr_assert(http_client_is_method("PUT"));
	cr_assert_not(http_client_is_method(""));
	cr_assert_not(http_client_is_method("GET /"));
	cr_assert_not(http_client_is_method("GET\r\n"));
}
