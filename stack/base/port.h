/* SPDX-License-Identifier: MIT
 *
 * Ephemeral ports, as RFC 6056 3.3.3 picks them: a counter that starts at another place for each pair of addresses
 * and remote port, and nobody without the key can tell where.
 *
 *     port = 49152 + (F(local address, remote address, remote port, key) + counter++) mod 16384
 *
 * So one peer sees ports come again as late as can be, and learns nothing of those that others see.
 */
#ifndef STRATA_BASE_PORT_H
#define STRATA_BASE_PORT_H

#include <stdint.h>

#include "base/addr.h"
#include "base/siphash.h"

#define PORT_FIRST 49152 /* RFC 6335 6: the dynamic ports, up to 65535 */
#define PORT_COUNT 16384

struct ports {
	struct siphash_key key;
	uint32_t counter;
};

/* The next port to try. PORT_COUNT calls in a row for the same ends give each port once; which of them are free is
 * the caller's to say. */
uint16_t ports_next(struct ports *ports, struct address local, const struct endpoint *remote);

#endif
