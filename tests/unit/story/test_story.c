/* SPDX-License-Identifier: MIT
 *
 * The story (tests/story/story.h), compared with the capture frame by frame.
 */
#include <criterion/criterion.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "tests/story/story.h"

#define FRAMES 64

static struct story_end end;
static unsigned count;
static struct {
	uint8_t bytes[1514];
	size_t length;
	uint64_t time;
	char line[200];
} frames[FRAMES];

static void keep(void *user, const struct story_frame *frame)
{
	(void)user;
	cr_assert_lt(count, FRAMES);
	memcpy(frames[count].bytes, frame->bytes, frame->length);
	frames[count].length = frame->length;
	frames[count].time = frame->time;
	snprintf(frames[count++].line, sizeof frames[0].line, "%s", frame->line);
}

static void play(void)
{
	count = 0;
	cr_assert(story_play(keep, NULL, &end));
}

TestSuite(story, .init = play);

/* The index of the frame that is this step of the capture. */
static unsigned step(const char *number)
{
	unsigned i = 0;
	while (i < story_step_count && strcmp(story_steps[i].step, number) != 0)
		i++;
	cr_assert_lt(i, story_step_count, "there is no step %s", number);
	return i;
}

static bool has_mac(const uint8_t *bytes, const char *text)
{
	struct mac mac;
	return mac_parse(text, &mac) && memcmp(mac.bytes, bytes, sizeof mac.bytes) == 0;
}

Test(story, frame_by_frame_as_in_the_capture)
{
	for (unsigned i = 0; i < story_step_count; i++) {
		cr_assert_lt(i, count);
		cr_assert_eq(fnmatch(story_steps[i].line, frames[i].line, 0), 0, "frame %u: %s instead of %s", i + 1,
			     frames[i].line, story_steps[i].line);
		cr_assert(has_mac(frames[i].bytes, story_steps[i].to), "frame %u goes to another", i + 1);
		cr_assert(has_mac(frames[i].bytes + 6, story_steps[i].from), "frame %u comes from another", i + 1);
	}
	cr_assert_eq(count, story_step_count);
}

/* The steps that must be there are, in order. */
Test(story, no_step_is_left_out)
{
	static const char *const steps[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "12", "21", "22"};
	for (size_t i = 1; i < sizeof steps / sizeof *steps; i++)
		cr_assert_lt(step(steps[i - 1]), step(steps[i]));
}

/* DF is set on every segment, and the server's TTL shows the routers between. (The capture has DF on datagrams too; ours may be
 * fragmented.) */
Test(story, ip_headers)
{
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *bytes = frames[i].bytes;
		if (bytes[12] != 0x08 || bytes[13] != 0x00)
			continue;
		bool web = memcmp(bytes + 26, (uint8_t[]){51, 68, 121, 59}, 4) == 0;
		if (bytes[14 + 9] == 6)
			cr_assert_eq(bytes[14 + 6] & 0x60, 0x40);
		cr_assert_eq(bytes[14 + 8], web ? 53 : 64);
	}
}

/* Flags 0x0100: a query, recursion desired; one question. Its name has 14 characters in 3 labels, in letters of either case. */
Test(story, the_question)
{
	const uint8_t *message = frames[step("3")].bytes + 42;
	cr_assert_arr_eq(message + 2, ((uint8_t[]){0x01, 0x00, 0, 1, 0, 0, 0, 0}), 8);
	cr_assert(strncasecmp((const char *)message + 12, "\3www\6nain-t\3net", 16) == 0);
	cr_assert_arr_eq(message + 28, ((uint8_t[]){0, 1, 0, 1}), 4);
}

/* SYN and SYN ACK, option by option: MSS 1460, SACK-permitted, timestamps, NOP, window scale 7. */
Test(story, options_byte_by_byte)
{
	const uint8_t *syn = frames[step("7")].bytes + 34, *syn_ack = frames[step("8")].bytes + 34;
	for (unsigned i = 0; i < 2; i++) {
		const uint8_t *segment = i ? syn_ack : syn;
		cr_assert_eq(segment[12], 0xa0);
		cr_assert_arr_eq(segment + 20, ((uint8_t[]){2, 4, 0x05, 0xb4, 4, 2, 8, 10}), 8);
		cr_assert_arr_eq(segment + 36, ((uint8_t[]){1, 3, 3, 7}), 4);
	}
	cr_assert_arr_eq(syn_ack + 32, syn + 28, 4); /* the timestamp is echoed */
	cr_assert_arr_eq(syn + 32, ((uint8_t[]){0, 0, 0, 0}), 4);
}

/* B12's payload, byte for byte, came over the wire in one segment. */
Test(story, the_page_and_the_icon_over_one_connection)
{
	cr_assert(end.status[0] == 200 && end.status[1] == 404);
	cr_assert_str_eq(end.page, "Bonjour toi ;-)\n");
	cr_assert_eq(end.connections, 1);
	cr_assert_eq(end.outstanding, 0);
	cr_assert_eq(frames[step("12")].length, 14 + 351); /* its IP total length */
	cr_assert_eq(frames[step("10")].length, 14 + 400);
}

/* The server's FIN after its keep-alive time-out of five seconds, and the ACK of it at once. */
Test(story, the_end_after_five_seconds)
{
	uint64_t asked = frames[step("13")].time, fin = frames[step("21")].time;
	cr_assert(fin - asked >= 5000000 && fin - asked < 5010000);
	cr_assert_lt(frames[step("22")].time - fin, 1000);
}
