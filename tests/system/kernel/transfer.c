/* SPDX-License-Identifier: MIT
 *
 * The users of transfer.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h> /* strerrorname_np */

#include "tests/system/kernel/transfer.h"

#define CHUNK  20000 /* most bytes of one call */
#define STALLS 6     /* most of one user */

/* ---- chance ---- */

/* Any good mixture does: a Weyl sequence, and its numbers stirred. */
static uint64_t draw(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

static uint64_t draw_below(uint64_t *state, uint64_t bound)
{
	return draw(state) % bound;
}

/* A number from 0 to `most`, each magnitude as likely as the others. */
static uint64_t draw_magnitude(uint64_t *state, uint64_t most)
{
	unsigned bits = 0;
	while (bits < 63 && most >> bits)
		bits++;
	uint64_t drawn = draw_below(state, UINT64_C(1) << draw_below(state, bits + 1));
	return drawn < most ? drawn : most;
}

static void draw_part(uint64_t *state, struct transfer_part *p, uint64_t most)
{
	p->wanted = draw_below(state, 3) ? draw_magnitude(state, most) : draw_below(state, most + 1);
	p->quits_at = TRANSFER_NEVER;
	if (draw_below(state, 4) == 0)
		p->quits_at = draw_below(state, 2) ? p->wanted : draw_magnitude(state, most);
	p->aborts = draw_below(state, 2);
	p->last = draw_below(state, 3) == 0;
	p->stalls = draw_below(state, 3) ? (unsigned)draw_magnitude(state, 60) : 0;
	p->longest = draw_below(state, 4) ? 50000 : 1500000;
	p->small = draw_below(state, 3) == 0;
	p->nodelay = draw_below(state, 2);
}

/* ---- what is said ---- */

/* The byte at this position of what a side says. */
static uint8_t byte_at(const struct transfer_user *u, enum transfer_side side, uint64_t position)
{
	uint64_t stream = (uint64_t)u->number * 2 + side;
	return (uint8_t)((position + (stream << 32)) * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

static long say(struct transfer_user *u)
{
	uint8_t bytes[CHUNK];
	uint64_t left = transfer_part(u)->wanted - u->sent, length = 1 + draw_magnitude(&u->chance, CHUNK - 1);
	if (length > left)
		length = left;
	for (size_t i = 0; i < length; i++)
		bytes[i] = byte_at(u, u->side, u->sent + i);
	return u->calls->send(u->connection, bytes, (size_t)length);
}

/* ---- how it ends ---- */

static void record(struct transfer_user *u, const char *ending, const char *why, uint64_t now)
{
	printf("%u %" PRIu64 " %" PRIu64 " %" PRIu64 " %d %d %s %s %" PRIu64 "\n", u->number, transfer_part(u)->wanted,
	       u->sent, u->received, u->at_end, u->finished, ending, why, (now - u->began) / 1000);
	fflush(stdout);
	u->ended = true;
	u->wakes = TRANSFER_NEVER;
}

/* Give up what it is connected by. */
static void let_go(struct transfer_user *u, bool abort)
{
	void *connection = u->connection;
	u->connection = NULL;
	if (connection && abort)
		u->calls->abort(connection);
	else if (connection)
		u->calls->close(connection);
}

static void quit(struct transfer_user *u, uint64_t now)
{
	bool abort = transfer_part(u)->aborts;
	record(u, "quit", abort ? "abort" : "close", now);
	let_go(u, abort);
}

static void wrong(struct transfer_user *u, const char *why, uint64_t now)
{
	record(u, "wrong", why, now);
	let_go(u, true);
}

void transfer_fail(struct transfer_user *u, int error, uint64_t now)
{
	switch (-error) {
	case ECONNRESET:
	case EPIPE: /* what Linux makes of a reset after the peer's end */
		record(u, "told", "reset", now);
		break;
	case ETIMEDOUT:
	case EHOSTUNREACH: /* RFC 1122 2.4: where ARP fails */
		record(u, "told", "timeout", now);
		break;
	case ECONNREFUSED:
		record(u, "told", "refused", now);
		break;
	default:
		record(u, "wrong", strerrorname_np(-error), now);
	}
	let_go(u, false);
}

/* ---- what it does ---- */

/* Whether it does nothing for a while, from now on or already. */
static bool stalls(struct transfer_user *u, uint64_t now)
{
	const struct transfer_part *p = transfer_part(u);
	if (u->wakes != TRANSFER_NEVER && u->wakes > now)
		return true;
	u->wakes = TRANSFER_NEVER;
	if (u->stalled >= STALLS || draw_below(&u->chance, 256) >= p->stalls)
		return false;
	u->stalled++;
	u->wakes = now + 1 + draw_magnitude(&u->chance, p->longest);
	return true;
}

/* After something was sent or received: whether it has had enough. */
static bool quits(struct transfer_user *u, uint64_t now)
{
	if (u->sent + u->received < transfer_part(u)->quits_at)
		return false;
	quit(u, now);
	return true;
}

/* A call has had this answer. True: there is more to be done. */
static bool goes_on(struct transfer_user *u, long answer, uint64_t now)
{
	if (answer < 0 && answer != -EAGAIN)
		transfer_fail(u, (int)answer, now);
	return answer >= 0;
}

static bool write_some(struct transfer_user *u, uint64_t now)
{
	long sent = say(u);
	if (!goes_on(u, sent, now))
		return false;
	u->sent += (uint64_t)sent;
	return !quits(u, now);
}

static bool read_some(struct transfer_user *u, uint64_t now)
{
	uint8_t bytes[CHUNK];
	long got = u->calls->receive(u->connection, bytes, 1 + (size_t)draw_magnitude(&u->chance, CHUNK - 1));
	if (!goes_on(u, got, now))
		return false;
	u->at_end = got == 0;
	for (long i = 0; i < got; i++, u->received++)
		if (bytes[i] != byte_at(u, 1 - u->side, u->received)) {
			wrong(u, "byte", now);
			return false;
		}
	return !quits(u, now);
}

static bool finish(struct transfer_user *u, uint64_t now)
{
	int error = u->calls->finish(u->connection);
	if (error != 0)
		return goes_on(u, error, now);
	u->finished = true;
	return true;
}

static void see_whether_over(struct transfer_user *u, uint64_t now)
{
	int over = u->calls->over(u->connection);
	if (over < 0)
		transfer_fail(u, over, now);
	else if (over) {
		record(u, "whole", "-", now);
		let_go(u, false);
	}
}

/* One round. True: there is more to be done. */
static bool act(struct transfer_user *u, uint64_t now)
{
	const struct transfer_part *p = transfer_part(u);
	bool more = false;
	if (u->sent < p->wanted)
		more = write_some(u, now);
	if (u->connection && !u->finished && u->sent == p->wanted && (!p->last || u->at_end))
		more |= finish(u, now);
	if (u->connection && !u->at_end)
		more |= read_some(u, now);
	return u->connection && more;
}

void transfer_act(struct transfer_user *u, uint64_t now)
{
	bool more = u->connection;
	while (more && !stalls(u, now))
		more = act(u, now);
	if (u->connection && u->at_end && u->finished && u->wakes == TRANSFER_NEVER)
		see_whether_over(u, now);
}

/* ---- beginning ---- */

void transfer_prepare(struct transfer_user *u, uint64_t seed, unsigned number, enum transfer_side side, uint64_t most,
		      uint64_t began)
{
	uint64_t state = (seed * TRANSFERS + number) * 2;
	*u = (struct transfer_user){.number = number, .side = side, .began = began, .wakes = TRANSFER_NEVER};
	u->plan.opener = draw_below(&state, 2) ? SIDE_STRATA : SIDE_KERNEL;
	u->plan.opens_after = draw_below(&state, 1500000);
	draw_part(&state, &u->plan.parts[SIDE_STRATA], most);
	draw_part(&state, &u->plan.parts[SIDE_KERNEL], most);
	if (u->plan.parts[SIDE_STRATA].last) /* one of them has to begin */
		u->plan.parts[SIDE_KERNEL].last = false;
	u->chance = draw(&state) + side;
	if (transfer_opens(u))
		u->wakes = began + u->plan.opens_after;
}

void transfer_begin(struct transfer_user *u, const struct transfer_calls *calls, void *connection)
{
	u->calls = calls;
	u->connection = connection;
	u->wakes = TRANSFER_NEVER;
}

bool transfers_ended(const struct transfer_user *users, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (transfer_opens(&users[i]) && !users[i].ended)
			return false;
	return true;
}

bool transfers_idle(const struct transfer_user *users, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (users[i].connection)
			return false;
	return true;
}
