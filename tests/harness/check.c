/* SPDX-License-Identifier: MIT
 *
 * The stack's own invariants, looked at after every event: the one place where the harness sees inside.
 */
#include "tcp/tcp.h"
#include "tests/harness/world.h"

bool world_invariants_hold(void)
{
	return tcp_check_all(world.stack);
}
