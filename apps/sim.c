/* SPDX-License-Identifier: MIT
 *
 * strata sim: the scene of `make run` in memory. Two stacks on a cable, no device, no waiting:
 *
 *     192.0.2.1 (the host's role)                       192.0.2.2
 *     three echo requests, one second apart  ------->   answers, as every stack does
 *     GET / HTTP/1.1                         ------->   the server of strata httpd
 *
 * 192.0.2.1 has been up for a while when 192.0.2.2 comes, and the frames are shown as 192.0.2.2 sees them. Time is
 * virtual: it jumps to whatever is due next, and a frame is SIM_TRANSIT under way, and longer where the options make the
 * wire at 192.0.2.2 a bad one. Nothing depends on the machine that this runs on, so the same seed gives the same story,
 * byte for byte.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apps/commands.h"
#include "apps/http_server.h"
#include "apps/options.h"
#include "apps/trace.h"
#include "apps/wire.h"
#include "drivers/cable.h"
#include "drivers/pcap.h"
#include "stack.h"

#define SIM_TRANSIT 10 /* microseconds */
#define SIM_SECOND  1000000u
#define SIM_BEFORE  (10 * SIM_SECOND) /* that the client is up before the server */
#define SIM_QUIET   (5 * SIM_SECOND)
#define SIM_LATEST  (3600ull * SIM_SECOND)
#define SIM_EPOCH   1735689600u /* virtual time begins with the year 2025 */
#define SIM_PINGS   3
#define SIM_QUEUE   256
#define SIM_ID      0x5354

struct machine {
	struct driver *driver; /* the outermost */
	struct driver *pcap;   /* one of those inside, or NULL */
	struct driver *trace;  /* the same */
	struct driver *wire;   /* the same */
	struct stack *stack;
	uint64_t *now; /* the scene's clock */
};

struct scene {
	uint64_t now;
	struct cable *cable;
	struct machine client;
	struct machine server;
	struct http_server *http;
	/* What the client has done so far */
	unsigned pings;
	unsigned replied;      /* to which of them: a bit for each sequence number */
	uint64_t next_act;     /* when it does the next thing by itself */
	struct socket *socket; /* of its one connection, while it is open */
	bool asked;
	char response[64]; /* how it begins */
	size_t received;
	bool whole; /* the server said that this was all */
	int error;  /* negative errno: why that has not come */
};

static const struct address sim_client = {{192, 0, 2, 1}};
static const struct address sim_server = {{192, 0, 2, 2}};

static const char sim_request[] = "GET / HTTP/1.1\r\nHost: 192.0.2.2\r\nConnection: close\r\n\r\n";

/* ---- a machine: driver and stack ---- */

static int machine_emit(void *user, const struct tx_packet *packet)
{
	struct machine *m = user;
	return driver_emit(m->driver, packet, *m->now);
}

static void machine_frame(void *user, const struct rx_frame *frame, uint64_t now)
{
	struct machine *m = user;
	stack_input(m->stack, frame, now);
}

static void machine_writable(void *user, uint64_t now)
{
	struct machine *m = user;
	stack_writable(m->stack, now);
}

static void machine_service(struct machine *m)
{
	const struct driver_sink sink = {m, machine_frame, machine_writable};
	driver_service(m->driver, &sink, *m->now);
	if (stack_deadline(m->stack) <= *m->now)
		stack_tick(m->stack, *m->now);
	stack_flush(m->stack, *m->now);
}

/* When the machine next needs service. */
static uint64_t machine_due(const struct machine *m)
{
	struct driver_wait wait;
	uint64_t deadline = stack_deadline(m->stack);
	driver_wait(m->driver, &wait);
	uint64_t arrival = wait.deadline > *m->now ? wait.deadline : *m->now + SIM_TRANSIT;
	return arrival < deadline ? arrival : deadline;
}

/* Put a stack with this address on the machine's driver; the rest of the configuration is the caller's. */
static bool machine_start(struct machine *m, struct address address, struct stack_config *config)
{
	config->address = address;
	config->prefix_length = 24;
	config->mac =
	    (struct mac){{0x02, 0x00, address.bytes[0], address.bytes[1], address.bytes[2], address.bytes[3]}};
	config->mtu = m->driver->mtu;
	config->emit = machine_emit;
	config->emit_user = m;
	m->stack = stack_create(config, *m->now);
	return m->stack;
}

/* ---- what the machines do ---- */

static time_t sim_clock(void *user)
{
	const struct scene *scene = user;
	return (time_t)(SIM_EPOCH + scene->now / SIM_SECOND);
}

static uint64_t sim_now(void *user)
{
	const struct scene *scene = user;
	return scene->now;
}

static void server_ready(void *user, struct socket *socket)
{
	struct scene *scene = user;
	http_server_ready(scene->http, socket);
}

static void server_event(void *user, const struct event *event)
{
	struct scene *scene = user;
	char text[128];
	if (event->type != EVENT_DROP)
		return;
	enum drop_reason reason = (enum drop_reason)event->value;
	snprintf(text, sizeof text, "%s: %s", drop_name(reason), drop_sentence(reason));
	trace_drop(scene->server.trace, reason);
	if (scene->server.pcap)
		pcap_note(scene->server.pcap, text);
}

static void client_event(void *user, const struct event *event)
{
	struct scene *scene = user;
	if (event->type == EVENT_ICMP_ECHO_REPLY && event->value >> 16 == SIM_ID)
		scene->replied |= 1u << (event->value & 0xffff) % 32; /* a wire may bring it twice */
}

static void client_ping(struct scene *scene)
{
	uint8_t data[56]; /* as much as ping sends */
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)i;
	scene->pings++;
	scene->next_act = scene->now + SIM_SECOND;
	stack_echo(scene->client.stack, sim_server, SIM_ID, (uint16_t)scene->pings, 0, data, sizeof data);
}

static void client_connect(struct scene *scene)
{
	const struct endpoint remote = {sim_server, 80};
	scene->socket = socket_open(scene->client.stack, SOCKET_STREAM);
	int error = scene->socket ? socket_connect(scene->socket, &remote) : -ENOMEM;
	if (!error)
		return;
	if (scene->socket)
		socket_abort(scene->socket);
	scene->socket = NULL;
	scene->error = error;
}

/* Keep the beginning of the response, count the rest, and close at its end or when the connection has failed. */
static void client_receive(struct scene *scene)
{
	char bytes[4096];
	long got;
	while ((got = socket_receive(scene->socket, bytes, sizeof bytes - 1)) > 0) {
		bytes[got] = '\0';
		if (scene->received == 0)
			snprintf(scene->response, sizeof scene->response, "%.*s", (int)strcspn(bytes, "\r\n"), bytes);
		scene->received += (size_t)got;
	}
	if (got == -EAGAIN)
		return;
	scene->whole = got == 0;
	scene->error = (int)got;
	socket_close(scene->socket);
	scene->socket = NULL;
}

static void client_ready(void *user, struct socket *socket)
{
	struct scene *scene = user;
	unsigned ready = socket_ready(socket);
	if (!scene->asked && (ready & SOCKET_WRITABLE)) {
		socket_send(socket, sim_request, sizeof sim_request - 1);
		scene->asked = true;
	}
	if (ready & (SOCKET_READABLE | SOCKET_HANGUP | SOCKET_ERROR))
		client_receive(scene);
}

/* The client's next step, when its time has come: three pings, then the page. */
static void client_act(struct scene *scene)
{
	if (scene->now < scene->next_act)
		return;
	if (scene->pings < SIM_PINGS) {
		client_ping(scene);
	} else {
		client_connect(scene);
		scene->next_act = DEADLINE_NEVER;
	}
}

/* ---- the scene ---- */

static void nobody_frame(void *user, const struct rx_frame *frame, uint64_t now)
{
	(void)user, (void)frame, (void)now;
}

static void nobody_writable(void *user, uint64_t now)
{
	(void)user, (void)now;
}

/* What the client says while it is alone (its announcements, RFC 5227 2.3) nobody hears. */
static void scene_play_alone(struct scene *scene)
{
	const struct driver_sink nobody = {NULL, nobody_frame, nobody_writable};
	while (scene->now < SIM_BEFORE) {
		machine_service(&scene->client);
		driver_service(cable_port(scene->cable, 1), &nobody, scene->now);
		uint64_t due = machine_due(&scene->client);
		scene->now = due < SIM_BEFORE ? due : SIM_BEFORE;
	}
}

static bool scene_start_client(struct scene *scene, const struct options *options)
{
	struct stack_config config = stack_defaults();
	config.on_ready = client_ready;
	config.ready_user = scene;
	config.events = (struct events){client_event, scene};
	memcpy(config.seed, options->seed, sizeof config.seed);
	config.seed[0] = 1; /* the two must not draw the same numbers */
	scene->client = (struct machine){.driver = cable_port(scene->cable, 0), .now = &scene->now};
	if (!machine_start(&scene->client, sim_client, &config))
		return false;
	scene_play_alone(scene);
	return true;
}

/* The server's driver: its port of the cable, a bad wire and a capture where they are asked for, the trace. */
static bool scene_wrap_server(struct scene *scene, const struct options *options)
{
	struct machine *m = &scene->server;
	char message[DRIVER_MESSAGE];
	uint8_t seed[16];
	*m = (struct machine){.driver = cable_port(scene->cable, 1), .now = &scene->now};
	memcpy(seed, options->seed, sizeof seed);
	seed[0] = 3;
	if (!wire_wrap(&m->driver, &m->wire, options, seed))
		return false;
	if (options->pcap) {
		m->pcap = pcap_wrap(m->driver, options->pcap, (uint64_t)SIM_EPOCH * 1000000000, message);
		if (!m->pcap) {
			fprintf(stderr, "%s\n", message);
			return false;
		}
		m->driver = m->pcap;
	}
	m->trace = trace_wrap(m->driver, stdout);
	m->driver = m->trace ? m->trace : m->driver;
	return m->trace;
}

static bool scene_start_server(struct scene *scene, const struct options *options)
{
	struct http_server_config http = http_server_defaults();
	struct stack_config config = stack_defaults();
	http.clock = sim_clock;
	http.now = sim_now;
	http.clock_user = scene;
	config.on_ready = server_ready;
	config.ready_user = scene;
	config.events = (struct events){server_event, scene};
	memcpy(config.seed, options->seed, sizeof config.seed);
	config.seed[0] = 2;
	if (!scene_wrap_server(scene, options) || !machine_start(&scene->server, sim_server, &config))
		return false;
	scene->http = http_server_create(scene->server.stack, &http);
	return scene->http;
}

/* Whether there is more to come: before the client has done everything, whatever is due at all; afterwards only what
 * is due soon (the end of TIME-WAIT does not count). A retransmission on a bad wire may be minutes away. */
static bool scene_goes_on(const struct scene *scene, uint64_t due)
{
	bool over = scene->next_act == DEADLINE_NEVER && !scene->socket;
	return due <= (over ? scene->now + SIM_QUIET : SIM_LATEST);
}

/* Let everything happen. */
static void scene_play(struct scene *scene)
{
	uint64_t due = scene->now;
	scene->next_act = scene->now + SIM_SECOND / 10;
	while (scene_goes_on(scene, due)) {
		scene->now = due > scene->now ? due : scene->now;
		client_act(scene);
		machine_service(&scene->client);
		machine_service(&scene->server);
		due = scene->next_act;
		due = machine_due(&scene->client) < due ? machine_due(&scene->client) : due;
		due = machine_due(&scene->server) < due ? machine_due(&scene->server) : due;
	}
}

static unsigned scene_replies(const struct scene *scene)
{
	unsigned replies = 0;
	for (unsigned ping = 1; ping <= scene->pings; ping++)
		replies += scene->replied >> ping & 1;
	return replies;
}

/* Say how it went: the exit status. TCP must bring the page over any wire; pings may be lost on a bad one. */
static int scene_sum_up(const struct scene *scene)
{
	const struct driver *wire = scene->server.wire;
	unsigned replies = scene_replies(scene);
	bool page = scene->whole && strcmp(scene->response, "HTTP/1.1 200 OK") == 0;
	printf("\n192.0.2.1 sent %u pings to 192.0.2.2, and %u came back.\n", scene->pings, replies);
	printf("192.0.2.1 asked http://192.0.2.2/ for a page and got \"%s\": %zu bytes with its head", scene->response,
	       scene->received);
	if (scene->whole)
		puts(".");
	else
		printf(", and not all of it: %s.\n", strerror(-scene->error));
	wire_tell(wire, stdout);
	return page && (wire || replies == SIM_PINGS) ? 0 : 1;
}

/* End the capture, where there is one: 0; or 1, which has been told: not all of it could be written. */
static int scene_finish_capture(const struct scene *scene)
{
	char message[DRIVER_MESSAGE];
	if (!scene->server.pcap || pcap_finish(scene->server.pcap, message))
		return 0;
	fprintf(stderr, "%s\n", message);
	return 1;
}

static void scene_end(struct scene *scene)
{
	http_server_destroy(scene->http);
	if (scene->client.stack)
		stack_destroy(scene->client.stack);
	if (scene->server.stack)
		stack_destroy(scene->server.stack);
	if (scene->server.driver)
		driver_close(scene->server.driver);
	cable_destroy(scene->cable);
}

int sim_main(int argc, char **argv)
{
	struct options options;
	struct scene scene = {.error = -ETIMEDOUT};
	int status = 2;
	options_begin(&options, argv[0], OPTIONS_SIMULATION);
	if (options_next(&options, argc, argv, NULL) != OPTIONS_END)
		return 2;
	if (optind < argc)
		return options_refuse(&options, argv[optind], "it takes no argument"), 2;
	if (options.pcap && strcmp(options.pcap, "-") == 0)
		return options_refuse(&options, "--pcap -", "standard output carries the story"), 2;
	scene.cable = cable_create(2, SIM_QUEUE);
	if (!scene.cable)
		return 2;
	if (scene_start_client(&scene, &options) && scene_start_server(&scene, &options)) {
		scene_play(&scene);
		status = scene_sum_up(&scene) | scene_finish_capture(&scene);
	}
	scene_end(&scene);
	return status;
}
