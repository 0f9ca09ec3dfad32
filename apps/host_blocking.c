/* SPDX-License-Identifier: MIT
 *
 * The blocking calls of host.h: each runs the loop until it can answer.
 */
#include <errno.h>

#include "apps/host.h"
#include "socket/socket.h"

struct host_readiness {
	const struct socket *socket;
	unsigned wanted;
};

static bool host_is_ready(void *user)
{
	const struct host_readiness *r = user;
	return socket_ready(r->socket) & r->wanted;
}

/* Run until the socket is ready for one of these, or has failed. */
static int host_await(struct host *h, const struct socket *socket, unsigned wanted, int timeout)
{
	struct host_readiness r = {socket, wanted | SOCKET_HANGUP | SOCKET_ERROR};
	return host_until(h, host_is_ready, &r, timeout);
}

int host_connect(struct host *h, const struct endpoint *remote, int timeout, struct socket **socket)
{
	*socket = socket_open(host_stack(h), SOCKET_STREAM);
	if (!*socket)
		return -ENOMEM;
	int error = socket_connect(*socket, remote);
	if (!error)
		error = host_await(h, *socket, SOCKET_WRITABLE, timeout);
	if (!error)
		error = socket_error(*socket);
	if (!error)
		return 0;
	socket_abort(*socket);
	*socket = NULL;
	return error;
}

/* These two try instead of asking whether the socket is ready: where memory is refused it is, and still has nothing to
 * give. A round of the loop stands between one try and the next. */
struct host_accepting {
	struct socket *listener, *accepted;
};

static bool host_has_accepted(void *user)
{
	struct host_accepting *a = user;
	a->accepted = socket_accept(a->listener);
	return a->accepted;
}

int host_accept(struct host *h, struct socket *listener, int timeout, struct socket **socket)
{
	struct host_accepting a = {.listener = listener};
	int error = host_until(h, host_has_accepted, &a, timeout);
	*socket = a.accepted;
	return error;
}

struct host_sending {
	struct socket *socket;
	const uint8_t *bytes;
	size_t length; /* left */
	long sent;     /* by the last try, or its error */
};

static bool host_has_sent(void *user)
{
	struct host_sending *s = user;
	s->sent = socket_send(s->socket, s->bytes, s->length);
	return s->sent != -EAGAIN;
}

int host_send(struct host *h, struct socket *socket, const void *bytes, size_t length, int timeout)
{
	struct host_sending s = {.socket = socket, .bytes = bytes, .length = length};
	while (s.length > 0) {
		int error = host_until(h, host_has_sent, &s, timeout);
		if (error || s.sent < 0)
			return error ? error : (int)s.sent;
		s.bytes += s.sent;
		s.length -= (size_t)s.sent;
	}
	host_flush(h);
	return 0;
}

long host_receive(struct host *h, struct socket *socket, void *bytes, size_t room, int timeout)
{
	long received;
	while ((received = socket_receive(socket, bytes, room)) == -EAGAIN) {
		int error = host_await(h, socket, SOCKET_READABLE, timeout);
		if (error)
			return error;
	}
	return received;
}

static bool host_has_sent_all(void *socket)
{
	return socket_sent_all(socket);
}

int host_close_lingering(struct host *h, struct socket *socket, int timeout)
{
	int error = socket_shutdown(socket, SOCKET_SHUTDOWN_WRITE);
	if (!error)
		error = host_until(h, host_has_sent_all, socket, timeout);
	if (!error)
		error = socket_error(socket);
	if (error)
		socket_abort(socket);
	else
		socket_close(socket);
	host_flush(h);
	return error;
}

int host_close_socket(struct host *h, struct socket *socket, int timeout)
{
	uint8_t nowhere[4096];
	long received = socket_shutdown(socket, SOCKET_SHUTDOWN_WRITE);
	if (received == 0)
		while ((received = host_receive(h, socket, nowhere, sizeof nowhere, timeout)) > 0)
			;
	socket_close(socket);
	host_flush(h);
	return (int)received;
}
