// SPDX-License-Identifier: Apache-2.0
/*
 * test_notifier_edit.c: the queue of a channel that edits what it has posted, or needs something
 * before it posts, against a made-up channel in a real loop. Sources: user/notifier/notifier_delivery.c,
 * user/notifier/notifier_attempt.c, user/notifier/notifier_queue.c.
 */
#include "notifier_fixture.h"

static void edits(bool more_anew)
{
	world.ops.edits = true;
	world.ops.more_anew = more_anew;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void restart(void)
{
	close_queue();
	open_queue();
}

static void post(const char *id)
{
	open_request(id, 600);
	run_loop();
}

static void test_answer_replaces_the_question(void **state)
{
	(void)state;
	edits(false);
	post("r-1");
	close_request("r-1");
	run_loop();
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open p1=r-1:closed ");
	assert_int_equal(world.n_reports, 1);
}

static void test_restart_knows_the_place(void **state)
{
	(void)state;
	edits(false);
	post("r-1");
	restart();
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open p1=r-1:closed ");
	restart();
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open p1=r-1:closed ");
}

static void test_more_people_by_an_edit(void **state)
{
	(void)state;
	edits(false);
	post("r-1");
	escalate_request("r-1");
	run_loop();
	restart();
	escalate_request("r-1");
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open p1=r-1:more p1=r-1:closed ");
	assert_report(1, "r-1", IPC_DELIVERED, 1, "");
}

static void test_more_people_by_a_message_of_their_own(void **state)
{
	(void)state;
	edits(true);
	post("r-1");
	escalate_request("r-1");
	run_loop();
	restart();
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:more p1=r-1:closed p2=r-1:closed ");
}

/* Each may be gone by now. */
static void test_what_cannot_be_replaced_is_posted_anew(void **state)
{
	(void)state;
	edits(false);
	post("r-1");
	world.script[1] = (struct notifier_result){ .outcome = NOTIFIER_REFUSED, .text = "gone" };
	world.script[2] = (struct notifier_result){ .outcome = NOTIFIER_AGAIN, .text = "busy" };
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open p1=r-1:closed r-1:closed r-1:closed ");
	close_request("r-1");
	run_loop();
	assert_int_equal(world.posts, 4);
}

static void test_one_card_with_a_counter(void **state)
{
	uint64_t start;

	(void)state;
	edits(false);
	post("r-1");
	start = now_ms();
	repeat_request("r-1", 2);
	run_loop();
	for (uint32_t tries = 3; tries < 60; tries++)
		repeat_request("r-1", tries);
	run_loop();
	assert_true(now_ms() - start >= 100);
	repeat_request("r-1", 59); /* it reads so already */
	run_loop();
	assert_string_equal(world.posted, "r-1:open p1=r-1:open2 p1=r-1:open59 ");
	assert_int_equal(world.n_reports, 1); /* nobody waits for an edit */
	restart();
	repeat_request("r-1", 59);
	run_loop();
	assert_int_equal(world.posts, 3);
	repeat_request("r-1", 60);
	run_loop();
	assert_int_equal(world.posts, 4);
}

/* What sluiced tells again after a connect counts as a change when it is one. */
static void test_open_once_more_is_a_change(void **state)
{
	struct ipc_request request = request_of("r-1", 600);

	(void)state;
	edits(false);
	post("r-1");
	request.tries = 7;
	notifier_queue_open(world.queue, &request);
	run_loop();
	assert_string_equal(world.posted, "r-1:open p1=r-1:open7 ");
	assert_report(1, "r-1", IPC_DELIVERED, 0, "");
}

static void test_change_of_what_is_under_way_follows_it(void **state)
{
	(void)state;
	edits(false);
	open_request("r-1", 600);
	repeat_request("r-1", 2);
	repeat_request("r-1", 3);
	run_loop();
	assert_string_equal(world.posted, "r-1:open p1=r-1:open3 ");
}

static void test_change_of_what_waits_is_in_it(void **state)
{
	(void)state;
	world.script[0] = (struct notifier_result){ .outcome = NOTIFIER_AGAIN, .text = "busy" };
	open_request("r-1", 600);
	while (world.n_reports == 0)
		event_base_loop(world.base, EVLOOP_ONCE);
	repeat_request("r-1", 4);
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:open4 ");
	repeat_request("r-1", 5); /* this channel cannot edit */
	run_loop();
	assert_int_equal(world.posts, 2);
}

static void test_change_without_a_question_or_after_the_answer_is_nothing(void **state)
{
	(void)state;
	edits(false);
	repeat_request("r-1", 2);
	run_loop();
	post("r-2");
	close_request("r-2");
	repeat_request("r-2", 2);
	run_loop();
	repeat_request("r-2", 3);
	run_loop();
	assert_string_equal(world.posted, "r-2:open p1=r-2:closed ");
}

/* An edit that waits for its time holds neither more people nor the answer up. */
static void test_waiting_edit_gives_way(void **state)
{
	(void)state;
	edits(false);
	world.context.edit_gap_ms = 60000;
	post("r-1");
	repeat_request("r-1", 2);
	run_loop();
	repeat_request("r-1", 3); /* in a minute */
	escalate_request("r-1");
	run_loop();
	repeat_request("r-1", 4); /* the same */
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open p1=r-1:open2 p1=r-1:more p1=r-1:closed ");
}

static void test_lost_edit_is_no_lost_question(void **state)
{
	(void)state;
	edits(false);
	post("r-1");
	world.script[1] = (struct notifier_result){ .outcome = NOTIFIER_REFUSED, .text = "gone" };
	repeat_request("r-1", 2);
	run_loop();
	assert_int_equal(world.n_reports, 1);
	assert_int_equal(world.posts, 2);
}

static void test_revocation_replaces_the_answer(void **state)
{
	(void)state;
	edits(true);
	post("r-1");
	escalate_request("r-1");
	run_loop();
	close_request("r-1");
	run_loop();
	revoke_request("r-1", 7001);
	run_loop();
	revoke_request("r-1", 7001);
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:more p1=r-1:closed p2=r-1:closed "
					  "p1=r-1:revoked p2=r-1:revoked ");
	restart();
	revoke_request("r-1", 7001);
	run_loop();
	assert_int_equal(world.posts, 6);
	revoke_request("r-1", 9001); /* what was left of it */
	run_loop();
	restart();
	revoke_request("r-1", 9001);
	run_loop();
	assert_int_equal(world.posts, 8);
}

static void test_revocation_of_what_was_posted_anew(void **state)
{
	(void)state;
	edits(false);
	post("r-1");
	world.script[1] = (struct notifier_result){ .outcome = NOTIFIER_REFUSED, .text = "gone" };
	close_request("r-1");
	run_loop();
	revoke_request("r-1", 7001);
	run_loop();
	assert_string_equal(world.posted, "r-1:open p1=r-1:closed r-1:closed p2=r-1:revoked ");
}

static void prepares(void)
{
	world.ops.prepare = fake_prepare;
	world.ops.cancel = fake_cancel;
}

static void test_prepared_before_the_post(void **state)
{
	(void)state;
	prepares();
	open_request("r-1", 600);
	assert_string_equal(world.posted, "");
	run_loop();
	assert_string_equal(world.posted, "r-1:open ");
	assert_int_equal(world.prepared, 2);
	assert_report(0, "r-1", IPC_DELIVERED, 1, "");
}

static void test_failure_to_prepare_is_tried_again(void **state)
{
	(void)state;
	prepares();
	world.prepare_error = -EACCES;
	open_request("r-1", 600);
	run_loop();
	assert_report(0, "r-1", IPC_RETRYING, 1, "no token");
	assert_report(1, "r-1", IPC_DELIVERED, 2, "");
	assert_string_equal(world.posted, "r-1:open ");
}

static void test_preparing_ends_with_the_queue(void **state)
{
	(void)state;
	prepares();
	open_request("r-1", 600);
	assert_non_null(world.preparing);
	close_queue();
	assert_null(world.preparing);
	open_queue();
	run_loop();
	assert_string_equal(world.posted, "");
}

static void test_question_closed_while_preparing_is_not_posted(void **state)
{
	(void)state;
	prepares();
	world.prepare_error = -EACCES;
	open_request("r-1", 600);
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "");
	assert_int_equal(world.n_reports, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NOTIFIER_TEST(test_answer_replaces_the_question),
		NOTIFIER_TEST(test_restart_knows_the_place),
		NOTIFIER_TEST(test_more_people_by_an_edit),
		NOTIFIER_TEST(test_more_people_by_a_message_of_their_own),
		NOTIFIER_TEST(test_what_cannot_be_replaced_is_posted_anew),
		NOTIFIER_TEST(test_one_card_with_a_counter),
		NOTIFIER_TEST(test_open_once_more_is_a_change),
		NOTIFIER_TEST(test_change_of_what_is_under_way_follows_it),
		NOTIFIER_TEST(test_change_of_what_waits_is_in_it),
		NOTIFIER_TEST(test_change_without_a_question_or_after_the_answer_is_nothing),
		NOTIFIER_TEST(test_waiting_edit_gives_way),
		NOTIFIER_TEST(test_lost_edit_is_no_lost_question),
		NOTIFIER_TEST(test_revocation_replaces_the_answer),
		NOTIFIER_TEST(test_revocation_of_what_was_posted_anew),
		NOTIFIER_TEST(test_prepared_before_the_post),
		NOTIFIER_TEST(test_failure_to_prepare_is_tried_again),
		NOTIFIER_TEST(test_preparing_ends_with_the_queue),
		NOTIFIER_TEST(test_question_closed_while_preparing_is_not_posted),
	};

	log_set_level(LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
