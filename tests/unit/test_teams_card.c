// SPDX-License-Identifier: Apache-2.0
/*
 * test_teams_card.c: what a reviewer reads. Whole cards are compared with tests/data/cards (run
 * with UPDATE_CARDS=1 to write them anew and read the difference); attacks are checked by property.
 * Sources: test_teams_card.c user/{teams_card,request_card,notifier_card,notifier_text,escape}.c;
 * CARDS names the folder.
 */
#include "card_fixture.h"
#include "notifier/notifier_text.h"
#include "teams/teams_card.h"

static void decide(bool approve)
{
	request.state = approve ? IPC_APPROVED : IPC_DENIED;
	request.closed_ms = 1795365060000;
	request.n_decisions = 1;
	request.decisions[0].approve = approve;
	request.decisions[0].time_ms = 1795365060000;
	strcpy(request.decisions[0].person, "erin");
	strcpy(request.decisions[0].reason, "known partner");
	strcpy(request.outcome, "approved by erin for this process");
}

/* The texts of all elements of @type, newline between; freed by the caller. */
static void collect(const json_t *node, const char *type, FILE *out)
{
	const char *name = json_string_value(json_object_get(node, "type"));
	const char *key;
	json_t *value;
	size_t i;

	if (name && strcmp(name, type) == 0 && json_object_get(node, "text"))
		fprintf(out, "%s\n", json_string_value(json_object_get(node, "text")));
	json_object_foreach((json_t *)node, key, value)
		collect(value, type, out);
	json_array_foreach(node, i, value)
		collect(value, type, out);
}

static char *texts_of(const json_t *card, const char *type)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	collect(card, type, out);
	fclose(out);
	return text;
}

static char *shown(const char *type)
{
	json_t *card = teams_card(&request, NULL);
	char *text;

	assert_non_null(card);
	text = texts_of(card, type);
	json_decref(card);
	return text;
}

static void compare_with_file(json_t *card, const char *name)
{
	char path[256];
	json_t *expected;

	assert_non_null(card);
	snprintf(path, sizeof(path), "%s/%s.json",
		 getenv("CARDS") ? getenv("CARDS") : "tests/data/cards", name);
	if (getenv("UPDATE_CARDS"))
		assert_int_equal(json_dump_file(card, path, JSON_INDENT(1)), 0);
	expected = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(expected);
	if (!json_equal(card, expected)) {
		json_dumpf(card, stderr, JSON_INDENT(1));
		fail_msg("the card differs from %s", path);
	}
	json_decref(expected);
	json_decref(card);
}

static void test_golden_cards(void **state)
{
	(void)state;
	compare_with_file(teams_card(&request, NULL), "egress-hold");

	strcpy(request.action, "open");
	strcpy(request.waiting, "fail");
	strcpy(request.scope, "once");
	strcpy(request.target, "/data/customers.csv");
	request.requester[0] = '\0';
	request.reason[0] = request.reason_from[0] = '\0';
	request.loginuid = UINT32_MAX;
	request.n_sources = 0;
	request.tries = 1;
	request.reason_required = 1;
	compare_with_file(teams_card(&request, NULL), "open-fail-unknown");
}

static void test_journal_that_people_hold(void **state)
{
	char *text;

	(void)state;
	request.journal_entries = 1234;
	strcpy(request.journal_root, "9a6a09b2379105a1");
	for (int closed = 0; closed < 2; closed++) {
		json_t *card = teams_card(&request, NULL);

		text = json_dumps(card, JSON_COMPACT);
		assert_non_null(strstr(text, "1234 entries, root "));
		assert_non_null(strstr(text, "9a6a 09b2 3791 05a1"));
		free(text);
		json_decref(card);
		decide(true);
	}
}

static void test_golden_answers(void **state)
{
	(void)state;
	decide(true);
	compare_with_file(teams_card(&request, NULL), "approved");
	decide(false);
	strcpy(request.outcome, "denied by erin");
	compare_with_file(teams_card(&request, NULL), "denied");
	decide(true);
	request.revoked = (struct ipc_revocation){ .person = "ruth",
						   .time_ms = 1795365120000,
						   .reason = "wrong partner" };
	strcpy(request.outcome, "approved by erin for this process; revoked by ruth");
	compare_with_file(teams_card(&request, NULL), "revoked");
	request.revoked = (struct ipc_revocation){};
	request.n_decisions = 0;
	request.outcome[0] = '\0';
	request.state = IPC_EXPIRED;
	compare_with_file(teams_card(&request, NULL), "expired");
	request.state = IPC_GONE;
	compare_with_file(teams_card(&request, NULL), "gone");
}

static void test_every_fact_is_on_the_card(void **state)
{
	static const char *const facts[] = {
		"etl-04.example",
		"pii-egress",
		"3f9a 22c1 d0e1 f2a3",
		"dana",
		"uid 1001",
		"login uid 1007",
		"python3",
		"pid 812",
		"/usr/bin/python3.11",
		"python3 /opt/etl/export.py --to partner",
		"etl.service",
		"198.51.100.7 port 443 tcp",
		"monthly report",
		", by its ",
		"data-owners",
		"pii, finance",
		"sensitivity 80 of 100",
		"/data/customers.csv",
		"python3[812]",
		"/data/ledger.db",
		"loader[640]",
		"tried 3 times",
		"1 of 2",
		"2026-11-22 16:45:00 UTC",
		"sluice approve r-7k2m9x 3f9a22c1 --scope once --reason \"…\"",
		"sluice deny r-7k2m9x 3f9a22c1 --reason \"…\"",
		"send to the network",
		"stopped until someone decides",
	};
	_cleanup_free_ char *text = shown("TextRun");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		if (!strstr(text, facts[i]))
			fail_msg("'%s' is missing in:\n%s", facts[i], text);
	assert_null(strstr(text, "hidden"));
}

static void test_markup_stays_text(void **state)
{
	static const char attack[] = "[Approve](https://evil.example) **safe** <at>x</at> \"'`";
	_cleanup_free_ char *blocks = NULL;
	_cleanup_free_ char *runs = NULL;

	(void)state;
	strcpy(request.target, attack);
	strcpy(request.reason, attack);
	strcpy(request.command, attack);
	strcpy(request.unit, attack);
	strcpy(request.rule, "[x](y)");
	strcpy(request.action, "[a](b)");
	strcpy(request.waiting, "[w](z)");
	strcpy(request.scope, "[s](t)");
	strcpy(request.sources[0].reader, attack);
	blocks = shown("TextBlock");
	runs = shown("TextRun");
	assert_null(strchr(blocks, '['));
	assert_null(strchr(blocks, '<'));
	assert_non_null(strstr(runs, attack)); /* whole and unchanged, where markup means nothing */
	assert_string_equal(blocks, "Approval needed\n");
}

/* Every run that holds text from outside is monospace; only those may contain the mark. */
static void check_runs(const json_t *node)
{
	const char *text = json_string_value(json_object_get(node, "text"));
	const char *font = json_string_value(json_object_get(node, "fontType"));
	const char *key;
	json_t *value;
	size_t i;

	if (text && strstr(text, "outside")) {
		assert_string_equal(json_string_value(json_object_get(node, "type")), "TextRun");
		assert_non_null(font);
		assert_string_equal(font, "Monospace");
	}
	json_object_foreach((json_t *)node, key, value)
		check_runs(value);
	json_array_foreach(node, i, value)
		check_runs(value);
}

static void fill_all(struct ipc_request *r, const char *with)
{
#define FILL(f) snprintf(r->f, sizeof(r->f), "%s", with)
	FILL(host), FILL(rule), FILL(action), FILL(waiting), FILL(scope), FILL(labels),
		FILL(requester), FILL(user);
	FILL(comm), FILL(executable), FILL(command), FILL(unit), FILL(target), FILL(reason),
		FILL(reviewers);
	FILL(outcome);
	r->n_sources = SLUICE_MAX_SOURCES;
	for (int i = 0; i < SLUICE_MAX_SOURCES; i++)
		FILL(sources[i].path), FILL(sources[i].labels), FILL(sources[i].reader);
	r->n_decisions = SLUICE_MAX_REVIEWERS;
	for (int i = 0; i < SLUICE_MAX_REVIEWERS; i++)
		FILL(decisions[i].person), FILL(decisions[i].reason);
}

static void test_text_from_outside_is_always_monospace(void **state)
{
	json_t *card;

	(void)state;
	fill_all(&request, "outside");
	for (request.state = 0; request.state < IPC_STATES; request.state++) {
		card = teams_card(&request, NULL);
		assert_non_null(card);
		check_runs(card);
		json_decref(card);
	}
}

static void test_deceiving_characters_are_spelled(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	strcpy(request.target, "/data/\xe2\x80\xaegnp.exe\xe2\x81\xa6\xe2\x80\x8b\xef\xbb\xbf|");
	strcpy(request.command, "a\nb\tc\x1b[31m\x7f");
	strcpy(request.reason, "\xff\xfe ok \xc0\xaf \xed\xa0\x80");
	strcpy(request.unit, " two  spaces ");
	text = shown("TextRun");
	assert_non_null(strstr(text, "/data/\\u202egnp.exe\\u2066\\u200b\\ufeff|"));
	assert_non_null(strstr(text, "a\\nb\\tc\\x1b[31m\\x7f"));
	assert_non_null(strstr(text, "\\xff\\xfe ok \\xc0\\xaf \\xed\\xa0\\x80"));
	assert_non_null(strstr(text, "\\x20two \\x20spaces\\x20"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strchr(text, '\x1b'));
}

static void test_honest_letters_stay(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	strcpy(request.target, "/data/Größe-日本-данные");
	text = shown("TextRun");
	assert_non_null(strstr(text, "/data/Größe-日本-данные"));
}

static size_t size_of_card(void)
{
	json_t *card = teams_card(&request, NULL);
	size_t size;

	assert_non_null(card);
	size = json_dumpb(card, NULL, 0, JSON_COMPACT);
	json_decref(card);
	return size;
}

static void test_worst_case_fits(void **state)
{
	static const char *const fillers[] = { "\x01", "\"",   "\\",
					       "a",    "\xff", "\xe2\x80\xae",
					       "[](",  " ",    "\xf3\xa0\x80\x81" };
	char text[SLUICE_PATH_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fillers); i++) {
		text[0] = '\0';
		while (strlen(text) + strlen(fillers[i]) < sizeof(text))
			strcat(text, fillers[i]);
		fill_all(&request, text);
		request.hidden = UINT32_MAX;
		for (request.state = 0; request.state < IPC_STATES; request.state++)
			assert_in_range(size_of_card(), 1, TEAMS_CARD_MAX);
	}
}

static void test_what_is_hidden_is_counted(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t hidden = 0;
	const char *at;

	(void)state;
	fill_all(&request, "");
	request.n_decisions = 0;
	for (int i = 0; i < SLUICE_MAX_SOURCES; i++) {
		memset(request.sources[i].path, '\x02', SLUICE_PATH_TEXT - 1);
		memcpy(request.sources[i].path, "/first", 6);
		memcpy(request.sources[i].path + SLUICE_PATH_TEXT - 6, "last", 5);
	}
	text = shown("TextRun");
	for (at = text; (at = strstr(at, " … ")); at++)
		hidden += strtoul(at + strlen(" … "), NULL, 10);
	assert_true(hidden > 0);
	at = strstr(text, "Text is hidden: ");
	assert_non_null(at);
	assert_int_equal(strtoul(at + strlen("Text is hidden: "), NULL, 10), hidden);
	assert_non_null(strstr(at, "in 8 places"));
	assert_non_null(strstr(at, "sluice show r-7k2m9x shows all"));
	assert_non_null(strstr(text, "/first"));
	assert_non_null(strstr(text, "last\n"));
}

static void test_what_the_agent_hid_is_told(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	request.hidden = 312;
	text = shown("TextRun");
	assert_non_null(
		strstr(text, "Text is hidden: 0 bytes in 0 places of this card, 312 bytes before. "
			     "sluice journal --request "));
}

static void test_reads_that_are_not_named_are_told(void **state)
{
	(void)state;
	for (uint32_t more = 0; more < 2; more++) {
		_cleanup_free_ char *text = NULL;

		request.more_sources = more;
		text = shown("TextRun");
		assert_int_equal(!!strstr(text, "and at least 1 more: sluice why "), more);
	}
}

static void test_only_typable_ids(void **state)
{
	static const char *const bad[] = {
		"", "r-", "x-1", "r-1;id", "r-$(id)", "r-1 2", "r-\xff"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		strcpy(request.id, bad[i]);
		errno = 0;
		assert_null(teams_card(&request, NULL));
		assert_int_equal(errno, EINVAL);
	}
	strcpy(request.id, "r-7k2m9x");
	request.digest[3] = '`';
	assert_null(teams_card(&request, NULL));
	strcpy(request.digest, "3f9a22c1");
	assert_null(teams_card(&request, NULL));
	request.state = IPC_GONE; /* closed unseen: nothing is to be typed */
	json_decref(teams_card(&request, NULL));
	request.state = IPC_PENDING;
	strcpy(request.digest, DIGEST);
	json_decref(teams_card(&request, NULL));
}

static void test_test_card_says_so(void **state)
{
	json_t *card = teams_card_test("host.example");
	_cleanup_free_ char *text = texts_of(card, "TextBlock");
	_cleanup_free_ char *runs = texts_of(card, "TextRun");

	(void)state;
	assert_int_equal(strncmp(text, "TEST: nothing is waiting", 24), 0);
	assert_non_null(strstr(runs, "All below is invented"));
	assert_non_null(strstr(runs, "host.example"));
	json_decref(card);
}

static void test_fit_keeps_characters_whole(void **state)
{
	struct notifier_text text = {};
	char source[400] = "";

	(void)state;
	while (strlen(source) < 390)
		strcat(source, "日"); /* three bytes each */
	for (size_t max = 32; max < 400; max++) {
		assert_int_equal(notifier_text_fit(source, max, &text), 0);
		assert_null(strchr(text.head, '\\')); /* no half character was escaped */
		if (text.hidden) {
			assert_true(strlen(text.head) + strlen(text.tail) <= max);
			assert_int_equal(strlen(text.head) + text.hidden + strlen(text.tail),
					 strlen(source));
		}
		notifier_text_clear(&text);
	}
}

static int group_setup(void **state)
{
	(void)state;
	escape_locale();
	return 0;
}

/* What an approval takes is said with the command that gives it. */
static void test_tier_is_on_the_card(void **state)
{
	static const char plain[] = "sluice approve r-7k2m9x 3f9a22c1 --scope once --reason";
	static const char keyed[] =
		"sluice approve r-7k2m9x 3f9a22c1 --scope once --key ~/.ssh/id_ed25519 --reason";

	(void)state;
	for (uint8_t tier = 1; tier <= 3; tier++) {
		_cleanup_free_ char *text = NULL;
		char words[64];

		request.tier = tier;
		text = shown("TextRun");
		snprintf(words, sizeof(words), "approve with your own key (tier A%u)", tier);
		assert_int_equal(strstr(text, plain) != NULL, tier == 1);
		assert_int_equal(strstr(text, keyed) != NULL, tier > 1);
		assert_int_equal(strstr(text, words) != NULL, tier > 1);
		assert_non_null(strstr(text, "sluice deny r-7k2m9x 3f9a22c1 --reason"));
	}
}

static const json_t *actions_of(const json_t *card)
{
	const json_t *attachment = json_array_get(json_object_get(card, "attachments"), 0);

	return json_object_get(json_object_get(attachment, "content"), "actions");
}

/* Of a question only, and only where there is a page. */
static void test_question_links_to_the_page(void **state)
{
	const char *page = "https://page.example";
	json_t *card = teams_card(&request, page);
	const json_t *action = json_array_get(actions_of(card), 0);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(action, "type")), "Action.OpenUrl");
	assert_string_equal(json_string_value(json_object_get(action, "url")),
			    "https://page.example/r/r-7k2m9x");
	json_decref(card);
	card = teams_card(&request, NULL);
	assert_null(actions_of(card));
	json_decref(card);
	request.state = IPC_DENIED;
	card = teams_card(&request, page);
	assert_null(actions_of(card));
	json_decref(card);
}

/* ---- cards of a bot ---- */

static bool has_button(const json_t *card, enum teams_verb verb)
{
	const json_t *action;
	size_t i;

	json_array_foreach (json_object_get(card, "actions"), i, action) {
		const char *name = json_string_value(json_object_get(action, "verb"));

		if (name && !strcmp(name, teams_verbs[verb]))
			return true;
	}
	return false;
}

static const struct button_seal seal = { "a key of the test's own" };

static void test_golden_bot_cards(void **state)
{
	struct teams_reader reader = { .page = "https://page.example", .buttons = true, .seal = &seal };

	(void)state;
	request.reason_required = 1;
	compare_with_file(teams_bot_card(&request, &reader), "bot-question");
	reader = (struct teams_reader){ .note = "r-7k2m9x: 1 of 2 approvals" };
	compare_with_file(teams_bot_card(&request, &reader), "bot-noted");
	decide(true);
	reader = (struct teams_reader){ .buttons = true, .seal = &seal };
	compare_with_file(teams_bot_card(&request, &reader), "bot-approved");
}

static void expect_buttons(const struct teams_reader *reader, bool approve, bool deny)
{
	json_t *card = teams_bot_card(&request, reader);

	assert_non_null(card);
	assert_int_equal(has_button(card, TEAMS_APPROVE), approve);
	assert_int_equal(has_button(card, TEAMS_DENY), deny);
	assert_int_equal(teams_bot_can_approve(&request, reader), approve);
	json_decref(card);
}

/* Nobody approves by a button what they have not seen whole, or what wants surer proof. */
static void test_buttons_are_where_they_may_be(void **state)
{
	const struct teams_reader all = { .buttons = true, .seal = &seal };
	const struct teams_reader none = { .page = "https://page.example" };

	(void)state;
	for (uint8_t tier = 0; tier <= 3; tier++) {
		request.tier = tier;
		expect_buttons(&all, tier <= 2, true);
		expect_buttons(&none, false, false);
	}
	request.tier = 1;
	request.hidden = 1;
	expect_buttons(&all, false, true);
	request.hidden = 0;
	expect_buttons(&all, true, true);
	memset(request.command, '"', sizeof(request.command) - 1);
	memset(request.executable, 1, sizeof(request.executable) - 1);
	request.n_sources = SLUICE_MAX_SOURCES;
	for (int i = 0; i < SLUICE_MAX_SOURCES; i++)
		memset(request.sources[i].path, '\\', sizeof(request.sources[i].path) - 1);
	expect_buttons(&all, false, true);
	for (int state_of = IPC_APPROVED; state_of < IPC_STATES; state_of++) {
		request.state = (uint8_t)state_of;
		expect_buttons(&all, false, false);
	}
}

/* What sluiced says of an answer names people: text from outside like all other. */
static void test_a_note_is_no_markup(void **state)
{
	const struct teams_reader reader = { .note = "[x](https://evil.example)" };
	json_t *card = teams_bot_card(&request, &reader);
	_cleanup_free_ char *blocks = texts_of(card, "TextBlock");
	_cleanup_free_ char *runs = texts_of(card, "TextRun");

	(void)state;
	assert_null(strstr(blocks, "evil"));
	assert_non_null(strstr(runs, "[x](https://evil.example)"));
	json_decref(card);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_golden_bot_cards, card_setup),
		cmocka_unit_test_setup(test_buttons_are_where_they_may_be, card_setup),
		cmocka_unit_test_setup(test_a_note_is_no_markup, card_setup),
		cmocka_unit_test_setup(test_golden_cards, card_setup),
		cmocka_unit_test_setup(test_golden_answers, card_setup),
		cmocka_unit_test_setup(test_journal_that_people_hold, card_setup),
		cmocka_unit_test_setup(test_every_fact_is_on_the_card, card_setup),
		cmocka_unit_test_setup(test_tier_is_on_the_card, card_setup),
		cmocka_unit_test_setup(test_markup_stays_text, card_setup),
		cmocka_unit_test_setup(test_text_from_outside_is_always_monospace, card_setup),
		cmocka_unit_test_setup(test_deceiving_characters_are_spelled, card_setup),
		cmocka_unit_test_setup(test_honest_letters_stay, card_setup),
		cmocka_unit_test_setup(test_question_links_to_the_page, card_setup),
		cmocka_unit_test_setup(test_worst_case_fits, card_setup),
		cmocka_unit_test_setup(test_what_is_hidden_is_counted, card_setup),
		cmocka_unit_test_setup(test_reads_that_are_not_named_are_told, card_setup),
		cmocka_unit_test_setup(test_what_the_agent_hid_is_told, card_setup),
		cmocka_unit_test_setup(test_only_typable_ids, card_setup),
		cmocka_unit_test_setup(test_test_card_says_so, card_setup),
		cmocka_unit_test_setup(test_fit_keeps_characters_whole, card_setup),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
