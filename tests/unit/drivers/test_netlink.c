/* SPDX-License-Identifier: MIT
 *
 * Netlink messages, byte by byte as netlink(7) has them on a little-endian machine, or the other way round on another.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

#include "drivers/netlink.h"

static void assert_bytes(const struct netlink *r, const void *wanted, size_t length)
{
	cr_assert_eq(r->length, length);
	cr_assert_eq(memcmp(r->bytes, wanted, length), 0);
}

Test(netlink, a_message_with_attributes)
{
	static const uint8_t header[4] = {2, 0, 0, 10};
	static const struct {
		uint32_t length;
		uint16_t type, flags;
		uint32_t sequence, port;
		uint8_t header[4];
		uint16_t text_length, text_type;
		char text[8];
		uint16_t nest_length, nest_type, number_length, number_type;
		uint32_t number;
	} wanted = {44, 16, 5, 1, 0, {2, 0, 0, 10}, 9, 3, "tap0", 12, 18 | 0x8000, 8, 7, 77};
	struct netlink r;
	netlink_begin(&r);
	netlink_message(&r, 16, NLM_F_ACK, header, sizeof header);
	netlink_put_text(&r, 3, "tap0");
	size_t nest = netlink_nest(&r, 18);
	netlink_put_number(&r, 7, 77);
	netlink_unnest(&r, nest);
	assert_bytes(&r, &wanted, sizeof wanted);
}

Test(netlink, a_batch_counts_each_message_by_itself)
{
	static const uint8_t header[4];
	uint32_t length;
	struct netlink r;
	netlink_begin(&r);
	netlink_message(&r, 1, 0, header, sizeof header);
	netlink_put_big_endian(&r, 1, 5);
	netlink_message(&r, 2, 0, header, sizeof header);
	cr_assert_eq(r.length, 28 + 20);
	memcpy(&length, r.bytes, sizeof length);
	cr_assert_eq(length, 28);
	memcpy(&length, r.bytes + 28, sizeof length);
	cr_assert_eq(length, 20);
	cr_assert_eq(memcmp(r.bytes + 24, "\0\0\0\5", 4), 0);
}

Test(netlink, what_does_not_fit_is_refused_as_a_whole)
{
	static const uint8_t header[4];
	static uint8_t large[NETLINK_ROOM];
	struct netlink r;
	netlink_begin(&r);
	netlink_message(&r, 1, 0, header, sizeof header);
	netlink_put(&r, 1, large, sizeof large - 24);
	cr_assert_not(r.overflow);
	netlink_put(&r, 2, large, 0);
	cr_assert(r.overflow);
	cr_assert_eq(netlink_do(NETLINK_ROUTE, &r), -EMSGSIZE);
}

Test(netlink, attributes_are_found_by_type)
{
	static const struct {
		uint16_t length1, type1;
		uint8_t value1, pad[3];
		uint16_t length2, type2;
		uint32_t value2;
		uint16_t length3, type3;
		char value3[4];
	} answer = {5, 1, 9, {0}, 8, 2 | 0x8000, 70000, 8, 3, "abc"};
	const struct netlink_value all = {(const uint8_t *)&answer, sizeof answer};
	char text[3];
	cr_assert_eq(netlink_number(netlink_find(all, 1), 0), 9);
	cr_assert_eq(netlink_number(netlink_find(all, 2), 0), 70000);
	cr_assert_eq(netlink_number(netlink_find(all, 4), 55), 55);
	netlink_text(netlink_find(all, 3), text, sizeof text);
	cr_assert_str_eq(text, "ab");
	netlink_text(netlink_find(all, 4), text, sizeof text);
	cr_assert_str_eq(text, "");
}

Test(netlink, lengths_that_cannot_be_end_the_search)
{
	static const uint16_t zero[4] = {0, 1, 0, 1}, beyond[4] = {9, 1, 0, 0};
	cr_assert_null(netlink_find((struct netlink_value){(const uint8_t *)zero, sizeof zero}, 1).bytes);
	cr_assert_null(netlink_find((struct netlink_value){(const uint8_t *)beyond, sizeof beyond}, 1).bytes);
	cr_assert_null(netlink_attributes((struct netlink_value){(const uint8_t *)zero, 2}, 4).bytes);
}
