/* SPDX-License-Identifier: MIT
 *
 * Network interfaces; see netdevice.h. Each question goes through a socket of its own: they are asked once a run, and so
 * there is nothing to keep or to close later.
 */
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/netdevice.h"
#include "drivers/netlink.h"

static struct ifreq netdevice_request(const char *name)
{
	struct ifreq request;
	memset(&request, 0, sizeof request);
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	return request;
}

static int netdevice_ioctl(unsigned long operation, struct ifreq *request)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return -errno;
	int error = ioctl(s, operation, request) < 0 ? -errno : 0;
	close(s);
	return error;
}

/* SIOCSIFADDR and SIOCSIFNETMASK: both carry an IPv4 address. */
static int netdevice_put_address(const char *name, unsigned long operation, struct address address)
{
	struct ifreq request = netdevice_request(name);
	struct sockaddr_in in = {.sin_family = AF_INET};
	memcpy(&in.sin_addr, address.bytes, sizeof address.bytes);
	memcpy(&request.ifr_addr, &in, sizeof in);
	return netdevice_ioctl(operation, &request);
}

static int netdevice_get_address(const char *name, unsigned long operation, struct address *address)
{
	struct ifreq request = netdevice_request(name);
	int error = netdevice_ioctl(operation, &request);
	if (error)
		return error;
	struct sockaddr_in in;
	memcpy(&in, &request.ifr_addr, sizeof in);
	memcpy(address->bytes, &in.sin_addr, sizeof address->bytes);
	return 0;
}

static bool netdevice_is_up(const char *name)
{
	struct ifreq request = netdevice_request(name);
	return netdevice_ioctl(SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP);
}

int netdevice_raise(const char *name)
{
	struct ifreq request = netdevice_request(name);
	int error = netdevice_ioctl(SIOCGIFFLAGS, &request);
	if (error)
		return error;
	request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
	return netdevice_ioctl(SIOCSIFFLAGS, &request);
}

int netdevice_mtu(const char *name, unsigned *mtu)
{
	struct ifreq request = netdevice_request(name);
	int error = netdevice_ioctl(SIOCGIFMTU, &request);
	if (!error)
		*mtu = (unsigned)request.ifr_mtu;
	return error;
}

int netdevice_set_mtu(const char *name, unsigned mtu)
{
	struct ifreq request = netdevice_request(name);
	request.ifr_mtu = (int)mtu;
	return netdevice_ioctl(SIOCSIFMTU, &request);
}

bool netdevice_is_usable(const char *name)
{
	struct address any;
	return netdevice_is_up(name) && netdevice_get_address(name, SIOCGIFADDR, &any) == 0;
}

static bool netdevice_stands(const char *name, struct address address, struct address mask)
{
	struct address a, m;
	return netdevice_is_up(name) && netdevice_get_address(name, SIOCGIFADDR, &a) == 0 &&
	       netdevice_get_address(name, SIOCGIFNETMASK, &m) == 0 && address_equal(a, address) &&
	       address_equal(m, mask);
}

static uint32_t netdevice_mask(unsigned prefix_length)
{
	return prefix_length ? UINT32_MAX << (32 - prefix_length) : 0;
}

/* The IPv4 address in a sockaddr. False: there is none. */
static bool netdevice_read(const struct sockaddr *from, struct address *a)
{
	struct sockaddr_in in;
	if (!from || from->sa_family != AF_INET)
		return false;
	memcpy(&in, from, sizeof in);
	memcpy(a->bytes, &in.sin_addr, sizeof a->bytes);
	return true;
}

/* Whether an entry stands for this interface; a further address may be labelled "tap0:1". */
static bool netdevice_is_of(const struct ifaddrs *entry, const char *name)
{
	return strlen(name) == strcspn(entry->ifa_name, ":") && strncmp(entry->ifa_name, name, strlen(name)) == 0;
}

static bool netdevice_is_rival(const struct ifaddrs *entry, struct address address, uint32_t mask, struct address *its)
{
	struct address its_mask;
	if (!(entry->ifa_flags & IFF_UP) || !netdevice_read(entry->ifa_addr, its) ||
	    !netdevice_read(entry->ifa_netmask, &its_mask))
		return false;
	uint32_t apart = address_number(address) ^ address_number(*its);
	return apart == 0 || (address_number(its_mask) == mask && (apart & mask) == 0);
}

int netdevice_find_rival(const char *name, struct address address, unsigned prefix_length,
			 struct netdevice_rival *rival)
{
	struct ifaddrs *all, *entry;
	if (getifaddrs(&all) < 0)
		return -errno;
	for (entry = all; entry; entry = entry->ifa_next)
		if (!netdevice_is_of(entry, name) &&
		    netdevice_is_rival(entry, address, netdevice_mask(prefix_length), &rival->address))
			break;
	if (entry)
		snprintf(rival->name, sizeof rival->name, "%s", entry->ifa_name);
	freeifaddrs(all);
	return entry ? 1 : 0;
}

int netdevice_set_address(const char *name, struct address address, unsigned prefix_length)
{
	struct address mask = address_from_number(netdevice_mask(prefix_length));
	if (netdevice_stands(name, address, mask))
		return 0;
	int error = netdevice_put_address(name, SIOCSIFADDR, address);
	if (!error)
		error = netdevice_put_address(name, SIOCSIFNETMASK, mask);
	if (!error)
		error = netdevice_raise(name);
	return error;
}

bool netdevice_has_address(const char *name, struct address network, unsigned prefix_length, struct address *found)
{
	struct ifaddrs *all, *entry;
	uint32_t mask = netdevice_mask(prefix_length);
	if (getifaddrs(&all) < 0)
		return false;
	for (entry = all; entry; entry = entry->ifa_next)
		if (netdevice_is_of(entry, name) && netdevice_read(entry->ifa_addr, found) &&
		    ((address_number(*found) ^ address_number(network)) & mask) == 0)
			break;
	freeifaddrs(all);
	return entry;
}

/* ---- by rtnetlink ---- */

static void netdevice_take_tun(struct netdevice_link *link, struct netlink_value data)
{
	link->tap = netlink_number(netlink_find(data, IFLA_TUN_TYPE), 0) == IFF_TAP &&
		    netlink_number(netlink_find(data, IFLA_TUN_MULTI_QUEUE), 0) == 0;
	link->persistent = netlink_number(netlink_find(data, IFLA_TUN_PERSIST), 0) != 0;
	link->owner = netlink_number(netlink_find(data, IFLA_TUN_OWNER), NETDEVICE_NO_OWNER);
}

static void netdevice_take_link(void *user, unsigned type, struct netlink_value payload)
{
	struct netdevice_link *link = user;
	struct ifinfomsg header;
	if (type != RTM_NEWLINK || payload.length < sizeof header)
		return;
	memcpy(&header, payload.bytes, sizeof header);
	struct netlink_value attributes = netlink_attributes(payload, sizeof header);
	struct netlink_value info = netlink_find(attributes, IFLA_LINKINFO);
	link->index = (unsigned)header.ifi_index;
	link->up = header.ifi_flags & IFF_UP;
	link->master = netlink_number(netlink_find(attributes, IFLA_MASTER), 0);
	netlink_text(netlink_find(info, IFLA_INFO_KIND), link->kind, sizeof link->kind);
	if (strcmp(link->kind, "tun") == 0)
		netdevice_take_tun(link, netlink_find(info, IFLA_INFO_DATA));
}

int netdevice_link(const char *name, struct netdevice_link *link)
{
	const struct ifinfomsg any = {.ifi_family = AF_UNSPEC};
	struct netlink request;
	*link = (struct netdevice_link){.owner = NETDEVICE_NO_OWNER};
	if (strlen(name) == 0 || strlen(name) >= NETDEVICE_NAME)
		return -ENODEV;
	netlink_begin(&request);
	netlink_message(&request, RTM_GETLINK, NLM_F_ACK, &any, sizeof any);
	netlink_put_text(&request, IFLA_IFNAME, name);
	return netlink_ask(NETLINK_ROUTE, &request, netdevice_take_link, link);
}

int netdevice_make_bridge(const char *name, struct mac mac)
{
	const struct ifinfomsg fresh = {.ifi_family = AF_UNSPEC};
	static const uint8_t off = 0;
	struct netlink request;
	netlink_begin(&request);
	netlink_message(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &fresh, sizeof fresh);
	netlink_put_text(&request, IFLA_IFNAME, name);
	netlink_put(&request, IFLA_ADDRESS, mac.bytes, sizeof mac.bytes);
	size_t info = netlink_nest(&request, IFLA_LINKINFO);
	netlink_put_text(&request, IFLA_INFO_KIND, "bridge");
	size_t data = netlink_nest(&request, IFLA_INFO_DATA);
	netlink_put_number(&request, IFLA_BR_STP_STATE, 0);
	netlink_put_number(&request, IFLA_BR_FORWARD_DELAY, 0);
	netlink_put(&request, IFLA_BR_MCAST_SNOOPING, &off, sizeof off);
	netlink_unnest(&request, data);
	netlink_unnest(&request, info);
	int error = netlink_do(NETLINK_ROUTE, &request);
	if (!error)
		netdevice_silence(name);
	return error;
}

int netdevice_delete(const char *name)
{
	struct netdevice_link link;
	int error = netdevice_link(name, &link);
	if (error)
		return error;
	const struct ifinfomsg it = {.ifi_family = AF_UNSPEC, .ifi_index = (int)link.index};
	struct netlink request;
	netlink_begin(&request);
	netlink_message(&request, RTM_DELLINK, NLM_F_ACK, &it, sizeof it);
	return netlink_do(NETLINK_ROUTE, &request);
}

static int netdevice_change_address(const char *name, unsigned type, unsigned flags, struct address address,
				    unsigned prefix_length)
{
	struct address broadcast = address_from_number(address_number(address) | ~netdevice_mask(prefix_length));
	const struct ifaddrmsg header = {
	    .ifa_family = AF_INET, .ifa_prefixlen = (uint8_t)prefix_length, .ifa_index = if_nametoindex(name)};
	struct netlink request;
	netlink_begin(&request);
	netlink_message(&request, type, flags | NLM_F_ACK, &header, sizeof header);
	netlink_put(&request, IFA_LOCAL, address.bytes, sizeof address.bytes);
	netlink_put(&request, IFA_ADDRESS, address.bytes, sizeof address.bytes);
	netlink_put(&request, IFA_BROADCAST, broadcast.bytes, sizeof broadcast.bytes);
	return netlink_do(NETLINK_ROUTE, &request);
}

int netdevice_add_address(const char *name, struct address address, unsigned prefix_length)
{
	return netdevice_change_address(name, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address, prefix_length);
}

int netdevice_remove_address(const char *name, struct address address, unsigned prefix_length)
{
	return netdevice_change_address(name, RTM_DELADDR, 0, address, prefix_length);
}

/* ---- a bridge's ports, and /proc/sys ---- */

static int netdevice_change_port(const char *name, const char *bridge, unsigned long operation)
{
	struct ifreq request = netdevice_request(bridge);
	request.ifr_ifindex = (int)if_nametoindex(name);
	return netdevice_ioctl(operation, &request);
}

int netdevice_join(const char *name, const char *bridge)
{
	return netdevice_change_port(name, bridge, SIOCBRADDIF);
}

int netdevice_leave(const char *name, const char *bridge)
{
	return netdevice_change_port(name, bridge, SIOCBRDELIF);
}

void netdevice_silence(const char *name)
{
	char path[96];
	snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
	int f = open(path, O_WRONLY | O_CLOEXEC);
	if (f < 0)
		return;
	if (write(f, "1", 1) < 0) {
		/* may not: then it chatters, which disturbs nothing but the eye */
	}
	close(f);
}
