/* SPDX-License-Identifier: MIT
 *
 * The heart of the harness: the clock, what arrives and what left.
 *
 * Every input and every passing of time ends in world_settle(): the stack runs what is due, pays its debts, gets the
 * answers to its ARP requests (unless the script answers them), and is checked (tcp_check_all) before the script goes
 * on.
 *
 * To have our own initial sequence number just below 2^32 although it cannot be foretold (RFC 6528), a stack with the
 * same seed opens the fixture's connection once, at a known time, and is thrown away: since the number grows by one
 * every four microseconds (RFC 9293 3.4.1), that says at what time the clock must begin.
 */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/world.h"

struct world world;

void harness_fail(const char *file, int line, const char *what, ...)
{
	va_list arguments;
	world.failed = true;
	story_print();
	fprintf(stderr, "--- %s:%d: ", file, line);
	va_start(arguments, what);
	vfprintf(stderr, what, arguments);
	va_end(arguments);
	fprintf(stderr, "\n");
	fflush(stderr);
	if (!world
		 .ending) /* in a .fini Criterion would print the failure and count the test as passed: it must crash */
		cr_assert_fail("%s:%d: the script failed; its story is above", file, line);
	abort();
}

/* --- Beginning and end ------------------------------------------------------------------------------------------- */

struct stack_config harness_config(void)
{
	struct stack_config config = stack_defaults();
	config.mac = mac_of("192.0.2.2");
	config.address = ip_of("192.0.2.2");
	config.prefix_length = 24;
	config.gateway = ip_of("192.0.2.254");
	config.emit = world_emit;
	config.events.listen = world_listen;
	config.allocator = world_allocator();
	memcpy(config.seed, "a script's seed.", 16);
	return config;
}

static void frames_forget(void)
{
	for (unsigned i = 0; i < world.kept_count; i++)
		free(world.kept[i]);
	world.kept_count = world.taken = 0;
}

/* A new world at this time, with a stack that has not been flushed yet. */
static void world_begin(const struct stack_config *config, uint64_t now, bool answers_arp)
{
	frames_forget();
	memset(&world, 0, sizeof world);
	story_clear();
	world.config = *config;
	world.now = world.began = now;
	world.answers_arp = answers_arp;
	for (unsigned i = 0; i < FLOWS; i++) {
		struct flow *flow = &world.flows[i];
		memcpy(flow->peer, ip_of("192.0.2.1").bytes, 4);
		flow->peer_port = (uint16_t)(6000 + i);
		flow->local_port = 5000;
		flow->peer_isn = PEER_ISN;
	}
	world.flow = &world.flows[0];
	world.stack = stack_create(config, now);
	check_that(world.stack, "no stack");
}

/* Our initial number on flow 0 for a SYN that leaves at this time. */
static uint32_t learn_isn(const struct stack_config *config, uint64_t now)
{
	world_begin(config, now, true);
	app_connect();
	world_settle(HERE);
	check_that(world.flow->our_isn_known, "a connect sent no SYN");
	uint32_t isn = world.flow->our_isn;
	stack_destroy(world.stack);
	check_that(world.blocks == 0, "%zu blocks outstanding", world.blocks);
	return isn;
}

/* When the clock must begin for our initial number to be OUR_ISN. */
static uint64_t choose_clock(const struct stack_config *config)
{
	uint64_t trial = 4 * SECOND;
	uint64_t clock = trial + (uint64_t)(uint32_t)(OUR_ISN - learn_isn(config, trial)) * 4;
	uint32_t isn = learn_isn(config, clock);
	check_that(isn == OUR_ISN, "the initial number does not grow by one every four microseconds: %08x", isn);
	return clock;
}

void harness_start_with(const struct stack_config *config)
{
	world_begin(config, choose_clock(config), true);
	world_settle(HERE);
}

void harness_start(void)
{
	struct stack_config config = harness_config();
	harness_start_with(&config);
}

void harness_start_bare_with(const struct stack_config *config)
{
	struct stack_config at_once = *config;
	at_once.probe = false;
	world_begin(config, choose_clock(&at_once), false);
}

void harness_start_bare(void)
{
	struct stack_config config = harness_config();
	harness_start_bare_with(&config);
}

void harness_end(void)
{
	if (world.failed)
		return;
	world.ending = true;
	harness_quiet(HERE);
	stack_destroy(world.stack);
	world.stack = NULL;
	check_that(world.blocks == 0, "%zu blocks outstanding after stack_destroy()", world.blocks);
	frames_forget();
	world.ending = false;
}

struct stack *harness_stack(void)
{
	return world.stack;
}

uint64_t harness_now(void)
{
	return world.now;
}

/* --- Flows ------------------------------------------------------------------------------------------------------- */

struct flow *flow_select(unsigned n)
{
	check_that(n < FLOWS, "no such flow");
	world.flow = &world.flows[n];
	return world.flow;
}

struct flow *flow_current(void)
{
	return world.flow;
}

void flow_forget(void)
{
	world.flow->our_isn = 0;
	world.flow->our_isn_known = false;
}

static bool flow_is(const struct flow *flow, const uint8_t peer[4], unsigned peer_port, unsigned local_port)
{
	return flow->peer_port == peer_port && flow->local_port == local_port && memcmp(flow->peer, peer, 4) == 0;
}

struct flow *flow_find(const uint8_t peer[4], unsigned peer_port, unsigned local_port)
{
	if (flow_is(world.flow, peer, peer_port, local_port))
		return world.flow;
	for (unsigned i = 0; i < FLOWS; i++)
		if (flow_is(&world.flows[i], peer, peer_port, local_port))
			return &world.flows[i];
	return NULL;
}

/* --- What arrives ------------------------------------------------------------------------------------------------ */

/* Hand bytes to the stack in a block of exactly their length, so that a read past the end is caught. */
static void deliver(const struct frame *frame)
{
	char text[160];
	uint8_t *bytes = malloc(frame->length ? frame->length : 1);
	check_that(bytes, "no memory for the harness");
	memcpy(bytes, frame->bytes, frame->length);
	frame_print(frame, false, text, sizeof text);
	story_add(world.now - world.began, ">", "%s", text);
	struct rx_frame rx = {.bytes = frame->length ? bytes : bytes + 1,
			      .length = frame->length,
			      .checksum = world.rx_checksum,
			      .gso_size = world.rx_gso_size};
	stack_input(world.stack, &rx, world.now);
	check_that(memcmp(bytes, frame->bytes, frame->length) == 0, "the stack wrote into a received frame");
	free(bytes);
}

static void answer_arp(void)
{
	while (world.asked_count) {
		const uint8_t *a = world.asked[--world.asked_count];
		char text[16];
		snprintf(text, sizeof text, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
		struct frame reply = frame_arp(2, mac_of(text), text, mac_of("192.0.2.2"), "192.0.2.2");
		deliver(&reply);
	}
}

void world_settle(const char *file, int line)
{
	for (unsigned rounds = 0;; rounds++) {
		if (rounds > 1000)
			harness_fail(file, line, "the stack never comes to rest: its deadline stays due");
		stack_flush(world.stack, world.now);
		if (world.asked_count)
			answer_arp();
		else if (stack_deadline(world.stack) <= world.now)
			stack_tick(world.stack, world.now);
		else
			break;
	}
	if (!world_invariants_hold())
		harness_fail(file, line, "tcp_check_all() finds a connection that is not as it must always be");
}

void harness_quiet(const char *file, int line)
{
	world_settle(file, line);
	if (world.taken < world.kept_count) {
		char text[160];
		frame_print(world.kept[world.taken], true, text, sizeof text);
		harness_fail(file, line, "expected silence; what left is: %s", text);
	}
}

void harness_in_frame(const char *file, int line, const struct frame *frame)
{
	if (!world.batching)
		harness_quiet(file, line);
	world.input_drops = 0;
	deliver(frame);
	if (!world.batching)
		world_settle(file, line);
}

void harness_in_raw(const char *file, int line, const void *bytes, size_t length)
{
	struct frame frame = {.length = length};
	check_that(length <= FRAME_MAX, "too long");
	memcpy(frame.bytes, bytes, length);
	harness_in_frame(file, line, &frame);
}

void harness_in(const char *file, int line, const char *format, ...)
{
	char text[256];
	va_list arguments;
	if (!world.batching)
		world_settle(file, line);
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	struct segment segment = segment_parse(file, line, text, world.flow, false);
	struct frame frame = segment_frame(&segment, world.flow);
	harness_in_frame(file, line, &frame);
}

void harness_batch_begin(const char *file, int line)
{
	harness_quiet(file, line);
	world.batching = true;
}

void harness_batch_end(const char *file, int line)
{
	world.batching = false;
	world_settle(file, line);
}

/* --- Drops and counters ------------------------------------------------------------------------------------------ */

void harness_assert_dropped(const char *file, int line, enum drop_reason reason)
{
	if (world.input_drops == 0)
		harness_fail(file, line, "expected the last input to be dropped as %s; it was not dropped",
			     drop_name(reason));
	if (world.input_drops > 1 || world.input_drop != reason)
		harness_fail(file, line, "expected one drop, %s; there were %u, the last %s", drop_name(reason),
			     world.input_drops, drop_name(world.input_drop));
	if (dropped(reason) == 0)
		harness_fail(file, line, "%s was told but not counted", drop_name(reason));
}

void harness_assert_not_dropped(const char *file, int line)
{
	if (world.input_drops)
		harness_fail(file, line, "the last input was dropped: %s", drop_name(world.input_drop));
}

uint64_t counted(enum counter counter)
{
	return stack_stats(world.stack)->counters[counter];
}

uint64_t dropped(enum drop_reason reason)
{
	return stack_stats(world.stack)->drops[reason];
}

/* --- Time -------------------------------------------------------------------------------------------------------- */

/* Move the clock up to `until`, stopping at every deadline on the way. */
static void advance(const char *file, int line, uint64_t until, bool silent)
{
	uint64_t from = world.now;
	world_settle(file, line);
	while (world.now < until) {
		uint64_t next = stack_deadline(world.stack);
		if (silent)
			harness_quiet(file, line);
		world.now = next < until ? next : until;
		world_settle(file, line);
		if (silent && world.taken < world.kept_count)
			fprintf(stderr, "--- broke the silence after %llu us\n",
				(unsigned long long)(world.now - from));
	}
	if (silent)
		harness_quiet(file, line);
}

void harness_quiet_for(const char *file, int line, uint64_t us)
{
	harness_quiet(file, line);
	advance(file, line, world.now + us, true);
}

void harness_pass(const char *file, int line, uint64_t us)
{
	advance(file, line, world.now + us, false);
}

void harness_after(const char *file, int line, uint64_t us)
{
	harness_quiet_for(file, line, us - 1);
	harness_pass(file, line, 1);
}

void harness_receive_marks(enum rx_checksum checksum, uint16_t gso_size)
{
	world.rx_checksum = checksum;
	world.rx_gso_size = gso_size;
}

void harness_stations_move(void)
{
	world.stations_move = true;
}

void harness_deaf(bool deaf)
{
	if (!deaf)
		world_settle(HERE);
	world.deaf = deaf;
	harness_quiet(HERE);
}

/* --- What left --------------------------------------------------------------------------------------------------- */

struct frame harness_out_frame(const char *file, int line)
{
	world_settle(file, line);
	if (world.taken == world.kept_count)
		harness_fail(file, line, "expected a frame to leave; none has");
	struct frame *kept = world.kept[world.taken++];
	struct frame frame = *kept;
	if (world.taken == world.kept_count)
		frames_forget();
	return frame;
}

void out_rest(void)
{
	world_settle(HERE);
	frames_forget();
}

/* What is wrong with a segment, compared to what a script wants, or NULL. */
static const char *segment_differs(const struct segment *want, const struct segment *got)
{
	if (want->flags != got->flags)
		return "flags";
	if (want->seq != got->seq)
		return "sequence number";
	if (want->length != got->length)
		return "length";
	if (want->ack != got->ack)
		return "acknowledgment number";
	if (want->has_window && want->window != got->window)
		return "window";
	if (got->urgent != want->urgent)
		return "urgent pointer";
	if (!want->has_options)
		return NULL;
	if (want->options_length != got->options_length)
		return "options";
	for (size_t i = 0; i < want->options_length; i++)
		if (!want->options_any[i] && want->options[i] != got->options[i])
			return "options";
	return NULL;
}

static const char *payload_differs(const struct frame *frame, const struct segment *s)
{
	const uint8_t *payload = frame->bytes + AT_TCP_OPTIONS + s->options_length;
	uint64_t offset = (uint32_t)(s->seq - world.flow->our_isn - 1);
	for (size_t i = 0; i < s->length; i++)
		if (payload[i] != pattern(offset + i))
			return "payload bytes";
	return NULL;
}

void harness_out(const char *file, int line, const char *format, ...)
{
	char text[256], got_text[160] = "";
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	world_settle(file, line);
	if (world.taken == world.kept_count)
		harness_fail(file, line, "expected to leave: %s; nothing has", text);
	struct frame frame = harness_out_frame(file, line);
	struct segment want = segment_parse(file, line, text, world.flow, true);
	frame_print(&frame, true, got_text, sizeof got_text);
	if (!frame_is_tcp(&frame))
		harness_fail(file, line, "expected: %s\n    what left: %s", text, got_text);
	struct segment got = segment_of(&frame);
	bool flow = flow_find(frame.bytes + AT_IP_TO, peek16(&frame, AT_TRANSPORT + 2), peek16(&frame, AT_TRANSPORT)) ==
		    world.flow;
	const char *differs = !flow ? "flow" : segment_differs(&want, &got);
	if (!differs)
		differs = payload_differs(&frame, &got);
	if (differs)
		harness_fail(file, line, "expected: %s\n    what left: %s\n    they differ in: %s", text, got_text,
			     differs);
}

void harness_out_arp(const char *file, int line, struct mac to, unsigned operation, const char *sender,
		     const char *target)
{
	struct frame frame = harness_out_frame(file, line);
	char text[160];
	frame_print(&frame, true, text, sizeof text);
	if (peek16(&frame, AT_ETHER_TYPE) != 0x0806 || peek16(&frame, AT_ARP + 6) != operation ||
	    memcmp(frame.bytes + AT_ARP + 14, ip_of(sender).bytes, 4) != 0 ||
	    memcmp(frame.bytes + AT_ARP + 24, ip_of(target).bytes, 4) != 0 || memcmp(frame.bytes, to.bytes, 6) != 0)
		harness_fail(file, line, "expected: ARP op %u: %s -> %s\n    what left: %s", operation, sender, target,
			     text);
}

struct frame harness_out_icmp(const char *file, int line, unsigned type, unsigned code, uint32_t rest)
{
	struct frame frame = harness_out_frame(file, line);
	char text[160];
	frame_print(&frame, true, text, sizeof text);
	if (peek16(&frame, AT_ETHER_TYPE) != 0x0800 || frame.bytes[AT_IP_PROTOCOL] != 1 ||
	    frame.bytes[AT_TRANSPORT] != type || frame.bytes[AT_TRANSPORT + 1] != code ||
	    peek32(&frame, AT_TRANSPORT + 4) != rest || memcmp(frame.bytes + AT_IP_TO, world.flow->peer, 4) != 0)
		harness_fail(file, line, "expected: ICMP type %u code %u rest %08x\n    what left: %s", type, code,
			     rest, text);
	return frame;
}
