/* SPDX-License-Identifier: MIT
 *
 * Datagrams in a script: sockets that send and receive them, and the frames that carry them.
 */
#include <string.h>

#include "tests/harness/world.h"

static struct endpoint peer(void)
{
	struct endpoint endpoint = {.port = world.flow->peer_port};
	memcpy(endpoint.address.bytes, world.flow->peer, 4);
	return endpoint;
}

struct socket *app_datagram_on(const char *address)
{
	struct socket *socket = socket_open(world.stack, SOCKET_DATAGRAM);
	struct endpoint local = {ip_of(address), world.flow->local_port};
	check_that(socket, "no socket");
	check(socket_bind(socket, &local) == 0);
	return socket;
}

struct socket *app_datagram(void)
{
	return app_datagram_on("0.0.0.0");
}

struct socket *app_datagram_connected(void)
{
	struct socket *socket = app_datagram();
	struct endpoint remote = peer();
	check(socket_connect(socket, &remote) == 0);
	return socket;
}

void harness_send_to(const char *file, int line, struct socket *socket, size_t length, bool to_peer)
{
	static uint8_t bytes[65507];
	struct endpoint to = peer();
	for (size_t i = 0; i < length; i++)
		bytes[i] = pattern(i);
	long sent = socket_send_to(socket, bytes, length, to_peer ? &to : NULL);
	if (sent != (long)length)
		harness_fail(file, line, "socket_send_to() answered %ld", sent);
}

struct socket_message harness_receive(const char *file, int line, struct socket *socket, size_t length)
{
	static uint8_t bytes[65507];
	struct endpoint from = peer();
	struct socket_message message;
	long got = socket_receive_from(socket, bytes, sizeof bytes, false, &message);
	if (got != (long)length || message.length != length)
		harness_fail(file, line, "socket_receive_from() answered %ld, expected %zu", got, length);
	if (!endpoint_equal(&message.source, &from))
		harness_fail(file, line, "the datagram is not from the flow's peer");
	for (size_t i = 0; i < length; i++)
		if (bytes[i] != pattern(i))
			harness_fail(file, line, "byte %zu of the datagram is wrong", i);
	return message;
}

void harness_receive_gives(const char *file, int line, struct socket *socket, long result)
{
	uint8_t byte;
	long got = socket_receive_from(socket, &byte, 1, false, NULL);
	if (got != result)
		harness_fail(file, line, "socket_receive_from() answered %ld, expected %ld", got, result);
}

void harness_in_udp(const char *file, int line, size_t length)
{
	struct frame frame = frame_udp(world.flow->peer_port, world.flow->local_port, length);
	harness_in_frame(file, line, &frame);
}

struct frame harness_out_udp(const char *file, int line, size_t length)
{
	struct frame frame = harness_out_frame(file, line);
	char text[160];
	frame_print(&frame, true, text, sizeof text);
	if (peek16(&frame, AT_ETHER_TYPE) != 0x0800 || frame.bytes[AT_IP_PROTOCOL] != 17 ||
	    peek16(&frame, AT_TRANSPORT) != world.flow->local_port ||
	    peek16(&frame, AT_TRANSPORT + 2) != world.flow->peer_port ||
	    memcmp(frame.bytes + AT_IP_TO, world.flow->peer, 4) != 0)
		harness_fail(file, line, "expected: UDP %u>%u\n    what left: %s", world.flow->local_port,
			     world.flow->peer_port, text);
	if (frame.length != 42 + length || peek16(&frame, AT_TRANSPORT + 4) != 8 + length)
		harness_fail(file, line, "expected: %zu bytes\n    what left: %s", length, text);
	for (size_t i = 0; i < length; i++)
		if (frame.bytes[42 + i] != pattern(i))
			harness_fail(file, line, "byte %zu of the datagram is wrong", i);
	return frame;
}

struct frame frame_icmp_about(unsigned type, unsigned code, const struct frame *about)
{
	uint8_t message[36] = {(uint8_t)type, (uint8_t)code};
	memcpy(message + 8, about->bytes + AT_IP, 28);
	return frame_ip(1, message, sizeof message);
}

void harness_expect_ttl(unsigned ttl)
{
	world.ttl = ttl;
}
