/* SPDX-License-Identifier: MIT
 *
 * What the decoder remembers of TCP connections.
 */
#include "trace/flows.h"

#include "base/seq.h"

void flows_init(struct flows *flows)
{
	*flows = (struct flows){0};
}

static bool matches(const struct flow *flow, const struct endpoint *a, const struct endpoint *b)
{
	return endpoint_equal(&flow->ends[0], a) && endpoint_equal(&flow->ends[1], b);
}

/* The flow between these ends, whichever of them it was first seen from, or NULL. */
static struct flow *find(struct flows *flows, const struct endpoint ends[2])
{
	for (struct flow *flow = flows->table; flow < flows->table + FLOWS_MAX; flow++)
		if (flow->used && (matches(flow, &ends[0], &ends[1]) || matches(flow, &ends[1], &ends[0])))
			return flow;
	return NULL;
}

/* The flow that was silent for longest gives up its place; a free one has been so for ever. */
static struct flow *replace(struct flows *flows, const struct endpoint ends[2])
{
	struct flow *oldest = flows->table;

	for (struct flow *flow = flows->table; flow < flows->table + FLOWS_MAX; flow++)
		if (flow->used < oldest->used)
			oldest = flow;
	*oldest = (struct flow){.ends = {ends[0], ends[1]}};
	return oldest;
}

static void begin_at(struct flow_side *side, uint32_t initial)
{
	side->known = true;
	side->first = seq_first(initial);
	side->near = side->first;
}

static void learn_syn(struct flow_view view, const struct tcp_header *syn)
{
	struct flow_side *sender = view.sender;

	if (sender->syn_seen && seq_wire(sender->first) == syn->seq)
		return; /* sent again */
	if (sender->known && !(syn->flags & TCP_ACK))
		*view.receiver = (struct flow_side){0}; /* the same ports, another connection */
	*sender = (struct flow_side){
	    .syn_seen = true,
	    .scales = syn->options.wscale_present,
	    .wscale = syn->options.wscale,
	    .stamps = syn->options.timestamps_present,
	    .first_stamp = syn->options.tsval,
	};
	begin_at(sender, syn->seq);
}

/* A reset is no beginning: it may answer a segment of a connection that never was, with a number made up for it. */
static void learn_segment(struct flow_view view, const struct tcp_header *segment)
{
	if (segment->flags & TCP_RST)
		return;
	if (segment->flags & TCP_SYN)
		learn_syn(view, segment);
	else if (!view.sender->known)
		begin_at(view.sender, segment->seq - 1);
	if (segment->flags & TCP_ACK && !view.receiver->known)
		begin_at(view.receiver, segment->ack - 1);

	view.sender->near = seq_unwrap(view.sender->near, segment->seq);
	if (segment->flags & TCP_ACK)
		view.receiver->near = seq_unwrap(view.receiver->near, segment->ack);
}

struct flow_view flows_see(struct flows *flows, const struct endpoint ends[2], const struct tcp_header *segment,
			   bool learn)
{
	struct flow *flow = find(flows, ends);

	if (!flow && (!learn || segment->flags & TCP_RST))
		return (struct flow_view){NULL, NULL};
	if (!flow)
		flow = replace(flows, ends);
	flow->used = ++flows->uses;
	unsigned from = matches(flow, &ends[0], &ends[1]) ? 0 : 1;
	struct flow_view view = {&flow->sides[from], &flow->sides[1 - from]};
	if (learn)
		learn_segment(view, segment);
	return view;
}

int64_t flow_relative(const struct flow_side *side, uint32_t number)
{
	return side && side->known ? (int64_t)(seq_unwrap(side->near, number) - side->first) : number;
}

uint32_t flow_stamp(const struct flow_side *side, uint32_t stamp)
{
	return side && side->stamps ? stamp - side->first_stamp + 1 : stamp;
}

uint32_t flow_window(struct flow_view view, const struct tcp_header *segment)
{
	bool scaled = view.sender && view.sender->scales && view.receiver->scales;

	return scaled && !(segment->flags & TCP_SYN) ? (uint32_t)segment->window << view.sender->wscale
						     : segment->window;
}
