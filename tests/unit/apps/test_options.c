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

Test(options, host_none_is_remembered)
{
	struct options o;
	cr_assert(PARSE(&o, "--host-ip", "none"));
	cr_assert(o.host_none);
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
REFUSED(an_unknown_trace_is_refused, "--trace dance: there is only --trace=packets", "--trace=dance")
