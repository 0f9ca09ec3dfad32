/* SPDX-License-Identifier: MIT
 *
 * Counting and printing for ping; see ping_print.h.
 */
#include <inttypes.h>
#include <stddef.h>

#include "apps/ping_print.h"
#include "ip/icmp_wire.h"

/* ---- counting ---- */

void ping_note_sent(struct ping_run *run, uint16_t sequence, uint64_t now)
{
	if (run->transmitted++ == 0)
		run->began = now;
	run->ended = now;
	run->sent_at[sequence] = now;
	run->sent[sequence] = run->outstanding[sequence] = true;
}

bool ping_note_reply(struct ping_run *run, struct ping_heard *heard, uint64_t now)
{
	if (!run->sent[heard->sequence])
		return false;
	heard->time = now - run->sent_at[heard->sequence];
	heard->duplicate = !run->outstanding[heard->sequence];
	run->outstanding[heard->sequence] = false;
	run->ended = now;
	if (run->received + run->duplicates == 0 || heard->time < run->least)
		run->least = heard->time;
	if (heard->time > run->most)
		run->most = heard->time;
	run->sum += (double)heard->time;
	run->squares += (double)heard->time * (double)heard->time;
	if (heard->duplicate)
		run->duplicates++;
	else
		run->received++;
	return true;
}

/* The root of a sum of squares, to the microsecond (libm is not ours to link). */
static uint64_t ping_root(double square)
{
	uint64_t least = 0, most = UINT32_MAX;
	while (least < most) {
		uint64_t middle = (least + most + 1) / 2;
		if ((double)middle * (double)middle <= square)
			least = middle;
		else
			most = middle - 1;
	}
	return least;
}

struct ping_times {
	uint64_t average, deviation;
};

/* Duplicates count too, as in ping. */
static struct ping_times ping_times(const struct ping_run *run)
{
	double count = (double)(run->received + run->duplicates), average = run->sum / count;
	double variance = run->squares / count - average * average;
	return (struct ping_times){(uint64_t)average, ping_root(variance > 0 ? variance : 0)};
}

static double ping_loss(const struct ping_run *run)
{
	if (run->transmitted == 0)
		return 0;
	return (double)(run->transmitted - run->received) * 100 / (double)run->transmitted;
}

/* ---- errors in words ---- */

static const char *ping_unreachable_text(uint8_t code)
{
	static const char *const texts[] = {
	    "Destination Net Unreachable",
	    "Destination Host Unreachable",
	    "Destination Protocol Unreachable",
	    "Destination Port Unreachable",
	    "Frag needed and DF set",
	    "Source Route Failed",
	    "Destination Net Unknown",
	    "Destination Host Unknown",
	    "Source Host Isolated",
	    "Destination Net Prohibited",
	    "Destination Host Prohibited",
	    "Destination Net Unreachable for Type of Service",
	    "Destination Host Unreachable for Type of Service",
	    "Packet filtered",
	    "Precedence Violation",
	    "Precedence Cutoff",
	};
	return code < sizeof texts / sizeof texts[0] ? texts[code] : "Dest Unreachable, Bad Code";
}

const char *ping_error_text(uint8_t type, uint8_t code)
{
	if (type == ICMP_UNREACHABLE)
		return ping_unreachable_text(code);
	if (type == ICMP_PARAMETER_PROBLEM)
		return "Parameter problem";
	if (code == 0)
		return "Time to live exceeded";
	return code == 1 ? "Frag reassembly time exceeded" : "Time exceeded, Bad Code";
}

/* ---- ping's words ---- */

/* Three digits that count, as ping rounds. */
static void ping_print_time(FILE *to, uint64_t time)
{
	if (time >= 100000 - 50)
		fprintf(to, "%" PRIu64, (time + 500) / 1000);
	else if (time >= 10000 - 5)
		fprintf(to, "%" PRIu64 ".%" PRIu64, (time + 50) / 1000, (time + 50) % 1000 / 100);
	else if (time >= 1000)
		fprintf(to, "%" PRIu64 ".%02" PRIu64, (time + 5) / 1000, (time + 5) % 1000 / 10);
	else
		fprintf(to, "0.%03" PRIu64, time);
}

void ping_print_reply(FILE *to, const struct ping_heard *heard)
{
	char from[ADDRESS_TEXT];
	fprintf(to, "%u bytes from %s: icmp_seq=%u ttl=%u time=", heard->bytes, address_print(heard->from, from),
		heard->sequence, heard->ttl);
	ping_print_time(to, heard->time);
	fprintf(to, " ms%s\n", heard->duplicate ? " (DUP!)" : "");
}

void ping_print_error(FILE *to, const struct ping_heard *heard)
{
	char from[ADDRESS_TEXT];
	fprintf(to, "From %s icmp_seq=%u %s\n", address_print(heard->from, from), heard->sequence,
		ping_error_text(heard->type, heard->code));
}

static void ping_print_ms(FILE *to, const char *before, uint64_t time)
{
	fprintf(to, "%s%" PRIu64 ".%03" PRIu64, before, time / 1000, time % 1000);
}

void ping_print_summary(FILE *to, const struct ping_run *run)
{
	fprintf(to, "\n--- %s ping statistics ---\n%" PRIu64 " packets transmitted, %" PRIu64 " received", run->host,
		run->transmitted, run->received);
	if (run->duplicates)
		fprintf(to, ", +%" PRIu64 " duplicates", run->duplicates);
	if (run->errors)
		fprintf(to, ", +%" PRIu64 " errors", run->errors);
	fprintf(to, ", %g%% packet loss, time %" PRIu64 "ms\n", ping_loss(run), (run->ended - run->began) / 1000);
	if (run->received) {
		struct ping_times times = ping_times(run);
		ping_print_ms(to, "rtt min/avg/max/mdev = ", run->least);
		ping_print_ms(to, "/", times.average);
		ping_print_ms(to, "/", run->most);
		ping_print_ms(to, "/", times.deviation);
		fputs(" ms", to);
	}
	fputc('\n', to);
}

/* ---- JSON ---- */

void ping_print_reply_json(FILE *to, const struct ping_heard *heard)
{
	char from[ADDRESS_TEXT];
	fprintf(to, "{\"type\":\"reply\",\"from\":\"%s\",\"seq\":%u,\"ttl\":%u,\"bytes\":%u",
		address_print(heard->from, from), heard->sequence, heard->ttl, heard->bytes);
	ping_print_ms(to, ",\"time_ms\":", heard->time);
	fprintf(to, ",\"duplicate\":%s}\n", heard->duplicate ? "true" : "false");
}

void ping_print_error_json(FILE *to, const struct ping_heard *heard)
{
	char from[ADDRESS_TEXT];
	fprintf(to,
		"{\"type\":\"error\",\"from\":\"%s\",\"seq\":%u,\"icmp_type\":%u,\"icmp_code\":%u,\"text\":\"%s\"}\n",
		address_print(heard->from, from), heard->sequence, heard->type, heard->code,
		ping_error_text(heard->type, heard->code));
}

/* RFC 8259 7 */
static void ping_print_quoted(FILE *to, const char *text)
{
	fputc('"', to);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < ' ' || c > '~')
			fprintf(to, "\\u%04x", c);
		else
			fprintf(to, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
	}
	fputc('"', to);
}

void ping_print_summary_json(FILE *to, const struct ping_run *run)
{
	char address[ADDRESS_TEXT];
	fputs("{\"type\":\"summary\",\"host\":", to);
	ping_print_quoted(to, run->host);
	fprintf(to, ",\"address\":\"%s\",\"transmitted\":%" PRIu64, address_print(run->address, address),
		run->transmitted);
	fprintf(to, ",\"received\":%" PRIu64 ",\"duplicates\":%" PRIu64 ",\"errors\":%" PRIu64, run->received,
		run->duplicates, run->errors);
	fprintf(to, ",\"loss_percent\":%g,\"time_ms\":%" PRIu64 ",\"rtt_ms\":", ping_loss(run),
		(run->ended - run->began) / 1000);
	if (run->received) {
		struct ping_times times = ping_times(run);
		ping_print_ms(to, "{\"min\":", run->least);
		ping_print_ms(to, ",\"avg\":", times.average);
		ping_print_ms(to, ",\"max\":", run->most);
		ping_print_ms(to, ",\"mdev\":", times.deviation);
		fputs("}}\n", to);
	} else {
		fputs("null}\n", to);
	}
}
