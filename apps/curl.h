/* SPDX-License-Identifier: MIT
 *
 * strata curl, in its parts:
 *
 *     curl_options.c    the command line
 *     curl.c            each URL in turn, redirects and all
 *     curl_connect.c    a connection, new or used before
 *     curl_transfer.c   one request and its response, streamed
 *     curl_output.c     where the response goes, a file or standard output, which may be slow
 *     curl_say.c        what is said on the way: -v, errors, the progress bar
 *
 * A response is never whole in memory. It lies in the socket's receive ring until the output takes it: when standard output is slow,
 * nothing is consumed, the ring fills, the window closes, and the server waits.
 */
#ifndef STRATA_APPS_CURL_H
#define STRATA_APPS_CURL_H

#include "apps/host.h"
#include "apps/http_client_response.h"
#include "apps/url.h"

#define CURL_HEADERS   64
#define CURL_REDIRECTS 50 /* curl's limit */
#define CURL_NEVER     UINT64_MAX

/* Exit statuses, curl's; those of http_client_response.h are among them. */
enum curl_status {
	CURL_UNSUPPORTED = 1,
	CURL_USAGE = 2,
	CURL_BAD_URL = 3,
	CURL_NO_NAME = 6,
	CURL_NO_CONNECTION = 7,
	CURL_REFUSED = 22, /* -f */
	CURL_WRITE = 23,
	CURL_READ = 26, /* a file that was to be sent */
	CURL_NO_MEMORY = 27,
	CURL_TOO_LATE = 28,
	CURL_NO_RANGE = 33,
	CURL_CIRCLE = 47, /* redirects */
	CURL_SEND = 55,
	CURL_RECEIVE = 56,
	CURL_INTERRUPTED = 130, /* as a shell tells of SIGINT */
};

/* Where a response goes (curl_output.c). */
enum curl_output_kind { CURL_TO_STREAM, CURL_TO_FILE, CURL_TO_SOCKET };

struct curl_output {
	char name[URL_HOST_MAX * 16]; /* "": standard output */
	int descriptor;               /* -1: not open */
	enum curl_output_kind kind;
};

/* The progress bar (curl_say.c). */
struct curl_progress {
	bool on;               /* it may be drawn; false once it has ended */
	uint64_t began, drawn; /* when */
	uint64_t first;        /* bytes that were there before (-C) */
	uint64_t got;
	uint64_t total; /* HTTP_CLIENT_UNKNOWN */
};

struct curl {
	struct options options;
	struct host *host;

	/* The command line. */
	char **urls; /* of argv */
	unsigned url_count;
	const char **outputs; /* -o; NULL: -O */
	unsigned output_count;
	const char *headers[CURL_HEADERS];
	unsigned header_count;
	const char *method; /* -X, or NULL */
	const char *range;
	uint8_t *data; /* -d, all of them, joined by '&' */
	size_t data_length;
	bool has_data;
	bool head_only, include, verbose, silent, show_errors, follow, fail, http_1_0;
	bool resume_at_end;                 /* -C - */
	uint64_t offset;                    /* -C */
	uint64_t max_time, connect_timeout; /* microseconds, or CURL_NEVER */

	/* The connection (curl_connect.c). */
	struct socket *socket; /* NULL: there is none */
	char host_name[URL_HOST_MAX];
	uint16_t port;
	unsigned connections; /* that there have been */
	bool reused;          /* it had been used before */

	/* The transfer in hand. */
	uint64_t began;
	struct url first, url; /* as it was asked for, and where redirects have led */
	struct url visited[CURL_REDIRECTS + 1];
	unsigned redirects;
	struct curl_output output;
	struct curl_progress progress;
	struct http_client_response response;
};

/* False: wrong usage, or a file that cannot be read, which has been told; the status is in *status. */
bool curl_parse(struct curl *curl, int argc, char **argv, int *status);

/* Have a connection to the URL's server in curl->socket: one that is there already where `may_reuse`, or a new one. 0 or the
 * exit status, which has been told. */
int curl_connect(struct curl *curl, bool may_reuse);

/* End the connection, if there is one. */
void curl_disconnect(struct curl *curl);

/* When this time, which may be CURL_NEVER, will have passed since then. */
uint64_t curl_deadline(uint64_t since, uint64_t time);

/* Milliseconds left until this time, at least 0, or HOST_FOREVER. */
int curl_time_left(uint64_t until);

/* Ask for curl->url and hand on the answer: 0 or the exit status, which has been told. What the head has said is in
 * curl->response then. */
int curl_transfer(struct curl *curl, const char *method, bool with_data);

/* ---- curl_output.c ---- */

/* Choose the output of the URL with this number. False: -O, and the URL names no file. */
bool curl_output_choose(struct curl *curl, unsigned number);

/* How many bytes are in its file already. */
uint64_t curl_output_length(const struct curl_output *output);

/* Open it, once; `append` to what is there. 0 or a negative errno. */
int curl_output_open(struct curl_output *output, bool append);

/* Write what can be written without waiting: how many bytes, 0 when it must be waited for, or a negative errno. */
long curl_output_write(struct curl_output *output, const void *bytes, size_t length);

/* 0 or a negative errno: what was written has not arrived. */
int curl_output_close(struct curl_output *output);

/* ---- curl_say.c ---- */

/* From here on each line on standard error is written at once: what several at a time say on one terminal does not mix. */
void curl_say_begin(void);

/* With -v: "* " and this. */
void curl_say(const struct curl *curl, const char *what, ...) __attribute__((format(printf, 2, 3)));

/* With -v: lines of a head, each behind this mark, made harmless. */
void curl_say_head(const struct curl *curl, char mark, const char *text, size_t length);

/* With -v: so many bytes of a body, where they are not themselves seen. */
void curl_say_data(const struct curl *curl, char mark, size_t length);

/* Copy a line for a terminal, with \xNN for what is not printing ASCII: UTF-8 has control characters beyond it. How long it is;
 * `to` has room for 4 * length + 2. */
size_t curl_make_harmless(const char *line, size_t length, char *to);

/* Say why it failed, below the progress bar, which ends; returns the status. */
int curl_fail(struct curl *curl, int status, const char *why, ...) __attribute__((format(printf, 3, 4)));

/* So many more bytes have come by now: drawn every 200 ms. */
void curl_progress_add(struct curl_progress *progress, size_t more, uint64_t now);

/* No more will: the bar is drawn for the last time, if anything has come at all. */
void curl_progress_end(struct curl_progress *progress, uint64_t now);

#endif
