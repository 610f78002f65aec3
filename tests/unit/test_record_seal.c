/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_record_seal.c: private text is in no entry, and all who decide, and a restart, have it;
 * what is erased is not taken up; a vault that cannot be written stops what an unwritable journal
 * stops.
 */
#include "agent_fixture.h"

#include "event/record_seal.h"
#include "event/record_vault.h"
#include "lineage/lineage_index.h"
#include "policy/policy.h"
#include "vault/reveal.h"
#include "vault/vault.h"

#define BY_PATH	 "[Journal]\nPrivate=/srv/customers\n"
#define BY_LABEL "[Label customers]\nSensitivity=50\nPrivate=yes\nPath=/srv/customers\n"
#define PRIVATE	 "/srv/customers/list.csv"
#define REASON	 "SLUICE_REASON=to check /srv/customers/list.csv\0"

/* The fixture's policy with something private. */
static void keep_private(const char *section)
{
	struct agent *agent = &world.agent;
	char text[8192], error[512] = "", *was;
	const char *rest = fixture_policy_text;
	struct policy *policy;

	if (!strncmp(section, "[Label", 6))
		rest = strstr(rest, "[Label secrets]");
	snprintf(text, sizeof(text), "%s%s", section, rest);
	if (strncmp(section, "[Label", 6))
		snprintf(text, sizeof(text), "%s%s", fixture_policy_text, section);
	policy_free((struct policy *)agent->policy);
	load_policy(agent, text);
	policy = (struct policy *)agent->policy;
	agent->privacy = policy;
	was = policy->settings.state;
	policy->settings.state = world.folder;
	if (record_vault_open(agent, policy, error, sizeof(error)))
		fail_msg("%s", error);
	policy->settings.state = was;
	assert_non_null(agent->vault);
}

static int teardown(void **state)
{
	world.agent.vault = vault_close(world.agent.vault);
	return agent_teardown(state);
}

/* All entries as bytes. */
static char *journal_bytes(void)
{
	char *text = json_dumps(world.journal.entries, JSON_COMPACT);

	assert_non_null(text);
	return text;
}

static void nowhere(const char *what)
{
	_cleanup_free_ char *text = journal_bytes();
	char path[128], line[65536];
	FILE *file;

	if (strstr(text, what))
		fail_msg("in the journal: %.3000s", strstr(text, what) - 100);
	journal_file(path);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		assert_null(strstr(line, what));
	if (file)
		fclose(file);
}

static void somewhere(const char *what)
{
	_cleanup_free_ char *text = journal_bytes();

	if (!strstr(text, what))
		fail_msg("not in the journal: %s", what);
}

/* What who has the vault is shown of an entry's member. */
static void revealed(const json_t *entry, const char *name, const char *wanted)
{
	struct reveal reveal = { .vault = world.agent.vault };
	_cleanup_free_ char *text = reveal_text(&reveal, member(entry, name));

	assert_non_null(text);
	assert_string_equal(text, wanted);
	assert_int_equal(reveal.missing, 0);
}

static struct request *ask(bool hold)
{
	pid_t pid = add_child();
	struct fake_process p = { .pid = pid,
				  .ppid = 1,
				  .uid = ANN,
				  .euid = ANN,
				  .loginuid = ANN,
				  .environ = REASON,
				  .environ_length = sizeof(REASON),
				  .cmdline = "cat\0" PRIVATE "\0/srv/public/x",
				  .cmdline_length = sizeof("cat " PRIVATE " /srv/public/x") };
	struct sluice_event event = make_stop(pid, ANN, SLUICE_OPEN, CUSTOMERS, hold);
	struct request *request;

	add_process(&p);
	event.loginuid = ANN;
	request = stop(&event);
	assert_non_null(request);
	return request;
}

static void flow(enum sluice_event_type type, const char *parts, size_t size)
{
	struct sluice_event event =
		make_stop(add_worker(ANN, ANN), ANN, SLUICE_OPEN, CUSTOMERS, true);

	event.type = type;
	memcpy(event.path, parts, size);
	event.path_len = (uint16_t)size;
	event_handle(&world.agent, &event);
	event_flush(&world.agent);
}

static void test_nothing_without(void **state)
{
	(void)state;
	ask(true);
	somewhere(PRIVATE);
	assert_null(world.agent.vault);
	assert_null(json_object_get(entry_of("request.opened"), "nonce"));
}

static void a_whole_request(const char *section)
{
	struct request *request;
	char id[16];

	keep_private(section);
	flow(SLUICE_EVENT_READ, "list.csv\0customers\0srv", 23);
	request = ask(true);
	memcpy(id, request->id, sizeof(id));
	/* people see it */
	assert_string_equal(request->target, PRIVATE);
	assert_non_null(strstr(request->command, PRIVATE));
	nowhere("/srv/customers");
	nowhere("list.csv");
	somewhere("/usr/bin/python3");
	somewhere("hmac:");
	revealed(json_object_get(entry_of("request.opened"), "target"), "text", PRIVATE);
	revealed(entry_of("request.opened"), "command", "cat " PRIVATE " /srv/public/x");
	revealed(entry_of("request.opened"), "reason", "to check " PRIVATE);
	assert_int_equal(decide(request, BOB, true, "I know " PRIVATE), 0);
	assert_int_equal(count_of("grant.issued"), 1);
	nowhere("/srv/customers");
	revealed(json_object_get(entry_of("grant.issued"), "target"), "text", PRIVATE);
	restart();
	assert_non_null(grant_of_request(world.agent.grants, id));
	assert_string_equal(grant_of_request(world.agent.grants, id)->target, PRIVATE);
	nowhere("/srv/customers");
}

static void test_request_by_path(void **state)
{
	(void)state;
	a_whole_request(BY_PATH);
}

static void test_request_by_label(void **state)
{
	(void)state;
	a_whole_request(BY_LABEL);
}

static void test_neighbours_stay(void **state)
{
	(void)state;
	keep_private("[Journal]\nPrivate=/srv/customers/list.csv\n");
	flow(SLUICE_EVENT_READ, "list.csv\0customers\0srv", 23);
	flow(SLUICE_EVENT_LABEL, "list.csv2\0customers\0srv", 24);
	flow(SLUICE_EVENT_READ, "other list.csv\0customers\0srv", 29);
	nowhere("read /srv/customers/list.csv");
	somewhere("\"text\":\"/srv/customers/list.csv2\"");
	somewhere("into /srv/customers/list.csv2\"");
	somewhere("read /srv/customers/other list.csv and carries customers");
}

static void test_names_with_spaces(void **state)
{
	char wanted[256];
	json_t *entry;
	json_int_t pid;

	(void)state;
	keep_private(BY_PATH);
	flow(SLUICE_EVENT_READ, "my list, for bob\0customers\0srv", 31);
	nowhere("my list");
	nowhere("for bob");
	entry = entry_of("event.read");
	pid = json_integer_value(json_object_get(json_object_get(entry, "subject"), "pid"));
	snprintf(wanted, sizeof(wanted),
		 "python3[%d] read /srv/customers/my list, for bob and carries customers",
		 (int)pid);
	revealed(entry, "message", wanted);
}

static void test_cut_path_is_private(void **state)
{
	struct sluice_event event =
		make_stop(add_worker(ANN, ANN), ANN, SLUICE_OPEN, SECRETS, true);

	(void)state;
	keep_private(BY_PATH);
	event.type = SLUICE_EVENT_READ;
	event.path_cut = 1;
	event_handle(&world.agent, &event);
	event_flush(&world.agent);
	nowhere("list.csv");
}

static void test_commands(void **state)
{
	(void)state;
	keep_private("[Journal]\nPrivateCommands=yes\n");
	ask(true);
	nowhere("/srv/public/x");
	somewhere("\"text\":\"" PRIVATE "\"");
	revealed(entry_of("request.opened"), "command", "cat " PRIVATE " /srv/public/x");
}

/* What a signature is over, a reason in it: whole, so that it can be checked with the vault. */
static void test_signed_statement(void **state)
{
	static const char said[] = "sluice-decision-v1\nreason see " PRIVATE "\nnonce 00ff\n";
	const json_t *evidence;

	(void)state;
	keep_private(BY_PATH);
	record_add(&world.agent, NULL,
		   json_pack("{s:s, s:{s:s, s:s}}", "reason", "see " PRIVATE, "evidence",
			     "statement", said, "signature", "a/b//c"),
		   "decision", "bob approved: %s", "see " PRIVATE);
	record_add(&world.agent, NULL,
		   json_pack("{s:{s:s}}", "evidence", "statement", "reason see /srv/public/x\n"),
		   "decision", "bob approved");
	nowhere("/srv/customers");
	somewhere("\"statement\":\"reason see /srv/public/x\\n\"");
	somewhere("\"signature\":\"a/b//c\"");
	evidence = json_object_get(json_array_get(world.journal.entries, 1), "evidence");
	assert_int_equal(strlen(member(evidence, "statement")), VAULT_TEXT - 1);
	revealed(evidence, "statement", said);
}

/* A name that looks like a commitment is not taken for one. */
static void test_false_commitment(void **state)
{
	static const char name[] =
		"hmac:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\0tmp";

	(void)state;
	keep_private("[Journal]\nPrivate=/nothing\n");
	flow(SLUICE_EVENT_READ, name, sizeof(name));
	nowhere("0123456789abcdef0123456789abcdef");
	revealed(json_object_get(entry_of("event.read"), "target"), "text",
		 "/tmp/hmac:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
}

/* Not even who knows all of the entry can try a guess of the path on its digest. */
static void test_digest_has_a_nonce(void **state)
{
	struct request *request, *other;
	char digest[65];

	(void)state;
	keep_private(BY_PATH);
	request = ask(true);
	assert_int_equal(strlen(request->nonce), 64);
	nowhere(request->nonce);
	revealed(entry_of("request.opened"), "nonce", request->nonce);
	memcpy(digest, request->digest, sizeof(digest));
	assert_int_equal(request_digest(&world.agent, request), 0);
	assert_string_equal(digest, request->digest);
	request->nonce[0] = '\0';
	assert_int_equal(request_digest(&world.agent, request), 0);
	assert_string_not_equal(digest, request->digest);
	other = ask(true);
	assert_string_not_equal(other->digest, digest);
}

static void test_restart_keeps_requests(void **state)
{
	struct request *request;
	char id[16];

	(void)state;
	keep_private(BY_PATH);
	request = ask(true);
	memcpy(id, request->id, sizeof(id));
	restart();
	request = request_find(world.agent.requests, id);
	assert_non_null(request);
	assert_int_equal(request->state, IPC_PENDING);
	assert_string_equal(request->target, PRIVATE);
	assert_string_equal(request->reason, "to check " PRIVATE);
	assert_non_null(strstr(request->command, PRIVATE));
	assert_int_equal(decide(request, BOB, true, "yes"), 0);
}

static void erase_all(void)
{
	const struct vault_select all = { .path = "/srv", .uid = VAULT_NOBODY };
	uint64_t n;

	assert_int_equal(vault_erase(world.agent.vault, &all, 1, &n), 0);
	assert_true(n > 0);
}

/* The process waits still, and people are asked anew, under another number and digest. */
static void test_erased_request_is_asked_anew(void **state)
{
	struct request *request, *again;
	struct sluice_ask_key key;
	char id[16];

	(void)state;
	keep_private(BY_PATH);
	request = ask(true);
	memcpy(id, request->id, sizeof(id));
	key = request->key;
	erase_all();
	restart();
	assert_null(request_find(world.agent.requests, id));
	HASH_FIND(by_key, world.agent.requests->by_key, &key, sizeof(key), again);
	assert_non_null(again);
	assert_string_not_equal(again->id, id);
	assert_int_equal(record_erased(&world.agent), 1);
}

static void test_erased_grant_ends(void **state)
{
	struct request *request;
	char id[16];

	(void)state;
	keep_private(BY_PATH);
	request = ask(true);
	memcpy(id, request->id, sizeof(id));
	assert_int_equal(decide(request, BOB, true, "yes"), 0);
	assert_int_equal(world.kernel.n_grants, 1);
	erase_all();
	restart();
	assert_null(grant_of_request(world.agent.grants, id));
	assert_int_equal(world.kernel.n_grants, 0);
	assert_int_equal(count_of("grant.revoked"), 1);
}

/* The same for one whose file is gone altogether. */
static void test_lost_vault(void **state)
{
	char path[128], text[512], id[16];
	struct request *request;

	(void)state;
	keep_private(BY_PATH);
	request = ask(true);
	memcpy(id, request->id, sizeof(id));
	world.journal.before = (struct journal_before){ 0 };
	world.agent.vault = vault_close(world.agent.vault);
	snprintf(path, sizeof(path), "%s/" VAULT_FILE, world.folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(vault_open(world.folder, true, &world.agent.vault, text, sizeof(text)), 0);
	record_vault_attach(&world.agent);
	restart();
	assert_null(request_find(world.agent.requests, id));
	assert_int_equal(HASH_CNT(by_key, world.agent.requests->by_key), 1);
	assert_int_equal(count_of("vault.made"), 2);
}

static void test_vault_that_cannot_be_written(void **state)
{
	char path[128], aside[160];
	struct sluice_event event;

	(void)state;
	keep_private(BY_PATH);
	assert_int_equal(record_commit(&world.agent), 0);
	snprintf(path, sizeof(path), "%s/" VAULT_FILE, world.folder);
	snprintf(aside, sizeof(aside), "%s.aside", path);
	ask(true);
	assert_int_equal(rename(path, aside), 0);
	event = make_stop(add_worker(BOB, BOB), BOB, SLUICE_OPEN, CUSTOMERS, true);
	event.path[0] = 'x';
	stop(&event);
	assert_true(world.journal.broken);
	assert_int_equal(count_of("request.opened"), 2); /* in memory, */
	assert_true(world.journal.durable <
		    json_array_size(world.journal.entries)); /* not written */
}

static void test_vault_that_is_refused(void **state)
{
	struct agent *agent = &world.agent;
	struct policy *policy = (struct policy *)agent->policy;
	char path[128], text[512] = "";
	char *was = policy->settings.state;
	FILE *file;

	(void)state;
	policy->settings.state = world.folder;
	/* nothing private, nothing there: no vault, and no error */
	assert_int_equal(record_vault_open(agent, policy, text, sizeof(text)), 0);
	assert_null(agent->vault);
	snprintf(path, sizeof(path), "%s/" VAULT_FILE, world.folder);
	file = fopen(path, "we");
	fputs("no database at all, but something else that is long enough", file);
	fclose(file);
	chmod(path, 0600);
	assert_int_equal(record_vault_open(agent, policy, text, sizeof(text)), -EUCLEAN);
	assert_non_null(strstr(text, "vault.db"));
	assert_null(agent->vault);
	policy->settings.state = was;
}

static void test_lineage_has_no_text(void **state)
{
	struct lineage_bounds bounds = { 16, 16 };
	struct lineage_answer answer = { 0 };
	struct sluice_object_id id = { .dev = 8, .gen = 2, .ino = 99 };
	struct lineage_index *index;
	json_t *entry;

	(void)state;
	keep_private(BY_PATH);
	flow(SLUICE_EVENT_LABEL, "list.csv\0customers\0srv", 23);
	assert_int_equal(lineage_index_open(NULL, 100, &index, (char[512]){ 0 }, 512), 0);
	entry = journal_line(&world.journal, json_array_size(world.journal.entries) - 1);
	assert_int_equal(lineage_index_add(index, entry, 0), 0);
	json_decref(entry);
	assert_int_equal(lineage_index_of_object(index, &world.agent, &id, &bounds, &answer), 0);
	assert_int_equal(answer.n, 1);
	assert_string_equal(answer.edges[0].object, PRIVATE);
	free(answer.edges);
	erase_all();
	assert_int_equal(lineage_index_of_object(index, &world.agent, &id, &bounds, &answer), 0);
	assert_string_equal(answer.edges[0].object, REVEAL_ERASED);
	free(answer.edges);
	lineage_index_free(index);
}

#define SEAL_TEST(fn) cmocka_unit_test_setup_teardown(fn, agent_setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SEAL_TEST(test_nothing_without),
		SEAL_TEST(test_request_by_path),
		SEAL_TEST(test_request_by_label),
		SEAL_TEST(test_neighbours_stay),
		SEAL_TEST(test_names_with_spaces),
		SEAL_TEST(test_cut_path_is_private),
		SEAL_TEST(test_commands),
		SEAL_TEST(test_signed_statement),
		SEAL_TEST(test_false_commitment),
		SEAL_TEST(test_digest_has_a_nonce),
		SEAL_TEST(test_restart_keeps_requests),
		SEAL_TEST(test_erased_request_is_asked_anew),
		SEAL_TEST(test_erased_grant_ends),
		SEAL_TEST(test_lost_vault),
		SEAL_TEST(test_vault_that_cannot_be_written),
		SEAL_TEST(test_vault_that_is_refused),
		SEAL_TEST(test_lineage_has_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
