/* SPDX-License-Identifier: MIT
 *
 * Names and clauses from the table in event.h.
 */
#include "base/event.h"

#define NAME(constant, name, clause, meaning)   name,
#define CLAUSE(constant, name, clause, meaning) clause,

static const char *const names[] = {EVENT_TYPES(NAME)};
static const char *const clauses[] = {EVENT_TYPES(CLAUSE)};

const char *event_name(enum event_type type)
{
	return names[type];
}

const char *event_clause(enum event_type type)
{
	return clauses[type];
}
