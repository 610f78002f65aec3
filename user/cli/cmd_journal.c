/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_journal.c: "sluice journal": entries by filter, each checked before it is shown. Needs no
 * daemon. Its command line is cmd_journal_options.c's, the verdict on a whole journal cmd_verify.c's.
 */
#include "cmd_journal_private.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "index/index_read.h"

#define FOLLOW_NS 250000000L /* pause between two looks at the end of the file */

static void print_entry(struct journal_input *input, const struct journal_entry *entry)
{
	struct journal_entry whole = *entry;
	json_auto_t *parsed = NULL;

	if (!whole.json || input->output->for_others)
		whole.json = parsed = json_loadb(entry->line, entry->size, JSON_ALLOW_NUL, NULL);
	if (parsed && !input->output->for_others && input->filter.reveal)
		reveal_json(input->filter.reveal, parsed);
	input->output->print(stdout, &whole);
	input->n_printed++;
}

static void print_kept(void *ctx, const struct journal_entry *entry)
{
	print_entry(ctx, entry);
}

/* Prints what was kept; from then on entries are printed as they come. */
static void flush_kept(struct journal_input *input)
{
	journal_kept_flush(&input->kept, input->boots.n, print_kept, input);
	input->keep = false;
}

static int take_entry(void *ctx, const struct journal_entry *entry)
{
	struct journal_input *input = ctx;
	int r;

	if (input->filter.counts) {
		r = journal_count_entry(&input->counted, &input->filter, entry);
		if (r < 0 || !journal_filter_fits(&input->filter, entry->json))
			return r;
	}
	if (input->keep)
		return journal_kept_add(&input->kept, input->boots.n, entry);
	print_entry(input, entry);
	return ferror(stdout) ? -EPIPE : 0;
}

/* At the end of a journal that is followed. Return: go on. */
static bool wait_for_more(void *ctx)
{
	const struct timespec pause = { .tv_nsec = FOLLOW_NS };
	struct journal_input *input = ctx;

	if (input->keep)
		flush_kept(input);
	if (fflush(stdout))
		return false;
	nanosleep(&pause, NULL);
	return true;
}

/* How far the entries above can be trusted. */
static void summarize(struct journal_input *input, const struct journal_verify_result *result)
{
	uint64_t size = result->entries - result->unsigned_entries;
	FILE *out = input->output->for_people ? stdout : stderr;

	if (result->status == JOURNAL_INCOMPLETE)
		return;
	if (input->filter.counts && result->status != JOURNAL_TAMPERED)
		journal_count_say(&input->counted, &input->filter, out);
	fprintf(out, "-- %" PRIu64 " %s, verified through checkpoint %" PRIu64 ", root %s\n",
		input->n_printed, input->n_printed == 1 ? "entry" : "entries", size,
		size ? result->root : "none");
	if (result->removed_by)
		fprintf(out, "-- entries %" PRIu64 " to %" PRIu64 " were removed by retention "
			"(JournalKeep=), as entry %" PRIu64 " says\n",
			result->removed_first, result->removed_last, result->removed_by);
	if (result->from && (!result->removed_by || result->removed_first > 0))
		fprintf(out, "-- entries before %" PRIu64 " are in files that are not here\n",
			result->removed_by ? result->removed_first : result->from);
}

/* What is left to say and to do when everything is printed. */
static int conclude(struct journal_input *input, const char *path, int r,
		    const struct journal_verify_result *result)
{
	int code;

	if (input->place && (r == -EXDEV || r == -ESTALE || r == -ENODATA))
		return cmd_resume_lost(input->place, &input->resume, r);
	if (r == 0)
		summarize(input, result);
	if (fflush(stdout) || ferror(stdout))
		return cmd_fail(CMD_FAILED, "cannot write the entries: %s", strerror(errno));
	code = cmd_journal_verdict(path, r, result);
	if (code == CMD_OK && input->place)
		return cmd_resume_save(input->place, &input->resume, input->n_printed);
	return code;
}

/* By type and time alone: the totals that are signed say how many there have to be. */
static bool can_count(const struct journal_input *input)
{
	const struct journal_filter *filter = &input->filter;

	return filter->type && !input->index && !input->keep && !input->place && !input->follow &&
	       !filter->request && !filter->action && !filter->label && !filter->person &&
	       !filter->rule && !filter->decision && !filter->process && !filter->user &&
	       !filter->executable && !filter->path && !filter->destination &&
	       !filter->has_network && !filter->has_grep;
}

/* Return: CMD_…; -1: not by an index, which was said. */
static int read_by_index(struct journal_input *input, const char *path)
{
	FILE *out = input->output->for_people ? stdout : stderr;
	struct index_read_result result;
	char text[1024];
	int r = index_read(path, input->index, &input->filter, take_entry, input, &result, text,
			   sizeof(text));

	if (r == -EOPNOTSUPP && !input->n_printed) {
		cmd_fail(CMD_OK, "note: all of the journal is read: %s", text);
		return -1;
	}
	flush_kept(input);
	if (r == 0)
		fprintf(out,
			"-- %" PRIu64 " %s, each proven under checkpoint %" PRIu64
			", root %s, by an index\n",
			input->n_printed, input->n_printed == 1 ? "entry" : "entries", result.size,
			result.root);
	if (fflush(stdout) || ferror(stdout))
		return cmd_fail(CMD_FAILED, "cannot write the entries: %s", strerror(errno));
	if (r == -EBADMSG)
		return cmd_fail(CMD_FAILED, "%s; run 'sluice journal verify'", text);
	return r < 0 ? cmd_fail(cmd_exit_code(r), "cannot use the index: %s", text) : CMD_OK;
}

static int read_journal(struct journal_input *input)
{
	struct journal_verify_options options = { .ctx = input };
	struct journal_verify_result result = { 0 };
	_cleanup_free_ char *owned = NULL;
	const char *path = cmd_journal_path(input->input.common, input->file, &owned);
	int r, code;

	journal_kept_init(&input->kept);
	input->keep = input->kept.most || input->kept.reverse || input->kept.boot;
	/* of what is kept most is dropped again */
	input->filter.late = input->keep;
	input->filter.boots = input->kept.boot ? &input->boots : NULL;
	input->filter.counts = can_count(input);
	if (journal_population_init(&input->counted) < 0)
		return cmd_fail(CMD_FAILED, "out of memory");
	if (input->follow)
		options.wait = wait_for_more;
	if (input->output->header)
		input->output->header(stdout);
	code = input->index ? read_by_index(input, path) : -1;
	if (code >= 0) {
		journal_population_done(&input->counted);
		return code;
	}
	r = journal_read(path, &input->filter, &options, take_entry, input, &result);
	flush_kept(input);
	code = conclude(input, path, r, &result);
	journal_population_done(&input->counted);
	return code;
}

static int read_revealed(struct journal_input *input)
{
	int r = cmd_vault_open(&input->vault);

	if (r == CMD_OK && input->vault.vault)
		input->filter.reveal = &input->vault.reveal;
	if (r == CMD_OK)
		r = read_journal(input);
	cmd_vault_close(&input->vault);
	return r;
}

int cmd_journal_read(struct journal_input *input)
{
	int r = CMD_OK;

	if (!input->place)
		return read_revealed(input);
	r = cmd_resume_load(input->place, &input->resume);
	input->filter.resume = &input->resume;
	input->filter.from_seq = input->resume.from.entries;
	if (r == CMD_OK)
		r = read_revealed(input);
	journal_resume_done(&input->resume);
	return r;
}

int cmd_journal(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = { cmd_journal_options,
				   cmd_journal_parse,
				   NULL,
				   "Entries of the signed journal, each verified before it is "
				   "shown.\vThe last line says through which checkpoint the "
				   "journal is verified. 'sluice journal verify --help' and "
				   "'sluice journal prove --help' explain these. Private text "
				   "is shown to who can read the vault, and not in the forms ocsf "
				   "and raw.",
				   cmd_common_options,
				   NULL,
				   NULL };
	struct journal_input input = { .input.common = common };

	int r;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	r = cmd_journal_read(&input);
	journal_filter_done(&input.filter);
	return r;
}

int cmd_events(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		cmd_journal_options,
		cmd_journal_parse,
		NULL,
		"What the kernel's part has told: reads, labels that moved, denials. "
		"Entries of the journal, as 'sluice journal' shows them.\vWith "
		"--follow: the last 10, then new ones as they come, unless --lines or "
		"--since says otherwise.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct journal_input input = { .input.common = common, .filter.type = "event" };
	int r;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	if (input.follow && !input.kept.most && !input.filter.since_ms)
		input.kept.most = 10;
	r = cmd_journal_read(&input);
	journal_filter_done(&input.filter);
	return r;
}

const struct cmd cmd_journal_verbs[] = {
	{ "verify", cmd_verify, "check a whole journal, or a proof",
	  "  sluice journal verify\n"
	  "  sluice journal verify copy-of-journal.jsonl\n"
	  "  sluice journal verify --proof entry.tlog-proof --key 'sluice/host+...'",
	  NULL },
	{ "prove", cmd_prove, "write one entry as a proof for a stranger",
	  "  sluice journal prove 4711 >entry.tlog-proof", NULL },
	{ "reveal", cmd_reveal, "show what an entry keeps private, with its keys",
	  "  sluice journal reveal 4711", NULL },
	{ "erase", cmd_erase, "erase private text for good",
	  "  sluice journal erase --path '/home/*/private' --reason 'ticket 4712'\n"
	  "  sluice journal erase --before -180d --reason retention --yes",
	  NULL },
	{ .examples = "  sluice journal verify" },
};
