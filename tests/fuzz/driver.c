/* SPDX-License-Identifier: MIT
 *
 * A main() for a fuzz target where there is no fuzzer: it replays the files that it is given, and the files in the
 * directories that it is given, each once and in no particular order.
 *
 *     build/tests/fuzz/ip_wire tests/fuzz/corpus/ip_wire         what `make test` does
 *     build/tests/fuzz/ip_wire build/fuzz/crash-ip_wire-1234     what a fuzzer found, under a debugger
 *     build/tests/fuzz/peer -s 17 1000                           a thousand inputs of random bytes, from seed 17 on
 *
 * An input that fails ends the program, so the name of each is told first where asked for by -v. Status 2: an input
 * that cannot be read, or none at all.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define INPUT_MAX       ((size_t)1 << 20)
#define PATH_ROOM       4096
#define SEED_LENGTH_MIN 64
#define SEED_LENGTH_MAX 319

static unsigned inputs;
static bool verbose;
static uint64_t seed;
static const char *program;

/* The sanitizers call it before they end the program. */
void __sanitizer_set_death_callback(void (*callback)(void));

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

/* Random bytes, which nothing but the seed decides (splitmix64). */
static size_t draw(uint64_t from, uint8_t *bytes)
{
	size_t length = SEED_LENGTH_MIN;

	for (size_t i = 0; i < length; i++) {
		uint64_t z = (from << 16) + (i + 1) * 0x9e3779b97f4a7c15;
		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
		z = (z ^ z >> 27) * 0x94d049bb133111eb;
		bytes[i] = (uint8_t)(z ^ z >> 31);
		if (i == 0)
			length += (z >> 32) % (SEED_LENGTH_MAX - SEED_LENGTH_MIN + 1);
	}
	return length;
}

static void tell_seed(void)
{
	fprintf(stderr, "seed %" PRIu64 " fails; do: STORY=1 %s -s %" PRIu64 " 1\n", seed, program, seed);
}

static void aborted(int signal_number)
{
	(void)signal_number;
	tell_seed();
}

static int run_seeds(uint64_t from, uint64_t count)
{
	uint8_t bytes[SEED_LENGTH_MAX];
	int status = 0;

	signal(SIGABRT, aborted);
	__sanitizer_set_death_callback(tell_seed);
	for (seed = from; seed - from < count && status == 0; seed++)
		status = run("a seed", bytes, draw(seed, bytes));
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

	program = arguments[0];
	if (count == 4 && strcmp(arguments[1], "-s") == 0) {
		status = run_seeds(strtoull(arguments[2], NULL, 10), strtoull(arguments[3], NULL, 10));
		count = 0;
	}
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
