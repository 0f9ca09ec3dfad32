/* SPDX-License-Identifier: MIT
 *
 * The stack under test, with a model of its one connection. Each step first asks the model what must follow, then does it, looks at
 * what leaves while it leaves, and then compares both.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "tests/fuzz/model/model.h"

#define START     (1000 * SECOND)
#define TICKS_MAX 300 /* of one stretch of time */
#define HEADERS   34  /* Ethernet and IP */

static struct machine world;
static struct expected expected;
static struct tally tally;
static uint64_t now;
static size_t blocks;
static unsigned urgents;
static uint64_t urgent_ends;
static uint8_t scratch[1 << 17];

static const struct address our_address = {{192, 0, 2, 2}}, peer_address = {{192, 0, 2, 1}};
static const struct mac our_mac = {{2, 0, 192, 0, 2, 2}}, peer_mac = {{2, 0, 192, 0, 2, 1}};
static const struct endpoint local = {{{192, 0, 2, 2}}, OUR_PORT}, remote = {{{192, 0, 2, 1}}, PEER_PORT};

/* ---- what it stands on ---- */

static void *allocate(void *user, size_t size)
{
	(void)user;
	blocks++;
	return malloc(size);
}

static void release(void *user, void *block, size_t size)
{
	(void)user;
	(void)size;
	blocks--;
	free(block);
}

static uint32_t pseudo_sum(const uint8_t *ip)
{
	return sum16(ip + 12, 8, 6);
}

static int emit(void *user, const struct tx_packet *packet)
{
	static uint8_t frame[2048];
	size_t length = tx_length(packet);
	struct segment s;

	(void)user;
	holds(length >= 42 && length <= 1514);
	tx_copy(packet, frame);
	if (wire_get16(frame + 12) == 0x0806)
		return 0;
	story_frame(true, frame, length);
	const uint8_t *ip = frame + 14;
	holds(ip[0] == 0x45 && wire_get16(ip + 2) == length - 14 && ip[9] == 6 && sum16(ip, 20, 0) == 0xffff);
	holds(memcmp(ip + 12, &our_address, 4) == 0 && memcmp(ip + 16, &peer_address, 4) == 0);
	holds(segment_read(&s, ip + 20, length - HEADERS, pseudo_sum(ip)));
	holds(wire_get16(ip + 22) == PEER_PORT && ip[32] % 16 == 0);
	model_heard(&world.model, &s, &expected, &tally);
	return 0;
}

static void listen(void *user, const struct event *event)
{
	(void)user;
	if (event->type == EVENT_TCP_STATE)
		story_tell("      %s, was %s", tcp_state_name((enum tcp_state)event->value),
			   tcp_state_name((enum tcp_state)event->before));
	if (event->type == EVENT_DROP)
		story_tell("      dropped: %s", drop_name((enum drop_reason)event->value));
	if (event->type != EVENT_TCP_URGENT)
		return;
	urgents++;
	urgent_ends = event->value;
}

/* ---- comparing ---- */

static enum tcp_state state_of(const struct tcp_connection *c)
{
	if (c)
		return c->state;
	if (tcp_time_wait_lookup(world.stack, &local, &remote))
		return TCP_TIME_WAIT;
	return world.listener ? TCP_LISTEN : TCP_CLOSED;
}

static void compare_connection(const struct tcp_connection *c, const struct model *m)
{
	holds(seq_wire(c->snd_una) == m->iss + (uint32_t)m->snd_una);
	holds(seq_wire(c->snd_nxt) == m->iss + (uint32_t)m->snd_nxt);
	if (m->state == TCP_SYN_SENT)
		return;
	holds(seq_wire(c->rcv_nxt) == m->irs + (uint32_t)m->rcv_nxt);
	holds(c->snd_wnd == m->snd_wnd);
	holds(c->rcv_adv >= c->rcv_nxt ? (int64_t)(c->rcv_adv - c->rcv_nxt) == m->rcv_adv - m->rcv_nxt
				       : m->rcv_adv < m->rcv_nxt);
}

/* The connection is no more: its user learns why, and may still read what came before. */
static void bury(void)
{
	struct socket *socket = world.socket;

	if (!socket)
		return;
	machine_read(&world, sizeof scratch);
	holds(socket_receive(socket, scratch, 1) == world.model.error);
	holds(socket_error(socket) == world.model.error);
	world.socket = NULL;
	socket_close(socket);
}

static size_t held(void)
{
	const struct tcp *tcp = &world.stack->tcp;

	return stack_memory(world.stack)->bytes - (tcp->bucket_count + tcp->time_waits.bucket_count) * sizeof(void *);
}

static void compare(bool time_passed)
{
	struct model *m = &world.model;
	const struct tcp_connection *c = tcp_lookup(world.stack, &local, &remote);
	enum tcp_state state = state_of(c);
	int error;

	holds(tcp_check_all(world.stack));
	if (state != m->state) {
		story_tell("      it is %s, where the model is %s", tcp_state_name(state), tcp_state_name(m->state));
		holds(time_passed && state <= TCP_LISTEN && model_may_expire(m, &error));
		model_gone(m, error);
	}
	holds(!model_must_expire(m));
	holds(held() <= world.idle + 2 * m->buffer + 65536 + 8192);
	if (c)
		compare_connection(c, m);
	if (m->state <= TCP_LISTEN)
		bury();
}

static void begin(struct expected e)
{
	world.model.now = now;
	expected = e;
	tally = (struct tally){0};
	urgents = 0;
}

static void finish(void)
{
	stack_flush(world.stack, now);
	model_answered(&world.model, &expected, &tally);
	holds(urgents == (expected.urgent_ends > 0));
	holds(urgents == 0 || urgent_ends == (uint64_t)expected.urgent_ends);
	compare(false);
}

/* ---- steps ---- */

void machine_arrives(struct machine *w, const uint8_t *tcp, size_t length)
{
	uint8_t *frame = malloc(HEADERS + length), *ip = frame + 14;
	struct segment s;

	holds(frame);
	memset(frame, 0, HEADERS);
	memcpy(frame, our_mac.bytes, 6);
	memcpy(frame + 6, peer_mac.bytes, 6);
	wire_put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	wire_put16(ip + 2, (uint16_t)(20 + length));
	ip[8] = 64;
	ip[9] = 6;
	memcpy(ip + 12, peer_address.bytes, 4);
	memcpy(ip + 16, our_address.bytes, 4);
	wire_put16(ip + 10, (uint16_t)~sum16(ip, 20, 0));
	memcpy(ip + 20, tcp, length);
	story_frame(false, frame, HEADERS + length);
	begin((struct expected){.reply = REPLY_NONE});
	bool sound = segment_read(&s, ip + 20, length, pseudo_sum(ip)), waited = w->model.state == TCP_TIME_WAIT;
	if (sound)
		expected = wire_get16(ip + 22) == OUR_PORT ? model_arrives(&w->model, &s) : model_nobody(&s);
	stack_input(w->stack, &(struct rx_frame){.bytes = frame, .length = HEADERS + length}, now);
	if (waited && w->model.state == TCP_SYN_RECEIVED &&
	    w->socket) { /* another connection: the old one's user goes */
		socket_close(w->socket);
		w->socket = NULL;
	}
	finish();
	holds(sound || tally.frames == 0);
	free(frame);
}

void machine_pass(struct machine *w, uint64_t microseconds)
{
	uint64_t until = now + microseconds;
	int error;

	story_tell("      %llu.%06llu s pass", (unsigned long long)(microseconds / SECOND),
		   (unsigned long long)(microseconds % SECOND));
	for (unsigned ticks = 0; now < until && ticks < TICKS_MAX; ticks++) {
		uint64_t next = stack_deadline(w->stack);
		now = next < until ? next : until;
		begin((struct expected){.reply = REPLY_MAY});
		expected.may_reset = w->model.state >= TCP_ESTABLISHED && model_may_expire(&w->model, &error);
		stack_tick(w->stack, now);
		stack_flush(w->stack, now);
		compare(true);
		holds(tally.resets == 0 || w->model.state <= TCP_LISTEN);
		model_answered(&w->model, &expected, &tally);
	}
}

void machine_accept(struct machine *w)
{
	if (w->socket || w->model.orphan || !w->listener)
		return;
	w->socket = socket_accept(w->listener);
	holds(!w->socket == !(w->model.passive && w->model.state >= TCP_ESTABLISHED));
	if (w->socket)
		story_tell("      accepted");
}

void machine_connect(struct machine *w)
{
	holds((w->socket = socket_open(w->stack, SOCKET_STREAM)));
	holds(socket_bind(w->socket, &local) == 0);
	begin((struct expected){.reply = REPLY_MAY});
	model_connect(&w->model);
	holds(socket_connect(w->socket, &remote) == 0);
	finish();
}

void machine_write(struct machine *w, size_t length)
{
	struct model *m = &w->model;
	bool open = (m->state == TCP_ESTABLISHED || m->state == TCP_CLOSE_WAIT) && !m->fin_queued;

	if (!w->socket || length > sizeof scratch)
		return;
	for (size_t i = 0; i < length; i++)
		scratch[i] = stream_byte(m->written + 1 + (int64_t)i, false);
	begin((struct expected){.reply = REPLY_MAY});
	long taken = socket_send(w->socket, scratch, length);
	story_tell("      user writes %zu: %ld", length, taken);
	holds(taken <= (long)length);
	holds(open || taken <= 0);
	holds(!open || taken > 0 || length == 0 || (taken == -EAGAIN && m->written > m->snd_una));
	if (taken > 0)
		m->written += taken;
	finish();
}

void machine_read(struct machine *w, size_t length)
{
	struct model *m = &w->model;
	int64_t readable = model_readable(m);

	if (!w->socket)
		return;
	begin((struct expected){.reply = REPLY_MAY});
	long taken = socket_receive(w->socket, scratch, length);
	story_tell("      user reads %zu: %ld of %lld", length, taken, (long long)readable);
	if (readable > 0 && length > 0) {
		holds(taken == (readable < (int64_t)length ? readable : (int64_t)length));
		for (long i = 0; i < taken; i++) {
			const struct place *place = &m->places[m->read + 1 + i];
			holds(place->count > 2 || (place->count > 0 && scratch[i] == place->bytes[0]) ||
			      (place->count > 1 && scratch[i] == place->bytes[1]));
		}
		m->read += taken;
	} else if (m->state > TCP_LISTEN) {
		bool ended = m->rcv_fin != NOWHERE && m->rcv_nxt > m->rcv_fin;
		holds(taken == (ended || length == 0 ? 0 : -EAGAIN));
	}
	if (m->state > TCP_LISTEN)
		finish();
}

void machine_shutdown(struct machine *w)
{
	if (!w->socket)
		return;
	story_tell("      user shuts down");
	begin((struct expected){.reply = REPLY_MAY});
	model_shutdown(&w->model);
	socket_shutdown(w->socket, SOCKET_SHUTDOWN_WRITE);
	finish();
}

void machine_close(struct machine *w, bool abort)
{
	struct socket *socket = w->socket;

	if (!socket)
		return;
	story_tell("      user %s", abort ? "aborts" : "closes");
	begin(model_close(&w->model, abort));
	w->socket = NULL;
	if (abort)
		socket_abort(socket);
	else
		socket_close(socket);
	finish();
}

/* Those who were not accepted are reset, if they stand. */
void machine_unlisten(struct machine *w)
{
	struct model *m = &w->model;
	bool waits = m->passive && !w->socket && !m->orphan && m->state > TCP_LISTEN && m->state != TCP_TIME_WAIT;

	if (!w->listener)
		return;
	story_tell("      user stops listening");
	begin((struct expected){.reply = REPLY_MAY});
	m->listening = false;
	if (waits && m->state >= TCP_ESTABLISHED)
		expected = model_close(m, true);
	else if (waits || m->state == TCP_LISTEN)
		model_gone(m, 0);
	socket_close(w->listener);
	w->listener = NULL;
	finish();
}

/* ---- beginning and end ---- */

static void start_listening(struct machine *w, bool nodelay)
{
	holds((w->listener = socket_open(w->stack, SOCKET_STREAM)));
	holds(socket_bind(w->listener, &local) == 0 && socket_listen(w->listener, 4) == 0);
	socket_set_nodelay(w->listener, nodelay);
	w->model.listening = true;
	w->model.state = TCP_LISTEN;
}

struct machine *machine_begin(const struct machine_options *options)
{
	struct stack_config config = stack_defaults();

	story_begin();
	now = START;
	memset(&world, 0, sizeof world);
	blocks = 0;
	config.mac = our_mac;
	config.address = our_address;
	config.prefix_length = 24;
	config.emit = emit;
	config.events.listen = listen;
	config.allocator = (struct allocator){.allocate = allocate, .release = release};
	config.send_buffer = options->send_buffer;
	config.receive_buffer = world.model.buffer = options->receive_buffer;
	memcpy(config.seed, "a model's seed..", 16);
	holds((world.stack = stack_create(&config, now)));
	holds(stack_add_neighbour(world.stack, peer_address, peer_mac) == 0);
	for (unsigned i = 0; i < 10; i++, now += SECOND) {
		stack_tick(world.stack, now);
		stack_flush(world.stack, now);
	}
	if (options->choose_iss) { /* its numbers follow a clock with ticks of 4 microseconds */
		now += 4 * (uint64_t)(uint32_t)(0 - options->near - tcp_isn(world.stack, &local, &remote));
		stack_tick(world.stack, now);
		stack_flush(world.stack, now);
	}
	world.idle = held();
	world.model.now = now;
	if (options->listen)
		start_listening(&world, options->nodelay);
	return &world;
}

void machine_end(struct machine *w)
{
	machine_unlisten(w);
	machine_close(w, false);
	machine_pass(w, SECOND);
	holds(w->model.state == TCP_CLOSED);
	holds(held() == w->idle);
	holds(stack_deadline(w->stack) == DEADLINE_NEVER);
	stack_destroy(w->stack);
	holds(blocks == 0);
}
