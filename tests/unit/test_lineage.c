/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_lineage.c: paths back to sources, in the order of what happened; limits; who is forgotten
 * first.
 */
#include "agent_fixture.h"

static struct lineage *graph;
static pid_t running; /* the one process that is alive */

static bool is_alive(pid_t pid, uint64_t start_ns)
{
	(void)start_ns;
	return pid == running;
}

static int setup(void **state)
{
	(void)state;
	running = 0;
	graph = lineage_new(1000, is_alive);
	return graph ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	graph = lineage_free(graph);
	return 0;
}

static struct sluice_target file(uint64_t ino)
{
	return (struct sluice_target){ .kind = SLUICE_TARGET_FILE,
				       .object = { .dev = 1, .ino = ino } };
}

static void flow(enum sluice_event_type type, pid_t pid, uint64_t ino, const char *name,
		 uint64_t labels)
{
	struct sluice_target target = file(ino);
	struct lineage_fact fact = {
		.type = type,
		.pid = pid,
		.start_ns = (uint64_t)pid * 1000,
		.comm = "p",
		.target = &target,
		.object = name,
		.labels = labels,
		.time_ms = 5,
		.seq = ino,
	};

	assert_int_equal(lineage_add(graph, &fact), 0);
}

static void reads(pid_t pid, uint64_t ino, const char *name, uint64_t labels)
{
	flow(SLUICE_EVENT_READ, pid, ino, name, labels);
}

static void writes(pid_t pid, uint64_t ino, const char *name, uint64_t labels)
{
	flow(SLUICE_EVENT_LABEL, pid, ino, name, labels);
}

static void meets(enum sluice_event_type type, pid_t pid, pid_t child, uint64_t labels)
{
	struct lineage_fact fact = {
		.type = type,
		.pid = pid,
		.start_ns = (uint64_t)pid * 1000,
		.comm = "p",
		.labels = labels,
		.peer = child,
		.peer_start_ns = (uint64_t)child * 1000,
		.seq = LINEAGE_NO_SEQ,
	};

	assert_int_equal(lineage_add(graph, &fact), 0);
}

static void starts(pid_t pid, pid_t child, uint64_t labels)
{
	meets(SLUICE_EVENT_FORK, pid, child, labels);
}

static void test_source_over_files_and_forks(void **state)
{
	struct lineage_step steps[8];
	size_t more;

	(void)state;
	reads(10, 1, "/srv/pii", 1);
	writes(10, 2, "/tmp/copy", 1);
	reads(11, 2, "/tmp/copy", 1);
	starts(11, 12, 1);
	assert_int_equal(lineage_sources(graph, 12, 12000, 1, steps, 8, &more), 1);
	assert_string_equal(steps[0].object, "/srv/pii");
	assert_string_equal(steps[0].verb, "read");
	assert_int_equal(steps[0].pid, 10);
	assert_int_equal(steps[0].labels, 1);
	assert_int_equal(steps[0].seq, 1);
	assert_int_equal(lineage_sources(graph, 13, 13000, 1, steps, 8, &more), 0); /* nobody we know */
	/* same pid, another process */
	assert_int_equal(lineage_sources(graph, 12, 12001, 1, steps, 8, &more), 0);
	assert_int_equal(lineage_sources(graph, 12, 12000, 2, steps, 8, &more), 0); /* another label */
}

static void test_source_over_another_process(void **state)
{
	struct lineage_step steps[8];
	size_t more;

	(void)state;
	reads(10, 1, "/srv/pii", 1);
	meets(SLUICE_EVENT_TAKE, 11, 10, 1);
	meets(SLUICE_EVENT_GIVE, 11, 12, 1);
	assert_int_equal(lineage_sources(graph, 12, 12000, 1, steps, 8, &more), 1);
	assert_string_equal(steps[0].object, "/srv/pii");
	assert_int_equal(lineage_sources(graph, 13, 13000, 1, steps, 8, &more), 0);
}

static void test_child_does_not_have_what_came_later(void **state)
{
	struct lineage_step steps[8];
	size_t more;

	(void)state;
	reads(10, 1, "/a", 1);
	starts(10, 11, 1);
	reads(10, 2, "/b", 1);
	assert_int_equal(lineage_sources(graph, 11, 11000, 1, steps, 8, &more), 1);
	assert_string_equal(steps[0].object, "/a");
	assert_int_equal(lineage_sources(graph, 10, 10000, 1, steps, 8, &more), 2);
}

static void test_each_label_before_a_second_of_one(void **state)
{
	struct lineage_step steps[8];
	size_t more;
	char name[16];

	(void)state;
	for (uint64_t i = 1; i <= 12; i++) {
		snprintf(name, sizeof(name), "/many/%u", (unsigned int)i);
		reads(10, i, name, 1);
	}
	reads(10, 50, "/secret", 2);
	reads(10, 51, "/both", 3);
	assert_int_equal(lineage_sources(graph, 10, 10000, 3, steps, 2, &more), 2);
	assert_int_equal(more, 12);
	assert_string_equal(steps[0].object, "/many/1");
	assert_string_equal(steps[1].object, "/secret");
	assert_int_equal(lineage_sources(graph, 10, 10000, 3, steps, 8, &more), 8);
	assert_int_equal(more, 6); /* 12, /secret, and /both once */
	/* second of label 2; then it is named once for both */
	assert_string_equal(steps[3].object, "/both");
}

/* Who has read very much does not make each request cost that. */
static void test_counting_ends(void **state)
{
	struct lineage_step steps[8];
	size_t more;

	(void)state;
	graph = lineage_free(graph);
	graph = lineage_new(4 * SLUICE_COUNTED_SOURCES, is_alive);
	for (uint64_t i = 1; i <= 2 * SLUICE_COUNTED_SOURCES; i++)
		reads(10, i, "/many", 3);
	assert_int_equal(lineage_sources(graph, 10, 10000, 3, steps, 8, &more), 8);
	assert_int_equal(more, SLUICE_COUNTED_SOURCES - 8);
}

static void test_cycle(void **state)
{
	struct lineage_step steps[8];
	size_t more;

	(void)state;
	writes(10, 1, "/loop", 1);
	reads(10, 1, "/loop", 1);
	writes(10, 1, "/loop", 1);
	assert_int_equal(lineage_sources(graph, 10, 10000, 1, steps, 8, &more), 1);
	assert_int_equal(more, 0);
	assert_string_equal(steps[0].object, "/loop");
}

static void test_endpoint(void **state)
{
	struct sluice_target target = { .kind = SLUICE_TARGET_ENDPOINT, .port = 5432, .arg = 6 };
	struct lineage_fact fact = {
		.type = SLUICE_EVENT_READ,
		.pid = 10,
		.start_ns = 10000,
		.comm = "p",
		.target = &target,
		.object = "10.0.0.1:5432/tcp",
		.labels = 1,
	};
	struct lineage_step steps[8];
	size_t more;

	(void)state;
	assert_int_equal(lineage_add(graph, &fact), 0);
	target.port = 5433;
	fact.object = "10.0.0.1:5433/tcp";
	assert_int_equal(lineage_add(graph, &fact), 0);
	assert_int_equal(lineage_sources(graph, 10, 10000, 1, steps, 8, &more), 2);
	assert_string_equal(steps[0].verb, "received");
}

static void test_same_fact_is_one_edge(void **state)
{
	struct lineage_step steps[8];
	size_t more;

	(void)state;
	reads(10, 1, "/a", 1);
	reads(10, 1, "/a", 1);
	reads(10, 1, "/a", 2);
	assert_int_equal(lineage_sources(graph, 10, 10000, 3, steps, 8, &more), 1);
	assert_int_equal(steps[0].labels, 3);
	assert_int_equal(lineage_nodes(graph), 2);
}

static void test_incomplete_facts(void **state)
{
	struct sluice_target target = { .kind = SLUICE_TARGET_CREDENTIAL };
	struct lineage_fact fact = {
		.type = SLUICE_EVENT_READ, .pid = 1, .comm = "p", .target = &target
	};

	(void)state;
	assert_int_equal(lineage_add(graph, &fact), -EINVAL);
	fact.target = NULL;
	assert_int_equal(lineage_add(graph, &fact), -EINVAL);
	fact.type = SLUICE_EVENT_GRANT; /* no matter of lineage */
	assert_int_equal(lineage_add(graph, &fact), 0);
	assert_int_equal(lineage_nodes(graph), 0);
}

static void test_dead_leaf_is_forgotten_first(void **state)
{
	struct lineage_step steps[8];
	size_t more;

	(void)state;
	lineage_free(graph);
	graph = lineage_new(4, is_alive);
	running = 10;
	reads(10, 1, "/a", 1);
	starts(10, 11, 1); /* ended, led nowhere */
	starts(10, 12, 1); /* ended, led nowhere, younger */
	assert_int_equal(lineage_nodes(graph), 4);
	starts(10, 13, 1);
	assert_int_equal(lineage_nodes(graph), 4);
	assert_int_equal(lineage_sources(graph, 11, 11000, 1, steps, 8, &more), 0);
	assert_int_equal(lineage_sources(graph, 12, 12000, 1, steps, 8, &more), 1);
	/* the living keep theirs */
	assert_int_equal(lineage_sources(graph, 10, 10000, 1, steps, 8, &more), 1);
}

static void test_edges_are_bounded(void **state)
{
	(void)state;
	lineage_free(graph);
	graph = lineage_new(16, is_alive);
	for (pid_t pid = 1; pid < 400; pid++)
		for (uint64_t ino = 1; ino < 20; ino++)
			reads(pid, ino, "/x", 1);
	assert_true(lineage_nodes(graph) <= 16);
}

#define LINEAGE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

/*
 * What lineage_stands() names is enough: a graph of these facts alone answers as that of all does.
 * @n facts, the newest ones; the rest was forgotten.
 */
static void test_stands_on_few(void **state)
{
	enum { FACTS = 20000, PIDS = 20, FILES = 30 };
	struct lineage *all = graph;
	unsigned int random = 7;
	size_t kept = 0;
	struct {
		enum sluice_event_type type;
		pid_t pid;
		uint64_t ino, labels;
	} facts[FACTS];

	(void)state;
	for (size_t i = 0; i < FACTS; i++) {
		random = random * 1103515245 + 12345;
		facts[i].type = random >> 16 & 1 ? SLUICE_EVENT_READ : SLUICE_EVENT_LABEL;
		facts[i].pid = 100 + (pid_t)(random >> 17) % PIDS;
		facts[i].ino = (random >> 22) % FILES;
		facts[i].labels = 1ULL << ((random >> 9) % 6);
	}
	for (int part = 0; part < 2; part++) {
		graph = part ? lineage_new(1000, is_alive) : all;
		if (part)
			assert_int_equal(lineage_look_back(all, 100000), 0);
		for (size_t i = 0; i < FACTS; i++) {
			struct sluice_target target = file(facts[i].ino);
			char name[16];
			struct lineage_fact fact = { .type = facts[i].type,
						     .pid = facts[i].pid,
						     .start_ns = (uint64_t)facts[i].pid * 1000,
						     .comm = "p",
						     .target = &target,
						     .object = name,
						     .labels = facts[i].labels,
						     .time_ms = i,
						     .seq = i };

			snprintf(name, sizeof(name), "/f/%d", (int)facts[i].ino);
			if (part && !lineage_stands(all, i))
				continue;
			kept += part;
			assert_int_equal(lineage_add(graph, &fact), 0);
		}
	}
	assert_true(kept < FACTS * 3 / 4);
	for (int pid = 100; pid < 100 + PIDS; pid++) {
		struct lineage_step a[64], b[64];
		size_t more_a, more_b;
		size_t n = lineage_sources(all, pid, (uint64_t)pid * 1000, 63, a, 64, &more_a);

		assert_true(n > 0);
		assert_int_equal(
			lineage_sources(graph, pid, (uint64_t)pid * 1000, 63, b, 64, &more_b), n);
		assert_int_equal(more_a, more_b);
		for (size_t i = 0; i < n; i++) {
			assert_string_equal(a[i].object, b[i].object);
			assert_int_equal(a[i].seq, b[i].seq);
			assert_int_equal(a[i].labels, b[i].labels);
			assert_int_equal(a[i].pid, b[i].pid);
			assert_int_equal(a[i].time_ms, b[i].time_ms);
		}
	}
	/* Of a bound, the newest. */
	assert_int_equal(lineage_look_back(all, 1), 0);
	assert_true(lineage_stands(all, FACTS - 1));
	assert_false(lineage_stands(all, 0));
	assert_false(lineage_stands(all, LINEAGE_NO_SEQ));
	lineage_free(graph);
	graph = all;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LINEAGE_TEST(test_source_over_files_and_forks),
		LINEAGE_TEST(test_source_over_another_process),
		LINEAGE_TEST(test_child_does_not_have_what_came_later),
		LINEAGE_TEST(test_each_label_before_a_second_of_one),
		LINEAGE_TEST(test_counting_ends),
		LINEAGE_TEST(test_cycle),
		LINEAGE_TEST(test_endpoint),
		LINEAGE_TEST(test_same_fact_is_one_edge),
		LINEAGE_TEST(test_incomplete_facts),
		LINEAGE_TEST(test_dead_leaf_is_forgotten_first),
		LINEAGE_TEST(test_edges_are_bounded),
		LINEAGE_TEST(test_stands_on_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
