/* SPDX-License-Identifier: MIT
 *
 * strata sim: the scene comes off, in the order in which it must, and the same seed plays it again byte for byte.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/commands.h"
#include "tests/harness/scratch.h"

/* Play with this seed and loss into a capture of its own; how many bytes of it there are. */
static size_t play(const char *seed, const char *loss, uint8_t *capture, size_t room)
{
	char path[SCRATCH_PATH];
	char seed_text[8], loss_text[8];
	char *argv[] = {"sim", "--seed", seed_text, "--loss", loss_text, "--pcap", path, NULL};
	snprintf(seed_text, sizeof seed_text, "%s", seed);
	snprintf(loss_text, sizeof loss_text, "%s", loss);
	close(mkstemp(scratch_path(path, "sim")));
	cr_assert_eq(sim_main(7, argv), 0);
	FILE *file = fopen(path, "r");
	size_t length = fread(capture, 1, room, file);
	fclose(file);
	unlink(path);
	return length;
}

Test(sim, the_story_is_told_in_order)
{
	static const char *const story[] = {
	    "<- ARP  who has 192.0.2.2? tell 192.0.2.1",
	    "-> ARP  192.0.2.2 is at 02:00:c0:00:02:02",
	    "<- ICMP",
	    "echo request",
	    "-> ICMP",
	    "echo reply",
	    "seq 2",
	    "seq 3, 56 bytes",
	    "seq 3, 56 bytes",
	    "<- TCP",
	    "SYN ",
	    "-> TCP",
	    "SYN ACK",
	    "GET / HTTP/1.1",
	    "HTTP/1.1 200 OK",
	    "FIN",
	    "<- TCP",
	    "FIN",
	    "192.0.2.1 sent 3 pings to 192.0.2.2, and 3 came back.",
	    "\"HTTP/1.1 200 OK\"",
	};
	static char told[65536];
	char *argv[] = {"sim", NULL};
	cr_redirect_stdout();
	cr_assert_eq(sim_main(1, argv), 0);
	fflush(stdout);
	fread(told, 1, sizeof told - 1, cr_get_redirected_stdout());
	const char *at = told;
	for (size_t i = 0; i < sizeof story / sizeof story[0]; i++) {
		at = strstr(at, story[i]);
		cr_assert_not_null(at, "\"%s\" is missing or out of order in:\n%s", story[i], told);
		at += strlen(story[i]);
	}
}

static void the_seed_decides(const char *loss)
{
	static uint8_t first[65536], again[65536], other[65536];
	cr_redirect_stdout();
	size_t first_length = play("7", loss, first, sizeof first);
	size_t again_length = play("7", loss, again, sizeof again);
	size_t other_length = play("8", loss, other, sizeof other);
	cr_assert_gt(first_length, 1000);
	cr_assert_eq(first_length, again_length);
	cr_assert_arr_eq(first, again, first_length);
	cr_assert(first_length != other_length || memcmp(first, other, first_length) != 0);
}

Test(sim, the_same_seed_gives_the_same_frames)
{
	the_seed_decides("0");
}

Test(sim, the_same_seed_gives_the_same_frames_on_a_bad_wire)
{
	the_seed_decides("20%");
}

/* Play; the exit status, and in `told` what was said. */
static int tell(char *told, size_t room, char **argv)
{
	static bool redirected;
	int argc = 0;
	while (argv[argc])
		argc++;
	if (!redirected)
		cr_redirect_stdout();
	redirected = true;
	int status = sim_main(argc, argv);
	fflush(stdout);
	told[fread(told, 1, room - 1, cr_get_redirected_stdout())] = '\0';
	return status;
}

#define TELL(told, ...) tell(told, sizeof(told), (char *[]){"sim", __VA_ARGS__, NULL})

static char told_here[262144];

/* How long the page is depends on the connection that it tells about. */
static bool page_came_whole(void)
{
	return strstr(told_here, "got \"HTTP/1.1 200 OK\": ") && strstr(told_here, " bytes with its head.\n");
}

/* A learner's first lines: nothing in them needs an excuse. */
Test(sim, begins_with_the_servers_own_words_and_drops_nothing)
{
	static const char first[] = "   1   0.000000 -> ARP  announcement: 192.0.2.2 is at 02:00:c0:00:02:02\n"
				    "   2   0.100000 <- ARP  who has 192.0.2.2? tell 192.0.2.1\n";
	cr_assert_eq(TELL(told_here, "--seed", "1"), 0);
	cr_assert_eq(strncmp(told_here, first, sizeof first - 1), 0, "%s", told_here);
	cr_assert_null(strstr(told_here, "dropped"), "%s", told_here);
}

Test(sim, a_capture_that_cannot_be_written_is_told_with_status_1)
{
	char line[128];
	cr_redirect_stderr();
	cr_assert_eq(TELL(told_here, "--pcap", "/dev/full"), 1);
	fflush(stderr);
	cr_assert_not_null(fgets(line, sizeof line, cr_get_redirected_stderr()));
	cr_assert_str_eq(line, "strata: writing the capture failed on /dev/full: No space left on device; do: df -h\n");
}

Test(sim, tcp_brings_the_page_over_a_wire_that_loses)
{
	unsigned out, in, lost_out, lost_in;
	cr_assert_eq(TELL(told_here, "--loss", "20", "--seed", "1"), 0);
	cr_assert(page_came_whole());
	const char *line = strstr(told_here, "\nwire, out: ");
	cr_assert_not_null(line);
	cr_assert_eq(sscanf(line, "\nwire, out: %u frames: %u lost,", &out, &lost_out), 2);
	line = strstr(told_here, "\nwire, in: ");
	cr_assert_not_null(line);
	cr_assert_eq(sscanf(line, "\nwire, in: %u frames: %u lost,", &in, &lost_in), 2);
	cr_assert(lost_out + lost_in > 0 && lost_out < out && lost_in < in);
}

/* With 60 % of the frames lost each way, frames are often further apart than the quiet after which the scene ends. About half
 * of the pages come in whole; some in part; for the others not even an address is found. */
Test(sim, the_exit_status_says_whether_the_whole_page_came)
{
	unsigned whole = 0, cut = 0;
	for (unsigned i = 1; i <= 60; i++) {
		char seed[4];
		snprintf(seed, sizeof seed, "%u", i);
		int status = TELL(told_here, "--loss", "60", "--seed", seed);
		bool came = page_came_whole();
		cr_assert_eq(status, came ? 0 : 1, "seed %u", i);
		whole += came;
		cut += strstr(told_here, "bytes with its head, and not all of it: ") &&
		       strstr(told_here, "got \"HTTP/1.1 200 OK\"");
		cr_assert_null(strstr(told_here, "Success"));
	}
	cr_assert(whole > 20, "%u came", whole);
	cr_assert(cut > 0);
}

Test(sim, a_wire_that_loses_all_is_told_as_such)
{
	cr_assert_eq(TELL(told_here, "--loss", "100%"), 1);
	cr_assert_not_null(strstr(told_here, "192.0.2.1 sent 3 pings to 192.0.2.2, and 0 came back.\n"));
	cr_assert_not_null(
	    strstr(told_here, "got \"\": 0 bytes with its head, and not all of it: No route to host.\n"));
}

Test(sim, a_reply_that_comes_twice_counts_once)
{
	cr_assert_eq(TELL(told_here, "--duplicate", "100%"), 0);
	cr_assert_not_null(strstr(told_here, "192.0.2.1 sent 3 pings to 192.0.2.2, and 3 came back.\n"));
}

Test(sim, a_long_wire_takes_its_time)
{
	/* The second ping leaves at 1.1 s, and the story is told where it arrives, 20 ms later. */
	cr_assert_eq(TELL(told_here, "--delay", "20"), 0);
	cr_assert_not_null(strstr(told_here, " 1.120000 <- ICMP 192.0.2.1 > 192.0.2.2           echo request"));
}

Test(sim, a_good_wire_is_not_spoken_of)
{
	char *argv[] = {"sim", NULL};
	cr_assert_eq(tell(told_here, sizeof told_here, argv), 0);
	cr_assert_null(strstr(told_here, "wire"));
}
