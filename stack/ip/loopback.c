/* SPDX-License-Identifier: MIT
 *
 * The loopback queue.
 */
#include "ip/loopback.h"

#include "internal.h"

struct looped {
	struct list node;
	size_t length;
	uint8_t packet[];
};

static void discard(struct stack *s, struct looped *looped)
{
	memory_put(&s->memory, looped, sizeof *looped + looped->length);
}

void loopback_init(struct stack *s)
{
	list_init(&s->ip.loopback.queue);
	deadline_init(&s->ip.loopback.deadline, DEADLINE_LOOPBACK);
}

void loopback_release(struct stack *s)
{
	struct list *node;

	while ((node = list_take(&s->ip.loopback.queue)))
		discard(s, LIST_ITEM(node, struct looped, node));
	deadline_clear(&s->deadlines, &s->ip.loopback.deadline);
}

void loopback_output(struct stack *s, const struct tx_packet *packet)
{
	struct loopback *l = &s->ip.loopback;
	size_t length = tx_length(packet);

	if (l->count == LOOPBACK_PACKETS_MAX) {
		stack_drop(s, DROP_TX_LOOPBACK_FULL);
		return;
	}
	struct looped *looped = memory_get(&s->memory, sizeof *looped + length);
	if (!looped) {
		stack_drop(s, DROP_TX_NO_MEMORY);
		return;
	}
	looped->length = length;
	tx_copy(packet, looped->packet);
	list_append(&l->queue, &looped->node);
	l->count++;
	deadline_set(&s->deadlines, &l->deadline, s->now);
}

void loopback_deadline(struct stack *s)
{
	struct loopback *l = &s->ip.loopback;

	/* What is answered straight from input comes in within the same tick; what sockets answer waits for the flush, so that two
	 * who never stop do not keep us here. */
	for (unsigned count = l->count; count > 0; count--) {
		struct looped *looped = LIST_ITEM(list_take(&l->queue), struct looped, node);
		l->count--;
		ip_loopback_input(s, looped->packet, looped->length);
		discard(s, looped);
	}
}
