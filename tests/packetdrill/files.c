/* SPDX-License-Identifier: MIT
 *
 * Descriptors, and the calls that make, name, connect and end what they stand for.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/packetdrill/adapter.h"

/* ---- numbers ---- */

struct file *file_of(struct adapter *a, int fd)
{
	return fd >= 0 && fd < FILES_MAX && a->files[fd].kind != FILE_NONE ? &a->files[fd] : NULL;
}

int file_number(const struct adapter *a, const struct file *f)
{
	return (int)(f - a->files);
}

long file_open(struct adapter *a, enum file_kind kind)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fd >= FILES_MAX) {
		close(fd);
		return -EMFILE;
	}
	a->files[fd] = (struct file){.kind = kind};
	return fd;
}

void file_close(struct adapter *a, struct file *f)
{
	int fd = file_number(a, f);

	if (f->socket)
		socket_close(f->socket);
	ready_forget(a, fd);
	free(f->epoll);
	*f = (struct file){.kind = FILE_NONE};
	close(fd);
}

/* A socket's file, or NULL with the errno to answer in *error. */
static struct file *socket_file(struct adapter *a, int fd, long *error)
{
	struct file *f = file_of(a, fd);

	*error = !f ? -EBADF : -ENOTSOCK;
	return f && (f->kind == FILE_STREAM || f->kind == FILE_DATAGRAM) ? f : NULL;
}

int file_take_error(struct file *f)
{
	int error = f->over ? 0 : socket_error(f->socket);

	if (error != 0 && f->kind == FILE_STREAM)
		f->over = true;
	return error == -ECONNRESET && f->peer_ended ? -EPIPE : error; /* as Linux calls a reset after the end */
}

/* ---- addresses ---- */

bool address_from_system(const struct sockaddr *from, socklen_t length, struct endpoint *to)
{
	struct sockaddr_in in;

	if (!from || length < sizeof in || from->sa_family != AF_INET)
		return false;
	memcpy(&in, from, sizeof in);
	memcpy(to->address.bytes, &in.sin_addr, sizeof to->address.bytes);
	to->port = ntohs(in.sin_port);
	return true;
}

void address_to_system(const struct endpoint *from, struct sockaddr *to, socklen_t *length)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(from->port)};

	if (!to || !length)
		return;
	memcpy(&in.sin_addr, from->address.bytes, sizeof in.sin_addr);
	memcpy(to, &in, *length < sizeof in ? *length : sizeof in);
	*length = sizeof in;
}

/* ---- making and naming ---- */

static long make_socket(struct adapter *a, int domain, int type, int protocol)
{
	bool stream = (type & 0xf) == SOCK_STREAM;

	if (domain != AF_INET)
		return -EAFNOSUPPORT;
	if (!stream && (type & 0xf) != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (protocol != 0 && protocol != (stream ? IPPROTO_TCP : IPPROTO_UDP))
		return -EPROTONOSUPPORT;
	struct socket *socket = socket_open(adapter_stack(a), stream ? SOCKET_STREAM : SOCKET_DATAGRAM);
	if (!socket)
		return -ENOBUFS;
	long fd = file_open(a, stream ? FILE_STREAM : FILE_DATAGRAM);
	if (fd < 0) {
		socket_close(socket);
		return fd;
	}
	a->files[fd].socket = socket;
	a->files[fd].nonblocking = type & SOCK_NONBLOCK;
	options_init(a, &a->files[fd]);
	return fd;
}

int files_socket(void *user, int domain, int type, int protocol)
{
	struct adapter *a = call_begin(user);

	return (int)call_end(a, make_socket(a, domain, type, protocol));
}

int files_bind(void *user, int fd, const struct sockaddr *local, socklen_t length)
{
	struct adapter *a = call_begin(user);
	struct endpoint endpoint;
	long result;
	struct file *f = socket_file(a, fd, &result);

	if (f && !local)
		result = -EFAULT;
	else if (f && !address_from_system(local, length, &endpoint))
		result = length < sizeof(struct sockaddr_in) ? -EINVAL : -EAFNOSUPPORT;
	else if (f)
		result = socket_bind(f->socket, &endpoint);
	return (int)call_end(a, result);
}

int files_listen(void *user, int fd, int backlog)
{
	struct adapter *a = call_begin(user);
	long result;
	struct file *f = socket_file(a, fd, &result);

	if (f && f->kind != FILE_STREAM)
		result = -EOPNOTSUPP;
	else if (f && f->listening) /* again, to change the backlog */
		result = 0;
	else if (f)
		result = socket_listen(f->socket, backlog > 0 ? (unsigned)backlog : 1);
	if (f && result == 0)
		f->listening = true;
	return (int)call_end(a, result);
}

static long try_accept(struct adapter *a, void *what)
{
	struct file *listener = what;

	if (listener->kind == FILE_NONE) /* closed by the other thread */
		return -EBADF;
	struct socket *socket = socket_accept(listener->socket);

	if (!socket)
		return -EAGAIN;
	long fd = file_open(a, FILE_STREAM);
	if (fd < 0) {
		socket_close(socket);
		return fd;
	}
	a->files[fd].socket = socket;
	a->files[fd].started = true;
	options_inherit(&a->files[fd], listener);
	return fd;
}

int files_accept(void *user, int fd, struct sockaddr *remote, socklen_t *length)
{
	struct adapter *a = call_begin(user);
	long result;
	struct file *f = socket_file(a, fd, &result);

	if (f && f->kind != FILE_STREAM)
		result = -EOPNOTSUPP;
	else if (f && !f->listening)
		result = -EINVAL;
	else if (f)
		result = clock_wait(a, !f->nonblocking, clock_limit(a, &f->receive_limit), try_accept, f);
	if (f && result >= 0) {
		struct endpoint from = socket_remote(a->files[result].socket);
		address_to_system(&from, remote, length);
	}
	return (int)call_end(a, result);
}

/* ---- connecting ---- */

static long try_connected(struct adapter *a, void *what)
{
	struct file *f = what;

	(void)a;
	if (f->kind == FILE_NONE) /* closed by the other thread */
		return -EBADF;
	int error = file_take_error(f);
	if (error != 0)
		return error;
	if (!(socket_ready(f->socket) & SOCKET_WRITABLE))
		return -EAGAIN;
	f->connecting = false;
	return 0;
}

/* A stream whose attempt has failed is as at first again: with a fresh socket. */
static bool begin_anew(struct adapter *a, struct file *f)
{
	struct socket *socket = socket_open(adapter_stack(a), SOCKET_STREAM);

	if (!socket)
		return false;
	socket_close(f->socket);
	f->socket = socket;
	f->over = f->started = f->connecting = f->read_shut = f->write_shut = false;
	options_apply(a, f);
	return true;
}

static long connect_stream(struct adapter *a, struct file *f, const struct endpoint *remote)
{
	bool again = f->connecting;
	long result = -ECONNABORTED; /* it failed, and somebody else was told why */

	if (f->listening || (f->started && !again))
		return -EISCONN;
	if (!again) {
		result = socket_connect(f->socket, remote);
		if (result < 0)
			return result;
		f->connecting = f->started = true;
		clock_settle(a); /* an address that nobody has, and ourselves, answer at once */
	}
	if (!f->over)
		result = clock_wait(a, !f->nonblocking, clock_limit(a, &f->send_limit), try_connected, f);
	if (result == -EAGAIN)
		return again ? -EALREADY : -EINPROGRESS;
	if (result < 0 && f->over && !begin_anew(a, f))
		return -ENOMEM;
	return result;
}

int files_connect(void *user, int fd, const struct sockaddr *remote, socklen_t length)
{
	struct adapter *a = call_begin(user);
	struct endpoint endpoint = {.port = 0};
	long result;
	struct file *f = socket_file(a, fd, &result);

	if (f && !remote)
		result = -EFAULT;
	else if (f && f->kind == FILE_DATAGRAM && remote->sa_family == AF_UNSPEC)
		result = socket_connect(f->socket, &endpoint);
	else if (f && !address_from_system(remote, length, &endpoint))
		result = length < sizeof(struct sockaddr_in) ? -EINVAL : -EAFNOSUPPORT;
	else if (f && f->kind == FILE_DATAGRAM)
		result = socket_connect(f->socket, &endpoint);
	else if (f)
		result = connect_stream(a, f, &endpoint);
	return (int)call_end(a, result);
}

/* ---- ending ---- */

static long try_lingered(struct adapter *a, void *what)
{
	struct file *f = what;

	(void)a;
	return info_state(f) == 7 || stream_unacknowledged(f) == 0 ? 0 : -EAGAIN;
}

/* SO_LINGER makes close() wait until the peer has taken all, or for that time; without a thread that may wait, it does not. */
static void linger(struct adapter *a, struct file *f)
{
	if (f->kind != FILE_STREAM || !f->started || !f->linger.l_onoff || f->linger.l_linger == 0 || f->nonblocking ||
	    !clock_may_wait(a))
		return;
	socket_shutdown(f->socket, SOCKET_SHUTDOWN_WRITE);
	clock_settle(a);
	clock_wait(a, true, a->now + (uint64_t)f->linger.l_linger * 1000000, try_lingered, f);
}

int files_close(void *user, int fd)
{
	struct adapter *a = call_begin(user);
	struct file *f = file_of(a, fd);

	if (!f) /* one that the library knows nothing of */
		return (int)call_end(a, close(fd) == 0 ? 0 : -errno);
	linger(a, f);
	file_close(a, f);
	return (int)call_end(a, 0);
}

/* A listener that is shut for reading listens no more. */
static long shut_listener(struct adapter *a, struct file *f, int how)
{
	if (how == SHUT_WR)
		return 0;
	f->listening = false;
	return begin_anew(a, f) ? 0 : -ENOMEM;
}

static long shut(struct adapter *a, struct file *f, int how)
{
	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	if (f->kind == FILE_DATAGRAM)
		return socket_remote(f->socket).port == 0 ? -ENOTCONN : 0;
	if (f->listening)
		return shut_listener(a, f, how);
	if (!f->started || info_state(f) == 7)
		return -ENOTCONN;
	int result = socket_shutdown(f->socket, (enum socket_how)(how + 1));
	if (result == 0 && how != SHUT_RD)
		f->write_shut = true;
	if (result == 0 && how != SHUT_WR)
		f->read_shut = true;
	return result;
}

int files_shutdown(void *user, int fd, int how)
{
	struct adapter *a = call_begin(user);
	long result;
	struct file *f = socket_file(a, fd, &result);

	return (int)call_end(a, f ? shut(a, f, how) : result);
}

/* ---- flags and amounts ---- */

int files_fcntl(void *user, int fd, int command, ...)
{
	struct adapter *a = call_begin(user);
	struct file *f = file_of(a, fd);
	va_list arguments;
	long result = -EINVAL;

	va_start(arguments, command);
	if (!f) {
		result = -EBADF;
	} else if (command == F_GETFL) {
		result = O_RDWR | (f->nonblocking ? O_NONBLOCK : 0);
	} else if (command == F_SETFL) {
		f->nonblocking = va_arg(arguments, int) & O_NONBLOCK;
		result = 0;
	} else if (command == F_GETFD || command == F_SETFD) {
		result = fcntl(fd, command, command == F_SETFD ? va_arg(arguments, int) : 0);
	}
	va_end(arguments);
	return (int)call_end(a, result);
}

/* The length of the datagram that would be read next. */
static size_t next_datagram(const struct file *f)
{
	struct socket_message message;

	return socket_receive_from(f->socket, NULL, 0, true, &message) >= 0 ? message.length : 0;
}

static long control(struct file *f, unsigned long request, int *value)
{
	bool stream = f->kind == FILE_STREAM;

	if (!value)
		return -EFAULT;
	if (stream && f->listening && request != FIONBIO)
		return -EINVAL;
	switch (request) {
	case FIONBIO:
		f->nonblocking = *value != 0;
		return 0;
	case SIOCINQ: /* FIONREAD is the same number */
		*value = (int)(stream ? stream_unread(f) : next_datagram(f));
		return 0;
	case SIOCOUTQ: /* TIOCOUTQ is the same number */
		*value = (int)(stream ? stream_unacknowledged(f) : 0);
		return 0;
	case SIOCOUTQNSD:
		*value = (int)(stream ? stream_unsent(f) : 0);
		return 0;
	case SIOCATMARK:
		*value = 0;
		return 0;
	default:
		return -ENOTTY;
	}
}

int files_ioctl(void *user, int fd, unsigned long request, ...)
{
	struct adapter *a = call_begin(user);
	va_list arguments;
	long result;
	struct file *f = socket_file(a, fd, &result);

	va_start(arguments, request);
	if (f)
		result = control(f, request, va_arg(arguments, int *));
	va_end(arguments);
	return (int)call_end(a, result);
}
