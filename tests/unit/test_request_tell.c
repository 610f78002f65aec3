/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_request_tell.c: what the terminal of a process that waits shows, and when people hear again.
 */
#include "terminal_fixture.h"

static struct terminal own;

static pid_t add_at_terminal(void)
{
	struct fake_process p = { .pid = add_child(), .ppid = 1, .uid = ANN, .euid = ANN,
				  .loginuid = ANN, .tty = own.number };

	add_process(&p);
	set_descriptor(p.pid, 2, own.path);
	return p.pid;
}

static struct request *open_at_terminal(bool hold)
{
	struct sluice_event event = make_stop(add_at_terminal(), ANN, SLUICE_OPEN, CUSTOMERS, hold);

	event.loginuid = ANN;
	return stop(&event);
}

static int setup(void **state)
{
	int r = agent_setup(state);

	own = make_terminal();
	return r;
}

static int teardown(void **state)
{
	end_terminal(&own);
	return agent_teardown(state);
}

static void test_held_and_approved(void **state)
{
	const struct request *request = open_at_terminal(true);
	const char *screen = screen_of(&own);
	struct tm tm;
	char text[64];
	time_t expires = (time_t)(request->expires_ms / 1000);

	(void)state;
	assert_non_null(strstr(screen, "sluice: python3["));
	assert_non_null(strstr(screen, "is stopped until somebody approves"));
	assert_non_null(strstr(screen, "/srv/customers/list.csv"));
	assert_non_null(strstr(screen, request->id));
	assert_non_null(strstr(screen, "asked: owners"));
	gmtime_r(&expires, &tm);
	strftime(text, sizeof(text), "until %F %T UTC", &tm);
	assert_non_null(strstr(screen, text));
	assert_int_equal(decide(request, BOB, true, ""), 0);
	screen = screen_of(&own);
	snprintf(text, sizeof(text), "request %s is approved: approved by bob", request->id);
	assert_non_null(strstr(screen, text));
}

static void test_refused_at_once(void **state)
{
	const struct request *request = open_at_terminal(false);
	char text[64];

	(void)state;
	assert_non_null(strstr(screen_of(&own), "was refused, and may try again"));
	assert_int_equal(decide(request, BOB, false, "no\033[2J"), 0);
	snprintf(text, sizeof(text), "request %s is denied", request->id);
	assert_non_null(strstr(screen_of(&own), text));
}

/* Names are chosen by whoever likes; so are reasons. */
static void test_nothing_moves_the_cursor(void **state)
{
	struct sluice_event event = make_stop(add_at_terminal(), ANN, SLUICE_OPEN, CUSTOMERS, true);
	const struct request *request;
	const char *screen;

	(void)state;
	event.loginuid = ANN;
	memcpy(event.path, "\033[2J\r\n\0customers\0srv", 21);
	event.path_len = 21;
	memcpy(event.comm, "a\033]0;x\007b", 9);
	request = stop(&event);
	screen = screen_of(&own);
	assert_non_null(strstr(screen, "sluice: a\\x1b]0;x\\x07b["));
	assert_null(strchr(screen, '\033'));
	assert_null(strchr(screen, '\007'));
	assert_int_equal(decide(request, BOB, false, "no\033[2J\007"), 0);
	screen = screen_of(&own);
	assert_non_null(strstr(screen, "no\\x1b[2J"));
	assert_null(strchr(screen, '\033'));
}

static void test_switched_off(void **state)
{
	struct policy *policy = (struct policy *)world.agent.policy;
	const struct request *request;

	(void)state;
	policy->requests.terminal = false;
	request = open_at_terminal(true);
	assert_int_equal(decide(request, BOB, true, ""), 0);
	assert_string_equal(screen_of(&own), "");
}

static void test_one_line_each(void **state)
{
	struct sluice_event event = make_stop(add_at_terminal(), ANN, SLUICE_OPEN, CUSTOMERS, true);
	char id[16];

	(void)state;
	event.loginuid = ANN;
	memcpy(id, stop(&event)->id, sizeof(id));
	assert_true(*screen_of(&own));
	stop(&event);
	assert_string_equal(screen_of(&own), "");
	restart();
	assert_string_equal(screen_of(&own), "");
	request_refuse(&world.agent, request_find(world.agent.requests, id), IPC_EXPIRED, "late");
	assert_non_null(strstr(screen_of(&own), "is expired: late"));
}

static void test_terminal_that_takes_nothing(void **state)
{
	static char much[65536];
	const struct request *request;

	(void)state;
	fcntl(own.open, F_SETFL, O_NONBLOCK);
	while (write(own.open, much, sizeof(much)) > 0)
		;
	request = open_at_terminal(true);
	assert_int_equal(request->state, IPC_PENDING);
	assert_int_equal(decide(request, BOB, true, ""), 0);
}

/* Twice as often as they know, and not at each try. */
static void test_people_hear_of_repeats(void **state)
{
	struct request *request = open_at_terminal(true);
	struct requests *requests = world.agent.requests;

	(void)state;
	request_tell_repeats(&world.agent);
	assert_int_equal(request->told_tries, 0);
	requests->look_ns = 0;
	world.kernel.asks[0].ask.tries = 5;
	request_tell_repeats(&world.agent);
	assert_int_equal(request->told_tries, 5);
	world.kernel.asks[0].ask.tries = 10;
	request_tell_repeats(&world.agent); /* too soon */
	assert_int_equal(request->told_tries, 5);
	requests->look_ns = 0;
	world.kernel.asks[0].ask.tries = 9;
	request_tell_repeats(&world.agent);
	assert_int_equal(request->told_tries, 5);
	requests->look_ns = 0;
	world.kernel.asks[0].ask.tries = 10;
	request_tell_repeats(&world.agent);
	assert_int_equal(request->told_tries, 10);
	assert_false(request->changed); /* they were told */
	assert_int_equal(count_of("request.opened"), 1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_held_and_approved),
		TEST(test_refused_at_once),
		TEST(test_nothing_moves_the_cursor),
		TEST(test_switched_off),
		TEST(test_one_line_each),
		TEST(test_terminal_that_takes_nothing),
		TEST(test_people_hear_of_repeats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
