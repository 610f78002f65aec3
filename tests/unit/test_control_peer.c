/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_control_peer.c: who may connect, send and see what, how many, and how slow. Peers of another
 * user need root; without it those tests are skipped.
 */
#include "control_fixture.h"

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
	assert_int_equal(say(sock, IPC_GRANTS, NULL, 0)->type, 0); /* only sluice */
	close(sock);
	sock = dial(gateway_path);
	/* hello comes first */
	assert_int_equal(say(sock, IPC_STATUS, NULL, 0)->type, 0);
	close(sock);
	sock = dial(gateway_path);
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
	assert_int_equal(say(gateway, IPC_HELLO, &hello, sizeof(hello))->type, IPC_NOTIFY_ALL);
	assert_true(event_pending(client->readable, EV_TIMEOUT, NULL));
	/* the gateway may be silent for days */
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

/* Whoever has taken over the gateway takes no place from those who decide at a terminal. */
static void test_gateways_take_no_place(void **state)
{
	int silent[SLUICE_MAX_CLIENTS], sock;
	struct ipc_hello hello = { .notifiers = 1 };
	struct client *client;
	struct channel_message message;

	(void)state;
	if (getuid())
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		silent[i] = dial(gateway_path);
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		assert_int_equal(next(silent[i], &message), i < 2 ? -EAGAIN : 0);
	sock = dial_as(STRANGER);
	assert_int_equal(say(sock, IPC_STATUS, NULL, 0)->type, IPC_STATUS_ITEM);
	close(sock);
	client = world.agent.control->clients;
	assert_int_equal(client->kind, PEER_GATEWAY);
	assert_true(event_pending(client->readable, EV_TIMEOUT, NULL));
	event_active(client->readable, EV_TIMEOUT, 0); /* it has said nothing for too long */
	assert_int_equal(next(silent[0], &message), 0);
	sock = dial(gateway_path); /* which makes place for the right one */
	assert_int_equal(say(sock, IPC_HELLO, &hello, sizeof(hello))->type, IPC_NOTIFY_ALL);
	close(sock);
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		close(silent[i]);
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

/* Those who may decide by the time that it took may end it, too. */
static void test_who_was_asked_later_revokes(void **state)
{
	struct policy_rule *rule = &((struct policy *)world.agent.policy)->rules[0];
	struct request *request = open_one(1);

	(void)state;
	if (getuid())
		skip();
	rule->escalate_s = 30;
	rule->escalate_groups = 2; /* security */
	request->escalated_s = 30;
	assert_int_equal(decide(request, DAVE, true, ""), 0);
	assert_int_equal(run_as(STRANGER, STRANGER, revoke_first), EACCES);
	assert_int_equal(run_as(DAVE, DAVE, revoke_first), 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTROL_TEST(test_slow_reader),
		CONTROL_TEST(test_closed_list_of_messages),
		CONTROL_TEST(test_limit_per_user),
		CONTROL_TEST(test_nobody_takes_the_place_of_people),
		CONTROL_TEST(test_silent_peer_ends),
		CONTROL_TEST(test_gateways_take_no_place),
		CONTROL_TEST(test_who_sees_what),
		CONTROL_TEST(test_who_revokes),
		CONTROL_TEST(test_who_was_asked_later_revokes),
		CONTROL_TEST(test_who_is_the_gateway),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
