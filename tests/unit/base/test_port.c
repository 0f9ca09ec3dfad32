/* SPDX-License-Identifier: MIT
 *
 * Ephemeral ports as RFC 6056 3.3.3 has them.
 */
#include <criterion/criterion.h>

#include "base/port.h"

static const struct address local = {{192, 0, 2, 2}};
static const struct endpoint remote = {{{192, 0, 2, 1}}, 80};

static uint16_t first(struct siphash_key key, struct address from, struct endpoint to)
{
	struct ports ports = {.key = key};
	return ports_next(&ports, from, &to);
}

/* From where it begins: one after the other, around the end of the range, each once. */
Test(port, each_port_comes_once_a_round)
{
	static bool had[65536];
	struct ports ports = {.key = {1, 2}};
	uint16_t port = 0;
	for (unsigned i = 0; i < 32768; i++) {
		uint16_t next = ports_next(&ports, local, &remote);
		cr_assert_geq(next, 32768);
		cr_assert_not(had[next]);
		cr_assert(i == 0 || next == (port == 65535 ? 32768 : port + 1));
		had[next] = true;
		port = next;
	}
	cr_assert(had[ports_next(&ports, local, &remote)]);
}

/* Addresses, remote port and key decide where. With six of 16,384 places taken by chance, two would meet in one case of a
 * thousand; these keys and ends are fixed, and do not. */
Test(port, each_pair_of_ends_begins_elsewhere)
{
	const uint16_t ports[] = {
	    first((struct siphash_key){1, 2}, local, remote),
	    first((struct siphash_key){1, 3}, local, remote),
	    first((struct siphash_key){2, 2}, local, remote),
	    first((struct siphash_key){1, 2}, (struct address){{192, 0, 2, 3}}, remote),
	    first((struct siphash_key){1, 2}, local, (struct endpoint){remote.address, 81}),
	    first((struct siphash_key){1, 2}, local, (struct endpoint){local, 80}),
	};
	for (unsigned i = 0; i < 6; i++)
		for (unsigned j = 0; j < i; j++)
			cr_expect_neq(ports[i], ports[j], "%u and %u", i, j);
}

/* The counter is shared by all ends, so that one peer sees gaps where others were served. */
Test(port, one_counter_serves_all)
{
	struct ports ports = {.key = {1, 2}};
	uint16_t one = ports_next(&ports, local, &remote);
	ports_next(&ports, local, &(struct endpoint){local, 443});
	uint16_t two = ports_next(&ports, local, &remote);
	cr_expect_eq((two - one) & 16383, 2);
}
