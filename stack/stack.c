/* SPDX-License-Identifier: MIT
 *
 * The machine as a whole: made from a configuration, fed with frames and time, flushed. The layers do the rest.
 */
#include "stack.h"

#include <errno.h>

#include "internal.h"

#define MTU_MIN    576 /* what every host must be able to receive (RFC 1122 3.3.2) */
#define MTU_MAX    65535
#define BUFFER_MIN 4096

struct stack_config stack_defaults(void)
{
	return (struct stack_config){
	    .mtu = 1500,
	    .ttl = IP_DEFAULT_TTL,
	    .allocator = memory_libc(),
	    .memory_limit = (size_t)1 << 30,
	    .send_buffer = (size_t)4 << 20,
	    .receive_buffer = (size_t)4 << 20,
	    .buffer_memory = (size_t)256 << 20,
	    .idle_restart = true,
	    .timestamps = true,
	    .sack = true,
	    .window_scaling = true,
	    .window_scale = TCP_WSCALE,
	};
}

static bool config_valid(const struct stack_config *config)
{
	return config->emit && !address_is_any(config->address) && config->prefix_length <= 32 &&
	       config->mtu >= MTU_MIN && config->mtu <= MTU_MAX && config->ttl > 0 &&
	       config->window_scale <= TCP_WSCALE_MAX;
}

/* Up to a power of two within bounds: what a ring can have, and a window of this scale tell of. */
static size_t buffer_size(size_t wanted, unsigned window_scale)
{
	size_t size = BUFFER_MIN;

	while (size < wanted && 2 * size <= (size_t)UINT16_MAX << window_scale)
		size *= 2;
	return size;
}

static void take_config(struct stack *s, const struct stack_config *config)
{
	s->events = config->events;
	s->interface = (struct interface){
	    .mac = config->mac,
	    .address = config->address,
	    .prefix_length = config->prefix_length,
	    .mtu = config->mtu,
	};
	s->ether.emit = config->emit;
	s->ether.emit_user = config->emit_user;
	s->ip.ttl = config->ttl;
	s->ip.forward = config->forward;
	s->ip.forward_user = config->forward_user;
	s->sockets.on_ready = config->on_ready;
	s->sockets.user = config->ready_user;
	s->tcp.idle_restart = config->idle_restart;
	s->tcp.offer_timestamps = config->timestamps;
	s->tcp.offer_sack = config->sack;
	s->tcp.offer_window_scaling = config->window_scaling;
	s->tcp.window_scale = (uint8_t)config->window_scale;
	s->probe = config->probe;
	s->interface.tentative = config->probe;
	random_init(&s->random, config->seed);
}

struct stack *stack_create(const struct stack_config *config, uint64_t now)
{
	struct memory memory = {.from = config->allocator, .limit = config->memory_limit};

	if (!config_valid(config))
		return NULL;
	struct stack *s = memory_get(&memory, sizeof *s);
	if (!s)
		return NULL;
	s->memory = memory;
	s->now = now;
	take_config(s, config);
	arp_init(s);
	ip_init(s);
	icmp_init(s);
	udp_init(s);
	dns_init(s);
	sockets_init(s);
	if (!tcp_init(s, buffer_size(config->send_buffer, TCP_WSCALE_MAX),
		      buffer_size(config->receive_buffer, config->window_scale), config->buffer_memory)) {
		stack_destroy(s);
		return NULL;
	}
	route_add(s, config->address, config->prefix_length, ADDRESS_ANY);
	if (!address_is_any(config->gateway) && route_add(s, ADDRESS_ANY, 0, config->gateway) != 0) {
		stack_destroy(s);
		return NULL;
	}
	return s;
}

void stack_close(struct stack *s)
{
	dns_close(s);
	sockets_close(s);
}

void stack_destroy(struct stack *s)
{
	sockets_release(s);
	dns_release(s);
	tcp_release(s);
	ip_release(s);
	arp_release(s);
	struct memory memory = s->memory; /* the stack itself is the last block */
	memory_put(&memory, s, sizeof *s);
}

void stack_input(struct stack *s, const struct rx_frame *frame, uint64_t now)
{
	s->now = now;
	ether_input(s, frame);
}

void stack_tick(struct stack *s, uint64_t now)
{
	struct deadline *due;

	s->now = now;
	while ((due = deadline_take(&s->deadlines, now))) {
		switch (due->kind) {
		case DEADLINE_ARP:
			arp_deadline(s, due);
			break;
		case DEADLINE_ARP_PROBE:
			arp_probe_deadline(s);
			break;
		case DEADLINE_LOOPBACK:
			loopback_deadline(s);
			break;
		case DEADLINE_REASSEMBLY:
			reassembly_deadline(s, due);
			break;
		case DEADLINE_TCP_TIME_WAIT:
			tcp_time_wait_deadline(s);
			break;
		case DEADLINE_TCP_RETRANSMIT:
		case DEADLINE_TCP_PERSIST:
		case DEADLINE_TCP_LOSS:
		case DEADLINE_TCP_DELAYED_ACK:
		case DEADLINE_TCP_KEEPALIVE:
		case DEADLINE_TCP_EXPIRY:
			tcp_deadline(s, due);
			break;
		case DEADLINE_DNS:
			dns_deadline(due);
			break;
		}
	}
}

void stack_flush(struct stack *s, uint64_t now)
{
	s->now = now;
	if (!s->started) {
		s->started = true;
		arp_start(s, s->probe);
	}
	dns_dispatch(s);
	sockets_dispatch(s);
	dns_flush(s);
	tcp_flush(s);
}

void stack_writable(struct stack *s, uint64_t now)
{
	s->now = now;
	tcp_writable(s);
}

uint64_t stack_deadline(const struct stack *s)
{
	return deadline_first(&s->deadlines);
}

bool stack_address_ready(const struct stack *s)
{
	return !s->interface.tentative;
}

int stack_add_route(struct stack *s, struct address network, unsigned prefix_length, struct address gateway)
{
	return address_is_any(gateway) ? -EINVAL : route_add(s, network, prefix_length, gateway);
}

int stack_add_neighbour(struct stack *s, struct address address, struct mac mac)
{
	return arp_add_static(s, address, mac);
}

struct mac stack_mac(const struct stack *s)
{
	return s->interface.mac;
}

bool stack_neighbour(struct stack *s, struct address to, struct mac *mac)
{
	struct address next_hop;
	return !ip_is_ours(s, to) && route_peek(s, to, &next_hop) && arp_find(s, next_hop, mac);
}

int stack_forward(struct stack *s, const uint8_t *packet, size_t length, uint64_t now)
{
	s->now = now;
	return ip_forward(s, packet, length);
}

void stack_icmp_error(struct stack *s, const uint8_t *packet, size_t length, uint8_t type, uint8_t code, uint32_t rest)
{
	icmp_error_reply(s, packet, length, type, code, rest);
}

int stack_echo(struct stack *s, struct address to, uint16_t id, uint16_t sequence, uint8_t ttl, const void *data,
	       size_t length)
{
	return icmp_echo(s, to, id, sequence, ttl, data, length);
}

size_t stack_connections(const struct stack *s)
{
	return s->tcp.connection_count;
}

const struct stats *stack_stats(const struct stack *s)
{
	return &s->stats;
}

const struct memory *stack_memory(const struct stack *s)
{
	return &s->memory;
}
