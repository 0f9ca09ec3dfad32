/* SPDX-License-Identifier: MIT
 *
 * Scripts about what a connection tells of itself: socket_tcp_info().
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/harness/harness.h"

TestSuite(tcp_info, .init = harness_start, .fini = harness_end);

static struct socket_tcp_info info_of(const struct socket *s)
{
	struct socket_tcp_info info;
	check(socket_tcp_info(s, &info) == 0);
	return info;
}

/* A round trip of 80 ms: RFC 6298 2.2 makes of it SRTT = R, RTTVAR = R/2, and the floor under 4 * RTTVAR is 200 ms. */
Test(tcp_info, of_an_established_connection)
{
	struct socket *s = app_connect();
	out("S 0:0(0)");
	check(strcmp(info_of(s).state, "SYN-SENT") == 0);
	pass(80 * MS);
	in("S. 0:0(0) ack 1 win 5000 <mss 1012,sackOK,TS val 7 ecr last,nop,wscale 3>");
	out(". 1:1(0) ack 1");
	struct socket_tcp_info info = info_of(s);
	check(strcmp(info.state, "ESTABLISHED") == 0);
	check(info.recovery == SOCKET_TCP_OPEN && info.retransmitted == 0 && info.backed_off == 0);
	check(info.rtt == 80 * MS && info.rttvar == 40 * MS && info.rto == 280 * MS);
	check(info.snd_mss == 1000 && info.cwnd == 10000 && info.ssthresh > 1000000);
	check(info.snd_wnd == 5000 && info.rcv_wnd >= 64000);
	check(info.sack_permitted && info.timestamps && info.window_scaled);
	check(info.snd_wscale == 3 && info.rcv_wscale == 7);
	check(info.advertised_mss == 1460);
	check(info.in_flight == 0 && info.unsent == 0 && info.bytes_acked == 0 && info.bytes_received == 0);
	app_write(s, 8000);
	harness_deaf(true);
	quiet();
	harness_deaf(false);
	info = info_of(s);
	check(info.in_flight == 5000 && info.unsent == 3000);
}

/* What has got across, in either direction: text alone, and of what came out of order only that before the hole. */
Test(tcp_info, counts_bytes)
{
	struct socket *s = passive_open();
	app_write(s, 3000);
	harness_deaf(true);
	in("P. 1:501(500) ack 1001");
	in("P. 601:701(100) ack 1001");
	struct socket_tcp_info info = info_of(s);
	check(info.bytes_acked == 1000 && info.bytes_received == 500 && info.duplicate_acks == 0);
	in(". 501:501(0) ack 1001");
	in(". 501:501(0) ack 1001");
	check(info_of(s).duplicate_acks == 2);
	in("F. 501:601(100) ack 3001"); /* contradicts itself: a FIN before text that has come */
	check(info_of(s).bytes_received == 700);
	in("F. 701:701(0) ack 3001");
	socket_shutdown(s, SOCKET_SHUTDOWN_WRITE);
	in(". 702:702(0) ack 3002");
	info = info_of(s);
	check(strcmp(info.state, "CLOSED") == 0);
	check(info.bytes_acked == 3000 && info.bytes_received == 700);
}

/* As they stand on the wire; the harness begins both just below 2^32. */
Test(tcp_info, tells_sequence_numbers)
{
	struct socket *s = passive_open();
	const struct flow *flow = flow_current();
	app_write(s, 100);
	out("P. 1:101(100) ack 1");
	in("P. 1:51(50) ack 1");
	after(40 * MS);
	out(". 101:101(0) ack 51");
	struct socket_tcp_info info = info_of(s);
	check(info.iss == flow->our_isn && info.snd_nxt == flow->our_isn + 101);
	check(info.irs == flow->peer_isn && info.rcv_nxt == flow->peer_isn + 51);
}

/* After a time-out: one segment, LOSS, and the time-out doubled. */
Test(tcp_info, after_a_time_out)
{
	struct socket *s = passive_open();
	app_write(s, 10000);
	harness_deaf(true);
	pass(200 * MS);
	harness_deaf(false);
	struct socket_tcp_info info = info_of(s);
	check(info.recovery == SOCKET_TCP_LOSS && info.cwnd == 1000 && info.ssthresh == 5000);
	check(info.retransmitted == 1 && info.backed_off == 1 && info.rto == 400 * MS);
	check(info.in_flight == 1000 && info.unacked == 10000 && info.unsent == 9000);
	in(". 1:1(0) ack 10001");
	info = info_of(s);
	check(info.recovery == SOCKET_TCP_OPEN && info.retransmitted == 1 && info.backed_off == 0);
}

/* In fast recovery, and without options. */
Test(tcp_info, in_recovery)
{
	struct socket *s = passive_open();
	app_write(s, 5000);
	harness_deaf(true);
	for (unsigned i = 0; i < 3; i++)
		in(". 1:1(0) ack 1");
	harness_deaf(false);
	struct socket_tcp_info info = info_of(s);
	check(info.recovery == SOCKET_TCP_RECOVERY && info.ssthresh == 2500);
	check(!info.sack_permitted && !info.timestamps && !info.window_scaled);
}

/* What is no connection has nothing to tell; one that is over does. */
Test(tcp_info, of_what_is_no_connection)
{
	struct socket_tcp_info info;
	struct socket *listener = app_listen();
	struct socket *datagrams = socket_open(harness_stack(), SOCKET_DATAGRAM);
	check(socket_tcp_info(listener, &info) == -ENOTCONN);
	check(socket_tcp_info(datagrams, &info) == -ENOTCONN);
	socket_set_nodelay(datagrams, true); /* and does nothing */
	struct socket *s = passive_open();
	in("R 1:1(0)");
	check(strcmp(info_of(s).state, "CLOSED") == 0);
	socket_set_keepalive(s, true, SECOND, SECOND, 2);
	socket_set_cork(s, true);
	quiet_for(1000 * SECOND);
}

static bool has_segments(const struct socket *s, uint32_t sacked, uint32_t lost, uint32_t resent)
{
	struct socket_tcp_info info = info_of(s);
	return info.sacked == sacked && info.lost == lost && info.resent == resent;
}

/* Segments of 1000 bytes are in flight, to a peer with SACK; the round trip of 100 ms is over. */
static struct socket *in_flight(unsigned count)
{
	app_listen();
	in("S 0:0(0) <mss 1000,sackOK>");
	out("S. 0:0(0) ack 1");
	pass(100 * MS);
	in(". 1:1(0) ack 1");
	struct socket *s = app_accept();
	app_write(s, 1000 * count);
	harness_deaf(true);
	pass(100 * MS);
	harness_deaf(false);
	return s;
}

/* RFC 6675 1 and RFC 8985 6.2: the fourth of six came, so the first three are late; a quarter of the round trip later
 * they are lost, and the first goes again at once. When the last two have come, RFC 6937 3 lets both others go. */
Test(tcp_info, counts_segments)
{
	struct socket *s = in_flight(6);
	check(has_segments(s, 0, 0, 0));
	in(". 1:1(0) ack 1 <nop,nop,sack 3001:4001>");
	check(has_segments(s, 1, 0, 0));
	after(25 * MS);
	out(". 1:1001(1000) ack 1");
	check(has_segments(s, 1, 2, 1));
	pass(MS);
	in(". 1:1(0) ack 1 <nop,nop,sack 3001:6001>");
	out(". 1001:2001(1000) ack 1");
	out(". 2001:3001(1000) ack 1");
	check(has_segments(s, 3, 0, 3));
	pass(100 * MS);
	in(". 1:1(0) ack 1001 <nop,nop,sack 3001:6001>");
	check(has_segments(s, 3, 0, 2));
	in(". 1:1(0) ack 6001");
	check(has_segments(s, 0, 0, 0));
}

/* RFC 2018 8 and RFC 8985 6.3: a time-out believes no SACK block any more, and all is lost; one segment goes again. */
Test(tcp_info, counts_segments_after_a_time_out)
{
	struct socket *s = in_flight(3);
	in(". 1:1(0) ack 1 <nop,nop,sack 2001:3001>");
	harness_deaf(true);
	pass(25 * MS);
	check(info_of(s).sacked == 1);
	pass(SECOND);
	check(info_of(s).recovery == SOCKET_TCP_LOSS && has_segments(s, 0, 2, 1));
}
