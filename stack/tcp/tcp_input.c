/* SPDX-License-Identifier: MIT
 *
 * SEGMENT ARRIVES (RFC 9293 3.10.7), in the RFC's order and with one function for each of its steps. A step returns
 * whether the segment goes on to the next; where it does not, the connection may be gone.
 *
 *     3.10.7.1  CLOSED      nobody here has this address: tcp_reset_reply()
 *     3.10.7.2  LISTEN      tcp_listen_input(), in tcp_listen.c
 *     3.10.7.3  SYN-SENT    syn_sent_input()
 *     3.10.7.4  all others  first_check_sequence() ... eighth_check_fin(); but for TIME-WAIT, which keeps records of
 *                           its own: tcp_time_wait_input()
 *
 * A connection that stands sends nothing from here: the steps record what is owed. Only a RST leaves at once, for what
 * belongs to no connection, or to one that ends by it.
 */
#include <errno.h>

#include "internal.h"

/* ---- helpers of several steps ---- */

void tcp_take_syn(struct stack *s, struct tcp_connection *c, const struct tcp_header *h)
{
	const struct tcp_options *o = &h->options;

	c->irs = seq_first(h->seq);
	c->rcv_nxt = c->irs + 1;
	c->rcv_acked = c->rcv_nxt;
	c->rcv_adv = c->rcv_nxt;
	if (c->state == TCP_SYN_SENT) /* our SYN advertised it */
		c->rcv_adv += tcp_receive_window(s, c);
	ring_init(&c->rcv, c->rcv_nxt);
	c->rcv_turn_at = s->now;
	c->rcv_turn_head = c->rcv_nxt;
	c->snd_wnd = h->window; /* never scaled on a SYN (RFC 7323 2.2) */
	c->snd_wnd_max = h->window;
	c->snd_wl1 = c->irs;
	c->snd_wl2 = c->iss;

	if (o->mss_present)
		c->peer_mss = o->mss < TCP_MSS_MIN ? TCP_MSS_MIN : o->mss;
	c->sack_permitted = o->sack_permitted && s->tcp.offer_sack;
	if (o->wscale_present && s->tcp.offer_window_scaling) { /* RFC 7323 2.2: both or neither */
		c->window_scaled = true;
		c->snd_wscale = o->wscale;
		c->rcv_wscale = s->tcp.window_scale;
	}
	if (o->timestamps_present && s->tcp.offer_timestamps) {
		c->timestamps = true;
		c->ts_recent = o->tsval;
		c->ts_recent_at = s->now;
	}
}

/* Both SYNs are acknowledged. */
static void establish(struct stack *s, struct tcp_connection *c)
{
	deadline_clear(&s->deadlines, &c->retransmit);
	/* RFC 6298 5.7: a SYN that timed out says that the first guess was too short. */
	if (c->syn_again && !c->rtt.measured)
		c->rtt.rto = TCP_RTO_AFTER_SYN;
	tcp_recovery_start(s, c);
	tcp_set_state(s, c, c->fin_queued ? TCP_FIN_WAIT_1 : TCP_ESTABLISHED);
	tcp_keepalive_start(s, c);
	c->quick_acks = c->settings.quick_acks;
	if (c->listener)
		tcp_listen_established(s, c);
	tcp_notify(s, &c->notice);
	tcp_mark(s, c);
}

/* ---- 3.10.7.3 SYN-SENT ---- */

/* Fourth: the SYN, with or without the ACK of ours. */
static bool syn_sent_take_syn(struct stack *s, struct tcp_connection *c, struct tcp_segment *seg)
{
	tcp_take_syn(s, c, seg->header);
	/* Simultaneous open (3.5, MUST-10): our SYN goes again, as a SYN,ACK. What came beside the peer's is not
	 * acknowledged, and comes again. */
	if (!(seg->flags & TCP_ACK)) {
		c->snd_rtx = c->iss;
		c->retries = 0;
		deadline_clear(&s->deadlines, &c->retransmit);
		tcp_set_state(s, c, TCP_SYN_RECEIVED);
		tcp_mark(s, c);
		return false;
	}
	tcp_ack(s, c, seg);
	establish(s, c);
	c->ack_now = true;

	/* Other controls and text go on at the sixth step. */
	seg->seq++;
	seg->flags &= (uint8_t)~TCP_SYN;
	tcp_trim(c, seg);
	return true;
}

/* Whether the segment goes on with the sixth step of 3.10.7.4. */
static bool syn_sent_input(struct stack *s, struct tcp_connection *c, const struct ip_datagram *d,
			   struct tcp_segment *seg)
{
	if (seg->flags & TCP_ACK && (seg->ack <= c->iss || seg->ack > c->snd_nxt)) { /* first: the ACK */
		stack_drop(s, DROP_TCP_ACK);
		if (!(seg->flags & TCP_RST))
			tcp_reset_reply(s, d, seg->header);
		return false;
	}
	if (seg->flags & TCP_RST) { /* second: believed only with an ACK of our SYN */
		if (seg->flags & TCP_ACK) {
			stack_count(s, COUNT_TCP_RESETS_IN);
			tcp_done(s, c, -ECONNREFUSED);
		} else {
			stack_drop(s, DROP_TCP_RST);
		}
		return false;
	}
	/* third: security is not looked at any more (RFC 9293 A.1) */
	if (seg->flags & TCP_SYN)
		return syn_sent_take_syn(s, c, seg); /* fourth */
	stack_drop(s, DROP_TCP_NO_SYN);              /* fifth: neither SYN nor RST */
	return false;
}

/* ---- 3.10.7.4 the eight steps ---- */

/* Whether a timestamp is older than TS.Recent; which after 24 days says nothing any more (RFC 7323 5.5). */
static bool is_outdated(const struct stack *s, const struct tcp_connection *c, uint32_t tsval)
{
	const uint64_t valid = 24ull * 24 * 3600 * 1000000;

	return seq_lt(tsval, c->ts_recent) && s->now - c->ts_recent_at <= valid;
}

/* RFC 7323 4.3 (2): the timestamp to echo is that of the segment which the last ACK left waiting. */
static void remember_timestamp(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg)
{
	const struct tcp_options *o = &seg->header->options;

	if (!c->timestamps || !o->timestamps_present || seg->arrived_seq > c->rcv_acked || is_outdated(s, c, o->tsval))
		return;
	c->ts_recent = o->tsval;
	c->ts_recent_at = s->now;
}

/* The four cases of RFC 9293 3.10.7.4's table:  SEG.LEN  RCV.WND
 *                                                  0        0      SEG.SEQ = RCV.NXT
 *                                                  0       >0      RCV.NXT =< SEG.SEQ < RCV.NXT+RCV.WND
 *                                                 >0        0      not acceptable
 *                                                 >0       >0      its first or its last byte lies in the window  */
static bool sequence_acceptable(const struct tcp_connection *c, const struct tcp_segment *seg)
{
	size_t length = tcp_segment_length(seg);
	uint64_t edge = c->rcv_adv; /* RCV.NXT+RCV.WND */

	/* Wider than the table, as in Linux: from there come the ACKs of a peer that has filled the window. */
	if (length == 0 && seg->seq == edge && !(seg->flags & TCP_RST))
		return true;
	if (length == 0)
		return seg->seq == c->rcv_nxt || (c->rcv_nxt < seg->seq && seg->seq < edge);
	if (edge <= c->rcv_nxt)
		return false;
	uint64_t last = seg->seq + length - 1;
	return (c->rcv_nxt <= seg->seq && seg->seq < edge) || (c->rcv_nxt <= last && last < edge);
}

/* What is not acceptable still draws an ACK, unless it is a RST, so that a peer that is out of step learns where we
 * are. */
static void answer_unacceptable(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg)
{
	if (seg->flags & TCP_RST)
		return;
	/* Text and FIN are sent again until they are acknowledged; bare ACKs could answer each other for ever, and a
	 * SYN is a stranger's (RFC 5961 4.2). */
	if (!seg->bare && !(seg->flags & TCP_SYN)) {
		uint64_t end = seg->seq + seg->text_length;
		tcp_sack_note_duplicate(c, seg->seq, end < c->rcv_nxt ? end : c->rcv_nxt);
		tcp_owe_ack(s, c);
	} else {
		tcp_owe_challenge(s, c);
	}
}

/* RFC 7323 5.3 R1 (PAWS): an older timestamp than the last marks a segment from an earlier wrap of the sequence
 * space. */
static bool timestamp_acceptable(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg)
{
	const struct tcp_options *o = &seg->header->options;

	if (!c->timestamps || seg->flags & TCP_RST)
		return true;
	if (!o->timestamps_present) { /* RFC 7323 3.2 */
		stack_drop(s, DROP_TCP_NO_TIMESTAMP);
		return false;
	}
	if (is_outdated(s, c, o->tsval)) {
		stack_drop(s, DROP_TCP_PAWS);
		answer_unacceptable(s, c, seg);
		return false;
	}
	return true;
}

static bool first_check_sequence(struct stack *s, struct tcp_connection *c, struct tcp_segment *seg)
{
	if (!timestamp_acceptable(s, c, seg))
		return false;
	/* The peer's SYN again, in SYN-RECEIVED: it lost ours, or both opened at once and this is its SYN,ACK. */
	if (c->state == TCP_SYN_RECEIVED && (seg->flags & (TCP_SYN | TCP_RST)) == TCP_SYN && seg->seq == c->irs) {
		if (!(seg->flags & TCP_ACK)) {
			c->snd_rtx = c->iss;
			c->syn_again = true;
			tcp_mark(s, c);
			return false;
		}
		seg->flags &= (uint8_t)~TCP_SYN;
		seg->seq++;
	}
	if (sequence_acceptable(c, seg)) {
		tcp_trim(c, seg);
		return true;
	}
	stack_drop(s, DROP_TCP_SEQUENCE);
	answer_unacceptable(s, c, seg);
	/* With the window closed, ACK, RST and URG of the next segment still count (RFC 9293 3.4, MUST-66); its text
	 * does not. */
	if (seg->seq == c->rcv_nxt && c->rcv_adv <= c->rcv_nxt && !(seg->flags & TCP_SYN)) {
		tcp_trim(c, seg);
		return true;
	}
	return false;
}

static bool second_check_reset(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg)
{
	if (!(seg->flags & TCP_RST))
		return true;
	if (seg->arrived_seq != c->rcv_nxt) { /* RFC 5961 3.2: in the window, but a guess */
		stack_drop(s, DROP_TCP_RST);
		tcp_owe_challenge(s, c);
		return false;
	}
	stack_count(s, COUNT_TCP_RESETS_IN);
	switch (c->state) {
	case TCP_SYN_RECEIVED: /* a passive open goes back to LISTEN, which is there already */
		tcp_done(s, c, -ECONNREFUSED);
		return false;
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		tcp_done(s, c, 0);
		return false;
	default:
		tcp_done(s, c, -ECONNRESET);
		return false;
	}
}

/* Third is security, which is not looked at any more (RFC 9293 A.1). */

static bool fourth_check_syn(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg)
{
	if (!(seg->flags & TCP_SYN))
		return true;
	stack_drop(s, DROP_TCP_SYN);
	if (c->state == TCP_SYN_RECEIVED && c->listener) /* back to LISTEN */
		tcp_done(s, c, 0);
	else
		tcp_owe_challenge(s, c); /* RFC 5961 4.2 */
	return false;
}

/* Whether the listener wants text first, and there is none in this ACK of our SYN. The SYN,ACK need not go again until
 * the listener's patience is over; then it reminds the peer, whose next ACK counts. */
static bool defers(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg)
{
	if (s->now >= c->defer_until || seg->text_length > 0 || seg->flags & TCP_FIN)
		return false;
	stack_drop(s, DROP_TCP_DEFERRED);
	deadline_set(&s->deadlines, &c->retransmit, c->defer_until);
	return true;
}

static bool fifth_check_ack(struct stack *s, struct tcp_connection *c, const struct ip_datagram *d,
			    const struct tcp_segment *seg)
{
	if (!(seg->flags & TCP_ACK)) {
		stack_drop(s, DROP_TCP_NO_ACK);
		return false;
	}
	if (c->state != TCP_SYN_RECEIVED)
		return tcp_ack(s, c, seg);

	if (seg->ack <= c->snd_una || seg->ack > c->snd_nxt) {
		stack_drop(s, DROP_TCP_ACK);
		tcp_reset_reply(s, d, seg->header);
		return false;
	}
	if (defers(s, c, seg))
		return false;
	if (c->listener && tcp_listen_full(c->listener)) {
		stack_drop(s, DROP_TCP_ACCEPT_FULL);
		return false;
	}
	tcp_ack(s, c, seg);
	establish(s, c);
	if (seg->arrived_seq == c->irs) /* a SYN,ACK: both opened at once, and the peer waits for the ACK of its SYN */
		c->ack_now = true;
	return true;
}

/* Urgent text is delivered in line with the rest (RFC 6093 6). Its user is told when there is some, and when its end
 * moves (MUST-32); the pointer is never used as a length. */
static void sixth_check_urgent(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg)
{
	if (!(seg->flags & TCP_URG) || c->state >= TCP_CLOSE_WAIT)
		return;
	uint64_t end = seg->arrived_seq + seg->header->urgent_pointer; /* one past the last urgent byte (MUST-62) */
	if (end <= c->rcv_up || end <= c->rcv_nxt)
		return;
	c->rcv_up = end;
	tcp_notify(s, &c->notice);
	event_emit(&s->events,
		   &(struct event){
		       .type = EVENT_TCP_URGENT, .local = c->local, .remote = c->remote, .value = end - c->rcv_nxt});
}

static bool seventh_process_text(struct stack *s, struct tcp_connection *c, const struct ip_datagram *d,
				 struct tcp_segment *seg)
{
	if (seg->text_length == 0)
		return true;
	switch (c->state) {
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT_1:
	case TCP_FIN_WAIT_2:
		break;
	default: /* after the peer's FIN there is no more text */
		stack_drop(s, DROP_TCP_AFTER_FIN);
		return true;
	}
	if (tcp_is_orphan(c)) { /* RFC 9293 3.6.1 (SHLD-3): text that will never be read, so the peer must know */
		stack_drop(s, DROP_TCP_CLOSED);
		tcp_reset_reply(s, d, seg->header);
		tcp_done(s, c, 0);
		return false;
	}
	tcp_receive_text(s, c, seg);
	return true;
}

/* The peer's FIN has been reached: everything before it is here. */
static void take_fin(struct stack *s, struct tcp_connection *c)
{
	c->rcv_nxt = c->rcv_fin + 1;
	c->ack_now = true;
	tcp_notify(s, &c->notice);
	tcp_mark(s, c);
	switch (c->state) {
	case TCP_ESTABLISHED:
		tcp_set_state(s, c, TCP_CLOSE_WAIT);
		return;
	case TCP_FIN_WAIT_1: /* our FIN is not acknowledged, or the fifth step would have moved on */
		tcp_set_state(s, c, TCP_CLOSING);
		return;
	case TCP_FIN_WAIT_2:
		tcp_time_wait_enter(s, c);
		return;
	default:
		return;
	}
}

/* Whether text has come that lies beyond a FIN at this position: a peer that contradicts itself. */
static bool text_beyond(const struct tcp_connection *c, uint64_t fin)
{
	return c->rcv_nxt > fin || (c->rcv_ranges && c->rcv_ranges->at[c->rcv_ranges->count - 1].end > fin);
}

/* A FIN is an offset in the stream: remembered when it comes, acted on when rcv_nxt reaches it. */
static void eighth_check_fin(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg)
{
	if (c->state < TCP_ESTABLISHED || c->state >= TCP_CLOSE_WAIT)
		return;
	if (seg->flags & TCP_FIN) {
		uint64_t fin = seg->seq + seg->text_length;
		if (c->rcv_fin == 0 && !text_beyond(c, fin))
			c->rcv_fin = fin;
		if (fin > c->rcv_nxt && seg->text_length == 0) /* as for text that is out of order (RFC 5681 4.2) */
			tcp_owe_ack(s, c);
	}
	if (c->rcv_fin != 0 && c->rcv_nxt == c->rcv_fin)
		take_fin(s, c);
}

static void segment_arrives(struct stack *s, struct tcp_connection *c, const struct ip_datagram *d,
			    struct tcp_segment *seg)
{
	if (c->state == TCP_SYN_SENT) {
		if (!syn_sent_input(s, c, d, seg))
			return;
	} else {
		if (!first_check_sequence(s, c, seg) || !second_check_reset(s, c, seg) ||
		    !fourth_check_syn(s, c, seg) || !fifth_check_ack(s, c, d, seg))
			return;
		remember_timestamp(s, c, seg);
	}
	sixth_check_urgent(s, c, seg);
	if (seventh_process_text(s, c, d, seg))
		eighth_check_fin(s, c, seg);
}

/* ---- from a datagram to its connection ---- */

static bool checked_parse(struct stack *s, const struct ip_datagram *d, struct tcp_header *h)
{
	if (d->broadcast) { /* RFC 9293 3.9.2.3, MUST-57 */
		stack_drop(s, DROP_TCP_BROADCAST);
		return false;
	}
	enum tcp_verdict verdict = tcp_parse(d->payload, d->length, h);
	if (verdict != TCP_GOOD) {
		stack_drop(s, verdict == TCP_BAD_SHORT ? DROP_TCP_SHORT : DROP_TCP_OFFSET);
		return false;
	}
	if (!ip_datagram_sum_good(d, d->length)) { /* MUST-3 */
		stack_drop(s, DROP_TCP_CHECKSUM);
		return false;
	}
	return true;
}

/* A segment of a connection that stands. */
static void connection_input(struct stack *s, struct tcp_connection *c, const struct ip_datagram *d,
			     const struct tcp_header *h)
{
	struct tcp_segment seg = {
	    .header = h,
	    .seq = c->state == TCP_SYN_SENT ? seq_first(h->seq) : seq_unwrap(c->rcv_nxt, h->seq),
	    .ack = seq_unwrap(c->snd_nxt, h->ack),
	    .flags = h->flags,
	    .wnd = h->flags & TCP_SYN ? h->window : (uint32_t)h->window << c->snd_wscale,
	    .text = d->payload + h->header_length,
	    .text_length = d->length - h->header_length,
	};

	seg.arrived_seq = seg.seq;
	seg.unit = d->gso_size > 0 ? d->gso_size : seg.text_length;
	seg.bare = tcp_segment_length(&seg) == 0;
	segment_arrives(s, c, d, &seg);
}

void tcp_input(struct stack *s, const struct ip_datagram *d)
{
	struct tcp_header h;
	uint32_t iss_floor;

	if (!checked_parse(s, d, &h))
		return;
	stack_count(s, COUNT_TCP_SEGMENTS_IN);
	struct endpoint local = {d->destination, h.destination_port};
	struct endpoint remote = {d->source, h.source_port};
	struct tcp_connection *c = tcp_lookup(s, &local, &remote);
	if (c) {
		connection_input(s, c, d, &h);
		return;
	}
	struct tcp_listener *l = tcp_listener_lookup(s, &local);
	struct tcp_time_wait *w = tcp_time_wait_lookup(s, &local, &remote);
	if (w && !tcp_time_wait_input(s, w, &h, d->length - h.header_length, l ? &iss_floor : NULL))
		return;
	if (l) {
		tcp_listen_input(s, l, d, &h, w ? &iss_floor : NULL);
		return;
	}
	/* 3.10.7.1 CLOSED */
	stack_drop(s, DROP_TCP_NO_CONNECTION);
	if (!(h.flags & TCP_RST))
		tcp_reset_reply(s, d, &h);
}
