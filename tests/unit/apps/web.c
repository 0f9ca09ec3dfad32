/* SPDX-License-Identifier: MIT
 *
 * Virtual time for the HTTP server: see web.h.
 */
#include "tests/unit/apps/web.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/http_content.h"
#include "base/deadline.h"
#include "tests/harness/scratch.h"

struct web web;

static char directory_name[SCRATCH_PATH];
static int directory;

static void on_server_ready(void *user, struct socket *socket)
{
	(void)user;
	http_server_ready(web.server, socket);
}

static time_t clock_of_server(void *user)
{
	(void)user;
	return (time_t)(784111777 + web.pair.now / WEB_SECOND); /* RFC 9110 5.6.7's example */
}

static uint64_t now_of_server(void *user)
{
	(void)user;
	return web.pair.now;
}

static void log_of_server(void *user, const char *line)
{
	size_t length = strlen(web.log);
	(void)user;
	snprintf(web.log + length, sizeof web.log - length, "%s\n", line);
}

static uint8_t big_byte(size_t at)
{
	return (uint8_t)(at * 7 + at / 251);
}

static void make_files(void)
{
	uint8_t *bytes = malloc(WEB_BIG);
	cr_assert(bytes && mkdtemp(scratch_path(directory_name, "web")));
	cr_assert_eq(chdir(directory_name), 0);
	for (size_t i = 0; i < WEB_BIG; i++)
		bytes[i] = big_byte(i);
	FILE *file = fopen("big", "w");
	cr_assert(file && fwrite(bytes, 1, WEB_BIG, file) == WEB_BIG && fclose(file) == 0);
	file = fopen("a.txt", "w");
	cr_assert(file && fputs("alpha\n", file) >= 0 && fclose(file) == 0);
	free(bytes);
	directory = http_content_directory(".");
	cr_assert_geq(directory, 0);
}

void web_start_with(void (*change)(struct http_server_config *config, struct stack_config *stack))
{
	make_files();
	pair_begin(&web.pair);
	struct stack_config client = pair_config(&web.pair, 0), server = pair_config(&web.pair, 1);
	server.on_ready = on_server_ready;
	struct http_server_config config = http_server_defaults();
	config.directory = directory;
	config.clock = clock_of_server;
	config.now = now_of_server;
	config.log = log_of_server;
	if (change)
		change(&config, &server);
	pair_start(&web.pair, 0, &client);
	pair_start(&web.pair, 1, &server);
	web.server = http_server_create(web.pair.stacks[1], &config);
	cr_assert(web.server);
}

void web_start(void)
{
	web_start_with(NULL);
}

void web_end(void)
{
	http_server_destroy(web.server);
	for (unsigned i = 0; i < WEB_CLIENTS; i++)
		free(web.clients[i].bytes);
	pair_end(&web.pair);
	close(directory);
	remove("big");
	remove("a.txt");
	rmdir(directory_name);
	web = (struct web){0};
}

/* Take what is there. Whether there was anything. */
static bool client_read(struct web_client *c)
{
	char bytes[4096];
	size_t before = c->length;
	long got;
	while ((got = socket_receive(c->socket, bytes, sizeof bytes)) > 0) {
		c->bytes = realloc(c->bytes, c->length + (size_t)got + 1);
		cr_assert(c->bytes);
		memcpy(c->bytes + c->length, bytes, (size_t)got);
		c->length += (size_t)got;
		c->bytes[c->length] = '\0';
	}
	if (got == -EAGAIN)
		return c->length > before;
	c->ended = true;
	c->error = (int)got;
	socket_close(c->socket);
	c->socket = NULL;
	return true;
}

static bool clients_read(void)
{
	bool any = false;
	for (unsigned i = 0; i < WEB_CLIENTS; i++)
		if (web.clients[i].socket && !web.clients[i].deaf)
			any |= client_read(&web.clients[i]);
	return any;
}

/* When anything happens next. */
static uint64_t next_event(void)
{
	const uint64_t now = web.pair.now, others[] = {pair_deadline(&web.pair), http_server_deadline(web.server)};
	uint64_t due = clients_read() ? now + PAIR_TRANSIT : DEADLINE_NEVER;
	for (size_t i = 0; i < 2; i++)
		due = others[i] < due ? others[i] : due;
	return due > now ? due : now + 1;
}

void web_run(uint64_t duration)
{
	uint64_t until = web.pair.now + duration;
	while (web.pair.now < until) {
		http_server_tick(web.server);
		pair_service(&web.pair);
		uint64_t due = next_event();
		web.pair.now = due < until ? due : until;
	}
}

struct web_client *web_connect(unsigned i)
{
	struct web_client *c = &web.clients[i];
	free(c->bytes);
	*c = (struct web_client){.socket = socket_open(web.pair.stacks[0], SOCKET_STREAM), .deaf = true};
	cr_assert(c->socket);
	cr_assert_eq(socket_connect(c->socket, &(struct endpoint){{{192, 0, 2, 2}}, 80}), 0);
	web_run(WEB_SECOND / 100);
	c->deaf = false;
	return c;
}

void web_say(struct web_client *c, const char *text)
{
	cr_assert_eq(socket_send(c->socket, text, strlen(text)), (long)strlen(text));
}

struct web_client *web_ask(unsigned i, const char *text)
{
	struct web_client *c = web_connect(i);
	web_say(c, text);
	return c;
}

struct web_client *web_expect(const char *request, const char *status)
{
	char line[32];
	struct web_client *c = web_ask(WEB_CLIENTS - 1, request);
	web_run(20 * WEB_SECOND);
	snprintf(line, sizeof line, "HTTP/1.1 %s ", status);
	cr_expect(c->bytes && strncmp(c->bytes, line, strlen(line)) == 0, "%s: not %s but %s", request, status,
		  c->bytes ? c->bytes : "nothing");
	cr_expect(c->ended && c->error == 0, "%s: it did not end in order: %d", request, c->error);
	return c;
}

unsigned web_count(const struct web_client *c, const char *what)
{
	unsigned found = 0;
	for (const char *at = c->bytes; at && (at = strstr(at, what)); at += strlen(what))
		found++;
	return found;
}

void web_expect_big(const struct web_client *c, size_t from)
{
	char *body = c->bytes ? strstr(c->bytes, "\r\n\r\n") : NULL;
	cr_assert(body);
	size_t length = c->length - (size_t)(body + 4 - c->bytes), wrong = 0;
	cr_assert_eq(length, WEB_BIG - from);
	for (size_t i = 0; i < length; i++)
		wrong += (uint8_t)body[4 + i] != big_byte(from + i);
	cr_expect_eq(wrong, 0, "%zu bytes are wrong", wrong);
}
