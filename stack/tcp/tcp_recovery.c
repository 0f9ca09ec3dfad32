/* SPDX-License-Identifier: MIT
 *
 * From duplicate ACKs and time-outs to what is sent again: fast retransmit and fast recovery (RFC 5681 3.2, with the
 * partial ACKs of RFC 6582), and the return to slow start after a time-out. With a peer that agreed to SACK only the
 * latter comes from here; tcp_rack.c has the rest. How large the windows become is the congestion controller's to say.
 *
 *     the first two        limited transmit: a new segment each, beyond cwnd (RFC 3042; tcp_output.c)
 *     three duplicates     the segment at snd_una goes again; cwnd = ssthresh + 3 MSS
 *     each one more        one segment has left the network: cwnd += MSS
 *     partial ACK          the next hole: the segment at snd_una goes again; cwnd shrinks by what left
 *     ACK of recover       everything sent before the loss is there: recovery is over
 */
#include "internal.h"

#define DUP_ACKS_FOR_LOSS 3

static uint32_t min32(uint64_t a, uint32_t b)
{
	return a < b ? (uint32_t)a : b;
}

static uint32_t in_flight(const struct tcp_connection *c)
{
	return min32(c->snd_rtx - c->snd_una, UINT32_MAX);
}

void tcp_recovery_cwnd_event(struct stack *s, const struct tcp_connection *c, uint32_t before)
{
	event_emit(&s->events, &(struct event){
				   .type = EVENT_TCP_CWND,
				   .local = c->local,
				   .remote = c->remote,
				   .before = before,
				   .value = c->cc.cwnd,
			       });
}

void tcp_recovery_start(struct stack *s, struct tcp_connection *c)
{
	c->cc.mss = tcp_send_mss(s, c);
	s->tcp.cc->start(&c->cc);
	if (c->syn_again) /* RFC 5681 3.1: a lost SYN allows one segment */
		c->cc.cwnd = c->cc.mss;
	c->recover = c->iss;
}

/* What a loss halves (RFC 5681 3.1, equation (4)). What limited transmit sent, and so lies beyond cwnd, does not count
 * (3.2 (2)); nor what is in flight still of a window that has been halved since. */
static uint32_t loss_flight(const struct tcp_connection *c)
{
	return min32(in_flight(c), c->cc.cwnd);
}

void tcp_recovery_enter(struct stack *s, struct tcp_connection *c)
{
	c->recovering = true;
	c->recover = c->snd_nxt;
	c->retransmit_now = true;
	s->tcp.cc->lost(&c->cc, loss_flight(c));
	stack_count(s, COUNT_TCP_FAST_RETRANSMITS);
	event_emit(&s->events,
		   &(struct event){.type = EVENT_TCP_FAST_RETRANSMIT, .local = c->local, .remote = c->remote});
}

static void enter_recovery(struct stack *s, struct tcp_connection *c)
{
	uint32_t before = c->cc.cwnd;

	tcp_recovery_enter(s, c);
	c->cc.cwnd = c->cc.ssthresh + DUP_ACKS_FOR_LOSS * c->cc.mss;
	tcp_recovery_cwnd_event(s, c, before);
}

void tcp_recovery_duplicate(struct stack *s, struct tcp_connection *c)
{
	c->dup_acks++;
	if (c->recovering) {
		/* A segment has left the network, but never more than were in it (RFC 5681 3.2, step 4). */
		if ((uint64_t)c->dup_acks * c->cc.mss <= c->recover - c->snd_una)
			c->cc.cwnd += c->cc.mss;
	} else if (c->dup_acks == DUP_ACKS_FOR_LOSS && c->snd_una > c->recover) {
		enter_recovery(s, c); /* RFC 6582 3.2 (2): and not for a loss that was acted on before */
	}
	tcp_mark(s, c);
}

/* RFC 6582 3.2 (3), full acknowledgment */
static void leave_recovery(struct tcp_connection *c)
{
	uint32_t flight = in_flight(c);

	c->recovering = false;
	c->retransmit_now = false;
	c->cc.cwnd = min32((uint64_t)(flight > c->cc.mss ? flight : c->cc.mss) + c->cc.mss, c->cc.ssthresh);
}

/* RFC 6582 3.2 (3), partial acknowledgment: deflate by what left the network, and repair the next hole */
static void partial_ack(struct tcp_connection *c, uint64_t acked)
{
	c->cc.cwnd -= min32(acked, c->cc.cwnd - c->cc.mss);
	if (acked >= c->cc.mss)
		c->cc.cwnd += c->cc.mss;
	c->retransmit_now = true;
}

void tcp_recovery_sent(struct tcp_connection *c)
{
	uint64_t flight = in_flight(c);
	bool filled = flight + c->cc.mss > c->cc.cwnd;

	if (c->snd_una >= c->flight_end || filled || (!c->cwnd_filled && flight > c->flight_most)) {
		c->cwnd_filled = filled;
		c->flight_most = flight;
		c->flight_end = c->snd_nxt;
	}
}

/* A window that is not in use says nothing about the network, and does not grow (RFC 7661 4): in use is what was
 * filled, or more than half of it, at any time in the round trip that is being acknowledged. (Its end always finds
 * little in flight.) */
bool tcp_recovery_cwnd_used(const struct tcp_connection *c)
{
	return c->cwnd_filled || 2 * c->flight_most > c->cc.cwnd;
}

void tcp_recovery_acked(struct stack *s, struct tcp_connection *c, uint64_t acked)
{
	/* What duplicate ACKs have told of has left the network before, and limited transmit has sent as much. */
	uint64_t told = (uint64_t)c->dup_acks * c->cc.mss;

	c->dup_acks = 0;
	if (c->recovering) {
		if (c->snd_una >= c->recover)
			leave_recovery(c);
		else
			partial_ack(c, acked);
		return;
	}
	if (tcp_recovery_cwnd_used(c))
		s->tcp.cc->acked(&c->cc,
				 min32(acked > told + c->cc.mss ? acked - told : min32(acked, c->cc.mss), UINT32_MAX));
}

void tcp_recovery_timeout(struct stack *s, struct tcp_connection *c)
{
	uint32_t before = c->cc.cwnd;
	unsigned times = c->retries + (c->sent ? c->sent->prompt_timeouts : 0);

	s->tcp.cc->timed_out(&c->cc, loss_flight(c), times > 1);
	c->recovering = false;
	c->retransmit_now = false;
	if (c->sent)
		tcp_rack_timeout(s, c);
	c->dup_acks = 0;
	c->recover = c->snd_nxt; /* RFC 6582 3.2 (4): what was sent before now must not start a fast retransmit */
	tcp_recovery_cwnd_event(s, c, before);
}
