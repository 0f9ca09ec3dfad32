/* SPDX-License-Identifier: MIT
 *
 * A world from its making to the verdict: the clock, the steps, and what must hold.
 */
#include <errno.h>
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "tests/sim/world.h"

void world_fail(struct world *w, const char *format, ...)
{
	va_list arguments;
	if (world_failed(w))
		return;
	va_start(arguments, format);
	vsnprintf(w->failure, sizeof w->failure, format, arguments);
	va_end(arguments);
	story_tell(w, "%s", w->failure);
	for (unsigned i = 0; i < w->plan.machines && w->story; i++)
		if (w->machines[i].stack)
			machine_tell(&w->machines[i]);
}

/* ---- making ---- */

static void world_seed(struct world *w, uint8_t seed[16], uint64_t what)
{
	memcpy(seed, &w->seed, sizeof w->seed);
	memcpy(seed + 8, &what, sizeof what);
}

/* The machine's driver: its port of the cable, with a wire between. */
static bool plug_in(struct machine *m)
{
	struct world *w = m->world;
	uint8_t seed[16];
	m->driver = cable_port(w->cable, m->index);
	if (m->index == 0)
		return true;
	world_seed(w, seed, 1 + m->index);
	struct driver *wire = netem_wrap(m->driver, &w->plan.wires[m->index], seed);
	m->driver = wire ? wire : m->driver;
	return wire;
}

static void make_machine(struct world *w, unsigned index)
{
	struct machine *m = &w->machines[index];
	m->world = w;
	m->index = index;
	m->leaves_at = m->cut_at = m->mended_at = DEADLINE_NEVER;
	if (!plug_in(m) || !machine_start(m)) {
		world_fail(w, "machine %u cannot be made", index);
		return;
	}
	machine_listen(m);
	if (w->plan.leave && draw_chance(w, 500000)) {
		m->leaves_at = w->now + random_below(&w->random, 300 * SIM_SECOND);
		m->restarts = draw_chance(w, 500000);
	}
	if (w->plan.cut && draw_chance(w, 500000)) {
		m->cut_at = w->now + random_below(&w->random, 300 * SIM_SECOND);
		if (draw_chance(w, 700000))
			m->mended_at = m->cut_at + draw_magnitude(w, SIM_HOUR);
	}
}

static void world_make(struct world *w)
{
	uint8_t seed[16];
	world_seed(w, seed, 0);
	random_init(&w->random, seed);
	plan_draw(w);
	w->now = w->began = draw_magnitude(w, UINT64_C(1) << 50); /* clocks wrap at some time or other */
	w->cable = cable_create(w->plan.machines, w->plan.queue);
	if (!w->cable) {
		world_fail(w, "no memory");
		return;
	}
	for (unsigned i = 0; i < SIM_MACHINES; i++)
		w->machines[i].address = (struct address){{192, 0, 2, (uint8_t)(i + 1)}};
	for (unsigned i = 0; i < w->plan.machines && !world_failed(w); i++)
		make_machine(w, i);
	for (unsigned i = 0; i < w->plan.pairs; i++)
		pair_prepare(w, &w->pairs[i]);
	datagrams_draw(w);
}

/* ---- steps ---- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool pair_is_open(const struct pair *pair)
{
	return pair->users[0].socket || pair->users[1].socket;
}

/* What is due next in all the world. */
static uint64_t world_due(const struct world *w)
{
	uint64_t due = datagrams_due(w);
	for (unsigned i = 0; i < w->plan.machines; i++)
		due = earlier(due, machine_due(&w->machines[i]));
	for (unsigned i = 0; i < w->plan.pairs; i++) {
		const struct pair *pair = &w->pairs[i];
		due = earlier(due, earlier(pair->users[0].wakes, pair->users[1].wakes));
		if (pair_is_open(pair))
			due = earlier(due, pair->progress + SIM_LIMIT);
	}
	return due > w->now ? due : w->now;
}

static void world_check(struct world *w)
{
	for (unsigned i = 0; i < w->plan.machines; i++)
		if (w->machines[i].stack && !tcp_check_all(w->machines[i].stack))
			world_fail(w, "machine %u: tcp_check_all() does not hold", i);
	for (unsigned i = 0; i < w->plan.pairs && w->plan.manners; i++) {
		manner_check(&w->pairs[i].users[0]);
		manner_check(&w->pairs[i].users[1]);
	}
}

/* Jump to `due`, and let everything happen that is due then. */
static void world_step(struct world *w, uint64_t due)
{
	w->now = due;
	w->totals->steps++;
	for (unsigned i = 0; i < w->plan.pairs; i++)
		if (pair_is_open(&w->pairs[i]))
			pair_check_patience(w, &w->pairs[i]);
	datagrams_send(w);
	for (unsigned i = 0; i < w->plan.machines && !world_failed(w); i++)
		machine_service(&w->machines[i]);
	world_check(w);
}

/* Whether all users are done. One who waits to be accepted by a user that will not come is for the settling. */
static bool world_is_over(const struct world *w)
{
	for (unsigned i = 0; i < w->plan.pairs; i++) {
		const struct pair *pair = &w->pairs[i];
		if (pair_is_open(pair) || pair->users[0].wakes != DEADLINE_NEVER ||
		    pair->users[1].wakes != DEADLINE_NEVER)
			return false;
	}
	return true;
}

static void world_play(struct world *w)
{
	uint64_t first = w->totals->steps;
	while (!world_failed(w) && !world_is_over(w)) {
		world_step(w, world_due(w));
		if (w->totals->steps - first > SIM_STEPS || w->now - w->began > SIM_LONGEST)
			world_fail(w, "the world goes on for ever");
	}
}

/* ---- the end ---- */

/* When all users are gone, listeners go, connections end by themselves, and then nothing more happens. */
static void world_settle(struct world *w)
{
	uint64_t ended = w->now, due;
	for (unsigned i = 0; i < w->plan.machines && !world_failed(w); i++) {
		struct machine *m = &w->machines[i];
		m->accepts_at = m->leaves_at = DEADLINE_NEVER;
		if (m->listener)
			socket_close(m->listener);
		m->listener = NULL;
	}
	if (world_failed(w))
		return;
	datagrams_stop(w);
	story_tell(w, "all users are done");
	world_step(w, w->now);
	while (!world_failed(w) && (due = world_due(w)) != DEADLINE_NEVER) {
		world_step(w, due);
		if (w->now > ended + SIM_LIMIT)
			world_fail(w, "it goes on for ever after its users");
	}
}

static void check_idle(struct world *w, const struct machine *m)
{
	if (m->stack->tcp.connection_count != 0)
		world_fail(w, "machine %u: %zu connections are left", m->index, m->stack->tcp.connection_count);
	else if (machine_held(m) != m->idle)
		world_fail(w, "machine %u holds %zu bytes, and %zu when it was idle", m->index, machine_held(m),
			   m->idle);
	else if (m->outstanding != stack_memory(m->stack)->bytes)
		world_fail(w, "machine %u has counted its memory wrongly", m->index);
}

static bool pair_is_whole(const struct pair *pair)
{
	return pair->users[0].ending == ENDING_WHOLE && pair->users[1].ending == ENDING_WHOLE;
}

static bool pair_is_touchy(const struct pair *pair)
{
	return manner_is_touchy(&pair->users[0]) || manner_is_touchy(&pair->users[1]);
}

/* In a patient world nothing goes wrong that a user did not do. */
static void check_patience(struct world *w, const struct pair *pair)
{
	const struct user *a = &pair->users[0], *b = &pair->users[1];
	bool quit = a->ending == ENDING_QUIT || b->ending == ENDING_QUIT;
	bool early = (a->error && !a->heard) || (b->error && !b->heard);
	/* Who stalls for longer than an orphan is kept may lose it. */
	bool late = w->plan.stall_most > SIM_SECOND * 60 && (a->error == -ECONNRESET || b->error == -ECONNRESET);
	bool taken = a->error == -EADDRNOTAVAIL || b->error == -EADDRNOTAVAIL;
	if (quit || pair_is_touchy(pair) || late ||
	    (early && a->opens && b->opens)) /* one of two who open at once may find nobody there yet */
		return;
	if (pair->before && (taken || !pair_is_whole(pair->before) ||
			     pair_is_touchy(pair->before))) /* its addresses and ports were not free again */
		return;
	if (!pair_is_whole(pair))
		world_fail(w, "pair %u: nobody quit, but not both streams arrived whole", (unsigned)(pair - w->pairs));
}

/* An error has a cause: what each user was told fits with what became of the other. */
static void check_user(struct world *w, const struct user *u)
{
	char name[64];
	if (u->opens && u->ending == ENDING_NONE)
		world_fail(w, "%s never came to an end", user_name(u, name));
	if (u->error == -ECONNREFUSED && u->heard)
		world_fail(w, "%s was refused after it was connected", user_name(u, name));
	w->totals->impatient += u->error == -ETIMEDOUT && (u->manner.keepalive || u->manner.user_timeout);
	if (u->error == -ETIMEDOUT && u->heard && w->plan.patient && !u->manner.keepalive && !u->manner.user_timeout)
		world_fail(w, "%s timed out on a patient wire", user_name(u, name));
	if (u->ending == ENDING_WHOLE && (u->received != u->peer->sent || u->sent != u->wanted))
		world_fail(w, "%s thinks that all is well", user_name(u, name));
}

static void world_judge(struct world *w)
{
	for (unsigned i = 0; i < w->plan.machines && !world_failed(w); i++)
		check_idle(w, &w->machines[i]);
	datagrams_check(w);
	for (unsigned i = 0; i < w->plan.pairs && !world_failed(w); i++) {
		check_user(w, &w->pairs[i].users[0]);
		check_user(w, &w->pairs[i].users[1]);
		if (w->plan.patient)
			check_patience(w, &w->pairs[i]);
	}
}

static void count_wire(struct sim_totals *t, const struct driver *wire)
{
	for (int direction = NETEM_OUT; direction <= NETEM_IN; direction++) {
		struct netem_counts counts = netem_count(wire, (enum netem_direction)direction);
		t->lost += counts.lost;
		t->corrupted += counts.corrupted;
		t->duplicated += counts.duplicated;
		t->reordered += counts.reordered;
	}
}

static void world_unmake(struct world *w)
{
	for (unsigned i = 0; i < w->plan.machines; i++)
		if (w->machines[i].world)
			machine_stop(&w->machines[i]);
	for (unsigned i = 1; i < w->plan.machines; i++) {
		if (!w->machines[i].driver)
			continue;
		count_wire(w->totals, w->machines[i].driver);
		driver_close(w->machines[i].driver);
	}
	if (w->cable)
		cable_destroy(w->cable);
	w->totals->microseconds += w->now - w->began;
}

/* ---- running ---- */

static void world_run(struct world *w)
{
	world_make(w);
	world_play(w);
	world_settle(w);
	world_judge(w);
	world_unmake(w);
}

/* The plan, in one line. */
static void plan_print(const struct world *w)
{
	const struct plan *p = &w->plan;
	fprintf(stderr,
		"%u machines, %u pairs, %u %% lost, mtu %u, buffers %zu and %zu, backlog %u, cable %u%s%s%s%s%s%s\n",
		p->machines, p->pairs, sim_loss[w->seed % SIM_KINDS], p->mtu, p->send_buffer, p->receive_buffer,
		p->backlog, p->queue, p->full ? ", drivers full" : "", p->starved ? ", short of memory" : "",
		p->manners ? ", manners" : "", p->arp ? ", arp" : "", p->leave ? ", machines leave" : "",
		p->patient ? ", patient" : "");
}

static void command_print(uint64_t seed)
{
	fprintf(stderr, "world %llu alone, with its story: make sim FROM=%llu SEEDS=1\n", (unsigned long long)seed,
		(unsigned long long)seed);
}

static void verdict_print(const struct world *w)
{
	if (w->story)
		story_print(w->story);
	fprintf(stderr, "world %llu: ", (unsigned long long)w->seed);
	plan_print(w);
	fprintf(stderr, "world %llu: %s\n", (unsigned long long)w->seed, world_failed(w) ? w->failure : "all is well");
	command_print(w->seed);
}

/* ---- where a sanitizer or an assertion ends the program ---- */

static struct world *world_now;

static void die_telling(void)
{
	struct world *w = world_now;
	world_now = NULL;
	if (!w)
		return;
	world_fail(w, "it has brought the program down");
	verdict_print(w);
}

static void on_abort(int number)
{
	die_telling();
	signal(number, SIG_DFL);
	raise(number);
}

/* Run it, and say how it went if it failed or is wanted: false where it failed. */
static bool run_telling(uint64_t seed, bool story, bool wanted, struct sim_totals *totals)
{
	struct world *w = world_now = calloc(1, sizeof *w);
	if (!w)
		return false;
	w->seed = seed;
	w->totals = totals;
	w->story = story ? story_create() : NULL;
	world_run(w);
	bool good = !world_failed(w);
	if (wanted)
		verdict_print(w);
	story_destroy(w->story);
	world_now = NULL;
	free(w);
	return good;
}

bool sim_run(uint64_t seed, bool tell, struct sim_totals *totals)
{
	struct sim_totals again = {0};
	__sanitizer_set_death_callback(die_telling);
	signal(SIGABRT, on_abort);
	bool good = run_telling(seed, tell, tell, totals);
	totals->worlds++;
	totals->failed += !good;
	if (!good && !tell) /* the same once more, now with its story */
		run_telling(seed, true, true, &again);
	return good;
}
