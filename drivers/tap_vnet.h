/* SPDX-License-Identifier: MIT
 *
 * The virtio-net header: ten bytes that a TAP puts before each frame, both ways, and that carry a packet's offload
 * marks between the kernel and us (linux/virtio_net.h; Virtual I/O Device 1.1, 5.1.6). Its fields are in the
 * machine's own byte order, as the kernel's legacy layout has it.
 *
 *      0        1        2        4          6            8             10
 *     +--------+--------+--------+----------+------------+-------------+
 *     | flags  | gso    | header | gso size | checksum   | checksum    |  Ethernet frame ...
 *     |        | type   | length |          | start      | offset      |
 *     +--------+--------+--------+----------+------------+-------------+
 *
 *     flags   NEEDS_CSUM  the field at start + offset holds the pseudo-header's sum only; sum from `start` on to finish it
 *             DATA_VALID  the checksum was verified already
 *
 * These two functions are pure, so that they are tested without a device.
 */
#ifndef STRATA_DRIVERS_TAP_VNET_H
#define STRATA_DRIVERS_TAP_VNET_H

#include <linux/virtio_net.h>

#include "base/packet.h"

/* The header to write before this packet. */
struct virtio_net_hdr tap_vnet_of_packet(const struct tx_packet *packet);

/* Set a received frame's marks from the header that was read before it. */
void tap_vnet_mark_frame(const struct virtio_net_hdr *header, struct rx_frame *frame);

#endif
