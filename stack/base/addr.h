/* SPDX-License-Identifier: MIT
 *
 * Addresses as values. Transports and sockets pass `struct endpoint` around and compare it;
 * only link/, ip/ and printing look at an address's bytes, so that another family can be
 * added beside IPv4 without touching them.
 */
#ifndef STRATA_BASE_ADDR_H
#define STRATA_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDRESS_TEXT  16 /* room for "255.255.255.255" and its terminator */
#define ENDPOINT_TEXT 22 /* room for "255.255.255.255:65535" and its terminator */
#define MAC_TEXT      18 /* room for "ff:ff:ff:ff:ff:ff" and its terminator */

struct address {
	uint8_t bytes[4]; /* in network order */
};

struct endpoint {
	struct address address;
	uint16_t port; /* host order; 0 means none */
};

struct mac {
	uint8_t bytes[6];
};

#define ADDRESS_ANY   ((struct address){{0, 0, 0, 0}})
#define MAC_BROADCAST ((struct mac){{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}})

bool address_equal(struct address a, struct address b);
bool address_is_any(struct address a);
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
bool mac_equal(struct mac a, struct mac b);

/* The group bit: a multicast or broadcast address, which can never be a sender. */
bool mac_is_group(struct mac a);

/* The address as a host-order number, for masks and arithmetic, and back. */
uint32_t address_number(struct address a);
struct address address_from_number(uint32_t number);

/* The same for the 48 bits of a MAC address. */
uint64_t mac_number(struct mac a);
struct mac mac_from_number(uint64_t number);

/* Write the text form into `text`, terminated; return `text`. */
char *address_print(struct address a, char text[ADDRESS_TEXT]);
char *endpoint_print(const struct endpoint *e, char text[ENDPOINT_TEXT]);
char *mac_print(struct mac a, char text[MAC_TEXT]);

/* Parse the whole of `text`: "192.0.2.1", "192.0.2.1/24" (prefix 0 to 32), "02:00:00:00:00:01". Decimal only, no
 * leading zeros, no spaces. False, and nothing written, for anything else. */
bool address_parse(const char *text, struct address *a);
bool address_parse_prefix(const char *text, struct address *a, unsigned *prefix_length);
bool mac_parse(const char *text, struct mac *a);

#endif
