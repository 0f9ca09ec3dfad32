/* SPDX-License-Identifier: MIT
 *
 * Any Ethernet frame to one line of text: one function a layer, each given what the one before it parsed. The layers'
 * own parsers read the bytes, so that the line tells what the stack sees.
 */
#include "trace/decode.h"

#include "ip/icmp_wire.h"
#include "link/arp_wire.h"
#include "link/ether_wire.h"
#include "trace/decode_parts.h"
#include "udp/udp_wire.h"

#define TYPE_IS_LENGTH_BELOW 0x0600 /* IEEE 802.3: smaller values of the type field are a length */

struct name {
	unsigned number;
	const char *name;
};

/* What a learner's network carries besides ARP and IPv4. */
static const struct name ETHERTYPES[] = {
    {0x0842, "wake-on-LAN"}, {0x8035, "RARP"}, {0x8100, "VLAN tag"}, {0x86dd, "IPv6"}, {0x88cc, "LLDP"}, {0, NULL},
};

static const struct name PROTOCOLS[] = {
    {IP_PROTOCOL_ICMP, "ICMP"},
    {2, "IGMP"},
    {IP_PROTOCOL_TCP, "TCP"},
    {IP_PROTOCOL_UDP, "UDP"},
    {41, "IPv6"},
    {47, "GRE"},
    {50, "ESP"},
    {58, "ICMPv6"},
    {89, "OSPF"},
    {132, "SCTP"},
    {0, NULL},
};

static const char *name_of(const struct name *names, unsigned number)
{
	while (names->name && names->number != number)
		names++;
	return names->name;
}

/* The name of this number, or what it is the number of, and the number. */
static void add_named(struct text *text, const struct name *names, const char *what, unsigned number)
{
	const char *name = name_of(names, number);

	if (name)
		text_add(text, "%s", name);
	else
		text_add(text, "%s %u", what, number);
}

void decode_malformed(struct text *text, enum drop_reason reason)
{
	text_add(text, "malformed: %s", drop_sentence(reason));
}

static void add_end(struct text *text, const struct endpoint *end)
{
	char buffer[ENDPOINT_TEXT];

	text_add(text, "%s", end->port ? endpoint_print(end, buffer) : address_print(end->address, buffer));
}

static void add_ends(struct text *text, const struct endpoint ends[2])
{
	add_end(text, &ends[0]);
	text_add(text, " > ");
	add_end(text, &ends[1]);
}

void decode_ends(struct text *text, const struct endpoint ends[2])
{
	add_ends(text, ends);
	text_shift(text, COLUMN_WHAT);
}

/* The ends of a packet whose ports mean nothing or are not there. */
static void decode_addresses(struct text *text, const struct ip_header *ip)
{
	decode_ends(text, (struct endpoint[2]){{.address = ip->source}, {.address = ip->destination}});
}

void decode_checksum(struct trace_line *line, const char *protocol, struct checksum_finding finding)
{
	switch (finding.verdict) {
	case CHECKSUM_CORRECT:
		break;
	case CHECKSUM_PARTIAL:
		text_add(&line->notes, "; %s checksum partial (left to the network card)", protocol);
		break;
	case CHECKSUM_ABSENT:
		text_add(&line->notes, "; no %s checksum (left to the network card)", protocol);
		break;
	case CHECKSUM_NONE:
		text_add(&line->notes, "; no %s checksum", protocol);
		break;
	case CHECKSUM_WRONG:
		text_add(&line->notes, "; bad %s checksum, should be 0x%04x", protocol, finding.expected);
		break;
	}
}

/* RFC 5227 1.1: a probe asks without an address of its own; an announcement asks for, or answers with, its own. */
static void decode_arp(struct text *text, const uint8_t *bytes, size_t length)
{
	struct arp_packet arp;
	char sender[ADDRESS_TEXT], target[ADDRESS_TEXT], mac[MAC_TEXT];

	text_add(text, "ARP  ");
	if (!arp_parse(bytes, length, &arp)) {
		decode_malformed(text, DROP_ARP_MALFORMED);
		return;
	}
	address_print(arp.sender, sender);
	address_print(arp.target, target);
	mac_print(arp.sender_mac, mac);
	if (arp.operation != ARP_REQUEST && arp.operation != ARP_REPLY)
		text_add(text, "operation %u from %s at %s for %s", arp.operation, sender, mac, target);
	else if (address_equal(arp.sender, arp.target))
		text_add(text, "announcement: %s is at %s", sender, mac);
	else if (arp.operation == ARP_REPLY)
		text_add(text, "%s is at %s", sender, mac);
	else if (address_is_any(arp.sender))
		text_add(text, "probe: who has %s? asks %s, to use it if nobody does", target, mac);
	else
		text_add(text, "who has %s? tell %s", target, sender);
}

static void decode_unreachable(struct text *text, const struct icmp_message *icmp)
{
	static const struct name CODES[] = {
	    {ICMP_NET_UNREACHABLE, "network unreachable"},
	    {ICMP_HOST_UNREACHABLE, "host unreachable"},
	    {ICMP_PROTOCOL_UNREACHABLE, "protocol unreachable"},
	    {ICMP_PORT_UNREACHABLE, "port unreachable"},
	    {5, "source route failed"},
	    {9, "network forbidden"},
	    {10, "host forbidden"},
	    {13, "communication forbidden"},
	    {0, NULL},
	};

	if (icmp->code == ICMP_FRAGMENTATION_NEEDED) /* RFC 1191 4: the second half is the next hop's MTU */
		text_add(text, "fragmentation needed, MTU %u", icmp->sequence);
	else
		add_named(text, CODES, "unreachable, code", icmp->code);
}

static void decode_icmp_error(struct text *text, const struct icmp_message *icmp)
{
	static const struct name TYPES[] = {
	    {ICMP_SOURCE_QUENCH, "source quench"},
	    {ICMP_REDIRECT, "redirect"},
	    {ICMP_TIME_EXCEEDED, "time to live exceeded"},
	    {ICMP_PARAMETER_PROBLEM, "parameter problem"},
	    {0, NULL},
	};
	struct quoted_packet quoted;

	if (icmp->type == ICMP_UNREACHABLE)
		decode_unreachable(text, icmp);
	else if (icmp->type == ICMP_TIME_EXCEEDED && icmp->code == 1)
		text_add(text, "reassembly time exceeded");
	else
		add_named(text, TYPES, "type", icmp->type);
	if (!quoted_parse(icmp->data, &quoted)) {
		text_add(text, ", quotes no whole IP header");
		return;
	}
	text_add(text, ", about ");
	add_named(text, PROTOCOLS, "protocol", quoted.protocol);
	text_add(text, " ");
	add_ends(text, quoted.ends);
}

static void decode_icmp(struct trace_line *line, const struct ip_header *ip, struct slice payload)
{
	struct icmp_message icmp;

	text_add(&line->text, "ICMP ");
	decode_addresses(&line->text, ip);
	if (!icmp_parse(payload.bytes, payload.length, &icmp)) {
		decode_malformed(&line->text, DROP_ICMP_SHORT);
		return;
	}
	if (icmp.type == ICMP_ECHO_REQUEST || icmp.type == ICMP_ECHO_REPLY)
		text_add(&line->text, "echo %s id %u seq %u, %zu bytes",
			 icmp.type == ICMP_ECHO_REQUEST ? "request" : "reply  ", icmp.id, icmp.sequence,
			 icmp.data.length);
	else if (icmp_type_is_error(icmp.type))
		decode_icmp_error(&line->text, &icmp);
	else
		text_add(&line->text, "type %u code %u, %zu bytes", icmp.type, icmp.code, icmp.data.length);
	decode_checksum(line, "ICMP", checksum_find_icmp(payload.bytes, payload.length));
}

static void decode_udp(struct trace_line *line, const struct ip_header *ip, struct slice payload)
{
	struct udp_header udp;

	text_add(&line->text, "UDP  ");
	if (!udp_parse(payload.bytes, payload.length, &udp)) {
		decode_addresses(&line->text, ip);
		decode_malformed(&line->text, DROP_UDP_SHORT);
		return;
	}
	decode_ends(&line->text,
		    (struct endpoint[2]){{ip->source, udp.source_port}, {ip->destination, udp.destination_port}});
	if (!udp_length_good(&udp, payload.length)) {
		decode_malformed(&line->text, DROP_UDP_LENGTH);
		return;
	}
	text_add(&line->text, "%u bytes", udp.length - UDP_HEADER);
	decode_checksum(line, "UDP", checksum_find_transport(ip, payload.bytes, udp.length, udp.checksum));
}

static void decode_fragment(struct text *text, const struct ip_header *ip, size_t length)
{
	text_add(text, "IP   ");
	decode_addresses(text, ip);
	add_named(text, PROTOCOLS, "protocol", ip->protocol);
	text_add(text, " fragment of id %u, %zu bytes from %u, %s", ip->id, length, ip->fragment_offset,
		 ip->more_fragments ? "more follow" : "the last");
}

static void decode_ip_payload(struct trace_line *line, struct decode *decode, const struct ip_header *ip,
			      struct slice payload)
{
	if (ip->more_fragments || ip->fragment_offset > 0) {
		decode_fragment(&line->text, ip, payload.length);
	} else if (ip->protocol == IP_PROTOCOL_ICMP) {
		decode_icmp(line, ip, payload);
	} else if (ip->protocol == IP_PROTOCOL_UDP) {
		decode_udp(line, ip, payload);
	} else if (ip->protocol == IP_PROTOCOL_TCP) {
		decode_tcp(line, &decode->flows, ip, payload);
	} else {
		text_add(&line->text, "IP   ");
		decode_addresses(&line->text, ip);
		add_named(&line->text, PROTOCOLS, "protocol", ip->protocol);
		text_add(&line->text, ", %zu bytes", payload.length);
	}
}

static void decode_ip(struct trace_line *line, struct decode *decode, const uint8_t *bytes, size_t length)
{
	static const enum drop_reason REASONS[] = {
	    [IP_BAD_SHORT] = DROP_IP_SHORT,
	    [IP_BAD_VERSION] = DROP_IP_VERSION,
	    [IP_BAD_HEADER_LENGTH] = DROP_IP_HEADER_LENGTH,
	    [IP_BAD_TOTAL_LENGTH] = DROP_IP_TOTAL_LENGTH,
	    [IP_BAD_OPTIONS] = DROP_IP_OPTIONS,
	};
	struct ip_header ip;
	enum ip_verdict verdict = ip_parse(bytes, length, &ip);

	if (verdict != IP_GOOD && verdict != IP_BAD_CHECKSUM) {
		text_add(&line->text, "IP   ");
		decode_malformed(&line->text, REASONS[verdict]);
		return;
	}
	decode_checksum(line, "IP", checksum_find_ip(bytes, ip.header_length));
	decode_ip_payload(line, decode, &ip,
			  (struct slice){bytes + ip.header_length, ip.total_length - ip.header_length});
}

static void decode_other(struct text *text, const struct ether_header *ether, size_t length)
{
	char source[MAC_TEXT], destination[MAC_TEXT];
	const char *name = name_of(ETHERTYPES, ether->type);

	text_add(text, "ETH  %s > %s  ", mac_print(ether->source, source), mac_print(ether->destination, destination));
	if (ether->type < TYPE_IS_LENGTH_BELOW)
		text_add(text, "no type (IEEE 802.3), %zu bytes", length);
	else
		text_add(text, "type 0x%04x%s%s%s, %zu bytes", ether->type, name ? " (" : "", name ? name : "",
			 name ? ")" : "", length);
}

static void decode_ether(struct trace_line *line, struct decode *decode, const uint8_t *frame, size_t length)
{
	struct ether_header ether;

	if (!ether_parse(frame, length, &ether)) {
		text_add(&line->text, "ETH  ");
		decode_malformed(&line->text, DROP_ETHER_SHORT);
	} else if (ether.type == ETHERTYPE_ARP) {
		decode_arp(&line->text, frame + ETHER_HEADER, length - ETHER_HEADER);
	} else if (ether.type == ETHERTYPE_IPV4) {
		decode_ip(line, decode, frame + ETHER_HEADER, length - ETHER_HEADER);
	} else {
		decode_other(&line->text, &ether, length - ETHER_HEADER);
	}
}

void decode_init(struct decode *decode)
{
	flows_init(&decode->flows);
}

size_t decode_line(struct decode *decode, const uint8_t *frame, size_t length, char *text, size_t room)
{
	struct trace_line line = {.text = text_begin(text, room)};

	line.notes = text_begin(line.notes_room, sizeof line.notes_room);
	decode_ether(&line, decode, frame, length);
	text_add(&line.text, "%s", line.notes_room);
	return line.text.length;
}
