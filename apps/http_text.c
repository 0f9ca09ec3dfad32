/* SPDX-License-Identifier: MIT
 *
 * HTTP's grammar in the small: see http_text.h.
 */
#include "apps/http_text.h"

#include <string.h>
#include <strings.h>

bool http_text_is(struct http_text text, const char *word)
{
	return text.length == strlen(word) && memcmp(text.bytes, word, text.length) == 0;
}

bool http_text_is_nocase(struct http_text text, const char *word)
{
	return text.length == strlen(word) && strncasecmp(text.bytes, word, text.length) == 0;
}

struct http_text http_text_skip(struct http_text text, size_t length)
{
	return (struct http_text){text.bytes + length, text.length - length};
}

struct http_text http_text_trim(struct http_text text)
{
	while (text.length > 0 && http_is_one_of(text.bytes[0], " \t"))
		text = http_text_skip(text, 1);
	while (text.length > 0 && http_is_one_of(text.bytes[text.length - 1], " \t"))
		text.length--;
	return text;
}

struct http_text http_text_take(struct http_text *rest, char separator, bool *found)
{
	const char *at = rest->length > 0 ? memchr(rest->bytes, separator, rest->length) : NULL;
	struct http_text taken = {rest->bytes, at ? (size_t)(at - rest->bytes) : rest->length};
	*rest = http_text_skip(*rest, taken.length + (at ? 1 : 0));
	*found = at != NULL;
	return taken;
}

bool http_text_take_member(struct http_text *rest, struct http_text *member)
{
	bool more;
	while (rest->length > 0) {
		*member = http_text_trim(http_text_take(rest, ',', &more));
		if (member->length > 0)
			return true;
	}
	return false;
}

bool http_is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

bool http_is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

bool http_is_one_of(char byte, const char *set)
{
	return byte != '\0' && strchr(set, byte);
}

bool http_is_control(char byte)
{
	return (unsigned char)byte < 0x20 || byte == 0x7f;
}

bool http_text_every(struct http_text text, bool (*holds)(char byte))
{
	for (size_t i = 0; i < text.length; i++)
		if (!holds(text.bytes[i]))
			return false;
	return true;
}

static bool is_token_byte(char byte)
{
	return http_is_digit(byte) || http_is_letter(byte) || http_is_one_of(byte, "!#$%&'*+-.^_`|~");
}

bool http_text_is_token(struct http_text text)
{
	return text.length > 0 && http_text_every(text, is_token_byte);
}

bool http_text_number(struct http_text text, uint64_t *number)
{
	if (text.length == 0 || !http_text_every(text, http_is_digit))
		return false;
	*number = 0;
	for (size_t i = 0; i < text.length; i++) {
		unsigned digit = (unsigned)(text.bytes[i] - '0');
		*number = *number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *number * 10 + digit;
	}
	return true;
}

int http_hex_digit(char byte)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = byte ? strchr(digits, byte >= 'A' && byte <= 'F' ? byte - 'A' + 'a' : byte) : NULL;
	return at ? (int)(at - digits) : -1;
}
