/* SPDX-License-Identifier: MIT
 *
 * Settings that take effect while a connection stands, and keepalive (RFC 9293 3.8.4), which is one of them.
 *
 *     heard_at          + idle        + interval       + interval
 *        |---------------|----------------|----------------|--- ... count probes, none answered: the peer is gone
 *        last segment    probe            probe            probe
 *
 * The deadline is not moved with every segment that arrives: when it comes, it looks how long the silence has been.
 */
#include "tcp/tcp_settings.h"

#include <errno.h>

#include "internal.h"

const struct tcp_settings tcp_settings_default = {
    .keepalive_count = 9,
    .keepalive_idle = 7200000000,
    .keepalive_interval = 75000000,
    .fin_wait_2_time = TCP_FIN_WAIT_2_TIME,
};

/* ---- the user time-out ---- */

uint64_t tcp_give_up_at(const struct tcp_connection *c)
{
	uint64_t limit = c->settings.user_timeout;

	return limit == 0 || limit > DEADLINE_NEVER - c->stalled_since ? DEADLINE_NEVER : c->stalled_since + limit;
}

/* A deadline that is armed already must not come after the user's limit. */
static void bound(struct stack *s, const struct tcp_connection *c, struct deadline *deadline)
{
	uint64_t limit = tcp_give_up_at(c);

	if (deadline->armed && deadline->at > limit)
		deadline_set(&s->deadlines, deadline, limit);
}

/* ---- keepalive ---- */

void tcp_keepalive_start(struct stack *s, struct tcp_connection *c)
{
	c->keepalive_now = false;
	c->keepalive_probes = 0;
	if (c->settings.keepalive && c->state >= TCP_ESTABLISHED)
		deadline_set(&s->deadlines, &c->keepalive, s->now + c->settings.keepalive_idle);
	else
		deadline_clear(&s->deadlines, &c->keepalive);
}

/* Whether the silence has lasted too long. The user time-out takes the count's place, as in Linux. */
static bool is_dead(const struct stack *s, const struct tcp_connection *c)
{
	if (c->settings.user_timeout != 0)
		return c->keepalive_probes > 0 && s->now - c->heard_at >= c->settings.user_timeout;
	return c->keepalive_probes >= c->settings.keepalive_count;
}

void tcp_keepalive_deadline(struct stack *s, struct tcp_connection *c)
{
	bool waiting = c->snd_una < c->snd.tail + (c->fin_queued ? 1 : 0);
	uint64_t next = s->now + c->settings.keepalive_interval;

	if (waiting) { /* MUST-26: then the retransmissions and window probes find out */
		c->keepalive_probes = 0;
		next = s->now + c->settings.keepalive_idle;
	} else if (s->now - c->heard_at < c->settings.keepalive_idle) {
		c->keepalive_probes = 0;
		next = c->heard_at + c->settings.keepalive_idle;
	} else if (is_dead(s, c)) {
		tcp_send_reset(s, c);
		tcp_done(s, c, c->soft_error ? c->soft_error : -ETIMEDOUT);
		return;
	} else {
		c->keepalive_probes++;
		c->keepalive_now = true;
		tcp_mark(s, c);
	}
	deadline_set(&s->deadlines, &c->keepalive, next);
}

/* ---- taking effect ---- */

static bool same_keepalive(const struct tcp_settings *a, const struct tcp_settings *b)
{
	return a->keepalive == b->keepalive && a->keepalive_count == b->keepalive_count &&
	       a->keepalive_idle == b->keepalive_idle && a->keepalive_interval == b->keepalive_interval;
}

void tcp_configure(struct stack *s, struct tcp_connection *c, const struct tcp_settings *settings)
{
	bool same = same_keepalive(&c->settings, settings);
	bool resized = c->settings.receive_buffer != settings->receive_buffer;

	c->settings = *settings;
	if (!same)
		tcp_keepalive_start(s, c);
	if (resized)
		tcp_buffers_start(s, c);
	bound(s, c, &c->retransmit);
	if (!tcp_is_corked(c))
		bound(s, c, &c->persist);
	tcp_mark(s, c); /* what Nagle or a cork held back may go now */
}
