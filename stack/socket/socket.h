/* SPDX-License-Identifier: MIT
 *
 * Sockets: BSD's, without blocking. A call that cannot go on answers -EAGAIN; readiness says when to try again. Errors
 * are negative errno values. A stream is a TCP connection, or listens for them; a datagram socket is UDP.
 *
 * Readiness is a level: socket_ready() tells it at any time. stack_config.on_ready() is called, from stack_flush(),
 * after anything happened that an application may wait for: data or an end of stream to read, a connection to accept,
 * room to write after a short write, an error.
 *
 * Two ways to move a stream's bytes: copying (socket_send, socket_receive), or in place, where the caller looks into
 * the receive ring (peek, then consume) or fills the send ring (reserve, then commit). Datagrams are moved whole, by
 * socket_send_to() and socket_receive_from().
 */
#ifndef STRATA_SOCKET_SOCKET_H
#define STRATA_SOCKET_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/packet.h"

struct stack;
struct socket;

enum socket_readiness {
	SOCKET_READABLE = 1, /* bytes, end of stream, a datagram or, on a listener, a connection is there to be taken */
	SOCKET_WRITABLE = 2, /* a send would take a useful amount (a third of the buffer), or fail at once */
	SOCKET_HANGUP = 4,   /* both directions are over: nothing more will be read or sent */
	SOCKET_ERROR = 8,    /* socket_error() has something to tell */
	SOCKET_URGENT = 16,  /* the peer has sent urgent text (RFC 9293 3.8.5) that is not all read yet */
};

enum socket_how { SOCKET_SHUTDOWN_READ = 1, SOCKET_SHUTDOWN_WRITE = 2, SOCKET_SHUTDOWN_BOTH = 3 };

enum socket_type { SOCKET_STREAM, SOCKET_DATAGRAM };

/* A new socket, or NULL: no memory. */
struct socket *socket_open(struct stack *stack, enum socket_type type);

/* Give it a local address (ADDRESS_ANY: all of the stack's own) and port (0: an ephemeral one, chosen at connect or
 * listen; for a datagram socket at once). -EADDRINUSE: the port is taken on an address that overlaps; -EADDRNOTAVAIL;
 * -EINVAL when it already has one or is connected. */
int socket_bind(struct socket *socket, const struct endpoint *local);

/* Wait for connections. At most `backlog` (at least 1) are kept that have not been accepted, and as many more whose
 * handshake is under way. -EADDRINUSE, -EINVAL, -ENOMEM. */
int socket_listen(struct socket *socket, unsigned backlog);

/* The next established connection as a socket of its own, or NULL: none is waiting. */
struct socket *socket_accept(struct socket *listener);

/* Begin a connection (RFC 9293 3.9.1.1). 0: begun; writable when it is established, SOCKET_ERROR when it failed.
 * -EINVAL when it is bound to a listener or connected already; -EADDRNOTAVAIL: no port free, or the remote address is
 * not one host (MUST-46); -ENETUNREACH: there is no route to it; -ENOMEM.
 * A datagram socket only notes the remote end: from then on it hears that one alone, and of ICMP errors about what it
 * sent there. It may be connected anew, and with port 0 is so no more. -EACCES: a broadcast without permission;
 * -EADDRINUSE: no port free. */
int socket_connect(struct socket *socket, const struct endpoint *remote);

/* Copy up to `length` bytes into the send buffer: how many were taken, -EAGAIN when none could be, -EPIPE after the
 * write side was shut, -ENOTCONN, or the connection's error. */
long socket_send(struct socket *socket, const void *bytes, size_t length);

/* The same, and more follows at once: what does not fill a segment waits for the next send, until anything comes from
 * the peer, or for 200 ms, also where nodelay is on. For a message in parts, such as a head and a body. */
long socket_send_more(struct socket *socket, const void *bytes, size_t length);

/* Take up to `length` received bytes: how many, 0 at the end of the stream, -EAGAIN when none are there yet, -ENOTCONN,
 * or the connection's error. */
long socket_receive(struct socket *socket, void *bytes, size_t length);

/* Show what could be received, as up to two slices; returns how many slices (0: nothing there). Good until the next
 * socket call or the return to the stack. */
unsigned socket_peek(const struct socket *socket, struct slice slices[2]);

/* Take the first `length` bytes of what peek showed. */
void socket_consume(struct socket *socket, size_t length);

/* Contiguous room in the send buffer to be filled in place: its start, with *length set, or NULL with *length 0 when
 * there is none now. At most `wanted` bytes are made room for. Good until the next socket call. */
uint8_t *socket_reserve(struct socket *socket, size_t wanted, size_t *length);

/* Send the first `length` bytes of what reserve gave. */
void socket_commit(struct socket *socket, size_t length);

/* The same as socket_send(), and what was taken is urgent (RFC 9293 3.8.5): the peer is told so before it has read what
 * lies before it. It stays in its place in the stream. New protocols do without (SHLD-13). */
long socket_send_urgent(struct socket *socket, const void *bytes, size_t length);

/* How many bytes are still to be read, arrived or not, to the end of what the peer has called urgent; 0: nothing is
 * (MUST-33). */
uint64_t socket_urgent(const struct socket *socket);

/* ---- datagrams ---- */

/* What came with a datagram. */
struct socket_message {
	struct endpoint source;
	struct address destination; /* that it was sent to: ours, or a broadcast */
	size_t length;              /* of the whole datagram; more than was returned: the rest is gone */
	uint8_t ttl;
	uint8_t tos;
	struct slice options; /* IP options, borrowed until the next socket call */
};

/* Send one datagram, to `to`, or with NULL to where the socket is connected: its length, -EMSGSIZE (above 65,507),
 * -EDESTADDRREQ, -EACCES (a broadcast without permission), -ENETUNREACH, -EAGAIN (the device is full), -EINVAL (port 0,
 * a stream), or a pending ICMP error. The socket is bound first where that has not been done. */
long socket_send_to(struct socket *socket, const void *bytes, size_t length, const struct endpoint *to);

/* Take the oldest datagram: up to `room` of its bytes are copied, how many is returned, and the rest is gone; *message,
 * where not NULL, says what it was. With `peek` it stays for the next call. -EAGAIN, -EINVAL (a stream), or a pending
 * ICMP error. */
long socket_receive_from(struct socket *socket, void *bytes, size_t room, bool peek, struct socket_message *message);

/* Permission to send to a broadcast address (off at first). */
void socket_set_broadcast(struct socket *socket, bool may);

/* Time to live (0: the default) and type of service of what is sent from now on, also for a stream, whose ECN bits are
 * TCP's own (RFC 9293 3.9.1.9 and 3.9.2). */
void socket_set_ttl(struct socket *socket, uint8_t ttl);
void socket_set_tos(struct socket *socket, uint8_t tos);

/* ---- settings of a stream ---- */

/* They may be set at any time, before there is a connection too; those of a listener are what its connections begin
 * with. On a datagram socket they do nothing. All times are microseconds. */

/* Send small segments at once (RFC 9293 3.7.4, MUST-17): without, none leaves while another one is unacknowledged
 * (Nagle's algorithm). Off at first. Turning it on, even anew, sends what is held back, also by a cork. */
void socket_set_nodelay(struct socket *socket, bool on);

/* Let no segment, of either direction, carry more than `mss` bytes, TCP options included (RFC 9293 3.7.1); at least 64,
 * and 0 for as much as the device does, as at first. The peer hears of it in our SYN alone: set it before. */
void socket_set_mss(struct socket *socket, uint16_t mss);

/* Hold back all that does not fill a segment, until the cork is drawn (off), the write side is shut, or 200 ms have
 * passed. Goes before nodelay. */
void socket_set_cork(struct socket *socket, bool on);

/* Acknowledge the next `segments` that bring text at once, where the ACK would else wait for a second one or for 40 ms
 * (RFC 9293 3.8.6.3): for a peer in slow start, whose window grows by ACKs. Set before there is a connection it counts
 * from its beginning. It ends early when text is answered with text, on which ACKs ride. At most 255; 0, as at first:
 * none. */
void socket_set_quick_acks(struct socket *socket, unsigned segments);

/* Ask a peer that has been silent for `idle` whether it is still there, every `interval`; after `count` questions
 * without an answer (at least 2, MUST-29) the connection is reset, and its error is -ETIMEDOUT (RFC 9293 3.8.4). Off
 * at first; a 0 stands for the default: two hours, 75 seconds, 9. */
void socket_set_keepalive(struct socket *socket, bool on, uint64_t idle, uint64_t interval, unsigned count);

/* How long what was sent may stay unacknowledged, or wait for the peer's closed window, before the connection is
 * given up with -ETIMEDOUT (RFC 9293 3.8.3, MUST-21; RFC 5482 2). 0: as at first, about 15 minutes, and for ever
 * while window probes are answered. UINT64_MAX: never. A connection that is being opened is given up no later than
 * without; and where keepalive is on, this takes the place of its count. */
void socket_set_user_timeout(struct socket *socket, uint64_t timeout);

/* How many bytes a connection keeps to send, and for its reader: at least 4 KiB, and at most what stack_config allows.
 * 0, as at first: as many as the path can use. Room that the peer has been told of is not taken back. */
void socket_set_buffers(struct socket *socket, size_t send, size_t receive);

/* What socket_close() does. Off, as at first: it ends in order, and takes what time it takes. On with time 0: it
 * resets, and what has not been sent is lost. On with more: it ends in order, but is reset when not all is
 * acknowledged after that time. */
void socket_set_linger(struct socket *socket, bool on, uint64_t time);

/* How long a connection whose socket has been closed waits for its peer to close too (FIN-WAIT-2), once all is
 * acknowledged; then it is forgotten without a word. 0: as at first, 60 seconds. */
void socket_set_fin_wait_2(struct socket *socket, uint64_t time);

/* For a listener: a peer's bare ACK does not yet make a connection to accept; text does. After `time` from its SYN on
 * it is reminded by another SYN,ACK, and from then on a bare ACK does. For services whose clients speak first: an
 * accepted socket is readable. 0: off, as at first. */
void socket_set_defer_accept(struct socket *socket, uint64_t time);

/* ---- ending and asking ---- */

/* End one direction or both: after SOCKET_SHUTDOWN_WRITE the peer reads what was sent and then an end of stream (a
 * FIN); after SOCKET_SHUTDOWN_READ receives do not wait: they answer 0 when nothing is there, and take what comes all
 * the same, as in Linux. -ENOTCONN. */
int socket_shutdown(struct socket *socket, enum socket_how how);

/* Give the socket up. What was sent still goes out, in order, and the connection ends with FIN; where received bytes
 * were never read it ends with RST (RFC 2525 2.17), so that the peer knows. A listener's waiting connections are reset.
 * The pointer is invalid afterwards. */
void socket_close(struct socket *socket);

/* Give it up at once with RST (RFC 9293 3.10.5 ABORT). The pointer is invalid afterwards. */
void socket_abort(struct socket *socket);

/* A set of enum socket_readiness, as it is now. */
unsigned socket_ready(const struct socket *socket);

/* Whether the peer has acknowledged all that was sent, and the end of the stream where that was. Also when the
 * connection is over; then socket_error() says how. */
bool socket_sent_all(const struct socket *socket);

/* The pending error as a negative errno, cleared by reading, or 0: -ECONNREFUSED, -ECONNRESET, -ETIMEDOUT,
 * -EHOSTUNREACH. */
int socket_error(struct socket *socket);

enum socket_tcp_recovery {
	SOCKET_TCP_OPEN,     /* no loss is known of */
	SOCKET_TCP_RECOVERY, /* duplicate ACKs told of one: fast recovery (RFC 6582) */
	SOCKET_TCP_LOSS,     /* a time-out did, and what was in flight then is not all acknowledged */
};

/* What a connection knows of itself. Times are microseconds, amounts bytes. */
struct socket_tcp_info {
	const char *state; /* as RFC 9293 3.3.2 spells it */
	enum socket_tcp_recovery recovery;
	uint64_t rtt;        /* smoothed (RFC 6298 2); 0 before the first measurement ... */
	uint64_t rttvar;     /* ... as is its variation */
	uint64_t rto;        /* the time-out as it is now, backed off or not */
	unsigned backed_off; /* time-outs and unanswered window probes since the peer was last heard of */
	uint32_t cwnd;
	uint32_t ssthresh;
	uint32_t iss; /* sequence numbers as on the wire: our first and our next, the peer's first and its next */
	uint32_t snd_nxt;
	uint32_t irs;
	uint32_t rcv_nxt;
	uint64_t in_flight;   /* sent and neither acknowledged nor given up as lost */
	uint64_t unacked;     /* sent and not acknowledged, given up or not */
	uint64_t unsent;      /* in the send buffer, never sent or given up */
	uint64_t bytes_acked; /* of text, ever; and in order from the peer */
	uint64_t bytes_received;
	unsigned duplicate_acks; /* since the peer last acknowledged anything new */
	uint32_t retransmitted;  /* segments that were sent again, ever */
	/* Segments in flight, by the scoreboard (RFC 6675 1): none where SACK was not agreed on. */
	uint32_t sacked;  /* arrived */
	uint32_t lost;    /* deemed lost, and to go again */
	uint32_t resent;  /* on their way again, as what was lost, or as a loss probe (RFC 8985 7.3) */
	uint32_t snd_wnd; /* the peer's window and ours, scaled */
	uint32_t rcv_wnd;
	size_t snd_buffer; /* most bytes that the send buffer may hold, now ... */
	size_t rcv_buffer; /* ... and the receive buffer */
	uint32_t snd_mss;  /* the most text that a segment of ours carries, and the most that one of the peer's has */
	uint32_t rcv_mss;
	uint32_t advertised_mss; /* what our SYN says that the peer may send, TCP options included */
	bool sack_permitted;     /* agreed on by both SYNs: */
	bool timestamps;
	bool window_scaled;
	uint8_t snd_wscale; /* the peer's shift, and ours */
	uint8_t rcv_wscale;
};

/* 0, or -ENOTCONN. */
int socket_tcp_info(const struct socket *socket, struct socket_tcp_info *info);

struct endpoint socket_local(const struct socket *socket);
struct endpoint socket_remote(const struct socket *socket);

/* A pointer of the application's, kept and handed back untouched; NULL at first. An accepted socket has NULL. */
void socket_set_user(struct socket *socket, void *user);
void *socket_user(const struct socket *socket);

#endif
