/* SPDX-License-Identifier: MIT
 *
 * ARP (RFC 826): which station has this IP address?
 *
 * Theory of operation. The cache holds one entry for each neighbour that we talk to:
 *
 *                 we want to send                      a reply, or a request to us
 *     (no entry) -----------------> INCOMPLETE -------------------------------------> REACHABLE
 *         ^                          |  asks each second,                                |
 *         |       three unanswered   |  packets wait in its queue                        |
 *         +--------------------------+                                                   |
 *         +------------------------------------------------------------------------------+
 *                                    not confirmed for a minute
 *
 * What nobody asked for makes no entry: a reply counts only for an entry that is there, and a request is learnt from only
 * when it asks for our own address, since we are about to talk to its sender. The cache is bounded. When it is full, only a neighbour that we
 * ourselves want to reach makes room, in place of the one least recently used; strangers cannot push anybody out.
 */
#ifndef STRATA_LINK_ARP_H
#define STRATA_LINK_ARP_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/deadline.h"
#include "base/list.h"
#include "base/packet.h"
#include "base/siphash.h"

struct stack;

#define ARP_ENTRIES_MAX 256
#define ARP_BUCKETS     64
#define ARP_QUEUE_MAX   8        /* packets that wait for one address; RFC 1122 2.3.2.2 asks for one */
#define ARP_TRIES       3        /* requests before we give up */
#define ARP_INTERVAL    1000000  /* microseconds between requests for one address (RFC 1122 2.3.2.1) */
#define ARP_REACHABLE   60000000 /* microseconds that an entry is believed unconfirmed (RFC 1122 2.3.2.1) */

enum arp_state { ARP_STATE_INCOMPLETE, ARP_STATE_REACHABLE };

struct arp_entry {
	struct arp_entry *next; /* in its bucket */
	struct address address;
	struct mac mac; /* of a reachable entry */
	enum arp_state state;
	unsigned tries;           /* requests sent so far, while incomplete */
	uint64_t used;            /* when a packet last wanted it */
	struct list queue;        /* struct arp_waiting, oldest first, while incomplete */
	unsigned queued;          /* how many, at most ARP_QUEUE_MAX */
	struct deadline deadline; /* incomplete: the next request; reachable: the end of belief */
};

struct arp {
	struct siphash_key key;
	struct arp_entry *buckets[ARP_BUCKETS];
	unsigned count;
};

void arp_init(struct stack *s);

/* Forget everything and give the memory back. */
void arp_release(struct stack *s);

/* Tell the network our address (RFC 5227 2.3: a broadcast request in which we are sender and target). */
void arp_announce(struct stack *s);

/* An ARP packet has arrived in a frame for us or for all; padding may follow it. */
void arp_input(struct stack *s, const uint8_t *bytes, size_t length);

/* Send an IP packet to a neighbour: at once when its MAC address is known, else once it is, from a copy. 0: sent or waiting;
 * -EAGAIN: the device is full; another negative errno. */
int arp_resolve(struct stack *s, struct tx_packet *packet, struct address neighbour);

/* stack_tick(): an entry's deadline has come. */
void arp_deadline(struct stack *s, struct deadline *deadline);

#endif
