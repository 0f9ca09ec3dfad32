/* SPDX-License-Identifier: MIT
 *
 * The byte ring. The memory is a window that slides along the stream: position p always lies at p & (capacity - 1), so
 * what is contiguous in the stream is at most two runs in memory, the second one at the start:
 *
 *     stream   ...  head [ c d e f g h | a b ] head + capacity  ...
 *     memory         [ a b c d e f g h ]
 *                          ^ head & (capacity - 1)
 */
#include "base/ring.h"

#include <assert.h>
#include <string.h>

void ring_init(struct ring *ring, uint64_t position)
{
	*ring = (struct ring){.head = position, .tail = position};
}

void ring_release(struct ring *ring, struct memory *memory)
{
	memory_put(memory, ring->bytes, ring->capacity);
	ring_init(ring, ring->tail);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Where a position lies in memory. */
static size_t ring_index(const struct ring *ring, uint64_t position)
{
	return (size_t)position & (ring->capacity - 1);
}

/* Show `length` <= capacity bytes from a position, readable or not, as runs in memory; how many runs (0 to 2). */
static unsigned ring_runs(const struct ring *ring, uint64_t position, size_t length, struct slice runs[2])
{
	if (length == 0)
		return 0; /* and there may be no memory */
	size_t index = ring_index(ring, position);
	size_t first = smaller(length, ring->capacity - index);
	runs[0] = (struct slice){ring->bytes + index, first};
	if (first == length)
		return 1;
	runs[1] = (struct slice){ring->bytes, length - first};
	return 2;
}

/* Copy bytes in at a position. */
static void ring_put(struct ring *ring, uint64_t position, const uint8_t *bytes, size_t length)
{
	if (length == 0)
		return;
	size_t index = ring_index(ring, position);
	size_t first = smaller(length, ring->capacity - index);
	memcpy(ring->bytes + index, bytes, first);
	memcpy(ring->bytes, bytes + first, length - first);
}

/* The least power of two that is no less than `wanted`, or 0: there is none, or nothing is wanted. */
static size_t power_of_two(size_t wanted)
{
	if (wanted == 0 || wanted > SIZE_MAX / 2 + 1)
		return 0;
	size_t power = 1;
	while (power < wanted)
		power *= 2;
	return power;
}

/* Move to memory of another capacity all that fits of [head, head + old capacity): the bytes ahead of the tail too. */
static bool ring_move(struct ring *ring, struct memory *memory, size_t capacity)
{
	struct ring moved = *ring;
	moved.bytes = memory_get(memory, capacity);
	moved.capacity = capacity;
	if (!moved.bytes)
		return false;

	struct slice runs[2];
	unsigned count = ring_runs(ring, ring->head, smaller(ring->capacity, capacity), runs);
	uint64_t position = ring->head;
	for (unsigned i = 0; i < count; i++) {
		ring_put(&moved, position, runs[i].bytes, runs[i].length);
		position += runs[i].length;
	}
	memory_put(memory, ring->bytes, ring->capacity);
	*ring = moved;
	return true;
}

bool ring_grow(struct ring *ring, struct memory *memory, size_t wanted)
{
	if (wanted <= ring->capacity)
		return true;
	size_t capacity = power_of_two(wanted);
	return capacity && ring_move(ring, memory, capacity);
}

void ring_shrink(struct ring *ring, struct memory *memory, size_t kept)
{
	assert(kept >= ring_used(ring));
	size_t capacity = power_of_two(kept);
	if (kept == 0)
		ring_release(ring, memory);
	else if (capacity && capacity < ring->capacity)
		ring_move(ring, memory, capacity);
}

size_t ring_write(struct ring *ring, const void *bytes, size_t length)
{
	size_t taken = smaller(length, ring_free(ring));
	ring_put(ring, ring->tail, bytes, taken);
	ring->tail += taken;
	return taken;
}

void ring_place(struct ring *ring, uint64_t position, const void *bytes, size_t length)
{
	assert(position >= ring->tail && position + length <= ring->head + ring->capacity);
	ring_put(ring, position, bytes, length);
}

uint8_t *ring_reserve(struct ring *ring, size_t *length)
{
	*length = 0;
	if (ring_free(ring) == 0)
		return NULL;
	size_t index = ring_index(ring, ring->tail);
	*length = smaller(ring_free(ring), ring->capacity - index);
	return ring->bytes + index;
}

void ring_commit(struct ring *ring, size_t length)
{
	assert(length <= ring_free(ring));
	ring->tail += length;
}

unsigned ring_peek(const struct ring *ring, uint64_t position, size_t length, struct slice slices[2])
{
	assert(position >= ring->head && position + length <= ring->tail);
	return ring_runs(ring, position, length, slices);
}

size_t ring_read(struct ring *ring, void *bytes, size_t length)
{
	size_t taken = smaller(length, ring_used(ring));
	struct slice runs[2];
	unsigned count = ring_runs(ring, ring->head, taken, runs);
	uint8_t *to = bytes;
	for (unsigned i = 0; i < count; i++) {
		memcpy(to, runs[i].bytes, runs[i].length);
		to += runs[i].length;
	}
	ring->head += taken;
	return taken;
}

void ring_consume(struct ring *ring, size_t length)
{
	assert(length <= ring_used(ring));
	ring->head += length;
}
