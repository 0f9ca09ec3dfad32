/* SPDX-License-Identifier: MIT
 *
 * What packetdrill relies on, shown without it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/harness/scratch.h"
#include "tests/packetdrill/test_drill.h"

TestSuite(packetdrill, .init = start, .fini = end);
TestSuite(packetdrill_flags);

static int call_accept(int fd)
{
	return library.accept(library.user, fd, NULL, NULL);
}

static int call_read(int fd)
{
	char bytes[100] = "";
	ssize_t length = library.read(library.user, fd, bytes, sizeof bytes);

	return length == 5 && memcmp(bytes, "hello", 5) == 0 ? 5 : -1;
}

static int call_write(int fd)
{
	static const char bytes[50000];

	return (int)library.write(library.user, fd, bytes, sizeof bytes);
}

static int call_poll(int fd)
{
	struct pollfd entry = {.fd = fd, .events = POLLIN};

	return library.poll(library.user, &entry, 1, 250);
}

/* ---- a connection from its beginning to its end ---- */

Test(packetdrill, handshake_data_and_close)
{
	char bytes[100];
	int listener = listening();
	handshake();
	int fd = accepted(listener);
	in(ACK | PSH, "", 0, "hello");
	out(ACK, ""); /* at once, as Linux does at the beginning */
	cr_assert(library.read(library.user, fd, bytes, sizeof bytes) == 5 && memcmp(bytes, "hello", 5) == 0);
	cr_assert(library.write(library.user, fd, "world", 5) == 5);
	out(ACK, "world");
	in(ACK, "", 0, "");
	in(ACK | FIN, "", 0, "");
	out(ACK, "");
	cr_assert(library.read(library.user, fd, bytes, sizeof bytes) == 0);
	cr_assert(library.close(library.user, fd) == 0);
	out(FIN | ACK, "");
	in(ACK, "", 0, "");
	in(ACK, "", 0, ""); /* it is gone */
	uint32_t expected = stack_seq;
	our_seq = 0;
	out(RST, "");
	cr_assert(stack_seq == expected);
}

/* ---- calls that block ---- */

/* It ends at the very moment at which its event comes, whatever the clock says later. */
Test(packetdrill, accept_blocks)
{
	struct blocking b;
	begin(&b, call_accept, listening());
	pass(100);
	in(SYN, "", 0, "");
	out(SYN | ACK, "");
	pass(100);
	long long before = now();
	in(ACK, "", 0, "");
	pass(100);
	finish(&b);
	cr_assert(b.result >= 0);
	cr_assert(b.ended_at == before);
}

Test(packetdrill, read_blocks)
{
	struct blocking b;
	int listener = listening();
	handshake();
	begin(&b, call_read, accepted(listener));
	pass(300);
	long long before = now();
	in(ACK | PSH, "", 0, "hello");
	long long acknowledged = out(ACK, "");
	finish(&b);
	cr_assert(b.result == 5);
	cr_assert(b.ended_at == before && acknowledged == before);
}

static void segments_leave(unsigned count)
{
	uint8_t packet[2000];
	long long left_at;

	for (size_t i = 0, length = sizeof packet; i < count; i++, length = sizeof packet) {
		cr_assert(library.wire_out(library.user, packet, &length, &left_at) == 0 && length == 1040);
		stack_seq += 1000;
	}
}

/* What there is room for leaves before the call waits, and the rest when there is room for more. As with Linux, 42,000 bytes: a
 * buffer is begun while 4608 are not used up, and then filled, up to 32 segments, half of the window; of the first ten left. */
Test(packetdrill, write_blocks)
{
	struct blocking b;
	int listener = listening(), two_thousand = 2000;
	handshake();
	int fd = accepted(listener);
	cr_assert(library.setsockopt(library.user, fd, SOL_SOCKET, SO_SNDBUF, &two_thousand, sizeof(int)) == 0);
	begin(&b, call_write, fd);
	segments_leave(10);
	pass(100);
	in(ACK, "", 0, ""); /* 32,000 are left, ... */
	segments_leave(20);
	pass(100);
	in(ACK, "", 0, ""); /* ... 12,000 ... */
	segments_leave(12);
	pass(100);
	long long before = now();
	in(ACK, "", 0, ""); /* ... and none */
	finish(&b);
	cr_assert(b.result == 50000 && b.ended_at == before);
}

Test(packetdrill, poll_ends_with_its_time)
{
	struct blocking b;
	int listener = listening();
	handshake();
	begin(&b, call_poll, accepted(listener));
	long long before = now();
	pass(1000);
	finish(&b);
	cr_assert(b.result == 0);
	cr_assert(b.ended_at >= before + 249000 && b.ended_at <= before + 250000);
}

/* The main thread moves the clock, so it cannot wait for it. */
Test(packetdrill, the_main_thread_never_waits)
{
	int listener = listening();
	cr_assert(call_accept(listener) == -1 && errno == EAGAIN);
	handshake();
	int fd = accepted(listener);
	cr_assert(call_read(fd) == -1 && errno == EAGAIN);
	cr_assert(call_poll(fd) == 0);
}

/* ---- time ---- */

/* An hour passes in an instant, and what was due in it has left at its time. */
Test(packetdrill, time_is_virtual)
{
	listening();
	long long before = now();
	in(SYN, "", 0, "");
	pass(3600u * 1000);
	cr_assert(now() - before > 3600ll * 1000000 && now() - before < 3600ll * 1000000 + 100);
	cr_assert(out(SYN | ACK, "") == before);
	for (unsigned i = 0; i < 5; i++) { /* 1 + 2 + 4 + 8 + 16 seconds */
		stack_seq--;
		before += 1000000ll << i;
		cr_assert(out(SYN | ACK, "") == before);
	}
}

/* ---- readiness ---- */

static unsigned told(int set, int fd)
{
	struct epoll_event event = {0};
	int count = library.epoll_wait(library.user, set, &event, 1, 0);

	cr_assert(count == 0 || event.data.fd == fd);
	return count == 1 ? event.events : 0;
}

Test(packetdrill, epoll_tells_edges)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
	char byte;
	int listener = listening();
	handshake();
	int fd = accepted(listener), set = library.epoll_create(library.user, 1);
	event.data.fd = fd;
	cr_assert(library.epoll_ctl(library.user, set, EPOLL_CTL_ADD, fd, &event) == 0);
	cr_assert(told(set, fd) == EPOLLOUT);
	cr_assert(told(set, fd) == 0);
	in(ACK | PSH, "", 0, "hello");
	cr_assert(told(set, fd) == (EPOLLIN | EPOLLOUT));
	cr_assert(told(set, fd) == 0);
	cr_assert(library.read(library.user, fd, &byte, 1) == 1);
	cr_assert(told(set, fd) == 0);
	in(ACK | PSH, "", 0, "again");
	cr_assert(told(set, fd) == (EPOLLIN | EPOLLOUT));
	event.events = EPOLLIN | EPOLLRDHUP; /* by level */
	cr_assert(library.epoll_ctl(library.user, set, EPOLL_CTL_MOD, fd, &event) == 0);
	cr_assert(told(set, fd) == EPOLLIN && told(set, fd) == EPOLLIN);
	in(ACK | FIN, "", 0, "");
	cr_assert(told(set, fd) == (EPOLLIN | EPOLLRDHUP));
	cr_assert(library.close(library.user, fd) == 0);
	cr_assert(told(set, fd) == 0);
}

/* A change of state is an event, also where it makes nothing ready that was not so before. */
Test(packetdrill, epoll_tells_changes_of_state)
{
	const unsigned all = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP;
	struct epoll_event event = {.events = all | EPOLLET};
	int listener = listening();
	handshake();
	int fd = accepted(listener), set = library.epoll_create(library.user, 1);
	event.data.fd = fd;
	cr_assert(library.epoll_ctl(library.user, set, EPOLL_CTL_ADD, fd, &event) == 0);
	cr_assert(told(set, fd) == EPOLLOUT);
	in(ACK | FIN, "", 0, "");
	out(ACK, "");
	cr_assert(told(set, fd) == (EPOLLIN | EPOLLOUT | EPOLLRDHUP) && told(set, fd) == 0);
	cr_assert(library.shutdown(library.user, fd, SHUT_WR) == 0);
	out(FIN | ACK, "");
	cr_assert(told(set, fd) == all && told(set, fd) == 0);
	in(ACK, "", 0, ""); /* LAST-ACK is over */
	cr_assert(told(set, fd) == all && told(set, fd) == 0);
	cr_assert(library.shutdown(library.user, fd, SHUT_WR) == -1 && errno == ENOTCONN);
}

/* ---- options and errors ---- */

Test(packetdrill, options_are_kept)
{
	int value = 1100, fd = library.socket(library.user, AF_INET, SOCK_STREAM, 0);
	socklen_t length = sizeof value;
	struct tcp_info info;

	cr_assert(library.setsockopt(library.user, fd, IPPROTO_TCP, TCP_MAXSEG, &value, sizeof value) == 0);
	value = 0;
	cr_assert(library.getsockopt(library.user, fd, IPPROTO_TCP, TCP_MAXSEG, &value, &length) == 0);
	cr_assert(value == 1100 && length == sizeof value);
	value = 20000;
	cr_assert(library.setsockopt(library.user, fd, SOL_SOCKET, SO_SNDBUF, &value, sizeof value) == 0);
	cr_assert(library.getsockopt(library.user, fd, SOL_SOCKET, SO_SNDBUF, &value, &length) == 0 && value == 40000);
	value = 1;
	cr_assert(library.setsockopt(library.user, fd, IPPROTO_TCP, TCP_MAXSEG, &value, sizeof value) == -1 &&
		  errno == EINVAL);
	cr_assert(library.setsockopt(library.user, fd, 4711, 1, &value, sizeof value) == -1 && errno == ENOPROTOOPT);
	length = sizeof info;
	cr_assert(library.getsockopt(library.user, fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
	cr_assert(length == sizeof info && info.tcpi_state == 7);
}

Test(packetdrill, a_reset_is_told_once)
{
	char byte;
	int listener = listening(), error = 0;
	socklen_t length = sizeof error;
	handshake();
	int fd = accepted(listener);
	in(RST | ACK, "", 0, "");
	cr_assert(library.getsockopt(library.user, fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 &&
		  error == ECONNRESET);
	cr_assert(library.read(library.user, fd, &byte, 1) == 0);
	cr_assert(library.write(library.user, fd, "x", 1) == -1 && errno == EPIPE);
	cr_assert(library.read(library.user, -1, &byte, 1) == -1 && errno == EBADF);
	cr_assert(library.write(library.user, fd + 100, "x", 1) == -1 && errno == EBADF);
}

/* ---- flags and the command log ---- */

/* The window scale of the SYN,ACK: 6 as at first, 8 for 15 MiB. */
static uint8_t offered_scale(void)
{
	uint8_t packet[2000];
	size_t length = sizeof packet;
	long long left_at;

	listening();
	in(SYN, "\2\4\3\350\1\3\3\7", 8, "");
	cr_assert(library.wire_out(library.user, packet, &length, &left_at) == 0 && length == 48);
	return packet[47];
}

Test(packetdrill_flags, the_window_scale_is_6)
{
	start();
	cr_assert(offered_scale() == 6);
	end();
}

Test(packetdrill_flags, the_command_log_is_read_when_it_matters)
{
	char name[SCRATCH_PATH], flags[SCRATCH_PATH + 8];
	int fd = mkstemp(scratch_path(name, "drill"));

	cr_assert(fd >= 0);
	snprintf(flags, sizeof flags, "cmdlog=%s", name);
	start_with(flags);
	FILE *log = fdopen(fd, "w");
	fputs("sysctl -q net.ipv4.tcp_rmem=4096 540000 15728640\n", log);
	fclose(log);
	cr_assert(offered_scale() == 8);
	unlink(name);
	end();
}

/* When nothing is ever sent the answer is an empty packet, which ends a script; an error would be asked again for ever. */
Test(packetdrill_flags, patience_ends)
{
	uint8_t packet[2000];
	size_t length = sizeof packet;
	long long left_at;

	start_with("patience=10");
	long long before = now();
	cr_assert(library.wire_out(library.user, packet, &length, &left_at) == 0);
	cr_assert(length == 0 && left_at - before >= 10 * 1000000 && left_at - before < 10 * 1000000 + 10);
	end();
}

/* The library that people use, not watched by sanitizers, loads too and does the same. */
Test(packetdrill_flags, the_released_library_loads)
{
	fill(load("../libstrata-packetdrill.so"), "wscale=3,tcp_timestamps=0", &library);
	our_seq = 1000;
	cr_assert(offered_scale() == 3);
	end();
}
