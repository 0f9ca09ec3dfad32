/* SPDX-License-Identifier: MIT
 *
 * Reading a segment (RFC 9293 3.1 and 3.2, RFC 7323 2.2 and 3.2, RFC 2018 2), for the model.
 */
#include <string.h>

#include "tests/fuzz/model/model.h"

uint32_t sum16(const uint8_t *bytes, size_t length, uint32_t before)
{
	for (size_t i = 0; i < length; i++)
		before += i % 2 ? bytes[i] : bytes[i] * 256u;
	while (before > 0xffff)
		before = (before & 0xffff) + (before >> 16);
	return before;
}

static void option_read(struct segment *s, const uint8_t *option)
{
	unsigned kind = option[0], length = option[1];

	if (kind == 2 && length == 4) {
		s->has_mss = true;
		s->mss = wire_get16(option + 2);
	} else if (kind == 3 && length == 3) {
		s->has_shift = true;
		s->shift = option[2] > 14 ? 14 : option[2]; /* RFC 7323 2.3 */
	} else if (kind == 4 && length == 2) {
		s->has_sack = true;
	} else if (kind == 8 && length == 10) {
		s->has_timestamps = true;
		s->tsval = wire_get32(option + 2);
		s->tsecr = wire_get32(option + 6);
	}
}

bool segment_read(struct segment *s, const uint8_t *bytes, size_t length, uint32_t pseudo_sum)
{
	memset(s, 0, sizeof *s);
	if (length < 20 || sum16(bytes, length, pseudo_sum + (uint32_t)length) != 0xffff)
		return false;
	size_t header = bytes[12] / 16 * 4u;
	if (header < 20 || header > length)
		return false;
	s->seq = wire_get32(bytes + 4);
	s->ack = wire_get32(bytes + 8);
	s->flags = bytes[13];
	s->window = wire_get16(bytes + 14);
	s->urgent = wire_get16(bytes + 18);
	s->text = bytes + header;
	s->length = length - header;
	for (size_t at = 20; at < header && bytes[at] != 0;) {
		if (bytes[at] == 1) {
			at++;
			continue;
		}
		if (at + 1 >= header || bytes[at + 1] < 2 || at + bytes[at + 1] > header) /* MUST-7 */
			break;
		option_read(s, bytes + at);
		at += bytes[at + 1];
	}
	return true;
}
