/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_standing.c: what was approved for a time to come: the same thing goes, all else is asked
 * about, and it ends when it should.
 */
#include "agent_fixture.h"
#include "signed_fixture.h"

#include <fcntl.h>

enum { BOBS = 1, CARLAS = 2, DAVES = 4 };

static const char *const unit = "/system.slice/nightly.service";

/* @more: of the rule read */
static void use_policy(const char *more, const char *members)
{
	const struct policy *old = world.agent.policy;
	char text[4096] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	fprintf(out,
		"[Label customers]\nPath=/srv/customers\n[Label secrets]\nPath=/srv/secrets\n"
		"[Rule read]\nAction=open\nLabels=customers\nVerdict=ask\nReviewers=owners\n%s"
		"[Rule read-secrets]\nAction=open\nLabels=secrets\nVerdict=ask\nReviewers=owners\n"
		"Standing=7d\n"
		"[Rule send]\nAction=egress\nLabels=customers\nVerdict=ask\nReviewers=owners\n"
		"Approvals=2\nStanding=1d\n"
		"[Rule change]\nAction=credential\nLabels=customers\nVerdict=ask\n"
		"Reviewers=owners\nStanding=1d\n"
		"[Person ann]\nUid=2001\n",
		more);
	for (uint8_t seed = BOBS; seed <= DAVES; seed *= 2) {
		struct signer signer = honest;

		signer.seed = seed;
		fprintf(out, "[Person %s]\nUid=%u\nKey=%s x\n",
			seed == BOBS ? "bob" : seed == CARLAS ? "carla" : "dave",
			(unsigned int)(seed == BOBS ? BOB : seed == CARLAS ? CARLA : DAVE),
			key_line(&signer));
	}
	fprintf(out, "[Group owners]\nMember=%s\n", members);
	fclose(out);
	load_policy(&world.agent, text);
	policy_free((struct policy *)old);
}

static int setup(void **state)
{
	int r = agent_setup(state);

	use_policy("Standing=7d\n", "ann bob carla dave");
	return r;
}

/* What asks. @change: what is other than the first time */
struct asking {
	uid_t uid;
	enum sluice_action action;
	uint64_t labels;
	uint64_t ino, exe;
	const char *cgroup;
	uid_t parent;
};

static const struct asking nightly = {
	.uid = ANN, .action = SLUICE_OPEN, .labels = CUSTOMERS, .ino = 99, .exe = 77
};

static struct request *last;

/* The program of that number, which is there from its first use on. Return: its inode. */
static uint64_t program(uint64_t number, char path[128])
{
	struct stat st;

	snprintf(path, 128, "%s/program-%llu", world.folder, (unsigned long long)number);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700));
	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

/* Return: the request while it waits, NULL when it is over; it is in @last in any case. */
static struct request *ask(const struct asking *asking)
{
	struct fake_process p = { .pid = add_child(), .ppid = 1, .uid = asking->uid,
				  .euid = asking->uid, .loginuid = PROCESS_NO_LOGIN,
				  .cgroup = asking->cgroup ? asking->cgroup : unit };
	struct fake_process parent = { .pid = 900500, .ppid = 1, .uid = asking->parent,
				       .loginuid = PROCESS_NO_LOGIN };
	char exe[128];
	uint64_t ino = program(asking->exe, exe);
	struct sluice_event event;
	struct request *request;

	p.exe = exe;
	if (asking->parent) {
		add_process(&parent);
		p.ppid = parent.pid;
	}
	add_process(&p);
	event = make_stop(p.pid, asking->uid, asking->action, asking->labels,
			  asking->action == SLUICE_OPEN);
	event.exe = (struct sluice_object_id){ .dev = 7, .ino = asking->exe ? ino : 0 };
	if (event.key.subject.kind == SLUICE_SUBJECT_EXECUTABLE) {
		event.key.subject.a = 7ULL << 32;
		event.key.subject.b = event.exe.ino;
	}
	if (event.key.target.kind == SLUICE_TARGET_FILE)
		event.key.target.object.ino = asking->ino;
	request = stop(&event);
	last = request_find(world.agent.requests,
			    member(entry_of("request.opened"), "request"));
	return request;
}

static char said[1024];

/* @standing_s: 0 for once */
static int approve(const struct request *request, uint8_t seed, uint32_t standing_s)
{
	struct statement statement = { .answer = { .approve = 1,
						   .scope = IPC_SCOPE_ONCE,
						   .duration_s = standing_s ? standing_s : 300 },
				       .standing = standing_s,
				       .time_ms = agent_time_ms(),
				       .nonce = "000102030405060708090a0b0c0d0e0f" };
	struct decider courier = decider_of(STRANGER);
	struct ipc_signed message = { .statement = "" };
	struct signer signer = honest;

	signer.seed = seed;
	snprintf(statement.host, sizeof(statement.host), "%s", world.agent.host);
	snprintf(statement.boot, sizeof(statement.boot), "%s", world.agent.boot_id);
	memcpy(statement.answer.id, request->id, sizeof(statement.answer.id));
	memcpy(statement.answer.digest, request->digest, sizeof(statement.answer.digest));
	assert_int_equal(statement_write(&statement, message.statement, sizeof(message.statement)),
			 0);
	sign_text(&signer, message.statement, message.signature, sizeof(message.signature));
	return decision_submit(&world.agent, &message, &courier, said, sizeof(said));
}

static struct standing *made(void)
{
	return standing_find(world.agent.standings, member(entry_of("standing.made"), "standing"));
}

/* Carla lets the nightly load read that file for an hour. */
static void let_it_stand(void)
{
	struct request *request = ask(&nightly);

	assert_non_null(request);
	assert_int_equal(approve(request, CARLAS, 3600), 0);
	assert_int_equal(request->state, IPC_APPROVED);
	assert_non_null(strstr(said, "goes without asking for 3600 s: s-"));
	assert_non_null(made());
}

static bool goes(const struct asking *asking)
{
	return !ask(asking) && last->state == IPC_APPROVED;
}

static void test_the_same_again(void **state)
{
	const struct fake_grant *grant;
	char outcome[128];

	(void)state;
	let_it_stand();
	for (int i = 0; i < 3; i++)
		assert_true(goes(&nightly));
	snprintf(outcome, sizeof(outcome), "approved in advance (%s) by carla",
		 member(entry_of("standing.made"), "standing"));
	assert_string_equal(last->outcome, outcome);
	assert_int_equal(count_of("request.opened"), 4);
	assert_int_equal(count_of("standing.used"), 3);
	assert_int_equal(count_of("grant.issued"), 4);
	assert_string_equal(member(entry_of("standing.used"), "request"), last->id);
	assert_string_equal(member(entry_of("standing.used"), "digest"), last->digest);
	grant = &world.kernel.grants[world.kernel.n_grants - 1];
	assert_int_equal(grant->grant.answer, SLUICE_ANSWER_ALLOW);
	assert_int_equal(grant->grant.uses, 1);
	assert_memory_equal(&grant->key, &last->key, sizeof(last->key));
	/* nothing takes effect before the journal has it */
	assert_true(world.kernel.durable_at_put >= json_array_size(world.journal.entries) - 1);
	assert_string_equal(last->decisions[0].person, "carla");
	assert_non_null(strstr(last->decisions[0].reason, "in advance, by s-"));
}

static void test_anything_else_is_asked_about(void **state)
{
	struct asking other[] = { nightly, nightly, nightly, nightly, nightly, nightly, nightly };

	(void)state;
	let_it_stand();
	other[0].ino++;
	other[1].exe++;
	other[2].uid = BOB;
	other[3].cgroup = "/system.slice/hourly.service";
	other[4].cgroup = "/system.slice/docker.service/nightly.service";
	other[5].labels |= SECRETS;
	other[6].action = SLUICE_EGRESS;
	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		if (!ask(&other[i]))
			fail_msg("case %zu was not asked about", i);
	assert_int_equal(count_of("standing.used"), 0);
	assert_true(goes(&nightly));
}

static void write_into(const char *path)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 1000000000 } };
	FILE *out = fopen(path, "ae");

	usleep(20000); /* the clock of file systems is a coarse one */
	assert_non_null(out);
	fputs("more", out);
	fclose(out);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0); /* as if nothing had been */
}

/* The same file with something else in it is not the same program. */
static void test_executable_that_changed(void **state)
{
	struct asking unseen = nightly;
	char path[128];

	(void)state;
	program(nightly.exe, path);
	write_into(path);
	let_it_stand();
	restart();
	assert_true(goes(&nightly));
	write_into(path);
	assert_non_null(ask(&nightly));
	assert_int_equal(approve(last, CARLAS, 60), 0); /* it may be approved anew */
	assert_true(goes(&nightly));
	unseen.ino++;
	assert_non_null(ask(&unseen));
	last->exe_time_ns = 0; /* its process had ended before anybody looked */
	assert_int_equal(approve(last, CARLAS, 60), -EINVAL);
}

static void test_once_is_once(void **state)
{
	struct request *request = ask(&nightly);

	(void)state;
	assert_int_equal(approve(request, CARLAS, 0), 0);
	assert_non_null(ask(&nightly));
	assert_int_equal(count_of("standing.made"), 0);
}

static void test_what_cannot_stand(void **state)
{
	struct asking asking = nightly;

	(void)state;
	assert_int_equal(approve(ask(&nightly), CARLAS, 7 * 86400 + 1), -ERANGE);
	assert_int_equal(last->state, IPC_PENDING);
	asking.cgroup = "/user.slice/user-2001.slice/session-1.scope";
	assert_int_equal(approve(ask(&asking), CARLAS, 60), -EINVAL);
	assert_int_equal(approve(last, CARLAS, 0), 0); /* but once it can be approved */
	asking.cgroup = "/user.slice/user@2001.service/app.slice/nightly.service";
	assert_int_equal(approve(ask(&asking), CARLAS, 60), -EINVAL);
	asking.cgroup = NULL;
	asking.exe = 0;
	assert_int_equal(approve(ask(&asking), CARLAS, 60), -EINVAL);
	asking.exe = 78;
	asking.action = SLUICE_CREDENTIAL;
	assert_int_equal(approve(ask(&asking), CARLAS, 60), -EINVAL);
	use_policy("", "ann bob carla dave"); /* a rule that says nothing of it */
	asking = nightly;
	asking.ino = 5;
	assert_int_equal(approve(ask(&asking), CARLAS, 60), -ERANGE);
	assert_int_equal(count_of("standing.made"), 0);
}

/* In these a user has anything run, as that user. */
static void test_services_of_users(void **state)
{
	static const char *const units[] = {
		"ssh.service",	"sshd@1-192.0.2.1:22-192.0.2.2:9.service", "getty@tty1.service",
		"cron.service", "crond.service", "atd.service", "anacron.service",
	};
	struct asking asking = nightly;
	char cgroup[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		snprintf(cgroup, sizeof(cgroup), "/system.slice/%s", units[i]);
		asking.cgroup = cgroup;
		asking.ino++;
		assert_int_equal(approve(ask(&asking), CARLAS, 60), -EINVAL);
		assert_non_null(strstr(said, "not asked by a system service"));
	}
	asking.cgroup = "/system.slice/cron-like.service"; /* the neighbour */
	asking.ino++;
	assert_int_equal(approve(ask(&asking), CARLAS, 60), 0);
}

/* As many as the rule wants, each meaning it, for the shortest time. */
static void test_two_approvals(void **state)
{
	struct asking sending = nightly;
	struct request *request;

	(void)state;
	sending.action = SLUICE_EGRESS;
	request = ask(&sending);
	assert_int_equal(approve(request, CARLAS, 3600), 0);
	assert_int_equal(request->state, IPC_PENDING);
	assert_int_equal(count_of("standing.made"), 0);
	assert_int_equal(approve(request, DAVES, 0), 0); /* this once only */
	assert_int_equal(request->state, IPC_APPROVED);
	assert_int_equal(count_of("standing.made"), 0);
	request = ask(&sending);
	assert_non_null(request);
	assert_int_equal(approve(request, CARLAS, 3600), 0);
	assert_int_equal(approve(request, DAVES, 60), 0);
	assert_int_equal(count_of("standing.made"), 1);
	assert_true(goes(&sending));
	assert_int_equal(last->n_decisions, 2);
	restart();
	assert_true(goes(&sending));
}

static void test_nobody_for_themselves(void **state)
{
	struct asking asking = nightly;

	(void)state;
	let_it_stand();
	asking.parent = CARLA; /* who approved it stands behind this one */
	assert_non_null(ask(&asking));
	asking.parent = BOB;
	assert_true(goes(&asking));
}

static void test_it_ends_in_time(void **state)
{
	struct request *request = ask(&nightly);

	(void)state;
	assert_int_equal(approve(request, CARLAS, 1), 0);
	assert_true(goes(&nightly));
	usleep(1100000);
	assert_non_null(ask(&nightly));
	assert_null(made());
}

static void test_it_is_revoked(void **state)
{
	struct request *before;
	char id[16];

	(void)state;
	let_it_stand();
	assert_true(goes(&nightly));
	before = last;
	assert_non_null(grant_of_request(world.agent.grants, before->id));
	standing_revoke(&world.agent, made(), "dave", "ticket closed", NULL);
	assert_null(grant_of_request(world.agent.grants, before->id)); /* what came from it too */
	assert_string_equal(member(entry_of("standing.revoked"), "person"), "dave");
	assert_non_null(strstr(before->outcome, "; revoked by dave"));
	memcpy(id, member(entry_of("standing.revoked"), "request"), sizeof(id));
	assert_non_null(strstr(request_find(world.agent.requests, id)->outcome, "; revoked by dave"));
	assert_non_null(ask(&nightly));
	restart();
	assert_null(made());
	assert_non_null(strstr(request_find(world.agent.requests, id)->outcome, "; revoked by dave"));
}

/* However much was asked since: neither its first request nor that of a use is forgotten. */
static void test_it_is_revoked_after_a_flood(void **state)
{
	char first[16], used[16];

	(void)state;
	let_it_stand();
	memcpy(first, last->id, sizeof(first));
	assert_true(goes(&nightly));
	memcpy(used, last->id, sizeof(used));
	close_many();
	assert_non_null(request_find(world.agent.requests, first));
	assert_non_null(request_find(world.agent.requests, used));
	standing_revoke(&world.agent, made(), "dave", "", NULL);
	assert_null(grant_of_request(world.agent.grants, used));
	close_many();
	assert_null(request_find(world.agent.requests, used));
}

/* The same, after a restart. */
static void test_its_grants_are_found_after_a_restart(void **state)
{
	char used[16];

	(void)state;
	let_it_stand();
	assert_true(goes(&nightly));
	memcpy(used, last->id, sizeof(used));
	restart();
	close_many();
	standing_revoke(&world.agent, made(), "dave", "", NULL);
	assert_null(grant_of_request(world.agent.grants, used));
}

/* By the request that it came from, which is what channels show. */
static void test_it_is_found_by_its_request(void **state)
{
	char first[16];

	(void)state;
	let_it_stand();
	memcpy(first, last->id, sizeof(first));
	assert_ptr_equal(standing_from(world.agent.standings, first), made());
	assert_true(goes(&nightly));
	assert_null(standing_from(world.agent.standings, last->id));
	standing_revoke(&world.agent, made(), "dave", "", NULL);
	assert_null(standing_from(world.agent.standings, first));
}

/* Whatever would not be approved so today is not approved by what was said then. */
static void test_a_new_policy(void **state)
{
	struct asking asking = nightly;

	(void)state;
	let_it_stand();
	use_policy("", "ann bob carla dave");
	assert_non_null(ask(&nightly));
	use_policy("Standing=7d\n", "ann bob dave"); /* carla has left */
	asking.ino = 99;
	request_refuse(&world.agent, last, IPC_DENIED, "test");
	assert_non_null(ask(&asking));
	request_refuse(&world.agent, last, IPC_DENIED, "test");
	use_policy("Standing=7d\nApprovals=2\n", "ann bob carla dave");
	assert_non_null(ask(&nightly));
	request_refuse(&world.agent, last, IPC_DENIED, "test");
	use_policy("Standing=7d\n", "ann bob carla dave");
	assert_true(goes(&nightly));
}

static void test_restart_and_reboot(void **state)
{
	struct ipc_grant shown;
	char ids[4][16];

	(void)state;
	let_it_stand();
	restart();
	assert_true(goes(&nightly));
	assert_int_equal(standing_ids(world.agent.standings, ids, ARRAY_SIZE(ids)), 1);
	standing_describe(&world.agent, made(), &shown);
	assert_string_equal(shown.scope, "standing");
	assert_string_equal(shown.approved_by, "carla");
	assert_string_equal(shown.target, "/srv/customers/list.csv");
	assert_non_null(strstr(shown.subject, "in nightly.service"));
	snprintf(world.agent.boot_id, sizeof(world.agent.boot_id),
		 "22222222-2222-3333-4444-555555555555");
	restart();
	assert_null(made());
	assert_non_null(ask(&nightly));
}

static void test_kernel_cannot_take_it(void **state)
{
	(void)state;
	let_it_stand();
	world.kernel.put_error = -E2BIG;
	assert_null(ask(&nightly));
	assert_int_equal(last->state, IPC_DENIED);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, agent_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_same_again),
		TEST(test_anything_else_is_asked_about),
		TEST(test_executable_that_changed),
		TEST(test_once_is_once),
		TEST(test_what_cannot_stand),
		TEST(test_services_of_users),
		TEST(test_two_approvals),
		TEST(test_nobody_for_themselves),
		TEST(test_it_ends_in_time),
		TEST(test_it_is_revoked),
		TEST(test_it_is_revoked_after_a_flood),
		TEST(test_its_grants_are_found_after_a_restart),
		TEST(test_it_is_found_by_its_request),
		TEST(test_a_new_policy),
		TEST(test_restart_and_reboot),
		TEST(test_kernel_cannot_take_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
