/* SPDX-License-Identifier: MIT
 *
 * What a fuzz target is: one function that takes any bytes whatsoever and comes back.
 *
 * A fuzzer (libFuzzer, AFL++) calls it with millions of inputs and keeps those that reach new code; driver.c calls it
 * with the files of corpus/, so that every build replays what was ever worth keeping. A target says what must hold
 * with must(), and leaves bounds, leaks and undefined behaviour to the sanitizers. It keeps nothing between two calls:
 * the same bytes always do the same.
 */
#ifndef STRATA_TESTS_FUZZ_H
#define STRATA_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The name is the fuzzers'. `bytes` is a block of exactly `length` bytes, so that a read beyond it is caught. Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define must(condition)                                                                         \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                \
		}                                                                               \
	} while (0)

/* Whether `length` bytes at `at` lie inside the input. */
static inline bool lies_inside(const uint8_t *at, size_t length, const uint8_t *bytes, size_t bytes_length)
{
	return at >= bytes && at <= bytes + bytes_length && length <= (size_t)(bytes + bytes_length - at);
}

#endif
