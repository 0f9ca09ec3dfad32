/* SPDX-License-Identifier: MIT
 *
 * The story of a world: the last lines of it, each with its time. Frames are told twice, where they are sent and where
 * they arrive, each in the words of that machine's own decoder (stack/trace/decode.h).
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tcp/tcp.h"
#include "tests/sim/world.h"
#include "trace/decode.h"

#define STORY_LINES 400
#define STORY_TEXT  200

struct story {
	struct decode decoders[SIM_MACHINES];
	uint64_t count;
	char lines[STORY_LINES][STORY_TEXT];
};

struct story *story_create(void)
{
	struct story *story = calloc(1, sizeof *story);
	for (unsigned i = 0; story && i < SIM_MACHINES; i++)
		decode_init(&story->decoders[i]);
	return story;
}

void story_destroy(struct story *story)
{
	free(story);
}

void story_tell(struct world *w, const char *format, ...)
{
	va_list arguments;
	if (!w->story)
		return;
	char *line = w->story->lines[w->story->count++ % STORY_LINES];
	uint64_t time = w->now - w->began;
	int used = snprintf(line, STORY_TEXT, "%6" PRIu64 ".%06u  ", time / SIM_SECOND, (unsigned)(time % SIM_SECOND));
	va_start(arguments, format);
	vsnprintf(line + used, STORY_TEXT - (size_t)used, format, arguments);
	va_end(arguments);
}

void story_frame(struct machine *m, bool out, const uint8_t *frame, size_t length)
{
	char text[DECODE_TEXT];
	decode_line(&m->world->story->decoders[m->index], frame, length, text, sizeof text);
	story_tell(m->world, "%u %s %.160s", m->index, out ? "sends" : "  gets", text);
}

void story_event(void *user, const struct event *event)
{
	struct machine *m = user;
	char local[ENDPOINT_TEXT], remote[ENDPOINT_TEXT];
	if (event->type == EVENT_DROP) {
		if (event->value != DROP_ETHER_NOT_OURS)
			story_tell(m->world, "%u        drops it: %s", m->index,
				   drop_name((enum drop_reason)event->value));
		return;
	}
	endpoint_print(&event->local, local);
	endpoint_print(&event->remote, remote);
	if (event->type == EVENT_TCP_STATE)
		story_tell(m->world, "%u        %s - %s: %s, was %s", m->index, local, remote,
			   tcp_state_name((enum tcp_state)event->value), tcp_state_name((enum tcp_state)event->before));
	else
		story_tell(m->world, "%u        %s - %s: %s %" PRIu64 " %" PRIu64, m->index, local, remote,
			   event_name(event->type), event->before, event->value);
}

void story_print(const struct story *story)
{
	uint64_t first = story->count > STORY_LINES ? story->count - STORY_LINES : 0;
	for (uint64_t i = first; i < story->count; i++)
		fprintf(stderr, "%s\n", story->lines[i % STORY_LINES]);
}
