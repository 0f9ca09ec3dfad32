/* SPDX-License-Identifier: MIT
 *
 * strata: a whole TCP/IP machine as a value.
 *
 * A stack does no input or output of its own. Frames, the time and entropy go in as arguments; frames, events and the
 * next deadline come out. Whoever embeds it runs this loop (apps/host.c is the real one):
 *
 *     wait until the device has frames, or until stack_deadline()
 *     for each frame:   stack_input(stack, &frame, now)
 *     when time is due: stack_tick(stack, now)
 *     then, always:     stack_flush(stack, now)     answers leave, on_ready() is called
 *
 * Times are microseconds on any clock that never goes back. Every call returns promptly; none blocks. A stack is used by
 * one thread at a time; any number of stacks live side by side.
 */
#ifndef STRATA_STACK_H
#define STRATA_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/event.h"
#include "base/memory.h"
#include "base/packet.h"
#include "base/stats.h"
#include "socket/socket.h"

struct stack;

struct stack_config {
	/* The machine's place on its network. */
	struct mac mac;
	struct address address;
	unsigned prefix_length; /* 0 to 32 */
	struct address gateway; /* ADDRESS_ANY: none */
	unsigned mtu;           /* largest IP packet the device carries, 576 to 65535 */

	uint8_t ttl; /* time to live of what is sent, where its sender does not say otherwise; not 0 */
	bool probe;  /* probe for a conflict before using the address (RFC 5227 2.1); takes seconds */

	/* The device. Send one packet, which is borrowed: 0 sent, -EAGAIN full (stack_writable() is then owed), or another negative
	 * errno: lost. */
	int (*emit)(void *user, const struct tx_packet *packet);
	void *emit_user;

	/* Called from stack_flush() for each socket that became ready for something; may call any socket
	 * function, socket_close() included. May be NULL. */
	void (*on_ready)(void *user, struct socket *socket);
	void *ready_user;

	/* A packet that is neither for us nor for everybody, from its IP header on, borrowed: a router passes it on with stack_forward()
	 * to the stack of another interface. So is a packet of our own for which there is no route here. NULL: forwarding is off, and the packet is dropped by name. */
	void (*forward)(void *user, struct stack *stack, const uint8_t *packet, size_t length);
	void *forward_user;

	struct events events;       /* a listener, or none */
	struct allocator allocator; /* memory_libc(), or one's own */
	size_t memory_limit;        /* bytes for everything this stack keeps */
	uint8_t seed[16];           /* entropy; the same seed and the same inputs give the same frames */

	size_t send_buffer;    /* most bytes a TCP socket keeps to send; rounded up to a power of two */
	size_t receive_buffer; /* most bytes it keeps for its reader, which bounds the window; the same */
	size_t buffer_memory;  /* most bytes that all of these take together; from half of it on they stop growing */

	bool idle_restart; /* after an RTO of silence TCP begins with the initial window again (RFC 5681 4.1) */

	/* What TCP's SYNs offer, and agree to where the peer offers it (RFC 7323, RFC 2018). */
	bool timestamps;
	bool sack;
	bool window_scaling;
	unsigned window_scale; /* the shift of our windows, 0 to 14; it bounds receive_buffer to 65,535 << scale */
};

/* A configuration with every field at its default (MTU 1500, TTL 64, libc's memory up to 1 GiB, buffers up to 4 MiB, together 256 MiB, every option
 * offered, restart after idleness) and no address, device or seed, which are the caller's to fill in. */
struct stack_config stack_defaults(void);

/* Make a machine and announce its address (RFC 5227 2.3) at the first flush. The configuration is copied. NULL: no memory, or
 * a configuration that cannot be (no emit, no address, MTU out of range, a gateway that is not on our network). */
struct stack *stack_create(const struct stack_config *config, uint64_t now);

/* Close every socket, as by socket_close(): all of them become invalid, and connections end in order while the stack is run on. */
void stack_close(struct stack *stack);

/* Take the machine off the wire without a word: connections vanish, sockets become invalid, all memory goes back. */
void stack_destroy(struct stack *stack);

/* A frame has arrived. It is borrowed for the length of the call. */
void stack_input(struct stack *stack, const struct rx_frame *frame, uint64_t now);

/* Run every deadline that is due. */
void stack_tick(struct stack *stack, uint64_t now);

/* Pay all debts: call on_ready() for sockets that became ready, then let marked connections send. */
void stack_flush(struct stack *stack, uint64_t now);

/* The device that answered -EAGAIN can send again. */
void stack_writable(struct stack *stack, uint64_t now);

/* When stack_tick() is next needed, or DEADLINE_NEVER (base/deadline.h). */
uint64_t stack_deadline(const struct stack *stack);

/* Whether the address may be used: at once, or after probing; while it is false nothing is sent or received but ARP. A conflict is told as
 * EVENT_ARP_CONFLICT, and then it never becomes true. */
bool stack_address_ready(const struct stack *stack);

/* A route for a network by a gateway on our own one. Our own network and the configuration's gateway are there from the start; a
 * second default gateway is used when the first seems dead. -EINVAL: a prefix above 32, a gateway that is not on our network; -ENOSPC. */
int stack_add_route(struct stack *stack, struct address network, unsigned prefix_length, struct address gateway);

/* A neighbour whose MAC address is known beforehand: never asked for, never forgotten. -EINVAL: not one station of our network,
 * or our own address; -ENOSPC, -ENOMEM. */
int stack_add_neighbour(struct stack *stack, struct address address, struct mac mac);

/* The machine's own MAC address. */
struct mac stack_mac(const struct stack *stack);

/* The MAC address that a packet to this address would be sent to now: the neighbour's, or that of the gateway to it. False:
 * none is known, or none is needed, since the address is our own. Nobody is asked. */
bool stack_neighbour(struct stack *stack, struct address to, struct mac *mac);

/* For a router: send on, from this stack and at this time, a packet that the forward hook of another one was given. 0; -ETIME: its time to live is used up;
 * -EMSGSIZE: too large, and not to be fragmented; -ENETUNREACH, -EAGAIN, -EINVAL, -ENETDOWN (this stack's address is being probed). Unreachable neighbours are told to the packet's
 * source by this stack itself; the other errors are the caller's to tell with stack_icmp_error(). */
int stack_forward(struct stack *stack, const uint8_t *packet, size_t length, uint64_t now);

/* For a router: send an ICMP error about a packet that this stack's forward hook was given: type, code, and the header's second word (host
 * order). RFC 1122 3.2.2's limits hold. */
void stack_icmp_error(struct stack *stack, const uint8_t *packet, size_t length, uint8_t type, uint8_t code,
		      uint32_t rest);

/* Send an ICMP echo request (RFC 792) with `length` bytes of data, borrowed, at most 65,507; `ttl` 0 is the default. The reply
 * is told as EVENT_ICMP_ECHO_REPLY, an error about it as EVENT_ICMP_ECHO_ERROR. 0, or a negative errno (-EMSGSIZE, -ENETUNREACH, -EAGAIN). */
int stack_echo(struct stack *stack, struct address to, uint16_t id, uint16_t sequence, uint8_t ttl, const void *data,
	       size_t length);

/* How many TCP connections still have something to say or to hear: not those in TIME-WAIT. */
size_t stack_connections(const struct stack *stack);

/* What has been counted so far. */
const struct stats *stack_stats(const struct stack *stack);

/* What the stack holds of its allocator. */
const struct memory *stack_memory(const struct stack *stack);

#endif
