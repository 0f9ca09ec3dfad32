/* SPDX-License-Identifier: MIT
 *
 * Pipes are the system's own, so that splice() has something to move to and from: it reads from one descriptor and writes to the
 * other.
 */
#include <errno.h>
#include <unistd.h>

#include "tests/packetdrill/adapter.h"

int pipes_pipe(void *user, int fds[2])
{
	struct adapter *a = call_begin(user);

	if (pipe(fds) != 0)
		return (int)call_end(a, -errno);
	if (fds[0] >= FILES_MAX || fds[1] >= FILES_MAX) {
		close(fds[0]);
		close(fds[1]);
		return (int)call_end(a, -EMFILE);
	}
	a->files[fds[0]] = a->files[fds[1]] = (struct file){.kind = FILE_PIPE};
	return (int)call_end(a, 0);
}

#define PIPE_ROOM ((size_t)65536)

int pipes_splice(void *user, int from, loff_t *from_offset, int to, loff_t *to_offset, size_t length, unsigned flags)
{
	static uint8_t bytes[PIPE_ROOM]; /* between two calls on one thread */
	struct iovec part = {bytes, length < PIPE_ROOM ? length : PIPE_ROOM};

	(void)from_offset;
	(void)to_offset;
	ssize_t got =
	    transfer_in(user, from, &part, 1, flags & 2 /* SPLICE_F_NONBLOCK */ ? MSG_DONTWAIT : 0, NULL, NULL);
	if (got <= 0)
		return (int)got;
	part.iov_len = (size_t)got;
	return (int)transfer_out(user, to, &part, 1, flags & 4 /* SPLICE_F_MORE */ ? MSG_MORE : 0, NULL, 0);
}
