/* SPDX-License-Identifier: MIT
 *
 * A cable between stacks in one process: a hub. What one port emits every other port gets, copied, in order, at its
 * next service(). Nothing is lost: while the queue of any other port is full, emit answers -EAGAIN, and
 * sink.writable() follows once there is room in all of them. It knows no time of its own, so real and virtual clocks
 * serve alike.
 */
#ifndef STRATA_DRIVERS_CABLE_H
#define STRATA_DRIVERS_CABLE_H

#include "drivers/driver.h"

struct cable;

/* A cable with so many ports, each with a queue of so many frames (both at least 1). NULL: no memory. */
struct cable *cable_create(unsigned ports, unsigned queue_length);

/* Pull all ports out and give everything back. */
void cable_destroy(struct cable *cable);

/* The driver at port `index`. It belongs to the cable; closing it unplugs the port: frames that wait for it are
 * thrown away and none come any more. */
struct driver *cable_port(struct cable *cable, unsigned index);

#endif
