/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_control.c: both sockets with real connections: who may send and see what, limits, slow
 * readers, the gateway.
 * Peers of another user need root; without it those tests are skipped.
 */
#include "agent_fixture.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "channel.h"
#include "control.h"
#include "control_peer.h"

static char control_path[128], gateway_path[128];

static void be(uint32_t loginuid)
{
	struct fake_process self = { .pid = getpid(),
				     .ppid = 1,
				     .uid = getuid(),
				     .euid = getuid(),
				     .loginuid = loginuid,
				     .cgroup = "/user.slice/user-1.slice/session-1.scope" };

	add_process(&self);
}

#define OUR_FILE 7 /* descriptor of this process in the false /proc */

static void add_our_file(const char *target)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%d/fd", world.folder, getpid());
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%d/fd/%d", world.folder, getpid(), OUR_FILE);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

static int setup(void **state)
{
	int r = agent_setup(state);

	world.agent.gateway_uid = getuid() ? getuid() : 4999;
	world.agent.version = "0.1";
	chmod(world.folder, 0755);
	snprintf(control_path, sizeof(control_path), "%s/c", world.folder);
	snprintf(gateway_path, sizeof(gateway_path), "%s/g", world.folder);
	be(BOB);
	return r ? r : control_open(&world.agent, control_path, gateway_path, &world.agent.control);
}

static int teardown(void **state)
{
	world.agent.control = control_close(world.agent.control);
	return agent_teardown(state);
}

static void turn(void)
{
	for (int i = 0; i < 3; i++)
		event_base_loop(world.agent.base, EVLOOP_NONBLOCK);
}

static int dial(const char *path)
{
	int sock = channel_connect(path);

	assert_true(sock >= 0);
	fcntl(sock, F_SETFL, O_NONBLOCK);
	turn();
	return sock;
}

/* The next message: 1, 0 when the peer was ended, -EAGAIN when nothing comes. */
static int next(int sock, struct channel_message *message)
{
	int r = -EAGAIN;

	for (int i = 0; i < 10 && r == -EAGAIN; i++) {
		turn();
		r = channel_receive(sock, message);
	}
	return r == -ECONNRESET || r == -EPIPE ? 0 : r;
}

static struct channel_message *say(int sock, enum ipc_type type, const void *body, size_t size)
{
	static struct channel_message message;

	memset(&message, 0, sizeof(message));
	assert_int_equal(channel_send(sock, type, body, size), 0);
	if (next(sock, &message) != 1)
		message.type = 0;
	return &message;
}

static struct request *open_one(uint64_t ino)
{
	struct sluice_event event =
		make_stop(add_worker(ANN, ANN), ANN, SLUICE_OPEN, CUSTOMERS, true);

	event.loginuid = ANN;
	event.key.target.object.ino = ino;
	return stop(&event);
}

static struct ipc_decide approval(const struct request *request)
{
	struct ipc_decide answer = { .approve = 1 };

	memcpy(answer.id, request->id, sizeof(answer.id));
	memcpy(answer.digest, request->digest, sizeof(answer.digest));
	return answer;
}

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

static void test_slow_reader(void **state)
{
	struct ipc_select select = { 0 };
	struct channel_message message;
	int sock, n = 0;

	(void)state;
	for (uint64_t ino = 1; ino <= 40; ino++) /* far more than a socket takes at once */
		open_one(ino);
	sock = dial(control_path); /* not before: who asks nothing for long is ended */
	assert_int_equal(channel_send(sock, IPC_REQUESTS, &select, sizeof(select)), 0);
	turn();
	assert_int_equal(channel_send(sock, IPC_STATUS, NULL, 0), 0); /* waits its turn */
	while (next(sock, &message) == 1 && message.type == IPC_REQUEST_ITEM)
		n++;
	assert_int_equal(n, 40);
	assert_int_equal(message.type, IPC_RESULT);
	assert_int_equal(next(sock, &message), 1);
	assert_int_equal(message.type, IPC_STATUS_ITEM);
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

static void test_closed_list_of_messages(void **state)
{
	struct ipc_hello hello = { .notifiers = 1 };
	struct ipc_result result = { 0 };
	struct ipc_delivery delivery = { .state = IPC_DELIVERED };
	static const char garbage[] = "no message";
	struct channel_message message;
	int sock = dial(control_path);

	(void)state;
	/* only the gateway */
	assert_int_equal(say(sock, IPC_HELLO, &hello, sizeof(hello))->type, 0);
	close(sock);
	sock = dial(control_path);
	/* only we answer */
	assert_int_equal(say(sock, IPC_RESULT, &result, sizeof(result))->type, 0);
	close(sock);
	sock = dial(gateway_path);
	assert_int_equal(say(sock, IPC_STATUS, NULL, 0)->type, 0); /* only sluice */
	close(sock);
	sock = dial(gateway_path);
	/* hello comes first */
	assert_int_equal(say(sock, IPC_DELIVERY, &delivery, sizeof(delivery))->type, 0);
	close(sock);
	sock = dial(control_path);
	assert_int_equal(send(sock, garbage, sizeof(garbage), 0), sizeof(garbage));
	assert_int_equal(next(sock, &message), 0);
	close(sock);
	sock = dial(control_path); /* and an honest peer is still served */
	assert_int_equal(say(sock, IPC_STATUS, NULL, 0)->type, IPC_STATUS_ITEM);
	close(sock);
}

static void test_gateway(void **state)
{
	struct ipc_hello hello = { .notifiers = 1, .names = "teams" };
	struct ipc_delivery delivery = {
		.notifier = "teams", .state = IPC_RETRYING, .attempt = 2, .text = "HTTP 503"
	};
	struct request *first = open_one(1), *second;
	int sock = dial(gateway_path), status, second_gateway;
	struct channel_message message;

	(void)state;
	assert_string_equal(say(sock, IPC_HELLO, &hello, sizeof(hello))->body.request.id,
			    first->id);
	second = open_one(2); /* told after the commit, by itself */
	assert_int_equal(next(sock, &message), 1);
	assert_int_equal(message.type, IPC_NOTIFY_OPEN);
	assert_string_equal(message.body.request.id, second->id);
	assert_int_equal(decide(second, BOB, true, ""), 0);
	assert_int_equal(next(sock, &message), 1);
	assert_int_equal(message.type, IPC_NOTIFY_CLOSED);
	assert_int_equal(message.body.request.state, IPC_APPROVED);
	memcpy(delivery.id, first->id, sizeof(delivery.id));
	assert_int_equal(channel_send(sock, IPC_DELIVERY, &delivery, sizeof(delivery)), 0);
	turn();
	assert_string_equal(member(entry_of("gateway.delivery"), "state"), "retrying");
	status = dial(control_path);
	assert_string_equal(say(status, IPC_STATUS, NULL, 0)->body.status.gateway,
			    "teams: HTTP 503");
	assert_int_equal(next(status, &message), 1);
	delivery.state = IPC_DELIVERED;
	assert_int_equal(channel_send(sock, IPC_DELIVERY, &delivery, sizeof(delivery)), 0);
	turn();
	assert_int_equal(say(status, IPC_STATUS, NULL, 0)->body.status.undelivered, 0);
	assert_true(first->delivered);
	second_gateway = dial(gateway_path);
	assert_int_equal(say(second_gateway, IPC_HELLO, &hello, sizeof(hello))->type, 0);
	close(second_gateway);
	close(sock);
	turn();
	open_one(3); /* nobody is there to be told */
	sock = dial(gateway_path);
	assert_string_equal(say(sock, IPC_HELLO, &hello, sizeof(hello))->body.request.id,
			    first->id);
	close(status);
	close(sock);
}

/* A gateway that somebody has taken over does not fill the disk with reports. */
static void test_reports_are_bounded(void **state)
{
	struct ipc_delivery delivery = { .notifier = "teams", .state = IPC_RETRYING };
	struct ipc_hello hello = { .notifiers = 1 };
	const struct request *request = open_one(1);
	int sock = dial(gateway_path);

	(void)state;
	say(sock, IPC_HELLO, &hello, sizeof(hello));
	memcpy(delivery.id, request->id, sizeof(delivery.id));
	for (int i = 0; i < 200; i++) {
		assert_int_equal(channel_send(sock, IPC_DELIVERY, &delivery, sizeof(delivery)), 0);
		turn();
	}
	assert_int_equal(count_of("gateway.delivery"), 64);
	delivery.state = IPC_DELIVERED; /* the first is news */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(channel_send(sock, IPC_DELIVERY, &delivery, sizeof(delivery)), 0);
		turn();
	}
	assert_int_equal(count_of("gateway.delivery"), 65);
	assert_true(request->delivered);
	close(sock);
}

static void test_undurable_request_is_told_to_nobody(void **state)
{
	struct ipc_hello hello = { .notifiers = 1 };
	int sock = dial(gateway_path);
	struct channel_message message;

	(void)state;
	say(sock, IPC_HELLO, &hello, sizeof(hello));
	world.journal.fail_commit = true;
	assert_null(open_one(1));
	assert_int_equal(next(sock, &message), 1);
	assert_int_equal(message.type, IPC_NOTIFY_CLOSED);
	assert_int_equal(next(sock, &message), -EAGAIN);
	close(sock);
}

static void test_limit_per_user(void **state)
{
	int socks[SLUICE_MAX_CLIENTS_PER_UID];
	struct channel_message message;
	int extra;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(socks); i++)
		socks[i] = dial(control_path);
	extra = dial(control_path);
	assert_int_equal(next(extra, &message), 0);
	close(extra);
	assert_int_equal(say(socks[0], IPC_STATUS, NULL, 0)->type, IPC_STATUS_ITEM);
	close(socks[3]);
	turn();
	extra = dial(control_path); /* one has left */
	assert_int_equal(say(extra, IPC_STATUS, NULL, 0)->type, IPC_STATUS_ITEM);
	close(extra);
	for (size_t i = 0; i < ARRAY_SIZE(socks); i++)
		if (i != 3)
			close(socks[i]);
}

static int dial_as(uid_t uid)
{
	int sock;

	assert_int_equal(seteuid(uid), 0);
	sock = channel_connect(control_path);
	assert_int_equal(seteuid(0), 0);
	assert_true(sock >= 0);
	fcntl(sock, F_SETFL, O_NONBLOCK);
	turn();
	return sock;
}

/* Many uids are as good as one user's: subordinate ones. */
static void test_nobody_takes_the_place_of_people(void **state)
{
	int socks[SLUICE_MAX_CLIENTS], bob, extra;
	struct channel_message message;

	(void)state;
	if (getuid())
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(socks); i++)
		socks[i] = dial_as((uid_t)(5000 + i));
	extra = dial_as(4999);
	assert_int_equal(next(extra, &message), 0); /* no place for one more of these */
	close(extra);
	assert_int_equal(next(socks[0], &message), -EAGAIN);
	bob = dial_as(BOB);
	assert_int_equal(say(bob, IPC_STATUS, NULL, 0)->type, IPC_STATUS_ITEM);
	assert_int_equal(next(socks[0], &message), 0); /* the oldest made place */
	assert_int_equal(next(socks[1], &message), -EAGAIN);
	assert_int_equal(world.agent.control->n_clients, SLUICE_MAX_CLIENTS);
	for (size_t i = 0; i < ARRAY_SIZE(socks); i++)
		close(socks[i]);
	close(bob);
}

static void test_silent_peer_ends(void **state)
{
	int sock = dial(control_path), gateway = dial(gateway_path);
	struct ipc_hello hello = { .notifiers = 1 };
	struct client *client = world.agent.control->clients;
	struct channel_message message;

	(void)state;
	assert_int_equal(channel_send(gateway, IPC_HELLO, &hello, sizeof(hello)), 0);
	turn();
	assert_true(event_pending(client->readable, EV_TIMEOUT, NULL));
	assert_false(event_pending(client->next->readable, EV_TIMEOUT, NULL));
	say(sock, IPC_STATUS, NULL, 0);
	next(sock, &message);
	assert_true(event_pending(client->readable, EV_TIMEOUT, NULL)); /* after an answer too */
	event_active(client->readable, EV_TIMEOUT, 0);
	assert_int_equal(next(sock, &message), 0);
	assert_int_equal(next(gateway, &message), -EAGAIN);
	close(sock);
	close(gateway);
}

/*
 * Runs @fn as another user in a process of its own while this one serves. Return: what @fn returns.
 */
static int run_as(uid_t uid, uint32_t loginuid, int (*fn)(void))
{
	struct fake_process p = { .ppid = 1, .uid = uid, .euid = uid, .loginuid = loginuid };
	int pipes[2], status;
	char go;

	assert_int_equal(pipe(pipes), 0);
	p.pid = fork();
	if (!p.pid) {
		if (read(pipes[0], &go, 1) != 1 || setresuid(uid, uid, uid) < 0)
			_exit(99);
		_exit(fn());
	}
	add_process(&p);
	assert_int_equal(write(pipes[1], "x", 1), 1);
	while (!waitpid(p.pid, &status, WNOHANG)) {
		turn();
		usleep(1000);
	}
	close(pipes[0]);
	close(pipes[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

/* Counts the requests that it is shown. */
static int count_requests(void)
{
	struct ipc_select select = { .all = 1 };
	struct channel_message message = { 0 };
	int n = 0, sock = channel_connect(control_path);

	if (sock < 0 || channel_send(sock, IPC_REQUESTS, &select, sizeof(select)) < 0)
		return 97;
	while (channel_receive(sock, &message) == 1 && message.type == IPC_REQUEST_ITEM)
		n++;
	return n;
}

static int error_of(enum ipc_type type, const void *body, size_t size)
{
	struct channel_message message = { 0 };
	int sock = channel_connect(control_path);

	if (sock < 0 || channel_send(sock, type, body, size) < 0)
		return 97;
	while (channel_receive(sock, &message) == 1 && message.type != IPC_RESULT)
		;
	return message.type == IPC_RESULT ? message.body.result.error : 96;
}

static int ask_grants(void)
{
	return error_of(IPC_GRANTS, NULL, 0);
}

static int ask_why(void)
{
	struct ipc_why why = { .pid = 1 };

	return error_of(IPC_WHY, &why, sizeof(why));
}

static int ask_labels(void)
{
	struct ipc_label label = { .verb = IPC_LABEL_LIST, .fd = -1 };

	return error_of(IPC_LABEL, &label, sizeof(label));
}

static int revoke_first(void)
{
	struct ipc_select select = { .id = "g-1" };

	return error_of(IPC_REVOKE, &select, sizeof(select));
}

static int hello_gateway(void)
{
	struct ipc_hello hello = { .notifiers = 1 };
	struct channel_message message = { 0 };
	int sock = channel_connect(gateway_path);

	if (sock < 0 || channel_send(sock, IPC_HELLO, &hello, sizeof(hello)) < 0)
		return 1;
	return channel_receive(sock, &message) == 1 ? 0 : 1;
}

static void test_who_sees_what(void **state)
{
	struct sluice_event event =
		make_stop(add_worker(STRANGER, STRANGER), STRANGER, SLUICE_OPEN, CUSTOMERS, true);

	(void)state;
	if (getuid())
		skip();
	open_one(1);
	event.key.target.object.ino = 2;
	stop(&event);
	assert_int_equal(run_as(BOB, BOB, count_requests), 2);
	assert_int_equal(run_as(STRANGER, STRANGER, count_requests), 1); /* its own */
	assert_int_equal(run_as(STRANGER + 1, STRANGER + 1, count_requests), 0);
	assert_int_equal(run_as(BOB, BOB, ask_grants), 0);
	assert_int_equal(run_as(STRANGER, STRANGER, ask_grants), EPERM);
	assert_int_equal(run_as(BOB, BOB, ask_why), ESRCH);
	assert_int_equal(run_as(STRANGER, STRANGER, ask_why), EPERM);
	assert_int_equal(run_as(BOB, BOB, ask_labels), 0);
	assert_int_equal(run_as(STRANGER, STRANGER, ask_labels), EPERM);
}

static void test_who_revokes(void **state)
{
	(void)state;
	if (getuid())
		skip();
	assert_int_equal(decide(open_one(1), BOB, true, ""), 0);
	assert_int_equal(run_as(DAVE, DAVE, revoke_first), EACCES); /* reviews other things */
	assert_int_equal(grant_count(world.agent.grants), 1);
	/* anyone who may review, even who asked */
	assert_int_equal(run_as(ANN, ANN, revoke_first), 0);
	assert_int_equal(grant_count(world.agent.grants), 0);
}

static void test_who_is_the_gateway(void **state)
{
	(void)state;
	if (getuid())
		skip();
	open_one(1);
	assert_int_equal(run_as(BOB, BOB, hello_gateway), 1);
	assert_int_equal(run_as(4999, PROCESS_NO_LOGIN, hello_gateway), 0);
}

#define CONTROL_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTROL_TEST(test_status),
		CONTROL_TEST(test_requests),
		CONTROL_TEST(test_slow_reader),
		CONTROL_TEST(test_decide),
		CONTROL_TEST(test_peer_that_is_not_who_connected),
		CONTROL_TEST(test_grants_and_revoke),
		CONTROL_TEST(test_label),
		CONTROL_TEST(test_file_of_a_peer_is_never_opened),
		CONTROL_TEST(test_why_and_lineage),
		CONTROL_TEST(test_only_root_rebuilds),
		CONTROL_TEST(test_closed_list_of_messages),
		CONTROL_TEST(test_gateway),
		CONTROL_TEST(test_reports_are_bounded),
		CONTROL_TEST(test_undurable_request_is_told_to_nobody),
		CONTROL_TEST(test_limit_per_user),
		CONTROL_TEST(test_nobody_takes_the_place_of_people),
		CONTROL_TEST(test_silent_peer_ends),
		CONTROL_TEST(test_who_sees_what),
		CONTROL_TEST(test_who_revokes),
		CONTROL_TEST(test_who_is_the_gateway),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
