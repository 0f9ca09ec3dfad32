/* SPDX-License-Identifier: MIT
 *
 * States, and what must hold in them (RFC 9293 3.3.2).
 *
 *                                  CLOSED
 *               passive OPEN  /              \  active OPEN: SYN
 *                        LISTEN              SYN-SENT
 *            SYN: SYN,ACK   |                /   |
 *                      SYN-RECEIVED <-------'    |  SYN,ACK: ACK
 *                           |     SYN: SYN,ACK   |
 *                ACK of SYN  \                  /
 *                              ESTABLISHED
 *               CLOSE: FIN  /               \  FIN: ACK
 *                   FIN-WAIT-1               CLOSE-WAIT
 *       ACK of FIN  /       \  FIN: ACK          |  CLOSE: FIN
 *           FIN-WAIT-2    CLOSING            LAST-ACK
 *        FIN: ACK  \        /  ACK of FIN        |  ACK of FIN
 *                  TIME-WAIT                     |
 *                      |  2 MSL                  |
 *                      +--------> CLOSED <-------+
 */
#include "internal.h"

const char *tcp_state_name(enum tcp_state state)
{
	static const char *const names[] = {
	    [TCP_CLOSED] = "CLOSED",           [TCP_LISTEN] = "LISTEN",
	    [TCP_SYN_SENT] = "SYN-SENT",       [TCP_SYN_RECEIVED] = "SYN-RECEIVED",
	    [TCP_ESTABLISHED] = "ESTABLISHED", [TCP_FIN_WAIT_1] = "FIN-WAIT-1",
	    [TCP_FIN_WAIT_2] = "FIN-WAIT-2",   [TCP_CLOSE_WAIT] = "CLOSE-WAIT",
	    [TCP_CLOSING] = "CLOSING",         [TCP_LAST_ACK] = "LAST-ACK",
	    [TCP_TIME_WAIT] = "TIME-WAIT",
	};
	return names[state];
}

void tcp_set_state(struct stack *s, struct tcp_connection *c, enum tcp_state state)
{
	event_emit(&s->events, &(struct event){
				   .type = EVENT_TCP_STATE,
				   .local = c->local,
				   .remote = c->remote,
				   .before = c->state,
				   .value = state,
			       });
	c->state = state;
	/* An orphan's peer may never send its FIN */
	if (state == TCP_FIN_WAIT_2 && !c->notice.socket)
		deadline_set(&s->deadlines, &c->expiry, s->now + c->settings.fin_wait_2_time);
}

void tcp_detach(struct stack *s, struct tcp_connection *c, int error)
{
	if (c->listener)
		tcp_listen_forget(c);
	c->state = TCP_CLOSED;
	tcp_withdraw(s, c);
	if (!c->notice.socket) {
		tcp_destroy(s, c);
		return;
	}
	c->error = error;
	ring_release(&c->snd, &s->tcp.buffers);
	tcp_notify(s, &c->notice);
}

void tcp_done(struct stack *s, struct tcp_connection *c, int error)
{
	tcp_set_state(s, c, TCP_CLOSED);
	tcp_detach(s, c, error);
}

void tcp_mark(struct stack *s, struct tcp_connection *c)
{
	if (c->state != TCP_CLOSED && list_empty(&c->marked))
		list_append(&s->tcp.marked, &c->marked);
}

void tcp_notify(struct stack *s, struct tcp_notice *notice)
{
	if (notice->socket && list_empty(&notice->node))
		list_append(&s->tcp.notices, &notice->node);
}

/* ---- invariants ---- */

static bool send_side_holds(const struct tcp_connection *c)
{
	uint64_t end = c->snd.tail + (c->fin_queued ? 1 : 0);
	uint64_t first = c->snd_una > c->iss ? c->snd_una : c->iss + 1; /* the SYN is not in the ring */

	if (!(c->iss <= c->snd_una && c->snd_una <= c->snd_rtx && c->snd_rtx <= c->snd_nxt && c->snd_nxt <= end))
		return false;
	if (!tcp_sent_holds(c))
		return false;
	return c->snd.head == (first < c->snd.tail ? first : c->snd.tail);
}

static bool receive_side_holds(const struct tcp_connection *c)
{
	bool fin_reached = c->rcv_fin != 0 && c->rcv_nxt > c->rcv_fin;

	if (c->rcv.tail != c->rcv_nxt - (fin_reached ? 1 : 0) || c->rcv_adv < c->rcv_nxt - (fin_reached ? 1 : 0))
		return false;
	if (!c->rcv_ranges)
		return true;
	if (c->rcv_ranges->count == 0)
		return false;
	const struct range *last = &c->rcv_ranges->at[c->rcv_ranges->count - 1];
	return ranges_valid(c->rcv_ranges) && c->rcv_ranges->at[0].start > c->rcv_nxt &&
	       last->end <= c->rcv.head + c->rcv.capacity;
}

/* Whatever waits for the peer has a deadline, so that nothing waits for ever. What is marked has yet to arm its own. */
static bool deadlines_hold(const struct tcp_connection *c)
{
	if (!list_empty(&c->marked))
		return true;
	if (c->snd_nxt > c->snd_una && !c->retransmit.armed && !c->persist.armed)
		return false;
	return c->snd_nxt > c->snd_una || !c->retransmit.armed;
}

bool tcp_check(const struct stack *s, const struct tcp_connection *c)
{
	if (c->state == TCP_SYN_SENT)
		return send_side_holds(c) && deadlines_hold(c) && c->rcv_nxt == 0;
	if (ring_used(&c->snd) > s->tcp.send_limit || c->rcv.capacity > s->tcp.receive_limit)
		return false;
	if (c->cc.mss > 0 && c->cc.cwnd < c->cc.mss)
		return false;
	return send_side_holds(c) && receive_side_holds(c) && deadlines_hold(c);
}

bool tcp_check_all(const struct stack *s)
{
	for (size_t i = 0; i < s->tcp.bucket_count; i++)
		for (const struct tcp_connection *c = s->tcp.buckets[i]; c; c = c->next)
			if (!tcp_check(s, c))
				return false;
	return true;
}
