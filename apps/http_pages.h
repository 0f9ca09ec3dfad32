/* SPDX-License-Identifier: MIT
 *
 * The pages that strata brings along (apps/www/), for when no directory is served. The first of them draws the address map
 * of the very connection that it is asked over: its places, "{{name}}", are filled in for each request.
 */
#ifndef STRATA_APPS_HTTP_PAGES_H
#define STRATA_APPS_HTTP_PAGES_H

#include "apps/http_content.h"
#include "base/addr.h"
#include "socket/socket.h"

/* What a connection knows of itself. */
struct http_map {
	struct endpoint client, server;
	struct mac server_mac;
	struct mac client_mac; /* of the client, or of the gateway to it */
	bool client_mac_known;
	struct socket_tcp_info tcp;
};

/* The page with this path ("" is index.html): 0, -ENOENT, -ENOMEM. */
int http_pages_open(struct http_content *content, const char *path, const struct http_map *map, time_t modified);

/* The picture that a browser asks for by itself, also where a directory is served that has none. */
#define HTTP_PAGES_ICON "favicon.ico"

#endif
