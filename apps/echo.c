/* SPDX-License-Identifier: MIT
 *
 * strata echo: whatever a client says to TCP port 7 comes back (RFC 862), for any number of clients at once. It is
 * the example to copy for an app of one's own: open a host, listen, and do as much as can be done for each socket
 * that becomes ready.
 */
#include "apps/commands.h"
#include "apps/host.h"

#define ECHO_PORT    7
#define ECHO_BACKLOG 128

/* Move bytes from the receive buffer straight into the send buffer. When that is full we stop, and go on once it has
 * room; what lies unconsumed meanwhile closes our window, and so the client waits too. */
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

static void echo_ready(void *user, struct socket *socket)
{
	struct socket *listener = user, *client;
	if (socket != listener)
		echo_serve(socket);
	else
		while ((client = socket_accept(listener)))
			echo_serve(client);
}

int echo_main(int argc, char **argv)
{
	struct options options;
	if (!options_parse(&options, argc, argv))
		return 2;
	struct host *host = host_open(&options);
	if (!host)
		return 2;
	struct socket *listener = socket_open(host_stack(host));
	bool listening = listener && socket_bind(listener, &(struct endpoint){.port = ECHO_PORT}) == 0 &&
			 socket_listen(listener, ECHO_BACKLOG) == 0;
	host_on_ready(host, echo_ready, listener);
	int status = listening ? host_run(host) : 1;
	host_close(host);
	return status;
}
