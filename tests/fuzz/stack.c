/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a story of a whole stack: what arrives, what time it is, what the application does.
 *
 * The first byte is a set of `enum choice`, how the world is; the rest is a program. Each step is a byte that names an operation
 * (modulo their number) and its operands; numbers are big-endian, and what is missing at the end is zero. Checksums are made
 * right where asked for, and segments are counted from where their connection stands, since no fuzzer would find either.
 *
 * After every step the stack is run until it rests, which it must come to, and then:
 *
 *     tcp_check_all() holds                            memory is bounded
 *     every frame that left is sound                   no received frame has been written to
 *
 * At the end a ping is answered whatever has happened, and after stack_destroy() every block is back.
 */
#include "stack.h"

#include <errno.h>
#include <string.h>

#include "base/wire.h"
#include "tcp/tcp.h"
#include "tests/fuzz/fuzz.h"

#define PROGRAM_MAX 4096
#define FRAME_ROOM  2048
#define SLOTS       8
#define FLOWS       8
#define ASKED_MAX   16
#define ROUNDS_MAX  20000              /* of ticks and flushes until the stack rests */
#define MEMORY_MAX  ((size_t)64 << 20) /* what the longest program can make the stack keep */
#define START       ((uint64_t)1000000)
#define SECOND      ((uint64_t)1000000)
#define PING_ID     0x7e57

enum choice {
	CHOICE_PROBE = 1,     /* the address is probed for first */
	CHOICE_FORWARD = 2,   /* what is not for us is passed on by the way that it came */
	CHOICE_MUTE = 4,      /* nobody answers ARP requests before the end */
	CHOICE_SMALL_MTU = 8, /* 576 */
	CHOICE_NO_GATEWAY = 16,
};

enum operation {
	OP_FRAME,        /* length/16, bytes: a frame as it is */
	OP_PACKET,       /* length/16, bytes: an IP packet in a frame from the peer, checksums mended */
	OP_SEGMENT,      /* see segment() */
	OP_ICMP_ERROR,   /* type/8 code/8 rest/32 cut/8: about the last packet that left */
	OP_STEP,         /* milliseconds/16 */
	OP_MARKS,        /* checksum/8 gso/16: the device's, on frames from now on */
	OP_LISTEN,       /* slot/8 */
	OP_CONNECT,      /* slot/8 whom/8 */
	OP_ACCEPT,       /* listener's slot/8 slot/8 */
	OP_SEND,         /* slot/8 length/16 */
	OP_RECEIVE,      /* slot/8 length/16 */
	OP_SHUTDOWN,     /* slot/8 how/8 */
	OP_CLOSE,        /* slot/8 */
	OP_ABORT,        /* slot/8 */
	OP_UDP_OPEN,     /* slot/8 port/8: on 5000 and so many; above 127 on 127.0.0.1 */
	OP_SEND_TO,      /* slot/8 whom/8 length/16 */
	OP_RECEIVE_FROM, /* slot/8 peek/8 room/16 */
	OP_SET,          /* slot/8 broadcast/8 ttl/8 tos/8 */
	OP_ECHO,         /* whom/8 ttl/8 length/16 */
	OP_DEVICE,       /* full/8 */
	OP_MEMORY,       /* fail/8: the nth allocation from now; 0 none */
	OP_CLOSE_ALL,
	OPERATIONS
};

/* A connection as its peer sees it, 192.0.2.1 port 6000 and so many. */
struct flow {
	uint16_t our_port;
	uint32_t next; /* the peer's next sequence number */
	uint32_t ours; /* where our side has come to */
};

static struct world {
	struct stack *stack;
	uint64_t now;
	unsigned choices;
	size_t blocks; /* allocated and not released */
	unsigned fail_in;
	bool device_full;
	struct rx_frame marks;
	struct socket *slots[SLOTS];
	struct flow flows[FLOWS];
	struct address asked[ASKED_MAX];
	unsigned asked_count;
	bool answered; /* our ping at the end */
	size_t last_length;
	uint8_t last[FRAME_ROOM]; /* the last IP packet that left */
	uint8_t data[65536];
} world;

static const struct address our_address = {{192, 0, 2, 2}}, peer_address = {{192, 0, 2, 1}};
static const struct mac our_mac = {{2, 0, 192, 0, 2, 2}}, peer_mac = {{2, 0, 192, 0, 2, 1}};

/* ---- memory: counted, and made to fail ---- */

static void *allocate(void *user, size_t size)
{
	(void)user;
	if (world.fail_in && --world.fail_in == 0)
		return NULL;
	world.blocks++;
	return malloc(size);
}

static void release(void *user, void *block, size_t size)
{
	(void)user;
	(void)size;
	world.blocks--;
	free(block);
}

/* ---- checksums, the slow way ---- */

static uint32_t sum(const uint8_t *bytes, size_t length, uint32_t before)
{
	for (size_t i = 0; i < length; i++)
		before += i % 2 ? bytes[i] : bytes[i] * 256u;
	while (before > 0xffff)
		before = (before & 0xffff) + (before >> 16);
	return before;
}

static uint32_t transport_sum(const uint8_t *packet, size_t header, size_t total)
{
	uint32_t pseudo = packet[9] == 1 ? 0 : sum(packet + 12, 8, packet[9] + (uint32_t)(total - header));

	return sum(packet + header, total - header, pseudo);
}

/* Where the transport's checksum stands, or 0. */
static size_t checksum_place(uint8_t protocol)
{
	return protocol == 1 ? 2 : protocol == 6 ? 16 : protocol == 17 ? 6 : 0;
}

static bool is_fragment(const uint8_t *packet)
{
	return wire_get16(packet + 6) & 0x3fff;
}

/* Make the checksums right as far as the headers say where they are. */
static void mend(uint8_t *packet, size_t length)
{
	size_t header = length ? (packet[0] & 15u) * 4u : 0;

	if (header < 20 || header > length)
		return;
	size_t place = checksum_place(packet[9]), total = wire_get16(packet + 2);
	wire_put16(packet + 10, 0);
	wire_put16(packet + 10, (uint16_t)~sum(packet, header, 0));
	if (place && !is_fragment(packet) && total <= length && header + place + 2 <= total) {
		wire_put16(packet + header + place, 0);
		wire_put16(packet + header + place, (uint16_t)~transport_sum(packet, header, total));
	}
}

/* ---- what leaves ---- */

static void look_at_arp(const uint8_t *frame, size_t length)
{
	struct address target;

	must(length >= 42 && memcmp(frame + 22, our_mac.bytes, 6) == 0);
	memcpy(target.bytes, frame + 38, 4);
	if (wire_get16(frame + 20) == 1 && !address_equal(target, our_address) && world.asked_count < ASKED_MAX)
		world.asked[world.asked_count++] = target;
}

/* Learn from a segment of ours where its connection stands. */
static void look_at_tcp(const uint8_t *packet, size_t header, size_t total)
{
	const uint8_t *tcp = packet + header;
	size_t tcp_header = tcp[12] / 16 * 4u;
	unsigned n = wire_get16(tcp + 2) - 6000u;

	must(tcp_header >= 20 && header + tcp_header <= total);
	if (n >= FLOWS || memcmp(packet + 16, peer_address.bytes, 4) != 0)
		return;
	struct flow *flow = &world.flows[n];
	flow->our_port = wire_get16(tcp);
	flow->ours = wire_get32(tcp + 4) + (uint32_t)(total - header - tcp_header) + (tcp[13] & 1) + (tcp[13] >> 1 & 1);
	if (tcp[13] & 0x10)
		flow->next = wire_get32(tcp + 8);
}

static void look_at_packet(const uint8_t *packet, size_t length)
{
	must(length >= 20 && packet[0] >> 4 == 4);
	size_t header = (packet[0] & 15u) * 4u, total = wire_get16(packet + 2);
	must(header >= 20 && header <= total && total == length);
	must(sum(packet, header, 0) == 0xffff);
	must(packet[8] > 0);
	memcpy(world.last, packet, length);
	world.last_length = length;
	bool forwarded = memcmp(packet + 12, our_address.bytes, 4) != 0;
	must(!forwarded || world.choices & CHOICE_FORWARD);
	if (forwarded || is_fragment(packet))
		return;
	must(checksum_place(packet[9]) != 0 && total - header >= 8);
	must(transport_sum(packet, header, total) == 0xffff);
	if (packet[9] == 6)
		look_at_tcp(packet, header, total);
	if (packet[9] == 1 && packet[header] == 0 && wire_get16(packet + header + 4) == PING_ID)
		world.answered = true;
}

static int device_emit(void *user, const struct tx_packet *packet)
{
	uint8_t frame[FRAME_ROOM];
	size_t length = tx_length(packet);

	(void)user;
	must(length >= 14 && length <= (world.choices & CHOICE_SMALL_MTU ? 576u : 1500u) + 14u);
	must(packet->checksum_header == 0 && packet->gso_size == 0);
	tx_copy(packet, frame);
	must(memcmp(frame + 6, our_mac.bytes, 6) == 0);
	if (world.device_full)
		return -EAGAIN;
	unsigned type = wire_get16(frame + 12);
	must(type == 0x0800 || type == 0x0806);
	if (type == 0x0806)
		look_at_arp(frame, length);
	else
		look_at_packet(frame + 14, length - 14);
	return 0;
}

static void forward(void *user, struct stack *stack, const uint8_t *packet, size_t length)
{
	(void)user;
	if (stack_forward(stack, packet, length, world.now) == -ETIME)
		stack_icmp_error(stack, packet, length, 11, 0, 0);
}

/* ---- what arrives ---- */

static void arrive(const uint8_t *bytes, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);
	struct rx_frame frame = world.marks;

	must(copy);
	memcpy(copy, bytes, length);
	frame.bytes = length ? copy : copy + 1;
	frame.length = length;
	stack_input(world.stack, &frame, world.now);
	must(memcmp(copy, bytes, length) == 0);
	free(copy);
}

static void arrive_packet(uint8_t *packet, size_t length)
{
	uint8_t frame[14 + FRAME_ROOM];

	mend(packet, length);
	memcpy(frame, our_mac.bytes, 6);
	memcpy(frame + 6, peer_mac.bytes, 6);
	wire_put16(frame + 12, 0x0800);
	memcpy(frame + 14, packet, length);
	arrive(frame, 14 + length);
}

static void ip_header(uint8_t *packet, size_t total, uint8_t protocol)
{
	memset(packet, 0, 20);
	packet[0] = 0x45;
	wire_put16(packet + 2, (uint16_t)total);
	packet[6] = 0x40;
	packet[8] = 64;
	packet[9] = protocol;
	memcpy(packet + 12, peer_address.bytes, 4);
	memcpy(packet + 16, our_address.bytes, 4);
}

static void answer_arp(void)
{
	struct address target = world.asked[--world.asked_count];
	uint8_t reply[42] = {[12] = 0x08, [13] = 0x06, [15] = 1, [16] = 0x08, [18] = 6, [19] = 4, [21] = 2, [22] = 2};

	memcpy(reply, our_mac.bytes, 6);
	memcpy(reply + 24, target.bytes, 4);
	memcpy(reply + 6, reply + 22, 6);
	memcpy(reply + 28, target.bytes, 4);
	memcpy(reply + 32, our_mac.bytes, 6);
	memcpy(reply + 38, our_address.bytes, 4);
	arrive(reply, sizeof reply);
}

/* ---- the stack's turn ---- */

static void settle(void)
{
	for (unsigned rounds = 0;; rounds++) {
		must(rounds < ROUNDS_MAX);
		stack_flush(world.stack, world.now);
		if (world.asked_count && !(world.choices & CHOICE_MUTE))
			answer_arp();
		else if (stack_deadline(world.stack) <= world.now)
			stack_tick(world.stack, world.now);
		else
			break;
	}
	if (world.choices & CHOICE_MUTE)
		world.asked_count = 0;
	must(tcp_check_all(world.stack));
	must(stack_memory(world.stack)->bytes <= MEMORY_MAX);
}

static void pass(uint64_t microseconds)
{
	uint64_t until = world.now + microseconds;

	while (world.now < until) {
		uint64_t next = stack_deadline(world.stack);
		world.now = next < until ? next : until;
		settle();
	}
}

/* ---- the steps of a program ---- */

static struct socket **slot(struct wire_reader *r)
{
	return &world.slots[wire_read8(r) % SLOTS];
}

/* Somebody to speak to: the peer, ourselves, a broadcast, strangers near and far. */
static struct endpoint whom(struct wire_reader *r)
{
	static const struct address all[] = {{{192, 0, 2, 1}},       {{192, 0, 2, 2}},     {{127, 0, 0, 1}},
					     {{192, 0, 2, 255}},     {{203, 0, 113, 200}}, {{192, 0, 2, 77}},
					     {{255, 255, 255, 255}}, {{224, 0, 0, 1}}};
	unsigned n = wire_read8(r);

	if (n / 8 == 31)
		return (struct endpoint){all[n % 8], 0};
	bool local = n % 8 == 1 || n % 8 == 2;
	return (struct endpoint){all[n % 8], (uint16_t)((local ? 5000u : 6000u) + n / 8 % FLOWS)};
}

static void frame_step(struct wire_reader *r, bool packet)
{
	size_t length = wire_read16(r);
	uint8_t bytes[FRAME_ROOM];

	if (length > r->left)
		length = r->left;
	if (length > sizeof bytes)
		length = sizeof bytes;
	const uint8_t *taken = wire_take(r, length);
	if (!taken)
		return;
	memcpy(bytes, taken, length);
	if (packet)
		arrive_packet(bytes, length);
	else
		arrive(bytes, length);
}

/* A signed number, to be added to a sequence number. */
static uint32_t offset16(struct wire_reader *r)
{
	uint32_t value = wire_read16(r);

	return value & 0x8000 ? value | 0xffff0000 : value;
}

/* flow/8 flags/8 seq/16 ack/16 (signed, from where the connection stands) window/16 urgent/8 length/16 options length/8, options */
static void segment_step(struct wire_reader *r)
{
	uint8_t packet[FRAME_ROOM] = {0}, *tcp = packet + 20;
	unsigned n = wire_read8(r) % FLOWS;
	struct flow *flow = &world.flows[n];

	wire_put16(tcp, (uint16_t)(6000 + n));
	wire_put16(tcp + 2, flow->our_port);
	tcp[13] = wire_read8(r);
	wire_put32(tcp + 4, flow->next + offset16(r));
	wire_put32(tcp + 8, flow->ours + offset16(r));
	wire_put16(tcp + 14, wire_read16(r));
	wire_put16(tcp + 18, wire_read8(r));
	size_t length = wire_read16(r) % 1401u, options = wire_read8(r) % 41u;
	const uint8_t *bytes = wire_take(r, options);
	if (!bytes)
		return;
	memcpy(tcp + 20, bytes, options);
	options = (options + 3) / 4 * 4;
	tcp[12] = (uint8_t)((20 + options) / 4 << 4);
	memset(tcp + 20 + options, 'x', length);
	ip_header(packet, 40 + options + length, 6);
	arrive_packet(packet, 40 + options + length);
}

static void icmp_error_step(struct wire_reader *r)
{
	uint8_t packet[FRAME_ROOM];

	packet[20] = wire_read8(r);
	packet[21] = wire_read8(r);
	wire_put32(packet + 24, wire_read32(r));
	size_t quoted = world.last_length - (world.last_length ? wire_read8(r) % world.last_length : 0);
	if (quoted > 548)
		quoted = 548;
	memcpy(packet + 28, world.last, quoted);
	ip_header(packet, 28 + quoted, 1);
	arrive_packet(packet, 28 + quoted);
}

static void listen_step(struct wire_reader *r)
{
	struct socket **s = slot(r);
	struct endpoint local = {ADDRESS_ANY, (uint16_t)(5000 + (s - world.slots))};

	if (*s || !(*s = socket_open(world.stack, SOCKET_STREAM)))
		return;
	socket_bind(*s, &local);
	socket_listen(*s, 4);
}

static void connect_step(struct wire_reader *r)
{
	struct socket **s = slot(r);
	struct endpoint remote = whom(r);

	if (!*s)
		*s = socket_open(world.stack, remote.port % 2 ? SOCKET_DATAGRAM : SOCKET_STREAM);
	if (*s)
		socket_connect(*s, &remote);
}

static void accept_step(struct wire_reader *r)
{
	struct socket *listener = *slot(r), **s = slot(r);

	if (listener && !*s)
		*s = socket_accept(listener);
}

static void udp_open_step(struct wire_reader *r)
{
	struct socket **s = slot(r);
	unsigned n = wire_read8(r);
	struct endpoint local = {ADDRESS_ANY, (uint16_t)(5000 + n % 128)};

	if (n >= 128)
		local.address = (struct address){{127, 0, 0, 1}};
	if (!*s && (*s = socket_open(world.stack, SOCKET_DATAGRAM)))
		socket_bind(*s, &local);
}

static void send_to_step(struct wire_reader *r)
{
	struct socket *s = *slot(r);
	struct endpoint to = whom(r);
	size_t length = wire_read16(r);

	if (!s)
		return;
	long sent = socket_send_to(s, world.data, length, &to);
	must(sent < 0 || sent == (long)length);
}

static void receive_from_step(struct wire_reader *r)
{
	struct socket_message message;
	struct socket *s = *slot(r);
	bool peek = wire_read8(r) & 1;
	size_t room = wire_read16(r);

	if (!s)
		return;
	long got = socket_receive_from(s, world.data, room, peek, &message);
	must(got < 0 || ((size_t)got <= room && (size_t)got <= message.length && message.options.length <= 40));
}

static void stream_step(enum operation operation, struct wire_reader *r)
{
	struct socket *s = *slot(r);
	size_t length = wire_read16(r);

	if (!s)
		return;
	long moved = operation == OP_SEND ? socket_send(s, world.data, length) : socket_receive(s, world.data, length);
	must(moved <= (long)length);
	socket_ready(s);
	socket_error(s);
}

static void ending_step(enum operation operation, struct wire_reader *r)
{
	struct socket **s = slot(r);

	if (!*s)
		return;
	if (operation == OP_SHUTDOWN) {
		socket_shutdown(*s, (enum socket_how)(1 + wire_read8(r) % 3));
		return;
	}
	if (operation == OP_CLOSE)
		socket_close(*s);
	else
		socket_abort(*s);
	*s = NULL;
}

static void set_step(struct wire_reader *r)
{
	struct socket *s = *slot(r);
	uint8_t broadcast = wire_read8(r), ttl = wire_read8(r), tos = wire_read8(r);

	if (!s)
		return;
	socket_set_broadcast(s, broadcast & 1);
	socket_set_ttl(s, ttl);
	socket_set_tos(s, tos);
}

static void echo_step(struct wire_reader *r)
{
	struct endpoint to = whom(r);
	uint8_t ttl = wire_read8(r);

	stack_echo(world.stack, to.address, 77, to.port, ttl, world.data, wire_read16(r));
}

static void device_step(bool full)
{
	bool was_full = world.device_full;

	world.device_full = full;
	if (was_full && !full)
		stack_writable(world.stack, world.now);
}

static void close_all_step(void)
{
	memset(world.slots, 0, sizeof world.slots);
	stack_close(world.stack);
}

static void socket_step(enum operation operation, struct wire_reader *r)
{
	switch (operation) {
	case OP_LISTEN:
		listen_step(r);
		break;
	case OP_CONNECT:
		connect_step(r);
		break;
	case OP_ACCEPT:
		accept_step(r);
		break;
	case OP_SEND:
	case OP_RECEIVE:
		stream_step(operation, r);
		break;
	case OP_UDP_OPEN:
		udp_open_step(r);
		break;
	case OP_SEND_TO:
		send_to_step(r);
		break;
	case OP_RECEIVE_FROM:
		receive_from_step(r);
		break;
	case OP_SET:
		set_step(r);
		break;
	case OP_CLOSE_ALL:
		close_all_step();
		break;
	default:
		ending_step(operation, r);
	}
}

static void step(struct wire_reader *r)
{
	enum operation operation = wire_read8(r) % OPERATIONS;

	switch (operation) {
	case OP_FRAME:
	case OP_PACKET:
		frame_step(r, operation == OP_PACKET);
		break;
	case OP_SEGMENT:
		segment_step(r);
		break;
	case OP_ICMP_ERROR:
		icmp_error_step(r);
		break;
	case OP_STEP:
		pass(wire_read16(r) * (uint64_t)1000);
		break;
	case OP_MARKS:
		world.marks.checksum = (enum rx_checksum)(wire_read8(r) % 3);
		world.marks.gso_size = wire_read16(r);
		break;
	case OP_ECHO:
		echo_step(r);
		break;
	case OP_DEVICE:
		device_step(wire_read8(r) & 1);
		break;
	case OP_MEMORY:
		world.fail_in = wire_read8(r);
		break;
	default:
		socket_step(operation, r);
	}
	settle();
}

/* ---- beginning and end ---- */

static void begin(unsigned choices)
{
	struct stack_config config = stack_defaults();

	memset(&world, 0, sizeof world);
	world.now = START;
	world.choices = choices;
	for (unsigned i = 0; i < FLOWS; i++)
		world.flows[i] = (struct flow){.our_port = 5000, .next = 0xfffffff0};
	config.mac = our_mac;
	config.address = our_address;
	config.prefix_length = 24;
	if (!(choices & CHOICE_NO_GATEWAY))
		config.gateway = (struct address){{192, 0, 2, 254}};
	if (choices & CHOICE_FORWARD)
		config.forward = forward;
	config.probe = choices & CHOICE_PROBE;
	config.mtu = choices & CHOICE_SMALL_MTU ? 576 : 1500;
	config.emit = device_emit;
	config.allocator = (struct allocator){.allocate = allocate, .release = release};
	config.send_buffer = config.receive_buffer = 65536;
	memcpy(config.seed, "a fuzzer's seed.", 16);
	world.stack = stack_create(&config, world.now);
	must(world.stack);
	settle();
}

/* Whatever has happened: once the device and the memory work and somebody answers ARP, a ping is answered. While the address is
 * being probed nothing is, and a conflict then ends it. */
static void still_serves(void)
{
	uint8_t ping[28];

	world.fail_in = 0;
	world.choices &= ~(unsigned)CHOICE_MUTE;
	world.marks = (struct rx_frame){0};
	device_step(false);
	pass(10 * SECOND);
	if (!stack_address_ready(world.stack))
		return;
	ip_header(ping, sizeof ping, 1);
	memset(ping + 20, 0, 8);
	ping[20] = 8;
	wire_put16(ping + 24, PING_ID);
	arrive_packet(ping, sizeof ping);
	settle();
	must(world.answered);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct wire_reader program = wire_reader(bytes, length < PROGRAM_MAX ? length : PROGRAM_MAX);

	begin(wire_read8(&program));
	while (program.left > 0 && !program.failed)
		step(&program);
	still_serves();
	stack_destroy(world.stack);
	must(world.blocks == 0);
	return 0;
}
