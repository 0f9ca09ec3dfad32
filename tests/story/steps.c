/* SPDX-License-Identifier: MIT
 *
 * The story, step by step. The lines are written from what the capture has: its addresses, the options of its SYNs in their order, its
 * relative numbers (348 bytes are asked, 299 answered) and its MAC addresses. What differs from run to run is the client's port for DNS; what
 * differs from stack to stack is the size of a message (ours has EDNS in it), and of the window once it is scaled. Frames without a step are our
 * announcements, which its stack did not make, and the ACK of the second answer, at which it did not look.
 */
#include "tests/story/story.h"

#define STATION  "1c:b7:2c:2d:74:e6"
#define NAMES    "18:31:bf:df:a1:f0"
#define GATEWAY  "68:a3:78:86:ec:02"
#define ALL      "ff:ff:ff:ff:ff:ff"
#define OUTWARDS "TCP  192.168.60.112:45616 > 51.68.121.59:80  "
#define INWARDS  "TCP  51.68.121.59:80 > 192.168.60.112:45616  "

const struct story_step story_steps[] = {
    {"", "ARP  announcement: 192.168.60.112 is at " STATION, STATION, ALL,
     "The station has woken up and says who it is: whoever remembers another address of its forgets that.",
     "link/arp_conflict.c send_announcement"},
    {"", "ARP  announcement: 192.168.60.112 is at " STATION, STATION, ALL, "Once more, since frames get lost.",
     "link/arp_conflict.c send_announcement"},
    {"1", "ARP  who has 192.168.60.3? tell 192.168.60.112", STATION, ALL,
     "It wants a name looked up. The name server is on its own network, and not in the cache: the question waits.",
     "link/arp.c arp_resolve"},
    {"2", "ARP  192.168.60.3 is at " NAMES, NAMES, STATION, "The name server answers, and it alone.",
     "link/arp.c arp_input"},
    {"3", "UDP  192.168.60.112:* > 192.168.60.3:53  * bytes", STATION, NAMES,
     "The question that has waited: which address has www.nain-t.net? Recursion desired.", "dns/dns_query.c dns_ask"},
    {"4", "UDP  192.168.60.3:53 > 192.168.60.112:*  * bytes", NAMES, STATION,
     "51.68.121.59. That is not on our network, so the way there leads by the gateway:", "dns/dns_judge.c dns_judge"},
    {"5", "ARP  who has 192.168.60.254? tell 192.168.60.112", STATION, ALL,
     "whose Ethernet address is asked for, and never the web server's.", "ip/route.c route_next_hop"},
    {"6", "ARP  192.168.60.254 is at " GATEWAY, GATEWAY, STATION, "The gateway answers.", "link/arp.c arp_input"},
    {"7", OUTWARDS "SYN      seq 0               win 64240  <mss 1460, sackOK, TS 1 0, nop, ws 7>", STATION, GATEWAY,
     "A connection to the web server is asked for, in a frame to the gateway.", "tcp/tcp_user.c tcp_connect"},
    {"8", INWARDS "SYN ACK  seq 0     ack 1     win 65160  <mss 1460, sackOK, TS 1 1, nop, ws 7>", GATEWAY, STATION,
     "The server agrees, to all options too. Its TTL of 64 has lost one at each of eleven routers.",
     "tcp/tcp_input.c syn_sent_input"},
    {"9", OUTWARDS "ACK      seq 1     ack 1     win * len 0    <TS>", STATION, GATEWAY,
     "Both know now that the other hears them: the connection is established.", "tcp/tcp_output.c plan_next"},
    {"10", OUTWARDS "PSH ACK  seq 1     ack 1     win * len 348  <TS> GET / HTTP/1.1", STATION, GATEWAY,
     "The page is asked for, in 348 bytes.", "tcp/tcp_output.c plan_data"},
    {"12", INWARDS "PSH ACK  seq 1     ack 349   win * len 299  <TS> HTTP/1.1 200 OK", GATEWAY, STATION,
     "Here it is: 16 bytes of HTML behind a head. The ACK of the question (11) rides on it. The connection stays.",
     "tcp/tcp_input.c tcp_input"},
    {"13", OUTWARDS "PSH ACK  seq 349   ack 300   win * len *  <TS> GET /favicon.ico HTTP/1.1", STATION, GATEWAY,
     "A browser wants an icon too, over the same connection;", "tcp/tcp_output.c plan_data"},
    {"", INWARDS "PSH ACK  seq 300   ack *   win * len *   <TS> HTTP/1.1 404 Not Found", GATEWAY, STATION,
     "there is none.", "tcp/tcp_receive.c tcp_receive_text"},
    {"", OUTWARDS "ACK      seq *   ack *   win * len 0    <TS>", STATION, GATEWAY,
     "Nothing more is to be said that the ACK could ride on, so it goes alone, 40 ms later.",
     "tcp/tcp_timer.c delayed_ack"},
    {"21", INWARDS "FIN ACK  seq *   ack *   win * len 0    <TS>", GATEWAY, STATION,
     "The server has waited for five seconds and ends its side.", "tcp/tcp_input.c eighth_check_fin"},
    {"22", OUTWARDS "ACK      seq *   ack *   win * len 0    <TS>", STATION, GATEWAY,
     "That is acknowledged: the end of the stream takes one number.", "tcp/tcp_output.c plan_next"},
    {"", OUTWARDS "FIN ACK  seq *   ack *   win * len 0    <TS>", STATION, GATEWAY, "Then the station ends its own,",
     "tcp/tcp_user.c tcp_close"},
    {"", INWARDS "ACK      seq *   ack *   win * len 0    <TS>", GATEWAY, STATION,
     "and with this the connection is no more; who ended first, the server, remembers it in TIME-WAIT.",
     "tcp/tcp_ack.c take_new_ack"},
};

const unsigned story_step_count = sizeof story_steps / sizeof story_steps[0];
