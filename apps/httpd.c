/* SPDX-License-Identifier: MIT
 *
 * strata httpd [--port N] [DIR]: the HTTP server of http_server.h on a machine of its own, until Ctrl-C.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "apps/commands.h"
#include "apps/host.h"
#include "apps/http_content.h"
#include "apps/http_server.h"

#define HTTPD_PORT   80
#define HTTPD_LINGER 1000 /* milliseconds that responses under way have to end after Ctrl-C */

struct httpd {
	const char *path;
	struct http_server_config config;
	struct http_server *server;
};

static time_t httpd_clock(void *user)
{
	(void)user;
	return time(NULL);
}

/* Command line: false is wrong usage, which has been told. */
static bool httpd_arguments(struct httpd *httpd, struct options *options, int argc, char **argv)
{
	static const struct option own[] = {{"port", required_argument, NULL, 'p'}, {0}};
	uint64_t port = HTTPD_PORT;
	int option;
	options_begin(options, argv[0], OPTIONS_MACHINE);
	while ((option = options_next(options, argc, argv, own)) != OPTIONS_END) {
		if (option == OPTIONS_WRONG)
			return false;
		if (!options_number(optarg, 1, UINT16_MAX, &port))
			return options_refuse(options, "--port", "not a number from 1 to 65535"), false;
	}
	if (argc - optind > 1)
		return options_refuse(options, argv[optind + 1], "only one directory can be served"), false;
	httpd->path = argv[optind];
	httpd->config = (struct http_server_config){.directory = -1, .port = (uint16_t)port, .clock = httpd_clock};
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
			"be reached "
			"(Linux has it since 5.6); do: strata httpd\n",
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
	int status = host_run(host);
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
