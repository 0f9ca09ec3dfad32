/* SPDX-License-Identifier: MIT
 *
 * Sockets whose type is SOCKET_DATAGRAM: moving datagrams, and how they are sent.
 */
#include <errno.h>
#include <string.h>

#include "socket/socket_private.h"

long socket_send_to(struct socket *socket, const void *bytes, size_t length, const struct endpoint *to)
{
	struct udp_socket *u = socket->udp;

	if (!u)
		return -EINVAL;
	int error = udp_take_error(u);
	if (error == 0)
		error = udp_send(socket->stack, u, to, bytes, length);
	return error != 0 ? error : (long)length;
}

/* What came with a datagram. The options are kept, as it may be freed. */
static void describe(struct udp_socket *u, const struct udp_datagram *d, struct socket_message *message)
{
	memcpy(u->options, d->options, d->options_length);
	*message = (struct socket_message){
	    .source = d->source,
	    .destination = d->destination,
	    .length = d->length,
	    .ttl = d->ttl,
	    .tos = d->tos,
	    .options = {u->options, d->options_length},
	};
}

long socket_receive_from(struct socket *socket, void *bytes, size_t room, bool peek, struct socket_message *message)
{
	struct udp_socket *u = socket->udp;

	if (!u)
		return -EINVAL;
	int error = udp_take_error(u);
	if (error != 0)
		return error;
	const struct udp_datagram *d = udp_peek(u);
	if (!d)
		return -EAGAIN;
	size_t taken = d->length < room ? d->length : room;
	if (taken > 0)
		memcpy(bytes, d->payload, taken);
	if (message)
		describe(u, d, message);
	if (!peek)
		udp_consume(socket->stack, u);
	return (long)taken;
}

void socket_set_broadcast(struct socket *socket, bool may)
{
	if (socket->udp)
		socket->udp->may_broadcast = may;
}
