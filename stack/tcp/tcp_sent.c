/* SPDX-License-Identifier: MIT
 *
 * The records of segments in flight: a ring that grows with them.
 */
#include "tcp/tcp_sent.h"

#include <string.h>

#include "internal.h"

static bool in_network(const struct tcp_record *r)
{
	return !r->sacked && !r->lost;
}

/* ---- the scoreboard ---- */

uint32_t tcp_sent_find(struct tcp_sent *sent, uint64_t position)
{
	uint32_t low = 0, high = sent->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (tcp_sent_at(sent, middle)->start < position)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct tcp_record *tcp_sent_lost(struct tcp_sent *sent)
{
	if (sent->lost == 0)
		return NULL;
	uint32_t number = tcp_sent_find(sent, sent->lost_from);
	while (!tcp_sent_at(sent, number)->lost)
		number++;
	struct tcp_record *r = tcp_sent_at(sent, number);
	sent->lost_from = r->start;
	return r;
}

void tcp_sent_lose(struct tcp_sent *sent, struct tcp_record *r)
{
	r->lost = true;
	if (sent->lost == 0 || r->start < sent->lost_from)
		sent->lost_from = r->start;
	sent->lost++;
	sent->pipe -= r->length;
}

void tcp_sent_sack(struct tcp_sent *sent, struct tcp_record *r)
{
	if (r->lost)
		sent->lost--;
	else
		sent->pipe -= r->length;
	r->lost = false;
	r->sacked = true;
	sent->sacked++;
}

void tcp_sent_unsack(struct tcp_sent *sent)
{
	for (uint32_t i = 0; i < sent->count; i++) {
		struct tcp_record *r = tcp_sent_at(sent, i);
		if (r->sacked)
			sent->pipe += r->length;
		r->sacked = false;
	}
	sent->sacked = 0;
}

uint32_t tcp_sent_acked(struct tcp_sent *sent, uint64_t position, struct tcp_record *record)
{
	struct tcp_record *r = tcp_sent_at(sent, 0);

	if (sent->count == 0 || position <= r->start)
		return 0;
	*record = *r;
	uint32_t length = position < tcp_record_end(r) ? (uint32_t)(position - r->start) : r->length;
	if (in_network(r))
		sent->pipe -= length;
	r->start += length;
	r->length -= length;
	if (r->length > 0)
		return length;
	sent->sacked -= r->sacked;
	sent->lost -= r->lost;
	sent->first++;
	sent->count--;
	return length;
}

/* ---- recording ---- */

static size_t size_for(uint32_t capacity)
{
	return sizeof(struct tcp_sent) + capacity * sizeof(struct tcp_record);
}

static struct tcp_sent *create(struct stack *s, struct tcp_connection *c, uint32_t capacity)
{
	struct tcp_sent *sent = memory_get(&s->memory, size_for(capacity));

	if (!sent)
		return NULL;
	deadline_init(&sent->deadline, DEADLINE_TCP_LOSS);
	sent->connection = c;
	sent->capacity = capacity;
	return sent;
}

/* Room for twice as many. False: no memory, and there are no records any more. */
static bool grow(struct stack *s, struct tcp_connection *c)
{
	struct tcp_sent *old = c->sent;
	struct tcp_sent *larger = create(s, c, 2 * old->capacity);

	if (!larger) {
		tcp_sent_release(s, c);
		return false;
	}
	uint32_t capacity = larger->capacity;
	struct deadline deadline = larger->deadline;
	memcpy(larger, old, sizeof *old);
	larger->capacity = capacity;
	larger->deadline = deadline;
	larger->first = 0;
	for (uint32_t i = 0; i < old->count; i++)
		larger->records[i] = *tcp_sent_at(old, i);
	if (old->deadline.armed)
		deadline_set(&s->deadlines, &larger->deadline, old->deadline.at);
	tcp_sent_release(s, c);
	c->sent = larger;
	return true;
}

/* A record's segment has gone again. */
static void note_again(struct stack *s, struct tcp_sent *sent, struct tcp_record *r)
{
	if (!in_network(r))
		sent->pipe += r->length;
	sent->lost -= r->lost;
	sent->sacked -= r->sacked;
	r->lost = r->sacked = false;
	r->again = true;
	r->sent_at = s->now;
}

void tcp_sent_note(struct stack *s, struct tcp_connection *c, uint64_t start, uint64_t end)
{
	if (!c->sent && c->sack_permitted && c->snd_nxt == c->snd_una && c->state >= TCP_ESTABLISHED)
		c->sent = create(s, c, TCP_SENT_FIRST);
	if (!c->sent)
		return;
	c->sent->prr.out += end - start;
	if (start < c->snd_nxt) {
		note_again(s, c->sent, tcp_sent_at(c->sent, tcp_sent_find(c->sent, start)));
		return;
	}
	if (c->sent->count == c->sent->capacity && !grow(s, c))
		return;
	*tcp_sent_at(c->sent, c->sent->count++) =
	    (struct tcp_record){.start = start, .length = (uint32_t)(end - start), .sent_at = s->now};
	c->sent->pipe += end - start;
}

void tcp_sent_release(struct stack *s, struct tcp_connection *c)
{
	if (!c->sent)
		return;
	deadline_clear(&s->deadlines, &c->sent->deadline);
	memory_put(&s->memory, c->sent, size_for(c->sent->capacity));
	c->sent = NULL;
	c->timed_seq = 0; /* it means another thing without them */
}

bool tcp_sent_holds(const struct tcp_connection *c)
{
	struct tcp_sent *sent = c->sent;
	uint64_t position = c->snd_una, pipe = 0;
	uint32_t sacked = 0, lost = 0;

	if (!sent)
		return true;
	if (c->snd_rtx != c->snd_nxt || sent->count > TCP_SENT_MAX)
		return false;
	for (uint32_t i = 0; i < sent->count; i++) {
		const struct tcp_record *r = tcp_sent_at(sent, i);
		if (r->start != position || r->length == 0 || (r->sacked && r->lost))
			return false;
		if (r->lost && r->start < sent->lost_from)
			return false;
		position += r->length;
		pipe += in_network(r) ? r->length : 0;
		sacked += r->sacked;
		lost += r->lost;
	}
	return sent->count > 0 && position == c->snd_nxt && pipe == sent->pipe && sacked == sent->sacked &&
	       lost == sent->lost;
}
