/* SPDX-License-Identifier: MIT
 *
 * A router in a box: two stacks side by side, each with a device of its own, joined through their forward hooks.
 *
 *        left network                                        right network
 *        192.0.2.0/24       +---------+---------+        198.51.100.0/24
 *     ----------------------| .254    |    .254 |-----------------------
 *          LEFT             +---------+---------+             RIGHT
 *
 * A test plays both wires: router_in() lets a frame arrive, router_out() takes what left. Stations have the MACs of harness.h; both
 * stacks know .1 on their network beforehand, and ask for all others. A box stands beside the world of harness.h, from
 * which it has its memory: harness_end() finds what is lost, and harness_fail_allocation() makes it scarce.
 */
#ifndef STRATA_TESTS_ROUTER_H
#define STRATA_TESTS_ROUTER_H

#include "tests/harness/harness.h"

enum side { LEFT, RIGHT };

struct router;

/* A box with these MTUs. Freeing it fails the test if a frame has left that was not taken. */
struct router *router_new(unsigned left_mtu, unsigned right_mtu);
void router_free(struct router *router);

struct stack *router_stack(struct router *router, enum side side);

/* A frame arrives on this side; all that follows from it at this moment happens. */
void router_in(struct router *router, enum side side, const struct frame *frame);

/* Time passes; nothing may be left over when it begins. */
void router_pass(struct router *router, uint64_t us);

/* The next frame that has left on this side, which must be there; its checksums are right. */
struct frame router_out(struct router *router, enum side side);

/* Nothing has left on either side that was not taken. */
void router_quiet(struct router *router);

/* A frame with this packet's payload from a station on a side to any address, by way of the box. */
struct frame router_frame(enum side side, const char *from, const char *to, const struct frame *frame);

#endif
