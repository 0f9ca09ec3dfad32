/* SPDX-License-Identifier: MIT
 *
 * Initial sequence numbers (RFC 6528 3, RFC 9293 3.4.1):
 *
 *     ISN = M + F(localip, localport, remoteip, remoteport, secretkey)
 *
 * M is a clock that ticks every 4 microseconds, so that the numbers of one four-tuple only move forward; F is SipHash,
 * so that nobody else can tell where a four-tuple begins.
 */
#include "internal.h"

uint32_t tcp_isn(const struct stack *s, const struct endpoint *local, const struct endpoint *remote)
{
	return (uint32_t)(s->now / 4) + (uint32_t)tcp_hash(&s->tcp.isn_key, local, remote);
}

/* RFC 7323 5.4: timestamps need not begin at a clock that outsiders know. */
uint32_t tcp_timestamp_offset(const struct stack *s, const struct endpoint *local, const struct endpoint *remote)
{
	return (uint32_t)tcp_hash(&s->tcp.timestamp_key, local, remote);
}
