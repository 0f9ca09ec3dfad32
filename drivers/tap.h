/* SPDX-License-Identifier: MIT
 *
 * TAP: an Ethernet card made of software (tun(4), Documentation/networking/tuntap.rst). The kernel sees a network
 * interface, tap0; this process holds the other end of its cable. A frame that the kernel sends into tap0 is read
 * here, and what is written here arrives at the kernel as if from a wire.
 *
 *         curl, ping ...
 *     +------------------+                     +----------------+
 *     | the kernel's     |  tap0               | strata         |
 *     | TCP/IP           |======= /dev/net/tun =======  stack   |
 *     | 192.0.2.1        |                     |  192.0.2.2     |
 *     +------------------+                     +----------------+
 */
#ifndef STRATA_DRIVERS_TAP_H
#define STRATA_DRIVERS_TAP_H

#include "drivers/driver.h"

/* The calls on the way to a TAP, in their order. */
enum tap_step {
	TAP_OPEN,    /* open(2) of /dev/net/tun */
	TAP_ATTACH,  /* TUNSETIFF */
	TAP_OFFLOAD, /* TUNSETVNETHDRSZ, TUNSETOFFLOAD */
	TAP_MTU
};

struct tap_failure {
	enum tap_step step;
	int error; /* a negative errno, or 0: none */
};

/* Make the interface, or join it where it exists and nobody has it open (-EBUSY). It gets this MTU, or keeps its own where that is
 * 0. One that was made here vanishes with driver_close(). NULL: what failed. */
struct driver *tap_open(const char *name, unsigned mtu, struct tap_failure *failure);

/* Make one that stays, for the user with this number. 0, or a negative errno. */
int tap_make(const char *name, unsigned owner);

/* Whether this process may open the device that TAPs come from: 0, or a negative errno; -ENOTTY: it is something else. */
int tap_try(void);

#endif
