/* SPDX-License-Identifier: MIT
 *
 * Frames as bytes: builders for what arrives, and the check of what leaves. Written the naive way from the
 * RFCs' header pictures, apart from the stack, so that a mistake of the one is not the mistake of the other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/world.h"

static const uint8_t stack_ip[4] = {192, 0, 2, 2};

uint8_t pattern(uint64_t offset)
{
	return (uint8_t)(offset * 7 + (offset >> 8) * 131 + (offset >> 16) * 29 + 1);
}

/* --- Addresses --------------------------------------------------------------------------------------------------- */

struct address ip_of(const char *text)
{
	unsigned a, b, c, d;
	struct address address = {{0}};
	if (sscanf(text, "%u.%u.%u.%u", &a, &b, &c, &d) != 4)
		abort();
	address.bytes[0] = (uint8_t)a;
	address.bytes[1] = (uint8_t)b;
	address.bytes[2] = (uint8_t)c;
	address.bytes[3] = (uint8_t)d;
	return address;
}

static struct mac mac_of_ip(const uint8_t ip[4])
{
	return (struct mac){{2, 0, ip[0], ip[1], ip[2], ip[3]}};
}

struct mac mac_of(const char *text)
{
	return mac_of_ip(ip_of(text).bytes);
}

/* Whether an address is 255.255.255.255 or all ones in the host's bits of our network. */
static bool is_broadcast(const uint8_t ip[4])
{
	bool limited = true, directed = world.config.prefix_length < 31;
	for (unsigned bit = 0; bit < 32; bit++) {
		bool one = ip[bit / 8] & 0x80 >> bit % 8, ours = stack_ip[bit / 8] & 0x80 >> bit % 8;
		limited = limited && one;
		directed = directed && (bit < world.config.prefix_length ? one == ours : one);
	}
	return limited || directed;
}

/* Who stands on the other side of the wire for this address: everybody, itself, or the gateway. */
static struct mac next_hop(const uint8_t ip[4])
{
	if (is_broadcast(ip))
		return MAC_BROADCAST;
	for (unsigned bit = 0; bit < world.config.prefix_length; bit++)
		if ((ip[bit / 8] ^ stack_ip[bit / 8]) & 0x80 >> bit % 8)
			return mac_of_ip(world.config.gateway.bytes);
	return mac_of_ip(ip);
}

/* --- Bytes ------------------------------------------------------------------------------------------------------- */

void poke16(struct frame *frame, size_t at, unsigned value)
{
	frame->bytes[at] = (uint8_t)(value >> 8);
	frame->bytes[at + 1] = (uint8_t)value;
}

void poke32(struct frame *frame, size_t at, uint32_t value)
{
	poke16(frame, at, value >> 16);
	poke16(frame, at + 2, value & 0xffff);
}

unsigned peek16(const struct frame *frame, size_t at)
{
	return frame->bytes[at] * 256u + frame->bytes[at + 1];
}

uint32_t peek32(const struct frame *frame, size_t at)
{
	return peek16(frame, at) * 65536u + peek16(frame, at + 2);
}

unsigned naive_checksum(const uint8_t *bytes, size_t length, unsigned long before)
{
	unsigned long sum = before;
	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : bytes[i] * 256ul;
	while (sum > 0xffff)
		sum = sum % 65536 + sum / 65536;
	return (unsigned)(0xffff - sum);
}

unsigned naive_transport_checksum(const uint8_t *ip, unsigned protocol, const uint8_t *message, size_t length)
{
	unsigned long pseudo = protocol + length;
	for (size_t i = 12; i < 20; i += 2)
		pseudo += ip[i] * 256ul + ip[i + 1];
	return naive_checksum(message, length, pseudo);
}

/* --- Building ---------------------------------------------------------------------------------------------------- */

static struct frame frame_ether(struct mac to, struct mac from, unsigned type)
{
	struct frame frame = {.length = 14};
	memcpy(frame.bytes + AT_ETHER_TO, to.bytes, 6);
	memcpy(frame.bytes + AT_ETHER_FROM, from.bytes, 6);
	poke16(&frame, AT_ETHER_TYPE, type);
	return frame;
}

struct frame frame_arp(unsigned operation, struct mac sender_mac, const char *sender, struct mac target_mac,
		       const char *target)
{
	struct mac to = operation == 1 ? MAC_BROADCAST : target_mac;
	struct frame frame = frame_ether(to, sender_mac, 0x0806);
	poke16(&frame, AT_ARP, 1);
	poke16(&frame, AT_ARP + 2, 0x0800);
	poke16(&frame, AT_ARP + 4, 0x0604);
	poke16(&frame, AT_ARP + 6, operation);
	memcpy(frame.bytes + AT_ARP + 8, sender_mac.bytes, 6);
	memcpy(frame.bytes + AT_ARP + 14, ip_of(sender).bytes, 4);
	memcpy(frame.bytes + AT_ARP + 18, target_mac.bytes, 6);
	memcpy(frame.bytes + AT_ARP + 24, ip_of(target).bytes, 4);
	frame.length = 42;
	return frame;
}

struct frame frame_ip(unsigned protocol, const void *payload, size_t length)
{
	const uint8_t *peer = flow_current()->peer;
	struct frame frame = frame_ether(mac_of_ip(stack_ip), next_hop(peer), 0x0800);
	if (length > FRAME_MAX - AT_TRANSPORT)
		abort();
	poke16(&frame, AT_IP, 0x4500);
	poke16(&frame, AT_IP_TOTAL, (unsigned)length + 20);
	poke16(&frame, AT_IP_ID, 0x1234);
	poke16(&frame, AT_IP_FRAGMENT, 0x4000);
	frame.bytes[AT_IP_TTL] = 64;
	frame.bytes[AT_IP_PROTOCOL] = (uint8_t)protocol;
	memcpy(frame.bytes + AT_IP_FROM, peer, 4);
	memcpy(frame.bytes + AT_IP_TO, stack_ip, 4);
	if (length)
		memcpy(frame.bytes + AT_TRANSPORT, payload, length);
	frame.length = AT_TRANSPORT + length;
	frame_fix(&frame);
	return frame;
}

struct frame frame_icmp(unsigned type, unsigned code, uint32_t rest, size_t data_length)
{
	uint8_t message[FRAME_MAX] = {
	    (uint8_t)type,        (uint8_t)code, 0, 0, (uint8_t)(rest >> 24), (uint8_t)(rest >> 16),
	    (uint8_t)(rest >> 8), (uint8_t)rest};
	for (size_t i = 0; i < data_length; i++)
		message[8 + i] = pattern(i);
	return frame_ip(1, message, 8 + data_length);
}

struct frame frame_udp(unsigned from_port, unsigned to_port, size_t data_length)
{
	size_t length = 8 + data_length;
	uint8_t message[FRAME_MAX] = {(uint8_t)(from_port >> 8), (uint8_t)from_port,     (uint8_t)(to_port >> 8),
				      (uint8_t)to_port,          (uint8_t)(length >> 8), (uint8_t)length};
	for (size_t i = 0; i < data_length; i++)
		message[8 + i] = pattern(i);
	return frame_ip(17, message, length);
}

struct frame frame_with_ip_options(const struct frame *frame, const void *options, size_t length)
{
	struct frame longer = *frame;
	memmove(longer.bytes + AT_TRANSPORT + length, frame->bytes + AT_TRANSPORT, frame->length - AT_TRANSPORT);
	memcpy(longer.bytes + AT_TRANSPORT, options, length);
	longer.length += length;
	longer.bytes[AT_IP] = (uint8_t)(0x40 + 5 + length / 4);
	poke16(&longer, AT_IP_TOTAL, peek16(frame, AT_IP_TOTAL) + (unsigned)length);
	frame_fix_ip(&longer);
	return longer;
}

void frame_fix_ip(struct frame *frame)
{
	poke16(frame, AT_IP_CHECKSUM, 0);
	poke16(frame, AT_IP_CHECKSUM, naive_checksum(frame->bytes + AT_IP, (frame->bytes[AT_IP] & 15u) * 4, 0));
}

void frame_fix(struct frame *frame)
{
	unsigned protocol = frame->bytes[AT_IP_PROTOCOL];
	size_t at = AT_IP + (frame->bytes[AT_IP] & 15u) * 4;
	size_t length = frame->length - at;
	uint8_t *message = frame->bytes + at;
	size_t field = protocol == 1 ? 2 : protocol == 6 ? 16 : 6;
	frame_fix_ip(frame);
	if ((protocol != 1 && protocol != 6 && protocol != 17) || length < field + 2)
		return;
	poke16(frame, at + field, 0);
	unsigned sum = protocol == 1 ? naive_checksum(message, length, 0)
				     : naive_transport_checksum(frame->bytes + AT_IP, protocol, message, length);
	poke16(frame, at + field, protocol == 17 && sum == 0 ? 0xffff : sum);
}

static bool is_fragment(const struct frame *frame)
{
	return peek16(frame, AT_IP_FRAGMENT) & 0x3fff; /* more fragments, or an offset */
}

/* --- Checking what left ------------------------------------------------------------------------------------------ */

static const char *arp_fault(const struct frame *frame)
{
	static const uint8_t nobody[6] = {0};
	const uint8_t *arp = frame->bytes + AT_ARP;
	bool request = peek16(frame, AT_ARP + 6) == 1;
	bool probe = request && memcmp(arp + 14, nobody, 4) == 0; /* RFC 5227 1.1 */
	if (frame->length != 42)
		return "an ARP frame that is not 42 bytes long";
	if (peek16(frame, AT_ARP) != 1 || peek16(frame, AT_ARP + 2) != 0x0800 || peek16(frame, AT_ARP + 4) != 0x0604)
		return "ARP types or lengths";
	if (memcmp(arp + 8, frame->bytes + AT_ETHER_FROM, 6) != 0)
		return "ARP sender's MAC is not the frame's";
	if (memcmp(arp + (probe ? 24 : 14), stack_ip, 4) != 0)
		return probe ? "ARP probe for another address than ours" : "ARP sender's address is not ours";
	if (request && memcmp(arp + 18, nobody, 6) != 0)
		return "ARP request with a target MAC";
	if (!request && memcmp(arp + 18, frame->bytes + AT_ETHER_TO, 6) != 0)
		return "ARP reply to another station than its target";
	return NULL;
}

static const char *ip_fault(const struct frame *frame)
{
	const uint8_t *ip = frame->bytes + AT_IP;
	if (frame->length < AT_TRANSPORT || ip[0] != 0x45 || peek16(frame, AT_IP_TOTAL) != frame->length - 14)
		return "IP version, header length or total length";
	if (naive_checksum(ip, 20, 0) != 0)
		return "IP header checksum";
	if (ip[9] == 6 && peek16(frame, AT_IP_FRAGMENT) != 0x4000)
		return "IP flags of a segment: not just DF";
	if (ip[8] != (world.ttl ? world.ttl : world.config.ttl))
		return "IP time to live is not the one that was set";
	if (memcmp(ip + 12, stack_ip, 4) != 0)
		return "IP source is not ours";
	if (!world.stations_move && memcmp(frame->bytes + AT_ETHER_TO, next_hop(ip + 16).bytes, 6) != 0)
		return "MAC is not the next hop's for the IP destination";
	return NULL;
}

static const char *transport_fault(const struct frame *frame)
{
	const uint8_t *ip = frame->bytes + AT_IP;
	const uint8_t *message = frame->bytes + AT_TRANSPORT;
	size_t length = frame->length - AT_TRANSPORT;
	unsigned protocol = ip[9];
	if (is_fragment(frame)) /* out_datagram() looks at the whole */
		return peek16(frame, AT_IP_FRAGMENT) & 0xc000 ? "a fragment with DF or the reserved flag" : NULL;
	if (protocol == 1)
		return length < 8 || naive_checksum(message, length, 0) != 0 ? "ICMP length or checksum" : NULL;
	if (protocol == 17)
		return length < 8 || naive_transport_checksum(ip, 17, message, length) != 0 ? "UDP checksum" : NULL;
	if (protocol != 6)
		return "IP protocol";
	if (length < 20 || message[12] / 16 * 4u < 20 || message[12] / 16 * 4u > length || message[12] % 16 != 0)
		return "TCP header length";
	return naive_transport_checksum(ip, 6, message, length) != 0 ? "TCP checksum" : NULL;
}

const char *frame_fault(const struct frame *frame, size_t mtu)
{
	if (frame->length < 14 || frame->length > mtu + 14)
		return "frame length";
	if (memcmp(frame->bytes + AT_ETHER_FROM, mac_of_ip(stack_ip).bytes, 6) != 0)
		return "Ethernet source is not ours";
	unsigned type = peek16(frame, AT_ETHER_TYPE);
	if (type == 0x0806)
		return arp_fault(frame);
	if (type != 0x0800)
		return "EtherType";
	const char *fault = ip_fault(frame);
	return fault ? fault : transport_fault(frame);
}

bool frame_is_tcp(const struct frame *frame)
{
	return frame->length >= AT_TRANSPORT + 20 && peek16(frame, AT_ETHER_TYPE) == 0x0800 && !is_fragment(frame) &&
	       frame->bytes[AT_IP] == 0x45 && frame->bytes[AT_IP_PROTOCOL] == 6;
}

/* --- Printing ---------------------------------------------------------------------------------------------------- */

static void tcp_print(const struct frame *frame, bool ours, char *text, size_t room)
{
	const uint8_t *peer = frame->bytes + (ours ? AT_IP_TO : AT_IP_FROM);
	unsigned from = peek16(frame, AT_TRANSPORT);
	unsigned to = peek16(frame, AT_TRANSPORT + 2);
	const struct flow *flow = flow_find(peer, ours ? to : from, ours ? from : to);
	struct segment segment = segment_of(frame);
	int n = snprintf(text, room, "%u>%u ", from, to);
	segment_print(&segment, flow, ours, text + n, room - (size_t)n);
}

void frame_print(const struct frame *frame, bool ours, char *text, size_t room)
{
	const uint8_t *b = frame->bytes;
	if (frame_is_tcp(frame))
		tcp_print(frame, ours, text, room);
	else if (frame->length >= 42 && peek16(frame, AT_ETHER_TYPE) == 0x0806)
		snprintf(text, room, "ARP op %u: %u.%u.%u.%u -> %u.%u.%u.%u", peek16(frame, AT_ARP + 6), b[28], b[29],
			 b[30], b[31], b[38], b[39], b[40], b[41]);
	else if (frame->length >= AT_TRANSPORT && peek16(frame, AT_ETHER_TYPE) == 0x0800 && is_fragment(frame))
		snprintf(text, room, "protocol %u id %04x fragment at %u, %zu bytes, %s", b[AT_IP_PROTOCOL],
			 peek16(frame, AT_IP_ID), (peek16(frame, AT_IP_FRAGMENT) & 0x1fff) * 8,
			 frame->length - AT_TRANSPORT, b[AT_IP_FRAGMENT] & 0x20 ? "more" : "last");
	else if (frame->length >= AT_TRANSPORT + 8 && peek16(frame, AT_ETHER_TYPE) == 0x0800 && b[AT_IP_PROTOCOL] == 1)
		snprintf(text, room, "ICMP type %u code %u rest %08x, %zu bytes", b[34], b[35], peek32(frame, 38),
			 frame->length);
	else if (frame->length >= AT_TRANSPORT + 8 && peek16(frame, AT_ETHER_TYPE) == 0x0800 && b[AT_IP_PROTOCOL] == 17)
		snprintf(text, room, "UDP %u>%u length %u, %zu bytes", peek16(frame, AT_TRANSPORT),
			 peek16(frame, AT_TRANSPORT + 2), peek16(frame, AT_TRANSPORT + 4), frame->length);
	else
		snprintf(text, room, "EtherType %04x, %zu bytes",
			 frame->length >= 14 ? peek16(frame, AT_ETHER_TYPE) : 0, frame->length);
}
