/* SPDX-License-Identifier: MIT
 *
 * Listening (RFC 9293 3.10.7.2): from a SYN to a connection that waits to be accepted.
 *
 *       SYN                    ACK of our SYN               tcp_accept()
 *     -------> half_open ---------------------> established -------------> its user's
 *              SYN-RECEIVED
 *
 * Each list holds at most `backlog` connections, and what finds its list full is dropped by name; its sender tries
 * again. So a flood of SYNs takes no place from those who wait to be accepted. While `established` is full nobody else
 * becomes it: SYNs are not let in, and an ACK that would complete a handshake has to come once more, for our SYN,ACK
 * when that goes again.
 */
#include "internal.h"

struct tcp_listener *tcp_listen(struct stack *s, struct endpoint local, unsigned backlog, struct socket *user)
{
	struct tcp_listener *l = memory_get(&s->memory, sizeof *l);

	if (!l)
		return NULL;
	l->local = local;
	l->backlog = backlog;
	l->notice.socket = user;
	l->settings = tcp_settings_default;
	list_init(&l->notice.node);
	list_init(&l->half_open.connections);
	list_init(&l->established.connections);
	struct tcp_listener **bucket = &s->tcp.listeners[local.port % TCP_LISTENER_BUCKETS];
	l->next = *bucket;
	*bucket = l;
	return l;
}

void tcp_listener_close(struct stack *s, struct tcp_listener *l)
{
	struct tcp_listener **link = &s->tcp.listeners[l->local.port % TCP_LISTENER_BUCKETS];

	while (*link != l)
		link = &(*link)->next;
	*link = l->next;
	while (!list_empty(&l->established.connections))
		tcp_abort(s, LIST_ITEM(l->established.connections.next, struct tcp_connection, waiting));
	while (!list_empty(&l->half_open.connections))
		tcp_done(s, LIST_ITEM(l->half_open.connections.next, struct tcp_connection, waiting), 0);
	list_remove(&l->notice.node);
	memory_put(&s->memory, l, sizeof *l);
}

struct tcp_connection *tcp_accept(struct tcp_listener *l)
{
	if (list_empty(&l->established.connections))
		return NULL;
	struct tcp_connection *c = LIST_ITEM(l->established.connections.next, struct tcp_connection, waiting);
	tcp_listen_forget(c);
	return c;
}

void tcp_listen_forget(struct tcp_connection *c)
{
	c->queue->count--;
	c->queue = NULL;
	c->listener = NULL;
	list_remove(&c->waiting);
}

bool tcp_listen_full(const struct tcp_listener *l)
{
	return l->established.count >= l->backlog;
}

static void enter(struct tcp_queue *queue, struct tcp_connection *c)
{
	c->queue = queue;
	queue->count++;
	list_append(&queue->connections, &c->waiting);
}

void tcp_listen_established(struct stack *s, struct tcp_connection *c)
{
	struct tcp_listener *l = c->listener;

	tcp_listen_forget(c);
	c->listener = l;
	enter(&l->established, c);
	tcp_notify(s, &l->notice);
}

/* Third of RFC 9293 3.10.7.2: a SYN. Text and a FIN that come with it are not kept for SYN-RECEIVED: our SYN,ACK does
 * not acknowledge them, so that they come again. */
static void syn_input(struct stack *s, struct tcp_listener *l, const struct ip_datagram *d, const struct tcp_header *h,
		      const uint32_t *iss_floor)
{
	struct endpoint local = {d->destination, h->destination_port};
	struct endpoint remote = {d->source, h->source_port};

	if (tcp_listen_full(l)) {
		stack_drop(s, DROP_TCP_ACCEPT_FULL);
		return;
	}
	if (l->half_open.count >= l->backlog) {
		stack_drop(s, DROP_TCP_HALF_OPEN_FULL);
		return;
	}
	struct tcp_connection *c = tcp_create(s, &local, &remote);
	if (!c) {
		stack_drop(s, DROP_TCP_NO_MEMORY);
		return;
	}
	if (iss_floor)
		tcp_begin_above(c, *iss_floor);
	c->listener = l;
	tcp_configure(s, c, &l->settings);
	c->defer_until = s->now + c->settings.defer_accept;
	enter(&l->half_open, c);
	tcp_take_syn(s, c, h);
	stack_count(s, COUNT_TCP_PASSIVE_OPENS);
	tcp_set_state(s, c, TCP_SYN_RECEIVED);
	tcp_mark(s, c); /* the SYN,ACK: nothing from iss on has been sent yet */
}

void tcp_listen_input(struct stack *s, struct tcp_listener *l, const struct ip_datagram *d, const struct tcp_header *h,
		      const uint32_t *iss_floor)
{
	if (h->flags & TCP_RST) { /* first, a RST: it speaks of nothing that we know */
		stack_drop(s, DROP_TCP_RST);
	} else if (h->flags & TCP_ACK) { /* second, an ACK: nothing was sent that it could acknowledge */
		stack_drop(s, DROP_TCP_ACK);
		tcp_reset_reply(s, d, h);
	} else if (h->flags & TCP_SYN) {
		syn_input(s, l, d, h, iss_floor);
	} else { /* fourth, anything else */
		stack_drop(s, DROP_TCP_NO_SYN);
	}
}
