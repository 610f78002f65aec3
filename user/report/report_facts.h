/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_facts.h: what single entries say that are evidence.
 *
 * Owns: which types are, and what each adds to a report. Must not own: counting them (report.h),
 * or what they say together (report_sum.c).
 */
#ifndef SLUICE_REPORT_FACTS_H
#define SLUICE_REPORT_FACTS_H

#include "report.h"

/**
 * struct report_fact: a type that is evidence. A name that ends in a dot stands for all that begin
 * so.
 * @take: adds the entry to the report; NULL: it is listed
 * @list: where the report has each one of the period, so that they can be counted
 * @time: what it belongs to the period by, if not by when it was written
 */
struct report_fact {
	const char *type;
	void (*take)(struct report *report, const struct journal_entry *entry);
	const char *list, *time;
};

/* NULL: entries of @type are no evidence. */
const struct report_fact *report_fact_of(const char *type);

/* Takes one that is. */
void report_fact_take(struct report *report, const struct report_fact *fact,
		      const struct journal_entry *entry);

/* A time that the entry tells, in ms; else when it was written. */
uint64_t report_time_of(const json_t *entry, const char *name);
bool report_in_period(const struct report *report, uint64_t ms);

#endif
