/* SPDX-License-Identifier: MIT
 *
 * The services of strata echo and a client, two stacks on a cable in virtual time.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/echo.h"
#include "tests/unit/apps/pair.h"

#define SECOND 1000000u

static struct pair pair; /* of the client's stack and the server's */
static struct echo services;

static void start(void)
{
	pair_begin(&pair);
	struct stack_config client = pair_config(&pair, 0), server = pair_config(&pair, 1);
	client.send_buffer = client.receive_buffer = server.send_buffer = server.receive_buffer = 32768;
	server.on_ready = echo_ready;
	server.ready_user = &services;
	pair_start(&pair, 0, &client);
	pair_start(&pair, 1, &server);
	cr_assert(echo_open(&services, pair.stacks[1]));
}

static void end(void)
{
	pair_end(&pair);
}

TestSuite(echo, .init = start, .fini = end);

static struct endpoint server(uint16_t port)
{
	return (struct endpoint){{{192, 0, 2, 2}}, port};
}

/* A connected socket of the client's. */
static struct socket *client(enum socket_type type, uint16_t port)
{
	struct socket *s = socket_open(pair.stacks[0], type);
	struct endpoint to = server(port);
	cr_assert(s);
	cr_assert_eq(socket_connect(s, &to), 0);
	pair_run(&pair, SECOND / 10);
	return s;
}

static uint64_t answers(void)
{
	return stack_stats(pair.stacks[1])->counters[COUNT_UDP_DATAGRAMS_OUT];
}

/* The pattern, as RFC 864 shows it: its first line begins with a space, the next with "!". */
static char pattern_byte(size_t at)
{
	size_t line = at / 74, column = at % 74;
	return column < 72 ? (char)(32 + (line + column) % 95) : column == 72 ? '\r' : '\n';
}

/* ---- streams ---- */

Test(echo, a_stream_comes_back_until_its_end)
{
	struct socket *s = client(SOCKET_STREAM, 7);
	static uint8_t sent[100000], got[100000];
	size_t written = 0, read = 0;
	for (size_t i = 0; i < sizeof sent; i++)
		sent[i] = (uint8_t)(i * 7 + i / 251);
	while (read < sizeof sent) {
		long taken = socket_send(s, sent + written, sizeof sent - written);
		written += taken > 0 ? (size_t)taken : 0;
		pair_run(&pair, SECOND / 100);
		taken = socket_receive(s, got + read, sizeof got - read);
		cr_assert(taken > 0 || taken == -EAGAIN);
		read += taken > 0 ? (size_t)taken : 0;
		cr_assert_lt(pair.now, 100u * SECOND);
	}
	cr_expect_eq(memcmp(sent, got, sizeof sent), 0);
	cr_expect_eq(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE), 0);
	pair_run(&pair, SECOND);
	cr_expect_eq(socket_receive(s, got, 1), 0);
}

Test(echo, discard_reads_everything_and_says_nothing)
{
	struct socket *s = client(SOCKET_STREAM, 9);
	static const uint8_t sent[30000];
	for (unsigned i = 0; i < 10; i++) {
		cr_assert_eq(socket_send(s, sent, sizeof sent), (long)sizeof sent);
		pair_run(&pair, SECOND);
	}
	uint8_t byte;
	cr_expect_eq(socket_receive(s, &byte, 1), -EAGAIN);
	cr_expect_eq(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE), 0);
	pair_run(&pair, SECOND);
	cr_expect_eq(socket_receive(s, &byte, 1), 0);
}

/* Two clients, each with its own place in the pattern, whatever they say. */
Test(echo, chargen_goes_on_until_the_client_ends_it)
{
	struct socket *s[2] = {client(SOCKET_STREAM, 19), client(SOCKET_STREAM, 19)};
	size_t read[2] = {0, 0};
	char bytes[1000];
	cr_expect_eq(socket_send(s[0], "shut up", 7), 7);
	while (read[0] < 200000) {
		for (unsigned i = 0; i < 2; i++) {
			long got = socket_receive(s[i], bytes, i ? 333 : sizeof bytes);
			cr_assert(got > 0 || got == -EAGAIN);
			for (long at = 0; at < got; at++)
				cr_assert_eq(bytes[at], pattern_byte(read[i] + (size_t)at), "client %u", i);
			read[i] += got > 0 ? (size_t)got : 0;
		}
		pair_run(&pair, SECOND / 100);
		cr_assert_lt(pair.now, 1000u * SECOND);
	}
	cr_expect_gt(read[1], 50000);
	socket_close(s[0]);
	socket_abort(s[1]);
	pair_run(&pair, 200u * SECOND);
	cr_expect_eq(stack_connections(pair.stacks[1]), 0);
}

/* What a client says is thrown away, however much it is; and when it has said all, the characters end too. */
Test(echo, chargen_listens_without_hearing)
{
	static const uint8_t sent[30000];
	static char bytes[100000];
	struct socket *s = client(SOCKET_STREAM, 19);
	for (unsigned i = 0; i < 5; i++) {
		cr_assert_eq(socket_send(s, sent, sizeof sent), (long)sizeof sent);
		pair_run(&pair, SECOND);
	}
	cr_expect_eq(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE), 0);
	pair_run(&pair, SECOND);
	long got;
	for (unsigned i = 0; (got = socket_receive(s, bytes, sizeof bytes)) != 0; i++) {
		cr_assert(i < 100 && (got > 0 || got == -EAGAIN), "answered %ld", got);
		pair_run(&pair, SECOND);
	}
}

/* ---- datagrams ---- */

Test(echo, a_datagram_comes_back)
{
	static const size_t sizes[] = {0, 1, 1472, 65507};
	static uint8_t sent[65507], got[65507];
	struct socket *s = client(SOCKET_DATAGRAM, 7);
	for (size_t i = 0; i < sizeof sent; i++)
		sent[i] = (uint8_t)(i * 7 + i / 251);
	for (size_t i = 0; i < 4; i++) {
		cr_expect_eq(socket_send_to(s, sent, sizes[i], NULL), (long)sizes[i]);
		pair_run(&pair, SECOND);
		cr_expect_eq(socket_receive_from(s, got, sizeof got, false, NULL), (long)sizes[i]);
		cr_expect_eq(memcmp(sent, got, sizes[i]), 0);
	}
}

Test(echo, a_discarded_datagram_has_no_answer)
{
	struct socket *s = client(SOCKET_DATAGRAM, 9);
	cr_expect_eq(socket_send_to(s, "hello", 5, NULL), 5);
	pair_run(&pair, SECOND);
	cr_expect_eq(socket_receive_from(s, NULL, 0, false, NULL), -EAGAIN, "not even an error");
	cr_expect_eq(stack_stats(pair.stacks[1])->counters[COUNT_UDP_DATAGRAMS_IN], 1);
	cr_expect_eq(answers(), 0);
}

Test(echo, a_datagram_of_characters)
{
	char bytes[513];
	struct socket *s = client(SOCKET_DATAGRAM, 19);
	cr_expect_eq(socket_send_to(s, "", 0, NULL), 0);
	pair_run(&pair, SECOND);
	long got = socket_receive_from(s, bytes, sizeof bytes, false, NULL);
	cr_assert_eq(got, 74);
	for (size_t i = 0; i < 74; i++)
		cr_expect_eq(bytes[i], pattern_byte(i));
}

/* CVE-1999-0103: in the name of a service that answers itself, or of port 0. */
Test(echo, attack_a_datagram_from_a_service_is_not_answered)
{
	static const uint16_t from[] = {7, 9, 13, 17, 19, 37, 53, 1023}, to[] = {7, 19};
	for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
		struct socket *s = socket_open(pair.stacks[0], SOCKET_DATAGRAM);
		cr_assert_eq(socket_bind(s, &(struct endpoint){ADDRESS_ANY, from[i]}), 0);
		for (size_t j = 0; j < 2; j++)
			cr_expect_eq(socket_send_to(s, "ping", 4, &(struct endpoint){server(0).address, to[j]}), 4);
		pair_run(&pair, SECOND);
		cr_expect_eq(answers(), 0, "from port %u", from[i]);
	}
	cr_expect_eq(stack_stats(pair.stacks[1])->counters[COUNT_UDP_DATAGRAMS_IN], 16);
	struct socket *s = socket_open(pair.stacks[0], SOCKET_DATAGRAM);
	cr_assert_eq(socket_bind(s, &(struct endpoint){ADDRESS_ANY, 1024}), 0);
	struct endpoint echo_port = server(7);
	cr_expect_eq(socket_send_to(s, "ping", 4, &echo_port), 4);
	pair_run(&pair, SECOND);
	cr_expect_eq(answers(), 1);
}

/* Two of these services cannot be set upon each other. */
Test(echo, attack_two_of_them_do_not_talk_for_ever)
{
	static struct echo others;
	cr_assert(echo_open(&others, pair.stacks[0]));
	for (unsigned i = 0; i < 3; i++) {
		struct endpoint to = server(7);
		cr_expect_eq(socket_send_to(others.services.datagrams[i], "ping", 4, &to), 4);
	}
	pair_run(&pair, 10u * SECOND);
	cr_expect_eq(answers(), 0);
	cr_expect_eq(stack_stats(pair.stacks[0])->counters[COUNT_UDP_DATAGRAMS_IN], 0);
}

/* "Fraggle": all machines of a network would answer a forged source at once. */
Test(echo, attack_a_broadcast_is_not_answered)
{
	struct socket *s = socket_open(pair.stacks[0], SOCKET_DATAGRAM);
	static const struct endpoint everybody[] = {{{{255, 255, 255, 255}}, 7}, {{{192, 0, 2, 255}}, 19}};
	socket_set_broadcast(s, true);
	for (size_t i = 0; i < 2; i++)
		cr_expect_eq(socket_send_to(s, "ping", 4, &everybody[i]), 4);
	pair_run(&pair, SECOND);
	cr_expect_eq(stack_stats(pair.stacks[1])->counters[COUNT_UDP_DATAGRAMS_IN], 2);
	cr_expect_eq(answers(), 0);
}

/* ---- beginning ---- */

Test(echo, ports_that_are_taken_are_told)
{
	static struct echo second;
	cr_expect_not(echo_open(&second, pair.stacks[1]));
}
