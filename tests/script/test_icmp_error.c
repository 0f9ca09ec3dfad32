/* SPDX-License-Identifier: MIT
 *
 * Scripts about ICMP errors that arrive (RFC 1122 3.2.2.1, 4.2.3.9, RFC 5461, RFC 5927): matched to what we sent, and
 * told as errors; or ignored by name. UDP's are in test_udp_error.c.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/harness/harness.h"

TestSuite(icmp_error, .init = harness_start, .fini = harness_end);

static void refused(struct frame frame, enum drop_reason reason)
{
	in_frame(&frame);
	assert_dropped(reason);
	quiet();
}

static void taken(struct frame frame)
{
	in_frame(&frame);
	assert_not_dropped();
	quiet();
}

/* --- Before the connection stands ---------------------------------------------------------------------------------- */

/* A connection attempt on flow n, whose SYN is returned. */
static struct socket *attempt(unsigned n, struct frame *syn)
{
	flow_select(n)->local_port = (uint16_t)(7000 + n);
	struct socket *socket = app_connect();
	*syn = out_frame();
	check(peek16(syn, AT_TRANSPORT) == 7000 + n && syn->bytes[AT_TCP_FLAGS] == 2);
	return socket;
}

/* tcp_network_unreachable, tcp_connect_icmp_error: the attempt ends with this errno, and a SYN-ACK that comes all the same is
 * reset. */
static void ends_the_attempt(unsigned n, unsigned type, unsigned code, int error)
{
	struct frame syn;
	struct socket *socket = attempt(n, &syn);
	taken(frame_icmp_about(type, code, &syn));
	check_that(socket_ready(socket) & SOCKET_ERROR && socket_ready(socket) & SOCKET_HANGUP, "type %u code %u", type,
		   code);
	int told = socket_error(socket);
	check_that(told == error, "type %u code %u: %d", type, code, told);
	check(socket_error(socket) == 0);
	refused(frame_icmp_about(type, code, &syn), DROP_ICMP_NO_SOCKET);
	in("S. 0:0(0) ack 1");
	out("R 1:1(0)");
	socket_close(socket);
	quiet_for(10 * SECOND);
}

Test(icmp_error, unreachable_in_syn_sent_by_code)
{
	static const int errors[] = {
	    -ENETUNREACH,  -EHOSTUNREACH, -ENOPROTOOPT,  -ECONNREFUSED, 0,       -EHOSTUNREACH,
	    -ENETUNREACH,  -EHOSTUNREACH, -EHOSTUNREACH, -EACCES,       -EACCES, -ENETUNREACH,
	    -EHOSTUNREACH, -EACCES,       -EHOSTUNREACH, -EHOSTUNREACH,
	};
	for (unsigned code = 0; code < 16; code++)
		if (code != 4)
			ends_the_attempt(code, 3, code, errors[code]);
	ends_the_attempt(16, 3, 16, -EHOSTUNREACH); /* codes that RFC 1122 3.2.2.1 does not know */
	ends_the_attempt(17, 3, 255, -EHOSTUNREACH);
}

Test(icmp_error, time_exceeded_and_parameter_problem_in_syn_sent)
{
	ends_the_attempt(0, 11, 0, -EHOSTUNREACH);
	ends_the_attempt(1, 11, 1, -EHOSTUNREACH);
	ends_the_attempt(2, 12, 0, -EPROTO);
	ends_the_attempt(3, 12, 1, -EPROTO);
	ends_the_attempt(4, 12, 4, -EPROTO); /* not what code 4 of unreachable means */
	ends_the_attempt(5, 11, 4, -EHOSTUNREACH);
}

/* Whoever is on the way may say it, and may have changed the header's time to live and checksum (and so their sum). */
Test(icmp_error, it_may_come_from_any_router_and_quote_a_worn_header)
{
	struct frame syn;
	struct socket *socket = attempt(0, &syn);
	syn.bytes[AT_IP_TTL] = 3;
	syn.bytes[AT_IP + 1] = 0x20;
	struct frame error = frame_icmp_about(3, 1, &syn);
	memcpy(error.bytes + AT_IP_FROM, ip_of("203.0.113.99").bytes, 4);
	frame_fix(&error);
	taken(error);
	check(socket_error(socket) == -EHOSTUNREACH);
}

/* RFC 792 has a header with options quoted with them, and then 8 bytes. */
Test(icmp_error, a_quote_with_options)
{
	struct frame syn;
	struct socket *socket = attempt(0, &syn);
	struct frame longer = frame_with_ip_options(&syn, "\x01\x01\x01\x00", 4);
	uint8_t message[8 + 32] = {3, 1};
	memcpy(message + 8, longer.bytes + AT_IP, 32);
	taken(frame_ip(1, message, sizeof message));
	check(socket_error(socket) == -EHOSTUNREACH);
}

/* A half-open connection of a listener goes (RFC 5461 4.1 holds for it too); the listener stays. */
Test(icmp_error, unreachable_in_syn_received)
{
	app_listen();
	in("S 0:0(0) win 65535 <mss 1000>");
	struct frame syn_ack = out_frame();
	taken(frame_icmp_about(3, 1, &syn_ack));
	in(". 1:1(0) ack 1");
	out("R 1:1(0)");
	flow_select(1);
	in("S 0:0(0) win 65535 <mss 1000>");
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 1");
	app_accept();
}

/* --- Afterwards ------------------------------------------------------------------------------------------------------ */

/* RFC 5927 5.2: none of them ends a connection that stands, not the "hard" ones of RFC 1122 4.2.3.9 either. */
Test(icmp_error, attack_a_connection_that_stands_survives_all)
{
	struct socket *socket = active_open();
	app_write(socket, 100);
	struct frame sent = out_frame();
	for (unsigned code = 0; code < 16; code++)
		if (code != 4)
			taken(frame_icmp_about(3, code, &sent));
	taken(frame_icmp_about(11, 0, &sent));
	taken(frame_icmp_about(11, 1, &sent));
	taken(frame_icmp_about(12, 0, &sent));
	check(socket_error(socket) == 0 && !(socket_ready(socket) & (SOCKET_ERROR | SOCKET_HANGUP)));
	check(counted(COUNT_ICMP_ERRORS_IN) == 18);
	in("P. 1:11(10) ack 101");
	app_read(socket, 10);
	after(40 * MS);
	out(". 101:101(0) ack 11");
}

static int given_up_with(struct socket *socket)
{
	harness_deaf(true);
	pass(3600 * SECOND);
	harness_deaf(false);
	check(socket_ready(socket) & SOCKET_ERROR);
	return socket_error(socket);
}

/* RFC 1122 4.2.3.9: a soft error is kept, and says why, if the peer is given up after all. */
Test(icmp_error, a_soft_error_is_told_when_the_peer_is_given_up)
{
	struct socket *socket = active_open();
	app_write(socket, 100);
	struct frame sent = out_frame();
	taken(frame_icmp_about(3, 1, &sent));
	taken(frame_icmp_about(3, 0, &sent)); /* the last one counts */
	check(given_up_with(socket) == -ENETUNREACH);
}

/* What the peer has acknowledged since makes it old news. */
Test(icmp_error, a_soft_error_is_forgotten_when_data_is_acknowledged)
{
	struct socket *socket = active_open();
	app_write(socket, 100);
	struct frame sent = out_frame();
	taken(frame_icmp_about(3, 1, &sent));
	in(". 1:1(0) ack 101");
	app_write(socket, 100);
	out_frame();
	check(given_up_with(socket) == -ETIMEDOUT);
}

/* --- Whose? (RFC 5927 4.1) --------------------------------------------------------------------------------------- */

/* The quote names a sequence number outside SND.UNA =< SEG.SEQ < SND.NXT. */
Test(icmp_error, attack_sequence_numbers_that_are_not_in_flight)
{
	struct socket *socket = active_open();
	app_write(socket, 300);
	struct frame sent = out_frame();
	in(". 1:1(0) ack 101");
	uint32_t una = peek32(&sent, AT_TRANSPORT + 4) + 100;
	static const uint32_t wrong[] = {0xffffffffu, 200, 201, 100000, 0x7fffffff, 0x80000000u, (uint32_t)-100};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct frame error = frame_icmp_about(3, 3, &sent);
		poke32(&error, AT_TRANSPORT + 8 + 24, una + wrong[i]);
		frame_fix(&error);
		refused(error, DROP_ICMP_SEQUENCE);
	}
	static const uint32_t right[] = {0, 1, 199};
	for (size_t i = 0; i < 3; i++) {
		struct frame error = frame_icmp_about(3, 3, &sent);
		poke32(&error, AT_TRANSPORT + 8 + 24, una + right[i]);
		frame_fix(&error);
		taken(error);
	}
	in(". 1:1(0) ack 301");
	refused(frame_icmp_about(3, 3, &sent), DROP_ICMP_SEQUENCE); /* nothing is in flight */
}

/* Blind: the four-tuple is known, the sequence number is not. */
Test(icmp_error, attack_blind_errors_do_not_end_an_attempt)
{
	struct frame syn;
	struct socket *socket = attempt(0, &syn);
	uint32_t iss = peek32(&syn, AT_TRANSPORT + 4);
	for (uint32_t guess = 1; guess < 2000; guess++) {
		struct frame error = frame_icmp_about(3, 3, &syn);
		poke32(&error, AT_TRANSPORT + 8 + 24, iss + guess * 2147483u);
		frame_fix(&error);
		refused(error, DROP_ICMP_SEQUENCE);
	}
	in("S. 0:0(0) ack 1");
	out(". 1:1(0) ack 1");
	check(socket_ready(socket) & SOCKET_WRITABLE);
}

/* One field of the quote at a time is another's. */
Test(icmp_error, attack_quotes_of_packets_that_are_not_ours)
{
	enum { QUOTE = AT_TRANSPORT + 8 };
	static const struct {
		size_t at;
		uint8_t value;
		enum drop_reason reason;
	} wrong[] = {
	    {QUOTE, 0x44, DROP_ICMP_QUOTE},          /* header length 16 */
	    {QUOTE, 0x4f, DROP_ICMP_QUOTE},          /* 60, of which 28 are quoted */
	    {QUOTE, 0x46, DROP_ICMP_QUOTE},          /* 24, and 4 of the transport */
	    {QUOTE, 0x65, DROP_ICMP_QUOTE},          /* version 6 */
	    {QUOTE + 7, 1, DROP_ICMP_QUOTE},         /* a fragment other than the first */
	    {QUOTE + 9, 99, DROP_ICMP_NO_SOCKET},    /* a protocol */
	    {QUOTE + 9, 17, DROP_ICMP_NO_SOCKET},    /* UDP, which we did not speak */
	    {QUOTE + 9, 1, DROP_ICMP_NO_SOCKET},     /* ICMP, but no echo request */
	    {QUOTE + 15, 3, DROP_ICMP_QUOTE},        /* from 192.0.2.3 */
	    {QUOTE + 12, 127, DROP_ICMP_QUOTE},      /* from 127.0.2.2 */
	    {QUOTE + 19, 9, DROP_ICMP_NO_SOCKET},    /* to 192.0.2.9 */
	    {QUOTE + 20, 0x77, DROP_ICMP_NO_SOCKET}, /* from another port */
	    {QUOTE + 22, 0x77, DROP_ICMP_NO_SOCKET}, /* to another port */
	};
	struct frame syn;
	struct socket *socket = attempt(0, &syn);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct frame error = frame_icmp_about(3, 3, &syn);
		error.bytes[wrong[i].at] = wrong[i].value;
		frame_fix(&error);
		refused(error, wrong[i].reason);
	}
	check(socket_error(socket) == 0);
	taken(frame_icmp_about(3, 3, &syn));
	check(socket_error(socket) == -ECONNREFUSED);
}

/* Cut short at each byte below header and 8 bytes. */
Test(icmp_error, attack_quotes_that_are_cut_short)
{
	struct frame syn;
	struct socket *socket = attempt(0, &syn);
	for (size_t length = 0; length < 28; length++) {
		uint8_t message[8 + 28] = {3, 3};
		memcpy(message + 8, syn.bytes + AT_IP, length);
		refused(frame_ip(1, message, 8 + length), DROP_ICMP_QUOTE);
	}
	check(socket_error(socket) == 0);

	check(stack_echo(harness_stack(), ip_of("192.0.2.1"), 1, 2, 0, "data", 4) == 0);
	struct frame echo = out_frame();
	for (size_t length = 0; length < 28; length++) {
		uint8_t message[8 + 28] = {3, 3};
		memcpy(message + 8, echo.bytes + AT_IP, length);
		refused(frame_ip(1, message, 8 + length), DROP_ICMP_QUOTE);
	}
	check(events_seen(EVENT_ICMP_ECHO_ERROR) == 0);
}

/* An error that is sent to all is not about a packet of ours. */
Test(icmp_error, attack_errors_by_broadcast)
{
	static const char *const all[] = {"255.255.255.255", "192.0.2.255"};
	struct frame syn;
	struct socket *socket = attempt(0, &syn);
	for (unsigned i = 0; i < 4; i++) {
		struct frame error = frame_icmp_about(3, 3, &syn);
		memcpy(error.bytes + AT_IP_TO, ip_of(all[i % 2]).bytes, 4);
		if (i >= 2) /* and the quote agrees */
			memcpy(error.bytes + AT_TRANSPORT + 8 + 12, ip_of(all[i % 2]).bytes, 4);
		frame_fix(&error);
		refused(error, DROP_ICMP_QUOTE);
	}
	check(socket_error(socket) == 0);
}

/* A listener is not hurt by an error about a connection that it has not. */
Test(icmp_error, attack_errors_about_a_listener)
{
	app_listen();
	struct frame never_sent = frame_tcp("S 0:0(0)");
	struct frame error = frame_icmp_about(3, 3, &never_sent);
	memcpy(error.bytes + AT_TRANSPORT + 8 + 12, ip_of("192.0.2.2").bytes, 4);
	memcpy(error.bytes + AT_TRANSPORT + 8 + 16, ip_of("192.0.2.1").bytes, 4);
	poke16(&error, AT_TRANSPORT + 8 + 20, 5000);
	poke16(&error, AT_TRANSPORT + 8 + 22, 6000);
	frame_fix(&error);
	refused(error, DROP_ICMP_NO_SOCKET);
	in("S 0:0(0) win 65535 <mss 1000>");
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 1");
	app_accept();
}

/* RFC 5927 7.2: the path MTU is not learnt this way, whatever it says and whomever it names. */
Test(icmp_error, attack_fragmentation_needed_with_any_mtu)
{
	static const unsigned mtus[] = {0, 1, 67, 68, 69, 296, 576, 1499, 1500, 65535};
	struct frame syn;
	struct socket *connecting = attempt(1, &syn);
	flow_select(0);
	struct socket *socket = active_open();
	app_write(socket, 1000);
	struct frame sent = out_frame();
	for (size_t i = 0; i < sizeof mtus / sizeof *mtus; i++) {
		struct frame error = frame_icmp_about(3, 4, &sent);
		poke16(&error, AT_TRANSPORT + 6, mtus[i]);
		frame_fix(&error);
		refused(error, DROP_ICMP_MTU);
		error = frame_icmp_about(3, 4, &syn);
		poke16(&error, AT_TRANSPORT + 6, mtus[i]);
		frame_fix(&error);
		refused(error, DROP_ICMP_MTU);
		error = frame_icmp_about(3, 4, &sent);
		poke16(&error, AT_TRANSPORT + 6, mtus[i]);
		poke32(&error, AT_TRANSPORT + 8 + 24, 12345);
		frame_fix(&error);
		refused(error, DROP_ICMP_SEQUENCE);
		poke16(&error, AT_TRANSPORT + 8 + 22, 9999);
		frame_fix(&error);
		refused(error, DROP_ICMP_NO_SOCKET);
	}
	check(socket_error(connecting) == 0 && socket_error(socket) == 0);
	app_write(socket, 1000);
	out("P. 1001:2001(1000) ack 1");
	in(". 1:1(0) ack 2001");
}

/* --- About our echo requests --------------------------------------------------------------------------------------- */

Test(icmp_error, an_error_about_our_echo_request_is_an_event)
{
	static const unsigned errors[][2] = {{3, 0}, {3, 1}, {3, 3}, {3, 4}, {3, 13}, {11, 0}, {11, 1}, {12, 0}};
	check(stack_echo(harness_stack(), ip_of("192.0.2.1"), 0x8001, 0xfffe, 0, "data", 4) == 0);
	struct frame sent = out_icmp(8, 0, 0x8001fffe);
	for (unsigned i = 0; i < sizeof errors / sizeof *errors; i++) {
		struct frame error = frame_icmp_about(errors[i][0], errors[i][1], &sent);
		memcpy(error.bytes + AT_IP_FROM, ip_of("203.0.113.99").bytes, 4);
		frame_fix(&error);
		taken(error);
		check(events_seen(EVENT_ICMP_ECHO_ERROR) == i + 1);
		const struct event *event = event_last(EVENT_ICMP_ECHO_ERROR);
		check(event->before == (errors[i][0] << 8 | errors[i][1]) && event->value == 0x8001fffe);
		check(address_equal(event->remote.address, ip_of("192.0.2.1")));
		check(address_equal(event->local.address, ip_of("203.0.113.99")));
	}
}

/* The first fragment of a large one names it; the others do not. */
Test(icmp_error, about_a_fragment_of_our_echo_request)
{
	static uint8_t data[3000];
	check(stack_echo(harness_stack(), ip_of("192.0.2.1"), 1, 2, 0, data, 3000) == 0);
	struct frame first = out_frame(), second = out_frame();
	out_frame();
	taken(frame_icmp_about(11, 1, &first));
	check(events_seen(EVENT_ICMP_ECHO_ERROR) == 1);
	refused(frame_icmp_about(11, 1, &second), DROP_ICMP_QUOTE);
}

/* Our reply to somebody else's ping was lost: nobody here cares. */
Test(icmp_error, an_error_about_our_echo_reply_is_nobodys)
{
	struct frame request = frame_icmp(8, 0, 1, 8);
	in_frame(&request);
	struct frame reply = out_icmp(0, 0, 1);
	refused(frame_icmp_about(3, 1, &reply), DROP_ICMP_NO_SOCKET);
	check(events_seen(EVENT_ICMP_ECHO_ERROR) == 0);
}
