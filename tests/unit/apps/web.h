/* SPDX-License-Identifier: MIT
 *
 * The HTTP server and its clients, two stacks on a cable in virtual time. A client says what it has to say and reads
 * what comes; what the test then looks at is its bytes and how the connection ended.
 *
 *     struct web_client *c = web_ask(0, LAST("/a.txt"));     client 0 connects and says this
 *     web_run(WEB_SECOND);
 *     cr_expect_eq(web_count(c, "200 OK"), 1);
 *     cr_expect(c->ended && c->error == 0);
 *
 * What is served is a new directory, with "a.txt" ("alpha\n") and "big" (WEB_BIG bytes) in it, which the test stands in.
 */
#ifndef STRATA_TESTS_WEB_H
#define STRATA_TESTS_WEB_H

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stddef.h>

#include "apps/http_server.h"
#include "tests/unit/apps/pair.h"

#define WEB_SECOND  1000000u
#define WEB_CLIENTS 200
#define WEB_BIG     (3u * 1024 * 1024 + 17)

#define GET(target)  "GET " target " HTTP/1.1\r\nHost: 192.0.2.2\r\n\r\n"
#define LAST(target) "GET " target " HTTP/1.1\r\nHost: 192.0.2.2\r\nConnection: close\r\n\r\n"

struct web_client {
	struct socket *socket;
	char *bytes; /* received so far, terminated; NULL for none */
	size_t length;
	bool deaf;  /* does not read for now */
	bool ended; /* in order, or with an error */
	int error;
};

struct web {
	struct pair pair; /* of the clients' stack and the server's */
	struct http_server *server;
	struct web_client clients[WEB_CLIENTS];
	char log[4096]; /* its last lines */
};
extern struct web web;

/* A server as it is by default, and one that was configured otherwise: `change` is called with its configuration and its
 * stack's, before they are made. web_end() comes before another start. */
void web_start(void);
void web_start_with(void (*change)(struct http_server_config *config, struct stack_config *stack));
void web_end(void);

/* Let things happen for so long. */
void web_run(uint64_t duration);

/* Connect one of the clients; it does not read before the next web_run(). */
struct web_client *web_connect(unsigned i);

void web_say(struct web_client *c, const char *text);

/* Both. */
struct web_client *web_ask(unsigned i, const char *text);

/* Ask, over a connection of its own, and wait for it to end: it must end in order, and the answer begin with "HTTP/1.1 STATUS ". */
struct web_client *web_expect(const char *request, const char *status);

/* How often this stands in what a client has got. */
unsigned web_count(const struct web_client *c, const char *what);

/* Whether everything behind the first head is the big file, from byte `from` on. */
void web_expect_big(const struct web_client *c, size_t from);

#endif
