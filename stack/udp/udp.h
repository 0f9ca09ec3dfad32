/* SPDX-License-Identifier: MIT
 *
 * UDP (RFC 768, RFC 1122 4.1): sockets that send and receive datagrams.
 *
 * Theory of operation. A UDP socket has a local port and address, or all of ours (ADDRESS_ANY); a connected one also
 * has a remote end, and hears only that one. No two sockets have the same port and addresses that overlap (BSD's rule without
 * SO_REUSEADDR), so that at most one wants any datagram:
 *
 *     local 192.0.2.2:53                     may stand beside  127.0.0.1:53, but not beside  *:53
 *     local *:50321, remote 192.0.2.1:53     hears 192.0.2.1:53 alone
 *
 * A broadcast reaches a socket that is bound to all addresses, not one that was given its own. What a socket gets is
 * copied once, into its queue, which is bounded in bytes; the newest is dropped when it is full. What nobody wants is
 * answered with Port Unreachable.
 *
 * ICMP errors about what was sent (RFC 1122 4.1.3.3: all must reach the application) are told as EVENT_UDP_ERROR. A connected
 * socket, whose error can only be about its one peer, also finds them in its next call, once: all unreachables, as BSD has
 * it (Linux keeps the soft ones back), but not time exceeded, which says nothing about the peer.
 */
#ifndef STRATA_UDP_UDP_H
#define STRATA_UDP_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/list.h"
#include "base/port.h"
#include "ip/ip.h"

struct stack;
struct socket;

#define UDP_BUCKETS     64                  /* of sockets, by local port */
#define UDP_QUEUE_MAX   ((size_t)256 << 10) /* bytes that wait in one socket's queue, their book-keeping included */
#define UDP_PAYLOAD_MAX 65507               /* 65,535 less the IP header and ours */
#define UDP_OPTIONS_MAX 40                  /* bytes of IP options of a received datagram */

/* A received datagram in its socket's queue. */
struct udp_datagram {
	struct list node;
	struct endpoint source;
	struct address destination; /* RFC 1122 4.1.3.5: the specific address that it was sent to */
	uint8_t ttl;
	uint8_t tos;
	uint8_t options_length;
	uint8_t options[UDP_OPTIONS_MAX];
	size_t length;
	uint8_t payload[];
};

struct udp_socket {
	struct list node; /* in its port's bucket, while bound */
	struct endpoint local;
	struct endpoint remote; /* port 0: not connected */
	struct socket *socket;  /* its user */
	struct list notice;     /* in udp.notices while its user must be told */
	struct list queue;      /* struct udp_datagram, oldest first */
	size_t queued;          /* bytes */
	int error;              /* a pending ICMP error, negative errno; 0 for none */
	bool may_broadcast;
	uint8_t ttl; /* of what is sent; 0: the default */
	uint8_t tos;
	uint8_t options[UDP_OPTIONS_MAX]; /* of the datagram that its user took last */
};

struct udp {
	struct list buckets[UDP_BUCKETS];
	struct list notices; /* sockets whose users must be told */
	struct ports ports;
};

void udp_init(struct stack *s);

/* A datagram of protocol 17 has arrived. */
void udp_input(struct stack *s, const struct ip_datagram *datagram);

/* An error about a datagram that we sent: told to the socket that sent it (RFC 1122 4.1.3.3). */
void udp_error(struct stack *s, const struct ip_error *error);

/* ---- user calls, for socket/ ---- */

/* A socket without a name. NULL: no memory. */
struct udp_socket *udp_open(struct stack *s, struct socket *user);

/* Free it and what waits in its queue. */
void udp_close(struct stack *s, struct udp_socket *u);

/* Give it a local end: one of our addresses or ADDRESS_ANY, and port 0 for one that is free (RFC 6056 3.3.3). -EADDRINUSE,
 * -EADDRNOTAVAIL; -EINVAL: it has one. */
int udp_bind(struct stack *s, struct udp_socket *u, const struct endpoint *local);

/* Speak with this remote end only; port 0 ends that. Binds first where that has not been done. What waits in the queue
 * stays; an error of the former end is forgotten. -EADDRINUSE: no port is free; -EADDRNOTAVAIL: neither one host nor a broadcast;
 * -EACCES: a broadcast without permission. */
int udp_connect(struct stack *s, struct udp_socket *u, const struct endpoint *remote);

/* The local end. Where it is ADDRESS_ANY: the address that a datagram to the remote end leaves from (RFC 1122 4.1.3.5), or
 * the machine's own. */
struct endpoint udp_local(const struct stack *s, const struct udp_socket *u);

/* Send one datagram, to `to`, or with NULL to the remote end; its bytes are borrowed for the call. Binds first where that has
 * not been done. 0; -EMSGSIZE above UDP_PAYLOAD_MAX; -EDESTADDRREQ; -EINVAL: port 0, or from 127/8 to another host; -EADDRINUSE; -EACCES (a
 * broadcast without permission) or whatever else ip_output() answers. */
int udp_send(struct stack *s, struct udp_socket *u, const struct endpoint *to, const void *bytes, size_t length);

/* The pending error as a negative errno, cleared by reading, or 0. */
int udp_take_error(struct udp_socket *u);

/* The oldest datagram in the queue, or NULL; and taking it out and freeing it. */
const struct udp_datagram *udp_peek(const struct udp_socket *u);
void udp_consume(struct stack *s, struct udp_socket *u);

#endif
