/* SPDX-License-Identifier: MIT
 *
 * Scripts about fragments that lie about their place, that flood, and that find no memory (RFC 791 3.2, RFC 815, RFC 1858).
 */
#include "base/ranges.h"
#include "tests/script/fragments.h"

TestSuite(reassembly_attack, .init = harness_start, .fini = harness_end);

/* --- Lengths and offsets that lie ---------------------------------------------------------------------------------- */

/* As many bytes as the total have come, but not all of the bytes. */
Test(reassembly_attack, attack_hole_that_byte_counting_calls_complete)
{
	struct datagram d = ping(40);
	taken(&d, 0, 16);
	refused(&d, 0, 16, DROP_IP_FRAGMENT_DUPLICATE);
	taken(&d, 32, 48);
	quiet();
	taken(&d, 16, 32);
	answered(&d);
}

/* 65,535 bytes are the most that a datagram has, its header included; the offset field alone reaches 65,528. */
Test(reassembly_attack, attack_ping_of_death)
{
	struct datagram d = ping(8);
	whole_packets_are_answered();
	size_t before = held();
	for (unsigned length = 1; length <= 1480; length += 29) {
		for (unsigned more = 0; more < 2; more++) {
			struct frame frame = frame_fragment(&d, 0, 16);
			frame.length = AT_TRANSPORT + (more ? (length + 7) / 8 * 8 : length);
			poke16(&frame, AT_IP_TOTAL, (unsigned)frame.length - 14);
			poke16(&frame, AT_IP_FRAGMENT, (more ? 0x2000 : 0) | 0x1fff);
			frame_fix_ip(&frame);
			in_frame(&frame);
			assert_dropped(DROP_IP_FRAGMENT_LONG);
		}
	}
	check(held() == before);
}

/* The very last byte that fits, and the one after it. */
Test(reassembly_attack, the_largest_datagram_ends_at_65535)
{
	struct datagram d = ping(65507);
	whole_packets_are_answered();
	struct frame frame = frame_fragment(&d, 65512, 65515);
	frame.length++;
	poke16(&frame, AT_IP_TOTAL, 24);
	frame_fix_ip(&frame);
	in_frame(&frame);
	assert_dropped(DROP_IP_FRAGMENT_LONG);
	in_datagram(&d, 1480);
	answered(&d);
}

Test(reassembly_attack, attack_fragments_of_length_zero)
{
	struct datagram d = ping(40);
	whole_packets_are_answered();
	size_t before = held();
	refused(&d, 0, 0, DROP_IP_FRAGMENT_EMPTY);
	refused(&d, 8, 8, DROP_IP_FRAGMENT_EMPTY);
	refused(&d, 48, 48, DROP_IP_FRAGMENT_EMPTY); /* which is a last one */
	check(held() == before);
	in_datagram(&d, 24);
	answered(&d);
}

/* RFC 791 3.2: all but the last have a multiple of eight bytes. */
Test(reassembly_attack, attack_middle_fragment_that_is_no_multiple_of_8)
{
	struct datagram d = ping(40);
	whole_packets_are_answered();
	size_t before = held();
	for (size_t end = 1; end < 24; end++)
		if (end % 8)
			refused(&d, 0, end, DROP_IP_FRAGMENT_EMPTY);
	check(held() == before);
	taken(&d, 0, 24);
	refused(&d, 24, 31, DROP_IP_FRAGMENT_EMPTY);
	taken(&d, 24, 48);
	answered(&d);
}

/* Another last fragment, data beyond the last, a last one before data: what came first counts. */
Test(reassembly_attack, attack_totals_that_contradict)
{
	struct datagram d = ping(40), other = d;
	taken(&d, 32, 48);
	other.length = 56;
	refused(&other, 48, 56, DROP_IP_FRAGMENT_TOTAL);
	other.length = 64;
	refused(&other, 48, 56, DROP_IP_FRAGMENT_TOTAL);
	other.length = 24;
	refused(&other, 16, 24, DROP_IP_FRAGMENT_TOTAL);
	taken(&d, 0, 32);
	answered(&d);

	d.id = other.id = 2;
	taken(&d, 0, 8);
	taken(&d, 24, 32);
	other.length = 16;
	refused(&other, 8, 16, DROP_IP_FRAGMENT_TOTAL);
	taken(&d, 8, 24);
	taken(&d, 32, 48);
	answered(&d);
}

/* The first fragment holds no whole transport header (RFC 1858 3): nobody looks at it before all is here. */
Test(reassembly_attack, attack_tiny_first_fragment)
{
	struct datagram d;
	app_listen();
	struct frame syn = frame_tcp("S 0:0(0) win 65535 <mss 1000>");
	d = datagram_of(&syn);
	taken(&d, 0, 8);
	quiet();
	taken(&d, 8, 16); /* flags that overlap the first would come here */
	taken(&d, 16, d.length);
	out("S. 0:0(0) ack 1");
	in(". 1:1(0) ack 1");
	app_accept();

	/* And a datagram that is too short for its transport even when whole. */
	d = datagram_udp(1000, 2000, 8);
	d.protocol = 6;
	d.id++;
	taken(&d, 0, 8);
	in_fragment(&d, 8, 16);
	assert_dropped(DROP_TCP_SHORT);
}

/* Half the pieces of a datagram, every other one: what is remembered is bounded (RFC 815 would need a list), and the
 * rest is named. A datagram in sane order still comes through. */
Test(reassembly_attack, attack_more_holes_than_can_be_remembered)
{
	struct datagram d = ping(8 * 200);
	unsigned refusals = 0;
	for (size_t at = 8; at + 8 < d.length; at += 16) {
		uint64_t before = dropped(DROP_IP_FRAGMENT_PIECES);
		in_fragment(&d, at, at + 8);
		refusals += dropped(DROP_IP_FRAGMENT_PIECES) > before;
	}
	check(refusals == 100 - RANGES_MAX);
	for (size_t at = 0; at < d.length; at += 8) {
		quiet();
		in_fragment(&d, at, at + 8);
	}
	answered(&d);
}

/* Freed by the last fragment and touched afterwards: ASan would see. */
Test(reassembly_attack, attack_use_after_free_on_the_last_fragment_CVE_2020_1983)
{
	struct datagram d = ping(300);
	whole_packets_are_answered();
	size_t before = held();
	for (unsigned i = 0; i < 20; i++) {
		in_fragment(&d, 0, 104);
		in_fragment(&d, 104, 308);
		answered(&d);
		in_fragment(&d, 104, 308); /* the last one again: a new datagram, which never becomes whole */
		quiet();
		in_fragment(&d, 0, 104);
		answered(&d);
	}
	check(held() == before);
}

/* --- Floods -------------------------------------------------------------------------------------------------------- */

#define FLOOD        3000
#define SOURCE_BOUND ((size_t)256 << 10) /* what reassembly.h promises */
#define TOTAL_BOUND  ((size_t)1 << 20)

/* A fragment that completes nothing: number `n` of a flood. */
static void half_sent(unsigned n, bool many_sources, size_t start)
{
	struct datagram d = ping(start + 100);
	d.id = (uint16_t)n;
	memcpy(d.from, ip_of("198.51.100.1").bytes, 4);
	if (many_sources) {
		d.from[2] = (uint8_t)(n / 200);
		d.from[3] = (uint8_t)(1 + n % 200);
	}
	in_fragment(&d, start, start + 8);
	quiet();
}

/* Another source's fragments, and a whole packet, are served. */
static void still_serving(void)
{
	struct datagram d = ping(3000);
	in_datagram(&d, 1480);
	answered(&d);
	whole_packets_are_answered();
}

Test(reassembly_attack, attack_half_sent_datagrams_of_one_source)
{
	static const size_t starts[] = {8, 4096, 60000};
	whole_packets_are_answered();
	size_t before = held();
	struct datagram victim = ping(3000);
	victim.id = 77;
	taken(&victim, 0, 1480);
	for (unsigned n = 0; n < FLOOD; n++) {
		half_sent(n, false, starts[n % 3]);
		check(held() <= before + SOURCE_BOUND + 8192);
	}
	check(dropped(DROP_IP_REASSEMBLY_FULL) > 0);
	in_fragment(&victim, 1480, 2960);
	in_fragment(&victim, 2960, 3008); /* begun before the flood: the flooder only pushed out his own */
	answered(&victim);
	still_serving();
	quiet_for(61 * SECOND);
	check(held() == before);
}

Test(reassembly_attack, attack_half_sent_datagrams_of_many_sources)
{
	whole_packets_are_answered();
	size_t before = held();
	for (unsigned n = 0; n < FLOOD; n++) {
		half_sent(n, true, n % 2 ? 8 : 60000);
		check(held() <= before + TOTAL_BOUND);
	}
	check(held() > before + TOTAL_BOUND / 2); /* the bound is met, so it was this one that held */
	check(dropped(DROP_IP_REASSEMBLY_FULL) > 0);
	still_serving();
	quiet_for(61 * SECOND);
	check(held() == before);
}

/* The first half of a large datagram, whose buffer is as large as can be. */
static struct datagram half_of_a_large_one(uint16_t id)
{
	struct datagram d = ping(60000);
	d.id = id;
	in_fragment(&d, 0, 1480);
	in_fragment(&d, 32560, 34040);
	quiet();
	return d;
}

/* The oldest makes room (not, say, the newest, with which a flood would close the door). */
Test(reassembly_attack, attack_flood_costs_the_oldest)
{
	whole_packets_are_answered();
	for (uint16_t id = 1; id < 8; id++)
		half_of_a_large_one(id);
	check(dropped(DROP_IP_REASSEMBLY_FULL) == 4); /* three have room in what one source may hold */
	for (uint16_t id = 5; id < 8; id++) {
		struct datagram d = ping(60000);
		d.id = id;
		in_fragment(&d, 1480, 2960);
		assert_not_dropped();
		in_datagram(&d, 1480);
		answered(&d);
	}
	check(dropped(DROP_IP_FRAGMENT_DUPLICATE) ==
	      9); /* of each: the two halves that were there, and the third piece */
}

/* One that grows makes others go, but not itself, though it is the oldest. */
Test(reassembly_attack, attack_the_oldest_grows_at_the_cost_of_the_next)
{
	struct datagram oldest = ping(60000);
	whole_packets_are_answered();
	in_fragment(&oldest, 0, 1480);
	for (uint16_t id = 1; id < 4; id++)
		half_of_a_large_one(id);
	check(dropped(DROP_IP_REASSEMBLY_FULL) == 0);
	in_fragment(&oldest, 32560, 34040);
	assert_dropped(DROP_IP_REASSEMBLY_FULL);
	in_datagram(&oldest, 1480);
	answered(&oldest);
	check(dropped(DROP_IP_REASSEMBLY_FULL) == 1 && dropped(DROP_IP_FRAGMENT_DUPLICATE) == 2);
}

/* Every fragment zero of a flood is answered after 60 s, but no faster than errors may be sent. */
Test(reassembly_attack, attack_timeouts_of_a_flood_are_rate_limited)
{
	for (unsigned n = 0; n < 200; n++)
		half_sent(n, true, 0);
	harness_stations_move();
	pass(60 * SECOND);
	out_rest();
	check(dropped(DROP_IP_REASSEMBLY_TIME) == 200);
	check(counted(COUNT_ICMP_ERRORS_OUT) == 50 && counted(COUNT_ICMP_ERRORS_HELD) == 150);
}

/* --- Memory -------------------------------------------------------------------------------------------------------- */

Test(reassembly_attack, every_allocation_may_fail)
{
	struct datagram d = ping(10000);
	whole_packets_are_answered();
	size_t before = held();
	for (unsigned n = 1;; n++) {
		size_t missing = d.length;
		check(n < 100);
		d.id++;
		harness_fail_allocation(n, false);
		for (size_t at = 0; at < d.length; at += 1000) {
			uint64_t refusals = dropped(DROP_IP_FRAGMENT_NO_MEMORY);
			in_fragment(&d, at, at + 1000 < d.length ? at + 1000 : d.length);
			if (dropped(DROP_IP_FRAGMENT_NO_MEMORY) > refusals)
				missing = at;
		}
		bool failed = harness_allocation_failed();
		harness_fail_allocation(0, false);
		check(failed == (missing < d.length));
		if (failed) {
			quiet();
			in_fragment(&d, missing, missing + 1000 < d.length ? missing + 1000 : d.length);
		}
		answered(&d);
		check(held() == before);
		if (!failed)
			break;
	}
}

/* Without any memory it is dropped by name, whole packets are still answered, and nothing is left behind. */
Test(reassembly_attack, without_memory_fragments_are_dropped_by_name)
{
	struct datagram d = ping(300);
	whole_packets_are_answered();
	size_t before = held();
	harness_fail_allocation(1, true);
	refused(&d, 0, 104, DROP_IP_FRAGMENT_NO_MEMORY);
	refused(&d, 104, 308, DROP_IP_FRAGMENT_NO_MEMORY);
	check(held() == before);
	whole_packets_are_answered();
}

/* The harness finds every byte that does not come back. */
Test(reassembly_attack, destroy_with_datagrams_held)
{
	for (unsigned n = 0; n < 20; n++)
		half_sent(n, true, n * 800);
	check(held() > 20 * 4096);
}
