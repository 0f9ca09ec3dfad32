/* SPDX-License-Identifier: MIT
 *
 * Two stacks on a cable, in virtual time, for apps that are tested on one and asked from the other:
 *
 *     stacks[0], 192.0.2.1 ---- a cable ---- stacks[1], 192.0.2.2
 *
 *     pair_begin(&pair);
 *     struct stack_config config = pair_config(&pair, 0);     and so for 1, changed as the test needs it
 *     pair_start(&pair, 0, &config);
 *     ...
 *     pair_run(&pair, duration);
 *     pair_end(&pair);
 */
#ifndef STRATA_TESTS_PAIR_H
#define STRATA_TESTS_PAIR_H

#include <stdint.h>

#include "drivers/cable.h"
#include "stack.h"

#define PAIR_TRANSIT 10 /* microseconds that a frame is under way */

struct pair {
	uint64_t now; /* microseconds */
	struct cable *cable;
	struct driver *drivers[2];
	struct stack *stacks[2];
};

/* A cable, and nothing at its ends yet. The time goes on from where it was. */
void pair_begin(struct pair *pair);

/* What the stack at this end begins with. */
struct stack_config pair_config(struct pair *pair, unsigned i);

void pair_start(struct pair *pair, unsigned i, const struct stack_config *config);

/* Both stacks take what has come, and do what is due. */
void pair_service(struct pair *pair);

/* When either has something to do next. */
uint64_t pair_deadline(struct pair *pair);

/* Let things happen for so long. */
void pair_run(struct pair *pair, uint64_t duration);

void pair_end(struct pair *pair);

#endif
