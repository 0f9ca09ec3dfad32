/* SPDX-License-Identifier: MIT
 *
 * strata echo on any stack:  stack_config.on_ready = echo_ready, ready_user = &echo;  echo_open(&echo, stack)
 */
#ifndef STRATA_APPS_ECHO_H
#define STRATA_APPS_ECHO_H

#include "apps/services.h"

struct echo {
	struct socket *listener;  /* TCP port 7 */
	struct services services; /* the other five */
};

/* Open all sockets; they are the stack's to close. False: one of them could not be had. */
bool echo_open(struct echo *echo, struct stack *stack);

/* A socket is ready: for on_ready of stack.h, with a struct echo. */
void echo_ready(void *user, struct socket *socket);

#endif
