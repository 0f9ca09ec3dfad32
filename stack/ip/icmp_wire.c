/* SPDX-License-Identifier: MIT
 *
 * ICMP messages, in and out.
 */
#include "ip/icmp_wire.h"

#include "base/checksum.h"
#include "base/wire.h"

bool icmp_parse(const uint8_t *bytes, size_t length, struct icmp_message *message)
{
	if (length < ICMP_HEADER)
		return false;
	message->type = bytes[0];
	message->code = bytes[1];
	message->id = wire_get16(bytes + 4);
	message->sequence = wire_get16(bytes + 6);
	message->data = (struct slice){bytes + ICMP_HEADER, length - ICMP_HEADER};
	return true;
}

bool icmp_checksum_good(const uint8_t *bytes, size_t length)
{
	struct checksum sum = checksum_begin();

	checksum_add(&sum, bytes, length);
	return checksum_finish(&sum) == 0;
}

void icmp_emit(uint8_t *to, const struct icmp_message *message)
{
	to[0] = message->type;
	to[1] = message->code;
	wire_put16(to + 2, 0);
	wire_put16(to + 4, message->id);
	wire_put16(to + 6, message->sequence);

	struct checksum sum = checksum_begin();
	checksum_add(&sum, to, ICMP_HEADER);
	checksum_add(&sum, message->data.bytes, message->data.length);
	wire_put16(to + 2, checksum_finish(&sum));
}

bool icmp_type_is_error(uint8_t type)
{
	return type == ICMP_UNREACHABLE || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
	       type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETER_PROBLEM;
}
