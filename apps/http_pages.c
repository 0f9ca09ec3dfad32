/* SPDX-License-Identifier: MIT
 *
 * Built-in pages: see http_pages.h.
 */
#include "apps/http_pages.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGE_MAX ((size_t)64 * 1024)

static const unsigned char index_html[] = {
#include "index.html.inc"
};
static const unsigned char link_html[] = {
#include "link.html.inc"
};
static const unsigned char ip_html[] = {
#include "ip.html.inc"
};
static const unsigned char udp_html[] = {
#include "udp.html.inc"
};
static const unsigned char tcp_html[] = {
#include "tcp.html.inc"
};
static const unsigned char http_html[] = {
#include "http.html.inc"
};
static const unsigned char style_css[] = {
#include "style.css.inc"
};
static const unsigned char favicon_ico[] = {
#include "favicon.ico.inc"
};

struct page {
	const char *path;
	const unsigned char *bytes;
	size_t length;
};

static const struct page *page_find(const char *path)
{
	static const struct page pages[] = {
	    {"index.html", index_html, sizeof index_html}, {"link.html", link_html, sizeof link_html},
	    {"ip.html", ip_html, sizeof ip_html},          {"udp.html", udp_html, sizeof udp_html},
	    {"tcp.html", tcp_html, sizeof tcp_html},       {"http.html", http_html, sizeof http_html},
	    {"style.css", style_css, sizeof style_css},    {HTTP_PAGES_ICON, favicon_ico, sizeof favicon_ico},
	};
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
		if (strcmp(*path ? path : "index.html", pages[i].path) == 0)
			return &pages[i];
	return NULL;
}

/* ---- filling in ---- */

static void fill_endpoint(struct http_buffer *to, const struct endpoint *endpoint)
{
	char text[ENDPOINT_TEXT];
	http_buffer_print(to, "%s", endpoint_print(endpoint, text));
}

static void fill_mac(struct http_buffer *to, struct mac mac, bool known)
{
	char text[MAC_TEXT];
	http_buffer_print(to, "%s", known ? mac_print(mac, text) : "not in the cache");
}

static void fill_options(struct http_buffer *to, const struct socket_tcp_info *tcp)
{
	http_buffer_print(to, "%s%s%s", tcp->sack_permitted ? "selective acknowledgements, " : "",
			  tcp->timestamps ? "timestamps, " : "",
			  tcp->window_scaled ? "scaled windows" : "windows as they are");
}

/* What stands in the place of this name. */
static void fill(struct http_buffer *to, struct http_text name, const struct http_map *map)
{
	const struct socket_tcp_info *tcp = &map->tcp;
	const struct {
		const char *name;
		uint64_t number;
	} numbers[] = {
	    {"client.isn", tcp->irs},        {"server.isn", tcp->iss},
	    {"client.next", tcp->rcv_nxt},   {"server.next", tcp->snd_nxt},
	    {"client.window", tcp->snd_wnd}, {"server.window", tcp->rcv_wnd},
	    {"mss", tcp->snd_mss},           {"cwnd", tcp->cwnd},
	};
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		if (http_text_is(name, numbers[i].name))
			http_buffer_print(to, "%" PRIu64, numbers[i].number);
	if (http_text_is(name, "client"))
		fill_endpoint(to, &map->client);
	if (http_text_is(name, "server"))
		fill_endpoint(to, &map->server);
	if (http_text_is(name, "client.mac"))
		fill_mac(to, map->client_mac, map->client_mac_known);
	if (http_text_is(name, "server.mac"))
		fill_mac(to, map->server_mac, true);
	if (http_text_is(name, "rtt"))
		http_buffer_print(to, "%.3f ms", (double)tcp->rtt / 1000);
	if (http_text_is(name, "rto"))
		http_buffer_print(to, "%.0f ms", (double)tcp->rto / 1000);
	if (http_text_is(name, "options"))
		fill_options(to, tcp);
}

/* Where the next "{{" is, or the end. */
static size_t next_place(struct http_text text)
{
	const char *at = memmem(text.bytes, text.length, "{{", 2);
	return at ? (size_t)(at - text.bytes) : text.length;
}

static void fill_in(struct http_buffer *to, struct http_text text, const struct http_map *map)
{
	bool found = true;
	while (text.length > 0) {
		size_t plain = next_place(text);
		http_buffer_add(to, text.bytes, plain);
		text = http_text_skip(text, plain);
		if (text.length == 0)
			return;
		text = http_text_skip(text, 2);
		fill(to, http_text_take(&text, '}', &found), map);
		text = http_text_skip(text, 1);
	}
}

/* ---- opening ---- */

static int open_map(struct http_content *content, const struct page *page, const struct http_map *map)
{
	struct http_buffer buffer = HTTP_BUFFER(PAGE_MAX);
	fill_in(&buffer, (struct http_text){(const char *)page->bytes, page->length}, map);
	if (buffer.full) {
		http_buffer_free(&buffer);
		return -ENOMEM;
	}
	*content = http_content_buffer(http_content_type(page->path), &buffer);
	return 0;
}

/* FNV-1a: enough to tell one build's page from another's. */
static uint64_t hash(const unsigned char *bytes, size_t length)
{
	uint64_t sum = 0xcbf29ce484222325;
	for (size_t i = 0; i < length; i++)
		sum = (sum ^ bytes[i]) * 0x100000001b3;
	return sum;
}

int http_pages_open(struct http_content *content, const char *path, const struct http_map *map, time_t modified)
{
	const struct page *page = page_find(path);
	if (!page)
		return -ENOENT;
	if (page->bytes == index_html)
		return open_map(content, page, map);
	*content = http_content_memory(http_content_type(page->path), page->bytes, page->length);
	content->ranges = true;
	content->validators.modified = modified;
	snprintf(content->validators.etag, sizeof content->validators.etag, "\"%016" PRIx64 "\"",
		 hash(page->bytes, page->length));
	return 0;
}
