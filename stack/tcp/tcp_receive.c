/* SPDX-License-Identifier: MIT
 *
 * The seventh step of RFC 9293 3.10.7.4: text into the receive ring, in order or not; the window that is left; and the
 * ACKs that are owed for it.
 *
 *     rcv.head        rcv_nxt                                   rcv_adv
 *        |   to be read  |   hole   | ranges[0] | hole | ranges[1] |
 *        +---------------+----------+###########+------+###########+---
 *
 * Text is placed in the ring at its own position as it comes. When a hole closes, rcv_nxt moves over what lay behind
 * it: no byte is copied twice.
 */
#include "internal.h"

/* ---- debts ---- */

void tcp_owe_ack(struct stack *s, struct tcp_connection *c)
{
	if (c->acks_owed < UINT16_MAX)
		c->acks_owed++;
	tcp_mark(s, c);
}

void tcp_owe_challenge(struct stack *s, struct tcp_connection *c)
{
	if (s->now < c->unchallenged) {
		stack_count(s, COUNT_TCP_CHALLENGES_HELD);
		return;
	}
	c->unchallenged = s->now + TCP_CHALLENGE_INTERVAL;
	stack_count(s, COUNT_TCP_CHALLENGES);
	tcp_owe_ack(s, c);
}

/* RFC 9293 3.8.6.3: in-order text is acknowledged with every second full segment at once (SHLD-19), else when the
 * deadline comes that runs since the first text which is not acknowledged. Quick ACKs go before. */
static void owe_delayed_ack(struct stack *s, struct tcp_connection *c)
{
	if (c->quick_acks > 0 || c->rcv_nxt - c->rcv_acked >= 2 * (uint64_t)c->rcv_mss) {
		c->ack_now = true;
		tcp_mark(s, c);
	}
	if (c->quick_acks > 0)
		c->quick_acks--;
	c->received_at = s->now;
}

void tcp_quick_acks(struct stack *s, struct tcp_connection *c, uint8_t segments)
{
	c->quick_acks = segments;
	if (segments > 0 && c->rcv_nxt > c->rcv_acked) {
		c->ack_now = true;
		tcp_mark(s, c);
	}
}

/* ---- the window ---- */

/* Before the connection stands: whole segments, as many as an unscaled window holds. */
static uint32_t first_window(const struct stack *s, const struct tcp_connection *c)
{
	uint32_t mss = ip_max_payload(s) - TCP_HEADER_MIN - (c->timestamps ? TCP_TIMESTAMPS_SPACE : 0);
	size_t limit = tcp_receive_limit(s, c);
	size_t most = limit < UINT16_MAX ? limit : UINT16_MAX;

	return (uint32_t)(most >= mss ? most / mss * mss : most);
}

uint32_t tcp_receive_window(const struct stack *s, const struct tcp_connection *c)
{
	if (c->state <= TCP_SYN_RECEIVED) {
		uint32_t first = first_window(s, c), told = (uint32_t)(c->rcv_adv - c->rcv_nxt);
		return first > told ? first : told; /* by a SYN of ours that crossed the peer's (SHLD-14) */
	}
	if (c->rcv_nxt > c->rcv.tail) /* the peer's FIN is here: nothing more will come */
		return (uint32_t)(c->rcv_adv > c->rcv_nxt ? c->rcv_adv - c->rcv_nxt : 0);

	size_t limit = tcp_receive_limit(s, c);
	size_t room = limit > ring_used(&c->rcv) ? limit - ring_used(&c->rcv) : 0;
	uint64_t most = (uint64_t)UINT16_MAX << c->rcv_wscale;
	uint64_t edge = c->rcv_nxt + (room < most ? room : most);

	/* RFC 9293 3.8.6.2.2 (MUST-39): the edge moves by min(half the buffer, one segment) or not at all. */
	size_t step = limit / 2 < c->rcv_mss ? limit / 2 : c->rcv_mss;
	if (edge < c->rcv_adv + step)
		edge = c->rcv_adv;
	return (uint32_t)(edge - c->rcv_nxt);
}

/* ---- text ---- */

void tcp_trim(const struct tcp_connection *c, struct tcp_segment *seg)
{
	if (seg->flags & TCP_SYN) /* the fourth step will refuse it whole */
		return;
	if (seg->seq < c->rcv_nxt) { /* the front has been received before */
		size_t cut = (size_t)(c->rcv_nxt - seg->seq);
		seg->text += cut;
		seg->text_length -= cut;
		seg->seq = c->rcv_nxt;
	}
	uint64_t room = c->rcv_adv > seg->seq ? c->rcv_adv - seg->seq : 0;
	if (seg->text_length >= room) { /* the rest lies beyond the window, and a FIN, which takes a place of its own */
		seg->text_length = (size_t)room;
		seg->flags &= (uint8_t)~TCP_FIN;
	}
}

/* Move rcv_nxt over text that is in the ring. */
static void advance(struct stack *s, struct tcp_connection *c, uint64_t to)
{
	ring_commit(&c->rcv, (size_t)(to - c->rcv_nxt));
	c->rcv_nxt = to;
	tcp_notify(s, &c->notice);
}

static void ranges_free(struct stack *s, struct tcp_connection *c)
{
	memory_put(&s->memory, c->rcv_ranges, sizeof *c->rcv_ranges);
	c->rcv_ranges = NULL;
}

/* Text beyond a hole: keep it in mind, and say at once what is missing (RFC 5681 4.2). False: it cannot be kept. */
static bool keep_for_later(struct stack *s, struct tcp_connection *c, uint64_t start, uint64_t end)
{
	if (!c->rcv_ranges)
		c->rcv_ranges = memory_get(&s->memory, sizeof *c->rcv_ranges);
	if (!c->rcv_ranges) {
		stack_drop(s, DROP_TCP_NO_MEMORY);
		return false;
	}
	if (!ranges_add(c->rcv_ranges, start, end)) {
		stack_drop(s, DROP_TCP_OUT_OF_ORDER);
		return false;
	}
	return true;
}

/* In-order text has come up to `end`; take what lay behind the hole that it may have closed. */
static void close_hole(struct stack *s, struct tcp_connection *c, uint64_t end)
{
	ranges_add(c->rcv_ranges, c->rcv_nxt, end); /* at the low edge, so never refused */
	advance(s, c, c->rcv_ranges->at[0].end);
	ranges_drop_below(c->rcv_ranges, c->rcv_nxt);
	if (c->rcv_ranges->count == 0)
		ranges_free(s, c);
	/* RFC 5681 4.2: filling a hole, whole or in part, is acknowledged at once; what was owed before is outdated. */
	c->acks_owed = 0;
	c->ack_now = true;
	tcp_mark(s, c);
}

/* A ring that holds the text, or as much of it as there is memory for. False: for none of it. */
static bool make_room(struct stack *s, struct tcp_connection *c, struct tcp_segment *seg)
{
	size_t before = (size_t)(seg->seq - c->rcv.head);

	if (tcp_ring_grow(s, &c->rcv, before + seg->text_length))
		return true;
	if (before >= c->rcv.capacity) {
		stack_drop(s, DROP_TCP_NO_MEMORY);
		return false;
	}
	seg->text_length = c->rcv.capacity - before;
	seg->flags &= (uint8_t)~TCP_FIN;
	return true;
}

void tcp_receive_text(struct stack *s, struct tcp_connection *c, struct tcp_segment *seg)
{
	if (c->rcv_fin != 0 && seg->seq + seg->text_length > c->rcv_fin) { /* text beyond the peer's own FIN */
		stack_drop(s, DROP_TCP_SEQUENCE);
		return;
	}
	if (!make_room(s, c, seg))
		return;
	uint64_t end = seg->seq + seg->text_length;
	size_t unit = seg->unit < seg->text_length ? seg->unit : seg->text_length;
	if (unit > c->rcv_mss)
		c->rcv_mss = (uint32_t)unit;

	if (c->rcv_acked == c->rcv_nxt)
		deadline_set(&s->deadlines, &c->delayed_ack, s->now + TCP_DELAYED_ACK);

	if (seg->seq > c->rcv_nxt) {
		tcp_owe_ack(s, c);
		if (c->rcv_ranges && ranges_contain(c->rcv_ranges, seg->seq, end))
			tcp_sack_note_duplicate(c, seg->seq, end);
		if (keep_for_later(s, c, seg->seq, end)) {
			ring_place(&c->rcv, seg->seq, seg->text, seg->text_length);
			tcp_sack_note(c, seg->seq);
		}
		return;
	}
	ring_place(&c->rcv, seg->seq, seg->text, seg->text_length);
	if (c->rcv_ranges) {
		close_hole(s, c, end);
	} else {
		advance(s, c, end);
		owe_delayed_ack(s, c);
	}
}
