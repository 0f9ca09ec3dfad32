/* SPDX-License-Identifier: MIT
 *
 * What the mutators share: the kinds of valid packet that the scripts know (mutants.c), where the fields of each are, and
 * what must hold after any packet whatsoever.
 */
#ifndef STRATA_TESTS_MUTANTS_H
#define STRATA_TESTS_MUTANTS_H

#include "tests/harness/harness.h"

#define KINDS_MAX  48
#define FIELDS_MAX 96

/* Bits of a frame, counted from its first one; at most 48 of them. */
struct field {
	unsigned at;
	unsigned width;
};

struct kind {
	const char *name;
	struct frame frame;
	unsigned field_count;
	struct field fields[FIELDS_MAX];
};

struct mutants {
	unsigned count;
	struct kind kinds[KINDS_MAX];
};

extern struct mutants mutants;

/* A machine with something of everything: a connection on flow 0 that stands and has sent, one that we are opening on flow 1,
 * a datagram socket of each sort. Its packets, and what they draw, are the kinds. What leaves from now on is looked at only
 * by mutant_arrives(). */
void mutants_scene(void);

/* This value, of which the lowest bits count, in this field. */
uint64_t field_get(const struct frame *frame, const struct field *field);
void field_put(struct frame *frame, const struct field *field, uint64_t value);

/* Right checksums again, if the headers still let anybody find them. */
void mutant_mend(struct frame *frame);

/* It arrives, and what must always hold does: every answer is one that its protocol has and is allowed, nothing else leaves,
 * what draws no answer is accounted for by name, memory is bounded. */
void mutant_arrives(const struct frame *frame);

/* The stack still answers, and takes a new connection. */
void mutants_still_served(void);

#endif
