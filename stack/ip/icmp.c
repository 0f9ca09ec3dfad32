/* SPDX-License-Identifier: MIT
 *
 * ICMP: echo in both roles, and errors in both directions.
 */
#include "ip/icmp.h"

#include <errno.h>

#include "internal.h"
#include "ip/ip_wire.h"

#define ERROR_MAX 576 /* bytes of IP packet in which an error quotes as much as fits (RFC 1812 4.3.2.3) */
#define QUOTE_MIN 8   /* bytes of the transport header that an error quotes at least (RFC 792) */

/* Put the ICMP header before the message's data, which goes out as a slice. */
static void build(struct tx_packet *packet, const struct icmp_message *message)
{
	tx_init(packet);
	tx_append(packet, message->data.bytes, message->data.length);
	icmp_emit(tx_prepend(packet, ICMP_HEADER), message);
}

/* ---- echo ---- */

/* RFC 1122 3.2.2.6: the same data back, from the address that was asked. */
static void echo_reply(struct stack *s, const struct ip_datagram *request, const struct icmp_message *asked)
{
	struct icmp_message reply = *asked;
	struct tx_packet packet;

	if (request->broadcast) {
		stack_drop(s, DROP_ICMP_BROADCAST);
		return;
	}
	reply.type = ICMP_ECHO_REPLY;
	reply.code = 0;
	build(&packet, &reply);
	stack_count(s, COUNT_ICMP_ECHO_REPLIES_OUT);
	ip_output_or_drop(
	    s, &packet,
	    &(struct ip_flow){
		.source = request->destination,
		.destination = request->source,
		.protocol = IP_PROTOCOL_ICMP,
		.tos = request->tos & (uint8_t)~IP_ECN_MASK, /* RFC 3168 5: routers marked the request, not this */
		.may_fragment = true,
	    });
}

int icmp_echo(struct stack *s, struct address to, uint16_t id, uint16_t sequence, uint8_t ttl, const void *data,
	      size_t length)
{
	struct tx_packet packet;

	build(&packet, &(struct icmp_message){
			   .type = ICMP_ECHO_REQUEST, .id = id, .sequence = sequence, .data = {data, length}});
	return ip_output(s, &packet,
			 &(struct ip_flow){
			     .source = ip_source_for(s, to),
			     .destination = to,
			     .protocol = IP_PROTOCOL_ICMP,
			     .ttl = ttl,
			     .may_fragment = true,
			 });
}

static void echo_answered(struct stack *s, const struct ip_datagram *datagram, const struct icmp_message *reply)
{
	event_emit(&s->events, &(struct event){
				   .type = EVENT_ICMP_ECHO_REPLY,
				   .remote.address = datagram->source,
				   .before = (uint64_t)datagram->ttl << 16 | reply->data.length,
				   .value = (uint64_t)reply->id << 16 | reply->sequence,
			       });
}

/* ---- errors received ---- */

/* What an error means for a socket (RFC 1122 3.2.2.1 and 4.1.3.3): a negative errno, as Linux has them. */
static int errno_of(uint8_t type, uint8_t code)
{
	static const int unreachable[] = {
	    -ENETUNREACH,                /* net */
	    -EHOSTUNREACH, -ENOPROTOOPT, /* protocol */
	    -ECONNREFUSED,               /* port */
	    -EMSGSIZE,                   /* fragmentation needed */
	    -EHOSTUNREACH,               /* source route failed */
	    -ENETUNREACH,                /* net unknown */
	    -EHOSTUNREACH,               /* host unknown */
	    -EHOSTUNREACH,               /* host isolated */
	    -EACCES,                     /* net prohibited */
	    -EACCES,                     /* host prohibited */
	    -ENETUNREACH,                /* net, for this type of service */
	    -EHOSTUNREACH,               /* host, for this type of service */
	    -EACCES,                     /* prohibited by a filter */
	    -EHOSTUNREACH,               /* precedence violation */
	    -EHOSTUNREACH,               /* precedence cut off */
	};
	if (type == ICMP_PARAMETER_PROBLEM)
		return -EPROTO;
	if (type == ICMP_UNREACHABLE && code < sizeof unreachable / sizeof *unreachable)
		return unreachable[code];
	return -EHOSTUNREACH;
}

/* About an echo request of ours: whoever pings is told as an event. */
static void echo_failed(struct stack *s, const struct ip_error *error)
{
	struct icmp_message message;

	if (!icmp_parse(error->payload, error->length, &message) || message.type != ICMP_ECHO_REQUEST) {
		stack_drop(s, DROP_ICMP_NO_SOCKET);
		return;
	}
	event_emit(&s->events, &(struct event){
				   .type = EVENT_ICMP_ECHO_ERROR,
				   .local.address = error->teller,
				   .remote.address = error->destination,
				   .before = (uint64_t)error->type << 8 | error->code,
				   .value = (uint64_t)message.id << 16 | message.sequence,
			       });
}

void icmp_deliver_error(struct stack *s, struct address teller, struct address told, uint8_t type, uint8_t code,
			const uint8_t *packet, size_t length)
{
	struct ip_header quoted;

	if (!ip_parse_quote(packet, length, &quoted) || length < quoted.header_length + QUOTE_MIN ||
	    quoted.fragment_offset > 0 || !address_equal(quoted.source, told) || !ip_is_ours(s, told)) {
		stack_drop(s, DROP_ICMP_QUOTE);
		return;
	}
	struct ip_error error = {
	    .type = type,
	    .code = code,
	    .error = errno_of(type, code),
	    .source = quoted.source,
	    .destination = quoted.destination,
	    .teller = teller,
	    .protocol = quoted.protocol,
	    .payload = packet + quoted.header_length,
	    .length = length - quoted.header_length,
	};
	switch (quoted.protocol) { /* RFC 1122 3.2.2: by the quoted protocol number */
	case IP_PROTOCOL_TCP:
		tcp_error(s, &error);
		return;
	case IP_PROTOCOL_UDP:
		udp_error(s, &error);
		return;
	case IP_PROTOCOL_ICMP:
		echo_failed(s, &error);
		return;
	default:
		stack_drop(s, DROP_ICMP_NO_SOCKET);
		return;
	}
}

/* ---- input ---- */

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
		echo_answered(s, datagram, &message);
		return;
	case ICMP_UNREACHABLE:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETER_PROBLEM:
		stack_count(s, COUNT_ICMP_ERRORS_IN);
		icmp_deliver_error(s, datagram->source, datagram->destination, message.type, message.code,
				   message.data.bytes, message.data.length);
		return;
	case ICMP_SOURCE_QUENCH: /* RFC 6633 */
		stack_drop(s, DROP_ICMP_SOURCE_QUENCH);
		return;
	case ICMP_REDIRECT: /* anybody on the network could send our packets wherever he likes */
		stack_drop(s, DROP_ICMP_REDIRECT);
		return;
	default: /* RFC 1122 3.2.2: unknown types are discarded in silence; RFC 6918: so are the old queries */
		stack_drop(s, DROP_ICMP_TYPE);
		return;
	}
}

/* ---- errors sent ---- */

/* RFC 1122 3.2.2: never about an ICMP error, a broadcast or multicast, a fragment but the first, or to what is no single host. */
static bool error_allowed(const struct stack *s, const uint8_t *packet, size_t length, const struct ip_header *about)
{
	struct icmp_message message;

	if (about->fragment_offset > 0 || !ip_is_host(s, about->source) || !ip_is_host(s, about->destination))
		return false;
	if (about->protocol != IP_PROTOCOL_ICMP)
		return true;
	return icmp_parse(packet + about->header_length, length - about->header_length, &message) &&
	       !icmp_type_is_error(message.type);
}

void icmp_error_reply(struct stack *s, const uint8_t *packet, size_t length, uint8_t type, uint8_t code, uint32_t rest)
{
	struct ip_header about;
	struct tx_packet reply;

	if (!ip_parse_quote(packet, length, &about) || !error_allowed(s, packet, length, &about))
		return;
	if (!bucket_take(&s->icmp.errors, s->now)) {
		stack_count(s, COUNT_ICMP_ERRORS_HELD);
		return;
	}
	if (length > about.total_length) /* a datagram put together from fragments: the first one is quoted */
		length = about.total_length;
	if (length > ERROR_MAX - IP_HEADER_MIN - ICMP_HEADER)
		length = ERROR_MAX - IP_HEADER_MIN - ICMP_HEADER;
	build(&reply, &(struct icmp_message){
			  .type = type,
			  .code = code,
			  .id = (uint16_t)(rest >> 16),
			  .sequence = (uint16_t)rest,
			  .data = {packet, length},
		      });
	stack_count(s, COUNT_ICMP_ERRORS_OUT);
	ip_output_or_drop(s, &reply,
			  &(struct ip_flow){
			      .source = s->interface.address,
			      .destination = about.source,
			      .protocol = IP_PROTOCOL_ICMP,
			  });
}

void icmp_unreachable_reply(struct stack *s, const struct ip_datagram *about, enum icmp_unreachable_code code)
{
	icmp_error_reply(s, about->bytes, about->header_length + about->length, ICMP_UNREACHABLE, (uint8_t)code, 0);
}

void icmp_init(struct stack *s)
{
	bucket_init(&s->icmp.errors, ICMP_ERRORS_PER_SECOND, ICMP_ERRORS_BURST, s->now);
}
