/* SPDX-License-Identifier: MIT
 *
 * Token bucket: lets `burst` go at once and `rate` a second from then on. Starts full.
 */
#ifndef STRATA_BASE_BUCKET_H
#define STRATA_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	uint32_t rate;    /* tokens a second */
	uint32_t burst;   /* the most it holds, in tokens */
	uint64_t credit;  /* in millionths of a token */
	uint64_t updated; /* microseconds */
};

void bucket_init(struct bucket *bucket, uint32_t rate, uint32_t burst, uint64_t now);

/* Take one token at this time (microseconds, never going back). False: there is none. */
bool bucket_take(struct bucket *bucket, uint64_t now);

#endif
