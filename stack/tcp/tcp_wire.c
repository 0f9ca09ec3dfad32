/* SPDX-License-Identifier: MIT
 *
 * The TCP header and its options, in and out.
 */
#include "tcp/tcp_wire.h"

#include "base/wire.h"

/* Option kinds (RFC 9293 3.2, RFC 7323 2 and 3, RFC 2018 2). */
enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_WSCALE = 3,
	OPTION_SACK_PERMITTED = 4,
	OPTION_SACK = 5,
	OPTION_TIMESTAMPS = 8
};

/* One option's value; a known kind with a wrong length is skipped like an unknown one. */
static void parse_option(struct tcp_options *options, uint8_t kind, struct wire_reader value)
{
	if (kind == OPTION_MSS && value.left == 2) {
		options->mss_present = true;
		options->mss = wire_read16(&value);
	} else if (kind == OPTION_WSCALE && value.left == 1) {
		uint8_t wscale = wire_read8(&value);
		options->wscale_present = true;
		options->wscale = wscale > TCP_WSCALE_MAX ? TCP_WSCALE_MAX : wscale;
	} else if (kind == OPTION_SACK_PERMITTED && value.left == 0) {
		options->sack_permitted = true;
	} else if (kind == OPTION_TIMESTAMPS && value.left == 8) {
		options->timestamps_present = true;
		options->tsval = wire_read32(&value);
		options->tsecr = wire_read32(&value);
	} else if (kind == OPTION_SACK && value.left >= 8 && value.left % 8 == 0) { /* four at most fit into a header */
		for (options->sack_count = 0; value.left > 0; options->sack_count++) {
			struct tcp_sack *block = &options->sacks[options->sack_count];
			block->start = wire_read32(&value);
			block->end = wire_read32(&value);
		}
	}
}

static void parse_options(struct tcp_options *options, const uint8_t *bytes, size_t length)
{
	struct wire_reader r = wire_reader(bytes, length);

	while (r.left > 0) {
		uint8_t kind = wire_read8(&r);
		if (kind == OPTION_END)
			return;
		if (kind == OPTION_NOP)
			continue;
		uint8_t size = wire_read8(&r);
		if (size < 2) /* RFC 9293 3.1, MUST-7: also what reading past the end gives */
			return;
		const uint8_t *value = wire_take(&r, size - 2u);
		if (!value)
			return;
		parse_option(options, kind, wire_reader(value, size - 2u));
	}
}

enum tcp_verdict tcp_parse(const uint8_t *bytes, size_t length, struct tcp_header *header)
{
	if (length < TCP_HEADER_MIN)
		return TCP_BAD_SHORT;
	header->header_length = (unsigned)(bytes[12] >> 4) * 4u;
	if (header->header_length < TCP_HEADER_MIN || header->header_length > length)
		return TCP_BAD_OFFSET;
	header->source_port = wire_get16(bytes);
	header->destination_port = wire_get16(bytes + 2);
	header->seq = wire_get32(bytes + 4);
	header->ack = wire_get32(bytes + 8);
	header->flags = bytes[13];
	header->window = wire_get16(bytes + 14);
	header->checksum = wire_get16(bytes + TCP_CHECKSUM_OFFSET);
	header->urgent_pointer = wire_get16(bytes + 18);
	header->options = (struct tcp_options){0};
	parse_options(&header->options, bytes + TCP_HEADER_MIN, header->header_length - TCP_HEADER_MIN);
	return TCP_GOOD;
}

bool tcp_parse_quote(const uint8_t *bytes, size_t length, struct tcp_quote *quote)
{
	struct wire_reader r = wire_reader(bytes, length);

	quote->source_port = wire_read16(&r);
	quote->destination_port = wire_read16(&r);
	quote->seq = wire_read32(&r);
	return !r.failed;
}

unsigned tcp_emit_length(const struct tcp_header *header)
{
	const struct tcp_options *o = &header->options;
	unsigned length = TCP_HEADER_MIN;

	if (o->timestamps_present)
		length += TCP_TIMESTAMPS_SPACE;
	if (!(header->flags & TCP_SYN))
		return length + (o->sack_count > 0 ? 4 + 8 * o->sack_count : 0);
	if (o->mss_present)
		length += 4;
	if (o->sack_permitted && !o->timestamps_present) /* beside timestamps it fills the place of their two NOPs */
		length += 4;
	if (o->wscale_present)
		length += 4;
	return length;
}

static void emit_timestamps(struct wire_writer *w, const struct tcp_options *o)
{
	wire_write8(w, OPTION_TIMESTAMPS);
	wire_write8(w, 10);
	wire_write32(w, o->tsval);
	wire_write32(w, o->tsecr);
}

static void emit_nops(struct wire_writer *w)
{
	wire_write8(w, OPTION_NOP);
	wire_write8(w, OPTION_NOP);
}

static void emit_sacks(struct wire_writer *w, const struct tcp_options *o)
{
	wire_write8(w, OPTION_SACK);
	wire_write8(w, (uint8_t)(2 + 8 * o->sack_count));
	for (unsigned i = 0; i < o->sack_count; i++) {
		wire_write32(w, o->sacks[i].start);
		wire_write32(w, o->sacks[i].end);
	}
}

static void emit_syn_options(struct wire_writer *w, const struct tcp_options *o)
{
	if (o->mss_present) {
		wire_write8(w, OPTION_MSS);
		wire_write8(w, 4);
		wire_write16(w, o->mss);
	}
	if ((o->sack_permitted || o->timestamps_present) && !(o->sack_permitted && o->timestamps_present))
		emit_nops(w);
	if (o->sack_permitted) {
		wire_write8(w, OPTION_SACK_PERMITTED);
		wire_write8(w, 2);
	}
	if (o->timestamps_present)
		emit_timestamps(w, o);
	if (o->wscale_present) {
		wire_write8(w, OPTION_NOP);
		wire_write8(w, OPTION_WSCALE);
		wire_write8(w, 3);
		wire_write8(w, o->wscale);
	}
}

void tcp_emit(uint8_t *to, const struct tcp_header *header)
{
	unsigned length = tcp_emit_length(header);
	struct wire_writer w = wire_writer(to, length);

	wire_write16(&w, header->source_port);
	wire_write16(&w, header->destination_port);
	wire_write32(&w, header->seq);
	wire_write32(&w, header->ack);
	wire_write8(&w, (uint8_t)(length / 4 << 4));
	wire_write8(&w, header->flags);
	wire_write16(&w, header->window);
	wire_write16(&w, 0);
	wire_write16(&w, header->urgent_pointer);
	if (header->flags & TCP_SYN) {
		emit_syn_options(&w, &header->options);
		return;
	}
	if (header->options.timestamps_present) {
		emit_nops(&w);
		emit_timestamps(&w, &header->options);
	}
	if (header->options.sack_count > 0) {
		emit_nops(&w);
		emit_sacks(&w, &header->options);
	}
}

void tcp_emit_checksum(uint8_t *to, uint16_t checksum)
{
	wire_put16(to + TCP_CHECKSUM_OFFSET, checksum);
}
