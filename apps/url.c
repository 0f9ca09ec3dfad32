/* SPDX-License-Identifier: MIT
 *
 * URLs; see url.h.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "apps/url.h"

#define HTTP_PORT 80

/* A reference in its parts (RFC 3986 appendix B): each points into the text; NULL where it is not there. The fragment is left
 * out. */
struct url_parts {
	const char *scheme, *authority, *path, *query;
	size_t scheme_length, authority_length, path_length, query_length;
};

static bool url_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool url_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 3986 3.1: how long the scheme is that the text begins with, or 0. */
static size_t url_scheme_length(const char *text)
{
	size_t length = 0;
	if (!url_is_alpha(*text))
		return 0;
	while (url_is_alpha(text[length]) || url_is_digit(text[length]) ||
	       (text[length] && strchr("+-.", text[length])))
		length++;
	return text[length] == ':' ? length : 0;
}

static void url_split(const char *text, struct url_parts *parts)
{
	*parts = (struct url_parts){0};
	parts->scheme_length = url_scheme_length(text);
	if (parts->scheme_length > 0) {
		parts->scheme = text;
		text += parts->scheme_length + 1;
	}
	if (strncmp(text, "//", 2) == 0) {
		parts->authority = text + 2;
		parts->authority_length = strcspn(text + 2, "/?#");
		text += 2 + parts->authority_length;
	}
	parts->path = text;
	parts->path_length = strcspn(text, "?#");
	text += parts->path_length;
	if (*text == '?') {
		parts->query = text + 1;
		parts->query_length = strcspn(text + 1, "#");
	}
}

/* ---- authority ---- */

/* RFC 3986 3.2.3: digits, or nothing. */
static bool url_take_port(const char *text, size_t length, uint16_t *port)
{
	unsigned number = 0;
	for (size_t i = 0; i < length; i++) {
		if (!url_is_digit(text[i]) || number > 6553)
			return false;
		number = number * 10 + (unsigned)(text[i] - '0');
	}
	*port = (uint16_t)(length > 0 ? number : HTTP_PORT);
	return length == 0 || (number > 0 && number <= UINT16_MAX);
}

/* How long the host is that the authority begins with, or 0: none that can be. */
static size_t url_host_length(const char *text, size_t length)
{
	size_t host = 0;
	if (length > 0 && text[0] == '[') {
		const char *end = memchr(text, ']', length);
		host = end ? (size_t)(end - text) + 1 : 0;
		return host > 2 && strspn(text + 1, "0123456789abcdefABCDEF:.") == host - 2 ? host : 0;
	}
	while (host < length && (url_is_alpha(text[host]) || url_is_digit(text[host]) || strchr("-._~", text[host])))
		host++;
	return host;
}

static bool url_take_authority(const char *text, size_t length, struct url *url)
{
	size_t host = url_host_length(text, length);
	if (host == 0 || host >= sizeof url->host || (host < length && text[host] != ':'))
		return false;
	memcpy(url->host, text, host);
	url->host[host] = '\0';
	url->port = HTTP_PORT;
	return host == length || url_take_port(text + host + 1, length - host - 1, &url->port);
}

/* ---- path ---- */

/* RFC 3986 5.2.4, in place: "/a/./b/../c" becomes "/a/c". The path begins with a slash. */
static void url_remove_dots(char *path)
{
	char *to = path;
	const char *from = path;
	while (*from) { /* at a slash */
		size_t length = strcspn(from + 1, "/") + 1;
		bool last = !from[length];
		if (length == 2 && from[1] == '.') {
			if (last)
				*to++ = '/';
		} else if (length == 3 && from[1] == '.' && from[2] == '.') {
			while (to > path && *--to != '/')
				;
			if (last)
				*to++ = '/';
		} else {
			memmove(to, from, length);
			to += length;
		}
		from += length;
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
}

/* The target from a path and a query, each so long. False: too long. */
static bool url_set_target(struct url *url, const char *path, size_t path_length, const char *query,
			   size_t query_length)
{
	char joined[URL_MAX];
	int slash = path_length == 0 || path[0] != '/';
	if (path_length + query_length + 3 > sizeof joined)
		return false;
	snprintf(joined, sizeof joined, "%s%.*s", slash ? "/" : "", (int)path_length, path);
	url_remove_dots(joined);
	snprintf(url->target, sizeof url->target, "%s%s%.*s", joined, query ? "?" : "", (int)query_length,
		 query ? query : "");
	return true;
}

/* RFC 3986 5.2.3: the reference's path in the place of the last part of the base's, or the base's own where it is empty. */
static bool url_merge(const struct url *base, const struct url_parts *parts, struct url *url)
{
	char merged[2 * URL_MAX];
	size_t base_path = strcspn(base->target, "?");
	const char *query = parts->query;
	size_t query_length = parts->query_length;
	if (parts->path_length == 0 && !query && base->target[base_path]) {
		query = base->target + base_path + 1;
		query_length = strlen(query);
	}
	if (parts->path_length > 0) {
		while (base->target[base_path - 1] != '/') /* it begins with one */
			base_path--;
	}
	int length = snprintf(merged, sizeof merged, "%.*s%.*s", (int)base_path, base->target, (int)parts->path_length,
			      parts->path);
	return url_set_target(url, merged, (size_t)length, query, query_length);
}

/* ---- whole URLs ---- */

static enum url_status url_take_scheme(const struct url_parts *parts, struct url *url)
{
	if (parts->scheme_length >= sizeof url->scheme)
		return URL_BAD;
	for (size_t i = 0; i <= parts->scheme_length; i++) {
		char c = i < parts->scheme_length ? parts->scheme[i] : '\0';
		url->scheme[i] = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
	}
	return strcmp(url->scheme, "http") == 0 ? URL_GOOD : URL_SCHEME;
}

static enum url_status url_from_parts(const struct url_parts *parts, struct url *url)
{
	enum url_status status = url_take_scheme(parts, url);
	if (status != URL_GOOD)
		return status;
	if (!parts->authority || !url_take_authority(parts->authority, parts->authority_length, url) ||
	    !url_set_target(url, parts->path, parts->path_length, parts->query, parts->query_length))
		return URL_BAD;
	return URL_GOOD;
}

static bool url_is_printable(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

enum url_status url_parse(const char *text, struct url *url)
{
	char whole[URL_MAX];
	struct url_parts parts;
	*url = (struct url){0};
	if (strlen(text) + sizeof "http://" > sizeof whole)
		return URL_BAD;
	snprintf(whole, sizeof whole, "%s%s", strstr(text, "://") ? "" : "http://", text);
	if (!url_is_printable(whole))
		return URL_BAD;
	url_split(whole, &parts);
	return parts.scheme ? url_from_parts(&parts, url) : URL_BAD;
}

/* Copy a reference without the blanks around it, and with %XX for what may not stand in it. False: control characters, or too
 * long. */
static bool url_encode(const char *reference, char *to, size_t room)
{
	size_t used = 0, length = strlen(reference);
	while (length > 0 && (*reference == ' ' || *reference == '\t'))
		reference++, length--;
	while (length > 0 && (reference[length - 1] == ' ' || reference[length - 1] == '\t'))
		length--;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)reference[i];
		if (c < ' ' || c == 0x7f || used + 4 > room)
			return false;
		used += (size_t)snprintf(to + used, room - used, c == ' ' || c > 0x7f ? "%%%02X" : "%c", c);
	}
	to[used] = '\0';
	return true;
}

enum url_status url_resolve(const struct url *base, const char *reference, struct url *url)
{
	char encoded[URL_MAX] = "";
	struct url_parts parts;
	if (!url_encode(reference, encoded, sizeof encoded))
		return URL_BAD;
	url_split(encoded, &parts);
	*url = (struct url){0};
	if (parts.scheme)
		return url_from_parts(&parts, url);
	*url = *base;
	if (parts.authority) {
		if (!url_take_authority(parts.authority, parts.authority_length, url))
			return URL_BAD;
	} else if (parts.path_length == 0 || parts.path[0] != '/') {
		return url_merge(base, &parts, url) ? URL_GOOD : URL_BAD;
	}
	return url_set_target(url, parts.path, parts.path_length, parts.query, parts.query_length) ? URL_GOOD : URL_BAD;
}

char *url_print(const struct url *url, char *text, size_t room)
{
	char port[8] = "";
	if (url->port != HTTP_PORT)
		snprintf(port, sizeof port, ":%u", url->port);
	snprintf(text, room, "%s://%s%s%s", url->scheme, url->host, port, url->target);
	return text;
}

bool url_equal(const struct url *a, const struct url *b)
{
	return strcmp(a->scheme, b->scheme) == 0 && strcasecmp(a->host, b->host) == 0 && a->port == b->port &&
	       strcmp(a->target, b->target) == 0;
}

bool url_file_name(const struct url *url, char name[URL_HOST_MAX])
{
	size_t end = strcspn(url->target, "?"), begin = end;
	while (url->target[begin - 1] != '/')
		begin--;
	size_t length = end - begin < URL_HOST_MAX - 1 ? end - begin : URL_HOST_MAX - 1;
	for (size_t i = 0; i < length; i++) {
		char c = url->target[begin + i];
		bool first = i == 0 && (c == '.' || c == '-');
		name[i] = first || c <= ' ' || c > '~' || strchr("\\:|<>\"*", c) ? '_' : c;
	}
	name[length] = '\0';
	return length > 0;
}
