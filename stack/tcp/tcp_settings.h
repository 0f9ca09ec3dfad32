/* SPDX-License-Identifier: MIT
 *
 * What an application may set of a connection. A socket has a set of its own from the start, so that it can be filled
 * before there is a connection; a listener hands its set to every connection that comes in by it. All times are
 * microseconds.
 */
#ifndef STRATA_TCP_TCP_SETTINGS_H
#define STRATA_TCP_TCP_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_settings {
	bool nodelay;   /* Nagle's algorithm is off (RFC 9293 3.7.4, MUST-17) */
	bool corked;    /* no segment below the MSS leaves, for TCP_CORK_TIME at most */
	bool keepalive; /* RFC 9293 3.8.4; off at first (MUST-25) */
	bool linger;    /* a close waits for linger_time and then resets; without, it takes what it takes */
	uint16_t mss;   /* of either direction at most; 0: what the device carries */
	uint8_t ttl;    /* time to live of its segments; 0: the stack's default (RFC 9293 3.9.2, MUST-49) */
	uint8_t tos;    /* Diffserv field (RFC 9293 3.9.1.9, MUST-48), ECN bits 0: they are TCP's own (RFC 3168 6.1) */
	uint8_t quick_acks;          /* segments with text at the beginning that are acknowledged at once */
	uint8_t keepalive_count;     /* unanswered probes before the peer is given up (MUST-29: more than one) */
	uint64_t keepalive_idle;     /* of silence before the first probe (MUST-27) */
	uint64_t keepalive_interval; /* from one probe to the next */
	uint64_t user_timeout;       /* RFC 9293 3.8.3, MUST-21: takes R2's place; 0: R2 stands, UINT64_MAX: never */
	uint64_t linger_time;
	uint32_t send_buffer;     /* most bytes in the send ring; 0: what cwnd can use */
	uint32_t receive_buffer;  /* most bytes in the receive ring; 0: it follows the rate */
	uint64_t fin_wait_2_time; /* how long, its user gone, it waits for the peer's FIN */
	uint64_t defer_accept;    /* after the SYN that a connection waits for text before it is one; 0: not at all */
};

/* As Linux has them: two hours (MUST-28), 75 seconds, 9 probes; a minute in FIN-WAIT-2. */
extern const struct tcp_settings tcp_settings_default;

#endif
