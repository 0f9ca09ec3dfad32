/* SPDX-License-Identifier: MIT
 *
 * The list of a directory: see http_listing.h. Nothing is followed: of a symbolic link only the name is told, because the
 * size and time of what it leads to may be outside.
 */
#include "apps/http_listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "apps/http_style.h"

struct entry {
	char *name;
	bool directory;
	bool file;
	uint64_t length;
	time_t modified;
};

struct listing {
	struct entry *entries;
	size_t count;
	size_t more; /* names that are not shown */
};

/* 0, or a negative errno. What vanishes meanwhile is left out; what is not shown is only counted. */
static int take_name(struct listing *listing, int directory, const char *name)
{
	struct stat status;
	if (name[0] == '.')
		return 0;
	if (listing->count == HTTP_LISTING_NAMES) {
		listing->more++;
		return 0;
	}
	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	char *copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	listing->entries[listing->count++] = (struct entry){
	    .name = copy,
	    .directory = S_ISDIR(status.st_mode),
	    .file = S_ISREG(status.st_mode),
	    .length = (uint64_t)status.st_size,
	    .modified = status.st_mtime,
	};
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct entry *one = a, *other = b;
	if (one->directory != other->directory)
		return one->directory ? -1 : 1;
	return strcmp(one->name, other->name);
}

static int read_names(struct listing *listing, DIR *directory)
{
	const struct dirent *entry;
	int error = 0;
	listing->entries = malloc(HTTP_LISTING_NAMES * sizeof *listing->entries);
	if (!listing->entries)
		return -ENOMEM;
	while (!error && (entry = readdir(directory)))
		error = take_name(listing, dirfd(directory), entry->d_name);
	qsort(listing->entries, listing->count, sizeof *listing->entries, compare);
	return error;
}

/* A relative reference, with "./" before it, because a colon in the first part of one would make a scheme of it
 * (RFC 3986 4.2). */
static void write_entry(struct http_buffer *page, const struct entry *entry)
{
	const char *slash = entry->directory ? "/" : "";
	struct tm tm;
	http_buffer_print(page, "<tr><td><a href=\"./");
	http_buffer_add_path(page, entry->name);
	http_buffer_print(page, "%s\">", slash);
	http_buffer_add_html(page, entry->name);
	http_buffer_print(page, "%s</a><td class=\"n\">", slash);
	if (entry->file)
		http_buffer_print(page, "%" PRIu64, entry->length);
	http_buffer_print(page, "<td>");
	if (entry->file || entry->directory) {
		gmtime_r(&entry->modified, &tm);
		http_buffer_print(page, "%d-%02d-%02d %02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
				  tm.tm_hour, tm.tm_min);
	}
	http_buffer_print(page, "\n");
}

static void write_page(struct http_buffer *page, const struct listing *listing, const char *path)
{
	http_buffer_print(page, "%s<title>/", HTTP_STYLE_HEAD);
	http_buffer_add_html(page, path);
	http_buffer_print(page, "</title>\n<h1>/");
	http_buffer_add_html(page, path);
	http_buffer_print(page, "</h1>\n<table><tr><th>name<th class=\"n\">bytes<th>changed (UTC)\n");
	if (*path)
		http_buffer_print(page, "<tr><td><a href=\"../\">../</a><td><td>\n");
	for (size_t i = 0; i < listing->count; i++)
		write_entry(page, &listing->entries[i]);
	http_buffer_print(page, "</table>\n");
	if (listing->more > 0)
		http_buffer_print(page, "<p>and %zu more\n", listing->more);
}

int http_listing_write(struct http_buffer *page, int descriptor, const char *path)
{
	struct listing listing = {.count = 0};
	DIR *directory = fdopendir(descriptor);
	if (!directory) {
		int error = -errno;
		close(descriptor);
		return error;
	}
	int error = read_names(&listing, directory);
	if (!error)
		write_page(page, &listing, path);
	while (listing.count > 0)
		free(listing.entries[--listing.count].name);
	free(listing.entries);
	closedir(directory);
	return error ? error : page->full ? -ENOMEM : 0;
}
