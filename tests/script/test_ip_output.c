/* SPDX-License-Identifier: MIT
 *
 * Scripts about what IP writes into what it sends (RFC 791 3.1, RFC 1122 3.2.1, RFC 6864, RFC 3168), about where it may not be
 * sent, and about what a machine says to itself.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/harness/harness.h"

TestSuite(ip_output, .init = harness_start, .fini = harness_end);
TestSuite(loopback, .init = harness_start, .fini = harness_end);

static int send_echo(const char *to, unsigned sequence)
{
	return stack_echo(harness_stack(), ip_of(to), 7, (uint16_t)sequence, 0, "data", 4);
}

/* --- Identification (RFC 6864) ------------------------------------------------------------------------------------- */

/* RFC 6864 4.2: among datagrams that may be fragmented, for one source, destination and protocol. */
Test(ip_output, ipv4_id_uniqueness)
{
	static bool seen[65536];
	memset(seen, 0, sizeof seen);
	for (unsigned i = 0; i < 1000; i++) {
		check(send_echo("192.0.2.1", i) == 0);
		struct frame frame = out_frame();
		check(!seen[peek16(&frame, AT_IP_ID)]);
		seen[peek16(&frame, AT_IP_ID)] = true;
	}
}

/* The same datagram sent again is another datagram: RFC 6864 4.2 with RFC 1122 3.2.1.5, injected behaviour ipv4_id_uniqueness. */
Test(ip_output, a_datagram_sent_again_has_another_identification)
{
	struct socket *socket = app_datagram();
	app_send_to(socket, 100);
	struct frame once = out_udp(100);
	app_send_to(socket, 100);
	struct frame twice = out_udp(100);
	check(peek16(&once, AT_IP_ID) != peek16(&twice, AT_IP_ID));
}

static unsigned id_now(const char *to)
{
	check(send_echo(to, 1) == 0);
	struct frame frame = out_frame();
	return peek16(&frame, AT_IP_ID);
}

/* An idle scan counts from the identifications that one gets what was sent to another meanwhile (RFC 7739 3). */
Test(ip_output, attack_identifications_do_not_count_what_others_are_sent)
{
	char other[16];
	unsigned telling = 0;
	for (unsigned i = 10; i < 74; i++) {
		snprintf(other, sizeof other, "192.0.2.%u", i);
		unsigned before = id_now("192.0.2.1");
		id_now(other);
		telling += (id_now("192.0.2.1") - before) % 65536 != 1;
	}
	check_that(telling < 8, "%u of 64", telling);
}

/* Nor does the one tell where the other's begin. */
Test(ip_output, attack_identifications_begin_at_an_unforeseeable_number)
{
	unsigned a = id_now("192.0.2.1"), b = id_now("192.0.2.3"), c = id_now("192.0.2.4");
	struct stack_config config = harness_config();
	config.seed[3] ^= 1;
	harness_end();
	harness_start_with(&config);
	check(id_now("192.0.2.1") != a && a - b != b - c);
	check(a > b ? a - b > 100 : b - a > 100);
}

/* --- The other fields ---------------------------------------------------------------------------------------------- */

/* What may be cut has DF clear; a segment never may (the harness looks at that for each). */
Test(ip_output, dont_fragment_is_clear_where_fragments_are_allowed)
{
	struct frame request = frame_icmp(8, 0, 1, 8);
	in_frame(&request);
	struct frame frame = out_frame();
	check(peek16(&frame, AT_IP_FRAGMENT) == 0);
	app_send_to(app_datagram(), 8);
	frame = out_frame();
	check(peek16(&frame, AT_IP_FRAGMENT) == 0);
	app_listen();
	in("S 0:0(0)");
	frame = out_frame();
	check(peek16(&frame, AT_IP_FRAGMENT) == 0x4000);
	check(peek16(&frame, AT_IP_ID) == 0); /* RFC 6864 4.1: with DF it says nothing, so that it costs nothing */
}

/* RFC 1122 3.2.1.7: 64 unless told otherwise. */
Test(ip_output, time_to_live_is_64_or_as_told)
{
	static const uint8_t ttls[] = {1, 2, 63, 128, 255};
	check(send_echo("192.0.2.1", 1) == 0);
	struct frame usual = out_icmp(8, 0, 0x00070001);
	check(usual.bytes[AT_IP_TTL] == 64);
	for (size_t i = 0; i < sizeof ttls; i++) {
		harness_expect_ttl(ttls[i]);
		check(stack_echo(harness_stack(), ip_of("192.0.2.1"), 7, 1, ttls[i], "data", 4) == 0);
		out_icmp(8, 0, 0x00070001);
	}
	struct socket *socket = app_datagram();
	socket_set_ttl(socket, 5);
	harness_expect_ttl(5);
	app_send_to(socket, 3000); /* each fragment of it */
	check(out_datagram().ttl == 5);
}

static int note_ttl(void *user, const struct tx_packet *packet)
{
	if (tx_header_length(packet) > 22)
		*(uint8_t *)user = tx_headers(packet)[22];
	return 0;
}

/* RFC 1122 3.2.1.7: the default can be configured, but not as 0. */
Test(ip_output, the_default_time_to_live_is_configured)
{
	struct stack_config config = harness_config();
	uint8_t ttl = 0;
	config.emit = note_ttl;
	config.emit_user = &ttl;
	config.ttl = 17;
	struct stack *stack = stack_create(&config, 0);
	check(stack_add_neighbour(stack, ip_of("192.0.2.1"), (struct mac){{2, 0, 192, 0, 2, 1}}) == 0);
	check(stack_echo(stack, ip_of("192.0.2.1"), 1, 1, 0, "data", 4) == 0);
	check(ttl == 17);
	stack_destroy(stack);
	config.ttl = 0;
	check(!stack_create(&config, 0));
}

/* RFC 1122 3.2.1.6 and RFC 3168 5: all eight bits, both ways; but an echo reply leaves the congestion bits to routers. */
Test(ip_output, type_of_service_and_congestion_bits_up_and_down)
{
	struct socket *socket = app_datagram();
	for (unsigned tos = 0; tos < 256; tos++) {
		struct frame request = frame_icmp(8, 0, 1, 8);
		request.bytes[AT_IP + 1] = (uint8_t)tos;
		frame_fix_ip(&request);
		in_frame(&request);
		struct frame reply = out_icmp(0, 0, 1);
		check(reply.bytes[AT_IP + 1] == (tos & 0xfc));

		struct frame frame = frame_udp(6000, 5000, 8);
		frame.bytes[AT_IP + 1] = (uint8_t)tos;
		frame_fix_ip(&frame);
		in_frame(&frame);
		check(app_receive(socket, 8).tos == tos);
		socket_set_tos(socket, (uint8_t)tos);
		app_send_to(socket, 8);
		frame = out_udp(8);
		check(frame.bytes[AT_IP + 1] == tos);
	}
}

/* --- Where nothing is sent ----------------------------------------------------------------------------------------- */

/* RFC 1122 3.3.6: a broadcast needs permission, which an echo request has not. */
Test(ip_output, an_echo_request_to_all_or_to_no_host_is_refused)
{
	check(send_echo("255.255.255.255", 1) == -EACCES);
	check(send_echo("192.0.2.255", 1) == -EACCES);
	check(send_echo("192.0.2.0", 1) == -EACCES);
	check(send_echo("224.0.0.1", 1) == -ENETUNREACH);
	check(send_echo("240.0.0.1", 1) == -ENETUNREACH);
	check(send_echo("0.0.0.0", 1) == -ENETUNREACH);
	check(send_echo("0.1.2.3", 1) == -ENETUNREACH);
	quiet();
}

/* RFC 1122 3.2.1.3 (g): 127/8 is not seen outside. */
Test(ip_output, loopback_addresses_never_leave)
{
	struct socket *socket = app_datagram_on("127.0.0.1");
	struct endpoint to = {ip_of("192.0.2.1"), 9};
	check(socket_send_to(socket, "x", 1, &to) == -EINVAL);
	check(send_echo("127.0.0.1", 1) == 0);
	check(send_echo("127.255.255.254", 1) == 0);
	quiet();
	check(events_seen(EVENT_ICMP_ECHO_REPLY) == 2);
}

/* --- To oneself (RFC 1122 3.2.1.3, 3.3.4) -------------------------------------------------------------------------- */

static const char *const ourselves[] = {"192.0.2.2", "127.0.0.1", "127.1.2.3"};

Test(loopback, ping_to_ourselves)
{
	static uint8_t data[65507];
	static const size_t sizes[] = {0, 56, 1472, 1473, 65507};
	unsigned replies = 0;
	for (unsigned i = 0; i < 3; i++)
		for (unsigned k = 0; k < 5; k++) {
			check(stack_echo(harness_stack(), ip_of(ourselves[i]), 9, (uint16_t)k, 17, data, sizes[k]) ==
			      0);
			quiet();
			check(events_seen(EVENT_ICMP_ECHO_REPLY) == ++replies);
			const struct event *reply = event_last(EVENT_ICMP_ECHO_REPLY);
			check(reply->value == (9u << 16 | k) && reply->before == (64u << 16 | sizes[k]));
			check(address_equal(reply->remote.address, ip_of(ourselves[i])));
		}
	check(counted(COUNT_FRAMES_OUT) == 1); /* the announcement */
}

/* Both ends of a connection with ourselves. */
static void connect_both(const char *address, struct socket **client, struct socket **server)
{
	struct socket *listener = socket_open(harness_stack(), SOCKET_STREAM);
	check(socket_bind(listener, &(struct endpoint){ADDRESS_ANY, 80}) == 0);
	check(socket_listen(listener, 4) == 0);
	*client = socket_open(harness_stack(), SOCKET_STREAM);
	check(socket_connect(*client, &(struct endpoint){ip_of(address), 80}) == 0);
	quiet();
	*server = socket_accept(listener);
	check(*server && socket_ready(*client) & SOCKET_WRITABLE);
	check(address_equal(socket_local(*client).address, ip_of(address)));
	check(address_equal(socket_remote(*server).address, ip_of(address)));
	socket_close(listener);
}

/* All of `length` bytes, there. */
static void carry(struct socket *from, struct socket *to, size_t length)
{
	static uint8_t out_bytes[8192], in_bytes[8192];
	size_t sent = 0, got = 0;
	for (unsigned rounds = 0; got < length; rounds++) {
		check_that(rounds < 10000, "it does not get on");
		size_t part = length - sent < sizeof out_bytes ? length - sent : sizeof out_bytes;
		for (size_t i = 0; i < part; i++)
			out_bytes[i] = pattern(sent + i);
		long taken = part ? socket_send(from, out_bytes, part) : 0;
		check(taken >= 0 || taken == -EAGAIN);
		sent += taken > 0 ? (size_t)taken : 0;
		pass(MS);
		long read = socket_receive(to, in_bytes, sizeof in_bytes);
		check(read > 0 || read == -EAGAIN);
		for (long i = 0; i < read; i++)
			check(in_bytes[i] == pattern(got + (size_t)i));
		got += read > 0 ? (size_t)read : 0;
	}
}

Test(loopback, tcp_connects_transfers_and_closes)
{
	uint8_t byte;
	for (unsigned i = 0; i < 3; i++) {
		struct socket *client, *server;
		connect_both(ourselves[i], &client, &server);
		carry(client, server, 300000);
		carry(server, client, 100000);
		check(socket_shutdown(client, SOCKET_SHUTDOWN_WRITE) == 0);
		quiet();
		check(socket_receive(server, &byte, 1) == 0);
		carry(server, client, 1000); /* the other half is still open */
		socket_close(server);
		quiet();
		check(socket_receive(client, &byte, 1) == 0);
		socket_close(client);
		quiet();
		check(stack_connections(harness_stack()) == 0);
	}
	check(counted(COUNT_FRAMES_OUT) == 1);
	check(counted(COUNT_TCP_RETRANSMITS) == 0 && counted(COUNT_TCP_RESETS_OUT) == 0);
}

Test(loopback, a_closed_port_of_our_own_refuses)
{
	for (unsigned i = 0; i < 3; i++) {
		struct socket *stream = socket_open(harness_stack(), SOCKET_STREAM);
		check(socket_connect(stream, &(struct endpoint){ip_of(ourselves[i]), 81}) == 0);
		quiet();
		check(socket_error(stream) == -ECONNREFUSED);
		socket_close(stream);
	}
}

/* RFC 1122 4.1.3.3: the error finds its way to the socket here too. */
Test(loopback, an_unreachable_port_of_our_own_is_told)
{
	for (unsigned i = 0; i < 3; i++) {
		struct socket *socket = socket_open(harness_stack(), SOCKET_DATAGRAM);
		check(socket_connect(socket, &(struct endpoint){ip_of(ourselves[i]), 81}) == 0);
		check(socket_send_to(socket, "x", 1, NULL) == 1);
		quiet();
		check(socket_error(socket) == -ECONNREFUSED);
		socket_close(socket);
	}
}

Test(loopback, datagrams_to_ourselves)
{
	uint8_t bytes[8];
	struct socket *socket = app_datagram();
	for (unsigned i = 0; i < 3; i++) {
		struct socket_message message;
		struct endpoint to = {ip_of(ourselves[i]), 5000};
		check(socket_send_to(socket, "hello", 5, &to) == 5);
		check(socket_receive_from(socket, bytes, 8, false, &message) == -EAGAIN); /* not before a tick */
		quiet();
		check(socket_receive_from(socket, bytes, 8, false, &message) == 5 && memcmp(bytes, "hello", 5) == 0);
		check(address_equal(message.destination, to.address) && message.source.port == 5000);
	}
}

/* A connection whose two ends are one: the simultaneous open of RFC 9293 3.5 with oneself, as every stack allows. */
Test(loopback, attack_a_socket_that_connects_to_itself)
{
	struct socket *socket = socket_open(harness_stack(), SOCKET_STREAM);
	struct endpoint self = {ip_of("192.0.2.2"), 5000};
	uint8_t bytes[8];
	check(socket_bind(socket, &self) == 0);
	check(socket_connect(socket, &self) == 0);
	quiet_for(10 * SECOND);
	check(socket_ready(socket) & SOCKET_WRITABLE);
	check(socket_send(socket, "hello", 5) == 5);
	quiet_for(SECOND);
	check(socket_receive(socket, bytes, 8) == 5 && memcmp(bytes, "hello", 5) == 0);
	socket_close(socket);
	quiet_for(300 * SECOND);
	check(stack_connections(harness_stack()) == 0);
}

/* The queue is bounded, and what does not fit is named. */
Test(loopback, attack_the_queue_is_bounded)
{
	size_t before = stack_memory(harness_stack())->bytes;
	for (unsigned i = 0; i < 1000; i++)
		check(send_echo("127.0.0.1", i) == 0);
	check(dropped(DROP_TX_LOOPBACK_FULL) == 1000 - 256);
	quiet();
	check(events_seen(EVENT_ICMP_ECHO_REPLY) == 256);
	check(stack_memory(harness_stack())->bytes == before);
}

Test(loopback, without_memory_what_we_say_to_ourselves_is_dropped_by_name)
{
	harness_fail_allocation(1, false);
	check(send_echo("127.0.0.1", 1) == 0);
	check(dropped(DROP_TX_NO_MEMORY) == 1);
	harness_fail_allocation(0, false);
	check(send_echo("127.0.0.1", 2) == 0);
	quiet();
	check(events_seen(EVENT_ICMP_ECHO_REPLY) == 1);
}

/* A stack that is taken off the wire with packets to itself under way; the allocator misses none. */
Test(loopback, destroy_with_packets_queued)
{
	struct stack_config config = harness_config();
	struct stack *other = stack_create(&config, harness_now());
	check(other != NULL);
	for (unsigned i = 0; i < 10; i++)
		check(stack_echo(other, ip_of("127.0.0.1"), 1, 1, 0, "x", 1) == 0);
	check(stack_deadline(other) <= harness_now());
	stack_destroy(other);
}
