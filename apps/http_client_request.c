/* SPDX-License-Identifier: MIT
 *
 * Requests; see http_client_request.h.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "apps/http_client_request.h"

#define USER_AGENT "strata/0.1.0"

/* RFC 9110 5.6.2: how many characters of a token the text begins with. */
static size_t http_client_token(const char *text)
{
	return strspn(text, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

bool http_client_is_method(const char *method)
{
	size_t length = http_client_token(method);
	return length > 0 && !method[length];
}

bool http_client_is_header(const char *header)
{
	size_t length = http_client_token(header);
	if (length == 0 || strpbrk(header, "\r\n"))
		return false;
	return header[length] == ':' || (header[length] == ';' && !header[length + 1]);
}

static bool http_client_is_named(const char *header, const char *name)
{
	size_t length = strlen(name);
	return strncasecmp(header, name, length) == 0 && (header[length] == ':' || header[length] == ';');
}

/* Whether the user has said something about this header, which is then his. */
static bool http_client_is_taken(const struct http_client_request *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (http_client_is_named(r->headers[i], name))
			return true;
	return false;
}

static void http_client_put(const struct http_client_request *r, FILE *to, const char *name, const char *value)
{
	if (!http_client_is_taken(r, name))
		fprintf(to, "%s: %s\r\n", name, value);
}

/* What was meant for one server is nobody else's business. */
static bool http_client_is_private(const char *header)
{
	return http_client_is_named(header, "Host") || http_client_is_named(header, "Authorization") ||
	       http_client_is_named(header, "Cookie");
}

static void http_client_put_own(const struct http_client_request *r, FILE *to)
{
	for (size_t i = 0; i < r->header_count; i++) {
		const char *header = r->headers[i];
		size_t name = http_client_token(header);
		if (r->elsewhere && http_client_is_private(header))
			continue;
		if (header[name] == ';')
			fprintf(to, "%.*s:\r\n", (int)name, header);
		else if (header[name + 1 + strspn(header + name + 1, " \t")])
			fprintf(to, "%s\r\n", header);
	}
}

static void http_client_put_host(const struct http_client_request *r, FILE *to)
{
	if (!r->elsewhere && http_client_is_taken(r, "Host"))
		return;
	fprintf(to, "Host: %s", r->url->host);
	if (r->url->port != 80)
		fprintf(to, ":%u", r->url->port);
	fputs("\r\n", to);
}

char *http_client_request_head(const struct http_client_request *r)
{
	char *text = NULL, number[24];
	size_t length;
	FILE *to = open_memstream(&text, &length);
	if (!to)
		return NULL;
	fprintf(to, "%s %s HTTP/1.%c\r\n", r->method, r->url->target, r->http_1_0 ? '0' : '1');
	http_client_put_host(r, to);
	if (r->range)
		http_client_put(r, to, "Range", r->range);
	http_client_put(r, to, "User-Agent", USER_AGENT);
	http_client_put(r, to, "Accept", "*/*");
	http_client_put_own(r, to);
	if (r->has_data) {
		snprintf(number, sizeof number, "%zu", r->data_length);
		http_client_put(r, to, "Content-Length", number);
		http_client_put(r, to, "Content-Type", "application/x-www-form-urlencoded");
	}
	fputs("\r\n", to);
	return fclose(to) == 0 ? text : NULL;
}
