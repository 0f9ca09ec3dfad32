/* SPDX-License-Identifier: MIT
 *
 * The resolver: what is known without asking, and who waits for what.
 */
#include "dns/dns.h"

#include <errno.h>
#include <string.h>

#include "internal.h"

/* ---- the layer ---- */

void dns_init(struct stack *s)
{
	list_init(&s->dns.hosts);
	list_init(&s->dns.fresh);
	list_init(&s->dns.queries);
	dns_cache_init(&s->dns.cache, random_key(&s->random));
}

static void free_request(struct stack *s, struct dns_request *request)
{
	list_remove(&request->node);
	s->dns.request_count--;
	memory_put(&s->memory, request, sizeof *request);
}

static void forget_requests(struct stack *s, struct list *requests)
{
	while (!list_empty(requests))
		free_request(s, LIST_ITEM(requests->next, struct dns_request, node));
}

static void forget_all(struct stack *s, bool quiet)
{
	while (!list_empty(&s->dns.queries)) {
		struct dns_query *q = LIST_ITEM(s->dns.queries.next, struct dns_query, node);
		forget_requests(s, &q->waiters);
		dns_query_drop(s, q, quiet);
	}
	forget_requests(s, &s->dns.fresh);
}

void dns_close(struct stack *s)
{
	forget_all(s, false);
}

void dns_release(struct stack *s)
{
	struct list *node;

	forget_all(s, true);
	while ((node = list_take(&s->dns.hosts)))
		memory_put(&s->memory, LIST_ITEM(node, struct dns_host, node), sizeof(struct dns_host));
	dns_cache_release(&s->dns.cache, &s->memory);
}

/* ---- what is configured ---- */

int dns_add_server(struct stack *s, const struct endpoint *server)
{
	struct dns *dns = &s->dns;

	if (!ip_is_host(s, server->address))
		return -EINVAL;
	if (dns->server_count == DNS_SERVERS_MAX)
		return -ENOSPC;
	dns->servers[dns->server_count] = *server;
	if (server->port == 0)
		dns->servers[dns->server_count].port = DNS_PORT;
	dns->server_count++;
	return 0;
}

const struct endpoint *dns_server(const struct stack *s, unsigned n)
{
	return n < s->dns.server_count ? &s->dns.servers[n] : NULL;
}

int dns_add_host(struct stack *s, const char *name, struct address address)
{
	struct dns_name parsed;

	if (!dns_name_parse(name, &parsed))
		return -EINVAL;
	if (s->dns.host_count == DNS_HOSTS_MAX)
		return -ENOSPC;
	struct dns_host *host = memory_get(&s->memory, sizeof *host);
	if (!host)
		return -ENOMEM;
	host->name = parsed;
	host->address = address;
	list_append(&s->dns.hosts, &host->node);
	s->dns.host_count++;
	return 0;
}

/* ---- what needs no server ---- */

/* "localhost", and all below it. */
static bool is_localhost(const struct dns_name *name)
{
	struct dns_name localhost;

	dns_name_parse("localhost", &localhost);
	return dns_name_is_within(name, &localhost);
}

/* The addresses of a name that is fixed: how many; the first `room` of them are put into `to`. */
static unsigned fixed_addresses(const struct stack *s, const struct dns_request *r, struct address *to, unsigned room)
{
	unsigned count = 0;

	if (r->numeric) {
		to[0] = r->address;
		return 1;
	}
	for (struct list *node = s->dns.hosts.next; node != &s->dns.hosts; node = node->next) {
		const struct dns_host *host = LIST_ITEM(node, struct dns_host, node);
		if (!dns_name_equal(&host->name, &r->key.name))
			continue;
		if (count < room)
			to[count] = host->address;
		count++;
	}
	if (count == 0 && is_localhost(&r->key.name)) {
		to[0] = address_from_number(0x7f000001); /* RFC 6761 6.3 */
		count = 1;
	}
	return count < room ? count : room;
}

/* Addresses as records of the name, with nothing to live for. */
static struct dns_entry *make_records(struct stack *s, const struct dns_name *owner, const struct address *addresses,
				      unsigned count)
{
	struct dns_record record = {.owner = *owner, .type = DNS_A, .class = DNS_CLASS_IN};

	record.length = sizeof addresses->bytes;
	size_t each = dns_emit_record(NULL, &record);
	struct dns_entry *entry = dns_entry_get(&s->memory, count * each);
	for (unsigned i = 0; entry && i < count; i++) {
		record.data = addresses[i].bytes;
		dns_emit_record(entry->records + i * each, &record);
	}
	return entry;
}

/* Answer it when its name is fixed: for addresses only, of which there are none but IPv4's. */
static bool answer_fixed(struct stack *s, struct dns_request *r)
{
	struct address addresses[DNS_HOSTS_MAX];
	struct dns_answer answer = {.status = DNS_NO_DATA, .source = DNS_FROM_HOSTS};
	struct dns_entry *entry = NULL;
	unsigned count = 0;

	if (r->numeric || r->key.type == DNS_A || r->key.type == DNS_AAAA)
		count = fixed_addresses(s, r, addresses, DNS_HOSTS_MAX);
	if (count == 0)
		return false;
	if (r->key.type == DNS_A) {
		entry = make_records(s, &r->key.name, addresses, count);
		answer.status = entry ? DNS_GOOD : DNS_NO_MEMORY;
	}
	if (entry) {
		answer.records = entry->records;
		answer.length = entry->length;
	}
	dns_deliver(s, r, &answer);
	if (entry)
		dns_entry_put(&s->memory, entry);
	return true;
}

static struct dns_answer answer_of(const struct stack *s, const struct dns_entry *entry)
{
	return (struct dns_answer){
	    .status = entry->status,
	    .source = DNS_FROM_CACHE,
	    .name = entry->key.name,
	    .type = entry->key.type,
	    .server = entry->from,
	    .age = dns_entry_age(entry, s->now),
	    .records = entry->records,
	    .length = entry->length,
	};
}

static bool answer_from_cache(struct stack *s, struct dns_request *r)
{
	const struct dns_entry *entry = dns_cache_find(&s->dns.cache, &s->memory, &r->key, s->now);

	if (!entry)
		return false;
	struct dns_answer answer = answer_of(s, entry);
	stack_count(s, COUNT_DNS_CACHE_HITS);
	dns_deliver(s, r, &answer);
	return true;
}

void dns_cache_walk(const struct stack *s, void (*see)(void *user, const struct dns_answer *answer, uint32_t ttl),
		    void *user)
{
	const struct list *used = &s->dns.cache.used;

	for (struct list *node = used->next; node != used; node = node->next) {
		const struct dns_entry *entry = LIST_ITEM(node, struct dns_entry, used);
		struct dns_answer answer = answer_of(s, entry);
		if (answer.age < entry->ttl)
			see(user, &answer, entry->ttl - answer.age);
	}
}

/* ---- requests ---- */

/* Hexadecimal digits and colons: an IPv6 address, which no server is to be bothered with. */
static bool is_ipv6(const char *name)
{
	bool colon = false;

	for (; *name; name++) {
		if (!strchr("0123456789abcdefABCDEF:.", *name))
			return false;
		colon |= *name == ':';
	}
	return colon;
}

int dns_begin(struct stack *s, const struct dns_wanted *wanted, void (*done)(void *user, const struct dns_answer *),
	      void *user, struct dns_request **request)
{
	struct dns_key key = {.type = wanted->type, .tcp = wanted->tcp, .server = wanted->server};
	bool any = address_is_any(wanted->server.address);

	if (is_ipv6(wanted->name) || !dns_name_parse(wanted->name, &key.name) ||
	    (!any && !ip_is_host(s, wanted->server.address)))
		return -EINVAL;
	if (s->dns.request_count == DNS_REQUESTS_MAX)
		return -EAGAIN;
	if (any || key.server.port == 0)
		key.server.port = any ? 0 : DNS_PORT;
	struct dns_request *r = memory_get(&s->memory, sizeof *r);
	if (!r)
		return -ENOMEM;
	r->stack = s;
	r->key = key;
	r->numeric = address_parse(wanted->name, &r->address);
	r->begun = s->now;
	r->done = done;
	r->user = user;
	list_append(&s->dns.fresh, &r->node);
	s->dns.request_count++;
	if (request)
		*request = r;
	return 0;
}

void dns_cancel(struct dns_request *request)
{
	free_request(request->stack, request);
}

void dns_deliver(struct stack *s, struct dns_request *r, struct dns_answer *answer)
{
	void (*done)(void *, const struct dns_answer *) = r->done;
	void *user = r->user;

	answer->name = r->key.name;
	answer->type = r->key.type;
	answer->time = s->now - r->begun;
	free_request(s, r);
	done(user, answer);
}

/* Wait for a query, a new one or one that is on its way. False: there are too many. */
static bool wait_for_query(struct stack *s, struct dns_request *r)
{
	struct dns_query *q = dns_query_find(s, &r->key);

	if (q) {
		list_remove(&r->node);
		list_append(&q->waiters, &r->node);
		return true;
	}
	if (s->dns.query_count == DNS_QUERIES_MAX)
		return false;
	if (!dns_query_begin(s, r))
		dns_deliver(s, r, &(struct dns_answer){.status = DNS_NO_MEMORY});
	return true;
}

void dns_flush(struct stack *s)
{
	while (!list_empty(&s->dns.fresh)) {
		struct dns_request *r = LIST_ITEM(s->dns.fresh.next, struct dns_request, node);
		if (!answer_fixed(s, r) && !answer_from_cache(s, r) && !wait_for_query(s, r))
			break;
	}
}

/* ---- reading answers ---- */

bool dns_answer_next(const struct dns_answer *answer, size_t *at, struct dns_record *record)
{
	struct dns_reader r = dns_reader_of_records(answer->records, answer->length);

	r.at = *at;
	if (r.at >= answer->length || !dns_read_record(&r, record))
		return false;
	record->ttl -= answer->age; /* nothing is remembered for longer than its shortest TTL */
	*at = r.at;
	return true;
}

unsigned dns_answer_addresses(const struct dns_answer *answer, struct address *addresses, unsigned room)
{
	struct dns_record record;
	unsigned count = 0;

	for (size_t at = 0; dns_answer_next(answer, &at, &record);) {
		if (record.type != DNS_A)
			continue;
		if (count < room)
			memcpy(addresses[count].bytes, record.data, sizeof addresses[count].bytes);
		count++;
	}
	return count;
}

const char *dns_status_text(enum dns_status status)
{
	static const char *const texts[] = {
	    "found",
	    "the name has no record of this type",
	    "there is no such name",
	    "the name server could not find out",
	    "the name server refuses to say",
	    "the name server's answer makes no sense",
	    "no name server has answered",
	    "no name server can be reached",
	    "no memory",
	};
	return texts[status];
}
