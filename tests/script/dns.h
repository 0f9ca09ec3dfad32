/* SPDX-License-Identifier: MIT
 *
 * Scripts about look-ups: the test is the name servers, whose messages are put together here byte for byte, without the stack's own
 * writer and reader.
 *
 *     look("www.example.com", DNS_A);
 *     struct asked q = out_question("192.0.2.53", "www.example.com", DNS_A);
 *     reply(&q, 0x8180);
 *     reply_a("www.example.com", 300, "198.51.100.80");
 *     in_reply();
 *     found(DNS_GOOD, "www.example.com. 300 A 198.51.100.80\n");
 *
 * The stack has one server, 192.0.2.53, or with two_servers() another one, 192.0.2.54.
 */
#ifndef STRATA_TESTS_SCRIPT_DNS_H
#define STRATA_TESTS_SCRIPT_DNS_H

#include "dns/dns.h"
#include "tests/harness/harness.h"

/* A question that the stack has sent. */
struct asked {
	char server[16];
	unsigned port; /* that it came from */
	unsigned id;
	unsigned type;
	bool edns;
	uint64_t time;
	char name[256];        /* as it was spelt, without the last dot */
	size_t length;         /* of the question section */
	uint8_t question[300]; /* the same, as it stands in the message */
};

enum { GOOD_REPLY = 0x8180, CUT_REPLY = 0x8380, NXDOMAIN_REPLY = 0x8183 };

void dns_start(void);
void two_servers(void);

/* Begin a look-up, which must be taken. */
struct dns_request *look(const char *name, unsigned type);
struct dns_request *look_with(const struct dns_wanted *wanted);

/* The same, whatever dns_begin() answers. */
int try_look(const struct dns_wanted *wanted);

/* A question for this has left to this server, once the next frame is taken; it is well-formed. */
#define out_question(server, name, type) harness_out_question(HERE, (server), (name), (type))
struct asked harness_out_question(const char *file, int line, const char *server, const char *name, unsigned type);

/* The same of bytes that came by UDP or TCP. */
struct asked read_question(const char *file, int line, const uint8_t *bytes, size_t length);

/* Write an answer: header and question as asked, then records. What comes after authority() counts there. */
void reply(const struct asked *q, unsigned flags);
void authority(void);
void reply_a(const char *owner, unsigned long ttl, const char *address);
void reply_name(const char *owner, unsigned type, unsigned long ttl, const char *target);
void reply_soa(const char *owner, unsigned long ttl, unsigned long minimum);
void reply_raw(const char *owner, unsigned type, unsigned long ttl, const void *data, size_t length);
void reply_bytes(const void *bytes, size_t length); /* not counted as a record */
void reply_poke16(size_t at, unsigned value);
const uint8_t *reply_message(size_t *length);

/* It arrives by UDP, from the server that was asked at the port that asked; or from elsewhere. */
void in_reply(void);
void in_reply_from(const char *server, unsigned from_port, unsigned to_port);

/* Our SYN to this server's port 53 has left: the flow is that connection. The server accepts, and a question arrives. */
void out_syn(const char *server);
#define out_tcp_question(server, name, type) harness_out_tcp_question(HERE, (server), (name), (type))
struct asked harness_out_tcp_question(const char *file, int line, const char *server, const char *name, unsigned type);

/* Bytes `from` up to `end` of TCP's length field and the answer arrive; it has tcp_reply_length() of them. `flags` is a
 * segment's. What we say to that is taken and thrown away; or left to the test. */
void in_tcp_reply(const char *flags, size_t from, size_t end);
void in_tcp_reply_alone(const char *flags, size_t from, size_t end);
size_t tcp_reply_length(void);

/* One look-up has come to its end since the last time, in this way; its records are these lines. */
#define found(status, records) harness_found(HERE, (status), (records))
void harness_found(const char *file, int line, enum dns_status status, const char *records);

/* So many look-ups have come to their end since the last time, and nothing is left to be taken; or so many until now. */
unsigned found_count(void);
unsigned found_so_far(void);

/* What the last one said besides (what was borrowed is gone), and how many addresses it had. */
unsigned last_addresses(void);
const struct dns_answer *last_answer(void);

#endif
