/* SPDX-License-Identifier: MIT
 *
 * What socket calls answer: as Linux does, seen with a kernel of version 6.18 (but for the last test).
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>

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
	cr_assert(info.tcpi_ca_state == 1);  /* disorder */
	cr_assert(info.tcpi_delivered == 2); /* and the SYN */
	out(ACK, thousand);
	info = info_of(fd);
	cr_assert(info.tcpi_unacked == 3 && info.tcpi_sacked == 1 && info.tcpi_lost == 2 && info.tcpi_retrans == 1);
	cr_assert(info.tcpi_ca_state == 3); /* recovery */
}

Test(packetdrill_calls, tcp_info_tells_times_and_probes)
{
	int fd = connection();

	pass(300);
	in(ACK | PSH, "", 0, "hello");
	out(ACK, "");
	pass(200);
	cr_assert(library.write(library.user, fd, "world", 5) == 5);
	out(ACK, "world");
	pass(100);
	struct tcp_info info = info_of(fd);
	cr_assert(info.tcpi_last_data_recv == 300 && info.tcpi_last_data_sent == 100);
	cr_assert(info.tcpi_probes == 0 && info.tcpi_retransmits == 0);
	pass(3600u * 1000);
	info = info_of(fd);
	cr_assert(info.tcpi_probes == 0 && info.tcpi_retransmits > 0 && info.tcpi_retransmits == info.tcpi_backoff);
}

/* What is left to read comes along with what was; 1 when that is the end of the stream. */
Test(packetdrill_calls, inq_tells_of_the_end)
{
	char bytes[2], control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {bytes, sizeof bytes};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control};
	const int expected[] = {3, 1, 1};
	int fd = connection(), left;

	cr_assert(set(fd, IPPROTO_TCP, TCP_INQ, 1) == 0);
	in(ACK | FIN, "", 0, "hello");
	for (unsigned i = 0; i < 3; i++) {
		message.msg_controllen = sizeof control;
		cr_assert(library.recvmsg(library.user, fd, &message, 0) == (i < 2 ? 2 : 1));
		memcpy(&left, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof left);
		cr_assert(left == expected[i]);
	}
}

/* ---- connecting ---- */

static int call_connect(int fd)
{
	struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(6000)};

	there.sin_addr.s_addr = htonl(0xc0000201);
	return library.connect(library.user, fd, (struct sockaddr *)&there, sizeof there) == 0 ? 0 : -errno;
}

static int unconnected(void)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080)};
	int fd = library.socket(library.user, AF_INET, SOCK_STREAM, IPPROTO_TCP);

	cr_assert(library.bind(library.user, fd, (struct sockaddr *)&here, sizeof here) == 0);
	return fd;
}

static void refuse(void)
{
	uint8_t packet[100];
	size_t length = sizeof packet;
	long long left_at;

	cr_assert(library.wire_out(library.user, packet, &length, &left_at) == 0 && packet[33] == SYN);
	stack_seq = (uint32_t)packet[24] << 24 | (uint32_t)packet[25] << 16 | (uint32_t)packet[26] << 8 | packet[27];
	stack_seq++;
	in(RST | ACK, "", 0, "");
}

/* connect() has told, and the socket is as if it had never been called. */
Test(packetdrill_calls, refused_while_connect_waits)
{
	struct blocking b;
	char byte;
	int fd = unconnected();

	begin(&b, call_connect, fd);
	refuse();
	finish(&b);
	cr_assert(b.result == -ECONNREFUSED);
	cr_assert(get(fd, SOL_SOCKET, SO_ERROR) == 0);
	cr_assert(library.read(library.user, fd, &byte, 1) == -1 && errno == ENOTCONN);
	cr_assert(library.write(library.user, fd, "x", 1) == -1 && errno == EPIPE);
}

/* SO_ERROR has told, and connect() has still to. */
Test(packetdrill_calls, refused_after_connect)
{
	char byte;
	int fd = unconnected();

	cr_assert(call_connect(fd) == -EINPROGRESS && call_connect(fd) == -EALREADY);
	refuse();
	cr_assert(get(fd, SOL_SOCKET, SO_ERROR) == ECONNREFUSED);
	cr_assert(library.read(library.user, fd, &byte, 1) == 0);
	cr_assert(call_connect(fd) == -ECONNABORTED);
	cr_assert(call_connect(fd) == -EINPROGRESS);
}

/* One that was connected, and was reset, cannot be connected again. */
Test(packetdrill_calls, a_connection_that_was_stays_one)
{
	int fd = connection();

	cr_assert(call_connect(fd) == -EISCONN);
	in(RST | ACK, "", 0, "");
	cr_assert(get(fd, SOL_SOCKET, SO_ERROR) == ECONNRESET);
	cr_assert(call_connect(fd) == -EISCONN);
}

/* ---- closing what is waited for ---- */

static int call_read(int fd)
{
	char byte;

	return library.read(library.user, fd, &byte, 1) >= 0 ? 0 : -errno;
}

static int call_epoll(int fd)
{
	struct epoll_event event;

	return library.epoll_wait(library.user, fd, &event, 1, 1000) >= 0 ? 0 : -errno;
}

Test(packetdrill_calls, a_call_ends_when_its_descriptor_is_closed)
{
	struct blocking b;
	int fd = connection(), epoll = library.epoll_create(library.user, 1);

	begin(&b, call_read, fd);
	cr_assert(library.close(library.user, fd) == 0);
	finish(&b);
	cr_assert(b.result == -EBADF);
	begin(&b, call_epoll, epoll);
	cr_assert(library.close(library.user, epoll) == 0);
	finish(&b);
	cr_assert(b.result == -EBADF);
}
