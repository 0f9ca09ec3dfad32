/* SPDX-License-Identifier: MIT
 *
 * Names and records as people write and read them (RFC 1035 5.1):
 *
 *     3www7example3com0       <->   www.example.com.
 *     a dot inside of a label <->   \.
 *     any byte that does not print, a space among them: \ and its three decimal digits, as \007
 *
 * What comes from a network is printed by these alone, so that no byte of it can steer a terminal.
 */
#ifndef STRATA_DNS_DNS_TEXT_H
#define STRATA_DNS_DNS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "dns/dns_wire.h"

#define DNS_NAME_TEXT 1024 /* room for any name and its terminator */
#define DNS_TYPE_TEXT 16   /* room for any type, as "CNAME" or "TYPE65280" */

/* Read a name, with or without the dot of the root at its end. False: an empty label or one above 63 bytes, more than 255 bytes in
 * all, or a \ that nothing follows. */
bool dns_name_parse(const char *text, struct dns_name *name);

/* The name that a PTR record of this address has: 1.2.0.192.in-addr.arpa. (RFC 1035 3.5) */
struct dns_name dns_name_of_address(struct address address);

/* Write it, with the dot at its end; returns `text`. */
char *dns_name_print(const struct dns_name *name, char text[DNS_NAME_TEXT]);

/* Whether two names are the same, which upper and lower case do not matter for (RFC 4343); whether byte for byte. */
bool dns_name_equal(const struct dns_name *a, const struct dns_name *b);
bool dns_name_same(const struct dns_name *a, const struct dns_name *b);

/* Whether `name` is `zone` or lies below it. */
bool dns_name_is_within(const struct dns_name *name, const struct dns_name *zone);

/* A type's name, "TYPE" and its number where it has none here (RFC 3597 5); returns `text`. And back: 0 for what is no type's. */
char *dns_type_print(uint16_t type, char text[DNS_TYPE_TEXT]);
uint16_t dns_type_parse(const char *text);

/* What dig calls it: NOERROR, NXDOMAIN ... or RESERVED and a number; static. */
const char *dns_rcode_name(uint8_t rcode);

/* A record's data, as in a zone file: as much as `room` > 0 has place for, terminated. Returns `text`. */
char *dns_data_print(const struct dns_record *record, char *text, size_t room);

#endif
