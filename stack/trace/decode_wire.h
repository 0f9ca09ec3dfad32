/* SPDX-License-Identifier: MIT
 *
 * What a reader of traces wants to know of the bytes and no layer needs: not only whether a checksum is right but what
 * it is instead, which packet an ICMP error quotes, and TCP's options in the order they came in.
 */
#ifndef STRATA_TRACE_DECODE_WIRE_H
#define STRATA_TRACE_DECODE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/packet.h"
#include "base/wire.h"
#include "ip/ip_wire.h"

/* A frame that was captured on the machine that sends it was often caught before its network card filled in the
 * checksums: then the field holds nothing, or the sum of the pseudo-header alone, folded but not complemented. */
enum checksum_verdict {
	CHECKSUM_CORRECT,
	CHECKSUM_PARTIAL, /* the pseudo-header's sum: the network card does the rest */
	CHECKSUM_ABSENT,  /* zero: the network card makes it (IP) */
	CHECKSUM_NONE,    /* zero: the sender made none (UDP, RFC 768) */
	CHECKSUM_WRONG,
};

struct checksum_finding {
	enum checksum_verdict verdict;
	uint16_t expected; /* what the field should hold, host order */
};

/* The IPv4 header's own checksum, over `header_length` >= 20 bytes that are there. */
struct checksum_finding checksum_find_ip(const uint8_t *header, size_t header_length);

/* An ICMP message's, over `length` >= 8 bytes. */
struct checksum_finding checksum_find_icmp(const uint8_t *message, size_t length);

/* TCP's or UDP's over the `length` bytes of header and payload, below this IP header. `field` is what the checksum
 * field holds, host order. */
struct checksum_finding checksum_find_transport(const struct ip_header *ip, const uint8_t *segment, size_t length,
						uint16_t field);

/* The packet that an ICMP error quotes: its IP header and at least the first 8 bytes of what it carried
 * (RFC 792, RFC 1122 3.2.2). */
struct quoted_packet {
	uint8_t protocol;
	bool has_ports;          /* TCP or UDP, not a later fragment, and the ports are there */
	struct endpoint ends[2]; /* source and destination; port 0 without has_ports */
};

/* Read a quote, which may be cut anywhere. False: not an IPv4 header, or not all of it. */
bool quoted_parse(struct slice data, struct quoted_packet *quoted);

/* TCP option kinds (RFC 9293 3.2, RFC 7323, RFC 2018). */
enum tcp_option_kind {
	TCP_OPTION_END = 0,
	TCP_OPTION_NOP = 1,
	TCP_OPTION_MSS = 2,
	TCP_OPTION_WSCALE = 3,
	TCP_OPTION_SACK_PERMITTED = 4,
	TCP_OPTION_SACK = 5,
	TCP_OPTION_TIMESTAMPS = 8,
};

#define TCP_OPTION_VALUES 8 /* the most that fit: four SACK blocks of two edges each (RFC 2018 3) */

struct tcp_option {
	uint8_t kind;
	bool known; /* one of these kinds, with a length that it can have */
	/* Host order: MSS, shift; value and echo; left and right edge of each block. None when it is not known. */
	unsigned count;
	uint32_t values[TCP_OPTION_VALUES];
};

/* The bytes of a TCP header's options; the header has been checked to have header_length of them. */
struct wire_reader tcp_option_bytes(const uint8_t *header, unsigned header_length);

/* Take the next option. False: there are no more, or the next one's length cannot be, which sets options->failed. */
bool tcp_option_next(struct wire_reader *options, struct tcp_option *option);

#endif
