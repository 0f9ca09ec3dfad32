/* SPDX-License-Identifier: MIT
 *
 * Verdicts on checksums, against the verdicts that were reached on the captures by an independent program.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "ip/ip_wire.h"
#include "tcp/tcp_wire.h"
#include "tests/unit/trace/golden.h"
#include "trace/decode_wire.h"

#define ETHERNET 14

static void expect_ip(const struct golden *golden, enum checksum_verdict verdict, uint16_t expected)
{
	size_t length;
	uint8_t *frame = golden_frame(golden, &length);
	struct checksum_finding finding = checksum_find_ip(frame + ETHERNET, 20);

	cr_expect_eq(finding.verdict, verdict);
	cr_expect_eq(finding.expected, expected);
	free(frame);
}

/* `field` is what the capture printed; it stands at this place after the IP header. */
static void expect_transport(const struct golden *golden, size_t place, uint16_t field, enum checksum_verdict verdict)
{
	struct ip_header ip;
	size_t length;
	uint8_t *frame = golden_frame(golden, &length);

	ip_parse(frame + ETHERNET, length - ETHERNET, &ip);
	cr_assert_eq(length, ETHERNET + ip.total_length);
	cr_assert_eq(wire_get16(frame + ETHERNET + 20 + place), field);
	struct checksum_finding finding =
	    checksum_find_transport(&ip, frame + ETHERNET + 20, ip.total_length - 20, field);
	cr_expect_eq(finding.verdict, verdict);
	if (verdict == CHECKSUM_CORRECT)
		cr_expect_eq(finding.expected, field);
	free(frame);
}

Test(decode_wire, ip_verdicts_of_the_captures)
{
	expect_ip(&golden_b3, CHECKSUM_CORRECT, 0xcca3);
	expect_ip(&golden_b10, CHECKSUM_WRONG, 0x47e4);
	expect_ip(&golden_b12, CHECKSUM_CORRECT, 0xcb87);
	expect_ip(&golden_c, CHECKSUM_ABSENT, 0x4657);
}

Test(decode_wire, transport_verdicts_of_the_captures)
{
	expect_transport(&golden_a1, 16, 0x111a, CHECKSUM_CORRECT);
	expect_transport(&golden_a2, 16, 0xc1aa, CHECKSUM_CORRECT);
	expect_transport(&golden_a3, 16, 0xfc32, CHECKSUM_CORRECT);
	expect_transport(&golden_b3, 6, 0xf9fd, CHECKSUM_PARTIAL);
	expect_transport(&golden_b10, 16, 0xab1a, CHECKSUM_PARTIAL);
	expect_transport(&golden_b12, 16, 0xd0cb, CHECKSUM_CORRECT);
	expect_transport(&golden_c, 16, 0x89a0, CHECKSUM_PARTIAL);
}

Test(decode_wire, icmp_verdicts)
{
	uint8_t request[8] = {8, 0, 0xe5, 0xca, 0x12, 0x34, 0x00, 0x01}; /* 0x0800 + 0x1234 + 0x0001 = 0x1a35 */

	cr_expect_eq(checksum_find_icmp(request, 8).verdict, CHECKSUM_CORRECT);
	request[3] ^= 1;
	cr_expect_eq(checksum_find_icmp(request, 8).verdict, CHECKSUM_WRONG);
	cr_expect_eq(checksum_find_icmp(request, 8).expected, 0xe5ca);
}

Test(decode_wire, a_udp_checksum_that_comes_out_as_zero_is_sent_as_ones)
{
	/* Pseudo-header 0x0011 + 0x000a, ports 0 and 0, length 0x000a: 0x0025; the data brings it to 0xffff. */
	static const uint8_t ONES[10] = {0, 0, 0, 0, 0, 10, 0xff, 0xff, 0xff, 0xda};
	static const uint8_t ZERO[10] = {0, 0, 0, 0, 0, 10, 0, 0, 0xff, 0xda};
	static const uint8_t WRONG[10] = {0, 0, 0, 0, 0, 10, 0, 1, 0xff, 0xda};
	struct ip_header ip = {.protocol = IP_PROTOCOL_UDP};

	cr_expect_eq(checksum_find_transport(&ip, ONES, 10, 0xffff).verdict, CHECKSUM_CORRECT);
	cr_expect_eq(checksum_find_transport(&ip, ZERO, 10, 0).verdict, CHECKSUM_NONE);
	cr_expect_eq(checksum_find_transport(&ip, WRONG, 10, 1).verdict, CHECKSUM_WRONG);
	cr_expect_eq(checksum_find_transport(&ip, WRONG, 10, 1).expected, 0xffff);
}

Test(decode_wire, a_quote_may_be_cut_anywhere)
{
	static const uint8_t QUOTE[24] = {0x45, 0, 0, 48, 0,   0, 0x40, 0, 64,   17,   0xb6, 0xb9,
					  192,  0, 2, 1,  192, 0, 2,    2, 0x9c, 0x40, 0,    9};
	struct quoted_packet quoted;

	for (size_t length = 0; length <= sizeof QUOTE; length++) {
		uint8_t *cut = malloc(length ? length : 1);
		memcpy(cut, QUOTE, length);
		cr_expect_eq(quoted_parse((struct slice){cut, length}, &quoted), length >= 20);
		cr_expect(length < 20 || quoted.has_ports == (length == 24));
		free(cut);
	}
	cr_expect_eq(quoted.ends[0].port, 40000);
	cr_expect_eq(quoted.ends[1].port, 9);
}

Test(decode_wire, options_end_at_a_length_that_cannot_be)
{
	static const uint8_t OPTIONS[] = {1, 2, 4, 5, 0xb4, 3, 4, 7}; /* the window scale claims one byte too many */
	struct wire_reader r = wire_reader(OPTIONS, sizeof OPTIONS);
	struct tcp_option option;

	cr_assert(tcp_option_next(&r, &option));
	cr_expect_eq(option.kind, TCP_OPTION_NOP);
	cr_assert(tcp_option_next(&r, &option));
	cr_expect_eq(option.kind, TCP_OPTION_MSS);
	cr_assert_eq(option.count, 1);
	cr_expect_eq(option.values[0], 1460);
	cr_expect_not(tcp_option_next(&r, &option));
	cr_expect(r.failed);
	cr_expect_not(tcp_option_next(&r, &option));
}

Test(decode_wire, an_option_of_a_length_that_is_not_its_own_is_unknown)
{
	static const uint8_t OPTIONS[] = {2, 3, 9, 5, 2, 5, 6, 1, 2, 3, 4, 4, 3, 0, 77, 2, 3, 3, 7};
	static const uint8_t KINDS[] = {2, 5, 5, 4, 77};
	struct wire_reader r = wire_reader(OPTIONS, sizeof OPTIONS);
	struct tcp_option option;

	for (size_t i = 0; i < sizeof KINDS; i++) {
		cr_assert(tcp_option_next(&r, &option));
		cr_expect_eq(option.kind, KINDS[i]);
		cr_expect_not(option.known);
		cr_expect_eq(option.count, 0);
	}
	cr_assert(tcp_option_next(&r, &option));
	cr_expect(option.known);
	cr_expect_eq(option.values[0], 7);
	cr_expect_not(tcp_option_next(&r, &option));
	cr_expect_not(r.failed);
}

Test(decode_wire, four_sack_blocks_fill_the_options)
{
	uint8_t options[34] = {5, 34};
	struct wire_reader r = wire_reader(options, sizeof options);
	struct tcp_option option;

	options[33] = 9;
	cr_assert(tcp_option_next(&r, &option));
	cr_expect(option.known);
	cr_expect_eq(option.count, 8);
	cr_expect_eq(option.values[7], 9);
}
