/* SPDX-License-Identifier: MIT
 *
 * Files below a directory of the test's own, and everything that tries to leave it:
 *
 *     ROOT/secret                 beside what is served
 *     ROOT/www/index.html
 *     ROOT/www/a.txt
 *     ROOT/www/sub/index.html
 *     ROOT/www/empty/
 *     ROOT/www/inside  -> sub/index.html
 *     ROOT/www/outside -> ../secret
 *     ROOT/www/absolute -> ROOT/secret
 *     ROOT/www/up      -> ..
 *     ROOT/www/loop    -> loop
 *     ROOT/www/fifo               with nobody at its other end
 *     ROOT/www/odd/index.html/    a directory
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/http_content.h"
#include "tests/harness/scratch.h"

static char root[SCRATCH_PATH];
static int directory = -1;

static void make_file(const char *name, const char *text)
{
	int descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	cr_assert_geq(descriptor, 0);
	cr_assert_eq(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
	close(descriptor);
}

static void make_tree(void)
{
	char secret[sizeof root + 16];
	cr_assert(mkdtemp(scratch_path(root, "http-content")));
	cr_assert_eq(chdir(root), 0);
	make_file("secret", "secret");
	cr_assert_eq(mkdir("www", 0755), 0);
	cr_assert_eq(chdir("www"), 0);
	make_file("index.html", "home");
	make_file("a.txt", "0123456789");
	cr_assert_eq(mkdir("sub", 0755) | mkdir("empty", 0755) | mkdir("odd", 0755) | mkdir("odd/index.html", 0755), 0);
	make_file("sub/index.html", "sub home");
	snprintf(secret, sizeof secret, "%s/secret", root);
	cr_assert_eq(
	    symlink("sub/index.html", "inside") | symlink("../secret", "outside") | symlink(secret, "absolute"), 0);
	cr_assert_eq(symlink("..", "up") | symlink("loop", "loop"), 0);
	cr_assert_eq(mkfifo("fifo", 0644), 0);
	directory = http_content_directory(".");
	cr_assert_geq(directory, 0, "openat2: %s", strerror(-directory));
}

static void remove_tree(void)
{
	static const char *const names[] = {
	    "index.html", "a.txt", "sub/index.html", "sub",  "empty",          "inside", "outside",
	    "absolute",   "up",    "loop",           "fifo", "odd/index.html", "odd",    "../secret"};
	close(directory);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (remove(names[i]) < 0)
			fprintf(stderr, "cannot remove %s: %s\n", names[i], strerror(errno));
	char www[sizeof root + 8];
	snprintf(www, sizeof www, "%s/www", root);
	rmdir(www);
	rmdir(root);
}

TestSuite(http_content, .init = make_tree, .fini = remove_tree);

static void expect_file(const char *path, const char *text)
{
	struct http_content content;
	uint8_t bytes[64];
	cr_assert_eq(http_content_open(&content, directory, path, false), 0, "%s", path);
	cr_expect_eq(content.length, strlen(text), "%s", path);
	cr_expect_eq(http_content_read(&content, bytes, sizeof bytes), (long)strlen(text), "%s", path);
	cr_expect_arr_eq(bytes, text, strlen(text), "%s", path);
	http_content_close(&content);
}

Test(http_content, opens_files_and_indexes)
{
	expect_file("a.txt", "0123456789");
	expect_file("", "home");
	expect_file("index.html", "home");
	expect_file("sub/", "sub home");
	expect_file("inside", "sub home");
	expect_file("sub/../a.txt", "0123456789"); /* never left the directory */
	expect_file("./sub/.//index.html", "sub home");
}

/* The page's links are meant from "sub/" on, and mean something else from "sub". */
Test(http_content, a_directory_without_its_slash_is_told_as_such)
{
	struct http_content content;
	cr_expect_eq(http_content_open(&content, directory, "sub", false), -EISDIR);
	cr_expect_eq(http_content_open(&content, directory, "./empty", false), -EISDIR);
	cr_expect_eq(http_content_open(&content, directory, "sub/..", false), -EISDIR);
}

Test(http_content, attack_nothing_outside_the_directory_is_opened)
{
	static const char *const paths[] = {
	    "..",          "../",      "../secret", "../www/a.txt",    "sub/../../secret",
	    "outside",     "absolute", "up",        "up/secret",       "up/www/a.txt",
	    "/etc/passwd", root,       "/",         "/proc/self/fd/0",
	};
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		struct http_content content;
		cr_expect_eq(http_content_open(&content, directory, paths[i], false), -EACCES, "%s", paths[i]);
	}
}

Test(http_content, gives_regular_files_only)
{
	static const struct {
		const char *path;
		int error;
	} paths[] = {
	    {"none", -ENOENT},  {"a.txt/", -ENOENT}, {"a.txt/b", -ENOENT},
	    {"none/", -ENOENT}, {"loop", -EACCES},   {"fifo", -EACCES},
	};
	char longest[8000];
	struct http_content content;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		cr_expect_eq(http_content_open(&content, directory, paths[i].path, false), paths[i].error, "%s",
			     paths[i].path);
	memset(longest, 'a', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	cr_expect_eq(http_content_open(&content, directory, longest, false), -ENOENT);
}

/* As far as the names go: test_http_listing.c has the rest. */
Test(http_content, lists_a_directory_without_an_index)
{
	static const char *const paths[] = {"empty/", "odd/"};
	static const char *const titles[] = {"<h1>/empty/</h1>", "href=\"./index.html/\""};
	for (size_t i = 0; i < 2; i++) {
		struct http_content content;
		char bytes[4096] = "";
		cr_assert_eq(http_content_open(&content, directory, paths[i], false), 0);
		cr_expect_gt(http_content_read(&content, (uint8_t *)bytes, sizeof bytes - 1), 0);
		cr_expect(strstr(bytes, titles[i]), "%s", bytes);
		cr_expect_str_eq(content.type, "text/html; charset=utf-8");
		cr_expect_str_eq(content.validators.etag, "");
		cr_expect_not(content.ranges);
		http_content_close(&content);
	}
}

/* One entity tag, one content: another time, length or file makes another (RFC 9110 8.8.3). */
Test(http_content, tells_one_state_of_a_file_from_another)
{
	struct timespec times[2] = {{.tv_sec = 1000, .tv_nsec = 5}, {.tv_sec = 1000, .tv_nsec = 5}};
	struct http_content content;
	char tags[4][HTTP_ETAG_TEXT];
	for (unsigned i = 0; i < 4; i++) {
		if (i == 1)
			times[1].tv_nsec = 6;
		if (i == 2)
			make_file("a.txt", "longer than before");
		if (i == 3) {
			make_file("new", "longer than before");
			cr_assert_eq(rename("new", "a.txt"), 0);
		}
		cr_assert_eq(utimensat(AT_FDCWD, "a.txt", times, 0), 0);
		cr_assert_eq(http_content_open(&content, directory, "a.txt", false), 0);
		strcpy(tags[i], content.validators.etag);
		cr_expect_eq(content.validators.modified, 1000);
		cr_expect(content.ranges);
		http_content_close(&content);
		size_t length = strlen(tags[i]);
		cr_expect(tags[i][0] == '"' && tags[i][length - 1] == '"' && length > 2, "%s", tags[i]);
		for (unsigned before = 0; before < i; before++)
			cr_expect_str_neq(tags[before], tags[i]);
	}
}

static void touch(const char *name, time_t at)
{
	const struct timespec times[2] = {{.tv_sec = at}, {.tv_sec = at}};
	cr_assert_eq(utimensat(AT_FDCWD, name, times, 0), 0);
}

Test(http_content, a_compressed_copy_takes_its_place_where_it_is_wanted)
{
	struct http_content plain, small;
	make_file("a.txt.gz", "zipped");
	touch("a.txt", 1000);
	touch("a.txt.gz", 1000);
	cr_assert_eq(http_content_open(&plain, directory, "a.txt", false), 0);
	cr_assert_eq(http_content_open(&small, directory, "a.txt", true), 0);
	cr_expect(plain.length == 10 && !plain.gzip && plain.varies);
	cr_expect(small.length == 6 && small.gzip && small.varies);
	cr_expect_str_eq(small.type, "text/plain; charset=utf-8");
	cr_expect_str_neq(small.validators.etag, plain.validators.etag); /* RFC 9110 8.8.3.3 */
	http_content_close(&plain);
	http_content_close(&small);
	touch("a.txt", 1001); /* the copy is of what was */
	cr_assert_eq(http_content_open(&small, directory, "a.txt", true), 0);
	cr_expect(small.length == 10 && !small.gzip && !small.varies);
	http_content_close(&small);
	cr_assert_eq(http_content_open(&small, directory, "sub/", true), 0);
	cr_expect(small.length == 8 && !small.gzip && !small.varies);
	http_content_close(&small);
	remove("a.txt.gz");
}

Test(http_content, attack_a_compressed_copy_that_leads_outside)
{
	struct http_content content;
	cr_assert_eq(symlink("../secret", "a.txt.gz"), 0);
	cr_assert_eq(http_content_open(&content, directory, "a.txt", true), 0);
	cr_expect(content.length == 10 && !content.gzip);
	http_content_close(&content);
	remove("a.txt.gz");
}

Test(http_content, reads_a_part)
{
	struct http_content content;
	uint8_t bytes[16];
	cr_assert_eq(http_content_open(&content, directory, "a.txt", false), 0);
	content.at = 3;
	content.end = 6;
	cr_expect_eq(http_content_read(&content, bytes, sizeof bytes), 3);
	cr_expect_arr_eq(bytes, "345", 3);
	cr_expect_eq(http_content_read(&content, bytes, sizeof bytes), 0);
	http_content_close(&content);
}

Test(http_content, reads_in_pieces)
{
	struct http_content content;
	uint8_t bytes[4];
	cr_assert_eq(http_content_open(&content, directory, "a.txt", false), 0);
	cr_expect_eq(http_content_read(&content, bytes, 4), 4);
	cr_expect_arr_eq(bytes, "0123", 4);
	cr_expect_eq(http_content_read(&content, bytes, 4), 4);
	cr_expect_eq(http_content_read(&content, bytes, 4), 2);
	cr_expect_arr_eq(bytes, "89", 2);
	cr_expect_eq(content.at, 10);
	http_content_close(&content);
	http_content_close(&content);
}

Test(http_content, tells_when_a_file_shrinks_and_ignores_that_it_grows)
{
	struct http_content content;
	uint8_t bytes[64];
	cr_assert_eq(http_content_open(&content, directory, "a.txt", false), 0);
	cr_assert_eq(truncate("a.txt", 20), 0);
	cr_expect_eq(http_content_read(&content, bytes, sizeof bytes), 10);
	http_content_close(&content);
	make_file("a.txt", "0123456789");
	cr_assert_eq(http_content_open(&content, directory, "a.txt", false), 0);
	cr_expect_eq(http_content_read(&content, bytes, 4), 4);
	cr_assert_eq(truncate("a.txt", 4), 0);
	cr_expect_eq(http_content_read(&content, bytes, 4), 0);
	http_content_close(&content);
}

Test(http_content, refuses_to_serve_what_is_no_directory)
{
	cr_expect_eq(http_content_directory("none"), -ENOENT);
	cr_expect_eq(http_content_directory("a.txt"), -ENOTDIR);
}

Test(http_content, knows_types_by_extension)
{
	static const struct {
		const char *path, *type;
	} types[] = {
	    {"a.html", "text/html; charset=utf-8"},
	    {"b/A.HTM", "text/html; charset=utf-8"},
	    {"style.min.css", "text/css; charset=utf-8"},
	    {"a.Txt", "text/plain; charset=utf-8"},
	    {"a.jpeg", "image/jpeg"},
	    {"a.svg", "image/svg+xml"},
	    {"a.json", "application/json"},
	    {"a.tar.gz", "application/gzip"},
	    {"a", "application/octet-stream"},
	    {"a.", "application/octet-stream"},
	    {"a.unknown", "application/octet-stream"},
	    {"a.html/b", "application/octet-stream"},
	    {"html", "application/octet-stream"},
	};
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		cr_expect_str_eq(http_content_type(types[i].path), types[i].type, "%s", types[i].path);
}
