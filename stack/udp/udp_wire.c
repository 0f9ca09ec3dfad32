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

void udp_emit(uint8_t *to, const struct udp_header *header)
{
	wire_put16(to, header->source_port);
	wire_put16(to + 2, header->destination_port);
	wire_put16(to + 4, header->length);
	wire_put16(to + 6, 0);
}

void udp_emit_checksum(uint8_t *to, uint16_t checksum)
{
	wire_put16(to + 6, checksum ? checksum : 0xffff);
}
