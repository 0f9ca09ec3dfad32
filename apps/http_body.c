/* SPDX-License-Identifier: MIT
 *
 * Content-Length and chunks: see http_body.h. Data is passed over in one step, framing byte by byte.
 */
#include "apps/http_body.h"

void http_body_begin(struct http_body *body, const struct http_request *request)
{
	static const enum http_body_place places[] = {
	    [HTTP_BODY_NONE] = HTTP_PLACE_END,
	    [HTTP_BODY_LENGTH] = HTTP_PLACE_LENGTH,
	    [HTTP_BODY_CHUNKED] = HTTP_PLACE_SIZE,
	};
	*body = (struct http_body){
	    .place = places[request->framing],
	    .left = request->framing == HTTP_BODY_LENGTH ? request->body_length : 0,
	};
}

static void begin_line(struct http_body *body, enum http_body_place place)
{
	body->place = place;
	body->line = 0;
	body->left = 0;
	body->sized = body->spaced = body->cr = false;
	body->empty_line = true;
}

/* The line's CR LF: *ended tells that this byte was its LF. A CR that no LF follows, an LF without a CR and other
 * control characters but the tab are bad (RFC 9112 2.2). */
static enum http_status take_line_byte(struct http_body *body, char byte, bool *ended)
{
	*ended = body->cr && byte == '\n';
	if (body->cr && !*ended)
		return HTTP_BAD_REQUEST;
	body->cr = byte == '\r';
	if (!*ended && !body->cr && http_is_control(byte) && byte != '\t')
		return HTTP_BAD_REQUEST;
	return HTTP_OK;
}

/* The byte behind the digits: white space, with which only an extension may begin (RFC 9112 7.1.1), an extension, or the end. */
static enum http_status take_byte_after_size(struct http_body *body, char byte)
{
	if (body->line == 1) /* no digit at all */
		return HTTP_BAD_REQUEST;
	if (http_is_one_of(byte, " \t")) {
		body->spaced = true;
		return HTTP_OK;
	}
	body->sized = true;
	return byte == ';' || (byte == '\r' && !body->spaced) ? HTTP_OK : HTTP_BAD_REQUEST;
}

/* One byte of the size itself. 2^60 is more than anybody takes, and leaves room for the shift. */
static enum http_status take_digit(struct http_body *body, char byte)
{
	int digit = http_hex_digit(byte);
	if (digit < 0 || body->spaced)
		return take_byte_after_size(body, byte);
	if (body->left >> 56 != 0)
		return HTTP_CONTENT_TOO_LARGE;
	body->left = body->left << 4 | (unsigned)digit;
	return HTTP_OK;
}

static enum http_status take_size_byte(struct http_body *body, char byte)
{
	bool ended;
	enum http_status status = take_line_byte(body, byte, &ended);
	if (status != HTTP_OK || ++body->line > HTTP_CHUNK_LINE_MAX)
		return HTTP_BAD_REQUEST;
	if (!body->sized && (status = take_digit(body, byte)) != HTTP_OK)
		return status;
	if (!ended)
		return HTTP_OK;
	if (body->left == 0)
		begin_line(body, HTTP_PLACE_TRAILER);
	else
		body->place = HTTP_PLACE_CHUNK;
	return HTTP_OK;
}

static enum http_status take_byte_after_chunk(struct http_body *body, char byte)
{
	bool ended;
	if (byte != (body->cr ? '\n' : '\r'))
		return HTTP_BAD_REQUEST;
	take_line_byte(body, byte, &ended);
	if (ended)
		begin_line(body, HTTP_PLACE_SIZE);
	return HTTP_OK;
}

static enum http_status take_trailer_byte(struct http_body *body, char byte)
{
	bool ended;
	enum http_status status = take_line_byte(body, byte, &ended);
	if (status == HTTP_OK && ++body->line > HTTP_TRAILERS_MAX)
		return HTTP_FIELDS_TOO_LARGE;
	if (ended && body->empty_line)
		body->place = HTTP_PLACE_END;
	body->empty_line = ended || (body->empty_line && body->cr);
	return status;
}

/* Data: as much as there is of it. */
static size_t take_data(struct http_body *body, size_t length)
{
	size_t taken = body->left < length ? (size_t)body->left : length;
	body->left -= taken;
	if (body->left > 0)
		return taken;
	body->cr = false;
	body->place = body->place == HTTP_PLACE_LENGTH ? HTTP_PLACE_END : HTTP_PLACE_AFTER;
	return taken;
}

static size_t take_some(struct http_body *body, const char *bytes, size_t length, enum http_status *status)
{
	switch (body->place) {
	case HTTP_PLACE_LENGTH:
	case HTTP_PLACE_CHUNK:
		return take_data(body, length);
	case HTTP_PLACE_SIZE:
		*status = take_size_byte(body, *bytes);
		return 1;
	case HTTP_PLACE_AFTER:
		*status = take_byte_after_chunk(body, *bytes);
		return 1;
	case HTTP_PLACE_TRAILER:
		*status = take_trailer_byte(body, *bytes);
		return 1;
	case HTTP_PLACE_END:
		break;
	}
	return 0;
}

size_t http_body_take(struct http_body *body, const char *bytes, size_t length, enum http_status *status)
{
	size_t used = 0;
	*status = HTTP_OK;
	while (used < length && body->place != HTTP_PLACE_END && *status == HTTP_OK)
		used += take_some(body, bytes + used, length - used, status);
	body->taken += used;
	if (*status == HTTP_OK && (body->taken > HTTP_BODY_MAX || body->left > HTTP_BODY_MAX))
		*status = HTTP_CONTENT_TOO_LARGE;
	return used;
}
