/* SPDX-License-Identifier: MIT
 *
 * Response heads and error pages: see http_response.h.
 */
#include "apps/http_response.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct status_text {
	enum http_status status;
	const char *reason;
	const char *sentence; /* for the page; NULL: it has none */
};

static const struct status_text *status_text(enum http_status status)
{
	static const struct status_text texts[] = {
	    {HTTP_OK, "OK", NULL},
	    {HTTP_MOVED_PERMANENTLY, "Moved Permanently", "This is a directory, whose address ends in a slash."},
	    {HTTP_BAD_REQUEST, "Bad Request", "This is not a request that this server can read."},
	    {HTTP_NOT_FOUND, "Not Found", "There is nothing here under this name."},
	    {HTTP_METHOD_NOT_ALLOWED, "Method Not Allowed", "Only GET and HEAD are answered here."},
	    {HTTP_INTERNAL_SERVER_ERROR, "Internal Server Error",
	     "The server cannot read this just now; try again later."},
	};
	size_t i = sizeof texts / sizeof texts[0] - 1;
	while (i > 0 && texts[i].status != status)
		i--;
	return &texts[i];
}

char *http_date(time_t time, char text[HTTP_DATE_TEXT])
{
	/* Not strftime(): these names are English whatever the locale. */
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const time_t end_of_9999 = 253402300799;
	struct tm tm;
	time = time < 0 ? 0 : time > end_of_9999 ? end_of_9999 : time;
	gmtime_r(&time, &tm);
	snprintf(text, HTTP_DATE_TEXT, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT", days + 3 * tm.tm_wday,
		 (unsigned)tm.tm_mday % 100, months + 3 * tm.tm_mon, (unsigned)(tm.tm_year + 1900) % 10000,
		 (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
	return text;
}

/* Text that grows inside a HTTP_RESPONSE_ROOM. */
struct text {
	char *bytes;
	size_t length;
};

__attribute__((format(printf, 2, 3))) static void text_add(struct text *text, const char *format, ...)
{
	size_t room = HTTP_RESPONSE_ROOM - text->length;
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(text->bytes + text->length, room, format, arguments);
	va_end(arguments);
	text->length += length < 0 ? 0 : (size_t)length < room ? (size_t)length : room - 1;
}

static void add_page(struct text *text, const struct status_text *what)
{
	text_add(text,
		 "<!doctype html>\n<html lang=\"en\"><meta name=\"viewport\" content=\"width=device-width\">"
		 "<title>%d %s</title>\n<h1>%d %s</h1>\n<p>%s</p>\n",
		 what->status, what->reason, what->status, what->reason, what->sentence);
}

/* RFC 9110 8.8.2.1: a Last-Modified never lies after the Date beside it. */
static void add_content_fields(struct text *text, const struct http_response *response, time_t now)
{
	char date[HTTP_DATE_TEXT];
	time_t modified = response->last_modified < now ? response->last_modified : now;
	text_add(text, "Content-Type: %s\r\nContent-Length: %" PRIu64 "\r\nLast-Modified: %s\r\n",
		 response->content_type, response->content_length, http_date(modified, date));
}

/* RFC 9112 9.3, C.2.2: said wherever it differs from what the client's version takes for granted. */
static void add_connection_field(struct text *text, const struct http_response *response)
{
	if (!response->keep_alive)
		text_add(text, "Connection: close\r\n");
	else if (response->http_1_0)
		text_add(text, "Connection: keep-alive\r\n");
}

size_t http_response_head(const struct http_response *response, time_t now, char to[HTTP_RESPONSE_ROOM])
{
	const struct status_text *what = status_text(response->status);
	char date[HTTP_DATE_TEXT], page_bytes[HTTP_RESPONSE_ROOM];
	struct text text = {to, 0}, page = {page_bytes, 0};
	text_add(&text, "HTTP/1.1 %d %s\r\nServer: strata\r\nDate: %s\r\n", what->status, what->reason,
		 http_date(now, date));
	if (what->status == HTTP_METHOD_NOT_ALLOWED)
		text_add(&text, "Allow: GET, HEAD\r\n"); /* RFC 9110 15.5.6 */
	if (what->status == HTTP_MOVED_PERMANENTLY)
		text_add(&text, "Location: %s\r\n", response->location); /* RFC 9110 15.4.2 */
	if (what->sentence) {
		add_page(&page, what);
		text_add(&text, "Content-Type: text/html; charset=utf-8\r\nContent-Length: %zu\r\n", page.length);
	} else {
		add_content_fields(&text, response, now);
	}
	add_connection_field(&text, response);
	text_add(&text, "\r\n");
	if (!response->head_only)
		text_add(&text, "%.*s", (int)page.length, page.bytes);
	return text.length;
}
