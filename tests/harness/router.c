/* SPDX-License-Identifier: MIT
 *
 * The router in a box: the hook that joins two stacks is all the code that a router needs.
 */
#include "tests/harness/router.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/world.h"

#define FRAMES_MAX 256

struct port {
	struct router *router;
	struct stack *stack;
	unsigned mtu;
	struct frame *frames[FRAMES_MAX]; /* that left, [taken .. count) */
	unsigned taken;
	unsigned count;
};

struct router {
	struct port ports[2];
	uint64_t now;
};

static const char *const addresses[] = {"192.0.2.254", "198.51.100.254"};
static const char *const neighbours[] = {"192.0.2.1", "198.51.100.1"};

static void forward(void *user, struct stack *from, const uint8_t *packet, size_t length)
{
	struct port *in = user;
	struct port *out = &in->router->ports[in == &in->router->ports[LEFT] ? RIGHT : LEFT];
	check(from == in->stack);
	switch (stack_forward(out->stack, packet, length, in->router->now)) {
	case -ETIME:
		stack_icmp_error(from, packet, length, 11, 0, 0);
		return;
	case -EMSGSIZE: /* RFC 1191 4: with the MTU of the next hop */
		stack_icmp_error(from, packet, length, 3, 4, out->mtu);
		return;
	case -ENETUNREACH:
		stack_icmp_error(from, packet, length, 3, 0, 0);
		return;
	default:
		return;
	}
}

static int emit(void *user, const struct tx_packet *packet)
{
	struct port *port = user;
	struct frame *frame = calloc(1, sizeof *frame);
	check(frame && port->count < FRAMES_MAX && tx_length(packet) <= FRAME_MAX);
	check(tx_length(packet) <= 14 + port->mtu);
	tx_copy(packet, frame->bytes);
	frame->length = tx_length(packet);
	frame->time = port->router->now;
	port->frames[port->count++] = frame;
	return 0;
}

struct router *router_new(unsigned left_mtu, unsigned right_mtu)
{
	struct router *router = calloc(1, sizeof *router);
	check(router);
	router->now = SECOND;
	for (enum side side = LEFT; side <= RIGHT; side++) {
		struct port *port = &router->ports[side];
		struct stack_config config = stack_defaults();
		config.mac = mac_of(addresses[side]);
		config.address = ip_of(addresses[side]);
		config.prefix_length = 24;
		config.mtu = port->mtu = side == LEFT ? left_mtu : right_mtu;
		config.emit = emit;
		config.emit_user = config.forward_user = port;
		config.forward = forward;
		config.allocator = world_allocator();
		port->router = router;
		port->stack = stack_create(&config, router->now);
		check(port->stack);
		check(stack_add_neighbour(port->stack, ip_of(neighbours[side]), mac_of(neighbours[side])) == 0);
	}
	router_pass(router, 10 * SECOND); /* announcements, two of them */
	for (enum side side = LEFT; side <= RIGHT; side++)
		while (router->ports[side].taken < router->ports[side].count)
			router_out(router, side);
	return router;
}

void router_free(struct router *router)
{
	world.ending = true;
	router_quiet(router);
	world.ending = false;
	for (enum side side = LEFT; side <= RIGHT; side++)
		stack_destroy(router->ports[side].stack);
	free(router);
}

struct stack *router_stack(struct router *router, enum side side)
{
	return router->ports[side].stack;
}

/* Let both do what is due, until neither has anything to do. */
static void settle(struct router *router)
{
	struct stack *left = router->ports[LEFT].stack, *right = router->ports[RIGHT].stack;
	do {
		stack_tick(left, router->now);
		stack_tick(right, router->now);
		stack_flush(left, router->now);
		stack_flush(right, router->now);
	} while (stack_deadline(left) <= router->now || stack_deadline(right) <= router->now);
}

void router_in(struct router *router, enum side side, const struct frame *frame)
{
	uint8_t *bytes = malloc(frame->length);
	struct rx_frame rx = {.bytes = bytes, .length = frame->length};
	check(bytes);
	memcpy(bytes, frame->bytes, frame->length);
	settle(router); /* so that both know what time it is */
	stack_input(router->ports[side].stack, &rx, router->now);
	free(bytes);
	settle(router);
}

void router_pass(struct router *router, uint64_t us)
{
	uint64_t until = router->now + us;
	settle(router);
	while (router->now < until) {
		uint64_t left = stack_deadline(router->ports[LEFT].stack);
		uint64_t right = stack_deadline(router->ports[RIGHT].stack);
		uint64_t next = left < right ? left : right;
		router->now = next < until ? next : until;
		settle(router);
	}
}

struct frame router_out(struct router *router, enum side side)
{
	struct port *port = &router->ports[side];
	check_that(port->taken < port->count, "expected a frame to leave the router; none has");
	struct frame frame = *port->frames[port->taken];
	free(port->frames[port->taken++]);
	if (port->taken == port->count)
		port->taken = port->count = 0;
	if (peek16(&frame, AT_ETHER_TYPE) != 0x0800)
		return frame;
	size_t header = (frame.bytes[AT_IP] & 15u) * 4;
	check_that(naive_checksum(frame.bytes + AT_IP, header, 0) == 0, "a wrong IP checksum left the router");
	check_that(peek16(&frame, AT_IP_TOTAL) == frame.length - 14, "a wrong total length left the router");
	if (frame.bytes[AT_IP_PROTOCOL] == 1 && (peek16(&frame, AT_IP_FRAGMENT) & 0x3fff) == 0)
		check_that(naive_checksum(frame.bytes + AT_IP + header, frame.length - 14 - header, 0) == 0,
			   "a wrong ICMP checksum left the router");
	return frame;
}

void router_quiet(struct router *router)
{
	for (enum side side = LEFT; side <= RIGHT; side++)
		check_that(router->ports[side].taken == router->ports[side].count,
			   "a frame left the router that nobody expected");
}

struct frame router_frame(enum side side, const char *from, const char *to, const struct frame *frame)
{
	struct frame result = *frame;
	memcpy(result.bytes + AT_ETHER_TO, mac_of(addresses[side]).bytes, 6);
	memcpy(result.bytes + AT_ETHER_FROM, mac_of(from).bytes, 6);
	memcpy(result.bytes + AT_IP_FROM, ip_of(from).bytes, 4);
	memcpy(result.bytes + AT_IP_TO, ip_of(to).bytes, 4);
	frame_fix(&result);
	return result;
}
