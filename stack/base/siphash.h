/* SPDX-License-Identifier: MIT
 *
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash whose output an outsider who does not know the
 * key can neither predict nor steer. Initial sequence numbers, ports, hash tables and the random
 * source all stand on it.
 */
#ifndef STRATA_BASE_SIPHASH_H
#define STRATA_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t k0;
	uint64_t k1;
};

/* The 64-bit SipHash-2-4 of `length` bytes under this key, as the paper's test vectors have it. */
uint64_t siphash(const struct siphash_key *key, const void *bytes, size_t length);

#endif
