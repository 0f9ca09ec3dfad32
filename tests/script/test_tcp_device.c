/* SPDX-License-Identifier: MIT
 *
 * Scripts about what fails below and beside TCP: a device that is full, memory that is not there. The first leaves
 * everything as if nothing had been sent; the second costs a packet or refuses a call, never more.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/harness/harness.h"

TestSuite(tcp_device, .init = harness_start, .fini = harness_end);
TestSuite(memory, .init = harness_start, .fini = harness_end);

/* --- The device is full ------------------------------------------------------------------------------------------ */

Test(tcp_device, data_waits_for_a_full_device)
{
	struct socket *s = passive_open();
	harness_device_full(true);
	app_write(s, 2500);
	quiet_for(10 * MS);
	check(harness_device_refused() > 0);
	harness_device_full(false);
	out(". 1:1001(1000) ack 1");
	out(". 1001:2001(1000) ack 1");
	out("P. 2001:2501(500) ack 1");
	in(". 1:1(0) ack 2501");
	quiet_for(1000 * SECOND);
	check(counted(COUNT_TCP_RETRANSMITS) == 0);
}

/* However long it stays full. Nothing was sent, so nothing times out. */
Test(tcp_device, a_device_full_for_an_hour)
{
	struct socket *s = passive_open();
	harness_device_full(true);
	app_write(s, 10);
	quiet_for(3600 * SECOND);
	harness_device_full(false);
	out("P. 1:11(10) ack 1");
	after(200 * MS);
	out("P. 1:11(10) ack 1");
	check(socket_error(s) == 0);
}

/* A full device is not tried again and again: once a flush at most. */
Test(tcp_device, a_full_device_is_left_alone)
{
	struct socket *s = passive_open();
	harness_device_full(true);
	app_write(s, 50000);
	pass(0);
	unsigned refused = harness_device_refused();
	check(refused >= 1);
	for (unsigned i = 0; i < 10; i++)
		pass(MS);
	check(harness_device_refused() <= refused + 10);
	harness_device_full(false);
	for (unsigned i = 0; i < 10; i++)
		out(". %u:%u(1000) ack 1", 1 + 1000 * i, 1001 + 1000 * i);
}

Test(tcp_device, acks_syns_and_fins_wait_too)
{
	struct frame echo =
	    frame_icmp(8, 0, 1, 0); /* the neighbour is known: a full device would cost ARP's request a second */
	in_frame(&echo);
	out_icmp(0, 0, 1);
	harness_device_full(true);
	struct socket *s = app_connect();
	quiet_for(100 * MS);
	harness_device_full(false);
	out("S 0:0(0)");
	harness_device_full(true);
	in("S. 0:0(0) ack 1 <mss 1000>");
	quiet_for(100 * MS);
	harness_device_full(false);
	out(". 1:1(0) ack 1");
	harness_device_full(true);
	in(". 1001:2001(1000) ack 1");
	in(". 2001:3001(1000) ack 1");
	quiet_for(100 * MS);
	harness_device_full(false);
	out(". 1:1(0) ack 1"); /* both are owed: each its own */
	out(". 1:1(0) ack 1");
	harness_device_full(true);
	in(". 1:1001(1000) ack 1");
	app_read(s, 3000);
	quiet_for(100 * MS);
	harness_device_full(false);
	out(". 1:1(0) ack 3001");
	harness_device_full(true);
	socket_close(s);
	quiet_for(100 * MS);
	harness_device_full(false);
	out("F. 1:1(0) ack 3001");
}

/* A retransmission that is due while the device is full leaves as soon as it can. */
Test(tcp_device, a_retransmission_waits_too)
{
	struct socket *s = passive_open();
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	harness_device_full(true);
	quiet_for(500 * MS);
	harness_device_full(false);
	out("P. 1:11(10) ack 1");
	in(". 1:1(0) ack 11");
	quiet_for(1000 * SECOND);
}

/* Answers that nobody keeps are dropped by name, and the peer asks again. */
Test(tcp_device, replies_that_nobody_keeps_are_dropped_by_name)
{
	struct frame echo =
	    frame_icmp(8, 0, 1, 0); /* the neighbour is known: a full device would cost ARP's request a second */
	in_frame(&echo);
	out_icmp(0, 0, 1);
	harness_device_full(true);
	in("S 0:0(0) <mss 1000>");
	check(dropped(DROP_TX_FULL) == 1);
	harness_device_full(false);
	quiet();
	in("S 0:0(0) <mss 1000>");
	out("R. 0:0(0) ack 1");
}

/* Several connections wait: all of them go on. */
Test(tcp_device, every_connection_goes_on)
{
	struct socket *s[4];
	for (unsigned i = 0; i < 4; i++) {
		flow_select(i);
		s[i] = passive_open();
	}
	harness_device_full(true);
	for (unsigned i = 0; i < 4; i++) {
		flow_select(i);
		app_write(s[i], 10);
	}
	quiet_for(MS);
	harness_device_full(false);
	unsigned seen = 0;
	for (unsigned i = 0; i < 4; i++) {
		struct frame frame = out_frame();
		check(peek32(&frame, AT_TRANSPORT + 8) == flow_current()->peer_isn + 1);
		seen |= 1u << (peek16(&frame, AT_TRANSPORT + 2) - 6000);
	}
	check(seen == 15);
}

/* --- Memory ------------------------------------------------------------------------------------------------------ */

/* Text both ways, out of order too, and a close, with whatever the stack could get. Nobody looks at what leaves; what
 * is asserted is that nothing crashes, the invariants hold, and (harness_end) everything comes back. */
static void session(void)
{
	struct socket *listener = socket_open(harness_stack(), SOCKET_STREAM);
	struct endpoint local = {ip_of("192.0.2.2"), 5000};
	struct socket *s = NULL;
	uint8_t bytes[4000] = {0};
	if (listener && socket_bind(listener, &local) == 0 && socket_listen(listener, 4) == 0) {
		in("S 0:0(0) <mss 1000,sackOK,nop,nop,nop,nop,nop,nop,nop,nop,nop,wscale 7>");
		in(". 1:1(0) ack 1 win 500");
		s = socket_accept(listener);
	}
	if (!s)
		s = socket_open(harness_stack(), SOCKET_STREAM);
	struct endpoint remote = {ip_of("192.0.2.1"), 6001};
	struct socket *client = socket_open(harness_stack(), SOCKET_STREAM);
	if (client && socket_connect(client, &remote) == 0)
		pass(MS);
	in(". 1001:2001(1000) ack 1 win 500");
	in(". 3001:4001(1000) ack 1 win 500");
	in(". 1:1001(1000) ack 1 win 500");
	if (s) {
		socket_receive(s, bytes, sizeof bytes);
		size_t room;
		uint8_t *at = socket_reserve(s, 2000, &room);
		if (at)
			socket_commit(s, room < 2000 ? room : 2000);
		socket_send(s, bytes, sizeof bytes);
	}
	pass(10 * MS);
	in(". 2001:3001(1000) ack 1001 win 500");
	in(". 4001:4001(0) ack 1001 win 500");
	pass(500 * MS);
	struct frame echo = frame_icmp(8, 0, 1, 100);
	in_frame(&echo);
	if (s) {
		socket_receive(s, bytes, sizeof bytes);
		socket_close(s);
	}
	pass(500 * MS);
	in("F. 4001:4001(0) ack 6002 win 500");
	pass(10 * SECOND);
	if (client)
		socket_abort(client);
	pass(MS);
	if (listener)
		socket_close(listener);
	pass(MS);
}

static void session_with_failure(unsigned nth, bool all)
{
	harness_deaf(true);
	harness_fail_allocation(nth, all);
	session();
	harness_deaf(false);
}

static void every_failure(bool all)
{
	unsigned n = 1;
	bool failed;
	do {
		session_with_failure(n++, all);
		failed = harness_allocation_failed();
		harness_end();
		harness_start();
		check(n < 1000);
	} while (failed);
	check_that(n > 5, "a session made only %u allocations", n - 2);
}

/* Law 2: a failed allocation drops a packet or refuses a call, never more. */
Test(memory, each_allocation_of_a_session_fails_once)
{
	every_failure(false);
}

Test(memory, from_each_allocation_on_all_fail)
{
	every_failure(true);
}

/* Where there is no memory for a stack, there is none. */
Test(memory, no_memory_for_a_stack)
{
	struct stack_config config = harness_config();
	struct stack *stack = NULL;
	unsigned n;
	for (n = 1; !stack; n++) {
		harness_fail_allocation(n, false);
		stack = stack_create(&config, harness_now());
		check(stack || harness_allocation_failed());
	}
	check(n > 1);
	stack_destroy(stack);
}

/* The limit of the configuration holds like a missing allocation: a stack with room for little refuses, and lives. */
Test(memory, the_limit_is_kept)
{
	struct stack_config config = harness_config();
	harness_end();
	harness_start_with(&config);
	size_t idle = stack_memory(harness_stack())->bytes;
	config.memory_limit = idle + 20000;
	harness_end();
	harness_start_with(&config);
	app_listen();
	harness_deaf(true);
	for (unsigned i = 0; i < 30; i++) {
		flow_select(i);
		in("S 0:0(0) <mss 1000>");
		in(". 1:1(0) ack 1");
		in(". 1001:2001(1000) ack 1");
		in(". 1:1001(1000) ack 1");
		check(stack_memory(harness_stack())->bytes <= config.memory_limit);
	}
	harness_deaf(false);
	struct frame echo = frame_icmp(8, 0, 1, 100);
	in_frame(&echo);
	out_icmp(0, 0, 1);
}

/* With no memory for a connection a SYN is dropped by name; the peer tries again, and gets in. */
Test(memory, without_memory_a_syn_is_dropped_by_name)
{
	app_listen();
	struct frame echo = frame_icmp(8, 0, 1, 0); /* the neighbour is known */
	in_frame(&echo);
	out_icmp(0, 0, 1);
	harness_fail_allocation(1, true);
	in("S 0:0(0) <mss 1000>");
	assert_dropped(DROP_TCP_NO_MEMORY);
	quiet();
	harness_fail_allocation(0, false);
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 1");
	app_accept();
}

/* With no memory for text it is not acknowledged; the peer sends it again. */
Test(memory, without_memory_text_is_dropped_by_name_and_not_acknowledged)
{
	struct socket *s = passive_open();
	harness_fail_allocation(1, true);
	in("P. 1:1001(1000) ack 1");
	if (dropped(DROP_TCP_NO_MEMORY)) {
		harness_deaf(true);
		pass(SECOND);
		harness_deaf(false);
		app_read_gives(s, -EAGAIN);
		harness_fail_allocation(0, false);
		in("P. 1:1001(1000) ack 1");
	}
	harness_fail_allocation(0, false);
	app_read(s, 1000);
	pass(SECOND);
	out(". 1:1(0) ack 1001");
}
