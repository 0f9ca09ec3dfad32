/* SPDX-License-Identifier: MIT
 *
 * What stops strata on a system, and what mends it: the one place that knows. A failing start comes here with the call that
 * was refused and its errno, and `strata doctor` (doctor.c) with everything it can think of. Each function looks around
 * for the cause and writes one line:
 *
 *     strata: WHAT failed on WHICH: WHY; do: COMMAND
 *
 * `root` stands before the names of files that are looked at, "" for the system itself, so that a test can lay out a system
 * that it does not have.
 */
#ifndef STRATA_APPS_CAUSES_H
#define STRATA_APPS_CAUSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAUSE_LINE 512
#define CAUSE_TUN  "/dev/net/tun"

void cause_line(char line[CAUSE_LINE], const char *what, const char *which, const char *why, const char *command);

/* Tell such a line on standard error, with its command as this user can type it: strata under the name that it was called by, which
 * need not be in PATH, and without sudo where he is root already, since a bare system has none. False, for the caller to return. */
bool cause_tell(const char *line);

/* CAUSE_TUN cannot be opened, or takes none of a TAP's calls (ENOTTY). `error` is positive here and below. */
void cause_of_open(const char *root, int error, char line[CAUSE_LINE]);

/* TUNSETIFF refused this interface; `command` is strata's that wanted it, for the line's end. */
void cause_of_attach(const char *root, const char *name, int error, const char *command, char line[CAUSE_LINE]);

/* None of tap0, tap1 ... was given to us, and the last answer was this one about `name`; `busy` of them are in use. */
void cause_of_none(const char *root, const char *name, int error, unsigned busy, const char *command,
		   char line[CAUSE_LINE]);

/* A step on the way to a private network that was refused. */
enum cause_step { CAUSE_UNSHARE, CAUSE_MAP, CAUSE_LOOPBACK, CAUSE_BRIDGE, CAUSE_ADDRESS, CAUSE_RECORD };
void cause_of_private(const char *root, enum cause_step step, int error, char line[CAUSE_LINE]);

/* A bridge cannot be made in this network. */
void cause_of_bridge(const char *name, int error, char line[CAUSE_LINE]);

/* A process that has the TAP of this name open in this network namespace: its number, and its name in `program`; 0 when
 * none is found among those whose descriptors we may see. */
long cause_find_holder(const char *root, const char *tap, char *program, size_t room);

/* Whether something stands between the bridge and its neighbours though all was made; then it is in the line. NetworkManager takes
 * our addresses away from an interface that it manages; a firewall that drops what is forwarded, for containers mostly,
 * drops what is bridged too where the kernel passes that by it (bridge-nf-call-iptables). The firewall tells its rules to
 * CAP_NET_ADMIN only. */
bool cause_manager(const char *root, const char *name, char line[CAUSE_LINE]);
bool cause_firewall(const char *root, const char *bridge, char line[CAUSE_LINE]);

#endif
