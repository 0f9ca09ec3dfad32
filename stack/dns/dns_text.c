/* SPDX-License-Identifier: MIT
 *
 * Names and records as text; see dns_text.h.
 */
#include "dns/dns_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- names from text ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The byte behind a \: three digits, or a character that stands for itself. False: neither. */
static bool parse_escape(const char **at, uint8_t *byte)
{
	const char *c = *at;

	if (is_digit(c[0]) && is_digit(c[1]) && is_digit(c[2])) {
		int value = (c[0] - '0') * 100 + (c[1] - '0') * 10 + (c[2] - '0');
		*byte = (uint8_t)value;
		*at += 3;
		return value <= 255;
	}
	*byte = (uint8_t)c[0];
	*at += 1;
	return c[0] != '\0' && !is_digit(c[0]);
}

/* One label, up to a dot or the end. The length byte is there already. */
static bool parse_label(const char **at, struct dns_name *name)
{
	size_t head = name->length - 1u;

	while (**at && **at != '.') {
		uint8_t byte = (uint8_t) * (*at)++;
		if (byte == '\\' && !parse_escape(at, &byte))
			return false;
		if (name->length >= DNS_NAME_MAX - 1) /* one is the root's */
			return false;
		name->bytes[name->length++] = byte;
	}
	size_t length = name->length - 1u - head;
	name->bytes[head] = (uint8_t)length;
	return length > 0 && length <= DNS_LABEL_MAX;
}

bool dns_name_parse(const char *text, struct dns_name *name)
{
	*name = (struct dns_name){.length = 1};
	if (!*text)
		return false;
	if (strcmp(text, ".") == 0)
		return true;
	while (*text) {
		if (!parse_label(&text, name))
			return false;
		name->bytes[name->length++] = 0;
		if (*text)
			text++;
	}
	return true;
}

struct dns_name dns_name_of_address(struct address address)
{
	char text[64];
	struct dns_name name;
	const uint8_t *b = address.bytes;

	snprintf(text, sizeof text, "%u.%u.%u.%u.in-addr.arpa.", b[3], b[2], b[1], b[0]);
	dns_name_parse(text, &name);
	return name;
}

/* ---- comparing names ---- */

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Lengths are below 64, so that they have no case. */
static bool equal_bytes(const uint8_t *a, const uint8_t *b, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

bool dns_name_equal(const struct dns_name *a, const struct dns_name *b)
{
	return a->length == b->length && equal_bytes(a->bytes, b->bytes, a->length);
}

bool dns_name_same(const struct dns_name *a, const struct dns_name *b)
{
	return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

bool dns_name_is_within(const struct dns_name *name, const struct dns_name *zone)
{
	size_t at = 0;

	while (at < name->length && (size_t)(name->length - at) > zone->length)
		at += 1 + (size_t)name->bytes[at];
	return at < name->length && (size_t)(name->length - at) == zone->length &&
	       equal_bytes(name->bytes + at, zone->bytes, zone->length);
}

/* ---- to text ---- */

/* A place in text that is being written; what does not fit is left out. */
struct writer {
	char *at;
	size_t left; /* the terminator's place included */
};

static void put(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct writer *w, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(w->at, w->left, format, arguments);
	va_end(arguments);
	size_t written = length < 0 ? 0 : (size_t)length;
	if (written >= w->left)
		written = w->left - 1;
	w->at += written;
	w->left -= written;
}

/* One byte from the network. Those below `first` do not print where it stands, and those in `special` mean something there. */
static void put_byte(struct writer *w, uint8_t byte, uint8_t first, const char *special)
{
	if (byte < first || byte > '~')
		put(w, "\\%03u", byte);
	else if (strchr(special, byte))
		put(w, "\\%c", byte);
	else
		put(w, "%c", byte);
}

static void put_name(struct writer *w, const struct dns_name *name)
{
	if (name->length <= 1)
		put(w, ".");
	for (size_t at = 0; at + 1 < name->length; at += 1 + (size_t)name->bytes[at]) {
		for (size_t i = 1; i <= name->bytes[at]; i++)
			put_byte(w, name->bytes[at + i], '!', ".\\\"();@$"); /* those that a zone file has a use for */
		put(w, ".");
	}
}

char *dns_name_print(const struct dns_name *name, char text[DNS_NAME_TEXT])
{
	struct writer w = {text, DNS_NAME_TEXT};

	text[0] = '\0';
	put_name(&w, name);
	return text;
}

static const struct {
	uint16_t type;
	const char *name;
} types[] = {
    {DNS_A, "A"},   {DNS_NS, "NS"},   {DNS_CNAME, "CNAME"}, {DNS_SOA, "SOA"}, {DNS_PTR, "PTR"},
    {DNS_MX, "MX"}, {DNS_TXT, "TXT"}, {DNS_AAAA, "AAAA"},   {DNS_OPT, "OPT"}, {DNS_ANY, "ANY"},
};

#define TYPE_COUNT (sizeof types / sizeof types[0])

char *dns_type_print(uint16_t type, char text[DNS_TYPE_TEXT])
{
	snprintf(text, DNS_TYPE_TEXT, "TYPE%u", type);
	for (size_t i = 0; i < TYPE_COUNT; i++)
		if (types[i].type == type)
			snprintf(text, DNS_TYPE_TEXT, "%s", types[i].name);
	return text;
}

uint16_t dns_type_parse(const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < TYPE_COUNT; i++)
		if (strlen(types[i].name) == length &&
		    equal_bytes((const uint8_t *)types[i].name, (const uint8_t *)text, length))
			return types[i].type;
	if (length <= 4 || length > 9 || !equal_bytes((const uint8_t *)text, (const uint8_t *)"TYPE", 4))
		return 0;
	unsigned number = 0;
	for (text += 4; is_digit(*text); text++)
		number = number * 10 + (unsigned)(*text - '0');
	return *text || number > UINT16_MAX ? 0 : (uint16_t)number;
}

const char *dns_rcode_name(uint8_t rcode)
{
	static const char *const names[16] = {
	    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",   "NOTIMP",     "REFUSED",    "YXDOMAIN",   "YXRRSET",
	    "NXRRSET", "NOTAUTH", "NOTZONE",  "RESERVED11", "RESERVED12", "RESERVED13", "RESERVED14", "RESERVED15",
	};
	return names[rcode & 0xf];
}

/* The longest run of zero groups, of two at least, is left out, the first of equals (RFC 5952 4.2). */
static void put_aaaa(struct writer *w, const uint8_t bytes[16])
{
	unsigned groups[8], best = 8, best_length = 1;

	for (unsigned i = 0; i < 8; i++)
		groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
	for (unsigned i = 0, length; i < 8; i += length + 1) {
		for (length = 0; i + length < 8 && groups[i + length] == 0;)
			length++;
		if (length > best_length) {
			best = i;
			best_length = length;
		}
	}
	for (unsigned i = 0; i < 8; i++) {
		if (i == best) {
			put(w, "::");
			i += best_length - 1;
			continue;
		}
		put(w, i == 0 || i == best + best_length ? "%x" : ":%x", groups[i]);
	}
}

static void put_texts(struct writer *w, const struct dns_record *record)
{
	const uint8_t *bytes;
	uint8_t length;
	size_t at = 0;

	while (dns_text_next(record, &at, &bytes, &length)) {
		put(w, bytes == record->data + 1 ? "\"" : " \"");
		for (size_t i = 0; i < length; i++)
			put_byte(w, bytes[i], ' ', "\"\\");
		put(w, "\"");
	}
}

/* RFC 3597 5 */
static void put_unknown(struct writer *w, const struct dns_record *record)
{
	put(w, record->length > 0 ? "\\# %u " : "\\# %u", record->length);
	for (size_t i = 0; i < record->length; i++)
		put(w, "%02X", record->data[i]);
}

static void put_soa(struct writer *w, const struct dns_record *record)
{
	put_name(w, &record->name);
	put(w, " ");
	put_name(w, &record->mailbox);
	put(w, " %u %u %u %u %u", record->serial, record->refresh, record->retry, record->expire, record->minimum);
}

char *dns_data_print(const struct dns_record *record, char *text, size_t room)
{
	struct writer w = {text, room};
	const uint8_t *d = record->data;

	text[0] = '\0';
	switch (record->type) {
	case DNS_A:
		put(&w, "%u.%u.%u.%u", d[0], d[1], d[2], d[3]);
		break;
	case DNS_AAAA:
		put_aaaa(&w, d);
		break;
	case DNS_MX:
		put(&w, "%u ", record->preference);
		put_name(&w, &record->name);
		break;
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		put_name(&w, &record->name);
		break;
	case DNS_SOA:
		put_soa(&w, record);
		break;
	case DNS_TXT:
		put_texts(&w, record);
		break;
	default:
		put_unknown(&w, record);
	}
	return text;
}
