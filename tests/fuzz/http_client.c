/* SPDX-License-Identifier: MIT
 *
 * Any bytes as an HTTP response and as URLs. A response reads the same however it is cut into pieces, what is shown of it lies inside, and
 * it ends; a URL that is accepted can be written into a request line, reads the same again, and resolves any reference to one that can.
 */
#include "apps/http_client_response.h"

#include <string.h>

#include "apps/url.h"
#include "tests/fuzz/fuzz.h"

/* What came of a response: its status, the bytes of its body in a sum, and how it ended. */
struct outcome {
	enum http_client_piece end;
	int error;
	unsigned status;
	size_t lines, heads, used;
	uint64_t body, sum;
};

static void note_body(struct http_client_response *r, struct outcome *o, const uint8_t *bytes, size_t room, size_t most)
{
	size_t taken = r->body_length < most ? r->body_length : most;
	must(r->body_length > 0 && lies_inside(r->body, r->body_length, bytes, room));
	for (size_t i = 0; i < taken; i++)
		o->sum = o->sum * 31 + r->body[i];
	o->body += taken;
	http_client_took(r, taken);
}

/* Read it in pieces of so many bytes. */
static struct outcome read_all(const uint8_t *bytes, size_t length, size_t step, bool head_only)
{
	static struct http_client_response response;
	struct outcome o = {.end = HTTP_CLIENT_MORE};
	size_t at = 0;
	http_client_begin(&response, head_only);
	for (;;) {
		size_t room = length - at < step ? length - at : step, used;
		enum http_client_piece piece = http_client_next(&response, bytes + at, room, &used);
		must(used <= room);
		at += used;
		if (piece == HTTP_CLIENT_BODY) {
			uint64_t before = o.body;
			note_body(&response, &o, bytes + at, room - used, step);
			at += (size_t)(o.body - before);
		}
		o.lines += piece == HTTP_CLIENT_LINE;
		o.heads += piece == HTTP_CLIENT_HEAD;
		if (piece == HTTP_CLIENT_MORE && at == length)
			piece = http_client_closed(&response);
		if (piece != HTTP_CLIENT_DONE && piece != HTTP_CLIENT_BAD)
			continue;
		o.end = piece;
		o.error = piece == HTTP_CLIENT_BAD ? (int)response.error : 0;
		o.status = response.status;
		o.used = piece == HTTP_CLIENT_DONE ? at : 0;
		return o;
	}
}

static void same_in_pieces(const uint8_t *bytes, size_t length, bool head_only)
{
	struct outcome whole = read_all(bytes, length, length + 1, head_only);
	for (size_t step = 1; step <= 4; step += 3) {
		struct outcome cut = read_all(bytes, length, step, head_only);
		must(cut.end == whole.end && cut.error == whole.error && cut.status == whole.status);
		must(cut.body == whole.body && cut.sum == whole.sum && cut.used == whole.used);
		must(cut.lines == whole.lines && cut.heads == whole.heads);
	}
}

static void is_fit_to_send(const struct url *url)
{
	char text[URL_MAX + URL_HOST_MAX], name[URL_HOST_MAX];
	struct url again;
	must(url->target[0] == '/' && url->host[0] && url->port > 0);
	for (const char *c = url->target; *c; c++)
		must(*c > ' ' && *c <= '~');
	must(strpbrk(url->host, "/?#@ ") == NULL);
	url_print(url, text, sizeof text);
	if (url_parse(text, &again) == URL_GOOD)
		must(url_equal(url, &again));
	else
		must(strlen(text) + sizeof "http://" > URL_MAX);
	if (url_file_name(url, name))
		must(name[0] && !strchr(name, '/') && name[0] != '.' && name[0] != '-');
}

static void urls(const char *text)
{
	struct url url, base;
	if (url_parse(text, &url) == URL_GOOD)
		is_fit_to_send(&url);
	must(url_parse("http://a.example/b/c?d", &base) == URL_GOOD);
	if (url_resolve(&base, text, &url) == URL_GOOD)
		is_fit_to_send(&url);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char *text = malloc(length + 1);
	must(text);
	if (length > 0)
		memcpy(text, bytes, length);
	text[length] = '\0';
	same_in_pieces(bytes, length, false);
	same_in_pieces(bytes, length, true);
	urls(text);
	free(text);
	return 0;
}
