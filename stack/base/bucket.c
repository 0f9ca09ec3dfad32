/* SPDX-License-Identifier: MIT
 *
 * The token bucket. Credit is counted in millionths of a token: `rate` tokens a second are exactly `rate` millionths a
 * microsecond, so nothing is ever rounded away.
 */
#include "base/bucket.h"

#define TOKEN UINT64_C(1000000)

void bucket_init(struct bucket *bucket, uint32_t rate, uint32_t burst, uint64_t now)
{
	*bucket = (struct bucket){.rate = rate, .burst = burst, .credit = burst * TOKEN, .updated = now};
}

/* Add what has come in since the last time, up to the brim. */
static void bucket_refill(struct bucket *bucket, uint64_t now)
{
	uint64_t elapsed = now - bucket->updated;
	uint64_t room = bucket->burst * TOKEN - bucket->credit;
	if (bucket->rate > 0 && elapsed > room / bucket->rate)
		bucket->credit += room; /* asked by division: after a long rest the product would overflow */
	else
		bucket->credit += elapsed * bucket->rate;
	bucket->updated = now;
}

bool bucket_take(struct bucket *bucket, uint64_t now)
{
	bucket_refill(bucket, now);
	if (bucket->credit < TOKEN)
		return false;
	bucket->credit -= TOKEN;
	return true;
}
