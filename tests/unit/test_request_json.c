// SPDX-License-Identifier: Apache-2.0
/*
 * test_request_json.c: requests as JSON for other programs. Sources: user/notifier/request_json.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "notifier/request_json.h"

static struct ipc_request request;

static int setup(void **state)
{
	(void)state;
	escape_locale();
	request = (struct ipc_request){ .id = "r-1",
					.digest = "3f9a",
					.action = "egress",
					.target = "198.51.100.7 port 443 tcp",
					.labels = "pii, secret",
					.opened_ms = 1000,
					.closed_ms = 9000,
					.n_sources = 1,
					.sources = { { .path = "/data/a" } } };
	return 0;
}

static void test_types(void **state)
{
	(void)state;
	assert_string_equal(request_event_type(&request), "request.opened");
	request.escalated_s = 60;
	assert_string_equal(request_event_type(&request), "request.escalated");
	for (uint8_t i = IPC_APPROVED; i < IPC_STATES; i++) {
		request.state = i;
		assert_string_equal(request_event_type(&request), "request.closed");
	}
	request.state = IPC_APPROVED;
	request.revoked.time_ms = 12000;
	assert_string_equal(request_event_type(&request), "request.revoked");
	strcpy(request.action, "break-glass");
	assert_string_equal(request_event_type(&request), "glass.broken");
	request.state = IPC_EXPIRED;
	assert_string_equal(request_event_type(&request), "glass.mended");
}

static json_t *event(const char *page)
{
	_cleanup_free_ char *text = request_event(&request, request_event_type(&request), page);
	json_t *json;

	assert_non_null(text);
	assert_null(strpbrk(text, "\r\n")); /* one line of an event stream */
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	return json;
}

static const char *text_of(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name)) ?: "";
}

static void test_revoked(void **state)
{
	json_auto_t *before = NULL, *revoked = NULL;

	(void)state;
	request.state = IPC_APPROVED;
	before = event(NULL);
	assert_true(json_is_null(json_object_get(json_object_get(before, "data"), "revoked")));
	request.revoked = (struct ipc_revocation){ .person = "ru\ntth", .time_ms = 12000 };
	revoked = event(NULL);
	assert_string_equal(text_of(revoked, "timestamp"), "1970-01-01T00:00:12.000Z");
	assert_string_equal(text_of(json_object_get(revoked, "data"), "revoked"),
			    "1970-01-01T00:00:12.000Z");
	assert_string_equal(text_of(json_object_get(revoked, "data"), "revoked_by"), "ru\\ntth");
}

static void test_event(void **state)
{
	json_auto_t *opened = event("https://page.example"), *closed = NULL, *without = NULL;
	const json_t *data = json_object_get(opened, "data");

	(void)state;
	assert_string_equal(text_of(opened, "type"), "request.opened");
	assert_string_equal(text_of(opened, "timestamp"), "1970-01-01T00:00:01.000Z");
	assert_string_equal(text_of(data, "id"), "r-1");
	assert_string_equal(text_of(data, "state"), "pending");
	assert_string_equal(text_of(data, "url"), "https://page.example/r/r-1");
	assert_int_equal(json_array_size(json_object_get(data, "labels")), 2);
	assert_null(json_object_get(data, "sources")); /* whoever wants all of it asks */
	request.escalated_s = 60;
	without = event(NULL);
	assert_string_equal(text_of(without, "timestamp"), "1970-01-01T00:01:01.000Z");
	assert_true(json_is_null(json_object_get(json_object_get(without, "data"), "url")));
	request.state = IPC_DENIED;
	strcpy(request.outcome, "denied by rita");
	closed = event(NULL);
	assert_string_equal(text_of(closed, "timestamp"), "1970-01-01T00:00:09.000Z");
	assert_string_equal(text_of(json_object_get(closed, "data"), "outcome"), "denied by rita");
}

/* Whatever a file's name is, it cannot look like something else where it is shown. */
static void test_hostile_text(void **state)
{
	json_auto_t *record = NULL, *small = NULL;
	const char *path;

	(void)state;
	strcpy(request.sources[0].path, "/a\n\x1b[2J\xe2\x80\xae\xff\"");
	strcpy(request.labels, "a\xe2\x80\xae, b");
	strcpy(request.reason, "x\r\nid: 1");
	record = request_json(&request);
	assert_non_null(record);
	path = text_of(json_array_get(json_object_get(record, "sources"), 0), "path");
	assert_string_equal(path, "/a\\n\\x1b[2J\\u202e\\xff\"");
	assert_string_equal(json_string_value(json_array_get(json_object_get(record, "labels"), 0)),
			    "a\\u202e");
	small = event(NULL);
	assert_string_equal(text_of(json_object_get(small, "data"), "reason"), "x\\r\\nid: 1");
}

/* The longest that there can be fits where events are kept. */
static void test_size(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
#define FILL(field) memset(request.field, 1, sizeof(request.field) - 1)
	FILL(target);
	FILL(reason);
	FILL(labels);
	FILL(requester);
	FILL(user);
	FILL(comm);
	FILL(unit);
	FILL(reviewers);
	FILL(outcome);
	FILL(rule);
	FILL(host);
	FILL(revoked.person);
	text = request_event(&request, REQUEST_UPDATED, "https://page.example");
	assert_non_null(text);
	assert_in_range(strlen(text), 10000, 32000);
}

#define JSON_TEST(fn) cmocka_unit_test_setup(fn, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		JSON_TEST(test_types),
		JSON_TEST(test_event),
		JSON_TEST(test_revoked),
		JSON_TEST(test_hostile_text),
		JSON_TEST(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
