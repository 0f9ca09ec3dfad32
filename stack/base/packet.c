/* SPDX-License-Identifier: MIT
 *
 * The packet to send: headers grow to the left in its own room, payload stays where it is.
 */
#include "base/packet.h"

#include <assert.h>
#include <string.h>

void tx_init(struct tx_packet *packet)
{
	packet->start = TX_HEADROOM;
	packet->slice_count = 0;
	packet->payload_length = 0;
	packet->checksum_header = 0;
	packet->checksum_offset = 0;
	packet->gso_size = 0;
}

void tx_append(struct tx_packet *packet, const void *bytes, size_t length)
{
	if (length == 0)
		return;
	assert(packet->slice_count < TX_SLICES);
	packet->slices[packet->slice_count++] = (struct slice){bytes, length};
	packet->payload_length += length;
}

uint8_t *tx_prepend(struct tx_packet *packet, size_t length)
{
	assert(length <= packet->start);
	packet->start -= length;
	return packet->room + packet->start;
}

void tx_copy(const struct tx_packet *packet, uint8_t *to)
{
	memcpy(to, tx_headers(packet), tx_header_length(packet));
	to += tx_header_length(packet);
	for (unsigned i = 0; i < packet->slice_count; i++) {
		memcpy(to, packet->slices[i].bytes, packet->slices[i].length);
		to += packet->slices[i].length;
	}
}
