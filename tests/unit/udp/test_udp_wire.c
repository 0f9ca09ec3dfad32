/* SPDX-License-Identifier: MIT
 *
 * The UDP header (RFC 768), by one written by hand: from port 50321 to 53, 37 bytes, checksum 1c46.
 */
#include <criterion/criterion.h>

#include <string.h>

#include "udp/udp_wire.h"

static const uint8_t written[8] = {0xc4, 0x91, 0x00, 0x35, 0x00, 0x25, 0x1c, 0x46};

Test(udp_wire, a_header_is_read)
{
	struct udp_header header;
	cr_assert(udp_parse(written, sizeof written, &header));
	cr_expect_eq(header.source_port, 50321);
	cr_expect_eq(header.destination_port, 53);
	cr_expect_eq(header.length, 37);
	cr_expect_eq(header.checksum, 0x1c46);
}

Test(udp_wire, fewer_than_8_bytes_are_refused)
{
	struct udp_header header;
	for (size_t length = 0; length < 8; length++)
		cr_expect_not(udp_parse(written + 8 - length, length, &header), "%zu bytes", length);
}

Test(udp_wire, the_length_covers_the_header_and_no_more_than_is_there)
{
	static const struct {
		uint16_t says;
		size_t there;
		bool good;
	} cases[] = {
	    {8, 8, true},   {8, 9, true},         {37, 37, true},        {37, 36, false},  {0, 37, false},
	    {7, 37, false}, {65535, 65535, true}, {65535, 65534, false}, {8, 65535, true}, {0, 0, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct udp_header header = {.length = cases[i].says};
		cr_expect_eq(udp_length_good(&header, cases[i].there), cases[i].good, "%u of %zu", cases[i].says,
			     cases[i].there);
	}
}

Test(udp_wire, a_header_is_written)
{
	uint8_t bytes[9];
	memset(bytes, 0xee, sizeof bytes);
	udp_emit(bytes, &(struct udp_header){50321, 53, 37, 0x9999});
	cr_expect_eq(memcmp(bytes, written, 6), 0);
	cr_expect(bytes[6] == 0 && bytes[7] == 0, "the checksum is not 0 to be summed");
	cr_expect_eq(bytes[8], 0xee);
	udp_emit_checksum(bytes, 0x1c46);
	cr_expect_eq(memcmp(bytes, written, 8), 0);
	cr_expect_eq(bytes[8], 0xee);
}

/* RFC 768: 0 would say that there is none. */
Test(udp_wire, a_checksum_of_0_is_written_as_ffff)
{
	uint8_t bytes[8] = {0};
	udp_emit_checksum(bytes, 0);
	cr_expect(bytes[6] == 0xff && bytes[7] == 0xff);
	udp_emit_checksum(bytes, 1);
	cr_expect(bytes[6] == 0 && bytes[7] == 1);
}
