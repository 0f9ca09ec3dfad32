/* SPDX-License-Identifier: MIT
 *
 * IPv4 for a host with one address (RFC 791, RFC 1122 3): ip_input() checks and hands up, ip_output() finds the next hop and hands
 * down.
 */
#ifndef STRATA_IP_IP_H
#define STRATA_IP_IP_H

#include "base/addr.h"
#include "base/checksum.h"
#include "base/packet.h"

struct stack;

#define IP_DEFAULT_TTL 64 /* RFC 1122 3.2.1.7 */

struct ip {
	struct address gateway; /* ADDRESS_ANY: none */
	uint16_t next_id;
};

/* What ip_input() hands to a transport. All of it is borrowed for the length of the call. */
struct ip_datagram {
	struct address source;
	struct address destination;
	uint8_t protocol;
	bool
	    broadcast; /* sent to more hosts than us, by its destination or on the link: never to be answered with an error */
	const uint8_t *bytes; /* from the IP header on, for an ICMP error to quote */
	unsigned header_length;
	const uint8_t *payload;
	size_t length; /* of the payload */
	enum rx_checksum checksum;
};

/* Where a packet goes and how. */
struct ip_flow {
	struct address source;
	struct address destination;
	uint8_t protocol;
};

/* A frame has arrived whose bytes from `offset` on are an IPv4 packet. `link_broadcast`: it was broadcast on the link. */
void ip_input(struct stack *s, const struct rx_frame *frame, size_t offset, bool link_broadcast);

/* Whether the datagram's transport checksum is right or need not be looked at: the sum over pseudo-header and `length` bytes of payload. */
bool ip_datagram_sum_good(const struct ip_datagram *datagram, size_t length);

/* Prepend the IP header and send the packet towards its destination. 0: sent, or waiting for its neighbour's address; -EAGAIN: the device is full and
 * nothing has changed; -ENETUNREACH: no route; -EMSGSIZE: larger than the MTU. */
int ip_output(struct stack *s, struct tx_packet *packet, const struct ip_flow *flow);

/* The same for an answer that nobody keeps: what cannot be sent is dropped by name. */
void ip_output_or_drop(struct stack *s, struct tx_packet *packet, const struct ip_flow *flow);

/* The source address for packets to this destination, as RFC 1122 3.3.4.3 has it. */
struct address ip_source_for(const struct stack *s, struct address destination);

/* Whether packets can be sent to and come from this address as one host: not 0/8, 127/8, multicast, class E, or a broadcast
 * (RFC 1122 3.2.1.3). */
bool ip_is_host(const struct stack *s, struct address a);

/* The largest transport payload and header, in bytes, that a packet carries without fragments (MMS_S of RFC 1122 3.3.3). */
unsigned ip_max_payload(const struct stack *s);

#endif
