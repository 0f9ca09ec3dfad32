/* SPDX-License-Identifier: MIT
 *
 * Reassembly: the theory of operation stands in reassembly.h.
 *
 * The buffer of an incomplete datagram leaves room for the longest header before the payload, so that header and payload of
 * the finished datagram are adjacent, as they would be in a frame:
 *
 *     buffer   |   room   | header | payload [0, total) ....... |     |
 *              0                   IP_HEADER_MAX                      IP_HEADER_MAX + capacity
 */
#include "ip/reassembly.h"

#include <string.h>

#include "internal.h"
#include "ip/ip_wire.h"

#define PAYLOAD_MAX  (IP_TOTAL_MAX - IP_HEADER_MIN)
#define CAPACITY_MIN 2048

/* A datagram of which not all is here. */
struct partial {
	struct list node;
	struct address source;
	struct address destination;
	uint8_t protocol;
	uint16_t id;
	uint8_t tos; /* of the first fragment, as the two below */
	uint8_t ttl;
	unsigned header_length; /* 0 while the first fragment is missing */
	bool congested;         /* one fragment or more had the mark CE (RFC 3168 5.3) */
	bool not_ect;           /* one fragment or more is not of an ECN-capable transport */
	bool broadcast;
	size_t total;          /* of the payload; 0 while the last fragment is missing */
	struct ranges present; /* which bytes of the payload are here */
	uint8_t *buffer;
	size_t capacity; /* bytes of payload that the buffer has room for */
	struct deadline deadline;
};

/* A fragment, seen as a range of its datagram's payload. */
struct fragment {
	const struct ip_header *header;
	const uint8_t *packet;
	const uint8_t *bytes;
	size_t start;
	size_t end;
	bool last;
};

/* ---- what an entry costs, and who pays ---- */

static size_t buffer_size(const struct partial *p)
{
	return p->capacity > 0 ? IP_HEADER_MAX + p->capacity : 0;
}

static size_t cost(const struct partial *p)
{
	return sizeof *p + buffer_size(p);
}

static void discard(struct stack *s, struct partial *p)
{
	s->ip.reassembly.bytes -= cost(p);
	list_remove(&p->node);
	deadline_clear(&s->deadlines, &p->deadline);
	memory_put(&s->memory, p->buffer, buffer_size(p));
	memory_put(&s->memory, p, sizeof *p);
}

static void make_room_for(struct stack *s, struct partial *oldest)
{
	stack_drop(s, DROP_IP_REASSEMBLY_FULL);
	discard(s, oldest);
}

/* What the datagrams of this source cost; *oldest is the first of them that is not `spared`. */
static size_t cost_of_source(struct stack *s, struct address source, const struct partial *spared,
			     struct partial **oldest)
{
	size_t bytes = 0;

	*oldest = NULL;
	for (struct list *n = s->ip.reassembly.datagrams.next; n != &s->ip.reassembly.datagrams; n = n->next) {
		struct partial *p = LIST_ITEM(n, struct partial, node);
		if (!address_equal(p->source, source))
			continue;
		bytes += cost(p);
		if (!*oldest && p != spared)
			*oldest = p;
	}
	return bytes;
}

/* Let the oldest of this source go until `more` bytes fit its bound. One datagram alone always does. */
static void make_room_in_source(struct stack *s, struct address source, const struct partial *spared, size_t more)
{
	struct partial *oldest;

	while (cost_of_source(s, source, spared, &oldest) + more > REASSEMBLY_SOURCE_MAX && oldest)
		make_room_for(s, oldest);
}

/* The same for all sources together. */
static void make_room_in_all(struct stack *s, const struct partial *spared, size_t more)
{
	struct reassembly *r = &s->ip.reassembly;

	while (r->bytes + more > REASSEMBLY_TOTAL_MAX) {
		struct list *first = r->datagrams.next;
		if (spared && first == &spared->node)
			first = first->next;
		if (first == &r->datagrams)
			return;
		make_room_for(s, LIST_ITEM(first, struct partial, node));
	}
}

static void make_room(struct stack *s, struct address source, const struct partial *spared, size_t more)
{
	make_room_in_source(s, source, spared, more);
	make_room_in_all(s, spared, more);
}

/* ---- entries ---- */

static struct partial *find(struct stack *s, const struct ip_header *h)
{
	for (struct list *n = s->ip.reassembly.datagrams.next; n != &s->ip.reassembly.datagrams; n = n->next) {
		struct partial *p = LIST_ITEM(n, struct partial, node);
		if (p->id == h->id && p->protocol == h->protocol && address_equal(p->source, h->source) &&
		    address_equal(p->destination, h->destination))
			return p;
	}
	return NULL;
}

static struct partial *open_entry(struct stack *s, const struct ip_header *h, bool broadcast)
{
	make_room(s, h->source, NULL, sizeof(struct partial));
	struct partial *p = memory_get(&s->memory, sizeof *p);
	if (!p)
		return NULL;
	p->source = h->source;
	p->destination = h->destination;
	p->protocol = h->protocol;
	p->id = h->id;
	p->broadcast = broadcast;
	deadline_init(&p->deadline, DEADLINE_REASSEMBLY);
	deadline_set(&s->deadlines, &p->deadline, s->now + REASSEMBLY_TIME);
	list_append(&s->ip.reassembly.datagrams, &p->node);
	s->ip.reassembly.bytes += cost(p);
	return p;
}

/* Make the buffer hold payload up to `end`. */
static bool grow(struct stack *s, struct partial *p, size_t end)
{
	size_t capacity = p->capacity > 0 ? p->capacity : CAPACITY_MIN;

	if (end <= p->capacity)
		return true;
	while (capacity < end)
		capacity *= 2;
	make_room(s, p->source, p, IP_HEADER_MAX + capacity - buffer_size(p));
	uint8_t *buffer = memory_get(&s->memory, IP_HEADER_MAX + capacity);
	if (!buffer)
		return false;
	if (p->buffer)
		memcpy(buffer, p->buffer, buffer_size(p));
	s->ip.reassembly.bytes += IP_HEADER_MAX + capacity - buffer_size(p);
	memory_put(&s->memory, p->buffer, buffer_size(p));
	p->buffer = buffer;
	p->capacity = capacity;
	return true;
}

/* ---- fragments ---- */

/* Whether it can be a fragment at all; `drop` says why not. */
static bool plausible(const struct fragment *f, enum drop_reason *drop)
{
	if (f->end == f->start || (!f->last && f->end % 8 != 0)) {
		*drop = DROP_IP_FRAGMENT_EMPTY;
		return false;
	}
	if (f->end > PAYLOAD_MAX) {
		*drop = DROP_IP_FRAGMENT_LONG;
		return false;
	}
	return true;
}

/* Whether it agrees with the end of the datagram, where one of the two knows it. */
static bool agrees_with_total(const struct partial *p, const struct fragment *f)
{
	size_t known_end = p->present.count > 0 ? (size_t)p->present.at[p->present.count - 1].end : 0;

	if (p->total > 0)
		return f->last ? f->end == p->total : f->end <= p->total;
	return !f->last || f->end >= known_end;
}

/* Whether all its bytes are here, and the same. */
static bool is_duplicate(const struct partial *p, const struct fragment *f)
{
	return ranges_contain(&p->present, f->start, f->end) &&
	       memcmp(p->buffer + IP_HEADER_MAX + f->start, f->bytes, f->end - f->start) == 0;
}

/* Put the fragment's bytes, and what only the first one brings, in their places. */
static bool place(struct stack *s, struct partial *p, const struct fragment *f)
{
	if (!grow(s, p, f->end))
		return false;
	ranges_add(&p->present, f->start, f->end);
	memcpy(p->buffer + IP_HEADER_MAX + f->start, f->bytes, f->end - f->start);
	p->congested |= (f->header->tos & IP_ECN_MASK) == IP_ECN_CE;
	p->not_ect |= (f->header->tos & IP_ECN_MASK) == 0;
	if (f->start == 0) {
		p->header_length = f->header->header_length;
		p->tos = f->header->tos;
		p->ttl = f->header->ttl;
		memcpy(p->buffer + IP_HEADER_MAX - p->header_length, f->packet, p->header_length);
	}
	return true;
}

/* Whether the set has no place for it: it is full, and the fragment joins nothing that is in it. */
static bool too_many_pieces(const struct partial *p, const struct fragment *f)
{
	return p->present.count == RANGES_MAX && !ranges_meet(&p->present, f->start > 0 ? f->start - 1 : 0, f->end + 1);
}

static bool is_complete(const struct partial *p)
{
	return p->total > 0 && ranges_contain(&p->present, 0, p->total);
}

/* Whether the whole is a datagram that can be: no longer than IP allows with the first fragment's header, and not congested
 * where part of it says that its transport would not understand that (RFC 3168 5.3). */
static bool whole_is_good(struct stack *s, const struct partial *p)
{
	if (p->header_length + p->total > IP_TOTAL_MAX)
		stack_drop(s, DROP_IP_FRAGMENT_LONG);
	else if (p->congested && p->not_ect)
		stack_drop(s, DROP_IP_FRAGMENT_ECN);
	else
		return true;
	return false;
}

static void deliver(struct stack *s, struct partial *p)
{
	struct ip_datagram datagram = {
	    .source = p->source,
	    .destination = p->destination,
	    .protocol = p->protocol,
	    .ttl = p->ttl,
	    .tos = p->congested ? p->tos | IP_ECN_CE : p->tos,
	    .broadcast = p->broadcast,
	    .bytes = p->buffer + IP_HEADER_MAX - p->header_length,
	    .header_length = p->header_length,
	    .payload = p->buffer + IP_HEADER_MAX,
	    .length = p->total,
	};

	if (whole_is_good(s, p)) {
		stack_count(s, COUNT_IP_REASSEMBLED);
		ip_deliver(s, &datagram);
	}
	discard(s, p);
}

/* A fragment of a datagram that is waited for. */
static void take(struct stack *s, struct partial *p, const struct fragment *f)
{
	bool duplicate = is_duplicate(p, f);

	if (!duplicate && ranges_meet(&p->present, f->start, f->end)) {
		stack_drop(s, DROP_IP_FRAGMENT_OVERLAP);
		discard(s, p);
		return;
	}
	if (!agrees_with_total(p, f)) {
		stack_drop(s, DROP_IP_FRAGMENT_TOTAL);
		return;
	}
	if (duplicate) {
		stack_drop(s, DROP_IP_FRAGMENT_DUPLICATE);
	} else if (too_many_pieces(p, f)) {
		stack_drop(s, DROP_IP_FRAGMENT_PIECES);
		return;
	} else if (!place(s, p, f)) {
		stack_drop(s, DROP_IP_FRAGMENT_NO_MEMORY);
		return;
	}
	if (f->last) /* also of a duplicate: the bytes may have been there already, but not that they are the last */
		p->total = f->end;
	if (is_complete(p))
		deliver(s, p);
}

void reassembly_input(struct stack *s, const uint8_t *packet, const struct ip_header *header, bool broadcast)
{
	struct fragment f = {
	    .header = header,
	    .packet = packet,
	    .bytes = packet + header->header_length,
	    .start = header->fragment_offset,
	    .end = header->fragment_offset + header->total_length - header->header_length,
	    .last = !header->more_fragments,
	};
	enum drop_reason drop;

	stack_count(s, COUNT_IP_FRAGMENTS_IN);
	if (!plausible(&f, &drop)) {
		stack_drop(s, drop);
		return;
	}
	struct partial *p = find(s, header);
	if (!p)
		p = open_entry(s, header, broadcast);
	if (p)
		take(s, p, &f);
	else
		stack_drop(s, DROP_IP_FRAGMENT_NO_MEMORY);
}

void reassembly_deadline(struct stack *s, struct deadline *deadline)
{
	struct partial *p = LIST_ITEM(deadline, struct partial, deadline);

	stack_drop(s, DROP_IP_REASSEMBLY_TIME);
	if (p->header_length > 0) /* RFC 792: code 1, only when fragment zero is here */
		icmp_error_reply(s, p->buffer + IP_HEADER_MAX - p->header_length,
				 p->header_length + (size_t)p->present.at[0].end, ICMP_TIME_EXCEEDED, 1, 0);
	discard(s, p);
}

void reassembly_init(struct stack *s)
{
	list_init(&s->ip.reassembly.datagrams);
}

void reassembly_release(struct stack *s)
{
	while (!list_empty(&s->ip.reassembly.datagrams))
		discard(s, LIST_ITEM(s->ip.reassembly.datagrams.next, struct partial, node));
}
