/* SPDX-License-Identifier: MIT
 *
 * A byte ring addressed by stream position. Its capacity is a power of two (or 0), and the byte at
 * position p lies at bytes[p & (capacity - 1)], whatever has been read before: positions never need
 * rebasing, and TCP's sequence numbers are used as they are.
 *
 *            head          tail                    head + capacity
 *             |   readable  |      free              |
 *     --------[#############|........##..............)-------->   position
 *                                    ^^
 *                                    bytes put ahead of the tail: text that came out of order
 *
 * head <= tail <= head + capacity always. A slice or span is good until the ring is next changed.
 */
#ifndef STRATA_BASE_RING_H
#define STRATA_BASE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/packet.h"

struct ring {
	uint8_t *bytes;
	size_t capacity; /* a power of two, or 0 with no memory held */
	uint64_t head;   /* position of the first readable byte */
	uint64_t tail;   /* position after the last readable byte */
};

/* An empty ring whose first byte will have this position. Holds no memory yet. */
void ring_init(struct ring *ring, uint64_t position);

/* Give the memory back; the ring is empty at its tail position afterwards. */
void ring_release(struct ring *ring, struct memory *memory);

static inline size_t ring_used(const struct ring *ring)
{
	return (size_t)(ring->tail - ring->head);
}

static inline size_t ring_free(const struct ring *ring)
{
	return ring->capacity - ring_used(ring);
}

/* Make the capacity at least `wanted` bytes (rounded up to a power of two). Everything keeps its position, bytes put ahead of
 * the tail included; what was peeked is no longer valid. False, ring unchanged: no memory. */
bool ring_grow(struct ring *ring, struct memory *memory, size_t wanted);

/* Shrink the capacity to the least power of two that holds `kept` bytes after head, or to 0 for 0 (allowed only when the ring
 * is empty). Bytes from head + kept on are lost. Without memory for the smaller copy the ring stays as it is. */
void ring_shrink(struct ring *ring, struct memory *memory, size_t kept);

/* Append up to `length` bytes at the tail; how many fitted is returned. */
size_t ring_write(struct ring *ring, const void *bytes, size_t length);

/* Put bytes at [position, position + length), which must lie in [tail, head + capacity); the tail does not move. */
void ring_place(struct ring *ring, uint64_t position, const void *bytes, size_t length);

/* The longest contiguous span of free space at the tail, to be filled in place and then committed. NULL, *length 0: full. */
uint8_t *ring_reserve(struct ring *ring, size_t *length);

/* Move the tail up by `length` <= ring_free() bytes, which have been filled or placed. */
void ring_commit(struct ring *ring, size_t length);

/* Up to two slices that show `length` bytes from `position`; all of it must be readable. Returns how many slices (0 to 2). */
unsigned ring_peek(const struct ring *ring, uint64_t position, size_t length, struct slice slices[2]);

/* Copy up to `length` bytes from the head and consume them; how many is returned. */
size_t ring_read(struct ring *ring, void *bytes, size_t length);

/* Drop `length` <= ring_used() bytes from the head. */
void ring_consume(struct ring *ring, size_t length);

#endif
