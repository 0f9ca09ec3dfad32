/* SPDX-License-Identifier: MIT
 *
 * Reassembly (RFC 791 3.2, RFC 815, RFC 1122 3.3.2): fragments become the datagram that they were cut from.
 *
 * Theory of operation. Fragments of one datagram share source, destination, protocol and identification. The first one to come opens an
 * entry: a buffer that grows as far as needed, and a range set that says which bytes of it are there. A fragment without "more fragments"
 * tells the total. The datagram is complete when the set is the one range [0, total); nothing is ever counted.
 *
 *            0              1480             2960            4000 = total
 *     ranges  [#### first ###)                [#### last #####)        not complete: the middle is missing
 *
 * What is refused, and why:
 *   - a fragment that overlaps what is here with other bytes, in whole or in part: the whole datagram goes (as RFC 5722 has it for IPv6), since
 *     whoever sends both wants two readers to see two things. The same bytes again are only a duplicate.
 *   - a fragment that ends beyond 65,535, one that contradicts the total, an empty one, and one in the middle whose length is no
 *     multiple of eight.
 *
 * Memory is bounded twice: for each source, and in all. Whoever exceeds a bound loses the oldest datagram of his own, or of all. After 60
 * seconds an entry goes, and its source is told, if the first fragment came (RFC 792: code 1).
 */
#ifndef STRATA_IP_REASSEMBLY_H
#define STRATA_IP_REASSEMBLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/deadline.h"
#include "base/list.h"
#include "base/ranges.h"

struct stack;
struct ip_header;
struct rx_frame;

#define REASSEMBLY_TIME       60000000            /* microseconds (RFC 1122 3.3.2: 60 to 120 s) */
#define REASSEMBLY_SOURCE_MAX ((size_t)256 << 10) /* bytes that the datagrams of one source may hold */
#define REASSEMBLY_TOTAL_MAX  ((size_t)1 << 20)   /* bytes of all together */

struct reassembly {
	struct list datagrams; /* struct partial, oldest first; no more than fit REASSEMBLY_TOTAL_MAX */
	size_t bytes;          /* that they hold */
};

void reassembly_init(struct stack *s);
void reassembly_release(struct stack *s);

/* A fragment has arrived: `packet` is its IP packet, whose header has been checked. When it completes its datagram, that is
 * delivered by ip_deliver() before this returns. */
void reassembly_input(struct stack *s, const uint8_t *packet, const struct ip_header *header, bool broadcast);

/* stack_tick(): an entry has waited long enough. */
void reassembly_deadline(struct stack *s, struct deadline *deadline);

#endif
