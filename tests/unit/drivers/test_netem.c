/* SPDX-License-Identifier: MIT
 *
 * The bad wire, around a driver made by hand and in virtual time:
 *
 *     emit --> netem --> rig.sent          rig.arriving --> netem --> rig.received
 *
 * A frame is 64 bytes, its number in the first four and zeros after it. Where a test says which frames a seed hits, the
 * list was made by another implementation: SipHash-2-4 (after the paper) over the draws of netem_decide(), in order.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "drivers/netem.h"

#define FRAME 64
#define MANY  100000
#define LOG   (2 * MANY)

/* What came out of one direction. */
struct log {
	size_t count;
	uint32_t number[LOG];
	uint64_t at[LOG];
	unsigned flipped[LOG]; /* bits that differ from the frame as it was made (its number apart) */
	/* Of the last one */
	const uint8_t *bytes;
	size_t length;
	uint8_t copy[2048];
	struct rx_frame frame;
	struct tx_packet packet;
};

struct rig {
	struct driver inner;
	struct driver *netem;
	struct log sent;
	struct log received;
	const struct rx_frame *arriving;
	size_t arriving_count;
	int answer;         /* what the inner driver's emit answers */
	unsigned tried;     /* how often that was called */
	unsigned accepts;   /* ... after it has taken so many more */
	bool tell_writable; /* at the next service */
	int gone;           /* what its service answers, if not 0 */
	uint64_t deadline;  /* of its wait */
	unsigned writable;  /* how often the owner was told */
	bool closed;
	bool echo; /* the owner sends back what it receives */
};

static const uint8_t seed[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* ---- the rig ---- */

static void log_frame(struct log *log, const uint8_t *bytes, size_t length, uint64_t now)
{
	cr_assert_lt(log->count, LOG);
	log->number[log->count] = wire_get32(bytes);
	log->at[log->count] = now;
	log->flipped[log->count] = 0;
	for (size_t i = 4; i < length && length == FRAME; i++)
		log->flipped[log->count] += (unsigned)__builtin_popcount(bytes[i]);
	log->bytes = bytes;
	log->length = length;
	memcpy(log->copy, bytes, length);
	log->count++;
}

static int rig_emit(struct driver *driver, const struct tx_packet *packet, uint64_t now)
{
	struct rig *rig = (struct rig *)driver;
	uint8_t bytes[2048];
	rig->tried++;
	if (rig->answer && rig->accepts == 0)
		return rig->answer;
	rig->accepts -= rig->answer != 0;
	tx_copy(packet, bytes);
	log_frame(&rig->sent, bytes, tx_length(packet), now);
	rig->sent.bytes = packet->slice_count ? packet->slices[0].bytes : NULL;
	rig->sent.packet = *packet;
	return 0;
}

static int rig_service(struct driver *driver, const struct driver_sink *sink, uint64_t now)
{
	struct rig *rig = (struct rig *)driver;
	size_t count = rig->arriving_count;
	rig->arriving_count = 0;
	if (rig->gone)
		return rig->gone;
	for (size_t i = 0; i < count; i++)
		sink->frame(sink->user, &rig->arriving[i], now);
	if (rig->tell_writable) {
		rig->tell_writable = false;
		rig->answer = 0;
		sink->writable(sink->user, now);
	}
	return (int)count;
}

static void rig_wait(const struct driver *driver, struct driver_wait *wait)
{
	*wait = (struct driver_wait){7, POLLIN, ((const struct rig *)driver)->deadline};
}

static void rig_close(struct driver *driver)
{
	((struct rig *)driver)->closed = true;
}

static const struct driver_operations rig_operations = {rig_emit, rig_service, rig_wait, rig_close};

static struct rig *begin_seeded(struct netem_options options, const uint8_t own_seed[16])
{
	struct rig *rig = calloc(1, sizeof *rig);
	rig->inner = (struct driver){.operations = &rig_operations, .mtu = 1234, .checksum = true, .tso = true};
	rig->deadline = DEADLINE_NEVER;
	rig->netem = netem_wrap(&rig->inner, &options, own_seed);
	cr_assert_not_null(rig->netem);
	return rig;
}

static struct rig *begin(struct netem_options options)
{
	return begin_seeded(options, seed);
}

static void end(struct rig *rig)
{
	driver_close(rig->netem);
	cr_assert(rig->closed);
	free(rig);
}

/* Send one frame, of a header of 14 bytes and a slice. */
static int emit_sized(struct rig *rig, uint32_t number, size_t length, uint64_t now)
{
	static const uint8_t zeros[2048];
	struct tx_packet packet;
	tx_init(&packet);
	uint8_t *header = tx_prepend(&packet, 14);
	memset(header, 0, 14);
	wire_put32(header, number);
	tx_append(&packet, zeros, length - 14);
	return driver_emit(rig->netem, &packet, now);
}

static int emit(struct rig *rig, uint32_t number, uint64_t now)
{
	return emit_sized(rig, number, FRAME, now);
}

static void owner_frame(void *user, const struct rx_frame *frame, uint64_t now)
{
	struct rig *rig = user;
	log_frame(&rig->received, frame->bytes, frame->length, now);
	rig->received.frame = *frame;
	if (rig->echo)
		cr_assert_eq(emit(rig, wire_get32(frame->bytes), now), 0);
}

static void owner_writable(void *user, uint64_t now)
{
	(void)now;
	((struct rig *)user)->writable++;
}

static int service(struct rig *rig, uint64_t now)
{
	const struct driver_sink sink = {rig, owner_frame, owner_writable};
	return driver_service(rig->netem, &sink, now);
}

/* Let this one frame arrive. */
static int arrive(struct rig *rig, const struct rx_frame *frame, uint64_t now)
{
	rig->arriving = frame;
	rig->arriving_count = 1;
	return service(rig, now);
}

static int arrive_number(struct rig *rig, uint32_t number, uint64_t now)
{
	uint8_t bytes[FRAME] = {0};
	wire_put32(bytes, number);
	return arrive(rig, &(struct rx_frame){.bytes = bytes, .length = FRAME}, now);
}

static uint64_t due(const struct rig *rig)
{
	struct driver_wait wait;
	driver_wait(rig->netem, &wait);
	cr_assert_eq(wait.descriptor, 7);
	cr_assert_eq(wait.events, POLLIN);
	return wait.deadline;
}

/* Service the wire whenever it asks for it before `until`. When it last did, or `now`. */
static uint64_t run(struct rig *rig, uint64_t now, uint64_t until)
{
	for (; due(rig) < until; service(rig, now))
		now = due(rig) > now ? due(rig) : now;
	return now;
}

/* The same until nothing is under way. */
static uint64_t drain(struct rig *rig, uint64_t now)
{
	now = run(rig, now, DEADLINE_NEVER);
	cr_assert_eq(netem_queued(rig->netem, NETEM_OUT), 0);
	cr_assert_eq(netem_queued(rig->netem, NETEM_IN), 0);
	return now;
}

/* Send and receive so many frames, numbered from 0, so far apart. */
static void exchange(struct rig *rig, uint32_t count, uint64_t apart)
{
	for (uint32_t i = 0; i < count; i++) {
		cr_assert_eq(emit(rig, i, i * apart), 0);
		arrive_number(rig, i, i * apart);
		run(rig, i * apart, (i + 1) * apart);
	}
	drain(rig, count * apart);
}

static bool log_has(const struct log *log, uint32_t number)
{
	for (size_t i = 0; i < log->count; i++)
		if (log->number[i] == number)
			return true;
	return false;
}

/* Exactly these of 50 frames are missing; the list ends with 50. */
static void assert_missing(const struct log *log, const uint32_t *missing)
{
	for (uint32_t i = 0; i < 50; i++) {
		bool lost = i == *missing;
		missing += lost;
		cr_assert_eq(log_has(log, i), !lost, "frame %u", i);
	}
}

static void assert_about(uint64_t count, uint64_t expected)
{
	/* six standard deviations of a binomial distribution of MANY and expected / MANY, and not less */
	uint64_t allowed = 0;
	while (allowed * allowed * MANY < 36 * expected * (MANY - expected))
		allowed++;
	cr_assert(count + allowed >= expected && count <= expected + allowed, "%llu, not about %llu",
		  (unsigned long long)count, (unsigned long long)expected);
}

/* ---- a good wire ---- */

Test(netem, only_options_make_a_wire_bad)
{
	cr_assert_not(netem_is_bad(&(struct netem_options){.queue = 5}));
	cr_assert(netem_is_bad(&(struct netem_options){.loss = 1}));
	cr_assert(netem_is_bad(&(struct netem_options){.corrupt = 1}));
	cr_assert(netem_is_bad(&(struct netem_options){.duplicate = 1}));
	cr_assert(netem_is_bad(&(struct netem_options){.reorder = 1}));
	cr_assert(netem_is_bad(&(struct netem_options){.delay = 1}));
	cr_assert(netem_is_bad(&(struct netem_options){.jitter = 1}));
	cr_assert(netem_is_bad(&(struct netem_options){.rate = 1}));
}

Test(netem, a_frame_that_nothing_befalls_is_not_copied)
{
	struct rig *rig = begin((struct netem_options){.loss = 1});
	static const uint8_t payload[8], bytes[FRAME];
	struct tx_packet packet;
	tx_init(&packet);
	memset(tx_prepend(&packet, 14), 0, 14);
	tx_append(&packet, payload, sizeof payload);
	cr_assert_eq(driver_emit(rig->netem, &packet, 5), 0);
	cr_assert_eq(rig->sent.bytes, payload);
	cr_assert_eq(rig->sent.at[0], 5);
	cr_assert_eq(arrive(rig, &(struct rx_frame){.bytes = bytes, .length = FRAME}, 6), 1);
	cr_assert_eq(rig->received.bytes, bytes);
	cr_assert_eq(rig->received.at[0], 6);
	end(rig);
}

Test(netem, it_waits_for_what_the_wrapped_driver_waits_for)
{
	struct rig *rig = begin((struct netem_options){.delay = 1000});
	cr_assert_eq(due(rig), DEADLINE_NEVER);
	rig->deadline = 400;
	cr_assert_eq(due(rig), 400);
	emit(rig, 0, 0);
	cr_assert_eq(due(rig), 400);
	rig->deadline = 4000;
	cr_assert_eq(due(rig), 1000);
	end(rig);
}

Test(netem, faults_take_finished_frames_only)
{
	struct rig *rig = begin((struct netem_options){.delay = 1000, .jitter = 1, .rate = 1000});
	cr_assert(rig->netem->checksum);
	cr_assert(rig->netem->tso);
	cr_assert_eq(rig->netem->mtu, 1234);
	end(rig);
	rig = begin((struct netem_options){.corrupt = 1});
	cr_assert_not(rig->netem->checksum);
	cr_assert_not(rig->netem->tso);
	end(rig);
}

Test(netem, a_device_that_is_gone_is_told)
{
	struct rig *rig = begin((struct netem_options){.delay = 1000});
	rig->gone = -EBADFD;
	cr_assert_eq(service(rig, 0), -EBADFD);
	end(rig);
}

/* ---- chance ---- */

Test(netem, a_seed_names_the_frames_that_are_lost)
{
	struct rig *rig = begin((struct netem_options){.loss = 100000});
	exchange(rig, 50, 10);
	assert_missing(&rig->sent, (const uint32_t[]){4, 7, 11, 14, 27, 28, 36, 40, 43, 50});
	assert_missing(&rig->received, (const uint32_t[]){5, 30, 33, 39, 47, 49, 50});
	cr_assert_eq(netem_count(rig->netem, NETEM_OUT).frames, 50);
	cr_assert_eq(netem_count(rig->netem, NETEM_OUT).lost, 9);
	cr_assert_eq(netem_count(rig->netem, NETEM_IN).frames, 50);
	cr_assert_eq(netem_count(rig->netem, NETEM_IN).lost, 6);
	end(rig);
}

/* The first number that this seed draws, below a million, is 919053: lost by a chance that is greater. */
Test(netem, a_chance_is_exact)
{
	for (uint32_t more = 0; more < 2; more++) {
		struct rig *rig = begin((struct netem_options){.loss = 919053 + more});
		emit(rig, 0, 0);
		cr_assert_eq(netem_count(rig->netem, NETEM_OUT).lost, more);
		end(rig);
	}
}

Test(netem, another_fault_does_not_change_which_frames_are_lost)
{
	struct rig *rig = begin((struct netem_options){.loss = 100000,
						       .corrupt = 200000,
						       .duplicate = 300000,
						       .reorder = 100000,
						       .delay = 2000,
						       .jitter = 1000,
						       .rate = 1000000000});
	uint64_t now = 0;
	for (uint32_t i = 0; i < 50; i++, now += 10)
		emit_sized(rig, i, 1500, now);
	drain(rig, now);
	cr_assert_eq(netem_count(rig->netem, NETEM_OUT).lost, 9);
	end(rig);
	rig = begin((struct netem_options){.loss = 100000, .duplicate = 300000, .reorder = 100000, .jitter = 50});
	exchange(rig, 50, 10);
	assert_missing(&rig->sent, (const uint32_t[]){4, 7, 11, 14, 27, 28, 36, 40, 43, 50});
	assert_missing(&rig->received, (const uint32_t[]){5, 30, 33, 39, 47, 49, 50});
	end(rig);
}

Test(netem, the_same_seed_does_the_same)
{
	static const struct netem_options options = {100000,       100000,        100000,           100000,
						     .delay = 700, .jitter = 500, .rate = 10000000, .queue = 20};
	static const uint8_t other[16] = {1};
	struct rig *first = begin(options), *again = begin(options), *different = begin_seeded(options, other);
	exchange(first, 2000, 60);
	exchange(again, 2000, 60);
	exchange(different, 2000, 60);
	cr_assert_eq(memcmp(first->sent.number, again->sent.number, sizeof first->sent.number), 0);
	cr_assert_eq(memcmp(first->sent.at, again->sent.at, sizeof first->sent.at), 0);
	cr_assert_eq(memcmp(first->sent.flipped, again->sent.flipped, sizeof first->sent.flipped), 0);
	cr_assert_eq(memcmp(first->received.number, again->received.number, sizeof first->received.number), 0);
	cr_assert_neq(memcmp(first->sent.number, different->sent.number, sizeof first->sent.number), 0);
	cr_assert_neq(memcmp(first->sent.number, first->received.number, sizeof first->sent.number), 0);
	end(first);
	end(again);
	end(different);
}

Test(netem, faults_are_as_frequent_as_asked_for)
{
	struct rig *rig = begin((struct netem_options){.loss = 100000, .corrupt = 20000, .duplicate = 5000});
	exchange(rig, MANY, 1);
	for (int direction = NETEM_OUT; direction <= NETEM_IN; direction++) {
		const struct netem_counts c = netem_count(rig->netem, (enum netem_direction)direction);
		const struct log *log = direction == NETEM_OUT ? &rig->sent : &rig->received;
		cr_assert_eq(c.frames, MANY);
		assert_about(c.lost, MANY / 10);
		assert_about(c.corrupted, MANY / 50 * 9 / 10); /* of those that are not lost */
		assert_about(c.duplicated, MANY / 200 * 9 / 10);
		cr_assert_eq(log->count, c.frames - c.lost + c.duplicated);
		cr_assert_eq(c.full, 0);
		cr_assert_eq(c.reordered, 0);
		cr_assert_eq(c.failed, 0);
	}
	end(rig);
}

Test(netem, certain_loss_loses_all)
{
	struct rig *rig = begin((struct netem_options){.loss = NETEM_CERTAIN});
	exchange(rig, 1000, 1);
	cr_assert_eq(rig->sent.count, 0);
	cr_assert_eq(rig->received.count, 0);
	cr_assert_eq(netem_count(rig->netem, NETEM_IN).lost, 1000);
	end(rig);
}

Test(netem, a_duplicate_follows_its_frame_at_once)
{
	struct rig *rig = begin((struct netem_options){.duplicate = NETEM_CERTAIN});
	exchange(rig, 10, 1);
	cr_assert_eq(rig->sent.count, 20);
	cr_assert_eq(rig->received.count, 20);
	for (uint32_t i = 0; i < 20; i++) {
		cr_assert_eq(rig->sent.number[i], i / 2);
		cr_assert_eq(rig->sent.at[i], i / 2);
		cr_assert_eq(rig->received.number[i], i / 2);
	}
	cr_assert_eq(netem_count(rig->netem, NETEM_OUT).duplicated, 10);
	end(rig);
}

/* ---- corruption ---- */

Test(netem, corruption_flips_one_bit_of_a_copy)
{
	/* the first five bits that this seed draws */
	static const unsigned out[] = {42, 276, 263, 238, 224}, in[] = {202, 220, 124, 184, 212};
	struct rig *rig = begin((struct netem_options){.corrupt = NETEM_CERTAIN});
	for (unsigned i = 0; i < 5; i++) {
		static const uint8_t zeros[FRAME];
		uint8_t bytes[FRAME] = {0}, expected_out[FRAME] = {0}, expected_in[FRAME] = {0};
		expected_out[out[i] / 8] = (uint8_t)(1u << out[i] % 8);
		expected_in[in[i] / 8] = (uint8_t)(1u << in[i] % 8);
		emit(rig, 0, 0);
		cr_assert_arr_eq(rig->sent.copy, expected_out, FRAME);
		arrive(rig, &(struct rx_frame){.bytes = bytes, .length = FRAME}, 0);
		cr_assert_arr_eq(rig->received.copy, expected_in, FRAME);
		cr_assert_arr_eq(bytes, zeros, FRAME, "a received frame is never written to");
	}
	end(rig);
}

Test(netem, any_bit_may_be_hit)
{
	struct rig *rig = begin((struct netem_options){.corrupt = NETEM_CERTAIN});
	unsigned hits[FRAME * 8] = {0};
	for (unsigned i = 0; i < 20000; i++) {
		unsigned flipped = 0;
		emit(rig, 0, 0);
		for (unsigned bit = 0; bit < FRAME * 8; bit++) {
			unsigned set = rig->sent.copy[bit / 8] >> bit % 8 & 1;
			hits[bit] += set;
			flipped += set;
		}
		cr_assert_eq(flipped, 1);
	}
	for (unsigned bit = 0; bit < FRAME * 8; bit++) /* 39 on average */
		cr_assert(hits[bit] > 5 && hits[bit] < 100, "bit %u: %u times", bit, hits[bit]);
	end(rig);
}

Test(netem, an_empty_frame_cannot_be_corrupted)
{
	struct rig *rig = begin((struct netem_options){.corrupt = NETEM_CERTAIN, .delay = 1});
	static const uint8_t nothing[1];
	cr_assert_eq(arrive(rig, &(struct rx_frame){.bytes = nothing, .length = 0}, 0), 0);
	cr_assert_eq(netem_queued(rig->netem, NETEM_IN), 1);
	end(rig);
}

Test(netem, nobody_has_verified_a_corrupted_frame)
{
	static const uint8_t bytes[FRAME];
	static const enum rx_checksum before[] = {RX_CHECKSUM_UNKNOWN, RX_CHECKSUM_PARTIAL, RX_CHECKSUM_GOOD};
	struct rig *rig = begin((struct netem_options){.corrupt = NETEM_CERTAIN});
	for (size_t i = 0; i < 3; i++) {
		arrive(rig, &(struct rx_frame){bytes, FRAME, before[i], 536}, 0);
		cr_assert_eq(rig->received.frame.checksum, RX_CHECKSUM_UNKNOWN);
		cr_assert_eq(rig->received.frame.gso_size, 536);
	}
	end(rig);
}

/* ---- marks ---- */

static void emit_marked(struct rig *rig)
{
	static const uint8_t payload[] = "payload";
	struct tx_packet packet;
	tx_init(&packet);
	memcpy(tx_prepend(&packet, 4), "head", 4);
	tx_append(&packet, payload, 3);
	tx_append(&packet, payload + 3, 4);
	packet.checksum_header = 4;
	packet.checksum_offset = 2;
	packet.gso_size = 536;
	cr_assert_eq(driver_emit(rig->netem, &packet, 0), 0);
}

Test(netem, marks_travel_with_a_copy)
{
	static const enum rx_checksum marks[] = {RX_CHECKSUM_UNKNOWN, RX_CHECKSUM_PARTIAL, RX_CHECKSUM_GOOD};
	static const uint8_t bytes[FRAME];
	struct rig *rig = begin((struct netem_options){.delay = 10});
	emit_marked(rig);
	cr_assert_eq(service(rig, 10), 0);
	cr_assert_eq(rig->sent.length, 11);
	cr_assert_arr_eq(rig->sent.copy, "headpayload", 11);
	cr_assert_eq(tx_header_length(&rig->sent.packet), 4, "the device finds the transport header by it");
	cr_assert_eq(rig->sent.packet.checksum_header, 4);
	cr_assert_eq(rig->sent.packet.checksum_offset, 2);
	cr_assert_eq(rig->sent.packet.gso_size, 536);
	for (uint16_t i = 0; i < 3; i++) {
		arrive(rig, &(struct rx_frame){bytes, FRAME, marks[i], i}, 20);
		drain(rig, 20);
		cr_assert_eq(rig->received.frame.checksum, marks[i]);
		cr_assert_eq(rig->received.frame.gso_size, i);
	}
	end(rig);
}

Test(netem, nobody_finishes_the_checksum_of_a_corrupted_packet)
{
	struct rig *rig = begin((struct netem_options){.corrupt = NETEM_CERTAIN});
	emit_marked(rig);
	cr_assert_eq(rig->sent.packet.checksum_header, 0);
	end(rig);
}

/* ---- delay, jitter, rate ---- */

Test(netem, delay_is_exact)
{
	struct rig *rig = begin((struct netem_options){.delay = 20000});
	cr_assert_eq(emit(rig, 1, 1000), 0);
	cr_assert_eq(arrive_number(rig, 2, 1500), 0, "nothing has been handed up yet");
	cr_assert_eq(due(rig), 21000);
	cr_assert_eq(service(rig, 20999), 0);
	cr_assert_eq(rig->sent.count, 0);
	cr_assert_eq(service(rig, 21000), 0);
	cr_assert_eq(rig->sent.count, 1);
	cr_assert_eq(rig->sent.number[0], 1);
	cr_assert_eq(due(rig), 21500);
	cr_assert_eq(service(rig, 21499), 0);
	cr_assert_eq(service(rig, 21500), 1);
	cr_assert_eq(service(rig, 21501), 0);
	cr_assert_eq(rig->received.number[0], 2);
	cr_assert_eq(due(rig), DEADLINE_NEVER);
	end(rig);
}

Test(netem, what_is_due_leaves_before_what_comes)
{
	struct rig *rig = begin((struct netem_options){.jitter = 10000});
	exchange(rig, 1000, 300);
	for (uint32_t i = 0; i < 1000; i++) {
		cr_assert_eq(rig->sent.number[i], i);
		cr_assert_eq(rig->received.number[i], i);
	}
	end(rig);
	rig = begin((struct netem_options){.delay = 100});
	emit(rig, 0, 0);
	emit(rig, 1, 100); /* the loop was late */
	cr_assert_eq(rig->sent.count, 1);
	cr_assert_eq(rig->sent.number[0], 0);
	end(rig);
}

Test(netem, jitter_varies_the_delay_both_ways)
{
	struct rig *rig = begin((struct netem_options){.delay = 20000, .jitter = 5000});
	uint64_t least = UINT64_MAX, most = 0, sum = 0;
	exchange(rig, 2000, 10001); /* so far apart that none waits for another */
	for (uint32_t i = 0; i < 2000; i++) {
		uint64_t took = rig->sent.at[i] - 10001 * i;
		cr_assert_eq(rig->sent.number[i], i);
		cr_assert(took >= 15000 && took <= 25000, "%llu", (unsigned long long)took);
		least = took < least ? took : least;
		most = took > most ? took : most;
		sum += took;
	}
	/* the first five that this seed draws, from -5000 on */
	cr_assert_eq(rig->sent.at[0], 15000 + 516);
	cr_assert_eq(rig->sent.at[1], 10001 + 15000 + 3048);
	cr_assert_eq(rig->sent.at[2], 20002 + 15000 + 1788);
	cr_assert_eq(rig->received.at[0], 15000 + 6069);
	cr_assert_eq(rig->received.at[1], 10001 + 15000 + 9402);
	cr_assert_lt(least, 15050);
	cr_assert_gt(most, 24950);
	cr_assert(sum / 2000 > 19500 && sum / 2000 < 20500); /* seven standard deviations */
	end(rig);
}

Test(netem, jitter_does_not_reorder)
{
	struct rig *rig = begin((struct netem_options){.delay = 2000, .jitter = 2000, .queue = 5000});
	exchange(rig, 5000, 1);
	cr_assert_eq(rig->sent.count, 5000);
	cr_assert_eq(rig->received.count, 5000);
	for (uint32_t i = 0; i < 5000; i++) {
		cr_assert_eq(rig->sent.number[i], i);
		cr_assert_eq(rig->received.number[i], i);
		cr_assert(rig->sent.at[i] <= i + 4000);
	}
	cr_assert_eq(netem_count(rig->netem, NETEM_OUT).reordered, 0);
	end(rig);
}

Test(netem, jitter_above_the_delay_does_not_go_back_in_time)
{
	struct rig *rig = begin((struct netem_options){.delay = 100, .jitter = 5000});
	exchange(rig, 1000, 10000);
	unsigned at_once = 0;
	for (uint32_t i = 0; i < 1000; i++) {
		cr_assert(rig->sent.at[i] >= 10000 * i && rig->sent.at[i] <= 10000 * i + 5100);
		at_once += rig->sent.at[i] == 10000 * i;
	}
	cr_assert(at_once > 350 && at_once < 650); /* 490 on average */
	end(rig);
}

Test(netem, a_rate_sends_one_frame_after_another)
{
	/* 1500 bytes at 12 Mbit/s take a millisecond */
	struct rig *rig = begin((struct netem_options){.rate = 12000000, .delay = 250});
	for (uint32_t i = 0; i < 3; i++)
		cr_assert_eq(emit_sized(rig, i, 1500, 100), 0);
	cr_assert_eq(emit_sized(rig, 3, 150, 100), 0);
	drain(rig, 100);
	cr_assert_eq(rig->sent.at[0], 100 + 1000 + 250);
	cr_assert_eq(rig->sent.at[1], 100 + 2000 + 250);
	cr_assert_eq(rig->sent.at[2], 100 + 3000 + 250);
	cr_assert_eq(rig->sent.at[3], 100 + 3100 + 250);
	cr_assert_eq(emit_sized(rig, 4, 1500, 10000), 0); /* the wire has been idle since */
	cr_assert_eq(drain(rig, 10000), 10000 + 1000 + 250);
	end(rig);
}

Test(netem, a_rate_is_kept_below_a_microsecond)
{
	/* 125 bytes at 10 Gbit/s take 100 nanoseconds */
	struct rig *rig = begin((struct netem_options){.rate = 10000000000});
	for (uint32_t i = 0; i < 1000; i++)
		cr_assert_eq(emit_sized(rig, i, 125, 7), 0);
	cr_assert_eq(drain(rig, 7), 7 + 100);
	cr_assert_eq(rig->sent.count, 1000);
	cr_assert_eq(rig->sent.at[0], 7 + 1);
	end(rig);
}

Test(netem, the_two_directions_do_not_share_the_rate)
{
	struct rig *rig = begin((struct netem_options){.rate = 512000}); /* 64 bytes take a millisecond */
	emit(rig, 0, 0);
	arrive_number(rig, 0, 0);
	drain(rig, 0);
	cr_assert_eq(rig->sent.at[0], 1000);
	cr_assert_eq(rig->received.at[0], 1000);
	end(rig);
}

/* ---- the queue ---- */

Test(netem, a_full_queue_loses_what_comes)
{
	struct rig *rig = begin((struct netem_options){.delay = 1000, .queue = 3});
	for (uint32_t i = 0; i < 5; i++) {
		cr_assert_eq(emit(rig, i, i), 0, "the sender does not hear of it");
		arrive_number(rig, i, i);
	}
	cr_assert_eq(netem_queued(rig->netem, NETEM_OUT), 3);
	cr_assert_eq(netem_queued(rig->netem, NETEM_IN), 3);
	cr_assert_eq(netem_count(rig->netem, NETEM_OUT).full, 2);
	cr_assert_eq(netem_count(rig->netem, NETEM_IN).full, 2);
	cr_assert_eq(netem_count(rig->netem, NETEM_OUT).lost, 0);
	service(rig, 1000);
	cr_assert_eq(netem_queued(rig->netem, NETEM_OUT), 2);
	emit(rig, 5, 1000);
	drain(rig, 1000);
	cr_assert_eq(rig->sent.count, 4);
	cr_assert_eq(rig->sent.number[2], 2);
	cr_assert_eq(rig->sent.number[3], 5);
	cr_assert_eq(rig->received.count, 3);
	end(rig);
}

Test(netem, a_thousand_frames_are_under_way_by_default)
{
	struct rig *rig = begin((struct netem_options){.delay = 1000000});
	for (uint32_t i = 0; i < 1100; i++)
		emit(rig, i, 0);
	cr_assert_eq(netem_queued(rig->netem, NETEM_OUT), 1000);
	end(rig);
}

Test(netem, a_frame_that_found_the_queue_full_takes_no_time_on_the_wire)
{
	struct rig *rig = begin((struct netem_options){.rate = 512000, .queue = 2}); /* a millisecond a frame */
	for (uint32_t i = 0; i < 10; i++)
		emit(rig, i, 0);
	cr_assert_eq(drain(rig, 0), 2000);
	emit(rig, 10, 2000);
	cr_assert_eq(drain(rig, 2000), 3000);
	end(rig);
}

Test(netem, closing_frees_what_is_under_way)
{
	struct rig *rig = begin((struct netem_options){.delay = 1000, .reorder = 500000, .duplicate = 500000});
	for (uint32_t i = 0; i < 20; i++) {
		emit(rig, i, 0);
		arrive_number(rig, i, 0);
	}
	cr_assert_eq(netem_queued(rig->netem, NETEM_OUT), 20);
	cr_assert_eq(netem_queued(rig->netem, NETEM_IN), 20);
	end(rig); /* the leak sanitizer has the last word */
}

/* ---- reordering ---- */

Test(netem, a_seed_names_the_frames_that_are_held_back)
{
	/* With this seed 10 % hits frames 20, 28, 36 and 49 on their way out; 2, 19, 25, 31, 32 on their way in. */
	struct rig *rig = begin((struct netem_options){.reorder = 100000});
	exchange(rig, 50, 1);
	cr_assert_eq(netem_count(rig->netem, NETEM_OUT).reordered, 3, "49 was the last, and passed by none");
	cr_assert_eq(netem_count(rig->netem, NETEM_IN).reordered, 5);
	cr_assert_eq(rig->sent.count, 50);
	cr_assert_eq(rig->sent.number[19], 19);
	cr_assert_eq(rig->sent.number[20], 21);
	cr_assert_eq(rig->sent.number[49], 49);
	cr_assert_eq(rig->sent.at[49], 49 + NETEM_HOLD);
	cr_assert_eq(rig->received.number[1], 1);
	cr_assert_eq(rig->received.number[2], 3);
	end(rig);
}

Test(netem, a_held_back_frame_goes_right_after_one_to_four_later_ones)
{
	struct rig *rig = begin((struct netem_options){.reorder = 2000}); /* so few that they do not meet */
	unsigned distances[NETEM_PASSES + 1] = {0};
	exchange(rig, 20000, 1);
	cr_assert_eq(rig->sent.count, 20000);
	uint32_t next = 0; /* the one that would come in order */
	for (size_t i = 0; i < 20000; i++, next++) {
		if (rig->sent.number[i] == next)
			continue;
		size_t distance = 1;
		while (distance <= NETEM_PASSES && rig->sent.number[i + distance] != next)
			distance++;
		cr_assert_leq(distance, NETEM_PASSES);
		for (size_t k = 0; k < distance; k++) /* the later ones keep their order */
			cr_assert_eq(rig->sent.number[i + k], next + 1 + k);
		cr_assert_eq(rig->sent.at[i + distance], rig->sent.at[i + distance - 1]);
		distances[distance]++;
		i += distance;
		next += (uint32_t)distance;
	}
	unsigned all = distances[1] + distances[2] + distances[3] + distances[4];
	cr_assert_eq(all, netem_count(rig->netem, NETEM_OUT).reordered);
	cr_assert(all > 10 && all < 90); /* 40 on average */
	for (unsigned d = 1; d <= NETEM_PASSES; d++)
		cr_assert_gt(distances[d], 0);
	end(rig);
}

Test(netem, a_held_back_frame_that_nobody_passes_goes_in_the_end)
{
	struct rig *rig = begin((struct netem_options){.reorder = NETEM_CERTAIN, .delay = 500});
	emit(rig, 0, 0);
	arrive_number(rig, 0, 0);
	cr_assert_eq(due(rig), 500 + NETEM_HOLD);
	service(rig, 500 + NETEM_HOLD - 1);
	cr_assert_eq(rig->sent.count, 0);
	cr_assert_eq(service(rig, 500 + NETEM_HOLD), 1);
	cr_assert_eq(rig->sent.count, 1);
	cr_assert_eq(netem_count(rig->netem, NETEM_OUT).reordered, 0);
	end(rig);
}

Test(netem, reordering_loses_nothing_and_doubles_nothing)
{
	struct rig *rig = begin((struct netem_options){.reorder = 300000, .delay = 300, .jitter = 200, .queue = MANY});
	static bool seen[5000];
	exchange(rig, 5000, 20);
	cr_assert_eq(rig->sent.count, 5000);
	uint64_t late = 0;
	uint32_t greatest = 0;
	for (size_t i = 0; i < 5000; i++) {
		uint32_t number = rig->sent.number[i];
		cr_assert_not(seen[number]);
		seen[number] = true;
		late += number < greatest;
		greatest = number > greatest ? number : greatest;
	}
	cr_assert_eq(netem_count(rig->netem, NETEM_OUT).reordered, late);
	cr_assert_gt(late, 1000);
	end(rig);
}

/* ---- a full device ---- */

Test(netem, a_full_device_pushes_back_and_loses_nothing)
{
	struct rig *rig = begin((struct netem_options){.loss = 1});
	rig->answer = -EAGAIN;
	cr_assert_eq(emit(rig, 0, 0), 0, "its fate is drawn, so it is kept");
	cr_assert_eq(netem_queued(rig->netem, NETEM_OUT), 1);
	cr_assert_eq(emit(rig, 1, 1), -EAGAIN);
	cr_assert_eq(emit(rig, 1, 2), -EAGAIN);
	cr_assert_eq(due(rig), DEADLINE_NEVER, "there is no sense in trying before there is room");
	service(rig, 3);
	cr_assert_eq(rig->tried, 1);
	cr_assert_eq(rig->writable, 0);
	rig->tell_writable = true;
	service(rig, 4);
	cr_assert_eq(rig->sent.count, 1);
	cr_assert_eq(rig->writable, 1);
	cr_assert_eq(emit(rig, 1, 4), 0);
	cr_assert_eq(rig->sent.number[0], 0);
	cr_assert_eq(rig->sent.number[1], 1);
	service(rig, 5);
	cr_assert_eq(rig->writable, 1, "told once");
	cr_assert_eq(netem_count(rig->netem, NETEM_OUT).frames, 2, "a frame that was refused has not come");
	end(rig);
}

Test(netem, a_delayed_frame_waits_for_room)
{
	struct rig *rig = begin((struct netem_options){.delay = 100});
	emit(rig, 0, 0);
	emit(rig, 1, 10);
	rig->answer = -EAGAIN;
	service(rig, 100);
	cr_assert_eq(rig->sent.count, 0);
	cr_assert_eq(due(rig), DEADLINE_NEVER);
	arrive_number(rig, 7, 110);
	cr_assert_eq(due(rig), 210, "the other direction goes on");
	rig->tell_writable = true;
	service(rig, 120);
	cr_assert_eq(rig->sent.count, 2);
	cr_assert_eq(rig->sent.number[0], 0);
	cr_assert_eq(rig->sent.number[1], 1);
	cr_assert_eq(rig->writable, 0, "nobody was refused");
	end(rig);
}

Test(netem, room_that_does_not_last_is_not_told)
{
	struct rig *rig = begin((struct netem_options){.delay = 100});
	emit(rig, 0, 0);
	emit(rig, 1, 0);
	rig->answer = -EAGAIN;
	cr_assert_eq(emit(rig, 2, 100), -EAGAIN);
	rig->tell_writable = true;
	service(rig, 100);
	cr_assert_eq(rig->writable, 1);
	cr_assert_eq(rig->sent.count, 2);
	end(rig);
}

Test(netem, a_duplicate_that_finds_no_room_comes_later)
{
	struct rig *rig = begin((struct netem_options){.duplicate = NETEM_CERTAIN});
	rig->answer = -EAGAIN;
	rig->accepts = 1;
	cr_assert_eq(emit(rig, 0, 0), 0);
	cr_assert_eq(rig->sent.count, 1);
	cr_assert_eq(emit(rig, 1, 0), -EAGAIN);
	rig->tell_writable = true;
	service(rig, 50);
	cr_assert_eq(rig->sent.count, 2);
	cr_assert_eq(rig->sent.at[1], 50);
	cr_assert_eq(rig->writable, 1);
	end(rig);
}

Test(netem, a_refusal_is_told_while_somebody_listens)
{
	struct rig *rig = begin((struct netem_options){.loss = 1});
	rig->answer = -EIO;
	cr_assert_eq(emit(rig, 0, 0), -EIO);
	cr_assert_eq(netem_queued(rig->netem, NETEM_OUT), 0);
	cr_assert_eq(netem_count(rig->netem, NETEM_OUT).failed, 0);
	end(rig);
	rig = begin((struct netem_options){.delay = 100});
	rig->answer = -EIO;
	cr_assert_eq(emit(rig, 0, 0), 0);
	service(rig, 100);
	cr_assert_eq(netem_queued(rig->netem, NETEM_OUT), 0);
	cr_assert_eq(netem_count(rig->netem, NETEM_OUT).failed, 1);
	end(rig);
}

Test(netem, an_answer_may_leave_while_a_frame_is_handed_up)
{
	struct rig *rig = begin((struct netem_options){.delay = 100, .duplicate = NETEM_CERTAIN});
	rig->echo = true;
	arrive_number(rig, 9, 0);
	cr_assert_eq(drain(rig, 0), 200);
	cr_assert_eq(rig->received.count, 2);
	cr_assert_eq(rig->sent.count, 4);
	end(rig);
}
