/* SPDX-License-Identifier: MIT
 *
 * strata curl's command line: curl's options, by letter and by name.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/curl.h"
#include "apps/http_client_request.h"
#include "apps/seconds.h"

#define CURL_TIME_MAX (1000000000ull * 1000000)

enum { CURL_OPTION_CONNECT_TIMEOUT = 1 };

static const struct option curl_options[] = {
    {"o", required_argument, NULL, 'o'},
    {"output", required_argument, NULL, 'o'},
    {"O", no_argument, NULL, 'O'},
    {"remote-name", no_argument, NULL, 'O'},
    {"I", no_argument, NULL, 'I'},
    {"head", no_argument, NULL, 'I'},
    {"i", no_argument, NULL, 'i'},
    {"include", no_argument, NULL, 'i'},
    {"v", no_argument, NULL, 'v'},
    {"verbose", no_argument, NULL, 'v'},
    {"s", no_argument, NULL, 's'},
    {"silent", no_argument, NULL, 's'},
    {"S", no_argument, NULL, 'S'},
    {"show-error", no_argument, NULL, 'S'},
    {"L", no_argument, NULL, 'L'},
    {"location", no_argument, NULL, 'L'},
    {"f", no_argument, NULL, 'f'},
    {"fail", no_argument, NULL, 'f'},
    {"H", required_argument, NULL, 'H'},
    {"header", required_argument, NULL, 'H'},
    {"d", required_argument, NULL, 'd'},
    {"data", required_argument, NULL, 'd'},
    {"X", required_argument, NULL, 'X'},
    {"request", required_argument, NULL, 'X'},
    {"C", required_argument, NULL, 'C'},
    {"continue-at", required_argument, NULL, 'C'},
    {"r", required_argument, NULL, 'r'},
    {"range", required_argument, NULL, 'r'},
    {"m", required_argument, NULL, 'm'},
    {"max-time", required_argument, NULL, 'm'},
    {"connect-timeout", required_argument, NULL, CURL_OPTION_CONNECT_TIMEOUT},
    {"0", no_argument, NULL, '0'},
    {"http1.0", no_argument, NULL, '0'},
    {NULL, 0, NULL, 0},
};

/* 0, or OPTIONS_WRONG, which is told. */
static int curl_refuse(struct curl *c, const char *what, const char *why)
{
	return options_refuse(&c->options, what, why);
}

/* ---- -d ---- */

/* Room for so many more bytes of data, or NULL. */
static uint8_t *curl_grow_data(struct curl *c, size_t more)
{
	uint8_t *grown = realloc(c->data, c->data_length + more + 1);
	if (grown)
		c->data = grown;
	return grown ? grown + c->data_length : NULL;
}

/* All of a file, without its line ends and NULs, as curl does. */
static bool curl_read_data(struct curl *c, FILE *file)
{
	uint8_t *to;
	size_t got;
	while ((to = curl_grow_data(c, 65536)) && (got = fread(to, 1, 65536, file)) > 0)
		for (size_t i = 0; i < got; i++)
			if (to[i] != '\r' && to[i] != '\n' && to[i] != '\0')
				c->data[c->data_length++] = to[i];
	return to && !ferror(file);
}

static int curl_take_data(struct curl *c, const char *text)
{
	uint8_t *to = curl_grow_data(c, strlen(text) + 1);
	if (!to)
		return curl_refuse(c, "-d", "no memory");
	if (c->has_data)
		c->data[c->data_length++] = '&';
	c->has_data = true;
	if (text[0] != '@') {
		memcpy(c->data + c->data_length, text, strlen(text));
		c->data_length += strlen(text);
		return 0;
	}
	FILE *file = strcmp(text, "@-") == 0 ? stdin : fopen(text + 1, "re");
	bool read = file && curl_read_data(c, file);
	int error = errno;
	if (file && file != stdin)
		fclose(file);
	if (!read)
		fprintf(stderr, "strata: reading the data failed on %s: %s; do: strata help curl\n", text + 1,
			strerror(error));
	return read ? 0 : CURL_READ;
}

/* ---- the others ---- */

static int curl_take_output(struct curl *c, const char *name)
{
	if (name && (!*name || strlen(name) >= sizeof c->output.name))
		return curl_refuse(c, name, "no name for a file");
	const char **outputs = realloc(c->outputs, (c->output_count + 1) * sizeof *outputs);
	if (!outputs)
		return curl_refuse(c, "-o", strerror(errno));
	c->outputs = outputs;
	c->outputs[c->output_count++] = name;
	return 0;
}

static int curl_take_header(struct curl *c, const char *header)
{
	if (c->header_count == CURL_HEADERS)
		return curl_refuse(c, header, "there are 64 headers already");
	if (!http_client_is_header(header))
		return curl_refuse(c, "-H", "not a header, NAME: VALUE");
	c->headers[c->header_count++] = header;
	return 0;
}

static int curl_take_resume(struct curl *c, const char *text)
{
	c->resume_at_end = strcmp(text, "-") == 0;
	if (c->resume_at_end || options_number(text, 0, INT64_MAX, &c->offset))
		return 0;
	return curl_refuse(c, text, "neither a number of bytes nor -");
}

static int curl_take_time(struct curl *c, const char *text, uint64_t *time)
{
	if (!seconds_parse(text, 0, CURL_TIME_MAX, time))
		return curl_refuse(c, text, "not a number of seconds");
	if (*time == 0)
		*time = CURL_NEVER;
	return 0;
}

static int curl_take_flag(struct curl *c, int option)
{
	switch (option) {
	case 'I':
		c->head_only = c->include = true;
		return 0;
	case 'i':
		c->include = true;
		return 0;
	case 'v':
		c->verbose = true;
		return 0;
	case 's':
		c->silent = true;
		return 0;
	case 'S':
		c->show_errors = true;
		return 0;
	case 'L':
		c->follow = true;
		return 0;
	case 'f':
		c->fail = true;
		return 0;
	case '0':
		c->http_1_0 = true;
		return 0;
	default:
		return OPTIONS_WRONG;
	}
}

static int curl_take_option(struct curl *c, int option)
{
	switch (option) {
	case 'o':
		return curl_take_output(c, optarg);
	case 'O':
		return curl_take_output(c, NULL);
	case 'H':
		return curl_take_header(c, optarg);
	case 'd':
		return curl_take_data(c, optarg);
	case 'X':
		c->method = optarg;
		return http_client_is_method(optarg) ? 0 : curl_refuse(c, optarg, "not a method");
	case 'C':
		return curl_take_resume(c, optarg);
	case 'r':
		c->range = optarg;
		return strspn(optarg, "0123456789-,") == strlen(optarg) && strlen(optarg) < 200
			   ? 0
			   : curl_refuse(c, optarg, "not a range, such as 0-99");
	case 'm':
		return curl_take_time(c, optarg, &c->max_time);
	case CURL_OPTION_CONNECT_TIMEOUT:
		return curl_take_time(c, optarg, &c->connect_timeout);
	default:
		return curl_take_flag(c, option);
	}
}

bool curl_parse(struct curl *c, int argc, char **argv, int *status)
{
	int option, wrong = 0;
	options_begin(&c->options, argv[0], OPTIONS_MACHINE);
	while (!wrong && (option = options_next(&c->options, argc, argv, curl_options)) != OPTIONS_END)
		wrong = curl_take_option(c, option);
	c->urls = &argv[optind];
	c->url_count = (unsigned)(argc - optind);
	if (!wrong && c->url_count == 0)
		wrong = curl_refuse(c, "URL", "there is none");
	if (!wrong && c->head_only && c->has_data)
		wrong = curl_refuse(c, "-I", "it does not go with -d");
	*status = wrong == CURL_READ ? CURL_READ : CURL_USAGE;
	return !wrong;
}
