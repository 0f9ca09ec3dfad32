/* SPDX-License-Identifier: MIT
 *
 * A driver that tells every frame. A received frame's line is printed before the frame is handed up, so that answers
 * and drops come below it. A sent frame's line is printed once the device took it: one that found the device full will
 * be offered again.
 */
#include "apps/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace/decode.h"

#define MICROSECONDS 1000000u
#define FRAME_MAX    (14 + 65535) /* an Ethernet header and the largest IP packet */

struct trace {
	struct driver driver;
	struct driver *inner;
	FILE *to;
	const struct driver_sink *sink; /* the owner's, while service runs */
	uint64_t start;                 /* the time that prints as 0 */
	bool started;
	uint64_t frames;
	struct decode decode;
	uint8_t copy[FRAME_MAX]; /* a sent packet's headers and slices, side by side */
};

static struct trace *trace_of(struct driver *driver)
{
	return (struct trace *)driver;
}

static void start(struct trace *trace, uint64_t now)
{
	if (!trace->started)
		trace->start = now;
	trace->started = true;
}

static void print_frame(struct trace *trace, const char *direction, const uint8_t *bytes, size_t length, uint64_t now)
{
	char text[DECODE_TEXT];
	uint64_t elapsed = now - trace->start;

	decode_line(&trace->decode, bytes, length, text, sizeof text);
	fprintf(trace->to, "%4" PRIu64 " %3" PRIu64 ".%06" PRIu64 " %s %s\n", ++trace->frames, elapsed / MICROSECONDS,
		elapsed % MICROSECONDS, direction, text);
	fflush(trace->to);
}

void trace_drop(struct driver *driver, enum drop_reason reason)
{
	struct trace *trace = trace_of(driver);

	fprintf(trace->to, "      dropped: %s (%s)\n", drop_name(reason), drop_sentence(reason));
	fflush(trace->to);
}

static int trace_emit(struct driver *driver, const struct tx_packet *packet, uint64_t now)
{
	struct trace *trace = trace_of(driver);
	int result = driver_emit(trace->inner, packet, now);

	start(trace, now);
	if (result == -EAGAIN || tx_length(packet) > sizeof trace->copy)
		return result;
	tx_copy(packet, trace->copy);
	print_frame(trace, "->", trace->copy, tx_length(packet), now);
	if (result < 0) {
		fprintf(trace->to, "      lost: %s\n", strerror(-result));
		fflush(trace->to);
	}
	return result;
}

static void trace_frame(void *user, const struct rx_frame *frame, uint64_t now)
{
	struct trace *trace = user;

	print_frame(trace, "<-", frame->bytes, frame->length, now);
	trace->sink->frame(trace->sink->user, frame, now);
}

static void trace_writable(void *user, uint64_t now)
{
	struct trace *trace = user;

	trace->sink->writable(trace->sink->user, now);
}

static int trace_service(struct driver *driver, const struct driver_sink *sink, uint64_t now)
{
	struct trace *trace = trace_of(driver);
	struct driver_sink own = {.user = trace, .frame = trace_frame, .writable = trace_writable};

	start(trace, now);
	trace->sink = sink;
	int result = driver_service(trace->inner, &own, now);
	trace->sink = NULL;
	return result;
}

static void trace_wait(const struct driver *driver, struct driver_wait *wait)
{
	driver_wait(((const struct trace *)driver)->inner, wait);
}

static void trace_close(struct driver *driver)
{
	struct trace *trace = trace_of(driver);

	driver_close(trace->inner);
	free(trace);
}

static const struct driver_operations OPERATIONS = {
    .emit = trace_emit,
    .service = trace_service,
    .wait = trace_wait,
    .close = trace_close,
};

struct driver *trace_wrap(struct driver *inner, FILE *to)
{
	struct trace *trace = calloc(1, sizeof *trace);

	if (!trace)
		return NULL;
	trace->driver = *inner; /* its capabilities */
	trace->driver.operations = &OPERATIONS;
	trace->inner = inner;
	trace->to = to;
	decode_init(&trace->decode);
	return &trace->driver;
}
