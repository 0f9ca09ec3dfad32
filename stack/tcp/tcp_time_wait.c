/* SPDX-License-Identifier: MIT
 *
 * Records of connections in TIME-WAIT; the theory of operation stands in tcp_time_wait.h.
 */
#include "tcp/tcp_time_wait.h"

#include "internal.h"

#define BUCKETS_AT_FIRST 64

/* ---- the table ---- */

static struct tcp_time_wait **bucket_of(const struct stack *s, const struct endpoint *local,
					const struct endpoint *remote)
{
	const struct tcp_time_waits *t = &s->tcp.time_waits;

	return &t->buckets[tcp_hash(&s->tcp.table_key, local, remote) & (t->bucket_count - 1)];
}

/* Double the buckets, or make the first. False: there are none, and no memory for them. */
static bool grow(struct stack *s)
{
	struct tcp_time_waits *t = &s->tcp.time_waits;
	size_t wanted = t->bucket_count > 0 ? 2 * t->bucket_count : BUCKETS_AT_FIRST;
	struct tcp_time_wait **buckets = memory_get(&s->memory, wanted * sizeof(struct tcp_time_wait *));

	if (!buckets)
		return t->bucket_count > 0;
	memory_put(&s->memory, t->buckets, t->bucket_count * sizeof(struct tcp_time_wait *));
	t->buckets = buckets;
	t->bucket_count = wanted;
	for (struct list *n = t->oldest_first.next; n != &t->oldest_first; n = n->next) {
		struct tcp_time_wait *w = LIST_ITEM(n, struct tcp_time_wait, node);
		struct tcp_time_wait **bucket = bucket_of(s, &w->local, &w->remote);
		w->next = *bucket;
		*bucket = w;
	}
	return true;
}

static void forget(struct stack *s, struct tcp_time_wait *w)
{
	struct tcp_time_wait **link = bucket_of(s, &w->local, &w->remote);

	while (*link != w)
		link = &(*link)->next;
	*link = w->next;
	list_remove(&w->node);
	s->tcp.time_waits.count--;
	memory_put(&s->memory, w, sizeof *w);
}

static struct tcp_time_wait *oldest(struct stack *s)
{
	struct tcp_time_waits *t = &s->tcp.time_waits;

	return list_empty(&t->oldest_first) ? NULL : LIST_ITEM(t->oldest_first.next, struct tcp_time_wait, node);
}

static void arm(struct stack *s)
{
	struct tcp_time_wait *w = oldest(s);

	if (w)
		deadline_set(&s->deadlines, &s->tcp.time_waits.deadline, w->expires);
	else
		deadline_clear(&s->deadlines, &s->tcp.time_waits.deadline);
}

/* The time begins, or begins anew. */
static void start(struct stack *s, struct tcp_time_wait *w)
{
	w->expires = s->now + TCP_TIME_WAIT_TIME;
	list_remove(&w->node);
	list_append(&s->tcp.time_waits.oldest_first, &w->node);
	arm(s);
}

struct tcp_time_wait *tcp_time_wait_lookup(struct stack *s, const struct endpoint *local, const struct endpoint *remote)
{
	if (s->tcp.time_waits.count == 0)
		return NULL;
	struct tcp_time_wait *w = *bucket_of(s, local, remote);
	while (w && !(endpoint_equal(&w->remote, remote) && endpoint_equal(&w->local, local)))
		w = w->next;
	return w;
}

/* ---- in and out ---- */

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
static void time_wait_reply(struct stack *s, const struct tcp_time_wait *w)
{
	struct tcp_header h = {
	    .source_port = w->local.port,
	    .destination_port = w->remote.port,
	    .seq = w->snd_nxt,
	    .ack = w->rcv_nxt,
	    .flags = TCP_ACK,
	    .window = w->window,
	};

	if (w->timestamps) {
		h.options.timestamps_present = true;
		h.options.tsval = (uint32_t)(s->now / 1000) + w->ts_offset;
		h.options.tsecr = w->ts_recent;
	}
	tcp_bare_reply(s, w->local.address, w->remote.address, &h);
	stack_count(s, COUNT_TCP_SEGMENTS_OUT);
}

static struct tcp_time_wait *record_of(struct stack *s, const struct tcp_connection *c)
{
	struct tcp_time_waits *t = &s->tcp.time_waits;

	if (t->count == TCP_TIME_WAIT_MAX)
		forget(s, oldest(s));
	if (t->count >= t->bucket_count && !grow(s))
		return NULL;
	struct tcp_time_wait *w = memory_get(&s->memory, sizeof *w);
	if (!w)
		return NULL;
	w->local = c->local;
	w->remote = c->remote;
	w->snd_nxt = seq_wire(c->snd_nxt);
	w->rcv_nxt = seq_wire(c->rcv_nxt);
	w->rcv_wnd = c->rcv_adv > c->rcv_nxt ? (uint32_t)(c->rcv_adv - c->rcv_nxt) : 0;
	w->window = (uint16_t)(w->rcv_wnd >> c->rcv_wscale);
	w->timestamps = c->timestamps;
	w->ts_recent = c->ts_recent;
	w->ts_offset = c->ts_offset;
	w->unchallenged = c->unchallenged;
	list_init(&w->node);
	struct tcp_time_wait **bucket = bucket_of(s, &w->local, &w->remote);
	w->next = *bucket;
	*bucket = w;
	t->count++;
	return w;
}

void tcp_time_wait_enter(struct stack *s, struct tcp_connection *c)
{
	bool owes = c->ack_now || c->acks_owed > 0;

	tcp_set_state(s, c, TCP_TIME_WAIT);
	struct tcp_time_wait *w = record_of(s, c);
	tcp_detach(s, c, 0);
	if (!w)
		return;
	start(s, w);
	if (owes)
		time_wait_reply(s, w);
}

bool tcp_time_wait_reusable(const struct stack *s, const struct tcp_time_wait *w)
{
	return w->timestamps && s->now >= w->expires - TCP_TIME_WAIT_TIME + TCP_TIME_WAIT_REUSE;
}

uint32_t tcp_time_wait_replace(struct stack *s, struct tcp_time_wait *w)
{
	uint32_t snd_nxt = w->snd_nxt;

	forget(s, w);
	arm(s);
	return snd_nxt;
}

/* RFC 6191 2 and RFC 9293 3.6.1 (MAY-2): the peer begins anew, provably later than all of the old connection: by its
 * timestamp, or without timestamps by its sequence number. */
static bool is_newer(const struct tcp_time_wait *w, const struct tcp_header *h)
{
	if (w->timestamps && h->options.timestamps_present && h->options.tsval != w->ts_recent)
		return seq_gt(h->options.tsval, w->ts_recent);
	return seq_gt(h->seq, w->rcv_nxt);
}

/* Whether the segment lies in the window that was left open; with the peer's FIN behind us nothing in it is text. */
static bool is_in_window(const struct tcp_time_wait *w, const struct tcp_header *h)
{
	return h->seq == w->rcv_nxt || h->seq - w->rcv_nxt < w->rcv_wnd;
}

/* What comes again, or out of place: its sender learns where we are. Text and FIN each time, since they are sent until
 * they are acknowledged; others not too often. */
static void answer(struct stack *s, struct tcp_time_wait *w, const struct tcp_header *h, size_t text_length)
{
	if (h->flags & TCP_FIN) /* RFC 9293 3.10.7.4, eighth: our ACK of it was lost */
		start(s, w);
	if (text_length == 0 && !(h->flags & TCP_FIN)) {
		if (s->now < w->unchallenged) {
			stack_count(s, COUNT_TCP_CHALLENGES_HELD);
			return;
		}
		w->unchallenged = s->now + TCP_CHALLENGE_INTERVAL;
		stack_count(s, COUNT_TCP_CHALLENGES);
	}
	time_wait_reply(s, w);
}

bool tcp_time_wait_input(struct stack *s, struct tcp_time_wait *w, const struct tcp_header *h, size_t text_length,
			 uint32_t *iss_floor)
{
	const struct tcp_options *o = &h->options;

	if (h->flags & TCP_RST) { /* RFC 1337 3 (F1) */
		stack_drop(s, DROP_TCP_RST);
		return false;
	}
	if (iss_floor && (h->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && is_newer(w, h)) {
		*iss_floor = tcp_time_wait_replace(s, w);
		return true;
	}
	bool old = w->timestamps && o->timestamps_present && seq_lt(o->tsval, w->ts_recent);
	if (old || h->flags & (TCP_SYN | TCP_FIN) || !is_in_window(w, h)) {
		stack_drop(s, DROP_TCP_SEQUENCE);
		answer(s, w, h, text_length);
	} else if (h->flags & TCP_ACK && seq_gt(h->ack, w->snd_nxt)) {
		stack_drop(s, DROP_TCP_ACK);
		answer(s, w, h, text_length);
	} else if (text_length > 0) {
		stack_drop(s, DROP_TCP_AFTER_FIN);
	}
	return false;
}

void tcp_time_wait_deadline(struct stack *s)
{
	struct tcp_time_wait *w;

	while ((w = oldest(s)) && w->expires <= s->now)
		forget(s, w);
	arm(s);
}

void tcp_time_wait_init(struct stack *s)
{
	list_init(&s->tcp.time_waits.oldest_first);
	deadline_init(&s->tcp.time_waits.deadline, DEADLINE_TCP_TIME_WAIT);
}

void tcp_time_wait_release(struct stack *s)
{
	struct tcp_time_waits *t = &s->tcp.time_waits;

	while (oldest(s))
		forget(s, oldest(s));
	arm(s);
	memory_put(&s->memory, t->buckets, t->bucket_count * sizeof(struct tcp_time_wait *));
}
