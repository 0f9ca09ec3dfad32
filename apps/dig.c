/* SPDX-License-Identifier: MIT
 *
 * strata dig: ask name servers and show what they say, by dig's command line, output and exit statuses:
 *
 *     0  every question was answered, be it by "no such name"      9   one was not
 *     1  wrong usage                                               10  anything else
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "apps/commands.h"
#include "apps/dig_print.h"
#include "apps/host.h"

#define DIG_QUESTIONS 64

enum { DIG_USAGE = 1, DIG_NO_ANSWER = 9, DIG_INTERNAL = 10 };

enum { DIG_OPTION_REVERSE = 1, DIG_OPTION_TYPE, DIG_OPTION_NAME, DIG_OPTION_PORT, DIG_OPTION_JSON };

static const struct option dig_options[] = {
    {"reverse", required_argument, NULL, DIG_OPTION_REVERSE},
    {"type", required_argument, NULL, DIG_OPTION_TYPE},
    {"query", required_argument, NULL, DIG_OPTION_NAME},
    {"port", required_argument, NULL, DIG_OPTION_PORT},
    {"json", no_argument, NULL, DIG_OPTION_JSON},
    {NULL, 0, NULL, 0},
};

struct dig_question {
	char name[DNS_NAME_TEXT];
	uint16_t type; /* 0: none was given */
};

struct dig {
	struct options options;
	struct dig_question questions[DIG_QUESTIONS];
	unsigned count;
	uint16_t type;      /* of the next name, or 0 */
	const char *server; /* NULL: those of the machine */
	uint16_t port;
	unsigned parts; /* a set of enum dig_part */
	bool brief;     /* +short */
	bool tcp;
	bool trace_cache;
	unsigned time;  /* +time, seconds; 0: not given */
	unsigned tries; /* +tries, the same */
	bool json;
	char command[512]; /* as it was typed, or its beginning */
	bool unanswered;
	bool failed;
};

/* ---- the command line ---- */

/* The letters that dig has, as the long options that they stand for. */
static char *dig_spell_out(char *word)
{
	static char words[][10] = {"--reverse", "--type", "--query", "--port"};
	static const char letters[] = "xtqp";
	if (word[0] != '-' || !word[1] || word[2])
		return word;
	const char *letter = strchr(letters, word[1]);
	return letter ? words[letter - letters] : word;
}

static void dig_note_command(struct dig *d, int argc, char **argv)
{
	size_t length = 0;
	for (int i = 1; i < argc && length < sizeof d->command; i++)
		length += (size_t)snprintf(d->command + length, sizeof d->command - length, " %s", argv[i]);
}

static int dig_refuse(const struct dig *d, const char *what, const char *why)
{
	options_refuse(&d->options, what, why);
	return DIG_USAGE;
}

static int dig_add(struct dig *d, const char *name, uint16_t type)
{
	struct dns_name parsed;
	if (d->count == DIG_QUESTIONS)
		return dig_refuse(d, name, "there are 64 questions already");
	if (strlen(name) >= sizeof d->questions[0].name || !dns_name_parse(name, &parsed))
		return dig_refuse(d, name, "not a legal name");
	snprintf(d->questions[d->count].name, sizeof d->questions[0].name, "%s", name);
	d->questions[d->count++].type = type;
	return 0;
}

/* -x: the name that has the PTR record of an address (RFC 1035 3.5, RFC 3596 2.5). */
static int dig_add_reverse(struct dig *d, const char *text)
{
	char name[DNS_NAME_TEXT];
	struct address address;
	uint8_t bytes[16];
	if (address_parse(text, &address)) {
		const struct dns_name reverse = dns_name_of_address(address);
		return dig_add(d, dns_name_print(&reverse, name), DNS_PTR);
	}
	if (inet_pton(AF_INET6, text, bytes) != 1)
		return dig_refuse(d, text, "not an address");
	for (size_t i = 0; i < 16; i++)
		snprintf(name + 4 * i, 5, "%x.%x.", bytes[15 - i] & 0xfu, bytes[15 - i] >> 4);
	snprintf(name + 64, sizeof name - 64, "ip6.arpa.");
	return dig_add(d, name, DNS_PTR);
}

/* A type: of the question before it where that has none, or of the next one. */
static void dig_take_type(struct dig *d, uint16_t type)
{
	if (d->count > 0 && d->questions[d->count - 1].type == 0)
		d->questions[d->count - 1].type = type;
	else
		d->type = type;
}

/* The part of the output that +NAME is about, or 0. */
static unsigned dig_part(const char *name)
{
	static const struct {
		const char *name;
		unsigned part;
	} parts[] = {
	    {"all", DIG_ALL},
	    {"cmd", DIG_COMMAND},
	    {"comments", DIG_COMMENTS},
	    {"question", DIG_QUESTION},
	    {"answer", DIG_ANSWER},
	    {"authority", DIG_AUTHORITY},
	    {"additional", DIG_ADDITIONAL},
	    {"stats", DIG_STATS},
	};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (strcmp(parts[i].name, name) == 0)
			return parts[i].part;
	return 0;
}

/* +time=N and +tries=N. False: it is neither. */
static bool dig_take_patience(struct dig *d, const char *name)
{
	bool is_time = strncmp(name, "time=", 5) == 0;
	uint64_t number;
	if ((!is_time && strncmp(name, "tries=", 6) != 0) || !options_number(strchr(name, '=') + 1, 1, 1000, &number))
		return false;
	*(is_time ? &d->time : &d->tries) = (unsigned)number;
	return true;
}

/* +NAME or +noNAME */
static int dig_take_plus(struct dig *d, const char *word)
{
	bool on = strncmp(word, "+no", 3) != 0;
	const char *name = word + (on ? 1 : 3);
	unsigned part = dig_part(name);
	if (part)
		d->parts = on ? d->parts | part : d->parts & ~part;
	else if (strcmp(name, "short") == 0)
		d->brief = on;
	else if (strcmp(name, "tcp") == 0 || strcmp(name, "vc") == 0)
		d->tcp = on;
	else if (strcmp(name, "trace-cache") == 0)
		d->trace_cache = on;
	else if (!dig_take_patience(d, name))
		return dig_refuse(d, word, "there is no such option");
	return 0;
}

/* A word that is no option: @SERVER, +OPTION, a class, a type or a name. */
static int dig_take_word(struct dig *d, const char *word)
{
	uint16_t type = dns_type_parse(word);
	if (word[0] == '@') {
		d->server = word + 1;
		return 0;
	}
	if (word[0] == '+')
		return dig_take_plus(d, word);
	if (strcasecmp(word, "IN") == 0)
		return 0;
	if (type != 0) {
		dig_take_type(d, type);
		return 0;
	}
	type = d->type;
	d->type = 0;
	return dig_add(d, word, type);
}

static int dig_take_option(struct dig *d, int option)
{
	uint64_t port;
	uint16_t type;
	switch (option) {
	case DIG_OPTION_REVERSE:
		return dig_add_reverse(d, optarg);
	case DIG_OPTION_TYPE:
		type = dns_type_parse(optarg);
		if (type == 0)
			return dig_refuse(d, optarg, "there is no such type");
		dig_take_type(d, type);
		return 0;
	case DIG_OPTION_NAME:
		return dig_add(d, optarg, 0);
	case DIG_OPTION_PORT:
		if (!options_number(optarg, 1, 65535, &port))
			return dig_refuse(d, optarg, "not a port from 1 to 65535");
		d->port = (uint16_t)port;
		return 0;
	case DIG_OPTION_JSON:
		d->json = true;
		return 0;
	default:
		return DIG_USAGE;
	}
}

static int dig_parse(struct dig *d, int argc, char **argv)
{
	int option, status = 0;
	dig_note_command(d, argc, argv);
	for (int i = 1; i < argc; i++)
		argv[i] = dig_spell_out(argv[i]);
	options_begin(&d->options, argv[0], OPTIONS_MACHINE);
	d->parts = DIG_ALL;
	while (!status && (option = options_next(&d->options, argc, argv, dig_options)) != OPTIONS_END)
		status = dig_take_option(d, option);
	for (; !status && optind < argc; optind++)
		status = dig_take_word(d, argv[optind]);
	if (!status && d->count == 0)
		status = dig_add(d, ".", d->type ? d->type : DNS_NS);
	for (unsigned i = 0; i < d->count; i++)
		if (d->questions[i].type == 0)
			d->questions[i].type = d->type ? d->type : DNS_A;
	return status;
}

/* ---- asking ---- */

static void dig_see_cached(void *user, const struct dns_answer *answer, uint32_t ttl)
{
	(void)user;
	dig_print_cached(stdout, answer, ttl);
}

static void dig_see(void *user, const struct dns_answer *answer)
{
	struct dig *d = user;
	d->unanswered |= !dig_was_answered(answer);
	if (d->json)
		dig_print_json(stdout, answer);
	else if (d->brief)
		dig_print_short(stdout, answer);
	else
		dig_print(stdout, answer, d->parts, d->tcp, time(NULL));
}

/* The server to ask, by its name or address; 0.0.0.0 for those of the machine. */
static bool dig_find_server(struct dig *d, struct host *h, struct endpoint *server)
{
	enum dns_status status;
	*server = (struct endpoint){.port = d->port};
	if (!d->server && !d->port)
		return true;
	if (!d->server) {
		const struct endpoint *first = dns_server(host_stack(h), 0);
		if (first)
			server->address = first->address;
		return first;
	}
	int found = host_resolve(h, d->server, HOST_FOREVER, &server->address, 1, &status);
	if (found < 0)
		fprintf(stderr, "strata: looking up the name server failed on %s: %s; do: strata dig @ADDRESS ...\n",
			d->server, found == -EINVAL ? "this is no name" : dns_status_text(status));
	return found > 0;
}

/* +time and +tries are over, sooner than the resolver's own patience: it is as if that were. */
static void dig_give_up(struct dig *d, struct host *h, const struct dns_wanted *wanted)
{
	struct dns_answer answer = {.status = DNS_TIMEOUT, .type = wanted->type, .server = wanted->server};
	const struct endpoint *first = dns_server(host_stack(h), 0);
	if (address_is_any(wanted->server.address) && first)
		answer.server = *first;
	if (answer.server.port == 0)
		answer.server.port = DNS_PORT;
	dns_name_parse(wanted->name, &answer.name);
	dig_see(d, &answer);
}

/* False: that was a signal, or the machine cannot go on. */
static bool dig_ask(struct dig *d, struct host *h, const struct dig_question *question, const struct endpoint *server)
{
	const struct dns_wanted wanted = {question->name, question->type, *server, d->tcp};
	int patience =
	    d->time || d->tries ? (int)((d->time ? d->time : 5) * (d->tries ? d->tries : 3)) * 1000 : HOST_FOREVER;
	int error = host_look_up(h, &wanted, patience, dig_see, d);
	if (error == -ETIMEDOUT) {
		dig_give_up(d, h, &wanted);
		return true;
	}
	if (!error && d->trace_cache)
		dns_cache_walk(host_stack(h), dig_see_cached, NULL);
	if (error && error != -EINTR && error != -ENODEV)
		fprintf(stderr, "strata: asking failed on %s: %s; do: strata help dig\n", question->name,
			strerror(-error));
	d->failed |= error;
	fflush(stdout);
	return error != -EINTR && error != -ENODEV;
}

int dig_main(int argc, char **argv)
{
	static struct dig dig;
	struct endpoint server;
	int status = dig_parse(&dig, argc, argv);
	if (status)
		return status;
	struct host *h = host_open(&dig.options);
	if (!h)
		return DIG_INTERNAL;
	dig.failed = !dig_find_server(&dig, h, &server);
	if (!dig.failed && !dig.json && !dig.brief && (dig.parts & DIG_COMMAND))
		printf("\n; <<>> strata dig <<>>%s\n", dig.command);
	for (unsigned i = 0; i < dig.count && !dig.failed; i++)
		if (!dig_ask(&dig, h, &dig.questions[i], &server))
			break;
	if (host_close(h) != 0 || dig.failed)
		return DIG_INTERNAL;
	return dig.unanswered ? DIG_NO_ANSWER : 0;
}
