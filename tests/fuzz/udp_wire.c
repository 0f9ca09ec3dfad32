/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a UDP datagram: the fields are those of the header's picture, and a length that is called good covers
 * the header and lies inside the input. What is written from it is the same 8 bytes, but for a checksum of 0.
 */
#include "udp/udp_wire.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

static unsigned pair(const uint8_t *at)
{
	return at[0] * 256u + at[1];
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct udp_header header;

	must(udp_parse(bytes, length, &header) == (length >= UDP_HEADER));
	if (length < UDP_HEADER)
		return 0;
	must(header.source_port == pair(bytes) && header.destination_port == pair(bytes + 2));
	must(header.length == pair(bytes + 4) && header.checksum == pair(bytes + 6));
	must(udp_length_good(&header, length) == (header.length >= UDP_HEADER && header.length <= length));

	uint8_t written[UDP_HEADER];
	udp_emit(written, &header);
	must(memcmp(written, bytes, 6) == 0 && pair(written + 6) == 0);
	udp_emit_checksum(written, header.checksum);
	must(pair(written + 6) == (header.checksum ? header.checksum : 0xffffu));
	return 0;
}
