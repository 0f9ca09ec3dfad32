/* SPDX-License-Identifier: MIT
 *
 * What the harness's own files share: bytes to fields and back (frame.c), text to segments and back (segment.c), and
 * the story of frames and calls (story.c). None of it uses the stack's parsers or checksum.
 */
#ifndef STRATA_TESTS_INTERNAL_H
#define STRATA_TESTS_INTERNAL_H

#include <stdarg.h>

#include "tests/harness/harness.h"

#define OPTIONS_MAX 40

/* A TCP segment as a script writes it or as bytes had it. Numbers are those of the wire. */
struct segment {
	unsigned flags; /* as on the wire: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32 */
	uint32_t seq;
	uint32_t ack;
	unsigned window;
	unsigned urgent;
	size_t length; /* of the payload */
	size_t options_length;
	uint8_t options[OPTIONS_MAX];
	uint8_t options_any[OPTIONS_MAX]; /* 1 where a script wrote `*`: not compared */
	bool has_window;
	bool has_urgent;
	bool has_options;
};

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32 };

/* Naive RFC 1071: the checksum of these bytes, after `before` (an unfolded sum) has been added. */
unsigned naive_checksum(const uint8_t *bytes, size_t length, unsigned long before);

/* The checksum of a TCP or UDP message inside this IP packet (a pseudo-header and all). 0 when it is right. */
unsigned naive_transport_checksum(const uint8_t *ip, unsigned protocol, const uint8_t *message, size_t length);

/* Why this frame of ours is not sound, or NULL: addresses, lengths, checksums. */
const char *frame_fault(const struct frame *frame, size_t mtu);

bool frame_is_tcp(const struct frame *frame);

/* One line about a frame, in the script's notation where it is TCP of a known flow. */
void frame_print(const struct frame *frame, bool ours, char *text, size_t room);

/* The TCP fields of a frame. */
struct segment segment_of(const struct frame *frame);

/* Parse a script's text for this flow; `ours` says whose segment it is. Exits through harness_fail() on a mistake. */
struct segment segment_parse(const char *file, int line, const char *text, const struct flow *flow, bool ours);

/* A frame that carries this segment from the flow's peer to the stack. */
struct frame segment_frame(const struct segment *segment, const struct flow *flow);

/* Print a segment in the script's notation. */
void segment_print(const struct segment *segment, const struct flow *flow, bool ours, char *text, size_t room);

/* The flow of an address and ports, if it is one of ours; NULL. */
struct flow *flow_find(const uint8_t peer[4], unsigned peer_port, unsigned local_port);

/* The story. */
void story_clear(void);
void story_add(uint64_t time, const char *mark, const char *what, ...) __attribute__((format(printf, 3, 4)));
void story_print(void);

#endif
