/* SPDX-License-Identifier: MIT
 *
 * What stratas know of each other from one run to the next: a directory of the user's own, and in it the list of the
 * private networks that are running.
 *
 *     /run/strata             root's
 *     $XDG_RUNTIME_DIR/strata anyone else's, or /tmp/strata-UID
 *         ns.PIDNS.PID        a private network lives as long as this process, whose start time is inside
 *         up.NETNS            what `strata up` made (apps/up.c)
 *
 * Process numbers are used again and mean nothing in another PID namespace, so an entry counts only while the process with
 * its number began at its time, and is looked at only from its own namespace. What a killed strata leaves is therefore found out, and removed by the next that looks.
 */
#ifndef STRATA_APPS_RUNTIME_H
#define STRATA_APPS_RUNTIME_H

#include <stdbool.h>
#include <sys/types.h>

#define RUNTIME_PATH 192

/* The directory; it is made where it is missing. One that another user could write to is passed over. False: there is
 * none to be had, and errno says why. */
bool runtime_directory(char path[RUNTIME_PATH]);

/* Remove the directory where nothing is in it any more. */
void runtime_leave(void);

/* What tells this process' network namespace from all others, also from those that are gone. */
unsigned long long runtime_network(void);

/* Enter a private network in the list, and take it out. The directory is the one that the user had before he came into a
 * user namespace, in which he is somebody else. False: errno says why. */
bool runtime_add_network(const char *directory, pid_t pid);
void runtime_remove_network(const char *directory, pid_t pid);

/* The process that holds the youngest private network of this user, or 0. */
pid_t runtime_find_network(void);

#endif
