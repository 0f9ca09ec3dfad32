/* SPDX-License-Identifier: MIT
 *
 * All clients of the HTTP server together: see http_server.h.
 */
#include "apps/http_server.h"

#include <errno.h>
#include <stdlib.h>

#include "apps/http_connection.h"
#include "socket/socket.h"

#define BACKLOG 1024

struct http_server_config http_server_defaults(void)
{
	return (struct http_server_config){
	    .directory = -1,
	    .port = 80,
	    .idle_seconds = 5,
	    .requests_most = 100,
	    .connections_most = 10000,
	};
}

static int listen_on(struct http_server *server)
{
	server->listener = socket_open(server->stack, SOCKET_STREAM);
	if (!server->listener)
		return -ENOMEM;
	socket_set_user_timeout(server->listener, HTTP_STALL_TIME);
	int error = socket_bind(server->listener, &(struct endpoint){ADDRESS_ANY, server->config.port});
	return error ? error : socket_listen(server->listener, BACKLOG);
}

struct http_server *http_server_create(struct stack *stack, const struct http_server_config *config)
{
	struct http_server *server = calloc(1, sizeof *server);
	if (!server)
		return NULL;
	server->config = *config;
	server->stack = stack;
	server->started = config->clock(config->clock_user);
	list_init(&server->connections);
	int error = listen_on(server);
	if (error) {
		http_server_destroy(server);
		errno = -error;
		return NULL;
	}
	return server;
}

static void accept_all(struct http_server *server)
{
	struct socket *socket;
	while ((socket = socket_accept(server->listener))) {
		if (server->count >= server->config.connections_most)
			http_connection_make_room(server, HTTP_ROOM_PLACE, NULL);
		http_connection_begin(server, socket);
	}
}

void http_server_ready(struct http_server *server, struct socket *socket)
{
	if (socket == server->listener)
		accept_all(server);
	else
		http_connection_ready(socket_user(socket));
}

uint64_t http_server_deadline(const struct http_server *server)
{
	return deadline_first(&server->deadlines);
}

void http_server_tick(struct http_server *server)
{
	struct deadline *due;
	while ((due = deadline_take(&server->deadlines, server->config.now(server->config.clock_user))))
		http_connection_due(server, due);
}

void http_server_stop(struct http_server *server)
{
	if (server->listener)
		socket_close(server->listener);
	server->listener = NULL;
	http_connection_end_all(server, false);
}

size_t http_server_connections(const struct http_server *server)
{
	return server->count;
}

void http_server_destroy(struct http_server *server)
{
	if (!server)
		return;
	http_server_stop(server);
	http_connection_end_all(server, true);
	free(server);
}
