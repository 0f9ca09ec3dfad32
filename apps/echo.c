/* SPDX-License-Identifier: MIT
 *
 * strata echo: whatever a client says to TCP port 7 comes back (RFC 862), for any number of clients at once. The example to copy
 * for an app of one's own: open a host, listen, and do as much as can be done for each socket that becomes ready.
 */
#include "apps/echo.h"
#include "apps/commands.h"
#include "apps/host.h"

#define ECHO_BACKLOG 128

/* Move bytes from the receive buffer straight into the send buffer. When that is full we stop, and go on once it has room; what lies
 * unconsumed meanwhile closes our window, and so the client waits too. */
static void echo_serve(struct socket *client)
{
	struct slice slices[2];
	while (socket_peek(client, slices) > 0) {
		long sent = socket_send(client, slices[0].bytes, slices[0].length);
		if (sent < 0)
			break;
		socket_consume(client, (size_t)sent);
	}
	unsigned ready = socket_ready(client);
	bool ended = (ready & SOCKET_READABLE) && socket_peek(client, slices) == 0;
	if (ended || (ready & (SOCKET_HANGUP | SOCKET_ERROR)))
		socket_close(client); /* what was sent still arrives */
}

void echo_ready(void *user, struct socket *socket)
{
	struct echo *echo = user;
	struct socket *client;
	if (services_ready(&echo->services, socket))
		return;
	if (socket != echo->listener)
		echo_serve(socket);
	else
		while ((client = socket_accept(socket)))
			echo_serve(client);
}

bool echo_open(struct echo *echo, struct stack *stack)
{
	echo->listener = socket_open(stack, SOCKET_STREAM);
	return echo->listener && socket_bind(echo->listener, &(struct endpoint){.port = 7}) == 0 &&
	       socket_listen(echo->listener, ECHO_BACKLOG) == 0 && services_open(&echo->services, stack);
}

int echo_main(int argc, char **argv)
{
	static struct echo echo;
	struct options options;
	struct host *host = options_parse(&options, argc, argv) ? host_open(&options) : NULL;
	if (!host)
		return 2;
	host_on_ready(host, echo_ready, &echo);
	int status = echo_open(&echo, host_stack(host)) ? host_run(host) : 1;
	return host_close(host) | status;
}
