/* SPDX-License-Identifier: MIT
 *
 * strata's side of tests/system/kernel.sh, whose other side is the kernel's (kernel_peer.c):
 *
 *     kernel [options] transfers SEED COUNT MOST PATIENCE HOST     transfers 0 to COUNT - 1 of this seed
 *                                                           (kernel/transfer.h)
 *     kernel [options] serve CLOSES COUNT                          an echo server; it says so once it has COUNT connections
 *     kernel [options] many COUNT HOST                             so many connections at once to such a server
 *     kernel [options] short COUNT HOST CLOSES                     so many connections to it, one after another
 *
 * CLOSES is who closes first, `client` or `server`. `transfers` and `serve` go on until SIGINT or SIGTERM, and then until
 * their last connection has ended. The options are those of every machine on the wire.
 *
 * In the end the stack is run on by itself, by a clock that jumps from deadline to deadline: nothing may be left to do
 * then, and of memory it must hold what it held when it was idle. Exit status 0: all went as it must.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/host.h"
#include "internal.h"
#include "tests/system/kernel/serve.h"
#include "tests/system/kernel/transfer.h"

#define SECOND   UINT64_C(1000000)
#define PATIENCE 60000 /* milliseconds; what takes longer hangs */
#define SLICE    50    /* milliseconds after which a stall that is over is noticed at the latest */
#define MANY     1000
#define IDLE     1400 /* most bytes of a connection that nothing waits in, and of its socket */

static bool failed(const char *what, long error)
{
	fprintf(stderr, "kernel: %s: %s\n", what, error < 0 ? strerror((int)-error) : "not as it must be");
	return false;
}

/* ---- what a stack holds ---- */

/* Bytes, but for the two hash tables of TCP, which stay at the size that they have grown to. */
static size_t held(struct stack *s)
{
	return stack_memory(s)->bytes - (s->tcp.bucket_count + s->tcp.time_waits.bucket_count) * sizeof(void *);
}

static bool no_connection(void *stack)
{
	return stack_connections(stack) == 0;
}

/* When every user has let go: the connections end, and after some hours nothing is left of them. */
static bool ends_clean(struct host *host, size_t idle)
{
	struct stack *s = host_stack(host);
	int error = host_until(host, no_connection, s, PATIENCE);
	if (error && error != -EINTR)
		fprintf(stderr, "kernel: %zu connections are left\n", stack_connections(s));
	uint64_t now = host_now(), end = now + 6 * 3600 * SECOND;
	while (stack_deadline(s) < end) {
		now = stack_deadline(s) > now ? stack_deadline(s) : now;
		stack_tick(s, now);
		stack_flush(s, now);
	}
	fprintf(stderr, "kernel: %zu bytes are held, %zu were when idle; %zu connections, %zu in TIME-WAIT\n", held(s),
		idle, stack_connections(s), s->tcp.time_waits.count);
	return no_connection(s) && s->tcp.time_waits.count == 0 && stack_deadline(s) == DEADLINE_NEVER &&
	       held(s) == idle;
}

/* ---- transfers ---- */

static long call_send(void *connection, const void *bytes, size_t length)
{
	return socket_send(connection, bytes, length);
}

static long call_receive(void *connection, void *bytes, size_t room)
{
	return socket_receive(connection, bytes, room);
}

/* While it is being opened there is no direction to end. */
static int call_finish(void *connection)
{
	int error = socket_shutdown(connection, SOCKET_SHUTDOWN_WRITE);
	if (error != -ENOTCONN)
		return error;
	error = socket_error(connection);
	return error ? error : -EAGAIN;
}

static int call_over(void *connection)
{
	struct socket_tcp_info info;
	int error = socket_tcp_info(connection, &info);
	if (error || strcmp(info.state, "CLOSED") != 0)
		return error;
	error = socket_error(connection);
	return error ? error : 1;
}

static void call_close(void *connection)
{
	socket_close(connection);
}

static void call_abort(void *connection)
{
	socket_abort(connection);
}

static const struct transfer_calls calls = {call_send, call_receive, call_finish, call_over, call_close, call_abort};

struct side {
	struct host *host;
	struct endpoint peer;
	uint64_t patience; /* microseconds, for which TCP keeps on trying */
	struct socket *listener;
	struct transfer_user users[TRANSFERS];
	unsigned count;
	bool told;
	bool wrong;
};

static void take(struct side *side, struct transfer_user *u, struct socket *socket)
{
	const struct transfer_part *part = transfer_part(u);
	socket_set_user_timeout(socket, side->patience);
	socket_set_keepalive(socket, true, TRANSFER_IDLE * SECOND, SECOND, 0);
	socket_set_nodelay(socket, part->nodelay);
	socket_set_user(socket, u);
	transfer_begin(u, &calls, socket);
}

static void open_transfer(struct side *side, struct transfer_user *u)
{
	const struct endpoint local = {.port = (uint16_t)(TRANSFER_FROM + u->number)};
	struct socket *socket = socket_open(host_stack(side->host), SOCKET_STREAM);
	if (!socket)
		abort();
	take(side, u, socket);
	int error = socket_bind(socket, &local);
	error = error ? error : socket_connect(socket, &side->peer);
	if (error)
		transfer_fail(u, error, host_now());
}

static void accept_transfers(struct side *side)
{
	struct socket *socket;
	while ((socket = socket_accept(side->listener))) {
		unsigned number = socket_remote(socket).port - TRANSFER_FROM;
		struct transfer_user *u = &side->users[number < side->count ? number : 0];
		if (number >= side->count || transfer_opens(u) || u->connection || u->ended) {
			fprintf(stderr, "kernel: transfer %u was accepted, but nobody opened it\n", number);
			side->wrong = true;
			socket_abort(socket);
			continue;
		}
		take(side, u, socket);
		transfer_act(u, host_now());
	}
}

static void transfer_ready(void *user, struct socket *socket)
{
	struct side *side = user;
	if (socket == side->listener)
		accept_transfers(side);
	else
		transfer_act(socket_user(socket), host_now());
}

/* The first of all stalls that are over. */
static struct transfer_user *due_user(struct side *side)
{
	uint64_t now = host_now();
	for (unsigned i = 0; i < side->count; i++)
		if (side->users[i].wakes <= now)
			return &side->users[i];
	return NULL;
}

static bool has_due_user(void *side)
{
	return due_user(side);
}

static void wake_users(struct side *side)
{
	struct transfer_user *u;
	while ((u = due_user(side))) {
		u->wakes = TRANSFER_NEVER;
		if (!u->connection)
			open_transfer(side, u);
		else
			transfer_act(u, host_now());
	}
}

/* Say once that what this side has opened is over. */
static void tell_when_ended(struct side *side)
{
	if (side->told || !transfers_ended(side->users, side->count))
		return;
	side->told = true;
	fprintf(stderr, "kernel: what it opened has ended\n");
}

static bool run_transfers(struct side *side)
{
	uint64_t end = DEADLINE_NEVER;
	while (end == DEADLINE_NEVER || !transfers_idle(side->users, side->count)) {
		int error = host_until(side->host, has_due_user, side, SLICE);
		if (error == -EINTR)
			end = host_now() + PATIENCE * UINT64_C(1000);
		else if (error && error != -ETIMEDOUT)
			return failed("the device", error);
		wake_users(side);
		tell_when_ended(side);
		if (host_now() > end)
			return failed("a transfer does not end", 0);
	}
	return !side->wrong;
}

static bool listen_on(struct host *host, uint16_t port, struct socket **listener)
{
	*listener = socket_open(host_stack(host), SOCKET_STREAM);
	return *listener && socket_bind(*listener, &(struct endpoint){.port = port}) == 0 &&
	       socket_listen(*listener, SERVE_BACKLOG) == 0;
}

static bool transfers(struct host *host, char **arguments)
{
	static struct side side;
	side.host = host;
	side.count = (unsigned)atoi(arguments[1]);
	side.patience = strtoull(arguments[3], NULL, 10) * SECOND;
	side.peer.port = TRANSFER_PORT;
	if (side.count > TRANSFERS || !address_parse(arguments[4], &side.peer.address))
		return failed("the arguments", -EINVAL);
	for (unsigned i = 0; i < side.count; i++)
		transfer_prepare(&side.users[i], strtoull(arguments[0], NULL, 10), i, SIDE_STRATA,
				 strtoull(arguments[2], NULL, 10), host_now());
	host_on_ready(host, transfer_ready, &side);
	if (!listen_on(host, TRANSFER_PORT, &side.listener))
		return failed("listen", 0);
	bool right = run_transfers(&side);
	socket_close(side.listener);
	return right;
}

/* ---- the server ---- */

struct server {
	struct host *host;
	struct socket *listener;
	bool closes_first;
	size_t wanted; /* connections */
	size_t idle;   /* bytes held without any */
	size_t most;   /* bytes held at any time */
	bool told;
	bool interrupted;
};

/* Send back what has come; and where we close first, a whole message, and that is all. */
static void serve_one(struct server *server, struct socket *client)
{
	uint8_t bytes[SERVE_MESSAGE];
	struct slice slices[2];
	long got;
	unsigned count = socket_peek(client, slices);
	if (server->closes_first && count > 0 && slices[0].length + (count > 1 ? slices[1].length : 0) < sizeof bytes &&
	    !(socket_ready(client) & SOCKET_ERROR))
		return;
	while ((got = socket_receive(client, bytes, sizeof bytes)) > 0)
		if (socket_send(client, bytes, (size_t)got) != got || server->closes_first)
			break;
	if (got != -EAGAIN)
		socket_close(client);
}

static void serve_ready(void *user, struct socket *socket)
{
	struct server *server = user;
	struct socket *client;
	if (socket != server->listener)
		serve_one(server, socket);
	else
		while ((client = socket_accept(socket)))
			serve_one(server, client);
	size_t now = held(host_stack(server->host));
	server->most = now > server->most ? now : server->most;
}

/* Once: all the connections are there, and nothing waits in them. */
static void tell_when_idle(struct server *server)
{
	struct stack *s = host_stack(server->host);
	size_t bytes = held(s) - server->idle;
	if (server->told || stack_connections(s) < server->wanted || bytes > server->wanted * IDLE)
		return;
	server->told = true;
	fprintf(stderr, "kernel: %zu connections hold %zu bytes\n", stack_connections(s), bytes);
}

static bool never(void *user)
{
	tell_when_idle(user);
	return false;
}

static bool serve(struct host *host, char **arguments)
{
	static struct server server;
	server.host = host;
	server.idle = held(host_stack(host));
	server.closes_first = strcmp(arguments[0], "server") == 0;
	server.wanted = (size_t)atoi(arguments[1]);
	host_on_ready(host, serve_ready, &server);
	if (!listen_on(host, SERVE_PORT, &server.listener))
		return failed("listen", 0);
	int error = host_until(host, never, &server, HOST_FOREVER);
	socket_close(server.listener);
	fprintf(stderr, "kernel: %" PRIu64 " accepted, at most %zu bytes held\n",
		stack_stats(host_stack(host))->counters[COUNT_TCP_PASSIVE_OPENS], server.most);
	return error == -EINTR || failed("serve", error);
}

/* ---- clients ---- */

/* One message, and the same back. */
static bool talk(struct host *host, struct socket *socket, unsigned number)
{
	uint8_t message[SERVE_MESSAGE], back[SERVE_MESSAGE];
	serve_message(message, number);
	long got = host_send(host, socket, message, sizeof message, PATIENCE);
	for (size_t at = 0; got >= 0 && at < sizeof back; at += (size_t)got) {
		got = host_receive(host, socket, back + at, sizeof back - at, PATIENCE);
		if (got == 0)
			return failed("the end came early", 0);
	}
	if (got < 0)
		return failed("echo", got);
	return memcmp(message, back, sizeof message) == 0 || failed("what came back", 0);
}

static bool read_end(struct host *host, struct socket *socket)
{
	uint8_t byte;
	long got = host_receive(host, socket, &byte, 1, PATIENCE);
	return got == 0 || failed("the end", got);
}

static bool one_short(struct host *host, const struct endpoint *peer, unsigned number, bool we_close)
{
	/* Whoever closes first soon has a TIME-WAIT for each of our ports, and lets a new connection take its place
	 * nevertheless, since our numbers and timestamps grow. A later run begins with lower numbers, as after a reboot,
	 * and is refused for a while: it keeps away from the ports of the one before. */
	const unsigned which = we_close ? 1 : 0;
	const struct endpoint server = {peer->address, (uint16_t)(SERVE_PORT + which)};
	struct socket *socket;
	int error = host_connect(host, &server, PATIENCE, &socket);
	if (error)
		return failed("connect", error);
	bool right = talk(host, socket, number) && (!we_close || socket_shutdown(socket, SOCKET_SHUTDOWN_WRITE) == 0) &&
		     read_end(host, socket);
	socket_close(socket);
	return right;
}

static bool shorts(struct host *host, char **arguments)
{
	struct endpoint peer = {.port = SERVE_PORT};
	unsigned count = (unsigned)atoi(arguments[0]), i = 0;
	bool right = address_parse(arguments[1], &peer.address);
	while (right && i < count)
		right = one_short(host, &peer, i++, strcmp(arguments[2], "client") == 0);
	fprintf(stderr, "kernel: %u connections, one after another\n", i);
	return right;
}

struct crowd {
	struct host *host;
	size_t idle;
	unsigned count;
	struct socket *sockets[MANY];
};

static bool all_open(void *user)
{
	const struct crowd *c = user;
	for (unsigned i = 0; i < c->count; i++)
		if (!(socket_ready(c->sockets[i]) & (SOCKET_WRITABLE | SOCKET_ERROR)))
			return false;
	return true;
}

static bool all_idle(void *user)
{
	const struct crowd *c = user;
	return held(host_stack(c->host)) - c->idle <= c->count * IDLE;
}

static bool open_all(struct crowd *c, const struct endpoint *peer)
{
	for (unsigned i = 0; i < c->count; i++) {
		c->sockets[i] = socket_open(host_stack(c->host), SOCKET_STREAM);
		int error = c->sockets[i] ? socket_connect(c->sockets[i], peer) : -ENOMEM;
		if (error)
			return failed("connect", error);
	}
	int error = host_until(c->host, all_open, c, PATIENCE); /* a SYN may find a queue full and go again */
	return !error || failed("connect", error);
}

static bool many(struct host *host, char **arguments)
{
	static struct crowd c;
	struct endpoint peer = {.port = SERVE_PORT};
	c = (struct crowd){.host = host, .idle = held(host_stack(host)), .count = (unsigned)atoi(arguments[0])};
	if (c.count > MANY || !address_parse(arguments[1], &peer.address) || !open_all(&c, &peer))
		return false;
	bool right = true;
	for (unsigned i = 0; right && i < 2 * c.count; i++)
		right = talk(host, c.sockets[i % c.count], i);
	right = right && stack_connections(host_stack(host)) == c.count;
	int error = right ? host_until(host, all_idle, &c, PATIENCE) : 0;
	fprintf(stderr, "kernel: %zu connections hold %zu bytes\n", stack_connections(host_stack(host)),
		held(host_stack(host)) - c.idle);
	for (unsigned i = 0; right && i < c.count; i++)
		right = socket_shutdown(c.sockets[i], SOCKET_SHUTDOWN_WRITE) == 0;
	for (unsigned i = 0; right && i < c.count; i++)
		right = read_end(host, c.sockets[i]);
	for (unsigned i = 0; i < c.count; i++)
		socket_close(c.sockets[i]);
	return right && (!error || failed("giving memory back", error));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int arguments;
		bool (*run)(struct host *host, char **arguments);
	} modes[] = {{"transfers", 5, transfers}, {"serve", 2, serve}, {"many", 2, many}, {"short", 3, shorts}};
	struct options options;
	options_begin(&options, "kernel", OPTIONS_MACHINE);
	if (options_next(&options, argc, argv, NULL) != OPTIONS_END)
		return 2;
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		if (argc - optind != 1 + modes[i].arguments || strcmp(argv[optind], modes[i].name) != 0)
			continue;
		struct host *host = host_open(&options);
		if (!host)
			return 2;
		size_t idle = held(host_stack(host));
		bool right = modes[i].run(host, argv + optind + 1);
		host_on_ready(host, NULL, NULL);
		right = ends_clean(host, idle) && right;
		return host_close(host) || !right;
	}
	fprintf(stderr, "usage: kernel [options] transfers SEED COUNT MOST PATIENCE HOST | serve client|server COUNT | "
			"many COUNT HOST |\n"
			"       short COUNT HOST client|server\n");
	return 2;
}
