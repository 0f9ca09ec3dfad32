/* SPDX-License-Identifier: MIT
 *
 * The host's loop and its blocking calls, on a device that has another machine inside:
 *
 *     host ---- struct world (a driver) ---- cable ---- a stack that echoes on port 7
 *
 * The world runs its machine whenever the host asks it for frames.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/host.h"
#include "drivers/cable.h"

#define MINUTE 60000 /* milliseconds: for what comes at once, or never */

struct world {
	struct driver driver;
	struct cable *cable;
	struct stack *machine;
	struct socket *listener;
	int gone;        /* negative errno: what service() answers */
	bool deaf;       /* what the host sends is lost */
	bool closed;     /* driver_close() was called */
	unsigned served; /* how often service() was called */
};

static int world_emit(struct driver *driver, const struct tx_packet *packet, uint64_t now)
{
	struct world *world = (struct world *)driver;
	return world->deaf ? 0 : driver_emit(cable_port(world->cable, 0), packet, now);
}

static void machine_frame(void *user, const struct rx_frame *frame, uint64_t now)
{
	stack_input(((struct world *)user)->machine, frame, now);
}

static void machine_writable(void *user, uint64_t now)
{
	stack_writable(((struct world *)user)->machine, now);
}

static int world_service(struct driver *driver, const struct driver_sink *sink, uint64_t now)
{
	struct world *world = (struct world *)driver;
	const struct driver_sink inside = {world, machine_frame, machine_writable};
	world->served++;
	if (world->gone)
		return world->gone;
	driver_service(cable_port(world->cable, 1), &inside, now);
	stack_tick(world->machine, now);
	stack_flush(world->machine, now);
	return driver_service(cable_port(world->cable, 0), sink, now);
}

static void world_wait(const struct driver *driver, struct driver_wait *wait)
{
	const struct world *world = (const struct world *)driver;
	struct driver_wait inside;
	driver_wait(cable_port(world->cable, 0), wait);
	driver_wait(cable_port(world->cable, 1), &inside);
	if (inside.deadline < wait->deadline)
		wait->deadline = inside.deadline;
	if (stack_deadline(world->machine) < wait->deadline)
		wait->deadline = stack_deadline(world->machine);
}

static void world_close(struct driver *driver)
{
	((struct world *)driver)->closed = true;
}

static const struct driver_operations world_operations = {world_emit, world_service, world_wait, world_close};

static int machine_emit(void *user, const struct tx_packet *packet)
{
	return driver_emit(cable_port(((struct world *)user)->cable, 1), packet, 0);
}

static void machine_ready(void *user, struct socket *socket)
{
	struct world *world = user;
	uint8_t bytes[1000];
	long got;
	if (socket == world->listener) {
		machine_ready(world, socket_accept(socket));
		return;
	}
	size_t room;
	while (socket_reserve(socket, sizeof bytes, &room) &&
	       (got = socket_receive(socket, bytes, room < 1000 ? room : 1000)) > 0)
		socket_send(socket, bytes, (size_t)got);
	if ((socket_ready(socket) & SOCKET_READABLE) && socket_receive(socket, bytes, 1) == 0)
		socket_close(socket);
}

static void begin_world(struct world *world)
{
	struct stack_config config = stack_defaults();
	*world =
	    (struct world){.driver = {.operations = &world_operations, .mtu = 1500}, .cable = cable_create(2, 1024)};
	config.address = (struct address){{192, 0, 2, 1}};
	config.prefix_length = 24;
	config.mac = (struct mac){{2, 0, 0, 0, 0, 1}};
	config.emit = machine_emit;
	config.emit_user = world;
	config.on_ready = machine_ready;
	config.ready_user = world;
	world->machine = stack_create(&config, host_now());
	cr_assert_not_null(world->machine);
	world->listener = socket_open(world->machine, SOCKET_STREAM);
	cr_assert_eq(socket_bind(world->listener, &(struct endpoint){.port = 7}), 0);
	cr_assert_eq(socket_listen(world->listener, 8), 0);
}

static struct host *begin(struct world *world)
{
	struct options options;
	begin_world(world);
	options_begin(&options, "test", OPTIONS_MACHINE);
	struct host *host = host_open_on(&world->driver, &options);
	cr_assert_not_null(host);
	return host;
}

/* Open a host with --probe that wants this address. NULL, and this line on standard error; or the host. */
static struct host *probe(struct world *world, struct address address)
{
	struct options options;
	begin_world(world);
	options_begin(&options, "test", OPTIONS_MACHINE);
	options.address = address;
	options.mac = (struct mac){{2, 0, 0, 0, 0, 9}};
	options.probe = true;
	return host_open_on(&world->driver, &options);
}

static void end_world(struct world *world)
{
	cr_assert(world->closed);
	stack_destroy(world->machine);
	cable_destroy(world->cable);
}

static void end(struct world *world, struct host *host)
{
	cr_assert_eq(host_close(host), world->gone ? 1 : 0);
	end_world(world);
}

static const struct endpoint echo_port = {{{192, 0, 2, 1}}, 7};
static const struct endpoint closed_port = {{{192, 0, 2, 1}}, 8};

Test(host, connects_sends_receives_and_closes)
{
	struct world world;
	struct host *host = begin(&world);
	struct socket *socket;
	char back[64];
	long got, all = 0;
	cr_assert_eq(host_connect(host, &echo_port, MINUTE, &socket), 0);
	cr_assert_eq(host_send(host, socket, "hello, world", 12, MINUTE), 0);
	for (; all < 12; all += got) {
		got = host_receive(host, socket, back + all, sizeof back - (size_t)all, MINUTE);
		cr_assert_gt(got, 0);
	}
	cr_assert_arr_eq(back, "hello, world", 12);
	cr_assert_eq(host_close_socket(host, socket, MINUTE), 0);
	end(&world, host);
}

static void hear_reply(void *user, const struct event *event)
{
	uint64_t *heard = user;
	if (event->type == EVENT_ICMP_ECHO_REPLY)
		*heard = event->value;
}

static bool has_heard(void *user)
{
	return *(uint64_t *)user;
}

Test(host, tells_events)
{
	struct world world;
	struct host *host = begin(&world);
	uint64_t heard = 0;
	host_on_event(host, hear_reply, &heard);
	cr_assert_eq(stack_echo(host_stack(host), echo_port.address, 7, 2, 0, "data", 4), 0);
	cr_assert_eq(host_until(host, has_heard, &heard, MINUTE), 0);
	cr_assert_eq(heard, 0x70002);
	end(&world, host);
}

Test(host, a_close_that_lingers)
{
	struct world world;
	struct host *host = begin(&world);
	struct socket *socket;
	cr_assert_eq(host_connect(host, &echo_port, MINUTE, &socket), 0);
	cr_assert(socket_sent_all(socket));
	cr_assert_eq(socket_send(socket, "hello", 5), 5);
	cr_assert_not(socket_sent_all(socket));
	cr_assert_eq(host_close_lingering(host, socket, MINUTE), 0);
	/* and one whose last words nobody hears */
	cr_assert_eq(host_connect(host, &echo_port, MINUTE, &socket), 0);
	world.deaf = true;
	cr_assert_eq(socket_send(socket, "hello", 5), 5);
	cr_assert_eq(host_close_lingering(host, socket, 20), -ETIMEDOUT);
	cr_assert_eq(stack_connections(host_stack(host)), 0);
	end(&world, host);
}

Test(host, a_refused_connection_says_so)
{
	struct world world;
	struct host *host = begin(&world);
	struct socket *socket;
	cr_assert_eq(host_connect(host, &closed_port, MINUTE, &socket), -ECONNREFUSED);
	cr_assert_null(socket);
	end(&world, host);
}

Test(host, waiting_in_vain_times_out)
{
	struct world world;
	struct host *host = begin(&world);
	struct socket *listener = socket_open(host_stack(host), SOCKET_STREAM), *socket;
	cr_assert_eq(socket_bind(listener, &(struct endpoint){.port = 80}), 0);
	cr_assert_eq(socket_listen(listener, 8), 0);
	cr_assert_eq(host_accept(host, listener, 20, &socket), -ETIMEDOUT);
	cr_assert_null(socket);
	end(&world, host);
}

Test(host, accepts_a_connection_from_the_other_side)
{
	struct world world;
	struct host *host = begin(&world);
	const struct endpoint here = {{{192, 0, 2, 2}}, 80};
	struct socket *listener = socket_open(host_stack(host), SOCKET_STREAM), *socket,
		      *other = socket_open(world.machine, SOCKET_STREAM);
	cr_assert_eq(socket_bind(listener, &(struct endpoint){.port = 80}), 0);
	cr_assert_eq(socket_listen(listener, 8), 0);
	cr_assert_eq(socket_connect(other, &here), 0);
	cr_assert_eq(host_accept(host, listener, MINUTE, &socket), 0);
	cr_assert_eq(socket_local(socket).port, 80);
	socket_abort(socket);
	end(&world, host);
}

Test(host, a_signal_ends_a_wait_once)
{
	struct world world;
	struct host *host = begin(&world);
	struct socket *listener = socket_open(host_stack(host), SOCKET_STREAM), *socket;
	cr_assert_eq(socket_bind(listener, &(struct endpoint){.port = 80}), 0);
	cr_assert_eq(socket_listen(listener, 8), 0);
	raise(SIGTERM);
	cr_assert_eq(host_accept(host, listener, MINUTE, &socket), -EINTR);
	cr_assert_eq(host_accept(host, listener, 20, &socket), -ETIMEDOUT);
	end(&world, host);
}

Test(host, run_ends_with_0_at_a_signal)
{
	struct world world;
	struct host *host = begin(&world);
	raise(SIGINT);
	cr_assert_eq(host_run(host), 0);
	end(&world, host);
}

static bool never(void *user)
{
	(void)user;
	return false;
}

/* A connection whose peer has fallen silent, and a signal that ended host_run(). */
static struct host *begin_ending(struct world *world)
{
	struct host *host = begin(world);
	struct socket *socket;
	cr_assert_eq(host_connect(host, &echo_port, MINUTE, &socket), 0);
	world->deaf = true;
	raise(SIGINT);
	cr_assert_eq(host_run(host), 0);
	return host;
}

Test(host, after_a_signal_connections_have_a_while_to_end)
{
	struct world world;
	struct host *host = begin_ending(&world);
	unsigned before = world.served;
	end(&world, host);
	cr_assert_gt(world.served, before);
}

Test(host, after_a_second_signal_they_have_none)
{
	struct world world;
	struct host *host = begin_ending(&world);
	raise(SIGTERM);
	cr_assert_eq(host_until(host, never, NULL, MINUTE), -EINTR);
	unsigned before = world.served;
	end(&world, host);
	cr_assert_eq(world.served, before);
}

static void stop(void *user, struct socket *socket)
{
	struct host *host = user;
	cr_assert(socket_ready(socket) & SOCKET_WRITABLE);
	host_stop(host);
}

Test(host, run_ends_when_the_app_says_so)
{
	struct world world;
	struct host *host = begin(&world);
	struct socket *socket = socket_open(host_stack(host), SOCKET_STREAM);
	host_on_ready(host, stop, host);
	cr_assert_eq(socket_connect(socket, &echo_port), 0);
	cr_assert_eq(host_run(host), 0);
	socket_close(socket);
	end(&world, host);
}

Test(host, a_device_that_is_gone_ends_everything)
{
	struct world world;
	struct host *host = begin(&world);
	struct socket *socket;
	world.gone = -EBADFD;
	cr_assert_eq(host_run(host), 1);
	cr_assert_eq(host_connect(host, &echo_port, MINUTE, &socket), -ENODEV);
	end(&world, host);
}

Test(host, signals_are_as_before_once_it_is_closed)
{
	struct world world;
	sigset_t before, during, after;
	sigprocmask(SIG_BLOCK, NULL, &before);
	struct host *host = begin(&world);
	sigprocmask(SIG_BLOCK, NULL, &during);
	end(&world, host);
	sigprocmask(SIG_BLOCK, NULL, &after);
	cr_assert(sigismember(&during, SIGINT) && sigismember(&during, SIGTERM));
	cr_assert_eq(sigismember(&after, SIGINT), sigismember(&before, SIGINT));
	cr_assert_eq(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
}

/* The next line on standard error, which has been redirected. */
static void expect_line(const char *expected)
{
	char line[256];
	fflush(stderr);
	cr_assert_not_null(fgets(line, sizeof line, cr_get_redirected_stderr()));
	cr_assert_str_eq(line, expected);
}

/* RFC 5227 2.1: the other machine answers the first probe. */
Test(host, an_address_that_another_has_is_not_taken)
{
	struct world world;
	cr_redirect_stderr();
	cr_assert_null(probe(&world, (struct address){{192, 0, 2, 1}}));
	expect_line("strata: taking 192.0.2.1 failed on the device: 02:00:00:00:00:01 has it; "
		    "do: strata test --probe --ip ANOTHER/24\n");
	end_world(&world);
}

Test(host, a_free_address_is_there_when_probing_is_over)
{
	struct world world;
	struct host *host = probe(&world, (struct address){{192, 0, 2, 9}});
	struct socket *socket;
	cr_assert_not_null(host);
	cr_assert(stack_address_ready(host_stack(host)));
	cr_assert_eq(host_connect(host, &echo_port, MINUTE, &socket), 0);
	socket_abort(socket);
	end(&world, host);
}

Test(host, probing_can_be_interrupted)
{
	struct world world;
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGINT);
	cr_redirect_stderr();
	cr_assert_null(probe(&world, (struct address){{192, 0, 2, 9}}));
	expect_line("strata: probing failed on the device: interrupted; do: strata help test\n");
	end_world(&world);
}

/* RFC 5227 2.4 (c): the address is kept, and the conflict told, once in a while. */
Test(host, a_claim_of_our_address_is_told)
{
	struct world world;
	struct host *host = begin(&world);
	static const uint8_t claim[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0,   7, 8, 6,
					  0,    1,    8,    0,    6,    4,    0, 1, 2, 0, 0,   0, 0, 7,
					  192,  0,    2,    2,    0,    0,    0, 0, 0, 0, 192, 0, 2, 2};
	const struct rx_frame frame = {.bytes = claim, .length = sizeof claim};
	cr_redirect_stderr();
	stack_input(host_stack(host), &frame, host_now());
	stack_input(host_stack(host), &frame, host_now());
	expect_line(
	    "strata: keeping 192.0.2.2 failed on the device: 02:00:00:00:00:07 claims it too, and packets may go "
	    "astray; do: strata test --ip ANOTHER/24\n");
	fflush(stderr);
	cr_assert_eq(fgetc(cr_get_redirected_stderr()), EOF);
	end(&world, host);
}

/* A host behind a wire like this one. */
static struct host *begin_behind(struct world *world, const struct netem_options *wire, const char *capture)
{
	struct options options;
	begin_world(world);
	options_begin(&options, "test", OPTIONS_MACHINE);
	options.wire = *wire;
	options.pcap = capture;
	struct host *host = host_open_on(&world->driver, &options);
	cr_assert_not_null(host);
	return host;
}

/* The last acknowledgement is still on the wire when our side of the connection is over. */
Test(host, what_is_on_a_slow_wire_still_arrives)
{
	struct world world;
	struct host *host = begin_behind(&world, &(struct netem_options){.delay = 20000}, NULL);
	struct socket *socket;
	uint64_t before = host_now();
	cr_redirect_stderr();
	cr_assert_eq(host_connect(host, &echo_port, MINUTE, &socket), 0);
	cr_assert_geq(host_now() - before, 80000, "ARP and TCP, there and back");
	cr_assert_eq(stack_connections(world.machine), 1);
	host_close(host);
	cr_assert_eq(stack_connections(world.machine), 0);
	/* announcement, ARP request, SYN, ACK, FIN ACK, ACK */
	expect_line("wire, out: 6 frames: 0 lost, 0 corrupted, 0 duplicated, 0 reordered, 0 too many for the queue\n");
	end_world(&world);
}

Test(host, what_is_lost_on_its_way_out_is_seen_leaving)
{
	char path[] = "/tmp/test_host.XXXXXX";
	struct world world;
	close(mkstemp(path));
	struct host *host = begin_behind(&world, &(struct netem_options){.loss = NETEM_CERTAIN}, path);
	struct socket *socket;
	uint8_t capture[4096];
	cr_redirect_stderr();
	cr_assert_eq(host_connect(host, &echo_port, 20, &socket), -ETIMEDOUT);
	host_close(host);
	FILE *file = fopen(path, "r");
	size_t length = fread(capture, 1, sizeof capture, file);
	fclose(file);
	unlink(path);
	static const uint8_t request[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 192, 0, 2, 2, 8, 6};
	cr_assert_not_null(memmem(capture, length, request, sizeof request));
	cr_assert_eq(stack_connections(world.machine), 0);
	end_world(&world);
}

/* Let this stack have no more memory than it has, or as much as it likes: the limit before. */
static size_t limit_memory(struct host *host, size_t limit)
{
	struct memory *memory = (struct memory *)(uintptr_t)stack_memory(host_stack(host));
	size_t before = memory->limit;
	memory->limit = limit;
	return before;
}

static bool is_readable(void *user)
{
	return socket_ready(user) & SOCKET_READABLE;
}

/* It is ready and gives nothing: the loop must go on, or neither time nor a signal would be noticed. */
Test(host, accepting_without_memory_waits, .timeout = 60)
{
	struct world world;
	struct host *host = begin(&world);
	const struct endpoint here = {{{192, 0, 2, 2}}, 80};
	struct socket *listener = socket_open(host_stack(host), SOCKET_STREAM), *socket,
		      *other = socket_open(world.machine, SOCKET_STREAM);
	cr_assert_eq(socket_bind(listener, &(struct endpoint){.port = 80}), 0);
	cr_assert_eq(socket_listen(listener, 8), 0);
	cr_assert_eq(socket_connect(other, &here), 0);
	cr_assert_eq(host_until(host, is_readable, listener, MINUTE), 0);
	size_t limit = limit_memory(host, 1);
	cr_assert_eq(host_accept(host, listener, 20, &socket), -ETIMEDOUT);
	cr_assert_null(socket);
	raise(SIGTERM);
	cr_assert_eq(host_accept(host, listener, HOST_FOREVER, &socket), -EINTR);
	limit_memory(host, limit);
	cr_assert_eq(host_accept(host, listener, MINUTE, &socket), 0);
	socket_abort(socket);
	end(&world, host);
}

/* The ring cannot grow, but what is acknowledged makes room in it. */
Test(host, sending_without_memory_for_more_goes_on_piece_by_piece, .timeout = 60)
{
	static uint8_t bytes[100000];
	struct world world;
	struct host *host = begin(&world);
	struct socket *socket;
	cr_assert_eq(host_connect(host, &echo_port, MINUTE, &socket), 0);
	cr_assert_eq(host_send(host, socket, bytes, 1, MINUTE), 0);
	limit_memory(host, 1);
	cr_assert_eq(host_send(host, socket, bytes, sizeof bytes, MINUTE), 0);
	socket_abort(socket);
	end(&world, host);
}

/* So little that it waits in memory until the end. */
Test(host, a_capture_that_cannot_be_written_is_told_in_the_end)
{
	struct world world;
	struct host *host = begin_behind(&world, &(struct netem_options){0}, "/dev/full");
	cr_redirect_stderr();
	raise(SIGINT);
	cr_assert_eq(host_run(host), 0);
	cr_assert_eq(host_close(host), 1);
	expect_line("strata: writing the capture failed on /dev/full: No space left on device; do: df -h\n");
	end_world(&world);
}
