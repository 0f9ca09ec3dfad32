/* SPDX-License-Identifier: MIT
 *
 * The hub of cable.h: one queue of copied frames for each port.
 *
 *     emit on port 0            +--> [frame][frame]  --> service on port 1
 *     -------------------------+
 *                               +--> [frame]         --> service on port 2
 */
#include <errno.h>
#include <stdlib.h>

#include "base/list.h"
#include "drivers/cable.h"

#define CABLE_MTU 1500

struct cable_frame {
	struct list node;
	size_t length;
	enum rx_checksum checksum;
	uint16_t gso_size;
	uint8_t bytes[];
};

struct cable_port {
	struct driver driver;
	struct cable *cable;
	struct list queue;
	unsigned queued;
	bool plugged;
	bool owed; /* emit answered -EAGAIN and the sink has not been told of room since */
};

struct cable {
	unsigned queue_length;
	unsigned port_count;
	struct cable_port ports[];
};

/* Whether every other port can take one more frame. */
static bool cable_has_room(const struct cable_port *from)
{
	const struct cable *cable = from->cable;
	for (unsigned i = 0; i < cable->port_count; i++) {
		const struct cable_port *port = &cable->ports[i];
		if (port != from && port->plugged && port->queued >= cable->queue_length)
			return false;
	}
	return true;
}

static int cable_queue(struct cable_port *port, const struct tx_packet *packet)
{
	struct cable_frame *frame = malloc(sizeof *frame + tx_length(packet));
	if (!frame)
		return -ENOMEM;
	frame->length = tx_length(packet);
	frame->checksum = packet->checksum_header ? RX_CHECKSUM_PARTIAL : RX_CHECKSUM_UNKNOWN;
	frame->gso_size = packet->gso_size;
	tx_copy(packet, frame->bytes);
	list_append(&port->queue, &frame->node);
	port->queued++;
	return 0;
}

static int cable_emit(struct driver *driver, const struct tx_packet *packet, uint64_t now)
{
	struct cable_port *from = (struct cable_port *)driver;
	int error = 0;
	(void)now;
	if (!cable_has_room(from)) {
		from->owed = true;
		return -EAGAIN;
	}
	for (unsigned i = 0; i < from->cable->port_count && !error; i++) {
		struct cable_port *port = &from->cable->ports[i];
		if (port != from && port->plugged)
			error = cable_queue(port, packet);
	}
	return error;
}

/* The port's oldest frame, to be freed by the caller, or NULL. */
static struct cable_frame *cable_take(struct cable_port *port)
{
	struct list *node = list_take(&port->queue);
	if (!node)
		return NULL;
	port->queued--;
	return LIST_ITEM(node, struct cable_frame, node);
}

/* Hand up what waits now; frames that this sets off are for the next call. */
static int cable_service(struct driver *driver, const struct driver_sink *sink, uint64_t now)
{
	struct cable_port *port = (struct cable_port *)driver;
	unsigned waiting = port->queued;
	int frames = 0;
	struct cable_frame *frame;
	for (; waiting && (frame = cable_take(port)); waiting--, frames++) {
		struct rx_frame received = {frame->bytes, frame->length, frame->checksum, frame->gso_size};
		sink->frame(sink->user, &received, now);
		free(frame);
	}
	if (port->owed && cable_has_room(port)) {
		port->owed = false;
		sink->writable(sink->user, now);
	}
	return frames;
}

static void cable_wait(const struct driver *driver, struct driver_wait *wait)
{
	const struct cable_port *port = (const struct cable_port *)driver;
	wait->descriptor = -1;
	wait->events = 0;
	wait->deadline = port->queued || (port->owed && cable_has_room(port)) ? 0 : DEADLINE_NEVER;
}

static void cable_unplug(struct driver *driver)
{
	struct cable_port *port = (struct cable_port *)driver;
	struct cable_frame *frame;
	port->plugged = false;
	while ((frame = cable_take(port)))
		free(frame);
}

static const struct driver_operations cable_operations = {cable_emit, cable_service, cable_wait, cable_unplug};

struct cable *cable_create(unsigned ports, unsigned queue_length)
{
	struct cable *cable = calloc(1, sizeof *cable + ports * sizeof cable->ports[0]);
	if (!cable)
		return NULL;
	cable->queue_length = queue_length;
	cable->port_count = ports;
	for (unsigned i = 0; i < ports; i++) {
		struct cable_port *port = &cable->ports[i];
		port->driver = (struct driver){.operations = &cable_operations, .mtu = CABLE_MTU};
		port->cable = cable;
		port->plugged = true;
		list_init(&port->queue);
	}
	return cable;
}

void cable_destroy(struct cable *cable)
{
	for (unsigned i = 0; i < cable->port_count; i++)
		cable_unplug(&cable->ports[i].driver);
	free(cable);
}

struct driver *cable_port(struct cable *cable, unsigned index)
{
	return &cable->ports[index].driver;
}
