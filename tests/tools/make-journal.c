/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make-journal.c: a small signed journal for tests of sluice, written by the real writer.
 *
 * Usage: make-journal JOURNAL KEY [MESSAGE | --entries N | --boot ID | --event MESSAGE | --stdin].
 * Without MESSAGE the entries of one approval; with it one more entry of that message, or N of
 * them, or a start in another boot, or one of the kernel's events, or the JSON objects of standard
 * input. Each run opens, appends, signs and closes as sluiced would.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "journal.h"

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
static int add_stdin(struct journal *journal)
{
	int r = 0, c;

	while (r == 0 && (c = getchar()) != EOF) {
		json_t *body;

		if (c != '{')
			continue;
		ungetc(c, stdin);
		body = json_loadf(stdin, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL);
		r = add(journal, body);
	}
	return r;
}

int main(int argc, char **argv)
{
	struct journal_recovery recovery;
	struct journal *journal;
	char error[512] = "";
	int r;

	if (argc < 3)
		return 2;
	r = journal_open(argv[1], argv[2], "host.example.com/journal", NULL, NULL, &journal,
			 &recovery, error, sizeof(error));
	if (r < 0) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	if (argc > 4 && !strcmp(argv[3], "--boot"))
		r = add(journal, json_pack("{s:s, s:s, s:s}", "type", "agent.start", "message",
					   "the agent started", "boot", argv[4]));
	else if (argc > 3 && !strcmp(argv[3], "--stdin"))
		r = add_stdin(journal);
	else if (argc > 4 && !strcmp(argv[3], "--event"))
		r = add_note(journal, "event.read", argv[4]);
	else if (argc > 4)
		r = add_notes(journal, strtoul(argv[4], NULL, 10));
	else
		r = argc > 3 ? add_note(journal, "agent.note", argv[3]) : add_all(journal);
	if (r == 0)
		r = journal_commit(journal);
	journal_close(journal);
	return r < 0;
}
