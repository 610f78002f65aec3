/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_control_gateway.c: what the gateway is told, and what it may report.
 */
#include "control_fixture.h"
#include "gateway/gateway_link.h"
#include "gateway/gateway_requests.h"
#include "vouched_fixture.h"

static void test_gateway(void **state)
{
	struct ipc_hello hello = { .notifiers = 1, .names = "teams" };
	struct ipc_delivery delivery = {
		.notifier = "teams", .state = IPC_RETRYING, .attempt = 2, .text = "HTTP 503"
	};
	struct request *first = open_one(1), *second;
	struct ipc_select select = {};
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
	assert_int_equal(next(status, &message), 1);
	assert_true(first->delivered);
	delivery.state = IPC_STANDBY;
	snprintf(delivery.notifier, sizeof(delivery.notifier), "other");
	assert_int_equal(channel_send(sock, IPC_DELIVERY, &delivery, sizeof(delivery)), 0);
	turn();
	assert_int_equal(count_of("gateway.delivery"), 2); /* nothing was tried */
	memcpy(select.id, first->id, sizeof(select.id));
	assert_int_equal(say(status, IPC_REQUESTS, &select, sizeof(select))->body.request.n_told,
			 2);
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

/* The gateway serves metrics, and anybody may ask it for them: the maps are not read each time. */
static void test_metrics_for_the_gateway(void **state)
{
	struct ipc_hello hello = { .notifiers = 1 };
	int sock = dial(gateway_path);
	unsigned int fills;
	struct channel_message message;

	(void)state;
	open_one(1);
	say(sock, IPC_HELLO, &hello, sizeof(hello));
	assert_int_equal(next(sock, &message), 1);
	assert_int_equal(say(sock, IPC_STATUS, NULL, 0)->body.status.pending, 1);
	assert_int_equal(next(sock, &message), 1);
	assert_int_equal(message.type, IPC_RESULT);
	fills = fake_fills;
	for (int i = 0; i < 3; i++) {
		const struct channel_message *got = say(sock, IPC_METRICS, NULL, 0);

		assert_int_equal(got->type, IPC_METRICS_ITEM);
		assert_int_equal(got->body.metrics.opened, 1 + i);
		assert_int_equal(got->body.metrics.maps[0].used, 3);
		assert_int_equal(next(sock, &message), 1);
		assert_int_equal(message.type, IPC_RESULT);
		open_one(2 + (uint64_t)i);
		assert_int_equal(next(sock, &message), 1); /* it is told of that one */
	}
	assert_int_equal(fake_fills - fills, 1);
	world.agent.control->fill_ns -= 11000000000ULL;
	assert_int_equal(say(sock, IPC_METRICS, NULL, 0)->type, IPC_METRICS_ITEM);
	assert_int_equal(fake_fills - fills, 2);
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

static struct ipc_channel approval_by(const char *subject, const struct request *request)
{
	struct channel_decision decision = decision_on(request, subject);

	return signed_by(WEB, &decision);
}

static void test_a_decision(void **state)
{
	struct ipc_hello hello = { .notifiers = 1 };
	const struct request *request;
	struct channel_message message, *answer;
	struct ipc_channel decision;
	int sock = dial(gateway_path);

	(void)state;
	use_policy("A3");
	request = open_one(1);
	say(sock, IPC_HELLO, &hello, sizeof(hello));
	assert_int_equal(next(sock, &message), 1);
	decision = approval_by("sub-dave", request);
	answer = say(sock, IPC_CHANNEL, &decision, sizeof(decision));
	assert_int_equal(answer->type, IPC_RESULT);
	assert_int_equal(answer->body.result.error, EACCES);
	assert_non_null(strstr(answer->body.result.text, "not among the reviewers"));
	decision = approval_by("sub-carla", request);
	answer = say(sock, IPC_CHANNEL, &decision, sizeof(decision));
	assert_int_equal(answer->type, IPC_RESULT);
	assert_int_equal(answer->body.result.error, 0);
	assert_int_equal(next(sock, &message), 1);
	assert_int_equal(message.type, IPC_NOTIFY_CLOSED);
	assert_int_equal(message.body.request.state, IPC_APPROVED);
	assert_string_equal(message.body.request.decisions[0].person, "carla");
	close(sock);
}

/* One of two: who looks next sees it. */
static void test_a_counted_approval_is_told(void **state)
{
	struct sluice_event event =
		make_stop(add_worker(ANN, ANN), ANN, SLUICE_EGRESS, CUSTOMERS, false);
	struct ipc_hello hello = { .notifiers = 1 };
	const struct request *request;
	struct channel_message message;
	struct ipc_channel decision;
	int sock = dial(gateway_path);

	(void)state;
	use_policy("A3");
	event.loginuid = ANN;
	request = stop(&event);
	assert_int_equal(say(sock, IPC_HELLO, &hello, sizeof(hello))->body.request.approvals, 0);
	assert_int_equal(next(sock, &message), 1);
	decision = approval_by("sub-carla", request);
	assert_int_equal(say(sock, IPC_CHANNEL, &decision, sizeof(decision))->type, IPC_RESULT);
	assert_int_equal(next(sock, &message), 1);
	assert_int_equal(message.type, IPC_NOTIFY_OPEN);
	assert_int_equal(message.body.request.approvals, 1);
	assert_int_equal(message.body.request.approvals_needed, 2);
	close(sock);
}

/* What was refused is remembered when the gateway comes again. */
static void test_brake_outlives_a_connection(void **state)
{
	struct ipc_hello hello = { .notifiers = 1 };
	const struct request *request;
	struct ipc_channel decision;
	int error = 0;

	(void)state;
	use_policy("A3");
	request = open_one(1);
	decision = approval_by("sub-dave", request);
	for (int i = 0; i <= SLUICE_MAX_REFUSED; i++) {
		struct channel_message message;
		int sock = dial(gateway_path);

		say(sock, IPC_HELLO, &hello, sizeof(hello));
		assert_int_equal(next(sock, &message), 1);
		error = say(sock, IPC_CHANNEL, &decision, sizeof(decision))->body.result.error;
		close(sock);
		turn();
		assert_int_equal(error, i < SLUICE_MAX_REFUSED ? EACCES : EBUSY);
	}
}

/* Who was away hears how the questions ended that people may still look at. */
static void test_what_was_closed_lately_is_told(void **state)
{
	struct ipc_hello hello = { .notifiers = 1 };
	struct request *first = open_one(1), *second = open_one(2), *third = open_one(3);
	struct channel_message message;
	int sock;

	(void)state;
	assert_int_equal(decide(first, BOB, true, ""), 0);
	assert_int_equal(decide(second, BOB, false, "no"), 0);
	third->notice = true;
	assert_int_equal(decide(third, BOB, false, "no"), 0);
	sock = dial(gateway_path);
	assert_int_equal(say(sock, IPC_HELLO, &hello, sizeof(hello))->type, IPC_NOTIFY_CLOSED);
	assert_int_equal(next(sock, &message), 1);
	assert_int_equal(message.type, IPC_NOTIFY_CLOSED);
	assert_string_equal(message.body.request.id, second->id);
	assert_int_equal(message.body.request.state, IPC_DENIED);
	assert_int_equal(next(sock, &message), 1);
	assert_int_equal(message.type, IPC_NOTIFY_ALL);
	close(sock);
}

/* What can be revoked by its channels is told of, whatever was closed since. */
static void test_what_is_in_force_is_told(void **state)
{
	struct ipc_hello hello = { .notifiers = 1 };
	const struct channel_message *told;
	struct request *request = open_one(1);
	char id[16];
	int sock;

	(void)state;
	memcpy(id, request->id, sizeof(id));
	assert_int_equal(decide(request, BOB, true, ""), 0);
	close_many();
	sock = dial(gateway_path);
	told = say(sock, IPC_HELLO, &hello, sizeof(hello));
	assert_int_equal(told->type, IPC_NOTIFY_CLOSED);
	assert_string_equal(told->body.request.id, id);
	assert_int_equal(told->body.request.revocable, 1);
	close(sock);
}

/* Only from the gateway, and not before it has said who it is. */
static void test_decisions_of_others(void **state)
{
	const struct request *request;
	struct ipc_channel decision;
	int sock = dial(gateway_path);

	(void)state;
	use_policy("A3");
	request = open_one(1);
	decision = approval_by("sub-carla", request);
	assert_int_equal(say(sock, IPC_CHANNEL, &decision, sizeof(decision))->type, 0);
	close(sock);
	sock = dial(control_path);
	assert_int_equal(say(sock, IPC_CHANNEL, &decision, sizeof(decision))->type, 0);
	close(sock);
	assert_int_equal(request->state, IPC_PENDING);
}

static struct ipc_signed answer_of_carla(const struct request *request)
{
	struct channel_decision decision = decision_on(request, "sub-carla");
	struct signer signer = honest;
	struct ipc_signed answer = { .statement = "" };

	signer.seed = CARLAS;
	assert_int_equal(statement_write(&decision.statement, answer.statement,
					 sizeof(answer.statement)),
			 0);
	sign_text(&signer, answer.statement, answer.signature, sizeof(answer.signature));
	return answer;
}

/* Return: the error of the answer, which comes after what was to be told before; -1: ended. */
static int submit(int sock, const struct ipc_signed *answer)
{
	struct channel_message *message = say(sock, IPC_SUBMIT, answer, sizeof(*answer));

	while (message->type && message->type != IPC_RESULT)
		if (next(sock, message) != 1)
			message->type = 0;
	return message->type ? message->body.result.error : -1;
}

static int greeted(void)
{
	struct ipc_hello hello = { .notifiers = 1 };
	struct channel_message message;
	int sock = dial(gateway_path);

	say(sock, IPC_HELLO, &hello, sizeof(hello));
	while (next(sock, &message) == 1)
		;
	return sock;
}

/* A person's own key counts the same, whoever carries the answer: A3, though no channel has it. */
static void test_a_signed_answer(void **state)
{
	const struct request *request;
	struct ipc_signed answer;
	int sock;

	(void)state;
	web_tier = "A1";
	use_policy("A3");
	request = open_one(1);
	sock = greeted();
	answer = answer_of_carla(request);
	assert_int_equal(submit(sock, &answer), 0);
	assert_int_equal(request->state, IPC_APPROVED);
	assert_string_equal(request->decisions[0].person, "carla");
	assert_int_equal(request->decisions[0].tier, POLICY_A3);
	web_tier = "A3";
	close(sock);
}

/* Whoever has taken over the gateway can neither change it nor use it again or elsewhere. */
static void test_a_signed_answer_is_what_was_signed(void **state)
{
	const struct request *request, *other;
	struct ipc_signed answer, changed;
	int sock;

	(void)state;
	use_policy("A3");
	request = open_one(1);
	other = open_one(2);
	sock = greeted();
	answer = answer_of_carla(request);
	for (size_t i = 0; answer.statement[i]; i++) {
		changed = answer;
		changed.statement[i] ^= 1;
		assert_true(submit(sock, &changed) > 0);
	}
	assert_int_equal(request->n_decisions, 0);
	assert_int_equal(other->n_decisions, 0);
	assert_int_equal(submit(sock, &answer), 0);
	assert_int_equal(submit(sock, &answer), EALREADY);
	assert_int_equal(other->n_decisions, 0);
	close(sock);
}

/* Only after its hello, and not while it carries labels itself. */
static void test_a_signed_answer_by_whom(void **state)
{
	const struct request *request;
	struct ipc_signed answer;
	int sock = dial(gateway_path);

	(void)state;
	use_policy("A3");
	request = open_one(1);
	answer = answer_of_carla(request);
	assert_int_equal(submit(sock, &answer), -1);
	close(sock);
	sock = greeted();
	world.kernel.taint = SECRETS;
	assert_int_equal(submit(sock, &answer), EUCLEAN);
	assert_int_equal(request->state, IPC_PENDING);
	world.kernel.taint = 0;
	assert_int_equal(submit(sock, &answer), 0);
	close(sock);
}

/* How many requests the gateway was told of since it read last. */
static size_t told_of(int sock)
{
	struct channel_message message;
	size_t n = 0;

	turn();
	while (channel_receive(sock, &message) == 1)
		n += message.type == IPC_NOTIFY_OPEN;
	return n;
}

/* What it shows people and what they press are by the terms of before. */
static void test_hears_of_a_new_policy(void **state)
{
	struct ipc_hello hello = { .notifiers = 1 };
	int sock = dial(gateway_path);

	(void)state;
	open_one(1);
	say(sock, IPC_HELLO, &hello, sizeof(hello));
	told_of(sock);
	request_policy_changed(&world.agent);
	assert_int_equal(told_of(sock), 1);
	close(sock);
}

/* A gateway that said hello, and then reads no more. */
static int stalled_gateway(const struct request *request)
{
	struct ipc_hello hello = { .notifiers = 1 };
	int sock = dial(gateway_path);

	say(sock, IPC_HELLO, &hello, sizeof(hello));
	for (int i = 0; i < 300; i++) {
		control_notify(&world.agent, request);
		turn();
	}
	assert_true(world.agent.control->gateway->n_notes > 0);
	return sock;
}

/* What it brings may be what it is told of: it must not end before that is through. */
static void test_gateway_that_reads_nothing_ends_by_itself(void **state)
{
	const size_t most =
		2 * (SLUICE_MAX_REQUESTS + SLUICE_MAX_CLOSED + SLUICE_MAX_GRANTS);
	struct client *gateway;
	struct ipc_channel decision;
	const struct request *request;
	int sock;

	(void)state;
	use_policy("A3");
	request = open_one(1);
	sock = stalled_gateway(request);
	gateway = world.agent.control->gateway;
	while (gateway->n_notes - gateway->first < most) {
		assert_false(gateway->doomed);
		control_notify(&world.agent, request);
	}
	assert_false(gateway->doomed);
	decision = approval_by("sub-carla", request);
	assert_int_equal(channel_send(sock, IPC_CHANNEL, &decision, sizeof(decision)), 0);
	event_base_loop(world.agent.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	assert_int_equal(request->state, IPC_APPROVED); /* which it could not be told of */
	turn();
	assert_null(world.agent.control->gateway);
	assert_null(world.agent.control->clients);
	close(sock);
}

/* When its time to read is over, in ms; the clock of the loop is a coarse one. */
static long long end_of_time(const struct client *client)
{
	struct timeval end;

	assert_true(event_pending(client->writable, EV_TIMEOUT, &end));
	return end.tv_sec * 1000LL + end.tv_usec / 1000;
}

/* However much there is to tell it. */
static void test_stalled_gateway_has_its_time_only(void **state)
{
	struct channel_message message;
	const struct request *request = open_one(1);
	int sock = stalled_gateway(request);
	struct client *gateway = world.agent.control->gateway;
	long long before = end_of_time(gateway);

	(void)state;
	usleep(60000);
	control_notify(&world.agent, request);
	turn();
	assert_true(end_of_time(gateway) < before + 30);
	while (channel_receive(sock, &message) == 1) /* all that the socket has taken */
		;
	turn();
	assert_true(end_of_time(gateway) > before + 30);
	close(sock);
}

/* ---- the gateway's own code at the other end ---- */

static struct gateway_requests *known;
static char decided[256];

static void on_connected(void *arg)
{
	(void)arg;
	gateway_requests_begin(known);
}

static void on_all(void *arg)
{
	(void)arg;
	gateway_requests_complete(known, NULL, NULL);
}

static void on_open(void *arg, const struct ipc_request *request)
{
	(void)arg;
	gateway_requests_opened(known, request);
}

static void on_closed(void *arg, const struct ipc_request *request)
{
	(void)arg;
	gateway_requests_closed(known, request);
}

static void on_decided(void *arg, int error, const char *text)
{
	(void)arg;
	snprintf(decided, sizeof(decided), "%d %s", error, text);
}

static void use_keys(struct channel_keys **ret)
{
	char error[512];
	struct sshkey key;

	unsetenv("CREDENTIALS_DIRECTORY");
	assert_int_equal(channel_keys_load(world.folder, ret, error, sizeof(error)), 0);
	assert_int_equal(channel_keys_public(*ret, "web", &key), 0);
	sshkey_line(&key, web_key);
	use_policy("A3");
	web_key[0] = '\0';
}

static const char *decide_by(struct gateway_link *link, const char *id, const char *subject)
{
	const struct ipc_request *shown = gateway_requests_find(known, id);
	struct channel_decision decision;
	const char *why;

	assert_non_null(shown);
	channel_decision_begin(shown, &decision);
	snprintf(decision.channel, sizeof(decision.channel), "web");
	decision.tier = POLICY_A3;
	assert_int_equal(account_set(ACCOUNT_OIDC, IDP, subject, &decision.account, &why), 0);
	memcpy(decision.statement.answer.digest, shown->digest, sizeof(shown->digest));
	decision.statement.answer.approve = 1;
	decided[0] = '\0';
	assert_int_equal(gateway_link_decide(link, &decision, "{}", on_decided, NULL), 0);
	for (int i = 0; i < 20 && !*decided; i++)
		turn();
	turn();
	return decided;
}

static void test_from_page_to_grant(void **state)
{
	struct gateway_link_options options = { .path = gateway_path,
						.on_connected = on_connected,
						.on_all = on_all,
						.on_open = on_open,
						.on_closed = on_closed };
	struct channel_keys *keys = NULL;
	struct gateway_link *link = NULL;
	const struct request *request;

	(void)state;
	use_keys(&keys);
	options.keys = keys;
	request = open_one(1);
	assert_int_equal(gateway_requests_new(&known), 0);
	assert_int_equal(gateway_link_new(world.agent.base, &options, &link), 0);
	for (int i = 0; i < 20; i++)
		turn();
	assert_int_equal(gateway_requests_count(known, true), 1);
	assert_non_null(strstr(decide_by(link, request->id, "sub-ann"), "stands behind"));
	assert_int_equal(request->state, IPC_PENDING);
	assert_non_null(strstr(decide_by(link, request->id, "sub-carla"), "0 r-"));
	assert_int_equal(request->state, IPC_APPROVED);
	assert_int_equal(count_of("grant.issued"), 1);
	assert_int_equal(gateway_requests_count(known, true), 0);
	assert_string_equal(gateway_requests_find(known, request->id)->decisions[0].person,
			    "carla");
	gateway_link_free(link);
	known = gateway_requests_free(known);
	channel_keys_free(keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTROL_TEST(test_gateway),
		CONTROL_TEST(test_reports_are_bounded),
		CONTROL_TEST(test_metrics_for_the_gateway),
		CONTROL_TEST(test_undurable_request_is_told_to_nobody),
		CONTROL_TEST(test_a_decision),
		CONTROL_TEST(test_a_counted_approval_is_told),
		CONTROL_TEST(test_brake_outlives_a_connection),
		CONTROL_TEST(test_what_was_closed_lately_is_told),
		CONTROL_TEST(test_what_is_in_force_is_told),
		CONTROL_TEST(test_decisions_of_others),
		CONTROL_TEST(test_a_signed_answer),
		CONTROL_TEST(test_a_signed_answer_is_what_was_signed),
		CONTROL_TEST(test_a_signed_answer_by_whom),
		CONTROL_TEST(test_hears_of_a_new_policy),
		CONTROL_TEST(test_gateway_that_reads_nothing_ends_by_itself),
		CONTROL_TEST(test_stalled_gateway_has_its_time_only),
		CONTROL_TEST(test_from_page_to_grant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
