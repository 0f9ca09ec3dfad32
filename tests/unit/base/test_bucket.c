/* SPDX-License-Identifier: MIT
 *
 * The token bucket: the burst at once, then exactly the rate, and never more than the burst saved up.
 */
#include <criterion/criterion.h>

#include "base/bucket.h"

#define SECOND UINT64_C(1000000)

static unsigned take_all(struct bucket *bucket, uint64_t now)
{
	unsigned taken = 0;
	while (taken < 1000 && bucket_take(bucket, now))
		taken++;
	return taken;
}

Test(bucket, starts_full)
{
	struct bucket bucket;
	bucket_init(&bucket, 10, 5, 77 * SECOND);
	cr_assert_eq(take_all(&bucket, 77 * SECOND), 5);
}

Test(bucket, the_next_token_comes_on_the_microsecond)
{
	struct bucket bucket;
	bucket_init(&bucket, 10, 5, 0);
	take_all(&bucket, 0);
	cr_assert_not(bucket_take(&bucket, SECOND / 10 - 1));
	cr_assert(bucket_take(&bucket, SECOND / 10));
	cr_assert_not(bucket_take(&bucket, SECOND / 10));
}

/* Three tokens a second come every 333,333 1/3 microseconds: asking often must not lose the thirds. */
Test(bucket, asking_often_loses_nothing)
{
	struct bucket bucket;
	bucket_init(&bucket, 3, 2, 0);
	unsigned taken = 0;
	for (uint64_t now = 0; now <= 10 * SECOND; now += 7)
		taken += bucket_take(&bucket, now);
	cr_assert_eq(taken, 2 + 29); /* the 30th comes at 10 s, which 7 does not divide */
	cr_assert(bucket_take(&bucket, 10 * SECOND));
}

Test(bucket, saves_up_no_more_than_the_burst)
{
	struct bucket bucket;
	bucket_init(&bucket, 1000, 50, 0);
	take_all(&bucket, 0);
	cr_assert_eq(take_all(&bucket, 3600 * SECOND), 50);
}

Test(bucket, the_longest_rest_does_not_overflow)
{
	struct bucket bucket;
	bucket_init(&bucket, UINT32_MAX, 3, 0);
	take_all(&bucket, 0);
	cr_assert_eq(take_all(&bucket, UINT64_MAX), 3);
	bucket_init(&bucket, 1, UINT32_MAX, 0);
	cr_assert(bucket_take(&bucket, UINT64_MAX));
	cr_assert_eq(bucket.credit, (UINT32_MAX - 1) * SECOND);
}

Test(bucket, rate_zero_gives_the_burst_and_no_more)
{
	struct bucket bucket;
	bucket_init(&bucket, 0, 2, 0);
	cr_assert_eq(take_all(&bucket, SECOND), 2);
	cr_assert_not(bucket_take(&bucket, UINT64_MAX));
}

Test(bucket, burst_zero_gives_nothing)
{
	struct bucket bucket;
	bucket_init(&bucket, 1000, 0, 0);
	cr_assert_not(bucket_take(&bucket, 0));
	cr_assert_not(bucket_take(&bucket, SECOND));
}
