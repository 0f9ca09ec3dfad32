/* SPDX-License-Identifier: MIT
 *
 * Hostile frames, made here byte by byte and put on the host's end of a TAP by a packet socket, so that nothing of strata and nothing of
 * the kernel's stack has had a hand in them.
 *
 *     hostile INTERFACE MAC attacks SEED      each attack of the table below, many times
 *     hostile INTERFACE MAC mutants SEED      valid frames of which one or two places were changed, or that were cut short
 *
 * MAC is that of the victim, 192.0.2.2. We are another machine on its wire, 192.0.2.66, and answer for that address. After every few frames
 * we ping the victim, by turns with one packet and with three fragments, last one first: it must still answer, and so we
 * never send faster than it reads. `attacks` prints "NAME COUNT" for each reason by which the victim must have dropped that many frames.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FRAME_MAX 1514
#define ETHER     14
#define IP        (ETHER + 20)
#define TIMES     200   /* each attack */
#define MUTANTS   10000 /* frames */
#define BETWEEN   32    /* frames from one ping to the next */
#define PATIENCE  60000 /* milliseconds for an answer */
#define PING_ID   32768 /* and above: identifications of the pings' fragments, which nothing hostile may have */

static const uint8_t victim[4] = {192, 0, 2, 2}, own[4] = {192, 0, 2, 66};
static const uint8_t own_mac[6] = {0x02, 0, 0, 0, 0, 0x66}, everybody[6] = {255, 255, 255, 255, 255, 255};
static uint8_t victim_mac[6];
static int wire;
static uint32_t luck; /* xorshift32 */

struct frame {
	uint8_t bytes[FRAME_MAX];
	size_t length;
};

static uint32_t draw(uint32_t below)
{
	luck ^= luck << 13;
	luck ^= luck >> 17;
	luck ^= luck << 5;
	return luck % below;
}

static void put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static uint32_t get16(const uint8_t *from)
{
	return (uint32_t)from[0] << 8 | from[1];
}

/* RFC 1071, by the book. */
static uint32_t sum(const uint8_t *bytes, size_t length, uint32_t start)
{
	for (size_t i = 0; i < length; i++)
		start += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return start;
}

/* ---- valid frames ---- */

static void ether(struct frame *f, const uint8_t *to, uint16_t type)
{
	memset(f, 0, sizeof *f);
	memcpy(f->bytes, to, 6);
	memcpy(f->bytes + 6, own_mac, 6);
	put16(f->bytes + 12, type);
	f->length = ETHER;
}

static void arp(struct frame *f, const uint8_t *to, uint8_t operation, const uint8_t *sender_mac, const uint8_t *sender,
		const uint8_t *target)
{
	static const uint8_t start[] = {0, 1, 8, 0, 6, 4, 0};
	ether(f, to, 0x0806);
	uint8_t *p = f->bytes + ETHER;
	memcpy(p, start, sizeof start);
	p[7] = operation;
	memcpy(p + 8, sender_mac, 6);
	memcpy(p + 14, sender, 4);
	memcpy(p + 24, target, 4);
	f->length += 28;
}

static void ip_checksum(struct frame *f)
{
	put16(f->bytes + ETHER + 10, 0);
	put16(f->bytes + ETHER + 10, ~sum(f->bytes + ETHER, (f->bytes[ETHER] & 15u) * 4u, 0));
}

/* An IP packet from us to the victim around `length` bytes of payload, which the caller fills in. */
static uint8_t *ip(struct frame *f, uint8_t protocol, size_t length)
{
	ether(f, victim_mac, 0x0800);
	uint8_t *p = f->bytes + ETHER;
	p[0] = 0x45;
	put16(p + 2, (uint32_t)(20 + length));
	put16(p + 4, draw(PING_ID));
	p[8] = 64;
	p[9] = protocol;
	memcpy(p + 12, own, 4);
	memcpy(p + 16, victim, 4);
	f->length = IP + length;
	ip_checksum(f);
	return p + 20;
}

/* The checksum of ICMP, or of UDP and TCP, which have it at `at` of their headers. */
static void payload_checksum(struct frame *f, size_t at)
{
	const uint8_t *p = f->bytes + ETHER;
	size_t length = f->length - IP;
	uint32_t start = p[9] == 1 ? 0 : sum(p + 12, 8, p[9] + (uint32_t)length);
	put16(f->bytes + IP + at, 0);
	uint32_t checksum = ~sum(f->bytes + IP, length, start) & 0xffff;
	put16(f->bytes + IP + at, p[9] == 17 && checksum == 0 ? 0xffff : checksum); /* RFC 768: 0 would be none */
}

static void icmp(struct frame *f, uint8_t type, uint8_t code, size_t data)
{
	uint8_t *p = ip(f, 1, 8 + data);
	p[0] = type;
	p[1] = code;
	for (size_t i = 0; i < data; i++)
		p[8 + i] = (uint8_t)i;
	payload_checksum(f, 2);
}

static void udp(struct frame *f, uint16_t port, size_t data)
{
	uint8_t *p = ip(f, 17, 8 + data);
	put16(p, 40000 + draw(1000));
	put16(p + 2, port);
	put16(p + 4, (uint32_t)(8 + data));
	payload_checksum(f, 6);
}

static void tcp(struct frame *f, uint16_t port, uint8_t flags)
{
	uint8_t *p = ip(f, 6, 20);
	put16(p, 40000 + draw(1000));
	put16(p + 2, port);
	put16(p + 4, draw(65536));
	p[12] = 0x50;
	p[13] = flags;
	put16(p + 14, 1000);
	payload_checksum(f, 16);
}

/* Make a piece of something larger of it; `units` of eight bytes lie before it. */
static void fragment(struct frame *f, uint32_t id, uint32_t units, bool more)
{
	put16(f->bytes + ETHER + 4, id);
	put16(f->bytes + ETHER + 6, units | (more ? 0x2000u : 0));
	ip_checksum(f);
}

static void set_source(struct frame *f, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	const uint8_t source[4] = {a, b, c, d};
	memcpy(f->bytes + ETHER + 12, source, 4);
	ip_checksum(f);
}

static void set_target(struct frame *f, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	const uint8_t target[4] = {a, b, c, d};
	memcpy(f->bytes + ETHER + 16, target, 4);
	ip_checksum(f);
}

/* Change one byte of the IP header. */
static void set_ip(struct frame *f, unsigned at, uint8_t value)
{
	f->bytes[ETHER + at] = value;
	ip_checksum(f);
}

/* Bytes of options behind the IP header. */
static void set_options(struct frame *f, uint8_t kind, uint8_t length)
{
	uint8_t *p = f->bytes + ETHER;
	memmove(p + 28, p + 20, f->length - IP);
	memset(p + 20, 1, 8);
	p[20] = kind;
	p[21] = length;
	p[22] = 4;
	p[0] = 0x47;
	f->length += 8;
	put16(p + 2, (uint32_t)(f->length - ETHER));
	ip_checksum(f);
}

/* ---- the wire ---- */

static bool failed(const char *what)
{
	fprintf(stderr, "hostile: %s: %s\n", what, errno ? strerror(errno) : "not as it must be");
	return false;
}

static bool put(const struct frame *f)
{
	return send(wire, f->bytes, f->length, 0) == (ssize_t)f->length || failed("send");
}

/* The next frame that the victim has sent: false when none comes. */
static bool take(struct frame *f)
{
	for (;;) {
		struct sockaddr_ll from;
		socklen_t room = sizeof from;
		struct pollfd readable = {.fd = wire, .events = POLLIN};
		if (poll(&readable, 1, PATIENCE) != 1)
			return false;
		ssize_t got = recvfrom(wire, f->bytes, sizeof f->bytes, 0, (struct sockaddr *)&from, &room);
		if (got < ETHER)
			return failed("recvfrom");
		f->length = (size_t)got;
		if (from.sll_pkttype != PACKET_OUTGOING && memcmp(f->bytes + 6, victim_mac, 6) == 0)
			return true;
	}
}

/* Where it asks for us, we are there. */
static bool answer_arp(const struct frame *f)
{
	const uint8_t *p = f->bytes + ETHER;
	struct frame reply;
	if (get16(f->bytes + 12) != 0x0806 || p[7] != 1 || memcmp(p + 24, own, 4) != 0)
		return true;
	arp(&reply, victim_mac, 2, own_mac, own, victim);
	memcpy(reply.bytes + ETHER + 18, victim_mac, 6);
	return put(&reply);
}

static bool is_echo_reply(const struct frame *f, uint32_t sequence)
{
	const uint8_t *p = f->bytes + ETHER;
	return get16(f->bytes + 12) == 0x0800 && f->length >= IP + 8 && p[9] == 1 && memcmp(p + 16, own, 4) == 0 &&
	       get16(p + 6) == 0 && p[20] == 0 && get16(p + 24) == 0x6666 && get16(p + 26) == sequence;
}

/* The victim still answers: with its reply everything that was sent before has been read. */
static bool ping(void)
{
	static uint32_t sequence;
	struct frame f, part;
	icmp(&f, 8, 0, 40);
	put16(f.bytes + IP + 4, 0x6666);
	put16(f.bytes + IP + 6, ++sequence & 0xffff);
	payload_checksum(&f, 2);
	if (sequence % 2) {
		if (!put(&f))
			return false;
	} else {
		for (int i = 2; i >= 0; i--) {
			memcpy(ip(&part, 1, 16), f.bytes + IP + 16 * i, 16);
			fragment(&part, PING_ID | sequence, 2u * (uint32_t)i, i < 2);
			if (!put(&part))
				return false;
		}
	}
	while (take(&part)) {
		if (!answer_arp(&part))
			return false;
		if (is_echo_reply(&part, sequence & 0xffff))
			return true;
	}
	fprintf(stderr, "hostile: ping %u is lost\n", sequence);
	return false;
}

/* ---- attacks: each makes the frames number 0 to TIMES - 1 of its kind ---- */

static void runt(struct frame *f, unsigned i)
{
	icmp(f, 8, 0, 0);
	f->length = ETHER + i % 20;
}

/* teardrop.c, 1997: the second fragment, which is the last, lies inside the first. */
static void teardrop(struct frame *f, unsigned i)
{
	size_t length = i % 2 ? 4 : 40;
	memset(ip(f, 17, length), (int)(i % 2), length);
	fragment(f, 1000 + i / 2, i % 2 ? 3 : 0, i % 2 == 0);
}

/* Two fragments that disagree about the bytes that they share: the datagram goes, and each pair begins anew. */
static void overlap(struct frame *f, unsigned i)
{
	memset(ip(f, 17, 48), (int)(i % 2), 48);
	fragment(f, 2000 + i / 2, i % 2 ? 3 : 0, true);
}

/* The last fragment says that the datagram ends before bytes that are here. */
static void contradiction(struct frame *f, unsigned i)
{
	ip(f, 17, i % 2 ? 8 : 48);
	fragment(f, 8000 + i / 2, i % 2 ? 1 : 6, i % 2 == 0);
}

static void duplicate(struct frame *f, unsigned i)
{
	memset(ip(f, 17, 48), 7, 48);
	fragment(f, 3000 + i / 2, 4, true);
}

/* The ping of death: it ends beyond 65,535. */
static void too_long(struct frame *f, unsigned i)
{
	ip(f, 1, 64);
	fragment(f, 4000 + i, 8189 + i % 3, i % 2);
}

static void empty(struct frame *f, unsigned i)
{
	ip(f, 17, i % 2 ? 0 : 1 + i % 7);
	fragment(f, 5000 + i, i, true);
}

/* Datagrams that never end, in the names of many. */
static void endless(struct frame *f, unsigned i)
{
	memset(ip(f, 17, 1480), (int)i, 1480);
	fragment(f, i, (i % 5) * 185, true);
	set_source(f, 192, 0, 2, (uint8_t)(100 + draw(100)));
}

/* Datagrams of 64 KiB that are never complete, all of them ours. */
static void holes(struct frame *f, unsigned i)
{
	memset(ip(f, 17, 8), (int)i, 8);
	fragment(f, 6000 + i / 10, (i % 10) * 810 + 2, true);
}

/* The first fragment holds no whole transport header, and no second one comes. */
static void tiny(struct frame *f, unsigned i)
{
	ip(f, 6, 8);
	fragment(f, 7000 + i, 0, true);
}

static void land(struct frame *f, unsigned i)
{
	if (i % 2)
		tcp(f, 7, 2);
	else
		udp(f, 7, 10);
	set_source(f, victim[0], victim[1], victim[2], victim[3]);
}

static void broadcast_source(struct frame *f, unsigned i)
{
	static const uint8_t first[] = {0, 224, 239, 255};
	icmp(f, 8, 0, 56);
	set_source(f, first[i % 4], 255, 255, 255);
}

static void subnet_source(struct frame *f, unsigned i)
{
	udp(f, (uint16_t)(7 + i), 4);
	set_source(f, 192, 0, 2, i % 2 ? 255 : 0);
}

static void loopback(struct frame *f, unsigned i)
{
	icmp(f, 8, 0, 56);
	if (i % 2)
		set_source(f, 127, 0, 0, 1);
	else
		set_target(f, 127, 0, 0, 1);
}

static void multicast(struct frame *f, unsigned i)
{
	udp(f, 7, 10);
	set_target(f, 224, 0, 0, (uint8_t)i);
}

static void smurf(struct frame *f, unsigned i)
{
	icmp(f, 8, 0, 56);
	set_target(f, 192, 0, 2, 255);
	if (i % 2)
		set_target(f, 255, 255, 255, 255);
	memcpy(f->bytes, everybody, 6);
}

static void link_broadcast(struct frame *f, unsigned i)
{
	icmp(f, 8, 0, i);
	memcpy(f->bytes, everybody, 6);
}

static void not_ours(struct frame *f, unsigned i)
{
	udp(f, 7, 10);
	set_target(f, 198, 51, 100, (uint8_t)i);
}

static void version(struct frame *f, unsigned i)
{
	icmp(f, 8, 0, 56);
	unsigned other = i % 15 < 4 ? i % 15 : i % 15 + 1;
	set_ip(f, 0, (uint8_t)(other << 4 | 5));
}

static void header_length(struct frame *f, unsigned i)
{
	icmp(f, 8, 0, 0); /* 28 bytes in all: neither 0 to 16 nor 32 to 60 can be */
	set_ip(f, 0, (uint8_t)(0x40 + (i % 5 + (i % 2 ? 8 : 0))));
}

static void total_length(struct frame *f, unsigned i)
{
	udp(f, 7, 100);
	put16(f->bytes + ETHER + 2, i % 2 ? i % 20 : 129 + i * 300);
	ip_checksum(f);
}

static void ip_sum(struct frame *f, unsigned i)
{
	icmp(f, 8, 0, 56);
	put16(f->bytes + ETHER + 10, get16(f->bytes + ETHER + 10) + 1 + i % 65534);
}

static void options_lie(struct frame *f, unsigned i)
{
	icmp(f, 8, 0, 8);
	set_options(f, (uint8_t)(7 + i % 100), i % 2 ? (uint8_t)(i / 2 % 2) : (uint8_t)(9 + i));
}

static void source_route(struct frame *f, unsigned i)
{
	icmp(f, 8, 0, 8);
	set_options(f, i % 2 ? 131 : 137, 7);
}

static void dead(struct frame *f, unsigned i)
{
	icmp(f, 8, 0, i);
	set_ip(f, 8, 0);
}

static void protocol(struct frame *f, unsigned i)
{
	ip(f, (uint8_t)(i % 2 ? 4 : 50 + i), 60); /* Ripple20: IP in IP */
}

static void icmp_short(struct frame *f, unsigned i)
{
	ip(f, 1, i % 8);
}

static void icmp_sum(struct frame *f, unsigned i)
{
	icmp(f, 8, 0, 56);
	f->bytes[IP + 8 + i % 56] ^= 0x20;
}

static void icmp_type(struct frame *f, unsigned i)
{
	static const uint8_t types[] = {13, 14, 15, 17, 18, 9, 10, 40, 255};
	icmp(f, types[i % sizeof types], 0, 12);
}

static void redirect(struct frame *f, unsigned i)
{
	icmp(f, 5, (uint8_t)(i % 4), 28);
}

static void quench(struct frame *f, unsigned i)
{
	icmp(f, 4, 0, i % 60);
}

/* Errors that quote too little, or what the victim never sent. */
static void quote(struct frame *f, unsigned i)
{
	static const uint8_t types[] = {3, 11, 12};
	icmp(f, types[i % 3], (uint8_t)(i % 16), i % 150);
}

static void udp_short(struct frame *f, unsigned i)
{
	ip(f, 17, i % 8);
}

static void udp_length(struct frame *f, unsigned i)
{
	udp(f, 7, 20);
	put16(f->bytes + IP + 4, i % 2 ? i % 8 : 29 + i * 300);
}

static void udp_sum(struct frame *f, unsigned i)
{
	udp(f, 7, 20);
	f->bytes[IP + 8 + i % 20] ^= 1;
}

static void udp_closed(struct frame *f, unsigned i)
{
	udp(f, (uint16_t)(1000 + i), 20);
}

static void tcp_short(struct frame *f, unsigned i)
{
	ip(f, 6, i % 20);
}

static void tcp_offset(struct frame *f, unsigned i)
{
	tcp(f, 7, 2);
	f->bytes[IP + 12] = (uint8_t)((i % 5 + (i % 2 ? 6 : 0)) << 4);
	payload_checksum(f, 16);
}

static void tcp_sum(struct frame *f, unsigned i)
{
	tcp(f, 7, 2);
	f->bytes[IP + 4 + i % 4] ^= 4;
}

static void tcp_stray(struct frame *f, unsigned i)
{
	tcp(f, (uint16_t)(1000 + i), i % 2 ? 16 : 2);
}

static void station(uint8_t mac[6], unsigned i)
{
	memcpy(mac, own_mac, 6);
	put16(mac + 3, i);
}

/* Half the machines of the network ask for the victim, each from a new card every time. */
static void arp_flood(struct frame *f, unsigned i)
{
	uint8_t mac[6], sender[4] = {192, 0, 2, (uint8_t)(100 + i % 100)};
	station(mac, draw(65536));
	arp(f, everybody, 1, mac, sender, victim);
}

/* Somebody says that he is the host, which the victim is talking to. */
static void arp_steal(struct frame *f, unsigned i)
{
	static const uint8_t host[4] = {192, 0, 2, 1};
	uint8_t mac[6];
	station(mac, i);
	arp(f, victim_mac, 1, mac, host, victim);
}

static void arp_unasked(struct frame *f, unsigned i)
{
	uint8_t mac[6], sender[4] = {192, 0, 2, (uint8_t)(20 + i % 40)};
	station(mac, i);
	arp(f, victim_mac, 2, mac, sender, victim);
}

static void arp_conflict(struct frame *f, unsigned i)
{
	arp(f, everybody, (uint8_t)(1 + i % 2), own_mac, victim, i % 3 ? victim : own);
}

static void arp_sender(struct frame *f, unsigned i)
{
	uint8_t mac[6], sender[4] = {192, 0, 2, (uint8_t)(i % 2 ? 255 : 99)};
	station(mac, i);
	mac[0] = i % 2 ? 0x02 : 0x03;
	arp(f, everybody, 1, mac, sender, victim);
}

static void arp_not_ours(struct frame *f, unsigned i)
{
	uint8_t mac[6], sender[4] = {192, 0, 2, (uint8_t)(20 + i % 40)},
			target[4] = {192, 0, 2, (uint8_t)(70 + i % 20)};
	station(mac, 20 + i % 40);
	arp(f, everybody, 1, mac, sender, target);
}

static void arp_lies(struct frame *f, unsigned i)
{
	static const uint8_t at[] = {1, 2, 4, 5, 7};
	arp(f, everybody, 1, own_mac, own, victim);
	f->bytes[ETHER + at[i % sizeof at]] = (uint8_t)(30 + i);
	if (i % 9 == 0)
		f->length -= 1 + i % 28;
}

static void ether_type(struct frame *f, unsigned i)
{
	icmp(f, 8, 0, 56);
	put16(f->bytes + 12, 0x0801 + i % 5);
}

static void ether_source(struct frame *f, unsigned i)
{
	icmp(f, 8, 0, i);
	f->bytes[6] |= 1;
}

static void ether_not_ours(struct frame *f, unsigned i)
{
	icmp(f, 8, 0, i);
	f->bytes[5] ^= (uint8_t)(1 + i % 255);
}

/* Every `each`-th of them is dropped, for this reason; NULL: not one by one. */
static const struct attack {
	void (*make)(struct frame *f, unsigned i);
	const char *drop;
	unsigned each;
} attacks[] = {
    {runt, "ip-short", 1},
    {teardrop, "ip-fragment-overlap", 2},
    {contradiction, "ip-fragment-total", 2},
    {overlap, "ip-fragment-overlap", 2},
    {duplicate, "ip-fragment-duplicate", 2},
    {too_long, "ip-fragment-long", 1},
    {empty, "ip-fragment-empty", 1},
    {endless, NULL, 1},
    {holes, NULL, 1},
    {tiny, NULL, 1},
    {land, "ip-source", 1},
    {broadcast_source, "ip-source", 1},
    {subnet_source, "ip-source", 1},
    {loopback, "ip-loopback", 1},
    {multicast, "ip-multicast", 1},
    {smurf, "icmp-broadcast", 1},
    {link_broadcast, "ip-link-broadcast", 1},
    {not_ours, "ip-not-ours", 1},
    {version, "ip-version", 1},
    {header_length, "ip-header-length", 1},
    {total_length, "ip-total-length", 1},
    {ip_sum, "ip-checksum", 1},
    {options_lie, "ip-options", 1},
    {source_route, "ip-source-route", 1},
    {dead, NULL, 1},
    {protocol, "ip-protocol", 1},
    {icmp_short, "icmp-short", 1},
    {icmp_sum, "icmp-checksum", 1},
    {icmp_type, "icmp-type", 1},
    {redirect, "icmp-redirect", 1},
    {quench, "icmp-source-quench", 1},
    {quote, "icmp-quote", 1},
    {udp_short, "udp-short", 1},
    {udp_length, "udp-length", 1},
    {udp_sum, "udp-checksum", 1},
    {udp_closed, "udp-port", 1},
    {tcp_short, "tcp-short", 1},
    {tcp_offset, "tcp-offset", 1},
    {tcp_sum, "tcp-checksum", 1},
    {tcp_stray, "tcp-no-connection", 1},
    {arp_flood, NULL, 1},
    {arp_steal, NULL, 1},
    {arp_unasked, "arp-unasked", 1},
    {arp_conflict, "arp-conflict", 1},
    {arp_sender, "arp-sender", 1},
    {arp_not_ours, "arp-not-ours", 1},
    {arp_lies, "arp-malformed", 1},
    {ether_type, "ether-type", 1},
    {ether_source, "ether-source", 1},
    {ether_not_ours, "ether-not-ours", 1},
};

static bool attack(void)
{
	struct frame f;
	for (size_t a = 0; a < sizeof attacks / sizeof attacks[0]; a++) {
		for (unsigned i = 0; i < TIMES; i++) {
			attacks[a].make(&f, i);
			if (!put(&f) || (i % BETWEEN == BETWEEN - 1 && !ping()))
				return failed(attacks[a].drop ? attacks[a].drop : "an attack without a name");
		}
		if (attacks[a].drop)
			printf("%s %u\n", attacks[a].drop, TIMES / attacks[a].each);
	}
	return ping();
}

/* ---- mutants ---- */

static void valid(struct frame *f, uint32_t kind)
{
	static const uint8_t host[4] = {192, 0, 2, 1};
	switch (kind) {
	case 0:
		arp(f, everybody, 1, own_mac, own, victim);
		return;
	case 1:
		arp(f, victim_mac, 2, own_mac, own, victim);
		return;
	case 2:
		arp(f, everybody, 1, own_mac, own, host);
		return;
	case 3:
		icmp(f, 8, 0, draw(100));
		return;
	case 4:
		udp(f, 7, draw(100));
		return;
	case 5:
		udp(f, (uint16_t)draw(65536), draw(100));
		return;
	case 6:
		tcp(f, (uint16_t)(1000 + draw(60000)), 2);
		return;
	case 7:
		tcp(f, 7, (uint8_t)(16 + draw(2) * 8));
		return;
	case 8:
		icmp(f, 3, (uint8_t)draw(16), 28);
		memcpy(f->bytes + IP + 8, f->bytes + ETHER, 20);
		payload_checksum(f, 2);
		return;
	case 9:
		icmp(f, 8, 0, 8);
		set_options(f, 7, 7);
		return;
	default:
		udp(f, 7, 1472 - 8 * draw(100));
		fragment(f, draw(4), draw(6) * 185, draw(3));
	}
}

/* One of the values at which decisions are made. */
static uint8_t border(uint8_t before)
{
	static const uint8_t borders[] = {0, 1, 0x7f, 0x80, 0xfe, 0xff, 0x45, 5, 8, 20};
	uint32_t choice = draw(14);
	if (choice < 10)
		return borders[choice];
	if (choice < 12)
		return (uint8_t)(before + (choice == 10 ? 1 : -1));
	return (uint8_t)draw(256);
}

static void mutate(struct frame *f)
{
	for (uint32_t changes = 1 + draw(2); changes > 0; changes--) {
		size_t limit = draw(4) && f->length > 60 ? 60 : f->length; /* headers above all */
		size_t at = ETHER - 2 + draw((uint32_t)limit - ETHER + 2);
		f->bytes[at] = border(f->bytes[at]);
	}
	f->bytes[ETHER + 4] &= 0x7f; /* below PING_ID */
	if (draw(8) == 0)
		f->length = ETHER + draw((uint32_t)f->length - ETHER);
	if (get16(f->bytes + 12) == 0x0800 && f->length >= IP && draw(4)) {
		ip_checksum(f);
		if (f->length >= IP + 20 && draw(4))
			payload_checksum(f, f->bytes[ETHER + 9] == 1 ? 2 : f->bytes[ETHER + 9] == 17 ? 6 : 16);
	}
}

static bool mutants(void)
{
	struct frame f;
	for (unsigned i = 0; i < MUTANTS; i++) {
		valid(&f, draw(11));
		mutate(&f);
		if (!put(&f) || (i % BETWEEN == 0 && !ping()))
			return failed("a mutant");
	}
	return ping();
}

/* ---- to the wire ---- */

static bool open_wire(const char *interface)
{
	struct sockaddr_ll here = {
	    .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(interface)};
	wire = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	return (wire >= 0 && here.sll_ifindex > 0 && bind(wire, (struct sockaddr *)&here, sizeof here) == 0) ||
	       failed(interface);
}

/* Let the victim know where we are, as anybody would. */
static bool introduce(void)
{
	struct frame f;
	arp(&f, everybody, 1, own_mac, own, victim);
	return put(&f) && ping();
}

int main(int argc, char **argv)
{
	unsigned mac[6];
	if (argc != 5 ||
	    sscanf(argv[2], "%x:%x:%x:%x:%x:%x", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5]) != 6) {
		fprintf(stderr, "usage: hostile INTERFACE MAC attacks|mutants SEED\n");
		return 2;
	}
	for (int i = 0; i < 6; i++)
		victim_mac[i] = (uint8_t)mac[i];
	luck = 0x9e3779b9u ^ (uint32_t)strtoul(argv[4], NULL, 10) * 2654435761u;
	bool right = open_wire(argv[1]) && introduce() && (strcmp(argv[3], "attacks") == 0 ? attack() : mutants());
	return right ? 0 : 1;
}
