/* SPDX-License-Identifier: MIT
 *
 * Segment arrives, as RFC 9293 3.10.7 has it, and as RFC 5961, RFC 7323, RFC 1337 and RFC 6191 changed it.
 * Where the RFCs leave a choice, the model makes that of the stack, and says so.
 */
#include <errno.h>
#include <string.h>

#include "tests/fuzz/model/model.h"

/* A segment while it is worked on: positions in place of numbers, cut to the window. */
struct work {
	const struct segment *s;
	int64_t seq, arrived, ack;
	uint32_t wnd;
	uint8_t flags;
	const uint8_t *text;
	int64_t length;
};

static void enter(struct model *m, enum tcp_state state)
{
	m->state = state;
	m->state_since = m->now;
}

static struct expected answer(enum reply reply)
{
	return (struct expected){.reply = reply};
}

/* 3.10.7.1 */
static struct expected reset(const struct segment *s)
{
	struct expected e = {.reply = REPLY_RESET, .reset_seq = s->ack};

	if (!(s->flags & TCP_ACK)) {
		e.reset_seq = 0;
		e.reset_ack = s->seq + (uint32_t)segment_space(s);
		e.reset_has_ack = true;
	}
	return e;
}

/* Exactly half of all numbers apart each is older than the other: the RFCs leave it open. */
static bool older(uint32_t a, uint32_t b)
{
	return a != b && b - a <= 0x80000000u;
}

/* Begin anew: what belongs to a connection is forgotten. */
static void blank(struct model *m)
{
	bool listening = m->listening;
	size_t buffer = m->buffer;
	uint64_t now = m->now;

	memset(m, 0, sizeof *m);
	m->listening = listening;
	m->buffer = buffer;
	m->now = m->stalled_since = now;
	m->rcv_fin = NOWHERE;
	m->mss = 536; /* MUST-15 */
}

void model_gone(struct model *m, int error)
{
	m->error = error;
	enter(m, m->listening ? TCP_LISTEN : TCP_CLOSED);
}

void model_connect(struct model *m)
{
	blank(m);
	enter(m, TCP_SYN_SENT);
}

/* The peer's SYN, but for what it acknowledges. */
static void take_syn(struct model *m, const struct segment *s)
{
	m->irs = s->seq;
	m->rcv_nxt = m->rcv_adv = m->last_ack = m->rcv_end = 1;
	if (m->state == TCP_SYN_SENT)
		m->rcv_adv += m->syn_window;
	m->snd_wnd = m->snd_wnd_max = s->window;
	if (s->has_mss)
		m->mss = s->mss < 64 ? 64 : s->mss; /* the stack's choice */
	m->sack = s->has_sack;
	m->scaled = s->has_shift;
	m->snd_shift = s->has_shift ? s->shift : 0;
	m->rcv_shift = s->has_shift ? m->syn_shift : 0;
	m->timestamps = s->has_timestamps;
	m->ts_recent = s->tsval;
	m->ts_recent_at = m->now;
}

/* ---- text and FIN ---- */

static void keep(struct place *place, uint8_t byte)
{
	if (place->count > 0 && place->bytes[0] == byte)
		return;
	if (place->count > 1 && place->bytes[1] == byte)
		return;
	if (place->count < 2)
		place->bytes[place->count] = byte;
	if (place->count < 3)
		place->count++;
}

/* Seventh. Text that comes out of order is kept where it belongs. Where it comes twice before it is in order, and differs, either may
 * be read. */
static enum reply take_text(struct model *m, const struct work *w)
{
	int64_t end = w->seq + w->length;
	bool hole = w->seq > m->rcv_nxt || m->rcv_end > m->rcv_nxt;

	if (m->rcv_fin != NOWHERE && end > m->rcv_fin) /* beyond its own FIN: the stack drops it */
		return REPLY_MAY;
	holds(end < STREAM_MAX);
	for (int64_t i = 0; i < w->length; i++)
		keep(&m->places[w->seq + i], w->text[i]);
	if (end > m->rcv_end)
		m->rcv_end = end;
	if (m->last_ack == m->rcv_nxt)
		m->unacked_since = m->now;
	while (m->rcv_nxt < m->rcv_end && m->places[m->rcv_nxt].count > 0)
		m->rcv_nxt++;
	return hole ? REPLY_ACK : REPLY_MAY; /* RFC 5681 4.2 */
}

/* Eighth. A FIN before text that has come is one that the stack does not believe. */
static enum reply take_fin(struct model *m, const struct work *w)
{
	enum reply reply = REPLY_NONE;

	if (w->flags & TCP_FIN) {
		int64_t fin = w->seq + w->length;
		bool believed = m->rcv_fin == NOWHERE && m->rcv_end <= fin;
		if (believed)
			m->rcv_fin = fin;
		if (believed || (w->length == 0 && fin > m->rcv_nxt)) /* out of order (RFC 5681 4.2) */
			reply = REPLY_ACK;
	}
	if (m->rcv_fin == NOWHERE || m->rcv_nxt != m->rcv_fin)
		return reply;
	m->rcv_nxt++;
	if (m->state == TCP_ESTABLISHED)
		enter(m, TCP_CLOSE_WAIT);
	else
		enter(m, m->state == TCP_FIN_WAIT_1 ? TCP_CLOSING : TCP_TIME_WAIT);
	return REPLY_ACK;
}

static bool takes_text(const struct model *m)
{
	return m->state == TCP_ESTABLISHED || m->state == TCP_FIN_WAIT_1 || m->state == TCP_FIN_WAIT_2;
}

/* Sixth to eighth; `reply` is due already. */
static struct expected go_on(struct model *m, const struct work *w, enum reply reply)
{
	struct expected e = answer(reply);
	int64_t urgent = w->arrived + w->s->urgent;

	if (!takes_text(m)) {
		if (e.reply == REPLY_NONE)
			e.reply = REPLY_MAY;
		return e;
	}
	if (w->flags & TCP_URG && urgent > m->rcv_up && urgent > m->rcv_nxt) {
		m->rcv_up = urgent;
		e.urgent_ends = urgent - m->rcv_nxt;
	}
	if (w->length > 0 && m->orphan) { /* RFC 9293 3.6.1 (SHLD-3) */
		struct expected r = reset(w->s);
		r.urgent_ends = e.urgent_ends;
		model_gone(m, 0);
		return r;
	}
	enum reply text = w->length > 0 ? take_text(m, w) : REPLY_NONE;
	enum reply fin = take_fin(m, w);
	e.reply = e.reply > text ? e.reply : text;
	e.reply = e.reply > fin ? e.reply : fin;
	return e;
}

/* ---- first to fifth ---- */

/* Cut away what lies outside of the window. */
static void trim(const struct model *m, struct work *w)
{
	if (w->flags & TCP_SYN)
		return;
	if (w->seq < m->rcv_nxt) {
		w->text += m->rcv_nxt - w->seq;
		w->length -= m->rcv_nxt - w->seq;
		w->seq = m->rcv_nxt;
	}
	if (w->seq + w->length >= m->rcv_adv) { /* the FIN would lie beyond */
		w->length = m->rcv_adv > w->seq ? m->rcv_adv - w->seq : 0;
		w->flags &= (uint8_t)~TCP_FIN;
	}
}

/* The table of 3.10.7.4, and one number more: a bare segment at the right edge, where a peer stands that has filled the window, is
 * taken as Linux takes it. */
static bool acceptable(const struct model *m, const struct work *w)
{
	int64_t space = w->length + !!(w->flags & TCP_SYN) + !!(w->flags & TCP_FIN), last = w->seq + space - 1;
	int64_t from = m->rcv_nxt, to = m->rcv_adv;

	if (to <= from)
		return space == 0 && w->seq == from;
	if (space == 0)
		return w->seq >= from && (w->seq < to || (w->seq == to && !(w->flags & TCP_RST)));
	return (w->seq >= from && w->seq < to) || (last >= from && last < to);
}

static struct expected second_reset(struct model *m, const struct work *w)
{
	if (w->arrived != m->rcv_nxt) /* RFC 5961 3.2 */
		return answer(REPLY_CHALLENGE);
	if (m->state == TCP_SYN_RECEIVED)
		model_gone(m, m->passive ? 0 : -ECONNREFUSED);
	else
		model_gone(m, m->state == TCP_CLOSING || m->state == TCP_LAST_ACK ? 0 : -ECONNRESET);
	return answer(REPLY_NONE);
}

static void take_ack(struct model *m, const struct work *w)
{
	if (w->ack > m->snd_una) {
		m->snd_una = w->ack;
		m->stalled_since = m->now;
	}
	if (w->ack < m->snd_una)
		return;
	if (w->seq > m->snd_wl1 || (w->seq == m->snd_wl1 && w->ack >= m->snd_wl2)) {
		m->snd_wnd = w->wnd;
		m->snd_wl1 = w->seq;
		m->snd_wl2 = w->ack;
		if (w->wnd > m->snd_wnd_max)
			m->snd_wnd_max = w->wnd;
	}
}

/* Fifth, once the ACK is one that can be. False: nothing is left to go on with. */
static bool fifth_ack(struct model *m, const struct work *w)
{
	take_ack(m, w);
	bool fin_acked = m->fin_queued && m->snd_una == m->written + 2;
	if (m->state == TCP_SYN_RECEIVED)
		enter(m, m->fin_queued ? TCP_FIN_WAIT_1 : TCP_ESTABLISHED);
	else if (m->state == TCP_FIN_WAIT_1 && fin_acked)
		enter(m, TCP_FIN_WAIT_2);
	else if (m->state == TCP_LAST_ACK && fin_acked)
		model_gone(m, 0);
	else if (m->state == TCP_CLOSING && fin_acked)
		enter(m, TCP_TIME_WAIT);
	else
		return true;
	return m->state < TCP_TIME_WAIT && m->state > TCP_LISTEN;
}

/* RFC 7323 5.5: after 24 days the last timestamp says nothing. */
static bool outdated(const struct model *m, uint32_t tsval)
{
	const uint64_t days_24 = 24 * 24 * 3600 * SECOND;

	return older(tsval, m->ts_recent) && m->now - m->ts_recent_at <= days_24;
}

/* RFC 7323 5.3 R1, and 3.2: a segment without the timestamp that was agreed on is passed over in silence. */
static bool timestamp_refused(const struct model *m, const struct segment *s)
{
	return m->timestamps && !(s->flags & TCP_RST) && (!s->has_timestamps || outdated(m, s->tsval));
}

/* RFC 7323 4.3 (2); only of segments that are good in all other ways. */
static void remember_timestamp(struct model *m, const struct work *w)
{
	if (!m->timestamps || !w->s->has_timestamps || w->arrived > m->last_ack || outdated(m, w->s->tsval))
		return;
	m->ts_recent = w->s->tsval;
	m->ts_recent_at = m->now;
}

/* Third is security, which RFC 9293 A.1 has done away with. */
static struct expected fourth_and_on(struct model *m, struct work *w, enum reply due)
{
	bool opening = m->state == TCP_SYN_RECEIVED;
	enum reply challenge = due > REPLY_CHALLENGE ? due : REPLY_CHALLENGE;

	if (w->flags & TCP_SYN) {
		if (opening && m->passive) {
			model_gone(m, 0);
			return answer(REPLY_NONE);
		}
		return answer(challenge); /* RFC 5961 4.2 */
	}
	if (!(w->flags & TCP_ACK))
		return answer(due);
	if (opening && (w->ack <= m->snd_una || w->ack > m->snd_nxt))
		return reset(w->s);
	if (w->ack > m->snd_nxt || w->ack + (int64_t)m->snd_wnd_max < m->snd_una) /* RFC 5961 5.2 */
		return answer(challenge);
	if (!fifth_ack(m, w))
		return answer(m->state == TCP_TIME_WAIT ? REPLY_MAY : REPLY_NONE);
	remember_timestamp(m, w);
	return go_on(m, w, due);
}

/* What is not acceptable draws an ACK: at once what the peer sends until it is acknowledged; a bare ACK or a SYN only now and then (RFC 5961 7). */
static struct expected refused(const struct work *w)
{
	return answer(segment_space(w->s) > 0 && !(w->flags & TCP_SYN) ? REPLY_ACK : REPLY_CHALLENGE);
}

static struct expected others(struct model *m, struct work *w)
{
	bool reset_bit = w->flags & TCP_RST;
	enum reply due = REPLY_NONE;

	if (timestamp_refused(m, w->s))
		return w->s->has_timestamps ? refused(w) : answer(REPLY_NONE);
	if (m->state == TCP_SYN_RECEIVED && w->flags & TCP_SYN && w->seq == 0 && !reset_bit) {
		/* The same SYN again. With an ACK it is the other half of a simultaneous open (3.5), which the stack takes in a passive
		 * one too. */
		if (!(w->flags & TCP_ACK))
			return answer(REPLY_ACK);
		w->flags &= (uint8_t)~TCP_SYN;
		w->seq = 1;
		due = REPLY_ACK;
	}
	if (!acceptable(m, w)) {
		if (w->seq == m->rcv_nxt && m->rcv_adv <= m->rcv_nxt && !(w->flags & TCP_SYN))
			due = REPLY_ACK; /* MUST-66: the window is closed */
		else
			return reset_bit ? answer(REPLY_NONE) : refused(w);
	}
	trim(m, w);
	return reset_bit ? second_reset(m, w) : fourth_and_on(m, w, due);
}

/* ---- the other states ---- */

static struct expected listen(struct model *m, const struct segment *s)
{
	if (s->flags & TCP_RST)
		return answer(REPLY_NONE);
	if (s->flags & TCP_ACK)
		return reset(s);
	if (!(s->flags & TCP_SYN))
		return answer(REPLY_NONE);
	blank(m);
	m->passive = true;
	enter(m, TCP_SYN_RECEIVED);
	take_syn(m, s);
	return answer(REPLY_ACK); /* the SYN,ACK; text and FIN on a SYN are not kept, and come again */
}

static struct expected syn_sent(struct model *m, struct work *w)
{
	const struct segment *s = w->s;
	uint32_t acked = s->ack - m->iss; /* only our SYN can be */

	if (s->flags & TCP_ACK && acked != 1)
		return s->flags & TCP_RST ? answer(REPLY_NONE) : reset(s);
	if (s->flags & TCP_RST) {
		if (s->flags & TCP_ACK)
			model_gone(m, -ECONNREFUSED);
		return answer(REPLY_NONE);
	}
	if (!(s->flags & TCP_SYN))
		return answer(REPLY_NONE);
	take_syn(m, s);
	if (!(s->flags & TCP_ACK)) {
		enter(m, TCP_SYN_RECEIVED);
		return answer(REPLY_ACK);
	}
	w->seq = 0;
	w->arrived = 0;
	w->ack = 1;
	take_ack(m, w);
	enter(m, TCP_ESTABLISHED);
	w->seq = 1;
	w->flags &= (uint8_t)~TCP_SYN;
	trim(m, w);
	return go_on(m, w, REPLY_ACK);
}

static struct expected time_wait(struct model *m, const struct segment *s)
{
	if (s->flags & TCP_RST) /* RFC 1337 3 (F1) */
		return answer(REPLY_NONE);
	if (m->listening && (s->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
		uint32_t rcv_nxt = m->irs + (uint32_t)m->rcv_nxt, floor = m->iss + (uint32_t)m->snd_nxt;
		bool by_clock = m->timestamps && s->has_timestamps && s->tsval != m->ts_recent;
		if (by_clock ? older(m->ts_recent, s->tsval) : older(rcv_nxt, s->seq)) { /* RFC 6191 2 */
			struct expected e = listen(m, s);
			m->floored = true;
			m->iss_floor = floor;
			return e;
		}
	}
	if (s->flags & TCP_FIN) {
		enter(m, TCP_TIME_WAIT);
		return answer(REPLY_ACK);
	}
	return answer(REPLY_MAY);
}

struct expected model_nobody(const struct segment *s)
{
	return s->flags & TCP_RST ? answer(REPLY_NONE) : reset(s);
}

struct expected model_arrives(struct model *m, const struct segment *s)
{
	struct work w = {.s = s, .flags = s->flags, .text = s->text, .length = (int64_t)s->length};
	w.seq = w.arrived = m->rcv_nxt + (int32_t)(s->seq - (m->irs + (uint32_t)m->rcv_nxt));
	w.ack = m->snd_nxt + (int32_t)(s->ack - (m->iss + (uint32_t)m->snd_nxt));
	w.wnd = s->flags & TCP_SYN ? s->window : (uint32_t)s->window << m->snd_shift;
	switch (m->state) {
	case TCP_CLOSED:
		return model_nobody(s);
	case TCP_LISTEN:
		return listen(m, s);
	case TCP_SYN_SENT:
		return syn_sent(m, &w);
	case TCP_TIME_WAIT:
		return time_wait(m, s);
	default:
		return others(m, &w);
	}
}

/* ---- the user, and time ---- */

int64_t model_readable(const struct model *m)
{
	bool ended = m->rcv_fin != NOWHERE && m->rcv_nxt > m->rcv_fin;

	return m->rcv_nxt == 0 ? 0 : m->rcv_nxt - ended - 1 - m->read;
}

void model_shutdown(struct model *m)
{
	if (m->fin_queued)
		return;
	if (m->state == TCP_ESTABLISHED)
		enter(m, TCP_FIN_WAIT_1);
	else if (m->state == TCP_CLOSE_WAIT)
		enter(m, TCP_LAST_ACK);
	else if (m->state != TCP_SYN_RECEIVED) /* 3.10.4: it waits for the ACK of our SYN */
		return;
	m->fin_queued = true;
}

struct expected model_close(struct model *m, bool abort)
{
	struct expected e = answer(REPLY_MAY);

	m->orphan = true;
	if (m->state <= TCP_LISTEN || m->state == TCP_TIME_WAIT)
		return e;
	if (m->state == TCP_SYN_SENT) {
		model_gone(m, 0);
	} else if (abort) { /* 3.10.5 */
		e.must_reset = m->state != TCP_CLOSING && m->state != TCP_LAST_ACK;
		model_gone(m, 0);
	} else if (model_readable(m) > 0 || m->rcv_end > m->rcv_nxt) { /* SHLD-3, RFC 2525 2.17 */
		e.must_reset = true;
		model_gone(m, 0);
	} else {
		model_shutdown(m);
		if (m->state == TCP_FIN_WAIT_2)
			m->state_since = m->now;
	}
	return e;
}

bool model_must_expire(const struct model *m)
{
	bool waits = m->state == TCP_TIME_WAIT || (m->state == TCP_FIN_WAIT_2 && m->orphan);

	return waits && m->now - m->state_since > TWO_MSL_MAX;
}

bool model_may_expire(const struct model *m, int *error)
{
	uint64_t here = m->now - m->state_since;

	*error = -ETIMEDOUT;
	switch (m->state) {
	case TCP_SYN_SENT: /* MUST-23 */
		return here >= R2_SYN;
	case TCP_SYN_RECEIVED:
		return here >= HALF_OPEN_MIN;
	case TCP_TIME_WAIT: /* MUST-13 */
		*error = 0;
		return here >= TWO_MSL_MIN;
	case TCP_FIN_WAIT_2: /* as in Linux, who has nobody to tell any more */
		*error = 0;
		return m->orphan && here >= 60 * SECOND;
	default: /* R2 (SHLD-11) */
		return m->snd_una < m->written + 1 + m->fin_queued && m->now - m->stalled_since >= R2_DATA;
	}
}
