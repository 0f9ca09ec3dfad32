/* SPDX-License-Identifier: MIT
 *
 * Everything that a connection sends is decided here, in one place and from state: plan_next() is a ladder of reasons
 * to send, in order of urgency, and send_segment() carries one out. State changes only after the device has taken the
 * segment, so that a full device leaves everything as if nothing had been tried.
 *
 *     SYN          our SYN is not sent, or must go again
 *     BARE_ACK     a segment came out of order or for the second time: each one is answered
 *     RETRANSMIT   a segment is lost: by three duplicate ACKs, or by what SACK blocks and time tell
 *     DATA         text (and a FIN) that the windows allow, anew or again
 *     LOSS_PROBE   nothing has been heard for a while of what is in flight
 *     PROBE        the peer's window has been closed for a while
 *     KEEPALIVE    the peer has been silent for a while
 *     ACK          nothing else went that could carry it
 */
#include <errno.h>

#include "internal.h"
#include "ip/ip_wire.h"

enum tcp_reason {
	TCP_SEND_NOTHING,
	TCP_SEND_SYN,
	TCP_SEND_BARE_ACK,
	TCP_SEND_RETRANSMIT,
	TCP_SEND_DATA,
	TCP_SEND_LOSS_PROBE,
	TCP_SEND_PROBE,
	TCP_SEND_KEEPALIVE,
	TCP_SEND_ACK,
};

struct tcp_plan {
	enum tcp_reason reason;
	uint64_t seq;
	uint32_t length; /* of text */
	bool fin;
};

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint32_t tcp_advertised_mss(const struct stack *s, const struct tcp_connection *c)
{
	uint32_t whole = ip_max_payload(s) - TCP_HEADER_MIN; /* MUST-67 */

	return c->settings.mss > 0 && c->settings.mss < whole ? c->settings.mss : whole;
}

uint32_t tcp_send_mss(const struct stack *s, const struct tcp_connection *c)
{
	uint32_t ours = tcp_advertised_mss(s, c);
	uint32_t mss = c->peer_mss < ours ? c->peer_mss : ours;

	return mss - (c->timestamps ? TCP_TIMESTAMPS_SPACE : 0);
}

/* ---- deciding ---- */

/* Whether a FIN belongs at the end of text that reaches `end`. */
static bool fin_follows(const struct tcp_connection *c, uint64_t end)
{
	return c->fin_queued && end == c->snd.tail;
}

/* A record's segment again, whole: the peer's window had room for it once. */
static struct tcp_plan plan_record(const struct tcp_connection *c, enum tcp_reason reason, const struct tcp_record *r)
{
	uint64_t end = min64(tcp_record_end(r), c->snd.tail);

	return (struct tcp_plan){
	    .reason = reason,
	    .seq = r->start,
	    .length = (uint32_t)(end - r->start),
	    .fin = end < tcp_record_end(r),
	};
}

/* The first record that is lost, as pipe and cwnd allow (RFC 6675 5 (C), NextSeg() (1)). */
static struct tcp_plan plan_lost(const struct tcp_connection *c)
{
	const struct tcp_plan nothing = {.reason = TCP_SEND_NOTHING};
	const struct tcp_record *r = tcp_sent_lost(c->sent);

	if (!r)
		return nothing;
	struct tcp_plan plan = plan_record(c, TCP_SEND_RETRANSMIT, r);
	return c->retransmit_now || c->sent->pipe + plan.length <= c->cc.cwnd ? plan : nothing;
}

/* What is known to be lost. Without records that is the segment at snd_una. */
static struct tcp_plan plan_retransmit(const struct tcp_connection *c)
{
	uint64_t end = min64(c->snd_una + c->cc.mss, min64(c->snd_nxt, c->snd.tail));

	if (c->sent)
		return plan_lost(c);
	if (!c->retransmit_now || c->snd_nxt == c->snd_una)
		return (struct tcp_plan){.reason = TCP_SEND_NOTHING};
	return (struct tcp_plan){
	    .reason = TCP_SEND_RETRANSMIT,
	    .seq = c->snd_una,
	    .length = (uint32_t)(end - c->snd_una),
	    .fin = fin_follows(c, end) && c->snd_nxt > end,
	};
}

/* RFC 8985 7.3: new text if there is some, beyond cwnd if need be; or what was sent last. */
static struct tcp_plan plan_loss_probe(const struct tcp_connection *c)
{
	uint64_t edge = c->snd_una + c->snd_wnd, end = min64(min64(edge, c->snd.tail), c->snd_nxt + c->cc.mss);

	if (end <= c->snd_nxt || tcp_sent_full(c->sent))
		return plan_record(c, TCP_SEND_LOSS_PROBE, tcp_sent_at(c->sent, c->sent->count - 1));
	return (struct tcp_plan){
	    .reason = TCP_SEND_LOSS_PROBE,
	    .seq = c->snd_nxt,
	    .length = (uint32_t)(end - c->snd_nxt),
	    .fin = fin_follows(c, end) && end < edge,
	};
}

/* Whether its user wants full segments only, for the time being. */
static bool is_holding(const struct tcp_connection *c)
{
	return c->settings.corked || c->more;
}

/* Whether a segment below the MSS may go (RFC 9293 3.8.6.2.1, with Nagle as modified by Minshall: at most one small
 * segment is in flight). `all`: it is the last that there is to send. */
static bool small_segment_allowed(const struct tcp_connection *c, const struct tcp_plan *plan, bool all)
{
	if (plan->fin || plan->seq < c->snd_nxt) /* nothing more will join it; or it goes again */
		return true;
	if (is_holding(c)) /* it fills a window that has no room for a full one */
		return c->snd_wnd < c->cc.mss && plan->seq + plan->length == c->snd_una + c->snd_wnd;
	if (all && (c->settings.nodelay || c->snd_small <= c->snd_una))
		return true;
	return plan->length >= c->snd_wnd_max / 2 && plan->length > 0;
}

/* RFC 3042: the first two duplicate ACKs let one new segment each leave beyond cwnd, so that enough duplicates for a
 * fast retransmit come back also where few segments are in flight. */
static uint64_t limited_transmit(const struct tcp_connection *c)
{
	if (c->recovering || c->snd_rtx < c->snd_nxt)
		return 0;
	return min64(c->dup_acks, 2) * c->cc.mss;
}

/* Where cwnd ends. With records it bounds what is in the network, wherever that lies: pipe of RFC 6675 2. */
static uint64_t cwnd_edge(const struct tcp_connection *c)
{
	const struct tcp_sent *sent = c->sent;

	if (!sent)
		return c->snd_una + c->cc.cwnd + limited_transmit(c);
	if (tcp_sent_full(sent) || sent->pipe >= c->cc.cwnd)
		return c->snd_nxt;
	return c->snd_nxt + c->cc.cwnd - sent->pipe;
}

/* Where what may be in flight ends. */
static uint64_t send_edge(const struct tcp_connection *c)
{
	return min64(c->snd_una + c->snd_wnd, cwnd_edge(c));
}

bool tcp_is_corked(const struct tcp_connection *c)
{
	uint64_t text = c->snd.tail - c->snd_rtx;

	return is_holding(c) && c->snd_rtx == c->snd_nxt && !c->fin_queued && text > 0 && text < c->cc.mss &&
	       send_edge(c) > c->snd_rtx;
}

/* Text and FIN from snd_rtx on, as far as both windows allow. */
static struct tcp_plan plan_data(const struct tcp_connection *c)
{
	const struct tcp_plan nothing = {.reason = TCP_SEND_NOTHING};
	uint64_t edge = send_edge(c);

	if (c->snd_rtx > c->snd.tail || edge <= c->snd_rtx)
		return nothing;
	uint64_t text = c->snd.tail - c->snd_rtx;
	uint32_t length = (uint32_t)min64(min64(text, edge - c->snd_rtx), c->cc.mss);
	struct tcp_plan plan = {
	    .reason = TCP_SEND_DATA,
	    .seq = c->snd_rtx,
	    .length = length,
	    .fin = fin_follows(c, c->snd_rtx + length) && c->snd_rtx + length < edge,
	};
	if (length == c->cc.mss || small_segment_allowed(c, &plan, length == text) || c->probe_now || c->push_now)
		return length > 0 || plan.fin ? plan : nothing;
	return nothing;
}

static struct tcp_plan plan_next(const struct tcp_connection *c)
{
	/* What carries no text says SND.NXT, and a probe the byte before what the peer awaits: it must answer that
	 * (3.10.7.4) and cannot take it. Linux does the same; RFC 9293 3.8.6.1 would send a byte of text. */
	struct tcp_plan bare = {.seq = c->snd_nxt};

	if (c->state == TCP_SYN_SENT || c->state == TCP_SYN_RECEIVED) {
		if (c->snd_rtx == c->iss)
			return (struct tcp_plan){.reason = TCP_SEND_SYN, .seq = c->iss};
		bare.reason = c->acks_owed > 0 ? TCP_SEND_BARE_ACK : TCP_SEND_NOTHING;
		return bare;
	}
	if (c->acks_owed > 0) {
		bare.reason = TCP_SEND_BARE_ACK;
		return bare;
	}
	struct tcp_plan again = plan_retransmit(c);
	if (again.reason != TCP_SEND_NOTHING)
		return again;
	struct tcp_plan data = plan_data(c);
	if (data.reason != TCP_SEND_NOTHING)
		return data;
	if (c->sent && c->sent->probe_now)
		return plan_loss_probe(c);
	if (c->probe_now)
		return (struct tcp_plan){.reason = TCP_SEND_PROBE, .seq = c->snd_una - 1};
	if (c->keepalive_now) /* SHLD-12: without data */
		return (struct tcp_plan){.reason = TCP_SEND_KEEPALIVE, .seq = c->snd_una - 1};
	bare.reason = c->ack_now ? TCP_SEND_ACK : TCP_SEND_NOTHING;
	return bare;
}

/* ---- building and sending ---- */

/* The window field: rounded up to the scale so that the edge does not move left, unless the buffer cannot keep that
 * (RFC 7323 2.4). */
static uint16_t window_field(const struct stack *s, const struct tcp_connection *c, unsigned wscale)
{
	uint64_t window = tcp_receive_window(s, c);
	uint64_t units = (window + ((uint64_t)1 << wscale) - 1) >> wscale;

	if (c->rcv_nxt + (units << wscale) > c->rcv.head + c->rcv_limit)
		units = window >> wscale;
	return units > UINT16_MAX ? UINT16_MAX : (uint16_t)units;
}

/* Whether our SYN is the first: it offers what we can, the second agrees to what was offered. */
static bool is_first(const struct tcp_connection *c)
{
	return c->state == TCP_SYN_SENT;
}

void tcp_fill_timestamps(const struct stack *s, const struct tcp_connection *c, struct tcp_options *o)
{
	if (is_first(c) ? !s->tcp.offer_timestamps : !c->timestamps)
		return;
	o->timestamps_present = true;
	o->tsval = (uint32_t)(s->now / 1000) + c->ts_offset;
	o->tsecr = c->ts_recent;
}

static void fill_syn_options(const struct stack *s, const struct tcp_connection *c, struct tcp_options *o)
{
	bool first = is_first(c);

	o->mss_present = true;
	o->mss = (uint16_t)tcp_advertised_mss(s, c);
	o->sack_permitted = first ? s->tcp.offer_sack : c->sack_permitted;
	o->wscale_present = first ? s->tcp.offer_window_scaling : c->window_scaled;
	o->wscale = s->tcp.window_scale;
}

void tcp_prepend_header(struct tx_packet *packet, const struct tcp_header *h, const struct ip_flow *flow)
{
	unsigned header_length = tcp_emit_length(h);
	uint8_t *bytes = tx_prepend(packet, header_length);
	struct checksum sum =
	    ip_pseudo_sum(flow->source, flow->destination, IP_PROTOCOL_TCP, header_length + packet->payload_length);

	tcp_emit(bytes, h);
	checksum_add(&sum, bytes, header_length);
	for (unsigned i = 0; i < packet->slice_count; i++)
		checksum_add(&sum, packet->slices[i].bytes, packet->slices[i].length);
	tcp_emit_checksum(bytes, checksum_finish(&sum));
}

static uint8_t plan_flags(const struct tcp_connection *c, const struct tcp_plan *plan)
{
	uint8_t flags = TCP_ACK;

	if (plan->reason == TCP_SEND_SYN)
		flags = c->state == TCP_SYN_SENT ? TCP_SYN : TCP_SYN | TCP_ACK;
	if (plan->fin)
		flags |= TCP_FIN;
	/* RFC 9293 3.9.1.2, MUST-61: the last byte that there is to send */
	if (plan->length > 0 && plan->seq + plan->length == c->snd.tail)
		flags |= TCP_PSH;
	return flags;
}

/* RFC 9293 3.8.5: until urgent text is acknowledged, what lies before its end says where that is; as near as 16 bits
 * come. */
static uint16_t urgent_pointer(const struct tcp_connection *c, const struct tcp_plan *plan)
{
	if (c->snd_up <= c->snd_una || c->snd_up <= plan->seq || plan->reason == TCP_SEND_SYN)
		return 0;
	return (uint16_t)min64(c->snd_up - plan->seq, UINT16_MAX);
}

static int transmit(struct stack *s, struct tcp_connection *c, const struct tcp_plan *plan, uint16_t window)
{
	struct ip_flow flow = {
	    .source = c->local.address,
	    .destination = c->remote.address,
	    .protocol = IP_PROTOCOL_TCP,
	    .ttl = c->settings.ttl,
	    .tos = c->settings.tos,
	};
	struct tcp_header h = {
	    .source_port = c->local.port,
	    .destination_port = c->remote.port,
	    .seq = seq_wire(plan->seq),
	    .ack = seq_wire(c->rcv_nxt),
	    .flags = plan_flags(c, plan),
	    .window = window,
	    .urgent_pointer = urgent_pointer(c, plan),
	};
	struct tx_packet packet;
	struct slice slices[2];

	if (h.urgent_pointer > 0)
		h.flags |= TCP_URG;
	tx_init(&packet);
	if (plan->length > 0) {
		unsigned count = ring_peek(&c->snd, plan->seq, plan->length, slices);
		for (unsigned i = 0; i < count; i++)
			tx_append(&packet, slices[i].bytes, slices[i].length);
	}
	tcp_fill_timestamps(s, c, &h.options);
	if (plan->reason == TCP_SEND_SYN)
		fill_syn_options(s, c, &h.options);
	else if (plan->length == 0)
		tcp_sack_fill(c, &h.options);
	tcp_prepend_header(&packet, &h, &flow);
	return ip_output(s, &packet, &flow);
}

/* ---- what having sent changes ---- */

/* Every segment acknowledges and advertises. */
static void sent_ack(struct stack *s, struct tcp_connection *c, bool with_text, uint16_t window, unsigned wscale)
{
	uint64_t edge = c->rcv_nxt + ((uint64_t)window << wscale);

	if (c->state == TCP_SYN_SENT)
		return;
	if (!with_text) /* it has told of it */
		c->rcv_duplicate = (struct range){0};
	if (edge > c->rcv_adv)
		c->rcv_adv = edge;
	c->rcv_acked = c->rcv_nxt;
	c->ack_now = false;
	if (c->rcv.capacity == 0) /* otherwise it looks after the ring */
		deadline_clear(&s->deadlines, &c->delayed_ack);
}

void tcp_arm_retransmit(struct stack *s, struct tcp_connection *c)
{
	deadline_set(&s->deadlines, &c->retransmit, min64(s->now + tcp_rack_wait(c), tcp_give_up_at(c)));
}

/* Sequence space has been used: SYN, text or FIN. */
static void sent_sequence(struct stack *s, struct tcp_connection *c, const struct tcp_plan *plan, uint64_t end)
{
	tcp_sent_note(s, c, plan->seq, end);
	if (plan->seq < c->snd_nxt) { /* Karn's rule (MUST-18): whichever copy is answered, nobody can tell */
		stack_count(s, COUNT_TCP_RETRANSMITS);
		c->retransmitted++;
		if (!c->sent)
			c->timed_seq = 0;
	} else if (!c->sent && c->timed_seq == 0) {
		c->timed_seq = end;
		c->timed_at = s->now;
	}
	if (plan->length < c->cc.mss && end > c->snd_nxt)
		c->snd_small = end;
	if (c->rcv_nxt > c->irs + 1 &&
	    s->now - c->received_at < TCP_DELAYED_ACK) /* a dialogue: ACKs do best to wait for the answers */
		c->quick_acks = 0;
	if (c->snd_nxt == c->snd_una)
		c->stalled_since = s->now;
	if (end > c->snd_nxt)
		c->snd_nxt = end;
	if (end > c->snd_rtx)
		c->snd_rtx = end;
	c->sent_at = s->now;
	if (!c->retransmit.armed) /* RFC 6298 5.1 */
		tcp_arm_retransmit(s, c);
}

/* Carry out a plan. False: the device is full, and nothing has changed. */
static bool send_segment(struct stack *s, struct tcp_connection *c, const struct tcp_plan *plan)
{
	unsigned wscale = plan->reason == TCP_SEND_SYN ? 0 : c->rcv_wscale; /* never scaled on a SYN */
	uint16_t window = window_field(s, c, wscale);

	/* What cannot be sent for another reason than a full device is lost like what the wire loses. */
	int result = transmit(s, c, plan, window);
	if (result == -EAGAIN)
		return false;
	if (result != 0)
		ip_drop(s, result);
	stack_count(s, COUNT_TCP_SEGMENTS_OUT);
	sent_ack(s, c, plan->length > 0, window, wscale);
	uint64_t end = plan->seq + plan->length + plan->fin + (plan->reason == TCP_SEND_SYN);
	switch (plan->reason) {
	case TCP_SEND_BARE_ACK:
		c->acks_owed--;
		break;
	case TCP_SEND_PROBE:
		c->probe_now = false;
		c->probes++;
		stack_count(s, COUNT_TCP_PROBES);
		break;
	case TCP_SEND_KEEPALIVE:
		c->keepalive_now = false;
		stack_count(s, COUNT_TCP_KEEPALIVES);
		break;
	case TCP_SEND_SYN:
	case TCP_SEND_DATA:
		c->probe_now = false;
		deadline_clear(&s->deadlines, &c->persist);
		sent_sequence(s, c, plan, end);
		break;
	case TCP_SEND_RETRANSMIT:
		c->retransmit_now = false;
		sent_sequence(s, c, plan, end);
		/* RFC 6675 6: what was given up for lost has all its time again */
		if (c->sent && plan->seq == c->snd_una)
			tcp_arm_retransmit(s, c);
		break;
	case TCP_SEND_LOSS_PROBE:
		tcp_rack_probed(s, c, plan->seq, end);
		sent_sequence(s, c, plan, end);
		break;
	default:
		break;
	}
	return true;
}

/* Have the persist timer run out at this time, or sooner where it would have anyway. */
static void persist_until(struct stack *s, struct tcp_connection *c, uint64_t at)
{
	if (!c->persist.armed || at < c->persist.at)
		deadline_set(&s->deadlines, &c->persist, at);
}

/* With nothing in flight and something to send, only the peer's window is in the way: ask for it again after a time
 * that grows like the retransmission time-out (RFC 9293 3.8.6.1, SHLD-29 and SHLD-30). Text behind a cork goes after a
 * fixed one. */
static void arm_persist(struct stack *s, struct tcp_connection *c)
{
	bool pending = c->snd_rtx < c->snd.tail + (c->fin_queued ? 1 : 0);

	if (c->state >= TCP_ESTABLISHED && tcp_is_corked(c)) {
		persist_until(s, c, s->now + TCP_CORK_TIME);
		return;
	}
	if (c->state < TCP_ESTABLISHED || !pending || c->snd_rtx > c->snd_una) {
		deadline_clear(&s->deadlines, &c->persist);
		return;
	}
	deadline_clear(&s->deadlines, &c->retransmit);
	if (!c->persist.armed && c->probes == 0 && c->snd_nxt == c->snd_una)
		c->stalled_since = s->now;
	uint64_t interval = c->probes < 16 ? c->rtt.rto << c->probes : TCP_RTO_MAX;
	/* sooner than before, when the window has opened by too little to be used */
	persist_until(s, c, min64(s->now + min64(interval, TCP_RTO_MAX), tcp_give_up_at(c)));
}

bool tcp_output(struct stack *s, struct tcp_connection *c)
{
	/* RFC 5681 4.1: after an RTO of silence the old window may be too much for the network. */
	if (s->tcp.idle_restart && c->state >= TCP_ESTABLISHED && c->snd_nxt == c->snd_una && c->snd_nxt > c->iss + 1 &&
	    s->now - c->sent_at > c->rtt.rto)
		s->tcp.cc->idle(&c->cc);

	for (;;) {
		struct tcp_plan plan = plan_next(c);
		if (plan.reason == TCP_SEND_NOTHING)
			break;
		if (!send_segment(s, c, &plan))
			return false;
	}
	c->push_now = false;
	tcp_recovery_sent(c);
	tcp_rack_arm(s, c);
	arm_persist(s, c);
	return true;
}
