/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_retire.c: which file of a journal goes, when, and what is written before. The journal is a
 * real one; what stands off the host, the lineage's index and the guard are played.
 */
#include "journal_fixture.h"

#include <errno.h>

#include "control/control.h"
#include "event/record.h"
#include "guard/guard.h"
#include "journal/journal_retire.h"
#include "journal/journal_verify.h"
#include "lineage/lineage_follow.h"
#include "policy/policy.h"
#include "sluiced/agent.h"
#include "sluiced/retire.h"

#define DAY_S 86400
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

static const char *not_copied;
static uint64_t indexed;
static unsigned int marked;

const char *control_not_copied(const struct agent *agent, uint64_t bytes, uint64_t entries)
{
	(void)agent;
	assert_true(bytes > 0 && entries > 0);
	return not_copied;
}

json_t *control_copies(const struct agent *agent)
{
	(void)agent;
	return json_array();
}

uint64_t lineage_follow_place(const struct lineage_follow *follow)
{
	(void)follow;
	return indexed;
}

void guard_follow_journal(struct agent *agent)
{
	(void)agent;
	marked++;
}

static struct agent agent;
static struct policy policy;

static void add(struct agent *to, const char *type)
{
	assert_int_equal(record_add(to, NULL, json_object(), type, "it happened"), 0);
	assert_int_equal(record_commit(to), 0);
}

/* A journal of @files full files, and the one that is written; each was begun @age_s before now. */
static void begin(struct fixture *f, unsigned int files)
{
	not_copied = NULL;
	indexed = UINT64_MAX;
	marked = 0;
	memset(&agent, 0, sizeof(agent));
	memset(&policy, 0, sizeof(policy));
	policy.settings.journal_keep_s = DAY_S;
	agent.policy = &policy;
	agent.record = record_new();
	agent.journal = fixture_open(f);
	for (unsigned int i = 0; i < files; i++) {
		add(&agent, "agent.note");
		assert_int_equal(journal_begin_file(agent.journal), 0);
	}
}

static void end(void)
{
	agent.journal = journal_close(agent.journal);
	agent.record = record_free(agent.record);
}

static size_t full_files(const struct fixture *f)
{
	struct journal_segments full;
	size_t n;

	assert_int_equal(journal_segments_find(f->path, UINT64_MAX, "", &full), 0);
	n = full.n;
	journal_segments_done(&full);
	return n;
}

static uint64_t announced(void)
{
	json_auto_t *totals = journal_totals(agent.journal);

	return (uint64_t)json_integer_value(json_object_get(totals, JOURNAL_REMOVED_TYPE));
}

/* The clock of the journal cannot be turned: what is old is what JournalKeep= calls so. */
static void age(unsigned int keep_s)
{
	policy.settings.journal_keep_s = keep_s;
}

static struct journal_verify_result verdict(const struct fixture *f)
{
	struct journal_verify_result result;

	assert_int_equal(journal_verify(f->path, NULL, &result), 0);
	return result;
}

static void test_kept(void **state)
{
	struct fixture *f = *state;

	begin(f, 2);
	retire_look(&agent); /* young */
	age(0);
	usleep(2000);
	retire_look(&agent); /* for ever */
	assert_int_equal(full_files(f), 2);
	assert_int_equal(announced(), 0);
	end();
}

/* JournalKeep= counts seconds: these tests take as many as they need, not a day. */
static void let_pass(void)
{
	age(1);
	usleep(1100000);
}

static void test_oldest_goes_first(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result result;

	begin(f, 3);
	let_pass();
	retire_look(&agent);
	assert_int_equal(full_files(f), 2);
	assert_int_equal(announced(), 1);
	assert_int_equal(marked, 1);
	result = verdict(f);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_int_equal(result.removed_first, 0);
	assert_int_equal(result.removed_last + 1, result.from);
	assert_true(result.removed_by > result.from);
	retire_look(&agent);
	retire_look(&agent);
	assert_int_equal(full_files(f), 0);
	assert_int_equal(announced(), 3);
	result = verdict(f);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_int_equal(result.removed_first, 0);
	assert_int_equal(result.files, 1);
	retire_look(&agent); /* the one that is written stays */
	assert_int_equal(announced(), 3);
	end();
	agent.journal = fixture_open(f); /* and a start needs no more than that */
	agent.record = record_new();
	end();
}

static void test_waits(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *needed = NULL, *away = NULL;

	begin(f, 2);
	let_pass();
	not_copied = "not held elsewhere";
	retire_look(&agent);
	assert_string_equal(agent.retire.told, not_copied);
	assert_int_equal(full_files(f), 2);
	not_copied = NULL;
	indexed = 10;
	retire_look(&agent);
	assert_int_equal(full_files(f), 2);
	indexed = UINT64_MAX;
	retire_mistrust_clock(&agent);
	retire_look(&agent);
	assert_int_equal(full_files(f), 2);
	agent.retire.wait_ns = 0;
	needed = state_path(f);
	assert_true(asprintf(&away, "%s/away", f->folder) > 0);
	assert_int_equal(rename(needed, away), 0);
	retire_look(&agent); /* a start would need the full files */
	assert_int_equal(full_files(f), 2);
	assert_int_equal(rename(away, needed), 0);
	assert_int_equal(announced(), 0);
	retire_look(&agent);
	assert_null(agent.retire.told);
	assert_int_equal(full_files(f), 1);
	end();
}

/* A file that somebody has changed, or cut, is evidence. */
static void test_changed_file_stays(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *first = journal_segment_path(f->path, 0, "");
	int fd;

	begin(f, 2);
	let_pass();
	fd = open(first, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	retire_look(&agent);
	assert_int_equal(full_files(f), 2);
	assert_int_equal(announced(), 0);
	assert_non_null(agent.retire.told);
	end();
}

static int fails(void *ctx)
{
	(void)ctx;
	return -EIO;
}

/* Nothing goes that no signed entry has named before. */
static void test_said_before(void **state)
{
	struct fixture *f = *state;
	struct journal_before before = { .fn = fails, .what = "vault", .path = f->path };

	begin(f, 2);
	let_pass();
	journal_write_behind(agent.journal, &before);
	retire_look(&agent);
	assert_int_equal(full_files(f), 2);
	assert_int_equal(agent.retire.last, 0);
	before.fn = NULL;
	journal_write_behind(agent.journal, &before);
	assert_int_equal(journal_repair(agent.journal), 0);
	retire_look(&agent);
	assert_int_equal(full_files(f), 1);
	assert_int_equal(verdict(f).status, JOURNAL_OK);
	end();
}

/* A crash came between the entry and the removal: it is not said twice. */
static void test_said_once(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *first = journal_segment_path(f->path, 0, "");
	struct bytes bytes;

	begin(f, 2);
	bytes = file_load(first);
	let_pass();
	retire_look(&agent);
	assert_int_equal(access(first, F_OK), -1);
	file_store(first, bytes.at, bytes.size);
	retire_look(&agent);
	assert_int_equal(access(first, F_OK), -1);
	assert_int_equal(announced(), 1);
	free(bytes.at);
	end();
}

/* What is known of earlier removals is known after a start, from a state or from an entry. */
static void test_remembered(void **state)
{
	static const struct retire forgotten;
	json_auto_t *facts = json_object(), *entry = NULL;
	struct fixture *f = *state;
	struct journal_verify_result result;

	begin(f, 4);
	let_pass();
	retire_look(&agent);
	assert_int_equal(retire_facts(&agent.retire, facts), 0);
	agent.retire = forgotten;
	retire_recall(&agent.retire, facts);
	retire_look(&agent);
	assert_int_equal(verdict(f).status, JOURNAL_OK);
	entry = json_pack("{s:O}", "removed", json_object_get(facts, "removed"));
	json_object_set_new(json_object_get(entry, "removed"), "first",
			    json_integer((json_int_t)agent.retire.first));
	json_object_set_new(json_object_get(entry, "removed"), "last",
			    json_integer((json_int_t)agent.retire.last));
	agent.retire = forgotten;
	retire_replay(&agent, entry);
	retire_look(&agent);
	assert_int_equal(verdict(f).status, JOURNAL_OK);
	agent.retire = forgotten; /* whoever took the files before: nothing says that it was sluiced */
	retire_look(&agent);
	result = verdict(f);
	assert_int_equal(result.status, JOURNAL_INCOMPLETE);
	assert_non_null(strstr(result.problem, "not among those that sluiced has removed"));
	assert_true(result.removed_first > 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kept),	      TEST(test_oldest_goes_first),
		TEST(test_waits),	      TEST(test_changed_file_stays),
		TEST(test_said_before),	      TEST(test_said_once),
		TEST(test_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
