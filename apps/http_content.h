/* SPDX-License-Identifier: MIT
 *
 * What an HTTP server has to give: the regular files below one directory, or pages in memory. Content is opened once
 * for a response and read piece by piece; it is never whole in memory because of us.
 *
 * The kernel itself keeps every path below the directory: openat2(2) with RESOLVE_BENEATH refuses "..", absolute links
 * and links that lead outside, at the moment of opening, so that there is no gap between a check and its use.
 */
#ifndef STRATA_APPS_HTTP_CONTENT_H
#define STRATA_APPS_HTTP_CONTENT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct http_content {
	const char *type;     /* for Content-Type */
	uint64_t length;      /* in bytes, as it was when opened */
	uint64_t sent;        /* how much of it has been read */
	time_t modified;      /* for Last-Modified */
	const uint8_t *bytes; /* where it lies in memory, or NULL: in the file */
	int descriptor;       /* of the file, or -1 */
};

/* No content: nothing to read, nothing to close. */
#define HTTP_CONTENT_NONE ((struct http_content){.descriptor = -1})

/* The page that strata brings along (apps/www/index.html), which is there as "" and "index.html": 0, or -ENOENT. */
int http_content_built_in(struct http_content *content, const char *path, time_t modified);

/* Open the file that a decoded, relative path names below the directory; "" and a directory's path with a slash at its end mean
 * the index.html in there. 0, or a negative errno: -EISDIR for a directory without the slash, which the links in its page would
 * be missing; -ENOENT for whatever is not a regular file that we may read below the directory,
 * whyever; others when the system is short of something. */
int http_content_open(struct http_content *content, int directory, const char *path);

/* Copy the next bytes, at most `room` of them: how many, 0 when the content is not as long as it was, or a negative
 * errno. */
long http_content_read(struct http_content *content, uint8_t *to, size_t room);

/* Give the descriptor back. Allowed twice. */
void http_content_close(struct http_content *content);

/* The media type that a path's extension stands for, in any case of letters; application/octet-stream for others. */
const char *http_content_type(const char *path);

/* Open DIR to serve from it: a descriptor, or a negative errno; -ENOSYS: this kernel cannot keep paths below a
 * directory (openat2 came with Linux 5.6). */
int http_content_directory(const char *path);

#endif
