/* SPDX-License-Identifier: MIT
 *
 * strata doctor: what would stop strata here, and the command that mends it. It tries what a start would try, in namespaces that are
 * gone with it, and asks causes.h about what went wrong.
 */
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/attach.h"
#include "apps/causes.h"
#include "apps/commands.h"
#include "apps/private.h"
#include "drivers/netdevice.h"
#include "drivers/tap.h"

#define DOCTOR_TROUBLE 2

__attribute__((format(printf, 1, 2))) static void doctor_well(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	printf("ok: ");
	vprintf(format, arguments);
	printf("\n");
	fflush(stdout);
	va_end(arguments);
}

static bool doctor_tun(void)
{
	char line[CAUSE_LINE];
	int error = tap_try();
	if (error) {
		cause_of_open("", -error, line);
		return cause_tell(line);
	}
	doctor_well(CAUSE_TUN " can be opened");
	return true;
}

/* Whether this TAP is to be had: tried, by opening it. */
static bool doctor_tap(const char *name)
{
	struct tap_failure failure;
	char line[CAUSE_LINE];
	struct driver *device = tap_open(name, 0, &failure);
	if (!device) {
		cause_of_attach("", name, -failure.error, "httpd", line);
		return cause_tell(line);
	}
	driver_close(device);
	doctor_well("%s is free for this user", name);
	return true;
}

/* A child goes through all of a start in a private network; what stops it, it tells itself. */
static bool doctor_private(void)
{
	int status = -1;
	struct tap_failure failure;
	char line[CAUSE_LINE];
	pid_t child = fork();
	if (child == 0) {
		if (!private_make(0))
			_exit(1);
		if (tap_open("tap0", 0, &failure))
			_exit(0);
		cause_of_attach("", "tap0", -failure.error, "httpd", line);
		cause_tell(line);
		_exit(1);
	}
	if (child > 0)
		waitpid(child, &status, 0);
	if (status == 0)
		doctor_well("private networks (make run, strata ns, strata COMMAND --ns)");
	return status == 0;
}

/* The TAPs that are ports of the bridge: how many are ours, and how many of these are free. */
static bool doctor_ports(unsigned bridge)
{
	struct netdevice_link link;
	struct tap_failure failure;
	char name[NETDEVICE_NAME], program[32], line[CAUSE_LINE];
	unsigned ours = 0, free_ones = 0;
	bool well = true;
	for (unsigned i = 0; i < ATTACH_TAPS; i++) {
		snprintf(name, sizeof name, "tap%u", i);
		if (netdevice_link(name, &link) != 0 || !link.tap || link.master != bridge)
			continue;
		well = !(cause_manager("", name, line) && !cause_tell(line)) && well;
		struct driver *device = tap_open(name, 0, &failure);
		ours += device || failure.error == -EBUSY;
		free_ones += device != NULL;
		long holder = device ? 0 : cause_find_holder("", name, program, sizeof program);
		if (device)
			driver_close(device);
		if (holder)
			doctor_well("%s is in use by %s, process %ld", name, program, holder);
	}
	if (ours > 0 && free_ones == 0 && geteuid() != 0) {
		cause_of_none("", "tap0", EPERM, ours, "httpd", line);
		return cause_tell(line);
	}
	doctor_well("%u of this user's %u TAPs on " ATTACH_BRIDGE " are free", free_ones, ours);
	return well;
}

static bool doctor_bridge(void)
{
	char line[CAUSE_LINE];
	bool well = true;
	unsigned bridge = if_nametoindex(ATTACH_BRIDGE);
	if (!bridge) {
		doctor_well("the bridge " ATTACH_BRIDGE " is not there, and need not be: sudo strata up makes it");
		return true;
	}
	if (cause_manager("", ATTACH_BRIDGE, line))
		well = cause_tell(line);
	if (cause_firewall("", ATTACH_BRIDGE, line))
		well = cause_tell(line);
	return doctor_ports(bridge) && well;
}

int doctor_main(int argc, char **argv)
{
	const char *tap = argc == 3 && strcmp(argv[1], "--tap") == 0 ? argv[2] : NULL;
	if (argc > 1 && !tap) {
		fprintf(
		    stderr,
		    "strata: reading the command line failed on %s: there is only --tap NAME; do: strata help doctor\n",
		    argv[1]);
		return DOCTOR_TROUBLE;
	}
	bool tun = doctor_tun();
	bool well = tun && doctor_private();
	well = doctor_bridge() && well;
	if (tap && tun)
		well = doctor_tap(tap) && well;
	return well ? 0 : DOCTOR_TROUBLE;
}
