/* SPDX-License-Identifier: MIT
 *
 * Segments as scripts write them: text to fields, fields to a frame, a frame to fields, fields to text.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/internal.h"

static const char flag_letters[] = "FSRP.U";

/* A text being parsed, with what is needed to complain about it. */
struct cursor {
	const char *file;
	int line;
	const char *text;
	const char *at;
};

static void complain(const struct cursor *c, const char *wanted)
{
	harness_fail(c->file, c->line, "cannot read segment \"%s\" at \"%s\": expected %s", c->text, c->at, wanted);
}

static void skip_spaces(struct cursor *c)
{
	while (*c->at == ' ')
		c->at++;
}

/* Take this word or sign if it comes next. */
static bool accept_word(struct cursor *c, const char *word)
{
	size_t length = strlen(word);
	skip_spaces(c);
	if (strncmp(c->at, word, length) != 0 ||
	    (isalpha((unsigned char)word[0]) && isalnum((unsigned char)c->at[length])))
		return false;
	c->at += length;
	return true;
}

static void expect_word(struct cursor *c, const char *word)
{
	if (!accept_word(c, word))
		complain(c, word);
}

static long long expect_number(struct cursor *c)
{
	char *end;
	skip_spaces(c);
	long long number = strtoll(c->at, &end, 10);
	if (end == c->at)
		complain(c, "a number");
	c->at = end;
	return number;
}

/* A sequence number: relative to `base`, or absolute after `=`. */
static uint32_t expect_sequence(struct cursor *c, uint32_t base)
{
	if (accept_word(c, "="))
		base = 0;
	return base + (uint32_t)expect_number(c);
}

/* --- Options ----------------------------------------------------------------------------------------------------- */

static void option_byte(struct cursor *c, struct segment *s, unsigned value, bool any)
{
	if (s->options_length == OPTIONS_MAX)
		complain(c, "at most 40 bytes of options");
	s->options[s->options_length] = (uint8_t)value;
	s->options_any[s->options_length++] = any;
}

static void option_word(struct cursor *c, struct segment *s, uint32_t value, unsigned bytes, bool any)
{
	while (bytes--)
		option_byte(c, s, value >> (8 * bytes) & 0xff, any);
}

static void option_timestamp_value(struct cursor *c, struct segment *s, const struct flow *flow)
{
	if (accept_word(c, "*"))
		option_word(c, s, 0, 4, true);
	else if (accept_word(c, "last"))
		option_word(c, s, flow->ts_val, 4, false);
	else
		option_word(c, s, (uint32_t)expect_number(c), 4, false);
}

static void option_timestamps(struct cursor *c, struct segment *s, const struct flow *flow)
{
	option_word(c, s, 0x080a, 2, false);
	expect_word(c, "val");
	option_timestamp_value(c, s, flow);
	expect_word(c, "ecr");
	option_timestamp_value(c, s, flow);
}

static void option_hex(struct cursor *c, struct segment *s)
{
	unsigned value;
	skip_spaces(c);
	while (isxdigit((unsigned char)c->at[0]) && sscanf(c->at, "%2x", &value) == 1) {
		option_byte(c, s, value, false);
		c->at += 2;
	}
}

static void option_sack(struct cursor *c, struct segment *s, uint32_t base)
{
	size_t length_at = s->options_length + 1;
	option_word(c, s, 0x0502, 2, false);
	do {
		option_word(c, s, expect_sequence(c, base), 4, false);
		expect_word(c, ":");
		option_word(c, s, expect_sequence(c, base), 4, false);
		s->options[length_at] = (uint8_t)(s->options[length_at] + 8);
		skip_spaces(c);
	} while (*c->at != ',' && *c->at != '>');
}

static void parse_option(struct cursor *c, struct segment *s, const struct flow *flow, uint32_t ack_base)
{
	if (accept_word(c, "mss")) {
		option_word(c, s, 0x0204, 2, false);
		option_word(c, s, (uint32_t)expect_number(c), 2, false);
	} else if (accept_word(c, "wscale")) {
		option_word(c, s, 0x0303, 2, false);
		option_word(c, s, (uint32_t)expect_number(c), 1, false);
	} else if (accept_word(c, "sackOK"))
		option_word(c, s, 0x0402, 2, false);
	else if (accept_word(c, "nop"))
		option_byte(c, s, 1, false);
	else if (accept_word(c, "eol"))
		option_byte(c, s, 0, false);
	else if (accept_word(c, "TS"))
		option_timestamps(c, s, flow);
	else if (accept_word(c, "sack"))
		option_sack(c, s, ack_base);
	else if (accept_word(c, "hex"))
		option_hex(c, s);
	else
		complain(c, "an option");
}

static void parse_options(struct cursor *c, struct segment *s, const struct flow *flow, uint32_t ack_base)
{
	s->has_options = true;
	if (!accept_word(c, ">")) {
		do
			parse_option(c, s, flow, ack_base);
		while (accept_word(c, ","));
		expect_word(c, ">");
	}
	while (s->options_length % 4)
		option_byte(c, s, 0, false);
}

/* --- Segments ---------------------------------------------------------------------------------------------------- */

static void parse_flags(struct cursor *c, struct segment *s)
{
	skip_spaces(c);
	if (*c->at == '-')
		c->at++;
	for (const char *letter; *c->at && (letter = strchr(flag_letters, *c->at)); c->at++)
		s->flags |= 1u << (letter - flag_letters);
	if (*c->at != ' ')
		complain(c, "flags out of SFRPU. and a space");
}

static void parse_range(struct cursor *c, struct segment *s, uint32_t base)
{
	skip_spaces(c);
	if (*c->at == '=')
		base = 0;
	s->seq = expect_sequence(c, base);
	bool has_end = accept_word(c, ":");
	uint32_t end = has_end ? base + (uint32_t)expect_number(c) : 0;
	expect_word(c, "(");
	s->length = (size_t)expect_number(c);
	expect_word(c, ")");
	if (has_end && end - s->seq != s->length)
		complain(c, "END - SEQ to be LENGTH");
}

struct segment segment_parse(const char *file, int line, const char *text, const struct flow *flow, bool ours)
{
	struct cursor c = {file, line, text, text};
	struct segment s = {.window = 65535};
	uint32_t seq_base = ours ? flow->our_isn : flow->peer_isn;
	uint32_t ack_base = ours ? flow->peer_isn : flow->our_isn;
	parse_flags(&c, &s);
	parse_range(&c, &s, seq_base);
	if (accept_word(&c, "ack"))
		s.ack = expect_sequence(&c, ack_base);
	else if (s.flags & ACK)
		complain(&c, "ack N, where the flags have an ACK");
	if ((s.has_window = accept_word(&c, "win")))
		s.window = (unsigned)expect_number(&c);
	if ((s.has_urgent = accept_word(&c, "urg")))
		s.urgent = (unsigned)expect_number(&c);
	if (accept_word(&c, "<"))
		parse_options(&c, &s, flow, ack_base);
	skip_spaces(&c);
	if (*c.at)
		complain(&c, "the end");
	return s;
}

/* The place in the stream of a segment's first byte: the SYN stands before it. */
static uint64_t stream_offset(const struct segment *s, uint32_t isn)
{
	return (uint64_t)(uint32_t)(s->seq - isn - 1 + (s->flags & SYN ? 1 : 0));
}

struct frame segment_frame(const struct segment *s, const struct flow *flow)
{
	uint8_t message[FRAME_MAX] = {(uint8_t)(flow->peer_port >> 8), (uint8_t)flow->peer_port,
				      (uint8_t)(flow->local_port >> 8), (uint8_t)flow->local_port};
	size_t header = 20 + s->options_length;
	if (header + s->length > FRAME_MAX - AT_TRANSPORT)
		abort();
	for (size_t i = 0; i < 4; i++) {
		message[4 + i] = (uint8_t)(s->seq >> (24 - 8 * i));
		message[8 + i] = (uint8_t)(s->ack >> (24 - 8 * i));
	}
	message[12] = (uint8_t)(header / 4 * 16);
	message[13] = (uint8_t)s->flags;
	message[14] = (uint8_t)(s->window >> 8);
	message[15] = (uint8_t)s->window;
	message[18] = (uint8_t)(s->urgent >> 8);
	message[19] = (uint8_t)s->urgent;
	memcpy(message + 20, s->options, s->options_length);
	for (size_t i = 0; i < s->length; i++)
		message[header + i] = pattern(stream_offset(s, flow->peer_isn) + i);
	return frame_ip(6, message, header + s->length);
}

struct segment segment_of(const struct frame *frame)
{
	size_t header = frame->bytes[AT_TCP_OFFSET] / 16 * 4u;
	struct segment s = {.flags = frame->bytes[AT_TCP_FLAGS],
			    .seq = peek32(frame, AT_TRANSPORT + 4),
			    .ack = peek32(frame, AT_TRANSPORT + 8),
			    .window = peek16(frame, AT_TRANSPORT + 14),
			    .urgent = peek16(frame, AT_TRANSPORT + 18)};
	size_t total = peek16(frame, AT_IP_TOTAL) + (size_t)14;
	if (total > frame->length)
		total = frame->length;
	if (header < 20 || AT_TRANSPORT + header > total)
		return s;
	s.length = total - AT_TRANSPORT - header;
	s.options_length = header - 20;
	memcpy(s.options, frame->bytes + AT_TCP_OPTIONS, s.options_length);
	return s;
}

struct frame frame_tcp(const char *format, ...)
{
	char text[256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	struct segment s = segment_parse("frame_tcp", 0, text, flow_current(), false);
	return segment_frame(&s, flow_current());
}

/* --- Printing ---------------------------------------------------------------------------------------------------- */

static uint32_t option_get(const uint8_t *bytes, unsigned count)
{
	uint32_t value = 0;
	while (count--)
		value = value * 256 + *bytes++;
	return value;
}

static void sack_print(const uint8_t *o, uint32_t base, char *text, size_t room)
{
	size_t used = (size_t)snprintf(text, room, "sack");
	for (size_t at = 2; at + 8 <= o[1] && used < room; at += 8)
		used += (size_t)snprintf(text + used, room - used, " %d:%d", (int32_t)(option_get(o + at, 4) - base),
					 (int32_t)(option_get(o + at + 4, 4) - base));
}

/* One option at o into text; how many bytes it has, 0 when it cannot be told. */
static size_t option_print(const uint8_t *o, size_t left, uint32_t base, char *text, size_t room)
{
	if (o[0] < 2) {
		snprintf(text, room, "%s", o[0] ? "nop" : "eol");
		return 1;
	}
	if (left < 2 || o[1] < 2 || o[1] > left) {
		snprintf(text, room, "broken");
		return 0;
	}
	if (o[0] == 2 && o[1] == 4)
		snprintf(text, room, "mss %u", option_get(o + 2, 2));
	else if (o[0] == 3 && o[1] == 3)
		snprintf(text, room, "wscale %u", o[2]);
	else if (o[0] == 4 && o[1] == 2)
		snprintf(text, room, "sackOK");
	else if (o[0] == 8 && o[1] == 10)
		snprintf(text, room, "TS val %u ecr %u", option_get(o + 2, 4), option_get(o + 6, 4));
	else if (o[0] == 5 && o[1] % 8 == 2)
		sack_print(o, base, text, room);
	else
		snprintf(text, room, "kind %u length %u", o[0], o[1]);
	return o[1];
}

static void options_print(const struct segment *s, uint32_t base, char *text, size_t room)
{
	size_t used = (size_t)snprintf(text, room, " <");
	for (size_t i = 0, n = 1; i < s->options_length && n; i += n) {
		if (room - used < 48) { /* as many as a line holds */
			used += (size_t)snprintf(text + used, room - used, "...");
			break;
		}
		if (i)
			used += (size_t)snprintf(text + used, room - used, ",");
		n = option_print(s->options + i, s->options_length - i, base, text + used, room - used);
		used += strlen(text + used);
	}
	snprintf(text + used, room - used, ">");
}

void segment_print(const struct segment *s, const struct flow *flow, bool ours, char *text, size_t room)
{
	uint32_t seq_base = !flow ? 0 : ours ? flow->our_isn : flow->peer_isn;
	uint32_t ack_base = !flow ? 0 : ours ? flow->peer_isn : flow->our_isn;
	char flags[8] = "-";
	size_t count = 0;
	for (const char *order = "SFRPU."; *order; order++)
		if (s->flags & 1u << (strchr(flag_letters, *order) - flag_letters))
			flags[count++] = *order;
	int32_t seq = (int32_t)(s->seq - seq_base);
	size_t used = (size_t)snprintf(text, room, "%s %d:%d(%zu)", flags, seq,
				       (int32_t)(s->seq - seq_base + (uint32_t)s->length), s->length);
	if (s->flags & ACK)
		used += (size_t)snprintf(text + used, room - used, " ack %d", (int32_t)(s->ack - ack_base));
	used += (size_t)snprintf(text + used, room - used, " win %u", s->window);
	if (s->flags & URG)
		used += (size_t)snprintf(text + used, room - used, " urg %u", s->urgent);
	if (s->options_length)
		options_print(s, ack_base, text + used, room - used);
}
