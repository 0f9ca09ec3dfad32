/* SPDX-License-Identifier: MIT
 *
 * The oldest services there are, beside TCP echo (echo.c):
 *
 *     port 7   echo (RFC 862)      over UDP: sends back whatever it gets
 *     port 9   discard (RFC 863)   over both: throws it away
 *     port 19  chargen (RFC 864)   over both: sends lines of characters, whatever it gets
 */
#include "apps/services.h"

#include <errno.h>
#include <string.h>

#define SERVICES_BACKLOG 128
#define SERVICES_TRUSTED 1024 /* clients ask from ports above; below answer services like these */

/* ---- streams: each of these returns whether the client is done ---- */

static bool discard_stream(struct services *s, struct socket *client)
{
	long got;
	do
		got = socket_receive(client, s->bytes, sizeof s->bytes);
	while (got > 0);
	return got != -EAGAIN;
}

/* Fill the send buffer with the pattern; the client's socket remembers where in it we are. */
static bool chargen_stream(struct services *s, struct socket *client)
{
	char *end = s->pattern + sizeof s->pattern;
	char *next = socket_user(client);
	long sent = 1;
	while (sent > 0) {
		if (!next || next == end)
			next = s->pattern;
		sent = socket_send(client, next, (size_t)(end - next));
		if (sent > 0)
			next += sent;
	}
	socket_set_user(client, next);
	return discard_stream(s, client);
}

/* ---- datagrams: each returns how many of s->bytes are the answer, or -1 for none ---- */

static long echo_datagram(struct services *s, long length)
{
	(void)s;
	return length;
}

static long discard_datagram(struct services *s, long length)
{
	(void)s, (void)length;
	return -1;
}

/* RFC 864 leaves the number of characters free, up to 512. One line: with many, small datagrams under a forged source
 * would make us a weapon. */
static long chargen_datagram(struct services *s, long length)
{
	(void)length;
	memcpy(s->bytes, s->pattern, SERVICES_LINE);
	return SERVICES_LINE;
}

/* Whether a datagram may be answered. Two services that answer each other never stop: one datagram forged in the name of
 * the other's port is enough (CVE-1999-0103). To a broadcast all machines would answer at once. */
static bool answerable(const struct socket *socket, const struct socket_message *message)
{
	return message->source.port >= SERVICES_TRUSTED &&
	       address_equal(message->destination, socket_local(socket).address);
}

/* ---- the services ---- */

static const struct service {
	uint16_t port;
	bool (*stream)(struct services *s, struct socket *client);
	long (*datagram)(struct services *s, long length);
} services[SERVICES_COUNT] = {
    {7, NULL, echo_datagram},
    {9, discard_stream, discard_datagram},
    {19, chargen_stream, chargen_datagram},
};

static void serve_stream(struct services *s, const struct service *service, struct socket *client)
{
	if (service->stream(s, client) || (socket_ready(client) & (SOCKET_HANGUP | SOCKET_ERROR)))
		socket_close(client); /* what was sent still arrives */
}

static void serve_datagrams(struct services *s, const struct service *service, struct socket *socket)
{
	struct socket_message message;
	long length;
	while ((length = socket_receive_from(socket, s->bytes, sizeof s->bytes, false, &message)) >= 0) {
		long answer = answerable(socket, &message) ? service->datagram(s, length) : -1;
		if (answer >= 0) /* one that the device has no room for is lost, as datagrams may be */
			socket_send_to(socket, s->bytes, (size_t)answer, &message.source);
	}
}

bool services_ready(struct services *s, struct socket *socket)
{
	struct socket *client;
	unsigned i = 0;
	while (i < SERVICES_COUNT && services[i].port != socket_local(socket).port)
		i++;
	if (i == SERVICES_COUNT || (socket != s->datagrams[i] && !services[i].stream))
		return false;
	if (socket == s->datagrams[i])
		serve_datagrams(s, &services[i], socket);
	else if (socket == s->listeners[i])
		while ((client = socket_accept(socket)))
			serve_stream(s, &services[i], client);
	else
		serve_stream(s, &services[i], socket);
	return true;
}

/* Lines of 72 of the 95 printing characters, each line one character further (RFC 864). */
static void fill_pattern(struct services *s)
{
	for (unsigned i = 0; i < sizeof s->pattern; i++) {
		unsigned line = i / SERVICES_LINE, column = i % SERVICES_LINE;
		s->pattern[i] = column < 72 ? (char)(' ' + (line + column) % 95) : "\r\n"[column - 72];
	}
}

static struct socket *listen_on(struct stack *stack, const struct endpoint *local)
{
	struct socket *listener = socket_open(stack, SOCKET_STREAM);
	if (listener && socket_bind(listener, local) == 0 && socket_listen(listener, SERVICES_BACKLOG) == 0)
		return listener;
	return NULL;
}

bool services_open(struct services *s, struct stack *stack)
{
	fill_pattern(s);
	for (unsigned i = 0; i < SERVICES_COUNT; i++) {
		const struct endpoint local = {ADDRESS_ANY, services[i].port};
		if (services[i].stream && !(s->listeners[i] = listen_on(stack, &local)))
			return false;
		s->datagrams[i] = socket_open(stack, SOCKET_DATAGRAM);
		if (!s->datagrams[i] || socket_bind(s->datagrams[i], &local) != 0)
			return false;
	}
	return true;
}
