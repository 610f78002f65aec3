/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_policy_past.c: the journal that a policy is compared with: its options, reading it, and how
 * far it can be trusted: see cmd_policy.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "cmd_journal.h"
#include "cmd_policy.h"

enum { KEY_SINCE = 512, KEY_UNTIL, KEY_JOURNAL };

const struct argp_option cmd_policy_past_options[] = {
	{ "since", KEY_SINCE, "WHEN", 0, "Not older: 2026-11-22, '2026-11-22 14:00', today, -7d",
	  0 },
	{ "until", KEY_UNTIL, "WHEN", 0, "Not newer", 0 },
	{ "journal", KEY_JOURNAL, "PATH", 0, "Read this journal", 0 },
	{ "vault", CMD_VAULT_PATH, "FILE", 0, "Take private text from this vault", 0 },
	{ "examples", 'n', "N", 0, "At most N examples of each (3)", 0 },
	{ 0 },
};

error_t cmd_policy_past_parse(int key, char *arg, struct argp_state *state)
{
	struct cmd_policy_past *past = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = past->common;
		past->examples = 3;
		return 0;
	case KEY_SINCE:
		cmd_journal_time(arg, state, &past->filter.since_ms);
		return 0;
	case KEY_UNTIL:
		cmd_journal_time(arg, state, &past->filter.until_ms);
		return 0;
	case KEY_JOURNAL:
		past->journal = arg;
		return 0;
	case 'n':
		if (text_to_number(arg, UINT32_MAX, &past->examples) < 0)
			argp_error(state, "'%s' is not a number of examples", arg);
		return 0;
	case ARGP_KEY_ARGS:
		past->files = state->argv + state->next;
		past->n = (size_t)(state->argc - state->next);
		return 0;
	default:
		return cmd_vault_parse(key, arg, &past->vault);
	}
}

int cmd_policy_past_read(struct cmd_policy_past *past, struct past_list *list)
{
	struct journal_verify_options options = { 0 };
	int r;

	r = cmd_vault_open(&past->vault);
	if (r != CMD_OK)
		return r;
	if (past->vault.vault)
		past->filter.reveal = &past->vault.reveal;
	past->path = cmd_journal_path(past->common, past->journal, &past->owned);
	r = journal_read(past->path, &past->filter, &options, past_add, list, &past->result);
	if (r == -ENOMEM)
		return cmd_fail(CMD_FAILED, "out of memory");
	return cmd_journal_verdict(past->path, r, &past->result);
}

void cmd_policy_past_done(struct cmd_policy_past *past)
{
	cmd_vault_close(&past->vault);
	free(past->owned);
}

void cmd_policy_past_summary(const struct cmd_policy_past *past, const struct past_list *list)
{
	uint64_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += list->list[i]->n;
	printf("%" PRIu64 " attempt%s in %" PRIu64 " entries of ", n, n == 1 ? "" : "s",
	       list->n_entries);
	escape_print(stdout, past->path);
	printf(", verified through checkpoint %" PRIu64 ".\n",
	       past->result.entries - past->result.unsigned_entries);
	if (list->n_other)
		printf("%" PRIu64 " more are about labels that this policy does not have.\n",
		       list->n_other);
}
