/* SPDX-License-Identifier: MIT
 *
 * URLs: RFC 3986's own examples, and what must be refused.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "apps/url.h"

static const char *resolved(const char *reference)
{
	static char text[URL_MAX + URL_HOST_MAX];
	struct url base, url;
	cr_assert_eq(url_parse("http://a/b/c/d;p?q", &base), URL_GOOD);
	cr_assert_eq(url_resolve(&base, reference, &url), URL_GOOD, "%s", reference);
	return url_print(&url, text, sizeof text);
}

/* RFC 3986 5.4.1 and 5.4.2, without their fragments, which are not sent. */
Test(url, references_of_the_rfc)
{
	static const char *const cases[][2] = {
	    {"g", "http://a/b/c/g"},
	    {"./g", "http://a/b/c/g"},
	    {"g/", "http://a/b/c/g/"},
	    {"/g", "http://a/g"},
	    {"//g", "http://g/"},
	    {"?y", "http://a/b/c/d;p?y"},
	    {"g?y", "http://a/b/c/g?y"},
	    {"#s", "http://a/b/c/d;p?q"},
	    {"g#s", "http://a/b/c/g"},
	    {"g?y#s", "http://a/b/c/g?y"},
	    {";x", "http://a/b/c/;x"},
	    {"g;x?y#s", "http://a/b/c/g;x?y"},
	    {"", "http://a/b/c/d;p?q"},
	    {".", "http://a/b/c/"},
	    {"./", "http://a/b/c/"},
	    {"..", "http://a/b/"},
	    {"../", "http://a/b/"},
	    {"../g", "http://a/b/g"},
	    {"../..", "http://a/"},
	    {"../../g", "http://a/g"},
	    {"../../../g", "http://a/g"},
	    {"../../../../g", "http://a/g"},
	    {"/./g", "http://a/g"},
	    {"/../g", "http://a/g"},
	    {"g.", "http://a/b/c/g."},
	    {".g", "http://a/b/c/.g"},
	    {"g..", "http://a/b/c/g.."},
	    {"..g", "http://a/b/c/..g"},
	    {"./../g", "http://a/b/g"},
	    {"./g/.", "http://a/b/c/g/"},
	    {"g/./h", "http://a/b/c/g/h"},
	    {"g/../h", "http://a/b/c/h"},
	    {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
	    {"g;x=1/../y", "http://a/b/c/y"},
	    {"g?y/./x", "http://a/b/c/g?y/./x"},
	    {"g?y/../x", "http://a/b/c/g?y/../x"},
	    {"g#s/../x", "http://a/b/c/g"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_assert_str_eq(resolved(cases[i][0]), cases[i][1], "%s", cases[i][0]);
}

Test(url, what_people_type)
{
	struct url url;
	cr_assert_eq(url_parse("HTTP://WWW.example:8080/a?b#c", &url), URL_GOOD);
	cr_assert_str_eq(url.scheme, "http");
	cr_assert_str_eq(url.host, "WWW.example");
	cr_assert(url.port == 8080 && strcmp(url.target, "/a?b") == 0);
	cr_assert_eq(url_parse("www.example?x", &url), URL_GOOD);
	cr_assert(url.port == 80 && strcmp(url.target, "/?x") == 0 && strcmp(url.host, "www.example") == 0);
	cr_assert_eq(url_parse("http://192.0.2.1:/", &url), URL_GOOD);
	cr_assert(url.port == 80 && strcmp(url.target, "/") == 0);
	cr_assert_eq(url_parse("http://[2001:db8::1]:81/", &url), URL_GOOD);
	cr_assert(url.port == 81 && strcmp(url.host, "[2001:db8::1]") == 0);
}

Test(url, other_schemes_are_told_apart)
{
	struct url url;
	cr_assert_eq(url_parse("https://x/", &url), URL_SCHEME);
	cr_assert_str_eq(url.scheme, "https");
	cr_assert_eq(url_parse("ftp://x/", &url), URL_SCHEME);
	cr_assert_eq(url_resolve(&(struct url){.scheme = "http", .host = "a", .target = "/"}, "HTTPS:x", &url),
		     URL_SCHEME);
	cr_assert_str_eq(url.scheme, "https");
}

Test(url, attack_what_is_no_url_is_refused)
{
	static const char *const wrong[] = {
	    "http://",
	    "http:///a",
	    "http://a:0/",
	    "http://a:65536/",
	    "http://a:99999999999/",
	    "http://a:8x/",
	    "http://a b/",
	    "http://a/ b",
	    "http://a/\r\nX: y",
	    "http://user@evil/",
	    "http://a:b@evil/",
	    "http://trusted%2f/",
	    "http://a\\@evil/",
	    "http://[::1/",
	    "http://[]/",
	    "http://[::1]x/",
	    "http://[g]/",
	    "http://\xc3\xa9.x/",
	    "http://a,b/",
	    "",
	    "://x",
	    "1http://x/",
	    "http://a\x7f/",
	};
	struct url url;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_assert_eq(url_parse(wrong[i], &url), URL_BAD, "%s", wrong[i]);
}

Test(url, attack_too_long)
{
	char text[2 * URL_MAX];
	struct url url, base;
	memset(text, 'a', sizeof text);
	memcpy(text, "http://", 7);
	for (size_t length = 300; length < sizeof text; length += 97) {
		text[length] = '\0';
		cr_assert_eq(url_parse(text, &url), URL_BAD); /* as a host */
		text[length] = 'a';
	}
	memcpy(text, "http://a/", 9);
	text[URL_MAX - 20] = '\0';
	cr_assert_eq(url_parse(text, &base), URL_GOOD);
	text[URL_MAX - 20] = 'a';
	text[URL_MAX] = '\0';
	cr_assert_eq(url_parse(text, &url), URL_BAD);
	text[URL_MAX] = 'a';
	text[9 + URL_MAX] = '\0';
	cr_assert_eq(url_resolve(&base, text + 9, &url), URL_BAD);
	text[9 + 8000] = '\0';
	cr_assert_eq(url_resolve(&base, text + 9, &url), URL_GOOD); /* in the place of the base's last part */
}

/* RFC 9110 10.2.2; blanks and other letters are common there, although not allowed. */
Test(url, a_location_is_made_fit_to_send)
{
	struct url base, url;
	cr_assert_str_eq(resolved("  /a b\xc3\xa9 "), "http://a/a%20b%C3%A9");
	cr_assert_eq(url_parse("http://a/", &base), URL_GOOD);
	cr_assert_eq(url_resolve(&base, "/a\rX: y", &url), URL_BAD);
	cr_assert_eq(url_resolve(&base, "/a\x1b[2J", &url), URL_BAD);
	cr_assert_eq(url_resolve(&base, "//user@evil/", &url), URL_BAD);
}

Test(url, equal)
{
	struct url a, b;
	url_parse("http://A.example/x", &a);
	url_parse("http://a.EXAMPLE:80/x", &b);
	cr_assert(url_equal(&a, &b));
	url_parse("http://a.example/X", &b);
	cr_assert_not(url_equal(&a, &b));
	url_parse("http://a.example:81/x", &b);
	cr_assert_not(url_equal(&a, &b));
}

/* A name from a URL never leaves the directory, hides, or looks like an option. */
Test(url, attack_names_of_files)
{
	static const char *const cases[][2] = {
	    {"http://a/b/c.html?q=/x", "c.html"},
	    {"http://a/.bashrc", "_bashrc"},
	    {"http://a/-rf", "_rf"},
	    {"http://a/%2e%2e%2fpasswd", "%2e%2e%2fpasswd"},
	    {"http://a/..%5cx", "_.%5cx"},
	    {"http://a/x\\..\\y:z", "x_.._y_z"},
	};
	char name[URL_HOST_MAX], text[URL_MAX];
	struct url url;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cr_assert_eq(url_parse(cases[i][0], &url), URL_GOOD);
		cr_assert(url_file_name(&url, name));
		cr_assert_str_eq(name, cases[i][1]);
	}
	url_parse("http://a/b/..", &url);
	cr_assert_not(url_file_name(&url, name));
	memset(text, 'x', sizeof text);
	memcpy(text, "http://a/", 9);
	text[1000] = '\0';
	url_parse(text, &url);
	cr_assert(url_file_name(&url, name));
	cr_assert_eq(strlen(name), URL_HOST_MAX - 1);
}
