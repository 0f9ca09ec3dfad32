/* SPDX-License-Identifier: MIT
 *
 * Who we are on our network: what link and IP layer both need to know of the machine's one interface.
 */
#ifndef STRATA_BASE_INTERFACE_H
#define STRATA_BASE_INTERFACE_H

#include <stdbool.h>

#include "base/addr.h"

struct interface {
	struct mac mac;
	struct address address;
	unsigned prefix_length; /* 0 to 32: how many leading bits of the address name the network */
	unsigned mtu;           /* largest IP packet, in bytes */
	bool tentative;         /* the address is being probed (RFC 5227 2.1): not ours to use yet */
};

/* Whether an address lies on our own network, by the mask (RFC 1122 3.3.1.1). */
bool interface_on_link(const struct interface *i, struct address a);

/* Whether an address means all hosts on our network: 255.255.255.255, or the directed broadcast in both its forms (RFC 1122 3.3.6). */
bool interface_is_broadcast(const struct interface *i, struct address a);

#endif
