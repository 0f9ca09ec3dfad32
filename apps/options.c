/* SPDX-License-Identifier: MIT
 *
 * Common options; see options.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/options.h"
#include "base/wire.h"

#define OPTIONS_OWN_MAX 64

enum {
	OPTION_TAP = 1000,
	OPTION_BRIDGE,
	OPTION_NS,
	OPTION_IP,
	OPTION_HOST_IP,
	OPTION_GATEWAY,
	OPTION_DNS,
	OPTION_HOST,
	OPTION_MAC,
	OPTION_MTU,
	OPTION_PROBE,
	OPTION_TRACE,
	OPTION_PCAP,
	OPTION_SEED,
	OPTION_LOSS,
	OPTION_CORRUPT,
	OPTION_DUPLICATE,
	OPTION_REORDER,
	OPTION_DELAY,
	OPTION_JITTER,
	OPTION_RATE
};

/* Those of a simulation come first. */
static const struct option options_common[] = {
    {"pcap", required_argument, NULL, OPTION_PCAP},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"loss", required_argument, NULL, OPTION_LOSS},
    {"corrupt", required_argument, NULL, OPTION_CORRUPT},
    {"duplicate", required_argument, NULL, OPTION_DUPLICATE},
    {"reorder", required_argument, NULL, OPTION_REORDER},
    {"delay", required_argument, NULL, OPTION_DELAY},
    {"jitter", required_argument, NULL, OPTION_JITTER},
    {"rate", required_argument, NULL, OPTION_RATE},
    {"tap", required_argument, NULL, OPTION_TAP},
    {"bridge", required_argument, NULL, OPTION_BRIDGE},
    {"ns", no_argument, NULL, OPTION_NS},
    {"ip", required_argument, NULL, OPTION_IP},
    {"host-ip", required_argument, NULL, OPTION_HOST_IP},
    {"gateway", required_argument, NULL, OPTION_GATEWAY},
    {"dns", required_argument, NULL, OPTION_DNS},
    {"host", required_argument, NULL, OPTION_HOST},
    {"mac", required_argument, NULL, OPTION_MAC},
    {"mtu", required_argument, NULL, OPTION_MTU},
    {"probe", no_argument, NULL, OPTION_PROBE},
    {"trace", optional_argument, NULL, OPTION_TRACE},
};

#define OPTIONS_COMMON    (sizeof options_common / sizeof options_common[0])
#define OPTIONS_SIMULATED 9

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

/* A decimal number of `length` characters, such as "2.5", in units of 1 / `scale` (a power of ten): with a scale of 1000
 * that is 2500. Digits finer than the unit are refused. False unless it lies between these two, in units. */
static bool options_decimal(const char *text, size_t length, uint64_t scale, uint64_t least, uint64_t most,
			    uint64_t *number)
{
	uint64_t value = 0, unit = scale; /* unit: what the last digit stands for */
	size_t digits = 0;
	bool point = false;
	for (size_t i = 0; i < length; i++) {
		unsigned digit = (unsigned)(text[i] - '0');
		if (text[i] == '.' && !point) {
			point = true;
			continue;
		}
		if (digit > 9 || (point && unit == 1) || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
		unit = point ? unit / 10 : unit;
		digits++;
	}
	if (digits == 0 || value > UINT64_MAX / unit)
		return false;
	*number = value * unit;
	return *number >= least && *number <= most;
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

/* The bits of an address that number the machine within its network. */
static uint32_t options_machine_bits(const struct options *o)
{
	return UINT32_MAX >> o->prefix_length;
}

/* Whether the address names a network itself or all the machines in it (RFC 1122 3.2.1.3 (a) and (d)). */
static bool options_is_for_all(const struct options *o, struct address a)
{
	uint32_t all = options_machine_bits(o), machine = address_number(a) & all;
	return machine == 0 || machine == all;
}

static int options_take_ip(struct options *o, const char *text)
{
	if (!address_parse_prefix(text, &o->address, &o->prefix_length) || !options_is_machine(o->address) ||
	    o->prefix_length < 1 || o->prefix_length > 30)
		return options_refuse_value(o, "ip", text,
					    "not a machine's address and prefix length, as in 192.0.2.2/24");
	if (options_is_for_all(o, o->address))
		return options_refuse_value(o, "ip", text, "this is the network's own address, or its broadcast");
	return 0;
}

static int options_take_host(struct options *o, const char *text)
{
	o->host_none = strcmp(text, "none") == 0;
	if (!o->host_none && !options_address(text, &o->host))
		return options_refuse_value(o, "host-ip", text, "neither a machine's address nor none");
	return 0;
}

static int options_take_dns(struct options *o, const char *text)
{
	if (o->dns_count == DNS_SERVERS_MAX)
		return options_refuse_value(o, "dns", text, "there are 8 name servers already");
	if (!options_address(text, &o->dns[o->dns_count]))
		return options_refuse_value(o, "dns", text, "not a machine's address, as in 192.0.2.53");
	o->dns_count++;
	return 0;
}

/* NAME=ADDR. A name that was given before gets one address more. */
static int options_take_fixed(struct options *o, const char *text)
{
	const char *equals = strrchr(text, '=');
	char name[DNS_NAME_TEXT];
	struct dns_name parsed;
	if (o->host_count == OPTIONS_HOSTS_MAX)
		return options_refuse_value(o, "host", text, "there are 32 of them already");
	size_t length = equals ? (size_t)(equals - text) : sizeof name;
	if (length < sizeof name)
		snprintf(name, sizeof name, "%.*s", (int)length, text);
	if (length >= sizeof name || !dns_name_parse(name, &parsed) ||
	    !address_parse(equals + 1, &o->hosts[o->host_count].address))
		return options_refuse_value(o, "host", text, "not NAME=ADDR, as in www.example.com=198.51.100.80");
	o->hosts[o->host_count++].name = text;
	return 0;
}

static int options_take_bridge(struct options *o, const char *text)
{
	o->bridge_none = strcmp(text, "none") == 0;
	o->bridge = text;
	if (strlen(text) == 0 || strlen(text) > 15)
		return options_refuse_value(o, "bridge", text, "neither an interface's name nor none");
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

/* A chance in percent, with or without the sign: in millionths. */
static int options_take_chance(struct options *o, const char *name, const char *text, uint32_t *chance)
{
	size_t length = strlen(text);
	uint64_t parts;
	if (length > 0 && text[length - 1] == '%')
		length--;
	if (!options_decimal(text, length, NETEM_CERTAIN / 100, 0, NETEM_CERTAIN, &parts))
		return options_refuse_value(o, name, text, "not a percentage from 0 to 100 with at most 4 decimals");
	*chance = (uint32_t)parts;
	return 0;
}

/* Milliseconds: in microseconds. */
static int options_take_time(struct options *o, const char *name, const char *text, uint64_t *time)
{
	if (!options_decimal(text, strlen(text), 1000, 0, 60000000, time))
		return options_refuse_value(o, name, text,
					    "not a number of milliseconds from 0 to 60000 with at most 3 decimals");
	return 0;
}

/* Bits a second, where k, M and G stand for powers of 1000. */
static int options_take_rate(struct options *o, const char *text)
{
	size_t length = strlen(text);
	uint64_t scale = 1;
	switch (length > 0 ? text[length - 1] : '\0') {
	case 'k':
		scale = 1000;
		break;
	case 'M':
		scale = 1000000;
		break;
	case 'G':
		scale = 1000000000;
		break;
	}
	if (scale > 1)
		length--;
	if (!options_decimal(text, length, scale, 1, NETEM_RATE_MAX, &o->wire.rate))
		return options_refuse_value(o, "rate", text,
					    "not a number of bits a second up to 1000G, as in 56k, 10M or 2.5G");
	return 0;
}

/* One option of the wire; the last ones in the enumeration. */
static int options_take_wire(struct options *o, int option, const char *text)
{
	switch (option) {
	case OPTION_LOSS:
		return options_take_chance(o, "loss", text, &o->wire.loss);
	case OPTION_CORRUPT:
		return options_take_chance(o, "corrupt", text, &o->wire.corrupt);
	case OPTION_DUPLICATE:
		return options_take_chance(o, "duplicate", text, &o->wire.duplicate);
	case OPTION_REORDER:
		return options_take_chance(o, "reorder", text, &o->wire.reorder);
	case OPTION_DELAY:
		return options_take_time(o, "delay", text, &o->wire.delay);
	case OPTION_JITTER:
		return options_take_time(o, "jitter", text, &o->wire.jitter);
	default:
		return options_take_rate(o, text);
	}
}

/* One common option: 0, or OPTIONS_WRONG. */
static int options_take(struct options *o, int option, const char *text)
{
	switch (option) {
	case OPTION_TAP:
		o->tap = text;
		return 0;
	case OPTION_BRIDGE:
		return options_take_bridge(o, text);
	case OPTION_NS:
		o->private_network = true;
		return 0;
	case OPTION_IP:
		return options_take_ip(o, text);
	case OPTION_HOST_IP:
		return options_take_host(o, text);
	case OPTION_GATEWAY:
		return options_address(text, &o->gateway)
			   ? 0
			   : options_refuse_value(o, "gateway", text, "not a machine's address, as in 192.0.2.1");
	case OPTION_DNS:
		return options_take_dns(o, text);
	case OPTION_HOST:
		return options_take_fixed(o, text);
	case OPTION_MAC:
		return options_take_mac(o, text);
	case OPTION_MTU:
		return options_take_mtu(o, text);
	case OPTION_PROBE:
		o->probe = true;
		return 0;
	case OPTION_TRACE:
		return options_take_trace(o, text);
	case OPTION_PCAP:
		o->pcap = text;
		return 0;
	case OPTION_SEED:
		return options_take_seed(o, text);
	default:
		return options_take_wire(o, option, text);
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

static const struct address options_default = {{192, 0, 2, 2}};

/* The stack's address; before options_settle() perhaps that of another TAP, in the same network. */
static struct address options_own(const struct options *o)
{
	return address_is_any(o->address) ? options_default : o->address;
}

/* Another machine's address, given by option `name` or not at all: it must be one of the stack's neighbours. */
static bool options_is_neighbour(const struct options *o, const char *name, struct address a)
{
	char text[ADDRESS_TEXT];
	uint32_t apart = address_number(a) ^ address_number(options_own(o));
	const char *why = NULL;
	if (address_is_any(a))
		return true;
	if (apart > options_machine_bits(o))
		why = "it lies outside of the stack's network";
	else if (options_is_for_all(o, a))
		why = "this is the network's own address, or its broadcast";
	else if (apart == 0 && !address_is_any(o->address))
		why = "this is the stack's own address";
	if (why)
		options_refuse_value(o, name, address_print(a, text), why);
	return !why;
}

/* What can only be judged when all options are known: 0, or OPTIONS_WRONG. */
static int options_check(const struct options *o)
{
	return options_is_neighbour(o, "host-ip", o->host) && options_is_neighbour(o, "gateway", o->gateway)
		   ? 0
		   : OPTIONS_WRONG;
}

/* The command's options whose names have one letter, as getopt(3) wants them; ":" makes it tell what is missing. */
static void options_letters(const struct option *own, char letters[2 * OPTIONS_OWN_MAX + 2])
{
	*letters++ = ':';
	for (size_t i = 0; own && own[i].name && i < OPTIONS_OWN_MAX; i++) {
		if (strlen(own[i].name) != 1)
			continue;
		*letters++ = own[i].name[0];
		if (own[i].has_arg != no_argument)
			*letters++ = ':';
	}
	*letters = '\0';
}

int options_next(struct options *o, int argc, char **argv, const struct option *own)
{
	struct option table[OPTIONS_COMMON + OPTIONS_OWN_MAX + 1];
	char letters[2 * OPTIONS_OWN_MAX + 2];
	options_table(o, own, table);
	options_letters(own, letters);
	opterr = 0;
	for (;;) {
		int option = getopt_long(argc, argv, letters, table, NULL);
		if (option == '?' || option == ':')
			return options_refuse_unknown(o, argv, option);
		if (option == OPTIONS_END)
			return options_check(o) == 0 ? OPTIONS_END : OPTIONS_WRONG;
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

struct address options_host(const struct options *o)
{
	if (!address_is_any(o->host))
		return o->host;
	uint32_t own = address_number(options_own(o));
	uint32_t first = (own & ~options_machine_bits(o)) + 1;
	return address_from_number(first == own ? first + 1 : first);
}

bool options_settle(struct options *o, const char *tap_name)
{
	static const struct mac unset;
	if (address_is_any(o->address))
		o->address = address_from_number(address_number(options_default) + options_tap_number(tap_name));
	if (options_check(o) != 0)
		return false;
	if (address_is_any(o->gateway))
		o->gateway = options_host(o);
	if (mac_equal(o->mac, unset)) {
		o->mac = (struct mac){{0x02, 0x00}}; /* locally administered (IEEE 802, 8.4) */
		memcpy(o->mac.bytes + 2, o->address.bytes, sizeof o->address.bytes);
	}
	return true;
}
