/* SPDX-License-Identifier: MIT
 *
 * Scripts about those requirements of RFC 9293 that no story of opening, moving data or closing comes across by itself: options
 * where nobody looks for them, initial numbers, ports and addresses, what IP is asked for, urgent text.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/harness/harness.h"

TestSuite(tcp_musts, .init = harness_start, .fini = harness_end);

static void restart_with(const struct stack_config *config)
{
	harness_end();
	harness_start_with(config);
}

/* --- Options (3.1, 3.2) ------------------------------------------------------------------------------------------ */

/* MUST-4: what stands behind End of list is not read, what stands behind No-operation is. */
Test(tcp_musts, no_operation_and_end_of_list)
{
	struct socket *s = passive_open_with("nop,nop,nop,mss 700,eol,hex 020400c8", 65535, 65535);
	app_write(s, 1500);
	out(". 1:701(700) ack 1");
	out(". 701:1401(700) ack 1");
	out("P. 1401:1501(100) ack 1");
}

/* MUST-5: options may come in every segment, with text, with a FIN, behind one that nobody knows; the MSS counts in a SYN only. */
Test(tcp_musts, options_are_read_in_every_segment)
{
	struct socket *s = passive_open_with("mss 1000,nop,nop,TS val 1000 ecr 0", 65535, 65535);
	in("P. 1:11(10) ack 1 <hex fd04aabb,mss 300,TS val 2000 ecr last>");
	after(40 * MS);
	out(". 1:1(0) ack 11 <nop,nop,TS val * ecr 2000>");
	in("F. 11:11(0) ack 1 <hex fd03aa,TS val 3000 ecr last>");
	out(". 1:1(0) ack 12 <nop,nop,TS val * ecr 3000>");
	app_read(s, 10);
	app_write(s, 988);
	out("P. 1:989(988) ack 12 <nop,nop,TS val * ecr 3000>");
}

/* --- Initial sequence numbers (3.4.1) ---------------------------------------------------------------------------- */

/* The number of a SYN of ours between the same two ends, and no more of that connection. */
static uint32_t initial_number(void)
{
	flow_forget();
	struct socket *s = app_connect();
	struct frame syn = out_frame();
	check(syn.bytes[AT_TCP_FLAGS] == 2);
	socket_abort(s);
	quiet();
	return peek32(&syn, AT_TRANSPORT + 4);
}

/* MUST-8: those of one pair of ends follow a clock that ticks every 4 us. */
Test(tcp_musts, initial_numbers_follow_a_clock_of_4_us)
{
	uint32_t first = initial_number();
	quiet_for(4 * SECOND);
	check(initial_number() - first == 1000000);
	quiet_for(3600 * SECOND);
	check(initial_number() - first == 901000000);
}

/* MUST-9, SHLD-1: where they begin, the clock taken away, hangs on each part of a secret. */
Test(tcp_musts, attack_initial_numbers_hang_on_every_byte_of_the_secret)
{
	struct stack_config config = harness_config();
	uint32_t begin[17];
	for (unsigned i = 0; i < 17; i++) {
		struct stack_config other = config;
		if (i < 16)
			other.seed[i] ^= 1;
		restart_with(&other);
		begin[i] = initial_number() - (uint32_t)(harness_now() / 4);
		for (unsigned k = 0; k < i; k++)
			check_that(begin[k] != begin[i], "seeds %u and %u give the same numbers", k, i);
	}
}

/* --- OPEN (3.9.1.1) ---------------------------------------------------------------------------------------------- */

/* Ten bytes there and ten back. */
static void stands(struct socket *s)
{
	in("P. 1:11(10) ack 1");
	app_read(s, 10);
	app_write(s, 10);
	out("P. 1:11(10) ack 11");
}

/* MUST-42: a port can be listened on while connections from it are in SYN-SENT and SYN-RECEIVED, and all go their way. MUST-41: so they
 * do when listening is asked for once more, and refused. */
Test(tcp_musts, a_port_is_listened_on_beside_its_connections)
{
	struct socket *sent = app_connect();
	out("S 0:0(0)");
	flow_select(1);
	struct socket *received = app_connect();
	out("S 0:0(0)");
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	flow_select(2);
	struct socket *listener = app_listen();
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 1");
	struct socket *accepted = app_accept();

	struct socket *again = socket_open(harness_stack(), SOCKET_STREAM);
	struct endpoint local = {ip_of("192.0.2.2"), 5000};
	check(socket_bind(again, &local) == -EADDRINUSE || socket_listen(again, 1) == -EADDRINUSE);
	socket_close(again);

	stands(accepted);
	flow_select(0);
	in("S. 0:0(0) ack 1 <mss 1000>");
	out(". 1:1(0) ack 1");
	stands(sent);
	flow_select(1);
	in(". 1:1(0) ack 1");
	stands(received);
	check(!socket_accept(listener));
}

/* MUST-43: who listens on one address is not reached by another. */
Test(tcp_musts, listening_on_one_address)
{
	struct socket *listener = socket_open(harness_stack(), SOCKET_STREAM);
	struct endpoint home = {ip_of("127.0.0.1"), 5000};
	check(socket_bind(listener, &home) == 0 && socket_listen(listener, 1) == 0);
	in("S 0:0(0) <mss 1000>");
	out("R. 0:0(0) ack 1");
	struct socket *client = socket_open(harness_stack(), SOCKET_STREAM);
	check(socket_connect(client, &home) == 0);
	quiet();
	struct socket *server = socket_accept(listener);
	check(server && address_equal(socket_local(server).address, home.address));
	socket_abort(client);
	quiet();
	socket_close(server);
	socket_close(listener);
}

/* MUST-44: without a local address IP chooses one, before the SYN; MUST-45: it stays that of the connection. */
Test(tcp_musts, ip_chooses_the_local_address)
{
	static const char *const remotes[][2] = {{"192.0.2.1", "192.0.2.2"}, {"198.51.100.7", "192.0.2.2"}};
	for (unsigned i = 0; i < 2; i++) {
		memcpy(flow_select(i)->peer, ip_of(remotes[i][0]).bytes, 4);
		struct socket *s = socket_open(harness_stack(), SOCKET_STREAM);
		struct endpoint remote = {ip_of(remotes[i][0]), (uint16_t)(6000 + i)};
		check(socket_connect(s, &remote) == 0);
		check(address_equal(socket_local(s).address, ip_of(remotes[i][1])));
		flow_current()->local_port = socket_local(s).port;
		out("S 0:0(0)"); /* from 192.0.2.2: the harness looks, here and in all that follows */
		in("S. 0:0(0) ack 1 <mss 1000>");
		out(". 1:1(0) ack 1");
		stands(s);
		check(address_equal(socket_local(s).address, ip_of(remotes[i][1])));
	}
	struct socket *home = socket_open(harness_stack(), SOCKET_STREAM);
	struct endpoint near = {ip_of("127.0.0.1"), 80};
	check(socket_connect(home, &near) == 0);
	check(address_equal(socket_local(home).address, near.address));
	quiet();
}

/* --- What IP is asked for (3.9.2) -------------------------------------------------------------------------------- */

/* MUST-49: in a SYN,ACK, in text and in the RST that nobody's connection sends. */
Test(tcp_musts, segments_have_the_configured_time_to_live)
{
	struct stack_config config = harness_config();
	config.ttl = 17;
	restart_with(&config);
	app_listen();
	in("S 0:0(0) <mss 1000>");
	struct frame frame = out_frame();
	check(frame.bytes[AT_TCP_FLAGS] == 0x12 && frame.bytes[AT_IP_TTL] == 17);
	in(". 1:1(0) ack 1");
	app_write(app_accept(), 10);
	frame = out_frame();
	check(frame.length == AT_TCP_OPTIONS + 10 && frame.bytes[AT_IP_TTL] == 17);
	flow_select(1)->local_port = 5001;
	in("S 0:0(0) <mss 1000>");
	frame = out_frame();
	check(frame.bytes[AT_TCP_FLAGS] == 0x14 && frame.bytes[AT_IP_TTL] == 17);
}

/* MUST-48, MUST-49, SHLD-21, SHLD-22: what the application asks for is what IP gets, from the next segment on; the ECN bits are not the
 * application's. A listener hands it to what comes in by it. */
Test(tcp_musts, diffserv_and_time_to_live_are_the_applications)
{
	struct socket *listener = app_listen();
	socket_set_tos(listener, 0xbb);
	socket_set_ttl(listener, 5);
	harness_expect_ttl(5);
	in("S 0:0(0) <mss 1000>");
	struct frame frame = out_frame();
	check(frame.bytes[AT_TCP_FLAGS] == 0x12 && frame.bytes[AT_IP + 1] == 0xb8);
	in(". 1:1(0) ack 1");
	struct socket *s = app_accept();
	app_write(s, 10);
	frame = out_frame();
	check(frame.bytes[AT_IP + 1] == 0xb8);
	socket_set_tos(s, 0x20);
	socket_set_ttl(s, 200);
	harness_expect_ttl(200);
	app_write(s, 10);
	in(". 1:1(0) ack 11");
	frame = out_frame();
	check(frame.bytes[AT_IP + 1] == 0x20);
}

/* MUST-50: a SYN and text come with IP options that mean nothing to TCP. */
Test(tcp_musts, ip_options_are_ignored)
{
	app_listen();
	struct frame plain = frame_tcp("S 0:0(0) <mss 1000>");
	struct frame frame = frame_with_ip_options(&plain, "\x94\x04\x00\x00", 4); /* router alert */
	in_frame(&frame);
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 1");
	struct socket *s = app_accept();
	plain = frame_tcp("P. 1:11(10) ack 1");
	frame = frame_with_ip_options(&plain, "\x5e\x06\xaa\xbb\xcc\xdd\x01\x00", 8); /* kind 94, which nobody knows */
	in_frame(&frame);
	after(40 * MS);
	out(". 1:1(0) ack 11");
	app_read(s, 10);
	out_rest();
}

static void refused(struct frame frame, size_t at, const char *address, enum drop_reason reason)
{
	memcpy(frame.bytes + at, ip_of(address).bytes, 4);
	frame_fix(&frame);
	in_frame(&frame);
	assert_dropped(reason);
	quiet();
}

/* MUST-63: a SYN from what is no host, MUST-57: one to many. Nobody is told, and nothing is kept. */
Test(tcp_musts, attack_syns_from_and_to_what_is_no_host)
{
	static const char *const sources[] = {"0.0.0.0",   "224.0.0.1",   "239.255.255.255", "255.255.255.255",
					      "240.0.0.1", "192.0.2.255", "192.0.2.2"};
	app_listen();
	struct frame syn = frame_tcp("S 0:0(0) <mss 1000>");
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
		refused(syn, AT_IP_FROM, sources[i], DROP_IP_SOURCE);
	refused(syn, AT_IP_FROM, "127.0.0.1", DROP_IP_LOOPBACK);
	refused(syn, AT_IP_TO, "224.0.0.1", DROP_IP_MULTICAST);
	refused(syn, AT_IP_TO, "255.255.255.255", DROP_TCP_BROADCAST);
	refused(syn, AT_IP_TO, "192.0.2.255", DROP_TCP_BROADCAST);
	check(stack_connections(harness_stack()) == 0);
}

/* MUST-22: a SYN that goes unanswered advises IP at R1, its third time-out, as data does (MUST-20): the next gateway gets a try. */
Test(tcp_musts, a_syn_at_R1_leaves_by_the_second_gateway)
{
	static const struct {
		uint64_t after;
		const char *by;
	} tries[] = {
	    {0, "192.0.2.254"}, {1, "192.0.2.254"}, {2, "192.0.2.254"}, {4, "192.0.2.253"}, {8, "192.0.2.253"}};
	harness_stations_move();
	check(stack_add_route(harness_stack(), ip_of("0.0.0.0"), 0, ip_of("192.0.2.253")) == 0);
	memcpy(flow_current()->peer, ip_of("198.51.100.7").bytes, 4);
	app_connect();
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
		if (tries[i].after)
			after(tries[i].after * SECOND);
		struct frame syn = out_frame();
		check(syn.bytes[AT_TCP_FLAGS] == 2);
		check_that(memcmp(syn.bytes + AT_ETHER_TO, mac_of(tries[i].by).bytes, 6) == 0, "try %zu is not by %s",
			   i, tries[i].by);
	}
}

/* --- Urgent text (3.8.5) ----------------------------------------------------------------------------------------- */

/* MUST-32: told when urgent text becomes known and each time that its end moves on, not when it is said again. */
Test(tcp_musts, urgent_text_is_told_when_its_end_moves)
{
	struct socket *s = passive_open();
	in("U. 1:1001(1000) ack 1 urg 3000");
	check(events_seen(EVENT_TCP_URGENT) == 1 && event_last(EVENT_TCP_URGENT)->value == 3000);
	check(socket_urgent(s) == 3000 && socket_ready(s) & SOCKET_URGENT);
	in("U. 1001:2001(1000) ack 1 urg 2000");
	out(". 1:1(0) ack 2001");
	in("U. 2001:2501(500) ack 1 urg 900"); /* back: it cannot recede */
	check(events_seen(EVENT_TCP_URGENT) == 1);
	in("U. 2501:3001(500) ack 1 urg 501");
	check(events_seen(EVENT_TCP_URGENT) == 2 && event_last(EVENT_TCP_URGENT)->value == 501);
	check(socket_urgent(s) == 3001);
	app_read(s, 3000);
	check(socket_urgent(s) == 1 && socket_ready(s) & SOCKET_URGENT);
	out_rest();
	in("U. 3001:3011(10) ack 1 urg 10"); /* one byte was still to come, and now ten are */
	check(events_seen(EVENT_TCP_URGENT) == 3 && event_last(EVENT_TCP_URGENT)->value == 10);
	check(socket_urgent(s) == 10);
	app_read(s, 10);
	check(socket_urgent(s) == 0 && !(socket_ready(s) & SOCKET_URGENT));
	pass(40 * MS);
	out(". 1:1(0) ack 3011");
}

/* What is announced but never comes, because the stream ends before, is waited for no longer. */
Test(tcp_musts, urgent_text_that_never_comes)
{
	struct socket *s = passive_open();
	in("U. 1:11(10) ack 1 urg 500");
	app_read(s, 10);
	out_rest();
	check(socket_urgent(s) == 490);
	in("F. 11:11(0) ack 1");
	out(". 1:1(0) ack 12");
	check(socket_urgent(s) == 0 && !(socket_ready(s) & SOCKET_URGENT));
}

/* A listener's connection, and the user who is waiting, hears of it by on_ready() even where no text has come. */
static unsigned told;

static void count_ready(void *user, struct socket *socket)
{
	(void)user;
	told += (socket_ready(socket) & SOCKET_URGENT) != 0;
}

Test(tcp_musts, urgent_text_wakes_its_reader)
{
	struct stack_config config = harness_config();
	config.on_ready = count_ready;
	restart_with(&config);
	passive_open();
	in("U. 1:1(0) ack 1 urg 5");
	check(told == 1);
	in("U. 1:1(0) ack 1 urg 5");
	check(told == 1);
	in("U. 1:1(0) ack 1 urg 6");
	check(told == 2);
	told = 0;
}

static void say_urgently(struct socket *s, size_t length)
{
	uint8_t bytes[1000];
	for (size_t i = 0; i < length; i++)
		bytes[i] = pattern(flow_current()->written++);
	check(socket_send_urgent(s, bytes, length) == (long)length);
}

/* MUST-30, MUST-62: the pointer stands on every segment that begins before the end of what is urgent, and names the byte
 * after that. */
Test(tcp_musts, what_we_send_urgently_is_marked)
{
	struct socket *s = passive_open();
	app_write(s, 1500);
	say_urgently(s, 1000);
	app_write(s, 500); /* which is not */
	out("U. 1:1001(1000) ack 1 urg 2500");
	out("U. 1001:2001(1000) ack 1 urg 1500");
	out("PU. 2001:3001(1000) ack 1 urg 500");
	in(". 1:1(0) ack 2001");
	pass(300 * MS);
	out("PU. 2001:3001(1000) ack 1 urg 500"); /* again, and still so */
	in(". 1:1(0) ack 3001");
	app_write(s, 10);
	out("P. 3001:3011(10) ack 1");
	in(". 1:1(0) ack 3011 win 0");
	app_write(s, 10);
	after(200 * MS); /* nothing is urgent any more in a probe, one number to the left */
	out(". 3010:3010(0) ack 1");
}

/* It does not wait to be joined by more (Nagle), nor for the peer's window with the word of it (3.10.2). */
Test(tcp_musts, what_is_urgent_does_not_wait)
{
	struct socket *s = passive_open();
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	app_write(s, 10);
	quiet();
	say_urgently(s, 1);
	out("PU. 11:22(11) ack 1 urg 11");
	in(". 1:1(0) ack 22 win 0");
	say_urgently(s, 5);
	out("U. 22:22(0) ack 1 urg 5");
	after(200 * MS);
	out("U. 21:21(0) ack 1 urg 6"); /* a probe */
	in(". 1:1(0) ack 22");
	out("PU. 22:27(5) ack 1 urg 5");
}

/* MUST-31: a pointer of 16 bits says as much as it can. */
Test(tcp_musts, urgent_text_longer_than_its_pointer)
{
	struct socket *s = passive_open();
	app_write(s, 69000);
	say_urgently(s, 1000);
	for (unsigned at = 1; at <= 9001; at += 1000) {
		unsigned left = 70001 - at;
		out("U. %u:%u(1000) ack 1 urg %u", at, at + 1000, left < 65535 ? left : 65535);
	}
	harness_deaf(true);
	in(". 1:1(0) ack 10001");
	harness_deaf(false);
}

/* Nothing was taken, so that nothing is urgent. */
Test(tcp_musts, nothing_is_urgent_that_was_not_taken)
{
	struct socket *s = passive_open();
	check(socket_send_urgent(s, "", 0) == 0);
	quiet();
	check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
	out("F. 1:1(0) ack 1");
	check(socket_send_urgent(s, "x", 1) == -EPIPE);
	in(". 1:1(0) ack 2");
}

/* MUST-31: it may be longer than any segment, window or urgent pointer; in line, as all text. */
Test(tcp_musts, urgent_text_of_200000_bytes)
{
	struct socket *s = passive_open();
	for (unsigned i = 0; i < 200; i++) {
		in("U. %u(1000) ack 1 urg 65535", 1 + 1000 * i);
		check(events_seen(EVENT_TCP_URGENT) == i + 1);
		check(event_last(EVENT_TCP_URGENT)->value == 65535);
		app_read(s, 1000);
		out_rest();
	}
}

/* MUST-66: RST and URG count when our window is closed, though the text that they come with does not. */
Test(tcp_musts, urgent_and_reset_count_with_a_closed_window)
{
	struct stack_config config = harness_config();
	config.receive_buffer = 4096;
	restart_with(&config);
	struct socket *s = passive_open();
	in(". 1:1461(1460) ack 1");
	in(". 1461:2921(1460) ack 1");
	out(". 1:1(0) ack 2921 win 0");
	in("U. 2921:2931(10) ack 1 urg 7");
	assert_dropped(DROP_TCP_SEQUENCE);
	out(". 1:1(0) ack 2921 win 0");
	in("SU. 2921:2931(10) ack 1 urg 9"); /* a SYN is none of them: RFC 5961 4.2 */
	assert_dropped(DROP_TCP_SEQUENCE);
	out(". 1:1(0) ack 2921 win 0");
	in("S 2921:2921(0)");
	quiet();
	check(events_seen(EVENT_TCP_URGENT) == 1 && event_last(EVENT_TCP_URGENT)->value == 7);
	in("R 2921:2931(10)");
	check(socket_error(s) == -ECONNRESET);
}
