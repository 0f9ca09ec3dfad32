/* SPDX-License-Identifier: MIT
 *
 * Accept-Encoding: see http_accept.h. Weights are counted in thousandths (RFC 9110 12.4.2: three digits at most).
 */
#include "apps/http_accept.h"

#define NOT_SAID (-1)

/* ";q=0.5" as 500; without it, 1000; NOT_SAID for what is no weight. */
static int weight_of(struct http_text parameters)
{
	bool point;
	parameters = http_text_trim(parameters);
	if (parameters.length == 0)
		return 1000;
	struct http_text name = http_text_take(&parameters, '=', &point);
	if (!point || !http_text_is_nocase(name, "q"))
		return NOT_SAID;
	struct http_text whole = http_text_take(&parameters, '.', &point);
	if (parameters.length > 3 || !http_text_every(parameters, http_is_digit))
		return NOT_SAID;
	int weight = 0, digit = 100;
	for (size_t i = 0; i < parameters.length; i++, digit /= 10)
		weight += (parameters.bytes[i] - '0') * digit;
	if (http_text_is(whole, "1"))
		return weight == 0 ? 1000 : NOT_SAID;
	return http_text_is(whole, "0") ? weight : NOT_SAID;
}

bool http_accepts_gzip(const struct http_request *request)
{
	struct http_text value = {NULL, 0}, member;
	int gzip = NOT_SAID, identity = NOT_SAID, any = NOT_SAID;
	bool found;
	while (http_field_next(request, "Accept-Encoding", &value)) {
		struct http_text rest = value;
		while (http_text_take_member(&rest, &member)) {
			struct http_text coding = http_text_trim(http_text_take(&member, ';', &found));
			int weight = weight_of(member);
			if (http_text_is_nocase(coding, "gzip") || http_text_is_nocase(coding, "x-gzip"))
				gzip = weight;
			else if (http_text_is_nocase(coding, "identity"))
				identity = weight;
			else if (http_text_is(coding, "*"))
				any = weight;
		}
	}
	gzip = gzip != NOT_SAID ? gzip : any;
	return gzip > 0 && gzip >= identity;
}
