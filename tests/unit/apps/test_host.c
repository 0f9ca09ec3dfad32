/* SPDX-License-Identifier: MIT
 *
 * The host's loop and its blocking calls. The machine behind its device echoes on port 7.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/harness/scratch.h"
#include "tests/unit/apps/neighbour.h"

#define MINUTE 60000 /* milliseconds: for what comes at once, or never */

static struct socket *echoing; /* the neighbour listens on it */

static void echo(void *user, struct socket *socket)
{
	(void)user;
	uint8_t bytes[1000];
	size_t room;
	long got;
	if (socket == echoing)
		socket = socket_accept(echoing);
	while (socket_reserve(socket, sizeof bytes, &room) &&
	       (got = socket_receive(socket, bytes, room < 1000 ? room : 1000)) > 0)
		socket_send(socket, bytes, (size_t)got);
	if ((socket_ready(socket) & SOCKET_READABLE) && socket_receive(socket, bytes, 1) == 0)
		socket_close(socket);
}

static void begin_neighbour(struct neighbour *neighbour)
{
	neighbour_begin(neighbour, echo, NULL);
	echoing = neighbour_listen(neighbour, SOCKET_STREAM, 7);
}

static struct host *begin(struct neighbour *neighbour)
{
	struct options options;
	begin_neighbour(neighbour);
	options_begin(&options, "test", OPTIONS_MACHINE);
	return neighbour_open(neighbour, &options);
}

/* Open a host with --probe that wants this address. NULL, and this line on standard error; or the host. */
static struct host *probe(struct neighbour *neighbour, struct address address)
{
	struct options options;
	begin_neighbour(neighbour);
	options_begin(&options, "test", OPTIONS_MACHINE);
	options.address = address;
	options.mac = (struct mac){{2, 0, 0, 0, 0, 9}};
	options.probe = true;
	return host_open_on(&neighbour->driver, &options);
}

static void end(struct neighbour *neighbour, struct host *host)
{
	cr_assert_eq(host_close(host), neighbour->gone ? 1 : 0);
	neighbour_end(neighbour);
}

static const struct endpoint echo_port = {{{192, 0, 2, 1}}, 7};
static const struct endpoint closed_port = {{{192, 0, 2, 1}}, 8};

Test(host, connects_sends_receives_and_closes)
{
	struct neighbour neighbour;
	struct host *host = begin(&neighbour);
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
	end(&neighbour, host);
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
	struct neighbour neighbour;
	struct host *host = begin(&neighbour);
	uint64_t heard = 0;
	host_on_event(host, hear_reply, &heard);
	cr_assert_eq(stack_echo(host_stack(host), echo_port.address, 7, 2, 0, "data", 4), 0);
	cr_assert_eq(host_until(host, has_heard, &heard, MINUTE), 0);
	cr_assert_eq(heard, 0x70002);
	end(&neighbour, host);
}

Test(host, a_close_that_lingers)
{
	struct neighbour neighbour;
	struct host *host = begin(&neighbour);
	struct socket *socket;
	cr_assert_eq(host_connect(host, &echo_port, MINUTE, &socket), 0);
	cr_assert(socket_sent_all(socket));
	cr_assert_eq(socket_send(socket, "hello", 5), 5);
	cr_assert_not(socket_sent_all(socket));
	cr_assert_eq(host_close_lingering(host, socket, MINUTE), 0);
	/* and one whose last words nobody hears */
	cr_assert_eq(host_connect(host, &echo_port, MINUTE, &socket), 0);
	neighbour.deaf = true;
	cr_assert_eq(socket_send(socket, "hello", 5), 5);
	cr_assert_eq(host_close_lingering(host, socket, 20), -ETIMEDOUT);
	cr_assert_eq(stack_connections(host_stack(host)), 0);
	end(&neighbour, host);
}

Test(host, a_refused_connection_says_so)
{
	struct neighbour neighbour;
	struct host *host = begin(&neighbour);
	struct socket *socket;
	cr_assert_eq(host_connect(host, &closed_port, MINUTE, &socket), -ECONNREFUSED);
	cr_assert_null(socket);
	end(&neighbour, host);
}

Test(host, waiting_in_vain_times_out)
{
	struct neighbour neighbour;
	struct host *host = begin(&neighbour);
	struct socket *listener = socket_open(host_stack(host), SOCKET_STREAM), *socket;
	cr_assert_eq(socket_bind(listener, &(struct endpoint){.port = 80}), 0);
	cr_assert_eq(socket_listen(listener, 8), 0);
	cr_assert_eq(host_accept(host, listener, 20, &socket), -ETIMEDOUT);
	cr_assert_null(socket);
	end(&neighbour, host);
}

Test(host, accepts_a_connection_from_the_other_side)
{
	struct neighbour neighbour;
	struct host *host = begin(&neighbour);
	const struct endpoint here = {{{192, 0, 2, 2}}, 80};
	struct socket *listener = socket_open(host_stack(host), SOCKET_STREAM), *socket,
		      *other = socket_open(neighbour.stack, SOCKET_STREAM);
	cr_assert_eq(socket_bind(listener, &(struct endpoint){.port = 80}), 0);
	cr_assert_eq(socket_listen(listener, 8), 0);
	cr_assert_eq(socket_connect(other, &here), 0);
	cr_assert_eq(host_accept(host, listener, MINUTE, &socket), 0);
	cr_assert_eq(socket_local(socket).port, 80);
	socket_abort(socket);
	end(&neighbour, host);
}

Test(host, a_signal_ends_a_wait_once)
{
	struct neighbour neighbour;
	struct host *host = begin(&neighbour);
	struct socket *listener = socket_open(host_stack(host), SOCKET_STREAM), *socket;
	cr_assert_eq(socket_bind(listener, &(struct endpoint){.port = 80}), 0);
	cr_assert_eq(socket_listen(listener, 8), 0);
	raise(SIGTERM);
	cr_assert_eq(host_accept(host, listener, MINUTE, &socket), -EINTR);
	cr_assert_eq(host_accept(host, listener, 20, &socket), -ETIMEDOUT);
	end(&neighbour, host);
}

Test(host, run_ends_with_0_at_a_signal)
{
	struct neighbour neighbour;
	struct host *host = begin(&neighbour);
	raise(SIGINT);
	cr_assert_eq(host_run(host), 0);
	end(&neighbour, host);
}

static bool never(void *user)
{
	(void)user;
	return false;
}

/* A connection whose peer has fallen silent, and a signal that ended host_run(). */
static struct host *begin_ending(struct neighbour *neighbour)
{
	struct host *host = begin(neighbour);
	struct socket *socket;
	cr_assert_eq(host_connect(host, &echo_port, MINUTE, &socket), 0);
	neighbour->deaf = true;
	raise(SIGINT);
	cr_assert_eq(host_run(host), 0);
	return host;
}

Test(host, after_a_signal_connections_have_a_while_to_end)
{
	struct neighbour neighbour;
	struct host *host = begin_ending(&neighbour);
	unsigned before = neighbour.served;
	end(&neighbour, host);
	cr_assert_gt(neighbour.served, before);
}

Test(host, after_a_second_signal_they_have_none)
{
	struct neighbour neighbour;
	struct host *host = begin_ending(&neighbour);
	raise(SIGTERM);
	cr_assert_eq(host_until(host, never, NULL, MINUTE), -EINTR);
	unsigned before = neighbour.served;
	end(&neighbour, host);
	cr_assert_eq(neighbour.served, before);
}

static void stop(void *user, struct socket *socket)
{
	struct host *host = user;
	cr_assert(socket_ready(socket) & SOCKET_WRITABLE);
	host_stop(host);
}

Test(host, run_ends_when_the_app_says_so)
{
	struct neighbour neighbour;
	struct host *host = begin(&neighbour);
	struct socket *socket = socket_open(host_stack(host), SOCKET_STREAM);
	host_on_ready(host, stop, host);
	cr_assert_eq(socket_connect(socket, &echo_port), 0);
	cr_assert_eq(host_run(host), 0);
	socket_close(socket);
	end(&neighbour, host);
}

Test(host, a_device_that_is_gone_ends_everything)
{
	struct neighbour neighbour;
	struct host *host = begin(&neighbour);
	struct socket *socket;
	neighbour.gone = -EBADFD;
	cr_assert_eq(host_run(host), 1);
	cr_assert_eq(host_connect(host, &echo_port, MINUTE, &socket), -ENODEV);
	end(&neighbour, host);
}

Test(host, signals_are_as_before_once_it_is_closed)
{
	struct neighbour neighbour;
	sigset_t before, during, after;
	sigprocmask(SIG_BLOCK, NULL, &before);
	struct host *host = begin(&neighbour);
	sigprocmask(SIG_BLOCK, NULL, &during);
	end(&neighbour, host);
	sigprocmask(SIG_BLOCK, NULL, &after);
	cr_assert(sigismember(&during, SIGINT) && sigismember(&during, SIGTERM));
	cr_assert_eq(sigismember(&after, SIGINT), sigismember(&before, SIGINT));
	cr_assert_eq(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
}

/* The next line on standard error, which has been redirected. */
static void read_line(char line[256])
{
	fflush(stderr);
	cr_assert_not_null(fgets(line, 256, cr_get_redirected_stderr()));
}

static void expect_line(const char *expected)
{
	char line[256];
	read_line(line);
	cr_assert_str_eq(line, expected);
}

/* RFC 5227 2.1: the other machine answers the first probe. */
Test(host, an_address_that_another_has_is_not_taken)
{
	struct neighbour neighbour;
	cr_redirect_stderr();
	cr_assert_null(probe(&neighbour, (struct address){{192, 0, 2, 1}}));
	expect_line("strata: taking 192.0.2.1 failed on the device: 02:00:00:00:00:01 has it; "
		    "do: strata test --probe --ip ANOTHER/24\n");
	neighbour_end(&neighbour);
}

Test(host, a_free_address_is_there_when_probing_is_over)
{
	struct neighbour neighbour;
	struct host *host = probe(&neighbour, (struct address){{192, 0, 2, 9}});
	struct socket *socket;
	cr_assert_not_null(host);
	cr_assert(stack_address_ready(host_stack(host)));
	cr_assert_eq(host_connect(host, &echo_port, MINUTE, &socket), 0);
	socket_abort(socket);
	end(&neighbour, host);
}

Test(host, probing_can_be_interrupted)
{
	struct neighbour neighbour;
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGINT);
	cr_redirect_stderr();
	cr_assert_null(probe(&neighbour, (struct address){{192, 0, 2, 9}}));
	expect_line("strata: probing failed on the device: interrupted; do: strata help test\n");
	neighbour_end(&neighbour);
}

/* RFC 5227 2.4 (c): the address is kept, and the conflict told, once in a while. */
Test(host, a_claim_of_our_address_is_told)
{
	struct neighbour neighbour;
	struct host *host = begin(&neighbour);
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
	end(&neighbour, host);
}

/* A host behind a wire like this one. */
static struct host *begin_behind(struct neighbour *neighbour, const struct netem_options *wire, const char *capture)
{
	struct options options;
	begin_neighbour(neighbour);
	options_begin(&options, "test", OPTIONS_MACHINE);
	options.wire = *wire;
	options.pcap = capture;
	return neighbour_open(neighbour, &options);
}

/* The last acknowledgement is still on the wire when our side of the connection is over. */
Test(host, what_is_on_a_slow_wire_still_arrives)
{
	struct neighbour neighbour;
	struct host *host = begin_behind(&neighbour, &(struct netem_options){.delay = 20000}, NULL);
	struct socket *socket;
	uint64_t before = host_now();
	cr_redirect_stderr();
	cr_assert_eq(host_connect(host, &echo_port, MINUTE, &socket), 0);
	cr_assert_geq(host_now() - before, 80000, "ARP and TCP, there and back");
	cr_assert_eq(stack_connections(neighbour.stack), 1);
	host_close(host);
	cr_assert_eq(stack_connections(neighbour.stack), 0);
	/* announcement, ARP request, SYN, ACK, FIN ACK, ACK; a slow machine says some of it twice */
	char line[256];
	unsigned frames;
	read_line(line);
	cr_assert_eq(sscanf(line, "wire, out: %u", &frames), 1);
	cr_assert_geq(frames, 6);
	cr_assert(strstr(line, " frames: 0 lost, 0 corrupted, 0 duplicated, 0 reordered, 0 too many for the queue\n"));
	neighbour_end(&neighbour);
}

Test(host, what_is_lost_on_its_way_out_is_seen_leaving)
{
	char path[SCRATCH_PATH];
	struct neighbour neighbour;
	close(mkstemp(scratch_path(path, "host")));
	struct host *host = begin_behind(&neighbour, &(struct netem_options){.loss = NETEM_CERTAIN}, path);
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
	cr_assert_eq(stack_connections(neighbour.stack), 0);
	neighbour_end(&neighbour);
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
	struct neighbour neighbour;
	struct host *host = begin(&neighbour);
	const struct endpoint here = {{{192, 0, 2, 2}}, 80};
	struct socket *listener = socket_open(host_stack(host), SOCKET_STREAM), *socket,
		      *other = socket_open(neighbour.stack, SOCKET_STREAM);
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
	end(&neighbour, host);
}

/* The ring cannot grow, but what is acknowledged makes room in it. */
Test(host, sending_without_memory_for_more_goes_on_piece_by_piece, .timeout = 60)
{
	static uint8_t bytes[100000];
	struct neighbour neighbour;
	struct host *host = begin(&neighbour);
	struct socket *socket;
	cr_assert_eq(host_connect(host, &echo_port, MINUTE, &socket), 0);
	cr_assert_eq(host_send(host, socket, bytes, 1, MINUTE), 0);
	limit_memory(host, 1);
	cr_assert_eq(host_send(host, socket, bytes, sizeof bytes, MINUTE), 0);
	socket_abort(socket);
	end(&neighbour, host);
}

/* So little that it waits in memory until the end. */
Test(host, a_capture_that_cannot_be_written_is_told_in_the_end)
{
	struct neighbour neighbour;
	struct host *host = begin_behind(&neighbour, &(struct netem_options){0}, "/dev/full");
	cr_redirect_stderr();
	raise(SIGINT);
	cr_assert_eq(host_run(host), 0);
	cr_assert_eq(host_close(host), 1);
	expect_line("strata: writing the capture failed on /dev/full: No space left on device; do: df -h\n");
	neighbour_end(&neighbour);
}
