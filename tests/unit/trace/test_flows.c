/* SPDX-License-Identifier: MIT
 *
 * The decoder's memory of connections: bounded, and right across wraps, reuse and retransmission.
 */
#include <criterion/criterion.h>

#include "trace/flows.h"

static struct flows flows;

/* Connection number `n` as its client's segments have it, or its server's. */
static struct flow_view see(unsigned n, bool client, struct tcp_header segment)
{
	struct endpoint a = {{{192, 0, 2, 1}}, (uint16_t)(40000 + n)}, b = {{{192, 0, 2, 2}}, 80};
	struct endpoint ends[2] = {client ? a : b, client ? b : a};

	return flows_see(&flows, ends, &segment, true);
}

static struct flow_view syn(unsigned n, uint32_t seq)
{
	return see(n, true, (struct tcp_header){.flags = TCP_SYN, .seq = seq});
}

static struct flow_view data(unsigned n, uint32_t seq)
{
	return see(n, true, (struct tcp_header){.flags = TCP_ACK, .seq = seq, .ack = 500});
}

static void begin(void)
{
	flows_init(&flows);
}

TestSuite(flows, .init = begin);

Test(flows, count_each_side_from_its_own_beginning)
{
	struct flow_view view = syn(0, 1000);
	cr_expect_eq(flow_relative(view.sender, 1000), 0);
	cr_expect_eq(flow_relative(view.receiver, 7), 7); /* not known yet */

	view = see(0, false, (struct tcp_header){.flags = TCP_SYN | TCP_ACK, .seq = 9000, .ack = 1001});
	cr_expect_eq(flow_relative(view.sender, 9000), 0);
	cr_expect_eq(flow_relative(view.receiver, 1001), 1);
}

Test(flows, count_on_beyond_four_gigabytes)
{
	uint32_t seq = 0xfffffffe;
	struct flow_view view = syn(0, seq);

	for (int64_t steps = 1; steps <= 6; steps++) {
		seq += 0x40000000;
		view = data(0, seq);
		cr_expect_eq(flow_relative(view.sender, seq), steps * 0x40000000);
	}
	cr_expect_eq(flow_relative(view.sender, seq - 1), 6 * (int64_t)0x40000000 - 1);
}

Test(flows, keep_their_beginning_when_a_syn_is_sent_again)
{
	syn(0, 1000);
	see(0, false, (struct tcp_header){.flags = TCP_SYN | TCP_ACK, .seq = 9000, .ack = 1001});
	struct flow_view view = syn(0, 1000);
	cr_expect_eq(flow_relative(view.receiver, 9001), 1);
}

Test(flows, begin_again_when_ports_are_used_again)
{
	syn(0, 1000);
	see(0, false, (struct tcp_header){.flags = TCP_SYN | TCP_ACK, .seq = 9000, .ack = 1001});
	struct flow_view view = syn(0, 77000);
	cr_expect_eq(flow_relative(view.sender, 77001), 1);
	cr_expect_not(view.receiver->known);
}

Test(flows, keep_both_sides_of_a_simultaneous_open)
{
	syn(0, 1000);
	see(0, false, (struct tcp_header){.flags = TCP_SYN, .seq = 9000});
	struct flow_view view = data(0, 1001);
	cr_expect_eq(flow_relative(view.sender, 1001), 1);
	cr_expect_eq(flow_relative(view.receiver, 9001), 1);
}

Test(flows, learn_nothing_from_what_is_not_believed)
{
	struct endpoint ends[2] = {{{{192, 0, 2, 1}}, 40000}, {{{192, 0, 2, 2}}, 80}};
	struct tcp_header bad = {.flags = TCP_SYN, .seq = 5};

	cr_expect_null(flows_see(&flows, ends, &bad, false).sender);
	syn(0, 1000);
	struct flow_view view = flows_see(&flows, ends, &bad, false);
	cr_expect_eq(flow_relative(view.sender, 1001), 1);
}

Test(flows, give_the_place_of_the_longest_silent_to_a_new_one)
{
	for (unsigned n = 0; n < FLOWS_MAX; n++)
		syn(n, 1000);
	data(0, 1001); /* now number 1 is silent for longest */
	syn(FLOWS_MAX, 1000);
	cr_expect_eq(flow_relative(data(0, 1100).sender, 1100), 100);
	cr_expect_eq(flow_relative(data(2, 1100).sender, 1100), 100);
	cr_expect_eq(flow_relative(data(FLOWS_MAX, 1100).sender, 1100), 100);
	cr_expect_eq(flow_relative(data(1, 1100).sender, 1100), 1); /* forgotten */
}

Test(flows, scale_windows_only_when_both_syns_agree)
{
	struct tcp_header client = {
	    .flags = TCP_SYN, .window = 64240, .options = {.wscale_present = true, .wscale = 8}};
	struct tcp_header server = {.flags = TCP_SYN | TCP_ACK, .window = 65160};
	struct tcp_header later = {.flags = TCP_ACK, .seq = 1, .window = 255};

	cr_expect_eq(flow_window(see(0, true, client), &client), 64240);
	see(0, false, server);
	cr_expect_eq(flow_window(see(0, true, later), &later), 255);

	server.options.wscale_present = true; /* a shift of 0 agrees too (RFC 7323 2.2) */
	see(1, true, client);
	cr_expect_eq(flow_window(see(1, false, server), &server), 65160);
	cr_expect_eq(flow_window(see(1, true, later), &later), 65280);
}

Test(flows, count_timestamps_from_one)
{
	struct tcp_header client = {.flags = TCP_SYN, .options = {.timestamps_present = true, .tsval = 0xffffffff}};
	struct flow_view view = see(0, true, client);

	cr_expect_eq(flow_stamp(view.sender, 0xffffffff), 1);
	cr_expect_eq(flow_stamp(view.sender, 999), 1001); /* a second later, in milliseconds */
	cr_expect_eq(flow_stamp(view.receiver, 77), 77);
}
