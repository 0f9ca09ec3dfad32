/* SPDX-License-Identifier: MIT
 *
 * Addresses: equality, numbers, printing, and parsers that refuse everything but the one spelling.
 */
#include <criterion/criterion.h>

#include "base/addr.h"

static const struct address host = {{192, 0, 2, 1}};

Test(addr, equality_looks_at_every_byte)
{
	for (unsigned i = 0; i < 4; i++) {
		struct address other = host;
		other.bytes[i] ^= 1;
		cr_assert_not(address_equal(host, other), "byte %u", i);
	}
	cr_assert(address_equal(host, (struct address){{192, 0, 2, 1}}));
	for (unsigned i = 0; i < 6; i++) {
		struct mac other = MAC_BROADCAST;
		other.bytes[i] = 0;
		cr_assert_not(mac_equal(MAC_BROADCAST, other), "byte %u", i);
	}
	cr_assert(mac_equal(MAC_BROADCAST, MAC_BROADCAST));
}

Test(addr, endpoints_differ_by_address_or_port)
{
	struct endpoint a = {host, 80}, same = {host, 80}, port = {host, 81}, address = {ADDRESS_ANY, 80};
	cr_assert(endpoint_equal(&a, &same));
	cr_assert_not(endpoint_equal(&a, &port));
	cr_assert_not(endpoint_equal(&a, &address));
}

Test(addr, any_is_all_zeros)
{
	cr_assert(address_is_any(ADDRESS_ANY));
	cr_assert_not(address_is_any((struct address){{0, 0, 0, 1}}));
	cr_assert_not(address_is_any((struct address){{1, 0, 0, 0}}));
}

Test(addr, group_is_the_lowest_bit_of_the_first_byte)
{
	cr_assert(mac_is_group(MAC_BROADCAST));
	cr_assert(mac_is_group((struct mac){{0x01, 0x00, 0x5e, 0, 0, 1}}));
	cr_assert_not(mac_is_group((struct mac){{0x02, 0x01, 0x01, 1, 1, 1}}));
	cr_assert_not(mac_is_group((struct mac){{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff}}));
}

Test(addr, number_is_in_host_order)
{
	cr_assert_eq(address_number(host), 0xc0000201);
	cr_assert(address_equal(address_from_number(0xc0000201), host));
	cr_assert_eq(address_number(address_from_number(0xfffffffe)), 0xfffffffe);
}

Test(addr, a_mac_is_a_number_of_48_bits)
{
	const struct mac mac = {{0x02, 0x00, 0xc0, 0x00, 0x02, 0xfe}};
	cr_assert_eq(mac_number(mac), 0x0200c00002fe);
	cr_assert(mac_equal(mac_from_number(0x0200c00002fe), mac));
	cr_assert_eq(mac_number(mac_from_number(0xffffffffffff)), 0xffffffffffff);
}

Test(addr, prints)
{
	char address[ADDRESS_TEXT], endpoint[ENDPOINT_TEXT], mac[MAC_TEXT];
	cr_assert_str_eq(address_print(host, address), "192.0.2.1");
	cr_assert_str_eq(address_print(ADDRESS_ANY, address), "0.0.0.0");
	cr_assert_str_eq(address_print((struct address){{255, 255, 255, 255}}, address), "255.255.255.255");
	cr_assert_str_eq(endpoint_print(&(struct endpoint){host, 0}, endpoint), "192.0.2.1:0");
	cr_assert_str_eq(endpoint_print(&(struct endpoint){{{255, 255, 255, 255}}, 65535}, endpoint),
			 "255.255.255.255:65535");
	cr_assert_str_eq(mac_print((struct mac){{0x02, 0, 0, 0x0a, 0xbc, 0xff}}, mac), "02:00:00:0a:bc:ff");
}

Test(addr, printing_returns_the_text_it_was_given)
{
	char text[ENDPOINT_TEXT];
	struct endpoint e = {host, 80};
	cr_assert_eq(address_print(host, text), text);
	cr_assert_eq(endpoint_print(&e, text), text);
	cr_assert_eq(mac_print(MAC_BROADCAST, text), text);
}

Test(addr, parses_an_address)
{
	struct address a;
	cr_assert(address_parse("192.0.2.1", &a));
	cr_assert(address_equal(a, host));
	cr_assert(address_parse("0.0.0.0", &a));
	cr_assert(address_is_any(a));
	cr_assert(address_parse("255.255.255.255", &a));
	cr_assert_eq(address_number(a), 0xffffffff);
}

Test(addr, refuses_what_is_not_an_address_and_writes_nothing)
{
	static const char *const wrong[] = {
	    "",
	    " 192.0.2.1",
	    "192.0.2.1 ",
	    "192.0.2",
	    "192.0.2.",
	    "192.0.2.1.",
	    "192.0.2.1.1",
	    "192..2.1",
	    ".192.0.2.1",
	    "192.0.2.256",
	    "192.0.2.01",
	    "192.0.2.00",
	    "0192.0.2.1",
	    "192.0.2.-1",
	    "192.0.2.+1",
	    "192.0.2.0x1",
	    "192.0.2.1/24",
	    "192.0.2.1\n",
	    "192,0,2,1",
	    "localhost",
	    "3221225985",
	    "1000.0.2.1",
	    "192.0.2.1a",
	    "4294967297.0.2.1",
	    "192.0.2.18446744073709551617",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct address a = host;
		cr_assert_not(address_parse(wrong[i], &a), "\"%s\"", wrong[i]);
		cr_assert(address_equal(a, host), "\"%s\" was written", wrong[i]);
	}
}

Test(addr, parses_an_address_with_its_prefix)
{
	struct address a;
	unsigned length;
	cr_assert(address_parse_prefix("192.0.2.1/24", &a, &length));
	cr_assert(address_equal(a, host));
	cr_assert_eq(length, 24);
	cr_assert(address_parse_prefix("0.0.0.0/0", &a, &length));
	cr_assert_eq(length, 0);
	cr_assert(address_parse_prefix("198.51.100.7/32", &a, &length));
	cr_assert_eq(length, 32);
}

Test(addr, refuses_what_is_not_a_prefix_and_writes_nothing)
{
	static const char *const wrong[] = {"192.0.2.1",    "192.0.2.1/",    "192.0.2.1/33",  "192.0.2.1/024",
					    "192.0.2.1/-1", "192.0.2.1/24 ", "192.0.2.1 /24", "192.0.2.1/24/24",
					    "/24",          "192.0.2/24"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct address a = host;
		unsigned length = 99;
		cr_assert_not(address_parse_prefix(wrong[i], &a, &length), "\"%s\"", wrong[i]);
		cr_assert(address_equal(a, host), "\"%s\" was written", wrong[i]);
		cr_assert_eq(length, 99, "\"%s\" was written", wrong[i]);
	}
}

Test(addr, parses_a_mac_of_either_case)
{
	struct mac a;
	cr_assert(mac_parse("02:00:00:0a:bc:ff", &a));
	cr_assert(mac_equal(a, (struct mac){{0x02, 0, 0, 0x0a, 0xbc, 0xff}}));
	cr_assert(mac_parse("FF:FF:FF:FF:FF:FF", &a));
	cr_assert(mac_equal(a, MAC_BROADCAST));
}

Test(addr, refuses_what_is_not_a_mac_and_writes_nothing)
{
	static const char *const wrong[] = {"",
					    "02:00:00:00:00",
					    "02:00:00:00:00:",
					    "02:00:00:00:00:01:",
					    "02:00:00:00:00:01:02",
					    "2:0:0:0:0:1",
					    "02-00-00-00-00-01",
					    "020000000001",
					    "02:00:00:00:00:0g",
					    "02:00:00:00:00:001",
					    " 02:00:00:00:00:01",
					    "02:00:00:00:00:0"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct mac a = MAC_BROADCAST;
		cr_assert_not(mac_parse(wrong[i], &a), "\"%s\"", wrong[i]);
		cr_assert(mac_equal(a, MAC_BROADCAST), "\"%s\" was written", wrong[i]);
	}
}
