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

#define PAYLOAD_MAX  (65535 - IP_HEADER_MIN)
#define CAPACITY_MIN 4096

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

/* The oldest datagram of this source, or of any where it is NULL, but for `spared`; and what all of them cost. */
static struct partial *oldest_of(struct stack *s, const struct address *source, const struct partial *spared,
				 size_t *bytes)
{
	struct partial *oldest = NULL;

	*bytes = 0;
	for (struct list *n = s->ip.reassembly.datagrams.next; n != &s->ip.reassembly.datagrams; n = n->next) {
		struct partial *p = LIST_ITEM(n, struct partial, node);
		if (source && !address_equal(p->source, *source))
			continue;
		*bytes += cost(p);
		if (!oldest && p != spared)
			oldest = p;
	}
	return oldest;
}

/* Let the oldest go until `more` bytes fit within both bounds. False: they never will. */
static bool make_room(struct stack *s, struct address source, const struct partial *spared, size_t more)
{
	const struct address *whose[] = {&source, NULL};
	const size_t bounds[] = {REASSEMBLY_SOURCE_MAX, REASSEMBLY_TOTAL_MAX};
	size_t bytes;

	for (unsigned i = 0; i < 2; i++) {
		struct partial *oldest = oldest_of(s, whose[i], spared, &bytes);
		while (bytes + more > bounds[i]) {
			if (!oldest)
				return false;
			stack_drop(s, DROP_IP_REASSEMBLY_FULL);
			discard(s, oldest);
			oldest = oldest_of(s, whose[i], spared, &bytes);
		}
	}
	return true;
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
	if (!make_room(s, h->source, NULL, sizeof(struct partial)))
		return NULL;
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
	if (!make_room(s, p->source, p, IP_HEADER_MAX + capacity - buffer_size(p)))
		return false;
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
	if (!grow(s, p, f->end) || !ranges_add(&p->present, f->start, f->end))
		return false;
	memcpy(p->buffer + IP_HEADER_MAX + f->start, f->bytes, f->end - f->start);
	if (f->last)
		p->total = f->end;
	if ((f->header->tos & IP_ECN_MASK) == IP_ECN_CE)
		p->congested = true;
	if (f->start == 0) {
		p->header_length = f->header->header_length;
		p->tos = f->header->tos;
		p->ttl = f->header->ttl;
		memcpy(p->buffer + IP_HEADER_MAX - p->header_length, f->packet, p->header_length);
	}
	return true;
}

static bool is_complete(const struct partial *p)
{
	return p->total > 0 && ranges_contain(&p->present, 0, p->total);
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

	stack_count(s, COUNT_IP_REASSEMBLED);
	ip_deliver(s, &datagram);
	discard(s, p);
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
	if (!p) {
		stack_drop(s, DROP_IP_FRAGMENT_NO_MEMORY);
	} else if (is_duplicate(p, &f)) {
		stack_drop(s, DROP_IP_FRAGMENT_DUPLICATE);
	} else if (ranges_meet(&p->present, f.start, f.end)) {
		stack_drop(s, DROP_IP_FRAGMENT_OVERLAP);
		discard(s, p);
	} else if (!agrees_with_total(p, &f)) {
		stack_drop(s, DROP_IP_FRAGMENT_TOTAL);
	} else if (!place(s, p, &f)) {
		stack_drop(s, DROP_IP_FRAGMENT_NO_MEMORY);
	} else if (is_complete(p)) {
		deliver(s, p);
	}
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
