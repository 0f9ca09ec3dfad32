/* SPDX-License-Identifier: MIT
 *
 * ICMP: echo, and errors about datagrams that nobody here wants.
 */
#include "ip/icmp.h"

#include "internal.h"
#include "ip/ip_wire.h"

#define ERROR_MAX 576 /* bytes of IP packet in which an error quotes as much as fits (RFC 1812 4.3.2.3) */

/* Put the ICMP header before the message's data, which goes out as a slice. */
static void build(struct tx_packet *packet, const struct icmp_message *message)
{
	tx_init(packet);
	tx_append(packet, message->data.bytes, message->data.length);
	icmp_emit(tx_prepend(packet, ICMP_HEADER), message);
}

/* RFC 1122 3.2.2.6: the same data back, from the address that was asked. */
static void echo_reply(struct stack *s, const struct ip_datagram *request, const struct icmp_message *asked)
{
	struct icmp_message reply = *asked;
	struct tx_packet packet;

	if (request->broadcast) {
		stack_drop(s, DROP_ICMP_BROADCAST);
		return;
	}
	if (request->length > ip_max_payload(s)) {
		stack_drop(s, DROP_ICMP_TOO_BIG);
		return;
	}
	reply.type = ICMP_ECHO_REPLY;
	reply.code = 0;
	build(&packet, &reply);
	stack_count(s, COUNT_ICMP_ECHO_REPLIES_OUT);
	ip_output_or_drop(s, &packet,
			  &(struct ip_flow){.source = request->destination,
					    .destination = request->source,
					    .protocol = IP_PROTOCOL_ICMP});
}

void icmp_input(struct stack *s, const struct ip_datagram *datagram)
{
	struct icmp_message message;

	if (!icmp_parse(datagram->payload, datagram->length, &message)) {
		stack_drop(s, DROP_ICMP_SHORT);
		return;
	}
	if (!icmp_checksum_good(datagram->payload, datagram->length)) {
		stack_drop(s, DROP_ICMP_CHECKSUM);
		return;
	}
	switch (message.type) {
	case ICMP_ECHO_REQUEST:
		echo_reply(s, datagram, &message);
		return;
	case ICMP_ECHO_REPLY:
		event_emit(&s->events, &(struct event){
					   .type = EVENT_ICMP_ECHO_REPLY,
					   .remote.address = datagram->source,
					   .value = (uint64_t)message.id << 16 | message.sequence,
				       });
		return;
	default: /* RFC 1122 3.2.2: unknown types are discarded in silence */
		stack_drop(s, DROP_ICMP_TYPE);
		return;
	}
}

void icmp_unreachable_reply(struct stack *s, const struct ip_datagram *about, enum icmp_unreachable_code code)
{
	size_t quoted = about->header_length + about->length;
	struct tx_packet packet;

	if (about->broadcast) /* RFC 1122 3.2.2 */
		return;
	if (!bucket_take(&s->icmp.errors, s->now)) {
		stack_count(s, COUNT_ICMP_ERRORS_HELD);
		return;
	}
	if (quoted > ERROR_MAX - IP_HEADER_MIN - ICMP_HEADER)
		quoted = ERROR_MAX - IP_HEADER_MIN - ICMP_HEADER;
	build(&packet,
	      &(struct icmp_message){.type = ICMP_UNREACHABLE, .code = (uint8_t)code, .data = {about->bytes, quoted}});
	stack_count(s, COUNT_ICMP_ERRORS_OUT);
	ip_output_or_drop(s, &packet,
			  &(struct ip_flow){.source = about->destination,
					    .destination = about->source,
					    .protocol = IP_PROTOCOL_ICMP});
}

int icmp_echo(struct stack *s, struct address to, uint16_t id, uint16_t sequence, const void *data, size_t length)
{
	struct tx_packet packet;

	build(&packet, &(struct icmp_message){
			   .type = ICMP_ECHO_REQUEST, .id = id, .sequence = sequence, .data = {data, length}});
	return ip_output(
	    s, &packet,
	    &(struct ip_flow){.source = ip_source_for(s, to), .destination = to, .protocol = IP_PROTOCOL_ICMP});
}

void icmp_init(struct stack *s)
{
	bucket_init(&s->icmp.errors, ICMP_ERRORS_PER_SECOND, ICMP_ERRORS_BURST, s->now);
}
