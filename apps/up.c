/* SPDX-License-Identifier: MIT
 *
 * strata up [N] [--nat] and strata down: the bridge and N TAPs on this computer itself, made once by root for the user who became
 * root by sudo or su, and then runs strata without any privilege. The TAPs stay when nobody has them open, until `strata down` or
 * the next start of the computer.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/attach.h"
#include "apps/causes.h"
#include "apps/commands.h"
#include "apps/firewall.h"
#include "apps/journal.h"
#include "apps/nat.h"
#include "apps/options.h"
#include "drivers/netdevice.h"
#include "drivers/tap.h"

#define UP_TAPS   4
#define UP_MOST   64
#define UP_FAILED 2

static const struct address up_host = {{192, 0, 2, 1}};
static const struct address up_network = {{192, 0, 2, 0}};
static const struct mac up_mac = {{0x02, 0x00, 192, 0, 2, 1}};
#define UP_PREFIX 24

struct up {
	unsigned taps;
	bool nat;
	unsigned owner;
	struct journal journal;
};

static bool up_fail(const char *what, const char *which, int error, const char *command)
{
	char line[CAUSE_LINE];
	cause_line(line, what, which, strerror(error), command);
	return cause_tell(line);
}

/* ---- the command line ---- */

static int up_refuse(const char *what, const char *why, const char *command)
{
	fprintf(stderr, "strata: reading the command line failed on %s: %s; do: strata help %s\n", what, why, command);
	return UP_FAILED;
}

static bool up_arguments(struct up *up, char **argv)
{
	uint64_t taps = UP_TAPS;
	for (char **argument = argv + 1; *argument; argument++)
		if (strcmp(*argument, "--nat") == 0)
			up->nat = true;
		else if (!options_number(*argument, 1, UP_MOST, &taps))
			return up_refuse(*argument, "neither a number of TAPs from 1 to 64 nor --nat", "up"), false;
	up->taps = (unsigned)taps;
	return true;
}

/* Who logged in before he became root by su, doas or their like (proc(5), loginuid); all ones: nobody did. */
static bool up_login(uint64_t *user)
{
	char text[16] = "";
	FILE *f = fopen("/proc/self/loginuid", "re");
	if (f && !fgets(text, sizeof text, f))
		text[0] = '\0';
	if (f)
		fclose(f);
	text[strcspn(text, "\n")] = '\0';
	return options_number(text, 0, UINT32_MAX - 1, user);
}

/* Whose the TAPs are to be: his who called sudo, or who logged in. */
static unsigned up_owner(void)
{
	const char *text = getenv("SUDO_UID");
	uint64_t owner;
	if (geteuid() == 0 && ((text && options_number(text, 0, UINT32_MAX - 1, &owner)) || up_login(&owner)))
		return (unsigned)owner;
	return geteuid();
}

/* ---- up ---- */

static bool up_note(struct up *up, const char *kind, const char *name)
{
	char line[JOURNAL_LINE];
	snprintf(line, sizeof line, "%s %s", kind, name);
	return journal_add(&up->journal, line) || up_fail("noting", up->journal.path, errno, "df /run");
}

static bool up_is_noted(const struct up *up, const char *kind, const char *name)
{
	char line[JOURNAL_LINE];
	snprintf(line, sizeof line, "%s %s", kind, name);
	return journal_has(&up->journal, line);
}

static bool up_refused_bridge(int error)
{
	char line[CAUSE_LINE];
	cause_of_bridge(ATTACH_BRIDGE, -error, line);
	return cause_tell(line);
}

static bool up_bridge(struct up *up)
{
	struct netdevice_link link;
	struct netdevice_rival rival;
	int error = netdevice_link(ATTACH_BRIDGE, &link);
	bool there = error == 0;
	if (there && strcmp(link.kind, "bridge") != 0)
		return up_refused_bridge(-EEXIST);
	if (!there && netdevice_find_rival(ATTACH_BRIDGE, up_host, UP_PREFIX, &rival) == 1)
		return up_fail("making a bridge", ATTACH_BRIDGE, EADDRINUSE,
			       "ip address, which tells the interface that is in 192.0.2.0/24 already");
	if (!there && (!up_note(up, "bridge", ATTACH_BRIDGE)))
		return false;
	if (!there && (error = netdevice_make_bridge(ATTACH_BRIDGE, up_mac)) != 0)
		return up_refused_bridge(error);
	error = netdevice_set_address(ATTACH_BRIDGE, up_host, UP_PREFIX);
	if (error)
		return up_fail("giving 192.0.2.1/24", ATTACH_BRIDGE, -error, "sudo strata up");
	printf("%s the bridge " ATTACH_BRIDGE " with 192.0.2.1/24 for this computer\n", there ? "found" : "made");
	return true;
}

/* Put a TAP that is there onto the bridge: 0, or a negative errno. */
static int up_join(const char *name)
{
	struct netdevice_link link;
	int error = 0;
	netdevice_silence(name);
	if (netdevice_link(name, &link) == 0 && link.master == 0)
		error = netdevice_join(name, ATTACH_BRIDGE);
	return error ? error : netdevice_raise(name);
}

/* A TAP that was made as far as its line in the journal, or further, is made the rest of the way. One in use is there. */
static bool up_tap(struct up *up, const char *name)
{
	char line[CAUSE_LINE];
	if (!up_note(up, "tap", name))
		return false;
	int error = tap_make(name, up->owner);
	bool made = error == 0 || error == -EBUSY;
	if (made)
		error = up_join(name);
	if (!error)
		return true;
	if (error == -EPERM)
		cause_line(line, "making", name, "only root may make one", "sudo strata up");
	else if (made)
		cause_line(line, "joining " ATTACH_BRIDGE, name, strerror(-error), "sudo strata down, and again");
	else
		cause_of_attach("", name, -error, "up", line);
	return cause_tell(line);
}

static bool up_taps(struct up *up)
{
	struct netdevice_link link;
	char name[NETDEVICE_NAME];
	unsigned ready = 0;
	for (unsigned i = 0; i < UP_MOST && ready < up->taps; i++) {
		snprintf(name, sizeof name, "tap%u", i);
		if (netdevice_link(name, &link) == 0 && !up_is_noted(up, "tap", name))
			continue; /* somebody else's */
		if (!up_tap(up, name))
			return false;
		if (ready++ == 0)
			printf("TAPs that the user with uid %u may open:", up->owner);
		printf(" %s", name);
	}
	printf("\n");
	return ready == up->taps ||
	       up_fail("making TAPs", "tap0 ... tap63", EEXIST, "ip link, which tells whose they are");
}

/* What will be in the way of him who uses it. */
static void up_warn(const struct up *up)
{
	struct stat status;
	char line[CAUSE_LINE];
	if (up->owner != 0 && stat(CAUSE_TUN, &status) == 0 && (status.st_mode & 06) != 06 &&
	    status.st_uid != up->owner) {
		cause_line(line, "running without root", CAUSE_TUN, "its mode lets only root open it",
			   "sudo chmod 0666 " CAUSE_TUN);
		cause_tell(line);
	}
	if (cause_manager("", ATTACH_BRIDGE, line))
		cause_tell(line);
	if (cause_firewall("", ATTACH_BRIDGE, line))
		cause_tell(line);
}

static bool up_open(struct up *up)
{
	char line[CAUSE_LINE];
	int error = tap_try();
	if (error) {
		cause_of_open("", -error, line);
		return cause_tell(line);
	}
	if (!journal_open(&up->journal, true))
		return up_fail("noting what is made", "/run/strata", errno, "sudo strata up");
	return true;
}

/* After a failure: what was noted and not made needs no undoing. */
static void up_forget_unmade(struct journal *j)
{
	static bool kept[JOURNAL_LINES];
	struct netdevice_link link;
	for (size_t i = 0; i < j->count; i++) {
		const char *line = j->lines[i], *name = strchr(line, ' ');
		bool interface = strncmp(line, "bridge ", 7) == 0 || strncmp(line, "tap ", 4) == 0;
		kept[i] = !interface || !name || netdevice_link(name + 1, &link) != -ENODEV;
	}
	journal_keep(j, kept);
}

int up_main(int argc, char **argv)
{
	static struct up up;
	(void)argc;
	up.owner = up_owner();
	if (!up_arguments(&up, argv) || !up_open(&up))
		return UP_FAILED;
	bool done =
	    up_bridge(&up) && up_taps(&up) && (!up.nat || nat_open(&up.journal, ATTACH_BRIDGE, up_network, UP_PREFIX));
	if (done) {
		printf("strata down undoes this\n");
		fflush(stdout);
		up_warn(&up);
	} else {
		up_forget_unmade(&up.journal);
	}
	journal_close(&up.journal);
	return done ? 0 : UP_FAILED;
}

/* ---- down ---- */

/* Remove an interface if it is still what we made. */
static int down_delete(const char *name, const char *kind)
{
	struct netdevice_link link;
	int error = netdevice_link(name, &link);
	if (!error && strcmp(link.kind, kind) != 0)
		return -ENODEV;
	return error ? error : netdevice_delete(name);
}

/* Undo one line: 0, or a negative errno. */
static int down_undo(const char *line)
{
	if (strncmp(line, "bridge ", 7) == 0)
		return down_delete(line + 7, "bridge");
	if (strncmp(line, "tap ", 4) == 0)
		return down_delete(line + 4, "tun");
	if (strncmp(line, "set ", 4) == 0)
		return nat_undo_setting(line + 4);
	if (strncmp(line, "table ", 6) == 0)
		return firewall_remove(line + 6);
	return 0;
}

/* True: it is undone, or somebody else has removed it before. */
static bool down_line(const char *line)
{
	int error = down_undo(line);
	if (error == -EPERM || error == -EACCES)
		return up_fail("undoing", line, -error, "sudo strata down");
	if (error && error != -ENODEV && error != -ENOENT)
		return up_fail("undoing", line, -error, "sudo strata down, and again");
	printf("%s %s\n", error ? "gone already:" : "undone:", line);
	return true;
}

/* Backwards; what could not be undone stays in the journal for another try. */
static bool down_all(struct journal *j)
{
	static bool kept[JOURNAL_LINES];
	bool all = true;
	for (size_t i = j->count; i-- > 0;) {
		kept[i] = !down_line(j->lines[i]);
		all = all && !kept[i];
	}
	journal_keep(j, kept);
	return all;
}

static int down_nothing(void)
{
	struct netdevice_link link;
	if (netdevice_link(ATTACH_BRIDGE, &link) == -ENODEV) {
		printf("strata up has made nothing here\n");
		return 0;
	}
	up_fail("undoing", ATTACH_BRIDGE, EPERM, "sudo strata down, if strata up made it");
	return UP_FAILED;
}

int down_main(int argc, char **argv)
{
	static struct journal journal;
	if (argc > 1)
		return up_refuse(argv[1], "it takes no argument", "down");
	if (!journal_open(&journal, false)) {
		runtime_leave();
		return down_nothing();
	}
	bool done = down_all(&journal);
	journal_close(&journal);
	return done ? 0 : UP_FAILED;
}
