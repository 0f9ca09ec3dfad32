/* SPDX-License-Identifier: MIT
 *
 * The loop that a host has around one stack (apps/host.c), around two, with a clock of its own.
 */
#include <criterion/criterion.h>

#include "base/deadline.h"
#include "tests/unit/apps/pair.h"

static int emit(void *user, const struct tx_packet *packet)
{
	struct driver **driver = user;
	return driver_emit(*driver, packet, 0); /* a cable has no clock */
}

static void on_frame(void *user, const struct rx_frame *frame, uint64_t at)
{
	stack_input(user, frame, at);
}

static void on_writable(void *user, uint64_t at)
{
	stack_writable(user, at);
}

void pair_begin(struct pair *pair)
{
	pair->cable = cable_create(2, 512);
	cr_assert(pair->cable);
}

struct stack_config pair_config(struct pair *pair, unsigned i)
{
	struct stack_config config = stack_defaults();
	pair->drivers[i] = cable_port(pair->cable, i);
	config.mac = (struct mac){{2, 0, 0, 0, 0, (uint8_t)(i + 1)}};
	config.address = (struct address){{192, 0, 2, (uint8_t)(i + 1)}};
	config.prefix_length = 24;
	config.emit = emit;
	config.emit_user = &pair->drivers[i];
	config.seed[0] = (uint8_t)i;
	return config;
}

void pair_start(struct pair *pair, unsigned i, const struct stack_config *config)
{
	pair->stacks[i] = stack_create(config, pair->now);
	cr_assert(pair->stacks[i]);
}

void pair_service(struct pair *pair)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct driver_sink sink = {pair->stacks[i], on_frame, on_writable};
		driver_service(pair->drivers[i], &sink, pair->now);
		if (stack_deadline(pair->stacks[i]) <= pair->now)
			stack_tick(pair->stacks[i], pair->now);
		stack_flush(pair->stacks[i], pair->now);
	}
}

uint64_t pair_deadline(struct pair *pair)
{
	uint64_t first = DEADLINE_NEVER;
	for (unsigned i = 0; i < 2; i++) {
		struct driver_wait wait;
		driver_wait(pair->drivers[i], &wait);
		uint64_t due = stack_deadline(pair->stacks[i]), arrival = pair->now + PAIR_TRANSIT;
		if (wait.deadline != DEADLINE_NEVER && arrival < due)
			due = arrival;
		first = due < first ? due : first;
	}
	return first;
}

void pair_run(struct pair *pair, uint64_t duration)
{
	uint64_t until = pair->now + duration;
	while (pair->now < until) {
		pair_service(pair);
		uint64_t due = pair_deadline(pair);
		due = due > pair->now ? due : pair->now + 1;
		pair->now = due < until ? due : until;
	}
}

void pair_end(struct pair *pair)
{
	for (unsigned i = 0; i < 2; i++)
		stack_destroy(pair->stacks[i]);
	cable_destroy(pair->cable);
}
