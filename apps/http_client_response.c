/* SPDX-License-Identifier: MIT
 *
 * Responses; see http_client_response.h.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "apps/http_client_response.h"

static enum http_client_piece http_client_refuse(struct http_client_response *r, enum http_client_error error,
						 const char *why, ...)
{
	va_list arguments;
	va_start(arguments, why);
	vsnprintf(r->why, sizeof r->why, why, arguments);
	va_end(arguments);
	r->error = error;
	return HTTP_CLIENT_BAD;
}

/* What a head says is forgotten with the next one. */
static void http_client_begin_head(struct http_client_response *r)
{
	r->state = HTTP_CLIENT_IN_STATUS;
	r->length = r->range_first = HTTP_CLIENT_UNKNOWN;
	r->location[0] = '\0';
	r->chunked = r->coded = r->said_close = r->said_keep_alive = r->keep_alive = false;
}

void http_client_begin(struct http_client_response *r, bool head_only)
{
	r->status = 0;
	r->http_1_0 = false;
	r->head_only = head_only;
	r->head_bytes = r->kept = 0;
	r->line_is_told = false;
	r->left = 0;
	http_client_begin_head(r);
}

/* ---- lines ---- */

/* Bytes up to the end of a line, which LF alone ends too (RFC 9112 2.2), go into the buffer. MORE, or LINE. */
static enum http_client_piece http_client_collect(struct http_client_response *r, size_t most, const uint8_t *bytes,
						  size_t length, size_t *used)
{
	const uint8_t *end = memchr(bytes, '\n', length);
	*used = end ? (size_t)(end - bytes) + 1 : length;
	if (*used > most - r->kept)
		return http_client_refuse(r, HTTP_CLIENT_RECEIVE, "a line is longer than %zu bytes", most);
	memcpy(r->buffer + r->kept, bytes, *used);
	r->kept += *used;
	r->buffer[r->kept] = '\0';
	r->line = r->buffer;
	r->line_length = r->kept;
	return end ? HTTP_CLIENT_LINE : HTTP_CLIENT_MORE;
}

/* The line in hand without its end, terminated. What was told of it has been taken by now. */
static char *http_client_strip(struct http_client_response *r)
{
	size_t length = r->kept;
	while (length > 0 && (r->buffer[length - 1] == '\n' || r->buffer[length - 1] == '\r'))
		length--;
	r->buffer[length] = '\0';
	r->kept = 0;
	return r->buffer;
}

/* ---- the status line (RFC 9112 4) ---- */

static bool http_client_digits(const char *text, size_t count)
{
	return strspn(text, "0123456789") >= count;
}

static enum http_client_piece http_client_take_status(struct http_client_response *r, const char *line)
{
	if (strncmp(line, "HTTP/", 5) != 0)
		return http_client_refuse(r, HTTP_CLIENT_UNSUPPORTED, "it does not begin as HTTP/1 does");
	if (strncmp(line + 5, "1.", 2) != 0 || !http_client_digits(line + 7, 1) || line[8] != ' ')
		return http_client_refuse(r, HTTP_CLIENT_UNSUPPORTED, "a version that is not HTTP/1");
	line += 9;
	if (!http_client_digits(line, 3) || line[0] == '0' || (line[3] && line[3] != ' '))
		return http_client_refuse(r, HTTP_CLIENT_UNSUPPORTED, "the status is no number of three digits");
	r->http_1_0 = line[-2] == '0';
	r->status = (unsigned)(line[0] - '0') * 100 + (unsigned)(line[1] - '0') * 10 + (unsigned)(line[2] - '0');
	r->state = HTTP_CLIENT_IN_FIELDS;
	return HTTP_CLIENT_MORE;
}

/* ---- fields (RFC 9112 5) ---- */

/* The next element of a list (RFC 9110 5.6.1): its length, with *list behind it; 0: the list has ended. */
static size_t http_client_element(const char **list, const char **element)
{
	*list += strspn(*list, ", \t");
	size_t length = strcspn(*list, ",");
	*element = *list;
	*list += length;
	while (length > 0 && ((*element)[length - 1] == ' ' || (*element)[length - 1] == '\t'))
		length--;
	return length;
}

static bool http_client_is(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && strncasecmp(text, word, length) == 0;
}

/* A decimal number of so many digits. False: it is none. One that does not fit is HTTP_CLIENT_UNKNOWN. */
static bool http_client_number(const char *text, size_t length, uint64_t *number)
{
	*number = 0;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		uint64_t digit = (uint64_t)(text[i] - '0');
		bool over = *number == HTTP_CLIENT_UNKNOWN || *number > (INT64_MAX - digit) / 10;
		*number = over ? HTTP_CLIENT_UNKNOWN : *number * 10 + digit;
	}
	return length > 0;
}

/* RFC 9110 8.6: a list is accepted where all of it says the same. One beyond 2^63 cannot be counted: the body then lasts until the peer
 * closes, as with curl. */
static enum http_client_piece http_client_take_length(struct http_client_response *r, const char *value)
{
	const char *element;
	size_t length, count = 0;
	uint64_t number;
	while ((length = http_client_element(&value, &element)) > 0) {
		if (!http_client_number(element, length, &number))
			return http_client_refuse(r, HTTP_CLIENT_WEIRD, "Content-Length is no number");
		if (r->length != HTTP_CLIENT_UNKNOWN && r->length != number)
			return http_client_refuse(r, HTTP_CLIENT_WEIRD,
						  "there are two Content-Lengths, and they differ");
		r->length = number;
		count++;
	}
	return count ? HTTP_CLIENT_MORE : http_client_refuse(r, HTTP_CLIENT_WEIRD, "Content-Length is no number");
}

static void http_client_take_codings(struct http_client_response *r, const char *value)
{
	const char *element;
	size_t length;
	while ((length = http_client_element(&value, &element)) > 0) {
		if (http_client_is(element, length, "chunked"))
			r->chunked = true;
		else if (!http_client_is(element, length, "identity"))
			r->coded = true;
	}
}

static void http_client_take_connection(struct http_client_response *r, const char *value)
{
	const char *element;
	size_t length;
	while ((length = http_client_element(&value, &element)) > 0) {
		r->said_close |= http_client_is(element, length, "close");
		r->said_keep_alive |= http_client_is(element, length, "keep-alive");
	}
}

/* RFC 9110 14.4: "bytes 100-199/1000" */
static void http_client_take_range(struct http_client_response *r, const char *value)
{
	if (strncasecmp(value, "bytes ", 6) == 0)
		value += 6 + strspn(value + 6, " ");
	size_t digits = strspn(value, "0123456789");
	if (value[digits] != '-' || !http_client_number(value, digits, &r->range_first))
		r->range_first = HTTP_CLIENT_UNKNOWN;
}

static enum http_client_piece http_client_take_value(struct http_client_response *r, const char *name, size_t length,
						     const char *value)
{
	if (http_client_is(name, length, "content-length"))
		return http_client_take_length(r, value);
	if (http_client_is(name, length, "transfer-encoding"))
		http_client_take_codings(r, value);
	else if (http_client_is(name, length, "connection"))
		http_client_take_connection(r, value);
	else if (http_client_is(name, length, "content-range"))
		http_client_take_range(r, value);
	else if (http_client_is(name, length, "location") && !r->location[0] && strlen(value) < sizeof r->location)
		snprintf(r->location, sizeof r->location, "%s", value);
	return HTTP_CLIENT_MORE;
}

static enum http_client_piece http_client_take_field(struct http_client_response *r, char *line)
{
	if (*line == ' ' || *line == '\t') /* the old way to go on with a value (RFC 9112 5.2): none that we need */
		return HTTP_CLIENT_MORE;
	size_t length = strcspn(line, ":");
	if (!line[length])
		return http_client_refuse(r, HTTP_CLIENT_WEIRD, "a header without a colon");
	char *value = line + length + 1 + strspn(line + length + 1, " \t");
	size_t end = strlen(value);
	while (end > 0 && (value[end - 1] == ' ' || value[end - 1] == '\t'))
		value[--end] = '\0';
	return http_client_take_value(r, line, length, value);
}

/* ---- the end of a head, and what follows it ---- */

/* RFC 9112 6.3: how the body ends. */
static void http_client_begin_body(struct http_client_response *r)
{
	bool empty = r->head_only || r->status == 204 || r->status == 304;
	if (empty || (!r->chunked && r->length == 0))
		r->state = HTTP_CLIENT_OVER;
	else if (r->chunked)
		r->state = HTTP_CLIENT_IN_SIZE;
	else
		r->state = r->length == HTTP_CLIENT_UNKNOWN ? HTTP_CLIENT_UNTIL_CLOSE : HTTP_CLIENT_COUNTED;
	r->left = r->state == HTTP_CLIENT_COUNTED ? r->length : 0;
	/* RFC 9112 9.3. With both lengths somebody is not what he seems to be (RFC 9112 6.1): once, and never again. */
	r->keep_alive = !r->said_close && (!r->http_1_0 || r->said_keep_alive) && r->state != HTTP_CLIENT_UNTIL_CLOSE &&
			!(r->chunked && r->length != HTTP_CLIENT_UNKNOWN);
}

static enum http_client_piece http_client_end_head(struct http_client_response *r)
{
	if (r->status == 101)
		return http_client_refuse(r, HTTP_CLIENT_WEIRD, "it changes to a protocol that was not asked for");
	if (r->status < 200) {
		unsigned status = r->status;
		http_client_begin_head(r);
		r->status = status;
		return HTTP_CLIENT_HEAD;
	}
	if (r->coded && !r->head_only)
		return http_client_refuse(r, HTTP_CLIENT_ENCODING, "a transfer coding that is not known here");
	http_client_begin_body(r);
	return HTTP_CLIENT_HEAD;
}

/* A line of a head or of trailers: collected, told, then understood. */
static enum http_client_piece http_client_head(struct http_client_response *r, const uint8_t *bytes, size_t length,
					       size_t *used)
{
	*used = 0;
	if (!r->line_is_told) {
		enum http_client_piece piece = http_client_collect(r, HTTP_CLIENT_LINE_MAX, bytes, length, used);
		r->head_bytes += *used;
		if (r->head_bytes > HTTP_CLIENT_HEAD_MAX)
			return http_client_refuse(r, HTTP_CLIENT_RECEIVE, "a head longer than %d bytes",
						  HTTP_CLIENT_HEAD_MAX);
		if (piece == HTTP_CLIENT_LINE && memchr(r->line, '\0', r->line_length))
			return http_client_refuse(r, HTTP_CLIENT_WEIRD, "a NUL in the head");
		r->line_is_told = piece == HTTP_CLIENT_LINE;
		return piece;
	}
	r->line_is_told = false;
	char *line = http_client_strip(r);
	if (r->state == HTTP_CLIENT_IN_STATUS)
		return http_client_take_status(r, line);
	if (*line)
		return r->state == HTTP_CLIENT_IN_FIELDS ? http_client_take_field(r, line) : HTTP_CLIENT_MORE;
	if (r->state == HTTP_CLIENT_IN_FIELDS)
		return http_client_end_head(r);
	r->state = HTTP_CLIENT_OVER;
	return HTTP_CLIENT_MORE;
}

/* ---- bodies ---- */

/* RFC 9112 7.1: hexadecimal digits, and perhaps extensions, which nobody needs to know. */
static enum http_client_piece http_client_size(struct http_client_response *r, const uint8_t *bytes, size_t length,
					       size_t *used)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	enum http_client_piece piece = http_client_collect(r, HTTP_CLIENT_CHUNK, bytes, length, used);
	if (piece != HTTP_CLIENT_LINE)
		return piece;
	const char *line = http_client_strip(r);
	size_t count = strspn(line, digits);
	if (count == 0 || (line[count] && !strchr("; \t", line[count])))
		return http_client_refuse(r, HTTP_CLIENT_RECEIVE, "the size of a chunk is no hexadecimal number");
	r->left = 0;
	for (size_t i = 0; i < count; i++) {
		if (r->left >> 59)
			return http_client_refuse(r, HTTP_CLIENT_RECEIVE, "the size of a chunk is too large");
		uint64_t digit = (uint64_t)(strchr(digits, line[i]) - digits);
		r->left = r->left * 16 + (digit > 15 ? digit - 6 : digit);
	}
	r->state = r->left > 0 ? HTTP_CLIENT_IN_CHUNK : HTTP_CLIENT_IN_TRAILERS;
	return HTTP_CLIENT_MORE;
}

static enum http_client_piece http_client_after_chunk(struct http_client_response *r, const uint8_t *bytes,
						      size_t length, size_t *used)
{
	enum http_client_piece piece = http_client_collect(r, 2, bytes, length, used);
	if (piece == HTTP_CLIENT_MORE && r->kept == 1 && r->buffer[0] == '\r')
		return HTTP_CLIENT_MORE;
	if (piece != HTTP_CLIENT_LINE || *http_client_strip(r))
		return http_client_refuse(r, HTTP_CLIENT_RECEIVE, "a chunk is longer than its size");
	r->state = HTTP_CLIENT_IN_SIZE;
	return HTTP_CLIENT_MORE;
}

static enum http_client_piece http_client_body(struct http_client_response *r, const uint8_t *bytes, size_t length)
{
	bool counted = r->state != HTTP_CLIENT_UNTIL_CLOSE;
	r->body = bytes;
	r->body_length = counted && r->left < length ? (size_t)r->left : length;
	return HTTP_CLIENT_BODY;
}

void http_client_took(struct http_client_response *r, size_t length)
{
	if (r->state == HTTP_CLIENT_UNTIL_CLOSE)
		return;
	r->left -= length;
	if (r->left == 0)
		r->state = r->state == HTTP_CLIENT_IN_CHUNK ? HTTP_CLIENT_AFTER_CHUNK : HTTP_CLIENT_OVER;
}

/* ---- all of it ---- */

static enum http_client_piece http_client_step(struct http_client_response *r, const uint8_t *bytes, size_t length,
					       size_t *used)
{
	*used = 0;
	switch (r->state) {
	case HTTP_CLIENT_IN_STATUS:
	case HTTP_CLIENT_IN_FIELDS:
	case HTTP_CLIENT_IN_TRAILERS:
		return http_client_head(r, bytes, length, used);
	case HTTP_CLIENT_IN_SIZE:
		return http_client_size(r, bytes, length, used);
	case HTTP_CLIENT_AFTER_CHUNK:
		return http_client_after_chunk(r, bytes, length, used);
	case HTTP_CLIENT_OVER:
		return HTTP_CLIENT_DONE;
	default:
		return http_client_body(r, bytes, length);
	}
}

enum http_client_piece http_client_next(struct http_client_response *r, const uint8_t *bytes, size_t length,
					size_t *used)
{
	size_t all = 0, step;
	enum http_client_piece piece = HTTP_CLIENT_MORE;
	while (piece == HTTP_CLIENT_MORE && (all < length || r->line_is_told || r->state == HTTP_CLIENT_OVER)) {
		piece = http_client_step(r, bytes + all, length - all, &step);
		all += step;
	}
	*used = all;
	return piece;
}

enum http_client_piece http_client_closed(struct http_client_response *r)
{
	switch (r->state) {
	case HTTP_CLIENT_OVER:
	case HTTP_CLIENT_UNTIL_CLOSE:
		return HTTP_CLIENT_DONE;
	case HTTP_CLIENT_IN_STATUS:
		return http_client_refuse(r, HTTP_CLIENT_EMPTY, "an empty reply");
	case HTTP_CLIENT_IN_FIELDS:
		return http_client_refuse(r, HTTP_CLIENT_RECEIVE, "the connection was closed in the midst of the head");
	case HTTP_CLIENT_COUNTED:
		return http_client_refuse(r, HTTP_CLIENT_PARTIAL, "closed with %" PRIu64 " bytes remaining to read",
					  r->left);
	default:
		return http_client_refuse(r, HTTP_CLIENT_PARTIAL, "closed with outstanding chunks to read");
	}
}
