/* SPDX-License-Identifier: MIT
 *
 * Events: a name each, clauses in one spelling, and delivery.
 */
#include <criterion/criterion.h>

#include <stdio.h>

#include "base/event.h"

Test(event, names_are_distinct)
{
	for (enum event_type i = 0; i < EVENT_TYPE_COUNT; i++) {
		cr_assert_gt(strlen(event_name(i)), 0, "%d", i);
		for (enum event_type j = 0; j < i; j++)
			cr_assert_str_neq(event_name(i), event_name(j));
	}
	cr_assert_str_eq(event_name(EVENT_TCP_RTO), "tcp-rto");
}

Test(event, clauses_are_spelled_rfc_number_section)
{
	cr_assert_str_eq(event_clause(EVENT_TCP_RTO), "RFC 6298 5.5");
	for (enum event_type i = 0; i < EVENT_TYPE_COUNT; i++) {
		const char *clause = event_clause(i);
		unsigned number;
		if (*clause)
			cr_assert_eq(sscanf(clause, "RFC %u", &number), 1, "%s: \"%s\"", event_name(i), clause);
	}
}

static void listen(void *user, const struct event *event)
{
	*(struct event *)user = *event;
}

Test(event, reaches_the_listener_whole)
{
	struct event heard = {0};
	struct events events = {listen, &heard};
	struct event told = {.type = EVENT_TCP_CWND,
			     .local = {{{192, 0, 2, 1}}, 80},
			     .remote = {{{192, 0, 2, 2}}, 4321},
			     .before = 14600,
			     .value = 7300};
	event_emit(&events, &told);
	cr_assert_eq(heard.type, EVENT_TCP_CWND);
	cr_assert(endpoint_equal(&heard.local, &told.local));
	cr_assert(endpoint_equal(&heard.remote, &told.remote));
	cr_assert_eq(heard.before, 14600);
	cr_assert_eq(heard.value, 7300);
}

Test(event, without_a_listener_nothing_is_called)
{
	struct event heard = {.value = 42};
	struct events nobody = {NULL, &heard};
	event_emit(&nobody, &(struct event){.type = EVENT_DROP});
	cr_assert_eq(heard.value, 42);
}
