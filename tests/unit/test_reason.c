/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_reason.c: whose reason goes for whom, which goes first, and for how long.
 */
#include "agent_fixture.h"

#include <sys/eventfd.h>

enum { SHELL = 900200, JOB = 900201, DAEMON = 900202, OTHER_SHELL = 900300, OTHER_JOB = 900301 };

static char folder[96];

/* Of a process that lives. */
static int fake_pidfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void add(pid_t pid, pid_t ppid, pid_t sid, uid_t uid)
{
	struct fake_process p = { .pid = pid, .ppid = ppid, .sid = sid, .uid = uid, .euid = uid,
				  .loginuid = uid,
				  .cgroup = "/system.slice/etl.service/etl-user.service" };

	add_process(&p);
}

/* Ann's shell with a job, and one that has made itself a daemon; bob's beside it. */
static int setup(void **state)
{
	static const char *folders[] = { folder, NULL };
	int r = agent_setup(state);

	snprintf(folder, sizeof(folder), "%s/reasons", world.folder);
	reason_folders = folders;
	add(SHELL, 1, SHELL, ANN);
	add(JOB, SHELL, SHELL, ANN);
	add(DAEMON, JOB, DAEMON, ANN);
	add(OTHER_SHELL, 1, OTHER_SHELL, BOB);
	add(OTHER_JOB, OTHER_SHELL, OTHER_SHELL, BOB);
	return r;
}

static char said[256];

static int declare(pid_t pid, const char *text, uint32_t duration_s)
{
	struct ipc_reason reason = { .duration_s = duration_s };
	int pidfd = fake_pidfd(), r;

	snprintf(reason.text, sizeof(reason.text), "%s", text);
	r = reason_declare(&world.agent, pid, pidfd, &reason, said, sizeof(said));
	close(pidfd);
	assert_true(*said);
	return r;
}

static const char *reason_of(pid_t pid, enum reason_origin *ret)
{
	static char text[SLUICE_REASON_MAX];
	struct identity who;

	identity_of(pid, START_NS, &who);
	*ret = reason_find(&world.agent, pid, START_NS, &who, text);
	return text;
}

static void expect(pid_t pid, enum reason_origin from, const char *text)
{
	enum reason_origin origin;

	assert_string_equal(reason_of(pid, &origin), text);
	assert_int_equal(origin, from);
}

static void test_session_and_what_it_started(void **state)
{
	(void)state;
	expect(JOB, REASON_NONE, "");
	assert_int_equal(declare(JOB, "ticket 1", 60), 0);
	expect(JOB, REASON_SESSION, "ticket 1");
	expect(SHELL, REASON_SESSION, "ticket 1");
	expect(DAEMON, REASON_SESSION, "ticket 1");
	expect(OTHER_JOB, REASON_NONE, ""); /* another session */
	assert_int_equal(declare(SHELL, "ticket 2", 60), 0);
	expect(JOB, REASON_SESSION, "ticket 2");
	assert_int_equal(declare(SHELL, "", 0), 0);
	expect(JOB, REASON_NONE, "");
}

static void test_nobody_speaks_for_another(void **state)
{
	(void)state;
	add(JOB, SHELL, SHELL, CARLA); /* in ann's session, and not by ann */
	assert_int_equal(declare(JOB, "by carla", 60), 0);
	expect(SHELL, REASON_NONE, "");
	expect(JOB, REASON_SESSION, "by carla");
	assert_int_equal(declare(SHELL, "by ann", 60), 0);
	expect(SHELL, REASON_SESSION, "by ann");
}

static void test_session_of_a_number_used_again(void **state)
{
	struct fake_process again = { .pid = SHELL, .ppid = 1, .sid = SHELL, .uid = ANN,
				      .euid = ANN, .loginuid = ANN, .ticks = 900 };

	(void)state;
	assert_int_equal(declare(JOB, "ticket 1", 60), 0);
	add_process(&again);
	expect(JOB, REASON_NONE, "");
}

static void test_refusals(void **state)
{
	(void)state;
	assert_int_equal(declare(JOB, "", 60), -EINVAL);
	assert_int_equal(declare(JOB, " \t", 60), -EINVAL);
	assert_int_equal(declare(JOB, "x", SLUICE_MAX_REASON_S + 1), -EINVAL);
	assert_int_equal(declare(JOB, "x", SLUICE_MAX_REASON_S), 0);
	assert_int_equal(declare(900999, "x", 60), -ESRCH);
	add(JOB, SHELL, 900998, ANN); /* who began the session has ended */
	assert_int_equal(declare(JOB, "x", 60), -ESRCH);
}

static void test_it_ends(void **state)
{
	(void)state;
	assert_int_equal(declare(JOB, "ticket 1", 1), 0);
	expect(JOB, REASON_SESSION, "ticket 1");
	usleep(1100000);
	expect(JOB, REASON_NONE, "");
}

static void write_reason(const char *unit, const char *text, mode_t mode)
{
	char path[256];
	FILE *out;

	mkdir(folder, 0755);
	snprintf(path, sizeof(path), "%s/%s", folder, unit);
	unlink(path);
	out = fopen(path, "we");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	assert_int_equal(chmod(path, mode), 0);
}

static void test_file_of_the_unit(void **state)
{
	char path[256], target[256];

	(void)state;
	write_reason("etl.service", "nightly load \n\n", 0644);
	write_reason("etl-user.service", "of whoever made this unit", 0644);
	expect(JOB, REASON_UNIT, "nightly load");
	write_reason("etl.service", "\n", 0644);
	expect(JOB, REASON_NONE, "");
	write_reason("etl.service", "anybody may write here", 0666);
	expect(JOB, REASON_NONE, "");
	write_reason("etl.service", "nightly load", 0644);
	assert_int_equal(chmod(folder, 0777), 0);
	expect(JOB, REASON_NONE, "");
	assert_int_equal(chmod(folder, 0755), 0);
	expect(JOB, REASON_UNIT, "nightly load");
	snprintf(path, sizeof(path), "%s/etl.service", folder);
	snprintf(target, sizeof(target), "%s/other", folder);
	assert_int_equal(rename(path, target), 0);
	assert_int_equal(symlink(target, path), 0);
	expect(JOB, REASON_NONE, "");
	unlink(path);
	assert_int_equal(mkfifo(path, 0644), 0); /* nobody waits for it */
	expect(JOB, REASON_NONE, "");
}

static void test_order(void **state)
{
	static const char environment[] = "SLUICE_REASON=of the environment";
	struct fake_process p = { .pid = JOB, .ppid = SHELL, .sid = SHELL, .uid = ANN, .euid = ANN,
				  .loginuid = ANN, .cgroup = "/etl.service",
				  .environ = environment, .environ_length = sizeof(environment) };

	(void)state;
	write_reason("etl.service", "of the unit", 0644);
	expect(JOB, REASON_UNIT, "of the unit");
	assert_int_equal(declare(SHELL, "of the session", 60), 0);
	expect(JOB, REASON_SESSION, "of the session");
	add_process(&p);
	expect(JOB, REASON_ENVIRONMENT, "of the environment");
}

static void test_too_many(void **state)
{
	(void)state;
	assert_int_equal(declare(OTHER_SHELL, "of bob", 60), 0);
	for (int i = 0; i <= SLUICE_MAX_REASONS_PER_UID; i++) {
		add(910000 + i, 1, 910000 + i, ANN);
		assert_int_equal(declare(910000 + i, "of ann", 60), 0);
	}
	expect(910000, REASON_NONE, ""); /* ann's oldest made room */
	expect(910001, REASON_SESSION, "of ann");
	expect(OTHER_SHELL, REASON_SESSION, "of bob");
}

static struct request *open_by(pid_t pid, uid_t uid)
{
	struct sluice_event event = make_stop(pid, uid, SLUICE_OPEN, CUSTOMERS, false);

	event.key.target.object.ino = (uint64_t)pid;
	event.loginuid = uid;
	return stop(&event);
}

static void test_open_requests(void **state)
{
	struct request *of_ann = open_by(JOB, ANN), *of_bob = open_by(OTHER_JOB, BOB);
	struct ipc_request *shown = calloc(1, sizeof(*shown));

	(void)state;
	assert_int_equal(declare(SHELL, "why\033[2J\\", 60), 0);
	assert_string_equal(of_ann->reason, "why\033[2J\\");
	assert_string_equal(of_bob->reason, "");
	assert_string_equal(member(entry_of("request.reason"), "request"), of_ann->id);
	assert_string_equal(member(entry_of("request.reason"), "reason_from"), "session");
	/* a reviewer may have read the first */
	assert_int_equal(declare(SHELL, "another", 60), 0);
	assert_string_equal(of_ann->reason, "why\033[2J\\");
	assert_false(request_take_reason(&world.agent, of_ann, REASON_SESSION, "another"));
	assert_int_equal(count_of("request.reason"), 1);
	request_describe(&world.agent, of_ann, shown);
	assert_string_equal(shown->reason, "why\033[2J\\\\");
	assert_string_equal(shown->reason_from, "session");
	free(shown);
}

/* Everybody waits meanwhile: the same user's are not looked through without end. */
static void test_one_look_a_second(void **state)
{
	struct request *of_ann, *of_bob;

	(void)state;
	open_by(JOB, ANN);
	assert_int_equal(declare(SHELL, "ticket 1", 60), 0);
	assert_non_null(strstr(said, "that have it now: 1"));
	add(JOB + 50, SHELL, SHELL, ANN);
	of_ann = open_by(JOB + 50, ANN);
	assert_string_equal(of_ann->reason, "ticket 1"); /* what is asked later has it anyway */
	declare(SHELL, "", 0);
	add(JOB + 51, SHELL, SHELL, ANN);
	of_ann = open_by(JOB + 51, ANN);
	assert_int_equal(declare(SHELL, "ticket 2", 60), 0);
	assert_string_equal(of_ann->reason, "");
	assert_non_null(strstr(said, "less than a second ago"));
	of_bob = open_by(OTHER_JOB, BOB); /* the neighbour */
	assert_int_equal(declare(OTHER_SHELL, "ticket 3", 60), 0);
	assert_string_equal(of_bob->reason, "ticket 3");
	usleep(SLUICE_REASON_LOOK_MS * 1000);
	assert_int_equal(declare(SHELL, "ticket 2", 60), 0);
	assert_string_equal(of_ann->reason, "ticket 2");
}

/* A row of processes of ann's, each the parent of the next. Return: the last one. */
static pid_t add_row(pid_t first, pid_t parent, int n)
{
	for (int i = 0; i < n; i++)
		add(first + i, i ? first + i - 1 : parent, SHELL, ANN);
	return first + n - 1;
}

/* Those that share their ancestors cost little; those that do not are not all read. */
static void test_reads_are_bounded(void **state)
{
	pid_t parent = add_row(930000, SHELL, 20);
	struct request *apart[20];
	unsigned int given = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		add(931000 + i, parent, 999999, ANN);
		open_by(931000 + i, ANN);
	}
	assert_int_equal(declare(SHELL, "ticket 1", 60), 0);
	assert_non_null(strstr(said, "that have it now: 20"));
	declare(SHELL, "", 0);
	usleep(SLUICE_REASON_LOOK_MS * 1000);
	for (int i = 0; i < 20; i++) {
		parent = add_row(940000 + 100 * i, SHELL, 20);
		add(932000 + i, parent, 999999, ANN);
		apart[i] = open_by(932000 + i, ANN);
	}
	assert_int_equal(declare(SHELL, "ticket 2", 60), 0);
	for (int i = 0; i < 20; i++)
		given += !strcmp(apart[i]->reason, "ticket 2");
	assert_in_range(given, 5, SLUICE_REASON_READS / 20);
}

static void test_restart(void **state)
{
	struct request *request = open_by(JOB, ANN);
	char id[16];

	(void)state;
	memcpy(id, request->id, sizeof(id));
	assert_int_equal(declare(SHELL, "ticket 1", 60), 0);
	restart();
	request = request_find(world.agent.requests, id);
	assert_non_null(request);
	assert_string_equal(request->reason, "ticket 1");
	assert_int_equal(request->reason_from, REASON_SESSION);
	expect(JOB, REASON_NONE, ""); /* what the session said is forgotten */
}

/* It is told to nobody, and the request is not ended for it. */
static void test_broken_journal(void **state)
{
	struct request *request = open_by(JOB, ANN);

	(void)state;
	world.journal.broken = true;
	declare(SHELL, "ticket 1", 60);
	assert_string_equal(request->reason, "");
	assert_int_equal(request->state, IPC_PENDING);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, agent_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_session_and_what_it_started),
		TEST(test_nobody_speaks_for_another),
		TEST(test_session_of_a_number_used_again),
		TEST(test_refusals),
		TEST(test_it_ends),
		TEST(test_file_of_the_unit),
		TEST(test_order),
		TEST(test_too_many),
		TEST(test_open_requests),
		TEST(test_one_look_a_second),
		TEST(test_reads_are_bounded),
		TEST(test_restart),
		TEST(test_broken_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
