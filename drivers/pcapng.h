/* SPDX-License-Identifier: MIT
 *
 * The blocks of a pcapng file (draft-ietf-opsawg-pcapng 3 and 4), built in memory. A section header block says what
 * byte order the writer uses. Ours is little-endian on every machine, so that the bytes do not depend on it; and
 * because `tshark -i -` reads from a pipe only what has its own machine's order.
 *
 *      0               4               8                      length - 4      length
 *     +---------------+---------------+----------------------+---------------+
 *     | block type    | total length  | body, options        | total length  |
 *     +---------------+---------------+----------------------+---------------+
 *
 * Everything is padded to four bytes. The length stands at both ends so that a file can be read backwards.
 */
#ifndef STRATA_DRIVERS_PCAPNG_H
#define STRATA_DRIVERS_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/packet.h"

/* Bytes waiting to be written. */
struct pcapng_buffer {
	uint8_t *bytes;
	size_t length;
	size_t room;
};

/* epb_flags, bits 0 and 1 (4.3.1). */
enum pcapng_direction { PCAPNG_INBOUND = 1, PCAPNG_OUTBOUND = 2 };

/* Options of one block, already encoded. */
#define PCAPNG_OPTIONS 1024

struct pcapng_options {
	uint8_t bytes[PCAPNG_OPTIONS];
	size_t length;
};

/* Append an opt_comment (3.5.1); left out where it does not fit. */
void pcapng_comment(struct pcapng_options *options, const char *text);

/* Append a section header block and one interface description: Ethernet, nanoseconds. False: no memory. */
bool pcapng_append_start(struct pcapng_buffer *buffer);

/* Append an enhanced packet block whose data are these slices one after another; `time` in nanoseconds since 1970.
 * False: no memory, and nothing is appended. */
bool pcapng_append_packet(struct pcapng_buffer *buffer, uint64_t time, const struct slice *slices, unsigned slice_count,
			  enum pcapng_direction direction, const struct pcapng_options *options);

/* Empty the buffer and give its memory back. */
void pcapng_release(struct pcapng_buffer *buffer);

#endif
