/* SPDX-License-Identifier: MIT
 *
 * Interface ioctls; see netdevice.h. Each asks through a datagram socket of its own: they are made once a run, and so
 * there is nothing to keep or to close later.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/netdevice.h"

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

static int netdevice_raise(const char *name)
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
