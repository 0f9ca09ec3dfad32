/* SPDX-License-Identifier: MIT
 *
 * The TCP header (RFC 9293 3.1) and its options.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------------------------------+-------------------------------+
 *     |          source port          |       destination port        |
 *     +-------------------------------+-------------------------------+
 *     |                        sequence number                        |
 *     +---------------------------------------------------------------+
 *     |                     acknowledgment number                     |
 *     +-------+-------+---------------+-------------------------------+
 *     |offset | rsrvd |C E U A P R S F|            window             |
 *     +-------+-------+---------------+-------------------------------+
 *     |           checksum            |        urgent pointer         |
 *     +-------------------------------+-------------------------------+
 *     |                  options, padded to 32 bits ...               |
 *     +---------------------------------------------------------------+
 *
 * The data offset counts 32-bit words. Options are laid out as Linux does, so that captures of both read alike:
 *
 *     SYN       mss, sackOK, timestamps, nop, wscale        20 bytes
 *               mss, nop, nop, sackOK, nop, wscale          12 bytes, without timestamps
 *     others    nop, nop, timestamps                        12 bytes
 */
#ifndef STRATA_TCP_TCP_WIRE_H
#define STRATA_TCP_TCP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TCP_HEADER_MIN       20
#define TCP_HEADER_MAX       60
#define TCP_CHECKSUM_OFFSET  16
#define TCP_TIMESTAMPS_SPACE 12 /* bytes of each segment that the padded timestamps option takes */
#define TCP_WSCALE_MAX       14 /* RFC 7323 2.3 */

enum tcp_flag {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80,
};

#define TCP_SACK_BLOCKS 4 /* fit beside nothing else; 3 beside timestamps */

/* Text that has come beyond a hole: from start up to, not including, end (RFC 2018 3). */
struct tcp_sack {
	uint32_t start;
	uint32_t end;
};

struct tcp_options {
	bool mss_present;
	bool wscale_present;
	bool sack_permitted;
	bool timestamps_present;
	uint8_t wscale; /* at most 14, whatever the wire said */
	uint16_t mss;
	uint32_t tsval;
	uint32_t tsecr;
	unsigned sack_count;
	struct tcp_sack sacks[TCP_SACK_BLOCKS];
};

struct tcp_header {
	uint16_t source_port; /* host order, as all of these */
	uint16_t destination_port;
	uint32_t seq;
	uint32_t ack;
	unsigned header_length; /* bytes, 20 to 60 */
	uint8_t flags;          /* enum tcp_flag */
	uint16_t window;        /* as on the wire, not scaled */
	uint16_t checksum;
	uint16_t urgent_pointer;
	struct tcp_options options;
};

enum tcp_verdict { TCP_GOOD, TCP_BAD_SHORT, TCP_BAD_OFFSET };

/* Read a header and its options. An option whose length cannot be ends the reading of options without harm (MUST-7);
 * of an option that comes twice the last counts. */
enum tcp_verdict tcp_parse(const uint8_t *bytes, size_t length, struct tcp_header *header);

/* What an ICMP error quotes of a segment of ours: its first eight bytes. */
struct tcp_quote {
	uint16_t source_port;
	uint16_t destination_port;
	uint32_t seq;
};

/* Read a quote of at least 8 bytes. False: fewer. */
bool tcp_parse_quote(const uint8_t *bytes, size_t length, struct tcp_quote *quote);

/* The bytes that tcp_emit() will write for this header: 20 and the options. */
unsigned tcp_emit_length(const struct tcp_header *header);

/* Write header and options, checksum field 0. MSS, wscale and SACK-permitted are written only on a SYN (MUST-65), SACK
 * blocks only elsewhere. */
void tcp_emit(uint8_t *to, const struct tcp_header *header);

/* Write the checksum field of a header that tcp_emit() wrote. */
void tcp_emit_checksum(uint8_t *to, uint16_t checksum);

#endif
