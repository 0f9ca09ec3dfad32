/* SPDX-License-Identifier: MIT
 *
 * Fragmentation (RFC 791 3.2): a datagram larger than the MTU leaves in pieces. All but the last carry a multiple of eight bytes, since
 * offsets count in eights.
 *
 *     datagram     [ transport header | payload ...........................................]
 *     fragments    [ IP | transport header | payload ][ IP | payload ......][ IP | payload ]
 *                    offset 0, more fragments           offset 1480, more     offset 2960
 *
 * The pieces are slices of the sender's own bytes: nothing but the transport header is copied.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "ip/ip_send.h"
#include "ip/ip_wire.h"

/* Make `part` of the `length` bytes from `offset` on of `whole`, in which the headers come first and are not cut. */
static void take_part(const struct tx_packet *whole, size_t offset, size_t length, struct tx_packet *part)
{
	size_t headers = offset == 0 ? tx_header_length(whole) : 0;
	size_t skip = offset == 0 ? 0 : offset - tx_header_length(whole); /* of the slices */
	size_t left = length - headers;

	tx_init(part);
	for (unsigned i = 0; i < whole->slice_count; i++) {
		const struct slice *slice = &whole->slices[i];
		if (skip >= slice->length) {
			skip -= slice->length;
			continue;
		}
		size_t taken = slice->length - skip < left ? slice->length - skip : left;
		tx_append(part, slice->bytes + skip, taken);
		left -= taken;
		skip = 0;
	}
	if (headers > 0)
		memcpy(tx_prepend(part, headers), tx_headers(whole), headers);
}

int ip_fragment(struct stack *s, const struct tx_packet *packet, const struct ip_header *header,
		const struct ip_hop *hop)
{
	size_t total = tx_length(packet);
	size_t most = (s->interface.mtu - IP_HEADER_MIN) / 8 * 8;
	struct tx_packet part;

	for (size_t offset = 0; offset < total; offset += most) {
		size_t length = total - offset < most ? total - offset : most;
		struct ip_header own = *header;
		own.total_length = (unsigned)(IP_HEADER_MIN + length);
		own.fragment_offset = header->fragment_offset + (unsigned)offset;
		own.more_fragments = header->more_fragments || offset + length < total;
		take_part(packet, offset, length, &part);
		ip_emit(tx_prepend(&part, IP_HEADER_MIN), &own);
		int result = ip_send(s, &part, hop);
		if (result != 0 && offset == 0)
			return result;
		if (result != 0) { /* without this one the others are worth nothing */
			ip_drop(s, result);
			return 0;
		}
		stack_count(s, COUNT_IP_FRAGMENTS_OUT);
	}
	return 0;
}
