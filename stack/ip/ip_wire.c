/* SPDX-License-Identifier: MIT
 *
 * The IPv4 header, in and out.
 */
#include "ip/ip_wire.h"

#include "base/wire.h"

#define DONT_FRAGMENT  0x4000
#define MORE_FRAGMENTS 0x2000
#define OFFSET_MASK    0x1fff

/* Option kinds (RFC 791 3.1) with their copy bit. The first two are a single byte; all others have a length byte. */
#define OPTION_END          0
#define OPTION_NOP          1
#define OPTION_LOOSE_ROUTE  131
#define OPTION_STRICT_ROUTE 137

/* Walk the options once: false for a length that cannot be. The kinds are not acted on, but a source route is told. */
static bool parse_options(struct ip_header *header)
{
	struct wire_reader r = wire_reader(header->options, header->header_length - IP_HEADER_MIN);

	while (r.left > 0) {
		header->problem = header->header_length - (unsigned)r.left;
		uint8_t kind = wire_read8(&r);
		if (kind == OPTION_END)
			return true;
		if (kind == OPTION_NOP)
			continue;
		if (r.left > 0)
			header->problem++; /* from here on it is the length that may be wrong (RFC 792) */
		uint8_t length = wire_read8(&r);
		if (length < 2 || !wire_take(&r, length - 2u))
			return false;
		if (kind == OPTION_LOOSE_ROUTE || kind == OPTION_STRICT_ROUTE)
			header->source_routed = true;
	}
	return true;
}

static void parse_fields(const uint8_t *bytes, struct ip_header *header)
{
	uint16_t fragment = wire_get16(bytes + 6);

	header->tos = bytes[1];
	header->id = wire_get16(bytes + 4);
	header->dont_fragment = fragment & DONT_FRAGMENT;
	header->more_fragments = fragment & MORE_FRAGMENTS;
	header->fragment_offset = (fragment & OFFSET_MASK) * 8u;
	header->ttl = bytes[8];
	header->protocol = bytes[9];
	memcpy(header->source.bytes, bytes + 12, 4);
	memcpy(header->destination.bytes, bytes + 16, 4);
	header->options = bytes + IP_HEADER_MIN;
	header->source_routed = false;
	header->problem = 0;
}

enum ip_verdict ip_parse(const uint8_t *bytes, size_t length, struct ip_header *header)
{
	if (length < IP_HEADER_MIN)
		return IP_BAD_SHORT;
	if (bytes[0] >> 4 != 4)
		return IP_BAD_VERSION;
	header->header_length = (bytes[0] & 0x0fu) * 4u;
	if (header->header_length < IP_HEADER_MIN || header->header_length > length)
		return IP_BAD_HEADER_LENGTH;
	header->total_length = wire_get16(bytes + 2);
	if (header->total_length < header->header_length || header->total_length > length)
		return IP_BAD_TOTAL_LENGTH;
	parse_fields(bytes, header);

	struct checksum sum = checksum_begin();
	checksum_add(&sum, bytes, header->header_length);
	if (checksum_finish(&sum) != 0)
		return IP_BAD_CHECKSUM;
	return parse_options(header) ? IP_GOOD : IP_BAD_OPTIONS;
}

bool ip_parse_quote(const uint8_t *bytes, size_t length, struct ip_header *header)
{
	if (length < IP_HEADER_MIN || bytes[0] >> 4 != 4)
		return false;
	header->header_length = (bytes[0] & 0x0fu) * 4u;
	if (header->header_length < IP_HEADER_MIN || header->header_length > length)
		return false;
	header->total_length = wire_get16(bytes + 2);
	parse_fields(bytes, header);
	return true;
}

void ip_emit_forwarded(uint8_t *to, const uint8_t *from, unsigned header_length)
{
	memcpy(to, from, header_length);
	uint16_t before = wire_get16(to + 8); /* TTL and protocol share a word */
	to[8]--;
	wire_put16(to + 10, checksum_update(wire_get16(to + 10), before, wire_get16(to + 8)));
}

void ip_emit(uint8_t *to, const struct ip_header *header)
{
	uint16_t fragment = (uint16_t)(header->fragment_offset / 8);

	fragment |= header->dont_fragment ? DONT_FRAGMENT : 0;
	fragment |= header->more_fragments ? MORE_FRAGMENTS : 0;
	to[0] = 4 << 4 | IP_HEADER_MIN / 4;
	to[1] = header->tos;
	wire_put16(to + 2, (uint16_t)header->total_length);
	wire_put16(to + 4, header->id);
	wire_put16(to + 6, fragment);
	to[8] = header->ttl;
	to[9] = header->protocol;
	wire_put16(to + 10, 0);
	memcpy(to + 12, header->source.bytes, 4);
	memcpy(to + 16, header->destination.bytes, 4);

	struct checksum sum = checksum_begin();
	checksum_add(&sum, to, IP_HEADER_MIN);
	wire_put16(to + 10, checksum_finish(&sum));
}

struct checksum ip_pseudo_sum(struct address source, struct address destination, uint8_t protocol, size_t length)
{
	struct checksum sum = checksum_begin();

	checksum_add(&sum, source.bytes, sizeof source.bytes);
	checksum_add(&sum, destination.bytes, sizeof destination.bytes);
	checksum_add16(&sum, protocol);
	checksum_add16(&sum, (uint16_t)length);
	return sum;
}
