/* SPDX-License-Identifier: MIT
 *
 * The Internet checksum (RFC 1071): the one's complement of the one's complement sum of 16-bit
 * big-endian words. The sum is kept open in a 64-bit accumulator, so that it can run over
 * slices of any length, odd ones included, and is folded once.
 *
 *     struct checksum sum = checksum_begin();
 *     checksum_add(&sum, header, 20);
 *     checksum_add(&sum, payload, length);
 *     wire_put16(header + 16, checksum_finish(&sum));      or, verifying:  checksum_finish(&sum) == 0
 */
#ifndef STRATA_BASE_CHECKSUM_H
#define STRATA_BASE_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct checksum {
	uint64_t sum; /* of machine-order words, folded at any time without changing its meaning */
	bool odd;     /* an odd number of bytes has been added so far */
};

struct checksum checksum_begin(void);

/* Add bytes, at any alignment. Consecutive calls sum as if their bytes were adjacent (RFC 1071 2(A),(B)). */
void checksum_add(struct checksum *sum, const void *bytes, size_t length);

/* Add one 16-bit word given in host order. Only at an even position. */
void checksum_add16(struct checksum *sum, uint16_t word);

/* The folded sum, not complemented, host order: what a partial checksum carries in its field. */
uint16_t checksum_fold(const struct checksum *sum);

/* The checksum for the field, host order: the complement of the fold. Over bytes that include a right
 * checksum it is 0. */
uint16_t checksum_finish(const struct checksum *sum);

/* The new checksum after one 16-bit word of what it covers changed (RFC 1624 3, eqn. 3). */
uint16_t checksum_update(uint16_t checksum, uint16_t old_word, uint16_t new_word);

#endif
