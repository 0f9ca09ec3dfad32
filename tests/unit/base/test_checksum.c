/* SPDX-License-Identifier: MIT
 *
 * The checksum against published sums, against headers that real machines sent, and against the definition: a loop over
 * 16-bit words that shares nothing with the fast one.
 */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "base/checksum.h"
#include "base/random.h"
#include "tests/story/capture.h"

/* RFC 1071 1, word for word: big-endian words, the last one padded, carries added back at the end. */
static uint16_t naive(const uint8_t *bytes, size_t length)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < length; i++)
		sum += i % 2 == 0 ? (uint64_t)bytes[i] * 256 : bytes[i];
	while (sum >= 65536)
		sum = sum % 65536 + sum / 65536;
	return (uint16_t)sum;
}

static uint16_t fold(const void *bytes, size_t length)
{
	struct checksum sum = checksum_begin();
	checksum_add(&sum, bytes, length);
	return checksum_fold(&sum);
}

static uint16_t fold_split(const uint8_t *bytes, size_t length, size_t split)
{
	struct checksum sum = checksum_begin();
	checksum_add(&sum, bytes, split);
	checksum_add(&sum, bytes + split, length - split);
	return checksum_fold(&sum);
}

static void fill(struct random *random, uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)random_next(random);
}

Test(checksum, nothing_sums_to_zero)
{
	struct checksum sum = checksum_begin();
	checksum_add(&sum, NULL, 0);
	cr_assert_eq(checksum_fold(&sum), 0);
	cr_assert_eq(checksum_finish(&sum), 0xffff);
}

Test(checksum, rfc_1071_section_3)
{
	static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	struct checksum sum = checksum_begin();
	checksum_add(&sum, bytes, sizeof bytes);
	cr_assert_eq(checksum_fold(&sum), 0xddf2);
	cr_assert_eq(checksum_finish(&sum), 0x220d);
}

/* The same section breaks the bytes at an odd place: 00 01 f2 and 03 f4 f5 f6 f7. */
Test(checksum, rfc_1071_section_3_broken_at_an_odd_place)
{
	static const uint8_t first[] = {0x00, 0x01, 0xf2}, second[] = {0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	cr_assert_eq(fold(first, sizeof first), 0xf201);
	cr_assert_eq(fold(second, sizeof second), 0xf0eb);
	struct checksum sum = checksum_begin();
	checksum_add(&sum, first, sizeof first);
	checksum_add(&sum, second, sizeof second);
	cr_assert_eq(checksum_fold(&sum), 0xddf2);
}

Test(checksum, every_length_alignment_and_split)
{
	struct random random;
	random_init(&random, (const uint8_t[16]){"every length..."});
	for (size_t alignment = 0; alignment < 16; alignment++) {
		for (size_t length = 0; length <= 200; length++) {
			uint8_t *block =
			    malloc(alignment + length + 1); /* ends where the bytes end, for the sanitizer */
			uint8_t *bytes = block + 1 + alignment;
			fill(&random, bytes, length);
			uint16_t expected = naive(bytes, length);
			for (size_t split = 0; split <= length; split++)
				if (fold_split(bytes, length, split) != expected)
					cr_assert_fail("%zu bytes at %p split at %zu: %04x, not %04x", length,
						       (void *)bytes, split, fold_split(bytes, length, split),
						       expected);
			free(block);
		}
	}
}

Test(checksum, many_slices_of_any_length)
{
	struct random random;
	random_init(&random, (const uint8_t[16]){"many slices...."});
	uint8_t bytes[2000];
	for (unsigned round = 0; round < 2000; round++) {
		size_t length = random_below(&random, sizeof bytes + 1), done = 0;
		fill(&random, bytes, length);
		struct checksum sum = checksum_begin();
		while (done < length) {
			size_t most = length - done < 70 ? length - done : 70, slice = random_below(&random, most + 1);
			checksum_add(&sum, bytes + done, slice);
			done += slice;
		}
		if (checksum_fold(&sum) != naive(bytes, length))
			cr_assert_fail("round %u: %04x, not %04x", round, checksum_fold(&sum), naive(bytes, length));
	}
}

/* Every addition carries here, and a carry that is lost shows at once. */
Test(checksum, all_ones_stay_all_ones)
{
	uint8_t bytes[4096];
	memset(bytes, 0xff, sizeof bytes);
	for (size_t length = 2; length <= sizeof bytes; length += 2)
		if (fold(bytes, length) != 0xffff)
			cr_assert_fail("%zu bytes: %04x", length, fold(bytes, length));
	struct checksum sum = checksum_begin();
	for (unsigned i = 0; i < 1000; i++)
		checksum_add(&sum, bytes, sizeof bytes - 1);
	checksum_add16(&sum, 1);
	cr_assert_eq(checksum_fold(&sum), 1);
}

Test(checksum, a_single_byte_counts_as_the_high_one)
{
	cr_assert_eq(fold("\x12", 1), 0x1200);
	cr_assert_eq(fold("\x00\x00\x12", 3), 0x1200);
	cr_assert_eq(fold("\x00\x12", 2), 0x0012);
}

Test(checksum, words_are_given_in_host_order)
{
	static const uint8_t bytes[] = {0x12, 0x34, 0xff, 0xfe, 0xab, 0xcd};
	struct checksum sum = checksum_begin();
	checksum_add16(&sum, 0x1234);
	checksum_add(&sum, bytes + 2, 2);
	checksum_add16(&sum, 0xabcd);
	cr_assert_eq(checksum_fold(&sum), naive(bytes, sizeof bytes));
}

Test(checksum, folding_does_not_end_the_sum)
{
	static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7};
	struct checksum sum = checksum_begin();
	checksum_add(&sum, bytes, 3);
	cr_assert_eq(checksum_fold(&sum), 0x0402);
	checksum_add(&sum, bytes + 3, 4);
	cr_assert_eq(checksum_fold(&sum), naive(bytes, 7));
}

/* RFC 1624 4: the word 5555 becomes 3285 under the checksum dd2f. RFC 1141 would say ffff; the truth is 0000. */
Test(checksum, update_rfc_1624_section_4)
{
	cr_assert_eq(checksum_update(0xdd2f, 0x5555, 0x3285), 0x0000);
	cr_assert_eq(checksum_update(0x0000, 0x3285, 0x5555), 0xdd2f);
}

Test(checksum, update_agrees_with_a_new_sum)
{
	struct random random;
	random_init(&random, (const uint8_t[16]){"update.........."});
	uint8_t bytes[20];
	for (unsigned round = 0; round < 20000; round++) {
		fill(&random, bytes, sizeof bytes);
		size_t at = random_below(&random, 10) * 2;
		uint16_t word = round % 7 == 0 ? 0 : round % 7 == 1 ? 0xffff : (uint16_t)random_next(&random);
		uint16_t before = (uint16_t)~naive(bytes, sizeof bytes), old = naive(bytes + at, 2);
		bytes[at] = (uint8_t)(word >> 8);
		bytes[at + 1] = (uint8_t)word;
		uint16_t after = (uint16_t)~naive(bytes, sizeof bytes);
		if (checksum_update(before, old, word) != after)
			cr_assert_fail("%04x, %04x to %04x: %04x, not %04x", before, old, word,
				       checksum_update(before, old, word), after);
	}
}

/*
 * Headers from a published capture of a station that gets a web page: 192.168.60.112, its name server 192.168.60.3, and
 * the web server 51.68.121.59.
 */
static const uint8_t dns_query[20] = {0x45, 0x00, 0x00, 0x3c, 0x74, 0x49, 0x40, 0x00, 0x40, 0x11,
				      0xcc, 0xa3, 0xc0, 0xa8, 0x3c, 0x70, 0xc0, 0xa8, 0x3c, 0x03};
static const uint8_t http_request[20] = {0x45, 0x00, 0x01, 0x90, 0x47, 0xec, 0x40, 0x00, 0x40, 0x06,
					 0x84, 0x1d, 0xc0, 0xa8, 0x3c, 0x70, 0x33, 0x44, 0x79, 0x3b};
static const uint8_t http_response[20] = {0x45, 0x00, 0x01, 0x5f, 0xcf, 0x79, 0x40, 0x00, 0x35, 0x06,
					  0xcb, 0x87, 0x33, 0x44, 0x79, 0x3b, 0xc0, 0xa8, 0x3c, 0x70};

/* What the checksum field of this header should hold: the sum skips the field. */
static uint16_t header_checksum(const uint8_t header[20])
{
	struct checksum sum = checksum_begin();
	checksum_add(&sum, header, 10);
	checksum_add(&sum, header + 12, 8);
	return checksum_finish(&sum);
}

static bool header_verifies(const uint8_t header[20])
{
	struct checksum sum = checksum_begin();
	checksum_add(&sum, header, 20);
	return checksum_finish(&sum) == 0;
}

Test(checksum, captured_ip_headers)
{
	cr_assert_eq(header_checksum(dns_query), 0xcca3);
	cr_assert(header_verifies(dns_query));
	cr_assert_eq(header_checksum(http_response), 0xcb87);
	cr_assert(header_verifies(http_response));
}

Test(checksum, captured_ip_header_that_is_wrong)
{
	cr_assert_eq(header_checksum(http_request), 0x47e4);
	cr_assert_not(header_verifies(http_request));
}

/* RFC 9293 3.1: addresses, a zero, the protocol, the segment's length. */
static struct checksum pseudo_header(const uint8_t header[20], uint16_t length)
{
	struct checksum sum = checksum_begin();
	checksum_add(&sum, header + 12, 8);
	checksum_add16(&sum, header[9]);
	checksum_add16(&sum, length);
	return sum;
}

Test(checksum, captured_partial_checksums)
{
	struct checksum udp = pseudo_header(dns_query, 40), tcp = pseudo_header(http_request, 380);
	cr_assert_eq(checksum_fold(&udp), 0xf9fd);
	cr_assert_eq(checksum_fold(&tcp), 0xab1a);
}

/* A whole segment of the capture: 32 bytes of header and 299 of payload, which come in two slices, broken anywhere. */
Test(checksum, captured_tcp_segment)
{
	static const uint8_t tcp[32] = {0x00, 0x50, 0xb2, 0x30, 0xd7, 0x17, 0xe6, 0xcf, 0x3a, 0x9b, 0x38,
					0xcf, 0x80, 0x18, 0x01, 0xfb, 0xd0, 0xcb, 0x00, 0x00, 0x01, 0x01,
					0x08, 0x0a, 0xdb, 0xe6, 0xba, 0x58, 0x74, 0x7e, 0xbe, 0x24};
	size_t length = sizeof captured_page - 1;
	cr_assert_eq(length, 299);
	for (size_t split = 0; split <= length; split++) {
		struct checksum sum = pseudo_header(http_response, 331);
		checksum_add(&sum, tcp, sizeof tcp);
		checksum_add(&sum, captured_page, split);
		checksum_add(&sum, captured_page + split, length - split);
		if (checksum_finish(&sum) != 0)
			cr_assert_fail("split at %zu: %04x", split, checksum_finish(&sum));
	}
}
