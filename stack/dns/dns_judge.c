/* SPDX-License-Identifier: MIT
 *
 * Whether a message answers a query, and what it says.
 *
 * It is believed when its id, its question to the letter and (by the socket it came in by) its sender and ports are those of the
 * question that was sent; and of its records only those that belong to the name that was asked for, or to
 * the one that an alias of it leads to (RFC 5452 9.1, RFC 2181 5.4.1). All of them must be well-formed.
 */
#include <string.h>

#include "internal.h"

void dns_note_failure(struct dns_query *q, enum dns_status failure)
{
	if (failure < q->failure)
		q->failure = failure;
}

/* ---- is it the answer? ---- */

/* A server that could not read the question may leave it out (RFC 6891 7); what it says then is only that it is of no help. */
static bool may_lack_question(const struct dns_header *h)
{
	return h->counts[DNS_QUESTIONS] == 0 && h->counts[DNS_ANSWERS] == 0 &&
	       (h->rcode == DNS_RCODE_FORMERR || h->rcode == DNS_RCODE_SERVFAIL || h->rcode == DNS_RCODE_NOTIMP ||
		h->rcode == DNS_RCODE_REFUSED);
}

/* DNS_MEANS_NOTHING, _CASE, or _END: this is it. */
static enum dns_meaning recognize(struct stack *s, const struct dns_query *q, const uint8_t *message, size_t length,
				  struct dns_header *header)
{
	struct dns_reader r = dns_reader(message, length);
	struct dns_question question;
	enum drop_reason reason = DROP_DNS_QUESTION;

	if (!dns_parse_header(message, length, header) || !header->response || header->opcode != 0)
		reason = DROP_DNS_MALFORMED;
	else if (header->id != q->id)
		reason = DROP_DNS_ID;
	else if (may_lack_question(header))
		return DNS_MEANS_END;
	else if (header->counts[DNS_QUESTIONS] != 1 || !dns_read_question(&r, &question))
		reason = DROP_DNS_MALFORMED;
	else if (question.type == q->key.type && question.class == DNS_CLASS_IN &&
		 dns_name_equal(&question.name, &q->sent))
		return q->mixed && !dns_name_same(&question.name, &q->sent) ? DNS_MEANS_CASE : DNS_MEANS_END;
	stack_drop(s, reason);
	return DNS_MEANS_NOTHING;
}

/* Whether each record that the header counts is there and well-formed. */
static bool is_whole(const uint8_t *message, size_t length, const struct dns_header *h)
{
	struct dns_reader r = dns_reader(message, length);
	struct dns_question question;
	struct dns_record record;
	unsigned count = 0u + h->counts[DNS_ANSWERS] + h->counts[DNS_AUTHORITY] + h->counts[DNS_ADDITIONAL];

	for (unsigned n = 0; n < h->counts[DNS_QUESTIONS]; n++)
		dns_read_question(&r, &question);
	while (count-- > 0 && dns_read_record(&r, &record))
		;
	return !r.failed;
}

/* ---- what does it say? ---- */

/* The query's message, as its records are read. */
struct message {
	const struct dns_header *header;
	struct dns_reader answers;   /* stands before the first */
	struct dns_reader authority; /* the same */
};

static struct message open_message(const struct dns_query *q, const struct dns_header *header)
{
	struct message m = {.header = header, .answers = dns_reader(q->message, q->message_length)};
	struct dns_question question;
	struct dns_record record;

	for (unsigned n = 0; n < header->counts[DNS_QUESTIONS]; n++)
		dns_read_question(&m.answers, &question);
	m.authority = m.answers;
	for (unsigned n = 0; n < header->counts[DNS_ANSWERS]; n++)
		dns_read_record(&m.authority, &record);
	return m;
}

/* Room for so many bytes more of records; NULL: no memory, or more than anybody should want. */
static uint8_t *grow(struct stack *s, struct dns_query *q, size_t more)
{
	size_t length = q->length + more;
	uint8_t *records = length <= DNS_ANSWER_MAX ? memory_get(&s->memory, length) : NULL;

	if (!records)
		return NULL;
	if (q->length > 0)
		memcpy(records, q->records, q->length);
	memory_put(&s->memory, q->records, q->length);
	q->records = records;
	q->length = length;
	return records + length - more;
}

/* The next answer about the name that is asked for, of this type. */
static bool next_match(const struct dns_query *q, struct dns_reader *r, unsigned *left, uint16_t type,
		       struct dns_record *record)
{
	while (*left > 0) {
		--*left;
		if (!dns_read_record(r, record))
			return false;
		if (record->class == DNS_CLASS_IN && (record->type == type || type == DNS_ANY) &&
		    dns_name_equal(&record->owner, &q->asked))
			return true;
	}
	return false;
}

/* Add what is said of this type: at most so many records, of which *last is the last. How many, or -1: no room. */
static int gather(struct stack *s, struct dns_query *q, const struct message *m, uint16_t type, int most,
		  struct dns_record *last)
{
	struct dns_reader r = m->answers;
	unsigned left = m->header->counts[DNS_ANSWERS];
	size_t bytes = 0;
	int count = 0;

	for (; count < most && next_match(q, &r, &left, type, last); count++)
		bytes += dns_emit_record(NULL, last);
	if (count == 0)
		return 0;
	uint8_t *to = grow(s, q, bytes);
	if (!to)
		return -1;
	r = m->answers;
	left = m->header->counts[DNS_ANSWERS];
	for (int n = 0; n < count && next_match(q, &r, &left, type, last); n++) {
		to += dns_emit_record(to, last);
		if (last->ttl < q->ttl)
			q->ttl = last->ttl;
	}
	return count;
}

static enum dns_meaning end(struct dns_query *q, enum dns_status status)
{
	q->status = status;
	return DNS_MEANS_END;
}

static enum dns_meaning no_help(struct dns_query *q, enum dns_status failure)
{
	dns_note_failure(q, failure);
	return DNS_MEANS_NO_HELP;
}

/* Find what the servers of the zone say of names that are not there, and limit the TTL by it (RFC 2308 5). Without it there is
 * nothing to remember: TTL 0. Whether it is there, and in *referral whether other servers are named instead. */
static bool read_denial(struct dns_query *q, const struct message *m, bool *referral)
{
	struct dns_reader r = m->authority;
	struct dns_record soa;
	uint32_t ttl = 0;
	bool found = false;

	*referral = false;
	for (unsigned n = 0; n < m->header->counts[DNS_AUTHORITY] && dns_read_record(&r, &soa); n++) {
		*referral |= soa.type == DNS_NS;
		if (soa.type != DNS_SOA || found || !dns_name_is_within(&q->asked, &soa.owner))
			continue;
		found = true;
		ttl = soa.ttl < soa.minimum ? soa.ttl : soa.minimum;
		ttl = ttl < DNS_NEGATIVE_MAX ? ttl : DNS_NEGATIVE_MAX;
	}
	q->ttl = ttl < q->ttl ? ttl : q->ttl;
	return found;
}

/* Nothing is said about the name that is asked for. `followed`: but aliases led there. */
static enum dns_meaning deny(struct dns_query *q, const struct message *m, bool followed)
{
	uint32_t ttl = q->ttl;
	bool referral, denied = read_denial(q, m, &referral);

	if (m->header->rcode == DNS_RCODE_NXDOMAIN) /* of the last name, with aliases (RFC 6604 3) */
		return end(q, DNS_NXDOMAIN);
	if (!denied && followed) {
		q->ttl = ttl;
		return DNS_MEANS_ALIAS;
	}
	if (!denied && referral && !m->header->authoritative) /* RFC 2308 2.2: it does not find out for us */
		return no_help(q, DNS_SERVFAIL);
	return end(q, DNS_NO_DATA);
}

/* Along the aliases to the records that were asked for, as far as the message leads. */
static enum dns_meaning read_answers(struct stack *s, struct dns_query *q, const struct message *m)
{
	bool follows = q->key.type != DNS_CNAME && q->key.type != DNS_ANY;
	struct dns_record alias;

	for (bool followed = false;; followed = true) {
		int found = gather(s, q, m, q->key.type, INT16_MAX, &alias);
		if (found > 0)
			return end(q, DNS_GOOD);
		if (found == 0)
			found = follows ? gather(s, q, m, DNS_CNAME, 1, &alias) : 0;
		if (found < 0)
			return end(q, DNS_NO_MEMORY);
		if (found == 0)
			return deny(q, m, followed);
		if (++q->aliases > DNS_ALIASES_MAX)
			return end(q, DNS_MALFORMED);
		q->asked = alias.name;
	}
}

/* By its rcode: DNS_MEANS_END where there is something to be read. */
static enum dns_meaning read_rcode(struct dns_query *q, const struct dns_header *h)
{
	switch (h->rcode) {
	case DNS_RCODE_GOOD:
	case DNS_RCODE_NXDOMAIN:
		return DNS_MEANS_END;
	case DNS_RCODE_FORMERR:
	case DNS_RCODE_NOTIMP:
		return q->edns ? DNS_MEANS_PLAIN : no_help(q, DNS_SERVFAIL);
	case DNS_RCODE_REFUSED:
		return no_help(q, DNS_REFUSED);
	default:
		return no_help(q, DNS_SERVFAIL);
	}
}

/* Keep it to be shown, of a datagram a copy, in which the question is spelt as it was asked for and not as chance had it. */
static bool keep(struct stack *s, struct dns_query *q, const uint8_t *message, size_t length, bool question)
{
	if (message != q->message) {
		memory_put(&s->memory, q->message, q->message_length);
		q->message_length = 0;
		q->message = memory_get(&s->memory, length);
		if (!q->message)
			return false;
		q->message_length = length;
		memcpy(q->message, message, length);
	}
	if (question)
		dns_emit_spelling(q->message, &q->asked);
	q->understood = true;
	return true;
}

enum dns_meaning dns_judge(struct stack *s, struct dns_query *q, const uint8_t *message, size_t length)
{
	struct dns_header header;
	enum dns_meaning meaning = recognize(s, q, message, length, &header);

	if (meaning != DNS_MEANS_END)
		return meaning;
	if (header.truncated && q->udp) /* RFC 2181 9: what there is of it is not to be used */
		return DNS_MEANS_TCP;
	if (header.truncated)
		return no_help(q, DNS_MALFORMED);
	if (!is_whole(message, length, &header)) {
		dns_note_failure(q, DNS_MALFORMED);
		stack_drop(s, DROP_DNS_MALFORMED);
		return DNS_MEANS_NOTHING;
	}
	if (!keep(s, q, message, length, header.counts[DNS_QUESTIONS] > 0)) {
		stack_drop(s, DROP_UDP_NO_MEMORY);
		return DNS_MEANS_NOTHING;
	}
	meaning = read_rcode(q, &header);
	if (meaning != DNS_MEANS_END)
		return meaning;
	struct message m = open_message(q, &header);
	return read_answers(s, q, &m);
}
