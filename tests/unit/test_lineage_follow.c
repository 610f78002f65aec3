/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_lineage_follow.c: the index follows the journal: no further than what is durable, on from
 * where it was after a restart, from the start when it is damaged or of another journal, and it
 * tries again when the disk was full.
 */
#include "agent_fixture.h"
#include "lineage/lineage_index_private.h"

#include <fcntl.h>

static uint64_t next_seq;

static struct lineage_index *idx(void)
{
	return lineage_follow_index(world.agent.follow);
}

static int setup(void **state)
{
	next_seq = 1;
	return agent_setup(state);
}

static void flow(enum sluice_event_type type, pid_t pid, uint64_t ino)
{
	struct sluice_event event = make_stop(pid, ANN, SLUICE_OPEN, CUSTOMERS, true);

	event.type = type;
	event.seq = next_seq++;
	event.key.target.object.ino = ino;
	event_handle(&world.agent, &event);
}

/* The answer about one file, as text. */
static char *asked(uint64_t ino)
{
	const struct sluice_object_id id = { .dev = 8, .gen = 2, .ino = ino };
	const struct lineage_bounds bounds = { 100, 100 };
	struct lineage_answer answer = { 0 };
	char *text = calloc(1, 4096);

	assert_int_equal(lineage_index_of_object(idx(), &world.agent, &id, &bounds, &answer), 0);
	for (size_t i = 0; i < answer.n; i++)
		snprintf(text + strlen(text), 4096 - strlen(text), "%s %s %s %s %llu %llu\n",
			 answer.edges[i].subject, answer.edges[i].verb, answer.edges[i].object,
			 answer.edges[i].labels, (unsigned long long)answer.edges[i].seq,
			 (unsigned long long)answer.edges[i].time_ms);
	free(answer.edges);
	return text;
}

static void follow_again(const char *folder)
{
	lineage_follow_free(world.agent.follow);
	world.agent.follow = NULL;
	assert_int_equal(lineage_follow_new(&world.agent, folder, &world.agent.follow), 0);
}

static void test_only_what_is_durable(void **state)
{
	(void)state;
	flow(SLUICE_EVENT_READ, 10, 1);
	assert_int_equal(lineage_follow_catch_up(world.agent.follow, 60000), 0);
	assert_int_equal(lineage_index_edges(idx()), 0);
	event_flush(&world.agent);
	lineage_follow_tick(world.agent.follow);
	assert_int_equal(lineage_index_edges(idx()), 1);
}

static void test_goes_on_where_it_was(void **state)
{
	struct lineage_place place;

	(void)state;
	flow(SLUICE_EVENT_READ, 10, 1);
	event_flush(&world.agent);
	assert_int_equal(lineage_follow_catch_up(world.agent.follow, 60000), 0);
	/* what is in the index is not read again: this would not fit */
	assert_int_equal(database_run(idx()->db, "DELETE FROM edge"), 0);
	flow(SLUICE_EVENT_LABEL, 10, 2);
	event_flush(&world.agent);
	follow_again(world.folder);
	assert_int_equal(lineage_follow_catch_up(world.agent.follow, 60000), 0);
	assert_int_equal(lineage_index_edges(idx()), 1);
	assert_int_equal(lineage_index_place(idx(), &place), 0);
	assert_int_equal(place.seq, 2);
	assert_int_equal(place.offset, world.journal.bytes);
}

static void add_chain(void)
{
	flow(SLUICE_EVENT_READ, 10, 1);
	flow(SLUICE_EVENT_LABEL, 10, 2);
	flow(SLUICE_EVENT_READ, 11, 2);
	flow(SLUICE_EVENT_LABEL, 11, 3);
	event_flush(&world.agent);
	assert_int_equal(lineage_follow_catch_up(world.agent.follow, 60000), 0);
}

static void overwrite(const char *name)
{
	char path[128], junk[20000];
	int fd;

	memset(junk, 0xa5, sizeof(junk));
	snprintf(path, sizeof(path), "%s/%s", world.folder, name);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, junk, sizeof(junk), 0), sizeof(junk));
	close(fd);
}

/* The answers are the same from a file that was damaged, taken away or built again by request. */
static void test_same_answers_from_the_journal(void **state)
{
	_cleanup_free_ char *before = NULL;
	char path[128];

	(void)state;
	add_chain();
	before = asked(3);
	assert_non_null(strstr(before, "python3[10] read"));
	for (int way = 0; way < 3; way++) {
		_cleanup_free_ char *after = NULL;

		world.agent.follow = lineage_follow_free(world.agent.follow);
		snprintf(path, sizeof(path), "%s/lineage.db", world.folder);
		if (way == 0)
			overwrite("lineage.db");
		else if (way == 1)
			assert_int_equal(unlink(path), 0);
		follow_again(world.folder);
		if (way == 2)
			assert_int_equal(lineage_follow_again(world.agent.follow), 0);
		assert_int_equal(lineage_follow_catch_up(world.agent.follow, 60000), 0);
		after = asked(3);
		assert_string_equal(before, after);
	}
}

static void test_another_journal(void **state)
{
	(void)state;
	add_chain();
	assert_int_equal(database_run(idx()->db, "UPDATE place SET genesis='22'"), 0);
	follow_again(world.folder);
	assert_int_equal(lineage_index_edges(idx()), 0);
	assert_int_equal(lineage_follow_catch_up(world.agent.follow, 60000), 0);
	assert_int_equal(lineage_index_edges(idx()), 4);
	/* the same one, from a backup: shorter */
	assert_int_equal(database_run(idx()->db, "UPDATE place SET offset=99999999"), 0);
	follow_again(world.folder);
	assert_int_equal(lineage_index_edges(idx()), 0);
	assert_int_equal(lineage_follow_catch_up(world.agent.follow, 60000), 0);
	/* and a place in the middle of a line */
	assert_int_equal(database_run(idx()->db, "UPDATE place SET offset=offset-3"), 0);
	follow_again(world.folder);
	assert_int_equal(lineage_index_edges(idx()), 0);
}

static void test_in_memory_when_there_is_no_file(void **state)
{
	char path[128];

	(void)state;
	add_chain();
	snprintf(path, sizeof(path), "%s/nowhere", world.folder);
	follow_again(path);
	assert_int_equal(lineage_follow_catch_up(world.agent.follow, 60000), 0);
	assert_int_equal(lineage_index_edges(idx()), 4);
}

static void test_full_disk_is_told_once_and_mends(void **state)
{
	_cleanup_free_ char *text = NULL;
	int64_t pages = 0;
	char sql[64];

	(void)state;
	add_chain();
	assert_int_equal(database_ask(idx()->db, "PRAGMA page_count", &pages), 0);
	snprintf(sql, sizeof(sql), "PRAGMA max_page_count=%lld", (long long)pages);
	assert_int_equal(database_run(idx()->db, sql), 0);
	for (uint64_t i = 0; i < 500; i++)
		flow(SLUICE_EVENT_READ, 20, 1000 + i);
	event_flush(&world.agent);
	for (int i = 0; i < 3; i++)
		assert_true(lineage_follow_catch_up(world.agent.follow, 60000) > 0);
	assert_non_null(strstr(lineage_follow_broken(world.agent.follow), "full"));
	/*
	 * once each time: on a slow host a short turn may still find room between two that do not
	 */
	assert_int_equal(count_of("lineage.unsaved"), count_of("lineage.saved") + 1);
	text = asked(3); /* what is there can be read */
	assert_non_null(strstr(text, "python3[10] read"));
	event_flush(&world.agent); /* nothing else has noticed */
	assert_int_equal(world.journal.durable, json_array_size(world.journal.entries));
	assert_int_equal(database_run(idx()->db, "PRAGMA max_page_count=100000"), 0);
	for (int i = 0; i < 10; i++)
		lineage_follow_tick(world.agent.follow);
	assert_int_equal(lineage_follow_catch_up(world.agent.follow, 60000), 0);
	assert_null(lineage_follow_broken(world.agent.follow));
	assert_int_equal(count_of("lineage.saved"), count_of("lineage.unsaved"));
	assert_int_equal(lineage_index_edges(idx()), 504);
}

static void test_long_journal_takes_turns(void **state)
{
	uint64_t behind;

	(void)state;
	for (uint64_t i = 0; i < 5000; i++) {
		flow(SLUICE_EVENT_READ, 20, 1000 + i);
		if (i % 1000 == 0)
			event_flush(&world.agent);
	}
	event_flush(&world.agent);
	lineage_follow_tick(world.agent.follow); /* one turn */
	behind = lineage_follow_catch_up(world.agent.follow, 0);
	assert_true(behind > 0 && behind < 5000);
	/* the rest in the turns of the loop */
	for (int i = 0; i < 10000 && behind; i++) {
		event_base_loop(world.agent.base, EVLOOP_ONCE);
		behind = lineage_follow_catch_up(world.agent.follow, 0);
	}
	assert_int_equal(behind, 0);
	assert_int_equal(lineage_index_edges(idx()), 5000);
}

#define FOLLOW_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, agent_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLLOW_TEST(test_only_what_is_durable),
		FOLLOW_TEST(test_goes_on_where_it_was),
		FOLLOW_TEST(test_same_answers_from_the_journal),
		FOLLOW_TEST(test_another_journal),
		FOLLOW_TEST(test_in_memory_when_there_is_no_file),
		FOLLOW_TEST(test_full_disk_is_told_once_and_mends),
		FOLLOW_TEST(test_long_journal_takes_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
