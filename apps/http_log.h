/* SPDX-License-Identifier: MIT
 *
 * The access log in the combined format, which every tool for logs reads:
 *
 *     192.0.2.1 - - [06/Nov/1994:08:49:37 +0000] "GET /a.txt HTTP/1.1" 200 14 "referer" "user agent"
 *
 * What came from a client stands in it escaped (quotes, backslashes and all that is not visible ASCII), so that nobody can write
 * lines of his own.
 */
#ifndef STRATA_APPS_HTTP_LOG_H
#define STRATA_APPS_HTTP_LOG_H

#include <time.h>

#include "apps/http_buffer.h"
#include "apps/http_parse.h"
#include "base/addr.h"

#define HTTP_LOG_MAX ((size_t)64 * 1024) /* bytes of a line, which holds a whole head with every byte escaped */

/* Write one line, without its end. `sent` is how much content has been sent. */
void http_log_write(struct http_buffer *line, struct address client, time_t now, const struct http_request *request,
		    enum http_status status, uint64_t sent);

#endif
