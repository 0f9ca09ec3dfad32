/* SPDX-License-Identifier: MIT
 *
 * strata COMMAND: one binary, a table of commands, and the help that is printed from it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "apps/commands.h"

#define STRATA_VERSION "0.1.0"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *line; /* for the list */
	const char *synopsis;
	const char *text;
	bool machine; /* takes the common options */
};

static int help_main(int argc, char **argv);

/* clang-format off */
static const struct command commands[] = {
    {"httpd", httpd_main, "serve the files of a directory over HTTP", "httpd [options] [DIR]",
        "Serve the files below DIR, or a built-in page, until Ctrl-C. The address is announced on\n"
        "standard error once it can be reached.\n"
        "\n"
        "  --port N           listen on this port (80)\n", true},
    {"echo", echo_main, "send back whatever a client says", "echo [options]",
        "Listen on TCP port 7 and send back what comes, until Ctrl-C (RFC 862). Its source,\n"
        "apps/echo.c, is the example to copy for an app of your own.\n", true},
    {"sim", sim_main, "two machines in memory: three pings and a page, frame by frame", "sim [--pcap FILE] [--seed N]",
        "Two stacks on a cable inside this process, in virtual time: 192.0.2.1 pings 192.0.2.2 and gets\n"
        "a page from it. Needs neither a TAP nor permission. The same seed gives the same frames.\n"
        "\n"
        "  --pcap FILE        write the frames as pcapng\n"
        "  --seed N           fix initial sequence numbers, ports and ids (0)\n", false},
    {"help", help_main, "say how a command is used", "help [COMMAND]", "", false},
};

static const char common_options[] =
    "Options of every machine on the wire:\n"
    "  --tap NAME         TAP device; made if absent and allowed (the first of tap0, tap1 ... that is free)\n"
    "  --ip ADDR/LEN      the stack's address (192.0.2.2/24 on tap0, 192.0.2.3/24 on tap1 ...)\n"
    "  --host-ip ADDR     the address given to this host's end of the TAP; none leaves it alone (192.0.2.1)\n"
    "  --gateway ADDR     default route (the host's address)\n"
    "  --mac MAC          the stack's Ethernet address (02:00 and the four bytes of its address)\n"
    "  --mtu N            largest IP packet (the device's)\n"
    "  --trace[=packets]  a line on standard error for every frame\n"
    "  --pcap FILE        write what crosses the wire as pcapng; - is standard output\n"
    "  --seed N           fix initial sequence numbers, ports and ids (from the system)\n";
/* clang-format on */

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	fprintf(stderr, "strata: reading the command line failed on %s: there is no such command; do: strata help\n",
		name);
	return NULL;
}

static void help_overview(FILE *to)
{
	fputs("strata: a userspace TCP/IP machine\n\n", to);
	fputs("    strata COMMAND [options] [arguments]\n    strata help [COMMAND]\n    strata --version\n\n", to);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].line);
}

static void help_command(const struct command *command)
{
	printf("    strata %s\n\n%s", command->synopsis, command->text);
	if (command->machine)
		printf("\n%s", common_options);
}

static int help_main(int argc, char **argv)
{
	if (argc < 2) {
		help_overview(stdout);
		return 0;
	}
	const struct command *command = command_find(argv[1]);
	if (command)
		help_command(command);
	return command ? 0 : 2;
}

/* `strata COMMAND --help` is `strata help COMMAND`. */
static bool wants_help(int argc, char **argv)
{
	return argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		help_overview(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("strata " STRATA_VERSION);
		return 0;
	}
	if (wants_help(argc, argv))
		return help_main(1, argv);
	const struct command *command = command_find(argv[1]);
	if (!command)
		return 2;
	if (wants_help(argc - 1, argv + 1)) {
		help_command(command);
		return 0;
	}
	return command->run(argc - 1, argv + 1);
}
