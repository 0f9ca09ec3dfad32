/* SPDX-License-Identifier: MIT
 *
 * What can be set of a stream, and what its connection tells of itself.
 */
#include <errno.h>

#include "base/seq.h"
#include "ip/ip_wire.h"
#include "socket/socket_private.h"

/* ---- setting ---- */

/* So that a time that is added to the clock stays in the future: 292,000 years are for ever. */
static uint64_t bounded(uint64_t time)
{
	return time < UINT64_MAX / 2 ? time : UINT64_MAX / 2;
}

/* The socket's settings have changed: whatever it is by now has them too. */
static void apply(struct socket *socket)
{
	if (socket->listener)
		socket->listener->settings = socket->settings;
	if (socket->connection)
		tcp_configure(socket->stack, socket->connection, &socket->settings);
}

void socket_set_nodelay(struct socket *socket, bool on)
{
	socket->settings.nodelay = on;
	apply(socket);
	if (on && socket->connection)
		tcp_push(socket->stack, socket->connection);
}

void socket_set_mss(struct socket *socket, uint16_t mss)
{
	socket->settings.mss = mss > 0 && mss < TCP_MSS_MIN ? TCP_MSS_MIN : mss;
	apply(socket);
}

void socket_set_cork(struct socket *socket, bool on)
{
	socket->settings.corked = on;
	apply(socket);
}

void socket_set_quick_acks(struct socket *socket, unsigned segments)
{
	socket->settings.quick_acks = segments < UINT8_MAX ? (uint8_t)segments : UINT8_MAX;
	apply(socket);
	if (socket->connection)
		tcp_quick_acks(socket->stack, socket->connection, socket->settings.quick_acks);
}

void socket_set_keepalive(struct socket *socket, bool on, uint64_t idle, uint64_t interval, unsigned count)
{
	struct tcp_settings *settings = &socket->settings;

	settings->keepalive = on;
	settings->keepalive_idle = idle > 0 ? bounded(idle) : tcp_settings_default.keepalive_idle;
	settings->keepalive_interval = interval > 0 ? bounded(interval) : tcp_settings_default.keepalive_interval;
	if (count == 0)
		count = tcp_settings_default.keepalive_count;
	else if (count < 2)
		count = 2;
	settings->keepalive_count = count < UINT8_MAX ? (uint8_t)count : UINT8_MAX;
	apply(socket);
}

void socket_set_user_timeout(struct socket *socket, uint64_t timeout)
{
	socket->settings.user_timeout = timeout;
	apply(socket);
}

/* A buffer that the stack's bounds allow. */
static uint32_t buffer_size(size_t wanted, size_t most)
{
	return (uint32_t)(wanted < most ? wanted : most);
}

void socket_set_buffers(struct socket *socket, size_t send, size_t receive)
{
	const struct tcp *tcp = &socket->stack->tcp;

	socket->settings.send_buffer = buffer_size(send, tcp->send_limit);
	socket->settings.receive_buffer = buffer_size(receive, tcp->receive_limit);
	apply(socket);
}

void socket_set_linger(struct socket *socket, bool on, uint64_t time)
{
	socket->settings.linger = on;
	socket->settings.linger_time = bounded(time);
	apply(socket);
}

void socket_set_fin_wait_2(struct socket *socket, uint64_t time)
{
	socket->settings.fin_wait_2_time = time > 0 ? bounded(time) : tcp_settings_default.fin_wait_2_time;
	apply(socket);
}

void socket_set_defer_accept(struct socket *socket, uint64_t time)
{
	socket->settings.defer_accept = bounded(time);
	apply(socket);
}

/* ---- asking ---- */

static enum socket_tcp_recovery recovery_of(const struct tcp_connection *c)
{
	if (c->recovering)
		return SOCKET_TCP_RECOVERY;
	return c->snd_una < c->recover ? SOCKET_TCP_LOSS : SOCKET_TCP_OPEN;
}

/* Neither SYN nor FIN is text. */
static uint64_t bytes_acked(const struct tcp_connection *c)
{
	uint64_t end = c->snd_una < c->snd.tail ? c->snd_una : c->snd.tail;

	return end > c->iss ? end - (c->iss + 1) : 0;
}

/* The scoreboard in numbers. Those on their way again are counted only here, since nobody else asks for them. */
static void count_segments(struct tcp_sent *sent, struct socket_tcp_info *info)
{
	info->sacked = sent->sacked;
	info->lost = sent->lost;
	for (uint32_t i = 0; i < sent->count; i++) {
		const struct tcp_record *r = tcp_sent_at(sent, i);
		info->resent += r->again && !r->sacked && !r->lost;
	}
}

int socket_tcp_info(const struct socket *socket, struct socket_tcp_info *info)
{
	const struct tcp_connection *c = socket->connection;

	if (!c)
		return -ENOTCONN;
	*info = (struct socket_tcp_info){
	    .state = tcp_state_name(c->state),
	    .recovery = recovery_of(c),
	    .rtt = c->rtt.srtt,
	    .rttvar = c->rtt.rttvar,
	    .rto = c->rtt.rto,
	    .backed_off = c->retries,
	    .cwnd = c->cc.cwnd,
	    .ssthresh = c->cc.ssthresh,
	    .iss = seq_wire(c->iss),
	    .snd_nxt = seq_wire(c->snd_nxt),
	    .irs = seq_wire(c->irs),
	    .rcv_nxt = seq_wire(c->rcv_nxt),
	    .in_flight = c->snd_rtx - c->snd_una,
	    .unacked = c->snd_nxt - c->snd_una,
	    .unsent = c->snd.tail > c->snd_rtx ? c->snd.tail - c->snd_rtx : 0,
	    .bytes_acked = bytes_acked(c),
	    .bytes_received = c->state == TCP_SYN_SENT ? 0 : c->rcv.tail - (c->irs + 1),
	    .duplicate_acks = c->dup_acks,
	    .retransmitted = c->retransmitted,
	    .snd_wnd = c->snd_wnd,
	    .rcv_wnd = c->state == TCP_CLOSED ? 0 : tcp_receive_window(socket->stack, c),
	    .snd_buffer = tcp_send_limit(socket->stack, c),
	    .rcv_buffer = tcp_receive_limit(socket->stack, c),
	    .snd_mss = c->cc.mss > 0 ? c->cc.mss : tcp_send_mss(socket->stack, c),
	    .rcv_mss = c->rcv_mss,
	    .advertised_mss = tcp_advertised_mss(socket->stack, c),
	    .sack_permitted = c->sack_permitted,
	    .timestamps = c->timestamps,
	    .window_scaled = c->window_scaled,
	    .snd_wscale = c->snd_wscale,
	    .rcv_wscale = c->rcv_wscale,
	};
	if (c->sent)
		count_segments(c->sent, info);
	return 0;
}

void socket_set_ttl(struct socket *socket, uint8_t ttl)
{
	if (socket->udp) {
		socket->udp->ttl = ttl;
		return;
	}
	socket->settings.ttl = ttl;
	apply(socket);
}

void socket_set_tos(struct socket *socket, uint8_t tos)
{
	if (socket->udp) {
		socket->udp->tos = tos;
		return;
	}
	socket->settings.tos = tos & (uint8_t)~IP_ECN_MASK;
	apply(socket);
}
