/* SPDX-License-Identifier: MIT
 *
 * URLs by RFC 3986, as far as http needs them.
 *
 *     http://www.example:8080/a/b.html?q=1#top
 *     \__/   \_________/ \__/\____________/ \_/
 *    scheme     host     port    target     not sent
 *
 * Everything that is kept has been checked: what a URL holds cannot end a line of a request, and a host is a name or an address
 * and nothing else. User names in URLs are refused: they mostly make a host look like another one.
 */
#ifndef STRATA_APPS_URL_H
#define STRATA_APPS_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URL_MAX      8192 /* bytes of a URL, with its terminator */
#define URL_HOST_MAX 256

struct url {
	char scheme[16];
	char host[URL_HOST_MAX]; /* as it was written; an IPv6 address in its brackets */
	uint16_t port;           /* 80 where none was given */
	char target[URL_MAX];    /* path and query, without dot segments; begins with '/' */
};

enum url_status {
	URL_GOOD,
	URL_BAD,    /* no URL, or too long */
	URL_SCHEME, /* the scheme, which has been filled in, is not http */
};

/* Take apart what a user has typed; "www.example/x" means "http://www.example/x". */
enum url_status url_parse(const char *text, struct url *url);

/* Where a reference found at `base` leads (RFC 3986 5.2), as in the Location of a redirect (RFC 9110 10.2.2). Blanks inside and bytes
 * that are not ASCII, which are not allowed there but common, are encoded. */
enum url_status url_resolve(const struct url *base, const char *reference, struct url *url);

/* Write it whole, as much as there is room for; return `text`. */
char *url_print(const struct url *url, char *text, size_t room);

bool url_equal(const struct url *a, const struct url *b);

/* A name for a file, from the path's last part: no directory, no hidden file, no option, nothing that is not printable; "_" stands for what
 * is not. False: the path ends with a slash. */
bool url_file_name(const struct url *url, char name[URL_HOST_MAX]);

#endif
