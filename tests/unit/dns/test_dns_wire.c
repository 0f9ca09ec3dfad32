/* SPDX-License-Identifier: MIT
 *
 * DNS messages, by bytes from elsewhere: the query of a captured frame (with the fields that were printed there), RFC 1035 4.1.4's picture of
 * compression, and messages written by hand.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "dns/dns_text.h"
#include "dns/dns_wire.h"

static struct dns_name name_of(const char *text)
{
	struct dns_name name;
	cr_assert(dns_name_parse(text, &name), "%s", text);
	return name;
}

static const char *text_of(const struct dns_name *name)
{
	static char text[DNS_NAME_TEXT];
	return dns_name_print(name, text);
}

/* Frame B3: id 0xcaaa, flags 0x0100, one question, A IN, a name of 14 characters in 3 labels; a UDP length of 40. */
static const uint8_t captured[40 - 8] = {0xca, 0xaa, 1,   0,   0,   1,   0,   0, 0,   0,   0,   0, 3, 'w', 'w', 'w',
					 6,    'n',  'a', 'i', 'n', '-', 't', 3, 'n', 'e', 't', 0, 0, 1,   0,   1};

Test(dns_wire, the_captured_query_is_written)
{
	uint8_t bytes[DNS_QUERY_MAX];
	struct dns_name name = name_of("www.nain-t.net");
	cr_assert_eq(dns_emit_query(bytes, 0xcaaa, &name, DNS_A, false), sizeof captured);
	cr_assert_arr_eq(bytes, captured, sizeof captured);
}

Test(dns_wire, the_captured_query_is_read)
{
	struct dns_reader r = dns_reader(captured, sizeof captured);
	struct dns_header h;
	struct dns_question q;
	cr_assert(dns_parse_header(captured, sizeof captured, &h));
	cr_assert(h.id == 0xcaaa && !h.response && h.opcode == 0 && h.recursion_desired && h.rcode == 0);
	cr_assert(!h.authoritative && !h.truncated && !h.recursion_available && !h.authentic && !h.unchecked);
	cr_assert(h.counts[0] == 1 && h.counts[1] == 0 && h.counts[2] == 0 && h.counts[3] == 0);
	cr_assert(dns_read_question(&r, &q) && r.at == sizeof captured);
	cr_assert_str_eq(text_of(&q.name), "www.nain-t.net.");
	cr_assert(q.type == DNS_A && q.class == DNS_CLASS_IN);
	cr_assert_not(dns_read_question(&r, &q));
	cr_assert(r.failed);
}

/* RFC 1035 4.1.1: each flag in its place. */
Test(dns_wire, every_bit_of_the_header)
{
	static const struct {
		unsigned flags;
		struct dns_header header;
	} cases[] = {
	    {0x8000, {.response = true}},
	    {0x7800, {.opcode = 15}},
	    {0x0400, {.authoritative = true}},
	    {0x0200, {.truncated = true}},
	    {0x0100, {.recursion_desired = true}},
	    {0x0080, {.recursion_available = true}},
	    {0x0040, {.id = 0}},
	    {0x0020, {.authentic = true}},
	    {0x0010, {.unchecked = true}},
	    {0x000f, {.rcode = 15}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t bytes[12] = {0, 0, (uint8_t)(cases[i].flags >> 8), (uint8_t)cases[i].flags, 0, 1, 0, 2, 0, 3,
				     1, 0};
		const struct dns_header *e = &cases[i].header;
		struct dns_header h;
		cr_assert(dns_parse_header(bytes, 12, &h));
		cr_expect(h.response == e->response && h.opcode == e->opcode && h.authoritative == e->authoritative &&
			      h.truncated == e->truncated && h.recursion_desired == e->recursion_desired &&
			      h.recursion_available == e->recursion_available && h.authentic == e->authentic &&
			      h.unchecked == e->unchecked && h.rcode == e->rcode,
			  "%04x", cases[i].flags);
		cr_expect(h.counts[0] == 1 && h.counts[1] == 2 && h.counts[2] == 3 && h.counts[3] == 256);
		cr_expect_not(dns_parse_header(bytes, 11, &h));
	}
}

/* RFC 6891 6.1.2: a size of 1232, version 0, no flags, no options. */
Test(dns_wire, a_query_with_edns)
{
	uint8_t bytes[DNS_QUERY_MAX];
	struct dns_name root = name_of(".");
	static const uint8_t expected[] = {0, 7, 1,  0,    0,    1, 0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 1, /* . NS */
					   0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0};
	cr_assert_eq(dns_emit_query(bytes, 7, &root, DNS_NS, true), sizeof expected);
	cr_assert_arr_eq(bytes, expected, sizeof expected);
}

/* RFC 1035 4.1.4: F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA at 64 and the root at 92. */
Test(dns_wire, the_compression_of_the_rfc)
{
	uint8_t message[93] = {0};
	static const struct {
		size_t at, end;
		const char *name;
	} cases[] = {{20, 32, "F.ISI.ARPA."}, {40, 46, "FOO.F.ISI.ARPA."}, {64, 66, "ARPA."}, {92, 93, "."}};
	memcpy(message + 20, "\1F\3ISI\4ARPA", 12);
	memcpy(message + 40, "\3FOO\300\24", 6);
	memcpy(message + 64, "\300\32", 2);
	for (size_t i = 0; i < 4; i++) {
		uint8_t copy[97] = {0};
		struct dns_reader r = dns_reader(copy, sizeof copy);
		struct dns_question q;
		memcpy(copy, message, sizeof message);
		r.at = cases[i].at;
		cr_assert(dns_read_question(&r, &q));
		cr_assert_str_eq(text_of(&q.name), cases[i].name);
		cr_assert_eq(r.at, cases[i].end + 4);
	}
}

/* A record that stands behind these names: x.example at 12. */
static bool read_one(const char *bytes, size_t length, struct dns_record *record)
{
	static uint8_t message[600];
	memcpy(message + 12, "\1x\7example", 11);
	memcpy(message + 23, bytes, length);
	struct dns_reader r = dns_reader(message, 23 + length);
	r.at = 23;
	return dns_read_record(&r, record) && r.at == r.length;
}

#define READ(bytes, record) read_one(bytes, sizeof bytes - 1, record)

Test(dns_wire, records_of_each_type)
{
	struct dns_record r;
	cr_assert(READ("\300\14\0\1\0\1\0\0\1\54\0\4\306\63\144\120", &r));
	cr_assert(r.type == DNS_A && r.class == 1 && r.ttl == 300 && r.length == 4 && r.data[0] == 198 &&
		  r.data[3] == 80);
	cr_assert_str_eq(text_of(&r.owner), "x.example.");
	cr_assert(READ("\300\16\0\5\0\1\0\0\1\54\0\4\1y\300\16", &r));
	cr_assert_str_eq(text_of(&r.owner), "example.");
	cr_assert_str_eq(text_of(&r.name), "y.example.");
	cr_assert(READ("\0\0\17\0\1\0\0\1\54\0\4\1\2\300\14", &r));
	cr_assert(r.preference == 258);
	cr_assert_str_eq(text_of(&r.owner), ".");
	cr_assert_str_eq(text_of(&r.name), "x.example.");
	cr_assert(READ("\300\14\0\6\0\1\0\0\1\54\0\33\1m\300\16\1h\0\1\2\3\4\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5", &r));
	cr_assert_str_eq(text_of(&r.name), "m.example.");
	cr_assert_str_eq(text_of(&r.mailbox), "h.");
	cr_assert(r.serial == 0x01020304 && r.refresh == 2 && r.retry == 3 && r.expire == 4 && r.minimum == 5);
}

Test(dns_wire, the_strings_of_a_text)
{
	struct dns_record r;
	const uint8_t *bytes;
	uint8_t length;
	size_t at = 0;
	cr_assert(READ("\300\14\0\20\0\1\0\0\1\54\0\5\0\3abc", &r));
	cr_assert(dns_text_next(&r, &at, &bytes, &length) && length == 0);
	cr_assert(dns_text_next(&r, &at, &bytes, &length) && length == 3 && memcmp(bytes, "abc", 3) == 0);
	cr_assert_not(dns_text_next(&r, &at, &bytes, &length));
}

/* RFC 2181 8; but OPT's field is something else (RFC 6891 6.1.3). */
Test(dns_wire, ttls)
{
	struct dns_record r;
	cr_assert(READ("\300\14\0\1\0\1\177\377\377\377\0\4\306\63\144\120", &r) && r.ttl == 0x7fffffff);
	cr_assert(READ("\300\14\0\1\0\1\200\0\0\0\0\4\306\63\144\120", &r) && r.ttl == 0);
	cr_assert(READ("\0\0\51\4\320\200\1\2\3\0\0", &r) && r.type == DNS_OPT && r.class == 1232 &&
		  r.ttl == 0x80010203);
}

/* What is written without pointers reads the same. */
Test(dns_wire, a_record_is_written)
{
	uint8_t bytes[600];
	struct dns_record r;
	static const uint8_t expected[] = "\1x\7example\0\0\17\0\1\0\0\1\54\0\13\0\12\7example"; /* and its 0 */
	cr_assert(READ("\300\14\0\17\0\1\0\0\1\54\0\4\0\12\300\16", &r));
	size_t length = dns_emit_record(NULL, &r);
	cr_assert_eq(length, 11 + 10 + 2 + 9);
	cr_assert_eq(dns_emit_record(bytes, &r), length);
	cr_assert_arr_eq(bytes, expected, sizeof expected);
	struct dns_reader again = dns_reader_of_records(bytes, length);
	cr_assert(dns_read_record(&again, &r) && again.at == length && r.preference == 10 && r.ttl == 300);
}

Test(dns_wire, another_spelling_of_the_question)
{
	uint8_t message[] = "............\3WwW\1x\0......";
	struct dns_name name = name_of("www.x");
	dns_emit_spelling(message, &name);
	cr_assert_arr_eq(message, "............\3www\1x\0......", sizeof message);
}

Test(dns_wire, the_frame_of_tcp)
{
	uint8_t bytes[2];
	dns_emit_length(bytes, 0x1234);
	cr_assert(bytes[0] == 0x12 && bytes[1] == 0x34 && dns_parse_length(bytes) == 0x1234);
}
