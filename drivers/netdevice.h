/* SPDX-License-Identifier: MIT
 *
 * The host's end of a TAP, as the kernel's network interface that it is: its MTU, its address, up or down. Done with
 * the ioctls of netdevice(7), so that iproute2 is not needed. All return 0 or a negative errno.
 */
#ifndef STRATA_DRIVERS_NETDEVICE_H
#define STRATA_DRIVERS_NETDEVICE_H

#include <stdbool.h>

#include "base/addr.h"

struct netdevice_rival {
	char name[16];
	struct address address;
};

/* The largest IP packet the interface carries; setting it needs CAP_NET_ADMIN. */
int netdevice_mtu(const char *name, unsigned *mtu);
int netdevice_set_mtu(const char *name, unsigned mtu);

/* Give the interface this address in place of the one it has, and raise it. An interface that stands so already is left
 * alone; otherwise it needs CAP_NET_ADMIN (-EPERM). */
int netdevice_set_address(const char *name, struct address address, unsigned prefix_length);

/* Whether another interface, one that is up, has this address or one in the same network: 1, and its name and address; 0; or a
 * negative errno. Of two with one network the kernel sends into the first only. */
int netdevice_find_rival(const char *name, struct address address, unsigned prefix_length,
			 struct netdevice_rival *rival);

/* Whether it is up and has an IPv4 address, whoever gave it. */
bool netdevice_is_usable(const char *name);

#endif
