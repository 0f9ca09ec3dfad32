/* SPDX-License-Identifier: MIT
 *
 * How much a stream holds, and may: SO_SNDBUF and TCP_NOTSENT_LOWAT as Linux counts them. Linux keeps text in buffers, and looks at
 * both only when it begins one. So a stream holds more than they say, by up to a buffer:
 *
 *     snd_una         snd_nxt            | room      |
 *        [ sent ] ... [ sent | not sent  . . . . . . ]      the last buffer, of chunk_size(): the part that was not sent is file.chunk
 *
 * What a buffer takes beside its text is not counted.
 */
#include <linux/tcp.h>
#include <netinet/in.h>

#include "tests/packetdrill/adapter.h"

#define CHUNK_MAX 65535 /* bytes in one of Linux's buffers */

size_t stream_unread(const struct file *f)
{
	struct slice slices[2] = {{NULL, 0}, {NULL, 0}};
	unsigned count = socket_peek(f->socket, slices);

	return count == 0 ? 0 : slices[0].length + (count > 1 ? slices[1].length : 0);
}

size_t stream_unsent(const struct file *f)
{
	struct socket_tcp_info info;

	return socket_tcp_info(f->socket, &info) == 0 ? (size_t)info.unsent : 0;
}

size_t stream_unacknowledged(const struct file *f)
{
	struct socket_tcp_info info;

	return socket_tcp_info(f->socket, &info) == 0 ? (size_t)(info.in_flight + info.unsent) : 0;
}

/* What one of Linux's buffers holds: whole segments, up to half the largest window that the peer ever had. */
static size_t chunk_size(struct file *f)
{
	struct socket_tcp_info info;

	if (socket_tcp_info(f->socket, &info) != 0)
		return 1;
	if (info.snd_wnd > f->widest_window)
		f->widest_window = info.snd_wnd;
	size_t most = f->widest_window > 536 ? f->widest_window / 2 : f->widest_window;
	if (most > CHUNK_MAX)
		most = CHUNK_MAX;
	return most > info.snd_mss ? most - most % info.snd_mss : info.snd_mss;
}

/* Room in the buffer that was begun last, of which what has not been sent is left. */
static size_t room_in_chunk(struct file *f)
{
	size_t unsent = stream_unsent(f), size = chunk_size(f);

	if (f->chunk > unsent)
		f->chunk = unsent;
	return f->chunk > 0 && f->chunk < size ? size - f->chunk : 0;
}

/* Linux looks at SO_SNDBUF and TCP_NOTSENT_LOWAT only when it begins a buffer: what fits into the last goes beyond them. */
size_t stream_room(struct file *f)
{
	size_t limit = (size_t)options_value(f, SOL_SOCKET, SO_SNDBUF), room = room_in_chunk(f);
	int low = options_value(f, IPPROTO_TCP, TCP_NOTSENT_LOWAT);

	if (room > 0)
		return room;
	if (low > 0 && stream_unsent(f) >= (size_t)low)
		return 0;
	return limit == 0 || stream_unacknowledged(f) < limit ? chunk_size(f) : 0;
}

bool stream_has_room(const struct file *f)
{
	size_t limit = (size_t)options_value(f, SOL_SOCKET, SO_SNDBUF), used = stream_unacknowledged(f);
	int low = options_value(f, IPPROTO_TCP, TCP_NOTSENT_LOWAT);

	return (limit == 0 || used <= limit - limit / 3) && (low <= 0 || 2 * stream_unsent(f) < (size_t)low);
}

void stream_filled(struct file *f, size_t length)
{
	f->chunk = room_in_chunk(f) > 0 ? f->chunk + length : length;
}
