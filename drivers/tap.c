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
#include <stdio.h>
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
#define TAP_NAMES  64           /* tap0 to tap63 are tried */
#define TAP_HEADER sizeof(struct virtio_net_hdr)

struct tap {
	struct driver driver;
	int descriptor;
	bool full; /* a write answered EAGAIN and the sink has not been told of room since */
	char name[IFNAMSIZ];
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

/* The line for a descriptor of TAP_DEVICE that could not be had. */
static void tap_explain_open(int error, char message[DRIVER_MESSAGE])
{
	const char *why = strerror(error), *command = "ls -l " TAP_DEVICE;
	if (error == ENOENT || error == ENODEV || error == ENXIO) {
		why = "this system has no TUN/TAP device";
		command = "sudo modprobe tun, or start the container with --device " TAP_DEVICE;
	} else if (error == EACCES || error == EPERM) {
		why = "this user may not open it";
		command = "sudo chmod 0666 " TAP_DEVICE ", or run as root";
	}
	snprintf(message, DRIVER_MESSAGE, "strata: opening failed on " TAP_DEVICE ": %s; do: %s", why, command);
}

/* The line for an interface that TUNSETIFF refused. */
static void tap_explain_attach(const char *name, int error, char message[DRIVER_MESSAGE])
{
	char command[128];
	const char *why = strerror(error);
	snprintf(command, sizeof command, "ip -details link show %.32s", name);
	if (error == EPERM || error == EACCES) {
		why = "this user may not make a TAP, or this one belongs to another";
		snprintf(command, sizeof command, "sudo ip tuntap add dev %.32s mode tap user $(id -un)", name);
	} else if (error == EBUSY) {
		why = "another process has it open";
		snprintf(command, sizeof command,
			 "name another with --tap, or find that process: sudo fuser -v " TAP_DEVICE);
	} else if (error == EINVAL) {
		why = "it is no TAP, or one with several queues, or its name cannot be";
	}
	snprintf(message, DRIVER_MESSAGE, "strata: attaching failed on %.64s: %s; do: %s", name, why, command);
}

/* Bind the descriptor to this interface and keep its name: where the one given holds %d, the kernel puts a number
 * there. */
static int tap_attach(struct tap *tap, const char *name)
{
	struct ifreq request;
	memset(&request, 0, sizeof request);
	if (strlen(name) == 0 || strlen(name) >= sizeof request.ifr_name)
		return -EINVAL;
	memcpy(request.ifr_name, name, strlen(name));
	request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	if (ioctl(tap->descriptor, TUNSETIFF, &request) < 0)
		return -errno;
	memcpy(tap->name, request.ifr_name, sizeof tap->name);
	return 0;
}

/* Attach to the first of tap0, tap1 ... that lets us. Another's or a busy one is passed over; when all refuse, the
 * first refusal that is not "busy" says most. */
static int tap_attach_any(struct tap *tap)
{
	char name[IFNAMSIZ];
	int first = -EBUSY;
	for (unsigned i = 0; i < TAP_NAMES; i++) {
		snprintf(name, sizeof name, "tap%u", i);
		int error = tap_attach(tap, name);
		if (!error)
			return 0;
		if (first == -EBUSY)
			first = error;
	}
	return first;
}

/* What a persistent TAP may have kept from its last user: header size, offloads. */
static int tap_reset(struct tap *tap)
{
	int size = TAP_HEADER;
	if (ioctl(tap->descriptor, TUNSETVNETHDRSZ, &size) < 0 || ioctl(tap->descriptor, TUNSETOFFLOAD, 0) < 0)
		return -errno;
	return 0;
}

static int tap_set_mtu(struct tap *tap, unsigned mtu)
{
	int error = netdevice_mtu(tap->name, &tap->driver.mtu);
	if (error || mtu == 0 || mtu == tap->driver.mtu)
		return error;
	error = netdevice_set_mtu(tap->name, mtu);
	if (!error)
		tap->driver.mtu = mtu;
	return error;
}

static int tap_set_host(struct tap *tap, struct address host, unsigned prefix_length)
{
	if (address_is_any(host))
		return 0;
	int error = netdevice_set_address(tap->name, host, prefix_length);
	return error && netdevice_is_usable(tap->name) ? 0 : error;
}

/* A documentation network (RFC 5737) that no interface is in, for a machine to move to: its second address. */
static struct address tap_free_address(const char *name)
{
	static const struct address networks[] = {{{192, 0, 2, 2}}, {{198, 51, 100, 2}}, {{203, 0, 113, 2}}};
	struct netdevice_rival rival;
	size_t i = 0;
	while (i < 2 && netdevice_find_rival(name, networks[i], 24, &rival) != 0)
		i++;
	return networks[i];
}

/* Whether the host can reach the network through this interface. Not when it has it already on another one. */
static bool tap_has_no_rival(const struct tap *tap, const struct tap_options *options, char message[DRIVER_MESSAGE])
{
	struct netdevice_rival rival;
	char address[ADDRESS_TEXT], another[ADDRESS_TEXT];
	if (address_is_any(options->host) ||
	    netdevice_find_rival(tap->name, options->host, options->prefix_length, &rival) != 1)
		return true;
	snprintf(message, DRIVER_MESSAGE,
		 "strata: setting the host's address failed on %s: %s has %s in the same network; do: choose another "
		 "with --ip "
		 "%s/24",
		 tap->name, rival.name, address_print(rival.address, address),
		 address_print(tap_free_address(tap->name), another));
	return false;
}

static bool tap_configure(struct tap *tap, const struct tap_options *options, char message[DRIVER_MESSAGE])
{
	char host[ADDRESS_TEXT];
	int error = tap_reset(tap);
	if (error) {
		snprintf(message, DRIVER_MESSAGE,
			 "strata: setting offloads failed on %s: %s; do: uname -r (Linux 2.6.32 or later)", tap->name,
			 strerror(-error));
		return false;
	}
	error = tap_set_mtu(tap, options->mtu);
	if (error) {
		snprintf(message, DRIVER_MESSAGE,
			 "strata: setting the MTU failed on %s: %s; do: sudo ip link set dev %s mtu %u", tap->name,
			 strerror(-error), tap->name, options->mtu);
		return false;
	}
	if (!tap_has_no_rival(tap, options, message))
		return false;
	error = tap_set_host(tap, options->host, options->prefix_length);
	if (error) {
		address_print(options->host, host);
		snprintf(message, DRIVER_MESSAGE,
			 "strata: setting the host's address failed on %s: %s; do: sudo ip address add %s/%u dev %s && "
			 "sudo ip link set dev %s up",
			 tap->name, strerror(-error), host, options->prefix_length, tap->name, tap->name);
		return false;
	}
	return true;
}

static struct tap *tap_allocate(char message[DRIVER_MESSAGE])
{
	struct tap *tap = calloc(1, sizeof *tap);
	if (!tap) {
		snprintf(message, DRIVER_MESSAGE,
			 "strata: opening failed on " TAP_DEVICE ": out of memory; do: free -h");
		return NULL;
	}
	tap->driver.operations = &tap_operations;
	tap->descriptor = open(TAP_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap->descriptor < 0) {
		tap_explain_open(errno, message);
		free(tap);
		return NULL;
	}
	return tap;
}

struct driver *tap_open(const struct tap_options *options, char message[DRIVER_MESSAGE])
{
	struct tap *tap = tap_allocate(message);
	if (!tap)
		return NULL;
	int error = options->name ? tap_attach(tap, options->name) : tap_attach_any(tap);
	if (error)
		tap_explain_attach(options->name ? options->name : "tap0", -error, message);
	if (error || !tap_configure(tap, options, message)) {
		tap_close(&tap->driver);
		return NULL;
	}
	return &tap->driver;
}

const char *tap_name(const struct driver *driver)
{
	return ((const struct tap *)driver)->name;
}
