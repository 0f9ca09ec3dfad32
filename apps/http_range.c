/* SPDX-License-Identifier: MIT
 *
 * Ranges: see http_range.h. Numbers beyond 2^64 are as good as 2^64 - 1: both lie beyond any end.
 */
#include "apps/http_range.h"

enum http_status http_range(struct http_text value, uint64_t length, uint64_t *first, uint64_t *last)
{
	bool found;
	struct http_text unit = http_text_take(&value, '=', &found);
	if (!found || !http_text_is_nocase(unit, "bytes"))
		return HTTP_OK; /* RFC 9110 14.2: a unit that is unknown must be ignored */
	struct http_text from = http_text_take(&value, '-', &found);
	bool suffix = from.length == 0;
	if (!found || (!suffix && !http_text_number(from, first)))
		return HTTP_OK;
	if (suffix && value.length == 0)
		return HTTP_OK;
	*last = UINT64_MAX;
	if (value.length > 0 && !http_text_number(value, last)) /* a list, among others */
		return HTTP_OK;
	if (suffix) {
		if (*last == 0)
			return HTTP_RANGE_NOT_SATISFIABLE;
		*first = *last < length ? length - *last : 0;
		*last = length - 1;
		return length > 0 ? HTTP_PARTIAL_CONTENT : HTTP_OK;
	}
	if (*last < *first)
		return HTTP_OK; /* RFC 9110 14.1.1: no range at all */
	if (*first >= length)
		return HTTP_RANGE_NOT_SATISFIABLE;
	*last = *last < length ? *last : length - 1;
	return HTTP_PARTIAL_CONTENT;
}
