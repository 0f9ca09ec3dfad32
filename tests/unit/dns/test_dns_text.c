/* SPDX-License-Identifier: MIT
 *
 * Names and records as text: RFC 1035 5.1, RFC 3597 5, RFC 4343, RFC 5952 4.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "dns/dns_text.h"

static struct dns_name name_of(const char *text)
{
	struct dns_name name;
	cr_assert(dns_name_parse(text, &name), "%s", text);
	return name;
}

Test(dns_text, names_there_and_back)
{
	static const struct {
		const char *text, *printed;
		size_t length;
		const char *bytes;
	} cases[] = {
	    {".", ".", 1, ""},
	    {"com", "com.", 5, "\3com"},
	    {"com.", "com.", 5, "\3com"},
	    {"www.Example.com", "www.Example.com.", 17, "\3www\7Example\3com"},
	    {"a\\.b.c", "a\\.b.c.", 7, "\3a.b\1c"},
	    {"\\065\\\\\\000", "A\\\\\\000.", 5, "\3A\\\0"},
	    {"a b\\;\\\"", "a\\032b\\;\\\".", 7, "\5a b;\""},
	    {"\x1b[2J", "\\027[2J.", 6, "\4\x1b[2J"},
	    {"\\255", "\\255.", 3, "\1\377"},
	    {"_sip._tcp.a-b", "_sip._tcp.a-b.", 15, "\4_sip\4_tcp\3a-b"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[DNS_NAME_TEXT];
		struct dns_name name = name_of(cases[i].text);
		cr_expect_eq(name.length, cases[i].length, "%s", cases[i].text);
		cr_expect_eq(memcmp(name.bytes, cases[i].bytes, name.length - 1u), 0, "%s", cases[i].text);
		cr_expect_eq(name.bytes[name.length - 1], 0);
		cr_expect_str_eq(dns_name_print(&name, text), cases[i].printed);
	}
}

Test(dns_text, what_is_no_name)
{
	static const char *const cases[] = {"", "..", ".a", "a..b", "a..", "\\", "a\\", "\\256", "\\25", "\\1a"};
	struct dns_name name;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_expect_not(dns_name_parse(cases[i], &name), "%s", cases[i]);
}

Test(dns_text, labels_of_63_and_names_of_255_bytes)
{
	char text[400];
	struct dns_name name;
	memset(text, 'x', sizeof text);
	text[63] = '\0';
	cr_assert(dns_name_parse(text, &name) && name.length == 65);
	text[63] = 'x', text[64] = '\0';
	cr_assert_not(dns_name_parse(text, &name));
	for (size_t last = 61; last <= 62; last++) {
		memset(text, 'x', sizeof text);
		text[63] = text[127] = text[191] = '.';
		text[192 + last] = '\0';
		cr_assert_eq(dns_name_parse(text, &name), last == 61, "%zu", last);
		text[192 + last] = '.', text[193 + last] = '\0';
		cr_assert_eq(dns_name_parse(text, &name), last == 61, "%zu", last);
		if (last == 61)
			cr_assert_eq(name.length, 255);
	}
}

/* The longest there is: 255 bytes of which none prints. */
Test(dns_text, the_longest_name_fits)
{
	struct dns_name name = {.length = 255};
	char text[DNS_NAME_TEXT];
	for (size_t at = 0; at < 254; at += 64)
		name.bytes[at] = at == 192 ? 61 : 63;
	cr_assert_eq(strlen(dns_name_print(&name, text)), 4 * (3 * 63 + 61) + 4);
}

/* RFC 4343 3: only the letters of ASCII have a case. */
Test(dns_text, upper_and_lower_case_are_the_same)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
	    {"www.example.com", "WWW.Example.COM", true},
	    {"www.example.com", "ww.example.com", false},
	    {"az", "AZ", true},
	    {"@[`{", "`{@[", false},
	    {"a.b", "a\\.b", false},
	    {"\\224", "\\192", false},
	    {".", ".", true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dns_name a = name_of(cases[i].a), b = name_of(cases[i].b);
		cr_expect_eq(dns_name_equal(&a, &b), cases[i].equal, "%s", cases[i].a);
	}
	struct dns_name a = name_of("a.b"), b = name_of("A.b"), c = name_of("a.b");
	cr_expect(!dns_name_same(&a, &b) && dns_name_same(&a, &c));
}

Test(dns_text, names_within_a_zone)
{
	static const struct {
		const char *name, *zone;
		bool within;
	} cases[] = {
	    {"a.example.com", "EXAMPLE.com", true},
	    {"example.com", "example.com", true},
	    {"example.com", "a.example.com", false},
	    {"aexample.com", "example.com", false},
	    {"a.example.com", ".", true},
	    {".", ".", true},
	    {".", "com", false},
	    {"a.example.net", "example.com", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dns_name name = name_of(cases[i].name), zone = name_of(cases[i].zone);
		cr_expect_eq(dns_name_is_within(&name, &zone), cases[i].within, "%s %s", cases[i].name, cases[i].zone);
	}
}

/* RFC 1035 3.5 */
Test(dns_text, the_name_of_an_address)
{
	struct dns_name name = dns_name_of_address((struct address){{10, 2, 0, 52}});
	char text[DNS_NAME_TEXT];
	cr_assert_str_eq(dns_name_print(&name, text), "52.0.2.10.in-addr.arpa.");
}

Test(dns_text, types)
{
	static const struct {
		const char *text;
		uint16_t type;
	} cases[] = {{"A", 1},     {"ns", 2},   {"CNAME", 5},     {"SOA", 6},           {"PTR", 12},
		     {"Mx", 15},   {"TXT", 16}, {"AAAA", 28},     {"ANY", 255},         {"type99", 99},
		     {"TYPE1", 1}, {"TYPE", 0}, {"TYPE65536", 0}, {"TYPE65535", 65535}, {"TYPE0000001", 0},
		     {"AA", 0},    {"www", 0},  {"TYPE1x", 0}};
	char text[DNS_TYPE_TEXT];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_expect_eq(dns_type_parse(cases[i].text), cases[i].type, "%s", cases[i].text);
	cr_expect_str_eq(dns_type_print(15, text), "MX");
	cr_expect_str_eq(dns_type_print(65280, text), "TYPE65280");
	cr_expect_str_eq(dns_rcode_name(0), "NOERROR");
	cr_expect_str_eq(dns_rcode_name(3), "NXDOMAIN");
}

/* RFC 5952 4.2.2 and 4.2.3 among them */
Test(dns_text, ipv6_addresses)
{
	static const struct {
		const char *bytes, *text;
	} cases[] = {
	    {"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", "2001:db8::1"},
	    {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "::"},
	    {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", "::1"},
	    {"\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "1::"},
	    {"\x20\x01\x0d\xb8\0\0\0\1\0\1\0\1\0\1\0\1", "2001:db8:0:1:1:1:1:1"},
	    {"\x20\x01\0\0\0\0\0\1\0\0\0\0\0\0\0\1", "2001:0:0:1::1"},
	    {"\x20\x01\x0d\xb8\0\0\0\0\0\1\0\0\0\0\0\1", "2001:db8::1:0:0:1"},
	    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
	     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	    {"\0\1\0\2\0\3\0\4\0\5\0\6\0\0\0\0", "1:2:3:4:5:6::"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dns_record r = {.type = DNS_AAAA, .data = (const uint8_t *)cases[i].bytes, .length = 16};
		char text[64];
		cr_expect_str_eq(dns_data_print(&r, text, sizeof text), cases[i].text);
	}
}

/* Whatever a name server sends, a terminal sees nothing of it but printing characters. */
Test(dns_text, texts_are_escaped)
{
	struct dns_record r = {.type = DNS_TXT, .data = (const uint8_t *)"\6a\"\\\033\n\177\0\2b ", .length = 11};
	char text[64];
	cr_expect_str_eq(dns_data_print(&r, text, sizeof text), "\"a\\\"\\\\\\027\\010\\127\" \"\" \"b \"");
	r = (struct dns_record){.type = 99};
	cr_expect_str_eq(dns_data_print(&r, text, sizeof text), "\\# 0");
	r = (struct dns_record){.type = 99, .data = (const uint8_t *)"\012\377", .length = 2};
	cr_expect_str_eq(dns_data_print(&r, text, sizeof text), "\\# 2 0AFF");
}

Test(dns_text, what_does_not_fit_is_left_out)
{
	struct dns_record r = {.type = DNS_TXT, .data = (const uint8_t *)"\5hello", .length = 6};
	char text[8] = "xxxxxxx";
	cr_expect_str_eq(dns_data_print(&r, text, 4), "\"he");
	cr_expect_eq(text[4], 'x');
	cr_expect_str_eq(dns_data_print(&r, text, 1), "");
}
