/* SPDX-License-Identifier: MIT
 *
 * Segments of a peer that knows where both sides stand, and bends what it says in a field or two: to bounds, to what lies just
 * beside them, to the far side of the sequence space.
 */
#include <string.h>

#include "tests/fuzz/model/model.h"

/* ---- what is right ---- */

/* Where the stack's numbers, or the peer's, stand at this position. */
static uint32_t ours(const struct model *m, int64_t position)
{
	return m->iss + (uint32_t)position;
}

static uint32_t theirs(const struct model *m, int64_t position)
{
	return m->irs + (uint32_t)position;
}

static bool begins(const struct model *m)
{
	return m->state <= TCP_SYN_SENT;
}

struct draft draft_right(const struct model *m, const struct peer *p, size_t length)
{
	uint32_t clock = p->clock + (uint32_t)(m->now / 1000);
	struct draft d = {
	    .seq = theirs(m, m->rcv_nxt),
	    .ack = ours(m, m->snd_nxt),
	    .flags = TCP_ACK,
	    .window = p->window,
	    .tsval = clock - m->ts_recent < 0x80000000u ? clock : m->ts_recent,
	    .tsecr = m->ts_sent,
	    .timestamps = m->timestamps,
	    .offset = -1,
	    .length = length,
	};

	if (begins(m)) {
		d.seq = p->isn;
		d.flags = m->state == TCP_SYN_SENT ? TCP_SYN | TCP_ACK : TCP_SYN;
		d.timestamps = p->offers_timestamps;
		d.tsval = clock;
		d.ack = m->state == TCP_SYN_SENT ? ours(m, 1) : 0;
	}
	return d;
}

struct draft draft_kind(const struct model *m, const struct peer *p, struct wire_reader *program)
{
	static const size_t lengths[] = {1, 2, 100, 536, 1000, 1448, 1460};
	struct draft d = draft_right(m, p, 0);
	unsigned kind = wire_read8(program) % 20;
	size_t length = lengths[wire_read8(program) % 7];
	int64_t window = m->rcv_adv - m->rcv_nxt;

	switch (kind) {
	case 0: /* text, in order */
	case 1:
		d.length = length;
		break;
	case 2: /* text to the edge of the window */
		d.length = window > 0 && window < SEGMENT_MAX - 40 ? (size_t)window : length;
		d.seq += window > (int64_t)d.length ? (uint32_t)window - (uint32_t)d.length : 0;
		break;
	case 3: /* text behind a hole */
	case 4:
		d.length = length;
		d.seq += (uint32_t)lengths[wire_read8(program) % 7];
		break;
	case 5: /* text that came before, and more */
		d.seq -= (uint32_t)lengths[wire_read8(program) % 7];
		d.length = length;
		break;
	case 6:
		d.flags |= TCP_FIN;
		break;
	case 7:
		d.flags |= TCP_FIN;
		d.length = length;
		break;
	case 8:
		d.flags = TCP_RST;
		break;
	case 9:
		d.flags |= TCP_RST;
		break;
	case 10: /* a new connection, or the SYN of this one again */
		d.flags = TCP_SYN;
		d.seq = begins(m) ? p->isn : m->state == TCP_TIME_WAIT ? d.seq + 1000 : m->irs;
		break;
	case 11:
		d.flags = TCP_SYN | TCP_ACK;
		d.seq = begins(m) ? p->isn : m->irs;
		break;
	case 12: /* a part of what is in flight */
		d.ack = ours(m, m->snd_una + (m->snd_nxt - m->snd_una) / 2);
		break;
	case 13: /* a duplicate ACK */
		d.ack = ours(m, m->snd_una);
		break;
	case 14:
		d.window = 0;
		break;
	case 15:
		d.flags |= TCP_URG;
		d.urgent = (uint16_t)length;
		d.length = 100;
		break;
	case 16: /* a probe */
		d.seq--;
		break;
	case 17: /* text with a duplicate ACK */
		d.length = length;
		d.ack = ours(m, m->snd_una);
		break;
	default:
		break;
	}
	return d;
}

/* ---- and what is not quite ---- */

/* One of these numbers or a bound of all numbers, or a little or very much beside it. */
static uint32_t beside(struct wire_reader *program, const uint32_t *numbers, size_t count)
{
	static const uint32_t bounds[] = {0, 0xffffffff, 0x7fffffff, 0x80000000};
	static const uint32_t steps[] = {0,          0, 0,          1,          0xffffffff, 1,
					 0xffffffff, 2, 0xfffffffe, 0x80000000, 0x7fffffff, 0x80000001};
	size_t which = wire_read8(program) % (2 * count + 4), step = wire_read8(program);
	uint32_t number = which < 2 * count ? numbers[which / 2] : bounds[which - 2 * count];

	if (step >= 240)
		return number + ((uint32_t)wire_read16(program) << step % 17);
	return number + steps[step % 12];
}

static uint32_t bent_seq(const struct draft *d, const struct model *m, struct wire_reader *program)
{
	uint32_t space = (uint32_t)d->length + !!(d->flags & TCP_SYN) + !!(d->flags & TCP_FIN);
	const uint32_t numbers[] = {
	    d->seq,
	    theirs(m, m->rcv_nxt),
	    theirs(m, m->rcv_adv),
	    theirs(m, m->rcv_adv) - space,
	    m->irs,
	    theirs(m, m->rcv_nxt) - space,
	    theirs(m, m->last_ack),
	    theirs(m, m->rcv_end),
	    ours(m, m->snd_nxt),
	};

	return beside(program, numbers, sizeof numbers / sizeof *numbers);
}

static uint32_t bent_ack(const struct draft *d, const struct model *m, struct wire_reader *program)
{
	const uint32_t numbers[] = {
	    d->ack,
	    ours(m, m->snd_una),
	    ours(m, m->snd_nxt),
	    ours(m, m->snd_una) - m->snd_wnd_max,
	    m->iss,
	    ours(m, m->snd_una) + m->snd_wnd,
	};

	return beside(program, numbers, sizeof numbers / sizeof *numbers);
}

static uint16_t bent16(uint16_t right, struct wire_reader *program)
{
	const uint32_t numbers[] = {right, 0, 1, 0xffff, 0x7fff, 0x8000, 1460};

	return (uint16_t)beside(program, numbers, sizeof numbers / sizeof *numbers);
}

static uint8_t bent_flags(uint8_t right, struct wire_reader *program)
{
	unsigned how = wire_read8(program);

	if (how < 192)
		return right ^ (uint8_t)(1 << how % 8);
	return how < 200 ? 0 : how < 208 ? 0xff : wire_read8(program);
}

static void bend_options(struct draft *d, const struct model *m, struct wire_reader *program)
{
	const uint32_t numbers[] = {m->ts_recent, d->tsval};

	switch (wire_read8(program) % 6) {
	case 0:
	case 1:
		d->tsval = beside(program, numbers, 2);
		break;
	case 2:
		d->tsecr = beside(program, &m->ts_sent, 1);
		break;
	case 3:
		d->timestamps = !d->timestamps;
		break;
	default:
		d->odd_options = (uint8_t)(1 + wire_read8(program) % 9);
	}
}

static void bend_length(struct draft *d, struct wire_reader *program)
{
	static const size_t lengths[] = {0, 1, 2, 535, 536, 1000, 1400, 1420};
	unsigned how = wire_read8(program);

	if (how < 64)
		d->length = lengths[how % 8];
	else if (how < 96)
		d->length += 1;
	else if (how < 128)
		d->length -= d->length > 0;
	else if (how < 192)
		d->twisted = true;
	else if (how < 224)
		d->cut = how % 32u;
	else
		d->cut = d->length + how % 32u;
}

void draft_bend(struct draft *d, const struct model *m, struct wire_reader *program)
{
	switch (wire_read8(program) % 16) {
	case 0:
	case 1:
	case 2:
		d->seq = bent_seq(d, m, program);
		break;
	case 3:
	case 4:
		d->ack = bent_ack(d, m, program);
		break;
	case 5:
	case 6:
		d->flags = bent_flags(d->flags, program);
		break;
	case 7:
		d->window = bent16(d->window, program);
		break;
	case 8:
		d->urgent = bent16((uint16_t)d->length, program);
		d->flags |= TCP_URG;
		break;
	case 9:
		d->offset = wire_read8(program) % 16;
		break;
	case 10:
	case 11:
		bend_options(d, m, program);
		break;
	case 12:
	case 13:
		bend_length(d, program);
		break;
	case 14:
		d->reserved = wire_read8(program) % 16;
		d->elsewhere = d->reserved == 0;
		break;
	default:
		d->checksum = bent16(0, program);
	}
}

/* ---- into bytes ---- */

static size_t put(uint8_t *to, const void *bytes, size_t length)
{
	memcpy(to, bytes, length);
	return length;
}

static size_t put_timestamps(uint8_t *to, uint32_t tsval, uint32_t tsecr)
{
	size_t at = put(to, "\1\1\10\12", 4);

	wire_put32(to + at, tsval);
	wire_put32(to + at + 4, tsecr);
	return at + 8;
}

static size_t put_odd(uint8_t *to, unsigned which)
{
	static const struct {
		const char *bytes;
		size_t length;
	} odd[] = {
	    {"", 0},
	    {"\376\4xx", 4},                                    /* unknown */
	    {"\10\0\0\0", 4},                                   /* a length of 0, */
	    {"\1\1\10\11\0\0\0\1\0\0\0\2", 12},                 /* one too short, */
	    {"\10\50\0\1", 4},                                  /* beyond the header, */
	    {"\1\1\1\10", 4},                                   /* or missing */
	    {"\0\10\12\377\377\377\377\377\377\377\377\0", 12}, /* behind the end */
	    {"\1\1\10\12\177\0\0\1\0\0\0\2", 12},               /* again, and another */
	    {"\2\4\0\100", 4},                                  /* MSS, which belongs on a SYN */
	    {"\1\1\5\12\0\0\0\1\0\0\0\2", 12},                  /* a SACK block of nonsense */
	};

	return put(to, odd[which].bytes, odd[which].length);
}

/* All options of a draft, a multiple of four bytes. */
static size_t put_options(uint8_t *to, const struct draft *d, const struct peer *p)
{
	size_t at = 0;

	if (d->flags & TCP_SYN && p->mss > 0) {
		at += put(to + at, "\2\4", 2);
		wire_put16(to + at, p->mss);
		at += 2;
	}
	if (d->flags & TCP_SYN && p->offers_sack)
		at += put(to + at, "\1\1\4\2", 4);
	if (d->flags & TCP_SYN && p->offers_shift) {
		at += put(to + at, "\1\3\3", 3);
		to[at++] = p->shift;
	}
	if (d->timestamps)
		at += put_timestamps(to + at, d->tsval, d->tsecr);
	return at + put_odd(to + at, d->odd_options);
}

void draft_send(struct machine *w, const struct draft *d, const struct peer *p)
{
	uint8_t bytes[SEGMENT_MAX] = {0};
	const struct model *m = &w->model;
	size_t header = 20 + put_options(bytes + 20, d, p), length = d->length;
	uint32_t first = d->seq + !!(d->flags & TCP_SYN) - (begins(m) ? p->isn : m->irs);

	wire_put16(bytes, PEER_PORT);
	wire_put16(bytes + 2, d->elsewhere ? OUR_PORT + 1 : OUR_PORT);
	wire_put32(bytes + 4, d->seq);
	wire_put32(bytes + 8, d->ack);
	bytes[12] = (uint8_t)((d->offset < 0 ? (unsigned)header / 4 : (unsigned)d->offset) << 4 | d->reserved);
	bytes[13] = d->flags;
	wire_put16(bytes + 14, d->window);
	wire_put16(bytes + 18, d->urgent);
	if (length > SEGMENT_MAX - header)
		length = SEGMENT_MAX - header;
	for (size_t i = 0; i < length; i++)
		bytes[header + i] = stream_byte((int64_t)first + (int64_t)i, true) ^ (d->twisted ? 0x55 : 0);
	size_t total = header + length;
	total -= d->cut < total ? d->cut : total;
	static const uint8_t addresses[] = {192, 0, 2, 1, 192, 0, 2, 2};
	uint16_t checksum = (uint16_t)~sum16(bytes, total, sum16(addresses, 8, 6 + (uint32_t)total));
	if (total >= 18)
		wire_put16(bytes + 16, (uint16_t)(checksum + d->checksum));
	machine_arrives(w, bytes, total);
}
