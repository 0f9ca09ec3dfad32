/* SPDX-License-Identifier: MIT
 *
 * Status codes in words: see http_status.h.
 */
#include "apps/http_status.h"

#include <stddef.h>

struct words {
	enum http_status status;
	const char *reason;
	const char *sentence;
};

static const struct words *words_of(enum http_status status)
{
	static const struct words all[] = {
	    {HTTP_OK, "OK", ""},
	    {HTTP_NO_CONTENT, "No Content", ""},
	    {HTTP_PARTIAL_CONTENT, "Partial Content", ""},
	    {HTTP_MOVED_PERMANENTLY, "Moved Permanently", "This is a directory, whose address ends in a slash."},
	    {HTTP_NOT_MODIFIED, "Not Modified", ""},
	    {HTTP_BAD_REQUEST, "Bad Request", "This is not a request as RFC 9112 writes it, so it cannot be answered."},
	    {HTTP_FORBIDDEN, "Forbidden",
	     "Something is there under this name, but not for you: only plain files and directories that strata may "
	     "read, inside the served directory, are given out."},
	    {HTTP_NOT_FOUND, "Not Found", "There is nothing here under this name."},
	    {HTTP_METHOD_NOT_ALLOWED, "Method Not Allowed",
	     "This can only be asked for in the ways that the Allow field lists. <code>/echo</code> takes more."},
	    {HTTP_REQUEST_TIMEOUT, "Request Timeout", "The request did not arrive in time, so it was not waited for."},
	    {HTTP_LENGTH_REQUIRED, "Length Required",
	     "A request like this brings content: say how much with Content-Length, or send it in chunks."},
	    {HTTP_PRECONDITION_FAILED, "Precondition Failed",
	     "This is not in the state any more that If-Match or If-Unmodified-Since asked for."},
	    {HTTP_CONTENT_TOO_LARGE, "Content Too Large", "A request here may bring 1 MiB of content at most."},
	    {HTTP_URI_TOO_LONG, "URI Too Long", "The request line may have 8192 bytes at most."},
	    {HTTP_RANGE_NOT_SATISFIABLE, "Range Not Satisfiable",
	     "The range lies beyond the end. The Content-Range field says how long this is."},
	    {HTTP_EXPECTATION_FAILED, "Expectation Failed",
	     "Of what can be expected, only 100-continue is known here."},
	    {HTTP_FIELDS_TOO_LARGE, "Request Header Fields Too Large",
	     "The head of a request may have 16384 bytes and 100 fields at most."},
	    {HTTP_NOT_IMPLEMENTED, "Not Implemented",
	     "This method, or this transfer coding, is unknown here. Methods are written in capital letters."},
	    {HTTP_SERVICE_UNAVAILABLE, "Service Unavailable",
	     "The server is out of memory or of open files just now; try again in a moment."},
	    {HTTP_VERSION_NOT_SUPPORTED, "HTTP Version Not Supported", "Only HTTP/1.1 and HTTP/1.0 are spoken here."},
	    {HTTP_INTERNAL_SERVER_ERROR, "Internal Server Error", "The server could not read this from its disk."},
	};
	size_t i = sizeof all / sizeof all[0] - 1;
	while (i > 0 && all[i].status != status)
		i--;
	return &all[i];
}

const char *http_status_reason(enum http_status status)
{
	return words_of(status)->reason;
}

const char *http_status_sentence(enum http_status status)
{
	return words_of(status)->sentence;
}
