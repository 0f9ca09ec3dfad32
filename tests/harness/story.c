/* SPDX-License-Identifier: MIT
 *
 * The story of a script, told on failure: every frame in and out, numbered, with its time since the start.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/harness/internal.h"

#define STORY_LINES 400 /* the last so many are kept */
#define STORY_WIDTH 200

static char lines[STORY_LINES][STORY_WIDTH];
static unsigned count;

void story_clear(void)
{
	count = 0;
}

void story_add(uint64_t time, const char *mark, const char *what, ...)
{
	char *line = lines[count % STORY_LINES];
	int used = snprintf(line, STORY_WIDTH, "%4u %6" PRIu64 ".%06" PRIu64 " %s ", count + 1, time / SECOND,
			    time % SECOND, mark);
	va_list arguments;
	va_start(arguments, what);
	vsnprintf(line + used, STORY_WIDTH - (size_t)used, what, arguments);
	va_end(arguments);
	count++;
}

void story_print(void)
{
	unsigned first = count > STORY_LINES ? count - STORY_LINES : 0;
	fprintf(stderr, "--- the story so far (number, seconds, > arrives, < leaves) ---\n");
	for (unsigned i = first; i < count; i++)
		fprintf(stderr, "%s\n", lines[i % STORY_LINES]);
}
