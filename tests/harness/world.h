/* SPDX-License-Identifier: MIT
 *
 * The one world of a running script: clock, stack, device, memory.
 */
#ifndef STRATA_TESTS_WORLD_H
#define STRATA_TESTS_WORLD_H

#include "tests/harness/internal.h"

#define KEPT_FRAMES 4096

/* Initial sequence numbers of flow 0, ours and the peer's: the third and the second last before the wrap. */
#define OUR_ISN  0xfffffffdu
#define PEER_ISN 0xfffffffeu

struct world {
	struct stack *stack;
	struct socket *listener; /* the one of app_listen() */
	struct stack_config config;
	uint64_t now;
	uint64_t began;
	bool batching;
	bool deaf;
	bool answers_arp;
	bool stations_move; /* MAC addresses of others are not what their IP address says */
	bool failed;
	bool ending;  /* in harness_end() */
	unsigned ttl; /* that our packets must have; 0: 64 */

	/* Frames that left and were not taken yet: kept[taken .. kept_count). */
	struct frame *kept[KEPT_FRAMES];
	unsigned taken;
	unsigned kept_count;

	/* Addresses that the stack asked for and that wait for the harness's answer. */
	uint8_t asked[16][4];
	unsigned asked_count;

	enum rx_checksum rx_checksum; /* marks of frames that arrive */
	uint16_t rx_gso_size;
	bool device_full;
	bool device_bounded; /* device_room is how many frames fit before it is full */
	unsigned device_room;
	unsigned refused;

	struct flow flows[FLOWS];
	struct flow *flow;

	unsigned event_counts[EVENT_TYPE_COUNT];
	struct event events[EVENT_TYPE_COUNT];
	unsigned input_drops; /* since the last input */
	enum drop_reason input_drop;

	unsigned allocations;
	unsigned fail_at; /* the number of the allocation to fail, or 0 */
	bool fail_all;    /* and those after it */
	bool fail_happened;
	size_t blocks; /* outstanding */
};

extern struct world world;

/* Let the stack do all it wants at this moment, then check it. */
void world_settle(const char *file, int line);

/* Whether the stack's own invariants hold (check.c). */
bool world_invariants_hold(void);

/* The allocator of the world. */
struct allocator world_allocator(void);

/* The device and the listener of the world. */
int world_emit(void *user, const struct tx_packet *packet);
void world_listen(void *user, const struct event *event);

#endif
