/* SPDX-License-Identifier: MIT
 *
 * Selective acknowledgment, the receiver's part (RFC 2018): while there are holes in what has come, every bare ACK
 * tells which text lies beyond them, so that its sender repeats what is missing and nothing else.
 *
 *     rcv_nxt        hole    came before       hole   came just now
 *        |###########.......[  block 2   )...........[  block 1   )
 *
 * The block that has last grown comes first, then those that grew before it (RFC 2018 4): what one lost ACK said, the
 * next ones repeat. Text that came a second time is told once, before all others (RFC 2883 4): its sender learns that
 * it need not have repeated it.
 *
 * Segments with text carry no blocks, so that their size does not depend on what was lost the other way: whatever
 * arrives out of order or twice is owed a bare ACK anyway.
 */
#include <string.h>

#include "internal.h"

/* The range that a position lies in, or NULL. */
static const struct range *range_at(const struct ranges *set, uint64_t position)
{
	for (unsigned i = 0; set && i < set->count; i++)
		if (set->at[i].start <= position && position < set->at[i].end)
			return &set->at[i];
	return NULL;
}

void tcp_sack_note(struct tcp_connection *c, uint64_t position)
{
	const struct range *grown = range_at(c->rcv_ranges, position);
	uint64_t recent[TCP_SACK_BLOCKS] = {position};
	unsigned count = 1;

	for (unsigned i = 0; i < TCP_SACK_BLOCKS && count < TCP_SACK_BLOCKS; i++) {
		const struct range *before = range_at(c->rcv_ranges, c->rcv_sacked[i]);
		if (before && before != grown)
			recent[count++] = c->rcv_sacked[i];
	}
	memcpy(c->rcv_sacked, recent, sizeof recent);
}

void tcp_sack_note_duplicate(struct tcp_connection *c, uint64_t start, uint64_t end)
{
	if (c->sack_permitted && start < end)
		c->rcv_duplicate = (struct range){start, end};
}

static void add_block(struct tcp_options *o, const struct range *block)
{
	o->sacks[o->sack_count++] = (struct tcp_sack){seq_wire(block->start), seq_wire(block->end)};
}

void tcp_sack_fill(const struct tcp_connection *c, struct tcp_options *o)
{
	unsigned most = o->timestamps_present ? TCP_SACK_BLOCKS - 1 : TCP_SACK_BLOCKS; /* in 40 bytes of options */

	if (!c->sack_permitted)
		return;
	if (c->rcv_duplicate.end > 0)
		add_block(o, &c->rcv_duplicate);
	for (unsigned i = 0; i < TCP_SACK_BLOCKS && o->sack_count < most; i++) {
		const struct range *block = range_at(c->rcv_ranges, c->rcv_sacked[i]);
		if (block)
			add_block(o, block);
	}
}
