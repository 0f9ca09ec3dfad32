/* SPDX-License-Identifier: MIT
 *
 * What socket calls answer: Linux's values, each seen with a kernel of version 6.18.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>

#include "tests/packetdrill/test_drill.h"

TestSuite(packetdrill_calls, .init = start, .fini = end);

static int set(int fd, int level, int name, int value)
{
	return library.setsockopt(library.user, fd, level, name, &value, sizeof value);
}

static int get(int fd, int level, int name)
{
	int value = INT_MIN;
	socklen_t length = sizeof value;

	cr_assert(library.getsockopt(library.user, fd, level, name, &value, &length) == 0 && length == sizeof value);
	return value;
}

/* What is set, and what it has become. */
static int becomes(int fd, int level, int name, int value)
{
	cr_assert(set(fd, level, name, value) == 0);
	return get(fd, level, name);
}

static int connection(void)
{
	int listener = listening();

	handshake();
	return accepted(listener);
}

Test(packetdrill_calls, switches_are_0_or_1)
{
	int fd = connection();

	cr_assert(becomes(fd, IPPROTO_TCP, TCP_NODELAY, 5) == 1);
	cr_assert(becomes(fd, IPPROTO_TCP, TCP_CORK, -1) == 1);
	cr_assert(becomes(fd, SOL_SOCKET, SO_KEEPALIVE, 3) == 1);
	cr_assert(becomes(fd, SOL_SOCKET, SO_REUSEADDR, 0) == 0);
}

/* As many seconds as repetitions of a SYN,ACK take: 1, 1 + 2, 1 + 2 + 4. */
Test(packetdrill_calls, defer_accept_is_counted_in_repetitions)
{
	int fd = connection();

	cr_assert(becomes(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1) == 1);
	cr_assert(becomes(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 3) == 3);
	cr_assert(becomes(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5) == 7);
	cr_assert(becomes(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 0) == 0);
}

Test(packetdrill_calls, values_have_bounds)
{
	int fd = connection();

	cr_assert(becomes(fd, IPPROTO_TCP, TCP_LINGER2, 1000) == 120);
	cr_assert(becomes(fd, IPPROTO_TCP, TCP_LINGER2, -5) == -1);
	cr_assert(becomes(fd, IPPROTO_IP, IP_TOS, 19) == 16); /* the last two bits are those of ECN */
	cr_assert(becomes(fd, IPPROTO_IP, IP_TTL, 30) == 30);
	cr_assert(becomes(fd, IPPROTO_IP, IP_TTL, -1) == 64);
	cr_assert(set(fd, IPPROTO_IP, IP_TTL, 0) == -1 && errno == EINVAL);
	cr_assert(set(fd, IPPROTO_IP, IP_TTL, 256) == -1 && errno == EINVAL);
	cr_assert(set(fd, IPPROTO_TCP, TCP_KEEPCNT, 128) == -1 && errno == EINVAL);
	cr_assert(becomes(fd, SOL_SOCKET, SO_RCVBUF, 100) == 2304);
	cr_assert(becomes(fd, SOL_SOCKET, SO_SNDBUF, 100) == 4608);
}

/* Six segments of 1460 bytes fit in 10,000. */
Test(packetdrill_calls, receive_buffer_bounds_the_window)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080)};
	int fd = library.socket(library.user, AF_INET, SOCK_STREAM, IPPROTO_TCP);
	uint8_t packet[100];
	size_t length = sizeof packet;
	long long left_at;

	cr_assert(set(fd, SOL_SOCKET, SO_RCVBUF, 10000) == 0);
	cr_assert(library.bind(library.user, fd, (struct sockaddr *)&here, sizeof here) == 0);
	cr_assert(library.listen(library.user, fd, 1) == 0);
	in(SYN, "\2\4\3\350", 4, "");
	cr_assert(library.wire_out(library.user, packet, &length, &left_at) == 0 && length == 44);
	cr_assert((packet[34] << 8 | packet[35]) == 8760);
}

/* In TCP_NOTSENT_LOWAT, too, a buffer is filled that was begun: of 32,000 bytes ten segments leave. */
Test(packetdrill_calls, room_to_write)
{
	static const char bytes[100000];
	int fd = connection();

	cr_assert(library.fcntl(library.user, fd, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
	cr_assert(set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 5000) == 0);
	cr_assert(library.write(library.user, fd, bytes, sizeof bytes) == 42000);
	cr_assert(library.write(library.user, fd, bytes, 1) == -1 && errno == EAGAIN);
	struct pollfd entry = {.fd = fd, .events = POLLOUT};
	cr_assert(library.poll(library.user, &entry, 1, 0) == 0);
}

static struct tcp_info info_of(int fd)
{
	struct tcp_info info;
	socklen_t length = sizeof info;

	cr_assert(library.getsockopt(library.user, fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
	return info;
}

/* The third of three segments came; a quarter of the round trip of 100 ms later the others are lost, and one goes again. */
Test(packetdrill_calls, tcp_info_counts_segments)
{
	char thousand[1001] = "", block[12] = {1, 1, 5, 10};
	int listener = listening();

	memset(thousand, 'x', 1000);
	in(SYN, "\2\4\3\350\4\2\1\1", 8, "");
	out(SYN | ACK, "");
	pass(100);
	in(ACK, "", 0, "");
	int fd = accepted(listener);
	uint32_t first = stack_seq;
	for (unsigned i = 0; i < 3; i++) {
		cr_assert(library.write(library.user, fd, thousand, 1000) == 1000);
		out(ACK, thousand);
	}
	pass(100);
	uint32_t edges[2] = {htonl(first + 2000), htonl(first + 3000)};
	memcpy(block + 4, edges, sizeof edges);
	stack_seq = first;
	in(ACK, block, sizeof block, "");
	struct tcp_info info = info_of(fd);
	cr_assert(info.tcpi_unacked == 3 && info.tcpi_sacked == 1 && info.tcpi_lost == 0 && info.tcpi_retrans == 0);
	cr_assert(info.tcpi_ca_state == 1); /* disorder */
	out(ACK, thousand);
	info = info_of(fd);
	cr_assert(info.tcpi_unacked == 3 && info.tcpi_sacked == 1 && info.tcpi_lost == 2 && info.tcpi_retrans == 1);
	cr_assert(info.tcpi_ca_state == 3); /* recovery */
}
