/* SPDX-License-Identifier: MIT
 *
 * The byte ring: its edges one by one, and then against a model that keeps the whole stream in one long array.
 */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "base/random.h"
#include "base/ring.h"

static struct memory memory_of(size_t limit)
{
	return (struct memory){.from = memory_libc(), .limit = limit};
}

/* A ring at this position with this capacity, holding `text`. */
static struct ring ring_of(struct memory *memory, uint64_t position, size_t capacity, const char *text)
{
	struct ring ring;
	ring_init(&ring, position);
	cr_assert(ring_grow(&ring, memory, capacity));
	cr_assert_eq(ring_write(&ring, text, strlen(text)), strlen(text));
	return ring;
}

static void expect(const struct ring *ring, const char *text)
{
	struct slice slices[2];
	unsigned count = ring_peek(ring, ring->head, ring_used(ring), slices);
	char seen[64] = "";
	for (unsigned i = 0; i < count; i++)
		strncat(seen, (const char *)slices[i].bytes, slices[i].length);
	cr_assert_str_eq(seen, text);
}

/* Three bytes before its memory ends, as position 2^33 - 3 does for every power of two. */
static const uint64_t near_wrap = (UINT64_C(1) << 33) - 3;

Test(ring, without_memory_takes_and_gives_nothing)
{
	struct ring ring;
	ring_init(&ring, near_wrap);
	size_t length = 99;
	struct slice slices[2];
	uint8_t byte = 1;
	cr_assert_eq(ring.head, near_wrap);
	cr_assert_eq(ring_write(&ring, &byte, 1), 0);
	cr_assert_eq(ring_read(&ring, &byte, 1), 0);
	cr_assert_eq(ring_peek(&ring, near_wrap, 0, slices), 0);
	cr_assert_null(ring_reserve(&ring, &length));
	cr_assert_eq(length, 0);
	struct memory memory = memory_of(100);
	cr_assert(ring_grow(&ring, &memory, 0));
	ring_shrink(&ring, &memory, 0);
	ring_release(&ring, &memory);
	cr_assert_eq(memory.blocks, 0);
}

Test(ring, capacity_is_rounded_up_to_a_power_of_two)
{
	static const size_t wanted[] = {1, 2, 3, 4, 5, 1000, 1024, 1025}, got[] = {1, 2, 4, 4, 8, 1024, 1024, 2048};
	struct memory memory = memory_of(1 << 20);
	struct ring ring;
	ring_init(&ring, 0);
	for (unsigned i = 0; i < 8; i++) {
		cr_assert(ring_grow(&ring, &memory, wanted[i]));
		cr_assert_eq(ring.capacity, got[i]);
		cr_assert_eq(memory.bytes, got[i], "the old memory goes back");
	}
	cr_assert(ring_grow(&ring, &memory, 7));
	cr_assert_eq(ring.capacity, 2048, "growing never shrinks");
	ring_release(&ring, &memory);
	cr_assert_eq(memory.blocks, 0);
}

Test(ring, growing_beyond_all_numbers_is_refused)
{
	struct memory memory = memory_of(SIZE_MAX);
	struct ring ring = ring_of(&memory, 0, 4, "ab");
	cr_assert_not(ring_grow(&ring, &memory, SIZE_MAX / 2 + 2));
	cr_assert_not(ring_grow(&ring, &memory, SIZE_MAX));
	expect(&ring, "ab");
	ring_release(&ring, &memory);
}

Test(ring, without_memory_to_grow_it_stays_as_it_is)
{
	struct memory memory = memory_of(8 + 15);
	struct ring ring = ring_of(&memory, near_wrap, 8, "abcdef");
	cr_assert_not(ring_grow(&ring, &memory, 9));
	cr_assert_eq(ring.capacity, 8);
	cr_assert_eq(memory.bytes, 8);
	expect(&ring, "abcdef");
	ring_release(&ring, &memory);
}

Test(ring, writes_only_what_fits)
{
	struct memory memory = memory_of(100);
	struct ring ring = ring_of(&memory, near_wrap, 8, "abcde");
	cr_assert_eq(ring_write(&ring, "fghij", 5), 3);
	cr_assert_eq(ring_free(&ring), 0);
	cr_assert_eq(ring_write(&ring, "k", 1), 0);
	expect(&ring, "abcdefgh");
	ring_release(&ring, &memory);
}

Test(ring, reads_only_what_is_there)
{
	struct memory memory = memory_of(100);
	struct ring ring = ring_of(&memory, near_wrap, 8, "abcdef");
	char text[16] = "................";
	cr_assert_eq(ring_read(&ring, text, 4), 4);
	cr_assert_arr_eq(text, "abcd............", 16);
	cr_assert_eq(ring.head, near_wrap + 4);
	cr_assert_eq(ring_read(&ring, text, 16), 2);
	cr_assert_arr_eq(text, "efcd............", 16);
	cr_assert_eq(ring_read(&ring, text, 16), 0);
	ring_release(&ring, &memory);
}

Test(ring, peeks_in_two_slices_across_the_end_of_memory)
{
	struct memory memory = memory_of(100);
	struct ring ring = ring_of(&memory, near_wrap, 8, "abcdef");
	struct slice slices[2];
	cr_assert_eq(ring_peek(&ring, near_wrap + 1, 4, slices), 2);
	cr_assert_eq(slices[0].length, 2);
	cr_assert_arr_eq(slices[0].bytes, "bc", 2);
	cr_assert_eq(slices[1].length, 2);
	cr_assert_arr_eq(slices[1].bytes, "de", 2);
	cr_assert_eq(ring_peek(&ring, near_wrap, 3, slices), 1, "it ends with the memory");
	cr_assert_eq(slices[0].length, 3);
	cr_assert_eq(ring_peek(&ring, near_wrap + 3, 3, slices), 1, "it begins with the memory");
	cr_assert_arr_eq(slices[0].bytes, "def", 3);
	cr_assert_eq(ring_peek(&ring, near_wrap + 6, 0, slices), 0);
	ring_release(&ring, &memory);
}

Test(ring, reserves_up_to_the_end_of_memory_and_then_the_rest)
{
	struct memory memory = memory_of(100);
	struct ring ring = ring_of(&memory, near_wrap, 8, "a");
	size_t length;
	uint8_t *span = ring_reserve(&ring, &length);
	cr_assert_eq(length, 2);
	memcpy(span, "bc", 2);
	ring_commit(&ring, 2);
	span = ring_reserve(&ring, &length);
	cr_assert_eq(length, 5);
	memcpy(span, "defgh", 5);
	ring_commit(&ring, 4);
	expect(&ring, "abcdefg");
	cr_assert_not_null(ring_reserve(&ring, &length));
	cr_assert_eq(length, 1);
	ring_commit(&ring, 1);
	cr_assert_null(ring_reserve(&ring, &length));
	cr_assert_eq(length, 0);
	expect(&ring, "abcdefgh");
	ring_release(&ring, &memory);
}

/* Text that came out of order: placed behind a gap, kept while the ring grows, readable once the gap is filled. */
Test(ring, growing_keeps_bytes_placed_ahead)
{
	struct memory memory = memory_of(100);
	struct ring ring = ring_of(&memory, near_wrap, 8, "ab");
	ring_place(&ring, near_wrap + 4, "efgh", 4);
	cr_assert_eq(ring_used(&ring), 2, "the tail does not move");
	cr_assert(ring_grow(&ring, &memory, 16));
	ring_place(&ring, near_wrap + 12, "mnop", 4);
	cr_assert(ring_grow(&ring, &memory, 32));
	cr_assert_eq(ring_write(&ring, "cd", 2), 2);
	ring_commit(&ring, 4);
	expect(&ring, "abcdefgh");
	cr_assert_eq(ring_write(&ring, "ijkl", 4), 4);
	ring_commit(&ring, 4);
	expect(&ring, "abcdefghijklmnop");
	ring_release(&ring, &memory);
}

Test(ring, shrinking_keeps_what_it_was_told_to)
{
	struct memory memory = memory_of(1000);
	struct ring ring = ring_of(&memory, near_wrap, 64, "ab");
	ring_place(&ring, near_wrap + 3, "de", 2);
	ring_shrink(&ring, &memory, 5);
	cr_assert_eq(ring.capacity, 8);
	cr_assert_eq(memory.bytes, 8);
	ring_write(&ring, "c", 1);
	ring_commit(&ring, 2);
	expect(&ring, "abcde");
	ring_shrink(&ring, &memory, 5);
	cr_assert_eq(ring.capacity, 8, "it is at its least already");
	ring_consume(&ring, 5);
	ring_shrink(&ring, &memory, 0);
	cr_assert_eq(ring.capacity, 0);
	cr_assert_null(ring.bytes);
	cr_assert_eq(memory.blocks, 0);
	cr_assert_eq(ring.head, near_wrap + 5);
}

Test(ring, shrinking_never_grows)
{
	struct memory memory = memory_of(1000);
	struct ring ring = ring_of(&memory, near_wrap, 8, "ab");
	ring_shrink(&ring, &memory, 100);
	cr_assert_eq(ring.capacity, 8);
	ring_shrink(&ring, &memory, SIZE_MAX);
	cr_assert_eq(ring.capacity, 8);
	expect(&ring, "ab");
	ring_release(&ring, &memory);
}

Test(ring, without_memory_to_shrink_it_stays_as_it_is)
{
	struct memory memory = memory_of(64 + 7);
	struct ring ring = ring_of(&memory, near_wrap, 64, "abcdef");
	ring_shrink(&ring, &memory, 6);
	cr_assert_eq(ring.capacity, 64);
	expect(&ring, "abcdef");
	ring_release(&ring, &memory);
}

Test(ring, release_gives_everything_back_and_keeps_the_place)
{
	struct memory memory = memory_of(100);
	struct ring ring = ring_of(&memory, near_wrap, 8, "abcdef");
	ring_release(&ring, &memory);
	cr_assert_eq(memory.bytes, 0);
	cr_assert_eq(memory.blocks, 0);
	cr_assert_eq(ring.capacity, 0);
	cr_assert_eq(ring.head, near_wrap + 6);
	cr_assert_eq(ring.tail, near_wrap + 6);
}

/* The model: all of the stream, from `base` on. `known[i]`: byte i was written, or placed and not lost since. */
enum { STREAM = 8 << 20, CAPACITY_MAX = 4096 };

struct model {
	struct ring ring;
	struct memory memory;
	struct random random;
	uint64_t base, head, tail; /* positions, as the ring ought to have them */
	uint8_t *bytes;
	bool *known;
	unsigned step, committed, moved;
};

static size_t up_to(struct model *m, size_t most)
{
	return (size_t)random_below(&m->random, most + 1);
}

/* The model's free space, from the ring's capacity alone. */
static size_t model_free(const struct model *m)
{
	return m->ring.capacity - (size_t)(m->tail - m->head);
}

/* New bytes of the stream at this position. */
static uint8_t *invent(struct model *m, uint64_t position, size_t length)
{
	uint8_t *bytes = m->bytes + (position - m->base);
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)random_next(&m->random);
	memset(m->known + (position - m->base), true, length);
	return bytes;
}

static void do_write(struct model *m)
{
	size_t length = up_to(m, 300), fits = length < model_free(m) ? length : model_free(m);
	uint8_t bytes[300];
	memcpy(bytes, invent(m, m->tail, fits), fits);
	if (ring_write(&m->ring, bytes, length) != fits)
		cr_assert_fail("step %u: write took another number than %zu", m->step, fits);
	m->tail += fits;
}

static void do_place(struct model *m)
{
	size_t ahead = up_to(m, model_free(m)), length = up_to(m, model_free(m) - ahead);
	ring_place(&m->ring, m->tail + ahead, invent(m, m->tail + ahead, length), length);
}

/* Bytes placed ahead that the tail has reached are committed, as TCP does when a gap is filled. */
static void do_commit_placed(struct model *m)
{
	size_t length = 0;
	while (length < model_free(m) && m->known[m->tail + length - m->base])
		length++;
	ring_commit(&m->ring, length);
	m->tail += length;
	m->committed += length > 0;
}

static void do_reserve(struct model *m)
{
	size_t length, limit = model_free(m);
	uint8_t *span = ring_reserve(&m->ring, &length);
	if ((span == NULL) != (limit == 0) || (length == 0) != (limit == 0) || length > limit)
		cr_assert_fail("step %u: reserve gave %zu of %zu", m->step, length, limit);
	length = up_to(m, length);
	if (length > 0)
		memcpy(span, invent(m, m->tail, length), length);
	ring_commit(&m->ring, length);
	m->tail += length;
}

static void do_read(struct model *m)
{
	uint8_t bytes[500];
	size_t used = (size_t)(m->tail - m->head), length = up_to(m, sizeof bytes),
	       there = length < used ? length : used;
	if (ring_read(&m->ring, bytes, length) != there || memcmp(bytes, m->bytes + (m->head - m->base), there) != 0)
		cr_assert_fail("step %u: read differs", m->step);
	m->head += there;
}

static void do_consume(struct model *m)
{
	size_t length = up_to(m, (size_t)(m->tail - m->head));
	ring_consume(&m->ring, length);
	m->head += length;
}

static void do_grow(struct model *m)
{
	size_t wanted = up_to(m, CAPACITY_MAX), before = m->ring.capacity;
	if (!ring_grow(&m->ring, &m->memory, wanted) || m->ring.capacity < wanted)
		cr_assert_fail("step %u: growing to %zu failed", m->step, wanted);
	m->moved += m->ring.capacity != before;
}

static void do_shrink(struct model *m)
{
	size_t used = (size_t)(m->tail - m->head), kept = used + up_to(m, model_free(m)), before = m->ring.capacity;
	ring_shrink(&m->ring, &m->memory, kept);
	memset(m->known + (m->head + kept - m->base), false, CAPACITY_MAX);
	m->moved += m->ring.capacity != before;
	if (m->ring.capacity < kept || (kept == 0 && m->ring.bytes))
		cr_assert_fail("step %u: shrunk to %zu for %zu", m->step, m->ring.capacity, kept);
}

/* All that is readable, looked at from a random place on. */
static void compare(struct model *m)
{
	const struct ring *r = &m->ring;
	if (r->head != m->head || r->tail != m->tail || (r->capacity & (r->capacity - 1)) != 0 ||
	    m->memory.bytes != r->capacity || r->capacity > CAPACITY_MAX)
		cr_assert_fail("step %u: the ring is out of shape", m->step);
	size_t skip = up_to(m, (size_t)(m->tail - m->head)), length = (size_t)(m->tail - m->head) - skip, done = 0;
	struct slice slices[2];
	unsigned count = ring_peek(r, m->head + skip, length, slices);
	for (unsigned i = 0; i < count; i++) {
		if (memcmp(slices[i].bytes, m->bytes + (m->head + skip + done - m->base), slices[i].length) != 0)
			cr_assert_fail("step %u: a byte differs", m->step);
		done += slices[i].length;
	}
	if (done != length)
		cr_assert_fail("step %u: peek shows %zu bytes, not %zu", m->step, done, length);
}

static void live(uint64_t base)
{
	static void (*const actions[])(struct model *) = {do_write,   do_place, do_place, do_commit_placed, do_reserve,
							  do_consume, do_read,  do_grow,  do_shrink};
	struct model m = {.base = base, .head = base, .tail = base, .memory = memory_of(2 * CAPACITY_MAX)};
	m.bytes = malloc(STREAM);
	m.known = calloc(STREAM, sizeof *m.known);
	random_init(&m.random, (const uint8_t[16]){"ring............"});
	ring_init(&m.ring, base);
	for (m.step = 0; m.step < 20000; m.step++) {
		cr_assert_lt(m.tail - m.base, STREAM - 3 * CAPACITY_MAX);
		actions[random_below(&m.random, sizeof actions / sizeof actions[0])](&m);
		compare(&m);
	}
	cr_assert_gt(m.tail - base, 1000000, "enough went through to go around often");
	cr_assert_gt(m.committed, 100, "placed bytes were read");
	cr_assert_gt(m.moved, 100, "memory was moved");
	ring_release(&m.ring, &m.memory);
	cr_assert_eq(m.memory.blocks, 0);
	free(m.bytes);
	free(m.known);
}

Test(ring, agrees_with_a_long_array)
{
	live(0);
}

Test(ring, agrees_with_a_long_array_across_2_to_the_32)
{
	live((UINT64_C(1) << 32) - 500000);
}
