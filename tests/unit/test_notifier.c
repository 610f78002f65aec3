// SPDX-License-Identifier: Apache-2.0
/*
 * test_notifier.c: the queue of a channel against a made-up channel in a real loop: retries,
 * back-off, expiry, what is reported. Sources: user/notifier/notifier_queue.c.
 */
#include "notifier_fixture.h"

static void test_posted_once_and_reported(void **state)
{
	(void)state;
	open_request("r-1", 600);
	open_request("r-1", 600); /* while it is under way */
	run_loop();
	open_request("r-1", 600); /* after it arrived */
	run_loop();
	assert_string_equal(world.posted, "r-1:open ");
	assert_int_equal(world.n_reports, 2);
	assert_report(0, "r-1", IPC_DELIVERED, 1, "");
	assert_report(1, "r-1", IPC_DELIVERED, 0, "");
}

static void test_tried_again_until_taken(void **state)
{
	(void)state;
	world.script[0] = (struct notifier_result){ .outcome = NOTIFIER_AGAIN, .text = "busy" };
	world.script[1] = (struct notifier_result){ .outcome = NOTIFIER_UNKNOWN,
						    .text = "silence" };
	open_request("r-1", 600);
	run_loop();
	assert_int_equal(world.posts, 3);
	assert_report(0, "r-1", IPC_RETRYING, 1, "busy");
	assert_report(1, "r-1", IPC_RETRYING, 2, "silence");
	assert_report(2, "r-1", IPC_DELIVERED, 3, "");
}

static void test_gives_up_after_max_attempts(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++)
		world.script[i] = (struct notifier_result){ .outcome = NOTIFIER_AGAIN,
							    .text = "busy" };
	open_request("r-1", 600);
	run_loop();
	assert_int_equal(world.posts, 4);
	assert_int_equal(world.n_reports, 4);
	assert_report(3, "r-1", IPC_FAILED, 4, "busy; gave up after 4 attempts");
	open_request("r-1", 600); /* sluiced is back and asks again: a new chance */
	run_loop();
	assert_int_equal(world.posts, 8);
}

static void test_refusal_is_final(void **state)
{
	(void)state;
	world.script[0] = (struct notifier_result){ .outcome = NOTIFIER_REFUSED,
						    .text = "HTTP 404" };
	open_request("r-1", 600);
	run_loop();
	assert_int_equal(world.posts, 1);
	assert_int_equal(world.n_reports, 1);
	assert_report(0, "r-1", IPC_FAILED, 1, "HTTP 404");
}

static void test_expiry_ends_it(void **state)
{
	(void)state;
	world.script[0] = (struct notifier_result){ .outcome = NOTIFIER_AGAIN,
						    .wait_s = 120,
						    .text = "busy" };
	open_request("r-0", -1);
	open_request("r-1", 100);
	run_loop();
	assert_int_equal(world.posts, 1);
	assert_report(0, "r-0", IPC_FAILED, 0, "expired before");
	assert_report(1, "r-1", IPC_FAILED, 1, "expires before the next attempt");
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void test_waits_as_long_as_asked_and_so_does_the_channel(void **state)
{
	uint64_t start = now_ms();

	(void)state;
	world.script[0] = (struct notifier_result){ .outcome = NOTIFIER_AGAIN,
						    .wait_s = 1,
						    .text = "HTTP 429" };
	open_request("r-1", 600);
	while (world.n_reports == 0)
		event_base_loop(world.base, EVLOOP_ONCE);
	open_request("r-2", 600);
	assert_int_equal(world.flying, 0); /* the other message keeps silent too */
	run_loop();
	assert_true(now_ms() - start >= 1000);
	assert_int_equal(world.posts, 3);
}

static int latest_timer(const struct event_base *base, const struct event *event, void *arg)
{
	struct timeval *latest = arg, at;

	(void)base;
	if (event_pending(event, EV_TIMEOUT, &at) && at.tv_sec > latest->tv_sec)
		*latest = at;
	return 0;
}

/* A hostile or broken server asks for centuries. */
static void test_no_answer_silences_the_channel_for_good(void **state)
{
	static const uint64_t waits_s[] = { 1000000000, UINT64_MAX / 1000 + 1, UINT64_MAX };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(waits_s); i++) {
		struct timeval latest = {}, now;

		notifier_queue_free(world.queue);
		assert_int_equal(notifier_queue_new(&world.context, &world.notifier, &world.queue),
				 0);
		world.n_reports = 0;
		world.script[world.posts] = (struct notifier_result){ .outcome = NOTIFIER_AGAIN,
								      .wait_s = waits_s[i],
								      .text = "HTTP 429" };
		open_request("r-1", 600);
		while (world.n_reports == 0)
			event_base_loop(world.base, EVLOOP_ONCE);
		assert_report(0, "r-1", IPC_FAILED, 1,
			      "HTTP 429; the request expires before the next attempt");
		open_request("r-2", 600); /* this one may still be posted in time */
		event_base_foreach_event(world.base, latest_timer, &latest);
		event_base_gettimeofday_cached(world.base, &now);
		assert_in_range(latest.tv_sec - now.tv_sec, 200, 400);
	}
}

static void test_back_off_grows(void **state)
{
	uint64_t start = now_ms();

	(void)state;
	world.context.delay_ms = 40;
	for (int i = 0; i < 3; i++)
		world.script[i] = (struct notifier_result){ .outcome = NOTIFIER_AGAIN,
							    .text = "busy" };
	open_request("r-1", 600);
	run_loop();
	/* at least half of 40, 80 and 160; at most all of them and the loop's own time */
	assert_in_range(now_ms() - start, 140, 2000);
}

static void test_few_at_a_time(void **state)
{
	char id[16];

	(void)state;
	for (int i = 0; i < 12; i++) {
		snprintf(id, sizeof(id), "r-%d", i);
		open_request(id, 600);
	}
	run_loop();
	assert_int_equal(world.n_reports, 12);
	assert_int_equal(world.most_flying, 4);
}

static void test_answer_follows_what_was_posted(void **state)
{
	(void)state;
	close_request("r-0"); /* nobody was told */
	open_request("r-1", 600);
	run_loop();
	close_request("r-1");
	close_request("r-1");
	run_loop();
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:closed ");
	assert_int_equal(world.n_reports, 1); /* of the question only */
}

static void test_answer_waits_for_the_question_under_way(void **state)
{
	(void)state;
	open_request("r-1", 600);
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:closed ");
}

static void wait_for_retry(enum notifier_outcome outcome)
{
	world.script[0] =
		(struct notifier_result){ .outcome = outcome, .wait_s = 60, .text = "busy" };
	open_request("r-1", 600);
	while (world.n_reports == 0)
		event_base_loop(world.base, EVLOOP_ONCE);
	close_request("r-1");
}

static void test_question_that_nobody_saw_is_dropped(void **state)
{
	(void)state;
	wait_for_retry(NOTIFIER_AGAIN);
	run_loop(); /* returns at once: nothing waits any more */
	assert_string_equal(world.posted, "r-1:open ");
}

static void test_question_that_may_have_been_seen_is_answered(void **state)
{
	(void)state;
	world.script[0] = (struct notifier_result){ .outcome = NOTIFIER_UNKNOWN,
						    .text = "silence" };
	world.context.delay_ms = 2000;
	open_request("r-1", 600);
	while (world.n_reports == 0)
		event_base_loop(world.base, EVLOOP_ONCE);
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:closed ");
	assert_int_equal(world.posts, 2);
}

static void test_more_people_get_it_once(void **state)
{
	(void)state;
	open_request("r-1", 600);
	run_loop();
	escalate_request("r-1");
	escalate_request("r-1");
	run_loop();
	escalate_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:more ");
	assert_report(1, "r-1", IPC_DELIVERED, 1, "");
	close_queue();
	open_queue(); /* a restart forgets nothing */
	escalate_request("r-1");
	run_loop();
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:more r-1:closed ");
}

/* Under way, it goes out after; waiting, in place of what nobody has seen. */
static void test_more_people_before_the_first_have_it(void **state)
{
	(void)state;
	open_request("r-1", 600);
	escalate_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:more ");
	world.posted[0] = '\0';
	world.posts = 0;
	world.script[0] = (struct notifier_result){ .outcome = NOTIFIER_AGAIN, .text = "busy" };
	open_request("r-2", 600);
	escalate_request("r-2");
	run_loop();
	assert_string_equal(world.posted, "r-2:open r-2:more ");
	assert_int_equal(world.posts, 2);
	escalate_request("r-3"); /* the gateway was away before */
	run_loop();
	assert_string_equal(world.posted, "r-2:open r-2:more r-3:more ");
}

/* What was decided goes to nobody else any more. */
static void test_answer_goes_before_more_people(void **state)
{
	(void)state;
	open_request("r-1", 600);
	escalate_request("r-1");
	close_request("r-1");
	escalate_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:closed ");
	world.posts = 0;
	world.script[0] = (struct notifier_result){ .outcome = NOTIFIER_AGAIN, .text = "busy" };
	world.posted[0] = '\0';
	open_request("r-2", 600);
	run_loop();
	world.posts = 0;
	world.context.delay_ms = 2000;
	escalate_request("r-2");
	while (world.n_reports < 4)
		event_base_loop(world.base, EVLOOP_ONCE);
	close_request("r-2"); /* the first was seen */
	run_loop();
	assert_string_equal(world.posted, "r-2:open r-2:open r-2:more r-2:closed ");
}

/* Nobody hears of it who never heard of the request. */
static void test_revocation_is_told_once(void **state)
{
	(void)state;
	revoke_request("r-0", 7001);
	open_request("r-1", 600);
	run_loop();
	close_request("r-1");
	run_loop();
	for (int i = 0; i < 3; i++) {
		revoke_request("r-1", 7001);
		run_loop();
		close_queue();
		open_queue();
	}
	close_request("r-1");
	revoke_request("r-1", 9001);
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:closed r-1:revoked r-1:revoked ");
	assert_int_equal(world.n_reports, 1);
}

/* Only the last word counts, whatever is on its way. */
static void test_revocation_before_the_answer_arrived(void **state)
{
	(void)state;
	open_request("r-1", 600);
	close_request("r-1"); /* behind the question, which is being posted */
	revoke_request("r-1", 7001);
	revoke_request("r-1", 7001);
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:revoked ");
	open_request("r-2", 600);
	run_loop();
	world.script[3] = (struct notifier_result){ .outcome = NOTIFIER_AGAIN, .text = "busy" };
	close_request("r-2");
	revoke_request("r-2", 7001); /* the answer is being posted, and fails */
	run_loop();
	assert_string_equal(world.posted,
			    "r-1:open r-1:revoked r-2:open r-2:closed r-2:revoked ");
}

static void test_problems_before_the_post_are_reported(void **state)
{
	(void)state;
	world.render_errno = EINVAL;
	open_request("r-1", 600);
	assert_report(0, "r-1", IPC_FAILED, 0, "no well-formed id");
	world.render_errno = 0;
	world.post_error = -ENOMEM;
	open_request("r-2", 600);
	assert_report(1, "r-2", IPC_RETRYING, 1, "Cannot allocate memory");
	world.post_error = 0;
	run_loop();
	assert_report(2, "r-2", IPC_DELIVERED, 2, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NOTIFIER_TEST(test_posted_once_and_reported),
		NOTIFIER_TEST(test_tried_again_until_taken),
		NOTIFIER_TEST(test_gives_up_after_max_attempts),
		NOTIFIER_TEST(test_refusal_is_final),
		NOTIFIER_TEST(test_expiry_ends_it),
		NOTIFIER_TEST(test_waits_as_long_as_asked_and_so_does_the_channel),
		NOTIFIER_TEST(test_no_answer_silences_the_channel_for_good),
		NOTIFIER_TEST(test_back_off_grows),
		NOTIFIER_TEST(test_few_at_a_time),
		NOTIFIER_TEST(test_answer_follows_what_was_posted),
		NOTIFIER_TEST(test_answer_waits_for_the_question_under_way),
		NOTIFIER_TEST(test_question_that_nobody_saw_is_dropped),
		NOTIFIER_TEST(test_question_that_may_have_been_seen_is_answered),
		NOTIFIER_TEST(test_more_people_get_it_once),
		NOTIFIER_TEST(test_more_people_before_the_first_have_it),
		NOTIFIER_TEST(test_answer_goes_before_more_people),
		NOTIFIER_TEST(test_revocation_is_told_once),
		NOTIFIER_TEST(test_revocation_before_the_answer_arrived),
		NOTIFIER_TEST(test_problems_before_the_post_are_reported),
	};

	log_set_level(LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
