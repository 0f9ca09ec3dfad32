/* SPDX-License-Identifier: MIT
 *
 * The pages that strata brings along: the map is filled in, and every link leads somewhere.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/http_pages.h"

static const struct http_map map = {
    .client = {{{192, 0, 2, 1}}, 50000},
    .server = {{{192, 0, 2, 2}}, 8080},
    .server_mac = {{2, 0, 0xc0, 0, 2, 2}},
    .client_mac = {{2, 0, 0xc0, 0, 2, 1}},
    .client_mac_known = true,
    .tcp = {.rtt = 1500,
	    .rto = 201000,
	    .cwnd = 14480,
	    .snd_mss = 1448,
	    .iss = 4294967290u,
	    .snd_nxt = 77,
	    .irs = 1000001,
	    .rcv_nxt = 1000099,
	    .snd_wnd = 64512,
	    .rcv_wnd = 524288,
	    .sack_permitted = true,
	    .window_scaled = true},
};

static const char *text_of(const char *path, const struct http_map *facts)
{
	static char text[65536];
	struct http_content content;
	cr_assert_eq(http_pages_open(&content, path, facts, 7), 0, "%s", path);
	long length = http_content_read(&content, (uint8_t *)text, sizeof text - 1);
	cr_assert_eq(length, (long)content.length);
	text[length] = '\0';
	http_content_close(&content);
	return text;
}

Test(http_pages, the_first_page_maps_the_connection)
{
	static const char *const facts[] = {
	    "192.0.2.1:50000",   "192.0.2.2:8080", "02:00:c0:00:02:01",
	    "02:00:c0:00:02:02", ">1000001<",      ">4294967290\n",
	    ">1000099<",         ">77\n",          ">64512<",
	    ">524288\n",         "1.500 ms",       "201 ms",
	    "1448 bytes",        "14480 bytes",    "selective acknowledgements, scaled windows",
	};
	const char *text = text_of("", &map);
	for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
		cr_expect(strstr(text, facts[i]), "%s", facts[i]);
	cr_expect_null(strstr(text, "{{"));
	cr_expect_null(strstr(text, "}}"));
	cr_expect_str_eq(text + strlen(text) - 8, "</html>\n");
	struct http_map unknown = map;
	unknown.client_mac_known = unknown.tcp.sack_permitted = unknown.tcp.window_scaled = false;
	text = text_of("index.html", &unknown);
	cr_expect(strstr(text, "not in the cache"));
	cr_expect(strstr(text, "on windows as they are."));
}

Test(http_pages, only_the_first_page_is_made_anew)
{
	struct http_content first, style, link;
	cr_assert_eq(http_pages_open(&first, "", &map, 7), 0);
	cr_assert_eq(http_pages_open(&style, "style.css", &map, 7), 0);
	cr_assert_eq(http_pages_open(&link, "link.html", &map, 7), 0);
	cr_expect_str_eq(first.validators.etag, "");
	cr_expect(style.ranges && style.validators.modified == 7 && style.validators.etag[0] == '"');
	cr_expect_str_neq(style.validators.etag, link.validators.etag);
	cr_expect_str_eq(style.type, "text/css; charset=utf-8");
	http_content_close(&first);
}

/* The answer that http.html shows is the one that a reader gets who tries it. */
Test(http_pages, the_example_is_true)
{
	char length[64], tag[HTTP_ETAG_TEXT + 16];
	struct http_content content;
	cr_assert_eq(http_pages_open(&content, "tcp.html", &map, 7), 0);
	snprintf(length, sizeof length, "\nContent-Length: %" PRIu64 "\n", content.length);
	snprintf(tag, sizeof tag, "\nETag: %s\n", content.validators.etag);
	const char *text = text_of("http.html", &map);
	cr_expect(strstr(text, length), "%s", length);
	cr_expect(strstr(text, tag), "%s", tag);
}

Test(http_pages, every_link_leads_to_a_page)
{
	static const char *const pages[] = {"", "link.html", "ip.html", "udp.html", "tcp.html", "http.html"};
	unsigned links = 0;
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
		for (const char *at = text_of(pages[i], &map); (at = strstr(at, "href=\"")); links++) {
			struct http_content content;
			char target[64];
			at += 6;
			snprintf(target, sizeof target, "%.*s", (int)strcspn(at, "\""), at);
			if (strcmp(target, "echo") == 0)
				continue;
			int error = http_pages_open(&content, strcmp(target, "./") == 0 ? "" : target, &map, 7);
			cr_assert_eq(error, 0, "%s in %s", target, pages[i]);
			http_content_close(&content);
		}
	cr_expect_gt(links, 40);
}

Test(http_pages, there_are_no_others)
{
	struct http_content content;
	cr_expect_eq(http_pages_open(&content, "other", &map, 7), -ENOENT);
	cr_expect_eq(http_pages_open(&content, "../index.html", &map, 7), -ENOENT);
}
