/* SPDX-License-Identifier: MIT
 *
 * Sockets: what an application holds. A stream is a name (an address and a port), and then either a listener or a
 * connection, whose rings it gives access to. When it is closed the connection goes on by itself until it is done.
 * A datagram socket is UDP's, whose calls stand in socket_datagram.c; what both types answer is here.
 */
#include "socket/socket.h"

#include <errno.h>
#include <string.h>

#include "socket/socket_private.h"

/* ---- the layer ---- */

void sockets_init(struct stack *s)
{
	list_init(&s->sockets.all);
}

void sockets_close(struct stack *s)
{
	while (!list_empty(&s->sockets.all))
		socket_close(LIST_ITEM(s->sockets.all.next, struct socket, all));
}

void sockets_release(struct stack *s)
{
	struct list *node;

	while ((node = list_take(&s->sockets.all))) {
		struct socket *socket = LIST_ITEM(node, struct socket, all);
		if (socket->connection)
			tcp_destroy(s, socket->connection);
		if (socket->udp)
			udp_close(s, socket->udp);
		memory_put(&s->memory, socket, sizeof *socket);
	}
}

/* The next socket that was given notice, or NULL. */
static struct socket *take_noticed(struct stack *s)
{
	struct list *node;

	if ((node = list_take(&s->tcp.notices)))
		return LIST_ITEM(node, struct tcp_notice, node)->socket;
	if ((node = list_take(&s->udp.notices)))
		return LIST_ITEM(node, struct udp_socket, notice)->socket;
	return NULL;
}

void sockets_dispatch(struct stack *s)
{
	struct socket *socket;

	while ((socket = take_noticed(s)))
		if (s->sockets.on_ready)
			s->sockets.on_ready(s->sockets.user, socket);
}

/* ---- making and naming ---- */

static void free_socket(struct socket *socket)
{
	list_remove(&socket->all);
	memory_put(&socket->stack->memory, socket, sizeof *socket);
}

struct socket *socket_open(struct stack *s, enum socket_type type)
{
	struct socket *socket = memory_get(&s->memory, sizeof *socket);

	if (!socket)
		return NULL;
	socket->stack = s;
	socket->settings = tcp_settings_default;
	list_append(&s->sockets.all, &socket->all);
	if (type == SOCKET_STREAM)
		return socket;
	socket->udp = udp_open(s, socket);
	if (socket->udp)
		return socket;
	free_socket(socket);
	return NULL;
}

/* A stream that is nothing yet. */
static bool is_fresh(const struct socket *socket)
{
	return !socket->listener && !socket->connection && !socket->udp;
}

int socket_bind(struct socket *socket, const struct endpoint *local)
{
	struct stack *s = socket->stack;

	if (socket->udp)
		return udp_bind(s, socket->udp, local);
	if (!is_fresh(socket) || socket->local.port != 0)
		return -EINVAL;
	if (!address_is_any(local->address) && !ip_is_ours(s, local->address))
		return -EADDRNOTAVAIL;
	if (local->port != 0 && tcp_listener_lookup(s, local))
		return -EADDRINUSE;
	socket->local = *local;
	return 0;
}

int socket_listen(struct socket *socket, unsigned backlog)
{
	struct stack *s = socket->stack;

	if (!is_fresh(socket))
		return -EINVAL;
	if (socket->local.port == 0)
		socket->local.port = tcp_ephemeral_port(s, s->interface.address, &(struct endpoint){.port = 0});
	if (socket->local.port == 0 || tcp_listener_lookup(s, &socket->local))
		return -EADDRINUSE;
	socket->listener = tcp_listen(s, socket->local, backlog > 0 ? backlog : 1, socket);
	if (!socket->listener)
		return -ENOMEM;
	socket->listener->settings = socket->settings;
	return 0;
}

int socket_connect(struct socket *socket, const struct endpoint *remote)
{
	struct stack *s = socket->stack;
	struct endpoint local = socket->local;

	if (socket->udp)
		return udp_connect(s, socket->udp, remote);
	if (!is_fresh(socket))
		return -EINVAL;
	if (!ip_is_host(s, remote->address) || remote->port == 0)
		return -EADDRNOTAVAIL;
	if (!ip_is_ours(s, remote->address) && !route_exists(s, remote->address))
		return -ENETUNREACH;
	if (address_is_any(local.address))
		local.address = ip_source_for(s, remote->address); /* MUST-44, MUST-45 */
	else if (!ip_is_ours(s, remote->address) && !address_equal(local.address, s->interface.address))
		return -EADDRNOTAVAIL; /* 127/8 never appears on a wire */
	if (local.port == 0)
		local.port = tcp_ephemeral_port(s, local.address, remote);
	if (local.port == 0 || tcp_in_use(s, &local, remote))
		return -EADDRNOTAVAIL;
	socket->connection = tcp_connect(s, local, *remote, socket);
	if (!socket->connection)
		return -ENOMEM;
	tcp_configure(s, socket->connection, &socket->settings);
	socket->local = local;
	return 0;
}

struct socket *socket_accept(struct socket *listening)
{
	struct stack *s = listening->stack;

	if (!listening->listener || list_empty(&listening->listener->established.connections))
		return NULL;
	struct socket *socket = socket_open(s, SOCKET_STREAM);
	if (!socket) /* it goes on waiting */
		return NULL;
	socket->connection = tcp_accept(listening->listener);
	socket->connection->notice.socket = socket;
	socket->settings = socket->connection->settings;
	socket->local = socket->connection->local;
	return socket;
}

/* ---- moving bytes ---- */

/* Why nothing can be sent: a negative errno. */
static int cannot_send(const struct socket *socket)
{
	const struct tcp_connection *c = socket->connection;

	if (!c)
		return -ENOTCONN;
	if (c->state == TCP_SYN_SENT || c->state == TCP_SYN_RECEIVED)
		return -EAGAIN;
	if (c->state == TCP_CLOSED && c->error != 0)
		return c->error;
	return -EPIPE;
}

long socket_send(struct socket *socket, const void *bytes, size_t length)
{
	const uint8_t *from = bytes;
	size_t sent = 0;

	if (!socket->connection || !tcp_can_send(socket->connection))
		return cannot_send(socket);
	while (sent < length) { /* twice where the free part of the ring wraps around */
		size_t room;
		uint8_t *span = socket_reserve(socket, length - sent, &room);
		if (!span)
			break;
		memcpy(span, from + sent, room);
		socket_commit(socket, room);
		sent += room;
	}
	if (sent > 0 || length == 0)
		return (long)sent;
	return socket->error != 0 ? socket_error(socket) : -EAGAIN;
}

long socket_send_more(struct socket *socket, const void *bytes, size_t length)
{
	long sent = socket_send(socket, bytes, length);

	if (sent > 0)
		tcp_send_more(socket->connection);
	return sent;
}

long socket_send_urgent(struct socket *socket, const void *bytes, size_t length)
{
	long sent = socket_send(socket, bytes, length);

	if (sent > 0)
		tcp_send_urgent(socket->stack, socket->connection);
	return sent;
}

uint64_t socket_urgent(const struct socket *socket)
{
	return socket->connection && !socket->read_shut ? tcp_urgent_left(socket->connection) : 0;
}

uint8_t *socket_reserve(struct socket *socket, size_t wanted, size_t *length)
{
	struct tcp_connection *c = socket->connection;

	*length = 0;
	if (!c || !tcp_can_send(c))
		return NULL;
	uint8_t *span = tcp_send_reserve(socket->stack, c, wanted, length);
	if (!span && c->snd.capacity == 0) /* no ACK will ever make room where there is no ring */
		socket->error = -ENOMEM;
	return span;
}

void socket_commit(struct socket *socket, size_t length)
{
	tcp_send_commit(socket->stack, socket->connection, length);
}

long socket_receive(struct socket *socket, void *bytes, size_t length)
{
	struct tcp_connection *c = socket->connection;
	struct slice slices[2];
	size_t taken = 0;

	if (!c)
		return -ENOTCONN;
	unsigned count = tcp_receive_peek(c, slices);
	for (unsigned i = 0; i < count; i++) {
		size_t part = slices[i].length < length - taken ? slices[i].length : length - taken;
		memcpy((uint8_t *)bytes + taken, slices[i].bytes, part);
		taken += part;
	}
	if (taken > 0) {
		tcp_receive_consume(socket->stack, c, taken);
		return (long)taken;
	}
	if (c->state == TCP_CLOSED && c->error != 0)
		return c->error;
	return tcp_at_end(c) || socket->read_shut || length == 0 ? 0 : -EAGAIN;
}

unsigned socket_peek(const struct socket *socket, struct slice slices[2])
{
	return socket->connection ? tcp_receive_peek(socket->connection, slices) : 0;
}

void socket_consume(struct socket *socket, size_t length)
{
	tcp_receive_consume(socket->stack, socket->connection, length);
}

/* ---- ending ---- */

int socket_shutdown(struct socket *socket, enum socket_how how)
{
	struct tcp_connection *c = socket->connection;

	if (!c || c->state == TCP_SYN_SENT || c->error != 0)
		return -ENOTCONN;
	if (how & SOCKET_SHUTDOWN_READ)
		socket->read_shut = true;
	if (how & SOCKET_SHUTDOWN_WRITE)
		tcp_shutdown(socket->stack, c);
	return 0;
}

/* What ends the same way whether the socket is closed or aborted. */
static void close_parts(struct socket *socket)
{
	if (socket->listener)
		tcp_listener_close(socket->stack, socket->listener);
	if (socket->udp)
		udp_close(socket->stack, socket->udp);
}

void socket_close(struct socket *socket)
{
	close_parts(socket);
	if (socket->connection)
		tcp_close(socket->stack, socket->connection);
	free_socket(socket);
}

void socket_abort(struct socket *socket)
{
	close_parts(socket);
	if (socket->connection)
		tcp_abort(socket->stack, socket->connection);
	free_socket(socket);
}

/* ---- asking ---- */

static unsigned datagram_ready(const struct udp_socket *u)
{
	unsigned ready = SOCKET_WRITABLE; /* there is no buffer to fill */

	if (u->error != 0)
		ready |= SOCKET_ERROR | SOCKET_READABLE;
	if (udp_peek(u))
		ready |= SOCKET_READABLE;
	return ready;
}

unsigned socket_ready(const struct socket *socket)
{
	const struct tcp_connection *c = socket->connection;
	unsigned ready = 0;

	if (socket->udp)
		return datagram_ready(socket->udp);

	if (socket->error != 0 || (c && c->error != 0 && !socket->told_error))
		ready |= SOCKET_ERROR;
	if (socket->listener && !list_empty(&socket->listener->established.connections))
		ready |= SOCKET_READABLE;
	if (!c)
		return ready;
	bool over = c->state == TCP_CLOSED;
	if (over || socket->read_shut || ring_used(&c->rcv) > 0 || tcp_at_end(c))
		ready |= SOCKET_READABLE;
	bool connecting = c->state == TCP_SYN_SENT || c->state == TCP_SYN_RECEIVED;
	if (!connecting && (!tcp_can_send(c) || tcp_send_ready(socket->stack, c)))
		ready |= SOCKET_WRITABLE;
	if (socket_urgent(socket) > 0)
		ready |= SOCKET_URGENT;
	if ((over || c->fin_queued) && tcp_at_end(c))
		ready |= SOCKET_HANGUP;
	return ready;
}

int socket_error(struct socket *socket)
{
	int error = socket->error;

	if (socket->udp)
		return udp_take_error(socket->udp);
	socket->error = 0;
	if (error == 0 && socket->connection && !socket->told_error) {
		error = socket->connection->error;
		socket->told_error = error != 0;
	}
	return error;
}

bool socket_sent_all(const struct socket *socket)
{
	const struct tcp_connection *c = socket->connection;

	return !c || (ring_used(&c->snd) == 0 && (!c->fin_queued || c->state == TCP_CLOSED || tcp_fin_acked(c)));
}

struct endpoint socket_local(const struct socket *socket)
{
	struct endpoint local = socket->local;

	if (socket->udp)
		return udp_local(socket->stack, socket->udp);
	if (address_is_any(local.address))
		local.address = socket->stack->interface.address;
	return local;
}

struct endpoint socket_remote(const struct socket *socket)
{
	if (socket->udp)
		return socket->udp->remote;
	return socket->connection ? socket->connection->remote : (struct endpoint){.port = 0};
}

void socket_set_user(struct socket *socket, void *user)
{
	socket->user = user;
}

void *socket_user(const struct socket *socket)
{
	return socket->user;
}
