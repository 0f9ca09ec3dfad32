/* SPDX-License-Identifier: MIT
 *
 * Which connection does a segment belong to? A hash table over the four-tuple, keyed so that nobody can choose
 * addresses and ports that collide; listeners have a small one of their own, by port.
 */
#include "internal.h"

uint64_t tcp_hash(const struct siphash_key *key, const struct endpoint *local, const struct endpoint *remote)
{
	struct {
		struct address local, remote;
		uint16_t local_port, remote_port;
	} tuple = {local->address, remote->address, local->port, remote->port};

	return siphash(key, &tuple, sizeof tuple);
}

static struct tcp_connection **bucket_of(const struct stack *s, const struct endpoint *local,
					 const struct endpoint *remote)
{
	return &s->tcp.buckets[tcp_hash(&s->tcp.table_key, local, remote) & (s->tcp.bucket_count - 1)];
}

struct tcp_connection *tcp_lookup(struct stack *s, const struct endpoint *local, const struct endpoint *remote)
{
	struct tcp_connection *c = *bucket_of(s, local, remote);

	while (c && !(endpoint_equal(&c->remote, remote) && endpoint_equal(&c->local, local)))
		c = c->next;
	return c;
}

/* Double the buckets; without memory the chains get longer, and that is all. */
static void grow(struct stack *s)
{
	struct tcp_connection **old = s->tcp.buckets;
	size_t old_count = s->tcp.bucket_count;
	struct tcp_connection **buckets = memory_get(&s->memory, 2 * old_count * sizeof(struct tcp_connection *));

	if (!buckets)
		return;
	s->tcp.buckets = buckets;
	s->tcp.bucket_count = 2 * old_count;
	for (size_t i = 0; i < old_count; i++) {
		struct tcp_connection *c = old[i];
		while (c) {
			struct tcp_connection *next = c->next;
			struct tcp_connection **bucket = bucket_of(s, &c->local, &c->remote);
			c->next = *bucket;
			*bucket = c;
			c = next;
		}
	}
	memory_put(&s->memory, old, old_count * sizeof(struct tcp_connection *));
}

static void table_add(struct stack *s, struct tcp_connection *c)
{
	if (s->tcp.connection_count >= s->tcp.bucket_count)
		grow(s);
	struct tcp_connection **bucket = bucket_of(s, &c->local, &c->remote);
	c->next = *bucket;
	*bucket = c;
	s->tcp.connection_count++;
}

static void table_remove(struct stack *s, struct tcp_connection *c)
{
	struct tcp_connection **link = bucket_of(s, &c->local, &c->remote);

	while (*link && *link != c)
		link = &(*link)->next;
	if (!*link)
		return;
	*link = c->next;
	s->tcp.connection_count--;
}

/* Whether two local ends can mean the same: ADDRESS_ANY is all of our addresses. */
static bool overlaps(const struct endpoint *a, const struct endpoint *b)
{
	if (a->port != b->port)
		return false;
	return address_is_any(a->address) || address_is_any(b->address) || address_equal(a->address, b->address);
}

struct tcp_listener *tcp_listener_lookup(struct stack *s, const struct endpoint *local)
{
	struct tcp_listener *l = s->tcp.listeners[local->port % TCP_LISTENER_BUCKETS];

	while (l && !overlaps(&l->local, local))
		l = l->next;
	return l;
}

bool tcp_in_use(struct stack *s, const struct endpoint *local, const struct endpoint *remote)
{
	const struct tcp_time_wait *w = tcp_time_wait_lookup(s, local, remote);

	return tcp_lookup(s, local, remote) || (w && !tcp_time_wait_reusable(s, w));
}

uint16_t tcp_ephemeral_port(struct stack *s, struct address local, const struct endpoint *remote)
{
	struct endpoint ours = {.address = local};

	for (unsigned tries = 0; tries < PORT_COUNT; tries++) {
		ours.port = ports_next(&s->tcp.ports, local, remote);
		if (!tcp_in_use(s, &ours, remote) && !tcp_listener_lookup(s, &ours))
			return ours.port;
	}
	return 0;
}

void tcp_set_iss(struct tcp_connection *c, uint32_t isn)
{
	c->iss = seq_first(isn);
	c->snd_una = c->snd_nxt = c->snd_rtx = c->iss;
	ring_init(&c->snd, c->iss + 1);
}

void tcp_begin_above(struct tcp_connection *c, uint32_t floor)
{
	if (!seq_gt(seq_wire(c->iss), floor))
		tcp_set_iss(c, floor + UINT16_MAX + 2);
}

struct tcp_connection *tcp_create(struct stack *s, const struct endpoint *local, const struct endpoint *remote)
{
	struct tcp_connection *c = memory_get(&s->memory, sizeof *c);

	if (!c)
		return NULL;
	c->local = *local;
	c->remote = *remote;
	tcp_set_iss(c, tcp_isn(s, local, remote));
	c->ts_offset = tcp_timestamp_offset(s, local, remote);
	c->peer_mss = TCP_MSS_DEFAULT;
	c->rcv_mss = TCP_MSS_DEFAULT;
	c->settings = tcp_settings_default;
	tcp_buffers_start(s, c);
	tcp_rtt_init(&c->rtt);
	list_init(&c->notice.node);
	list_init(&c->marked);
	list_init(&c->waiting);
	deadline_init(&c->retransmit, DEADLINE_TCP_RETRANSMIT);
	deadline_init(&c->persist, DEADLINE_TCP_PERSIST);
	deadline_init(&c->delayed_ack, DEADLINE_TCP_DELAYED_ACK);
	deadline_init(&c->keepalive, DEADLINE_TCP_KEEPALIVE);
	deadline_init(&c->expiry, DEADLINE_TCP_EXPIRY);
	table_add(s, c);
	return c;
}

void tcp_withdraw(struct stack *s, struct tcp_connection *c)
{
	table_remove(s, c);
	deadline_clear(&s->deadlines, &c->retransmit);
	deadline_clear(&s->deadlines, &c->persist);
	deadline_clear(&s->deadlines, &c->delayed_ack);
	deadline_clear(&s->deadlines, &c->keepalive);
	deadline_clear(&s->deadlines, &c->expiry);
	tcp_sent_release(s, c);
	list_remove(&c->marked);
}

void tcp_destroy(struct stack *s, struct tcp_connection *c)
{
	tcp_withdraw(s, c);
	list_remove(&c->notice.node);
	list_remove(&c->waiting);
	ring_release(&c->snd, &s->tcp.buffers);
	ring_release(&c->rcv, &s->tcp.buffers);
	memory_put(&s->memory, c->rcv_ranges, sizeof *c->rcv_ranges);
	memory_put(&s->memory, c, sizeof *c);
}
