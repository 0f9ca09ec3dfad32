/* SPDX-License-Identifier: MIT
 *
 * The decoder's own readers. A checksum that is wrong is recomputed without zeroing its field, since received bytes
 * are never written to: adding the complement of the field takes it out of the sum (RFC 1624 3).
 */
#include "trace/decode_wire.h"

#include "base/checksum.h"
#include "ip/icmp_wire.h"
#include "tcp/tcp_wire.h"

#define IP_CHECKSUM_OFFSET   10
#define ICMP_CHECKSUM_OFFSET 2

#define QUOTED_OFFSET_MASK 0x1fff

/* `sum` runs over all that the checksum covers, the field included. */
static struct checksum_finding find(struct checksum sum, uint16_t field)
{
	struct checksum_finding finding = {.expected = field};

	if (checksum_finish(&sum) == 0)
		return finding;
	struct checksum without = checksum_begin();
	checksum_add16(&without, checksum_fold(&sum));
	checksum_add16(&without, (uint16_t)~field);
	finding.verdict = CHECKSUM_WRONG;
	finding.expected = checksum_finish(&without);
	return finding;
}

struct checksum_finding checksum_find_ip(const uint8_t *header, size_t header_length)
{
	uint16_t field = wire_get16(header + IP_CHECKSUM_OFFSET);
	struct checksum sum = checksum_begin();

	checksum_add(&sum, header, header_length);
	struct checksum_finding finding = find(sum, field);
	if (finding.verdict == CHECKSUM_WRONG && field == 0)
		finding.verdict = CHECKSUM_ABSENT;
	return finding;
}

struct checksum_finding checksum_find_icmp(const uint8_t *message, size_t length)
{
	struct checksum sum = checksum_begin();

	checksum_add(&sum, message, length);
	return find(sum, wire_get16(message + ICMP_CHECKSUM_OFFSET));
}

struct checksum_finding checksum_find_transport(const struct ip_header *ip, const uint8_t *segment, size_t length,
						uint16_t field)
{
	struct checksum sum = ip_pseudo_sum(ip->source, ip->destination, ip->protocol, length);
	uint16_t pseudo = checksum_fold(&sum);

	checksum_add(&sum, segment, length);
	struct checksum_finding finding = find(sum, field);
	if (ip->protocol == IP_PROTOCOL_UDP && finding.expected == 0) /* RFC 768: zero would say that there is none */
		finding.expected = 0xffff;
	if (ip->protocol == IP_PROTOCOL_UDP && field == 0)
		finding.verdict = CHECKSUM_NONE;
	else if (finding.verdict == CHECKSUM_WRONG && field == pseudo)
		finding.verdict = CHECKSUM_PARTIAL;
	return finding;
}

bool quoted_parse(struct slice data, struct quoted_packet *quoted)
{
	struct wire_reader r = wire_reader(data.bytes, data.length);
	uint8_t version = wire_read8(&r);
	size_t header_length = (version & 0x0fu) * 4u;

	wire_take(&r, 5); /* type of service, total length, identification */
	uint16_t offset = wire_read16(&r) & QUOTED_OFFSET_MASK;
	wire_read8(&r); /* time to live */
	*quoted = (struct quoted_packet){.protocol = wire_read8(&r)};
	wire_read16(&r); /* checksum */
	const uint8_t *source = wire_take(&r, 4);
	const uint8_t *destination = wire_take(&r, 4);
	if (r.failed || version >> 4 != 4 || header_length < IP_HEADER_MIN)
		return false;
	memcpy(quoted->ends[0].address.bytes, source, 4);
	memcpy(quoted->ends[1].address.bytes, destination, 4);

	wire_take(&r, header_length - IP_HEADER_MIN);
	uint16_t source_port = wire_read16(&r), destination_port = wire_read16(&r);
	bool transport = quoted->protocol == IP_PROTOCOL_TCP || quoted->protocol == IP_PROTOCOL_UDP;
	quoted->has_ports = transport && offset == 0 && !r.failed;
	if (quoted->has_ports) {
		quoted->ends[0].port = source_port;
		quoted->ends[1].port = destination_port;
	}
	return true;
}

struct wire_reader tcp_option_bytes(const uint8_t *header, unsigned header_length)
{
	return wire_reader(header + TCP_HEADER_MIN, header_length - TCP_HEADER_MIN);
}

/* How many values of how many bytes an option of this kind has whose value is `length` bytes long. False: none such. */
static bool option_shape(uint8_t kind, size_t length, unsigned *count, unsigned *size)
{
	*count = 0;
	*size = 4;
	switch (kind) {
	case TCP_OPTION_SACK_PERMITTED:
		return length == 0;
	case TCP_OPTION_MSS:
	case TCP_OPTION_WSCALE:
		*count = 1;
		*size = kind == TCP_OPTION_MSS ? 2 : 1;
		return length == *size;
	case TCP_OPTION_TIMESTAMPS:
		*count = 2;
		return length == 8;
	case TCP_OPTION_SACK:
		*count = (unsigned)(length / 4);
		return length % 8 == 0 && length > 0 && *count <= TCP_OPTION_VALUES;
	default:
		return false;
	}
}

static void option_parse(struct tcp_option *option, const uint8_t *value, size_t length)
{
	struct wire_reader r = wire_reader(value, length);
	unsigned count, size;

	option->known = option_shape(option->kind, length, &count, &size);
	if (!option->known)
		return;
	option->count = count;
	for (unsigned i = 0; i < count; i++)
		option->values[i] = size == 4 ? wire_read32(&r) : size == 2 ? wire_read16(&r) : wire_read8(&r);
}

bool tcp_option_next(struct wire_reader *options, struct tcp_option *option)
{
	if (options->left == 0 || options->failed)
		return false;
	*option = (struct tcp_option){.kind = wire_read8(options)};
	option->known = option->kind <= TCP_OPTION_NOP; /* END and NOP have no length byte */
	if (option->kind == TCP_OPTION_END)
		wire_take(options, options->left); /* what follows is padding */
	if (option->known)
		return true;
	uint8_t length = wire_read8(options);
	if (length < 2) /* RFC 9293 3.1, MUST-7 */
		options->failed = true;
	const uint8_t *value = options->failed ? NULL : wire_take(options, length - 2u);
	if (value)
		option_parse(option, value, length - 2u);
	return value;
}
