/* SPDX-License-Identifier: MIT
 *
 * The loop of host.h. One round of it (host_round) is the loop of stack.h:
 *
 *     ppoll           until the device, a signal, or the first of all deadlines
 *     driver_service  frames go up into stack_input
 *     stack_tick      when it is due
 *     stack_flush     answers leave, on_ready is called
 *
 * What an app does between rounds is flushed before the next one sleeps.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "apps/host.h"
#include "apps/trace.h"
#include "drivers/pcap.h"
#include "drivers/tap.h"

#define HOST_LINGER 1000 /* milliseconds that connections have to end in host_close() */

struct host {
	struct options options;
	struct driver *driver; /* the outermost, which the stack sees */
	struct driver *pcap;   /* one of those inside, or NULL */
	struct driver *trace;  /* the same */
	struct stack *stack;
	uint64_t now; /* of this round; what it receives and sends has this time, in traces and captures too */
	void (*ready)(void *user, struct socket *socket);
	void *ready_user;
	char device[32];  /* its name, for messages */
	int signals;      /* descriptor that SIGINT and SIGTERM are read from, or -1 */
	sigset_t mask;    /* of signals, as it was before */
	bool interrupted; /* a signal has come that nobody has been told of */
	bool stopped;     /* host_stop() */
	int error;        /* negative errno: the device is gone */
};

static uint64_t host_clock(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t host_now(void)
{
	return host_clock(CLOCK_MONOTONIC) / 1000;
}

struct stack *host_stack(struct host *h)
{
	return h->stack;
}

const struct options *host_options(const struct host *h)
{
	return &h->options;
}

void host_on_ready(struct host *h, void (*ready)(void *user, struct socket *socket), void *user)
{
	h->ready = ready;
	h->ready_user = user;
}

void host_stop(struct host *h)
{
	h->stopped = true;
}

/* ---- between driver and stack ---- */

static int host_emit(void *user, const struct tx_packet *packet)
{
	struct host *h = user;
	return driver_emit(h->driver, packet, h->now);
}

static void host_frame(void *user, const struct rx_frame *frame, uint64_t now)
{
	struct host *h = user;
	stack_input(h->stack, frame, now);
}

static void host_writable(void *user, uint64_t now)
{
	struct host *h = user;
	stack_writable(h->stack, now);
}

static void host_ready(void *user, struct socket *socket)
{
	struct host *h = user;
	if (h->ready)
		h->ready(h->ready_user, socket);
}

static void host_tell_drop(struct host *h, enum drop_reason reason)
{
	char text[128];
	snprintf(text, sizeof text, "%s: %s", drop_name(reason), drop_sentence(reason));
	if (h->pcap)
		pcap_note(h->pcap, text);
	if (h->trace)
		trace_drop(h->trace, reason);
}

static void host_listen(void *user, const struct event *event)
{
	struct host *h = user;
	if (event->type == EVENT_DROP)
		host_tell_drop(h, (enum drop_reason)event->value);
}

/* ---- the loop ---- */

static void host_read_signal(struct host *h)
{
	struct signalfd_siginfo info;
	if (read(h->signals, &info, sizeof info) == (ssize_t)sizeof info)
		h->interrupted = true;
}

/* Sleep until there is something to do, at most until `until`. */
static void host_sleep(struct host *h, uint64_t until)
{
	struct driver_wait wait;
	driver_wait(h->driver, &wait);
	uint64_t due = stack_deadline(h->stack);
	due = due < wait.deadline ? due : wait.deadline;
	due = due < until ? due : until;
	uint64_t now = host_now(), left = due > now ? due - now : 0;
	struct timespec timeout = {.tv_sec = (time_t)(left / 1000000), .tv_nsec = (long)(left % 1000000) * 1000};
	struct pollfd polled[2] = {{.fd = h->signals, .events = POLLIN},
				   {.fd = wait.descriptor, .events = wait.events}};
	ppoll(polled, 2, due == DEADLINE_NEVER ? NULL : &timeout, NULL);
	if (polled[0].revents & POLLIN)
		host_read_signal(h);
}

static void host_explain_error(struct host *h)
{
	if (h->pcap && pcap_error(h->pcap))
		fprintf(stderr, "strata: writing the capture failed on %s: %s; do: df -h\n", h->options.pcap,
			strerror(-h->error));
	else
		fprintf(stderr, "strata: receiving failed on %s: %s; do: ip -details link show %s\n", h->device,
			h->error == -EBADFD ? "the device was removed" : strerror(-h->error), h->device);
}

/* Let everything out that is owed. */
static void host_flush(struct host *h)
{
	h->now = host_now();
	stack_flush(h->stack, h->now);
}

static void host_round(struct host *h, uint64_t until)
{
	const struct driver_sink sink = {h, host_frame, host_writable};
	host_sleep(h, until);
	h->now = host_now();
	int served = driver_service(h->driver, &sink, h->now);
	if (served < 0 && !h->error) {
		h->error = served;
		host_explain_error(h);
	}
	if (stack_deadline(h->stack) <= h->now)
		stack_tick(h->stack, h->now);
	host_flush(h);
}

/* Whether a signal has come; it is told once. */
static bool host_was_interrupted(struct host *h)
{
	bool interrupted = h->interrupted;
	h->interrupted = false;
	return interrupted;
}

int host_run(struct host *h)
{
	h->stopped = false;
	host_flush(h);
	while (!h->stopped && !h->error && !host_was_interrupted(h))
		host_round(h, DEADLINE_NEVER);
	return h->error ? 1 : 0;
}

int host_until(struct host *h, bool (*done)(void *user), void *user, int timeout)
{
	uint64_t until = timeout < 0 ? DEADLINE_NEVER : host_now() + (uint64_t)timeout * 1000;
	host_flush(h);
	while (!done(user)) {
		if (h->error)
			return -ENODEV;
		if (host_was_interrupted(h))
			return -EINTR;
		if (host_now() >= until)
			return -ETIMEDOUT;
		host_round(h, until);
	}
	return 0;
}

/* ---- blocking calls ---- */

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
	*socket = socket_open(h->stack);
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

int host_accept(struct host *h, struct socket *listener, int timeout, struct socket **socket)
{
	while (!(*socket = socket_accept(listener))) {
		int error = host_await(h, listener, SOCKET_READABLE, timeout);
		if (error)
			return error;
	}
	return 0;
}

int host_send(struct host *h, struct socket *socket, const void *bytes, size_t length, int timeout)
{
	const uint8_t *at = bytes;
	while (length > 0) {
		long sent = socket_send(socket, at, length);
		if (sent == -EAGAIN)
			sent = host_await(h, socket, SOCKET_WRITABLE, timeout);
		if (sent < 0)
			return (int)sent;
		at += sent;
		length -= (size_t)sent;
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

/* ---- opening and closing ---- */

/* From here on SIGINT and SIGTERM are only read from a descriptor. */
static int host_hear_signals(struct host *h)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &h->mask);
	h->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return h->signals < 0 ? -errno : 0;
}

/* Put the capture and the trace, where asked for, around the device. */
static bool host_wrap(struct host *h)
{
	char message[DRIVER_MESSAGE];
	if (h->options.pcap) {
		uint64_t epoch = host_clock(CLOCK_REALTIME) - host_clock(CLOCK_MONOTONIC);
		h->pcap = pcap_wrap(h->driver, h->options.pcap, epoch, message);
		if (!h->pcap) {
			fprintf(stderr, "%s\n", message);
			return false;
		}
		h->driver = h->pcap;
	}
	if (h->options.trace) {
		h->trace = trace_wrap(h->driver, stderr);
		if (!h->trace)
			return false;
		h->driver = h->trace;
	}
	return true;
}

static bool host_create_stack(struct host *h)
{
	struct stack_config config = stack_defaults();
	config.mac = h->options.mac;
	config.address = h->options.address;
	config.prefix_length = h->options.prefix_length;
	config.gateway = h->options.gateway;
	config.mtu = h->driver->mtu;
	config.emit = host_emit;
	config.emit_user = h;
	config.on_ready = host_ready;
	config.ready_user = h;
	config.events = (struct events){host_listen, h};
	memcpy(config.seed, h->options.seed, sizeof config.seed);
	if (!h->options.seeded && getrandom(config.seed, sizeof config.seed, 0) != (ssize_t)sizeof config.seed)
		return false;
	h->now = host_now();
	h->stack = stack_create(&config, h->now);
	if (!h->stack)
		fprintf(stderr,
			"strata: creating the stack failed on %s: an MTU of %u cannot be, or no memory; do: strata "
			"help %s\n",
			h->device, config.mtu, h->options.command);
	return h->stack;
}

static void host_release(struct host *h)
{
	if (h->stack)
		stack_destroy(h->stack);
	driver_close(h->driver);
	if (h->signals >= 0) {
		close(h->signals);
		sigprocmask(SIG_SETMASK, &h->mask, NULL);
	}
	free(h);
}

static struct host *host_open_named(struct driver *device, const char *name, const struct options *options)
{
	struct host *h = calloc(1, sizeof *h);
	if (!h) {
		driver_close(device);
		return NULL;
	}
	h->options = *options;
	h->driver = device;
	h->signals = -1;
	snprintf(h->device, sizeof h->device, "%s", name);
	options_settle(&h->options, name);
	if (!host_wrap(h) || host_hear_signals(h) != 0 || !host_create_stack(h)) {
		host_release(h);
		return NULL;
	}
	return h;
}

struct host *host_open_on(struct driver *device, const struct options *options)
{
	return host_open_named(device, "the device", options);
}

struct host *host_open(const struct options *options)
{
	char message[DRIVER_MESSAGE];
	struct tap_options tap = {
	    .name = options->tap,
	    .mtu = options->mtu,
	    .host = options->host_none ? ADDRESS_ANY : options_host(options),
	    .prefix_length = options->prefix_length,
	};
	struct driver *device = tap_open(&tap, message);
	if (!device) {
		fprintf(stderr, "%s\n", message);
		return NULL;
	}
	return host_open_named(device, tap_name(device), options);
}

static bool host_has_ended(void *user)
{
	const struct host *h = user;
	return stack_connections(h->stack) == 0;
}

void host_close(struct host *h)
{
	if (!h->error) {
		h->ready = NULL;
		stack_close(h->stack);
		host_until(h, host_has_ended, h, HOST_LINGER);
	}
	host_release(h);
}
