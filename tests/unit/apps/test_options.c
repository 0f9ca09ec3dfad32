/* SPDX-License-Identifier: MIT
 *
 * The common options: what they are taken for, their defaults, and what is refused.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

#include "apps/options.h"

#define PARSE(options, ...) parse(options, (char *[]){"echo", __VA_ARGS__, NULL})

static bool parse(struct options *options, char **argv)
{
	int argc = 0;
	while (argv[argc])
		argc++;
	return options_parse(options, argc, argv);
}

static bool is(struct address a, const char *text)
{
	char printed[ADDRESS_TEXT];
	return strcmp(address_print(a, printed), text) == 0;
}

static bool mac_is(struct mac mac, const char *text)
{
	char printed[MAC_TEXT];
	return strcmp(mac_print(mac, printed), text) == 0;
}

Test(options, defaults_follow_the_tap)
{
	struct options o;
	char *nothing[] = {"echo", NULL};
	cr_assert(parse(&o, nothing));
	cr_assert_null(o.tap);
	cr_assert(is(options_host(&o), "192.0.2.1"));
	options_settle(&o, "tap0");
	cr_assert(is(o.address, "192.0.2.2"));
	cr_assert_eq(o.prefix_length, 24);
	cr_assert(is(o.gateway, "192.0.2.1"));
	cr_assert(mac_is(o.mac, "02:00:c0:00:02:02"));
	cr_assert(parse(&o, nothing));
	options_settle(&o, "tap7");
	cr_assert(is(o.address, "192.0.2.9"));
	cr_assert(mac_is(o.mac, "02:00:c0:00:02:09"));
	cr_assert(parse(&o, nothing));
	options_settle(&o, "mine");
	cr_assert(is(o.address, "192.0.2.2"));
}

Test(options, everything_given_is_taken_as_given)
{
	struct options o;
	static const uint8_t seed[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};
	cr_assert(PARSE(&o, "--tap", "tap3", "--ip=198.51.100.7/28", "--host-ip", "198.51.100.14", "--gateway",
			"198.51.100.3", "--mac", "02:aa:bb:cc:dd:ee", "--mtu", "9000", "--trace=packets", "--pcap",
			"out.pcapng", "--seed", "72623859790382856"));
	cr_assert_str_eq(o.tap, "tap3");
	cr_assert(is(options_host(&o), "198.51.100.14"));
	options_settle(&o, "tap3");
	cr_assert(is(o.address, "198.51.100.7"));
	cr_assert_eq(o.prefix_length, 28);
	cr_assert(is(o.gateway, "198.51.100.3"));
	cr_assert(mac_is(o.mac, "02:aa:bb:cc:dd:ee"));
	cr_assert_eq(o.mtu, 9000);
	cr_assert(o.trace);
	cr_assert_str_eq(o.pcap, "out.pcapng");
	cr_assert(o.seeded);
	cr_assert_arr_eq(o.seed, seed, 16);
}

Test(options, host_is_the_first_address_that_is_not_the_stacks)
{
	struct options o;
	cr_assert(PARSE(&o, "--ip", "198.51.100.77/26"));
	cr_assert(is(options_host(&o), "198.51.100.65"));
	cr_assert(PARSE(&o, "--ip", "198.51.100.65/26"));
	cr_assert(is(options_host(&o), "198.51.100.66"));
}

Test(options, bridge_and_private_network)
{
	struct options o;
	char *nothing[] = {"echo", NULL};
	cr_assert(parse(&o, nothing));
	cr_assert_null(o.bridge);
	cr_assert_not(o.bridge_none);
	cr_assert_not(o.private_network);
	cr_assert(PARSE(&o, "--bridge", "br7", "--ns"));
	cr_assert_str_eq(o.bridge, "br7");
	cr_assert_not(o.bridge_none);
	cr_assert(o.private_network);
	cr_assert(PARSE(&o, "--bridge", "none"));
	cr_assert(o.bridge_none);
}

Test(options, a_bridge_has_the_name_of_an_interface)
{
	struct options o;
	cr_redirect_stderr();
	cr_assert_not(PARSE(&o, "--bridge", ""));
	cr_assert_not(PARSE(&o, "--bridge", "sixteen-letters-"));
	cr_assert(PARSE(&o, "--bridge", "fifteen-letters"));
}

Test(options, host_none_is_remembered)
{
	struct options o;
	cr_assert(PARSE(&o, "--host-ip", "none"));
	cr_assert(o.host_none);
}

Test(options, probe_is_off_unless_asked_for)
{
	struct options o;
	cr_assert(PARSE(&o, "--tap", "tap0"));
	cr_assert_not(o.probe);
	cr_assert(PARSE(&o, "--probe"));
	cr_assert(o.probe);
}

Test(options, trace_alone_means_packets)
{
	struct options o;
	cr_assert(PARSE(&o, "--trace"));
	cr_assert(o.trace);
}

Test(options, a_command_sees_its_own_options_and_arguments)
{
	static const struct option own[] = {{"port", required_argument, NULL, 'p'}, {0}};
	char *argv[] = {"httpd", "--seed", "1", "--port", "8080", "dir", "--mtu", "1400", NULL};
	struct options o;
	options_begin(&o, argv[0], OPTIONS_MACHINE);
	cr_assert_eq(options_next(&o, 8, argv, own), 'p');
	cr_assert_str_eq(optarg, "8080");
	cr_assert_eq(options_next(&o, 8, argv, own), OPTIONS_END);
	cr_assert_eq(o.mtu, 1400, "options may follow arguments");
	cr_assert_eq(optind, 7);
	cr_assert_str_eq(argv[optind], "dir");
}

Test(options, a_name_of_one_letter_is_also_a_letter)
{
	static const struct option own[] = {
	    {"v", no_argument, NULL, 'v'}, {"c", required_argument, NULL, 'c'}, {"w", no_argument, NULL, 'w'}, {0}};
	char *argv[] = {"ping", "-vw", "-c", "3", "-c4", "--v", "-x", NULL};
	static const struct {
		int option;
		const char *value;
	} expected[] = {{'v', NULL}, {'w', NULL}, {'c', "3"}, {'c', "4"}, {'v', NULL}};
	struct options o;
	options_begin(&o, argv[0], OPTIONS_MACHINE);
	for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
		cr_assert_eq(options_next(&o, 7, argv, own), expected[i].option, "%zu", i);
		if (expected[i].value)
			cr_assert_str_eq(optarg, expected[i].value);
	}
	cr_redirect_stderr();
	cr_assert_eq(options_next(&o, 7, argv, own), OPTIONS_WRONG);
}

Test(options, the_wire_is_good_unless_asked_for)
{
	struct options o;
	char *nothing[] = {"echo", NULL};
	cr_assert(parse(&o, nothing));
	cr_assert_not(netem_is_bad(&o.wire));
	cr_assert(PARSE(&o, "--loss", "0", "--delay", "0"));
	cr_assert_not(netem_is_bad(&o.wire));
}

Test(options, percentages_become_millionths)
{
	struct options o;
	cr_assert(PARSE(&o, "--loss", "1", "--corrupt", "2.5%", "--duplicate", "100%", "--reorder", ".0001"));
	cr_assert_eq(o.wire.loss, 10000);
	cr_assert_eq(o.wire.corrupt, 25000);
	cr_assert_eq(o.wire.duplicate, NETEM_CERTAIN);
	cr_assert_eq(o.wire.reorder, 1);
	cr_assert(PARSE(&o, "--loss", "99.9999", "--corrupt", "7.", "--duplicate", "007", "--reorder", "0.10%"));
	cr_assert_eq(o.wire.loss, 999999);
	cr_assert_eq(o.wire.corrupt, 70000);
	cr_assert_eq(o.wire.duplicate, 70000);
	cr_assert_eq(o.wire.reorder, 1000);
}

Test(options, milliseconds_become_microseconds)
{
	struct options o;
	cr_assert(PARSE(&o, "--delay", "20", "--jitter", "0.125"));
	cr_assert_eq(o.wire.delay, 20000);
	cr_assert_eq(o.wire.jitter, 125);
	cr_assert(PARSE(&o, "--delay", "60000"));
	cr_assert_eq(o.wire.delay, 60000000);
}

Test(options, a_rate_may_be_in_thousands)
{
	struct options o;
	cr_assert(PARSE(&o, "--rate", "9600"));
	cr_assert_eq(o.wire.rate, 9600);
	cr_assert(PARSE(&o, "--rate", "56k"));
	cr_assert_eq(o.wire.rate, 56000);
	cr_assert(PARSE(&o, "--rate", "10M"));
	cr_assert_eq(o.wire.rate, 10000000);
	cr_assert(PARSE(&o, "--rate", "2.5G"));
	cr_assert_eq(o.wire.rate, 2500000000);
	cr_assert(PARSE(&o, "--rate", "1000G"));
	cr_assert_eq(o.wire.rate, NETEM_RATE_MAX);
}

Test(options, a_simulation_has_a_wire_and_no_device)
{
	char *wire[] = {"sim", "--loss",   "1", "--corrupt", "2", "--duplicate", "3", "--reorder", "4",    "--delay",
			"5",   "--jitter", "6", "--rate",    "7", "--seed",      "8", "--pcap",    "file", NULL};
	char *device[] = {"sim", "--tap", "tap0", NULL};
	struct options o;
	options_begin(&o, wire[0], OPTIONS_SIMULATION);
	cr_assert_eq(options_next(&o, 19, wire, NULL), OPTIONS_END);
	cr_assert_eq(o.wire.reorder, 40000);
	cr_assert_eq(o.wire.jitter, 6000);
	cr_assert_eq(o.wire.rate, 7);
	cr_redirect_stderr();
	options_begin(&o, device[0], OPTIONS_SIMULATION);
	cr_assert_eq(options_next(&o, 3, device, NULL), OPTIONS_WRONG);
}

Test(options, numbers_are_whole_and_in_range)
{
	uint64_t n;
	cr_assert(options_number("18446744073709551615", 0, UINT64_MAX, &n));
	cr_assert_eq(n, UINT64_MAX);
	cr_assert_not(options_number("18446744073709551616", 0, UINT64_MAX, &n));
	cr_assert_not(options_number("", 0, 9, &n));
	cr_assert_not(options_number("-1", 0, 9, &n));
	cr_assert_not(options_number("1x", 0, 99, &n));
	cr_assert_not(options_number("10", 0, 9, &n));
	cr_assert_not(options_number("0", 1, 9, &n));
}

/* Parse what must be refused, and compare the line that says so. */
static void refused(const char *line, char **argv)
{
	struct options o;
	char expected[256], got[512];
	cr_redirect_stderr();
	cr_assert_not(parse(&o, argv));
	fflush(stderr);
	FILE *errors = cr_get_redirected_stderr();
	cr_assert_not_null(fgets(got, sizeof got, errors));
	snprintf(expected, sizeof expected, "strata: reading the command line failed on %s; do: strata help echo\n",
		 line);
	cr_assert_str_eq(got, expected);
}

#define REFUSED(name, line, ...)                                      \
	Test(options, name)                                           \
	{                                                             \
		refused(line, (char *[]){"echo", __VA_ARGS__, NULL}); \
	}

REFUSED(an_unknown_option_is_refused, "--verbose: there is no such option", "--verbose")
REFUSED(an_unknown_letter_is_refused, "-x: there is no such option", "-xy")
REFUSED(a_missing_value_is_refused, "--tap: it needs a value", "--tap")
REFUSED(a_value_for_a_flag_is_refused, "--probe=yes: it takes no value", "--probe=yes")
REFUSED(an_argument_is_refused, "file: it takes no argument", "file")
REFUSED(an_address_without_prefix_is_refused,
	"--ip 192.0.2.2: not a machine's address and prefix length, as in 192.0.2.2/24", "--ip", "192.0.2.2")
REFUSED(a_multicast_address_is_refused,
	"--ip 224.0.0.1/24: not a machine's address and prefix length, as in 192.0.2.2/24", "--ip", "224.0.0.1/24")
REFUSED(a_network_without_room_is_refused,
	"--ip 192.0.2.2/31: not a machine's address and prefix length, as in 192.0.2.2/24", "--ip", "192.0.2.2/31")
REFUSED(a_small_mtu_is_refused, "--mtu 575: not a number from 576 to 65521", "--mtu", "575")
REFUSED(a_group_mac_is_refused, "--mac 03:00:00:00:00:01: not one station's address, as in 02:00:c0:00:02:02", "--mac",
	"03:00:00:00:00:01")
#define NO_CHANCE ": not a percentage from 0 to 100 with at most 4 decimals"
REFUSED(more_than_certain_loss_is_refused, "--loss 100.0001" NO_CHANCE, "--loss", "100.0001")
REFUSED(a_negative_chance_is_refused, "--corrupt -1" NO_CHANCE, "--corrupt", "-1")
REFUSED(a_chance_finer_than_a_millionth_is_refused, "--duplicate 0.00001" NO_CHANCE, "--duplicate", "0.00001")
REFUSED(a_sign_alone_is_no_chance, "--reorder %" NO_CHANCE, "--reorder", "%")
REFUSED(a_point_alone_is_no_chance, "--loss ." NO_CHANCE, "--loss", ".")
REFUSED(an_empty_chance_is_refused, "--loss " NO_CHANCE, "--loss", "")
REFUSED(two_points_are_refused, "--loss 1.2.3" NO_CHANCE, "--loss", "1.2.3")
REFUSED(two_signs_are_refused, "--loss 1%%" NO_CHANCE, "--loss", "1%%")
REFUSED(a_chance_with_too_many_digits_is_refused, "--loss 18446744073709551617" NO_CHANCE, "--loss",
	"18446744073709551617")
/* 2^64 + 8384 millionths */
REFUSED(a_chance_that_wraps_around_is_refused, "--loss 1844674407370956" NO_CHANCE, "--loss", "1844674407370956")
#define NO_TIME ": not a number of milliseconds from 0 to 60000 with at most 3 decimals"
REFUSED(more_than_a_minute_is_refused, "--delay 60000.001" NO_TIME, "--delay", "60000.001")
REFUSED(a_unit_of_time_is_refused, "--jitter 5ms" NO_TIME, "--jitter", "5ms")
#define NO_RATE ": not a number of bits a second up to 1000G, as in 56k, 10M or 2.5G"
REFUSED(a_rate_of_nothing_is_refused, "--rate 0" NO_RATE, "--rate", "0")
REFUSED(a_suffix_alone_is_refused, "--rate k" NO_RATE, "--rate", "k")
REFUSED(an_empty_rate_is_refused, "--rate " NO_RATE, "--rate", "")
REFUSED(a_part_of_a_bit_is_refused, "--rate 0.5" NO_RATE, "--rate", "0.5")
REFUSED(a_rate_beyond_reason_is_refused, "--rate 1000.000000001G" NO_RATE, "--rate", "1000.000000001G")
REFUSED(an_unknown_suffix_is_refused, "--rate 10m" NO_RATE, "--rate", "10m")
REFUSED(a_rate_that_wraps_around_is_refused, "--rate 18446744073.709551617G" NO_RATE, "--rate",
	"18446744073.709551617G")
REFUSED(an_unknown_trace_is_refused, "--trace dance: there is only --trace=packets", "--trace=dance")
#define FOR_ALL ": this is the network's own address, or its broadcast"
REFUSED(the_networks_own_address_is_refused, "--ip 192.0.2.0/24" FOR_ALL, "--ip", "192.0.2.0/24")
REFUSED(the_broadcast_address_is_refused, "--ip 192.0.2.255/24" FOR_ALL, "--ip", "192.0.2.255/24")
REFUSED(the_end_of_a_small_network_is_refused, "--ip 192.0.2.7/30" FOR_ALL, "--ip", "192.0.2.7/30")
REFUSED(a_host_with_the_broadcast_address_is_refused, "--host-ip 192.0.2.255" FOR_ALL, "--host-ip", "192.0.2.255")
REFUSED(a_gateway_with_the_networks_address_is_refused, "--gateway 198.51.100.64" FOR_ALL, "--gateway", "198.51.100.64",
	"--ip", "198.51.100.65/26")
#define OWN ": this is the stack's own address"
REFUSED(a_host_with_the_stacks_address_is_refused, "--host-ip 192.0.2.9" OWN, "--host-ip", "192.0.2.9", "--ip",
	"192.0.2.9/24")
REFUSED(a_gateway_with_the_stacks_address_is_refused, "--gateway 192.0.2.9" OWN, "--ip", "192.0.2.9/24", "--gateway",
	"192.0.2.9")
#define OUTSIDE ": it lies outside of the stack's network"
REFUSED(a_host_beyond_the_network_is_refused, "--host-ip 192.0.2.129" OUTSIDE, "--host-ip", "192.0.2.129", "--ip",
	"192.0.2.2/25")
REFUSED(a_host_beyond_the_default_network_is_refused, "--host-ip 198.51.100.1" OUTSIDE, "--host-ip", "198.51.100.1")
REFUSED(a_gateway_beyond_the_network_is_refused, "--gateway 192.0.2.1" OUTSIDE, "--host-ip=none", "--gateway",
	"192.0.2.1", "--ip", "198.51.100.2/24")

Test(options, the_ends_of_a_network_that_are_machines_are_taken)
{
	struct options o;
	cr_assert(PARSE(&o, "--ip", "192.0.2.5/30", "--host-ip", "192.0.2.6", "--gateway", "192.0.2.6"));
	cr_assert(PARSE(&o, "--ip", "192.0.2.255/23", "--gateway", "192.0.3.0"));
}

/* Which address is the stack's is known only once the device is. */
Test(options, a_host_with_the_address_that_the_tap_gives_is_refused)
{
	struct options o;
	char got[256];
	cr_assert(PARSE(&o, "--host-ip", "192.0.2.3"));
	cr_assert(options_settle(&o, "tap0"));
	cr_assert(PARSE(&o, "--host-ip", "192.0.2.3"));
	cr_redirect_stderr();
	cr_assert_not(options_settle(&o, "tap1"));
	fflush(stderr);
	cr_assert_not_null(fgets(got, sizeof got, cr_get_redirected_stderr()));
	cr_assert_str_eq(got, "strata: reading the command line failed on --host-ip 192.0.2.3" OWN
			      "; do: strata help echo\n");
}

Test(options, name_servers_and_fixed_names)
{
	struct options o;
	cr_assert(PARSE(&o, "--dns", "192.0.2.53", "--host", "a.example=198.51.100.1", "--dns=192.0.2.54", "--host",
			"b=c.example=198.51.100.2"));
	cr_assert(o.dns_count == 2 && is(o.dns[0], "192.0.2.53") && is(o.dns[1], "192.0.2.54"));
	cr_assert(o.host_count == 2 && is(o.hosts[0].address, "198.51.100.1") &&
		  is(o.hosts[1].address, "198.51.100.2"));
	cr_assert_str_eq(o.hosts[1].name, "b=c.example=198.51.100.2");
}

Test(options, wrong_name_servers_and_fixed_names, .init = cr_redirect_stderr)
{
	static char *const wrong[][2] = {
	    {"--dns", "ns.example"},         {"--dns", "127.0.0.53"},         {"--dns", "0.0.0.0"},
	    {"--dns", "224.0.0.251"},        {"--host", "a.example"},         {"--host", "=198.51.100.1"},
	    {"--host", "a.example="},        {"--host", "a..b=198.51.100.1"}, {"--host", "a=198.51.100.256"},
	    {"--host", "a=b=198.51.100.1 "},
	};
	struct options o;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_assert_not(PARSE(&o, wrong[i][0], wrong[i][1]), "%s %s", wrong[i][0], wrong[i][1]);
	char *dns[] = {"echo",
		       "--dns=192.0.2.1",
		       "--dns=192.0.2.1",
		       "--dns=192.0.2.1",
		       "--dns=192.0.2.1",
		       "--dns=192.0.2.1",
		       "--dns=192.0.2.1",
		       "--dns=192.0.2.1",
		       "--dns=192.0.2.1",
		       NULL,
		       NULL};
	cr_assert(parse(&o, dns) && o.dns_count == 8);
	dns[9] = "--dns=192.0.2.1";
	cr_assert_not(parse(&o, dns));
	char *hosts[35] = {"echo"};
	for (unsigned i = 1; i <= 32; i++)
		hosts[i] = "--host=a=192.0.2.1";
	cr_assert(parse(&o, hosts) && o.host_count == 32);
	hosts[33] = "--host=a=192.0.2.1";
	cr_assert_not(parse(&o, hosts));
}
