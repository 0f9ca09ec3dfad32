/* SPDX-License-Identifier: MIT
 *
 * Scripts about what the options of a SYN mean for the connection (RFC 9293 3.2 and 3.7.1, RFC 7323 2): MSS, window
 * scale, timestamps, and options that are broken.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/harness/harness.h"

TestSuite(tcp_options, .init = harness_start, .fini = harness_end);

/* --- MSS --------------------------------------------------------------------------------------------------------- */

/* MUST-14, MUST-16 */
Test(tcp_options, mss_of_the_peer_is_kept_to)
{
	struct socket *s = passive_open_with("mss 700", 65535, 65535);
	app_write(s, 1500);
	out(". 1:701(700) ack 1");
	out(". 701:1401(700) ack 1");
	out("P. 1401:1501(100) ack 1");
}

/* MUST-15: without the option it is 536. */
Test(tcp_options, without_an_mss_option_it_is_536)
{
	struct socket *s = passive_open_with("", 65535, 65535);
	app_write(s, 600);
	out(". 1:537(536) ack 1");
	out("P. 537:601(64) ack 1");
}

/* The MTU bounds what a generous peer would take (MUST-16). */
Test(tcp_options, an_mss_beyond_our_mtu_is_cut_to_it)
{
	struct socket *s = passive_open_with("mss 65535", 65535, 65535);
	app_write(s, 1500);
	out(". 1:1461(1460) ack 1");
	out("P. 1461:1501(40) ack 1");
}

/* MUST-16: the bytes of options in every segment come out of the MSS. */
Test(tcp_options, timestamps_shorten_the_segments)
{
	struct socket *s = passive_open_with("mss 1000,nop,nop,TS val 1 ecr 0", 65535, 65535);
	app_write(s, 2000);
	out(". 1:989(988) ack 1 <nop,nop,TS val * ecr 1001>");
	out(". 989:1977(988) ack 1");
	out("P. 1977:2001(24) ack 1");
}

/* An application may ask for less than the device carries: in our SYN, and of what we send. A listener's connections have it too. */
Test(tcp_options, a_smaller_mss_can_be_set)
{
	struct socket *l = app_listen();
	socket_set_mss(l, 700);
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1 <mss 700>");
	in(". 1:1(0) ack 1");
	struct socket *s = app_accept();
	app_write(s, 1400);
	out(". 1:701(700) ack 1");
	out("P. 701:1401(700) ack 1");
}

/* The smaller of both counts; none is absurdly small; and 0 takes it back. */
Test(tcp_options, the_mss_that_is_set_has_bounds)
{
	struct socket *l = app_listen();
	socket_set_mss(l, 1);
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1 <mss 64>");
	flow_select(1);
	socket_set_mss(l, 2000);
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1 <mss 1460>");
	flow_select(2);
	socket_set_mss(l, 500);
	socket_set_mss(l, 0);
	in("S 0:0(0) <mss 1000>");
	out("S. 0:0(0) ack 1 <mss 1460>");
}

/* An MSS of 0 or 1 must not stall, loop or divide by zero: data still flows, in segments that are not absurd. */
Test(tcp_options, attack_mss_of_0_and_1)
{
	for (unsigned i = 0; i < 2; i++) {
		flow_select(i);
		char option[16] = "mss 0";
		option[4] = (char)('0' + i);
		struct socket *s = passive_open_with(option, 65535, 65535);
		app_write(s, 100);
		uint64_t seen = 0;
		for (unsigned n = 0; seen < 100 && n < 100; n++) {
			struct frame frame = out_frame();
			size_t length = frame.length - AT_TCP_OPTIONS;
			check(length > 0);
			seen += length;
			if (seen < 100 && n % 5 == 4)
				in(". 1:1(0) ack %u", (unsigned)(1 + seen));
		}
		check(seen == 100);
		in(". 1:1(0) ack 101");
	}
}

/* --- Window scale ------------------------------------------------------------------------------------------------ */

/* RFC 7323 2.3: a shift above 14 is taken as 14. Window 1 then is 16,384 bytes. */
Test(tcp_options, attack_window_scale_above_14_is_taken_as_14)
{
	static const unsigned shifts[] = {14, 15, 32, 64, 255};
	for (unsigned i = 0; i < sizeof shifts / sizeof *shifts; i++) {
		char options[32] = "";
		flow_select(i);
		snprintf(options, sizeof options, "mss 1460,nop,wscale %u", shifts[i]);
		struct socket *s = passive_open_with(options, 1, 1);
		app_write(s, 20000);
		uint64_t sent = 0;
		/* The initial window of ten segments holds 14,600; acknowledge the first two and go on to the
		 * limit of 16,384. */
		for (unsigned n = 0; n < 10; n++) {
			struct frame frame = out_frame();
			sent += frame.length - AT_TCP_OPTIONS;
		}
		check(sent == 14600);
		in(". 1:1(0) ack 2921 win 1");
		while (sent < 2920 + 16384 - 1460) {
			struct frame frame = out_frame();
			sent += frame.length - AT_TCP_OPTIONS;
		}
		harness_deaf(true);
		quiet();
		socket_abort(s);
		harness_deaf(false);
	}
}

/* What is not to be offered is neither in our SYN nor agreed to; each by itself. */
static void start_without(bool timestamps, bool sack, bool window_scaling)
{
	harness_end();
	struct stack_config config = harness_config();
	config.timestamps = timestamps;
	config.sack = sack;
	config.window_scaling = window_scaling;
	harness_start_with(&config);
}

static const char all_options[] = "S 0:0(0) <mss 1000,sackOK,TS val 5 ecr 0,nop,wscale 3>";

Test(tcp_options, without_timestamps)
{
	start_without(false, true, true);
	app_connect();
	out("S 0:0(0) <mss 1460,nop,nop,sackOK,nop,wscale 7>");
	flow_select(1)->local_port = 5001;
	app_listen();
	in(all_options);
	out("S. 0:0(0) ack 1 <mss 1460,nop,nop,sackOK,nop,wscale 7>");
}

Test(tcp_options, without_sack)
{
	start_without(true, false, true);
	app_connect();
	out("S 0:0(0) <mss 1460,nop,nop,TS val * ecr 0,nop,wscale 7>");
	flow_select(1)->local_port = 5001;
	app_listen();
	in(all_options);
	out("S. 0:0(0) ack 1 <mss 1460,nop,nop,TS val * ecr 5,nop,wscale 7>");
}

Test(tcp_options, without_window_scaling)
{
	start_without(true, true, false);
	app_connect();
	out("S 0:0(0) <mss 1460,sackOK,TS val * ecr 0>");
	flow_select(1)->local_port = 5001;
	app_listen();
	in(all_options);
	out("S. 0:0(0) ack 1 <mss 1460,sackOK,TS val * ecr 5>");
	in(". 1:1(0) ack 1 <TS val 5 ecr last>");
	in("P. 1:11(10) ack 1 <TS val 5 ecr last>");
	after(40 * MS);
	out(". 1:1(0) ack 11 win 65150");
}

/* The scale is ours to choose, 0 among them; it bounds the window, here one that would be of 512 KiB. */
Test(tcp_options, another_window_scale)
{
	static const unsigned windows[] = {32768 - 10, (65536 - 10) / 2};

	for (unsigned scale = 0; scale < 2; scale++) {
		harness_end();
		struct stack_config config = harness_config();
		config.window_scale = scale;
		harness_start_with(&config);
		app_listen();
		in("S 0:0(0) <mss 1000,nop,wscale 3>");
		out("S. 0:0(0) ack 1 <mss 1460,nop,wscale %u>", scale);
		in(". 1:1(0) ack 1");
		in("P. 1:11(10) ack 1");
		after(40 * MS);
		out(". 1:1(0) ack 11 win %u", windows[scale]);
	}
	struct stack_config config = harness_config();
	config.window_scale = 15;
	check(!stack_create(&config, 0));
}

/* Our SYNs tell of whole segments, as many as an unscaled window holds; and no read has to send an update of the rest. */
Test(tcp_options, the_first_window)
{
	struct socket *s = app_connect();
	out("S 0:0(0) win 64240");
	in("S. 0:0(0) ack 1 <mss 1000>");
	out(". 1:1(0) ack 1");
	in("P. 1:1001(1000) ack 1");
	app_read(s, 1000);
	after(40 * MS);
	out(". 1:1(0) ack 1001 win 65535");
	harness_end();
	struct stack_config config = harness_config();
	config.receive_buffer = 8192;
	harness_start_with(&config);
	app_connect();
	out("S 0:0(0) win 7300");
}

/* --- Broken options ---------------------------------------------------------------------------------------------- */

/* MUST-7: impossible lengths do no harm; what came before them counts. */
Test(tcp_options, attack_option_lengths)
{
	static const char *const options[] = {
	    "mss 1000,hex 0800", "mss 1000,hex 0801",           "mss 1000,hex 08ff",     "mss 1000,hex 030001010101",
	    "mss 1000,hex 0303", "mss 1000,nop,nop,nop,hex 02", "mss 1000,hex fe00fe00", "mss 1000,eol,hex ffffff",
	};
	for (unsigned i = 0; i < sizeof options / sizeof *options; i++) {
		flow_select(i);
		struct socket *s = passive_open_with(options[i], 65535, 65535);
		app_write(s, 1001);
		out(". 1:1001(1000) ack 1 <>");
		out("P. 1001:1002(1) ack 1 <>");
	}
}

/* Known kinds with a length that is not theirs are not believed. */
Test(tcp_options, attack_known_options_with_wrong_lengths)
{
	struct socket *s = passive_open_with("hex 0203ff,hex 0304ffff,hex 0403ff,hex 080400000101", 65535, 65535);
	app_write(s, 537);
	out(". 1:537(536) ack 1 <>");
	out("P. 537:538(1) ack 1 <>");
}

/* MUST-6, MUST-64: unknown options are skipped; nothing needs alignment. */
Test(tcp_options, unknown_options_are_skipped)
{
	app_listen();
	in("S 0:0(0) <hex fd05aabbcc,mss 1000,hex 2202,wscale 3,nop,hex 1e0400ff>");
	out("S. 0:0(0) ack 1 <mss 1460,nop,wscale 7>");
}

/* RFC 7323 4.3: a segment whose ACK cannot be does not set the timestamp by which later ones are judged. */
Test(tcp_options, attack_a_blind_segment_does_not_poison_the_timestamp)
{
	struct socket *s = passive_open_with("mss 1012,sackOK,TS val 100 ecr 0", 65535, 65535);
	in(". 1:11(10) ack 900000 <TS val 2000000000 ecr 1>");
	assert_dropped(DROP_TCP_ACK);
	out_rest();
	in("P. 1:11(10) ack 1 <TS val 1100 ecr last>");
	assert_not_dropped();
	app_read(s, 10);
	after(40 * MS);
	out(". 1:1(0) ack 11 <nop,nop,TS val * ecr 1100>");
}
