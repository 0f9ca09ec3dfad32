/* SPDX-License-Identifier: MIT
 *
 * The HTTP server and its clients, two stacks on a cable in virtual time. A client says what it has to say and reads
 * what comes; what the test then looks at is its bytes and how the connection ended.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/http_content.h"
#include "apps/http_server.h"
#include "drivers/cable.h"
#include "stack.h"

#define SECOND       1000000u
#define TRANSIT      10 /* microseconds that a frame is under way */
#define CLIENTS      200
#define FILE_LENGTH  (3u * 1024 * 1024 + 17)
#define GET(target)  "GET " target " HTTP/1.1\r\nHost: 192.0.2.2\r\n\r\n"
#define LAST(target) "GET " target " HTTP/1.1\r\nHost: 192.0.2.2\r\nConnection: close\r\n\r\n"

struct client {
	struct socket *socket;
	char *bytes; /* received so far, terminated */
	size_t length;
	bool deaf;  /* does not read for now */
	bool ended; /* in order, or with an error */
	int error;
};

static uint64_t now;
static struct cable *cable;
static struct driver *drivers[2];
static struct stack *stacks[2]; /* the clients', the server's */
static struct http_server *server;
static struct client clients[CLIENTS];
static char directory_name[] = "/tmp/strata-http-server-XXXXXX";
static int directory;

/* ---- the world ---- */

static int emit(void *user, const struct tx_packet *packet)
{
	struct driver **driver = user;
	return driver_emit(*driver, packet, now);
}

static void on_frame(void *user, const struct rx_frame *frame, uint64_t at)
{
	struct stack **stack = user;
	stack_input(*stack, frame, at);
}

static void on_writable(void *user, uint64_t at)
{
	struct stack **stack = user;
	stack_writable(*stack, at);
}

static void on_server_ready(void *user, struct socket *socket)
{
	(void)user;
	http_server_ready(server, socket);
}

static time_t clock_of_server(void *user)
{
	(void)user;
	return (time_t)(784111777 + now / SECOND); /* RFC 9110 5.6.7's example */
}

static void start_stack(unsigned i)
{
	struct stack_config config = stack_defaults();
	drivers[i] = cable_port(cable, i);
	config.mac = (struct mac){{2, 0, 0, 0, 0, (uint8_t)(i + 1)}};
	config.address = (struct address){{192, 0, 2, (uint8_t)(i + 1)}};
	config.prefix_length = 24;
	config.emit = emit;
	config.emit_user = &drivers[i];
	config.on_ready = i == 1 ? on_server_ready : NULL;
	config.seed[0] = (uint8_t)i;
	stacks[i] = stack_create(&config, now);
	cr_assert(stacks[i]);
}

static uint8_t file_byte(size_t at)
{
	return (uint8_t)(at * 7 + at / 251);
}

static void make_files(void)
{
	uint8_t *bytes = malloc(FILE_LENGTH);
	cr_assert(bytes && mkdtemp(directory_name));
	cr_assert_eq(chdir(directory_name), 0);
	for (size_t i = 0; i < FILE_LENGTH; i++)
		bytes[i] = file_byte(i);
	FILE *file = fopen("big", "w");
	cr_assert(file && fwrite(bytes, 1, FILE_LENGTH, file) == FILE_LENGTH && fclose(file) == 0);
	file = fopen("a.txt", "w");
	cr_assert(file && fputs("alpha\n", file) >= 0 && fclose(file) == 0);
	free(bytes);
	directory = http_content_directory(".");
	cr_assert_geq(directory, 0);
}

static void start(void)
{
	make_files();
	cable = cable_create(2, 512);
	start_stack(0);
	start_stack(1);
	const struct http_server_config config = {.directory = directory, .port = 80, .clock = clock_of_server};
	server = http_server_create(stacks[1], &config);
	cr_assert(server);
}

static void end(void)
{
	http_server_destroy(server);
	for (unsigned i = 0; i < CLIENTS; i++)
		free(clients[i].bytes);
	stack_destroy(stacks[0]);
	stack_destroy(stacks[1]);
	cable_destroy(cable);
	close(directory);
	remove("big");
	remove("a.txt");
	rmdir(directory_name);
}

TestSuite(http_server, .init = start, .fini = end);

/* Take what is there. Whether there was anything. */
static bool client_read(struct client *c)
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
	for (unsigned i = 0; i < CLIENTS; i++)
		if (clients[i].socket && !clients[i].deaf)
			any |= client_read(&clients[i]);
	return any;
}

static bool frame_waits(unsigned i)
{
	struct driver_wait wait;
	driver_wait(drivers[i], &wait);
	return wait.deadline != DEADLINE_NEVER;
}

static void service(unsigned i)
{
	const struct driver_sink sink = {&stacks[i], on_frame, on_writable};
	driver_service(drivers[i], &sink, now);
	if (stack_deadline(stacks[i]) <= now)
		stack_tick(stacks[i], now);
	stack_flush(stacks[i], now);
}

/* Let things happen for so long. */
static void run(uint64_t duration)
{
	uint64_t until = now + duration;
	while (now < until) {
		service(0);
		service(1);
		uint64_t due = stack_deadline(stacks[0]), other = stack_deadline(stacks[1]);
		if (clients_read() || frame_waits(0) || frame_waits(1))
			due = now + TRANSIT;
		due = other < due ? other : due;
		due = due > now ? due : now + 1;
		now = due < until ? due : until;
	}
}

static void say(struct client *c, const char *text)
{
	cr_assert_eq(socket_send(c->socket, text, strlen(text)), (long)strlen(text));
}

static struct client *connect_and_say(unsigned i, const char *text)
{
	struct client *c = &clients[i];
	c->socket = socket_open(stacks[0], SOCKET_STREAM);
	cr_assert(c->socket);
	cr_assert_eq(socket_connect(c->socket, &(struct endpoint){{{192, 0, 2, 2}}, 80}), 0);
	c->deaf = true;
	run(SECOND / 10);
	c->deaf = false;
	say(c, text);
	return c;
}

/* How often this stands in what a client has got. */
static unsigned count(const struct client *c, const char *what)
{
	unsigned found = 0;
	for (const char *at = c->bytes; at && (at = strstr(at, what)); at += strlen(what))
		found++;
	return found;
}

static void expect_whole_file(const struct client *c)
{
	char *body = c->bytes ? strstr(c->bytes, "\r\n\r\n") : NULL;
	cr_assert(body);
	size_t length = c->length - (size_t)(body + 4 - c->bytes), wrong = 0;
	cr_assert_eq(length, FILE_LENGTH);
	for (size_t i = 0; i < length; i++)
		wrong += (uint8_t)body[4 + i] != file_byte(i);
	cr_expect_eq(wrong, 0, "%zu bytes are wrong", wrong);
}

/* ---- what it does ---- */

Test(http_server, answers_and_stays)
{
	struct client *c = connect_and_say(0, GET("/a.txt"));
	run(SECOND);
	cr_assert(c->bytes);
	cr_expect_eq(strncmp(c->bytes, "HTTP/1.1 200 OK\r\n", 17), 0, "%s", c->bytes);
	cr_expect_eq(count(c, "\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), 1, "%s", c->bytes);
	cr_expect_str_eq(c->bytes + c->length - 10, "\r\n\r\nalpha\n");
	say(c, "HEAD /a.txt HTTP/1.1\r\nHost: x\r\n\r\n");
	run(SECOND);
	cr_expect_eq(count(c, "Content-Length: 6\r\n"), 2);
	cr_expect_eq(count(c, "alpha"), 1);
	cr_expect_not(c->ended);
	cr_expect_eq(http_server_connections(server), 1);
	say(c, LAST("/none"));
	run(SECOND);
	cr_expect_eq(count(c, "HTTP/1.1 404 Not Found\r\n"), 1);
	cr_expect(c->ended && c->error == 0, "it did not end in order: %d", c->error);
	cr_expect_eq(http_server_connections(server), 0);
}

Test(http_server, sends_who_forgets_the_slash_of_a_directory_there)
{
	cr_assert_eq(mkdir("sub", 0755), 0);
	struct client *c = connect_and_say(0, GET("/sub?a=%20b") LAST("//sub"));
	run(SECOND);
	cr_assert_eq(rmdir("sub"), 0);
	cr_assert(c->bytes);
	cr_expect_eq(strncmp(c->bytes, "HTTP/1.1 301 Moved Permanently\r\n", 32), 0, "%s", c->bytes);
	cr_expect_eq(count(c, "\r\nLocation: /sub/?a=%20b\r\n"), 1, "%s", c->bytes);
	cr_expect_eq(count(c, "\r\nLocation: /sub/\r\n"), 1, "%s", c->bytes);
	cr_expect(c->ended && c->error == 0);
}

Test(http_server, answers_a_pipeline_in_order)
{
	struct client *c = connect_and_say(0, GET("/a.txt") GET("/none") GET("/a.txt") LAST("/") GET("/a.txt"));
	run(SECOND);
	cr_assert(c->bytes);
	cr_expect_eq(count(c, "HTTP/1.1 "), 4); /* RFC 9112 9.6: nothing after the close */
	cr_expect_eq(count(c, "alpha\n"), 2);
	cr_expect_lt(strstr(c->bytes, "alpha"), strstr(c->bytes, "404"));
	cr_expect(c->ended && c->error == 0);
}

Test(http_server, takes_a_request_byte_by_byte)
{
	static const char request[] = LAST("/a.txt");
	struct client *c = connect_and_say(0, "");
	for (size_t i = 0; i < sizeof request - 1; i++) {
		cr_assert_null(c->bytes);
		cr_assert_eq(socket_send(c->socket, request + i, 1), 1);
		run(SECOND / 10);
	}
	run(SECOND);
	cr_expect_eq(count(c, "\r\n\r\nalpha\n"), 1);
	cr_expect(c->ended && c->error == 0);
}

Test(http_server, sends_a_long_file_through_a_short_buffer)
{
	struct client *c = connect_and_say(0, LAST("/big"));
	run(10 * SECOND);
	cr_expect(c->ended && c->error == 0);
	expect_whole_file(c);
}

Test(http_server, lets_a_slow_reader_wait_alone)
{
	struct client *slow = connect_and_say(0, LAST("/big"));
	slow->deaf = true;
	run(5 * SECOND);
	/* bounded by the two buffers of 512 KiB and some small things, not by the file */
	cr_expect_lt(stack_memory(stacks[1])->bytes, 1024 * 1024);
	struct client *quick = connect_and_say(1, LAST("/a.txt"));
	run(SECOND);
	cr_expect_eq(count(quick, "alpha"), 1);
	cr_expect(quick->ended && !slow->ended);
	slow->deaf = false;
	run(70 * SECOND);
	cr_expect(slow->ended && slow->error == 0);
	expect_whole_file(slow);
}

/* What still comes is read before the connection ends; were it reset, the client could lose the answer
 * (RFC 9112 9.6). */
Test(http_server, ends_in_order_under_a_body_that_it_does_not_want)
{
	static char body[100000];
	memset(body, 'x', sizeof body - 1);
	struct client *c = connect_and_say(0, "POST /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n");
	for (unsigned i = 0; i < 5; i++) {
		say(c, body);
		c->deaf = true;
		run(SECOND);
	}
	socket_shutdown(c->socket, SOCKET_SHUTDOWN_WRITE);
	run(SECOND);
	c->deaf = false;
	run(SECOND);
	cr_expect_eq(count(c, "HTTP/1.1 405 Method Not Allowed\r\n"), 1);
	cr_expect_eq(count(c, "\r\nConnection: close\r\n"), 1);
	cr_expect(c->ended && c->error == 0, "error %d", c->error);
	cr_expect_eq(http_server_connections(server), 0);
}

Test(http_server, answers_what_is_no_http_and_ends_in_order)
{
	static char line[10000];
	memset(line, 'A', sizeof line - 1);
	struct client *c = connect_and_say(0, "GET /\r\n\r\n"), *endless = connect_and_say(1, line);
	run(SECOND);
	cr_expect_eq(count(c, "HTTP/1.1 400 Bad Request\r\n"), 1);
	cr_expect(c->ended && c->error == 0);
	cr_expect_eq(count(endless, "HTTP/1.1 400 Bad Request\r\n"), 1);
	cr_expect(endless->ended && endless->error == 0);
}

Test(http_server, resets_when_a_file_shrinks_under_way)
{
	struct client *c = connect_and_say(0, GET("/big"));
	c->deaf = true;
	run(SECOND);
	cr_assert_eq(truncate("big", 1000), 0);
	c->deaf = false;
	run(70 * SECOND);
	cr_expect(c->ended);
	cr_expect_eq(c->error, -ECONNRESET);
	cr_expect_eq(http_server_connections(server), 0);
}

Test(http_server, forgets_a_client_that_goes_away)
{
	struct client *gone = connect_and_say(0, GET("/big")), *half = connect_and_say(1, "GET /");
	gone->deaf = true;
	run(SECOND);
	socket_abort(gone->socket);
	gone->socket = NULL;
	socket_shutdown(half->socket, SOCKET_SHUTDOWN_WRITE);
	run(SECOND);
	cr_expect_eq(http_server_connections(server), 0);
	cr_expect(half->ended && half->error == 0 && half->length == 0);
}

Test(http_server, serves_many_at_once)
{
	for (unsigned i = 0; i < CLIENTS; i++)
		connect_and_say(i, "GET /a.txt HTTP/1.1\r\nHost: x\r\n");
	cr_expect_eq(http_server_connections(server), CLIENTS);
	for (unsigned i = 0; i < CLIENTS; i++)
		say(&clients[i], "Connection: close\r\n\r\n");
	run(SECOND);
	for (unsigned i = 0; i < CLIENTS; i++)
		cr_expect(count(&clients[i], "alpha\n") == 1 && clients[i].ended && clients[i].error == 0, "client %u",
			  i);
	cr_expect_eq(http_server_connections(server), 0);
}

Test(http_server, stops_after_what_is_under_way)
{
	struct client *idle = connect_and_say(0, GET("/a.txt")), *busy = connect_and_say(1, GET("/big"));
	busy->deaf = true;
	run(SECOND);
	http_server_stop(server);
	run(SECOND);
	cr_expect(idle->ended && idle->error == 0);
	cr_expect_eq(http_server_connections(server), 1);
	busy->deaf = false;
	run(70 * SECOND);
	cr_expect(busy->ended && busy->error == 0);
	expect_whole_file(busy);
	cr_expect_eq(http_server_connections(server), 0);
}
