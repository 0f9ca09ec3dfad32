/* SPDX-License-Identifier: MIT
 *
 * DNS messages; see dns_wire.h for the pictures.
 */
#include "dns/dns_wire.h"

#include <string.h>

#include "base/wire.h"

#define POINTER     0xc0 /* the two high bits of a length */
#define JUMPS_MAX   126  /* pointers in a name: it has no more labels than that */
#define RECORD_HEAD 10   /* type, class, TTL, length of data */
#define SOA_NUMBERS 20

enum { QR = 0x8000, AA = 0x0400, TC = 0x0200, RD = 0x0100, RA = 0x0080, AD = 0x0020, CD = 0x0010 };

/* ---- reading ---- */

struct dns_reader dns_reader(const uint8_t *message, size_t length)
{
	return (struct dns_reader){message, length, DNS_HEADER, length < DNS_HEADER};
}

struct dns_reader dns_reader_of_records(const uint8_t *records, size_t length)
{
	return (struct dns_reader){records, length, 0, false};
}

bool dns_parse_header(const uint8_t *message, size_t length, struct dns_header *header)
{
	struct wire_reader r = wire_reader(message, length);
	uint16_t id = wire_read16(&r), flags = wire_read16(&r);

	*header = (struct dns_header){
	    .id = id,
	    .response = flags & QR,
	    .opcode = flags >> 11 & 0xf,
	    .authoritative = flags & AA,
	    .truncated = flags & TC,
	    .recursion_desired = flags & RD,
	    .recursion_available = flags & RA,
	    .authentic = flags & AD,
	    .unchecked = flags & CD,
	    .rcode = flags & 0xf,
	};
	for (unsigned i = 0; i < DNS_SECTIONS; i++)
		header->counts[i] = wire_read16(&r);
	return !r.failed;
}

/* The next `length` bytes before `end`, borrowed, or NULL and the reader has failed. */
static const uint8_t *take(struct dns_reader *r, size_t end, size_t length)
{
	if (r->failed || end > r->length || length > end - r->at) {
		r->failed = true;
		return NULL;
	}
	const uint8_t *taken = r->message + r->at;
	r->at += length;
	return taken;
}

/* Follow the pointer at `at`. Each leads before the place where the labels before it began, so that there is an end. False: it
 * leads elsewhere, or into the header. */
static bool follow(const struct dns_reader *r, size_t *at, size_t *began)
{
	if (*at + 2 > r->length)
		return false;
	size_t to = wire_get16(r->message + *at) & 0x3fff;
	if (to >= *began || to < DNS_HEADER)
		return false;
	*at = *began = to;
	return true;
}

/* Append the label at `at`, or the root's. False: it is longer than the message, or the name gets too long. */
static bool add_label(const struct dns_reader *r, size_t at, struct dns_name *name)
{
	size_t length = 1 + (size_t)r->message[at];

	if (length > r->length - at || length > (size_t)(DNS_NAME_MAX - name->length))
		return false;
	memcpy(name->bytes + name->length, r->message + at, length);
	name->length = (uint8_t)(name->length + length);
	return true;
}

/* The name at r->at, all of which that stands there lies before `end`. */
static bool read_name(struct dns_reader *r, size_t end, struct dns_name *name)
{
	size_t at = r->at, began = at,
	       after = 0; /* after: where the name's own bytes end; 0 before the first pointer */
	unsigned jumps = 0;

	name->length = 0;
	r->failed = r->failed || end > r->length;
	while (!r->failed) {
		if (at >= r->length)
			break;
		uint8_t length = r->message[at];
		if ((length & POINTER) == POINTER) {
			after = after ? after : at + 2;
			if (jumps++ >= JUMPS_MAX || !follow(r, &at, &began))
				break;
			continue;
		}
		if (length > DNS_LABEL_MAX || !add_label(r, at, name)) /* RFC 6891 5: the other two kinds are dead */
			break;
		at += 1 + (size_t)length;
		if (length > 0)
			continue;
		r->at = after ? after : at;
		r->failed = r->at > end;
		return !r->failed;
	}
	r->failed = true;
	return false;
}

bool dns_read_question(struct dns_reader *r, struct dns_question *question)
{
	if (!read_name(r, r->length, &question->name))
		return false;
	const uint8_t *at = take(r, r->length, 4);
	if (!at)
		return false;
	question->type = wire_get16(at);
	question->class = wire_get16(at + 2);
	return true;
}

static void read_soa(struct dns_reader *r, size_t end, struct dns_record *record)
{
	read_name(r, end, &record->name);
	read_name(r, end, &record->mailbox);
	const uint8_t *at = take(r, end, SOA_NUMBERS);
	if (!at)
		return;
	record->serial = wire_get32(at);
	record->refresh = wire_get32(at + 4);
	record->retry = wire_get32(at + 8);
	record->expire = wire_get32(at + 12);
	record->minimum = wire_get32(at + 16);
}

/* RFC 1035 3.3.14: one string or more, which fill the data. */
static bool text_fits(const struct dns_record *record)
{
	size_t at = 0;

	while (at < record->length)
		at += 1 + (size_t)record->data[at];
	return at == record->length && at > 0;
}

/* The data up to `end`, by type. */
static void read_data(struct dns_reader *r, size_t end, struct dns_record *record)
{
	const uint8_t *at;

	switch (record->type) {
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		read_name(r, end, &record->name);
		break;
	case DNS_MX:
		if ((at = take(r, end, 2)))
			record->preference = wire_get16(at);
		read_name(r, end, &record->name);
		break;
	case DNS_SOA:
		read_soa(r, end, record);
		break;
	default:
		take(r, end, record->length);
		r->failed = r->failed || (record->type == DNS_A && record->length != 4) ||
			    (record->type == DNS_AAAA && record->length != 16) ||
			    (record->type == DNS_TXT && !text_fits(record));
	}
}

bool dns_read_record(struct dns_reader *r, struct dns_record *record)
{
	record->name.length = record->mailbox.length = 0;
	if (!read_name(r, r->length, &record->owner))
		return false;
	const uint8_t *at = take(r, r->length, RECORD_HEAD);
	if (!at)
		return false;
	record->type = wire_get16(at);
	record->class = wire_get16(at + 2);
	record->ttl = wire_get32(at + 4);
	record->length = wire_get16(at + 8);
	if (record->type != DNS_OPT && record->ttl > INT32_MAX)
		record->ttl = 0;
	size_t end = r->at + record->length;
	if (end > r->length) {
		r->failed = true;
		return false;
	}
	record->data = r->message + r->at;
	read_data(r, end, record);
	r->failed = r->failed || r->at != end;
	return !r->failed;
}

bool dns_text_next(const struct dns_record *record, size_t *at, const uint8_t **bytes, uint8_t *length)
{
	if (*at >= record->length)
		return false;
	*length = record->data[*at];
	*bytes = record->data + *at + 1;
	*at += 1 + (size_t)*length;
	return true;
}

size_t dns_parse_length(const uint8_t from[2])
{
	return wire_get16(from);
}

/* ---- writing ---- */

void dns_emit_length(uint8_t to[2], size_t length)
{
	wire_put16(to, (uint16_t)length);
}

/* RFC 6891 6.1.2: the root's name, the type, our size in place of a class, no flags, no options. */
static void write_opt(struct wire_writer *w)
{
	wire_write8(w, 0);
	wire_write16(w, DNS_OPT);
	wire_write16(w, DNS_EDNS_SIZE);
	wire_write32(w, 0);
	wire_write16(w, 0);
}

size_t dns_emit_query(uint8_t to[DNS_QUERY_MAX], uint16_t id, const struct dns_name *name, uint16_t type, bool edns)
{
	struct wire_writer w = wire_writer(to, DNS_QUERY_MAX);

	wire_write16(&w, id);
	wire_write16(&w, RD);
	wire_write16(&w, 1);
	wire_write16(&w, 0);
	wire_write16(&w, 0);
	wire_write16(&w, edns ? 1 : 0);
	wire_write(&w, name->bytes, name->length);
	wire_write16(&w, type);
	wire_write16(&w, DNS_CLASS_IN);
	if (edns)
		write_opt(&w);
	return DNS_QUERY_MAX - w.left;
}

void dns_emit_spelling(uint8_t *message, const struct dns_name *name)
{
	memcpy(message + DNS_HEADER, name->bytes, name->length);
}

/* The length of the data, and the data, where there is a place to write it. */
static size_t data_length(const struct dns_record *record)
{
	switch (record->type) {
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		return record->name.length;
	case DNS_MX:
		return 2 + (size_t)record->name.length;
	case DNS_SOA:
		return (size_t)record->name.length + record->mailbox.length + SOA_NUMBERS;
	default:
		return record->length;
	}
}

static void write_data(struct wire_writer *w, const struct dns_record *record)
{
	switch (record->type) {
	case DNS_MX:
		wire_write16(w, record->preference);
		wire_write(w, record->name.bytes, record->name.length);
		break;
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		wire_write(w, record->name.bytes, record->name.length);
		break;
	case DNS_SOA:
		wire_write(w, record->name.bytes, record->name.length);
		wire_write(w, record->mailbox.bytes, record->mailbox.length);
		wire_write32(w, record->serial);
		wire_write32(w, record->refresh);
		wire_write32(w, record->retry);
		wire_write32(w, record->expire);
		wire_write32(w, record->minimum);
		break;
	default:
		wire_write(w, record->data, record->length);
	}
}

size_t dns_emit_record(uint8_t *to, const struct dns_record *record)
{
	size_t data = data_length(record), length = record->owner.length + RECORD_HEAD + data;
	struct wire_writer w = wire_writer(to, length);

	if (!to)
		return length;
	wire_write(&w, record->owner.bytes, record->owner.length);
	wire_write16(&w, record->type);
	wire_write16(&w, record->class);
	wire_write32(&w, record->ttl);
	wire_write16(&w, (uint16_t)data);
	write_data(&w, record);
	return length;
}
