/* SPDX-License-Identifier: MIT
 *
 * Names for apps. The machine behind the host's device is a name server, which answers what the test says.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/unit/apps/neighbour.h"

#define MINUTE 60000 /* milliseconds */
#define SILENT 99

struct world {
	struct neighbour neighbour;
	uint8_t rcode;      /* of its answers, or SILENT */
	unsigned addresses; /* how many are in them */
	unsigned asked;     /* how many questions it got */
};

/* The question comes back, with the rcode and addresses: 198.51.100.80, .81 ..., which have a TTL of 0. */
static void answer(void *user, struct socket *socket)
{
	struct world *world = user;
	struct socket_message from;
	uint8_t bytes[1232];
	long length = socket_receive_from(socket, bytes, sizeof bytes, false, &from);
	cr_assert_geq(length, 12 + 5 + 11);
	world->asked++;
	if (world->rcode == SILENT)
		return;
	bytes[2] = 0x81;
	bytes[3] = (uint8_t)(0x80 | world->rcode);
	bytes[7] = (uint8_t)world->addresses;
	bytes[11] = 0;
	size_t at = (size_t)length - 11; /* EDNS stands there */
	for (unsigned i = 0; i < world->addresses; i++, at += 16)
		memcpy(bytes + at, (uint8_t[]){0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 198, 51, 100, (uint8_t)(80 + i)},
		       16);
	socket_send_to(socket, bytes, at, &from.source);
}

static struct host *begin(struct world *world, const struct options *options)
{
	*world = (struct world){.rcode = 0};
	neighbour_begin(&world->neighbour, answer, world);
	neighbour_listen(&world->neighbour, SOCKET_DATAGRAM, 53);
	return neighbour_open(&world->neighbour, options);
}

static void end(struct world *world, struct host *host)
{
	cr_assert_eq(host_close(host), 0);
	neighbour_end(&world->neighbour);
}

/* A name server at 192.0.2.1, and a fixed name with two addresses. */
static struct options options_of_test(void)
{
	static char *words[] = {
	    "test", "--dns", "192.0.2.1", "--host", "my.example=198.51.100.9", "--host=my.example=198.51.100.10", NULL};
	struct options options;
	cr_assert(options_parse(&options, 6, words));
	return options;
}

static const char *text_of(struct address a)
{
	static char text[ADDRESS_TEXT];
	return address_print(a, text);
}

Test(host_resolve, a_name_has_addresses)
{
	struct world world;
	struct options options = options_of_test();
	struct host *host = begin(&world, &options);
	struct address found[2];
	enum dns_status status;
	world.addresses = 3;
	cr_assert_eq(host_resolve(host, "www.example", MINUTE, found, 2, &status), 3);
	cr_assert_eq(status, DNS_GOOD);
	cr_assert_str_eq(text_of(found[0]), "198.51.100.80");
	cr_assert_str_eq(text_of(found[1]), "198.51.100.81");
	cr_assert_eq(world.asked, 1);
	end(&world, host);
}

Test(host_resolve, fixed_names_and_numbers_ask_nobody)
{
	struct world world;
	struct options options = options_of_test();
	struct host *host = begin(&world, &options);
	struct address found[2];
	cr_assert_eq(host_resolve(host, "my.example", MINUTE, found, 2, NULL), 2);
	cr_assert_str_eq(text_of(found[1]), "198.51.100.10");
	cr_assert_eq(host_resolve(host, "203.0.113.7", MINUTE, found, 1, NULL), 1);
	cr_assert_str_eq(text_of(found[0]), "203.0.113.7");
	cr_assert_eq(host_resolve(host, "2001:db8::1", MINUTE, found, 1, NULL), -EINVAL);
	cr_assert_eq(host_resolve(host, "a..b", MINUTE, found, 1, NULL), -EINVAL);
	cr_assert_eq(world.asked, 0);
	end(&world, host);
}

Test(host_resolve, each_failure_has_its_errno)
{
	static const struct {
		uint8_t rcode;
		int error;
		enum dns_status status;
	} cases[] = {
	    {0, -ENOENT, DNS_NO_DATA}, {3, -ENOENT, DNS_NXDOMAIN}, {2, -EIO, DNS_SERVFAIL}, {5, -EIO, DNS_REFUSED}};
	struct world world;
	struct options options = options_of_test();
	struct host *host = begin(&world, &options);
	struct address found;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		enum dns_status status;
		world.rcode = cases[i].rcode;
		cr_assert_eq(host_resolve(host, "www.example", MINUTE, &found, 1, &status), cases[i].error, "%zu", i);
		cr_assert_eq(status, cases[i].status);
	}
	end(&world, host);
}

/* The caller's patience is less than the resolver's: the look-up is given up, and what comes later finds nobody. */
Test(host_resolve, silence_times_out)
{
	struct world world;
	struct options options = options_of_test();
	struct host *host = begin(&world, &options);
	struct address found;
	world.rcode = SILENT;
	cr_assert_eq(host_resolve(host, "www.example", 50, &found, 1, NULL), -ETIMEDOUT);
	world.rcode = 0;
	world.addresses = 1;
	cr_assert_eq(host_resolve(host, "other.example", MINUTE, &found, 1, NULL), 1);
	end(&world, host);
}

/* Nobody listens on the gateway's port 53. */
Test(host_resolve, a_server_that_cannot_be_reached)
{
	struct world world;
	struct options options = options_of_test();
	struct host *host = begin(&world, &options);
	struct address found;
	enum dns_status status;
	stack_close(world.neighbour.stack);
	cr_assert_eq(host_resolve(host, "www.example", MINUTE, &found, 1, &status), -ENETUNREACH);
	cr_assert_eq(status, DNS_UNREACHABLE);
	end(&world, host);
}

Test(host_resolve, servers_of_the_options_in_their_order)
{
	struct world world;
	static char *words[] = {"test", "--dns", "192.0.2.7", "--dns=192.0.2.8", NULL};
	struct options options;
	cr_assert(options_parse(&options, 4, words));
	struct host *host = begin(&world, &options);
	cr_assert_str_eq(text_of(dns_server(host_stack(host), 0)->address), "192.0.2.7");
	cr_assert_str_eq(text_of(dns_server(host_stack(host), 1)->address), "192.0.2.8");
	cr_assert_null(dns_server(host_stack(host), 2));
	end(&world, host);
}

/* resolv.conf(5): comments, other lines, IPv6 and loopback are passed over. */
Test(host_resolve, the_system_s_servers)
{
	static const char text[] = "# nameserver 192.0.2.9\n"
				   "search example\n"
				   "nameserver 127.0.0.53\n"
				   "nameserver fe80::1%eth0\n"
				   "nameserver\t192.0.2.10  # one\r\n"
				   "nameserver 192.0.2.11\r\n"
				   " nameserver 192.0.2.12\n"
				   "nameservers 192.0.2.13\n"
				   "nameserver 0.0.0.0\n"
				   "nameserver\n"
				   "nameserver 192.0.2.14";
	struct address servers[8];
	cr_assert_eq(host_read_resolv_conf(text, servers, 8), 3);
	cr_assert_str_eq(text_of(servers[0]), "192.0.2.10");
	cr_assert_str_eq(text_of(servers[1]), "192.0.2.11");
	cr_assert_str_eq(text_of(servers[2]), "192.0.2.14");
	cr_assert_eq(host_read_resolv_conf(text, servers, 2), 2);
	cr_assert_eq(host_read_resolv_conf("", servers, 8), 0);
}
