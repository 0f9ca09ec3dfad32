/* SPDX-License-Identifier: MIT
 *
 * Moving bytes: the ten calls that read and write are two, each for streams and for datagrams. (Pipes are the system's own: pipes.c.)
 *
 * Answers and their order are Linux's: an error of the connection is told once, then reads answer 0 and writes EPIPE.
 */
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/packetdrill/adapter.h"

#define PARTS_MAX 1024

/* One call, as it goes on. */
struct transfer {
	struct file *file;
	const struct iovec *parts;
	int count;
	int flags;
	size_t wanted; /* bytes in all parts */
	size_t done;   /* bytes moved so far */
	size_t least;  /* a read goes on until it has so many */
	struct endpoint remote;
	bool has_remote;
	bool cut;    /* a datagram was longer than its buffer */
	bool waited; /* a write has found no room once */
};

/* ---- buffers ---- */

/* Whether the parts can be, and how many bytes they hold; a negative errno where not. */
static long measure(const struct iovec *parts, int count)
{
	size_t length = 0;

	if (count < 0 || count > PARTS_MAX)
		return -EINVAL;
	if (!parts && count > 0)
		return -EFAULT;
	for (int i = 0; i < count; i++)
		length += parts[i].iov_len;
	return length <= INT32_MAX ? (long)length : -EINVAL;
}

/* A buffer that is not there is noticed when it is used, as by a kernel. */
static bool is_missing(const struct transfer *t)
{
	for (int i = 0; i < t->count; i++)
		if (t->parts[i].iov_len > 0 && (uintptr_t)t->parts[i].iov_base < 4096)
			return true;
	return false;
}

/* What lies `offset` bytes into the parts, contiguously: its start, with *length set. */
static uint8_t *part_at(const struct transfer *t, size_t offset, size_t *length)
{
	for (int i = 0; i < t->count; i++) {
		if (offset < t->parts[i].iov_len) {
			*length = t->parts[i].iov_len - offset;
			return (uint8_t *)t->parts[i].iov_base + offset;
		}
		offset -= t->parts[i].iov_len;
	}
	*length = 0;
	return NULL;
}

/* Between the parts and one block. */
static void scatter(const struct transfer *t, const uint8_t *from, size_t length)
{
	for (size_t done = 0, part; done < length; done += part) {
		uint8_t *to = part_at(t, done, &part);
		if (part > length - done)
			part = length - done;
		memcpy(to, from + done, part);
	}
}

static void gather(const struct transfer *t, uint8_t *to)
{
	for (size_t done = 0, part = 0; done < t->wanted; done += part)
		memcpy(to + done, part_at(t, done, &part), part);
}

/* ---- reading a stream ---- */

/* Copy what is there without taking it. */
static long look(struct transfer *t)
{
	struct slice slices[2];
	unsigned count = socket_peek(t->file->socket, slices);
	size_t done = 0, part;

	for (unsigned i = 0; i < count; i++)
		for (size_t at = 0; at < slices[i].length && done < t->wanted; at += part, done += part) {
			uint8_t *to = part_at(t, done, &part);
			if (part > slices[i].length - at)
				part = slices[i].length - at;
			if (!(t->flags & MSG_TRUNC))
				memcpy(to, slices[i].bytes + at, part);
		}
	return (long)done;
}

/* Take what is there, or drop it where only its length is wanted (MSG_TRUNC). */
static void take(struct transfer *t)
{
	while (t->done < t->wanted && stream_unread(t->file) > 0) {
		size_t part;
		uint8_t *to = part_at(t, t->done, &part);
		if (t->flags & MSG_TRUNC) {
			size_t unread = stream_unread(t->file);
			part = part < unread ? part : unread;
			socket_consume(t->file->socket, part);
			t->done += part;
		} else {
			long taken = socket_receive(t->file->socket, to, part);
			if (taken <= 0)
				return;
			t->done += (size_t)taken;
		}
	}
}

static long try_read(struct adapter *a, void *what)
{
	struct transfer *t = what;
	struct file *f = t->file;
	uint8_t probe;

	(void)a;
	if (f->kind == FILE_NONE) /* closed by the other thread */
		return -EBADF;
	if (!f->started || f->listening)
		return -ENOTCONN;
	if (f->over || (f->peer_ended && stream_unread(f) == 0) || (t->wanted == 0 && stream_unread(f) == 0))
		return t->done > 0 ? (long)t->done : 0;
	if (stream_unread(f) > 0) {
		if (is_missing(t) && !(t->flags & MSG_TRUNC))
			return -EFAULT;
		if (t->flags & MSG_PEEK)
			return look(t);
		take(t);
		if (t->done >= t->least)
			return (long)t->done;
	}
	long result = socket_receive(f->socket, &probe, 1); /* nothing is there: why? */
	if (t->done > 0)
		return result == -EAGAIN ? -EAGAIN : (long)t->done;
	if (result < 0 && result != -EAGAIN) {
		int error = file_take_error(f);
		f->over = true;
		return error;
	}
	return result;
}

static long read_stream(struct adapter *a, struct transfer *t)
{
	struct file *f = t->file;
	bool patient = !f->nonblocking && !(t->flags & MSG_DONTWAIT);

	if (t->flags & MSG_OOB)
		return -EINVAL; /* urgent data is read in line */
	if (t->flags & MSG_ERRQUEUE)
		return -EAGAIN;
	int low = options_value(f, SOL_SOCKET, SO_RCVLOWAT);
	t->least = low > 1 ? (size_t)low : 1;
	if (t->flags & MSG_WAITALL || t->least > t->wanted)
		t->least = t->wanted;
	long result = clock_wait(a, patient, clock_limit(a, &f->receive_limit), try_read, t);
	return result == -EAGAIN && t->done > 0 ? (long)t->done : result;
}

/* ---- writing a stream ---- */

/* Why nothing can be written: the connection's error, once, or EPIPE. */
static long cannot_write(struct file *f)
{
	int error = f->started ? file_take_error(f) : 0;

	return error != 0 ? error : -EPIPE;
}

static long try_write(struct adapter *a, void *what)
{
	struct transfer *t = what;
	struct file *f = t->file;
	bool more = t->flags & MSG_MORE;

	if (f->kind == FILE_NONE) /* closed by the other thread */
		return -EBADF;
	if (!f->started || f->over || f->write_shut)
		return cannot_write(f);
	if (is_missing(t))
		return -EFAULT;
	if (t->waited && !stream_has_room(f)) /* who waits is only woken for that much */
		return -EAGAIN;
	do {
		stack_flush(a->stack, a->now); /* what can leave does so as the buffers fill */
		size_t part, room = stream_room(f);
		const uint8_t *from = part_at(t, t->done, &part);
		bool last = t->done + part >= t->wanted;
		if (part > room)
			part = room;
		long sent = part == 0 && t->wanted > 0 ? -EAGAIN
			    : more || !last            ? socket_send_more(f->socket, from, part)
						       : socket_send(f->socket, from, part);
		if (sent < 0 && sent != -EAGAIN)
			return t->done > 0 ? (long)t->done : cannot_write(f);
		if (sent < 0) {
			f->no_space = t->waited = true;
			return -EAGAIN;
		}
		stream_filled(f, (size_t)sent);
		t->done += (size_t)sent;
	} while (t->done < t->wanted);
	return (long)t->done;
}

static long write_stream(struct adapter *a, struct transfer *t)
{
	struct file *f = t->file;
	bool patient = !f->nonblocking && !(t->flags & MSG_DONTWAIT);

	if (f->listening)
		return -EPIPE;
	if (t->flags & MSG_FASTOPEN)
		return -EOPNOTSUPP;
	long result = clock_wait(a, patient, clock_limit(a, &f->send_limit), try_write, t);
	return result == -EAGAIN && t->done > 0 ? (long)t->done : result;
}

/* ---- datagrams ---- */

static long try_read_datagram(struct adapter *a, void *what)
{
	static uint8_t payload[65536]; /* under the lock */
	struct transfer *t = what;
	struct socket_message message;

	(void)a;
	if (t->file->kind == FILE_NONE) /* closed by the other thread */
		return -EBADF;
	long length = socket_receive_from(t->file->socket, payload, sizeof payload, t->flags & MSG_PEEK, &message);
	if (length < 0)
		return length;
	if (is_missing(t))
		return -EFAULT;
	t->remote = message.source;
	t->has_remote = true;
	t->cut = (size_t)length > t->wanted;
	scatter(t, payload, t->cut ? t->wanted : (size_t)length);
	return t->cut && !(t->flags & MSG_TRUNC) ? (long)t->wanted : length;
}

static long write_datagram(struct transfer *t)
{
	static uint8_t payload[65536]; /* under the lock */

	if (is_missing(t))
		return -EFAULT;
	if (t->wanted > sizeof payload)
		return -EMSGSIZE;
	gather(t, payload);
	return socket_send_to(t->file->socket, payload, t->wanted, t->has_remote ? &t->remote : NULL);
}

/* ---- the two calls that all others are ---- */

static long or_errno(ssize_t result)
{
	return result >= 0 ? (long)result : -errno;
}

/* What both begin with: 0, or a negative errno. */
static long begin_move(struct adapter *a, int fd, struct transfer *t)
{
	long wanted = measure(t->parts, t->count);

	t->file = file_of(a, fd);
	if (!t->file)
		return -EBADF;
	if (wanted < 0)
		return wanted;
	t->wanted = (size_t)wanted;
	return 0;
}

static long move_in(struct adapter *a, int fd, struct transfer *t)
{
	long error = begin_move(a, fd, t);
	struct file *f = t->file;

	if (error < 0)
		return error;
	if (f->kind == FILE_PIPE)
		return or_errno(readv(fd, t->parts, t->count));
	if (f->kind == FILE_STREAM)
		return read_stream(a, t);
	if (f->kind != FILE_DATAGRAM)
		return -EINVAL;
	return clock_wait(a, !f->nonblocking && !(t->flags & MSG_DONTWAIT), clock_limit(a, &f->receive_limit),
			  try_read_datagram, t);
}

static long move_out(struct adapter *a, int fd, struct transfer *t)
{
	long error = begin_move(a, fd, t);
	struct file *f = t->file;

	if (error < 0)
		return error;
	if (f->kind == FILE_PIPE)
		return or_errno(writev(fd, t->parts, t->count));
	if (f->kind == FILE_STREAM)
		return write_stream(a, t);
	return f->kind == FILE_DATAGRAM ? write_datagram(t) : -EINVAL;
}

ssize_t transfer_in(void *user, int fd, const struct iovec *parts, int count, int flags, struct endpoint *remote,
		    bool *has_remote)
{
	struct adapter *a = call_begin(user);
	struct transfer t = {.parts = parts, .count = count, .flags = flags};
	long result = move_in(a, fd, &t);

	if (remote) {
		*remote = t.remote;
		*has_remote = t.has_remote;
	}
	return call_end(a, result);
}

ssize_t transfer_out(void *user, int fd, const struct iovec *parts, int count, int flags, const struct sockaddr *remote,
		     socklen_t remote_length)
{
	struct adapter *a = call_begin(user);
	struct transfer t = {.parts = parts, .count = count, .flags = flags};

	t.has_remote = address_from_system(remote, remote_length, &t.remote); /* a stream has its own */
	return call_end(a, move_out(a, fd, &t));
}

ssize_t transfer_read(void *user, int fd, void *bytes, size_t room)
{
	return transfer_in(user, fd, &(struct iovec){bytes, room}, 1, 0, NULL, NULL);
}

ssize_t transfer_readv(void *user, int fd, const struct iovec *parts, int count)
{
	return transfer_in(user, fd, parts, count, 0, NULL, NULL);
}

ssize_t transfer_recv(void *user, int fd, void *bytes, size_t room, int flags)
{
	return transfer_in(user, fd, &(struct iovec){bytes, room}, 1, flags, NULL, NULL);
}

ssize_t transfer_recvfrom(void *user, int fd, void *bytes, size_t room, int flags, struct sockaddr *remote,
			  socklen_t *length)
{
	struct endpoint from;
	bool has_from = false;
	ssize_t result = transfer_in(user, fd, &(struct iovec){bytes, room}, 1, flags, &from, &has_from);

	if (result >= 0 && has_from)
		address_to_system(&from, remote, length);
	else if (result >= 0 && length)
		*length = 0;
	return result;
}

ssize_t transfer_write(void *user, int fd, const void *bytes, size_t length)
{
	return transfer_out(user, fd, &(struct iovec){(void *)(uintptr_t)bytes, length}, 1, 0, NULL, 0);
}

ssize_t transfer_writev(void *user, int fd, const struct iovec *parts, int count)
{
	return transfer_out(user, fd, parts, count, 0, NULL, 0);
}

ssize_t transfer_send(void *user, int fd, const void *bytes, size_t length, int flags)
{
	return transfer_out(user, fd, &(struct iovec){(void *)(uintptr_t)bytes, length}, 1, flags, NULL, 0);
}

ssize_t transfer_sendto(void *user, int fd, const void *bytes, size_t length, int flags, const struct sockaddr *remote,
			socklen_t remote_length)
{
	return transfer_out(user, fd, &(struct iovec){(void *)(uintptr_t)bytes, length}, 1, flags, remote,
			    remote_length);
}

ssize_t transfer_sendmsg(void *user, int fd, const struct msghdr *message, int flags)
{
	if (!message) {
		errno = EFAULT;
		return -1;
	}
	return transfer_out(user, fd, message->msg_iov, (int)message->msg_iovlen, flags, message->msg_name,
			    message->msg_namelen);
}

/* TCP_INQ: how much is left to read comes along with what was. */
static void tell_inq(struct adapter *a, const struct file *f, struct msghdr *message)
{
	int unread = f->kind == FILE_STREAM ? (int)stream_unread(f) : 0;
	size_t room = message->msg_controllen;

	(void)a;
	message->msg_controllen = 0;
	if (f->kind != FILE_STREAM || !options_value(f, IPPROTO_TCP, TCP_INQ) || !message->msg_control ||
	    room < CMSG_SPACE(sizeof unread))
		return;
	if (unread == 0 && f->peer_ended) /* there is an end to be read */
		unread = 1;
	struct cmsghdr *c = message->msg_control;
	c->cmsg_level = IPPROTO_TCP;
	c->cmsg_type = TCP_CM_INQ;
	c->cmsg_len = CMSG_LEN(sizeof unread);
	memcpy(CMSG_DATA(c), &unread, sizeof unread);
	message->msg_controllen = CMSG_SPACE(sizeof unread);
}

ssize_t transfer_recvmsg(void *user, int fd, struct msghdr *message, int flags)
{
	struct adapter *a = call_begin(user);

	if (!message)
		return call_end(a, -EFAULT);
	struct transfer t = {.parts = message->msg_iov, .count = (int)message->msg_iovlen, .flags = flags};
	long result = move_in(a, fd, &t);
	if (result >= 0) {
		if (t.has_remote)
			address_to_system(&t.remote, message->msg_name, &message->msg_namelen);
		else
			message->msg_namelen = 0;
		message->msg_flags = t.cut ? MSG_TRUNC : 0;
		tell_inq(a, t.file, message);
	}
	return call_end(a, result);
}
