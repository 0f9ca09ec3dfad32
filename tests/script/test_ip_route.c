/* SPDX-License-Identifier: MIT
 *
 * Scripts about where packets go: the longest prefix, gateways, dead ones (RFC 1122 3.3.1).
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/script/arp.h"

TestSuite(ip_route, .init = harness_start, .fini = harness_end);

/* RFC 1122 3.3.1.1: a destination off our network is reached through the gateway's MAC, which is what is asked for. */
Test(ip_route, an_off_link_destination_goes_to_the_gateway)
{
	memcpy(flow_current()->peer, ip_of("198.51.100.7").bytes, 4);
	struct frame frame = frame_icmp(8, 0, 0x00070001, 20);
	harness_end();
	harness_start_bare();
	memcpy(flow_current()->peer, ip_of("198.51.100.7").bytes, 4);
	out_arp_announcement();
	in_frame(&frame);
	out_arp_request("192.0.2.254");
	struct frame reply = frame_arp(2, mac_of("192.0.2.254"), "192.0.2.254", mac_of("192.0.2.2"), "192.0.2.2");
	in_frame(&reply);
	out_icmp(0, 0, 0x00070001); /* the harness checks that the MAC is the gateway's */
	check(events_seen(EVENT_ROUTE_GATEWAY) > 0);
}

/* For who only asks: nothing is sent, and nothing is said to have happened. */
Test(ip_route, the_station_that_a_packet_would_go_to)
{
	struct mac mac;
	harness_end();
	harness_start_bare();
	out_arp_announcement();
	check(mac_equal(stack_mac(harness_stack()), mac_of("192.0.2.2")));
	check(!stack_neighbour(harness_stack(), ip_of("198.51.100.7"),
			       &mac)); /* nobody has answered for the gateway yet */
	arp_learn("192.0.2.254");
	check(stack_neighbour(harness_stack(), ip_of("198.51.100.7"), &mac) && mac_equal(mac, mac_of("192.0.2.254")));
	check(stack_neighbour(harness_stack(), ip_of("192.0.2.254"), &mac) && mac_equal(mac, mac_of("192.0.2.254")));
	check(!stack_neighbour(harness_stack(), ip_of("192.0.2.77"), &mac));
	check(!stack_neighbour(harness_stack(), ip_of("192.0.2.2"), &mac)); /* ourselves */
	check(events_seen(EVENT_ROUTE_GATEWAY) == 0);
}

/* RFC 1122 3.3.1.1: it works without a gateway, on the own network. */
Test(ip_route, without_a_gateway_the_own_network_is_reached_and_no_other)
{
	struct stack_config config = harness_config();
	config.gateway = ADDRESS_ANY;
	harness_end();
	harness_start_with(&config);
	struct frame near = frame_icmp(8, 0, 7, 8);
	in_frame(&near);
	out_icmp(0, 0, 7);
	check(stack_echo(harness_stack(), ip_of("198.51.100.7"), 1, 1, 0, "x", 1) == -ENETUNREACH);
	memcpy(flow_current()->peer, ip_of("198.51.100.7").bytes, 4);
	struct frame far = frame_icmp(8, 0, 7, 8);
	in_frame(&far);
	assert_dropped(DROP_TX_NO_ROUTE);
	quiet();
}

/* A connection to where there is no route fails at once with that error: no SYN can leave. */
Test(ip_route, without_a_gateway_a_datagram_elsewhere_is_refused)
{
	struct stack_config config = harness_config();
	config.gateway = ADDRESS_ANY;
	harness_end();
	harness_start_with(&config);
	struct socket *socket = app_datagram();
	struct endpoint to = {ip_of("198.51.100.7"), 9};
	check(socket_send_to(socket, "x", 1, &to) == -ENETUNREACH);
	quiet();
}

/* --- The longest prefix ------------------------------------------------------------------------------------------ */

/* An echo request to this address leaves for that station's MAC. */
static void leaves_by(const char *destination, const char *neighbour)
{
	check(stack_echo(harness_stack(), ip_of(destination), 1, 1, 0, "x", 1) == 0);
	struct frame frame = out_frame();
	check_that(memcmp(frame.bytes + AT_ETHER_TO, mac_of(neighbour).bytes, 6) == 0, "to %s not by %s", destination,
		   neighbour);
	check(memcmp(frame.bytes + AT_IP_TO, ip_of(destination).bytes, 4) == 0);
}

static int add_route(const char *network, unsigned prefix_length, const char *gateway)
{
	return stack_add_route(harness_stack(), ip_of(network), prefix_length, ip_of(gateway));
}

/* RFC 1122 3.3.1.2 */
Test(ip_route, the_longest_prefix_decides_in_whatever_order_they_were_added)
{
	harness_stations_move();
	check(add_route("198.51.100.0", 24, "192.0.2.9") == 0);
	check(add_route("198.51.100.130", 32, "192.0.2.11") == 0);
	check(add_route("198.51.100.128", 25, "192.0.2.10") == 0);
	check(add_route("198.51.0.0", 16, "192.0.2.8") == 0);
	leaves_by("198.51.100.130", "192.0.2.11");
	leaves_by("198.51.100.131", "192.0.2.10");
	leaves_by("198.51.100.128", "192.0.2.10");
	leaves_by("198.51.100.127", "192.0.2.9");
	leaves_by("198.51.101.1", "192.0.2.8");
	leaves_by("198.52.0.1", "192.0.2.254");
	leaves_by("192.0.2.77", "192.0.2.77");
	leaves_by("203.0.113.1", "192.0.2.254");
}

/* One host of our own network may be behind a gateway all the same. */
Test(ip_route, a_longer_prefix_than_our_own_network)
{
	harness_stations_move();
	check(add_route("192.0.2.64", 26, "192.0.2.9") == 0);
	leaves_by("192.0.2.65", "192.0.2.9");
	leaves_by("192.0.2.128", "192.0.2.128");
	check(add_route("192.0.2.0", 24, "192.0.2.10") == 0); /* as long as our own: that came first */
	leaves_by("192.0.2.128", "192.0.2.128");
}

Test(ip_route, routes_that_cannot_be_are_refused)
{
	check(add_route("198.51.100.0", 33, "192.0.2.9") == -EINVAL);
	check(add_route("198.51.100.0", 24, "198.51.100.1") == -EINVAL); /* RFC 1122 3.3.1.2: not on our network */
	check(add_route("198.51.100.0", 24, "0.0.0.0") == -EINVAL);
	for (unsigned i = 0; i < 30; i++) /* two are there: our network and the gateway */
		check(add_route("198.51.100.0", 24, "192.0.2.9") == 0);
	check(add_route("198.51.100.0", 24, "192.0.2.9") == -ENOSPC);
}

/* --- Dead gateways (RFC 1122 3.3.1.4, 3.3.1.5) ------------------------------------------------------------------- */

static void sent_by(const char *neighbour)
{
	struct frame frame = out_frame();
	check_that(memcmp(frame.bytes + AT_ETHER_TO, mac_of(neighbour).bytes, 6) == 0, "not by %s", neighbour);
}

/* A connection with somebody behind the gateways, with a segment in flight. */
static struct socket *talk(unsigned flow)
{
	memcpy(flow_select(flow)->peer, ip_of("198.51.100.7").bytes, 4);
	flow_current()->local_port = (uint16_t)(5000 + flow);
	struct socket *socket = app_connect();
	out("S 0:0(0)");
	in("S. 0:0(0) ack 1 win 65535 <mss 1000>");
	out(". 1:1(0) ack 1 <>");
	app_write(socket, 100);
	return socket;
}

/* RFC 9293 MUST-20: at R1, the third time-out, TCP advises IP; the next default gateway takes over, for everybody. */
Test(ip_route, tcp_at_R1_moves_to_the_second_default_gateway_and_back_after_60_s)
{
	harness_stations_move();
	check(add_route("0.0.0.0", 0, "192.0.2.253") == 0);
	talk(0);
	sent_by("192.0.2.254");
	after(200 * MS); /* RTO, doubled each time */
	sent_by("192.0.2.254");
	after(400 * MS);
	sent_by("192.0.2.254");
	after(800 * MS);
	sent_by("192.0.2.253");
	in(". 1:1(0) ack 101");
	leaves_by("203.0.113.9", "192.0.2.253");
	quiet_for(60 * SECOND - 1);
	leaves_by("203.0.113.9", "192.0.2.253");
	quiet_for(1);
	leaves_by("203.0.113.9", "192.0.2.254");
}

/* Where there is no other gateway, the dead one is all there is. */
Test(ip_route, an_only_gateway_is_used_whatever_is_said_of_it)
{
	talk(0);
	sent_by("192.0.2.254");
	for (uint64_t wait = 200 * MS; wait < 20 * SECOND; wait *= 2) {
		after(wait);
		sent_by("192.0.2.254");
	}
	in(". 1:1(0) ack 101");
}

/* A neighbour that does not answer is no gateway's fault. */
Test(ip_route, advice_about_a_neighbour_blames_no_gateway)
{
	harness_stations_move();
	check(add_route("0.0.0.0", 0, "192.0.2.253") == 0);
	check(add_route("192.0.2.0", 24, "192.0.2.10") == 0); /* after our own network, as long */
	struct socket *socket = active_open();
	app_write(socket, 100);
	out("P. 1:101(100) ack 1");
	for (uint64_t wait = 200 * MS; wait < 10 * SECOND; wait *= 2) {
		after(wait);
		sent_by("192.0.2.1");
	}
	leaves_by("203.0.113.9", "192.0.2.254");
	leaves_by("192.0.2.77", "192.0.2.77");
	in(". 1:1(0) ack 101");
}

/* Several connections find the same gateway dead, one after the other: the second gateway is not blamed for it. */
Test(ip_route, the_gateway_that_took_over_is_not_blamed_for_the_first_ones_losses)
{
	harness_stations_move();
	check(add_route("0.0.0.0", 0, "192.0.2.253") == 0);
	for (unsigned flow = 0; flow < 3; flow++) {
		talk(flow);
		sent_by("192.0.2.254");
		quiet_for(10 * MS);
	}
	pass(1400 * MS);
	out_rest();
	check(stack_stats(harness_stack())->counters[COUNT_TCP_TIMEOUTS] == 9);
	leaves_by("203.0.113.9", "192.0.2.253");
	harness_deaf(true);
	for (unsigned flow = 0; flow < 3; flow++) {
		flow_select(flow);
		in(". 1:1(0) ack 101");
	}
	harness_deaf(false);
}

/* Another network's gateway that was given up is no excuse for this one. */
Test(ip_route, each_network_has_its_own_gateways)
{
	harness_stations_move();
	check(add_route("0.0.0.0", 0, "192.0.2.253") == 0);
	check(add_route("203.0.113.0", 24, "192.0.2.9") == 0);
	check(add_route("203.0.113.0", 24, "192.0.2.10") == 0);
	check(add_route("198.51.100.0", 24, "192.0.2.11") == 0);
	check(add_route("198.51.100.0", 24, "192.0.2.12") == 0);
	harness_deaf(true);
	memcpy(flow_current()->peer, ip_of("203.0.113.7").bytes, 4);
	app_connect();
	memcpy(flow_select(1)->peer, ip_of("198.51.100.7").bytes, 4);
	app_connect();
	pass(10 * SECOND);
	harness_deaf(false);
	leaves_by("203.0.113.9", "192.0.2.10");
	leaves_by("198.51.100.9", "192.0.2.12");
	leaves_by("192.0.2.77", "192.0.2.77");
	leaves_by("198.52.0.1", "192.0.2.254"); /* the default ones are shorter, and untouched */
}

/* A default gateway does not know the way where the longer prefix says that there is another: even dead, that one is used. */
Test(ip_route, a_dead_gateway_of_a_longer_prefix_is_not_replaced_by_a_default_one)
{
	harness_stations_move();
	check(add_route("203.0.113.0", 24, "192.0.2.9") == 0);
	harness_deaf(true);
	memcpy(flow_current()->peer, ip_of("203.0.113.7").bytes, 4);
	app_connect();
	pass(10 * SECOND);
	harness_deaf(false);
	leaves_by("203.0.113.9", "192.0.2.9");
}

/* But when it has had its time and fails too, the third one gets its turn. */
Test(ip_route, a_second_dead_gateway_is_found_too)
{
	harness_stations_move();
	check(add_route("0.0.0.0", 0, "192.0.2.253") == 0);
	check(add_route("0.0.0.0", 0, "192.0.2.252") == 0);
	harness_deaf(true);
	for (unsigned flow = 0; flow < 2; flow++) {
		harness_deaf(false);
		talk(flow);
		harness_deaf(true);
		pass(10 * SECOND);
	}
	harness_deaf(false);
	leaves_by("203.0.113.9", "192.0.2.252");
}

/* Three requests without an answer, and the second gateway is asked for (RFC 1122 3.3.1.4: link-layer advice), and gets what had
 * waited, however many packets those were. */
Test(ip_route, a_gateway_that_does_not_answer_arp_is_passed_over_for_60_s)
{
	for (unsigned waiting = 1; waiting <= 5; waiting++) {
		harness_end();
		arp_begin();
		check(add_route("0.0.0.0", 0, "192.0.2.253") == 0);
		memcpy(flow_current()->peer, ip_of("198.51.100.7").bytes, 4);
		harness_stations_move();
		for (unsigned i = 0; i < waiting; i++)
			check(stack_echo(harness_stack(), ip_of("198.51.100.7"), 1, 1, 0, "x", 1) == 0);
		out_arp_request("192.0.2.254");
		after(SECOND);
		out_arp_request("192.0.2.254");
		after(SECOND);
		out_arp_request("192.0.2.254");
		after(SECOND);
		check(events_seen(EVENT_ARP_GAVE_UP) == 1);
		out_arp_request("192.0.2.253");
		in_reply("192.0.2.253");
		for (unsigned i = 0; i < waiting; i++)
			sent_by("192.0.2.253");
		check(events_seen(EVENT_ICMP_ECHO_ERROR) == 0);
		quiet_for(60 * SECOND - 1);
		leaves_by("198.51.100.7", "192.0.2.253");
		quiet_for(1);
		check(stack_echo(harness_stack(), ip_of("198.51.100.7"), 1, 1, 0, "x", 1) == 0);
		out_rest(); /* a check of the other's MAC, and this */
		in_reply("192.0.2.254");
		sent_by("192.0.2.254");
	}
}

/* When the last gateway is dead too, whoever waits is told: nothing goes to and fro between dead ones. */
Test(ip_route, when_no_gateway_answers_it_is_told)
{
	harness_end();
	arp_begin();
	check(add_route("0.0.0.0", 0, "192.0.2.253") == 0);
	check(stack_echo(harness_stack(), ip_of("198.51.100.7"), 1, 1, 0, "x", 1) == 0);
	for (unsigned i = 0; i < 6; i++) {
		out_arp_request(i < 3 ? "192.0.2.254" : "192.0.2.253");
		after(SECOND);
	}
	check(events_seen(EVENT_ICMP_ECHO_ERROR) == 1);
	check(event_last(EVENT_ICMP_ECHO_ERROR)->before == 0x301); /* host unreachable */
	quiet_for(10 * SECOND);
}

/* A connection that begins while the first gateway is dead is opened by the second. */
Test(ip_route, a_connection_is_opened_by_the_second_gateway)
{
	harness_end();
	arp_begin();
	harness_stations_move();
	check(add_route("0.0.0.0", 0, "192.0.2.253") == 0);
	memcpy(flow_current()->peer, ip_of("198.51.100.7").bytes, 4);
	struct socket *socket = app_connect();
	out_arp_request("192.0.2.254");
	harness_deaf(true);
	pass(3 * SECOND);
	harness_deaf(false);
	in_reply("192.0.2.253");
	sent_by("192.0.2.253");
	out_rest();
	check(socket_error(socket) == 0);
}

/* A gateway that is no neighbour of ours cannot be used. */
Test(ip_route, a_configured_gateway_off_our_network_is_refused)
{
	struct stack_config config = harness_config();
	config.gateway = ip_of("198.51.100.1");
	check(!stack_create(&config, 0));
}

/* RFC 1122 3.3.4.2: the local address is the application's choice, where it is ours; 127/8 stays at home (3.2.1.3). */
Test(ip_route, the_local_address_of_a_connection)
{
	struct endpoint far = {ip_of("192.0.2.1"), 6000}, near = {ip_of("127.0.0.1"), 6000};
	struct endpoint home = {ip_of("127.0.0.1"), 5000}, ours = {ip_of("192.0.2.2"), 5001};
	struct socket *socket = socket_open(harness_stack(), SOCKET_STREAM);
	check(socket_bind(socket, &home) == 0);
	check(socket_connect(socket, &far) == -EADDRNOTAVAIL);
	check(socket_connect(socket, &near) == 0);
	check(address_equal(socket_local(socket).address, home.address));
	struct socket *other = socket_open(harness_stack(), SOCKET_STREAM);
	check(socket_bind(other, &ours) == 0);
	check(socket_connect(other, &far) == 0);
	check(address_equal(socket_local(other).address, ours.address));
	out_rest();
	socket_abort(socket);
	socket_abort(other);
}

/* The fragments of a datagram of ours wait for a neighbour that never answers: the first one tells, once. */
Test(ip_route, fragments_for_a_dead_neighbour_are_told_once)
{
	static const uint8_t bytes[5000];
	struct endpoint to = {ip_of("192.0.2.77"), 9};
	harness_end();
	arp_begin();
	struct socket *socket = socket_open(harness_stack(), SOCKET_DATAGRAM);
	check(socket_connect(socket, &to) == 0);
	harness_deaf(true);
	check(socket_send_to(socket, bytes, sizeof bytes, NULL) == sizeof bytes);
	pass(5 * SECOND);
	harness_deaf(false);
	check(dropped(DROP_ICMP_QUOTE) == 0);
	check(events_seen(EVENT_UDP_ERROR) == 1);
	check(socket_error(socket) == -EHOSTUNREACH);
	socket_close(socket);
}
