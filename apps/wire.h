/* SPDX-License-Identifier: MIT
 *
 * The wire that the command line asks for (--loss, --delay ...): a driver wrapped in drivers/netem.h, and the lines that
 * say in the end what the wire has done. It stands next to the device, so that the trace and the capture show what
 * the stack itself sends and receives: a frame that is lost on its way out is seen leaving, one that is lost on its
 * way in is never seen.
 */
#ifndef STRATA_APPS_WIRE_H
#define STRATA_APPS_WIRE_H

#include <stdio.h>

#include "apps/options.h"
#include "drivers/driver.h"

/* Put the options' wire around *device, which is then the wire; on a good wire nothing is done. The wire, NULL where the
 * wire is good. `seed` is the stack's; the wire's own luck is derived from it. False: no memory, which has been told. */
bool wire_wrap(struct driver **device, struct driver **wire, const struct options *options, const uint8_t seed[16]);

/* Whether frames are still on their way out. `wire` may be NULL. */
bool wire_is_busy(const struct driver *wire);

/* Say what happened, a line for each direction; nothing for a NULL wire. */
void wire_tell(const struct driver *wire, FILE *to);

#endif
