/* SPDX-License-Identifier: MIT
 *
 * strata sim: the scene comes off, in the order in which it must, and the same seed plays it again byte for byte.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apps/commands.h"

/* Play with this seed into a capture of its own; how many bytes of it there are. */
static size_t play(const char *seed, uint8_t *capture, size_t room)
{
	char path[] = "/tmp/test_sim.XXXXXX";
	char seed_text[8];
	char *argv[] = {"sim", "--seed", seed_text, "--pcap", path, NULL};
	snprintf(seed_text, sizeof seed_text, "%s", seed);
	close(mkstemp(path));
	cr_assert_eq(sim_main(5, argv), 0);
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

Test(sim, the_same_seed_gives_the_same_frames)
{
	static uint8_t first[65536], again[65536], other[65536];
	cr_redirect_stdout();
	size_t first_length = play("7", first, sizeof first), again_length = play("7", again, sizeof again);
	size_t other_length = play("8", other, sizeof other);
	cr_assert_gt(first_length, 1000);
	cr_assert_eq(first_length, again_length);
	cr_assert_arr_eq(first, again, first_length);
	cr_assert(first_length != other_length || memcmp(first, other, first_length) != 0);
}
