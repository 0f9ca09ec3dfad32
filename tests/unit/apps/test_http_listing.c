/* SPDX-License-Identifier: MIT
 *
 * The list of a directory of the test's own, with names that mean harm.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/http_listing.h"
#include "tests/harness/scratch.h"

static char directory[SCRATCH_PATH];

static void begin(void)
{
	cr_assert(mkdtemp(scratch_path(directory, "http-listing")));
	cr_assert_eq(chdir(directory), 0);
}

static void end(void)
{
	char command[sizeof directory + 16];
	snprintf(command, sizeof command, "rm -rf %s", directory);
	cr_assert_eq(system(command), 0);
}

TestSuite(http_listing, .init = begin, .fini = end);

static void make(const char *name, size_t length)
{
	int descriptor = open(name, O_WRONLY | O_CREAT, 0644);
	cr_assert_geq(descriptor, 0);
	cr_assert_eq(ftruncate(descriptor, (off_t)length), 0);
	close(descriptor);
}

static struct http_buffer list(const char *path)
{
	struct http_buffer page = HTTP_BUFFER(HTTP_LISTING_MAX);
	cr_assert_eq(http_listing_write(&page, open(".", O_RDONLY | O_DIRECTORY), path), 0);
	http_buffer_add(&page, "", 1);
	return page;
}

Test(http_listing, names_sizes_and_times_directories_first)
{
	make("b.txt", 1234);
	make("a.txt", 5);
	make(".hidden", 5);
	cr_assert_eq(mkdir("sub", 0755), 0);
	struct timespec times[2] = {{.tv_sec = 784111777}, {.tv_sec = 784111777}};
	cr_assert_eq(utimensat(AT_FDCWD, "b.txt", times, 0), 0);
	struct http_buffer page = list("");
	const char *sub = strstr(page.bytes, "<a href=\"./sub/\">sub/</a>");
	const char *a = strstr(page.bytes, "<a href=\"./a.txt\">a.txt</a><td class=\"n\">5<td>");
	const char *b = strstr(page.bytes, "<a href=\"./b.txt\">b.txt</a><td class=\"n\">1234<td>1994-11-06 08:49");
	cr_expect(sub && a && b && sub < a && a < b, "%s", page.bytes);
	cr_expect_null(strstr(page.bytes, "hidden"));
	cr_expect_null(strstr(page.bytes, "../"));
	http_buffer_free(&page);
	page = list("x/y/");
	cr_expect(strstr(page.bytes, "<h1>/x/y/</h1>"));
	cr_expect(strstr(page.bytes, "<a href=\"../\">"));
	http_buffer_free(&page);
}

Test(http_listing, attack_names_that_are_markup_or_addresses)
{
	make("<script>&\"'", 0);
	make("javascript:alert(1)", 0);
	make("a b#?%", 0);
	make("\xc3\xa9\n", 0);
	struct http_buffer page = list("<b>/");
	cr_expect_null(strstr(page.bytes, "<script>"), "%s", page.bytes);
	cr_expect_null(strstr(page.bytes, "<b>"));
	cr_expect(strstr(page.bytes, "<h1>/&lt;b&gt;/</h1>"));
	cr_expect(strstr(page.bytes, "href=\"./%3Cscript%3E%26%22%27\">&lt;script&gt;&amp;&quot;&#39;</a>"), "%s",
		  page.bytes);
	cr_expect(strstr(page.bytes, "href=\"./javascript%3Aalert%281%29\""));
	cr_expect(strstr(page.bytes, "href=\"./a%20b%23%3F%25\""));
	cr_expect(strstr(page.bytes, "href=\"./%C3%A9%0A\""));
	http_buffer_free(&page);
}

/* What it leads to may lie outside: neither its size nor its time is told. */
Test(http_listing, attack_links_tell_only_their_names)
{
	cr_assert_eq(symlink("/etc/passwd", "link"), 0);
	struct http_buffer page = list("");
	cr_expect(strstr(page.bytes, "<a href=\"./link\">link</a><td class=\"n\"><td>\n"), "%s", page.bytes);
	http_buffer_free(&page);
}

Test(http_listing, attack_more_names_than_it_shows)
{
	char name[300];
	for (unsigned i = 0; i < HTTP_LISTING_NAMES + 3; i++) {
		memset(name, '<', 240); /* the longest to write */
		snprintf(name + 240, sizeof name - 240, "%08u", i);
		make(name, 0);
	}
	struct http_buffer page = list("");
	cr_expect(strstr(page.bytes, "<p>and 3 more\n"));
	cr_expect_lt(page.length, HTTP_LISTING_MAX);
	http_buffer_free(&page);
}

Test(http_listing, says_when_it_cannot)
{
	struct http_buffer page = HTTP_BUFFER(64);
	cr_expect_eq(http_listing_write(&page, open(".", O_RDONLY | O_DIRECTORY), ""), -ENOMEM);
	http_buffer_free(&page);
	make("file", 0);
	cr_expect_eq(http_listing_write(&page, open("file", O_RDONLY), ""), -ENOTDIR);
}
