/* SPDX-License-Identifier: MIT
 *
 * Files to serve: see http_content.h.
 */
#include "apps/http_content.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "apps/http_listing.h"
#include "apps/http_target.h"

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

/* What is told of an error: that the system is in trouble, that this is not for everybody, or else that it is not
 * there. */
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
	case EACCES:
	case EPERM:
	case EXDEV: /* outside the directory */
	case ELOOP:
	case ENXIO: /* a socket */
		return -EACCES;
	default:
		return -ENOENT;
	}
}

/* Fill in what the file says about itself. Only regular files have a length to announce: -EACCES for others,
 * -EISDIR. */
static int describe(struct http_content *content, int descriptor, const char *path)
{
	struct stat status;
	if (fstat(descriptor, &status) < 0)
		return path_error(-errno);
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	if (!S_ISREG(status.st_mode))
		return -EACCES;
	*content = (struct http_content){
	    .type = http_content_type(path),
	    .length = (uint64_t)status.st_size,
	    .end = (uint64_t)status.st_size,
	    .validators.modified = status.st_mtime,
	    .ranges = true,
	    .descriptor = descriptor,
	};
	snprintf(content->validators.etag, sizeof content->validators.etag,
		 "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 ".%lx\"", (uint64_t)status.st_ino, content->length,
		 (uint64_t)status.st_mtim.tv_sec, (unsigned long)status.st_mtim.tv_nsec);
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

/* Where there is a compressed copy beside a file, and not an old one, the client may have that: it gets the same type, and its own
 * entity tag (RFC 9110 8.8.3.3). */
static void choose_encoding(struct http_content *content, int directory, const char *path, bool gzip)
{
	struct http_content compressed = HTTP_CONTENT_NONE;
	char name[HTTP_PATH_MAX + sizeof "./index.html.gz"];
	snprintf(name, sizeof name, "%s.gz", path);
	if (open_file(&compressed, directory, name))
		return;
	bool fresh = compressed.validators.modified >= content->validators.modified;
	struct http_content *chosen = gzip && fresh ? &compressed : content;
	http_content_close(chosen == content ? &compressed : content);
	chosen->type = content->type;
	*content = *chosen;
	content->gzip = chosen == &compressed;
	content->varies = fresh;
}

static int open_variant(struct http_content *content, int directory, const char *path, bool gzip)
{
	int error = open_file(content, directory, path);
	if (!error)
		choose_encoding(content, directory, path, gzip);
	return error;
}

/* The names in a directory, as a page. */
static int open_listing(struct http_content *content, int directory, const char *path)
{
	struct http_buffer page = HTTP_BUFFER(HTTP_LISTING_MAX);
	int descriptor = open_beneath(directory, *path ? path : ".");
	if (descriptor < 0)
		return path_error(descriptor);
	int error = http_listing_write(&page, descriptor, path);
	if (error) {
		http_buffer_free(&page);
		return path_error(error);
	}
	*content = http_content_buffer(http_content_type("index.html"), &page);
	return 0;
}

int http_content_open(struct http_content *content, int directory, const char *path, bool gzip)
{
	size_t length = strlen(path);
	*content = HTTP_CONTENT_NONE;
	int error = open_variant(content, directory, *path ? path : ".", gzip);
	if (error != -EISDIR || (length > 0 && path[length - 1] != '/'))
		return error;
	char index[HTTP_PATH_MAX + sizeof "./index.html"];
	snprintf(index, sizeof index, "%s/index.html", *path ? path : ".");
	error = open_variant(content, directory, index, gzip);
	return error == -ENOENT || error == -EISDIR ? open_listing(content, directory, path) : error;
}

struct http_content http_content_memory(const char *type, const void *bytes, size_t length)
{
	return (struct http_content){.type = type, .length = length, .end = length, .bytes = bytes, .descriptor = -1};
}

struct http_content http_content_buffer(const char *type, struct http_buffer *buffer)
{
	struct http_content content = http_content_memory(type, buffer->bytes, buffer->length);
	content.owned = buffer->bytes;
	*buffer = HTTP_BUFFER(buffer->limit);
	return content;
}

long http_content_read(struct http_content *content, uint8_t *to, size_t room)
{
	uint64_t left = content->end - content->at;
	size_t wanted = room < left ? room : (size_t)left;
	ssize_t got = (ssize_t)wanted;
	if (content->bytes)
		memcpy(to, content->bytes + content->at, wanted);
	else
		do
			got = pread(content->descriptor, to, wanted, (off_t)content->at);
		while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	content->at += (uint64_t)got;
	return got;
}

void http_content_close(struct http_content *content)
{
	if (content->descriptor >= 0)
		close(content->descriptor);
	free(content->owned);
	content->owned = NULL;
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
