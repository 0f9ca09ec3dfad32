/* SPDX-License-Identifier: MIT
 *
 * The bad wire of netem.h.
 *
 * Theory of operation. A lane is one direction. netem_decide() draws a frame's fate; a frame with a plain one goes
 * straight through, any other is copied into the lane's queue, which is ordered by the times at which its frames are
 * due. emit() and service() release what is due:
 *
 *     queue:   [ due 1200 ][ due 1200 ][ due 1350 ] ... [ held back: after frame 17, or at 11350 ]
 *                 |
 *                 +--> out: emit on the wrapped driver          in: the owner's sink
 *
 * Frames are numbered as they come (those that are lost are not). A frame that is held back remembers the number of the
 * frame that it follows; once that one or a later one has left, it is due. Held-back frames do not take part in the
 * order of the others: `last_due`, before which no frame may be due, is that of the last frame in order.
 *
 * Rate. The wire is busy until `free_at` with bits of earlier frames. This is kept in nanoseconds: a microsecond is a
 * whole frame at 10 Gbit/s, and rounding each one up would slow such a wire down.
 *
 * A full device. When the wrapped driver answers -EAGAIN, the frame in question is (or stays) first in the queue, the
 * outward lane is blocked, and emit() answers -EAGAIN until the wrapped driver has told of room.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/random.h"
#include "drivers/netem.h"

/* A copy of a frame that is under way. */
struct netem_frame {
	struct list node;
	uint64_t due;
	uint64_t number;
	uint64_t follows; /* held back: due once the frame of this number has left; 0: in order */
	unsigned times;   /* still to be delivered so often: 2 for a duplicated one */
	/* Marks (base/packet.h): of a received frame, of one to be sent, of both */
	enum rx_checksum checksum;
	uint16_t checksum_header;
	uint16_t checksum_offset;
	uint16_t gso_size;
	size_t header_length; /* to be sent: so much of it was header area */
	size_t length;
	uint8_t bytes[];
};

struct netem_lane {
	struct random random;
	struct netem_counts counts;
	struct list queue; /* by due */
	unsigned queued;
	uint64_t number;   /* of the last frame that came and was not lost */
	uint64_t passed;   /* greatest number of those that have left */
	uint64_t last_due; /* of the last frame in order */
	uint64_t free_at;  /* nanoseconds; when the last bit so far has been sent */
};

struct netem {
	struct driver driver;
	struct driver *inner;
	struct netem_options options;
	struct netem_lane out;
	struct netem_lane in;
	const struct driver_sink *sink; /* the owner's, during service() */
	int handed_up;                  /* frames, during this service() */
	bool blocked;                   /* the wrapped driver is full and owes us a call */
	bool owed;                      /* we answered -EAGAIN and owe the owner one */
};

/* What becomes of one frame. */
struct netem_fate {
	bool lost;
	bool corrupted;
	bool duplicated;
	uint64_t due;
	uint64_t number;
	uint64_t follows; /* 0: not held back */
	uint64_t bit;     /* any number: which one is flipped */
};

/* ---- fate ---- */

static bool netem_chance(struct netem_lane *lane, uint32_t chance)
{
	return random_below(&lane->random, NETEM_CERTAIN) < chance;
}

/* When the last bit of a frame that comes now has been sent, in microseconds. */
static uint64_t netem_serialise(const struct netem *n, struct netem_lane *lane, size_t length, uint64_t now)
{
	if (n->options.rate == 0)
		return now;
	uint64_t start = lane->free_at > now * 1000 ? lane->free_at : now * 1000;
	lane->free_at = start + length * 8 * 1000000000 / n->options.rate;
	return (lane->free_at + 999) / 1000;
}

/* When the frame arrives; `drawn` is 0 to twice the jitter. */
static uint64_t netem_arrival(const struct netem *n, struct netem_lane *lane, uint64_t sent, uint64_t drawn)
{
	uint64_t travel = n->options.delay + drawn;
	uint64_t due = sent + (travel > n->options.jitter ? travel - n->options.jitter : 0);
	return due > lane->last_due ? due : lane->last_due;
}

/* All draws come first and are the same for every frame. A frame that finds the queue full takes no time on the wire. */
static struct netem_fate netem_decide(const struct netem *n, struct netem_lane *lane, size_t length, uint64_t now)
{
	struct netem_fate fate = {.lost = netem_chance(lane, n->options.loss)};
	fate.corrupted = netem_chance(lane, n->options.corrupt);
	fate.duplicated = netem_chance(lane, n->options.duplicate);
	bool held = netem_chance(lane, n->options.reorder);
	uint64_t passes = 1 + random_below(&lane->random, NETEM_PASSES);
	uint64_t jitter = random_below(&lane->random, 2 * n->options.jitter + 1);
	fate.bit = random_next(&lane->random);
	lane->counts.frames++;
	if (fate.lost || lane->queued >= n->options.queue) {
		lane->counts.lost += fate.lost;
		lane->counts.full += !fate.lost;
		fate.lost = true;
		return fate;
	}
	fate.number = ++lane->number;
	fate.follows = held ? fate.number + passes : 0;
	fate.due = netem_arrival(n, lane, netem_serialise(n, lane, length, now), jitter);
	if (held)
		fate.due += NETEM_HOLD;
	else
		lane->last_due = fate.due;
	lane->counts.corrupted += fate.corrupted;
	lane->counts.duplicated += fate.duplicated;
	return fate;
}

/* Nothing befalls it, and it is not late (as one that is held back is). */
static bool fate_is_plain(const struct netem_fate *fate, uint64_t now)
{
	return !fate->corrupted && !fate->duplicated && fate->due <= now;
}

/* ---- copies ---- */

static struct netem_frame *netem_copy_packet(const struct tx_packet *packet)
{
	struct netem_frame *f = calloc(1, sizeof *f + tx_length(packet));
	if (!f)
		return NULL;
	f->checksum_header = packet->checksum_header;
	f->checksum_offset = packet->checksum_offset;
	f->gso_size = packet->gso_size;
	f->header_length = tx_header_length(packet);
	f->length = tx_length(packet);
	tx_copy(packet, f->bytes);
	return f;
}

static struct netem_frame *netem_copy_frame(const struct rx_frame *frame)
{
	struct netem_frame *f = calloc(1, sizeof *f + frame->length);
	if (!f)
		return NULL;
	f->checksum = frame->checksum;
	f->gso_size = frame->gso_size;
	f->length = frame->length;
	memcpy(f->bytes, frame->bytes, frame->length);
	return f;
}

/* Flip one bit. What a device knew of the checksum is no longer so. */
static void netem_corrupt(struct netem_frame *f, uint64_t bit)
{
	f->checksum = RX_CHECKSUM_UNKNOWN;
	f->checksum_header = 0;
	if (f->length > 0)
		f->bytes[bit / 8 % f->length] ^= (uint8_t)(1u << bit % 8);
}

/* ---- the queue ---- */

/* Put a frame behind all that are due no later. */
static void lane_insert(struct netem_lane *lane, struct netem_frame *f)
{
	struct list *before = lane->queue.previous;
	while (before != &lane->queue && LIST_ITEM(before, struct netem_frame, node)->due > f->due)
		before = before->previous;
	list_append(before->next, &f->node);
}

/* Queue a copy, if there was memory for it, with this fate. */
static void lane_queue(struct netem_lane *lane, struct netem_frame *f, const struct netem_fate *fate)
{
	if (!f) {
		lane->counts.full++;
		return;
	}
	f->due = fate->due;
	f->number = fate->number;
	f->follows = fate->follows;
	f->times = fate->duplicated ? 2 : 1;
	if (fate->corrupted)
		netem_corrupt(f, fate->bit);
	lane_insert(lane, f);
	lane->queued++;
}

static struct netem_frame *lane_first(const struct netem_lane *lane)
{
	return list_empty(&lane->queue) ? NULL : LIST_ITEM(lane->queue.next, struct netem_frame, node);
}

/* The first frame that is due by now, or NULL. It stays where it is. */
static struct netem_frame *lane_due(const struct netem_lane *lane, uint64_t now)
{
	struct netem_frame *f = lane_first(lane);
	return f && f->due <= now ? f : NULL;
}

/* The frame of this number has left: those that were held back for it are due, before all others. */
static void lane_pass(struct netem_lane *lane, uint64_t number)
{
	if (number < lane->passed) {
		lane->counts.reordered++;
		return;
	}
	lane->passed = number;
	for (struct list *node = lane->queue.next, *next; node != &lane->queue; node = next) {
		struct netem_frame *f = LIST_ITEM(node, struct netem_frame, node);
		next = node->next;
		if (f->follows == 0 || f->follows > number)
			continue;
		f->due = 0;
		list_remove(&f->node);
		lane_insert(lane, f);
	}
}

/* The frame has been delivered once; after the last time it is out of the queue and freed. */
static void lane_deliver(struct netem_lane *lane, struct netem_frame *f)
{
	if (--f->times > 0)
		return;
	uint64_t number = f->number;
	list_remove(&f->node);
	lane->queued--;
	free(f);
	lane_pass(lane, number);
}

static void lane_init(struct netem_lane *lane, struct siphash_key key)
{
	lane->random = (struct random){.key = key};
	list_init(&lane->queue);
}

static void lane_clear(struct netem_lane *lane)
{
	struct list *node;
	while ((node = list_take(&lane->queue)))
		free(LIST_ITEM(node, struct netem_frame, node));
	lane->queued = 0;
}

/* ---- out ---- */

static int netem_send(struct netem *n, const struct netem_frame *f, uint64_t now)
{
	struct tx_packet packet;
	tx_init(&packet);
	memcpy(tx_prepend(&packet, f->header_length), f->bytes, f->header_length);
	tx_append(&packet, f->bytes + f->header_length, f->length - f->header_length);
	packet.checksum_header = f->checksum_header;
	packet.checksum_offset = f->checksum_offset;
	packet.gso_size = f->gso_size;
	return driver_emit(n->inner, &packet, now);
}

static void netem_release_out(struct netem *n, uint64_t now)
{
	struct netem_frame *f;
	while (!n->blocked && (f = lane_due(&n->out, now))) {
		int error = netem_send(n, f, now);
		n->blocked = error == -EAGAIN;
		if (n->blocked)
			return;
		n->out.counts.failed += error != 0;
		lane_deliver(&n->out, f);
	}
}

/* Nothing befalls the packet: let it through as it is. */
static int netem_emit_plain(struct netem *n, const struct tx_packet *packet, const struct netem_fate *fate,
			    uint64_t now)
{
	int error = driver_emit(n->inner, packet, now);
	if (error == -EAGAIN) { /* its fate is drawn, so it is not handed back to come again */
		n->blocked = true;
		lane_queue(&n->out, netem_copy_packet(packet), fate);
		return 0;
	}
	lane_pass(&n->out, fate->number);
	return error;
}

static int netem_emit(struct driver *driver, const struct tx_packet *packet, uint64_t now)
{
	struct netem *n = (struct netem *)driver;
	int error = 0;
	netem_release_out(n, now);
	if (n->blocked) {
		n->owed = true;
		return -EAGAIN;
	}
	struct netem_fate fate = netem_decide(n, &n->out, tx_length(packet), now);
	if (fate.lost)
		return 0;
	if (fate_is_plain(&fate, now))
		error = netem_emit_plain(n, packet, &fate, now);
	else
		lane_queue(&n->out, netem_copy_packet(packet), &fate);
	netem_release_out(n, now);
	return error;
}

/* ---- in ---- */

static void netem_hand_up(struct netem *n, const struct rx_frame *frame, uint64_t now)
{
	n->handed_up++;
	n->sink->frame(n->sink->user, frame, now);
}

static void netem_release_in(struct netem *n, uint64_t now)
{
	struct netem_frame *f;
	while ((f = lane_due(&n->in, now))) {
		const struct rx_frame frame = {f->bytes, f->length, f->checksum, f->gso_size};
		netem_hand_up(n, &frame, now);
		lane_deliver(&n->in, f);
	}
}

static void netem_frame(void *user, const struct rx_frame *frame, uint64_t now)
{
	struct netem *n = user;
	struct netem_fate fate = netem_decide(n, &n->in, frame->length, now);
	if (fate.lost)
		return;
	if (fate_is_plain(&fate, now)) {
		netem_hand_up(n, frame, now);
		lane_pass(&n->in, fate.number);
	} else {
		lane_queue(&n->in, netem_copy_frame(frame), &fate);
	}
	netem_release_in(n, now);
}

static void netem_writable(void *user, uint64_t now)
{
	struct netem *n = user;
	n->blocked = false;
	netem_release_out(n, now);
}

static int netem_service(struct driver *driver, const struct driver_sink *sink, uint64_t now)
{
	struct netem *n = (struct netem *)driver;
	const struct driver_sink between = {n, netem_frame, netem_writable};
	n->sink = sink;
	n->handed_up = 0;
	netem_release_out(n, now);
	netem_release_in(n, now);
	int served = driver_service(n->inner, &between, now);
	if (n->owed && !n->blocked) {
		n->owed = false;
		sink->writable(sink->user, now);
	}
	n->sink = NULL;
	return served < 0 ? served : n->handed_up;
}

/* A blocked lane waits for room below, not for a time. */
static void netem_wait(const struct driver *driver, struct driver_wait *wait)
{
	const struct netem *n = (const struct netem *)driver;
	const struct netem_frame *out = n->blocked ? NULL : lane_first(&n->out), *in = lane_first(&n->in);
	driver_wait(n->inner, wait);
	if (out && out->due < wait->deadline)
		wait->deadline = out->due;
	if (in && in->due < wait->deadline)
		wait->deadline = in->due;
}

static void netem_close(struct driver *driver)
{
	struct netem *n = (struct netem *)driver;
	driver_close(n->inner);
	lane_clear(&n->out);
	lane_clear(&n->in);
	free(n);
}

static const struct driver_operations netem_operations = {netem_emit, netem_service, netem_wait, netem_close};

/* ---- for the owner ---- */

static bool netem_has_faults(const struct netem_options *o)
{
	return o->loss || o->corrupt || o->duplicate || o->reorder;
}

bool netem_is_bad(const struct netem_options *o)
{
	return netem_has_faults(o) || o->delay || o->jitter || o->rate;
}

struct driver *netem_wrap(struct driver *inner, const struct netem_options *options, const uint8_t seed[16])
{
	struct netem *n = calloc(1, sizeof *n);
	struct random random;
	if (!n)
		return NULL;
	n->driver = *inner;
	n->driver.operations = &netem_operations;
	n->driver.checksum = inner->checksum && !netem_has_faults(options);
	n->driver.tso = inner->tso && !netem_has_faults(options);
	n->inner = inner;
	n->options = *options;
	if (n->options.queue == 0)
		n->options.queue = NETEM_QUEUE;
	random_init(&random, seed);
	lane_init(&n->out, random_key(&random));
	lane_init(&n->in, random_key(&random));
	return &n->driver;
}

struct netem_counts netem_count(const struct driver *driver, enum netem_direction direction)
{
	const struct netem *n = (const struct netem *)driver;
	return direction == NETEM_OUT ? n->out.counts : n->in.counts;
}

unsigned netem_queued(const struct driver *driver, enum netem_direction direction)
{
	const struct netem *n = (const struct netem *)driver;
	return direction == NETEM_OUT ? n->out.queued : n->in.queued;
}
