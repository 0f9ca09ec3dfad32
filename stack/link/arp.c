/* SPDX-License-Identifier: MIT
 *
 * The ARP cache: ask, wait, learn, forget. The theory of operation stands in arp.h.
 */
#include "link/arp.h"

#include <errno.h>
#include <string.h>

#include "internal.h"
#include "link/arp_wire.h"
#include "link/ether_wire.h"

/* A packet that waits for its neighbour's address: a copy with its own payload, since the sender's slices live
 * only as long as its call. */
struct arp_waiting {
	struct list node;
	size_t size; /* of this block, in bytes */
	struct tx_packet packet;
	uint8_t payload[];
};

static struct arp_entry **bucket_of(struct stack *s, struct address address)
{
	return &s->arp.buckets[siphash(&s->arp.key, address.bytes, sizeof address.bytes) % ARP_BUCKETS];
}

static struct arp_entry *find(struct stack *s, struct address address)
{
	struct arp_entry *e = *bucket_of(s, address);

	while (e && !address_equal(e->address, address))
		e = e->next;
	return e;
}

static void emit_event(struct stack *s, enum event_type type, struct address address)
{
	event_emit(&s->events, &(struct event){.type = type, .remote.address = address});
}

/* ---- packets out ---- */

static void send_packet(struct stack *s, const struct arp_packet *arp, struct mac destination)
{
	struct tx_packet packet;

	tx_init(&packet);
	arp_emit(tx_prepend(&packet, ARP_LENGTH), arp);
	if (ether_output(s, &packet, destination, ETHERTYPE_ARP) != 0)
		stack_drop(s, DROP_TX_FULL);
}

void arp_send_request(struct stack *s, struct address sender, struct address target, struct mac destination)
{
	struct arp_packet request = {
	    .operation = ARP_REQUEST, .sender_mac = s->interface.mac, .sender = sender, .target = target};

	stack_count(s, COUNT_ARP_REQUESTS_OUT);
	send_packet(s, &request, destination);
}

static void arp_reply(struct stack *s, const struct arp_packet *request)
{
	struct arp_packet reply = {
	    .operation = ARP_REPLY,
	    .sender_mac = s->interface.mac,
	    .sender = s->interface.address,
	    .target_mac = request->sender_mac,
	    .target = request->sender,
	};

	stack_count(s, COUNT_ARP_REPLIES_OUT);
	send_packet(s, &reply, request->sender_mac);
}

/* ---- the queue of an incomplete entry ---- */

static struct arp_waiting *queue_take(struct arp_entry *e)
{
	struct list *node = list_take(&e->queue);

	if (!node)
		return NULL;
	e->queued--;
	return LIST_ITEM(node, struct arp_waiting, node);
}

/* Copy a packet out of its sender's hands. NULL: no memory. */
static struct arp_waiting *waiting_copy(struct stack *s, const struct tx_packet *packet)
{
	size_t size = sizeof(struct arp_waiting) + packet->payload_length;
	struct arp_waiting *waiting = memory_get(&s->memory, size);

	if (!waiting)
		return NULL;
	waiting->size = size;
	waiting->packet = *packet;
	waiting->packet.slice_count = 0;
	waiting->packet.payload_length = 0;
	uint8_t *end = waiting->payload;
	for (unsigned i = 0; i < packet->slice_count; i++) {
		memcpy(end, packet->slices[i].bytes, packet->slices[i].length);
		end += packet->slices[i].length;
	}
	tx_append(&waiting->packet, waiting->payload, packet->payload_length);
	return waiting;
}

/* In a full queue the oldest makes room: RFC 1122 2.3.2.2 would have the latest saved. */
static void queue_add(struct stack *s, struct arp_entry *e, const struct tx_packet *packet)
{
	struct arp_waiting *waiting = waiting_copy(s, packet);

	if (!waiting) {
		stack_drop(s, DROP_TX_NO_MEMORY);
		return;
	}
	if (e->queued == ARP_QUEUE_MAX) {
		struct arp_waiting *oldest = queue_take(e);
		stack_drop(s, DROP_ARP_QUEUE_FULL);
		memory_put(&s->memory, oldest, oldest->size);
	}
	list_append(&e->queue, &waiting->node);
	e->queued++;
	emit_event(s, EVENT_ARP_QUEUED, e->address);
}

static void queue_send(struct stack *s, struct arp_entry *e)
{
	struct arp_waiting *waiting;

	while ((waiting = queue_take(e))) {
		if (ether_output(s, &waiting->packet, e->mac, ETHERTYPE_IPV4) != 0)
			stack_drop(s, DROP_TX_FULL);
		memory_put(&s->memory, waiting, waiting->size);
	}
}

/* ---- entries ---- */

static bool entry_asks(const struct arp_entry *e)
{
	return e->state == ARP_STATE_INCOMPLETE || e->state == ARP_STATE_PROBE;
}

static void entry_turn(struct stack *s, struct arp_entry *e, enum arp_state state)
{
	s->arp.counts[e->state]--;
	s->arp.counts[state]++;
	e->state = state;
}

static struct arp_entry *entry_add(struct stack *s, struct address address)
{
	if (s->arp.count == ARP_ENTRIES_MAX)
		return NULL;
	struct arp_entry *e = memory_get(&s->memory, sizeof *e);
	if (!e)
		return NULL;
	e->address = address;
	e->state = ARP_STATE_INCOMPLETE;
	list_init(&e->queue);
	deadline_init(&e->deadline, DEADLINE_ARP);
	struct arp_entry **bucket = bucket_of(s, address);
	e->next = *bucket;
	*bucket = e;
	s->arp.count++;
	s->arp.counts[e->state]++;
	return e;
}

static void entry_unlink(struct stack *s, struct arp_entry *e)
{
	struct arp_entry **link = bucket_of(s, e->address);

	while (*link != e)
		link = &(*link)->next;
	*link = e->next;
	s->arp.count--;
	s->arp.counts[e->state]--;
	deadline_clear(&s->deadlines, &e->deadline);
}

static void entry_remove(struct stack *s, struct arp_entry *e)
{
	struct arp_waiting *waiting;

	entry_unlink(s, e);
	while ((waiting = queue_take(e))) {
		stack_drop(s, DROP_ARP_UNRESOLVED);
		memory_put(&s->memory, waiting, waiting->size);
	}
	memory_put(&s->memory, e, sizeof *e);
}

/* Nobody answers: whoever waits is told (RFC 1122 2.4). That may make somebody send to this address at once, and so find
 * the entry gone already. */
static void entry_give_up(struct stack *s, struct arp_entry *e)
{
	struct arp_waiting *waiting;

	emit_event(s, EVENT_ARP_GAVE_UP, e->address);
	entry_unlink(s, e);
	while ((waiting = queue_take(e))) {
		stack_drop(s, DROP_ARP_UNRESOLVED);
		ip_error(s, &waiting->packet, e->address);
		memory_put(&s->memory, waiting, waiting->size);
	}
	memory_put(&s->memory, e, sizeof *e);
}

/* The entry that was wanted longest ago, of those that a MAC is known for and nothing is asked about. Walks the cache: only
 * when it is full and we turn to a new neighbour. */
static struct arp_entry *least_used(struct stack *s)
{
	struct arp_entry *least = NULL;

	for (unsigned i = 0; i < ARP_BUCKETS; i++)
		for (struct arp_entry *e = s->arp.buckets[i]; e; e = e->next)
			if ((e->state == ARP_STATE_REACHABLE || e->state == ARP_STATE_STALE) &&
			    (!least || e->used < least->used))
				least = e;
	return least;
}

/* An entry for a neighbour that we ourselves want to reach: in a full cache the least used makes room. */
static struct arp_entry *entry_add_wanted(struct stack *s, struct address neighbour)
{
	if (s->arp.count == ARP_ENTRIES_MAX) {
		struct arp_entry *least = least_used(s);
		if (least)
			entry_remove(s, least);
	}
	return entry_add(s, neighbour);
}

/* Send one more request: to everybody, or in PROBE to the station that should be there (RFC 1122 2.3.2.1 (2)). */
static void entry_ask(struct stack *s, struct arp_entry *e)
{
	e->tries++;
	e->asked = s->now;
	deadline_set(&s->deadlines, &e->deadline, s->now + ARP_INTERVAL);
	arp_send_request(s, s->interface.address, e->address, e->state == ARP_STATE_PROBE ? e->mac : MAC_BROADCAST);
}

static void entry_probe(struct stack *s, struct arp_entry *e)
{
	entry_turn(s, e, ARP_STATE_PROBE);
	e->tries = 0;
	entry_ask(s, e);
}

/* A neighbour is known, anew or still, and what waited for it may go. */
static void entry_confirm(struct stack *s, struct arp_entry *e, struct mac mac)
{
	if (e->state == ARP_STATE_STATIC)
		return;
	if (e->state == ARP_STATE_INCOMPLETE)
		emit_event(s, EVENT_ARP_LEARNED, e->address);
	e->mac = mac;
	entry_turn(s, e, ARP_STATE_REACHABLE);
	deadline_set(&s->deadlines, &e->deadline, s->now + ARP_REACHABLE_TIME);
	queue_send(s, e);
}

/* Another station speaks in this neighbour's name: see whether the one that we know is still there. Whoever provokes this
 * again and again makes us ask once a second, no more. */
static void entry_doubt(struct stack *s, struct arp_entry *e)
{
	if ((e->state == ARP_STATE_REACHABLE || e->state == ARP_STATE_STALE) && s->now - e->asked >= ARP_INTERVAL)
		entry_probe(s, e);
}

/* ---- packets in ---- */

/* Whether the sender fields can name one other station on our network. A probe (RFC 5227 1.1) has sender 0.0.0.0. A packet
 * from our own MAC is one of ours that came back. */
static bool sender_plausible(struct stack *s, const struct arp_packet *arp)
{
	if (mac_is_group(arp->sender_mac) || mac_equal(arp->sender_mac, s->interface.mac))
		return false;
	return address_is_any(arp->sender) ||
	       (interface_on_link(&s->interface, arp->sender) && !interface_is_broadcast(&s->interface, arp->sender));
}

/* A request tells where its sender is. That is news when it is for us, and a reason for doubt when we know better. */
static void request_learn(struct stack *s, const struct arp_packet *arp, bool for_us)
{
	struct arp_entry *e = find(s, arp->sender);

	if (e && e->state != ARP_STATE_INCOMPLETE && !mac_equal(e->mac, arp->sender_mac)) {
		entry_doubt(s, e);
		return;
	}
	if (!for_us || address_is_any(arp->sender))
		return;
	if (!e)
		e = entry_add(s, arp->sender);
	if (e)
		entry_confirm(s, e, arp->sender_mac);
	else
		stack_drop(s, DROP_ARP_CACHE_FULL);
}

static void request_input(struct stack *s, const struct arp_packet *arp)
{
	bool for_us = address_equal(arp->target, s->interface.address);

	request_learn(s, arp, for_us);
	if (for_us)
		arp_reply(s, arp);
	else
		stack_drop(s, DROP_ARP_NOT_OURS);
}

static void reply_input(struct stack *s, const struct arp_packet *arp)
{
	struct arp_entry *e = find(s, arp->sender);

	if (!address_equal(arp->target, s->interface.address)) {
		stack_drop(s, DROP_ARP_NOT_OURS);
		return;
	}
	if (!e || !entry_asks(e) || (e->state == ARP_STATE_PROBE && !mac_equal(e->mac, arp->sender_mac))) {
		stack_drop(s, DROP_ARP_UNASKED);
		return;
	}
	entry_confirm(s, e, arp->sender_mac);
}

void arp_input(struct stack *s, const uint8_t *bytes, size_t length)
{
	struct arp_packet arp;

	if (!arp_parse(bytes, length, &arp) || (arp.operation != ARP_REQUEST && arp.operation != ARP_REPLY)) {
		stack_drop(s, DROP_ARP_MALFORMED);
		return;
	}
	if (arp_conflict_input(s, &arp))
		return;
	if (!sender_plausible(s, &arp)) {
		stack_drop(s, DROP_ARP_SENDER);
		return;
	}
	if (s->interface.tentative) { /* RFC 5227 2.1.1: nothing is ours yet, and nobody has been asked for */
		stack_drop(s, DROP_ARP_NOT_OURS);
		return;
	}
	if (arp.operation == ARP_REQUEST)
		request_input(s, &arp);
	else
		reply_input(s, &arp);
}

/* ---- what the other layers call ---- */

int arp_resolve(struct stack *s, struct tx_packet *packet, struct address neighbour)
{
	struct arp_entry *e = find(s, neighbour);

	if (!e && s->arp.counts[ARP_STATE_INCOMPLETE] < ARP_INCOMPLETE_MAX)
		e = entry_add_wanted(s, neighbour);
	if (!e) {
		stack_drop(s, DROP_ARP_CACHE_FULL);
		return 0;
	}
	e->used = s->now;
	if (e->state == ARP_STATE_INCOMPLETE) {
		queue_add(s, e, packet);
		if (e->tries == 0)
			entry_ask(s, e);
		return 0;
	}
	if (e->state == ARP_STATE_STALE)
		entry_probe(s, e);
	return ether_output(s, packet, e->mac, ETHERTYPE_IPV4);
}

bool arp_find(struct stack *s, struct address neighbour, struct mac *mac)
{
	const struct arp_entry *e = find(s, neighbour);

	if (!e || e->state == ARP_STATE_INCOMPLETE)
		return false;
	*mac = e->mac;
	return true;
}

int arp_add_static(struct stack *s, struct address address, struct mac mac)
{
	struct arp_entry *e = find(s, address);

	if (mac_is_group(mac) || !interface_on_link(&s->interface, address) ||
	    interface_is_broadcast(&s->interface, address) || address_equal(address, s->interface.address))
		return -EINVAL;
	if (s->arp.counts[ARP_STATE_STATIC] == ARP_STATIC_MAX && !(e && e->state == ARP_STATE_STATIC))
		return -ENOSPC;
	if (!e)
		e = entry_add_wanted(s, address);
	if (!e)
		return -ENOMEM;
	e->mac = mac;
	entry_turn(s, e, ARP_STATE_STATIC);
	deadline_clear(&s->deadlines, &e->deadline);
	queue_send(s, e);
	return 0;
}

void arp_deadline(struct stack *s, struct deadline *deadline)
{
	struct arp_entry *e = LIST_ITEM(deadline, struct arp_entry, deadline);

	if (entry_asks(e) && e->tries < ARP_TRIES) {
		entry_ask(s, e);
	} else if (entry_asks(e)) {
		entry_give_up(s, e);
	} else if (e->state == ARP_STATE_REACHABLE) {
		entry_turn(s, e, ARP_STATE_STALE);
		deadline_set(&s->deadlines, &e->deadline, s->now + ARP_STALE_TIME);
	} else {
		entry_remove(s, e);
	}
}

void arp_init(struct stack *s)
{
	s->arp.key = random_key(&s->random);
}

void arp_release(struct stack *s)
{
	for (unsigned i = 0; i < ARP_BUCKETS; i++)
		while (s->arp.buckets[i])
			entry_remove(s, s->arp.buckets[i]);
}
