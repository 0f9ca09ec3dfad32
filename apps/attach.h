/* SPDX-License-Identifier: MIT
 *
 * How a machine gets onto the wire: a TAP is chosen, joined to a bridge where there is one, and the host's end gets an
 * address where it has none. What was changed is remembered, and undone when the machine leaves.
 *
 *     with a bridge                                   without one
 *
 *     192.0.2.1                                       192.0.2.1
 *      strata0 --+-- tap0 ==== this machine             tap0 ==== this machine
 *                +-- tap1 ==== another
 */
#ifndef STRATA_APPS_ATTACH_H
#define STRATA_APPS_ATTACH_H

#include "apps/options.h"
#include "drivers/driver.h"
#include "drivers/netdevice.h"

#define ATTACH_BRIDGE "strata0"
#define ATTACH_TAPS   253 /* tap0 to tap252 are tried: as many as 192.0.2.0/24 has addresses for */

struct attachment {
	struct driver *device;
	char tap[NETDEVICE_NAME];
	char bridge[NETDEVICE_NAME]; /* "": none */
	struct address host;         /* what the host has in the machine's network, or ADDRESS_ANY */
	unsigned prefix_length;
	bool joined;    /* we joined the TAP, which was there before us, to the bridge */
	bool addressed; /* we gave the bridge its address `host` */
};

/* By the options: --tap (the first of tap0, tap1 ... that is free and no port of another bridge; one that comes free within a
 * minute, where all are in use), --bridge (strata0 where it
 * exists), --host-ip, --mtu. False: told on standard error. */
bool attach_open(const struct options *options, struct attachment *attachment);

/* Undo what outlives the TAP; the device itself, which belongs to the caller, has been closed. */
void attach_undo(const struct attachment *attachment);

#endif
