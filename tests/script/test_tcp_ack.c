/* SPDX-License-Identifier: MIT
 *
 * Scripts about acknowledgments: when ours leave (RFC 9293 3.8.6.3, RFC 5681 4.2), which of the peer's are believed
 * (RFC 9293 3.10.7.4 fifth, RFC 5961 5), and the timestamps that they carry (RFC 7323).
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/harness/harness.h"

TestSuite(tcp_ack, .init = harness_start, .fini = harness_end);

#define DELAYED_ACK (40 * MS)

/* --- In: when it is acknowledged --------------------------------------------------------------------------------- */

/* RFC 1122 4.2.3.2, MUST-40 */
Test(tcp_ack, an_ack_is_delayed_by_40_ms)
{
	passive_open();
	in("P. 1:11(10) ack 1");
	after(DELAYED_ACK);
	out(". 1:1(0) ack 11");
	quiet_for(SECOND);
}

/* The delay counts from the first byte that is owed an ACK. */
Test(tcp_ack, more_small_text_does_not_put_the_ack_off)
{
	passive_open();
	in("P. 1:11(10) ack 1");
	quiet_for(30 * MS);
	in("P. 11:21(10) ack 1");
	after(10 * MS);
	out(". 1:1(0) ack 21");
}

/* SHLD-19: at least every second full-sized segment. */
Test(tcp_ack, every_second_full_segment_is_acknowledged_at_once)
{
	passive_open();
	in(". 1:1461(1460) ack 1");
	quiet();
	in(". 1461:2921(1460) ack 1");
	out(". 1:1(0) ack 2921");
	in(". 2921:4381(1460) ack 1");
	quiet();
	in(". 4381:5841(1460) ack 1");
	out(". 1:1(0) ack 5841");
	quiet_for(SECOND);
}

/* MUST-58, MUST-59: what comes in one batch, in order, is acknowledged once. */
Test(tcp_ack, a_batch_in_order_draws_one_ack)
{
	passive_open();
	batch_begin();
	for (unsigned i = 0; i < 10; i++)
		in(". %u:%u(1460) ack 1", 1 + 1460 * i, 1461 + 1460 * i);
	batch_end();
	out(". 1:1(0) ack 14601");
	quiet_for(SECOND);
}

/* An ACK that is owed rides on data (RFC 9293 3.8.6.3). */
Test(tcp_ack, the_ack_rides_on_data)
{
	struct socket *s = passive_open();
	in("P. 1:11(10) ack 1");
	app_read(s, 10);
	app_write(s, 5);
	out("P. 1:6(5) ack 11");
	in(". 11:11(0) ack 6");
	quiet_for(SECOND);
}

/* A keep-alive's probe, one byte to the left and empty or with an old byte, is acknowledged (RFC 9293 3.8.4). */
Test(tcp_ack, a_keep_alive_is_answered)
{
	passive_open();
	in(". 0:0(0) ack 1");
	out(". 1:1(0) ack 1");
	quiet_for(SECOND);
	in("P. 1:11(10) ack 1");
	after(DELAYED_ACK);
	out(". 1:1(0) ack 11");
	in(". 10:11(1) ack 1");
	out(". 1:1(0) ack 11");
}

/* A pure ACK is never acknowledged. */
Test(tcp_ack, pure_acks_are_not_answered)
{
	passive_open();
	for (unsigned i = 0; i < 5; i++)
		in(". 1:1(0) ack 1");
	quiet_for(100 * SECOND);
}

/* Quick ACKs, where they are asked for: one for each of the first segments, */
Test(tcp_ack, quick_acks_at_the_beginning)
{
	struct socket *l = app_listen();
	socket_set_quick_acks(l, 3);
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 1");
	for (unsigned i = 0; i < 3; i++) {
		in("P. %u:%u(10) ack 1", 1 + 10 * i, 11 + 10 * i);
		out(". 1:1(0) ack %u", 11 + 10 * i);
	}
	in("P. 31:41(10) ack 1");
	after(DELAYED_ACK);
	out(". 1:1(0) ack 41");
}

/* but not more once text is answered with text: the ACK rides on the answer then. */
Test(tcp_ack, quick_acks_end_with_a_dialogue)
{
	struct socket *s = passive_open();
	socket_set_quick_acks(s, 200);
	in("P. 1:11(10) ack 1");
	out(". 1:1(0) ack 11");
	pass(DELAYED_ACK); /* too late to be an answer */
	app_write(s, 5);
	out("P. 1:6(5) ack 11");
	in("P. 11:21(10) ack 6");
	out(". 6:6(0) ack 21");
	pass(DELAYED_ACK - 1);
	app_write(s, 5);
	out("P. 6:11(5) ack 21");
	in("P. 21:31(10) ack 11");
	after(DELAYED_ACK);
	out(". 11:11(0) ack 31");
}

/* Asked for late, they begin with the ACK that is waiting; and they can be called off. */
Test(tcp_ack, quick_acks_can_be_asked_for_at_any_time)
{
	struct socket *s = passive_open();
	in("P. 1:11(10) ack 1");
	quiet();
	socket_set_quick_acks(s, 1000);
	out(". 1:1(0) ack 11");
	for (unsigned i = 0; i < 255; i++) {
		in("P. %u:%u(10) ack 1", 11 + 10 * i, 21 + 10 * i);
		out(". 1:1(0) ack %u", 21 + 10 * i);
	}
	in("P. 2561:2571(10) ack 1");
	quiet();
	socket_set_quick_acks(s, 0);
	quiet();
	socket_set_quick_acks(s, 1);
	out(". 1:1(0) ack 2571");
	socket_set_quick_acks(s, 0);
	in("P. 2571:2581(10) ack 1");
	after(DELAYED_ACK);
	out(". 1:1(0) ack 2581");
}

/* --- Acknowledgments of ours ------------------------------------------------------------------------------------- */

/* RFC 9293 3.10.7.4 fifth: an ACK of what was not sent yet draws an ACK, and the segment is dropped. */
Test(tcp_ack, attack_ack_beyond_what_was_sent)
{
	struct socket *s = passive_open();
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	in("P. 1:11(10) ack 12");
	assert_dropped(DROP_TCP_ACK);
	out(". 11:11(0) ack 1");
	app_read_gives(s, -EAGAIN);
	in("P. 1:11(10) ack 11");
	app_read(s, 10);
}

/* RFC 5961 5.2: an ACK older than the largest window we have seen is blind data injection; not its text, but an ACK. */
Test(tcp_ack, attack_blind_data_with_an_ack_too_old)
{
	struct socket *s = passive_open();
	in("P. 1:11(10) ack %d", 1 - 65536 - 1);
	assert_dropped(DROP_TCP_ACK);
	out(". 1:1(0) ack 1");
	app_read_gives(s, -EAGAIN);
}

/* RFC 5961 5.2: one that is old, but within it, carries good text. */
Test(tcp_ack, text_with_an_old_ack_is_taken)
{
	struct socket *s = passive_open();
	app_write(s, 10);
	out("P. 1:11(10) ack 1");
	in(". 1:1(0) ack 11");
	in("P. 1:11(10) ack 1");
	app_read(s, 10);
	pass(DELAYED_ACK);
	out(". 11:11(0) ack 11");
}

/* --- Timestamps and PAWS (RFC 7323) ------------------------------------------------------------------------------ */

/* RFC 7323 3.2 and 4.3: every segment carries them; the echo is of the segment that moved the left edge. */
Test(tcp_ack, timestamps_are_echoed)
{
	struct socket *s = passive_open_with("mss 1000,sackOK,TS val 1000 ecr 0", 65535, 65535);
	in("P. 1:11(10) ack 1 <nop,nop,TS val 2000 ecr last>");
	after(DELAYED_ACK);
	out(". 1:1(0) ack 11 <nop,nop,TS val * ecr 2000>");
	in(". 21:31(10) ack 1 <nop,nop,TS val 3000 ecr last>"); /* out of order: not echoed */
	struct frame frame = out_frame();
	check((frame.bytes[AT_TCP_FLAGS] & 0x17) == 0x10);
	check(peek32(&frame, AT_TCP_OPTIONS + 8) == 2000);
	app_read(s, 10);
}

/* RFC 7323 4.3: where several segments are acknowledged at once, the oldest one's timestamp is echoed. */
Test(tcp_ack, a_delayed_ack_echoes_the_earliest_timestamp)
{
	passive_open_with("mss 1000,nop,nop,TS val 1000 ecr 0", 65535, 65535);
	in("P. 1:11(10) ack 1 <nop,nop,TS val 2000 ecr last>");
	quiet_for(10 * MS);
	in("P. 11:21(10) ack 1 <nop,nop,TS val 2010 ecr last>");
	after(30 * MS);
	out(". 1:1(0) ack 21 <nop,nop,TS val * ecr 2000>");
}

/* RFC 7323 5.3 R1: an older timestamp is acknowledged and dropped, and does not move TS.Recent. */
Test(tcp_ack, attack_older_timestamps_are_refused)
{
	struct socket *s = passive_open_with("mss 1000,nop,nop,TS val 1000 ecr 0", 65535, 65535);
	in("P. 1:11(10) ack 1 <nop,nop,TS val 900 ecr last>");
	assert_dropped(DROP_TCP_PAWS);
	out(". 1:1(0) ack 1 <nop,nop,TS val * ecr 1001>");
	app_read_gives(s, -EAGAIN);
}

/* It is not acceptable, and answered like all that is not: a bare ACK could be one of two peers' without end (RFC 5961 7). */
Test(tcp_ack, attack_acks_with_older_timestamps)
{
	passive_open_with("mss 1000,nop,nop,TS val 1000 ecr 0", 65535, 65535);
	in(". 1:1(0) ack 1 <nop,nop,TS val 900 ecr last>");
	assert_dropped(DROP_TCP_PAWS);
	out(". 1:1(0) ack 1 <nop,nop,TS val * ecr 1001>");
	for (unsigned i = 0; i < 10; i++)
		in(". 1:1(0) ack 1 <nop,nop,TS val 900 ecr last>");
	quiet_for(SECOND);
	in(". 1:1(0) ack 1 <nop,nop,TS val 900 ecr last>");
	out(". 1:1(0) ack 1 <nop,nop,TS val * ecr 1001>");
	check(dropped(DROP_TCP_PAWS) == 12 && counted(COUNT_TCP_CHALLENGES) == 2);
}

/* RFC 7323 3.2: once agreed, a segment without the option is dropped in silence, but a RST counts. */
Test(tcp_ack, after_timestamps_were_agreed_a_segment_without_is_dropped)
{
	struct socket *s = passive_open_with("mss 1000,nop,nop,TS val 1000 ecr 0", 65535, 65535);
	in("P. 1:11(10) ack 1");
	quiet_for(SECOND);
	app_read_gives(s, -EAGAIN);
	in("R. 1:1(0) ack 1");
	app_read_gives(s, -ECONNRESET);
}
