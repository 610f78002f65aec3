/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_request.c: one question, one request; what it says; how it ends; limits; restarts and new
 * policies.
 */
#include "agent_fixture.h"
#include "pidfd.h"

#include <openssl/evp.h>

static struct sluice_event read_by(pid_t pid, uid_t uid, uint64_t labels)
{
	struct sluice_event event = make_stop(pid, uid, SLUICE_OPEN, labels, true);

	event.loginuid = uid;
	return event;
}

static void test_one_question_one_request(void **state)
{
	struct sluice_event event = read_by(add_worker(ANN, ANN), ANN, CUSTOMERS), other;
	struct request *request = stop(&event);

	(void)state;
	assert_non_null(request);
	assert_true(!strncmp(request->id, "r-", 2) && strlen(request->id) == 10);
	assert_ptr_equal(stop(&event), request);
	assert_int_equal(request->tries, 2);
	assert_int_equal(count_of("request.opened"), 1);
	other = event;
	other.key.target.object.gen++; /* another file of the same inode number */
	assert_ptr_not_equal(stop(&other), request);
	assert_int_equal(request_count(world.agent.requests, false), 2);
}

/* The text of request.h written a second time, by hand. */
static void test_digest_is_what_the_header_says(void **state)
{
	pid_t pid = add_worker(ANN, ANN);
	struct sluice_target source = { .kind = SLUICE_TARGET_FILE,
					.object = { .dev = 8, .ino = 5 } };
	struct lineage_fact fact = {
		.type = SLUICE_EVENT_READ,
		.pid = pid,
		.start_ns = START_NS,
		.comm = "cat",
		.target = &source,
		.object = "/srv/new\nline",
		.labels = CUSTOMERS | SECRETS,
	};
	struct sluice_event event = read_by(pid, ANN, CUSTOMERS | SECRETS);
	char text[2048], reader[64], number[16], want[65] = "";
	unsigned char hash[32];
	struct request *request;
	int n;

	(void)state;
	assert_int_equal(lineage_add(world.agent.lineage, &fact), 0);
	request = stop(&event);
	snprintf(reader, sizeof(reader), "cat[%d]", pid);
	snprintf(number, sizeof(number), "%d", pid);
	n = snprintf(
		text, sizeof(text),
		"sluice-request-v1\nhost 12 test.example\nboot 36 "
		"11111111-2222-3333-4444-555555555555\npid %zu %s\n"
		"start_ns 10 5000000000\nexe_id 6 8:1:77\nexe 16 /usr/bin/python3\naction 4 open\n"
		"target 17 file 8:2:99 32768\ntarget_text 23 /srv/customers/list.csv\n"
		"labels 17 customers,secrets\nsource %zu customers,secrets\n%s\n/srv/new\nline\n",
		strlen(number), number,
		strlen("customers,secrets\n\n/srv/new\nline") + strlen(reader), reader);
	assert_int_equal(EVP_Digest(text, (size_t)n, hash, NULL, EVP_sha256(), NULL), 1);
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(want + 2 * i, 3, "%02x", hash[i]);
	assert_string_equal(request->digest, want);
}

static void test_digest_changes_with_what_is_asked(void **state)
{
	struct sluice_event event = read_by(add_worker(ANN, ANN), ANN, CUSTOMERS);
	struct request *request = stop(&event), copy = *request;
	char digest[65];

	(void)state;
	memcpy(digest, request->digest, sizeof(digest));
	assert_int_equal(request_digest(&world.agent, &copy), 0);
	assert_string_equal(copy.digest, digest);
	copy.labels |= SECRETS;
	assert_int_equal(request_digest(&world.agent, &copy), 0);
	assert_string_not_equal(copy.digest, digest);
	copy = *request;
	copy.key.target.object.gen++;
	assert_int_equal(request_digest(&world.agent, &copy), 0);
	assert_string_not_equal(copy.digest, digest);
	copy = *request;
	copy.exe_id.ino++;
	assert_int_equal(request_digest(&world.agent, &copy), 0);
	assert_string_not_equal(copy.digest, digest);
}

static void test_command_line_that_cannot_be_read(void **state)
{
	pid_t pid = add_worker(ANN, ANN);
	struct sluice_event event = read_by(pid, ANN, CUSTOMERS);
	struct request *request;

	(void)state;
	make_stuck(pid, "cmdline");
	request = stop(&event);
	assert_non_null(request);
	assert_string_equal(request->command,
			    "(unknown: the process does not let its memory be read)");
	assert_string_equal(member(entry_of("request.opened"), "command"), request->command);
}

static void test_description(void **state)
{
	static const char environment[] = "SLUICE_REASON=monthly \xff report";
	static const char command[] = "python3\0export.py";
	pid_t pid = add_child();
	struct fake_process p = { .pid = pid,
				  .ppid = 1,
				  .uid = ANN,
				  .loginuid = ANN,
				  .environ = environment,
				  .environ_length = sizeof(environment),
				  .cmdline = command,
				  .cmdline_length = sizeof(command),
				  .cgroup = "/system.slice/etl.service" };
	struct sluice_event event = read_by(pid, ANN, CUSTOMERS | SECRETS);
	struct ipc_request *shown = calloc(1, sizeof(*shown));
	struct request *request;

	(void)state;
	add_process(&p);
	request = stop(&event);
	world.kernel.asks[0].ask.tries = 5;
	request_describe(&world.agent, request, shown);
	assert_string_equal(shown->labels, "secrets, customers"); /* the most sensitive first */
	assert_string_equal(shown->rule, "read-secrets");
	assert_string_equal(shown->scope, "process");
	assert_string_equal(shown->target, "/srv/customers/list.csv");
	assert_string_equal(shown->executable, "/usr/bin/python3");
	assert_string_equal(shown->command, "python3 export.py");
	assert_string_equal(shown->reason, "monthly \\xff report");
	assert_string_equal(shown->unit, "etl.service");
	assert_string_equal(shown->requester, "ann");
	assert_string_equal(shown->reviewers, "owners, security");
	assert_string_equal(shown->waiting, "hold");
	assert_int_equal(shown->sensitivity, 90);
	assert_int_equal(shown->tries, 5);
	assert_int_equal(shown->approvals_needed, 1);
	assert_int_equal(shown->duration_s, 600);
	assert_int_equal(shown->hidden, 0);
	assert_in_range(shown->expires_ms, agent_time_ms() + 590000, agent_time_ms() + 601000);
	free(shown);
}

static void test_journal_says_why_it_was_not_held(void **state)
{
	struct sluice_event event =
		make_stop(add_worker(ANN, ANN), ANN, SLUICE_OPEN, CUSTOMERS, false);

	(void)state;
	stop(&event);
	assert_string_equal(member(entry_of("request.opened"), "fallback"), "");
	event.key.target.object.ino++;
	event.reason = SLUICE_FALLBACK_STALE;
	stop(&event);
	assert_string_equal(member(entry_of("request.opened"), "fallback"),
			    "the agent did not run");
	event.key.target.object.ino++;
	event.reason = 99;
	stop(&event);
	assert_string_equal(member(entry_of("request.opened"), "fallback"), "unknown");
}

static void test_what_is_not_shown_is_counted(void **state)
{
	struct sluice_event event = read_by(add_worker(ANN, ANN), ANN, CUSTOMERS);
	struct ipc_request *shown = calloc(1, sizeof(*shown));
	struct request *request = stop(&event);

	(void)state;
	free(request->command);
	request->command = malloc(2001);
	memset(request->command, 'a', 2000);
	request->command[2000] = '\0';
	request_describe(&world.agent, request, shown);
	assert_int_equal(shown->hidden, 2000 - (SLUICE_PATH_TEXT - 1));
	memcpy(request->comm, "\xff\xff\xff\xff\\curl", 10); /* 22 bytes when spelled */
	request_describe(&world.agent, request, shown);
	assert_string_equal(shown->comm, "\\xff\\xff\\xff");
	assert_int_equal(shown->hidden, 2000 - (SLUICE_PATH_TEXT - 1) + 10);
	request->labels = UINT64_MAX; /* more names than there is room for */
	for (size_t i = 0; i < SLUICE_MAX_LABELS; i++)
		memset(world.agent.names.name[i], 'a', 15);
	request_describe(&world.agent, request, shown);
	assert_string_equal(shown->labels + sizeof(shown->labels) - 5, "a...");
	assert_int_equal(shown->hidden, 2000 - (SLUICE_PATH_TEXT - 1) + 10 +
						(64 * 17 - 2 - (sizeof(shown->labels) - 4)));
	free(shown);
}

static void test_more_labels_are_another_question(void **state)
{
	pid_t pid = add_worker(ANN, ANN);
	struct sluice_event event = read_by(pid, ANN, CUSTOMERS);
	struct request *first = stop(&event), *second;
	int status;

	(void)state;
	assert_int_equal(decide(first, BOB, true, ""), 0);
	event = read_by(pid, ANN, CUSTOMERS);
	event.key.target.object.ino++;
	first = stop(&event);
	kill(pid, SIGSTOP);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	event.labels = CUSTOMERS | SECRETS;
	event.tid = (uint32_t)pid + 1; /* another thread; the first one waits on */
	second = stop(&event);
	assert_ptr_not_equal(first, second);
	assert_int_equal(first->state, IPC_GONE);
	assert_int_equal(second->labels, CUSTOMERS | SECRETS);
	assert_int_equal(decide(second, CARLA, false, ""), 0);
	assert_int_equal(waitpid(pid, &status, WCONTINUED), pid);
	event.labels = CUSTOMERS; /* fewer than asked are the same question */
}

static void test_ended_process(void **state)
{
	pid_t pid = add_worker(ANN, ANN);
	struct sluice_event event = read_by(pid, ANN, CUSTOMERS);
	struct request *request = stop(&event);

	(void)state;
	event_base_loop(world.agent.base, EVLOOP_NONBLOCK);
	assert_int_equal(request->state, IPC_PENDING);
	end_worker(pid);
	event_base_loop(world.agent.base, EVLOOP_ONCE);
	assert_int_equal(request->state, IPC_GONE);
	assert_int_equal(world.kernel.n_asks, 0);
	assert_string_equal(member(entry_of("request.closed"), "state"), "gone");
}

static void test_failed_attempt_may_come_back(void **state)
{
	pid_t pid = add_worker(ANN, ANN);
	struct sluice_event event = make_stop(pid, ANN, SLUICE_OPEN, CUSTOMERS, false);
	struct request *request = stop(&event);

	(void)state;
	end_worker(pid);
	event_base_loop(world.agent.base, EVLOOP_ONCE);
	assert_int_equal(request->state, IPC_PENDING);
}

static void test_process_that_ended_before(void **state)
{
	struct sluice_event event = read_by(900001, ANN, CUSTOMERS);

	(void)state;
	assert_null(stop(&event));
	assert_int_equal(count_of("request.opened"), 1);
	assert_string_equal(member(entry_of("request.closed"), "state"), "gone");
	assert_int_equal(world.kernel.n_asks, 0);
}

static void test_deadline_is_a_denial(void **state)
{
	struct sluice_event event = read_by(add_worker(ANN, ANN), ANN, CUSTOMERS);
	struct request *request;

	(void)state;
	event.deadline_ns = agent_boot_ns() + 50000000;
	request = stop(&event);
	assert_int_equal(request->state, IPC_PENDING);
	while (request->state == IPC_PENDING)
		event_base_loop(world.agent.base, EVLOOP_ONCE);
	assert_int_equal(request->state, IPC_EXPIRED);
	assert_int_equal(world.kernel.grants[0].grant.answer, SLUICE_ANSWER_DENY);
	assert_int_equal(world.kernel.n_asks, 0);
	assert_string_equal(member(entry_of("request.closed"), "state"), "expired");
}

static void test_limit(void **state)
{
	pid_t pid = add_worker(ANN, ANN);
	struct sluice_event event = read_by(pid, ANN, CUSTOMERS);

	(void)state;
	world.agent.requests->max_open = 2;
	assert_non_null(stop(&event));
	event.key.target.object.ino++;
	assert_non_null(stop(&event));
	event.key.target.object.ino++;
	assert_null(stop(&event));
	assert_int_equal(world.kernel.grants[0].grant.answer, SLUICE_ANSWER_DENY);
	assert_memory_equal(&world.kernel.grants[0].key, &event.key, sizeof(event.key));
	assert_int_equal(world.kernel.n_asks, 2);
	assert_string_equal(member(entry_of("event.stop"), "verdict"), "deny");
	event.key.target.object.ino--;
	assert_non_null(stop(&event)); /* one that is open already is no new one */
}

/* One user's flood leaves room for the others. */
static void test_limit_of_one_user(void **state)
{
	struct sluice_event event = read_by(add_worker(ANN, ANN), ANN, CUSTOMERS);
	struct sluice_event other = read_by(add_worker(BOB, BOB), BOB, CUSTOMERS);

	(void)state;
	world.agent.requests->max_of_uid = 1;
	assert_non_null(stop(&event));
	event.key.target.object.ino++;
	assert_null(stop(&event));
	assert_int_equal(world.kernel.grants[0].grant.answer, SLUICE_ANSWER_DENY);
	assert_non_null(stop(&other));
}

static void test_broken_journal_denies(void **state)
{
	struct sluice_event event = read_by(add_worker(ANN, ANN), ANN, CUSTOMERS);

	(void)state;
	world.journal.fail_commit = true; /* found out at the end of the turn */
	assert_null(stop(&event));
	assert_int_equal(world.kernel.grants[0].grant.answer, SLUICE_ANSWER_DENY);
	assert_int_equal(world.kernel.n_asks, 0);
	event.key.target.object.ino++;
	assert_null(stop(&event)); /* known from the start */
	assert_int_equal(world.kernel.n_grants, 2);
	assert_int_equal(request_count(world.agent.requests, false), 0);
	world.journal.fail_commit = world.journal.broken = false;
	event.key.target.object.ino++;
	assert_non_null(stop(&event));
	assert_int_equal(count_of("event.stop"), 1); /* what had to wait */
}

static void test_closed_ones_are_bounded(void **state)
{
	struct sluice_event event = read_by(900001, ANN, CUSTOMERS);

	(void)state;
	for (int i = 0; i < SLUICE_MAX_CLOSED + 5; i++) {
		event.key.target.object.ino++;
		stop(&event);
		world.kernel.n_grants = 0;
	}
	assert_int_equal(world.agent.requests->n_closed, SLUICE_MAX_CLOSED);
	assert_int_equal(HASH_CNT(by_id, world.agent.requests->by_id), SLUICE_MAX_CLOSED);
}

/* Else nobody could revoke it by its request, nor see whose it is. */
static void test_closed_ones_in_force_are_kept(void **state)
{
	struct sluice_event event = read_by(add_worker(ANN, ANN), ANN, CUSTOMERS);
	struct request *request = stop(&event);
	struct grant *grant;
	char id[16];

	(void)state;
	memcpy(id, request->id, sizeof(id));
	assert_int_equal(decide(request, BOB, true, ""), 0);
	close_many();
	assert_int_equal(world.agent.requests->n_closed, SLUICE_MAX_CLOSED + 1);
	assert_int_equal(world.agent.requests->n_in_force, 1);
	grant = grant_of_request(world.agent.grants, id);
	assert_non_null(grant);
	assert_ptr_equal(request_find(world.agent.requests, id), request);
	grant_revoke(&world.agent, grant, "bob", "", NULL);
	assert_int_equal(world.agent.requests->n_in_force, 0);
	close_many();
	assert_int_equal(world.agent.requests->n_closed, SLUICE_MAX_CLOSED);
	assert_null(request_find(world.agent.requests, id));
}

static void test_restart_keeps_what_is_open(void **state)
{
	struct sluice_event event = read_by(add_worker(STRANGER, STRANGER), STRANGER, CUSTOMERS);
	struct request *request = stop(&event);
	char id[16], digest[65];

	(void)state;
	memcpy(id, request->id, sizeof(id));
	memcpy(digest, request->digest, sizeof(digest));
	assert_int_equal(decide(request, BOB, true, "first"), 0);
	restart();
	request = request_find(world.agent.requests, id);
	assert_non_null(request);
	assert_int_equal(request->state, IPC_PENDING);
	assert_string_equal(request->digest, digest);
	assert_string_equal(request->target, "/srv/customers/list.csv");
	assert_int_equal(request->n_decisions, 1);
	assert_int_equal(decide(request, BOB, true, ""), -EEXIST);
	assert_int_equal(decide(request, CARLA, true, ""), 0);
	assert_int_equal(request->state, IPC_APPROVED);
	restart();
	request = request_find(world.agent.requests, id);
	assert_int_equal(request->state, IPC_APPROVED);
	assert_int_equal(grant_count(world.agent.grants), 1);
	assert_int_equal(world.kernel.n_grants, 1);
}

/* Who reads eight harmless files first does not hide the ninth. */
static void test_reads_that_are_not_named_are_counted(void **state)
{
	struct sluice_event event = read_by(add_worker(ANN, ANN), ANN, CUSTOMERS);
	struct ipc_request *shown = calloc(1, sizeof(*shown));
	struct sluice_target file = { .kind = SLUICE_TARGET_FILE };
	struct lineage_fact fact = {
		.type = SLUICE_EVENT_READ,
		.pid = (pid_t)event.tgid,
		.start_ns = event.start_ns,
		.comm = "cat",
		.target = &file,
		.object = "/srv/customers/readme",
		.labels = CUSTOMERS,
	};
	char id[16], digest[65];
	struct request *request;

	(void)state;
	for (file.object.ino = 1; file.object.ino <= SLUICE_MAX_SOURCES + 2; file.object.ino++)
		assert_int_equal(lineage_add(world.agent.lineage, &fact), 0);
	request = stop(&event);
	memcpy(id, request->id, sizeof(id));
	memcpy(digest, request->digest, sizeof(digest));
	restart();
	request = request_find(world.agent.requests, id);
	request_describe(&world.agent, request, shown);
	assert_int_equal(shown->n_sources, SLUICE_MAX_SOURCES);
	assert_int_equal(shown->more_sources, 2);
	assert_int_equal(request_digest(&world.agent, request), 0);
	assert_string_equal(request->digest, digest);
	request->more_sources++;
	assert_int_equal(request_digest(&world.agent, request), 0);
	assert_string_not_equal(request->digest, digest);
	free(shown);
}

static void test_restart_remembers_who_asked(void **state)
{
	pid_t pid = add_child();
	struct fake_process p = { .pid = pid,
				  .ppid = 1,
				  .uid = STRANGER,
				  .loginuid = PROCESS_NO_LOGIN,
				  .cgroup = "/system.slice/nightly.service" };
	struct sluice_event event = make_stop(pid, STRANGER, SLUICE_OPEN, CUSTOMERS, true);
	struct request *request;

	(void)state;
	add_process(&p);
	stop(&event);
	restart();
	request = request_find(world.agent.requests, member(entry_of("request.opened"), "request"));
	assert_int_equal(request->who.loginuid, PROCESS_NO_LOGIN);
	assert_int_equal(decide(request, ANN, true, ""), -EPERM);
	assert_int_equal(decide(request, BOB, true, ""), 0);
	assert_int_equal(request->state, IPC_APPROVED);
}

static void test_restart_remembers_what_was_only_claimed(void **state)
{
	pid_t pid = add_worker(STRANGER, BOB);
	struct sluice_event event = make_stop(pid, STRANGER, SLUICE_OPEN, CUSTOMERS, true);
	const struct request *request;

	(void)state;
	event.loginuid = BOB;
	stop(&event);
	restart();
	request = request_find(world.agent.requests, member(entry_of("request.opened"), "request"));
	assert_int_equal(request->who.loginuid, BOB);
	assert_null(person_requester(world.agent.policy, &request->who));
	assert_int_equal(decide(request, BOB, true, ""), -EPERM);
	assert_int_equal(decide(request, ANN, true, ""), 0);
	assert_int_equal(request->state, IPC_PENDING); /* two persons for an unknown one */
}

static void test_restart_closes_what_is_gone(void **state)
{
	pid_t pid = add_worker(ANN, ANN);
	struct sluice_event event = read_by(pid, ANN, CUSTOMERS);
	char first[16], second[16];

	(void)state;
	memcpy(first, stop(&event)->id, sizeof(first));
	event.key.target.object.ino++;
	memcpy(second, stop(&event)->id, sizeof(second));
	kernel_ask_end(&world.kernel, &event.key); /* answered in the kernel's eyes */
	restart();
	assert_int_equal(request_find(world.agent.requests, first)->state, IPC_PENDING);
	assert_int_equal(request_find(world.agent.requests, second)->state, IPC_GONE);
	end_worker(pid); /* while the agent is away */
	restart();
	assert_int_equal(request_find(world.agent.requests, first)->state, IPC_GONE);
	assert_int_equal(world.kernel.n_asks, 0);
}

/* The retry of what failed is another process; but of the one that failed while nobody looked, no
 * request may wait for people who would answer nobody. */
static void test_refused_while_the_agent_was_away(void **state)
{
	pid_t pid = add_worker(ANN, ANN);
	struct sluice_event event = make_stop(pid, ANN, SLUICE_EGRESS, CUSTOMERS, false);
	struct request *alive;
	char id[16];

	(void)state;
	world.agent.away_until_ns = agent_boot_ns();
	alive = stop(&event); /* it may try again itself */
	assert_int_equal(alive->state, IPC_PENDING);
	end_worker(pid);
	assert_ptr_equal(stop(&event), alive); /* somebody has asked for it since before */
	event.key.target.port++;
	assert_null(stop(&event));
	assert_string_equal(member(entry_of("request.opened"), "requester"), "ann");
	assert_string_equal(member(entry_of("request.closed"), "state"), "gone");
	assert_non_null(strstr(member(entry_of("request.closed"), "outcome"), "did not run"));
	assert_int_equal(world.kernel.n_asks, 2); /* of the request that is open */
	memcpy(id, member(entry_of("request.closed"), "request"), 11);
	event.boot_ns = agent_boot_ns(); /* the retry, with the agent there */
	assert_non_null(stop(&event));
	assert_string_not_equal(stop(&event)->id, id);
}

static void test_reboot_closes_all(void **state)
{
	struct sluice_event event = read_by(add_worker(ANN, ANN), ANN, CUSTOMERS);
	char id[16];

	(void)state;
	memcpy(id, stop(&event)->id, sizeof(id));
	snprintf(world.agent.boot_id, sizeof(world.agent.boot_id),
		 "99999999-2222-3333-4444-555555555555");
	world.kernel.n_asks = 0;
	restart();
	assert_int_equal(request_find(world.agent.requests, id)->state, IPC_GONE);
	assert_int_equal(request_count(world.agent.requests, false), 0);
}

static void test_restart_opens_what_the_journal_missed(void **state)
{
	pid_t pid = add_worker(ANN, ANN);
	struct sluice_event event = read_by(pid, ANN, CUSTOMERS),
			    lost = read_by(900001, ANN, CUSTOMERS);

	(void)state;
	world.kernel.asks[world.kernel.n_asks++] = (struct fake_ask){
		.key = event.key,
		.ask = { .labels = CUSTOMERS,
			 .deadline_ns = event.deadline_ns,
			 .tgid = event.tgid,
			 .held = 1 },
	};
	world.kernel.asks[world.kernel.n_asks++] = (struct fake_ask){
		.key = lost.key,
		.ask = { .labels = CUSTOMERS,
			 .deadline_ns = event.deadline_ns,
			 .tgid = lost.tgid,
			 .held = 1 },
	};
	restart();
	assert_int_equal(request_count(world.agent.requests, true), 1);
	assert_int_equal(world.kernel.n_asks, 1); /* nobody waits on the other */
	assert_int_equal(world.agent.requests->by_key->pid, pid);
	assert_int_equal(world.agent.requests->by_key->who.loginuid, ANN);
}

static void test_restart_wakes_the_forgotten(void **state)
{
	pid_t pid = add_worker(ANN, ANN);
	struct fake_process p = {
		.pid = pid, .ppid = 1, .uid = ANN, .loginuid = ANN, .state = 'T'
	};
	struct sluice_event event = read_by(pid, ANN, CUSTOMERS);
	struct request *request = stop(&event);
	int status;

	(void)state;
	assert_int_equal(decide(request, BOB, true, ""), 0);
	/* The agent ended between the grant and the signal. */
	kill(pid, SIGSTOP);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	add_process(&p);
	restart();
	assert_int_equal(waitpid(pid, &status, WCONTINUED), pid);
	assert_true(WIFCONTINUED(status));
}

/* It went on, and waits for another answer now. */
static void test_restart_leaves_who_waits_again(void **state)
{
	pid_t pid = add_worker(ANN, ANN);
	struct fake_process p = {
		.pid = pid, .ppid = 1, .uid = ANN, .loginuid = ANN, .state = 'T'
	};
	struct sluice_event event = read_by(pid, ANN, CUSTOMERS);
	int status;

	(void)state;
	assert_int_equal(decide(stop(&event), BOB, true, ""), 0);
	event.key.target.object.ino++;
	stop(&event);
	kill(pid, SIGSTOP);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	add_process(&p);
	restart();
	assert_int_equal(request_count(world.agent.requests, true), 1);
	assert_int_equal(waitpid(pid, &status, WCONTINUED | WNOHANG), 0);
}

/* Takes the newest entry of a type out of the journal: the agent ended before it was written. */
static void unwrite(const char *type)
{
	for (size_t i = json_array_size(world.journal.entries); i-- > 0;) {
		const json_t *entry = json_array_get(world.journal.entries, i);

		if (strcmp(json_string_value(json_object_get(entry, "type")), type) != 0)
			continue;
		json_array_remove(world.journal.entries, i);
		return;
	}
	fail();
}

/* The kernel still has the question, and nobody was woken. */
static void restore_ask(const struct sluice_event *event)
{
	world.kernel.asks[world.kernel.n_asks++] = (struct fake_ask){
		.key = event->key,
		.ask = { .labels = event->labels,
			 .deadline_ns = event->deadline_ns,
			 .tgid = event->tgid,
			 .tries = 1,
			 .held = 1 },
	};
}

static void test_restart_finishes_an_approval(void **state)
{
	struct sluice_event event = read_by(add_worker(ANN, ANN), ANN, CUSTOMERS);
	struct request *request = stop(&event);
	char id[16];

	(void)state;
	memcpy(id, request->id, sizeof(id));
	assert_int_equal(decide(request, BOB, true, ""), 0);
	unwrite("request.decided");
	restore_ask(&event);
	restart(); /* the grant is in the kernel: the process goes on */
	assert_int_equal(request_find(world.agent.requests, id)->state, IPC_APPROVED);
	assert_int_equal(world.kernel.n_asks, 0);
	assert_int_equal(world.kernel.n_grants, 1);
	assert_int_equal(world.kernel.grants[0].grant.answer, SLUICE_ANSWER_ALLOW);
}

static void test_restart_voids_an_approval_without_effect(void **state)
{
	struct sluice_event event = read_by(add_worker(ANN, ANN), ANN, CUSTOMERS);
	struct request *request = stop(&event);
	char id[16];

	(void)state;
	memcpy(id, request->id, sizeof(id));
	assert_int_equal(decide(request, BOB, true, ""), 0);
	unwrite("request.decided");
	restore_ask(&event);
	world.kernel.n_grants = 0;
	restart(); /* the grant never was in force: the same person may decide again */
	request = request_find(world.agent.requests, id);
	assert_int_equal(request->state, IPC_PENDING);
	assert_int_equal(request->n_decisions, 0);
	assert_int_equal(count_of("decision.void"), 1);
	assert_int_equal(decide(request, BOB, true, ""), 0);
	assert_int_equal(request->state, IPC_APPROVED);
}

static void test_restart_finishes_a_denial(void **state)
{
	struct sluice_event event = read_by(add_worker(ANN, ANN), ANN, CUSTOMERS);
	struct request *request = stop(&event);
	char id[16];

	(void)state;
	memcpy(id, request->id, sizeof(id));
	assert_int_equal(decide(request, BOB, false, ""), 0);
	unwrite("request.decided");
	restore_ask(&event);
	world.kernel.n_grants = 0;
	restart(); /* nobody else may approve what was denied */
	assert_int_equal(request_find(world.agent.requests, id)->state, IPC_DENIED);
	assert_int_equal(world.kernel.n_asks, 0);
	assert_int_equal(world.kernel.grants[0].grant.answer, SLUICE_ANSWER_DENY);
}

static void test_new_policy(void **state)
{
	struct sluice_event event = read_by(add_worker(ANN, ANN), ANN, CUSTOMERS);
	struct request *kept = stop(&event), *denied, *freed;

	(void)state;
	event.key.target.object.ino++;
	denied = stop(&event);
	event.key.target.object.ino++;
	freed = stop(&event);
	request_policy_changed(&world.agent);
	/* nothing changed for them */
	assert_int_equal(request_count(world.agent.requests, false), 3);
	denied->key.action = SLUICE_CREDENTIAL; /* a rule that denies */
	freed->labels = 0;			/* no rule any more */
	request_policy_changed(&world.agent);
	assert_int_equal(kept->state, IPC_PENDING);
	assert_int_equal(denied->state, IPC_DENIED);
	assert_int_equal(freed->state, IPC_GONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_one_question_one_request),
		AGENT_TEST(test_digest_is_what_the_header_says),
		AGENT_TEST(test_digest_changes_with_what_is_asked),
		AGENT_TEST(test_command_line_that_cannot_be_read),
		AGENT_TEST(test_description),
		AGENT_TEST(test_journal_says_why_it_was_not_held),
		AGENT_TEST(test_what_is_not_shown_is_counted),
		AGENT_TEST(test_more_labels_are_another_question),
		AGENT_TEST(test_ended_process),
		AGENT_TEST(test_failed_attempt_may_come_back),
		AGENT_TEST(test_process_that_ended_before),
		AGENT_TEST(test_deadline_is_a_denial),
		AGENT_TEST(test_limit),
		AGENT_TEST(test_limit_of_one_user),
		AGENT_TEST(test_broken_journal_denies),
		AGENT_TEST(test_closed_ones_are_bounded),
		AGENT_TEST(test_closed_ones_in_force_are_kept),
		AGENT_TEST(test_restart_keeps_what_is_open),
		AGENT_TEST(test_reads_that_are_not_named_are_counted),
		AGENT_TEST(test_restart_remembers_who_asked),
		AGENT_TEST(test_restart_remembers_what_was_only_claimed),
		AGENT_TEST(test_restart_closes_what_is_gone),
		AGENT_TEST(test_refused_while_the_agent_was_away),
		AGENT_TEST(test_reboot_closes_all),
		AGENT_TEST(test_restart_opens_what_the_journal_missed),
		AGENT_TEST(test_restart_wakes_the_forgotten),
		AGENT_TEST(test_restart_leaves_who_waits_again),
		AGENT_TEST(test_restart_finishes_an_approval),
		AGENT_TEST(test_restart_voids_an_approval_without_effect),
		AGENT_TEST(test_restart_finishes_a_denial),
		AGENT_TEST(test_new_policy),
	};

	if (!pidfd_is_known()) {
		puts("left out: each request watches its process, and no process can be opened");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
