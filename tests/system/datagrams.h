/* SPDX-License-Identifier: MIT
 *
 * The datagrams that udp_client.c and udp_peer.c send and compare: which lengths, and what is in them.
 */
#ifndef STRATA_TESTS_SYSTEM_DATAGRAMS_H
#define STRATA_TESTS_SYSTEM_DATAGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATAGRAM_MAX 65507 /* 65,535 less 20 bytes of IP header and 8 of UDP's */

/* The length of datagram number `round`, or false after the last: first those beside a border (of nothing, of one frame, of two and
 * three fragments, of a power of two, of all that there can be), then a spread of others. */
static inline bool datagram_length(unsigned round, size_t *length)
{
	static const uint16_t borders[] = {0,    1,     2,     7,     8,     9,     1471, 1472,        1473, 1479,
					   1480, 1481,  2951,  2952,  2953,  4431,  4432, 4433,        8191, 8192,
					   8193, 16383, 16384, 32767, 32768, 65499, 9000, 9001,        9216, 1024,
					   511,  65500, 65505, 65506, 49152, 40000, 576,  DATAGRAM_MAX};
	const unsigned count = sizeof borders / sizeof borders[0];
	*length = round < count ? borders[round] : 61u + 1237u * (round - count);
	return *length <= DATAGRAM_MAX;
}

/* Bytes that look random, are the same every time, and are others for each datagram. */
static inline uint8_t datagram_byte(unsigned round, size_t index)
{
	uint32_t x = ((uint32_t)index + 70001u * round) * 2654435761u + 0x9e3779b9u;
	return (uint8_t)(x >> 13 ^ x >> 24);
}

static inline void datagram_fill(uint8_t *bytes, unsigned round, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = datagram_byte(round, i);
}

static inline bool datagram_is(const uint8_t *bytes, unsigned round, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i] != datagram_byte(round, i))
			return false;
	return true;
}

#endif
