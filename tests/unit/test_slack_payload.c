// SPDX-License-Identifier: Apache-2.0
/*
 * test_slack_payload.c: what people do in Slack, as it comes: each refusal beside what is taken,
 * and the signature of a request URL with the example of Slack's own page on it.
 * Sources: test_slack_payload.c user/{slack_payload,slack_place,slack_sign,account,text}.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/cleanup.h"
#include "slack/slack_payload.h"
#include "slack/slack_sign.h"

#define DIGEST "3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b"
#define TEAM   "T024BE7LD"

static const char press[] =
	"{\"type\":\"block_actions\",\"user\":{\"id\":\"U2147483697\",\"name\":\"erin\","
	"\"team_id\":\"" TEAM "\"},\"team\":{\"id\":\"" TEAM "\",\"domain\":\"example\"},"
	"\"enterprise\":null,\"is_enterprise_install\":false,\"api_app_id\":\"A1\","
	"\"container\":{\"type\":\"message\",\"message_ts\":\"1795365000.000001\","
	"\"channel_id\":\"C024BE91L\",\"is_ephemeral\":false},"
	"\"channel\":{\"id\":\"C024BE91L\",\"name\":\"approvals\"},"
	"\"trigger_id\":\"1.2.3\",\"response_url\":\"https://hooks.slack.com/actions/1\","
	"\"actions\":[{\"action_id\":\"approve\",\"block_id\":\"decide\",\"type\":\"button\","
	"\"value\":\"r-abc123 " DIGEST "\",\"action_ts\":\"1795365001.5\"}]}";

static const char form[] =
	"{\"type\":\"view_submission\",\"user\":{\"id\":\"W2147483697\",\"team_id\":\"" TEAM "\"},"
	"\"team\":{\"id\":\"" TEAM "\"},\"view\":{\"type\":\"modal\",\"callback_id\":\"reason\","
	"\"private_metadata\":\"deny r-abc123 " DIGEST "\",\"state\":{\"values\":{\"reason\":"
	"{\"reason\":{\"type\":\"plain_text_input\",\"value\":\"checked\"}}}}}}";

/* @path: members and numbers, "actions.0.value"; @value: JSON, or NULL to take it away */
static void set(json_t *root, const char *path, const char *value)
{
	json_t *at = root;
	const char *dot;

	while ((dot = strchr(path, '.'))) {
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)(dot - path), path);
		at = json_is_array(at) ? json_array_get(at, (size_t)atoi(name))
				       : json_object_get(at, name);
		assert_non_null(at);
		path = dot + 1;
	}
	if (value)
		assert_int_equal(
			json_object_set_new(at, path, json_loads(value, JSON_DECODE_ANY, NULL)), 0);
	else
		assert_int_equal(json_object_del(at, path), 0);
}

/* What becomes of @text with one member changed. */
static int read_changed(const char *text, const char *path, const char *value,
			struct slack_payload *ret)
{
	json_t *root = json_loads(text, 0, NULL);
	const char *why = NULL;
	int r;

	assert_non_null(root);
	if (path)
		set(root, path, value);
	r = slack_payload_read(root, TEAM, ret, &why);
	assert_true(r == 0 || (why && *why));
	json_decref(root);
	return r;
}

static void test_press(void **state)
{
	struct slack_payload payload;

	(void)state;
	assert_int_equal(read_changed(press, NULL, NULL, &payload), 0);
	assert_int_equal(payload.step, SLACK_PRESSED);
	assert_true(payload.approve);
	assert_int_equal(payload.account.kind, ACCOUNT_SLACK);
	assert_string_equal(payload.account.issuer, TEAM);
	assert_string_equal(payload.account.subject, "U2147483697");
	assert_string_equal(payload.id, "r-abc123");
	assert_string_equal(payload.digest, DIGEST);
	assert_string_equal(payload.place.channel, "C024BE91L");
	assert_string_equal(payload.place.ts, "1795365000.000001");
	assert_string_equal(payload.trigger, "1.2.3");
	assert_string_equal(payload.response_url, "https://hooks.slack.com/actions/1");
	assert_string_equal(payload.action_ts, "1795365001.5");
	assert_int_equal(read_changed(press, "actions.0.action_id", "\"deny\"", &payload), 0);
	assert_false(payload.approve);
}

static void test_form(void **state)
{
	struct slack_payload payload;

	(void)state;
	assert_int_equal(read_changed(form, NULL, NULL, &payload), 0);
	assert_int_equal(payload.step, SLACK_FILLED);
	assert_false(payload.approve);
	assert_string_equal(payload.account.subject, "W2147483697");
	assert_string_equal(payload.id, "r-abc123");
	assert_string_equal(payload.digest, DIGEST);
	assert_string_equal(payload.reason, "checked");
	assert_int_equal(read_changed(form, "view.private_metadata",
				      "\"approve r-abc123 " DIGEST "\"", &payload),
			 0);
	assert_true(payload.approve);
	assert_int_equal(
		read_changed(form, "view.state.values.reason.reason.value", "null", &payload), 0);
	assert_string_equal(payload.reason, "");
}

#define CHOSEN(block)                                                                              \
	"{\"values\":{\"" block "\":{\"limit\":{\"type\":\"static_select\",\"selected_option\":{" \
	"\"text\":{\"type\":\"plain_text\",\"text\":\"x\"},\"value\":\"process 300\"}}}}}"

static void test_how_far_it_goes(void **state)
{
	struct slack_payload payload;

	(void)state;
	assert_int_equal(read_changed(press, NULL, NULL, &payload), 0);
	assert_string_equal(payload.limit, "");
	assert_int_equal(read_changed(press, "state", CHOSEN("decide"), &payload), 0);
	assert_string_equal(payload.limit, "process 300");
	assert_int_equal(read_changed(press, "state", CHOSEN("other"), &payload), 0);
	assert_string_equal(payload.limit, "");
	assert_int_equal(read_changed(form, "view.state", CHOSEN("limit"), &payload), 0);
	assert_string_equal(payload.limit, "process 300");
	assert_int_equal(read_changed(press, "state",
				      "{\"values\":{\"decide\":{\"limit\":{\"selected_option\":"
				      "{\"value\":\"process\\n300\"}}}}}",
				      &payload),
			 -EBADMSG);
	/* choosing alone decides nothing */
	assert_int_equal(read_changed(press, "actions.0.action_id", "\"limit\"", &payload), 0);
	assert_int_equal(payload.step, SLACK_NOTHING);
}

static void test_what_needs_nothing(void **state)
{
	struct slack_payload payload;

	(void)state;
	assert_int_equal(read_changed(press, "type", "\"view_closed\"", &payload), 0);
	assert_int_equal(payload.step, SLACK_NOTHING);
	assert_int_equal(read_changed(press, "type", NULL, &payload), 0);
	assert_int_equal(payload.step, SLACK_NOTHING);
	assert_int_equal(read_changed(press, "actions.0.action_id", "\"look\"", &payload), 0);
	assert_int_equal(payload.step, SLACK_NOTHING);
}

struct refusal {
	const char *path;
	const char *value;
	int error;
};

static void assert_refused(const char *text, const struct refusal *refusals, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct slack_payload payload;
		int r = read_changed(text, refusals[i].path, refusals[i].value, &payload);

		if (r != refusals[i].error)
			fail_msg("%s=%s: %d", refusals[i].path, refusals[i].value, r);
		if (payload.step == SLACK_PRESSED)
			fail_msg("%s=%s is a press", refusals[i].path, refusals[i].value);
	}
}

static void test_people_who_are_not_heard(void **state)
{
	static const struct refusal refusals[] = {
		{ "user.team_id", "\"T9999\"", -EPERM },
		{ "user.team_id", NULL, -EPERM },
		{ "user.team_id", "\"E024BE7LD\"", -EPERM },
		{ "user.id", NULL, -EPERM },
		{ "user.id", "\"B024BE7LD\"", -EPERM },
		{ "user.id", "\"u2147483697\"", -EPERM },
		{ "user.id", "\"U21474\\n83697\"", -EPERM },
		{ "user.id", "7", -EPERM },
		{ "user", "null", -EPERM },
		{ "user", "\"U2147483697\"", -EPERM },
		{ "team", "null", -EPERM },
		{ "team.id", "\"T9999\"", -EPERM },
		{ "team.id", "[\"" TEAM "\"]", -EPERM },
		{ "is_enterprise_install", "true", -EPERM },
	};

	(void)state;
	assert_refused(press, refusals, ARRAY_SIZE(refusals));
	assert_refused(form, refusals, ARRAY_SIZE(refusals) - 1);
}

static void test_presses_that_are_none(void **state)
{
	static const struct refusal refusals[] = {
		{ "actions", "[]", -EBADMSG },
		{ "actions", "{}", -EBADMSG },
		{ "actions", "[{},{}]", -EBADMSG },
		{ "actions.0.type", "\"static_select\"", -EBADMSG },
		{ "actions.0.block_id", "\"other\"", -EBADMSG },
		{ "actions.0.action_id", "\"Approve\"", -EBADMSG },
		{ "actions.0.action_id", NULL, -EBADMSG },
		{ "actions.0.action_ts", NULL, -EBADMSG },
		{ "actions.0.action_ts", "\"now\"", -EBADMSG },
		{ "actions.0.value", NULL, -EBADMSG },
		{ "actions.0.value", "\"r-abc123\"", -EBADMSG },
		{ "actions.0.value", "\"r-abc123 3f9a22c1\"", -EBADMSG },
		{ "actions.0.value", "\"r-abc123  " DIGEST "\"", -EBADMSG },
		{ "actions.0.value", "\"r-abc123 " DIGEST " \"", -EBADMSG },
		{ "actions.0.value", "\" " DIGEST "\"", -EBADMSG },
		{ "actions.0.value", "\"r-abc123456789012345 " DIGEST "\"", -EBADMSG },
		{ "actions.0.value", "\"r-abc/23 " DIGEST "\"", -EBADMSG },
		{ "container", "null", -EBADMSG },
		{ "container.type", "\"view\"", -EBADMSG },
		{ "container.is_ephemeral", "true", -EBADMSG },
		{ "container.channel_id", "\"C024BE91M\"", -EBADMSG },
		{ "container.message_ts", NULL, -EBADMSG },
		{ "container.message_ts", "\"1795365000/1\"", -EBADMSG },
		{ "channel", "null", -EBADMSG },
		{ "channel.id", "\"C024BE91M\"", -EBADMSG },
	};
	char upper[] = "\"r-abc123 " DIGEST "\"";
	struct slack_payload payload;

	(void)state;
	assert_refused(press, refusals, ARRAY_SIZE(refusals));
	upper[11] = 'F';
	assert_int_equal(read_changed(press, "actions.0.value", upper, &payload), -EBADMSG);
}

static void test_a_private_conversation_is_no_channel(void **state)
{
	json_t *root = json_loads(press, 0, NULL);
	struct slack_payload payload;
	const char *why;

	(void)state;
	set(root, "channel.id", "\"D024BE91L\"");
	set(root, "container.channel_id", "\"D024BE91L\"");
	assert_int_equal(slack_payload_read(root, TEAM, &payload, &why), -EBADMSG);
	set(root, "channel.id", "\"G024BE91L\"");
	set(root, "container.channel_id", "\"G024BE91L\"");
	assert_int_equal(slack_payload_read(root, TEAM, &payload, &why), 0);
	json_decref(root);
}

static void test_forms_that_are_none(void **state)
{
	static const struct refusal refusals[] = {
		{ "view", "null", -EBADMSG },
		{ "view.type", "\"home\"", -EBADMSG },
		{ "view.callback_id", "\"other\"", -EBADMSG },
		{ "view.private_metadata", NULL, -EBADMSG },
		{ "view.private_metadata", "\"deny\"", -EBADMSG },
		{ "view.private_metadata", "\"deny r-abc123\"", -EBADMSG },
		{ "view.private_metadata", "\"allow r-abc123 " DIGEST "\"", -EBADMSG },
		{ "view.private_metadata", "\"r-abc123 " DIGEST "\"", -EBADMSG },
	};

	(void)state;
	assert_refused(form, refusals, ARRAY_SIZE(refusals));
}

static void test_a_reason_that_is_too_long(void **state)
{
	char value[SLUICE_REASON_MAX + 3];
	struct slack_payload payload;

	(void)state;
	memset(value, 'x', sizeof(value));
	value[0] = value[SLUICE_REASON_MAX] = '"';
	value[SLUICE_REASON_MAX + 1] = '\0';
	assert_int_equal(
		read_changed(form, "view.state.values.reason.reason.value", value, &payload), 0);
	assert_int_equal(strlen(payload.reason), SLUICE_REASON_MAX - 1);
	value[SLUICE_REASON_MAX] = 'x';
	value[SLUICE_REASON_MAX + 1] = '"';
	value[SLUICE_REASON_MAX + 2] = '\0';
	assert_int_equal(
		read_changed(form, "view.state.values.reason.reason.value", value, &payload),
		-E2BIG);
	assert_int_equal(payload.step, SLACK_FILLED); /* so that the form says it */
	assert_string_equal(payload.reason, "");
}

static void test_no_object(void **state)
{
	static const char *const texts[] = { "[]", "7", "null", "\"block_actions\"" };
	struct slack_payload payload;
	const char *why;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		json_t *root = json_loads(texts[i], JSON_DECODE_ANY, NULL);

		assert_int_equal(slack_payload_read(root, TEAM, &payload, &why), -EBADMSG);
		json_decref(root);
	}
	assert_int_equal(slack_payload_read(NULL, TEAM, &payload, &why), -EBADMSG);
}

static void test_place(void **state)
{
	static const char *const bad[] = { "",	     "/",      "C1",	   "C1/",   "/1.2",
					   "c1/1.2", "D1/1.2", "C1/1.2/3", "C1/1 2" };
	struct slack_place place, again;
	char text[128];

	(void)state;
	assert_true(slack_place_read("C024BE91L/1795365000.000001", &place));
	slack_place_write(&place, text, sizeof(text));
	assert_string_equal(text, "C024BE91L/1795365000.000001");
	assert_true(slack_place_set("C024BE91L", "1795365000.000001", &again));
	assert_true(slack_place_equal(&place, &again));
	assert_true(slack_place_set("C024BE91L", "1795365000.000002", &again));
	assert_false(slack_place_equal(&place, &again));
	assert_false(slack_place_set(NULL, "1.2", &again));
	assert_false(slack_place_set("C1", NULL, &again));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(slack_place_read(bad[i], &place));
}

/* The example of "Verifying requests from Slack". */
#define SECRET "8f742231b10e8888abcd99yyyzzz85a5"
#define TIME   "1531420618"
#define SIGNED "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
static const char body[] =
	"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id="
	"G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-"
	"collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F"
	"397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121."
	"803a0bc887a14d10d2c447fce8b6703c";

static int check(const char *secret, const char *timestamp, const char *signature, size_t size,
		 uint64_t now_s)
{
	return slack_sign_check(secret, timestamp, signature, body, size, now_s);
}

static void test_signature(void **state)
{
	const size_t size = sizeof(body) - 1;
	char other[] = SIGNED;

	(void)state;
	assert_int_equal(check(SECRET, TIME, SIGNED, size, 1531420618), 0);
	assert_int_equal(check(SECRET, TIME, SIGNED, size, 1531420618 + 300), 0);
	assert_int_equal(check(SECRET, TIME, SIGNED, size, 1531420618 - 300), 0);
	assert_int_equal(check(SECRET, TIME, SIGNED, size, 1531420618 + 301), -ESTALE);
	assert_int_equal(check(SECRET, TIME, SIGNED, size, 1531420618 - 301), -ESTALE);
	assert_int_equal(check("x", TIME, SIGNED, size, 1531420618), -EBADMSG);
	assert_int_equal(check(SECRET, "1531420619", SIGNED, size, 1531420618), -EBADMSG);
	assert_int_equal(check(SECRET, TIME, SIGNED, size - 1, 1531420618), -EBADMSG);
	assert_int_equal(check(SECRET, NULL, SIGNED, size, 1531420618), -EBADMSG);
	assert_int_equal(check(SECRET, TIME, NULL, size, 1531420618), -EBADMSG);
	assert_int_equal(check(SECRET, TIME, "", size, 1531420618), -EBADMSG);
	assert_int_equal(check(SECRET, "+1531420618", SIGNED, size, 1531420618), -EBADMSG);
	assert_int_equal(check(SECRET, "18446744073709551615", SIGNED, size, 1531420618), -EBADMSG);
	other[strlen(other) - 1] ^= 1;
	assert_int_equal(check(SECRET, TIME, other, size, 1531420618), -EBADMSG);
	other[1] = '1';
	assert_int_equal(check(SECRET, TIME, other, size, 1531420618), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_press),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_how_far_it_goes),
		cmocka_unit_test(test_what_needs_nothing),
		cmocka_unit_test(test_people_who_are_not_heard),
		cmocka_unit_test(test_presses_that_are_none),
		cmocka_unit_test(test_a_private_conversation_is_no_channel),
		cmocka_unit_test(test_forms_that_are_none),
		cmocka_unit_test(test_a_reason_that_is_too_long),
		cmocka_unit_test(test_no_object),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_signature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
