/* SPDX-License-Identifier: MIT
 *
 * From a request-target to the name of a file below the served directory.
 *
 *     /a%20b/c.txt?x=1                      origin-form (RFC 9112 3.2.1)
 *     http://192.0.2.2:80/a%20b/c.txt?x=1   absolute-form (RFC 9112 3.2.2), which every server must accept
 *      \________________/ \__________/ \__/
 *       checked, ignored   the path    the query, ignored
 *
 * asterisk-form (RFC 9112 3.2.4), the server as a whole, names no path; the caller looks for it. authority-form (3.2.3)
 * belongs to CONNECT, which is not for a server like this.
 *
 * Nothing is decided here about ".." and links: whoever opens the file must hold it below the directory
 * (http_content.h).
 */
#ifndef STRATA_APPS_HTTP_TARGET_H
#define STRATA_APPS_HTTP_TARGET_H

#include <stdbool.h>

#include "apps/http_parse.h"

#define HTTP_PATH_MAX     HTTP_LINE_MAX       /* room for any path that fits in a request line, with its terminator */
#define HTTP_LOCATION_MAX (HTTP_PATH_MAX + 2) /* the same with two slashes more */

/* Write the path with its percent-encodings undone (RFC 3986 2.1), without its leading slashes, and terminated: "" for
 * the root. False for a target of another form or scheme, without a host, with a fragment, with a malformed encoding,
 * or with %00 in it: 400. */
bool http_target_path(struct http_text target, char path[HTTP_PATH_MAX]);

/* For a target that http_target_path() has taken: the same place with a slash at the path's end, as a reference for Location
 * (RFC 9110 10.2.2), encoded as it came and with its query: "/a%20b/?x=1". Terminated. */
void http_target_location(struct http_text target, char location[HTTP_LOCATION_MAX]);

#endif
