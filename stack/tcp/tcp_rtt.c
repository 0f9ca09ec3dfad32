/* SPDX-License-Identifier: MIT
 *
 * Round trips into a time-out.
 */
#include "tcp/tcp_rtt.h"

static uint64_t clamp_rto(uint64_t rto)
{
	return rto > TCP_RTO_MAX ? TCP_RTO_MAX : rto;
}

/* RFC 6298 2.3, with this as the least variance term */
static uint64_t with_floor(const struct tcp_rtt *rtt, uint64_t floor)
{
	uint64_t variance = 4 * rtt->rttvar;

	return clamp_rto(rtt->srtt + (variance > floor ? variance : floor));
}

void tcp_rtt_init(struct tcp_rtt *rtt)
{
	*rtt = (struct tcp_rtt){.rto = TCP_RTO_INITIAL};
}

void tcp_rtt_sample(struct tcp_rtt *rtt, uint64_t r)
{
	if (!rtt->measured) { /* RFC 6298 2.2 */
		rtt->measured = true;
		rtt->srtt = r;
		rtt->rttvar = r / 2;
		rtt->least = r;
	} else { /* RFC 6298 2.3: beta = 1/4, alpha = 1/8, in this order */
		uint64_t error = rtt->srtt > r ? rtt->srtt - r : r - rtt->srtt;
		rtt->rttvar = (3 * rtt->rttvar + error) / 4;
		rtt->srtt = (7 * rtt->srtt + r) / 8;
	}
	if (r < rtt->least)
		rtt->least = r;
	rtt->rto = with_floor(rtt, TCP_RTO_VARIANCE_FLOOR);
}

uint64_t tcp_rtt_prompt(const struct tcp_rtt *rtt)
{
	return rtt->measured ? with_floor(rtt, TCP_RTO_PROMPT_FLOOR) : rtt->rto;
}

void tcp_rtt_back_off(struct tcp_rtt *rtt)
{
	rtt->rto = clamp_rto(2 * rtt->rto);
}
