/* SPDX-License-Identifier: MIT
 *
 * What ping has counted, and how it is printed: in the words of iputils' ping, or as JSON, an object a line:
 *
 *     {"type":"reply","from":"192.0.2.1","seq":1,"ttl":64,"bytes":64,"time_ms":0.426,"duplicate":false}
 *     {"type":"error","from":"192.0.2.254","seq":2,"icmp_type":11,"icmp_code":0,"text":"Time to live exceeded"}
 *     {"type":"summary","host":"example","address":"192.0.2.1","transmitted":2,"received":1,"duplicates":0,"errors":1,
 *      "loss_percent":50,"time_ms":1001,"rtt_ms":{"min":0.426,"avg":0.426,"max":0.426,"mdev":0.000}}
 *
 * Times are microseconds. Nothing here knows of the network.
 */
#ifndef STRATA_APPS_PING_PRINT_H
#define STRATA_APPS_PING_PRINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"

#define PING_SEQUENCES 65536

/* A run of pings. All zero, but for `host` and `address`, at its beginning. */
struct ping_run {
	const char *host; /* as the user calls it */
	struct address address;
	uint64_t transmitted;
	uint64_t received; /* without duplicates */
	uint64_t duplicates;
	uint64_t errors;
	uint64_t began, ended; /* first request sent; last one sent or last reply heard */
	uint64_t least, most;  /* of the round trips */
	double sum, squares;
	uint64_t sent_at[PING_SEQUENCES]; /* when the last request with this sequence number was sent */
	bool outstanding[PING_SEQUENCES]; /* that one has not been answered */
	bool sent[PING_SEQUENCES];        /* there was such a one */
};

/* A reply or an error, as heard. */
struct ping_heard {
	struct address from;
	uint16_t sequence;
	uint8_t ttl;
	unsigned bytes; /* of the ICMP message */
	uint8_t type;   /* of an error */
	uint8_t code;
	uint64_t time; /* a reply's round trip */
	bool duplicate;
};

/* A request with this sequence number leaves now. */
void ping_note_sent(struct ping_run *run, uint16_t sequence, uint64_t now);

/* A reply has come: fill in its round trip and whether it is a duplicate, and count it. False: nothing like it was sent. */
bool ping_note_reply(struct ping_run *run, struct ping_heard *heard, uint64_t now);

/* What an ICMP error says, in ping's words. */
const char *ping_error_text(uint8_t type, uint8_t code);

void ping_print_reply(FILE *to, const struct ping_heard *heard);
void ping_print_error(FILE *to, const struct ping_heard *heard);
void ping_print_summary(FILE *to, const struct ping_run *run);

void ping_print_reply_json(FILE *to, const struct ping_heard *heard);
void ping_print_error_json(FILE *to, const struct ping_heard *heard);
void ping_print_summary_json(FILE *to, const struct ping_run *run);

#endif
