/* SPDX-License-Identifier: MIT
 *
 * `strata up --nat`: let the machines behind the bridge reach what this computer reaches. Two things are missing for that, and
 * both are entered in the journal first:
 *
 *     forwarding      the kernel passes packets on from one interface to another, which it does not by default
 *     masquerading    what leaves has this computer's address as its source, because nobody outside knows the way
 *                     back to 192.0.2.0/24 (firewall.h)
 */
#ifndef STRATA_APPS_NAT_H
#define STRATA_APPS_NAT_H

#include "apps/journal.h"
#include "base/addr.h"

/* Do both, and say so line by line on standard output. False: told on standard error. */
bool nat_open(struct journal *journal, const char *bridge, struct address network, unsigned prefix_length);

/* Undo one line of the journal, "set ..." (without that word) or "table ...". 0, or a negative errno. */
int nat_undo_setting(const char *setting);

#endif
