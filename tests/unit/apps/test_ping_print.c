/* SPDX-License-Identifier: MIT
 *
 * ping's counting and output, compared with what iputils' ping prints for the like.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "apps/ping_print.h"

static struct ping_run run;

static void begin(void)
{
	run = (struct ping_run){.host = "web.example", .address = {{198, 51, 100, 80}}};
}

TestSuite(ping_print, .init = begin);

static struct ping_heard reply(uint16_t sequence, uint64_t now)
{
	struct ping_heard heard = {.from = {{198, 51, 100, 80}}, .sequence = sequence, .ttl = 63, .bytes = 64};
	cr_assert(ping_note_reply(&run, &heard, now));
	return heard;
}

static char *text;
static size_t length;
static FILE *output;

static FILE *open_output(void)
{
	return output = open_memstream(&text, &length);
}

static void printed(const char *expected)
{
	fclose(output);
	cr_assert_str_eq(text, expected);
	free(text);
}

Test(ping_print, a_reply)
{
	ping_note_sent(&run, 1, 5000000);
	struct ping_heard heard = reply(1, 5000426);
	ping_print_reply(open_output(), &heard);
	printed("64 bytes from 198.51.100.80: icmp_seq=1 ttl=63 time=0.426 ms\n");
	ping_print_reply_json(open_output(), &heard);
	printed("{\"type\":\"reply\",\"from\":\"198.51.100.80\",\"seq\":1,\"ttl\":63,\"bytes\":64,\"time_ms\":0.426,"
		"\"duplicate\":false}\n");
}

/* Three digits that count, and whole milliseconds from 100 on. */
Test(ping_print, times_are_rounded_as_ping_does)
{
	static const struct {
		uint64_t time;
		const char *text;
	} times[] = {{0, "0.000"},   {999, "0.999"},  {1000, "1.00"},   {1234, "1.23"},  {1235, "1.24"},
		     {9994, "9.99"}, {9995, "10.0"},  {12345, "12.3"},  {12350, "12.4"}, {99949, "99.9"},
		     {99950, "100"}, {123456, "123"}, {1500500, "1501"}};
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		char expected[100];
		const struct ping_heard heard = {
		    .from = {{192, 0, 2, 1}}, .ttl = 64, .bytes = 8, .time = times[i].time};
		ping_print_reply(open_output(), &heard);
		snprintf(expected, sizeof expected, "8 bytes from 192.0.2.1: icmp_seq=0 ttl=64 time=%s ms\n",
			 times[i].text);
		printed(expected);
	}
}

Test(ping_print, a_duplicate_is_marked_and_counted)
{
	ping_note_sent(&run, 1, 0);
	reply(1, 1000);
	struct ping_heard heard = reply(1, 3000);
	cr_assert(run.received == 1 && run.duplicates == 1);
	ping_print_reply(open_output(), &heard);
	printed("64 bytes from 198.51.100.80: icmp_seq=1 ttl=63 time=3.00 ms (DUP!)\n");
	ping_print_summary(open_output(), &run);
	printed("\n--- web.example ping statistics ---\n"
		"1 packets transmitted, 1 received, +1 duplicates, 0% packet loss, time 3ms\n"
		"rtt min/avg/max/mdev = 1.000/2.000/3.000/1.000 ms\n");
}

Test(ping_print, attack_a_reply_to_what_was_not_sent_is_not_counted)
{
	struct ping_heard heard = {.sequence = 2};
	ping_note_sent(&run, 1, 0);
	cr_assert_not(ping_note_reply(&run, &heard, 10));
	cr_assert(run.received == 0 && run.duplicates == 0);
}

Test(ping_print, errors_in_words)
{
	const struct ping_heard expired = {.from = {{192, 0, 2, 254}}, .sequence = 3, .type = 11};
	ping_print_error(open_output(), &expired);
	printed("From 192.0.2.254 icmp_seq=3 Time to live exceeded\n");
	ping_print_error_json(open_output(), &expired);
	printed("{\"type\":\"error\",\"from\":\"192.0.2.254\",\"seq\":3,\"icmp_type\":11,\"icmp_code\":0,\"text\":"
		"\"Time to "
		"live exceeded\"}\n");
	cr_assert_str_eq(ping_error_text(3, 0), "Destination Net Unreachable");
	cr_assert_str_eq(ping_error_text(3, 1), "Destination Host Unreachable");
	cr_assert_str_eq(ping_error_text(3, 13), "Packet filtered");
	cr_assert_str_eq(ping_error_text(3, 15), "Precedence Cutoff");
	cr_assert_str_eq(ping_error_text(3, 16), "Dest Unreachable, Bad Code");
	cr_assert_str_eq(ping_error_text(11, 1), "Frag reassembly time exceeded");
	cr_assert_str_eq(ping_error_text(11, 2), "Time exceeded, Bad Code");
	cr_assert_str_eq(ping_error_text(12, 0), "Parameter problem");
}

/* ping -c 3 of which one was lost and one told as unreachable. */
Test(ping_print, a_summary)
{
	for (uint16_t i = 1; i <= 3; i++)
		ping_note_sent(&run, i, 1000000u * i);
	reply(3, 3000100);
	run.errors = 1;
	ping_print_summary(open_output(), &run);
	printed("\n--- web.example ping statistics ---\n"
		"3 packets transmitted, 1 received, +1 errors, 66.6667% packet loss, time 2000ms\n"
		"rtt min/avg/max/mdev = 0.100/0.100/0.100/0.000 ms\n");
	ping_print_summary_json(open_output(), &run);
	printed("{\"type\":\"summary\",\"host\":\"web.example\",\"address\":\"198.51.100.80\",\"transmitted\":3,"
		"\"received\":1,"
		"\"duplicates\":0,\"errors\":1,\"loss_percent\":66.6667,\"time_ms\":2000,\"rtt_ms\":{\"min\":0.100,"
		"\"avg\":0.100,\"max\":0.100,\"mdev\":0.000}}\n");
}

Test(ping_print, a_summary_of_nothing)
{
	run.host = "a\"b\\c\n";
	ping_print_summary_json(open_output(), &run);
	printed("{\"type\":\"summary\",\"host\":\"a\\\"b\\\\c\\u000a\",\"address\":\"198.51.100.80\",\"transmitted\":0,"
		"\"received\":0,\"duplicates\":0,\"errors\":0,\"loss_percent\":0,\"time_ms\":0,\"rtt_ms\":null}\n");
	run.host = "web.example";
	ping_note_sent(&run, 1, 77);
	ping_print_summary(open_output(), &run);
	printed("\n--- web.example ping statistics ---\n"
		"1 packets transmitted, 0 received, 100% packet loss, time 0ms\n\n");
}

/* After 65,536 requests the numbers come again. */
Test(ping_print, a_sequence_number_that_comes_again)
{
	ping_note_sent(&run, 1, 0);
	reply(1, 10);
	ping_note_sent(&run, 1, 1000);
	struct ping_heard heard = reply(1, 1030);
	cr_assert(!heard.duplicate && heard.time == 30 && run.received == 2);
}
