// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_prove.c: "sluice journal prove": one entry as a file that a stranger can check, and "sluice
 * journal verify --proof", which checks one. The bytes are journal_proof.c's.
 */
#include "cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/view.h"
#include "cmd_journal.h"
#include "journal/journal_print.h"
#include "journal/journal_proof.h"

#define KEY_FILE 256

struct prove_input {
	struct cmd_input input;
	const char *file;
};

static int prove(const char *path, uint64_t seq)
{
	struct journal_verify_result result;
	_cleanup_free_ char *proof = NULL;
	int r = journal_prove(path, seq, &proof, &result);

	switch (r) {
	case 0:
		break;
	case -EBADMSG:
		return cmd_journal_verdict(path, 0, &result);
	case -ERANGE:
		if (seq < result.from)
			return cmd_fail(CMD_NOT_FOUND,
					"entry %" PRIu64 " is in a file that is not here: the "
					"oldest begins with entry %" PRIu64,
					seq, result.from);
		return cmd_fail(CMD_NOT_FOUND,
				"there is no entry %" PRIu64 ": the journal has %" PRIu64, seq,
				result.entries);
	case -ENODATA:
		return cmd_fail(CMD_FAILED, "nothing signs entry %" PRIu64 " yet: %s", seq,
				result.problem);
	default:
		return cmd_journal_unreadable(path, r);
	}
	if (fputs(proof, stdout) < 0 || fflush(stdout))
		return cmd_fail(CMD_FAILED, "cannot write the proof: %s", strerror(errno));
	return CMD_OK;
}

static error_t parse_prove(int key, char *arg, struct argp_state *state)
{
	struct prove_input *input = state->input;

	if (key != KEY_FILE)
		return cmd_parse_common(key, arg, state);
	input->file = arg;
	return 0;
}

int cmd_prove(int argc, char **argv, struct cmd_common *common)
{
	static const struct argp_option options[] = {
		{ "file", KEY_FILE, "PATH", 0, "Of this journal; - is standard input", 0 },
		{ "journal", KEY_FILE, NULL, OPTION_ALIAS, NULL, 0 },
		{ 0 },
	};
	const struct argp argp = {
		options,
		parse_prove,
		"NUMBER",
		"Write the proof that the entry of this number is in the journal "
		"(C2SP tlog-proof) to standard output.\vIt holds the entry, the "
		"way to the root of the tree, and the signed checkpoint: whoever "
		"knows the host's key can check it without the journal.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct prove_input input = { .input = { .common = common,
						.positional = { .min = 1, .max = 1 } } };
	_cleanup_free_ char *owned = NULL;
	uint64_t seq;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	if (text_to_number(input.input.positional.values[0], INT64_MAX, &seq) < 0)
		return cmd_fail(CMD_USAGE, "'%s' is not the number of an entry",
				input.input.positional.values[0]);
	return prove(cmd_journal_path(common, input.file, &owned), seq);
}

/* @bytes: JOURNAL_PROOF_MAX + 1 of them. Return: 0; negative errno, -EFBIG: it is no proof. */
static int read_proof(const char *path, char *bytes, size_t *ret_size)
{
	_cleanup_fclose_ FILE *opened = strcmp(path, "-") ? fopen(path, "re") : NULL;
	FILE *file = strcmp(path, "-") ? opened : stdin;

	if (!file)
		return -errno;
	*ret_size = fread(bytes, 1, JOURNAL_PROOF_MAX, file);
	if (ferror(file))
		return -EIO;
	bytes[*ret_size] = '\0';
	return *ret_size == JOURNAL_PROOF_MAX ? -EFBIG : 0;
}

static int show_proven(const struct cmd_common *common, const struct journal_proven *proven)
{
	json_auto_t *json = json_loadb(proven->line, proven->line_size, JSON_ALLOW_NUL, NULL);
	const struct journal_entry entry = { .seq = proven->seq,
					     .json = json,
					     .line = proven->line,
					     .size = proven->line_size,
					     .is_signed = true };
	json_auto_t *verdict = NULL;

	if (!json_is_object(json))
		return cmd_fail(CMD_FAILED, "the proof is good, but the entry is no JSON");
	if (!common->json) {
		journal_print_text(stdout, &entry);
		printf("\nThis entry is number %" PRIu64 " of the %" PRIu64
		       " that the host's key signed. Root: %s\n",
		       proven->seq, proven->size, proven->root);
		return fflush(stdout) ? CMD_FAILED : CMD_OK;
	}
	verdict = json_pack("{s:b,s:s,s:O,s:I,s:s,s:i}", "ok", 1, "verdict", "ok", "entry", json,
			    "size", (json_int_t)proven->size, "root", proven->root,
			    "other_signatures", (int)proven->others);
	return verdict ? cmd_print_json(verdict) : cmd_fail(CMD_FAILED, "out of memory");
}

int cmd_verify_proof(const struct cmd_common *common, const char *path, const char *vkey)
{
	_cleanup_free_ char *proof = malloc(JOURNAL_PROOF_MAX + 1);
	struct journal_proven proven;
	const char *problem;
	size_t size = 0;
	int r = proof ? read_proof(path, proof, &size) : -ENOMEM;

	if (r < 0)
		return cmd_fail(cmd_exit_code(r), "cannot read the proof '%s': %s", path,
				strerror(-r));
	r = journal_proof_check(proof, size, vkey, NULL, &proven, &problem);
	if (r == -EINVAL)
		return cmd_fail(CMD_USAGE, "'%s' is not a key (name+id+key)", vkey);
	if (r == -EBADMSG)
		return cmd_fail(CMD_FAILED, "THE PROOF IS WRONG: %s", problem);
	if (r < 0)
		return cmd_fail(CMD_FAILED, "cannot check the proof: %s", strerror(-r));
	r = show_proven(common, &proven);
	free(proven.line);
	return r;
}
