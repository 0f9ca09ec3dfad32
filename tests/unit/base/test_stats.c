/* SPDX-License-Identifier: MIT
 *
 * Counters and drop reasons: names that people can tell apart, and drops that are counted and told.
 */
#include <criterion/criterion.h>

#include "base/stats.h"

/* What nobody could read off a table: short lower-case words with hyphens. */
static bool is_name(const char *name)
{
	return name[0] >= 'a' && name[0] <= 'z' && strspn(name, "abcdefghijklmnopqrstuvwxyz-") == strlen(name);
}

Test(stats, drop_reasons_have_a_name_and_a_sentence_each)
{
	for (enum drop_reason i = 0; i < DROP_REASON_COUNT; i++) {
		cr_assert(is_name(drop_name(i)), "%d", i);
		cr_assert_gt(strlen(drop_sentence(i)), strlen(drop_name(i)), "%s", drop_name(i));
		for (enum drop_reason j = 0; j < i; j++)
			cr_assert_str_neq(drop_name(i), drop_name(j));
	}
	cr_assert_str_eq(drop_name(DROP_IP_CHECKSUM), "ip-checksum");
	cr_assert_str_eq(drop_sentence(DROP_IP_CHECKSUM), "wrong header checksum");
}

Test(stats, counters_have_a_name_and_a_sentence_each)
{
	for (enum counter i = 0; i < COUNTER_COUNT; i++) {
		cr_assert(is_name(counter_name(i)), "%d", i);
		cr_assert_gt(strlen(counter_sentence(i)), 0, "%s", counter_name(i));
		for (enum counter j = 0; j < i; j++)
			cr_assert_str_neq(counter_name(i), counter_name(j));
	}
	cr_assert_str_eq(counter_name(COUNT_FRAMES_IN), "frames-in");
	cr_assert_str_eq(counter_sentence(COUNT_FRAMES_IN), "frames received");
}

Test(stats, counters_add_up_by_themselves)
{
	struct stats stats = {0};
	stats_add(&stats, COUNT_BYTES_IN, 1500);
	stats_add(&stats, COUNT_BYTES_IN, UINT64_C(1) << 40);
	for (enum counter i = 0; i < COUNTER_COUNT; i++)
		cr_assert_eq(stats.counters[i], i == COUNT_BYTES_IN ? (UINT64_C(1) << 40) + 1500 : 0, "%s",
			     counter_name(i));
}

struct heard {
	unsigned count;
	struct event last;
};

static void listen(void *user, const struct event *event)
{
	struct heard *heard = user;
	heard->count++;
	heard->last = *event;
}

Test(stats, a_drop_is_counted_and_told)
{
	struct stats stats = {0};
	struct heard heard = {0};
	struct events events = {listen, &heard};
	stats_drop(&stats, &events, DROP_UDP_PORT);
	stats_drop(&stats, &events, DROP_TX_TOO_BIG);
	cr_assert_eq(stats.drops[DROP_UDP_PORT], 1);
	cr_assert_eq(stats.drops[DROP_TX_TOO_BIG], 1);
	cr_assert_eq(stats.drops[DROP_ETHER_SHORT], 0);
	cr_assert_eq(heard.count, 2);
	cr_assert_eq(heard.last.type, EVENT_DROP);
	cr_assert_eq(heard.last.value, DROP_TX_TOO_BIG);
}

Test(stats, a_drop_nobody_hears_is_counted)
{
	struct stats stats = {0};
	struct events nobody = {0};
	stats_drop(&stats, &nobody, DROP_IP_CHECKSUM);
	cr_assert_eq(stats.drops[DROP_IP_CHECKSUM], 1);
}
