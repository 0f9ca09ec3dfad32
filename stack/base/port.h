/* SPDX-License-Identifier: MIT
 *
 * Ephemeral ports, as RFC 6056 3.3.3 picks them: a counter that starts at another place for each pair of addresses
 * and remote port, and nobody without the key can tell where.
 *
 *     port = 32768 + (F(local address, remote address, remote port, key) + counter++) mod 32768
 *
 * So one peer sees ports come again as late as can be, and learns nothing of those that others see.
 */
#ifndef STRATA_BASE_PORT_H
#define STRATA_BASE_PORT_H

#include <stdint.h>

#include "base/addr.h"
#include "base/siphash.h"

#define PORT_FIRST 32768 /* up to 65535: more than the dynamic ports of RFC 6335 6, as RFC 6056 3.2 wants it */
#define PORT_COUNT 32768

struct ports {
	struct siphash_key key;
	uint32_t counter;
};

/* The next port to try. PORT_COUNT calls in a row for the same ends give each port once; which of them are free is
 * the caller's to say. */
uint16_t ports_next(struct ports *ports, struct address local, const struct endpoint *remote);

#endif
