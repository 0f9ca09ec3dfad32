/* SPDX-License-Identifier: MIT
 *
 * How bad a world is. Each kind of trouble is left out of many worlds, so that there are worlds with any one of them
 * alone.
 */
#include "tests/sim/world.h"

const unsigned sim_loss[SIM_KINDS] = {0, 1, 5, 20, 40};

/* The more is lost, the less there is to say: a stream takes about as long in each kind of world. */
static const uint64_t bytes_most[SIM_KINDS] = {1 << 21, 1 << 20, 1 << 19, 1 << 17, 1 << 15};

uint64_t draw_magnitude(struct world *w, uint64_t most)
{
	unsigned bits = 0;
	while (bits < 63 && most >> bits)
		bits++;
	uint64_t drawn = random_below(&w->random, UINT64_C(1) << random_below(&w->random, bits + 1));
	return drawn < most ? drawn : most;
}

bool draw_chance(struct world *w, uint32_t chance)
{
	return random_below(&w->random, 1000000) < chance;
}

/* One time in `often` something from 1 to `most`, else 0. */
static uint32_t draw_rarely(struct world *w, unsigned often, uint32_t most)
{
	return random_below(&w->random, often) == 0 ? 1 + (uint32_t)random_below(&w->random, most) : 0;
}

static void draw_wire(struct world *w, struct netem_options *o, unsigned loss)
{
	static const uint64_t rates[] = {0, 0, 1000000000, 100000000, 10000000, 2000000};
	o->loss = loss * 10000;
	if (draw_chance(w, 250000)) /* nothing but that */
		return;
	o->reorder = draw_rarely(w, 2, 250000);
	o->duplicate = draw_rarely(w, 2, 100000);
	o->corrupt = draw_rarely(w, 2, loss >= 20 ? 50000 : 10000);
	uint64_t slowest = draw_magnitude(w, SIM_SECOND / 2);
	o->delay = random_below(&w->random, slowest + 1);
	o->jitter = draw_rarely(w, 2, 1000000) ? slowest - o->delay : 0;
	o->rate = rates[random_below(&w->random, sizeof rates / sizeof rates[0])];
	o->queue = 20 + (unsigned)random_below(&w->random, 1000);
}

/* How the machines are made. */
static void draw_machines(struct world *w, struct plan *p)
{
	static const uint32_t starved[] = {0, 0, 0, 0, 0, 1000, 20000, 100000};
	p->machines = 2 + (unsigned)random_below(&w->random, SIM_MACHINES - 1);
	p->queue = draw_chance(w, 250000) ? 1 + (unsigned)random_below(&w->random, 8) : 256;
	p->full = draw_rarely(w, 4, 100000);
	p->starved = starved[random_below(&w->random, sizeof starved / sizeof starved[0])];
	p->memory = draw_chance(w, 100000) ? (size_t)32768 << random_below(&w->random, 6) : (size_t)1 << 30;
	p->arp = draw_chance(w, 300000);
	p->leave = draw_chance(w, 200000);
	p->cut = draw_chance(w, 200000);
	p->backlog = draw_chance(w, 200000) ? 1 + (unsigned)random_below(&w->random, 2) : 2 * SIM_PAIRS;
	p->mtu = draw_chance(w, 500000) ? 1500 : 576 + (unsigned)random_below(&w->random, 1500 - 576 + 1);
	p->send_buffer = (size_t)4096 << random_below(&w->random, 8);
	p->receive_buffer = (size_t)4096 << random_below(&w->random, 8);
}

/* What their users are like. */
static void draw_users(struct world *w, struct plan *p)
{
	static const uint64_t stalls[] = {SIM_SECOND / 100, SIM_SECOND, 60 * SIM_SECOND, 900 * SIM_SECOND};
	p->pairs = 1 + (unsigned)random_below(&w->random, SIM_PAIRS);
	p->stall = draw_chance(w, 300000) ? 0 : 1 + (uint32_t)draw_magnitude(w, 300000);
	p->stall_most = stalls[random_below(&w->random, sizeof stalls / sizeof stalls[0])];
	p->quit = draw_chance(w, 500000) ? 0 : 300000;
	p->manners = draw_chance(w, 500000);
}

void plan_draw(struct world *w)
{
	struct plan *p = &w->plan;
	unsigned loss = sim_loss[w->seed % SIM_KINDS];
	p->bytes = bytes_most[w->seed % SIM_KINDS];
	draw_machines(w, p);
	draw_users(w, p);
	bool bad = loss > 0;
	for (unsigned i = 1; i < p->machines; i++) {
		draw_wire(w, &p->wires[i], loss);
		bad = bad || p->wires[i].corrupt || p->wires[i].rate;
	}
	/* Elsewhere a handshake, a question for a neighbour or R2 may fail without anybody's fault. */
	bool room = p->queue >= 256 || p->machines == 2; /* a RST that finds its driver full does not leave later */
	p->patient = room && loss <= 5 && !p->starved && !p->leave && !p->cut && p->memory > (1 << 20) * 64 &&
		     p->backlog >= SIM_PAIRS && !(p->arp && (bad || p->full || p->queue < 256));
}
