/* SPDX-License-Identifier: MIT
 *
 * The story of a program: told as it goes where the environment has STORY, else its end is kept for the case that
 * something fails.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/model/model.h"
#include "trace/decode.h"

#define LINES 300
#define TEXT  240

static struct decode decoder;
static char lines[LINES][TEXT];
static unsigned count;
static bool aloud;

void story_begin(void)
{
	decode_init(&decoder);
	count = 0;
	aloud = getenv("STORY") != NULL;
}

void story_tell(const char *format, ...)
{
	va_list arguments;
	char *line = lines[count++ % LINES];

	va_start(arguments, format);
	vsnprintf(line, TEXT, format, arguments);
	va_end(arguments);
	if (aloud)
		fprintf(stderr, "%s\n", line);
}

void story_frame(bool out, const uint8_t *frame, size_t length)
{
	char text[DECODE_TEXT];

	decode_line(&decoder, frame, length, text, sizeof text);
	story_tell("%s %s", out ? "   out" : "in    ", text);
}

void story_fail(const char *file, int line, const char *what)
{
	unsigned first = count > LINES ? count - LINES : 0;

	for (unsigned i = first; i < count && !aloud; i++)
		fprintf(stderr, "%s\n", lines[i % LINES]);
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
	abort();
}
