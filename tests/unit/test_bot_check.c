// SPDX-License-Identifier: Apache-2.0
/*
 * test_bot_check.c: what Teams sends, read and checked: one thing wrong at a time, and its
 * neighbour that is right. Sources: user/teams/bot_activity.c, user/teams/bot_check.c.
 */
#include "bot_fixture.h"

#include <errno.h>

static struct ipc_request *const request = &sealed;
static const char *place = CONVERSATION "/" CARD;
static const char *token_service = SERVICE;
static const char *why;

static int reset(void **state)
{
	(void)state;
	request->state = IPC_PENDING;
	place = CONVERSATION "/" CARD;
	token_service = SERVICE;
	return 0;
}

/* Takes over @root. */
static enum bot_finding check(json_t *root)
{
	_cleanup_free_ char *text = text_of(root);
	struct bot_activity activity;
	struct bot_press press = { .settings = &settings, .service = token_service };
	enum bot_finding finding;

	assert_int_equal(bot_activity_parse(text, strlen(text), &activity), 0);
	press.activity = &activity;
	press.request = strcmp(activity.request, request->id) ? NULL : request;
	press.places[1] = place;
	finding = bot_check(&press, &why);
	assert_true((finding == BOT_FINE) == (*why == '\0'));
	if (finding == BOT_FINE) {
		assert_int_equal(press.account.kind, ACCOUNT_ENTRA);
		assert_string_equal(press.account.issuer, TENANT);
		assert_string_equal(press.account.subject, CARLA);
	}
	bot_activity_clear(&activity);
	return finding;
}

/* With one member set to another text, or, with NULL, missing. */
static enum bot_finding check_with(const char *path, const char *value)
{
	json_t *root = good_activity();

	put(root, path, value ? json_string(value) : NULL);
	return check(root);
}

static enum bot_finding check_verb(const char *verb)
{
	json_t *root = good_activity();

	put_verb(root, verb);
	return check(root);
}

static void a_press_is_fine(void **state)
{
	(void)state;
	assert_int_equal(check(good_activity()), BOT_FINE);
	assert_int_equal(check_verb("sluice.deny"), BOT_FINE);
	assert_int_equal(check_with("value.trigger", NULL), BOT_FINE);
	/* Entra shows ids in both cases */
	assert_int_equal(check_with("from.aadObjectId", "0C0C0C0C-1111-2222-3333-444444444444"),
			 BOT_FINE);
	assert_int_equal(check_with("serviceUrl", "https://SMBA.trafficmanager.net/emea"),
			 BOT_FINE);
	/* names mean nothing */
	assert_int_equal(check_with("from.name", "Somebody else"), BOT_FINE);
	assert_int_equal(check_with("from.id", "29:other"), BOT_FINE);
}

static void what_is_not_for_us_is_forbidden(void **state)
{
	static const char other[] = "0d0d0d0d-1111-2222-3333-444444444444";
	static const struct {
		const char *path;
		const char *value;
	} cases[] = {
		{ "channelId", "webchat" },
		{ "channelId", NULL },
		{ "recipient.id", other },
		{ "recipient.id", APP },
		{ "recipient.id", "28:0d0d0d0d-1111-2222-3333-444444444444" },
		{ "recipient.id", NULL },
		{ "conversation.tenantId", other },
		{ "conversation.tenantId", NULL },
		{ "channelData.tenant.id", other },
		{ "channelData.tenant.id", NULL },
		{ "serviceUrl", "https://smba.trafficmanager.net/amer/" },
		{ "serviceUrl", "https://smba.evil.example/emea/" },
		{ "serviceUrl", "http://smba.trafficmanager.net/emea/" },
		{ "serviceUrl", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(check_with(cases[i].path, cases[i].value), BOT_FORBIDDEN);
	/* the token is for another service, or both are of a host that is not ServiceURL='s */
	token_service = "https://smba.trafficmanager.net/amer/";
	assert_int_equal(check(good_activity()), BOT_FORBIDDEN);
	token_service = "https://smba.evil.example/emea/";
	assert_int_equal(check_with("serviceUrl", token_service), BOT_FORBIDDEN);
}

static void other_messages_are_ignored(void **state)
{
	(void)state;
	assert_int_equal(check_with("type", "message"), BOT_IGNORED);
	assert_int_equal(check_with("type", "conversationUpdate"), BOT_IGNORED);
	assert_int_equal(check_with("type", NULL), BOT_IGNORED);
}

static void what_nobody_can_press_is_malformed(void **state)
{
	static const struct {
		const char *path;
		const char *value;
	} cases[] = {
		{ "name", "composeExtension/query" },
		{ "name", NULL },
		{ "value.action.type", "Action.Submit" },
		{ "value.action.type", NULL },
		{ "value.action.verb", "sluice.APPROVE" },
		{ "value.action.verb", "approve" },
		{ "value.action.verb", NULL },
		{ "value.trigger", "automatic" },
		{ "value.trigger", "other" },
		{ "conversation.id", CHANNEL_ID },
		{ "conversation.id", "19:xyz@thread.tacv2;messageid=1700000000001" },
		{ "conversation.id", "19:abc@thread.tacv2;messageid=1700000000002" },
		{ "conversation.id", NULL },
		{ "replyToId", "1700000000002" },
		{ "replyToId", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(check_with(cases[i].path, cases[i].value), BOT_MALFORMED);
	place = NULL; /* no card was posted */
	assert_int_equal(check(good_activity()), BOT_MALFORMED);
	place = "";
	assert_int_equal(check(good_activity()), BOT_MALFORMED);
}

/* A client that shows the card anew decides nothing. */
static void a_refresh_is_no_press(void **state)
{
	json_t *root;

	(void)state;
	assert_int_equal(check_with("value.trigger", "automatic"), BOT_MALFORMED);
	root = good_activity();
	put(root, "value.trigger", json_string("automatic"));
	put(root, "value.action.verb", json_string("sluice.view"));
	put(root, "value.action.data.d", NULL);
	assert_int_equal(check(root), BOT_FINE);
}

static void a_person_must_be_known(void **state)
{
	(void)state;
	assert_int_equal(check_with("from.aadObjectId", NULL), BOT_SAY);
	assert_int_equal(check_with("from.aadObjectId", ""), BOT_SAY);
	assert_int_equal(check_with("from.aadObjectId", "carla@contoso.example"), BOT_SAY);
	assert_int_equal(check_with("from.aadObjectId", "29:1xyz"), BOT_SAY);
	assert_int_equal(check_with("from", NULL), BOT_SAY);
}

static void the_request_must_be_what_was_shown(void **state)
{
	static const char shorter[] = "3f9a22c1";
	char other[] = DIGEST;

	(void)state;
	other[63] ^= 1;
	assert_int_equal(check_with("value.action.data.rid", "r-abc124"), BOT_SAY);
	assert_int_equal(check_with("value.action.data.rid", NULL), BOT_SAY);
	assert_int_equal(check_with("value.action.data.d", other), BOT_SAY);
	assert_int_equal(check_with("value.action.data.d", shorter), BOT_SAY);
	assert_int_equal(check_with("value.action.data.d", NULL), BOT_SAY);
}

/* Of this gateway, for this request, this verb and until then; whoever knows all else has none. */
static void the_button_must_be_of_ours(void **state)
{
	char other[BUTTON_SEAL_TEXT];

	(void)state;
	snprintf(other, sizeof(other), "%s", seal_of("sluice.approve"));
	other[0] = other[0] == '0' ? '1' : '0';
	assert_int_equal(check_with("value.action.data.mac", other), BOT_MALFORMED);
	assert_int_equal(check_with("value.action.data.mac", NULL), BOT_MALFORMED);
	assert_int_equal(check_with("value.action.data.mac", ""), BOT_MALFORMED);
	/* that of another button does not turn a no into a yes */
	snprintf(other, sizeof(other), "%s", seal_of("sluice.deny"));
	assert_int_equal(check_with("value.action.data.mac", other), BOT_MALFORMED);
	assert_int_equal(check_with("value.action.verb", "sluice.deny"), BOT_MALFORMED);
	request->expires_ms++;
	snprintf(other, sizeof(other), "%s", seal_of("sluice.approve"));
	request->expires_ms--;
	assert_int_equal(check_with("value.action.data.mac", other), BOT_MALFORMED);
	settings.seal.key[31] ^= 1;
	snprintf(other, sizeof(other), "%s", seal_of("sluice.approve"));
	settings.seal.key[31] ^= 1;
	assert_int_equal(check_with("value.action.data.mac", other), BOT_MALFORMED);
	assert_int_equal(check(good_activity()), BOT_FINE);
}

/* Taking back is for what is approved, and nothing else. */
static void what_is_approved_can_be_revoked(void **state)
{
	(void)state;
	assert_int_equal(check_verb("sluice.revoke"), BOT_SHOW);
	request->state = IPC_DENIED;
	assert_int_equal(check_verb("sluice.revoke"), BOT_SHOW);
	request->state = IPC_APPROVED;
	assert_int_equal(check_verb("sluice.revoke"), BOT_FINE);
}

static void what_is_closed_stays_closed(void **state)
{
	static const enum ipc_state states[] = { IPC_APPROVED, IPC_DENIED, IPC_EXPIRED, IPC_GONE };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		request->state = (uint8_t)states[i];
		assert_int_equal(check(good_activity()), BOT_SHOW);
		assert_int_equal(check_with("value.action.verb", "sluice.view"), BOT_FINE);
	}
}

/* That of the design: each is wrong in turn, with all that are checked later wrong as well. */
static void the_order_is_that_of_the_table(void **state)
{
	static const struct {
		const char *path, *wrong, *right, *why;
	} steps[] = {
		{ "channelId", "webchat", "msteams", "does not come from Teams" },
		{ "recipient.id", "28:x", "28:" APP, "another bot" },
		{ "conversation.tenantId", "x", TENANT, "another directory" },
		{ "channelData.tenant.id", "x", TENANT, "another directory" },
		{ "serviceUrl", "https://evil.example/", SERVICE, "another service" },
		{ "name", "x", "adaptiveCard/action", "no button of a card" },
		{ "value.action.type", "Action.Submit", "Action.Execute", "no button of a card" },
		{ "value.action.verb", "x", "sluice.approve", "no button of ours" },
		{ "value.trigger", "automatic", "manual", "nobody pressed" },
		{ "value.action.data.rid", "r-none", "r-abc123", "not known here" },
		{ "value.action.data.d", "0", DIGEST, "not what that card showed" },
		{ "value.action.data.mac", "0", NULL, "none that this gateway has made" },
		{ "conversation.id", "19:x", CONVERSATION, "not on the card" },
		{ "replyToId", "1", CARD, "not on the card" },
		{ "from.aadObjectId", "x", CARLA, "who you are" },
	};
	json_t *root = good_activity();

	(void)state;
	request->state = IPC_DENIED;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		put(root, steps[i].path, json_string(steps[i].wrong));
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		const char *right = steps[i].right ?: seal_of("sluice.approve");

		assert_int_not_equal(check(json_incref(root)), BOT_FINE);
		assert_non_null(strstr(why, steps[i].why));
		put(root, steps[i].path, json_string(right));
	}
	assert_int_equal(check(json_incref(root)), BOT_SHOW);
	assert_non_null(strstr(why, "closed already"));
	request->state = IPC_PENDING;
	assert_int_equal(check(root), BOT_FINE);
}

static int parse(const char *text)
{
	struct bot_activity activity;
	int r = bot_activity_parse(text, strlen(text), &activity);

	if (r == 0)
		bot_activity_clear(&activity);
	return r;
}

static void only_activities_are_read(void **state)
{
	static const char *const bad[] = {
		"",
		"null",
		"[]",
		"\"x\"",
		"{\"type\":\"invoke\"",
		"{\"type\":\"invoke\"} x",
		"{\"type\":1}",
		"{\"type\":{\"a\":\"b\"}}",
		"{\"type\":\"a\",\"type\":\"b\"}",
		"{\"from\":{\"aadObjectId\":[\"x\"]}}",
		"{\"from\":{\"aadObjectId\":\"a\",\"aadObjectId\":\"b\"}}",
		"{\"type\":\"a\\u0000b\"}",
		"{\"type\":\"\xff\"}",
		"{\"value\":{\"action\":{\"data\":{\"reason\":false}}}}",
	};
	static const char *const good[] = {
		"{}",
		"{\"type\":null}",
		"{\"type\":\"message\",\"text\":\"hello\",\"value\":\"x\"}",
		"{\"from\":7,\"value\":{\"action\":[]}}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(parse(bad[i]), -EBADMSG);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(parse(good[i]), 0);
}

static void a_place_is_one_word(void **state)
{
	char text[64];

	(void)state;
	assert_int_equal(bot_place_write(CONVERSATION, CARD, text, sizeof(text)), 0);
	assert_string_equal(text, CONVERSATION "/" CARD);
	assert_int_equal(bot_place_write("", CARD, text, sizeof(text)), -EINVAL);
	assert_int_equal(bot_place_write(CONVERSATION, "", text, sizeof(text)), -EINVAL);
	assert_int_equal(bot_place_write("19:a b", CARD, text, sizeof(text)), -EINVAL);
	assert_int_equal(bot_place_write("19:a\xc3\xa4", CARD, text, sizeof(text)), -EINVAL);
	assert_int_equal(bot_place_write("19:a", "1/2", text, sizeof(text)), -EINVAL);
	assert_int_equal(bot_place_write(CONVERSATION, CARD, text, 16), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_press_is_fine, reset),
		cmocka_unit_test_setup(what_is_not_for_us_is_forbidden, reset),
		cmocka_unit_test_setup(other_messages_are_ignored, reset),
		cmocka_unit_test_setup(what_nobody_can_press_is_malformed, reset),
		cmocka_unit_test_setup(a_refresh_is_no_press, reset),
		cmocka_unit_test_setup(a_person_must_be_known, reset),
		cmocka_unit_test_setup(the_request_must_be_what_was_shown, reset),
		cmocka_unit_test_setup(the_button_must_be_of_ours, reset),
		cmocka_unit_test_setup(what_is_approved_can_be_revoked, reset),
		cmocka_unit_test_setup(what_is_closed_stays_closed, reset),
		cmocka_unit_test_setup(the_order_is_that_of_the_table, reset),
		cmocka_unit_test(only_activities_are_read),
		cmocka_unit_test(a_place_is_one_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
