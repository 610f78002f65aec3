// SPDX-License-Identifier: Apache-2.0
/*
 * test_gateway_requests.c: the gateway's list of requests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/when.h"
#include "gateway/gateway_requests.h"

static struct gateway_requests *list;
static char seen[64];

static int setup(void **state)
{
	(void)state;
	log_set_level(LOG_EMERG);
	return gateway_requests_new(&list);
}

static int teardown(void **state)
{
	(void)state;
	list = gateway_requests_free(list);
	return 0;
}

static const struct ipc_request *request_of(const char *id, enum ipc_state state)
{
	static struct ipc_request request;

	request = (struct ipc_request){ .state = (uint8_t)state, .target = "/srv/customers" };
	snprintf(request.id, sizeof(request.id), "%s", id);
	return &request;
}

static bool note(void *arg, const struct ipc_request *request)
{
	(void)arg;
	snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s ", request->id);
	return true;
}

static const char *listed(bool open)
{
	seen[0] = '\0';
	gateway_requests_each(list, open, 0, note, NULL);
	return seen;
}

static void open_one(const char *id)
{
	gateway_requests_opened(list, request_of(id, IPC_PENDING));
}

static void close_one(const char *id, enum ipc_state state)
{
	gateway_requests_closed(list, request_of(id, state));
}

static void test_open_and_closed(void **state)
{
	uint64_t version = gateway_requests_version(list);

	(void)state;
	open_one("r-1");
	open_one("r-2");
	open_one("r-3");
	assert_true(gateway_requests_version(list) > version);
	assert_string_equal(listed(true), "r-1 r-2 r-3 ");
	close_one("r-2", IPC_APPROVED);
	close_one("r-1", IPC_DENIED);
	assert_string_equal(listed(true), "r-3 ");
	assert_string_equal(listed(false), "r-1 r-2 ");
	assert_int_equal(gateway_requests_count(list, true), 1);
	assert_int_equal(gateway_requests_count(list, false), 2);
	assert_int_equal(gateway_requests_find(list, "r-2")->state, IPC_APPROVED);
	assert_string_equal(gateway_requests_find(list, "r-3")->target, "/srv/customers");
	assert_null(gateway_requests_find(list, "r-4"));
	close_one("r-4", IPC_EXPIRED); /* never seen open */
	assert_string_equal(listed(false), "r-4 r-1 r-2 ");
	gateway_requests_opened(list, request_of("r-glass-broken", IPC_APPROVED));
	assert_string_equal(listed(true), "r-3 "); /* a notice is no question */
}

/* The whole of it, also what stands at the ends of its arrays. */
static void test_nothing_is_lost(void **state)
{
	static struct ipc_request full;
	struct ipc_request *request = &full;

	(void)state;
	memset(request, 'x', sizeof(*request));
	strcpy(request->id, "r-1");
	request->state = IPC_PENDING;
	request->n_sources = SLUICE_MAX_SOURCES;
	request->n_decisions = SLUICE_MAX_REVIEWERS;
	request->n_told = 0; /* sluiced tells the gateway nothing of that */
	memset(request->told, 0, sizeof(request->told));
	gateway_requests_opened(list, request);
	assert_memory_equal(gateway_requests_find(list, "r-1"), request, sizeof(*request));
	request->n_sources = 1;
	request->n_decisions = 2;
	gateway_requests_opened(list, request);
	assert_memory_equal(gateway_requests_find(list, "r-1")->sources, request->sources,
			    sizeof(request->sources[0]));
	assert_memory_equal(gateway_requests_find(list, "r-1")->decisions, request->decisions,
			    2 * sizeof(request->decisions[0]));
	assert_string_equal(gateway_requests_find(list, "r-1")->decisions[2].person, "");
	assert_int_equal(gateway_requests_count(list, true), 1);
}

static void test_told_again_keeps_its_place(void **state)
{
	(void)state;
	open_one("r-1");
	open_one("r-2");
	open_one("r-1");
	assert_string_equal(listed(true), "r-1 r-2 ");
	close_one("r-1", IPC_DENIED);
	close_one("r-1", IPC_DENIED);
	assert_string_equal(listed(false), "r-1 ");
}

/* What ended while nobody listened is not shown as open for ever. */
static void test_after_a_connection_was_lost(void **state)
{
	(void)state;
	open_one("r-1");
	open_one("r-2");
	gateway_requests_begin(list);
	assert_string_equal(listed(true), "r-1 r-2 "); /* nobody knows yet */
	open_one("r-2");
	open_one("r-3");
	gateway_requests_complete(list, NULL, NULL);
	assert_string_equal(listed(true), "r-2 r-3 ");
	assert_int_equal(gateway_requests_find(list, "r-1")->state, IPC_GONE);
	assert_non_null(strstr(gateway_requests_find(list, "r-1")->outcome, "sluice show r-1"));
}

static void test_bounds(void **state)
{
	char id[16];

	(void)state;
	for (int i = 0; i < SLUICE_MAX_REQUESTS + 10; i++) {
		snprintf(id, sizeof(id), "r-%d", i);
		open_one(id);
	}
	assert_int_equal(gateway_requests_count(list, true), SLUICE_MAX_REQUESTS);
	assert_non_null(gateway_requests_find(list, "r-0"));
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "r-%d", i);
		close_one(id, IPC_DENIED);
	}
	assert_int_equal(gateway_requests_count(list, true), SLUICE_MAX_REQUESTS - 1000);
	assert_int_equal(gateway_requests_count(list, false), 256);
	assert_non_null(gateway_requests_find(list, "r-999"));
	assert_null(gateway_requests_find(list, "r-0"));
}

static void close_many(void)
{
	char id[16];

	for (int i = 0; i < SLUICE_TOLD_CLOSED + 10; i++) {
		snprintf(id, sizeof(id), "r-short-%d", i);
		close_one(id, IPC_EXPIRED);
	}
}

static void close_in_force(const char *id, uint64_t ago_s, uint32_t standing_s)
{
	struct ipc_request request = *request_of(id, IPC_APPROVED);

	request.revocable = 1;
	request.closed_ms = when_now() - ago_s * 1000;
	request.duration_s = 300;
	request.n_decisions = 1;
	request.decisions[0].standing_s = standing_s;
	gateway_requests_closed(list, &request);
}

/* Else whoever got an approval could make many short requests, and nobody could revoke it here. */
static void test_in_force_outlasts_others(void **state)
{
	(void)state;
	close_in_force("r-grant", 0, 0);
	close_in_force("r-stands", 9 * 86400, 10 * 86400);
	close_in_force("r-before", 3600, 0); /* by a rule that let it be for longer */
	close_in_force("r-over", 86401, 0);
	close_many();
	assert_int_equal(gateway_requests_count(list, false), SLUICE_TOLD_CLOSED + 3);
	assert_int_equal(gateway_requests_find(list, "r-grant")->revocable, 1);
	assert_non_null(gateway_requests_find(list, "r-stands"));
	assert_non_null(gateway_requests_find(list, "r-before"));
	assert_null(gateway_requests_find(list, "r-over"));
	close_one("r-grant", IPC_APPROVED); /* revoked */
	close_many();
	assert_null(gateway_requests_find(list, "r-grant"));
	assert_int_equal(gateway_requests_count(list, false), SLUICE_TOLD_CLOSED + 2);
}

static void on_change(void *arg, const struct ipc_request *request, bool updated)
{
	const char *how = updated			 ? "updated"
			  : request->state != IPC_PENDING ? "closed"
			  : request->escalated_s	 ? "escalated"
							 : "opened";

	(void)arg;
	snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s %s, ", request->id, how);
}

static const char *changes(void)
{
	static char text[sizeof(seen)];

	memcpy(text, seen, sizeof(text));
	seen[0] = '\0';
	return text;
}

static void open_changed(uint32_t escalated_s, uint16_t approvals)
{
	struct ipc_request request = *request_of("r-1", IPC_PENDING);

	request.escalated_s = escalated_s;
	request.approvals = approvals;
	gateway_requests_opened(list, &request);
}

/* Nothing that was approved is in force any more. */
static void closed_changed(void)
{
	struct ipc_request request = *request_of("r-1", IPC_APPROVED);

	snprintf(request.outcome, sizeof(request.outcome), "approved by erin; revoked by bob");
	gateway_requests_closed(list, &request);
}

/* Each change once; what sluiced tells anew after a connection was lost is none. */
static void revoked(uint64_t time_ms)
{
	struct ipc_request request = *request_of("r-1", IPC_APPROVED);

	request.revoked.time_ms = time_ms;
	gateway_requests_closed(list, &request);
}

static void test_watched(void **state)
{
	(void)state;
	seen[0] = '\0';
	open_one("r-0"); /* nobody watches */
	gateway_requests_watch(list, on_change, NULL);
	open_one("r-1");
	assert_string_equal(changes(), "r-1 opened, ");
	open_one("r-1");
	open_one("r-0");
	assert_string_equal(changes(), "");
	open_changed(0, 1);
	assert_string_equal(changes(), "r-1 updated, ");
	open_changed(60, 1);
	assert_string_equal(changes(), "r-1 escalated, ");
	open_changed(60, 1);
	open_changed(60, 2);
	assert_string_equal(changes(), "r-1 updated, ");
	close_one("r-1", IPC_APPROVED);
	close_one("r-1", IPC_APPROVED);
	assert_string_equal(changes(), "r-1 closed, ");
	closed_changed();
	closed_changed();
	assert_string_equal(changes(), "r-1 updated, ");
	revoked(1000); /* an event of its own */
	revoked(1000);
	assert_string_equal(changes(), "r-1 closed, ");
	gateway_requests_begin(list);
	gateway_requests_complete(list, NULL, NULL); /* r-0 ended unseen */
	assert_string_equal(changes(), "r-0 closed, ");
	gateway_requests_opened(list, request_of("r-glass-broken", IPC_APPROVED));
	assert_string_equal(changes(), "r-glass-broken closed, ");
	gateway_requests_watch(list, NULL, NULL);
	close_one("r-9", IPC_GONE);
	assert_string_equal(changes(), "");
}

#define LIST_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIST_TEST(test_open_and_closed),
		LIST_TEST(test_nothing_is_lost),
		LIST_TEST(test_told_again_keeps_its_place),
		LIST_TEST(test_after_a_connection_was_lost),
		LIST_TEST(test_bounds),
		LIST_TEST(test_in_force_outlasts_others),
		LIST_TEST(test_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
