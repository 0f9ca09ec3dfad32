/* SPDX-License-Identifier: MIT
 *
 * Requests and responses: see http_answer.h.
 */
#include "apps/http_answer.h"

#include <errno.h>
#include <string.h>

#include "apps/http_accept.h"
#include "apps/http_body.h"
#include "apps/http_range.h"
#include "apps/http_target.h"

#define ALLOW_FILE "GET, HEAD, OPTIONS"
#define ALLOW_ECHO "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE"

/* Whether the method is one of these, which stand as in an Allow field. */
static bool is_method_of(struct http_text method, const char *allowed)
{
	struct http_text rest = {allowed, strlen(allowed)}, member;
	while (http_text_take_member(&rest, &member))
		if (member.length == method.length && memcmp(member.bytes, method.bytes, method.length) == 0)
			return true;
	return false;
}

/* RFC 9110 9.1: methods that have a meaning, of which some are allowed nowhere here. */
static bool is_known(struct http_text method)
{
	return is_method_of(method, ALLOW_ECHO ", CONNECT, TRACE");
}

bool http_answer_echoes(const struct http_request *request)
{
	char path[HTTP_PATH_MAX];
	return http_target_path(request->target, path) && strcmp(path, "echo") == 0;
}

static const char *allowed_for(const struct http_request *request)
{
	return http_answer_echoes(request) ? ALLOW_ECHO : ALLOW_FILE;
}

/* Methods whose whole meaning is in their content (RFC 9110 9.3.3, 9.3.4, RFC 5789 2). */
static bool brings_content(struct http_text method)
{
	return is_method_of(method, "POST, PUT, PATCH");
}

enum http_status http_answer_admit(const struct http_request *request, const char **allow)
{
	*allow = NULL;
	if (!is_known(request->method))
		return HTTP_NOT_IMPLEMENTED;
	if (!is_method_of(request->method, allowed_for(request))) {
		*allow = allowed_for(request);
		return HTTP_METHOD_NOT_ALLOWED;
	}
	if (request->expect == HTTP_EXPECT_UNKNOWN)
		return HTTP_EXPECTATION_FAILED;
	if (brings_content(request->method) && !request->has_length)
		return HTTP_LENGTH_REQUIRED;
	return request->body_length > HTTP_BODY_MAX ? HTTP_CONTENT_TOO_LARGE : HTTP_OK;
}

/* ---- what is there ---- */

static enum http_status status_of(int error)
{
	switch (error) {
	case 0:
		return HTTP_OK;
	case -EISDIR:
		return HTTP_MOVED_PERMANENTLY;
	case -ENOENT:
		return HTTP_NOT_FOUND;
	case -EACCES:
		return HTTP_FORBIDDEN;
	case -EIO:
		return HTTP_INTERNAL_SERVER_ERROR;
	default:
		return HTTP_SERVICE_UNAVAILABLE;
	}
}

static enum http_status find_content(struct http_content *content, const struct http_request *request,
				     const struct http_site *site)
{
	char path[HTTP_PATH_MAX];
	if (!http_target_path(request->target, path))
		return HTTP_BAD_REQUEST;
	if (site->directory < 0)
		return status_of(http_pages_open(content, path, &site->map, site->started));
	int error = http_content_open(content, site->directory, path, http_accepts_gzip(request));
	if (error == -ENOENT && strcmp(path, HTTP_PAGES_ICON) == 0)
		error = http_pages_open(content, path, &site->map, site->started);
	return status_of(error);
}

/* ---- how much of it ---- */

/* RFC 9110 13.2.2 */
static void apply_conditions(struct http_response *response, const struct http_request *request, time_t now)
{
	enum http_status status = http_validators_check(&response->content.validators, request, now);
	if (status == HTTP_PRECONDITION_FAILED)
		http_response_refuse(response, status);
	else
		response->status = status;
}

/* RFC 9110 14.2: only of a GET, and only once the conditions have been met. */
static void apply_range(struct http_response *response, const struct http_request *request, time_t now)
{
	struct http_content *content = &response->content;
	struct http_text value;
	uint64_t first = 0, last = 0;
	if (response->status != HTTP_OK || response->head_only || !content->ranges ||
	    !http_field_only(request, "Range", &value) ||
	    !http_validators_allow_range(&content->validators, request, now))
		return;
	switch (http_range(value, content->length, &first, &last)) {
	case HTTP_PARTIAL_CONTENT:
		response->status = HTTP_PARTIAL_CONTENT;
		content->at = first;
		content->end = last + 1;
		break;
	case HTTP_RANGE_NOT_SATISFIABLE:
		response->whole_length = content->length;
		http_response_refuse(response, HTTP_RANGE_NOT_SATISFIABLE);
		break;
	default:
		break;
	}
}

/* ---- answers ---- */

static void answer_moved(struct http_response *response, const struct http_request *request)
{
	char location[HTTP_LOCATION_MAX];
	http_target_location(request->target, location);
	http_response_refuse(response, HTTP_MOVED_PERMANENTLY);
	response->location = strdup(location);
	if (!response->location)
		http_response_refuse(response, HTTP_SERVICE_UNAVAILABLE);
}

static void answer_content(struct http_response *response, const struct http_request *request,
			   const struct http_site *site)
{
	enum http_status status = find_content(&response->content, request, site);
	if (status == HTTP_MOVED_PERMANENTLY) {
		answer_moved(response, request);
	} else if (status != HTTP_OK) {
		http_response_refuse(response, status);
	} else {
		apply_conditions(response, request, site->now);
		apply_range(response, request, site->now);
	}
}

static void answer_options(struct http_response *response, const struct http_request *request)
{
	char path[HTTP_PATH_MAX];
	bool whole = http_text_is(request->target, "*");
	if (!whole && !http_target_path(request->target, path)) {
		http_response_refuse(response, HTTP_BAD_REQUEST);
		return;
	}
	response->status = HTTP_NO_CONTENT;
	response->allow = whole ? ALLOW_ECHO : allowed_for(request);
}

void http_answer(struct http_response *response, const struct http_request *request, const struct http_site *site,
		 struct http_buffer *received)
{
	response->head_only = http_text_is(request->method, "HEAD");
	if (http_text_is(request->method, "OPTIONS")) {
		answer_options(response, request);
	} else if (http_answer_echoes(request)) {
		response->status = HTTP_OK;
		response->content = http_content_buffer("text/plain; charset=utf-8", received);
	} else {
		answer_content(response, request, site);
	}
}
