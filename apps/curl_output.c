/* SPDX-License-Identifier: MIT
 *
 * Where a response goes: a file, or standard output, which must never make the stack wait. Writing to a file does not block; to
 * a pipe or terminal no more is written at once than poll(2) promises room for, PIPE_BUF bytes, and its mode, which it
 * shares with other programs, stays as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/curl.h"

bool curl_output_choose(struct curl *c, unsigned number)
{
	struct curl_output *o = &c->output;
	o->descriptor = -1;
	o->name[0] = '\0';
	if (number >= c->output_count)
		return true;
	if (!c->outputs[number])
		return url_file_name(&c->first, o->name);
	if (strcmp(c->outputs[number], "-") != 0)
		snprintf(o->name, sizeof o->name, "%s", c->outputs[number]);
	return true;
}

uint64_t curl_output_length(const struct curl_output *o)
{
	struct stat status;
	return o->name[0] && stat(o->name, &status) == 0 && S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
}

int curl_output_open(struct curl_output *o, bool append)
{
	struct stat status;
	if (o->descriptor >= 0)
		return 0;
	o->descriptor = STDOUT_FILENO;
	if (o->name[0])
		o->descriptor =
		    open(o->name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | (append ? O_APPEND : O_TRUNC), 0666);
	if (o->descriptor < 0 || fstat(o->descriptor, &status) != 0)
		return -errno;
	o->kind = S_ISREG(status.st_mode) ? CURL_TO_FILE : S_ISSOCK(status.st_mode) ? CURL_TO_SOCKET : CURL_TO_STREAM;
	return 0;
}

long curl_output_write(struct curl_output *o, const void *bytes, size_t length)
{
	struct pollfd polled = {.fd = o->descriptor, .events = POLLOUT};
	ssize_t written;
	if (o->kind == CURL_TO_STREAM && poll(&polled, 1, 0) == 0)
		return 0;
	if (o->kind == CURL_TO_SOCKET)
		written = send(o->descriptor, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		written =
		    write(o->descriptor, bytes, o->kind == CURL_TO_STREAM && length > PIPE_BUF ? PIPE_BUF : length);
	if (written < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return written;
}

int curl_output_close(struct curl_output *o)
{
	int descriptor = o->descriptor;
	o->descriptor = -1;
	if (descriptor < 0 || descriptor == STDOUT_FILENO)
		return 0;
	return close(descriptor) == 0 ? 0 : -errno;
}
