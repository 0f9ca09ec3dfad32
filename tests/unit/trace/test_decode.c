/* SPDX-License-Identifier: MIT
 *
 * Lines of the trace, compared as a reader sees them. Frames are golden.c's and, below, some odd ones whose
 * checksums an independent program computed.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/trace/golden.h"
#include "trace/decode.h"

static const struct golden wrap_syn = {.headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 "
						  "45 00 00 28 00 00 40 00 40 06 b6 cc c0 00 02 01 c0 00 02 02 "
						  "9c 40 00 50 ff ff ff fe 00 00 00 00 50 02 fa f0 94 5e 00 00 "};

static const struct golden wrap_data = {.headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 "
						   "45 00 00 2d 00 00 40 00 40 06 b6 c7 c0 00 02 01 c0 00 02 02 "
						   "9c 40 00 50 ff ff ff ff 00 00 10 01 50 18 fa f0 40 6f 00 00 "
						   "68 65 6c 6c 6f "};

static const struct golden wrap_more = {.headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 "
						   "45 00 00 29 00 00 40 00 40 06 b6 cb c0 00 02 01 c0 00 02 02 "
						   "9c 40 00 50 00 00 00 04 00 00 10 01 50 18 fa f0 63 41 00 00 "
						   "21 "};

static const struct golden keep_alive = {.headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 "
						    "45 00 00 28 00 00 40 00 40 06 b6 cc c0 00 02 01 c0 00 02 02 "
						    "9c 40 00 50 ff ff ff fd 00 00 10 01 50 10 fa f0 84 50 00 00 "};

static const struct golden refusal = {.headers = "02 00 c0 00 02 01 02 00 c0 00 02 02 08 00 "
						 "45 00 00 28 00 00 40 00 40 06 b6 cc c0 00 02 02 c0 00 02 01 "
						 "00 50 9c 40 00 00 00 00 ff ff ff ff 50 14 00 00 8f 3c 00 00 "};

static const struct golden sack = {
    .headers = "1c b7 2c 2d 74 e6 68 a3 78 86 ec 02 08 00 "
	       "45 00 00 40 00 00 40 00 35 06 9c 20 33 44 79 3b c0 a8 3c 70 "
	       "00 50 b2 30 d7 17 e6 cf 3a 9b 37 73 b0 10 01 fb 04 34 00 00 01 01 08 0a db e6 b7 13 74 7e be 24 "
	       "01 01 05 0a 3a 9b 39 66 3a 9b 3a 2e "};

static const struct golden option_zero = {
    .headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 "
	       "45 00 00 2c 00 00 40 00 40 06 b6 c8 c0 00 02 01 c0 00 02 02 "
	       "9c 40 00 50 00 00 00 64 00 00 00 c8 60 10 fa f0 65 1f 00 00 1e 00 00 00 "};

static const struct golden odd_options = {
    .headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 "
	       "45 00 00 30 00 00 40 00 40 06 b6 c4 c0 00 02 01 c0 00 02 02 "
	       "9c 40 00 50 00 00 00 64 00 00 00 00 70 02 fa f0 f1 87 00 00 1e 04 61 62 02 03 01 00 "};

static const struct golden all_flags = {.headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 "
						   "45 00 00 28 00 00 40 00 40 06 b6 cc c0 00 02 01 c0 00 02 02 "
						   "9c 40 00 50 00 00 00 64 00 00 00 c8 50 ff fa f0 92 34 00 00 "};

static const struct golden no_flags = {.headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 "
						  "45 00 00 28 00 00 40 00 40 06 b6 cc c0 00 02 01 c0 00 02 02 "
						  "9c 40 00 50 00 00 00 64 00 00 00 c8 50 00 fa f0 93 33 00 00 "};

static const struct golden tcp_short = {
    .headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 45 00 00 18 00 00 40 00 40 06 b6 dc c0 00 02 01 c0 00 "
	       "02 02 "
	       "9c 40 00 50 "};

static const struct golden udp_short = {
    .headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 45 00 00 18 00 00 40 00 40 11 b6 d1 c0 00 02 01 c0 00 "
	       "02 02 "
	       "9c 40 00 50 "};

static const struct golden icmp_short = {
    .headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 45 00 00 18 00 00 40 00 40 01 b6 e1 c0 00 02 01 c0 00 "
	       "02 02 "
	       "08 00 f7 ff "};

static const struct golden ip_options = {
    .headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 "
	       "46 00 00 18 00 00 40 00 40 06 71 dc c0 00 02 01 c0 00 02 02 44 00 00 00 "};

static const struct golden needs_fragmentation = {
    .headers = "02 00 c0 00 02 01 02 00 c0 00 02 02 08 00 "
	       "45 00 00 38 00 00 00 00 40 01 f6 c1 c0 00 02 02 c0 00 02 01 "
	       "03 04 48 ea 00 00 05 78 "
	       "45 00 00 30 00 00 40 00 40 11 b6 b9 c0 00 02 01 c0 00 02 02 9c 40 00 09 00 1c 12 34 "};

static const struct golden ttl_exceeded = {
    .headers = "02 00 c0 00 02 01 02 00 c0 00 02 02 08 00 "
	       "45 00 00 38 00 00 00 00 40 01 f6 c1 c0 00 02 02 c0 00 02 01 "
	       "0b 00 f4 b7 00 00 00 00 "
	       "45 00 00 30 00 00 40 00 40 59 b6 b9 c0 00 02 01 c0 00 02 02 00 00 00 00 00 00 00 00 "};

static const struct golden quote_cut = {.headers = "02 00 c0 00 02 01 02 00 c0 00 02 02 08 00 "
						   "45 00 00 2f 00 00 00 00 40 01 f6 ca c0 00 02 02 c0 00 02 01 "
						   "03 01 fd 00 00 00 00 00 "
						   "45 00 00 30 00 00 40 00 40 11 b6 b9 c0 00 02 01 c0 00 02 "};

static const struct golden timestamp_request = {.headers =
						    "02 00 c0 00 02 01 02 00 c0 00 02 02 08 00 "
						    "45 00 00 28 00 00 00 00 40 01 f6 d1 c0 00 02 02 c0 00 02 01 "
						    "0d 00 f2 fd 00 01 00 01 "
						    "00 00 00 00 00 00 00 00 00 00 00 00 "};

static const struct golden udp_unsummed = {.headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 "
						      "45 00 00 21 00 00 40 00 40 11 b6 c8 c0 00 02 01 c0 00 02 02 "
						      "9c 40 00 07 00 0d 00 00 68 65 6c 6c 6f "};

static const struct golden ipv6 = {
    .headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 86 dd "
	       "60 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
	       "00 00 00 00 00 00 00 00 "};

static const struct golden llc = {
    .headers = "01 80 c2 00 00 00 02 00 c0 00 02 01 00 26 "
	       "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
	       "00 00 00 00 00 00 "};

static struct decode decode;

/* The line of a frame, after those before it. */
static const char *line(const struct golden *golden)
{
	static char text[DECODE_TEXT];
	size_t length;
	uint8_t *frame = golden_frame(golden, &length);

	decode_line(&decode, frame, length, text, sizeof text);
	free(frame);
	return text;
}

/* The same with one byte changed. */
static const char *line_with(const struct golden *golden, size_t at, uint8_t byte)
{
	static char text[DECODE_TEXT];
	size_t length;
	uint8_t *frame = golden_frame(golden, &length);

	frame[at] = byte;
	decode_line(&decode, frame, length, text, sizeof text);
	free(frame);
	return text;
}

static void expect(const struct golden *golden, const char *expected)
{
	const char *actual = line(golden);

	cr_expect_str_eq(actual, expected);
}

static void expect_with(const struct golden *golden, size_t at, uint8_t byte, const char *expected)
{
	const char *actual = line_with(golden, at, byte);

	cr_expect_str_eq(actual, expected);
}

static void begin(void)
{
	decode_init(&decode);
}

TestSuite(decode, .init = begin);

Test(decode, tells_the_story_of_a_web_page)
{
	expect(&golden_arp_request, "ARP  who has 192.168.60.3? tell 192.168.60.112");
	expect(&golden_arp_reply, "ARP  192.168.60.3 is at 18:31:bf:df:a1:f0");
	expect(&golden_b3, "UDP  192.168.60.112:51269 > 192.168.60.3:53  32 bytes"
			   "; UDP checksum partial (left to the network card)");
	expect(&golden_syn, "TCP  192.168.60.112:45616 > 51.68.121.59:80  "
			    "SYN      seq 0               win 64240  <mss 1460, sackOK, TS 1 0, nop, ws 7>");
	expect(&golden_syn_ack, "TCP  51.68.121.59:80 > 192.168.60.112:45616  "
				"SYN ACK  seq 0     ack 1     win 65160  <mss 1460, sackOK, TS 1 1, nop, ws 7>");
	expect(&golden_ack, "TCP  192.168.60.112:45616 > 51.68.121.59:80  "
			    "ACK      seq 1     ack 1     win 64256  len 0    <TS>");
	expect(&golden_b10, "TCP  192.168.60.112:45616 > 51.68.121.59:80  "
			    "PSH ACK  seq 1     ack 1     win 64256  len 348  <TS> GET / HTTP/1.1"
			    "; bad IP checksum, should be 0x47e4; TCP checksum partial (left to the network card)");
	expect(&golden_request_ack, "TCP  51.68.121.59:80 > 192.168.60.112:45616  "
				    "ACK      seq 1     ack 349   win 64896  len 0    <TS>");
	expect(&golden_b12, "TCP  51.68.121.59:80 > 192.168.60.112:45616  "
			    "PSH ACK  seq 1     ack 349   win 64896  len 299  <TS> HTTP/1.1 200 OK");
	expect(&golden_fin, "TCP  51.68.121.59:80 > 192.168.60.112:45616  "
			    "FIN ACK  seq 300   ack 349   win 64896  len 0    <TS>");
	expect(&golden_fin_ack, "TCP  192.168.60.112:45616 > 51.68.121.59:80  "
				"FIN ACK  seq 349   ack 301   win 64000  len 0    <TS>");
}

Test(decode, tells_a_handshake_without_timestamps)
{
	expect(&golden_a1, "TCP  192.168.1.92:61339 > 192.168.1.254:53  "
			   "SYN      seq 0               win 65535  <mss 1460, nop, ws 8, nop, nop, sackOK>");
	expect(&golden_a2, "TCP  192.168.1.254:53 > 192.168.1.92:61339  "
			   "SYN ACK  seq 0     ack 1     win 64240  <mss 1400, nop, nop, sackOK, nop, ws 7>");
	expect(&golden_a3, "TCP  192.168.1.92:61339 > 192.168.1.254:53  ACK      seq 1     ack 1     win 65280  len 0");
}

Test(decode, counts_a_connection_it_joins_late_from_its_first_segment)
{
	expect(&golden_c,
	       "TCP  172.17.2.9:64281 > 79.127.138.14:80  PSH ACK  seq 1     ack 1     win 255    len 478"
	       "; no IP checksum (left to the network card); TCP checksum partial (left to the network card)");
	expect(&golden_b12, "TCP  51.68.121.59:80 > 192.168.60.112:45616  "
			    "PSH ACK  seq 1     ack 1     win 507    len 299  <TS> HTTP/1.1 200 OK");
	expect(&golden_fin, "TCP  51.68.121.59:80 > 192.168.60.112:45616  "
			    "FIN ACK  seq 300   ack 1     win 507    len 0    <TS>");
}

Test(decode, tells_a_wrong_checksum_and_does_not_believe_the_segment)
{
	/* The last byte of A2's checksum, 0xc1aa. */
	expect_with(&golden_a2, 14 + 20 + 17, 0xab,
		    "TCP  192.168.1.254:53 > 192.168.1.92:61339  SYN ACK  seq 1672999154 ack 3641839721 win 64240 "
		    "<mss 1400, nop, nop, sackOK, nop, ws 7>; bad TCP checksum, should be 0xc1aa");
	expect(&golden_a3, "TCP  192.168.1.92:61339 > 192.168.1.254:53  ACK      seq 1     ack 1     win 255    len 0");
	/* B12's IP checksum, 0xcb87. */
	expect_with(
	    &golden_b12, 14 + 10, 0xcc,
	    "TCP  51.68.121.59:80 > 192.168.60.112:45616  PSH ACK  seq 1     ack 1     win 507    len 299  <TS> "
	    "HTTP/1.1 200 OK; bad IP checksum, should be 0xcb87");
	expect_with(&golden_echo_request, 14 + 20 + 2, 0x2e,
		    "ICMP 192.0.2.1 > 192.0.2.2           echo request id 4660 seq 1, 16 bytes"
		    "; bad ICMP checksum, should be 0x2d0a");
	expect_with(&golden_udp_hello, 14 + 20 + 6, 0x9c,
		    "UDP  192.0.2.1:40000 > 192.0.2.2:7   5 bytes; bad UDP checksum, should be 0x9bb6");
	expect(&udp_unsummed, "UDP  192.0.2.1:40000 > 192.0.2.2:7   5 bytes; no UDP checksum");
}

Test(decode, measures_udp_by_its_own_length)
{
	/* golden_udp_hello with two bytes after the datagram that IP counts and UDP does not. */
	static const struct golden LONGER = {
	    .headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 "
		       "45 00 00 23 00 00 40 00 40 11 b6 c6 c0 00 02 01 c0 00 02 02 9c 40 00 07 00 0d 9b b6 ",
	    .text = "hello!!",
	};
	expect(&LONGER, "UDP  192.0.2.1:40000 > 192.0.2.2:7   5 bytes");
}

Test(decode, counts_on_where_sequence_numbers_wrap)
{
	expect(&wrap_syn, "TCP  192.0.2.1:40000 > 192.0.2.2:80  SYN      seq 0               win 64240");
	expect(&wrap_data, "TCP  192.0.2.1:40000 > 192.0.2.2:80  PSH ACK  seq 1     ack 1     win 64240  len 5");
	expect(&wrap_more, "TCP  192.0.2.1:40000 > 192.0.2.2:80  PSH ACK  seq 6     ack 1     win 64240  len 1");
	expect(&keep_alive, "TCP  192.0.2.1:40000 > 192.0.2.2:80  ACK      seq -1    ack 1     win 64240  len 0");
}

Test(decode, tells_a_refusal_without_taking_its_number_for_a_beginning)
{
	expect(&wrap_syn, "TCP  192.0.2.1:40000 > 192.0.2.2:80  SYN      seq 0               win 64240");
	expect(&refusal, "TCP  192.0.2.2:80 > 192.0.2.1:40000  RST ACK  seq 0     ack 1     win 0      len 0");
	expect(&wrap_data, "TCP  192.0.2.1:40000 > 192.0.2.2:80  PSH ACK  seq 1     ack 1     win 64240  len 5");
}

Test(decode, tells_options_short_and_odd)
{
	line(&golden_syn);
	line(&golden_syn_ack);
	expect(&sack, "TCP  51.68.121.59:80 > 192.168.60.112:45616  "
		      "ACK      seq 1     ack 1     win 64896  len 0    <TS, SACK 500-700>");
	expect(&option_zero, "TCP  192.0.2.1:40000 > 192.0.2.2:80  ACK      seq 1     ack 1     win 64240  len 0"
			     " options malformed: a length that cannot be");
	expect(&odd_options, "TCP  192.0.2.1:40000 > 192.0.2.2:80  SYN      seq 0               win 64240  "
			     "<option 30, option 2, end>");
	/* The SYN before began the connection anew; this is no answer to it. */
	expect(&all_flags,
	       "TCP  192.0.2.1:40000 > 192.0.2.2:80  SYN FIN RST PSH URG ECE CWR ACK seq 0 ack 200 win 64240");
	expect(&no_flags, "TCP  192.0.2.1:40000 > 192.0.2.2:80  no flags seq 0               win 64240  len 0");
}

Test(decode, tells_arp_that_concerns_the_sender_itself)
{
	expect(&golden_arp_probe, "ARP  probe: who has 192.0.2.2? asks 02:00:c0:00:02:02, to use it if nobody does");
	expect(&golden_arp_announcement, "ARP  announcement: 192.0.2.2 is at 02:00:c0:00:02:02");
	expect_with(&golden_arp_reply, 14 + 7, 3,
		    "ARP  operation 3 from 192.168.60.3 at 18:31:bf:df:a1:f0 for 192.168.60.112");
}

Test(decode, tells_icmp_and_what_an_error_is_about)
{
	expect(&golden_echo_request, "ICMP 192.0.2.1 > 192.0.2.2           echo request id 4660 seq 1, 16 bytes");
	expect(&golden_echo_reply, "ICMP 192.0.2.2 > 192.0.2.1           echo reply   id 4660 seq 1, 16 bytes");
	expect(&golden_unreachable, "ICMP 192.0.2.2 > 192.0.2.1           "
				    "port unreachable, about UDP 192.0.2.1:40000 > 192.0.2.2:9");
	expect(&needs_fragmentation, "ICMP 192.0.2.2 > 192.0.2.1           "
				     "fragmentation needed, MTU 1400, about UDP 192.0.2.1:40000 > 192.0.2.2:9");
	expect(&ttl_exceeded, "ICMP 192.0.2.2 > 192.0.2.1           "
			      "time to live exceeded, about OSPF 192.0.2.1 > 192.0.2.2");
	expect(&quote_cut, "ICMP 192.0.2.2 > 192.0.2.1           host unreachable, quotes no whole IP header");
	expect(&timestamp_request, "ICMP 192.0.2.2 > 192.0.2.1           type 13 code 0, 12 bytes");
}

Test(decode, tells_what_it_does_not_take_apart)
{
	expect(&golden_fragment, "IP   192.0.2.1 > 192.0.2.2           "
				 "UDP fragment of id 4660, 16 bytes from 1480, more follow");
	expect(&golden_ospf, "IP   192.0.2.1 > 192.0.2.2           OSPF, 4 bytes");
	expect(&ipv6, "ETH  02:00:c0:00:02:01 > 02:00:c0:00:02:02  type 0x86dd (IPv6), 40 bytes");
	expect_with(&ipv6, 13, 0xde, "ETH  02:00:c0:00:02:01 > 02:00:c0:00:02:02  type 0x86de, 40 bytes");
	expect(&llc, "ETH  02:00:c0:00:02:01 > 01:80:c2:00:00:00  no type (IEEE 802.3), 38 bytes");
}

Test(decode, says_why_a_frame_is_malformed)
{
	char text[DECODE_TEXT];

	decode_line(&decode, NULL, 0, text, sizeof text);
	cr_expect_str_eq(text, "ETH  malformed: shorter than an Ethernet header");
	expect_with(&golden_arp_reply, 14 + 4, 7,
		    "ARP  malformed: not an ARP packet for Ethernet and IPv4, or cut short");
	expect_with(&golden_a3, 14, 0x65, "IP   malformed: an IP version other than 4");
	expect_with(&golden_a3, 14, 0x44, "IP   malformed: header length below 20 or beyond the bytes present");
	expect_with(&golden_a3, 14 + 2, 1, "IP   malformed: total length below the header or beyond the frame");
	expect(&ip_options, "IP   malformed: an option whose length cannot be");
	expect(&icmp_short, "ICMP 192.0.2.1 > 192.0.2.2           malformed: shorter than an ICMP header");
	expect(&udp_short, "UDP  192.0.2.1 > 192.0.2.2           malformed: shorter than a UDP header");
	expect_with(&golden_udp_hello, 14 + 20 + 5, 14,
		    "UDP  192.0.2.1:40000 > 192.0.2.2:7   malformed: UDP length below 8 or beyond the datagram");
	expect(&tcp_short, "TCP  192.0.2.1 > 192.0.2.2           malformed: shorter than a TCP header");
	expect_with(&golden_a3, 14 + 20 + 12, 0x40,
		    "TCP  192.168.1.92 > 192.168.1.254    malformed: data offset below 5 or beyond the segment");
}

Test(decode, escapes_what_a_peer_writes_and_cuts_it)
{
	static const char *const TEXT = "GET /\x1b[31m\\\x7f\xff\t HTTP/1.1\r\n";
	struct golden request = {golden_b10.headers, TEXT, 348 - strlen(TEXT)};

	cr_expect_not_null(strstr(line(&request), "<TS> GET /\\x1b[31m\\\\\\x7f\\xff\\x09 HTTP/1.1;"));
	request = (struct golden){golden_b10.headers, "GET /", 343};
	cr_expect_not_null(strstr(line(&request), "<TS> GET /xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...;"));
}

static void expect_printable(const char *text, size_t length, size_t room)
{
	cr_assert_lt(length, room);
	cr_assert_eq(strlen(text), length);
	for (size_t i = 0; i < length; i++)
		cr_assert(text[i] >= ' ' && text[i] <= '~', "byte %02x in: %s", (unsigned char)text[i], text);
}

Test(decode, reads_no_byte_beyond_a_frame_cut_anywhere)
{
	for (size_t i = 0; i < GOLDEN_COUNT; i++) {
		size_t whole;
		uint8_t *frame = golden_frame(golden_all[i], &whole);
		for (size_t length = 0; length < whole; length++) {
			char text[DECODE_TEXT];
			uint8_t *cut = malloc(length ? length : 1);
			memcpy(cut, frame, length);
			size_t written = decode_line(&decode, length ? cut : cut + 1, length, text, sizeof text);
			expect_printable(text, written, sizeof text);
			bool told = strstr(text, "malformed: ") || strstr(text, "ARP") || strstr(text, "ETH");
			cr_expect(told, "cut to %zu: %s", length, text);
			free(cut);
		}
		free(frame);
	}
}

Test(decode, prints_plain_text_whatever_bit_is_flipped)
{
	for (size_t i = 0; i < GOLDEN_COUNT; i++) {
		size_t length;
		uint8_t *frame = golden_frame(golden_all[i], &length);
		for (size_t bit = 0; bit < 8 * (length < 120 ? length : 120); bit++) {
			char text[DECODE_TEXT];
			frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
			expect_printable(text, decode_line(&decode, frame, length, text, sizeof text), sizeof text);
			frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		free(frame);
	}
}

Test(decode, cuts_its_line_to_the_room_there_is)
{
	size_t length;
	uint8_t *frame = golden_frame(&golden_b10, &length);
	char whole[DECODE_TEXT];
	size_t wanted = decode_line(&decode, frame, length, whole, sizeof whole);

	for (size_t room = 1; room <= wanted + 1; room++) {
		char *text = malloc(room);
		size_t written = decode_line(&decode, frame, length, text, room);
		cr_assert_eq(written, room - 1);
		cr_assert_eq(memcmp(text, whole, written), 0);
		cr_assert_eq(text[written], '\0');
		free(text);
	}
	free(frame);
}
