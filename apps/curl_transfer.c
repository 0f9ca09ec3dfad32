/* SPDX-License-Identifier: MIT
 *
 * One request and its response for strata curl. curl_step() does after every round of the host's loop whatever can be done
 * without waiting, in both directions:
 *
 *     head, data ----> socket                         as much as its buffer takes
 *     socket ----> http_client_response ----> output  as much as the output takes
 *
 * and says for what the loop is to wake up besides: an output that was full.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/curl.h"
#include "apps/http_client_request.h"

#define CURL_TELL_AGAIN (-1) /* a status of ours: try once more, over a new connection */

struct curl_transfer {
	struct curl *curl;
	char *head;
	size_t head_length;
	size_t data_length; /* of curl->data, that goes with it */
	size_t sent;        /* of both */
	bool send_failed;
	bool heard;                       /* something has come back */
	bool ignored;                     /* the body is not to be written */
	bool said_data;                   /* that there is a body, with -v */
	const char *line;                 /* a line that is still to be written, or NULL */
	size_t line_length, line_written; /* */
	char harmless[4 * HTTP_CLIENT_LINE_MAX + 2];
	bool blocked; /* the output is full */
	bool done;
	int status; /* when it is done */
};

static void curl_finish(struct curl_transfer *t, int status)
{
	t->done = true;
	t->status = status;
}

/* ---- out ---- */

static void curl_send_some(struct curl_transfer *t)
{
	const struct curl *c = t->curl;
	while (!t->send_failed && t->sent < t->head_length + t->data_length) {
		bool head = t->sent < t->head_length;
		const void *bytes = head ? (const void *)(t->head + t->sent) : c->data + (t->sent - t->head_length);
		size_t length = head ? t->head_length - t->sent : t->data_length - (t->sent - t->head_length);
		long sent = socket_send(c->socket, bytes, length);
		if (sent == -EAGAIN)
			return;
		t->send_failed = sent < 0; /* what has come back by now is still worth reading */
		t->sent += sent > 0 ? (size_t)sent : 0;
	}
}

/* ---- in: the head ---- */

static bool curl_open_output(struct curl_transfer *t)
{
	struct curl *c = t->curl;
	int error = curl_output_open(&c->output, c->offset > 0);
	if (error)
		curl_finish(t, curl_fail(c, CURL_WRITE, "opening %s failed: %s", c->output.name, strerror(-error)));
	return !error;
}

/* Write bytes of a line or a body: how many, 0 with t->blocked, or -1, and then it is all over. */
static long curl_write(struct curl_transfer *t, const void *bytes, size_t length)
{
	struct curl *c = t->curl;
	long written = curl_open_output(t) ? curl_output_write(&c->output, bytes, length) : -1;
	if (written < 0 && !t->done)
		curl_finish(t, curl_fail(c, CURL_WRITE, "writing failed: %s", strerror((int)-written)));
	t->blocked = written == 0;
	return written < 0 ? -1 : written;
}

/* A line of the head has come: it is told, and with -i written, harmless where that is a terminal. */
static void curl_take_line(struct curl_transfer *t)
{
	struct curl *c = t->curl;
	const struct http_client_response *r = &c->response;
	curl_say_head(c, '<', r->line, r->line_length);
	if (!c->include || r->state == HTTP_CLIENT_IN_TRAILERS)
		return;
	t->line = r->line;
	t->line_length = r->line_length;
	t->line_written = 0;
	if (!c->output.name[0] && isatty(STDOUT_FILENO)) {
		t->line_length = curl_make_harmless(r->line, r->line_length, t->harmless);
		t->line = t->harmless;
	}
}

/* Write what is left of the line in hand. False: not all could be. */
static bool curl_write_line(struct curl_transfer *t)
{
	while (t->line && t->line_written < t->line_length) {
		long written = curl_write(t, t->line + t->line_written, t->line_length - t->line_written);
		if (written <= 0)
			return false;
		t->line_written += (size_t)written;
	}
	t->line = NULL;
	return true;
}

/* -C: whether the answer goes on where we are (RFC 9110 15.3.7 and 15.5.17). */
static void curl_judge_range(struct curl_transfer *t)
{
	struct curl *c = t->curl;
	const struct http_client_response *r = &c->response;
	if (r->status == 416 || (r->status == 200 && r->length == c->offset))
		t->ignored = true; /* all of it is there already */
	else if (r->status != 206 || r->range_first != c->offset)
		curl_finish(t, curl_fail(c, CURL_NO_RANGE, "the server does not go on from byte %llu: it answers %u",
					 (unsigned long long)c->offset, r->status));
}

static bool curl_is_redirect(const struct curl *c)
{
	return c->follow && c->response.status / 100 == 3 && c->response.location[0];
}

static void curl_judge_head(struct curl_transfer *t)
{
	struct curl *c = t->curl;
	const struct http_client_response *r = &c->response;
	if (r->status < 200)
		return;
	if (curl_is_redirect(c))
		t->ignored = true;
	else if (c->fail && r->status >= 400)
		curl_finish(t, curl_fail(c, CURL_REFUSED, "the answer is %u", r->status));
	else if (c->offset > 0 && !c->head_only)
		curl_judge_range(t);
	if (!t->done && !t->ignored && (!c->head_only || c->include))
		curl_open_output(t);
	c->progress.total = r->length;
	c->progress.on &= r->state != HTTP_CLIENT_OVER && !t->ignored;
}

/* ---- in: the body ---- */

static void curl_take_body(struct curl_transfer *t)
{
	struct curl *c = t->curl;
	struct http_client_response *r = &c->response;
	if (!t->said_data)
		curl_say_data(c, '{', r->body_length);
	t->said_data = true;
	long taken = t->ignored ? (long)r->body_length : curl_write(t, r->body, r->body_length);
	if (taken <= 0)
		return;
	http_client_took(r, (size_t)taken);
	socket_consume(c->socket, (size_t)taken);
	curl_progress_add(&c->progress, (size_t)taken, host_now());
}

/* ---- in ---- */

static void curl_take_bad(struct curl_transfer *t)
{
	const struct http_client_response *r = &t->curl->response;
	if (r->error == HTTP_CLIENT_EMPTY && t->curl->reused && !t->heard)
		curl_finish(t, CURL_TELL_AGAIN);
	else
		curl_finish(t, curl_fail(t->curl, (int)r->error, "%s", r->why));
}

static void curl_take_piece(struct curl_transfer *t, enum http_client_piece piece)
{
	switch (piece) {
	case HTTP_CLIENT_LINE:
		curl_take_line(t);
		return;
	case HTTP_CLIENT_HEAD:
		curl_judge_head(t);
		return;
	case HTTP_CLIENT_BODY:
		curl_take_body(t);
		return;
	case HTTP_CLIENT_DONE:
		curl_finish(t, 0);
		return;
	case HTTP_CLIENT_BAD:
		curl_take_bad(t);
		return;
	case HTTP_CLIENT_MORE:
		return;
	}
}

/* The socket has no bytes: has the stream ended, or failed? False: neither, there is just nothing yet. */
static bool curl_take_end(struct curl_transfer *t)
{
	uint8_t byte;
	long received = socket_receive(t->curl->socket, &byte, 1);
	if (received == -EAGAIN)
		return false;
	if (received == 0)
		curl_take_piece(t, http_client_closed(&t->curl->response));
	else if (t->curl->reused && !t->heard)
		curl_finish(t, CURL_TELL_AGAIN);
	else
		curl_finish(t, curl_fail(t->curl, CURL_RECEIVE, "receiving failed: %s", strerror((int)-received)));
	return true;
}

static void curl_receive_some(struct curl_transfer *t)
{
	struct http_client_response *r = &t->curl->response;
	t->blocked = false;
	while (!t->done && curl_write_line(t) && !t->blocked) {
		struct slice slices[2] = {{(const uint8_t *)"", 0}};
		size_t used;
		unsigned count = socket_peek(t->curl->socket, slices);
		enum http_client_piece piece = http_client_next(r, slices[0].bytes, slices[0].length, &used);
		if (used > 0)
			socket_consume(t->curl->socket, used);
		t->heard |= count > 0;
		if (piece == HTTP_CLIENT_BODY)
			r->body_length = r->body_length < slices[0].length ? r->body_length : slices[0].length;
		if (piece == HTTP_CLIENT_MORE && count == 0) {
			if (!curl_take_end(t))
				return;
			continue;
		}
		curl_take_piece(t, piece);
	}
}

static bool curl_step(void *user)
{
	struct curl_transfer *t = user;
	curl_send_some(t);
	curl_receive_some(t);
	host_wait_for(t->curl->host, t->blocked && !t->done ? t->curl->output.descriptor : -1, POLLOUT);
	host_flush(t->curl->host); /* the request, and the window that has opened, before the loop sleeps */
	return t->done;
}

/* ---- a whole transfer ---- */

static char *curl_request_head(const struct curl *c, const char *method, bool with_data)
{
	char range[64];
	struct http_client_request request = {
	    .method = method,
	    .url = &c->url,
	    .http_1_0 = c->http_1_0,
	    .headers = c->headers,
	    .header_count = c->header_count,
	    .elsewhere = strcmp(c->url.host, c->first.host) != 0 || c->url.port != c->first.port,
	    .has_data = with_data,
	    .data_length = c->data_length,
	};
	if (c->offset > 0) {
		snprintf(range, sizeof range, "bytes=%llu-", (unsigned long long)c->offset);
		request.range = range;
		return http_client_request_head(&request);
	}
	char given[256];
	if (c->range) {
		snprintf(given, sizeof given, "bytes=%s", c->range);
		request.range = given;
	}
	return http_client_request_head(&request);
}

static void curl_tell_error(struct curl_transfer *t, int error)
{
	struct curl *c = t->curl;
	if (error == -EINTR)
		curl_finish(t, CURL_INTERRUPTED);
	else if (error == -ETIMEDOUT)
		curl_finish(t, curl_fail(c, CURL_TOO_LATE, "it took too long; %llu bytes of the body have come",
					 (unsigned long long)c->progress.got));
	else
		curl_finish(t, CURL_RECEIVE); /* the device is gone, which has been told */
}

/* Over the connection that there is. */
static int curl_exchange(struct curl *c, struct curl_transfer *t)
{
	http_client_begin(&c->response, c->head_only);
	curl_say_head(c, '>', t->head, t->head_length);
	int error = host_until(c->host, curl_step, t, curl_time_left(curl_deadline(c->began, c->max_time)));
	host_wait_for(c->host, -1, 0);
	if (error)
		curl_tell_error(t, error);
	bool whole = t->status == 0 && !t->send_failed && t->sent == t->head_length + t->data_length;
	if (whole && c->response.keep_alive)
		curl_say(c, "Connection #%u to host %s left intact", c->connections - 1, c->host_name);
	else
		curl_disconnect(c);
	return t->status;
}

static int curl_attempt(struct curl *c, struct curl_transfer *t, bool may_reuse, const char *method, bool with_data)
{
	int status = curl_connect(c, may_reuse);
	if (status)
		return status;
	t->head = curl_request_head(c, method, with_data);
	if (!t->head)
		return curl_fail(c, CURL_NO_MEMORY, "no memory");
	t->head_length = strlen(t->head);
	t->data_length = with_data ? c->data_length : 0;
	status = curl_exchange(c, t);
	free(t->head);
	return status;
}

int curl_transfer(struct curl *c, const char *method, bool with_data)
{
	struct curl_transfer *t = calloc(1, sizeof *t);
	if (!t)
		return curl_fail(c, CURL_NO_MEMORY, "no memory");
	t->curl = c;
	int status = curl_attempt(c, t, true, method, with_data);
	if (status == CURL_TELL_AGAIN) { /* the server had closed it meanwhile (RFC 9112 9.3.1) */
		*t = (struct curl_transfer){.curl = c};
		status = curl_attempt(c, t, false, method, with_data);
	}
	free(t);
	return status;
}
