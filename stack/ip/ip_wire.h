/* SPDX-License-Identifier: MIT
 *
 * The IPv4 header (RFC 791 3.1).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------+-------+---------------+-------------------------------+
 *     | ver 4 |  IHL  | type of serv. |         total length          |
 *     +-------+-------+---------------+-----+-------------------------+
 *     |         identification        |0 D M|     fragment offset     |
 *     +---------------+---------------+-----+-------------------------+
 *     |  time to live |   protocol    |        header checksum        |
 *     +---------------+---------------+-------------------------------+
 *     |                        source address                         |
 *     +---------------------------------------------------------------+
 *     |                     destination address                       |
 *     +---------------------------------------------------------------+
 *     |                 options, padded to 32 bits ...                |
 *     +---------------------------------------------------------------+
 *
 * IHL counts 32-bit words; the fragment offset counts 8-byte units.
 */
#ifndef STRATA_IP_IP_WIRE_H
#define STRATA_IP_IP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/checksum.h"

#define IP_HEADER_MIN 20
#define IP_HEADER_MAX 60
#define IP_TOTAL_MAX  65535

#define IP_ECN_MASK 0x03 /* the low bits of the type of service (RFC 3168 5) */
#define IP_ECN_CE   0x03 /* congestion experienced */

#define IP_PROTOCOL_ICMP 1
#define IP_PROTOCOL_TCP  6
#define IP_PROTOCOL_UDP  17

struct ip_header {
	unsigned header_length; /* bytes, 20 to 60 */
	unsigned total_length;  /* bytes, header included */
	uint8_t tos;            /* DSCP and ECN (RFC 2474, RFC 3168) */
	uint16_t id;
	bool dont_fragment;
	bool more_fragments;
	unsigned fragment_offset; /* bytes, a multiple of 8 */
	uint8_t ttl;
	uint8_t protocol;
	struct address source;
	struct address destination;
	const uint8_t *options; /* borrowed from the parsed bytes; header_length - 20 of them */
	bool source_routed;     /* a loose or strict source route is among the options */
	unsigned problem; /* with IP_BAD_OPTIONS: where in the header the bad length stands, or where it is missing */
};

enum ip_verdict {
	IP_GOOD,
	IP_BAD_SHORT,
	IP_BAD_VERSION,
	IP_BAD_HEADER_LENGTH,
	IP_BAD_TOTAL_LENGTH,
	IP_BAD_CHECKSUM,
	IP_BAD_OPTIONS,
};

/* Read a header. The checks are made in the order of the verdicts; min header <= header <= total <= bytes
 * present. What follows total_length is link padding. With any verdict but IP_GOOD the header is not to be used, except
 * that IP_BAD_CHECKSUM leaves its fields filled in for display, and after IP_BAD_OPTIONS they can be trusted. */
enum ip_verdict ip_parse(const uint8_t *bytes, size_t length, struct ip_header *header);

/* Read the header of a packet that an ICMP error quotes, of which no more than the header need be there: neither its checksum, which
 * a router on the way may have made wrong, nor its total length is looked at. False: not a header. */
bool ip_parse_quote(const uint8_t *bytes, size_t length, struct ip_header *header);

/* Copy the header of a packet to be passed on, `header_length` bytes of it, with its TTL counted down and its checksum updated
 * (RFC 1624). */
void ip_emit_forwarded(uint8_t *to, const uint8_t *from, unsigned header_length);

/* Write a header of 20 bytes (no options) with its checksum; header_length, options and source_routed are not looked at. */
void ip_emit(uint8_t *to, const struct ip_header *header);

/* A sum that begins with the pseudo-header of TCP and UDP (RFC 9293 3.1, RFC 768): addresses, protocol, length of the
 * transport header and payload in bytes. */
struct checksum ip_pseudo_sum(struct address source, struct address destination, uint8_t protocol, size_t length);

#endif
