/* SPDX-License-Identifier: MIT
 *
 * What strata curl says on standard error; see curl.h.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/curl.h"

#define PROGRESS_INTERVAL 200000u /* microseconds between one bar and the next */
#define PROGRESS_WIDTH    30

void curl_say_begin(void)
{
	static char line[BUFSIZ];
	setvbuf(stderr, line, _IOLBF, sizeof line);
}

void curl_say(const struct curl *c, const char *what, ...)
{
	va_list arguments;
	if (!c->verbose)
		return;
	va_start(arguments, what);
	fputs("* ", stderr);
	vfprintf(stderr, what, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

size_t curl_make_harmless(const char *line, size_t length, char *to)
{
	size_t used = 0;
	while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
		length--;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)line[i];
		if ((c < ' ' && c != '\t') || c > '~')
			used += (size_t)sprintf(to + used, "\\x%02x", c);
		else
			to[used++] = (char)c;
	}
	to[used++] = '\n';
	return used;
}

/* A line at a time, and of a long one a piece at a time. */
void curl_say_head(const struct curl *c, char mark, const char *text, size_t length)
{
	char harmless[4 * 1024 + 2];
	while (c->verbose && length > 0) {
		const char *end = memchr(text, '\n', length);
		size_t line = end ? (size_t)(end - text) + 1 : length;
		fprintf(stderr, "%c ", mark);
		for (size_t at = 0; at < line; at += 1024) {
			size_t piece = line - at < 1024 ? line - at : 1024;
			size_t used = curl_make_harmless(text + at, piece, harmless);
			fwrite(harmless, 1, at + piece < line ? used - 1 : used, stderr);
		}
		text += line;
		length -= line;
	}
}

void curl_say_data(const struct curl *c, char mark, size_t length)
{
	if (c->verbose && (c->output.name[0] || !isatty(STDOUT_FILENO)))
		fprintf(stderr, "%c [%zu bytes data]\n", mark, length);
}

int curl_fail(struct curl *c, int status, const char *why, ...)
{
	char url[URL_MAX + URL_HOST_MAX];
	va_list arguments;
	if (c->silent && !c->show_errors)
		return status;
	curl_progress_end(&c->progress, host_now());
	va_start(arguments, why);
	fprintf(stderr, "strata: fetching failed on %s: (%d) ", url_print(&c->url, url, sizeof url), status);
	vfprintf(stderr, why, arguments);
	fputs("; do: strata help curl\n", stderr);
	va_end(arguments);
	return status;
}

/* "1.5 MiB" */
static char *curl_amount(double bytes, char text[16])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	unsigned unit = 0;
	for (; bytes >= 1024 && unit < 4; unit++)
		bytes /= 1024;
	snprintf(text, 16, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
	return text;
}

/*  45% [============>                 ] 461.0 MiB of 1.0 GiB, 95.3 MiB/s, 6 s left */
static void curl_progress_draw(struct curl_progress *p, uint64_t now)
{
	char bar[PROGRESS_WIDTH + 1], have[16], all[16], rate[16];
	double got = (double)(p->first + p->got), seconds = (double)(now - p->began + 1) / 1e6;
	double speed = (double)p->got / seconds;
	p->drawn = now;
	if (p->total == HTTP_CLIENT_UNKNOWN || p->total == 0) {
		fprintf(stderr, "\r\033[K%s, %s/s", curl_amount(got, have), curl_amount(speed, rate));
		return;
	}
	double total = (double)(p->first + p->total), part = got / total;
	int filled = (int)(part * PROGRESS_WIDTH);
	memset(bar, '=', sizeof bar - 1);
	bar[PROGRESS_WIDTH] = '\0';
	fprintf(stderr, "\r\033[K%3.0f%% [%.*s%c%*s] %s of %s, %s/s", part * 100, filled, bar,
		filled < PROGRESS_WIDTH ? '>' : '=', PROGRESS_WIDTH - filled, "", curl_amount(got, have),
		curl_amount(total, all), curl_amount(speed, rate));
	if (got < total && p->got > 0)
		fprintf(stderr, ", %.0f s left", (total - got) / speed);
}

void curl_progress_add(struct curl_progress *p, size_t more, uint64_t now)
{
	p->got += more;
	if (!p->on || now - p->drawn < PROGRESS_INTERVAL)
		return;
	curl_progress_draw(p, now);
	fflush(stderr);
}

void curl_progress_end(struct curl_progress *p, uint64_t now)
{
	if (p->on && p->got > 0) {
		curl_progress_draw(p, now);
		fputc('\n', stderr);
	}
	p->on = false;
}
