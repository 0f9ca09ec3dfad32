/* SPDX-License-Identifier: MIT
 *
 * Big-endian accessors, and cursors whose failure sticks.
 */
#include <criterion/criterion.h>

#include "base/wire.h"

Test(wire, gets_big_endian_at_any_alignment)
{
	static const uint8_t bytes[] = {0xff, 0x80, 0x01, 0xfe, 0x7f, 0x00};
	cr_assert_eq(wire_get16(bytes + 1), 0x8001);
	cr_assert_eq(wire_get16(bytes + 2), 0x01fe);
	cr_assert_eq(wire_get32(bytes), 0xff8001fe);
	cr_assert_eq(wire_get32(bytes + 1), 0x8001fe7f);
	cr_assert_eq(wire_get32(bytes + 2), 0x01fe7f00);
}

Test(wire, puts_big_endian_and_nothing_beside)
{
	uint8_t bytes[8] = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa};
	wire_put16(bytes + 1, 0x8001);
	wire_put32(bytes + 3, 0xfe7f0102);
	static const uint8_t expected[8] = {0xaa, 0x80, 0x01, 0xfe, 0x7f, 0x01, 0x02, 0xaa};
	cr_assert_arr_eq(bytes, expected, 8);
}

Test(wire, reads_in_order)
{
	static const uint8_t bytes[] = {0x01, 0x80, 0x02, 0xf0, 0x0f, 0x55, 0xaa, 0x99};
	struct wire_reader r = wire_reader(bytes, sizeof bytes);
	cr_assert_eq(wire_read8(&r), 0x01);
	cr_assert_eq(wire_read16(&r), 0x8002);
	cr_assert_eq(wire_read32(&r), 0xf00f55aa);
	cr_assert_eq(r.left, 1);
	cr_assert_eq(wire_take(&r, 1), bytes + 7);
	cr_assert_eq(r.left, 0);
	cr_assert_not(r.failed);
}

Test(wire, reading_past_the_end_gives_zero_and_sticks)
{
	static const uint8_t bytes[] = {0x11, 0x22, 0x33};
	struct wire_reader r = wire_reader(bytes, sizeof bytes);
	cr_assert_eq(wire_read32(&r), 0);
	cr_assert(r.failed);
	cr_assert_eq(wire_read8(&r), 0, "there are bytes left, but the parse has failed");
	cr_assert_eq(wire_read16(&r), 0);
	cr_assert_null(wire_take(&r, 0));
	cr_assert(r.failed);
}

Test(wire, reading_nothing_from_nothing_is_right)
{
	struct wire_reader r = wire_reader((const uint8_t *)"", 0);
	cr_assert_not_null(wire_take(&r, 0));
	cr_assert_not(r.failed);
	cr_assert_null(wire_take(&r, SIZE_MAX));
	cr_assert(r.failed);
}

Test(wire, writes_in_order)
{
	uint8_t bytes[11] = {0};
	struct wire_writer w = wire_writer(bytes, 10);
	wire_write8(&w, 0x01);
	wire_write16(&w, 0x8002);
	wire_write32(&w, 0xf00f55aa);
	wire_write(&w, "abc", 3);
	static const uint8_t expected[11] = {0x01, 0x80, 0x02, 0xf0, 0x0f, 0x55, 0xaa, 'a', 'b', 'c', 0};
	cr_assert_arr_eq(bytes, expected, 11);
	cr_assert_eq(w.left, 0);
	cr_assert_not(w.failed);
}

Test(wire, writing_past_the_end_writes_nothing_and_sticks)
{
	uint8_t bytes[4] = {0};
	struct wire_writer w = wire_writer(bytes, 3);
	wire_write32(&w, 0xffffffff);
	cr_assert(w.failed);
	wire_write8(&w, 0xff);
	wire_write16(&w, 0xffff);
	wire_write(&w, "abc", 3);
	cr_assert_null(wire_claim(&w, 1));
	cr_assert(w.failed);
	static const uint8_t untouched[4] = {0};
	cr_assert_arr_eq(bytes, untouched, 4);
}

Test(wire, claimed_room_is_the_callers)
{
	uint8_t bytes[4];
	struct wire_writer w = wire_writer(bytes, sizeof bytes);
	cr_assert_eq(wire_claim(&w, 1), bytes);
	cr_assert_eq(wire_claim(&w, 3), bytes + 1);
	wire_write(&w, NULL, 0);
	cr_assert_not(w.failed);
	cr_assert_null(wire_claim(&w, 1));
}
