/* SPDX-License-Identifier: MIT
 *
 * The user calls of RFC 9293 3.10.1 to 3.10.5. They fill and empty the rings and change states; nothing is sent
 * before the next flush, but for the RST of an ABORT.
 */
#include "internal.h"

struct tcp_connection *tcp_connect(struct stack *s, struct endpoint local, struct endpoint remote, struct socket *user)
{
	struct tcp_connection *c = tcp_create(s, &local, &remote);

	if (!c)
		return NULL;
	struct tcp_time_wait *before = tcp_time_wait_lookup(s, &local, &remote);
	if (before)
		tcp_begin_above(c, tcp_time_wait_replace(s, before));
	c->notice.socket = user;
	stack_count(s, COUNT_TCP_ACTIVE_OPENS);
	tcp_set_state(s, c, TCP_SYN_SENT);
	tcp_mark(s, c); /* the SYN: nothing from iss on has been sent yet */
	return c;
}

bool tcp_can_send(const struct tcp_connection *c)
{
	return (c->state == TCP_ESTABLISHED || c->state == TCP_CLOSE_WAIT) && !c->fin_queued;
}

bool tcp_at_end(const struct tcp_connection *c)
{
	return ring_used(&c->rcv) == 0 && (c->state == TCP_CLOSED || (c->rcv_fin != 0 && c->rcv_nxt > c->rcv_fin));
}

uint8_t *tcp_send_reserve(struct stack *s, struct tcp_connection *c, size_t wanted, size_t *length)
{
	size_t room = tcp_send_room(s, c);

	if (wanted > room)
		wanted = room;
	if (wanted > 0)
		tcp_ring_grow(s, &c->snd, ring_used(&c->snd) + wanted);
	uint8_t *span = ring_reserve(&c->snd, length);
	if (*length > wanted)
		*length = wanted;
	if (*length == 0) {
		c->snd_wants_room = true;
		return NULL;
	}
	return span;
}

void tcp_send_commit(struct stack *s, struct tcp_connection *c, size_t length)
{
	ring_commit(&c->snd, length);
	c->more = false;
	tcp_mark(s, c);
}

void tcp_send_more(struct tcp_connection *c)
{
	c->more = true;
}

void tcp_push(struct stack *s, struct tcp_connection *c)
{
	c->more = false;
	c->push_now = c->snd.tail > c->snd_rtx;
	tcp_mark(s, c);
}

void tcp_send_urgent(struct stack *s, struct tcp_connection *c)
{
	c->snd_up = c->snd.tail;
	c->push_now = true;
	c->ack_now = true; /* where no window lets the text go, word of it does (3.10.2) */
	tcp_mark(s, c);
}

uint64_t tcp_urgent_left(const struct tcp_connection *c)
{
	return c->rcv_up > c->rcv.head && !tcp_at_end(c) ? c->rcv_up - c->rcv.head : 0;
}

unsigned tcp_receive_peek(const struct tcp_connection *c, struct slice slices[2])
{
	return ring_peek(&c->rcv, c->rcv.head, ring_used(&c->rcv), slices);
}

void tcp_receive_consume(struct stack *s, struct tcp_connection *c, size_t length)
{
	ring_consume(&c->rcv, length);
	tcp_buffers_read(s, c);
	/* A late reader: nothing else will come by to give the ring back. */
	if (ring_used(&c->rcv) == 0 && c->state != TCP_CLOSED && !c->delayed_ack.armed)
		deadline_set(&s->deadlines, &c->delayed_ack, s->now + TCP_DELAYED_ACK);
	if (c->state != TCP_ESTABLISHED && c->state != TCP_FIN_WAIT_1 && c->state != TCP_FIN_WAIT_2)
		return;
	/* Tell the peer when the window that it knows has doubled, and has opened by two segments or half the buffer:
	 * less is not worth a segment, and while the peer sends, ACKs of what it sends tell it as well. */
	size_t step = tcp_receive_limit(s, c) / 2;
	if (step > 2 * (size_t)c->rcv_mss)
		step = 2 * (size_t)c->rcv_mss;
	uint64_t known = c->rcv_adv - c->rcv_nxt, window = tcp_receive_window(s, c);
	if (window >= known + step && window >= 2 * known) {
		c->ack_now = true;
		tcp_mark(s, c);
	}
}

void tcp_shutdown(struct stack *s, struct tcp_connection *c)
{
	if (c->fin_queued)
		return;
	switch (c->state) {
	case TCP_SYN_RECEIVED: /* the state changes when the handshake is over */
		c->fin_queued = true;
		break;
	case TCP_ESTABLISHED:
		c->fin_queued = true;
		tcp_set_state(s, c, TCP_FIN_WAIT_1);
		break;
	case TCP_CLOSE_WAIT:
		c->fin_queued = true;
		tcp_set_state(s, c, TCP_LAST_ACK);
		break;
	default:
		return;
	}
	tcp_mark(s, c);
}

/* No user from here on: the connection lives by itself until it is done. */
static void let_go(struct stack *s, struct tcp_connection *c)
{
	c->notice.socket = NULL;
	list_remove(&c->notice.node);
	if (c->state == TCP_FIN_WAIT_2)
		deadline_set(&s->deadlines, &c->expiry, s->now + c->settings.fin_wait_2_time);
}

void tcp_close(struct stack *s, struct tcp_connection *c)
{
	if (c->settings.linger && c->settings.linger_time == 0) {
		tcp_abort(s, c);
		return;
	}
	let_go(s, c);
	if (c->state == TCP_CLOSED) {
		tcp_destroy(s, c);
	} else if (c->state == TCP_SYN_SENT) { /* 3.10.4: delete the TCB */
		tcp_done(s, c, 0);
	} else if (ring_used(&c->rcv) > 0 || c->rcv_ranges) {
		tcp_send_reset(s, c);
		tcp_done(s, c, 0);
	} else {
		tcp_shutdown(s, c);
		if (c->settings.linger && !tcp_fin_acked(c))
			deadline_set(&s->deadlines, &c->expiry, s->now + c->settings.linger_time);
	}
}

void tcp_abort(struct stack *s, struct tcp_connection *c)
{
	let_go(s, c);
	if (c->state == TCP_CLOSED) {
		tcp_destroy(s, c);
		return;
	}
	/* 3.10.5: states that the peer believes to be open */
	if (c->state != TCP_SYN_SENT && c->state != TCP_CLOSING && c->state != TCP_LAST_ACK)
		tcp_send_reset(s, c);
	tcp_done(s, c, 0);
}
