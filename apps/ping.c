/* SPDX-License-Identifier: MIT
 *
 * strata ping: ask whether a machine is there, by ping's command line, output and exit statuses:
 *
 *     0  a reply has come       1  none has       2  anything else
 *
 * Requests leave by the clock, replies and errors come as events (base/event.h), in between and in any order:
 *
 *     send ... wait ... send ... wait ... send ... wait for the last       Ctrl-C at any moment: the summary
 *          reply        reply                reply, error
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apps/commands.h"
#include "apps/host.h"
#include "apps/ping_print.h"
#include "apps/seconds.h"

enum { PING_NO_REPLY = 1, PING_OTHER = 2 };

#define PING_SECOND    1000000u
#define PING_INTERVAL  (1 * PING_SECOND)
#define PING_FASTEST   2000u /* ping's own limit for those who are not root */
#define PING_LINGER    (10 * PING_SECOND)
#define PING_DATA      56
#define PING_DATA_MAX  65507
#define PING_TIME_MAX  (1000000ull * PING_SECOND)
#define PING_UNLIMITED UINT64_MAX

enum { PING_OPTION_JSON = 1 };

static const struct option ping_options[] = {
    {"c", required_argument, NULL, 'c'},           {"i", required_argument, NULL, 'i'},
    {"s", required_argument, NULL, 's'},           {"W", required_argument, NULL, 'W'},
    {"t", required_argument, NULL, 't'},           {"q", no_argument, NULL, 'q'},
    {"json", no_argument, NULL, PING_OPTION_JSON}, {NULL, 0, NULL, 0},
};

struct ping {
	struct options options;
	struct ping_run run;
	uint64_t count;    /* PING_UNLIMITED: until Ctrl-C */
	uint64_t interval; /* microseconds */
	uint64_t linger;
	size_t size;
	uint8_t ttl; /* 0: the stack's */
	bool quiet;
	bool json;
	uint16_t id; /* of all our requests */
	uint8_t data[PING_DATA_MAX];
};

/* ---- the command line ---- */

/* What a number must be, by its letter. */
static bool ping_take_number(struct ping *p, int letter, const char *text)
{
	uint64_t number = 0;
	bool good = false;
	switch (letter) {
	case 'c':
		return options_number(text, 1, INT64_MAX, &p->count);
	case 'i':
		return seconds_parse(text, PING_FASTEST, PING_TIME_MAX, &p->interval);
	case 'W':
		return seconds_parse(text, 1, PING_TIME_MAX, &p->linger);
	case 's':
		good = options_number(text, 0, PING_DATA_MAX, &number);
		p->size = (size_t)number;
		return good;
	default:
		good = options_number(text, 1, 255, &number);
		p->ttl = (uint8_t)number;
		return good;
	}
}

static const char *ping_wanted(int letter)
{
	switch (letter) {
	case 'c':
		return "not a number from 1 on";
	case 'i':
		return "not a number of seconds from 0.002 on";
	case 'W':
		return "not a number of seconds above 0";
	case 's':
		return "not a number from 0 to 65507";
	default:
		return "not a number from 1 to 255";
	}
}

/* 0, or OPTIONS_WRONG, which has been told. */
static int ping_take_option(struct ping *p, int option)
{
	switch (option) {
	case OPTIONS_WRONG:
		return OPTIONS_WRONG;
	case 'q':
		p->quiet = true;
		return 0;
	case PING_OPTION_JSON:
		p->json = true;
		return 0;
	default:
		return ping_take_number(p, option, optarg) ? 0
							   : options_refuse(&p->options, optarg, ping_wanted(option));
	}
}

static bool ping_parse(struct ping *p, int argc, char **argv)
{
	int option;
	p->count = PING_UNLIMITED;
	p->interval = PING_INTERVAL;
	p->linger = PING_LINGER;
	p->size = PING_DATA;
	options_begin(&p->options, argv[0], OPTIONS_MACHINE);
	while ((option = options_next(&p->options, argc, argv, ping_options)) != OPTIONS_END)
		if (ping_take_option(p, option) != 0)
			return false;
	if (optind + 1 == argc) {
		p->run.host = argv[optind];
		return true;
	}
	options_refuse(&p->options, optind < argc ? argv[optind + 1] : "HOST",
		       optind < argc ? "it takes one host" : "there is none");
	return false;
}

/* ---- what comes ---- */

static void ping_hear_reply(struct ping *p, const struct event *event)
{
	struct ping_heard heard = {
	    .from = event->remote.address,
	    .sequence = (uint16_t)event->value,
	    .ttl = (uint8_t)(event->before >> 16),
	    .bytes = (unsigned)(event->before & 0xffff) + 8,
	};
	if (!ping_note_reply(&p->run, &heard, host_now()) || p->quiet)
		return;
	if (p->json)
		ping_print_reply_json(stdout, &heard);
	else
		ping_print_reply(stdout, &heard);
}

static void ping_hear_error(struct ping *p, const struct event *event)
{
	const struct ping_heard heard = {
	    .from = event->local.address,
	    .sequence = (uint16_t)event->value,
	    .type = (uint8_t)(event->before >> 8),
	    .code = (uint8_t)event->before,
	};
	p->run.errors++;
	if (p->quiet)
		return;
	if (p->json)
		ping_print_error_json(stdout, &heard);
	else
		ping_print_error(stdout, &heard);
}

static void ping_hear(void *user, const struct event *event)
{
	struct ping *p = user;
	bool reply = event->type == EVENT_ICMP_ECHO_REPLY;
	if ((!reply && event->type != EVENT_ICMP_ECHO_ERROR) || event->value >> 16 != p->id)
		return;
	if (!reply)
		ping_hear_error(p, event);
	else if (address_equal(event->remote.address, p->run.address))
		ping_hear_reply(p, event);
}

/* ---- what goes ---- */

static void ping_send(struct ping *p, struct host *h)
{
	uint16_t sequence = (uint16_t)(p->run.transmitted + 1);
	ping_note_sent(&p->run, sequence, host_now());
	int error = stack_echo(host_stack(h), p->run.address, p->id, sequence, p->ttl, p->data, p->size);
	if (error)
		fprintf(stderr, "strata: sending failed on %s: %s; do: strata help ping\n", p->run.host,
			strerror(-error));
}

/* As ping does: until the answer to the last request where nothing has come yet, else for two round trips, or as long as from one
 * request to the next. */
static uint64_t ping_patience(const struct ping *p)
{
	if (p->run.received == 0)
		return p->linger;
	return 2 * p->run.most > p->interval ? 2 * p->run.most : p->interval;
}

static bool ping_is_done(void *user)
{
	const struct ping *p = user;
	fflush(stdout);
	return p->run.received + p->run.errors >= p->count;
}

/* Until all is sent and heard, or a signal: 0; or -ENODEV, the device is gone. */
static int ping_go(struct ping *p, struct host *h)
{
	uint64_t next = host_now();
	int error = -ETIMEDOUT;
	while (error == -ETIMEDOUT) {
		uint64_t now = host_now();
		bool all = p->run.transmitted >= p->count;
		if (all && now >= next)
			break;
		if (!all && now >= next) {
			ping_send(p, h);
			next += p->interval;
			if (p->run.transmitted >= p->count)
				next = now + ping_patience(p);
		}
		uint64_t wait = next > now ? (next - now + 999) / 1000 : 0;
		error = host_until(h, ping_is_done, p, (int)(wait < INT32_MAX ? wait : INT32_MAX));
	}
	return error == -ENODEV ? error : 0;
}

static bool ping_resolve(struct ping *p, struct host *h)
{
	enum dns_status status;
	int found = host_resolve(h, p->run.host, HOST_FOREVER, &p->run.address, 1, &status);
	if (found < 0 && found != -EINTR && found != -ENODEV)
		fprintf(stderr, "strata: looking up the host failed on %s: %s; do: strata dig %s\n", p->run.host,
			found == -EINVAL ? "this is no name" : dns_status_text(status), p->run.host);
	return found > 0;
}

static int ping_play(struct ping *p, struct host *h)
{
	char text[ADDRESS_TEXT];
	if (!ping_resolve(p, h))
		return PING_OTHER;
	p->id = (uint16_t)(host_options(h)->seed[14] << 8 | host_options(h)->seed[15]);
	for (size_t i = 0; i < p->size; i++)
		p->data[i] = (uint8_t)i;
	host_on_event(h, ping_hear, p);
	if (!p->json)
		printf("PING %s (%s) %zu(%zu) bytes of data.\n", p->run.host, address_print(p->run.address, text),
		       p->size, p->size + 28);
	int error = ping_go(p, h);
	if (p->json)
		ping_print_summary_json(stdout, &p->run);
	else
		ping_print_summary(stdout, &p->run);
	if (error)
		return PING_OTHER;
	return p->run.received > 0 ? 0 : PING_NO_REPLY;
}

int ping_main(int argc, char **argv)
{
	static struct ping ping;
	ping = (struct ping){0};
	if (!ping_parse(&ping, argc, argv))
		return PING_OTHER;
	struct host *h = host_open(&ping.options);
	if (!h)
		return PING_OTHER;
	int status = ping_play(&ping, h);
	host_on_event(h, NULL, NULL);
	return host_close(h) != 0 ? PING_OTHER : status;
}
