/* SPDX-License-Identifier: MIT
 *
 * A driver around a driver that tells every frame: a numbered line each, in the order they cross it.
 *
 *        1   0.000000 -> ARP  announcement: 192.0.2.2 is at 02:00:c0:00:02:02
 *        2   0.102311 <- ARP  who has 192.0.2.2? tell 192.0.2.1
 *        3   0.102355 -> ARP  192.0.2.2 is at 02:00:c0:00:02:02
 *
 * Number, seconds since the first frame or service, direction as the stack sees it (<- in, -> out), and the frame
 * (trace/decode.h). Capture and bad wires wrap drivers in the same way: what stands outside of them here is told as
 * the stack sees it, what stands inside as the wire does.
 */
#ifndef STRATA_APPS_TRACE_H
#define STRATA_APPS_TRACE_H

#include <stdio.h>

#include "base/stats.h"
#include "drivers/driver.h"

/* Wrap `inner`, which closes with the trace; `to` is borrowed and flushed after each line. NULL: no memory, and
 * `inner` is as it was. */
struct driver *trace_wrap(struct driver *inner, FILE *to);

/* The stack dropped the frame that is being handed to it (or, between frames, a packet of its own before it became a
 * frame): a line that says why. `trace` is what trace_wrap() gave. */
void trace_drop(struct driver *trace, enum drop_reason reason);

#endif
