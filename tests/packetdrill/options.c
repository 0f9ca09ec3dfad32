/* SPDX-License-Identifier: MIT
 *
 * Socket options. Each one known has a line in a table: its name, the value that it has at first, the values that it may be given
 * (from `least` to `most`), and the function that makes it true of the stack's socket. One without a function is only kept, to be
 * read again; where that would matter, it is told once that it has no effect.
 */
#include <errno.h>
#include <limits.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "tests/packetdrill/adapter.h"

#define SECOND ((uint64_t)1000000)

struct option {
	int level;
	int name;
	const char *text;
	int initial;
	int least, most;
	void (*apply)(struct adapter *a, struct file *f, int value);
	bool matters; /* kept without an effect, which a script may rely on */
};

/* ---- what they do ---- */

static void apply_nodelay(struct adapter *a, struct file *f, int value)
{
	(void)a;
	socket_set_nodelay(f->socket, value != 0);
}

static void apply_cork(struct adapter *a, struct file *f, int value)
{
	(void)a;
	socket_set_cork(f->socket, value != 0);
}

/* Four options are one setting. */
static void apply_keepalive(struct adapter *a, struct file *f, int value)
{
	(void)a;
	(void)value;
	socket_set_keepalive(f->socket, options_value(f, SOL_SOCKET, SO_KEEPALIVE) != 0,
			     (uint64_t)options_value(f, IPPROTO_TCP, TCP_KEEPIDLE) * SECOND,
			     (uint64_t)options_value(f, IPPROTO_TCP, TCP_KEEPINTVL) * SECOND,
			     (unsigned)options_value(f, IPPROTO_TCP, TCP_KEEPCNT));
}

static void apply_user_timeout(struct adapter *a, struct file *f, int value)
{
	(void)a;
	socket_set_user_timeout(f->socket, (uint64_t)value * 1000);
}

/* Linux doubles SO_RCVBUF for what it needs itself, and offers half of it as window. What SO_SNDBUF allows is counted in room.c, as
 * Linux counts it: the stack's own bound stays out of the way. */
static void apply_receive_buffer(struct adapter *a, struct file *f, int value)
{
	(void)a;
	socket_set_buffers(f->socket, SIZE_MAX, (size_t)value / 2);
}

static void apply_maxseg(struct adapter *a, struct file *f, int value)
{
	(void)a;
	socket_set_mss(f->socket, (uint16_t)value);
}

static void apply_linger2(struct adapter *a, struct file *f, int value)
{
	unsigned seconds = value > 0 ? (unsigned)value : a->settings.fin_timeout;

	socket_set_fin_wait_2(f->socket, value < 0 ? 1 : seconds * SECOND);
}

/* Linux begins every connection with some ACKs at once; those that are set to it go on so. */
static void apply_quick_acks(struct adapter *a, struct file *f, int value)
{
	(void)a;
	socket_set_quick_acks(f->socket, value == 0 ? 0 : 16);
}

static void apply_defer_accept(struct adapter *a, struct file *f, int value)
{
	(void)a;
	socket_set_defer_accept(f->socket, (uint64_t)value * SECOND);
}

static void apply_ttl(struct adapter *a, struct file *f, int value)
{
	(void)a;
	socket_set_ttl(f->socket, (uint8_t)(value > 0 ? value : 0));
}

static void apply_tos(struct adapter *a, struct file *f, int value)
{
	(void)a;
	socket_set_tos(f->socket, (uint8_t)value);
}

static void apply_broadcast(struct adapter *a, struct file *f, int value)
{
	(void)a;
	socket_set_broadcast(f->socket, value != 0);
}

/* ---- the table ---- */

#define ANY    INT_MIN, INT_MAX
#define SWITCH 0, 0 /* any number, kept as 0 or 1 */

static const struct option options[] = {
    {SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR", 0, SWITCH, NULL, false},
    {SOL_SOCKET, SO_REUSEPORT, "SO_REUSEPORT", 0, SWITCH, NULL, false},
    {SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE", 0, SWITCH, apply_keepalive, false},
    {SOL_SOCKET, SO_BROADCAST, "SO_BROADCAST", 0, SWITCH, apply_broadcast, false},
    {SOL_SOCKET, SO_DONTROUTE, "SO_DONTROUTE", 0, SWITCH, NULL, true},
    {SOL_SOCKET, SO_DEBUG, "SO_DEBUG", 0, SWITCH, NULL, false},
    {SOL_SOCKET, SO_OOBINLINE, "SO_OOBINLINE", 0, SWITCH, NULL, false},
    {SOL_SOCKET, SO_PRIORITY, "SO_PRIORITY", 0, ANY, NULL, false},
    {SOL_SOCKET, SO_MARK, "SO_MARK", 0, ANY, NULL, false},
    {SOL_SOCKET, SO_SNDBUF, "SO_SNDBUF", 0, ANY, NULL, false}, /* 0: not set; else twice what was */
    {SOL_SOCKET, SO_SNDBUFFORCE, "SO_SNDBUFFORCE", 0, ANY, NULL, false},
    {SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF", 0, ANY, apply_receive_buffer, false},
    {SOL_SOCKET, SO_RCVBUFFORCE, "SO_RCVBUFFORCE", 0, ANY, NULL, true},
    {SOL_SOCKET, SO_RCVLOWAT, "SO_RCVLOWAT", 1, ANY, NULL, false},
    {SOL_SOCKET, SO_TIMESTAMP, "SO_TIMESTAMP", 0, SWITCH, NULL, true},
    {SOL_SOCKET, SO_TIMESTAMPING, "SO_TIMESTAMPING", 0, ANY, NULL, true},
    {SOL_SOCKET, SO_ZEROCOPY, "SO_ZEROCOPY", 0, ANY, NULL, true},
    {SOL_SOCKET, SO_MAX_PACING_RATE, "SO_MAX_PACING_RATE", -1, ANY, NULL, true},
    {IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY", 0, SWITCH, apply_nodelay, false},
    {IPPROTO_TCP, TCP_MAXSEG, "TCP_MAXSEG", 0, 88, 32767, apply_maxseg, false},
    {IPPROTO_TCP, TCP_CORK, "TCP_CORK", 0, SWITCH, apply_cork, false},
    {IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE", 0, 1, 32767, apply_keepalive, false},
    {IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPINTVL", 0, 1, 32767, apply_keepalive, false},
    {IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT", 0, 1, 127, apply_keepalive, false},
    {IPPROTO_TCP, TCP_SYNCNT, "TCP_SYNCNT", 6, 1, 127, NULL, true},
    {IPPROTO_TCP, TCP_LINGER2, "TCP_LINGER2", 0, ANY, apply_linger2, false},
    {IPPROTO_TCP, TCP_DEFER_ACCEPT, "TCP_DEFER_ACCEPT", 0, ANY, apply_defer_accept, false},
    {IPPROTO_TCP, TCP_WINDOW_CLAMP, "TCP_WINDOW_CLAMP", 0, ANY, NULL, true},
    {IPPROTO_TCP, TCP_QUICKACK, "TCP_QUICKACK", 1, ANY, apply_quick_acks, false},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT", 0, 0, INT_MAX, apply_user_timeout, false},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT, "TCP_NOTSENT_LOWAT", 0, ANY, NULL, false}, /* ready.c */
    {IPPROTO_TCP, TCP_FASTOPEN, "TCP_FASTOPEN", 0, ANY, NULL, true},
    {IPPROTO_TCP, TCP_FASTOPEN_CONNECT, "TCP_FASTOPEN_CONNECT", 0, ANY, NULL, true},
    {IPPROTO_TCP, TCP_SAVE_SYN, "TCP_SAVE_SYN", 0, ANY, NULL, true},
    {IPPROTO_TCP, TCP_INQ, "TCP_INQ", 0, 0, 1, NULL, false}, /* transfer.c */
    {IPPROTO_TCP, TCP_TX_DELAY, "TCP_TX_DELAY", 0, ANY, NULL, true},
    {IPPROTO_TCP, TCP_THIN_DUPACK, "TCP_THIN_DUPACK", 0, SWITCH, NULL, true},
    {IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, "TCP_THIN_LINEAR_TIMEOUTS", 0, SWITCH, NULL, true},
    {IPPROTO_IP, IP_TOS, "IP_TOS", 0, ANY, apply_tos, false},
    {IPPROTO_IP, IP_TTL, "IP_TTL", 0, -1, 255, apply_ttl, false},
    {IPPROTO_IP, IP_MTU_DISCOVER, "IP_MTU_DISCOVER", 1, 0, 5, NULL, true},
    {IPPROTO_IP, IP_RECVERR, "IP_RECVERR", 0, SWITCH, NULL, true},
    {IPPROTO_IP, IP_FREEBIND, "IP_FREEBIND", 0, SWITCH, NULL, true},
    {IPPROTO_IP, IP_TRANSPARENT, "IP_TRANSPARENT", 0, SWITCH, NULL, true},
};

#define COUNT (sizeof options / sizeof *options)
_Static_assert(COUNT <= OPTIONS_MAX, "struct file has a place for each");

static int find(int level, int name)
{
	for (size_t i = 0; i < COUNT; i++)
		if (options[i].level == level && options[i].name == name)
			return (int)i;
	return -1;
}

int options_value(const struct file *f, int level, int name)
{
	return f->values[find(level, name)];
}

/* ---- beginning ---- */

void options_apply(struct adapter *a, struct file *f)
{
	for (size_t i = 0; i < COUNT; i++)
		if (options[i].apply && f->values[i] != options[i].initial)
			options[i].apply(a, f, f->values[i]);
	apply_quick_acks(a, f, options_value(f, IPPROTO_TCP, TCP_QUICKACK));
	apply_receive_buffer(a, f, options_value(f, SOL_SOCKET, SO_RCVBUF));
	socket_set_linger(f->socket, f->linger.l_onoff != 0, (uint64_t)f->linger.l_linger * SECOND);
}

void options_init(struct adapter *a, struct file *f)
{
	const struct settings *s = &a->settings;

	for (size_t i = 0; i < COUNT; i++)
		f->values[i] = options[i].initial;
	f->values[find(IPPROTO_TCP, TCP_KEEPIDLE)] = (int)s->keepalive_time;
	f->values[find(IPPROTO_TCP, TCP_KEEPINTVL)] = (int)s->keepalive_interval;
	f->values[find(IPPROTO_TCP, TCP_KEEPCNT)] = (int)s->keepalive_probes;
	f->values[find(IPPROTO_TCP, TCP_LINGER2)] = s->fin_timeout == 60 ? 0 : (int)s->fin_timeout;
	f->values[find(IPPROTO_TCP, TCP_NOTSENT_LOWAT)] = s->notsent_lowat > INT_MAX ? 0 : (int)s->notsent_lowat;
	f->values[find(IPPROTO_TCP, TCP_MAXSEG)] = (int)s->advertised_mss;
	memcpy(f->congestion, s->congestion, sizeof f->congestion);
	if (f->kind == FILE_STREAM)
		options_apply(a, f);
}

void options_inherit(struct file *f, const struct file *listener)
{
	memcpy(f->values, listener->values, sizeof f->values);
	memcpy(f->congestion, listener->congestion, sizeof f->congestion);
	f->linger = listener->linger;
	f->receive_limit = listener->receive_limit;
	f->send_limit = listener->send_limit;
}

/* ---- setting ---- */

static long set_congestion(struct file *f, const char *value, socklen_t length)
{
	char name[sizeof f->congestion] = "";

	memcpy(name, value, length < sizeof name ? length : sizeof name - 1);
	if (strcmp(name, "reno") != 0 && strcmp(name, "cubic") != 0)
		return -ENOENT;
	if (strcmp(name, "cubic") == 0)
		notice("TCP_CONGESTION cubic has no effect here: it is reno");
	memcpy(f->congestion, name, sizeof name);
	return 0;
}

/* Those that hold more than a number. 1: it is none of them. */
static long set_special(struct file *f, int level, int name, const void *value, socklen_t length)
{
	if (level == SOL_SOCKET && name == SO_LINGER) {
		if (length < sizeof f->linger)
			return -EINVAL;
		memcpy(&f->linger, value, sizeof f->linger);
		socket_set_linger(f->socket, f->linger.l_onoff != 0, (uint64_t)f->linger.l_linger * SECOND);
		return 0;
	}
	if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO)) {
		if (length < sizeof(struct timeval))
			return -EINVAL;
		memcpy(name == SO_RCVTIMEO ? &f->receive_limit : &f->send_limit, value, sizeof(struct timeval));
		return 0;
	}
	if (level == IPPROTO_TCP && name == TCP_CONGESTION)
		return set_congestion(f, value, length);
	return 1;
}

/* Linux keeps buffer sizes doubled, within bounds. */
static int doubled(int name, int value)
{
	int least = name == SO_SNDBUF ? 4608 : 2304;

	return value > INT_MAX / 2 ? INT_MAX : 2 * value < least ? least : 2 * value;
}

/* Linux counts TCP_DEFER_ACCEPT in repetitions of the SYN,ACK: seconds become the time of the one that is due then or next. */
static int repeated_until(int seconds)
{
	int wait = 1, time = 1;

	while (time < seconds && time < INT_MAX / 2) {
		wait = wait < 60 ? 2 * wait : 120;
		time += wait;
	}
	return seconds > 0 ? time : 0;
}

/* What Linux makes of a value. */
static int stored(const struct option *o, bool stream, int value)
{
	if (o->least == o->most)
		return value != 0;
	if (o->level == SOL_SOCKET && (o->name == SO_SNDBUF || o->name == SO_RCVBUF))
		return doubled(o->name, value);
	if (o->level == SOL_SOCKET && o->name == SO_RCVLOWAT)
		return value < 0 ? INT_MAX : value == 0 ? 1 : value;
	if (o->level == IPPROTO_TCP && o->name == TCP_DEFER_ACCEPT)
		return repeated_until(value);
	if (o->level == IPPROTO_TCP && o->name == TCP_LINGER2)
		return value < 0 ? -1 : value > 120 ? 120 : value;
	if (o->level == IPPROTO_IP && o->name == IP_TOS)
		return value & (stream ? 0xfc : 0xff); /* the bits of ECN are TCP's own */
	return value;
}

/* Within bounds, and two exceptions: 0 takes TCP_MAXSEG back, and means nothing as IP_TTL. */
static bool is_allowed(const struct option *o, int value)
{
	if (o->level == IPPROTO_TCP && o->name == TCP_MAXSEG && value == 0)
		return true;
	if (o->level == IPPROTO_IP && o->name == IP_TTL && value == 0)
		return false;
	return o->least == o->most || (value >= o->least && value <= o->most);
}

static long set_number(struct adapter *a, struct file *f, int level, int name, int value)
{
	static bool told[OPTIONS_MAX];
	int i = find(level, name);
	const struct option *o = &options[i];

	if (level == IPPROTO_TCP && f->kind != FILE_STREAM)
		return -ENOPROTOOPT;
	if (!is_allowed(o, value))
		return -EINVAL;
	f->values[i] = stored(o, f->kind == FILE_STREAM, value);
	if (o->apply)
		o->apply(a, f, f->values[i]);
	if (o->matters && !told[i])
		notice("%s has no effect here", o->text);
	told[i] = o->matters;
	return 0;
}

static long set(struct adapter *a, struct file *f, int level, int name, const void *value, socklen_t length)
{
	int number;

	if (!value)
		return -EFAULT;
	long result = set_special(f, level, name, value, length);
	if (result <= 0)
		return result;
	if (find(level, name) < 0) {
		notice("option %d of level %d is not known here", name, level);
		return -ENOPROTOOPT;
	}
	if (length < sizeof number && !(level == IPPROTO_IP && length > 0))
		return -EINVAL;
	number = *(const unsigned char *)value;
	if (length >= sizeof number)
		memcpy(&number, value, sizeof number);
	return set_number(a, f, level, name, number);
}

int options_set(void *user, int fd, int level, int name, const void *value, socklen_t length)
{
	struct adapter *a = call_begin(user);
	struct file *f = file_of(a, fd);

	if (!f || !f->socket)
		return (int)call_end(a, f ? -ENOTSOCK : -EBADF);
	return (int)call_end(a, set(a, f, level, name, value, length));
}

/* ---- asking ---- */

/* The largest segment: as set before there is a connection, then as agreed on. */
static int maxseg(const struct file *f)
{
	struct socket_tcp_info info;
	int set_to = options_value(f, IPPROTO_TCP, TCP_MAXSEG);

	if (!f->listening && socket_tcp_info(f->socket, &info) == 0)
		return (int)info.snd_mss;
	return set_to > 0 ? set_to : 536;
}

/* Numbers that are not just kept. False: it is none of them. */
static bool get_number(struct adapter *a, struct file *f, int level, int name, int *value)
{
	bool stream = f->kind == FILE_STREAM;

	if (level == IPPROTO_TCP && name == TCP_MAXSEG)
		*value = maxseg(f);
	else if (level == SOL_SOCKET && name == SO_ERROR)
		*value = -file_take_error(f);
	else if (level == SOL_SOCKET && name == SO_TYPE)
		*value = stream ? SOCK_STREAM : SOCK_DGRAM;
	else if (level == SOL_SOCKET && name == SO_DOMAIN)
		*value = AF_INET;
	else if (level == SOL_SOCKET && name == SO_PROTOCOL)
		*value = stream ? IPPROTO_TCP : IPPROTO_UDP;
	else if (level == SOL_SOCKET && name == SO_ACCEPTCONN)
		*value = f->listening;
	else if (level == IPPROTO_IP && name == IP_MTU)
		*value = (int)a->settings.mtu;
	else if (level == IPPROTO_IP && name == IP_TTL && options_value(f, level, name) <= 0)
		*value = (int)a->settings.ttl;
	else if (level == SOL_SOCKET && name == SO_SNDBUF && options_value(f, level, name) == 0)
		*value = (int)a->settings.send_default;
	else if (level == SOL_SOCKET && name == SO_RCVBUF && options_value(f, level, name) == 0)
		*value = (int)a->settings.receive_default;
	else if (level == IPPROTO_TCP && name == TCP_LINGER2 && options_value(f, level, name) == 0)
		*value = (int)a->settings.fin_timeout;
	else if (find(level, name) >= 0)
		*value = options_value(f, level, name);
	else
		return false;
	return true;
}

static long give(void *value, socklen_t *length, const void *from, size_t size)
{
	if (*length > size)
		*length = (socklen_t)size;
	memcpy(value, from, *length);
	return 0;
}

static long get_memory(const struct file *f, void *value, socklen_t *length)
{
	uint32_t memory[SK_MEMINFO_VARS] = {0};

	memory[SK_MEMINFO_RMEM_ALLOC] = (uint32_t)stream_unread(f);
	memory[SK_MEMINFO_WMEM_QUEUED] = (uint32_t)stream_unacknowledged(f);
	memory[SK_MEMINFO_SNDBUF] = (uint32_t)options_value(f, SOL_SOCKET, SO_SNDBUF);
	memory[SK_MEMINFO_RCVBUF] = (uint32_t)options_value(f, SOL_SOCKET, SO_RCVBUF);
	return give(value, length, memory, sizeof memory);
}

static long get(struct adapter *a, struct file *f, int level, int name, void *value, socklen_t *length)
{
	int number;

	if (!value || !length)
		return -EFAULT;
	if (level == IPPROTO_TCP && f->kind != FILE_STREAM)
		return -EOPNOTSUPP;
	if (level == IPPROTO_TCP && name == TCP_INFO)
		return info_fill(a, f, value, *length);
	if (level == IPPROTO_TCP && name == TCP_CC_INFO) { /* reno has none */
		*length = 0;
		return 0;
	}
	if (level == IPPROTO_TCP && name == TCP_CONGESTION)
		return give(value, length, f->congestion, sizeof f->congestion);
	if (level == SOL_SOCKET && name == SO_LINGER)
		return give(value, length, &f->linger, sizeof f->linger);
	if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO))
		return give(value, length, name == SO_RCVTIMEO ? &f->receive_limit : &f->send_limit,
			    sizeof f->receive_limit);
	if (level == SOL_SOCKET && name == SO_MEMINFO && f->kind == FILE_STREAM)
		return get_memory(f, value, length);
	if (!get_number(a, f, level, name, &number))
		return -ENOPROTOOPT;
	return give(value, length, &number, sizeof number);
}

int options_get(void *user, int fd, int level, int name, void *value, socklen_t *length)
{
	struct adapter *a = call_begin(user);
	struct file *f = file_of(a, fd);

	if (!f || !f->socket)
		return (int)call_end(a, f ? -ENOTSOCK : -EBADF);
	return (int)call_end(a, get(a, f, level, name, value, length));
}
