/* SPDX-License-Identifier: MIT
 *
 * Netlink by hand: enough of netlink(7) to make a bridge, to ask about an interface, and to hand rules to the firewall,
 * so that neither iproute2 nor a library is needed. A request is one message or a batch of them:
 *
 *     |<-------------- nlmsghdr.nlmsg_len ---------------->|
 *     +-----------+--------------+------------+------------+-----------+---
 *     | nlmsghdr  | the family's | attribute  | attribute  | nlmsghdr  | ...
 *     | type flags| own header   | len type v.| (nested..) |           |
 *     +-----------+--------------+------------+------------+-----------+---
 *
 *     struct netlink request;
 *     netlink_begin(&request);
 *     netlink_message(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_ACK, &header, sizeof header);
 *     netlink_put_text(&request, IFLA_IFNAME, "strata0");
 *     error = netlink_do(NETLINK_ROUTE, &request);
 *
 * Requests are small and built from constants and names, so what does not fit is a mistake of ours: it is left out, and the request is
 * refused as a whole (-EMSGSIZE). Numbers are in host byte order unless said otherwise.
 */
#ifndef STRATA_DRIVERS_NETLINK_H
#define STRATA_DRIVERS_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETLINK_ROOM 2048

struct netlink {
	_Alignas(4) uint8_t bytes[NETLINK_ROOM];
	size_t length;
	size_t message; /* where the last message begins */
	bool overflow;
};

/* One attribute of an answer, or what a family's own header holds; borrowed. */
struct netlink_value {
	const uint8_t *bytes; /* NULL: it is not there */
	size_t length;
};

void netlink_begin(struct netlink *request);

/* Begin a message; NLM_F_REQUEST is added to the flags. */
void netlink_message(struct netlink *request, unsigned type, unsigned flags, const void *header, size_t length);

/* Attributes of the last message. */
void netlink_put(struct netlink *request, unsigned type, const void *value, size_t length);
void netlink_put_text(struct netlink *request, unsigned type, const char *text);
void netlink_put_number(struct netlink *request, unsigned type, uint32_t number);
void netlink_put_big_endian(struct netlink *request, unsigned type, uint32_t number);

/* An attribute that holds attributes: those put between the two calls. */
size_t netlink_nest(struct netlink *request, unsigned type);
void netlink_unnest(struct netlink *request, size_t nest);

/* Send it over a socket of its own and wait for the acknowledgement; of a batch the last message asks for it
 * (NLM_F_ACK), and a refusal comes for any. 0, or a negative errno. */
int netlink_do(int protocol, struct netlink *request);

/* Send a question, and have `each` called for every message of the answer. 0, or a negative errno. */
int netlink_ask(int protocol, struct netlink *request,
		void (*each)(void *user, unsigned type, struct netlink_value payload), void *user);

/* What follows the family's own header of `header` bytes. */
struct netlink_value netlink_attributes(struct netlink_value payload, size_t header);

/* The first attribute of this type; empty where there is none. */
struct netlink_value netlink_find(struct netlink_value attributes, unsigned type);

/* An attribute as a number of 8, 16 or 32 bits, or `otherwise`. */
uint32_t netlink_number(struct netlink_value value, uint32_t otherwise);

/* An attribute as text: copied as far as it fits, always terminated; "" where there is none. */
void netlink_text(struct netlink_value value, char *text, size_t room);

#endif
