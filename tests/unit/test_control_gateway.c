/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_control_gateway.c: what the gateway is told, and what it may report.
 */
#include "control_fixture.h"

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
	assert_int_equal(next(sock, &message), 1);
	assert_int_equal(message.type, IPC_NOTIFY_ALL);
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
	assert_int_equal(say(sock, IPC_HELLO, &hello, sizeof(hello))->type, IPC_NOTIFY_ALL);
	world.journal.fail_commit = true;
	assert_null(open_one(1));
	assert_int_equal(next(sock, &message), 1);
	assert_int_equal(message.type, IPC_NOTIFY_CLOSED);
	assert_int_equal(next(sock, &message), -EAGAIN);
	close(sock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTROL_TEST(test_gateway),
		CONTROL_TEST(test_reports_are_bounded),
		CONTROL_TEST(test_undurable_request_is_told_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
