/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a DNS message: each record that is read is a name of whole labels and data inside the input; written without
 * pointers it reads the same; and as text it has nothing but printing characters, from which its names can be read again.
 */
#include "dns/dns_wire.h"

#include <string.h>

#include "dns/dns_text.h"
#include "tests/fuzz/fuzz.h"

static void is_printable(const char *text)
{
	for (; *text; text++)
		must(*text >= ' ' && *text <= '~');
}

static void is_name(const struct dns_name *name)
{
	char text[DNS_NAME_TEXT];
	struct dns_name again;
	size_t at = 0;

	must(name->length >= 1);
	while (name->bytes[at] != 0) {
		must(name->bytes[at] <= DNS_LABEL_MAX);
		at += 1u + name->bytes[at];
		must(at < name->length);
	}
	must(at + 1 == name->length);
	is_printable(dns_name_print(name, text));
	must(dns_name_parse(text, &again) && dns_name_same(&again, name) && dns_name_equal(&again, name));
}

static void same_record(const struct dns_record *a, const struct dns_record *b)
{
	must(a->type == b->type && a->class == b->class && a->ttl == b->ttl);
	must(dns_name_same(&a->owner, &b->owner) && dns_name_same(&a->name, &b->name));
	must(dns_name_same(&a->mailbox, &b->mailbox));
	if (a->name.length == 0)
		must(a->length == b->length && (a->length == 0 || memcmp(a->data, b->data, a->length) == 0));
	if (a->type == DNS_MX)
		must(a->preference == b->preference);
	if (a->type == DNS_SOA)
		must(a->serial == b->serial && a->refresh == b->refresh && a->retry == b->retry &&
		     a->expire == b->expire && a->minimum == b->minimum);
}

static void is_record(const struct dns_record *record, const uint8_t *bytes, size_t length)
{
	static char text[4 * 65536];
	static uint8_t written[65536 + 1024];
	struct dns_record again;

	must(lies_inside(record->data, record->length, bytes, length));
	is_name(&record->owner);
	if (record->name.length > 0)
		is_name(&record->name);
	size_t size = dns_emit_record(NULL, record);
	must(size <= sizeof written && dns_emit_record(written, record) == size);
	struct dns_reader r = dns_reader_of_records(written, size);
	must(dns_read_record(&r, &again) && r.at == size);
	same_record(record, &again);
	is_printable(dns_data_print(record, text, sizeof text));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct dns_reader r = dns_reader(bytes, length);
	struct dns_header header;
	struct dns_question question;
	struct dns_record record;

	must(dns_parse_header(bytes, length, &header) == (length >= DNS_HEADER));
	if (length < DNS_HEADER)
		return 0;
	for (unsigned n = 0; n < header.counts[DNS_QUESTIONS] && dns_read_question(&r, &question); n++)
		is_name(&question.name);
	unsigned records =
	    0u + header.counts[DNS_ANSWERS] + header.counts[DNS_AUTHORITY] + header.counts[DNS_ADDITIONAL];
	for (unsigned n = 0; n < records && dns_read_record(&r, &record); n++)
		is_record(&record, bytes, length);
	must(r.at <= length);
	return 0;
}
