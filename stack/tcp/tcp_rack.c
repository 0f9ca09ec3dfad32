/* SPDX-License-Identifier: MIT
 *
 * Loss recovery with selective acknowledgment (RFC 6675), where time tells what is lost (RACK and TLP, RFC 8985).
 *
 * RACK: of two segments the one that was sent first should arrive first. So when one has arrived that was sent later,
 * what was sent before it and is missing is late; and lost, once it has been late for longer than the network is known
 * to reorder:
 *
 *     sent_at       newest_sent_at                    + newest_rtt  + reordering window
 *        |--- suspect ---|--- arrived, after newest_rtt ---|------------|
 *                                                                      the suspect is lost
 *
 * It does not matter whether it was sent for the first time: a retransmission that is lost is found like any other.
 * What is lost goes again, oldest first, and what pipe leaves of cwnd goes to new text (tcp_output.c); cwnd follows
 * tcp_prr.c until all is acknowledged that was in flight when the loss was seen.
 *
 * TLP: when the last segments of a flight are lost, nothing arrives later. After about two round trips of silence a
 * probe (new text, or the last segment again) draws an ACK, whose SACK blocks show RACK what is missing. Only when that
 * fails, too, the RTO comes.
 *
 * The time-out takes back what SACK blocks have said, since a receiver may discard what it has not acknowledged 
 * (RFC 2018 8); before it, text that was sacked is never sent again.
 */
#include "internal.h"

#define DUP_THRESHOLD  3 /* segments that arrive beyond a hole, before it is a loss where nothing was ever reordered */
#define MAX_ACK_DELAY  200000 /* microseconds that a peer may delay an ACK (TLP.max_ack_delay) */
#define PROBE_TIME_MIN 1000 /* microseconds, however short round trips are: a host may take so long to get to an ACK */
#define PROBE_TIME     1000000 /* to a probe where no round trip has been measured (RFC 8985 7.2) */
#define REORDER_ROUNDS 16 /* recoveries without a D-SACK until the reordering window is small again (RFC 8985 6.2) */

/* What one ACK has delivered. */
struct delivery {
	uint64_t now;
	const struct tcp_options *options;
	uint32_t echo_age;   /* milliseconds since the segment that caused the ACK was sent: by its timestamp */
	uint32_t bytes;      /* newly acknowledged, either way */
	uint64_t round_trip; /* of its oldest segment; 0 for none to be measured */
	uint64_t from;       /* where that began */
	bool ambiguous;      /* some of it had been sent again */
	bool dsack;          /* the first block tells of text that came twice (RFC 2883 4) */
};

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* RACK_sent_after() of RFC 8985 6.2: whether the newest that has arrived was sent after this one. */
static bool was_overtaken(const struct tcp_sent *sent, const struct tcp_record *r)
{
	return sent->newest_sent_at > r->sent_at ||
	       (sent->newest_sent_at == r->sent_at && sent->newest_end > tcp_record_end(r));
}

/* In fast recovery, or after a time-out: until all is acknowledged that was in flight at its beginning. */
static bool is_repairing(const struct tcp_connection *c)
{
	return c->snd_una < c->recover;
}

/* ---- what an ACK says ---- */

/* Whether it cannot be the last transmission that was answered, but one before it (RFC 8985 6.2, step 2). */
static bool is_earlier_one(const struct tcp_connection *c, const struct tcp_record *r, const struct delivery *d)
{
	uint64_t sent_before = d->now / 1000 - r->sent_at / 1000;

	if (!r->again)
		return false;
	if (c->timestamps && d->options->timestamps_present && d->echo_age > sent_before)
		return true;
	return d->now - r->sent_at < c->rtt.least;
}

/* A record's segment has arrived: steps 2 and 3 of RFC 8985 6.2. */
static void arrived(struct tcp_connection *c, const struct tcp_record *r, struct delivery *d)
{
	struct tcp_sent *sent = c->sent;
	uint64_t end = tcp_record_end(r);

	/* Karn's rule (MUST-18): of what was sent again nobody can tell which was answered, and what arrived before it
	 * may have waited for it. */
	d->ambiguous = d->ambiguous || r->again;
	if (d->round_trip == 0) {
		d->round_trip = d->now - r->sent_at;
		d->from = r->start;
	}
	if (end > sent->highest_end)
		sent->highest_end = end;
	else if (end < sent->highest_end && !r->again)
		c->reordering_seen = true;
	if (!is_earlier_one(c, r, d) && !was_overtaken(sent, r)) {
		sent->newest_sent_at = r->sent_at;
		sent->newest_end = end;
		sent->newest_rtt = d->now - r->sent_at;
	}
}

static void take_cumulative(struct tcp_connection *c, struct delivery *d)
{
	struct tcp_record r;
	uint32_t length;

	while ((length = tcp_sent_acked(c->sent, c->snd_una, &r)) > 0) {
		if (r.sacked)
			continue;
		d->bytes += length;
		if (length == r.length)
			arrived(c, &r, d);
	}
}

/* A block of text beyond snd_una that has come. Only whole segments count: they are what can be sent again. */
static void take_block(struct tcp_connection *c, const struct tcp_sack *block, struct delivery *d)
{
	uint64_t start = seq_unwrap(c->snd_una, block->start);
	uint64_t end = seq_unwrap(c->snd_una, block->end);

	if (start >= end || start < c->snd_una || end > c->snd_nxt)
		return;
	for (uint32_t i = tcp_sent_find(c->sent, start); i < c->sent->count; i++) {
		struct tcp_record *r = tcp_sent_at(c->sent, i);
		if (tcp_record_end(r) > end)
			return;
		if (r->sacked)
			continue;
		d->bytes += r->length;
		tcp_sent_sack(c->sent, r);
		arrived(c, r, d);
	}
}

/* The blocks from `first` on, the lowest first: in another order they would look like segments that were reordered. */
static void take_blocks(struct tcp_connection *c, unsigned first, struct delivery *d)
{
	struct tcp_sack blocks[TCP_SACK_BLOCKS];
	unsigned count = 0;

	for (unsigned i = first; i < d->options->sack_count; i++) {
		unsigned at = count++;
		for (; at > 0 && seq_lt(d->options->sacks[i].start, blocks[at - 1].start); at--)
			blocks[at] = blocks[at - 1];
		blocks[at] = d->options->sacks[i];
	}
	for (unsigned i = 0; i < count; i++)
		take_block(c, &blocks[i], d);
}

/* RFC 2883 4: below what the segment acknowledges, or within the second block. */
static bool has_dsack(const struct tcp_segment *seg)
{
	const struct tcp_options *o = &seg->header->options;
	const struct tcp_sack *first = &o->sacks[0], *second = &o->sacks[1];

	if (o->sack_count == 0 || !seq_lt(first->start, first->end))
		return false;
	if (seq_leq(first->end, seg->header->ack))
		return true;
	return o->sack_count > 1 && seq_leq(second->start, first->start) && seq_leq(first->end, second->end);
}

static void take_ack(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg, struct delivery *d)
{
	const struct tcp_options *o = d->options;

	d->echo_age = (uint32_t)(s->now / 1000) + c->ts_offset - o->tsecr;
	d->dsack = has_dsack(seg);
	take_cumulative(c, d);
	take_blocks(c, d->dsack, d);
	if (d->round_trip == 0 || d->ambiguous)
		return;
	c->probe_unmeasured = false;
	if (d->from >= c->timed_seq) { /* one a flight: RFC 6298's gains are made for one a round trip */
		tcp_rtt_sample(&c->rtt, d->round_trip);
		c->timed_seq = c->snd_nxt;
	}
}

/* ---- what is lost ---- */

/* RFC 8985 6.2, step 4, its first half: how much the network reorders, as D-SACKs tell. */
static void adapt_reordering(struct tcp_connection *c, bool dsack, bool repaired)
{
	struct tcp_sent *sent = c->sent;

	if (dsack && c->snd_una >= sent->dsack_round) { /* once a round trip */
		sent->dsack_round = c->snd_nxt;
		if (c->reordering_steps < UINT8_MAX)
			c->reordering_steps++;
		c->reordering_rounds = REORDER_ROUNDS;
	} else if (repaired && c->reordering_rounds > 0 && --c->reordering_rounds == 0) {
		c->reordering_steps = 0;
	}
}

/* The second half: how long a segment may be late. */
static uint64_t reordering_window(const struct tcp_connection *c)
{
	if (!c->reordering_seen && (is_repairing(c) || c->sent->sacked >= DUP_THRESHOLD))
		return 0;
	return min64((1 + (uint64_t)c->reordering_steps) * c->rtt.least / 4, c->rtt.srtt);
}

/* RFC 8985 6.2, step 5. True: a segment that this recovery had sent again is lost, too. */
static bool detect_losses(struct stack *s, struct tcp_connection *c)
{
	struct tcp_sent *sent = c->sent;
	uint64_t patience = sent->newest_rtt + reordering_window(c);
	bool lost_again = false;

	sent->reorder_at = 0;
	for (uint32_t i = 0; i < sent->count; i++) {
		struct tcp_record *r = tcp_sent_at(sent, i);
		if (!was_overtaken(sent, r)) {
			if (!r->again) /* what lies behind it was sent later still */
				break;
			continue;
		}
		if (r->sacked || r->lost)
			continue;
		if (r->sent_at + patience <= s->now) {
			lost_again = lost_again || (r->again && r->sent_at >= sent->recovery_at);
			tcp_sent_lose(sent, r);
		} else if (r->sent_at + patience > sent->reorder_at) {
			sent->reorder_at = r->sent_at + patience;
		}
	}
	return lost_again;
}

/* ---- recovery ---- */

/* RFC 6675 5 (4): the window is halved, and the first that is lost goes again whatever the window is. */
static void enter_recovery(struct stack *s, struct tcp_connection *c)
{
	uint32_t before = c->cc.cwnd;

	tcp_recovery_enter(s, c);
	c->probe_end = 0;
	c->sent->recovery_at = s->now;
	tcp_prr_start(c);
	tcp_prr_delivered(c, 0);
	tcp_recovery_cwnd_event(s, c, before);
}

/* Find losses, and do what they call for, now that so many bytes were delivered. */
static void repair(struct stack *s, struct tcp_connection *c, uint32_t delivered)
{
	bool lost_again = detect_losses(s, c);

	/* RFC 5681 4.3: the loss of a retransmission is a second sign of congestion. */
	if (c->sent->lost > 0 && (!is_repairing(c) || (c->recovering && lost_again)))
		enter_recovery(s, c);
	if (c->recovering)
		tcp_prr_delivered(c, delivered);
	tcp_mark(s, c);
}

/* Everything is acknowledged that was in flight when the loss was seen: RFC 6937 3, the end of recovery. */
static void leave_recovery(struct tcp_connection *c)
{
	if (c->recovering)
		c->cc.cwnd = c->cc.ssthresh;
	c->recovering = false;
	c->retransmit_now = false;
}

/* ---- the loss probe, RFC 8985 7 ---- */

/* 7.4: what the answer says about it. A segment that was sent a second time, and came only once, repaired a loss: the
 * window must know. */
void tcp_rack_probe_answered(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg, bool news)
{
	const struct tcp_options *o = &seg->header->options;
	uint32_t before = c->cc.cwnd;

	if (c->probe_end == 0 || c->snd_una < c->probe_end)
		return;
	bool twice = has_dsack(seg) && o->sacks[0].end == seq_wire(c->probe_end);
	bool duplicate = !news && o->sack_count == 0 && seg->bare;
	if (!c->probe_repeats || twice || (duplicate && seg->ack == c->probe_end)) {
		c->probe_end = 0;
	} else if (c->snd_una > c->probe_end) {
		c->probe_end = 0;
		s->tcp.cc->lost(&c->cc, c->cc.cwnd);
		c->cc.cwnd = c->cc.ssthresh;
		tcp_recovery_cwnd_event(s, c, before);
	}
}

/* 7.2 and 7.3: none in recovery, where RACK does without; none while another is under way, or before a round trip was
 * measured since the last. */
static bool may_probe(const struct tcp_connection *c)
{
	return !is_repairing(c) && c->probe_end == 0 && !c->probe_unmeasured;
}

/* Whether the peer may delay its ACK of what is in flight: of less than two full segments, without a hole
 * (RFC 5681 4.2). */
static bool may_be_delayed(const struct tcp_connection *c)
{
	return c->snd_nxt - c->snd_una < 2 * (uint64_t)c->cc.mss && c->sent->sacked == 0;
}

/* When the flight last saw something: a segment sent, or an ACK of something new. */
static uint64_t quiet_since(const struct tcp_connection *c)
{
	return c->sent_at > c->sent->progress_at ? c->sent_at : c->sent->progress_at;
}

/* 7.2: when a probe is due, after new text or an ACK of some; or DEADLINE_NEVER. */
static uint64_t probe_at(const struct tcp_connection *c)
{
	const struct tcp_sent *sent = c->sent;

	if (!may_probe(c) || sent->sacked > 0 || !c->retransmit.armed)
		return DEADLINE_NEVER;
	uint64_t wait = c->rtt.measured ? 2 * c->rtt.srtt : PROBE_TIME;
	if (wait < PROBE_TIME_MIN)
		wait = PROBE_TIME_MIN;
	if (may_be_delayed(c))
		wait += MAX_ACK_DELAY;
	return min64(quiet_since(c) + wait,
		     c->retransmit.at - 1); /* in place of the time-out, which comes a whole RTO later then */
}

void tcp_rack_arm(struct stack *s, struct tcp_connection *c)
{
	if (!c->sent)
		return;
	struct deadline *deadline = &c->sent->deadline;
	uint64_t time_out =
	    quiet_since(c) + tcp_rack_wait(c); /* which may have become shorter since the timer was started */
	if (c->retransmit.armed && time_out < c->retransmit.at)
		deadline_set(&s->deadlines, &c->retransmit, time_out);
	uint64_t at = c->sent->reorder_at != 0 ? c->sent->reorder_at : probe_at(c);
	if (at == DEADLINE_NEVER)
		deadline_clear(&s->deadlines, deadline);
	else if (!deadline->armed || deadline->at != at)
		deadline_set(&s->deadlines, deadline, at);
}

void tcp_rack_deadline(struct stack *s, struct tcp_sent *sent)
{
	struct tcp_connection *c = sent->connection;

	if (sent->reorder_at != 0)
		repair(s, c, 0);
	else
		sent->probe_now = true;
	tcp_mark(s, c);
}

void tcp_rack_probed(struct stack *s, struct tcp_connection *c, uint64_t start, uint64_t end)
{
	c->probe_end = end;
	c->probe_unmeasured = true;
	c->probe_repeats = start < c->snd_nxt;
	c->sent->probe_now = false;
	stack_count(s, COUNT_TCP_LOSS_PROBES);
	tcp_arm_retransmit(s, c);
}

/* ---- the two occasions ---- */

void tcp_rack_ack(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg, uint64_t acked)
{
	struct tcp_sent *sent = c->sent;
	struct delivery d = {.now = s->now, .options = &seg->header->options};

	bool was_recovering = c->recovering;
	bool repaired = c->snd_una >= c->recover && c->snd_una - acked < c->recover;
	take_ack(s, c, seg, &d);
	if (acked > 0) {
		sent->prompt_timeouts = 0;
		sent->progress_at = s->now;
		sent->probe_now = false;
	}
	if (repaired)
		leave_recovery(c);
	/* A window that is not in use says nothing about the network (RFC 7661 4). */
	if (acked > 0 && !was_recovering && tcp_recovery_cwnd_used(c))
		s->tcp.cc->acked(&c->cc, (uint32_t)min64(acked, UINT32_MAX));
	adapt_reordering(c, d.dsack, repaired);
	repair(s, c, d.bytes);
	if (c->snd_una == c->snd_nxt)
		tcp_sent_release(s, c);
}

uint64_t tcp_rack_wait(const struct tcp_connection *c)
{
	const struct tcp_sent *sent = c->sent;

	if (!sent || may_probe(c) || may_be_delayed(c))
		return c->rtt.rto;
	return min64(c->rtt.rto, tcp_rtt_prompt(&c->rtt) << sent->prompt_timeouts);
}

void tcp_rack_timeout(struct stack *s, struct tcp_connection *c)
{
	struct tcp_sent *sent = c->sent;
	uint64_t patience = sent->newest_rtt + reordering_window(c);

	tcp_sent_unsack(sent);
	for (uint32_t i = 0; i < sent->count; i++) { /* RFC 8985 6.3 */
		struct tcp_record *r = tcp_sent_at(sent, i);
		if (!r->lost && (i == 0 || r->sent_at + patience <= s->now))
			tcp_sent_lose(sent, r);
	}
	sent->reorder_at = 0;
	sent->probe_now = false;
	c->probe_end = 0;
	c->retransmit_now = true;
}
