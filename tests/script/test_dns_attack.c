/* SPDX-License-Identifier: MIT
 *
 * Scripts about answers that nobody should believe: RFC 5452, RFC 9267, NAME:WRECK (CVE-2020-11901, CVE-2020-27009 and their like),
 * CVE-2014-4883.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/script/dns.h"

#define SERVER "192.0.2.53"
#define WWW    "www.example.com"
#define EVIL   "203.0.113.66"

static const char www_found[] = "www.example.com. 300 A 198.51.100.80\n";

TestSuite(dns_attack, .init = dns_start, .fini = harness_end);

static struct asked ask_www(void)
{
	look(WWW, DNS_A);
	return out_question(SERVER, WWW, DNS_A);
}

/* The right answer arrives after all, and is the first that counts. */
static void rest_is_right(const struct asked *q)
{
	quiet();
	check(found_so_far() == 0);
	reply(q, GOOD_REPLY);
	reply_a(WWW, 300, "198.51.100.80");
	in_reply();
	found(DNS_GOOD, www_found);
}

static void forge(const struct asked *q)
{
	reply(q, GOOD_REPLY);
	reply_a(WWW, 300, EVIL);
}

Test(dns_attack, attack_another_id)
{
	struct asked q = ask_www(), other = q;
	for (unsigned i = 0; i < 16; i++) {
		other.id = q.id ^ 1u << i;
		forge(&other);
		in_reply();
		assert_dropped(DROP_DNS_ID);
	}
	rest_is_right(&q);
}

/* From the right server's other port, or to another port of ours: no socket of ours hears that. */
Test(dns_attack, attack_another_port)
{
	struct asked q = ask_www();
	forge(&q);
	in_reply_from(SERVER, 5353, q.port);
	assert_dropped(DROP_UDP_PORT);
	out_icmp(3, 3, 0);
	in_reply_from(SERVER, 53, q.port ^ 1);
	assert_dropped(DROP_UDP_PORT);
	out_icmp(3, 3, 0);
	rest_is_right(&q);
}

Test(dns_attack, attack_another_server)
{
	struct asked q = ask_www();
	forge(&q);
	in_reply_from("192.0.2.66", 53, q.port);
	assert_dropped(DROP_UDP_PORT);
	out_icmp(3, 3, 0);
	rest_is_right(&q);
}

/* Another name, type or class in the question; no question, or two. */
Test(dns_attack, attack_another_question)
{
	struct asked q = ask_www();
	struct asked other = q;
	other.question[1] ^= 1;
	forge(&other);
	in_reply();
	assert_dropped(DROP_DNS_QUESTION);
	static const struct {
		size_t from_end;
		uint8_t value;
	} cases[] = {{3, 28}, {4, 1}, {1, 3}, {2, 1}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		other = q;
		other.question[q.length - cases[i].from_end] = cases[i].value;
		forge(&other);
		in_reply();
		assert_dropped(DROP_DNS_QUESTION);
	}
	for (unsigned count = 0; count <= 2; count += 2) {
		forge(&q);
		reply_poke16(4, count);
		in_reply();
		assert_dropped(DROP_DNS_MALFORMED);
	}
	reply(&q, GOOD_REPLY);
	reply_bytes(q.question, q.length);
	reply_poke16(4, 2); /* two that are well-formed */
	reply_a(WWW, 300, EVIL);
	in_reply();
	assert_dropped(DROP_DNS_MALFORMED);
	rest_is_right(&q);
}

/* A question, and answers with another opcode. */
Test(dns_attack, attack_messages_that_are_no_answers)
{
	static const unsigned flags[] = {0x0100, 0x8980, 0xa980, 0xf980};
	struct asked q = ask_www();
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		forge(&q);
		reply_poke16(2, flags[i]);
		in_reply();
		assert_dropped(DROP_DNS_MALFORMED);
	}
	rest_is_right(&q);
}

/* Records about other names and of other classes, in the answer and beside it, are not believed (Kashpureff's attack). */
Test(dns_attack, attack_records_that_nobody_asked_for)
{
	struct asked q = ask_www();
	reply(&q, GOOD_REPLY);
	reply_a("bank.example", 300, EVIL);
	reply_a(WWW, 300, "198.51.100.80");
	reply_a("com", 300, EVIL);
	reply_a("a.www.example.com", 300, EVIL);
	reply_raw(WWW, 99, 300, "", 0);
	reply_name("bank.example", DNS_CNAME, 300, "evil.example");
	reply_bytes("\300\014\0\1\0\3\0\0\0\012\0\4\313\0\161\102", 16); /* of class CH */
	reply_poke16(6, 7);
	authority();
	reply_a("bank.example", 300, EVIL);
	reply_a(WWW, 300, EVIL);
	in_reply();
	found(DNS_GOOD, www_found);
	look("bank.example", DNS_A);
	out_question(SERVER, "bank.example", DNS_A);
}

/* An answer with nothing but the records of others is none at all. */
Test(dns_attack, attack_the_owner_is_another_name)
{
	struct asked q = ask_www();
	reply(&q, GOOD_REPLY);
	reply_a("www.example.net", 300, EVIL);
	in_reply();
	found(DNS_NO_DATA, "");
	ask_www();
}

Test(dns_attack, attack_aliases_in_a_circle)
{
	static const char *const loops[][3] = {
	    {WWW, "a.example", WWW}, {WWW, WWW, WWW}, {"a.example", "b.example", "a.example"}};
	for (size_t i = 0; i < 3; i++) {
		struct asked q = ask_www();
		reply(&q, GOOD_REPLY);
		reply_name(WWW, DNS_CNAME, 0, "a.example");
		for (unsigned n = 0; n < 2; n++)
			reply_name(loops[i][n], DNS_CNAME, 0, loops[i][n + 1]);
		reply_name("a.example", DNS_CNAME, 0, WWW);
		in_reply();
		check(found_count() == 1 && last_answer()->status == DNS_MALFORMED);
	}
}

/* One alias an answer, each a question more: 17 questions, and no more. */
Test(dns_attack, attack_aliases_in_a_circle_of_answers)
{
	static const char *const names[] = {WWW, "a.example"};
	struct asked q = ask_www();
	for (unsigned i = 0;; i++) {
		reply(&q, GOOD_REPLY);
		reply_name(names[i % 2], DNS_CNAME, 0, names[(i + 1) % 2]);
		in_reply();
		if (i == 16)
			break;
		q = out_question(SERVER, names[(i + 1) % 2], DNS_A);
	}
	check(found_count() == 1 && last_answer()->status == DNS_MALFORMED);
}

/* --- RFC 9267: bytes that are no message -------------------------------------------------------------------------- */

/* A record whose owner is this; then type A, class IN, TTL 1, an address. */
static void forged_record(const struct asked *q, const char *owner, size_t length)
{
	reply(q, GOOD_REPLY);
	reply_poke16(6, 1);
	reply_bytes(owner, length);
	reply_bytes("\0\1\0\1\0\0\0\1\0\4\313\0\161\102", 14);
}

/* The question has 21 bytes behind the header's 12, so that the record begins at 33 (041). */
Test(dns_attack, attack_compression_pointers)
{
	static const struct {
		const char *what, *owner;
		size_t length;
	} cases[] = {
	    {"to itself", "\300\041", 2},
	    {"to itself, from a label", "\1a\300\041", 4},
	    {"to its second half", "\300\042", 2},
	    {"forward", "\300\043\0", 3},
	    {"far beyond the end", "\377\377", 2},
	    {"into the header", "\300\013", 2},
	    {"to the id", "\300\000", 2},
	    {"in a circle of two", "\1a\300\045\300\041", 6},
	    {"half of one", "\300", 1},
	    {"a label kind that is dead (RFC 6891 5)", "\100\001\0", 3},
	    {"one that never was", "\200\001\0", 3},
	};
	struct asked q = ask_www();
	check(q.length == 21);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		forged_record(&q, cases[i].owner, cases[i].length);
		if (cases[i].length == 1)
			reply(&q, GOOD_REPLY), reply_poke16(6, 1), reply_bytes("\300", 1);
		in_reply();
		assert_dropped(DROP_DNS_MALFORMED);
		quiet();
	}
	rest_is_right(&q);
}

/* 127 pointers, each to the one before, and the last to a name. */
Test(dns_attack, attack_a_chain_of_pointers)
{
	for (unsigned chain = 126; chain <= 127; chain++) {
		struct asked q = ask_www();
		reply(&q, GOOD_REPLY);
		reply_poke16(6, 2);
		reply_bytes("\0\0\143\0\1\0\0\0\1", 9); /* TYPE99 of the root, whose data begins at 33 + 11 */
		reply_bytes((uint8_t[]){0, (uint8_t)(2 * (chain - 1))}, 2);
		for (unsigned i = 0; i < chain - 1; i++) {
			unsigned to = i == 0 ? 12 : 44 + 2 * (i - 1);
			reply_bytes((uint8_t[]){(uint8_t)(0xc0 | to >> 8), (uint8_t)to}, 2);
		}
		unsigned last = 44 + 2 * (chain - 2);
		reply_bytes((uint8_t[]){(uint8_t)(0xc0 | last >> 8), (uint8_t)last}, 2);
		reply_bytes("\0\1\0\1\0\0\0\0\0\4\306\063\144\120", 14);
		in_reply();
		if (chain == 126) {
			found(DNS_GOOD, "www.example.com. 0 A 198.51.100.80\n");
			continue;
		}
		assert_dropped(DROP_DNS_MALFORMED);
		rest_is_right(&q);
	}
}

/* Behind the right record one more, whose owner has three labels of 63 bytes and one of `last`, and then `end`. */
static void long_owner(const struct asked *q, unsigned last, const char *end, size_t end_length)
{
	uint8_t name[320];
	memset(name, 'x', sizeof name);
	for (unsigned i = 0; i < 4; i++)
		name[i * 64] = (uint8_t)(i < 3 ? 63 : last);
	reply(q, GOOD_REPLY);
	reply_a(WWW, 300, "198.51.100.80");
	reply_poke16(6, 2);
	reply_bytes(name, 3 * 64 + 1 + last);
	reply_bytes(end, end_length);
	reply_bytes("\0\1\0\1\0\0\0\1\0\4\313\0\161\102", 14);
	in_reply();
}

/* 255 bytes, the root's included, are a name, and 256 are none; by way of a pointer to "www.example.com" too. A label has 63
 * at most: 64 is no length. */
Test(dns_attack, attack_names_that_are_too_long)
{
	struct asked q = ask_www();
	long_owner(&q, 62, "\0", 1);
	assert_dropped(DROP_DNS_MALFORMED);
	long_owner(&q, 46, "\300\014", 2);
	assert_dropped(DROP_DNS_MALFORMED);
	long_owner(&q, 64, "\0", 1);
	assert_dropped(DROP_DNS_MALFORMED);
	long_owner(&q, 61, "\0", 1);
	found(DNS_GOOD, www_found);
	look_with(&(struct dns_wanted){.name = WWW, .type = DNS_A, .server = {ip_of(SERVER), 53}});
	q = out_question(SERVER, WWW, DNS_A);
	long_owner(&q, 45, "\300\014", 2);
	found(DNS_GOOD, www_found);
}

/* Cut off at every place, with the counts as they were; with each count larger; with an RDLENGTH beyond the end; with a
 * name that does not end. */
Test(dns_attack, attack_less_than_was_announced)
{
	struct asked q = ask_www();
	size_t whole;
	forge(&q);
	reply_message(&whole);
	static uint8_t copy[512];
	memcpy(copy, reply_message(&whole), whole);
	for (size_t length = 0; length < whole; length++) {
		struct frame frame = frame_udp(53, q.port, length);
		memcpy(frame.bytes + 42, copy, length);
		memcpy(frame.bytes + AT_IP_FROM, ip_of(SERVER).bytes, 4);
		memcpy(frame.bytes + AT_ETHER_FROM, mac_of(SERVER).bytes, 6);
		frame_fix(&frame);
		in_frame(&frame);
		check(dropped(DROP_DNS_MALFORMED) == length + 1);
	}
	for (size_t count = 6; count <= 10; count += 2) {
		forge(&q);
		reply_poke16(count, count == 6 ? 2 : 1);
		in_reply();
		assert_dropped(DROP_DNS_MALFORMED);
		forge(&q);
		reply_poke16(count, 65535);
		in_reply();
		assert_dropped(DROP_DNS_MALFORMED);
	}
	rest_is_right(&q);
}

Test(dns_attack, attack_data_that_does_not_fit_its_type)
{
	static const struct {
		unsigned type;
		const char *data;
		size_t length;
	} cases[] = {
	    {DNS_A, "\1\2\3", 3},
	    {DNS_A, "\1\2\3\4\5", 5},
	    {DNS_A, "", 0},
	    {DNS_AAAA, "0123456789abcde", 15},
	    {DNS_AAAA, "0123456789abcdefg", 17},
	    {DNS_CNAME, "", 0},
	    {DNS_CNAME, "\1a", 2},     /* no end within the data */
	    {DNS_CNAME, "\1a\0\0", 4}, /* and one before it */
	    {DNS_CNAME, "\300", 1},    /* half a pointer */
	    {DNS_MX, "\0", 1},
	    {DNS_MX, "\0\1", 2},
	    {DNS_MX, "\0\1\1a", 4},
	    {DNS_TXT, "", 0},
	    {DNS_TXT, "\3ab", 3},
	    {DNS_TXT, "\1ab", 3},
	    {DNS_SOA, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 21},
	    {DNS_SOA, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 23},
	};
	struct asked q = ask_www();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		forge(&q);
		reply_raw(WWW, cases[i].type, 1, cases[i].data, cases[i].length);
		in_reply();
		check_that(dropped(DROP_DNS_MALFORMED) == i + 1, "case %zu", i);
	}
	rest_is_right(&q);
}

/* Until the last round is over: then it is told that there were answers, and that they made no sense. */
Test(dns_attack, attack_nothing_but_nonsense)
{
	for (unsigned round = 0; round < 3; round++) {
		struct asked q = round == 0 ? ask_www() : out_question(SERVER, WWW, DNS_A);
		forged_record(&q, "\300\041", 2);
		in_reply();
		pass(SECOND << round);
	}
	found(DNS_MALFORMED, "");
}

/* A record that ends exactly at the end of the message is whole; what stands behind the last one is nobody's. */
Test(dns_attack, a_record_exactly_at_the_end_and_bytes_behind_it)
{
	struct asked q = ask_www();
	forged_record(&q, "\300\014", 2);
	in_reply();
	found(DNS_GOOD, "www.example.com. 1 A 203.0.113.66\n");
	pass(SECOND);
	q = ask_www();
	forged_record(&q, "\300\014", 2);
	reply_bytes("\300\041behind it", 11);
	in_reply();
	found(DNS_GOOD, "www.example.com. 1 A 203.0.113.66\n");
}

/* --- What an attacker would like to foretell ----------------------------------------------------------------------- */

/* RFC 5452 9.2, CVE-2014-4883: ids, ports and spellings of 256 questions. Each bit of id and port is set about as often as not, and a
 * number hardly ever follows from the one before. */
Test(dns_attack, attack_predictable_ids_and_ports)
{
	unsigned set[32] = {0}, near = 0, upper = 0;
	struct asked last = {.id = 0};
	for (unsigned i = 0; i < 256; i++) {
		char name[32];
		snprintf(name, sizeof name, "n%u.example", i);
		struct dns_request *request = look(name, DNS_A);
		struct asked q = out_question(SERVER, name, DNS_A);
		for (unsigned bit = 0; bit < 16; bit++) {
			set[bit] += q.id >> bit & 1;
			set[16 + bit] += q.port >> bit & 1;
		}
		near += (q.id - last.id + 16) % 65536 < 32;
		near += (q.port - last.port + 16) % 65536 < 32;
		upper += q.name[0] == 'N';
		check(q.port >= 1024);
		last = q;
		dns_cancel(request);
		quiet();
	}
	for (unsigned bit = 0; bit < 32; bit++)
		check_that(set[bit] > 80 && set[bit] < 176, "bit %u is set %u times of 256", bit, set[bit]);
	check(near < 10);
	check(upper > 80 && upper < 176);
}

/* The same name at the same time from many users is one question, not as many chances (RFC 5452 5). */
Test(dns_attack, attack_birthdays)
{
	for (unsigned i = 0; i < 100; i++)
		look(WWW, DNS_A);
	out_question(SERVER, WWW, DNS_A);
	quiet();
	check(counted(COUNT_DNS_QUERIES_OUT) == 1);
}

/* An answer that gives the letters back otherwise costs a question more, with an id and a port of its own; the forger must guess again. */
Test(dns_attack, attack_a_forger_who_does_not_know_the_spelling)
{
	struct asked q = ask_www(), other = q;
	other.question[1] ^= 0x20;
	forge(&other);
	in_reply();
	struct asked again = out_question(SERVER, WWW, DNS_A);
	check(found_so_far() == 0 && again.id != q.id && again.port != q.port);
	rest_is_right(&again);
}

/* An error about our question that quotes another port ends nothing. */
Test(dns_attack, attack_forged_unreachable)
{
	look(WWW, DNS_A);
	struct frame frame = out_frame(), quoted = frame;
	memcpy(flow_current()->peer, ip_of(SERVER).bytes, 4);
	poke16(&quoted, AT_TRANSPORT, peek16(&frame, AT_TRANSPORT) ^ 1);
	struct frame error = frame_icmp_about(3, 3, &quoted);
	in_frame(&error);
	assert_dropped(DROP_ICMP_NO_SOCKET);
	struct asked q = read_question(HERE, frame.bytes + 42, frame.length - 42);
	snprintf(q.server, sizeof q.server, SERVER);
	q.port = peek16(&frame, AT_TRANSPORT);
	rest_is_right(&q);
}
