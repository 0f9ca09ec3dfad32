/* SPDX-License-Identifier: MIT
 *
 * Scripts about look-ups over TCP: RFC 1035 4.2.2, RFC 7766.
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

TestSuite(dns_tcp, .init = dns_start, .fini = harness_end);

/* An answer over UDP that was cut short. Its records are not to be used. */
static struct asked cut_short(void)
{
	look(WWW, DNS_A);
	struct asked q = out_question(SERVER, WWW, DNS_A);
	reply(&q, CUT_REPLY);
	reply_a(WWW, 300, "203.0.113.66");
	in_reply();
	check(events_seen(EVENT_DNS_TRUNCATED) == 1);
	return q;
}

static void write_www(const struct asked *q)
{
	reply(q, GOOD_REPLY);
	reply_a(WWW, 300, "198.51.100.80");
}

static void end_of_script(void)
{
	harness_deaf(true);
	pass(200 * SECOND);
	check(stack_connections(harness_stack()) == 0);
}

Test(dns_tcp, an_answer_that_was_cut_short_is_asked_for_again)
{
	cut_short();
	struct asked q = out_tcp_question(SERVER, WWW, DNS_A);
	write_www(&q);
	in_tcp_reply("P.", 0, tcp_reply_length());
	found(DNS_GOOD, www_found);
	check(last_answer()->tcp);
	end_of_script();
}

Test(dns_tcp, from_the_start_where_it_is_wanted)
{
	look_with(&(struct dns_wanted){.name = WWW, .type = DNS_A, .tcp = true});
	struct asked q = out_tcp_question(SERVER, WWW, DNS_A);
	write_www(&q);
	in_tcp_reply("P.", 0, tcp_reply_length());
	found(DNS_GOOD, www_found);
	end_of_script();
}

/* We say goodbye in order: a FIN, and no RST. */
Test(dns_tcp, the_connection_ends_in_order)
{
	cut_short();
	struct asked q = out_tcp_question(SERVER, WWW, DNS_A);
	write_www(&q);
	const size_t length = tcp_reply_length();
	in_tcp_reply("P.", 0, 2);
	in_tcp_reply("P.", 2, length - 1);
	check(found_count() == 0);
	struct frame frame = frame_tcp("P. %zu:%zu(1) ack %zu", length, length + 1, 1 + 2 + 12 + q.length + 11);
	size_t message_length;
	const uint8_t *message = reply_message(&message_length);
	frame.bytes[frame.length - 1] = message[message_length - 1];
	frame_fix(&frame);
	in_frame(&frame);
	out("F. %zu:%zu(0) ack %zu", 1 + 2 + 12 + q.length + 11, 1 + 2 + 12 + q.length + 11, length + 1);
	found(DNS_GOOD, www_found);
	end_of_script();
}

Test(dns_tcp, aliases_are_followed_over_udp_again)
{
	cut_short();
	struct asked q = out_tcp_question(SERVER, WWW, DNS_A);
	reply(&q, GOOD_REPLY);
	reply_name(WWW, DNS_CNAME, 40, "b.example.net");
	harness_deaf(true);
	in_tcp_reply("P.", 0, tcp_reply_length());
	check(counted(COUNT_DNS_QUERIES_OUT) == 3 && counted(COUNT_UDP_DATAGRAMS_OUT) == 2);
	end_of_script();
	check(found_so_far() == 1 && last_answer()->status == DNS_TIMEOUT && !last_answer()->tcp);
}

Test(dns_tcp, without_edns_there_too)
{
	look_with(&(struct dns_wanted){.name = WWW, .type = DNS_A, .tcp = true});
	struct asked q = out_tcp_question(SERVER, WWW, DNS_A);
	check(q.edns);
	reply(&q, 0x8181);
	in_tcp_reply_alone("P.", 0, tcp_reply_length());
	out_frame(); /* the end of the first connection */
	q = out_tcp_question(SERVER, WWW, DNS_A);
	check(!q.edns);
	write_www(&q);
	in_tcp_reply("P.", 0, tcp_reply_length());
	found(DNS_GOOD, www_found);
	end_of_script();
}

/* Of what has come last only ten bytes have: it is not shown, nor what came before it. */
Test(dns_tcp, half_a_message_is_none)
{
	look_with(&(struct dns_wanted){.name = WWW, .type = DNS_A, .tcp = true});
	struct asked q = out_tcp_question(SERVER, WWW, DNS_A);
	reply(&q, 0x8181);
	in_tcp_reply_alone("P.", 0, tcp_reply_length());
	out_frame(); /* the end of the first connection */
	q = out_tcp_question(SERVER, WWW, DNS_A);
	write_www(&q);
	harness_deaf(true);
	in_tcp_reply("P.", 0, 10);
	end_of_script();
	check(found_so_far() == 1 && last_answer()->status == DNS_TIMEOUT && last_answer()->message_length == 0);
}

/* Whatever allocation fails, the look-up comes to an end. */
Test(dns_tcp, memory_that_runs_out)
{
	bool failed = true;
	for (unsigned nth = 1; failed; nth++) {
		harness_end();
		dns_start();
		cut_short();
		out_rest(); /* a SYN */
		check(found_so_far() == 0);
		harness_deaf(true);
		pass(40 * SECOND); /* nobody accepts, three times: for now the server's Ethernet address is known */
		check(found_so_far() == 1);
		harness_deaf(false);
		harness_fail_allocation(nth, false);
		int error;
		do
			error = try_look(&(struct dns_wanted){.name = WWW, .type = DNS_A, .tcp = true});
		while (error == -ENOMEM);
		check(error == 0);
		pass(0);
		if (found_so_far() == 1) {
			out_syn(SERVER);
			harness_deaf(true);
			in("S. 0:0(0) ack 1 win 65535 <mss 1460>");
		}
		end_of_script();
		check(found_so_far() == 2);
		failed = harness_allocation_failed();
		check(nth < 20);
	}
}

/* --- Servers that do not help -------------------------------------------------------------------------------------- */

Test(dns_tcp, a_connection_refused_leads_to_the_next_server)
{
	two_servers();
	cut_short();
	out_syn(SERVER);
	in("R. 0:0(0) ack 1");
	struct asked q = out_question(OTHER, WWW, DNS_A);
	reply(&q, GOOD_REPLY);
	reply_a(WWW, 300, "198.51.100.80");
	in_reply();
	found(DNS_GOOD, www_found);
}

Test(dns_tcp, a_connection_that_ends_without_an_answer)
{
	two_servers();
	cut_short();
	struct asked q = out_tcp_question(SERVER, WWW, DNS_A);
	write_www(&q);
	harness_deaf(true);
	in_tcp_reply("P.", 0, 10);
	in_tcp_reply("F.", 10, 10);
	check(counted(COUNT_DNS_QUERIES_OUT) == 3 && found_so_far() == 0);
	end_of_script();
	check(found_so_far() == 1 && last_answer()->message_length == 0); /* ten bytes of one are not shown as one */
}

Test(dns_tcp, a_silent_connection_is_given_up_after_ten_seconds)
{
	two_servers();
	cut_short();
	out_tcp_question(SERVER, WWW, DNS_A);
	in(". 1:1(0) ack 47 win 65535"); /* 2 + 12 + 21 + 11 bytes */
	after(10 * SECOND);
	out("F. 47:47(0) ack 1");
	out_question(OTHER, WWW, DNS_A);
	end_of_script();
}

Test(dns_tcp, no_route_for_tcp)
{
	harness_end();
	struct stack_config config = harness_config();
	config.gateway = ADDRESS_ANY;
	harness_start_with(&config);
	look_with(&(struct dns_wanted){.name = WWW, .type = DNS_A, .server = {ip_of("198.51.100.53"), 0}, .tcp = true});
	found(DNS_UNREACHABLE, "");
	look_with(&(struct dns_wanted){.name = WWW, .type = DNS_A, .server = {ip_of("198.51.100.53"), 0}});
	found(DNS_UNREACHABLE, "");
}

/* --- Attacks ------------------------------------------------------------------------------------------------------- */

/* There as well, which cannot be: no circle comes of it. */
Test(dns_tcp, attack_every_answer_is_cut_short)
{
	cut_short();
	struct asked q = out_tcp_question(SERVER, WWW, DNS_A);
	reply(&q, CUT_REPLY);
	reply_a(WWW, 300, "203.0.113.66");
	harness_deaf(true);
	in_tcp_reply("P.", 0, tcp_reply_length());
	found(DNS_MALFORMED, "");
	check(last_answer()->message_length == 0);
	end_of_script();
}

Test(dns_tcp, attack_an_answer_of_64_KiB_one_byte_at_a_time)
{
	static uint8_t text[65535];
	cut_short();
	struct asked q = out_tcp_question(SERVER, WWW, DNS_A);
	reply(&q, GOOD_REPLY);
	reply_a(WWW, 300, "198.51.100.80");
	size_t length;
	reply_message(&length);
	reply_raw(WWW, 99, 300, text, 65535 - length - strlen(WWW) - 2 - 10);
	check(tcp_reply_length() == 2 + 65535);
	harness_deaf(true);
	for (size_t at = 0; at < 2 + 65535 - 1; at++)
		in_tcp_reply("P.", at, at + 1);
	check(found_so_far() == 0);
	check(stack_memory(harness_stack())->bytes < 1 << 20);
	in_tcp_reply("P.", 65536, 65537);
	found(DNS_GOOD, www_found);
	end_of_script();
}

/* So many addresses of this name come over TCP: records of 16 bytes, of which two are a pointer to the name. */
static void in_many_records(const char *owner, unsigned count)
{
	look_with(&(struct dns_wanted){.name = owner, .type = DNS_A, .tcp = true});
	struct asked q = out_tcp_question(SERVER, owner, DNS_A);
	reply(&q, GOOD_REPLY);
	for (unsigned i = 0; i < count; i++)
		reply_bytes("\300\014\0\1\0\1\0\0\1\054\0\4\306\063\144\120", 16);
	reply_poke16(6, count);
	harness_deaf(true);
	for (size_t at = 0, end; at < tcp_reply_length() && found_so_far() == 0; at = end) {
		end = at + 1000 < tcp_reply_length() ? at + 1000 : tcp_reply_length();
		in_tcp_reply("P.", at, end);
	}
}

/* A message of 64 KiB; its records with their names written out would be 1 MiB. */
Test(dns_tcp, attack_records_that_grow)
{
	char owner[4 * 64 + 1] = "";
	for (unsigned i = 0; i < 4; i++)
		snprintf(owner + i * 63, sizeof owner - i * 63, "%062u.", i);
	owner[4 * 63 - 1] = '\0';
	in_many_records(owner, 4000);
	found(DNS_NO_MEMORY, "");
	end_of_script();
}

/* 1100 records of 31 bytes are an answer, and too much for the cache. */
Test(dns_tcp, attack_an_answer_that_would_fill_the_cache)
{
	in_many_records(WWW, 1100);
	check(found_so_far() == 1 && last_answer()->status == DNS_GOOD && last_addresses() == 1100);
	look(WWW, DNS_A);
	pass(0);
	check(found_so_far() == 1); /* it is asked for again */
	end_of_script();
}

Test(dns_tcp, attack_one_byte_a_second)
{
	cut_short();
	struct asked q = out_tcp_question(SERVER, WWW, DNS_A);
	write_www(&q);
	harness_deaf(true);
	for (size_t at = 0; at < 9; at++) {
		in_tcp_reply("P.", at, at + 1);
		pass(SECOND);
	}
	check(counted(COUNT_DNS_TIMEOUTS) == 0);
	pass(SECOND);
	check(counted(COUNT_DNS_TIMEOUTS) == 1);
	end_of_script();
	check(found_so_far() == 1 && last_answer()->status == DNS_TIMEOUT && last_answer()->message_length == 0);
}

/* A length that no message has; and answers to other questions before the right one. */
Test(dns_tcp, attack_lengths_without_a_message)
{
	cut_short();
	struct asked q = out_tcp_question(SERVER, WWW, DNS_A);
	write_www(&q);
	struct frame frame = frame_tcp("P. 1:3(2) ack %zu", 1 + 2 + 12 + q.length + 11);
	poke16(&frame, frame.length - 2, 11);
	frame_fix(&frame);
	harness_deaf(true);
	in_frame(&frame);
	found(DNS_MALFORMED, "");
	end_of_script();
}

Test(dns_tcp, attack_an_answer_to_another_question_alone)
{
	cut_short();
	struct asked q = out_tcp_question(SERVER, WWW, DNS_A);
	q.id ^= 1;
	write_www(&q);
	harness_deaf(true);
	in_tcp_reply("P.", 0, tcp_reply_length());
	end_of_script();
	check(found_so_far() == 1 && last_answer()->status == DNS_TIMEOUT && last_answer()->message_length == 0);
}

Test(dns_tcp, attack_other_answers_before_the_right_one)
{
	cut_short();
	struct asked q = out_tcp_question(SERVER, WWW, DNS_A), other = q;
	other.id ^= 1;
	write_www(&other);
	size_t length = tcp_reply_length();
	in_tcp_reply("P.", 0, length);
	check(found_count() == 0 && dropped(DROP_DNS_ID) == 1);
	write_www(&q);
	struct frame frame =
	    frame_tcp("P. %zu:%zu(%zu) ack %zu", length + 1, 2 * length + 1, length, 1 + 2 + 12 + q.length + 11);
	uint8_t *to = frame.bytes + frame.length - length;
	size_t message_length;
	const uint8_t *message = reply_message(&message_length);
	poke16(&frame, frame.length - length, (unsigned)message_length);
	memcpy(to + 2, message, message_length);
	frame_fix(&frame);
	in_frame(&frame);
	pass(0);
	out_rest();
	found(DNS_GOOD, www_found);
	end_of_script();
}
