/* SPDX-License-Identifier: MIT
 *
 * What the decoder remembers of TCP connections, so that numbers read from 0 and windows read in bytes.
 *
 *     on the wire   SYN seq 3641839720     SYN ACK seq 1672999154 ack 3641839721    ACK ... win 255
 *     printed       SYN seq 0              SYN ACK seq 0          ack 1             ACK ... win 65280
 *
 * Each side counts from its own initial sequence number. A connection whose beginning was not seen counts from its
 * first segment as if a SYN had come right before it, and its windows stay as the wire has them. Numbers are unwrapped
 * (base/seq.h), so that they go on counting beyond 4 GiB, and what lies before the beginning is negative.
 *
 * The table is bounded: a new connection takes the place of the one that was silent for longest.
 */
#ifndef STRATA_TRACE_FLOWS_H
#define STRATA_TRACE_FLOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "tcp/tcp_wire.h"

#define FLOWS_MAX 64

/* One side of a connection: what it sends. */
struct flow_side {
	bool known;     /* first and near mean something */
	uint64_t first; /* the position that prints as 0: its SYN's */
	uint64_t near;  /* the position seen last, to unwrap the next one */
	bool syn_seen;
	bool scales; /* its SYN had a window scale option */
	uint8_t wscale;
	bool stamps;          /* its SYN had timestamps */
	uint32_t first_stamp; /* the value that prints as 1 */
};

struct flow {
	uint64_t used; /* 0: free; else when, on the table's own count */
	struct endpoint ends[2];
	struct flow_side sides[2];
};

struct flows {
	uint64_t uses;
	struct flow table[FLOWS_MAX];
};

/* A flow as one of its segments looks at it. Either may be NULL when the connection is not known. */
struct flow_view {
	struct flow_side *sender;
	struct flow_side *receiver;
};

void flows_init(struct flows *flows);

/* The connection between these ends, and what this segment says of it. With `learn` false (its checksum is wrong)
 * the segment is not believed: nothing is added. */
struct flow_view flows_see(struct flows *flows, const struct endpoint ends[2], const struct tcp_header *segment,
			   bool learn);

/* A sequence number of this side, counted from its beginning; as on the wire when that is not known. */
int64_t flow_relative(const struct flow_side *side, uint32_t number);

/* A timestamp of this side, counted from 1 at its SYN; as on the wire when that is not known. */
uint32_t flow_stamp(const struct flow_side *side, uint32_t stamp);

/* The window of a segment that was seen, in bytes: scaled when both SYNs were seen and agreed to (RFC 7323 2.2), never
 * on a SYN. */
uint32_t flow_window(struct flow_view view, const struct tcp_header *segment);

#endif
