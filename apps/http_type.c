/* SPDX-License-Identifier: MIT
 *
 * Media types by extension: see http_content.h.
 */
#include <string.h>
#include <strings.h>

#include "apps/http_content.h"

const char *http_content_type(const char *path)
{
	static const struct {
		const char *extension, *type;
	} types[] = {
	    {".html", "text/html; charset=utf-8"},
	    {".htm", "text/html; charset=utf-8"},
	    {".css", "text/css; charset=utf-8"},
	    {".js", "text/javascript; charset=utf-8"},
	    {".mjs", "text/javascript; charset=utf-8"},
	    {".txt", "text/plain; charset=utf-8"},
	    {".log", "text/plain; charset=utf-8"},
	    {".md", "text/markdown; charset=utf-8"},
	    {".csv", "text/csv; charset=utf-8"},
	    {".c", "text/plain; charset=utf-8"},
	    {".h", "text/plain; charset=utf-8"},
	    {".sh", "text/plain; charset=utf-8"},
	    {".py", "text/plain; charset=utf-8"},
	    {".json", "application/json"},
	    {".xml", "application/xml"},
	    {".pdf", "application/pdf"},
	    {".wasm", "application/wasm"},
	    {".zip", "application/zip"},
	    {".gz", "application/gzip"},
	    {".tar", "application/x-tar"},
	    {".pcap", "application/vnd.tcpdump.pcap"},
	    {".svg", "image/svg+xml"},
	    {".png", "image/png"},
	    {".jpg", "image/jpeg"},
	    {".jpeg", "image/jpeg"},
	    {".gif", "image/gif"},
	    {".webp", "image/webp"},
	    {".avif", "image/avif"},
	    {".ico", "image/x-icon"},
	    {".woff", "font/woff"},
	    {".woff2", "font/woff2"},
	    {".mp3", "audio/mpeg"},
	    {".ogg", "audio/ogg"},
	    {".wav", "audio/wav"},
	    {".mp4", "video/mp4"},
	    {".webm", "video/webm"},
	};
	const char *slash = strrchr(path, '/');
	const char *extension = strrchr(slash ? slash : path, '.');
	for (size_t i = 0; extension && i < sizeof types / sizeof types[0]; i++)
		if (strcasecmp(extension, types[i].extension) == 0)
			return types[i].type;
	return "application/octet-stream";
}
