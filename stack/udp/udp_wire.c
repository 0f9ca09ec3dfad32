/* SPDX-License-Identifier: MIT
 *
 * The UDP header.
 */
#include "udp/udp_wire.h"

#include "base/wire.h"

bool udp_parse(const uint8_t *bytes, size_t length, struct udp_header *header)
{
	if (length < UDP_HEADER)
		return false;
	header->source_port = wire_get16(bytes);
	header->destination_port = wire_get16(bytes + 2);
	header->length = wire_get16(bytes + 4);
	header->checksum = wire_get16(bytes + 6);
	return true;
}

bool udp_length_good(const struct udp_header *header, size_t length)
{
	return header->length >= UDP_HEADER && header->length <= length;
}
