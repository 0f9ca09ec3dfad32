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

#include "apps/attach.h"
#include "apps/host.h"
#include "apps/private.h"
#include "apps/trace.h"
#include "apps/wire.h"
#include "drivers/pcap.h"

struct host {
	struct options options;
	struct attachment attachment;
	struct driver *driver; /* the outermost, which the stack sees */
	struct driver *pcap;   /* one of those inside, or NULL */
	struct driver *trace;  /* the same */
	struct driver *wire;   /* the same */
	struct stack *stack;
	uint64_t now; /* of this round; what it receives and sends has this time, in traces and captures too */
	void (*ready)(void *user, struct socket *socket);
	void *ready_user;
	struct events events; /* who else listens */
	int descriptor;       /* of host_wait_for(), or -1 */
	short descriptor_events;
	char device[32]; /* its name, for messages */
	int signals;     /* descriptor that SIGINT and SIGTERM are read from, or -1 */
	sigset_t mask;   /* of signals, as it was before */
	bool claimed;    /* another station says that it has our address: */
	struct mac claimant;
	bool interrupted;       /* a signal has come that nobody has been told of */
	unsigned interruptions; /* how many have come */
	uint64_t ending;        /* when the first came: all is over HOST_LINGER later */
	bool stopped;           /* host_stop() */
	int error;              /* negative errno: the device is gone */
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

void host_on_event(struct host *h, void (*hear)(void *user, const struct event *event), void *user)
{
	h->events = (struct events){hear, user};
}

void host_wait_for(struct host *h, int descriptor, short events)
{
	h->descriptor = descriptor;
	h->descriptor_events = events;
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

/* Another station claims our address. `doing` is what that disturbs, `options` what would avoid it. */
static void host_tell_conflict(const struct host *h, const char *doing, const char *why, const char *options)
{
	char address[ADDRESS_TEXT], mac[MAC_TEXT];
	fprintf(stderr, "strata: %s %s failed on %s: %s %s; do: strata %s %s--ip ANOTHER/%u\n", doing,
		address_print(h->options.address, address), h->device, mac_print(h->claimant, mac), why,
		h->options.command, options, h->options.prefix_length);
}

/* Before the address is ours this is for host_probe() to tell. The stack sees to it that it is not said too often. */
static void host_hear_conflict(struct host *h, struct mac claimant)
{
	h->claimed = true;
	h->claimant = claimant;
	if (stack_address_ready(h->stack))
		host_tell_conflict(h, "keeping", "claims it too, and packets may go astray", "");
}

static void host_listen(void *user, const struct event *event)
{
	struct host *h = user;
	if (event->type == EVENT_DROP)
		host_tell_drop(h, (enum drop_reason)event->value);
	else if (event->type == EVENT_ARP_CONFLICT)
		host_hear_conflict(h, mac_from_number(event->value));
	event_emit(&h->events, event);
}

/* ---- the loop ---- */

static void host_read_signal(struct host *h)
{
	struct signalfd_siginfo info;
	if (read(h->signals, &info, sizeof info) != (ssize_t)sizeof info)
		return;
	h->interrupted = true;
	if (h->interruptions++ == 0)
		h->ending = host_now();
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
	struct pollfd polled[3] = {{.fd = h->signals, .events = POLLIN},
				   {.fd = wait.descriptor, .events = wait.events},
				   {.fd = h->descriptor, .events = h->descriptor_events}};
	ppoll(polled, 3, due == DEADLINE_NEVER ? NULL : &timeout, NULL);
	if (polled[0].revents & POLLIN)
		host_read_signal(h);
}

/* End the capture, where there is one. False: not all of it could be written, which is told. */
static bool host_finish_capture(struct host *h)
{
	char message[DRIVER_MESSAGE];
	if (!h->pcap || pcap_finish(h->pcap, message))
		return true;
	fprintf(stderr, "%s\n", message);
	return false;
}

static void host_explain_error(struct host *h)
{
	if (host_finish_capture(h))
		fprintf(stderr, "strata: receiving failed on %s: %s; do: ip -details link show %s\n", h->device,
			h->error == -EBADFD ? "the device was removed" : strerror(-h->error), h->device);
}

void host_flush(struct host *h)
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

/* The seed of everything here: the one given, or the system's. */
static bool host_draw_seed(struct host *h)
{
	uint8_t *seed = h->options.seed;
	return h->options.seeded || getrandom(seed, sizeof h->options.seed, 0) == (ssize_t)sizeof h->options.seed;
}

/* Put the bad wire, the capture and the trace, where asked for, around the device. */
static bool host_wrap(struct host *h)
{
	char message[DRIVER_MESSAGE];
	if (!wire_wrap(&h->driver, &h->wire, &h->options, h->options.seed))
		return false;
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
	config.probe = h->options.probe;
	config.emit = host_emit;
	config.emit_user = h;
	config.on_ready = host_ready;
	config.ready_user = h;
	config.events = (struct events){host_listen, h};
	memcpy(config.seed, h->options.seed, sizeof config.seed);
	h->now = host_now();
	h->stack = stack_create(&config, h->now);
	if (!h->stack)
		fprintf(stderr,
			"strata: creating the stack failed on %s: an MTU of %u cannot be, or no memory; do: strata "
			"help %s\n",
			h->device, config.mtu, h->options.command);
	return h->stack;
}

static bool host_has_probed(void *user)
{
	const struct host *h = user;
	return h->claimed || stack_address_ready(h->stack);
}

/* Wait for the end of probing, where it was asked for (RFC 5227 2.1). False: the address is not ours to use. */
static bool host_probe(struct host *h)
{
	int error = h->options.probe ? host_until(h, host_has_probed, h, HOST_FOREVER) : 0;
	bool ours = stack_address_ready(h->stack);
	if (error == -EINTR)
		fprintf(stderr, "strata: probing failed on %s: interrupted; do: strata help %s\n", h->device,
			h->options.command);
	else if (!error && !ours)
		host_tell_conflict(h, "taking", "has it", "--probe ");
	return ours;
}

static void host_release(struct host *h)
{
	if (h->stack)
		stack_destroy(h->stack);
	driver_close(h->driver);
	attach_undo(&h->attachment);
	if (h->signals >= 0) {
		close(h->signals);
		sigprocmask(SIG_SETMASK, &h->mask, NULL);
	}
	free(h);
}

static struct host *host_open_attached(const struct attachment *attachment, const struct options *options)
{
	struct host *h = calloc(1, sizeof *h);
	if (!h) {
		driver_close(attachment->device);
		attach_undo(attachment);
		return NULL;
	}
	h->options = *options;
	h->attachment = *attachment;
	h->driver = attachment->device;
	h->signals = h->descriptor = -1;
	snprintf(h->device, sizeof h->device, "%s", attachment->tap);
	if (!options_settle(&h->options, h->device) || !host_draw_seed(h) || !host_wrap(h) ||
	    host_hear_signals(h) != 0 || !host_create_stack(h) || !host_set_names(h) || !host_probe(h)) {
		host_release(h);
		return NULL;
	}
	return h;
}

struct host *host_open_on(struct driver *device, const struct options *options)
{
	return host_open_attached(&(struct attachment){.device = device, .tap = "the device"}, options);
}

struct host *host_open(const struct options *options)
{
	struct attachment attachment;
	struct options settled = *options;
	if ((options->private_network && !private_enter()) || !attach_open(options, &attachment))
		return NULL;
	if (!address_is_any(attachment.host))
		settled.host = attachment.host;
	return host_open_attached(&attachment, &settled);
}

static bool host_has_ended(void *user)
{
	const struct host *h = user;
	return stack_connections(h->stack) == 0 && !wire_is_busy(h->wire);
}

/* How many milliseconds connections have to end in: less where a signal said a while ago that we are wanted to end, none where
 * it has been repeated. */
static int host_patience(const struct host *h)
{
	uint64_t gone = h->interruptions ? (host_now() - h->ending) / 1000 : 0;
	return h->interruptions > 1 || gone >= HOST_LINGER ? 0 : HOST_LINGER - (int)gone;
}

int host_close(struct host *h)
{
	if (!h->error) {
		h->ready = NULL;
		stack_close(h->stack);
		host_until(h, host_has_ended, h, host_patience(h));
	}
	int status = h->error || !host_finish_capture(h) ? 1 : 0;
	wire_tell(h->wire, stderr);
	host_release(h);
	return status;
}
