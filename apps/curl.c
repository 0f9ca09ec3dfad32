/* SPDX-License-Identifier: MIT
 *
 * strata curl: each URL in turn; see curl.h.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/commands.h"
#include "apps/curl.h"

static int curl_tell_url(struct curl *c, enum url_status status, const char *text)
{
	if (c->silent && !c->show_errors)
		return status == URL_SCHEME ? CURL_UNSUPPORTED : CURL_BAD_URL;
	if (status == URL_SCHEME && strcmp(c->url.scheme, "https") == 0)
		fprintf(
		    stderr,
		    "strata: fetching failed on %.200s: (1) https is not supported, there is no TLS here; do: strata "
		    "curl http://...\n",
		    text);
	else if (status == URL_SCHEME)
		fprintf(stderr,
			"strata: fetching failed on %.200s: (1) protocol %s is not supported, only http is; do: strata "
			"curl http://...\n",
			text, c->url.scheme);
	else
		fprintf(stderr, "strata: fetching failed on %.200s: (3) this is no URL; do: strata help curl\n", text);
	return status == URL_SCHEME ? CURL_UNSUPPORTED : CURL_BAD_URL;
}

/* ---- redirects ---- */

/* What is asked for next, and how. */
struct curl_way {
	const char *method;
	bool with_data;
};

/* RFC 9110 15.4: what was posted is not posted again, except after 307 and 308; a method that the user has chosen stays. */
static void curl_change_method(const struct curl *c, struct curl_way *way)
{
	unsigned status = c->response.status;
	bool read = strcmp(way->method, "GET") == 0 || strcmp(way->method, "HEAD") == 0;
	if (status == 303 ? !read : way->with_data && (status == 301 || status == 302)) {
		way->with_data = false;
		way->method = c->method ? c->method : "GET";
	}
}

/* Whether the same was asked for before, since the request last changed. */
static bool curl_is_circle(const struct curl *c, unsigned since)
{
	for (unsigned i = since; i <= c->redirects; i++)
		if (url_equal(&c->visited[i], &c->url))
			return true;
	return false;
}

/* Go where the response leads: 0, or the exit status. `*since` is the first of those visited that counts for a circle. */
static int curl_redirect(struct curl *c, struct curl_way *way, unsigned *since)
{
	char location[HTTP_CLIENT_VALUE], harmless[4 * HTTP_CLIENT_VALUE + 2], text[URL_MAX + URL_HOST_MAX];
	const struct curl_way before = *way;
	const struct url base = c->url;
	snprintf(location, sizeof location, "%s", c->response.location);
	enum url_status found = url_resolve(&base, location, &c->url);
	if (found != URL_GOOD) {
		harmless[curl_make_harmless(location, strlen(location), harmless) - 1] = '\0';
		return curl_tell_url(c, found, harmless);
	}
	curl_change_method(c, way);
	if (way->with_data != before.with_data || way->method != before.method)
		*since = c->redirects + 1;
	if (c->redirects == CURL_REDIRECTS)
		return curl_fail(c, CURL_CIRCLE, "%d redirects, and no end", CURL_REDIRECTS);
	if (curl_is_circle(c, *since))
		return curl_fail(c, CURL_CIRCLE, "redirects that lead in a circle");
	c->visited[++c->redirects] = c->url;
	curl_say(c, "Issue another request to this URL: '%s'", url_print(&c->url, text, sizeof text));
	return 0;
}

static const char *curl_method(const struct curl *c)
{
	if (c->method)
		return c->method;
	if (c->head_only)
		return "HEAD";
	return c->has_data ? "POST" : "GET";
}

/* ---- a URL ---- */

static void curl_begin_progress(struct curl *c)
{
	bool seen = !c->output.name[0] && isatty(STDOUT_FILENO);
	c->progress = (struct curl_progress){
	    .on = !c->silent && !seen && isatty(STDERR_FILENO),
	    .began = c->began,
	    .drawn = c->began,
	    .first = c->offset,
	    .total = HTTP_CLIENT_UNKNOWN,
	};
}

static int curl_follow(struct curl *c)
{
	struct curl_way way = {curl_method(c), c->has_data};
	unsigned since = 0;
	int status;
	c->redirects = 0;
	c->visited[0] = c->url;
	for (;;) {
		curl_begin_progress(c);
		status = curl_transfer(c, way.method, way.with_data);
		curl_progress_end(&c->progress, host_now());
		if (status || !c->follow || c->response.status / 100 != 3 || !c->response.location[0])
			return status;
		status = curl_redirect(c, &way, &since);
		if (status)
			return status;
	}
}

static int curl_fetch(struct curl *c, unsigned number)
{
	enum url_status parsed = url_parse(c->urls[number], &c->url);
	c->began = host_now();
	c->first = c->url;
	if (parsed != URL_GOOD)
		return curl_tell_url(c, parsed, c->urls[number]);
	if (!curl_output_choose(c, number))
		return curl_fail(c, CURL_WRITE, "-O has no name for the file: the path ends with a slash");
	if (c->resume_at_end)
		c->offset = curl_output_length(&c->output);
	int status = curl_follow(c);
	int error = curl_output_close(&c->output);
	if (error && !status)
		status = curl_fail(c, CURL_WRITE, "writing failed: %s", strerror(-error));
	return status;
}

/* Whether any of the URLs needs the network at all: a wrong one is told without a machine being made. */
static bool curl_needs_host(struct curl *c)
{
	for (unsigned i = 0; i < c->url_count; i++)
		if (url_parse(c->urls[i], &c->url) == URL_GOOD)
			return true;
	return false;
}

static int curl_fetch_all(struct curl *c)
{
	int status = 0, closed = 0;
	for (unsigned i = 0; i < c->url_count && status != CURL_INTERRUPTED; i++)
		status = curl_fetch(c, i);
	if (c->host)
		closed = host_close(c->host);
	return status ? status : closed;
}

int curl_main(int argc, char **argv)
{
	static struct curl curl;
	int status = CURL_USAGE;
	curl = (struct curl){.max_time = CURL_NEVER, .connect_timeout = 300 * 1000000ull};
	curl_say_begin();
	if (curl_parse(&curl, argc, argv, &status)) {
		signal(SIGPIPE, SIG_IGN); /* an output that is gone is told by its error */
		bool needed = curl_needs_host(&curl);
		curl.host = needed ? host_open(&curl.options) : NULL;
		if (!needed || curl.host)
			status = curl_fetch_all(&curl);
	}
	free(curl.outputs);
	free(curl.data);
	return status;
}
