/* SPDX-License-Identifier: MIT
 *
 * Golden frames. Those called A1 to C have the fields and checksums that the captures print, right or wrong; what a
 * capture does not print (A's Ethernet and IP headers, C's payload) is filled in. The steps between them have the
 * capture's addresses and numbers, with checksums computed apart.
 */
#include "tests/unit/trace/golden.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tests/story/capture.h"

/* A1: a Windows client opens a connection; TCP checksum as captured. */
const struct golden golden_a1 = {
    .headers =
	"02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 "                   /* Ethernet */
	"45 00 00 34 00 00 40 00 80 06 76 19 c0 a8 01 5c c0 a8 01 fe " /* IP */
	"ef 9b 00 35 d9 12 10 68 00 00 00 00 80 02 ff ff 11 1a 00 00 02 04 05 b4 01 03 03 08 01 01 04 02 ", /* TCP */
};

/* A2: the router answers. */
const struct golden golden_a2 = {
    .headers =
	"02 00 c0 00 02 01 02 00 c0 00 02 02 08 00 "                   /* Ethernet */
	"45 00 00 34 00 00 40 00 40 06 b6 19 c0 a8 01 fe c0 a8 01 5c " /* IP */
	"00 35 ef 9b 63 b7 f0 f2 d9 12 10 69 80 12 fa f0 c1 aa 00 00 02 04 05 78 01 01 04 02 01 03 03 07 ", /* TCP */
};

/* A3: and the client acknowledges. */
const struct golden golden_a3 = {
    .headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 "                    /* Ethernet */
	       "45 00 00 28 00 00 40 00 80 06 76 25 c0 a8 01 5c c0 a8 01 fe "  /* IP */
	       "ef 9b 00 35 d9 12 10 69 63 b7 f0 f3 50 10 00 ff fc 32 00 00 ", /* TCP */
};

/* B3: a DNS query; UDP checksum left to the network card. */
const struct golden golden_b3 = {
    .headers =
	"18 31 bf df a1 f0 1c b7 2c 2d 74 e6 08 00 "                   /* Ethernet */
	"45 00 00 3c 74 49 40 00 40 11 cc a3 c0 a8 3c 70 c0 a8 3c 03 " /* IP */
	"c8 45 00 35 00 28 f9 fd "                                     /* UDP */
	"ca aa 01 00 00 01 00 00 00 00 00 00 03 77 77 77 06 6e 61 69 6e 2d 74 03 6e 65 74 00 00 01 00 01 ", /* DNS */
};

/* B10: a request, caught before the network card made its TCP checksum; the IP checksum is wrong (the fields give
 * 0x47e4). Of the payload the capture tells the length alone. */
const struct golden golden_b10 = {
    .headers =
	"68 a3 78 86 ec 02 1c b7 2c 2d 74 e6 08 00 "                   /* Ethernet */
	"45 00 01 90 47 ec 40 00 40 06 84 1d c0 a8 3c 70 33 44 79 3b " /* IP */
	"b2 30 00 50 3a 9b 37 73 d7 17 e6 cf 80 18 01 f6 ab 1a 00 00 01 01 08 0a 74 7e be 24 db e6 b6 e5 ", /* TCP */
    .text = "GET / HTTP/1.1\r\n"
	    "Host: www.nain-t.net\r\n"
	    "Connection: Keep-Alive\r\n",
    .filler = 286,
};

/* B12: the response, whole; both checksums as captured. */
const struct golden golden_b12 = {
    .headers =
	"1c b7 2c 2d 74 e6 68 a3 78 86 ec 02 08 00 "                   /* Ethernet */
	"45 00 01 5f cf 79 40 00 35 06 cb 87 33 44 79 3b c0 a8 3c 70 " /* IP */
	"00 50 b2 30 d7 17 e6 cf 3a 9b 38 cf 80 18 01 fb d0 cb 00 00 01 01 08 0a db e6 ba 58 74 7e be 24 ", /* TCP */
    .text = captured_page,
};

/* C: a request on Windows, both checksums left to the network card; 478 bytes of payload that the capture does not
 * show. */
const struct golden golden_c = {
    .headers = "00 0d b4 2a a8 34 74 56 3c 2f 82 ce 08 00 "                    /* Ethernet */
	       "45 00 02 06 2a f3 40 00 80 06 00 00 ac 11 02 09 4f 7f 8a 0e "  /* IP */
	       "fb 19 00 50 3e 72 b1 9d 8b 82 10 6a 50 18 00 ff 89 a0 00 00 ", /* TCP */
    .filler = 478,
};

/* Step 7: the SYN to the web server, by way of the gateway. */
const struct golden golden_syn = {
    .headers =
	"68 a3 78 86 ec 02 1c b7 2c 2d 74 e6 08 00 "                   /* Ethernet */
	"45 00 00 3c 00 00 40 00 40 06 91 24 c0 a8 3c 70 33 44 79 3b " /* IP */
	"b2 30 00 50 3a 9b 37 72 00 00 00 00 a0 02 fa f0 4c 73 00 00 02 04 05 b4 04 02 08 0a 74 7e bd f7 " /* TCP */
	"00 00 00 00 01 03 03 07 ",
};

/* Step 8: the web server answers. */
const struct golden golden_syn_ack = {
    .headers =
	"1c b7 2c 2d 74 e6 68 a3 78 86 ec 02 08 00 "                   /* Ethernet */
	"45 00 00 3c 00 00 40 00 35 06 9c 24 33 44 79 3b c0 a8 3c 70 " /* IP */
	"00 50 b2 30 d7 17 e6 ce 3a 9b 37 73 a0 12 fe 88 f8 16 00 00 02 04 05 b4 04 02 08 0a db e6 b6 e5 " /* TCP */
	"74 7e bd f7 01 03 03 07 ",
};

/* Step 9. */
const struct golden golden_ack = {
    .headers =
	"68 a3 78 86 ec 02 1c b7 2c 2d 74 e6 08 00 "                   /* Ethernet */
	"45 00 00 34 00 00 40 00 40 06 91 2c c0 a8 3c 70 33 44 79 3b " /* IP */
	"b2 30 00 50 3a 9b 37 73 d7 17 e6 cf 80 10 01 f6 23 49 00 00 01 01 08 0a 74 7e be 24 db e6 b6 e5 ", /* TCP */
};

/* Step 11: exactly the request's bytes are acknowledged. */
const struct golden golden_request_ack = {
    .headers =
	"1c b7 2c 2d 74 e6 68 a3 78 86 ec 02 08 00 "                   /* Ethernet */
	"45 00 00 34 00 00 40 00 35 06 9c 2c 33 44 79 3b c0 a8 3c 70 " /* IP */
	"00 50 b2 30 d7 17 e6 cf 3a 9b 38 cf 80 10 01 fb 21 ba 00 00 01 01 08 0a db e6 b7 13 74 7e be 24 ", /* TCP */
};

/* Step 21: the server's keep-alive time is over. */
const struct golden golden_fin = {
    .headers =
	"1c b7 2c 2d 74 e6 68 a3 78 86 ec 02 08 00 "                   /* Ethernet */
	"45 00 00 34 00 00 40 00 35 06 9c 2c 33 44 79 3b c0 a8 3c 70 " /* IP */
	"00 50 b2 30 d7 17 e7 fa 3a 9b 38 cf 80 11 01 fb 06 11 00 00 01 01 08 0a db e6 cd ec 74 7e c1 c8 ", /* TCP */
};

/* Step 22, with the station's own close. */
const struct golden golden_fin_ack = {
    .headers =
	"68 a3 78 86 ec 02 1c b7 2c 2d 74 e6 08 00 "                   /* Ethernet */
	"45 00 00 34 00 00 40 00 40 06 91 2c c0 a8 3c 70 33 44 79 3b " /* IP */
	"b2 30 00 50 3a 9b 38 cf d7 17 e7 fb 80 11 01 f4 f2 8e 00 00 01 01 08 0a 74 7e d5 50 db e6 cd ec ", /* TCP */
};

/* Step 1: who has the name server's address? */
const struct golden golden_arp_request = {
    .headers = "ff ff ff ff ff ff 1c b7 2c 2d 74 e6 08 06 "                                            /* Ethernet */
	       "00 01 08 00 06 04 00 01 1c b7 2c 2d 74 e6 c0 a8 3c 70 00 00 00 00 00 00 c0 a8 3c 03 ", /* ARP */
};

/* Step 2. */
const struct golden golden_arp_reply = {
    .headers = "1c b7 2c 2d 74 e6 18 31 bf df a1 f0 08 06 "                                            /* Ethernet */
	       "00 01 08 00 06 04 00 02 18 31 bf df a1 f0 c0 a8 3c 03 1c b7 2c 2d 74 e6 c0 a8 3c 70 ", /* ARP */
};

/* RFC 5227 1.1: a probe, and below it an announcement. */
const struct golden golden_arp_probe = {
    .headers = "ff ff ff ff ff ff 02 00 c0 00 02 02 08 06 "                                            /* Ethernet */
	       "00 01 08 00 06 04 00 01 02 00 c0 00 02 02 00 00 00 00 00 00 00 00 00 00 c0 00 02 02 ", /* ARP */
};

const struct golden golden_arp_announcement = {
    .headers = "ff ff ff ff ff ff 02 00 c0 00 02 02 08 06 "                                            /* Ethernet */
	       "00 01 08 00 06 04 00 01 02 00 c0 00 02 02 c0 00 02 02 00 00 00 00 00 00 c0 00 02 02 ", /* ARP */
};

const struct golden golden_echo_request = {
    .headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 "                   /* Ethernet */
	       "45 00 00 2c 00 00 00 00 40 01 f6 cd c0 00 02 01 c0 00 02 02 " /* IP */
	       "08 00 2d 0a 12 34 00 01 "                                     /* ICMP */
	       "10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f ",            /* data */
};

const struct golden golden_echo_reply = {
    .headers = "02 00 c0 00 02 01 02 00 c0 00 02 02 08 00 "                   /* Ethernet */
	       "45 00 00 2c 00 00 00 00 40 01 f6 cd c0 00 02 02 c0 00 02 01 " /* IP */
	       "00 00 35 0a 12 34 00 01 "                                     /* ICMP */
	       "10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f ",            /* data */
};

/* Quotes the IP header and 8 bytes of a datagram of 28. */
const struct golden golden_unreachable = {
    .headers = "02 00 c0 00 02 01 02 00 c0 00 02 02 08 00 "                                            /* Ethernet */
	       "45 00 00 38 00 00 00 00 40 01 f6 c1 c0 00 02 02 c0 00 02 01 "                          /* IP */
	       "03 03 4e 63 00 00 00 00 "                                                              /* ICMP */
	       "45 00 00 30 00 00 40 00 40 11 b6 b9 c0 00 02 01 c0 00 02 02 9c 40 00 09 00 1c 12 34 ", /* data */
};

const struct golden golden_fragment = {
    .headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 "                   /* Ethernet */
	       "45 00 00 24 12 34 20 b9 40 11 c3 d8 c0 00 02 01 c0 00 02 02 " /* IP */
	       "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ",            /* data */
};

const struct golden golden_ospf = {
    .headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 "                   /* Ethernet */
	       "45 00 00 18 00 00 40 00 40 59 b6 89 c0 00 02 01 c0 00 02 02 " /* IP */
	       "00 00 00 00 ",                                                /* data */
};

const struct golden golden_udp_hello = {
    .headers = "02 00 c0 00 02 02 02 00 c0 00 02 01 08 00 "                   /* Ethernet */
	       "45 00 00 21 00 00 40 00 40 11 b6 c8 c0 00 02 01 c0 00 02 02 " /* IP */
	       "9c 40 00 07 00 0d 9b b6 ",                                    /* UDP */
    .text = "hello",
};

const struct golden *const golden_all[GOLDEN_COUNT] = {
    &golden_a1,
    &golden_a2,
    &golden_a3,
    &golden_arp_request,
    &golden_arp_reply,
    &golden_b3,
    &golden_syn,
    &golden_syn_ack,
    &golden_ack,
    &golden_b10,
    &golden_request_ack,
    &golden_b12,
    &golden_fin,
    &golden_fin_ack,
    &golden_c,
    &golden_arp_probe,
    &golden_arp_announcement,
    &golden_echo_request,
    &golden_echo_reply,
    &golden_unreachable,
    &golden_fragment,
    &golden_ospf,
    &golden_udp_hello,
};

static unsigned digit(char c)
{
	return (unsigned)(isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10);
}

uint8_t *golden_frame(const struct golden *golden, size_t *length)
{
	size_t headers = strlen(golden->headers) / 3; /* two digits and a space each */
	size_t text = golden->text ? strlen(golden->text) : 0;
	uint8_t *frame = malloc(headers + text + golden->filler);

	for (size_t i = 0; i < headers; i++)
		frame[i] = (uint8_t)(digit(golden->headers[3 * i]) << 4 | digit(golden->headers[3 * i + 1]));
	if (text)
		memcpy(frame + headers, golden->text, text);
	memset(frame + headers + text, 'x', golden->filler);
	*length = headers + text + golden->filler;
	return frame;
}
