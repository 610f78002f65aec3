/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_control.c: what a sluice is answered, on a socket with real connections.
 */
#include "control_fixture.h"
#include "pidfd.h"
#include "signed_fixture.h"

static void test_status(void **state)
{
	int sock = dial(control_path);
	const struct channel_message *got;
	struct channel_message last;

	(void)state;
	open_one(1);
	got = say(sock, IPC_STATUS, NULL, 0);
	assert_int_equal(got->type, IPC_STATUS_ITEM);
	assert_int_equal(got->body.status.pending, 1);
	assert_int_equal(got->body.status.held, 1);
	assert_int_equal(got->body.status.undelivered, 1);
	assert_int_equal(got->body.status.people, 4);
	assert_int_equal(got->body.status.rules, 5);
	assert_int_equal(got->body.status.counters[SLUICE_COUNT_HELD], 100 + SLUICE_COUNT_HELD);
	assert_int_equal(got->body.status.gateway_connected, 0);
	assert_string_equal(got->body.status.policy_digest, world.agent.policy->digest);
	assert_int_equal(next(sock, &last), 1);
	assert_int_equal(last.type, IPC_RESULT);
	world.journal.broken = true;
	got = say(sock, IPC_STATUS, NULL, 0);
	assert_non_null(strstr(got->body.status.why, "journal cannot be written"));
	close(sock);
}

static void test_requests(void **state)
{
	struct ipc_select select = { 0 };
	struct request *first = open_one(1), *second = open_one(2);
	int sock = dial(control_path);
	struct channel_message message;

	(void)state;
	first->opened_ms -= 5000;
	assert_int_equal(decide(first, BOB, false, ""), 0);
	assert_string_equal(say(sock, IPC_REQUESTS, &select, sizeof(select))->body.request.id,
			    second->id);
	assert_int_equal(next(sock, &message), 1);
	assert_int_equal(message.type, IPC_RESULT); /* the decided one is not shown */
	select.all = 1;
	assert_string_equal(say(sock, IPC_REQUESTS, &select, sizeof(select))->body.request.id,
			    first->id);
	assert_int_equal(next(sock, &message), 1);
	assert_string_equal(message.body.request.id, second->id);
	assert_int_equal(next(sock, &message), 1);
	memcpy(select.id, first->id, sizeof(select.id));
	assert_string_equal(say(sock, IPC_REQUESTS, &select, sizeof(select))->body.request.outcome,
			    "denied by bob");
	assert_int_equal(next(sock, &message), 1);
	select.id[3] = 'x';
	assert_int_equal(say(sock, IPC_REQUESTS, &select, sizeof(select))->body.result.error,
			 ENOENT);
	close(sock);
}

static void test_decide(void **state)
{
	struct request *request = open_one(1);
	struct ipc_decide answer = approval(request);
	int sock = dial(control_path);

	(void)state;
	be(STRANGER);
	assert_int_equal(say(sock, IPC_DECIDE, &answer, sizeof(answer))->body.result.error, EPERM);
	be(ANN);
	assert_int_equal(say(sock, IPC_DECIDE, &answer, sizeof(answer))->body.result.error, EPERM);
	be(BOB);
	assert_int_equal(say(sock, IPC_DECIDE, &answer, sizeof(answer))->body.result.error, 0);
	assert_int_equal(request->state, IPC_APPROVED);
	assert_int_equal(say(sock, IPC_DECIDE, &answer, sizeof(answer))->body.result.error,
			 EALREADY);
	close(sock);
}

/* This process speaks for its session; the request is of another in it. */
static void test_reason(void **state)
{
	struct ipc_reason reason = { .duration_s = 60, .text = "ticket 4711" };
	struct fake_process p = { .pid = add_child(), .ppid = 1, .uid = getuid(),
				  .euid = getuid(), .loginuid = BOB, .sid = getpid() };
	struct fake_process self = p;
	struct sluice_event event;
	struct request *request;
	int sock = dial(control_path);

	(void)state;
	self.pid = getpid();
	add_process(&p);
	add_process(&self);
	event = make_stop(p.pid, getuid(), SLUICE_OPEN, CUSTOMERS, true);
	request = stop(&event);
	assert_int_equal(say(sock, IPC_REASON, &reason, sizeof(reason))->body.result.error, 0);
	assert_string_equal(request->reason, "ticket 4711");
	reason.duration_s = SLUICE_MAX_REASON_S + 1;
	assert_int_equal(say(sock, IPC_REASON, &reason, sizeof(reason))->body.result.error, EINVAL);
	close(sock);
}

/* NULL when there is no other message of that type. */
static const struct ipc_request *next_told(int sock, enum ipc_type type)
{
	static struct channel_message message;

	do {
		if (next(sock, &message) != 1)
			return NULL;
	} while (message.type != type);
	return &message.body.request;
}

/* The next question that the gateway is told of. */
static const struct ipc_request *next_question(int sock)
{
	return next_told(sock, IPC_NOTIFY_OPEN);
}

static const struct ipc_request *hello(int sock)
{
	struct ipc_hello hello = { .notifiers = 1 };

	assert_int_equal(channel_send(sock, IPC_HELLO, &hello, sizeof(hello)), 0);
	return next_question(sock);
}

/* A reason, more people, many tries: the same question says more. */
static void test_gateway_hears_again(void **state)
{
	struct policy_rule *rule = &((struct policy *)world.agent.policy)->rules[0];
	struct request *request;
	const struct ipc_request *told;
	int sock = dial(gateway_path);

	(void)state;
	rule->escalate_s = 30;
	rule->escalate_groups = 2;
	request = open_one(1);
	assert_string_equal(hello(sock)->reason, "");
	assert_true(request_take_reason(&world.agent, request, REASON_SESSION, "ticket 7"));
	request_committed(&world.agent, record_commit(&world.agent));
	told = next_question(sock);
	assert_string_equal(told->id, request->id);
	assert_string_equal(told->reason, "ticket 7");
	world.kernel.asks[0].ask.tries = 4;
	request_tell_repeats(&world.agent);
	assert_int_equal(next_question(sock)->tries, 4);
	request->deadline_ns -= 30000000000ULL;
	request_watch_escalation(&world.agent, request);
	usleep(5000);
	told = next_question(sock);
	assert_string_equal(told->id, request->id);
	assert_int_equal(told->escalated_s, 30);
	assert_string_equal(told->reviewers, "owners, security");
	assert_null(next_question(sock));
	close(sock);
}

/* Who asks too much is a notice that is closed already, once. */
static void test_gateway_hears_of_a_flood_once(void **state)
{
	const struct ipc_request *told;
	int sock = dial(gateway_path);

	(void)state;
	((struct policy *)world.agent.policy)->requests.max_pending = 1;
	open_one(1);
	assert_non_null(hello(sock));
	for (uint64_t ino = 2; ino < 6; ino++)
		assert_null(open_one(ino));
	told = next_question(sock);
	assert_int_equal(told->state, IPC_DENIED);
	assert_string_equal(told->requester, "ann");
	assert_non_null(strstr(told->outcome, "MaxPending="));
	assert_null(next_question(sock));
	close(sock);
}

static void test_standing_is_listed_and_revoked(void **state)
{
	struct ipc_select select = { .text = "over" };
	struct request *request = open_one(1);
	char text[256] = "x";
	int sock = dial(control_path);
	const struct channel_message *answer;
	struct channel_message message;

	(void)state;
	assert_int_equal(decide(request, BOB, true, ""), 0);
	request->decisions[0].standing_s = 60;
	standing_make(&world.agent, request, text, sizeof(text));
	snprintf(select.id, sizeof(select.id), "%s", member(entry_of("standing.made"), "standing"));
	answer = say(sock, IPC_GRANTS, NULL, 0);
	assert_string_equal(answer->body.grant.scope, "process"); /* the one for this once */
	assert_int_equal(next(sock, &message), 1);
	assert_string_equal(message.body.grant.id, select.id);
	assert_string_equal(message.body.grant.scope, "standing");
	assert_int_equal(next(sock, &message), 1);
	be(DAVE); /* who does not review this */
	answer = say(sock, IPC_REVOKE, &select, sizeof(select));
	assert_int_equal(answer->body.result.error, getuid() ? EACCES : 0);
	be(BOB);
	if (getuid())
		answer = say(sock, IPC_REVOKE, &select, sizeof(select));
	assert_int_equal(answer->body.result.error, 0);
	assert_int_equal(say(sock, IPC_REVOKE, &select, sizeof(select))->body.result.error, ENOENT);
	close(sock);
}

/* The same over the socket, signed: who connects is nobody, who signed is bob. */
static void test_submit(void **state)
{
	struct policy *policy = (struct policy *)world.agent.policy;
	struct policy_person *bob = (struct policy_person *)policy_find_person(policy, "bob");
	struct request *request = open_one(1);
	struct statement statement = { .answer = approval(request),
				       .time_ms = agent_time_ms(),
				       .nonce = "000102030405060708090a0b0c0d0e0f" };
	struct ipc_signed answer = { .statement = "" };
	int sock = dial(control_path);
	const char *why = "";

	(void)state;
	bob->keys = calloc(1, sizeof(*bob->keys));
	bob->n_keys = 1;
	assert_int_equal(sshkey_from_line(key_line(&honest), &bob->keys[0].key, &why), 0);
	assert_int_equal(sshkey_fingerprint(&bob->keys[0].key, bob->keys[0].fingerprint), 0);
	statement.answer.scope = IPC_SCOPE_ONCE;
	statement.answer.duration_s = 60;
	snprintf(statement.host, sizeof(statement.host), "%s", world.agent.host);
	snprintf(statement.boot, sizeof(statement.boot), "%s", world.agent.boot_id);
	assert_int_equal(statement_write(&statement, answer.statement, sizeof(answer.statement)),
			 0);
	be(STRANGER);
	assert_int_equal(say(sock, IPC_SUBMIT, &answer, sizeof(answer))->body.result.error,
			 EBADMSG);
	sign_text(&honest, answer.statement, answer.signature, sizeof(answer.signature));
	assert_int_equal(say(sock, IPC_SUBMIT, &answer, sizeof(answer))->body.result.error, 0);
	assert_int_equal(request->state, IPC_APPROVED);
	assert_string_equal(request->decisions[0].person, "bob");
	close(sock);
}

static void test_peer_that_is_not_who_connected(void **state)
{
	struct fake_process other = {
		.pid = getpid(), .ppid = 1, .uid = getuid() + 1, .loginuid = BOB
	};
	struct request *request = open_one(1);
	struct ipc_decide answer = approval(request);
	int sock = dial(control_path);

	(void)state;
	add_process(&other); /* the pid now runs as somebody else */
	assert_int_equal(say(sock, IPC_DECIDE, &answer, sizeof(answer))->body.result.error, EPERM);
	assert_int_equal(request->state, IPC_PENDING);
	close(sock);
}

/* From a process of its own, over the connection of this one. */
static void send_from_child(int sock, enum ipc_type type, const void *body, size_t size)
{
	pid_t child = fork();
	int status = -1;

	if (!child)
		_exit(channel_send(sock, type, body, size) < 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* A clean process could connect for one that has read labeled data since it was forked. */
static void test_sent_by_another_process(void **state)
{
	struct request *request = open_one(1);
	struct ipc_decide answer = approval(request);
	struct ipc_hello hello = { .notifiers = 1 };
	int sock = dial(control_path), gateway = dial(gateway_path), early;
	struct channel_message message;

	(void)state;
	send_from_child(sock, IPC_DECIDE, &answer, sizeof(answer));
	assert_int_equal(next(sock, &message), 0);
	early = channel_connect(control_path); /* and sent before it is accepted */
	assert_true(early >= 0);
	send_from_child(early, IPC_DECIDE, &answer, sizeof(answer));
	turn();
	assert_int_equal(next(early, &message), 0);
	assert_int_equal(request->state, IPC_PENDING);
	send_from_child(gateway, IPC_HELLO, &hello, sizeof(hello));
	assert_int_equal(next(gateway, &message), 0);
	assert_null(world.agent.control->gateway);
	close(sock);
	close(early);
	close(gateway);
	early = channel_connect(control_path); /* its own, as early */
	assert_int_equal(channel_send(early, IPC_DECIDE, &answer, sizeof(answer)), 0);
	turn();
	assert_int_equal(next(early, &message), 1);
	assert_int_equal(message.body.result.error, 0);
	assert_int_equal(request->state, IPC_APPROVED);
	close(early);
}

/* Whoever it was, and by the command line: the gateway replaces what it has posted. */
static void test_gateway_hears_of_a_revocation(void **state)
{
	struct ipc_select select = { .id = "g-1", .text = "enough" };
	struct request *request = open_one(1);
	int gateway = dial(gateway_path), sock = dial(control_path);
	const struct ipc_request *told;

	(void)state;
	assert_int_equal(decide(request, CARLA, true, ""), 0);
	assert_null(hello(gateway));
	assert_int_equal(say(sock, IPC_REVOKE, &select, sizeof(select))->body.result.error, 0);
	told = next_told(gateway, IPC_NOTIFY_CLOSED);
	assert_non_null(told);
	assert_int_equal(told->state, IPC_APPROVED);
	assert_int_equal(told->revocable, 0);
	assert_string_equal(told->revoked.person, "bob");
	assert_string_equal(told->revoked.reason, "enough");
	assert_non_null(strstr(told->outcome, "; revoked by bob"));
	assert_null(next_told(gateway, IPC_NOTIFY_CLOSED));
	close(gateway);
	close(sock);
}

static void test_grants_and_revoke(void **state)
{
	struct request *request = open_one(1);
	struct ipc_select select = { .text = "enough" };
	int sock = dial(control_path);
	struct channel_message message;

	(void)state;
	assert_int_equal(decide(request, CARLA, true, ""), 0);
	assert_string_equal(say(sock, IPC_GRANTS, NULL, 0)->body.grant.request, request->id);
	assert_int_equal(next(sock, &message), 1);
	memcpy(select.id, "g-ff", 5);
	assert_int_equal(say(sock, IPC_REVOKE, &select, sizeof(select))->body.result.error, ENOENT);
	snprintf(select.id, sizeof(select.id), "g-%x", 1);
	assert_int_equal(say(sock, IPC_REVOKE, &select, sizeof(select))->body.result.error, 0);
	assert_int_equal(grant_count(world.agent.grants), 0);
	assert_string_equal(member(entry_of("grant.revoked"), "person"), "bob");
	assert_int_equal(world.journal.durable, json_array_size(world.journal.entries));
	close(sock);
}

static void test_label(void **state)
{
	struct ipc_label label = { .verb = IPC_LABEL_ADD, .label = "customers", .path = "/x" };
	struct channel_message message;
	int sock = dial(control_path);

	(void)state;
	add_our_file("/dev/null");
	label.fd = OUR_FILE;
	if (getuid()) {
		assert_int_equal(say(sock, IPC_LABEL, &label, sizeof(label))->body.result.error,
				 EPERM);
		close(sock);
		skip();
	}
	label.fd = -1;
	assert_int_equal(say(sock, IPC_LABEL, &label, sizeof(label))->body.result.error, EBADF);
	label.fd = OUR_FILE + 1;
	assert_int_equal(say(sock, IPC_LABEL, &label, sizeof(label))->body.result.error, EBADF);
	label.fd = OUR_FILE;
	world.kernel.taint = CUSTOMERS;
	assert_int_equal(say(sock, IPC_LABEL, &label, sizeof(label))->body.result.error, EPERM);
	assert_string_equal(label_called, "");
	world.kernel.taint = 0;
	assert_int_equal(say(sock, IPC_LABEL, &label, sizeof(label))->body.result.error, 0);
	assert_string_equal(label_called, "add customers /x 1");
	label.verb = IPC_LABEL_LIST;
	label.fd = -1;
	assert_string_equal(say(sock, IPC_LABEL, &label, sizeof(label))->body.label_item.origin,
			    "acquired");
	assert_int_equal(next(sock, &message), 1);
	label.verb = 9;
	assert_int_equal(say(sock, IPC_LABEL, &label, sizeof(label))->type, 0); /* ended */
	close(sock);
}

/* A pipe without a writer would not open, and a closed end would be noticed. */
static void test_file_of_a_peer_is_never_opened(void **state)
{
	struct ipc_label label = { .verb = IPC_LABEL_LIST, .fd = OUR_FILE };
	int sock = dial(control_path);
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/pipe", world.folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	add_our_file(path);
	alarm(10);
	assert_int_equal(say(sock, IPC_LABEL, &label, sizeof(label))->type, IPC_LABEL_ITEM);
	alarm(0);
	close(sock);
}

/* A file was read, and its data written into what OUR_FILE stands for. */
static void add_flows(uint64_t ino)
{
	struct sluice_event event = make_stop(900001, ANN, SLUICE_OPEN, CUSTOMERS, true);

	event.type = SLUICE_EVENT_READ;
	event.seq = 1;
	event_handle(&world.agent, &event);
	event.type = SLUICE_EVENT_LABEL;
	event.seq = 2;
	event.key.target.object = (struct sluice_object_id){ .dev = 7, .ino = ino };
	memcpy(event.path, "b\0tmp", 6);
	event.path_len = 6;
	event_handle(&world.agent, &event);
	event_flush(&world.agent);
}

static void test_why_and_lineage(void **state)
{
	struct fake_process p = { .pid = 900001, .ppid = 1 };
	struct ipc_why why = { .pid = 900001, .fd = -1 };
	struct channel_message message;
	int sock = dial(control_path);
	struct stat st;

	(void)state;
	add_our_file("/dev/null");
	assert_int_equal(stat("/dev/null", &st), 0);
	add_flows(st.st_ino);
	add_process(&p);
	assert_string_equal(say(sock, IPC_WHY, &why, sizeof(why))->body.edge.object,
			    "/srv/customers/list.csv");
	assert_int_equal(next(sock, &message), 1);
	assert_string_equal(message.body.result.text, "");
	why.pid = 900002;
	assert_int_equal(say(sock, IPC_WHY, &why, sizeof(why))->body.result.error, ESRCH);
	why.pid = add_worker(ANN, ANN);
	assert_int_equal(say(sock, IPC_WHY, &why, sizeof(why))->body.result.error, ESRCH);
	world.kernel.taint = CUSTOMERS;
	if (pidfd_is_known())
		assert_string_equal(say(sock, IPC_WHY, &why, sizeof(why))->body.result.text,
				    "it carries customers; where from is not known: the kernel's "
				    "word of it was lost (sluice status counts these), or that was "
				    "long ago");
	world.kernel.taint = 0;
	assert_int_equal(say(sock, IPC_LINEAGE, &why, sizeof(why))->body.result.error, EBADF);
	why.fd = OUR_FILE;
	assert_string_equal(say(sock, IPC_LINEAGE, &why, sizeof(why))->body.edge.subject,
			    "python3[900001]");
	assert_int_equal(next(sock, &message), 1);
	assert_string_equal(message.body.edge.verb, "wrote");
	assert_string_equal(message.body.edge.object, "/tmp/b");
	assert_int_equal(message.body.edge.seq, 1);
	assert_int_equal(next(sock, &message), 1);
	why.steps = 1;
	assert_string_equal(say(sock, IPC_LINEAGE, &why, sizeof(why))->body.edge.verb, "wrote");
	assert_int_equal(next(sock, &message), 1);
	assert_string_equal(message.body.result.text, "1 more steps are not shown");
	close(sock);
}

static void test_only_root_rebuilds(void **state)
{
	int sock = dial(control_path);

	(void)state;
	assert_int_equal(say(sock, IPC_REINDEX, NULL, 0)->body.result.error, getuid() ? EPERM : 0);
	close(sock);
}

/* The hash of a report goes into the journal, signed by the host's key; for root only. */
static void test_report(void **state)
{
	struct ipc_report made = { .to_ms = 7, .entries = 1, .framework = "soc2" };
	struct channel_message message;
	const json_t *entry, *report;
	unsigned int epochs;
	int sock = dial(control_path);

	(void)state;
	open_one(1);
	epochs = world.journal.epochs;
	memset(made.manifest, 'a', sizeof(made.manifest) - 1);
	message = *say(sock, IPC_REPORT, &made, sizeof(made));
	if (getuid()) {
		assert_int_equal(message.body.result.error, EPERM);
		close(sock);
		return;
	}
	assert_int_equal(message.type, IPC_REPORT_ITEM);
	assert_int_equal(message.body.report_item.seq, json_array_size(world.journal.entries) - 1);
	entry = json_array_get(world.journal.entries, message.body.report_item.seq);
	report = json_object_get(entry, "report");
	assert_string_equal(json_string_value(json_object_get(entry, "type")), "report.made");
	assert_string_equal(json_string_value(json_object_get(report, "manifest_sha256")),
			    made.manifest);
	assert_int_equal(json_integer_value(json_object_get(report, "entries")), 1);
	assert_true(world.journal.epochs > epochs);
	assert_int_equal(world.journal.durable, json_array_size(world.journal.entries));
	assert_int_equal(next(sock, &message), 1);
	/* of entries that are not there, without a hash, for an odd name */
	made.entries = 1000000;
	assert_int_equal(say(sock, IPC_REPORT, &made, sizeof(made))->body.result.error, EINVAL);
	made.entries = 1;
	made.manifest[5] = 'A';
	assert_int_equal(say(sock, IPC_REPORT, &made, sizeof(made))->body.result.error, EINVAL);
	made.manifest[5] = 'a';
	made.framework[1] = ' ';
	assert_int_equal(say(sock, IPC_REPORT, &made, sizeof(made))->body.result.error, EINVAL);
	made.framework[1] = 'o';
	world.journal.broken = true;
	assert_int_equal(say(sock, IPC_REPORT, &made, sizeof(made))->body.result.error, EIO);
	world.journal.broken = false;
	close(sock);
}

/* Root only; the processes that waited are counted with the time since their request was opened. */
static void test_metrics(void **state)
{
	const struct channel_message *got;
	struct request *first, *second;
	int sock;

	(void)state;
	need_pidfd();
	first = open_one(1);
	second = open_one(2);
	sock = dial(control_path);
	open_one(3);
	/* in the middle of wide buckets: a slow host may take seconds for the rest */
	first->opened_ms = agent_time_ms() - 600000;
	assert_int_equal(decide(first, BOB, false, ""), 0);
	second->opened_ms = agent_time_ms() - 180000;
	request_refuse(&world.agent, second, IPC_EXPIRED, "nobody decided");
	got = say(sock, IPC_METRICS, NULL, 0);
	if (getuid()) {
		assert_int_equal(got->body.result.error, EPERM);
		close(sock);
		return;
	}
	assert_int_equal(got->type, IPC_METRICS_ITEM);
	assert_int_equal(got->body.metrics.opened, 3);
	assert_int_equal(got->body.metrics.closed[IPC_DENIED], 1);
	assert_int_equal(got->body.metrics.closed[IPC_EXPIRED], 1);
	assert_int_equal(got->body.metrics.closed[IPC_APPROVED], 0);
	assert_int_equal(got->body.metrics.answers[0], 1);
	assert_int_equal(got->body.metrics.answers[1], 0);
	assert_int_equal(got->body.metrics.waits[0], 0);
	assert_int_equal(got->body.metrics.waits[4], 1);
	assert_int_equal(got->body.metrics.waits[5], 1);
	assert_in_range(got->body.metrics.waited_ms, 780000, 900000);
	assert_in_range(got->body.metrics.heartbeat_ms, 200, 60000);
	assert_int_equal(got->body.metrics.n_maps, 1);
	assert_string_equal(got->body.metrics.maps[0].name, "asks");
	assert_int_equal(got->body.metrics.maps[0].used, 3);
	assert_int_equal(got->body.metrics.maps[0].room, 4096);
	close(sock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTROL_TEST(test_status),
		CONTROL_TEST(test_requests),
		CONTROL_TEST(test_metrics),
		CONTROL_TEST(test_report),
		CONTROL_TEST(test_decide),
		CONTROL_TEST(test_reason),
		CONTROL_TEST(test_gateway_hears_again),
		CONTROL_TEST(test_gateway_hears_of_a_flood_once),
		CONTROL_TEST(test_standing_is_listed_and_revoked),
		CONTROL_TEST(test_submit),
		CONTROL_TEST(test_peer_that_is_not_who_connected),
		CONTROL_TEST(test_sent_by_another_process),
		CONTROL_TEST(test_grants_and_revoke),
		CONTROL_TEST(test_gateway_hears_of_a_revocation),
		CONTROL_TEST(test_label),
		CONTROL_TEST(test_file_of_a_peer_is_never_opened),
		CONTROL_TEST(test_why_and_lineage),
		CONTROL_TEST(test_only_root_rebuilds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
