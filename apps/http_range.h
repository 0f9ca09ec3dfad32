/* SPDX-License-Identifier: MIT
 *
 * A part of the content (RFC 9110 14):
 *
 *     Range: bytes=0-499      the first 500 bytes
 *     Range: bytes=500-       all but those
 *     Range: bytes=-500       the last 500
 *
 * One range at a time. A list of several may be ignored (RFC 9110 14.2), and is: a client that wants many pieces asks many
 * times, and nobody can have a file sent a thousand times over by one request.
 */
#ifndef STRATA_APPS_HTTP_RANGE_H
#define STRATA_APPS_HTTP_RANGE_H

#include <stdint.h>

#include "apps/http_parse.h"

/* What a Range field comes to for content of this length: HTTP_OK: ignore it; HTTP_PARTIAL_CONTENT: send the bytes
 * from *first to *last, both included; HTTP_RANGE_NOT_SATISFIABLE: it lies beyond the end. */
enum http_status http_range(struct http_text value, uint64_t length, uint64_t *first, uint64_t *last);

#endif
