/* SPDX-License-Identifier: MIT
 *
 * TCP (RFC 9293).
 *
 * Theory of operation. A connection is a transmission control block (TCB) in a hash table. Two things change it:
 * segments that arrive (tcp_input) and calls of its user (tcp_user.c); time does so through six deadlines
 * (tcp_timer.c). None of them sends. They change the state, record what is owed (acks_owed, retransmit_now, probe_now,
 * data in the ring) and mark the connection. When the batch of frames is over, tcp_flush() lets every marked connection
 * send what its state calls for: tcp_output() is the one place where a connection's segments come from.
 *
 *     tcp_input -> segment_arrives (eight steps)     -> tcp_ack, tcp_receive        state changes, tcp_mark()
 *     tcp_flush -> tcp_output -> ip_output                                          debts are paid
 *
 * Sequence numbers are 64-bit stream positions (base/seq.h), and both byte rings are addressed by them: the byte with
 * sequence number p lies at position p of the ring. The SYN has position iss, the first byte iss + 1; a FIN has the
 * position after the last byte.
 *
 *        send                 snd_una             snd_rtx        snd_nxt        snd.tail
 *     ---------------------------|####################|##############|.............|-------
 *           acknowledged            in flight           to be sent    not yet sent
 *                                                       again
 *
 *        receive         rcv.head             rcv_nxt = rcv.tail               rcv_adv
 *     -----------------------|####################|......###...##...............|----------
 *           read by the user    to be read           window, with text that came
 *                                                    out of order
 */
#ifndef STRATA_TCP_TCP_H
#define STRATA_TCP_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/deadline.h"
#include "base/list.h"
#include "base/port.h"
#include "base/ranges.h"
#include "base/ring.h"
#include "base/siphash.h"
#include "ip/ip.h"
#include "tcp/cc.h"
#include "tcp/tcp_rtt.h"
#include "tcp/tcp_sent.h"
#include "tcp/tcp_settings.h"
#include "tcp/tcp_time_wait.h"
#include "tcp/tcp_wire.h"

struct stack;
struct socket;

#define TCP_WSCALE             7     /* the scale that we offer at first: windows up to 8 MiB in steps of 128 bytes */
#define TCP_MSS_DEFAULT        536   /* without an MSS option (RFC 9293 3.7.1, MUST-15) */
#define TCP_MSS_MIN            64    /* what we take an absurdly small MSS for */
#define TCP_DELAYED_ACK        40000 /* microseconds; less than 0.5 s (MUST-40) */
#define TCP_FIN_WAIT_2_TIME    60000000 /* how long an orphan waits for its peer's FIN at first, as in Linux */
#define TCP_CORK_TIME          200000   /* microseconds that a cork holds text back at most, as in Linux */
#define TCP_CHALLENGE_INTERVAL 500000   /* microseconds between two challenge ACKs of one connection (RFC 5961 7) */
#define TCP_SYN_RETRIES        7        /* 1 + 2 + 4 + ... + 128 s = 255 s, above R2's 3 minutes for a SYN (MUST-23) */
#define TCP_SYN_ACK_RETRIES    5        /* 63 s, as in Linux */
#define TCP_RETRIES            15       /* R2 for data: about 15 minutes, above 100 s (SHLD-11) */
#define TCP_R1                 3        /* time-outs after which IP is told of trouble (RFC 9293 3.8.3, SHLD-10) */
#define TCP_RING_MIN           4096     /* bytes of the smallest ring */
#define TCP_BUFFER_FIRST       131072   /* that a buffer may hold before anything is known of the path */

/* In the order of RFC 9293 3.3.2, so that >= TCP_ESTABLISHED means that both SYNs are acknowledged. */
enum tcp_state {
	TCP_CLOSED,
	TCP_LISTEN,
	TCP_SYN_SENT,
	TCP_SYN_RECEIVED,
	TCP_ESTABLISHED,
	TCP_FIN_WAIT_1,
	TCP_FIN_WAIT_2,
	TCP_CLOSE_WAIT,
	TCP_CLOSING,
	TCP_LAST_ACK,
	TCP_TIME_WAIT,
};

/* What tells a socket that something happened: in tcp.notices while it must be told. */
struct tcp_notice {
	struct list node;
	struct socket *socket; /* NULL: no user (not accepted yet, or closed by it) */
};

/* The transmission control block (RFC 9293 3.3.1). */
struct tcp_connection {
	/* Who and where */
	struct tcp_connection *next; /* in its bucket */
	struct endpoint local;
	struct endpoint remote;
	enum tcp_state state;
	int error;                     /* why it closed, a negative errno, until the user has read it; 0 for none */
	int soft_error;                /* what the network last said of our segments, told if the peer is given up */
	struct tcp_notice notice;      /* its user */
	struct list marked;            /* in tcp.marked while it owes something */
	struct tcp_listener *listener; /* a passive open (MUST-11) that has not been accepted; else NULL */
	struct tcp_queue *queue;       /* which of the listener's two it waits in, if any */
	struct list waiting;           /* its place there */
	struct tcp_settings settings;  /* what its user has set */

	/* Send sequence space */
	uint64_t iss;     /* initial send sequence number */
	uint64_t snd_una; /* oldest unacknowledged */
	uint64_t snd_nxt; /* next to be sent for the first time */
	uint64_t snd_rtx; /* next to be sent at all: below snd_nxt after a time-out (never with records: tcp_sent.h) */
	uint64_t snd_wl1; /* SEG.SEQ of the segment that last set the window */
	uint64_t snd_wl2; /* SEG.ACK of the same */
	uint64_t snd_up;  /* end of the urgent text that its user has sent; behind snd_una there is none */
	uint64_t snd_small;   /* end of the last segment below the MSS that was sent (Minshall's test for Nagle) */
	uint32_t snd_wnd;     /* send window in bytes, scaled */
	uint32_t snd_wnd_max; /* the largest seen (RFC 9293 3.8.6.2.1, RFC 5961 5.2) */
	struct ring snd;      /* what the user sent and the peer has not acknowledged */

	/* Receive sequence space */
	uint64_t irs;              /* initial receive sequence number */
	uint64_t rcv_nxt;          /* next expected */
	uint64_t rcv_adv;          /* right edge of the window as last advertised; never moves left (SHLD-14) */
	uint64_t rcv_up;           /* end of urgent data announced so far; delivered in line */
	uint64_t rcv_fin;          /* position of the peer's FIN, 0 while unknown */
	struct ring rcv;           /* in-order text not yet read; out-of-order text lies ahead of its tail */
	struct ranges *rcv_ranges; /* which text lies ahead, NULL for none */
	/* What SACK blocks tell of (tcp_sack.c): a position in each range that has grown, the latest first, 0 for none;
	 * and text that came twice, until the peer has been told of it, else empty with end 0. */
	uint64_t rcv_sacked[TCP_SACK_BLOCKS];
	struct range rcv_duplicate;
	uint64_t received_at; /* when in-order text last came */
	uint64_t rcv_acked;   /* rcv_nxt as we last acknowledged it: Last.ACK.sent of RFC 7323 4.3 */
	uint32_t rcv_mss;     /* the largest text that a segment has brought: what the peer's full segment is */
	uint32_t rcv_limit;   /* most bytes that the ring may hold; grows with the rate (tcp_buffers.c), which is ... */
	uint64_t rcv_turn_at; /* ... measured since then ... */
	uint64_t rcv_turn_head; /* ... when rcv.head was here */

	/* Negotiated on the SYNs */
	bool window_scaled;    /* both sides offered it */
	uint8_t snd_wscale;    /* of the windows that arrive */
	uint8_t rcv_wscale;    /* of the windows that we send */
	bool sack_permitted;   /* both sides offered it */
	bool timestamps;       /* both sides sent them: every segment carries one (RFC 7323 3.2) */
	uint16_t peer_mss;     /* from its SYN, or the default */
	uint32_t ts_offset;    /* added to our clock, so that it tells nothing */
	uint32_t ts_recent;    /* the peer's TSval to echo (RFC 7323 4.3) */
	uint64_t ts_recent_at; /* when it was taken */

	/* What is owed to the peer */
	bool fin_queued;       /* the user has no more to send: a FIN follows the ring's last byte */
	bool ack_now;          /* an ACK, which may ride on data */
	uint8_t quick_acks;    /* so many more segments with text draw it at once */
	uint16_t acks_owed;    /* so many bare ACKs: one for each segment that was out of order or seen before */
	bool retransmit_now;   /* the segment at snd_una, by fast retransmit */
	bool probe_now;        /* a zero-window probe */
	bool keepalive_now;    /* a keepalive probe */
	bool push_now;         /* text that a cork has held back for long enough, or that its user wants out */
	bool more;             /* its user has said that more text follows: a cork until the peer is heard of */
	bool snd_wants_room;   /* its user was told that the send buffer is full */
	uint64_t defer_until;  /* before then a bare ACK does not end SYN-RECEIVED (TCP_DEFER_ACCEPT of Linux) */
	uint64_t unchallenged; /* before then no further challenge ACK is owed */

	/* Time and loss */
	struct tcp_rtt rtt;
	/* RFC 6298 3: without records (tcp_sent.h) the end of the segment being timed, 0 for none, and when it was
	 * sent. With records, which time every segment: what lies below gives no further sample. */
	uint64_t timed_seq;
	uint64_t timed_at;
	uint64_t sent_at;         /* when anything was last sent that the peer must acknowledge */
	unsigned retries;         /* time-outs and probes since the peer was last heard of */
	unsigned probes;          /* zero-window probes since its window closed */
	uint64_t heard_at;        /* when the peer last sent what its sequence number and ACK made acceptable */
	uint64_t stalled_since;   /* since when what we have to say has not got on: the user time-out runs from here */
	uint32_t retransmitted;   /* segments sent again, ever */
	uint8_t keepalive_probes; /* sent since the peer fell silent */
	bool syn_again;           /* our SYN went more than once: one was lost, or late */
	struct cc_window cc;
	unsigned dup_acks;         /* duplicate ACKs since the last new one, where there are no records */
	uint64_t flight_end;       /* the round trip by which cwnd is judged ends when this is acknowledged ... */
	uint64_t flight_most;      /* ... and this was the most in flight in it, in bytes */
	uint64_t recover;          /* snd_nxt when loss was last acted on */
	struct tcp_sent *sent;     /* what is in flight, segment by segment, where the peer agreed to SACK; else NULL */
	uint64_t probe_end;        /* snd_nxt at the last loss probe, while its outcome is open: TLP.end_seq; else 0 */
	bool recovering;           /* in fast recovery (RFC 6582), until recover is acknowledged */
	bool cwnd_filled;          /* in the round trip of flight_end, cwnd kept something back or was full */
	bool probe_repeats;        /* the loss probe was text sent a second time: TLP.is_retrans */
	bool probe_unmeasured;     /* no round trip has been measured since the loss probe */
	bool reordering_seen;      /* a segment came after one that was sent later */
	uint8_t reordering_steps;  /* by which the reordering window has grown (RFC 8985 6.2) */
	uint8_t reordering_rounds; /* recoveries until it is small again */

	struct deadline retransmit;
	struct deadline persist;
	struct deadline delayed_ack; /* of the ACK for text that has come; an empty ring is given back then, too */
	struct deadline keepalive;
	struct deadline expiry; /* of an orphan's FIN-WAIT-2, or of its user's patience with its close */
};

/* Connections that wait at a listener, oldest first. */
struct tcp_queue {
	struct list connections;
	unsigned count;
};

/* A port that is listened on. */
struct tcp_listener {
	struct tcp_listener *next; /* in its bucket */
	struct endpoint local;     /* address ADDRESS_ANY: all of ours */
	struct tcp_notice notice;
	struct tcp_settings settings; /* what connections begin with */
	unsigned backlog;             /* most connections in each of the two: */
	struct tcp_queue half_open;   /* those in SYN-RECEIVED */
	struct tcp_queue established; /* and those that are ready to be accepted */
};

#define TCP_LISTENER_BUCKETS 64

struct tcp {
	struct siphash_key table_key;
	struct siphash_key isn_key;
	struct siphash_key timestamp_key;
	struct tcp_connection **buckets;
	size_t bucket_count; /* a power of two */
	size_t connection_count;
	struct tcp_listener *listeners[TCP_LISTENER_BUCKETS];
	struct list marked;  /* connections that owe something */
	struct list notices; /* users that must be told */
	struct tcp_time_waits time_waits;
	bool device_full; /* emit answered -EAGAIN: nobody sends until tcp_writable() */
	struct ports ports;
	struct memory buffers; /* that the rings are made of: a budget within the stack's memory */
	size_t send_limit;     /* most bytes in a send ring, a power of two */
	size_t receive_limit;  /* the same of a receive ring */
	bool idle_restart;     /* RFC 5681 4.1 */
	bool offer_timestamps;
	bool offer_sack;
	bool offer_window_scaling;
	uint8_t window_scale; /* of our windows, where both sides scale */
	const struct congestion_control *cc;
};

/* A segment that has arrived, in the terms of RFC 9293 3.3.1, positions unwrapped; trimmed while it is worked on. */
struct tcp_segment {
	const struct tcp_header *header;
	uint64_t seq;
	uint64_t ack; /* meaningful with TCP_ACK */
	uint8_t flags;
	uint32_t wnd; /* in bytes, scaled */
	const uint8_t *text;
	size_t text_length;
	uint64_t arrived_seq; /* SEG.SEQ as it came: `seq` moves up when the front is trimmed */
	size_t unit;          /* text of one segment: of a merged frame, that of each of its parts */
	bool bare;            /* it came without text, SYN and FIN */
};

/* Whether the user has let go, so that nobody is left to read or to wait. */
static inline bool tcp_is_orphan(const struct tcp_connection *c)
{
	return !c->notice.socket && !c->listener;
}

/* SEG.LEN: text, and one each for SYN and FIN. */
static inline size_t tcp_segment_length(const struct tcp_segment *seg)
{
	return seg->text_length + !!(seg->flags & TCP_SYN) + !!(seg->flags & TCP_FIN);
}

/* ---- the layer (tcp.c) ---- */

/* What the rings may take: a send ring, a receive ring, each a power of two; and all of them. False: no memory. */
bool tcp_init(struct stack *s, size_t send_limit, size_t receive_limit, size_t buffer_memory);

/* Give everything back without a word to anybody. */
void tcp_release(struct stack *s);

/* A datagram of protocol 6 has arrived. (tcp_input.c) */
void tcp_input(struct stack *s, const struct ip_datagram *datagram);

/* The network says that a segment of ours did not arrive. (tcp_error.c) */
void tcp_error(struct stack *s, const struct ip_error *error);

/* Let every marked connection send. */
void tcp_flush(struct stack *s);

/* The device can send again. */
void tcp_writable(struct stack *s);

/* stack_tick(): one of a connection's deadlines has come. (tcp_timer.c) */
void tcp_deadline(struct stack *s, struct deadline *deadline);

/* ---- user calls, RFC 9293 3.10.1 to 3.10.5 (tcp_user.c, tcp_listen.c) ---- */

/* OPEN, passive: listen on a port that nobody listens on. NULL: no memory. */
struct tcp_listener *tcp_listen(struct stack *s, struct endpoint local, unsigned backlog, struct socket *user);

/* Stop listening. Connections that wait to be accepted are reset, half-open ones forgotten. */
void tcp_listener_close(struct stack *s, struct tcp_listener *l);

/* The oldest established connection that waits, now this user's; NULL for none. */
struct tcp_connection *tcp_accept(struct tcp_listener *l);

/* OPEN, active: begin a connection whose four-tuple is not in use. NULL: no memory. */
struct tcp_connection *tcp_connect(struct stack *s, struct endpoint local, struct endpoint remote, struct socket *user);

/* Have these settings from now on. (tcp_settings.c) */
void tcp_configure(struct stack *s, struct tcp_connection *c, const struct tcp_settings *settings);

/* SEND, in place: up to `wanted` contiguous bytes of the send ring, or NULL with *length 0: none now. */
uint8_t *tcp_send_reserve(struct stack *s, struct tcp_connection *c, size_t wanted, size_t *length);
void tcp_send_commit(struct stack *s, struct tcp_connection *c, size_t length);
/* More follows: only full segments leave until it does, the peer is heard of, or TCP_CORK_TIME is over. */
void tcp_send_more(struct tcp_connection *c);
/* Let all text leave that only Nagle or a cork holds back. */
void tcp_push(struct stack *s, struct tcp_connection *c);

/* What has been committed so far is urgent (RFC 9293 3.8.5): it does not wait for more, and the peer is told now. */
void tcp_send_urgent(struct stack *s, struct tcp_connection *c);

/* How many bytes its user has yet to read, here or still to come, to the end of the peer's urgent text (MUST-33). */
uint64_t tcp_urgent_left(const struct tcp_connection *c);

/* RECEIVE: up to two slices of in-order text, and taking their first bytes. */
unsigned tcp_receive_peek(const struct tcp_connection *c, struct slice slices[2]);
void tcp_receive_consume(struct stack *s, struct tcp_connection *c, size_t length);

/* CLOSE: no more to send; a FIN follows what is in the ring. */
void tcp_shutdown(struct stack *s, struct tcp_connection *c);

/* The user lets go: CLOSE, or ABORT where unread text would be lost (RFC 2525 2.17) or the user lingers for no time.
 * One who lingers for some time has the connection reset when our FIN is not acknowledged by then. c may be gone
 * afterwards. */
void tcp_close(struct stack *s, struct tcp_connection *c);

/* ABORT: a RST where the peer knows of the connection; the user lets go. c is gone afterwards. */
void tcp_abort(struct stack *s, struct tcp_connection *c);

/* Whether the user may still send, and whether the peer's FIN has been reached. */
bool tcp_can_send(const struct tcp_connection *c);
bool tcp_at_end(const struct tcp_connection *c);

/* ---- among the files of tcp/ ---- */

/* tcp_state.c */
const char *tcp_state_name(enum tcp_state state);
void tcp_set_state(struct stack *s, struct tcp_connection *c, enum tcp_state state);
/* Leave the table, stop all deadlines: CLOSED, for that reason (errno < 0; 0: in order). Freed if it has no user. */
void tcp_done(struct stack *s, struct tcp_connection *c, int error);
/* The same without a change of state to tell: another's record goes on for it. */
void tcp_detach(struct stack *s, struct tcp_connection *c, int error);
/* Let tcp_output() look at it at the next flush. */
void tcp_mark(struct stack *s, struct tcp_connection *c);
/* Have its user told at the next flush. */
void tcp_notify(struct stack *s, struct tcp_notice *notice);
/* Whether everything that must always hold of this connection does (style.md: invariants are functions). */
bool tcp_check(const struct stack *s, const struct tcp_connection *c);
/* The same for all connections. */
bool tcp_check_all(const struct stack *s);

/* tcp_table.c */
/* A keyed hash of the four-tuple, which nobody without the key can foretell. */
uint64_t tcp_hash(const struct siphash_key *key, const struct endpoint *local, const struct endpoint *remote);
struct tcp_connection *tcp_lookup(struct stack *s, const struct endpoint *local, const struct endpoint *remote);
/* Whether a four-tuple belongs to a connection, or did until a moment ago (TIME-WAIT): none can be opened on it. */
bool tcp_in_use(struct stack *s, const struct endpoint *local, const struct endpoint *remote);
struct tcp_listener *tcp_listener_lookup(struct stack *s, const struct endpoint *local);
/* A local port for a connection to this peer that is not in use (RFC 6056 3.3.3), or 0. */
uint16_t tcp_ephemeral_port(struct stack *s, struct address local, const struct endpoint *remote);
/* A new connection, in no state yet and in the table; NULL: no memory. */
struct tcp_connection *tcp_create(struct stack *s, const struct endpoint *local, const struct endpoint *remote);
/* Begin at this sequence number; nothing has been sent or written yet. */
void tcp_set_iss(struct tcp_connection *c, uint32_t isn);
/* Begin beyond what an earlier connection on the four-tuple has used (RFC 9293 3.6.1, MAY-2), as far as Linux goes. */
void tcp_begin_above(struct tcp_connection *c, uint32_t floor);
/* Take it out of the table, of the deadlines and of what is marked: neither a segment nor time reaches it any more. */
void tcp_withdraw(struct stack *s, struct tcp_connection *c);
void tcp_destroy(struct stack *s, struct tcp_connection *c);

/* tcp_isn.c: a four-tuple's initial sequence number at this time (RFC 6528 3), and the offset of its timestamps. */
uint32_t tcp_isn(const struct stack *s, const struct endpoint *local, const struct endpoint *remote);
uint32_t tcp_timestamp_offset(const struct stack *s, const struct endpoint *local, const struct endpoint *remote);

/* tcp_listen.c */
void tcp_listen_input(struct stack *s, struct tcp_listener *l, const struct ip_datagram *d, const struct tcp_header *h,
		      const uint32_t *iss_floor);
/* Whether as many connections wait to be accepted as may. */
bool tcp_listen_full(const struct tcp_listener *l);
/* A half-open connection has become established. */
void tcp_listen_established(struct stack *s, struct tcp_connection *c);
/* A connection leaves its listener, one way or another. */
void tcp_listen_forget(struct tcp_connection *c);

/* tcp_input.c: take over what a SYN says: irs, window, options. */
void tcp_take_syn(struct stack *s, struct tcp_connection *c, const struct tcp_header *h);

/* tcp_ack.c: step five of RFC 9293 3.10.7.4 for the states that are synchronized. False: the segment ends here. */
bool tcp_ack(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg);
/* Whether the peer has acknowledged our FIN. */
bool tcp_fin_acked(const struct tcp_connection *c);

/* tcp_receive.c */
/* Cut from a segment what lies outside the receive window. */
void tcp_trim(const struct tcp_connection *c, struct tcp_segment *seg);
/* Take its text; what there is no memory for is cut from it. */
void tcp_receive_text(struct stack *s, struct tcp_connection *c, struct tcp_segment *seg);
/* The bytes of receive window from rcv_nxt on that the next segment may advertise. */
uint32_t tcp_receive_window(const struct stack *s, const struct tcp_connection *c);
/* The next so many segments with text are acknowledged at once, and so is what waits for its ACK now. */
void tcp_quick_acks(struct stack *s, struct tcp_connection *c, uint8_t segments);
/* A bare ACK is owed, now: for a segment that was out of order or seen before. */
void tcp_owe_ack(struct stack *s, struct tcp_connection *c);
/* A challenge ACK (RFC 5961) is owed, unless one was owed within TCP_CHALLENGE_INTERVAL. */
void tcp_owe_challenge(struct stack *s, struct tcp_connection *c);

/* tcp_buffers.c */
/* Make a ring of the connection's at least so large. False: the budget does not allow it, or there is no memory. */
bool tcp_ring_grow(struct stack *s, struct ring *ring, size_t wanted);
/* Its user's settings say how large the receive buffer is at first. */
void tcp_buffers_start(struct stack *s, struct tcp_connection *c);
/* Most bytes that the receive ring may hold now, and that its user has just read some of. */
size_t tcp_receive_limit(const struct stack *s, const struct tcp_connection *c);
void tcp_buffers_read(struct stack *s, struct tcp_connection *c);
/* Most bytes that the send ring may hold now, those that it can still take, and whether these are worth a send. */
size_t tcp_send_limit(const struct stack *s, const struct tcp_connection *c);
size_t tcp_send_room(const struct stack *s, const struct tcp_connection *c);
bool tcp_send_ready(const struct stack *s, const struct tcp_connection *c);

/* tcp_sack.c */
/* Text at this position has come out of order, and is in rcv_ranges. */
void tcp_sack_note(struct tcp_connection *c, uint64_t position);
/* This text had come before. */
void tcp_sack_note_duplicate(struct tcp_connection *c, uint64_t start, uint64_t end);
/* Tell the peer, if it wants to know, in a segment that carries no text. */
void tcp_sack_fill(const struct tcp_connection *c, struct tcp_options *o);

/* tcp_settings.c */
/* Keepalive begins, if it is on; or ends. */
void tcp_keepalive_start(struct stack *s, struct tcp_connection *c);
void tcp_keepalive_deadline(struct stack *s, struct tcp_connection *c);
/* When the user time-out comes, or DEADLINE_NEVER. Meaningful while something waits for the peer. */
uint64_t tcp_give_up_at(const struct tcp_connection *c);

/* tcp_output.c */
/* Start the retransmission timer anew. */
void tcp_arm_retransmit(struct stack *s, struct tcp_connection *c);
/* Whether text waits for nothing but for the cork to be drawn. */
bool tcp_is_corked(const struct tcp_connection *c);
/* Send all that state and debts call for. False: the device is full, and the rest is still owed. */
bool tcp_output(struct stack *s, struct tcp_connection *c);
/* What our SYN says that the peer may send in one segment, TCP options included (RFC 9293 3.7.1). */
uint32_t tcp_advertised_mss(const struct stack *s, const struct tcp_connection *c);
/* The effective send MSS: the most text in one segment (RFC 9293 3.7.1, MUST-16). */
uint32_t tcp_send_mss(const struct stack *s, const struct tcp_connection *c);
/* The timestamps of a segment that leaves now, where both sides send them. */
void tcp_fill_timestamps(const struct stack *s, const struct tcp_connection *c, struct tcp_options *o);
/* Prepend the TCP header with its checksum, which the packet's payload is part of. */
void tcp_prepend_header(struct tx_packet *packet, const struct tcp_header *h, const struct ip_flow *flow);

/* tcp_reset.c */
/* RFC 9293 3.10.7.1: a RST for a segment of no connection, or one that SYN-SENT or SYN-RECEIVED cannot accept. */
void tcp_reset_reply(struct stack *s, const struct ip_datagram *d, const struct tcp_header *h);
/* A segment of nothing but this header, at once and by nobody kept. */
void tcp_bare_reply(struct stack *s, struct address source, struct address destination, const struct tcp_header *h);
/* A RST that ends this connection (RFC 9293 3.10.5). */
void tcp_send_reset(struct stack *s, struct tcp_connection *c);

/* tcp_recovery.c */
void tcp_recovery_start(struct stack *s, struct tcp_connection *c);
void tcp_recovery_duplicate(struct stack *s, struct tcp_connection *c);
/* snd_una has just moved up by `acked`. */
void tcp_recovery_acked(struct stack *s, struct tcp_connection *c, uint64_t acked);
/* All has been sent that may be: how far cwnd is in use; and whether it has been, so that it may grow. */
void tcp_recovery_sent(struct tcp_connection *c);
bool tcp_recovery_cwnd_used(const struct tcp_connection *c);
/* A loss is known of: ssthresh, recover, and what is lost first goes again; cwnd is yet to be set. */
void tcp_recovery_enter(struct stack *s, struct tcp_connection *c);
void tcp_recovery_timeout(struct stack *s, struct tcp_connection *c);
/* cwnd was `before`. */
void tcp_recovery_cwnd_event(struct stack *s, const struct tcp_connection *c, uint32_t before);

/* tcp_rack.c: in place of tcp_recovery_duplicate() and tcp_recovery_acked() where there are records of what was sent */
/* An ACK has come, which moved snd_una up by `acked` (or 0). */
void tcp_rack_ack(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg, uint64_t acked);
/* An ACK has come, with `news` or without: what it says about the last loss probe. With records or without. */
void tcp_rack_probe_answered(struct stack *s, struct tcp_connection *c, const struct tcp_segment *seg, bool news);
/* How long the retransmission timer runs: the RTO; or less where no loss probe may go before it (losses are being
 * repaired, or there has been one) and the peer has no reason to delay an ACK (RFC 5681 4.2): then the floor of the
 * RTO, which is there for such delays, has none either (RFC 8961 4). */
uint64_t tcp_rack_wait(const struct tcp_connection *c);
/* The retransmission timer ran out: what is lost. */
void tcp_rack_timeout(struct stack *s, struct tcp_connection *c);
/* Have the deadline come when a segment has been late for long enough, or a loss probe is due. */
void tcp_rack_arm(struct stack *s, struct tcp_connection *c);
void tcp_rack_deadline(struct stack *s, struct tcp_sent *sent);
/* A loss probe is leaving: this much of sequence space, at snd_nxt, or again from below it. */
void tcp_rack_probed(struct stack *s, struct tcp_connection *c, uint64_t start, uint64_t end);

/* tcp_prr.c */
/* A recovery begins; and so many bytes were delivered in it: cwnd becomes what RFC 6937 3 allows. */
void tcp_prr_start(struct tcp_connection *c);
void tcp_prr_delivered(struct tcp_connection *c, uint32_t delivered);

#endif
