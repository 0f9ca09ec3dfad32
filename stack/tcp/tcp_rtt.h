/* SPDX-License-Identifier: MIT
 *
 * The retransmission time-out (RFC 6298): how long to wait for an ACK, from the round trips measured so far.
 *
 * As in Linux the variance term has a floor of 200 ms, in place of RFC 6298 2.4's floor of 1 s under the whole: a peer
 * may delay an ACK for that long. Where it has no reason to, the floor is lower (tcp_rack_wait).
 */
#ifndef STRATA_TCP_TCP_RTT_H
#define STRATA_TCP_TCP_RTT_H

#include <stdbool.h>
#include <stdint.h>

#define TCP_RTO_INITIAL        1000000   /* microseconds (RFC 6298 2.1) */
#define TCP_RTO_AFTER_SYN      3000000   /* for data, when a SYN timed out (RFC 6298 5.7) */
#define TCP_RTO_VARIANCE_FLOOR 200000    /* least 4 * RTTVAR */
#define TCP_RTO_PROMPT_FLOOR   20000     /* the same where the peer has no reason to delay its ACK */
#define TCP_RTO_MAX            120000000 /* at least 60 s (RFC 6298 2.5) */

struct tcp_rtt {
	bool measured;   /* a first sample has been taken */
	uint64_t srtt;   /* smoothed round-trip time, microseconds */
	uint64_t rttvar; /* its variation, microseconds */
	uint64_t least;  /* the shortest round trip measured, microseconds */
	uint64_t rto;    /* the time-out now, backed off or not; never above TCP_RTO_MAX */
};

void tcp_rtt_init(struct tcp_rtt *rtt);

/* A round trip took this many microseconds. Also ends a back-off (RFC 6298 5.7's note). */
void tcp_rtt_sample(struct tcp_rtt *rtt, uint64_t microseconds);

/* The time-out for what a peer answers without delay: as the RTO, but with a lower floor. */
uint64_t tcp_rtt_prompt(const struct tcp_rtt *rtt);

/* The timer ran out: double it (RFC 6298 5.5). */
void tcp_rtt_back_off(struct tcp_rtt *rtt);

#endif
