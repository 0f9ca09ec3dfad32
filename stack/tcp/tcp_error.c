/* SPDX-License-Identifier: MIT
 *
 * ICMP errors about segments of ours (RFC 9293 3.9.2.2), believed only as far as their sender must have seen the
 * connection (RFC 5927 4.1): they must name a segment that is in flight.
 */
#include "internal.h"

void tcp_error(struct stack *s, const struct ip_error *e)
{
	struct tcp_quote quote;

	if (!tcp_parse_quote(e->payload, e->length, &quote)) {
		stack_drop(s, DROP_ICMP_QUOTE);
		return;
	}
	struct endpoint local = {e->source, quote.source_port};
	struct endpoint remote = {e->destination, quote.destination_port};
	struct tcp_connection *c = tcp_lookup(s, &local, &remote);
	if (!c) {
		stack_drop(s, DROP_ICMP_NO_SOCKET);
		return;
	}
	uint64_t seq = seq_unwrap(c->snd_nxt, quote.seq);
	if (seq < c->snd_una || seq >= c->snd_nxt) {
		stack_drop(s, DROP_ICMP_SEQUENCE);
		return;
	}
	if (e->type == ICMP_UNREACHABLE && e->code == ICMP_FRAGMENTATION_NEEDED) {
		stack_drop(s, DROP_ICMP_MTU);
		return;
	}
	/* Before the connection stands an error ends the attempt, so that nobody waits minutes for what the network has
	 * said already: RFC 5461 4.1, as in Linux, where MUST-56 would go on trying after a soft one. Later none does
	 * (RFC 5927 5.2): it is told if the peer is given up. */
	if (c->state < TCP_ESTABLISHED)
		tcp_done(s, c, e->error);
	else
		c->soft_error = e->error;
}
