/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_event.c: what follows from each record of the ring: entries, lineage, requests; losses;
 * words and spellings.
 */
#include "agent_fixture.h"

static void numbered(struct sluice_event event, uint16_t cpu, uint64_t seq)
{
	event.cpu = cpu;
	event.seq = seq;
	event_handle(&world.agent, &event);
}

static struct sluice_event read_event(uint32_t pid)
{
	struct sluice_event event = make_stop((pid_t)pid, ANN, SLUICE_OPEN, CUSTOMERS, true);

	event.type = SLUICE_EVENT_READ;
	event.verdict = 0;
	return event;
}

static void wait_for_gap(void)
{
	usleep((useconds_t)(EVENT_GAP_NS / 1000) + 20000);
	assert_int_equal(event_flush(&world.agent), 0);
}

static void test_gap(void **state)
{
	struct sluice_event event = read_event(10);
	json_t *entry;

	(void)state;
	numbered(event, 1, 1);
	numbered(event, 1, 2);
	numbered(event, 3, 1); /* each CPU counts for itself */
	numbered(event, 1, 6);
	assert_int_equal(event_flush(&world.agent), 0);
	assert_null(entry_of("journal.gap")); /* they may only be late */
	wait_for_gap();
	entry = entry_of("journal.gap");
	assert_int_equal(json_integer_value(json_object_get(entry, "cpu")), 1);
	assert_int_equal(json_integer_value(json_object_get(entry, "from")), 3);
	assert_int_equal(json_integer_value(json_object_get(entry, "to")), 5);
	assert_int_equal(json_integer_value(json_object_get(entry, "count")), 3);
	assert_int_equal(events_lost(world.agent.events), 3);
	wait_for_gap();
	assert_int_equal(count_of("journal.gap"), 1); /* said once */
}

static void test_late_is_not_lost(void **state)
{
	struct sluice_event event = read_event(10);

	(void)state;
	numbered(event, 0, 1);
	numbered(event, 0, 5);
	numbered(event, 0, 3);
	numbered(event, 0, 2);
	numbered(event, 0, 4);
	numbered(event, 0, 6);
	wait_for_gap();
	assert_null(entry_of("journal.gap"));
	assert_int_equal(count_of("event.read"), 6);
}

static void test_first_number(void **state)
{
	struct sluice_event event = read_event(10);

	(void)state;
	numbered(event, 0, 4); /* the programs are new: 1 to 3 are lost */
	wait_for_gap();
	assert_int_equal(events_lost(world.agent.events), 3);
	events_free(world.agent.events);
	world.agent.events = events_new(true); /* the programs ran before */
	numbered(event, 0, 400);
	numbered(event, 0, 401);
	wait_for_gap();
	assert_int_equal(events_lost(world.agent.events), 0);
}

static void test_many_holes(void **state)
{
	struct sluice_event event = read_event(10);

	(void)state;
	for (uint64_t seq = 2; seq < 100; seq += 2)
		numbered(event, 0, seq);
	wait_for_gap();
	wait_for_gap();
	assert_true(events_lost(world.agent.events) >= 49);
}

static void test_read_is_journaled_and_remembered(void **state)
{
	struct sluice_event event = read_event(10);
	const json_t *entry;

	(void)state;
	numbered(event, 0, 1);
	assert_int_equal(event_flush(&world.agent), 0);
	entry = entry_of("event.read");
	assert_int_equal(world.journal.durable, 1);
	assert_string_equal(member(entry, "person"), "ann");
	assert_string_equal(member(json_object_get(entry, "target"), "text"),
			    "/srv/customers/list.csv");
	assert_string_equal(member(json_object_get(entry, "subject"), "exe"), "/usr/bin/python3");
	assert_string_equal(json_string_value(json_array_get(json_object_get(entry, "labels"), 0)),
			    "customers");
	assert_string_equal(lineage_object_name(world.agent.lineage, &event.key.target.object),
			    "/srv/customers/list.csv");
}

static void test_lineage_survives_a_restart(void **state)
{
	struct sluice_event event = read_event(10);
	const struct lineage_bounds bounds = { 8, 8 };
	struct lineage_step steps[8];
	size_t more;

	(void)state;
	numbered(event, 0, 1);
	event.type = SLUICE_EVENT_FORK;
	event.labels = 0;
	event.taint = CUSTOMERS;
	memset(&event.key.target, 0, sizeof(event.key.target));
	event.peer_tgid = 11;
	event.peer_start_ns = START_NS + 5;
	numbered(event, 0, 2);
	event.type = SLUICE_EVENT_EXEC;
	event.tgid = 11;
	event.start_ns = START_NS + 5;
	numbered(event, 0, 3);
	event.type = SLUICE_EVENT_LABEL;
	event.labels = CUSTOMERS;
	event.key.target.kind = SLUICE_TARGET_FILE;
	event.key.target.object.ino = 500;
	memcpy(event.path, "bad\xff\nname", 10);
	event.path_len = 10;
	numbered(event, 0, 4);
	event_flush(&world.agent);
	for (int i = 0; i < 2; i++) {
		struct lineage_answer answer;

		assert_int_equal(lineage_follow_catch_up(world.agent.follow, 60000), 0);
		assert_int_equal(lineage_index_of_object(lineage_follow_index(world.agent.follow),
							 &world.agent, &event.key.target.object,
							 &bounds, &answer),
				 0);
		assert_int_equal(answer.n, 4);
		assert_string_equal(answer.edges[0].verb, "read");
		assert_string_equal(answer.edges[1].verb, "started");
		assert_string_equal(answer.edges[1].labels, "customers");
		assert_string_equal(answer.edges[2].verb, "became");
		assert_string_equal(answer.edges[3].verb, "wrote");
		assert_string_equal(answer.edges[3].object, "/bad\\xff\nname");
		free(answer.edges);
		/* the very bytes */
		assert_string_equal(
			lineage_object_name(world.agent.lineage, &event.key.target.object),
			"/bad\xff\nname");
		assert_int_equal(
			lineage_sources(world.agent.lineage, 11, START_NS + 5, CUSTOMERS, steps, 8,
					&more),
			1);
		restart();
	}
}

static void test_data_of_another_process_survives_a_restart(void **state)
{
	const struct lineage_bounds bounds = { 8, 8 };
	struct sluice_event event = read_event(10);
	struct lineage_answer answer;
	struct lineage_step steps[8];
	size_t more;

	(void)state;
	numbered(event, 0, 1);
	event.type = SLUICE_EVENT_TAKE;
	event.peer_tgid = event.tgid;
	event.peer_start_ns = event.start_ns;
	event.tgid = 11;
	event.start_ns = START_NS + 5;
	memset(&event.key.target, 0, sizeof(event.key.target));
	numbered(event, 0, 2);
	event.type = SLUICE_EVENT_GIVE;
	event.peer_tgid = 12;
	event.peer_start_ns = START_NS + 6;
	numbered(event, 0, 3);
	event_flush(&world.agent);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			lineage_sources(world.agent.lineage, 12, START_NS + 6, CUSTOMERS, steps, 8,
					&more),
			1);
		assert_int_equal(lineage_follow_catch_up(world.agent.follow, 60000), 0);
		assert_int_equal(lineage_index_of_pid(lineage_follow_index(world.agent.follow),
						      &world.agent, 12, 0, &bounds, &answer),
				 0);
		assert_int_equal(answer.n, 3);
		assert_string_equal(answer.edges[1].verb, "got data of");
		assert_string_equal(answer.edges[2].verb, "put data into");
		free(answer.edges);
		restart();
	}
}

/* Words and members of what moves no labels. */
static void test_reads_and_writes_that_carry_nothing(void **state)
{
	static const struct {
		enum sluice_event_type type;
		const char *name;
		const char *message;
	} kinds[] = {
		{ SLUICE_EVENT_DECLASSIFY, "event.declassify",
		  "python3[10] read /srv/customers/list.csv and takes customers off it, as the "
		  "policy allows" },
		{ SLUICE_EVENT_SINK, "event.sink",
		  "python3[10] wrote customers into /srv/customers/list.csv, which takes no "
		  "labels" },
		{ SLUICE_EVENT_EMPTY, "event.empty",
		  "python3[10] emptied /srv/customers/list.csv, which keeps customers" },
	};
	struct sluice_event event = read_event(10);
	struct lineage_step steps[4];
	size_t more;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		event.type = (uint16_t)kinds[i].type;
		numbered(event, 0, i + 1);
		assert_string_equal(member(entry_of(kinds[i].name), "message"), kinds[i].message);
		assert_non_null(json_object_get(entry_of(kinds[i].name), "target"));
	}
	/* no request names them as sources */
	assert_int_equal(
		lineage_sources(world.agent.lineage, 10, START_NS, CUSTOMERS, steps, 4, &more), 0);
}

static void test_stops(void **state)
{
	struct sluice_event event =
		make_stop(add_worker(ANN, ANN), ANN, SLUICE_OPEN, CUSTOMERS, true);

	(void)state;
	event.verdict = SLUICE_VERDICT_DENY;
	numbered(event, 0, 1);
	assert_string_equal(member(entry_of("event.stop"), "verdict"), "deny");
	event.verdict = SLUICE_VERDICT_AUDIT;
	numbered(event, 0, 2);
	assert_string_equal(member(entry_of("event.stop"), "verdict"), "audit");
	assert_int_equal(request_count(world.agent.requests, false), 0); /* nobody is asked */
	event.verdict = SLUICE_VERDICT_HOLD;
	numbered(event, 0, 3);
	assert_int_equal(request_count(world.agent.requests, true), 1);
	assert_int_equal(count_of("event.stop"), 2);
}

static uint64_t repeats_of(const char *type)
{
	uint64_t repeats = 0;

	record_get_u64(entry_of(type), "repeats", &repeats);
	return repeats;
}

/* Equal denials come as a count, with the next one or, when none comes, by themselves. */
static void test_repeats(void **state)
{
	struct sluice_event event =
		make_stop(add_worker(ANN, ANN), ANN, SLUICE_OPEN, CUSTOMERS, true);

	(void)state;
	event.verdict = SLUICE_VERDICT_DENY;
	event.repeats = 41;
	numbered(event, 0, 1);
	assert_int_equal(repeats_of("event.stop"), 41);
	fake_refusal_key = event.key;
	fake_refusal = (struct sluice_refusal){ .labels = CUSTOMERS, .untold = 7 };
	world.agent.repeat.look_ns = 0;
	event_flush(&world.agent);
	assert_int_equal(count_of("event.repeat"), 1);
	assert_int_equal(repeats_of("event.repeat"), 7);
	assert_string_equal(member(entry_of("event.repeat"), "action"), "open");
	world.agent.repeat.look_ns = 0;
	event_flush(&world.agent);
	assert_int_equal(count_of("event.repeat"), 1);
}

static void look_at_refusals(uint64_t merged, uint64_t untold)
{
	fake_merged = merged;
	fake_refusal = (struct sluice_refusal){ .untold = untold, .told_ns = agent_boot_ns() };
	world.agent.repeat.look_ns = 0;
	event_flush(&world.agent);
}

/* Neither told of nor in the kernel's table: nothing hides behind a flood. */
static void test_refusals_that_are_lost(void **state)
{
	uint64_t told = SLUICE_COUNT_TOLD - SLUICE_COUNT_MERGED; /* as the false counters have it */

	(void)state;
	look_at_refusals(told + 5, 5);
	assert_null(entry_of("journal.gap")); /* they are too young to be told of */
	look_at_refusals(told + 30, 5);
	assert_int_equal(json_integer_value(json_object_get(entry_of("journal.gap"), "count")), 25);
	assert_int_equal(events_lost(world.agent.events), 25);
	look_at_refusals(told + 30, 5);
	assert_int_equal(count_of("journal.gap"), 1); /* said once */
	look_at_refusals(told + 31, 0);
	assert_int_equal(events_lost(world.agent.events), 31);
	fake_merged = fake_told = 0;
}

static void test_nonsense_is_passed_over(void **state)
{
	struct sluice_event event = read_event(10);

	(void)state;
	event.type = 77;
	numbered(event, 0, 1);
	event.type = 0;
	numbered(event, 0, 2);
	event.type = SLUICE_EVENT_STOP;
	event.key.action = 9;
	for (uint32_t verdict = 0; verdict < 9; verdict++) {
		event.verdict = verdict;
		numbered(event, 0, 3 + verdict);
	}
	assert_int_equal(json_array_size(world.journal.entries), 0);
	event = read_event(10);
	event.path_len = UINT16_MAX;
	event.exe_len = UINT16_MAX;
	memset(event.comm, 'c', sizeof(event.comm));
	memset(event.path, 'p', sizeof(event.path));
	memset(event.exe_path, 'x', sizeof(event.exe_path));
	numbered(event, 0, 12);
	assert_int_equal(count_of("event.read"), 1);
}

static void test_entries_wait_for_the_journal(void **state)
{
	struct sluice_event event = read_event(10);

	(void)state;
	world.journal.broken = true;
	for (uint64_t seq = 1; seq <= RECORD_MAX_WAITING + 7; seq++)
		numbered(event, 0, seq);
	assert_true(event_flush(&world.agent) < 0);
	assert_non_null(record_broken(&world.agent));
	world.journal.broken = false;
	assert_int_equal(event_flush(&world.agent), 0);
	assert_int_equal(count_of("event.read"), RECORD_MAX_WAITING);
	assert_int_equal(json_integer_value(json_object_get(entry_of("journal.gap"), "count")), 7);
	assert_int_equal(world.journal.durable, RECORD_MAX_WAITING + 1);
}

/* It is counted, and holds up nothing behind it, whether it had waited or not. */
static void test_entry_that_never_fits(void **state)
{
	struct sluice_event event = read_event(10);

	(void)state;
	world.journal.too_long = 1;
	numbered(event, 0, 1);
	numbered(event, 0, 2);
	assert_int_equal(event_flush(&world.agent), 0);
	assert_int_equal(count_of("event.read"), 1);
	assert_int_equal(json_integer_value(json_object_get(entry_of("journal.gap"), "count")), 1);
	world.journal.broken = true;
	numbered(event, 0, 3);
	numbered(event, 0, 4);
	assert_true(event_flush(&world.agent) < 0);
	world.journal.broken = false;
	world.journal.too_long = 1;
	assert_int_equal(event_flush(&world.agent), 0);
	assert_int_equal(count_of("event.read"), 2);
	assert_int_equal(count_of("journal.gap"), 2);
}

static void test_spelling_goes_there_and_back(void **state)
{
	static const struct {
		const char *bytes;
		const char *text;
	} cases[] = {
		{ "plain \xc3\xa4", "plain \xc3\xa4" },
		{ "back\\slash", "back\\\\slash" },
		{ "\xff\xfe", "\\xff\\xfe" },
		{ "\xc0\xaf", "\\xc0\\xaf" },	      /* overlong */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" }, /* surrogate */
		{ "cut\xe2\x82", "cut\\xe2\\x82" },
		{ "\\xff", "\\\\xff" },
		{ "line\n\t\x1b", "line\n\t\x1b" }, /* JSON escapes these */
	};
	char back[64], small[6];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = wording_utf8(cases[i].bytes, strlen(cases[i].bytes));
		json_t *json = json_string(text);

		assert_non_null(json);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(wording_bytes(text, back, sizeof(back)), strlen(cases[i].bytes));
		assert_string_equal(back, cases[i].bytes);
		json_decref(json);
		free(text);
	}
	assert_int_equal(wording_bytes("\\y", back, sizeof(back)), -EINVAL);
	assert_int_equal(wording_bytes("\\x0", back, sizeof(back)), -EINVAL);
	assert_int_equal(wording_bytes("\\x00", back, sizeof(back)), -EINVAL);
	assert_int_equal(wording_bytes("123456", small, sizeof(small)), -ENAMETOOLONG);
	/* cut between characters, and counted */
	assert_int_equal(wording_copy(small, sizeof(small), "abcd\xc3\xa4z"), 3);
	assert_string_equal(small, "abcd");
}

static void test_paths(void **state)
{
	char path[32];

	(void)state;
	wording_path("c\0b\0a", 6, false, path, sizeof(path));
	assert_string_equal(path, "/a/b/c");
	wording_path("c\0b\0a\0/", 8, false, path, sizeof(path));
	assert_string_equal(path, "/a/b/c");
	wording_path("c\0b", 3, true, path, sizeof(path)); /* no NUL at the end of the array */
	assert_string_equal(path, "\xe2\x80\xa6/b/c");
	wording_path("", 0, false, path, sizeof(path));
	assert_string_equal(path, "/");
	wording_path("0123456789\0" "0123456789\0" "0123456789", 33, false, path, sizeof(path));
	assert_string_equal(path, "\xe2\x80\xa6/0123456789/0123456789");
}

static void test_targets(void **state)
{
	struct sluice_event event = make_stop(1, ANN, SLUICE_EGRESS, CUSTOMERS, false);
	char text[SLUICE_PATH_TEXT];

	(void)state;
	wording_target(&event, text, sizeof(text));
	assert_string_equal(text, "10.1.2.3:443/tcp");
	event.key.target.addr[10] = 1;
	event.key.target.arg = 17;
	wording_target(&event, text, sizeof(text));
	assert_string_equal(text, "[::1ff:a01:203]:443/udp");
	event.key.target.arg = SLUICE_MEDIUM_SOCKET << 16 | 43;
	wording_target(&event, text, sizeof(text));
	assert_string_equal(text, "socket of address family 43");
	event.key.target.arg = SLUICE_MEDIUM_VSOCK << 16 | 40;
	wording_target(&event, text, sizeof(text));
	assert_string_equal(text, "socket:vsock");
	event.key.target.arg = SLUICE_MEDIUM_STEERED << 16 | 2;
	wording_target(&event, text, sizeof(text));
	assert_string_equal(text, "IP with a route or interface of its own");
	event = make_stop(1, ANN, SLUICE_CREDENTIAL, CUSTOMERS, true);
	wording_target(&event, text, sizeof(text));
	assert_string_equal(text, "change user id from 2001 to 0");
	event.key.target.arg = SLUICE_EXEC_SETID;
	wording_target(&event, text, sizeof(text));
	assert_string_equal(text, "run /srv/customers/list.csv, which brings other rights");
	event.key.target.arg = SLUICE_USERNS;
	wording_target(&event, text, sizeof(text));
	assert_string_equal(text, "make a user namespace");
	event.key.target.arg = SLUICE_IDMAP;
	wording_target(&event, text, sizeof(text));
	assert_string_equal(text, "map ids by /srv/customers/list.csv");
	event.key.target.arg = SLUICE_KEYRING + 1;
	wording_target(&event, text, sizeof(text));
	assert_string_equal(text, "change of credentials 12");
	event = make_stop(1, ANN, SLUICE_EGRESS, CUSTOMERS, true);
	event.key.target.kind = SLUICE_TARGET_FILE;
	event.key.target.arg = SLUICE_MEDIUM_NFS << 16 | S_IFREG;
	wording_target(&event, text, sizeof(text));
	assert_string_equal(text, "/srv/customers/list.csv (fs:nfs)");
	event = make_stop(1, ANN, SLUICE_OPEN, CUSTOMERS, true);
	event.path_len = 0;
	event.key.target.arg = S_IFIFO;
	wording_target(&event, text, sizeof(text));
	assert_string_equal(text, "pipe:[99]");
	event.key.target.arg = S_IFSOCK;
	wording_target(&event, text, sizeof(text));
	assert_string_equal(text, "socket:[99]");
	event.key.target.arg = S_IFSOCK | SLUICE_SOCKET_IP;
	wording_target(&event, text, sizeof(text));
	assert_string_equal(text, "loopback socket:[99]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_gap),
		AGENT_TEST(test_late_is_not_lost),
		AGENT_TEST(test_first_number),
		AGENT_TEST(test_many_holes),
		AGENT_TEST(test_read_is_journaled_and_remembered),
		AGENT_TEST(test_lineage_survives_a_restart),
		AGENT_TEST(test_data_of_another_process_survives_a_restart),
		AGENT_TEST(test_reads_and_writes_that_carry_nothing),
		AGENT_TEST(test_stops),
		AGENT_TEST(test_repeats),
		AGENT_TEST(test_refusals_that_are_lost),
		AGENT_TEST(test_nonsense_is_passed_over),
		AGENT_TEST(test_entries_wait_for_the_journal),
		AGENT_TEST(test_entry_that_never_fits),
		AGENT_TEST(test_spelling_goes_there_and_back),
		AGENT_TEST(test_paths),
		AGENT_TEST(test_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
