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

	/* The device. Send one packet, which is borrowed: 0 sent, -EAGAIN full (stack_writable() is then owed), or another negative
	 * errno: lost. */
	int (*emit)(void *user, const struct tx_packet *packet);
	void *emit_user;

	/* Called from stack_flush() for each socket that became ready for something; may call any socket
	 * function, socket_close() included. May be NULL. */
	void (*on_ready)(void *user, struct socket *socket);
	void *ready_user;

	struct events events;       /* a listener, or none */
	struct allocator allocator; /* memory_libc(), or one's own */
	size_t memory_limit;        /* bytes for everything this stack keeps */
	uint8_t seed[16];           /* entropy; the same seed and the same inputs give the same frames */

	size_t send_buffer;    /* most bytes a TCP socket keeps to send; rounded up to a power of two */
	size_t receive_buffer; /* most bytes it keeps for its reader, which bounds the window; the same */
};

/* A configuration with every field at its default (MTU 1500, libc's memory up to 1 GiB, buffers of 512 KiB) and no address,
 * device or seed, which are the caller's to fill in. */
struct stack_config stack_defaults(void);

/* Make a machine and announce its address (RFC 5227 2.3) at the first flush. The configuration is copied. NULL: no memory, or
 * a configuration that cannot be (no emit, no address, MTU out of range). */
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

/* Send an ICMP echo request (RFC 792) with `length` bytes of data, borrowed, that fits one frame. The reply
 * is told as EVENT_ICMP_ECHO_REPLY. 0, or a negative errno (-EMSGSIZE, -EHOSTUNREACH, -EAGAIN). */
int stack_echo(struct stack *stack, struct address to, uint16_t id, uint16_t sequence, const void *data, size_t length);

/* How many TCP connections still have something to say or to hear: not those in TIME-WAIT. Walks all of them. */
size_t stack_connections(const struct stack *stack);

/* What has been counted so far. */
const struct stats *stack_stats(const struct stack *stack);

/* What the stack holds of its allocator. */
const struct memory *stack_memory(const struct stack *stack);

#endif
