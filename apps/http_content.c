/* SPDX-License-Identifier: MIT
 *
 * Files and pages to serve: see http_content.h.
 */
#include "apps/http_content.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "apps/http_target.h"

/* apps/www/index.html, byte by byte */
static const uint8_t built_in_page[] = {
#include "index.html.inc"
};

int http_content_built_in(struct http_content *content, const char *path, time_t modified)
{
	if (*path && strcmp(path, "index.html") != 0)
		return -ENOENT;
	*content = (struct http_content){
	    .type = http_content_type("index.html"),
	    .length = sizeof built_in_page,
	    .modified = modified,
	    .bytes = built_in_page,
	    .descriptor = -1,
	};
	return 0;
}

const char *http_content_type(const char *path)
{
	static const struct {
		const char *extension, *type;
	} types[] = {
	    {".html", "text/html; charset=utf-8"},
	    {".htm", "text/html; charset=utf-8"},
	    {".css", "text/css; charset=utf-8"},
	    {".js", "text/javascript; charset=utf-8"},
	    {".mjs", "text/javascript; charset=utf-8"},
	    {".txt", "text/plain; charset=utf-8"},
	    {".md", "text/markdown; charset=utf-8"},
	    {".csv", "text/csv; charset=utf-8"},
	    {".c", "text/plain; charset=utf-8"},
	    {".h", "text/plain; charset=utf-8"},
	    {".json", "application/json"},
	    {".xml", "application/xml"},
	    {".pdf", "application/pdf"},
	    {".wasm", "application/wasm"},
	    {".zip", "application/zip"},
	    {".gz", "application/gzip"},
	    {".svg", "image/svg+xml"},
	    {".png", "image/png"},
	    {".jpg", "image/jpeg"},
	    {".jpeg", "image/jpeg"},
	    {".gif", "image/gif"},
	    {".webp", "image/webp"},
	    {".ico", "image/x-icon"},
	    {".woff2", "font/woff2"},
	    {".mp3", "audio/mpeg"},
	    {".mp4", "video/mp4"},
	    {".webm", "video/webm"},
	};
	const char *slash = strrchr(path, '/');
	const char *extension = strrchr(slash ? slash : path, '.');
	for (size_t i = 0; extension && i < sizeof types / sizeof types[0]; i++)
		if (strcasecmp(extension, types[i].extension) == 0)
			return types[i].type;
	return "application/octet-stream";
}

/* Open below the directory, whatever the path says. Not blocking, so that a FIFO without a writer cannot hold us up.
 * The kernel answers EAGAIN when something was renamed while it followed a "..": a few tries get past that. */
static int open_beneath(int directory, const char *path)
{
	struct open_how how = {
	    .flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	for (int tries = 0;; tries++) {
		long descriptor = syscall(SYS_openat2, directory, path, &how, sizeof how);
		if (descriptor >= 0)
			return (int)descriptor;
		if ((errno != EAGAIN && errno != EINTR) || tries == 8)
			return -errno;
	}
}

/* Errors that say something about the system, not about the path. */
static int path_error(int error)
{
	switch (-error) {
	case EAGAIN:
	case EINTR:
	case EIO:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return error;
	default:
		return -ENOENT;
	}
}

/* Fill in what the file says about itself. Only regular files have a length to announce: -ENOENT for others,
 * -EISDIR. */
static int describe(struct http_content *content, int descriptor, const char *path)
{
	struct stat status;
	if (fstat(descriptor, &status) < 0)
		return path_error(-errno);
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	if (!S_ISREG(status.st_mode))
		return -ENOENT;
	*content = (struct http_content){
	    .type = http_content_type(path),
	    .length = (uint64_t)status.st_size,
	    .modified = status.st_mtime,
	    .descriptor = descriptor,
	};
	return 0;
}

static int open_file(struct http_content *content, int directory, const char *path)
{
	int descriptor = open_beneath(directory, path);
	if (descriptor < 0)
		return path_error(descriptor);
	int error = describe(content, descriptor, path);
	if (error)
		close(descriptor);
	return error;
}

int http_content_open(struct http_content *content, int directory, const char *path)
{
	size_t length = strlen(path);
	int error = open_file(content, directory, *path ? path : ".");
	if (error != -EISDIR || (length > 0 && path[length - 1] != '/'))
		return error;
	char index[HTTP_PATH_MAX + sizeof "./index.html"];
	snprintf(index, sizeof index, "%s/index.html", *path ? path : ".");
	error = open_file(content, directory, index);
	return error == -EISDIR ? -ENOENT : error;
}

long http_content_read(struct http_content *content, uint8_t *to, size_t room)
{
	uint64_t left = content->length - content->sent;
	size_t wanted = room < left ? room : (size_t)left;
	ssize_t got = (ssize_t)wanted;
	if (content->bytes)
		memcpy(to, content->bytes + content->sent, wanted);
	else
		do
			got = pread(content->descriptor, to, wanted, (off_t)content->sent);
		while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	content->sent += (uint64_t)got;
	return got;
}

void http_content_close(struct http_content *content)
{
	if (content->descriptor >= 0)
		close(content->descriptor);
	content->descriptor = -1;
}

int http_content_directory(const char *path)
{
	int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return -errno;
	int probe = open_beneath(directory, ".");
	close(probe < 0 ? directory : probe);
	return probe < 0 ? probe : directory;
}
