/* SPDX-License-Identifier: MIT
 *
 * A model of a TCP, written from RFC 9293 and beside the stack's own: what one connection of the stack has to make of each
 * segment that its peer sends. It sends nothing, keeps no timers and optimizes nothing, so that it stays small enough to be
 * compared with the RFC by reading. Nothing in it comes from stack/ but the names of states and flags.
 *
 *     peer.c     the program: leads a connection into a state, bends segments, makes user calls   (the fuzz target)
 *     draft.c    segments that are right, and then bent in a field or two
 *     model.c    segment arrives (RFC 9293 3.10.7): the state that follows, and the answer that is due
 *     heard.c    what the stack sends: whether it may say so
 *     machine.c  the stack, its device and its clock; after each step it is compared with the model
 *     story.c    what has happened, for whoever has to find out why it went wrong
 *
 * Positions in a stream count from its SYN, which is 0; the first byte of text is 1. They are signed, since what arrives may
 * lie before that.
 */
#ifndef STRATA_TESTS_FUZZ_MODEL_H
#define STRATA_TESTS_FUZZ_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"
#include "stack.h"
#include "tcp/tcp.h"

#define SECOND        ((uint64_t)1000000)
#define STREAM_MAX    ((int64_t)1 << 17) /* positions of the peer's stream that are kept account of */
#define SEGMENT_MAX   1480
#define OUR_PORT      5000
#define PEER_PORT     6000
#define NOWHERE       ((int64_t)-1) /* a position that is not known */
#define R2_DATA       (100 * SECOND)
#define R2_SYN        (180 * SECOND)
#define DELAYED_MAX   (SECOND / 2)
#define CHALLENGE_MIN (SECOND / 2) /* between two challenges */
#define CHALLENGE_MAX SECOND       /* for which one may be held back */
#define HALF_OPEN_MIN (30 * SECOND)
#define TWO_MSL_MIN   (60 * SECOND)  /* an MSL of 30 s, as in Linux ... */
#define TWO_MSL_MAX   (240 * SECOND) /* ... and of two minutes, as in RFC 9293 3.4.2 */

/* A segment, as far as its header can be believed. */
struct segment {
	uint32_t seq, ack;
	uint8_t flags; /* enum tcp_flag */
	uint16_t window, urgent;
	bool has_mss, has_shift, has_sack, has_timestamps;
	uint16_t mss;
	uint8_t shift;
	uint32_t tsval, tsecr;
	const uint8_t *text;
	size_t length; /* of the text */
};

/* What the peer's stream holds at a position: the first bytes that came for it, of which any may be what is read. */
struct place {
	uint8_t count; /* 0: none has come; above 2: so many different ones that anything may be read */
	uint8_t bytes[2];
};

struct model {
	enum tcp_state state;
	bool listening; /* a listener has the port: LISTEN is what remains where there is no connection */
	bool passive;   /* this connection came from it (MUST-11) */
	bool orphan;    /* its user has let go */
	int error;      /* that its user must be told of, if it ended so */
	size_t buffer;  /* the most that the stack may keep for its reader */
	uint64_t now;
	/* What the stack sends */
	bool iss_known, floored;
	uint32_t iss, iss_floor; /* above which a connection after TIME-WAIT begins */
	int64_t snd_una, snd_nxt, snd_wl1, snd_wl2;
	uint32_t snd_wnd, snd_wnd_max;
	unsigned snd_shift, mss;
	int64_t written; /* bytes that its user gave */
	bool fin_queued;
	/* What it receives */
	uint32_t irs;
	int64_t rcv_nxt, rcv_adv, rcv_up, rcv_fin,
	    rcv_end;        /* rcv_end: behind the last text that has come, in order or not */
	int64_t last_ack;   /* as it last told the peer */
	int64_t read;       /* bytes that its user took */
	unsigned rcv_shift; /* of the windows on segments that are no SYNs */
	struct place places[STREAM_MAX];
	/* What the SYNs agreed on, and what our SYN said alone */
	bool timestamps, sack, scaled;
	uint16_t syn_window;
	uint8_t syn_shift;
	uint32_t ts_recent, ts_sent;
	uint64_t ts_recent_at, ts_sent_at;
	/* Since when it is in this state, has text to acknowledge, and waits for the peer's ACK in vain */
	uint64_t state_since, unacked_since, stalled_since;
	uint64_t challenged_at, maybe_challenged_at; /* 0: never */
};

/* What must leave in answer to a segment, at once. */
enum reply {
	REPLY_NONE,      /* nothing that is empty; text may go */
	REPLY_MAY,       /* an ACK or not: it may be delayed */
	REPLY_CHALLENGE, /* an ACK, but not too often (RFC 5961 7): what is bare could be answered by its like for ever */
	REPLY_ACK,       /* something that acknowledges */
	REPLY_RESET,     /* one RST, of these numbers, and nothing else */
};

struct expected {
	enum reply reply;
	uint32_t reset_seq, reset_ack;
	bool reset_has_ack;
	bool must_reset;     /* the user's doing: one RST of the connection's own */
	bool may_reset;      /* the same, where the stack gives its peer up (R2) */
	int64_t urgent_ends; /* bytes from rcv_nxt to the end of urgent text, which the user is told; 0: no word */
};

/* What stands at this position of the stack's stream, or the peer's. */
static inline uint8_t stream_byte(int64_t position, bool peers)
{
	return (uint8_t)((uint64_t)position * (peers ? 0x9e3779b1u : 0x85ebca6bu) >> 16);
}

/* segment.c: read a segment of our own or of the peer's. False: too short, no header, or a wrong checksum; nobody may act on it. */
bool segment_read(struct segment *segment, const uint8_t *bytes, size_t length, uint32_t pseudo_sum);
/* The checksum's partial sum over some bytes, continued; and of the pseudo-header without its length. */
uint32_t sum16(const uint8_t *bytes, size_t length, uint32_t before);
/* SEG.LEN */
static inline int64_t segment_space(const struct segment *s)
{
	return (int64_t)s->length + !!(s->flags & TCP_SYN) + !!(s->flags & TCP_FIN);
}

/* model.c: this arrives; or where nobody is. */
struct expected model_arrives(struct model *m, const struct segment *s);
struct expected model_nobody(const struct segment *s);
/* The user's calls. */
void model_connect(struct model *m);
void model_shutdown(struct model *m);
struct expected model_close(struct model *m, bool abort);
/* The connection is no more, for this reason. */
void model_gone(struct model *m, int error);
/* Whether it may have gone of its own accord, at this time, and for which reason. */
bool model_may_expire(const struct model *m, int *error);
/* Whether it should have gone before: nothing waits in TIME-WAIT, or without a user in FIN-WAIT-2, for ever. */
bool model_must_expire(const struct model *m);
/* Bytes that its user could read now. */
int64_t model_readable(const struct model *m);

/* heard.c: the stack sends this; story_fail() if it must not. The count of what has left in answer is in `tally`. */
struct tally {
	unsigned acks, empty, resets, frames;
};
void model_heard(struct model *m, const struct segment *s, const struct expected *expected, struct tally *tally);
/* All has left that will. */
void model_answered(struct model *m, const struct expected *expected, const struct tally *tally);

/* story.c */
void story_begin(void);
__attribute__((format(printf, 1, 2))) void story_tell(const char *format, ...);
void story_frame(bool out, const uint8_t *frame, size_t length);
_Noreturn void story_fail(const char *file, int line, const char *what);

#define holds(condition)                                            \
	do {                                                        \
		if (!(condition))                                   \
			story_fail(__FILE__, __LINE__, #condition); \
	} while (0)

/* machine.c: the stack under test. */
struct machine {
	struct stack *stack;
	struct socket *listener; /* NULL: nobody listens */
	struct socket *socket;   /* NULL: not connected, not accepted, or closed */
	struct model model;
	size_t idle;
};

struct machine_options {
	size_t send_buffer, receive_buffer;
	uint32_t near; /* so far below this the stack's numbers begin */
	bool choose_iss;
	bool nodelay;
	bool listen;
};

struct machine *machine_begin(const struct machine_options *options);
/* Everything has ended: nothing is held any more. */
void machine_end(struct machine *w);
void machine_arrives(struct machine *w, const uint8_t *tcp, size_t length);
void machine_pass(struct machine *w, uint64_t microseconds);
void machine_connect(struct machine *w);
void machine_accept(struct machine *w);
void machine_write(struct machine *w, size_t length);
void machine_read(struct machine *w, size_t length);
void machine_shutdown(struct machine *w);
void machine_close(struct machine *w, bool abort);
void machine_unlisten(struct machine *w);

/* draft.c: a segment from the peer, before it is bytes. */
struct peer {
	uint32_t isn;
	uint32_t clock; /* added to the milliseconds of its timestamps */
	uint16_t window;
	uint16_t mss; /* 0: no option */
	uint8_t shift;
	bool offers_shift, offers_sack, offers_timestamps;
};

struct draft {
	uint32_t seq, ack, tsval, tsecr;
	uint8_t flags;
	uint16_t window, urgent;
	bool timestamps;
	uint8_t odd_options; /* which of some options that are wrong; 0: none */
	uint8_t reserved;    /* the bits beside the data offset */
	int offset;          /* the data offset, or -1: what it is */
	size_t length;       /* of the text */
	bool twisted;        /* its text is not what the peer's stream holds */
	size_t cut;          /* bytes that are missing at the end */
	uint16_t checksum;   /* what is added to it */
	bool elsewhere;      /* for a port where nobody is */
};

/* What the peer would rightly send now: an ACK, with this text. */
struct draft draft_right(const struct model *m, const struct peer *p, size_t length);
/* One of many kinds of segments that a peer may send; and that bent in one field. */
struct draft draft_kind(const struct model *m, const struct peer *p, struct wire_reader *program);
void draft_bend(struct draft *d, const struct model *m, struct wire_reader *program);
void draft_send(struct machine *w, const struct draft *d, const struct peer *p);

#endif
