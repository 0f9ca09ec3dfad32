/* SPDX-License-Identifier: MIT
 *
 * A driver moves Ethernet frames (no preamble, no frame check sequence) between a stack and something: a TAP device, a cable to
 * another stack, a file beside another driver. It is four functions and its capabilities; one that wraps another has the
 * same face, so that they nest: pcap around netem around tap.
 *
 * The owner's loop:
 *
 *     driver_wait(driver, &wait)             what to sleep on: a descriptor, a deadline, or both
 *     ppoll(...)
 *     driver_service(driver, &sink, now)     hands up the frames that are there, and tells when it can write again
 *
 * Times are microseconds on the owner's clock.
 */
#ifndef STRATA_DRIVERS_DRIVER_H
#define STRATA_DRIVERS_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"
#include "base/packet.h"

struct driver;

/* Room for the one line that says why a driver could not be opened. */
#define DRIVER_MESSAGE 320

/* Where a driver hands things up to. */
struct driver_sink {
	void *user;
	/* A frame has come; borrowed for the length of the call. */
	void (*frame)(void *user, const struct rx_frame *frame, uint64_t now);
	/* After an emit answered -EAGAIN: there is room again. */
	void (*writable)(void *user, uint64_t now);
};

/* What the owner may sleep on before it calls service(). */
struct driver_wait {
	int descriptor;    /* to poll, or -1 */
	short events;      /* POLLIN, and POLLOUT while a full device is waited for */
	uint64_t deadline; /* service() is due at this time even when the descriptor is silent; DEADLINE_NEVER */
};

struct driver_operations {
	/* Send one packet, borrowed. 0 sent; -EAGAIN full, and sink.writable() is owed; another negative errno: lost. */
	int (*emit)(struct driver *driver, const struct tx_packet *packet, uint64_t now);
	/* Hand up what has arrived, a bounded batch of it. How many frames, or a negative errno when the device is gone. */
	int (*service)(struct driver *driver, const struct driver_sink *sink, uint64_t now);
	void (*wait)(const struct driver *driver, struct driver_wait *wait);
	/* Give everything back, a wrapped driver included. */
	void (*close)(struct driver *driver);
};

/* The first member of every driver's own structure. */
struct driver {
	const struct driver_operations *operations;
	unsigned mtu;  /* largest IP packet */
	bool checksum; /* takes partial checksums (tx_packet.checksum_header) */
	bool tso;      /* takes packets above the MTU with a GSO size */
};

static inline int driver_emit(struct driver *d, const struct tx_packet *packet, uint64_t now)
{
	return d->operations->emit(d, packet, now);
}

static inline int driver_service(struct driver *d, const struct driver_sink *sink, uint64_t now)
{
	return d->operations->service(d, sink, now);
}

static inline void driver_wait(const struct driver *d, struct driver_wait *wait)
{
	d->operations->wait(d, wait);
}

static inline void driver_close(struct driver *d)
{
	d->operations->close(d);
}

#endif
