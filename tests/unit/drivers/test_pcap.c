/* SPDX-License-Identifier: MIT
 *
 * The capture, byte for byte. The expected blocks are written by hand from draft-ietf-opsawg-pcapng.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "drivers/pcap.h"
#include "tests/harness/scratch.h"

#define EPOCH 1700000000000000000u /* 0x17979cfe362a0000 */

/* clang-format off */
#define START \
	/* section header: type, length, magic, version 1.0, section length -1, length */ \
	0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, \
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28, 0, 0, 0, \
	/* interface: type, length, Ethernet, no limit, if_tsresol 9, end of options, length */ \
	1, 0, 0, 0, 32, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0
/* clang-format on */

/* An inner driver: hands up one frame a service call, and takes what it is given or answers `refuse`. */
struct inner {
	struct driver driver;
	const char *frame;
	enum rx_checksum checksum;
	int refuse;
	unsigned emitted;
	bool closed;
};

static int inner_emit(struct driver *driver, const struct tx_packet *packet, uint64_t now)
{
	struct inner *inner = (struct inner *)driver;
	(void)packet, (void)now;
	if (inner->refuse)
		return inner->refuse;
	inner->emitted++;
	return 0;
}

static int inner_service(struct driver *driver, const struct driver_sink *sink, uint64_t now)
{
	struct inner *inner = (struct inner *)driver;
	if (!inner->frame)
		return 0;
	struct rx_frame frame = {
	    .bytes = (const uint8_t *)inner->frame, .length = strlen(inner->frame), .checksum = inner->checksum};
	sink->frame(sink->user, &frame, now);
	sink->writable(sink->user, now);
	return 1;
}

static void inner_wait(const struct driver *driver, struct driver_wait *wait)
{
	(void)driver;
	*wait = (struct driver_wait){.descriptor = 5, .events = 6, .deadline = 7};
}

static void inner_close(struct driver *driver)
{
	((struct inner *)driver)->closed = true;
}

static const struct driver_operations inner_operations = {inner_emit, inner_service, inner_wait, inner_close};

/* A capture of such a driver into a file of its own. */
struct fixture {
	struct inner inner;
	struct driver *pcap;
	char path[SCRATCH_PATH];
	unsigned writable;
	const char *note[2]; /* for the received frame */
	bool answer;         /* emit "out" to the received frame, between the notes */
};

static void begin(struct fixture *f)
{
	char message[DRIVER_MESSAGE];
	*f = (struct fixture){.inner = {.driver = {.operations = &inner_operations, .mtu = 1400, .tso = true}}};
	close(mkstemp(scratch_path(f->path, "pcap")));
	f->pcap = pcap_wrap(&f->inner.driver, f->path, EPOCH, message);
	cr_assert_not_null(f->pcap);
}

static int emit(struct fixture *f, const char *text, uint64_t now)
{
	struct tx_packet packet;
	tx_init(&packet);
	tx_append(&packet, text + 1, strlen(text + 1));
	memcpy(tx_prepend(&packet, 1), text, 1);
	return driver_emit(f->pcap, &packet, now);
}

static void sink_frame(void *user, const struct rx_frame *frame, uint64_t now)
{
	struct fixture *f = user;
	cr_assert_eq(memcmp(frame->bytes, f->inner.frame, frame->length), 0);
	if (f->note[0])
		pcap_note(f->pcap, f->note[0]);
	if (f->answer)
		cr_assert_eq(emit(f, "out", now), 0);
	if (f->note[1])
		pcap_note(f->pcap, f->note[1]);
}

static void sink_writable(void *user, uint64_t now)
{
	(void)now;
	((struct fixture *)user)->writable++;
}

static int service(struct fixture *f, uint64_t now)
{
	const struct driver_sink sink = {f, sink_frame, sink_writable};
	return driver_service(f->pcap, &sink, now);
}

/* Close the capture and compare what is in the file. */
static void end(struct fixture *f, const void *expected, size_t length)
{
	uint8_t bytes[4096];
	driver_close(f->pcap);
	cr_assert(f->inner.closed);
	FILE *file = fopen(f->path, "r");
	size_t got = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	unlink(f->path);
	cr_assert_arr_eq(bytes, expected, got < length ? got : length);
	cr_assert_eq(got, length, "%zu bytes in the file, %zu expected", got, length);
}

Test(pcap, starts_with_section_and_interface)
{
	static const uint8_t expected[] = {START};
	struct fixture f;
	begin(&f);
	end(&f, expected, sizeof expected);
}

Test(pcap, has_the_face_of_what_it_wraps)
{
	static const uint8_t expected[] = {START};
	struct driver_wait wait;
	struct fixture f;
	begin(&f);
	cr_assert_eq(f.pcap->mtu, 1400);
	cr_assert(f.pcap->tso);
	cr_assert_not(f.pcap->checksum);
	driver_wait(f.pcap, &wait);
	cr_assert(wait.descriptor == 5 && wait.events == 6 && wait.deadline == 7);
	end(&f, expected, sizeof expected);
}

/* clang-format off */
Test(pcap, received_and_sent_frames_have_time_and_direction)
{
	static const uint8_t expected[] = {START,
		6, 0, 0, 0, 52, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0x9c, 0x97, 0x17, 0xe8, 0x03, 0x2a, 0x36, /* 1 us */
		5, 0, 0, 0, 5, 0, 0, 0, 'h', 'e', 'l', 'l', 'o', 0, 0, 0,
		2, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 52, 0, 0, 0,
		6, 0, 0, 0, 48, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0x9c, 0x97, 0x17, 0xd0, 0x07, 0x2a, 0x36, /* 2 us */
		4, 0, 0, 0, 4, 0, 0, 0, 'b', 'a', 'c', 'k',
		2, 0, 4, 0, 2, 0, 0, 0, 0, 0, 0, 0, 48, 0, 0, 0};
	struct fixture f;
	begin(&f);
	f.inner.frame = "hello";
	cr_assert_eq(service(&f, 1), 1);
	cr_assert_eq(f.writable, 1);
	cr_assert_eq(emit(&f, "back", 2), 0);
	cr_assert_eq(f.inner.emitted, 1);
	end(&f, expected, sizeof expected);
}

Test(pcap, a_received_frame_is_held_until_its_reasons_are_known)
{
	static const uint8_t expected[] = {START,
		6, 0, 0, 0, 68, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0x9c, 0x97, 0x17, 0, 0, 0x2a, 0x36,
		2, 0, 0, 0, 2, 0, 0, 0, 'i', 'n', 0, 0,
		1, 0, 3, 0, 'w', 'h', 'y', 0, /* opt_comment */
		1, 0, 5, 0, 'a', 'f', 't', 'e', 'r', 0, 0, 0,
		2, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 68, 0, 0, 0,
		6, 0, 0, 0, 48, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0x9c, 0x97, 0x17, 0, 0, 0x2a, 0x36,
		3, 0, 0, 0, 3, 0, 0, 0, 'o', 'u', 't', 0,
		2, 0, 4, 0, 2, 0, 0, 0, 0, 0, 0, 0, 48, 0, 0, 0};
	struct fixture f;
	begin(&f);
	f.inner.frame = "in";
	f.note[0] = "why";
	f.note[1] = "after";
	f.answer = true;
	service(&f, 0);
	pcap_note(f.pcap, "no frame is held now, so this goes nowhere");
	end(&f, expected, sizeof expected);
}

Test(pcap, comments_do_not_leak_into_the_next_record_and_are_bounded)
{
	static const uint8_t second[] = {
		6, 0, 0, 0, 48, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0x9c, 0x97, 0x17, 0, 0, 0x2a, 0x36,
		4, 0, 0, 0, 4, 0, 0, 0, 'n', 'e', 'x', 't', 2, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 48, 0, 0, 0};
	static const uint8_t start[] = {START};
	uint8_t expected[sizeof start + 48 + 1004 + sizeof second] = {START,
		6, 0, 0, 0, 28, 4, 0, 0, 0, 0, 0, 0, 0xfe, 0x9c, 0x97, 0x17, 0, 0, 0x2a, 0x36,
		4, 0, 0, 0, 4, 0, 0, 0, 'n', 'e', 'x', 't', 1, 0, 0xe8, 0x03};
	static const uint8_t tail[] = {2, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 28, 4, 0, 0};
	char longest[1001];
	struct fixture f;
	memset(longest, 'x', 1000);
	longest[1000] = '\0';
	memset(expected + sizeof start + 36, 'x', 1000);
	memcpy(expected + sizeof start + 1036, tail, sizeof tail);
	memcpy(expected + sizeof start + 1052, second, sizeof second);
	begin(&f);
	f.inner.frame = "next";
	f.note[0] = longest;
	f.note[1] = "twenty more do not go in";
	service(&f, 0);
	f.note[0] = f.note[1] = NULL;
	service(&f, 0);
	end(&f, expected, sizeof expected);
}
/* clang-format on */

Test(pcap, a_frame_that_was_not_sent_is_not_captured)
{
	static const uint8_t expected[] = {START};
	struct fixture f;
	begin(&f);
	f.inner.refuse = -EAGAIN;
	cr_assert_eq(emit(&f, "never", 0), -EAGAIN);
	f.inner.refuse = -EIO;
	cr_assert_eq(emit(&f, "never", 0), -EIO);
	end(&f, expected, sizeof expected);
}

Test(pcap, a_partial_checksum_is_captured_as_it_is_and_said)
{
	static const char comment[] = "transport checksum left to the device: the field holds the pseudo-header's sum";
	uint8_t bytes[4096];
	struct fixture f;
	begin(&f);
	f.inner.frame = "data";
	f.inner.checksum = RX_CHECKSUM_PARTIAL;
	service(&f, 0);
	driver_close(f.pcap);
	FILE *file = fopen(f.path, "r");
	size_t got = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	unlink(f.path);
	cr_assert_gt(got, 60 + 36 + sizeof comment);
	cr_assert_arr_eq(bytes + 60 + 28, "data\1\0", 6);
	cr_assert_arr_eq(bytes + 60 + 36, comment, sizeof comment - 1);
}

Test(pcap, a_place_that_cannot_be_written_is_said_in_one_line)
{
	struct inner inner = {.driver = {.operations = &inner_operations}};
	char message[DRIVER_MESSAGE] = "";
	cr_assert_null(pcap_wrap(&inner.driver, "/nowhere/at/all", 0, message));
	cr_assert_str_eq(message, "strata: writing the capture failed on /nowhere/at/all: No such file or directory; "
				  "do: choose another place with --pcap FILE");
	cr_assert_not(inner.closed);
}

Test(pcap, a_full_disk_ends_service_with_its_errno)
{
	struct inner inner = {.driver = {.operations = &inner_operations}};
	char message[DRIVER_MESSAGE];
	struct driver *pcap = pcap_wrap(&inner.driver, "/dev/full", 0, message);
	cr_assert_not_null(pcap);
	struct fixture f = {.pcap = pcap};
	for (unsigned i = 0; i < 4096 && !pcap_error(pcap); i++)
		cr_assert_eq(emit(&f, "a frame that goes on and on", i), 0, "sending goes on");
	cr_assert_eq(pcap_error(pcap), -ENOSPC);
	cr_assert_eq(service(&f, 0), -ENOSPC);
	driver_close(pcap);
}

/* So little that it waits in memory until the end. */
Test(pcap, a_full_disk_is_said_at_the_latest_in_the_end)
{
	struct inner inner = {.driver = {.operations = &inner_operations}};
	char message[DRIVER_MESSAGE] = "";
	struct driver *pcap = pcap_wrap(&inner.driver, "/dev/full", 0, message);
	cr_assert_not_null(pcap);
	cr_assert_eq(pcap_error(pcap), 0);
	cr_assert_not(pcap_finish(pcap, message));
	cr_assert_str_eq(message,
			 "strata: writing the capture failed on /dev/full: No space left on device; do: df -h");
	cr_assert_eq(pcap_error(pcap), -ENOSPC);
	cr_assert_not(pcap_finish(pcap, message), "and it stays so");
	driver_close(pcap);
}

Test(pcap, what_passes_after_the_end_is_not_captured)
{
	static const uint8_t expected[] = {START};
	char message[DRIVER_MESSAGE];
	struct fixture f;
	begin(&f);
	cr_assert(pcap_finish(f.pcap, message));
	f.inner.frame = "late";
	cr_assert_eq(service(&f, 0), 1);
	cr_assert_eq(emit(&f, "later", 0), 0);
	cr_assert(pcap_finish(f.pcap, message));
	end(&f, expected, sizeof expected);
}
