/* SPDX-License-Identifier: MIT
 *
 * The head is read line by line, in order, and each line is judged once it is whole; what concerns several lines (a
 * missing Host, two ways to say how long the content is) is judged at the empty line. So the answer for a head never
 * depends on how much of it was there at earlier calls, and a second call may begin again from the first byte.
 */
#include "apps/http_parse.h"

#include <string.h>

/* What the fields have said so far, beside the request itself. */
struct fields {
	unsigned count;
	bool host;
	bool close;      /* Connection: close */
	bool keep_alive; /* Connection: keep-alive */
	bool content_length;
	bool transfer_encoding;
	bool chunked; /* the last coding of Transfer-Encoding so far */
	bool unknown_coding;
};

static bool is_visible_ascii(char byte)
{
	return byte > 0x20 && byte < 0x7f;
}

/* RFC 3986 3.2.2: unreserved, sub-delims, "%" */
static bool is_name_byte(char byte)
{
	return http_is_digit(byte) || http_is_letter(byte) || http_is_one_of(byte, "-._~!$&'()*+,;=%");
}

static bool is_literal_byte(char byte)
{
	return is_name_byte(byte) || byte == ':';
}

bool http_host_valid(struct http_text host)
{
	bool colon, bracket = host.length > 0 && host.bytes[0] == '[';
	if (bracket) { /* IP-literal */
		host = http_text_skip(host, 1);
		struct http_text literal = http_text_take(&host, ']', &bracket);
		if (!bracket || literal.length == 0 || !http_text_every(literal, is_literal_byte))
			return false;
	}
	struct http_text name = http_text_take(&host, ':', &colon);
	return (bracket ? name.length == 0 : http_text_every(name, is_name_byte)) &&
	       http_text_every(host, http_is_digit);
}

/* ---- lines ---- */

static enum http_parse_result bad(struct http_request *request, enum http_status error)
{
	request->error = error;
	return HTTP_PARSE_BAD;
}

/* Take one line, without its CR LF. A CR that no LF follows, an LF that follows no CR (RFC 9112 2.2 would allow that
 * one) and every other control character but the tab are bad. */
static enum http_parse_result take_line(struct http_text *rest, struct http_text *line, struct http_request *request)
{
	for (size_t i = 0; i < rest->length; i++) {
		if (rest->bytes[i] == '\r') {
			if (i + 1 == rest->length)
				return HTTP_PARSE_MORE;
			if (rest->bytes[i + 1] != '\n')
				return bad(request, HTTP_BAD_REQUEST);
			*line = (struct http_text){rest->bytes, i};
			*rest = http_text_skip(*rest, i + 2);
			return HTTP_PARSE_DONE;
		}
		if (http_is_control(rest->bytes[i]) && rest->bytes[i] != '\t')
			return bad(request, HTTP_BAD_REQUEST);
	}
	return HTTP_PARSE_MORE;
}

/* RFC 9112 2.3: "HTTP/" DIGIT "." DIGIT. Only major version 1 is spoken here. */
static enum http_status parse_version(struct http_text version, struct http_request *request)
{
	if (version.length != 8 || memcmp(version.bytes, "HTTP/", 5) != 0 || version.bytes[6] != '.' ||
	    !http_is_digit(version.bytes[5]) || !http_is_digit(version.bytes[7]))
		return HTTP_BAD_REQUEST;
	request->http_1_0 = version.bytes[7] == '0';
	return version.bytes[5] == '1' ? HTTP_OK : HTTP_VERSION_NOT_SUPPORTED;
}

/* RFC 9112 3: method SP request-target SP HTTP-version, with exactly one space at each place */
static enum http_status parse_request_line(struct http_text line, struct http_request *request)
{
	bool first, second;
	request->line = line;
	struct http_text method = http_text_take(&line, ' ', &first);
	request->target = http_text_take(&line, ' ', &second);
	if (!first || !second || !http_text_is_token(method))
		return HTTP_BAD_REQUEST;
	request->method = method;
	if (request->target.length == 0 || !http_text_every(request->target, is_visible_ascii))
		return HTTP_BAD_REQUEST;
	return parse_version(line, request);
}

/* The request line, after any empty lines that a careless client left behind its last request (RFC 9112 2.2). */
static enum http_parse_result parse_start(struct http_text *rest, struct http_request *request)
{
	struct http_text line = {NULL, 0};
	while (line.length == 0) {
		const size_t most = HTTP_LINE_MAX + 2;
		struct http_text seen = {rest->bytes, rest->length < most ? rest->length : most};
		enum http_parse_result result = take_line(&seen, &line, request);
		if (result == HTTP_PARSE_MORE && seen.length == most)
			return bad(request, HTTP_URI_TOO_LONG);
		if (result != HTTP_PARSE_DONE)
			return result;
		*rest = http_text_skip(*rest, (size_t)(seen.bytes - rest->bytes));
	}
	enum http_status status = parse_request_line(line, request);
	return status == HTTP_OK ? HTTP_PARSE_DONE : bad(request, status);
}

/* ---- fields ---- */

/* RFC 9112 3.2: more than one Host, or one that cannot be a host, is answered with 400. */
static bool parse_host(struct http_text value, struct fields *fields)
{
	if (fields->host)
		return false;
	fields->host = true;
	return http_host_valid(value);
}

/* RFC 9110 7.6.1: a list of options in any case; several fields count as one list. */
static bool parse_connection(struct http_text value, struct fields *fields)
{
	struct http_text option;
	while (http_text_take_member(&value, &option)) {
		if (!http_text_is_token(option))
			return false;
		if (http_text_is_nocase(option, "close"))
			fields->close = true;
		if (http_text_is_nocase(option, "keep-alive"))
			fields->keep_alive = true;
	}
	return true;
}

/* RFC 9110 8.6: one number, which can be counted. Saying it twice may be refused, and is, even with the same number. */
static bool parse_content_length(struct http_text value, struct fields *fields, struct http_request *request)
{
	uint64_t number;
	if (fields->content_length || value.length > 19 || !http_text_number(value, &number))
		return false;
	fields->content_length = true;
	request->body_length = number;
	return true;
}

/* RFC 9112 6.1: a list of codings, of which chunked is known, and only as the last one. */
static bool parse_transfer_encoding(struct http_text value, struct fields *fields)
{
	struct http_text coding;
	fields->transfer_encoding = true;
	while (http_text_take_member(&value, &coding)) {
		if (fields->chunked)
			return false;
		fields->chunked = http_text_is_nocase(coding, "chunked");
		fields->unknown_coding = fields->unknown_coding || !fields->chunked;
	}
	return true;
}

static void parse_expect(struct http_text value, struct http_request *request)
{
	bool known = http_text_is_nocase(value, "100-continue") && request->expect != HTTP_EXPECT_UNKNOWN;
	request->expect = known ? HTTP_EXPECT_CONTINUE : HTTP_EXPECT_UNKNOWN;
}

/* RFC 9112 5: field-name ":" OWS field-value OWS. The name is a token, which refuses white space before the colon (5.1)
 * as well as a folded line (5.2), whose first byte is white space. Fields that mean nothing here are only checked. */
static bool parse_field(struct http_text line, struct fields *fields, struct http_request *request)
{
	bool colon;
	struct http_text name = http_text_take(&line, ':', &colon);
	struct http_text value = http_text_trim(line);
	if (!colon || !http_text_is_token(name))
		return false;
	if (http_text_is_nocase(name, "Host"))
		return parse_host(value, fields);
	if (http_text_is_nocase(name, "Connection"))
		return parse_connection(value, fields);
	if (http_text_is_nocase(name, "Content-Length"))
		return parse_content_length(value, fields, request);
	if (http_text_is_nocase(name, "Transfer-Encoding"))
		return parse_transfer_encoding(value, fields);
	if (http_text_is_nocase(name, "Expect"))
		parse_expect(value, request);
	return true;
}

/* RFC 9112 6.1 and 6.3: how the end of the content is found. Two ways to tell, or one that HTTP/1.0 does not know, are an attempt at
 * smuggling. */
static enum http_status conclude_framing(const struct fields *fields, struct http_request *request)
{
	request->has_length = fields->transfer_encoding || fields->content_length;
	if (fields->transfer_encoding) {
		if (fields->content_length || request->http_1_0 || !fields->chunked)
			return HTTP_BAD_REQUEST;
		if (fields->unknown_coding)
			return HTTP_NOT_IMPLEMENTED;
		request->framing = HTTP_BODY_CHUNKED;
	} else if (request->body_length > 0) {
		request->framing = HTTP_BODY_LENGTH;
	}
	return HTTP_OK;
}

/* The empty line has come: what the fields mean together. */
static enum http_status conclude(const struct fields *fields, struct http_request *request)
{
	/* RFC 9112 3.2: HTTP/1.1 requires a Host. */
	if (!request->http_1_0 && !fields->host)
		return HTTP_BAD_REQUEST;
	/* RFC 9112 9.3: "close" decides first, then the version, then "keep-alive". */
	request->keep_alive = !fields->close && (!request->http_1_0 || fields->keep_alive);
	/* RFC 9110 10.1.1: HTTP/1.0 does not know it, and who sends nothing has nothing to wait for. */
	enum http_status status = conclude_framing(fields, request);
	if (request->expect == HTTP_EXPECT_CONTINUE && (request->http_1_0 || request->framing == HTTP_BODY_NONE))
		request->expect = HTTP_EXPECT_NOTHING;
	return status;
}

static enum http_parse_result parse_fields(struct http_text *rest, struct http_request *request)
{
	struct fields fields = {0};
	request->fields = (struct http_text){rest->bytes, 0};
	for (;;) {
		struct http_text line;
		enum http_parse_result result = take_line(rest, &line, request);
		if (result != HTTP_PARSE_DONE)
			return result;
		if (line.length == 0) {
			enum http_status status = conclude(&fields, request);
			return status == HTTP_OK ? HTTP_PARSE_DONE : bad(request, status);
		}
		if (++fields.count > HTTP_FIELDS_MAX)
			return bad(request, HTTP_FIELDS_TOO_LARGE);
		if (!parse_field(line, &fields, request))
			return bad(request, HTTP_BAD_REQUEST);
		request->fields.length = (size_t)(rest->bytes - request->fields.bytes);
	}
}

enum http_parse_result http_parse(const char *bytes, size_t length, struct http_request *request)
{
	struct http_text rest = {bytes, length < HTTP_HEAD_MAX ? length : HTTP_HEAD_MAX};
	*request = (struct http_request){.error = HTTP_OK};
	if (length == 0)
		return HTTP_PARSE_MORE;
	enum http_parse_result result = parse_start(&rest, request);
	if (result == HTTP_PARSE_DONE)
		result = parse_fields(&rest, request);
	if (result == HTTP_PARSE_MORE && length >= HTTP_HEAD_MAX)
		result = bad(request, HTTP_FIELDS_TOO_LARGE);
	request->length = (size_t)(rest.bytes - bytes);
	return result;
}

/* ---- asking for a field ---- */

bool http_field_next(const struct http_request *request, const char *name, struct http_text *value)
{
	struct http_text rest = request->fields;
	bool found;
	if (value->bytes) { /* the value lies in a line: go on behind it */
		size_t used = (size_t)(value->bytes + value->length - rest.bytes);
		rest = http_text_skip(rest, used);
		http_text_take(&rest, '\n', &found);
	}
	while (rest.length > 0) {
		struct http_text line = http_text_take(&rest, '\n', &found);
		line.length--; /* its CR */
		struct http_text field = http_text_take(&line, ':', &found);
		*value = http_text_trim(line);
		if (http_text_is_nocase(field, name))
			return true;
	}
	return false;
}

bool http_field_only(const struct http_request *request, const char *name, struct http_text *value)
{
	*value = (struct http_text){NULL, 0};
	if (!http_field_next(request, name, value))
		return false;
	struct http_text another = *value;
	return !http_field_next(request, name, &another);
}
