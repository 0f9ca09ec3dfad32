/* SPDX-License-Identifier: MIT
 *
 * The library without packetdrill: it is loaded as packetdrill loads it, and everything is done through its table. The packets are
 * written by hand, with a checksum of this test's own; blocking calls run in a second thread, which is taken for
 * blocked when the system shows it asleep. The peer is 192.0.2.1 port 6000, the stack 192.168.0.1 port 8080.
 */
#ifndef STRATA_TESTS_PACKETDRILL_TEST_DRILL_H
#define STRATA_TESTS_PACKETDRILL_TEST_DRILL_H

#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/packetdrill/interface.h"

#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define PSH 0x08
#define ACK 0x10

extern struct interface_table library;
extern uint32_t our_seq, stack_seq; /* what comes next in either direction */

/* The library at this place beside the program; and having it fill a table. */
void *load(const char *place);
void fill(void *handle, const char *flags, struct interface_table *table);

/* The library that is watched by the sanitizers, with these flags or none; and giving it back. */
void start_with(const char *flags);
void start(void);
void end(void);

/* A segment arrives: options (a multiple of four bytes), then text. */
void in(unsigned flags, const char *options, size_t options_length, const char *text);

/* A segment leaves, with these flags (PSH aside) and this text, in sequence and right in every checksum; when it left. */
long long out(unsigned flags, const char *text);

/* The clock, in microseconds; and letting it go on. */
long long now(void);
void pass(useconds_t milliseconds);

/* A listener; the peer's handshake with it; and taking the connection. */
int listening(void);
void handshake(void);
int accepted(int listener);

/* A call in the other thread. */
struct blocking {
	pthread_t thread;
	int (*call)(int fd);
	int fd;
	int result;
	long long ended_at; /* what the clock said to it next */
	volatile pid_t id;
};

/* Begin it, and go on when it blocks; wait for its end. */
void begin(struct blocking *b, int (*call)(int fd), int fd);
void finish(struct blocking *b);

#endif
