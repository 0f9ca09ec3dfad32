/* SPDX-License-Identifier: MIT
 *
 * One client: see http_connection.h for its states. Each state is one function that goes as far as it can and says what
 * is next.
 *
 * The head of the request that is being answered stays at the front of `in` until the response is through, and is parsed
 * again wherever something in it is needed: the parser is pure, so there is nothing to be remembered.
 */
#include "apps/http_connection.h"

#include <errno.h>
#include <stdlib.h>

#include "apps/http_answer.h"
#include "apps/http_reply.h"
#include "socket/socket.h"

#define READ_STEP    2048        /* bytes taken from the socket at once */
#define BODY_STEP    (64 * 1024) /* bytes read from a file at once */
#define IN_MAX       (HTTP_HEAD_MAX + READ_STEP)
#define RECEIVED_MAX (HTTP_HEAD_MAX + HTTP_BODY_MAX)

/* What the deadline is for. */
enum waiting { FOR_REQUEST, FOR_HEAD, FOR_BODY, FOR_END };

/* What a state's function says about the connection. */
enum step {
	STEP_ON,    /* go on in the state that it is in now */
	STEP_WAIT,  /* until the socket is ready again */
	STEP_CLOSE, /* it is over, in order */
	STEP_ABORT, /* it is over, and the client must not take what it has for all of it */
};

static uint64_t now_of(const struct http_server *server)
{
	return server->config.now(server->config.clock_user);
}

/* ---- time and memory ---- */

/* From now on this is waited for, until then. */
static void wait_until(struct http_connection *c, enum waiting what, uint64_t at)
{
	c->deadline.kind = (uint8_t)what;
	deadline_set(&c->server->deadlines, &c->deadline, at);
}

/* The same, unless it is waited for already. */
static void wait_for(struct http_connection *c, enum waiting what, uint64_t time)
{
	if (!c->deadline.armed || c->deadline.kind != what)
		wait_until(c, what, now_of(c->server) + time);
}

static void wait_no_more(struct http_connection *c)
{
	deadline_clear(&c->server->deadlines, &c->deadline);
}

/* The socket takes nothing: it is full, or over, or there was no memory for its ring, of which another client may have
 * much. */
static enum step full(struct http_connection *c, int error)
{
	if (error == -EAGAIN)
		return STEP_WAIT;
	return error == -ENOMEM && http_connection_make_room(c->server, HTTP_ROOM_MEMORY, c) ? STEP_ON : STEP_ABORT;
}

/* ---- READING ---- */

/* Take what has come, up to so many bytes in all. */
static enum step read_some(struct http_connection *c, size_t most)
{
	size_t room = most - c->in.length < READ_STEP ? most - c->in.length : READ_STEP;
	char *to = http_buffer_reserve(&c->in, room);
	if (!to)
		return STEP_ABORT;
	long got = socket_receive(c->socket, to, room);
	if (got == 0 && c->in.length > 0) {
		http_reply_refuse(c, HTTP_BAD_REQUEST); /* the client has ended in the middle of it (RFC 9112 8) */
		return STEP_ON;
	}
	if (got <= 0)
		return got == -EAGAIN ? STEP_WAIT : STEP_CLOSE;
	c->in.length += (size_t)got;
	return STEP_ON;
}

/* A request's head has come: refuse it, answer it, or read its content first. */
static void begin_request(struct http_connection *c, const struct http_request *request)
{
	const char *allow;
	enum http_status status = http_answer_admit(request, &allow);
	c->head_length = request->length;
	if (status != HTTP_OK) {
		c->response.allow = allow;
		c->response.head_only = http_text_is(request->method, "HEAD");
		c->response.keep_alive = request->keep_alive && request->framing == HTTP_BODY_NONE;
		http_response_refuse(&c->response, status);
		http_reply_begin(c);
		return;
	}
	if (http_answer_echoes(request))
		http_buffer_add(&c->received, c->in.bytes, c->head_length);
	if (request->framing == HTTP_BODY_NONE) {
		http_reply_answer(c, request);
		return;
	}
	http_body_begin(&c->body, request);
	wait_for(c, FOR_BODY, HTTP_BODY_TIME);
	c->state = HTTP_RECEIVING;
	/* RFC 9110 10.1.1: who has begun to send does not need to be told. */
	if (request->expect == HTTP_EXPECT_CONTINUE && c->in.length == c->head_length) {
		http_buffer_print(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
		c->out_sent = 0;
		c->state = HTTP_CONTINUING;
	}
}

static enum step read_head(struct http_connection *c)
{
	struct http_request request;
	switch (http_parse(c->in.bytes, c->in.length, &request)) {
	case HTTP_PARSE_DONE:
		begin_request(c, &request);
		return STEP_ON;
	case HTTP_PARSE_BAD:
		http_reply_refuse(c, request.error); /* and close: RFC 9112 2.2 */
		return STEP_ON;
	case HTTP_PARSE_MORE:
		break; /* which it never says of HTTP_HEAD_MAX bytes */
	}
	if (c->in.length > 0)
		wait_for(c, FOR_HEAD, HTTP_HEAD_TIME);
	enum step step = read_some(c, HTTP_HEAD_MAX);
	if (step == STEP_WAIT && c->in.length == 0)
		http_buffer_free(&c->in); /* an idle client costs next to nothing */
	return step;
}

/* ---- HTTP_CONTINUING, RECEIVING ---- */

/* Send what is in `out`: STEP_ON when all of it is gone. */
static enum step send_out(struct http_connection *c)
{
	if (c->out.full)
		return STEP_ABORT;
	while (c->out_sent < c->out.length) {
		long sent = socket_send(c->socket, c->out.bytes + c->out_sent, c->out.length - c->out_sent);
		if (sent < 0) {
			enum step step = full(c, (int)sent);
			if (step != STEP_ON)
				return step;
		} else {
			c->out_sent += (size_t)sent;
		}
	}
	http_buffer_free(&c->out);
	return STEP_ON;
}

static enum step send_continue(struct http_connection *c)
{
	enum step step = send_out(c);
	if (step == STEP_ON)
		c->state = HTTP_RECEIVING;
	return step;
}

/* Go through what has come of the content, and keep it where it is to be echoed. */
static enum http_status take_body(struct http_connection *c)
{
	enum http_status status;
	char *bytes = c->in.bytes + c->head_length;
	size_t taken = http_body_take(&c->body, bytes, c->in.length - c->head_length, &status);
	if (c->received.length > 0)
		http_buffer_add(&c->received, bytes, taken);
	http_buffer_cut(&c->in, c->head_length, taken);
	if (status == HTTP_OK && !http_reply_hold(c, c->received.capacity))
		status = HTTP_SERVICE_UNAVAILABLE;
	return status;
}

static enum step receive_body(struct http_connection *c)
{
	struct http_request request;
	enum http_status status = take_body(c);
	if (status != HTTP_OK) {
		http_reply_refuse(c, status);
		return STEP_ON;
	}
	if (c->body.place == HTTP_PLACE_END) {
		http_parse(c->in.bytes, c->head_length, &request);
		http_reply_answer(c, &request);
		return STEP_ON;
	}
	enum step step = read_some(c, IN_MAX);
	if (step == STEP_ON && c->state == HTTP_RECEIVING)
		wait_until(c, FOR_BODY, c->deadline.at + (c->in.length - c->head_length) * 1000000 / HTTP_BODY_RATE);
	return step;
}

/* ---- HTTP_HEADING, SENDING ---- */

static enum step send_head(struct http_connection *c)
{
	enum step step = send_out(c);
	if (step == STEP_ON)
		c->state = HTTP_SENDING;
	return step;
}

/* Say the last word, and wait for the client's. */
static enum step begin_drain(struct http_connection *c)
{
	http_buffer_free(&c->in);
	c->state = HTTP_DRAINING;
	c->drain_until = now_of(c->server) + HTTP_DRAIN_TIME;
	wait_for(c, FOR_END, HTTP_DRAIN_IDLE_TIME);
	return socket_shutdown(c->socket, SOCKET_SHUTDOWN_WRITE) < 0 ? STEP_ABORT : STEP_ON;
}

/* The response is with the socket: another request, or the end. */
static enum step finish_response(struct http_connection *c)
{
	bool stays = c->response.keep_alive && c->server->listener;
	http_reply_log(c);
	http_response_release(&c->response);
	c->response = (struct http_response){.content = HTTP_CONTENT_NONE};
	http_reply_hold(c, 0);
	http_buffer_cut(&c->in, 0, c->head_length);
	c->head_length = 0;
	if (!stays)
		return begin_drain(c);
	c->state = HTTP_READING;
	wait_for(c, FOR_REQUEST, (uint64_t)c->server->config.idle_seconds * 1000000);
	return STEP_ON;
}

/* The head has promised a length: where the content breaks off, only a reset tells the client so. */
static enum step send_body(struct http_connection *c)
{
	struct http_content *content = &c->response.content;
	uint64_t left = content->end - content->at;
	size_t room;
	if (left == 0)
		return finish_response(c);
	uint8_t *span = socket_reserve(c->socket, left < BODY_STEP ? (size_t)left : BODY_STEP, &room);
	if (!span) {
		int error = socket_error(c->socket);
		bool over = socket_ready(c->socket) & SOCKET_HANGUP;
		return over ? STEP_ABORT : full(c, error ? error : -EAGAIN);
	}
	long got = http_content_read(content, span, room);
	if (got <= 0)
		return STEP_ABORT;
	socket_commit(c->socket, (size_t)got);
	c->body_sent += (uint64_t)got;
	return STEP_ON;
}

/* ---- DRAINING ---- */

static enum step drain(struct http_connection *c)
{
	char nowhere[4096];
	long got = socket_receive(c->socket, nowhere, sizeof nowhere);
	if (got <= 0)
		return got == -EAGAIN ? STEP_WAIT : STEP_CLOSE;
	uint64_t idle = now_of(c->server) + HTTP_DRAIN_IDLE_TIME;
	wait_until(c, FOR_END, idle < c->drain_until ? idle : c->drain_until);
	c->drained += (size_t)got;
	return c->drained > HTTP_DRAIN_MAX ? STEP_ABORT : STEP_ON;
}

/* ---- the machine ---- */

static enum step take_step(struct http_connection *c)
{
	switch (c->state) {
	case HTTP_READING:
		return read_head(c);
	case HTTP_CONTINUING:
		return send_continue(c);
	case HTTP_RECEIVING:
		return receive_body(c);
	case HTTP_HEADING:
		return send_head(c);
	case HTTP_SENDING:
		return send_body(c);
	case HTTP_DRAINING:
		return drain(c);
	}
	return STEP_ABORT;
}

static void end(struct http_connection *c, enum step how)
{
	if (c->state == HTTP_HEADING || c->state == HTTP_SENDING)
		http_reply_log(c); /* of what was cut off */
	if (how == STEP_CLOSE)
		socket_close(c->socket);
	else
		socket_abort(c->socket);
	wait_no_more(c);
	http_reply_hold(c, 0);
	http_response_release(&c->response);
	http_buffer_free(&c->in);
	http_buffer_free(&c->out);
	http_buffer_free(&c->received);
	list_remove(&c->node);
	c->server->count--;
	free(c);
}

/* Go as far as the socket allows. The size of its buffers bounds how far that is. */
static void run(struct http_connection *c)
{
	enum step step = STEP_ON;
	list_remove(&c->node);
	list_append(&c->server->connections, &c->node);
	while (step == STEP_ON)
		step = take_step(c);
	if (step != STEP_WAIT)
		end(c, step);
}

void http_connection_begin(struct http_server *server, struct socket *socket)
{
	struct http_connection *c = calloc(1, sizeof *c);
	if (!c) {
		socket_abort(socket);
		return;
	}
	c->server = server;
	c->socket = socket;
	c->response.content = HTTP_CONTENT_NONE;
	c->in = HTTP_BUFFER(IN_MAX);
	c->out = HTTP_BUFFER(HTTP_RESPONSE_MAX);
	c->received = HTTP_BUFFER(RECEIVED_MAX);
	deadline_init(&c->deadline, FOR_REQUEST);
	list_append(&server->connections, &c->node);
	server->count++;
	socket_set_user(socket, c);
	wait_for(c, FOR_REQUEST, HTTP_HEAD_TIME);
	run(c);
}

void http_connection_ready(struct http_connection *c)
{
	if (socket_ready(c->socket) & SOCKET_ERROR && socket_error(c->socket) != -ENOMEM)
		end(c, STEP_ABORT);
	else
		run(c);
}

void http_connection_due(struct http_server *server, struct deadline *deadline)
{
	struct http_connection *c = LIST_ITEM(deadline, struct http_connection, deadline);
	(void)server;
	switch ((enum waiting)deadline->kind) {
	case FOR_REQUEST:
		if (begin_drain(c) == STEP_ON)
			run(c);
		else
			end(c, STEP_ABORT);
		break;
	case FOR_HEAD:
	case FOR_BODY:
		http_reply_refuse(c, HTTP_REQUEST_TIMEOUT);
		run(c);
		break;
	case FOR_END:
		end(c, STEP_CLOSE);
		break;
	}
}

bool http_connection_make_room(struct http_server *server, enum http_room what, const struct http_connection *except)
{
	for (struct list *node = server->connections.next; node != &server->connections; node = node->next) {
		struct http_connection *c = LIST_ITEM(node, struct http_connection, node);
		if (c != except && (what == HTTP_ROOM_PLACE || c->state == HTTP_SENDING)) {
			end(c, STEP_ABORT);
			return true;
		}
	}
	return false;
}

/* Who has been promised content that does not come is reset, or would take what there is for all of it. */
void http_connection_end_all(struct http_server *server, bool all)
{
	struct list *next;
	for (struct list *node = server->connections.next; node != &server->connections; node = next) {
		struct http_connection *c = LIST_ITEM(node, struct http_connection, node);
		bool idle = c->state == HTTP_READING && c->in.length == 0;
		bool promised = c->state == HTTP_HEADING || c->state == HTTP_SENDING;
		next = node->next;
		if (all || idle)
			end(c, promised ? STEP_ABORT : STEP_CLOSE);
	}
}
