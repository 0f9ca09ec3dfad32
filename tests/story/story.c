/* SPDX-License-Identifier: MIT
 *
 * The machines of the story, the wires between them, and what their users do; see story.h.
 */
#include "tests/story/story.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/http_client_request.h"
#include "apps/http_client_response.h"
#include "base/deadline.h"
#include "dns/dns.h"
#include "stack.h"
#include "tests/story/capture.h"
#include "trace/decode.h"

#define SECOND     1000000u
#define BEFORE     (60 * SECOND) /* when the station is switched on; the others have been there for long */
#define THINKING   1000u         /* between what a program hears and what it does, microseconds */
#define KEEP_ALIVE (5 * SECOND)  /* of the web server, as in the capture */
#define TRAVEL     100u          /* of a frame on its wire */
#define FRAMES     64
#define FRAME_MAX  1514

enum machine { STATION, NAMES, GATEWAY, UPLINK, WEB, MACHINES };

struct wired {
	enum machine from;
	uint64_t time; /* of arrival */
	size_t length;
	uint8_t bytes[FRAME_MAX];
};

struct story {
	uint64_t now;
	struct stack *stacks[MACHINES];
	struct wired wires[FRAMES]; /* under way, a ring in the order of arrival */
	unsigned first, count;
	struct decode decode;
	unsigned seen;
	void (*see)(void *user, const struct story_frame *frame);
	void *user;

	/* The station's user. */
	uint64_t act; /* when it does the next thing */
	struct address server;
	struct socket *socket;
	unsigned asked;
	struct http_client_response response;
	struct story_end end;
	bool over;

	/* The web server. */
	struct socket *listener, *client;
	uint64_t idle; /* when it has waited long enough */
};

/* A machine's user: which machine it is. */
struct place {
	struct story *story;
	enum machine machine;
};

static const struct {
	struct mac mac;
	struct address address, gateway;
	uint8_t ttl; /* the web server is ten more routers away */
} machines[MACHINES] = {
    [STATION] = {{{0x1c, 0xb7, 0x2c, 0x2d, 0x74, 0xe6}}, {{192, 168, 60, 112}}, {{192, 168, 60, 254}}, 64},
    [NAMES] = {{{0x18, 0x31, 0xbf, 0xdf, 0xa1, 0xf0}}, {{192, 168, 60, 3}}, {{192, 168, 60, 254}}, 64},
    [GATEWAY] = {{{0x68, 0xa3, 0x78, 0x86, 0xec, 0x02}}, {{192, 168, 60, 254}}, {{0}}, 64},
    [UPLINK] = {{{0x68, 0xa3, 0x78, 0x86, 0xec, 0x03}}, {{51, 68, 121, 254}}, {{0}}, 64},
    [WEB] = {{{0x02, 0, 51, 68, 121, 59}}, {{51, 68, 121, 59}}, {{51, 68, 121, 254}}, 54},
};

/* ---- wires ---- */

static bool is_on_lan(enum machine machine)
{
	return machine <= GATEWAY;
}

static int emit(void *user, const struct tx_packet *packet)
{
	const struct place *place = user;
	struct story *s = place->story;
	if (s->count == FRAMES || tx_length(packet) > FRAME_MAX)
		return -ENOBUFS;
	struct wired *w = &s->wires[(s->first + s->count++) % FRAMES];
	w->from = place->machine;
	w->time = s->now + TRAVEL;
	w->length = tx_length(packet);
	tx_copy(packet, w->bytes);
	return 0;
}

static void show(struct story *s, const struct wired *w)
{
	char line[DECODE_TEXT];
	if (!is_on_lan(w->from) || !s->stacks[STATION])
		return;
	decode_line(&s->decode, w->bytes, w->length, line, sizeof line);
	const struct story_frame frame = {++s->seen, s->now - BEFORE, w->bytes, w->length, line};
	s->see(s->user, &frame);
}

static void arrive(struct story *s)
{
	const struct wired w = s->wires[s->first];
	s->first = (s->first + 1) % FRAMES;
	s->count--;
	show(s, &w);
	for (unsigned i = 0; i < MACHINES; i++)
		if (i != w.from && is_on_lan(i) == is_on_lan(w.from) && s->stacks[i])
			stack_input(s->stacks[i], &(struct rx_frame){.bytes = w.bytes, .length = w.length}, s->now);
}

/* All the code that a router needs. */
static void forward(void *user, struct stack *from, const uint8_t *packet, size_t length)
{
	const struct place *place = user;
	struct stack *to = place->story->stacks[place->machine == GATEWAY ? UPLINK : GATEWAY];
	if (stack_forward(to, packet, length, place->story->now) == -ETIME)
		stack_icmp_error(from, packet, length, 11, 0, 0);
}

/* ---- the name server: each name has the web server's address ---- */

static void names_ready(struct socket *socket)
{
	static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 51, 68, 121, 59};
	struct socket_message from;
	uint8_t message[512];
	long length = socket_receive_from(socket, message, sizeof message - sizeof record, false, &from);
	if (length < 12 + 5)
		return;
	size_t at = 12;
	while (at < (size_t)length && message[at] != 0)
		at += 1u + message[at];
	at += 5;           /* the end of the name, type and class; what follows is EDNS, and not answered */
	message[2] = 0x81; /* a response, recursion was desired */
	message[3] = 0x80; /* and is available */
	message[7] = 1;
	message[11] = 0;
	memcpy(message + at, record, sizeof record);
	socket_send_to(socket, message, at + sizeof record, &from.source);
}

/* ---- the web server ---- */

static const char nothing[] =
    "HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\nConnection: Keep-Alive\r\n\r\nNot Found\n";

static void web_accept(struct story *s)
{
	s->client = socket_accept(s->listener);
	s->end.connections += s->client != NULL;
	s->idle = s->now + KEEP_ALIVE;
}

static void web_ready(struct story *s, struct socket *socket)
{
	char request[2048];
	if (socket == s->listener) {
		web_accept(s);
		return;
	}
	long got = socket_receive(socket, request, sizeof request - 1);
	if (got > 0) {
		request[got] = '\0';
		bool root = strncmp(request, "GET / ", 6) == 0;
		socket_send(socket, root ? captured_page : nothing,
			    root ? sizeof captured_page - 1 : sizeof nothing - 1);
		s->idle = s->now + KEEP_ALIVE;
	} else if (got == 0) {
		socket_close(socket);
		s->client = NULL;
	}
}

/* ---- the station's user: a browser ---- */

static void think(struct story *s)
{
	s->act = s->now + THINKING;
}

static void hear_name(void *user, const struct dns_answer *answer)
{
	struct story *s = user;
	if (dns_answer_addresses(answer, &s->server, 1) == 1)
		think(s);
}

static void ask_for_name(struct story *s)
{
	struct dns_request *request;
	const struct dns_wanted wanted = {.name = "www.nain-t.net", .type = DNS_A};
	if (dns_begin(s->stacks[STATION], &wanted, hear_name, s, &request) != 0)
		s->over = true;
}

static void open_connection(struct story *s)
{
	s->socket = socket_open(s->stacks[STATION], SOCKET_STREAM);
	socket_bind(s->socket, &(struct endpoint){.port = 45616}); /* as in the capture */
	socket_connect(s->socket, &(struct endpoint){s->server, 80});
}

/* The capture's request had 348 bytes, of which nothing is printed but its first line, Host and Connection. */
static void ask_for_page(struct story *s)
{
	static const char *const headers[] = {
	    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:135.0) Gecko/20100101 Firefox/135.0",
	    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
	    "Accept-Language: fr,fr-FR;q=0.8,en-US;q=0.5,en;q=0.3",
	    "Accept-Encoding: x-gzip",
	    "Connection: Keep-Alive",
	    "Upgrade-Insecure-Requests: 1",
	    "Priority: u=0, i",
	};
	struct url url;
	const struct http_client_request request = {
	    .method = "GET", .url = &url, .headers = headers, .header_count = 7};
	url_parse(s->asked++ == 0 ? "http://www.nain-t.net/" : "http://www.nain-t.net/favicon.ico", &url);
	char *head = http_client_request_head(&request);
	http_client_begin(&s->response, false);
	if (head)
		socket_send(s->socket, head, strlen(head));
	free(head);
}

static void act(struct story *s)
{
	s->act = DEADLINE_NEVER;
	if (address_is_any(s->server))
		ask_for_name(s);
	else if (!s->socket)
		open_connection(s);
	else if (s->asked < 2)
		ask_for_page(s);
	else {
		socket_close(s->socket);
		s->over = true;
	}
}

/* Take what has come: as much of the response as is there. */
static void hear_page(struct story *s)
{
	uint8_t bytes[2048];
	long got = socket_receive(s->socket, bytes, sizeof bytes);
	enum http_client_piece piece = HTTP_CLIENT_MORE;
	for (size_t at = 0, used; got > 0 && piece != HTTP_CLIENT_DONE && piece != HTTP_CLIENT_BAD; at += used) {
		piece = http_client_next(&s->response, bytes + at, (size_t)got - at, &used);
		if (piece == HTTP_CLIENT_BODY) {
			if (s->asked == 1)
				snprintf(s->end.page, sizeof s->end.page, "%.*s", (int)s->response.body_length,
					 (const char *)s->response.body);
			used += s->response.body_length;
			http_client_took(&s->response, s->response.body_length);
		}
		if (piece == HTTP_CLIENT_MORE && at + used == (size_t)got)
			return;
	}
	s->end.status[s->asked - 1] = s->response.status;
	if (got == 0 || s->asked < 2)
		think(s);
}

static void station_ready(struct story *s, struct socket *socket)
{
	if (s->asked == 0 && (socket_ready(socket) & SOCKET_WRITABLE))
		think(s);
	else if (s->asked > 0 && (socket_ready(socket) & SOCKET_READABLE))
		hear_page(s);
}

/* ---- all of it ---- */

static void ready(void *user, struct socket *socket)
{
	const struct place *place = user;
	if (place->machine == STATION)
		station_ready(place->story, socket);
	else if (place->machine == NAMES)
		names_ready(socket);
	else if (place->machine == WEB)
		web_ready(place->story, socket);
}

static bool switch_on(struct story *s, struct place *place)
{
	const enum machine m = place->machine;
	struct stack_config config = stack_defaults();
	config.mac = machines[m].mac;
	config.address = machines[m].address;
	config.gateway = machines[m].gateway;
	config.prefix_length = 24;
	config.ttl = machines[m].ttl;
	config.emit = emit;
	config.on_ready = ready;
	config.emit_user = config.ready_user = config.forward_user = place;
	config.forward = m == GATEWAY || m == UPLINK ? forward : NULL;
	config.seed[0] = (uint8_t)m;
	s->stacks[m] = stack_create(&config, s->now);
	return s->stacks[m];
}

static struct socket *listen_on(struct stack *stack, enum socket_type type, uint16_t port)
{
	struct socket *socket = socket_open(stack, type);
	socket_bind(socket, &(struct endpoint){.port = port});
	if (type == SOCKET_STREAM)
		socket_listen(socket, 8);
	return socket;
}

static uint64_t next_moment(const struct story *s)
{
	uint64_t next = s->act;
	if (s->client && s->idle < next)
		next = s->idle;
	if (s->count > 0 && s->wires[s->first].time < next)
		next = s->wires[s->first].time;
	for (unsigned i = 0; i < MACHINES; i++)
		if (s->stacks[i] && stack_deadline(s->stacks[i]) < next)
			next = stack_deadline(s->stacks[i]);
	return next;
}

static void play_moment(struct story *s)
{
	while (s->count > 0 && s->wires[s->first].time <= s->now)
		arrive(s);
	if (s->act <= s->now)
		act(s);
	if (s->client && s->idle <= s->now) {
		socket_shutdown(s->client, SOCKET_SHUTDOWN_WRITE);
		s->idle = DEADLINE_NEVER;
	}
	for (unsigned i = 0; i < MACHINES; i++) {
		if (!s->stacks[i])
			continue;
		stack_tick(s->stacks[i], s->now);
		stack_flush(s->stacks[i], s->now);
	}
}

static void play_until(struct story *s, uint64_t until)
{
	while (s->now < until) {
		uint64_t next = next_moment(s);
		next = next > s->now ? next : s->now;
		s->now = next < until ? next : until;
		play_moment(s);
	}
}

static void sum_up(struct story *s, struct story_end *end)
{
	*end = s->end;
	end->outstanding = stack_connections(s->stacks[STATION]) + stack_connections(s->stacks[WEB]);
	for (unsigned i = 0; i < MACHINES; i++)
		stack_destroy(s->stacks[i]);
}

bool story_play(void (*see)(void *user, const struct story_frame *frame), void *user, struct story_end *end)
{
	static struct story story;
	static struct place places[MACHINES];
	struct story *s = &story;
	memset(s, 0, sizeof *s);
	s->now = SECOND;
	s->act = DEADLINE_NEVER;
	s->see = see;
	s->user = user;
	decode_init(&s->decode);
	for (unsigned i = 0; i < MACHINES; i++) {
		places[i] = (struct place){s, i};
		if (i != STATION && !switch_on(s, &places[i]))
			return false;
	}
	listen_on(s->stacks[NAMES], SOCKET_DATAGRAM, 53);
	s->listener = listen_on(s->stacks[WEB], SOCKET_STREAM, 80);
	play_moment(s);
	play_until(s, BEFORE);
	if (!switch_on(s, &places[STATION]) ||
	    dns_add_server(s->stacks[STATION], &(struct endpoint){machines[NAMES].address, 53}) != 0)
		return false;
	play_moment(s);
	s->act = BEFORE + 3 * SECOND; /* it has announced itself by then */
	play_until(s, BEFORE + 20 * SECOND);
	sum_up(s, end);
	return s->over;
}
