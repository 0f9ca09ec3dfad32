/* SPDX-License-Identifier: MIT
 *
 * Private networks; see private.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/attach.h"
#include "apps/causes.h"
#include "apps/private.h"
#include "apps/runtime.h"
#include "base/addr.h"
#include "drivers/netdevice.h"
#include "drivers/tap.h"

static bool private_fail(enum cause_step step, int error)
{
	char line[CAUSE_LINE];
	cause_of_private("", step, error, line);
	return cause_tell(line);
}

static bool private_has_tun(void)
{
	char line[CAUSE_LINE];
	int error = tap_try();
	if (!error)
		return true;
	cause_of_open("", -error, line);
	return cause_tell(line);
}

static int private_write(const char *path, const char *text)
{
	int f = open(path, O_WRONLY | O_CLOEXEC);
	if (f < 0)
		return -errno;
	int error = write(f, text, strlen(text)) < 0 ? -errno : 0;
	close(f);
	return error;
}

/* In the new user namespace we are root and nobody else exists (user_namespaces(7)). The kernel wants setgroups() given up before
 * it lets us map a group. */
static int private_become_root(uid_t user, gid_t group)
{
	char map[64];
	int error = private_write("/proc/self/setgroups", "deny");
	snprintf(map, sizeof map, "0 %lu 1", (unsigned long)user);
	if (!error || error == -ENOENT)
		error = private_write("/proc/self/uid_map", map);
	snprintf(map, sizeof map, "0 %lu 1", (unsigned long)group);
	return error ? error : private_write("/proc/self/gid_map", map);
}

static bool private_unshare(int namespaces)
{
	uid_t user = geteuid();
	gid_t group = getegid();
	if (unshare(CLONE_NEWNET | namespaces) == 0)
		return true;
	if (errno != EPERM)
		return private_fail(CAUSE_UNSHARE, errno);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET | namespaces) < 0)
		return private_fail(CAUSE_UNSHARE, errno);
	int error = private_become_root(user, group);
	return !error || private_fail(CAUSE_MAP, -error);
}

/* All interfaces to come begin without IPv6, so that nothing is on a wire but what was sent on purpose. */
static bool private_furnish(void)
{
	static const struct address host = {{192, 0, 2, 1}};
	static const struct mac mac = {{0x02, 0x00, 192, 0, 2, 1}};
	netdevice_silence("all");
	netdevice_silence("default");
	int error = netdevice_raise("lo");
	if (error)
		return private_fail(CAUSE_LOOPBACK, -error);
	error = netdevice_make_bridge(ATTACH_BRIDGE, mac);
	if (error)
		return private_fail(CAUSE_BRIDGE, -error);
	error = netdevice_set_address(ATTACH_BRIDGE, host, 24);
	return !error || private_fail(CAUSE_ADDRESS, -error);
}

bool private_make(int namespaces)
{
	return private_has_tun() && private_unshare(namespaces) && private_furnish();
}

static char private_directory[RUNTIME_PATH]; /* for atexit(3), which passes nothing on */

static void private_forget(void)
{
	runtime_remove_network(private_directory, getpid());
}

bool private_enter(void)
{
	bool found = runtime_directory(private_directory);
	int error = errno;
	if (!private_make(0))
		return false;
	if (!found || !runtime_add_network(private_directory, getpid()))
		return private_fail(CAUSE_RECORD, found ? errno : error);
	atexit(private_forget);
	return true;
}
