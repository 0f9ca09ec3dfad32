/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a frame to be told to people: a terminated line of printable ASCII, whatever the room; and as what an ICMP error
 * quotes.
 */
#include "trace/decode_wire.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "trace/decode.h"

static void tell(struct decode *decode, const uint8_t *bytes, size_t length, size_t room)
{
	char text[DECODE_TEXT];
	size_t told = decode_line(decode, bytes, length, text, room);

	must(told < room && told == strlen(text));
	for (size_t i = 0; i < told; i++)
		must(text[i] >= ' ' && text[i] <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct quoted_packet quoted;
	struct decode *decode = malloc(sizeof *decode);

	must(decode);
	decode_init(decode);
	tell(decode, bytes, length, DECODE_TEXT);
	tell(decode, bytes, length, DECODE_TEXT); /* the second of its flow */
	tell(decode, bytes, length, 1 + length % 80);
	free(decode);
	quoted_parse((struct slice){bytes, length}, &quoted);
	return 0;
}
