/* SPDX-License-Identifier: MIT
 *
 * What the stack sends: that it is well-formed, that its numbers are true, that it keeps within the peer's window, and that it
 * promises no more than it can hold.
 */
#include "tests/fuzz/model/model.h"

static void reset_heard(const struct model *m, const struct segment *s, const struct expected *e)
{
	holds(s->length == 0);
	if (e->must_reset || e->may_reset) { /* 3.10.5: SEQ=SND.NXT */
		holds(s->seq == m->iss + (uint32_t)m->snd_nxt);
		holds(!(s->flags & TCP_ACK) || s->ack == m->irs + (uint32_t)m->rcv_nxt);
		return;
	}
	holds(e->reply == REPLY_RESET);
	holds(s->seq == e->reset_seq);
	holds(!!(s->flags & TCP_ACK) == e->reset_has_ack);
	holds(!e->reset_has_ack || s->ack == e->reset_ack);
}

static void syn_heard(struct model *m, const struct segment *s)
{
	bool first = m->state == TCP_SYN_SENT;

	holds(first || m->state == TCP_SYN_RECEIVED);
	holds(s->flags == (first ? TCP_SYN : TCP_SYN | TCP_ACK));
	holds(s->length == 0);
	if (!m->iss_known) {
		m->iss = s->seq;
		m->iss_known = true;
		m->snd_nxt = 1;
		/* RFC 9293 3.6.1 (MAY-2): larger than all that the connection before used */
		holds(!m->floored || (s->seq != m->iss_floor && s->seq - m->iss_floor < 0x80000000u));
	}
	holds(s->seq == m->iss);
	holds(s->has_mss); /* SHLD-5 */
	/* RFC 7323 2.2 and 3.2, RFC 2018 2: only what was offered is agreed to */
	holds(first || (s->has_shift == m->scaled && s->has_sack == m->sack && s->has_timestamps == m->timestamps));
	if (s->has_shift)
		m->syn_shift = s->shift;
	m->rcv_shift = m->scaled ? m->syn_shift : 0;
	if (first)
		m->syn_window = s->window;
}

/* Text and FIN: what the user wrote, within the window unless it went before. */
static void text_heard(struct model *m, const struct segment *s)
{
	int64_t seq = m->snd_nxt + (int32_t)(s->seq - (m->iss + (uint32_t)m->snd_nxt));
	int64_t fin = s->flags & TCP_FIN ? 1 : 0, end = seq + (int64_t)s->length + fin;

	if (s->length == 0 && !fin) { /* SND.NXT, or a probe for an answer (3.8.4 and 3.8.6.1) */
		holds(seq == m->snd_nxt || (seq == m->snd_una - 1 && m->state >= TCP_ESTABLISHED));
		return;
	}
	holds(m->state >= TCP_ESTABLISHED);
	holds(seq >= m->snd_una && seq <= m->snd_nxt);
	holds(end <= m->written + 1 + fin);
	holds(!fin || (m->fin_queued && end == m->written + 2));
	holds(s->length + (m->timestamps ? 12 : 0) <= m->mss && s->length + (m->timestamps ? 12 : 0) <= 1460);
	holds(end <= m->snd_nxt || end <= m->snd_una + (int64_t)m->snd_wnd || (m->snd_wnd == 0 && end == seq + 1));
	for (size_t i = 0; i < s->length; i++)
		holds(s->text[i] == stream_byte(seq + (int64_t)i, false));
	if (m->snd_nxt == m->snd_una)
		m->stalled_since = m->now;
	if (end > m->snd_nxt)
		m->snd_nxt = end;
}

/* ACK and window: the stack says what it has, never takes room back (SHLD-14) but by rounding (RFC 7323 2.4), and promises
 * no more than it has. */
static void ack_heard(struct model *m, const struct segment *s)
{
	unsigned shift = s->flags & TCP_SYN ? 0 : m->rcv_shift;
	int64_t edge = m->rcv_nxt + ((int64_t)s->window << shift);

	holds(s->ack == m->irs + (uint32_t)m->rcv_nxt);
	holds(edge + ((int64_t)1 << shift) > m->rcv_adv);
	holds(edge <= m->rcv_adv || edge <= 1 + m->read + (int64_t)m->buffer);
	if (edge > m->rcv_adv)
		m->rcv_adv = edge;
	m->last_ack = m->rcv_nxt;
}

/* RFC 7323 3.2: on every segment, once agreed on; a clock of milliseconds (5.4), and the peer's echoed (4.3). */
static void timestamps_heard(struct model *m, const struct segment *s)
{
	if (m->state == TCP_SYN_SENT)
		return;
	holds(s->has_timestamps == m->timestamps);
	if (!m->timestamps)
		return;
	holds(s->tsecr == m->ts_recent);
	holds(m->ts_sent_at == 0 || s->tsval - m->ts_sent == (uint32_t)(m->now / 1000 - m->ts_sent_at / 1000));
	m->ts_sent = s->tsval;
	m->ts_sent_at = m->now;
}

void model_heard(struct model *m, const struct segment *s, const struct expected *e, struct tally *tally)
{
	holds(!(s->flags & (TCP_URG | TCP_ECE | TCP_CWR)) && s->urgent == 0);
	holds(++tally->frames <= 4096);
	if (s->flags & TCP_RST) {
		holds(!(s->flags & (TCP_SYN | TCP_FIN | TCP_PSH)));
		reset_heard(m, s, e);
		tally->resets++;
		return;
	}
	holds(m->state > TCP_LISTEN);
	if (s->flags & TCP_SYN)
		syn_heard(m, s);
	else
		text_heard(m, s);
	timestamps_heard(m, s);
	if (m->state != TCP_SYN_SENT) {
		holds(s->flags & TCP_ACK);
		ack_heard(m, s);
		tally->acks++;
	}
	tally->empty += segment_space(s) == 0;
}

/* RFC 5961 7, as the stack does it. Where an ACK is due anyway nobody can tell whether it was meant as a challenge too. */
static void challenges_answered(struct model *m, const struct expected *e, const struct tally *tally)
{
	bool sent = e->reply == REPLY_CHALLENGE && tally->empty > 0;

	holds(!sent || m->challenged_at == 0 || m->now - m->challenged_at >= CHALLENGE_MIN);
	if (sent)
		m->challenged_at = m->now;
	if (sent || e->reply == REPLY_ACK)
		m->maybe_challenged_at = m->now;
	holds(e->reply != REPLY_CHALLENGE || tally->acks > 0 ||
	      (m->maybe_challenged_at > 0 && m->now - m->maybe_challenged_at < CHALLENGE_MAX));
}

void model_answered(struct model *m, const struct expected *e, const struct tally *tally)
{
	holds(tally->resets == (e->reply == REPLY_RESET || e->must_reset) || (tally->resets == 1 && e->may_reset));
	holds(e->reply != REPLY_RESET || tally->frames == 1);
	holds(e->reply != REPLY_ACK || tally->acks > 0);
	holds(e->reply != REPLY_NONE || tally->empty == 0);
	challenges_answered(m, e, tally);
	holds(tally->empty <= 2);
	/* MUST-40 */
	holds(m->state < TCP_ESTABLISHED || m->last_ack == m->rcv_nxt || m->now - m->unacked_since <= DELAYED_MAX);
}
