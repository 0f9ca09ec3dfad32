/* SPDX-License-Identifier: MIT
 *
 * Answers to look-ups as dig shows them.
 */
#ifndef STRATA_APPS_DIG_PRINT_H
#define STRATA_APPS_DIG_PRINT_H

#include <stdio.h>
#include <time.h>

#include "dns/dns.h"

/* What is shown, as dig's +[no]NAME has it. */
enum dig_part {
	DIG_COMMAND = 1,
	DIG_COMMENTS = 2,
	DIG_QUESTION = 4,
	DIG_ANSWER = 8,
	DIG_AUTHORITY = 16,
	DIG_ADDITIONAL = 32,
	DIG_STATS = 64,
	DIG_ALL = 127,
};

/* The whole of it. `asked_tcp`: it was to be asked over TCP, so that no truncation led there. */
void dig_print(FILE *to, const struct dns_answer *answer, unsigned parts, bool asked_tcp, time_t when);

/* The data of the answers alone, a line each. */
void dig_print_short(FILE *to, const struct dns_answer *answer);

/* One JSON object, on one line. */
void dig_print_json(FILE *to, const struct dns_answer *answer);

/* What an entry of the cache is. */
void dig_print_cached(FILE *to, const struct dns_answer *answer, uint32_t ttl);

/* Whether a server has said something that can be shown: dig's exit status is 9 otherwise. */
bool dig_was_answered(const struct dns_answer *answer);

#endif
