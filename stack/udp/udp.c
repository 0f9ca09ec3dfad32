/* SPDX-License-Identifier: MIT
 *
 * UDP: from IP to the socket that wants a datagram, and from the socket to IP.
 */
#include "udp/udp.h"

#include <errno.h>
#include <string.h>

#include "internal.h"
#include "ip/ip_wire.h"
#include "udp/udp_wire.h"

void udp_init(struct stack *s)
{
	for (unsigned i = 0; i < UDP_BUCKETS; i++)
		list_init(&s->udp.buckets[i]);
	list_init(&s->udp.notices);
	s->udp.ports.key = random_key(&s->random);
}

/* ---- whose is it? ---- */

static struct list *bucket_of(struct stack *s, uint16_t port)
{
	return &s->udp.buckets[port % UDP_BUCKETS];
}

/* Whether a datagram from this remote end to this local one is for this socket. */
static bool wants(const struct udp_socket *u, const struct endpoint *local, const struct endpoint *remote)
{
	return u->local.port == local->port &&
	       (address_is_any(u->local.address) || address_equal(u->local.address, local->address)) &&
	       (u->remote.port == 0 || endpoint_equal(&u->remote, remote));
}

/* The socket that speaks with this remote end from this local one. There is one at most, see udp_bind(). */
static struct udp_socket *lookup(struct stack *s, const struct endpoint *local, const struct endpoint *remote)
{
	struct list *bucket = bucket_of(s, local->port);

	for (struct list *node = bucket->next; node != bucket; node = node->next) {
		struct udp_socket *u = LIST_ITEM(node, struct udp_socket, node);
		if (wants(u, local, remote))
			return u;
	}
	return NULL;
}

static void notify(struct stack *s, struct udp_socket *u)
{
	if (list_empty(&u->notice))
		list_append(&s->udp.notices, &u->notice);
}

/* ---- in ---- */

/* What a datagram takes of its socket's queue. */
static size_t cost(size_t length)
{
	return sizeof(struct udp_datagram) + length;
}

static void enqueue(struct stack *s, struct udp_socket *u, const struct ip_datagram *from,
		    const struct udp_header *header)
{
	size_t length = header->length - UDP_HEADER;

	if (u->queued + cost(length) > UDP_QUEUE_MAX) {
		stack_drop(s, DROP_UDP_QUEUE_FULL);
		return;
	}
	struct udp_datagram *d = memory_get(&s->memory, cost(length));
	if (!d) {
		stack_drop(s, DROP_UDP_NO_MEMORY);
		return;
	}
	d->source = (struct endpoint){from->source, header->source_port};
	d->destination = from->destination;
	d->ttl = from->ttl;
	d->tos = from->tos;
	d->options_length = (uint8_t)(from->header_length - IP_HEADER_MIN); /* RFC 1122 4.1.3.2 */
	memcpy(d->options, from->bytes + IP_HEADER_MIN, d->options_length);
	d->length = length;
	memcpy(d->payload, from->payload + UDP_HEADER, length);
	list_append(&u->queue, &d->node);
	u->queued += cost(length);
	stack_count(s, COUNT_UDP_DATAGRAMS_IN);
	notify(s, u);
}

void udp_input(struct stack *s, const struct ip_datagram *datagram)
{
	struct udp_header header;

	if (!udp_parse(datagram->payload, datagram->length, &header)) {
		stack_drop(s, DROP_UDP_SHORT);
		return;
	}
	if (!udp_length_good(&header, datagram->length)) {
		stack_drop(s, DROP_UDP_LENGTH);
		return;
	}
	/* RFC 1122 4.1.3.4: a checksum of 0 means that there is none */
	if (header.checksum != 0 && !ip_datagram_sum_good(datagram, header.length)) {
		stack_drop(s, DROP_UDP_CHECKSUM);
		return;
	}
	/* Source port 0 says that no reply is wanted (RFC 768). Destination port 0 is nobody's. */
	struct endpoint local = {datagram->destination, header.destination_port};
	struct endpoint remote = {datagram->source, header.source_port};
	struct udp_socket *u = lookup(s, &local, &remote);
	if (!u) {
		stack_drop(s, DROP_UDP_PORT);
		icmp_unreachable_reply(s, datagram, ICMP_PORT_UNREACHABLE); /* RFC 1122 4.1.3.1 */
		return;
	}
	enqueue(s, u, datagram, &header);
}

/* The payload is how our own datagram began, so source and local end are the same. */
void udp_error(struct stack *s, const struct ip_error *error)
{
	struct udp_header header = {0};

	udp_parse(error->payload, error->length, &header); /* at least 8 bytes are there */
	struct endpoint local = {error->source, header.source_port};
	struct endpoint remote = {error->destination, header.destination_port};
	struct udp_socket *u = lookup(s, &local, &remote);
	if (!u) {
		stack_drop(s, DROP_ICMP_NO_SOCKET);
		return;
	}
	if (error->type == ICMP_UNREACHABLE && error->code == ICMP_FRAGMENTATION_NEEDED) {
		stack_drop(s, DROP_ICMP_MTU); /* a lie: we never set DF */
		return;
	}
	event_emit(&s->events, &(struct event){
				   .type = EVENT_UDP_ERROR,
				   .local = local,
				   .remote = remote,
				   .before = (uint64_t)error->type << 8 | error->code,
				   .value = (uint64_t)-error->error,
			       });
	if (u->remote.port == 0 || error->type == ICMP_TIME_EXCEEDED)
		return;
	u->error = error->error;
	notify(s, u);
}

/* ---- opening and naming ---- */

struct udp_socket *udp_open(struct stack *s, struct socket *user)
{
	struct udp_socket *u = memory_get(&s->memory, sizeof *u);

	if (!u)
		return NULL;
	u->socket = user;
	list_init(&u->node);
	list_init(&u->notice);
	list_init(&u->queue);
	return u;
}

void udp_close(struct stack *s, struct udp_socket *u)
{
	while (!list_empty(&u->queue))
		udp_consume(s, u);
	list_remove(&u->node);
	list_remove(&u->notice);
	memory_put(&s->memory, u, sizeof *u);
}

/* Whether a socket has this port already, on this address or on all. */
static bool port_taken(struct stack *s, struct address address, uint16_t port)
{
	struct list *bucket = bucket_of(s, port);

	for (struct list *node = bucket->next; node != bucket; node = node->next) {
		const struct endpoint *other = &LIST_ITEM(node, struct udp_socket, node)->local;
		if (other->port == port && (address_is_any(address) || address_is_any(other->address) ||
					    address_equal(address, other->address)))
			return true;
	}
	return false;
}

/* A port that is free, or 0. */
static uint16_t find_port(struct stack *s, struct address local, const struct endpoint *remote)
{
	for (unsigned tries = 0; tries < PORT_COUNT; tries++) {
		uint16_t port = ports_next(&s->udp.ports, local, remote);
		if (!port_taken(s, local, port))
			return port;
	}
	return 0;
}

/* Have a local end, for speaking with this remote one. */
static int bind_for(struct stack *s, struct udp_socket *u, struct address local, const struct endpoint *remote)
{
	uint16_t port = find_port(s, local, remote);

	if (port == 0)
		return -EADDRINUSE;
	u->local = (struct endpoint){local, port};
	list_append(bucket_of(s, port), &u->node);
	return 0;
}

int udp_bind(struct stack *s, struct udp_socket *u, const struct endpoint *local)
{
	if (u->local.port != 0)
		return -EINVAL;
	if (!address_is_any(local->address) && !ip_is_ours(s, local->address))
		return -EADDRNOTAVAIL;
	if (local->port == 0)
		return bind_for(s, u, local->address, &(struct endpoint){.port = 0});
	if (port_taken(s, local->address, local->port))
		return -EADDRINUSE;
	u->local = *local;
	list_append(bucket_of(s, local->port), &u->node);
	return 0;
}

int udp_connect(struct stack *s, struct udp_socket *u, const struct endpoint *remote)
{
	int error = 0;

	if (remote->port == 0) {
		u->remote = (struct endpoint){.port = 0};
		u->error = 0;
		return 0;
	}
	if (interface_is_broadcast(&s->interface, remote->address)) {
		if (!u->may_broadcast)
			return -EACCES;
	} else if (!ip_is_host(s, remote->address)) {
		return -EADDRNOTAVAIL;
	}
	if (u->local.port == 0)
		error = bind_for(s, u, ADDRESS_ANY, remote);
	if (error)
		return error;
	u->remote = *remote;
	u->error = 0;
	return 0;
}

/* The address that what is sent to this one leaves from. */
static struct address source_to(const struct stack *s, const struct udp_socket *u, struct address to)
{
	return address_is_any(u->local.address) ? ip_source_for(s, to) : u->local.address;
}

struct endpoint udp_local(const struct stack *s, const struct udp_socket *u)
{
	return (struct endpoint){source_to(s, u, u->remote.address), u->local.port};
}

/* ---- out ---- */

/* Prepend the header, with the checksum over it and the payload. */
static void put_header(struct tx_packet *packet, const struct udp_header *header, const struct ip_flow *flow)
{
	struct checksum sum = ip_pseudo_sum(flow->source, flow->destination, IP_PROTOCOL_UDP, header->length);
	uint8_t *bytes = tx_prepend(packet, UDP_HEADER);

	udp_emit(bytes, header);
	checksum_add(&sum, bytes, UDP_HEADER);
	for (unsigned i = 0; i < packet->slice_count; i++)
		checksum_add(&sum, packet->slices[i].bytes, packet->slices[i].length);
	udp_emit_checksum(bytes, checksum_finish(&sum));
}

/* Whether a packet may leave with this source: 127/8 is never seen on a wire (RFC 1122 3.2.1.3). */
static bool source_fits(const struct stack *s, const struct ip_flow *flow)
{
	return address_equal(flow->source, s->interface.address) || ip_is_ours(s, flow->destination);
}

int udp_send(struct stack *s, struct udp_socket *u, const struct endpoint *to, const void *bytes, size_t length)
{
	struct tx_packet packet;

	if (length > UDP_PAYLOAD_MAX)
		return -EMSGSIZE;
	if (!to && u->remote.port == 0)
		return -EDESTADDRREQ;
	if (!to)
		to = &u->remote;
	if (to->port == 0)
		return -EINVAL;
	int error = u->local.port == 0 ? bind_for(s, u, ADDRESS_ANY, to) : 0;
	if (error)
		return error;
	struct ip_flow flow = {
	    .source = source_to(s, u, to->address),
	    .destination = to->address,
	    .protocol = IP_PROTOCOL_UDP,
	    .ttl = u->ttl,
	    .tos = u->tos,
	    .may_fragment = true,
	    .may_broadcast = u->may_broadcast,
	};
	if (!source_fits(s, &flow))
		return -EINVAL;
	struct udp_header header = {u->local.port, to->port, (uint16_t)(UDP_HEADER + length), 0};
	tx_init(&packet);
	tx_append(&packet, bytes, length);
	put_header(&packet, &header, &flow);
	error = ip_output(s, &packet, &flow);
	if (error == 0)
		stack_count(s, COUNT_UDP_DATAGRAMS_OUT);
	return error;
}

/* ---- the queue and the error ---- */

const struct udp_datagram *udp_peek(const struct udp_socket *u)
{
	return list_empty(&u->queue) ? NULL : LIST_ITEM(u->queue.next, struct udp_datagram, node);
}

void udp_consume(struct stack *s, struct udp_socket *u)
{
	struct udp_datagram *d = LIST_ITEM(list_take(&u->queue), struct udp_datagram, node);

	u->queued -= cost(d->length);
	memory_put(&s->memory, d, cost(d->length));
}

int udp_take_error(struct udp_socket *u)
{
	int error = u->error;

	u->error = 0;
	return error;
}
