/* SPDX-License-Identifier: MIT
 *
 * Any Ethernet frame to one line of text, for people who learn. Pure: no frame is kept, nothing is printed here.
 *
 *     ARP  who has 192.0.2.2? tell 192.0.2.1
 *     ARP  192.0.2.2 is at 02:00:c0:00:02:02
 *     ICMP 192.0.2.1 > 192.0.2.2           echo request id 7 seq 1, 56 bytes
 *     TCP  192.0.2.1:45616 > 192.0.2.2:80  SYN      seq 0               win 64240 <mss 1460, sackOK, TS 1 0, nop, ws 7>
 *     TCP  192.0.2.2:80 > 192.0.2.1:45616  SYN ACK  seq 0     ack 1     win 65160 <mss 1460, sackOK, TS 1 1, nop, ws 7>
 *     TCP  192.0.2.1:45616 > 192.0.2.2:80  ACK      seq 1     ack 1     win 64256 len 0    <TS>
 *     TCP  192.0.2.1:45616 > 192.0.2.2:80  PSH ACK  seq 1     ack 1     win 64256 len 77   <TS> GET / HTTP/1.1
 *
 * Sequence numbers, acknowledgements and timestamps count from each side's beginning, and windows are in bytes
 * (trace/flows.h). Options are told in full and in order on a SYN; on other segments padding is left out and
 * timestamps are only named. What is wrong or unfinished stands at the end of the line: "; bad IP checksum, should be
 * 0x47e4". A frame that cannot be read is told as far as it can be, then "malformed:" and why, in the words of its
 * drop reason.
 */
#ifndef STRATA_TRACE_DECODE_H
#define STRATA_TRACE_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "trace/flows.h"

#define DECODE_TEXT 768 /* room for the longest line, odd options and all, and its terminator */

struct decode {
	struct flows flows;
};

void decode_init(struct decode *decode);

/* Decode `length` bytes of frame, from the Ethernet destination on, into `text` with `room` >= 1 bytes; a line that
 * does not fit is cut. Always terminated, printable ASCII only whatever the bytes are, no line end. The length of the
 * text. Frames of both directions are to be decoded in the order they crossed the wire. */
size_t decode_line(struct decode *decode, const uint8_t *frame, size_t length, char *text, size_t room);

#endif
