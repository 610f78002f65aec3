// SPDX-License-Identifier: Apache-2.0
/*
 * test_slack_card.c: a request as a message of Slack. Each element is held against what Block Kit's
 * reference allows: known types and members, lengths, numbers; text from outside is only where no
 * markup is. Whole messages are compared with tests/data/cards (UPDATE_CARDS=1 writes them anew).
 * Sources: test_slack_card.c user/{slack_card,request_card,notifier_card,notifier_text,escape}.c;
 * CARDS names the folder.
 */
#include "card_fixture.h"
#include "slack/slack_card.h"

#define PAGE "https://approvals.example"

static int setup(void **state)
{
	card_setup(state);
	request.n_sources = 1;
	request.reason_from[0] = '\0';
	request.tier = 2;
	return 0;
}

static void fill_all(struct ipc_request *r, const char *with)
{
#define FILL(f) snprintf(r->f, sizeof(r->f), "%s", with)
	FILL(host), FILL(rule), FILL(action), FILL(waiting), FILL(scope), FILL(labels);
	FILL(requester), FILL(user), FILL(comm), FILL(executable), FILL(command), FILL(unit);
	FILL(target), FILL(reason), FILL(reason_from), FILL(reviewers), FILL(outcome);
	r->n_sources = SLUICE_MAX_SOURCES;
	for (int i = 0; i < SLUICE_MAX_SOURCES; i++)
		FILL(sources[i].path), FILL(sources[i].labels), FILL(sources[i].reader);
	r->n_decisions = SLUICE_MAX_REVIEWERS;
	for (int i = 0; i < SLUICE_MAX_REVIEWERS; i++)
		FILL(decisions[i].person), FILL(decisions[i].reason);
}

/* ---- Block Kit ---- */

/* @text: most characters of its "text", when that is a string; @members: all that it may have */
static const struct kind {
	const char *type;
	size_t text;
	const char *members;
} kinds[] = {
	{ "header", 0, " type text " },
	{ "rich_text", 0, " type elements " },
	{ "rich_text_section", 0, " type elements " },
	{ "text", 3000, " type text style " },
	{ "actions", 0, " type block_id elements " },
	{ "button", 0, " type action_id style text value confirm url " },
	{ "plain_text", 3000, " type text emoji " },
	{ "section", 0, " type text " },
	{ "modal", 0, " type callback_id private_metadata title submit close blocks " },
	{ "input", 0, " type block_id label hint element " },
	{ "plain_text_input", 0, " type action_id min_length max_length " },
	{ "static_select", 0, " type action_id options initial_option " },
};

static size_t characters(const json_t *text)
{
	size_t n = 0;

	for (const char *c = json_string_value(text); c && *c; c++)
		n += (*c & 0xc0) != 0x80;
	return n;
}

static const struct kind *kind_of(const json_t *node)
{
	const char *type = json_string_value(json_object_get(node, "type"));

	for (size_t i = 0; type && i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].type, type) == 0)
			return &kinds[i];
	if (type)
		fail_msg("'%s' is no element that is known here", type);
	return NULL;
}

static void check_members(const json_t *node, const struct kind *kind)
{
	char name[64];
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)node, key, value) {
		snprintf(name, sizeof(name), " %s ", key);
		if (!strstr(kind->members, name))
			fail_msg("%s has no %s", kind->type, key);
	}
}

static void check_limit(const json_t *node, const char *member, size_t max)
{
	const json_t *value = json_object_get(node, member);

	if (value && (characters(value) == 0 || characters(value) > max))
		fail_msg("%s is of %zu characters", member, characters(value));
}

static void check_option(const json_t *option)
{
	assert_int_equal(json_object_size(option), 2);
	check_limit(json_object_get(option, "text"), "text", 75);
	check_limit(option, "value", 150);
}

/* The one that is preset must be one of them, letter by letter. */
static void check_options(const json_t *select)
{
	const json_t *options = json_object_get(select, "options"), *option;
	size_t i;

	assert_in_range(json_array_size(options), 2, 100);
	json_array_foreach(options, i, option)
		check_option(option);
	assert_true(json_equal(json_object_get(select, "initial_option"),
			       json_array_get(options, 0)));
}

static void check_element(const json_t *node)
{
	const struct kind *kind = kind_of(node);
	const json_t *text = json_object_get(node, "text");

	if (!kind)
		return;
	check_members(node, kind);
	if (json_is_string(text))
		check_limit(node, "text", kind->text);
	if (!strcmp(kind->type, "header"))
		check_limit(text, "text", 150);
	if (!strcmp(kind->type, "button"))
		check_limit(text, "text", 75);
	if (!strcmp(kind->type, "modal"))
		check_limit(json_object_get(node, "title"), "text", 24);
	check_limit(node, "value", 2000);
	check_limit(node, "url", 3000);
	check_limit(node, "action_id", 255);
	check_limit(node, "block_id", 255);
	check_limit(node, "private_metadata", 3000);
	if (!strcmp(kind->type, "static_select"))
		check_options(node);
	if (!strcmp(kind->type, "actions"))
		assert_in_range(json_array_size(json_object_get(node, "elements")), 1, 25);
}

static void check_all(const json_t *node)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_object(node))
		check_element(node);
	json_object_foreach((json_t *)node, key, value)
		check_all(value);
	json_array_foreach(node, i, value)
		check_all(value);
}

static json_t *checked(json_t *card)
{
	assert_non_null(card);
	check_all(json_object_get(card, "blocks"));
	assert_in_range(json_array_size(json_object_get(card, "blocks")), 1, 50);
	assert_true(json_dumpb(card, NULL, 0, JSON_COMPACT) <= SLACK_CARD_MAX);
	assert_in_range(characters(json_object_get(card, "text")), 1, 3000);
	return card;
}

/* ---- what is in it ---- */

/* All runs of text, one after the other; the caller's to free. */
static void collect(const json_t *node, FILE *out)
{
	const char *type = json_string_value(json_object_get(node, "type"));
	const char *key;
	json_t *value;
	size_t i;

	if (type && (!strcmp(type, "text") || !strcmp(type, "plain_text")))
		fputs(json_string_value(json_object_get(node, "text")), out);
	json_object_foreach((json_t *)node, key, value)
		collect(value, out);
	json_array_foreach(node, i, value)
		collect(value, out);
}

static char *shown(const char *page)
{
	json_t *card = checked(slack_card(&request, page));
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	collect(json_object_get(card, "blocks"), out);
	fclose(out);
	json_decref(card);
	return text;
}

/* The button of that name in a message, borrowed, or NULL. */
static const json_t *find_button(const json_t *card, const char *name)
{
	const json_t *blocks = json_object_get(card, "blocks");
	const json_t *last = json_array_get(blocks, json_array_size(blocks) - 1);
	const json_t *button;
	size_t i;

	if (strcmp(json_string_value(json_object_get(last, "type")), "actions") != 0)
		return NULL;
	json_array_foreach(json_object_get(last, "elements"), i, button)
		if (!strcmp(json_string_value(json_object_get(button, "action_id")), name))
			return button;
	return NULL;
}

static bool has_button(const char *name, const char *page)
{
	json_t *card = checked(slack_card(&request, page));
	bool has = find_button(card, name);

	json_decref(card);
	return has;
}

static void compare_with_file(json_t *card, const char *name)
{
	char path[256];
	json_t *expected;

	snprintf(path, sizeof(path), "%s/%s.json",
		 getenv("CARDS") ? getenv("CARDS") : "tests/data/cards", name);
	if (getenv("UPDATE_CARDS"))
		assert_int_equal(json_dump_file(card, path, JSON_INDENT(1)), 0);
	expected = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(expected);
	if (!json_equal(card, expected)) {
		json_dumpf(card, stderr, JSON_INDENT(1));
		fail_msg("the message differs from %s", path);
	}
	json_decref(expected);
	json_decref(card);
}

static void test_golden(void **state)
{
	(void)state;
	compare_with_file(checked(slack_card(&request, PAGE)), "slack-question");
	request.state = IPC_APPROVED;
	request.closed_ms = 1795365060000;
	request.n_decisions = 1;
	request.decisions[0].approve = 1;
	request.decisions[0].time_ms = 1795365060000;
	strcpy(request.decisions[0].person, "erin");
	strcpy(request.outcome, "approved by erin for this process");
	compare_with_file(checked(slack_card(&request, PAGE)), "slack-approved");
	request.revoked = (struct ipc_revocation){ .person = "ruth",
						   .time_ms = 1795365120000,
						   .reason = "wrong partner" };
	compare_with_file(checked(slack_card(&request, PAGE)), "slack-revoked");
}

static void test_every_fact_is_there(void **state)
{
	static const char *const facts[] = {
		"Approval needed: sending labeled data to the network",
		"etl-04.example",
		"pii-egress",
		"3f9a 22c1 d0e1 f2a3",
		"dana",
		"uid 1001",
		"/usr/bin/python3.11",
		"python3 /opt/etl/export.py --to partner",
		"etl.service",
		"198.51.100.7 port 443 tcp",
		"monthly report",
		"data-owners",
		"pii, finance",
		"/data/customers.csv",
		"tried 3 times",
		"1 of 2",
		"2026-11-22 16:45:00 UTC",
		"by a button below, or on that host",
		"sluice approve r-7k2m9x 3f9a22c1",
	};
	_cleanup_free_ char *text = shown(NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		if (!strstr(text, facts[i]))
			fail_msg("'%s' is missing in:\n%s", facts[i], text);
}

static void test_buttons_carry_what_was_seen(void **state)
{
	static const char *const names[] = { "approve", "deny" };
	json_t *card = checked(slack_card(&request, PAGE));
	const json_t *look = find_button(card, "look");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const json_t *button = find_button(card, names[i]);

		assert_non_null(button);
		assert_string_equal(json_string_value(json_object_get(button, "value")),
				    "r-7k2m9x " DIGEST);
	}
	assert_non_null(json_object_get(find_button(card, "approve"), "confirm"));
	assert_null(json_object_get(find_button(card, "deny"), "confirm"));
	assert_string_equal(json_string_value(json_object_get(look, "url")), PAGE "/r/r-7k2m9x");
	assert_null(json_object_get(look, "value"));
	json_decref(card);
	assert_false(has_button("look", NULL));
	request.reason_required = 1; /* a form follows, which asks */
	card = checked(slack_card(&request, NULL));
	assert_non_null(find_button(card, "approve"));
	assert_null(json_object_get(find_button(card, "approve"), "confirm"));
	json_decref(card);
}

static void test_who_gets_no_button_to_approve(void **state)
{
	(void)state;
	assert_true(has_button("approve", PAGE));
	assert_true(slack_card_approvable(&request, PAGE));
	request.tier = 3;
	assert_false(has_button("approve", PAGE));
	assert_false(slack_card_approvable(&request, PAGE));
	assert_true(has_button("deny", PAGE));
	request.tier = 0;
	assert_true(slack_card_approvable(&request, PAGE));
	request.hidden = 1;
	assert_false(has_button("approve", PAGE));
	assert_false(slack_card_approvable(&request, PAGE));
	request.hidden = 0;
	memset(request.command, 'x', sizeof(request.command) - 1);
	assert_true(slack_card_approvable(&request, PAGE));
	memset(request.command, '\x01', sizeof(request.command) - 1);
	assert_false(slack_card_approvable(&request, PAGE)); /* of which a part is left out */
	assert_true(has_button("deny", PAGE));
}

static void test_an_answer_has_no_buttons(void **state)
{
	(void)state;
	for (request.state = IPC_APPROVED; request.state < IPC_STATES; request.state++) {
		json_t *card = checked(slack_card(&request, PAGE));

		assert_null(find_button(card, "approve"));
		assert_null(find_button(card, "deny"));
		json_decref(card);
		assert_false(slack_card_approvable(&request, PAGE));
	}
}

static void test_markup_stays_text(void **state)
{
	static const char attack[] =
		"<!channel> *safe* `x` ```y``` <https://evil.example|Approve> :ok: &lt;";
	_cleanup_free_ char *text = NULL;
	json_t *card;

	(void)state;
	strcpy(request.target, attack);
	strcpy(request.command, attack);
	strcpy(request.action, "<!here>");
	text = shown(PAGE);
	assert_non_null(strstr(text, attack)); /* whole and unchanged, where markup means nothing */
	card = slack_card(&request, PAGE);
	assert_string_equal(json_string_value(json_object_get(card, "text")),
			    "Approval needed: r-7k2m9x");
	json_decref(card);
}

/* Text from outside is in runs of code only. */
static void check_runs(const json_t *node)
{
	const char *text = json_string_value(json_object_get(node, "text"));
	const char *key;
	json_t *value;
	size_t i;

	if (text && strstr(text, "outside")) {
		assert_string_equal(json_string_value(json_object_get(node, "type")), "text");
		assert_true(json_is_true(json_object_get(json_object_get(node, "style"), "code")));
	}
	json_object_foreach((json_t *)node, key, value)
		check_runs(value);
	json_array_foreach(node, i, value)
		check_runs(value);
}

static void test_text_from_outside_is_always_code(void **state)
{
	(void)state;
	fill_all(&request, "outside");
	for (request.state = 0; request.state < IPC_STATES; request.state++) {
		json_t *card = checked(slack_card(&request, PAGE));

		check_runs(card);
		json_decref(card);
	}
}

static void test_the_longest_fits(void **state)
{
	static const char *const with[] = { "\\", "\"", "\x01", "\xe2\x82\xac", "x" };
	char text[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(with); i++) {
		text[0] = '\0';
		while (strlen(text) + strlen(with[i]) < 2000)
			strcat(text, with[i]);
		fill_all(&request, text);
		for (request.state = 0; request.state < IPC_STATES; request.state++)
			json_decref(checked(slack_card(&request, PAGE)));
	}
}

static void test_what_cannot_be_typed_is_refused(void **state)
{
	static const char *const ids[] = { "", "r-", "x-1", "r-$(x)", "r-1 2" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		strcpy(request.id, ids[i]);
		assert_null(slack_card(&request, PAGE));
		assert_int_equal(errno, EINVAL);
		assert_false(slack_card_approvable(&request, PAGE));
	}
	strcpy(request.id, "r-1");
	json_decref(checked(slack_card(&request, PAGE)));
	request.digest[16] = '\0'; /* all that is known of one that was closed unseen */
	assert_null(slack_card(&request, PAGE));
	request.state = IPC_GONE;
	json_decref(checked(slack_card(&request, PAGE)));
	request.digest[5] = 'G';
	assert_null(slack_card(&request, PAGE));
}

static void test_form(void **state)
{
	json_t *form;

	(void)state;
	strcpy(request.id, "r-1234567890123");
	form = slack_card_form(&request, true);
	assert_non_null(form);
	check_all(form);
	assert_string_equal(json_string_value(json_object_get(form, "private_metadata")),
			    "approve r-1234567890123 " DIGEST);
	json_decref(form);
	form = slack_card_form(&request, false);
	check_all(form);
	assert_string_equal(json_string_value(json_object_get(form, "private_metadata")),
			    "deny r-1234567890123 " DIGEST);
	json_decref(form);
}

/* Where it is chosen how far an approval goes: with the button, or in the form that comes after. */
static void test_how_far_it_goes(void **state)
{
	json_t *card = checked(slack_card(&request, PAGE));
	json_t *form = slack_card_form(&request, true);

	(void)state;
	assert_non_null(find_button(card, SLACK_LIMIT));
	json_decref(card);
	assert_int_equal(json_array_size(json_object_get(form, "blocks")), 2);
	json_decref(form);
	form = slack_card_form(&request, false);
	assert_int_equal(json_array_size(json_object_get(form, "blocks")), 1);
	json_decref(form);
	request.reason_required = 1;
	assert_false(has_button(SLACK_LIMIT, PAGE));
	request.reason_required = 0;
	strcpy(request.scope, "once");
	assert_false(has_button(SLACK_LIMIT, PAGE));
	form = slack_card_form(&request, true);
	assert_int_equal(json_array_size(json_object_get(form, "blocks")), 1);
	json_decref(form);
	strcpy(request.scope, "process");
	request.tier = 3;
	assert_false(has_button(SLACK_LIMIT, PAGE));
}

static void test_note(void **state)
{
	json_t *note = slack_card_note("<!channel> *no*");
	json_t *text = json_object_get(json_array_get(json_object_get(note, "blocks"), 0), "text");

	(void)state;
	check_all(json_object_get(note, "blocks"));
	assert_string_equal(json_string_value(json_object_get(text, "type")), "plain_text");
	assert_string_equal(json_string_value(json_object_get(text, "text")), "<!channel> *no*");
	assert_string_equal(json_string_value(json_object_get(note, "response_type")), "ephemeral");
	assert_true(json_is_false(json_object_get(note, "replace_original")));
	assert_null(strchr(json_string_value(json_object_get(note, "text")), '<'));
	json_decref(note);
}

static void test_test_card(void **state)
{
	json_t *card = checked(slack_card_test("etl-04.example"));

	(void)state;
	assert_null(find_button(card, "deny"));
	assert_string_equal(json_string_value(json_object_get(card, "text")), "A test: r-test");
	json_decref(card);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_golden, setup),
		cmocka_unit_test_setup(test_every_fact_is_there, setup),
		cmocka_unit_test_setup(test_buttons_carry_what_was_seen, setup),
		cmocka_unit_test_setup(test_who_gets_no_button_to_approve, setup),
		cmocka_unit_test_setup(test_an_answer_has_no_buttons, setup),
		cmocka_unit_test_setup(test_markup_stays_text, setup),
		cmocka_unit_test_setup(test_text_from_outside_is_always_code, setup),
		cmocka_unit_test_setup(test_the_longest_fits, setup),
		cmocka_unit_test_setup(test_what_cannot_be_typed_is_refused, setup),
		cmocka_unit_test_setup(test_form, setup),
		cmocka_unit_test_setup(test_how_far_it_goes, setup),
		cmocka_unit_test_setup(test_note, setup),
		cmocka_unit_test_setup(test_test_card, setup),
	};

	escape_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
