/* SPDX-License-Identifier: MIT
 *
 * How large a connection's two rings may become. A fixed size is wrong for somebody: too small for a long and fast
 * path, too large for ten thousand connections. So both begin with TCP_BUFFER_FIRST and grow as the path calls for.
 *
 * To receive. The window has to hold what the peer can send until it hears from us, a round trip later. How much that
 * is shows in what the reader takes within one round trip; where that was half of the limit or more, the limit doubles:
 *
 *        |<--- a round trip --->|
 *     ---+-----r--r-------r-----+---      rcv.head has moved by 2 * taken >= rcv_limit: rcv_limit doubles
 *
 * So the limit stays between two and four times the rate, and ahead of a slow start, which doubles the rate once a
 * round trip. A reader that does not keep up makes nothing grow. The round trip is the shortest one seen: a longer one
 * may have passed in a queue that our own window has filled.
 *
 * To send. What cwnd and the peer's window let be in flight, and as much again, so that the user can write the
 * next window while one is under way.
 *
 * Each is bounded by what a socket may have, and all together by a budget of the whole stack, whose second half is kept
 * for the many:
 *
 *     in use     0                1/2              3/4               all
 *                |  any size       |  first size    |  least size     |  none: refused by name
 */
#include "internal.h"

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* The largest ring that may be had while so much of the budget is in use. */
static size_t largest_ring(const struct stack *s)
{
	const struct memory *budget = &s->tcp.buffers;

	if (budget->bytes < budget->limit / 2)
		return SIZE_MAX;
	return budget->bytes < budget->limit / 4 * 3 ? TCP_BUFFER_FIRST : TCP_RING_MIN;
}

bool tcp_ring_grow(struct stack *s, struct ring *ring, size_t wanted)
{
	wanted = larger(wanted, TCP_RING_MIN);
	if (wanted <= ring->capacity)
		return true;
	return wanted <= largest_ring(s) && ring_grow(ring, &s->tcp.buffers, wanted);
}

/* ---- to receive ---- */

void tcp_buffers_start(struct stack *s, struct tcp_connection *c)
{
	size_t wanted = c->settings.receive_buffer > 0 ? c->settings.receive_buffer : TCP_BUFFER_FIRST;

	c->rcv_limit = (uint32_t)smaller(larger(wanted, TCP_RING_MIN), s->tcp.receive_limit);
}

size_t tcp_receive_limit(const struct stack *s, const struct tcp_connection *c)
{
	return smaller(c->rcv_limit, larger(c->rcv.capacity, largest_ring(s)));
}

void tcp_buffers_read(struct stack *s, struct tcp_connection *c)
{
	uint64_t round_trip = c->rtt.measured ? c->rtt.least : c->rtt.rto;

	if (s->now - c->rcv_turn_at < round_trip)
		return;
	uint64_t taken = c->rcv.head - c->rcv_turn_head;
	c->rcv_turn_at = s->now;
	c->rcv_turn_head = c->rcv.head;
	if (c->settings.receive_buffer == 0 && 2 * taken >= c->rcv_limit)
		c->rcv_limit = (uint32_t)smaller(2 * (size_t)c->rcv_limit, s->tcp.receive_limit);
}

/* ---- to send ---- */

size_t tcp_send_limit(const struct stack *s, const struct tcp_connection *c)
{
	size_t in_flight = smaller(c->cc.cwnd, c->snd_wnd_max);
	size_t wanted = larger(2 * in_flight, TCP_BUFFER_FIRST);

	if (c->settings.send_buffer > 0)
		wanted = larger(c->settings.send_buffer, TCP_RING_MIN);
	return smaller(smaller(wanted, s->tcp.send_limit), larger(c->snd.capacity, largest_ring(s)));
}

size_t tcp_send_room(const struct stack *s, const struct tcp_connection *c)
{
	size_t limit = tcp_send_limit(s, c);
	size_t used = ring_used(&c->snd);

	return limit > used ? limit - used : 0;
}

bool tcp_send_ready(const struct stack *s, const struct tcp_connection *c)
{
	return tcp_send_room(s, c) >= tcp_send_limit(s, c) / 3;
}
