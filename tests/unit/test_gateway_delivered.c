// SPDX-License-Identifier: Apache-2.0
/*
 * test_gateway_delivered.c: what was delivered is remembered over a restart of the gateway, as the
 * queue of a channel sees it. Sources: user/gateway_delivered.c.
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
		NOTIFIER_TEST(test_state_folder_must_be_there),
	};

	log_set_level(LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
