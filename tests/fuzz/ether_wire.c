/* SPDX-License-Identifier: MIT
 *
 * Any bytes as an Ethernet frame: what is read is written back as the same 14 bytes.
 */
#include "link/ether_wire.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct ether_header header;
	uint8_t written[ETHER_HEADER];

	must(ether_parse(bytes, length, &header) == (length >= ETHER_HEADER));
	if (length < ETHER_HEADER)
		return 0;
	ether_emit(written, &header);
	must(memcmp(written, bytes, ETHER_HEADER) == 0);
	return 0;
}
