/* SPDX-License-Identifier: MIT
 *
 * A capture of what crosses a driver, as pcapng (draft-ietf-opsawg-pcapng) with nanosecond timestamps, for Wireshark,
 * tshark and tcpdump. It wraps any driver and is a driver itself.
 *
 * The record of a received frame is held back until the owner's sink has returned from it, so that what became of the
 * frame can be written into the record as a comment (pcap_note). Frames that were sent meanwhile follow it in the
 * file, as they do in time.
 *
 * Frames are captured as this process sees them. Where a checksum is left to the device (or was never made, between
 * the kernel and a TAP) the field holds the pseudo-header's sum, and a comment says so.
 */
#ifndef STRATA_DRIVERS_PCAP_H
#define STRATA_DRIVERS_PCAP_H

#include "drivers/driver.h"

/* Wrap `inner`, which then belongs to the capture, and write to the file `path`, made or emptied; "-" is standard
 * output, where every record is flushed. The path is borrowed for as long as the capture lives. `epoch` is the
 * wall-clock time, in nanoseconds since 1970, of the owner's time 0. NULL: `message` is the line to print, and `inner` is
 * still the caller's. */
struct driver *pcap_wrap(struct driver *inner, const char *path, uint64_t epoch, char message[DRIVER_MESSAGE]);

/* Add a comment to the record of the frame that the sink is being given now; without such a frame, or after about a
 * kilobyte of comments, nothing happens. `text` is borrowed. */
void pcap_note(struct driver *pcap, const char *text);

/* 0, or the negative errno with which writing the file failed; service() answers the same from then on. */
int pcap_error(const struct driver *pcap);

/* End the file: what still waits in memory is written now, and what passes from here on is not captured. False: not all of it
 * could be written, and `message` is the line to print. Without this call driver_close() does it, in silence. */
bool pcap_finish(struct driver *pcap, char message[DRIVER_MESSAGE]);

#endif
