/* SPDX-License-Identifier: MIT
 *
 * Bytes on the wire are big-endian and at any alignment. These accessors are the only way
 * in and out: nothing is cast, nothing is swapped in place.
 *
 * Two ways to use them:
 *   - at a known offset:   wire_get16(bytes + 2), wire_put32(bytes + 4, seq)
 *   - in order, unsure of the length: a cursor. Reading past the end gives zeros and sets
 *     `failed`, which sticks, so that a parser checks once, at its end.
 */
#ifndef STRATA_BASE_WIRE_H
#define STRATA_BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t wire_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t wire_get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void wire_put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void wire_put32(uint8_t *at, uint32_t value)
{
	wire_put16(at, (uint16_t)(value >> 16));
	wire_put16(at + 2, (uint16_t)value);
}

/* A place in bytes being read. `failed` is set by the first read past the end and stays. */
struct wire_reader {
	const uint8_t *at;
	size_t left;
	bool failed;
};

static inline struct wire_reader wire_reader(const uint8_t *bytes, size_t length)
{
	return (struct wire_reader){.at = bytes, .left = length};
}

/* The next `length` bytes, borrowed, or NULL past the end. */
static inline const uint8_t *wire_take(struct wire_reader *r, size_t length)
{
	if (r->failed || length > r->left) {
		r->failed = true;
		return NULL;
	}
	const uint8_t *taken = r->at;
	r->at += length;
	r->left -= length;
	return taken;
}

static inline uint8_t wire_read8(struct wire_reader *r)
{
	const uint8_t *at = wire_take(r, 1);
	return at ? at[0] : 0;
}

static inline uint16_t wire_read16(struct wire_reader *r)
{
	const uint8_t *at = wire_take(r, 2);
	return at ? wire_get16(at) : 0;
}

static inline uint32_t wire_read32(struct wire_reader *r)
{
	const uint8_t *at = wire_take(r, 4);
	return at ? wire_get32(at) : 0;
}

/* A place in bytes being written; the mirror image of the reader. */
struct wire_writer {
	uint8_t *at;
	size_t left;
	bool failed;
};

static inline struct wire_writer wire_writer(uint8_t *bytes, size_t room)
{
	return (struct wire_writer){.at = bytes, .left = room};
}

/* Room for the next `length` bytes, to be filled by the caller, or NULL when there is none. */
static inline uint8_t *wire_claim(struct wire_writer *w, size_t length)
{
	if (w->failed || length > w->left) {
		w->failed = true;
		return NULL;
	}
	uint8_t *claimed = w->at;
	w->at += length;
	w->left -= length;
	return claimed;
}

static inline void wire_write8(struct wire_writer *w, uint8_t value)
{
	uint8_t *at = wire_claim(w, 1);
	if (at)
		at[0] = value;
}

static inline void wire_write16(struct wire_writer *w, uint16_t value)
{
	uint8_t *at = wire_claim(w, 2);
	if (at)
		wire_put16(at, value);
}

static inline void wire_write32(struct wire_writer *w, uint32_t value)
{
	uint8_t *at = wire_claim(w, 4);
	if (at)
		wire_put32(at, value);
}

static inline void wire_write(struct wire_writer *w, const void *bytes, size_t length)
{
	uint8_t *at = wire_claim(w, length);
	if (at && length)
		memcpy(at, bytes, length);
}

#endif
