/* SPDX-License-Identifier: MIT
 *
 * The three services of strata echo, on any stack:
 *
 *     stack_config.on_ready = echo_ready, and ready_user = &echo      (host_on_ready() for a host)
 *     echo_open(&echo, stack)
 */
#ifndef STRATA_APPS_ECHO_H
#define STRATA_APPS_ECHO_H

#include <stdbool.h>
#include <stdint.h>

#include "stack.h"

#define ECHO_SERVICES     3
#define ECHO_LINE         74 /* characters of a line of the pattern, and its CR LF */
#define ECHO_LINES        95 /* after which it begins anew */
#define ECHO_DATAGRAM_MAX 65507

struct echo {
	struct socket *listeners[ECHO_SERVICES];
	struct socket *datagrams[ECHO_SERVICES];
	char pattern[ECHO_LINES * ECHO_LINE];
	uint8_t bytes[ECHO_DATAGRAM_MAX]; /* the datagram in hand */
};

/* Open the six sockets; they are the stack's to close. False: one of them could not be had. */
bool echo_open(struct echo *echo, struct stack *stack);

/* A socket is ready: for on_ready of stack.h, with a struct echo. */
void echo_ready(void *user, struct socket *socket);

#endif
