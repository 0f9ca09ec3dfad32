/* SPDX-License-Identifier: MIT
 *
 * What decode.c and decode_tcp.c share: the columns of a line, and the pieces that are told alike.
 */
#ifndef STRATA_TRACE_DECODE_PARTS_H
#define STRATA_TRACE_DECODE_PARTS_H

#include "base/packet.h"
#include "base/stats.h"
#include "ip/ip_wire.h"
#include "trace/decode.h"
#include "trace/decode_wire.h"
#include "trace/text.h"

/* Columns of the line, from 0. Longer ends shift all that follow, by as much in both directions of a connection, so
 * that it still reads like a table. */
enum {
	COLUMN_WHAT = 37, /* 192.0.2.1:45616 > 192.0.2.2:80 and two spaces */
	COLUMN_TCP_SEQ = 46,
	COLUMN_TCP_ACK = 56,
	COLUMN_TCP_WINDOW = 66,
	COLUMN_TCP_LENGTH = 77,
	COLUMN_TCP_OPTIONS = 86,
};

/* The line so far, and the notes that will end it. */
struct trace_line {
	struct text text;
	struct text notes;
	char notes_room[160];
};

/* "192.0.2.1:45616 > 192.0.2.2:80" and up to the next column; ends without a port (0) are told by their address alone.
 * */
void decode_ends(struct text *text, const struct endpoint ends[2]);

/* "malformed: " and the reason's sentence. */
void decode_malformed(struct text *text, enum drop_reason reason);

/* Note what is not right about a checksum, if anything; `protocol` is its name. */
void decode_checksum(struct trace_line *line, const char *protocol, struct checksum_finding finding);

/* The TCP segment that this IP packet carries: the rest of the line. */
void decode_tcp(struct trace_line *line, struct flows *flows, const struct ip_header *ip, struct slice payload);

#endif
