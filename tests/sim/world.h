/* SPDX-License-Identifier: MIT
 *
 * Worlds: what TCP promises, tried where everything goes wrong.
 *
 * A world is a few machines, each a whole stack, on one cable. It has a seed, and everything comes from it: how bad
 * the wires are, how short of memory the machines are, who connects to whom, how much each has to say and when it
 * loses interest. Time is virtual: it jumps to whatever is due next. So a world runs the same way each time, and one
 * that fails can be looked at as often as one likes.
 *
 *        machine 1 ---(wire)---.
 *        machine 2 ---(wire)---+--- cable --- machine 0      a wire (drivers/netem.h) loses, delays, repeats, bends
 *        machine 3 ---(wire)---'
 *
 * A pair is one connection between machine 0 and another, with a user at each end (user.c): one or both of them open
 * it. A user writes what it has to say, reads what comes, stalls, ends its stream (a half-close), or quits before the
 * end. The bytes of a stream are a function of their position, so that the reader knows each of them beforehand. Some
 * pairs open again on the same ports what another has just ended; some wait until their sequence numbers are about to
 * wrap. Machines stop listening, are switched off and on, or are cut off, for a time or for ever.
 *
 * What must hold, after every step or at the end:
 *
 *   - each byte that is read is the right one, and an end of stream comes where the writer put it, never before;
 *   - every user's connection ends, in one of the ways of `enum ending`; where a stream did not arrive whole, both
 *     users know of it: by an error, or because they ended it themselves. One may wait in vain (ENDING_FORSAKEN) only
 *     where its peer is gone, user and connection: RFC 9293 3.5.1 leaves it without knowledge for as long as it says
 *     nothing;
 *   - in a world that is patient (nothing worse than lost frames, and not too many), users who do not quit see no
 *     error;
 *   - what users set of their sockets has its consequences and no others (manner.c), datagrams arrive as they were sent or
 *     not at all (datagram.c);
 *   - tcp_check_all() of every stack, after every step;
 *   - when all users are done, connections go within SIM_LIMIT; then no deadline is left and each stack holds exactly
 *     what it held when it was idle; and nothing when it is destroyed.
 */
#ifndef STRATA_TESTS_SIM_WORLD_H
#define STRATA_TESTS_SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/deadline.h"
#include "base/random.h"
#include "drivers/cable.h"
#include "drivers/netem.h"
#include "stack.h"
#include "tests/sim/sim.h"

#define SIM_SECOND    UINT64_C(1000000)
#define SIM_HOUR      (3600 * SIM_SECOND)
#define SIM_MACHINES  4
#define SIM_PAIRS     12
#define SIM_PORT      80 /* that every machine listens on */
#define SIM_DATAGRAMS 40
#define SIM_DATAGRAM  6000           /* bytes of the longest, which goes in fragments */
#define SIM_TRANSIT   10             /* microseconds on the cable */
#define SIM_LIMIT     (3 * SIM_HOUR) /* above R2 with the longest time-out, 15 * 120 s, and SIM_TIME_MOST */
#define SIM_TIME_MOST (2 * SIM_HOUR) /* about the longest that a user sets a time-out to; no stall is as long */
#define SIM_LONGEST   (240 * SIM_HOUR)
#define SIM_RETRY     (SIM_SECOND / 2) /* when a call that found no memory is made again */
#define SIM_STEPS     3000000          /* a world that takes more goes in circles */

struct world;
struct story;

/* How bad the world is, all of it drawn from the seed. Chances are in millionths. */
struct plan {
	unsigned machines;
	unsigned pairs;
	struct netem_options wires[SIM_MACHINES]; /* that of machine 0 is not used */
	unsigned queue;                           /* frames that the cable keeps for each machine */
	uint32_t full;                            /* chance that a driver is full when a frame is sent */
	uint32_t starved;                         /* chance that an allocation fails */
	size_t memory;                            /* most bytes that a stack may keep */
	uint32_t stall;                           /* chance that a user stalls at any of its acts ... */
	uint64_t stall_most;                      /* ... and for how long at most */
	uint32_t quit;                            /* chance that a user quits before the end */
	bool arp;                                 /* neighbours have to be asked for */
	bool leave;                               /* machines stop listening or start anew in the midst of it ... */
	bool cut;                                 /* ... or are cut off, for a time or for ever */
	bool patient;                             /* no error is excused */
	bool manners;                             /* users set what can be set of a socket */
	unsigned backlog;
	unsigned mtu;
	size_t send_buffer;
	size_t receive_buffer;
	uint64_t bytes; /* most that a user has to say */
};

/* How a connection ended for its user. */
enum ending {
	ENDING_NONE,     /* it is still going on, or never was */
	ENDING_WHOLE,    /* it read all that the peer had to say, and ended its own stream */
	ENDING_ERROR,    /* it was told an error */
	ENDING_QUIT,     /* it closed or aborted of its own accord, or its machine was switched off */
	ENDING_FORSAKEN, /* nothing happened for SIM_LIMIT, and the peer was gone */
};

/* What a user sets of its socket (socket/socket.h). */
struct manner {
	bool nodelay;
	bool corked;
	uint32_t cork; /* chance that it draws or puts in the cork at any of its acts */
	bool keepalive;
	uint64_t idle;
	uint64_t interval;
	unsigned count;
	uint64_t user_timeout;
	bool linger;
	uint64_t linger_time;
	uint64_t fin_wait_2;
	uint8_t tos;
	uint8_t ttl;
	uint64_t deaf_at; /* it shuts its read side once so many bytes were received; UINT64_MAX: never */
};

/* A connection that its user has let go while it lingers. */
struct departure {
	struct endpoint local;
	struct endpoint remote;
	uint64_t iss;
	uint64_t gone_by; /* all is acknowledged by then, or it is gone; DEADLINE_NEVER: nothing to be seen to */
};

/* One end of a pair. */
struct user {
	struct world *world;
	struct pair *pair;
	struct user *peer;
	struct machine *machine;
	struct socket *socket; /* NULL: not there yet, or ended */
	bool opens;            /* actively ... */
	bool near_wrap;        /* ... with a sequence number just below 2^32 */
	bool tried;            /* it has called connect with success */
	bool heard;            /* the connection has been established, as far as it can see */
	struct endpoint local; /* from connect on ... */
	uint32_t iss;          /* ... as is its initial sequence number */
	/* What it means to do */
	uint64_t wanted;     /* bytes to say */
	uint64_t quits_at;   /* it quits once so many were sent and received; UINT64_MAX: never ... */
	bool quits_by_abort; /* ... and so, else by close */
	struct manner manner;
	/* What it has done */
	uint64_t sent;
	uint64_t received;
	bool finished; /* its own stream, by a shutdown */
	bool at_end;   /* of the peer's stream */
	bool deaf;     /* it has shut its read side before that */
	uint64_t wakes;
	uint64_t hungry_since; /* when a call first found no memory, and all since; 0: none does */
	enum ending ending;
	int error;       /* of ENDING_ERROR */
	uint64_t una;    /* what the peer had acknowledged at the last look, of more than that, or 0 ... */
	uint64_t una_at; /* ... and since when that is so */
	struct departure departure;
};

struct pair {
	struct user users[2];
	struct pair *before; /* opened on the same addresses and ports when this one is done; or NULL */
	bool followed;       /* such a one is to come */
	uint16_t port;       /* that it is opened from */
	uint64_t progress;   /* when either of them last did anything */
};

/* One datagram. */
struct datagram {
	uint64_t at;
	unsigned from;
	unsigned to;
	size_t length;
	bool tried;
	bool sent; /* the call said so */
	unsigned received;
};

struct machine {
	struct world *world;
	unsigned index;
	struct address address;
	struct driver *driver; /* the outermost: its wire, or its port of the cable */
	struct stack *stack;
	struct socket *listener;
	struct socket *datagrams;
	uint64_t accepts_at; /* when it looks for connections by itself */
	uint64_t leaves_at;  /* when it stops listening or starts anew */
	bool restarts;       /* which of the two */
	uint64_t full_until; /* 0: its driver is not full */
	uint64_t cut_at;     /* no frame comes or goes from here ... */
	uint64_t mended_at;  /* ... to here */
	size_t outstanding;  /* bytes of its allocator */
	size_t idle;         /* of them, when nothing goes on */
};

struct world {
	uint64_t seed;
	struct random random;
	struct plan plan;
	uint64_t now;
	uint64_t began;
	struct cable *cable;
	struct machine machines[SIM_MACHINES];
	struct pair pairs[SIM_PAIRS];
	struct datagram datagrams[SIM_DATAGRAMS]; /* in the order in which they are sent */
	unsigned datagram_count;
	unsigned datagram_next;
	uint64_t datagrams_over; /* when their sockets were closed */
	bool generous;           /* no allocation fails for the moment */
	struct story *story;     /* NULL: nobody listens */
	struct sim_totals *totals;
	char failure[256]; /* why the world has failed; empty: it has not */
};

/* world.c: the world has failed, for this reason; the first counts. */
__attribute__((format(printf, 2, 3))) void world_fail(struct world *w, const char *format, ...);
static inline bool world_failed(const struct world *w)
{
	return w->failure[0] != '\0';
}

/* plan.c */
void plan_draw(struct world *w);
/* A number from 0 to `most`, each magnitude as likely as the others. */
uint64_t draw_magnitude(struct world *w, uint64_t most);
/* True with this chance in a million. */
bool draw_chance(struct world *w, uint32_t chance);

/* machine.c */
bool machine_start(struct machine *m);
/* Power off: its sockets and connections are no more. */
void machine_stop(struct machine *m);
void machine_service(struct machine *m);
/* Bytes that its stack holds, but for the two hash tables of TCP, which stay at the size that they have grown to. */
size_t machine_held(const struct machine *m);
/* Tell the story what has become of its connections. */
void machine_tell(const struct machine *m);
/* When it next needs service. */
uint64_t machine_due(const struct machine *m);
/* Listen on SIM_PORT, and accept what waits there. */
void machine_listen(struct machine *m);
void machine_accept(struct machine *m);

/* user.c */
/* Draw what its users are and mean to do. */
void pair_prepare(struct world *w, struct pair *pair);
/* Its time has come: open, or do what can be done. */
void user_wake(struct user *u);
/* Its socket has become ready. */
void user_ready(struct user *u);
/* It is over for the user, in this way. */
void user_end(struct user *u, enum ending ending, int error);
/* A socket accepted on this machine: find whose it is. */
void user_accepted(struct machine *m, struct socket *socket);
/* Whether nobody has waited for too long. */
void pair_check_patience(struct world *w, struct pair *pair);
const char *user_name(const struct user *u, char text[64]);

/* manner.c */
void manner_draw(struct user *u);
/* Set it all, on a socket that is new to the user. */
void manner_set(struct user *u);
/* What a user does about it now and then. */
void manner_changes(struct user *u);
/* Whether its close is a reset. */
bool manner_resets(const struct user *u);
/* Whether its connection may end by what it has set, on a patient wire too. */
bool manner_is_touchy(const struct user *u);
/* Let the socket go, and see that what must be gone at once is. */
void manner_leaves(struct user *u, struct socket *socket, bool abort);
/* Whether it does not wait longer than it said. */
void manner_check(struct user *u);
/* Whether it asks its peer often enough to know that it is gone. */
bool manner_would_know(const struct user *u);

/* datagram.c */
void datagrams_draw(struct world *w);
uint64_t datagrams_due(const struct world *w);
void datagrams_send(struct world *w);
/* No more, and no sockets for them. */
void datagrams_stop(struct world *w);
/* Take what has come to this machine: each must be one that was sent. */
void datagrams_read(struct machine *m);
void datagrams_check(struct world *w);

/* story.c */
struct story *story_create(void);
void story_destroy(struct story *story);
__attribute__((format(printf, 2, 3))) void story_tell(struct world *w, const char *format, ...);
void story_frame(struct machine *m, bool out, const uint8_t *frame, size_t length);
void story_event(void *machine, const struct event *event);
void story_print(const struct story *story);

#endif
