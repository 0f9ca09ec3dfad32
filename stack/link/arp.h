/* SPDX-License-Identifier: MIT
 *
 * ARP (RFC 826): which station has this IP address?
 *
 * Theory of operation. The cache holds one entry for each neighbour that we talk to. An entry ages, and the neighbour is
 * then asked to confirm it: the idea is that of RFC 4861 7.3, without its state DELAY.
 *
 *                we want to send                     it answers, or asks us
 *    (no entry) -----------------> INCOMPLETE ------------------------------> REACHABLE <----------.
 *     ^  ^  ^                    asks everybody,                            sends to its MAC       |
 *     |  |  |                    packets wait                                 |       |            |
 *     |  |  |  unanswered: host       |                  not confirmed for    |       |  another   | it answers,
 *     |  |  |  unreachable            |                  a minute             v       |  MAC asks  | or asks us,
 *     |  |  `-------------------------'                                     STALE     |  in its    | from the
 *     |  |         not used for five minutes                           sends to its   |  name      | same MAC
 *     |  `------------------------------------------------------------ MAC, still     |            |
 *     |                                                                  |            |            |
 *     |                                             used, or as REACHABLE|            |            |
 *     |        unanswered                                                v            v            |
 *     `------------------------------------------------------------------ PROBE -------------------'
 *                                                    asks that MAC alone, and sends to it meanwhile
 *
 * Asking is a request at once and one a second after that, three in all; the second after the last one belongs to it, so
 * that even a dead neighbour is asked at most once a second, however many packets come for it (RFC 1122 2.3.2.1).
 *
 * What nobody asked for makes no entry and changes none. A reply counts only for an entry that asks, and in PROBE only
 * from the MAC that was asked. A request is learnt from only when it is for our own address, since we are about to talk to
 * its sender. Nothing that arrives replaces a MAC that we have: a station that speaks in a neighbour's name from another
 * MAC (a forger, or the neighbour with a new network card) only brings the PROBE forward. The old MAC answers, and nothing
 * has changed; or it is silent for three seconds, and the next packet asks everybody anew.
 *
 * The cache is bounded. When it is full, only a neighbour that we ourselves want to reach makes room, in place of the one
 * least recently used; strangers cannot push anybody out. Since at most half of the cache can be INCOMPLETE, packets to
 * addresses where nobody is cannot push out the neighbours that we are busy with.
 *
 * How we come by our own address and keep it is another story: arp_conflict.h.
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
#include "link/arp_conflict.h"

struct stack;

#define ARP_ENTRIES_MAX    256
#define ARP_INCOMPLETE_MAX 128 /* of them, that nobody has answered for yet */
#define ARP_STATIC_MAX     64  /* of them, given by arp_add_static() */
#define ARP_BUCKETS        64
#define ARP_QUEUE_MAX      48       /* packets that wait for one address: a datagram of 65,535 bytes in its fragments */
#define ARP_TRIES          3        /* requests before we give up */
#define ARP_INTERVAL       1000000  /* microseconds between requests for one address (RFC 1122 2.3.2.1) */
#define ARP_REACHABLE_TIME 60000000 /* microseconds that an entry is believed unconfirmed (RFC 1122 2.3.2.1) */
#define ARP_STALE_TIME     300000000 /* microseconds that it is kept unused after that */

enum arp_state {
	ARP_STATE_INCOMPLETE,
	ARP_STATE_REACHABLE,
	ARP_STATE_STALE,
	ARP_STATE_PROBE,
	ARP_STATE_STATIC, /* given beforehand: neither asked for nor forgotten */
	ARP_STATE_COUNT
};

struct arp_entry {
	struct arp_entry *next; /* in its bucket */
	struct address address;
	struct mac mac; /* not while incomplete */
	enum arp_state state;
	unsigned tries;           /* requests sent so far, in INCOMPLETE and PROBE */
	uint64_t asked;           /* when the last one was sent */
	uint64_t used;            /* when a packet last wanted it */
	struct list queue;        /* struct arp_waiting, oldest first, while incomplete */
	unsigned queued;          /* how many, at most ARP_QUEUE_MAX */
	struct deadline deadline; /* the next request, or the end of REACHABLE or STALE; never of a static entry */
};

struct arp {
	struct siphash_key key;
	struct arp_entry *buckets[ARP_BUCKETS];
	unsigned count;                   /* entries in all */
	unsigned counts[ARP_STATE_COUNT]; /* entries in each state */
	struct arp_conflict conflict;     /* our own address */
};

void arp_init(struct stack *s);

/* Forget everything and give the memory back. */
void arp_release(struct stack *s);

/* An ARP packet has arrived in a frame for us or for all; padding may follow it. */
void arp_input(struct stack *s, const uint8_t *bytes, size_t length);

/* Send an IP packet to a neighbour: at once when its MAC address is known, else once it is, from a copy. Where nobody
 * answers, the packet comes back by ip_error(). 0: sent, waiting, or dropped by name for want of room; -EAGAIN: the device
 * is full; another negative errno. */
int arp_resolve(struct stack *s, struct tx_packet *packet, struct address neighbour);

/* The neighbour's MAC address, where it is known; nobody is asked. */
bool arp_find(struct stack *s, struct address neighbour, struct mac *mac);

/* A neighbour whose MAC address is known beforehand; it may be given anew. -EINVAL: not one other station on our network,
 * or a group's MAC; -ENOSPC: ARP_STATIC_MAX are there; -ENOMEM. */
int arp_add_static(struct stack *s, struct address address, struct mac mac);

/* Send a request, from this sender address, to everybody or to one station. */
void arp_send_request(struct stack *s, struct address sender, struct address target, struct mac destination);

/* stack_tick(): an entry's deadline has come. */
void arp_deadline(struct stack *s, struct deadline *deadline);

#endif
