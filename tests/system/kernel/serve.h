/* SPDX-License-Identifier: MIT
 *
 * What the echo servers and their clients in tests/system/kernel.c and kernel_peer.c agree on. A client sends messages of
 * SERVE_MESSAGE bytes, and each comes back. Where the server closes first, it does so after one.
 */
#ifndef STRATA_TESTS_SYSTEM_KERNEL_SERVE_H
#define STRATA_TESTS_SYSTEM_KERNEL_SERVE_H

#include <stddef.h>
#include <stdint.h>

#define SERVE_PORT    7100
#define SERVE_PORTS   2 /* that the kernel listens on */
#define SERVE_BACKLOG 1024
#define SERVE_MESSAGE 64

/* The message of this number. */
static inline void serve_message(uint8_t message[SERVE_MESSAGE], unsigned number)
{
	for (unsigned i = 0; i < SERVE_MESSAGE; i++)
		message[i] = (uint8_t)((number + i) * 2654435761u >> 24);
}

#endif
