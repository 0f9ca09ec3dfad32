/* SPDX-License-Identifier: MIT
 *
 * Scripts about opening a connection (RFC 9293 3.5 and 3.10.7.2 to 3.10.7.4): the three-way handshake from both
 * sides, and what must not open a connection.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/harness/harness.h"

TestSuite(tcp_open, .init = harness_start, .fini = harness_end);

/* --- By the peer ------------------------------------------------------------------------------------------------- */

/* RFC 9293 3.5, figure 6; the options as Linux lays them out. */
Test(tcp_open, passive_with_every_option)
{
	app_listen();
	in("S 0:0(0) win 64240 <mss 1460,sackOK,TS val 1000 ecr 0,nop,wscale 7>");
	out("S. 0:0(0) ack 1 <mss 1460,sackOK,TS val * ecr 1000,nop,wscale 7>");
	in(". 1:1(0) ack 1 win 502 <nop,nop,TS val 1001 ecr last>");
	struct socket *s = app_accept();
	quiet();
	check(socket_ready(s) == SOCKET_WRITABLE);
	check(socket_remote(s).port == 6000 && socket_local(s).port == 5000);
	check(address_equal(socket_remote(s).address, ip_of("192.0.2.1")));
	check(address_equal(socket_local(s).address, ip_of("192.0.2.2")));
}

/* Each option is answered only where it was offered (RFC 7323 2.2 and 3.2, RFC 2018 2), and padded as Linux does. */
Test(tcp_open, passive_with_fewer_options)
{
	static const struct {
		const char *offered;
		const char *answered;
	} cases[] = {
	    {"mss 1460", "mss 1460"},
	    {"", "mss 1460"},
	    {"mss 1460,nop,wscale 0", "mss 1460,nop,wscale 7"},
	    {"mss 1460,nop,nop,sackOK", "mss 1460,nop,nop,sackOK"},
	    {"mss 1460,nop,wscale 8,nop,nop,sackOK", "mss 1460,nop,nop,sackOK,nop,wscale 7"},
	    {"mss 1460,nop,nop,TS val 7 ecr 0", "mss 1460,nop,nop,TS val * ecr 7"},
	    {"mss 1460,sackOK,TS val 7 ecr 0", "mss 1460,sackOK,TS val * ecr 7"},
	    {"mss 1460,nop,nop,TS val 7 ecr 0,nop,wscale 2", "mss 1460,nop,nop,TS val * ecr 7,nop,wscale 7"},
	};
	app_listen();
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		flow_select(i);
		in("S 0:0(0) <%s>", cases[i].offered);
		out("S. 0:0(0) ack 1 <%s>", cases[i].answered);
	}
}

/* RFC 9293 3.10.7.4 fifth: data may come with the handshake's third segment. */
Test(tcp_open, the_third_segment_may_carry_data_and_fin)
{
	app_listen();
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in("FP. 1:11(10) ack 1");
	out(". 1:1(0) ack 12");
	struct socket *s = app_accept();
	app_read(s, 10);
	app_read_gives(s, 0);
}

/* RFC 9293 3.10.7.2: text with a SYN must not be lost: it is kept, or left unacknowledged so that it comes again. */
Test(tcp_open, data_in_a_syn_is_not_lost)
{
	app_listen();
	in("S 0:10(10) <mss 1000>");
	struct frame frame = out_frame();
	check((frame.bytes[AT_TCP_FLAGS] & 0x12) == 0x12);
	bool kept = peek32(&frame, AT_TRANSPORT + 8) != flow_current()->peer_isn + 1;
	if (kept)
		check(peek32(&frame, AT_TRANSPORT + 8) == flow_current()->peer_isn + 11);
	in(". 1:11(10) ack 1");
	struct socket *s = app_accept();
	app_read(s, 10);
	pass(SECOND);
	out(". 1:1(0) ack 11");
}

/* The window in the SYN and the SYN-ACK is never scaled (RFC 7323 2.2); afterwards it is. */
Test(tcp_open, windows_are_scaled_after_the_handshake_only)
{
	app_listen();
	in("S 0:0(0) win 1000 <mss 1000,nop,wscale 7>");
	out("S. 0:0(0) ack 1");
	in("P. 1:2(1) ack 1 win 100"); /* 12,800 bytes */
	struct socket *s = app_accept();
	app_write(s, 3000);
	out(". 1:1001(1000) ack 2");
	out(". 1001:2001(1000) ack 2");
	out("P. 2001:3001(1000) ack 2");
	app_read(s, 1);
}

Test(tcp_open, the_window_of_the_syn_itself_is_not_scaled)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	in("S. 0:0(0) ack 1 win 2000 <mss 1000,nop,wscale 7>");
	out(". 1:1(0) ack 1");
	app_write(s, 5000);
	out(". 1:1001(1000) ack 1");
	out(". 1001:2001(1000) ack 1");
	quiet();
}

/* MUST-1: the window is unsigned; no window scaling, and 0x8000 is 32,768 bytes. */
Test(tcp_open, a_window_with_its_highest_bit_set_is_large)
{
	struct socket *s = passive_open_with("mss 1000", 0, 0x8000);
	app_write(s, 2000);
	out(". 1:1001(1000) ack 1");
	out("P. 1001:2001(1000) ack 1");
}

/* --- By us ------------------------------------------------------------------------------------------------------- */

Test(tcp_open, active_with_every_option)
{
	struct socket *s = app_connect();
	out("S 0:0(0) <mss 1460,sackOK,TS val * ecr 0,nop,wscale 7>");
	check(socket_ready(s) == 0);
	in("S. 0:0(0) ack 1 win 65160 <mss 1460,sackOK,TS val 5 ecr last,nop,wscale 7>");
	out(". 1:1(0) ack 1 <nop,nop,TS val * ecr 5>");
	check(socket_ready(s) == SOCKET_WRITABLE);
	check(socket_error(s) == 0);
}

/* A peer that answers with nothing but an MSS gets segments without options. */
Test(tcp_open, active_to_a_peer_without_options)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	in("S. 0:0(0) ack 1 <mss 1460>");
	out(". 1:1(0) ack 1 <>");
	app_write(s, 2000);
	out(". 1:1461(1460) ack 1 <>");
	out("P. 1461:2001(540) ack 1 <>");
}

/* RFC 9293 3.10.7.3 fourth: other controls and text of the SYN,ACK are processed too. */
Test(tcp_open, the_syn_ack_may_carry_data_and_fin)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	in("S. 0:10(10) ack 1 <mss 1000>");
	out(". 1:1(0) ack 11");
	app_read(s, 10);

	flow_select(1);
	flow_current()->local_port = 5001;
	s = app_connect();
	out("S 0:0(0)");
	in("SF. 0:0(0) ack 1 <mss 1000>");
	out(". 1:1(0) ack 2");
	app_read_gives(s, 0);
	app_write(s, 3);
	out("P. 1:4(3) ack 2");
}

/* MUST-67: a smaller MTU is told in the MSS, and kept to. */
Test(tcp_open, a_small_mtu)
{
	struct stack_config config = harness_config();
	config.mtu = 576;
	harness_end();
	harness_start_with(&config);
	app_listen();
	in("S 0:0(0) <mss 1460>");
	out("S. 0:0(0) ack 1 <mss 536>");
	in(". 1:1(0) ack 1");
	struct socket *s = app_accept();
	app_write(s, 600);
	out(". 1:537(536) ack 1");
	out("P. 537:601(64) ack 1");
}

/* The window we offer without scaling agreed fits 16 bits unscaled, and is not the scaled one by mistake. */
Test(tcp_open, our_window_is_not_scaled_when_the_peer_did_not_agree)
{
	active_open();
	in("P. 1:2(1) ack 1");
	pass(SECOND);
	struct frame frame = out_frame();
	check(peek16(&frame, AT_TRANSPORT + 14) > 30000);
}

/* RFC 9293 3.5, figure 7 (MUST-10): both ends open at once. */
Test(tcp_open, simultaneous)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	check(socket_ready(s) == 0);
	harness_deaf(true); /* whether it is acknowledged, the RFC leaves open */
	in("S. 0:0(0) ack 1 <mss 1000>");
	harness_deaf(false);
	check(counted(COUNT_TCP_RESETS_OUT) == 0);
	check(socket_ready(s) == SOCKET_WRITABLE);
	quiet_for(100 * SECOND);
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
}

Test(tcp_open, simultaneous_finished_by_a_plain_ack)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 1");
	check(socket_ready(s) == SOCKET_WRITABLE);
	quiet_for(100 * SECOND);
}

/* RFC 9293 3.10.7.4 first: the SYN of the peer's SYN,ACK has come before, so that it draws an ACK. */
Test(tcp_open, simultaneous_the_syn_ack_is_acknowledged)
{
	app_connect();
	out("S 0:0(0)");
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in("S. 0:0(0) ack 1 <mss 1000>");
	out(". 1:1(0) ack 1");
	quiet_for(100 * SECOND);
}

/* One that acknowledges what was never sent is reset, and leaves nothing behind that is owed. */
Test(tcp_open, simultaneous_a_refused_syn_ack_is_not_acknowledged_later)
{
	app_connect();
	out("S 0:0(0)");
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in("S. 0:0(0) ack 5 <mss 1000>");
	out("R 5:5(0)");
	in(". 1:1(0) ack 1");
	quiet_for(100 * SECOND);
}

/* SHLD-14: timestamps that were agreed on make segments smaller, of which fewer may fit into the buffer; what the SYN has
 * promised is not taken back by the SYN,ACK. */
Test(tcp_open, simultaneous_keeps_the_window_of_the_syn)
{
	struct stack_config config = harness_config();
	config.receive_buffer = 32768;
	harness_end();
	harness_start_with(&config);
	app_connect();
	struct frame syn = out_frame();
	in("S 0:0(0) <mss 1000,TS val 1 ecr 0>");
	struct frame syn_ack = out_frame();
	check(syn_ack.bytes[AT_TCP_FLAGS] == 0x12);
	check(peek16(&syn_ack, AT_TCP_FLAGS + 1) >= peek16(&syn, AT_TCP_FLAGS + 1));
}

/* RFC 7323 2.2: the window of a SYN is not scaled, not even in the SYN,ACK that ends a simultaneous open. */
Test(tcp_open, simultaneous_windows_are_not_scaled)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	in("S 0:0(0) win 1000 <mss 1000,nop,wscale 7>");
	out("S. 0:0(0) ack 1");
	harness_deaf(true);
	in("S. 0:0(0) ack 1 win 2000 <mss 1000,nop,wscale 7>");
	harness_deaf(false);
	app_write(s, 5000);
	out(". 1:1001(1000) ack 1");
	out(". 1001:2001(1000) ack 1");
	quiet();
}

/* A socket's answers while it is being opened. */
Test(tcp_open, before_the_answer_nothing_can_be_read_or_accepted)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	app_read_gives(s, -EAGAIN);
	struct endpoint again = {ip_of("192.0.2.1"), 6000};
	check(socket_connect(s, &again) == -EINVAL);
}

/* MUST-46 */
Test(tcp_open, broadcast_and_multicast_cannot_be_connected_to)
{
	static const char *const bad[] = {"255.255.255.255", "192.0.2.255", "224.0.0.1", "0.0.0.0", "240.0.0.1"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct socket *s = socket_open(harness_stack(), SOCKET_STREAM);
		struct endpoint remote = {ip_of(bad[i]), 80};
		check(socket_connect(s, &remote) == -EADDRNOTAVAIL);
		socket_close(s);
	}
	quiet();
}

/* MUST-57, MUST-63: a SYN to a broadcast is discarded in silence. */
Test(tcp_open, attack_syn_to_a_broadcast_is_discarded)
{
	app_listen();
	static const char *const all[] = {"255.255.255.255", "192.0.2.255"};
	for (size_t i = 0; i < 2; i++) {
		struct frame frame = frame_tcp("S 0:0(0) <mss 1000>");
		memset(frame.bytes, 0xff, 6);
		memcpy(frame.bytes + AT_IP_TO, ip_of(all[i]).bytes, 4);
		frame_fix(&frame);
		in_frame(&frame);
		assert_dropped(DROP_TCP_BROADCAST);
		quiet();
	}
}

/* --- Retransmission of the handshake ------------------------------------------------------------------------------ */

/* RFC 6298 2.1 and 5.5: 1 s, then doubled. */
Test(tcp_open, syn_is_repeated_after_1_2_4_8_seconds)
{
	app_connect();
	out("S 0:0(0) <mss 1460,sackOK,TS val * ecr 0,nop,wscale 7>");
	for (uint64_t wait = SECOND; wait <= 8 * SECOND; wait *= 2) {
		after(wait);
		out("S 0:0(0) <mss 1460,sackOK,TS val * ecr 0,nop,wscale 7>");
	}
}

Test(tcp_open, syn_ack_is_repeated_after_1_2_4_8_seconds)
{
	app_listen();
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1 <mss 1460>");
	for (uint64_t wait = SECOND; wait <= 8 * SECOND; wait *= 2) {
		after(wait);
		out("S. 0:0(0) ack 1 <mss 1460>");
	}
	in(". 1:1(0) ack 1");
	app_accept();
}

/* MUST-23: a SYN is tried for at least three minutes; then the application is told. */
Test(tcp_open, an_unanswered_connect_times_out_after_three_minutes_at_least)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	harness_deaf(true);
	pass(180 * SECOND);
	check_that(!(socket_ready(s) & SOCKET_ERROR), "given up before three minutes (RFC 9293 MUST-23)");
	pass(1000 * SECOND);
	check(socket_ready(s) & SOCKET_ERROR);
	check(socket_error(s) == -ETIMEDOUT);
	check(socket_error(s) == 0);
	harness_deaf(false);
}

/* A half-open connection that never completes is forgotten, and its place in the backlog is free again. */
Test(tcp_open, a_half_open_connection_is_given_up)
{
	struct socket *listener = socket_open(harness_stack(), SOCKET_STREAM);
	struct endpoint local = {ip_of("192.0.2.2"), 5000};
	check(socket_bind(listener, &local) == 0 && socket_listen(listener, 1) == 0);
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	flow_select(1);
	in("S 0:0(0) <mss 1000>");
	assert_dropped(DROP_TCP_HALF_OPEN_FULL);
	harness_deaf(true);
	pass(1000 * SECOND);
	harness_deaf(false);
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
}

/* A duplicate of the SYN is answered with the acknowledgment of it, and changes nothing. */
Test(tcp_open, a_duplicate_syn_is_acknowledged_again)
{
	app_listen();
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in("S 0:0(0) <mss 1000>");
	struct frame frame = out_frame();
	check((frame.bytes[AT_TCP_FLAGS] & ~2) == 0x10);
	check(peek32(&frame, AT_TRANSPORT + 8) == flow_current()->peer_isn + 1);
	in(". 1:1(0) ack 1");
	app_accept();
}

/* A SYN-ACK that comes again, since our ACK was lost, is acknowledged again (RFC 9293 3.10.7.4 first). */
Test(tcp_open, a_duplicate_syn_ack_is_acknowledged_again)
{
	active_open();
	in("S. 0:0(0) ack 1 <mss 1000>");
	out(". 1:1(0) ack 1 <>");
}

/* --- Numbers that nobody can guess ------------------------------------------------------------------------------- */

/* RFC 6528: neighbouring four-tuples have nothing in common, so that one's own connection tells nothing about
 * another's. */
Test(tcp_open, attack_initial_numbers_of_neighbours_are_unrelated)
{
	uint32_t isn[8];
	app_listen();
	for (unsigned i = 0; i < 8; i++) {
		flow_select(i);
		in("S 0:0(0) <mss 1000>");
		out("S. 0:0(0) ack 1");
		isn[i] = flow_current()->our_isn;
		for (unsigned k = 0; k < i; k++)
			check((int32_t)(isn[i] - isn[k]) > 100000 || (int32_t)(isn[i] - isn[k]) < -100000);
	}
}

/* RFC 6056: ephemeral ports are above the well-known ones, differ, and do not count up. */
Test(tcp_open, attack_ephemeral_ports_are_not_in_a_row)
{
	unsigned ports[16], rising = 0;
	harness_deaf(true);
	for (unsigned i = 0; i < 16; i++) {
		struct socket *s = socket_open(harness_stack(), SOCKET_STREAM);
		struct endpoint remote = {ip_of("192.0.2.1"), (uint16_t)(7000 + i)};
		check(socket_connect(s, &remote) == 0);
		ports[i] = socket_local(s).port;
		check(ports[i] >= 1024);
		for (unsigned k = 0; k < i; k++)
			check(ports[k] != ports[i]);
		rising += i && ports[i] == ports[i - 1] + 1;
	}
	check(rising < 3);
	harness_deaf(false);
}

/* --- Backlog ----------------------------------------------------------------------------------------------------- */

/* A listener with this backlog, and flows from `first` on whose SYN has been answered. */
static struct socket *half_open_flows(unsigned backlog, unsigned first, unsigned count)
{
	struct socket *listener = socket_open(harness_stack(), SOCKET_STREAM);
	struct endpoint local = {ip_of("192.0.2.2"), 5000};
	check(socket_bind(listener, &local) == 0 && socket_listen(listener, backlog) == 0);
	for (unsigned i = first; i < first + count; i++) {
		flow_select(i);
		in("S 0:0(0) <mss 1000>");
		out("S. 0:0(0) ack 1");
	}
	return listener;
}

/* Handshakes under way, and connections that nobody has accepted, are bounded one by one. */
Test(tcp_open, both_queues_of_a_listener_are_bounded)
{
	struct socket *listener = half_open_flows(3, 0, 3);
	flow_select(3);
	in("S 0:0(0) <mss 1000>");
	assert_dropped(DROP_TCP_HALF_OPEN_FULL);
	quiet();
	for (unsigned i = 0; i < 3; i++) {
		flow_select(i);
		in(". 1:1(0) ack 1");
	}
	flow_select(3);
	in("S 0:0(0) <mss 1000>");
	assert_dropped(DROP_TCP_ACCEPT_FULL);
	check(socket_accept(listener));
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	check(socket_accept(listener) && socket_accept(listener) && !socket_accept(listener));
}

/* With the accept queue full a handshake is not completed: its ACK is dropped, text and all, and asked for again. */
Test(tcp_open, an_ack_finds_the_accept_queue_full)
{
	struct socket *listener = half_open_flows(2, 0, 2);
	flow_select(0);
	in(". 1:1(0) ack 1");
	flow_select(2); /* there is room again for a handshake */
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	flow_select(1);
	in(". 1:1(0) ack 1");
	flow_select(2);
	in("P. 1:11(10) ack 1");
	assert_dropped(DROP_TCP_ACCEPT_FULL);
	quiet();
	pass(SECOND);
	out("S. 0:0(0) ack 1");
	check(socket_accept(listener));
	in("P. 1:11(10) ack 1");
	pass(40000);
	out(". 1:1(0) ack 11");
	check(socket_accept(listener) && socket_accept(listener) && !socket_accept(listener));
}

/* What leaves a queue by a reset makes room in that one. */
Test(tcp_open, a_reset_makes_room_in_the_queue_that_it_was_in)
{
	half_open_flows(2, 0, 2);
	flow_select(0);
	in("R 1:1(0)");
	flow_select(2);
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	flow_select(1);
	in(". 1:1(0) ack 1");
	in("R 1:1(0)");
	flow_select(2);
	in(". 1:1(0) ack 1");
	flow_select(3);
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 1");
	flow_select(4);
	in("S 0:0(0) <mss 1000>");
	assert_dropped(DROP_TCP_ACCEPT_FULL);
}

Test(tcp_open, attack_syn_flood_is_bounded_and_the_stack_still_serves)
{
	struct socket *first = passive_open();
	size_t before = 0;
	for (unsigned i = 1; i < FLOWS; i++) {
		flow_select(i);
		harness_deaf(true);
		in("S 0:0(0) <mss 1000>");
		harness_deaf(false);
		if (i == 50)
			before = stack_memory(harness_stack())->bytes;
	}
	check(stack_memory(harness_stack())->bytes == before);
	flow_select(0);
	in("P. 1:11(10) ack 1");
	app_read(first, 10);
	app_write(first, 5);
	out("P. 1:6(5) ack 11");
}

/* Connections are accepted in the order in which they were established. */
Test(tcp_open, accept_takes_the_oldest_first)
{
	app_listen();
	for (unsigned i = 0; i < 3; i++) {
		flow_select(i);
		in("S 0:0(0) <mss 1000>");
		out("S. 0:0(0) ack 1");
	}
	for (unsigned i = 3; i-- > 0;) {
		flow_select(i);
		in(". 1:1(0) ack 1");
	}
	for (unsigned i = 3; i-- > 0;)
		check(socket_remote(app_accept()).port == 6000 + i);
}

/* MUST-41: another listener or connection on the same port does no harm to those there are. */
Test(tcp_open, a_port_cannot_be_listened_on_twice)
{
	app_listen();
	struct socket *second = socket_open(harness_stack(), SOCKET_STREAM);
	struct endpoint local = {ip_of("192.0.2.2"), 5000};
	int bound = socket_bind(second, &local);
	check(bound == -EADDRINUSE || socket_listen(second, 1) == -EADDRINUSE);
	socket_close(second);
	passive_open();
}

/* RFC 5681 3.1: a SYN,ACK that was lost allows one segment at first, also where timestamps measure the second one. */
Test(tcp_open, a_lost_syn_ack_with_timestamps_allows_one_segment)
{
	app_listen();
	in("S 0:0(0) win 65535 <mss 1012,sackOK,TS val 100 ecr 0>");
	out("S. 0:0(0) ack 1");
	after(SECOND);
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 1 win 65535 <nop,nop,TS val 1100 ecr last>");
	app_write(app_accept(), 20000);
	out(". 1:1001(1000) ack 1");
	quiet();
}
