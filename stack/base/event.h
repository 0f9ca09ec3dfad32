/* SPDX-License-Identifier: MIT
 *
 * Typed events: what happened inside that is worth learning from, as data. The layers emit them; a
 * listener of the embedder's turns them into a trace, a capture's comments or a test's assertion.
 * Without a listener an event costs one predictable branch.
 */
#ifndef STRATA_BASE_EVENT_H
#define STRATA_BASE_EVENT_H

#include <stdint.h>

#include "base/addr.h"

/* X(constant, name, clause, what the values mean) */
#define EVENT_TYPES(X)                                                                                          \
	X(EVENT_DROP, "drop", "", "value: enum drop_reason")                                                    \
	X(EVENT_ARP_QUEUED, "arp-queued", "RFC 1122 2.3.2.2", "remote: the next hop; a packet waits for it")    \
	X(EVENT_ARP_LEARNED, "arp-learned", "RFC 826", "remote: now resolved")                                  \
	X(EVENT_ARP_GAVE_UP, "arp-gave-up", "RFC 1122 2.3.2.1", "remote: did not answer")                       \
	X(EVENT_ARP_CONFLICT, "arp-conflict", "RFC 5227 2.4",                                                   \
	  "remote: our address; value: the MAC, as a number, of another that claims it")                        \
	X(EVENT_ROUTE_GATEWAY, "route-gateway", "RFC 1122 3.3.1.1", "remote: off-link, so via the gateway")     \
	X(EVENT_ICMP_ECHO_REPLY, "icmp-echo-reply", "RFC 792",                                                  \
	  "remote; before: ttl << 16 | bytes of data; value: id << 16 | sequence")                              \
	X(EVENT_ICMP_ECHO_ERROR, "icmp-echo-error", "RFC 1122 3.2.2",                                           \
	  "remote: who was asked; local: who says so; before: type << 8 | code; value: id << 16 | sequence")    \
	X(EVENT_UDP_ERROR, "udp-error", "RFC 1122 4.1.3.3",                                                     \
	  "local, remote: of the datagram; before: type << 8 | code; value: errno")                             \
	X(EVENT_DNS_SILENT, "dns-silent", "RFC 1035 4.2.1", "remote: the name server that did not answer")      \
	X(EVENT_DNS_TRUNCATED, "dns-truncated", "RFC 7766 5", "remote: the name server, asked anew by TCP")     \
	X(EVENT_TCP_STATE, "tcp-state", "RFC 9293 3.3.2", "local, remote; before, value: enum tcp_state")       \
	X(EVENT_TCP_URGENT, "tcp-urgent", "RFC 6093 6", "local, remote; value: bytes to the end of it")         \
	X(EVENT_TCP_RTO, "tcp-rto", "RFC 6298 5.5", "local, remote; before, value: RTO in microseconds")        \
	X(EVENT_TCP_FAST_RETRANSMIT, "tcp-fast-retransmit", "RFC 5681 3.2", "local, remote")                    \
	X(EVENT_TCP_CWND, "tcp-cwnd", "RFC 5681 3.1", "local, remote; before, value: cwnd in bytes, reduced")   \
	X(EVENT_TCP_WINDOW_CLOSED, "tcp-window-closed", "RFC 9293 3.8.6.1", "local, remote: the peer's window") \
	X(EVENT_TCP_WINDOW_OPENED, "tcp-window-opened", "RFC 9293 3.8.6.1", "local, remote; value: bytes")

#define EVENT_CONSTANT(constant, name, clause, meaning) constant,

enum event_type { EVENT_TYPES(EVENT_CONSTANT) EVENT_TYPE_COUNT };

struct event {
	enum event_type type;
	struct endpoint local;
	struct endpoint remote;
	uint64_t before;
	uint64_t value;
};

/* Who listens: nobody while `listen` is NULL. The event is borrowed for the length of the call. */
struct events {
	void (*listen)(void *user, const struct event *event);
	void *user;
};

const char *event_name(enum event_type type);
const char *event_clause(enum event_type type);

static inline void event_emit(const struct events *events, const struct event *event)
{
	if (events->listen)
		events->listen(events->user, event);
}

#endif
