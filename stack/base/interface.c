/* SPDX-License-Identifier: MIT
 *
 * Which addresses are near, and which mean everybody.
 */
#include "base/interface.h"

static uint32_t network_mask(const struct interface *i)
{
	return i->prefix_length == 0 ? 0 : UINT32_MAX << (32 - i->prefix_length);
}

bool interface_on_link(const struct interface *i, struct address a)
{
	return ((address_number(a) ^ address_number(i->address)) & network_mask(i)) == 0;
}

bool interface_is_broadcast(const struct interface *i, struct address a)
{
	uint32_t number = address_number(a);
	uint32_t host_bits = ~network_mask(i);

	if (number == UINT32_MAX)
		return true;
	/* Networks of one or two addresses have no broadcast (RFC 3021 2.1). */
	if (i->prefix_length > 30 || !interface_on_link(i, a))
		return false;
	return (number & host_bits) == host_bits || (number & host_bits) == 0;
}
