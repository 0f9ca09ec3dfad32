/* SPDX-License-Identifier: MIT
 *
 * What users set of their sockets, and what follows from it: a close that lingers for no time resets at once, one that lingers
 * for some time is over when that is; who sets a time-out does not wait longer; who asks whether the peer is still there finds
 * out that it is not.
 */
#include "internal.h"
#include "socket/socket_private.h"
#include "tests/sim/world.h"

#define SIM_PROBES \
	(SIM_SECOND / 10) /* between two questions whether the peer is there, at least: they go on for hours */

/* ---- drawing and setting ---- */

/* From a tenth of a second to two hours. */
static uint64_t draw_time(struct world *w)
{
	return SIM_SECOND / 10 + draw_magnitude(w, SIM_TIME_MOST);
}

void manner_draw(struct user *u)
{
	struct world *w = u->world;
	struct manner *m = &u->manner;
	*m = (struct manner){.deaf_at = UINT64_MAX};
	if (!w->plan.manners)
		return;
	m->nodelay = draw_chance(w, 500000);
	m->cork = draw_chance(w, 300000) ? 200000 : 0;
	m->keepalive = draw_chance(w, 300000);
	m->idle = SIM_PROBES + draw_time(w);
	m->interval = SIM_PROBES + draw_time(w) / 16;
	m->count = (unsigned)random_below(&w->random, 12);
	m->user_timeout = draw_chance(w, 250000) ? draw_time(w) : 0;
	m->linger = draw_chance(w, 300000);
	m->linger_time = draw_chance(w, 500000) ? 0 : draw_time(w);
	m->fin_wait_2 = draw_chance(w, 300000) ? draw_time(w) / 120 : 0;
	m->tos = (uint8_t)random_below(&w->random, 256);
	m->ttl = (uint8_t)random_below(&w->random, 256);
	if (draw_chance(w, 100000))
		m->deaf_at = draw_magnitude(w, w->plan.bytes);
}

void manner_set(struct user *u)
{
	const struct manner *m = &u->manner;
	if (!u->world->plan.manners)
		return;
	socket_set_nodelay(u->socket, m->nodelay);
	socket_set_keepalive(u->socket, m->keepalive, m->idle, m->interval, m->count);
	socket_set_user_timeout(u->socket, m->user_timeout);
	socket_set_linger(u->socket, m->linger, m->linger_time);
	socket_set_fin_wait_2(u->socket, m->fin_wait_2);
	socket_set_tos(u->socket, m->tos);
	socket_set_ttl(u->socket, m->ttl);
}

void manner_changes(struct user *u)
{
	struct manner *m = &u->manner;
	if (m->cork == 0 || !draw_chance(u->world, m->cork))
		return;
	m->corked = !m->corked;
	socket_set_cork(u->socket, m->corked);
	if (draw_chance(u->world, 500000)) {
		m->nodelay = !m->nodelay;
		socket_set_nodelay(u->socket, m->nodelay);
	}
}

/* ---- what follows ---- */

bool manner_resets(const struct user *u)
{
	return u->manner.linger && u->manner.linger_time == 0;
}

bool manner_is_touchy(const struct user *u)
{
	const struct manner *m = &u->manner;
	return m->keepalive || m->user_timeout != 0 || m->linger || m->deaf_at != UINT64_MAX;
}

/* The connection that a user had, if it is still there; its ports may belong to another by now. */
static const struct tcp_connection *connection_of(const struct user *u, const struct departure *d)
{
	if (!u->machine->stack)
		return NULL;
	const struct tcp_connection *c = tcp_lookup(u->machine->stack, &d->local, &d->remote);
	return c && c->iss == d->iss ? c : NULL;
}

void manner_leaves(struct user *u, struct socket *socket, bool abort)
{
	const struct tcp_connection *c = socket->connection;
	char name[64];
	u->departure = (struct departure){.gone_by = DEADLINE_NEVER};
	if (!c) {
		socket_close(socket);
		return;
	}
	bool stood = c->state >= TCP_ESTABLISHED;
	struct departure d = {socket_local(socket), socket_remote(socket), c->iss, DEADLINE_NEVER};
	if (abort)
		socket_abort(socket);
	else
		socket_close(socket);
	if (abort || manner_resets(u)) {
		u->world->totals->lingered += !abort && stood;
		if (connection_of(u, &d))
			world_fail(u->world, "%s resets, and its connection is still there", user_name(u, name));
	} else if (u->manner.linger && u->manner.linger_time < SIM_LONGEST) {
		d.gone_by = u->world->now + u->manner.linger_time;
		u->departure = d;
	}
}

/* All is acknowledged, or nothing is left. */
static void check_lingering(struct user *u)
{
	char name[64];
	const struct tcp_connection *c = connection_of(u, &u->departure);
	u->departure.gone_by = DEADLINE_NEVER;
	if (c && !tcp_fin_acked(c))
		world_fail(u->world, "%s let it linger, and it is still in %s", user_name(u, name),
			   tcp_state_name(c->state));
}

/* Nothing that was sent is waited for longer than the user time-out, and than a driver that is full holds it up. */
static void check_waiting(struct user *u)
{
	const struct plan *p = &u->world->plan;
	uint64_t most = u->manner.user_timeout + (p->full || p->queue < 256 ? 10 * SIM_SECOND : 0);
	char name[64];
	const struct tcp_connection *c = u->socket->connection;
	uint64_t una = !c || c->state == TCP_CLOSED || c->snd_una == c->snd_nxt ? 0 : c->snd_una;
	if (una != u->una) {
		u->una = una;
		u->una_at = u->world->now;
	} else if (una != 0 && u->world->now > u->una_at + most) {
		world_fail(u->world, "%s waits for longer than its time-out", user_name(u, name));
	}
}

void manner_check(struct user *u)
{
	if (u->departure.gone_by < u->world->now)
		check_lingering(u);
	if (u->socket && u->manner.user_timeout != 0)
		check_waiting(u);
}

bool manner_would_know(const struct user *u)
{
	const struct manner *m = &u->manner;
	return m->keepalive && m->user_timeout == 0 && u->heard && m->idle + 13 * m->interval < SIM_LIMIT / 4;
}
