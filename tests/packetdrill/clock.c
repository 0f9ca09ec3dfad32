/* SPDX-License-Identifier: MIT
 *
 * Virtual time, and calls that wait in it.
 *
 * The clock moves in three ways: by a microsecond each time that it is read, so that whoever spins on it gets on; in
 * sleep(); and in wire_out(), which waits for a packet. It goes from event to event: to the stack's next deadline, or
 * to the end of the waiting call's patience, whichever comes first.
 *
 * The main thread finds that a call of the other thread blocks by seeing that thread asleep, so a waiting call sleeps on a
 * condition and never spins. After each event it is kicked, tries again, and either waits on or leaves; until then the main
 * thread waits. Its next look at the clock is the moment at which it was let go, whatever the main thread has done since:
 * packetdrill takes that for the end of the call.
 */
#include <errno.h>

#include "base/deadline.h"
#include "tests/packetdrill/adapter.h"

#define CLOCK_START 1700000000000000 /* some day in 2023: a clock that is 0 looks like one that was not set */

static _Thread_local uint64_t let_go_at; /* the time of day to be told next, 0 for the clock's own */

void clock_init(struct adapter *a)
{
	a->now = CLOCK_START;
	pthread_cond_init(&a->waiter.go, NULL);
	pthread_cond_init(&a->waiter.gone, NULL);
}

/* What the stack owes leaves; ARP's answers come in, and let more leave. */
static void flush(struct adapter *a)
{
	if (!a->stack)
		return;
	do {
		stack_flush(a->stack, a->now);
	} while (wire_deliver(a));
	ready_scan(a);
}

void clock_settle(struct adapter *a)
{
	struct waiter *w = &a->waiter;

	flush(a);
	if (!w->waiting || !pthread_equal(a->main, pthread_self()))
		return;
	w->kicked = true;
	pthread_cond_signal(&w->go);
	while (w->kicked)
		pthread_cond_wait(&w->gone, &a->lock);
	flush(a);
}

bool clock_advance(struct adapter *a, uint64_t until, bool (*stop)(const struct adapter *a))
{
	for (;;) {
		if (stop && stop(a))
			return true;
		uint64_t next = a->stack ? stack_deadline(a->stack) : DEADLINE_NEVER;
		if (a->waiter.waiting && a->waiter.limit < next)
			next = a->waiter.limit;
		if (next > until)
			break;
		if (next > a->now)
			a->now = next;
		if (a->stack)
			stack_tick(a->stack, a->now);
		clock_settle(a);
	}
	if (until > a->now)
		a->now = until;
	return false;
}

bool clock_may_wait(const struct adapter *a)
{
	return !pthread_equal(a->main, pthread_self());
}

/* Sleep until the main thread says that something has happened. */
static void wait_for_kick(struct adapter *a, uint64_t limit)
{
	struct waiter *w = &a->waiter;

	flush(a); /* what has been done so far takes effect before the wait */
	w->limit = limit;
	w->waiting = true;
	if (w->kicked) {
		w->kicked = false;
		pthread_cond_signal(&w->gone);
	}
	while (!w->kicked)
		pthread_cond_wait(&w->go, &a->lock);
}

static void leave(struct adapter *a)
{
	struct waiter *w = &a->waiter;

	if (!w->waiting)
		return;
	flush(a);
	let_go_at = a->now;
	w->waiting = false;
	w->kicked = false;
	pthread_cond_signal(&w->gone);
}

uint64_t clock_limit(const struct adapter *a, const struct timeval *time)
{
	uint64_t microseconds = (uint64_t)time->tv_sec * 1000000 + (uint64_t)time->tv_usec;

	return microseconds == 0 ? DEADLINE_NEVER : a->now + microseconds;
}

long clock_wait(struct adapter *a, bool patient, uint64_t limit, long (*attempt)(struct adapter *a, void *what),
		void *what)
{
	long result;

	patient = patient && clock_may_wait(a);
	while ((result = attempt(a, what)) == -EAGAIN && patient && a->now < limit)
		wait_for_kick(a, limit);
	leave(a);
	return result;
}

int clock_sleep(void *user, useconds_t microseconds)
{
	struct adapter *a = user;

	pthread_mutex_lock(&a->lock);
	clock_advance(a, a->now + microseconds, NULL);
	pthread_mutex_unlock(&a->lock);
	return 0;
}

int clock_time_of_day(void *user, struct timeval *now, struct timezone *zone)
{
	struct adapter *a = user;
	uint64_t told;

	(void)zone;
	pthread_mutex_lock(&a->lock);
	if (let_go_at != 0) {
		told = let_go_at;
		let_go_at = 0;
	} else {
		clock_advance(a, a->now + 1, NULL);
		told = a->now;
	}
	pthread_mutex_unlock(&a->lock);
	now->tv_sec = (time_t)(told / 1000000);
	now->tv_usec = (suseconds_t)(told % 1000000);
	return 0;
}
