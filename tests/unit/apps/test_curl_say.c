/* SPDX-License-Identifier: MIT
 *
 * What strata curl says on standard error: errors, -v, and the progress bar, to the letter.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "apps/curl.h"

#define SECOND 1000000u
#define BEGAN  (7 * (uint64_t)SECOND)

static struct curl curl;

/* A pipe in the place of standard error, in which each write(2) is a packet. */
static int pipe_end, standard_error;

static void begin(void)
{
	int ends[2];
	cr_assert_eq(pipe2(ends, O_DIRECT | O_NONBLOCK), 0);
	pipe_end = ends[0];
	standard_error = dup(STDERR_FILENO);
	cr_assert_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
	curl_say_begin();
	cr_assert_eq(url_parse("http://www.example/a", &curl.url), URL_GOOD);
}

static void end(void)
{
	dup2(standard_error, STDERR_FILENO);
	close(standard_error);
	close(pipe_end);
}

TestSuite(curl_say, .init = begin, .fini = end);

/* The next write was this. */
static void wrote(const char *text)
{
	char bytes[4096];
	ssize_t got = read(pipe_end, bytes, sizeof bytes - 1);
	bytes[got > 0 ? got : 0] = '\0';
	cr_assert_str_eq(bytes, text);
}

static void wrote_nothing_more(void)
{
	wrote("");
}

#define FAILED "strata: fetching failed on http://www.example/a: (18) 5 bytes are missing; do: strata help curl\n"

Test(curl_say, an_error_is_one_write)
{
	cr_assert_eq(curl_fail(&curl, 18, "%d bytes are missing", 5), 18);
	wrote(FAILED);
	wrote_nothing_more();
}

Test(curl_say, silent_means_errors_too)
{
	curl.silent = true;
	cr_assert_eq(curl_fail(&curl, 18, "%d bytes are missing", 5), 18);
	wrote_nothing_more();
	curl.show_errors = true;
	cr_assert_eq(curl_fail(&curl, 18, "%d bytes are missing", 5), 18);
	wrote(FAILED);
}

Test(curl_say, each_line_of_v_is_one_write)
{
	static const char head[] = "GET / HTTP/1.1\r\nX: \033[2J\177\302\233\r\n";
	curl_say(&curl, "not said");
	curl_say_head(&curl, '>', head, strlen(head));
	wrote_nothing_more();
	curl.verbose = true;
	curl_say(&curl, "Trying %d", 1);
	curl_say_head(&curl, '>', head, strlen(head));
	wrote("* Trying 1\n");
	wrote("> GET / HTTP/1.1\n");
	wrote("> X: \\x1b[2J\\x7f\\xc2\\x9b\n"); /* the last two are a control character too, in UTF-8 */
	wrote_nothing_more();
}

/* ---- the progress bar ---- */

/* The bar of 1000 KiB, of which `first` bytes were there before. */
static void begin_bar(uint64_t first)
{
	curl.progress = (struct curl_progress){
	    .on = true, .began = BEGAN, .drawn = BEGAN, .first = first, .total = 1000 * 1024 - first};
}

Test(curl_say, the_bar_grows)
{
	begin_bar(0);
	curl_progress_add(&curl.progress, 100 * 1024, BEGAN + 199999);
	wrote_nothing_more();
	curl_progress_add(&curl.progress, 150 * 1024, BEGAN + SECOND - 1);
	wrote("\r\033[K 25% [=======>                       ] 250.0 KiB of 1000.0 KiB, 250.0 KiB/s, 3 s left");
	curl_progress_add(&curl.progress, 750 * 1024, BEGAN + SECOND + 199998); /* less than 200 ms later */
	wrote_nothing_more();
	curl_progress_end(&curl.progress, BEGAN + 2 * SECOND - 1);
	wrote("\r\033[K100% [===============================] 1000.0 KiB of 1000.0 KiB, 500.0 KiB/s\n");
	curl_progress_end(&curl.progress, BEGAN + 3 * SECOND);
	wrote_nothing_more();
}

/* What was there before is part of the bar, and not of the rate. */
Test(curl_say, the_bar_of_a_file_that_goes_on)
{
	begin_bar(500 * 1024);
	curl_progress_add(&curl.progress, 250 * 1024, BEGAN + 2 * SECOND - 1);
	wrote("\r\033[K 75% [======================>        ] 750.0 KiB of 1000.0 KiB, 125.0 KiB/s, 2 s left");
}

Test(curl_say, without_a_length_there_is_no_bar)
{
	begin_bar(0);
	curl.progress.total = HTTP_CLIENT_UNKNOWN;
	curl_progress_add(&curl.progress, 1023, BEGAN + SECOND - 1);
	wrote("\r\033[K1023 B, 1023 B/s");
	curl_progress_add(&curl.progress, (size_t)3 << 30, BEGAN + 2 * SECOND - 1);
	wrote("\r\033[K3.0 GiB, 1.5 GiB/s");
}

Test(curl_say, no_bar_where_nothing_came_or_none_is_wanted)
{
	begin_bar(0);
	curl_progress_end(&curl.progress, BEGAN + SECOND);
	begin_bar(0);
	curl.progress.on = false;
	curl_progress_add(&curl.progress, 100, BEGAN + SECOND);
	curl_progress_end(&curl.progress, BEGAN + SECOND);
	wrote_nothing_more();
}

Test(curl_say, an_error_stands_below_the_bar)
{
	begin_bar(0);
	curl_progress_add(&curl.progress, 250 * 1024, BEGAN); /* too early for a bar */
	cr_assert_eq(curl_fail(&curl, 18, "%d bytes are missing", 5), 18);
	char bytes[200] = "";
	cr_assert_gt(read(pipe_end, bytes, sizeof bytes - 1), 0); /* the rate depends on the clock */
	cr_assert_eq(strncmp(bytes, "\r\033[K 25% [=======>", 16), 0);
	cr_assert_eq(bytes[strlen(bytes) - 1], '\n');
	wrote(FAILED);
	wrote_nothing_more();
}
