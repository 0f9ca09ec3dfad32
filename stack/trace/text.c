/* SPDX-License-Identifier: MIT
 *
 * One line of text, built from left to right.
 */
#include "trace/text.h"

#include <stdarg.h>
#include <stdio.h>

struct text text_begin(char *start, size_t room)
{
	start[0] = '\0';
	return (struct text){.start = start, .room = room};
}

void text_add(struct text *text, const char *format, ...)
{
	size_t left = text->room - text->length;
	va_list arguments;

	va_start(arguments, format);
	int wanted = vsnprintf(text->start + text->length, left, format, arguments);
	va_end(arguments);
	if (wanted > 0)
		text->length += (size_t)wanted < left ? (size_t)wanted : left - 1;
}

void text_pad(struct text *text, size_t column)
{
	do
		text_add(text, " ");
	while (text->length < column + text->shift && text->length + 1 < text->room);
}

void text_shift(struct text *text, size_t column)
{
	text_add(text, " ");
	text_pad(text, column);
	if (text->length > column)
		text->shift = text->length - column;
}

void text_escaped(struct text *text, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '\\')
			text_add(text, "\\\\");
		else if (bytes[i] >= ' ' && bytes[i] <= '~')
			text_add(text, "%c", bytes[i]);
		else
			text_add(text, "\\x%02x", bytes[i]);
	}
}
