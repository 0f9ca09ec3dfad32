/* SPDX-License-Identifier: MIT
 *
 * The page that stands for a directory without an index.html: its names, sizes and times, directories first. Names that
 * begin with a dot are left out, as ls does. Bounded: a directory with more names than HTTP_LISTING_NAMES shows some of
 * them and says so.
 */
#ifndef STRATA_APPS_HTTP_LISTING_H
#define STRATA_APPS_HTTP_LISTING_H

#include "apps/http_buffer.h"

#define HTTP_LISTING_NAMES 2000
#define HTTP_LISTING_MAX   ((size_t)8 * 1024 * 1024) /* bytes of a page, which that many names of any kind fit into */

/* Write the page of an open directory, whose descriptor is closed, under the name of its path ("" for the root; otherwise ending
 * in a slash). 0, or a negative errno. */
int http_listing_write(struct http_buffer *page, int descriptor, const char *path);

#endif
