/* SPDX-License-Identifier: MIT
 *
 * Frames that real machines sent, rebuilt from the fields that two published captures print (golden.c), and frames
 * around them whose checksums were computed by an independent program.
 */
#ifndef STRATA_TESTS_UNIT_TRACE_GOLDEN_H
#define STRATA_TESTS_UNIT_TRACE_GOLDEN_H

#include <stddef.h>
#include <stdint.h>

/* Headers in hexadecimal, then text, then this many letters x. */
struct golden {
	const char *headers;
	const char *text;
	size_t filler;
};

/* A DNS connection over TCP opens: SYN, SYN ACK, ACK. */
extern const struct golden golden_a1, golden_a2, golden_a3;

/* A station that has just woken up gets a web page: the steps of its story, in order. */
extern const struct golden golden_arp_request, golden_arp_reply, golden_b3, golden_syn, golden_syn_ack, golden_ack,
    golden_b10, golden_request_ack, golden_b12, golden_fin, golden_fin_ack;

/* A browser's request on Windows. */
extern const struct golden golden_c;

/* What else a line can tell. */
extern const struct golden golden_arp_probe, golden_arp_announcement, golden_echo_request, golden_echo_reply,
    golden_unreachable, golden_fragment, golden_ospf, golden_udp_hello;

/* All of them. */
#define GOLDEN_COUNT 23
extern const struct golden *const golden_all[GOLDEN_COUNT];

/* The frame in a block of exactly its size, to be freed, so that the sanitizer sees a read beyond its end. */
uint8_t *golden_frame(const struct golden *golden, size_t *length);

#endif
