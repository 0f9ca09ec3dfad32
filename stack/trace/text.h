/* SPDX-License-Identifier: MIT
 *
 * One line of text in a buffer of fixed size: always terminated, cut when it is full, and printable ASCII only as long
 * as bytes from the wire go in through text_escaped().
 */
#ifndef STRATA_TRACE_TEXT_H
#define STRATA_TRACE_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
	char *start;
	size_t length; /* without the terminator; always below room */
	size_t room;
	size_t shift; /* how far columns are moved to the right, by a field that was wider than its place */
};

/* An empty line in `room` >= 1 bytes at `start`. */
struct text text_begin(char *start, size_t room);

/* Append, as printf does. What does not fit is cut. */
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Append spaces up to this column, moved by the shift, and at least one. */
void text_pad(struct text *text, size_t column);

/* Append at least two spaces, up to this column; where the text is beyond it already, all later columns are shifted as
 * far. */
void text_shift(struct text *text, size_t column);

/* Append bytes from the wire: printable ASCII as it is, the backslash doubled, all others as \xNN. */
void text_escaped(struct text *text, const uint8_t *bytes, size_t length);

#endif
