/* SPDX-License-Identifier: MIT
 *
 * The cable: a hub whose queues are bounded and lose nothing.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "drivers/cable.h"

/* What a port's owner was given. */
struct owner {
	char seen[64]; /* the frames' texts, one after another */
	unsigned frames;
	unsigned writable;
	enum rx_checksum checksum;
	uint16_t gso_size;
	struct driver *answer_on; /* emit an answer on this port to every frame, or NULL */
};

static int emit_text(struct driver *port, const char *text)
{
	struct tx_packet packet;
	tx_init(&packet);
	uint8_t *header = tx_prepend(&packet, 1);
	header[0] = (uint8_t)text[0];
	tx_append(&packet, text + 1, strlen(text + 1));
	return driver_emit(port, &packet, 0);
}

static void owner_frame(void *user, const struct rx_frame *frame, uint64_t now)
{
	struct owner *owner = user;
	(void)now;
	strncat(owner->seen, (const char *)frame->bytes, frame->length);
	owner->frames++;
	owner->checksum = frame->checksum;
	owner->gso_size = frame->gso_size;
	if (owner->answer_on)
		cr_assert_eq(emit_text(owner->answer_on, "!"), 0);
}

static void owner_writable(void *user, uint64_t now)
{
	(void)now;
	((struct owner *)user)->writable++;
}

static int service(struct cable *cable, unsigned port, struct owner *owner)
{
	const struct driver_sink sink = {owner, owner_frame, owner_writable};
	return driver_service(cable_port(cable, port), &sink, 0);
}

static uint64_t due(struct cable *cable, unsigned port)
{
	struct driver_wait wait = {.descriptor = 0};
	driver_wait(cable_port(cable, port), &wait);
	cr_assert_eq(wait.descriptor, -1);
	return wait.deadline;
}

Test(cable, every_other_port_hears_each_frame_in_order)
{
	struct cable *cable = cable_create(3, 8);
	struct owner a = {.frames = 0}, b = a, c = a;
	cr_assert_eq(emit_text(cable_port(cable, 0), "one "), 0);
	cr_assert_eq(emit_text(cable_port(cable, 0), "two "), 0);
	cr_assert_eq(emit_text(cable_port(cable, 1), "three "), 0);
	cr_assert_eq(service(cable, 0, &a), 1);
	cr_assert_eq(service(cable, 1, &b), 2);
	cr_assert_eq(service(cable, 2, &c), 3);
	cr_assert_str_eq(a.seen, "three ");
	cr_assert_str_eq(b.seen, "one two ");
	cr_assert_str_eq(c.seen, "one two three ");
	cr_assert_eq(service(cable, 2, &c), 0);
	cable_destroy(cable);
}

Test(cable, frames_are_copied_when_emitted)
{
	struct cable *cable = cable_create(2, 8);
	struct owner b = {.frames = 0};
	char text[] = "before";
	emit_text(cable_port(cable, 0), text);
	memcpy(text, "after!", 6);
	service(cable, 1, &b);
	cr_assert_str_eq(b.seen, "before");
	cable_destroy(cable);
}

Test(cable, waiting_frames_are_due_at_once_and_silence_never)
{
	struct cable *cable = cable_create(2, 8);
	struct owner b = {.frames = 0};
	cr_assert_eq(due(cable, 1), DEADLINE_NEVER);
	emit_text(cable_port(cable, 0), "frame");
	cr_assert_eq(due(cable, 0), DEADLINE_NEVER);
	cr_assert_eq(due(cable, 1), 0);
	service(cable, 1, &b);
	cr_assert_eq(due(cable, 1), DEADLINE_NEVER);
	cable_destroy(cable);
}

Test(cable, a_full_queue_refuses_for_all_and_owes_writable_once)
{
	struct cable *cable = cable_create(3, 2);
	struct owner a = {.frames = 0}, b = a, c = a;
	cr_assert_eq(emit_text(cable_port(cable, 0), "1"), 0);
	cr_assert_eq(emit_text(cable_port(cable, 0), "2"), 0);
	cr_assert_eq(service(cable, 2, &c), 2);
	cr_assert_eq(emit_text(cable_port(cable, 0), "3"), -EAGAIN, "port 1 is full");
	cr_assert_eq(service(cable, 2, &c), 0, "and so port 2 does not get it either");
	cr_assert_eq(service(cable, 0, &a), 0);
	cr_assert_eq(a.writable, 0, "still full");
	cr_assert_eq(due(cable, 0), DEADLINE_NEVER);
	cr_assert_eq(service(cable, 1, &b), 2);
	cr_assert_eq(due(cable, 0), 0, "writable is owed now");
	service(cable, 0, &a);
	service(cable, 0, &a);
	cr_assert_eq(a.writable, 1);
	cr_assert_eq(b.writable + c.writable, 0);
	cr_assert_eq(emit_text(cable_port(cable, 0), "3"), 0);
	cable_destroy(cable);
}

Test(cable, answers_wait_for_the_next_service)
{
	struct cable *cable = cable_create(2, 4);
	struct owner a = {.frames = 0}, b = {.answer_on = cable_port(cable, 1)};
	a.answer_on = cable_port(cable, 0);
	emit_text(cable_port(cable, 0), "ping");
	cr_assert_eq(service(cable, 1, &b), 1);
	cr_assert_eq(service(cable, 0, &a), 1);
	cr_assert_str_eq(a.seen, "!");
	cr_assert_eq(b.frames, 1);
	cable_destroy(cable);
}

Test(cable, offload_marks_cross_it)
{
	struct cable *cable = cable_create(2, 4);
	struct owner b = {.frames = 0};
	struct tx_packet packet;
	tx_init(&packet);
	memset(tx_prepend(&packet, 54), 'h', 54);
	packet.checksum_header = 20;
	packet.checksum_offset = 16;
	packet.gso_size = 1460;
	cr_assert_eq(driver_emit(cable_port(cable, 0), &packet, 0), 0);
	service(cable, 1, &b);
	cr_assert_eq(b.checksum, RX_CHECKSUM_PARTIAL);
	cr_assert_eq(b.gso_size, 1460);
	cable_destroy(cable);
}

Test(cable, an_unplugged_port_neither_gets_frames_nor_holds_others_up)
{
	struct cable *cable = cable_create(3, 1);
	struct owner b = {.frames = 0}, c = b;
	emit_text(cable_port(cable, 0), "1");
	cr_assert_eq(service(cable, 2, &c), 1);
	driver_close(cable_port(cable, 1));
	cr_assert_eq(emit_text(cable_port(cable, 0), "2"), 0);
	cr_assert_eq(service(cable, 1, &b), 0);
	cr_assert_eq(service(cable, 2, &c), 1);
	cable_destroy(cable);
}
