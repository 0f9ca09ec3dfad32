/* SPDX-License-Identifier: MIT
 *
 * Datagrams beside the connections. Each is written down before it is sent, under a number that is its first four bytes; what arrives
 * must be one of them, whole, at the machine that it was meant for, and twice only where a wire repeats frames.
 *
 * A bent bit can get past UDP in one way: in its length, which makes the datagram shorter by a power of two, if the sum of what is cut
 * off happens to make up for it, once in 65,536 times. Two bits that are bent can do so in many ways: the sum does not see one that is
 * set and one that is cleared at the same place of two words. So none goes through two wires that bend bits; and of one that goes
 * in fragments, as many bits may be wrong as there are fragments.
 */
#include <errno.h>
#include <string.h>

#include "base/wire.h"
#include "ip/ip_wire.h"
#include "tests/sim/world.h"
#include "udp/udp_wire.h"

#define NUMBER 4 /* bytes of a datagram's number */

static uint8_t datagram_byte(const struct world *w, uint32_t number, size_t at)
{
	return (uint8_t)((w->seed + number * UINT64_C(65537) + at) * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

static void datagram_fill(const struct world *w, uint32_t number, uint8_t *bytes, size_t length)
{
	wire_put32(bytes, number);
	for (size_t i = NUMBER; i < length; i++)
		bytes[i] = datagram_byte(w, number, i);
}

/* Whether a wire between the two bends bits: at most one in a frame, as datagrams_draw() has it. */
static bool is_bending(const struct world *w, unsigned from, unsigned to)
{
	return (from > 0 && w->plan.wires[from].corrupt) || (to > 0 && w->plan.wires[to].corrupt);
}

/* How many frames the datagram takes. */
static unsigned fragment_count(const struct world *w, const struct datagram *d)
{
	size_t packet = d->length + UDP_HEADER, room = w->plan.mtu - IP_HEADER_MIN;
	return packet <= room ? 1 : (unsigned)((packet + (room & ~7u) - 1) / (room & ~7u));
}

/* ---- sending ---- */

void datagrams_draw(struct world *w)
{
	uint64_t at = w->now;
	w->datagram_count = draw_chance(w, 300000) ? 0 : (unsigned)random_below(&w->random, SIM_DATAGRAMS + 1);
	for (unsigned i = 0; i < w->datagram_count; i++) {
		struct datagram *d = &w->datagrams[i];
		at += draw_magnitude(w, 4 * SIM_SECOND);
		d->at = at;
		d->from = (unsigned)random_below(&w->random, w->plan.machines);
		d->to = (d->from + 1 + (unsigned)random_below(&w->random, w->plan.machines - 1)) % w->plan.machines;
		if (d->from > 0 && w->plan.wires[d->from].corrupt && w->plan.wires[d->to].corrupt)
			d->to = 0;
		d->length = NUMBER + (size_t)draw_magnitude(w, SIM_DATAGRAM - NUMBER);
	}
}

uint64_t datagrams_due(const struct world *w)
{
	return w->datagram_next < w->datagram_count ? w->datagrams[w->datagram_next].at : DEADLINE_NEVER;
}

static void datagram_send(struct world *w, uint32_t number)
{
	struct datagram *d = &w->datagrams[number];
	struct machine *m = &w->machines[d->from];
	const struct endpoint to = {w->machines[d->to].address, SIM_PORT};
	uint8_t bytes[SIM_DATAGRAM];
	if (!m->datagrams)
		return;
	datagram_fill(w, number, bytes, d->length);
	d->tried = true;
	w->totals->datagrams_sent++;
	long sent = socket_send_to(m->datagrams, bytes, d->length, &to);
	d->sent = sent == (long)d->length;
	if (!d->sent && sent != -EAGAIN && sent != -ENOMEM && sent != -EHOSTUNREACH)
		world_fail(w, "machine %u sends a datagram and is told %s", m->index, strerror((int)-sent));
}

void datagrams_send(struct world *w)
{
	while (datagrams_due(w) <= w->now)
		datagram_send(w, w->datagram_next++);
}

void datagrams_stop(struct world *w)
{
	w->datagram_next = w->datagram_count;
	w->datagrams_over = w->now;
	for (unsigned i = 0; i < w->plan.machines; i++) {
		if (w->machines[i].datagrams)
			socket_close(w->machines[i].datagrams);
		w->machines[i].datagrams = NULL;
	}
}

/* ---- receiving ---- */

static bool is_corrupting(const struct world *w)
{
	uint32_t corrupt = 0;
	for (unsigned i = 1; i < w->plan.machines; i++)
		corrupt |= w->plan.wires[i].corrupt;
	return corrupt != 0;
}

static bool is_cut_by_a_bit(const struct world *w, const struct datagram *d, size_t length)
{
	size_t cut = d->length - length;
	return is_corrupting(w) && length < d->length && (cut & (cut - 1)) == 0;
}

static unsigned bits_set(unsigned bits)
{
	unsigned count = 0;
	for (; bits != 0; bits &= bits - 1)
		count++;
	return count;
}

/* Whether it is this datagram, but for so few bits that each may be that of another fragment. */
static bool is_bent(const struct world *w, uint32_t number, const uint8_t *bytes, const struct socket_message *message)
{
	const struct datagram *d = &w->datagrams[number];
	uint8_t right[SIM_DATAGRAM];
	unsigned wrong = bits_set(message->source.port ^ SIM_PORT), fragments = fragment_count(w, d);
	if (!d->tried || fragments == 1 || !is_bending(w, d->from, d->to) || message->length != d->length ||
	    !address_equal(message->source.address, w->machines[d->from].address))
		return false;
	datagram_fill(w, number, right, d->length);
	for (size_t i = 0; i < d->length && wrong <= fragments; i++)
		wrong += bits_set(right[i] ^ bytes[i]);
	return wrong > 0 && wrong <= fragments;
}

/* Whether that is true of any that was sent here: its number may be bent, too. */
static bool is_bent_beyond_knowledge(const struct machine *m, const uint8_t *bytes,
				     const struct socket_message *message)
{
	for (uint32_t i = 0; i < m->world->datagram_count; i++)
		if (m->world->datagrams[i].to == m->index && is_bent(m->world, i, bytes, message))
			return true;
	return false;
}

static void datagram_hear(struct machine *m, const uint8_t *bytes, size_t length, const struct socket_message *message)
{
	struct world *w = m->world;
	if (length == message->length && is_bent_beyond_knowledge(m, bytes, message))
		return;
	uint32_t number = length >= NUMBER ? wire_get32(bytes) : UINT32_MAX;
	if (length < NUMBER && is_corrupting(w)) /* cut down to less than its number */
		return;
	if (number >= w->datagram_count || !w->datagrams[number].tried) {
		world_fail(w, "machine %u received a datagram that nobody sent", m->index);
		return;
	}
	struct datagram *d = &w->datagrams[number];
	struct address from = w->machines[d->from].address;
	bool same = length == d->length || is_cut_by_a_bit(w, d, length);
	for (size_t i = NUMBER; i < length && same; i++)
		same = bytes[i] == datagram_byte(w, number, i);
	if (!same || message->length != length || d->to != m->index || message->source.port != SIM_PORT ||
	    !address_equal(message->source.address, from))
		world_fail(w, "machine %u received datagram %u as it was not sent", m->index, number);
	d->received++;
	w->totals->datagrams_received++;
}

void datagrams_read(struct machine *m)
{
	uint8_t bytes[SIM_DATAGRAM];
	struct socket_message message;
	while (!world_failed(m->world)) {
		long length = socket_receive_from(m->datagrams, bytes, sizeof bytes, false, &message);
		if (length == -EAGAIN)
			return;
		if (length >= 0)
			datagram_hear(m, bytes, (size_t)length, &message);
		else if (length != -EHOSTUNREACH)
			world_fail(m->world, "machine %u cannot receive: %s", m->index, strerror((int)-length));
	}
}

/* ---- the verdict ---- */

/* Nothing on its way was bad, by anybody's choice. */
static bool is_perfect(const struct world *w)
{
	for (unsigned i = 1; i < w->plan.machines; i++)
		if (netem_is_bad(&w->plan.wires[i]))
			return false;
	return w->plan.patient && !w->plan.full && w->plan.queue >= 256;
}

void datagrams_check(struct world *w)
{
	uint32_t repeats = 0;
	for (unsigned i = 1; i < w->plan.machines; i++)
		repeats |= w->plan.wires[i].duplicate;
	for (unsigned i = 0; i < w->datagram_count; i++) {
		const struct datagram *d = &w->datagrams[i];
		if (d->received > 1 && !repeats)
			world_fail(w, "datagram %u arrived %u times, and no wire repeats", i, d->received);
		bool in_time = d->at + SIM_SECOND < w->datagrams_over;
		if (d->received == 0 && d->sent && in_time && is_perfect(w))
			world_fail(w, "datagram %u did not arrive, and nothing was in its way", i);
	}
}
