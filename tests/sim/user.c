/* SPDX-License-Identifier: MIT
 *
 * The two users of a pair.
 *
 * A user does as much as it can when its socket becomes ready, and then trusts the stack to tell it when there is more
 * to do: it has no timer but for its own stalls, so that a wake-up that is forgotten is found. While it stalls it does
 * not listen at all.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "socket/socket_private.h"
#include "tests/sim/world.h"

#define USER_CHUNK   16384 /* most bytes of one call */
#define SIM_ISN_TICK 4     /* microseconds, after which the same ports begin with the next number (RFC 9293 3.4.1) */

/* ---- what it says ---- */

/* The byte at this position of what a user says. */
static uint8_t user_byte(const struct user *u, uint64_t position)
{
	uint64_t stream =
	    u->world->seed * 2 * SIM_PAIRS + (uint64_t)(u->pair - u->world->pairs) * 2 + (u->opens ? 1 : 0);
	return (uint8_t)((position + (stream << 32)) * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

static void user_say(const struct user *u, uint8_t *to, size_t length)
{
	for (size_t i = 0; i < length; i++)
		to[i] = user_byte(u, u->sent + i);
}

/* Bytes have come: they must be what the peer said there. */
static void user_hear(struct user *u, const uint8_t *bytes, size_t length)
{
	char name[64];
	if (u->received + length > u->peer->sent) {
		world_fail(u->world, "%s read %zu bytes from %llu on, but only %llu were sent", user_name(u, name),
			   length, (unsigned long long)u->received, (unsigned long long)u->peer->sent);
		return;
	}
	for (size_t i = 0; i < length; i++)
		if (bytes[i] != user_byte(u->peer, u->received + i)) {
			world_fail(u->world, "%s read a wrong byte at %llu", user_name(u, name),
				   (unsigned long long)(u->received + i));
			return;
		}
	u->received += length;
	u->world->totals->bytes += length;
	u->pair->progress = u->world->now;
}

/* ---- how it goes ---- */

const char *user_name(const struct user *u, char text[64])
{
	snprintf(text, 64, "pair %u, machine %u", (unsigned)(u->pair - u->world->pairs), u->machine->index);
	return text;
}

/* Both users open at about the same time, each from a port that the other knows (RFC 9293 3.5, figure 7). */
static bool pair_is_mutual(const struct pair *pair)
{
	return pair->users[0].opens && pair->users[1].opens;
}

/* Its users that open do so after this time. */
static void pair_open(struct pair *pair, uint64_t after)
{
	struct world *w = pair->users[0].world;
	pair->progress = w->now + after;
	for (unsigned side = 0; side < 2; side++)
		if (pair->users[side].opens)
			pair->users[side].wakes =
			    pair->progress + (pair_is_mutual(pair) ? draw_magnitude(w, SIM_SECOND) : 0);
}

/* How long the same ports stay unused after this user, so that all sequence numbers of the next connection come after those of
 * this one, of which frames may still be under way. TCP itself counts on streams to be slower than the clock that initial
 * sequence numbers are taken from (RFC 9293 3.4.1), 250 kB/s, and on TIME-WAIT, which a reset leaves out; a bad wire here is
 * faster than that, and a connection that was reset can be followed within the millisecond of one timestamp. */
static uint64_t user_rests(const struct user *u)
{
	uint64_t most = u->sent > u->peer->wanted ? u->sent : u->peer->wanted;
	return (most + 2) * SIM_ISN_TICK; /* a SYN and a FIN, too */
}

void user_end(struct user *u, enum ending ending, int error)
{
	static const char *const words[] = {"", "has read and sent it all", "is told", "quits", "is forsaken"};
	char name[64];
	story_tell(u->world, "%s %s%s%s: sent %llu of %llu, received %llu", user_name(u, name), words[ending],
		   error ? " " : "", error ? strerror(-error) : "", (unsigned long long)u->sent,
		   (unsigned long long)u->wanted, (unsigned long long)u->received);
	u->ending = ending;
	u->error = error;
	u->wakes = DEADLINE_NEVER;
	u->pair->progress = u->world->now;
	u->world->totals->endings[ending]++;
	u->world->totals->wrapped += u->tried && u->iss + 1 + u->sent > UINT32_MAX;
	if (u->opens && u->pair->followed)
		pair_open(u->pair + 1, user_rests(u) + draw_magnitude(u->world, 150 * SIM_SECOND));
	struct socket *socket = u->socket;
	u->socket = NULL;
	if (!socket)
		return;
	bool abort =
	    ending == ENDING_QUIT ? u->quits_by_abort : ending != ENDING_WHOLE && draw_chance(u->world, 500000);
	manner_leaves(u, socket, abort);
}

/* Whether it does nothing for a while, from now on or already. */
static bool user_stalls(struct user *u)
{
	struct world *w = u->world;
	if (u->wakes == DEADLINE_NEVER && draw_chance(w, w->plan.stall)) {
		u->wakes = w->now + draw_magnitude(w, w->plan.stall_most);
		u->pair->progress = u->wakes;
	}
	return u->wakes != DEADLINE_NEVER;
}

static bool user_quits(struct user *u)
{
	if (u->sent + u->received < u->quits_at)
		return false;
	user_end(u, ENDING_QUIT, 0);
	return true;
}

/* There was no memory for a call: try again later, but not for ever. */
static void user_is_hungry(struct user *u)
{
	uint64_t now = u->world->now;
	u->hungry_since = u->hungry_since ? u->hungry_since : now;
	if (now > u->hungry_since + SIM_LIMIT)
		user_end(u, ENDING_QUIT, 0);
	else
		u->wakes = now + SIM_RETRY;
}

/* A call has answered with an error. */
static void user_fails(struct user *u, int error)
{
	char name[64];
	switch (error) {
	case -EAGAIN:
		return;
	case -ENOMEM: /* of the call, not of the connection */
		user_is_hungry(u);
		return;
	case -ECONNREFUSED:
	case -ECONNRESET:
	case -ETIMEDOUT:
	case -EHOSTUNREACH:
	case -EADDRNOTAVAIL:
		user_end(u, ENDING_ERROR, error);
		return;
	default:
		world_fail(u->world, "%s is told %s", user_name(u, name), strerror(-error));
	}
}

/* ---- reading and writing ---- */

/* The peer's stream ends where the peer ended it. */
static void user_reaches_end(struct user *u)
{
	const struct user *p = u->peer;
	char name[64];
	bool closed = p->ending == ENDING_FORSAKEN || (p->ending == ENDING_QUIT && !p->quits_by_abort);
	bool ended = p->finished || (closed && !manner_resets(p));
	u->at_end = true;
	u->pair->progress = u->world->now;
	story_tell(u->world, "%s reads the end after %llu bytes", user_name(u, name), (unsigned long long)u->received);
	if (!ended || u->received != p->sent)
		world_fail(u->world, "%s reads an end after %llu bytes; its peer has sent %llu%s", user_name(u, name),
			   (unsigned long long)u->received, (unsigned long long)p->sent,
			   ended ? "" : " and not ended its stream");
}

/* Read once: how many bytes, or as socket_receive() has it. */
static long user_read_some(struct user *u)
{
	uint8_t bytes[USER_CHUNK];
	struct slice slices[2];
	size_t most = 1 + (size_t)draw_magnitude(u->world, USER_CHUNK - 1);
	if (draw_chance(u->world, 500000) && socket_peek(u->socket, slices) > 0) {
		size_t length = slices[0].length < most ? slices[0].length : most;
		user_hear(u, slices[0].bytes, length);
		socket_consume(u->socket, length);
		return (long)length;
	}
	long got = socket_receive(u->socket, bytes, most);
	if (got > 0)
		user_hear(u, bytes, (size_t)got);
	return got;
}

/* Whether it hears nothing more, by its own choice. Then it says nothing more either, or two who are deaf would fill each other's
 * windows and wait for ever. */
static bool user_is_deaf(struct user *u)
{
	char name[64];
	if (u->deaf || u->received < u->manner.deaf_at)
		return u->deaf;
	u->deaf = socket_shutdown(u->socket, SOCKET_SHUTDOWN_READ) == 0;
	if (!u->deaf)
		return false;
	u->world->totals->deaf++;
	u->wanted = u->sent;
	story_tell(u->world, "%s hears no more, after %llu bytes", user_name(u, name), (unsigned long long)u->received);
	return true;
}

static void user_read(struct user *u)
{
	while (u->socket && !u->at_end && !user_is_deaf(u) && !user_stalls(u) && !world_failed(u->world)) {
		long got = user_read_some(u);
		if (got < 0) {
			user_fails(u, (int)got);
			return;
		}
		if (got == 0)
			user_reaches_end(u);
		else if (user_quits(u))
			return;
	}
}

static long user_write_some(struct user *u)
{
	uint8_t bytes[USER_CHUNK];
	size_t length = 1 + (size_t)draw_magnitude(u->world, USER_CHUNK - 1), room;
	if (length > u->wanted - u->sent)
		length = (size_t)(u->wanted - u->sent);
	if (draw_chance(u->world, 500000)) {
		uint8_t *span = socket_reserve(u->socket, length, &room);
		if (span) {
			user_say(u, span, room);
			socket_commit(u->socket, room);
			return (long)room;
		}
	}
	user_say(u, bytes, length);
	return socket_send(u->socket, bytes, length);
}

static void user_write(struct user *u)
{
	while (u->socket && u->sent < u->wanted && !user_stalls(u)) {
		long sent = user_write_some(u);
		if (sent < 0) {
			user_fails(u, (int)sent);
			return;
		}
		u->sent += (uint64_t)sent;
		u->hungry_since = 0;
		u->pair->progress = u->world->now;
		if (user_quits(u))
			return;
	}
}

/* End the own stream when all is said. */
static void user_finish(struct user *u)
{
	if (!u->socket || u->finished || u->sent < u->wanted || user_stalls(u))
		return;
	u->finished = socket_shutdown(u->socket, SOCKET_SHUTDOWN_WRITE) == 0;
	if (u->finished)
		u->pair->progress = u->world->now;
}

/* Do as much as can be done. */
static void user_act(struct user *u)
{
	unsigned ready = socket_ready(u->socket);
	if (ready & SOCKET_ERROR) {
		user_fails(u, socket_error(u->socket));
		return;
	}
	u->heard = u->heard || (ready & SOCKET_WRITABLE);
	if (user_quits(u))
		return;
	manner_changes(u);
	bool reads_first = draw_chance(u->world, 500000);
	if (reads_first)
		user_read(u);
	user_write(u);
	user_finish(u);
	if (!reads_first)
		user_read(u);
	if (u->socket && u->deaf) /* what it has still to say may have gone while it read */
		user_finish(u);
	if (u->socket && u->finished && (u->at_end || u->deaf))
		user_end(u, u->at_end ? ENDING_WHOLE : ENDING_QUIT, 0);
}

void user_ready(struct user *u)
{
	if (!user_stalls(u))
		user_act(u);
}

/* ---- beginning ---- */

/* How long until its initial sequence number will be just below 2^32: that goes up by one every 4 microseconds
 * (RFC 9293 3.4.1). */
static uint64_t user_waits_for_wrap(const struct user *u, const struct endpoint *local, const struct endpoint *remote)
{
	uint32_t isn = tcp_isn(u->machine->stack, local, remote);
	return (uint64_t)(0u - isn - (uint32_t)random_below(&u->world->random, 5000)) * 4;
}

/* 0; -EAGAIN: it is to be called again when the user wakes. */
static int user_connect(struct user *u)
{
	const struct endpoint local = {u->machine->address, u->pair->port};
	const struct endpoint remote = {u->peer->machine->address, pair_is_mutual(u->pair) ? local.port : SIM_PORT};
	if (u->near_wrap) {
		u->near_wrap = false;
		u->wakes = u->world->now + user_waits_for_wrap(u, &local, &remote);
		u->pair->progress = u->wakes;
		return -EAGAIN;
	}
	int error = socket_bind(u->socket, &local);
	return error ? error : socket_connect(u->socket, &remote);
}

static void user_open(struct user *u)
{
	char name[64];
	u->socket = socket_open(u->machine->stack, SOCKET_STREAM);
	if (u->socket)
		manner_set(u);
	int error = u->socket ? user_connect(u) : -ENOMEM;
	if (error == 0) {
		u->tried = true;
		u->local = socket_local(u->socket);
		u->iss = seq_wire(u->socket->connection->iss);
		socket_set_user(u->socket, u);
		u->pair->progress = u->world->now;
		story_tell(u->world, "%s connects, to send %llu bytes", user_name(u, name),
			   (unsigned long long)u->wanted);
		if (u->quits_at == 0)
			u->wakes = u->world->now + draw_magnitude(u->world, 4 * SIM_SECOND);
		return;
	}
	if (u->socket)
		socket_abort(u->socket);
	u->socket = NULL;
	user_fails(u, error);
}

void user_wake(struct user *u)
{
	u->wakes = DEADLINE_NEVER;
	if (u->socket)
		user_act(u);
	else if (u->ending == ENDING_NONE)
		user_open(u);
}

/* Of two pairs that follow each other on the same ports, with the same number when that has wrapped between, it is the later's. */
void user_accepted(struct machine *m, struct socket *socket)
{
	struct world *w = m->world;
	struct endpoint remote = socket_remote(socket);
	for (unsigned i = 2 * w->plan.pairs; i-- > 0;) {
		struct user *u = &w->pairs[i / 2].users[i % 2];
		if (u->opens || u->machine != m || !u->peer->tried || !endpoint_equal(&u->peer->local, &remote) ||
		    u->peer->iss != seq_wire(socket->connection->irs))
			continue;
		if (u->socket || u->ending != ENDING_NONE)
			world_fail(w, "pair %u was accepted twice", i / 2);
		u->socket = socket;
		manner_set(u);
		socket_set_user(socket, u);
		story_tell(w, "pair %u: machine %u accepts, to send %llu bytes", i / 2, m->index,
			   (unsigned long long)u->wanted);
		user_ready(u);
		return;
	}
	world_fail(w, "machine %u accepted a connection that nobody opened", m->index);
	socket_abort(socket);
}

static void user_draw(struct world *w, struct user *u)
{
	u->wanted = draw_magnitude(w, w->plan.bytes);
	u->quits_at = UINT64_MAX;
	u->quits_by_abort = draw_chance(w, 500000);
	if (draw_chance(w, w->plan.quit))
		u->quits_at = draw_chance(w, 500000) ? u->wanted : draw_magnitude(w, w->plan.bytes);
	u->wakes = u->departure.gone_by = DEADLINE_NEVER;
	manner_draw(u);
}

/* Open again what the pair before opens: the same machines and ports. */
static void pair_follow(struct pair *pair)
{
	pair->before = pair - 1;
	pair->before->followed = true;
	pair->port = pair->before->port;
	for (unsigned side = 0; side < 2; side++) {
		pair->users[side].machine = pair->before->users[side].machine;
		pair->users[side].opens = pair->before->users[side].opens;
	}
}

void pair_prepare(struct world *w, struct pair *pair)
{
	unsigned openers = draw_chance(w, 150000) ? 3 : draw_chance(w, 500000) ? 1 : 2;
	pair->port = (uint16_t)(1000 + (pair - w->pairs));
	for (unsigned side = 0; side < 2; side++) {
		struct user *u = &pair->users[side];
		u->world = w;
		u->pair = pair;
		u->peer = &pair->users[1 - side];
		u->machine = &w->machines[side == 0 ? 0 : 1 + random_below(&w->random, w->plan.machines - 1)];
		u->opens = openers >> side & 1;
		u->near_wrap = openers != 3 && draw_chance(w, 100000);
		user_draw(w, u);
	}
	if (pair > w->pairs && openers != 3 && !pair_is_mutual(pair - 1) && draw_chance(w, 300000))
		pair_follow(pair);
	else
		pair_open(pair, draw_magnitude(w, 120 * SIM_SECOND));
}

/* ---- waiting in vain ---- */

/* Whether neither the peer nor its connection is there any more, nor will be. The pair that follows may have one of the same
 * addresses and ports: that is not the peer's, and neither of the two knows the other's number. */
static bool peer_is_gone(const struct user *u)
{
	struct endpoint here = socket_local(u->socket), there = socket_remote(u->socket);
	const struct tcp_connection *mine = u->socket->connection;
	const struct tcp_connection *c = tcp_lookup(u->peer->machine->stack, &there, &here);
	if (u->peer->socket)
		return false;
	return !c || (mine && seq_wire(c->iss) != seq_wire(mine->irs) && seq_wire(c->irs) != seq_wire(mine->iss));
}

void pair_check_patience(struct world *w, struct pair *pair)
{
	char name[64];
	if (w->now < pair->progress + SIM_LIMIT)
		return;
	for (unsigned side = 0; side < 2; side++) {
		struct user *u = &pair->users[side];
		if (!u->socket)
			continue;
		if (!peer_is_gone(u))
			world_fail(w, "%s waits for ever, and its peer is there", user_name(u, name));
		if (manner_would_know(u))
			world_fail(w, "%s asks after its peer, which is gone, and does not find out",
				   user_name(u, name));
		user_end(u, ENDING_FORSAKEN, 0);
	}
}
