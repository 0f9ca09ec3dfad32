/* SPDX-License-Identifier: MIT
 *
 * Growing text: see http_buffer.h.
 */
#include "apps/http_buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 1024

char *http_buffer_reserve(struct http_buffer *buffer, size_t length)
{
	if (length > buffer->limit - buffer->length) {
		buffer->full = true;
		return NULL;
	}
	size_t capacity = buffer->capacity ? buffer->capacity : CAPACITY_MIN;
	while (capacity - buffer->length < length)
		capacity *= 2;
	if (capacity != buffer->capacity) {
		char *bytes = realloc(buffer->bytes, capacity);
		if (!bytes) {
			buffer->full = true;
			return NULL;
		}
		buffer->bytes = bytes;
		buffer->capacity = capacity;
	}
	return buffer->bytes + buffer->length;
}

void http_buffer_add(struct http_buffer *buffer, const void *bytes, size_t length)
{
	char *to = length > 0 ? http_buffer_reserve(buffer, length) : NULL;
	if (!to)
		return;
	memcpy(to, bytes, length);
	buffer->length += length;
}

void http_buffer_print(struct http_buffer *buffer, const char *format, ...)
{
	va_list arguments, again;
	va_start(arguments, format);
	va_copy(again, arguments);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	char *to = length > 0 ? http_buffer_reserve(buffer, (size_t)length + 1) : NULL;
	if (to) {
		vsnprintf(to, (size_t)length + 1, format, again);
		buffer->length += (size_t)length;
	}
	va_end(again);
}

void http_buffer_add_html(struct http_buffer *buffer, const char *text)
{
	static const char special[] = "&<>\"'";
	static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
	while (*text) {
		size_t plain = strcspn(text, special);
		http_buffer_add(buffer, text, plain);
		text += plain;
		if (*text)
			http_buffer_print(buffer, "%s", entities[strchr(special, *text++) - special]);
	}
}

void http_buffer_add_path(struct http_buffer *buffer, const char *text)
{
	for (; *text; text++) {
		bool plain = http_is_letter(*text) || http_is_digit(*text) || http_is_one_of(*text, "-._~/");
		http_buffer_print(buffer, plain ? "%c" : "%%%02X", (unsigned char)*text);
	}
}

void http_buffer_cut(struct http_buffer *buffer, size_t from, size_t length)
{
	buffer->length -= length;
	if (length > 0 && buffer->length > from)
		memmove(buffer->bytes + from, buffer->bytes + from + length, buffer->length - from);
}

void http_buffer_free(struct http_buffer *buffer)
{
	free(buffer->bytes);
	*buffer = HTTP_BUFFER(buffer->limit);
}
