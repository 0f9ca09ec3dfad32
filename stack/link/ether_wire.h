/* SPDX-License-Identifier: MIT
 *
 * The Ethernet II header (RFC 894), without preamble and frame check sequence.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------------------------------------------------------+
 *     |                     destination address                       |
 *     +                               +-------------------------------+
 *     |                               |        source address         |
 *     +-------------------------------+                               +
 *     |                                                               |
 *     +-------------------------------+-------------------------------+
 *     |          EtherType            |
 *     +-------------------------------+
 */
#ifndef STRATA_LINK_ETHER_WIRE_H
#define STRATA_LINK_ETHER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define ETHER_HEADER 14

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_ARP  0x0806

struct ether_header {
	struct mac destination;
	struct mac source;
	uint16_t type; /* host order */
};

/* Read the header of a frame. False: fewer than 14 bytes. */
bool ether_parse(const uint8_t *frame, size_t length, struct ether_header *header);

/* Write the 14 bytes of the header. */
void ether_emit(uint8_t *to, const struct ether_header *header);

#endif
