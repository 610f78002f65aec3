// SPDX-License-Identifier: Apache-2.0
/*
 * test_gateway_delivered.c: what was delivered is remembered over a restart of the gateway, as the
 * queue of a channel sees it. Sources: user/gateway/gateway_delivered.c.
 */
#include "notifier_fixture.h"

static void test_restart_remembers(void **state)
{
	struct ipc_request other = request_of("r-1", 600);

	(void)state;
	open_request("r-1", 600);
	run_loop();
	close_queue();
	open_queue();
	open_request("r-1", 600);
	run_loop();
	assert_string_equal(world.posted, "r-1:open ");
	assert_report(1, "r-1", IPC_DELIVERED, 0, "");
	other.digest[0] = '0'; /* the same id for another request, after a reinstallation */
	notifier_queue_open(world.queue, &other);
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:open ");
	close_request("r-1");
	run_loop();
	close_queue();
	open_queue();
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:open r-1:closed ");
}

static void write_state(const char *text)
{
	char path[64];
	FILE *file;

	close_queue();
	snprintf(path, sizeof(path), "%s/delivered", world.folder);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	open_queue();
}

static void test_state_file_is_read_line_by_line(void **state)
{
	(void)state;
	write_state("open fake r-1 3f9a22c1d0e1f2a3 99999999999\n"
		    "open fake r-2 3f9a22c1d0e1f2a3 1000\n" /* long expired */
		    "nonsense\n\n"
		    "open fake r-3 3f9a22c1d0e1f2a3 99999999999 more\n"
		    "open other r-4 3f9a22c1d0e1f2a3 99999999999\n"
		    "closed fake r-5 3f9a22c1d0e1f2a3 99999999999\n"
		    "open fake r-6 3f9a22c1d0e1f2a3 99999999999"); /* torn */
	for (char id[] = "r-1"; id[2] <= '6'; id[2]++)
		open_request(id, 600);
	run_loop();
	assert_report(0, "r-1", IPC_DELIVERED, 0, "");
	assert_int_equal(world.posts, 5);
}

static bool is_r2(void *arg, const struct delivered_request *request)
{
	(void)arg;
	return strcmp(request->id, "r-2") == 0;
}

static void settle(void)
{
	notifier_queue_settle(world.queue, is_r2, NULL);
	run_loop();
}

static void restart(void)
{
	close_queue();
	open_queue();
}

static void test_closed_while_the_gateway_was_away(void **state)
{
	(void)state;
	open_request("r-1", 600);
	escalate_request("r-1");
	open_request("r-2", 600);
	run_loop();
	restart();
	world.posted[0] = '\0';
	settle();
	assert_string_equal(world.posted, "r-1:closed ");
	restart();
	settle();
	assert_string_equal(world.posted, "r-1:closed ");
}

/* Neither sluiced nor the channel tells whether it arrived. */
static void test_killed_while_it_was_posted(void **state)
{
	(void)state;
	open_request("r-1", 600);
	open_request("r-2", 600);
	restart();
	world.posted[0] = '\0';
	settle();
	open_request("r-2", 600);
	run_loop();
	restart();
	settle();
	assert_string_equal(world.posted, "r-1:closed r-2:open ");
}

static void test_killed_after_it_was_refused(void **state)
{
	(void)state;
	world.script[0] = (struct notifier_result){ .outcome = NOTIFIER_REFUSED, .text = "no" };
	world.script[1] = (struct notifier_result){ .outcome = NOTIFIER_UNKNOWN, .text = "?" };
	world.script[2] = (struct notifier_result){ .outcome = NOTIFIER_REFUSED, .text = "no" };
	open_request("r-1", 600);
	run_loop();
	open_request("r-3", 600);
	run_loop();
	restart();
	world.posted[0] = '\0';
	settle();
	assert_string_equal(world.posted, "r-3:closed ");
}

/* It may have been seen in an earlier life, whatever becomes of the attempts of this one. */
static void test_seen_before_the_restart_is_answered_after_it(void **state)
{
	(void)state;
	open_request("r-2", 600);
	restart();
	world.posted[0] = '\0';
	world.script[0] = (struct notifier_result){ .outcome = NOTIFIER_REFUSED, .text = "no" };
	open_request("r-2", 600);
	run_loop();
	close_request("r-2");
	run_loop();
	assert_string_equal(world.posted, "r-2:open r-2:closed ");
}

static void test_notice_has_no_answer(void **state)
{
	struct ipc_request notice = request_of("r-1", 600);

	(void)state;
	notice.state = IPC_DENIED;
	notifier_queue_open(world.queue, &notice);
	notifier_queue_open(world.queue, &notice);
	run_loop();
	restart();
	settle();
	notifier_queue_open(world.queue, &notice);
	run_loop();
	assert_string_equal(world.posted, "r-1:closed ");
	assert_report(0, "r-1", IPC_DELIVERED, 1, "");
	assert_report(1, "r-1", IPC_DELIVERED, 0, "");
}

static void test_places_are_read_as_they_are_written(void **state)
{
	(void)state;
	write_state("open fake r-1 3f9a22c1d0e1f2a3 99999999999 00000001 https://a/b;c\n"
		    "open fake r-2 3f9a22c1d0e1f2a3 99999999999 00000001 two words\n"
		    "try fake r-3 3f9a22c1d0e1f2a3 99999999999\n"
		    "try fake r-3 3f9a22c1d0e1f2a3 0\n");
	world.ops.edits = true;
	settle();
	assert_string_equal(world.posted, "https://a/b;c=r-1:closed ");
}

/* What is in force may be revoked for as long, and the message that says so must be found then. */
static void test_kept_while_it_can_be_revoked(void **state)
{
	uint64_t now_ms = (uint64_t)time(NULL) * 1000;
	struct ipc_request request = request_of("r-1", 600);
	struct delivered_request key;
	char text[160];

	(void)state;
	request.state = IPC_APPROVED;
	request.closed_ms = now_ms;
	assert_int_equal(delivered_request(&request).expires_ms, request.expires_ms);
	request.revocable = 1;
	request.n_decisions = 1;
	request.decisions[0].standing_s = 9 * 86400;
	key = delivered_request(&request);
	assert_int_equal(key.expires_ms, now_ms + 9 * 86400000ULL);
	/* posted nine days ago; the answer came in time and said how long it may be revoked */
	snprintf(text, sizeof(text),
		 "open fake r-1 3f9a22c1d0e1f2a3 1000 00000001 p1\n"
		 "open fake r-1 3f9a22c1d0e1f2a3 %llu 00000001 p1\n",
		 (unsigned long long)key.expires_ms / 1000);
	write_state(text);
	world.ops.edits = true;
	revoke_request("r-1", now_ms);
	run_loop();
	assert_string_equal(world.posted, "p1=r-1:revoked ");
	request.revocable = 0;
	request.revoked.time_ms = now_ms;
	assert_int_equal(delivered_request(&request).expires_ms, key.expires_ms);
}

/* The answer's edit has the question kept as long as the answer. */
static void test_an_answer_has_the_question_kept(void **state)
{
	struct ipc_request request = request_of("r-1", 600);
	struct delivered_post *post;
	char path[64], line[256] = "";
	unsigned int n = 0;
	FILE *file;

	(void)state;
	world.ops.edits = true;
	open_request("r-1", 600);
	run_loop();
	request.state = IPC_APPROVED;
	request.closed_ms = 99999999999000;
	request.revocable = 1;
	notifier_queue_closed(world.queue, &request);
	run_loop();
	close_queue();
	open_queue(); /* written anew */
	snprintf(path, sizeof(path), "%s/delivered", world.folder);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (strstr(line, " 100000086399")) /* and a day */
			n += strncmp(line, "open ", 5) == 0 || strncmp(line, "closed ", 7) == 0;
	fclose(file);
	assert_int_equal(n, 2);
	post = delivered_find(world.delivered, "fake", DELIVERED_OPEN,
			      &(struct delivered_request){ .id = "r-1",
							   .digest = "3f9a22c1d0e1f2a3" });
	assert_non_null(post);
	assert_string_equal(post->place, "p1");
}

/* As if it were on disk: a test may append thousands of lines. */
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
	(void)fd;
	return 0;
}

/* So many that the file is written anew meanwhile, without what has expired; and takes one back. */
static void add_many(void *arg, const struct delivered_request *request)
{
	struct delivered_request other = { .digest = "3f9a22c1d0e1f2a3" };

	snprintf(world.posted + strlen(world.posted), sizeof(world.posted) - strlen(world.posted),
		 "%s ", request->id);
	for (unsigned int i = 0; i < 16384 && !*(bool *)arg; i++) {
		snprintf(other.id, sizeof(other.id), "r-%u", 100 + i);
		assert_int_equal(delivered_add(world.delivered, "other", DELIVERED_OPEN, &other, "",
					       0),
				 0);
	}
	*(bool *)arg = true;
	snprintf(other.id, sizeof(other.id), "r-2");
	assert_int_equal(delivered_remove(world.delivered, "fake", DELIVERED_OPEN, &other), 0);
}

/* What is done with one of the unanswered may free it and others: a question is posted then. */
static void test_written_anew_while_they_are_gone_through(void **state)
{
	struct delivered_request request = { .expires_ms = 1000, .digest = "3f9a22c1d0e1f2a3" };
	bool added = false;

	(void)state;
	for (int i = 1; i <= 3; i++) {
		snprintf(request.id, sizeof(request.id), "r-%d", i);
		assert_int_equal(delivered_add(world.delivered, "fake", DELIVERED_OPEN, &request,
					       "", 0),
				 0);
	}
	assert_int_equal(delivered_unanswered(world.delivered, "fake", add_many, &added), 0);
	assert_string_equal(world.posted, "r-1 r-2 r-3 ");
	assert_null(delivered_find(world.delivered, "fake", DELIVERED_OPEN, &request));
}

static void test_where_people_may_press(void **state)
{
	const struct delivered_request request = { .id = "r-1",
						   .digest = "3f9a22c1d0e1f2a3",
						   .expires_ms = UINT32_MAX * 1000ULL };
	const char *places[DELIVERED_PLACES];

	(void)state;
	delivered_places(world.delivered, "fake", &request, places);
	for (size_t i = 0; i < DELIVERED_PLACES; i++)
		assert_null(places[i]);
	for (int kind = DELIVERED_OPEN; kind <= DELIVERED_TRIED; kind++) {
		const char place[] = { (char)('a' + kind), '\0' };

		assert_int_equal(delivered_add(world.delivered, "fake", (enum delivered_kind)kind,
					       &request, place, 1),
				 0);
	}
	delivered_places(world.delivered, "fake", &request, places);
	assert_string_equal(places[0], "a");
	assert_string_equal(places[1], "c"); /* to more people */
	assert_string_equal(places[2], "b"); /* how it ended */
	assert_string_equal(places[3], "e"); /* that it was revoked */
}

static void test_state_folder_must_be_there(void **state)
{
	struct delivered *none = NULL;

	(void)state;
	assert_int_equal(delivered_load("/nonexistent", &none), -ENOENT);
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NOTIFIER_TEST(test_restart_remembers),
		NOTIFIER_TEST(test_state_file_is_read_line_by_line),
		NOTIFIER_TEST(test_closed_while_the_gateway_was_away),
		NOTIFIER_TEST(test_killed_while_it_was_posted),
		NOTIFIER_TEST(test_killed_after_it_was_refused),
		NOTIFIER_TEST(test_seen_before_the_restart_is_answered_after_it),
		NOTIFIER_TEST(test_notice_has_no_answer),
		NOTIFIER_TEST(test_places_are_read_as_they_are_written),
		NOTIFIER_TEST(test_written_anew_while_they_are_gone_through),
		NOTIFIER_TEST(test_where_people_may_press),
		NOTIFIER_TEST(test_state_folder_must_be_there),
		NOTIFIER_TEST(test_kept_while_it_can_be_revoked),
		NOTIFIER_TEST(test_an_answer_has_the_question_kept),
	};

	log_set_level(LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
