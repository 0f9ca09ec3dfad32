/* SPDX-License-Identifier: MIT
 *
 * Common options; see options.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/options.h"
#include "base/wire.h"

#define OPTIONS_OWN_MAX 16

enum {
	OPTION_TAP = 1000,
	OPTION_IP,
	OPTION_HOST_IP,
	OPTION_GATEWAY,
	OPTION_MAC,
	OPTION_MTU,
	OPTION_TRACE,
	OPTION_PCAP,
	OPTION_SEED
};

/* Those of a simulation come first. */
static const struct option options_common[] = {
    {"pcap", required_argument, NULL, OPTION_PCAP},       {"seed", required_argument, NULL, OPTION_SEED},
    {"tap", required_argument, NULL, OPTION_TAP},         {"ip", required_argument, NULL, OPTION_IP},
    {"host-ip", required_argument, NULL, OPTION_HOST_IP}, {"gateway", required_argument, NULL, OPTION_GATEWAY},
    {"mac", required_argument, NULL, OPTION_MAC},         {"mtu", required_argument, NULL, OPTION_MTU},
    {"trace", optional_argument, NULL, OPTION_TRACE},
};

#define OPTIONS_COMMON    (sizeof options_common / sizeof options_common[0])
#define OPTIONS_SIMULATED 2

void options_begin(struct options *o, const char *command, enum options_scope scope)
{
	*o = (struct options){.command = command, .scope = scope, .prefix_length = 24};
	optind = 0; /* start from the beginning, also the second time (getopt(3), glibc) */
}

int options_refuse(const struct options *o, const char *what, const char *why)
{
	fprintf(stderr, "strata: reading the command line failed on %s: %s; do: strata help %s\n", what, why,
		o->command);
	return OPTIONS_WRONG;
}

/* `value` is not what option `name` takes. */
static int options_refuse_value(const struct options *o, const char *name, const char *value, const char *why)
{
	char what[128];
	snprintf(what, sizeof what, "--%s %s", name, value);
	return options_refuse(o, what, why);
}

bool options_number(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
	uint64_t value = 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned digit = (unsigned)(*text - '0');
		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*number = value;
	return value >= least && value <= most;
}

/* An address that one machine can have: not 0.x, not loopback, not multicast or above (RFC 1122 3.2.1.3). */
static bool options_is_machine(struct address a)
{
	return a.bytes[0] > 0 && a.bytes[0] < 224 && a.bytes[0] != 127;
}

static bool options_address(const char *text, struct address *a)
{
	struct address parsed;
	if (!address_parse(text, &parsed) || !options_is_machine(parsed))
		return false;
	*a = parsed;
	return true;
}

static int options_take_ip(struct options *o, const char *text)
{
	if (!address_parse_prefix(text, &o->address, &o->prefix_length) || !options_is_machine(o->address) ||
	    o->prefix_length < 1 || o->prefix_length > 30)
		return options_refuse_value(o, "ip", text,
					    "not a machine's address and prefix length, as in 192.0.2.2/24");
	return 0;
}

static int options_take_host(struct options *o, const char *text)
{
	o->host_none = strcmp(text, "none") == 0;
	if (!o->host_none && !options_address(text, &o->host))
		return options_refuse_value(o, "host-ip", text, "neither a machine's address nor none");
	return 0;
}

static int options_take_mac(struct options *o, const char *text)
{
	static const struct mac zero;
	if (!mac_parse(text, &o->mac) || mac_is_group(o->mac) || mac_equal(o->mac, zero))
		return options_refuse_value(o, "mac", text, "not one station's address, as in 02:00:c0:00:02:02");
	return 0;
}

static int options_take_mtu(struct options *o, const char *text)
{
	uint64_t mtu;
	if (!options_number(text, 576, 65521, &mtu))
		return options_refuse_value(o, "mtu", text, "not a number from 576 to 65521");
	o->mtu = (unsigned)mtu;
	return 0;
}

static int options_take_trace(struct options *o, const char *text)
{
	if (text && strcmp(text, "packets") != 0)
		return options_refuse_value(o, "trace", text, "there is only --trace=packets");
	o->trace = true;
	return 0;
}

static int options_take_seed(struct options *o, const char *text)
{
	uint64_t seed;
	if (!options_number(text, 0, UINT64_MAX, &seed))
		return options_refuse_value(o, "seed", text, "not a decimal number below 2^64");
	o->seeded = true;
	wire_put32(o->seed + 8, (uint32_t)(seed >> 32));
	wire_put32(o->seed + 12, (uint32_t)seed);
	return 0;
}

/* One common option: 0, or OPTIONS_WRONG. */
static int options_take(struct options *o, int option, const char *text)
{
	switch (option) {
	case OPTION_TAP:
		o->tap = text;
		return 0;
	case OPTION_IP:
		return options_take_ip(o, text);
	case OPTION_HOST_IP:
		return options_take_host(o, text);
	case OPTION_GATEWAY:
		return options_address(text, &o->gateway)
			   ? 0
			   : options_refuse_value(o, "gateway", text, "not a machine's address, as in 192.0.2.1");
	case OPTION_MAC:
		return options_take_mac(o, text);
	case OPTION_MTU:
		return options_take_mtu(o, text);
	case OPTION_TRACE:
		return options_take_trace(o, text);
	case OPTION_PCAP:
		o->pcap = text;
		return 0;
	default:
		return options_take_seed(o, text);
	}
}

/* The common options and the command's own in one table, ended by an empty element. */
static void options_table(const struct options *o, const struct option *own, struct option *table)
{
	size_t count = o->scope == OPTIONS_MACHINE ? OPTIONS_COMMON : OPTIONS_SIMULATED;
	memcpy(table, options_common, count * sizeof table[0]);
	for (size_t i = 0; own && own[i].name && i < OPTIONS_OWN_MAX; i++)
		table[count++] = own[i];
	table[count] = (struct option){0};
}

/* What getopt_long() stumbled over. A short option may stand among others in one word, which it then is still at. */
static int options_refuse_unknown(const struct options *o, char **argv, int result)
{
	const char letter[] = {'-', (char)optopt, '\0'};
	const char *word = argv[optind - 1];
	if (result == ':')
		return options_refuse(o, word, "it needs a value");
	if (optopt >= 1000 || (optopt > 0 && strncmp(word, "--", 2) == 0 && strchr(word, '=')))
		return options_refuse(o, word, "it takes no value");
	return options_refuse(o, optopt ? letter : word, "there is no such option");
}

int options_next(struct options *o, int argc, char **argv, const struct option *own)
{
	struct option table[OPTIONS_COMMON + OPTIONS_OWN_MAX + 1];
	options_table(o, own, table);
	opterr = 0;
	for (;;) {
		int option = getopt_long(argc, argv, ":", table, NULL);
		if (option == '?' || option == ':')
			return options_refuse_unknown(o, argv, option);
		if (option < 1000)
			return option;
		if (options_take(o, option, optarg) != 0)
			return OPTIONS_WRONG;
	}
}

bool options_parse(struct options *o, int argc, char **argv)
{
	options_begin(o, argv[0], OPTIONS_MACHINE);
	if (options_next(o, argc, argv, NULL) != OPTIONS_END)
		return false;
	if (optind < argc)
		options_refuse(o, argv[optind], "it takes no argument");
	return optind >= argc;
}

/* The number in "tap3", or 0 where the name has another form. */
static uint32_t options_tap_number(const char *name)
{
	uint64_t number;
	return strncmp(name, "tap", 3) == 0 && options_number(name + 3, 0, 252, &number) ? (uint32_t)number : 0;
}

static const struct address options_default = {{192, 0, 2, 2}};

struct address options_host(const struct options *o)
{
	if (!address_is_any(o->host))
		return o->host;
	uint32_t own = address_number(address_is_any(o->address) ? options_default : o->address);
	uint32_t first = (own & UINT32_MAX << (32 - o->prefix_length)) + 1;
	return address_from_number(first == own ? first + 1 : first);
}

void options_settle(struct options *o, const char *tap_name)
{
	static const struct mac unset;
	if (address_is_any(o->address))
		o->address = address_from_number(address_number(options_default) + options_tap_number(tap_name));
	if (address_is_any(o->gateway))
		o->gateway = options_host(o);
	if (mac_equal(o->mac, unset)) {
		o->mac = (struct mac){{0x02, 0x00}}; /* locally administered (IEEE 802, 8.4) */
		memcpy(o->mac.bytes + 2, o->address.bytes, sizeof o->address.bytes);
	}
}
