/* SPDX-License-Identifier: MIT
 *
 * Any bytes as an ICMP message: its data is the rest of the input, and what is written from it reads the same and has a
 * right checksum.
 */
#include "ip/icmp_wire.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct icmp_message message;

	must(icmp_parse(bytes, length, &message) == (length >= ICMP_HEADER));
	icmp_checksum_good(bytes, length);
	if (length < ICMP_HEADER)
		return 0;
	must(message.data.bytes == bytes + ICMP_HEADER && message.data.length == length - ICMP_HEADER);

	uint8_t *written = malloc(length);
	must(written);
	memcpy(written, bytes, length);
	icmp_emit(written, &message);
	must(icmp_checksum_good(written, length));
	must(memcmp(written, bytes, 2) == 0 && memcmp(written + 4, bytes + 4, length - 4) == 0);
	free(written);
	return 0;
}
