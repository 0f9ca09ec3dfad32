/* SPDX-License-Identifier: MIT
 *
 * The layer as a whole: its beginning, its end, and the flush that lets marked connections send.
 */
#include "internal.h"

#define BUCKETS_AT_FIRST 64

bool tcp_init(struct stack *s, size_t send_limit, size_t receive_limit, size_t buffer_memory)
{
	struct tcp *t = &s->tcp;

	list_init(&t->marked);
	list_init(&t->notices);
	tcp_time_wait_init(s);
	t->table_key = random_key(&s->random);
	t->isn_key = random_key(&s->random);
	t->ports.key = random_key(&s->random);
	t->timestamp_key = random_key(&s->random);
	t->buffers = (struct memory){.within = &s->memory, .limit = buffer_memory};
	t->send_limit = send_limit;
	t->receive_limit = receive_limit;
	t->cc = &cc_reno;
	t->buckets = memory_get(&s->memory, BUCKETS_AT_FIRST * sizeof(struct tcp_connection *));
	if (!t->buckets)
		return false;
	t->bucket_count = BUCKETS_AT_FIRST;
	return true;
}

void tcp_release(struct stack *s)
{
	struct tcp *t = &s->tcp;

	for (size_t i = 0; i < t->bucket_count; i++)
		while (t->buckets[i])
			tcp_destroy(s, t->buckets[i]);
	for (size_t i = 0; i < TCP_LISTENER_BUCKETS; i++)
		while (t->listeners[i])
			tcp_listener_close(s, t->listeners[i]);
	memory_put(&s->memory, t->buckets, t->bucket_count * sizeof(struct tcp_connection *));
	tcp_time_wait_release(s);
}

void tcp_flush(struct stack *s)
{
	while (!s->tcp.device_full && !list_empty(&s->tcp.marked)) {
		struct list *node = list_take(&s->tcp.marked);
		struct tcp_connection *c = LIST_ITEM(node, struct tcp_connection, marked);
		if (!tcp_output(s, c)) {
			s->tcp.device_full = true;
			tcp_mark(s, c);
		}
	}
}

void tcp_writable(struct stack *s)
{
	s->tcp.device_full = false;
}
