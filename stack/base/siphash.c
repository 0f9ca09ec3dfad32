/* SPDX-License-Identifier: MIT
 *
 * SipHash-2-4: four 64-bit words of state are stirred two rounds for each eight bytes of input and four at the end.
 * (J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF", 2012.)
 */
#include "base/siphash.h"

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

/* SipRound (the paper's figure 2.1). */
static inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 = rotate(s->v0, 32);

	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 = rotate(s->v2, 32);
}

static inline void sip_compress(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
}

/* Up to eight bytes as a little-endian number. */
static inline uint64_t load(const uint8_t *at, size_t length)
{
	uint64_t word = 0;
	for (size_t i = 0; i < length; i++)
		word |= (uint64_t)at[i] << 8 * i;
	return word;
}

uint64_t siphash(const struct siphash_key *key, const void *bytes, size_t length)
{
	/* The constants spell "somepseudorandomlygeneratedbytes". */
	struct sip s = {
	    .v0 = key->k0 ^ 0x736f6d6570736575,
	    .v1 = key->k1 ^ 0x646f72616e646f6d,
	    .v2 = key->k0 ^ 0x6c7967656e657261,
	    .v3 = key->k1 ^ 0x7465646279746573,
	};
	const uint8_t *at = bytes;
	size_t left = length;
	for (; left >= 8; at += 8, left -= 8)
		sip_compress(&s, load(at, 8));
	sip_compress(&s, (uint64_t)length << 56 | load(at, left)); /* the last word ends in the length's low byte */

	s.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
