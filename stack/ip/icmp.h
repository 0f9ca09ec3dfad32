/* SPDX-License-Identifier: MIT
 *
 * ICMP for a host (RFC 792, RFC 1122 3.2.2): answers echo requests, and says which protocols and ports it does not serve.
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

/* Answer a datagram with Destination Unreachable, where RFC 1122 3.2.2 allows it and the rate limit has a token. */
void icmp_unreachable_reply(struct stack *s, const struct ip_datagram *about, enum icmp_unreachable_code code);

/* Send an echo request: see stack_echo(). */
int icmp_echo(struct stack *s, struct address to, uint16_t id, uint16_t sequence, const void *data, size_t length);

#endif
