/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_verdict.h: the verifier's answer on a fixture's file, and the journal that most attacks
 * start from.
 */
#ifndef JOURNAL_VERDICT_H
#define JOURNAL_VERDICT_H

#include "journal/journal_verify.h"
#include "journal_fixture.h"

/*
 * The same file by several threads, each with a few lines at a time: the same verdict in every
 * word.
 */
static inline void verify_parallel(struct fixture *f, struct journal_verify_options options,
				   const struct journal_verify_result *expected)
{
	struct journal_verify_result result;

	options.jobs = 3;
	options.piece = 1500;
	assert_int_equal(journal_verify(f->path, &options, &result), 0);
	assert_string_equal(result.problem, expected->problem);
	assert_int_equal(result.status, expected->status);
	assert_int_equal(result.line, expected->line);
	assert_int_equal(result.entry, expected->entry);
	assert_int_equal(result.entries, expected->entries);
	assert_int_equal(result.unsigned_entries, expected->unsigned_entries);
	assert_int_equal(result.checkpoints, expected->checkpoints);
	assert_int_equal(result.other_signatures, expected->other_signatures);
	assert_int_equal(result.totals_checked, expected->totals_checked);
	assert_int_equal(result.torn_bytes, expected->torn_bytes);
	assert_int_equal(result.epochs, expected->epochs);
	assert_int_equal(result.breaks, expected->breaks);
	assert_int_equal(result.first_time, expected->first_time);
	assert_int_equal(result.last_time, expected->last_time);
	assert_int_equal(result.clean, expected->clean);
	assert_string_equal(result.root, expected->root);
}

static inline struct journal_verify_result verify(struct fixture *f, const char *genesis,
						  const char *vkey)
{
	const struct journal_verify_options options = { .genesis = genesis, .vkey = vkey };
	struct journal_verify_result result;

	memset(&result, 0xaa, sizeof(result));
	assert_int_equal(journal_verify(f->path, &options, &result), 0);
	assert_true((result.status == JOURNAL_OK) == (result.problem[0] == '\0'));
	verify_parallel(f, options, &result);
	return result;
}

static inline void expect(struct fixture *f, enum journal_status status, uint64_t line,
			  uint64_t entry, const char *what)
{
	struct journal_verify_result result = verify(f, NULL, NULL);

	if (result.status != status || !strstr(result.problem, what) || result.line != line ||
	    result.entry != entry)
		fail_msg("%s, line %lu, entry %lu: %s", journal_status_name(result.status),
			 result.line, result.entry, result.problem);
}

/* The file from pieces: lines of @file in the given order, -1 ends. */
static inline void store_lines(struct fixture *f, const struct bytes *file, const int *lines)
{
	FILE *out = fopen(f->path, "w");
	struct bytes line;

	for (; *lines >= 0; lines++) {
		line = line_at(file, (size_t)*lines);
		fwrite(line.at, 1, line.size, out);
	}
	fclose(out);
}

/*
 * Lines of the journal that the attacks start from: 8 entries, a commit after 0, 3, 6 and 7
 *	0: entry 0	1: checkpoint 1		2-4: entries 1-3	5: checkpoint 4
 *	6-8: entries 4-6 (stop)	9: checkpoint 7	10: entry 7 (end)	11: checkpoint 8
 */
static inline struct bytes attacked(struct fixture *f)
{
	fixture_fill(f, 8, 3);
	return file_load(f->path);
}

#endif
