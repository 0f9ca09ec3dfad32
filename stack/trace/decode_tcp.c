/* SPDX-License-Identifier: MIT
 *
 * A TCP segment as the rest of a line: ends, flags in words, numbers, options, and the first line of HTTP where it
 * carries one.
 */
#include "trace/decode_parts.h"

#include <inttypes.h>

#include "tcp/tcp_wire.h"

#define HTTP_LINE_MAX 40 /* of a request's or response's first line, what is shown */

/* ACK comes last, as people say it: "SYN ACK". */
static void decode_flags(struct text *text, uint8_t flags)
{
	static const struct {
		uint8_t flag;
		const char *name;
	} FLAGS[] = {
	    {TCP_SYN, "SYN"}, {TCP_FIN, "FIN"}, {TCP_RST, "RST"}, {TCP_PSH, "PSH"},
	    {TCP_URG, "URG"}, {TCP_ECE, "ECE"}, {TCP_CWR, "CWR"}, {TCP_ACK, "ACK"},
	};
	const char *space = "";

	if (flags == 0)
		text_add(text, "no flags");
	for (size_t i = 0; i < sizeof FLAGS / sizeof *FLAGS; i++) {
		if (!(flags & FLAGS[i].flag))
			continue;
		text_add(text, "%s%s", space, FLAGS[i].name);
		space = " ";
	}
}

static void decode_numbers(struct text *text, struct flow_view view, const struct tcp_header *tcp)
{
	text_pad(text, COLUMN_TCP_SEQ);
	text_add(text, "seq %" PRId64, flow_relative(view.sender, tcp->seq));
	text_pad(text, COLUMN_TCP_ACK);
	if (tcp->flags & TCP_ACK)
		text_add(text, "ack %" PRId64, flow_relative(view.receiver, tcp->ack));
	text_pad(text, COLUMN_TCP_WINDOW);
	text_add(text, "win %" PRIu32, flow_window(view, tcp));
}

static void decode_timestamps(struct text *text, struct flow_view view, const struct tcp_header *tcp,
			      const uint32_t values[2])
{
	bool echoes = tcp->flags & TCP_ACK; /* RFC 7323 3.2: without ACK the echo means nothing */

	text_add(text, "TS %" PRIu32 " %" PRIu32, flow_stamp(view.sender, values[0]),
		 echoes ? flow_stamp(view.receiver, values[1]) : values[1]);
}

/* Blocks are the sender's receive side: they count as its acknowledgements do (RFC 2018 3). */
static void decode_sack(struct text *text, struct flow_view view, const struct tcp_option *option)
{
	text_add(text, "SACK");
	for (unsigned i = 0; i + 1 < option->count; i += 2)
		text_add(text, " %" PRId64 "-%" PRId64, flow_relative(view.receiver, option->values[i]),
			 flow_relative(view.receiver, option->values[i + 1]));
}

/* In full on a SYN; elsewhere timestamps, which every segment carries, are only named. */
static void decode_option(struct text *text, struct flow_view view, const struct tcp_header *tcp,
			  const struct tcp_option *option)
{
	switch (option->known ? option->kind : -1) {
	case TCP_OPTION_END:
		text_add(text, "end");
		break;
	case TCP_OPTION_NOP:
		text_add(text, "nop");
		break;
	case TCP_OPTION_MSS:
		text_add(text, "mss %" PRIu32, option->values[0]);
		break;
	case TCP_OPTION_WSCALE:
		text_add(text, "ws %" PRIu32, option->values[0]);
		break;
	case TCP_OPTION_SACK_PERMITTED:
		text_add(text, "sackOK");
		break;
	case TCP_OPTION_SACK:
		decode_sack(text, view, option);
		break;
	case TCP_OPTION_TIMESTAMPS:
		if (tcp->flags & TCP_SYN)
			decode_timestamps(text, view, tcp, option->values);
		else
			text_add(text, "TS");
		break;
	default:
		text_add(text, "option %u", option->kind);
	}
}

/* Between angle brackets, from this column on; nothing when there is nothing to tell. */
static void decode_options(struct text *text, size_t column, struct flow_view view, const struct tcp_header *tcp,
			   struct wire_reader options)
{
	bool syn = tcp->flags & TCP_SYN, opened = false;
	struct tcp_option option;

	while (tcp_option_next(&options, &option)) {
		if (!syn && (option.kind == TCP_OPTION_NOP || option.kind == TCP_OPTION_END))
			continue;
		if (!opened)
			text_pad(text, column);
		text_add(text, "%s", opened ? ", " : "<");
		opened = true;
		decode_option(text, view, tcp, &option);
	}
	if (opened)
		text_add(text, ">");
	if (options.failed)
		text_add(text, " options malformed: a length that cannot be");
}

/* Whether a payload begins like an HTTP request or response (RFC 9112 3, 4). */
static bool is_http(struct slice payload)
{
	static const char *const STARTS[] = {"GET ",    "HEAD ",    "POST ",  "PUT ",
					     "DELETE ", "OPTIONS ", "PATCH ", "HTTP/1."};

	for (size_t i = 0; i < sizeof STARTS / sizeof *STARTS; i++) {
		size_t length = strlen(STARTS[i]);
		if (payload.length >= length && memcmp(payload.bytes, STARTS[i], length) == 0)
			return true;
	}
	return false;
}

static void decode_http(struct text *text, struct slice payload)
{
	size_t length = 0;

	while (length < payload.length && payload.bytes[length] != '\r' && payload.bytes[length] != '\n')
		length++;
	bool cut = length > HTTP_LINE_MAX;
	text_pad(text, COLUMN_TCP_OPTIONS);
	text_escaped(text, payload.bytes, cut ? HTTP_LINE_MAX : length);
	text_add(text, "%s", cut ? "..." : "");
}

static void decode_segment(struct text *text, struct flow_view view, const struct tcp_header *tcp, struct slice segment)
{
	struct slice payload = {segment.bytes + tcp->header_length, segment.length - tcp->header_length};
	struct wire_reader options = tcp_option_bytes(segment.bytes, tcp->header_length);

	decode_flags(text, tcp->flags);
	decode_numbers(text, view, tcp);
	if (tcp->flags & TCP_SYN && payload.length == 0) { /* its options tell more than "len 0" */
		decode_options(text, COLUMN_TCP_LENGTH, view, tcp, options);
	} else {
		text_pad(text, COLUMN_TCP_LENGTH);
		text_add(text, "len %zu", payload.length);
		decode_options(text, COLUMN_TCP_OPTIONS, view, tcp, options);
	}
	if (is_http(payload))
		decode_http(text, payload);
}

void decode_tcp(struct trace_line *line, struct flows *flows, const struct ip_header *ip, struct slice payload)
{
	static const enum drop_reason REASONS[] = {
	    [TCP_BAD_SHORT] = DROP_TCP_SHORT,
	    [TCP_BAD_OFFSET] = DROP_TCP_OFFSET,
	};
	struct tcp_header tcp;
	enum tcp_verdict verdict = tcp_parse(payload.bytes, payload.length, &tcp);

	text_add(&line->text, "TCP  ");
	if (verdict != TCP_GOOD) {
		decode_ends(&line->text, (struct endpoint[2]){{ip->source, 0}, {ip->destination, 0}});
		decode_malformed(&line->text, REASONS[verdict]);
		return;
	}
	struct checksum_finding finding = checksum_find_transport(ip, payload.bytes, payload.length, tcp.checksum);
	struct endpoint ends[2] = {{ip->source, tcp.source_port}, {ip->destination, tcp.destination_port}};
	struct flow_view view = flows_see(flows, ends, &tcp, finding.verdict != CHECKSUM_WRONG);
	decode_ends(&line->text, ends);
	decode_segment(&line->text, view, &tcp, payload);
	decode_checksum(line, "TCP", finding);
}
