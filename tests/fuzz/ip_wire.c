/* SPDX-License-Identifier: MIT
 *
 * Any bytes as an IPv4 packet, once as they are and once with a right header checksum, which a fuzzer would not find.
 * Header and packet lie inside the input, and a header that is written from what was read reads the same. The same bytes as
 * what an ICMP error quotes.
 */
#include "ip/ip_wire.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

#define PACKET_MAX 65535

static void same_fields(const struct ip_header *a, const struct ip_header *b)
{
	must(a->total_length == b->total_length && a->tos == b->tos && a->id == b->id);
	must(a->dont_fragment == b->dont_fragment && a->more_fragments == b->more_fragments);
	must(a->fragment_offset == b->fragment_offset && a->ttl == b->ttl && a->protocol == b->protocol);
	must(address_equal(a->source, b->source) && address_equal(a->destination, b->destination));
}

static void round_trip(const struct ip_header *header)
{
	static uint8_t written[PACKET_MAX];
	struct ip_header again;

	ip_emit(written, header);
	must(ip_parse(written, sizeof written, &again) == IP_GOOD);
	must(again.header_length == IP_HEADER_MIN && !again.source_routed);
	same_fields(header, &again);
}

/* A header that is passed on is sound again, with one hop less to go. */
static void forwarded(const uint8_t *bytes, const struct ip_header *header)
{
	static uint8_t written[PACKET_MAX];
	struct ip_header again;

	ip_emit_forwarded(written, bytes, header->header_length);
	must(ip_parse(written, sizeof written, &again) == IP_GOOD && again.header_length == header->header_length);
	must(again.ttl == header->ttl - 1);
	again.ttl++;
	same_fields(header, &again);
}

static void parse_quote(const uint8_t *bytes, size_t length)
{
	struct ip_header header;

	if (!ip_parse_quote(bytes, length, &header))
		return;
	must(header.header_length >= IP_HEADER_MIN && header.header_length <= length);
	must(lies_inside(header.options, header.header_length - IP_HEADER_MIN, bytes, header.header_length));
}

static enum ip_verdict parse(const uint8_t *bytes, size_t length)
{
	struct ip_header header;
	enum ip_verdict verdict = ip_parse(bytes, length, &header);

	must(verdict != IP_BAD_OPTIONS || (header.problem >= IP_HEADER_MIN && header.problem < header.header_length));
	if (verdict != IP_GOOD)
		return verdict;
	must(header.header_length >= IP_HEADER_MIN && header.header_length <= IP_HEADER_MAX);
	must(header.header_length <= header.total_length && header.total_length <= length);
	must(header.fragment_offset % 8 == 0 && header.fragment_offset < PACKET_MAX);
	must(lies_inside(header.options, header.header_length - IP_HEADER_MIN, bytes, header.header_length));
	round_trip(&header);
	if (header.ttl > 0)
		forwarded(bytes, &header);
	return verdict;
}

/* RFC 1071, the slow way. */
static void mend(uint8_t *packet, size_t header_length)
{
	uint32_t sum = 0;

	packet[10] = packet[11] = 0;
	for (size_t i = 0; i < header_length; i += 2)
		sum += packet[i] * 256u + packet[i + 1];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	packet[10] = (uint8_t)(~sum >> 8);
	packet[11] = (uint8_t)~sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	parse_quote(bytes, length);
	if (parse(bytes, length) != IP_BAD_CHECKSUM)
		return 0;
	uint8_t *mended = malloc(length);
	must(mended);
	memcpy(mended, bytes, length);
	mend(mended, (bytes[0] & 15u) * 4u);
	must(parse(mended, length) != IP_BAD_CHECKSUM);
	free(mended);
	return 0;
}
