/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make-journal.c: a small signed journal for tests of sluice, written by the real writer.
 *
 * Usage: make-journal JOURNAL KEY [MESSAGE | --entries N | --boot ID | --event MESSAGE | --stdin |
 * --each | --next | --remove SINCE [keep] | --private POLICY FOLDER], or make-journal --erase FOLDER PATTERN.
 * Without MESSAGE the entries of one approval; with it one more entry of that message, or N of
 * them, or a start in another boot, or one of the kernel's events, or the JSON objects of standard
 * input, signed at the end or after each, or another one with which it goes on in another file,
 * or the entry that says that its oldest file is removed, which it is then.
 * With --private what that policy calls private is in the vault of FOLDER, which --erase erases.
 * Each run opens, appends, signs and closes as sluiced would.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "event/record_seal.h"
#include "journal/journal.h"
#include "journal/journal_retire.h"
#include "policy/policy.h"
#include "sluiced/agent.h"
#include "vault/vault.h"

static int add(struct journal *journal, json_t *body)
{
	return body ? journal_add(journal, body, NULL) : -1;
}

static int add_all(struct journal *journal)
{
	static const struct {
		const char *type, *message, *request, *action, *label, *person;
	} entries[] = {
		{ "agent.start", "the agent started", NULL, NULL, NULL, NULL },
		{ "request.opened", "python3 asks to send pii", "r-1", "egress", "pii", "alice" },
		{ "decision", "bob approved", "r-1", "egress", "pii", "bob" },
		{ "grant.used", "the grant was used", "r-1", "egress", "pii", NULL },
		{ "request.opened", "evil \033[2J\xe2\x80\xae text", "r-2", "open", "secret",
		  "carol" },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(entries) && r == 0; i++)
		r = add(journal,
			json_pack("{s:s, s:s, s:s*, s:s*, s:[s*], s:s*}", "type", entries[i].type,
				  "message", entries[i].message, "request", entries[i].request,
				  "action", entries[i].action, "labels", entries[i].label, "person",
				  entries[i].person));
	return r;
}

static int add_note(struct journal *journal, const char *type, const char *message)
{
	return add(journal, json_pack("{s:s, s:s}", "type", type, "message", message));
}

static int add_notes(struct journal *journal, unsigned long n)
{
	char message[64];
	int r = 0;

	for (unsigned long i = 0; i < n && r == 0; i++) {
		snprintf(message, sizeof(message), "note number %lu", i);
		r = add_note(journal, "agent.note", message);
	}
	return r;
}

/* Objects one after the other, as entries without what the writer adds. */
static int add_stdin(struct journal *journal, bool each)
{
	int r = 0, c;

	while (r == 0 && (c = getchar()) != EOF) {
		json_t *body;

		if (c != '{')
			continue;
		ungetc(c, stdin);
		body = json_loadf(stdin, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL);
		r = add(journal, body);
		if (r == 0 && each)
			r = journal_commit(journal);
	}
	return r;
}

/* As sluiced does; @keep: but only says so. */
static int remove_oldest(struct journal *journal, const char *since, bool keep)
{
	struct journal_removed removed;
	int64_t ended_ms;
	uint64_t to;
	int r = journal_oldest(journal, &removed, &ended_ms, &to);

	if (r < 0)
		return r;
	removed.since = strtoull(since, NULL, 10);
	r = add(journal, json_pack("{s:s, s:s, s:o}", "type", JOURNAL_REMOVED_TYPE, "message",
				   "sluiced removes entries", "removed",
				   journal_removed_body(&removed)));
	if (r == 0)
		r = journal_commit(journal);
	return r < 0 || keep ? r : journal_remove_oldest(journal, &removed);
}

static int commit_vault(void *vault)
{
	return vault_commit(vault);
}

static int add_private(struct journal *journal, const char *file, const char *folder)
{
	struct policy_error error = { 0 };
	struct agent agent = { 0 };
	struct policy *policy = NULL;
	char text[512] = "", *files[] = { (char *)file };
	struct journal_before before = { .fn = commit_vault, .what = "vault", .path = folder };
	int r = policy_load(files, 1, &policy, &error), c;

	if (r == 0)
		r = vault_open(folder, true, &agent.vault, text, sizeof(text));
	if (r < 0) {
		fprintf(stderr, "%s%s\n", error.text, text);
		return r;
	}
	agent.privacy = policy;
	before.ctx = agent.vault;
	journal_write_behind(journal, &before);
	while (r == 0 && (c = getchar()) != EOF) {
		json_t *body;

		if (c != '{')
			continue;
		ungetc(c, stdin);
		body = json_loadf(stdin, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL);
		r = record_seal(&agent, body);
		if (r == 0)
			r = add(journal, body);
	}
	if (r == 0)
		r = journal_commit(journal);
	before.fn = NULL;
	journal_write_behind(journal, &before);
	vault_close(agent.vault);
	policy_free(policy);
	return r;
}

static int erase(const char *folder, const char *path)
{
	const struct vault_select select = { .path = path, .uid = VAULT_NOBODY };
	struct vault *vault = NULL;
	uint64_t n = 0;
	char text[512];
	int r = vault_open(folder, false, &vault, text, sizeof(text));

	if (r == 0)
		r = vault_erase(vault, &select, 1795356000000, &n);
	while (r == 0 && vault_scrub_pending(vault))
		r = vault_scrub(vault) < 0;
	vault_close(vault);
	printf("%llu\n", (unsigned long long)n);
	return r < 0;
}

int main(int argc, char **argv)
{
	struct journal_recovery recovery;
	struct journal *journal;
	char error[512] = "";
	int r;

	if (argc < 3)
		return 2;
	if (argc == 4 && !strcmp(argv[1], "--erase"))
		return erase(argv[2], argv[3]);
	r = journal_open(argv[1], argv[2], "host.example.com/journal", NULL, &journal,
			 &recovery, error, sizeof(error));
	if (r < 0) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	if (argc > 4 && !strcmp(argv[3], "--boot"))
		r = add(journal, json_pack("{s:s, s:s, s:s}", "type", "agent.start", "message",
					   "the agent started", "boot", argv[4]));
	else if (argc > 5 && !strcmp(argv[3], "--private"))
		r = add_private(journal, argv[4], argv[5]);
	else if (argc > 3 && (!strcmp(argv[3], "--stdin") || !strcmp(argv[3], "--each")))
		r = add_stdin(journal, !strcmp(argv[3], "--each"));
	else if (argc > 4 && !strcmp(argv[3], "--event"))
		r = add_note(journal, "event.read", argv[4]);
	else if (argc > 3 && !strcmp(argv[3], "--next")) {
		r = add_note(journal, "agent.note", "the file is full");
		if (r == 0)
			r = journal_begin_file(journal);
	} else if (argc > 4 && !strcmp(argv[3], "--remove"))
		r = remove_oldest(journal, argv[4], argc > 5);
	else if (argc > 4)
		r = add_notes(journal, strtoul(argv[4], NULL, 10));
	else
		r = argc > 3 ? add_note(journal, "agent.note", argv[3]) : add_all(journal);
	if (r == 0)
		r = journal_commit(journal);
	journal_close(journal);
	return r < 0;
}
