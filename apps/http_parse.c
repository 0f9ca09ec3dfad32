/* SPDX-License-Identifier: MIT
 *
 * The head is read line by line, in order, and each line is judged once it is whole; what concerns several lines (a
 * missing Host, two ways to say how long the body is) is judged at the empty line. So the answer for a head never
 * depends on how much of it was there at earlier calls, and a second call may begin again from the first byte.
 */
#include "apps/http_parse.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

/* What the fields have said so far, beside the request itself. */
struct fields {
	bool host;
	bool close;      /* Connection: close */
	bool keep_alive; /* Connection: keep-alive */
	bool content_length;
	bool transfer_encoding;
	uint64_t body_length; /* what Content-Length says */
};

bool http_text_is(struct http_text text, const char *word)
{
	return text.length == strlen(word) && memcmp(text.bytes, word, text.length) == 0;
}

bool http_text_is_nocase(struct http_text text, const char *word)
{
	return text.length == strlen(word) && strncasecmp(text.bytes, word, text.length) == 0;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_one_of(char byte, const char *set)
{
	return byte != '\0' && strchr(set, byte);
}

/* RFC 9110 5.6.2: tchar */
static bool is_token_byte(char byte)
{
	return is_digit(byte) || is_letter(byte) || is_one_of(byte, "!#$%&'*+-.^_`|~");
}

static bool is_control(char byte)
{
	return (unsigned char)byte < 0x20 || byte == 0x7f;
}

static bool is_visible_ascii(char byte)
{
	return byte > 0x20 && byte < 0x7f;
}

static bool every_byte(struct http_text text, bool (*holds)(char byte))
{
	for (size_t i = 0; i < text.length; i++)
		if (!holds(text.bytes[i]))
			return false;
	return true;
}

static bool is_token(struct http_text text)
{
	return text.length > 0 && every_byte(text, is_token_byte);
}

/* RFC 3986 3.2.2: unreserved, sub-delims, "%", the brackets of an IP literal, and the colon before a port */
static bool is_host_byte(char byte)
{
	return is_digit(byte) || is_letter(byte) || is_one_of(byte, "-._~!$&'()*+,;=%[]:");
}

bool http_host_valid(struct http_text host)
{
	return every_byte(host, is_host_byte);
}

/* Cut off and return what stands before the first `separator`; without one, everything. *found tells which. */
static struct http_text take_until(struct http_text *rest, char separator, bool *found)
{
	const char *at = memchr(rest->bytes, separator, rest->length);
	struct http_text taken = {rest->bytes, at ? (size_t)(at - rest->bytes) : rest->length};
	size_t used = taken.length + (at ? 1 : 0);
	rest->bytes += used;
	rest->length -= used;
	*found = at != NULL;
	return taken;
}

/* Without the optional white space around it (RFC 9110 5.6.3). */
static struct http_text trim(struct http_text text)
{
	while (text.length > 0 && is_one_of(text.bytes[0], " \t")) {
		text.bytes++;
		text.length--;
	}
	while (text.length > 0 && is_one_of(text.bytes[text.length - 1], " \t"))
		text.length--;
	return text;
}

/* Take one line, without its CR LF. A CR that no LF follows, an LF that follows no CR (RFC 9112 2.2 would allow that
 * one) and every other control character but the tab are bad. */
static enum http_parse_result take_line(struct http_text *rest, struct http_text *line)
{
	for (size_t i = 0; i < rest->length; i++) {
		if (rest->bytes[i] == '\r') {
			if (i + 1 == rest->length)
				return HTTP_PARSE_MORE;
			if (rest->bytes[i + 1] != '\n')
				return HTTP_PARSE_BAD;
			*line = (struct http_text){rest->bytes, i};
			rest->bytes += i + 2;
			rest->length -= i + 2;
			return HTTP_PARSE_DONE;
		}
		if (is_control(rest->bytes[i]) && rest->bytes[i] != '\t')
			return HTTP_PARSE_BAD;
	}
	return HTTP_PARSE_MORE;
}

/* RFC 9112 2.3: "HTTP/" DIGIT "." DIGIT. Only major version 1 is spoken here. */
static bool parse_version(struct http_text version, struct http_request *request)
{
	if (version.length != 8 || memcmp(version.bytes, "HTTP/1.", 7) != 0 || !is_digit(version.bytes[7]))
		return false;
	request->http_1_0 = version.bytes[7] == '0';
	return true;
}

/* RFC 9112 3: method SP request-target SP HTTP-version, with exactly one space at each place */
static bool parse_request_line(struct http_text line, struct http_request *request)
{
	bool first, second;
	request->method = take_until(&line, ' ', &first);
	request->target = take_until(&line, ' ', &second);
	if (!first || !second || !is_token(request->method))
		return false;
	if (request->target.length == 0 || !every_byte(request->target, is_visible_ascii))
		return false;
	return parse_version(line, request);
}

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
	for (bool more = true; more;) {
		struct http_text option = trim(take_until(&value, ',', &more));
		if (option.length > 0 && !is_token(option))
			return false;
		if (http_text_is_nocase(option, "close"))
			fields->close = true;
		if (http_text_is_nocase(option, "keep-alive"))
			fields->keep_alive = true;
	}
	return true;
}

/* RFC 9110 8.6: digits only, no number too large to count; saying it again is allowed only with the same number. */
static bool parse_content_length(struct http_text value, struct fields *fields)
{
	uint64_t number = 0;
	if (value.length == 0 || !every_byte(value, is_digit))
		return false;
	for (size_t i = 0; i < value.length; i++) {
		unsigned digit = (unsigned)(value.bytes[i] - '0');
		if (number > (UINT64_MAX - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	if (fields->content_length && number != fields->body_length)
		return false;
	fields->content_length = true;
	fields->body_length = number;
	return true;
}

/* RFC 9112 5: field-name ":" OWS field-value OWS. The name is a token, which refuses white space before the colon (5.1)
 * as well as a folded line (5.2), whose first byte is white space. Fields that mean nothing to us are only checked. */
static bool parse_field(struct http_text line, struct fields *fields)
{
	bool colon;
	struct http_text name = take_until(&line, ':', &colon);
	struct http_text value = trim(line);
	if (!colon || !is_token(name))
		return false;
	if (http_text_is_nocase(name, "Host"))
		return parse_host(value, fields);
	if (http_text_is_nocase(name, "Connection"))
		return parse_connection(value, fields);
	if (http_text_is_nocase(name, "Content-Length"))
		return parse_content_length(value, fields);
	if (http_text_is_nocase(name, "Transfer-Encoding"))
		fields->transfer_encoding = true;
	return true;
}

/* The empty line has come: what the fields mean together. */
static bool conclude(const struct fields *fields, struct http_request *request)
{
	/* RFC 9112 3.2: HTTP/1.1 requires a Host. */
	if (!request->http_1_0 && !fields->host)
		return false;
	/* RFC 9112 6.1, 6.3: two ways to say where the body ends are an attempt at smuggling. */
	if (fields->transfer_encoding && fields->content_length)
		return false;
	request->has_body = fields->transfer_encoding || fields->body_length > 0;
	/* RFC 9112 9.3: "close" decides first, then the version, then "keep-alive". */
	request->keep_alive = !fields->close && (!request->http_1_0 || fields->keep_alive);
	return true;
}

/* The request line, after any empty lines that a careless client left behind its last request (RFC 9112 2.2). */
static enum http_parse_result parse_start(struct http_text *rest, struct http_request *request)
{
	struct http_text line = {NULL, 0};
	while (line.length == 0) {
		enum http_parse_result result = take_line(rest, &line);
		if (result != HTTP_PARSE_DONE)
			return result;
	}
	return parse_request_line(line, request) ? HTTP_PARSE_DONE : HTTP_PARSE_BAD;
}

static enum http_parse_result parse_fields(struct http_text *rest, struct http_request *request)
{
	struct fields fields = {0};
	for (;;) {
		struct http_text line;
		enum http_parse_result result = take_line(rest, &line);
		if (result != HTTP_PARSE_DONE)
			return result;
		if (line.length == 0)
			return conclude(&fields, request) ? HTTP_PARSE_DONE : HTTP_PARSE_BAD;
		if (!parse_field(line, &fields))
			return HTTP_PARSE_BAD;
	}
}

enum http_parse_result http_parse(const char *bytes, size_t length, struct http_request *request)
{
	struct http_text rest = {bytes, length < HTTP_HEAD_MAX ? length : HTTP_HEAD_MAX};
	enum http_parse_result result = parse_start(&rest, request);
	if (result == HTTP_PARSE_DONE)
		result = parse_fields(&rest, request);
	if (result == HTTP_PARSE_MORE && length >= HTTP_HEAD_MAX)
		return HTTP_PARSE_BAD;
	request->length = (size_t)(rest.bytes - bytes);
	return result;
}
