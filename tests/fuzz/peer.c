/* SPDX-License-Identifier: MIT
 *
 * A peer that knows the true sequence numbers of both sides and bends what it says in a field or two, in every state.
 *
 * The first bytes say how the two speak and into which state the connection is led (struct plan); the rest is a program:
 *
 *     a segment of some kind, bent in no, one or two fields     time passes     the user writes, reads, shuts down, closes
 *
 * After each step the stack must be where model/ says that RFC 9293 has it be: the same state, the same numbers, the same text for
 * its user, and no other answers than those that are due. At the end either the connection has been ended by something that the
 * RFC lets end it, or the peer says and hears all that is left, both streams end in order, and nothing is held any more.
 *
 *     make peer SEEDS=100000 FROM=1      many programs of random bytes; SEEDS=1 tells the story of one
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/model/model.h"

#define STEPS_MAX    50
#define READ_MAX     ((int64_t)48 << 10) /* so that the peer's stream stays below STREAM_MAX */
#define ROUNDS_MAX   1000
#define SMALL_BUFFER 4096u

static struct machine *machine;
static struct peer peer;

static void say(size_t length, uint8_t flags)
{
	struct draft d = draft_right(&machine->model, &peer, length);

	d.flags |= flags;
	draft_send(machine, &d, &peer);
}

/* ---- leading a connection into a state ---- */

enum opening { OPENING_PASSIVE, OPENING_ACTIVE, OPENING_SIMULTANEOUS, OPENINGS };

struct plan {
	enum opening opening;
	enum tcp_state state;
	uint8_t said; /* what both have said by then: bits of `enum said` */
	size_t amount;
	bool close; /* its user lets go rather than shuts down */
	uint16_t window;
	bool keep_listening;
};

enum said {
	SAID_TEXT = 1,        /* the stack has text in flight, or waiting for the window */
	SAID_ACKED = 2,       /* of which some is acknowledged */
	SAID_HEARD = 4,       /* the peer has sent text that nobody has read */
	SAID_ALL = 8,         /* so much that the window is closed */
	SAID_GAP = 16,        /* text behind a hole */
	SAID_READ = 32,       /* its user reads what there is */
	SAID_NO_WINDOW = 64,  /* the peer's window is closed */
	SAID_NOT_TAKEN = 128, /* and it has not been accepted */
};

static void speak(const struct plan *plan)
{
	struct draft d;

	if (plan->said & SAID_TEXT)
		machine_write(machine, plan->amount);
	if (plan->said & SAID_ACKED) {
		d = draft_right(&machine->model, &peer, 0);
		d.ack = machine->model.iss + (uint32_t)(machine->model.snd_una + machine->model.snd_nxt) / 2;
		draft_send(machine, &d, &peer);
	}
	if (plan->said & SAID_HEARD)
		say(700, TCP_PSH);
	for (unsigned i = 0; plan->said & SAID_ALL && i < 64 && machine->model.rcv_adv > machine->model.rcv_nxt; i++)
		say(1000, 0);
	if (plan->said & SAID_GAP) {
		d = draft_right(&machine->model, &peer, 300);
		d.seq += 500;
		draft_send(machine, &d, &peer);
	}
	if (plan->said & SAID_READ)
		machine_read(machine, 1 << 16);
	if (plan->said & SAID_NO_WINDOW)
		peer.window = 0;
	say(0, 0);
}

static void open_it(const struct plan *plan)
{
	if (plan->opening != OPENING_PASSIVE)
		machine_connect(machine);
	if (plan->state == TCP_SYN_SENT)
		return;
	struct draft d = draft_right(&machine->model, &peer, 0);
	if (plan->opening == OPENING_SIMULTANEOUS)
		d.flags = TCP_SYN;
	draft_send(machine, &d, &peer);
	if (plan->state == TCP_SYN_RECEIVED)
		return;
	peer.window = plan->window;
	say(0, 0);
	if (!(plan->said & SAID_NOT_TAKEN))
		machine_accept(machine);
	speak(plan);
}

static void stop(const struct plan *plan)
{
	if (plan->close)
		machine_close(machine, false);
	else
		machine_shutdown(machine);
}

static void close_it(const struct plan *plan)
{
	struct draft d;

	switch (plan->state) {
	case TCP_FIN_WAIT_1:
		stop(plan);
		return;
	case TCP_FIN_WAIT_2:
		stop(plan);
		say(0, 0);
		return;
	case TCP_CLOSE_WAIT:
	case TCP_LAST_ACK:
		say(0, TCP_FIN);
		if (plan->state == TCP_LAST_ACK)
			stop(plan);
		return;
	case TCP_CLOSING:
		stop(plan);
		d = draft_right(&machine->model, &peer, 0);
		d.flags |= TCP_FIN;
		d.ack--;
		draft_send(machine, &d, &peer);
		return;
	case TCP_TIME_WAIT:
		stop(plan);
		say(0, 0);
		say(0, TCP_FIN);
		return;
	default:
		return;
	}
}

/* ---- the program ---- */

static void segment_step(struct wire_reader *program, unsigned bends, unsigned times)
{
	struct draft d = draft_kind(&machine->model, &peer, program);

	while (bends-- > 0)
		draft_bend(&d, &machine->model, program);
	while (times-- > 0)
		draft_send(machine, &d, &peer);
}

static void time_step(struct wire_reader *program)
{
	static const uint64_t times[] = {
	    1,
	    1000,
	    39999,
	    40000,
	    200000,
	    499999,
	    SECOND,
	    SECOND,
	    3 * SECOND,
	    10 * SECOND,
	    59999999,
	    60 * SECOND,
	    100 * SECOND,
	    180 * SECOND,
	    600 * SECOND,
	    25 * 86400 * SECOND,
	};

	machine_pass(machine, times[wire_read8(program) % 16]);
}

static void user_step(struct wire_reader *program)
{
	static const size_t amounts[] = {1, 100, 536, 1460, 3000, 10000, 65536, 0};
	unsigned what = wire_read8(program) % 16;
	size_t amount = amounts[wire_read8(program) % 8];

	machine_accept(machine);
	if (what < 6)
		machine_write(machine, amount);
	else if (what < 12 && machine->model.read < READ_MAX)
		machine_read(machine, amount < 10000 ? amount : 10000);
	else if (what < 13)
		machine_shutdown(machine);
	else if (what < 15)
		machine_close(machine, what == 14);
	else
		peer.window = (uint16_t)amount;
}

static void step(struct wire_reader *program)
{
	unsigned what = wire_read8(program) % 16;

	if (what < 10)
		segment_step(program, what == 0 ? 0 : what < 7 ? 1 : 2, 1);
	else if (what < 11)
		segment_step(program, wire_read8(program) % 2, 4);
	else if (what < 13)
		time_step(program);
	else if (what < 15)
		user_step(program);
	else if (wire_read8(program) < 16)
		machine_unlisten(machine);
}

/* ---- the end ---- */

/* The peer says what its stream still lacks: what fills the holes, some more, and its FIN. It need not be so much that an older
 * segment, bent, has said more of the window than the peer could now. */
static void say_rest(void)
{
	struct model *m = &machine->model;
	int64_t end = m->rcv_fin;

	if (end == NOWHERE)
		end = m->rcv_end > m->snd_wl1 ? m->rcv_end : m->snd_wl1;
	int64_t room = m->rcv_adv - m->rcv_nxt, left = end - m->rcv_nxt;
	if (m->rcv_nxt < end && room > 0)
		say((size_t)(left < room && left < 1000 ? left : room < 1000 ? room : 1000), 0);
	else if (m->rcv_nxt == end && m->rcv_fin == NOWHERE)
		say(0, TCP_FIN);
}

static void finish_round(void)
{
	struct model *m = &machine->model;

	if (m->state == TCP_SYN_SENT) {
		say(0, 0);
		return;
	}
	if (m->state > TCP_SYN_RECEIVED) {
		machine_accept(machine);
		machine_read(machine, 1 << 16);
		machine_shutdown(machine);
		if (m->state == TCP_ESTABLISHED || m->state == TCP_FIN_WAIT_1 || m->state == TCP_FIN_WAIT_2)
			say_rest();
	}
	if (m->state < TCP_SYN_RECEIVED)
		return;
	struct draft d = draft_right(m, &peer, 0);
	if (m->snd_wl1 > m->rcv_nxt) /* a bent segment was the last to speak of the window */
		d.seq = m->irs + (uint32_t)m->snd_wl1;
	draft_send(machine, &d, &peer);
	machine_pass(machine, SECOND / 4);
}

static void finish(void)
{
	struct model *m = &machine->model;

	peer.window = 65535;
	story_tell("      the end begins");
	for (unsigned i = 0; m->state > TCP_LISTEN && m->state != TCP_TIME_WAIT; i++) {
		holds(i < ROUNDS_MAX);
		finish_round();
	}
	if (m->state == TCP_TIME_WAIT) {
		holds(m->snd_una == m->written + 2 && m->rcv_nxt == m->rcv_fin + 1);
		machine_read(machine, 1 << 16);
		machine_close(machine, false);
		machine_pass(machine, TWO_MSL_MAX + SECOND);
	}
	machine_end(machine);
}

/* ---- the beginning ---- */

static struct plan draw_plan(struct wire_reader *program)
{
	static const enum tcp_state states[] = {
	    TCP_LISTEN,     TCP_SYN_SENT,   TCP_SYN_RECEIVED, TCP_ESTABLISHED, TCP_ESTABLISHED, TCP_ESTABLISHED,
	    TCP_FIN_WAIT_1, TCP_FIN_WAIT_2, TCP_CLOSE_WAIT,   TCP_CLOSING,     TCP_LAST_ACK,    TCP_TIME_WAIT,
	};
	static const size_t amounts[] = {1, 100, 1000, 5000, 20000, 65536};
	static const uint16_t windows[] = {65535, 65535, 8000, 1460, 1000, 100, 1, 0};
	struct plan plan = {
	    .opening = (enum opening)(wire_read8(program) % OPENINGS),
	    .state = states[wire_read8(program) % 12],
	    .said = wire_read8(program),
	    .amount = amounts[wire_read8(program) % 6],
	    .close = wire_read8(program) % 4 == 0,
	    .window = windows[wire_read8(program) % 8],
	    .keep_listening = wire_read8(program) % 2,
	};

	if (plan.state == TCP_LISTEN)
		plan.opening = OPENING_PASSIVE;
	if (plan.state == TCP_SYN_SENT)
		plan.opening = OPENING_ACTIVE;
	if (plan.state == TCP_SYN_RECEIVED && plan.opening == OPENING_ACTIVE)
		plan.opening = OPENING_SIMULTANEOUS;
	if (wire_read8(program) % 4 != 0)
		plan.said &= (uint8_t) ~(SAID_NO_WINDOW | SAID_ALL | SAID_NOT_TAKEN);
	return plan;
}

static void draw_peer(struct wire_reader *program)
{
	static const uint32_t isns[] = {0xffffff00, 0, 0x7fffff00, 0xffffffff, 0xfffffffe, 12345678};
	static const uint16_t sizes[] = {0, 1460, 1460, 536, 1000, 64, 1, 65535};
	static const uint8_t shifts[] = {0, 0, 1, 7, 14, 255};
	unsigned offers = wire_read8(program);

	peer = (struct peer){
	    .isn = isns[wire_read8(program) % 6],
	    .clock = wire_read8(program) % 2 ? 0xfffffff0u - 1010000u : 0x7ffffff0u - 1010000u,
	    .window = 65535,
	    .mss = sizes[wire_read8(program) % 8],
	    .shift = shifts[wire_read8(program) % 6],
	    .offers_shift = offers & 1,
	    .offers_sack = offers & 2,
	    .offers_timestamps = offers & 4,
	};
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct wire_reader program = wire_reader(bytes, length);
	struct plan plan = draw_plan(&program);

	draw_peer(&program);
	uint8_t how = wire_read8(&program);
	struct machine_options options = {
	    .listen = plan.opening == OPENING_PASSIVE,
	    .send_buffer = SMALL_BUFFER << how % 4,
	    .receive_buffer = SMALL_BUFFER << how / 4 % 4,
	    .nodelay = how & 16,
	    .choose_iss = how & 32,
	    .near = how & 64 ? 500 : 1,
	};
	machine = machine_begin(&options);
	if (plan.state != TCP_LISTEN) {
		open_it(&plan);
		if (plan.opening == OPENING_PASSIVE && !plan.keep_listening && plan.state > TCP_ESTABLISHED)
			machine_unlisten(machine);
		close_it(&plan);
	}
	for (unsigned i = 0; i < STEPS_MAX && program.left > 0 && !program.failed; i++)
		step(&program);
	finish();
	return 0;
}
