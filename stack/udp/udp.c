/* SPDX-License-Identifier: MIT
 *
 * UDP input.
 */
#include "udp/udp.h"

#include "internal.h"
#include "udp/udp_wire.h"

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
	stack_drop(s, DROP_UDP_PORT);
	icmp_unreachable_reply(s, datagram, ICMP_PORT_UNREACHABLE); /* RFC 1122 4.1.3.1 */
}
