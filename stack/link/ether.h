/* SPDX-License-Identifier: MIT
 *
 * The link layer's two ends: every frame comes in through ether_input() and goes out through ether_output().
 */
#ifndef STRATA_LINK_ETHER_H
#define STRATA_LINK_ETHER_H

#include "base/addr.h"
#include "base/packet.h"

struct stack;

struct ether {
	int (*emit)(void *user, const struct tx_packet *packet);
	void *emit_user;
};

/* A frame has arrived: check its header and hand it to arp_input() or ip_input(). */
void ether_input(struct stack *s, const struct rx_frame *frame);

/* Prepend the Ethernet header and emit. `type` is the EtherType, host order. 0, -EAGAIN (the device is full; nothing has changed), or
 * another negative errno. */
int ether_output(struct stack *s, struct tx_packet *packet, struct mac destination, uint16_t type);

#endif
