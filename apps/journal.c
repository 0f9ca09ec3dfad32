/* SPDX-License-Identifier: MIT
 *
 * The journal of `strata up`; see journal.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/journal.h"

#define JOURNAL_TRIES 100

/* A last line without its end is one that was not written whole, and so its deed was not done. */
static void journal_read(struct journal *j)
{
	FILE *f = fdopen(dup(j->descriptor), "r");
	char line[JOURNAL_LINE];
	while (f && j->count < JOURNAL_LINES && fgets(line, sizeof line, f)) {
		char *end = strchr(line, '\n');
		if (!end)
			break;
		*end = '\0';
		memcpy(j->lines[j->count++], line, sizeof line);
	}
	if (f)
		fclose(f);
}

/* Open and lock the file: 1; 0, and errno says why; -1: another `strata down` has removed it, or its directory, meanwhile. What is
 * written into a file that has no name any more would be lost. */
static int journal_try(struct journal *j, bool make)
{
	char directory[RUNTIME_PATH];
	struct stat status;
	if (!runtime_directory(directory))
		return 0;
	snprintf(j->path, sizeof j->path, "%s/up.%llu", directory, runtime_network());
	j->descriptor = open(j->path, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | (make ? O_CREAT : 0), 0600);
	if (j->descriptor < 0)
		return make && errno == ENOENT ? -1 : 0;
	flock(j->descriptor, LOCK_EX);
	if (fstat(j->descriptor, &status) == 0 && status.st_nlink > 0)
		return 1;
	close(j->descriptor);
	j->descriptor = -1;
	return -1;
}

bool journal_open(struct journal *j, bool make)
{
	int opened, tries = JOURNAL_TRIES;
	j->count = 0;
	j->descriptor = -1;
	while ((opened = journal_try(j, make)) < 0 && tries-- > 0)
		;
	if (opened > 0)
		journal_read(j);
	return opened > 0;
}

void journal_close(struct journal *j)
{
	if (j->descriptor >= 0)
		close(j->descriptor);
	runtime_leave();
}

bool journal_has(const struct journal *j, const char *line)
{
	for (size_t i = 0; i < j->count; i++)
		if (strcmp(j->lines[i], line) == 0)
			return true;
	return false;
}

bool journal_add(struct journal *j, const char *line)
{
	if (journal_has(j, line))
		return true;
	errno = ENOSPC;
	if (j->count == JOURNAL_LINES || strlen(line) >= JOURNAL_LINE - 1)
		return false;
	if (dprintf(j->descriptor, "%s\n", line) < 0)
		return false;
	snprintf(j->lines[j->count++], JOURNAL_LINE, "%s", line);
	return true;
}

void journal_keep(struct journal *j, const bool kept[JOURNAL_LINES])
{
	size_t left = 0;
	if (ftruncate(j->descriptor, 0) < 0)
		return;
	for (size_t i = 0; i < j->count; i++)
		if (kept[i] && dprintf(j->descriptor, "%s\n", j->lines[i]) > 0)
			left++;
	if (left == 0)
		unlink(j->path);
}
