/* SPDX-License-Identifier: MIT
 *
 * strata httpd [--port N] [--keep-alive SECONDS,MAX] [-v] [DIR]: the HTTP server of http_server.h on a machine of its
 * own, until Ctrl-C.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "apps/commands.h"
#include "apps/host.h"
#include "apps/http_content.h"
#include "apps/http_server.h"
#include "base/deadline.h"

#define HTTPD_PORT   80
#define HTTPD_LINGER (HOST_LINGER / 2) /* milliseconds for responses under way after Ctrl-C; the rest is TCP's */

struct httpd {
	const char *path;
	struct http_server_config config;
	struct http_server *server;
	uint64_t asleep_until; /* microseconds on the host's clock */
};

/* ---- what the server asks for ---- */

static time_t httpd_clock(void *user)
{
	(void)user;
	return time(NULL);
}

static uint64_t httpd_now(void *user)
{
	(void)user;
	return host_now();
}

static void httpd_log(void *user, const char *line)
{
	(void)user;
	puts(line);
	fflush(stdout);
}

/* ---- the command line ---- */

/* "5,100": seconds and requests. */
static bool httpd_keep_alive(struct http_server_config *config, const char *text)
{
	char seconds[8] = "";
	uint64_t idle, most;
	size_t length = strcspn(text, ",");
	if (text[length] != ',' || length >= sizeof seconds)
		return false;
	memcpy(seconds, text, length);
	if (!options_number(seconds, 0, 3600, &idle) || !options_number(text + length + 1, 0, 1000000000, &most))
		return false;
	config->idle_seconds = (unsigned)idle;
	config->requests_most = (unsigned)most;
	return true;
}

/* One of our own options: false is wrong usage, which has been told. */
static bool httpd_option(struct httpd *httpd, const struct options *options, int option)
{
	uint64_t port;
	switch (option) {
	case 'p':
		if (!options_number(optarg, 1, UINT16_MAX, &port))
			return options_refuse(options, "--port", "not a number from 1 to 65535"), false;
		httpd->config.port = (uint16_t)port;
		return true;
	case 'k':
		if (!httpd_keep_alive(&httpd->config, optarg))
			return options_refuse(options, "--keep-alive", "not SECONDS,MAX, as in 5,100"), false;
		return true;
	case 'v':
		httpd->config.log = httpd_log;
		return true;
	default:
		return false;
	}
}

static bool httpd_arguments(struct httpd *httpd, struct options *options, int argc, char **argv)
{
	static const struct option own[] = {{"port", required_argument, NULL, 'p'},
					    {"keep-alive", required_argument, NULL, 'k'},
					    {"v", no_argument, NULL, 'v'},
					    {0}};
	int option;
	httpd->config = http_server_defaults();
	httpd->config.clock = httpd_clock;
	httpd->config.now = httpd_now;
	options_begin(options, argv[0], OPTIONS_MACHINE);
	while ((option = options_next(options, argc, argv, own)) != OPTIONS_END)
		if (!httpd_option(httpd, options, option))
			return false;
	if (argc - optind > 1)
		return options_refuse(options, argv[optind + 1], "only one directory can be served"), false;
	if (httpd->config.log && options->pcap && strcmp(options->pcap, "-") == 0)
		return options_refuse(options, "--pcap -", "standard output carries the access log"), false;
	httpd->path = argv[optind];
	return true;
}

static bool httpd_open_directory(struct httpd *httpd)
{
	if (!httpd->path)
		return true;
	int descriptor = http_content_directory(httpd->path);
	if (descriptor == -ENOSYS)
		fprintf(stderr,
			"strata: serving failed on %s: this system has no openat2, without which files outside could "
			"be reached (Linux has it since 5.6); do: strata httpd\n",
			httpd->path);
	else if (descriptor < 0)
		fprintf(stderr, "strata: serving failed on %s: %s; do: ls -ld %s\n", httpd->path, strerror(-descriptor),
			httpd->path);
	httpd->config.directory = descriptor;
	return descriptor >= 0;
}

/* Every file under way holds a descriptor: allow as many as the system lets us. */
static void httpd_raise_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void httpd_announce(const struct httpd *httpd, struct host *host)
{
	char address[ADDRESS_TEXT], port[8] = "";
	address_print(host_options(host)->address, address);
	if (httpd->config.port != HTTPD_PORT)
		snprintf(port, sizeof port, ":%u", httpd->config.port);
	fprintf(stderr, "strata: serving %s at http://%s%s/\n", httpd->path ? httpd->path : "the built-in page",
		address, port);
}

static void httpd_ready(void *user, struct socket *socket)
{
	struct httpd *httpd = user;
	http_server_ready(httpd->server, socket);
}

static bool httpd_is_done(void *user)
{
	struct httpd *httpd = user;
	return http_server_connections(httpd->server) == 0;
}

/* Whether the server has to be woken earlier than we thought when we went to sleep. */
static bool httpd_is_impatient(void *user)
{
	const struct httpd *httpd = user;
	return http_server_deadline(httpd->server) < httpd->asleep_until;
}

/* Milliseconds until the server's first deadline; a little later than that, never earlier. */
static int httpd_patience(const struct httpd *httpd)
{
	uint64_t now = host_now();
	if (httpd->asleep_until == DEADLINE_NEVER)
		return HOST_FOREVER;
	return httpd->asleep_until > now ? (int)((httpd->asleep_until - now) / 1000 + 1) : 0;
}

/* Serve until a signal comes, or the device is gone: the exit status. */
static int httpd_run(struct httpd *httpd, struct host *host)
{
	int ended;
	do {
		http_server_tick(httpd->server);
		httpd->asleep_until = http_server_deadline(httpd->server);
		ended = host_until(host, httpd_is_impatient, httpd, httpd_patience(httpd));
	} while (ended == 0 || ended == -ETIMEDOUT);
	return ended == -EINTR ? 0 : 1;
}

static int httpd_serve(struct httpd *httpd, struct host *host)
{
	httpd->server = http_server_create(host_stack(host), &httpd->config);
	if (!httpd->server) {
		fprintf(stderr, "strata: listening failed on port %u: %s; do: strata help httpd\n", httpd->config.port,
			strerror(errno));
		return 1;
	}
	host_on_ready(host, httpd_ready, httpd);
	httpd_announce(httpd, host);
	int status = httpd_run(httpd, host);
	http_server_stop(httpd->server);
	if (status == 0)
		host_until(host, httpd_is_done, httpd, HTTPD_LINGER);
	http_server_destroy(httpd->server);
	return status;
}

int httpd_main(int argc, char **argv)
{
	struct httpd httpd = {0};
	struct options options;
	if (!httpd_arguments(&httpd, &options, argc, argv) || !httpd_open_directory(&httpd))
		return 2;
	httpd_raise_limit();
	signal(SIGPIPE, SIG_IGN); /* whoever reads the log may go away */
	int status = 2;
	struct host *host = host_open(&options);
	if (host) {
		status = httpd_serve(&httpd, host);
		status |= host_close(host);
	}
	if (httpd.config.directory >= 0)
		close(httpd.config.directory);
	return status;
}
