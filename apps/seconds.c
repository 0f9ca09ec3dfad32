/* SPDX-License-Identifier: MIT
 *
 * Seconds; see seconds.h.
 */
#include <stddef.h>

#include "apps/seconds.h"

#define SECOND 1000000u

bool seconds_parse(const char *text, uint64_t least, uint64_t most, uint64_t *microseconds)
{
	uint64_t time = 0, unit = SECOND; /* unit: what the last digit stands for */
	size_t digits = 0;
	bool point = false;
	for (; *text; text++) {
		unsigned digit = (unsigned)(*text - '0');
		if (*text == '.' && !point) {
			point = true;
			continue;
		}
		if (digit > 9 || time > UINT64_MAX / 10 - 9 * (uint64_t)SECOND)
			return false;
		unit = point ? unit / 10 : unit;
		time = point ? time + digit * unit : time * 10 + digit * unit;
		digits++;
	}
	*microseconds = time;
	return digits > 0 && time >= least && time <= most;
}
