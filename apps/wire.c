/* SPDX-License-Identifier: MIT
 *
 * The wire of wire.h.
 */
#include <inttypes.h>
#include <string.h>

#include "apps/wire.h"
#include "drivers/netem.h"

bool wire_wrap(struct driver **device, struct driver **wire, const struct options *options, const uint8_t seed[16])
{
	uint8_t own[16];
	*wire = NULL;
	if (!netem_is_bad(&options->wire))
		return true;
	memcpy(own, seed, sizeof own);
	own[0] ^= 0x80; /* the wire must not draw the stack's numbers */
	*wire = netem_wrap(*device, &options->wire, own);
	if (!*wire) {
		fprintf(stderr, "strata: making a bad wire failed on %s: out of memory; do: free -h\n",
			options->command);
		return false;
	}
	*device = *wire;
	return true;
}

bool wire_is_busy(const struct driver *wire)
{
	return wire && netem_queued(wire, NETEM_OUT) > 0;
}

static void wire_tell_one(const char *direction, const struct netem_counts *c, FILE *to)
{
	fprintf(to, "wire, %s %" PRIu64 " frames: %" PRIu64 " lost, %" PRIu64 " corrupted, %" PRIu64 " duplicated, ",
		direction, c->frames, c->lost, c->corrupted, c->duplicated);
	fprintf(to, "%" PRIu64 " reordered, %" PRIu64 " too many for the queue\n", c->reordered, c->full);
}

void wire_tell(const struct driver *wire, FILE *to)
{
	if (!wire)
		return;
	const struct netem_counts out = netem_count(wire, NETEM_OUT), in = netem_count(wire, NETEM_IN);
	wire_tell_one("out:", &out, to);
	wire_tell_one("in:", &in, to);
}
