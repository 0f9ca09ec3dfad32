/* SPDX-License-Identifier: MIT
 *
 * Counters and drop reasons, each declared once, in the tables below: a name for the code, a name for people
 * and a sentence. Whoever throws a frame away says why (`stats_drop`), and whoever listens hears of it as an event.
 */
#ifndef STRATA_BASE_STATS_H
#define STRATA_BASE_STATS_H

#include <stdint.h>

#include "base/event.h"

/* X(constant, name, sentence) */
#define DROP_REASONS(X)                                                                                    \
	X(DROP_ETHER_SHORT, "ether-short", "shorter than an Ethernet header")                              \
	X(DROP_ETHER_LONG, "ether-long", "longer than the MTU allows")                                     \
	X(DROP_ETHER_GROUP, "ether-group", "for a group of stations that we are not in")                   \
	X(DROP_ETHER_NOT_OURS, "ether-not-ours", "addressed to another station")                           \
	X(DROP_ETHER_SOURCE, "ether-source", "sent by a group address")                                    \
	X(DROP_ETHER_TYPE, "ether-type", "neither ARP nor IPv4")                                           \
	X(DROP_ARP_MALFORMED, "arp-malformed", "not an ARP packet for Ethernet and IPv4, or cut short")    \
	X(DROP_ARP_SENDER, "arp-sender", "its sender cannot be one station on this network")               \
	X(DROP_ARP_NOT_OURS, "arp-not-ours", "is about somebody else's address")                           \
	X(DROP_ARP_UNASKED, "arp-unasked", "a reply that nobody asked for")                                \
	X(DROP_ARP_CONFLICT, "arp-conflict", "another station claims our address")                         \
	X(DROP_ARP_CACHE_FULL, "arp-cache-full", "no room to learn one more address")                      \
	X(DROP_ARP_QUEUE_FULL, "arp-queue-full", "too many packets wait for this address already")         \
	X(DROP_ARP_UNRESOLVED, "arp-unresolved", "nobody answered for the next hop's address")             \
	X(DROP_IP_SHORT, "ip-short", "shorter than an IPv4 header")                                        \
	X(DROP_IP_VERSION, "ip-version", "an IP version other than 4")                                     \
	X(DROP_IP_HEADER_LENGTH, "ip-header-length", "header length below 20 or beyond the bytes present") \
	X(DROP_IP_TOTAL_LENGTH, "ip-total-length", "total length below the header or beyond the frame")    \
	X(DROP_IP_CHECKSUM, "ip-checksum", "wrong header checksum")                                        \
	X(DROP_IP_OPTIONS, "ip-options", "an option whose length cannot be")                               \
	X(DROP_IP_SOURCE_ROUTE, "ip-source-route", "source-routed, which a host refuses")                  \
	X(DROP_IP_SOURCE, "ip-source", "a source that cannot be one host")                                 \
	X(DROP_IP_NOT_OURS, "ip-not-ours", "a destination that is not ours, and forwarding is off")        \
	X(DROP_IP_LINK_BROADCAST, "ip-link-broadcast", "for one host, but broadcast on the link")          \
	X(DROP_IP_MULTICAST, "ip-multicast", "for a multicast group; we are in none")                      \
	X(DROP_IP_LOOPBACK, "ip-loopback", "a loopback address on the wire")                               \
	X(DROP_IP_NO_ADDRESS, "ip-no-address", "our own address is still being probed")                    \
	X(DROP_IP_FRAGMENT_EMPTY, "ip-fragment-empty",                                                     \
	  "a fragment without data, or one in the middle whose length is no multiple of 8")                \
	X(DROP_IP_FRAGMENT_LONG, "ip-fragment-long", "a fragment that ends beyond 65,535 bytes")           \
	X(DROP_IP_FRAGMENT_TOTAL, "ip-fragment-total", "a fragment that contradicts the total length")     \
	X(DROP_IP_FRAGMENT_OVERLAP, "ip-fragment-overlap",                                                 \
	  "a fragment that overlaps others with other bytes; the whole datagram goes")                     \
	X(DROP_IP_FRAGMENT_DUPLICATE, "ip-fragment-duplicate", "a fragment that is here already")          \
	X(DROP_IP_FRAGMENT_PIECES, "ip-fragment-pieces", "one of too many separate pieces of a datagram")  \
	X(DROP_IP_FRAGMENT_ECN, "ip-fragment-ecn", "a congestion mark on what is in part not ECN-capable") \
	X(DROP_IP_FRAGMENT_NO_MEMORY, "ip-fragment-no-memory", "no memory for one more fragment")          \
	X(DROP_IP_REASSEMBLY_FULL, "ip-reassembly-full", "an incomplete datagram made room for others")    \
	X(DROP_IP_REASSEMBLY_TIME, "ip-reassembly-time", "a datagram was not complete within 60 seconds")  \
	X(DROP_IP_PROTOCOL, "ip-protocol", "a protocol that nobody here speaks")                           \
	X(DROP_ICMP_SHORT, "icmp-short", "shorter than an ICMP header")                                    \
	X(DROP_ICMP_CHECKSUM, "icmp-checksum", "wrong ICMP checksum")                                      \
	X(DROP_ICMP_BROADCAST, "icmp-broadcast", "an echo request to a broadcast address")                 \
	X(DROP_ICMP_TYPE, "icmp-type", "an ICMP type that a host leaves alone")                            \
	X(DROP_ICMP_QUOTE, "icmp-quote", "an ICMP error that quotes no packet of ours")                    \
	X(DROP_ICMP_REDIRECT, "icmp-redirect", "a redirect, which we do not obey")                         \
	X(DROP_ICMP_SOURCE_QUENCH, "icmp-source-quench", "a source quench, which means nothing any more")  \
	X(DROP_ICMP_NO_SOCKET, "icmp-no-socket", "an ICMP error about no connection or socket of ours")    \
	X(DROP_ICMP_SEQUENCE, "icmp-sequence", "an ICMP error about a segment that is not in flight")      \
	X(DROP_ICMP_MTU, "icmp-mtu", "an ICMP error about the path MTU, which is not followed")            \
	X(DROP_UDP_SHORT, "udp-short", "shorter than a UDP header")                                        \
	X(DROP_UDP_LENGTH, "udp-length", "UDP length below 8 or beyond the datagram")                      \
	X(DROP_UDP_CHECKSUM, "udp-checksum", "wrong UDP checksum")                                         \
	X(DROP_UDP_QUEUE_FULL, "udp-queue-full", "its socket is not read from fast enough")                \
	X(DROP_UDP_NO_MEMORY, "udp-no-memory", "no memory to keep it for its reader")                      \
	X(DROP_UDP_PORT, "udp-port", "no socket is open on this port")                                     \
	X(DROP_DNS_MALFORMED, "dns-malformed", "no well-formed answer of a name server")                   \
	X(DROP_DNS_ID, "dns-id", "answers another question of ours, or a guess at one")                    \
	X(DROP_DNS_QUESTION, "dns-question", "answers a question that was not asked")                      \
	X(DROP_TCP_SHORT, "tcp-short", "shorter than a TCP header")                                        \
	X(DROP_TCP_OFFSET, "tcp-offset", "data offset below 5 or beyond the segment")                      \
	X(DROP_TCP_CHECKSUM, "tcp-checksum", "wrong TCP checksum")                                         \
	X(DROP_TCP_BROADCAST, "tcp-broadcast", "TCP to a broadcast or from no single host")                \
	X(DROP_TCP_NO_CONNECTION, "tcp-no-connection", "no connection and no listener has this address")   \
	X(DROP_TCP_HALF_OPEN_FULL, "tcp-half-open-full", "too many handshakes are under way already")      \
	X(DROP_TCP_ACCEPT_FULL, "tcp-accept-full", "too many connections wait to be accepted already")     \
	X(DROP_TCP_NO_MEMORY, "tcp-no-memory", "no memory for a connection or its data")                   \
	X(DROP_TCP_SEQUENCE, "tcp-sequence", "outside the receive window")                                 \
	X(DROP_TCP_ACK, "tcp-ack", "acknowledges what cannot have been sent or was long acknowledged")     \
	X(DROP_TCP_DEFERRED, "tcp-deferred", "a bare ACK where the listener waits for text")               \
	X(DROP_TCP_NO_ACK, "tcp-no-ack", "no ACK where every segment must carry one")                      \
	X(DROP_TCP_NO_SYN, "tcp-no-syn", "no SYN where a connection can only begin with one")              \
	X(DROP_TCP_AFTER_FIN, "tcp-after-fin", "text beyond the peer's own FIN")                           \
	X(DROP_TCP_RST, "tcp-rst", "a reset that does not name the exact next sequence number")            \
	X(DROP_TCP_SYN, "tcp-syn", "a SYN inside a connection that stands")                                \
	X(DROP_TCP_PAWS, "tcp-paws", "an older timestamp than the last")                                   \
	X(DROP_TCP_NO_TIMESTAMP, "tcp-no-timestamp", "no timestamp where both sides agreed to send them")  \
	X(DROP_TCP_CLOSED, "tcp-closed", "data after the application closed")                              \
	X(DROP_TCP_OUT_OF_ORDER, "tcp-out-of-order", "out of order in too many pieces to remember")        \
	X(DROP_TX_FULL, "tx-full", "the device was full and nobody keeps the packet")                      \
	X(DROP_TX_LOOPBACK_FULL, "tx-loopback-full", "too much said to ourselves at once")                 \
	X(DROP_TX_NO_MEMORY, "tx-no-memory", "no memory to keep the packet while its address is resolved") \
	X(DROP_TX_LOST, "tx-lost", "the device could not send it")                                         \
	X(DROP_TX_TOO_BIG, "tx-too-big", "larger than the device or IP can send")                          \
	X(DROP_TX_NO_ROUTE, "tx-no-route", "no route to its destination, or no address to send from yet")

/* X(constant, name, sentence) */
#define COUNTERS(X)                                                                                       \
	X(COUNT_FRAMES_IN, "frames-in", "frames received")                                                \
	X(COUNT_FRAMES_OUT, "frames-out", "frames sent")                                                  \
	X(COUNT_BYTES_IN, "bytes-in", "bytes received, Ethernet headers included")                        \
	X(COUNT_BYTES_OUT, "bytes-out", "bytes sent, Ethernet headers included")                          \
	X(COUNT_ARP_REQUESTS_OUT, "arp-requests-out", "ARP requests sent")                                \
	X(COUNT_ARP_REPLIES_OUT, "arp-replies-out", "ARP replies sent")                                   \
	X(COUNT_ICMP_ECHO_REPLIES_OUT, "icmp-echo-replies-out", "echo replies sent")                      \
	X(COUNT_ICMP_ERRORS_OUT, "icmp-errors-out", "ICMP errors sent")                                   \
	X(COUNT_ICMP_ERRORS_IN, "icmp-errors-in", "ICMP errors received about packets of ours")           \
	X(COUNT_IP_FRAGMENTS_IN, "ip-fragments-in", "fragments received")                                 \
	X(COUNT_IP_FRAGMENTS_OUT, "ip-fragments-out", "fragments sent")                                   \
	X(COUNT_IP_REASSEMBLED, "ip-reassembled", "datagrams put together from fragments")                \
	X(COUNT_IP_FORWARDED, "ip-forwarded", "packets passed on for others")                             \
	X(COUNT_UDP_DATAGRAMS_IN, "udp-datagrams-in", "UDP datagrams delivered to a socket")              \
	X(COUNT_UDP_DATAGRAMS_OUT, "udp-datagrams-out", "UDP datagrams sent")                             \
	X(COUNT_ICMP_ERRORS_HELD, "icmp-errors-held", "ICMP errors not sent, by the rate limit")          \
	X(COUNT_TCP_SEGMENTS_IN, "tcp-segments-in", "TCP segments with a right checksum")                 \
	X(COUNT_TCP_SEGMENTS_OUT, "tcp-segments-out", "TCP segments sent")                                \
	X(COUNT_TCP_RETRANSMITS, "tcp-retransmits", "TCP segments sent again")                            \
	X(COUNT_TCP_TIMEOUTS, "tcp-timeouts", "retransmission time-outs")                                 \
	X(COUNT_TCP_LOSS_PROBES, "tcp-loss-probes", "tail loss probes sent")                              \
	X(COUNT_TCP_FAST_RETRANSMITS, "tcp-fast-retransmits", "fast retransmits")                         \
	X(COUNT_TCP_PROBES, "tcp-probes", "zero-window probes sent")                                      \
	X(COUNT_TCP_KEEPALIVES, "tcp-keepalives", "keepalive probes sent")                                \
	X(COUNT_TCP_RESETS_IN, "tcp-resets-in", "connections reset by the peer")                          \
	X(COUNT_TCP_RESETS_OUT, "tcp-resets-out", "RST segments sent")                                    \
	X(COUNT_TCP_CHALLENGES, "tcp-challenges", "challenge ACKs sent")                                  \
	X(COUNT_TCP_CHALLENGES_HELD, "tcp-challenges-held", "challenge ACKs not sent, by the rate limit") \
	X(COUNT_TCP_ACTIVE_OPENS, "tcp-active-opens", "connections begun by us")                          \
	X(COUNT_TCP_PASSIVE_OPENS, "tcp-passive-opens", "connections begun by peers")                     \
	X(COUNT_DNS_QUERIES_OUT, "dns-queries-out", "questions sent to name servers")                     \
	X(COUNT_DNS_CACHE_HITS, "dns-cache-hits", "look-ups answered from the cache")                     \
	X(COUNT_DNS_TIMEOUTS, "dns-timeouts", "questions that a name server did not answer in time")

#define STATS_CONSTANT(constant, name, sentence) constant,

enum drop_reason { DROP_REASONS(STATS_CONSTANT) DROP_REASON_COUNT };

enum counter { COUNTERS(STATS_CONSTANT) COUNTER_COUNT };

struct stats {
	uint64_t drops[DROP_REASON_COUNT];
	uint64_t counters[COUNTER_COUNT];
};

/* The short name, as in "ip-checksum", and the sentence. */
const char *drop_name(enum drop_reason reason);
const char *drop_sentence(enum drop_reason reason);
const char *counter_name(enum counter counter);
const char *counter_sentence(enum counter counter);

static inline void stats_add(struct stats *stats, enum counter counter, uint64_t amount)
{
	stats->counters[counter] += amount;
}

/* Count a packet thrown away and tell whoever listens. */
void stats_drop(struct stats *stats, const struct events *events, enum drop_reason reason);

#endif
