/* SPDX-License-Identifier: MIT
 *
 * The HTTP server: see http_server.h for its states. Each state is one function that goes as far as it can and says
 * what is next.
 */
#include "apps/http_server.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "apps/http_content.h"
#include "apps/http_parse.h"
#include "apps/http_response.h"
#include "apps/http_target.h"
#include "base/list.h"
#include "socket/socket.h"

#define BACKLOG   512
#define BODY_STEP (64 * 1024)        /* bytes read from a file at once */
#define DRAIN_MAX (16 * 1024 * 1024) /* bytes thrown away after the last response before patience ends */

enum state { READING, HEADING, SENDING, DRAINING };

/* What a state's function says about the connection. */
enum step {
	STEP_ON,    /* go on in the state that it is in now */
	STEP_WAIT,  /* until the socket is ready again */
	STEP_CLOSE, /* it is over, in order */
	STEP_ABORT, /* it is over, and the client must not take what it has for all of it */
};

struct http_server {
	struct http_server_config config;
	struct socket *listener; /* NULL once stopped */
	time_t started;          /* when the built-in page came to be, as far as clients can tell */
	struct list connections;
	size_t connection_count;
};

struct connection {
	struct list node; /* in the server's list */
	struct http_server *server;
	struct socket *socket;
	enum state state;
	bool keep_alive;             /* what the response under way has told the client */
	struct http_content content; /* what is still to be sent behind the response's head */
	size_t response_length;      /* bytes in response[] */
	size_t response_sent;        /* how many of them the socket has taken */
	size_t head_length;          /* bytes in head[] */
	size_t drained;              /* bytes thrown away */
	char response[HTTP_RESPONSE_ROOM];
	char head[HTTP_HEAD_MAX]; /* received and not yet answered; scratch space while draining */
};

static time_t now(const struct http_server *server)
{
	return server->config.clock(server->config.clock_user);
}

/* Find what is asked for and leave it in the connection's content. */
static enum http_status find_content(struct connection *c, const struct http_request *request)
{
	const struct http_server *server = c->server;
	char path[HTTP_PATH_MAX];
	if (!http_text_is(request->method, "GET") && !http_text_is(request->method, "HEAD"))
		return HTTP_METHOD_NOT_ALLOWED;
	/* RFC 9110 9.3.1: content in a GET has no meaning; refusing it leaves no room for a smuggled request. */
	if (request->has_body || !http_target_path(request->target, path))
		return HTTP_BAD_REQUEST;
	int error = server->config.directory < 0 ? http_content_built_in(&c->content, path, server->started)
						 : http_content_open(&c->content, server->config.directory, path);
	switch (error) {
	case 0:
		return HTTP_OK;
	case -EISDIR:
		return HTTP_MOVED_PERMANENTLY;
	case -ENOENT:
		return HTTP_NOT_FOUND;
	default:
		return HTTP_INTERNAL_SERVER_ERROR;
	}
}

static void forget_content(struct connection *c)
{
	http_content_close(&c->content);
	c->content = HTTP_CONTENT_NONE;
}

static void begin_response(struct connection *c, const struct http_response *response)
{
	c->keep_alive = response->keep_alive;
	c->response_length = http_response_head(response, now(c->server), c->response);
	c->response_sent = 0;
	c->state = HEADING;
}

/* Answer a request. One with a body ends the connection, because the body is not read. */
static void answer(struct connection *c, const struct http_request *request)
{
	struct http_response response = {
	    .status = find_content(c, request),
	    .head_only = http_text_is(request->method, "HEAD"),
	    .keep_alive = request->keep_alive && !request->has_body && c->server->listener,
	    .http_1_0 = request->http_1_0,
	    .content_type = c->content.type,
	    .content_length = c->content.length,
	    .last_modified = c->content.modified,
	};
	char location[HTTP_LOCATION_MAX];
	if (response.status == HTTP_MOVED_PERMANENTLY) {
		http_target_location(request->target, location);
		response.location = location;
	}
	begin_response(c, &response);
	if (response.head_only)
		forget_content(c);
}

/* What stands behind the request that was just answered moves to the front. */
static void forget_request(struct connection *c, size_t length)
{
	c->head_length -= length;
	memmove(c->head, c->head + length, c->head_length);
}

/* READING */
static enum step read_head(struct connection *c)
{
	struct http_request request;
	switch (http_parse(c->head, c->head_length, &request)) {
	case HTTP_PARSE_DONE:
		answer(c, &request);
		forget_request(c, request.length);
		return STEP_ON;
	case HTTP_PARSE_BAD:
		begin_response(c, &(struct http_response){.status = HTTP_BAD_REQUEST}); /* and close: RFC 9112 2.2 */
		return STEP_ON;
	case HTTP_PARSE_MORE:
		break; /* which it never says of a full buffer */
	}
	long got = socket_receive(c->socket, c->head + c->head_length, sizeof c->head - c->head_length);
	if (got <= 0)
		return got == -EAGAIN ? STEP_WAIT : STEP_CLOSE;
	c->head_length += (size_t)got;
	return STEP_ON;
}

/* The response is with the socket: another request, or the end. */
static enum step finish_response(struct connection *c)
{
	forget_content(c);
	c->state = READING;
	if (c->keep_alive && c->server->listener)
		return STEP_ON;
	c->state = DRAINING;
	return socket_shutdown(c->socket, SOCKET_SHUTDOWN_WRITE) < 0 ? STEP_ABORT : STEP_ON;
}

/* HEADING */
static enum step send_head(struct connection *c)
{
	long sent = socket_send(c->socket, c->response + c->response_sent, c->response_length - c->response_sent);
	if (sent < 0)
		return sent == -EAGAIN ? STEP_WAIT : STEP_ABORT;
	c->response_sent += (size_t)sent;
	if (c->response_sent == c->response_length)
		c->state = SENDING;
	return STEP_ON;
}

/* SENDING. The head has promised a length: where the content breaks off, only a reset tells the client so. */
static enum step send_body(struct connection *c)
{
	uint64_t left = c->content.length - c->content.sent;
	size_t room;
	if (left == 0)
		return finish_response(c);
	uint8_t *span = socket_reserve(c->socket, left < BODY_STEP ? (size_t)left : BODY_STEP, &room);
	if (!span)
		return socket_ready(c->socket) & (SOCKET_HANGUP | SOCKET_ERROR) ? STEP_ABORT : STEP_WAIT;
	long got = http_content_read(&c->content, span, room);
	if (got <= 0)
		return STEP_ABORT;
	socket_commit(c->socket, (size_t)got);
	return STEP_ON;
}

/* DRAINING */
static enum step drain(struct connection *c)
{
	long got = socket_receive(c->socket, c->head, sizeof c->head);
	if (got <= 0)
		return got == -EAGAIN ? STEP_WAIT : STEP_CLOSE;
	c->drained += (size_t)got;
	return c->drained > DRAIN_MAX ? STEP_ABORT : STEP_ON;
}

static enum step take_step(struct connection *c)
{
	switch (c->state) {
	case READING:
		return read_head(c);
	case HEADING:
		return send_head(c);
	case SENDING:
		return send_body(c);
	case DRAINING:
		return drain(c);
	}
	return STEP_ABORT;
}

static void connection_end(struct connection *c, enum step how)
{
	if (how == STEP_CLOSE)
		socket_close(c->socket);
	else
		socket_abort(c->socket);
	http_content_close(&c->content);
	list_remove(&c->node);
	c->server->connection_count--;
	free(c);
}

/* Go as far as the socket allows. The size of its buffers bounds how far that is. */
static void connection_run(struct connection *c)
{
	enum step step = STEP_ON;
	while (step == STEP_ON)
		step = take_step(c);
	if (step != STEP_WAIT)
		connection_end(c, step);
}

/* A client has come. Without memory for it, it is reset. */
static void connection_begin(struct http_server *server, struct socket *socket)
{
	struct connection *c = malloc(sizeof *c); /* not cleared: nearly all of it is buffers */
	if (!c) {
		socket_abort(socket);
		return;
	}
	c->server = server;
	c->socket = socket;
	c->state = READING;
	c->content = HTTP_CONTENT_NONE;
	c->head_length = 0;
	c->drained = 0;
	list_append(&server->connections, &c->node);
	server->connection_count++;
	socket_set_user(socket, c);
	connection_run(c);
}

void http_server_ready(struct http_server *server, struct socket *socket)
{
	struct connection *c = socket_user(socket);
	if (socket == server->listener) {
		struct socket *accepted;
		while ((accepted = socket_accept(socket)))
			connection_begin(server, accepted);
	} else if (socket_ready(socket) & SOCKET_ERROR) {
		connection_end(c, STEP_ABORT);
	} else {
		connection_run(c);
	}
}

static int listen_on(struct http_server *server, struct stack *stack)
{
	server->listener = socket_open(stack, SOCKET_STREAM);
	if (!server->listener)
		return -ENOMEM;
	int error = socket_bind(server->listener, &(struct endpoint){ADDRESS_ANY, server->config.port});
	return error ? error : socket_listen(server->listener, BACKLOG);
}

struct http_server *http_server_create(struct stack *stack, const struct http_server_config *config)
{
	struct http_server *server = calloc(1, sizeof *server);
	if (!server)
		return NULL;
	server->config = *config;
	server->started = now(server);
	list_init(&server->connections);
	int error = listen_on(server, stack);
	if (error) {
		http_server_destroy(server);
		errno = -error;
		return NULL;
	}
	return server;
}

/* End the connections that are in no middle of anything, or all of them. One that drains has sent everything, and its
 * socket sees to the rest by itself. */
static void end_connections(struct http_server *server, bool all)
{
	struct list *next;
	for (struct list *node = server->connections.next; node != &server->connections; node = next) {
		struct connection *c = LIST_ITEM(node, struct connection, node);
		bool idle = c->state == READING && c->head_length == 0;
		next = node->next;
		if (idle || (all && c->state == DRAINING))
			connection_end(c, STEP_CLOSE);
		else if (all)
			connection_end(c, STEP_ABORT);
	}
}

void http_server_stop(struct http_server *server)
{
	if (server->listener)
		socket_close(server->listener);
	server->listener = NULL;
	end_connections(server, false);
}

size_t http_server_connections(const struct http_server *server)
{
	return server->connection_count;
}

void http_server_destroy(struct http_server *server)
{
	if (!server)
		return;
	http_server_stop(server);
	end_connections(server, true);
	free(server);
}
