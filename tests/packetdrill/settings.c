/* SPDX-License-Identifier: MIT
 *
 * What a script sets up around the stack. Three things are read alike, as words NAME=VALUE: the flags that packetdrill hands on
 * (--so_flags, separated by commas); and the command log, to which stand-ins for sysctl and ip append what a script calls them
 * with. What the stack has takes effect; what it has not is named, once. The log is read again at each call, since scripts change
 * settings as they go; the stack itself is made once, at the first call that needs it.
 *
 *     sysctl -q net.ipv4.tcp_rmem=4096 540000 15728640
 *     set_sysctls.py /proc/sys/net/ipv4/tcp_fin_timeout=30
 *     ip route change 192.0.2.2 via 192.168.0.2 dev tun0 advmss 1430 mtu lock 1470
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/packetdrill/adapter.h"

#define WORDS_MAX 64

/* ---- one setting ---- */

/* Keep a name that has no effect, to be told: once. */
static void remember_unknown(struct settings *s, const char *name)
{
	char word[128];
	size_t used = strlen(s->unknown);

	snprintf(word, sizeof word, " %s ", name);
	if (!strstr(s->unknown, word) && used + strlen(word) < sizeof s->unknown)
		strcpy(s->unknown + used, word);
}

/* Tell what has been added since `from`, in one line. */
static void tell_unknown(const struct settings *s, size_t from)
{
	if (s->unknown[from] != '\0')
		notice("settings without effect here:%s", s->unknown + from);
}

/* Numbers that are set as they are. */
static bool set_number(struct settings *s, const char *name, unsigned long n)
{
	const struct {
		const char *name;
		unsigned *place;
	} numbers[] = {
	    {"mtu", &s->mtu},
	    {"advmss", &s->advertised_mss},
	    {"ttl", &s->ttl},
	    {"ip_default_ttl", &s->ttl},
	    {"wscale", &s->window_scale},
	    {"tcp_keepalive_time", &s->keepalive_time},
	    {"tcp_keepalive_intvl", &s->keepalive_interval},
	    {"tcp_keepalive_probes", &s->keepalive_probes},
	    {"tcp_fin_timeout", &s->fin_timeout},
	    {"tcp_notsent_lowat", &s->notsent_lowat},
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (strcmp(name, numbers[i].name) == 0) {
			*numbers[i].place = (unsigned)n;
			return true;
		}
	if (strcmp(name, "seed") == 0)
		s->seed = n;
	else if (strcmp(name, "patience") == 0)
		s->patience = n * 1000000;
	else
		return false;
	return true;
}

static bool set_switch(struct settings *s, const char *name, unsigned long n)
{
	if (strcmp(name, "tcp_timestamps") == 0)
		s->timestamps = n != 0;
	else if (strcmp(name, "tcp_sack") == 0)
		s->sack = n != 0;
	else if (strcmp(name, "tcp_window_scaling") == 0)
		s->window_scaling = n != 0;
	else if (strcmp(name, "tcp_slow_start_after_idle") == 0)
		s->idle_restart = n != 0;
	else
		return false;
	return true;
}

static bool set_text(struct settings *s, const char *name, const char *value)
{
	if (strcmp(name, "cmdlog") == 0)
		snprintf(s->log_path, sizeof s->log_path, "%s", value);
	else if (strcmp(name, "ip") == 0)
		return address_parse_prefix(value, &s->address, &s->prefix_length);
	else if (strcmp(name, "gateway") == 0)
		return address_parse(value, &s->gateway);
	else if (strcmp(name, "tcp_congestion_control") == 0)
		snprintf(s->congestion, sizeof s->congestion, "%s", value);
	else
		return false;
	return true;
}

/* "4096 540000 15728640": least, default, most. */
static bool set_buffer(struct settings *s, const char *name, const char *value)
{
	unsigned long least, middle, most;

	if (sscanf(value, "%lu %lu %lu", &least, &middle, &most) != 3)
		return false;
	if (strcmp(name, "tcp_rmem") == 0) {
		s->receive_default = middle;
		s->receive_max = most;
	} else if (strcmp(name, "tcp_wmem") == 0) {
		s->send_default = middle;
		s->send_max = most;
	} else {
		return false;
	}
	return true;
}

/* The last part of net.ipv4.NAME or /proc/sys/net/ipv4/NAME. */
static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
	const char *separator = slash > dot ? slash : dot;

	return separator ? separator + 1 : path;
}

static void set(struct settings *s, const char *path, const char *value)
{
	const char *name = last_part(path);
	char *end;
	unsigned long n = strtoul(value, &end, 0);

	if (set_buffer(s, name, value) || set_text(s, name, value))
		return;
	if (*end == '\0' && end != value && (set_number(s, name, n) || set_switch(s, name, n)))
		return;
	remember_unknown(s, name);
}

/* ---- words ---- */

static unsigned split(char *line, const char *separators, char *words[WORDS_MAX])
{
	unsigned count = 0;
	char *rest;

	for (char *w = strtok_r(line, separators, &rest); w && count < WORDS_MAX; w = strtok_r(NULL, separators, &rest))
		words[count++] = w;
	return count;
}

/* NAME=VALUE, where the value may go on in further words that are numbers. */
static void set_assignments(struct settings *s, char *words[], unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char value[256];
		char *name = words[i], *equals = strchr(name, '=');

		if (!equals)
			continue;
		*equals = '\0';
		snprintf(value, sizeof value, "%s", equals + 1);
		for (; i + 1 < count && !strchr(words[i + 1], '=') && strspn(words[i + 1], "0123456789") > 0; i++) {
			strncat(value, " ", sizeof value - strlen(value) - 1);
			strncat(value, words[i + 1], sizeof value - strlen(value) - 1);
		}
		set(s, name, value);
	}
}

/* ip route ..., ip link set ...: pairs of a name and a number, with `lock` between where a route is meant to keep its MTU. */
static void set_pairs(struct settings *s, char *words[], unsigned count)
{
	static const char *const names[] = {"mtu",      "advmss", "initcwnd", "initrwnd", "rto_min",
					    "quickack", "rtt",    "cwnd",     "window",   "congctl"};

	for (unsigned i = 0; i + 1 < count; i++)
		for (size_t k = 0; k < sizeof names / sizeof *names; k++)
			if (strcmp(words[i], names[k]) == 0)
				set(s, words[i], words[i + 1 + (i + 2 < count && strcmp(words[i + 1], "lock") == 0)]);
}

static void take_line(struct settings *s, char *line)
{
	char *words[WORDS_MAX];
	unsigned count = split(line, " \t\n\"'`", words);

	if (count == 0)
		return;
	const char *slash = strrchr(words[0], '/');
	if (strcmp(slash ? slash + 1 : words[0], "ip") == 0)
		set_pairs(s, words + 1, count - 1);
	else
		set_assignments(s, words, count);
}

/* ---- where they come from ---- */

void settings_refresh(struct settings *s)
{
	char line[4096];
	size_t told = strlen(s->unknown);
	FILE *log = s->log_path[0] != '\0' ? fopen(s->log_path, "r") : NULL;

	if (!log)
		return;
	if (fseek(log, s->log_read, SEEK_SET) == 0)
		while (fgets(line, sizeof line, log))
			take_line(s, line);
	s->log_read = ftell(log);
	fclose(log);
	tell_unknown(s, told);
}

unsigned settings_window_scale(const struct settings *s)
{
	unsigned scale = 0;

	if (s->window_scale != UINT_MAX)
		return s->window_scale;
	while (scale < 14 && s->receive_max >> scale > UINT16_MAX)
		scale++;
	return scale;
}

void settings_init(struct settings *s, const char *flags)
{
	char text[1024], *words[WORDS_MAX];

	*s = (struct settings){
	    .address = {{192, 168, 0, 1}},
	    .prefix_length = 16,
	    .gateway = {{192, 168, 0, 2}},
	    .mtu = 1500,
	    .ttl = 64,
	    .patience = 4ull * 3600 * 1000000, /* longer than keepalive waits */
	    .window_scale = UINT_MAX,
	    .receive_default = 131072,
	    .receive_max = 4194240, /* window scale 6, as most scripts that set nothing expect */
	    .send_default = 262144,
	    .send_max = 4194304,
	    .keepalive_time = 7200,
	    .keepalive_interval = 75,
	    .keepalive_probes = 9,
	    .fin_timeout = 60,
	    .timestamps = true,
	    .sack = true,
	    .window_scaling = true,
	    .idle_restart = true,
	    .notsent_lowat = UINT_MAX,
	    .congestion = "reno",
	};
	if (!flags)
		return;
	snprintf(text, sizeof text, "%s", flags);
	set_assignments(s, words, split(text, ",", words));
	tell_unknown(s, 0);
	if (s->gateway.bytes[0] != s->address.bytes[0] || address_equal(s->gateway, s->address)) {
		/* another host of the same network */
		s->gateway = address_from_number(address_number(s->address) ^ 3);
	}
}
