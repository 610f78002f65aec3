/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_lineage_index.c: chains over files and processes, in the order of the journal; what was
 * emptied; bounds of answers and of the file; damage; a full disk; reboots.
 */
#include "agent_fixture.h"
#include "lineage/lineage_index_private.h"

#include <fcntl.h>

#define DURABLE (SLUICE_FS_HAS_UUID | 7U)

static const struct lineage_bounds all = { 1000, 1000 };
static struct lineage_index *idx;
static struct lineage_answer answer;
static struct agent agent;
static char folder[64];
static uint64_t next_seq;

static void open_index(const char *where, size_t max)
{
	char text[512] = "";

	if (lineage_index_open(where, max, &idx, text, sizeof(text)))
		fail_msg("%s", text);
	next_seq = 1;
}

static int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/sluice-index-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(agent.names.name[9], SLUICE_NAME_MAX, "pii");
	snprintf(agent.names.name[4], SLUICE_NAME_MAX, "secret");
	open_index(folder, 1000);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(answer.edges);
	answer = (struct lineage_answer){ 0 };
	idx = lineage_index_free(idx);
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Entries between begin and commit, which the helpers below add. */
static void commit(void)
{
	const struct lineage_place place = { .genesis = "g", .offset = 17, .seq = next_seq };

	assert_int_equal(lineage_index_commit(idx, &place), 0);
	assert_int_equal(lineage_index_begin(idx), 0);
}

static void add(json_t *entry)
{
	json_object_set_new(entry, "time", json_integer((json_int_t)(1000 * next_seq)));
	if (sqlite3_get_autocommit(idx->db))
		assert_int_equal(lineage_index_begin(idx), 0);
	assert_int_equal(lineage_index_add(idx, entry, next_seq++), 0);
	json_decref(entry);
}

static json_t *subject(int pid)
{
	char comm[16];

	snprintf(comm, sizeof(comm), "p%d", pid);
	return json_pack("{s:i, s:I, s:s, s:s, s:s}", "pid", pid, "start_ns",
			 (json_int_t)pid * 1000, "comm", comm, "exe", "/bin/p", "user", "ann");
}

static void flow(const char *type, int pid, uint32_t dev, int ino, const char *label)
{
	char path[32];

	snprintf(path, sizeof(path), "/f/%d", ino);
	add(json_pack("{s:s, s:[s], s:o, s:{s:s, s:s, s:I, s:i, s:i, s:i}}", "type", type, "labels",
		      label, "subject", subject(pid), "target", "kind", "file", "text", path, "dev",
		      (json_int_t)dev, "gen", 1, "ino", ino, "mode", S_IFREG));
}

static void reads(int pid, int ino)
{
	flow("event.read", pid, DURABLE, ino, "pii");
}

static void writes(int pid, int ino)
{
	flow("event.label", pid, DURABLE, ino, "pii");
}

static void starts(int pid, int child)
{
	add(json_pack("{s:s, s:[s], s:o, s:{s:i, s:I}}", "type", "event.fork", "labels", "pii",
		      "subject", subject(pid), "peer", "pid", child, "start_ns",
		      (json_int_t)child * 1000));
}

static void becomes(int pid, const char *exe)
{
	json_t *who = subject(pid);

	json_object_set_new(who, "exe", json_string(exe));
	add(json_pack("{s:s, s:[s], s:o}", "type", "event.exec", "labels", "pii", "subject", who));
}

static int ask_object(const struct sluice_object_id *id, const struct lineage_bounds *bounds)
{
	free(answer.edges);
	answer = (struct lineage_answer){ 0 };
	return lineage_index_of_object(idx, &agent, id, bounds, &answer);
}

static int ask_file(int ino, const struct lineage_bounds *bounds)
{
	const struct sluice_object_id id = { .dev = DURABLE, .gen = 1, .ino = (uint64_t)ino };

	return ask_object(&id, bounds);
}

static int ask_pid(int pid, uint64_t start_ns)
{
	free(answer.edges);
	answer = (struct lineage_answer){ 0 };
	return lineage_index_of_pid(idx, &agent, pid, start_ns, &all, &answer);
}

/* "p10[10] read /f/1; " and so on. */
static void expect(const char *wanted)
{
	char text[4096] = "";

	for (size_t i = 0; i < answer.n; i++) {
		const struct ipc_edge *e = &answer.edges[i];

		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s %s %s%s;",
			 i ? " " : "", e->subject, e->verb, e->object, e->former ? " former" : "");
	}
	assert_string_equal(text, wanted);
}

static void test_chain_over_several_hops(void **state)
{
	(void)state;
	reads(10, 1);
	writes(10, 2);
	reads(99, 7); /* another matter */
	reads(11, 2);
	starts(11, 12);
	becomes(12, "/usr/bin/curl");
	flow("event.label", 12, DURABLE, 3, "pii");
	assert_int_equal(ask_file(3, &all), 0);
	expect("p10[10] read /f/1; p10[10] wrote /f/2; p11[11] read /f/2; "
	       "p11[11] started p12[12]; p12[12] became /usr/bin/curl; p12[12] wrote /f/3;");
	assert_string_equal(answer.edges[0].executable, "/bin/p");
	assert_string_equal(answer.edges[0].user, "ann");
	assert_string_equal(answer.edges[0].labels, "pii");
	assert_int_equal(answer.edges[0].time_ms, 1000);
	assert_int_equal(answer.edges[0].seq, 1);
	assert_int_equal(answer.edges[3].peer, 12);
	assert_int_equal(answer.edges[0].target, answer.edges[1].source);
	assert_int_equal(answer.edges[1].target, answer.edges[2].source);
	assert_int_equal(answer.edges[4].source, answer.edges[4].target);
	assert_int_equal(ask_pid(12, 12000), 0);
	assert_int_equal(answer.n, 5);
	assert_int_equal(ask_pid(12, 0), 0);
	assert_int_equal(ask_pid(13, 0), -ESRCH);
	assert_int_equal(ask_pid(12, 5000000000ULL), -ESRCH); /* a pid given again */
	assert_int_equal(ask_file(4, &all), -ENOENT);
}

static void test_only_what_was_before(void **state)
{
	(void)state;
	reads(10, 1);
	starts(10, 11);
	reads(10, 2);
	writes(11, 3);
	assert_int_equal(ask_file(3, &all), 0);
	expect("p10[10] read /f/1; p10[10] started p11[11]; p11[11] wrote /f/3;");
}

static void test_cycle_ends(void **state)
{
	(void)state;
	reads(10, 1);
	writes(10, 2);
	reads(11, 2);
	writes(11, 1);
	reads(10, 1);
	assert_int_equal(ask_pid(10, 0), 0);
	expect("p10[10] read /f/1; p10[10] wrote /f/2; p11[11] read /f/2; p11[11] wrote /f/1;");
	assert_int_equal(lineage_index_edges(idx), 4); /* the same again is the same edge */
}

static json_t *pass(int pid, const char *action, int ino, const char *request)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:{s:s, s:s, s:I, s:i, s:i, s:i}}", "type",
			 "grant.used", "action", action, "grant", "g-1", "request", request,
			 "subject", subject(pid), "target", "kind", "file", "text", "/f", "dev",
			 (json_int_t)DURABLE, "gen", 1, "ino", ino, "mode", S_IFREG);
}

/* Also when it is told of by the first entry of all. */
static void test_same_flow_is_one_edge(void **state)
{
	(void)state;
	next_seq = 0;
	reads(10, 1);
	becomes(10, "/bin/a");
	reads(10, 1);
	flow("event.read", 10, DURABLE, 1, "secret");
	assert_int_equal(lineage_index_edges(idx), 2);
	assert_int_equal(ask_pid(10, 0), 0);
	assert_string_equal(answer.edges[0].labels, "pii, secret");
}

static void test_requests_that_let_it_through(void **state)
{
	(void)state;
	add(pass(10, "open", 1, "r-5"));
	reads(10, 1);
	add(pass(10, "write", 2, "r-6"));
	writes(10, 2);
	writes(10, 3);
	assert_int_equal(ask_file(3, &all), 0);
	assert_string_equal(answer.edges[0].request, "r-5");
	assert_string_equal(answer.edges[0].grant, "g-1");
	assert_string_equal(answer.edges[1].request, ""); /* of another file */
	assert_int_equal(ask_file(2, &all), 0);
	assert_string_equal(answer.edges[1].request, "r-6");
}

static void test_bounds_of_an_answer(void **state)
{
	const struct lineage_bounds two = { 2, 1000 }, near = { 1000, 3 };

	(void)state;
	for (int i = 0; i < 10; i++) {
		reads(10 + i, i);
		writes(10 + i, i + 1);
	}
	assert_int_equal(ask_file(10, &two), 0);
	expect("p19[19] read /f/9; p19[19] wrote /f/10;");
	assert_int_equal(answer.more, 18);
	assert_int_equal(ask_file(10, &near), 0);
	assert_int_equal(answer.n, 3);
	assert_int_equal(answer.more, 17);
	assert_int_equal(ask_file(10, &all), 0);
	assert_int_equal(answer.n, 20);
	assert_int_equal(answer.more, 0);
	assert_false(answer.at_least);
}

static void test_wide_answer_is_bounded(void **state)
{
	const struct lineage_bounds few = { 3, 1000 };

	(void)state;
	idx = lineage_index_free(idx);
	open_index(NULL, 100000);
	for (int i = 0; i < 33000; i++)
		reads(10, 100 + i);
	assert_int_equal(lineage_index_of_pid(idx, &agent, 10, 0, &few, &answer), 0);
	assert_int_equal(answer.n, 3);
	assert_int_equal(answer.more, 32768 - 3);
	assert_true(answer.at_least);
}

/* What was in a file before it was emptied is said to be former, with all that led there alone. */
static void test_emptied_file(void **state)
{
	(void)state;
	reads(10, 1);
	writes(10, 5);
	reads(12, 5); /* got the first contents */
	flow("event.empty", 11, DURABLE, 5, "pii");
	reads(11, 2);
	writes(11, 5);
	assert_int_equal(ask_file(5, &all), 0);
	expect("p10[10] read /f/1 former; p10[10] wrote /f/5 former; p11[11] read /f/2; "
	       "p11[11] wrote /f/5;");
	assert_int_equal(ask_pid(12, 0), 0);
	expect("p10[10] read /f/1; p10[10] wrote /f/5; p12[12] read /f/5;");
	writes(10, 5); /* again, after that */
	assert_int_equal(ask_file(5, &all), 0);
	expect("p10[10] read /f/1; p10[10] wrote /f/5; p11[11] read /f/2; p11[11] wrote /f/5;");
}

static void test_what_led_to_both_is_not_former(void **state)
{
	(void)state;
	reads(10, 1);
	writes(10, 2);
	reads(11, 2);
	writes(11, 5);
	flow("event.empty", 12, DURABLE, 5, "pii");
	reads(12, 2);
	writes(12, 5);
	assert_int_equal(ask_file(5, &all), 0);
	expect("p10[10] read /f/1; p10[10] wrote /f/2; p11[11] read /f/2 former; "
	       "p11[11] wrote /f/5 former; p12[12] read /f/2; p12[12] wrote /f/5;");
}

static void test_other_verbs(void **state)
{
	(void)state;
	flow("event.declassify", 10, DURABLE, 1, "secret");
	flow("event.sink", 10, DURABLE, 6, "secret");
	assert_int_equal(ask_pid(10, 0), 0);
	expect("p10[10] declassified /f/1;");
	assert_string_equal(answer.edges[0].labels, "secret");
	assert_int_equal(ask_file(6, &all), 0);
	expect("p10[10] declassified /f/1; p10[10] logged /f/6;");
}

static void test_endpoint(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		add(json_pack("{s:s, s:[s], s:o, s:{s:s, s:s, s:s, s:i, s:i}}", "type",
			      "event.read", "labels", "pii", "subject", subject(10), "target",
			      "kind", "endpoint", "text", "10.0.0.1:5432/tcp", "address",
			      "::ffff:10.0.0.1", "port", 5432 + i, "protocol", 6));
	assert_int_equal(ask_pid(10, 0), 0);
	expect("p10[10] received 10.0.0.1:5432/tcp; p10[10] received 10.0.0.1:5432/tcp;");
}

static void test_each_exec_is_a_step(void **state)
{
	(void)state;
	becomes(10, "/bin/a");
	becomes(10, "/bin/b");
	assert_int_equal(ask_pid(10, 0), 0);
	expect("p10[10] became /bin/a; p10[10] became /bin/b;");
	for (int i = 0; i < 200; i++)
		becomes(10, "/bin/again");
	assert_true(lineage_index_edges(idx) <= 64);
}

static void test_entries_that_lack_a_part(void **state)
{
	(void)state;
	add(json_object());
	add(json_pack("{s:s}", "type", "event.read"));
	add(json_pack("{s:s, s:o}", "type", "event.read", "subject", subject(10)));
	add(json_pack("{s:s, s:o, s:s}", "type", "event.fork", "subject", subject(10), "peer",
		      "x"));
	add(json_pack("{s:i}", "type", 4));
	add(json_pack("{s:s, s:s, s:s}", "type", "event.exec", "subject", "x", "labels", "pii"));
	assert_int_equal(lineage_index_edges(idx), 0);
}

static void test_survives_the_process(void **state)
{
	struct lineage_place place;

	(void)state;
	reads(10, 1);
	writes(10, 2);
	commit();
	reads(11, 2); /* never committed */
	idx = lineage_index_free(idx);
	open_index(folder, 1000);
	assert_int_equal(lineage_index_place(idx, &place), 0);
	assert_string_equal(place.genesis, "g");
	assert_int_equal(place.offset, 17);
	assert_int_equal(place.seq, 3);
	assert_int_equal(lineage_index_edges(idx), 2);
	assert_int_equal(ask_file(2, &all), 0);
	expect("p10[10] read /f/1; p10[10] wrote /f/2;");
	assert_int_equal(lineage_index_clear(idx), 0);
	assert_int_equal(ask_file(2, &all), -ENOENT);
	assert_int_equal(lineage_index_place(idx, &place), 0);
	assert_string_equal(place.genesis, "");
}

static void damage(size_t from, size_t size)
{
	char path[128], junk[4096];
	int fd;

	memset(junk, 0x5a, sizeof(junk));
	snprintf(path, sizeof(path), "%s/lineage.db", folder);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	for (size_t done = 0; done < size; done += sizeof(junk))
		assert_int_equal(pwrite(fd, junk, sizeof(junk), (off_t)(from + done)),
				 sizeof(junk));
	close(fd);
}

static void test_damaged_file_is_begun_anew(void **state)
{
	static const size_t places[] = { 0, 4096 };
	struct lineage_place place;
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		reads(10, 1);
		commit();
		idx = lineage_index_free(idx);
		damage(places[i], 16384);
		text[0] = '\0';
		assert_int_equal(lineage_index_open(folder, 1000, &idx, text, sizeof(text)), 0);
		assert_non_null(strstr(text, "damaged"));
		assert_int_equal(lineage_index_edges(idx), 0);
		assert_int_equal(lineage_index_place(idx, &place), 0);
		assert_int_equal(place.offset, 0);
		next_seq = 1;
	}
}

static void test_oldest_are_dropped(void **state)
{
	int64_t nodes = 0;

	(void)state;
	idx = lineage_index_free(idx);
	open_index(NULL, 64);
	reads(10, 1);
	writes(10, 2);
	commit();
	assert_int_equal(ask_file(2, &all), 0);
	assert_int_equal(answer.dropped_until_ms, 0);
	for (int i = 0; i < 500; i++) {
		reads(100 + i, 100 + i);
		if (i % 10 == 0)
			commit();
	}
	commit();
	assert_true(lineage_index_edges(idx) <= 64);
	assert_int_equal(ask_file(2, &all), -ENOENT);
	assert_int_equal(ask_pid(599, 0), 0);
	expect("p599[599] read /f/599;");
	assert_true(answer.dropped_until_ms >= 1000 * 400);
	assert_int_equal(database_ask(idx->db, "SELECT count(*) FROM node", &nodes), 0);
	assert_true(nodes <= 2 * 64 + 2); /* theirs go with them */
}

static void test_full_disk(void **state)
{
	struct lineage_place place = { .genesis = "g", .offset = 99, .seq = 9 };

	(void)state;
	reads(10, 1);
	commit();
	assert_int_equal(database_run(idx->db, "ROLLBACK; PRAGMA max_page_count=1"), 0);
	assert_int_equal(lineage_index_begin(idx), 0);
	for (int err = 0, i = 0; !err; i++) {
		char text[32];
		json_t *entry;

		assert_true(i < 10000);
		snprintf(text, sizeof(text), "/bin/%d", i);
		entry = json_pack("{s:s, s:o}", "type", "event.exec", "subject", subject(100 + i));
		err = lineage_index_add(idx, entry, next_seq++);
		json_decref(entry);
		if (!err)
			continue;
		assert_int_equal(err, -ENOSPC);
		assert_non_null(strstr(lineage_index_error(idx), "full"));
	}
	lineage_index_rollback(idx);
	assert_int_equal(lineage_index_edges(idx), 1);
	assert_int_equal(ask_pid(10, 0), 0); /* what is there can be read */
	expect("p10[10] read /f/1;");
	assert_int_equal(lineage_index_place(idx, &place), 0);
	assert_int_equal(place.offset, 17);
}

static void boot(const char *id)
{
	add(json_pack("{s:s, s:s}", "type", "agent.start", "boot", id));
}

static void test_another_boot(void **state)
{
	const struct sluice_object_id memory = { .dev = 30, .gen = 1, .ino = 5 };

	(void)state;
	boot("one");
	reads(10, 1);
	flow("event.label", 10, 30, 5, "pii"); /* a file system without lasting identity */
	writes(10, 2);
	assert_int_equal(ask_pid(10, 10000), 0);
	assert_int_equal(ask_object(&memory, &all), 0);
	boot("two");
	assert_int_equal(ask_pid(10, 10000), -ESRCH); /* the same pid at the same time since boot */
	assert_int_equal(ask_object(&memory, &all), -ENOENT);
	assert_int_equal(ask_pid(10, 0), 0); /* one that has ended */
	reads(10, 2);
	assert_int_equal(ask_pid(10, 10000), 0);
	expect("p10[10] read /f/1; p10[10] wrote /f/2; p10[10] read /f/2;");
}

static void test_long_and_strange_names(void **state)
{
	char path[3000];
	json_t *entry;

	(void)state;
	path[0] = '/';
	for (size_t i = 1; i + 2 < sizeof(path); i += 2)
		memcpy(path + i, "\xc3\xa4", 2);
	path[sizeof(path) - 1] = '\0';
	entry = json_pack("{s:s, s:o, s:{s:s, s:s, s:I, s:i, s:i, s:i}}", "type", "event.read",
			  "subject", subject(10), "target", "kind", "file", "text", path, "dev",
			  (json_int_t)DURABLE, "gen", 1, "ino", 1, "mode", S_IFREG);
	assert_non_null(entry);
	add(entry);
	assert_int_equal(ask_pid(10, 0), 0);
	assert_true(strlen(answer.edges[0].object) < SLUICE_PATH_TEXT);
	assert_non_null(strstr(answer.edges[0].object, "..."));
	entry = json_string(answer.edges[0].object); /* whole characters */
	assert_non_null(entry);
	json_decref(entry);
}

#define INDEX_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		INDEX_TEST(test_chain_over_several_hops),
		INDEX_TEST(test_only_what_was_before),
		INDEX_TEST(test_cycle_ends),
		INDEX_TEST(test_same_flow_is_one_edge),
		INDEX_TEST(test_requests_that_let_it_through),
		INDEX_TEST(test_bounds_of_an_answer),
		INDEX_TEST(test_wide_answer_is_bounded),
		INDEX_TEST(test_emptied_file),
		INDEX_TEST(test_what_led_to_both_is_not_former),
		INDEX_TEST(test_other_verbs),
		INDEX_TEST(test_endpoint),
		INDEX_TEST(test_each_exec_is_a_step),
		INDEX_TEST(test_entries_that_lack_a_part),
		INDEX_TEST(test_survives_the_process),
		INDEX_TEST(test_damaged_file_is_begun_anew),
		INDEX_TEST(test_oldest_are_dropped),
		INDEX_TEST(test_full_disk),
		INDEX_TEST(test_another_boot),
		INDEX_TEST(test_long_and_strange_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
