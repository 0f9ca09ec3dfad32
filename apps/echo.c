/* SPDX-License-Identifier: MIT
 *
 * strata echo: the three oldest services, over TCP and over UDP, for any number of clients at once.
 *
 *     port 7   echo (RFC 862)      sends back whatever it gets
 *     port 9   discard (RFC 863)   throws it away
 *     port 19  chargen (RFC 864)   sends lines of characters, whatever it gets
 *
 * It is the example to copy for an app of one's own: open a host, open sockets, and do as much as can be done for each
 * socket that becomes ready.
 */
#include "apps/echo.h"

#include <errno.h>
#include <string.h>

#include "apps/commands.h"
#include "apps/host.h"

#define ECHO_BACKLOG 128
#define ECHO_TRUSTED 1024 /* clients ask from ports above; below answer services like these */

/* ---- streams: each of these returns whether the client is done ---- */

/* Move bytes from the receive buffer straight into the send buffer. When that is full we stop, and go on once it has
 * room; what lies unconsumed meanwhile closes our window, and so the client waits too. */
static bool echo_stream(struct echo *echo, struct socket *client)
{
	struct slice slices[2];
	(void)echo;
	while (socket_peek(client, slices) > 0) {
		long sent = socket_send(client, slices[0].bytes, slices[0].length);
		if (sent < 0)
			break;
		socket_consume(client, (size_t)sent);
	}
	return (socket_ready(client) & SOCKET_READABLE) && socket_peek(client, slices) == 0;
}

static bool discard_stream(struct echo *echo, struct socket *client)
{
	long got;
	do
		got = socket_receive(client, echo->bytes, sizeof echo->bytes);
	while (got > 0);
	return got != -EAGAIN;
}

/* Fill the send buffer with the pattern; the client's socket remembers where in it we are. */
static bool chargen_stream(struct echo *echo, struct socket *client)
{
	char *end = echo->pattern + sizeof echo->pattern;
	char *next = socket_user(client);
	long sent = 1;
	while (sent > 0) {
		if (!next || next == end)
			next = echo->pattern;
		sent = socket_send(client, next, (size_t)(end - next));
		if (sent > 0)
			next += sent;
	}
	socket_set_user(client, next);
	return discard_stream(echo, client);
}

/* ---- datagrams: each returns how many of echo->bytes are the answer, or -1 for none ---- */

static long echo_datagram(struct echo *echo, long length)
{
	(void)echo;
	return length;
}

static long discard_datagram(struct echo *echo, long length)
{
	(void)echo, (void)length;
	return -1;
}

/* RFC 864 leaves the number of characters free, up to 512. One line: with many, small datagrams under a forged source
 * would make us a weapon. */
static long chargen_datagram(struct echo *echo, long length)
{
	(void)length;
	memcpy(echo->bytes, echo->pattern, ECHO_LINE);
	return ECHO_LINE;
}

/* Whether a datagram may be answered. Two services that answer each other never stop: one datagram forged in the name of
 * the other's port is enough (CVE-1999-0103). To a broadcast all machines would answer at once. */
static bool answerable(const struct socket *socket, const struct socket_message *message)
{
	return message->source.port >= ECHO_TRUSTED &&
	       address_equal(message->destination, socket_local(socket).address);
}

/* ---- the services ---- */

static const struct service {
	uint16_t port;
	bool (*stream)(struct echo *echo, struct socket *client);
	long (*datagram)(struct echo *echo, long length);
} services[ECHO_SERVICES] = {
    {7, echo_stream, echo_datagram},
    {9, discard_stream, discard_datagram},
    {19, chargen_stream, chargen_datagram},
};

static void serve_stream(struct echo *echo, const struct service *service, struct socket *client)
{
	if (service->stream(echo, client) || (socket_ready(client) & (SOCKET_HANGUP | SOCKET_ERROR)))
		socket_close(client); /* what was sent still arrives */
}

static void serve_datagrams(struct echo *echo, const struct service *service, struct socket *socket)
{
	struct socket_message message;
	long length;
	while ((length = socket_receive_from(socket, echo->bytes, sizeof echo->bytes, false, &message)) >= 0) {
		long answer = answerable(socket, &message) ? service->datagram(echo, length) : -1;
		if (answer >= 0) /* one that the device has no room for is lost, as datagrams may be */
			socket_send_to(socket, echo->bytes, (size_t)answer, &message.source);
	}
}

void echo_ready(void *user, struct socket *socket)
{
	struct echo *echo = user;
	struct socket *client;
	unsigned i = 0;
	while (i < ECHO_SERVICES - 1 && services[i].port != socket_local(socket).port)
		i++;
	if (socket == echo->datagrams[i])
		serve_datagrams(echo, &services[i], socket);
	else if (socket == echo->listeners[i])
		while ((client = socket_accept(socket)))
			serve_stream(echo, &services[i], client);
	else
		serve_stream(echo, &services[i], socket);
}

/* Lines of 72 of the 95 printing characters, each line one character further (RFC 864). */
static void fill_pattern(struct echo *echo)
{
	for (unsigned i = 0; i < sizeof echo->pattern; i++) {
		unsigned line = i / ECHO_LINE, column = i % ECHO_LINE;
		echo->pattern[i] = column < 72 ? (char)(' ' + (line + column) % 95) : "\r\n"[column - 72];
	}
}

bool echo_open(struct echo *echo, struct stack *stack)
{
	fill_pattern(echo);
	for (unsigned i = 0; i < ECHO_SERVICES; i++) {
		const struct endpoint local = {ADDRESS_ANY, services[i].port};
		struct socket *listener = echo->listeners[i] = socket_open(stack, SOCKET_STREAM);
		struct socket *datagrams = echo->datagrams[i] = socket_open(stack, SOCKET_DATAGRAM);
		if (!listener || socket_bind(listener, &local) != 0 || socket_listen(listener, ECHO_BACKLOG) != 0 ||
		    !datagrams || socket_bind(datagrams, &local) != 0)
			return false;
	}
	return true;
}

int echo_main(int argc, char **argv)
{
	static struct echo echo;
	struct options options;
	if (!options_parse(&options, argc, argv))
		return 2;
	struct host *host = host_open(&options);
	if (!host)
		return 2;
	host_on_ready(host, echo_ready, &echo);
	int status = echo_open(&echo, host_stack(host)) ? host_run(host) : 1;
	return host_close(host) | status;
}
