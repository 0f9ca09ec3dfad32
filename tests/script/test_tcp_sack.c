/* SPDX-License-Identifier: MIT
 *
 * Scripts about selective acknowledgment (RFC 2018) and what has come twice (RFC 2883): what our ACKs tell.
 */
#include <criterion/criterion.h>

#include "tests/harness/harness.h"

TestSuite(tcp_sack, .init = harness_start, .fini = harness_end);

static struct socket *sack_open(void)
{
	return passive_open_with("mss 1000,sackOK", 65535, 65535);
}

/* The n-th segment of 500 bytes of RFC 2018's examples, of which the first has number 1 (there: 5000). */
static void segment(unsigned n)
{
	in(". %u:%u(500) ack 1", 1 + 500 * (n - 1), 1 + 500 * n);
}

/* RFC 2018 5, case 1: nothing is missing before what has come. */
Test(tcp_sack, example_the_last_four_are_lost)
{
	sack_open();
	for (unsigned n = 1; n <= 3; n++)
		segment(n);
	out(". 1:1(0) ack 1501 <>");
	segment(4);
	after(40 * MS);
	out(". 1:1(0) ack 2001 <>");
}

/* Case 2 */
Test(tcp_sack, example_the_first_is_lost)
{
	sack_open();
	for (unsigned n = 2; n <= 8; n++) {
		segment(n);
		out(". 1:1(0) ack 1 <nop,nop,sack 501:%u>", 1 + 500 * n);
	}
	segment(1);
	out(". 1:1(0) ack 4001 <>");
}

/* Case 3, and what comes late afterwards */
Test(tcp_sack, example_every_second_is_lost)
{
	sack_open();
	segment(1);
	segment(3);
	out(". 1:1(0) ack 501 <nop,nop,sack 1001:1501>");
	segment(5);
	out(". 1:1(0) ack 501 <nop,nop,sack 2001:2501 1001:1501>");
	segment(7);
	out(". 1:1(0) ack 501 <nop,nop,sack 3001:3501 2001:2501 1001:1501>");
	segment(4);
	out(". 1:1(0) ack 501 <nop,nop,sack 1001:2501 3001:3501>");
	segment(2);
	out(". 1:1(0) ack 2501 <nop,nop,sack 3001:3501>");
	segment(6);
	out(". 1:1(0) ack 3501 <>");
}

/* As many blocks as fit: four, and three beside timestamps. The oldest is left out. */
Test(tcp_sack, as_many_blocks_as_fit)
{
	sack_open();
	for (unsigned n = 2; n <= 10; n += 2) {
		segment(n);
		if (n < 10)
			out_rest();
	}
	out(". 1:1(0) ack 1 <nop,nop,sack 4501:5001 3501:4001 2501:3001 1501:2001>");
	flow_select(1);
	passive_open_with("mss 1000,sackOK,TS val 1000 ecr 0", 65535, 65535);
	for (unsigned n = 2; n <= 8; n += 2) {
		in(". %u:%u(500) ack 1 <nop,nop,TS val 1002 ecr last>", 1 + 500 * (n - 1), 1 + 500 * n);
		if (n < 8)
			out_rest();
	}
	out(". 1:1(0) ack 1 <nop,nop,TS val * ecr 1001,nop,nop,sack 3501:4001 2501:3001 1501:2001>");
}

/* Nobody who has not asked for it is told (RFC 2018 2). */
Test(tcp_sack, not_without_permission)
{
	passive_open();
	segment(2);
	out(". 1:1(0) ack 1 <>");
	segment(2);
	out(". 1:1(0) ack 1 <>");
}

/* What carries text carries no blocks; the ACK of its own, which each segment out of order draws, has them. */
Test(tcp_sack, text_comes_without)
{
	struct socket *s = sack_open();
	segment(2);
	app_write(s, 10);
	out(". 1:1(0) ack 1 <nop,nop,sack 501:1001>");
	out("P. 1:11(10) ack 1 <>");
	in(". 1:1(0) ack 11");
}

/* RFC 2883 4.1.1: a segment that was received before, all of it acknowledged. It is told once. */
Test(tcp_sack, twice_a_duplicate_below_the_ack)
{
	sack_open();
	segment(1);
	segment(2);
	segment(3);
	out(". 1:1(0) ack 1501 <>");
	segment(2);
	out(". 1:1(0) ack 1501 <nop,nop,sack 501:1001>");
	segment(4);
	after(40 * MS);
	out(". 1:1(0) ack 2001 <>");
}

/* RFC 2883 4.1.2: with text out of order beyond: the duplicate first, then the block. */
Test(tcp_sack, twice_a_duplicate_and_a_hole)
{
	sack_open();
	segment(1);
	segment(3);
	out(". 1:1(0) ack 501 <nop,nop,sack 1001:1501>");
	segment(1);
	out(". 1:1(0) ack 501 <nop,nop,sack 1:501 1001:1501>");
}

/* RFC 2883 4.1.3: a duplicate of what lies beyond the hole: the duplicate, then the block that holds it. */
Test(tcp_sack, twice_a_duplicate_beyond_the_hole)
{
	sack_open();
	segment(2);
	out(". 1:1(0) ack 1 <nop,nop,sack 501:1001>");
	segment(3);
	out(". 1:1(0) ack 1 <nop,nop,sack 501:1501>");
	segment(3);
	out(". 1:1(0) ack 1 <nop,nop,sack 1001:1501 501:1501>");
	segment(4);
	out(". 1:1(0) ack 1 <nop,nop,sack 501:2001>");
}

/* Nothing has come twice where nothing has come. */
Test(tcp_sack, a_keepalive_is_no_duplicate)
{
	sack_open();
	segment(1);
	after(40 * MS);
	out(". 1:1(0) ack 501 <>");
	in(". 500:500(0) ack 1");
	out(". 1:1(0) ack 501 <>");
}
