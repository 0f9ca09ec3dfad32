/* SPDX-License-Identifier: MIT
 *
 * Text that grows as it is written, up to a limit. When memory runs out, or the limit is reached, what is added is
 * dropped and `full` stays set, so that a page can be written to its end without a check at every line, and be checked
 * once.
 */
#ifndef STRATA_APPS_HTTP_BUFFER_H
#define STRATA_APPS_HTTP_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "apps/http_text.h"

struct http_buffer {
	char *bytes; /* NULL while there is nothing in it */
	size_t length;
	size_t capacity;
	size_t limit;
	bool full;
};

/* An empty buffer. */
#define HTTP_BUFFER(most) ((struct http_buffer){.limit = (most)})

/* Make room for `length` more bytes and return where they go, or NULL; the caller adds to the length what it has
 * written. */
char *http_buffer_reserve(struct http_buffer *buffer, size_t length);

void http_buffer_add(struct http_buffer *buffer, const void *bytes, size_t length);
__attribute__((format(printf, 2, 3))) void http_buffer_print(struct http_buffer *buffer, const char *format, ...);

/* Text as HTML: what would be markup is written as entities. */
void http_buffer_add_html(struct http_buffer *buffer, const char *text);

/* Text as part of a path: what means something else there is percent-encoded (RFC 3986 2.1). Slashes stay. */
void http_buffer_add_path(struct http_buffer *buffer, const char *text);

/* Cut `length` bytes out, from this place on. */
void http_buffer_cut(struct http_buffer *buffer, size_t from, size_t length);

/* Give the memory back; what remains is an empty buffer. */
void http_buffer_free(struct http_buffer *buffer);

#endif
