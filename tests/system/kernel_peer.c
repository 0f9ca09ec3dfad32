/* SPDX-License-Identifier: MIT
 *
 * The kernel's side of tests/system/kernel.sh, on plain sockets; strata's is kernel.c:
 *
 *     kernel_peer transfers SEED COUNT MOST PATIENCE HOST STACK     transfers 0 to COUNT - 1 of this seed (kernel/transfer.h)
 *     kernel_peer serve HOST CLOSES                        an echo server (kernel/serve.h)
 *     kernel_peer many COUNT STACK                         so many connections at once to such a server; it says so, waits
 *                                                          for SIGUSR1, and says another word in each
 *     kernel_peer short COUNT STACK CLOSES                 so many connections to it, one after another
 *
 * HOST is the address of the kernel's end, which need not be there yet, and STACK that of strata. CLOSES is who closes first,
 * `client` or `server`. `transfers` and `serve` say that they listen, and go on until SIGTERM; `transfers` then until its
 * last connection has ended. Exit status 0: all went as it must.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/system/kernel/serve.h"
#include "tests/system/kernel/transfer.h"

#define PATIENCE 60 /* seconds; what takes longer hangs */
#define SLICE    20 /* milliseconds after which a stall that is over is noticed at the latest */
#define MANY     1000
#define EVENTS   256
#define STATES   4096 /* descriptors that a server may have */

static volatile sig_atomic_t told_to_end;

static void on_signal(int number)
{
	(void)number;
	told_to_end = 1;
}

static uint64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static bool failed(const char *what)
{
	fprintf(stderr, "kernel_peer: %s: %s\n", what, errno ? strerror(errno) : "not as it must be");
	return false;
}

static void set(int s, int level, int option, int value)
{
	if (setsockopt(s, level, option, &value, sizeof value) != 0) {
		failed("setsockopt");
		exit(1);
	}
}

static struct sockaddr_in name(const char *address, unsigned port)
{
	struct sockaddr_in n = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	if (address && inet_pton(AF_INET, address, &n.sin_addr) != 1) {
		fprintf(stderr, "kernel_peer: %s is no address\n", address);
		exit(2);
	}
	return n;
}

static int stream(int flags)
{
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (s < 0) {
		failed("socket");
		exit(1);
	}
	return s;
}

/* Before the address is there, too. */
static int listen_on(const char *address, unsigned port)
{
	struct sockaddr_in local = name(address, port);
	int s = stream(SOCK_NONBLOCK);
	set(s, IPPROTO_IP, IP_FREEBIND, 1);
	set(s, SOL_SOCKET, SO_REUSEADDR, 1);
	if (bind(s, (struct sockaddr *)&local, sizeof local) != 0 || listen(s, SERVE_BACKLOG) != 0) {
		failed("listen");
		exit(1);
	}
	return s;
}

/* ---- transfers ---- */

/* A connection is the address of its descriptor. */
static int of(const void *connection)
{
	return *(const int *)connection;
}

static int pending_error(int s)
{
	int error = 0;
	socklen_t length = sizeof error;
	return getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? -error : -errno;
}

static int state_of(int s)
{
	struct tcp_info info = {.tcpi_state = 0};
	socklen_t length = sizeof info;
	getsockopt(s, IPPROTO_TCP, TCP_INFO, &info, &length);
	return info.tcpi_state;
}

static long call_send(void *connection, const void *bytes, size_t length)
{
	ssize_t sent = send(of(connection), bytes, length, MSG_NOSIGNAL);
	return sent < 0 ? -errno : sent;
}

static long call_receive(void *connection, void *bytes, size_t room)
{
	ssize_t got = recv(of(connection), bytes, room, 0);
	return got < 0 ? -errno : got;
}

/* While it is being opened there is no direction to end. */
static int call_finish(void *connection)
{
	int s = of(connection);
	if (state_of(s) == TCP_SYN_SENT)
		return -EAGAIN;
	if (shutdown(s, SHUT_WR) == 0)
		return 0;
	return errno == ENOTCONN ? pending_error(s) : -errno;
}

static int call_over(void *connection)
{
	if (state_of(of(connection)) != TCP_CLOSE)
		return 0;
	int error = pending_error(of(connection));
	return error ? error : 1;
}

static void call_close(void *connection)
{
	close(of(connection));
}

static void call_abort(void *connection)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	setsockopt(of(connection), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(of(connection));
}

static const struct transfer_calls calls = {call_send, call_receive, call_finish, call_over, call_close, call_abort};

struct side {
	const char *host, *stack;
	int patience; /* seconds, for which TCP keeps on trying */
	int epoll;
	int listener;
	struct transfer_user users[TRANSFERS];
	int descriptors[TRANSFERS];
	unsigned count;
	bool told;
	bool wrong;
};

static void take(struct side *side, struct transfer_user *u, int s)
{
	struct epoll_event wanted = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.u32 = u->number};
	set(s, IPPROTO_TCP, TCP_USER_TIMEOUT, side->patience * 1000);
	set(s, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(s, IPPROTO_TCP, TCP_KEEPIDLE, TRANSFER_IDLE);
	set(s, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	set(s, IPPROTO_TCP, TCP_NODELAY, transfer_part(u)->nodelay);
	if (transfer_part(u)->small)
		set(s, SOL_SOCKET, SO_RCVBUF, 4096);
	side->descriptors[u->number] = s;
	transfer_begin(u, &calls, &side->descriptors[u->number]);
	if (epoll_ctl(side->epoll, EPOLL_CTL_ADD, s, &wanted) != 0)
		side->wrong = !failed("epoll_ctl");
}

static void open_transfer(struct side *side, struct transfer_user *u)
{
	struct sockaddr_in local = name(side->host, TRANSFER_FROM + u->number);
	struct sockaddr_in remote = name(side->stack, TRANSFER_PORT);
	int s = stream(SOCK_NONBLOCK);
	set(s, SOL_SOCKET, SO_REUSEADDR, 1);
	take(side, u, s);
	if (bind(s, (struct sockaddr *)&local, sizeof local) != 0 ||
	    (connect(s, (struct sockaddr *)&remote, sizeof remote) != 0 && errno != EINPROGRESS))
		transfer_fail(u, -errno, now_us());
}

static void accept_transfers(struct side *side)
{
	struct sockaddr_in remote;
	socklen_t length = sizeof remote;
	int s;
	while ((s = accept4(side->listener, (struct sockaddr *)&remote, &length, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		unsigned number = ntohs(remote.sin_port) - TRANSFER_FROM;
		struct transfer_user *u = &side->users[number < side->count ? number : 0];
		if (number >= side->count || transfer_opens(u) || u->connection || u->ended) {
			fprintf(stderr, "kernel_peer: transfer %u was accepted, but nobody opened it\n", number);
			side->wrong = true;
			close(s);
			continue;
		}
		take(side, u, s);
		transfer_act(u, now_us());
	}
}

/* Stalls that are over; and whether an end has been acknowledged is nothing that epoll promises to tell. */
static void wake_users(struct side *side)
{
	uint64_t now = now_us();
	for (unsigned i = 0; i < side->count; i++) {
		struct transfer_user *u = &side->users[i];
		if (!u->connection && u->wakes <= now)
			open_transfer(side, u);
		else if (u->wakes <= now || (u->connection && u->at_end && u->finished))
			transfer_act(u, now);
	}
}

/* Say once that what this side has opened is over. */
static void tell_when_ended(struct side *side)
{
	if (side->told || !transfers_ended(side->users, side->count))
		return;
	side->told = true;
	fprintf(stderr, "kernel_peer: what it opened has ended\n");
}

static bool run_transfers(struct side *side)
{
	struct epoll_event events[EVENTS];
	uint64_t end = TRANSFER_NEVER;
	while (end == TRANSFER_NEVER || !transfers_idle(side->users, side->count)) {
		int count = epoll_wait(side->epoll, events, EVENTS, SLICE);
		for (int i = 0; i < count; i++)
			if (events[i].data.u32 == TRANSFERS)
				accept_transfers(side);
			else
				transfer_act(&side->users[events[i].data.u32], now_us());
		wake_users(side);
		tell_when_ended(side);
		if (told_to_end && end == TRANSFER_NEVER)
			end = now_us() + PATIENCE * UINT64_C(1000000);
		if (now_us() > end)
			return failed("a transfer does not end");
	}
	return !side->wrong;
}

/* Wait until this machine has the address, and a road from there to strata's. */
static bool road_is_there(const struct side *side)
{
	struct sockaddr_in local = name(side->host, 0), remote = name(side->stack, TRANSFER_PORT);
	for (unsigned tries = 0; tries < PATIENCE * 100 && !told_to_end; tries++) {
		int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		bool there = bind(s, (struct sockaddr *)&local, sizeof local) == 0 &&
			     connect(s, (struct sockaddr *)&remote, sizeof remote) == 0; /* which sends nothing */
		close(s);
		if (there)
			return true;
		poll(NULL, 0, 10);
	}
	return failed("waiting for the address");
}

static bool transfers(char **arguments)
{
	static struct side side;
	side.patience = atoi(arguments[3]);
	side.host = arguments[4];
	side.stack = arguments[5];
	side.count = (unsigned)atoi(arguments[1]);
	if (side.count > TRANSFERS)
		return false;
	side.epoll = epoll_create1(EPOLL_CLOEXEC);
	side.listener = listen_on(side.host, TRANSFER_PORT);
	struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = TRANSFERS};
	if (epoll_ctl(side.epoll, EPOLL_CTL_ADD, side.listener, &wanted) != 0)
		return failed("epoll_ctl");
	fprintf(stderr, "kernel_peer: listening\n");
	if (!road_is_there(&side))
		return false;
	for (unsigned i = 0; i < side.count; i++)
		transfer_prepare(&side.users[i], strtoull(arguments[0], NULL, 10), i, SIDE_KERNEL,
				 strtoull(arguments[2], NULL, 10), now_us());
	return run_transfers(&side);
}

/* ---- the server ---- */

static size_t come[STATES]; /* bytes, by descriptor */

/* Send back what has come. False: the connection is over. */
static bool serve_one(int s, bool closes_first)
{
	uint8_t bytes[SERVE_MESSAGE];
	ssize_t got;
	while ((got = recv(s, bytes, sizeof bytes, 0)) > 0) {
		if (send(s, bytes, (size_t)got, MSG_NOSIGNAL) != got)
			return false;
		come[s] += (size_t)got;
		if (closes_first && come[s] >= SERVE_MESSAGE)
			return false;
	}
	return got < 0 && errno == EAGAIN;
}

static void serve_event(int epoll, int s, bool listens, bool closes_first)
{
	if (!listens) {
		if (!serve_one(s, closes_first))
			close(s);
		return;
	}
	int client;
	while ((client = accept4(s, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct epoll_event wanted = {.events = EPOLLIN, .data.u64 = (uint64_t)client};
		if (client < STATES)
			come[client] = 0;
		if (client >= STATES || epoll_ctl(epoll, EPOLL_CTL_ADD, client, &wanted) != 0)
			close(client);
	}
}

static bool serve(char **arguments)
{
	struct epoll_event events[EVENTS];
	bool closes_first = strcmp(arguments[1], "server") == 0;
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	for (unsigned i = 0; i < SERVE_PORTS; i++) {
		int listener = listen_on(arguments[0], SERVE_PORT + i);
		struct epoll_event wanted = {.events = EPOLLIN, .data.u64 = UINT64_C(1) << 32 | (unsigned)listener};
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &wanted) != 0)
			return failed("epoll_ctl");
	}
	fprintf(stderr, "kernel_peer: listening\n");
	while (!told_to_end) {
		int count = epoll_wait(epoll, events, EVENTS, 1000);
		for (int i = 0; i < count; i++)
			serve_event(epoll, (int)(uint32_t)events[i].data.u64, events[i].data.u64 >> 32, closes_first);
	}
	return true;
}

/* ---- clients ---- */

static void be_patient(int s)
{
	struct timeval patience = {.tv_sec = PATIENCE};
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

static bool say(int s, unsigned number)
{
	uint8_t message[SERVE_MESSAGE];
	serve_message(message, number);
	return send(s, message, sizeof message, MSG_NOSIGNAL) == (ssize_t)sizeof message || failed("send");
}

static bool hear(int s, unsigned number)
{
	uint8_t message[SERVE_MESSAGE], back[SERVE_MESSAGE];
	serve_message(message, number);
	errno = 0;
	return (recv(s, back, sizeof back, MSG_WAITALL) == (ssize_t)sizeof back &&
		memcmp(message, back, sizeof back) == 0) ||
	       failed("recv");
}

static bool read_end(int s)
{
	char byte;
	errno = 0;
	return recv(s, &byte, 1, 0) == 0 || failed("the end");
}

static bool one_short(const char *stack, unsigned number, bool we_close)
{
	struct sockaddr_in remote = name(stack, SERVE_PORT);
	int s = stream(0);
	be_patient(s);
	bool right = (connect(s, (struct sockaddr *)&remote, sizeof remote) == 0 || failed("connect")) &&
		     say(s, number) && hear(s, number) &&
		     (!we_close || shutdown(s, SHUT_WR) == 0 || failed("shutdown")) && read_end(s);
	return close(s) == 0 && right;
}

static bool shorts(char **arguments)
{
	unsigned count = (unsigned)atoi(arguments[0]), i = 0;
	bool right = true;
	while (right && i < count)
		right = one_short(arguments[1], i++, strcmp(arguments[2], "client") == 0);
	fprintf(stderr, "kernel_peer: %u connections, one after another\n", i);
	return right;
}

static int begin_connect(const char *stack)
{
	struct sockaddr_in remote = name(stack, SERVE_PORT);
	int s = stream(SOCK_NONBLOCK);
	if (connect(s, (struct sockaddr *)&remote, sizeof remote) == 0 || errno == EINPROGRESS)
		return s;
	failed("connect");
	exit(1);
}

static void wait_for_word(void)
{
	sigset_t word;
	int number;
	sigemptyset(&word);
	sigaddset(&word, SIGUSR1);
	sigwait(&word, &number);
}

static bool each(const int sockets[], unsigned count, bool (*one)(int s, unsigned number))
{
	for (unsigned i = 0; i < count; i++)
		if (!one(sockets[i], i))
			return false;
	return true;
}

/* It is established, and blocks from now on. */
static bool is_open(int s, unsigned number)
{
	struct pollfd polled = {.fd = s, .events = POLLOUT};
	(void)number;
	bool open = poll(&polled, 1, PATIENCE * 1000) == 1; /* a SYN may find a queue full and go again */
	errno = -pending_error(s);
	if (!open || errno || fcntl(s, F_SETFL, 0) != 0)
		return failed("connect");
	be_patient(s);
	return true;
}

static bool finish(int s, unsigned number)
{
	(void)number;
	return shutdown(s, SHUT_WR) == 0 || failed("shutdown");
}

static bool ends(int s, unsigned number)
{
	(void)number;
	return read_end(s) && close(s) == 0;
}

static bool many(char **arguments)
{
	static int sockets[MANY];
	unsigned count = (unsigned)atoi(arguments[0]);
	if (count > MANY)
		return false;
	for (unsigned i = 0; i < count; i++)
		sockets[i] = begin_connect(arguments[1]);
	if (!each(sockets, count, is_open) || !each(sockets, count, say) || !each(sockets, count, hear))
		return false;
	fprintf(stderr, "kernel_peer: all are open\n");
	wait_for_word();
	return each(sockets, count, say) && each(sockets, count, hear) && each(sockets, count, finish) &&
	       each(sockets, count, ends);
}

/* As many descriptors as may be had; and signals that are waited for. */
static void prepare(void)
{
	struct rlimit limit;
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t word;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	sigaction(SIGTERM, &action, NULL);
	sigemptyset(&word);
	sigaddset(&word, SIGUSR1);
	sigprocmask(SIG_BLOCK, &word, NULL);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int arguments;
		bool (*run)(char **arguments);
	} modes[] = {{"transfers", 6, transfers}, {"serve", 2, serve}, {"many", 2, many}, {"short", 3, shorts}};
	prepare();
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
		if (argc == 2 + modes[i].arguments && strcmp(argv[1], modes[i].name) == 0)
			return modes[i].run(argv + 2) ? 0 : 1;
	fprintf(stderr,
		"usage: kernel_peer transfers SEED COUNT MOST PATIENCE HOST STACK | serve HOST client|server |\n"
		"       many COUNT STACK | short COUNT STACK client|server\n");
	return 2;
}
