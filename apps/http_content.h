/* SPDX-License-Identifier: MIT
 *
 * What an HTTP server has to give: the regular files below one directory, the list of a directory's names, or bytes in
 * memory. Content is opened once for a response and read piece by piece; a file is never whole in memory because of us.
 *
 * The kernel itself keeps every path below the directory: openat2(2) with RESOLVE_BENEATH refuses "..", absolute links
 * and links that lead outside, at the moment of opening, so that there is no gap between a check and its use.
 */
#ifndef STRATA_APPS_HTTP_CONTENT_H
#define STRATA_APPS_HTTP_CONTENT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "apps/http_buffer.h"
#include "apps/http_validators.h"

struct http_content {
	const char *type;                  /* for Content-Type; NULL: there is no content at all */
	uint64_t length;                   /* of all of it, in bytes, as it was when opened */
	uint64_t at;                       /* the next byte to be read */
	uint64_t end;                      /* the byte behind the last one to be read */
	struct http_validators validators; /* with an empty tag: made for this request alone */
	bool gzip;                         /* it is encoded so */
	bool varies;                       /* there is another encoding of it */
	bool ranges;                       /* parts of it may be asked for */
	const uint8_t *bytes;              /* where it lies in memory, or NULL: in the file */
	char *owned;                       /* the same, to be freed with the content, or NULL */
	int descriptor;                    /* of the file, or -1 */
};

/* No content: nothing to read, nothing to close. */
#define HTTP_CONTENT_NONE ((struct http_content){.descriptor = -1})

/* Open the file that a decoded, relative path names below the directory; "" and a directory's path with a slash at its end mean
 * the index.html in there, or a list of what is there. With `gzip`, the file with ".gz" behind its name takes its place, where
 * there is one that is not older. 0, or a negative errno: -EISDIR for a directory without the slash, which the links in its
 * page would be missing; -ENOENT; -EACCES for whatever may not be read, is no regular file, or lies outside; others when the
 * system is short of something. */
int http_content_open(struct http_content *content, int directory, const char *path, bool gzip);

/* Content that lies in memory for good, and content that was written into a buffer, which is taken over. */
struct http_content http_content_memory(const char *type, const void *bytes, size_t length);
struct http_content http_content_buffer(const char *type, struct http_buffer *buffer);

/* Copy the next bytes, at most `room` of them: how many, 0 when the content is not as long as it was, or a negative
 * errno. */
long http_content_read(struct http_content *content, uint8_t *to, size_t room);

/* Give the descriptor and the memory back. Allowed twice. */
void http_content_close(struct http_content *content);

/* The media type that a path's extension stands for, in any case of letters; application/octet-stream for others. */
const char *http_content_type(const char *path);

/* Open DIR to serve from it: a descriptor, or a negative errno; -ENOSYS: this kernel cannot keep paths below a
 * directory (openat2 came with Linux 5.6). */
int http_content_directory(const char *path);

#endif
