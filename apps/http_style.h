/* SPDX-License-Identifier: MIT
 *
 * How the pages begin that the server writes itself (errors, directories), so that they are readable on a telephone, by
 * day and by night, without asking for another file. Up to the title.
 */
#ifndef STRATA_APPS_HTTP_STYLE_H
#define STRATA_APPS_HTTP_STYLE_H

#define HTTP_STYLE_HEAD                                                                                       \
	"<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"                                     \
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<style>\n"                 \
	":root { color-scheme: light dark }\n"                                                                \
	"body { max-width: 44rem; margin: 0 auto; padding: 2rem 1.2rem; font: 1.05rem/1.6 Georgia, serif }\n" \
	"h1 { font-size: 1.6rem; overflow-wrap: anywhere }\n"                                                 \
	"table { border-collapse: collapse; width: 100% }\n"                                                  \
	"td, th { text-align: left; padding: .15rem .8rem .15rem 0; overflow-wrap: anywhere }\n"              \
	".n { text-align: right }\n</style>\n"

#endif
