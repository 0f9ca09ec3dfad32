/* SPDX-License-Identifier: MIT
 *
 * DNS messages (RFC 1035 4): bytes to values and back.
 *
 *      0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15
 *     +-----------------------------------------------+
 *     |                      id                       |
 *     +--+-----------+--+--+--+--+--+--+--+-----------+     QR: an answer          TC: cut short, ask over TCP
 *     |QR|  opcode   |AA|TC|RD|RA| 0|AD|CD|   rcode   |     RD: please find out    RA: can find out
 *     +--+-----------+--+--+--+--+--+--+--+-----------+     AA: from who holds it  AD, CD: RFC 4035
 *     |              count of questions               |
 *     +-----------------------------------------------+
 *     |        count of records in the answer         |
 *     +-----------------------------------------------+
 *     |       count of records about authority        |
 *     +-----------------------------------------------+
 *     |         count of additional records           |
 *     +-----------------------------------------------+
 *     | question: name, type (16), class (16)         |
 *     | record: name, type (16), class (16), TTL (32), length of data (16), data ...
 *
 * A name is a row of labels, each a length byte and as many bytes; the empty label of the root ends it. Where a length would stand,
 * two bytes from 0xc000 on point to where in the message the rest of the name was written before:
 *
 *      3 w w w  7 e x a m p l e  3 c o m  0              www.example.com.
 *      4 m a i l  0xc0 0x10                              mail. and on at byte 16 of the message
 *
 * That is where parsers have been broken (RFC 9267). Here a pointer leads backwards, before all that has been read of
 * this name, or the message is refused; so a name ends, whatever the bytes. It has 255 of them at most once it is put together.
 *
 * A reader walks a message from front to back, and stops for good at the first thing that cannot be:
 *
 *     struct dns_reader r = dns_reader(message, length);
 *     if (dns_parse_header(message, length, &header))
 *             for (n = 0; n < header.counts[DNS_QUESTIONS]; n++) dns_read_question(&r, &question)
 *             for (n = 0; n < header.counts[DNS_ANSWERS]; n++)   dns_read_record(&r, &record) ...
 */
#ifndef STRATA_DNS_DNS_WIRE_H
#define STRATA_DNS_DNS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_HEADER      12
#define DNS_NAME_MAX    255   /* bytes of a name, the lengths and the root's 0 included (RFC 1035 2.3.4) */
#define DNS_LABEL_MAX   63    /* bytes of a label */
#define DNS_MESSAGE_MAX 65535 /* over TCP, whose length field has 16 bits */
#define DNS_QUERY_MAX   (DNS_HEADER + DNS_NAME_MAX + 4 + 11)

#define DNS_CLASS_IN 1

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_OPT = 41, /* RFC 6891: no data, but what the sender can do */
	DNS_ANY = 255,
};

enum dns_rcode {
	DNS_RCODE_GOOD = 0,
	DNS_RCODE_FORMERR = 1,  /* the server cannot read the question */
	DNS_RCODE_SERVFAIL = 2, /* it could not find out */
	DNS_RCODE_NXDOMAIN = 3, /* there is no such name */
	DNS_RCODE_NOTIMP = 4,   /* it does not do that */
	DNS_RCODE_REFUSED = 5,  /* it does not want to */
};

/* A name as on the wire without pointers: labels with their lengths, the root's 0 at the end. */
struct dns_name {
	uint8_t length; /* of all, 1 for the root; 0: no name */
	uint8_t bytes[DNS_NAME_MAX];
};

enum dns_section { DNS_QUESTIONS, DNS_ANSWERS, DNS_AUTHORITY, DNS_ADDITIONAL, DNS_SECTIONS };

struct dns_header {
	uint16_t id;
	bool response;            /* QR */
	uint8_t opcode;           /* 0: a plain question */
	bool authoritative;       /* AA */
	bool truncated;           /* TC */
	bool recursion_desired;   /* RD */
	bool recursion_available; /* RA */
	bool authentic;           /* AD */
	bool unchecked;           /* CD */
	uint8_t rcode;
	uint16_t counts[DNS_SECTIONS];
};

struct dns_question {
	struct dns_name name;
	uint16_t type;
	uint16_t class;
};

struct dns_record {
	struct dns_name owner;
	uint16_t type;
	uint16_t class;       /* of OPT: the largest datagram that its sender takes */
	uint32_t ttl;         /* seconds, 2^31 and more read as 0 (RFC 2181 8); of OPT: flags */
	const uint8_t *data;  /* as it stands in the message, borrowed: an address, texts, or what nobody here knows */
	uint16_t length;      /* of it */
	struct dns_name name; /* that NS, CNAME, PTR or MX leads to; of SOA the first server */
	uint16_t preference;  /* MX: the lowest first */
	struct dns_name mailbox; /* SOA, from here on: who is in charge */
	uint32_t serial;
	uint32_t refresh;
	uint32_t retry;
	uint32_t expire;
	uint32_t minimum; /* how long it may be remembered that something is not there (RFC 2308 4) */
};

/* Where in a message its reader stands. */
struct dns_reader {
	const uint8_t *message;
	size_t length;
	size_t at;
	bool failed; /* by the first thing that could not be */
};

/* A reader that stands behind the header. */
struct dns_reader dns_reader(const uint8_t *message, size_t length);

/* Records without a message around them, as dns_emit_record() writes them: nothing in them may point. */
struct dns_reader dns_reader_of_records(const uint8_t *records, size_t length);

/* The first 12 bytes. False: there are fewer. */
bool dns_parse_header(const uint8_t *message, size_t length, struct dns_header *header);

/* The next question; the next record. False, and the reader has failed: a name that is no name, a length beyond the
 * message, data that does not have its type's form or goes on behind it. */
bool dns_read_question(struct dns_reader *reader, struct dns_question *question);
bool dns_read_record(struct dns_reader *reader, struct dns_record *record);

/* The next of a TXT record's strings, from `*at` (0 at first) on: its bytes, borrowed. False: that was all. */
bool dns_text_next(const struct dns_record *record, size_t *at, const uint8_t **bytes, uint8_t *length);

/* Write a question that asks for recursion, of this class IN; with `edns` it says that answers of DNS_EDNS_SIZE bytes can come
 * (RFC 6891). Its length, DNS_QUERY_MAX at most. */
#define DNS_EDNS_SIZE 1232 /* fits into any path's packets, unfragmented: IPv6's least MTU less its headers */
size_t dns_emit_query(uint8_t to[DNS_QUERY_MAX], uint16_t id, const struct dns_name *name, uint16_t type, bool edns);

/* Write a record without pointers: how many bytes that takes; with `to` NULL nothing is written. */
size_t dns_emit_record(uint8_t *to, const struct dns_record *record);

/* Put another spelling of the name into the question of a message that was read: names that point there have it too. */
void dns_emit_spelling(uint8_t *message, const struct dns_name *name);

/* TCP's frame around a message (RFC 1035 4.2.2): two bytes of length. */
void dns_emit_length(uint8_t to[2], size_t length);
size_t dns_parse_length(const uint8_t from[2]);

#endif
