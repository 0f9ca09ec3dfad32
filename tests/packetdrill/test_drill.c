/* SPDX-License-Identifier: MIT
 *
 * The library loaded, packets by hand, and a thread that blocks: what the tests of test_loader.c are made of.
 */
#include "tests/packetdrill/test_drill.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct interface_table library;
uint32_t our_seq, stack_seq;

/* ---- loading ---- */

/* A library beside this program, or one folder up. */
void *load(const char *place)
{
	char self[PATH_MAX], path[PATH_MAX + 64];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

	cr_assert(length > 0);
	self[length] = '\0';
	snprintf(path, sizeof path, "%s/%s", dirname(self), place);
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	cr_assert(handle, "%s", dlerror());
	return handle;
}

void fill(void *handle, const char *flags, struct interface_table *table)
{
	void (*init)(const char *flags, struct interface_table *table);
	void *symbol = dlsym(handle, "packetdrill_interface_init");

	cr_assert(symbol);
	memcpy(&init, &symbol, sizeof init);
	init(flags, table);
}

void start_with(const char *flags)
{
	fill(load("libstrata-packetdrill.so"), flags, &library);
	our_seq = 1000;
}

void start(void)
{
	start_with(NULL);
}

void end(void)
{
	library.release(library.user);
}

/* ---- packets by hand ---- */

/* RFC 1071, two bytes at a time. */
static uint32_t sum(const uint8_t *bytes, size_t length, uint32_t start_sum)
{
	for (size_t i = 0; i < length; i++)
		start_sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	return start_sum;
}

static uint16_t folded(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

static void put16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put32(uint8_t *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value & 0xffff);
}

static unsigned get16(const uint8_t *from)
{
	return (unsigned)from[0] << 8 | from[1];
}

static uint32_t get32(const uint8_t *from)
{
	return (uint32_t)get16(from) << 16 | get16(from + 2);
}

/* The sum over addresses, protocol, length and segment; 0xffff where the checksum is in place and right. */
static uint16_t tcp_sum(const uint8_t *packet, size_t length)
{
	uint32_t s = sum(packet + 12, 8, 6 + (uint32_t)(length - 20));

	return folded(sum(packet + 20, length - 20, s));
}

/* A segment arrives: options (a multiple of four bytes), then text. */
void in(unsigned flags, const char *options, size_t options_length, const char *text)
{
	uint8_t packet[1500] = {0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 168, 0, 1};
	size_t header = 20 + options_length, length = 20 + header + strlen(text);

	put16(packet + 2, (unsigned)length);
	put16(packet + 10, 0xffffu ^ folded(sum(packet, 20, 0)));
	put16(packet + 20, 6000);
	put16(packet + 22, 8080);
	put32(packet + 24, our_seq);
	put32(packet + 28, flags & ACK ? stack_seq : 0);
	packet[32] = (uint8_t)(header / 4 << 4);
	packet[33] = (uint8_t)flags;
	put16(packet + 34, 65535);
	memcpy(packet + 40, options, options_length);
	memcpy(packet + 20 + header, text, strlen(text));
	put16(packet + 36, 0xffffu ^ tcp_sum(packet, length));
	our_seq += (uint32_t)strlen(text) + !!(flags & (SYN | FIN));
	cr_assert(library.wire_in(library.user, packet, length) == 0);
}

/* A segment leaves, with these flags and this text, in sequence and right in every checksum; when it left. */
long long out(unsigned flags, const char *text)
{
	uint8_t packet[65536];
	size_t length = sizeof packet;
	long long left_at;

	cr_assert(library.wire_out(library.user, packet, &length, &left_at) == 0);
	cr_assert(length >= 40 && length == get16(packet + 2) && folded(sum(packet, 20, 0)) == 0xffff);
	cr_assert(memcmp(packet + 12, (uint8_t[]){192, 168, 0, 1, 192, 0, 2, 1}, 8) == 0);
	cr_assert(packet[9] == 6 && tcp_sum(packet, length) == 0xffff);
	cr_assert(get16(packet + 20) == 8080 && get16(packet + 22) == 6000);
	cr_assert((packet[33] & ~PSH) == flags, "flags %#x, expected %#x", packet[33], flags);
	if (flags & SYN)
		stack_seq = get32(packet + 24);
	cr_assert(get32(packet + 24) == stack_seq);
	if (flags & ACK)
		cr_assert(get32(packet + 28) == our_seq);
	size_t header = 20 + (size_t)(packet[32] >> 4) * 4;
	cr_assert(length - header == strlen(text) && memcmp(packet + header, text, strlen(text)) == 0);
	stack_seq += (uint32_t)strlen(text) + !!(flags & (SYN | FIN));
	return left_at;
}

long long now(void)
{
	struct timeval t;

	cr_assert(library.time_of_day(library.user, &t, NULL) == 0);
	return (long long)t.tv_sec * 1000000 + t.tv_usec;
}

void pass(useconds_t milliseconds)
{
	cr_assert(library.sleep(library.user, milliseconds * 1000) == 0);
}

/* ---- sockets ---- */

int listening(void)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080)};
	int fd = library.socket(library.user, AF_INET, SOCK_STREAM, IPPROTO_TCP);

	here.sin_addr.s_addr = htonl(0xc0a80001);
	cr_assert(fd >= 0);
	cr_assert(library.bind(library.user, fd, (struct sockaddr *)&here, sizeof here) == 0);
	cr_assert(library.listen(library.user, fd, 1) == 0);
	return fd;
}

void handshake(void)
{
	in(SYN, "\2\4\3\350", 4, ""); /* MSS 1000 */
	out(SYN | ACK, "");
	in(ACK, "", 0, "");
}

int accepted(int listener)
{
	struct sockaddr_in from;
	socklen_t length = sizeof from;
	int fd = library.accept(library.user, listener, (struct sockaddr *)&from, &length);

	cr_assert(fd >= 0);
	cr_assert(length == sizeof from && ntohs(from.sin_port) == 6000 && ntohl(from.sin_addr.s_addr) == 0xc0000201);
	return fd;
}

/* ---- the second thread ---- */

static void *run(void *what)
{
	struct blocking *b = what;

	b->id = gettid();
	b->result = b->call(b->fd);
	b->ended_at = now();
	return NULL;
}

static char thread_state(pid_t id)
{
	char path[64], line[256] = "";
	snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)id);
	FILE *file = fopen(path, "r");

	if (!file)
		return '?';
	cr_assert(fgets(line, sizeof line, file));
	fclose(file);
	const char *name_end = strrchr(line, ')');
	return name_end ? name_end[2] : '?';
}

/* Begin a call in the other thread, and go on when it blocks. */
void begin(struct blocking *b, int (*call)(int fd), int fd)
{
	*b = (struct blocking){.call = call, .fd = fd};
	cr_assert(pthread_create(&b->thread, NULL, run, b) == 0);
	while (b->id == 0 || thread_state(b->id) != 'S')
		sched_yield();
}

void finish(struct blocking *b)
{
	cr_assert(pthread_join(b->thread, NULL) == 0);
}
