/* SPDX-License-Identifier: MIT
 *
 * Causes that lie in the system, and what mends them; see causes.h.
 */
#include <errno.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "apps/causes.h"

#define CAUSE_PATH 512
#define CAUSE_USER 40
#define CAUSE_TOLD 1024 /* a line with longer names of strata in it */

void cause_line(char line[CAUSE_LINE], const char *what, const char *which, const char *why, const char *command)
{
	snprintf(line, CAUSE_LINE, "strata: %s failed on %s: %s; do: %s", what, which, why, command);
}

/* ---- telling ---- */

/* Root who may do what root may: not the one of a container, nor one whose powers were taken away. */
static bool cause_is_root(void)
{
	return geteuid() == 0 && prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) == 1;
}

/* The name that strata was called by: `build/strata`, or `strata` where that is found in PATH. */
static const char *cause_program(void)
{
	return strcmp(program_invocation_short_name, "strata") == 0 ? program_invocation_name : "strata";
}

static bool cause_is_word(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && memcmp(text, word, length) == 0;
}

static void cause_append(char told[CAUSE_TOLD], const char *text, size_t length)
{
	size_t used = strlen(told);
	snprintf(told + used, CAUSE_TOLD - used, "%.*s", (int)length, text);
}

bool cause_tell(const char *line)
{
	static const char before[] = "; do: ";
	const char *text = strstr(line, before), *program = cause_program();
	char told[CAUSE_TOLD] = "";
	text = text ? text + strlen(before) : line + strlen(line);
	cause_append(told, line, (size_t)(text - line));
	while (*text) {
		size_t length = strcspn(text, " "), whole = length + strspn(text + length, " ");
		if (cause_is_word(text, length, "strata")) {
			cause_append(told, program, strlen(program));
			cause_append(told, text + length, whole - length);
		} else if (!cause_is_word(text, length, "sudo") || !cause_is_root()) {
			cause_append(told, text, whole);
		}
		text += whole;
	}
	fprintf(stderr, "%s\n", told);
	return false;
}

/* ---- looking around ---- */

/* The beginning of a file as text; "" where it cannot be read. */
static const char *cause_read(const char *root, const char *path, char *text, size_t room)
{
	char whole[CAUSE_PATH];
	snprintf(whole, sizeof whole, "%s%s", root, path);
	FILE *f = fopen(whole, "re");
	size_t length = f ? fread(text, 1, room - 1, f) : 0;
	text[length] = '\0';
	if (f)
		fclose(f);
	return text;
}

/* The number in a file of /proc/sys, or -1 where there is none. */
static long cause_setting(const char *root, const char *path)
{
	char text[32], *end;
	cause_read(root, path, text, sizeof text);
	long number = strtol(text, &end, 10);
	return end > text ? number : -1;
}

static bool cause_exists(const char *root, const char *path)
{
	char whole[CAUSE_PATH];
	snprintf(whole, sizeof whole, "%s%s", root, path);
	return access(whole, F_OK) == 0;
}

static const char *cause_user(unsigned long id, char name[CAUSE_USER])
{
	struct passwd *entry = getpwuid((uid_t)id);
	if (entry)
		snprintf(name, CAUSE_USER, "%s", entry->pw_name);
	else
		snprintf(name, CAUSE_USER, "uid %lu", id);
	return name;
}

static bool cause_in_container(const char *root)
{
	return cause_exists(root, "/.dockerenv") || cause_exists(root, "/run/.containerenv");
}

/* The kernel's name; Windows' is 4.4.0-...-Microsoft in WSL 1 and ...-microsoft-standard-WSL2 in WSL 2. */
static const char *cause_kernel(const char *root, char *release, size_t room)
{
	cause_read(root, "/proc/sys/kernel/osrelease", release, room);
	release[strcspn(release, "\n")] = '\0';
	return release;
}

/* ---- /dev/net/tun ---- */

static void cause_of_absence(const char *root, char line[CAUSE_LINE])
{
	char text[4096], release[128], modules[160], why[256];
	cause_kernel(root, release, sizeof release);
	snprintf(modules, sizeof modules, "/lib/modules/%s", release);
	const char *command = "sudo modprobe tun";
	snprintf(why, sizeof why, "the kernel's module tun is not loaded");
	if (cause_in_container(root)) {
		snprintf(why, sizeof why, "this container was started without it");
		command =
		    "docker run --device " CAUSE_TUN " --cap-add NET_ADMIN ... (podman: the same), or here: strata sim";
	} else if (strstr(cause_read(root, "/proc/misc", text, sizeof text), "200 tun\n")) {
		snprintf(why, sizeof why, "the kernel has TUN/TAP, but the file is missing");
		command = "sudo mkdir -p /dev/net && sudo mknod -m 0666 " CAUSE_TUN " c 10 200";
	} else if (strstr(release, "-Microsoft")) {
		snprintf(why, sizeof why, "WSL 1 has no TUN/TAP");
		command = "wsl.exe --set-version NAME 2, in PowerShell (wsl.exe -l tells NAME); or here: strata sim";
	} else if (strstr(release, "microsoft") && !cause_exists(root, modules)) {
		snprintf(why, sizeof why, "this kernel of WSL 2 has no TUN/TAP");
		command = "wsl.exe --update, then wsl.exe --shutdown, in PowerShell";
	} else if (!cause_exists(root, modules)) {
		snprintf(why, sizeof why,
			 "the modules of the running kernel, %s, are not installed (any more: was it updated?)",
			 release);
		command = "sudo reboot";
	}
	cause_line(line, "opening", CAUSE_TUN, why, command);
}

static void cause_of_refusal(const char *root, char line[CAUSE_LINE])
{
	char path[CAUSE_PATH], owner[CAUSE_USER], us[CAUSE_USER], why[256];
	struct stat status;
	snprintf(path, sizeof path, "%s%s", root, CAUSE_TUN);
	if (stat(path, &status) < 0) {
		cause_line(line, "opening", CAUSE_TUN, "this user may not enter its directory",
			   "sudo chmod 0755 /dev/net");
		return;
	}
	if ((status.st_mode & 0666) == 0666) {
		cause_line(line, "opening", CAUSE_TUN,
			   "everybody may by its mode, but something forbids it to this process",
			   cause_in_container(root) ? "docker run --device " CAUSE_TUN
						      " --cap-add NET_ADMIN ... (podman: the same)"
						    : "sudo dmesg | grep -i denied");
		return;
	}
	snprintf(why, sizeof why, "its mode is %04o and it belongs to %s, but this is %s",
		 (unsigned)status.st_mode & 07777, cause_user(status.st_uid, owner), cause_user(geteuid(), us));
	cause_line(line, "opening", CAUSE_TUN, why, "sudo chmod 0666 " CAUSE_TUN);
}

void cause_of_open(const char *root, int error, char line[CAUSE_LINE])
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ENODEV:
	case ENXIO:
		cause_of_absence(root, line);
		break;
	case EACCES:
	case EPERM:
		cause_of_refusal(root, line);
		break;
	case ENOTTY:
	case EISDIR:
		cause_line(line, "opening", CAUSE_TUN, "this is no TUN/TAP device, but some other file",
			   "sudo rm -r " CAUSE_TUN " && sudo mknod -m 0666 " CAUSE_TUN " c 10 200");
		break;
	default:
		cause_line(line, "opening", CAUSE_TUN, strerror(error), "ls -l " CAUSE_TUN);
	}
}

/* ---- private networks ---- */

/* The switch in /proc/sys that forbids user namespaces, where there is one; `command` turns it back. */
static bool cause_switched_off(const char *root, int error, const char **why, const char **command)
{
	static const struct {
		const char *path;
		long forbids;
		const char *why, *command;
	} switches[] = {
	    {"/proc/sys/user/max_user_namespaces", 0, "user.max_user_namespaces is 0, so that there may be none",
	     "sudo sysctl -w user.max_user_namespaces=15000"},
	    {"/proc/sys/user/max_net_namespaces", 0, "user.max_net_namespaces is 0, so that there may be none",
	     "sudo sysctl -w user.max_net_namespaces=15000"},
	    {"/proc/sys/kernel/unprivileged_userns_clone", 0,
	     "kernel.unprivileged_userns_clone is 0: only root may make namespaces",
	     "sudo sysctl -w kernel.unprivileged_userns_clone=1"},
	    {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1,
	     "AppArmor forbids it (kernel.apparmor_restrict_unprivileged_userns is 1)",
	     "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
	};
	size_t first = error == ENOSPC ? 0 : 2, end = error == ENOSPC ? 2 : 4;
	for (size_t i = first; i < end; i++)
		if (cause_setting(root, switches[i].path) == switches[i].forbids) {
			*why = switches[i].why;
			*command = switches[i].command;
			return true;
		}
	return false;
}

/* What a system says that lets us have no namespace, or none with the rights that belong to it. */
static void cause_of_namespace(const char *root, const char *what, int error, char line[CAUSE_LINE])
{
	const char *why = strerror(error), *command = "sudo strata ns";
	if (cause_switched_off(root, error, &why, &command)) {
		/* said */
	} else if (error == ENOSPC || error == EUSERS) {
		why = "there are as many namespaces, or so deep inside each other, as there may be";
		command = "sysctl user, which tells the limits";
	} else if (error == EINVAL || error == ENOSYS) {
		why = "this kernel has no user namespaces";
	} else if ((error == EPERM || error == EACCES) && cause_in_container(root)) {
		why = "this container may not make namespaces";
		command = "docker run --device " CAUSE_TUN
			  " --cap-add NET_ADMIN --cap-add SYS_ADMIN ..., or here: strata sim";
	} else if (error == EPERM || error == EACCES) {
		why = "this process may make none: a security module, seccomp or a chroot is in the way";
	}
	cause_line(line, what, "the private network", why, command);
}

void cause_of_private(const char *root, enum cause_step step, int error, char line[CAUSE_LINE])
{
	switch (step) {
	case CAUSE_UNSHARE:
		cause_of_namespace(root, "making a namespace for", error, line);
		break;
	case CAUSE_MAP:
		cause_of_namespace(root, "becoming root of", error, line);
		break;
	case CAUSE_LOOPBACK:
	case CAUSE_ADDRESS:
		cause_of_namespace(root, "giving addresses to", error, line);
		break;
	case CAUSE_BRIDGE:
		if (error == EPERM || error == EACCES)
			cause_of_namespace(root, "making the bridge of", error, line);
		else
			cause_of_bridge("strata0", error, line);
		break;
	case CAUSE_RECORD:
		cause_line(line, "keeping a list", "the private network", strerror(error),
			   "ls -ld /run/strata /tmp/strata-*");
		break;
	}
}

void cause_of_bridge(const char *name, int error, char line[CAUSE_LINE])
{
	const char *why = strerror(error), *command = "sudo dmesg | tail";
	if (error == EOPNOTSUPP) {
		why = "the kernel's module bridge is not loaded";
		command = "sudo modprobe bridge";
	} else if (error == EEXIST) {
		why = "an interface that is no bridge has this name";
		command = "ip -details link show strata0";
	} else if (error == EPERM || error == EACCES) {
		why = "only root may make one";
		command = "sudo strata up, or strata ns for a private network";
	}
	cause_line(line, "making a bridge", name, why, command);
}
