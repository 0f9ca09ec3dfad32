/* SPDX-License-Identifier: MIT
 *
 * UDP (RFC 768) on a host that has no UDP socket open: every datagram is checked, and told that its port is closed.
 */
#ifndef STRATA_UDP_UDP_H
#define STRATA_UDP_UDP_H

#include "ip/ip.h"

struct stack;

/* A datagram of protocol 17 has arrived. */
void udp_input(struct stack *s, const struct ip_datagram *datagram);

#endif
