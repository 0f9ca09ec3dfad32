/* SPDX-License-Identifier: MIT
 *
 * From a request to its response: which methods a place takes, what is there, under which condition and how much of it is
 * sent. Pure but for the files that are opened.
 *
 *     *             OPTIONS                      the server as a whole (RFC 9110 9.3.7)
 *     /echo         all but CONNECT and TRACE    the request itself, as it came
 *     all others    GET, HEAD, OPTIONS           a file, a list of files, a built-in page
 */
#ifndef STRATA_APPS_HTTP_ANSWER_H
#define STRATA_APPS_HTTP_ANSWER_H

#include "apps/http_pages.h"
#include "apps/http_parse.h"
#include "apps/http_response.h"

/* What there is to be had. */
struct http_site {
	int directory;  /* from http_content_directory(); -1: the built-in pages */
	time_t started; /* when the built-in pages came to be, as far as clients can tell */
	time_t now;
	struct http_map map; /* of the connection that asks */
};

/* Judge a request before its content is read: HTTP_OK: read it, and answer; otherwise the status to refuse it with: 405, 411,
 * 413, 417, 501. *allow is set for 405. */
enum http_status http_answer_admit(const struct http_request *request, const char **allow);

/* Whether the answer needs the request's content; otherwise it is read and thrown away. */
bool http_answer_echoes(const struct http_request *request);

/* Answer a request that was admitted. `received` is the request as it came, which is taken over where it is echoed. Of the
 * response, what concerns the connection is left alone. */
void http_answer(struct http_response *response, const struct http_request *request, const struct http_site *site,
		 struct http_buffer *received);

#endif
