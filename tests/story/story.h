/* SPDX-License-Identifier: MIT
 *
 * The story of a machine that has just woken up and wants a page, by name, from a server that is not on its network; in memory, in
 * virtual time, with the very addresses of a capture that was once taken of it:
 *
 *     station           name server        gateway, two stacks and a hook            web server
 *     192.168.60.112    192.168.60.3       192.168.60.254 | 51.68.121.254            51.68.121.59
 *           |                 |                   |                |                      |
 *     ------+-----------------+-------------------+---             +----------------------+----
 *        the wire that is watched
 *
 * All four are strata. tests/unit/story compares what crosses the watched wire with what the capture has, frame by frame; `make story`
 * plays it for a reader.
 */
#ifndef STRATA_TESTS_STORY_H
#define STRATA_TESTS_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A frame on the watched wire. */
struct story_frame {
	unsigned number; /* from 1 on */
	uint64_t time;   /* microseconds since the station was switched on */
	const uint8_t *bytes;
	size_t length;
	const char *line; /* as trace/decode.h tells it */
};

/* What the station has in the end. */
struct story_end {
	unsigned status[2];   /* of the page and of the favicon */
	char page[64];        /* the page's body */
	unsigned connections; /* that the web server has accepted */
	size_t outstanding;   /* connections that are not over, on both ends */
};

/* Play it, and have every frame seen. False: it came to no end. */
bool story_play(void (*see)(void *user, const struct story_frame *frame), void *user, struct story_end *end);

/* What each frame must be, in order. */
struct story_step {
	const char *step;      /* its number in the capture; "" where that has none */
	const char *line;      /* as trace/decode.h tells it; "*" stands for what differs from run to run */
	const char *from, *to; /* MAC addresses */
	const char *sentence;
	const char *where; /* in stack/, the function that takes this step */
};

extern const struct story_step story_steps[];
extern const unsigned story_step_count;

#endif
