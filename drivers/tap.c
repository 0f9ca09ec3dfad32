/* SPDX-License-Identifier: MIT
 *
 * The TAP driver.
 *
 * Theory of operation. One descriptor of /dev/net/tun, bound to an interface by TUNSETIFF, never blocks. Each read()
 * gives one frame and each write() takes one, with a virtio-net header before it (tap_vnet.h). service() reads until
 * the device is dry, at most TAP_BATCH frames, so that answers to the first of a flood need not wait for the last. A
 * write that would block answers EAGAIN; from then on wait() asks for POLLOUT too, until service() finds room and
 * tells the sink.
 *
 * The kernel keeps the header size and the offloads of a persistent TAP from one user to the next, so both are set
 * every time.
 *
 * Errors. A read that fails for another reason than dryness means the interface is gone (EBADFD once it was deleted); a
 * write that fails loses that packet only (EIO while the host's end is down).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "drivers/netdevice.h"
#include "drivers/tap.h"
#include "drivers/tap_vnet.h"

#define TAP_DEVICE "/dev/net/tun"
#define TAP_BATCH  64           /* frames a service call */
#define TAP_FRAME  (65535 + 64) /* the largest IP packet, and room for any link header */
#define TAP_HEADER sizeof(struct virtio_net_hdr)

struct tap {
	struct driver driver;
	int descriptor;
	bool full; /* a write answered EAGAIN and the sink has not been told of room since */
	uint8_t buffer[TAP_HEADER + TAP_FRAME];
};

static int tap_emit(struct driver *driver, const struct tx_packet *packet, uint64_t now)
{
	struct tap *tap = (struct tap *)driver;
	struct virtio_net_hdr header = tap_vnet_of_packet(packet);
	struct iovec parts[2 + TX_SLICES] = {
	    {&header, TAP_HEADER},
	    {(void *)(uintptr_t)tx_headers(packet), tx_header_length(packet)},
	};
	(void)now;
	for (unsigned i = 0; i < packet->slice_count; i++)
		parts[2 + i] = (struct iovec){(void *)(uintptr_t)packet->slices[i].bytes, packet->slices[i].length};
	if (writev(tap->descriptor, parts, 2 + (int)packet->slice_count) >= 0)
		return 0;
	if (errno == EAGAIN)
		tap->full = true;
	return -errno;
}

/* Read one frame and hand it up: 1; 0 when the device is dry; a negative errno when it is gone. */
static int tap_receive(struct tap *tap, const struct driver_sink *sink, uint64_t now)
{
	ssize_t got = read(tap->descriptor, tap->buffer, sizeof tap->buffer);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if ((size_t)got < TAP_HEADER)
		return 1;
	struct virtio_net_hdr header;
	memcpy(&header, tap->buffer, TAP_HEADER);
	struct rx_frame frame = {.bytes = tap->buffer + TAP_HEADER, .length = (size_t)got - TAP_HEADER};
	tap_vnet_mark_frame(&header, &frame);
	sink->frame(sink->user, &frame, now);
	return 1;
}

static void tap_tell_writable(struct tap *tap, const struct driver_sink *sink, uint64_t now)
{
	struct pollfd pollfd = {.fd = tap->descriptor, .events = POLLOUT};
	if (!tap->full || poll(&pollfd, 1, 0) != 1 || !(pollfd.revents & POLLOUT))
		return;
	tap->full = false;
	sink->writable(sink->user, now);
}

static int tap_service(struct driver *driver, const struct driver_sink *sink, uint64_t now)
{
	struct tap *tap = (struct tap *)driver;
	int frames = 0;
	tap_tell_writable(tap, sink, now);
	while (frames < TAP_BATCH) {
		int got = tap_receive(tap, sink, now);
		if (got < 0)
			return got;
		if (got == 0)
			break;
		frames++;
	}
	return frames;
}

static void tap_wait(const struct driver *driver, struct driver_wait *wait)
{
	const struct tap *tap = (const struct tap *)driver;
	wait->descriptor = tap->descriptor;
	wait->events = (short)(tap->full ? POLLIN | POLLOUT : POLLIN);
	wait->deadline = DEADLINE_NEVER;
}

static void tap_close(struct driver *driver)
{
	struct tap *tap = (struct tap *)driver;
	close(tap->descriptor);
	free(tap);
}

static const struct driver_operations tap_operations = {tap_emit, tap_service, tap_wait, tap_close};

/* Bind the descriptor to this interface, which is made where there is none. */
static int tap_attach(int descriptor, const char *name)
{
	struct ifreq request;
	memset(&request, 0, sizeof request);
	if (strlen(name) == 0 || strlen(name) >= sizeof request.ifr_name || strchr(name, '%'))
		return -EINVAL;
	memcpy(request.ifr_name, name, strlen(name));
	request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	return ioctl(descriptor, TUNSETIFF, &request) < 0 ? -errno : 0;
}

/* What a persistent TAP may have kept from its last user: header size, offloads. */
static int tap_reset(int descriptor)
{
	int size = TAP_HEADER;
	if (ioctl(descriptor, TUNSETVNETHDRSZ, &size) < 0 || ioctl(descriptor, TUNSETOFFLOAD, 0) < 0)
		return -errno;
	return 0;
}

static int tap_set_mtu(struct tap *tap, const char *name, unsigned mtu)
{
	int error = netdevice_mtu(name, &tap->driver.mtu);
	if (error || mtu == 0 || mtu == tap->driver.mtu)
		return error;
	error = netdevice_set_mtu(name, mtu);
	if (!error)
		tap->driver.mtu = mtu;
	return error;
}

static int tap_open_device(void)
{
	int descriptor = open(TAP_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return descriptor < 0 ? -errno : descriptor;
}

int tap_try(void)
{
	int descriptor = tap_open_device();
	unsigned features;
	if (descriptor < 0)
		return descriptor;
	int error = ioctl(descriptor, TUNGETFEATURES, &features) < 0 ? -ENOTTY : 0;
	close(descriptor);
	return error;
}

/* One step after the other, until one fails. */
static struct tap_failure tap_prepare(struct tap *tap, const char *name, unsigned mtu)
{
	struct tap_failure failure = {TAP_OPEN, 0};
	tap->descriptor = tap_open_device();
	if (tap->descriptor < 0) {
		failure.error = tap->descriptor;
		return failure;
	}
	failure = (struct tap_failure){TAP_ATTACH, tap_attach(tap->descriptor, name)};
	if (!failure.error)
		failure = (struct tap_failure){TAP_OFFLOAD, tap_reset(tap->descriptor)};
	if (!failure.error)
		failure = (struct tap_failure){TAP_MTU, tap_set_mtu(tap, name, mtu)};
	return failure;
}

struct driver *tap_open(const char *name, unsigned mtu, struct tap_failure *failure)
{
	struct tap *tap = calloc(1, sizeof *tap);
	*failure = (struct tap_failure){TAP_OPEN, -ENOMEM};
	if (!tap)
		return NULL;
	tap->driver.operations = &tap_operations;
	*failure = tap_prepare(tap, name, mtu);
	if (!failure->error)
		return &tap->driver;
	if (tap->descriptor >= 0)
		close(tap->descriptor);
	free(tap);
	return NULL;
}

int tap_make(const char *name, unsigned owner)
{
	int descriptor = tap_open_device();
	if (descriptor < 0)
		return descriptor;
	int error = tap_attach(descriptor, name);
	if (!error &&
	    (ioctl(descriptor, TUNSETOWNER, (unsigned long)owner) < 0 || ioctl(descriptor, TUNSETPERSIST, 1UL) < 0))
		error = -errno;
	close(descriptor);
	return error;
}
