/* SPDX-License-Identifier: MIT
 *
 * What the web server of the capture answered (step 12), byte for byte: 299 of them.
 */
#ifndef STRATA_TESTS_CAPTURE_H
#define STRATA_TESTS_CAPTURE_H

static const char captured_page[] = "HTTP/1.1 200 OK\r\n"
				    "Date: Fri, 14 Feb 2025 15:59:47 GMT\r\n"
				    "Server: Apache/2.4.62 (Debian)\r\n"
				    "Last-Modified: Mon, 10 Feb 2025 17:38:35 GMT\r\n"
				    "ETag: \"10-62dcd2d848e57\"\r\n"
				    "Accept-Ranges: bytes\r\n"
				    "Content-Length: 16\r\n"
				    "Keep-Alive: timeout=5, max=100\r\n"
				    "Connection: Keep-Alive\r\n"
				    "Content-Type: text/html\r\n"
				    "\r\n"
				    "Bonjour toi ;-)\n";

#endif
