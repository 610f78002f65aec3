// SPDX-License-Identifier: Apache-2.0
/*
 * test_request_told.c: what a request keeps of the gateway's reports. Sources: user/request/request_told.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "request/request_told.h"

static struct request request;
static struct requests requests;
static struct ipc_request shown;

static int setup(void **state)
{
	(void)state;
	request = (struct request){};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(request.told_by);
	return 0;
}

static void note(const char *notifier, uint32_t report, uint32_t attempt, const char *text,
		 uint64_t time_ms)
{
	struct ipc_delivery delivery = { .state = report, .attempt = attempt };

	snprintf(delivery.notifier, sizeof(delivery.notifier), "%s", notifier);
	snprintf(delivery.text, sizeof(delivery.text), "%s", text);
	request_told_note(&request, &delivery, time_ms);
	shown = (struct ipc_request){};
	request_told_describe(&request, &shown);
}

static void test_the_last_report_of_each_channel(void **state)
{
	(void)state;
	note("teams", IPC_RETRYING, 1, "HTTP 503", 10);
	note("second", IPC_STANDBY, 0, "waits for teams", 11);
	note("teams", IPC_DELIVERED, 2, "", 12);
	assert_int_equal(shown.n_told, 2);
	assert_string_equal(shown.told[0].notifier, "teams");
	assert_int_equal(shown.told[0].state, IPC_DELIVERED);
	assert_int_equal(shown.told[0].attempt, 2);
	assert_int_equal(shown.told[0].time_ms, 12);
	assert_string_equal(shown.told[0].text, "");
	assert_string_equal(shown.told[1].text, "waits for teams");
}

/* After each connect the gateway says once more what it had said. */
static void test_told_again_changes_nothing(void **state)
{
	(void)state;
	note("teams", IPC_DELIVERED, 2, "", 12);
	note("teams", IPC_DELIVERED, 0, "", 99);
	assert_int_equal(shown.told[0].attempt, 2);
	assert_int_equal(shown.told[0].time_ms, 12);
	note("second", IPC_STANDBY, 0, "waits for teams", 13);
	note("second", IPC_STANDBY, 0, "waits for teams", 14);
	assert_int_equal(shown.told[1].time_ms, 13);
	note("second", IPC_STANDBY, 0, "not needed, posted by teams", 15);
	assert_string_equal(shown.told[1].text, "not needed, posted by teams");
	assert_int_equal(shown.told[1].time_ms, 15);
}

static void test_no_more_channels_than_there_can_be(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i < 3 * SLUICE_MAX_NOTIFIERS; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		note(name, IPC_FAILED, 1, "no", 1);
	}
	assert_int_equal(shown.n_told, SLUICE_MAX_NOTIFIERS);
	assert_string_equal(shown.told[SLUICE_MAX_NOTIFIERS - 1].notifier, "c7");
}

static uint32_t replay(const char *text)
{
	json_t *entry = json_loads(text, 0, NULL);
	uint32_t report = request_told_replay(&requests, &request, entry);

	json_decref(entry);
	shown = (struct ipc_request){};
	request_told_describe(&request, &shown);
	return report;
}

static void test_read_back_from_the_journal(void **state)
{
	(void)state;
	assert_int_equal(replay("{\"notifier\": \"teams\", \"state\": \"retrying\", "
				"\"attempt\": 4, \"text\": \"HTTP 503\", \"time\": 77}"),
			 IPC_RETRYING);
	assert_int_equal(shown.n_told, 1);
	assert_int_equal(shown.told[0].state, IPC_RETRYING);
	assert_int_equal(shown.told[0].attempt, 4);
	assert_int_equal(shown.told[0].time_ms, 77);
	assert_string_equal(shown.told[0].text, "HTTP 503");
	assert_int_equal(replay("{\"notifier\": \"teams\", \"state\": \"nonsense\"}"), 0);
	assert_int_equal(replay("{\"notifier\": \"teams\"}"), 0);
	assert_int_equal(shown.told[0].state, IPC_RETRYING);
	assert_int_equal(request_told_replay(&requests, NULL, NULL), 0);
}

#define TOLD_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TOLD_TEST(test_the_last_report_of_each_channel),
		TOLD_TEST(test_told_again_changes_nothing),
		TOLD_TEST(test_no_more_channels_than_there_can_be),
		TOLD_TEST(test_read_back_from_the_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
