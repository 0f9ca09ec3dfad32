/* SPDX-License-Identifier: MIT
 *
 * What a connection of the HTTP server replies: between the request that has come (http_answer.h says what the answer is)
 * and the bytes that go.
 */
#ifndef STRATA_APPS_HTTP_REPLY_H
#define STRATA_APPS_HTTP_REPLY_H

#include "apps/http_connection.h"
#include "apps/http_parse.h"

/* Answer the request at the front of `in`, which is whole, with its content in `received` where it is to be echoed. */
void http_reply_answer(struct http_connection *c, const struct http_request *request);

/* Answer what has come with an error, and end: where the request ends is not known, or not waited for. */
void http_reply_refuse(struct http_connection *c, enum http_status status);

/* The response is complete: write its head, and go on in HTTP_HEADING. */
void http_reply_begin(struct http_connection *c);

/* Have `amount` bytes of the server's share of memory instead of what we had. False: there is not so much left. */
bool http_reply_hold(struct http_connection *c, size_t amount);

/* Write the line of the access log, where there is one: the response is through, or cut off. */
void http_reply_log(const struct http_connection *c);

#endif
