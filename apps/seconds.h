/* SPDX-License-Identifier: MIT
 *
 * Times as people write them on a command line: "2", "0.25", in seconds.
 */
#ifndef STRATA_APPS_SECONDS_H
#define STRATA_APPS_SECONDS_H

#include <stdbool.h>
#include <stdint.h>

/* A decimal number of seconds, in microseconds; finer digits are cut off. False: it is no such number, or lies outside of these
 * two, which are microseconds too. */
bool seconds_parse(const char *text, uint64_t least, uint64_t most, uint64_t *microseconds);

#endif
