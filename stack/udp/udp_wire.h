/* SPDX-License-Identifier: MIT
 *
 * The UDP header (RFC 768).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------------------------------+-------------------------------+
 *     |          source port          |       destination port        |
 *     +-------------------------------+-------------------------------+
 *     |   length, header included     |     checksum, 0 for none      |
 *     +-------------------------------+-------------------------------+
 */
#ifndef STRATA_UDP_UDP_WIRE_H
#define STRATA_UDP_UDP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UDP_HEADER 8

struct udp_header {
	uint16_t source_port; /* host order, as all of these */
	uint16_t destination_port;
	uint16_t length;   /* header and data; as the wire says, checked by udp_length_good() */
	uint16_t checksum; /* 0: the sender made none */
};

/* Read a header. False: fewer than 8 bytes. */
bool udp_parse(const uint8_t *bytes, size_t length, struct udp_header *header);

/* Whether the header's length covers at least itself and at most the `length` bytes that IP brought. */
bool udp_length_good(const struct udp_header *header, size_t length);

/* Write a header of 8 bytes. Its checksum is left 0 for udp_emit_checksum(). */
void udp_emit(uint8_t *to, const struct udp_header *header);

/* Put the checksum into a header that was written. A sum that comes out as 0 is sent as ffff, which means the same in one's
 * complement; 0 on the wire says that there is none (RFC 768). */
void udp_emit_checksum(uint8_t *to, uint16_t checksum);

#endif
