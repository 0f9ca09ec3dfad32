/* SPDX-License-Identifier: MIT
 *
 * The wire of the command line: when it is there, whose luck it has, and what it says in the end.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "apps/wire.h"
#include "drivers/cable.h"

static const uint8_t seed[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void ignore_frame(void *user, const struct rx_frame *frame, uint64_t now)
{
	(void)frame;
	(void)now;
	++*(unsigned *)user;
}

static void ignore_room(void *user, uint64_t now)
{
	(void)user;
	(void)now;
}

static void emit(struct driver *driver)
{
	struct tx_packet packet;
	tx_init(&packet);
	memset(tx_prepend(&packet, 60), 0, 60);
	cr_assert_eq(driver_emit(driver, &packet, 0), 0);
}

static unsigned service(struct driver *driver, uint64_t now)
{
	unsigned frames = 0;
	const struct driver_sink sink = {&frames, ignore_frame, ignore_room};
	driver_service(driver, &sink, now);
	return frames;
}

Test(wire, a_good_one_is_not_there)
{
	struct cable *cable = cable_create(2, 4);
	struct driver *device = cable_port(cable, 0), *wire = device;
	struct options options;
	options_begin(&options, "test", OPTIONS_MACHINE);
	cr_assert(wire_wrap(&device, &wire, &options, seed));
	cr_assert_null(wire);
	cr_assert_eq(device, cable_port(cable, 0));
	cr_assert_not(wire_is_busy(wire));
	wire_tell(wire, NULL);
	cable_destroy(cable);
}

Test(wire, a_bad_one_says_what_it_did)
{
	struct cable *cable = cable_create(2, 64);
	struct driver *device = cable_port(cable, 0), *wire;
	struct options options;
	char told[512];
	options_begin(&options, "test", OPTIONS_MACHINE);
	options.wire = (struct netem_options){.duplicate = NETEM_CERTAIN, .delay = 10, .queue = 2};
	cr_assert(wire_wrap(&device, &wire, &options, seed));
	cr_assert_eq(device, wire);
	for (unsigned i = 0; i < 3; i++)
		emit(device);
	emit(cable_port(cable, 1));
	cr_assert(wire_is_busy(wire));
	cr_assert_eq(service(device, 0), 0);
	cr_assert_eq(service(device, 10), 2);
	cr_assert_not(wire_is_busy(wire));
	cr_assert_eq(service(cable_port(cable, 1), 10), 4);
	FILE *file = fmemopen(told, sizeof told, "w");
	wire_tell(wire, file);
	fclose(file);
	cr_assert_str_eq(told, "wire, out: 3 frames: 0 lost, 0 corrupted, 2 duplicated, 0 reordered, 1 too many for "
			       "the queue\n"
			       "wire, in: 1 frames: 0 lost, 0 corrupted, 1 duplicated, 0 reordered, 0 too many for "
			       "the queue\n");
	driver_close(device);
	cable_destroy(cable);
}

/* What a stack draws from its seed, an outsider may see in its ports; the wire's faults must say nothing about it. */
Test(wire, its_luck_is_not_that_of_the_stacks_seed)
{
	struct cable *cable = cable_create(2, 1000);
	struct options options;
	struct driver *device = cable_port(cable, 0), *wire, *plain;
	options_begin(&options, "test", OPTIONS_MACHINE);
	options.wire = (struct netem_options){.loss = NETEM_CERTAIN / 2};
	cr_assert(wire_wrap(&device, &wire, &options, seed));
	plain = netem_wrap(cable_port(cable, 1), &options.wire, seed);
	unsigned differ = 0;
	for (unsigned i = 0; i < 200; i++) {
		uint64_t lost = netem_count(wire, NETEM_OUT).lost, lost_plain = netem_count(plain, NETEM_OUT).lost;
		emit(device);
		emit(plain);
		differ += netem_count(wire, NETEM_OUT).lost - lost != netem_count(plain, NETEM_OUT).lost - lost_plain;
	}
	cr_assert(differ > 50 && differ < 150);
	driver_close(device);
	driver_close(plain);
	cable_destroy(cable);
}
