// SPDX-License-Identifier: Apache-2.0
/*
 * test_notifier_standby.c: channels that come after others: who posts when the one before fails, is
 * slow, or does not. Sources: user/notifier/notifier_standby.c.
 */
#include "notifier_fixture.h"

#define CHANNELS 3

static struct notifier notifiers[CHANNELS];
static struct notifier_queue *queues[CHANNELS];

static void heard(const struct ipc_delivery *delivery)
{
	for (size_t i = 0; i < CHANNELS; i++)
		notifier_queue_heard(queues[i], delivery);
}

static void open_all(void)
{
	for (size_t i = 0; i < CHANNELS; i++)
		assert_int_equal(notifier_queue_new(&world.context, &notifiers[i], &queues[i]), 0);
}

static int setup_all(void **state)
{
	static const char *const pages[CHANNELS] = { "1/", "2/", "3/" };

	if (setup(state) < 0)
		return -1;
	for (size_t i = 0; i < CHANNELS; i++) {
		notifiers[i] = (struct notifier){ .ops = &world.ops,
						  .max_attempts = 4,
						  .page = pages[i],
						  .hand_over_s = 600,
						  .before = i > 0 ? &notifiers[i - 1] : NULL };
		snprintf(notifiers[i].name, sizeof(notifiers[i].name), "fake-%zu", i + 1);
	}
	world.heard = heard;
	open_all();
	return 0;
}

static void close_all(void)
{
	for (size_t i = 0; i < CHANNELS; i++)
		queues[i] = notifier_queue_free(queues[i]);
}

static int teardown_all(void **state)
{
	close_all();
	return teardown(state);
}

static void tell(const char *id, uint32_t escalated_s)
{
	struct ipc_request request = request_of(id, 86400);

	request.escalated_s = escalated_s;
	for (size_t i = CHANNELS; i-- > 0;)
		notifier_queue_open(queues[i], &request);
}

static void tell_closed(const char *id)
{
	struct ipc_request request = request_of(id, 86400);

	request.state = IPC_DENIED;
	for (size_t i = 0; i < CHANNELS; i++)
		notifier_queue_closed(queues[i], &request);
}

static void next_refuses(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		world.script[world.posts + i] =
			(struct notifier_result){ .outcome = NOTIFIER_REFUSED, .text = "no" };
}

static bool reported(const char *notifier, uint32_t report, const char *text)
{
	for (unsigned int i = 0; i < world.n_reports; i++)
		if (strcmp(world.reports[i].notifier, notifier) == 0 &&
		    world.reports[i].state == report && strcmp(world.reports[i].text, text) == 0)
			return true;
	return false;
}

/* The loop has nothing left to wait for: nobody stands by any more. */
static void test_what_the_first_posts_the_others_do_not(void **state)
{
	(void)state;
	tell("r-1", 0);
	assert_true(reported("fake-2", IPC_STANDBY, "waits for fake-1"));
	assert_true(reported("fake-3", IPC_STANDBY, "waits for fake-2"));
	run_loop();
	tell("r-1", 0);
	run_loop();
	assert_string_equal(world.posted, "1/r-1:open ");
	assert_true(reported("fake-2", IPC_STANDBY, "not needed, posted by fake-1"));
	assert_true(reported("fake-3", IPC_STANDBY, "not needed, posted by fake-1"));
	tell_closed("r-1");
	run_loop();
	assert_string_equal(world.posted, "1/r-1:open 1/r-1:closed ");
}

static void test_what_one_cannot_post_the_next_does(void **state)
{
	(void)state;
	next_refuses(2);
	tell("r-1", 0);
	run_loop();
	assert_string_equal(world.posted, "1/r-1:open 2/r-1:open 3/r-1:open ");
	assert_true(reported("fake-1", IPC_FAILED, "no"));
	assert_true(reported("fake-2", IPC_FAILED, "no"));
	assert_true(reported("fake-3", IPC_DELIVERED, ""));
	tell_closed("r-1");
	run_loop();
	assert_string_equal(world.posted, "1/r-1:open 2/r-1:open 3/r-1:open 3/r-1:closed ");
}

static void test_the_second_ends_the_wait_of_the_third(void **state)
{
	(void)state;
	next_refuses(1);
	tell("r-1", 0);
	run_loop();
	assert_string_equal(world.posted, "1/r-1:open 2/r-1:open ");
	assert_true(reported("fake-3", IPC_STANDBY, "not needed, posted by fake-2"));
}

static void test_one_that_takes_too_long_is_not_waited_for(void **state)
{
	(void)state;
	notifiers[1].hand_over_s = 1;
	world.script[0] =
		(struct notifier_result){ .outcome = NOTIFIER_AGAIN, .wait_s = 2, .text = "busy" };
	tell("r-1", 0);
	run_loop();
	assert_string_equal(world.posted, "1/r-1:open 2/r-1:open 1/r-1:open ");
	tell_closed("r-1");
	run_loop();
	assert_string_equal(world.posted, "1/r-1:open 2/r-1:open 1/r-1:open 1/r-1:closed "
					  "2/r-1:closed ");
}

static void test_closed_while_the_first_tries(void **state)
{
	(void)state;
	world.script[0] =
		(struct notifier_result){ .outcome = NOTIFIER_AGAIN, .wait_s = 60, .text = "busy" };
	tell("r-1", 0);
	while (!reported("fake-1", IPC_RETRYING, "busy"))
		event_base_loop(world.base, EVLOOP_ONCE);
	tell_closed("r-1");
	run_loop();
	assert_string_equal(world.posted, "1/r-1:open ");
}

static void test_more_people_are_handed_over_too(void **state)
{
	(void)state;
	tell("r-1", 0);
	run_loop();
	next_refuses(1);
	tell("r-1", 300);
	run_loop();
	assert_string_equal(world.posted, "1/r-1:open 1/r-1:more 2/r-1:more ");
}

/* A restart neither takes it back nor hands it over once more. */
static void test_restart_after_the_hand_over(void **state)
{
	(void)state;
	next_refuses(1);
	tell("r-1", 0);
	run_loop();
	close_all();
	close_queue();
	open_queue();
	open_all();
	next_refuses(1);
	tell("r-1", 0); /* the first has a new chance */
	run_loop();
	assert_string_equal(world.posted, "1/r-1:open 2/r-1:open 1/r-1:open ");
}

/* It fails at once, while the request is told. In this channel the second fails the same way first,
 * and tries again. */
static void test_problem_before_the_post_is_the_next_ones_turn(void **state)
{
	(void)state;
	world.post_error = -ENOMEM;
	notifiers[0].max_attempts = 1;
	tell("r-1", 0);
	world.post_error = 0;
	run_loop();
	assert_string_equal(world.posted, "2/r-1:open ");
	tell("r-2", 0);
	run_loop();
	assert_string_equal(world.posted, "2/r-1:open 1/r-2:open ");
}

#define STANDBY_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup_all, teardown_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STANDBY_TEST(test_what_the_first_posts_the_others_do_not),
		STANDBY_TEST(test_what_one_cannot_post_the_next_does),
		STANDBY_TEST(test_the_second_ends_the_wait_of_the_third),
		STANDBY_TEST(test_one_that_takes_too_long_is_not_waited_for),
		STANDBY_TEST(test_closed_while_the_first_tries),
		STANDBY_TEST(test_more_people_are_handed_over_too),
		STANDBY_TEST(test_restart_after_the_hand_over),
		STANDBY_TEST(test_problem_before_the_post_is_the_next_ones_turn),
	};

	log_set_level(LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
