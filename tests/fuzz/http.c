/* SPDX-License-Identifier: MIT
 *
 * Any bytes as what a client sends to the HTTP server: the first byte says how the rest is cut, then come requests with
 * their content. The parser's answer must not depend on the cut, nor change its mind; what it calls a request is one by
 * a few rules that are easy to check from outside; and all that is derived from it stays within its bounds.
 */
#include <string.h>

#include "apps/http_accept.h"
#include "apps/http_answer.h"
#include "apps/http_body.h"
#include "apps/http_log.h"
#include "apps/http_range.h"
#include "apps/http_target.h"
#include "apps/http_validators.h"
#include "tests/fuzz/fuzz.h"

#define NOW 784111777

static bool is_inside(struct http_text text, const char *bytes, size_t length)
{
	return lies_inside((const uint8_t *)text.bytes, text.length, (const uint8_t *)bytes, length);
}

static bool has_control(struct http_text text)
{
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char)text.bytes[i] < 0x20 && text.bytes[i] != '\t')
			return true;
	return false;
}

/* Every prefix is either open or has the same answer as the whole. */
static void check_prefixes(const char *bytes, size_t length, enum http_parse_result whole, size_t step)
{
	struct http_request request;
	for (size_t some = 0; some < length; some += step) {
		enum http_parse_result result = http_parse(bytes, some, &request);
		must(result == HTTP_PARSE_MORE || result == whole);
	}
}

static void check_request(const struct http_request *request, const char *bytes, size_t length)
{
	must(request->length <= length && request->length <= HTTP_HEAD_MAX);
	must(memcmp(bytes + request->length - 4, "\r\n\r\n", 4) == 0);
	must(is_inside(request->line, bytes, request->length) && request->line.length <= HTTP_LINE_MAX);
	must(is_inside(request->method, bytes, request->length) && request->method.length > 0);
	must(is_inside(request->target, bytes, request->length) && request->target.length > 0);
	must(!has_control(request->line));
	must(request->framing != HTTP_BODY_LENGTH || (request->has_length && request->body_length > 0));
	must(request->framing != HTTP_BODY_CHUNKED || (request->has_length && !request->http_1_0));
	struct http_text host = {NULL, 0};
	must(request->http_1_0 || http_field_next(request, "Host", &host));
	must(!host.bytes || (!has_control(host) && !http_field_next(request, "Host", &host)));
}

static void check_target(const struct http_request *request)
{
	char path[HTTP_PATH_MAX], location[HTTP_LOCATION_MAX];
	if (!http_target_path(request->target, path))
		return;
	must(path[0] != '/' && strlen(path) < request->target.length);
	http_target_location(request->target, location);
	must(location[0] == '/' && location[1] != '/'); /* "//name" would be another host (RFC 3986 4.2) */
}

static void check_fields(const struct http_request *request)
{
	const struct http_validators validators = {.etag = "\"a\"", .modified = NOW - 10};
	struct http_text range;
	uint64_t first = 0, last = 0;
	enum http_status status = http_validators_check(&validators, request, NOW);
	must(status == HTTP_OK || status == HTTP_NOT_MODIFIED || status == HTTP_PRECONDITION_FAILED);
	http_validators_allow_range(&validators, request, NOW);
	http_accepts_gzip(request);
	for (uint64_t length = 0; length < 3000; length += 999)
		if (http_field_only(request, "Range", &range) &&
		    http_range(range, length, &first, &last) == HTTP_PARTIAL_CONTENT)
			must(first <= last && last < length);
}

/* What is written about a request is one line, whatever it was. */
static void check_log(const struct http_request *request)
{
	struct http_buffer line = HTTP_BUFFER(HTTP_LOG_MAX);
	http_log_write(&line, (struct address){{192, 0, 2, 1}}, NOW, request, HTTP_OK, 0);
	must(!line.full && !memchr(line.bytes, '\n', line.length) && !memchr(line.bytes, '\0', line.length));
	http_buffer_free(&line);
}

/* The content ends at the same byte, with the same status, whole or byte by byte; how many bytes it had. */
static size_t check_body(const struct http_request *request, const char *bytes, size_t length)
{
	struct http_body whole, pieces;
	enum http_status status, by_piece = HTTP_OK;
	size_t taken = 0;
	http_body_begin(&whole, request);
	http_body_begin(&pieces, request);
	size_t used = http_body_take(&whole, bytes, length, &status);
	while (taken < length && by_piece == HTTP_OK && pieces.place != HTTP_PLACE_END)
		taken += http_body_take(&pieces, bytes + taken, 1, &by_piece);
	must(used <= length && whole.taken == used);
	must((status == HTTP_OK) == (by_piece == HTTP_OK));
	if (status == HTTP_OK)
		must(used == taken && whole.place == pieces.place);
	return status == HTTP_OK && whole.place == HTTP_PLACE_END ? used : length;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t input_length)
{
	const char *bytes = (const char *)input;
	const char *allow;
	if (input_length == 0)
		return 0;
	size_t step = 1 + input[0] % 64, length = input_length - 1;
	bytes++;
	for (unsigned requests = 0; requests < 8 && length > 0; requests++) {
		struct http_request request;
		enum http_parse_result result = http_parse(bytes, length, &request);
		check_prefixes(bytes, length < 2 * HTTP_HEAD_MAX ? length : 2 * HTTP_HEAD_MAX, result, step);
		check_log(&request);
		must(result != HTTP_PARSE_BAD || request.error >= HTTP_BAD_REQUEST);
		if (result != HTTP_PARSE_DONE)
			return 0;
		check_request(&request, bytes, length);
		check_target(&request);
		check_fields(&request);
		http_answer_admit(&request, &allow);
		size_t body = check_body(&request, bytes + request.length, length - request.length);
		bytes += request.length + body;
		length -= request.length + body;
	}
	return 0;
}
