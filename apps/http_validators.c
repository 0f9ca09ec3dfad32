/* SPDX-License-Identifier: MIT
 *
 * Preconditions: see http_validators.h.
 */
#include "apps/http_validators.h"

#include <string.h>

#include "apps/http_date.h"

/* Take the next member of a list of entity tags (RFC 9110 8.8.3), which may hold commas; the tag itself, with its quotes,
 * and whether it is weak. False: the end, or something that is no tag. */
static bool take_tag(struct http_text *rest, struct http_text *tag, bool *weak)
{
	bool found;
	while (rest->length > 0 && http_is_one_of(rest->bytes[0], ", \t"))
		*rest = http_text_skip(*rest, 1);
	*weak = rest->length > 2 && memcmp(rest->bytes, "W/", 2) == 0;
	struct http_text from = *weak ? http_text_skip(*rest, 2) : *rest;
	if (from.length == 0 || from.bytes[0] != '"')
		return false;
	*rest = http_text_skip(from, 1);
	struct http_text inside = http_text_take(rest, '"', &found);
	*tag = (struct http_text){from.bytes, inside.length + 2};
	return found;
}

/* Whether a field names the tag: "*" names any. Weak ones count where only the meaning must be the same (RFC 9110 8.8.3.2). */
static bool names_tag(const struct http_request *request, const char *field, const char *etag, bool weak_counts)
{
	struct http_text value = {NULL, 0}, tag;
	bool weak;
	while (http_field_next(request, field, &value)) {
		struct http_text rest = value;
		if (http_text_is(value, "*"))
			return true;
		while (take_tag(&rest, &tag, &weak))
			if ((weak_counts || !weak) && http_text_is(tag, etag))
				return true;
	}
	return false;
}

static bool has_field(const struct http_request *request, const char *name)
{
	struct http_text value = {NULL, 0};
	return http_field_next(request, name, &value);
}

/* The date in this field. False: there is no such field, or more than one, or no date in it: it is ignored
 * (RFC 9110 13.1.3, 13.1.4). */
static bool date_of(const struct http_request *request, const char *field, time_t now, time_t *date)
{
	struct http_text value;
	return http_field_only(request, field, &value) && http_date_parse(value, now, date);
}

enum http_status http_validators_check(const struct http_validators *validators, const struct http_request *request,
				       time_t now)
{
	time_t date;
	if (has_field(request, "If-Match")) {
		if (!names_tag(request, "If-Match", validators->etag, false))
			return HTTP_PRECONDITION_FAILED;
	} else if (date_of(request, "If-Unmodified-Since", now, &date) && validators->modified > date) {
		return HTTP_PRECONDITION_FAILED;
	}
	if (has_field(request, "If-None-Match"))
		return names_tag(request, "If-None-Match", validators->etag, true) ? HTTP_NOT_MODIFIED : HTTP_OK;
	bool dated = validators->etag[0] != '\0';
	if (dated && date_of(request, "If-Modified-Since", now, &date) && validators->modified <= date)
		return HTTP_NOT_MODIFIED;
	return HTTP_OK;
}

/* RFC 9110 13.1.5: a date counts only when it is exactly ours, and strong: a file that was changed twice in one second may
 * have two contents under one date, so that second must be over (RFC 9110 8.8.2.2). */
bool http_validators_allow_range(const struct http_validators *validators, const struct http_request *request,
				 time_t now)
{
	struct http_text value, tag;
	time_t date;
	bool weak;
	if (!has_field(request, "If-Range"))
		return true;
	if (!http_field_only(request, "If-Range", &value))
		return false;
	if (take_tag(&value, &tag, &weak))
		return !weak && http_text_is(tag, validators->etag) && value.length == 0;
	return http_date_parse(value, now, &date) && date == validators->modified && validators->modified < now;
}
