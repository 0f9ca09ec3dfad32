/* SPDX-License-Identifier: MIT
 *
 * Names and sentences from the tables in stats.h, and the one way to drop a packet.
 */
#include "base/stats.h"

#define NAME(constant, name, sentence)     name,
#define SENTENCE(constant, name, sentence) sentence,

static const char *const drop_names[] = {DROP_REASONS(NAME)};
static const char *const drop_sentences[] = {DROP_REASONS(SENTENCE)};
static const char *const counter_names[] = {COUNTERS(NAME)};
static const char *const counter_sentences[] = {COUNTERS(SENTENCE)};

const char *drop_name(enum drop_reason reason)
{
	return drop_names[reason];
}

const char *drop_sentence(enum drop_reason reason)
{
	return drop_sentences[reason];
}

const char *counter_name(enum counter counter)
{
	return counter_names[counter];
}

const char *counter_sentence(enum counter counter)
{
	return counter_sentences[counter];
}

void stats_drop(struct stats *stats, const struct events *events, enum drop_reason reason)
{
	stats->drops[reason]++;
	event_emit(events, &(struct event){.type = EVENT_DROP, .value = reason});
}
