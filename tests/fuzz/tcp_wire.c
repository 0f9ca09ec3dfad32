/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a TCP segment: the header lies inside the input, and what is written from it reads the same, but for
 * options that only a SYN may carry (RFC 9293 3.2) and SACK blocks, which are not part of the header.
 */
#include "tcp/tcp_wire.h"

#include "tests/fuzz/fuzz.h"

static void same_options(const struct tcp_header *a, const struct tcp_header *b)
{
	const struct tcp_options *x = &a->options, *y = &b->options;
	bool syn = a->flags & TCP_SYN;

	must(y->timestamps_present == x->timestamps_present && y->tsval == x->tsval && y->tsecr == x->tsecr);
	must(y->mss_present == (x->mss_present && syn) && y->mss == (y->mss_present ? x->mss : 0));
	must(y->wscale_present == (x->wscale_present && syn) && y->wscale == (y->wscale_present ? x->wscale : 0));
	must(y->sack_permitted == (x->sack_permitted && syn));
	must(x->wscale <= TCP_WSCALE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct tcp_header header, again;
	struct tcp_quote quote;
	uint8_t written[TCP_HEADER_MAX];

	must(tcp_parse_quote(bytes, length, &quote) == (length >= 8));
	if (tcp_parse(bytes, length, &header) != TCP_GOOD)
		return 0;
	must(header.header_length >= TCP_HEADER_MIN && header.header_length <= TCP_HEADER_MAX);
	must(header.header_length <= length);
	must(quote.source_port == header.source_port && quote.destination_port == header.destination_port);
	must(quote.seq == header.seq);

	unsigned written_length = tcp_emit_length(&header);
	must(written_length >= TCP_HEADER_MIN && written_length <= TCP_HEADER_MAX && written_length % 4 == 0);
	tcp_emit(written, &header);
	tcp_emit_checksum(written, header.checksum);
	must(tcp_parse(written, written_length, &again) == TCP_GOOD && again.header_length == written_length);
	must(again.source_port == header.source_port && again.destination_port == header.destination_port);
	must(again.seq == header.seq && again.ack == header.ack && again.flags == header.flags);
	must(again.window == header.window && again.checksum == header.checksum);
	must(again.urgent_pointer == header.urgent_pointer);
	same_options(&header, &again);
	return 0;
}
