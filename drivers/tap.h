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

#include "base/addr.h"
#include "drivers/driver.h"

struct tap_options {
	const char *name;       /* the interface; NULL: the first of tap0, tap1 ... that can be had */
	unsigned mtu;           /* to give it, or 0: leave it as it is */
	struct address host;    /* to give the host's end, which is then raised; ADDRESS_ANY: leave it alone */
	unsigned prefix_length; /* of that address's network, in which no other interface may be */
};

/* Make the interface, or join it where it exists and nobody has it open, and get it ready to carry frames. An
 * interface that we may not set up but that is up with an address already is taken as it is. One that was made here
 * vanishes with driver_close(). NULL: `message` is the line to print. */
struct driver *tap_open(const struct tap_options *options, char message[DRIVER_MESSAGE]);

/* The interface's name; lives as long as the driver, which must be one that tap_open() gave. */
const char *tap_name(const struct driver *driver);

#endif
