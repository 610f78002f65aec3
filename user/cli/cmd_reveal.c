/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_reveal.c: "sluice journal reveal": what stands behind the commitments of one entry, with what
 * a stranger needs to check it.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "base/when.h"
#include "cmd.h"
#include "cmd_journal.h"
#include "cmd_vault.h"
#include "event/wording.h"
#include "journal/journal_read.h"

#define KEY_FILE 256

/**
 * struct reveal_input: the command line, and what was found.
 * @line: the entry; NULL: there is none of that number
 */
struct reveal_input {
	struct cmd_input input;
	struct cmd_vault vault;
	const char *file;
	uint64_t seq;
	char *line;
	bool is_signed;
};

static int take(void *ctx, const struct journal_entry *entry)
{
	struct reveal_input *input = ctx;

	if (entry->seq != input->seq)
		return entry->seq > input->seq;
	input->line = strndup(entry->line, entry->size);
	input->is_signed = entry->is_signed;
	return input->line ? 1 : -ENOMEM;
}

static json_t *row_of(struct vault *vault, const char *commitment, int *ret_code)
{
	char text[VAULT_TEXT], key[2 * VAULT_HASH + 1];
	_cleanup_free_ char *plain = NULL;
	struct vault_value value = { 0 };
	int state = vault_find(vault, commitment, &value);

	plain = value.plain;
	snprintf(text, sizeof(text), "%s", commitment);
	if (state < 0)
		*ret_code = cmd_fail(CMD_FAILED, "the vault '%s' cannot be read: %s",
				     vault_path(vault), strerror(-state));
	if (state == VAULT_ERASED)
		return json_pack("{s:s,s:s,s:I}", "commitment", text, "state", "erased",
				 "erased_ms", (json_int_t)value.erased_ms);
	if (state != VAULT_PLAIN)
		return json_pack("{s:s,s:s}", "commitment", text, "state", "unknown");
	if (!vault_fits(&value, text))
		*ret_code = cmd_fail(CMD_FAILED,
				     "the vault '%s' is wrong: what it has for %s is not "
				     "what the entry was made of",
				     vault_path(vault), text);
	wording_hex(value.key, sizeof(value.key), key);
	return json_pack("{s:s,s:s,s:s,s:s}", "commitment", text, "state",
			 vault_fits(&value, text) ? "plain" : "wrong", "text", plain, "key", key);
}

/* Each commitment in the line once. */
static json_t *all_rows(struct vault *vault, const char *line, int *ret_code)
{
	json_t *rows = json_array();
	json_auto_t *seen = json_object();
	char text[VAULT_TEXT];

	for (; (line = strstr(line, VAULT_PREFIX)); line++) {
		if (!vault_commitment_end(line))
			continue;
		snprintf(text, sizeof(text), "%s", line);
		if (json_object_get(seen, text))
			continue;
		json_object_set_new(seen, text, json_true());
		json_array_append_new(rows, row_of(vault, line, ret_code));
	}
	return rows;
}

/* As a word for a shell, if a terminal can show it as it is. */
static void print_check(const char *text, const char *key)
{
	fputs("    check  printf %s '", stdout);
	for (; *text; text++)
		fputs(*text == '\'' ? "'\\''" : (char[]){ *text, '\0' }, stdout);
	printf("' | openssl dgst -sha256 -mac HMAC -macopt hexkey:%s\n", key);
}

static void print_row(const json_t *row)
{
	const char *text = json_string_value(json_object_get(row, "text"));
	const char *key = json_string_value(json_object_get(row, "key"));
	uint64_t erased_ms = (uint64_t)json_integer_value(json_object_get(row, "erased_ms"));
	_cleanup_free_ char *safe = text ? escape_text(text) : NULL;
	char when[WHEN_TEXT];

	printf("%s\n", json_string_value(json_object_get(row, "commitment")));
	if (erased_ms)
		printf("    erased %s\n", when_local(erased_ms, when));
	else if (!text)
		puts("    not in this vault");
	if (!text)
		return;
	fputs("    text   ", stdout);
	escape_print(stdout, text);
	printf("\n    key    %s\n", key);
	if (safe && !strcmp(safe, text))
		print_check(text, key);
}

static int show(struct reveal_input *input)
{
	int code = CMD_OK;
	json_auto_t *rows = all_rows(input->vault.vault, input->line, &code);
	const json_t *row;
	size_t i;

	if (!input->is_signed)
		cmd_fail(CMD_OK, "note: nothing signs entry %" PRIu64 " yet", input->seq);
	if (input->input.common->json) {
		if (cmd_print_json(rows))
			return CMD_FAILED;
		return code;
	}
	if (!json_array_size(rows))
		printf("Nothing in entry %" PRIu64 " is private.\n", input->seq);
	json_array_foreach(rows, i, row)
		print_row(row);
	return fflush(stdout) ? CMD_FAILED : code;
}

static int find(struct reveal_input *input, const char *path)
{
	const struct journal_filter from = { .from_seq = input->seq, .late = true };
	struct journal_verify_result result = { 0 };
	int r = journal_read(path, &from, NULL, take, input, &result);

	if (r < 0)
		return cmd_journal_unreadable(path, r);
	if (r == 0 && cmd_journal_verdict(path, 0, &result))
		return CMD_FAILED;
	if (!input->line)
		return cmd_fail(CMD_NOT_FOUND, "there is no entry %" PRIu64, input->seq);
	return show(input);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct reveal_input *input = state->input;

	if (key == KEY_FILE) {
		input->file = arg;
		return 0;
	}
	return cmd_vault_parse(key, arg, &input->vault) ? cmd_parse_common(key, arg, state) : 0;
}

static const struct argp_option options[] = {
	{ "file", KEY_FILE, "PATH", 0, "Of this journal; - is standard input", 0 },
	{ "journal", KEY_FILE, NULL, OPTION_ALIAS, NULL, 0 },
	{ "vault", CMD_VAULT_PATH, "FILE", 0, "With this vault", 0 },
	{ 0 },
};

static int reveal(struct reveal_input *input, const struct cmd_common *common)
{
	_cleanup_free_ char *owned = NULL;
	int code = cmd_vault_open(&input->vault);

	if (!code)
		code = find(input, cmd_journal_path(common, input->file, &owned));
	cmd_vault_close(&input->vault);
	free(input->line);
	return code;
}

int cmd_reveal(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		options,
		parse,
		"NUMBER",
		"What the entry of this number keeps private: each commitment with its text and "
		"key, "
		"by which anybody can check that they belong together.\vWho gets text and key "
		"knows "
		"them for good, also when they are erased here later. Other commitments are not "
		"opened by that: each has a key of its own.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct reveal_input input = { .input = { .common = common,
						 .positional = { .min = 1, .max = 1 } },
				      .vault.needed = true };

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	if (text_to_number(input.input.positional.values[0], INT64_MAX, &input.seq) < 0)
		return cmd_fail(CMD_USAGE, "'%s' is not the number of an entry",
				input.input.positional.values[0]);
	return reveal(&input, common);
}
