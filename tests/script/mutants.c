/* SPDX-License-Identifier: MIT
 *
 * The packets that mutants are made of, and the judge of what they draw.
 */
#include "tests/script/mutants.h"

#include <string.h>

#define MEMORY_MAX ((size_t)4 << 20)
#define UDP_PORT   2000 /* of the socket that is not connected */

struct mutants mutants;

static struct socket *listener;

/* ---- bits ---- */

uint64_t field_get(const struct frame *frame, const struct field *field)
{
	uint64_t value = 0;

	for (unsigned bit = field->at; bit < field->at + field->width; bit++)
		value = value << 1 | ((unsigned)frame->bytes[bit / 8] >> (7 - bit % 8) & 1);
	return value;
}

void field_put(struct frame *frame, const struct field *field, uint64_t value)
{
	for (unsigned i = 0; i < field->width; i++) {
		unsigned bit = field->at + field->width - 1 - i;
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);
		frame->bytes[bit / 8] = (uint8_t)((frame->bytes[bit / 8] & ~mask) | (value >> i & 1 ? mask : 0));
	}
}

/* ---- where the fields are ---- */

/* Fields one after the other from this byte on: their widths in bits, ended by 0. The byte after them. */
static unsigned lay(struct kind *kind, unsigned at, const unsigned *widths)
{
	unsigned bit = at * 8;

	for (; *widths; bit += *widths++) {
		check(kind->field_count < FIELDS_MAX);
		kind->fields[kind->field_count++] = (struct field){bit, *widths};
	}
	return bit / 8;
}

/* Options as both IP and TCP have them, up to byte `end`: kind, length, and the value in words. */
static void lay_options(struct kind *kind, unsigned at, unsigned end)
{
	static const unsigned byte[] = {8, 0}, word[] = {32, 0};

	while (at < end) {
		unsigned length = kind->frame.bytes[at] < 2 ? 1 : kind->frame.bytes[at + 1];
		unsigned next = at + length;
		at = lay(kind, at, byte);
		if (length > 1)
			at = lay(kind, at, byte);
		while (at < next)
			at = lay(kind, at, next - at >= 4 ? word : byte);
	}
}

static unsigned lay_ip(struct kind *kind, unsigned at)
{
	static const unsigned widths[] = {4, 4, 8, 16, 16, 1, 1, 1, 13, 8, 8, 16, 32, 32, 0};
	unsigned header = (kind->frame.bytes[at] & 15u) * 4;

	lay(kind, at, widths);
	lay_options(kind, at + 20, at + header);
	return at + header;
}

static void lay_tcp(struct kind *kind, unsigned at)
{
	static const unsigned widths[] = {16, 16, 32, 32, 4, 4, 8, 16, 16, 16, 0};

	lay(kind, at, widths);
	lay_options(kind, at + 20, at + kind->frame.bytes[at + 12] / 16 * 4u);
}

static void lay_icmp(struct kind *kind, unsigned at)
{
	static const unsigned echo[] = {8, 8, 16, 16, 16, 0}, error[] = {8, 8, 16, 8, 8, 16, 0},
			      quoted[] = {16, 16, 32, 0};
	unsigned type = kind->frame.bytes[at];

	lay(kind, at, type == 0 || type == 8 ? echo : error);
	if (type != 0 && type != 8)
		lay(kind, lay_ip(kind, at + 8), quoted);
}

static void find_fields(struct kind *kind)
{
	static const unsigned ether[] = {48, 48, 16, 0}, arp[] = {16, 16, 8, 8, 16, 48, 32, 48, 32, 0},
			      udp[] = {16, 16, 16, 16, 0};
	const struct frame *frame = &kind->frame;

	lay(kind, 0, ether);
	if (peek16(frame, AT_ETHER_TYPE) == 0x0806) {
		lay(kind, AT_ARP, arp);
		return;
	}
	unsigned at = lay_ip(kind, AT_IP);
	if (peek16(frame, AT_IP_FRAGMENT) & 0x1fff)
		return;
	if (frame->bytes[AT_IP_PROTOCOL] == 1)
		lay_icmp(kind, at);
	else if (frame->bytes[AT_IP_PROTOCOL] == 6)
		lay_tcp(kind, at);
	else
		lay(kind, at, udp);
}

/* ---- the kinds ---- */

static void add(const char *name, struct frame frame)
{
	check(mutants.count < KINDS_MAX);
	struct kind *kind = &mutants.kinds[mutants.count++];
	*kind = (struct kind){.name = name, .frame = frame};
	find_fields(kind);
}

static void add_arp(void)
{
	static const struct mac nobody = {{0}};
	struct mac peer = mac_of("192.0.2.1"), us = mac_of("192.0.2.2");

	add("ARP request", frame_arp(1, peer, "192.0.2.1", nobody, "192.0.2.2"));
	add("ARP reply", frame_arp(2, peer, "192.0.2.1", us, "192.0.2.2"));
	add("ARP probe", frame_arp(1, peer, "0.0.0.0", nobody, "192.0.2.1"));
	add("ARP announcement", frame_arp(1, peer, "192.0.2.1", nobody, "192.0.2.1"));
}

static void add_datagrams(void)
{
	static const uint8_t record_route[] = {1, 7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0},
			     source_route[] = {0x83, 7, 4, 203, 0, 113, 9, 0}, timestamp[] = {68, 8, 5, 0, 0, 0, 0, 0};
	struct frame echo = frame_icmp(8, 0, 0x00010001, 30), broadcast = frame_udp(1000, UDP_PORT, 30);

	add("echo request", echo);
	add("echo reply", frame_icmp(0, 0, 0x00070001, 30));
	add("echo request with Record Route", frame_with_ip_options(&echo, record_route, sizeof record_route));
	add("echo request with Timestamp", frame_with_ip_options(&echo, timestamp, sizeof timestamp));
	add("echo request with a source route", frame_with_ip_options(&echo, source_route, sizeof source_route));
	add("datagram to a socket", frame_udp(1000, UDP_PORT, 30));
	add("datagram to a closed port", frame_udp(1000, 2999, 30));
	memset(broadcast.bytes + AT_ETHER_TO, 0xff, 6);
	poke32(&broadcast, AT_IP_TO, 0xc00002ff);
	frame_fix(&broadcast);
	add("broadcast datagram", broadcast);
	add("broadcast datagram with Timestamp", frame_with_ip_options(&broadcast, timestamp, sizeof timestamp));
}

static void add_fragments(void)
{
	static struct datagram d;

	d = datagram_icmp(8, 0, 0x00020001, 88);
	add("first fragment", frame_fragment(&d, 0, 32));
	add("middle fragment", frame_fragment(&d, 32, 64));
	add("last fragment", frame_fragment(&d, 64, 96));
	d = datagram_udp(1000, UDP_PORT, 40);
	add("first fragment of a datagram", frame_fragment(&d, 0, 24));
}

static void add_segments(void)
{
	add("SYN", frame_tcp("S 0:0(0) win 64240 <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7>"));
	add("data", frame_tcp("P. 1:31(30) ack 1"));
	add("data ahead", frame_tcp(". 11:31(20) ack 1 <nop,nop,TS val 9 ecr 9>"));
	add("FIN", frame_tcp("F. 1:11(10) ack 1"));
	add("RST", frame_tcp("R. 2:2(0) ack 1"));
	add("SYN ACK", frame_tcp("S. 0:0(0) ack 1 <mss 1460>"));
	add("urgent data", frame_tcp("PU. 1:31(30) ack 1 urg 5"));
	add("SACK", frame_tcp(". 1:1(0) ack 1 <nop,nop,sack 5:9 20:30>"));
}

/* Errors about a segment and a datagram that did leave. */
static void add_errors(const struct frame *segment, const struct frame *datagram)
{
	static const uint8_t timestamp[] = {68, 8, 5, 0, 0, 0, 0, 0};
	struct frame unreachable = frame_icmp_about(3, 3, datagram);

	add("Port Unreachable", unreachable);
	add("Port Unreachable with Timestamp", frame_with_ip_options(&unreachable, timestamp, sizeof timestamp));
	add("Host Unreachable", frame_icmp_about(3, 1, segment));
	add("Fragmentation Needed", frame_icmp_about(3, 4, segment));
	add("Source Quench", frame_icmp_about(4, 0, segment));
	add("Redirect", frame_icmp_about(5, 1, datagram));
	add("Time Exceeded", frame_icmp_about(11, 0, datagram));
	add("Parameter Problem", frame_icmp_about(12, 0, segment));
}

void mutants_scene(void)
{
	mutants.count = 0;
	harness_stations_move();
	flow_select(2);
	flow_current()->local_port = UDP_PORT;
	app_datagram();
	flow_select(3);
	flow_current()->local_port = UDP_PORT + 1;
	app_send(app_datagram_connected(), 30);
	struct frame datagram = out_frame();
	flow_select(0);
	listener = app_listen();
	struct socket *s = passive_open();
	app_write(s, 30);
	struct frame segment = out_frame();
	add_arp();
	add_datagrams();
	add_fragments();
	add_segments();
	add_errors(&segment, &datagram);
	flow_select(1);
	flow_current()->local_port = 5001;
	app_connect();
	harness_deaf(true);
	flow_select(0);
}

/* ---- the judge ---- */

void mutant_mend(struct frame *frame)
{
	size_t header = (frame->bytes[AT_IP] & 15u) * 4, length = frame->length;

	if (peek16(frame, AT_ETHER_TYPE) != 0x0800 || length < AT_IP + 20 || AT_IP + header > length)
		return;
	size_t end = AT_IP + (size_t)peek16(frame, AT_IP_TOTAL);
	frame_fix_ip(frame);
	if (peek16(frame, AT_IP_FRAGMENT) & 0x3fff || end < AT_IP + header || end > length)
		return;
	frame->length = end; /* what follows is padding */
	frame_fix(frame);
	frame->length = length;
}

/* Everything that is counted or told, but that a frame came in. */
static uint64_t accounts(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < DROP_REASON_COUNT; i++)
		sum += dropped((enum drop_reason)i);
	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		sum += i == COUNT_FRAMES_IN || i == COUNT_BYTES_IN ? 0 : counted((enum counter)i);
	for (unsigned i = 0; i < EVENT_TYPE_COUNT; i++)
		sum += events_seen((enum event_type)i);
	return sum;
}

static bool is_ip(const struct frame *frame)
{
	return frame->length >= AT_IP + 20 && peek16(frame, AT_ETHER_TYPE) == 0x0800;
}

static bool is_fragment(const struct frame *frame)
{
	return peek16(frame, AT_IP_FRAGMENT) & 0x3fff;
}

/* RFC 1122 3.2.2: whether an error about this frame may be sent. A fragment can complete a datagram, which may. */
static bool may_draw_error(const struct frame *frame)
{
	size_t transport = AT_IP + (frame->bytes[AT_IP] & 15u) * 4;
	unsigned type = transport < frame->length ? frame->bytes[transport] : 0;
	unsigned from = frame->bytes[AT_IP_FROM];

	if (!is_ip(frame) || frame->bytes[AT_ETHER_TO] & 1 || peek32(frame, AT_IP_TO) != 0xc0000202)
		return false;
	if (from == 0 || from == 127 || from >= 224 || peek32(frame, AT_IP_FROM) == 0xc00002ff)
		return false;
	return is_fragment(frame) || frame->bytes[AT_IP_PROTOCOL] != 1 ||
	       !(type == 3 || type == 4 || type == 5 || type == 11 || type == 12);
}

/* How often each way to answer was taken since `before`. */
struct answers {
	uint64_t frames, requests, replies, echoes, errors, segments, datagrams;
};

static struct answers answers_since(const struct answers *before)
{
	return (struct answers){
	    .frames = counted(COUNT_FRAMES_OUT) - before->frames,
	    .requests = counted(COUNT_ARP_REQUESTS_OUT) - before->requests,
	    .replies = counted(COUNT_ARP_REPLIES_OUT) - before->replies,
	    .echoes = counted(COUNT_ICMP_ECHO_REPLIES_OUT) - before->echoes,
	    .errors = counted(COUNT_ICMP_ERRORS_OUT) - before->errors,
	    .segments = counted(COUNT_TCP_SEGMENTS_OUT) + counted(COUNT_TCP_RESETS_OUT) - before->segments,
	    .datagrams = counted(COUNT_UDP_DATAGRAMS_OUT) - before->datagrams,
	};
}

static void judge(const struct frame *frame, const struct answers *a)
{
	unsigned protocol = is_ip(frame) ? frame->bytes[AT_IP_PROTOCOL] : 256;
	bool fragment = is_ip(frame) && is_fragment(frame);

	check_that(a->frames <= a->requests + a->replies + a->echoes + a->errors + a->segments,
		   "a frame without a name");
	check_that(a->datagrams == 0, "a datagram that nobody sent");
	check_that(a->replies <= (protocol == 256), "an ARP reply to an IP packet, or two");
	check_that(a->echoes <= (protocol == 1), "an echo reply to something else, or two");
	check_that(a->segments == 0 || protocol == 6 || fragment, "a segment in answer to something else");
	check_that(a->errors <= may_draw_error(frame), "an ICMP error about what must draw none, or two");
}

void mutant_arrives(const struct frame *frame)
{
	static const struct answers none;
	struct answers before = answers_since(&none);
	uint64_t accounted = accounts();

	in_frame(frame);
	struct answers drawn = answers_since(&before);
	judge(frame, &drawn);
	check_that(accounts() > accounted || frame->bytes[AT_IP_PROTOCOL] == 6, "a packet vanished without a name");
	check_that(stack_memory(harness_stack())->bytes < MEMORY_MAX, "%zu bytes held",
		   stack_memory(harness_stack())->bytes);
}

void mutants_still_served(void)
{
	for (struct socket *s; (s = socket_accept(listener));)
		socket_abort(s);
	pass(2000 * SECOND);
	harness_deaf(false);
	flow_select(100);
	struct frame echo = frame_icmp(8, 0, 7, 10);
	in_frame(&echo);
	out_icmp(0, 0, 7);
	struct socket *s = passive_open();
	in("P. 1:11(10) ack 1");
	app_read(s, 10);
	app_write(s, 3);
	out("P. 1:4(3) ack 11");
}
