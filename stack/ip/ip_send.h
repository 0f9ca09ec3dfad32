/* SPDX-License-Identifier: MIT
 *
 * The last step of IP output, shared by the files of ip/: whole packets, fragments and forwarded ones all leave here.
 */
#ifndef STRATA_IP_IP_SEND_H
#define STRATA_IP_IP_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/packet.h"

struct stack;
struct ip_header;

/* To whom a packet is handed on our link. */
struct ip_hop {
	bool everybody; /* a broadcast */
	struct address neighbour;
};

/* Send a packet whose outermost header is IP's. 0, -EAGAIN, or another negative errno of the device. */
int ip_send(struct stack *s, struct tx_packet *packet, const struct ip_hop *hop);

/* Send a packet again, whose outermost header is IP's and whose gateway was just marked dead, by another one that is not (RFC 1122
 * 3.3.1.5). False: there is none. */
bool ip_send_again(struct stack *s, const struct tx_packet *packet, struct address destination);

/* Cut a packet, whose headers and slices are all payload to IP, into fragments under this header and send them (RFC 791 3.2). The header may itself be
 * that of a fragment, which is cut further. 0; -EAGAIN: the device was full before the first one; when it fills later, the rest is dropped by
 * name. (fragment.c) */
int ip_fragment(struct stack *s, const struct tx_packet *packet, const struct ip_header *header,
		const struct ip_hop *hop);

#endif
