/* SPDX-License-Identifier: MIT
 *
 * What is sent without a plan: segments of nothing but a header that leave at once; above all resets (RFC 9293 3.5.2).
 */
#include "internal.h"
#include "ip/ip_wire.h"

void tcp_bare_reply(struct stack *s, struct address source, struct address destination, const struct tcp_header *h)
{
	struct ip_flow flow = {.source = source, .destination = destination, .protocol = IP_PROTOCOL_TCP};
	struct tx_packet packet;

	tx_init(&packet);
	tcp_prepend_header(&packet, h, &flow);
	ip_output_or_drop(s, &packet, &flow);
}

void tcp_send_reset(struct stack *s, struct tcp_connection *c)
{
	struct tcp_header reset = {
	    .source_port = c->local.port,
	    .destination_port = c->remote.port,
	    .seq = seq_wire(c->snd_nxt),
	    .ack = seq_wire(c->rcv_nxt),
	    .flags = TCP_RST | TCP_ACK,
	};

	tcp_fill_timestamps(s, c, &reset.options); /* RFC 7323 3.2: a RST of the connection carries its timestamp too */
	stack_count(s, COUNT_TCP_RESETS_OUT);
	tcp_bare_reply(s, c->local.address, c->remote.address, &reset);
}

void tcp_reset_reply(struct stack *s, const struct ip_datagram *d, const struct tcp_header *h)
{
	struct tcp_header reset = {.source_port = h->destination_port, .destination_port = h->source_port};
	size_t text_length = d->length - h->header_length;

	/* RFC 9293 3.10.7.1: believable to its receiver, whatever its state is */
	if (h->flags & TCP_ACK) {
		reset.seq = h->ack;
		reset.flags = TCP_RST;
	} else {
		reset.ack = h->seq + (uint32_t)text_length + !!(h->flags & TCP_SYN) + !!(h->flags & TCP_FIN);
		reset.flags = TCP_RST | TCP_ACK;
	}
	stack_count(s, COUNT_TCP_RESETS_OUT);
	tcp_bare_reply(s, d->destination, d->source, &reset);
}
