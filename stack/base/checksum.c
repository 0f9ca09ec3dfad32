/* SPDX-License-Identifier: MIT
 *
 * The Internet checksum, eight bytes at a time.
 *
 * A one's complement sum of 16-bit words has three properties (RFC 1071 2) that make it cheap:
 *
 *   - It may be taken over wider words and folded afterwards: 2^16, 2^32 and 2^64 are all 1 modulo 2^16 - 1, so a carry
 *     out of any of them comes back in as a 1 at the bottom (the end-around carry).
 *   - It does not mind byte order: words summed with their bytes swapped give the sum with its bytes swapped. So words
 *     are added as this machine loads them, and only the folded result is put into order.
 *   - It is an addition, so its parts may be summed in any order: four sums side by side keep a processor busy that can
 *     add several numbers in one cycle, where one sum would wait for itself.
 *
 * The swap also serves slices of odd length. What comes after an odd number of bytes has its even and odd places
 * exchanged; rotating its sum by 8 bits, which multiplies it by 256, puts them right:
 *
 *      slices   [a b c] [d e f]        words     [a b] [c d] [e f]
 *      sums     [a b]+[c 0]            [d e]+[f 0]  rotated:  [0 d] + [e f]
 */
#include "base/checksum.h"

#include <assert.h>
#include <string.h>

#include "base/wire.h"

/* The one's complement sum of two 64-bit numbers. Compilers make it an add and an add-with-carry. */
static inline uint64_t add(uint64_t a, uint64_t b)
{
	uint64_t sum = a + b;
	return sum + (sum < b);
}

static inline uint64_t load(const uint8_t *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof word);
	return word;
}

/* The sum of bytes that start at an even place, in machine order. */
static uint64_t sum_bytes(const uint8_t *at, size_t length)
{
	uint64_t a = 0, b = 0, c = 0, d = 0;
	for (; length >= 32; at += 32, length -= 32) {
		a = add(a, load(at));
		b = add(b, load(at + 8));
		c = add(c, load(at + 16));
		d = add(d, load(at + 24));
	}
	for (; length >= 8; at += 8, length -= 8)
		a = add(a, load(at));

	uint64_t rest = 0; /* the last bytes, padded with zeros (RFC 1071 4.1) */
	memcpy(&rest, at, length);
	return add(add(a, b), add(add(c, d), rest));
}

struct checksum checksum_begin(void)
{
	return (struct checksum){.sum = 0, .odd = false};
}

void checksum_add(struct checksum *sum, const void *bytes, size_t length)
{
	if (length == 0)
		return; /* and `bytes` may be NULL */
	uint64_t more = sum_bytes(bytes, length);
	if (sum->odd)
		more = more << 8 | more >> 56;
	sum->sum = add(sum->sum, more);
	sum->odd ^= length & 1;
}

/* From host order to machine order, which is the wire's two bytes seen as this machine's number, and back. */
static uint16_t reorder(uint16_t word)
{
	uint8_t bytes[2];
	wire_put16(bytes, word);
	memcpy(&word, bytes, sizeof word);
	return word;
}

void checksum_add16(struct checksum *sum, uint16_t word)
{
	assert(!sum->odd);
	sum->sum = add(sum->sum, reorder(word));
}

uint16_t checksum_fold(const struct checksum *sum)
{
	uint64_t folded = sum->sum;
	while (folded > 0xffff)
		folded = (folded >> 16) + (folded & 0xffff);
	return reorder((uint16_t)folded);
}

uint16_t checksum_finish(const struct checksum *sum)
{
	return (uint16_t)~checksum_fold(sum);
}

uint16_t checksum_update(uint16_t checksum, uint16_t old_word, uint16_t new_word)
{
	/* HC' = ~(~HC + ~m + m'), which gives 0 where RFC 1141's equation gave 0xffff (RFC 1624 3). */
	uint32_t sum = (uint32_t)(uint16_t)~checksum + (uint16_t)~old_word + new_word;
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)~sum;
}
