/* SPDX-License-Identifier: MIT
 *
 * The capturing driver of pcap.h.
 *
 * While the sink looks at a received frame, records of frames it sends gather in `sent`:
 *
 *     sink.frame(f) .................................... returns
 *        pcap_note("...")      emit(a)     emit(b)          |
 *             |                   |           |             v
 *          options              sent: [ a ][ b ]        write [ f + options ][ a ][ b ]
 *
 * At any other time what is sent is written at once.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/pcap.h"
#include "drivers/pcapng.h"

struct pcap {
	struct driver driver;
	struct driver *inner;
	const struct driver_sink *sink; /* the owner's, during service() */
	FILE *file;                     /* NULL once it is ended */
	const char *path;
	bool live; /* flush every record */
	int error; /* negative errno of the first write that failed; nothing is written after it */
	uint64_t epoch;
	bool holding;                  /* the sink is looking at a received frame */
	struct pcapng_options options; /* of that frame */
	struct pcapng_buffer sent;     /* records of frames sent meanwhile */
	struct pcapng_buffer record;   /* scratch for what is being written */
};

/* Write a buffer out and empty it. */
static void pcap_write(struct pcap *pcap, struct pcapng_buffer *buffer)
{
	bool open = pcap->file && !pcap->error;
	errno = EIO;
	if (open && buffer->length && fwrite(buffer->bytes, buffer->length, 1, pcap->file) != 1)
		pcap->error = -errno;
	errno = EIO;
	if (open && !pcap->error && pcap->live && fflush(pcap->file) != 0)
		pcap->error = -errno;
	buffer->length = 0;
}

static uint64_t pcap_time(const struct pcap *pcap, uint64_t now)
{
	return pcap->epoch + now * 1000;
}

static void pcap_comment_marks(struct pcapng_options *options, bool partial, unsigned gso_size)
{
	char text[64];
	if (partial)
		pcapng_comment(options,
			       "transport checksum left to the device: the field holds the pseudo-header's sum");
	if (gso_size) {
		snprintf(text, sizeof text, "stands for segments of %u bytes", gso_size);
		pcapng_comment(options, text);
	}
}

static int pcap_emit(struct driver *driver, const struct tx_packet *packet, uint64_t now)
{
	struct pcap *pcap = (struct pcap *)driver;
	struct slice slices[1 + TX_SLICES] = {{tx_headers(packet), tx_header_length(packet)}};
	struct pcapng_options options;
	int error = driver_emit(pcap->inner, packet, now);
	if (error)
		return error;
	options.length = 0;
	memcpy(slices + 1, packet->slices, packet->slice_count * sizeof packet->slices[0]);
	pcap_comment_marks(&options, packet->checksum_header != 0, packet->gso_size);
	if (!pcapng_append_packet(&pcap->sent, pcap_time(pcap, now), slices, 1 + packet->slice_count, PCAPNG_OUTBOUND,
				  &options))
		pcap->error = -ENOMEM;
	if (!pcap->holding)
		pcap_write(pcap, &pcap->sent);
	return 0;
}

static void pcap_frame(void *user, const struct rx_frame *frame, uint64_t now)
{
	struct pcap *pcap = user;
	struct slice data = {frame->bytes, frame->length};
	pcap->holding = true;
	pcap->options.length = 0;
	pcap_comment_marks(&pcap->options, frame->checksum == RX_CHECKSUM_PARTIAL, frame->gso_size);
	pcap->sink->frame(pcap->sink->user, frame, now);
	pcap->holding = false;
	if (!pcapng_append_packet(&pcap->record, pcap_time(pcap, now), &data, 1, PCAPNG_INBOUND, &pcap->options))
		pcap->error = -ENOMEM;
	pcap_write(pcap, &pcap->record);
	pcap_write(pcap, &pcap->sent);
}

static void pcap_writable(void *user, uint64_t now)
{
	struct pcap *pcap = user;
	pcap->sink->writable(pcap->sink->user, now);
}

static int pcap_service(struct driver *driver, const struct driver_sink *sink, uint64_t now)
{
	struct pcap *pcap = (struct pcap *)driver;
	const struct driver_sink between = {pcap, pcap_frame, pcap_writable};
	pcap->sink = sink;
	int frames = driver_service(pcap->inner, &between, now);
	pcap->sink = NULL;
	return pcap->error ? pcap->error : frames;
}

static void pcap_wait(const struct driver *driver, struct driver_wait *wait)
{
	driver_wait(((const struct pcap *)driver)->inner, wait);
}

/* Writing may fail as late as this: a file's last bytes leave when it is closed. */
static void pcap_end_file(struct pcap *pcap)
{
	errno = EIO;
	int failed = !pcap->file ? 0 : pcap->live ? fflush(pcap->file) : fclose(pcap->file);
	if (failed && !pcap->error)
		pcap->error = -errno;
	pcap->file = NULL;
}

static void pcap_close(struct driver *driver)
{
	struct pcap *pcap = (struct pcap *)driver;
	driver_close(pcap->inner);
	pcap_end_file(pcap);
	pcapng_release(&pcap->sent);
	pcapng_release(&pcap->record);
	free(pcap);
}

static const struct driver_operations pcap_operations = {pcap_emit, pcap_service, pcap_wait, pcap_close};

struct driver *pcap_wrap(struct driver *inner, const char *path, uint64_t epoch, char message[DRIVER_MESSAGE])
{
	struct pcap *pcap = calloc(1, sizeof *pcap);
	bool live = strcmp(path, "-") == 0;
	FILE *file = !pcap ? NULL : live ? stdout : fopen(path, "we");
	if (!file) {
		snprintf(message, DRIVER_MESSAGE,
			 "strata: writing the capture failed on %.200s: %s; do: choose another place with --pcap FILE",
			 path, strerror(errno));
		free(pcap);
		return NULL;
	}
	pcap->driver = *inner;
	pcap->driver.operations = &pcap_operations;
	pcap->inner = inner;
	pcap->file = file;
	pcap->path = path;
	pcap->live = live;
	pcap->epoch = epoch;
	if (!pcapng_append_start(&pcap->record))
		pcap->error = -ENOMEM;
	pcap_write(pcap, &pcap->record);
	return &pcap->driver;
}

void pcap_note(struct driver *driver, const char *text)
{
	struct pcap *pcap = (struct pcap *)driver;
	if (pcap->holding)
		pcapng_comment(&pcap->options, text);
}

int pcap_error(const struct driver *driver)
{
	return ((const struct pcap *)driver)->error;
}

bool pcap_finish(struct driver *driver, char message[DRIVER_MESSAGE])
{
	struct pcap *pcap = (struct pcap *)driver;
	pcap_end_file(pcap);
	if (pcap->error)
		snprintf(message, DRIVER_MESSAGE, "strata: writing the capture failed on %.200s: %s; do: df -h",
			 pcap->path, strerror(-pcap->error));
	return !pcap->error;
}
