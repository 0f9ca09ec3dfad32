/* SPDX-License-Identifier: MIT
 *
 * The kernel's network interfaces: the host's end of a TAP, and the bridge that TAPs are joined to. Done with the ioctls of
 * netdevice(7) and, where those do not reach, with rtnetlink(7), so that iproute2 is not needed. All return 0 or a
 * negative errno; what changes something needs CAP_NET_ADMIN (-EPERM).
 *
 *     192.0.2.1
 *      strata0 -----+--------- tap0 ===== strata httpd      192.0.2.2
 *     (a bridge)    +--------- tap1 ===== strata curl       192.0.2.3
 */
#ifndef STRATA_DRIVERS_NETDEVICE_H
#define STRATA_DRIVERS_NETDEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

#define NETDEVICE_NAME     16 /* with its end (IFNAMSIZ) */
#define NETDEVICE_NO_OWNER UINT32_MAX

struct netdevice_rival {
	char name[NETDEVICE_NAME];
	struct address address;
};

/* What the kernel says of an interface. */
struct netdevice_link {
	unsigned index;
	unsigned master; /* index of the bridge (or bond ...) that it is a port of, or 0 */
	bool up;
	char kind[NETDEVICE_NAME]; /* "tun" (TAPs too), "bridge", "veth" ...; "" for hardware */
	bool tap;                  /* of kind tun: it carries Ethernet frames and has one queue */
	bool persistent;           /* of kind tun: it stays when nobody has it open */
	uint32_t owner;            /* of kind tun: the user who may open it, or NETDEVICE_NO_OWNER */
};

/* -ENODEV: there is none of this name. */
int netdevice_link(const char *name, struct netdevice_link *link);

/* Make a bridge that forwards from the first frame on and says nothing of its own: no spanning tree, no forward delay,
 * no IPv6, no multicast snooping. Its MAC address does not change with its ports. -EEXIST: there is one of this name. */
int netdevice_make_bridge(const char *name, struct mac mac);

/* Make an interface a port of a bridge, or take it out again. -EBUSY: it is a port of another. */
int netdevice_join(const char *name, const char *bridge);
int netdevice_leave(const char *name, const char *bridge);

/* Remove an interface that is made of software. */
int netdevice_delete(const char *name);

int netdevice_raise(const char *name);

/* Give the interface one address more (-EEXIST: it has it), or take that one away. */
int netdevice_add_address(const char *name, struct address address, unsigned prefix_length);
int netdevice_remove_address(const char *name, struct address address, unsigned prefix_length);

/* Whether the interface has an address in this network: the first is in `found`. */
bool netdevice_has_address(const char *name, struct address network, unsigned prefix_length, struct address *found);

/* Keep IPv6 from greeting whoever is at the other end; a kernel without IPv6 is silent already. */
void netdevice_silence(const char *name);

/* The largest IP packet the interface carries. */
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
