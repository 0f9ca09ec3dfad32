/* SPDX-License-Identifier: MIT
 *
 * dig's output, from messages written by hand; compared with what dig prints for the like.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "apps/dig_print.h"

/* www.example A: an alias and an address; then who is in charge, his address, and EDNS. */
static const uint8_t message[] = "\x12\x34\x81\x80\0\1\0\2\0\1\0\2\3www\7example\0\0\1\0\1"
				 "\300\14\0\5\0\1\0\0\1\54\0\6\3web\300\20"
				 "\300\51\0\1\0\1\0\0\0\12\0\4\306\63\144\120"
				 "\300\20\0\2\0\1\0\0\1\54\0\5\2ns\300\20"
				 "\300\113\0\1\0\1\0\0\1\54\0\4\300\0\2\65"
				 "\0\0\51\4\320\0\0\0\0\0\0";
static const uint8_t records[] = "\3www\7example\0\0\5\0\1\0\0\1\54\0\15\3web\7example\0"
				 "\3web\7example\0\0\1\0\1\0\0\0\12\0\4\306\63\144\120";

static struct dns_answer the_answer(void)
{
	struct dns_answer a = {
	    .status = DNS_GOOD,
	    .type = DNS_A,
	    .server = {{{192, 0, 2, 53}}, 53},
	    .time = 2600,
	    .records = records,
	    .length = sizeof records - 1,
	    .message = message,
	    .message_length = sizeof message - 1,
	};
	cr_assert(dns_name_parse("www.example", &a.name));
	return a;
}

enum form { FULL, SHORT, JSON };

static void prints(const struct dns_answer *a, enum form form, unsigned parts, bool tcp, const char *expected)
{
	char *text;
	size_t length;
	FILE *to = open_memstream(&text, &length);
	if (form == FULL)
		dig_print(to, a, parts, tcp, 0);
	else if (form == SHORT)
		dig_print_short(to, a);
	else
		dig_print_json(to, a);
	fclose(to);
	cr_assert_str_eq(text, expected);
	free(text);
}

Test(dig_print, the_whole_of_an_answer)
{
	struct dns_answer a = the_answer();
	setenv("TZ", "UTC", 1);
	prints(&a, FULL, DIG_ALL, false,
	       ";; Got answer:\n"
	       ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 4660\n"
	       ";; flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 1, ADDITIONAL: 2\n"
	       "\n"
	       ";; OPT PSEUDOSECTION:\n"
	       "; EDNS: version: 0, flags:; udp: 1232\n"
	       ";; QUESTION SECTION:\n"
	       ";www.example.\t\t\tIN\tA\n"
	       "\n"
	       ";; ANSWER SECTION:\n"
	       "www.example.\t\t300\tIN\tCNAME\tweb.example.\n"
	       "web.example.\t\t10\tIN\tA\t198.51.100.80\n"
	       "\n"
	       ";; AUTHORITY SECTION:\n"
	       "example.\t\t300\tIN\tNS\tns.example.\n"
	       "\n"
	       ";; ADDITIONAL SECTION:\n"
	       "ns.example.\t\t300\tIN\tA\t192.0.2.53\n"
	       "\n"
	       ";; Query time: 3 msec\n"
	       ";; SERVER: 192.0.2.53#53(192.0.2.53) (UDP)\n"
	       ";; WHEN: Thu Jan 01 00:00:00 UTC 1970\n"
	       ";; MSG SIZE  rcvd: 107\n"
	       "\n");
	cr_assert_eq(sizeof message - 1, 107);
}

Test(dig_print, parts_of_it)
{
	struct dns_answer a = the_answer();
	prints(&a, FULL, DIG_ANSWER, false,
	       "www.example.\t\t300\tIN\tCNAME\tweb.example.\nweb.example.\t\t10\tIN\tA\t198.51.100.80\n");
	prints(&a, FULL, DIG_AUTHORITY, false, "example.\t\t300\tIN\tNS\tns.example.\n");
	prints(&a, FULL, DIG_ADDITIONAL, false, "ns.example.\t\t300\tIN\tA\t192.0.2.53\n");
	prints(&a, FULL, DIG_QUESTION, false, ";www.example.\t\t\tIN\tA\n");
	prints(&a, FULL, 0, false, "");
	prints(&a, SHORT, 0, false, "web.example.\n198.51.100.80\n");
}

/* dig's columns: an owner of 24 characters and more is followed by one space. */
Test(dig_print, long_and_short_owners)
{
	static const uint8_t owners[] = "\26aaaaaaaaaaaaaaaaaaaaaa\0\0\1\0\1\0\0\0\1\0\4\1\2\3\4"
					"\27aaaaaaaaaaaaaaaaaaaaaaa\0\0\1\0\1\0\0\0\1\0\4\1\2\3\4"
					"\0\0\1\0\1\0\0\0\1\0\4\1\2\3\4";
	struct dns_answer a = the_answer();
	a.records = owners;
	a.length = sizeof owners - 1;
	prints(&a, FULL, DIG_ANSWER, false,
	       "aaaaaaaaaaaaaaaaaaaaaa.\t1\tIN\tA\t1.2.3.4\naaaaaaaaaaaaaaaaaaaaaaa. 1\tIN\tA\t1.2.3.4\n"
	       ".\t\t\t1\tIN\tA\t1.2.3.4\n");
}

Test(dig_print, by_tcp_because_it_was_cut_short)
{
	struct dns_answer a = the_answer();
	a.tcp = true;
	a.length = 0;
	a.message_length = 12;
	prints(&a, FULL, DIG_COMMENTS, true,
	       ";; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 4660\n"
	       ";; flags: qr rd ra; QUERY: 1, ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 2\n\n");
	prints(&a, FULL, DIG_COMMENTS, false,
	       ";; Truncated, retrying in TCP mode.\n"
	       ";; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 4660\n"
	       ";; flags: qr rd ra; QUERY: 1, ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 2\n\n");
}

Test(dig_print, what_no_server_said)
{
	struct dns_answer a = the_answer();
	a.message = NULL;
	a.source = DNS_FROM_CACHE;
	a.age = 7;
	prints(&a, FULL, DIG_COMMENTS | DIG_ANSWER, false,
	       ";; Got answer from the cache: status: NOERROR, 7 s old\n"
	       ";; ANSWER SECTION:\n"
	       "www.example.\t\t293\tIN\tCNAME\tweb.example.\n"
	       "web.example.\t\t3\tIN\tA\t198.51.100.80\n"
	       "\n");
	a.source = DNS_FROM_HOSTS;
	a.status = DNS_NO_DATA;
	a.length = 0;
	prints(&a, FULL, DIG_COMMENTS | DIG_ANSWER, false, ";; Known without asking: status: NOERROR\n");
	cr_assert(dig_was_answered(&a));
}

Test(dig_print, no_answer)
{
	static const struct {
		enum dns_status status;
		const char *text;
	} cases[] = {
	    {DNS_TIMEOUT, ";; communications error to 192.0.2.53#53: timed out\n;; no servers could be reached\n"},
	    {DNS_UNREACHABLE,
	     ";; communications error to 192.0.2.53#53: cannot be reached\n;; no servers could be reached\n"},
	    {DNS_MALFORMED, ";; communications error to 192.0.2.53#53: the name server's answer makes no sense\n"
			    ";; no usable answer\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dns_answer a = the_answer();
		a.status = cases[i].status;
		a.message = NULL;
		a.length = 0;
		cr_assert_not(dig_was_answered(&a));
		prints(&a, FULL, DIG_ALL, false, cases[i].text);
		prints(&a, SHORT, 0, false, cases[i].text);
	}
}

/* An alias was found, and nobody knows more of the name that it leads to. */
Test(dig_print, an_answer_that_leads_to_silence)
{
	static const char text[] =
	    ";; communications error to 192.0.2.53#53: timed out\n;; no servers could be reached\n";
	struct dns_answer a = the_answer();
	a.status = DNS_TIMEOUT;
	cr_assert_not(dig_was_answered(&a));
	prints(&a, FULL, DIG_ALL, false, text);
	prints(&a, SHORT, 0, false, text);
	a.status = DNS_MALFORMED; /* aliases without an end are shown, as far as they were followed */
	cr_assert(dig_was_answered(&a));
}

Test(dig_print, json)
{
	static const uint8_t text[] = "\3a\"b\0\0\20\0\1\0\0\0\5\0\5\4x\"\\\033";
	struct dns_answer a = the_answer();
	a.time = 1002003;
	prints(&a, JSON, 0, false,
	       "{\"name\":\"www.example.\",\"type\":\"A\",\"status\":\"NOERROR\",\"source\":\"server\","
	       "\"server\":\"192.0.2.53\",\"port\":53,\"transport\":\"udp\",\"time_ms\":1002.003,\"answers\":["
	       "{\"name\":\"www.example.\",\"ttl\":300,\"type\":\"CNAME\",\"data\":\"web.example.\"},"
	       "{\"name\":\"web.example.\",\"ttl\":10,\"type\":\"A\",\"data\":\"198.51.100.80\"}]}\n");
	a.records = text;
	a.length = sizeof text - 1;
	a.source = DNS_FROM_HOSTS;
	a.server.port = 0;
	prints(&a, JSON, 0, false,
	       "{\"name\":\"www.example.\",\"type\":\"A\",\"status\":\"NOERROR\",\"source\":\"hosts\","
	       "\"time_ms\":1002.003,\"answers\":[{\"name\":\"a\\\\\\\"b.\",\"ttl\":5,\"type\":\"TXT\","
	       "\"data\":\"\\\"x\\\\\\\"\\\\\\\\\\\\027\\\"\"}]}\n");
}
