// SPDX-License-Identifier: Apache-2.0
/*
 * test_told_channel.c: how each channel of the gateway does, as status says it.
 * Sources: user/request/told_channel.c, user/control/control_gateway.c, user/request/request_told.c.
 */
#include "control_fixture.h"

static struct ipc_status status;

static void look(void)
{
	int sock = dial(control_path);

	status = say(sock, IPC_STATUS, NULL, 0)->body.status;
	close(sock);
	turn();
}

static const struct ipc_notifier *channel(const char *name)
{
	look();
	for (size_t i = 0; i < status.n_notifiers; i++)
		if (!strcmp(status.notifiers[i].name, name))
			return &status.notifiers[i];
	return NULL;
}

static int greet(const char *names)
{
	struct ipc_hello hello = { .notifiers = 2 };
	struct channel_message message;
	int sock = dial(gateway_path);

	snprintf(hello.names, sizeof(hello.names), "%s", names);
	say(sock, IPC_HELLO, &hello, sizeof(hello));
	while (next(sock, &message) == 1)
		;
	return sock;
}

static void report(int sock, const struct request *request, const char *name,
		   enum ipc_delivery_state state, uint32_t attempt, const char *text)
{
	struct ipc_delivery delivery = { .state = state, .attempt = attempt };

	memcpy(delivery.id, request->id, sizeof(delivery.id));
	snprintf(delivery.notifier, sizeof(delivery.notifier), "%s", name);
	snprintf(delivery.text, sizeof(delivery.text), "%s", text);
	assert_int_equal(channel_send(sock, IPC_DELIVERY, &delivery, sizeof(delivery)), 0);
	turn();
}

static void test_each_channel_by_itself(void **state)
{
	struct request *one = open_one(1), *two = open_one(2);
	const struct ipc_notifier *teams, *slack;
	int sock = greet("teams, slack");

	(void)state;
	report(sock, one, "teams", IPC_DELIVERED, 1, "");
	report(sock, two, "teams", IPC_RETRYING, 1, "HTTP 503");
	report(sock, one, "slack", IPC_FAILED, 1, "channel_not_found");
	teams = channel("teams");
	assert_int_equal(status.n_notifiers, 2);
	assert_true(teams->connected);
	assert_int_equal(teams->delivered, 1);
	assert_int_equal(teams->failures, 1);
	assert_int_equal(teams->waiting, 1);
	assert_int_equal(teams->given_up, 0);
	assert_true(teams->delivered_ms > 0);
	assert_string_equal(teams->problem, "HTTP 503");
	slack = channel("slack");
	assert_int_equal(slack->delivered, 0);
	assert_int_equal(slack->failures, 1);
	assert_int_equal(slack->failed, 1);
	assert_int_equal(teams->failed, 0);
	assert_int_equal(slack->waiting, 1);
	assert_int_equal(slack->given_up, 1);
	assert_int_equal(slack->delivered_ms, 0);
	assert_int_equal(slack->handed_over, 0);
	/* the newest worked: no problem any more, but it was one */
	report(sock, two, "teams", IPC_DELIVERED, 2, "");
	teams = channel("teams");
	assert_int_equal(teams->waiting, 0);
	assert_string_equal(teams->problem, "");
	assert_true(teams->problem_ms > 0);
	/* told again after a connect */
	report(sock, two, "teams", IPC_DELIVERED, 0, "");
	assert_int_equal(channel("teams")->delivered, 2);
	close(sock);
	turn();
	assert_false(channel("teams")->connected);
}

static void test_what_is_handed_over(void **state)
{
	struct request *one = open_one(1);
	int sock = greet("teams, pager");

	(void)state;
	report(sock, one, "pager", IPC_STANDBY, 0, IPC_STANDBY_WAITS " teams");
	assert_int_equal(channel("pager")->standing_by, 1);
	assert_int_equal(channel("pager")->waiting, 0);
	report(sock, one, "teams", IPC_FAILED, 3, "HTTP 403");
	report(sock, one, "pager", IPC_DELIVERED, 1, "");
	assert_int_equal(channel("teams")->handed_over, 1);
	assert_int_equal(channel("pager")->handed_over, 0);
	assert_int_equal(channel("pager")->delivered, 1);
	/* once */
	report(sock, one, "pager", IPC_DELIVERED, 1, "");
	assert_int_equal(channel("teams")->handed_over, 1);
	close(sock);
}

static void test_restart_knows_it_from_the_journal(void **state)
{
	struct request *one = open_one(1);
	int sock = greet("teams, slack");

	(void)state;
	report(sock, one, "teams", IPC_DELIVERED, 1, "");
	report(sock, one, "slack", IPC_RETRYING, 1, "HTTP 500");
	close(sock);
	turn();
	world.agent.control = control_close(world.agent.control);
	restart();
	told_channels_describe(world.agent.requests, false, &status);
	assert_int_equal(status.n_notifiers, 2);
	assert_string_equal(status.notifiers[0].name, "teams");
	assert_int_equal(status.notifiers[0].delivered, 1);
	assert_true(status.notifiers[0].delivered_ms > 0);
	assert_string_equal(status.notifiers[1].problem, "HTTP 500");
	assert_int_equal(status.notifiers[1].failures, 1);
}

/* What a gateway that was taken over says must not look like another channel where it is shown. */
static void test_only_names(void **state)
{
	static const char *const none[] = { "a\"b", "a\xff", "a b", "" };
	struct request *one = open_one(1);
	int sock = greet("teams, a\x1b[2J");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		report(sock, one, none[i], IPC_DELIVERED, 1, "");
	assert_non_null(channel("teams"));
	assert_int_equal(status.n_notifiers, 1);
	close(sock);
}

/* A gateway may call its channels anything, and as many as it likes. */
static void test_names_are_bounded(void **state)
{
	struct request *one = open_one(1);
	int sock = greet("a, b, c, d, e, f, g, h, i, j");
	char name[32];

	(void)state;
	look();
	assert_int_equal(status.n_notifiers, SLUICE_MAX_NOTIFIERS);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "other-%d", i);
		report(sock, one, name, IPC_RETRYING, 1, "x");
	}
	assert_null(channel("other-0"));
	assert_non_null(channel("h"));
	close(sock);
	turn();
	/* another gateway, with others */
	sock = greet("new");
	assert_true(channel("new")->connected);
	assert_int_equal(status.n_notifiers, SLUICE_MAX_NOTIFIERS);
	assert_false(channel("b")->connected);
	close(sock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTROL_TEST(test_each_channel_by_itself),
		CONTROL_TEST(test_what_is_handed_over),
		CONTROL_TEST(test_restart_knows_it_from_the_journal),
		CONTROL_TEST(test_only_names),
		CONTROL_TEST(test_names_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
