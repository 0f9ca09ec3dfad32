/* SPDX-License-Identifier: MIT
 *
 * Scripts about look-ups that go as they should, and servers that do not help: RFC 1034 5.3.1, RFC 1035 4 and 7, RFC 2308,
 * RFC 6891.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/script/dns.h"

#define SERVER "192.0.2.53"
#define OTHER  "192.0.2.54"
#define WWW    "www.example.com"

static const char www_found[] = "www.example.com. 300 A 198.51.100.80\n";

TestSuite(dns, .init = dns_start, .fini = harness_end);

static struct asked ask_www(void)
{
	look(WWW, DNS_A);
	return out_question(SERVER, WWW, DNS_A);
}

static void reply_www(const struct asked *q)
{
	reply(q, GOOD_REPLY);
	reply_a(WWW, 300, "198.51.100.80");
	in_reply();
}

/* --- One question, one answer ------------------------------------------------------------------------------------- */

Test(dns, a_name_is_asked_for_and_found)
{
	struct asked q = ask_www();
	check(q.edns);
	pass(30 * MS);
	reply_www(&q);
	found(DNS_GOOD, www_found);
	check(last_answer()->source == DNS_FROM_SERVER && !last_answer()->tcp);
	check(last_answer()->time == 30 * MS && last_answer()->age == 0);
	check(address_equal(last_answer()->server.address, ip_of(SERVER)) && last_answer()->server.port == 53);
	quiet_for(60 * SECOND);
}

/* Steps 1 and 3 of the story: the query waits for the name server's Ethernet address. */
Test(dns, nothing_happens_inside_of_dns_begin)
{
	quiet();
	look(WWW, DNS_A);
	look("192.0.2.7", DNS_A);
	check(last_answer()->status == 0 && last_answer()->records == NULL);
	out_question(SERVER, WWW, DNS_A);
	found(DNS_GOOD, "192.0.2.7. 0 A 192.0.2.7\n");
}

Test(dns, every_type_is_asked_for_and_read)
{
	static const struct {
		unsigned type;
		const char *data;
		size_t length;
		const char *text;
	} cases[] = {
	    {DNS_A, "\300\000\002\001", 4, "A 192.0.2.1"},
	    {DNS_AAAA, " \001\r\270\0\0\0\0\0\0\0\0\0\0\0\001", 16, "AAAA 2001:db8::1"},
	    {DNS_NS, "\003ns1\300\014", 6, "NS ns1.x.example."},
	    {DNS_CNAME, "\001y\300\016", 4, "CNAME y.example."},
	    {DNS_PTR, "\001p\000", 3, "PTR p."},
	    {DNS_MX, "\000\012\004mail\300\014", 9, "MX 10 mail.x.example."},
	    {DNS_TXT, "\002a \003\"\\\n", 7, "TXT \"a \" \"\\\"\\\\\\010\""},
	    {DNS_SOA, "\300\014\001h\300\016\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5", 26,
	     "SOA x.example. h.example. 1 2 3 4 5"},
	    {99, "\001\002", 2, "TYPE99 \\# 2 0102"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char expected[128];
		look("x.example", cases[i].type);
		struct asked q = out_question(SERVER, "x.example", cases[i].type);
		reply(&q, GOOD_REPLY);
		reply_raw("x.example", cases[i].type, 60, cases[i].data, cases[i].length);
		in_reply();
		snprintf(expected, sizeof expected, "x.example. 60 %s\n", cases[i].text);
		found(DNS_GOOD, expected);
	}
}

/* The answer's names are spelt as they were asked for, not as chance had it, though they point to the question. */
Test(dns, the_spelling_of_chance_is_not_seen)
{
	look("Www.Example.com", DNS_A);
	struct asked q = out_question(SERVER, WWW, DNS_A);
	reply(&q, GOOD_REPLY);
	reply_poke16(6, 2);
	reply_bytes("\300\014\0\5\0\1\0\0\0\012\0\4\1w\300\020", 16); /* CNAME w.(byte 16: example.com) */
	reply_bytes("\1w\300\020\0\1\0\1\0\0\0\012\0\4\306\063\144\120", 18);
	in_reply();
	found(DNS_GOOD, "Www.Example.com. 10 CNAME w.Example.com.\nw.Example.com. 10 A 198.51.100.80\n");
}

/* --- Without asking ----------------------------------------------------------------------------------------------- */

Test(dns, numeric_addresses_are_never_asked_for)
{
	look("198.51.100.7", DNS_A);
	found(DNS_GOOD, "198.51.100.7. 0 A 198.51.100.7\n");
	check(last_answer()->source == DNS_FROM_HOSTS);
	look("198.51.100.7", DNS_AAAA);
	found(DNS_NO_DATA, "");
	check(dns_begin(harness_stack(), &(struct dns_wanted){.name = "2001:db8::1", .type = DNS_A}, NULL, NULL,
			NULL) == -EINVAL);
}

Test(dns, fixed_names_are_never_asked_for)
{
	check(dns_add_host(harness_stack(), "router.example", ip_of("192.0.2.254")) == 0);
	check(dns_add_host(harness_stack(), "router.example.", ip_of("192.0.2.253")) == 0);
	check(dns_add_host(harness_stack(), "other.example", ip_of("192.0.2.252")) == 0);
	check(dns_add_host(harness_stack(), "a..b", ip_of("192.0.2.252")) == -EINVAL);
	look("ROUTER.example", DNS_A);
	found(DNS_GOOD, "ROUTER.example. 0 A 192.0.2.254\nROUTER.example. 0 A 192.0.2.253\n");
	look("router.example", DNS_AAAA);
	found(DNS_NO_DATA, "");
	look("router.example", DNS_MX);
	out_question(SERVER, "router.example", DNS_MX);
}

Test(dns, fixed_names_have_a_bound)
{
	for (unsigned i = 0; i < DNS_HOSTS_MAX; i++)
		check(dns_add_host(harness_stack(), "a.example", ip_of("192.0.2.9")) == 0);
	check(dns_add_host(harness_stack(), "a.example", ip_of("192.0.2.9")) == -ENOSPC);
	look("a.example", DNS_A);
	check(found_count() == 1 && last_addresses() == DNS_HOSTS_MAX);
}

/* RFC 6761 6.3 */
Test(dns, localhost_is_this_machine)
{
	look("localhost", DNS_A);
	found(DNS_GOOD, "localhost. 0 A 127.0.0.1\n");
	look("a.LocalHost", DNS_A);
	found(DNS_GOOD, "a.LocalHost. 0 A 127.0.0.1\n");
	look("localhost", DNS_AAAA);
	found(DNS_NO_DATA, "");
	look("notlocalhost", DNS_A);
	out_question(SERVER, "notlocalhost", DNS_A);
}

/* --- Aliases ------------------------------------------------------------------------------------------------------ */

Test(dns, aliases_are_followed_within_an_answer_in_any_order)
{
	struct asked q = ask_www();
	reply(&q, GOOD_REPLY);
	reply_a("c.example.net", 30, "198.51.100.80");
	reply_name("b.example.net", DNS_CNAME, 20, "c.example.net");
	reply_name(WWW, DNS_CNAME, 40, "B.example.net");
	reply_a("c.example.net", 30, "198.51.100.81");
	in_reply();
	found(DNS_GOOD, "www.example.com. 40 CNAME B.example.net.\n"
			"b.example.net. 20 CNAME c.example.net.\n"
			"c.example.net. 30 A 198.51.100.80\n"
			"c.example.net. 30 A 198.51.100.81\n");
}

/* A server that does not know where the alias leads leaves it to us to ask. */
Test(dns, aliases_are_followed_across_answers)
{
	struct asked q = ask_www();
	reply(&q, GOOD_REPLY);
	reply_name(WWW, DNS_CNAME, 40, "b.example.net");
	in_reply();
	q = out_question(SERVER, "b.example.net", DNS_A);
	reply(&q, GOOD_REPLY);
	reply_a("b.example.net", 50, "198.51.100.80");
	in_reply();
	found(DNS_GOOD, "www.example.com. 40 CNAME b.example.net.\nb.example.net. 50 A 198.51.100.80\n");
	pass(39 * SECOND);
	look(WWW, DNS_A);
	found(DNS_GOOD, "www.example.com. 1 CNAME b.example.net.\nb.example.net. 11 A 198.51.100.80\n");
	pass(SECOND);
	ask_www();
}

/* An alias that came in the last round: its target is asked for from the first one on. */
Test(dns, an_alias_has_rounds_of_its_own)
{
	ask_www();
	after(SECOND);
	out_question(SERVER, WWW, DNS_A);
	after(2 * SECOND);
	struct asked q = out_question(SERVER, WWW, DNS_A);
	reply(&q, GOOD_REPLY);
	reply_name(WWW, DNS_CNAME, 40, "b.example.net");
	in_reply();
	q = out_question(SERVER, "b.example.net", DNS_A);
	check(q.edns);
	for (unsigned round = 0; round < 2; round++) {
		after(SECOND << round);
		out_question(SERVER, "b.example.net", DNS_A);
	}
	after(4 * SECOND);
	found(DNS_TIMEOUT, "www.example.com. 40 CNAME b.example.net.\n");
}

Test(dns, an_alias_is_an_answer_for_who_asks_for_it)
{
	look(WWW, DNS_CNAME);
	struct asked q = out_question(SERVER, WWW, DNS_CNAME);
	reply(&q, GOOD_REPLY);
	reply_name(WWW, DNS_CNAME, 40, "b.example.net");
	in_reply();
	found(DNS_GOOD, "www.example.com. 40 CNAME b.example.net.\n");
}

Test(dns, an_alias_of_nothing)
{
	struct asked q = ask_www();
	reply(&q, NXDOMAIN_REPLY);
	reply_name(WWW, DNS_CNAME, 40, "b.example.net");
	in_reply();
	found(DNS_NXDOMAIN, "www.example.com. 40 CNAME b.example.net.\n");
	look(WWW, DNS_A);
	q = out_question(SERVER, WWW, DNS_A);
	reply(&q, GOOD_REPLY);
	reply_name(WWW, DNS_CNAME, 40, "b.example.net");
	authority();
	reply_soa("example.net", 100, 200);
	in_reply();
	found(DNS_NO_DATA, "www.example.com. 40 CNAME b.example.net.\n");
}

Test(dns, sixteen_aliases_in_a_row_and_no_more)
{
	for (unsigned aliases = 16; aliases <= 17; aliases++) {
		char names[18][16];
		for (unsigned i = 0; i < 18; i++)
			snprintf(names[i], sizeof names[i], "n%u.%u", i, aliases);
		look(names[0], DNS_A);
		struct asked q = out_question(SERVER, names[0], DNS_A);
		reply(&q, GOOD_REPLY);
		for (unsigned i = 0; i < aliases; i++)
			reply_name(names[i], DNS_CNAME, 5, names[i + 1]);
		reply_a(names[aliases], 5, "198.51.100.80");
		in_reply();
		check(found_count() == 1);
		check(last_answer()->status == (aliases == 16 ? DNS_GOOD : DNS_MALFORMED));
	}
}

/* --- Nothing there ------------------------------------------------------------------------------------------------ */

/* RFC 2308 3 and 5: the SOA's TTL or its MINIMUM, whichever is less, and for every type. */
Test(dns, a_name_that_is_not_there_is_remembered_for_all_types)
{
	struct asked q = ask_www();
	reply(&q, NXDOMAIN_REPLY);
	authority();
	reply_soa("example.com", 100, 60);
	in_reply();
	found(DNS_NXDOMAIN, "");
	pass(60 * SECOND - 1);
	look("WWW.example.com", DNS_A);
	found(DNS_NXDOMAIN, "");
	check(last_answer()->source == DNS_FROM_CACHE && last_answer()->age == 59);
	look(WWW, DNS_MX);
	found(DNS_NXDOMAIN, "");
	pass(1);
	ask_www();
}

Test(dns, a_type_that_is_not_there_is_remembered_for_that_type)
{
	struct asked q = ask_www();
	reply(&q, GOOD_REPLY);
	authority();
	reply_soa("example.com", 60, 100);
	in_reply();
	found(DNS_NO_DATA, "");
	pass(60 * SECOND - 1);
	look(WWW, DNS_A);
	found(DNS_NO_DATA, "");
	look(WWW, DNS_MX);
	out_question(SERVER, WWW, DNS_MX);
	pass(1);
	ask_www();
}

/* What is not there is where the alias leads: of other types there may be other aliases. */
Test(dns, an_alias_of_nothing_is_remembered_for_its_type)
{
	struct asked q = ask_www();
	reply(&q, NXDOMAIN_REPLY);
	reply_name(WWW, DNS_CNAME, 40, "b.example.net");
	authority();
	reply_soa("example.net", 100, 100);
	in_reply();
	found(DNS_NXDOMAIN, "www.example.com. 40 CNAME b.example.net.\n");
	look(WWW, DNS_A);
	found(DNS_NXDOMAIN, "www.example.com. 40 CNAME b.example.net.\n");
	look(WWW, DNS_CNAME);
	out_question(SERVER, WWW, DNS_CNAME);
}

/* What is known of all types at once was not all that there is. */
Test(dns, an_answer_for_any_type_is_none_for_one)
{
	look(WWW, DNS_ANY);
	struct asked q = out_question(SERVER, WWW, DNS_ANY);
	reply(&q, GOOD_REPLY);
	reply_a(WWW, 300, "198.51.100.80");
	reply_name(WWW, DNS_MX, 300, "");
	reply_poke16(12 + q.length + 17 + 14 + 17, 99); /* the type of the second */
	in_reply();
	found(DNS_GOOD, "www.example.com. 300 A 198.51.100.80\nwww.example.com. 300 TYPE99 \\# 1 00\n");
	ask_www();
}

/* RFC 2308 5: no SOA, nothing to remember. Neither is there with one of another zone. */
Test(dns, a_denial_without_its_zone_is_not_remembered)
{
	struct asked q = ask_www();
	reply(&q, NXDOMAIN_REPLY);
	in_reply();
	found(DNS_NXDOMAIN, "");
	q = ask_www();
	reply(&q, NXDOMAIN_REPLY);
	authority();
	reply_soa("ample.com", 60, 60);
	in_reply();
	found(DNS_NXDOMAIN, "");
	ask_www();
}

Test(dns, a_denial_is_remembered_for_three_hours_at_most)
{
	struct asked q = ask_www();
	reply(&q, NXDOMAIN_REPLY);
	authority();
	reply_soa("", 1000000, 1000000);
	in_reply();
	found(DNS_NXDOMAIN, "");
	pass(10800 * SECOND - 1);
	look(WWW, DNS_A);
	found(DNS_NXDOMAIN, "");
	pass(1);
	ask_www();
}

/* RFC 2308 2.2: other servers are named, which it does not ask for us. */
Test(dns, a_referral_is_no_answer)
{
	two_servers();
	struct asked q = ask_www();
	reply(&q, GOOD_REPLY);
	authority();
	reply_name("com", DNS_NS, 100, "a.nic.example");
	in_reply();
	q = out_question(OTHER, WWW, DNS_A);
	reply_www(&q);
	found(DNS_GOOD, www_found);
}

/* The servers of the zone itself may name themselves beside an answer that has nothing in it. */
Test(dns, a_denial_beside_the_zone_s_servers)
{
	struct asked q = ask_www();
	reply(&q, 0x8580); /* authoritative */
	authority();
	reply_name("example.com", DNS_NS, 100, "ns.example.com");
	in_reply();
	found(DNS_NO_DATA, "");
}

/* --- The cache ---------------------------------------------------------------------------------------------------- */

Test(dns, an_answer_is_kept_for_its_ttl)
{
	struct asked q = ask_www();
	reply_www(&q);
	found(DNS_GOOD, www_found);
	pass(100 * SECOND);
	look("WWW.Example.COM", DNS_A);
	found(DNS_GOOD, "www.example.com. 200 A 198.51.100.80\n");
	check(last_answer()->source == DNS_FROM_CACHE && last_answer()->age == 100 && last_answer()->time == 0);
	check(counted(COUNT_DNS_CACHE_HITS) == 1);
	look(WWW, DNS_MX);
	out_question(SERVER, WWW, DNS_MX);
	pass(200 * SECOND - 1);
	out_rest();
	look(WWW, DNS_A);
	check(found_count() == 2); /* and MX has timed out */
	check(last_answer()->age == 299);
	pass(1);
	ask_www();
}

/* RFC 2181 8: a TTL of 2^31 and more is 0; ours is at most a day. */
Test(dns, ttls_beyond_reason)
{
	static const struct {
		unsigned long ttl;
		uint64_t kept; /* seconds */
	} cases[] = {{0, 0}, {0x80000000, 0}, {0xffffffff, 0}, {86400, 86400}, {86401, 86400}, {0x7fffffff, 86400}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct asked q = ask_www();
		reply(&q, GOOD_REPLY);
		reply_a(WWW, cases[i].ttl, "198.51.100.80");
		in_reply();
		check(found_count() == 1);
		if (cases[i].kept == 0)
			continue;
		pass(cases[i].kept * SECOND - 1);
		look(WWW, DNS_A);
		check(found_count() == 1 && last_answer()->source == DNS_FROM_CACHE);
		pass(1);
	}
}

/* The least TTL of all that it took decides; and what was used least lately makes room. */
Test(dns, the_cache_is_bounded)
{
	uint8_t text[255] = {250};
	for (unsigned i = 0; i < 600; i++) {
		char name[32];
		snprintf(name, sizeof name, "n%u.example", i);
		look(name, DNS_TXT);
		struct asked q = out_question(SERVER, name, DNS_TXT);
		reply(&q, GOOD_REPLY);
		reply_raw(name, DNS_TXT, 80000, text, 251);
		in_reply();
		check(found_count() == 1);
		look("n0.example", DNS_TXT);
		check(found_count() == 1 && last_answer()->source == DNS_FROM_CACHE);
	}
	check(stack_memory(harness_stack())->bytes < 600 * 1024);
	uint64_t hits = counted(COUNT_DNS_CACHE_HITS);
	harness_deaf(true);
	for (unsigned i = 0; i < 600; i++) {
		char name[32];
		snprintf(name, sizeof name, "n%u.example", i);
		look(name, DNS_TXT);
		pass(10 * SECOND);
	}
	uint64_t cached = counted(COUNT_DNS_CACHE_HITS) - hits;
	check_that(cached > 200 && cached < 500, "%u", (unsigned)cached);
}

static unsigned seen;

static void see(void *user, const struct dns_answer *answer, uint32_t ttl)
{
	struct dns_record record;
	size_t at = 0;
	char name[DNS_NAME_TEXT];
	check(user == &seen && ++seen == 1);
	cr_assert_str_eq(dns_name_print(&answer->name, name), "www.example.com.");
	check(answer->type == DNS_A && answer->age == 10 && ttl == 290);
	check(dns_answer_next(answer, &at, &record) && record.ttl == 290);
}

Test(dns, the_cache_can_be_looked_at)
{
	struct asked q = ask_www();
	reply_www(&q);
	found(DNS_GOOD, www_found);
	pass(10 * SECOND);
	dns_cache_walk(harness_stack(), see, &seen);
	check(seen == 1);
	pass(290 * SECOND);
	dns_cache_walk(harness_stack(), see, &seen);
	check(seen == 1);
}

/* --- Silence and failure ------------------------------------------------------------------------------------------ */

/* Three times, after one second, two and four, each with an id and a port of its own. */
Test(dns, a_silent_server_is_asked_three_times)
{
	struct asked a = ask_www();
	after(SECOND);
	struct asked b = out_question(SERVER, WWW, DNS_A);
	after(2 * SECOND);
	struct asked c = out_question(SERVER, WWW, DNS_A);
	check(found_count() == 0);
	check(a.edns && b.edns && !c.edns); /* the last time as in 1987 */
	check(strcmp(a.name, WWW) != 0 && strcmp(b.name, WWW) != 0 && strcmp(c.name, WWW) == 0);
	quiet_for(4 * SECOND - 1);
	check(found_count() == 0);
	pass(1);
	found(DNS_TIMEOUT, "");
	check(a.id != b.id && b.id != c.id && a.port != b.port && b.port != c.port && a.port != c.port);
	check(counted(COUNT_DNS_TIMEOUTS) == 3 && events_seen(EVENT_DNS_SILENT) == 3);
	check(last_answer()->time == 7 * SECOND);
	quiet_for(60 * SECOND);
}

Test(dns, an_answer_after_the_second_time)
{
	ask_www();
	after(SECOND);
	struct asked q = out_question(SERVER, WWW, DNS_A);
	pass(2 * SECOND - 1);
	reply_www(&q);
	found(DNS_GOOD, www_found);
	quiet_for(60 * SECOND);
}

/* RFC 1035 7.2: the one that answers is asked first the next time. */
Test(dns, the_second_server_takes_over)
{
	two_servers();
	ask_www();
	after(SECOND);
	struct asked q = out_question(OTHER, WWW, DNS_A);
	reply_www(&q);
	found(DNS_GOOD, www_found);
	look("b.example", DNS_A);
	out_question(OTHER, "b.example", DNS_A);
	after(SECOND);
	out_question(SERVER, "b.example", DNS_A);
	after(SECOND);
	out_question(OTHER, "b.example", DNS_A);
	after(2 * SECOND);
	out_question(SERVER, "b.example", DNS_A);
}

Test(dns, a_refusal_by_the_network_leads_on_at_once)
{
	two_servers();
	look(WWW, DNS_A);
	struct frame frame = out_frame();
	memcpy(flow_current()->peer, ip_of(SERVER).bytes, 4);
	struct frame error = frame_icmp_about(3, 3, &frame);
	in_frame(&error);
	struct asked q = out_question(OTHER, WWW, DNS_A);
	reply_www(&q);
	found(DNS_GOOD, www_found);
}

Test(dns, servers_that_cannot_be_reached)
{
	look(WWW, DNS_A);
	memcpy(flow_current()->peer, ip_of(SERVER).bytes, 4);
	for (unsigned i = 0; i < 3; i++) {
		struct frame frame = out_frame();
		struct frame error = frame_icmp_about(3, 3, &frame);
		in_frame(&error);
	}
	found(DNS_UNREACHABLE, "");
}

/* rcode by rcode: the next server may know more; when none does, the most telling is told. */
Test(dns, servers_that_do_not_help_are_asked_once)
{
	static const struct {
		unsigned first, second;
		enum dns_status status;
	} cases[] = {
	    {2, 2, DNS_SERVFAIL}, {5, 5, DNS_REFUSED},  {2, 5, DNS_SERVFAIL},
	    {5, 2, DNS_SERVFAIL}, {9, 5, DNS_SERVFAIL}, {5, 16, DNS_REFUSED},
	};
	two_servers();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct asked q = ask_www();
		reply(&q, 0x8180 + cases[i].first);
		in_reply();
		q = out_question(OTHER, WWW, DNS_A);
		if (cases[i].second < 16) {
			reply(&q, 0x8180 + cases[i].second);
			in_reply();
		} else { /* silence: it is asked for each round */
			after(SECOND);
			out_question(OTHER, WWW, DNS_A);
			after(2 * SECOND);
			out_question(OTHER, WWW, DNS_A);
			after(4 * SECOND);
		}
		found(cases[i].status, "");
	}
	ask_www(); /* failures are not remembered */
}

Test(dns, without_a_server)
{
	harness_end();
	harness_start();
	look(WWW, DNS_A);
	found(DNS_UNREACHABLE, "");
}

Test(dns, servers_are_checked_and_bounded)
{
	static const char *const wrong[] = {"0.0.0.0", "255.255.255.255", "224.0.0.251", "192.0.2.255"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct endpoint server = {ip_of(wrong[i]), 0};
		check(dns_add_server(harness_stack(), &server) == -EINVAL);
	}
	struct endpoint server = {ip_of("192.0.2.60"), 5353};
	for (unsigned i = 1; i < DNS_SERVERS_MAX; i++)
		check(dns_add_server(harness_stack(), &server) == 0);
	check(dns_add_server(harness_stack(), &server) == -ENOSPC);
	check(dns_server(harness_stack(), 0)->port == 53 && dns_server(harness_stack(), 7)->port == 5353);
	check(!dns_server(harness_stack(), 8));
}

Test(dns, a_server_of_one_s_own)
{
	struct asked q = ask_www();
	reply_www(&q);
	found(DNS_GOOD, www_found);
	struct dns_wanted wanted = {.name = WWW, .type = DNS_A, .server = {ip_of(OTHER), 0}};
	look_with(&wanted);
	q = out_question(OTHER, WWW, DNS_A); /* what another server said is not its answer */
	reply(&q, 0x8182);
	in_reply();
	found(DNS_SERVFAIL, "");
	wanted.server.address = ip_of("192.0.2.255");
	check(dns_begin(harness_stack(), &wanted, NULL, NULL, NULL) == -EINVAL);
}

/* --- EDNS and spelling -------------------------------------------------------------------------------------------- */

/* RFC 6891 7: without the question, as old servers answer, or with it. */
Test(dns, a_server_without_edns)
{
	static const unsigned rcodes[] = {1, 4};
	for (unsigned i = 0; i < 4; i++) {
		struct asked q = ask_www();
		check(q.edns);
		reply(&q, 0x8180 + rcodes[i % 2]);
		if (i >= 2) {
			q.length = 0;
			reply(&q, 0x8180 + rcodes[i % 2]);
			reply_poke16(4, 0);
		}
		in_reply();
		q = out_question(SERVER, WWW, DNS_A);
		check(!q.edns);
		reply(&q, GOOD_REPLY);
		reply_a(WWW, 0, "198.51.100.80");
		in_reply();
		check(found_count() == 1 && last_answer()->status == DNS_GOOD);
	}
}

/* Nor are errors without the question anything but errors: what does not say so is no answer. */
Test(dns, errors_without_a_question)
{
	two_servers();
	for (unsigned rcode = 0; rcode < 16; rcode++) {
		struct asked q = ask_www(), bare = q;
		bare.length = 0;
		reply(&bare, 0x8180 + rcode);
		reply_poke16(4, 0);
		in_reply();
		if (rcode == 1 || rcode == 4) {
			out_question(SERVER, WWW, DNS_A);
			after(SECOND);
		} else if (rcode != 2 && rcode != 5) {
			assert_dropped(DROP_DNS_MALFORMED);
			after(SECOND);
		}
		q = out_question(OTHER, WWW, DNS_A);
		reply(&q, 0x8185);
		harness_deaf(true);
		in_reply();
		pass(10 * SECOND);
		harness_deaf(false);
		check(found_count() == 1);
	}
}

Test(dns, a_server_that_does_not_understand_at_all)
{
	struct asked q = ask_www();
	reply(&q, 0x8181);
	in_reply();
	q = out_question(SERVER, WWW, DNS_A);
	reply(&q, 0x8181);
	in_reply();
	found(DNS_SERVFAIL, "");
}

static struct asked lower_case(const struct asked *q)
{
	struct asked lower = *q;
	for (size_t i = 0; i < q->length - 4; i++)
		if (lower.question[i] >= 'A' && lower.question[i] <= 'Z')
			lower.question[i] |= 0x20;
	return lower;
}

Test(dns, a_server_that_does_not_keep_the_spelling)
{
	struct asked q = ask_www(), lower = lower_case(&q);
	reply_www(&lower);
	q = out_question(SERVER, WWW, DNS_A);
	cr_assert_str_eq(q.name, WWW);
	reply_www(&q);
	found(DNS_GOOD, www_found);
}

/* --- Several ------------------------------------------------------------------------------------------------------ */

Test(dns, the_same_is_asked_once)
{
	struct asked q = ask_www();
	look("www.EXAMPLE.com", DNS_A);
	look(WWW, DNS_A);
	quiet_for(MS);
	look(WWW, DNS_AAAA);
	out_question(SERVER, WWW, DNS_AAAA);
	reply_www(&q);
	check(found_count() == 3);
}

/* In one go: for what is being asked already, and for something else. */
Test(dns, one_that_waits_does_not_hold_up_the_next)
{
	ask_www();
	look(WWW, DNS_A);
	look("b.example", DNS_A);
	out_question(SERVER, "b.example", DNS_A);
}

Test(dns, several_at_once_in_any_order)
{
	struct asked q[3];
	static const char *const names[] = {"a.example", "b.example", "c.example"};
	for (unsigned i = 0; i < 3; i++)
		look(names[i], DNS_A);
	for (unsigned i = 0; i < 3; i++)
		q[i] = out_question(SERVER, names[i], DNS_A);
	for (unsigned i = 3; i-- > 0;) {
		char expected[64];
		reply(&q[i], GOOD_REPLY);
		reply_a(names[i], 9, "198.51.100.80");
		in_reply();
		snprintf(expected, sizeof expected, "%s. 9 A 198.51.100.80\n", names[i]);
		found(DNS_GOOD, expected);
	}
}

/* 32 are on their way at once, and 1024 begun; the others wait. */
Test(dns, very_many_at_once)
{
	char name[32];
	for (unsigned i = 0; i < 1024; i++) {
		snprintf(name, sizeof name, "n%u.example", i);
		look(name, DNS_A);
	}
	check(dns_begin(harness_stack(), &(struct dns_wanted){.name = "x", .type = DNS_A}, NULL, NULL, NULL) ==
	      -EAGAIN);
	struct asked q[32];
	for (unsigned i = 0; i < 32; i++) {
		snprintf(name, sizeof name, "n%u.example", i);
		q[i] = out_question(SERVER, name, DNS_A);
	}
	quiet();
	for (unsigned i = 0; i < 1024; i++) {
		snprintf(name, sizeof name, "n%u.example", i);
		reply(&q[i % 32], GOOD_REPLY);
		reply_a(name, 9, "198.51.100.80");
		in_reply();
		if (i + 32 < 1024) {
			snprintf(name, sizeof name, "n%u.example", i + 32);
			q[i % 32] = out_question(SERVER, name, DNS_A);
		}
		check(found_count() == 1);
	}
}

/* --- Giving up, and calls from within ----------------------------------------------------------------------------- */

Test(dns, a_cancelled_look_up_ends_in_silence)
{
	struct dns_request *first = look(WWW, DNS_A);
	dns_cancel(first);
	quiet_for(MS);
	first = look(WWW, DNS_A);
	struct asked q = out_question(SERVER, WWW, DNS_A);
	look(WWW, DNS_A);
	quiet();
	dns_cancel(first);
	reply_www(&q);
	found(DNS_GOOD, www_found);
	first = look("b.example", DNS_A);
	q = out_question(SERVER, "b.example", DNS_A);
	dns_cancel(first);
	quiet_for(60 * SECOND);
	check(found_count() == 0);
	reply_www(&q);
	assert_dropped(DROP_UDP_PORT);
	out_icmp(3, 3, 0);
}

static struct dns_request *others[2];

static void again(void *user, const struct dns_answer *answer)
{
	unsigned *count = user;
	check(answer->status == DNS_GOOD);
	if (++*count == 1)
		dns_cancel(others[1]);
	if (*count < 3)
		check(dns_begin(harness_stack(), &(struct dns_wanted){.name = WWW, .type = DNS_A}, again, user, NULL) ==
		      0);
}

Test(dns, done_may_begin_and_cancel)
{
	struct dns_wanted wanted = {.name = WWW, .type = DNS_A};
	unsigned count = 0;
	for (unsigned i = 0; i < 2; i++)
		check(dns_begin(harness_stack(), &wanted, again, &count, &others[i]) == 0);
	struct asked q = out_question(SERVER, WWW, DNS_A);
	reply_www(&q);
	quiet();
	check(count == 3);
}

Test(dns, a_stack_that_is_closed_forgets_its_look_ups)
{
	ask_www();
	look("fresh.example", DNS_A);
	stack_close(harness_stack());
	quiet_for(60 * SECOND);
	check(found_count() == 0);
}

Test(dns, a_stack_that_is_destroyed_meanwhile_gives_everything_back)
{
	struct asked q = ask_www();
	reply_www(&q);
	found(DNS_GOOD, www_found);
	check(dns_add_host(harness_stack(), "h.example", ip_of("192.0.2.9")) == 0);
	look("b.example", DNS_A);
	out_question(SERVER, "b.example", DNS_A);
}

/* --- No memory, a full device ------------------------------------------------------------------------------------- */

static bool is_over(void)
{
	pass(0);
	return found_so_far() > 0;
}

/* Whatever allocation fails, nothing worse comes of it than that a look-up fails or takes longer. */
Test(dns, memory_that_runs_out)
{
	bool failed = true;
	for (unsigned nth = 1; failed; nth++) {
		harness_end();
		dns_start();
		struct asked q = ask_www();
		reply(&q, GOOD_REPLY);
		reply_a(WWW, 0, "198.51.100.80");
		in_reply(); /* now the server's Ethernet address is known */
		check(found_count() == 1);
		harness_fail_allocation(nth, false);
		if (nth == 1)
			check(dns_begin(harness_stack(), &(struct dns_wanted){.name = WWW, .type = DNS_A}, again, NULL,
					NULL) == -ENOMEM);
		look(WWW, DNS_A);
		for (unsigned round = 0; !is_over(); round++) {
			q = out_question(SERVER, WWW, DNS_A);
			reply(&q, GOOD_REPLY);
			reply_name(WWW, DNS_CNAME, 300, "b.example");
			reply_a("b.example", 300, "198.51.100.80");
			in_reply();
			if (!is_over())
				pass(SECOND << round);
		}
		check(found_count() == 1);
		failed = harness_allocation_failed();
		check(nth < 20);
	}
}

static unsigned told;

static void tell(void *user, struct socket *socket)
{
	check(!user && socket);
	told++;
}

/* Frames that come together, of which the first is for the resolver and no answer. */
Test(dns, sockets_are_told_beside_it)
{
	harness_end();
	struct stack_config config = harness_config();
	config.on_ready = tell;
	harness_start_with(&config);
	check(dns_add_server(harness_stack(), &(struct endpoint){ip_of(SERVER), 0}) == 0);
	struct asked q = ask_www();
	app_datagram();
	told = 0;
	q.id ^= 1;
	batch_begin();
	reply(&q, GOOD_REPLY);
	in_reply();
	in_udp(3);
	batch_end();
	check(told == 1);
}

Test(dns, a_full_device_costs_a_round)
{
	pass(10 * SECOND);
	out_rest();
	ask_www();
	after(SECOND);
	out_question(SERVER, WWW, DNS_A); /* the server's Ethernet address is known by now */
	harness_device_full(true);
	look("b.example", DNS_A);
	pass(0);
	harness_device_full(false);
	after(SECOND);
	out_question(SERVER, "b.example", DNS_A);
}
