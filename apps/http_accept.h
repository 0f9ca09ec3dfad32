/* SPDX-License-Identifier: MIT
 *
 * Which encoding of the content a client would rather have (RFC 9110 12.5.3): as it is, or by gzip.
 */
#ifndef STRATA_APPS_HTTP_ACCEPT_H
#define STRATA_APPS_HTTP_ACCEPT_H

#include "apps/http_parse.h"

/* Whether gzip is accepted, and not less gladly than the plain content. Who has no Accept-Encoding gets that. */
bool http_accepts_gzip(const struct http_request *request);

#endif
