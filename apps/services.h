/* SPDX-License-Identifier: MIT
 *
 * The services that strata echo offers besides TCP echo: UDP echo (7), discard (9) and chargen (19), on any stack.
 */
#ifndef STRATA_APPS_SERVICES_H
#define STRATA_APPS_SERVICES_H

#include <stdbool.h>
#include <stdint.h>

#include "stack.h"

#define SERVICES_COUNT        3
#define SERVICES_LINE         74 /* characters of a line of the pattern, and its CR LF */
#define SERVICES_LINES        95 /* after which it begins anew */
#define SERVICES_DATAGRAM_MAX 65507

struct services {
	struct socket *listeners[SERVICES_COUNT]; /* that of port 7 is echo.c's own */
	struct socket *datagrams[SERVICES_COUNT];
	char pattern[SERVICES_LINES * SERVICES_LINE];
	uint8_t bytes[SERVICES_DATAGRAM_MAX]; /* the datagram in hand */
};

/* Open the five sockets; they are the stack's to close. False: one of them could not be had. */
bool services_open(struct services *services, struct stack *stack);

/* A socket is ready. False: it is none of theirs. */
bool services_ready(struct services *services, struct socket *socket);

#endif
