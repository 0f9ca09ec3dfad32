/* SPDX-License-Identifier: MIT
 *
 * The wire. packetdrill deals in IP datagrams; the stack in Ethernet frames. The adapter is the whole of the rest of the
 * network: every address but the stack's own has the same MAC address, and answers ARP at once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/deadline.h"
#include "link/arp_wire.h"
#include "link/ether_wire.h"
#include "tests/packetdrill/adapter.h"

#define IP_HEADER  20
#define TCP_HEADER 20

static const struct mac network = {{0x02, 0, 0, 0, 0, 0xfe}};

/* A packet in a queue. */
struct frame {
	struct frame *next;
	uint64_t at; /* when it left */
	size_t length;
	uint8_t bytes[];
};

void wire_init(struct adapter *a)
{
	a->sent_end = &a->sent;
	a->arriving_end = &a->arriving;
}

static struct frame *queue_room(struct frame ***end, size_t length, uint64_t at)
{
	struct frame *f = malloc(sizeof *f + length);

	if (!f)
		abort();
	f->next = NULL;
	f->at = at;
	f->length = length;
	**end = f;
	*end = &f->next;
	return f;
}

static struct frame *queue_take(struct frame **first, struct frame ***end)
{
	struct frame *f = *first;

	if (f && !(*first = f->next))
		*end = first;
	return f;
}

/* ---- out ---- */

/* Somebody is asked for: the answer. */
static void answer_arp(struct adapter *a, const uint8_t *bytes, size_t length)
{
	struct arp_packet asked;

	if (!arp_parse(bytes, length, &asked) || asked.operation != ARP_REQUEST ||
	    address_equal(asked.target, a->settings.address))
		return;
	struct frame *f = queue_room(&a->arriving_end, ETHER_HEADER + ARP_LENGTH, a->now);
	ether_emit(f->bytes, &(struct ether_header){asked.sender_mac, network, ETHERTYPE_ARP});
	arp_emit(f->bytes + ETHER_HEADER, &(struct arp_packet){
					      .operation = ARP_REPLY,
					      .sender_mac = network,
					      .sender = asked.target,
					      .target_mac = asked.sender_mac,
					      .target = asked.sender,
					  });
}

int wire_emit(void *user, const struct tx_packet *packet)
{
	struct adapter *a = user;
	size_t length = tx_length(packet);
	uint8_t *frame = malloc(length);
	struct ether_header header;

	if (!frame)
		return -ENOMEM;
	tx_copy(packet, frame);
	if (ether_parse(frame, length, &header)) {
		if (header.type == ETHERTYPE_ARP) {
			answer_arp(a, frame + ETHER_HEADER, length - ETHER_HEADER);
		} else {
			struct frame *f = queue_room(&a->sent_end, length - ETHER_HEADER, a->now);
			memcpy(f->bytes, frame + ETHER_HEADER, f->length);
		}
	}
	free(frame);
	return 0;
}

static bool has_sent(const struct adapter *a)
{
	return a->sent != NULL;
}

int wire_out(void *user, void *datagram, size_t *length, long long *microseconds)
{
	struct adapter *a = user;

	pthread_mutex_lock(&a->lock);
	adapter_stack(a);
	clock_settle(a);
	if (!has_sent(a))
		clock_advance(a, a->now + a->settings.patience, has_sent);
	struct frame *f = queue_take(&a->sent, &a->sent_end);
	if (f) {
		*length = f->length < *length ? f->length : *length;
		memcpy(datagram, f->bytes, *length);
		*microseconds = (long long)f->at;
		free(f);
	} else { /* an empty packet ends the script; an error would be taken for an invitation to try again */
		notice("nothing was sent for %llu s", (unsigned long long)(a->settings.patience / 1000000));
		*length = 0;
		*microseconds = (long long)a->now;
	}
	pthread_mutex_unlock(&a->lock);
	return 0;
}

/* ---- in ---- */

/* Scripts hand in segments larger than the MTU, as a device does that has merged several. */
static uint16_t merged_size(const struct adapter *a, size_t length)
{
	return length > a->settings.mtu ? (uint16_t)(a->settings.mtu - IP_HEADER - TCP_HEADER) : 0;
}

static void frame_in(struct adapter *a, const uint8_t *bytes, size_t length)
{
	struct rx_frame frame = {
	    .bytes = bytes,
	    .length = length,
	    .gso_size = merged_size(a, length - ETHER_HEADER),
	};

	stack_input(adapter_stack(a), &frame, a->now);
}

bool wire_deliver(struct adapter *a)
{
	struct frame *f;
	bool any = false;

	while ((f = queue_take(&a->arriving, &a->arriving_end))) {
		frame_in(a, f->bytes, f->length);
		free(f);
		any = true;
	}
	return any;
}

/* The first packet tells which address the scripts use. */
static void check_destination(const struct adapter *a, const uint8_t *datagram, size_t length)
{
	struct address destination;
	char text[ADDRESS_TEXT];

	if (a->stack || length < IP_HEADER)
		return;
	memcpy(destination.bytes, datagram + 16, sizeof destination.bytes);
	if (!address_equal(destination, a->settings.address))
		notice("packets go to %s, which is not the stack's address; do: --so_flags=ip=%s/16",
		       address_print(destination, text), text);
}

int wire_in(void *user, const void *datagram, size_t length)
{
	struct adapter *a = call_begin(user);
	uint8_t *frame = malloc(ETHER_HEADER + length);

	if (!frame)
		return (int)call_end(a, -ENOMEM);
	check_destination(a, datagram, length);
	const struct ether_header header = {{{0x02, 0, 0, 0, 0, 1}}, network, ETHERTYPE_IPV4};
	ether_emit(frame, &header);
	memcpy(frame + ETHER_HEADER, datagram, length);
	frame_in(a, frame, ETHER_HEADER + length);
	free(frame);
	call_end(a, 0);
	return 0;
}

void wire_release(struct adapter *a)
{
	struct frame *f;

	while ((f = queue_take(&a->sent, &a->sent_end)))
		free(f);
	while ((f = queue_take(&a->arriving, &a->arriving_end)))
		free(f);
}
