/* SPDX-License-Identifier: MIT
 *
 * A main() for a fuzz target where there is no fuzzer: it replays the files that it is given, and the files in the
 * directories that it is given, each once and in no particular order.
 *
 *     build/tests/fuzz/ip_wire tests/fuzz/corpus/ip_wire         what `make test` does
 *     build/tests/fuzz/ip_wire build/fuzz/crash-ip_wire-1234     what a fuzzer found, under a debugger
 *
 * An input that fails ends the program, so the name of each is told first where asked for by -v. Status 2: an input
 * that cannot be read, or none at all.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define INPUT_MAX ((size_t)1 << 20)
#define PATH_ROOM 4096

static unsigned inputs;
static bool verbose;

static int complain(const char *path, const char *why)
{
	fprintf(stderr, "strata: replay failed on %s: %s; do: give it a file or a directory of files\n", path, why);
	return 2;
}

/* Hand over a block of exactly the input's size. */
static int run(const char *path, const uint8_t *bytes, size_t length)
{
	uint8_t *exact = malloc(length ? length : 1);

	if (!exact)
		return complain(path, strerror(errno));
	memcpy(exact, bytes, length);
	LLVMFuzzerTestOneInput(length ? exact : exact + 1, length);
	free(exact);
	inputs++;
	return 0;
}

static int replay_file(const char *path)
{
	static uint8_t bytes[INPUT_MAX];
	FILE *file = fopen(path, "rb");

	if (!file)
		return complain(path, strerror(errno));
	if (verbose)
		fprintf(stderr, "%s\n", path);
	size_t length = fread(bytes, 1, sizeof bytes, file);
	bool whole = feof(file) && !ferror(file);
	fclose(file);
	return whole ? run(path, bytes, length) : complain(path, "it cannot be read, or has more than 1 MiB");
}

static int replay_directory(const char *path, DIR *directory)
{
	int status = 0;
	const struct dirent *entry;

	while (status == 0 && (entry = readdir(directory))) {
		char name[PATH_ROOM];
		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(name, sizeof name, "%s/%s", path, entry->d_name) >= (int)sizeof name)
			return complain(path, "a name in it is too long");
		status = replay_file(name);
	}
	return status;
}

static int replay(const char *path)
{
	DIR *directory = opendir(path);

	if (!directory)
		return replay_file(path);
	int status = replay_directory(path, directory);
	closedir(directory);
	return status;
}

int main(int count, char *arguments[])
{
	int status = 0;

	for (int i = 1; i < count && status == 0; i++) {
		if (strcmp(arguments[i], "-v") == 0)
			verbose = true;
		else
			status = replay(arguments[i]);
	}
	if (status == 0 && inputs == 0)
		return complain(arguments[0], "there was no input");
	printf("%u inputs\n", inputs);
	return status;
}
