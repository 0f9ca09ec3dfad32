/* SPDX-License-Identifier: MIT
 *
 * The Ethernet II header, in and out.
 */
#include "link/ether_wire.h"

#include "base/wire.h"

bool ether_parse(const uint8_t *frame, size_t length, struct ether_header *header)
{
	if (length < ETHER_HEADER)
		return false;
	memcpy(header->destination.bytes, frame, 6);
	memcpy(header->source.bytes, frame + 6, 6);
	header->type = wire_get16(frame + 12);
	return true;
}

void ether_emit(uint8_t *to, const struct ether_header *header)
{
	memcpy(to, header->destination.bytes, 6);
	memcpy(to + 6, header->source.bytes, 6);
	wire_put16(to + 12, header->type);
}
