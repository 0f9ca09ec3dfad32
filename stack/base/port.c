/* SPDX-License-Identifier: MIT
 *
 * Ephemeral ports.
 */
#include "base/port.h"

uint16_t ports_next(struct ports *ports, struct address local, const struct endpoint *remote)
{
	struct {
		struct address local, remote;
		uint16_t remote_port;
	} ends = {local, remote->address, remote->port};
	uint64_t offset = siphash(&ports->key, &ends, sizeof ends);

	return (uint16_t)(PORT_FIRST + (offset + ports->counter++) % PORT_COUNT);
}
