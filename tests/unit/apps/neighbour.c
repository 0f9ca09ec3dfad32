/* SPDX-License-Identifier: MIT
 *
 * The machine behind a host's device; see neighbour.h.
 */
#include "tests/unit/apps/neighbour.h"

#include <criterion/criterion.h>

/* ---- the device ---- */

static int device_emit(struct driver *driver, const struct tx_packet *packet, uint64_t now)
{
	struct neighbour *n = (struct neighbour *)driver;
	return n->deaf ? 0 : driver_emit(cable_port(n->cable, 0), packet, now);
}

static void take_frame(void *user, const struct rx_frame *frame, uint64_t now)
{
	stack_input(((struct neighbour *)user)->stack, frame, now);
}

static void take_writable(void *user, uint64_t now)
{
	stack_writable(((struct neighbour *)user)->stack, now);
}

static int device_service(struct driver *driver, const struct driver_sink *sink, uint64_t now)
{
	struct neighbour *n = (struct neighbour *)driver;
	const struct driver_sink inside = {n, take_frame, take_writable};
	n->served++;
	if (n->gone)
		return n->gone;
	driver_service(cable_port(n->cable, 1), &inside, now);
	stack_tick(n->stack, now);
	stack_flush(n->stack, now);
	return driver_service(cable_port(n->cable, 0), sink, now);
}

static void device_wait(const struct driver *driver, struct driver_wait *wait)
{
	const struct neighbour *n = (const struct neighbour *)driver;
	struct driver_wait inside;
	driver_wait(cable_port(n->cable, 0), wait);
	driver_wait(cable_port(n->cable, 1), &inside);
	if (inside.deadline < wait->deadline)
		wait->deadline = inside.deadline;
	if (stack_deadline(n->stack) < wait->deadline)
		wait->deadline = stack_deadline(n->stack);
}

static void device_close(struct driver *driver)
{
	((struct neighbour *)driver)->closed = true;
}

static const struct driver_operations device = {device_emit, device_service, device_wait, device_close};

/* ---- the machine ---- */

static int emit(void *user, const struct tx_packet *packet)
{
	return driver_emit(cable_port(((struct neighbour *)user)->cable, 1), packet, 0);
}

void neighbour_begin(struct neighbour *n, void (*ready)(void *user, struct socket *socket), void *user)
{
	struct stack_config config = stack_defaults();
	*n = (struct neighbour){.driver = {.operations = &device, .mtu = 1500}, .cable = cable_create(2, 1024)};
	config.address = (struct address){{192, 0, 2, 1}};
	config.prefix_length = 24;
	config.mac = (struct mac){{2, 0, 0, 0, 0, 1}};
	config.emit = emit;
	config.emit_user = n;
	config.on_ready = ready;
	config.ready_user = user;
	n->stack = stack_create(&config, host_now());
	cr_assert_not_null(n->stack);
}

struct socket *neighbour_listen(struct neighbour *n, enum socket_type type, uint16_t port)
{
	struct socket *socket = socket_open(n->stack, type);
	cr_assert_eq(socket_bind(socket, &(struct endpoint){.port = port}), 0);
	if (type == SOCKET_STREAM)
		cr_assert_eq(socket_listen(socket, 8), 0);
	return socket;
}

struct host *neighbour_open(struct neighbour *n, const struct options *options)
{
	struct host *host = host_open_on(&n->driver, options);
	cr_assert_not_null(host);
	return host;
}

void neighbour_end(struct neighbour *n)
{
	cr_assert(n->closed);
	stack_destroy(n->stack);
	cable_destroy(n->cable);
}
