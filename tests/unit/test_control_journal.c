/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_control_journal.c: who is given the journal, how much of it, and what may be said of its
 * copies.
 */
#include "control_fixture.h"
#include "policy/policy.h"

static struct policy *policy(void)
{
	return (struct policy *)world.agent.policy;
}

static int greet(unsigned int sinks)
{
	struct ipc_hello hello = { .sinks = sinks };
	int sock = dial(gateway_path);

	assert_int_equal(say(sock, IPC_HELLO, &hello, sizeof(hello))->type, IPC_NOTIFY_ALL);
	return sock;
}

/* The next message after the loop's turn, with its descriptor. */
static int news(int sock, struct channel_message *message, int *fd)
{
	int r = -EAGAIN;

	*fd = -1;
	control_notify_journal(&world.agent);
	for (int i = 0; i < 10 && r == -EAGAIN; i++) {
		turn();
		r = channel_receive_file(sock, message, fd);
	}
	return r;
}

static void test_given_once(void **state)
{
	struct channel_message message;
	char byte;
	int sock, fd;

	(void)state;
	policy()->settings.journal_to_gateway = true;
	record_add(&world.agent, NULL, json_object(), "agent.start", "it starts");
	record_commit(&world.agent);
	sock = greet(1);
	assert_int_equal(news(sock, &message, &fd), 1);
	assert_int_equal(message.type, IPC_NOTIFY_JOURNAL);
	assert_int_equal(message.body.journal.bytes, journal_durable(world.agent.journal));
	assert_int_equal(message.body.journal.entries, 1);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, 0), 1);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	close(fd);
	assert_int_equal(news(sock, &message, &fd), -EAGAIN); /* nothing has changed */
	record_add(&world.agent, NULL, json_object(), "agent.stop", "it stops");
	assert_int_equal(news(sock, &message, &fd), -EAGAIN); /* not durable yet */
	record_commit(&world.agent);
	assert_int_equal(news(sock, &message, &fd), 1);
	assert_int_equal(message.body.journal.entries, 2);
	assert_int_equal(fd, -1);
	close(sock);
	turn();
	sock = greet(1);
	assert_int_equal(news(sock, &message, &fd), 1);
	assert_true(fd >= 0);
	close(fd);
	close(sock);
}

static void test_only_with_the_policy(void **state)
{
	struct channel_message message;
	int sock, fd;

	(void)state;
	record_add(&world.agent, NULL, json_object(), "agent.start", "it starts");
	record_commit(&world.agent);
	sock = greet(1);
	assert_int_equal(news(sock, &message, &fd), 1);
	assert_int_equal(message.body.journal.refused, 1);
	assert_int_equal(message.body.journal.bytes, 0);
	assert_int_equal(fd, -1);
	assert_int_equal(news(sock, &message, &fd), -EAGAIN);
	policy()->settings.journal_to_gateway = true; /* a reload */
	assert_int_equal(news(sock, &message, &fd), 1);
	assert_int_equal(message.body.journal.refused, 0);
	assert_true(fd >= 0);
	close(fd);
	close(sock);
	turn();
	sock = greet(0); /* it has nowhere to send it to */
	assert_int_equal(news(sock, &message, &fd), -EAGAIN);
	close(sock);
}

static void test_copies(void **state)
{
	struct ipc_sink sink = {
		.name = "folder-a", .state = IPC_SINK_SENT, .held = 100, .receipt = 7
	};
	int sock = greet(1), status = dial(control_path);
	const struct ipc_status *shown;
	struct channel_message *message;

	(void)state;
	assert_int_equal(channel_send(sock, IPC_SINK, &sink, sizeof(sink)), 0);
	sink.held = 200; /* it grows: no entry each time */
	assert_int_equal(channel_send(sock, IPC_SINK, &sink, sizeof(sink)), 0);
	turn();
	assert_int_equal(count_of("journal.sink"), 1);
	sink.state = IPC_SINK_DIVERGED;
	strcpy(sink.text, "the journal was cut");
	assert_int_equal(channel_send(sock, IPC_SINK, &sink, sizeof(sink)), 0);
	turn();
	assert_int_equal(count_of("journal.sink"), 2);
	assert_string_equal(member(entry_of("journal.sink"), "state"), "diverged");
	message = say(status, IPC_STATUS, NULL, 0);
	shown = &message->body.status;
	assert_int_equal(shown->n_sinks, 1);
	assert_string_equal(shown->sinks[0].name, "folder-a");
	assert_int_equal(shown->sinks[0].held, 200);
	assert_int_equal(shown->sinks[0].receipt, 1);
	assert_string_equal(shown->sinks[0].text, "the journal was cut");
	for (int i = 0; i < 200; i++) { /* one that somebody has taken over */
		snprintf(sink.name, sizeof(sink.name), "x-%d", i);
		assert_int_equal(channel_send(sock, IPC_SINK, &sink, sizeof(sink)), 0);
		turn();
	}
	assert_int_equal(count_of("journal.sink"), 2 + SLUICE_MAX_SINKS - 1);
	for (int i = 0; i < 200; i++) {
		sink.state = i % 2 ? IPC_SINK_SENT : IPC_SINK_RETRYING;
		strcpy(sink.name, "folder-a");
		assert_int_equal(channel_send(sock, IPC_SINK, &sink, sizeof(sink)), 0);
		turn();
	}
	assert_true(count_of("journal.sink") <= 2 * CONTROL_SINK_ENTRIES);
	sink.state = 9;
	assert_int_equal(channel_send(sock, IPC_SINK, &sink, sizeof(sink)), 0);
	assert_int_equal(next(sock, message), 0);
	close(sock);
	close(status);
}

static void report(int sock, const char *name, enum ipc_sink_state state, uint64_t held,
		   uint32_t receipt)
{
	struct ipc_sink sink = { .state = state, .held = held, .receipt = receipt };

	snprintf(sink.name, sizeof(sink.name), "%s", name);
	assert_int_equal(channel_send(sock, IPC_SINK, &sink, sizeof(sink)), 0);
	turn();
}

static void stays(const char *part)
{
	const char *why = control_not_copied(&world.agent, 1000, 10);

	assert_non_null(why);
	if (!strstr(why, part))
		fail_msg("%s: %s", part, why);
}

/* Only what each place that the gateway has says itself lets a file of the journal go. */
static void test_held_off_the_host(void **state)
{
	int sock;

	(void)state;
	assert_null(control_not_copied(&world.agent, 1000, 10)); /* it is to leave nowhere */
	policy()->settings.journal_to_gateway = true;
	stays("not connected");
	sock = greet(3);
	stays("have said what they hold");
	report(sock, "folder-a", IPC_SINK_SENT, 999, 1);
	stays("to hold it");
	report(sock, "folder-a", IPC_SINK_RETRYING, 1000, 1);
	stays("have said what they hold");
	report(sock, "syslog", IPC_SINK_SENT, 1000, 0);
	report(sock, "witness-w", IPC_SINK_SENT, 9, 1); /* entries */
	stays("to hold it");
	report(sock, "witness-w", IPC_SINK_SENT, 10, 1);
	assert_null(control_not_copied(&world.agent, 1000, 10));
	report(sock, "folder-a", IPC_SINK_DIVERGED, 2000, 1);
	stays("to hold it");
	report(sock, "folder-a", IPC_SINK_SENT, 2000, 1);
	assert_null(control_not_copied(&world.agent, 1000, 10));
	close(sock);
	turn();
	stays("not connected");
	sock = greet(2); /* what was said to an earlier one does not count: it may have other places */
	stays("have said what they hold");
	report(sock, "syslog", IPC_SINK_SENT, 1000, 0);
	report(sock, "witness-w", IPC_SINK_SENT, 10, 1);
	stays("no place");
	close(sock);
	turn();
	sock = greet(0);
	assert_null(control_not_copied(&world.agent, 1000, 10));
	close(sock);
}

static void test_cosigned(void **state)
{
	struct ipc_cosigned cosigned = {
		.name = "witness-w", .note = "host.example/journal\n1\nroot\n\n\xe2\x80\x94 w x\n"
	};
	struct channel_message message;
	int sock = greet(1);

	(void)state;
	assert_int_equal(channel_send(sock, IPC_COSIGNED, &cosigned, sizeof(cosigned)), 0);
	turn();
	assert_string_equal(member(entry_of("journal.witness"), "note"), cosigned.note);
	assert_string_equal(member(entry_of("journal.witness"), "witness"), "witness-w");
	strcpy(cosigned.note, "other.example/journal\n1\nroot\n\n");
	assert_int_equal(channel_send(sock, IPC_COSIGNED, &cosigned, sizeof(cosigned)), 0);
	assert_int_equal(next(sock, &message), 0);
	assert_int_equal(count_of("journal.witness"), 1);
	close(sock);
}

/* Each card has it, and it stays the same when the daemon starts again: or cards were edited. */
static void test_on_requests(void **state)
{
	struct ipc_hello hello = { .notifiers = 1 };
	const struct request *request;
	struct ipc_request first;
	uint64_t entries;
	int sock;

	(void)state;
	record_add(&world.agent, NULL, json_object(), "agent.start", "it starts");
	record_commit(&world.agent);
	entries = journal_signed(world.agent.journal);
	open_one(1);
	sock = dial(gateway_path);
	first = say(sock, IPC_HELLO, &hello, sizeof(hello))->body.request;
	assert_int_equal(first.journal_entries, entries);
	assert_string_equal(first.journal_root, journal_root(world.agent.journal));
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(entry_of("request.opened"), "signed"), "entries")),
			 entries);
	close(sock);
	turn();
	record_add(&world.agent, NULL, json_object(), "agent.stop", "it stops");
	record_commit(&world.agent);
	world.agent.control = control_close(world.agent.control);
	restart();
	request = request_find(world.agent.requests, first.id);
	assert_int_equal(request->journal_entries, entries);
	assert_string_equal(request->journal_root, journal_root(world.agent.journal));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTROL_TEST(test_given_once),	CONTROL_TEST(test_only_with_the_policy),
		CONTROL_TEST(test_copies),	CONTROL_TEST(test_held_off_the_host), CONTROL_TEST(test_cosigned),
		CONTROL_TEST(test_on_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
