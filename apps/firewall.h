/* SPDX-License-Identifier: MIT
 *
 * The kernel's firewall, nf_tables, by netlink: a table of our own that hides the machines behind the bridge behind this
 * computer's address, and the question whether somebody's rules drop what is forwarded. In the words of nft(8):
 *
 *     table ip strata0 {
 *             chain postrouting {
 *                     type nat hook postrouting priority srcnat;
 *                     ip saddr 192.0.2.0/24 oifname != "strata0" masquerade
 *             }
 *     }
 *
 * Removing the table removes all of it, and nothing else. All needs CAP_NET_ADMIN (-EPERM).
 */
#ifndef STRATA_APPS_FIREWALL_H
#define STRATA_APPS_FIREWALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* Make the table, named like the bridge. 0; -EEXIST: there is one; -EPROTONOSUPPORT, -EOPNOTSUPP or -ENOENT: this kernel lacks
 * nf_tables, or its nat. */
int firewall_masquerade(const char *bridge, struct address network, unsigned prefix_length);

/* Remove it. -ENOENT: it is not there. */
int firewall_remove(const char *bridge);

/* A chain that drops what is forwarded unless a rule accepts it. */
struct firewall_drop {
	uint8_t family; /* NFPROTO_ */
	char table[32], chain[32];
	bool docker; /* its table has a chain DOCKER-USER for others' rules */
};

/* Whether there is such a chain, and no rule in its table names the bridge: 1; 0; or a negative errno. */
int firewall_find_drop(const char *bridge, struct firewall_drop *drop);

/* The command that lets the bridge's packets through it. */
void firewall_mend_drop(const char *bridge, const struct firewall_drop *drop, char *command, size_t room);

#endif
