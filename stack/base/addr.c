/* SPDX-License-Identifier: MIT
 *
 * Addresses: comparing, printing, parsing.
 *
 * A parser takes a pointer to its place in the text and moves it past what it understood, so that "192.0.2.1/24" is
 * read by the same functions as "192.0.2.1". The public ones write nothing until the last character was right.
 */
#include "base/addr.h"

#include <stdio.h>
#include <string.h>

#include "base/wire.h"

bool address_equal(struct address a, struct address b)
{
	return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

bool address_is_any(struct address a)
{
	return address_equal(a, ADDRESS_ANY);
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && address_equal(a->address, b->address);
}

bool mac_equal(struct mac a, struct mac b)
{
	return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

bool mac_is_group(struct mac a)
{
	/* The first bit on the wire, and Ethernet sends each byte's lowest bit first. */
	return a.bytes[0] & 1;
}

uint32_t address_number(struct address a)
{
	return wire_get32(a.bytes);
}

struct address address_from_number(uint32_t number)
{
	struct address a;
	wire_put32(a.bytes, number);
	return a;
}

uint64_t mac_number(struct mac a)
{
	return (uint64_t)wire_get16(a.bytes) << 32 | wire_get32(a.bytes + 2);
}

struct mac mac_from_number(uint64_t number)
{
	struct mac a;
	wire_put16(a.bytes, (uint16_t)(number >> 32));
	wire_put32(a.bytes + 2, (uint32_t)number);
	return a;
}

char *address_print(struct address a, char text[ADDRESS_TEXT])
{
	snprintf(text, ADDRESS_TEXT, "%u.%u.%u.%u", a.bytes[0], a.bytes[1], a.bytes[2], a.bytes[3]);
	return text;
}

char *endpoint_print(const struct endpoint *e, char text[ENDPOINT_TEXT])
{
	char address[ADDRESS_TEXT];
	snprintf(text, ENDPOINT_TEXT, "%s:%u", address_print(e->address, address), e->port);
	return text;
}

char *mac_print(struct mac a, char text[MAC_TEXT])
{
	const uint8_t *b = a.bytes;
	snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
	return text;
}

/* One given character. */
static bool parse_mark(const char **at, char mark)
{
	if (**at != mark)
		return false;
	++*at;
	return true;
}

/* A decimal number up to `most`. No leading zeros: elsewhere they mean octal, and a reader could not tell. */
static bool parse_number(const char **at, unsigned most, unsigned *number)
{
	const char *start = *at;
	*number = 0;
	for (; **at >= '0' && **at <= '9'; ++*at) {
		*number = *number * 10 + (unsigned)(**at - '0');
		if (*number > most)
			return false;
	}
	return *at != start && (*start != '0' || *at == start + 1);
}

static bool parse_address(const char **at, struct address *a)
{
	for (size_t i = 0; i < sizeof a->bytes; i++) {
		unsigned number;
		if ((i > 0 && !parse_mark(at, '.')) || !parse_number(at, 255, &number))
			return false;
		a->bytes[i] = (uint8_t)number;
	}
	return true;
}

bool address_parse(const char *text, struct address *a)
{
	struct address parsed;
	if (!parse_address(&text, &parsed) || *text)
		return false;
	*a = parsed;
	return true;
}

bool address_parse_prefix(const char *text, struct address *a, unsigned *prefix_length)
{
	struct address parsed;
	unsigned length;
	if (!parse_address(&text, &parsed) || !parse_mark(&text, '/') || !parse_number(&text, 32, &length) || *text)
		return false;
	*a = parsed;
	*prefix_length = length;
	return true;
}

/* One hexadecimal digit of either case. */
static bool parse_digit(const char **at, unsigned *digit)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = **at ? strchr(digits, **at) : NULL;
	if (!found)
		return false;
	*digit = (unsigned)(found - digits) % 16;
	++*at;
	return true;
}

bool mac_parse(const char *text, struct mac *a)
{
	struct mac parsed;
	for (size_t i = 0; i < sizeof parsed.bytes; i++) {
		unsigned high, low;
		if ((i > 0 && !parse_mark(&text, ':')) || !parse_digit(&text, &high) || !parse_digit(&text, &low))
			return false;
		parsed.bytes[i] = (uint8_t)(high << 4 | low);
	}
	if (*text)
		return false;
	*a = parsed;
	return true;
}
