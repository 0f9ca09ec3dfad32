/* SPDX-License-Identifier: MIT
 *
 * What packetdrill asks of a library that it loads in place of a kernel: a table of calls, filled once by
 * packetdrill_interface_init(). The order and the types of the members are the whole of the contract between two binaries; names and
 * words here are ours.
 *
 * Every call is given `user` first, as left in the table. The calls of sockets answer and set errno as those of the same
 * name in POSIX and Linux do. The last ones are the wire and the clock:
 *
 *     wire_in       an IP datagram has arrived                                 0, or -1
 *     wire_out      the next datagram that leaves: *length is the room, then its length; *microseconds when it left. Waits for it.
 *     sleep         let this many microseconds pass
 *     time_of_day   what the clock says, on which all times of a script are measured
 */
#ifndef STRATA_TESTS_PACKETDRILL_INTERFACE_H
#define STRATA_TESTS_PACKETDRILL_INTERFACE_H

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>

struct interface_table {
	void *user;
	void (*release)(void *user);

	int (*socket)(void *user, int domain, int type, int protocol);
	int (*bind)(void *user, int fd, const struct sockaddr *local, socklen_t length);
	int (*listen)(void *user, int fd, int backlog);
	int (*accept)(void *user, int fd, struct sockaddr *remote, socklen_t *length);
	int (*connect)(void *user, int fd, const struct sockaddr *remote, socklen_t length);

	ssize_t (*read)(void *user, int fd, void *bytes, size_t room);
	ssize_t (*readv)(void *user, int fd, const struct iovec *parts, int count);
	ssize_t (*recv)(void *user, int fd, void *bytes, size_t room, int flags);
	ssize_t (*recvfrom)(void *user, int fd, void *bytes, size_t room, int flags, struct sockaddr *remote,
			    socklen_t *length);
	ssize_t (*recvmsg)(void *user, int fd, struct msghdr *message, int flags);
	ssize_t (*write)(void *user, int fd, const void *bytes, size_t length);
	ssize_t (*writev)(void *user, int fd, const struct iovec *parts, int count);
	ssize_t (*send)(void *user, int fd, const void *bytes, size_t length, int flags);
	ssize_t (*sendto)(void *user, int fd, const void *bytes, size_t length, int flags,
			  const struct sockaddr *remote, socklen_t remote_length);
	ssize_t (*sendmsg)(void *user, int fd, const struct msghdr *message, int flags);

	int (*fcntl)(void *user, int fd, int command, ...);           /* an int, where there is an argument */
	int (*ioctl)(void *user, int fd, unsigned long request, ...); /* an int *, where there is one */
	int (*close)(void *user, int fd);
	int (*shutdown)(void *user, int fd, int how);
	int (*getsockopt)(void *user, int fd, int level, int name, void *value, socklen_t *length);
	int (*setsockopt)(void *user, int fd, int level, int name, const void *value, socklen_t length);
	int (*poll)(void *user, struct pollfd *entries, nfds_t count, int milliseconds);

	int (*wire_in)(void *user, const void *datagram, size_t length);
	int (*wire_out)(void *user, void *datagram, size_t *length, long long *microseconds);
	int (*sleep)(void *user, useconds_t microseconds);
	int (*time_of_day)(void *user, struct timeval *now, struct timezone *zone);

	int (*epoll_create)(void *user, int size);
	int (*epoll_ctl)(void *user, int epoll_fd, int operation, int fd, struct epoll_event *event);
	int (*epoll_wait)(void *user, int epoll_fd, struct epoll_event *events, int room, int milliseconds);
	int (*pipe)(void *user, int fds[2]);
	int (*splice)(void *user, int from, loff_t *from_offset, int to, loff_t *to_offset, size_t length,
		      unsigned flags);
};

/* Fill the table; `flags` is the text of packetdrill's --so_flags, or NULL (README.md tells what may stand there). */
void packetdrill_interface_init(const char *flags, struct interface_table *table);

#endif
