/* SPDX-License-Identifier: MIT
 *
 * ARP for IPv4 over Ethernet (RFC 826).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------------------------------+-------------------------------+
 *     |      hardware type = 1        |    protocol type = 0x0800     |
 *     +---------------+---------------+-------------------------------+
 *     | hw length = 6 | pr length = 4 |  operation: 1 asks, 2 replies |
 *     +---------------+---------------+-------------------------------+
 *     |                 sender hardware address                       |
 *     +                               +-------------------------------+
 *     |                               |   sender protocol address     |
 *     +-------------------------------+-------------------------------+
 *     |    ... sender protocol        |   target hardware address     |
 *     +-------------------------------+                               +
 *     |                                                               |
 *     +---------------------------------------------------------------+
 *     |                 target protocol address                       |
 *     +---------------------------------------------------------------+
 */
#ifndef STRATA_LINK_ARP_WIRE_H
#define STRATA_LINK_ARP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define ARP_LENGTH 28

#define ARP_REQUEST 1
#define ARP_REPLY   2

struct arp_packet {
	uint16_t operation; /* host order */
	struct mac sender_mac;
	struct address sender;
	struct mac target_mac;
	struct address target;
};

/* Read an ARP packet; bytes after it are padding. False: cut short, or not for Ethernet and IPv4. */
bool arp_parse(const uint8_t *bytes, size_t length, struct arp_packet *packet);

/* Write the 28 bytes of the packet. */
void arp_emit(uint8_t *to, const struct arp_packet *packet);

#endif
