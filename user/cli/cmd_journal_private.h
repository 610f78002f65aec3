/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_journal_private.h: "sluice journal" and "sluice events", between their command line
 * (cmd_journal_options.c) and the reading (cmd_journal.c).
 */
#ifndef SLUICE_CMD_JOURNAL_PRIVATE_H
#define SLUICE_CMD_JOURNAL_PRIVATE_H

#include <stdio.h>

#include "cmd_journal.h"
#include "cmd_journal_count.h"
#include "cmd_journal_kept.h"
#include "cmd_vault.h"
#include "journal/journal_read.h"

/* A form of the entries. */
struct journal_output {
	const char *name;
	void (*print)(FILE *out, const struct journal_entry *entry);
	void (*header)(FILE *out);
	bool for_people; /* the last line may be among the entries */
	bool for_others; /* for systems elsewhere: private text does not go there */
};

/**
 * struct journal_input: the command line, and the reading in progress.
 * @place: file with the place to go on from, which @resume is; NULL: from the start
 * @keep: entries are kept until the end of the file is reached
 */
struct journal_input {
	struct cmd_input input;
	struct journal_filter filter;
	struct cmd_vault vault;
	struct journal_boots boots;
	const struct journal_output *output;
	const char *file;
	const char *index; /* file of an index; NULL: the whole journal is read */
	const char *place;
	struct journal_resume resume;
	bool follow;
	bool all;
	bool keep;
	struct journal_kept kept;
	struct journal_population counted; /* where filter.counts */
	uint64_t n_printed;
};

/* Reads and prints what @input says; from the start, or from its place. Return: CMD_…. */
int cmd_journal_read(struct journal_input *input);

extern const struct argp_option cmd_journal_options[];
error_t cmd_journal_parse(int key, char *arg, struct argp_state *state);

#endif
