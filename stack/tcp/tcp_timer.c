/* SPDX-License-Identifier: MIT
 *
 * What happens when one of a connection's six deadlines comes.
 */
#include <errno.h>

#include "internal.h"

#define ORPHAN_TIME 900000000 /* microseconds that an orphan's peer may take nothing of what there is for it */

/* How often a segment goes again before the peer is given up: R2 of RFC 9293 3.8.3 as a count. */
static unsigned retry_limit(const struct tcp_connection *c)
{
	switch (c->state) {
	case TCP_SYN_SENT:
		return TCP_SYN_RETRIES;
	case TCP_SYN_RECEIVED:
		return TCP_SYN_ACK_RETRIES;
	default:
		return TCP_RETRIES;
	}
}

/* Whether a peer that takes nothing, answer as it may, has kept an orphan for too long. MUST-37 is for a user who is
 * ready to wait; here nobody is left, and the memory is not the peer's to keep (RFC 6429 3). */
static bool is_kept_too_long(const struct stack *s, const struct tcp_connection *c)
{
	return tcp_is_orphan(c) && c->settings.user_timeout == 0 && s->now >= c->stalled_since + ORPHAN_TIME;
}

/* The peer has not been heard of for one try more. False: that was one too many, and the connection is gone. */
static bool try_again(struct stack *s, struct tcp_connection *c)
{
	if (is_kept_too_long(s, c)) {
		tcp_send_reset(s, c);
		tcp_done(s, c, 0);
		return false;
	}
	c->retries++;
	/* MUST-21: the user's limit, where there is one, takes the place of R2 for what is not a SYN; as in Linux it
	 * can only shorten that. */
	bool over = s->now >= tcp_give_up_at(c);
	if (c->state < TCP_ESTABLISHED || c->settings.user_timeout == 0)
		over = over || c->retries > retry_limit(c);
	if (!over)
		return true;
	tcp_done(s, c, c->soft_error ? c->soft_error : -ETIMEDOUT);
	return false;
}

/* What goes again, and how long its answer is waited for. A prompt time-out doubles from its own beginnings. */
static void take_for_lost(struct stack *s, struct tcp_connection *c, bool prompt)
{
	uint64_t before = tcp_rack_wait(c);

	if (prompt)
		c->sent->prompt_timeouts++;
	else
		tcp_rtt_back_off(&c->rtt);
	if (c->state >= TCP_ESTABLISHED)
		tcp_recovery_timeout(s, c);
	else
		c->syn_again = true;
	event_emit(&s->events, &(struct event){
				   .type = EVENT_TCP_RTO,
				   .local = c->local,
				   .remote = c->remote,
				   .before = before,
				   .value = tcp_rack_wait(c),
			       });
}

/* RFC 6298 5.4 to 5.6: send the earliest segment again, double the time-out; the flush starts the timer anew. */
static void retransmit(struct stack *s, struct tcp_connection *c)
{
	bool prompt = tcp_rack_wait(c) < c->rtt.rto && s->now < tcp_give_up_at(c);

	if (!prompt && !try_again(s, c)) /* R1 and R2 count whole time-outs */
		return;
	stack_count(s, COUNT_TCP_TIMEOUTS);
	if (c->retries >= TCP_R1) /* RFC 9293 3.8.3, MUST-20: negative advice from R1 on */
		ip_advise_failing(s, c->remote.address);
	c->timed_seq = 0;
	if (c->state >= TCP_ESTABLISHED && c->snd_wnd == 0) {
		/* The window closed over what was sent (MUST-34): a probe finds out, and what was lost goes again when
		 * it opens. */
		c->probe_now = true;
		tcp_sent_release(s, c);
	} else {
		take_for_lost(s, c, prompt);
	}
	if (!c->sent)
		c->snd_rtx = c->snd_una;
	tcp_mark(s, c);
}

/* RFC 9293 3.8.6.1: ask again whether the window is still closed. */
static void persist(struct stack *s, struct tcp_connection *c)
{
	if (tcp_is_corked(c)) {
		c->push_now = true;
		tcp_mark(s, c);
		return;
	}
	if (c->snd_rtx > c->snd_una) /* it was for a cork; the window has been taken back since, and ACKs are to come */
		return;
	if (!try_again(s, c))
		return;
	c->probe_now = true;
	tcp_mark(s, c);
}

static void delayed_ack(struct stack *s, struct tcp_connection *c)
{
	if (c->rcv_nxt > c->rcv_acked) {
		c->ack_now = true;
		tcp_mark(s, c);
	}
	/* Nothing followed: a good moment to give back what a burst made grow. */
	if (ring_used(&c->rcv) == 0 && !c->rcv_ranges)
		ring_shrink(&c->rcv, &s->tcp.buffers, 0);
}

/* An orphan's time is over: in FIN-WAIT-2 without a word, else (its user lingered) its peer has not taken all. */
static void expire(struct stack *s, struct tcp_connection *c)
{
	if (!tcp_fin_acked(c))
		tcp_send_reset(s, c);
	tcp_done(s, c, 0);
}

void tcp_deadline(struct stack *s, struct deadline *deadline)
{
	switch (deadline->kind) {
	case DEADLINE_TCP_RETRANSMIT:
		retransmit(s, LIST_ITEM(deadline, struct tcp_connection, retransmit));
		return;
	case DEADLINE_TCP_PERSIST:
		persist(s, LIST_ITEM(deadline, struct tcp_connection, persist));
		return;
	case DEADLINE_TCP_LOSS:
		tcp_rack_deadline(s, LIST_ITEM(deadline, struct tcp_sent, deadline));
		return;
	case DEADLINE_TCP_DELAYED_ACK:
		delayed_ack(s, LIST_ITEM(deadline, struct tcp_connection, delayed_ack));
		return;
	case DEADLINE_TCP_KEEPALIVE:
		tcp_keepalive_deadline(s, LIST_ITEM(deadline, struct tcp_connection, keepalive));
		return;
	case DEADLINE_TCP_EXPIRY:
		expire(s, LIST_ITEM(deadline, struct tcp_connection, expiry));
		return;
	}
}
