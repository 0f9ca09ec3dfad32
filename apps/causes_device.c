/* SPDX-License-Identifier: MIT
 *
 * Causes that lie in an interface and in who else uses it; see causes.h.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/causes.h"
#include "apps/firewall.h"
#include "drivers/netdevice.h"

#define CAUSE_PATH 512

/* ---- who has a TAP open ---- */

/* Whether a descriptor is of this TAP: the kernel says so in its fdinfo, in a line "iff:	tap0". */
static bool cause_holds(const char *fdinfo, const char *tap)
{
	char line[128], name[NETDEVICE_NAME] = "";
	FILE *f = fopen(fdinfo, "re");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "iff: %15s", name) == 1)
			break;
	if (f)
		fclose(f);
	return strcmp(name, tap) == 0;
}

/* Interfaces of other network namespaces have the same names. */
static bool cause_shares_network(const char *root, const char *pid)
{
	char path[CAUSE_PATH];
	struct stat its, ours;
	snprintf(path, sizeof path, "%s/proc/%.20s/ns/net", root, pid);
	if (stat(path, &its) < 0)
		return false;
	snprintf(path, sizeof path, "%s/proc/self/ns/net", root);
	return stat(path, &ours) == 0 && its.st_ino == ours.st_ino;
}

static bool cause_is_holder(const char *root, const char *pid, const char *tap)
{
	char path[CAUSE_PATH];
	bool holds = false;
	snprintf(path, sizeof path, "%s/proc/%.20s/fdinfo", root, pid);
	DIR *descriptors = opendir(path);
	for (struct dirent *entry; descriptors && !holds && (entry = readdir(descriptors));) {
		snprintf(path, sizeof path, "%s/proc/%.20s/fdinfo/%.20s", root, pid, entry->d_name);
		holds = isdigit((unsigned char)entry->d_name[0]) && cause_holds(path, tap);
	}
	if (descriptors)
		closedir(descriptors);
	return holds && cause_shares_network(root, pid);
}

long cause_find_holder(const char *root, const char *tap, char *program, size_t room)
{
	char path[CAUSE_PATH];
	long pid = 0;
	snprintf(path, sizeof path, "%s/proc", root);
	DIR *processes = opendir(path);
	for (struct dirent *entry; processes && pid == 0 && (entry = readdir(processes));)
		if (isdigit((unsigned char)entry->d_name[0]) && cause_is_holder(root, entry->d_name, tap))
			pid = strtol(entry->d_name, NULL, 10);
	if (processes)
		closedir(processes);
	snprintf(path, sizeof path, "%s/proc/%ld/comm", root, pid);
	FILE *f = pid ? fopen(path, "re") : NULL;
	snprintf(program, room, "a process");
	if (f && fgets(program, (int)room, f))
		program[strcspn(program, "\n")] = '\0';
	if (f)
		fclose(f);
	return pid;
}

/* ---- what TUNSETIFF refuses ---- */

/* The first tapN that does not exist, for a machine to move to. */
static const char *cause_free_name(char name[NETDEVICE_NAME])
{
	struct netdevice_link link;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, NETDEVICE_NAME, "tap%u", i);
		if (netdevice_link(name, &link) == -ENODEV)
			break;
	}
	return name;
}

static void cause_of_busy(const char *root, const char *name, const char *command, char line[CAUSE_LINE])
{
	char program[32], why[128], other[NETDEVICE_NAME], remedy[160];
	long pid = cause_find_holder(root, name, program, sizeof program);
	cause_free_name(other);
	if (pid) {
		snprintf(why, sizeof why, "%s, process %ld, has it open", program, pid);
		snprintf(remedy, sizeof remedy, "kill %ld, or strata %s without --tap, which takes a free one", pid,
			 command);
	} else {
		snprintf(why, sizeof why, "a process of another user has it open");
		snprintf(remedy, sizeof remedy,
			 "sudo strata doctor --tap %s, which tells whose; or strata %s without --tap", name, command);
	}
	cause_line(line, "attaching", name, why, remedy);
}

/* EPERM: it is another's, or there is none and this user may not make one. */
static void cause_of_forbidden(const char *name, const struct netdevice_link *link, const char *command,
			       char line[CAUSE_LINE])
{
	char why[128], remedy[160];
	if (link->index == 0)
		snprintf(why, sizeof why, "there is none of this name, and only root may make one in this network");
	else if (link->owner == NETDEVICE_NO_OWNER)
		snprintf(why, sizeof why, "it has no owner, so that only root may open it");
	else
		snprintf(why, sizeof why, "it belongs to the user with uid %u, and this is uid %u", link->owner,
			 (unsigned)geteuid());
	snprintf(remedy, sizeof remedy, "sudo strata up, once; or, in a private network, strata %s --ns", command);
	cause_line(line, "attaching", name, why, remedy);
}

static const char *cause_of_kind(const struct netdevice_link *link)
{
	if (strcmp(link->kind, "tun") != 0)
		return "an interface of this name exists, and is no TAP";
	return link->tap ? "it has been set up in another way" : "it exists as tun, not tap, or with several queues";
}

void cause_of_attach(const char *root, const char *name, int error, const char *command, char line[CAUSE_LINE])
{
	struct netdevice_link link;
	char remedy[160], other[NETDEVICE_NAME];
	int known = netdevice_link(name, &link);
	snprintf(remedy, sizeof remedy, "strata %s --tap %s", command, cause_free_name(other));
	if (error == EBADFD || error == ENOTTY)
		cause_of_open(root, ENOTTY, line);
	else if (error == EBUSY)
		cause_of_busy(root, name, command, line);
	else if (error == EPERM || error == EACCES)
		cause_of_forbidden(name, &link, command, line);
	else if (error == EINVAL && strlen(name) > 0 && strlen(name) < NETDEVICE_NAME && known == 0)
		cause_line(line, "attaching", name, cause_of_kind(&link), remedy);
	else if (error == EINVAL)
		cause_line(line, "attaching", name,
			   "no interface can have this name (1 to 15 characters, no / or space)", remedy);
	else
		cause_line(line, "attaching", name, strerror(error), remedy);
}

void cause_of_none(const char *root, const char *name, int error, unsigned busy, const char *command,
		   char line[CAUSE_LINE])
{
	bool ours = error == EPERM || error == EACCES; /* of others there would be some, but only root may make them */
	char why[64], remedy[64] = "strata doctor, which names the programs";
	if (busy == 0 || (!ours && error != EBUSY)) {
		cause_of_attach(root, name, error, command, line);
		return;
	}
	snprintf(why, sizeof why, "all %s, %u, are in use", ours ? "of this user's TAPs" : "that may be", busy);
	if (ours)
		snprintf(remedy, sizeof remedy, "sudo strata up %u", busy + 2);
	cause_line(line, "attaching", "tap0, tap1 ...", why, remedy);
}

/* ---- what disturbs afterwards ---- */

/* NetworkManager keeps a file about every interface, NUMBER, with "managed=true" for those that it looks after. */
bool cause_manager(const char *root, const char *name, char line[CAUSE_LINE])
{
	char path[CAUSE_PATH], text[64], command[80];
	unsigned index = if_nametoindex(name);
	bool managed = false;
	snprintf(path, sizeof path, "%s/run/NetworkManager/devices/%u", root, index);
	FILE *f = index ? fopen(path, "re") : NULL;
	while (f && fgets(text, sizeof text, f))
		managed = managed || strncmp(text, "managed=true", 12) == 0 || strncmp(text, "managed=1", 9) == 0;
	if (f)
		fclose(f);
	snprintf(command, sizeof command, "sudo nmcli device set %s managed no", name);
	if (managed)
		cause_line(line, "keeping addresses", name, "NetworkManager manages it, and may take them away",
			   command);
	return managed;
}

static bool cause_is_on(const char *root, const char *path)
{
	char whole[CAUSE_PATH];
	snprintf(whole, sizeof whole, "%s%s", root, path);
	FILE *f = fopen(whole, "re");
	int on = f ? fgetc(f) : '0';
	if (f)
		fclose(f);
	return on == '1';
}

bool cause_firewall(const char *root, const char *bridge, char line[CAUSE_LINE])
{
	struct firewall_drop drop;
	char path[96], which[64], command[256];
	snprintf(path, sizeof path, "/proc/sys/net/ipv4/conf/%s/forwarding", bridge);
	bool forwards = cause_is_on(root, path),
	     bridges = cause_is_on(root, "/proc/sys/net/bridge/bridge-nf-call-iptables");
	if ((!forwards && !bridges) || firewall_find_drop(bridge, &drop) != 1)
		return false;
	snprintf(which, sizeof which, "%s", bridge);
	firewall_mend_drop(bridge, &drop, command, sizeof command);
	cause_line(line, forwards ? "forwarding" : "bridging", which,
		   "the firewall drops what it does not know (a chain on the hook `forward` with policy drop)",
		   command);
	return true;
}
