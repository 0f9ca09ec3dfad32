/* SPDX-License-Identifier: MIT
 *
 * Scripts: one stack under test, a virtual clock, and a test that plays the wire.
 *
 * A script reads like a trace. It says what arrives, what leaves, and that nothing else does:
 *
 *     TestSuite(tcp_example, .init = harness_start, .fini = harness_end);
 *
 *     Test(tcp_example, data_is_acknowledged_within_40_ms)
 *     {
 *         app_listen();
 *         in("S 0:0(0) win 65535 <mss 1000>");
 *         out("S. 0:0(0) ack 1 <mss 1460>");
 *         in(". 1:1(0) ack 1 win 65535");
 *         struct socket *s = app_accept();
 *         in("P. 1:11(10) ack 1 win 65535");
 *         after(40 * MS);                        nothing for 39,999 us, then one microsecond more
 *         out(". 1:1(0) ack 11");
 *         app_read(s, 10);                       ten bytes, and they are the right ones
 *     }
 *
 * THE WORLD. The stack is 192.0.2.2/24, its gateway 192.0.2.254. Every station A.B.C.D has the MAC 02:00:A:B:C:D. The
 * peer is 192.0.2.1 port 6000; the stack's port is 5000, whether it listens or connects. harness_start() takes in the
 * announcement and answers ARP requests by itself; a test about ARP calls harness_start_bare() instead, and sees and
 * answers all of them.
 *
 * SILENCE. What the stack sends is kept until an out...() takes it. A frame nobody took fails the test at the next
 * in(), at the next passing of time and at the end; so does a frame that an out() waits for in vain. Calls of
 * socket.h may stand between; what they make the stack send leaves at the next in(), out() or passing of time. At the
 * end of each test the stack is destroyed, and every byte it got must have come back.
 *
 * SEQUENCE NUMBERS are relative: in() counts seq from the peer's initial number and ack from ours, out() the other
 * way round. Both initial numbers are just below 2^32, so that everything wraps at once. `=N` is an absolute number.
 * Until our SYN has been seen on a flow, our numbers are absolute too (as in the RST of a closed port: "R. 0:0(0) ack
 * 1").
 *
 * PAYLOAD is never written in a script. Each byte is a function of its place in its stream (pattern()), so that in()
 * knows what to send, and out() and app_read() notice a byte in the wrong place.
 *
 * A SEGMENT is written   FLAGS SEQ:END(LENGTH) [ack N] [win N] [urg N] [<OPTION,OPTION...>]
 *   FLAGS    of S F R P U and . for ACK;  - for none
 *   END      may be left out: 1(1000) is 1:1001(1000)
 *   win      as on the wire, not scaled
 *   OPTION   mss N | wscale N | sackOK | TS val N ecr N | sack N:N N:N... | nop | eol | hex 0102...
 *            in():  `ecr last` echoes the newest timestamp that we have sent; zeros pad it to four bytes
 *            out(): `*` for a timestamp is any value; options must come in exactly this order and no others
 *   in()     what is left out is: win 65535, no urgent pointer, no options
 *   out()    flags, seq and length always compare, ack wherever the ACK flag is; so does the urgent pointer
 *            (0 where none is written); win and options compare where they are written (`<>`: none)
 *
 * The text is a printf format. Without being asked, for every frame sent the harness checks addresses of both layers,
 * lengths, IP header (no options, TTL 64 or as set, DF in segments), and all checksums, by code of its own that shares nothing with the
 * stack's.
 *
 * ON FAILURE the story so far is printed: numbered frames, in and out, with their times.
 */
#ifndef STRATA_TESTS_HARNESS_H
#define STRATA_TESTS_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack.h"

#define MS     ((uint64_t)1000)
#define SECOND ((uint64_t)1000000)

/* Where the test stands, for the report. */
#define HERE __FILE__, __LINE__

/* --- Beginning and end ------------------------------------------------------------------------------------------ */

/* A stack with the defaults of the world above. For .init and .fini of a suite. */
void harness_start(void);
void harness_end(void);

/* The same, but ARP is the test's own business, from the announcement on, which has not left yet. */
void harness_start_bare(void);
void harness_start_bare_with(const struct stack_config *config);

/* The configuration the next harness_start...() would use, to be changed before a start_with(). */
struct stack_config harness_config(void);
void harness_start_with(const struct stack_config *config);

/* The stack under test. */
struct stack *harness_stack(void);

/* What the clock says. */
uint64_t harness_now(void);

/* --- Flows: which connection in() and out() speak of ------------------------------------------------------------- */

struct flow {
	uint8_t peer[4];
	uint16_t peer_port;
	uint16_t local_port;
	uint32_t peer_isn;
	uint32_t our_isn;   /* 0 until our SYN has been seen */
	bool our_isn_known; /* our SYN has been seen */
	uint32_t ts_val;    /* the newest timestamp we have sent */
	uint64_t written;   /* bytes given by app_write() */
	uint64_t read;      /* bytes taken by app_read() */
};

#define FLOWS 512

/* Speak of this flow from now on: number n is the peer's port 6000 + n. Flow 0 is chosen at the start. Its fields may
 * be changed by the test before the first segment. */
struct flow *flow_select(unsigned n);
struct flow *flow_current(void);

/* Forget our initial number, so that our side is absolute again until the next SYN. */
void flow_forget(void);

/* --- Segments in and out ----------------------------------------------------------------------------------------- */

#define in(...)  harness_in(HERE, __VA_ARGS__)
#define out(...) harness_out(HERE, __VA_ARGS__)

void harness_in(const char *file, int line, const char *segment, ...) __attribute__((format(printf, 3, 4)));
void harness_out(const char *file, int line, const char *segment, ...) __attribute__((format(printf, 3, 4)));

/* Segments that arrive together, before the stack may answer: batch_begin(), in()..., batch_end(). */
#define batch_begin() harness_batch_begin(HERE)
#define batch_end()   harness_batch_end(HERE)
void harness_batch_begin(const char *file, int line);
void harness_batch_end(const char *file, int line);

/* The last input was thrown away, once, for this reason; or for none. */
#define assert_dropped(reason) harness_assert_dropped(HERE, (reason))
#define assert_not_dropped()   harness_assert_not_dropped(HERE)
void harness_assert_dropped(const char *file, int line, enum drop_reason reason);
void harness_assert_not_dropped(const char *file, int line);

/* How often something was counted since the start. */
uint64_t counted(enum counter counter);
uint64_t dropped(enum drop_reason reason);

/* How many events of this type since the start, and the last one. */
unsigned events_seen(enum event_type type);
const struct event *event_last(enum event_type type);

/* --- Time -------------------------------------------------------------------------------------------------------- */

/* Nothing leaves, now and for so long. */
#define quiet_for(us) harness_quiet_for(HERE, (us))
void harness_quiet_for(const char *file, int line, uint64_t us);

/* Something is due at exactly this time from now: silence until one microsecond before, then one more. The out() that
 * follows takes what has left. */
#define after(us) harness_after(HERE, (us))
void harness_after(const char *file, int line, uint64_t us);

/* Time passes; what leaves is kept for out(). */
#define pass(us) harness_pass(HERE, (us))
void harness_pass(const char *file, int line, uint64_t us);

/* Nothing has left that was not taken. */
#define quiet() harness_quiet(HERE)
void harness_quiet(const char *file, int line);

/* Take all that has left, whatever it is. */
void out_rest(void);

/* Throw away whatever leaves from now on, unchecked as to what was expected (but checked for soundness), or stop
 * doing so. */
void harness_deaf(bool deaf);

/* From now on stations may claim other MAC addresses than their own, so that those of our frames are not checked. */
void harness_stations_move(void);

/* --- The application's side -------------------------------------------------------------------------------------- */

/* A listener on the flow's port. */
struct socket *app_listen(void);

/* The next waiting connection, which must be there. */
#define app_accept() harness_accept(HERE)
struct socket *harness_accept(const char *file, int line);

/* A socket bound to the flow's local port that begins to connect to its peer. */
#define app_connect() harness_connect(HERE)
struct socket *harness_connect(const char *file, int line);

/* Send so many bytes, all of which must be taken; take so many, which must be there and right. */
#define app_write(socket, length) harness_write(HERE, (socket), (length))
#define app_read(socket, length)  harness_read(HERE, (socket), (length))
void harness_write(const char *file, int line, struct socket *socket, size_t length);
void harness_read(const char *file, int line, struct socket *socket, size_t length);

/* What a receive answers: 0 for the end of the stream, or a negative errno. */
#define app_read_gives(socket, result) harness_read_gives(HERE, (socket), (result))
void harness_read_gives(const char *file, int line, struct socket *socket, long result);

/* --- Datagrams: the application's side, and the wire's ------------------------------------------------------------ */

/* A datagram socket on the flow's local port and all addresses; or on this address; or one that is connected to the
 * flow's peer. */
struct socket *app_datagram(void);
struct socket *app_datagram_on(const char *address);
struct socket *app_datagram_connected(void);

/* Send so many bytes of the pattern to the flow's peer, which must be taken; or where the socket is connected. */
#define app_send_to(socket, length) harness_send_to(HERE, (socket), (length), true)
#define app_send(socket, length)    harness_send_to(HERE, (socket), (length), false)
void harness_send_to(const char *file, int line, struct socket *socket, size_t length, bool to_peer);

/* Take a datagram of so many bytes of the pattern from the flow's peer, which must be there. */
#define app_receive(socket, length) harness_receive(HERE, (socket), (length))
struct socket_message harness_receive(const char *file, int line, struct socket *socket, size_t length);

/* What a receive of at most one byte answers. */
#define app_receive_gives(socket, result) harness_receive_gives(HERE, (socket), (result))
void harness_receive_gives(const char *file, int line, struct socket *socket, long result);

/* From the flow's peer to its local port arrive, or the other way leave, so many bytes of the pattern. */
#define in_udp(length)  harness_in_udp(HERE, (length))
#define out_udp(length) harness_out_udp(HERE, (length))
void harness_in_udp(const char *file, int line, size_t length);
struct frame harness_out_udp(const char *file, int line, size_t length);

/* An ICMP error of this type and code that quotes the IP header and the first 8 bytes of a frame of ours. */
struct frame frame_icmp_about(unsigned type, unsigned code, const struct frame *about);

/* What our packets must have as time to live from now on, in place of 64. */
void harness_expect_ttl(unsigned ttl);

/* --- Connections that stand --------------------------------------------------------------------------------------- */

/* An established connection on the current flow, opened by the peer or by us. The peer's segments carry no option but
 * MSS 1000 (round numbers), and its window is 65535. */
struct socket *passive_open(void);
struct socket *active_open(void);

/* The same, opened by the peer, with these options in its SYN and this window (as in a segment) in it and in the ACK.
 * The SYN-ACK's options are not compared; timestamps are echoed when `options` has them. */
struct socket *passive_open_with(const char *options, unsigned syn_window, unsigned ack_window);

/* --- Frames of every kind ---------------------------------------------------------------------------------------- */

#define FRAME_MAX 9216

struct frame {
	size_t length;
	uint8_t bytes[FRAME_MAX];
	uint64_t time; /* when it left; of no use in one that is to arrive */
};

/* Where things are in a frame whose IP header has no options. */
enum frame_offset {
	AT_ETHER_TO = 0,
	AT_ETHER_FROM = 6,
	AT_ETHER_TYPE = 12,
	AT_ARP = 14,
	AT_IP = 14,
	AT_IP_TOTAL = 16,
	AT_IP_ID = 18,
	AT_IP_FRAGMENT = 20,
	AT_IP_TTL = 22,
	AT_IP_PROTOCOL = 23,
	AT_IP_CHECKSUM = 24,
	AT_IP_FROM = 26,
	AT_IP_TO = 30,
	AT_TRANSPORT = 34,
	AT_TCP_SEQ = 38,
	AT_TCP_ACK = 42,
	AT_TCP_OFFSET = 46,
	AT_TCP_FLAGS = 47,
	AT_TCP_CHECKSUM = 50,
	AT_TCP_OPTIONS = 54,
};

/* Four-byte addresses from text, and a station's MAC. */
struct address ip_of(const char *text);
struct mac mac_of(const char *text);

/* Frames that are in order, to be broken by the test. From the current flow's peer to the stack unless said
 * otherwise. */
struct frame frame_tcp(const char *segment, ...) __attribute__((format(printf, 1, 2)));
struct frame frame_ip(unsigned protocol, const void *payload, size_t length);
struct frame frame_icmp(unsigned type, unsigned code, uint32_t rest, size_t data_length);
struct frame frame_udp(unsigned from_port, unsigned to_port, size_t data_length);
struct frame frame_arp(unsigned operation, struct mac sender_mac, const char *sender, struct mac target_mac,
		       const char *target);

/* Put IP options (a multiple of four bytes) into a frame, adjusting IHL, total length and checksum. */
struct frame frame_with_ip_options(const struct frame *frame, const void *options, size_t length);

/* Compute the checksums anew after a change: of the IP header; of the transport as far as its protocol is known. */
void frame_fix_ip(struct frame *frame);
void frame_fix(struct frame *frame);

void poke16(struct frame *frame, size_t at, unsigned value);
void poke32(struct frame *frame, size_t at, uint32_t value);
unsigned peek16(const struct frame *frame, size_t at);
uint32_t peek32(const struct frame *frame, size_t at);

/* A frame arrives. */
#define in_frame(frame) harness_in_frame(HERE, (frame))
void harness_in_frame(const char *file, int line, const struct frame *frame);

/* Bytes arrive, whatever they are. */
#define in_raw(bytes, length) harness_in_raw(HERE, (bytes), (length))
void harness_in_raw(const char *file, int line, const void *bytes, size_t length);

/* A frame has left: take it, whatever it is. It is sound, as all are. */
#define out_frame() harness_out_frame(HERE)
struct frame harness_out_frame(const char *file, int line);

/* A request of ours for this address, broadcast, or to the station that has it; a reply of ours to this station; an
 * announcement of our address, of which there are two, two seconds apart; a probe for it (RFC 5227). */
#define out_arp_request(target)    harness_out_arp(HERE, MAC_BROADCAST, 1, "192.0.2.2", (target))
#define out_arp_request_to(target) harness_out_arp(HERE, mac_of(target), 1, "192.0.2.2", (target))
#define out_arp_reply(target)      harness_out_arp(HERE, mac_of(target), 2, "192.0.2.2", (target))
#define out_arp_announcement()     harness_out_arp(HERE, MAC_BROADCAST, 1, "192.0.2.2", "192.0.2.2")
#define out_arp_probe()            harness_out_arp(HERE, MAC_BROADCAST, 1, "0.0.0.0", "192.0.2.2")
void harness_out_arp(const char *file, int line, struct mac to, unsigned operation, const char *sender,
		     const char *target);

/* An ICMP message to the peer, with these fields; it is returned for a look at its data (which begins at AT_TRANSPORT
 * + 8). */
#define out_icmp(type, code, rest) harness_out_icmp(HERE, (type), (code), (rest))
struct frame harness_out_icmp(const char *file, int line, unsigned type, unsigned code, uint32_t rest);

/* --- Fragments (fragment.c) --------------------------------------------------------------------------------------- */

#define DATAGRAM_MAX 65515 /* bytes that an IP packet carries at most */

/* What one IP packet would carry if frames were large enough. Its fields may be changed before it is cut. */
struct datagram {
	uint8_t from[4];
	uint8_t to[4];
	uint8_t protocol;
	uint8_t tos;
	uint8_t ttl;
	uint16_t id;
	size_t length;
	uint8_t bytes[DATAGRAM_MAX]; /* transport header and payload */
};

/* From the current flow's peer to the stack, with right checksums and the pattern as data; or what this frame, whose
 * header has no options, carries. */
struct datagram datagram_icmp(unsigned type, unsigned code, uint32_t rest, size_t data_length);
struct datagram datagram_udp(unsigned from_port, unsigned to_port, size_t data_length);
struct datagram datagram_of(const struct frame *frame);

/* The fragment with the bytes from `start` (a multiple of 8) up to, not including, `end`. It has "more fragments" unless
 * the datagram ends there. */
struct frame frame_fragment(const struct datagram *d, size_t start, size_t end);

/* That fragment arrives; the whole datagram does, in order, in pieces of so many bytes. */
#define in_fragment(datagram, start, end) harness_in_fragment(HERE, (datagram), (start), (end))
#define in_datagram(datagram, piece)      harness_in_datagram(HERE, (datagram), (piece))
void harness_in_fragment(const char *file, int line, const struct datagram *d, size_t start, size_t end);
void harness_in_datagram(const char *file, int line, const struct datagram *d, size_t piece);

/* A datagram of ours has left, whole or in fragments: take it. Its fragments come in order, are alike in all that they
 * must share, each but the last as large as the MTU lets it; and the transport checksum over all is right. */
#define out_datagram() harness_out_datagram(HERE)
struct datagram harness_out_datagram(const char *file, int line);

/* The byte that stands at this place of a stream: 0 for the first one. Also the data of frame_icmp() and
 * frame_udp(). */
uint8_t pattern(uint64_t offset);

/* The device's marks on frames that arrive from now on (base/packet.h). */
void harness_receive_marks(enum rx_checksum checksum, uint16_t gso_size);

/* --- The device and the memory ----------------------------------------------------------------------------------- */

/* The device answers -EAGAIN from now on, or can send again and says so. */
void harness_device_full(bool full);

/* So many more frames fit into it; then it is full, until harness_device_full(false). */
void harness_device_room(unsigned frames);

/* How many frames it has refused. */
unsigned harness_device_refused(void);

/* The nth allocation from now (1: the next) fails, and if `all` every later one too. 0: none fails. */
void harness_fail_allocation(unsigned nth, bool all);

/* How many allocations there were since the start, and whether one was made to fail. */
unsigned harness_allocations(void);
bool harness_allocation_failed(void);

/* --- Failing ----------------------------------------------------------------------------------------------------- */

/* Print the story and this, and fail the test. */
void harness_fail(const char *file, int line, const char *what, ...) __attribute__((format(printf, 3, 4), noreturn));

#define check(condition) check_that(condition, "not so: " #condition)

/* The same, with a message of one's own (a printf format). */
#define check_that(condition, ...)                       \
	do {                                             \
		if (!(condition))                        \
			harness_fail(HERE, __VA_ARGS__); \
	} while (0)

#endif
