/* SPDX-License-Identifier: MIT
 *
 * IPv4 for a host with one interface (RFC 791, RFC 1122 3).
 *
 *     ip_input     checks the header; what is ours goes up whole, or as a fragment by way of reassembly.c;
 *                  what is somebody else's goes to the forwarding hook, where there is one
 *     ip_output    header, route (route.c), fragments where they are allowed (fragment.c), then down to ARP; what is for
 *                  ourselves goes to the loopback queue (loopback.c) and comes back in on the next tick
 *     ip_error     a packet of ours, or one that we forwarded, could not be handed to its next hop
 */
#ifndef STRATA_IP_IP_H
#define STRATA_IP_IP_H

#include "base/addr.h"
#include "base/checksum.h"
#include "base/packet.h"
#include "base/siphash.h"
#include "ip/loopback.h"
#include "ip/reassembly.h"
#include "ip/route.h"

struct stack;

#define IP_DEFAULT_TTL 64 /* RFC 1122 3.2.1.7, RFC 1700 */
#define IP_ID_COUNTERS 64 /* a destination shares its counter of identifications with few others */

struct ip {
	struct routes routes;
	struct reassembly reassembly;
	struct loopback loopback;
	struct siphash_key id_key;
	uint16_t id_counters[IP_ID_COUNTERS];
	uint8_t ttl; /* the default of this stack */
	void (*forward)(void *user, struct stack *s, const uint8_t *packet, size_t length);
	void *forward_user;
};

/* What ip_input() hands to a transport: one whole datagram. All of it is borrowed for the length of the call. */
struct ip_datagram {
	struct address source;
	struct address destination; /* ours, or a broadcast */
	uint8_t protocol;
	uint8_t ttl;
	uint8_t tos;          /* DSCP and ECN */
	bool broadcast;       /* sent to more hosts than us, here or on the link: never to be answered with an error */
	const uint8_t *bytes; /* from the IP header on, for an ICMP error to quote */
	unsigned header_length; /* options included, which follow the first 20 bytes */
	const uint8_t *payload;
	size_t length; /* of the payload */
	enum rx_checksum checksum;
	uint16_t gso_size; /* rx_frame.gso_size */
};

/* Where a packet goes and how. What is left zero is the usual. */
struct ip_flow {
	struct address source;
	struct address destination;
	uint8_t protocol;
	uint8_t ttl;        /* 0: the stack's default */
	uint8_t tos;        /* DSCP and ECN */
	bool may_fragment;  /* send it in fragments when it is larger than the MTU; otherwise DF is set */
	bool may_broadcast; /* the sender has permission for a broadcast destination */
};

/* An error about a packet that we sent: an ICMP message about it, or a neighbour that did not answer. Borrowed for the length of
 * the call. */
struct ip_error {
	uint8_t type; /* ICMP_UNREACHABLE, ICMP_TIME_EXCEEDED or ICMP_PARAMETER_PROBLEM */
	uint8_t code;
	int error;             /* the negative errno for the socket */
	struct address teller; /* who says so: a router, the host itself, or we */
	/* Of our packet: */
	struct address source; /* ours */
	struct address destination;
	uint8_t protocol;
	const uint8_t *payload; /* how its transport header began, host byte order not applied: parse it */
	size_t length;          /* at least 8 */
};

/* ---- in (ip_input.c) ---- */

void ip_init(struct stack *s);
void ip_release(struct stack *s);

/* A frame has arrived whose bytes from `offset` on are an IPv4 packet. `link_broadcast`: it was broadcast on the link. */
void ip_input(struct stack *s, const struct rx_frame *frame, size_t offset, bool link_broadcast);

/* A packet from our own loopback queue: IP header and all. */
void ip_loopback_input(struct stack *s, const uint8_t *packet, size_t length);

/* Hand a whole datagram to its protocol. */
void ip_deliver(struct stack *s, const struct ip_datagram *datagram);

/* Whether the datagram's transport checksum is right or need not be looked at: the sum over pseudo-header and `length` bytes of payload. */
bool ip_datagram_sum_good(const struct ip_datagram *datagram, size_t length);

/* The next hop of this packet, whose outermost header is IP's, has not answered: tell whoever sent it (RFC 1122 2.4), and pass the next
 * hop over for a while where it is a gateway. */
void ip_error(struct stack *s, const struct tx_packet *packet, struct address next_hop);

/* ---- out (ip_output.c) ---- */

/* Prepend the IP header and send the packet towards its destination. 0: sent, or waiting for its neighbour's address; -EAGAIN: the device is full and
 * nothing has changed; -ENETUNREACH: no route; -EMSGSIZE: larger than the MTU and not to be fragmented, or than 65,535; -EACCES: a
 * broadcast without permission; -ENETDOWN: our own address is still being probed. */
int ip_output(struct stack *s, struct tx_packet *packet, const struct ip_flow *flow);

/* Drop, by the name that fits, a packet that ip_output() refused with this negative errno. */
void ip_drop(struct stack *s, int error);

/* Send an answer that nobody keeps: what cannot be sent is dropped by name. */
void ip_output_or_drop(struct stack *s, struct tx_packet *packet, const struct ip_flow *flow);

/* Pass on a packet that came in by another interface: count its TTL down (RFC 1812 5.3.1), fragment it where it must and may be,
 * send it. 0; -ETIME: its TTL is used up; -EMSGSIZE: too large with DF set; -EAGAIN; -ENETUNREACH; -EINVAL: not a well-formed
 * packet, or not for one host behind this interface, who is to hear nothing of it. (forward.c) */
int ip_forward(struct stack *s, const uint8_t *packet, size_t length);

/* The source address for packets to this destination, as RFC 1122 3.3.4.3 has it. */
struct address ip_source_for(const struct stack *s, struct address destination);

/* Whether packets can be sent to and come from this address as one host: not 0/8, multicast, class E, or a broadcast (RFC 1122 3.2.1.3).
 * 127/8 is one host, ourselves, and never seen on a wire. */
bool ip_is_host(const struct stack *s, struct address a);

/* Whether it is this host: our address, or 127/8. */
bool ip_is_ours(const struct stack *s, struct address a);

/* The largest transport header and payload, in bytes, that a packet carries without fragments (MMS_S of RFC 1122 3.3.3). */
unsigned ip_max_payload(const struct stack *s);

/* A transport has doubts: packets to this destination are not acknowledged (RFC 1122 3.3.1.4). Its gateway may be dead: where there is
 * another, that is used from now on. */
void ip_advise_failing(struct stack *s, struct address destination);

#endif
