/* SPDX-License-Identifier: MIT
 *
 * Readiness: poll() and epoll, by level and by edge. (The bits of both are the same numbers.)
 *
 * What a descriptor is ready for is worked out anew each time that it is asked. An edge is an event: more to read, room
 * where there was none, an end, an error. ready_scan() compares what is with what was, after everything that happens, and
 * marks the watches that the event concerns; epoll_wait() then tells of a marked one all that it is ready for, as Linux does.
 */
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/deadline.h"
#include "tests/packetdrill/adapter.h"

#define READABLE (EPOLLIN | EPOLLRDNORM)
#define WRITABLE (unsigned)(EPOLLOUT | EPOLLWRNORM)
#define ALWAYS   (EPOLLERR | EPOLLHUP)

/* ---- by level ---- */

/* The peer has sent its FIN, whether or not all before it has been read. */
static bool peer_has_ended(unsigned state)
{
	return state == 8 || state == 9 || state == 11 || state == 6 || state == 7;
}

static unsigned listener_events(const struct file *f)
{
	return socket_ready(f->socket) & SOCKET_READABLE ? READABLE : 0;
}

static unsigned connection_events(struct file *f)
{
	unsigned ready = socket_ready(f->socket), state = info_state(f), events = 0;
	int low = options_value(f, SOL_SOCKET, SO_RCVLOWAT);
	bool ended = peer_has_ended(state) || f->read_shut;

	if (!f->over && ready & SOCKET_ERROR)
		events |= EPOLLERR;
	if (state == 7 || (ended && f->write_shut))
		events |= EPOLLHUP;
	if (ended)
		events |= READABLE | EPOLLRDHUP;
	if (state == 2 || state == 3)
		return events;
	if (stream_unread(f) >= (size_t)(low > 1 ? low : 1))
		events |= READABLE;
	if (f->write_shut || f->over || state == 7 || (ready & SOCKET_WRITABLE && stream_has_room(f)))
		events |= WRITABLE;
	else
		f->no_space = true;
	return events;
}

/* All that a descriptor is ready for. */
static unsigned events_of(struct file *f)
{
	unsigned ready;

	switch (f->kind) {
	case FILE_STREAM:
		if (f->listening)
			return listener_events(f);
		return f->started ? connection_events(f) : WRITABLE | EPOLLHUP;
	case FILE_DATAGRAM:
		ready = socket_ready(f->socket);
		return (ready & SOCKET_READABLE ? READABLE : 0u) | (ready & SOCKET_ERROR ? EPOLLERR : 0u) | WRITABLE;
	default:
		return 0;
	}
}

/* ---- edges ---- */

static struct watch *find_watch(struct epoll_set *set, int fd)
{
	for (unsigned i = 0; i < set->count; i++)
		if (set->watches[i].fd == fd)
			return &set->watches[i];
	return NULL;
}

static void mark_watches(struct adapter *a, int fd, unsigned happened)
{
	for (int i = 0; i < FILES_MAX; i++) {
		struct watch *w = a->files[i].kind == FILE_EPOLL ? find_watch(a->files[i].epoll, fd) : NULL;
		if (w && (w->event.events | ALWAYS) & happened)
			w->pending = true;
	}
}

/* When text came and went. */
static void note_times(struct file *f, const struct socket_tcp_info *info, uint64_t now)
{
	uint32_t sent = info->snd_nxt + info->retransmitted;

	if (f->received_at == 0 || info->bytes_received != f->bytes_seen)
		f->received_at = now;
	if (f->sent_at == 0 || sent != f->sent_seen)
		f->sent_at = now;
	f->sent_seen = sent;
}

/* What has happened to a descriptor since the last look. */
static unsigned happened_to(struct file *f, uint64_t now)
{
	struct socket_tcp_info info;
	bool waits_for_room = f->no_space;
	unsigned events = events_of(f), fresh = events & ~f->events_seen;

	f->no_space = waits_for_room;
	if (f->kind == FILE_STREAM && f->started && socket_tcp_info(f->socket, &info) == 0) {
		note_times(f, &info, now);
		if (info.bytes_received != f->bytes_seen)
			fresh |= events & READABLE;
		f->bytes_seen = info.bytes_received;
		if (f->state_seen != info_state(f)) /* connected, ended, reset: all who wait are woken */
			fresh = events;
		else if (f->was_writable && !waits_for_room) /* nobody was told that there was none */
			fresh &= ~WRITABLE;
		f->state_seen = info_state(f);
	}
	if (events & EPOLLRDHUP && !(events & EPOLLERR) && !f->read_shut)
		f->peer_ended = true;
	if (events & WRITABLE) {
		f->no_space = false;
		f->was_writable = f->started;
	}
	f->events_seen = events;
	return fresh;
}

void ready_scan(struct adapter *a)
{
	for (int fd = 0; fd < FILES_MAX; fd++) {
		if (!a->files[fd].socket || a->files[fd].kind == FILE_NONE)
			continue;
		unsigned happened = happened_to(&a->files[fd], a->now);
		if (happened != 0)
			mark_watches(a, fd, happened);
	}
}

void ready_forget(struct adapter *a, int fd)
{
	for (int i = 0; i < FILES_MAX; i++) {
		struct epoll_set *set = a->files[i].kind == FILE_EPOLL ? a->files[i].epoll : NULL;
		struct watch *w = set ? find_watch(set, fd) : NULL;
		if (!w)
			continue;
		memmove(w, w + 1, (size_t)(set->watches + set->count - (w + 1)) * sizeof *w);
		set->count--;
	}
}

/* ---- waiting ---- */

static uint64_t limit_of(const struct adapter *a, int milliseconds)
{
	return milliseconds < 0 ? DEADLINE_NEVER : a->now + (uint64_t)milliseconds * 1000;
}

struct poll_call {
	struct pollfd *entries;
	nfds_t count;
};

static long try_poll(struct adapter *a, void *what)
{
	struct poll_call *p = what;
	long ready = 0;

	for (nfds_t i = 0; i < p->count; i++) {
		struct pollfd *e = &p->entries[i];
		struct file *f = file_of(a, e->fd);
		e->revents = 0;
		if (e->fd < 0)
			continue;
		e->revents = f ? (short)(events_of(f) & ((unsigned)e->events | ALWAYS)) : POLLNVAL;
		ready += e->revents != 0;
	}
	return ready > 0 ? ready : -EAGAIN;
}

int ready_poll(void *user, struct pollfd *entries, nfds_t count, int milliseconds)
{
	struct adapter *a = call_begin(user);
	struct poll_call p = {entries, count};

	if (!entries && count > 0)
		return (int)call_end(a, -EFAULT);
	long result = clock_wait(a, milliseconds != 0, limit_of(a, milliseconds), try_poll, &p);
	return (int)call_end(a, result == -EAGAIN ? 0 : result);
}

int ready_epoll_create(void *user, int size)
{
	struct adapter *a = call_begin(user);
	struct epoll_set *set = size > 0 ? calloc(1, sizeof *set) : NULL;

	if (!set)
		return (int)call_end(a, size > 0 ? -ENOMEM : -EINVAL);
	long fd = file_open(a, FILE_EPOLL);
	if (fd < 0)
		free(set);
	else
		a->files[fd].epoll = set;
	return (int)call_end(a, fd);
}

static long change(struct adapter *a, struct epoll_set *set, int operation, int fd, const struct epoll_event *event)
{
	struct watch *w = find_watch(set, fd);

	if (operation == EPOLL_CTL_ADD && w)
		return -EEXIST;
	if (operation != EPOLL_CTL_ADD && !w)
		return -ENOENT;
	switch (operation) {
	case EPOLL_CTL_ADD:
		if (set->count == WATCHES_MAX || !event)
			return event ? -ENOSPC : -EFAULT;
		w = &set->watches[set->count++];
		break;
	case EPOLL_CTL_MOD:
		break;
	case EPOLL_CTL_DEL:
		memmove(w, w + 1, (size_t)(set->watches + set->count - (w + 1)) * sizeof *w);
		set->count--;
		return 0;
	default:
		return -EINVAL;
	}
	if (!event)
		return -EFAULT;
	*w = (struct watch){.fd = fd, .event = *event};
	w->pending = events_of(&a->files[fd]) & (event->events | ALWAYS); /* what is ready already counts as an event */
	return 0;
}

static struct epoll_set *set_of(struct adapter *a, int epoll_fd, long *error)
{
	struct file *f = file_of(a, epoll_fd);

	*error = f ? -EINVAL : -EBADF;
	return f ? f->epoll : NULL;
}

int ready_epoll_ctl(void *user, int epoll_fd, int operation, int fd, struct epoll_event *event)
{
	struct adapter *a = call_begin(user);
	long result;
	struct epoll_set *set = set_of(a, epoll_fd, &result);
	struct file *f = file_of(a, fd);

	if (set && !f)
		result = -EBADF;
	else if (set && !f->socket)
		result = -EPERM;
	else if (set)
		result = change(a, set, operation, fd, event);
	return (int)call_end(a, result);
}

struct epoll_call {
	int fd; /* of the set, which may be closed by the other thread */
	struct epoll_event *events;
	int room;
};

/* What a watch has to tell now, or 0. */
static unsigned tell(struct adapter *a, struct watch *w)
{
	bool edge = w->event.events & EPOLLET;

	if (w->disabled || (edge && !w->pending))
		return 0;
	w->pending = false;
	unsigned events = events_of(&a->files[w->fd]) & (w->event.events | ALWAYS);
	if (events != 0 && w->event.events & EPOLLONESHOT)
		w->disabled = true;
	return events;
}

static long try_epoll(struct adapter *a, void *what)
{
	struct epoll_call *e = what;
	long told;
	struct epoll_set *set = set_of(a, e->fd, &told);

	if (!set)
		return told;
	told = 0;
	unsigned last = set->count;

	for (unsigned i = 0, seen = 0; seen < last && told < e->room; seen++) {
		struct watch w = set->watches[i];
		unsigned events = tell(a, &set->watches[i]);
		if (events == 0) {
			i++;
			continue;
		}
		e->events[told].events = events;
		e->events[told].data = w.event.data;
		told++;
		w = set->watches[i]; /* to the end, so that others have their turn */
		memmove(&set->watches[i], &set->watches[i + 1], (last - i - 1) * sizeof w);
		set->watches[last - 1] = w;
	}
	return told > 0 ? told : -EAGAIN;
}

int ready_epoll_wait(void *user, int epoll_fd, struct epoll_event *events, int room, int milliseconds)
{
	struct adapter *a = call_begin(user);
	long result;
	struct epoll_set *set = set_of(a, epoll_fd, &result);
	struct epoll_call e = {epoll_fd, events, room};

	if (set && room <= 0)
		result = -EINVAL;
	else if (set && !events)
		result = -EFAULT;
	else if (set)
		result = clock_wait(a, milliseconds != 0, limit_of(a, milliseconds), try_epoll, &e);
	return (int)call_end(a, result == -EAGAIN ? 0 : result);
}
