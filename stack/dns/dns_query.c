/* SPDX-License-Identifier: MIT
 *
 * A query on its way: which server is asked, how, for how long; what has come.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

#define PORT_LEAST 1024
#define PORT_TRIES 16

/* ---- making and ending ---- */

static bool same_key(const struct dns_key *a, const struct dns_key *b)
{
	return a->type == b->type && a->tcp == b->tcp && endpoint_equal(&a->server, &b->server) &&
	       dns_name_equal(&a->name, &b->name);
}

struct dns_query *dns_query_find(struct stack *s, const struct dns_key *key)
{
	for (struct list *node = s->dns.queries.next; node != &s->dns.queries; node = node->next) {
		struct dns_query *q = LIST_ITEM(node, struct dns_query, node);
		if (same_key(&q->key, key))
			return q;
	}
	return NULL;
}

/* The servers to ask: the one that the request names, or all of the stack's from the one on that answered last. */
static void take_servers(const struct dns *dns, struct dns_query *q)
{
	if (!address_is_any(q->key.server.address)) {
		q->servers[0].at = q->key.server;
		q->server_count = 1;
		return;
	}
	q->server_count = dns->server_count;
	for (unsigned i = 0; i < q->server_count; i++)
		q->servers[i].at = dns->servers[(dns->first + i) % q->server_count];
}

/* End what is being asked now. `quiet`: without a word to anybody. */
static void hang_up(struct stack *s, struct dns_query *q, bool quiet)
{
	deadline_clear(&s->deadlines, &q->deadline);
	q->due = false;
	if (q->udp)
		udp_close(s, q->udp);
	if (q->connection && quiet)
		tcp_destroy(s, q->connection);
	else if (q->connection)
		tcp_close(s, q->connection);
	q->udp = NULL;
	q->connection = NULL;
}

void dns_query_drop(struct stack *s, struct dns_query *q, bool quiet)
{
	hang_up(s, q, quiet);
	list_remove(&q->node);
	s->dns.query_count--;
	memory_put(&s->memory, q->message, q->message_length);
	memory_put(&s->memory, q->records, q->length);
	memory_put(&s->memory, q, sizeof *q);
}

/* Put what came of it into the cache. */
static void remember(struct stack *s, const struct dns_query *q)
{
	if (q->status > DNS_NXDOMAIN)
		return;
	struct dns_entry *entry = dns_entry_get(&s->memory, q->length);
	if (!entry)
		return;
	entry->key = q->key;
	if (q->status == DNS_NXDOMAIN && q->aliases == 0) /* RFC 2308 5: it is so for every type */
		entry->key.type = DNS_ANY;
	entry->status = q->status;
	entry->from = q->servers[q->turn].at;
	entry->since = s->now;
	entry->ttl = q->ttl;
	if (q->length > 0)
		memcpy(entry->records, q->records, q->length);
	if (!dns_cache_add(&s->dns.cache, &s->memory, entry))
		dns_entry_put(&s->memory, entry);
}

/* The query is over: everybody who waits for it is told. */
static void finish(struct stack *s, struct dns_query *q)
{
	struct dns_answer answer = {
	    .status = q->status,
	    .source = DNS_FROM_SERVER,
	    .server = q->servers[q->turn].at,
	    .tcp = q->tcp,
	    .records = q->records,
	    .length = q->length,
	    .message = q->understood ? q->message : NULL,
	    .message_length = q->understood ? q->message_length : 0,
	};
	struct list *node;

	hang_up(s, q, false);
	remember(s, q);
	list_remove(&q->node); /* who asks again from here on starts a new one */
	while ((node = list_take(&q->waiters)))
		dns_deliver(s, LIST_ITEM(node, struct dns_request, node), &answer);
	dns_query_drop(s, q, false);
}

/* ---- asking ---- */

/* Upper or lower case for each letter by chance: as many bits as the name has letters that a forger must guess too. */
static struct dns_name mix_case(struct random *random, const struct dns_name *name)
{
	struct dns_name mixed = *name;
	uint64_t bits = 0;

	for (unsigned i = 0; i < mixed.length; i++) {
		uint8_t letter = mixed.bytes[i] | 0x20;
		bits = i % 64 == 0 ? random_next(random) : bits >> 1;
		if (letter >= 'a' && letter <= 'z' && (bits & 1))
			mixed.bytes[i] ^= 0x20;
	}
	return mixed;
}

/* Write the question, spelt anew. Its length. The last round does without what a server might choke on in silence. */
static size_t put_question(struct stack *s, struct dns_query *q, uint8_t to[DNS_QUERY_MAX])
{
	const struct dns_server *server = &q->servers[q->turn];
	bool last = q->round == DNS_ROUNDS - 1;

	q->edns = !last && !server->plain;
	q->mixed = !last && !server->one_case && !q->tcp;
	q->sent = q->mixed ? mix_case(&s->random, &q->asked) : q->asked;
	stack_count(s, COUNT_DNS_QUERIES_OUT);
	return dns_emit_query(to, q->id, &q->sent, q->key.type, q->edns);
}

/* RFC 5452 9.2: a port of all that there are, by chance. Where none is found udp_connect() takes one. */
static void bind_by_chance(struct stack *s, struct udp_socket *u)
{
	for (unsigned tries = 0; tries < PORT_TRIES; tries++) {
		uint16_t port = (uint16_t)(PORT_LEAST + random_below(&s->random, 65536 - PORT_LEAST));
		if (udp_bind(s, u, &(struct endpoint){ADDRESS_ANY, port}) == 0)
			return;
	}
}

/* A datagram that the device has no room for is as good as lost; the next round comes. False: it cannot be sent. */
static bool ask_by_udp(struct stack *s, struct dns_query *q, const struct endpoint *server)
{
	uint8_t question[DNS_QUERY_MAX];

	q->udp = udp_open(s, NULL);
	if (!q->udp)
		return false;
	bind_by_chance(s, q->udp);
	int error = udp_connect(s, q->udp, server);
	if (error == 0)
		error = udp_send(s, q->udp, NULL, question, put_question(s, q, question));
	return error == 0 || error == -EAGAIN || error == -ENOMEM;
}

/* TCP wants to know that its user will read; it does not look into what it is given for that. */
static struct socket *as_user(struct dns_query *q)
{
	return (struct socket *)(void *)q;
}

static bool ask_by_tcp(struct stack *s, struct dns_query *q, const struct endpoint *server)
{
	struct endpoint local = {ip_source_for(s, server->address), 0};
	struct tcp_settings settings = tcp_settings_default;

	if (!ip_is_ours(s, server->address) && !route_exists(s, server->address))
		return false;
	local.port = tcp_ephemeral_port(s, local.address, server);
	if (local.port == 0)
		return false;
	q->connection = tcp_connect(s, local, *server, as_user(q));
	q->received = 0;
	q->written = false;
	if (!q->connection)
		return false;
	settings.linger = true; /* for a server that is gone our FIN is not sent for a quarter of an hour */
	settings.linger_time = DNS_TCP_PATIENCE;
	tcp_configure(s, q->connection, &settings);
	return true;
}

/* The next server that has not said that it cannot help. False: that was the last one of the last round. */
static bool next_server(struct dns_query *q)
{
	q->tcp = q->key.tcp;
	do {
		if (++q->turn >= q->server_count) {
			q->turn = 0;
			q->round++;
		}
		if (q->round >= DNS_ROUNDS)
			return false;
	} while (q->servers[q->turn].out);
	return true;
}

static void dns_ask(struct stack *s, struct dns_query *q)
{
	for (;;) {
		const struct endpoint *server = &q->servers[q->turn].at;
		hang_up(s, q, false);
		q->id = (uint16_t)random_next(&s->random);
		if (q->tcp ? ask_by_tcp(s, q, server) : ask_by_udp(s, q, server))
			break;
		if (next_server(q))
			continue;
		q->turn = 0;
		q->status = q->failure;
		finish(s, q);
		return;
	}
	deadline_set(&s->deadlines, &q->deadline, s->now + (q->tcp ? DNS_TCP_PATIENCE : DNS_PATIENCE << q->round));
}

/* This server did not help. */
static void ask_next(struct stack *s, struct dns_query *q, enum dns_status failure)
{
	unsigned turn = q->turn;

	dns_note_failure(q, failure);
	if (next_server(q)) {
		dns_ask(s, q);
		return;
	}
	q->turn = turn; /* the last that was asked */
	q->status = q->failure;
	finish(s, q);
}

bool dns_query_begin(struct stack *s, struct dns_request *request)
{
	struct dns_query *q = memory_get(&s->memory, sizeof *q);

	if (!q)
		return false;
	list_init(&q->waiters);
	list_remove(&request->node);
	list_append(&q->waiters, &request->node);
	list_append(&s->dns.queries, &q->node);
	s->dns.query_count++;
	deadline_init(&q->deadline, DEADLINE_DNS);
	q->key = request->key;
	q->asked = q->key.name;
	q->tcp = q->key.tcp;
	q->ttl = DNS_TTL_MAX;
	q->failure = DNS_UNREACHABLE;
	take_servers(&s->dns, q);
	if (q->server_count > 0) {
		dns_ask(s, q);
	} else {
		q->status = q->failure;
		finish(s, q);
	}
	return true;
}

/* ---- hearing ---- */

/* The server in turn has answered: it is asked first from now on. */
static void prefer(struct dns *dns, const struct endpoint *server)
{
	for (unsigned i = 0; i < dns->server_count; i++)
		if (endpoint_equal(&dns->servers[i], server))
			dns->first = i;
}

/* A message has come that means something. The query may be gone afterwards. */
static void act(struct stack *s, struct dns_query *q, enum dns_meaning meaning)
{
	struct dns_server *server = &q->servers[q->turn];

	switch (meaning) {
	case DNS_MEANS_NOTHING:
		break;
	case DNS_MEANS_END:
		prefer(&s->dns, &server->at);
		finish(s, q);
		break;
	case DNS_MEANS_ALIAS:
		q->round = 0;
		q->tcp = q->key.tcp;
		dns_ask(s, q);
		break;
	case DNS_MEANS_TCP:
		event_emit(&s->events, &(struct event){.type = EVENT_DNS_TRUNCATED, .remote = server->at});
		q->tcp = true;
		dns_ask(s, q);
		break;
	case DNS_MEANS_CASE:
		server->one_case = true;
		dns_ask(s, q);
		break;
	case DNS_MEANS_PLAIN:
		server->plain = true;
		dns_ask(s, q);
		break;
	case DNS_MEANS_NO_HELP:
		server->out = true;
		ask_next(s, q, q->failure);
		break;
	}
}

/* False: it has not brought anything, and the query goes on waiting. */
static bool hear_udp(struct stack *s, struct dns_query *q)
{
	const struct udp_datagram *d;

	while ((d = udp_peek(q->udp))) {
		enum dns_meaning meaning = dns_judge(s, q, d->payload, d->length);
		udp_consume(s, q->udp);
		if (meaning == DNS_MEANS_NOTHING)
			continue;
		act(s, q, meaning);
		return true;
	}
	list_remove(&q->udp->notice); /* it is ours; no socket is to be told */
	if (udp_take_error(q->udp) == 0)
		return false;
	ask_next(s, q, DNS_UNREACHABLE);
	return true;
}

/* Move up to `wanted` received bytes to `to`: how many there were. */
static size_t fetch(struct stack *s, struct tcp_connection *c, uint8_t *to, size_t wanted)
{
	struct slice slices[2];
	unsigned count = tcp_receive_peek(c, slices);
	size_t taken = 0;

	for (unsigned i = 0; i < count; i++) {
		size_t part = slices[i].length < wanted - taken ? slices[i].length : wanted - taken;
		memcpy(to + taken, slices[i].bytes, part);
		taken += part;
	}
	if (taken > 0)
		tcp_receive_consume(s, c, taken);
	return taken;
}

/* The length before a message has come: make room. False: no message has it, or no memory. */
static bool make_room(struct stack *s, struct dns_query *q)
{
	size_t length = dns_parse_length(q->frame);

	memory_put(&s->memory, q->message, q->message_length);
	q->message = length >= DNS_HEADER ? memory_get(&s->memory, length) : NULL;
	q->message_length = q->message ? length : 0;
	q->understood = false;
	return q->message;
}

/* Take what has come of a message. True: one is whole, or (*failed) none can be. */
static bool receive(struct stack *s, struct dns_query *q, bool *failed)
{
	size_t head = sizeof q->frame;

	*failed = false;
	if (q->received < head) {
		q->received += fetch(s, q->connection, q->frame + q->received, head - q->received);
		if (q->received < head)
			return false;
		*failed = !make_room(s, q);
		if (*failed)
			return true;
	}
	size_t at = q->received - head;
	q->received += fetch(s, q->connection, q->message + at, q->message_length - at);
	return q->received == head + q->message_length;
}

/* The connection is established: send the question, in one piece. False: no memory. */
static bool write_question(struct stack *s, struct dns_query *q)
{
	uint8_t question[2 + DNS_QUERY_MAX];
	size_t length = put_question(s, q, question + 2), room;

	dns_emit_length(question, length);
	uint8_t *to = tcp_send_reserve(s, q->connection, length + 2, &room);
	if (!to || room < length + 2)
		return false;
	memcpy(to, question, length + 2);
	tcp_send_commit(s, q->connection, length + 2);
	q->written = true;
	return true;
}

/* The same as hear_udp(). */
static bool hear_tcp(struct stack *s, struct dns_query *q)
{
	bool failed;

	list_remove(&q->connection->notice.node);
	if (!q->written && tcp_can_send(q->connection) && !write_question(s, q)) {
		ask_next(s, q, DNS_UNREACHABLE);
		return true;
	}
	while (receive(s, q, &failed)) {
		enum dns_meaning meaning = failed ? DNS_MEANS_NO_HELP : dns_judge(s, q, q->message, q->message_length);
		if (failed)
			dns_note_failure(q, DNS_MALFORMED);
		q->received = 0;
		if (meaning == DNS_MEANS_NOTHING)
			continue;
		act(s, q, meaning);
		return true;
	}
	if (!tcp_at_end(q->connection))
		return false;
	ask_next(s, q, q->written ? DNS_TIMEOUT : DNS_UNREACHABLE);
	return true;
}

static void serve(struct stack *s, struct dns_query *q)
{
	if (list_empty(&q->waiters)) { /* all have been cancelled */
		dns_query_drop(s, q, false);
		return;
	}
	if (q->udp ? hear_udp(s, q) : hear_tcp(s, q))
		return;
	if (!q->due)
		return;
	stack_count(s, COUNT_DNS_TIMEOUTS);
	event_emit(&s->events, &(struct event){.type = EVENT_DNS_SILENT, .remote = q->servers[q->turn].at});
	ask_next(s, q, DNS_TIMEOUT);
}

void dns_dispatch(struct stack *s)
{
	struct list *next;

	for (struct list *node = s->dns.queries.next; node != &s->dns.queries; node = next) {
		next = node->next; /* only the query itself can go meanwhile, and new ones begin in dns_flush() */
		serve(s, LIST_ITEM(node, struct dns_query, node));
	}
}

void dns_deadline(struct deadline *deadline)
{
	LIST_ITEM(deadline, struct dns_query, deadline)->due = true;
}
