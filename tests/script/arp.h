/* SPDX-License-Identifier: MIT
 *
 * What scripts about ARP share: packets of other stations, and echoes that make the stack want to answer somebody.
 */
#ifndef STRATA_TESTS_SCRIPT_ARP_H
#define STRATA_TESTS_SCRIPT_ARP_H

#include <stdio.h>
#include <string.h>

#include "tests/harness/harness.h"

/* A bare world (harness_start_bare) whose two announcements are over. */
static inline void arp_start_with(const struct stack_config *config)
{
	harness_start_bare_with(config);
	out_arp_announcement();
	after(2 * SECOND);
	out_arp_announcement();
}

static inline void arp_begin(void)
{
	struct stack_config config = harness_config();
	arp_start_with(&config);
}

/* An echo request of the current flow's peer, and the answer that it must get. */
static inline void in_echo(unsigned sequence)
{
	struct frame frame = frame_icmp(8, 0, 0x10000u + sequence, 8);
	in_frame(&frame);
}

static inline void out_echo_reply(unsigned sequence)
{
	out_icmp(0, 0, 0x10000u + sequence);
}

/* The same answer, sent to this station's MAC, whoever's the address is (after harness_stations_move()). */
static inline void out_echo_reply_to(struct mac mac, unsigned sequence)
{
	struct frame frame = out_icmp(0, 0, 0x10000u + sequence);
	check_that(memcmp(frame.bytes + AT_ETHER_TO, mac.bytes, 6) == 0, "sent to another MAC");
}

/* A request that speaks for `sender` from this MAC; a reply to us. */
static inline void in_request_from(struct mac mac, const char *sender, const char *target)
{
	struct frame frame = frame_arp(1, mac, sender, (struct mac){{0}}, target);
	in_frame(&frame);
}

static inline void in_reply_from(struct mac mac, const char *sender)
{
	struct frame frame = frame_arp(2, mac, sender, mac_of("192.0.2.2"), "192.0.2.2");
	in_frame(&frame);
}

/* The same by the station that has the address. */
static inline void in_request(const char *sender, const char *target)
{
	in_request_from(mac_of(sender), sender, target);
}

static inline void in_reply(const char *sender)
{
	in_reply_from(mac_of(sender), sender);
}

/* The stack comes to know this station, by its request. */
static inline void arp_learn(const char *station)
{
	in_request(station, "192.0.2.2");
	struct frame reply = out_frame();
	check(peek16(&reply, AT_ARP + 6) == 2);
}

#endif
