/* SPDX-License-Identifier: MIT
 *
 * A machine of a world: a stack on a wire, short of memory and of room in its driver.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "tests/sim/world.h"

/* ---- what its stack is given ---- */

static void *machine_allocate(void *user, size_t size)
{
	struct machine *m = user;
	struct world *w = m->world;
	if (!w->generous && draw_chance(w, w->plan.starved)) {
		w->totals->starved++;
		return NULL;
	}
	void *block = malloc(size);
	if (block)
		m->outstanding += size;
	return block;
}

static void machine_release(void *user, void *block, size_t size)
{
	struct machine *m = user;
	m->outstanding -= size;
	free(block);
}

/* The same frames at the same times give the same number. */
static void fingerprint(struct world *w, const uint8_t *frame, size_t length)
{
	static const struct siphash_key key = {1, 2};
	uint64_t words[4] = {w->totals->fingerprint, w->now - w->began, length,
			     siphash(&key, frame, length < 64 ? length : 64)};
	w->totals->fingerprint = siphash(&key, words, sizeof words);
}

static bool machine_is_cut(const struct machine *m)
{
	return m->cut_at <= m->world->now && m->world->now < m->mended_at;
}

static int machine_emit(void *user, const struct tx_packet *packet)
{
	struct machine *m = user;
	struct world *w = m->world;
	uint8_t frame[TX_HEADROOM + 65535];
	if (m->full_until == 0 && draw_chance(w, w->plan.full))
		m->full_until = w->now + 1 + draw_magnitude(w, SIM_SECOND / 4);
	if (m->full_until != 0) {
		w->totals->refused++;
		return -EAGAIN;
	}
	int error = machine_is_cut(m) ? 0 : driver_emit(m->driver, packet, w->now);
	if (error == -EAGAIN) {
		w->totals->refused++;
		return error;
	}
	w->totals->frames++;
	tx_copy(packet, frame);
	fingerprint(w, frame, tx_length(packet));
	if (w->story)
		story_frame(m, true, frame, tx_length(packet));
	return error;
}

static void machine_ready(void *user, struct socket *socket)
{
	struct machine *m = user;
	if (socket == m->listener)
		machine_accept(m);
	else if (socket == m->datagrams)
		datagrams_read(m);
	else
		user_ready(socket_user(socket));
}

/* ---- listening ---- */

void machine_listen(struct machine *m)
{
	const struct endpoint local = {ADDRESS_ANY, SIM_PORT};
	m->world->generous = true;
	m->listener = socket_open(m->stack, SOCKET_STREAM);
	if (!m->listener || socket_bind(m->listener, &local) != 0 ||
	    socket_listen(m->listener, m->world->plan.backlog) != 0)
		world_fail(m->world, "machine %u cannot listen", m->index);
	m->datagrams = socket_open(m->stack, SOCKET_DATAGRAM);
	if (!m->datagrams || socket_bind(m->datagrams, &local) != 0)
		world_fail(m->world, "machine %u has no socket for datagrams", m->index);
	m->world->generous = false;
}

void machine_accept(struct machine *m)
{
	struct socket *socket;
	m->accepts_at = DEADLINE_NEVER;
	if (draw_chance(m->world, m->world->plan.stall)) {
		m->accepts_at = m->world->now + draw_magnitude(m->world, m->world->plan.stall_most);
		return;
	}
	while (m->listener && (socket = socket_accept(m->listener)))
		user_accepted(m, socket);
	if (m->listener && (socket_ready(m->listener) & SOCKET_READABLE)) /* no memory for a socket */
		m->accepts_at = m->world->now + SIM_RETRY;
}

/* ---- what it has ---- */

size_t machine_held(const struct machine *m)
{
	const struct tcp *tcp = &m->stack->tcp;
	return stack_memory(m->stack)->bytes - (tcp->bucket_count + tcp->time_waits.bucket_count) * sizeof(void *);
}

static void connection_tell(struct world *w, const struct tcp_connection *c)
{
	char remote[ENDPOINT_TEXT];
	story_tell(w, "  port %u - %s %s: to send %zu in %zu, in flight %u of window %u; to read %zu in %zu%s",
		   c->local.port, endpoint_print(&c->remote, remote), tcp_state_name(c->state), ring_used(&c->snd),
		   c->snd.capacity, (unsigned)(c->snd_nxt - c->snd_una), c->snd_wnd, ring_used(&c->rcv),
		   c->rcv.capacity, c->notice.socket ? "" : ", no user");
}

void machine_tell(const struct machine *m)
{
	const struct tcp *t = &m->stack->tcp;
	story_tell(m->world, "machine %u: %zu connections, %zu in TIME-WAIT, %zu bytes", m->index, t->connection_count,
		   (size_t)t->time_waits.count, stack_memory(m->stack)->bytes);
	for (size_t i = 0; i < t->bucket_count; i++)
		for (const struct tcp_connection *c = t->buckets[i]; c; c = c->next)
			connection_tell(m->world, c);
}

/* ---- on and off ---- */

static bool machine_add_neighbours(struct machine *m)
{
	const struct world *w = m->world;
	for (unsigned i = 0; i < w->plan.machines && !w->plan.arp; i++) {
		struct mac mac = {{2, 0, 0, 0, 0, (uint8_t)(i + 1)}};
		if (i != m->index && stack_add_neighbour(m->stack, w->machines[i].address, mac) != 0)
			return false;
	}
	return true;
}

bool machine_start(struct machine *m)
{
	struct world *w = m->world;
	struct stack_config config = stack_defaults();
	config.mac = (struct mac){{2, 0, 0, 0, 0, (uint8_t)(m->index + 1)}};
	config.address = m->address;
	config.prefix_length = 24;
	config.mtu = w->plan.mtu;
	config.emit = machine_emit;
	config.on_ready = machine_ready;
	config.emit_user = config.ready_user = m;
	config.allocator = (struct allocator){machine_allocate, machine_release, m};
	config.memory_limit = w->plan.memory;
	config.send_buffer = w->plan.send_buffer;
	config.receive_buffer = w->plan.receive_buffer;
	if (w->story)
		config.events = (struct events){story_event, m};
	for (size_t i = 0; i < sizeof config.seed; i++)
		config.seed[i] = (uint8_t)random_next(&w->random);
	w->generous = true;
	m->stack = stack_create(&config, w->now);
	bool made = m->stack && machine_add_neighbours(m);
	w->generous = false;
	m->accepts_at = DEADLINE_NEVER;
	if (made)
		m->idle = machine_held(m);
	return made;
}

static void switch_off(struct machine *m, struct user *u)
{
	if (u->machine != m || !u->socket)
		return;
	u->socket = NULL; /* gone with its stack */
	user_end(u, ENDING_QUIT, 0);
}

void machine_stop(struct machine *m)
{
	struct world *w = m->world;
	m->listener = m->datagrams = NULL;
	for (unsigned i = 0; i < w->plan.pairs; i++)
		for (unsigned side = 0; side < 2; side++)
			switch_off(m, &w->pairs[i].users[side]);
	if (m->stack)
		stack_destroy(m->stack);
	m->stack = NULL;
	if (m->outstanding != 0)
		world_fail(w, "machine %u: %zu bytes were not given back", m->index, m->outstanding);
}

/* Stop listening, or be switched off and on again, in the midst of it all. */
static void machine_leave(struct machine *m)
{
	m->leaves_at = DEADLINE_NEVER;
	story_tell(m->world, "machine %u %s", m->index, m->restarts ? "starts anew" : "stops listening");
	if (!m->restarts) {
		socket_close(m->listener);
		m->listener = NULL;
		return;
	}
	machine_stop(m);
	if (!machine_start(m))
		world_fail(m->world, "machine %u cannot start anew", m->index);
	else
		machine_listen(m);
}

/* ---- the loop of stack.h ---- */

static void machine_frame(void *user, const struct rx_frame *frame, uint64_t now)
{
	struct machine *m = user;
	if (machine_is_cut(m))
		return;
	if (m->world->story)
		story_frame(m, false, frame->bytes, frame->length);
	stack_input(m->stack, frame, now);
}

static void machine_writable(void *user, uint64_t now)
{
	struct machine *m = user;
	stack_writable(m->stack, now);
}

static void machine_wake(struct machine *m, struct user *u)
{
	if (u->machine == m && u->wakes <= m->world->now)
		user_wake(u);
}

void machine_service(struct machine *m)
{
	const struct driver_sink sink = {m, machine_frame, machine_writable};
	uint64_t now = m->world->now;
	if (m->leaves_at <= now)
		machine_leave(m);
	if (m->full_until != 0 && m->full_until <= now) {
		m->full_until = 0;
		stack_writable(m->stack, now);
	}
	driver_service(m->driver, &sink, now);
	stack_tick(m->stack, now); /* due or not: users' calls are at this time, too */
	for (unsigned i = 0; i < m->world->plan.pairs; i++)
		for (unsigned side = 0; side < 2; side++)
			machine_wake(m, &m->world->pairs[i].users[side]);
	if (m->accepts_at <= now)
		machine_accept(m);
	stack_flush(m->stack, now);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t machine_due(const struct machine *m)
{
	struct driver_wait wait;
	uint64_t now = m->world->now;
	driver_wait(m->driver, &wait);
	uint64_t due = wait.deadline > now ? wait.deadline : now + SIM_TRANSIT;
	due = earlier(due, stack_deadline(m->stack));
	due = earlier(due, earlier(m->accepts_at, m->leaves_at));
	return m->full_until != 0 ? earlier(due, m->full_until) : due;
}
