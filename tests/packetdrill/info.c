/* SPDX-License-Identifier: MIT
 *
 * TCP_INFO: what the stack tells of a connection (socket.h), in Linux's words and units, which count windows and flights in
 * segments. Whatever the stack does not measure is 0.
 */
#include <linux/tcp.h>
#include <string.h>

#include "tests/packetdrill/adapter.h"

/* Congestion states, as Linux numbers them. */
enum { CA_OPEN, CA_DISORDER, CA_RECOVERY = 3, CA_LOSS };

unsigned info_state(const struct file *f)
{
	static const char *const names[] = {"",           "ESTABLISHED", "SYN-SENT",  "SYN-RECEIVED",
					    "FIN-WAIT-1", "FIN-WAIT-2",  "TIME-WAIT", "CLOSED",
					    "CLOSE-WAIT", "LAST-ACK",    "LISTEN",    "CLOSING"};
	struct socket_tcp_info info;

	if (f->listening)
		return 10;
	if (socket_tcp_info(f->socket, &info) == 0)
		for (unsigned i = 1; i < sizeof names / sizeof *names; i++)
			if (strcmp(info.state, names[i]) == 0)
				return i;
	return 7;
}

static uint32_t in_segments(uint64_t bytes, uint32_t mss)
{
	return mss == 0 ? 0 : (uint32_t)((bytes + mss - 1) / mss);
}

static uint8_t congestion_state(const struct socket_tcp_info *info)
{
	switch (info->recovery) {
	case SOCKET_TCP_RECOVERY:
		return CA_RECOVERY;
	case SOCKET_TCP_LOSS:
		return CA_LOSS;
	case SOCKET_TCP_OPEN:
		return info->duplicate_acks > 0 || info->sacked > 0 ? CA_DISORDER : CA_OPEN;
	}
	return CA_OPEN;
}

/* To Linux what was lost is so until it has arrived, gone again or not; a loss probe goes again without having been lost. Where
 * the peer tells nothing by SACK, a duplicate ACK tells of one that has arrived, and a time-out gives up all. */
static void fill_segments(struct tcp_info *to, const struct socket_tcp_info *info)
{
	bool repairs = info->recovery != SOCKET_TCP_OPEN;
	bool all = info->recovery == SOCKET_TCP_LOSS;

	to->tcpi_unacked = in_segments(info->unacked, info->snd_mss);
	if (info->sack_permitted) {
		to->tcpi_sacked = info->sacked;
		to->tcpi_lost = info->lost + (repairs ? info->resent : 0);
		to->tcpi_retrans = info->resent;
	} else {
		to->tcpi_sacked = info->duplicate_acks;
		to->tcpi_lost = all ? to->tcpi_unacked : repairs;
		to->tcpi_retrans = all ? in_segments(info->in_flight, info->snd_mss) : repairs;
	}
}

static void fill_sender(struct tcp_info *to, const struct socket_tcp_info *info)
{
	uint32_t mss = info->snd_mss;

	to->tcpi_ca_state = congestion_state(info);
	to->tcpi_backoff = (uint8_t)info->backed_off;
	if (info->unacked > 0)
		to->tcpi_retransmits = to->tcpi_backoff;
	else /* nothing but a window can have been asked for */
		to->tcpi_probes = to->tcpi_backoff;
	to->tcpi_rto = (uint32_t)info->rto;
	to->tcpi_snd_mss = mss;
	fill_segments(to, info);
	to->tcpi_rtt = (uint32_t)info->rtt;
	to->tcpi_rttvar = (uint32_t)info->rttvar;
	to->tcpi_snd_ssthresh = info->ssthresh == 0 || info->ssthresh >= 1u << 30 ? 0x7fffffff : info->ssthresh / mss;
	to->tcpi_snd_cwnd = info->cwnd == 0 ? 10 : info->cwnd / mss; /* before there is one: what it will begin with */
	to->tcpi_reordering = 3;
	to->tcpi_total_retrans = info->retransmitted;
	to->tcpi_pacing_rate = to->tcpi_max_pacing_rate = UINT64_MAX; /* nothing is paced */
	to->tcpi_bytes_acked = info->bytes_acked;
	to->tcpi_notsent_bytes = (uint32_t)info->unsent;
	to->tcpi_min_rtt = info->rtt > 0 ? (uint32_t)info->rtt : UINT32_MAX;
	to->tcpi_bytes_sent = info->bytes_acked + info->unacked;
	to->tcpi_delivered = 1 + in_segments(info->bytes_acked, mss) + to->tcpi_sacked; /* with the SYN */
}

int info_fill(struct adapter *a, const struct file *f, void *value, socklen_t length)
{
	struct tcp_info to = {.tcpi_state = (uint8_t)info_state(f)};
	struct socket_tcp_info info;

	if (socket_tcp_info(f->socket, &info) == 0) {
		fill_sender(&to, &info);
		to.tcpi_options =
		    (uint8_t)((info.timestamps ? TCPI_OPT_TIMESTAMPS : 0) | (info.sack_permitted ? TCPI_OPT_SACK : 0) |
			      (info.window_scaled ? TCPI_OPT_WSCALE : 0));
		to.tcpi_snd_wscale = info.snd_wscale & 15u;
		to.tcpi_rcv_wscale = info.rcv_wscale & 15u;
		to.tcpi_ato = 40000;
		to.tcpi_rcv_mss = info.rcv_mss;
		to.tcpi_pmtu = a->settings.mtu;
		to.tcpi_rcv_ssthresh = info.rcv_wnd;
		to.tcpi_advmss = info.advertised_mss;
		to.tcpi_rcv_space = info.rcv_wnd;
		to.tcpi_bytes_received = info.bytes_received;
		to.tcpi_last_data_sent = (uint32_t)((a->now - f->sent_at) / 1000);
		to.tcpi_last_data_recv = (uint32_t)((a->now - f->received_at) / 1000);
	}
	memset(value, 0, length);
	memcpy(value, &to, length < sizeof to ? length : sizeof to);
	return 0;
}
