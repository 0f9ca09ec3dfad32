/* SPDX-License-Identifier: MIT
 *
 * The command line's common options, which mean the same for every command that puts a machine on the wire. A command
 * without options of its own parses with options_parse(); one that has some loops over options_next(), as with
 * getopt_long(3):
 *
 *     options_begin(&options, "httpd", OPTIONS_MACHINE);
 *     while ((option = options_next(&options, argc, argv, own)) != OPTIONS_END)
 *             switch (option) { ... one's own ...; default: return 2; }
 *     what is left: argv[optind] ...
 *
 * Wrong usage is told in one line on standard error.
 */
#ifndef STRATA_APPS_OPTIONS_H
#define STRATA_APPS_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "dns/dns.h"
#include "drivers/netem.h"

#define OPTIONS_END   (-1)
#define OPTIONS_WRONG '?'

#define OPTIONS_HOSTS_MAX 32

/* What the command makes: a machine on a TAP, or a world in memory, for which only --pcap, --seed and the wire have a
 * meaning. */
enum options_scope { OPTIONS_MACHINE, OPTIONS_SIMULATION };

struct options {
	const char *command;
	enum options_scope scope;
	const char *tap;        /* NULL: any */
	const char *bridge;     /* NULL: strata0 where it exists */
	bool bridge_none;       /* the TAP is to join none */
	bool private_network;   /* to be entered first */
	struct address address; /* ADDRESS_ANY until options_settle() */
	unsigned prefix_length; /* 24 where none was given */
	struct address host;    /* ADDRESS_ANY: not given */
	bool host_none;         /* the host's end is to be left alone */
	struct address gateway; /* ADDRESS_ANY until options_settle() */
	struct mac mac;         /* zero until options_settle() */
	unsigned mtu;           /* 0: the device's */
	bool probe;             /* see whether the address is free before it is used */
	bool trace;             /* --trace=packets */
	const char *pcap;       /* NULL: none */
	bool seeded;            /* --seed was given, and seed[] holds it; otherwise it is zero */
	uint8_t seed[16];
	struct netem_options wire; /* all zero: a good one */

	struct address dns[DNS_SERVERS_MAX]; /* --dns */
	unsigned dns_count;                  /* 0: none was given */
	struct {
		const char *name; /* NAME=ADDR, as it was given, checked */
		struct address address;
	} hosts[OPTIONS_HOSTS_MAX]; /* --host */
	unsigned host_count;
};

/* Everything at its default. `command` is named in messages and must live as long as the options. */
void options_begin(struct options *options, const char *command, enum options_scope scope);

/* Take the common options up to the next one of the command's own (`own` ends with an empty element and may be NULL;
 * its values lie in 1 to 999 and are not '?'; one whose name is a letter, and its
 * value the same, is also taken as "-v"): its value is returned and its argument is in `optarg`. OPTIONS_END
 * when only arguments are left, which stand from argv[optind] on. OPTIONS_WRONG: wrong usage, which has been told. */
int options_next(struct options *options, int argc, char **argv, const struct option *own);

/* The whole of it for a command with neither options nor arguments of its own; argv[0] is its name. False: wrong
 * usage, told. */
bool options_parse(struct options *options, int argc, char **argv);

/* Say that the value of an option, or an argument, is wrong. Returns OPTIONS_WRONG. */
int options_refuse(const struct options *options, const char *what, const char *why);

/* A whole decimal number between these two, or false. */
bool options_number(const char *text, uint64_t least, uint64_t most, uint64_t *number);

/* The address for the host's end: the one given, or the first of the stack's network that is not the stack's own. */
struct address options_host(const struct options *options);

/* Fill in what depends on the device that was found. The stack is 192.0.2.2 on tap0, 192.0.2.3 on tap1 ...; its MAC
 * address is made of its IP address; its gateway is the host. False: the other addresses given do not go with it, which has
 * been told. */
bool options_settle(struct options *options, const char *tap_name);

#endif
