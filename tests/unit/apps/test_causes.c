/* SPDX-License-Identifier: MIT
 *
 * Causes on systems that this one is not, laid out as files below a directory: a container, WSL, a kernel that was updated. Those
 * that can be made for real are in tests/system/doctor.sh.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <ftw.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/causes.h"
#include "tests/harness/scratch.h"

#define BELOW (SCRATCH_PATH + 100) /* room for a path below it */

static char root[SCRATCH_PATH];
static char line[CAUSE_LINE];

/* A file with this text, and the directories that lead to it. */
static void lay(const char *path, const char *text)
{
	char whole[BELOW];
	snprintf(whole, sizeof whole, "%s%s", root, path);
	for (char *slash = strchr(whole + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(whole, 0755);
		*slash = '/';
	}
	FILE *f = fopen(whole, "w");
	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
}

static void take_away(const char *path)
{
	char whole[256];
	snprintf(whole, sizeof whole, "%s%s", root, path);
	cr_assert_eq(remove(whole), 0);
}

static void open_root(void)
{
	cr_assert_not_null(mkdtemp(scratch_path(root, "causes")));
	lay("/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
	lay("/lib/modules/6.1.0-18-amd64/modules.dep", "");
}

static int erase(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static void close_root(void)
{
	nftw(root, erase, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(causes, .init = open_root, .fini = close_root);

/* The line has this reason and this cure, and the form of all our errors. */
static void assert_line(const char *why, const char *command)
{
	cr_assert_eq(strncmp(line, "strata: ", 8), 0);
	cr_assert_not_null(strstr(line, " failed on "));
	cr_assert_not_null(strstr(line, why), "%s", line);
	const char *cure = strstr(line, "; do: ");
	cr_assert_not_null(cure);
	cr_assert_eq(strncmp(cure + 6, command, strlen(command)), 0, "%s", line);
	cr_assert_null(strchr(line, '\n'));
}

/* What is told of the line is `expected`, to a program that was called by this name. */
static void assert_told(const char *name, const char *short_name, const char *expected)
{
	static char called[64], called_short[64];
	char told[256];
	snprintf(called, sizeof called, "%s", name);
	snprintf(called_short, sizeof called_short, "%s", short_name);
	program_invocation_name = called;
	program_invocation_short_name = called_short;
	cr_redirect_stderr();
	cr_assert_not(cause_tell(line));
	fflush(stderr);
	cr_assert_not_null(fgets(told, sizeof told, cr_get_redirected_stderr()));
	cr_assert_str_eq(told, expected);
}

Test(causes, a_command_names_strata_as_it_was_called)
{
	cause_line(line, "using strata", "strata", "strata has it",
		   "rm s /run/strata  strata0 && strata up, or strata");
	assert_told("build/strata", "strata",
		    "strata: using strata failed on strata: strata has it; do: "
		    "rm s /run/strata  strata0 && build/strata up, or build/strata\n");
}

Test(causes, a_command_names_strata_by_its_name_when_another_program_tells_it)
{
	cause_line(line, "using", "tap0", "it is busy", "strata up");
	assert_told("tests/unit", "unit", "strata: using failed on tap0: it is busy; do: strata up\n");
}

/* Root is told no sudo, and others are; the test runs as either (tests/system/doctor.sh: as both). */
Test(causes, a_command_tells_sudo_to_whom_it_helps)
{
	bool mighty = geteuid() == 0 && prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) == 1;
	cause_line(line, "opening", "x", "no sudo here", "sudo a sudoer && sudo b");
	assert_told("strata", "strata",
		    mighty ? "strata: opening failed on x: no sudo here; do: a sudoer && b\n"
			   : "strata: opening failed on x: no sudo here; do: sudo a sudoer && sudo b\n");
}

Test(causes, all_taps_are_in_use)
{
	cause_of_none(root, "tap0", EBUSY, 253, "curl", line);
	assert_line("all that may be, 253, are in use", "strata doctor");
	cause_of_none(root, "tap2", EPERM, 2, "curl", line);
	assert_line("all of this user's TAPs, 2, are in use", "sudo strata up 4");
}

Test(causes, a_module_that_is_not_loaded)
{
	static const int errors[] = {ENOENT, ENODEV}; /* without the file, and with it */
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		cause_of_open(root, errors[i], line);
		assert_line("the kernel's module tun is not loaded", "sudo modprobe tun");
	}
}

Test(causes, a_kernel_whose_modules_are_gone)
{
	lay("/proc/sys/kernel/osrelease", "6.1.0-17-amd64\n");
	cause_of_open(root, ENOENT, line);
	assert_line("the modules of the running kernel, 6.1.0-17-amd64, are not installed", "sudo reboot");
}

Test(causes, a_device_file_that_is_missing)
{
	lay("/proc/misc", "229 fuse\n200 tun\n");
	cause_of_open(root, ENOENT, line);
	assert_line("the file is missing", "sudo mkdir -p /dev/net && sudo mknod -m 0666 /dev/net/tun c 10 200");
}

Test(causes, a_container_without_the_device)
{
	static const char *const marks[] = {"/.dockerenv", "/run/.containerenv"}; /* Docker's, and Podman's */
	lay("/proc/misc", "200 tun\n");
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		lay(marks[i], "");
		cause_of_open(root, ENOENT, line);
		assert_line("this container was started without it",
			    "docker run --device /dev/net/tun --cap-add NET_ADMIN");
		take_away(marks[i]);
	}
}

Test(causes, a_container_that_may_not_open_the_device)
{
	lay("/.dockerenv", "");
	lay("/dev/net/tun", "");
	char path[BELOW];
	snprintf(path, sizeof path, "%s/dev/net/tun", root);
	chmod(path, 0666);
	cause_of_open(root, EPERM, line);
	assert_line("something forbids it to this process", "docker run --device /dev/net/tun");
}

Test(causes, wsl_1_and_2)
{
	lay("/proc/sys/kernel/osrelease", "4.4.0-19041-Microsoft\n");
	cause_of_open(root, ENOENT, line);
	assert_line("WSL 1 has no TUN/TAP", "wsl.exe --set-version NAME 2, in PowerShell");
	lay("/proc/sys/kernel/osrelease", "4.19.84-microsoft-standard\n");
	cause_of_open(root, ENOENT, line);
	assert_line("this kernel of WSL 2 has no TUN/TAP", "wsl.exe --update, then wsl.exe --shutdown, in PowerShell");
}

Test(causes, switches_that_forbid_user_namespaces)
{
	static const enum cause_step steps[] = {CAUSE_UNSHARE, CAUSE_MAP, CAUSE_BRIDGE};
	lay("/proc/sys/kernel/unprivileged_userns_clone", "0\n");
	cause_of_private(root, CAUSE_UNSHARE, EPERM, line);
	assert_line("kernel.unprivileged_userns_clone is 0", "sudo sysctl -w kernel.unprivileged_userns_clone=1");
	lay("/proc/sys/kernel/unprivileged_userns_clone", "1\n");
	lay("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		cause_of_private(root, steps[i], EPERM, line);
		assert_line("AppArmor forbids it", "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
	}
	lay("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "0\n");
	cause_of_private(root, CAUSE_UNSHARE, EPERM, line);
	assert_line("a security module, seccomp or a chroot is in the way", "sudo strata ns");
}

Test(causes, limits_of_namespaces)
{
	lay("/proc/sys/user/max_user_namespaces", "0\n");
	lay("/proc/sys/user/max_net_namespaces", "63000\n");
	cause_of_private(root, CAUSE_UNSHARE, ENOSPC, line);
	assert_line("user.max_user_namespaces is 0", "sudo sysctl -w user.max_user_namespaces=15000");
	lay("/proc/sys/user/max_user_namespaces", "63000\n");
	lay("/proc/sys/user/max_net_namespaces", "0\n");
	cause_of_private(root, CAUSE_UNSHARE, ENOSPC, line);
	assert_line("user.max_net_namespaces is 0", "sudo sysctl -w user.max_net_namespaces=15000");
	lay("/proc/sys/user/max_net_namespaces", "63000\n");
	cause_of_private(root, CAUSE_UNSHARE, ENOSPC, line);
	assert_line("there are as many namespaces", "sysctl user");
}

Test(causes, a_container_without_namespaces)
{
	lay("/.dockerenv", "");
	cause_of_private(root, CAUSE_UNSHARE, EPERM, line);
	assert_line("this container may not make namespaces", "docker run --device /dev/net/tun");
}

Test(causes, a_kernel_without_user_namespaces_or_bridges)
{
	cause_of_private(root, CAUSE_UNSHARE, EINVAL, line);
	assert_line("this kernel has no user namespaces", "sudo strata ns");
	cause_of_private(root, CAUSE_BRIDGE, EOPNOTSUPP, line);
	assert_line("the kernel's module bridge is not loaded", "sudo modprobe bridge");
}

/* A process 77 that has tap5 open, and one that has tap6 open in another network. */
Test(causes, the_process_that_has_a_tap_open)
{
	char program[32];
	lay("/proc/self/ns/net", "");
	lay("/proc/77/comm", "qemu system\n");
	lay("/proc/77/fdinfo/3", "pos:\t0\nflags:\t02\n");
	lay("/proc/77/fdinfo/4", "pos:\t0\nflags:\t0104002\nmnt_id:\t26\niff:\ttap5\n");
	lay("/proc/78/comm", "other\n");
	lay("/proc/78/fdinfo/3", "iff:\ttap6\n");
	lay("/proc/78/ns/net", "");
	char ours[BELOW], theirs[BELOW];
	snprintf(ours, sizeof ours, "%s/proc/self/ns/net", root);
	snprintf(theirs, sizeof theirs, "%s/proc/77/ns", root);
	mkdir(theirs, 0755);
	snprintf(theirs, sizeof theirs, "%s/proc/77/ns/net", root);
	cr_assert_eq(link(ours, theirs), 0); /* one inode: one network */
	cr_assert_eq(cause_find_holder(root, "tap5", program, sizeof program), 77);
	cr_assert_str_eq(program, "qemu system");
	cr_assert_eq(cause_find_holder(root, "tap6", program, sizeof program), 0);
	cr_assert_eq(cause_find_holder(root, "tap", program, sizeof program), 0);
}
