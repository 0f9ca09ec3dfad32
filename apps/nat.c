/* SPDX-License-Identifier: MIT
 *
 * Forwarding and masquerading; see nat.h.
 *
 * conf/all/forwarding, which is ip_forward, is more than a switch: writing it sets every interface's own, and what redirects
 * are good for (accept_redirects). So all of these are noted before, in the order in which, read backwards, they restore
 * what was: first the switch, then the interfaces, then the redirects.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/causes.h"
#include "apps/firewall.h"
#include "apps/nat.h"

#define NAT_CONF   "net/ipv4/conf"
#define NAT_SWITCH NAT_CONF "/all/forwarding"

static bool nat_fail(const char *what, const char *which, int error, const char *command)
{
	char line[CAUSE_LINE];
	cause_line(line, what, which, strerror(error), command);
	return cause_tell(line);
}

/* ---- files below /proc/sys ---- */

static int nat_open_setting(const char *path, int mode)
{
	char whole[160];
	snprintf(whole, sizeof whole, "/proc/sys/%s", path);
	int f = open(whole, mode | O_CLOEXEC);
	return f < 0 ? -errno : f;
}

/* The number in one, or a negative errno. */
static int nat_get(const char *path)
{
	char text[16] = "";
	int f = nat_open_setting(path, O_RDONLY);
	if (f < 0)
		return f;
	ssize_t length = read(f, text, sizeof text - 1);
	close(f);
	return length > 0 ? atoi(text) : -EIO;
}

static int nat_set(const char *path, int value)
{
	char text[16];
	int f = nat_open_setting(path, O_WRONLY);
	if (f < 0)
		return f;
	int length = snprintf(text, sizeof text, "%d\n", value);
	int error = write(f, text, (size_t)length) < 0 ? -errno : 0;
	close(f);
	return error;
}

int nat_undo_setting(const char *setting)
{
	char path[JOURNAL_LINE];
	int value;
	if (sscanf(setting, "%95s %d", path, &value) != 2)
		return -EINVAL;
	return nat_set(path, value);
}

static bool nat_note(struct journal *j, const char *path)
{
	char line[JOURNAL_LINE];
	int value = nat_get(path);
	snprintf(line, sizeof line, "set %s %d", path, value);
	return value < 0 || journal_add(j, line);
}

/* ---- forwarding ---- */

static bool nat_note_interfaces(struct journal *j)
{
	char path[64];
	bool noted = true;
	DIR *interfaces = opendir("/proc/sys/" NAT_CONF);
	for (struct dirent *entry; interfaces && noted && (entry = readdir(interfaces));) {
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "all") == 0)
			continue;
		snprintf(path, sizeof path, NAT_CONF "/%.20s/forwarding", entry->d_name);
		noted = nat_note(j, path);
	}
	if (interfaces)
		closedir(interfaces);
	return noted;
}

static bool nat_forward(struct journal *j)
{
	if (nat_get(NAT_SWITCH) == 1) {
		bool ours = journal_has(j, "set " NAT_SWITCH " 0");
		printf("forwarding between interfaces is on already%s\n", ours ? "" : ", and stays so");
		return true;
	}
	if (!nat_note(j, NAT_CONF "/all/accept_redirects") || !nat_note_interfaces(j) || !nat_note(j, NAT_SWITCH))
		return nat_fail("noting", j->path, errno, "df /run");
	int error = nat_set(NAT_SWITCH, 1);
	if (error)
		return nat_fail("turning forwarding on", "/proc/sys/" NAT_SWITCH, -error, "sudo strata up --nat");
	printf("turned forwarding between all interfaces on (net.ipv4.ip_forward was 0)\n");
	return true;
}

/* ---- masquerading ---- */

/* Without nf_tables there may be its predecessor; whose rule we leave to its own tool. */
static bool nat_explain_firewall(const char *bridge, const char *network, int error)
{
	char command[160], line[CAUSE_LINE];
	if (error == EPERM)
		return nat_fail("masquerading", bridge, error, "sudo strata up --nat");
	snprintf(
	    command, sizeof command,
	    "sudo modprobe nft_masq, and again; or sudo iptables -t nat -A POSTROUTING -s %s ! -o %s -j MASQUERADE",
	    network, bridge);
	cause_line(line, "masquerading", bridge, "this kernel has no nf_tables, or not its nat", command);
	return cause_tell(line);
}

bool nat_open(struct journal *j, const char *bridge, struct address network, unsigned prefix_length)
{
	char line[JOURNAL_LINE], address[ADDRESS_TEXT], text[ADDRESS_TEXT + 4];
	snprintf(text, sizeof text, "%s/%u", address_print(network, address), prefix_length);
	if (!nat_forward(j))
		return false;
	snprintf(line, sizeof line, "table %s", bridge);
	bool ours = journal_has(j, line);
	if (!journal_add(j, line))
		return nat_fail("noting", j->path, errno, "df /run");
	int error = firewall_masquerade(bridge, network, prefix_length);
	if (error && !(error == -EEXIST && ours))
		return nat_explain_firewall(bridge, text, -error);
	printf("%s %s as this computer towards the outside (nftables: table ip %s)\n",
	       error ? "go on masquerading" : "masquerade", text, bridge);
	return true;
}
