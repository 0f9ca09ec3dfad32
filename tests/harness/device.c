/* SPDX-License-Identifier: MIT
 *
 * What the stack is given: a device that keeps each frame and checks it, a listener of events, and
 * memory that is counted and can be made to fail.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/world.h"

/* --- The device -------------------------------------------------------------------------------------------------- */

/* The bytes of a packet, headers then slices, put together by hand. */
static void frame_gather(struct frame *frame, const struct tx_packet *packet)
{
	size_t payload = 0;
	check_that(packet->checksum_header == 0 && packet->gso_size == 0, "an offload that the device does not have");
	check_that(packet->slice_count <= TX_SLICES && packet->start <= TX_HEADROOM, "a packet with too much in it");
	frame->length = TX_HEADROOM - packet->start;
	memcpy(frame->bytes, packet->room + packet->start, frame->length);
	for (unsigned i = 0; i < packet->slice_count; i++) {
		const struct slice *slice = &packet->slices[i];
		payload += slice->length;
		check_that(frame->length + slice->length <= FRAME_MAX, "a frame larger than any here");
		memcpy(frame->bytes + frame->length, slice->bytes, slice->length);
		frame->length += slice->length;
	}
	check_that(payload == packet->payload_length, "payload_length is not the sum of the slices");
}

/* Learn from a segment of ours what scripts refer to: the initial number and the newest timestamp. */
static void learn_from(const struct frame *frame)
{
	struct flow *flow =
	    flow_find(frame->bytes + AT_IP_TO, peek16(frame, AT_TRANSPORT + 2), peek16(frame, AT_TRANSPORT));
	struct segment s = segment_of(frame);
	if (!flow)
		return;
	if (s.flags & SYN) {
		flow->our_isn = s.seq;
		flow->our_isn_known = true;
	}
	for (size_t i = 0; i < s.options_length && s.options[i];) {
		if (s.options[i] == 8)
			flow->ts_val = peek32(frame, AT_TCP_OPTIONS + i + 2);
		size_t length = s.options[i] == 1 ? 1 : s.options[i + 1];
		check_that(length > 0 && i + length <= s.options_length, "broken options in a segment of ours");
		i += length;
	}
}

/* Whether this is an ARP request that the harness answers by itself; it is noted then. */
static bool note_arp_request(const struct frame *frame)
{
	if (!world.answers_arp || peek16(frame, AT_ETHER_TYPE) != 0x0806 || peek16(frame, AT_ARP + 6) != 1)
		return false;
	bool about_ourselves = memcmp(world.config.address.bytes, frame->bytes + AT_ARP + 24, 4) == 0;
	if (!about_ourselves && world.asked_count < 16)
		memcpy(world.asked[world.asked_count++], frame->bytes + AT_ARP + 24, 4);
	return true;
}

int world_emit(void *user, const struct tx_packet *packet)
{
	struct frame *frame = calloc(1, sizeof *frame);
	char text[160];
	(void)user;
	check_that(frame, "no memory for the harness");
	frame_gather(frame, packet);
	frame->time = world.now;
	if (world.device_bounded && world.device_room-- == 0)
		world.device_full = true;
	if (world.device_full) {
		world.device_bounded = false;
		world.refused++;
		free(frame);
		return -EAGAIN;
	}
	const char *fault = frame_fault(frame, world.config.mtu);
	if (!fault && frame_is_tcp(frame))
		learn_from(frame);
	frame_print(frame, true, text, sizeof text);
	story_add(world.now - world.began, "<", "%s", text);
	check_that(!fault, "a frame of ours is not sound: %s", fault);
	if (note_arp_request(frame) || world.deaf) {
		free(frame);
		return 0;
	}
	check_that(world.kept_count < KEPT_FRAMES, "too many frames for one script");
	world.kept[world.kept_count++] = frame;
	return 0;
}

void harness_device_room(unsigned frames)
{
	world_settle(HERE);
	world.device_bounded = true;
	world.device_room = frames;
}

void harness_device_full(bool full)
{
	if (world.device_full == full)
		return;
	world_settle(HERE);
	world.device_full = full;
	story_add(world.now - world.began, " ", "the device %s", full ? "is full" : "can send again");
	if (!full)
		stack_writable(world.stack, world.now);
}

unsigned harness_device_refused(void)
{
	return world.refused;
}

/* --- Events ------------------------------------------------------------------------------------------------------ */

void world_listen(void *user, const struct event *event)
{
	(void)user;
	world.event_counts[event->type]++;
	world.events[event->type] = *event;
	if (event->type != EVENT_DROP)
		return;
	world.input_drops++;
	world.input_drop = (enum drop_reason)event->value;
	story_add(world.now - world.began, " ", "dropped: %s", drop_name(world.input_drop));
}

unsigned events_seen(enum event_type type)
{
	return world.event_counts[type];
}

const struct event *event_last(enum event_type type)
{
	return &world.events[type];
}

/* LeakSanitizer asks this before its report: a script that failed leaves its world behind, and the report would bury
 * the story. */
int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return world.failed;
}

/* --- Memory: each block has its size in front, so that what is given back can be compared ------------------------ */

union block {
	size_t size;
	max_align_t align;
};

static void *world_allocate(void *user, size_t size)
{
	(void)user;
	world.allocations++;
	if (world.fail_at &&
	    (world.allocations == world.fail_at || (world.fail_all && world.allocations > world.fail_at))) {
		world.fail_happened = true;
		return NULL;
	}
	union block *block = malloc(sizeof *block + size);
	check_that(block, "no memory for the harness");
	block->size = size;
	memset(block + 1, 0xa5, size);
	world.blocks++;
	return block + 1;
}

static void world_release(void *user, void *bytes, size_t size)
{
	(void)user;
	union block *block = (union block *)bytes - 1;
	check_that(block->size == size, "a block of %zu bytes given back as one of %zu", block->size, size);
	world.blocks--;
	free(block);
}

struct allocator world_allocator(void)
{
	return (struct allocator){.allocate = world_allocate, .release = world_release};
}

void harness_fail_allocation(unsigned nth, bool all)
{
	world.fail_at = nth ? world.allocations + nth : 0;
	world.fail_all = all;
	world.fail_happened = false;
}

unsigned harness_allocations(void)
{
	return world.allocations;
}

bool harness_allocation_failed(void)
{
	return world.fail_happened;
}
