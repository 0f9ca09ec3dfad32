/* SPDX-License-Identifier: MIT
 *
 * Where a test keeps its files: below $TMPDIR, so that who runs the tests (scripts/test) can remove what a test that failed has left;
 * where that is not set, below /tmp.
 */
#ifndef STRATA_TESTS_HARNESS_SCRATCH_H
#define STRATA_TESTS_HARNESS_SCRATCH_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define SCRATCH_PATH 256

/* The pattern of a name for mkstemp() or mkdtemp(), written to `path`, which is returned. It says `what` it is for. */
static inline char *scratch_path(char path[SCRATCH_PATH], const char *what)
{
	const char *directory = getenv("TMPDIR");
	directory = directory && *directory ? directory : "/tmp";
	int length = snprintf(path, SCRATCH_PATH, "%s/strata-%s.XXXXXX", directory, what);
	cr_assert_lt(length, SCRATCH_PATH, "TMPDIR is too long");
	return path;
}

#endif
