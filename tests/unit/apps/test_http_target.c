/* SPDX-License-Identifier: MIT
 *
 * Request-targets and the paths that they mean.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "apps/http_target.h"

static struct http_text text(const char *bytes)
{
	return (struct http_text){bytes, strlen(bytes)};
}

static const struct {
	const char *target, *path;
} right[] = {
    {"/", ""},
    {"/a/b.txt", "a/b.txt"},
    {"/a/", "a/"},
    {"/?a=/b", ""},
    {"/a?b?c/..%00", "a"}, /* the query is not looked at */
    {"/a%20b%2Fc%2fd%41", "a b/c/dA"},
    {"/%c3%A9", "\xc3\xa9"},
    {"/%25%32%30", "%20"}, /* decoded once (RFC 3986 2.4) */
    {"/a+b", "a+b"},
    {"//etc/passwd", "etc/passwd"},
    {"/%2fetc/passwd", "etc/passwd"},
    {"/../../etc/passwd", "../../etc/passwd"}, /* the kernel refuses it: see http_content */
    {"http://192.0.2.2/a", "a"},               /* RFC 9112 3.2.2 */
    {"HTTP://192.0.2.2:80/a?b", "a"},
    {"http://192.0.2.2", ""},
    {"http://192.0.2.2?q", ""},
    {"http://[2001:db8::1]:8080/a", "a"},
    /* refused: */
    {"", NULL},
    {"*", NULL},            /* asterisk-form belongs to OPTIONS */
    {"192.0.2.2:80", NULL}, /* authority-form belongs to CONNECT */
    {"a", NULL},
    {"../a", NULL},
    {"https://192.0.2.2/", NULL},
    {"http:/a", NULL},
    {"http://", NULL},
    {"http:///a", NULL}, /* RFC 9110 4.2.1: an empty host */
    {"http://:80/a", NULL},
    {"http://u:p@192.0.2.2/a", NULL}, /* RFC 9110 4.2.4: a user */
    {"/a#b", NULL},                   /* a fragment is never sent */
    {"/?a#b", NULL},
    {"/a%00.txt", NULL},
    {"/%", NULL},
    {"/a%2", NULL},
    {"/%2g", NULL},
    {"/%g2", NULL},
    {"/%%20", NULL},
    {"/%+1", NULL},
};

Test(http_target, attack_paths_in_every_encoding)
{
	for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
		char path[HTTP_PATH_MAX];
		bool taken = http_target_path(text(right[i].target), path);
		cr_expect_eq(taken, right[i].path != NULL, "%s", right[i].target);
		if (taken && right[i].path)
			cr_expect_str_eq(path, right[i].path, "%s", right[i].target);
	}
}

Test(http_target, holds_any_path_that_fits_in_a_head)
{
	char target[HTTP_PATH_MAX + 1], path[HTTP_PATH_MAX];
	memset(target, 'a', sizeof target);
	target[0] = '/';
	cr_expect(http_target_path((struct http_text){target, HTTP_PATH_MAX - 1}, path));
	cr_expect_eq(strlen(path), HTTP_PATH_MAX - 2);
	cr_expect_not(http_target_path((struct http_text){target, HTTP_PATH_MAX}, path));
}

/* RFC 9110 15.4.2, 10.2.2 */
Test(http_target, gives_the_place_with_a_slash)
{
	static const char *const places[][2] = {
	    {"/sub", "/sub/"},
	    {"/a%20b/c%2Fd", "/a%20b/c%2Fd/"},
	    {"/sub?x=1", "/sub/?x=1"},
	    {"/?x=1", "/?x=1"},
	    {"http://192.0.2.2", "/"},
	    {"/sub?x=/y?z", "/sub/?x=/y?z"},
	    {"/sub?", "/sub/?"},
	    {"http://192.0.2.2:80/sub?x", "/sub/?x"},
	    /* never another host (RFC 3986 4.2) */
	    {"//sub", "/sub/"},
	    {"///sub?//x", "/sub/?//x"},
	    {"http://192.0.2.2//sub", "/sub/"},
	};
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		char location[HTTP_LOCATION_MAX];
		http_target_location(text(places[i][0]), location);
		cr_expect_str_eq(location, places[i][1]);
	}
}

Test(http_target, holds_any_place_that_fits_in_a_head)
{
	char target[HTTP_PATH_MAX], location[HTTP_LOCATION_MAX];
	memset(target, 'a', sizeof target);
	target[0] = '/';
	http_target_location((struct http_text){target, HTTP_PATH_MAX - 1}, location);
	cr_expect_eq(strlen(location), HTTP_PATH_MAX);
	cr_expect_eq(location[HTTP_PATH_MAX - 1], '/');
}
