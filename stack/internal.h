/* SPDX-License-Identifier: MIT
 *
 * struct stack from the inside: the state of every layer, and what all layers share. Each layer declares its own part in its own header
 * and touches only that part and what is shared; for anything else it calls down by name.
 */
#ifndef STRATA_INTERNAL_H
#define STRATA_INTERNAL_H

#include "base/deadline.h"
#include "base/interface.h"
#include "base/random.h"
#include "base/seq.h"
#include "dns/resolver.h"
#include "ip/icmp.h"
#include "ip/ip.h"
#include "link/arp.h"
#include "link/ether.h"
#include "socket/sockets.h"
#include "stack.h"
#include "tcp/tcp.h"
#include "udp/udp.h"

/* What a deadline is for: stack_tick() switches on it. */
enum deadline_kind {
	DEADLINE_ARP,
	DEADLINE_ARP_PROBE,      /* the next step of probing and announcing our address (RFC 5227) */
	DEADLINE_LOOPBACK,       /* packets to ourselves wait to come in */
	DEADLINE_REASSEMBLY,     /* a datagram has been incomplete for too long */
	DEADLINE_TCP_RETRANSMIT, /* RFC 6298: nothing was acknowledged in time */
	DEADLINE_TCP_PERSIST,    /* RFC 9293 3.8.6.1: the peer's window is closed and wants a probe */
	DEADLINE_TCP_LOSS,       /* RFC 8985: a segment has been late for too long, or nothing was heard */
	DEADLINE_TCP_DELAYED_ACK,
	DEADLINE_TCP_KEEPALIVE, /* RFC 9293 3.8.4: is the peer still there? */
	DEADLINE_TCP_TIME_WAIT, /* the oldest record of TIME-WAIT is over */
	DEADLINE_TCP_EXPIRY,    /* an orphan has waited enough in FIN-WAIT-2 */
	DEADLINE_DNS,           /* RFC 1035 4.2.1: a name server has not answered */
};

struct stack {
	/* Shared by all layers */
	uint64_t now; /* microseconds, as given by the latest call */
	bool probe;   /* our address is probed before it is used */
	bool started; /* the first flush has been */
	struct memory memory;
	struct deadlines deadlines;
	struct random random;
	struct stats stats;
	struct events events;
	struct interface interface;

	/* One part a layer, from the bottom up */
	struct ether ether;
	struct arp arp;
	struct ip ip;
	struct icmp icmp;
	struct udp udp;
	struct tcp tcp;
	struct dns dns;
	struct sockets sockets;
};

static inline void stack_count(struct stack *s, enum counter counter)
{
	stats_add(&s->stats, counter, 1);
}

static inline void stack_drop(struct stack *s, enum drop_reason reason)
{
	stats_drop(&s->stats, &s->events, reason);
}

#endif
