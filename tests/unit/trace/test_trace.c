/* SPDX-License-Identifier: MIT
 *
 * The driver that tells every frame, around a driver that plays a part.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "apps/trace.h"
#include "tests/unit/trace/golden.h"

struct part {
	struct driver driver;
	const struct golden *arrives; /* at the next service */
	int emit_result;
	bool closed;
};

static struct driver *trace;
static struct part part;
static FILE *to;
static char *printed;
static size_t printed_length;
static unsigned delivered, writable;

static int part_emit(struct driver *driver, const struct tx_packet *packet, uint64_t now)
{
	(void)packet;
	(void)now;
	return ((struct part *)driver)->emit_result;
}

static int part_service(struct driver *driver, const struct driver_sink *sink, uint64_t now)
{
	const struct golden *golden = ((struct part *)driver)->arrives;

	if (!golden) {
		sink->writable(sink->user, now);
		return 0;
	}
	size_t length;
	uint8_t *bytes = golden_frame(golden, &length);
	sink->frame(sink->user, &(struct rx_frame){.bytes = bytes, .length = length}, now);
	free(bytes);
	return 1;
}

static void part_wait(const struct driver *driver, struct driver_wait *wait)
{
	(void)driver;
	*wait = (struct driver_wait){.descriptor = 5, .deadline = 77};
}

static void part_close(struct driver *driver)
{
	((struct part *)driver)->closed = true;
}

static const struct driver_operations PART = {part_emit, part_service, part_wait, part_close};

/* A frame leaves, as header area and one slice. */
static int emit(const struct golden *golden, uint64_t now)
{
	struct tx_packet packet;
	size_t length;
	uint8_t *bytes = golden_frame(golden, &length);

	tx_init(&packet);
	memcpy(tx_prepend(&packet, 14), bytes, 14);
	tx_append(&packet, bytes + 14, length - 14);
	int result = driver_emit(trace, &packet, now);
	free(bytes);
	return result;
}

/* A machine that answers an ARP request and drops all else. */
static void machine_frame(void *user, const struct rx_frame *frame, uint64_t now)
{
	(void)user;
	delivered++;
	if (frame->bytes[13] == 6)
		emit(&golden_arp_reply, now + 5);
	else
		trace_drop(trace, DROP_IP_CHECKSUM);
}

static void machine_writable(void *user, uint64_t now)
{
	(void)user;
	(void)now;
	writable++;
}

static int service(const struct golden *arrives, uint64_t now)
{
	part.arrives = arrives;
	return driver_service(trace, &(struct driver_sink){.frame = machine_frame, .writable = machine_writable}, now);
}

static void begin(void)
{
	part = (struct part){.driver = {.operations = &PART, .mtu = 1234, .checksum = true}};
	to = open_memstream(&printed, &printed_length);
	trace = trace_wrap(&part.driver, to);
}

static void end(void)
{
	driver_close(trace);
	cr_expect(part.closed);
	fclose(to);
	free(printed);
}

TestSuite(trace, .init = begin, .fini = end);

Test(trace, tells_frames_before_their_answers)
{
	cr_expect_eq(service(&golden_arp_request, 7000000), 1);
	cr_expect_eq(emit(&golden_echo_request, 19000001), 0);
	cr_expect_str_eq(
	    printed, "   1   0.000000 <- ARP  who has 192.168.60.3? tell 192.168.60.112\n"
		     "   2   0.000005 -> ARP  192.168.60.3 is at 18:31:bf:df:a1:f0\n"
		     "   3  12.000001 -> ICMP 192.0.2.1 > 192.0.2.2           echo request id 4660 seq 1, 16 bytes\n");
	cr_expect_eq(delivered, 1);
}

Test(trace, tells_a_drop_below_its_frame)
{
	service(&golden_echo_reply, 1);
	cr_expect_str_eq(
	    printed, "   1   0.000000 <- ICMP 192.0.2.2 > 192.0.2.1           echo reply   id 4660 seq 1, 16 bytes\n"
		     "      dropped: ip-checksum (wrong header checksum)\n");
}

Test(trace, is_silent_about_a_frame_that_will_be_offered_again)
{
	part.emit_result = -EAGAIN;
	cr_expect_eq(emit(&golden_arp_reply, 1), -EAGAIN);
	cr_expect_eq(printed_length, 0);
	service(NULL, 2);
	cr_expect_eq(writable, 1);

	part.emit_result = -EIO;
	cr_expect_eq(emit(&golden_arp_reply, 3), -EIO);
	cr_expect_str_eq(printed, "   1   0.000002 -> ARP  192.168.60.3 is at 18:31:bf:df:a1:f0\n"
				  "      lost: Input/output error\n");
}

Test(trace, has_the_face_of_the_driver_it_wraps)
{
	struct driver_wait wait;

	driver_wait(trace, &wait);
	cr_expect_eq(wait.descriptor, 5);
	cr_expect_eq(wait.deadline, 77);
	cr_expect_eq(trace->mtu, 1234);
	cr_expect(trace->checksum);
	cr_expect_not(trace->tso);
}
