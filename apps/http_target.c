/* SPDX-License-Identifier: MIT
 *
 * Request-targets: see http_target.h.
 */
#include "apps/http_target.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* How many bytes come before the first of these; all of them when there is none. */
static size_t span_until(struct http_text text, const char *stops)
{
	size_t length = 0;
	while (length < text.length && !strchr(stops, text.bytes[length]))
		length++;
	return length;
}

/* Cut "http://host:port" off an absolute-form target. RFC 9110 4.2.1: an empty host is refused; 4.2.4: so is a user
 * name. */
static bool cut_origin(struct http_text *target)
{
	static const char scheme[] = "http://";
	const size_t scheme_length = sizeof scheme - 1;
	if (target->length < scheme_length || strncasecmp(target->bytes, scheme, scheme_length) != 0)
		return false;
	struct http_text rest = http_text_skip(*target, scheme_length);
	struct http_text host = {rest.bytes, span_until(rest, "/?")};
	*target = http_text_skip(rest, host.length);
	return host.length > 0 && host.bytes[0] != ':' && http_host_valid(host);
}

/* The byte that "%XX" stands for, or -1: not two hexadecimal digits, or the zero byte, which would end the path
 * early. */
static int decode_byte(struct http_text text)
{
	if (text.length < 3)
		return -1;
	int high = http_hex_digit(text.bytes[1]), low = http_hex_digit(text.bytes[2]);
	int byte = high * 16 + low;
	return high < 0 || low < 0 || byte == 0 ? -1 : byte;
}

static bool decode(struct http_text text, char *to)
{
	while (text.length > 0) {
		bool encoded = text.bytes[0] == '%';
		int byte = encoded ? decode_byte(text) : text.bytes[0];
		if (byte < 0)
			return false;
		*to++ = (char)byte;
		text = http_text_skip(text, encoded ? 3 : 1);
	}
	*to = '\0';
	return true;
}

bool http_target_path(struct http_text target, char path[HTTP_PATH_MAX])
{
	bool origin_form = target.length > 0 && target.bytes[0] == '/';
	if (!origin_form && !cut_origin(&target))
		return false;
	/* A fragment is never sent (RFC 9112 3.2). */
	if (target.length >= HTTP_PATH_MAX || span_until(target, "#") < target.length)
		return false;
	target.length = span_until(target, "?");
	if (!decode(target, path))
		return false;
	size_t slashes = strspn(path, "/");
	memmove(path, path + slashes, strlen(path + slashes) + 1);
	return true;
}

/* One slash leads, whatever came: "//name/" would be another host (RFC 3986 4.2). */
void http_target_location(struct http_text target, char location[HTTP_LOCATION_MAX])
{
	if (target.bytes[0] != '/')
		cut_origin(&target);
	while (target.length > 0 && target.bytes[0] == '/')
		target = http_text_skip(target, 1);
	size_t path = span_until(target, "?"), query = target.length - path;
	snprintf(location, HTTP_LOCATION_MAX, "/%.*s%s%.*s", (int)path, target.bytes, path > 0 ? "/" : "", (int)query,
		 target.bytes + path);
}
