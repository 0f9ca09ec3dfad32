/* SPDX-License-Identifier: MIT
 *
 * strata curl's connection. There is one at a time; the next URL uses it again where that is at the same server and it still stands
 * (RFC 9112 9.3).
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "apps/curl.h"

#define CURL_ADDRESSES 8

uint64_t curl_deadline(uint64_t since, uint64_t time)
{
	return time == CURL_NEVER ? CURL_NEVER : since + time;
}

int curl_time_left(uint64_t until)
{
	uint64_t now = host_now();
	if (until == CURL_NEVER)
		return HOST_FOREVER;
	uint64_t left = until > now ? (until - now + 999) / 1000 : 0;
	return left < INT32_MAX ? (int)left : INT32_MAX;
}

void curl_disconnect(struct curl *c)
{
	if (!c->socket)
		return;
	curl_say(c, "Closing connection %u", c->connections - 1);
	socket_close(c->socket);
	c->socket = NULL;
	host_flush(c->host);
}

/* Whether the connection at hand will do. One that has something to say without being asked is over, or not to be trusted. */
static bool curl_can_reuse(const struct curl *c)
{
	return c->socket && strcasecmp(c->host_name, c->url.host) == 0 && c->port == c->url.port &&
	       !(socket_ready(c->socket) & (SOCKET_READABLE | SOCKET_HANGUP | SOCKET_ERROR));
}

static int curl_tell_no_name(struct curl *c, int error, enum dns_status status)
{
	if (error == -EINTR)
		return CURL_INTERRUPTED;
	if (error == -ENODEV)
		return CURL_NO_NAME;
	if (error == -EINVAL)
		return curl_fail(c, CURL_NO_NAME, "could not resolve host %s: it is no name and no IPv4 address",
				 c->url.host);
	if (error == -ETIMEDOUT && status == DNS_GOOD)
		return curl_fail(c, CURL_TOO_LATE, "looking up %s took too long", c->url.host);
	return curl_fail(c, CURL_NO_NAME, "could not resolve host %s: %s", c->url.host, dns_status_text(status));
}

static int curl_tell_no_connection(struct curl *c, int error)
{
	if (error == -EINTR)
		return CURL_INTERRUPTED;
	if (error == -ETIMEDOUT)
		return curl_fail(c, CURL_TOO_LATE, "connecting to %s port %u took too long", c->url.host, c->url.port);
	return curl_fail(c, CURL_NO_CONNECTION, "connecting to %s port %u failed: %s", c->url.host, c->url.port,
			 strerror(-error));
}

/* Try the addresses one after the other: 0 or the last error. */
static int curl_try(struct curl *c, const struct address *addresses, int count, uint64_t until)
{
	char text[ADDRESS_TEXT];
	int error = -EHOSTUNREACH;
	for (int i = 0; i < count && error; i++) {
		const struct endpoint remote = {addresses[i], c->url.port};
		address_print(remote.address, text);
		curl_say(c, "  Trying %s:%u...", text, remote.port);
		error = host_connect(c->host, &remote, curl_time_left(until), &c->socket);
		if (!error)
			curl_say(c, "Connected to %s (%s) port %u (#%u)", c->url.host, text, remote.port,
				 c->connections);
		else if (error == -EINTR || error == -ENODEV)
			break;
		else
			curl_say(c, "connect to %s port %u failed: %s", text, remote.port, strerror(-error));
	}
	return error;
}

int curl_connect(struct curl *c, bool may_reuse)
{
	struct address addresses[CURL_ADDRESSES];
	enum dns_status status = DNS_GOOD;
	uint64_t connected = curl_deadline(host_now(), c->connect_timeout), over = curl_deadline(c->began, c->max_time);
	uint64_t until = connected < over ? connected : over;
	c->reused = may_reuse && curl_can_reuse(c);
	if (c->reused) {
		curl_say(c, "Re-using existing connection #%u with host %s", c->connections - 1, c->url.host);
		return 0;
	}
	curl_disconnect(c);
	int found = -EINVAL;
	if (c->url.host[0] != '[') /* an IPv6 address is nothing that a name server knows */
		found = host_resolve(c->host, c->url.host, curl_time_left(until), addresses, CURL_ADDRESSES, &status);
	if (found < 0) {
		bool late = until != CURL_NEVER && host_now() >= until;
		return curl_tell_no_name(c, found, late ? DNS_GOOD : status);
	}
	int error = curl_try(c, addresses, found < CURL_ADDRESSES ? found : CURL_ADDRESSES, until);
	if (error)
		return curl_tell_no_connection(c, error);
	memcpy(c->host_name, c->url.host, sizeof c->host_name);
	c->port = c->url.port;
	c->connections++;
	return 0;
}
