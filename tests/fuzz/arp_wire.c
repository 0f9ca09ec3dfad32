/* SPDX-License-Identifier: MIT
 *
 * Any bytes as an ARP packet: what is read is written back as the same 28 bytes, since the fields that are not kept
 * (types and lengths) can have only one value.
 */
#include "link/arp_wire.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct arp_packet packet;
	uint8_t written[ARP_LENGTH];

	if (!arp_parse(bytes, length, &packet))
		return 0;
	must(length >= ARP_LENGTH);
	arp_emit(written, &packet);
	must(memcmp(written, bytes, ARP_LENGTH) == 0);
	return 0;
}
