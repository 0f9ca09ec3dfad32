/* SPDX-License-Identifier: MIT
 *
 * pcapng blocks; see pcapng.h. The section numbers are those of draft-ietf-opsawg-pcapng.
 */
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "drivers/pcapng.h"

enum pcapng_block { PCAPNG_SECTION = 0x0a0d0d0a, PCAPNG_INTERFACE = 1, PCAPNG_PACKET = 6 };

enum pcapng_option { PCAPNG_END = 0, PCAPNG_COMMENT = 1, PCAPNG_EPB_FLAGS = 2, PCAPNG_IF_TSRESOL = 9 };

#define PCAPNG_MAGIC    0x1a2b3c4d
#define PCAPNG_ETHERNET 1  /* LINKTYPE_ETHERNET */
#define PCAPNG_FRAME    12 /* type and both lengths */

static size_t pcapng_pad(size_t length)
{
	return (4 - length % 4) % 4;
}

/* Little-endian, against the rest of this project. */
static void pcapng_write16(struct wire_writer *w, uint16_t value)
{
	wire_write8(w, (uint8_t)value);
	wire_write8(w, (uint8_t)(value >> 8));
}

static void pcapng_write32(struct wire_writer *w, uint32_t value)
{
	pcapng_write16(w, (uint16_t)value);
	pcapng_write16(w, (uint16_t)(value >> 16));
}

/* Room for `length` more bytes at the end of the buffer, or NULL: no memory. */
static uint8_t *pcapng_extend(struct pcapng_buffer *buffer, size_t length)
{
	size_t needed = buffer->length + length;
	if (needed > buffer->room) {
		size_t room = needed + needed / 2;
		uint8_t *bytes = realloc(buffer->bytes, room);
		if (!bytes)
			return NULL;
		buffer->bytes = bytes;
		buffer->room = room;
	}
	uint8_t *at = buffer->bytes + buffer->length;
	buffer->length = needed;
	return at;
}

/* An option: code, length, value, padding (3.5). */
static void pcapng_write_option(struct wire_writer *w, enum pcapng_option code, const void *value, size_t length)
{
	pcapng_write16(w, (uint16_t)code);
	pcapng_write16(w, (uint16_t)length);
	wire_write(w, value, length);
	wire_write(w, "\0\0\0", pcapng_pad(length));
}

void pcapng_comment(struct pcapng_options *options, const char *text)
{
	size_t length = strlen(text), room = PCAPNG_OPTIONS - options->length;
	if (length == 0 || 4 + length + pcapng_pad(length) > room)
		return;
	struct wire_writer w = wire_writer(options->bytes + options->length, room);
	pcapng_write_option(&w, PCAPNG_COMMENT, text, length);
	options->length = PCAPNG_OPTIONS - w.left;
}

/* 4.1: version 1.0, and a length of -1, not known in advance. */
static bool pcapng_append_section(struct pcapng_buffer *buffer)
{
	const size_t total = PCAPNG_FRAME + 16;
	uint8_t *at = pcapng_extend(buffer, total);
	if (!at)
		return false;
	struct wire_writer w = wire_writer(at, total);
	pcapng_write32(&w, PCAPNG_SECTION);
	pcapng_write32(&w, (uint32_t)total);
	pcapng_write32(&w, PCAPNG_MAGIC);
	pcapng_write16(&w, 1);
	pcapng_write16(&w, 0);
	pcapng_write32(&w, UINT32_MAX);
	pcapng_write32(&w, UINT32_MAX);
	pcapng_write32(&w, (uint32_t)total);
	return true;
}

/* 4.2: link type, no limit on a frame's length, if_tsresol 9 for 10^-9 seconds. */
static bool pcapng_append_interface(struct pcapng_buffer *buffer)
{
	const size_t total = PCAPNG_FRAME + 8 + 8 + 4;
	uint8_t *at = pcapng_extend(buffer, total);
	if (!at)
		return false;
	struct wire_writer w = wire_writer(at, total);
	pcapng_write32(&w, PCAPNG_INTERFACE);
	pcapng_write32(&w, (uint32_t)total);
	pcapng_write16(&w, PCAPNG_ETHERNET);
	pcapng_write16(&w, 0);
	pcapng_write32(&w, 0);
	pcapng_write_option(&w, PCAPNG_IF_TSRESOL, "\x09", 1);
	pcapng_write_option(&w, PCAPNG_END, "", 0);
	pcapng_write32(&w, (uint32_t)total);
	return true;
}

bool pcapng_append_start(struct pcapng_buffer *buffer)
{
	return pcapng_append_section(buffer) && pcapng_append_interface(buffer);
}

static size_t pcapng_total(const struct slice *slices, unsigned slice_count)
{
	size_t total = 0;
	for (unsigned i = 0; i < slice_count; i++)
		total += slices[i].length;
	return total;
}

static void pcapng_write_packet_options(struct wire_writer *w, enum pcapng_direction direction,
					const struct pcapng_options *options)
{
	const uint8_t flags[4] = {(uint8_t)direction};
	wire_write(w, options->bytes, options->length);
	pcapng_write_option(w, PCAPNG_EPB_FLAGS, flags, sizeof flags);
	pcapng_write_option(w, PCAPNG_END, "", 0);
}

/* 4.3:  interface, time (high, low), length captured, length on the wire, data, padding, options. */
bool pcapng_append_packet(struct pcapng_buffer *buffer, uint64_t time, const struct slice *slices, unsigned slice_count,
			  enum pcapng_direction direction, const struct pcapng_options *options)
{
	size_t length = pcapng_total(slices, slice_count);
	size_t total = PCAPNG_FRAME + 20 + length + pcapng_pad(length) + options->length + 8 + 4;
	uint8_t *at = pcapng_extend(buffer, total);
	if (!at)
		return false;
	struct wire_writer w = wire_writer(at, total);
	pcapng_write32(&w, PCAPNG_PACKET);
	pcapng_write32(&w, (uint32_t)total);
	pcapng_write32(&w, 0);
	pcapng_write32(&w, (uint32_t)(time >> 32));
	pcapng_write32(&w, (uint32_t)time);
	pcapng_write32(&w, (uint32_t)length);
	pcapng_write32(&w, (uint32_t)length);
	for (unsigned i = 0; i < slice_count; i++)
		wire_write(&w, slices[i].bytes, slices[i].length);
	wire_write(&w, "\0\0\0", pcapng_pad(length));
	pcapng_write_packet_options(&w, direction, options);
	pcapng_write32(&w, (uint32_t)total);
	return true;
}

void pcapng_release(struct pcapng_buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct pcapng_buffer){0};
}
