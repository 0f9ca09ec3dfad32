/* SPDX-License-Identifier: MIT
 *
 * What `strata up` has done, so that `strata down` undoes that and nothing else. One line a deed, written before it is done:
 * whoever is killed in between leaves a line too many, which is harmless, and never a deed without one.
 *
 *     bridge strata0
 *     tap tap0
 *     set net/ipv4/conf/all/forwarding 0      a file below /proc/sys, and what was in it before
 *     table strata0
 *
 * The file is up.NETNS in the directory of runtime.h, one for each network namespace. It is locked while it is open.
 */
#ifndef STRATA_APPS_JOURNAL_H
#define STRATA_APPS_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "apps/runtime.h"

#define JOURNAL_LINE  96
#define JOURNAL_LINES 512

struct journal {
	char path[RUNTIME_PATH + 32];
	int descriptor;
	size_t count;
	char lines[JOURNAL_LINES][JOURNAL_LINE];
};

/* Open the one of this network, with `make` also where there is none yet. False: there is none, or errno says why. */
bool journal_open(struct journal *journal, bool make);
void journal_close(struct journal *journal);

bool journal_has(const struct journal *journal, const char *line);

/* Add a line; one that is there already stays alone. False: errno says why, and the deed must not be done. */
bool journal_add(struct journal *journal, const char *line);

/* What is written goes on with these lines; without any the file is removed. */
void journal_keep(struct journal *journal, const bool kept[JOURNAL_LINES]);

#endif
