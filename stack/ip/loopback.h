/* SPDX-License-Identifier: MIT
 *
 * What a stack says to itself. A packet for our own address is copied into a queue and comes in again by the next tick: input is never
 * entered from output, so that every function finishes what it began before its own packets come back.
 */
#ifndef STRATA_IP_LOOPBACK_H
#define STRATA_IP_LOOPBACK_H

#include "base/deadline.h"
#include "base/list.h"
#include "base/packet.h"

struct stack;

#define LOOPBACK_PACKETS_MAX 256

struct loopback {
	struct list queue; /* struct looped, oldest first */
	unsigned count;
	struct deadline deadline; /* armed for now while the queue holds something */
};

void loopback_init(struct stack *s);
void loopback_release(struct stack *s);

/* Queue a copy of a packet whose outermost header is IP's. What does not fit is dropped by name. */
void loopback_output(struct stack *s, const struct tx_packet *packet);

/* stack_tick(): take in what the queue holds. */
void loopback_deadline(struct stack *s);

#endif
