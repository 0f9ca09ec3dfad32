/* SPDX-License-Identifier: MIT
 *
 * Bytes inside somebody else's buffer, and the few things that HTTP's grammar (RFC 9110 5.6) does with them. Nothing here is
 * terminated and nothing is copied.
 */
#ifndef STRATA_APPS_HTTP_TEXT_H
#define STRATA_APPS_HTTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_text {
	const char *bytes;
	size_t length;
};

/* Whether the text is this word, exactly or in any mixture of cases. */
bool http_text_is(struct http_text text, const char *word);
bool http_text_is_nocase(struct http_text text, const char *word);

/* The text without its first `length` bytes, of which it has as many at least. */
struct http_text http_text_skip(struct http_text text, size_t length);

/* Without the optional white space around it (RFC 9110 5.6.3). */
struct http_text http_text_trim(struct http_text text);

/* Cut off and return what stands before the first `separator`, which goes too; without one, everything. *found tells
 * which. */
struct http_text http_text_take(struct http_text *rest, char separator, bool *found);

/* Cut off and return the next member of a comma-separated list, trimmed (RFC 9110 5.6.1; commas inside quotes are not
 * looked for). Empty ones are passed over. False: there is none left. */
bool http_text_take_member(struct http_text *rest, struct http_text *member);

bool http_is_digit(char byte);
bool http_is_letter(char byte);
bool http_is_one_of(char byte, const char *set);
bool http_is_control(char byte);

/* Whether `holds` is true of every byte; true of none at all. */
bool http_text_every(struct http_text text, bool (*holds)(char byte));

/* RFC 9110 5.6.2: token = 1*tchar */
bool http_text_is_token(struct http_text text);

/* A decimal number, digits only and at least one; false otherwise. One above 2^64 - 1 is cut to that. */
bool http_text_number(struct http_text text, uint64_t *number);

/* The value of a hexadecimal digit, or -1. */
int http_hex_digit(char byte);

#endif
