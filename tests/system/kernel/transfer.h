/* SPDX-License-Identifier: MIT
 *
 * Transfers between two TCPs, of which one is strata's and the other the kernel's: what their users mean to do, and the
 * user who does it, the same on both sides. What a side calls its connections by is all that differs.
 *
 * A seed and a number make a transfer: who opens it and when, and for each side how much it has to say, in which pieces,
 * when it stalls and for how long, whether it ends its stream at once or only after the other one, and whether it quits
 * before the end, by close or by abort. So two programs that were given the same seed mean the same, without a word
 * between them. Transfer N is opened from port TRANSFER_FROM + N, so that whoever accepts it knows which one it is.
 *
 * The bytes of a stream are a function of their position: each that is read is verified. When a user is done, it writes
 * one line, its record, in fields (a side called A here):
 *
 *     NUMBER WANTED SENT RECEIVED END FINISHED ENDING WHY TIME
 *
 *     WANTED, SENT, RECEIVED    bytes: A had to say, has handed to its TCP, has read
 *     END                       1: A has read the end of the other's stream
 *     FINISHED                  1: A has ended its own stream, after all of it
 *     ENDING                    whole: all was read up to the end, all was sent, and its end is acknowledged
 *                               quit: by A's own will; WHY is close or abort
 *                               told: by an error; WHY is reset, timeout (or unreachable), refused
 *                               wrong: what was read is not what was said, or WHY is an error that cannot be
 *     TIME                      milliseconds since the beginning
 *
 * Which records may stand beside each other is said in tests/system/kernel.sh.
 */
#ifndef STRATA_TESTS_SYSTEM_KERNEL_TRANSFER_H
#define STRATA_TESTS_SYSTEM_KERNEL_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRANSFERS      400   /* most */
#define TRANSFER_PORT  7000  /* that both sides listen on */
#define TRANSFER_FROM  20000 /* the first port that transfers are opened from, on both sides */
#define TRANSFER_IDLE  2     /* seconds of silence after which a TCP asks for a sign of life, every second */
#define TRANSFER_NEVER UINT64_MAX

enum transfer_side { SIDE_STRATA, SIDE_KERNEL };

/* How a side speaks of its connections. Errors are negative errno; -EAGAIN: not now. */
struct transfer_calls {
	long (*send)(void *connection, const void *bytes, size_t length);
	long (*receive)(void *connection, void *bytes, size_t room); /* 0: the end */
	int (*finish)(void *connection);
	/* After both ends: 1 when the peer has acknowledged ours, 0 not yet, or an error. */
	int (*over)(void *connection);
	void (*close)(void *connection);
	void (*abort)(void *connection);
};

/* What both sides mean to do with a transfer. */
struct transfer_part {
	uint64_t wanted;   /* bytes to say */
	uint64_t quits_at; /* it quits once so many were sent and received; TRANSFER_NEVER ... */
	bool aborts;       /* ... and so, else by close */
	bool last;         /* it ends its stream only after the peer has ended */
	unsigned stalls;   /* chance in 256 to stall before a call, */
	uint64_t longest;  /* for at most so many microseconds */
	bool small;        /* a small receive buffer, where it can be chosen */
	bool nodelay;
};

struct transfer_plan {
	enum transfer_side opener;
	uint64_t opens_after; /* microseconds after the beginning */
	struct transfer_part parts[2];
};

/* One side of one transfer. */
struct transfer_user {
	const struct transfer_calls *calls;
	unsigned number;
	enum transfer_side side;
	struct transfer_plan plan;
	void *connection; /* NULL: not there yet, or ended */
	bool ended;
	uint64_t began;
	uint64_t chance; /* the state of what it draws from */
	uint64_t wakes;  /* it stalls, or has not opened yet, until then; TRANSFER_NEVER */
	unsigned stalled;
	uint64_t sent;
	uint64_t received;
	bool at_end;
	bool finished;
};

/* A user of this side, in a run that began at this time (microseconds). At most `most` bytes are said. */
void transfer_prepare(struct transfer_user *user, uint64_t seed, unsigned number, enum transfer_side side,
		      uint64_t most, uint64_t began);

/* Whether it is this side that opens it. */
static inline bool transfer_opens(const struct transfer_user *user)
{
	return user->plan.opener == user->side;
}

static inline const struct transfer_part *transfer_part(const struct transfer_user *user)
{
	return &user->plan.parts[user->side];
}

/* It is connected, or trying to be. */
void transfer_begin(struct transfer_user *user, const struct transfer_calls *calls, void *connection);

/* Do as much as can be done at this time. In the end the record is written, and the connection given up. */
void transfer_act(struct transfer_user *user, uint64_t now);

/* It has come to nothing, for this reason (negative errno): the record is written. */
void transfer_fail(struct transfer_user *user, int error, uint64_t now);

/* Whether all of these that this side opens have ended; and whether none of them is connected. */
bool transfers_ended(const struct transfer_user *users, unsigned count);
bool transfers_idle(const struct transfer_user *users, unsigned count);

#endif
