/* SPDX-License-Identifier: MIT
 *
 * Response heads and error pages: see http_response.h.
 */
#include "apps/http_response.h"

#include <inttypes.h>
#include <stdlib.h>

#include "apps/http_date.h"
#include "apps/http_style.h"

#define PAGE_MAX 4096

void http_response_refuse(struct http_response *response, enum http_status status)
{
	struct http_buffer page = HTTP_BUFFER(PAGE_MAX);
	const char *reason = http_status_reason(status), *sentence = http_status_sentence(status);
	http_response_release(response);
	response->status = status;
	if (!*sentence)
		return;
	http_buffer_print(&page, "%s<title>%d %s</title>\n<h1>%d %s</h1>\n<p>%s</p>\n</html>\n", HTTP_STYLE_HEAD,
			  status, reason, status, reason, sentence);
	response->content = http_content_buffer("text/html; charset=utf-8", &page);
}

/* RFC 9110 8.8.2.1: a Last-Modified never lies after the Date beside it. With 304 it goes without saying where there is a
 * tag (RFC 9110 15.4.5). */
static void add_validators(struct http_buffer *to, const struct http_response *response, time_t now)
{
	const struct http_validators *validators = &response->content.validators;
	char date[HTTP_DATE_TEXT];
	time_t modified = validators->modified < now ? validators->modified : now;
	if (!*validators->etag) { /* made for this request alone */
		http_buffer_print(to, "Cache-Control: no-store\r\n");
		return;
	}
	if (response->status != HTTP_NOT_MODIFIED)
		http_buffer_print(to, "Last-Modified: %s\r\n", http_date(modified, date));
	http_buffer_print(to, "ETag: %s\r\n", validators->etag);
	if (response->content.varies)
		http_buffer_print(to, "Vary: Accept-Encoding\r\n");
}

/* RFC 9110 15.5.17: where it ends, for whom the range lay beyond. */
static void add_range(struct http_buffer *to, const struct http_response *response)
{
	const struct http_content *content = &response->content;
	if (response->status == HTTP_PARTIAL_CONTENT)
		http_buffer_print(to, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n", content->at,
				  content->end - 1, content->length);
	if (response->status == HTTP_RANGE_NOT_SATISFIABLE)
		http_buffer_print(to, "Content-Range: bytes */%" PRIu64 "\r\n", response->whole_length);
	if (content->ranges)
		http_buffer_print(to, "Accept-Ranges: bytes\r\n");
}

/* RFC 9110 8.6: neither 204 nor 304 tell a length of theirs. */
static void add_content(struct http_buffer *to, const struct http_response *response, time_t now)
{
	const struct http_content *content = &response->content;
	if (response->status != HTTP_NOT_MODIFIED && response->status != HTTP_NO_CONTENT) {
		if (content->type)
			http_buffer_print(to, "Content-Type: %s\r\nX-Content-Type-Options: nosniff\r\n", content->type);
		http_buffer_print(to, "Content-Length: %" PRIu64 "\r\n", content->end - content->at);
		if (content->gzip)
			http_buffer_print(to, "Content-Encoding: gzip\r\n");
		add_range(to, response);
	}
	if (content->type && response->status < HTTP_BAD_REQUEST)
		add_validators(to, response, now);
}

/* RFC 9112 9.3, RFC 9110 7.6.1: the option keep-alive also stands for the field Keep-Alive beside it. */
static void add_connection(struct http_buffer *to, const struct http_response *response)
{
	if (!response->keep_alive) {
		http_buffer_print(to, "Connection: close\r\n");
		return;
	}
	http_buffer_print(to, "Connection: keep-alive\r\nKeep-Alive: timeout=%u", response->idle_seconds);
	if (response->requests_most > 0)
		http_buffer_print(to, ", max=%u", response->requests_most);
	http_buffer_print(to, "\r\n");
}

void http_response_head(const struct http_response *response, time_t now, struct http_buffer *to)
{
	char date[HTTP_DATE_TEXT];
	http_buffer_print(to, "HTTP/1.1 %d %s\r\nServer: strata\r\nDate: %s\r\n", response->status,
			  http_status_reason(response->status), http_date(now, date));
	if (response->allow)
		http_buffer_print(to, "Allow: %s\r\n", response->allow);
	if (response->location)
		http_buffer_print(to, "Location: %s\r\n", response->location);
	if (response->status == HTTP_SERVICE_UNAVAILABLE)
		http_buffer_print(to, "Retry-After: 1\r\n");
	add_content(to, response, now);
	add_connection(to, response);
	http_buffer_print(to, "\r\n");
}

void http_response_release(struct http_response *response)
{
	http_content_close(&response->content);
	response->content = HTTP_CONTENT_NONE;
	free(response->location);
	response->location = NULL;
}
