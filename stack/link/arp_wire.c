/* SPDX-License-Identifier: MIT
 *
 * ARP packets, in and out.
 */
#include "link/arp_wire.h"

#include "base/wire.h"

#define HARDWARE_ETHERNET 1
#define PROTOCOL_IPV4     0x0800

bool arp_parse(const uint8_t *bytes, size_t length, struct arp_packet *packet)
{
	if (length < ARP_LENGTH)
		return false;
	if (wire_get16(bytes) != HARDWARE_ETHERNET || wire_get16(bytes + 2) != PROTOCOL_IPV4)
		return false;
	if (bytes[4] != sizeof packet->sender_mac.bytes || bytes[5] != sizeof packet->sender.bytes)
		return false;
	packet->operation = wire_get16(bytes + 6);
	memcpy(packet->sender_mac.bytes, bytes + 8, 6);
	memcpy(packet->sender.bytes, bytes + 14, 4);
	memcpy(packet->target_mac.bytes, bytes + 18, 6);
	memcpy(packet->target.bytes, bytes + 24, 4);
	return true;
}

void arp_emit(uint8_t *to, const struct arp_packet *packet)
{
	wire_put16(to, HARDWARE_ETHERNET);
	wire_put16(to + 2, PROTOCOL_IPV4);
	to[4] = sizeof packet->sender_mac.bytes;
	to[5] = sizeof packet->sender.bytes;
	wire_put16(to + 6, packet->operation);
	memcpy(to + 8, packet->sender_mac.bytes, 6);
	memcpy(to + 14, packet->sender.bytes, 4);
	memcpy(to + 18, packet->target_mac.bytes, 6);
	memcpy(to + 24, packet->target.bytes, 4);
}
