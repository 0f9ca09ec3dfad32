/* SPDX-License-Identifier: MIT
 *
 * Scripts about ICMP errors for what UDP sent (RFC 1122 4.1.3.3): whom they reach, how, and how often.
 *
 * All of them are told as EVENT_UDP_ERROR. A connected socket finds all unreachables in its next call too, as BSD has it;
 * time exceeded it does not (as Linux, udp_icmp_error_propagation).
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/harness/harness.h"

TestSuite(udp_error, .init = harness_start, .fini = harness_end);

static struct frame sent_by(struct socket *s)
{
	app_send_to(s, 12);
	return out_udp(12);
}

static void told(unsigned type, unsigned code, const struct frame *about)
{
	struct frame error = frame_icmp_about(type, code, about);
	in_frame(&error);
	quiet();
}

/* --- How it is told ---------------------------------------------------------------------------------------------- */

Test(udp_error, a_receive_answers_it_once)
{
	struct socket *s = app_datagram_connected();
	struct frame sent = sent_by(s);
	in_udp(3);
	told(3, 3, &sent);
	app_receive_gives(s, -ECONNREFUSED);
	app_receive(s, 3);
	app_receive_gives(s, -EAGAIN);
}

Test(udp_error, a_send_answers_it_once)
{
	struct socket *s = app_datagram_connected();
	struct frame sent = sent_by(s);
	told(3, 3, &sent);
	check(socket_send_to(s, "x", 1, NULL) == -ECONNREFUSED);
	quiet();
	sent_by(s);
	check(socket_error(s) == 0);
}

Test(udp_error, socket_error_answers_it_once)
{
	struct socket *s = app_datagram_connected();
	struct frame sent = sent_by(s);
	told(3, 3, &sent);
	check(socket_error(s) == -ECONNREFUSED && socket_error(s) == 0);
	app_receive_gives(s, -EAGAIN);
}

/* The four-tuple of the error is that of the datagram. */
Test(udp_error, the_event_says_which_datagram)
{
	struct socket *s = app_datagram_connected();
	struct frame sent = sent_by(s);
	told(3, 3, &sent);
	const struct event *event = event_last(EVENT_UDP_ERROR);
	check(events_seen(EVENT_UDP_ERROR) == 1 && event->before == 0x0303 && event->value == ECONNREFUSED);
	check(endpoint_equal(&event->local, &(struct endpoint){ip_of("192.0.2.2"), 5000}));
	check(endpoint_equal(&event->remote, &(struct endpoint){ip_of("192.0.2.1"), 6000}));
	app_receive_gives(s, -ECONNREFUSED);
}

/* --- Which errors ------------------------------------------------------------------------------------------------ */

/* RFC 1122 3.2.2.1 and 4.1.3.3 */
Test(udp_error, all_unreachables_reach_a_connected_socket)
{
	static const int errors[16] = {ENETUNREACH,  EHOSTUNREACH, ENOPROTOOPT,  ECONNREFUSED, 0,      EHOSTUNREACH,
				       ENETUNREACH,  EHOSTUNREACH, EHOSTUNREACH, EACCES,       EACCES, ENETUNREACH,
				       EHOSTUNREACH, EACCES,       EHOSTUNREACH, EHOSTUNREACH};
	struct socket *s = app_datagram_connected();
	struct frame sent = sent_by(s);
	for (unsigned code = 0; code < 16; code++) {
		if (errors[code] == 0)
			continue;
		told(3, code, &sent);
		app_receive_gives(s, -errors[code]);
	}
	told(12, 0, &sent); /* parameter problem */
	app_receive_gives(s, -EPROTO);
	check(events_seen(EVENT_UDP_ERROR) == 16);
}

/* The packet went round in circles, or began with a small TTL: nothing that the peer has to do with. */
Test(udp_error, time_exceeded_is_an_event_only)
{
	struct socket *s = app_datagram_connected();
	struct frame sent = sent_by(s);
	for (unsigned code = 0; code < 2; code++) {
		told(11, code, &sent);
		assert_not_dropped();
		check(events_seen(EVENT_UDP_ERROR) == code + 1 && event_last(EVENT_UDP_ERROR)->before == 0x0b00 + code);
		check(!(socket_ready(s) & SOCKET_ERROR));
		app_receive_gives(s, -EAGAIN);
	}
}

/* We never set DF, so nobody can need fragmentation. */
Test(udp_error, attack_fragmentation_needed)
{
	struct socket *s = app_datagram_connected();
	struct frame sent = sent_by(s);
	told(3, 4, &sent);
	assert_dropped(DROP_ICMP_MTU);
	app_receive_gives(s, -EAGAIN);
	check(events_seen(EVENT_UDP_ERROR) == 0);
}

/* --- Whom they reach --------------------------------------------------------------------------------------------- */

/* One of three: the one that caused it (udp_icmp_error_propagation). */
Test(udp_error, only_the_socket_that_caused_it)
{
	struct socket *s[3];
	struct frame sent[3];
	for (unsigned i = 0; i < 3; i++) {
		flow_current()->local_port = (uint16_t)(5000 + 64 * i);
		s[i] = app_datagram_connected();
		sent[i] = sent_by(s[i]);
	}
	told(3, 3, &sent[1]);
	app_receive_gives(s[0], -EAGAIN);
	app_receive_gives(s[1], -ECONNREFUSED);
	app_receive_gives(s[2], -EAGAIN);
}

/* A socket without a peer could not tell of which datagram an error speaks. */
Test(udp_error, a_socket_that_is_not_connected_has_the_event_only)
{
	struct socket *s = app_datagram();
	struct frame sent = sent_by(s);
	told(3, 3, &sent);
	assert_not_dropped();
	check(events_seen(EVENT_UDP_ERROR) == 1);
	app_receive_gives(s, -EAGAIN);
	sent_by(s);
}

/* Each part of the four-tuple must be right, and the socket must still be there. */
Test(udp_error, attack_errors_about_what_was_not_sent)
{
	static const size_t places[] = {AT_TRANSPORT + 1, AT_TRANSPORT + 3, AT_IP_TO + 3};
	struct socket *s = app_datagram_connected();
	struct frame sent = sent_by(s);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct frame other = sent;
		other.bytes[places[i]] ^= 8;
		frame_fix_ip(&other);
		told(3, 3, &other);
		assert_dropped(DROP_ICMP_NO_SOCKET);
	}
	app_receive_gives(s, -EAGAIN);
	socket_close(s);
	told(3, 3, &sent);
	assert_dropped(DROP_ICMP_NO_SOCKET);
	check(events_seen(EVENT_UDP_ERROR) == 0);
}

/* An error about the former peer means nothing to the new one. */
Test(udp_error, connecting_anew_forgets_it)
{
	struct socket *s = app_datagram_connected();
	struct endpoint peer = {ip_of("192.0.2.1"), 6000};
	struct frame sent = sent_by(s);
	told(3, 3, &sent);
	check(socket_connect(s, &peer) == 0);
	app_receive_gives(s, -EAGAIN);
	told(3, 3, &sent);
	check(socket_connect(s, &(struct endpoint){.port = 0}) == 0);
	app_receive_gives(s, -EAGAIN);
}

/* --- A neighbour that does not answer ---------------------------------------------------------------------------- */

TestSuite(udp_silent, .init = harness_start_bare, .fini = harness_end);

/* RFC 1122 2.4: what waited for its address is told as for an unreachable host. */
Test(udp_silent, host_unreachable_reaches_whoever_waits)
{
	harness_deaf(true);
	struct socket *s = app_datagram_connected();
	flow_current()->local_port = 5001;
	struct socket *other = app_datagram();
	app_send(s, 4);
	app_send_to(other, 4);
	pass(10 * SECOND);
	app_receive_gives(s, -EHOSTUNREACH);
	app_receive_gives(s, -EAGAIN);
	app_receive_gives(other, -EAGAIN);
	check(events_seen(EVENT_UDP_ERROR) == 2 && event_last(EVENT_UDP_ERROR)->value == EHOSTUNREACH);
	harness_deaf(false);
}
