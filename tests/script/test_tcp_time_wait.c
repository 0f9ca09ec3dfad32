/* SPDX-License-Identifier: MIT
 *
 * Scripts about TIME-WAIT: what its records remember, when a new connection may take their place (RFC 6191), and what cannot
 * end them early (RFC 1337).
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/harness/harness.h"

#include "tcp/tcp_time_wait.h"

TestSuite(tcp_time_wait, .init = harness_start, .fini = harness_end);

#define TWO_MSL (60 * SECOND)

/* Our close comes first, the peer's FIN last. `stamps`: with timestamps, the newest 1002. */
static void into_time_wait(bool stamps)
{
	struct socket *s = passive_open_with(stamps ? "mss 1012,sackOK,TS val 100 ecr 0" : "mss 1000", 65535, 65535);
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in("F. 1:1(0) ack 2 %s", stamps ? "<nop,nop,TS val 1002 ecr last>" : "");
	out(". 2:2(0) ack 2");
}

/* It lasts two maximum segment lifetimes (MUST-13), to the microsecond, and a FIN that comes again starts them anew. */
Test(tcp_time_wait, a_fin_starts_it_anew)
{
	into_time_wait(false);
	quiet_for(TWO_MSL - 1);
	in("F. 1:1(0) ack 2");
	out(". 2:2(0) ack 2");
	quiet_for(TWO_MSL - 1);
	in(". 1:1(0) ack 2");
	out(". 2:2(0) ack 2");
	quiet_for(1);
	in(". 1:1(0) ack 2");
	out("R 2:2(0)"); /* nobody remembers it */
}

/* The records go in the order in which their time ends, which is not that in which they came. */
Test(tcp_time_wait, each_record_has_its_own_time)
{
	for (unsigned i = 0; i < 3; i++) {
		flow_select(i);
		into_time_wait(false);
		quiet_for(10 * SECOND);
	}
	flow_select(0);
	in("F. 1:1(0) ack 2"); /* at 30 s, so until 90 s */
	out(". 2:2(0) ack 2");
	quiet_for(45 * SECOND);
	flow_select(1); /* until 70 s */
	in(". 2:2(0) ack 2");
	out("R 2:2(0)");
	flow_select(2); /* until 80 s */
	in("F. 1:1(0) ack 2");
	out(". 2:2(0) ack 2");
	quiet_for(15 * SECOND);
	flow_select(0);
	in(". 2:2(0) ack 2");
	out("R 2:2(0)");
}

/* RFC 1337 3: no RST, however exact, cuts it short. */
Test(tcp_time_wait, attack_assassination)
{
	into_time_wait(false);
	in("R 2:2(0)");
	assert_dropped(DROP_TCP_RST);
	in("R. 2:2(0) ack 2");
	assert_dropped(DROP_TCP_RST);
	in("F. 1:1(0) ack 2");
	out(". 2:2(0) ack 2");
}

/* RFC 9293 3.6.1 (MAY-2): a SYN beyond all old numbers begins a new connection, whose own numbers lie beyond the old ones too. */
Test(tcp_time_wait, a_newer_syn_takes_its_place)
{
	into_time_wait(false);
	uint32_t old = flow_current()->our_isn + 2;
	flow_current()->peer_isn += 3; /* SEG.SEQ one beyond RCV.NXT */
	in("S 0:0(0) <mss 1000>");
	assert_not_dropped();
	flow_forget();
	struct frame frame = out_frame();
	check(frame.bytes[AT_TCP_FLAGS] == 0x12);
	uint32_t isn = peek32(&frame, AT_TCP_SEQ);
	check((int32_t)(isn - old) > 0);
	check(peek32(&frame, AT_TCP_ACK) == flow_current()->peer_isn + 1);
}

/* Open a connection on the flow's ports, which an earlier one of ours has ended first. What connect answers. */
static int open_again(struct socket **s)
{
	struct endpoint local = {ip_of("192.0.2.2"), flow_current()->local_port};
	struct endpoint remote = {ip_of("192.0.2.1"), flow_current()->peer_port};
	*s = socket_open(harness_stack(), SOCKET_STREAM);
	check(socket_bind(*s, &local) == 0);
	int error = socket_connect(*s, &remote);
	if (error)
		socket_close(*s);
	return error;
}

/* RFC 7323 B.2: with timestamps, a second later, we may open a connection in its place, above all old numbers. */
Test(tcp_time_wait, we_may_open_in_its_place_with_timestamps)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	in("S. 0:0(0) ack 1 <mss 1012,sackOK,TS val 100 ecr last>");
	out(". 1:1(0) ack 1");
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in("F. 1:1(0) ack 2 <nop,nop,TS val 101 ecr last>");
	out(". 2:2(0) ack 2");
	uint32_t old = flow_current()->our_isn + 2, stamp = flow_current()->ts_val;
	pass(SECOND - 1);
	check(open_again(&s) == -EADDRNOTAVAIL);
	pass(1);
	check(open_again(&s) == 0);
	flow_forget();
	out("S 0:0(0)");
	check((int32_t)(flow_current()->our_isn - old) > 0);
	check((int32_t)(flow_current()->ts_val - stamp) > 0);
	in("S. 0:0(0) ack 1 <mss 1012,sackOK,TS val 102 ecr last>");
	out(". 1:1(0) ack 1");
}

/* Without timestamps nothing tells old segments from new ones. */
Test(tcp_time_wait, we_may_not_open_in_its_place_without)
{
	struct socket *s = active_open();
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in("F. 1:1(0) ack 2");
	out(". 2:2(0) ack 2");
	pass(TWO_MSL - 1);
	check(open_again(&s) == -EADDRNOTAVAIL);
	pass(1);
	check(open_again(&s) == 0);
	flow_forget();
	out("S 0:0(0)");
}

/* One that is not newer is answered like any other old duplicate, and not too often (RFC 5961 7). */
Test(tcp_time_wait, attack_an_older_syn_does_not)
{
	into_time_wait(false);
	in("S 0:0(0) <mss 1000>");
	assert_dropped(DROP_TCP_SEQUENCE);
	out(". 2:2(0) ack 2");
	in("S -1000:-1000(0) <mss 1000>");
	quiet_for(500 * MS);
	in("S 2:2(0) <mss 1000>"); /* exactly RCV.NXT is not beyond it */
	out(". 2:2(0) ack 2");
}

/* RFC 6191 2: a newer timestamp says so whatever the sequence number is; an older one does not, whatever it is. */
Test(tcp_time_wait, timestamps_decide)
{
	into_time_wait(true);
	in("S 100000:100000(0) <mss 1012,sackOK,TS val 1001 ecr 0>");
	assert_dropped(DROP_TCP_SEQUENCE);
	out(". 2:2(0) ack 2");
	flow_current()->peer_isn -= 100000;
	in("S 0:0(0) <mss 1012,sackOK,TS val 1003 ecr 0>");
	assert_not_dropped();
	flow_forget();
	struct frame frame = out_frame();
	check(frame.bytes[AT_TCP_FLAGS] == 0x12);
}

/* The same timestamp twice: then the sequence number decides. */
Test(tcp_time_wait, equal_timestamps_leave_it_to_the_sequence_number)
{
	into_time_wait(true);
	in("S 0:0(0) <mss 1012,sackOK,TS val 1002 ecr 0>");
	out(". 2:2(0) ack 2");
	flow_current()->peer_isn += 3;
	in("S 0:0(0) <mss 1012,sackOK,TS val 1002 ecr 0>");
	flow_forget();
	struct frame frame = out_frame();
	check(frame.bytes[AT_TCP_FLAGS] == 0x12);
}

/* Where nobody listens any more a newer SYN begins nothing. */
Test(tcp_time_wait, without_a_listener_there_is_no_new_connection)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	in("S. 0:0(0) ack 1 <mss 1000>");
	out(". 1:1(0) ack 1");
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in("F. 1:1(0) ack 2");
	out(". 2:2(0) ack 2");
	in("S 1000:1000(0) <mss 1000>");
	out(". 2:2(0) ack 2");
}

/* PAWS holds here too (RFC 7323 5.3): what is older than the last is acknowledged and no more. */
Test(tcp_time_wait, attack_an_old_timestamp_is_answered)
{
	into_time_wait(true);
	in(". 2:2(0) ack 2 <nop,nop,TS val 900 ecr last>");
	assert_dropped(DROP_TCP_SEQUENCE);
	out(". 2:2(0) ack 2 <nop,nop,TS val * ecr 1002>");
	in(". 2:2(0) ack 2 <nop,nop,TS val 1002 ecr last>");
	assert_not_dropped();
	quiet();
}

/* Text in the window that was left open is named and not answered; beyond the peer's FIN there can be none. */
Test(tcp_time_wait, text_beyond_the_fin_is_named)
{
	into_time_wait(false);
	in("P. 2:12(10) ack 2");
	assert_dropped(DROP_TCP_AFTER_FIN);
	quiet();
}

/* A record is small, and nothing else of the connection stays. */
Test(tcp_time_wait, a_record_is_all_that_is_held)
{
	struct socket *listener = app_listen();
	check(listener != NULL);
	size_t before = stack_memory(harness_stack())->bytes;
	for (unsigned i = 0; i < 64; i++) {
		flow_select(i);
		into_time_wait(false);
	}
	size_t each = (stack_memory(harness_stack())->bytes - before) / 64;
	check_that(each < 128, "%zu bytes each", each);
	check(stack_connections(harness_stack()) == 0);
	quiet_for(TWO_MSL);
	check(sizeof(struct tcp_time_wait) < 128);
}

/* Without memory for a record the four-tuple is forgotten at once, and nothing worse happens. */
Test(tcp_time_wait, without_memory_it_is_forgotten)
{
	struct socket *s = passive_open();
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in(". 1:1(0) ack 2");
	harness_fail_allocation(1, true);
	in("F. 1:1(0) ack 2");
	harness_fail_allocation(0, false);
	quiet();
	in("F. 1:1(0) ack 2");
	out("R 2:2(0)");
}

/* A four-tuple in TIME-WAIT is not given to a new connection of ours. */
Test(tcp_time_wait, we_do_not_connect_into_it)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	in("S. 0:0(0) ack 1 <mss 1000>");
	out(". 1:1(0) ack 1");
	struct endpoint local = socket_local(s), remote = socket_remote(s);
	socket_close(s);
	out("F. 1:1(0) ack 1");
	in("F. 1:1(0) ack 2");
	out(". 2:2(0) ack 2");
	struct socket *again = socket_open(harness_stack(), SOCKET_STREAM);
	check(socket_bind(again, &local) == 0);
	check(socket_connect(again, &remote) == -EADDRNOTAVAIL);
	quiet_for(TWO_MSL);
	check(socket_connect(again, &remote) == 0);
	out_rest();
	socket_abort(again);
}

/* A reader who has not let go reads on, to the end of the stream. */
Test(tcp_time_wait, what_came_before_is_still_read)
{
	struct socket *s = passive_open();
	socket_shutdown(s, SOCKET_SHUTDOWN_WRITE);
	out("F. 1:1(0) ack 1");
	in("FP. 1:11(10) ack 2");
	out(". 2:2(0) ack 12");
	check(!(socket_ready(s) & SOCKET_HANGUP));
	app_read(s, 10);
	app_read_gives(s, 0);
	check(socket_ready(s) & SOCKET_HANGUP);
	socket_close(s);
	quiet_for(TWO_MSL);
}
