/* SPDX-License-Identifier: MIT
 *
 * Datagrams larger than a frame: cut into the pieces that a test wants, and put together again from what left.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/harness/world.h"

static struct datagram datagram_begin(unsigned protocol, size_t header_length, size_t data_length)
{
	struct datagram d = {.protocol = (uint8_t)protocol, .ttl = 64, .id = 0x4321};
	if (header_length + data_length > DATAGRAM_MAX)
		abort();
	memcpy(d.from, flow_current()->peer, 4);
	memcpy(d.to, world.config.address.bytes, 4);
	d.length = header_length + data_length;
	for (size_t i = 0; i < data_length; i++)
		d.bytes[header_length + i] = pattern(i);
	return d;
}

static void put16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

struct datagram datagram_icmp(unsigned type, unsigned code, uint32_t rest, size_t data_length)
{
	struct datagram d = datagram_begin(1, 8, data_length);
	d.bytes[0] = (uint8_t)type;
	d.bytes[1] = (uint8_t)code;
	put16(d.bytes + 4, rest >> 16);
	put16(d.bytes + 6, rest & 0xffff);
	put16(d.bytes + 2, naive_checksum(d.bytes, d.length, 0));
	return d;
}

struct datagram datagram_udp(unsigned from_port, unsigned to_port, size_t data_length)
{
	struct datagram d = datagram_begin(17, 8, data_length);
	uint8_t addresses[20] = {0};
	memcpy(addresses + 12, d.from, 4);
	memcpy(addresses + 16, d.to, 4);
	put16(d.bytes, from_port);
	put16(d.bytes + 2, to_port);
	put16(d.bytes + 4, (unsigned)d.length);
	unsigned sum = naive_transport_checksum(addresses, 17, d.bytes, d.length);
	put16(d.bytes + 6, sum ? sum : 0xffff);
	return d;
}

struct datagram datagram_of(const struct frame *frame)
{
	struct datagram d = {
	    .protocol = frame->bytes[AT_IP_PROTOCOL],
	    .tos = frame->bytes[AT_IP + 1],
	    .ttl = frame->bytes[AT_IP_TTL],
	    .id = (uint16_t)peek16(frame, AT_IP_ID),
	    .length = frame->length - AT_TRANSPORT,
	};
	memcpy(d.from, frame->bytes + AT_IP_FROM, 4);
	memcpy(d.to, frame->bytes + AT_IP_TO, 4);
	memcpy(d.bytes, frame->bytes + AT_TRANSPORT, d.length);
	return d;
}

struct frame frame_fragment(const struct datagram *d, size_t start, size_t end)
{
	bool more = end < d->length;
	struct frame frame = frame_ip(d->protocol, d->bytes + start, end - start);
	if (start % 8 || end < start)
		abort();
	frame.bytes[AT_IP + 1] = d->tos;
	frame.bytes[AT_IP_TTL] = d->ttl;
	memcpy(frame.bytes + AT_TRANSPORT, d->bytes + start, end - start); /* what frame_ip() may have summed anew */
	poke16(&frame, AT_IP_ID, d->id);
	poke16(&frame, AT_IP_FRAGMENT, (more ? 0x2000u : 0) + (unsigned)(start / 8));
	memcpy(frame.bytes + AT_IP_FROM, d->from, 4);
	memcpy(frame.bytes + AT_IP_TO, d->to, 4);
	frame_fix_ip(&frame);
	return frame;
}

void harness_in_fragment(const char *file, int line, const struct datagram *d, size_t start, size_t end)
{
	struct frame frame = frame_fragment(d, start, end);
	harness_in_frame(file, line, &frame);
}

void harness_in_datagram(const char *file, int line, const struct datagram *d, size_t piece)
{
	size_t start = 0;
	do {
		size_t end = d->length - start < piece ? d->length : start + piece;
		harness_in_fragment(file, line, d, start, end);
		start = end;
	} while (start < d->length);
}

/* Whether this piece of ours is the next one of the datagram; its bytes are added then. */
static const char *piece_fault(struct datagram *d, const struct frame *frame)
{
	size_t length = frame->length - AT_TRANSPORT;
	size_t most = (world.config.mtu - 20) / 8 * 8;
	bool more = peek16(frame, AT_IP_FRAGMENT) & 0x2000;
	if (peek16(frame, AT_ETHER_TYPE) != 0x0800)
		return "not IPv4";
	if ((peek16(frame, AT_IP_FRAGMENT) & 0x1fff) * 8u != d->length)
		return "its offset is not where the last one ended";
	if (peek16(frame, AT_IP_ID) != d->id || frame->bytes[AT_IP_PROTOCOL] != d->protocol ||
	    frame->bytes[AT_IP + 1] != d->tos || frame->bytes[AT_IP_TTL] != d->ttl ||
	    memcmp(frame->bytes + AT_IP_TO, d->to, 4) != 0)
		return "its identification, protocol, type of service, time to live or destination is another";
	if (length == 0 && d->length > 0)
		return "an empty fragment";
	if (more && length != most)
		return "in the middle, but not as large as can be and a multiple of 8";
	if (d->length + length > DATAGRAM_MAX)
		return "it ends beyond 65,535";
	memcpy(d->bytes + d->length, frame->bytes + AT_TRANSPORT, length);
	d->length += length;
	return NULL;
}

struct datagram harness_out_datagram(const char *file, int line)
{
	struct frame frame = harness_out_frame(file, line);
	struct datagram d = datagram_of(&frame);
	uint8_t addresses[20] = {0};
	d.length = 0;
	for (;;) {
		const char *fault = piece_fault(&d, &frame);
		if (fault)
			harness_fail(file, line, "a fragment of ours is not sound: %s", fault);
		if (!(peek16(&frame, AT_IP_FRAGMENT) & 0x2000))
			break;
		frame = harness_out_frame(file, line);
	}
	memcpy(addresses + 12, d.from, 4);
	memcpy(addresses + 16, d.to, 4);
	unsigned sum = d.protocol == 1 ? naive_checksum(d.bytes, d.length, 0)
				       : naive_transport_checksum(addresses, d.protocol, d.bytes, d.length);
	if (sum != 0)
		harness_fail(file, line, "the checksum over all fragments is wrong");
	return d;
}
