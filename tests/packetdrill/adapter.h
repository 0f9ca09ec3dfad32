/* SPDX-License-Identifier: MIT
 *
 * One strata stack as packetdrill sees a kernel: file descriptors, calls that block, a wire and a clock.
 *
 *     packetdrill                                  libstrata-packetdrill.so
 *       main thread  --- a line of the script --->   files.c, transfer.c, options.c, ready.c -- socket.h --> the stack
 *                    --- a packet arrives ------->   wire.c: Ethernet around it --- stack_input() ---------> the stack
 *                    <-- the next that leaves ----   wire.c: a queue <------------- emit() ----------------- the stack
 *                    --- wait, what time is it --->  clock.c: from event to event - stack_tick() ----------> the stack
 *       other thread --- a line that blocks ----->   waits in clock.c until an event satisfies it
 *
 * Time is virtual: it moves only while packetdrill waits, so that a script of a minute takes a tenth of a second, and that the
 * same script gives the same result always.
 *
 * The rules of the two threads: all is done under one lock. The main thread never blocks, since nobody else moves the clock; a call of
 * its that would have to wait answers EAGAIN. When a call of the other thread can go on, the main thread waits until it has,
 * so that what it does next comes after.
 */
#ifndef STRATA_TESTS_PACKETDRILL_ADAPTER_H
#define STRATA_TESTS_PACKETDRILL_ADAPTER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack.h"
#include "tests/packetdrill/interface.h"

#define FILES_MAX   1024 /* file descriptors */
#define OPTIONS_MAX 64   /* options that are known by name: options.c */

struct frame; /* wire.c */

/* An entry of an epoll set. */
struct watch {
	int fd; /* -1: none */
	struct epoll_event event;
	bool pending;  /* something happened since it was last told: what edges are made of */
	bool disabled; /* EPOLLONESHOT, and it has been told */
};

#define WATCHES_MAX 64

struct epoll_set {
	struct watch watches[WATCHES_MAX]; /* told in this order; who has been told goes to the end */
	unsigned count;
};

enum file_kind { FILE_NONE, FILE_STREAM, FILE_DATAGRAM, FILE_EPOLL, FILE_PIPE };

/* What a descriptor stands for. The number itself is one of the process's own, open on /dev/null, so that nobody else gets it. */
struct file {
	enum file_kind kind;
	struct socket *socket;
	struct epoll_set *epoll;
	bool nonblocking;
	bool listening;
	bool connecting; /* connect() was called, and its outcome has not been told yet */
	bool started;    /* it was connected, or tried to be */
	bool over;       /* the connection's error has been told: then come ends of stream and EPIPE */
	bool read_shut;
	bool write_shut;
	bool peer_ended;      /* its FIN was seen, before any error */
	bool was_writable;    /* ever: it was connected */
	bool no_space;        /* somebody waits for room to write */
	size_t chunk;         /* bytes not sent in Linux's last buffer (room.c) */
	size_t widest_window; /* that the peer ever had */
	uint64_t bytes_seen;  /* bytes received when it was last looked at */
	uint64_t received_at; /* and when that number, */
	uint64_t sent_at;     /* or that of what was sent, last changed */
	uint32_t sent_seen;
	unsigned state_seen;
	unsigned events_seen;         /* and its readiness */
	int values[OPTIONS_MAX];      /* of options, in the order of options.c */
	struct linger linger;         /* SO_LINGER */
	struct timeval receive_limit; /* SO_RCVTIMEO */
	struct timeval send_limit;    /* SO_SNDTIMEO */
	char congestion[16];          /* TCP_CONGESTION */
};

/* What flags and the command log say (settings.c); what was not said is as Linux has it. */
struct settings {
	char log_path[256]; /* of the command log; empty: none */
	long log_read;      /* bytes of it that have been read */
	struct address address;
	unsigned prefix_length;
	struct address gateway;
	unsigned mtu;
	unsigned ttl;
	uint64_t patience; /* virtual microseconds to wait for a packet */
	uint64_t seed;
	unsigned advertised_mss; /* 0: what the MTU gives */
	unsigned window_scale;   /* UINT_MAX: what receive_max asks for */
	unsigned long receive_default, receive_max;
	unsigned long send_default, send_max;
	unsigned keepalive_time, keepalive_interval, keepalive_probes; /* seconds, seconds, count */
	unsigned fin_timeout;                                          /* seconds */
	bool timestamps, sack, window_scaling, idle_restart;
	unsigned notsent_lowat;
	char congestion[16];
	char unknown[2048]; /* names that were told to have no effect, each between spaces */
};

/* The other thread's call, while it waits. */
struct waiter {
	bool waiting;
	bool kicked;    /* something happened: try again */
	uint64_t limit; /* when it ends in any case */
	pthread_cond_t go;
	pthread_cond_t gone;
};

struct adapter {
	pthread_mutex_t lock;
	pthread_t main;
	uint64_t now; /* microseconds */
	struct waiter waiter;
	struct stack *stack; /* NULL until something needs it */
	struct settings settings;
	struct frame *sent, **sent_end;         /* IP datagrams that have left and were not asked for yet */
	struct frame *arriving, **arriving_end; /* frames for us: ARP replies */
	struct file files[FILES_MAX];
};

/* ---- adapter.c ---- */

/* Begin and end a call: take the lock and notice what the command log says by now; let the stack send, give up the lock, and
 * turn a negative errno into -1 and errno. */
struct adapter *call_begin(void *user);
long call_end(struct adapter *a, long result);

/* The stack, made at its first use. */
struct stack *adapter_stack(struct adapter *a);

/* Print one line on standard error. */
void notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- settings.c ---- */

void settings_init(struct settings *s, const char *flags);

/* Read what has been added to the command log. */
void settings_refresh(struct settings *s);

/* The window scale that Linux would choose for receive_max. */
unsigned settings_window_scale(const struct settings *s);

/* ---- clock.c ---- */

void clock_init(struct adapter *a);

/* Let the stack send and tell sockets; then let a waiting call see it. */
void clock_settle(struct adapter *a);

/* Let time pass, from event to event, up to `until`. True: `stop` (may be NULL) became true on the way. */
bool clock_advance(struct adapter *a, uint64_t until, bool (*stop)(const struct adapter *a));

/* Try something until it answers other than -EAGAIN, but not beyond `limit` (DEADLINE_NEVER: for ever), and only once where
 * the call must not wait: `patient` is false, or this is the main thread. */
long clock_wait(struct adapter *a, bool patient, uint64_t limit, long (*attempt)(struct adapter *a, void *what),
		void *what);

/* When a call ends that SO_RCVTIMEO or SO_SNDTIMEO gives this time; 0 is for ever. */
uint64_t clock_limit(const struct adapter *a, const struct timeval *time);

/* Whether this thread may wait. */
bool clock_may_wait(const struct adapter *a);

int clock_sleep(void *user, useconds_t microseconds);
int clock_time_of_day(void *user, struct timeval *now, struct timezone *zone);

/* ---- wire.c ---- */

void wire_init(struct adapter *a);
int wire_emit(void *user, const struct tx_packet *packet);

/* Give the stack the ARP replies that it has asked for. False: there were none. */
bool wire_deliver(struct adapter *a);

void wire_release(struct adapter *a);
int wire_in(void *user, const void *datagram, size_t length);
int wire_out(void *user, void *datagram, size_t *length, long long *microseconds);

/* ---- files.c ---- */

/* A new descriptor: its number, or a negative errno. */
long file_open(struct adapter *a, enum file_kind kind);

/* What a number stands for, or NULL. */
struct file *file_of(struct adapter *a, int fd);
int file_number(const struct adapter *a, const struct file *f);
void file_close(struct adapter *a, struct file *f);

int files_socket(void *user, int domain, int type, int protocol);
int files_bind(void *user, int fd, const struct sockaddr *local, socklen_t length);
int files_listen(void *user, int fd, int backlog);
int files_accept(void *user, int fd, struct sockaddr *remote, socklen_t *length);
int files_connect(void *user, int fd, const struct sockaddr *remote, socklen_t length);
int files_close(void *user, int fd);
int files_shutdown(void *user, int fd, int how);
int files_fcntl(void *user, int fd, int command, ...);
int files_ioctl(void *user, int fd, unsigned long request, ...);

/* Between the system's addresses and ours. False: not an IPv4 address. */
bool address_from_system(const struct sockaddr *from, socklen_t length, struct endpoint *to);
void address_to_system(const struct endpoint *from, struct sockaddr *to, socklen_t *length);

/* The error that a stream has to tell, once, as a negative errno; 0: none. */
int file_take_error(struct file *f);

/* ---- transfer.c ---- */

ssize_t transfer_read(void *user, int fd, void *bytes, size_t room);
ssize_t transfer_readv(void *user, int fd, const struct iovec *parts, int count);
ssize_t transfer_recv(void *user, int fd, void *bytes, size_t room, int flags);
ssize_t transfer_recvfrom(void *user, int fd, void *bytes, size_t room, int flags, struct sockaddr *remote,
			  socklen_t *length);
ssize_t transfer_recvmsg(void *user, int fd, struct msghdr *message, int flags);
ssize_t transfer_write(void *user, int fd, const void *bytes, size_t length);
ssize_t transfer_writev(void *user, int fd, const struct iovec *parts, int count);
ssize_t transfer_send(void *user, int fd, const void *bytes, size_t length, int flags);
ssize_t transfer_sendto(void *user, int fd, const void *bytes, size_t length, int flags, const struct sockaddr *remote,
			socklen_t remote_length);
ssize_t transfer_sendmsg(void *user, int fd, const struct msghdr *message, int flags);

/* What all of them are: read into, or write from, these parts. *remote and *has_remote (or NULL) become who sent it, where that is
 * known; `to` may be NULL. */
ssize_t transfer_in(void *user, int fd, const struct iovec *parts, int count, int flags, struct endpoint *remote,
		    bool *has_remote);
ssize_t transfer_out(void *user, int fd, const struct iovec *parts, int count, int flags, const struct sockaddr *to,
		     socklen_t to_length);

/* ---- room.c ---- */

/* Bytes that can be read from a stream now. */
size_t stream_unread(const struct file *f);
/* Bytes that a stream was given and its peer has not acknowledged, and those of them that have not been sent. */
size_t stream_unacknowledged(const struct file *f);
size_t stream_unsent(const struct file *f);
/* Bytes that may be written now, up to the end of one of Linux's buffers: there may be room for more behind it. */
size_t stream_room(struct file *f);
/* So many were. */
void stream_filled(struct file *f, size_t length);
/* Whether there is room for who waits for it: a third of SO_SNDBUF, and less than half of TCP_NOTSENT_LOWAT unsent. */
bool stream_has_room(const struct file *f);

/* ---- pipes.c ---- */

int pipes_pipe(void *user, int fds[2]);
int pipes_splice(void *user, int from, loff_t *from_offset, int to, loff_t *to_offset, size_t length, unsigned flags);

/* ---- options.c ---- */

int options_get(void *user, int fd, int level, int name, void *value, socklen_t *length);
int options_set(void *user, int fd, int level, int name, const void *value, socklen_t length);

/* Give a new socket its options' values, and its settings from them. */
void options_init(struct adapter *a, struct file *f);
/* An accepted socket begins with the listener's. */
void options_inherit(struct file *f, const struct file *listener);
/* Make the socket's settings what the values say: after the socket was made anew. */
void options_apply(struct adapter *a, struct file *f);
/* The value of one that holds a number. */
int options_value(const struct file *f, int level, int name);

/* ---- info.c ---- */

/* Fill a struct tcp_info of Linux's, whatever length of it is asked for. */
int info_fill(struct adapter *a, const struct file *f, void *value, socklen_t length);

/* The state as Linux numbers it, 1 ESTABLISHED to 11 CLOSING. */
unsigned info_state(const struct file *f);

/* ---- ready.c ---- */

int ready_poll(void *user, struct pollfd *entries, nfds_t count, int milliseconds);
int ready_epoll_create(void *user, int size);
int ready_epoll_ctl(void *user, int epoll_fd, int operation, int fd, struct epoll_event *event);
int ready_epoll_wait(void *user, int epoll_fd, struct epoll_event *events, int room, int milliseconds);

/* Look at every descriptor, and note in the epoll sets what has happened since the last time. */
void ready_scan(struct adapter *a);

/* A descriptor is closed: no set watches it any more. */
void ready_forget(struct adapter *a, int fd);

#endif
