/* SPDX-License-Identifier: MIT
 *
 * The name servers of scripts; see dns.h.
 */
#include "tests/script/dns.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct {
	struct asked to;
	size_t length;
	unsigned count_at; /* where the count of this section stands */
	uint8_t bytes[70000];
} message;

static struct {
	unsigned count;
	struct dns_answer last;
	unsigned addresses;
	char records[100000];
} heard;

static int add_server(const char *address)
{
	struct endpoint server = {ip_of(address), 0};
	return dns_add_server(harness_stack(), &server);
}

void dns_start(void)
{
	harness_start();
	memset(&heard, 0, sizeof heard);
	check(add_server("192.0.2.53") == 0);
}

void two_servers(void)
{
	check(add_server("192.0.2.54") == 0);
}

/* ---- look-ups ---- */

static void done(void *user, const struct dns_answer *answer)
{
	struct dns_record record;
	size_t length = 0;
	check(user == &heard);
	heard.count++;
	heard.last = *answer;
	heard.last.records = heard.last.message = NULL;
	heard.addresses = dns_answer_addresses(answer, NULL, 0);
	heard.records[0] = '\0';
	for (size_t at = 0; dns_answer_next(answer, &at, &record);) {
		static char data[70000];
		char owner[DNS_NAME_TEXT], type[DNS_TYPE_TEXT];
		length +=
		    (size_t)snprintf(heard.records + length, sizeof heard.records - length, "%s %u %s %s\n",
				     dns_name_print(&record.owner, owner), record.ttl,
				     dns_type_print(record.type, type), dns_data_print(&record, data, sizeof data));
	}
}

struct dns_request *look_with(const struct dns_wanted *wanted)
{
	struct dns_request *request;
	int error = dns_begin(harness_stack(), wanted, done, &heard, &request);
	check_that(error == 0, "dns_begin() answered %d", error);
	return request;
}

int try_look(const struct dns_wanted *wanted)
{
	return dns_begin(harness_stack(), wanted, done, &heard, NULL);
}

struct dns_request *look(const char *name, unsigned type)
{
	return look_with(&(struct dns_wanted){.name = name, .type = (uint16_t)type});
}

unsigned found_count(void)
{
	quiet_for(0);
	unsigned count = heard.count;
	heard.count = 0;
	return count;
}

unsigned found_so_far(void)
{
	return heard.count;
}

void harness_found(const char *file, int line, enum dns_status status, const char *records)
{
	harness_quiet_for(file, line, 0);
	if (heard.count != 1)
		harness_fail(file, line, "%u look-ups have come to their end", heard.count);
	if (heard.last.status != status)
		harness_fail(file, line, "it ended with: %s\n    expected: %s", dns_status_text(heard.last.status),
			     dns_status_text(status));
	if (strcmp(heard.records, records) != 0)
		harness_fail(file, line, "it found:\n%s    expected:\n%s", heard.records, records);
	heard.count = 0;
}

const struct dns_answer *last_answer(void)
{
	return &heard.last;
}

unsigned last_addresses(void)
{
	return heard.addresses;
}

/* ---- questions ---- */

static unsigned get16(const uint8_t *at)
{
	return at[0] * 256u + at[1];
}

struct asked read_question(const char *file, int line, const uint8_t *bytes, size_t length)
{
	static const uint8_t opt[11] = {0, 0, 41, 1232 >> 8, 1232 & 0xff};
	struct asked q = {.id = get16(bytes)};
	size_t at = 12, to = 0;
	if (length < 17 || get16(bytes + 2) != 0x0100 || get16(bytes + 4) != 1 || get16(bytes + 6) != 0 ||
	    get16(bytes + 8) != 0)
		harness_fail(file, line, "this is no question that asks for recursion");
	while (at < length && bytes[at] != 0) {
		memcpy(q.name + to, bytes + at + 1, bytes[at]);
		to += bytes[at];
		q.name[to++] = '.';
		at += 1u + bytes[at];
	}
	q.name[to ? to - 1 : 0] = '\0';
	q.type = get16(bytes + at + 1);
	q.length = at + 5 - 12;
	memcpy(q.question, bytes + 12, q.length);
	q.edns = get16(bytes + 10) == 1;
	bool whole = q.edns ? length == at + 16 && memcmp(bytes + at + 5, opt, 11) == 0 : length == at + 5;
	if (get16(bytes + at + 3) != 1 || !whole || get16(bytes + 10) > 1)
		harness_fail(file, line, "this question is not as it must be");
	return q;
}

struct asked harness_out_question(const char *file, int line, const char *server, const char *name, unsigned type)
{
	struct frame frame = harness_out_frame(file, line);
	if (peek16(&frame, AT_ETHER_TYPE) != 0x0800 || frame.bytes[AT_IP_PROTOCOL] != 17 ||
	    peek16(&frame, AT_TRANSPORT + 2) != 53 || memcmp(frame.bytes + AT_IP_TO, ip_of(server).bytes, 4) != 0)
		harness_fail(file, line, "expected: a question for %s", server);
	struct asked q = read_question(file, line, frame.bytes + 42, frame.length - 42);
	snprintf(q.server, sizeof q.server, "%s", server);
	q.port = peek16(&frame, AT_TRANSPORT);
	q.time = frame.time;
	if (strcasecmp(q.name, name) != 0 || q.type != type)
		harness_fail(file, line, "expected: %s %u\n    what was asked: %s %u", name, type, q.name, q.type);
	return q;
}

void out_syn(const char *server)
{
	struct flow *flow = flow_select(1);
	struct frame syn = out_frame();
	check(syn.bytes[AT_IP_PROTOCOL] == 6 && syn.bytes[AT_TCP_FLAGS] == 2);
	check(memcmp(syn.bytes + AT_IP_TO, ip_of(server).bytes, 4) == 0 && peek16(&syn, AT_TRANSPORT + 2) == 53);
	memcpy(flow->peer, ip_of(server).bytes, 4);
	flow->peer_port = 53;
	flow->local_port = (uint16_t)peek16(&syn, AT_TRANSPORT);
	flow->our_isn = peek32(&syn, AT_TCP_SEQ);
	flow->our_isn_known = true;
}

struct asked harness_out_tcp_question(const char *file, int line, const char *server, const char *name, unsigned type)
{
	out_syn(server);
	in("S. 0:0(0) ack 1 win 65535 <mss 1460>");
	struct frame frame = harness_out_frame(file, line);
	const uint8_t *bytes = frame.bytes + AT_TRANSPORT + frame.bytes[AT_TCP_OFFSET] / 16 * 4;
	size_t length = frame.length - (size_t)(bytes - frame.bytes);
	if (length < 2 || get16(bytes) != length - 2 || peek32(&frame, AT_TCP_SEQ) != flow_current()->our_isn + 1)
		harness_fail(file, line, "expected: a question and its length");
	struct asked q = read_question(file, line, bytes + 2, length - 2);
	if (strcmp(q.name, name) != 0 || q.type != type)
		harness_fail(file, line, "expected: %s %u\n    what was asked: %s %u", name, type, q.name, q.type);
	snprintf(q.server, sizeof q.server, "%s", server);
	return q;
}

/* ---- answers ---- */

static void put(const void *bytes, size_t length)
{
	check(length <= sizeof message.bytes - message.length);
	if (length)
		memcpy(message.bytes + message.length, bytes, length);
	message.length += length;
}

static void put16(unsigned value)
{
	put((uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

static void put32(unsigned long value)
{
	put16((unsigned)(value >> 16 & 0xffff));
	put16((unsigned)(value & 0xffff));
}

/* A name, dot by dot, without pointers. */
static void put_name(const char *name)
{
	while (*name) {
		size_t label = strcspn(name, ".");
		put(&(uint8_t){(uint8_t)label}, 1);
		put(name, label);
		name += label + (name[label] == '.');
	}
	put("", 1);
}

void reply_poke16(size_t at, unsigned value)
{
	message.bytes[at] = (uint8_t)(value >> 8);
	message.bytes[at + 1] = (uint8_t)value;
}

void reply(const struct asked *q, unsigned flags)
{
	message.to = *q;
	message.length = 0;
	message.count_at = 6;
	put16(q->id);
	put16(flags);
	put16(1);
	put16(0), put16(0), put16(0);
	put(q->question, q->length);
}

void authority(void)
{
	message.count_at = 8;
}

void reply_bytes(const void *bytes, size_t length)
{
	put(bytes, length);
}

static void begin_record(const char *owner, unsigned type, unsigned long ttl, size_t length)
{
	reply_poke16(message.count_at, get16(message.bytes + message.count_at) + 1);
	put_name(owner);
	put16(type);
	put16(1);
	put32(ttl);
	put16((unsigned)length);
}

void reply_raw(const char *owner, unsigned type, unsigned long ttl, const void *data, size_t length)
{
	begin_record(owner, type, ttl, length);
	put(data, length);
}

void reply_a(const char *owner, unsigned long ttl, const char *address)
{
	reply_raw(owner, DNS_A, ttl, ip_of(address).bytes, 4);
}

void reply_name(const char *owner, unsigned type, unsigned long ttl, const char *target)
{
	begin_record(owner, type, ttl, *target ? strlen(target) + 2 : 1);
	put_name(target);
}

void reply_soa(const char *owner, unsigned long ttl, unsigned long minimum)
{
	begin_record(owner, DNS_SOA, ttl, 1 + 1 + 20);
	put_name("");
	put_name("");
	put32(1), put32(2), put32(3), put32(4), put32(minimum);
}

const uint8_t *reply_message(size_t *length)
{
	*length = message.length;
	return message.bytes;
}

size_t tcp_reply_length(void)
{
	return 2 + message.length;
}

void in_tcp_reply_alone(const char *flags, size_t from, size_t end)
{
	struct frame frame = frame_tcp("%s %zu:%zu(%zu) ack 1", flags, from + 1, end + 1, end - from);
	const uint8_t prefix[2] = {(uint8_t)(message.length >> 8), (uint8_t)message.length};
	uint8_t *to = frame.bytes + frame.length - (end - from);
	for (size_t at = from; at < end; at++)
		*to++ = at < 2 ? prefix[at] : message.bytes[at - 2];
	poke32(&frame, AT_TCP_ACK,
	       flow_current()->our_isn + 1 + 2 + 12 + (uint32_t)message.to.length + (message.to.edns ? 11 : 0));
	frame_fix(&frame);
	in_frame(&frame);
}

void in_tcp_reply(const char *flags, size_t from, size_t end)
{
	in_tcp_reply_alone(flags, from, end);
	pass(0);
	out_rest();
}

void in_reply_from(const char *server, unsigned from_port, unsigned to_port)
{
	memcpy(flow_current()->peer, ip_of(server).bytes, 4);
	struct frame frame = frame_udp(from_port, to_port, message.length);
	memcpy(frame.bytes + 42, message.bytes, message.length);
	frame_fix(&frame);
	in_frame(&frame);
}

void in_reply(void)
{
	in_reply_from(message.to.server, 53, message.to.port);
}
