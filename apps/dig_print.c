/* SPDX-License-Identifier: MIT
 *
 * Answers to look-ups as dig shows them; see dig_print.h.
 */
#include "apps/dig_print.h"

#include <string.h>

#define DATA_TEXT (4 * 65536) /* the longest data, of which each byte is escaped */

bool dig_was_answered(const struct dns_answer *a)
{
	return a->status <= DNS_REFUSED || (a->status == DNS_MALFORMED && a->message); /* aliases without an end */
}

static const char *status_name(const struct dns_answer *a)
{
	static const char *const names[] = {"NOERROR",   "NOERROR", "NXDOMAIN",    "SERVFAIL", "REFUSED",
					    "MALFORMED", "TIMEOUT", "UNREACHABLE", "NO-MEMORY"};
	return names[a->status];
}

/* ---- records ---- */

/* Up to this column with tabs, as dig does, or one space where the text is longer. */
static void pad(FILE *to, size_t length, size_t column)
{
	if (length >= column)
		fputc(' ', to);
	for (; length < column; length = (length + 8) / 8 * 8)
		fputc('\t', to);
}

static void print_class(FILE *to, uint16_t class)
{
	if (class == DNS_CLASS_IN)
		fputs("IN", to);
	else
		fprintf(to, "CLASS%u", class);
}

static void print_record(FILE *to, const struct dns_record *record)
{
	static char data[DATA_TEXT];
	char owner[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];
	dns_name_print(&record->owner, owner);
	fputs(owner, to);
	pad(to, strlen(owner), 24);
	fprintf(to, "%u\t", record->ttl);
	print_class(to, record->class);
	fprintf(to, "\t%s\t%s\n", dns_type_print(record->type, type), dns_data_print(record, data, sizeof data));
}

static unsigned count_records(const struct dns_answer *a)
{
	struct dns_record record;
	unsigned count = 0;
	for (size_t at = 0; dns_answer_next(a, &at, &record);)
		count++;
	return count;
}

static void print_answers(FILE *to, const struct dns_answer *a, bool comments)
{
	struct dns_record record;
	if (comments && a->length > 0)
		fputs(";; ANSWER SECTION:\n", to);
	for (size_t at = 0; dns_answer_next(a, &at, &record);)
		print_record(to, &record);
	if (comments && a->length > 0)
		fputc('\n', to);
}

/* A reader of the message that stands before the first record of this section. */
static struct dns_reader section_of(const struct dns_answer *a, const struct dns_header *h, enum dns_section section)
{
	struct dns_reader r = dns_reader(a->message, a->message_length);
	struct dns_question question;
	struct dns_record record;
	for (unsigned n = 0; n < h->counts[DNS_QUESTIONS] && dns_read_question(&r, &question);)
		n++;
	for (unsigned s = DNS_ANSWERS; s < section; s++)
		for (unsigned n = 0; n < h->counts[s] && dns_read_record(&r, &record);)
			n++;
	return r;
}

static void print_section(FILE *to, const struct dns_answer *a, const struct dns_header *h, enum dns_section section,
			  bool comments)
{
	struct dns_reader r = section_of(a, h, section);
	struct dns_record record;
	bool headed = false;
	for (unsigned n = 0; n < h->counts[section] && dns_read_record(&r, &record); n++) {
		if (record.type == DNS_OPT)
			continue;
		if (comments && !headed)
			fprintf(to, ";; %s SECTION:\n", section == DNS_AUTHORITY ? "AUTHORITY" : "ADDITIONAL");
		headed = true;
		print_record(to, &record);
	}
	if (comments && headed)
		fputc('\n', to);
}

/* ---- dig's comments ---- */

static void print_header(FILE *to, const struct dns_answer *a, const struct dns_header *h)
{
	fprintf(to, ";; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: %s, id: %u\n",
		a->message ? dns_rcode_name(h->rcode) : status_name(a), h->id);
	fprintf(to, ";; flags:%s%s%s%s%s%s%s; QUERY: %u, ANSWER: %u, AUTHORITY: %u, ADDITIONAL: %u\n\n",
		h->response ? " qr" : "", h->authoritative ? " aa" : "", h->truncated ? " tc" : "",
		h->recursion_desired ? " rd" : "", h->recursion_available ? " ra" : "", h->authentic ? " ad" : "",
		h->unchecked ? " cd" : "", h->counts[DNS_QUESTIONS], count_records(a), h->counts[DNS_AUTHORITY],
		h->counts[DNS_ADDITIONAL]);
}

static void print_edns(FILE *to, const struct dns_answer *a, const struct dns_header *h)
{
	struct dns_reader r = section_of(a, h, DNS_ADDITIONAL);
	struct dns_record record;
	for (unsigned n = 0; n < h->counts[DNS_ADDITIONAL] && dns_read_record(&r, &record); n++)
		if (record.type == DNS_OPT)
			fprintf(to, ";; OPT PSEUDOSECTION:\n; EDNS: version: %u, flags:%s; udp: %u\n",
				record.ttl >> 16 & 0xff, record.ttl & 0x8000 ? " do" : "", record.class);
}

/* Where it is from, when no server was asked. */
static void print_source(FILE *to, const struct dns_answer *a)
{
	if (a->source == DNS_FROM_CACHE)
		fprintf(to, ";; Got answer from the cache: status: %s, %u s old\n", status_name(a), a->age);
	else
		fprintf(to, ";; Known without asking: status: %s\n", status_name(a));
}

static void print_question(FILE *to, const struct dns_answer *a, bool comments)
{
	char name[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];
	if (comments)
		fputs(";; QUESTION SECTION:\n", to);
	dns_name_print(&a->name, name);
	fprintf(to, ";%s", name);
	pad(to, 1 + strlen(name), 32);
	fprintf(to, "IN\t%s\n", dns_type_print(a->type, type));
	if (comments)
		fputc('\n', to);
}

static void print_stats(FILE *to, const struct dns_answer *a, time_t when)
{
	char address[ADDRESS_TEXT], date[64];
	struct tm local;
	fprintf(to, ";; Query time: %llu msec\n", (unsigned long long)((a->time + 500) / 1000));
	if (a->source != DNS_FROM_HOSTS) {
		address_print(a->server.address, address);
		fprintf(to, ";; SERVER: %s#%u(%s) (%s)\n", address, a->server.port, address,
			a->source == DNS_FROM_CACHE ? "asked before"
			: a->tcp                    ? "TCP"
						    : "UDP");
	}
	if (localtime_r(&when, &local) && strftime(date, sizeof date, "%a %b %d %H:%M:%S %Z %Y", &local) > 0)
		fprintf(to, ";; WHEN: %s\n", date);
	if (a->message)
		fprintf(to, ";; MSG SIZE  rcvd: %zu\n", a->message_length);
	fputc('\n', to);
}

/* Nobody has answered, or nothing that could be shown. */
static void print_failure(FILE *to, const struct dns_answer *a)
{
	char address[ADDRESS_TEXT];
	if (a->server.port != 0)
		fprintf(to, ";; communications error to %s#%u: %s\n", address_print(a->server.address, address),
			a->server.port,
			a->status == DNS_TIMEOUT       ? "timed out"
			: a->status == DNS_UNREACHABLE ? "cannot be reached"
						       : dns_status_text(a->status));
	fputs(a->status == DNS_TIMEOUT || a->status == DNS_UNREACHABLE ? ";; no servers could be reached\n"
								       : ";; no usable answer\n",
	      to);
}

void dig_print(FILE *to, const struct dns_answer *a, unsigned parts, bool asked_tcp, time_t when)
{
	bool comments = parts & DIG_COMMENTS;
	struct dns_header h = {.id = 0};
	if (!dig_was_answered(a)) {
		print_failure(to, a);
		return;
	}
	if (a->message)
		dns_parse_header(a->message, a->message_length, &h);
	if (comments && a->tcp && !asked_tcp)
		fputs(";; Truncated, retrying in TCP mode.\n", to);
	if (comments && a->source == DNS_FROM_SERVER) {
		print_header(to, a, &h);
		print_edns(to, a, &h);
	} else if (comments) {
		print_source(to, a);
	}
	if (parts & DIG_QUESTION)
		print_question(to, a, comments);
	if (parts & DIG_ANSWER)
		print_answers(to, a, comments);
	if (a->message && (parts & DIG_AUTHORITY))
		print_section(to, a, &h, DNS_AUTHORITY, comments);
	if (a->message && (parts & DIG_ADDITIONAL))
		print_section(to, a, &h, DNS_ADDITIONAL, comments);
	if (comments && a->status == DNS_MALFORMED)
		fputs(";; WARNING: the aliases have no end\n\n", to);
	if (parts & DIG_STATS)
		print_stats(to, a, when);
}

void dig_print_short(FILE *to, const struct dns_answer *a)
{
	static char data[DATA_TEXT];
	struct dns_record record;
	if (!dig_was_answered(a)) {
		print_failure(to, a);
		return;
	}
	for (size_t at = 0; dns_answer_next(a, &at, &record);)
		fprintf(to, "%s\n", dns_data_print(&record, data, sizeof data));
}

/* ---- JSON ---- */

/* A string that has nothing but printing characters. */
static void print_string(FILE *to, const char *text)
{
	fputc('"', to);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', to);
		fputc(*text, to);
	}
	fputc('"', to);
}

void dig_print_json(FILE *to, const struct dns_answer *a)
{
	static const char *const sources[] = {"server", "cache", "hosts"};
	static char data[DATA_TEXT];
	char name[DNS_NAME_TEXT], type[DNS_TYPE_TEXT], address[ADDRESS_TEXT];
	const char *between = "";
	struct dns_record record;
	fputs("{\"name\":", to);
	print_string(to, dns_name_print(&a->name, name));
	fprintf(to, ",\"type\":\"%s\",\"status\":\"%s\",\"source\":\"%s\"", dns_type_print(a->type, type),
		status_name(a), sources[a->source]);
	if (a->server.port != 0)
		fprintf(to, ",\"server\":\"%s\",\"port\":%u,\"transport\":\"%s\"",
			address_print(a->server.address, address), a->server.port, a->tcp ? "tcp" : "udp");
	fprintf(to, ",\"time_ms\":%llu.%03llu,\"answers\":[", (unsigned long long)a->time / 1000,
		(unsigned long long)a->time % 1000);
	for (size_t at = 0; dns_answer_next(a, &at, &record); between = ",") {
		fprintf(to, "%s{\"name\":", between);
		print_string(to, dns_name_print(&record.owner, name));
		fprintf(to, ",\"ttl\":%u,\"type\":\"%s\",\"data\":", record.ttl, dns_type_print(record.type, type));
		print_string(to, dns_data_print(&record, data, sizeof data));
		fputc('}', to);
	}
	fputs("]}\n", to);
}

void dig_print_cached(FILE *to, const struct dns_answer *a, uint32_t ttl)
{
	char name[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];
	fprintf(to, ";; cached: %s %s: %s, %u records, %u s left\n", dns_name_print(&a->name, name),
		dns_type_print(a->type, type), a->status == DNS_NO_DATA ? "no data" : status_name(a), count_records(a),
		ttl);
}
