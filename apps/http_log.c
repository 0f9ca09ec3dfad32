/* SPDX-License-Identifier: MIT
 *
 * The access log: see http_log.h.
 */
#include "apps/http_log.h"

#include <inttypes.h>

#include "apps/http_date.h"

static void add_quoted(struct http_buffer *line, struct http_text text)
{
	http_buffer_print(line, " \"");
	for (size_t i = 0; i < text.length; i++) {
		unsigned char byte = (unsigned char)text.bytes[i];
		bool plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
		http_buffer_print(line, plain ? "%c" : "\\x%02x", byte);
	}
	http_buffer_print(line, text.length > 0 ? "\"" : "-\"");
}

static void add_field(struct http_buffer *line, const struct http_request *request, const char *name)
{
	struct http_text value = {NULL, 0};
	if (!http_field_next(request, name, &value))
		value = (struct http_text){"", 0};
	add_quoted(line, value);
}

void http_log_write(struct http_buffer *line, struct address client, time_t now, const struct http_request *request,
		    enum http_status status, uint64_t sent)
{
	char address[ADDRESS_TEXT], date[HTTP_DATE_TEXT];
	http_date(now, date); /* "Sun, 06 Nov 1994 08:49:37 GMT" has the day at 5, the month at 8, the year at 12 */
	http_buffer_print(line, "%s - - [%.2s/%.3s/%.4s:%.8s +0000]", address_print(client, address), date + 5,
			  date + 8, date + 12, date + 17);
	add_quoted(line, request->line);
	http_buffer_print(line, " %d %" PRIu64, status, sent);
	add_field(line, request, "Referer");
	add_field(line, request, "User-Agent");
}
