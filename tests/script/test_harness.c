/* SPDX-License-Identifier: MIT
 *
 * The harness against the world: its encoder and its checksum must give the bytes that real machines sent, or all the
 * scripts prove nothing. The frames are those of a DNS connection over TCP between a Windows machine and its router.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/harness/internal.h"

/* The TCP checksum of a segment between these two, as the harness computes it. */
static unsigned sum_of(const char *text, bool from_client)
{
	struct flow flow = {.peer_port = from_client ? 61339 : 53, .local_port = from_client ? 53 : 61339};
	struct segment segment = segment_parse(HERE, text, &flow, false);
	struct frame frame = segment_frame(&segment, &flow);
	static const uint8_t client[4] = {192, 168, 1, 92};
	static const uint8_t router[4] = {192, 168, 1, 254};
	memcpy(frame.bytes + AT_IP_FROM, from_client ? client : router, 4);
	memcpy(frame.bytes + AT_IP_TO, from_client ? router : client, 4);
	frame_fix(&frame);
	cr_assert(naive_transport_checksum(frame.bytes + AT_IP, 6, frame.bytes + AT_TRANSPORT,
					   frame.length - AT_TRANSPORT) == 0);
	return peek16(&frame, AT_TCP_CHECKSUM);
}

Test(harness, builds_the_segments_of_a_capture, .init = harness_start, .fini = harness_end)
{
	cr_assert(sum_of("S =3641839720(0) ack =0 win 65535 <mss 1460,nop,wscale 8,nop,nop,sackOK>", true) == 0x111a);
	cr_assert(sum_of("S. =1672999154(0) ack =3641839721 win 64240 <mss 1400,nop,nop,sackOK,nop,wscale 7>", false) ==
		  0xc1aa);
	cr_assert(sum_of(". =3641839721(0) ack =1672999155 win 255", true) == 0xfc32);
}

/* RFC 1071 3: the words 0001 f203 f4f5 f6f7 sum to ddf2. */
Test(harness, sums_the_example_of_rfc_1071)
{
	static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	cr_assert(naive_checksum(bytes, 8, 0) == (0xffff ^ 0xddf2));
}

/* What a script writes is what is parsed, in bytes. */
Test(harness, lays_out_options_as_written)
{
	static const uint8_t bytes[] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 3, 3, 7};
	struct flow flow = {0};
	struct segment s = segment_parse(HERE, "S 0:0(0) <mss 1460,sackOK,TS val 7 ecr 9,nop,wscale 7>", &flow, false);
	cr_assert(s.options_length == sizeof bytes && memcmp(s.options, bytes, sizeof bytes) == 0);
}
