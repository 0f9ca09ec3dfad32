/* SPDX-License-Identifier: MIT
 *
 * Getting onto the wire; see attach.h. What may not be changed but is already as it should be, or has been set up by somebody
 * in another way that works, is taken as it is: this is how an ordinary user runs on what `sudo strata up` made.
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "apps/attach.h"
#include "apps/causes.h"
#include "drivers/tap.h"

#define ATTACH_PATIENCE 60000 /* milliseconds to wait for a TAP to come free */
#define ATTACH_PAUSE    250   /* milliseconds from one look to the next */

/* Say what failed; false, for the caller to return. */
static bool attach_fail(const char *what, const char *which, const char *why, const char *command)
{
	char line[CAUSE_LINE];
	cause_line(line, what, which, why, command);
	return cause_tell(line);
}

/* ---- the bridge ---- */

static bool attach_is_bridge(const char *name)
{
	struct netdevice_link link;
	return netdevice_link(name, &link) == 0 && strcmp(link.kind, "bridge") == 0;
}

static bool attach_choose_bridge(const struct options *o, struct attachment *a)
{
	const char *name = o->bridge ? o->bridge : ATTACH_BRIDGE;
	a->bridge[0] = '\0';
	if (o->bridge_none || (!o->bridge && !attach_is_bridge(name)))
		return true;
	if (!attach_is_bridge(name))
		return attach_fail("joining a bridge", name, "there is no bridge of this name",
				   "sudo strata up, which makes " ATTACH_BRIDGE ", or --bridge none");
	snprintf(a->bridge, sizeof a->bridge, "%s", name);
	return true;
}

/* ---- the TAP ---- */

static void attach_explain(const struct options *o, const char *name, struct tap_failure failure, unsigned busy)
{
	char line[CAUSE_LINE], command[96];
	const char *why = strerror(-failure.error);
	switch (failure.step) {
	case TAP_OPEN:
		cause_of_open("", -failure.error, line);
		break;
	case TAP_ATTACH:
		if (o->tap)
			cause_of_attach("", name, -failure.error, o->command, line);
		else
			cause_of_none("", name, -failure.error, busy, o->command, line);
		break;
	case TAP_OFFLOAD:
		cause_line(line, "setting offloads", name, why, "uname -r (Linux 2.6.32 or later)");
		break;
	case TAP_MTU:
		snprintf(command, sizeof command, "sudo ip link set dev %.15s mtu %u", name, o->mtu);
		cause_line(line, "setting the MTU", name, why, command);
		break;
	}
	cause_tell(line);
}

/* Whether an interface is none of ours to take without having been named: not a TAP, or a port of another bridge. */
static bool attach_passes_over(const struct netdevice_link *link, const struct attachment *a)
{
	unsigned bridge = a->bridge[0] ? if_nametoindex(a->bridge) : 0;
	return link->index && (!link->tap || (link->master && link->master != bridge));
}

/* Why none was to be had. Of the refusals the first that is not "busy" says most. */
struct attach_refusal {
	struct tap_failure failure;
	char tap[NETDEVICE_NAME];
	unsigned busy; /* so many are in use */
};

/* The first that lets us. */
static bool attach_first(const struct options *o, struct attachment *a, struct attach_refusal *refusal)
{
	struct tap_failure failure;
	struct netdevice_link link;
	*refusal = (struct attach_refusal){.failure = {TAP_ATTACH, -EBUSY}, .tap = "tap0"};
	for (unsigned i = 0; i < ATTACH_TAPS && refusal->failure.step == TAP_ATTACH; i++) {
		snprintf(a->tap, sizeof a->tap, "tap%u", i);
		if (netdevice_link(a->tap, &link) == 0 && attach_passes_over(&link, a))
			continue;
		a->device = tap_open(a->tap, o->mtu, &failure);
		if (a->device)
			return true;
		refusal->busy += failure.error == -EBUSY;
		if (refusal->failure.error != -EBUSY || failure.error == -EBUSY)
			continue;
		refusal->failure = failure;
		memcpy(refusal->tap, a->tap, sizeof a->tap);
	}
	return false;
}

/* Where all are in use, as when hundreds of pages are fetched at once, one soon comes free. */
static bool attach_any(const struct options *o, struct attachment *a)
{
	struct attach_refusal refusal;
	for (unsigned waited = 0; !attach_first(o, a, &refusal); waited += ATTACH_PAUSE) {
		if (refusal.failure.error != -EBUSY || refusal.busy == 0 || waited >= ATTACH_PATIENCE) {
			attach_explain(o, refusal.tap, refusal.failure, refusal.busy);
			return false;
		}
		if (waited == 4 * ATTACH_PAUSE)
			fprintf(stderr, "strata: waiting for a TAP, since all from tap0 to tap%d are in use\n",
				ATTACH_TAPS - 1);
		poll(NULL, 0, ATTACH_PAUSE);
	}
	return true;
}

static bool attach_named(const struct options *o, struct attachment *a)
{
	struct tap_failure failure;
	snprintf(a->tap, sizeof a->tap, "%s", o->tap);
	a->device = tap_open(o->tap, o->mtu, &failure);
	if (!a->device)
		attach_explain(o, o->tap, failure, 0);
	return a->device;
}

/* ---- joining ---- */

/* The TAP is a port already: of the bridge that was asked for, or of one that somebody prefers to ours. */
static bool attach_is_port(const struct options *o, struct attachment *a, unsigned master)
{
	char bridge[IFNAMSIZ] = "", command[96];
	if_indextoname(master, bridge);
	if (o->bridge && !o->bridge_none && strcmp(o->bridge, bridge) != 0) {
		snprintf(command, sizeof command, "sudo ip link set dev %s nomaster", a->tap);
		return attach_fail("joining a bridge", a->tap, "it is a port of another", command);
	}
	memcpy(a->bridge, bridge, sizeof a->bridge);
	return true;
}

static bool attach_join(const struct options *o, struct attachment *a)
{
	struct netdevice_link link;
	char command[96];
	if (netdevice_link(a->tap, &link) == 0 && link.master)
		return attach_is_port(o, a, link.master);
	if (!a->bridge[0])
		return true;
	int error = netdevice_join(a->tap, a->bridge);
	a->joined = !error && link.persistent;
	snprintf(command, sizeof command, "sudo ip link set dev %s master %s", a->tap, a->bridge);
	return !error || attach_fail("joining a bridge", a->tap, strerror(-error), command);
}

static bool attach_raise(const char *name)
{
	struct netdevice_link link;
	char command[64];
	if (netdevice_link(name, &link) == 0 && link.up)
		return true;
	int error = netdevice_raise(name);
	snprintf(command, sizeof command, "sudo ip link set dev %s up", name);
	return !error || attach_fail("raising", name, strerror(-error), command);
}

/* ---- the host's address ---- */

/* A documentation network (RFC 5737) that no interface is in, for a machine to move to: its second address. */
static struct address attach_free_address(const char *name)
{
	static const struct address networks[] = {{{192, 0, 2, 2}}, {{198, 51, 100, 2}}, {{203, 0, 113, 2}}};
	struct netdevice_rival rival;
	size_t i = 0;
	while (i < 2 && netdevice_find_rival(name, networks[i], 24, &rival) != 0)
		i++;
	return networks[i];
}

/* Whether the host can reach the network through this interface. Not when it has it already on another one. */
static bool attach_has_no_rival(const struct options *o, const struct attachment *a, const char *name,
				struct address host)
{
	struct netdevice_rival rival;
	char address[ADDRESS_TEXT], another[ADDRESS_TEXT], why[96], command[96];
	if (netdevice_find_rival(name, host, a->prefix_length, &rival) != 1)
		return true;
	snprintf(why, sizeof why, "%s has %s in the same network", rival.name, address_print(rival.address, address));
	snprintf(command, sizeof command, "strata %s --ip %s/24", o->command,
		 address_print(attach_free_address(name), another));
	return attach_fail("setting the host's address", name, why, command);
}

static bool attach_refused_address(const struct attachment *a, const char *name, struct address host, int error)
{
	char address[ADDRESS_TEXT], command[128];
	snprintf(command, sizeof command, "sudo ip address add %s/%u dev %s && sudo ip link set dev %s up",
		 address_print(host, address), a->prefix_length, name, name);
	return attach_fail("setting the host's address", name, strerror(-error), command);
}

/* The stack was given an address that the host has; its neighbour in the network may be free. */
static bool attach_refused_own(const struct options *o, const struct attachment *a)
{
	uint32_t last = UINT32_MAX >> o->prefix_length, own = address_number(o->address);
	struct address next = address_from_number((own & last) + 1 < last ? own + 1 : own - 1);
	char address[ADDRESS_TEXT], command[96];
	snprintf(command, sizeof command, "strata %s --ip %s/%u", o->command, address_print(next, address),
		 o->prefix_length);
	return attach_fail("taking --ip", a->bridge, "this is the host's own address", command);
}

static bool attach_address_bridge(const struct options *o, struct attachment *a)
{
	struct address wanted = options_host(o), found;
	bool there = netdevice_has_address(a->bridge, wanted, a->prefix_length, &found);
	if (there && address_equal(found, o->address))
		return attach_refused_own(o, a);
	if (there && (address_is_any(o->host) || address_equal(found, wanted))) {
		a->host = found;
		return true;
	}
	if (!attach_has_no_rival(o, a, a->bridge, wanted))
		return false;
	int error = netdevice_add_address(a->bridge, wanted, a->prefix_length);
	a->addressed = !error;
	if (error && error != -EEXIST && !netdevice_is_usable(a->bridge))
		return attach_refused_address(a, a->bridge, wanted, error);
	a->host = wanted;
	return true;
}

static bool attach_address_tap(const struct options *o, struct attachment *a)
{
	a->host = options_host(o);
	if (!attach_has_no_rival(o, a, a->tap, a->host))
		return false;
	int error = netdevice_set_address(a->tap, a->host, a->prefix_length);
	return !error || netdevice_is_usable(a->tap) || attach_refused_address(a, a->tap, a->host, error);
}

static bool attach_address(const struct options *o, struct attachment *a)
{
	if (o->host_none)
		return true;
	if (!a->bridge[0])
		return attach_address_tap(o, a);
	return attach_raise(a->bridge) && attach_address_bridge(o, a);
}

/* ---- all of it ---- */

/* Whether a TAP that we hold was there before us: one that we made vanishes with our descriptor. */
static bool attach_was_there(const char *tap)
{
	struct netdevice_link link;
	return netdevice_link(tap, &link) == 0 && link.persistent;
}

/* The host's end, TAP in hand. One with --host-ip none and no bridge is left as it is, down where it is down. */
static bool attach_finish(const struct options *o, struct attachment *a)
{
	if (!attach_was_there(a->tap))
		netdevice_silence(a->tap);
	return attach_join(o, a) && (!a->bridge[0] || attach_raise(a->tap)) && attach_address(o, a);
}

bool attach_open(const struct options *o, struct attachment *a)
{
	*a = (struct attachment){.prefix_length = o->prefix_length};
	if (!attach_choose_bridge(o, a) || !(o->tap ? attach_named(o, a) : attach_any(o, a)))
		return false;
	if (attach_finish(o, a))
		return true;
	driver_close(a->device);
	attach_undo(a);
	return false;
}

void attach_undo(const struct attachment *a)
{
	if (a->joined)
		netdevice_leave(a->tap, a->bridge);
	if (a->addressed)
		netdevice_remove_address(a->bridge, a->host, a->prefix_length);
}
