/* SPDX-License-Identifier: MIT
 *
 * Segments of each kind in each state, as a table: what is answered, and which state follows. It is RFC 9293 3.10.7.3 and 3.10.7.4
 * as changed by RFC 5961 3.2 and 4.2, with RFC 1337 in TIME-WAIT. The orders in which states follow each other are in
 * test_tcp_open.c and test_tcp_close.c.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "tests/harness/harness.h"

TestSuite(tcp_states, .init = harness_start, .fini = harness_end);

/* Bring a new connection into this state, from the peer's side. What comes next from the peer has *seq, what it acknowledges is *ack. */
static struct socket *into(enum tcp_state state, unsigned *seq, unsigned *ack)
{
	struct socket *s = NULL;
	*seq = *ack = 1;
	switch (state) {
	case TCP_SYN_SENT:
		s = app_connect();
		out("S 0:0(0)");
		*seq = 0;
		return s;
	case TCP_SYN_RECEIVED:
		in("S 0:0(0) <mss 1000>");
		out("S. 0:0(0) ack 1");
		return NULL;
	default:
		break;
	}
	s = passive_open();
	if (state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK) {
		in("F. 1:1(0) ack 1");
		out(". 1:1(0) ack 2");
		*seq = 2;
	}
	if (state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT)
		return s;
	check(socket_shutdown(s, SOCKET_SHUTDOWN_WRITE) == 0);
	out("F. 1:1(0) ack %u", *seq);
	if (state == TCP_FIN_WAIT_2 || state == TCP_TIME_WAIT) {
		*ack = 2;
		in(". 1:1(0) ack 2");
	}
	if (state == TCP_CLOSING || state == TCP_TIME_WAIT) {
		in("F. 1:1(0) ack %u", *ack);
		out(". 2:2(0) ack 2");
		*seq = 2;
	}
	return s;
}

static enum tcp_state state_now(void)
{
	const struct flow *f = flow_current();
	struct endpoint local = {ip_of("192.0.2.2"), f->local_port}, remote = {.port = f->peer_port};
	memcpy(remote.address.bytes, f->peer, 4);
	const struct tcp_connection *c = tcp_lookup(harness_stack(), &local, &remote);
	if (c)
		return c->state;
	return tcp_time_wait_lookup(harness_stack(), &local, &remote) ? TCP_TIME_WAIT : TCP_CLOSED;
}

enum arrival { TEXT, FIN, RST, RST_GUESSED, SYN, SYN_ACK, NO_ACK, ARRIVALS };

/* What each makes of each state: '-' no answer, 'A' an ACK, 'S' a SYN,ACK; and the state that follows, where it is another. ACKs here are
 * of what was acknowledged before, so that none is of our FIN. */
static const struct row {
	enum tcp_state state;
	const char *cells[ARRIVALS];
} rows[] = {
    /* text, FIN, exact RST, guessed RST, SYN in the window, SYN,ACK in it, text without ACK */
    {TCP_SYN_SENT, {"-", "-", "-", "-", "S SYN-RECEIVED", "A ESTABLISHED", "-"}}, /* no RST has an ACK here */
    {TCP_SYN_RECEIVED, {"A ESTABLISHED", "A CLOSE-WAIT", "- CLOSED", "A", "- CLOSED", "- CLOSED", "-"}},
    {TCP_ESTABLISHED, {"A", "A CLOSE-WAIT", "- CLOSED", "A", "A", "A", "-"}},
    {TCP_FIN_WAIT_1, {"A", "A CLOSING", "- CLOSED", "A", "A", "A", "-"}},
    {TCP_FIN_WAIT_2, {"A", "A TIME-WAIT", "- CLOSED", "A", "A", "A", "-"}},
    {TCP_CLOSE_WAIT, {"-", "-", "- CLOSED", "A", "A", "A", "-"}}, /* behind the FIN there is nothing */
    {TCP_CLOSING, {"-", "-", "- CLOSED", "A", "A", "A", "-"}},
    {TCP_LAST_ACK, {"-", "-", "- CLOSED", "A", "A", "A", "-"}},
    {TCP_TIME_WAIT, {"-", "A", "-", "-", "S SYN-RECEIVED", "A", "-"}}, /* the SYN is newer (MAY-2) */
};

static void arrive(enum arrival arrival, enum tcp_state state, unsigned seq, unsigned ack)
{
	switch (arrival) {
	case TEXT:
		in("P. %u(10) ack %u", seq, ack);
		return;
	case FIN:
		in("F. %u(0) ack %u", seq, ack);
		return;
	case RST:
		in("R %u(0)", seq);
		return;
	case RST_GUESSED:
		in("R %u(0)", seq + 100);
		return;
	case SYN:
		in("S %u(0) <mss 1000>", seq + 100);
		return;
	case SYN_ACK:
		in("S. %u(0) ack %u <mss 1000>", state == TCP_SYN_SENT ? seq : seq + 100, ack);
		return;
	default:
		in("P %u(10)", seq);
		return;
	}
}

static void answers(char answer, const char *what)
{
	if (answer != '-') {
		struct frame frame = out_frame();
		unsigned flags = frame.bytes[AT_TCP_FLAGS] & 0x17, expected = answer == 'A' ? 0x10 : 0x12;
		check_that(flags == expected, "%s: flags %02x", what, flags);
	}
	quiet();
}

/* Bring it into the state, let it arrive, see what comes of it. */
static void try_one(const struct row *row, enum arrival arrival)
{
	const char *cell = row->cells[arrival], *next = cell[1] ? cell + 2 : tcp_state_name(row->state);
	char what[64];
	unsigned seq, ack;
	snprintf(what, sizeof what, "%s, arrival %d", tcp_state_name(row->state), arrival);
	struct socket *s = into(row->state, &seq, &ack);
	check_that(state_now() == row->state, "%s: not there", what);
	arrive(arrival, row->state, seq, ack);
	if (arrival == TEXT && cell[0] == 'A')
		pass(40 * MS);
	answers(cell[0], what);
	check_that(strcmp(tcp_state_name(state_now()), next) == 0, "%s: %s follows", what, tcp_state_name(state_now()));
	harness_deaf(true);
	if (s)
		socket_abort(s);
	static const unsigned places[] = {0, 1, 10, 101};
	for (unsigned i = 0; i < 4; i++)
		in("R %u(0)", seq + places[i]); /* what is left of it, where anything is */
	quiet();
	harness_deaf(false);
}

Test(tcp_states, attack_each_kind_of_segment_in_each_state)
{
	unsigned n = 0;
	app_listen();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (enum arrival arrival = 0; arrival < ARRIVALS; arrival++, n++) {
			flow_select(n);
			if (rows[i].state == TCP_SYN_SENT)
				flow_current()->local_port = (uint16_t)(7000 + n);
			try_one(&rows[i], arrival);
		}
}
