/* SPDX-License-Identifier: MIT
 *
 * Our own address: probes, announcements, defence. The theory of operation stands in arp_conflict.h.
 */
#include "link/arp_conflict.h"

#include "internal.h"
#include "link/arp_wire.h"

static void wait_for(struct stack *s, uint64_t microseconds)
{
	deadline_set(&s->deadlines, &s->arp.conflict.deadline, s->now + microseconds);
}

/* RFC 5227 2.1.1: a sender of 0.0.0.0 leaves the caches of all others as they are. */
static void send_probe(struct stack *s)
{
	struct arp_conflict *c = &s->arp.conflict;

	arp_send_request(s, ADDRESS_ANY, s->interface.address, MAC_BROADCAST);
	c->probes_left--;
	wait_for(s,
		 c->probes_left > 0 ? PROBE_MIN + random_below(&s->random, PROBE_MAX - PROBE_MIN + 1) : ANNOUNCE_WAIT);
}

/* RFC 5227 2.3: with the first announcement the address is ours to use. */
static void send_announcement(struct stack *s)
{
	struct arp_conflict *c = &s->arp.conflict;

	s->interface.tentative = false;
	arp_send_request(s, s->interface.address, s->interface.address, MAC_BROADCAST);
	c->announcements_left--;
	if (c->announcements_left > 0)
		wait_for(s, ANNOUNCE_INTERVAL);
}

void arp_start(struct stack *s, bool probe)
{
	struct arp_conflict *c = &s->arp.conflict;

	if (c->lost) /* somebody spoke up before we began */
		return;
	*c = (struct arp_conflict){.probes_left = probe ? PROBE_NUM : 0, .announcements_left = ANNOUNCE_NUM};
	deadline_init(&c->deadline, DEADLINE_ARP_PROBE);
	s->interface.tentative = probe;
	if (probe) /* RFC 5227 2.1.1: a random while, for many machines may have been switched on at once */
		wait_for(s, random_below(&s->random, PROBE_WAIT + 1));
	else
		send_announcement(s);
}

void arp_probe_deadline(struct stack *s)
{
	if (s->arp.conflict.probes_left > 0)
		send_probe(s);
	else
		send_announcement(s);
}

/* RFC 5227 2.1.1 and 2.4. A network may bring our own packets back to us, which is no conflict. But while the address is
 * tentative we send nothing but probes, and later none: what has our MAC and is not of that kind comes from a twin, another
 * machine with both our addresses. */
static bool claims_our_address(struct stack *s, const struct arp_packet *arp)
{
	bool our_mac = mac_equal(arp->sender_mac, s->interface.mac);

	if (mac_is_group(arp->sender_mac))
		return false;
	if (address_equal(arp->sender, s->interface.address))
		return s->interface.tentative || !our_mac;
	return arp->operation == ARP_REQUEST && address_is_any(arp->sender) &&
	       address_equal(arp->target, s->interface.address) && s->interface.tentative != our_mac;
}

static void tell_conflict(struct stack *s, struct mac claimant)
{
	event_emit(&s->events, &(struct event){.type = EVENT_ARP_CONFLICT,
					       .remote.address = s->interface.address,
					       .value = mac_number(claimant)});
}

/* The address was never ours: no probe more, no announcement. */
static void lose(struct stack *s, struct mac claimant)
{
	struct arp_conflict *c = &s->arp.conflict;

	if (c->lost)
		return;
	c->lost = true;
	deadline_clear(&s->deadlines, &c->deadline);
	tell_conflict(s, claimant);
}

/* RFC 5227 2.4 (c) */
static void defend(struct stack *s, struct mac claimant)
{
	struct arp_conflict *c = &s->arp.conflict;

	if (s->now < c->defend_next)
		return;
	c->defend_next = s->now + DEFEND_INTERVAL;
	tell_conflict(s, claimant);
	arp_send_request(s, s->interface.address, s->interface.address, MAC_BROADCAST);
}

bool arp_conflict_input(struct stack *s, const struct arp_packet *arp)
{
	if (!claims_our_address(s, arp))
		return false;
	stack_drop(s, DROP_ARP_CONFLICT);
	if (s->interface.tentative)
		lose(s, arp->sender_mac);
	else
		defend(s, arp->sender_mac);
	return true;
}
