/* SPDX-License-Identifier: MIT
 *
 * Names for apps: where the stack's name servers come from, and looking up with blocking calls.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apps/host.h"

#define RESOLV_CONF      "/etc/resolv.conf"
#define RESOLV_CONF_MAX  65536
#define RESOLV_CONF_USED 3 /* as many as resolv.conf(5) has */

/* ---- whom to ask ---- */

/* One line: "nameserver", white space, an address, and whatever else. */
static bool host_read_server(const char *line, size_t length, struct address *server)
{
	char word[ADDRESS_TEXT];
	static const char key[] = "nameserver";
	size_t at = sizeof key - 1, end;
	if (length <= at || memcmp(line, key, at) != 0 || (line[at] != ' ' && line[at] != '\t'))
		return false;
	while (at < length && (line[at] == ' ' || line[at] == '\t'))
		at++;
	for (end = at; end < length && line[end] != ' ' && line[end] != '\t' && line[end] != '\r';)
		end++;
	if (end - at >= sizeof word)
		return false;
	snprintf(word, sizeof word, "%.*s", (int)(end - at), line + at);
	return address_parse(word, server) && server->bytes[0] != 127 && server->bytes[0] != 0;
}

unsigned host_read_resolv_conf(const char *text, struct address *servers, unsigned room)
{
	unsigned count = 0;
	while (*text && count < room) {
		size_t length = strcspn(text, "\n");
		if (host_read_server(text, length, &servers[count]))
			count++;
		text += length + (text[length] == '\n');
	}
	return count;
}

static unsigned host_servers_of_system(struct address *servers, unsigned room)
{
	static char text[RESOLV_CONF_MAX];
	FILE *file = fopen(RESOLV_CONF, "re");
	if (!file)
		return 0;
	size_t length = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[length] = '\0';
	return host_read_resolv_conf(text, servers, room);
}

bool host_set_names(struct host *h)
{
	const struct options *o = host_options(h);
	struct address servers[DNS_SERVERS_MAX];
	unsigned count = o->dns_count;
	memcpy(servers, o->dns, sizeof servers);
	if (count == 0)
		count = host_servers_of_system(servers, RESOLV_CONF_USED);
	if (count == 0)
		servers[count++] = o->gateway;
	for (unsigned i = 0; i < count; i++) /* one that is a broadcast here is left out */
		dns_add_server(host_stack(h), &(struct endpoint){servers[i], DNS_PORT});
	for (unsigned i = 0; i < o->host_count; i++) {
		char name[DNS_NAME_TEXT];
		const char *text = o->hosts[i].name;
		snprintf(name, sizeof name, "%.*s", (int)(strrchr(text, '=') - text), text);
		if (dns_add_host(host_stack(h), name, o->hosts[i].address) != 0)
			return false;
	}
	return true;
}

/* ---- looking up ---- */

struct host_looking {
	bool done;
	void (*see)(void *user, const struct dns_answer *answer);
	void *user;
};

static void host_hear_answer(void *user, const struct dns_answer *answer)
{
	struct host_looking *looking = user;
	looking->done = true;
	looking->see(looking->user, answer);
}

static bool host_has_looked(void *user)
{
	const struct host_looking *looking = user;
	return looking->done;
}

int host_look_up(struct host *h, const struct dns_wanted *wanted, int timeout,
		 void (*see)(void *user, const struct dns_answer *answer), void *user)
{
	struct host_looking looking = {.see = see, .user = user};
	struct dns_request *request;
	int error = dns_begin(host_stack(h), wanted, host_hear_answer, &looking, &request);
	if (error)
		return error;
	error = host_until(h, host_has_looked, &looking, timeout);
	if (!looking.done)
		dns_cancel(request);
	return looking.done ? 0 : error;
}

struct host_resolving {
	struct address *addresses;
	unsigned room;
	unsigned count;
	enum dns_status status;
};

static void host_take_addresses(void *user, const struct dns_answer *answer)
{
	struct host_resolving *r = user;
	r->status = answer->status;
	r->count = dns_answer_addresses(answer, r->addresses, r->room);
}

static int host_resolve_error(enum dns_status status)
{
	switch (status) {
	case DNS_GOOD:
	case DNS_NO_DATA:
	case DNS_NXDOMAIN:
		return -ENOENT;
	case DNS_TIMEOUT:
		return -ETIMEDOUT;
	case DNS_UNREACHABLE:
		return -ENETUNREACH;
	case DNS_NO_MEMORY:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

int host_resolve(struct host *h, const char *name, int timeout, struct address *addresses, unsigned room,
		 enum dns_status *status)
{
	struct host_resolving r = {.addresses = addresses, .room = room, .status = DNS_TIMEOUT};
	const struct dns_wanted wanted = {.name = name, .type = DNS_A};
	int error = host_look_up(h, &wanted, timeout, host_take_addresses, &r);
	if (status)
		*status = r.status;
	if (error)
		return error;
	return r.count > 0 ? (int)r.count : host_resolve_error(r.status);
}
