/* SPDX-License-Identifier: MIT
 *
 * ICMP for a host (RFC 792, RFC 1122 3.2.2): echo in both roles, errors sent, and errors received and told to whom they concern.
 */
#ifndef STRATA_IP_ICMP_H
#define STRATA_IP_ICMP_H

#include <stddef.h>
#include <stdint.h>

#include "base/bucket.h"
#include "ip/icmp_wire.h"
#include "ip/ip.h"

struct stack;

#define ICMP_ERRORS_PER_SECOND 1000 /* and a burst of 50, as Linux limits them */
#define ICMP_ERRORS_BURST      50

struct icmp {
	struct bucket errors; /* every error sent takes a token */
};

void icmp_init(struct stack *s);

/* A datagram of protocol 1 has arrived. */
void icmp_input(struct stack *s, const struct ip_datagram *datagram);

/* Answer a datagram that was delivered here with Destination Unreachable. */
void icmp_unreachable_reply(struct stack *s, const struct ip_datagram *about, enum icmp_unreachable_code code);

/* Send an error about a received packet to its source, where RFC 1122 3.2.2 allows it and the rate limit has a token. `packet` is the packet from its
 * IP header on, of which as much is quoted as fits 576 bytes; `rest` is the second word of the ICMP header, host order (a pointer in the
 * first byte, a next-hop MTU in the last two). */
void icmp_error_reply(struct stack *s, const uint8_t *packet, size_t length, uint8_t type, uint8_t code, uint32_t rest);

/* Tell whoever sent a packet of ours about an error, which `teller` says. `packet` is how it began, header and 8 bytes at least; `told` is the
 * address that the error was sent to, which must be the one that the packet came from. */
void icmp_deliver_error(struct stack *s, struct address teller, struct address told, uint8_t type, uint8_t code,
			const uint8_t *packet, size_t length);

/* Send an echo request: see stack_echo(). */
int icmp_echo(struct stack *s, struct address to, uint16_t id, uint16_t sequence, uint8_t ttl, const void *data,
	      size_t length);

#endif
