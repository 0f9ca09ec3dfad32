/* SPDX-License-Identifier: MIT
 *
 * The fifth step of RFC 9293 3.10.7.4 for synchronized states: what an ACK acknowledges, the round trip that it
 * measures, the window that it brings, and how it moves a close along.
 */
#include "internal.h"

bool tcp_fin_acked(const struct tcp_connection *c)
{
	return c->fin_queued && c->snd_una > c->snd.tail;
}

/* RFC 6298 3 and 4: a round trip from the segment being timed; else, after a retransmission, from the timestamp that
 * came back, which tells which of the two was answered (RFC 7323 4.1). */
static void measure(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg)
{
	const struct tcp_options *o = &seg->header->options;

	if (c->timed_seq != 0) {
		if (seg->ack < c->timed_seq)
			return;
		tcp_rtt_sample(&c->rtt, s->now - c->timed_at);
		c->timed_seq = 0;
	} else if (c->timestamps && o->timestamps_present) {
		uint32_t elapsed = (uint32_t)(s->now / 1000) + c->ts_offset - o->tsecr; /* milliseconds */
		if (seq_geq(elapsed, 0))
			tcp_rtt_sample(&c->rtt, (uint64_t)elapsed * 1000);
	}
}

/* SND.UNA < SEG.ACK =< SND.NXT */
static void take_new_ack(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg)
{
	uint64_t acked = seg->ack - c->snd_una;

	if (!c->sent)
		measure(s, c, seg);
	c->snd_una = seg->ack;
	if (c->snd_rtx < c->snd_una)
		c->snd_rtx = c->snd_una;
	uint64_t text_end = seg->ack < c->snd.tail ? seg->ack : c->snd.tail;
	if (text_end > c->snd.head)
		ring_consume(&c->snd, (size_t)(text_end - c->snd.head));
	c->retries = 0;
	c->stalled_since = s->now;
	c->soft_error = 0;
	if (c->sent)
		tcp_rack_ack(s, c, seg, acked);
	else if (c->cc.mss > 0) /* the SYN's own ACK comes before the window exists */
		tcp_recovery_acked(s, c, acked);

	/* RFC 6298 5.2 and 5.3 */
	if (c->snd_una == c->snd_nxt) {
		deadline_clear(&s->deadlines, &c->retransmit);
		if (ring_used(&c->snd) == 0)
			ring_shrink(&c->snd, &s->tcp.buffers, 0);
	} else {
		tcp_arm_retransmit(s, c);
	}
	if (c->snd_wants_room && tcp_send_ready(s, c)) {
		c->snd_wants_room = false;
		tcp_notify(s, &c->notice);
	}
	tcp_mark(s, c);
}

/* RFC 5681 2: a duplicate acknowledges nothing new, carries nothing and changes no window, while data is in flight. */
static bool is_duplicate(const struct tcp_connection *c, const struct tcp_segment *seg)
{
	return seg->ack == c->snd_una && c->snd_rtx > c->snd_una && seg->bare && seg->wnd == c->snd_wnd;
}

static void window_event(struct stack *s, const struct tcp_connection *c, enum event_type type)
{
	event_emit(&s->events,
		   &(struct event){.type = type, .local = c->local, .remote = c->remote, .value = c->snd_wnd});
}

/* SND.WND follows only a segment that is not older than the one it was last taken from. */
static void update_window(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg)
{
	uint32_t before = c->snd_wnd;

	if (seg->ack < c->snd_una)
		return;
	if (c->snd_wl1 > seg->seq || (c->snd_wl1 == seg->seq && c->snd_wl2 > seg->ack))
		return;
	c->snd_wnd = seg->wnd;
	c->snd_wl1 = seg->seq;
	c->snd_wl2 = seg->ack;
	if (c->snd_wnd > c->snd_wnd_max)
		c->snd_wnd_max = c->snd_wnd;
	if (c->snd_wnd > before)
		tcp_mark(s, c);
	if (before > 0 && c->snd_wnd == 0)
		window_event(s, c, EVENT_TCP_WINDOW_CLOSED);
	if (before == 0 && c->snd_wnd > 0) {
		c->probes = 0;
		window_event(s, c, EVENT_TCP_WINDOW_OPENED);
	}
}

/* What the ACK of our FIN means in each state. False: the connection is gone. */
static bool advance_close(struct stack *s, struct tcp_connection *c)
{
	if (!tcp_fin_acked(c))
		return true;
	switch (c->state) {
	case TCP_FIN_WAIT_1:
		tcp_set_state(s, c, TCP_FIN_WAIT_2);
		return true;
	case TCP_CLOSING:
		tcp_time_wait_enter(s, c);
		return false;
	case TCP_LAST_ACK:
		tcp_done(s, c, 0);
		return false;
	default:
		return true;
	}
}

bool tcp_ack(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg)
{
	/* RFC 5961 5.2, RFC 9293 3.10.7.4: (SND.UNA - MAX.SND.WND) =< SEG.ACK =< SND.NXT */
	if (seg->ack > c->snd_nxt || seg->ack + c->snd_wnd_max < c->snd_una) {
		stack_drop(s, DROP_TCP_ACK);
		tcp_owe_challenge(s, c);
		return false;
	}
	c->heard_at = s->now;
	c->more = false;
	if (c->snd_wnd == 0) /* a closed window may stay closed for ever, while the peer answers (MUST-37) */
		c->retries = 0;
	bool duplicate = is_duplicate(c, seg);
	bool news = seg->ack > c->snd_una;
	if (news)
		take_new_ack(s, c, seg);
	tcp_rack_probe_answered(s, c, seg, news);
	update_window(s, c, seg);
	if (c->sent && !news)
		tcp_rack_ack(s, c, seg, 0);
	else if (duplicate && !c->sent)
		tcp_recovery_duplicate(s, c);
	return advance_close(s, c);
}
