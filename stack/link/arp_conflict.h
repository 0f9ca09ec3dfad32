/* SPDX-License-Identifier: MIT
 *
 * Our own address: asking first, announcing it, defending it (RFC 5227, "IPv4 Address Conflict Detection").
 *
 * Theory of operation. Two stations with one address steal each other's packets. So whoever takes an address may ask first
 * (probing, which takes seconds and is left out unless wanted), and says aloud that he has it (always):
 *
 *     arp_start()
 *      | 0 to 1 s       1 to 2 s       1 to 2 s           2 s                2 s
 *      |----------> ? ----------> ? ----------> ? ----------------> ! ----------------> !
 *      |<---------------- tentative ------------------------------->|<---- ours -------------
 *                 ? probe: a request for it, sender 0.0.0.0         ! announcement: a request
 *                                                                     for it, sender the same
 *
 * While the address is tentative we answer for nothing and send nothing but probes. Whoever claims it in that time, or
 * probes for it as we do, has it: that is told (EVENT_ARP_CONFLICT), and we stay silent for ever.
 *
 * Once the address is ours, a probe of another for it is just answered; it is the prober who has to let go.
 *
 * The address is then kept whatever comes (RFC 5227 2.4, choice c): a claim by another station is told, and answered
 * with one announcement, both at most once in DEFEND_INTERVAL, so that two stubborn stations do not flood the network. The
 * constants are those of RFC 5227 1.1, by their names there.
 *
 * Left out: choosing another address after a conflict, which is the business of whoever gave us this one.
 */
#ifndef STRATA_LINK_ARP_CONFLICT_H
#define STRATA_LINK_ARP_CONFLICT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"

struct stack;
struct arp_packet;

/* Times in microseconds. */
#define PROBE_WAIT        1000000
#define PROBE_NUM         3
#define PROBE_MIN         1000000
#define PROBE_MAX         2000000
#define ANNOUNCE_WAIT     2000000
#define ANNOUNCE_NUM      2
#define ANNOUNCE_INTERVAL 2000000
#define DEFEND_INTERVAL   10000000

struct arp_conflict {
	struct deadline deadline;    /* the next probe or announcement */
	unsigned probes_left;        /* to be sent, before the address is ours */
	unsigned announcements_left; /* to be sent, after that */
	bool lost;                   /* the address has turned out to be another station's */
	uint64_t defend_next;        /* until then a conflict is not answered */
};

/* Begin: probe for our address when `probe` is set, which makes it tentative; otherwise announce it at once. */
void arp_start(struct stack *s, bool probe);

/* stack_tick(): the next probe or announcement is due. */
void arp_probe_deadline(struct stack *s);

/* See whether a packet speaks in our name, and act. False: it does not. */
bool arp_conflict_input(struct stack *s, const struct arp_packet *arp);

#endif
