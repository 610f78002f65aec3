/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h: what an auditor asks of a period, taken from the journal's entries: one JSON value,
 * which is report.json, and which the page is made of.
 *
 * Owns: which entries are evidence, what they say together, and how it is counted. Must not own:
 * reading and verifying (journal_read.h), files (report_bundle.h), looks (report_page.h).
 *
 * A request belongs to the period when it was open at some time in it: opened before its end, and
 * closed after its begin or not at all. Everything else belongs to it by the time of its entry.
 */
#ifndef SLUICE_REPORT_H
#define SLUICE_REPORT_H

#include "journal/journal_read.h"
#include "report_population.h"

struct report_framework {
	const char *name, *title;
};

/* NULL: there is no such framework. */
const struct report_framework *report_framework(const char *name);
/* The controls: [{"id", "asks", "shown", "where"}], "where" is the id of a part of the page. */
json_t *report_controls(const struct report_framework *framework);

struct reveal;

struct report {
	uint64_t from_ms, to_ms;
	json_t *requests; /* by id, in the order they were opened */
	json_t *grants;	  /* by id; each is in a request as well */
	json_t *lists;	  /* of entries, by part of the report */
	json_t *types;	  /* entries of the period, by type */
	json_t *signers;  /* "name key" of those that signed a decision */
	json_t *policy;	  /* digest of the one in force at the end of the period */
	struct report_population population;
	uint64_t entries, first_seq, last_seq;
	struct reveal *reveal; /* puts private text in; NULL: commitments stay */
	bool failed;	       /* memory ran out */
};

int report_init(struct report *report, uint64_t from_ms, uint64_t to_ms);
void report_done(struct report *report);

/* journal_entry_fn, @ctx is the report: to be given every entry, in order, parsed or not. */
int report_take(void *ctx, const struct journal_entry *entry);

/**
 * report_finish() - what all entries together say.
 * @verified: the verdict on the journal they are from
 * Return: the report, a new reference; NULL when memory ran out.
 */
json_t *report_finish(struct report *report, const struct report_framework *framework,
		      const struct journal_verify_result *verified);

/**
 * report_sequences() - numbers of the entries that a finished report rests on, ascending.
 * @ret: to be freed. Return: 0 or -ENOMEM.
 */
int report_sequences(const json_t *finished, uint64_t **ret, size_t *ret_n);

#endif
