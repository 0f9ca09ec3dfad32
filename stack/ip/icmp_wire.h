/* SPDX-License-Identifier: MIT
 *
 * ICMP messages (RFC 792).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------+---------------+-------------------------------+
 *     |     type      |     code      |           checksum            |
 *     +---------------+---------------+-------------------------------+
 *     |  rest of header: identifier and sequence number for an echo;  |
 *     |  unused, a pointer or a next-hop MTU for an error             |
 *     +---------------------------------------------------------------+
 *     |  data: an echo's, or the packet that the error speaks of ...  |
 *     +---------------------------------------------------------------+
 */
#ifndef STRATA_IP_ICMP_WIRE_H
#define STRATA_IP_ICMP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/packet.h"

#define ICMP_HEADER 8

enum icmp_type {
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACHABLE = 3,
	ICMP_SOURCE_QUENCH = 4,
	ICMP_REDIRECT = 5,
	ICMP_ECHO_REQUEST = 8,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER_PROBLEM = 12,
};

enum icmp_unreachable_code {
	ICMP_NET_UNREACHABLE = 0,
	ICMP_HOST_UNREACHABLE = 1,
	ICMP_PROTOCOL_UNREACHABLE = 2,
	ICMP_PORT_UNREACHABLE = 3,
	ICMP_FRAGMENTATION_NEEDED = 4,
};

struct icmp_message {
	uint8_t type;
	uint8_t code;
	uint16_t id;       /* host order: the first half of the rest of the header */
	uint16_t sequence; /* host order: the second half */
	struct slice data; /* borrowed */
};

/* Read a message that fills `length` bytes. False: shorter than its header. */
bool icmp_parse(const uint8_t *bytes, size_t length, struct icmp_message *message);

/* Whether the checksum over the whole message is right. */
bool icmp_checksum_good(const uint8_t *bytes, size_t length);

/* Write the 8 bytes of the header, with a checksum that covers message->data too. */
void icmp_emit(uint8_t *to, const struct icmp_message *message);

/* Whether this type reports an error, so that no error may be sent about it (RFC 1122 3.2.2). */
bool icmp_type_is_error(uint8_t type);

#endif
