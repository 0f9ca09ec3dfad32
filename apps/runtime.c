/* SPDX-License-Identifier: MIT
 *
 * The user's own directory; see runtime.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/runtime.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* since Linux 5.14; for older headers */
#endif

/* The user as the world outside knows him: root of a user namespace is somebody else there. */
static unsigned long runtime_user(void)
{
	unsigned long inside, outside, count, user = geteuid();
	FILE *map = fopen("/proc/self/uid_map", "re");
	if (!map)
		return user;
	while (fscanf(map, "%lu %lu %lu", &inside, &outside, &count) == 3)
		if (user >= inside && user - inside < count) {
			user = outside + (user - inside);
			break;
		}
	fclose(map);
	return user;
}

/* Whether this directory is there, or could be made, and is ours alone. In /tmp anybody may have been faster. */
static bool runtime_is_ours(const char *path)
{
	struct stat status;
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return false;
	if (lstat(path, &status) < 0)
		return false;
	errno = EPERM;
	return S_ISDIR(status.st_mode) && status.st_uid == geteuid() && (status.st_mode & 077) == 0;
}

bool runtime_directory(char path[RUNTIME_PATH])
{
	unsigned long user = runtime_user();
	const char *given = user == 0 ? "/run" : getenv("XDG_RUNTIME_DIR");
	if (given && given[0] == '/' && snprintf(path, RUNTIME_PATH, "%s/strata", given) < RUNTIME_PATH &&
	    runtime_is_ours(path))
		return true;
	snprintf(path, RUNTIME_PATH, "/tmp/strata-%lu", user);
	return runtime_is_ours(path);
}

void runtime_leave(void)
{
	char path[RUNTIME_PATH];
	if (runtime_directory(path))
		rmdir(path);
}

/* The inode number of a namespace of this process, as in `ls -l /proc/self/ns`, or 0. */
static unsigned long runtime_namespace(const char *kind)
{
	char path[32];
	struct stat status;
	snprintf(path, sizeof path, "/proc/self/ns/%s", kind);
	return stat(path, &status) == 0 ? (unsigned long)status.st_ino : 0;
}

/* A cookie is never given twice, an inode number is, soon. */
unsigned long long runtime_network(void)
{
	uint64_t cookie = 0;
	socklen_t length = sizeof cookie;
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool got = s >= 0 && getsockopt(s, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) == 0;
	if (s >= 0)
		close(s);
	return got ? cookie : runtime_namespace("net");
}

/* When a process began, in clock ticks since the machine did (proc(5), stat); 0: there is none, or only its corpse. The second field
 * is the program's name in parentheses, and may hold anything; the third tells whether it lives. */
static unsigned long long runtime_begin(pid_t pid)
{
	char path[32], text[512];
	unsigned long long begin = 0;
	snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	FILE *f = fopen(path, "re");
	if (!f)
		return 0;
	size_t length = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[length] = '\0';
	const char *rest = strrchr(text, ')');
	if (rest && (strncmp(rest, ") Z", 3) == 0 || strncmp(rest, ") X", 3) == 0))
		return 0;
	for (unsigned field = 2; rest && field < 22; field++)
		rest = strchr(rest + 1, ' ');
	return rest && sscanf(rest, "%llu", &begin) == 1 ? begin : 0;
}

static void runtime_entry(const char *directory, pid_t pid, char path[RUNTIME_PATH + 64])
{
	snprintf(path, RUNTIME_PATH + 64, "%s/ns.%lu.%ld", directory, runtime_namespace("pid"), (long)pid);
}

/* Written under another name first: an entry is whole, or not there. */
bool runtime_add_network(const char *directory, pid_t pid)
{
	char path[RUNTIME_PATH + 64], fresh[RUNTIME_PATH + 80];
	int f, tries = 10;
	runtime_entry(directory, pid, path);
	snprintf(fresh, sizeof fresh, "%s.new", path);
	do { /* whoever leaves removes the directory where he was the last, perhaps just now */
		mkdir(directory, 0700);
		f = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	} while (f < 0 && errno == ENOENT && tries-- > 0);
	bool written = f >= 0 && dprintf(f, "%llu\n", runtime_begin(pid)) > 0;
	if (f >= 0)
		close(f);
	return written && rename(fresh, path) == 0;
}

void runtime_remove_network(const char *directory, pid_t pid)
{
	char path[RUNTIME_PATH + 64];
	runtime_entry(directory, pid, path);
	unlink(path);
	rmdir(directory);
}

/* Whether a process still is in a network: one that has been killed leaves it a moment before it is gone. */
static bool runtime_is_inside(pid_t pid)
{
	char path[32];
	snprintf(path, sizeof path, "/proc/%ld/ns/net", (long)pid);
	return access(path, F_OK) == 0;
}

/* When the network of this entry began; 0: it is over. */
static unsigned long long runtime_network_begin(const char *path, pid_t pid)
{
	unsigned long long begin = 0;
	FILE *f = fopen(path, "re");
	if (!f)
		return 0;
	bool read = fscanf(f, "%llu", &begin) == 1;
	fclose(f);
	return read && begin == runtime_begin(pid) && runtime_is_inside(pid) ? begin : 0;
}

pid_t runtime_find_network(void)
{
	char directory[RUNTIME_PATH], path[RUNTIME_PATH + 64];
	unsigned long here = runtime_namespace("pid"), namespace;
	unsigned long long begin, youngest = 0;
	long pid, found = 0;
	DIR *list = runtime_directory(directory) ? opendir(directory) : NULL;
	for (struct dirent *entry; list && (entry = readdir(list));) {
		if (sscanf(entry->d_name, "ns.%lu.%ld", &namespace, &pid) != 2 || namespace != here ||
		    strstr(entry->d_name, ".new"))
			continue;
		runtime_entry(directory, (pid_t)pid, path);
		begin = runtime_network_begin(path, (pid_t)pid);
		if (begin == 0)
			unlink(path);
		if (begin > youngest) {
			youngest = begin;
			found = pid;
		}
	}
	if (list)
		closedir(list);
	runtime_leave();
	return (pid_t)found;
}
