/* SPDX-License-Identifier: MIT
 *
 * Packets on their two roads.
 *
 * In: a received frame is borrowed for the length of the call and never written to.
 *
 * Out: a packet is a small header area that each layer prepends to, and at most three slices of
 * payload that point into the sender's own memory. Nothing is copied on the way to the device.
 *
 *        room[TX_HEADROOM]                                   slices
 *     +---------------------+----------+----+-----+     +------------+----------+
 *     |  free               | Ethernet | IP | TCP |     | ring ...   | ... ring |
 *     +---------------------+----------+----+-----+     +------------+----------+
 *                           ^ start                <---- prepends grow to the left
 *
 * A packet and its slices live until emit() returns.
 *
 * Both carry offload marks, so that a device that sums and segments by itself needs no other code:
 *   - a partial checksum: the field holds the folded pseudo-header sum, and the device (out) or nobody (in: the frame never
 *     crossed a wire) finishes it over the bytes from the transport header on;
 *   - a GSO size: the packet is larger than the MTU and stands for segments with this much payload each.
 */
#ifndef STRATA_BASE_PACKET_H
#define STRATA_BASE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
	const uint8_t *bytes;
	size_t length;
};

enum rx_checksum {
	RX_CHECKSUM_UNKNOWN, /* verify it */
	RX_CHECKSUM_PARTIAL, /* the transport field holds only the pseudo-header's sum: trusted, not verified */
	RX_CHECKSUM_GOOD,    /* the device has verified the transport checksum */
};

struct rx_frame {
	const uint8_t *bytes;
	size_t length;
	enum rx_checksum checksum;
	uint16_t gso_size; /* 0, or the payload of each segment that was merged into this frame */
};

#define TX_HEADROOM 160 /* Ethernet 14 + IPv4 60 + TCP 60, and some to spare */
#define TX_SLICES   3

struct tx_packet {
	size_t start; /* index in room[] of the first header byte */
	unsigned slice_count;
	size_t payload_length; /* of all slices together */
	struct slice slices[TX_SLICES];
	/* Partial checksum: 0 for none, else the length of the transport header, which is the innermost and so ends the header area */
	uint16_t checksum_header;
	uint16_t checksum_offset; /* of the field, from the start of the transport header */
	uint16_t gso_size;        /* 0, or the payload of each segment to cut */
	uint8_t room[TX_HEADROOM];
};

/* An empty packet: no headers, no slices, no marks. room[] is not cleared. */
void tx_init(struct tx_packet *packet);

/* Append a slice of payload, borrowed until emit() returns; at most TX_SLICES of them. An empty one is left out. */
void tx_append(struct tx_packet *packet, const void *bytes, size_t length);

/* Room for a header of `length` bytes before all the others, to be filled by the caller. */
uint8_t *tx_prepend(struct tx_packet *packet, size_t length);

/* The headers as they stand. */
static inline const uint8_t *tx_headers(const struct tx_packet *packet)
{
	return packet->room + packet->start;
}

static inline size_t tx_header_length(const struct tx_packet *packet)
{
	return TX_HEADROOM - packet->start;
}

/* Bytes in all, headers and payload. */
static inline size_t tx_length(const struct tx_packet *packet)
{
	return tx_header_length(packet) + packet->payload_length;
}

/* Copy the whole packet into `to`, which has room for tx_length() bytes. */
void tx_copy(const struct tx_packet *packet, uint8_t *to);

#endif
