/* SPDX-License-Identifier: MIT
 *
 * Netlink by hand; see netlink.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/netlink.h"

#define NETLINK_ANSWER 32768 /* bytes that one piece of an answer has at most (NLMSG_GOODSIZE in Linux) */

static size_t netlink_align(size_t length)
{
	return (length + 3) & ~(size_t)3;
}

/* Room for so many bytes at the end, zeroed, and the last message grown by them. NULL: there is none. */
static uint8_t *netlink_claim(struct netlink *r, size_t length)
{
	uint8_t *at = r->bytes + r->length;
	size_t whole = netlink_align(length);
	if (r->overflow || whole > sizeof r->bytes - r->length) {
		r->overflow = true;
		return NULL;
	}
	memset(at, 0, whole);
	r->length += whole;
	uint32_t message_length = (uint32_t)(r->length - r->message);
	memcpy(r->bytes + r->message, &message_length, sizeof message_length);
	return at;
}

void netlink_begin(struct netlink *r)
{
	memset(r, 0, sizeof *r);
}

void netlink_message(struct netlink *r, unsigned type, unsigned flags, const void *header, size_t length)
{
	struct nlmsghdr h = {.nlmsg_type = (uint16_t)type, .nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST)};
	r->message = r->length;
	uint8_t *at = netlink_claim(r, sizeof h + length);
	if (!at)
		return;
	h.nlmsg_len = (uint32_t)(r->length - r->message);
	h.nlmsg_seq = (uint32_t)r->message + 1;
	memcpy(at, &h, sizeof h);
	memcpy(at + sizeof h, header, length);
}

void netlink_put(struct netlink *r, unsigned type, const void *value, size_t length)
{
	struct nlattr a = {.nla_len = (uint16_t)(sizeof a + length), .nla_type = (uint16_t)type};
	uint8_t *at = netlink_claim(r, sizeof a + length);
	if (!at)
		return;
	memcpy(at, &a, sizeof a);
	if (length > 0)
		memcpy(at + sizeof a, value, length);
}

void netlink_put_text(struct netlink *r, unsigned type, const char *text)
{
	netlink_put(r, type, text, strlen(text) + 1);
}

void netlink_put_number(struct netlink *r, unsigned type, uint32_t number)
{
	netlink_put(r, type, &number, sizeof number);
}

void netlink_put_big_endian(struct netlink *r, unsigned type, uint32_t number)
{
	netlink_put_number(r, type, htonl(number));
}

size_t netlink_nest(struct netlink *r, unsigned type)
{
	size_t nest = r->length;
	netlink_put(r, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void netlink_unnest(struct netlink *r, size_t nest)
{
	uint16_t length = (uint16_t)(r->length - nest);
	if (!r->overflow)
		memcpy(r->bytes + nest, &length, sizeof length);
}

/* Take one piece of an answer apart. True: it was the last, and `error` is set. */
static bool netlink_read(struct netlink_value piece, void (*each)(void *, unsigned, struct netlink_value), void *user,
			 int *error)
{
	while (piece.length >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr h;
		memcpy(&h, piece.bytes, sizeof h);
		if (h.nlmsg_len < sizeof h || h.nlmsg_len > piece.length)
			break;
		struct netlink_value payload = {piece.bytes + sizeof h, h.nlmsg_len - sizeof h};
		if (h.nlmsg_type == NLMSG_ERROR || h.nlmsg_type == NLMSG_DONE) {
			if (payload.length >= sizeof *error)
				memcpy(error, payload.bytes, sizeof *error);
			return true;
		}
		if (each)
			each(user, h.nlmsg_type, payload);
		size_t whole = netlink_align(h.nlmsg_len);
		piece.bytes += whole;
		piece.length -= whole < piece.length ? whole : piece.length;
	}
	return false;
}

static int netlink_converse(int s, const struct netlink *r, void (*each)(void *, unsigned, struct netlink_value),
			    void *user)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	uint8_t answer[NETLINK_ANSWER];
	int error = 0;
	if (sendto(s, r->bytes, r->length, 0, (const struct sockaddr *)&kernel, sizeof kernel) < 0)
		return -errno;
	for (;;) {
		ssize_t got = recv(s, answer, sizeof answer, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (netlink_read((struct netlink_value){answer, (size_t)got}, each, user, &error))
			return error;
	}
}

int netlink_ask(int protocol, struct netlink *r, void (*each)(void *, unsigned, struct netlink_value), void *user)
{
	if (r->overflow)
		return -EMSGSIZE;
	int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (s < 0)
		return -errno;
	int error = netlink_converse(s, r, each, user);
	close(s);
	return error;
}

int netlink_do(int protocol, struct netlink *r)
{
	return netlink_ask(protocol, r, NULL, NULL);
}

struct netlink_value netlink_attributes(struct netlink_value payload, size_t header)
{
	size_t whole = netlink_align(header);
	if (payload.length < whole)
		return (struct netlink_value){0};
	return (struct netlink_value){payload.bytes + whole, payload.length - whole};
}

struct netlink_value netlink_find(struct netlink_value attributes, unsigned type)
{
	while (attributes.length >= sizeof(struct nlattr)) {
		struct nlattr a;
		memcpy(&a, attributes.bytes, sizeof a);
		if (a.nla_len < sizeof a || a.nla_len > attributes.length)
			break;
		if ((a.nla_type & NLA_TYPE_MASK) == type)
			return (struct netlink_value){attributes.bytes + sizeof a, a.nla_len - sizeof a};
		size_t whole = netlink_align(a.nla_len);
		attributes.bytes += whole;
		attributes.length -= whole < attributes.length ? whole : attributes.length;
	}
	return (struct netlink_value){0};
}

uint32_t netlink_number(struct netlink_value value, uint32_t otherwise)
{
	uint16_t number16;
	uint32_t number32;
	switch (value.length) {
	case 1:
		return value.bytes[0];
	case sizeof number16:
		memcpy(&number16, value.bytes, sizeof number16);
		return number16;
	case sizeof number32:
		memcpy(&number32, value.bytes, sizeof number32);
		return number32;
	default:
		return otherwise;
	}
}

void netlink_text(struct netlink_value value, char *text, size_t room)
{
	size_t length = value.length < room - 1 ? value.length : room - 1;
	if (value.bytes)
		memcpy(text, value.bytes, length);
	text[value.bytes ? length : 0] = '\0';
}
