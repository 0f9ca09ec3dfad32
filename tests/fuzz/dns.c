/* SPDX-License-Identifier: MIT
 *
 * Any bytes as what a name server says, to a stack that waits for it: the look-up comes to an end once, what it is given are records
 * that can be read, and nothing is left over. The input is a row of messages, each two bytes of length and then: flags, the counts of
 * the three sections of records, and all that follows the question. Id, question, ports and addresses are those of the question that
 * left last, for whoever can see that far is the attacker that matters here.
 */
#include "dns/dns.h"

#include <string.h>

#include "stack.h"
#include "tests/fuzz/fuzz.h"

#define HEADERS (14 + 20 + 8)
#define SECOND  1000000u

static const struct address server = {{192, 0, 2, 53}};

struct world {
	uint8_t question[600]; /* the frame that left last, if it was a question by UDP */
	size_t length;
	unsigned ended;
};

static int emit(void *user, const struct tx_packet *packet)
{
	struct world *w = user;
	uint8_t frame[600];
	size_t length = tx_length(packet);

	if (length <= HEADERS || length > sizeof w->question)
		return 0;
	tx_copy(packet, frame);
	if (frame[12] != 8 || frame[23] != 17)
		return 0;
	memcpy(w->question, frame, length);
	w->length = length;
	return 0;
}

static void done(void *user, const struct dns_answer *answer)
{
	struct world *w = user;
	struct dns_record record;
	static char text[4 * 65536];
	size_t at = 0;

	w->ended++;
	while (dns_answer_next(answer, &at, &record))
		dns_data_print(&record, text, sizeof text);
	must(at == answer->length);
	must(answer->status != DNS_GOOD || at > 0);
	must(!answer->message || answer->message_length >= DNS_HEADER);
}

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The reply to the last question: its frame turned around, with this behind the question. No UDP checksum; IP's by RFC 1071. */
static size_t make_reply(const struct world *w, const uint8_t *said, size_t length, uint8_t *frame)
{
	const uint8_t *q = w->question;
	size_t name = HEADERS + 12, end = name;
	unsigned long sum = 0;

	while (q[end])
		end += 1u + q[end];
	end += 5;
	memcpy(frame, q, end);
	memcpy(frame, q + 6, 6), memcpy(frame + 6, q, 6);
	memcpy(frame + 26, q + 30, 4), memcpy(frame + 30, q + 26, 4);
	memcpy(frame + 34, q + 36, 2), memcpy(frame + 36, q + 34, 2);
	memcpy(frame + HEADERS + 2, said, 2);
	memcpy(frame + HEADERS + 6, said + 2, 6);
	memcpy(frame + end, said + 8, length - 8);
	end += length - 8;
	put16(frame + 16, end - 14);
	put16(frame + 24, 0);
	put16(frame + 38, end - 34);
	put16(frame + 40, 0);
	for (size_t i = 14; i < 34; i += 2)
		sum += frame[i] * 256u + frame[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	put16(frame + 24, 0xffff - ((sum & 0xffff) + (sum >> 16)));
	return end;
}

static struct stack *begin(struct world *w)
{
	struct stack_config config = stack_defaults();

	config.mac = mac_from_number(0x020000000002);
	config.address = (struct address){{192, 0, 2, 2}};
	config.prefix_length = 24;
	config.emit = emit;
	config.emit_user = w;
	config.memory_limit = (size_t)8 << 20;
	struct stack *s = stack_create(&config, 0);
	if (!s)
		abort();
	must(stack_add_neighbour(s, server, mac_from_number(0x020000000035)) == 0);
	must(dns_add_server(s, &(struct endpoint){server, 0}) == 0);
	must(dns_begin(s, &(struct dns_wanted){.name = "www.example", .type = DNS_A}, done, w, NULL) == 0);
	stack_flush(s, 0);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static uint8_t frame[70000];
	struct world w = {.length = 0};
	struct stack *s = begin(&w);

	for (unsigned n = 0; n < 32 && length >= 2 && w.length > 0; n++) {
		size_t part = bytes[0] * 256u + bytes[1];
		bytes += 2, length -= 2;
		part = part < length ? part : length;
		if (part < 8)
			break;
		struct rx_frame rx = {.bytes = frame,
				      .length = make_reply(&w, bytes, part < 1400 ? part : 1400, frame)};
		stack_input(s, &rx, n);
		stack_flush(s, n);
		bytes += part, length -= part;
	}
	for (uint64_t now = SECOND; now <= 100 * SECOND; now += SECOND) {
		stack_tick(s, now);
		stack_flush(s, now);
	}
	must(w.ended == 1);
	stack_destroy(s);
	return 0;
}
