/* SPDX-License-Identifier: MIT
 *
 * The replies of a connection: see http_reply.h.
 */
#include "apps/http_reply.h"

#include "apps/http_answer.h"
#include "apps/http_log.h"
#include "socket/socket.h"
#include "stack.h"

static time_t clock_of(const struct http_server *server)
{
	return server->config.clock(server->config.clock_user);
}

bool http_reply_hold(struct http_connection *c, size_t amount)
{
	size_t others = c->server->held - c->held;
	if (amount > HTTP_HELD_MAX - others)
		return false;
	c->server->held = others + amount;
	c->held = amount;
	return true;
}

static bool has_body(const struct http_response *response)
{
	return !response->head_only && response->status != HTTP_NO_CONTENT && response->status != HTTP_NOT_MODIFIED;
}

void http_reply_begin(struct http_connection *c)
{
	struct http_response *response = &c->response;
	const struct http_server_config *config = &c->server->config;
	deadline_clear(&c->server->deadlines, &c->deadline);
	c->requests++;
	if (!c->server->listener || config->idle_seconds == 0 ||
	    (config->requests_most > 0 && c->requests >= config->requests_most))
		response->keep_alive = false;
	response->idle_seconds = config->idle_seconds;
	response->requests_most = config->requests_most;
	http_response_head(response, clock_of(c->server), &c->out);
	if (!has_body(response))
		response->content.end = response->content.at;
	c->out_sent = 0;
	c->body_sent = 0;
	c->state = HTTP_HEADING;
}

void http_reply_refuse(struct http_connection *c, enum http_status status)
{
	struct http_request request;
	http_parse(c->in.bytes, c->in.length, &request);
	c->head_length = c->in.length;
	c->response.head_only = http_text_is(request.method, "HEAD");
	c->response.keep_alive = false;
	http_buffer_free(&c->received);
	http_response_refuse(&c->response, status);
	http_reply_begin(c);
}

static void map_connection(const struct http_connection *c, struct http_map *map)
{
	map->client = socket_remote(c->socket);
	map->server = socket_local(c->socket);
	map->server_mac = stack_mac(c->server->stack);
	map->client_mac_known = stack_neighbour(c->server->stack, map->client.address, &map->client_mac);
	socket_tcp_info(c->socket, &map->tcp);
}

void http_reply_answer(struct http_connection *c, const struct http_request *request)
{
	const struct http_server *server = c->server;
	struct http_response *response = &c->response;
	struct http_site site = {server->config.directory, server->started, clock_of(server), .map = {.tcp = {0}}};
	if (site.directory < 0)
		map_connection(c, &site.map);
	response->keep_alive = request->keep_alive;
	if (c->received.full)
		http_response_refuse(response, HTTP_SERVICE_UNAVAILABLE);
	else
		http_answer(response, request, &site, &c->received);
	http_buffer_free(&c->received);
	if (!http_reply_hold(c, response->content.owned ? (size_t)response->content.length : 0)) {
		http_response_refuse(response, HTTP_SERVICE_UNAVAILABLE);
		http_reply_hold(c, 0);
	}
	http_reply_begin(c);
}

void http_reply_log(const struct http_connection *c)
{
	const struct http_server_config *config = &c->server->config;
	struct http_buffer line = HTTP_BUFFER(HTTP_LOG_MAX);
	struct http_request request;
	if (!config->log)
		return;
	http_parse(c->in.bytes, c->head_length, &request);
	http_log_write(&line, socket_remote(c->socket).address, clock_of(c->server), &request, c->response.status,
		       c->body_sent);
	http_buffer_add(&line, "", 1);
	if (!line.full)
		config->log(config->log_user, line.bytes);
	http_buffer_free(&line);
}
