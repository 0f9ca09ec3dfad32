/* SPDX-License-Identifier: MIT
 *
 * Most published holes in stacks need one or two changed fields in one packet. So each kind of valid packet that the scripts know
 * (mutants.c) is changed in every field, in every pair of fields and in every byte, and cut at every byte, with right checksums and
 * with wrong ones. Nobody says what must happen to each; what must always hold is looked at after every one: nothing is read or
 * written out of bounds (the sanitizers), tcp_check_all() holds, every frame that leaves is sound and one that an RFC allows in
 * answer, what draws none is accounted for by name, memory is bounded; and at the end the stack still serves.
 */
#include <criterion/criterion.h>

#include "tests/script/mutants.h"

TestSuite(attack_mutants, .init = harness_start, .fini = harness_end);

static unsigned long long chance = 1;

static unsigned random_below(unsigned bound)
{
	chance = chance * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(chance >> 33) % bound;
}

static void both_arrive(const struct frame *frame)
{
	struct frame mended = *frame;

	mutant_arrives(frame);
	mutant_mend(&mended);
	mutant_arrives(&mended);
}

/* 0, 1, the greatest, one less; one more and one less than it was. */
#define VALUES 6

static uint64_t value(const struct frame *good, const struct field *field, unsigned which)
{
	uint64_t was = field_get(good, field), greatest = ((uint64_t)1 << field->width) - 1;
	const uint64_t values[VALUES] = {0, 1, greatest, greatest - 1, was + 1, was - 1};

	return values[which];
}

Test(attack_mutants, one_field)
{
	mutants_scene();
	for (unsigned n = 0; n < mutants.count; n++) {
		const struct kind *kind = &mutants.kinds[n];
		for (unsigned f = 0; f < kind->field_count; f++) {
			for (unsigned v = 0; v < VALUES; v++) {
				struct frame frame = kind->frame;
				field_put(&frame, &kind->fields[f], value(&kind->frame, &kind->fields[f], v));
				both_arrive(&frame);
			}
		}
		pass(SECOND);
	}
	mutants_still_served();
}

/* Every value of each with one value of the other, a different one each time. */
static void mutate_pair(const struct kind *kind, const struct field *a, const struct field *b)
{
	unsigned shift = random_below(VALUES);

	for (unsigned v = 0; v < VALUES; v++) {
		struct frame frame = kind->frame;
		field_put(&frame, a, value(&kind->frame, a, v));
		field_put(&frame, b, value(&kind->frame, b, (v + shift) % VALUES));
		mutant_mend(&frame);
		mutant_arrives(&frame);
	}
}

Test(attack_mutants, two_fields)
{
	mutants_scene();
	for (unsigned n = 0; n < mutants.count; n++) {
		const struct kind *kind = &mutants.kinds[n];
		for (unsigned f = 0; f < kind->field_count; f++)
			for (unsigned g = f + 1; g < kind->field_count; g++)
				mutate_pair(kind, &kind->fields[f], &kind->fields[g]);
		pass(SECOND);
	}
	mutants_still_served();
}

/* Cut off at each byte; and the same, with an IP total length that says so. */
Test(attack_mutants, truncated_at_each_byte)
{
	mutants_scene();
	for (unsigned n = 0; n < mutants.count; n++) {
		const struct frame *good = &mutants.kinds[n].frame;
		for (size_t length = 0; length < good->length; length++) {
			struct frame frame = *good;
			frame.length = length;
			mutant_arrives(&frame);
			if (length < AT_TRANSPORT || peek16(good, AT_ETHER_TYPE) != 0x0800)
				continue;
			poke16(&frame, AT_IP_TOTAL, (unsigned)length - AT_IP);
			both_arrive(&frame);
		}
		pass(SECOND);
	}
	mutants_still_served();
}

Test(attack_mutants, one_byte)
{
	static const unsigned values[] = {0, 1, 0x7f, 0x80, 0xfe, 0xff};

	mutants_scene();
	for (unsigned n = 0; n < mutants.count; n++) {
		const struct frame *good = &mutants.kinds[n].frame;
		for (size_t at = 0; at < good->length; at++) {
			for (unsigned v = 0; v < sizeof values / sizeof *values; v++) {
				struct frame frame = *good;
				frame.bytes[at] = (uint8_t)values[v];
				both_arrive(&frame);
			}
		}
		pass(SECOND);
	}
	mutants_still_served();
}

/* Kinds at random, so that fields are changed in whatever state the ones before have led to. */
Test(attack_mutants, kinds_at_random)
{
	mutants_scene();
	for (unsigned i = 0; i < 20000; i++) {
		const struct kind *kind = &mutants.kinds[random_below(mutants.count)];
		struct frame frame = kind->frame;
		flow_select(random_below(2));
		for (unsigned change = 0; change < 2; change++) {
			const struct field *field = &kind->fields[random_below(kind->field_count)];
			field_put(&frame, field, value(&kind->frame, field, random_below(VALUES)));
		}
		if (random_below(8))
			mutant_mend(&frame);
		mutant_arrives(&frame);
		if (i % 100 == 0)
			pass(100 * MS);
	}
	mutants_still_served();
}

/* Streams of segments at random near the edges of everything, in every state that they lead to. */
Test(attack_mutants, random_segments)
{
	static const int places[] = {-1460, -1, 0, 1, 2, 11, 100, 1461, 64240, 65535, 65536, 65537, 100000};
	static const char *const flags[] = {".",  "P.",  "F.", "FP.", "S",  "S.", "R",
					    "R.", "SF.", "F",  "-",   "SR", "U.", "FSRPU."};

	mutants_scene();
	for (unsigned i = 0; i < 20000; i++) {
		flow_select(4 + random_below(8));
		int seq = places[random_below(13)];
		unsigned length = random_below(4) == 0 ? random_below(1400) : 0;
		struct frame frame =
		    frame_tcp("%s %d:%d(%u) ack %d win %u", flags[random_below(random_below(2) ? 3 : 14)], seq,
			      seq + (int)length, length, places[random_below(8)], random_below(3) * 30000);
		mutant_arrives(&frame);
		if (random_below(50) == 0)
			pass(random_below(300) * MS);
	}
	mutants_still_served();
}
