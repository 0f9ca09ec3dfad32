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
#define WIRE_OPTIONS \
    "A bad wire, both ways (a good one); what it did is told in the end:\n" \
    "  --loss P           lose this percentage of the frames\n" \
    "  --corrupt P        flip a bit in this percentage\n" \
    "  --duplicate P      deliver this percentage twice\n" \
    "  --reorder P        hold this percentage back until 1 to 4 later ones have passed, or for 10 ms\n" \
    "  --delay MS         each way, so a round trip takes twice as long\n" \
    "  --jitter MS        the delay varies by so much up and down, and the order is kept\n" \
    "  --rate BITS        a second, as in 56k, 10M or 2.5G; 1000 frames wait, further ones are lost\n"

static const struct command commands[] = {
    {"httpd", httpd_main, "serve the files of a directory over HTTP", "httpd [options] [DIR]",
        "Serve the files below DIR, or a built-in page, until Ctrl-C. The address is announced on\n"
        "standard error once it can be reached. /echo gives a request back as it came.\n"
        "\n"
        "  --port N           listen on this port (80)\n"
        "  --keep-alive SECONDS,MAX   keep an idle connection for so long, and end it after so many requests;\n"
        "                     0 SECONDS: after each, 0 MAX: after any number (5,100)\n"
        "  -v                 write an access log to standard output, in the combined format\n", true},
    {"echo", echo_main, "echo, discard and chargen, over TCP and UDP", "echo [options]",
        "Until Ctrl-C, serve three ports over TCP and over UDP: 7 sends back what comes (RFC 862), 9 throws\n"
        "it away (RFC 863), 19 sends lines of characters (RFC 864). Datagrams from ports below 1024, which\n"
        "may be services like these, and to broadcast addresses are not answered. The source, apps/echo.c,\n"
        "is the example to copy for an app of your own.\n", true},
    {"dig", dig_main, "ask name servers, and show what they say", "dig [options] [@SERVER] NAME [TYPE] ...",
        "Look up NAME and show the answer as dig does: with its TTLs, its chain of aliases, the server and the time\n"
        "that it took. TYPE is A (unless said otherwise), AAAA, CNAME, PTR, MX, TXT, NS, SOA, ANY or TYPE and a\n"
        "number. Several questions are asked one after the other, by one machine with one cache.\n"
        "\n"
        "  @SERVER            ask this one, by address or name (those of --dns)\n"
        "  -x ADDRESS         the name of an address: a PTR record\n"
        "  -t TYPE, -q NAME   what could be mistaken for something else;  -p PORT  of the server (53)\n"
        "  +short             nothing but the data\n"
        "  +tcp               over TCP from the start\n"
        "  +time=N, +tries=N  give up after N seconds so many times (else after 7 for each server)\n"
        "  +trace-cache       show after each question what the cache holds\n"
        "  +[no]all, cmd, comments, question, answer, authority, additional, stats: what to show\n"
        "  --json             one object for each question\n"
        "\n"
        "The exit status is 0 when all were answered (also by: no such name), 1 wrong usage, 9 no answer,\n"
        "10 anything else.\n", true},
    {"curl", curl_main, "fetch what a URL names, over HTTP", "curl [options] URL...",
        "Fetch each URL and write what it names to standard output, or to a file. Several URLs of one server use one\n"
        "connection. The options are curl's, and so are the exit statuses.\n"
        "\n"
        "  -o FILE            write it there; one for each URL, in their order\n"
        "  -O                 write it to a file named like the last part of the URL's path\n"
        "  -I                 only the head (HEAD);  -i  the head too\n"
        "  -v                 say on standard error what happens, with all that is asked and answered\n"
        "  -s                 no progress bar and no errors;  -S  with -s: errors all the same\n"
        "  -L                 go where a redirect leads, 50 times at most\n"
        "  -f                 an answer of 400 and above is an error, and is not written\n"
        "  -H 'NAME: VALUE'   a header of one's own; 'NAME:' leaves one out\n"
        "  -d DATA            send this (POST); @FILE sends what is in a file, @- what comes in\n"
        "  -X METHOD          another method, such as PUT\n"
        "  -C OFFSET          go on from there; -C - from the end of the file that is there\n"
        "  -r RANGE           only these bytes, such as 0-99\n"
        "  --max-time SECONDS, --connect-timeout SECONDS   give up after that\n"
        "  --http1.0          speak HTTP/1.0\n"
        "\n"
        "Exit statuses: 0 done, 1 not http, 2 wrong usage, 3 no URL, 6 no such name, 7 no connection, 8 a head that makes no\n"
        "sense, 18 cut off, 22 see -f, 23 cannot write, 28 took too long, 33 the server cannot resume, 47 too many redirects,\n"
        "52 an empty reply, 55 sending failed, 56 receiving failed, 61 a transfer coding that is not known.\n", true},
    {"ping", ping_main, "ask a machine whether it is there, and how far away", "ping [options] HOST",
        "Send ICMP echo requests to HOST, a name or an address, and show the replies as ping does, and what routers say\n"
        "about them. Ctrl-C ends it with the summary.\n"
        "\n"
        "  -c N               end after N replies (or errors); else at Ctrl-C\n"
        "  -i SECONDS         between one request and the next, 0.002 at least (1)\n"
        "  -s BYTES           of data in each (56)\n"
        "  -W SECONDS         wait so long for the first reply, once all requests are sent (10)\n"
        "  -t TTL             so many routers may pass it on, 1 to 255 (64)\n"
        "  -q                 only the summary\n"
        "  --json             one object for each reply and error, and one for the summary\n"
        "\n"
        "The exit status is 0 when there was a reply, 1 when there was none, 2 for anything else.\n", true},
    {"sim", sim_main, "two machines in memory: three pings and a page, frame by frame", "sim [options]",
        "Two stacks on a cable inside this process, in virtual time: 192.0.2.1 pings 192.0.2.2 and gets\n"
        "a page from it. Needs neither a TAP nor permission. The same seed gives the same frames.\n"
        "\n"
        "The wire below is that of 192.0.2.2, and the frames are shown as 192.0.2.2 sends and receives them.\n"
        "The exit status is 0 when the page came, and on a good wire each ping too.\n"
        "\n"
        "  --pcap FILE        write the frames as pcapng\n"
        "  --seed N           fix initial sequence numbers, ports, ids and the wire's faults (0)\n"
        "\n" WIRE_OPTIONS, false},
    {"ns", ns_main, "a shell in a private network", "ns [-- CMD...]",
        "Run a shell, or CMD, in a network of its own, which needs no root: there is the bridge strata0, on\n"
        "which this machine has the address 192.0.2.1/24, and which every strata inside joins. IPv6 is off.\n"
        "When the shell ends, everything inside ends, and nothing is left behind. The exit status is CMD's.\n", false},
    {"enter", enter_main, "another terminal in the private network that is running", "enter [-- CMD...]",
        "Run a shell, or CMD, in the private network that strata ns or strata COMMAND --ns has made last.\n"
        "The exit status is CMD's.\n", false},
    {"up", up_main, "make a bridge and TAPs on this computer, for its user", "up [N] [--nat]",
        "Make the bridge strata0, on which this computer has the address 192.0.2.1/24, and N TAPs (4) on it.\n"
        "They belong to the user who called sudo, or logged in before su, and then runs strata without\n"
        "privileges. What was there before is left as it is. They last until strata down, or until the\n"
        "computer starts anew.\n"
        "\n"
        "  --nat              let the machines on the bridge reach the outside: turn forwarding on, and have\n"
        "                     them masqueraded by nftables; strata down restores what was before\n", false},
    {"down", down_main, "undo what strata up made, and only that", "down",
        "Remove the bridge and the TAPs that strata up made, its nftables table, and restore the settings\n"
        "that it changed. Says line by line what it does.\n", false},
    {"doctor", doctor_main, "what would stop strata here, and what mends it", "doctor [--tap NAME]",
        "Try what a start would try, and say of each thing that fails why it does and which command mends it.\n"
        "The exit status is 0 when nothing stands in the way, or else 2.\n"
        "\n"
        "  --tap NAME         say what stands in the way of using this TAP\n", false},
    {"help", help_main, "say how a command is used", "help [COMMAND]", "", false},
};

static const char common_options[] =
    "Options of every machine on the wire:\n"
    "  --tap NAME         TAP device; made if absent and allowed (the first of tap0, tap1 ... that is free)\n"
    "  --bridge NAME      join the TAP to this bridge; none: to no bridge (strata0 where it exists)\n"
    "  --ns               first enter a private network of one's own, as strata ns makes it\n"
    "  --ip ADDR/LEN      the stack's address (192.0.2.2/24 on tap0, 192.0.2.3/24 on tap1 ...)\n"
    "  --host-ip ADDR     the address given to this host's end where it has none; none leaves it alone (192.0.2.1)\n"
    "  --gateway ADDR     default route (the host's address)\n"
    "  --dns ADDR         ask this name server; may be given several times (those of /etc/resolv.conf that another\n"
    "                     machine can reach, or else the gateway)\n"
    "  --host NAME=ADDR   a name that needs no name server; may be given several times\n"
    "  --mac MAC          the stack's Ethernet address (02:00 and the four bytes of its address)\n"
    "  --mtu N            largest IP packet (the device's)\n"
    "  --probe            first see whether another has the address, for 4 to 7 seconds (RFC 5227)\n"
    "  --trace[=packets]  a line on standard error for every frame\n"
    "  --pcap FILE        write what the stack sends and receives as pcapng; - is standard output\n"
    "  --seed N           fix initial sequence numbers, ports, ids and the wire's faults (from the system)\n"
    "\n" WIRE_OPTIONS;
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
