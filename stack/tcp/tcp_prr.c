/* SPDX-License-Identifier: MIT
 *
 * Proportional rate reduction (RFC 6937): how a recovery brings the flight down from what it was to ssthresh, an ACK at
 * a time, so that it neither falls silent for half a round trip nor ends in a burst.
 *
 *     pipe above ssthresh     of each `flight` bytes that arrive, ssthresh bytes may be sent
 *     pipe below ssthresh     as much as has arrived, and a segment more on each ACK, up to ssthresh
 *
 * Losses shrink the pipe, not the congestion controller; so the second case is common where much is lost at once.
 */
#include "internal.h"

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* a - b, but not below 0 */
static uint64_t left(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

void tcp_prr_start(struct tcp_connection *c)
{
	c->sent->prr = (struct tcp_prr){.flight = c->snd_nxt - c->snd_una};
}

void tcp_prr_delivered(struct tcp_connection *c, uint32_t delivered)
{
	struct tcp_prr *prr = &c->sent->prr;
	uint64_t pipe = c->sent->pipe, allowed;

	prr->delivered += delivered;
	if (pipe > c->cc.ssthresh) {
		uint64_t share = (prr->delivered * c->cc.ssthresh + prr->flight - 1) / prr->flight;
		allowed = left(share, prr->out);
	} else { /* PRR-SSRB */
		uint64_t limit = max64(left(prr->delivered, prr->out), delivered) + c->cc.mss;
		allowed = min64(c->cc.ssthresh - pipe, limit);
	}
	c->cc.cwnd = (uint32_t)min64(pipe + allowed, UINT32_MAX); /* at least one MSS, since ssthresh is two */
}
